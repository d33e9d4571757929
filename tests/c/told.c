/* Hears every line of the log and every message of a result in all tests, and fails the test in which one tells a secret. */
#include "harness.h"

#include <string.h>

#undef mx_result_free

/* The secrets of these tests are recognised by such a part. */
static const char *const parts[] = {"hunter2", "s3cr3t", "t0ken", "SECRET", "new-password"};

static int heard;

/* Without a lock: in a forked child it might be held for ever. */
static void hear(const char *text) {
    size_t i;
    __sync_fetch_and_add(&heard, 1);
    for (i = 0; text != NULL && i < sizeof parts / sizeof *parts; i++) {
        CHECK_LACKS(text, parts[i]);
    }
}

static void hear_line(int32_t level, const char *line, void *user_data) {
    (void)level;
    (void)user_data;
    hear(line);
}

void told_begin(void) { CHECK_STATUS(mx_log_set(MX_LOG_DEBUG, hear_line, NULL), MX_OK); }

void told_end(void) {
    CHECK_STATUS(mx_log_set(MX_LOG_DEBUG, NULL, NULL), MX_OK);
    hear(mx_refusal_message());
}

int told_count(void) { return __sync_fetch_and_add(&heard, 0); }

void told_free(mx_result *result) {
    hear(mx_result_message(result));
    mx_result_free(result);
}
