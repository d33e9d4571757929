/* How an answer is walked: every type, in any depth, by pointers and from neighbour to neighbour. */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void each_type_is_named_and_only_its_getter_answers(void) {
    static const struct {
        const char *pointer;
        int32_t type;
    } members[] = {
        {"/null", MX_TYPE_NULL},     {"/true", MX_TYPE_BOOL},   {"/int", MX_TYPE_INT},
        {"/double", MX_TYPE_DOUBLE}, {"/text", MX_TYPE_STRING}, {"/array", MX_TYPE_ARRAY},
        {"/object", MX_TYPE_OBJECT}, {"/absent", MX_TYPE_NONE},
    };
    size_t i;
    mx_result *result = answer_of("types", "{'null':null,'true':true,'int':-5,'double':0.5,"
                                           "'text':'t','array':[1],'object':{'a':1}}");
    CHECK_NUMBER(mx_value_type(mx_result_value(result, "")), MX_TYPE_OBJECT);
    for (i = 0; i < sizeof members / sizeof *members; i++) {
        const mx_value *value = mx_result_value(result, members[i].pointer);
        int32_t type = members[i].type;
        bool truth = false;
        int64_t number = 7;
        double real = 7;
        CHECK_NUMBER(mx_value_type(value), type);
        CHECK(mx_value_bool(value, &truth) == (type == MX_TYPE_BOOL));
        CHECK(truth == (type == MX_TYPE_BOOL));
        CHECK(mx_value_int(value, &number) == (type == MX_TYPE_INT));
        CHECK_NUMBER(number, type == MX_TYPE_INT ? -5 : 7);
        CHECK(mx_value_double(value, &real) == (type == MX_TYPE_INT || type == MX_TYPE_DOUBLE));
        CHECK(real == (type == MX_TYPE_INT ? -5 : type == MX_TYPE_DOUBLE ? 0.5 : 7));
        CHECK_TEXT(mx_value_string(value, NULL), type == MX_TYPE_STRING ? "t" : NULL);
        CHECK_NUMBER(mx_value_count(value), type == MX_TYPE_ARRAY || type == MX_TYPE_OBJECT);
        CHECK((mx_value_first(value) != NULL) == (type == MX_TYPE_ARRAY || type == MX_TYPE_OBJECT));
    }
    mx_result_free(result);
}

static void members_and_elements_are_walked_in_their_order_at_any_depth(void) {
    static const char *const names[] = {"!b:hs", "!a:hs"};
    const mx_value *room;
    const mx_value *event;
    int rooms = 0;
    int64_t number = 0;
    mx_result *result = answer_of(
        "walk", "{'rooms':{'join':{'!b:hs':{'timeline':{'events':[{'n':1},{'n':2},{'n':3}]}},"
                "'!a:hs':{'timeline':{'events':[{'n':4}]}}}},'next_batch':'s1'}");
    for (room = mx_value_first(mx_result_value(result, "/rooms/join")); room != NULL;
         room = mx_value_next(room)) {
        const mx_value *events = mx_value_get(room, "/timeline/events");
        size_t count = 0;
        CHECK_TEXT(mx_value_name(room, NULL), names[rooms++]);
        for (event = mx_value_first(events); event != NULL; event = mx_value_next(event)) {
            int64_t here = 0;
            CHECK(mx_value_name(event, NULL) == NULL);
            CHECK(mx_value_int(mx_value_get(event, "/n"), &here) && here == ++number);
            count++;
        }
        CHECK_NUMBER(mx_value_count(events), count);
    }
    CHECK_NUMBER(rooms, 2);
    CHECK_NUMBER(number, 4);
    CHECK_TEXT(mx_value_string(mx_result_value(result, "/next_batch"), NULL), "s1");
    mx_result_free(result);
}

static void an_empty_container_has_nothing_and_the_whole_has_no_neighbour(void) {
    const mx_value *whole;
    size_t i;
    static const char *const pointers[] = {"/array", "/object"};
    mx_result *result = answer_of("empty", "{'array':[],'object':{},'between':[[],[ ],{ }],'':[]}");
    for (i = 0; i < 2; i++) {
        const mx_value *value = mx_result_value(result, pointers[i]);
        CHECK(value != NULL && mx_value_first(value) == NULL);
        CHECK_NUMBER(mx_value_count(value), 0);
        CHECK(mx_value_get(value, "/0") == NULL && mx_value_get(value, "/") == NULL);
    }
    CHECK_TEXT(mx_value_name(mx_value_next(mx_result_value(result, "/array")), NULL), "object");
    CHECK_NUMBER(mx_value_count(mx_result_value(result, "/between")), 3);
    CHECK_TEXT(mx_value_name(mx_result_value(result, "/"), NULL), "");
    whole = mx_result_value(result, "");
    CHECK(mx_value_next(whole) == NULL && mx_value_name(whole, NULL) == NULL);
    CHECK_NUMBER(mx_value_count(whole), 4);
    CHECK(mx_value_next(mx_result_value(result, "/")) == NULL);
    CHECK(mx_value_next(mx_result_value(result, "/between/2")) == NULL);
    mx_result_free(result);
}

/* An object with so many members before that it is looked up by an index. */
static char *padded(const char *members, int padding) {
    char *json = malloc(strlen(members) + (size_t)padding * 24 + 16);
    char *to = json;
    int i;
    if (json == NULL) {
        abort();
    }
    to += sprintf(to, "{");
    for (i = 0; i < padding; i++) {
        to += sprintf(to, "'pad%d':%d,", i, i);
    }
    sprintf(to, "%s}", members);
    return json;
}

static void of_a_member_given_twice_only_the_last_is_seen(void) {
    int padding;
    for (padding = 0; padding <= 100; padding += 50) {
        char *json = padded("'a':1,'b':2,'\\u0061':{'c':3,'c':4},'d':5,'d':5,'d':6", padding);
        mx_result *result = answer_of("twice", json);
        const mx_value *whole = mx_result_value(result, "");
        const mx_value *value = mx_value_first(whole);
        int64_t number = 0;
        int i;
        CHECK_NUMBER(mx_value_count(whole), padding + 3);
        for (i = 0; i < padding; i++) {
            value = mx_value_next(value);
        }
        CHECK_TEXT(mx_value_name(value, NULL), "b");
        value = mx_value_next(value);
        CHECK_TEXT(mx_value_name(value, NULL), "a");
        CHECK(value == mx_result_value(result, "/a"));
        CHECK_NUMBER(mx_value_type(value), MX_TYPE_OBJECT);
        CHECK_NUMBER(mx_value_count(value), 1);
        CHECK(mx_value_int(mx_value_first(value), &number) && number == 4);
        CHECK(mx_value_next(mx_value_first(value)) == NULL);
        value = mx_value_next(value);
        CHECK(mx_value_int(value, &number) && number == 6);
        CHECK(mx_value_next(value) == NULL);
        CHECK(mx_result_int(result, "/d", &number) && number == 6);
        mx_result_free(result);
        free(json);
    }
}

static void pointers_are_escaped_and_go_on_from_a_value(void) {
    const mx_value *value;
    mx_result *result = answer_of("pointers-of-values",
                                  "{'a/b':{'m~n':1},'~1':2,'':{'':3},'list':[[10,11],12],"
                                  "'/':4,'~':5,'~01':6}");
    int64_t number = 0;
    value = mx_result_value(result, "/a~1b");
    CHECK(mx_value_int(mx_value_get(value, "/m~0n"), &number) && number == 1);
    CHECK(mx_result_int(result, "/~01", &number) && number == 2);
    CHECK(mx_result_int(result, "//", &number) && number == 3);
    CHECK(mx_result_int(result, "/~1", &number) && number == 4);
    CHECK(mx_result_int(result, "/~0", &number) && number == 5);
    CHECK(mx_result_int(result, "/~001", &number) && number == 6);
    value = mx_result_value(result, "/list");
    CHECK(mx_value_get(value, "") == value);
    CHECK(mx_value_get(value, "/0") == mx_value_first(value));
    CHECK(mx_value_int(mx_value_get(value, "/0/1"), &number) && number == 11);
    CHECK(mx_value_get(value, "/2") == NULL && mx_value_get(value, "/-") == NULL);
    CHECK(mx_value_get(value, "/00") == NULL && mx_value_get(value, "/+1") == NULL);
    CHECK(mx_value_get(value, "/-1") == NULL && mx_value_get(value, "/1/0") == NULL);
    CHECK(mx_value_get(value, "/18446744073709551616") == NULL);
    CHECK(mx_value_get(value, "0") == NULL && mx_value_get(value, "/\xff") == NULL);
    CHECK(mx_value_get(value, "/list") == NULL);
    mx_result_free(result);
}

static void null_for_a_value_or_a_place_is_borne(void) {
    const mx_value *value;
    size_t length = 7;
    int64_t number = 7;
    double real = 7;
    bool truth = true;
    mx_result *result = answer_of("null-values", "{'n':1,'t':true,'s':'x'}");
    CHECK(mx_result_value(NULL, "") == NULL && mx_result_value(result, NULL) == NULL);
    CHECK(mx_value_get(NULL, "") == NULL);
    CHECK(mx_value_get(mx_result_value(result, ""), NULL) == NULL);
    CHECK_NUMBER(mx_value_type(NULL), MX_TYPE_NONE);
    CHECK(mx_value_first(NULL) == NULL && mx_value_next(NULL) == NULL);
    CHECK_NUMBER(mx_value_count(NULL), 0);
    CHECK(mx_value_name(NULL, NULL) == NULL && mx_value_name(NULL, &length) == NULL);
    CHECK(mx_value_string(NULL, NULL) == NULL && mx_value_string(NULL, &length) == NULL);
    CHECK(mx_value_json(NULL, NULL) == NULL && mx_value_json(NULL, &length) == NULL);
    CHECK(!mx_value_int(NULL, &number) && number == 7);
    CHECK(!mx_value_double(NULL, &real) && real == 7);
    CHECK(!mx_value_bool(NULL, &truth) && truth);
    value = mx_value_first(mx_result_value(result, ""));
    mx_value_int(value, NULL);
    mx_value_double(value, NULL);
    mx_value_bool(mx_value_next(value), NULL);
    CHECK(mx_value_json(value, NULL) != NULL);
    CHECK_TEXT(mx_value_string(mx_result_value(result, "/s"), NULL), "x");
    mx_result_free(result);
}

static void an_answer_that_is_not_json_has_no_values_but_a_body(void) {
    static const char *const texts[] = {"", " ", "<html>", "{", "{} {}", "[1,]", "nul", "01", "'a"};
    size_t i;
    size_t length = 7;
    mx_result *result;
    for (i = 0; i < sizeof texts / sizeof *texts; i++) {
        result = answer_of("no-json", texts[i]);
        check(mx_result_value(result, "") == NULL && mx_result_string(result, "") == NULL,
              __FILE__, __LINE__, "%s has a value", texts[i]);
        CHECK(mx_result_body(result, &length) != NULL && length == strlen(texts[i]));
        mx_result_free(result);
    }
    result = answer(NULL, "html-values", "[{'status':404,'body':'<html>'}]", "getVersions", "{}");
    CHECK_STATUS(mx_result_status(result), MX_ERR_BAD_RESPONSE);
    CHECK(mx_result_value(result, "") == NULL);
    CHECK_TEXT(mx_result_body(result, NULL), "<html>");
    mx_result_free(result);
}

static void a_result_without_a_body_has_no_values(void) {
    size_t length = 7;
    mx_result *result = answer(NULL, "no-body", "[{'json':{}}]", "getNothing", "{}");
    CHECK_STATUS(mx_result_status(result), MX_ERR_INVALID_ARGUMENT);
    CHECK(mx_result_value(result, "") == NULL && mx_result_value(result, "/a") == NULL);
    CHECK(mx_result_body(result, &length) == NULL);
    mx_result_free(result);
}

static void a_value_may_be_any_json_by_itself(void) {
    mx_result *result = answer_of("alone", " 'text' ");
    CHECK_TEXT(mx_result_string(result, ""), "text");
    mx_result_free(result);
    result = answer_of("alone", "null");
    CHECK_NUMBER(mx_value_type(mx_result_value(result, "")), MX_TYPE_NULL);
    mx_result_free(result);
}

static void twenty_thousand_strings_are_read_by_walking_and_all_stay(void) {
    enum { STRINGS = 20000 };
    char *json = malloc(STRINGS * 16 + 16);
    const char **read = calloc(STRINGS, sizeof *read);
    char *to = json;
    char text[32];
    const mx_value *value;
    mx_result *result;
    int i;
    if (json == NULL || read == NULL) {
        abort();
    }
    *to++ = '[';
    for (i = 0; i < STRINGS; i++) {
        to += sprintf(to, "%s'text\\n%d'", i == 0 ? "" : ",", i);
    }
    strcpy(to, "]");
    result = answer_of("strings", json);
    value = mx_value_first(mx_result_value(result, ""));
    for (i = 0; i < STRINGS && value != NULL; i++) {
        read[i] = mx_value_string(value, NULL);
        value = mx_value_next(value);
    }
    CHECK(value == NULL);
    CHECK_NUMBER(i, STRINGS);
    while (i-- > 0) {
        sprintf(text, "text\n%d", i);
        if (!CHECK_TEXT(read[i], text)) {
            break;
        }
    }
    CHECK(mx_result_string(result, "/19999") == read[STRINGS - 1]);
    mx_result_free(result);
    free(read);
    free(json);
}

const struct test walk_tests[] = {
    {"each_type_is_named_and_only_its_getter_answers",
     each_type_is_named_and_only_its_getter_answers},
    {"members_and_elements_are_walked_in_their_order_at_any_depth",
     members_and_elements_are_walked_in_their_order_at_any_depth},
    {"an_empty_container_has_nothing_and_the_whole_has_no_neighbour",
     an_empty_container_has_nothing_and_the_whole_has_no_neighbour},
    {"of_a_member_given_twice_only_the_last_is_seen",
     of_a_member_given_twice_only_the_last_is_seen},
    {"pointers_are_escaped_and_go_on_from_a_value", pointers_are_escaped_and_go_on_from_a_value},
    {"null_for_a_value_or_a_place_is_borne", null_for_a_value_or_a_place_is_borne},
    {"an_answer_that_is_not_json_has_no_values_but_a_body",
     an_answer_that_is_not_json_has_no_values_but_a_body},
    {"a_result_without_a_body_has_no_values", a_result_without_a_body_has_no_values},
    {"a_value_may_be_any_json_by_itself", a_value_may_be_any_json_by_itself},
    {"twenty_thousand_strings_are_read_by_walking_and_all_stay",
     twenty_thousand_strings_are_read_by_walking_and_all_stay},
    {NULL, NULL},
};
