/* Makes the client under test, and submits the call that every client of the benchmarks makes. */
#include "client.h"

#include <stdlib.h>

mx_client *connect_to(const struct load *load, mx_queue *queue) {
    mx_client_options *options = NULL;
    mx_client *client = NULL;
    mx_result *error = NULL;
    mx_status status = mx_client_options_new(&options);
    if (status == MX_OK) {
        status = mx_client_options_set_queue(options, queue);
    }
    if (status == MX_OK && load->idle >= 0) {
        status = mx_client_options_set_max_idle_connections(options, (uint32_t)load->idle);
    }
    if (status == MX_OK) {
        status = mx_client_options_set_malloc_trim(options, load->trim);
    }
    if (status == MX_OK && load->ca != NULL) {
        char *pem = read_file(load->ca);
        status = mx_client_options_add_root_pem(options, pem);
        free(pem);
    }
    if (status != MX_OK) {
        fail("no options: %s", mx_refusal_message());
    }
    if (mx_client_new(load->url, options, &client, &error) != MX_OK) {
        fail("no client: %s", error != NULL ? mx_result_message(error) : mx_refusal_message());
    }
    mx_client_options_free(options);
    return client;
}

void submit(mx_client *client, void *slot) {
    mx_status status = mx_request_token_to_reset_password_email(
        client, CLIENT_SECRET, EMAIL, 1, NULL, NULL, NULL, NULL, slot, NULL);
    if (status != MX_OK) {
        fail("refused: %s", mx_refusal_message());
    }
}

void *take_answer(mx_queue *queue) {
    mx_result *result = NULL;
    void *slot;
    if (mx_queue_next(queue, -1, &result) != MX_OK) {
        fail("the queue ended: %s", mx_refusal_message());
    }
    if (mx_result_status(result) != MX_OK || mx_result_string(result, "/sid") == NULL) {
        fail("%s", mx_result_message(result));
    }
    slot = mx_result_user_data(result);
    mx_result_free(result);
    return slot;
}
