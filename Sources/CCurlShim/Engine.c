// The network thread, and what may be asked of it from outside.

#define _GNU_SOURCE
#include "Parts.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

// MARK: The network thread

static void unlink_transfer(ct_transfer *transfer) {
    *transfer->link = transfer->next;
    if (transfer->next) transfer->next->link = transfer->link;
}

/// Only these messages are about hosts and ports; others may repeat what the request or the answer said.
static bool may_tell(CURLcode code) {
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_OPERATION_TIMEDOUT: return true;
    default: return false;
    }
}

static void finish(ct_engine *engine, ct_transfer *transfer, CURLcode code) {
    ct_outcome *outcome = &transfer->outcome;
    curl_off_t size = -1, sent = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_UPLOAD_T, &size);
    curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
    outcome->code = (int)code;
    outcome->body_size = transfer->part_count > 0 ? size : 0;
    outcome->body_sent = sent;
    if (transfer->head_complete) curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &outcome->status);
    outcome->answer_begun = transfer->head_count > 0;
    outcome->head = transfer->head_complete ? transfer->head : NULL;
    outcome->head_count = transfer->head_complete ? transfer->head_count : 0;
    outcome->tls_version = transfer->tls_version[0] ? transfer->tls_version : NULL;
    outcome->detail = may_tell(code) && transfer->error[0] ? transfer->error : curl_easy_strerror(code);
    unlink_transfer(transfer);
    curl_multi_remove_handle(engine->multi, transfer->easy);
    transfer->callbacks.done(transfer->callbacks.context, outcome);
    ct_discard(transfer);
}

static void begin(ct_engine *engine, ct_transfer *transfer) {
    transfer->next = engine->active;
    transfer->link = &engine->active;
    if (transfer->next) transfer->next->link = &transfer->next;
    engine->active = transfer;
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers);
    if (curl_multi_add_handle(engine->multi, transfer->easy) != CURLM_OK)
        finish(engine, transfer, CURLE_OUT_OF_MEMORY);
}

static void cancel_one(ct_engine *engine, uint64_t id) {
    for (ct_transfer *transfer = engine->active; transfer; transfer = transfer->next) {
        if (transfer->id != id) continue;
        transfer->outcome.cancelled = true;
        finish(engine, transfer, CURLE_ABORTED_BY_CALLBACK);
        return;
    }
}

static void cancel_all(ct_engine *engine) {
    while (engine->active) {
        engine->active->outcome.cancelled = true;
        finish(engine, engine->active, CURLE_ABORTED_BY_CALLBACK);
    }
}

/// New transfers first: a cancellation always comes after the transfer it names. False when it is time to end.
static bool take_orders(ct_engine *engine) {
    pthread_mutex_lock(&engine->lock);
    ct_transfer *inbox = engine->inbox;
    uint64_t *cancelled = engine->cancelled;
    size_t count = engine->cancelled_count;
    bool stopping = engine->stopping;
    engine->inbox = NULL;
    engine->cancelled = NULL;
    engine->cancelled_count = engine->cancelled_room = 0;
    pthread_mutex_unlock(&engine->lock);
    while (inbox) {
        ct_transfer *transfer = inbox;
        inbox = transfer->next;
        begin(engine, transfer);
    }
    for (size_t index = 0; index < count; index += 1) cancel_one(engine, cancelled[index]);
    free(cancelled);
    if (stopping) cancel_all(engine);
    return !stopping;
}

static void collect_finished(ct_engine *engine) {
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(engine->multi, &left))) {
        if (message->msg != CURLMSG_DONE) continue;
        CURLcode code = message->data.result;
        ct_transfer *transfer = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        if (transfer) finish(engine, transfer, code);
    }
}

static void let_go(ct_engine *engine) {
    pthread_mutex_lock(&engine->lock);
    bool last = --engine->holds == 0;
    pthread_mutex_unlock(&engine->lock);
    if (!last) return;
    curl_multi_cleanup(engine->multi);
    pthread_mutex_destroy(&engine->lock);
    free(engine->proxy);
    free(engine->ca_file);
    free(engine->cancelled);
    free(engine);
}

static void *run(void *context) {
    ct_engine *engine = context;
    while (take_orders(engine)) {
        int running = 0;
        CURLMcode bad = curl_multi_perform(engine->multi, &running);
        collect_finished(engine);
        if (bad == CURLM_OK) bad = curl_multi_poll(engine->multi, NULL, 0, 60 * 1000, NULL);
        // Only a lack of memory brings us here; the transfers end rather than hang.
        if (bad != CURLM_OK) cancel_all(engine);
    }
    let_go(engine);
    return NULL;
}

// MARK: The engine, from outside

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool curl_ready;

static void start_curl(void) { curl_ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK; }

static bool start_thread(ct_engine *engine) {
    sigset_t all, before;
    sigfillset(&all);
    // Signals are for other threads; a broken pipe under TLS must not raise one here.
    pthread_sigmask(SIG_BLOCK, &all, &before);
    pthread_t thread;
    bool started = pthread_create(&thread, NULL, run, engine) == 0;
    if (started) pthread_detach(thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

ct_engine *ct_engine_start(const char *proxy, const char *ca_file) {
    pthread_once(&once, start_curl);
    ct_engine *engine = curl_ready ? calloc(1, sizeof *engine) : NULL;
    if (!engine) return NULL;
    pthread_mutex_init(&engine->lock, NULL);
    engine->holds = 1;
    engine->multi = curl_multi_init();
    engine->proxy = proxy ? strdup(proxy) : NULL;
    engine->ca_file = ca_file ? strdup(ca_file) : NULL;
    bool whole = engine->multi && (!proxy || engine->proxy) && (!ca_file || engine->ca_file);
    if (whole) {
        curl_multi_setopt(engine->multi, CURLMOPT_MAXCONNECTS, (long)IDLE_CONNECTIONS);
        engine->holds = 2;
        if (start_thread(engine)) return engine;
        engine->holds = 1;
    }
    let_go(engine);
    return NULL;
}

bool ct_proxy_ok(const char *proxy) {
    CURLU *url = curl_url();
    char *scheme = NULL, *host = NULL;
    bool fine = url && curl_url_set(url, CURLUPART_URL, proxy, 0) == CURLUE_OK &&
                curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
    curl_free(scheme);
    curl_free(host);
    curl_url_cleanup(url);
    return fine;
}

void ct_engine_stop(ct_engine *engine) {
    pthread_mutex_lock(&engine->lock);
    engine->stopping = true;
    pthread_mutex_unlock(&engine->lock);
    curl_multi_wakeup(engine->multi);
}

void ct_engine_release(ct_engine *engine) { let_go(engine); }

bool ct_submit(ct_engine *engine, ct_transfer *transfer) {
    pthread_mutex_lock(&engine->lock);
    bool open = !engine->stopping;
    if (open) {
        transfer->next = engine->inbox;
        engine->inbox = transfer;
    }
    pthread_mutex_unlock(&engine->lock);
    if (open) curl_multi_wakeup(engine->multi);
    return open;
}

void ct_cancel(ct_engine *engine, uint64_t id) {
    pthread_mutex_lock(&engine->lock);
    if (engine->cancelled_count == engine->cancelled_room) {
        size_t room = engine->cancelled_room ? engine->cancelled_room * 2 : 16;
        uint64_t *grown = realloc(engine->cancelled, room * sizeof *grown);
        if (grown) {
            engine->cancelled = grown;
            engine->cancelled_room = room;
        }
    }
    if (engine->cancelled_count < engine->cancelled_room) engine->cancelled[engine->cancelled_count++] = id;
    pthread_mutex_unlock(&engine->lock);
    curl_multi_wakeup(engine->multi);
}
