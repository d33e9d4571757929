/* How values are read from an answer, and that a getter never gives half of one. */
#include "harness.h"

#include <stdio.h>
#include <string.h>

static void values_are_named_by_json_pointers(void) {
    mx_result *result =
        answer(NULL, "pointers",
               "[{'json':{'versions':['v1.1','v1.2'],'a/b':{'m~n':'escaped'},'':'empty name',"
               "'~1':'a tilde and a 1','m.homeserver':{'base_url':'https://hs.example'},"
               "'deep':[[{'x':'found'}]],'\xc3\xa9':'\xf0\x9f\x98\x80','01':'text'}}]",
               "getVersions", "{}");
    CHECK_STATUS(mx_result_status(result), MX_OK);
    CHECK_TEXT(mx_result_string(result, "/versions/0"), "v1.1");
    CHECK_TEXT(mx_result_string(result, "/versions/1"), "v1.2");
    CHECK_TEXT(mx_result_string(result, "/a~1b/m~0n"), "escaped");
    CHECK_TEXT(mx_result_string(result, "/"), "empty name");
    CHECK_TEXT(mx_result_string(result, "/~01"), "a tilde and a 1");
    CHECK_TEXT(mx_result_string(result, "/m.homeserver/base_url"), "https://hs.example");
    CHECK_TEXT(mx_result_string(result, "/deep/0/0/x"), "found");
    CHECK_TEXT(mx_result_string(result, "/\xc3\xa9"), "\xf0\x9f\x98\x80");
    CHECK_TEXT(mx_result_string(result, "/01"), "text");
    CHECK(mx_result_string(result, "") == NULL);
    CHECK(mx_result_string(result, "versions/0") == NULL);
    CHECK(mx_result_string(result, "/versions/2") == NULL);
    CHECK(mx_result_string(result, "/versions/-") == NULL);
    CHECK(mx_result_string(result, "/versions/00") == NULL);
    CHECK(mx_result_string(result, "/versions") == NULL);
    CHECK(mx_result_string(result, "/versions/0/x") == NULL);
    CHECK(mx_result_string(result, "/a/b") == NULL);
    CHECK(mx_result_string(result, "\xff") == NULL);
    mx_result_free(result);
}

static void a_string_stays_valid_while_others_are_read(void) {
    char replies[4096] = "[{'json':{'versions':[";
    char pointer[32];
    const char *first;
    mx_result *result;
    int i;
    for (i = 0; i < 200; i++) {
        snprintf(replies + strlen(replies), 32, "%s'text %d'", i == 0 ? "" : ",", i);
    }
    strcat(replies, "]}}]");
    result = answer(NULL, "many-strings", replies, "getVersions", "{}");
    first = mx_result_string(result, "/versions/0");
    for (i = 1; i < 200; i++) {
        char text[32];
        snprintf(pointer, sizeof pointer, "/versions/%d", i);
        snprintf(text, sizeof text, "text %d", i);
        CHECK_TEXT(mx_result_string(result, pointer), text);
    }
    CHECK_TEXT(first, "text 0");
    CHECK(mx_result_string(result, "/versions/0") == first);
    mx_result_free(result);
}

static void numbers_and_booleans_are_read_exactly_or_not_at_all(void) {
    static const char *const no_integers[] = {"/over", "/under", "/float", "/half",  "/text",
                                              "/yes",  "/null",  "/array", "/absent"};
    int64_t number = 7;
    bool truth = true;
    size_t i;
    mx_result *result =
        answer(NULL, "numbers",
               "[{'body':'{\\u0022versions\\u0022:[],\\u0022exact\\u0022:9007199254740993,"
               "\\u0022max\\u0022:9223372036854775807,\\u0022min\\u0022:-9223372036854775808,"
               "\\u0022over\\u0022:9223372036854775808,\\u0022under\\u0022:-9223372036854775809,"
               "\\u0022float\\u0022:1.0,\\u0022half\\u0022:0.5,\\u0022text\\u0022:\\u00221\\u0022,"
               "\\u0022yes\\u0022:true,\\u0022no\\u0022:false,\\u0022null\\u0022:null,"
               "\\u0022array\\u0022:[1]}'}]",
               "getVersions", "{}");
    CHECK_STATUS(mx_result_status(result), MX_OK);
    for (i = 0; i < sizeof no_integers / sizeof *no_integers; i++) {
        bool found = mx_result_int(result, no_integers[i], &number);
        check(!found && number == 7, __FILE__, __LINE__, "%s is an integer", no_integers[i]);
    }
    CHECK(mx_result_int(result, "/exact", &number));
    CHECK_NUMBER(number, INT64_C(9007199254740993));
    CHECK(mx_result_int(result, "/max", &number) && number == INT64_MAX);
    CHECK(mx_result_int(result, "/min", &number) && number == INT64_MIN);
    CHECK(mx_result_int(result, "/array/0", &number) && number == 1);
    CHECK(!mx_result_bool(result, "/exact", &truth) && truth);
    CHECK(!mx_result_bool(result, "/text", &truth) && truth);
    CHECK(!mx_result_bool(result, "/null", &truth) && truth);
    CHECK(mx_result_bool(result, "/no", &truth) && !truth);
    CHECK(mx_result_bool(result, "/yes", &truth) && truth);
    CHECK(mx_result_string(result, "/exact") == NULL);
    mx_result_free(result);
}

static void a_string_with_a_nul_is_never_cut(void) {
    size_t length = 0;
    const char *body;
    mx_result *result = answer(NULL, "nul", "[{'json':{'versions':['a\\u0000b'],'x\\u0000y':'z'}}]",
                               "getVersions", "{}");
    CHECK_STATUS(mx_result_status(result), MX_OK);
    CHECK(mx_result_string(result, "/versions/0") == NULL);
    CHECK(mx_result_string(result, "/x") == NULL);
    CHECK_HOLDS(mx_result_body(result, NULL), "a\\u0000b");
    mx_result_free(result);
    result = answer(NULL, "nul-sid", "[{'json':{'sid':'S\\u00001'}}]", MAIL, MAIL_PARAMS);
    CHECK_STATUS(mx_result_status(result), MX_ERR_BAD_RESPONSE);
    CHECK_HOLDS(mx_result_message(result), "sid");
    mx_result_free(result);
    /* "a\0b" followed by no JSON at all */
    result = answer(NULL, "nul-body", "[{'body_base64':'YQBi'}]", MAIL, MAIL_PARAMS);
    CHECK_STATUS(mx_result_status(result), MX_ERR_BAD_RESPONSE);
    body = mx_result_body(result, &length);
    CHECK_NUMBER(length, 3);
    CHECK(body != NULL && memcmp(body, "a\0b", 4) == 0);
    mx_result_free(result);
}

const struct test value_tests[] = {
    {"values_are_named_by_json_pointers", values_are_named_by_json_pointers},
    {"a_string_stays_valid_while_others_are_read", a_string_stays_valid_while_others_are_read},
    {"numbers_and_booleans_are_read_exactly_or_not_at_all",
     numbers_and_booleans_are_read_exactly_or_not_at_all},
    {"a_string_with_a_nul_is_never_cut", a_string_with_a_nul_is_never_cut},
    {NULL, NULL},
};
