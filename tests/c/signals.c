/* Signals stay on the application's threads, and a broken connection does not kill by SIGPIPE. */
#include "harness.h"

#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const int ordinary[] = {SIGUSR1, SIGUSR2, SIGTERM, SIGINT,
                               SIGHUP,  SIGCHLD, SIGPIPE, SIGCONT};
enum { ORDINARY = sizeof ordinary / sizeof *ordinary };

static volatile sig_atomic_t handled;
static pthread_t handled_on;

static void on_signal(int signal_number) {
    (void)signal_number;
    handled_on = pthread_self();
    handled++;
}

static void a_signal_is_handled_on_a_thread_of_the_application(void) {
    struct sigaction action;
    struct sigaction before[ORDINARY];
    sigset_t set;
    sigset_t pending;
    sigset_t mask;
    mx_client *client;
    int i;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    client = client_of("signals");
    for (i = 0; i < ORDINARY; i++) {
        sigaction(ordinary[i], &action, &before[i]);
        handled = 0;
        sigemptyset(&set);
        sigaddset(&set, ordinary[i]);
        pthread_sigmask(SIG_BLOCK, &set, &mask);
        kill(getpid(), ordinary[i]);
        pause_ms(5);
        /* No thread of the library's has taken it. */
        sigpending(&pending);
        CHECK(handled == 0 && sigismember(&pending, ordinary[i]) == 1);
        pthread_sigmask(SIG_SETMASK, &mask, NULL);
        CHECK_NUMBER(handled, 1);
        CHECK(pthread_equal(handled_on, pthread_self()));
        sigaction(ordinary[i], &before[i], NULL);
    }
    mx_client_free(client);
}

/* What the library's threads block, as the log and the callback find it there. */
struct masks {
    pthread_mutex_t lock;
    pthread_t application;
    int threads;
    sigset_t mask;
};

static void keep_mask(struct masks *masks) {
    sigset_t mask;
    int i;
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    if (pthread_equal(pthread_self(), masks->application)) {
        return;
    }
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    pthread_mutex_lock(&masks->lock);
    masks->threads++;
    for (i = 0; i < ORDINARY; i++) {
        CHECK_NUMBER(sigismember(&mask, ordinary[i]), 1);
    }
    for (i = 0; i < (int)(sizeof faults / sizeof *faults); i++) {
        CHECK_NUMBER(sigismember(&mask, faults[i]), 0);
    }
    pthread_mutex_unlock(&masks->lock);
}

static void keep_mask_of_log(int32_t level, const char *message, void *user_data) {
    (void)level;
    (void)message;
    keep_mask(user_data);
}

static void keep_mask_of_callback(mx_result *result, void *user_data) {
    mx_result_free(result);
    keep_mask(user_data);
}

static void the_librarys_threads_take_no_signal_but_faults(void) {
    struct masks masks;
    mx_client *client;
    pthread_mutex_init(&masks.lock, NULL);
    masks.application = pthread_self();
    masks.threads = 0;
    server_script("masks", "[{'json':{'sid':'S1'}}]");
    CHECK_STATUS(mx_log_set(MX_LOG_DEBUG, keep_mask_of_log, &masks), MX_OK);
    client = client_of("masks");
    CHECK_STATUS(ask(client, keep_mask_of_callback, &masks, NULL), MX_OK);
    mx_client_free(client);
    CHECK_STATUS(mx_log_set(MX_LOG_DEBUG, NULL, NULL), MX_OK);
    CHECK(masks.threads >= 2);
}

static void making_a_client_leaves_the_threads_own_mask_alone(void) {
    sigset_t set;
    sigset_t kept;
    sigset_t before;
    sigset_t after;
    mx_client *client;
    int i;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, &kept);
    pthread_sigmask(SIG_BLOCK, NULL, &before);
    client = client_of("mask");
    pthread_sigmask(SIG_BLOCK, NULL, &after);
    for (i = 1; i < 32; i++) {
        CHECK_NUMBER(sigismember(&after, i), sigismember(&before, i));
    }
    pthread_sigmask(SIG_SETMASK, &kept, NULL);
    mx_client_free(client);
}

/* A server that resets every connection without reading from it. */
struct resetter {
    int listener;
    int resets;
    bool stop;
    pthread_mutex_t lock;
};

static void *reset_connections(void *argument) {
    struct resetter *resetter = argument;
    struct linger at_once = {1, 0};
    bool stop = false;
    while (!stop) {
        struct pollfd entry = {resetter->listener, POLLIN, 0};
        if (poll(&entry, 1, 10) == 1) {
            char some[1000];
            int fd = accept(resetter->listener, NULL, NULL);
            /* Once the client is writing, a reset meets it in the middle of its body. */
            if (recv(fd, some, sizeof some, 0) > 0) {
                resetter->resets++;
            }
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
            close(fd);
        }
        pthread_mutex_lock(&resetter->lock);
        stop = resetter->stop;
        pthread_mutex_unlock(&resetter->lock);
    }
    return NULL;
}

static int listen_on_loopback(int *port) {
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_NUMBER(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    CHECK_NUMBER(listen(fd, 64), 0);
    CHECK_NUMBER(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static void a_connection_that_is_reset_while_the_body_is_sent_does_not_kill(void) {
    enum { CALLS = 10, SIZE = 4 << 20 };
    struct resetter resetter;
    struct inbox inbox;
    pthread_t thread;
    char url[64];
    char *params = malloc(SIZE + 64);
    mx_client *client = NULL;
    int port = 0;
    int i;
    if (params == NULL) {
        abort();
    }
    strcpy(params, "{\"type\":\"m.login.password\",\"password\":\"");
    memset(params + strlen(params), 'x', SIZE);
    strcpy(params + SIZE + 39, "\"}");
    inbox_init(&inbox);
    resetter.listener = listen_on_loopback(&port);
    resetter.resets = 0;
    resetter.stop = false;
    pthread_mutex_init(&resetter.lock, NULL);
    CHECK_NUMBER(pthread_create(&thread, NULL, reset_connections, &resetter), 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%d", port);
    CHECK_STATUS(mx_client_new(url, NULL, &client, NULL), MX_OK);
    CHECK(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    for (i = 0; i < CALLS; i++) {
        CHECK_STATUS(mx_call(client, "login", params, inbox_deliver, &inbox, NULL), MX_OK);
        CHECK_ENDS(&inbox, MX_UNKNOWN_OUTCOME);
    }
    mx_client_free(client);
    pthread_mutex_lock(&resetter.lock);
    resetter.stop = true;
    pthread_mutex_unlock(&resetter.lock);
    pthread_join(thread, NULL);
    CHECK_NUMBER(resetter.resets, CALLS);
    close(resetter.listener);
    free(params);
    inbox_clear(&inbox);
}

const struct test signal_tests[] = {
    {"a_signal_is_handled_on_a_thread_of_the_application",
     a_signal_is_handled_on_a_thread_of_the_application},
    {"the_librarys_threads_take_no_signal_but_faults",
     the_librarys_threads_take_no_signal_but_faults},
    {"making_a_client_leaves_the_threads_own_mask_alone",
     making_a_client_leaves_the_threads_own_mask_alone},
    {"a_connection_that_is_reset_while_the_body_is_sent_does_not_kill",
     a_connection_that_is_reset_while_the_body_is_sent_does_not_kill},
    {NULL, NULL},
};
