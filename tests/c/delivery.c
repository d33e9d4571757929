/* When, where and in which order results come to callbacks. */
#include "harness.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What many calls on many threads share. */
struct crowd {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    mx_client *client;
    int calls_each;
    int done;
    int inside;
    pthread_t callback_thread;
    pthread_t starter;
};

struct exchange {
    struct crowd *crowd;
    int64_t attempt;
    mx_op op;
    int results;
};

static void crowd_init(struct crowd *crowd, mx_client *client, int calls_each) {
    memset(crowd, 0, sizeof *crowd);
    pthread_mutex_init(&crowd->lock, NULL);
    pthread_cond_init(&crowd->changed, NULL);
    crowd->client = client;
    crowd->calls_each = calls_each;
}

/* Checks the one result of an exchange: whose it is, what it says, and on which thread it comes. */
static void exchanged(mx_result *result, void *user_data) {
    struct exchange *exchange = user_data;
    struct crowd *crowd = exchange->crowd;
    char sid[32];
    pthread_mutex_lock(&crowd->lock);
    CHECK_NUMBER(++crowd->inside, 1);
    if (crowd->done == 0) {
        crowd->callback_thread = pthread_self();
    }
    CHECK(pthread_equal(crowd->callback_thread, pthread_self()));
    CHECK(!pthread_equal(crowd->starter, pthread_self()));
    pthread_mutex_unlock(&crowd->lock);
    snprintf(sid, sizeof sid, "%" PRId64, exchange->attempt);
    CHECK_STATUS(mx_result_status(result), MX_OK);
    CHECK_TEXT(mx_result_string(result, "/sid"), sid);
    CHECK(exchange->op != 0 && mx_result_op(result) == exchange->op);
    CHECK(mx_result_user_data(result) == exchange);
    CHECK_NUMBER(++exchange->results, 1);
    mx_result_free(result);
    pthread_mutex_lock(&crowd->lock);
    crowd->inside--;
    crowd->done++;
    pthread_cond_signal(&crowd->changed);
    pthread_mutex_unlock(&crowd->lock);
}

static void start(struct exchange *exchange, struct crowd *crowd, int64_t attempt) {
    exchange->crowd = crowd;
    exchange->attempt = attempt;
    exchange->results = 0;
    exchange->op = 0;
    CHECK_STATUS(mx_request_token_to_reset_password_email(
                     crowd->client, "s3cr3t", "alice@example.test", attempt, NULL, NULL, NULL,
                     exchanged, exchange, &exchange->op),
                 MX_OK);
}

static void crowd_wait(struct crowd *crowd, int number) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += patience_ms() / 1000;
    pthread_mutex_lock(&crowd->lock);
    while (crowd->done < number &&
           pthread_cond_timedwait(&crowd->changed, &crowd->lock, &until) == 0) {
    }
    CHECK_NUMBER(crowd->done, number);
    pthread_mutex_unlock(&crowd->lock);
}

enum { THREADS = 8 };

struct member {
    struct crowd *crowd;
    int number;
    struct exchange *exchanges;
};

static void *take_part(void *argument) {
    struct member *member = argument;
    int i;
    for (i = 0; i < member->crowd->calls_each; i++) {
        start(&member->exchanges[i], member->crowd, (int64_t)member->number * 1000 + i);
    }
    return NULL;
}

static void eight_threads_with_300_calls_each_get_their_own_answers(void) {
    struct crowd crowd;
    struct member members[THREADS];
    pthread_t threads[THREADS];
    mx_client *client;
    int number = scaled(300);
    int i;
    int j;
    server_script("crowd", "[{'echo':true,'shuffle_ms':20}]");
    client = client_of("crowd");
    crowd_init(&crowd, client, number);
    crowd.starter = pthread_self();
    for (i = 0; i < THREADS; i++) {
        members[i].crowd = &crowd;
        members[i].number = i + 1;
        members[i].exchanges = calloc((size_t)number, sizeof *members[i].exchanges);
        CHECK_NUMBER(pthread_create(&threads[i], NULL, take_part, &members[i]), 0);
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    crowd_wait(&crowd, THREADS * number);
    mx_client_free(client);
    CHECK_NUMBER(crowd.done, THREADS * number);
    for (i = 0; i < THREADS; i++) {
        for (j = 0; j < number; j++) {
            CHECK_NUMBER(members[i].exchanges[j].results, 1);
        }
        free(members[i].exchanges);
    }
    CHECK_NUMBER(server_requests("crowd"), THREADS * number);
}

static void the_callbacks_of_all_clients_run_on_one_thread(void) {
    enum { CLIENTS = 50 };
    struct crowd crowd;
    struct exchange exchanges[CLIENTS];
    mx_client *clients[CLIENTS];
    int i;
    server_script("fifty", "[{'echo':true}]");
    crowd_init(&crowd, NULL, 1);
    crowd.starter = pthread_self();
    for (i = 0; i < CLIENTS; i++) {
        clients[i] = client_of("fifty");
        crowd.client = clients[i];
        start(&exchanges[i], &crowd, i);
    }
    crowd_wait(&crowd, CLIENTS);
    CHECK(library_threads() == 2 || library_threads() == -1);
    for (i = 0; i < CLIENTS; i++) {
        mx_client_free(clients[i]);
    }
    CHECK(library_threads() <= 0);
}

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
    CHECK_STATUS(mx_result_status(result),
                 chain->left % 2 == 0 ? MX_OK : MX_ERR_INVALID_ARGUMENT);
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
        CHECK_STATUS(mx_call(clients[i % 2], "getNothing", "{}", inbox_deliver, &inbox, &op), MX_OK);
        CHECK(op > before);
        before = op;
    }
    mx_client_free(clients[0]);
    mx_client_free(clients[1]);
    CHECK_NUMBER(inbox_count(&inbox), CALLS);
    inbox_clear(&inbox);
}

const struct test delivery_tests[] = {
    {"eight_threads_with_300_calls_each_get_their_own_answers",
     eight_threads_with_300_calls_each_get_their_own_answers},
    {"the_callbacks_of_all_clients_run_on_one_thread",
     the_callbacks_of_all_clients_run_on_one_thread},
    {"results_come_in_the_order_in_which_the_operations_ended",
     results_come_in_the_order_in_which_the_operations_ended},
    {"a_slow_callback_does_not_delay_the_network", a_slow_callback_does_not_delay_the_network},
    {"a_callback_may_start_calls_and_is_not_entered_by_them",
     a_callback_may_start_calls_and_is_not_entered_by_them},
    {"an_op_is_never_used_twice", an_op_is_never_used_twice},
    {NULL, NULL},
};
