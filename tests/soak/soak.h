/* What the parts of the soak share: the books of calls, the clients that come and go, the gauges. */
#ifndef MATRIX_CAPI_TESTS_SOAK_H
#define MATRIX_CAPI_TESTS_SOAK_H

#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include "dice.h"

#include <matrix_capi.h>

#include <pthread.h>
#include <stdio.h>

enum { WORKERS = 4, IN_FLIGHT = 200, PLACES = 8 };

/* How one call stands in the books: its user_data. */
struct ticket {
    mx_op op;
    int place;
    unsigned generation;
    bool of_a_reset;
    bool pending;
    int64_t since_ms;
    struct ticket *next_free;
};

/* NULL if enough calls are in flight. */
struct ticket *ticket_take(int place, unsigned generation, bool of_a_reset);
/* What the call that was given the ticket returned: a refused one frees it. */
void ticket_submitted(struct ticket *ticket, mx_status status);
/* Notes the one result of the ticket's call, checks whose it is, and frees it. */
void ticket_settle(mx_result *result);
/* An mx_op that may be pending at the place; 0 if none is. */
mx_op some_op(int place, struct dice *dice);
/* From now on a result for this generation of the place's client is late. */
void books_close(int place, unsigned generation);
/* Calls in flight at a place, or with -1 anywhere; those of resets count only there. */
int books_pending(int place);
/* What the callback thread does around each callback: never two at once, but for nested ones. */
void callback_enter(void);
void callback_leave(void);
/* Notes that something that must not be was. */
void wrong(const char *what, int64_t number);
void count_cancel(mx_status status);
void count_free(bool inside_a_callback);
void count_reset(void);
/* Prints all figures; the number of promises that did not hold. */
int books_report(int *held);
/* Prints whether a promise held. */
int promise(bool held_now, const char *sentence, int *held);

/* The clients, each at a place where it is now and then replaced. */
bool places_open(const char *url);
void places_close(void);
void make_call(int place, struct dice *dice);
void change_token(int place, struct dice *dice);
void cancel_some(int place, struct dice *dice);
void replace_client(int place, bool inside_a_callback);
void replace_all_clients(void);
/* Fetches what waits in the queues. */
void drain_queues(struct dice *dice);

/* A worker's own password reset, which it makes, moves on, saves, restores and frees. */
struct reset {
    mx_password_reset *reset;
    int place;
    unsigned generation;
    char *saved;
};

void reset_go_on(struct reset *reset, struct dice *dice);
void reset_end(struct reset *reset);
/* Makes a reset, anew or from `saved`, of the client at the place; NULL if another thread has it. */
mx_password_reset *place_new_reset(int place, const char *saved, unsigned *generation);
/* The callback that results of a place come to; NULL where they come to a queue. */
mx_callback place_callback(int place);

/* Sends the log to another place, or nowhere. */
void log_replace(struct dice *dice);
/* Silences it; the number of lines that came. */
int64_t log_end(void);

/* The process, as the system sees it. */
struct gauge {
    double rss_kib;
    /* What malloc has given out, where it tells. */
    double in_use_kib;
    double descriptors;
    double threads;
    double library_threads;
    double in_flight;
};

struct gauge gauge_now(void);
int64_t now_ms(void);
void pause_ms(int milliseconds);

#endif
