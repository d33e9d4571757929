/* Freeing clients inside callbacks, and calling them while they are freed. */
#include "harness.h"

/* A client that is freed by the callback of one of its calls, or of another's. */
struct inside {
    mx_client *client;
    struct inbox inbox;
    size_t after_free;
    pthread_t thread;
    bool on_the_same_thread;
    mx_status while_closing;
    struct gate ended;
};

static void deliver_inside(mx_result *result, void *user_data) {
    struct inside *inside = user_data;
    inside->on_the_same_thread =
        inside->on_the_same_thread && pthread_equal(inside->thread, pthread_self());
    inside->while_closing = ask(inside->client, inbox_deliver, &inside->inbox, NULL);
    inbox_deliver(result, &inside->inbox);
}

static void free_inside(mx_result *result, void *user_data) {
    struct inside *inside = user_data;
    mx_result_free(result);
    inside->thread = pthread_self();
    mx_client_free(inside->client);
    inside->after_free = inbox_count(&inside->inbox);
    gate_open(&inside->ended);
}

static void inside_init(struct inside *inside, const char *script) {
    inside->client = client_of(script);
    inside->after_free = 0;
    inside->on_the_same_thread = true;
    inside->while_closing = MX_OK;
    inbox_init(&inside->inbox);
    gate_init(&inside->ended);
}

static void check_all_came_inside(struct inside *inside, size_t pending) {
    gate_wait(&inside->ended);
    CHECK_NUMBER(inside->after_free, pending);
    CHECK(inside->on_the_same_thread);
    CHECK_STATUS(inside->while_closing, MX_ERR_CLOSED);
    while (inside->inbox.taken < inside->inbox.count) {
        CHECK_ENDS(&inside->inbox, MX_ERR_CANCELLED);
    }
    inbox_clear(&inside->inbox);
}

static void a_client_may_be_freed_by_its_own_callback(void) {
    enum { PENDING = 20 };
    struct inside inside;
    int i;
    server_script("free-inside", "[{'hang':true}]");
    inside_init(&inside, "free-inside");
    for (i = 0; i < PENDING; i++) {
        CHECK_STATUS(ask(inside.client, deliver_inside, &inside, NULL), MX_OK);
    }
    CHECK_STATUS(mx_call(inside.client, "getNothing", "{}", free_inside, &inside, NULL), MX_OK);
    check_all_came_inside(&inside, PENDING);
}

static void a_client_may_be_freed_by_the_callback_of_another(void) {
    enum { PENDING = 20 };
    struct inside inside;
    mx_client *other;
    int i;
    server_script("free-other", "[{'hang':true}]");
    inside_init(&inside, "free-other");
    other = client_of("free-other");
    for (i = 0; i < PENDING; i++) {
        CHECK_STATUS(ask(inside.client, deliver_inside, &inside, NULL), MX_OK);
    }
    CHECK_STATUS(mx_call(other, "getNothing", "{}", free_inside, &inside, NULL), MX_OK);
    check_all_came_inside(&inside, PENDING);
    mx_client_free(other);
}

/* Two clients, each freed inside a callback of the other, one within the other. */
struct pair {
    mx_client *outer;
    mx_client *inner;
    bool inner_ran;
    size_t rest_of_outer;
    struct inbox inbox;
    struct gate ended;
};

static void free_outer(mx_result *result, void *user_data) {
    struct pair *pair = user_data;
    mx_result_free(result);
    pair->inner_ran = true;
    mx_client_free(pair->outer);
    pair->rest_of_outer = inbox_count(&pair->inbox);
}

static void free_inner(mx_result *result, void *user_data) {
    struct pair *pair = user_data;
    mx_result_free(result);
    mx_client_free(pair->inner);
    CHECK(pair->inner_ran);
    gate_open(&pair->ended);
}

static void clients_may_be_freed_within_each_others_callbacks(void) {
    struct pair pair;
    server_script("pair", "[{'hang':true}]");
    pair.outer = client_of("pair");
    pair.inner = client_of("pair");
    pair.inner_ran = false;
    pair.rest_of_outer = 0;
    inbox_init(&pair.inbox);
    gate_init(&pair.ended);
    CHECK_STATUS(ask(pair.inner, free_outer, &pair, NULL), MX_OK);
    CHECK_STATUS(ask(pair.outer, inbox_deliver, &pair.inbox, NULL), MX_OK);
    CHECK_STATUS(mx_call(pair.outer, "getNothing", "{}", free_inner, &pair, NULL), MX_OK);
    gate_wait(&pair.ended);
    CHECK_NUMBER(pair.rest_of_outer, 1);
    CHECK_ENDS(&pair.inbox, MX_ERR_CANCELLED);
    inbox_clear(&pair.inbox);
}

struct successor {
    mx_client *client;
    mx_client *next;
    pthread_t thread;
    struct inbox inbox;
    struct gate started;
};

static void deliver_to_successor(mx_result *result, void *user_data) {
    struct successor *successor = user_data;
    CHECK(pthread_equal(successor->thread, pthread_self()));
    inbox_deliver(result, &successor->inbox);
}

static void replace(mx_result *result, void *user_data) {
    struct successor *successor = user_data;
    mx_result_free(result);
    successor->thread = pthread_self();
    mx_client_free(successor->client);
    successor->next = client_of("successor");
    CHECK_STATUS(ask(successor->next, deliver_to_successor, successor, NULL), MX_OK);
    /* Callbacks come one at a time, so the new client's has to wait for this one. */
    while (server_requests("successor") < 2) {
        pause_ms(1);
    }
    pause_ms(50);
    CHECK_NUMBER(inbox_count(&successor->inbox), 0);
    gate_open(&successor->started);
}

static void a_new_client_may_follow_the_last_one_inside_a_callback(void) {
    struct successor successor;
    server_script("successor", "[{'json':{'sid':'S1'}}]");
    inbox_init(&successor.inbox);
    gate_init(&successor.started);
    successor.client = client_of("successor");
    CHECK_STATUS(ask(successor.client, replace, &successor, NULL), MX_OK);
    gate_wait(&successor.started);
    CHECK_ENDS(&successor.inbox, MX_OK);
    mx_client_free(successor.next);
    inbox_clear(&successor.inbox);
}

static void free_with_queue(mx_result *result, void *user_data) {
    struct inside *inside = user_data;
    mx_result_free(result);
    mx_client_free(inside->client);
    gate_open(&inside->ended);
}

static void a_client_with_a_queue_may_be_freed_inside_a_callback(void) {
    struct inside inside;
    mx_queue *queue = new_queue();
    mx_client *other;
    mx_result *result = NULL;
    server_script("queue-inside", "[{'hang':true}]");
    other = client_of("queue-inside");
    inside.client = queue_client("queue-inside", queue);
    gate_init(&inside.ended);
    CHECK_STATUS(ask(inside.client, NULL, NULL, NULL), MX_OK);
    CHECK_STATUS(mx_call(other, "getNothing", "{}", free_with_queue, &inside, NULL), MX_OK);
    gate_wait(&inside.ended);
    CHECK_STATUS(mx_queue_next(queue, 0, &result), MX_OK);
    CHECK_STATUS(mx_result_status(result), MX_ERR_CANCELLED);
    mx_result_free(result);
    mx_client_free(other);
    mx_queue_free(queue);
}

static void a_call_on_a_client_that_is_being_freed_is_refused(void) {
    struct inside inside;
    server_script("closing", "[{'hang':true}]");
    inside_init(&inside, "closing");
    inside.thread = pthread_self();
    CHECK_STATUS(ask(inside.client, deliver_inside, &inside, NULL), MX_OK);
    mx_client_free(inside.client);
    CHECK(!inside.on_the_same_thread);
    CHECK_STATUS(inside.while_closing, MX_ERR_CLOSED);
    CHECK_ENDS(&inside.inbox, MX_ERR_CANCELLED);
    CHECK_NUMBER(server_requests("closing") <= 1, true);
    inbox_clear(&inside.inbox);
}

const struct test free_inside_tests[] = {
    {"a_client_may_be_freed_by_its_own_callback", a_client_may_be_freed_by_its_own_callback},
    {"a_client_may_be_freed_by_the_callback_of_another",
     a_client_may_be_freed_by_the_callback_of_another},
    {"clients_may_be_freed_within_each_others_callbacks",
     clients_may_be_freed_within_each_others_callbacks},
    {"a_new_client_may_follow_the_last_one_inside_a_callback",
     a_new_client_may_follow_the_last_one_inside_a_callback},
    {"a_client_with_a_queue_may_be_freed_inside_a_callback",
     a_client_with_a_queue_may_be_freed_inside_a_callback},
    {"a_call_on_a_client_that_is_being_freed_is_refused",
     a_call_on_a_client_that_is_being_freed_is_refused},
    {NULL, NULL},
};
