/*
 * Gets a large answer by matrix-capi, as often as REQUESTS says, one at a time. --look says what is done with it before it
 * is freed: nothing, walk (over everything), and for an answer {"strings": [...]} pointer (each by a pointer of its own).
 */
#include "client.h"
#include "large.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t walk(const mx_value *value) {
    uint64_t seen = 0;
    size_t length = 0;
    int64_t number = 0;
    const mx_value *inner;
    switch (mx_value_type(value)) {
    case MX_TYPE_STRING: {
        const char *text = mx_value_string(value, &length);
        return seen_text(text, length);
    }
    case MX_TYPE_INT:
        mx_value_int(value, &number);
        return seen_int(number);
    case MX_TYPE_ARRAY:
        for (inner = mx_value_first(value); inner != NULL; inner = mx_value_next(inner)) {
            seen += walk(inner);
        }
        return seen;
    case MX_TYPE_OBJECT:
        for (inner = mx_value_first(value); inner != NULL; inner = mx_value_next(inner)) {
            const char *name = mx_value_name(inner, &length);
            seen += seen_text(name, length) + walk(inner);
        }
        return seen;
    default:
        return 1;
    }
}

static uint64_t by_pointers(const mx_result *result) {
    size_t count = mx_value_count(mx_result_value(result, "/strings"));
    size_t next;
    uint64_t seen = 0;
    for (next = 0; next < count; next++) {
        char pointer[32];
        const char *text;
        snprintf(pointer, sizeof pointer, "/strings/%zu", next);
        text = mx_result_string(result, pointer);
        if (text == NULL) {
            fail("there is no string at %s", pointer);
        }
        seen += seen_text(text, strlen(text));
    }
    return seen;
}

static uint64_t look(const mx_result *result, const char *how) {
    if (strcmp(how, "walk") == 0) {
        return walk(mx_result_value(result, ""));
    }
    if (strcmp(how, "pointer") == 0) {
        return by_pointers(result);
    }
    return 0;
}

int main(int argc, char **argv) {
    struct load load = read_load(argc, argv);
    const char *how = load.look != NULL ? load.look : "nothing";
    mx_queue *queue = NULL;
    mx_request *request = NULL;
    mx_client *client;
    uint64_t seen = 0;
    long done;
    if (mx_queue_new(&queue) != MX_OK || mx_request_new_custom("GET", SYNC_PATH, &request) != MX_OK) {
        fail("no queue or no request: %s", mx_refusal_message());
    }
    client = connect_to(&load, queue);
    measure_begin(&load);
    for (done = 0; done < load.requests; done++) {
        mx_result *result = NULL;
        int64_t began;
        if (mx_client_send(client, request, NULL, NULL, NULL) != MX_OK ||
            mx_queue_next(queue, -1, &result) != MX_OK) {
            fail("refused: %s", mx_refusal_message());
        }
        if (mx_result_status(result) != MX_OK) {
            fail("%s", mx_result_message(result));
        }
        began = now_ns();
        seen = look(result, how);
        mx_result_free(result);
        measure_answer(began);
    }
    measure_seen(seen);
    measure_end(&load);
    mx_request_free(request);
    mx_client_free(client);
    mx_queue_free(queue);
    return 0;
}
