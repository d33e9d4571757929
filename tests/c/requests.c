/* What the setters of a request put where, as the server sees it. */
#include "harness.h"

#include <stdlib.h>
#include <string.h>

#define LOGIN "[{'json':{'access_token':'t0ken','user_id':'@a:hs'}}]"
#define LOGIN_TARGET "/_matrix/client/v3/login"
#define MAIL_TARGET "/_matrix/client/v3/account/password/email/requestToken"

static void is_sent(const char *script, const char *replies, const mx_request *request) {
    mx_result *result = answer_to(NULL, script, replies, request);
    if (!CHECK_STATUS(mx_result_status(result), MX_OK)) {
        CHECK_TEXT(mx_result_message(result), "");
    }
    mx_result_free(result);
}

static void each_setter_sets_its_type_and_the_body_has_the_rows_order(void) {
    mx_request *request = new_request("login");
    CHECK_STATUS(mx_request_set_bool(request, "refresh_token", true), MX_OK);
    CHECK_STATUS(mx_request_set_string(request, "password", "s3cr3t \"\\\n\xc3\xa9"), MX_OK);
    CHECK_STATUS(mx_request_set_json(request, "identifier",
                                     "{ \"type\": \"m.id.user\",\"n\":1.50e1,\"u\":\"\\u0041\" }"),
                 MX_OK);
    CHECK_STATUS(mx_request_set_string(request, "type", "m.login.password"), MX_OK);
    is_sent("setters", LOGIN, request);
    CHECK_SENT("setters", "POST", LOGIN_TARGET,
               "{'type':'m.login.password',"
               "'identifier':{ 'type': 'm.id.user','n':1.50e1,'u':'\\u0041' },"
               "'password':'s3cr3t \\'\\\\\\n\xc3\xa9','refresh_token':true}");
    mx_request_free(request);
    request = new_request(MAIL);
    CHECK_STATUS(mx_request_set_int(request, "send_attempt", INT64_C(9007199254740991)), MX_OK);
    CHECK_STATUS(mx_request_set_string(request, "client_secret", "s3cr3t"), MX_OK);
    CHECK_STATUS(mx_request_set_string(request, "email", "a@b"), MX_OK);
    is_sent("setters", "[{'json':{'sid':'S1'}}]", request);
    CHECK_SENT("setters", "POST", MAIL_TARGET,
               "{'client_secret':'s3cr3t','email':'a@b','send_attempt':9007199254740991}");
    mx_request_free(request);
}

static void numbers_are_sent_exactly(void) {
    mx_request *request = new_custom("POST", "/_matrix/x");
    CHECK_STATUS(mx_request_set_int(request, "min", INT64_MIN), MX_OK);
    CHECK_STATUS(mx_request_set_int(request, "max", INT64_MAX), MX_OK);
    CHECK_STATUS(mx_request_set_double(request, "quarter", 0.25), MX_OK);
    CHECK_STATUS(mx_request_set_double(request, "tenth", 0.1), MX_OK);
    CHECK_STATUS(mx_request_set_bool(request, "no", false), MX_OK);
    CHECK_STATUS(mx_request_set_json(request, "null", "null"), MX_OK);
    is_sent("exact", "[{'json':{}}]", request);
    CHECK_SENT("exact", "POST", "/_matrix/x",
               "{'min':-9223372036854775808,'max':9223372036854775807,'quarter':0.25,'tenth':0.1,"
               "'no':false,'null':null}");
    mx_request_free(request);
}

static void a_field_set_again_is_replaced_and_null_leaves_it_out(void) {
    mx_request *request = new_request(MAIL);
    CHECK_STATUS(mx_request_set_string(request, "client_secret", "first"), MX_OK);
    CHECK_STATUS(mx_request_set_string(request, "client_secret", "second"), MX_OK);
    CHECK_STATUS(mx_request_set_string(request, "email", "a@b"), MX_OK);
    CHECK_STATUS(mx_request_set_json(request, "email", "\"c@d\""), MX_OK);
    CHECK_STATUS(mx_request_set_json(request, "send_attempt", "1"), MX_OK);
    CHECK_STATUS(mx_request_set_int(request, "send_attempt", 2), MX_OK);
    CHECK_STATUS(mx_request_set_string(request, "next_link", "myapp:/x"), MX_OK);
    CHECK_STATUS(mx_request_set_string(request, "next_link", NULL), MX_OK);
    CHECK_STATUS(mx_request_set_string(request, "id_server", NULL), MX_OK);
    CHECK_STATUS(mx_request_set_string(request, "org.example.flag", "x"), MX_OK);
    CHECK_STATUS(mx_request_set_string(request, "org.example.flag", NULL), MX_OK);
    is_sent("again", "[{'json':{'sid':'S1'}}]", request);
    CHECK_SENT("again", "POST", MAIL_TARGET,
               "{'client_secret':'second','email':'c@d','send_attempt':2}");
    CHECK_STATUS(mx_request_set_int(request, "send_attempt", 3), MX_OK);
    is_sent("again", "[{'json':{'sid':'S1'}}]", request);
    CHECK_SENT("again", "POST", MAIL_TARGET,
               "{'client_secret':'second','email':'c@d','send_attempt':3}");
    mx_request_free(request);
}

static void a_request_without_fields_has_an_empty_object_or_no_body(void) {
    mx_request *request = new_request("getVersions");
    is_sent("bare", "[{'json':{'versions':[]}}]", request);
    CHECK_SENT("bare", "GET", "/_matrix/client/versions", "");
    mx_request_free(request);
    request = new_custom("PUT", "/_matrix/x");
    is_sent("bare", "[{'json':{}}]", request);
    CHECK_SENT("bare", "PUT", "/_matrix/x", "{}");
    mx_request_free(request);
    request = new_custom("DELETE", "/_matrix/x");
    is_sent("bare", "[{'json':{}}]", request);
    CHECK_SENT("bare", "DELETE", "/_matrix/x", "");
    mx_request_free(request);
}

static void a_name_with_a_dot_goes_into_the_query_or_the_body(void) {
    mx_request *request = new_request("getVersions");
    CHECK_STATUS(mx_request_set_bool(request, "org.example.after", true), MX_OK);
    CHECK_STATUS(mx_request_set_string(request, "org.example.&x", "a b&c"), MX_OK);
    is_sent("dots", "[{'json':{'versions':[]}}]", request);
    CHECK_SENT("dots", "GET",
               "/_matrix/client/versions?org.example.after=true&org.example.%26x=a%20b%26c", "");
    mx_request_free(request);
    request = new_request("login");
    CHECK_STATUS(mx_request_set_json(request, "org.example.more", "{\"a\":[1]}"), MX_OK);
    CHECK_STATUS(mx_request_set_string(request, "type", "x"), MX_OK);
    CHECK_STATUS(mx_request_set_int(request, "org.\"example", 1), MX_OK);
    is_sent("dots", LOGIN, request);
    CHECK_SENT("dots", "POST", LOGIN_TARGET,
               "{'type':'x','org.example.more':{'a':[1]},'org.\\'example':1}");
    mx_request_free(request);
}

static void a_list_in_a_query_is_its_name_once_for_each(void) {
    mx_request *request = new_custom("GET", "/_matrix/x");
    CHECK_STATUS(mx_request_set_json(request, "via", "[\"a.example\", \"b c\" ,1]"), MX_OK);
    CHECK_STATUS(mx_request_set_json(request, "none", "[]"), MX_OK);
    is_sent("lists", "[{'json':{}}]", request);
    CHECK_SENT("lists", "GET", "/_matrix/x?via=a.example&via=b%20c&via=1", "");
    CHECK_STATUS(mx_request_set_string(request, "via", "d"), MX_OK);
    is_sent("lists", "[{'json':{}}]", request);
    CHECK_SENT("lists", "GET", "/_matrix/x?via=d", "");
    mx_request_free(request);
}

const struct test request_tests[] = {
    {"each_setter_sets_its_type_and_the_body_has_the_rows_order",
     each_setter_sets_its_type_and_the_body_has_the_rows_order},
    {"numbers_are_sent_exactly", numbers_are_sent_exactly},
    {"a_field_set_again_is_replaced_and_null_leaves_it_out",
     a_field_set_again_is_replaced_and_null_leaves_it_out},
    {"a_request_without_fields_has_an_empty_object_or_no_body",
     a_request_without_fields_has_an_empty_object_or_no_body},
    {"a_name_with_a_dot_goes_into_the_query_or_the_body",
     a_name_with_a_dot_goes_into_the_query_or_the_body},
    {"a_list_in_a_query_is_its_name_once_for_each", a_list_in_a_query_is_its_name_once_for_each},
    {NULL, NULL},
};
