/* Values that are refused at once: nothing is started, and the refusal's message names what is
 * wrong. */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char not_utf8[] = "\xff\xfe";

static void a_string_that_is_not_utf8_is_refused_by_name(void) {
    struct inbox inbox;
    mx_client *client = NULL;
    mx_client_options *options = new_options();
    inbox_init(&inbox);
    server_script("utf8", "[{'json':{'sid':'S1'}}]");
    CHECK_REFUSED(mx_client_new(not_utf8, NULL, &client, NULL), MX_ERR_INVALID_UTF8,
                  "mx_client_new", "homeserver_url");
    CHECK_REFUSED(mx_client_options_set_user_agent(options, not_utf8), MX_ERR_INVALID_UTF8,
                  "set_user_agent", "user_agent");
    CHECK_REFUSED(mx_client_options_set_access_token(options, not_utf8), MX_ERR_INVALID_UTF8,
                  "set_access_token", "access_token");
    CHECK_REFUSED(mx_client_options_set_proxy(options, not_utf8), MX_ERR_INVALID_UTF8, "set_proxy",
                  "proxy");
    CHECK_REFUSED(mx_client_options_add_root_pem(options, not_utf8), MX_ERR_INVALID_UTF8,
                  "add_root_pem", "pem");
    mx_client_options_free(options);
    client = client_of("utf8");
    CHECK_REFUSED(mx_client_set_access_token(client, not_utf8), MX_ERR_INVALID_UTF8,
                  "mx_client_set_access_token", "access_token");
#define REFUSES(name, secret, email, next_link, token, server)                                     \
    CHECK_REFUSED(mx_request_token_to_reset_password_email(client, secret, email, 1, next_link,    \
                                                           token, server, inbox_deliver, &inbox,   \
                                                           NULL),                                  \
                  MX_ERR_INVALID_UTF8, "mx_request_token_to_reset_password_email: " name, "UTF-8")
    REFUSES("client_secret", not_utf8, "a@b", NULL, NULL, NULL);
    REFUSES("email", "x", not_utf8, NULL, NULL, NULL);
    REFUSES("next_link", "x", "a@b", not_utf8, NULL, NULL);
    REFUSES("id_access_token", "x", "a@b", NULL, not_utf8, NULL);
    REFUSES("id_server", "x", "a@b", NULL, "t", not_utf8);
#undef REFUSES
    CHECK_REFUSED(mx_call(client, not_utf8, "{}", inbox_deliver, &inbox, NULL), MX_ERR_INVALID_UTF8,
                  "mx_call", "operation_id");
    CHECK_REFUSED(mx_call(client, MAIL, not_utf8, inbox_deliver, &inbox, NULL), MX_ERR_INVALID_UTF8,
                  "mx_call", "params_json");
    mx_client_free(client);
    CHECK_NUMBER(server_requests("utf8"), 0);
    CHECK_NUMBER(inbox_count(&inbox), 0);
}

static void refuses_url(const char *url, const char *why) {
    mx_client *client = NULL;
    mx_result *error = NULL;
    CHECK_REFUSED(mx_client_new(url, NULL, &client, NULL), MX_ERR_INVALID_ARGUMENT,
                  "homeserver_url", why);
    CHECK_LACKS(mx_refusal_message(), "hunter2");
    CHECK_STATUS(mx_client_new(url, NULL, &client, &error), MX_ERR_INVALID_ARGUMENT);
    CHECK(client == NULL);
    CHECK_STATUS(mx_result_status(error), MX_ERR_INVALID_ARGUMENT);
    CHECK_HOLDS(mx_result_message(error), "homeserver_url");
    CHECK_HOLDS(mx_result_message(error), why);
    CHECK_LACKS(mx_result_message(error), "hunter2");
    CHECK(mx_result_op(error) == 0 && mx_result_user_data(error) == NULL);
    CHECK(mx_result_http_status(error) == 0 && mx_result_body(error, NULL) == NULL);
    mx_result_free(error);
}

static void a_bad_base_url_is_refused_with_the_reason(void) {
    refuses_url("", "empty");
    refuses_url("matrix.example", "URL");
    refuses_url("https://", "URL");
    refuses_url("https://:8448", "URL");
    refuses_url("https://matrix.example:99999", "URL");
    refuses_url("ftp://matrix.example", "https");
    refuses_url("mailto:alice@example.test", "https");
    refuses_url("https://alice:hunter2@matrix.example", "password");
    refuses_url("https://alice@matrix.example", "user");
    refuses_url("https://matrix.example/?a=b", "query");
    refuses_url("https://matrix.example/#a", "fragment");
    refuses_url("http://matrix.example", "plain http");
    refuses_url("http://192.0.2.1:8008", "plain http");
    refuses_url("http://localhost.example", "plain http");
    refuses_url("http://127.0.0.1.example", "plain http");
}

static void a_refused_client_leaves_no_stale_error_behind(void) {
    char somewhere = 'x';
    mx_client *client = NULL;
    mx_result *error = (mx_result *)(void *)&somewhere;
    CHECK_STATUS(mx_client_new(NULL, NULL, &client, &error), MX_ERR_NULL_ARGUMENT);
    if (CHECK((void *)error != (void *)&somewhere)) {
        mx_result_free(error);
    }
    error = (mx_result *)(void *)&somewhere;
    CHECK_STATUS(mx_client_new(not_utf8, NULL, &client, &error), MX_ERR_INVALID_UTF8);
    if (CHECK((void *)error != (void *)&somewhere)) {
        mx_result_free(error);
    }
    error = (mx_result *)(void *)&somewhere;
    CHECK_STATUS(mx_client_new("https://127.0.0.1", NULL, &client, &error), MX_OK);
    CHECK(error == NULL);
    mx_client_free(client);
}

static void an_option_outside_its_range_is_refused_by_name(void) {
    mx_client_options *options = new_options();
#define REFUSES(setter, value, name)                                                               \
    CHECK_REFUSED(mx_client_options_##setter(options, value), MX_ERR_INVALID_ARGUMENT,             \
                  "mx_client_options_" #setter ":", name)
    REFUSES(set_timeout_ms, 0, "timeout_ms");
    REFUSES(set_connect_timeout_ms, 0, "connect_timeout_ms");
    REFUSES(set_max_response_bytes, 0, "max_response_bytes");
    REFUSES(set_idle_timeout_ms, 0, "idle_timeout_ms");
    REFUSES(set_user_agent, "", "user_agent");
    REFUSES(set_user_agent, "two\r\nlines", "user_agent");
    REFUSES(set_user_agent, "caf\xc3\xa9", "user_agent");
    REFUSES(set_access_token, "", "access_token");
    REFUSES(set_access_token, "a b", "access_token");
    REFUSES(set_access_token, "a\r\nb: c", "access_token");
    REFUSES(set_proxy, "", "proxy");
    REFUSES(set_proxy, "socks5://127.0.0.1:1", "proxy");
    REFUSES(set_proxy, "not a URL", "proxy");
    REFUSES(add_root_pem, "", "pem");
    REFUSES(add_root_pem, "no certificate", "pem");
    REFUSES(add_root_pem, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "pem");
    REFUSES(add_root_pem, "-----BEGIN CERTIFICATE-----\n", "pem");
#undef REFUSES
    CHECK_STATUS(mx_client_options_set_proxy(options, "ftp://u:hunter2@127.0.0.1"),
                 MX_ERR_INVALID_ARGUMENT);
    CHECK_LACKS(mx_refusal_message(), "hunter2");
    mx_client_options_free(options);
}

static void a_refused_token_leaves_the_one_before(void) {
    struct inbox inbox;
    mx_client *client;
    char *log;
    mx_client_options *options = new_options();
    inbox_init(&inbox);
    server_script("kept-token", "[{'json':{'user_id':'@alice:hs'}}]");
    CHECK_STATUS(mx_client_options_set_access_token(options, "first"), MX_OK);
    CHECK_STATUS(mx_client_options_set_access_token(options, "not good"), MX_ERR_INVALID_ARGUMENT);
    CHECK_STATUS(mx_client_options_set_user_agent(options, "agent/1 (kept)"), MX_OK);
    CHECK_STATUS(mx_client_options_set_user_agent(options, ""), MX_ERR_INVALID_ARGUMENT);
    client = client_with("kept-token", options);
    CHECK_REFUSED(mx_client_set_access_token(client, "not good"), MX_ERR_INVALID_ARGUMENT,
                  "mx_client_set_access_token", "access_token");
    CHECK_STATUS(call(client, "getTokenOwner", "{}", inbox_deliver, &inbox, NULL), MX_OK);
    CHECK_ENDS(&inbox, MX_OK);
    log = server_log("kept-token");
    CHECK_HOLDS(log, "\"Bearer first\"");
    CHECK_HOLDS(log, "\"agent/1 (kept)\"");
    free(log);
    mx_client_options_free(options);
    mx_client_free(client);
    inbox_clear(&inbox);
}

static void a_callback_for_a_client_with_a_queue_is_refused(void) {
    struct inbox inbox;
    mx_result *result = NULL;
    mx_op op = 7;
    mx_queue *queue = new_queue();
    mx_client *client;
    inbox_init(&inbox);
    server_script("callback-and-queue", "[{'json':{'sid':'S1'}}]");
    client = queue_client("callback-and-queue", queue);
    CHECK_REFUSED(ask(client, inbox_deliver, &inbox, &op), MX_ERR_MISUSE, "callback", "queue");
    CHECK_REFUSED(call(client, MAIL, MAIL_PARAMS, inbox_deliver, &inbox, &op), MX_ERR_MISUSE,
                  "callback", "queue");
    CHECK(op == 7);
    mx_client_free(client);
    CHECK_STATUS(mx_queue_next(queue, 0, &result), MX_ERR_TIMEOUT);
    CHECK_NUMBER(inbox_count(&inbox), 0);
    CHECK_NUMBER(server_requests("callback-and-queue"), 0);
    mx_queue_free(queue);
}

static void a_buffer_too_small_for_a_client_secret_is_refused_untouched(void) {
    char secret[MX_CLIENT_SECRET_SIZE];
    char other[MX_CLIENT_SECRET_SIZE];
    memset(secret, 'x', sizeof secret);
    CHECK_REFUSED(mx_generate_client_secret(secret, 0), MX_ERR_INVALID_ARGUMENT, "len", "44");
    CHECK_REFUSED(mx_generate_client_secret(secret, sizeof secret - 1), MX_ERR_INVALID_ARGUMENT,
                  "len", "44");
    CHECK(secret[0] == 'x' && memchr(secret, '\0', sizeof secret) == NULL);
    CHECK_STATUS(mx_generate_client_secret(secret, sizeof secret), MX_OK);
    CHECK_STATUS(mx_generate_client_secret(other, sizeof other), MX_OK);
    CHECK_NUMBER(strlen(secret), MX_CLIENT_SECRET_SIZE - 1);
    CHECK_NUMBER(
        strspn(secret, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.=_-"),
        MX_CLIENT_SECRET_SIZE - 1);
    CHECK(strcmp(secret, other) != 0);
}

static void *refused_here(void *message) {
    CHECK_TEXT(mx_refusal_message(), "");
    CHECK_STATUS(mx_queue_wake(NULL), MX_ERR_NULL_ARGUMENT);
    snprintf(message, 100, "%s", mx_refusal_message());
    return NULL;
}

static void each_thread_has_its_own_refusal_message(void) {
    char message[100] = "";
    pthread_t thread;
    CHECK_STATUS(mx_client_cancel(NULL, 1), MX_ERR_NULL_ARGUMENT);
    CHECK_NUMBER(pthread_create(&thread, NULL, refused_here, message), 0);
    pthread_join(thread, NULL);
    CHECK_HOLDS(message, "mx_queue_wake");
    CHECK_HOLDS(mx_refusal_message(), "mx_client_cancel");
}

const struct test refusal_tests[] = {
    {"a_string_that_is_not_utf8_is_refused_by_name", a_string_that_is_not_utf8_is_refused_by_name},
    {"a_bad_base_url_is_refused_with_the_reason", a_bad_base_url_is_refused_with_the_reason},
    {"a_refused_client_leaves_no_stale_error_behind",
     a_refused_client_leaves_no_stale_error_behind},
    {"an_option_outside_its_range_is_refused_by_name",
     an_option_outside_its_range_is_refused_by_name},
    {"a_refused_token_leaves_the_one_before", a_refused_token_leaves_the_one_before},
    {"a_callback_for_a_client_with_a_queue_is_refused",
     a_callback_for_a_client_with_a_queue_is_refused},
    {"a_buffer_too_small_for_a_client_secret_is_refused_untouched",
     a_buffer_too_small_for_a_client_secret_is_refused_untouched},
    {"each_thread_has_its_own_refusal_message", each_thread_has_its_own_refusal_message},
    {NULL, NULL},
};
