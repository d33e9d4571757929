/* What single values read as: strings that C cannot hold, numbers at their limits, and the text as it came. */
#include "harness.h"

#include <stdlib.h>
#include <string.h>

static void half_of_a_surrogate_pair_reads_as_u_fffd(void) {
    mx_result *result = answer_of(
        "surrogates", "{'high':'\\ud800','low':'a\\udc00b','pair':'\\ud83d\\ude00',"
                      "'high and A':'\\uD800\\u0041','swapped':'\\udc00\\ud800','n\\ud800':1}");
    CHECK_TEXT(mx_result_string(result, "/high"), "\xef\xbf\xbd");
    CHECK_TEXT(mx_result_string(result, "/low"), "a\xef\xbf\xbd"
                                                 "b");
    CHECK_TEXT(mx_result_string(result, "/pair"), "\xf0\x9f\x98\x80");
    CHECK_TEXT(mx_result_string(result, "/high and A"), "\xef\xbf\xbd"
                                                        "A");
    CHECK_TEXT(mx_result_string(result, "/swapped"), "\xef\xbf\xbd\xef\xbf\xbd");
    CHECK(mx_result_value(result, "/n\xef\xbf\xbd") != NULL);
    mx_result_free(result);
}

static void u_0000_is_read_with_a_length_and_never_without(void) {
    size_t length = 7;
    const char *text;
    const mx_value *member;
    mx_result *result = answer_of("zero", "{'x\\u0000y':'a\\u0000b','\\u0000':'\\u0000','t':'t'}");
    member = mx_value_first(mx_result_value(result, ""));
    CHECK(mx_value_name(member, NULL) == NULL);
    text = mx_value_name(member, &length);
    CHECK(text != NULL && length == 3 && memcmp(text, "x\0y", 4) == 0);
    CHECK(mx_value_string(member, NULL) == NULL);
    text = mx_value_string(member, &length);
    CHECK(text != NULL && length == 3 && memcmp(text, "a\0b", 4) == 0);
    CHECK(mx_result_value(result, "/x") == NULL);
    member = mx_value_next(member);
    CHECK(mx_value_name(member, NULL) == NULL && mx_value_string(member, NULL) == NULL);
    text = mx_value_name(member, &length);
    CHECK(text != NULL && length == 1 && memcmp(text, "\0", 2) == 0);
    member = mx_value_next(member);
    CHECK_TEXT(mx_value_name(member, &length), "t");
    CHECK_NUMBER(length, 1);
    length = 7;
    CHECK(mx_value_string(mx_result_value(result, ""), &length) == NULL && length == 7);
    CHECK(mx_value_name(mx_result_value(result, ""), &length) == NULL && length == 7);
    mx_result_free(result);
}

static void numbers_are_read_exactly_as_far_as_int64_and_double_go(void) {
    static const struct {
        const char *json;
        bool is_int;
        int64_t number;
        bool has_double;
        double real;
    } numbers[] = {
        {"0", true, 0, true, 0},
        /* As an integer it would lose its sign. */
        {"-0", false, 0, true, 0},
        {"9223372036854775807", true, INT64_MAX, true, 9223372036854775808.0},
        {"-9223372036854775808", true, INT64_MIN, true, -9223372036854775808.0},
        {"9007199254740993", true, INT64_C(9007199254740993), true, 9007199254740992.0},
        {"9223372036854775808", false, 0, true, 9223372036854775808.0},
        {"-9223372036854775809", false, 0, true, -9223372036854775808.0},
        {"18446744073709551616", false, 0, true, 18446744073709551616.0},
        {"1.0", false, 0, true, 1},
        {"1e2", false, 0, true, 100},
        {"0.1", false, 0, true, 0.1},
        {"-1.5E-3", false, 0, true, -0.0015},
        {"1.7976931348623157e308", false, 0, true, 1.7976931348623157e308},
        {"4.9406564584124654e-324", false, 0, true, 4.9406564584124654e-324},
        {"1e-999", false, 0, true, 0},
        {"1e999", false, 0, false, 0},
        {"-1e999", false, 0, false, 0},
    };
    size_t i;
    for (i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        int64_t number = 7;
        double real = 7;
        mx_result *result = answer_of("number", numbers[i].json);
        const mx_value *value = mx_result_value(result, "");
        bool is_int = mx_value_int(value, &number);
        bool has_double = mx_value_double(value, &real);
        check(mx_value_type(value) == (numbers[i].is_int ? MX_TYPE_INT : MX_TYPE_DOUBLE) &&
                  is_int == numbers[i].is_int && has_double == numbers[i].has_double &&
                  number == (is_int ? numbers[i].number : 7) &&
                  real == (has_double ? numbers[i].real : 7),
              __FILE__, __LINE__, "%s is of type %d, int %d, double %d %.17g", numbers[i].json,
              mx_value_type(value), is_int, has_double, real);
        mx_result_free(result);
    }
}

static void check_slice(const mx_result *result, const char *pointer, const char *json) {
    size_t whole = 0;
    size_t length = 7;
    const char *body = mx_result_body(result, &whole);
    const char *part = mx_value_json(mx_result_value(result, pointer), &length);
    char *want = quoted(json);
    CHECK(part != NULL && part >= body && part + length <= body + whole);
    check(part != NULL && length == strlen(want) && memcmp(part, want, length) == 0, __FILE__,
          __LINE__, "%s is %.*s", pointer, (int)length, part == NULL ? "" : part);
    free(want);
}

static void a_values_json_is_a_part_of_the_body_as_it_came(void) {
    static const char json[] = " { 'a' : [ 1 , 2.50,'\\u0041' ] ,'b':{ }, 'c': null,'n':1e999 } ";
    mx_result *result = answer_of("slices", json);
    check_slice(result, "", "{ 'a' : [ 1 , 2.50,'\\u0041' ] ,'b':{ }, 'c': null,'n':1e999 }");
    check_slice(result, "/a", "[ 1 , 2.50,'\\u0041' ]");
    check_slice(result, "/a/1", "2.50");
    check_slice(result, "/a/2", "'\\u0041'");
    check_slice(result, "/b", "{ }");
    check_slice(result, "/c", "null");
    check_slice(result, "/n", "1e999");
    mx_result_free(result);
}

const struct test scalar_tests[] = {
    {"half_of_a_surrogate_pair_reads_as_u_fffd", half_of_a_surrogate_pair_reads_as_u_fffd},
    {"u_0000_is_read_with_a_length_and_never_without",
     u_0000_is_read_with_a_length_and_never_without},
    {"numbers_are_read_exactly_as_far_as_int64_and_double_go",
     numbers_are_read_exactly_as_far_as_int64_and_double_go},
    {"a_values_json_is_a_part_of_the_body_as_it_came",
     a_values_json_is_a_part_of_the_body_as_it_came},
    {NULL, NULL},
};
