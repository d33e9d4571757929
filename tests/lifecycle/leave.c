/* Leaves the process with clients alive, from wherever one can leave it: it ends at once, with the number that was given. */
#define _ISOC11_SOURCE /* quick_exit */
#define _POSIX_C_SOURCE 200809L
#include "scene.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static mx_client *client;
static mx_client *stuck;
static mx_queue *queue;
static mx_client *queued;
static mx_status stuck_status = -1;

/* Clients of both kinds: idle, with calls in flight, and with a result that nobody fetched. */
static void keep_busy(void) {
    int i;
    queue = new_queue();
    client = client_of(answering);
    stuck = client_of(hanging);
    queued = queue_client_of(answering, queue);
    call_and_wait(client);
    for (i = 0; i < 20; i++) {
        start_call(stuck, keep_status, &stuck_status);
        start_call(queued, NULL, NULL);
    }
}

static void *wait_for_ever(void *unused) {
    for (;;) {
        pause_ms(1000);
    }
    return unused;
}

static void start_thread(void *(*body)(void *)) {
    pthread_t thread;
    NEED(pthread_create(&thread, NULL, body, NULL) == 0);
    pthread_detach(thread);
}

static void by_return_from_main(void) { keep_busy(); }

static void by_exit(void) {
    keep_busy();
    exit(AS_PROMISED);
}

static void by_underscore_exit(void) {
    keep_busy();
    _exit(AS_PROMISED);
}

static void stay(mx_result *result, void *unused) {
    tell("callback");
    wait_for_ever(unused);
    mx_result_free(result);
}

static void by_exit_while_a_callback_runs(void) {
    keep_busy();
    start_call(client, stay, NULL);
    wait_until_told("callback");
    exit(AS_PROMISED);
}

static void *free_it(void *unused) {
    tell("freeing");
    mx_client_free(client);
    return unused;
}

static void by_exit_while_a_thread_frees_a_client(void) {
    keep_busy();
    start_call(client, stay, NULL);
    wait_until_told("callback");
    start_thread(free_it);
    wait_until_told("freeing");
    pause_ms(20);
    exit(AS_PROMISED);
}

static void *fetch(void *unused) {
    mx_result *result = NULL;
    mx_queue *empty = new_queue();
    tell("waiting");
    mx_queue_next(empty, -1, &result);
    return unused;
}

static void by_exit_while_a_thread_waits_for_a_result(void) {
    keep_busy();
    start_thread(fetch);
    wait_until_told("waiting");
    pause_ms(20);
    exit(AS_PROMISED);
}

static void *exit_now(void *unused) {
    exit(AS_PROMISED);
    return unused;
}

static void by_exit_on_another_thread(void) {
    mx_result *result = NULL;
    keep_busy();
    start_thread(exit_now);
    mx_queue_next(new_queue(), -1, &result);
}

/* Frees what a handler may free on any thread but in the log. */
static void free_all(void) {
    be_refused();
    mx_client_free(stuck);
    NEED(stuck_status == MX_ERR_CANCELLED);
    mx_client_free(queued);
    mx_client_free(client);
    mx_queue_free(queue);
    NEED(mx_debug_live_objects() == 0);
}

static void leave_inside(mx_result *result, void *unused) {
    (void)unused;
    mx_result_free(result);
    be_refused();
    exit(AS_PROMISED);
}

/* Its handler frees the very client whose callback called exit. */
static void by_exit_inside_a_callback(void) {
    NEED(atexit(free_all) == 0);
    keep_busy();
    start_call(client, leave_inside, NULL);
    wait_for_ever(NULL);
}

static void leave_after_freeing(mx_result *result, void *unused) {
    (void)unused;
    mx_result_free(result);
    free_all();
    exit(AS_PROMISED);
}

static void by_exit_inside_a_callback_that_freed_the_last_client(void) {
    keep_busy();
    start_call(client, leave_after_freeing, NULL);
    wait_for_ever(NULL);
}

static void by_quick_exit(void) {
    NEED(at_quick_exit(free_all) == 0);
    keep_busy();
    quick_exit(AS_PROMISED);
}

static void be_refused_in_the_log(void) {
    NEED(mx_call(client, "getVersions", "{}", keep_status, NULL, NULL) == MX_ERR_MISUSE);
    NEED(mx_log_set(MX_LOG_DEBUG, NULL, NULL) == MX_ERR_MISUSE);
    mx_client_free(client);
    mx_queue_free(queue);
}

static void leave_by_the_log(int32_t level, const char *message, void *thread) {
    (void)level;
    (void)message;
    if (!pthread_equal(pthread_self(), *(pthread_t *)thread)) {
        exit(AS_PROMISED);
    }
}

/* The handlers run on the thread of callbacks, inside the log: everything there is refused or leaks. */
static void by_exit_inside_the_log(void) {
    static pthread_t here;
    here = pthread_self();
    NEED(atexit(be_refused_in_the_log) == 0);
    keep_busy();
    NEED(mx_log_set(MX_LOG_DEBUG, leave_by_the_log, &here) == MX_OK);
    start_call(client, keep_status, NULL);
    wait_for_ever(NULL);
}

static const struct scene scenes[] = {
    {"by-return-from-main", by_return_from_main},
    {"by-exit", by_exit},
    {"by-underscore-exit", by_underscore_exit},
    {"by-quick-exit", by_quick_exit},
    {"by-exit-while-a-callback-runs", by_exit_while_a_callback_runs},
    {"by-exit-while-a-thread-frees-a-client", by_exit_while_a_thread_frees_a_client},
    {"by-exit-while-a-thread-waits-for-a-result", by_exit_while_a_thread_waits_for_a_result},
    {"by-exit-on-another-thread", by_exit_on_another_thread},
    {"by-exit-inside-a-callback", by_exit_inside_a_callback},
    {"by-exit-inside-a-callback-that-freed-the-last-client",
     by_exit_inside_a_callback_that_freed_the_last_client},
    {"by-exit-inside-the-log", by_exit_inside_the_log},
    {NULL, NULL},
};

int main(int argc, char **argv) { return play_scene(scenes, argc, argv); }
