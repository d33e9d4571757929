/* Does what it is told line by line, makes its secrets itself and wipes every copy of its own: what a search of its
   memory then finds is the library's.

   Commands, in which ${NAME} stands for a secret and ${NAME:json} for it inside a JSON string:
       secret NAME                      makes one; answers with it
       wipe                             wipes them all, and everything else of this program's that held one
       plant freed|stack|mapped NAME    leaves a copy where a careless program would
       option SETTER VALUE              text options; roots come from the file that VALUE names
       number SETTER VALUE
       client URL queue|callback
       token TEXT | token -             mx_client_set_access_token
       call OPERATION PARAMS            mx_call
       mail SECRET ID_TOKEN | password NEW AUTH | add AUTH SECRET | submit URL SECRET TOKEN
       request OPERATION | custom METHOD PATH
       set NAME VALUE | set-json NAME JSON | unset NAME     a field of the request
       send-request                     mx_client_send
       url                              mx_request_url, read and freed; answers with its length
       reset EMAIL | send | submit-reset TOKEN | finish NEW | save | restore
       wait                             for the next result; answers with its status
       string POINTER | json            reads it, as an application would; answers with its length
       walk                             reads every name and string of it; answers with the length of all
       cancel                           the last call
       free result|request|reset|client|queue|options

   Each answer is one line, written without a buffer. "restore" takes the text of the last "save". */
#define _DEFAULT_SOURCE

#include <matrix_capi.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

enum { SECRETS = 8, SECRET_SIZE = 128, LINE_SIZE = 8192, WORDS = 4 };

struct secret {
    char name[16];
    char text[SECRET_SIZE];
};

static struct secret secrets[SECRETS];
static char line[LINE_SIZE];
/* The command's words with the secrets filled in. */
static char filled[WORDS][LINE_SIZE];
static char *words[WORDS];
static char saved[LINE_SIZE];

static mx_client_options *options;
static mx_client *client;
static mx_queue *queue;
static mx_password_reset *reset;
static mx_request *request;
static mx_result *result;
static mx_op op;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t came = PTHREAD_COND_INITIALIZER;

static void answer(const char *text) {
    if (write(STDOUT_FILENO, text, strlen(text)) < 0 || write(STDOUT_FILENO, "\n", 1) < 0) {
        _exit(3);
    }
}

static void answer_status(mx_status status) { answer(mx_status_name(status)); }

static void fail(const char *why) {
    answer(why);
    _exit(2);
}

static struct secret *find(const char *name, size_t length) {
    int i;
    for (i = 0; i < SECRETS; i++) {
        if (strlen(secrets[i].name) == length && memcmp(secrets[i].name, name, length) == 0) {
            return &secrets[i];
        }
    }
    fail("there is no such secret");
    return NULL;
}

/* Runs of letters and digits between what JSON and URLs must write in another way. */
static void make_secret(const char *name) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    bool odd = strncmp(name, "odd", 3) == 0;
    struct secret *secret = secrets;
    size_t length = odd ? 96 : 48;
    size_t i;
    while (secret->name[0] != '\0') {
        secret++;
    }
    snprintf(secret->name, sizeof secret->name, "%s", name);
    if (getrandom(secret->text, length, 0) != (ssize_t)length) {
        fail("no random bytes");
    }
    for (i = 0; i < length; i++) {
        secret->text[i] = letters[(unsigned char)secret->text[i] % 64];
    }
    if (odd) {
        secret->text[32] = '"';
        secret->text[64] = '\\';
    }
    answer(secret->text);
}

/* Copies a word, with its secrets in place of their names. */
static void fill(char *to, const char *from) {
    while (*from != '\0') {
        const char *end = strchr(from, '}');
        if (from[0] != '$' || from[1] != '{' || end == NULL) {
            *to++ = *from++;
            continue;
        }
        {
            bool json = end - from > 7 && memcmp(end - 5, ":json", 5) == 0;
            const char *text = find(from + 2, (size_t)(end - from) - (json ? 7 : 2))->text;
            for (; *text != '\0'; text++) {
                if (json && (*text == '"' || *text == '\\')) {
                    *to++ = '\\';
                }
                *to++ = *text;
            }
        }
        from = end + 1;
    }
    *to = '\0';
}

static void wipe(void) {
    explicit_bzero(secrets, sizeof secrets);
    explicit_bzero(filled, sizeof filled);
    explicit_bzero(saved, sizeof saved);
    explicit_bzero(line, sizeof line);
}

static void plant_on_the_stack(const char *text) {
    volatile char copy[SECRET_SIZE];
    size_t i;
    for (i = 0; text[i] != '\0'; i++) {
        copy[i] = text[i];
    }
    (void)copy;
}

static void plant(const char *where, const char *name) {
    const char *text = find(name, strlen(name))->text;
    if (strcmp(where, "stack") == 0) {
        plant_on_the_stack(text);
    } else if (strcmp(where, "mapped") == 0) {
        char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        memcpy(page, text, strlen(text));
    } else {
        char *copy = malloc(SECRET_SIZE);
        memcpy(copy, text, strlen(text) + 1);
        free(copy);
    }
}

static void deliver(mx_result *new_result, void *user_data) {
    (void)user_data;
    pthread_mutex_lock(&lock);
    result = new_result;
    pthread_cond_signal(&came);
    pthread_mutex_unlock(&lock);
}

static void wait_for_result(void) {
    if (queue != NULL) {
        mx_queue_next(queue, 30000, &result);
    } else {
        pthread_mutex_lock(&lock);
        while (result == NULL) {
            pthread_cond_wait(&came, &lock);
        }
        pthread_mutex_unlock(&lock);
    }
    answer_status(mx_result_status(result));
}

static void add_roots(const char *file) {
    static char pem[LINE_SIZE];
    FILE *opened = fopen(file, "r");
    size_t length = opened == NULL ? 0 : fread(pem, 1, sizeof pem - 1, opened);
    pem[length] = '\0';
    answer_status(mx_client_options_add_root_pem(options, pem));
    if (opened != NULL) {
        fclose(opened);
    }
}

static void set_option(const char *name, const char *value) {
    if (options == NULL) {
        mx_client_options_new(&options);
    }
    if (strcmp(name, "access_token") == 0) {
        answer_status(mx_client_options_set_access_token(options, value));
    } else if (strcmp(name, "proxy") == 0) {
        answer_status(mx_client_options_set_proxy(options, value));
    } else if (strcmp(name, "roots") == 0) {
        add_roots(value);
    } else if (strcmp(name, "timeout_ms") == 0) {
        answer_status(mx_client_options_set_timeout_ms(options, (uint32_t)atoi(value)));
    } else if (strcmp(name, "idle_timeout_ms") == 0) {
        answer_status(mx_client_options_set_idle_timeout_ms(options, (uint32_t)atoi(value)));
    } else if (strcmp(name, "retry_delay_ms") == 0) {
        answer_status(mx_client_options_set_retry_delay_ms(options, (uint32_t)atoi(value)));
    } else if (strcmp(name, "allow_plain_http") == 0) {
        answer_status(mx_client_options_set_allow_plain_http(options, true));
    } else {
        fail("there is no such option");
    }
}

static void new_client(const char *url, const char *delivery) {
    if (options == NULL) {
        mx_client_options_new(&options);
    }
    if (strcmp(delivery, "queue") == 0) {
        mx_queue_new(&queue);
        mx_client_options_set_queue(options, queue);
    }
    answer_status(mx_client_new(url, options, &client, NULL));
}

static void save(void) {
    mx_result *json = NULL;
    mx_status status = mx_password_reset_save(reset, &json);
    size_t length = 0;
    const char *text = mx_result_body(json, &length);
    memcpy(saved, text, length + 1);
    mx_result_free(json);
    answer_status(status);
}

static void release(const char *what) {
    if (strcmp(what, "result") == 0) {
        mx_result_free(result);
        result = NULL;
    } else if (strcmp(what, "request") == 0) {
        mx_request_free(request);
        request = NULL;
    } else if (strcmp(what, "reset") == 0) {
        mx_password_reset_free(reset);
        reset = NULL;
    } else if (strcmp(what, "client") == 0) {
        mx_client_free(client);
        client = NULL;
    } else if (strcmp(what, "queue") == 0) {
        mx_queue_free(queue);
        queue = NULL;
    } else {
        mx_client_options_free(options);
        options = NULL;
    }
    answer("freed");
}

static void answer_number(size_t number) {
    char text[32];
    snprintf(text, sizeof text, "%zu", number);
    answer(text);
}

/* The length of all names and strings in a value. */
static size_t walk(const mx_value *value) {
    size_t length = 0;
    size_t total = 0;
    if (mx_value_name(value, &length) != NULL) {
        total += length;
    }
    if (mx_value_string(value, &length) != NULL) {
        total += length;
    }
    for (value = mx_value_first(value); value != NULL; value = mx_value_next(value)) {
        total += walk(value);
    }
    return total;
}

static void read_url(void) {
    mx_result *url = NULL;
    const char *text;
    mx_request_url(client, request, &url);
    text = mx_result_string(url, "/url");
    answer_number(text == NULL ? 0 : strlen(text));
    mx_result_free(url);
}

/* Whether it is a command of a request. */
static bool prepare(const char *command) {
    const char *a = words[1];
    const char *b = words[2];
    mx_status status;
    if (strcmp(command, "request") == 0) {
        status = mx_request_new(a, &request);
    } else if (strcmp(command, "custom") == 0) {
        status = mx_request_new_custom(a, b, &request);
    } else if (strcmp(command, "set") == 0) {
        status = mx_request_set_string(request, a, b);
    } else if (strcmp(command, "unset") == 0) {
        status = mx_request_set_string(request, a, NULL);
    } else if (strcmp(command, "set-json") == 0) {
        status = mx_request_set_json(request, a, b);
    } else {
        return false;
    }
    answer_status(status);
    return true;
}

static void read_result(const char *pointer) {
    const char *text =
        pointer == NULL ? mx_result_body(result, NULL) : mx_result_string(result, pointer);
    answer_number(text == NULL ? 0 : strlen(text));
}

static bool start(const char *command, mx_callback back) {
    const char *a = words[1];
    const char *b = words[2];
    const char *c = words[3];
    mx_status status;
    if (strcmp(command, "call") == 0) {
        status = mx_call(client, a, b, back, NULL, &op);
    } else if (strcmp(command, "send-request") == 0) {
        status = mx_client_send(client, request, back, NULL, &op);
    } else if (strcmp(command, "mail") == 0) {
        status = mx_request_token_to_reset_password_email(client, a, "alice@example.test", 1, NULL,
                                                          b, "id.example", back, NULL, &op);
    } else if (strcmp(command, "password") == 0) {
        status = mx_change_password(client, a, false, b, back, NULL, &op);
    } else if (strcmp(command, "add") == 0) {
        status = mx_add_3pid(client, a, b, "sid", back, NULL, &op);
    } else if (strcmp(command, "submit") == 0) {
        status = mx_submit_token(client, a, "sid", b, c, back, NULL, &op);
    } else if (strcmp(command, "send") == 0) {
        status = mx_password_reset_send(reset, back, NULL, &op);
    } else if (strcmp(command, "submit-reset") == 0) {
        status = mx_password_reset_submit_token(reset, a, back, NULL, &op);
    } else if (strcmp(command, "finish") == 0) {
        status = mx_password_reset_finish(reset, a, true, 0, back, NULL, &op);
    } else {
        return false;
    }
    answer_status(status);
    return true;
}

static void obey(void) {
    const char *command = words[0];
    if (start(command, queue == NULL ? deliver : NULL) || prepare(command)) {
        return;
    }
    if (strcmp(command, "secret") == 0) {
        make_secret(words[1]);
    } else if (strcmp(command, "wipe") == 0) {
        wipe();
        answer("wiped");
    } else if (strcmp(command, "plant") == 0) {
        plant(words[1], words[2]);
        answer("planted");
    } else if (strcmp(command, "option") == 0) {
        set_option(words[1], words[2]);
    } else if (strcmp(command, "client") == 0) {
        new_client(words[1], words[2]);
    } else if (strcmp(command, "token") == 0) {
        answer_status(
            mx_client_set_access_token(client, strcmp(words[1], "-") == 0 ? NULL : words[1]));
    } else if (strcmp(command, "reset") == 0) {
        answer_status(mx_password_reset_new(client, words[1], NULL, &reset));
    } else if (strcmp(command, "save") == 0) {
        save();
    } else if (strcmp(command, "restore") == 0) {
        answer_status(mx_password_reset_restore(client, saved, &reset, NULL));
    } else if (strcmp(command, "wait") == 0) {
        wait_for_result();
    } else if (strcmp(command, "string") == 0) {
        read_result(words[1]);
    } else if (strcmp(command, "json") == 0) {
        read_result(NULL);
    } else if (strcmp(command, "walk") == 0) {
        answer_number(walk(mx_result_value(result, "")));
    } else if (strcmp(command, "url") == 0) {
        read_url();
    } else if (strcmp(command, "cancel") == 0) {
        answer_status(mx_client_cancel(client, op));
    } else if (strcmp(command, "free") == 0) {
        release(words[1]);
    } else {
        fail("there is no such command");
    }
}

/* Words are separated by tabs. */
static void take_words(void) {
    char *next = line;
    int i;
    for (i = 0; i < WORDS; i++) {
        char *word = next;
        words[i] = NULL;
        if (word == NULL) {
            continue;
        }
        next = strchr(word, '\t');
        if (next != NULL) {
            *next++ = '\0';
        }
        fill(filled[i], word);
        words[i] = filled[i];
    }
}

int main(void) {
    size_t length = 0;
    while (read(STDIN_FILENO, line + length, 1) == 1) {
        if (line[length] != '\n') {
            length++;
            continue;
        }
        line[length] = '\0';
        length = 0;
        take_words();
        obey();
    }
    return 0;
}
