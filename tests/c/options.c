/* What client options change, how calls fail without an answer, and what the library says of
 * itself. */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A certificate authority that nobody holds the key of. */
static const char root[] = "-----BEGIN CERTIFICATE-----\n"
                           "MIIBkDCCATegAwIBAgIUVooe+SK4kXQHf07PXdD6NEfces8wCgYIKoZIzj0EAwIw\n"
                           "HTEbMBkGA1UEAwwSTm9ib2R5J3MgYXV0aG9yaXR5MCAXDTI2MTEyNDA0MDAwNFoY\n"
                           "DzIxMjYxMDMxMDQwMDA0WjAdMRswGQYDVQQDDBJOb2JvZHkncyBhdXRob3JpdHkw\n"
                           "WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQcloofD0g8g9+BImwnviafxqZqxgqi\n"
                           "PZdwmKLTDUzfPz+Ogitx4Q12xtV9mMk+ifft3rWRn5Btn+UTGX6vh7Yko1MwUTAd\n"
                           "BgNVHQ4EFgQUWeBH1tY7YUc6V5hCW6USENnAyo0wHwYDVR0jBBgwFoAUWeBH1tY7\n"
                           "YUc6V5hCW6USENnAyo0wDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBE\n"
                           "AiBA7LJV/Cu5H1pCIq4UdpQw4itDP2EYu81+1XC4jdHZ+gIgfg0nuy4QhCCUoqTL\n"
                           "ZqYHF50Ta07+UW9+MyS7CT9x2w4=\n"
                           "-----END CERTIFICATE-----\n";

static void every_option_is_taken(void) {
    mx_result *result;
    mx_client_options *options = new_options();
    CHECK_STATUS(mx_client_options_set_timeout_ms(options, (uint32_t)patience_ms()), MX_OK);
    CHECK_STATUS(mx_client_options_set_connect_timeout_ms(options, UINT32_MAX), MX_OK);
    CHECK_STATUS(mx_client_options_set_user_agent(options, "contract/1 (C99)"), MX_OK);
    CHECK_STATUS(mx_client_options_add_root_pem(options, root), MX_OK);
    CHECK_STATUS(mx_client_options_add_root_pem(options, root), MX_OK);
    CHECK_STATUS(mx_client_options_set_bundled_roots(options, true), MX_OK);
    CHECK_STATUS(mx_client_options_set_max_retries(options, UINT32_MAX), MX_OK);
    CHECK_STATUS(mx_client_options_set_retry_delay_ms(options, UINT32_MAX), MX_OK);
    CHECK_STATUS(mx_client_options_set_max_rate_limit_wait_ms(options, UINT32_MAX), MX_OK);
    CHECK_STATUS(mx_client_options_set_max_response_bytes(options, UINT32_MAX), MX_OK);
    CHECK_STATUS(mx_client_options_set_max_idle_connections(options, 0), MX_OK);
    CHECK_STATUS(mx_client_options_set_malloc_trim(options, true), MX_OK);
    CHECK_STATUS(mx_client_options_set_idle_timeout_ms(options, UINT32_MAX), MX_OK);
    CHECK_STATUS(mx_client_options_set_allow_plain_http(options, true), MX_OK);
    result = answer(options, "options", "[{'json':{'sid':'S1'}}]", MAIL, MAIL_PARAMS);
    CHECK_STATUS(mx_result_status(result), MX_OK);
    mx_result_free(result);
    mx_client_options_free(options);
}

static void the_user_agent_is_the_library_unless_it_is_set(void) {
    char agent[64];
    char *log;
    mx_client_options *options = new_options();
    mx_result_free(answer(options, "agent", "[{'json':{'sid':'S1'}}]", MAIL, MAIL_PARAMS));
    snprintf(agent, sizeof agent, "[\"user-agent\",\"matrix-capi/%s\"]", mx_version());
    log = server_log("agent");
    CHECK_HOLDS(log, agent);
    free(log);
    CHECK_STATUS(mx_client_options_set_user_agent(options, "contract/1 (C99)"), MX_OK);
    mx_result_free(answer(options, "agent", "[{'json':{'sid':'S1'}}]", MAIL, MAIL_PARAMS));
    log = server_log("agent");
    CHECK_HOLDS(log, "[\"user-agent\",\"contract/1 (C99)\"]");
    CHECK_LACKS(log, "matrix-capi/");
    free(log);
    mx_client_options_free(options);
}

static void max_retries_says_how_often_a_request_is_sent_again(void) {
    uint32_t retries;
    for (retries = 0; retries < 3; retries++) {
        mx_client_options *options = new_options();
        mx_result *result;
        CHECK_STATUS(mx_client_options_set_max_retries(options, retries), MX_OK);
        CHECK_STATUS(mx_client_options_set_retry_delay_ms(options, 1), MX_OK);
        result = answer(options, "retries", "[{'accept':'reset'}]", MAIL, MAIL_PARAMS);
        CHECK_STATUS(mx_result_status(result), MX_ERR_CONNECT);
        CHECK_NUMBER(server_requests("retries"), retries + 1);
        mx_result_free(result);
        mx_client_options_free(options);
    }
}

static void a_limit_within_the_allowed_wait_is_waited_out(void) {
    mx_client_options *options = new_options();
    mx_result *result;
    static const char *const replies =
        "[{'status':429,'json':{'errcode':'M_LIMIT_EXCEEDED','retry_after_ms':50}},"
        "{'json':{'sid':'S2'}}]";
    result = answer(options, "waited", replies, MAIL, MAIL_PARAMS);
    CHECK_STATUS(mx_result_status(result), MX_OK);
    CHECK_TEXT(mx_result_string(result, "/sid"), "S2");
    mx_result_free(result);
    CHECK_STATUS(mx_client_options_set_max_rate_limit_wait_ms(options, 49), MX_OK);
    result = answer(options, "waited", replies, MAIL, MAIL_PARAMS);
    CHECK_STATUS(mx_result_status(result), MX_ERR_MATRIX);
    CHECK_NUMBER(server_requests("waited"), 1);
    mx_result_free(result);
    mx_client_options_free(options);
}

static void an_answer_larger_than_allowed_is_a_bad_response(void) {
    static const char *const framings[] = {"length", "chunked", "close"};
    mx_client_options *options = new_options();
    size_t i;
    CHECK_STATUS(mx_client_options_set_max_response_bytes(options, 100000), MX_OK);
    for (i = 0; i < sizeof framings / sizeof *framings; i++) {
        char replies[128];
        size_t length = 0;
        mx_result *result;
        snprintf(replies, sizeof replies,
                 "[{'framing':'%s','repeat':{'text':' ','bytes':536870912}}]", framings[i]);
        result = answer(options, "large", replies, MAIL, MAIL_PARAMS);
        CHECK_STATUS(mx_result_status(result), MX_ERR_BAD_RESPONSE);
        CHECK_HOLDS(mx_result_message(result), "100000");
        CHECK(mx_result_body(result, &length) != NULL && length <= 100000);
        mx_result_free(result);
    }
    mx_client_options_free(options);
}

static void a_call_ends_at_its_deadline(void) {
    mx_client_options *options = new_options();
    mx_result *result;
    CHECK_STATUS(mx_client_options_set_timeout_ms(options, 100), MX_OK);
    result = answer(options, "deadline", "[{'hang':true}]", MAIL, MAIL_PARAMS);
    CHECK_STATUS(mx_result_status(result), MX_ERR_DEADLINE);
    CHECK_NUMBER(mx_result_http_status(result), 0);
    CHECK(mx_result_body(result, NULL) == NULL);
    CHECK(server_reaches("deadline", "open", 0));
    mx_result_free(result);
    mx_client_options_free(options);
}

static void a_lost_reply_of_what_cannot_be_repeated_has_an_unknown_outcome(void) {
    mx_result *result = answer(NULL, "lost", "[{'accept':'reset'}]", "login",
                               "{'type':'m.login.password','password':'hunter2'}");
    CHECK_STATUS(mx_result_status(result), MX_UNKNOWN_OUTCOME);
    CHECK_NUMBER(server_requests("lost"), 1);
    mx_result_free(result);
}

static mx_result *ask_url(const char *url) {
    struct inbox inbox;
    mx_client *client = NULL;
    mx_result *result = NULL;
    mx_client_options *options = new_options();
    inbox_init(&inbox);
    mx_client_options_set_max_retries(options, 0);
    CHECK_STATUS(mx_client_new(url, options, &client, NULL), MX_OK);
    if (CHECK_STATUS(ask(client, inbox_deliver, &inbox, NULL), MX_OK)) {
        result = inbox_take(&inbox);
    }
    mx_client_free(client);
    mx_client_options_free(options);
    inbox_clear(&inbox);
    return result;
}

static void no_server_and_no_tls_are_told_apart(void) {
    char url[64];
    mx_result *result = ask_url("http://127.0.0.1:1");
    CHECK_STATUS(mx_result_status(result), MX_ERR_CONNECT);
    CHECK_NUMBER(mx_result_http_status(result), 0);
    CHECK(mx_result_body(result, NULL) == NULL);
    mx_result_free(result);
    snprintf(url, sizeof url, "https://127.0.0.1:%d", server_port());
    result = ask_url(url);
    CHECK_STATUS(mx_result_status(result), MX_ERR_TLS);
    mx_result_free(result);
}

static void a_proxy_gets_the_whole_url(void) {
    struct inbox inbox;
    mx_client *client = NULL;
    mx_client_options *options = new_options();
    char *log;
    inbox_init(&inbox);
    server_script("by-proxy", "[{'json':{'sid':'S1'}}]");
    CHECK_STATUS(mx_client_options_set_allow_plain_http(options, true), MX_OK);
    CHECK_STATUS(mx_client_options_set_proxy(options, server_url("").text), MX_OK);
    CHECK_STATUS(mx_client_new("http://hs.invalid/by-proxy/", options, &client, NULL), MX_OK);
    CHECK_STATUS(ask(client, inbox_deliver, &inbox, NULL), MX_OK);
    CHECK_ENDS(&inbox, MX_OK);
    log = server_log("by-proxy");
    CHECK_HOLDS(log, "\"target\":\"http://hs.invalid/by-proxy/_matrix/client/v3/account");
    free(log);
    mx_client_free(client);
    mx_client_options_free(options);
    inbox_clear(&inbox);
}

static void an_access_token_holds_for_the_calls_after_it(void) {
    struct inbox inbox;
    mx_client *client;
    char *log;
    const char *first;
    inbox_init(&inbox);
    server_script("tokens", "[{'json':{'user_id':'@alice:hs'}}]");
    client = client_of("tokens");
    CHECK_STATUS(mx_client_set_access_token(client, "one"), MX_OK);
    CHECK_STATUS(call(client, "getTokenOwner", "{}", inbox_deliver, &inbox, NULL), MX_OK);
    CHECK_ENDS(&inbox, MX_OK);
    CHECK_STATUS(mx_client_set_access_token(client, "two"), MX_OK);
    CHECK_STATUS(call(client, "getTokenOwner", "{}", inbox_deliver, &inbox, NULL), MX_OK);
    CHECK_ENDS(&inbox, MX_OK);
    CHECK_STATUS(mx_client_set_access_token(client, NULL), MX_OK);
    CHECK_STATUS(call(client, "getTokenOwner", "{}", inbox_deliver, &inbox, NULL), MX_OK);
    CHECK_ENDS(&inbox, MX_ERR_INVALID_ARGUMENT);
    CHECK_NUMBER(server_requests("tokens"), 2);
    log = server_log("tokens");
    first = strstr(log, "\"Bearer one\"");
    CHECK(first != NULL && strstr(first, "\"Bearer two\"") != NULL);
    free(log);
    mx_client_free(client);
    inbox_clear(&inbox);
}

static void every_status_has_its_name(void) {
    static const struct {
        mx_status status;
        const char *name;
    } names[] = {
#define NAMED(status) {status, #status}
        NAMED(MX_OK),
        NAMED(MX_ERR_NULL_ARGUMENT),
        NAMED(MX_ERR_INVALID_UTF8),
        NAMED(MX_ERR_MISUSE),
        NAMED(MX_ERR_CLOSED),
        NAMED(MX_ERR_FORKED),
        NAMED(MX_ERR_NOT_FOUND),
        NAMED(MX_ERR_TIMEOUT),
        NAMED(MX_ERR_INVALID_ARGUMENT),
        NAMED(MX_ERR_CANCELLED),
        NAMED(MX_ERR_DEADLINE),
        NAMED(MX_ERR_CONNECT),
        NAMED(MX_ERR_TLS),
        NAMED(MX_ERR_MATRIX),
        NAMED(MX_ERR_BAD_RESPONSE),
        NAMED(MX_PENDING),
        NAMED(MX_WEB_REQUIRED),
        NAMED(MX_UNKNOWN_OUTCOME),
        NAMED(MX_ERR_INTERNAL),
#undef NAMED
    };
    size_t i;
    for (i = 0; i < sizeof names / sizeof *names; i++) {
        CHECK_TEXT(mx_status_name(names[i].status), names[i].name);
    }
    CHECK_TEXT(mx_status_name(-1), "unknown status");
    CHECK_TEXT(mx_status_name(12345), "unknown status");
    CHECK_TEXT(mx_status_name(INT32_MIN), "unknown status");
}

static void the_version_is_the_same_as_text_and_as_a_number(void) {
    unsigned major = 0;
    unsigned minor = 0;
    unsigned patch = 0;
    CHECK_NUMBER(sscanf(mx_version(), "%u.%u.%u", &major, &minor, &patch), 3);
    CHECK_NUMBER(mx_version_number(), major * 1000000 + minor * 1000 + patch);
    CHECK(mx_abi_version() >= 0);
}

static void the_operations_are_listed_as_json(void) {
    const char *operations = mx_operations();
    CHECK(operations[0] == '[' && operations[strlen(operations) - 1] == ']');
    CHECK_HOLDS(operations, "\"id\":\"requestTokenToResetPasswordEmail\"");
    CHECK_HOLDS(operations, "\"path\":\"/_matrix/client/versions\"");
    CHECK_HOLDS(operations, "\"name\":\"send_attempt\"");
    CHECK(mx_operations() == operations);
}

const struct test option_tests[] = {
    {"every_option_is_taken", every_option_is_taken},
    {"the_user_agent_is_the_library_unless_it_is_set",
     the_user_agent_is_the_library_unless_it_is_set},
    {"max_retries_says_how_often_a_request_is_sent_again",
     max_retries_says_how_often_a_request_is_sent_again},
    {"a_limit_within_the_allowed_wait_is_waited_out",
     a_limit_within_the_allowed_wait_is_waited_out},
    {"an_answer_larger_than_allowed_is_a_bad_response",
     an_answer_larger_than_allowed_is_a_bad_response},
    {"a_call_ends_at_its_deadline", a_call_ends_at_its_deadline},
    {"a_lost_reply_of_what_cannot_be_repeated_has_an_unknown_outcome",
     a_lost_reply_of_what_cannot_be_repeated_has_an_unknown_outcome},
    {"no_server_and_no_tls_are_told_apart", no_server_and_no_tls_are_told_apart},
    {"a_proxy_gets_the_whole_url", a_proxy_gets_the_whole_url},
    {"an_access_token_holds_for_the_calls_after_it", an_access_token_holds_for_the_calls_after_it},
    {"every_status_has_its_name", every_status_has_its_name},
    {"the_version_is_the_same_as_text_and_as_a_number",
     the_version_is_the_same_as_text_and_as_a_number},
    {"the_operations_are_listed_as_json", the_operations_are_listed_as_json},
    {NULL, NULL},
};
