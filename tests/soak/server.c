/*
 * The soak's server: many connections in one thread, each request answered as faults.c chooses.
 *
 *     server SEED
 *
 * It prints its port, and ends when its standard input does, with one line of JSON on what it answered.
 */
#define _GNU_SOURCE
#include "faults.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 256, LONGEST_REQUEST = 8192 };

struct peer {
    int fd;
    size_t length;
    char request[LONGEST_REQUEST + 1];
    /* NULL while it is owed nothing. */
    struct answer *answer;
    size_t sent;
    int64_t due;
    struct peer *next_owed;
};

static int epoll;
static int port;
static struct dice dice;
/* Every peer that has an answer. */
static struct peer *owed;

static void die(const char *what) {
    fprintf(stderr, "server: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void *allocate(size_t size) {
    void *memory = calloc(1, size);
    if (memory == NULL) {
        die("calloc");
    }
    return memory;
}

static int64_t now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static int listen_on_loopback(void) {
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 ||
        listen(listener, 4096) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
        die("listen");
    }
    port = ntohs(address.sin_port);
    printf("%d\n", port);
    fflush(stdout);
    return listener;
}

static void watch(int fd, void *what) {
    struct epoll_event event = {EPOLLIN, {what}};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        die("epoll_ctl");
    }
}

static void accept_all(int listener) {
    int one = 1;
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        struct peer *peer = allocate(sizeof *peer);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        peer->fd = fd;
        watch(fd, peer);
    }
    if (errno != EAGAIN && errno != ECONNABORTED) {
        die("accept");
    }
}

static void settle(struct peer *peer) {
    struct peer **link = &owed;
    while (*link != NULL && *link != peer) {
        link = &(*link)->next_owed;
    }
    if (*link == peer) {
        *link = peer->next_owed;
    }
    free(peer->answer);
    peer->answer = NULL;
}

static void drop(struct peer *peer, bool reset) {
    struct linger at_once = {1, 0};
    if (reset) {
        setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    settle(peer);
    close(peer->fd);
    free(peer);
}

/* Whether the bytes hold a whole request; the library sends the next one only after the answer. */
static bool is_whole(const struct peer *peer) {
    const char *end = strstr(peer->request, "\r\n\r\n");
    const char *length = strcasestr(peer->request, "\r\ncontent-length:");
    size_t body = length != NULL && length < end ? (size_t)atol(length + 17) : 0;
    return end != NULL && (size_t)(end - peer->request) + 4 + body <= peer->length;
}

/* Sends what is due. Whatever the connection becomes, the peer may be gone afterwards. */
static void send_due(struct peer *peer, int64_t now) {
    struct answer *answer = peer->answer;
    enum then then = answer->then;
    while (peer->due <= now && peer->sent < answer->length) {
        size_t left = answer->length - peer->sent;
        size_t size = answer->piece > 0 && answer->piece < left ? answer->piece : left;
        ssize_t sent = send(peer->fd, answer->bytes + peer->sent, size, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) {
            drop(peer, false);
            return;
        }
        peer->sent += sent < 0 ? 0 : (size_t)sent;
        peer->due = now + (answer->pause_ms > 0 || sent < 0 ? answer->pause_ms + 1 : 0);
    }
    if (peer->due > now || peer->sent < answer->length || then == THEN_HANG) {
        return;
    }
    if (then == THEN_KEEP) {
        settle(peer);
    } else {
        drop(peer, then == THEN_RESET);
    }
}

static void answer_request(struct peer *peer) {
    peer->answer = allocate(sizeof *peer->answer);
    choose_answer(peer->answer, peer->request, port, &dice);
    peer->sent = 0;
    peer->length = 0;
    peer->due = now_ms() + peer->answer->delay_ms;
    peer->next_owed = owed;
    owed = peer;
    send_due(peer, now_ms());
}

static void read_from(struct peer *peer) {
    char *end = peer->request + peer->length;
    ssize_t got = recv(peer->fd, end, LONGEST_REQUEST - peer->length, 0);
    if (got < 0 && errno == EAGAIN) {
        return;
    }
    if (got <= 0) {
        drop(peer, false);
        return;
    }
    peer->length += (size_t)got;
    peer->request[peer->length] = '\0';
    if (peer->answer == NULL && is_whole(peer)) {
        answer_request(peer);
    }
}

static void send_all_due(void) {
    int64_t now = now_ms();
    struct peer *peer = owed;
    while (peer != NULL) {
        struct peer *next = peer->next_owed;
        if (peer->due <= now) {
            send_due(peer, now);
        }
        peer = next;
    }
}

int main(int argc, char **argv) {
    struct epoll_event events[EVENTS];
    int listener;
    bool running = true;
    if (argc != 2) {
        fprintf(stderr, "usage: server SEED\n");
        return 2;
    }
    dice = dice_of(strtoull(argv[1], NULL, 10), 0);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    listener = listen_on_loopback();
    watch(listener, &listener);
    watch(STDIN_FILENO, &running);
    while (running) {
        int count = epoll_wait(epoll, events, EVENTS, owed == NULL ? -1 : 1);
        int at;
        for (at = 0; at < count; at++) {
            void *what = events[at].data.ptr;
            if (what == &listener) {
                accept_all(listener);
            } else if (what == &running) {
                running = false;
            } else {
                read_from(what);
            }
        }
        send_all_due();
    }
    print_chosen();
    return 0;
}
