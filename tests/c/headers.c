/* The headers of an answer that results keep. */
#include "harness.h"

static mx_result *headers_of(const char *replies) {
    mx_request *request = new_custom("GET", "/_matrix/client/unstable/headers");
    mx_result *result = answer_to(NULL, "headers", replies, request);
    mx_request_free(request);
    return result;
}

static void four_headers_are_kept_and_found_in_any_case(void) {
    mx_result *result =
        headers_of("[{'headers':{'Content-Type':'image/png','CONTENT-DISPOSITION':'inline; "
                   "filename=x','location':'https://hs.example/y','ETag':'W/1','x-other':'z',"
                   "'server':'s'},'body':'png'}]");
    CHECK_STATUS(mx_result_status(result), MX_OK);
    CHECK_TEXT(mx_result_header(result, "content-type"), "image/png");
    CHECK_TEXT(mx_result_header(result, "Content-Type"), "image/png");
    CHECK_TEXT(mx_result_header(result, "CONTENT-TYPE"), "image/png");
    CHECK_TEXT(mx_result_header(result, "content-disposition"), "inline; filename=x");
    CHECK_TEXT(mx_result_header(result, "Location"), "https://hs.example/y");
    CHECK_TEXT(mx_result_header(result, "etag"), "W/1");
    CHECK(mx_result_header(result, "x-other") == NULL && mx_result_header(result, "server") == NULL);
    CHECK(mx_result_header(result, "content-length") == NULL);
    CHECK(mx_result_header(result, "") == NULL && mx_result_header(result, "content-typ") == NULL);
    CHECK(mx_result_header(result, NULL) == NULL && mx_result_header(NULL, "etag") == NULL);
    CHECK(mx_result_header(result, "\xff") == NULL);
    mx_result_free(result);
}

static void a_header_that_was_not_sent_is_null(void) {
    mx_result *result = headers_of("[{'body':'x'}]");
    CHECK(mx_result_header(result, "content-type") == NULL);
    CHECK(mx_result_header(result, "location") == NULL && mx_result_header(result, "etag") == NULL);
    mx_result_free(result);
    result = answer(NULL, "no-headers", "[{'json':{}}]", "getNothing", "{}");
    CHECK(mx_result_header(result, "content-type") == NULL);
    mx_result_free(result);
}

static void of_a_header_sent_twice_the_last_wins(void) {
    mx_result *result = headers_of("[{'headers':[['etag','one'],['content-type','a/b'],"
                                   "['ETAG','two'],['Content-Type','c/d']],'body':'x'}]");
    CHECK_TEXT(mx_result_header(result, "etag"), "two");
    CHECK_TEXT(mx_result_header(result, "content-type"), "c/d");
    mx_result_free(result);
}

static void the_headers_of_errors_are_kept_too(void) {
    mx_result *result = answer(NULL, "error-headers",
                               "[{'status':403,'headers':{'etag':'e'},"
                               "'json':{'errcode':'M_FORBIDDEN','error':''}}]",
                               "getVersions", "{}");
    CHECK_STATUS(mx_result_status(result), MX_ERR_MATRIX);
    CHECK_TEXT(mx_result_header(result, "content-type"), "application/json");
    CHECK_TEXT(mx_result_header(result, "etag"), "e");
    mx_result_free(result);
    result = answer(NULL, "redirect-headers",
                    "[{'status':302,'headers':{'location':'https://elsewhere.example/'}}]",
                    "getVersions", "{}");
    CHECK_STATUS(mx_result_status(result), MX_ERR_BAD_RESPONSE);
    CHECK_TEXT(mx_result_header(result, "location"), "https://elsewhere.example/");
    mx_result_free(result);
    result = answer(NULL, "html-headers",
                    "[{'status':502,'headers':{'content-type':'text/html'},'body':'<p>'}]", MAIL,
                    MAIL_PARAMS);
    CHECK_STATUS(mx_result_status(result), MX_ERR_BAD_RESPONSE);
    CHECK_TEXT(mx_result_header(result, "content-type"), "text/html");
    mx_result_free(result);
}

static void a_header_that_is_not_utf8_is_null(void) {
    /* An etag with the byte 0xff, and a location in UTF-8. */
    mx_result *result = headers_of(
        "[{'raw_base64':'SFRUUC8xLjEgMjAwIE9LDQpjb250ZW50LXR5cGU6IHRleHQveA0KZXRhZzogImH/Ig0KbG"
        "9jYXRpb246IGNhZsOpDQpjb250ZW50LWxlbmd0aDogMg0KDQp7fQ=='}]");
    CHECK_STATUS(mx_result_status(result), MX_OK);
    CHECK(mx_result_header(result, "etag") == NULL);
    CHECK_TEXT(mx_result_header(result, "content-type"), "text/x");
    CHECK_TEXT(mx_result_header(result, "location"), "caf\xc3\xa9");
    mx_result_free(result);
    /* Two etags, of which the last is not UTF-8, and two locations, of which it is the first. */
    result = headers_of("[{'raw_base64':'SFRUUC8xLjEgMjAwIE9LDQpldGFnOiAiZ29vZCINCmV0YWc6ICJiYWT/Ig0KbG9jYXRpb2"
        "46IP8NCmxvY2F0aW9uOiAvZ29vZA0KY29udGVudC1sZW5ndGg6IDINCg0Ke30='}]");
    CHECK(mx_result_header(result, "etag") == NULL);
    CHECK_TEXT(mx_result_header(result, "location"), "/good");
    mx_result_free(result);
}

const struct test header_tests[] = {
    {"four_headers_are_kept_and_found_in_any_case", four_headers_are_kept_and_found_in_any_case},
    {"a_header_that_was_not_sent_is_null", a_header_that_was_not_sent_is_null},
    {"of_a_header_sent_twice_the_last_wins", of_a_header_sent_twice_the_last_wins},
    {"the_headers_of_errors_are_kept_too", the_headers_of_errors_are_kept_too},
    {"a_header_that_is_not_utf8_is_null", a_header_that_is_not_utf8_is_null},
    {NULL, NULL},
};
