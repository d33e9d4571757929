/*
 * The benchmarks' server: answers every request on loopback with the same JSON, as cheaply as one process can.
 *
 *     server [--hold N] [--body N | --file PATH] [--chunked] [--tls CERT.pem KEY.pem]
 *
 * It prints its port, and ends when its standard input does, with one line of JSON on what it saw. With --hold it
 * answers no request until N are waiting, so that N are in flight at once. With --body each answer has N bytes more,
 * with --file it is that file. With --chunked it has no Content-Length.
 */
#define _GNU_SOURCE
#include "server_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 256

#define CHUNK 65536

static char *answer;
static size_t answer_length;
static int epoll;
static long hold = 1;
static struct peer **waiting;
static long waiting_count;
static long connections;
static long requests;

static void die(const char *what) {
    fprintf(stderr, "server: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* {"sid":"..."}, made longer by a second member where that is asked for. */
static char *small_body(size_t more, size_t *length) {
    static const char sid[] = "{\"sid\":\"lNbUF3mXoNQjhPUe\"";
    static const char padding[] = ",\"padding\":\"";
    char *body = malloc(sizeof sid + sizeof padding + more + 2);
    char *end = body;
    if (body == NULL) {
        die("--body");
    }
    end += sprintf(end, "%s", sid);
    if (more > 0) {
        end += sprintf(end, "%s", padding);
        memset(end, 'x', more);
        end[more] = '"';
        end += more + 1;
    }
    *end++ = '}';
    *length = (size_t)(end - body);
    return body;
}

static char *file_body(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    char *body = NULL;
    long size;
    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) <= 0) {
        die(path);
        return NULL;
    }
    rewind(file);
    *length = (size_t)size;
    body = malloc(*length);
    if (body == NULL || fread(body, 1, *length, file) != *length) {
        die(path);
    }
    fclose(file);
    return body;
}

static char *add_chunk(char *end, const char *bytes, size_t length) {
    end += sprintf(end, "%zx\r\n", length);
    memcpy(end, bytes, length);
    memcpy(end + length, "\r\n", 2);
    return end + length + 2;
}

static void make_answer(const char *body, size_t length, bool chunked) {
    size_t room = 256 + length + (length / CHUNK + 1) * 16;
    size_t done;
    char *end = answer = malloc(room);
    if (answer == NULL) {
        die("the answer");
    }
    end += sprintf(end, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n");
    if (chunked) {
        end += sprintf(end, "transfer-encoding: chunked\r\n\r\n");
        for (done = 0; done < length; done += CHUNK) {
            end = add_chunk(end, body + done, length - done < CHUNK ? length - done : CHUNK);
        }
        end += sprintf(end, "0\r\n\r\n");
    } else {
        end += sprintf(end, "content-length: %zu\r\n\r\n", length);
        memcpy(end, body, length);
        end += length;
    }
    answer_length = (size_t)(end - answer);
}

static int listen_on_loopback(void) {
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 ||
        listen(listener, 65535) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
        die("listen");
    }
    printf("%d\n", ntohs(address.sin_port));
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
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        connections++;
        watch(fd, peer_new(fd));
    }
    if (errno != EAGAIN) {
        die("accept");
    }
}

/* The length of the complete request that the bytes begin with; 0 if it is not complete. */
static size_t request_length(const char *bytes, size_t length) {
    const char *end = memmem(bytes, length, "\r\n\r\n", 4);
    const char *line;
    size_t head;
    long body = 0;
    if (end == NULL) {
        return 0;
    }
    head = (size_t)(end - bytes) + 4;
    for (line = bytes; line < end; line = (const char *)memchr(line, '\n', head) + 1) {
        if (strncasecmp(line, "content-length:", 15) == 0) {
            body = atol(line + 15);
        }
    }
    return length < head + (size_t)body ? 0 : head + (size_t)body;
}

/* Sends what the connection takes, and waits until it takes more if that was not all. */
static void send_answer(struct peer *peer) {
    bool waits;
    peer->unsent -= peer_write(peer, answer + answer_length - peer->unsent, peer->unsent);
    waits = peer->unsent > 0;
    if (waits != peer->waits) {
        struct epoll_event event = {EPOLLIN | (waits ? (uint32_t)EPOLLOUT : 0), {peer}};
        epoll_ctl(epoll, EPOLL_CTL_MOD, peer->fd, &event);
        peer->waits = waits;
    }
}

/* Answers all that wait, once they are enough. */
static void request_from(struct peer *peer) {
    requests++;
    waiting[waiting_count++] = peer;
    if (waiting_count < hold) {
        return;
    }
    while (waiting_count > 0) {
        struct peer *next = waiting[--waiting_count];
        next->unsent = answer_length;
        send_answer(next);
    }
}

/* A client that gives up while its requests are held gets no answer. */
static void forget(const struct peer *peer) {
    long kept = 0;
    long next;
    for (next = 0; next < waiting_count; next++) {
        if (waiting[next] != peer) {
            waiting[kept++] = waiting[next];
        }
    }
    waiting_count = kept;
}

static void serve(struct peer *peer) {
    size_t length;
    int open = peer_read(peer);
    while ((length = request_length(peer->bytes, peer->length)) > 0) {
        peer->length -= length;
        memmove(peer->bytes, peer->bytes + length, peer->length);
        request_from(peer);
    }
    if (!open) {
        forget(peer);
        peer_free(peer);
    }
}

static void read_options(int argc, char **argv) {
    int next = 1;
    size_t more = 0;
    size_t length = 0;
    const char *path = NULL;
    char *body;
    bool chunked = false;
    while (next < argc) {
        if (strcmp(argv[next], "--hold") == 0 && next + 1 < argc) {
            hold = atol(argv[next + 1]);
            next += 2;
        } else if (strcmp(argv[next], "--body") == 0 && next + 1 < argc) {
            more = strtoul(argv[next + 1], NULL, 10);
            next += 2;
        } else if (strcmp(argv[next], "--file") == 0 && next + 1 < argc) {
            path = argv[next + 1];
            next += 2;
        } else if (strcmp(argv[next], "--chunked") == 0) {
            chunked = true;
            next++;
        } else if (strcmp(argv[next], "--tls") == 0 && next + 2 < argc) {
            if (!peer_use_tls(argv[next + 1], argv[next + 2])) {
                die("--tls");
            }
            next += 3;
        } else {
            fprintf(stderr, "usage: server [--hold N] [--body N | --file PATH] [--chunked] [--tls CERT.pem KEY.pem]\n");
            exit(2);
        }
    }
    body = path != NULL ? file_body(path, &length) : small_body(more, &length);
    make_answer(body, length, chunked);
    free(body);
    waiting = calloc((size_t)(hold < 1 ? 1 : hold), sizeof *waiting);
    if (hold < 1 || waiting == NULL) {
        die("--hold");
    }
}

int main(int argc, char **argv) {
    struct epoll_event events[EVENTS];
    struct rlimit files;
    int listener;
    int running = 1;
    read_options(argc, argv);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    listener = listen_on_loopback();
    watch(listener, &listener);
    watch(STDIN_FILENO, &running);
    while (running) {
        int count = epoll_wait(epoll, events, EVENTS, -1);
        int next;
        for (next = 0; next < count; next++) {
            void *what = events[next].data.ptr;
            if (what == &listener) {
                accept_all(listener);
            } else if (what == &running) {
                running = 0;
            } else {
                struct peer *peer = what;
                if (peer->unsent > 0) {
                    send_answer(peer);
                }
                serve(peer);
            }
        }
    }
    printf("{\"connections\": %ld, \"requests\": %ld}\n", connections, requests);
    return 0;
}
