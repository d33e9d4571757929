/* Loads the library by dlopen. */
#include "loaded.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

/* ISO C has no conversion from a pointer to data to one to a function; POSIX has this one. */
static void find(const struct loaded *library, const char *name, void *function) {
    void *symbol = dlsym(library->handle, name);
    NEED(symbol != NULL);
    memcpy(function, &symbol, sizeof symbol);
}

void load(struct loaded *library, const char *path) {
    library->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library->handle == NULL) {
        fprintf(stderr, "%s\n", dlerror());
    }
    NEED(library->handle != NULL);
    find(library, "mx_client_new", &library->client_new);
    find(library, "mx_client_free", &library->client_free);
    find(library, "mx_call", &library->call);
    find(library, "mx_client_cancel", &library->cancel);
    find(library, "mx_client_options_new", &library->options_new);
    find(library, "mx_client_options_set_queue", &library->options_set_queue);
    find(library, "mx_client_options_free", &library->options_free);
    find(library, "mx_queue_new", &library->queue_new);
    find(library, "mx_queue_next", &library->queue_next);
    find(library, "mx_queue_free", &library->queue_free);
    find(library, "mx_result_status", &library->result_status);
    find(library, "mx_result_op", &library->result_op);
    find(library, "mx_result_free", &library->result_free);
    find(library, "mx_refusal_message", &library->refusal_message);
    find(library, "mx_debug_live_objects", &library->live_objects);
}

void unload(struct loaded *library) { NEED(dlclose(library->handle) == 0); }

void come_and_go_in(const struct loaded *library) {
    mx_client_options *options = NULL;
    mx_client *client = NULL;
    mx_queue *queue = NULL;
    mx_result *result = NULL;
    mx_op op = 0;
    NEED(library->queue_new(&queue) == MX_OK);
    NEED(library->options_new(&options) == MX_OK);
    NEED(library->options_set_queue(options, queue) == MX_OK);
    NEED(library->client_new(answering, options, &client, NULL) == MX_OK);
    NEED(library->call(client, "getVersions", "{}", NULL, NULL, &op) == MX_OK);
    NEED(library->queue_next(queue, -1, &result) == MX_OK);
    NEED(library->result_status(result) == MX_OK && library->result_op(result) == op);
    library->result_free(result);
    library->client_free(client);
    library->options_free(options);
    library->queue_free(queue);
}
