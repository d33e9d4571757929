/*
 * What the caller notices of matrix-capi: the threads and the memory of an idle client, and how long submitting takes.
 * REQUESTS are submitted one at a time, each to an idle library that it must wake, then as often IN_FLIGHT at once.
 */
#define _GNU_SOURCE
#include "client.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Submits `count` calls at once, notes how long each took, and waits for the answers. */
static void round_of(mx_client *client, mx_queue *queue, int64_t *took, long count) {
    long next;
    for (next = 0; next < count; next++) {
        int64_t began = now_ns();
        submit(client, NULL);
        took[next] = now_ns() - began;
    }
    for (next = 0; next < count; next++) {
        take_answer(queue);
    }
}

static double median_us(int64_t *took, long count) {
    qsort(took, (size_t)count, sizeof *took, by_size);
    return (double)took[count / 2] / 1e3;
}

int main(int argc, char **argv) {
    struct load load = read_load(argc, argv);
    const struct timespec pause = {0, 100000000};
    const struct timespec breath = {0, 200000};
    long total = load.requests - load.requests % load.in_flight;
    int64_t *took = calloc((size_t)load.requests, sizeof *took);
    long rss_kb = status_line("VmRSS");
    long own_kb = status_line("RssAnon");
    long idle_kb;
    long threads;
    long next;
    double alone_us;
    mx_queue *queue = NULL;
    mx_client *client;
    if (took == NULL || mx_queue_new(&queue) != MX_OK) {
        fail("no queue: %s", mx_refusal_message());
    }
    client = connect_to(&load, queue);
    nanosleep(&pause, NULL);
    idle_kb = status_line("VmRSS") - rss_kb;
    own_kb = status_line("RssAnon") - own_kb;
    threads = status_line("Threads") - 1;
    for (next = 0; next < load.requests; next++) {
        round_of(client, queue, &took[next], 1);
        nanosleep(&breath, NULL);
    }
    alone_us = median_us(took, load.requests);
    for (next = 0; next < total; next += load.in_flight) {
        round_of(client, queue, &took[next], load.in_flight);
    }
    printf("{\"threads\": %ld, \"idle_kb\": %ld, \"own_kb\": %ld, \"submit_us\": %.2f, \"submit_many_us\": %.2f}\n", threads,
           idle_kb, own_kb, alone_us, median_us(took, total));
    mx_client_free(client);
    mx_queue_free(queue);
    free(took);
    return 0;
}
