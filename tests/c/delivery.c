/* When, where and in which order results come to callbacks. */
#include "harness.h"

/* A callback that holds the callback thread until its gate opens. */
struct blocker {
    struct gate entered;
    struct gate leave;
};

static void block(mx_result *result, void *user_data) {
    struct blocker *blocker = user_data;
    mx_result_free(result);
    gate_open(&blocker->entered);
    gate_wait(&blocker->leave);
}

static void start_blocker(struct blocker *blocker, mx_client *client) {
    gate_init(&blocker->entered);
    gate_init(&blocker->leave);
    /* This one needs no server: it ends as an invalid argument. */
    CHECK_STATUS(mx_call(client, "block", "{}", block, blocker, NULL), MX_OK);
    gate_wait(&blocker->entered);
}

/* An operation has ended when it can no longer be cancelled. */
static void cancel_until_it_has_ended(mx_client *client, mx_op op) {
    int64_t until = now_ms() + patience_ms();
    mx_status status = mx_client_cancel(client, op);
    CHECK(status == MX_OK);
    while (status == MX_OK && now_ms() < until) {
        pause_ms(1);
        status = mx_client_cancel(client, op);
    }
    CHECK_STATUS(status, MX_ERR_NOT_FOUND);
}

static void results_come_in_the_order_in_which_the_operations_ended(void) {
    static const int order[] = {3, 0, 4, 1, 2};
    struct inbox inbox;
    struct blocker blocker;
    mx_client *client;
    mx_op ops[5];
    size_t i;
    inbox_init(&inbox);
    server_script("order", "[{'hang':true}]");
    client = client_of("order");
    start_blocker(&blocker, client);
    for (i = 0; i < 5; i++) {
        CHECK_STATUS(ask(client, inbox_deliver, &inbox, &ops[i]), MX_OK);
    }
    for (i = 0; i < 5; i++) {
        cancel_until_it_has_ended(client, ops[order[i]]);
    }
    CHECK_NUMBER(inbox_count(&inbox), 0);
    gate_open(&blocker.leave);
    for (i = 0; i < 5; i++) {
        mx_result *result = inbox_take(&inbox);
        CHECK_STATUS(mx_result_status(result), MX_ERR_CANCELLED);
        CHECK(mx_result_op(result) == ops[order[i]]);
        mx_result_free(result);
    }
    mx_client_free(client);
    inbox_clear(&inbox);
}

static void a_slow_callback_does_not_delay_the_network(void) {
    struct inbox inbox;
    struct blocker blocker;
    mx_client *client;
    mx_client *other;
    mx_queue *queue = new_queue();
    mx_result *result = NULL;
    inbox_init(&inbox);
    server_script("slow-callback", "[{'json':{'sid':'S1'}}]");
    client = client_of("slow-callback");
    other = queue_client("slow-callback", queue);
    start_blocker(&blocker, client);
    CHECK_STATUS(ask(client, inbox_deliver, &inbox, NULL), MX_OK);
    CHECK_STATUS(ask(other, NULL, NULL, NULL), MX_OK);
    CHECK_STATUS(mx_queue_next(queue, patience_ms(), &result), MX_OK);
    CHECK_STATUS(mx_result_status(result), MX_OK);
    mx_result_free(result);
    CHECK_NUMBER(server_requests("slow-callback"), 2);
    CHECK_NUMBER(inbox_count(&inbox), 0);
    gate_open(&blocker.leave);
    CHECK_ENDS(&inbox, MX_OK);
    mx_client_free(client);
    mx_client_free(other);
    mx_queue_free(queue);
    inbox_clear(&inbox);
}

/* A chain of calls, each started by the callback of the one before. */
struct chain {
    mx_client *client;
    int left;
    bool starting;
    struct gate ended;
};

static void next_link_of(mx_result *result, void *user_data) {
    struct chain *chain = user_data;
    /* On this thread a result that came inside mx_call would find the flag set. */
    CHECK(!chain->starting);
    CHECK_STATUS(mx_result_status(result), chain->left % 2 == 0 ? MX_OK : MX_ERR_INVALID_ARGUMENT);
    mx_result_free(result);
    if (chain->left-- == 0) {
        gate_open(&chain->ended);
        return;
    }
    chain->starting = true;
    CHECK_STATUS(mx_call(chain->client, chain->left % 2 == 0 ? "getVersions" : "getNothing", "{}",
                         next_link_of, chain, NULL),
                 MX_OK);
    chain->starting = false;
}

static void a_callback_may_start_calls_and_is_not_entered_by_them(void) {
    struct chain chain;
    server_script("chain", "[{'json':{'versions':[]}}]");
    chain.client = client_of("chain");
    chain.left = 40;
    chain.starting = false;
    gate_init(&chain.ended);
    CHECK_STATUS(mx_call(chain.client, "getVersions", "{}", next_link_of, &chain, NULL), MX_OK);
    gate_wait(&chain.ended);
    mx_client_free(chain.client);
    CHECK_NUMBER(server_requests("chain"), 21);
}

static void an_op_is_never_used_twice(void) {
    enum { CALLS = 100 };
    struct inbox inbox;
    mx_client *clients[2];
    mx_op before = 0;
    int i;
    inbox_init(&inbox);
    clients[0] = client_of("ops");
    clients[1] = client_of("ops");
    for (i = 0; i < CALLS; i++) {
        mx_op op = 0;
        CHECK_STATUS(mx_call(clients[i % 2], "getNothing", "{}", inbox_deliver, &inbox, &op),
                     MX_OK);
        CHECK(op > before);
        before = op;
    }
    mx_client_free(clients[0]);
    mx_client_free(clients[1]);
    CHECK_NUMBER(inbox_count(&inbox), CALLS);
    inbox_clear(&inbox);
}

const struct test delivery_tests[] = {
    {"results_come_in_the_order_in_which_the_operations_ended",
     results_come_in_the_order_in_which_the_operations_ended},
    {"a_slow_callback_does_not_delay_the_network", a_slow_callback_does_not_delay_the_network},
    {"a_callback_may_start_calls_and_is_not_entered_by_them",
     a_callback_may_start_calls_and_is_not_entered_by_them},
    {"an_op_is_never_used_twice", an_op_is_never_used_twice},
    {NULL, NULL},
};
