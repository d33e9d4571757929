/*
 * Asks a homeserver to mail a password-reset link: request_token HOMESERVER_URL EMAIL [--ca FILE]
 */
#include <matrix_capi.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads a whole file as a string, or returns NULL. */
static char *read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t length = 0;
    if (file == NULL) {
        return NULL;
    }
    for (;;) {
        char *larger = realloc(text, length + 4097);
        size_t got;
        if (larger == NULL) {
            break;
        }
        text = larger;
        got = fread(text + length, 1, 4096, file);
        length += got;
        text[length] = '\0';
        if (got == 0) {
            break;
        }
    }
    fclose(file);
    return text;
}

/* Trusts the certificate authority in a file, besides the public ones. */
static mx_status add_root(mx_client_options *options, const char *path) {
    char *pem = read_file(path);
    mx_status status;
    if (pem == NULL) {
        fprintf(stderr, "%s cannot be read\n", path);
        return MX_ERR_INVALID_ARGUMENT;
    }
    status = mx_client_options_add_root_pem(options, pem);
    if (status != MX_OK) {
        fprintf(stderr, "%s: %s\n", path, mx_refusal_message());
    }
    free(pem);
    return status;
}

/* Shows how the request ended. */
static void show(const mx_result *result) {
    uint64_t delay = 0;
    if (mx_result_status(result) == MX_OK) {
        printf("The server took the request: sid %s\n", mx_result_string(result, "/sid"));
        printf("If the address belongs to an account, a mail is on its way.\n");
        return;
    }
    printf("%s: %s\n", mx_status_name(mx_result_status(result)), mx_result_message(result));
    if (mx_result_retry_after_ms(result, &delay)) {
        printf("Try again in %" PRIu64 " s.\n", (delay + 999) / 1000);
    }
}

/* Sends the request and waits for its result in the queue. */
static mx_status request(mx_client *client, mx_queue *queue, const char *email) {
    char secret[MX_CLIENT_SECRET_SIZE];
    mx_result *result = NULL;
    mx_status status = mx_generate_client_secret(secret, sizeof secret);
    if (status == MX_OK) {
        status = mx_request_token_to_reset_password_email(client, secret, email, 1, NULL, NULL,
                                                          NULL, NULL, NULL, NULL);
    }
    if (status == MX_OK) {
        status = mx_queue_next(queue, -1, &result);
    }
    if (status != MX_OK) {
        fprintf(stderr, "%s\n", mx_refusal_message());
        return status;
    }
    show(result);
    status = mx_result_status(result);
    mx_result_free(result);
    return status;
}

int main(int argc, char **argv) {
    mx_queue *queue = NULL;
    mx_client_options *options = NULL;
    mx_client *client = NULL;
    mx_status status;
    if (argc != 3 && !(argc == 5 && strcmp(argv[3], "--ca") == 0)) {
        fprintf(stderr, "usage: request_token HOMESERVER_URL EMAIL [--ca FILE]\n");
        return 2;
    }
    status = mx_queue_new(&queue);
    if (status == MX_OK) {
        status = mx_client_options_new(&options);
    }
    if (status == MX_OK) {
        status = mx_client_options_set_queue(options, queue);
    }
    if (status == MX_OK && argc == 5) {
        status = add_root(options, argv[4]);
    }
    if (status == MX_OK) {
        status = mx_client_new(argv[1], options, &client, NULL);
        if (status != MX_OK) {
            fprintf(stderr, "%s\n", mx_refusal_message());
        }
    }
    if (status == MX_OK) {
        status = request(client, queue, argv[2]);
    }
    mx_client_free(client);
    mx_client_options_free(options);
    mx_queue_free(queue);
    return status == MX_OK ? 0 : 1;
}
