/* The comparison: libcurl's multi interface over epoll, as its event-driven examples advise, its easy handles reused. */
#define _GNU_SOURCE
#include "measure.h"

#include <curl/curl.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS 256
/* What epoll is given with a socket: that libcurl already watches it. */
static char watched;

struct slot {
    CURL *easy;
    int64_t began;
    size_t length;
    char answer[512];
    char body[256];
};

static int epoll;
static int64_t timer_ns = -1;

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *multi, void *known) {
    struct epoll_event event = {0, {0}};
    (void)easy;
    event.data.fd = fd;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, fd, &event);
        return 0;
    }
    event.events = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) |
                   (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);
    if (epoll_ctl(epoll, known != NULL ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0) {
        fail("epoll_ctl: %s", strerror(errno));
    }
    curl_multi_assign(multi, fd, &watched);
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *unused) {
    (void)multi;
    (void)unused;
    timer_ns = timeout_ms < 0 ? -1 : now_ns() + timeout_ms * 1000000;
    return 0;
}

static size_t on_bytes(char *bytes, size_t one, size_t count, void *user_data) {
    struct slot *slot = user_data;
    size_t room = sizeof slot->answer - 1 - slot->length;
    size_t kept = count < room ? count : room;
    /* Of a large answer only the beginning is looked at. */
    memcpy(slot->answer + slot->length, bytes, one * kept);
    slot->length += kept;
    slot->answer[slot->length] = '\0';
    return count;
}

static void submit(CURLM *multi, struct slot *slot) {
    slot->began = now_ns();
    slot->length = 0;
    snprintf(slot->body, sizeof slot->body,
             "{\"client_secret\":\"%s\",\"email\":\"%s\",\"send_attempt\":%d}", CLIENT_SECRET, EMAIL,
             1);
    curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDS, slot->body);
    if (curl_multi_add_handle(multi, slot->easy) != CURLM_OK) {
        fail("no handle was added");
    }
}

static void set_up(struct slot *slot, const struct load *load, struct curl_slist *headers) {
    char url[512];
    snprintf(url, sizeof url, "%s" REQUEST_PATH, load->url);
    slot->easy = curl_easy_init();
    curl_easy_setopt(slot->easy, CURLOPT_URL, url);
    curl_easy_setopt(slot->easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(slot->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(slot->easy, CURLOPT_USERAGENT, "matrix-capi-benches");
    curl_easy_setopt(slot->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(slot->easy, CURLOPT_TIMEOUT_MS, 60000L);
    curl_easy_setopt(slot->easy, CURLOPT_CONNECTTIMEOUT_MS, 60000L);
    curl_easy_setopt(slot->easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(slot->easy, CURLOPT_WRITEDATA, slot);
    curl_easy_setopt(slot->easy, CURLOPT_PRIVATE, slot);
    if (load->idle == 0) {
        curl_easy_setopt(slot->easy, CURLOPT_FORBID_REUSE, 1L);
    }
    if (load->ca != NULL) {
        curl_easy_setopt(slot->easy, CURLOPT_CAINFO, load->ca);
    }
}

/* The slot of one request that has its answer; NULL if there is none. */
static struct slot *finished(CURLM *multi) {
    int left;
    CURLMsg *message = curl_multi_info_read(multi, &left);
    struct slot *slot = NULL;
    long status = 0;
    if (message == NULL) {
        return NULL;
    }
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&slot);
    curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
    if (message->data.result != CURLE_OK || status != 200 || strstr(slot->answer, "\"sid\"") == NULL) {
        fail("HTTP %ld, %s", status, curl_easy_strerror(message->data.result));
    }
    curl_multi_remove_handle(multi, slot->easy);
    return slot;
}

/* Lets libcurl do whatever is ready, waiting until something is. */
static void step(CURLM *multi) {
    struct epoll_event events[EVENTS];
    int running;
    int next;
    int64_t left = timer_ns < 0 ? -1 : timer_ns - now_ns();
    int wait_ms = timer_ns < 0 ? -1 : left <= 0 ? 0 : (int)((left + 999999) / 1000000);
    int count = epoll_wait(epoll, events, EVENTS, wait_ms);
    for (next = 0; next < count; next++) {
        int what = (events[next].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                   (events[next].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                   (events[next].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
        curl_multi_socket_action(multi, events[next].data.fd, what, &running);
    }
    if (timer_ns >= 0 && now_ns() >= timer_ns) {
        timer_ns = -1;
        curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
}

int main(int argc, char **argv) {
    struct load load = read_load(argc, argv);
    struct slot *slots = calloc((size_t)load.in_flight, sizeof *slots);
    struct slot *slot;
    struct curl_slist *headers = NULL;
    CURLM *multi;
    long submitted;
    long done = 0;
    epoll = epoll_create1(EPOLL_CLOEXEC);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    multi = curl_multi_init();
    headers = curl_slist_append(headers, "Content-Type: application/json");
    if (slots == NULL || epoll < 0 || multi == NULL || headers == NULL) {
        fail("libcurl did not start");
    }
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, multi);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    if (load.idle > 0) {
        curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, load.idle);
    }
    measure_begin(&load);
    for (submitted = 0; submitted < load.in_flight; submitted++) {
        set_up(&slots[submitted], &load, headers);
        submit(multi, &slots[submitted]);
    }
    while (done < load.requests) {
        step(multi);
        while ((slot = finished(multi)) != NULL) {
            measure_answer(slot->began);
            done++;
            if (submitted < load.requests) {
                submitted++;
                submit(multi, slot);
            }
        }
    }
    measure_end(&load);
    for (submitted = 0; submitted < load.in_flight; submitted++) {
        curl_easy_cleanup(slots[submitted].easy);
    }
    curl_multi_cleanup(multi);
    curl_slist_free_all(headers);
    curl_global_cleanup();
    close(epoll);
    free(slots);
    return 0;
}
