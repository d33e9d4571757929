/* How a request is sent: any number of times, from any thread, and whatever becomes of it then. */
#include "harness.h"

#include <stdio.h>
#include <string.h>

static mx_request *mail(int64_t attempt) {
    mx_request *request = new_request(MAIL);
    CHECK_STATUS(mx_request_set_string(request, "client_secret", "s3cr3t"), MX_OK);
    CHECK_STATUS(mx_request_set_string(request, "email", "a@b"), MX_OK);
    CHECK_STATUS(mx_request_set_int(request, "send_attempt", attempt), MX_OK);
    return request;
}

static void a_request_may_be_changed_and_freed_while_its_calls_run(void) {
    enum { CALLS = 50 };
    struct inbox inbox;
    int64_t attempts[CALLS];
    int i;
    mx_client *client;
    mx_request *request = mail(0);
    inbox_init(&inbox);
    server_script("changed", "[{'echo':true,'delay_ms':20,'shuffle_ms':50}]");
    client = client_of("changed");
    for (i = 0; i < CALLS; i++) {
        mx_op op = 0;
        attempts[i] = i;
        CHECK_STATUS(mx_request_set_int(request, "send_attempt", i), MX_OK);
        CHECK_STATUS(mx_client_send(client, request, inbox_deliver, &inbox, &op), MX_OK);
        CHECK(op != 0);
    }
    CHECK_STATUS(mx_request_set_string(request, "client_secret", "other"), MX_OK);
    mx_request_free(request);
    for (i = 0; i < CALLS; i++) {
        mx_result *result = inbox_take(&inbox);
        const char *sid = mx_result_string(result, "/sid");
        int attempt = -1;
        CHECK_STATUS(mx_result_status(result), MX_OK);
        if (CHECK(sid != NULL && sscanf(sid, "%d", &attempt) == 1 && attempt < CALLS)) {
            CHECK_NUMBER(attempts[attempt], attempt);
            attempts[attempt] = -1;
        }
        mx_result_free(result);
    }
    mx_client_free(client);
    CHECK_NUMBER(inbox_count(&inbox), CALLS);
    inbox_clear(&inbox);
}

static void a_request_sent_100_times_at_once_has_100_results(void) {
    enum { CALLS = 100 };
    struct inbox inbox;
    mx_op ops[CALLS];
    int i;
    int j;
    mx_client *client;
    mx_request *request = mail(5);
    inbox_init(&inbox);
    server_script("hundred", "[{'echo':true,'shuffle_ms':20}]");
    client = client_of("hundred");
    for (i = 0; i < CALLS; i++) {
        CHECK_STATUS(mx_client_send(client, request, inbox_deliver, &inbox, &ops[i]), MX_OK);
    }
    for (i = 0; i < CALLS; i++) {
        mx_result *result = inbox_take(&inbox);
        CHECK_STATUS(mx_result_status(result), MX_OK);
        CHECK_TEXT(mx_result_string(result, "/sid"), "5");
        CHECK(mx_result_user_data(result) == &inbox);
        for (j = 0; j < CALLS && ops[j] != mx_result_op(result); j++) {
        }
        if (CHECK(j < CALLS)) {
            ops[j] = 0;
        }
        mx_result_free(result);
    }
    mx_client_free(client);
    CHECK_NUMBER(server_requests("hundred"), CALLS);
    CHECK_SENT("hundred", "POST", "/_matrix/client/v3/account/password/email/requestToken",
               "{'client_secret':'s3cr3t','email':'a@b','send_attempt':5}");
    mx_request_free(request);
    inbox_clear(&inbox);
}

struct sender {
    mx_client *client;
    const mx_request *request;
    struct inbox *inbox;
    struct gate *begin;
};

enum { SENDERS = 8, SENDS = 25 };

static void *send_some(void *user_data) {
    struct sender *sender = user_data;
    int i;
    gate_wait(sender->begin);
    for (i = 0; i < SENDS; i++) {
        CHECK_STATUS(
            mx_client_send(sender->client, sender->request, inbox_deliver, sender->inbox, NULL),
            MX_OK);
    }
    return NULL;
}

static void several_threads_may_send_one_request_at_once(void) {
    struct inbox inbox;
    struct gate begin;
    struct sender sender;
    pthread_t threads[SENDERS];
    mx_request *request = mail(6);
    int i;
    inbox_init(&inbox);
    gate_init(&begin);
    server_script("senders", "[{'echo':true}]");
    sender.client = client_of("senders");
    sender.request = request;
    sender.inbox = &inbox;
    sender.begin = &begin;
    for (i = 0; i < SENDERS; i++) {
        CHECK_NUMBER(pthread_create(&threads[i], NULL, send_some, &sender), 0);
    }
    gate_open(&begin);
    for (i = 0; i < SENDERS; i++) {
        pthread_join(threads[i], NULL);
    }
    mx_request_free(request);
    for (i = 0; i < SENDERS * SENDS; i++) {
        mx_result *result = inbox_take(&inbox);
        CHECK_TEXT(mx_result_string(result, "/sid"), "6");
        mx_result_free(result);
    }
    mx_client_free(sender.client);
    CHECK_NUMBER(inbox_count(&inbox), SENDERS * SENDS);
    inbox_clear(&inbox);
}

static void ends_invalid(mx_client *client, const mx_request *request, const char *why) {
    struct inbox inbox;
    mx_result *result;
    mx_op op = 0;
    inbox_init(&inbox);
    CHECK_STATUS(mx_client_send(client, request, inbox_deliver, &inbox, &op), MX_OK);
    result = inbox_take(&inbox);
    CHECK_STATUS(mx_result_status(result), MX_ERR_INVALID_ARGUMENT);
    CHECK_HOLDS(mx_result_message(result), why);
    CHECK(op != 0 && mx_result_op(result) == op && mx_result_user_data(result) == &inbox);
    mx_result_free(result);
    inbox_clear(&inbox);
}

static void what_is_missing_is_the_results_status(void) {
    mx_client *client;
    mx_client *nowhere = NULL;
    mx_request *request = new_request(MAIL);
    mx_request *whoami = new_request("getTokenOwner");
    server_script("missing", "[{'json':{}}]");
    client = client_of("missing");
    ends_invalid(client, request, "client_secret is missing");
    CHECK_STATUS(mx_request_set_string(request, "client_secret", "s3cr3t"), MX_OK);
    CHECK_STATUS(mx_request_set_string(request, "email", "a@b"), MX_OK);
    ends_invalid(client, request, "send_attempt is missing");
    CHECK_STATUS(mx_request_set_int(request, "send_attempt", 1), MX_OK);
    CHECK_STATUS(mx_request_set_string(request, "id_server", "id.example"), MX_OK);
    ends_invalid(client, request, "id_access_token must be given too");
    ends_invalid(client, whoami, "access_token");
    CHECK_STATUS(mx_request_set_string(request, "id_server", NULL), MX_OK);
    CHECK_STATUS(mx_client_new_for_discovery(NULL, &nowhere, NULL), MX_OK);
    ends_invalid(nowhere, request, "homeserver");
    mx_client_free(nowhere);
    mx_client_free(client);
    CHECK_NUMBER(server_requests("missing"), 0);
    mx_request_free(request);
    mx_request_free(whoami);
}

static void a_requests_timeout_stands_in_for_the_clients(void) {
    mx_client_options *options = new_options();
    mx_request *request = new_request("getVersions");
    mx_result *result;
    int64_t started = now_ms();
    CHECK_STATUS(mx_request_set_timeout_ms(request, 50), MX_OK);
    result = answer_to(NULL, "short", "[{'hang':true}]", request);
    CHECK_STATUS(mx_result_status(result), MX_ERR_DEADLINE);
    CHECK(now_ms() - started < 25000);
    mx_result_free(result);
    CHECK_STATUS(mx_client_options_set_timeout_ms(options, 50), MX_OK);
    CHECK_STATUS(mx_request_set_timeout_ms(request, UINT32_MAX), MX_OK);
    result = answer_to(options, "long", "[{'json':{'versions':[]},'delay_ms':300}]", request);
    CHECK_STATUS(mx_result_status(result), MX_OK);
    mx_result_free(result);
    CHECK_STATUS(mx_request_set_timeout_ms(request, 0), MX_OK);
    result = answer_to(options, "short", "[{'hang':true}]", request);
    CHECK_STATUS(mx_result_status(result), MX_ERR_DEADLINE);
    mx_result_free(result);
    mx_request_free(request);
    mx_client_options_free(options);
}

static void a_sent_request_comes_to_the_queue_and_can_be_cancelled(void) {
    mx_queue *queue = new_queue();
    mx_client *client;
    mx_request *request = new_request("getVersions");
    mx_result *result = NULL;
    mx_op op = 0;
    int here = 0;
    server_script("queued-send", "[{'hang':true}]");
    client = queue_client("queued-send", queue);
    CHECK_REFUSED(mx_client_send(client, request, inbox_deliver, NULL, &op), MX_ERR_MISUSE,
                  "callback", "queue");
    CHECK(op == 0);
    CHECK_STATUS(mx_client_send(client, request, NULL, &here, &op), MX_OK);
    mx_request_free(request);
    CHECK_STATUS(mx_client_cancel(client, op), MX_OK);
    CHECK_STATUS(mx_queue_next(queue, patience_ms(), &result), MX_OK);
    CHECK_STATUS(mx_result_status(result), MX_ERR_CANCELLED);
    CHECK(mx_result_op(result) == op && mx_result_user_data(result) == &here);
    mx_result_free(result);
    mx_client_free(client);
    mx_queue_free(queue);
}

static void a_request_needs_no_client_to_live(void) {
    int64_t before = mx_debug_live_objects();
    mx_request *request = mail(1);
    mx_request *custom = new_custom("PUT", "/_matrix/x");
    CHECK_NUMBER(mx_debug_live_objects(), before + 2);
    CHECK(library_threads() <= 0);
    mx_request_free(request);
    mx_request_free(custom);
    CHECK_NUMBER(mx_debug_live_objects(), before);
}

const struct test send_tests[] = {
    {"a_request_may_be_changed_and_freed_while_its_calls_run",
     a_request_may_be_changed_and_freed_while_its_calls_run},
    {"a_request_sent_100_times_at_once_has_100_results",
     a_request_sent_100_times_at_once_has_100_results},
    {"several_threads_may_send_one_request_at_once", several_threads_may_send_one_request_at_once},
    {"what_is_missing_is_the_results_status", what_is_missing_is_the_results_status},
    {"a_requests_timeout_stands_in_for_the_clients", a_requests_timeout_stands_in_for_the_clients},
    {"a_sent_request_comes_to_the_queue_and_can_be_cancelled",
     a_sent_request_comes_to_the_queue_and_can_be_cancelled},
    {"a_request_needs_no_client_to_live", a_request_needs_no_client_to_live},
    {NULL, NULL},
};
