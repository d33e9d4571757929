/* What the functions of a request refuse, and that a refusal changes nothing. */
#include "harness.h"

#include <unistd.h>

static const char not_utf8[] = "\xff\xfe";

static void a_setter_refuses_what_the_operation_does_not_allow_and_keeps_the_value_before(void) {
    mx_request *request = new_request(MAIL);
    mx_result *result;
    CHECK_STATUS(mx_request_set_string(request, "client_secret", "before"), MX_OK);
    CHECK_STATUS(mx_request_set_string(request, "email", "a@b"), MX_OK);
    CHECK_STATUS(mx_request_set_int(request, "send_attempt", 1), MX_OK);
#define REFUSES(type, name, value, part, why)                                                      \
    do {                                                                                           \
        CHECK_REFUSED(mx_request_set_##type(request, name, value), MX_ERR_INVALID_ARGUMENT,        \
                      "mx_request_set_" #type ": " MAIL ": " part, why);                           \
        CHECK_LACKS(mx_refusal_message(), "hunter2");                                              \
    } while (0)
    REFUSES(string, "client_secret", "hunter2 ", "client_secret", "its character 8");
    REFUSES(string, "client_secret", "", "client_secret", "empty");
    REFUSES(string, "email", "hunter2", "email", "email address");
    REFUSES(string, "send_attempt", "hunter2", "send_attempt", "of type integer, not string");
    REFUSES(int, "email", 5, "email", "of type string, not integer");
    REFUSES(int, "send_attempt", -1, "send_attempt", "between 0 and 9007199254740991");
    REFUSES(int, "send_attempt", INT64_MAX, "send_attempt", "between 0 and");
    REFUSES(double, "send_attempt", 1.5, "send_attempt", "of type integer, not number");
    REFUSES(bool, "email", true, "email", "of type string, not boolean");
    REFUSES(json, "email", "[\"hunter2\"]", "email", "of type string, not array");
    REFUSES(json, "client_secret", "null", "client_secret", "not null");
    REFUSES(json, "client_secret", "\"a\\u0000b\"", "client_secret", "its character 2");
    REFUSES(json, "email", "\"hunter2", "email is not JSON: ", "at line 1, column ");
    REFUSES(json, "email", "", "email is not JSON: ", "at line 1, column 1");
    REFUSES(json, "email", "\"a@b\" 1", "email is not JSON: ", "column 7");
    REFUSES(string, "mail", "hunter2", "there is no parameter mail", "client_secret");
    REFUSES(string, "mail", NULL, "there is no parameter mail", "client_secret");
    REFUSES(string, "", "hunter2", "there is no parameter", "client_secret");
#undef REFUSES
    result = answer_to(NULL, "kept", "[{'json':{'sid':'S1'}}]", request);
    CHECK_STATUS(mx_result_status(result), MX_OK);
    mx_result_free(result);
    CHECK_SENT("kept", "POST", "/_matrix/client/v3/account/password/email/requestToken",
               "{'client_secret':'before','email':'a@b','send_attempt':1}");
    mx_request_free(request);
}

static void a_member_given_twice_is_refused_however_deep(void) {
    mx_request *request = new_request("login");
    CHECK_REFUSED(mx_request_set_json(request, "identifier", "{\"a\":1,\"a\":2}"),
                  MX_ERR_INVALID_ARGUMENT, "identifier gives a member twice, at line 1, column ",
                  "mx_request_set_json");
    CHECK_REFUSED(mx_request_set_json(request, "identifier", "{\n\"x\":[{\"a\":1,\"\\u0061\":2}]}"),
                  MX_ERR_INVALID_ARGUMENT, "gives a member twice, at line 2, column ",
                  "identifier");
    mx_request_free(request);
}

static void what_no_json_number_is_is_refused(void) {
    volatile double zero = 0;
    mx_request *request = new_custom("POST", "/_matrix/x");
    CHECK_REFUSED(mx_request_set_double(request, "n", zero / zero), MX_ERR_INVALID_ARGUMENT,
                  "mx_request_set_double", "n must be a finite number");
    CHECK_REFUSED(mx_request_set_double(request, "n", 1 / zero), MX_ERR_INVALID_ARGUMENT,
                  "mx_request_set_double", "n must be a finite number");
    CHECK_REFUSED(mx_request_set_double(request, "n", -1 / zero), MX_ERR_INVALID_ARGUMENT,
                  "mx_request_set_double", "n must be a finite number");
    mx_request_free(request);
}

static void an_operation_that_does_not_exist_is_refused_by_name(void) {
    mx_request *request = NULL;
    CHECK_REFUSED(mx_request_new("getVersion", &request), MX_ERR_INVALID_ARGUMENT, "mx_request_new",
                  "getVersion");
    CHECK_REFUSED(mx_request_new("", &request), MX_ERR_INVALID_ARGUMENT, "mx_request_new",
                  "no operation");
    CHECK(request == NULL);
}

static void null_is_refused_except_for_a_string(void) {
    struct inbox inbox;
    mx_request *request = NULL;
    mx_result *result = NULL;
    mx_client *client = client_of("null-request");
    mx_op op = 7;
    inbox_init(&inbox);
#define REFUSES(call, function, name)                                                              \
    CHECK_REFUSED(call, MX_ERR_NULL_ARGUMENT, function ":", name)
    REFUSES(mx_request_new(NULL, &request), "mx_request_new", "operation_id");
    REFUSES(mx_request_new("login", NULL), "mx_request_new", "out");
    REFUSES(mx_request_new_custom(NULL, "/_matrix/x", &request), "mx_request_new_custom", "method");
    REFUSES(mx_request_new_custom("GET", NULL, &request), "mx_request_new_custom", "path");
    REFUSES(mx_request_new_custom("GET", "/_matrix/x", NULL), "mx_request_new_custom", "out");
    CHECK(request == NULL);
    REFUSES(mx_request_set_string(NULL, "a", "b"), "mx_request_set_string", "request");
    REFUSES(mx_request_set_int(NULL, "a", 1), "mx_request_set_int", "request");
    REFUSES(mx_request_set_double(NULL, "a", 1), "mx_request_set_double", "request");
    REFUSES(mx_request_set_bool(NULL, "a", true), "mx_request_set_bool", "request");
    REFUSES(mx_request_set_json(NULL, "a", "1"), "mx_request_set_json", "request");
    REFUSES(mx_request_set_timeout_ms(NULL, 1), "mx_request_set_timeout_ms", "request");
    request = new_request("getVersions");
    REFUSES(mx_request_set_string(request, NULL, "b"), "mx_request_set_string", "name");
    REFUSES(mx_request_set_int(request, NULL, 1), "mx_request_set_int", "name");
    REFUSES(mx_request_set_double(request, NULL, 1), "mx_request_set_double", "name");
    REFUSES(mx_request_set_bool(request, NULL, true), "mx_request_set_bool", "name");
    REFUSES(mx_request_set_json(request, NULL, "1"), "mx_request_set_json", "name");
    REFUSES(mx_request_set_json(request, "a.b", NULL), "mx_request_set_json", "json");
    REFUSES(mx_client_send(NULL, request, inbox_deliver, &inbox, &op), "mx_client_send", "client");
    REFUSES(mx_client_send(client, NULL, inbox_deliver, &inbox, &op), "mx_client_send", "request");
    REFUSES(mx_client_send(client, request, NULL, &inbox, &op), "mx_client_send", "callback");
    REFUSES(mx_request_url(NULL, request, &result), "mx_request_url", "client");
    REFUSES(mx_request_url(client, NULL, &result), "mx_request_url", "request");
    REFUSES(mx_request_url(client, request, NULL), "mx_request_url", "out");
#undef REFUSES
    CHECK(op == 7 && result == NULL);
    mx_request_free(NULL);
    mx_request_free(request);
    mx_client_free(client);
    CHECK_NUMBER(inbox_count(&inbox), 0);
}

static void text_that_is_not_utf8_is_refused_by_name(void) {
    mx_request *request = NULL;
#define REFUSES(call, function, name)                                                              \
    CHECK_REFUSED(call, MX_ERR_INVALID_UTF8, function ":", name)
    REFUSES(mx_request_new(not_utf8, &request), "mx_request_new", "operation_id");
    REFUSES(mx_request_new_custom(not_utf8, "/", &request), "mx_request_new_custom", "method");
    REFUSES(mx_request_new_custom("GET", not_utf8, &request), "mx_request_new_custom", "path");
    CHECK(request == NULL);
    request = new_custom("POST", "/_matrix/x");
    REFUSES(mx_request_set_string(request, not_utf8, "b"), "mx_request_set_string", "name");
    REFUSES(mx_request_set_string(request, "a", not_utf8), "mx_request_set_string", "value");
    REFUSES(mx_request_set_int(request, not_utf8, 1), "mx_request_set_int", "name");
    REFUSES(mx_request_set_double(request, not_utf8, 1), "mx_request_set_double", "name");
    REFUSES(mx_request_set_bool(request, not_utf8, true), "mx_request_set_bool", "name");
    REFUSES(mx_request_set_json(request, not_utf8, "1"), "mx_request_set_json", "name");
    REFUSES(mx_request_set_json(request, "a", "\"\xff\""), "mx_request_set_json", "json");
#undef REFUSES
    mx_request_free(request);
}

struct objects {
    mx_client *client;
    mx_request *request;
    bool called;
    bool refused;
};

/* Whether every function of a request answers with this status. */
static bool all_answer(const struct objects *objects, mx_status status) {
    mx_request *request = NULL;
    mx_result *result = NULL;
    mx_op op = 7;
    const mx_status answers[] = {
        mx_request_new("login", &request),
        mx_request_new_custom("GET", "/_matrix/x", &request),
        mx_request_set_string(objects->request, "org.x", "y"),
        mx_request_set_string(objects->request, "org.x", NULL),
        mx_request_set_int(objects->request, "org.x", 1),
        mx_request_set_double(objects->request, "org.x", 1),
        mx_request_set_bool(objects->request, "org.x", true),
        mx_request_set_json(objects->request, "org.x", "1"),
        mx_request_set_timeout_ms(objects->request, 1),
        mx_client_send(objects->client, objects->request, inbox_deliver, NULL, &op),
        mx_request_url(objects->client, objects->request, &result),
    };
    size_t i;
    for (i = 0; i < sizeof answers / sizeof *answers; i++) {
        if (answers[i] != status) {
            return false;
        }
    }
    return request == NULL && result == NULL && op == 7;
}

static void try_all(int32_t level, const char *message, void *user_data) {
    struct objects *objects = user_data;
    (void)level;
    (void)message;
    objects->called = true;
    objects->refused = all_answer(objects, MX_ERR_MISUSE);
}

static void inside_the_log_every_function_of_a_request_is_refused(void) {
    struct objects objects = {NULL, NULL, false, false};
    mx_result *result;
    objects.client = client_of("request-in-log");
    objects.request = new_request("getVersions");
    CHECK_STATUS(mx_log_set(MX_LOG_ERROR, try_all, &objects), MX_OK);
    CHECK_STATUS(mx_client_send(NULL, objects.request, inbox_deliver, NULL, NULL),
                 MX_ERR_NULL_ARGUMENT);
    CHECK_STATUS(mx_log_set(MX_LOG_ERROR, NULL, NULL), MX_OK);
    CHECK(objects.called && objects.refused);
    result = answer_to(NULL, "request-in-log", "[{'json':{'versions':[]}}]", objects.request);
    CHECK_STATUS(mx_result_status(result), MX_OK);
    CHECK_SENT("request-in-log", "GET", "/_matrix/client/versions", "");
    mx_result_free(result);
    mx_request_free(objects.request);
    mx_client_free(objects.client);
}

static void in_a_forked_child_every_function_of_a_request_is_refused(void) {
    struct objects objects = {NULL, NULL, false, false};
    pid_t child;
    objects.client = client_of("request-in-child");
    objects.request = new_request("getVersions");
    child = fork();
    if (child == 0) {
        bool refused;
        end_if_it_hangs();
        refused = all_answer(&objects, MX_ERR_FORKED);
        mx_request_free(objects.request);
        leave_child(refused ? 0 : 1);
    }
    CHECK_NUMBER(exit_code_of(child), 0);
    mx_request_free(objects.request);
    mx_client_free(objects.client);
}

const struct test request_refusal_tests[] = {
    {"a_setter_refuses_what_the_operation_does_not_allow_and_keeps_the_value_before",
     a_setter_refuses_what_the_operation_does_not_allow_and_keeps_the_value_before},
    {"a_member_given_twice_is_refused_however_deep", a_member_given_twice_is_refused_however_deep},
    {"what_no_json_number_is_is_refused", what_no_json_number_is_is_refused},
    {"an_operation_that_does_not_exist_is_refused_by_name",
     an_operation_that_does_not_exist_is_refused_by_name},
    {"null_is_refused_except_for_a_string", null_is_refused_except_for_a_string},
    {"text_that_is_not_utf8_is_refused_by_name", text_that_is_not_utf8_is_refused_by_name},
    {"inside_the_log_every_function_of_a_request_is_refused",
     inside_the_log_every_function_of_a_request_is_refused},
    {"in_a_forked_child_every_function_of_a_request_is_refused",
     in_a_forked_child_every_function_of_a_request_is_refused},
    {NULL, NULL},
};
