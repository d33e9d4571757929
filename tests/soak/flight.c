/*
 * Ten thousand calls in flight at once, half to callbacks and half to a queue: every one has its one answer.
 *
 *     flight URL CALLS
 *
 * The server answers none before it has all of them.
 */
#include "soak.h"

#include <inttypes.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { GRACE_S = 120 };

struct call {
    mx_op op;
    int results;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int came;
static int strange;

int promise(bool held_now, const char *sentence, int *held) {
    printf("%s %s\n", held_now ? "ok" : "FAIL", sentence);
    *held += held_now;
    return !held_now;
}

static void settle(mx_result *result, void *user_data) {
    struct call *call = user_data;
    const char *sid = mx_result_string(result, "/sid");
    pthread_mutex_lock(&lock);
    came++;
    strange += mx_result_status(result) != MX_OK || sid == NULL ||
               mx_result_op(result) != call->op || ++call->results != 1;
    if (mx_result_status(result) != MX_OK && strange < 5) {
        printf("WRONG: %s\n", mx_result_message(result));
    }
    pthread_mutex_unlock(&lock);
    mx_result_free(result);
}

static int arrived(void) {
    int now;
    pthread_mutex_lock(&lock);
    now = came;
    pthread_mutex_unlock(&lock);
    return now;
}

static void on_alarm(int signal_number) {
    static const char words[] = "FAIL the calls in flight do not end\n0 passed, 1 failed\n";
    ssize_t written = write(STDOUT_FILENO, words, sizeof words - 1);
    (void)signal_number;
    (void)written;
    _exit(1);
}

/* What malloc keeps for later is not the library's. */
static void give_memory_back(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

static mx_client *new_client(const char *url, mx_queue *queue) {
    mx_client_options *options = NULL;
    mx_client *client = NULL;
    if (mx_client_options_new(&options) != MX_OK ||
        mx_client_options_set_queue(options, queue) != MX_OK ||
        mx_client_options_set_timeout_ms(options, GRACE_S * 1000) != MX_OK ||
        mx_client_options_set_connect_timeout_ms(options, GRACE_S * 1000) != MX_OK ||
        mx_client_new(url, options, &client, NULL) != MX_OK) {
        printf("WRONG: %s\n", mx_refusal_message());
        exit(2);
    }
    mx_client_options_free(options);
    return client;
}

static mx_status start(mx_client *client, mx_callback callback, struct call *call) {
    return mx_request_token_to_reset_password_email(client, "s3cr3t", "alice@example.test", 1, NULL,
                                                    NULL, NULL, callback, call, &call->op);
}

int main(int argc, char **argv) {
    int number = argc == 3 ? atoi(argv[2]) : 0;
    struct call *calls = calloc(number > 0 ? (size_t)number : 1, sizeof *calls);
    mx_queue *queue = NULL;
    mx_client *clients[2];
    mx_result *result = NULL;
    struct rlimit files;
    struct gauge before;
    struct gauge during;
    struct gauge after;
    struct gauge trimmed;
    int64_t started;
    int accepted = 0;
    int held = 0;
    int broken = 0;
    int i;
    if (number < 2 || calls == NULL) {
        fprintf(stderr, "usage: flight URL CALLS\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 4096);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_max < (rlim_t)number + 100) {
        printf("only %" PRIu64 " descriptors are allowed here\n", (uint64_t)files.rlim_max);
        printf("0 passed, 0 failed, 1 skipped\n");
        return 0;
    }
    signal(SIGALRM, on_alarm);
    alarm(GRACE_S + 60);
    before = gauge_now();
    if (mx_queue_new(&queue) != MX_OK) {
        return 2;
    }
    clients[0] = new_client(argv[1], NULL);
    clients[1] = new_client(argv[1], queue);
    started = now_ms();
    for (i = 0; i < number; i++) {
        bool queued = i % 2 == 1;
        accepted += start(clients[queued], queued ? NULL : settle, &calls[i]) == MX_OK;
    }
    /* The first one comes when all are in flight. */
    for (i = 0; i < number / 2 && mx_queue_next(queue, GRACE_S * 1000, &result) == MX_OK; i++) {
        if (i == 0) {
            during = gauge_now();
        }
        settle(result, mx_result_user_data(result));
    }
    mx_client_free(clients[0]);
    mx_client_free(clients[1]);
    printf("accepted %d, completed %d, in %" PRId64 " ms\n", accepted, arrived(),
           now_ms() - started);
    broken += promise(accepted == number && arrived() == number,
                      "ten thousand calls in flight at once have all completed", &held);
    broken += promise(strange == 0, "each has its own answer, once", &held);
    broken += promise(mx_queue_next(queue, 0, &result) == MX_ERR_TIMEOUT, "none came twice", &held);
    mx_queue_free(queue);
    free(calls);
    after = gauge_now();
    give_memory_back();
    trimmed = gauge_now();
    printf("RSS %.0f KiB before, %.0f in flight, %.0f after, %.0f without what malloc kept; "
           "descriptors %.0f in flight, %.0f after; threads %.0f in flight, %.0f after\n",
           before.rss_kib, during.rss_kib, after.rss_kib, trimmed.rss_kib, during.descriptors,
           after.descriptors, during.threads, after.threads);
    broken += promise(mx_debug_live_objects() == 0 && after.threads == before.threads &&
                          after.descriptors == before.descriptors,
                      "no object, no thread and no descriptor is left", &held);
    /* A leak of 1 KiB a call is seen; the library's code and the stacks are in the rest. */
    broken += promise(trimmed.rss_kib < before.rss_kib + 8 * 1024 + number, "no memory is left",
                      &held);
    printf("%d passed, %d failed\n", held, broken);
    return broken == 0 ? 0 : 1;
}
