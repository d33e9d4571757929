/* Requests to endpoints that no table lists. */
#include "harness.h"

#include <stdlib.h>
#include <string.h>

static mx_status status_of(const char *script, const char *replies, const mx_request *request) {
    mx_result *result = answer_to(NULL, script, replies, request);
    mx_status status = mx_result_status(result);
    mx_result_free(result);
    return status;
}

static void other_methods_and_ill_formed_paths_are_refused_with_the_reason(void) {
    static const char *const bad[][3] = {
        {"get", "/_matrix/x", "method must be"},
        {"PATCH", "/_matrix/x", "method must be"},
        {"", "/_matrix/x", "method must be"},
        {"GET\r\n", "/_matrix/x", "method must be"},
        {"GET", "", "path must begin with /_matrix/"},
        {"GET", "_matrix/x", "path must begin with /_matrix/"},
        {"GET", "/_synapse/x", "path must begin with /_matrix/"},
        {"GET", "//evil.example/_matrix/x", "path must begin with /_matrix/"},
        {"GET", "https://evil.example/_matrix/x", "path must begin with /_matrix/"},
        {"GET", "/_matrix/../x", "segment"},
        {"GET", "/_matrix/a/./x", "segment"},
        {"GET", "/_matrix/%2E%2e/x", "segment"},
        {"GET", "/_matrix/a b", "not ' '"},
        {"GET", "/_matrix/a\r\nx: y", "not "},
        {"GET", "/_matrix/a#b", "not '#'"},
        {"GET", "/_matrix/\xc3\xa9", "not "},
        {"GET", "/_matrix/a\\b", "not "},
        {"GET", "/_matrix/{a", "without its '}'"},
        {"GET", "/_matrix/a}", "not '}'"},
        {"GET", "/_matrix/{}", "name no field"},
        {"GET", "/_matrix/{a/b}", "name no field"},
    };
    mx_request *request = NULL;
    size_t i;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_REFUSED(mx_request_new_custom(bad[i][0], bad[i][1], &request),
                      MX_ERR_INVALID_ARGUMENT, "mx_request_new_custom", bad[i][2]);
        check(request == NULL, __FILE__, __LINE__, "%s %s was taken", bad[i][0], bad[i][1]);
    }
}

static void each_value_in_the_path_and_the_query_is_encoded(void) {
    mx_request *request = new_custom(
        "GET", "/_matrix/client/unstable/x.y/{roomId}/{n}/{a}-{b}/{sent}?dir={dir}&fixed=1");
    CHECK_STATUS(mx_request_set_string(request, "roomId", "!a/b?c#d%e:hs \xc3\xa9+\r\n"), MX_OK);
    CHECK_STATUS(mx_request_set_int(request, "n", -5), MX_OK);
    CHECK_STATUS(mx_request_set_string(request, "a", "{b}"), MX_OK);
    CHECK_STATUS(mx_request_set_string(request, "b", ".."), MX_ERR_INVALID_ARGUMENT);
    CHECK_HOLDS(mx_refusal_message(), "b must not be");
    CHECK_STATUS(mx_request_set_string(request, "b", "..."), MX_OK);
    CHECK_STATUS(mx_request_set_string(request, "sent", ""), MX_OK);
    CHECK_STATUS(mx_request_set_string(request, "dir", "f&g=h"), MX_OK);
    CHECK_STATUS(mx_request_set_string(request, "q=", "a~b_c-d.e'"), MX_OK);
    CHECK_STATUS(mx_request_set_bool(request, "t", true), MX_OK);
    CHECK_STATUS(status_of("encoded", "[{'json':{}}]", request), MX_OK);
    CHECK_SENT("encoded", "GET",
               "/_matrix/client/unstable/x.y/%21a%2Fb%3Fc%23d%25e%3Ahs%20%C3%A9%2B%0D%0A/-5/"
               "%7Bb%7D-.../?dir=f%26g%3Dh&fixed=1&q%3D=a~b_c-d.e%27&t=true",
               "");
    mx_request_free(request);
}

static void values_cannot_make_a_segment_of_dots_together(void) {
    mx_result *result;
    mx_request *request = new_custom("GET", "/_matrix/{a}{b}/x");
    CHECK_STATUS(mx_request_set_string(request, "a", ""), MX_OK);
    CHECK_STATUS(mx_request_set_string(request, "b", "."), MX_ERR_INVALID_ARGUMENT);
    mx_request_free(request);
    request = new_custom("GET", "/_matrix/.{a}/x");
    CHECK_STATUS(mx_request_set_string(request, "a", ""), MX_OK);
    result = answer_to(NULL, "dot-segments", "[{'json':{}}]", request);
    CHECK_STATUS(mx_result_status(result), MX_ERR_INVALID_ARGUMENT);
    CHECK_HOLDS(mx_result_message(result), "segment");
    CHECK_NUMBER(server_requests("dot-segments"), 0);
    mx_result_free(result);
    mx_request_free(request);
}

static void a_field_that_the_path_names_is_needed_and_a_scalar(void) {
    mx_result *result;
    mx_request *request = new_custom("PUT", "/_matrix/x/{roomId}");
    result = answer_to(NULL, "path-fields", "[{'json':{}}]", request);
    CHECK_STATUS(mx_result_status(result), MX_ERR_INVALID_ARGUMENT);
    CHECK_HOLDS(mx_result_message(result), "roomId is missing");
    CHECK_NUMBER(server_requests("path-fields"), 0);
    mx_result_free(result);
    CHECK_REFUSED(mx_request_set_json(request, "roomId", "null"), MX_ERR_INVALID_ARGUMENT, "roomId",
                  "null");
    CHECK_REFUSED(mx_request_set_json(request, "roomId", "{}"), MX_ERR_INVALID_ARGUMENT, "roomId",
                  "object");
    CHECK_REFUSED(mx_request_set_string(request, "", "x"), MX_ERR_INVALID_ARGUMENT,
                  "mx_request_set_string", "must have a name");
    mx_request_free(request);
}

static void fields_go_into_the_query_of_get_and_delete_and_the_body_of_post_and_put(void) {
    static const char *const methods[] = {"GET", "DELETE", "POST", "PUT"};
    size_t i;
    for (i = 0; i < 4; i++) {
        mx_request *request = new_custom(methods[i], "/_matrix/x");
        CHECK_STATUS(mx_request_set_string(request, "a", "b c"), MX_OK);
        CHECK_STATUS(status_of("places", "[{'json':{}}]", request), MX_OK);
        CHECK_SENT("places", methods[i], i < 2 ? "/_matrix/x?a=b%20c" : "/_matrix/x",
                   i < 2 ? "" : "{'a':'b c'}");
        mx_request_free(request);
    }
}

static void the_field_body_is_the_whole_body(void) {
    static const char *const methods[] = {"POST", "PUT", "DELETE"};
    size_t i;
    mx_result *result;
    mx_request *request;
    for (i = 0; i < 3; i++) {
        request = new_custom(methods[i], "/_matrix/x/{id}");
        CHECK_STATUS(mx_request_set_string(request, "id", "1"), MX_OK);
        CHECK_STATUS(mx_request_set_json(request, "body", " [ 1, {\"a\":null} ] "), MX_OK);
        CHECK_STATUS(status_of("whole", "[{'json':{}}]", request), MX_OK);
        CHECK_SENT("whole", methods[i], "/_matrix/x/1", " [ 1, {'a':null} ] ");
        mx_request_free(request);
    }
    request = new_custom("POST", "/_matrix/x");
    CHECK_STATUS(mx_request_set_json(request, "body", "{}"), MX_OK);
    CHECK_STATUS(mx_request_set_string(request, "other", "hunter2"), MX_OK);
    result = answer_to(NULL, "beside", "[{'json':{}}]", request);
    CHECK_STATUS(mx_result_status(result), MX_ERR_INVALID_ARGUMENT);
    CHECK_HOLDS(mx_result_message(result), "other has no place beside body");
    mx_result_free(result);
    mx_request_free(request);
    request = new_custom("GET", "/_matrix/x");
    CHECK_REFUSED(mx_request_set_json(request, "body", "{}"), MX_ERR_INVALID_ARGUMENT, "body",
                  "GET");
    mx_request_free(request);
}

static void any_2xx_is_ok_whatever_the_body(void) {
    static const struct {
        const char *reply;
        uint16_t status;
        size_t length;
    } answers[] = {
        {"[{'body':''}]", 200, 0},
        {"[{'status':201,'headers':{'content-type':'text/html'},'body':'<html>'}]", 201, 6},
        {"[{'status':204}]", 204, 0},
        {"[{'status':299,'body_base64':'/wD/'}]", 299, 3},
        {"[{'json':[1]}]", 200, 3},
        {"[{'body':'null'}]", 200, 4},
    };
    mx_request *request = new_custom("POST", "/_matrix/x");
    size_t i;
    for (i = 0; i < sizeof answers / sizeof *answers; i++) {
        size_t length = 7;
        mx_result *result = answer_to(NULL, "any", answers[i].reply, request);
        check(mx_result_status(result) == MX_OK, __FILE__, __LINE__, "%s: %s", answers[i].reply,
              mx_result_message(result));
        CHECK_NUMBER(mx_result_http_status(result), answers[i].status);
        CHECK(mx_result_body(result, &length) != NULL);
        CHECK_NUMBER(length, answers[i].length);
        mx_result_free(result);
    }
    mx_request_free(request);
}

static void other_statuses_are_read_as_for_any_operation(void) {
    mx_request *request = new_custom("POST", "/_matrix/x");
    mx_result *result =
        answer_to(NULL, "others", "[{'status':403,'json':{'errcode':'M_FORBIDDEN','error':'no'}}]",
             request);
    CHECK_STATUS(mx_result_status(result), MX_ERR_MATRIX);
    CHECK_TEXT(mx_result_errcode(result), "M_FORBIDDEN");
    mx_result_free(result);
    result = answer_to(NULL, "others", "[{'status':404,'body':'<html>'}]", request);
    CHECK_STATUS(mx_result_status(result), MX_ERR_BAD_RESPONSE);
    CHECK_TEXT(mx_result_body(result, NULL), "<html>");
    mx_result_free(result);
    CHECK_STATUS(status_of("others", "[{'status':302,'headers':{'location':'/x'}}]", request),
                 MX_ERR_BAD_RESPONSE);
    mx_request_free(request);
}

static void only_a_get_is_sent_again_after_a_lost_answer(void) {
    static const char *const methods[] = {"GET", "POST", "PUT", "DELETE"};
    size_t i;
    for (i = 0; i < 4; i++) {
        mx_request *request = new_custom(methods[i], "/_matrix/x");
        mx_status status = status_of("lost", "[{'json':{'a':1},'cut_after':20},{'json':{}}]",
                                     request);
        CHECK_STATUS(status, i == 0 ? MX_OK : MX_UNKNOWN_OUTCOME);
        CHECK_NUMBER(server_requests("lost"), i == 0 ? 2 : 1);
        mx_request_free(request);
    }
}

static void the_access_token_travels_if_there_is_one(void) {
    mx_client_options *options = new_options();
    mx_request *request = new_custom("GET", "/_matrix/x");
    char *log;
    CHECK_STATUS(status_of("bearer", "[{'json':{}}]", request), MX_OK);
    log = server_log("bearer");
    CHECK_LACKS(log, "uthorization");
    free(log);
    CHECK_STATUS(mx_client_options_set_access_token(options, "t0ken"), MX_OK);
    mx_result_free(answer_to(options, "bearer", "[{'json':{}}]", request));
    log = server_log("bearer");
    CHECK_HOLDS(log, "Bearer t0ken");
    free(log);
    mx_request_free(request);
    mx_client_options_free(options);
}

/* The values hold words that no line and no message may: see told.c. */
static void no_value_of_a_custom_request_is_in_a_line_or_a_message(void) {
    static const char *const replies[] = {
        "[{'json':{}}]",
        "[{'status':403,'json':{'errcode':'M_X','error':'path-hunter2 body-hunter2 query-hunter2'}}]",
        "[{'status':500,'body':'path-hunter2'}]",
        "[{'status':302,'headers':{'location':'/path-hunter2?q=query-hunter2'}}]",
        "[{'accept':'reset'}]",
        /* A GET has no such value. */
        "[{'status':403,'json':{'errcode':'M_FORBIDDEN','error':'got nested-hunter2'}}]",
    };
    static const char *const methods[] = {"GET", "POST"};
    size_t i;
    size_t j;
    for (i = 0; i < 2; i++) {
        mx_request *request = new_custom(methods[i], "/_matrix/{a}/x?q={q}");
        CHECK_STATUS(mx_request_set_string(request, "a", "path-hunter2"), MX_OK);
        CHECK_STATUS(mx_request_set_string(request, "q", "query-hunter2"), MX_OK);
        CHECK_STATUS(mx_request_set_string(request, "b", "body-hunter2"), MX_OK);
        if (i == 1) {
            CHECK_STATUS(mx_request_set_json(request, "c", "{\"d\":[\"nested-hunter2\"]}"), MX_OK);
        }
        for (j = 0; j + (i == 0) < sizeof replies / sizeof *replies; j++) {
            mx_result *result = answer_to(NULL, "told", replies[j], request);
            CHECK_LACKS(mx_result_message(result), "hunter2");
            mx_result_free(result);
        }
        mx_request_free(request);
    }
}

static void a_number_in_a_custom_request_counts_as_a_secret_too(void) {
    mx_request *request = new_custom("POST", "/_matrix/x");
    mx_result *result;
    CHECK_STATUS(mx_request_set_int(request, "pin", 918273645), MX_OK);
    result = answer_to(NULL, "pin",
                       "[{'status':403,'json':{'errcode':'M_FORBIDDEN','error':'no 918273645'}}]",
                       request);
    CHECK_LACKS(mx_result_message(result), "918273645");
    mx_result_free(result);
    mx_request_free(request);
}

const struct test custom_tests[] = {
    {"other_methods_and_ill_formed_paths_are_refused_with_the_reason",
     other_methods_and_ill_formed_paths_are_refused_with_the_reason},
    {"each_value_in_the_path_and_the_query_is_encoded",
     each_value_in_the_path_and_the_query_is_encoded},
    {"values_cannot_make_a_segment_of_dots_together",
     values_cannot_make_a_segment_of_dots_together},
    {"a_field_that_the_path_names_is_needed_and_a_scalar",
     a_field_that_the_path_names_is_needed_and_a_scalar},
    {"fields_go_into_the_query_of_get_and_delete_and_the_body_of_post_and_put",
     fields_go_into_the_query_of_get_and_delete_and_the_body_of_post_and_put},
    {"the_field_body_is_the_whole_body", the_field_body_is_the_whole_body},
    {"any_2xx_is_ok_whatever_the_body", any_2xx_is_ok_whatever_the_body},
    {"other_statuses_are_read_as_for_any_operation", other_statuses_are_read_as_for_any_operation},
    {"only_a_get_is_sent_again_after_a_lost_answer", only_a_get_is_sent_again_after_a_lost_answer},
    {"the_access_token_travels_if_there_is_one", the_access_token_travels_if_there_is_one},
    {"no_value_of_a_custom_request_is_in_a_line_or_a_message",
     no_value_of_a_custom_request_is_in_a_line_or_a_message},
    {"a_number_in_a_custom_request_counts_as_a_secret_too",
     a_number_in_a_custom_request_counts_as_a_secret_too},
    {NULL, NULL},
};
