/* Uses the library when the process or a thread is nearly over: in atexit handlers and in destructors of thread-specific data. */
#include "scene.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static mx_client *client;
static mx_client *stuck;
static mx_status stuck_status = -1;
static int descriptors;

/* All that an application may do in its handler; where the scene ends as promised, by the handler's word. */
static void use_everything_and_leave(void) {
    be_refused();
    if (client != NULL) {
        call_and_wait(client);
    }
    if (stuck != NULL) {
        mx_client_free(stuck);
        NEED(stuck_status == MX_ERR_CANCELLED);
    }
    mx_client_free(client);
    be_refused();
    need_no_trace(descriptors);
    come_and_go();
    client = client_of(answering);
    call_and_wait(client);
    mx_client_free(client);
    need_no_trace(descriptors);
    _exit(AS_PROMISED);
}

static void use_it_now(void) {
    descriptors = open_descriptors();
    be_refused();
    client = client_of(answering);
    call_and_wait(client);
    stuck = client_of(hanging);
    start_call(stuck, keep_status, &stuck_status);
}

static void a_handler_from_before_the_first_use(void) {
    NEED(atexit(use_everything_and_leave) == 0);
    use_it_now();
    exit(1);
}

static void a_handler_from_after_the_first_use(void) {
    use_it_now();
    NEED(atexit(use_everything_and_leave) == 0);
    exit(1);
}

static void the_first_use_is_in_the_handler(void) {
    descriptors = open_descriptors();
    NEED(atexit(use_everything_and_leave) == 0);
    exit(1);
}

static void log_line(int32_t level, const char *message, void *user_data) {
    (void)level;
    NEED(message != NULL && *(int *)user_data == 42);
}

static void the_log_is_set(void) {
    static int user_data = 42;
    NEED(mx_log_set(MX_LOG_DEBUG, log_line, &user_data) == MX_OK);
    a_handler_from_before_the_first_use();
}

static void *exit_here(void *unused) {
    be_refused();
    exit(1);
    return unused;
}

static void the_handler_runs_on_another_thread(void) {
    pthread_t thread;
    NEED(atexit(use_everything_and_leave) == 0);
    use_it_now();
    NEED(pthread_create(&thread, NULL, exit_here, NULL) == 0);
    pthread_join(thread, NULL);
}

static pthread_key_t key;
static int rounds;

/* Once more in the next round: by then every other destructor of the thread has run. */
static void use_it_when_the_thread_ends(void *value) {
    be_refused();
    call_and_wait(client);
    come_and_go();
    if (++rounds < 3) {
        pthread_setspecific(key, value);
    }
}

static void *end_with_data(void *unused) {
    pthread_setspecific(key, &key);
    be_refused();
    call_and_wait(client);
    return unused;
}

static void the_destructor_of_a_threads_data(void) {
    pthread_t thread;
    descriptors = open_descriptors();
    client = client_of(answering);
    NEED(pthread_key_create(&key, use_it_when_the_thread_ends) == 0);
    NEED(pthread_create(&thread, NULL, end_with_data, NULL) == 0);
    pthread_join(thread, NULL);
    NEED(rounds == 3);
    mx_client_free(client);
    need_no_trace(descriptors);
}

/* The callback's own thread has data that is destroyed after the library's. */
static void set_data(mx_result *result, void *unused) {
    (void)unused;
    mx_result_free(result);
    be_refused();
    pthread_setspecific(key, &key);
}

static void refuse_when_the_thread_ends(void *unused) {
    (void)unused;
    be_refused();
    rounds++;
}

static void the_destructor_of_the_callback_threads_data(void) {
    descriptors = open_descriptors();
    client = client_of(answering);
    NEED(pthread_key_create(&key, refuse_when_the_thread_ends) == 0);
    start_call(client, set_data, NULL);
    mx_client_free(client);
    NEED(rounds == 1);
    need_no_trace(descriptors);
}

static const struct scene scenes[] = {
    {"a-handler-from-before-the-first-use", a_handler_from_before_the_first_use},
    {"a-handler-from-after-the-first-use", a_handler_from_after_the_first_use},
    {"the-first-use-is-in-the-handler", the_first_use_is_in_the_handler},
    {"the-log-is-set", the_log_is_set},
    {"the-handler-runs-on-another-thread", the_handler_runs_on_another_thread},
    {"the-destructor-of-a-threads-data", the_destructor_of_a_threads_data},
    {"the-destructor-of-the-callback-threads-data", the_destructor_of_the_callback_threads_data},
    {NULL, NULL},
};

int main(int argc, char **argv) { return play_scene(scenes, argc, argv); }
