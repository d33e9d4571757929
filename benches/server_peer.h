/* A connection of the benchmarks' server, plain or TLS: what it has sent that is not yet answered. */
#ifndef MATRIX_CAPI_BENCHES_SERVER_PEER_H
#define MATRIX_CAPI_BENCHES_SERVER_PEER_H

#include <stdbool.h>
#include <stddef.h>

struct peer {
    int fd;
    void *tls;
    /* How much of its answer is still to be sent, and whether the server waits for it to be writable. */
    size_t unsent;
    bool waits;
    size_t length;
    char bytes[2048];
};

/* From here on connections are TLS. False if the files are not usable, or if this was built without WITH_TLS. */
bool peer_use_tls(const char *certificate, const char *key);

struct peer *peer_new(int fd);

/* Takes all that has come; false when the connection is over. */
bool peer_read(struct peer *peer);

/* Sends as many bytes as the connection takes now, and returns how many. */
size_t peer_write(struct peer *peer, const char *bytes, size_t length);

/* Closes the connection. */
void peer_free(struct peer *peer);

#endif
