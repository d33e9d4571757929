/* What a worker does with its password reset: every step at any time, in turn or not, also of a freed client. */
#include "soak.h"

#include <stdlib.h>
#include <string.h>

static void make(struct reset *reset, struct dice *dice) {
    reset->place = below(dice, PLACES);
    reset->reset = place_new_reset(reset->place, one_in(dice, 2) ? reset->saved : NULL,
                                   &reset->generation);
    if (reset->reset != NULL) {
        count_reset();
    }
}

static void save(struct reset *reset) {
    mx_result *saved = NULL;
    const char *text;
    if (mx_password_reset_save(reset->reset, &saved) != MX_OK ||
        (text = mx_result_body(saved, NULL)) == NULL) {
        wrong("a reset was not saved", 0);
    } else {
        free(reset->saved);
        reset->saved = malloc(strlen(text) + 1);
        if (reset->saved == NULL) {
            abort();
        }
        strcpy(reset->saved, text);
    }
    mx_result_free(saved);
}

static void step(struct reset *reset, struct dice *dice) {
    struct ticket *ticket = ticket_take(reset->place, reset->generation, true);
    mx_callback callback = place_callback(reset->place);
    mx_status status;
    if (ticket == NULL) {
        return;
    }
    switch (below(dice, 3)) {
    case 0:
        status = mx_password_reset_send(reset->reset, callback, ticket, &ticket->op);
        break;
    case 1:
        status = mx_password_reset_submit_token(reset->reset, "123456", callback, ticket,
                                                &ticket->op);
        break;
    default:
        status = mx_password_reset_finish(reset->reset, "passw0rd", true,
                                          one_in(dice, 20) ? 5000 : 0, callback, ticket,
                                          &ticket->op);
    }
    ticket_submitted(ticket, status);
    if (status == MX_ERR_CLOSED) {
        mx_password_reset_free(reset->reset);
        reset->reset = NULL;
    }
}

void reset_go_on(struct reset *reset, struct dice *dice) {
    if (reset->reset == NULL) {
        make(reset, dice);
    } else if (one_in(dice, 10)) {
        save(reset);
    } else if (one_in(dice, 30) || mx_password_reset_stage(reset->reset) == MX_RESET_DONE) {
        /* Its step may be running. */
        mx_password_reset_free(reset->reset);
        reset->reset = NULL;
    } else {
        step(reset, dice);
    }
}

void reset_end(struct reset *reset) {
    mx_password_reset_free(reset->reset);
    free(reset->saved);
}
