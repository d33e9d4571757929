/* The queue: its descriptor, waiting, waking, and sharing it. */
#include "harness.h"

#include <poll.h>

static bool readable(mx_queue *queue, int timeout_ms) {
    struct pollfd entry;
    entry.fd = mx_queue_fd(queue);
    entry.events = POLLIN;
    entry.revents = 0;
    return poll(&entry, 1, timeout_ms) == 1 && entry.revents == POLLIN;
}

/* Waits until as many calls have ended as were started: then they cannot be cancelled. */
static void ended(mx_client *client, mx_op op) {
    int64_t until = now_ms() + patience_ms();
    while (mx_client_cancel(client, op) == MX_OK && now_ms() < until) {
        pause_ms(1);
    }
}

static void the_descriptor_is_readable_exactly_while_a_result_waits(void) {
    mx_queue *queue = new_queue();
    mx_client *client = queue_client("readable", queue);
    mx_result *result = NULL;
    int i;
    CHECK(mx_queue_fd(queue) >= 0);
    CHECK(!readable(queue, 0));
    for (i = 0; i < 3; i++) {
        CHECK_STATUS(mx_call(client, "getNothing", "{}", NULL, NULL, NULL), MX_OK);
        CHECK(readable(queue, patience_ms()));
    }
    pause_ms(20);
    for (i = 0; i < 3; i++) {
        CHECK(readable(queue, 0));
        CHECK_STATUS(mx_queue_next(queue, patience_ms(), &result), MX_OK);
        mx_result_free(result);
    }
    CHECK(!readable(queue, 0));
    CHECK_STATUS(mx_queue_next(queue, 0, &result), MX_ERR_TIMEOUT);
    CHECK(!readable(queue, 0));
    CHECK_STATUS(mx_call(client, "getNothing", "{}", NULL, NULL, NULL), MX_OK);
    CHECK(readable(queue, patience_ms()));
    CHECK_STATUS(mx_queue_next(queue, patience_ms(), &result), MX_OK);
    mx_result_free(result);
    CHECK(!readable(queue, 0));
    mx_client_free(client);
    mx_queue_free(queue);
}

static void next_waits_as_long_as_it_is_told(void) {
    mx_queue *queue = new_queue();
    mx_client *client;
    mx_result *result = NULL;
    int64_t began = now_ms();
    server_script("waits", "[{'delay_ms':100,'json':{'sid':'S1'}}]");
    client = queue_client("waits", queue);
    CHECK_STATUS(mx_queue_next(queue, 0, &result), MX_ERR_TIMEOUT);
    CHECK_STATUS(mx_queue_next(queue, 50, &result), MX_ERR_TIMEOUT);
    CHECK(now_ms() - began >= 50 && result == NULL);
    CHECK_STATUS(ask(client, NULL, NULL, NULL), MX_OK);
    CHECK_STATUS(mx_queue_next(queue, -1, &result), MX_OK);
    mx_result_free(result);
    CHECK_STATUS(ask(client, NULL, NULL, NULL), MX_OK);
    CHECK_STATUS(mx_queue_next(queue, INT64_MAX, &result), MX_OK);
    mx_result_free(result);
    CHECK_STATUS(ask(client, NULL, NULL, NULL), MX_OK);
    CHECK_STATUS(mx_queue_next(queue, INT64_MIN, &result), MX_OK);
    mx_result_free(result);
    mx_client_free(client);
    mx_queue_free(queue);
}

struct waiter {
    mx_queue *queue;
    pthread_mutex_t *lock;
    int *results;
    int *wakes;
    int *waiting;
};

/* Takes results until a wake ends it. */
static void *wait_for_results(void *argument) {
    struct waiter *waiter = argument;
    for (;;) {
        mx_result *result = NULL;
        mx_status status;
        pthread_mutex_lock(waiter->lock);
        ++*waiter->waiting;
        pthread_mutex_unlock(waiter->lock);
        status = mx_queue_next(waiter->queue, -1, &result);
        pthread_mutex_lock(waiter->lock);
        --*waiter->waiting;
        if (status == MX_OK) {
            ++*waiter->results;
        } else {
            CHECK_STATUS(status, MX_ERR_TIMEOUT);
            ++*waiter->wakes;
        }
        pthread_mutex_unlock(waiter->lock);
        mx_result_free(result);
        if (status != MX_OK) {
            return NULL;
        }
    }
}

static void each_wake_ends_one_wait_and_takes_no_result(void) {
    enum { WAITERS = 4 };
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_t threads[WAITERS];
    int results = 0;
    int wakes = 0;
    int waiting = 0;
    int calls = scaled(400);
    int64_t until = now_ms() + patience_ms();
    struct waiter waiter;
    mx_queue *queue = new_queue();
    mx_client *client = queue_client("wakes", queue);
    int i;
    waiter.queue = queue;
    waiter.lock = &lock;
    waiter.results = &results;
    waiter.wakes = &wakes;
    waiter.waiting = &waiting;
    for (i = 0; i < WAITERS; i++) {
        CHECK_NUMBER(pthread_create(&threads[i], NULL, wait_for_results, &waiter), 0);
    }
    for (i = 0; i < calls; i++) {
        CHECK_STATUS(mx_call(client, "getNothing", "{}", NULL, NULL, NULL), MX_OK);
        if (i == calls / 2) {
            CHECK_STATUS(mx_queue_wake(queue), MX_OK);
            CHECK_STATUS(mx_queue_wake(queue), MX_OK);
        }
    }
    for (;;) {
        bool all;
        pthread_mutex_lock(&lock);
        all = results == calls && wakes == 2 && waiting == WAITERS - 2;
        pthread_mutex_unlock(&lock);
        if (all || now_ms() > until) {
            break;
        }
        pause_ms(2);
    }
    pthread_mutex_lock(&lock);
    CHECK_NUMBER(results, calls);
    CHECK_NUMBER(wakes, 2);
    pthread_mutex_unlock(&lock);
    for (i = 0; i < WAITERS - 2; i++) {
        CHECK_STATUS(mx_queue_wake(queue), MX_OK);
    }
    for (i = 0; i < WAITERS; i++) {
        pthread_join(threads[i], NULL);
    }
    CHECK_NUMBER(wakes, WAITERS);
    mx_client_free(client);
    mx_queue_free(queue);
}

static void a_wake_is_kept_for_a_later_wait_and_makes_nothing_readable(void) {
    mx_queue *queue = new_queue();
    mx_client *client = queue_client("kept-wake", queue);
    mx_result *result = NULL;
    mx_op op = 0;
    CHECK_STATUS(mx_queue_wake(queue), MX_OK);
    CHECK(!readable(queue, 0));
    CHECK_STATUS(mx_queue_next(queue, -1, &result), MX_ERR_TIMEOUT);
    CHECK_STATUS(mx_call(client, "getNothing", "{}", NULL, NULL, &op), MX_OK);
    CHECK(readable(queue, patience_ms()));
    CHECK_STATUS(mx_queue_wake(queue), MX_OK);
    CHECK_STATUS(mx_queue_next(queue, -1, &result), MX_ERR_TIMEOUT);
    CHECK(result == NULL && readable(queue, 0));
    CHECK_STATUS(mx_queue_next(queue, -1, &result), MX_OK);
    CHECK(mx_result_op(result) == op);
    mx_result_free(result);
    CHECK(!readable(queue, 0));
    mx_client_free(client);
    mx_queue_free(queue);
}

static void two_clients_may_share_a_queue(void) {
    enum { CALLS = 10 };
    int tags[2] = {0, 0};
    int counts[2] = {0, 0};
    mx_queue *queue = new_queue();
    mx_client *first;
    mx_client *second;
    mx_result *result = NULL;
    int i;
    server_script("shared-a", "[{'json':{'sid':'A'},'shuffle_ms':5}]");
    server_script("shared-b", "[{'json':{'sid':'B'},'shuffle_ms':5}]");
    first = queue_client("shared-a", queue);
    second = queue_client("shared-b", queue);
    for (i = 0; i < CALLS; i++) {
        CHECK_STATUS(ask(first, NULL, &tags[0], NULL), MX_OK);
        CHECK_STATUS(ask(second, NULL, &tags[1], NULL), MX_OK);
    }
    for (i = 0; i < 2 * CALLS; i++) {
        int *tag;
        CHECK_STATUS(mx_queue_next(queue, patience_ms(), &result), MX_OK);
        tag = mx_result_user_data(result);
        if (CHECK(tag == &tags[0] || tag == &tags[1])) {
            CHECK_TEXT(mx_result_string(result, "/sid"), tag == &tags[0] ? "A" : "B");
            counts[tag - tags]++;
        }
        mx_result_free(result);
    }
    CHECK(counts[0] == CALLS && counts[1] == CALLS);
    mx_client_free(first);
    CHECK_STATUS(ask(second, NULL, &tags[1], NULL), MX_OK);
    CHECK_STATUS(mx_queue_next(queue, patience_ms(), &result), MX_OK);
    CHECK_STATUS(mx_result_status(result), MX_OK);
    mx_result_free(result);
    mx_client_free(second);
    mx_queue_free(queue);
}

static void results_outlive_their_client_and_their_queue(void) {
    mx_queue *queue = new_queue();
    mx_client *client;
    mx_result *cancelled = NULL;
    mx_result *answered = NULL;
    mx_op op = 0;
    server_script("outlive", "[{'json':{'sid':'S1'}},{'hang':true}]");
    client = queue_client("outlive", queue);
    CHECK_STATUS(ask(client, NULL, NULL, &op), MX_OK);
    CHECK(readable(queue, patience_ms()));
    CHECK_STATUS(ask(client, NULL, NULL, NULL), MX_OK);
    mx_client_free(client);
    CHECK_STATUS(mx_queue_next(queue, 0, &answered), MX_OK);
    CHECK_STATUS(mx_queue_next(queue, 0, &cancelled), MX_OK);
    mx_queue_free(queue);
    CHECK_TEXT(mx_result_string(answered, "/sid"), "S1");
    CHECK(mx_result_op(answered) == op);
    CHECK_STATUS(mx_result_status(cancelled), MX_ERR_CANCELLED);
    mx_result_free(answered);
    mx_result_free(cancelled);
}

static void a_queue_that_is_freed_first_drops_what_waits_and_what_comes(void) {
    mx_queue *queue = new_queue();
    mx_client *client;
    mx_op op = 0;
    server_script("freed-queue", "[{'hang':true}]");
    client = queue_client("freed-queue", queue);
    CHECK_STATUS(mx_call(client, "getNothing", "{}", NULL, NULL, NULL), MX_OK);
    CHECK(readable(queue, patience_ms()));
    CHECK_STATUS(ask(client, NULL, NULL, &op), MX_OK);
    mx_queue_free(queue);
    ended(client, op);
    CHECK_STATUS(mx_call(client, "getNothing", "{}", NULL, NULL, NULL), MX_OK);
    mx_client_free(client);
}

const struct test queue_tests[] = {
    {"the_descriptor_is_readable_exactly_while_a_result_waits",
     the_descriptor_is_readable_exactly_while_a_result_waits},
    {"next_waits_as_long_as_it_is_told", next_waits_as_long_as_it_is_told},
    {"each_wake_ends_one_wait_and_takes_no_result", each_wake_ends_one_wait_and_takes_no_result},
    {"a_wake_is_kept_for_a_later_wait_and_makes_nothing_readable",
     a_wake_is_kept_for_a_later_wait_and_makes_nothing_readable},
    {"two_clients_may_share_a_queue", two_clients_may_share_a_queue},
    {"results_outlive_their_client_and_their_queue", results_outlive_their_client_and_their_queue},
    {"a_queue_that_is_freed_first_drops_what_waits_and_what_comes",
     a_queue_that_is_freed_first_drops_what_waits_and_what_comes},
    {NULL, NULL},
};
