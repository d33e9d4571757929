/* Options, queues, clients and calls as most tests want them. */
#include "harness.h"

#include <stdlib.h>
#include <string.h>

char *quoted(const char *text) {
    char *copy = strdup(text);
    char *at;
    for (at = copy; at != NULL && (at = strchr(at, '\'')) != NULL;) {
        *at = '"';
    }
    return copy;
}

mx_client_options *new_options(void) {
    mx_client_options *options = NULL;
    CHECK_STATUS(mx_client_options_new(&options), MX_OK);
    return options;
}

mx_queue *new_queue(void) {
    mx_queue *queue = NULL;
    CHECK_STATUS(mx_queue_new(&queue), MX_OK);
    return queue;
}

mx_client *client_with(const char *script, const mx_client_options *options) {
    mx_client *client = NULL;
    CHECK_STATUS(mx_client_new(server_url(script).text, options, &client, NULL), MX_OK);
    return client;
}

mx_client *client_of(const char *script) { return client_with(script, NULL); }

mx_client *queue_client(const char *script, mx_queue *queue) {
    mx_client_options *options = new_options();
    mx_client *client;
    CHECK_STATUS(mx_client_options_set_queue(options, queue), MX_OK);
    client = client_with(script, options);
    mx_client_options_free(options);
    return client;
}

mx_status ask(mx_client *client, mx_callback callback, void *user_data, mx_op *op) {
    return mx_request_token_to_reset_password_email(client, "s3cr3t.A=_-1", "alice@example.test", 1,
                                                    NULL, NULL, NULL, callback, user_data, op);
}

mx_status call(mx_client *client, const char *operation_id, const char *params,
               mx_callback callback, void *user_data, mx_op *op) {
    char *json = quoted(params);
    mx_status status = mx_call(client, operation_id, json, callback, user_data, op);
    free(json);
    return status;
}

mx_result *answer(const mx_client_options *options, const char *script, const char *replies,
                  const char *operation_id, const char *params) {
    struct inbox inbox;
    mx_client *client;
    mx_result *result = NULL;
    inbox_init(&inbox);
    server_script(script, replies);
    client = client_with(script, options);
    if (CHECK_STATUS(call(client, operation_id, params, inbox_deliver, &inbox, NULL), MX_OK)) {
        result = inbox_take(&inbox);
    }
    mx_client_free(client);
    inbox_clear(&inbox);
    return result;
}

mx_password_reset *new_reset(mx_client *client) {
    mx_password_reset *reset = NULL;
    CHECK_STATUS(mx_password_reset_new(client, "alice@example.test", NULL, &reset), MX_OK);
    CHECK_NUMBER(mx_password_reset_stage(reset), MX_RESET_NEW);
    return reset;
}
