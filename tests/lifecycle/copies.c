/*
 * Two copies of the library in one process, in use at once. LIBRARY and OTHER_LIBRARY, in the environment, are their files;
 * the program itself is another copy, by the static or by the shared library.
 */
#include "loaded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CALLS = 100 };

/* A copy, and a client of it. */
struct copy {
    struct loaded library;
    mx_client *client;
    mx_client *stuck;
    mx_status stuck_status;
    int results;
    int good;
};

static struct copy copies[2];

static void count_result(mx_result *result, void *user_data) {
    struct copy *copy = user_data;
    copy->good += copy->library.result_status(result) == MX_OK;
    copy->library.result_free(result);
    if (++copy->results == CALLS) {
        tell(copy == &copies[0] ? "all of the first" : "all of the second");
    }
}

static void keep_stuck(mx_result *result, void *user_data) {
    struct copy *copy = user_data;
    copy->stuck_status = copy->library.result_status(result);
    copy->library.result_free(result);
}

static void open_copy(struct copy *copy) {
    const struct loaded *library = &copy->library;
    NEED(library->live_objects() == 0);
    NEED(library->client_new(answering, NULL, &copy->client, NULL) == MX_OK);
    NEED(library->client_new(hanging, NULL, &copy->stuck, NULL) == MX_OK);
    NEED(library->call(copy->stuck, "getVersions", "{}", keep_stuck, copy, NULL) == MX_OK);
}

static void close_copy(struct copy *copy) {
    copy->library.client_free(copy->stuck);
    NEED(copy->stuck_status == MX_ERR_CANCELLED);
    copy->library.client_free(copy->client);
    NEED(copy->library.live_objects() == 0);
}

/* Each has objects, threads, reasons of refusals, and what it knows of forks, of its own. */
static void use_both(void) {
    int descriptors = open_descriptors();
    char reason[200];
    pid_t child;
    int status = 0;
    int i;
    open_copy(&copies[0]);
    open_copy(&copies[1]);
    NEED(copies[0].library.call != copies[1].library.call);
    NEED(copies[0].library.live_objects() == 2 && copies[1].library.live_objects() == 2);
    need_library_threads(4);
    for (i = 0; i < 2 * CALLS; i++) {
        struct copy *copy = &copies[i % 2];
        NEED(copy->library.call(copy->client, "getVersions", "{}", count_result, copy, NULL) ==
             MX_OK);
    }
    wait_until_told("all of the first");
    wait_until_told("all of the second");
    NEED(copies[0].library.call(NULL, "getVersions", "{}", NULL, NULL, NULL) ==
         MX_ERR_NULL_ARGUMENT);
    snprintf(reason, sizeof reason, "%s", copies[0].library.refusal_message());
    NEED(copies[1].library.cancel(copies[1].client, UINT64_MAX) == MX_ERR_NOT_FOUND);
    NEED(strcmp(copies[0].library.refusal_message(), reason) == 0);
    child = fork();
    if (child == 0) {
        end_if_it_hangs();
        for (i = 0; i < 2; i++) {
            NEED(copies[i].library.cancel(copies[i].stuck, 1) == MX_ERR_FORKED);
            copies[i].library.client_free(copies[i].stuck);
        }
        exit(AS_PROMISED);
    }
    NEED(waitpid(child, &status, 0) == child);
    NEED(WIFEXITED(status) && WEXITSTATUS(status) == AS_PROMISED);
    close_copy(&copies[0]);
    need_library_threads(2);
    come_and_go_in(&copies[1].library);
    close_copy(&copies[1]);
    NEED(copies[0].good == CALLS && copies[1].good == CALLS);
    NEED(copies[0].results == CALLS && copies[1].results == CALLS);
    need_library_threads(0);
    NEED(open_descriptors() == descriptors);
}

static void two_files(void) {
    load(&copies[0].library, getenv("LIBRARY"));
    load(&copies[1].library, getenv("OTHER_LIBRARY"));
    use_both();
}

static void the_program_and_a_file(void) {
    load(&copies[0].library, NULL);
    load(&copies[1].library, getenv("LIBRARY"));
    use_both();
}

/* As plug-ins are: one is gone while the other still works. */
static void one_is_unloaded(void) {
    load(&copies[0].library, getenv("LIBRARY"));
    load(&copies[1].library, getenv("OTHER_LIBRARY"));
    open_copy(&copies[0]);
    unload(&copies[0].library);
    come_and_go_in(&copies[1].library);
    unload(&copies[1].library);
    close_copy(&copies[0]);
}

static const struct scene scenes[] = {
    {"two-files", two_files},
    {"the-program-and-a-file", the_program_and_a_file},
    {"one-is-unloaded", one_is_unloaded},
    {NULL, NULL},
};

int main(int argc, char **argv) {
    return play_scene(scenes, argc, argv);
}
