/* NULL for every pointer of every function: a valid answer, and never a crash. */
#include "harness.h"

static void free_functions_ignore_null(void) {
    mx_result_free(NULL);
    mx_queue_free(NULL);
    mx_client_options_free(NULL);
    mx_client_free(NULL);
}

static void getters_of_a_null_result_answer_nothing(void) {
    uint64_t delay = 7;
    int64_t number = 7;
    bool truth = true;
    size_t length = 7;
    CHECK_STATUS(mx_result_status(NULL), MX_ERR_NULL_ARGUMENT);
    CHECK(mx_result_op(NULL) == 0);
    CHECK(mx_result_user_data(NULL) == NULL);
    CHECK(mx_result_http_status(NULL) == 0);
    CHECK(mx_result_errcode(NULL) == NULL);
    CHECK(mx_result_message(NULL) != NULL);
    CHECK(!mx_result_retry_after_ms(NULL, &delay) && delay == 7);
    CHECK(mx_result_body(NULL, &length) == NULL);
    CHECK(mx_result_body(NULL, NULL) == NULL);
    CHECK(mx_result_string(NULL, "/sid") == NULL);
    CHECK(!mx_result_int(NULL, "/sid", &number) && number == 7);
    CHECK(!mx_result_bool(NULL, "/sid", &truth) && truth);
    CHECK_NUMBER(mx_queue_fd(NULL), -1);
}

static void getters_of_a_result_bear_null_places_and_pointers(void) {
    int64_t number = 7;
    bool truth = true;
    mx_result *result = answer(
        NULL, "null-getters",
        "[{'status':429,'headers':{'retry-after':'99'},'json':{'errcode':'M_X','n':1,'t':false}}]",
        MAIL, MAIL_PARAMS);
    CHECK_STATUS(mx_result_status(result), MX_ERR_MATRIX);
    mx_result_retry_after_ms(result, NULL);
    mx_result_int(result, "/n", NULL);
    mx_result_bool(result, "/t", NULL);
    CHECK(mx_result_body(result, NULL) != NULL);
    CHECK(mx_result_string(result, NULL) == NULL);
    CHECK(!mx_result_int(result, NULL, &number) && number == 7);
    CHECK(!mx_result_bool(result, NULL, &truth) && truth);
    mx_result_free(result);
}

static void a_null_queue_or_place_for_a_result_is_refused_and_loses_no_result(void) {
    mx_result *result = NULL;
    mx_queue *queue = new_queue();
    mx_client *client;
    server_script("null-queue", "[{'json':{'sid':'S1'}}]");
    client = queue_client("null-queue", queue);
    CHECK_REFUSED(mx_queue_new(NULL), MX_ERR_NULL_ARGUMENT, "mx_queue_new", "out");
    CHECK_REFUSED(mx_queue_next(NULL, 0, &result), MX_ERR_NULL_ARGUMENT, "mx_queue_next", "queue");
    CHECK_REFUSED(mx_queue_wake(NULL), MX_ERR_NULL_ARGUMENT, "mx_queue_wake", "queue");
    CHECK_STATUS(ask(client, NULL, NULL, NULL), MX_OK);
    CHECK_REFUSED(mx_queue_next(queue, patience_ms(), NULL), MX_ERR_NULL_ARGUMENT, "mx_queue_next",
                  "out");
    CHECK_STATUS(mx_queue_next(queue, patience_ms(), &result), MX_OK);
    CHECK_TEXT(mx_result_string(result, "/sid"), "S1");
    mx_result_free(result);
    mx_client_free(client);
    mx_queue_free(queue);
}

static void null_options_are_refused_by_every_setter(void) {
    CHECK_REFUSED(mx_client_options_new(NULL), MX_ERR_NULL_ARGUMENT, "mx_client_options_new",
                  "out");
#define REFUSES(setter, value)                                                                     \
    CHECK_REFUSED(mx_client_options_##setter(NULL, value), MX_ERR_NULL_ARGUMENT,                   \
                  "mx_client_options_" #setter ":", "options")
    REFUSES(set_timeout_ms, 1);
    REFUSES(set_connect_timeout_ms, 1);
    REFUSES(set_user_agent, "x");
    REFUSES(set_access_token, "x");
    REFUSES(set_proxy, "http://127.0.0.1:1");
    REFUSES(add_root_pem, "x");
    REFUSES(set_bundled_roots, true);
    REFUSES(set_max_retries, 1);
    REFUSES(set_retry_delay_ms, 1);
    REFUSES(set_max_rate_limit_wait_ms, 1);
    REFUSES(set_max_response_bytes, 1);
    REFUSES(set_max_idle_connections, 1);
    REFUSES(set_idle_timeout_ms, 1);
    REFUSES(set_malloc_trim, true);
    REFUSES(set_allow_plain_http, true);
    REFUSES(set_queue, NULL);
#undef REFUSES
}

static void null_is_taken_by_setters_only_where_it_means_none(void) {
    mx_client_options *options = new_options();
    CHECK_REFUSED(mx_client_options_set_user_agent(options, NULL), MX_ERR_NULL_ARGUMENT,
                  "set_user_agent", "user_agent");
    CHECK_REFUSED(mx_client_options_add_root_pem(options, NULL), MX_ERR_NULL_ARGUMENT,
                  "add_root_pem", "pem");
    CHECK_STATUS(mx_client_options_set_access_token(options, NULL), MX_OK);
    CHECK_STATUS(mx_client_options_set_proxy(options, NULL), MX_OK);
    CHECK_STATUS(mx_client_options_set_queue(options, NULL), MX_OK);
    mx_client_options_free(options);
}

static void null_for_a_new_client_is_refused_where_it_is_not_nullable(void) {
    mx_client *client = NULL;
    mx_result *error = NULL;
    CHECK_REFUSED(mx_client_new(NULL, NULL, &client, &error), MX_ERR_NULL_ARGUMENT, "mx_client_new",
                  "homeserver_url");
    mx_result_free(error);
    error = NULL;
    CHECK_REFUSED(mx_client_new("https://127.0.0.1", NULL, NULL, &error), MX_ERR_NULL_ARGUMENT,
                  "mx_client_new", "out");
    mx_result_free(error);
    CHECK_REFUSED(mx_client_new("", NULL, &client, NULL), MX_ERR_INVALID_ARGUMENT, "mx_client_new",
                  "homeserver_url");
    CHECK(client == NULL);
    CHECK_STATUS(mx_client_new("https://127.0.0.1", NULL, &client, NULL), MX_OK);
    CHECK_REFUSED(mx_client_set_access_token(NULL, "x"), MX_ERR_NULL_ARGUMENT,
                  "mx_client_set_access_token", "client");
    CHECK_STATUS(mx_client_set_access_token(client, NULL), MX_OK);
    CHECK_REFUSED(mx_client_cancel(NULL, 1), MX_ERR_NULL_ARGUMENT, "mx_client_cancel", "client");
    mx_client_free(client);
}

static void no_null_in_a_call_is_taken_unless_it_is_nullable(void) {
    struct inbox inbox;
    mx_client *client;
    mx_op op = 7;
    char secret[MX_CLIENT_SECRET_SIZE];
    static const char function[] = "mx_request_token_to_reset_password_email";
    inbox_init(&inbox);
    server_script("null-call", "[{'json':{'sid':'S1'}}]");
    client = client_of("null-call");
    CHECK_REFUSED(ask(NULL, inbox_deliver, &inbox, &op), MX_ERR_NULL_ARGUMENT, function, "client");
    CHECK_REFUSED(mx_request_token_to_reset_password_email(client, NULL, "a@b", 1, NULL, NULL, NULL,
                                                           inbox_deliver, &inbox, &op),
                  MX_ERR_NULL_ARGUMENT, function, "client_secret");
    CHECK_REFUSED(mx_request_token_to_reset_password_email(client, "x", NULL, 1, NULL, NULL, NULL,
                                                           inbox_deliver, &inbox, &op),
                  MX_ERR_NULL_ARGUMENT, function, "email");
    CHECK_REFUSED(ask(client, NULL, &inbox, &op), MX_ERR_NULL_ARGUMENT, function, "callback");
    CHECK_REFUSED(mx_call(NULL, MAIL, "{}", inbox_deliver, &inbox, &op), MX_ERR_NULL_ARGUMENT,
                  "mx_call", "client");
    CHECK_REFUSED(mx_call(client, NULL, "{}", inbox_deliver, &inbox, &op), MX_ERR_NULL_ARGUMENT,
                  "mx_call", "operation_id");
    CHECK_REFUSED(mx_call(client, MAIL, NULL, inbox_deliver, &inbox, &op), MX_ERR_NULL_ARGUMENT,
                  "mx_call", "params_json");
    CHECK_REFUSED(mx_call(client, MAIL, "{}", NULL, &inbox, &op), MX_ERR_NULL_ARGUMENT, "mx_call",
                  "callback");
    CHECK(op == 7);
    CHECK_REFUSED(mx_generate_client_secret(NULL, sizeof secret), MX_ERR_NULL_ARGUMENT,
                  "mx_generate_client_secret", "buf");
    CHECK_NUMBER(server_requests("null-call"), 0);
    CHECK_STATUS(ask(client, inbox_deliver, &inbox, NULL), MX_OK);
    CHECK_ENDS(&inbox, MX_OK);
    mx_client_free(client);
    CHECK_NUMBER(inbox_count(&inbox), 1);
    inbox_clear(&inbox);
}

const struct test null_tests[] = {
    {"free_functions_ignore_null", free_functions_ignore_null},
    {"getters_of_a_null_result_answer_nothing", getters_of_a_null_result_answer_nothing},
    {"getters_of_a_result_bear_null_places_and_pointers",
     getters_of_a_result_bear_null_places_and_pointers},
    {"a_null_queue_or_place_for_a_result_is_refused_and_loses_no_result",
     a_null_queue_or_place_for_a_result_is_refused_and_loses_no_result},
    {"null_options_are_refused_by_every_setter", null_options_are_refused_by_every_setter},
    {"null_is_taken_by_setters_only_where_it_means_none",
     null_is_taken_by_setters_only_where_it_means_none},
    {"null_for_a_new_client_is_refused_where_it_is_not_nullable",
     null_for_a_new_client_is_refused_where_it_is_not_nullable},
    {"no_null_in_a_call_is_taken_unless_it_is_nullable",
     no_null_in_a_call_is_taken_unless_it_is_nullable},
    {NULL, NULL},
};
