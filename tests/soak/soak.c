/*
 * Uses the library as hard as an application can, for a time, and judges it by its books and by what the process uses.
 *
 *     soak URL SECONDS SEED
 *
 * The seed repeats each thread's choices, not how the threads meet.
 */
#include "soak.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SAMPLE_MS = 100, GRACE_S = 120, RESETS = 4 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool stopping;
static uint64_t seed;

static bool stopped(void) {
    bool now;
    pthread_mutex_lock(&lock);
    now = stopping;
    pthread_mutex_unlock(&lock);
    return now;
}

static void *work(void *argument) {
    struct dice dice = dice_of(seed, *(int *)argument);
    struct reset resets[RESETS];
    int i;
    memset(resets, 0, sizeof resets);
    while (!stopped()) {
        for (i = 0; i < 8; i++) {
            make_call(below(&dice, PLACES), &dice);
        }
        reset_go_on(&resets[below(&dice, RESETS)], &dice);
        if (one_in(&dice, 2)) {
            cancel_some(below(&dice, PLACES), &dice);
        }
        drain_queues(&dice);
        if (one_in(&dice, 20)) {
            change_token(below(&dice, PLACES), &dice);
        }
        if (one_in(&dice, 200)) {
            log_replace(&dice);
        }
        if (one_in(&dice, 500)) {
            replace_client(below(&dice, PLACES), false);
        }
        if (one_in(&dice, 10000)) {
            replace_all_clients();
        }
        if (books_pending(-1) == IN_FLIGHT) {
            pause_ms(1);
        }
    }
    for (i = 0; i < RESETS; i++) {
        reset_end(&resets[i]);
    }
    return NULL;
}

static void on_alarm(int signal_number) {
    static const char words[] = "FAIL the soak hangs\n0 passed, 1 failed\n";
    ssize_t written = write(STDOUT_FILENO, words, sizeof words - 1);
    (void)signal_number;
    (void)written;
    _exit(1);
}

/* Means of the samples from one part of the time to another, in tenths. */
static struct gauge mean(const struct gauge *samples, size_t count, size_t from, size_t to) {
    struct gauge sum = {0, 0, 0, 0, 0, 0};
    size_t first = count * from / 10;
    size_t end = count * to / 10;
    size_t at;
    for (at = first; at < end; at++) {
        sum.rss_kib += samples[at].rss_kib / (double)(end - first);
        sum.in_use_kib += samples[at].in_use_kib / (double)(end - first);
        sum.descriptors += samples[at].descriptors / (double)(end - first);
        sum.threads += samples[at].threads / (double)(end - first);
        sum.in_flight += samples[at].in_flight / (double)(end - first);
    }
    return sum;
}

static struct gauge most(const struct gauge *samples, size_t count) {
    struct gauge most = {0, 0, 0, 0, 0, 0};
    size_t at;
    for (at = 0; at < count; at++) {
        const struct gauge *sample = &samples[at];
        most.rss_kib = sample->rss_kib > most.rss_kib ? sample->rss_kib : most.rss_kib;
        most.in_use_kib =
            sample->in_use_kib > most.in_use_kib ? sample->in_use_kib : most.in_use_kib;
        most.descriptors =
            sample->descriptors > most.descriptors ? sample->descriptors : most.descriptors;
        most.threads = sample->threads > most.threads ? sample->threads : most.threads;
        most.in_flight = sample->in_flight > most.in_flight ? sample->in_flight : most.in_flight;
    }
    return most;
}

static void show(const char *when, struct gauge gauge) {
    printf("%-35s RSS %.0f KiB, in use %.0f KiB, descriptors %.1f, threads %.2f, in flight %.0f\n",
           when, gauge.rss_kib, gauge.in_use_kib, gauge.descriptors, gauge.threads,
           gauge.in_flight);
}

/* In the first minute malloc still asks for pages, some for the largest answers that happen to come together: up to there
   only what is in use tells of a leak. */
#define WARM (60 * 1000 / SAMPLE_MS)
#define COLD_KIB 32768

/* After a warm-up nothing grows. Means, because what is in use at one moment is what the calls in flight happen to need;
   of what malloc gave out most is theirs, and it comes and goes by a quarter. */
static int judge(const struct gauge *samples, size_t count, int *held) {
    struct gauge first = mean(samples, count, 2, 4);
    struct gauge last = mean(samples, count, 8, 10);
    struct gauge peak = most(samples, count);
    int broken = 0;
    show("third and fourth tenth, on average:", first);
    show("the last two tenths, on average:", last);
    show("at most:", peak);
    broken += promise(last.in_use_kib <= first.in_use_kib * 1.25 + 1024,
                      "the memory in use did not grow", held);
    broken += promise(last.rss_kib <= first.rss_kib * 1.25 + (count < WARM ? COLD_KIB : 1024),
                      "the memory that the system gave did not grow", held);
    broken += promise(last.descriptors <= first.descriptors * 1.1 + 16,
                      "descriptors did not grow", held);
    /* The one more is a callback thread on which the last client was freed, until it has ended. */
    broken += promise(last.threads <= first.threads + 0.5 && peak.threads <= WORKERS + 1 + 3,
                      "there were no more threads than two of the library's", held);
    broken += promise(first.in_flight > IN_FLIGHT / 2 && last.in_flight > IN_FLIGHT / 2,
                      "nearly as many calls were in flight as were to be", held);
    return broken;
}

static int judge_end(struct gauge before, int *held) {
    int64_t until = now_ms() + 30000;
    struct gauge after = gauge_now();
    int broken = 0;
    /* A thread on which the last client was freed ends after its callback. */
    while ((after.threads > before.threads || after.descriptors > before.descriptors) &&
           now_ms() < until) {
        pause_ms(10);
        after = gauge_now();
    }
    show("before the first client:", before);
    show("after the last one:", after);
    broken += promise(mx_debug_live_objects() == 0, "no object is left", held);
    broken += promise(after.threads == before.threads && after.library_threads == 0,
                      "no thread is left", held);
    broken += promise(after.descriptors == before.descriptors, "no descriptor is left", held);
    /* What is left are tables that are made once, and standard output's buffer. */
    broken += promise(after.in_use_kib <= before.in_use_kib + 128, "no memory is left in use", held);
    return broken;
}

static void take_samples(struct gauge *samples, size_t count) {
    int64_t start = now_ms();
    size_t at;
    for (at = 0; at < count; at++) {
        int64_t early = start + ((int64_t)at + 1) * SAMPLE_MS - now_ms();
        if (early > 0) {
            pause_ms((int)early);
        }
        samples[at] = gauge_now();
        samples[at].in_flight = books_pending(-1);
    }
}

int main(int argc, char **argv) {
    pthread_t threads[WORKERS];
    int numbers[WORKERS];
    struct gauge before;
    struct gauge *samples;
    struct dice dice;
    int64_t seconds = argc == 4 ? atoll(argv[2]) : 0;
    int64_t until;
    size_t count = (size_t)(seconds * 1000 / SAMPLE_MS);
    int held = 0;
    int broken = 0;
    int i;
    if (argc != 4 || seconds < 1) {
        fprintf(stderr, "usage: soak URL SECONDS SEED\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 4096);
    seed = strtoull(argv[3], NULL, 10);
    before = gauge_now();
    samples = malloc(count * sizeof *samples);
    if (samples == NULL) {
        return 2;
    }
    memset(samples, 1, count * sizeof *samples);
    signal(SIGALRM, on_alarm);
    alarm((unsigned)seconds + GRACE_S);
    if (!places_open(argv[1])) {
        return 2;
    }
    for (i = 0; i < WORKERS; i++) {
        numbers[i] = i + 1;
        if (pthread_create(&threads[i], NULL, work, &numbers[i]) != 0) {
            return 2;
        }
    }
    take_samples(samples, count);
    pthread_mutex_lock(&lock);
    stopping = true;
    pthread_mutex_unlock(&lock);
    for (i = 0; i < WORKERS; i++) {
        pthread_join(threads[i], NULL);
    }
    /* Calls in flight end by themselves; callbacks stop to start new ones only when all have ended. */
    dice = dice_of(seed, 0);
    until = now_ms() + GRACE_S * 1000 / 2;
    while (books_pending(-1) > 0 && now_ms() < until) {
        drain_queues(&dice);
        pause_ms(1);
    }
    places_close();
    printf("the log had %" PRId64 " lines\n", log_end());
    broken += books_report(&held);
    broken += judge(samples, count, &held);
    free(samples);
    broken += judge_end(before, &held);
    printf("%d passed, %d failed\n", held, broken);
    return broken == 0 ? 0 : 1;
}
