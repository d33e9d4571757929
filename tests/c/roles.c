/* Children: how they end, and what this program does when a test runs it again in another role. */
#include "harness.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int exit_code_of(pid_t child) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    CHECK(WIFEXITED(status));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void end_if_it_hangs(void) {
    signal(SIGALRM, SIG_DFL);
    alarm((unsigned)(patience_ms() / 1000));
}

static int leave_calls_in_flight(const char *url) {
    /* Static, so that what the program leaves behind is not lost to those who look for leaks. */
    static struct inbox inbox;
    static mx_client *client;
    static mx_client *other;
    static mx_client_options *options;
    static mx_queue *queue;
    char byte;
    int i;
    inbox_init(&inbox);
    if (mx_queue_new(&queue) != MX_OK || mx_client_options_new(&options) != MX_OK ||
        mx_client_options_set_queue(options, queue) != MX_OK ||
        mx_client_new(url, NULL, &client, NULL) != MX_OK ||
        mx_client_new(url, options, &other, NULL) != MX_OK) {
        return 2;
    }
    for (i = 0; i < CALLS_IN_FLIGHT; i++) {
        if (ask(client, inbox_deliver, &inbox, NULL) != MX_OK ||
            ask(other, NULL, NULL, NULL) != MX_OK) {
            return 3;
        }
    }
    /* Until the test has seen them arrive. */
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
    return 0;
}

/* 0 if a child that is forked now is told so. */
static int fork_is_noticed(void) {
    pid_t child = fork();
    int status = 0;
    if (child == 0) {
        end_if_it_hangs();
        _exit(mx_queue_wake(NULL) == MX_ERR_FORKED ? 0 : 1);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 4;
}

static int fork_after_a_client(const char *url) {
    mx_client *client = NULL;
    int noticed = mx_client_new(url, NULL, &client, NULL) == MX_OK ? fork_is_noticed() : 2;
    mx_client_free(client);
    /* What has been freed stands in no child's way. */
    return noticed != 0 ? noticed : fork_is_noticed() != 1;
}

static int fork_after_a_queue(const char *url) {
    mx_queue *queue = NULL;
    int noticed = mx_queue_new(&queue) == MX_OK ? fork_is_noticed() : 2;
    (void)url;
    mx_queue_free(queue);
    return noticed;
}

/* A child that is forked before the library was started may start it, whatever was asked before. */
static int fork_before_a_client(const char *url) {
    mx_client_options *options = NULL;
    mx_result *result = NULL;
    mx_client *client = NULL;
    mx_queue *queue = NULL;
    int status = 0;
    pid_t child;
    if (mx_version() == NULL || mx_client_options_new(&options) != MX_OK) {
        return 2;
    }
    child = fork();
    if (child > 0) {
        while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
        }
        mx_client_options_free(options);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 4;
    }
    if (mx_queue_new(&queue) != MX_OK || mx_client_options_set_queue(options, queue) != MX_OK ||
        mx_client_new(url, options, &client, NULL) != MX_OK ||
        ask(client, NULL, NULL, NULL) != MX_OK || mx_queue_next(queue, -1, &result) != MX_OK ||
        mx_result_status(result) != MX_OK) {
        return 5;
    }
    mx_result_free(result);
    mx_client_free(client);
    mx_client_options_free(options);
    mx_queue_free(queue);
    return mx_debug_live_objects() == 0 ? 0 : 6;
}

static const struct {
    const char *name;
    int (*play)(const char *url);
} roles[] = {
    {"--leave-calls-in-flight", leave_calls_in_flight},
    {"--fork-after-a-client", fork_after_a_client},
    {"--fork-after-a-queue", fork_after_a_queue},
    {"--fork-before-a-client", fork_before_a_client},
};

int play_role(const char *name, const char *url) {
    size_t i;
    for (i = 0; i < sizeof roles / sizeof *roles; i++) {
        if (strcmp(roles[i].name, name) == 0) {
            end_if_it_hangs();
            return roles[i].play(url);
        }
    }
    return -1;
}
