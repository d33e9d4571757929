/* The tree of an answer is made at the first look: by many threads at once, and in a forked child. */
#include "harness.h"

#include <string.h>
#include <unistd.h>

#define ANSWER "{'a':{'b':['x','y\\n']},'n':5}"

struct look {
    const mx_result *result;
    struct gate *begin;
    const mx_value *whole;
    const char *text;
};

static void *look_first(void *user_data) {
    struct look *look = user_data;
    if (gate_wait(look->begin)) {
        look->whole = mx_result_value(look->result, "");
        look->text = mx_value_string(mx_value_get(look->whole, "/a/b/1"), NULL);
    }
    return NULL;
}

static void threads_that_look_first_at_once_all_see_the_same_values(void) {
    enum { THREADS = 8 };
    int round;
    for (round = 0; round < scaled(50); round++) {
        struct look looks[THREADS];
        pthread_t threads[THREADS];
        struct gate begin;
        int i;
        mx_result *result = answer_of("first-look", ANSWER);
        gate_init(&begin);
        for (i = 0; i < THREADS; i++) {
            looks[i].result = result;
            looks[i].begin = &begin;
            looks[i].whole = NULL;
            looks[i].text = NULL;
            CHECK_NUMBER(pthread_create(&threads[i], NULL, look_first, &looks[i]), 0);
        }
        gate_open(&begin);
        for (i = 0; i < THREADS; i++) {
            pthread_join(threads[i], NULL);
        }
        for (i = 0; i < THREADS; i++) {
            CHECK(looks[i].whole != NULL && looks[i].whole == looks[0].whole);
            CHECK(looks[i].text == looks[0].text);
        }
        CHECK_TEXT(looks[0].text, "y\n");
        mx_result_free(result);
    }
}

/* Whether every getter reads what it should. */
static bool reads(const mx_result *result) {
    const mx_value *whole = mx_result_value(result, "");
    const mx_value *list = mx_value_get(whole, "/a/b");
    const char *second = mx_value_string(mx_value_next(mx_value_first(list)), NULL);
    const char *name = mx_value_name(mx_value_first(whole), NULL);
    int64_t number = 0;
    double real = 0;
    bool truth = false;
    size_t length = 0;
    return second != NULL && strcmp(second, "y\n") == 0 && name != NULL && strcmp(name, "a") == 0 &&
           mx_value_count(list) == 2 && mx_value_type(list) == MX_TYPE_ARRAY &&
           mx_value_int(mx_result_value(result, "/n"), &number) && number == 5 &&
           mx_value_double(mx_result_value(result, "/n"), &real) && real == 5 &&
           !mx_value_bool(whole, &truth) && mx_value_json(list, &length) != NULL && length > 5;
}

static void a_forked_child_may_be_the_first_to_look(void) {
    mx_client *client = client_of("alive-in-the-parent");
    mx_result *result = answer_of("fork-first", ANSWER);
    pid_t child = fork();
    if (child == 0) {
        bool read;
        end_if_it_hangs();
        read = reads(result) && mx_queue_wake(NULL) == MX_ERR_FORKED;
        mx_result_free(result);
        leave_child(read ? 0 : 1);
    }
    CHECK_NUMBER(exit_code_of(child), 0);
    CHECK(reads(result));
    mx_result_free(result);
    mx_client_free(client);
}

static void a_child_forked_while_a_thread_looks_first_reads_all_the_same(void) {
    int round;
    for (round = 0; round < scaled(50); round++) {
        struct look look;
        struct gate begin;
        pthread_t thread;
        pid_t child;
        mx_result *result = answer_of("fork-while", ANSWER);
        gate_init(&begin);
        look.result = result;
        look.begin = &begin;
        CHECK_NUMBER(pthread_create(&thread, NULL, look_first, &look), 0);
        gate_open(&begin);
        child = fork();
        if (child == 0) {
            end_if_it_hangs();
            leave_child(reads(result) ? 0 : 1);
        }
        CHECK_NUMBER(exit_code_of(child), 0);
        pthread_join(thread, NULL);
        CHECK_TEXT(look.text, "y\n");
        mx_result_free(result);
    }
}

const struct test first_look_tests[] = {
    {"threads_that_look_first_at_once_all_see_the_same_values",
     threads_that_look_first_at_once_all_see_the_same_values},
    {"a_forked_child_may_be_the_first_to_look", a_forked_child_may_be_the_first_to_look},
    {"a_child_forked_while_a_thread_looks_first_reads_all_the_same",
     a_child_forked_while_a_thread_looks_first_reads_all_the_same},
    {NULL, NULL},
};
