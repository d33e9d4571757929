/* The library as a program has it that loads it by hand: its functions, found by name. */
#ifndef MATRIX_CAPI_TESTS_LOADED_H
#define MATRIX_CAPI_TESTS_LOADED_H

#include "scene.h"

/* One copy of the library. */
struct loaded {
    void *handle;
    mx_status (*client_new)(const char *, const mx_client_options *, mx_client **, mx_result **);
    void (*client_free)(mx_client *);
    mx_status (*call)(mx_client *, const char *, const char *, mx_callback, void *, mx_op *);
    mx_status (*cancel)(mx_client *, mx_op);
    mx_status (*options_new)(mx_client_options **);
    mx_status (*options_set_queue)(mx_client_options *, const mx_queue *);
    void (*options_free)(mx_client_options *);
    mx_status (*queue_new)(mx_queue **);
    mx_status (*queue_next)(mx_queue *, int64_t, mx_result **);
    void (*queue_free)(mx_queue *);
    mx_status (*result_status)(const mx_result *);
    mx_op (*result_op)(const mx_result *);
    void (*result_free)(mx_result *);
    const char *(*refusal_message)(void);
    int64_t (*live_objects)(void);
};

/* The functions of the file, or with NULL those of the program itself. */
void load(struct loaded *library, const char *path);
/* The handle only: what was made goes on. */
void unload(struct loaded *library);
/* As call_and_wait, by queue, with a client of its own. */
void come_and_go_in(const struct loaded *library);

#endif
