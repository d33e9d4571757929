/* The URL of a request, for a browser. */
#include "harness.h"

#include <stdio.h>
#include <string.h>

static void the_url_of_a_get_is_given_and_nothing_is_sent(void) {
    mx_client *client;
    mx_client_options *options = new_options();
    mx_request *request = new_request("checkUsernameAvailability");
    mx_result *result = NULL;
    char expected[256];
    server_script("urls", "[{'json':{}}]");
    CHECK_STATUS(mx_client_options_set_access_token(options, "t0ken"), MX_OK);
    client = client_with("urls", options);
    CHECK_STATUS(mx_request_set_string(request, "username", "a&b c\xc3\xa9"), MX_OK);
    CHECK_STATUS(mx_request_url(client, request, &result), MX_OK);
    CHECK_STATUS(mx_result_status(result), MX_OK);
    snprintf(expected, sizeof expected,
             "%s/_matrix/client/v3/register/available?username=a%%26b%%20c%%C3%%A9",
             server_url("urls").text);
    CHECK_TEXT(mx_result_string(result, "/url"), expected);
    CHECK_NUMBER(mx_value_count(mx_result_value(result, "")), 1);
    CHECK(mx_result_op(result) == 0 && mx_result_user_data(result) == NULL);
    CHECK_NUMBER(mx_result_http_status(result), 0);
    CHECK(mx_result_errcode(result) == NULL && mx_result_header(result, "location") == NULL);
    mx_request_free(request);
    CHECK_TEXT(mx_result_string(result, "/url"), expected);
    mx_result_free(result);
    request = new_custom("GET", "/_matrix/client/v3/login/sso/redirect/{idpId}");
    CHECK_STATUS(mx_request_set_string(request, "idpId", "x/y"), MX_OK);
    CHECK_STATUS(mx_request_set_string(request, "redirectUrl", "https://app.example/?a=b"), MX_OK);
    CHECK_STATUS(mx_request_url(client, request, &result), MX_OK);
    snprintf(expected, sizeof expected,
             "%s/_matrix/client/v3/login/sso/redirect/x%%2Fy?redirectUrl="
             "https%%3A%%2F%%2Fapp.example%%2F%%3Fa%%3Db",
             server_url("urls").text);
    CHECK_TEXT(mx_result_string(result, "/url"), expected);
    mx_result_free(result);
    mx_request_free(request);
    mx_client_free(client);
    mx_client_options_free(options);
    CHECK_NUMBER(server_requests("urls"), 0);
}

static void refuses(const mx_client *client, mx_request *request, const char *why) {
    mx_result *result = NULL;
    CHECK_REFUSED(mx_request_url(client, request, &result), MX_ERR_INVALID_ARGUMENT,
                  "mx_request_url", why);
    CHECK_LACKS(mx_refusal_message(), "hunter2");
    CHECK(result == NULL);
    mx_request_free(request);
}

static void what_no_browser_can_open_is_refused(void) {
    mx_client *client = client_of("no-urls");
    mx_client *nowhere = NULL;
    mx_request *request = new_request("login");
    CHECK_STATUS(mx_request_set_string(request, "type", "hunter2"), MX_OK);
    refuses(client, request, "a GET that needs no access token");
    refuses(client, new_request("getTokenOwner"), "a GET that needs no access token");
    refuses(client, new_custom("POST", "/_matrix/x"), "a GET that needs no access token");
    refuses(client, new_request("checkUsernameAvailability"), "username is missing");
    refuses(client, new_custom("GET", "/_matrix/{hole}"), "hole is missing");
    CHECK_STATUS(mx_client_new_for_discovery(NULL, &nowhere, NULL), MX_OK);
    refuses(nowhere, new_request("getVersions"), "without a homeserver");
    mx_client_free(nowhere);
    mx_client_free(client);
}

const struct test url_tests[] = {
    {"the_url_of_a_get_is_given_and_nothing_is_sent",
     the_url_of_a_get_is_given_and_nothing_is_sent},
    {"what_no_browser_can_open_is_refused", what_no_browser_can_open_is_refused},
    {NULL, NULL},
};
