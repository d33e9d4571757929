/* What a password reset refuses: NULL, what is no address, and what is no saved reset. */
#include "harness.h"

#define TO inbox_deliver, &inbox, NULL

static void what_is_no_saved_reset_is_refused_with_the_reason(void) {
    static const char *const others[] = {"",
                                         "{}",
                                         "null",
                                         "[]",
                                         "{\"version\":1}",
                                         "{\"version\":2}",
                                         "{\"version\":1,\"email\":\"hunter2\"}"};
    mx_client *client = client_of("unsaved");
    mx_client *other = client_of("elsewhere");
    mx_password_reset *reset = new_reset(client);
    mx_password_reset *restored = NULL;
    mx_result *saved = NULL;
    mx_result *error = NULL;
    size_t i;
    for (i = 0; i < sizeof others / sizeof *others; i++) {
        error = NULL;
        CHECK_REFUSED(mx_password_reset_restore(client, others[i], &restored, &error),
                      MX_ERR_INVALID_ARGUMENT, "mx_password_reset_restore", "saved");
        CHECK_STATUS(mx_result_status(error), MX_ERR_INVALID_ARGUMENT);
        CHECK_LACKS(mx_result_message(error), "hunter2");
        mx_result_free(error);
    }
    CHECK_STATUS(mx_password_reset_save(reset, &saved), MX_OK);
    CHECK_REFUSED(mx_password_reset_restore(other, mx_result_body(saved, NULL), &restored, NULL),
                  MX_ERR_INVALID_ARGUMENT, "mx_password_reset_restore", "base_url");
    CHECK(restored == NULL);
    mx_result_free(saved);
    mx_password_reset_free(reset);
    mx_client_free(client);
    mx_client_free(other);
}

static void null_for_a_reset_is_refused_or_answers_nothing(void) {
    struct inbox inbox;
    mx_client *client = client_of("null-reset");
    mx_password_reset *reset = NULL;
    mx_result *result = NULL;
    inbox_init(&inbox);
    mx_password_reset_free(NULL);
    CHECK_NUMBER(mx_password_reset_stage(NULL), MX_RESET_NEW);
#define REFUSES(call, function, name)                                                              \
    CHECK_REFUSED(call, MX_ERR_NULL_ARGUMENT, "mx_password_reset_" function, name)
    REFUSES(mx_password_reset_new(NULL, "a@b", NULL, &reset), "new", "client");
    REFUSES(mx_password_reset_new(client, NULL, NULL, &reset), "new", "email");
    REFUSES(mx_password_reset_new(client, "a@b", NULL, NULL), "new", "out");
    REFUSES(mx_password_reset_send(NULL, TO), "send", "reset");
    REFUSES(mx_password_reset_submit_token(NULL, "1", TO), "submit_token", "reset");
    REFUSES(mx_password_reset_finish(NULL, "x", true, 0, TO), "finish", "reset");
    REFUSES(mx_password_reset_save(NULL, &result), "save", "reset");
    REFUSES(mx_password_reset_restore(NULL, "{}", &reset, NULL), "restore", "client");
    REFUSES(mx_password_reset_restore(client, NULL, &reset, NULL), "restore", "saved");
    REFUSES(mx_password_reset_restore(client, "{}", NULL, NULL), "restore", "out");
    reset = new_reset(client);
    REFUSES(mx_password_reset_submit_token(reset, NULL, TO), "submit_token", "token");
    REFUSES(mx_password_reset_finish(reset, NULL, true, 0, TO), "finish", "new_password");
    REFUSES(mx_password_reset_save(reset, NULL), "save", "out");
#undef REFUSES
    mx_password_reset_free(reset);
    mx_client_free(client);
    CHECK_NUMBER(inbox_count(&inbox), 0);
}

static void a_reset_of_what_is_no_address_or_link_is_refused_by_name(void) {
    mx_client *client = client_of("bad-reset");
    mx_client *nowhere = NULL;
    mx_password_reset *reset = NULL;
#define REFUSES(client, email, link, name)                                                         \
    CHECK_REFUSED(mx_password_reset_new(client, email, link, &reset), MX_ERR_INVALID_ARGUMENT,     \
                  "mx_password_reset_new", name)
    REFUSES(client, "", NULL, "email");
    REFUSES(client, "alice", NULL, "email");
    REFUSES(client, "a@b", "/done", "next_link");
    CHECK_STATUS(mx_client_new_for_discovery(NULL, &nowhere, NULL), MX_OK);
    REFUSES(nowhere, "a@b", NULL, "homeserver");
#undef REFUSES
    CHECK_REFUSED(mx_password_reset_new(client, "\xff@b", NULL, &reset), MX_ERR_INVALID_UTF8,
                  "mx_password_reset_new", "email");
    CHECK(reset == NULL);
    mx_client_free(client);
    mx_client_free(nowhere);
}

const struct test reset_refusal_tests[] = {
    {"what_is_no_saved_reset_is_refused_with_the_reason",
     what_is_no_saved_reset_is_refused_with_the_reason},
    {"null_for_a_reset_is_refused_or_answers_nothing",
     null_for_a_reset_is_refused_or_answers_nothing},
    {"a_reset_of_what_is_no_address_or_link_is_refused_by_name",
     a_reset_of_what_is_no_address_or_link_is_refused_by_name},
    {NULL, NULL},
};
