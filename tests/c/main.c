/* Runs the contract tests of the C interface: contract PYTHON SERVER_PY [PART_OF_A_NAME] */
#include "harness.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct test *const tables[] = {
    null_tests,        refusal_tests,    argument_tests,        answer_tests,
    value_tests,       walk_tests,       scalar_tests,          first_look_tests,
    header_tests,      request_tests,    request_refusal_tests, custom_tests,
    send_tests,        url_tests,        option_tests,          delivery_tests,
    crowd_tests,       queue_tests,      cancel_tests,          free_tests,
    log_tests,         process_tests,    signal_tests,          free_inside_tests,
    account_tests,     reset_tests,      reset_refusal_tests,   heavy_tests,
    fork_tests,
};

const char *this_program;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *running;
static bool failed;
static char last_words[512];

/* Says that the running test failed. */
bool check(bool holds, const char *file, int line, const char *format, ...) {
    const char *slash = strrchr(file, '/');
    va_list values;
    if (holds) {
        return true;
    }
    va_start(values, format);
    pthread_mutex_lock(&lock);
    failed = true;
    printf("FAIL %s: %s:%d: ", running, slash == NULL ? file : slash + 1, line);
    vprintf(format, values);
    printf("\n");
    pthread_mutex_unlock(&lock);
    va_end(values);
    return false;
}

/* A test that hangs must end the run, and say so. */
static void on_alarm(int signal_number) {
    ssize_t written = write(STDOUT_FILENO, last_words, strlen(last_words));
    (void)signal_number;
    (void)written;
    _exit(1);
}

static void set_last_words(const char *name, int passed, int failures) {
    snprintf(last_words, sizeof last_words,
             "FAIL %s: it hangs, so the tests after it do not run\n%d passed, %d failed\n", name,
             passed, failures + 1);
    alarm((unsigned)(patience_ms() / 1000 * 6));
}

/* Every test gives back all that it took. Threads may take a moment to be gone: one that was freed
   inside a callback ends after it. */
static void check_nothing_is_left(int64_t objects_before, int descriptors_before) {
    int64_t until = now_ms() + patience_ms();
    while ((library_threads() > 0 || open_descriptors() > descriptors_before) && now_ms() < until) {
        pause_ms(2);
    }
    CHECK_NUMBER(mx_debug_live_objects(), objects_before);
    CHECK(library_threads() <= 0);
    CHECK_NUMBER(open_descriptors(), descriptors_before);
}

static void leave_the_proxy_out(void) {
    static const char *const names[] = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY",
                                        "http_proxy", "https_proxy", "all_proxy"};
    size_t i;
    for (i = 0; i < sizeof names / sizeof *names; i++) {
        unsetenv(names[i]);
    }
}

int main(int argc, char **argv) {
    const char *wanted = argc == 4 ? argv[3] : "";
    int passed = 0;
    int failures = 0;
    size_t i;
    const struct test *test;
    this_program = argv[0];
    leave_the_proxy_out();
    setvbuf(stdout, NULL, _IONBF, 0);
    if (argc == 3 && strncmp(argv[1], "--", 2) == 0) {
        return play_role(argv[1], argv[2]);
    }
    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: contract PYTHON SERVER_PY [PART_OF_A_NAME]\n");
        return 2;
    }
    signal(SIGALRM, on_alarm);
    set_last_words("start", 0, 0);
    if (!server_start(argv[1], argv[2])) {
        fprintf(stderr, "%s %s does not start\n", argv[1], argv[2]);
        return 2;
    }
    for (i = 0; i < sizeof tables / sizeof *tables; i++) {
        for (test = tables[i]; test->name != NULL; test++) {
            int64_t objects = mx_debug_live_objects();
            int descriptors = open_descriptors();
            if (strstr(test->name, wanted) == NULL) {
                continue;
            }
            set_last_words(test->name, passed, failures);
            running = test->name;
            failed = false;
            told_begin();
            test->run();
            told_end();
            check_nothing_is_left(objects, descriptors);
            if (failed) {
                failures++;
            } else {
                passed++;
                printf("ok %s\n", test->name);
            }
        }
    }
    alarm(0);
    server_stop();
    if (*wanted == '\0' && told_count() < 1000) {
        printf("FAIL told: only %d lines and messages were heard\n", told_count());
        failures++;
    }
    printf("%d passed, %d failed\n", passed, failures);
    return failures == 0 && passed > 0 ? 0 : 1;
}
