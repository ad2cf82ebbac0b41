#ifndef DARKROOM_CCURLSHIM_PARTS_H
#define DARKROOM_CCURLSHIM_PARTS_H

// Who owns what, and on which thread.
//
// Engine: two holds, the caller's and the network thread's; the last one frees it. `lock` guards the fields under it.
//
// Transfer: the caller's until ct_submit, then the network thread's, which calls `done` once and frees it. Nobody else
// keeps a pointer: cancelling goes by id, and an id that is gone is no error.
//
// A request body is read through callbacks that cannot rewind, and a POST has a connection of its own that is never
// reused: so there is no way for libcurl to send a POST twice, which it would do when a kept connection turns out dead.

#include "CCurlShim.h"

#include <curl/curl.h>
#include <pthread.h>

enum { HEAD_LIMIT = 64 * 1024, PARTS_LIMIT = 256, IDLE_CONNECTIONS = 16 };

struct ct_engine {
    CURLM *multi;
    char *proxy;
    char *ca_file;
    ct_transfer *active;

    pthread_mutex_t lock;
    int holds;
    bool stopping;
    ct_transfer *inbox;
    uint64_t *cancelled;
    size_t cancelled_count, cancelled_room;
};

/// One source of body bytes.
typedef struct part {
    ct_transfer *transfer;
    size_t index, offset, count;
} part;

struct ct_transfer {
    ct_transfer *next;
    ct_transfer **link;
    uint64_t id;
    CURL *easy;
    CURLU *url;
    struct curl_slist *headers;
    curl_mime *form;
    part *parts[PARTS_LIMIT];
    size_t part_count;
    ct_callbacks callbacks;
    uint64_t body_limit;
    bool plain;
    bool proxied;
    bool post;
    bool goes_through_proxy;
    /// Addresses that it may connect to besides public ones; null where it may connect to any.
    char *addresses;

    ct_outcome outcome;
    char *head;
    size_t head_count;
    bool head_complete;
    char tls_version[16];
    char error[CURL_ERROR_SIZE];
};

#endif
