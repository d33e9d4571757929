/* What the soak's server answers: rightly, late, slowly, broken off, wrongly, or not at all. */
#ifndef MATRIX_CAPI_TESTS_SOAK_FAULTS_H
#define MATRIX_CAPI_TESTS_SOAK_FAULTS_H

#include "dice.h"

#include <stddef.h>

enum { LONGEST_ANSWER = 100 * 1024 };

/* What becomes of the connection once the bytes are sent. */
enum then { THEN_KEEP, THEN_CLOSE, THEN_RESET, THEN_HANG };

struct answer {
    size_t length;
    /* Before the first byte, and between pieces of so many bytes. */
    int delay_ms;
    size_t piece;
    int pause_ms;
    enum then then;
    char bytes[LONGEST_ANSWER + 512];
};

/* Chooses the answer to a request, whose head and body are text. `port` is the server's own. */
void choose_answer(struct answer *answer, const char *request, int port, struct dice *dice);

/* One line of JSON: how often each kind of answer was chosen. */
void print_chosen(void);

#endif
