/* The client under test: matrix-capi with a queue, through its header, on one thread of the program's. */
#include "measure.h"

#include <matrix_capi.h>

#include <stdlib.h>

static void submit(mx_client *client, int64_t *began) {
    mx_status status;
    *began = now_ns();
    status = mx_request_token_to_reset_password_email(client, CLIENT_SECRET, EMAIL, 1, NULL, NULL,
                                                      NULL, NULL, began, NULL);
    if (status != MX_OK) {
        fail("refused: %s", mx_refusal_message());
    }
}

static mx_client *connect_to(const struct load *load, mx_queue *queue) {
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

int main(int argc, char **argv) {
    struct load load = read_load(argc, argv);
    int64_t *began = calloc((size_t)load.in_flight, sizeof *began);
    mx_queue *queue = NULL;
    mx_client *client;
    long submitted;
    long done;
    if (began == NULL || mx_queue_new(&queue) != MX_OK) {
        fail("no queue: %s", mx_refusal_message());
    }
    client = connect_to(&load, queue);
    measure_begin(&load);
    for (submitted = 0; submitted < load.in_flight; submitted++) {
        submit(client, &began[submitted]);
    }
    for (done = 0; done < load.requests; done++) {
        mx_result *result = NULL;
        int64_t *slot;
        if (mx_queue_next(queue, -1, &result) != MX_OK) {
            fail("the queue ended: %s", mx_refusal_message());
        }
        if (mx_result_status(result) != MX_OK || mx_result_string(result, "/sid") == NULL) {
            fail("%s", mx_result_message(result));
        }
        slot = mx_result_user_data(result);
        measure_answer(*slot);
        mx_result_free(result);
        if (submitted < load.requests) {
            submitted++;
            submit(client, slot);
        }
    }
    measure_end(&load);
    mx_client_free(client);
    mx_queue_free(queue);
    free(began);
    return 0;
}
