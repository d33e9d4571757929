/* Cancelling a call: what it promises, and that the promise holds while answers come in. */
#include "harness.h"

#include <stdlib.h>

static void a_cancelled_call_ends_cancelled_and_its_connection_closes(void) {
    struct inbox inbox;
    mx_client *client;
    mx_result *result;
    mx_op op = 0;
    inbox_init(&inbox);
    server_script("cancel", "[{'hang':true}]");
    client = client_of("cancel");
    CHECK_STATUS(ask(client, inbox_deliver, &inbox, &op), MX_OK);
    CHECK(server_reaches("cancel", "open", 1));
    CHECK_STATUS(mx_client_cancel(client, op), MX_OK);
    result = inbox_take(&inbox);
    CHECK_STATUS(mx_result_status(result), MX_ERR_CANCELLED);
    CHECK(mx_result_op(result) == op);
    CHECK(mx_result_http_status(result) == 0 && mx_result_body(result, NULL) == NULL);
    mx_result_free(result);
    CHECK(server_reaches("cancel", "closed_early", 1));
    CHECK_REFUSED(mx_client_cancel(client, op), MX_ERR_NOT_FOUND, "mx_client_cancel", "pending");
    mx_client_free(client);
    CHECK_NUMBER(inbox_count(&inbox), 1);
    inbox_clear(&inbox);
}

static void cancelling_again_changes_nothing(void) {
    struct inbox inbox;
    mx_client *client;
    mx_op op = 0;
    int i;
    inbox_init(&inbox);
    server_script("cancel-again", "[{'hang':true}]");
    client = client_of("cancel-again");
    CHECK_STATUS(ask(client, inbox_deliver, &inbox, &op), MX_OK);
    CHECK_STATUS(mx_client_cancel(client, op), MX_OK);
    for (i = 0; i < 100; i++) {
        mx_status status = mx_client_cancel(client, op);
        CHECK(status == MX_OK || status == MX_ERR_NOT_FOUND);
    }
    CHECK_ENDS(&inbox, MX_ERR_CANCELLED);
    mx_client_free(client);
    CHECK_NUMBER(inbox_count(&inbox), 1);
    inbox_clear(&inbox);
}

static void only_a_pending_call_of_the_client_can_be_cancelled(void) {
    struct inbox inbox;
    mx_client *client;
    mx_client *other;
    mx_op finished = 0;
    mx_op pending = 0;
    inbox_init(&inbox);
    server_script("cancel-only", "[{'json':{'sid':'S1'}},{'hang':true}]");
    client = client_of("cancel-only");
    other = client_of("cancel-only");
    CHECK_STATUS(ask(client, inbox_deliver, &inbox, &finished), MX_OK);
    CHECK_ENDS(&inbox, MX_OK);
    CHECK_STATUS(ask(client, inbox_deliver, &inbox, &pending), MX_OK);
    CHECK_STATUS(mx_client_cancel(client, finished), MX_ERR_NOT_FOUND);
    CHECK_STATUS(mx_client_cancel(client, 0), MX_ERR_NOT_FOUND);
    CHECK_STATUS(mx_client_cancel(client, UINT64_MAX), MX_ERR_NOT_FOUND);
    CHECK_STATUS(mx_client_cancel(other, pending), MX_ERR_NOT_FOUND);
    CHECK_STATUS(mx_client_cancel(client, pending), MX_OK);
    CHECK_ENDS(&inbox, MX_ERR_CANCELLED);
    mx_client_free(client);
    mx_client_free(other);
    inbox_clear(&inbox);
}

static void cancel_itself(mx_result *result, void *user_data) {
    mx_client **client = user_data;
    CHECK_STATUS(mx_client_cancel(*client, mx_result_op(result)), MX_ERR_NOT_FOUND);
    mx_result_free(result);
}

static void a_callback_cannot_cancel_its_own_call(void) {
    mx_client *client;
    server_script("cancel-itself", "[{'json':{'sid':'S1'}}]");
    client = client_of("cancel-itself");
    CHECK_STATUS(ask(client, cancel_itself, &client, NULL), MX_OK);
    mx_client_free(client);
}

static void a_pause_before_a_retry_can_be_cancelled(void) {
    struct inbox inbox;
    mx_client *client;
    mx_op op = 0;
    mx_client_options *options = new_options();
    inbox_init(&inbox);
    server_script(
        "cancel-pause",
        "[{'status':429,'json':{'errcode':'M_LIMIT_EXCEEDED','retry_after_ms':86400000}}]");
    CHECK_STATUS(mx_client_options_set_max_rate_limit_wait_ms(options, UINT32_MAX), MX_OK);
    CHECK_STATUS(mx_client_options_set_timeout_ms(options, UINT32_MAX), MX_OK);
    client = client_with("cancel-pause", options);
    CHECK_STATUS(ask(client, inbox_deliver, &inbox, &op), MX_OK);
    while (server_requests("cancel-pause") == 0) {
        pause_ms(2);
    }
    CHECK_NUMBER(inbox_count(&inbox), 0);
    CHECK_STATUS(mx_client_cancel(client, op), MX_OK);
    CHECK_ENDS(&inbox, MX_ERR_CANCELLED);
    mx_client_free(client);
    mx_client_options_free(options);
    inbox_clear(&inbox);
}

struct canceller {
    mx_client *client;
    mx_op *ops;
    int count;
};

static void *cancel_all(void *argument) {
    struct canceller *canceller = argument;
    int i;
    for (i = 0; i < canceller->count; i++) {
        mx_status status = mx_client_cancel(canceller->client, canceller->ops[i]);
        CHECK(status == MX_OK || status == MX_ERR_NOT_FOUND);
    }
    return NULL;
}

static void cancelling_from_several_threads_while_answers_come_gives_one_result_each(void) {
    enum { THREADS = 4 };
    struct inbox inbox;
    struct canceller canceller;
    pthread_t threads[THREADS];
    mx_client *client;
    int calls = scaled(200);
    mx_op *ops = calloc((size_t)calls, sizeof *ops);
    int i;
    if (ops == NULL) {
        abort();
    }
    inbox_init(&inbox);
    server_script("cancel-race", "[{'echo':true,'shuffle_ms':30}]");
    client = client_of("cancel-race");
    for (i = 0; i < calls; i++) {
        CHECK_STATUS(ask(client, inbox_deliver, &inbox, &ops[i]), MX_OK);
    }
    canceller.client = client;
    canceller.ops = ops;
    canceller.count = calls;
    for (i = 0; i < THREADS; i++) {
        CHECK_NUMBER(pthread_create(&threads[i], NULL, cancel_all, &canceller), 0);
    }
    for (i = 0; i < calls; i++) {
        mx_result *result = inbox_take(&inbox);
        mx_status status = mx_result_status(result);
        CHECK(status == MX_OK || status == MX_ERR_CANCELLED);
        mx_result_free(result);
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    mx_client_free(client);
    CHECK_NUMBER(inbox_count(&inbox), calls);
    inbox_clear(&inbox);
    free(ops);
}

const struct test cancel_tests[] = {
    {"a_cancelled_call_ends_cancelled_and_its_connection_closes",
     a_cancelled_call_ends_cancelled_and_its_connection_closes},
    {"cancelling_again_changes_nothing", cancelling_again_changes_nothing},
    {"only_a_pending_call_of_the_client_can_be_cancelled",
     only_a_pending_call_of_the_client_can_be_cancelled},
    {"a_callback_cannot_cancel_its_own_call", a_callback_cannot_cancel_its_own_call},
    {"a_pause_before_a_retry_can_be_cancelled", a_pause_before_a_retry_can_be_cancelled},
    {"cancelling_from_several_threads_while_answers_come_gives_one_result_each",
     cancelling_from_several_threads_while_answers_come_gives_one_result_each},
    {NULL, NULL},
};
