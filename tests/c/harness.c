/* Checks, waiting, and what the tests know of their own process. */
#include "harness.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

bool check_status(mx_status got, mx_status want, const char *file, int line, const char *what) {
    return check(got == want, file, line, "%s is %s, not %s", what, mx_status_name(got),
                 mx_status_name(want));
}

bool check_number(int64_t got, int64_t want, const char *file, int line, const char *what) {
    return check(got == want, file, line, "%s is %" PRId64 ", not %" PRId64, what, got, want);
}

bool check_text(const char *got, const char *want, const char *file, int line, const char *what) {
    bool same = got == NULL || want == NULL ? got == want : strcmp(got, want) == 0;
    return check(same, file, line, "%s is %s, not %s", what, got == NULL ? "NULL" : got,
                 want == NULL ? "NULL" : want);
}

bool check_holds(const char *text, const char *part, bool want, const char *file, int line) {
    bool holds = text != NULL && strstr(text, part) != NULL;
    return check(holds == want, file, line, "\"%s\" is %s \"%s\"", part, want ? "not in" : "in",
                 text == NULL ? "NULL" : text);
}

bool slow(void) {
    const char *value = getenv("MX_TEST_SLOW");
    return value != NULL && strcmp(value, "1") == 0;
}

int patience_ms(void) { return slow() ? 200000 : 20000; }

int scaled(int count) { return slow() ? (count + 9) / 10 : count; }

void pause_ms(int milliseconds) {
    struct timespec time;
    time.tv_sec = milliseconds / 1000;
    time.tv_nsec = milliseconds % 1000 * 1000000L;
    while (nanosleep(&time, &time) != 0 && errno == EINTR) {
    }
}

int64_t now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static bool is_library_thread(const char *task) {
    char path[300];
    char name[32] = "";
    FILE *file;
    snprintf(path, sizeof path, "/proc/self/task/%s/comm", task);
    file = fopen(path, "r");
    if (file == NULL) {
        return false;
    }
    if (fgets(name, sizeof name, file) == NULL) {
        name[0] = '\0';
    }
    fclose(file);
    return strncmp(name, "mx-", 3) == 0;
}

static bool counts(const char *entry) {
    (void)entry;
    return true;
}

static int entries(const char *path, bool (*wanted)(const char *)) {
    DIR *folder = opendir(path);
    struct dirent *entry;
    int count = 0;
    if (folder == NULL) {
        return -1;
    }
    while ((entry = readdir(folder)) != NULL) {
        count += entry->d_name[0] != '.' && wanted(entry->d_name);
    }
    closedir(folder);
    return count;
}

int library_threads(void) { return entries("/proc/self/task", is_library_thread); }

int open_descriptors(void) { return entries("/proc/self/fd", counts); }

static void init(pthread_mutex_t *lock, pthread_cond_t *changed) {
    pthread_mutex_init(lock, NULL);
    pthread_cond_init(changed, NULL);
}

static struct timespec deadline(void) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += patience_ms() / 1000;
    return until;
}

void gate_init(struct gate *gate) {
    init(&gate->lock, &gate->changed);
    gate->open = false;
}

void gate_open(struct gate *gate) {
    pthread_mutex_lock(&gate->lock);
    gate->open = true;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
}

bool gate_wait(struct gate *gate) {
    struct timespec until = deadline();
    bool open;
    pthread_mutex_lock(&gate->lock);
    while (!gate->open && pthread_cond_timedwait(&gate->changed, &gate->lock, &until) == 0) {
    }
    open = gate->open;
    pthread_mutex_unlock(&gate->lock);
    return CHECK(open);
}

void inbox_init(struct inbox *inbox) {
    init(&inbox->lock, &inbox->changed);
    inbox->results = NULL;
    inbox->count = 0;
    inbox->taken = 0;
}

void inbox_deliver(mx_result *result, void *user_data) {
    struct inbox *inbox = user_data;
    mx_result **larger;
    pthread_mutex_lock(&inbox->lock);
    larger = realloc(inbox->results, (inbox->count + 1) * sizeof *larger);
    if (larger == NULL) {
        abort();
    }
    inbox->results = larger;
    inbox->results[inbox->count++] = result;
    pthread_cond_signal(&inbox->changed);
    pthread_mutex_unlock(&inbox->lock);
}

mx_result *inbox_take(struct inbox *inbox) {
    struct timespec until = deadline();
    mx_result *result = NULL;
    pthread_mutex_lock(&inbox->lock);
    while (inbox->taken == inbox->count &&
           pthread_cond_timedwait(&inbox->changed, &inbox->lock, &until) == 0) {
    }
    if (inbox->taken < inbox->count) {
        result = inbox->results[inbox->taken++];
    }
    pthread_mutex_unlock(&inbox->lock);
    CHECK(result != NULL);
    return result;
}

size_t inbox_count(struct inbox *inbox) {
    size_t count;
    pthread_mutex_lock(&inbox->lock);
    count = inbox->count;
    pthread_mutex_unlock(&inbox->lock);
    return count;
}

void inbox_clear(struct inbox *inbox) {
    while (inbox->taken < inbox->count) {
        mx_result_free(inbox->results[inbox->taken++]);
    }
    free(inbox->results);
    inbox_init(inbox);
}
