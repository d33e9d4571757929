/* The scripted server as a child process, and its control requests. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t server = -1;
static int server_input = -1;
static int port;

/* The child serves until its standard input closes, so it cannot outlive this process. */
bool server_start(const char *python, const char *program) {
    int input[2];
    int output[2];
    char line[256] = "";
    const char *number;
    FILE *ready;
    if (pipe(input) != 0 || pipe(output) != 0) {
        return false;
    }
    server = fork();
    if (server < 0) {
        return false;
    }
    if (server == 0) {
        dup2(input[0], STDIN_FILENO);
        dup2(output[1], STDOUT_FILENO);
        close(input[0]);
        close(input[1]);
        close(output[0]);
        close(output[1]);
        execlp(python, python, program, (char *)NULL);
        _exit(127);
    }
    close(input[0]);
    close(output[1]);
    server_input = input[1];
    fcntl(server_input, F_SETFD, FD_CLOEXEC);
    ready = fdopen(output[0], "r");
    if (ready == NULL || fgets(line, sizeof line, ready) == NULL) {
        line[0] = '\0';
    }
    if (ready != NULL) {
        fclose(ready);
    }
    number = strstr(line, "\"port\": ");
    port = number == NULL ? 0 : atoi(number + strlen("\"port\": "));
    return port > 0;
}

void server_stop(void) {
    int64_t until = now_ms() + patience_ms();
    close(server_input);
    while (waitpid(server, NULL, WNOHANG) == 0) {
        if (now_ms() > until) {
            kill(server, SIGKILL);
        }
        pause_ms(5);
    }
}

int server_port(void) { return port; }

struct url server_url(const char *name) {
    struct url url;
    snprintf(url.text, sizeof url.text, "http://127.0.0.1:%d/%s", port, name);
    return url;
}

static int connection(void) {
    struct sockaddr_in address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)port);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool send_all(int fd, const char *data, size_t length) {
    while (length > 0) {
        /* The tests of SIGPIPE leave its default action in place. */
        ssize_t sent = send(fd, data, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent <= 0) {
            return false;
        }
        data += sent;
        length -= (size_t)sent;
    }
    return true;
}

/* The whole response: the server keeps the connection open, so its length says where it ends. */
static char *receive(int fd) {
    char *text = calloc(1, 1);
    size_t length = 0;
    size_t wanted = 0;
    while (text != NULL && (wanted == 0 || length < wanted)) {
        const char *head_end;
        const char *size;
        ssize_t got;
        char *larger = realloc(text, length + 65537);
        if (larger == NULL) {
            break;
        }
        text = larger;
        got = recv(fd, text + length, 65536, 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            break;
        }
        length += (size_t)got;
        text[length] = '\0';
        head_end = strstr(text, "\r\n\r\n");
        size = strstr(text, "content-length: ");
        if (wanted == 0 && head_end != NULL && size != NULL) {
            wanted = (size_t)(head_end - text) + 4 + (size_t)atol(size + 16);
        }
    }
    return text;
}

/* The response's body, which the caller frees, after a control request; NULL unless it is 200. */
static char *control(const char *method, const char *name, const char *body) {
    char head[256];
    char *response = NULL;
    char *start;
    int fd = connection();
    if (fd < 0) {
        return NULL;
    }
    snprintf(head, sizeof head,
             "%s /_control/%s HTTP/1.1\r\nhost: server\r\ncontent-length: %u\r\n\r\n", method, name,
             (unsigned)strlen(body));
    if (send_all(fd, head, strlen(head)) && send_all(fd, body, strlen(body))) {
        response = receive(fd);
    }
    close(fd);
    start = response == NULL ? NULL : strstr(response, "\r\n\r\n");
    if (start == NULL || strncmp(response, "HTTP/1.1 200 ", 13) != 0) {
        check(false, __FILE__, __LINE__, "%s %s: %s", method, name,
              response == NULL ? "no answer" : response);
        free(response);
        return NULL;
    }
    memmove(response, start + 4, strlen(start + 4) + 1);
    return response;
}

void server_script(const char *name, const char *replies) {
    char *json = quoted(replies);
    free(control("PUT", name, json));
    free(json);
}

char *server_log(const char *name) {
    char *log = control("GET", name, "");
    return log == NULL ? calloc(1, 1) : log;
}

int server_requests(const char *name) {
    char *log = server_log(name);
    const char *at = log;
    int count = 0;
    /* Inside a string the quotes would be escaped. */
    while ((at = strstr(at, "{\"method\":")) != NULL) {
        count++;
        at++;
    }
    free(log);
    return count;
}

static int member_of(const char *log, const char *member) {
    char part[64];
    /* The counts come after the requests, whose bodies may hold anything. */
    const char *at = strstr(log, "],\"open\":");
    snprintf(part, sizeof part, "\"%s\":", member);
    at = at == NULL ? NULL : strstr(at, part);
    return at == NULL ? -1 : atoi(at + strlen(part));
}

bool server_reaches(const char *name, const char *member, int number) {
    int64_t until = now_ms() + patience_ms();
    int reached;
    for (;;) {
        char *log = server_log(name);
        reached = member_of(log, member);
        free(log);
        if (reached == number || now_ms() > until) {
            break;
        }
        pause_ms(5);
    }
    return check(reached == number, __FILE__, __LINE__, "%s of %s is %d, not %d", member, name,
                 reached, number);
}
