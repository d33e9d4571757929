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
    {NULL, NULL},
};
