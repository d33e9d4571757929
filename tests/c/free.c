/* Freeing a client: every result comes, none comes after, from wherever it is freed. */
#include "harness.h"

struct ending {
    pthread_mutex_t lock;
    bool freed;
    int ok;
    int cancelled;
    int late;
};

static void count_ending(mx_result *result, void *user_data) {
    struct ending *ending = user_data;
    mx_status status = mx_result_status(result);
    mx_result_free(result);
    pthread_mutex_lock(&ending->lock);
    CHECK(status == MX_OK || status == MX_ERR_CANCELLED);
    ending->ok += status == MX_OK;
    ending->cancelled += status == MX_ERR_CANCELLED;
    ending->late += ending->freed;
    pthread_mutex_unlock(&ending->lock);
}

static void two_hundred_calls_freed_in_the_middle_give_two_hundred_results(void) {
    enum { CALLS = 200 };
    struct ending ending = {PTHREAD_MUTEX_INITIALIZER, false, 0, 0, 0};
    int64_t until = now_ms() + patience_ms();
    mx_client *client;
    mx_client *other;
    mx_op op = 0;
    int i;
    server_script("middle", "[{'json':{'sid':'S1'},'shuffle_ms':300}]");
    /* Another client keeps the threads, so that a late callback would still find one to run on. */
    other = client_of("middle");
    client = client_of("middle");
    for (i = 0; i < CALLS; i++) {
        CHECK_STATUS(ask(client, count_ending, &ending, &op), MX_OK);
        if (i % 3 == 0) {
            mx_status status = mx_client_cancel(client, op);
            CHECK(status == MX_OK || status == MX_ERR_NOT_FOUND);
        }
    }
    for (;;) {
        int ok;
        pthread_mutex_lock(&ending.lock);
        ok = ending.ok;
        pthread_mutex_unlock(&ending.lock);
        if (ok > 0 || now_ms() > until) {
            break;
        }
        pause_ms(1);
    }
    mx_client_free(client);
    pthread_mutex_lock(&ending.lock);
    ending.freed = true;
    CHECK_NUMBER(ending.ok + ending.cancelled, CALLS);
    CHECK(ending.ok > 0 && ending.cancelled > 0);
    pthread_mutex_unlock(&ending.lock);
    pause_ms(50);
    mx_client_free(other);
    CHECK_NUMBER(ending.late, 0);
    CHECK_NUMBER(ending.ok + ending.cancelled, CALLS);
}

struct slow {
    struct gate entered;
    bool returned;
};

static void return_slowly(mx_result *result, void *user_data) {
    struct slow *slow = user_data;
    mx_result_free(result);
    gate_open(&slow->entered);
    pause_ms(100);
    slow->returned = true;
}

static void freeing_waits_for_the_callback_that_is_running(void) {
    struct slow slow;
    mx_client *client = client_of("waits-for-callback");
    slow.returned = false;
    gate_init(&slow.entered);
    CHECK_STATUS(mx_call(client, "getNothing", "{}", return_slowly, &slow, NULL), MX_OK);
    gate_wait(&slow.entered);
    mx_client_free(client);
    CHECK(slow.returned);
}

static void *come_and_go(void *script) {
    int i;
    for (i = 0; i < scaled(30); i++) {
        struct inbox inbox;
        mx_client *client = client_of(script);
        inbox_init(&inbox);
        CHECK_STATUS(ask(client, inbox_deliver, &inbox, NULL), MX_OK);
        if (i % 2 == 0) {
            CHECK_ENDS(&inbox, MX_OK);
        }
        mx_client_free(client);
        CHECK_NUMBER(inbox_count(&inbox), 1);
        inbox_clear(&inbox);
    }
    return NULL;
}

static void clients_may_come_and_go_on_many_threads(void) {
    enum { THREADS = 8 };
    pthread_t threads[THREADS];
    char script[] = "come-and-go";
    int i;
    server_script(script, "[{'json':{'sid':'S1'}}]");
    come_and_go(script);
    CHECK(library_threads() <= 0);
    for (i = 0; i < THREADS; i++) {
        CHECK_NUMBER(pthread_create(&threads[i], NULL, come_and_go, script), 0);
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    CHECK(library_threads() <= 0);
}

const struct test free_tests[] = {
    {"two_hundred_calls_freed_in_the_middle_give_two_hundred_results",
     two_hundred_calls_freed_in_the_middle_give_two_hundred_results},
    {"freeing_waits_for_the_callback_that_is_running",
     freeing_waits_for_the_callback_that_is_running},
    {"clients_may_come_and_go_on_many_threads", clients_may_come_and_go_on_many_threads},
    {NULL, NULL},
};
