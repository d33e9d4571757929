/* What the lifecycle programs share: checks that end the program, calls that are waited for, what the process uses. */
#ifndef MATRIX_CAPI_TESTS_SCENE_H
#define MATRIX_CAPI_TESTS_SCENE_H

#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include <matrix_capi.h>

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a scene ends that went as it should: no other way of ending gives that number. */
enum { AS_PROMISED = 7, PATIENCE_S = 40 };

/* Ends the program at once, by 1, if it does not hold. */
void need(bool holds, const char *file, int line, const char *condition);
#define NEED(condition) need((condition), __FILE__, __LINE__, #condition)

/* A scene has a name on the command line, and two servers: one answers, one never does. */
struct scene {
    const char *name;
    void (*play)(void);
};

extern const char *answering;
extern const char *hanging;

/* Plays the scene that is named, and may not hang: PROGRAM SCENE ANSWERING_URL HANGING_URL. Without them it lists the
   scenes. The table ends with a NULL name. */
int play_scene(const struct scene *scenes, int argc, char **argv);
/* Ends the program by a signal if it takes too long. */
void end_if_it_hangs(void);

/* Something that one thread says and others wait for. */
void tell(const char *what);
void wait_until_told(const char *what);

mx_client *client_of(const char *url);
mx_client *queue_client_of(const char *url, mx_queue *queue);
mx_queue *new_queue(void);
/* Starts a call, which must be accepted; `callback` is NULL for a client with a queue. */
mx_op start_call(mx_client *client, mx_callback callback, void *user_data);
/* Frees the result; the status goes to user_data, an mx_status, if that is not NULL. */
void keep_status(mx_result *result, void *user_data);
/* Makes a call by callback and waits for its result, which must be MX_OK. Not for callbacks. */
void call_and_wait(mx_client *client);
/* Makes a client and a queue, calls, and frees them. */
void come_and_go(void);
/* A call that is refused, and its reason. */
void be_refused(void);

/* A thread has its name only after a moment, and is seen for a moment after it has been joined. */
void need_library_threads(int number);
int all_threads(void);
/* Threads and connections may take a moment to be gone. */
void need_no_more(int threads, int descriptors);
int open_descriptors(void);
long rss_kib(void);
void pause_ms(int milliseconds);
/* No object, no thread, and so many descriptors. */
void need_no_trace(int descriptors);

#ifdef __cplusplus
}
#endif

#endif
