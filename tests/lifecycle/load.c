/*
 * Loads and unloads the library a thousand times. LIBRARY, in the environment, is its file: a copy that nothing else has
 * open, unlike the one that this program is linked with.
 */
#include "loaded.h"

#include <pthread.h>
#include <stdlib.h>

enum { TIMES = 1000, WARM_UP = 100 };

static struct loaded library;
static const char *path;

/* What the process uses, once warm and in the end. */
static void check_flat(int round) {
    static int descriptors;
    static int threads;
    static long memory;
    if (round == WARM_UP) {
        descriptors = open_descriptors();
        threads = all_threads();
        memory = rss_kib();
    } else if (round == TIMES - 1) {
        need_no_more(threads, descriptors);
        /* 900 rounds that each lost 2 KiB would be seen. */
        NEED(rss_kib() <= memory + 1800);
    }
}

static void without_a_client(void) {
    int round;
    for (round = 0; round < TIMES; round++) {
        load(&library, path);
        NEED(library.call != mx_call);
        NEED(library.call(NULL, "getVersions", "{}", NULL, NULL, NULL) == MX_ERR_NULL_ARGUMENT);
        NEED(*library.refusal_message() != '\0');
        unload(&library);
        check_flat(round);
    }
}

static void with_a_client_that_is_freed_each_time(void) {
    int round;
    for (round = 0; round < TIMES; round++) {
        load(&library, path);
        come_and_go_in(&library);
        NEED(library.live_objects() == 0);
        unload(&library);
        check_flat(round);
    }
    need_library_threads(0);
}

static void keep_ended(mx_result *result, void *user_data) {
    mx_status *ended = user_data;
    *ended = library.result_status(result);
    library.result_free(result);
    tell("ended");
}

/* The library stays where it is: its threads go on, and what was found there is still right. */
static void with_a_client_alive(void) {
    mx_status ended = -1;
    struct loaded first;
    mx_client *client = NULL;
    mx_op op = 0;
    int round;
    load(&library, path);
    first = library;
    NEED(library.client_new(hanging, NULL, &client, NULL) == MX_OK);
    NEED(library.call(client, "getVersions", "{}", keep_ended, &ended, &op) == MX_OK);
    /* When this one has ended, the other one has its connection. */
    come_and_go_in(&library);
    unload(&library);
    for (round = 0; round < TIMES; round++) {
        load(&library, path);
        NEED(library.call == first.call && library.client_free == first.client_free);
        if (round % 10 == 0) {
            come_and_go_in(&library);
        }
        unload(&library);
        check_flat(round);
    }
    /* Nobody has it open. */
    need_library_threads(2);
    NEED(first.cancel(client, op) == MX_OK);
    wait_until_told("ended");
    NEED(ended == MX_ERR_CANCELLED);
    come_and_go_in(&first);
    first.client_free(client);
    NEED(first.live_objects() == 0);
    need_library_threads(0);
}

static void *use_it_and_end(void *unused) {
    load(&library, path);
    NEED(library.call(NULL, "getVersions", "{}", NULL, NULL, NULL) == MX_ERR_NULL_ARGUMENT);
    come_and_go_in(&library);
    unload(&library);
    return unused;
}

/* What the library keeps for a thread is destroyed when that ends, after the unloading. */
static void on_threads_that_end_after_it(void) {
    int round;
    for (round = 0; round < TIMES; round++) {
        pthread_t thread;
        NEED(pthread_create(&thread, NULL, use_it_and_end, NULL) == 0);
        pthread_join(thread, NULL);
        check_flat(round);
    }
}

static const struct scene scenes[] = {
    {"without-a-client", without_a_client},
    {"with-a-client-that-is-freed-each-time", with_a_client_that_is_freed_each_time},
    {"with-a-client-alive", with_a_client_alive},
    {"on-threads-that-end-after-it", on_threads_that_end_after_it},
    {NULL, NULL},
};

int main(int argc, char **argv) {
    path = getenv("LIBRARY");
    return play_scene(scenes, argc, argv);
}
