/* What the clients share: one command line, one clock, one line of JSON with what each measured of itself. */
#ifndef MATRIX_CAPI_BENCHES_MEASURE_H
#define MATRIX_CAPI_BENCHES_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REQUEST_PATH "/_matrix/client/v3/account/password/email/requestToken"
#define CLIENT_SECRET "monkeys_are_GREAT.and-so-are-their-32"
#define EMAIL "alice@example.org"

/* CLIENT URL REQUESTS IN_FLIGHT [--ca FILE] [--settle MS] [--idle N] [--look HOW] [--trim yes] */
struct load {
    const char *url;
    long requests;
    long in_flight;
    const char *ca;
    long settle_ms;
    /* How many connections without a request are kept; -1 for the client's own default. */
    long idle;
    /* What is done with a large answer; NULL if nothing was said. */
    const char *look;
    /* Whether matrix-capi gives the memory of a burst back to the system. */
    bool trim;
};

/* Reads the command line, and allows as many descriptors as the system lets it. */
struct load read_load(int argc, char **argv);

/* Starts the measurement: everything that a client sets up once is done before. */
void measure_begin(const struct load *load);

/* One request that began at that time has its answer. */
void measure_answer(int64_t began_ns);

/* What the client has seen of an answer, for comparison with other clients. */
void measure_seen(uint64_t seen);

/* Ends it, waits for as long as the load says with everything still in place, and prints the line. */
void measure_end(const struct load *load);

/* The environment variable in which `launch` says when the program was started. */
#define STARTED "MX_BENCH_STARTED_NS"

int64_t now_ns(void);

/* For qsort, the smaller first. */
int by_size(const void *left, const void *right);

/* A line of /proc/self/status: VmRSS and VmHWM are in kB. */
long status_line(const char *name);

/* Says why on standard error, and exits with 1. */
void fail(const char *format, ...);

/* The whole file as a string; exits if it cannot be read. */
char *read_file(const char *path);

#endif
