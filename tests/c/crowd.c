/* Many calls at once, from many threads and many clients: to each its own answer, on one thread. */
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
    CHECK_STATUS(mx_request_token_to_reset_password_email(crowd->client, "s3cr3t",
                                                          "alice@example.test", attempt, NULL, NULL,
                                                          NULL, exchanged, exchange, &exchange->op),
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

const struct test crowd_tests[] = {
    {"eight_threads_with_300_calls_each_get_their_own_answers",
     eight_threads_with_300_calls_each_get_their_own_answers},
    {"the_callbacks_of_all_clients_run_on_one_thread",
     the_callbacks_of_all_clients_run_on_one_thread},
    {NULL, NULL},
};
