/* The password reset as an object: its steps, one at a time, saved, restored and freed. */
#include "harness.h"

#include <stdlib.h>
#include <string.h>

#define TO inbox_deliver, &inbox, NULL
#define NO_OAUTH "{'status':404,'json':{'errcode':'M_UNRECOGNIZED'}}"
#define CHALLENGE                                                                                  \
    "{'status':401,'json':{'session':'U1','flows':[{'stages':['m.login.email.identity']}]}}"

/* A reset whose every step is started by the callback of the one before. */
struct walk {
    mx_password_reset *reset;
    int step;
    struct gate ended;
};

static void next_step(mx_result *result, void *user_data) {
    struct walk *walk = user_data;
    mx_status status = mx_result_status(result);
    mx_reset_stage stage = mx_password_reset_stage(walk->reset);
    mx_result_free(result);
    switch (++walk->step) {
    case 1:
        CHECK_STATUS(status, MX_OK);
        CHECK_NUMBER(stage, MX_RESET_AWAITS_TOKEN);
        CHECK_STATUS(mx_password_reset_submit_token(walk->reset, "123456", next_step, walk, NULL),
                     MX_OK);
        return;
    case 2:
        CHECK_STATUS(status, MX_OK);
        CHECK_NUMBER(stage, MX_RESET_CONFIRMED);
        CHECK_STATUS(
            mx_password_reset_finish(walk->reset, "new-password", true, 0, next_step, walk, NULL),
            MX_OK);
        return;
    default:
        CHECK_STATUS(status, MX_OK);
        CHECK_NUMBER(stage, MX_RESET_DONE);
        CHECK_REFUSED(mx_password_reset_send(walk->reset, next_step, walk, NULL), MX_ERR_MISUSE,
                      "mx_password_reset_send", "changed");
        mx_password_reset_free(walk->reset);
        gate_open(&walk->ended);
    }
}

static void the_callback_of_a_step_may_start_the_next_one(void) {
    struct walk walk;
    char replies[512];
    char *log;
    mx_client *client;
    strcpy(replies, "[" NO_OAUTH ",{'json':{'sid':'S1','submit_url':'");
    strcat(replies, server_url("walk/submit").text);
    strcat(replies, "'}},{'json':{'success':true}}," CHALLENGE ",{'json':{}}]");
    server_script("walk", replies);
    client = client_of("walk");
    CHECK_STATUS(mx_client_set_access_token(client, "stale"), MX_OK);
    walk.reset = new_reset(client);
    walk.step = 0;
    gate_init(&walk.ended);
    CHECK_STATUS(mx_password_reset_send(walk.reset, next_step, &walk, NULL), MX_OK);
    gate_wait(&walk.ended);
    mx_client_free(client);
    CHECK_NUMBER(walk.step, 3);
    log = server_log("walk");
    CHECK_HOLDS(log, "\\\"token\\\":\\\"123456\\\"");
    CHECK_HOLDS(log, "\\\"new_password\\\":\\\"new-password\\\",\\\"logout_devices\\\":true");
    CHECK_HOLDS(log, "\\\"session\\\":\\\"U1\\\"");
    CHECK_LACKS(log, "stale");
    free(log);
}

static void one_step_runs_at_a_time_and_in_its_turn(void) {
    struct inbox inbox;
    mx_client *client;
    mx_password_reset *reset;
    mx_op op = 0;
    inbox_init(&inbox);
    server_script("turns", "[{'hang':true}," NO_OAUTH ",{'json':{'sid':'S1'}}]");
    client = client_of("turns");
    reset = new_reset(client);
    CHECK_REFUSED(mx_password_reset_finish(reset, "s3cr3t-new", false, 0, TO), MX_ERR_MISUSE,
                  "mx_password_reset_finish", "mx_password_reset_send");
    CHECK_REFUSED(mx_password_reset_submit_token(reset, "1", TO), MX_ERR_MISUSE,
                  "mx_password_reset_submit_token", "token");
    CHECK_REFUSED(mx_password_reset_send(reset, NULL, NULL, NULL), MX_ERR_NULL_ARGUMENT,
                  "mx_password_reset_send", "callback");
    CHECK_STATUS(mx_password_reset_send(reset, inbox_deliver, &inbox, &op), MX_OK);
    CHECK_REFUSED(mx_password_reset_send(reset, TO), MX_ERR_MISUSE, "mx_password_reset_send",
                  "running");
    CHECK(server_reaches("turns", "open", 1));
    CHECK_STATUS(mx_client_cancel(client, op), MX_OK);
    CHECK_ENDS(&inbox, MX_ERR_CANCELLED);
    CHECK_STATUS(mx_password_reset_send(reset, TO), MX_OK);
    CHECK_ENDS(&inbox, MX_OK);
    CHECK_NUMBER(mx_password_reset_stage(reset), MX_RESET_AWAITS_LINK);
    mx_password_reset_free(reset);
    mx_client_free(client);
    inbox_clear(&inbox);
}

static void polling_for_the_confirmation_ends_when_it_is_cancelled(void) {
    struct inbox inbox;
    mx_client *client;
    mx_password_reset *reset;
    mx_op op = 0;
    int64_t until = now_ms() + patience_ms();
    inbox_init(&inbox);
    server_script("poll", "[" NO_OAUTH ",{'json':{'sid':'S1'}}," CHALLENGE "]");
    client = client_of("poll");
    reset = new_reset(client);
    CHECK_STATUS(mx_password_reset_send(reset, TO), MX_OK);
    CHECK_ENDS(&inbox, MX_OK);
    CHECK_STATUS(mx_password_reset_finish(reset, "s3cr3t-new", false, 0, TO), MX_OK);
    CHECK_ENDS(&inbox, MX_PENDING);
    CHECK_STATUS(
        mx_password_reset_finish(reset, "s3cr3t-new", false, INT64_MAX, inbox_deliver, &inbox, &op),
        MX_OK);
    while (server_requests("poll") < 5 && now_ms() < until) {
        pause_ms(2);
    }
    CHECK_NUMBER(inbox_count(&inbox), 2);
    CHECK_STATUS(mx_client_cancel(client, op), MX_OK);
    CHECK_ENDS(&inbox, MX_ERR_CANCELLED);
    mx_password_reset_free(reset);
    mx_client_free(client);
    inbox_clear(&inbox);
}

static void a_reset_that_is_freed_while_a_step_runs_still_gives_its_result(void) {
    struct inbox inbox;
    mx_client *client;
    mx_password_reset *reset;
    inbox_init(&inbox);
    server_script("freed-reset",
                  "[{'delay_ms':50,'status':404,'json':{'errcode':'M_UNRECOGNIZED'}},"
                  "{'json':{'sid':'S1'}}]");
    client = client_of("freed-reset");
    reset = new_reset(client);
    CHECK_STATUS(mx_password_reset_send(reset, TO), MX_OK);
    mx_password_reset_free(reset);
    CHECK_ENDS(&inbox, MX_OK);
    mx_client_free(client);
    inbox_clear(&inbox);
}

static void a_reset_whose_client_was_freed_is_refused_and_can_be_freed(void) {
    struct inbox inbox;
    mx_client *client;
    mx_password_reset *reset;
    mx_result *saved = NULL;
    inbox_init(&inbox);
    server_script("closed-reset", "[{'hang':true}]");
    client = client_of("closed-reset");
    reset = new_reset(client);
    CHECK_STATUS(mx_password_reset_send(reset, TO), MX_OK);
    mx_client_free(client);
    CHECK_ENDS(&inbox, MX_ERR_CANCELLED);
    CHECK_STATUS(mx_password_reset_send(reset, TO), MX_ERR_CLOSED);
    CHECK_STATUS(mx_password_reset_save(reset, &saved), MX_OK);
    mx_result_free(saved);
    mx_password_reset_free(reset);
    CHECK_NUMBER(inbox_count(&inbox), 1);
    inbox_clear(&inbox);
}

static void a_saved_reset_goes_on_where_it_was(void) {
    struct inbox inbox;
    mx_client *client;
    mx_password_reset *reset;
    mx_result *saved = NULL;
    char *log;
    inbox_init(&inbox);
    server_script("saved", "[" NO_OAUTH ",{'json':{'sid':'S1'}}," CHALLENGE ",{'json':{}}]");
    client = client_of("saved");
    reset = new_reset(client);
    CHECK_STATUS(mx_password_reset_send(reset, TO), MX_OK);
    CHECK_ENDS(&inbox, MX_OK);
    CHECK_STATUS(mx_password_reset_save(reset, &saved), MX_OK);
    mx_password_reset_free(reset);
    mx_client_free(client);
    client = client_of("saved");
    reset = NULL;
    CHECK_STATUS(mx_password_reset_restore(client, mx_result_body(saved, NULL), &reset, NULL),
                 MX_OK);
    mx_result_free(saved);
    CHECK_NUMBER(mx_password_reset_stage(reset), MX_RESET_AWAITS_LINK);
    CHECK_STATUS(mx_password_reset_finish(reset, "s3cr3t-new", false, 0, TO), MX_OK);
    CHECK_ENDS(&inbox, MX_OK);
    CHECK_NUMBER(mx_password_reset_stage(reset), MX_RESET_DONE);
    log = server_log("saved");
    CHECK_HOLDS(log, "\\\"sid\\\":\\\"S1\\\"");
    free(log);
    mx_password_reset_free(reset);
    mx_client_free(client);
    inbox_clear(&inbox);
}

/* The answer to a further mail need not repeat the submit_url, which a confirmed reset has no use for. */
static void a_confirmed_reset_that_asked_for_another_mail_can_be_restored(void) {
    struct inbox inbox;
    char replies[512];
    mx_client *client;
    mx_password_reset *reset;
    mx_password_reset *again = NULL;
    mx_result *saved = NULL;
    inbox_init(&inbox);
    strcpy(replies, "[" NO_OAUTH ",{'json':{'sid':'S1','submit_url':'");
    strcat(replies, server_url("confirmed/submit").text);
    strcat(replies, "'}},{'json':{'success':true}},{'json':{'sid':'S1'}}]");
    server_script("confirmed", replies);
    client = client_of("confirmed");
    reset = new_reset(client);
    CHECK_STATUS(mx_password_reset_send(reset, TO), MX_OK);
    CHECK_ENDS(&inbox, MX_OK);
    CHECK_STATUS(mx_password_reset_submit_token(reset, "123456", TO), MX_OK);
    CHECK_ENDS(&inbox, MX_OK);
    CHECK_STATUS(mx_password_reset_send(reset, TO), MX_OK);
    CHECK_ENDS(&inbox, MX_OK);
    CHECK_NUMBER(mx_password_reset_stage(reset), MX_RESET_CONFIRMED);
    CHECK_STATUS(mx_password_reset_save(reset, &saved), MX_OK);
    CHECK_STATUS(mx_password_reset_restore(client, mx_result_body(saved, NULL), &again, NULL),
                 MX_OK);
    CHECK_NUMBER(mx_password_reset_stage(again), MX_RESET_CONFIRMED);
    mx_result_free(saved);
    mx_password_reset_free(again);
    mx_password_reset_free(reset);
    mx_client_free(client);
    inbox_clear(&inbox);
}

const struct test reset_tests[] = {
    {"the_callback_of_a_step_may_start_the_next_one",
     the_callback_of_a_step_may_start_the_next_one},
    {"one_step_runs_at_a_time_and_in_its_turn", one_step_runs_at_a_time_and_in_its_turn},
    {"polling_for_the_confirmation_ends_when_it_is_cancelled",
     polling_for_the_confirmation_ends_when_it_is_cancelled},
    {"a_reset_that_is_freed_while_a_step_runs_still_gives_its_result",
     a_reset_that_is_freed_while_a_step_runs_still_gives_its_result},
    {"a_reset_whose_client_was_freed_is_refused_and_can_be_freed",
     a_reset_whose_client_was_freed_is_refused_and_can_be_freed},
    {"a_saved_reset_goes_on_where_it_was", a_saved_reset_goes_on_where_it_was},
    {"a_confirmed_reset_that_asked_for_another_mail_can_be_restored",
     a_confirmed_reset_that_asked_for_another_mail_can_be_restored},
    {NULL, NULL},
};
