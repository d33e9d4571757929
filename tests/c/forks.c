/* Forks in the middle of what other threads are doing: the child is refused at once and exits, the parent goes on. Between
   two lives of the library a child starts afresh. */
#include "harness.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* A client and a queue of another client, as the child finds them. */
struct found {
    mx_client *client;
    mx_queue *queue;
};

static bool all_refused(const struct found *found) {
    mx_client *client = NULL;
    mx_queue *queue = NULL;
    mx_result *result = NULL;
    const mx_status statuses[] = {
        mx_call(found->client, "getVersions", "{}", inbox_deliver, NULL, NULL),
        mx_client_cancel(found->client, 1),
        mx_queue_next(found->queue, -1, &result),
        mx_queue_wake(found->queue),
        mx_client_new("https://127.0.0.1", NULL, &client, NULL),
        mx_queue_new(&queue),
        mx_log_set(MX_LOG_DEBUG, NULL, NULL),
    };
    size_t i;
    for (i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        if (statuses[i] != MX_ERR_FORKED) {
            return false;
        }
    }
    return mx_queue_fd(found->queue) >= 0 && client == NULL && queue == NULL && result == NULL;
}

/* Forks; the child tries everything, frees, forks a child of its own and leaves as a program does. */
static bool child_is_refused_and_exits(const struct found *found) {
    pid_t child = fork();
    if (child == 0) {
        pid_t grandchild;
        bool refused;
        end_if_it_hangs();
        refused = all_refused(found);
        mx_client_free(found->client);
        mx_queue_free(found->queue);
        grandchild = fork();
        if (grandchild == 0) {
            end_if_it_hangs();
            leave_child(all_refused(found) ? 0 : 1);
        }
        leave_child(refused && exit_code_of(grandchild) == 0 ? 0 : 1);
    }
    return CHECK_NUMBER(exit_code_of(child), 0);
}

static void find(struct found *found, const char *script) {
    found->client = client_of(script);
    found->queue = new_queue();
}

static void lose(const struct found *found) {
    mx_client_free(found->client);
    mx_queue_free(found->queue);
}

struct blocked {
    struct gate entered;
    struct gate may_leave;
    mx_client *client;
    bool freed;
};

static void stay(mx_result *result, void *user_data) {
    struct blocked *blocked = user_data;
    mx_result_free(result);
    gate_open(&blocked->entered);
    gate_wait(&blocked->may_leave);
}

static void *free_client(void *user_data) {
    struct blocked *blocked = user_data;
    mx_client_free(blocked->client);
    blocked->freed = true;
    return NULL;
}

static void while_a_thread_frees_a_client(void) {
    struct found found;
    struct blocked blocked;
    pthread_t thread;
    gate_init(&blocked.entered);
    gate_init(&blocked.may_leave);
    blocked.freed = false;
    blocked.client = client_of("fork-free");
    find(&found, "fork-free");
    CHECK_STATUS(mx_call(blocked.client, "getNothing", "{}", stay, &blocked, NULL), MX_OK);
    gate_wait(&blocked.entered);
    CHECK_NUMBER(pthread_create(&thread, NULL, free_client, &blocked), 0);
    pause_ms(20);
    CHECK(!blocked.freed);
    child_is_refused_and_exits(&found);
    gate_open(&blocked.may_leave);
    pthread_join(thread, NULL);
    lose(&found);
}

struct waiter {
    mx_queue *queue;
    mx_status status;
};

static void *wait_in_next(void *user_data) {
    struct waiter *waiter = user_data;
    mx_result *result = NULL;
    waiter->status = mx_queue_next(waiter->queue, -1, &result);
    return NULL;
}

static void while_a_thread_waits_for_a_result(void) {
    struct found found;
    struct waiter waiter;
    pthread_t thread;
    find(&found, "fork-next");
    waiter.queue = found.queue;
    waiter.status = -1;
    CHECK_NUMBER(pthread_create(&thread, NULL, wait_in_next, &waiter), 0);
    pause_ms(20);
    child_is_refused_and_exits(&found);
    CHECK_STATUS(mx_queue_wake(found.queue), MX_OK);
    pthread_join(thread, NULL);
    CHECK_STATUS(waiter.status, MX_ERR_TIMEOUT);
    lose(&found);
}

static void stay_in_the_log(int32_t level, const char *message, void *user_data) {
    struct blocked *blocked = user_data;
    (void)level;
    (void)message;
    gate_open(&blocked->entered);
    gate_wait(&blocked->may_leave);
}

static void while_a_thread_is_in_the_log(void) {
    struct found found;
    struct blocked blocked;
    struct inbox inbox;
    inbox_init(&inbox);
    gate_init(&blocked.entered);
    gate_init(&blocked.may_leave);
    server_script("fork-log", "[{'json':{'versions':[]}}]");
    find(&found, "fork-log");
    CHECK_STATUS(mx_log_set(MX_LOG_DEBUG, stay_in_the_log, &blocked), MX_OK);
    CHECK_STATUS(mx_call(found.client, "getVersions", "{}", inbox_deliver, &inbox, NULL), MX_OK);
    gate_wait(&blocked.entered);
    child_is_refused_and_exits(&found);
    gate_open(&blocked.may_leave);
    CHECK_ENDS(&inbox, MX_OK);
    CHECK_STATUS(mx_log_set(MX_LOG_DEBUG, NULL, NULL), MX_OK);
    lose(&found);
    inbox_clear(&inbox);
}

static void fork_in_the_log(int32_t level, const char *message, void *user_data) {
    (void)level;
    (void)message;
    child_is_refused_and_exits(user_data);
}

static void inside_the_log(void) {
    struct found found;
    find(&found, "fork-in-log");
    CHECK_STATUS(mx_log_set(MX_LOG_ERROR, fork_in_the_log, &found), MX_OK);
    CHECK_STATUS(mx_call(NULL, "getVersions", "{}", inbox_deliver, NULL, NULL),
                 MX_ERR_NULL_ARGUMENT);
    CHECK_STATUS(mx_log_set(MX_LOG_ERROR, NULL, NULL), MX_OK);
    lose(&found);
}

enum { FORKS = 5 };

struct doubling {
    pthread_t network_is_not;
    struct gate may_fork;
    int to_parent;
    bool waited;
    bool is_child;
    int forks;
    pid_t children[FORKS];
};

/* Waits in the first line of the network until others wait behind it, forks in the next ones, and says so if a child gets
   lines, too. */
static void fork_in_the_first_lines(int32_t level, const char *message, void *user_data) {
    struct doubling *doubling = user_data;
    (void)level;
    (void)message;
    if (pthread_equal(pthread_self(), doubling->network_is_not)) {
        return;
    }
    if (doubling->is_child) {
        CHECK_NUMBER(write(doubling->to_parent, "x", 1), 1);
    } else if (!doubling->waited) {
        doubling->waited = gate_wait(&doubling->may_fork);
    } else if (doubling->forks < FORKS) {
        pid_t child = fork();
        if (child == 0) {
            end_if_it_hangs();
            doubling->is_child = true;
        } else {
            doubling->children[doubling->forks++] = child;
        }
    }
}

static void where_lines_wait(void) {
    enum { CALLS = 100 };
    struct doubling doubling;
    struct found found;
    mx_client *client;
    mx_result *result = NULL;
    int ends[2];
    char byte;
    int i;
    CHECK_NUMBER(pipe(ends), 0);
    doubling.network_is_not = pthread_self();
    gate_init(&doubling.may_fork);
    doubling.to_parent = ends[1];
    doubling.waited = false;
    doubling.is_child = false;
    doubling.forks = 0;
    find(&found, "fork-lines");
    client = queue_client("fork-lines", found.queue);
    CHECK_STATUS(mx_log_set(MX_LOG_DEBUG, fork_in_the_first_lines, &doubling), MX_OK);
    for (i = 0; i < CALLS; i++) {
        CHECK_STATUS(mx_call(client, "getNothing", "{}", NULL, NULL, NULL), MX_OK);
    }
    for (i = 0; i < CALLS; i++) {
        CHECK_STATUS(mx_queue_next(found.queue, patience_ms(), &result), MX_OK);
        mx_result_free(result);
    }
    gate_open(&doubling.may_fork);
    mx_client_free(client);
    lose(&found);
    CHECK_STATUS(mx_log_set(MX_LOG_DEBUG, NULL, NULL), MX_OK);
    pause_ms(100);
    CHECK_NUMBER(doubling.forks, FORKS);
    for (i = 0; i < doubling.forks && CHECK(doubling.children[i] > 0); i++) {
        kill(doubling.children[i], SIGKILL);
        waitpid(doubling.children[i], NULL, 0);
    }
    close(ends[1]);
    CHECK_NUMBER(read(ends[0], &byte, 1), 0);
    close(ends[0]);
}

struct storm {
    pthread_mutex_t lock;
    bool over;
};

static bool is_over(struct storm *storm) {
    bool over;
    pthread_mutex_lock(&storm->lock);
    over = storm->over;
    pthread_mutex_unlock(&storm->lock);
    return over;
}

/* Clients that come, call and go: every lock of the library's is taken again and again. */
static void *blow(void *user_data) {
    struct storm *storm = user_data;
    while (!is_over(storm)) {
        struct inbox inbox;
        mx_client *client = client_of("fork-storm");
        mx_queue *queue = new_queue();
        mx_client *queued = queue_client("fork-storm", queue);
        mx_result *result = NULL;
        int i;
        inbox_init(&inbox);
        for (i = 0; i < 10; i++) {
            CHECK_STATUS(ask(client, inbox_deliver, &inbox, NULL), MX_OK);
            CHECK_STATUS(ask(queued, NULL, NULL, NULL), MX_OK);
        }
        CHECK_ENDS(&inbox, MX_OK);
        CHECK_STATUS(mx_queue_next(queue, patience_ms(), &result), MX_OK);
        mx_result_free(result);
        mx_client_free(client);
        mx_client_free(queued);
        mx_queue_free(queue);
        CHECK_NUMBER(inbox_count(&inbox), 10);
        inbox_clear(&inbox);
    }
    return NULL;
}

static void in_a_storm_of_calls_and_frees(void) {
    enum { THREADS = 3 };
    struct storm storm;
    struct found found;
    pthread_t threads[THREADS];
    int i;
    pthread_mutex_init(&storm.lock, NULL);
    storm.over = false;
    server_script("fork-storm", "[{'json':{'sid':'S1'}}]");
    find(&found, "fork-storm");
    for (i = 0; i < THREADS; i++) {
        CHECK_NUMBER(pthread_create(&threads[i], NULL, blow, &storm), 0);
    }
    for (i = 0; i < scaled(100) && child_is_refused_and_exits(&found); i++) {
    }
    pthread_mutex_lock(&storm.lock);
    storm.over = true;
    pthread_mutex_unlock(&storm.lock);
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    lose(&found);
}

/* One life of the library: from the first object to the last free. */
static bool lives(void) {
    struct inbox inbox;
    mx_result *result;
    mx_status status;
    mx_client *client = client_of("fork-afresh");
    mx_queue *queue = new_queue();
    inbox_init(&inbox);
    CHECK_STATUS(ask(client, inbox_deliver, &inbox, NULL), MX_OK);
    result = inbox_take(&inbox);
    status = mx_result_status(result);
    mx_result_free(result);
    mx_client_free(client);
    mx_queue_free(queue);
    inbox_clear(&inbox);
    return CHECK_STATUS(status, MX_OK);
}

static void free_in_the_callback(mx_result *result, void *user_data) {
    struct blocked *blocked = user_data;
    mx_result_free(result);
    mx_client_free(blocked->client);
    gate_open(&blocked->entered);
}

/* The last client is freed on the library's own thread, which is gone a moment later. */
static void free_from_inside(void) {
    struct blocked blocked;
    int i;
    gate_init(&blocked.entered);
    blocked.client = client_of("fork-afresh");
    CHECK_STATUS(ask(blocked.client, free_in_the_callback, &blocked, NULL), MX_OK);
    gate_wait(&blocked.entered);
    for (i = 0; library_threads() > 0 && i < patience_ms(); i++) {
        pause_ms(1);
    }
}

static void after_the_last_free(void) {
    int i;
    server_script("fork-afresh", "[{'json':{'sid':'S1'}}]");
    for (i = 0; i < 4; i++) {
        pid_t child;
        if (i == 3) {
            free_from_inside();
        } else if (i > 0) {
            lives();
        }
        child = fork();
        if (child == 0) {
            pid_t grandchild;
            bool lived;
            end_if_it_hangs();
            lived = lives();
            grandchild = fork();
            if (grandchild == 0) {
                end_if_it_hangs();
                leave_child(lives() ? 0 : 1);
            }
            leave_child(lived && exit_code_of(grandchild) == 0 ? 0 : 1);
        }
        CHECK_NUMBER(exit_code_of(child), 0);
    }
}

const struct test fork_tests[] = {
    {"a_child_forked_while_a_thread_frees_a_client_is_refused_and_exits",
     while_a_thread_frees_a_client},
    {"a_child_forked_while_a_thread_waits_for_a_result_is_refused_and_exits",
     while_a_thread_waits_for_a_result},
    {"a_child_forked_while_a_thread_is_in_the_log_is_refused_and_exits",
     while_a_thread_is_in_the_log},
    {"a_child_forked_inside_the_log_is_refused_and_exits", inside_the_log},
    {"lines_that_wait_when_the_log_forks_are_the_parents_alone", where_lines_wait},
    {"a_child_forked_in_a_storm_of_calls_and_frees_is_refused_and_exits",
     in_a_storm_of_calls_and_frees},
    {"a_child_forked_after_the_last_free_starts_afresh", after_the_last_free},
    {NULL, NULL},
};
