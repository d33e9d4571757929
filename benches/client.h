/* What the C programs over matrix-capi share: a client with a queue, and the one call that is measured. */
#ifndef MATRIX_CAPI_BENCHES_CLIENT_H
#define MATRIX_CAPI_BENCHES_CLIENT_H

#include "measure.h"

#include <matrix_capi.h>

/* A client of the load's server; exits if there can be none. */
mx_client *connect_to(const struct load *load, mx_queue *queue);

/* Submits one call, whose user data is `slot`. */
void submit(mx_client *client, void *slot);

/* Waits for the next answer, sees that it is the expected one, and gives back its slot. */
void *take_answer(mx_queue *queue);

#endif
