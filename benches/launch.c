/* Runs a client and tells it when it was started: launch CLIENT ARGUMENT... */
#define _GNU_SOURCE
#include "measure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
    char now[32];
    if (argc < 2) {
        fail("usage: launch CLIENT ARGUMENT...");
    }
    snprintf(now, sizeof now, "%lld", (long long)now_ns());
    setenv(STARTED, now, 1);
    execv(argv[1], argv + 1);
    fail("%s: %s", argv[1], strerror(errno));
    return 1;
}
