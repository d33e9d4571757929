/* The main thread ends first, by pthread_exit, and the others go on. */
#include "scene.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static mx_client *client;
static mx_client *stuck;
static mx_status stuck_status = -1;
static int descriptors;

/* Linux keeps the ended main thread as a zombie until the last thread has ended. */
static bool main_has_ended(void) {
    char path[64];
    char line[300] = "";
    FILE *file;
    snprintf(path, sizeof path, "/proc/self/task/%ld/stat", (long)getpid());
    file = fopen(path, "r");
    NEED(file != NULL && fgets(line, sizeof line, file) != NULL);
    fclose(file);
    return strstr(line, ") Z ") != NULL;
}

static void go_on(void) {
    while (!main_has_ended()) {
        pause_ms(2);
    }
    be_refused();
    call_and_wait(client);
    mx_client_free(stuck);
    NEED(stuck_status == MX_ERR_CANCELLED);
    mx_client_free(client);
    come_and_go();
    need_no_trace(descriptors);
}

static void *go_on_and_exit(void *unused) {
    go_on();
    exit(AS_PROMISED);
    return unused;
}

static void *go_on_and_end(void *unused) {
    go_on();
    return unused;
}

static void end_main(void *(*others)(void *)) {
    pthread_t thread;
    descriptors = open_descriptors();
    client = client_of(answering);
    stuck = client_of(hanging);
    be_refused();
    call_and_wait(client);
    start_call(stuck, keep_status, &stuck_status);
    NEED(pthread_create(&thread, NULL, others, NULL) == 0);
    pthread_exit(NULL);
}

static void and_another_exits(void) { end_main(go_on_and_exit); }

/* With the last client the library's threads end, and so the process does: by 0, as C has it. */
static void and_the_others_end(void) { end_main(go_on_and_end); }

static void free_it_here(mx_result *result, void *unused) {
    (void)unused;
    mx_result_free(result);
    while (!main_has_ended()) {
        pause_ms(2);
    }
    mx_client_free(client);
}

/* No thread of the application's is left; the last client is freed on the callback thread. */
static void and_a_callback_frees_the_last_client(void) {
    client = client_of(answering);
    start_call(client, free_it_here, NULL);
    pthread_exit(NULL);
}

static const struct scene scenes[] = {
    {"and-another-exits", and_another_exits},
    {"and-the-others-end", and_the_others_end},
    {"and-a-callback-frees-the-last-client", and_a_callback_frees_the_last_client},
    {NULL, NULL},
};

int main(int argc, char **argv) { return play_scene(scenes, argc, argv); }
