/* Chooses the soak's answers by the dice, and counts them. */
#include "faults.h"

#include <stdio.h>
#include <string.h>

/* The body of an answer without a fault, and its status. */
struct good {
    int status;
    char body[256];
};

static struct good say(int status, const char *body) {
    struct good good;
    good.status = status;
    snprintf(good.body, sizeof good.body, "%s", body);
    return good;
}

static struct good token(int port, struct dice *dice) {
    struct good good = say(200, "{\"sid\":\"S1\"}");
    if (one_in(dice, 2)) {
        snprintf(good.body, sizeof good.body,
                 "{\"sid\":\"S1\",\"submit_url\":\"http://127.0.0.1:%d/submit\"}", port);
    }
    return good;
}

static struct good password(const char *request, struct dice *dice) {
    const char *challenge = "{\"session\":\"U1\",\"flows\":[{\"stages\":["
                            "\"m.login.email.identity\"]}]}";
    if (strstr(request, "\"auth\"") == NULL || one_in(dice, 2)) {
        return say(401, challenge);
    }
    return one_in(dice, 4) ? say(400, "{\"errcode\":\"M_WEAK_PASSWORD\",\"error\":\"weak\"}")
                           : say(200, "{}");
}

static struct good good_answer(const char *request, int port, struct dice *dice) {
    const char *line_end = strstr(request, "\r\n");
    const char *found;
    if ((found = strstr(request, "/requestToken ")) != NULL && found < line_end) {
        return token(port, dice);
    }
    if ((found = strstr(request, "/auth_metadata ")) != NULL && found < line_end) {
        return one_in(dice, 20)
                   ? say(200, "{\"issuer\":\"https://accounts.example/\"}")
                   : say(404, "{\"errcode\":\"M_UNRECOGNIZED\"}");
    }
    if ((found = strstr(request, "/login ")) != NULL && found < line_end) {
        return say(200, "{\"flows\":[{\"type\":\"m.login.password\"}]}");
    }
    if ((found = strstr(request, "/account/password ")) != NULL && found < line_end) {
        return password(request, dice);
    }
    if ((found = strstr(request, "/submit ")) != NULL && found < line_end) {
        return say(200, one_in(dice, 4) ? "{\"success\":false}" : "{\"success\":true}");
    }
    return say(200, "{\"versions\":[\"v1.11\"]}");
}

static void head_and_body(struct answer *answer, int status, const char *headers,
                          const char *body) {
    answer->length = (size_t)snprintf(
        answer->bytes, sizeof answer->bytes,
        "HTTP/1.1 %d Said\r\ncontent-type: application/json\r\n%scontent-length: %u\r\n\r\n%s",
        status, headers, (unsigned)strlen(body), body);
}

/* A JSON string of that many bytes as the answer. */
static void long_body(struct answer *answer, size_t size) {
    size_t head = (size_t)snprintf(answer->bytes, sizeof answer->bytes,
                                   "HTTP/1.1 200 OK\r\ncontent-length: %u\r\n\r\n{\"versions\":[\"",
                                   (unsigned)size + 18);
    memset(answer->bytes + head, 'x', size);
    memcpy(answer->bytes + head + size, "\"]}", 3);
    answer->length = head + size + 3;
}

typedef void fault(struct answer *answer, struct dice *dice);

static void none(struct answer *answer, struct dice *dice) {
    (void)answer;
    (void)dice;
}

static void late(struct answer *answer, struct dice *dice) { answer->delay_ms = below(dice, 100); }

static void slow(struct answer *answer, struct dice *dice) {
    answer->piece = (size_t)below(dice, 30) + 1;
    answer->pause_ms = 1 + below(dice, 3);
}

static void closed_behind(struct answer *answer, struct dice *dice) {
    (void)dice;
    answer->then = THEN_CLOSE;
}

static void without_answer(struct answer *answer, struct dice *dice) {
    answer->length = 0;
    answer->then = one_in(dice, 2) ? THEN_RESET : THEN_CLOSE;
}

static void cut(struct answer *answer, struct dice *dice) {
    answer->length = (size_t)below(dice, (int)answer->length);
    answer->then = one_in(dice, 2) ? THEN_RESET : THEN_CLOSE;
}

static void limited(struct answer *answer, struct dice *dice) {
    char body[100];
    snprintf(body, sizeof body, "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":%d}",
             one_in(dice, 4) ? 300000 : below(dice, 50));
    head_and_body(answer, 429, "", body);
}

static void failed(struct answer *answer, struct dice *dice) {
    head_and_body(answer, 500 + below(dice, 5), one_in(dice, 2) ? "retry-after: 0\r\n" : "",
                  one_in(dice, 2) ? "{\"errcode\":\"M_UNKNOWN\"}" : "<html>no</html>");
}

static void refused(struct answer *answer, struct dice *dice) {
    head_and_body(answer, 400 + below(dice, 5), "", "{\"errcode\":\"M_THREEPID_DENIED\"}");
}

static void redirected(struct answer *answer, struct dice *dice) {
    (void)dice;
    head_and_body(answer, 302, "location: https://elsewhere.example/\r\n", "");
}

static void no_http(struct answer *answer, struct dice *dice) {
    size_t at;
    answer->length = (size_t)below(dice, 500) + 1;
    for (at = 0; at < answer->length; at++) {
        answer->bytes[at] = (char)below(dice, 256);
    }
    answer->then = THEN_CLOSE;
}

static void no_json(struct answer *answer, struct dice *dice) {
    head_and_body(answer, 200, "", one_in(dice, 2) ? "{\"sid\":" : "\xff\xfe");
}

static void large(struct answer *answer, struct dice *dice) {
    long_body(answer, (size_t)below(dice, 40 * 1024));
}

/* More than the soak's clients take. */
static void too_large(struct answer *answer, struct dice *dice) {
    (void)dice;
    long_body(answer, LONGEST_ANSWER);
}

static void never(struct answer *answer, struct dice *dice) {
    answer->length = one_in(dice, 2) ? 0 : answer->length / 2;
    answer->then = THEN_HANG;
}

static struct {
    const char *name;
    int in_1000;
    fault *apply;
    long chosen;
} kinds[] = {
    {"good", 590, none, 0},
    {"late", 120, late, 0},
    {"slow", 50, slow, 0},
    {"closed behind the answer", 30, closed_behind, 0},
    {"closed or reset without an answer", 60, without_answer, 0},
    {"cut", 50, cut, 0},
    {"429", 30, limited, 0},
    {"5xx", 30, failed, 0},
    {"4xx", 10, refused, 0},
    {"redirect", 2, redirected, 0},
    {"not HTTP", 5, no_http, 0},
    {"not JSON", 10, no_json, 0},
    {"large", 6, large, 0},
    {"too large", 4, too_large, 0},
    {"never", 3, never, 0},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

void choose_answer(struct answer *answer, const char *request, int port, struct dice *dice) {
    struct good good = good_answer(request, port, dice);
    int left = below(dice, 1000);
    size_t kind = 0;
    while (kind < KINDS - 1 && left >= kinds[kind].in_1000) {
        left -= kinds[kind++].in_1000;
    }
    answer->delay_ms = 0;
    answer->piece = 0;
    answer->pause_ms = 0;
    answer->then = THEN_KEEP;
    head_and_body(answer, good.status, "", good.body);
    kinds[kind].apply(answer, dice);
    kinds[kind].chosen++;
}

void print_chosen(void) {
    size_t kind;
    for (kind = 0; kind < KINDS; kind++) {
        printf("%s\"%s\": %ld", kind == 0 ? "{" : ", ", kinds[kind].name, kinds[kind].chosen);
    }
    printf("}\n");
}
