/* Reads what the process uses, from Linux's /proc. */
#include "soak.h"

#include <dirent.h>
#include <errno.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <string.h>
#include <time.h>
#include <unistd.h>

int64_t now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

void pause_ms(int milliseconds) {
    struct timespec time;
    time.tv_sec = milliseconds / 1000;
    time.tv_nsec = milliseconds % 1000 * 1000000L;
    while (nanosleep(&time, &time) != 0 && errno == EINTR) {
    }
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

static void count_entries(const char *path, double *all, double *of_the_library) {
    DIR *folder = opendir(path);
    struct dirent *entry;
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.') {
            *all += 1;
            *of_the_library += of_the_library != all && is_library_thread(entry->d_name);
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
}

static double in_use_kib(void) {
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
    struct mallinfo2 info = mallinfo2();
    return (double)(info.uordblks + info.hblkhd) / 1024;
#else
    return 0;
#endif
}

struct gauge gauge_now(void) {
    struct gauge gauge = {0, 0, 0, 0, 0, 0};
    double unused = 0;
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file != NULL) {
        if (fscanf(file, "%*d %ld", &pages) != 1) {
            pages = 0;
        }
        fclose(file);
    }
    gauge.in_use_kib = in_use_kib();
    gauge.rss_kib = (double)pages * (double)sysconf(_SC_PAGESIZE) / 1024;
    count_entries("/proc/self/task", &gauge.threads, &gauge.library_threads);
    count_entries("/proc/self/fd", &gauge.descriptors, &unused);
    /* The one that counts. */
    gauge.descriptors -= 1;
    return gauge;
}
