/* The process around the library: what a forked child may do, and how programs end. */
#include "harness.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int verdict;

static void leave_by_another_program(void) {
    execl("/bin/sh", "sh", "-c", verdict == 0 ? "exit 0" : "exit 1", (char *)NULL);
}

/* Leaves a forked child as a program does. What it leaks, it leaks on purpose, and valgrind and
   LeakSanitizer (MX_TEST_LEAKS=1) would call that an error: so there, once the thread's destructors
   have run, another program ends it. */
void leave_child(int code) {
    verdict = code;
    if (slow() || getenv("MX_TEST_LEAKS") != NULL) {
        atexit(leave_by_another_program);
    }
    exit(code);
}

struct objects {
    mx_client *client;
    mx_client *queue_client;
    mx_client_options *options;
    mx_queue *queue;
    mx_password_reset *reset;
    mx_result *result;
};

/* Returns the number of the first function that does not answer MX_ERR_FORKED, or 0. */
static int not_refused(const struct objects *objects) {
    mx_client *client = NULL;
    mx_client_options *options = NULL;
    mx_queue *queue = NULL;
    mx_password_reset *reset = NULL;
    mx_result *result = NULL;
    mx_op op = 7;
    char secret[MX_CLIENT_SECRET_SIZE];
    const mx_status statuses[] = {
        mx_client_new("https://127.0.0.1", NULL, &client, NULL),
        mx_client_options_new(&options),
        mx_queue_new(&queue),
        mx_queue_next(objects->queue, -1, &result),
        mx_queue_wake(objects->queue),
        mx_client_set_access_token(objects->client, "x"),
        mx_client_cancel(objects->client, 1),
        mx_generate_client_secret(secret, sizeof secret),
        ask(objects->client, inbox_deliver, NULL, &op),
        mx_call(objects->client, "getVersions", "{}", inbox_deliver, NULL, &op),
        mx_log_set(MX_LOG_DEBUG, NULL, NULL),
        mx_client_options_set_timeout_ms(objects->options, 1),
        mx_client_options_set_connect_timeout_ms(objects->options, 1),
        mx_client_options_set_user_agent(objects->options, "x"),
        mx_client_options_set_access_token(objects->options, "x"),
        mx_client_options_set_proxy(objects->options, NULL),
        mx_client_options_add_root_pem(objects->options, "x"),
        mx_client_options_set_bundled_roots(objects->options, true),
        mx_client_options_set_max_retries(objects->options, 1),
        mx_client_options_set_retry_delay_ms(objects->options, 1),
        mx_client_options_set_max_rate_limit_wait_ms(objects->options, 1),
        mx_client_options_set_max_response_bytes(objects->options, 1),
        mx_client_options_set_max_idle_connections(objects->options, 1),
        mx_client_options_set_idle_timeout_ms(objects->options, 1),
        mx_client_options_set_malloc_trim(objects->options, true),
        mx_client_options_set_allow_plain_http(objects->options, true),
        mx_client_options_set_queue(objects->options, objects->queue),
        mx_client_new_for_discovery(NULL, &client, NULL),
        mx_discover(objects->client, "hs.example", inbox_deliver, NULL, &op),
        mx_password_reset_new(objects->client, "a@b", NULL, &reset),
        mx_password_reset_send(objects->reset, inbox_deliver, NULL, &op),
        mx_password_reset_submit_token(objects->reset, "1", inbox_deliver, NULL, &op),
        mx_password_reset_finish(objects->reset, "x", true, 0, inbox_deliver, NULL, &op),
        mx_password_reset_save(objects->reset, &result),
        mx_password_reset_restore(objects->client, "{}", &reset, NULL),
        mx_change_password(objects->client, "x", true, NULL, inbox_deliver, NULL, &op),
        mx_get_account_3pids(objects->client, inbox_deliver, NULL, &op),
    };
    int i;
    for (i = 0; i < (int)(sizeof statuses / sizeof *statuses); i++) {
        if (statuses[i] != MX_ERR_FORKED) {
            return i + 1;
        }
    }
    return client == NULL && options == NULL && queue == NULL && reset == NULL && result == NULL &&
                   op == 7
               ? 0
               : 100;
}

static void free_all(const struct objects *objects) {
    mx_result_free(objects->result);
    mx_password_reset_free(objects->reset);
    mx_client_free(objects->client);
    mx_client_free(objects->queue_client);
    mx_client_options_free(objects->options);
    mx_queue_free(objects->queue);
}

static void a_forked_child_is_refused_and_frees_and_exits_while_the_parent_goes_on(void) {
    struct objects objects;
    struct inbox inbox;
    mx_op op = 0;
    pid_t child;
    inbox_init(&inbox);
    server_script("fork",
                  "[{'json':{'sid':'S1'}},{'hang':true},{'hang':true},{'json':{'sid':'S2'}}]");
    objects.client = client_of("fork");
    objects.queue = new_queue();
    objects.queue_client = queue_client("fork", objects.queue);
    objects.options = new_options();
    objects.reset = NULL;
    CHECK_STATUS(mx_password_reset_new(objects.client, "a@b", NULL, &objects.reset), MX_OK);
    CHECK_STATUS(ask(objects.client, inbox_deliver, &inbox, NULL), MX_OK);
    objects.result = inbox_take(&inbox);
    CHECK_STATUS(ask(objects.client, inbox_deliver, &inbox, &op), MX_OK);
    CHECK_STATUS(ask(objects.queue_client, NULL, NULL, NULL), MX_OK);
    CHECK(server_reaches("fork", "open", 2));
    child = fork();
    if (child == 0) {
        int wrong;
        end_if_it_hangs();
        wrong = not_refused(&objects);
        free_all(&objects);
        leave_child(wrong);
    }
    CHECK_NUMBER(exit_code_of(child), 0);
    CHECK_TEXT(mx_result_string(objects.result, "/sid"), "S1");
    CHECK_STATUS(ask(objects.client, inbox_deliver, &inbox, NULL), MX_OK);
    CHECK_ENDS(&inbox, MX_OK);
    CHECK_STATUS(mx_client_cancel(objects.client, op), MX_OK);
    CHECK_ENDS(&inbox, MX_ERR_CANCELLED);
    free_all(&objects);
    inbox_clear(&inbox);
}

struct forker {
    mx_client *client;
    bool free_first;
    int exit_code;
    struct gate ended;
};

static void fork_inside(mx_result *result, void *user_data) {
    struct forker *forker = user_data;
    pid_t child;
    mx_result_free(result);
    if (forker->free_first) {
        mx_client_free(forker->client);
    }
    child = fork();
    if (child == 0) {
        end_if_it_hangs();
        if (!forker->free_first) {
            mx_client_free(forker->client);
        }
        leave_child(mx_queue_wake(NULL) == MX_ERR_FORKED ? 0 : 1);
    }
    forker->exit_code = exit_code_of(child);
    gate_open(&forker->ended);
}

static void fork_in_a_callback(bool free_first) {
    struct forker forker;
    forker.client = client_of("fork-inside");
    forker.free_first = free_first;
    forker.exit_code = -1;
    gate_init(&forker.ended);
    CHECK_STATUS(mx_call(forker.client, "getNothing", "{}", fork_inside, &forker, NULL), MX_OK);
    gate_wait(&forker.ended);
    CHECK_NUMBER(forker.exit_code, 0);
    if (!free_first) {
        mx_client_free(forker.client);
    }
}

static void a_child_that_is_forked_inside_a_callback_exits(void) { fork_in_a_callback(false); }

static void a_child_that_is_forked_where_a_callback_freed_the_last_client_exits(void) {
    fork_in_a_callback(true);
}

struct reader {
    const mx_result *result;
    pthread_mutex_t lock;
    bool stop;
};

static void *read_on(void *argument) {
    struct reader *reader = argument;
    bool stop = false;
    while (!stop) {
        int i;
        for (i = 0; i < 100; i++) {
            CHECK_TEXT(mx_result_string(reader->result, "/sid"), "S1");
        }
        pthread_mutex_lock(&reader->lock);
        stop = reader->stop;
        pthread_mutex_unlock(&reader->lock);
    }
    return NULL;
}

static void a_forked_child_may_read_a_result_that_others_were_reading(void) {
    enum { READERS = 2 };
    struct reader reader;
    pthread_t threads[READERS];
    mx_result *result = answer(NULL, "read-on", "[{'json':{'sid':'S1'}}]", MAIL, MAIL_PARAMS);
    bool well = true;
    int i;
    reader.result = result;
    reader.stop = false;
    pthread_mutex_init(&reader.lock, NULL);
    for (i = 0; i < READERS; i++) {
        CHECK_NUMBER(pthread_create(&threads[i], NULL, read_on, &reader), 0);
    }
    for (i = 0; i < scaled(300) && well; i++) {
        pid_t child = fork();
        if (child == 0) {
            const char *sid;
            end_if_it_hangs();
            sid = mx_result_string(result, "/sid");
            leave_child(sid != NULL && strcmp(sid, "S1") == 0 ? 0 : 1);
        }
        well = CHECK_NUMBER(exit_code_of(child), 0);
    }
    pthread_mutex_lock(&reader.lock);
    reader.stop = true;
    pthread_mutex_unlock(&reader.lock);
    for (i = 0; i < READERS; i++) {
        pthread_join(threads[i], NULL);
    }
    mx_result_free(result);
}

/* Runs this program again in a role; its standard input stays open until `end` has been closed. */
static pid_t start_program(const char *role, const char *url, int *end) {
    int input[2];
    pid_t child;
    CHECK_NUMBER(pipe(input), 0);
    child = fork();
    if (child == 0) {
        dup2(input[0], STDIN_FILENO);
        close(input[0]);
        close(input[1]);
        execl(this_program, this_program, role, url, (char *)NULL);
        _exit(127);
    }
    close(input[0]);
    *end = input[1];
    return child;
}

static void a_program_may_end_with_calls_in_flight(void) {
    struct url url = server_url("in-flight");
    int end = -1;
    pid_t child;
    server_script("in-flight", "[{'hang':true}]");
    child = start_program("--leave-calls-in-flight", url.text, &end);
    CHECK(server_reaches("in-flight", "open", 2 * CALLS_IN_FLIGHT));
    close(end);
    CHECK_NUMBER(exit_code_of(child), 0);
    CHECK(server_reaches("in-flight", "open", 0));
}

static void a_client_and_a_queue_each_start_what_a_forked_child_is_refused(void) {
    static const char *const roles[] = {"--fork-after-a-client", "--fork-after-a-queue",
                                        "--fork-before-a-client"};
    struct url url = server_url("roles");
    size_t i;
    server_script("roles", "[{'json':{'sid':'S1'}}]");
    for (i = 0; i < sizeof roles / sizeof *roles; i++) {
        int end = -1;
        pid_t child = start_program(roles[i], url.text, &end);
        close(end);
        CHECK_NUMBER(exit_code_of(child), 0);
    }
    CHECK_NUMBER(server_requests("roles"), 1);
}

const struct test process_tests[] = {
    {"a_forked_child_is_refused_and_frees_and_exits_while_the_parent_goes_on",
     a_forked_child_is_refused_and_frees_and_exits_while_the_parent_goes_on},
    {"a_child_that_is_forked_inside_a_callback_exits",
     a_child_that_is_forked_inside_a_callback_exits},
    {"a_child_that_is_forked_where_a_callback_freed_the_last_client_exits",
     a_child_that_is_forked_where_a_callback_freed_the_last_client_exits},
    {"a_forked_child_may_read_a_result_that_others_were_reading",
     a_forked_child_may_read_a_result_that_others_were_reading},
    {"a_program_may_end_with_calls_in_flight", a_program_may_end_with_calls_in_flight},
    {"a_client_and_a_queue_each_start_what_a_forked_child_is_refused",
     a_client_and_a_queue_each_start_what_a_forked_child_is_refused},
    {NULL, NULL},
};
