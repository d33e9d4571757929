/* The client under test: matrix-capi with a queue, through its header, on one thread of the program's. */
#include "client.h"

#include <stdlib.h>

int main(int argc, char **argv) {
    struct load load = read_load(argc, argv);
    int64_t *began = calloc((size_t)load.in_flight, sizeof *began);
    mx_queue *queue = NULL;
    mx_client *client;
    long submitted;
    long done;
    if (began == NULL || mx_queue_new(&queue) != MX_OK) {
        fail("no queue: %s", mx_refusal_message());
    }
    client = connect_to(&load, queue);
    measure_begin(&load);
    for (submitted = 0; submitted < load.in_flight; submitted++) {
        began[submitted] = now_ns();
        submit(client, &began[submitted]);
    }
    for (done = 0; done < load.requests; done++) {
        int64_t *slot = take_answer(queue);
        measure_answer(*slot);
        if (submitted < load.requests) {
            submitted++;
            *slot = now_ns();
            submit(client, slot);
        }
    }
    measure_end(&load);
    mx_client_free(client);
    mx_queue_free(queue);
    free(began);
    return 0;
}
