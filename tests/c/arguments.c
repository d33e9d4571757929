/* Values that the spec does not allow: the call ends with MX_ERR_INVALID_ARGUMENT, and the server
 * is not asked. */
#include "harness.h"

#include <stdlib.h>
#include <string.h>

struct mail {
    const char *client_secret;
    const char *email;
    int64_t send_attempt;
    const char *next_link;
    const char *id_access_token;
    const char *id_server;
};

static const struct mail good = {"s3cr3t.A=_-1", "alice@example.test", 1, NULL, NULL, NULL};

static void ends_invalid(struct inbox *inbox, mx_op op, const char *name, const char *why) {
    mx_result *result = inbox_take(inbox);
    CHECK_STATUS(mx_result_status(result), MX_ERR_INVALID_ARGUMENT);
    CHECK_HOLDS(mx_result_message(result), name);
    CHECK_HOLDS(mx_result_message(result), why);
    CHECK(op != 0 && mx_result_op(result) == op);
    CHECK(mx_result_user_data(result) == inbox);
    CHECK_NUMBER(mx_result_http_status(result), 0);
    CHECK(mx_result_errcode(result) == NULL && mx_result_body(result, NULL) == NULL);
    mx_result_free(result);
}

static void refuses_mail(struct mail mail, const char *name, const char *why) {
    struct inbox inbox;
    mx_client *client;
    mx_op op = 0;
    inbox_init(&inbox);
    server_script("mail-arguments", "[{'json':{'sid':'S1'}}]");
    client = client_of("mail-arguments");
    CHECK_STATUS(mx_request_token_to_reset_password_email(
                     client, mail.client_secret, mail.email, mail.send_attempt, mail.next_link,
                     mail.id_access_token, mail.id_server, inbox_deliver, &inbox, &op),
                 MX_OK);
    ends_invalid(&inbox, op, name, why);
    mx_client_free(client);
    CHECK_NUMBER(server_requests("mail-arguments"), 0);
    inbox_clear(&inbox);
}

static void refuses_call(const char *operation_id, const char *params, const char *name,
                         const char *why) {
    struct inbox inbox;
    mx_client *client;
    mx_op op = 0;
    inbox_init(&inbox);
    server_script("call-arguments", "[{'json':{'sid':'S1','versions':[]}}]");
    client = client_of("call-arguments");
    CHECK_STATUS(call(client, operation_id, params, inbox_deliver, &inbox, &op), MX_OK);
    ends_invalid(&inbox, op, name, why);
    mx_client_free(client);
    CHECK_NUMBER(server_requests("call-arguments"), 0);
    inbox_clear(&inbox);
}

static void a_client_secret_outside_its_grammar_is_not_sent(void) {
    static const char *const others[] = {" ",   "bad secret", "\xc3\xa9", "a/b",
                                         "a+b", "a\nb",       "a%20b",    "a\x7f"};
    char long_one[257];
    struct mail mail = good;
    size_t i;
    mail.client_secret = "";
    refuses_mail(mail, "client_secret", "empty");
    for (i = 0; i < sizeof others / sizeof *others; i++) {
        mail.client_secret = others[i];
        refuses_mail(mail, "client_secret", "0-9 a-z A-Z . = _ -");
    }
    memset(long_one, 'x', 256);
    long_one[256] = '\0';
    mail.client_secret = long_one;
    refuses_mail(mail, "client_secret", "255");
}

static void a_client_secret_of_255_characters_is_sent(void) {
    char long_one[256];
    struct inbox inbox;
    mx_client *client;
    memset(long_one, 'x', 255);
    long_one[255] = '\0';
    inbox_init(&inbox);
    server_script("long-secret", "[{'json':{'sid':'S1'}}]");
    client = client_of("long-secret");
    CHECK_STATUS(mx_request_token_to_reset_password_email(client, long_one, "a@b", 0, NULL, NULL,
                                                          NULL, inbox_deliver, &inbox, NULL),
                 MX_OK);
    CHECK_ENDS(&inbox, MX_OK);
    CHECK_STATUS(mx_request_token_to_reset_password_email(client, "x", "a@b",
                                                          INT64_C(9007199254740991), NULL, NULL,
                                                          NULL, inbox_deliver, &inbox, NULL),
                 MX_OK);
    CHECK_ENDS(&inbox, MX_OK);
    mx_client_free(client);
    CHECK_NUMBER(server_requests("long-secret"), 2);
    inbox_clear(&inbox);
}

static void a_send_attempt_outside_0_to_2_to_the_53_minus_1_is_not_sent(void) {
    static const int64_t others[] = {-1, INT64_MIN, INT64_C(9007199254740992), INT64_MAX};
    struct mail mail = good;
    size_t i;
    for (i = 0; i < sizeof others / sizeof *others; i++) {
        mail.send_attempt = others[i];
        refuses_mail(mail, "send_attempt", "9007199254740991");
    }
}

static void an_email_that_is_none_is_not_sent(void) {
    struct mail mail = good;
    mail.email = "";
    refuses_mail(mail, "email", "empty");
    mail.email = "alice";
    refuses_mail(mail, "email", "@");
    mail.email = "@example.test";
    refuses_mail(mail, "email", "@");
}

static void an_id_server_without_its_token_is_not_sent(void) {
    struct mail mail = good;
    mail.id_server = "id.example";
    refuses_mail(mail, "id_server", "id_access_token");
}

static void a_next_link_that_is_no_uri_is_not_sent(void) {
    struct mail mail = good;
    mail.next_link = "/done";
    refuses_mail(mail, "next_link", "URI");
}

static void params_that_are_not_one_json_object_are_not_sent(void) {
    static const char *const no_objects[] = {"null", "1", "'x'", "[]"};
    static const char *const no_json[] = {"", " ", "{", "{} {}", "{'email'}", "{'a':1,}", "{a:1}"};
    size_t i;
    for (i = 0; i < sizeof no_objects / sizeof *no_objects; i++) {
        refuses_call("getVersions", no_objects[i], "params_json", "is not a JSON object");
    }
    for (i = 0; i < sizeof no_json / sizeof *no_json; i++) {
        refuses_call("getVersions", no_json[i], "params_json is not JSON: ", " at line 1, column ");
    }
    refuses_call("getVersions", "{\n'a':1,}", "params_json is not JSON", "line 2, column 7");
    refuses_call("getVersions", "{'a':1,'a':2}", "params_json gives a member twice, at line 1",
                 "column 6");
    refuses_call("login", "{'identifier':{'a':1,'a':2}}", "params_json gives a member twice",
                 "column 20");
}

static void params_nested_beyond_all_reason_are_not_sent(void) {
    enum { DEPTH = 100000 };
    char *deep = malloc(DEPTH + 32);
    if (deep == NULL) {
        abort();
    }
    strcpy(deep, "{'identifier':");
    memset(deep + strlen(deep), '[', DEPTH);
    deep[14 + DEPTH] = '\0';
    refuses_call("login", deep, "params_json is not JSON", "nested deeper than 128");
    free(deep);
}

static void what_is_wrong_with_a_call_is_named(void) {
    refuses_call("getVersion", "{}", "operation_id", "getVersion");
    refuses_call("", "{}", "operation_id", "no operation");
    refuses_call("getVersions", "{'limit':1}", "getVersions", "limit");
    refuses_call(MAIL, "{'client_secret':'x','email':'a@b'}", "send_attempt", "missing");
    refuses_call(MAIL, "{'client_secret':'x','email':'a@b','send_attempt':'1'}", "send_attempt",
                 "integer");
    refuses_call(MAIL, "{'client_secret':'x','email':'a@b','send_attempt':1.5}", "send_attempt",
                 "integer");
    refuses_call(MAIL, "{'client_secret':'x','email':['a@b'],'send_attempt':1}", "email", "string");
    refuses_call(MAIL, "{'client_secret':null,'email':'a@b','send_attempt':1}", "client_secret",
                 "string");
    refuses_call(MAIL, "{'client_secret':'x','email':'a@b','send_attempt':1,'mail':'a'}", "mail",
                 "no parameter");
    refuses_call(MAIL, "{'client_secret':'a\\u0000b','email':'a@b','send_attempt':1}",
                 "client_secret", "character 2");
}

static void an_operation_that_needs_an_access_token_is_not_sent_without_one(void) {
    refuses_call("getTokenOwner", "{}", "getTokenOwner", "access_token");
    refuses_call("logout", "{}", "logout", "access_token");
}

static void a_secret_that_is_refused_is_not_repeated(void) {
    struct inbox inbox;
    mx_client *client = client_of("repeated-secret");
    mx_result *result;
    inbox_init(&inbox);
    CHECK_STATUS(mx_request_token_to_reset_password_email(client, "hunter2 ", "a@b", 1, NULL, NULL,
                                                          NULL, inbox_deliver, &inbox, NULL),
                 MX_OK);
    CHECK_STATUS(call(client, "login", "{'type':'m.login.password','password':['hunter2']}",
                      inbox_deliver, &inbox, NULL),
                 MX_OK);
    CHECK_STATUS(call(client, "login", "{'password':hunter2}", inbox_deliver, &inbox, NULL), MX_OK);
    CHECK_STATUS(call(client, "login", "'hunter2'", inbox_deliver, &inbox, NULL), MX_OK);
    while (inbox.taken < 4 && (result = inbox_take(&inbox)) != NULL) {
        CHECK_STATUS(mx_result_status(result), MX_ERR_INVALID_ARGUMENT);
        CHECK_LACKS(mx_result_message(result), "hunter2");
        mx_result_free(result);
    }
    mx_client_free(client);
    inbox_clear(&inbox);
}

const struct test argument_tests[] = {
    {"a_client_secret_outside_its_grammar_is_not_sent",
     a_client_secret_outside_its_grammar_is_not_sent},
    {"a_client_secret_of_255_characters_is_sent", a_client_secret_of_255_characters_is_sent},
    {"a_send_attempt_outside_0_to_2_to_the_53_minus_1_is_not_sent",
     a_send_attempt_outside_0_to_2_to_the_53_minus_1_is_not_sent},
    {"an_email_that_is_none_is_not_sent", an_email_that_is_none_is_not_sent},
    {"an_id_server_without_its_token_is_not_sent", an_id_server_without_its_token_is_not_sent},
    {"a_next_link_that_is_no_uri_is_not_sent", a_next_link_that_is_no_uri_is_not_sent},
    {"params_that_are_not_one_json_object_are_not_sent",
     params_that_are_not_one_json_object_are_not_sent},
    {"params_nested_beyond_all_reason_are_not_sent", params_nested_beyond_all_reason_are_not_sent},
    {"what_is_wrong_with_a_call_is_named", what_is_wrong_with_a_call_is_named},
    {"an_operation_that_needs_an_access_token_is_not_sent_without_one",
     an_operation_that_needs_an_access_token_is_not_sent_without_one},
    {"a_secret_that_is_refused_is_not_repeated", a_secret_that_is_refused_is_not_repeated},
    {NULL, NULL},
};
