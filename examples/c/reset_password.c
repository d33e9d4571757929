/*
 * Resets a forgotten Matrix password from the command line.
 *
 *   reset_password [SERVER [EMAIL]] [--logout-devices] [--save FILE] [--ca FILE]
 *   reset_password --resume FILE [--logout-devices] [--ca FILE]
 *
 * SERVER is a Matrix ID, a server name or a URL. FILE keeps the reset between two runs; it holds a
 * secret, is readable by its owner only, and is removed when the password has been changed.
 */
#define _POSIX_C_SOURCE 200809L

#include <matrix_capi.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { LINE_SIZE = 1024, EXIT_USAGE = 2, EXIT_WEB = 3, POLL_MS = 5000 };

struct tool {
    mx_queue *queue;
    mx_client_options *options;
    mx_client *client;
    mx_password_reset *reset;
    char server[LINE_SIZE];
    char email[LINE_SIZE];
    const char *save;
    const char *resume;
    const char *ca;
    bool logout_devices;
};

/* Asks for a line; without echo where it is a password. False at the end of the input. */
static bool ask(const char *prompt, char *line, bool echo) {
    struct termios before, silent;
    const bool hide = !echo && tcgetattr(STDIN_FILENO, &before) == 0;
    bool got;
    printf("%s", prompt);
    fflush(stdout);
    if (hide) {
        silent = before;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    got = fgets(line, LINE_SIZE, stdin) != NULL;
    if (hide) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        printf("\n");
    }
    if (got) {
        line[strcspn(line, "\r\n")] = '\0';
    }
    return got;
}

/* Reads a whole file as a string, or returns NULL and says why. */
static char *read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    size_t length = 0, got = 1;
    char *text = NULL;
    while (file != NULL && got > 0) {
        char *larger = realloc(text, length + 4097);
        if (larger == NULL) {
            break;
        }
        text = larger;
        got = fread(text + length, 1, 4096, file);
        length += got;
        text[length] = '\0';
    }
    if (file == NULL) {
        perror(path);
    } else {
        fclose(file);
    }
    return text;
}

/* Waits for the result of a call that was started, or says why it was refused. */
static mx_result *finished(struct tool *tool, mx_status started) {
    mx_result *result = NULL;
    if (started == MX_OK) {
        started = mx_queue_next(tool->queue, -1, &result);
    }
    if (started != MX_OK) {
        fprintf(stderr, "%s\n", mx_refusal_message());
    }
    return result;
}

/* What the person can do about a failure. */
static void explain(const mx_result *result) {
    uint64_t delay = 0;
    const char *errcode = mx_result_errcode(result);
    const char *page = mx_result_string(result, "/account_management_uri");
    switch (mx_result_status(result)) {
    case MX_WEB_REQUIRED:
        printf("Accounts of this server are managed on the web: %s\n",
               page != NULL ? page : "ask the server's administrator where");
        return;
    case MX_UNKNOWN_OUTCOME:
        printf("The answer was lost. Try to log in with the new password.\n");
        return;
    case MX_ERR_CONNECT:
    case MX_ERR_DEADLINE:
        printf("The server cannot be reached now.\n");
        break;
    case MX_ERR_MATRIX:
        if (errcode != NULL && strcmp(errcode, "M_THREEPID_NOT_FOUND") == 0) {
            printf("The server knows no account with this address.\n");
        } else if (mx_result_retry_after_ms(result, &delay)) {
            printf("Too many tries. The server asks to wait %" PRIu64 " s.\n", (delay + 999) / 1000);
        }
        break;
    default:
        break;
    }
    fprintf(stderr, "%s: %s\n", mx_status_name(mx_result_status(result)), mx_result_message(result));
}

/* Keeps the reset in a file: the base URL in the first line, then what the library saved. */
static void save(struct tool *tool) {
    mx_result *saved = NULL;
    int fd;
    FILE *file;
    if (tool->save == NULL || mx_password_reset_save(tool->reset, &saved) != MX_OK) {
        return;
    }
    fd = open(tool->save, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    file = fd < 0 ? NULL : fdopen(fd, "w");
    if (file == NULL) {
        perror(tool->save);
    } else {
        fprintf(file, "%s\n%s", tool->server, (const char *)mx_result_body(saved, NULL));
        fclose(file);
    }
    mx_result_free(saved);
}

static mx_status make_client(struct tool *tool) {
    const mx_status status = mx_client_new(tool->server, tool->options, &tool->client, NULL);
    if (status != MX_OK) {
        fprintf(stderr, "%s\n", mx_refusal_message());
    }
    return status;
}

/* From what was typed to a client for the homeserver. The exit code; 0 to go on. */
static int discover(struct tool *tool) {
    mx_client *any = NULL;
    mx_result *result;
    const char *way;
    int code = EXIT_FAILURE;
    if (tool->server[0] == '\0' && !ask("Your Matrix ID or server: ", tool->server, true)) {
        return EXIT_USAGE;
    }
    printf("Looking for the homeserver ...\n");
    if (mx_client_new_for_discovery(tool->options, &any, NULL) != MX_OK) {
        fprintf(stderr, "%s\n", mx_refusal_message());
        return EXIT_FAILURE;
    }
    result = finished(tool, mx_discover(any, tool->server, NULL, NULL, NULL));
    way = mx_result_string(result, "/reset");
    if (mx_result_status(result) != MX_OK) {
        explain(result);
    } else if (strcmp(way, "email") == 0) {
        snprintf(tool->server, LINE_SIZE, "%s", mx_result_string(result, "/base_url"));
        printf("Found %s\n", tool->server);
        code = make_client(tool) == MX_OK ? EXIT_SUCCESS : EXIT_FAILURE;
    } else if (strcmp(way, "web") == 0) {
        const char *page = mx_result_string(result, "/account_management_uri");
        printf("Accounts of this server are managed on the web: %s\n", page != NULL ? page : "?");
        code = EXIT_WEB;
    } else {
        printf("This server has no login by password.\n");
    }
    mx_result_free(result);
    mx_client_free(any);
    return code;
}

/* Takes up a reset from a file. */
static int resume(struct tool *tool) {
    char *text = read_file(tool->resume);
    char *json = text == NULL ? NULL : strchr(text, '\n');
    int code = EXIT_FAILURE;
    if (json != NULL) {
        *json++ = '\0';
        snprintf(tool->server, LINE_SIZE, "%s", text);
        if (make_client(tool) == MX_OK) {
            if (mx_password_reset_restore(tool->client, json, &tool->reset, NULL) == MX_OK) {
                code = EXIT_SUCCESS;
            } else {
                fprintf(stderr, "%s: %s\n", tool->resume, mx_refusal_message());
            }
        }
    }
    free(text);
    return code;
}

/* Asks the server for the mail. */
static bool send_mail(struct tool *tool) {
    mx_result *result = finished(tool, mx_password_reset_send(tool->reset, NULL, NULL, NULL));
    const bool sent = mx_result_status(result) == MX_OK;
    if (sent) {
        printf("If the address belongs to an account, a mail is on its way.\n");
        save(tool);
    } else {
        explain(result);
    }
    mx_result_free(result);
    return sent;
}

/* Waits until the person says that the mail is confirmed. False to give up. */
static bool confirm(struct tool *tool) {
    char line[LINE_SIZE];
    mx_result *result;
    bool accepted = false;
    if (mx_password_reset_stage(tool->reset) != MX_RESET_AWAITS_TOKEN) {
        if (!ask("Open the link in the mail and confirm there, then press Enter (r: send again): ",
                 line, true)) {
            return false;
        }
        return strcmp(line, "r") != 0 || (send_mail(tool) && confirm(tool));
    }
    while (!accepted && ask("The token in the mail: ", line, true)) {
        result = finished(tool, mx_password_reset_submit_token(tool->reset, line, NULL, NULL, NULL));
        accepted = mx_result_status(result) == MX_OK;
        if (!accepted) {
            explain(result);
        }
        mx_result_free(result);
    }
    return accepted;
}

/* Asks for the new password, twice. */
static bool ask_password(char *password) {
    char again[LINE_SIZE];
    bool same = false;
    while (!same && ask("New password: ", password, false) && ask("Once more: ", again, false)) {
        same = strcmp(password, again) == 0 && password[0] != '\0';
        if (!same) {
            printf("These are not the same, or empty.\n");
        }
    }
    memset(again, 0, sizeof again);
    return same;
}

/* Changes the password; asks again for what was not right. The exit code. */
static int change_password(struct tool *tool) {
    char password[LINE_SIZE];
    bool have_password = false;
    int code = -1;
    while (code < 0) {
        mx_result *result;
        const char *errcode;
        mx_status status;
        if (!have_password && !ask_password(password)) {
            return EXIT_FAILURE;
        }
        have_password = true;
        printf("Changing the password ...\n");
        fflush(stdout);
        result = finished(tool, mx_password_reset_finish(tool->reset, password, tool->logout_devices,
                                                         POLL_MS, NULL, NULL, NULL));
        status = mx_result_status(result);
        errcode = mx_result_errcode(result);
        save(tool);
        if (status == MX_OK) {
            printf("Your password has been changed.\n");
            code = EXIT_SUCCESS;
        } else if (status == MX_PENDING) {
            printf("Not confirmed yet, or the link has expired.\n");
            code = confirm(tool) ? -1 : EXIT_FAILURE;
        } else if (errcode != NULL && (strncmp(errcode, "M_PASSWORD_", 11) == 0 ||
                                       strcmp(errcode, "M_WEAK_PASSWORD") == 0)) {
            const char *why = mx_result_string(result, "/error");
            printf("The server wants a better password: %s\n", why != NULL ? why : errcode);
            have_password = false;
        } else {
            explain(result);
            code = status == MX_WEB_REQUIRED ? EXIT_WEB : EXIT_FAILURE;
        }
        mx_result_free(result);
    }
    memset(password, 0, sizeof password);
    return code;
}

static int run(struct tool *tool) {
    int code = tool->resume != NULL ? resume(tool) : discover(tool);
    if (code != EXIT_SUCCESS) {
        return code;
    }
    if (tool->resume == NULL) {
        if (tool->email[0] == '\0' && !ask("The account's email address: ", tool->email, true)) {
            return EXIT_USAGE;
        }
        if (mx_password_reset_new(tool->client, tool->email, NULL, &tool->reset) != MX_OK) {
            fprintf(stderr, "%s\n", mx_refusal_message());
            return EXIT_USAGE;
        }
    }
    if (mx_password_reset_stage(tool->reset) == MX_RESET_NEW && !send_mail(tool)) {
        return EXIT_FAILURE;
    }
    if (mx_password_reset_stage(tool->reset) != MX_RESET_CONFIRMED && !confirm(tool)) {
        printf("%s", tool->save != NULL ? "Go on later with --resume.\n" : "");
        return EXIT_FAILURE;
    }
    code = change_password(tool);
    if (code == EXIT_SUCCESS && tool->save != NULL) {
        unlink(tool->save);
    }
    return code;
}

static bool read_arguments(struct tool *tool, int argc, char **argv) {
    int i;
    for (i = 1; i < argc; i++) {
        const bool more = i + 1 < argc;
        if (strcmp(argv[i], "--logout-devices") == 0) {
            tool->logout_devices = true;
        } else if (strcmp(argv[i], "--save") == 0 && more) {
            tool->save = argv[++i];
        } else if (strcmp(argv[i], "--resume") == 0 && more) {
            tool->save = tool->resume = argv[++i];
        } else if (strcmp(argv[i], "--ca") == 0 && more) {
            tool->ca = argv[++i];
        } else if (argv[i][0] != '-' && tool->server[0] == '\0') {
            snprintf(tool->server, LINE_SIZE, "%s", argv[i]);
        } else if (argv[i][0] != '-' && tool->email[0] == '\0') {
            snprintf(tool->email, LINE_SIZE, "%s", argv[i]);
        } else {
            return false;
        }
    }
    return true;
}

static bool prepare(struct tool *tool) {
    char *pem = NULL;
    bool ready = mx_queue_new(&tool->queue) == MX_OK &&
                 mx_client_options_new(&tool->options) == MX_OK &&
                 mx_client_options_set_queue(tool->options, tool->queue) == MX_OK;
    if (ready && tool->ca != NULL) {
        pem = read_file(tool->ca);
        ready = pem != NULL && mx_client_options_add_root_pem(tool->options, pem) == MX_OK;
    }
    if (!ready) {
        fprintf(stderr, "%s\n", mx_refusal_message());
    }
    free(pem);
    return ready;
}

int main(int argc, char **argv) {
    struct tool tool;
    int code = EXIT_FAILURE;
    memset(&tool, 0, sizeof tool);
    if (!read_arguments(&tool, argc, argv)) {
        fprintf(stderr, "usage: reset_password [SERVER [EMAIL]] [--logout-devices] [--save FILE] "
                        "[--ca FILE]\n       reset_password --resume FILE [--logout-devices] "
                        "[--ca FILE]\n");
        return EXIT_USAGE;
    }
    if (prepare(&tool)) {
        code = run(&tool);
    }
    mx_password_reset_free(tool.reset);
    mx_client_free(tool.client);
    mx_client_options_free(tool.options);
    mx_queue_free(tool.queue);
    return code;
}
