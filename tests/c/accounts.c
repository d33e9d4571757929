/* Each typed function of an operation: what it sends, and what it does not take. */
#include "harness.h"

#include <stdlib.h>
#include <string.h>

#define TO inbox_deliver, &inbox, NULL

/* The operation ends well, and the server was asked for this path with this body, quotes as '. */
static void sent(struct inbox *inbox, const char *script, const char *path, const char *body) {
    char *log;
    char *json = quoted(body);
    char escaped[1024] = "\"body\":\"";
    const char *at;
    CHECK_ENDS(inbox, MX_OK);
    for (at = json; *at != '\0' && strlen(escaped) < sizeof escaped - 8; at++) {
        strncat(escaped, *at == '"' ? "\\\"" : at, *at == '"' ? 2 : 1);
    }
    strcat(escaped, "\"");
    log = server_log(script);
    CHECK_HOLDS(log, path);
    CHECK_HOLDS(log, escaped);
    free(log);
    free(json);
    server_script(script,
                  "[{'json':{'sid':'S1','user_id':'@a:b','threepids':[],'available':true,"
                  "'id_server_unbind_result':'success','access_token':'t','success':true}}]");
}

static void each_request_for_a_token_sends_its_fields_to_its_path(void) {
    static const char script[] = "typed";
    struct inbox inbox;
    mx_client *client;
    inbox_init(&inbox);
    server_script(script, "[{'json':{'sid':'S1'}}]");
    client = client_of(script);
#define MAILS(function, path)                                                                      \
    CHECK_STATUS(function(client, "x", "a@b", 1, "app:/", "t", "id.example", TO), MX_OK);          \
    sent(&inbox, script, "\"/_matrix/client/v3/" path "\"",                                        \
         "{'client_secret':'x','email':'a@b','send_attempt':1,'next_link':'app:/',"                \
         "'id_access_token':'t','id_server':'id.example'}")
    MAILS(mx_request_token_to_reset_password_email, "account/password/email/requestToken");
    MAILS(mx_request_token_to_register_email, "register/email/requestToken");
    MAILS(mx_request_token_to_3pid_email, "account/3pid/email/requestToken");
#undef MAILS
#define TEXTS(function, path)                                                                      \
    CHECK_STATUS(function(client, "x", "GB", "07700900001", 1, NULL, NULL, NULL, TO), MX_OK);      \
    sent(&inbox, script, "\"/_matrix/client/v3/" path "\"",                                        \
         "{'client_secret':'x','country':'GB','phone_number':'07700900001','send_attempt':1}")
    TEXTS(mx_request_token_to_reset_password_msisdn, "account/password/msisdn/requestToken");
    TEXTS(mx_request_token_to_register_msisdn, "register/msisdn/requestToken");
    TEXTS(mx_request_token_to_3pid_msisdn, "account/3pid/msisdn/requestToken");
#undef TEXTS
    mx_client_free(client);
    inbox_clear(&inbox);
}

static void each_operation_on_accounts_sends_its_fields_to_its_path(void) {
    static const char script[] = "typed-accounts";
    struct inbox inbox;
    mx_client *client;
    inbox_init(&inbox);
    server_script(script, "[{'json':{'threepids':[]}}]");
    client = client_of(script);
    CHECK_STATUS(mx_client_set_access_token(client, "t0ken"), MX_OK);
    CHECK_STATUS(mx_get_account_3pids(client, TO), MX_OK);
    sent(&inbox, script, "\"/_matrix/client/v3/account/3pid\"", "");
    CHECK_STATUS(mx_change_password(client, "s3cr3t-new", true, "{\"type\":\"x\"}", TO), MX_OK);
    sent(&inbox, script, "\"/_matrix/client/v3/account/password\"",
         "{'new_password':'s3cr3t-new','logout_devices':true,'auth':{'type':'x'}}");
    CHECK_STATUS(mx_add_3pid(client, NULL, "x", "S1", TO), MX_OK);
    sent(&inbox, script, "\"/_matrix/client/v3/account/3pid/add\"",
         "{'client_secret':'x','sid':'S1'}");
    CHECK_STATUS(mx_bind_3pid(client, "x", "t", "id.example", "S1", TO), MX_OK);
    sent(&inbox, script, "\"/_matrix/client/v3/account/3pid/bind\"",
         "{'client_secret':'x','id_access_token':'t','id_server':'id.example','sid':'S1'}");
    CHECK_STATUS(mx_unbind_3pid_from_account(client, "a@b", NULL, "email", TO), MX_OK);
    sent(&inbox, script, "\"/_matrix/client/v3/account/3pid/unbind\"",
         "{'address':'a@b','medium':'email'}");
    CHECK_STATUS(mx_delete_3pid_from_account(client, "a@b", "id.example", "email", TO), MX_OK);
    sent(&inbox, script, "\"/_matrix/client/v3/account/3pid/delete\"",
         "{'address':'a@b','id_server':'id.example','medium':'email'}");
    CHECK_STATUS(mx_check_username_availability(client, "al ice", TO), MX_OK);
    sent(&inbox, script, "?username=al%20ice\"", "");
    CHECK_STATUS(mx_register(client, "user", NULL, NULL, true, NULL, "s3cr3t-pw", false, "alice", TO),
                 MX_OK);
    sent(&inbox, script, "\"/_matrix/client/v3/register",
         "{'inhibit_login':true,'password':'s3cr3t-pw','refresh_token':false,'username':'alice'}");
    CHECK_STATUS(mx_deactivate_account(client, NULL, true, NULL, TO), MX_OK);
    sent(&inbox, script, "\"/_matrix/client/v3/account/deactivate\"", "{'erase':true}");
    CHECK_STATUS(
        mx_submit_token(client, server_url("typed-accounts/submit").text, "S1", "x", "123", TO),
        MX_OK);
    sent(&inbox, script, "/submit\"", "{'sid':'S1','client_secret':'x','token':'123'}");
    mx_client_free(client);
    inbox_clear(&inbox);
}

static void no_typed_function_takes_null_for_a_client_or_callback(void) {
    struct inbox inbox;
    mx_client *client = client_of("typed-null");
    inbox_init(&inbox);
#define REFUSES(function, ...)                                                                     \
    CHECK_REFUSED(function(NULL, __VA_ARGS__, TO), MX_ERR_NULL_ARGUMENT, #function, "client");     \
    CHECK_REFUSED(function(client, __VA_ARGS__, NULL, NULL, NULL), MX_ERR_NULL_ARGUMENT,           \
                  #function, "callback")
    REFUSES(mx_request_token_to_reset_password_msisdn, "x", "GB", "1", 1, NULL, NULL, NULL);
    REFUSES(mx_request_token_to_register_email, "x", "a@b", 1, NULL, NULL, NULL);
    REFUSES(mx_request_token_to_register_msisdn, "x", "GB", "1", 1, NULL, NULL, NULL);
    REFUSES(mx_request_token_to_3pid_email, "x", "a@b", 1, NULL, NULL, NULL);
    REFUSES(mx_request_token_to_3pid_msisdn, "x", "GB", "1", 1, NULL, NULL, NULL);
    REFUSES(mx_submit_token, "https://127.0.0.1/", "S1", "x", "1");
    REFUSES(mx_change_password, "s3cr3t-new", true, NULL);
    REFUSES(mx_add_3pid, NULL, "x", "S1");
    REFUSES(mx_bind_3pid, "x", "t", "id.example", "S1");
    REFUSES(mx_unbind_3pid_from_account, "a@b", NULL, "email");
    REFUSES(mx_delete_3pid_from_account, "a@b", NULL, "email");
    REFUSES(mx_check_username_availability, "alice");
    REFUSES(mx_register, NULL, NULL, NULL, false, NULL, NULL, false, NULL);
    REFUSES(mx_deactivate_account, NULL, false, NULL);
    REFUSES(mx_discover, "hs.example");
#undef REFUSES
    CHECK_REFUSED(mx_get_account_3pids(NULL, TO), MX_ERR_NULL_ARGUMENT, "mx_get_account_3pids",
                  "client");
    CHECK_REFUSED(mx_get_account_3pids(client, NULL, NULL, NULL), MX_ERR_NULL_ARGUMENT,
                  "mx_get_account_3pids", "callback");
    mx_client_free(client);
    CHECK_NUMBER(inbox_count(&inbox), 0);
}

static void no_typed_function_takes_null_for_what_the_spec_requires(void) {
    struct inbox inbox;
    mx_client *client = client_of("typed-null");
    inbox_init(&inbox);
#define REFUSES(name, function, ...)                                                               \
    CHECK_REFUSED(function(client, __VA_ARGS__, TO), MX_ERR_NULL_ARGUMENT, #function, name)
    REFUSES("client_secret", mx_request_token_to_3pid_email, NULL, "a@b", 1, NULL, NULL, NULL);
    REFUSES("email", mx_request_token_to_register_email, "x", NULL, 1, NULL, NULL, NULL);
    REFUSES("client_secret", mx_request_token_to_3pid_msisdn, NULL, "GB", "1", 1, NULL, NULL, NULL);
    REFUSES("country", mx_request_token_to_reset_password_msisdn, "x", NULL, "1", 1, NULL, NULL,
            NULL);
    REFUSES("phone_number", mx_request_token_to_register_msisdn, "x", "GB", NULL, 1, NULL, NULL,
            NULL);
    REFUSES("submit_url", mx_submit_token, NULL, "S1", "x", "1");
    REFUSES("sid", mx_submit_token, "https://127.0.0.1/", NULL, "x", "1");
    REFUSES("client_secret", mx_submit_token, "https://127.0.0.1/", "S1", NULL, "1");
    REFUSES("token", mx_submit_token, "https://127.0.0.1/", "S1", "x", NULL);
    REFUSES("new_password", mx_change_password, NULL, true, NULL);
    REFUSES("client_secret", mx_add_3pid, NULL, NULL, "S1");
    REFUSES("sid", mx_add_3pid, NULL, "x", NULL);
    REFUSES("client_secret", mx_bind_3pid, NULL, "t", "id.example", "S1");
    REFUSES("id_access_token", mx_bind_3pid, "x", NULL, "id.example", "S1");
    REFUSES("id_server", mx_bind_3pid, "x", "t", NULL, "S1");
    REFUSES("sid", mx_bind_3pid, "x", "t", "id.example", NULL);
    REFUSES("address", mx_unbind_3pid_from_account, NULL, NULL, "email");
    REFUSES("medium", mx_unbind_3pid_from_account, "a@b", NULL, NULL);
    REFUSES("address", mx_delete_3pid_from_account, NULL, NULL, "email");
    REFUSES("medium", mx_delete_3pid_from_account, "a@b", NULL, NULL);
    REFUSES("username", mx_check_username_availability, NULL);
    REFUSES("server", mx_discover, NULL);
#undef REFUSES
    mx_client_free(client);
    CHECK_NUMBER(inbox_count(&inbox), 0);
}

static void auth_that_is_no_json_object_is_not_sent(void) {
    static const char *const others[] = {"", "[]", "null", "{", "'x'"};
    struct inbox inbox;
    mx_client *client;
    size_t i;
    inbox_init(&inbox);
    server_script("auth", "[{'json':{}}]");
    client = client_of("auth");
    for (i = 0; i < sizeof others / sizeof *others; i++) {
        mx_status status = mx_change_password(client, "s3cr3t-new", true, others[i], TO);
        if (CHECK_STATUS(status, MX_OK)) {
            mx_result *result = inbox_take(&inbox);
            CHECK_STATUS(mx_result_status(result), MX_ERR_INVALID_ARGUMENT);
            CHECK_HOLDS(mx_result_message(result), "auth");
            mx_result_free(result);
        }
    }
    mx_client_free(client);
    CHECK_NUMBER(server_requests("auth"), 0);
    inbox_clear(&inbox);
}

static void discovery_says_where_the_homeserver_is_and_how_it_resets(void) {
    struct inbox inbox;
    mx_client *client = NULL;
    mx_result *result;
    struct url url = server_url("discover");
    inbox_init(&inbox);
    server_script("discover", "[{'json':{'versions':['v1.11']}},"
                              "{'status':404,'json':{'errcode':'M_UNRECOGNIZED'}},"
                              "{'json':{'flows':[{'type':'m.login.password'}]}}]");
    CHECK_REFUSED(mx_client_new_for_discovery(NULL, NULL, NULL), MX_ERR_NULL_ARGUMENT,
                  "mx_client_new_for_discovery", "out");
    CHECK_STATUS(mx_client_new_for_discovery(NULL, &client, NULL), MX_OK);
    CHECK_STATUS(mx_discover(client, url.text, TO), MX_OK);
    result = inbox_take(&inbox);
    CHECK_STATUS(mx_result_status(result), MX_OK);
    CHECK_TEXT(mx_result_string(result, "/base_url"), url.text);
    CHECK_TEXT(mx_result_string(result, "/versions/0"), "v1.11");
    CHECK_TEXT(mx_result_string(result, "/reset"), "email");
    mx_result_free(result);
    CHECK_STATUS(mx_discover(client, "not a server", TO), MX_OK);
    CHECK_ENDS(&inbox, MX_ERR_INVALID_ARGUMENT);
    CHECK_STATUS(ask(client, TO), MX_OK);
    CHECK_ENDS(&inbox, MX_ERR_INVALID_ARGUMENT);
    CHECK_REFUSED(mx_discover(client, "\xff", TO), MX_ERR_INVALID_UTF8, "mx_discover", "server");
    mx_client_free(client);
    inbox_clear(&inbox);
}

const struct test account_tests[] = {
    {"each_request_for_a_token_sends_its_fields_to_its_path",
     each_request_for_a_token_sends_its_fields_to_its_path},
    {"each_operation_on_accounts_sends_its_fields_to_its_path",
     each_operation_on_accounts_sends_its_fields_to_its_path},
    {"no_typed_function_takes_null_for_a_client_or_callback",
     no_typed_function_takes_null_for_a_client_or_callback},
    {"no_typed_function_takes_null_for_what_the_spec_requires",
     no_typed_function_takes_null_for_what_the_spec_requires},
    {"auth_that_is_no_json_object_is_not_sent", auth_that_is_no_json_object_is_not_sent},
    {"discovery_says_where_the_homeserver_is_and_how_it_resets",
     discovery_says_where_the_homeserver_is_and_how_it_resets},
    {NULL, NULL},
};
