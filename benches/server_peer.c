/* Reads and writes the server's connections; built with WITH_TLS it needs OpenSSL. */
#define _GNU_SOURCE
#include "server_peer.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef WITH_TLS

#include <openssl/ssl.h>

static SSL_CTX *context;

bool peer_use_tls(const char *certificate, const char *key) {
    context = SSL_CTX_new(TLS_server_method());
    if (context != NULL) {
        SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    }
    return context != NULL &&
           SSL_CTX_use_certificate_chain_file(context, certificate) == 1 &&
           SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1;
}

static void tls_new(struct peer *peer) {
    if (context != NULL) {
        peer->tls = SSL_new(context);
        SSL_set_fd(peer->tls, peer->fd);
        SSL_set_accept_state(peer->tls);
    }
}

/* As recv and send do it: the number of bytes, 0 at the end, or -1 with errno. */
static ssize_t tls_result(struct peer *peer, int result) {
    if (result > 0) {
        return result;
    }
    switch (SSL_get_error(peer->tls, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        errno = EAGAIN;
        return -1;
    default:
        return 0;
    }
}

static ssize_t tls_read(struct peer *peer, char *bytes, size_t length) {
    return tls_result(peer, SSL_read(peer->tls, bytes, (int)length));
}

static ssize_t tls_write(struct peer *peer, const char *bytes, size_t length) {
    return tls_result(peer, SSL_write(peer->tls, bytes, (int)length));
}

static void tls_free(struct peer *peer) {
    SSL_free(peer->tls);
}

#else

bool peer_use_tls(const char *certificate, const char *key) {
    (void)certificate;
    (void)key;
    errno = ENOTSUP;
    return false;
}

/* No connection is TLS here, so of these only the first is ever called. */
#define tls_new(peer) ((void)(peer))
#define tls_read(peer, bytes, length) (-1)
#define tls_write(peer, bytes, length) (-1)
#define tls_free(peer) ((void)(peer))

#endif

struct peer *peer_new(int fd) {
    struct peer *peer = malloc(sizeof *peer);
    if (peer == NULL) {
        abort();
    }
    peer->fd = fd;
    peer->tls = NULL;
    peer->unsent = 0;
    peer->waits = false;
    peer->length = 0;
    tls_new(peer);
    return peer;
}

bool peer_read(struct peer *peer) {
    for (;;) {
        char *end = peer->bytes + peer->length;
        size_t space = sizeof peer->bytes - peer->length;
        ssize_t got = peer->tls != NULL ? tls_read(peer, end, space)
                                        : recv(peer->fd, end, space, 0);
        if (got <= 0) {
            return got < 0 && errno == EAGAIN;
        }
        peer->length += (size_t)got;
        if (peer->tls == NULL && (size_t)got < space) {
            return true;
        }
    }
}

size_t peer_write(struct peer *peer, const char *bytes, size_t length) {
    size_t done = 0;
    while (done < length) {
        ssize_t sent = peer->tls != NULL ? tls_write(peer, bytes + done, length - done)
                                         : send(peer->fd, bytes + done, length - done, MSG_NOSIGNAL);
        /* A connection that broke is noticed when it is read. */
        if (sent <= 0) {
            break;
        }
        done += (size_t)sent;
    }
    return done;
}

void peer_free(struct peer *peer) {
    if (peer->tls != NULL) {
        tls_free(peer);
    }
    close(peer->fd);
    free(peer);
}
