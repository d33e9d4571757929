/* Measures the process it is linked into: wall and CPU time, latencies and resident memory. */
#define _GNU_SOURCE
#include "measure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>

struct moment {
    int64_t wall_ns;
    double user_s;
    double sys_s;
};

static struct moment start;
static long rss_start_kb;
static int64_t *latencies_ns;
static long answers;
static int64_t first_answer_ns;
static uint32_t seen_in_answer;

void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

char *read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    char *text;
    long size;
    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0) {
        fail("%s cannot be read", path);
        return NULL;
    }
    rewind(file);
    text = malloc((size_t)size + 1);
    if (text == NULL || fread(text, 1, (size_t)size, file) != (size_t)size) {
        fail("%s cannot be read", path);
    }
    text[size] = '\0';
    fclose(file);
    return text;
}

struct load read_load(int argc, char **argv) {
    struct load load = {NULL, 0, 0, NULL, 0, -1, NULL, false};
    struct rlimit files;
    int next;
    if (argc >= 4 && argc % 2 == 0) {
        load.url = argv[1];
        load.requests = atol(argv[2]);
        load.in_flight = atol(argv[3]);
        for (next = 4; next < argc; next += 2) {
            if (strcmp(argv[next], "--ca") == 0) {
                load.ca = argv[next + 1];
            } else if (strcmp(argv[next], "--settle") == 0) {
                load.settle_ms = atol(argv[next + 1]);
            } else if (strcmp(argv[next], "--idle") == 0) {
                load.idle = atol(argv[next + 1]);
            } else if (strcmp(argv[next], "--trim") == 0) {
                load.trim = strcmp(argv[next + 1], "yes") == 0;
            } else if (strcmp(argv[next], "--look") == 0) {
                load.look = argv[next + 1];
            } else {
                load.requests = 0;
            }
        }
    }
    if (load.requests < 1 || load.in_flight < 1) {
        fail("usage: %s URL REQUESTS IN_FLIGHT [--ca FILE] [--settle MS] [--idle N] [--look HOW] [--trim yes]", argv[0]);
    }
    if (load.in_flight > load.requests) {
        load.in_flight = load.requests;
    }
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    return load;
}

static struct moment moment(void) {
    struct rusage usage;
    struct moment now;
    getrusage(RUSAGE_SELF, &usage);
    now.wall_ns = now_ns();
    now.user_s = (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6;
    now.sys_s = (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6;
    return now;
}

long status_line(const char *name) {
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    long value = -1;
    while (file != NULL && value < 0 && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':') {
            value = atol(line + strlen(name) + 1);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return value;
}

void measure_begin(const struct load *load) {
    size_t size = (size_t)load->requests * sizeof *latencies_ns;
    latencies_ns = malloc(size);
    if (latencies_ns == NULL) {
        fail("no memory for %ld latencies", load->requests);
    }
    /* Touched, so that it is not counted as memory of the requests. */
    memset(latencies_ns, 1, size);
    answers = 0;
    rss_start_kb = status_line("VmRSS");
    start = moment();
}

void measure_answer(int64_t began_ns) {
    int64_t now = now_ns();
    if (answers == 0) {
        first_answer_ns = now;
    }
    latencies_ns[answers++] = now - began_ns;
}

void measure_seen(uint64_t seen) {
    seen_in_answer = (uint32_t)seen;
}

int by_size(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static double latency_us(int percent) {
    return (double)latencies_ns[(answers - 1) * percent / 100] / 1e3;
}

/* From the program's start, dynamic linking included; 0 if nobody said when that was. */
static double start_to_answer_us(void) {
    const char *started = getenv(STARTED);
    return started == NULL ? 0 : (double)(first_answer_ns - atoll(started)) / 1e3;
}

void measure_end(const struct load *load) {
    struct moment end = moment();
    long rss_peak_kb = status_line("VmHWM");
    long threads = status_line("Threads");
    struct timespec settle;
    if (answers != load->requests) {
        fail("%ld answers to %ld requests", answers, load->requests);
    }
    settle.tv_sec = load->settle_ms / 1000;
    settle.tv_nsec = load->settle_ms % 1000 * 1000000;
    nanosleep(&settle, NULL);
    qsort(latencies_ns, (size_t)answers, sizeof *latencies_ns, by_size);
    printf("{\"requests\": %ld, \"in_flight\": %ld, \"wall_s\": %.6f, \"user_s\": %.6f, "
           "\"sys_s\": %.6f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"start_us\": %.1f, \"threads\": %ld, "
           "\"seen\": %lu, \"rss_start_kb\": %ld, \"rss_peak_kb\": %ld, \"rss_after_kb\": %ld}\n",
           answers, load->in_flight, (double)(end.wall_ns - start.wall_ns) / 1e9,
           end.user_s - start.user_s, end.sys_s - start.sys_s, latency_us(50), latency_us(99),
           start_to_answer_us(), threads, (unsigned long)seen_in_answer, rss_start_kb, rss_peak_kb,
           status_line("VmRSS"));
    free(latencies_ns);
}
