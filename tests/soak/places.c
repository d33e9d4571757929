/* The clients of the soak: most deliver to callbacks, some to a queue that they share or to their own. */
#include "soak.h"

#include <poll.h>

enum { FIRST_OF_SHARED_QUEUE = 4, FIRST_OF_OWN_QUEUE = 6 };

/* Read-locked while the client is used, write-locked while it is replaced. */
struct place {
    pthread_rwlock_t lock;
    unsigned generation;
    mx_client *client;
    mx_queue *own_queue;
};

static struct place places[PLACES];
static mx_queue *shared_queue;
static const char *base_url;
static struct dice callback_dice;

/* Takes what a freed client's queue still holds; all of it must be there by now. */
static void empty_own_queue(int place) {
    mx_result *result = NULL;
    while (mx_queue_next(places[place].own_queue, 0, &result) == MX_OK) {
        ticket_settle(result);
    }
    mx_queue_free(places[place].own_queue);
    places[place].own_queue = NULL;
}

static bool make_client(int place) {
    struct place *here = &places[place];
    mx_client_options *options = NULL;
    mx_queue *queue = NULL;
    bool made = mx_client_options_new(&options) == MX_OK;
    if (place >= FIRST_OF_OWN_QUEUE) {
        made = made && mx_queue_new(&here->own_queue) == MX_OK;
        queue = here->own_queue;
    } else if (place >= FIRST_OF_SHARED_QUEUE) {
        queue = shared_queue;
    }
    made = made && mx_client_options_set_queue(options, queue) == MX_OK &&
           mx_client_options_set_timeout_ms(options, 2000) == MX_OK &&
           mx_client_options_set_retry_delay_ms(options, 20) == MX_OK &&
           mx_client_options_set_max_rate_limit_wait_ms(options, 100) == MX_OK &&
           mx_client_options_set_max_response_bytes(options, 64 * 1024) == MX_OK &&
           mx_client_options_set_access_token(options, "token") == MX_OK &&
           mx_client_new(base_url, options, &here->client, NULL) == MX_OK;
    mx_client_options_free(options);
    if (!made) {
        wrong(mx_refusal_message(), place);
    }
    return made;
}

/* Under the write lock. */
static void free_client(int place, bool inside_a_callback) {
    struct place *here = &places[place];
    mx_client_free(here->client);
    here->client = NULL;
    if (here->own_queue != NULL) {
        empty_own_queue(place);
    }
    if ((place_callback(place) != NULL || place >= FIRST_OF_OWN_QUEUE) &&
        books_pending(place) != 0) {
        wrong("a client was freed and some of its results had not come", books_pending(place));
    }
    books_close(place, here->generation++);
    count_free(inside_a_callback);
}

bool places_open(const char *url) {
    int place;
    base_url = url;
    if (mx_queue_new(&shared_queue) != MX_OK) {
        return false;
    }
    for (place = 0; place < PLACES; place++) {
        pthread_rwlock_init(&places[place].lock, NULL);
        if (!make_client(place)) {
            return false;
        }
    }
    callback_dice = dice_of(1, 1000);
    return true;
}

void places_close(void) {
    int place;
    for (place = 0; place < PLACES; place++) {
        free_client(place, false);
    }
    mx_queue_free(shared_queue);
}

void replace_client(int place, bool inside_a_callback) {
    struct place *here = &places[place];
    if (inside_a_callback) {
        /* Whoever holds it may be waiting for this very callback. */
        if (pthread_rwlock_trywrlock(&here->lock) != 0) {
            return;
        }
    } else {
        pthread_rwlock_wrlock(&here->lock);
    }
    free_client(place, inside_a_callback);
    make_client(place);
    pthread_rwlock_unlock(&here->lock);
}

/* The last one that is freed ends the library's threads, and the next one starts new ones. */
void replace_all_clients(void) {
    int place;
    for (place = 0; place < PLACES; place++) {
        pthread_rwlock_wrlock(&places[place].lock);
    }
    for (place = 0; place < PLACES; place++) {
        free_client(place, false);
    }
    for (place = 0; place < PLACES; place++) {
        make_client(place);
        pthread_rwlock_unlock(&places[place].lock);
    }
}

/* Every callback takes part: it may start calls, cancel, take its time, and free any client. */
static void on_result(mx_result *result, void *user_data) {
    (void)user_data;
    callback_enter();
    ticket_settle(result);
    if (one_in(&callback_dice, 8)) {
        make_call(below(&callback_dice, PLACES), &callback_dice);
    }
    if (one_in(&callback_dice, 16)) {
        cancel_some(below(&callback_dice, PLACES), &callback_dice);
    }
    if (one_in(&callback_dice, 500)) {
        pause_ms(1);
    }
    if (one_in(&callback_dice, 1000)) {
        replace_client(below(&callback_dice, PLACES), true);
    }
    callback_leave();
}

mx_callback place_callback(int place) {
    return place < FIRST_OF_SHARED_QUEUE ? on_result : NULL;
}

/* Sends a request of the table or of its own path, and frees it while its call runs. */
static mx_status send(mx_client *client, mx_callback callback, struct ticket *ticket,
                      struct dice *dice) {
    mx_request *request = NULL;
    mx_status status;
    if (one_in(dice, 2)) {
        status = mx_request_new("requestTokenToResetPasswordEmail", &request);
        status = status != MX_OK ? status : mx_request_set_string(request, "client_secret", "s3cr3t");
        status = status != MX_OK ? status : mx_request_set_string(request, "email", "a@b.test");
        status = status != MX_OK ? status : mx_request_set_int(request, "send_attempt", 1);
    } else {
        status = mx_request_new_custom("GET", "/_matrix/client/{name}", &request);
        status = status != MX_OK ? status : mx_request_set_string(request, "name", "versions");
        status = status != MX_OK ? status : mx_request_set_json(request, "via", "[\"a\",\"b\"]");
    }
    status = status != MX_OK ? status : mx_request_set_timeout_ms(request, 1500);
    status = status != MX_OK
                 ? status
                 : mx_client_send(client, request, callback, ticket, &ticket->op);
    mx_request_free(request);
    return status;
}

static mx_status start(mx_client *client, mx_callback callback, struct ticket *ticket,
                       struct dice *dice) {
    switch (below(dice, 10)) {
    case 0:
        return mx_discover(client, base_url, callback, ticket, &ticket->op);
    case 1:
    case 2:
        return mx_change_password(client, "passw0rd", true, NULL, callback, ticket, &ticket->op);
    case 3:
    case 4:
        return mx_request_token_to_reset_password_email(client, "s3cr3t", "alice@example.test", 1,
                                                        NULL, NULL, NULL, callback, ticket,
                                                        &ticket->op);
    case 5:
    case 6:
        return send(client, callback, ticket, dice);
    default:
        return mx_call(client, "getVersions", "{}", callback, ticket, &ticket->op);
    }
}

void make_call(int place, struct dice *dice) {
    struct place *here = &places[place];
    struct ticket *ticket;
    /* Not waited for: a callback that did would keep the one who frees the client waiting. */
    if (pthread_rwlock_tryrdlock(&here->lock) != 0) {
        return;
    }
    ticket = ticket_take(place, here->generation, false);
    if (ticket != NULL) {
        ticket_submitted(ticket, start(here->client, place_callback(place), ticket, dice));
    }
    pthread_rwlock_unlock(&here->lock);
}

void change_token(int place, struct dice *dice) {
    struct place *here = &places[place];
    mx_status status;
    if (pthread_rwlock_tryrdlock(&here->lock) != 0) {
        return;
    }
    status = mx_client_set_access_token(here->client, one_in(dice, 2) ? "another-token" : NULL);
    if (status != MX_OK) {
        wrong("a token was not taken", status);
    }
    pthread_rwlock_unlock(&here->lock);
}

void cancel_some(int place, struct dice *dice) {
    struct place *here = &places[place];
    mx_op op;
    if (pthread_rwlock_tryrdlock(&here->lock) != 0) {
        return;
    }
    op = some_op(place, dice);
    if (op != 0) {
        count_cancel(mx_client_cancel(here->client, op));
    }
    pthread_rwlock_unlock(&here->lock);
}

mx_password_reset *place_new_reset(int place, const char *saved, unsigned *generation) {
    struct place *here = &places[place];
    mx_password_reset *reset = NULL;
    mx_status status;
    if (pthread_rwlock_tryrdlock(&here->lock) != 0) {
        return NULL;
    }
    status = saved != NULL ? mx_password_reset_restore(here->client, saved, &reset, NULL)
                           : mx_password_reset_new(here->client, "alice@example.test", NULL, &reset);
    if (status != MX_OK) {
        wrong(mx_refusal_message(), status);
    }
    *generation = here->generation;
    pthread_rwlock_unlock(&here->lock);
    return reset;
}

static bool is_readable(mx_queue *queue) {
    struct pollfd entry = {mx_queue_fd(queue), POLLIN, 0};
    return poll(&entry, 1, 0) == 1;
}

void drain_queues(struct dice *dice) {
    mx_result *result = NULL;
    int place;
    if (one_in(dice, 50)) {
        mx_queue_wake(shared_queue);
    }
    while (mx_queue_next(shared_queue, one_in(dice, 100) ? 1 : 0, &result) == MX_OK) {
        ticket_settle(result);
    }
    for (place = FIRST_OF_OWN_QUEUE; place < PLACES; place++) {
        struct place *here = &places[place];
        if (pthread_rwlock_tryrdlock(&here->lock) != 0) {
            continue;
        }
        while (is_readable(here->own_queue) &&
               mx_queue_next(here->own_queue, 0, &result) == MX_OK) {
            ticket_settle(result);
        }
        pthread_rwlock_unlock(&here->lock);
    }
}
