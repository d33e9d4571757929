/* The means of the lifecycle programs. */
#include "scene.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const char *answering;
const char *hanging;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static const char *told[16];
static size_t told_count;

void need(bool holds, const char *file, int line, const char *condition) {
    if (!holds) {
        const char *slash = strrchr(file, '/');
        fprintf(stderr, "%s:%d: not so: %s (%s)\n", slash == NULL ? file : slash + 1, line,
                condition, mx_refusal_message());
        _exit(1);
    }
}

void end_if_it_hangs(void) {
    signal(SIGALRM, SIG_DFL);
    alarm(PATIENCE_S);
}

int play_scene(const struct scene *scenes, int argc, char **argv) {
    if (argc != 4) {
        for (; scenes->name != NULL; scenes++) {
            puts(scenes->name);
        }
        return 2;
    }
    answering = argv[2];
    hanging = argv[3];
    for (; scenes->name != NULL; scenes++) {
        if (strcmp(scenes->name, argv[1]) == 0) {
            end_if_it_hangs();
            scenes->play();
            return AS_PROMISED;
        }
    }
    fprintf(stderr, "there is no scene %s\n", argv[1]);
    return 2;
}

void tell(const char *what) {
    pthread_mutex_lock(&lock);
    NEED(told_count < sizeof told / sizeof *told);
    told[told_count++] = what;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static bool is_told(const char *what) {
    size_t at;
    for (at = 0; at < told_count; at++) {
        if (strcmp(told[at], what) == 0) {
            return true;
        }
    }
    return false;
}

void wait_until_told(const char *what) {
    pthread_mutex_lock(&lock);
    while (!is_told(what)) {
        pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
}

mx_client *queue_client_of(const char *url, mx_queue *queue) {
    mx_client_options *options = NULL;
    mx_client *client = NULL;
    NEED(mx_client_options_new(&options) == MX_OK);
    NEED(mx_client_options_set_queue(options, queue) == MX_OK);
    NEED(mx_client_new(url, options, &client, NULL) == MX_OK);
    mx_client_options_free(options);
    return client;
}

mx_client *client_of(const char *url) { return queue_client_of(url, NULL); }

mx_queue *new_queue(void) {
    mx_queue *queue = NULL;
    NEED(mx_queue_new(&queue) == MX_OK);
    return queue;
}

mx_op start_call(mx_client *client, mx_callback callback, void *user_data) {
    mx_op op = 0;
    NEED(mx_call(client, "getVersions", "{}", callback, user_data, &op) == MX_OK);
    return op;
}

struct waiting {
    bool ended;
    mx_status status;
};

void keep_status(mx_result *result, void *user_data) {
    mx_status *status = user_data;
    if (status != NULL) {
        *status = mx_result_status(result);
    }
    mx_result_free(result);
}

static void end_waiting(mx_result *result, void *user_data) {
    struct waiting *waiting = user_data;
    pthread_mutex_lock(&lock);
    waiting->status = mx_result_status(result);
    waiting->ended = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    mx_result_free(result);
}

void call_and_wait(mx_client *client) {
    struct waiting waiting = {false, -1};
    start_call(client, end_waiting, &waiting);
    pthread_mutex_lock(&lock);
    while (!waiting.ended) {
        pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
    NEED(waiting.status == MX_OK);
}

void come_and_go(void) {
    mx_queue *queue = new_queue();
    mx_client *client = queue_client_of(answering, queue);
    mx_result *result = NULL;
    mx_op op = start_call(client, NULL, NULL);
    NEED(mx_queue_next(queue, -1, &result) == MX_OK);
    NEED(mx_result_status(result) == MX_OK && mx_result_op(result) == op);
    mx_result_free(result);
    mx_client_free(client);
    mx_queue_free(queue);
}

void be_refused(void) {
    NEED(mx_call(NULL, "getVersions", "{}", keep_status, NULL, NULL) == MX_ERR_NULL_ARGUMENT);
    NEED(mx_refusal_message() != NULL);
}

static bool is_library_thread(const char *task) {
    char path[300];
    char name[32] = "";
    FILE *file;
    snprintf(path, sizeof path, "/proc/self/task/%s/comm", task);
    file = fopen(path, "r");
    if (file == NULL) {
        return false;
    }
    if (fgets(name, sizeof name, file) == NULL) {
        name[0] = '\0';
    }
    fclose(file);
    return strncmp(name, "mx-", 3) == 0;
}

static bool any(const char *entry) {
    (void)entry;
    return true;
}

static int entries(const char *path, bool (*wanted)(const char *)) {
    DIR *folder = opendir(path);
    struct dirent *entry;
    int count = 0;
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        count += entry->d_name[0] != '.' && wanted(entry->d_name);
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return count;
}

static int library_threads(void) { return entries("/proc/self/task", is_library_thread); }

void need_library_threads(int number) {
    int tries = 5000;
    while (library_threads() != number && tries-- > 0) {
        pause_ms(2);
    }
    NEED(library_threads() == number);
}

int all_threads(void) { return entries("/proc/self/task", any); }

/* Without the one that counts. Of this thread: the process has none to show once its main thread has ended. */
int open_descriptors(void) { return entries("/proc/thread-self/fd", any) - 1; }

void need_no_more(int threads, int descriptors) {
    int tries = 5000;
    while ((all_threads() > threads || open_descriptors() > descriptors) && tries-- > 0) {
        pause_ms(2);
    }
    NEED(all_threads() <= threads);
    NEED(open_descriptors() <= descriptors);
}

long rss_kib(void) {
    FILE *file = fopen("/proc/self/statm", "r");
    long pages = 0;
    if (file != NULL) {
        if (fscanf(file, "%*d %ld", &pages) != 1) {
            pages = 0;
        }
        fclose(file);
    }
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

void pause_ms(int milliseconds) {
    struct timespec time;
    time.tv_sec = milliseconds / 1000;
    time.tv_nsec = milliseconds % 1000 * 1000000L;
    while (nanosleep(&time, &time) != 0 && errno == EINTR) {
    }
}

void need_no_trace(int descriptors) {
    NEED(mx_debug_live_objects() == 0);
    need_library_threads(0);
    NEED(open_descriptors() == descriptors);
}
