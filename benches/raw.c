/* The limit: an epoll client that writes ready-made bytes and looks for nothing but the end of each answer. */
#define _GNU_SOURCE
#include "measure.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 256

struct connection {
    int fd;
    int64_t began;
    size_t length;
    char answer[1024];
};

static const char body[] =
    "{\"client_secret\":\"" CLIENT_SECRET "\",\"email\":\"" EMAIL "\",\"send_attempt\":1}";
static char request[1024];
static size_t request_length;

static struct sockaddr_in address_of(const char *url) {
    struct sockaddr_in address;
    char host[64];
    int port;
    memset(&address, 0, sizeof address);
    if (sscanf(url, "http://%63[0-9.]:%d", host, &port) != 2 ||
        inet_pton(AF_INET, host, &address.sin_addr) != 1) {
        fail("this client takes http://ADDRESS:PORT only, not %s", url);
    }
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)port);
    request_length = (size_t)snprintf(
        request, sizeof request,
        "POST " REQUEST_PATH " HTTP/1.1\r\nhost: %s:%d\r\ncontent-type: application/json\r\n"
        "content-length: %zu\r\n\r\n%s",
        host, port, sizeof body - 1, body);
    return address;
}

static void ask(struct connection *connection) {
    connection->began = now_ns();
    connection->length = 0;
    /* It fits the socket's buffer: at most one request is ever in it. */
    if (send(connection->fd, request, request_length, MSG_NOSIGNAL) != (ssize_t)request_length) {
        fail("send: %s", strerror(errno));
    }
}

/* Whether the whole answer is there. */
static int take(struct connection *connection) {
    char *end;
    char *header;
    ssize_t got = recv(connection->fd, connection->answer + connection->length,
                       sizeof connection->answer - 1 - connection->length, MSG_DONTWAIT);
    if (got <= 0) {
        if (got < 0 && errno == EAGAIN) {
            return 0;
        }
        fail("the connection ended");
    }
    connection->length += (size_t)got;
    connection->answer[connection->length] = '\0';
    end = strstr(connection->answer, "\r\n\r\n");
    if (end == NULL) {
        return 0;
    }
    header = strcasestr(connection->answer, "\r\ncontent-length:");
    if (header == NULL || strncmp(connection->answer, "HTTP/1.1 200", 12) != 0) {
        fail("not the answer of the benchmarks' server: %s", connection->answer);
    }
    return connection->answer + connection->length >= end + 4 + atol(header + 17);
}

int main(int argc, char **argv) {
    struct load load = read_load(argc, argv);
    struct sockaddr_in address = address_of(load.url);
    struct connection *connections = calloc((size_t)load.in_flight, sizeof *connections);
    struct epoll_event events[EVENTS];
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    long submitted;
    long done = 0;
    if (connections == NULL || epoll < 0) {
        fail("no epoll: %s", strerror(errno));
    }
    measure_begin(&load);
    for (submitted = 0; submitted < load.in_flight; submitted++) {
        struct connection *connection = &connections[submitted];
        struct epoll_event event = {EPOLLIN, {connection}};
        int one = 1;
        connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (connect(connection->fd, (struct sockaddr *)&address, sizeof address) != 0 ||
            epoll_ctl(epoll, EPOLL_CTL_ADD, connection->fd, &event) != 0) {
            fail("connect: %s", strerror(errno));
        }
        ask(connection);
    }
    while (done < load.requests) {
        int count = epoll_wait(epoll, events, EVENTS, -1);
        int next;
        for (next = 0; next < count; next++) {
            struct connection *connection = events[next].data.ptr;
            if (!take(connection)) {
                continue;
            }
            measure_answer(connection->began);
            done++;
            if (submitted < load.requests) {
                submitted++;
                ask(connection);
            }
        }
    }
    measure_end(&load);
    for (submitted = 0; submitted < load.in_flight; submitted++) {
        close(connections[submitted].fd);
    }
    close(epoll);
    free(connections);
    return 0;
}
