/* The log while everything else goes on: replaced again and again, and never heard of by who was replaced. */
#include "soak.h"

struct sink {
    bool set;
    int64_t lines;
};

static pthread_mutex_t replacing = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct sink sinks[2];
static int current;

static void keep_line(int32_t level, const char *message, void *user_data) {
    struct sink *sink = user_data;
    bool set;
    (void)level;
    pthread_mutex_lock(&lock);
    set = sink->set;
    sink->lines++;
    pthread_mutex_unlock(&lock);
    if (!set || message == NULL || message[0] == '\0') {
        wrong("a line came to a log that had been replaced", sink->lines);
    }
}

static void set_to(struct sink *sink, bool set) {
    pthread_mutex_lock(&lock);
    sink->set = set;
    pthread_mutex_unlock(&lock);
}

void log_replace(struct dice *dice) {
    mx_status status;
    int32_t level = MX_LOG_ERROR + below(dice, 4);
    bool silent = one_in(dice, 2);
    pthread_mutex_lock(&replacing);
    set_to(&sinks[!current], true);
    status = mx_log_set(level, silent ? NULL : keep_line, silent ? NULL : &sinks[!current]);
    set_to(&sinks[current], false);
    current = !current;
    pthread_mutex_unlock(&replacing);
    if (status != MX_OK) {
        wrong("the log was not set", status);
    }
}

int64_t log_end(void) {
    mx_log_set(MX_LOG_ERROR, NULL, NULL);
    return sinks[0].lines + sinks[1].lines;
}
