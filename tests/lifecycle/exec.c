/* Becomes, or starts, another program with calls in flight: none of the library's descriptors gets there. */
#include "scene.h"

#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static char *program;
static char *look[] = {NULL, "look-around", NULL, NULL, NULL};
static mx_client *client;
static mx_client *stuck;
static mx_client *queued;
static mx_queue *queue;

/* What the other program does: nothing but the standard descriptors may be there. */
static void look_around(void) {
    int fd;
    for (fd = 3; fd < 1000; fd++) {
        NEED(fcntl(fd, F_GETFD) == -1);
    }
    come_and_go();
}

static void keep_busy(void) {
    int i;
    queue = new_queue();
    queued = queue_client_of(hanging, queue);
    client = client_of(answering);
    stuck = client_of(hanging);
    call_and_wait(client);
    for (i = 0; i < 20; i++) {
        start_call(stuck, keep_status, NULL);
        start_call(queued, NULL, NULL);
    }
    /* Queues have a descriptor, clients connections: there is something to leak. */
    NEED(open_descriptors() > 3);
}

static void become_another(void) {
    execv(program, look);
    _exit(1);
}

static void need_good_end(pid_t child) {
    int status = 0;
    NEED(child > 0 && waitpid(child, &status, 0) == child);
    NEED(WIFEXITED(status) && WEXITSTATUS(status) == AS_PROMISED);
    call_and_wait(client);
}

static void by_exec(void) {
    keep_busy();
    become_another();
}

static void *exec_here(void *unused) {
    become_another();
    return unused;
}

static void by_exec_on_another_thread(void) {
    pthread_t thread;
    keep_busy();
    NEED(pthread_create(&thread, NULL, exec_here, NULL) == 0);
    pthread_join(thread, NULL);
}

static void exec_in_callback(mx_result *result, void *unused) {
    (void)unused;
    mx_result_free(result);
    become_another();
}

static void by_exec_inside_a_callback(void) {
    keep_busy();
    start_call(client, exec_in_callback, NULL);
    for (;;) {
        pause_ms(1000);
    }
}

/* The child is refused everything; the program that it becomes may use the library anew. */
static void by_fork_and_exec(void) {
    pid_t child;
    keep_busy();
    child = fork();
    if (child == 0) {
        NEED(mx_client_cancel(stuck, 1) == MX_ERR_FORKED);
        become_another();
    }
    need_good_end(child);
}

static void by_posix_spawn(void) {
    pid_t child = -1;
    keep_busy();
    NEED(posix_spawn(&child, program, NULL, NULL, look, environ) == 0);
    need_good_end(child);
}

/* While connections come and go: a descriptor that became close-on-exec only later would be caught. */
static void by_posix_spawn_in_a_storm(void) {
    int round;
    keep_busy();
    for (round = 0; round < 50; round++) {
        mx_client *short_lived = client_of(answering);
        mx_queue *short_queue = new_queue();
        pid_t child = -1;
        int i;
        for (i = 0; i < 20; i++) {
            start_call(short_lived, keep_status, NULL);
        }
        NEED(posix_spawn(&child, program, NULL, NULL, look, environ) == 0);
        mx_client_free(short_lived);
        mx_queue_free(short_queue);
        need_good_end(child);
    }
}

static const struct scene look_scenes[] = {{"look-around", look_around}, {NULL, NULL}};
static const struct scene scenes[] = {
    {"by-exec", by_exec},
    {"by-exec-on-another-thread", by_exec_on_another_thread},
    {"by-exec-inside-a-callback", by_exec_inside_a_callback},
    {"by-fork-and-exec", by_fork_and_exec},
    {"by-posix-spawn", by_posix_spawn},
    {"by-posix-spawn-in-a-storm", by_posix_spawn_in_a_storm},
    {NULL, NULL},
};

int main(int argc, char **argv) {
    program = argv[0];
    look[0] = argv[0];
    if (argc == 4) {
        look[2] = argv[2];
        look[3] = argv[3];
    }
    return play_scene(argc == 4 && strcmp(argv[1], "look-around") == 0 ? look_scenes : scenes,
                      argc, argv);
}
