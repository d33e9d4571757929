/* What a result says of each kind of answer, and how values are read from it. */
#include "harness.h"

#include <stdlib.h>
#include <string.h>

static void a_mail_request_sends_exactly_the_given_fields(void) {
    struct inbox inbox;
    mx_client *client;
    mx_result *result;
    char *log;
    mx_op op = 0;
    inbox_init(&inbox);
    server_script("mail", "[{'json':{'sid':'S1','submit_url':'https://hs.example/submit'}}]");
    client = client_of("mail");
    CHECK_STATUS(mx_client_set_access_token(client, "stale"), MX_OK);
    CHECK_STATUS(ask(client, inbox_deliver, &inbox, &op), MX_OK);
    result = inbox_take(&inbox);
    CHECK_STATUS(mx_result_status(result), MX_OK);
    CHECK(op != 0 && mx_result_op(result) == op);
    CHECK(mx_result_user_data(result) == &inbox);
    CHECK_NUMBER(mx_result_http_status(result), 200);
    CHECK_TEXT(mx_result_string(result, "/sid"), "S1");
    CHECK_TEXT(mx_result_string(result, "/submit_url"), "https://hs.example/submit");
    CHECK(mx_result_errcode(result) == NULL);
    mx_result_free(result);
    log = server_log("mail");
    CHECK_HOLDS(log, "\"method\":\"POST\"");
    CHECK_HOLDS(log, "\"/_matrix/client/v3/account/password/email/requestToken\"");
    CHECK_HOLDS(log, "[\"content-type\",\"application/json\"]");
    CHECK_HOLDS(log, "\"body\":\"{\\\"client_secret\\\":\\\"s3cr3t.A=_-1\\\",\\\"email\\\":"
                     "\\\"alice@example.test\\\",\\\"send_attempt\\\":1}\"");
    CHECK_LACKS(log, "authorization");
    CHECK_LACKS(log, "stale");
    free(log);
    mx_client_free(client);
    inbox_clear(&inbox);
}

static void every_optional_field_travels_when_given(void) {
    struct inbox inbox;
    mx_client *client;
    char *log;
    inbox_init(&inbox);
    server_script("all-fields", "[{'json':{'sid':'S1','submit_url':''}}]");
    client = client_of("all-fields");
    CHECK_STATUS(mx_request_token_to_reset_password_email(
                     client, "x", "\xc3\xa5lice@example.test", 2, "myapp:/done?a=b", "t0ken",
                     "id.example", inbox_deliver, &inbox, NULL),
                 MX_OK);
    mx_result *result = inbox_take(&inbox);
    CHECK_STATUS(mx_result_status(result), MX_OK);
    /* Servers send it for "there is none", and answers are not edited. */
    CHECK_TEXT(mx_result_string(result, "/submit_url"), "");
    mx_result_free(result);
    log = server_log("all-fields");
    CHECK_HOLDS(log, "{\\\"client_secret\\\":\\\"x\\\",\\\"email\\\":\\\"\xc3\xa5lice@example.test"
                     "\\\",\\\"send_attempt\\\":2,\\\"next_link\\\":\\\"myapp:/done?a=b\\\","
                     "\\\"id_access_token\\\":\\\"t0ken\\\",\\\"id_server\\\":\\\"id.example\\\"}");
    free(log);
    mx_client_free(client);
    inbox_clear(&inbox);
}

static void a_page_of_html_is_a_bad_response_that_stays_readable(void) {
    size_t length = 0;
    const char *body;
    mx_result *result =
        answer(NULL, "html",
               "[{'status':503,'headers':{'content-type':'text/html','retry-after':'120'},"
               "'body':'<html><body>Service Unavailable</body></html>'}]",
               MAIL, MAIL_PARAMS);
    uint64_t delay = 0;
    CHECK_STATUS(mx_result_status(result), MX_ERR_BAD_RESPONSE);
    CHECK_NUMBER(mx_result_http_status(result), 503);
    body = mx_result_body(result, &length);
    CHECK_TEXT(body, "<html><body>Service Unavailable</body></html>");
    CHECK(body != NULL && length == strlen(body));
    CHECK(mx_result_string(result, "/sid") == NULL && mx_result_errcode(result) == NULL);
    CHECK(mx_result_retry_after_ms(result, &delay));
    CHECK_NUMBER(delay, 120000);
    mx_result_free(result);
}

static void an_answer_that_is_not_this_api_is_a_bad_response(void) {
    static const char *const answers[] = {
        "[{'body':''}]",
        "[{'body':'{'}]",
        "[{'body':'null'}]",
        "[{'json':[]}]",
        "[{'json':{}}]",
        "[{'json':{'sid':5}}]",
        "[{'json':{'sid':''}}]",
        "[{'json':{'sid':'a b'}}]",
        "[{'json':{'sid':'S1','submit_url':'not a URL'}}]",
        "[{'body_base64':'eyJzaWQiOiL/In0='}]",
        "[{'status':302,'headers':{'location':'https://elsewhere.example/'},'json':{'sid':'S1'}}]",
        "[{'status':400,'json':{'error':'no errcode'}}]",
        "[{'status':204}]",
    };
    size_t i;
    for (i = 0; i < sizeof answers / sizeof *answers; i++) {
        mx_result *result = answer(NULL, "bad", answers[i], MAIL, MAIL_PARAMS);
        mx_status status = mx_result_status(result);
        check(status == MX_ERR_BAD_RESPONSE, __FILE__, __LINE__, "%s ends with %s", answers[i],
              mx_status_name(status));
        CHECK(mx_result_body(result, NULL) != NULL);
        CHECK(mx_result_message(result)[0] != '\0');
        mx_result_free(result);
    }
}

static void a_matrix_error_keeps_its_errcode_status_and_delay(void) {
    uint64_t delay = 7;
    mx_result *result = answer(NULL, "errcode",
                               "[{'status':400,'json':{'errcode':'M_THREEPID_NOT_FOUND',"
                               "'error':'Email not found','more':{'n':5}}}]",
                               MAIL, MAIL_PARAMS);
    int64_t number = 0;
    CHECK_STATUS(mx_result_status(result), MX_ERR_MATRIX);
    CHECK_TEXT(mx_result_errcode(result), "M_THREEPID_NOT_FOUND");
    CHECK_NUMBER(mx_result_http_status(result), 400);
    CHECK_HOLDS(mx_result_message(result), "Email not found");
    CHECK_TEXT(mx_result_string(result, "/error"), "Email not found");
    CHECK(mx_result_int(result, "/more/n", &number) && number == 5);
    CHECK(!mx_result_retry_after_ms(result, &delay) && delay == 7);
    mx_result_free(result);
    result =
        answer(NULL, "limited",
               "[{'status':429,'json':{'errcode':'M_LIMIT_EXCEEDED','retry_after_ms':333000}}]",
               MAIL, MAIL_PARAMS);
    CHECK_STATUS(mx_result_status(result), MX_ERR_MATRIX);
    CHECK_TEXT(mx_result_errcode(result), "M_LIMIT_EXCEEDED");
    CHECK(mx_result_retry_after_ms(result, &delay));
    CHECK_NUMBER(delay, 333000);
    CHECK_NUMBER(server_requests("limited"), 1);
    mx_result_free(result);
    result = answer(NULL, "unknown-code", "[{'status':500,'json':{'errcode':'ORG.NEW_1'}}]", MAIL,
                    MAIL_PARAMS);
    CHECK_TEXT(mx_result_errcode(result), "ORG.NEW_1");
    mx_result_free(result);
}

static void a_message_is_one_line(void) {
    mx_result *result = answer(
        NULL, "lines",
        "[{'status':403,'json':{'errcode':'M_FORBIDDEN','error':'one\\r\\ntwo\\u001b[31m'}}]", MAIL,
        MAIL_PARAMS);
    CHECK_STATUS(mx_result_status(result), MX_ERR_MATRIX);
    CHECK_LACKS(mx_result_message(result), "\n");
    CHECK_LACKS(mx_result_message(result), "\r");
    CHECK_LACKS(mx_result_message(result), "\033");
    CHECK_TEXT(mx_result_string(result, "/error"), "one\r\ntwo\033[31m");
    mx_result_free(result);
}

static void a_secret_that_the_server_echoes_is_not_in_the_message(void) {
    mx_result *result;
    mx_client_options *options = new_options();
    CHECK_STATUS(mx_client_options_set_access_token(options, "t0ken-hunter2"), MX_OK);
    result = answer(options, "echoed-token",
                    "[{'status':401,'json':{'errcode':'M_UNKNOWN_TOKEN',"
                    "'error':'there is no token t0ken-hunter2'}}]",
                    "getTokenOwner", "{}");
    CHECK_STATUS(mx_result_status(result), MX_ERR_MATRIX);
    CHECK_LACKS(mx_result_message(result), "hunter2");
    mx_result_free(result);
    result = answer(NULL, "echoed-password",
                    "[{'status':403,'json':{'errcode':'M_FORBIDDEN',"
                    "'error':'the password pass-hunter2 is wrong'}}]",
                    "login", "{'type':'m.login.password','password':'pass-hunter2'}");
    CHECK_STATUS(mx_result_status(result), MX_ERR_MATRIX);
    CHECK_LACKS(mx_result_message(result), "hunter2");
    mx_result_free(result);
    mx_client_options_free(options);
}

const struct test answer_tests[] = {
    {"a_mail_request_sends_exactly_the_given_fields",
     a_mail_request_sends_exactly_the_given_fields},
    {"every_optional_field_travels_when_given", every_optional_field_travels_when_given},
    {"a_page_of_html_is_a_bad_response_that_stays_readable",
     a_page_of_html_is_a_bad_response_that_stays_readable},
    {"an_answer_that_is_not_this_api_is_a_bad_response",
     an_answer_that_is_not_this_api_is_a_bad_response},
    {"a_matrix_error_keeps_its_errcode_status_and_delay",
     a_matrix_error_keeps_its_errcode_status_and_delay},
    {"a_message_is_one_line", a_message_is_one_line},
    {"a_secret_that_the_server_echoes_is_not_in_the_message",
     a_secret_that_the_server_echoes_is_not_in_the_message},
    {NULL, NULL},
};
