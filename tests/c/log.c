/* The log callback: what it gets, what it must not get, and how it is replaced. */
#include "harness.h"

#include <stdlib.h>
#include <string.h>

/* The lines of the log, as one text. */
struct lines {
    pthread_mutex_t lock;
    char *text;
    size_t length;
    int count;
    int32_t least;
    bool closed;
};

static void keep_line(int32_t level, const char *message, void *user_data) {
    struct lines *lines = user_data;
    size_t length = strlen(message);
    char *larger;
    pthread_mutex_lock(&lines->lock);
    CHECK(level >= MX_LOG_ERROR && level <= MX_LOG_DEBUG);
    CHECK(!lines->closed);
    CHECK_LACKS(message, "\n");
    CHECK_LACKS(message, "\r");
    larger = realloc(lines->text, lines->length + length + 2);
    if (larger == NULL) {
        abort();
    }
    lines->text = larger;
    memcpy(lines->text + lines->length, message, length);
    lines->length += length + 1;
    lines->text[lines->length - 1] = '\n';
    lines->text[lines->length] = '\0';
    lines->count++;
    if (level > lines->least) {
        lines->least = level;
    }
    pthread_mutex_unlock(&lines->lock);
}

static void lines_init(struct lines *lines) {
    memset(lines, 0, sizeof *lines);
    pthread_mutex_init(&lines->lock, NULL);
    lines->text = calloc(1, 1);
}

static void lines_end(struct lines *lines) {
    CHECK_STATUS(mx_log_set(MX_LOG_ERROR, NULL, NULL), MX_OK);
    free(lines->text);
}

static void lines_name_the_operation_its_path_and_its_status(void) {
    struct lines lines;
    lines_init(&lines);
    CHECK_STATUS(mx_log_set(MX_LOG_DEBUG, keep_line, &lines), MX_OK);
    mx_result_free(answer(NULL, "log", "[{'json':{'sid':'S1'}}]", MAIL, MAIL_PARAMS));
    CHECK_STATUS(mx_log_set(MX_LOG_DEBUG, NULL, NULL), MX_OK);
    CHECK_HOLDS(lines.text, MAIL);
    CHECK_HOLDS(lines.text, "/_matrix/client/v3/account/password/email/requestToken");
    CHECK_HOLDS(lines.text, "200");
    CHECK_NUMBER(lines.least, MX_LOG_DEBUG);
    lines_end(&lines);
}

static void lines_below_the_level_are_not_made_and_none_after_silence(void) {
    struct lines lines;
    int count;
    lines_init(&lines);
    CHECK_STATUS(mx_log_set(MX_LOG_ERROR, keep_line, &lines), MX_OK);
    mx_result_free(answer(NULL, "log-level", "[{'json':{'sid':'S1'}}]", MAIL, MAIL_PARAMS));
    CHECK_NUMBER(lines.count, 0);
    CHECK_STATUS(mx_queue_wake(NULL), MX_ERR_NULL_ARGUMENT);
    CHECK_HOLDS(lines.text, "mx_queue_wake");
    CHECK_NUMBER(lines.least, MX_LOG_ERROR);
    count = lines.count;
    CHECK_REFUSED(mx_log_set(0, keep_line, &lines), MX_ERR_INVALID_ARGUMENT, "mx_log_set", "level");
    CHECK_REFUSED(mx_log_set(5, keep_line, &lines), MX_ERR_INVALID_ARGUMENT, "mx_log_set", "level");
    CHECK_NUMBER(lines.count, count + 2);
    CHECK_STATUS(mx_log_set(MX_LOG_DEBUG, NULL, NULL), MX_OK);
    mx_result_free(answer(NULL, "log-level", "[{'json':{'sid':'S1'}}]", MAIL, MAIL_PARAMS));
    CHECK_STATUS(mx_queue_wake(NULL), MX_ERR_NULL_ARGUMENT);
    CHECK_NUMBER(lines.count, count + 2);
    lines_end(&lines);
}

static void no_secret_of_a_request_is_in_a_line(void) {
    struct lines lines;
    struct inbox inbox;
    mx_client *client;
    mx_client_options *options = new_options();
    int i;
    lines_init(&lines);
    inbox_init(&inbox);
    server_script("log-secrets",
                  "[{'accept':'reset'},{'json':{'sid':'SECRET-sid','user_id':'@a:b',"
                  "'access_token':'SECRET-new'}},{'status':302,'headers':{'location':"
                  "'https://u:SECRET-p@hs.example/?token=SECRET-q'}},"
                  "{'json':{'user_id':'@a:b','access_token':'SECRET-new'}}]");
    CHECK_STATUS(mx_log_set(MX_LOG_DEBUG, keep_line, &lines), MX_OK);
    CHECK_STATUS(mx_client_options_set_access_token(options, "SECRET-token"), MX_OK);
    CHECK_STATUS(mx_client_options_set_access_token(options, "SECRET refused"),
                 MX_ERR_INVALID_ARGUMENT);
    CHECK_STATUS(mx_client_options_set_proxy(options, "ftp://u:SECRET-proxy@127.0.0.1"),
                 MX_ERR_INVALID_ARGUMENT);
    CHECK_STATUS(mx_client_options_set_retry_delay_ms(options, 1), MX_OK);
    client = client_with("log-secrets", options);
    CHECK_STATUS(mx_client_set_access_token(client, "SECRET-later"), MX_OK);
    for (i = 0; i < 2; i++) {
        CHECK_STATUS(mx_request_token_to_reset_password_email(
                         client, "SECRET-client-secret", "SECRET-alice@example.test", 1,
                         "https://app.example/?k=SECRET-link", "SECRET-id-token", "id.example",
                         inbox_deliver, &inbox, NULL),
                     MX_OK);
        CHECK_ENDS(&inbox, i == 0 ? MX_OK : MX_ERR_BAD_RESPONSE);
    }
    CHECK_STATUS(call(client, "login", "{'type':'m.login.password','password':'SECRET-password'}",
                      inbox_deliver, &inbox, NULL),
                 MX_OK);
    CHECK_ENDS(&inbox, MX_OK);
    CHECK_STATUS(call(client, "getTokenOwner", "{}", inbox_deliver, &inbox, NULL), MX_OK);
    CHECK_ENDS(&inbox, MX_OK);
    CHECK_STATUS(call(client, "login", "{'type':'x','password':{'SECRET':'SECRET'}}", inbox_deliver,
                      &inbox, NULL),
                 MX_OK);
    CHECK_ENDS(&inbox, MX_ERR_INVALID_ARGUMENT);
    mx_client_free(client);
    mx_client_options_free(options);
    CHECK_NUMBER(server_requests("log-secrets"), 5);
    CHECK_HOLDS(lines.text, MAIL);
    CHECK_HOLDS(lines.text, "getTokenOwner");
    CHECK_LACKS(lines.text, "SECRET");
    lines_end(&lines);
    inbox_clear(&inbox);
}

static void what_the_server_says_in_its_body_is_in_no_line(void) {
    struct lines lines;
    mx_client_options *options = new_options();
    mx_result *result;
    lines_init(&lines);
    CHECK_STATUS(mx_log_set(MX_LOG_DEBUG, keep_line, &lines), MX_OK);
    CHECK_STATUS(mx_client_options_set_access_token(options, "SECRET-token"), MX_OK);
    result = answer(options, "log-echo",
                    "[{'status':401,'json':{'errcode':'M_UNKNOWN_TOKEN','error':"
                    "'SECRET-token\\nof alice@example.test is no token'}}]",
                    "getTokenOwner", "{}");
    CHECK_STATUS(mx_result_status(result), MX_ERR_MATRIX);
    mx_result_free(result);
    CHECK_HOLDS(lines.text, "401");
    CHECK_LACKS(lines.text, "SECRET");
    CHECK_LACKS(lines.text, "alice@example.test");
    mx_client_options_free(options);
    lines_end(&lines);
}

struct intruder {
    pthread_mutex_t lock;
    mx_client *client;
    mx_queue *queue;
    int calls;
};

/* Does what a log callback must not do. */
static void call_the_library(int32_t level, const char *message, void *user_data) {
    struct intruder *intruder = user_data;
    mx_client *client = NULL;
    mx_queue *queue = NULL;
    mx_client_options *options = NULL;
    mx_result *result = NULL;
    char secret[MX_CLIENT_SECRET_SIZE];
    (void)level;
    (void)message;
    CHECK_STATUS(mx_log_set(MX_LOG_ERROR, NULL, NULL), MX_ERR_MISUSE);
    CHECK_STATUS(mx_client_new("https://127.0.0.1", NULL, &client, NULL), MX_ERR_MISUSE);
    CHECK_STATUS(mx_queue_new(&queue), MX_ERR_MISUSE);
    CHECK_STATUS(mx_client_options_new(&options), MX_ERR_MISUSE);
    CHECK_STATUS(mx_queue_next(intruder->queue, -1, &result), MX_ERR_MISUSE);
    CHECK_STATUS(mx_queue_wake(intruder->queue), MX_ERR_MISUSE);
    CHECK_STATUS(ask(intruder->client, inbox_deliver, NULL, NULL), MX_ERR_MISUSE);
    CHECK_STATUS(mx_call(intruder->client, "getVersions", "{}", inbox_deliver, NULL, NULL),
                 MX_ERR_MISUSE);
    CHECK_STATUS(mx_client_cancel(intruder->client, 1), MX_ERR_MISUSE);
    CHECK_STATUS(mx_client_set_access_token(intruder->client, NULL), MX_ERR_MISUSE);
    CHECK_STATUS(mx_generate_client_secret(secret, sizeof secret), MX_ERR_MISUSE);
    mx_client_free(NULL);
    mx_result_free(NULL);
    pthread_mutex_lock(&intruder->lock);
    intruder->calls++;
    pthread_mutex_unlock(&intruder->lock);
}

static void the_log_callback_may_not_call_the_library(void) {
    struct intruder intruder;
    struct inbox inbox;
    inbox_init(&inbox);
    pthread_mutex_init(&intruder.lock, NULL);
    intruder.calls = 0;
    intruder.queue = new_queue();
    server_script("intruder", "[{'json':{'sid':'S1'}}]");
    intruder.client = client_of("intruder");
    CHECK_STATUS(mx_log_set(MX_LOG_DEBUG, call_the_library, &intruder), MX_OK);
    CHECK_STATUS(mx_client_cancel(intruder.client, 0), MX_ERR_NOT_FOUND);
    CHECK_STATUS(ask(intruder.client, inbox_deliver, &inbox, NULL), MX_OK);
    CHECK_ENDS(&inbox, MX_OK);
    mx_client_free(intruder.client);
    CHECK_STATUS(mx_log_set(MX_LOG_DEBUG, NULL, NULL), MX_OK);
    CHECK(intruder.calls >= 3);
    mx_queue_free(intruder.queue);
    inbox_clear(&inbox);
}

struct chatter {
    mx_client *client;
    pthread_mutex_t lock;
    bool stop;
};

static void *chat(void *argument) {
    struct chatter *chatter = argument;
    bool stop = false;
    while (!stop) {
        CHECK_STATUS(mx_client_cancel(NULL, 0), MX_ERR_NULL_ARGUMENT);
        /* Valgrind runs one thread at a time, and unfairly: whoever never waits starves the others. */
        pause_ms(1);
        pthread_mutex_lock(&chatter->lock);
        stop = chatter->stop;
        pthread_mutex_unlock(&chatter->lock);
    }
    return NULL;
}

static void a_replaced_log_callback_is_not_called_again(void) {
    enum { THREADS = 3 };
    struct lines lines[2];
    struct chatter chatter;
    pthread_t threads[THREADS];
    int i;
    chatter.client = client_of("replaced");
    chatter.stop = false;
    pthread_mutex_init(&chatter.lock, NULL);
    lines_init(&lines[0]);
    lines_init(&lines[1]);
    CHECK_STATUS(mx_log_set(MX_LOG_ERROR, keep_line, &lines[0]), MX_OK);
    for (i = 0; i < THREADS; i++) {
        CHECK_NUMBER(pthread_create(&threads[i], NULL, chat, &chatter), 0);
    }
    for (i = 1; i <= scaled(100); i++) {
        struct lines *next = &lines[i % 2];
        struct lines *before = &lines[(i + 1) % 2];
        /* Nobody uses `next` now, and after the call nobody uses `before`: no lock is needed. */
        next->closed = false;
        CHECK_STATUS(mx_log_set(MX_LOG_ERROR, keep_line, next), MX_OK);
        before->closed = true;
        pause_ms(1);
    }
    pthread_mutex_lock(&chatter.lock);
    chatter.stop = true;
    pthread_mutex_unlock(&chatter.lock);
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    CHECK(lines[0].count > 0 && lines[1].count > 0);
    mx_client_free(chatter.client);
    lines_end(&lines[0]);
    lines_end(&lines[1]);
}

/* A log callback that stays in the first line of the network until it may leave, and keeps what follows. */
struct stuck {
    pthread_t network_is_not;
    struct lines lines;
    struct gate entered;
    struct gate may_leave;
    bool passed;
};

static void stick(int32_t level, const char *message, void *user_data) {
    struct stuck *stuck = user_data;
    if (pthread_equal(pthread_self(), stuck->network_is_not)) {
        return;
    }
    if (!stuck->passed) {
        stuck->passed = true;
        gate_open(&stuck->entered);
        gate_wait(&stuck->may_leave);
    }
    keep_line(level, message, &stuck->lines);
}

static void stuck_init(struct stuck *stuck) {
    stuck->network_is_not = pthread_self();
    lines_init(&stuck->lines);
    gate_init(&stuck->entered);
    gate_init(&stuck->may_leave);
    stuck->passed = false;
    CHECK_STATUS(mx_log_set(MX_LOG_DEBUG, stick, stuck), MX_OK);
}

/* So many calls that end at once, and of which each makes one line. */
static void make_lines(mx_client *client, mx_queue *queue, int count) {
    mx_result *result = NULL;
    int i;
    for (i = 0; i < count; i++) {
        CHECK_STATUS(mx_call(client, "getNothing", "{}", NULL, NULL, NULL), MX_OK);
    }
    for (i = 0; i < count; i++) {
        CHECK_STATUS(mx_queue_next(queue, patience_ms(), &result), MX_OK);
        mx_result_free(result);
    }
}

static void sleep_a_second(int32_t level, const char *message, void *user_data) {
    pthread_t *not_here = user_data;
    (void)level;
    (void)message;
    if (!pthread_equal(pthread_self(), *not_here)) {
        pause_ms(1000);
    }
}

static void a_log_callback_that_sleeps_a_second_delays_no_call(void) {
    enum { CALLS = 50 };
    pthread_t here = pthread_self();
    struct inbox inbox;
    mx_client *client;
    mx_client *queued;
    mx_queue *queue = new_queue();
    mx_result *result = NULL;
    int64_t started;
    int i;
    inbox_init(&inbox);
    server_script("log-sleeps", "[{'json':{'sid':'S1'}}]");
    client = client_of("log-sleeps");
    queued = queue_client("log-sleeps", queue);
    CHECK_STATUS(mx_log_set(MX_LOG_INFO, sleep_a_second, &here), MX_OK);
    started = now_ms();
    for (i = 0; i < CALLS; i++) {
        CHECK_STATUS(ask(queued, NULL, NULL, NULL), MX_OK);
        CHECK_STATUS(mx_queue_next(queue, patience_ms(), &result), MX_OK);
        CHECK_STATUS(mx_result_status(result), MX_OK);
        mx_result_free(result);
    }
    /* Fifty lines, and so fifty seconds of the callback's. */
    CHECK(slow() || now_ms() - started < 5000);
    started = now_ms();
    for (i = 0; i < CALLS; i++) {
        CHECK_STATUS(ask(client, inbox_deliver, &inbox, NULL), MX_OK);
    }
    for (i = 0; i < CALLS; i++) {
        CHECK_ENDS(&inbox, MX_OK);
    }
    CHECK(slow() || now_ms() - started < 10000);
    CHECK_STATUS(mx_log_set(MX_LOG_INFO, NULL, NULL), MX_OK);
    mx_client_free(client);
    mx_client_free(queued);
    mx_queue_free(queue);
    inbox_clear(&inbox);
}

static void lines_that_are_too_many_are_dropped_and_counted_and_the_others_keep_their_order(void) {
    struct stuck stuck;
    mx_queue *queue = new_queue();
    mx_client *client = queue_client("log-many", queue);
    const char *line;
    unsigned long before = 0;
    int dropped = 0;
    int others = 0;
    stuck_init(&stuck);
    make_lines(client, queue, 1);
    gate_wait(&stuck.entered);
    make_lines(client, queue, 1300);
    gate_open(&stuck.may_leave);
    mx_client_free(client);
    CHECK_NUMBER(stuck.lines.count, 1002);
    for (line = stuck.lines.text; *line != '\0'; line = strchr(line, '\n') + 1) {
        if (strncmp(line, "op ", 3) == 0) {
            unsigned long op = strtoul(line + 3, NULL, 10);
            CHECK(op > before);
            before = op;
        } else if (strncmp(line, "300 log lines were dropped", 26) == 0) {
            dropped++;
        } else {
            others++;
        }
    }
    CHECK_NUMBER(dropped, 1);
    CHECK_NUMBER(others, 0);
    mx_queue_free(queue);
    lines_end(&stuck.lines);
}

struct replacing {
    struct lines lines;
    struct gate done;
};

static void replace_the_log(mx_result *result, void *user_data) {
    struct replacing *replacing = user_data;
    mx_result_free(result);
    CHECK_STATUS(mx_log_set(MX_LOG_DEBUG, keep_line, &replacing->lines), MX_OK);
    gate_open(&replacing->done);
}

static void a_callback_may_replace_the_log_and_lines_that_wait_go_to_the_new_one(void) {
    struct stuck stuck;
    struct replacing replacing;
    mx_queue *queue = new_queue();
    mx_client *queued = queue_client("log-replace", queue);
    mx_client *client = client_of("log-replace");
    lines_init(&replacing.lines);
    gate_init(&replacing.done);
    stuck_init(&stuck);
    make_lines(queued, queue, 1);
    gate_wait(&stuck.entered);
    CHECK_STATUS(mx_call(client, "getNothing", "{}", replace_the_log, &replacing, NULL), MX_OK);
    make_lines(queued, queue, 500);
    pause_ms(20);
    gate_open(&stuck.may_leave);
    gate_wait(&replacing.done);
    stuck.lines.closed = true;
    mx_client_free(client);
    mx_client_free(queued);
    /* The callback's turn came after the line that was under way, and maybe a few more. */
    CHECK(replacing.lines.count > 0);
    CHECK_NUMBER(stuck.lines.count + replacing.lines.count, 502);
    mx_queue_free(queue);
    lines_end(&stuck.lines);
    lines_end(&replacing.lines);
}

static void *open_soon(void *gate) {
    pause_ms(50);
    gate_open(gate);
    return NULL;
}

static void silence_waits_for_the_line_under_way_and_drops_those_that_wait(void) {
    struct stuck stuck;
    pthread_t thread;
    mx_queue *queue = new_queue();
    mx_client *client = queue_client("log-silence", queue);
    stuck_init(&stuck);
    make_lines(client, queue, 1);
    gate_wait(&stuck.entered);
    make_lines(client, queue, 500);
    CHECK_NUMBER(stuck.lines.count, 0);
    CHECK_NUMBER(pthread_create(&thread, NULL, open_soon, &stuck.may_leave), 0);
    CHECK_STATUS(mx_log_set(MX_LOG_DEBUG, NULL, NULL), MX_OK);
    CHECK_NUMBER(stuck.lines.count, 1);
    stuck.lines.closed = true;
    mx_client_free(client);
    CHECK_NUMBER(stuck.lines.count, 1);
    pthread_join(thread, NULL);
    mx_queue_free(queue);
    lines_end(&stuck.lines);
}

static void the_last_free_waits_until_the_lines_that_wait_are_written(void) {
    struct stuck stuck;
    pthread_t thread;
    mx_queue *queue = new_queue();
    mx_client *client = queue_client("log-free", queue);
    stuck_init(&stuck);
    make_lines(client, queue, 1);
    gate_wait(&stuck.entered);
    make_lines(client, queue, 500);
    CHECK_NUMBER(stuck.lines.count, 0);
    CHECK_NUMBER(pthread_create(&thread, NULL, open_soon, &stuck.may_leave), 0);
    mx_client_free(client);
    CHECK_NUMBER(stuck.lines.count, 501);
    CHECK(library_threads() <= 0);
    pthread_join(thread, NULL);
    mx_queue_free(queue);
    lines_end(&stuck.lines);
}

const struct test log_tests[] = {
    {"lines_name_the_operation_its_path_and_its_status",
     lines_name_the_operation_its_path_and_its_status},
    {"lines_below_the_level_are_not_made_and_none_after_silence",
     lines_below_the_level_are_not_made_and_none_after_silence},
    {"no_secret_of_a_request_is_in_a_line", no_secret_of_a_request_is_in_a_line},
    {"what_the_server_says_in_its_body_is_in_no_line",
     what_the_server_says_in_its_body_is_in_no_line},
    {"the_log_callback_may_not_call_the_library", the_log_callback_may_not_call_the_library},
    {"a_replaced_log_callback_is_not_called_again", a_replaced_log_callback_is_not_called_again},
    {"a_log_callback_that_sleeps_a_second_delays_no_call",
     a_log_callback_that_sleeps_a_second_delays_no_call},
    {"lines_that_are_too_many_are_dropped_and_counted_and_the_others_keep_their_order",
     lines_that_are_too_many_are_dropped_and_counted_and_the_others_keep_their_order},
    {"a_callback_may_replace_the_log_and_lines_that_wait_go_to_the_new_one",
     a_callback_may_replace_the_log_and_lines_that_wait_go_to_the_new_one},
    {"silence_waits_for_the_line_under_way_and_drops_those_that_wait",
     silence_waits_for_the_line_under_way_and_drops_those_that_wait},
    {"the_last_free_waits_until_the_lines_that_wait_are_written",
     the_last_free_waits_until_the_lines_that_wait_are_written},
    {NULL, NULL},
};
