/* Answers that are small as text and vast as values, or nested without end: refused, or read in bounded memory. */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPENING "{\\u0022versions\\u0022:["

/* The result of getVersions, whose answer's list is this text so often as fits into so many bytes. */
static mx_result *versions_of(const char *text, size_t bytes, const mx_request *request) {
    size_t length = strlen(text);
    size_t number = bytes / length;
    char *replies = malloc(number * length + 128);
    char *to;
    mx_result *result;
    if (replies == NULL) {
        abort();
    }
    to = replies + sprintf(replies, "[{'body':'" OPENING);
    while (number-- > 0) {
        memcpy(to, text, length);
        to += length;
    }
    strcpy(to, "0]}'}]");
    result = answer_to(NULL, "heavy", replies, request);
    free(replies);
    return result;
}

static mx_result *get_versions_of(const char *text, size_t bytes) {
    mx_request *request = new_request("getVersions");
    mx_result *result = versions_of(text, bytes, request);
    mx_request_free(request);
    return result;
}

/* The most memory that this process has had since `forget_peak`; -1 where the system does not tell. */
static long peak_kib(void) {
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    long kib = -1;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        sscanf(line, "VmHWM: %ld", &kib);
    }
    if (file != NULL) {
        fclose(file);
    }
    return kib;
}

static void forget_peak(void) {
    FILE *file = fopen("/proc/self/clear_refs", "w");
    if (file != NULL) {
        fputs("5", file);
        fclose(file);
    }
}

enum { ALMOST_16_MIB = 16 * 1024 * 1024 - 64, MIB = 1024 * 1024 };

static void sixteen_mib_of_small_values_are_refused(void) {
    static const char *const texts[] = {"0,", "[0],"};
    mx_request *custom = new_custom("GET", "/_matrix/x");
    mx_result *result;
    size_t length = 0;
    size_t i;
    for (i = 0; i < sizeof texts / sizeof *texts; i++) {
        result = get_versions_of(texts[i], ALMOST_16_MIB);
        CHECK_STATUS(mx_result_status(result), MX_ERR_BAD_RESPONSE);
        CHECK_HOLDS(mx_result_message(result), "would take too much memory");
        CHECK(mx_result_value(result, "") == NULL);
        CHECK(mx_result_body(result, &length) != NULL && length > 15 * MIB);
        mx_result_free(result);
    }
    result = versions_of(texts[0], ALMOST_16_MIB, custom);
    CHECK_STATUS(mx_result_status(result), MX_OK);
    CHECK(mx_result_value(result, "") == NULL && mx_result_body(result, NULL) != NULL);
    mx_result_free(result);
    mx_request_free(custom);
}

/* What the check lets through takes 256 MiB at most, beside the body and what is here. */
static void what_is_not_refused_is_read_in_bounded_memory(void) {
    static const char *const texts[] = {"0,", "[],", "\\u0022\\u0022,", "{\\u0022\\u0022:0},"};
    static const size_t widths[] = {2, 3, 3, 7};
    static const size_t elements[] = {5000000, 5000000, 5000000, 2300000};
    bool is_measured = !slow() && getenv("MX_TEST_LEAKS") == NULL;
    size_t i;
    for (i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t count = slow() ? elements[i] / 50 : elements[i];
        mx_result *result = get_versions_of(texts[i], count * strlen(texts[i]));
        const mx_value *list;
        const mx_value *last;
        long before;
        CHECK_STATUS(mx_result_status(result), MX_OK);
        CHECK_NUMBER(strlen(mx_result_body(result, NULL)), count * widths[i] + 16);
        forget_peak();
        before = peak_kib();
        list = mx_result_value(result, "/versions");
        CHECK_NUMBER(mx_value_count(list), count + 1);
        if (is_measured && before > 0) {
            CHECK(peak_kib() - before < 300 * 1024);
        }
        last = mx_value_first(list);
        while (mx_value_next(last) != NULL) {
            last = mx_value_next(last);
        }
        CHECK_NUMBER(mx_value_type(last), MX_TYPE_INT);
        mx_result_free(result);
    }
}

/* An object in `depth` arrays and objects, counting the outermost. */
static mx_result *nested(int depth, char open, char close) {
    char json[4096];
    char *to = json + sprintf(json, "[{'body':'{\\u0022versions\\u0022:");
    mx_request *request = new_request("getVersions");
    mx_result *result;
    int i;
    for (i = 1; i < depth; i++) {
        to += sprintf(to, open == '{' && i > 1 ? "{\\u0022\\u0022:" : "[");
    }
    to += sprintf(to, "0");
    for (i = 1; i < depth; i++) {
        *to++ = i < depth - 1 ? close : ']';
    }
    strcpy(to, "}'}]");
    result = answer_to(NULL, "nested", json, request);
    mx_request_free(request);
    return result;
}

static void an_answer_nested_128_deep_is_taken_and_129_refused(void) {
    static const char kinds[][2] = {{'[', ']'}, {'{', '}'}};
    size_t i;
    for (i = 0; i < 2; i++) {
        const mx_value *value;
        int depth = 0;
        mx_result *result = nested(128, kinds[i][0], kinds[i][1]);
        CHECK_STATUS(mx_result_status(result), MX_OK);
        for (value = mx_result_value(result, ""); mx_value_first(value) != NULL; depth++) {
            value = mx_value_first(value);
        }
        CHECK_NUMBER(depth, 128);
        CHECK_NUMBER(mx_value_type(value), MX_TYPE_INT);
        mx_result_free(result);
    }
    {
        mx_result *result = nested(129, '[', ']');
        CHECK_STATUS(mx_result_status(result), MX_ERR_BAD_RESPONSE);
        CHECK_HOLDS(mx_result_message(result), "nested deeper than 128");
        CHECK(mx_result_value(result, "") == NULL && mx_result_body(result, NULL) != NULL);
        mx_result_free(result);
    }
}

static void an_answer_of_nothing_but_brackets_is_refused(void) {
    mx_result *result = answer(NULL, "brackets", "[{'repeat':{'text':'[','bytes':16000000}}]",
                               "getVersions", "{}");
    CHECK_STATUS(mx_result_status(result), MX_ERR_BAD_RESPONSE);
    CHECK_HOLDS(mx_result_message(result), "nested deeper than 128");
    mx_result_free(result);
}

const struct test heavy_tests[] = {
    {"sixteen_mib_of_small_values_are_refused", sixteen_mib_of_small_values_are_refused},
    {"what_is_not_refused_is_read_in_bounded_memory",
     what_is_not_refused_is_read_in_bounded_memory},
    {"an_answer_nested_128_deep_is_taken_and_129_refused",
     an_answer_nested_128_deep_is_taken_and_129_refused},
    {"an_answer_of_nothing_but_brackets_is_refused", an_answer_of_nothing_but_brackets_is_refused},
    {NULL, NULL},
};
