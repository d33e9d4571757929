/*
 * Gets a large answer by libcurl, as often as REQUESTS says, one at a time over one connection. With --look dropped the
 * bytes are counted, with --look kept they are kept in one buffer, otherwise they are given to the parser that this is
 * linked with.
 */
#include "large.h"
#include "measure.h"

#include <curl/curl.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct answer {
    CURL *easy;
    bool dropped;
    char *bytes;
    size_t length;
    size_t room;
};

/* Makes room for the whole body if its length is known, and for twice as much as before if it is not. */
static void grow(struct answer *answer, size_t needed) {
    curl_off_t announced = -1;
    size_t room = answer->room * 2;
    curl_easy_getinfo(answer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
    if (announced >= 0 && room < (size_t)announced) {
        room = (size_t)announced;
    }
    answer->room = room < needed ? needed : room;
    answer->bytes = realloc(answer->bytes, answer->room);
    if (answer->bytes == NULL) {
        fail("no memory for %zu bytes", answer->room);
    }
}

static size_t on_bytes(char *bytes, size_t one, size_t count, void *user_data) {
    struct answer *answer = user_data;
    if (!answer->dropped) {
        if (answer->length + count > answer->room) {
            grow(answer, answer->length + count);
        }
        memcpy(answer->bytes + answer->length, bytes, one * count);
    }
    answer->length += count;
    return count;
}

static void get(struct answer *answer) {
    long status = 0;
    CURLcode code = curl_easy_perform(answer->easy);
    curl_easy_getinfo(answer->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK || status != 200 || answer->length == 0) {
        fail("HTTP %ld, %s", status, curl_easy_strerror(code));
    }
}

static CURL *set_up(const struct load *load, struct answer *answer) {
    char url[512];
    CURL *easy = curl_easy_init();
    if (easy == NULL) {
        fail("libcurl did not start");
    }
    snprintf(url, sizeof url, "%s" SYNC_PATH, load->url);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 60000L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
    return easy;
}

int main(int argc, char **argv) {
    struct load load = read_load(argc, argv);
    struct answer answer = {NULL, false, NULL, 0, 0};
    bool kept = load.look != NULL && strcmp(load.look, "kept") == 0;
    uint64_t seen = 0;
    long done;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    answer.dropped = load.look != NULL && strcmp(load.look, "dropped") == 0;
    answer.easy = set_up(&load, &answer);
    measure_begin(&load);
    for (done = 0; done < load.requests; done++) {
        int64_t began;
        answer.length = 0;
        get(&answer);
        began = now_ns();
        if (!answer.dropped && !kept) {
            seen = look_into(answer.bytes, answer.length);
        }
        free(answer.bytes);
        answer.bytes = NULL;
        answer.room = 0;
        measure_answer(began);
    }
    measure_seen(seen);
    measure_end(&load);
    curl_easy_cleanup(answer.easy);
    curl_global_cleanup();
    return 0;
}
