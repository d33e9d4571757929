/* What the clients of a large answer share: how much of it a walk has seen, which must be the same for all. */
#ifndef MATRIX_CAPI_BENCHES_LARGE_H
#define MATRIX_CAPI_BENCHES_LARGE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SYNC_PATH "/_matrix/client/v3/sync"

/* What a walk adds up: the length and the last byte of every name and string, the value of every whole number, and one for
 * everything else. */
static inline uint64_t seen_text(const char *text, size_t length) {
    return length + (length > 0 ? (unsigned char)text[length - 1] : 0);
}

static inline uint64_t seen_int(int64_t number) {
    return (uint64_t)number;
}

/* Parses the answer, walks over all of it, frees what was made of it, and returns what the walk added up. Each parser that
 * large_curl.c is linked with defines it. */
uint64_t look_into(const char *bytes, size_t length);

#ifdef __cplusplus
}
#endif

#endif
