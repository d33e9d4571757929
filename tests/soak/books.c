/* The books: every accepted call, its one result, and everything that must not be. */
#include "soak.h"

#include <inttypes.h>

enum { STATUSES = 65, WRONGS_SHOWN = 20 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct ticket tickets[IN_FLIGHT];
static struct ticket *free_tickets;
static bool opened;
static unsigned open_generation[PLACES];

static int64_t accepted;
static int64_t completed;
static int64_t by_status[STATUSES];
static int64_t refused[STATUSES];
static int64_t cancels;
static int64_t cancels_too_late;
static int64_t answers_walked;
static int64_t frees;
static int64_t frees_inside;
static int64_t resets;
static int64_t longest_ms;
static int64_t wrongs;

static pthread_t callback_thread;
static int callbacks_running;

static void wrong_locked(const char *what, int64_t number) {
    if (++wrongs <= WRONGS_SHOWN) {
        printf("WRONG: %s (%" PRId64 ")\n", what, number);
    }
}

void wrong(const char *what, int64_t number) {
    pthread_mutex_lock(&lock);
    wrong_locked(what, number);
    pthread_mutex_unlock(&lock);
}

static void open_books(void) {
    size_t at;
    for (at = 0; at < IN_FLIGHT; at++) {
        tickets[at].next_free = free_tickets;
        free_tickets = &tickets[at];
    }
    opened = true;
}

struct ticket *ticket_take(int place, unsigned generation, bool of_a_reset) {
    struct ticket *ticket;
    pthread_mutex_lock(&lock);
    if (!opened) {
        open_books();
    }
    ticket = free_tickets;
    if (ticket != NULL) {
        free_tickets = ticket->next_free;
        ticket->op = 0;
        ticket->place = place;
        ticket->generation = generation;
        ticket->of_a_reset = of_a_reset;
        ticket->pending = true;
        ticket->since_ms = now_ms();
    }
    pthread_mutex_unlock(&lock);
    return ticket;
}

static void release(struct ticket *ticket) {
    ticket->pending = false;
    ticket->next_free = free_tickets;
    free_tickets = ticket;
}

void ticket_submitted(struct ticket *ticket, mx_status status) {
    pthread_mutex_lock(&lock);
    if (status == MX_OK) {
        accepted++;
    } else {
        refused[status]++;
        if (!ticket->of_a_reset || (status != MX_ERR_MISUSE && status != MX_ERR_CLOSED)) {
            wrong_locked("a call was refused", status);
        }
        release(ticket);
    }
    pthread_mutex_unlock(&lock);
}

static bool may_end_with(mx_status status) {
    switch (status) {
    case MX_OK:
    case MX_ERR_CANCELLED:
    case MX_ERR_DEADLINE:
    case MX_ERR_CONNECT:
    case MX_ERR_MATRIX:
    case MX_ERR_BAD_RESPONSE:
    case MX_PENDING:
    case MX_WEB_REQUIRED:
    case MX_UNKNOWN_OUTCOME:
        return true;
    default:
        return false;
    }
}

/* Reads every value; false if one is not what its neighbours say. */
static bool walk(const mx_value *value) {
    const mx_value *inner;
    size_t length = 0;
    size_t count = 0;
    int32_t type = mx_value_type(value);
    bool well = mx_value_json(value, &length) != NULL && length > 0 &&
                (type == MX_TYPE_STRING) == (mx_value_string(value, &length) != NULL);
    for (inner = mx_value_first(value); inner != NULL; inner = mx_value_next(inner)) {
        count++;
        well = well && walk(inner) &&
               (type == MX_TYPE_OBJECT) == (mx_value_name(inner, &length) != NULL);
    }
    return well && count == mx_value_count(value);
}

void ticket_settle(mx_result *result) {
    struct ticket *ticket = mx_result_user_data(result);
    mx_status status = mx_result_status(result);
    bool said = mx_result_message(result) != NULL;
    size_t length = 0;
    const char *body = mx_result_body(result, &length);
    bool ended = body == NULL || body[length] == '\0';
    const mx_value *whole = mx_result_value(result, "");
    bool walked = whole == NULL || walk(whole);
    pthread_mutex_lock(&lock);
    completed++;
    answers_walked += whole != NULL;
    if (!walked) {
        wrong_locked("an answer's values are not what they should be", status);
    }
    if (status >= 0 && status < STATUSES) {
        by_status[status]++;
    }
    if (!may_end_with(status)) {
        wrong_locked("a call ended with a status that nothing here causes", status);
    }
    if (!said || !ended) {
        wrong_locked("a result lacks its message or its body's end", status);
    }
    if (!ticket->pending || ticket->op == 0 || ticket->op != mx_result_op(result)) {
        wrong_locked("a result is no pending call's", (int64_t)mx_result_op(result));
    } else {
        if (place_callback(ticket->place) != NULL &&
            ticket->generation != open_generation[ticket->place]) {
            wrong_locked("a callback came after its client was freed", (int64_t)ticket->op);
        }
        if (now_ms() - ticket->since_ms > longest_ms) {
            longest_ms = now_ms() - ticket->since_ms;
        }
        release(ticket);
    }
    pthread_mutex_unlock(&lock);
    mx_result_free(result);
}

mx_op some_op(int place, struct dice *dice) {
    int start = below(dice, IN_FLIGHT);
    mx_op op = 0;
    int at;
    pthread_mutex_lock(&lock);
    for (at = 0; at < IN_FLIGHT && op == 0; at++) {
        const struct ticket *ticket = &tickets[(start + at) % IN_FLIGHT];
        if (ticket->pending && ticket->place == place) {
            op = ticket->op;
        }
    }
    pthread_mutex_unlock(&lock);
    return op;
}

void books_close(int place, unsigned generation) {
    pthread_mutex_lock(&lock);
    open_generation[place] = generation + 1;
    pthread_mutex_unlock(&lock);
}

int books_pending(int place) {
    int count = 0;
    int at;
    pthread_mutex_lock(&lock);
    for (at = 0; at < IN_FLIGHT; at++) {
        const struct ticket *ticket = &tickets[at];
        count += ticket->pending &&
                 (place < 0 || (ticket->place == place && !ticket->of_a_reset));
    }
    pthread_mutex_unlock(&lock);
    return count;
}

void callback_enter(void) {
    pthread_mutex_lock(&lock);
    if (callbacks_running++ > 0 && !pthread_equal(callback_thread, pthread_self())) {
        wrong_locked("two callbacks ran at once", callbacks_running);
    }
    callback_thread = pthread_self();
    pthread_mutex_unlock(&lock);
}

void callback_leave(void) {
    pthread_mutex_lock(&lock);
    callbacks_running--;
    pthread_mutex_unlock(&lock);
}

void count_cancel(mx_status status) {
    pthread_mutex_lock(&lock);
    cancels++;
    cancels_too_late += status == MX_ERR_NOT_FOUND;
    if (status != MX_OK && status != MX_ERR_NOT_FOUND) {
        wrong_locked("a cancel was refused", status);
    }
    pthread_mutex_unlock(&lock);
}

void count_free(bool inside_a_callback) {
    pthread_mutex_lock(&lock);
    frees++;
    frees_inside += inside_a_callback;
    pthread_mutex_unlock(&lock);
}

void count_reset(void) {
    pthread_mutex_lock(&lock);
    resets++;
    pthread_mutex_unlock(&lock);
}

int promise(bool held_now, const char *sentence, int *held) {
    printf("%s %s\n", held_now ? "ok" : "FAIL", sentence);
    *held += held_now;
    return !held_now;
}

int books_report(int *held) {
    int broken = 0;
    mx_status status;
    printf("accepted %" PRId64 ", completed %" PRId64 ", answers walked %" PRId64
           ", longest %" PRId64 " ms\n",
           accepted, completed, answers_walked, longest_ms);
    for (status = 0; status < STATUSES; status++) {
        if (by_status[status] > 0) {
            printf("  ended with %s: %" PRId64 "\n", mx_status_name(status), by_status[status]);
        }
    }
    for (status = 0; status < STATUSES; status++) {
        if (refused[status] > 0) {
            printf("  refused with %s: %" PRId64 "\n", mx_status_name(status), refused[status]);
        }
    }
    printf("cancels %" PRId64 " (%" PRId64 " too late), clients freed %" PRId64
           " (%" PRId64 " inside a callback), resets made %" PRId64 "\n",
           cancels, cancels_too_late, frees, frees_inside, resets);
    broken += promise(accepted == completed && books_pending(-1) == 0,
                      "every accepted call has exactly one result", held);
    broken += promise(wrongs == 0, "no result was late, another call's, or of a strange status",
                      held);
    broken += promise(by_status[MX_OK] > 0 && by_status[MX_ERR_CANCELLED] > 0 &&
                          by_status[MX_ERR_CONNECT] > 0 && by_status[MX_ERR_MATRIX] > 0 &&
                          by_status[MX_ERR_BAD_RESPONSE] > 0 && frees > 0 && resets > 0 &&
                          answers_walked > 0,
                      "calls ended well, were cancelled and met the server's faults", held);
    broken += promise(longest_ms < 30000, "no call took long beyond its time, of 7 s at most", held);
    return broken;
}
