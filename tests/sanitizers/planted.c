/* Makes one mistake, by its name, which a sanitizer or valgrind must report: planted NAME */
#include <matrix_capi.h>

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the compiler cannot foresee: it would leave the mistakes out. */
static volatile int one = 1;
static volatile int sink;
static void *volatile lost;

static void nothing(void) {
    mx_client_options *options = NULL;
    mx_client_options_new(&options);
    mx_client_options_free(options);
}

static void overflow(void) {
    char *bytes = calloc(16, 1);
    sink = bytes[15 + one];
    free(bytes);
}

static void leak(void) {
    int i;
    for (i = 0; i < 10; i++) {
        lost = malloc((size_t)(1000 + i));
    }
}

static void uninitialised(void) {
    int *number;
    lost = malloc(sizeof *number);
    number = lost;
    if (*number == one) {
        sink = 1;
    }
    free(number);
}

static void undefined(void) { sink = INT_MAX + one; }

static void *write_sink(void *argument) {
    int *number = argument;
    *number = one;
    return NULL;
}

static void race(void) {
    static int number;
    pthread_t other;
    pthread_create(&other, NULL, write_sink, &number);
    write_sink(&number);
    pthread_join(other, NULL);
}

/* The library writes into an object that it has freed. */
static void freed_object(void) {
    mx_client_options *options = NULL;
    mx_client_options_new(&options);
    mx_client_options_free(options);
    mx_client_options_set_timeout_ms(options, 1);
}

static void lost_object(void) {
    int i;
    for (i = 0; i < 10; i++) {
        mx_client_options *options = NULL;
        mx_client_options_new(&options);
    }
}

#ifdef PLANTED_BUGS
unsigned char mx_planted_overflow(void);
unsigned char mx_planted_use_after_free(void);
unsigned char mx_planted_undefined_behaviour(void);
void mx_planted_leak(void);
void mx_planted_race(void);
void mx_planted_race_with_std(void);

static void rust_overflow(void) { sink = mx_planted_overflow(); }
static void rust_use_after_free(void) { sink = mx_planted_use_after_free(); }
static void rust_undefined(void) { sink = mx_planted_undefined_behaviour(); }
#endif

static const struct {
    const char *name;
    void (*make)(void);
} mistakes[] = {
    {"nothing", nothing},
    {"overflow", overflow},
    {"leak", leak},
    {"uninitialised", uninitialised},
    {"undefined", undefined},
    {"race", race},
    {"freed_object", freed_object},
    {"lost_object", lost_object},
#ifdef PLANTED_BUGS
    {"rust_overflow", rust_overflow},
    {"rust_use_after_free", rust_use_after_free},
    {"rust_undefined", rust_undefined},
    {"rust_leak", mx_planted_leak},
    {"rust_race", mx_planted_race},
    {"rust_race_with_std", mx_planted_race_with_std},
#endif
};

int main(int argc, char **argv) {
    size_t i;
    for (i = 0; argc == 2 && i < sizeof mistakes / sizeof *mistakes; i++) {
        if (strcmp(mistakes[i].name, argv[1]) == 0) {
            mistakes[i].make();
            /* Reached without a report, unless the report comes at the end. */
            puts("made it");
            return 0;
        }
    }
    fputs("usage: planted NAME\n", stderr);
    return 2;
}
