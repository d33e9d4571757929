/* What the tests share: checks, results that are waited for, the scripted server, clients of it. */
#ifndef MATRIX_CAPI_TESTS_HARNESS_H
#define MATRIX_CAPI_TESTS_HARNESS_H

#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include <matrix_capi.h>

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A test's name is the sentence it proves. A table of them ends with a NULL name. */
struct test {
    const char *name;
    void (*run)(void);
};

extern const struct test null_tests[];
extern const struct test refusal_tests[];
extern const struct test argument_tests[];
extern const struct test answer_tests[];
extern const struct test value_tests[];
extern const struct test walk_tests[];
extern const struct test scalar_tests[];
extern const struct test first_look_tests[];
extern const struct test heavy_tests[];
extern const struct test header_tests[];
extern const struct test request_tests[];
extern const struct test request_refusal_tests[];
extern const struct test custom_tests[];
extern const struct test send_tests[];
extern const struct test url_tests[];
extern const struct test option_tests[];
extern const struct test delivery_tests[];
extern const struct test crowd_tests[];
extern const struct test queue_tests[];
extern const struct test cancel_tests[];
extern const struct test free_tests[];
extern const struct test free_inside_tests[];
extern const struct test log_tests[];
extern const struct test process_tests[];
extern const struct test fork_tests[];
extern const struct test signal_tests[];
extern const struct test account_tests[];
extern const struct test reset_tests[];
extern const struct test reset_refusal_tests[];

/* Checks may be made on any thread. Each says whether it holds; one that fails, fails the test. */
bool check(bool holds, const char *file, int line, const char *format, ...);
bool check_status(mx_status got, mx_status want, const char *file, int line, const char *what);
bool check_number(int64_t got, int64_t want, const char *file, int line, const char *what);
bool check_text(const char *got, const char *want, const char *file, int line, const char *what);
bool check_holds(const char *text, const char *part, bool want, const char *file, int line);

#define CHECK(condition) check((condition), __FILE__, __LINE__, "%s", #condition)
#define CHECK_STATUS(got, want) check_status((got), (want), __FILE__, __LINE__, #got)
#define CHECK_NUMBER(got, want)                                                                    \
    check_number((int64_t)(got), (int64_t)(want), __FILE__, __LINE__, #got)
#define CHECK_TEXT(got, want) check_text((got), (want), __FILE__, __LINE__, #got)
#define CHECK_HOLDS(text, part) check_holds((text), (part), true, __FILE__, __LINE__)
#define CHECK_LACKS(text, part) check_holds((text), (part), false, __FILE__, __LINE__)

/* A refusal: the status, and a message on this thread that names each of the two parts. */
#define CHECK_REFUSED(status, want, part, other)                                                   \
    (CHECK_STATUS(status, want), CHECK_HOLDS(mx_refusal_message(), part),                          \
     CHECK_HOLDS(mx_refusal_message(), other))

/* Between begin and end, what the library logs is searched for secrets, unless a test sets a log of its
   own; and always the message of each result that a test frees. */
void told_begin(void);
void told_end(void);
int told_count(void);
void told_free(mx_result *result);
#define mx_result_free told_free

/* How long something that must happen is waited for. MX_TEST_SLOW=1, for valgrind, makes it longer
   and makes `scaled` counts smaller. */
bool slow(void);
int patience_ms(void);
int scaled(int count);
void pause_ms(int milliseconds);
int64_t now_ms(void);

/* What the last test is judged by, too: the library's threads and the process's descriptors.
   -1 where the system does not tell. */
int library_threads(void);
int open_descriptors(void);

/* A door that one thread opens and others wait at. */
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool open;
};

void gate_init(struct gate *gate);
void gate_open(struct gate *gate);
/* False, and a failed check, if it did not open in time. */
bool gate_wait(struct gate *gate);

/* The results that came to a callback, in their order. */
struct inbox {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    mx_result **results;
    size_t count;
    size_t taken;
};

void inbox_init(struct inbox *inbox);
/* An mx_callback whose user_data is the inbox. */
void inbox_deliver(mx_result *result, void *inbox);
/* The next result, which is the caller's; NULL, and a failed check, if none comes in time. */
mx_result *inbox_take(struct inbox *inbox);
size_t inbox_count(struct inbox *inbox);
/* Frees what nobody took. */
void inbox_clear(struct inbox *inbox);

/* Checks the next result's status, shows its message if it is another, and frees the result. */
#define CHECK_ENDS(inbox, want)                                                                    \
    do {                                                                                           \
        mx_result *ended_ = inbox_take(inbox);                                                     \
        if (!CHECK_STATUS(mx_result_status(ended_), want)) {                                       \
            CHECK_TEXT(mx_result_message(ended_), "");                                             \
        }                                                                                          \
        mx_result_free(ended_);                                                                    \
    } while (0)

/* The scripted server. In scripts and parameters ' stands for ": a copy with it, to be freed. */
char *quoted(const char *text);
bool server_start(const char *python, const char *program);
void server_stop(void);

struct url {
    char text[128];
};

struct url server_url(const char *name);
void server_script(const char *name, const char *replies);
/* What the script was asked, as JSON; the caller frees it. */
char *server_log(const char *name);
int server_requests(const char *name);
/* Whether "open" or "closed_early" reaches a number in time. */
bool server_reaches(const char *name, const char *member, int number);
int server_port(void);

/* Fresh options, and clients whose base URL is the script's. They fail the test rather than return
   NULL silently. */
mx_client_options *new_options(void);
mx_client *client_of(const char *script);
mx_client *client_with(const char *script, const mx_client_options *options);
mx_queue *new_queue(void);
/* A client whose results come to the queue. */
mx_client *queue_client(const char *script, mx_queue *queue);

/* A reset of alice@example.test. */
mx_password_reset *new_reset(mx_client *client);
/* A request for a mail, with good values. */
mx_status ask(mx_client *client, mx_callback callback, void *user_data, mx_op *op);
/* mx_call, with ' for ". */
mx_status call(mx_client *client, const char *operation_id, const char *params,
               mx_callback callback, void *user_data, mx_op *op);
/* Sets a script, makes one call of it with these options (nullable) and returns its result. */
mx_result *answer(const mx_client_options *options, const char *script, const char *replies,
                  const char *operation_id, const char *params);
/* Fresh requests, as new_options. */
mx_request *new_request(const char *operation_id);
mx_request *new_custom(const char *method, const char *path);
/* Sets a script, sends a request to it and returns its result. */
mx_result *answer_to(const mx_client_options *options, const char *script, const char *replies,
                const mx_request *request);
/* The result of a GET of any endpoint whose answer is this JSON, or other text without a "'". */
mx_result *answer_of(const char *script, const char *json);
/* The last request that came to a script: its target below the script, and its body. */
void check_sent(const char *script, const char *method, const char *target, const char *body,
                const char *file, int line);
#define CHECK_SENT(script, method, target, body)                                                   \
    check_sent(script, method, target, body, __FILE__, __LINE__)
#define MAIL "requestTokenToResetPasswordEmail"
#define MAIL_PARAMS "{'client_secret':'s3cr3t.A=_-1','email':'alice@example.test','send_attempt':1}"

/* How a child ended; -1, and a failed check, if not by exit. */
int exit_code_of(pid_t child);
/* Leaves a forked child as a program does, by exit. */
void leave_child(int code);
/* Ends the calling process after a while; for children, which nobody watches. */
void end_if_it_hangs(void);
/* What this program does instead of the tests when a test runs it in a role; -1 if there is none.
 */
int play_role(const char *name, const char *url);
enum { CALLS_IN_FLIGHT = 20 };
/* The path of this program, to run it again. */
extern const char *this_program;

#endif
