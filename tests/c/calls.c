/* Options, queues, clients and calls as most tests want them. */
#include "harness.h"

#include <stdio.h>
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

mx_request *new_request(const char *operation_id) {
    mx_request *request = NULL;
    CHECK_STATUS(mx_request_new(operation_id, &request), MX_OK);
    return request;
}

mx_request *new_custom(const char *method, const char *path) {
    mx_request *request = NULL;
    CHECK_STATUS(mx_request_new_custom(method, path, &request), MX_OK);
    return request;
}

mx_result *answer_to(const mx_client_options *options, const char *script, const char *replies,
                const mx_request *request) {
    struct inbox inbox;
    mx_client *client;
    mx_result *result = NULL;
    inbox_init(&inbox);
    server_script(script, replies);
    client = client_with(script, options);
    if (CHECK_STATUS(mx_client_send(client, request, inbox_deliver, &inbox, NULL), MX_OK)) {
        result = inbox_take(&inbox);
    }
    mx_client_free(client);
    inbox_clear(&inbox);
    return result;
}

/* A text as it stands inside a JSON string, in which ' stands for a quote. */
static char *escaped(const char *text, const char *quote) {
    char *copy = calloc(strlen(text) + 1, 6);
    char *to = copy;
    if (copy == NULL) {
        abort();
    }
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            to += sprintf(to, "%s", quote);
        } else if (*text == '\\') {
            to += sprintf(to, "%s", "\\\\");
        } else {
            *to++ = *text;
        }
    }
    return copy;
}

mx_result *answer_of(const char *script, const char *json) {
    char *body = escaped(json, "\\u0022");
    size_t size = strlen(body) + 32;
    char *replies = malloc(size);
    mx_request *request = new_custom("GET", "/_matrix/client/unstable/anything");
    mx_result *result;
    if (replies == NULL) {
        abort();
    }
    snprintf(replies, size, "[{'body':'%s'}]", body);
    result = answer_to(NULL, script, replies, request);
    CHECK_STATUS(mx_result_status(result), MX_OK);
    mx_request_free(request);
    free(replies);
    free(body);
    return result;
}

void check_sent(const char *script, const char *method, const char *target, const char *body,
                const char *file, int line) {
    char *log = server_log(script);
    char *text = escaped(body, "\\\"");
    char *head = malloc(strlen(script) + strlen(target) + 64);
    char *tail = malloc(strlen(text) + 64);
    const char *last = log;
    const char *next;
    if (head == NULL || tail == NULL) {
        abort();
    }
    while ((next = strstr(last + 1, "{\"method\":")) != NULL) {
        last = next;
    }
    sprintf(head, "{\"method\":\"%s\",\"target\":\"/%s%s\",", method, script, target);
    sprintf(tail, ",\"body\":\"%s\",\"connection\":", text);
    check_holds(last, head, true, file, line);
    check_holds(last, tail, true, file, line);
    free(head);
    free(tail);
    free(text);
    free(log);
}
