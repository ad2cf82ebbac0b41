// Who owns what, and on which thread.
//
// Engine: two holds, the caller's and the network thread's; the last one frees it. `lock` guards the fields under it.
//
// Transfer: the caller's until ct_submit, then the network thread's, which calls `done` once and frees it. Nobody else
// keeps a pointer: cancelling goes by id, and an id that is gone is no error.
//
// A request body is read through callbacks that cannot rewind, and a POST has a connection of its own that is never
// reused: so there is no way for libcurl to send a POST twice, which it would do when a kept connection turns out dead.

#define _GNU_SOURCE
#include "CCurlShim.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

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

    ct_outcome outcome;
    char *head;
    size_t head_count;
    bool head_complete;
    char tls_version[16];
    char error[CURL_ERROR_SIZE];
};

// MARK: Callbacks of libcurl, on the network thread

static size_t read_part(char *into, size_t size, size_t count, void *context) {
    part *part = context;
    size_t room = size * count;
    size_t left = part->count - part->offset;
    size_t taken = room < left ? room : left;
    if (taken > 0) {
        ct_callbacks *callbacks = &part->transfer->callbacks;
        callbacks->fill(callbacks->context, part->index, part->offset, (uint8_t *)into, taken);
    }
    part->offset += taken;
    return taken;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context) {
    ct_transfer *transfer = context;
    size_t length = size * count;
    if (length > transfer->body_limit - transfer->outcome.received) {
        transfer->outcome.body_too_large = true;
        return CURL_WRITEFUNC_ERROR;
    }
    transfer->outcome.received += length;
    if (length > 0 && !transfer->callbacks.take(transfer->callbacks.context, (const uint8_t *)bytes, length)) {
        transfer->outcome.sink_failed = true;
        return CURL_WRITEFUNC_ERROR;
    }
    return length;
}

/// Keeps the head of the last answer: interim answers (1xx) come before it, trailers after it.
static size_t take_head(char *bytes, size_t size, size_t count, void *context) {
    ct_transfer *transfer = context;
    size_t length = size * count;
    if (length >= 5 && memcmp(bytes, "HTTP/", 5) == 0) {
        transfer->head_count = 0;
        transfer->head_complete = false;
    }
    if (transfer->head_complete) return length;
    if (length > HEAD_LIMIT - transfer->head_count) {
        transfer->outcome.head_too_large = true;
        return CURL_WRITEFUNC_ERROR;
    }
    if (!transfer->head) transfer->head = malloc(HEAD_LIMIT);
    if (!transfer->head) return 0;
    memcpy(transfer->head + transfer->head_count, bytes, length);
    transfer->head_count += length;
    transfer->head_complete = length <= 2;
    return length;
}

static int note_begun(void *context, char *remote, char *local, int remote_port, int local_port) {
    (void)remote;
    (void)local;
    (void)remote_port;
    (void)local_port;
    ct_transfer *transfer = context;
    transfer->outcome.begun = true;
    return CURL_PREREQFUNC_OK;
}

static bool loopback(const struct sockaddr *address) {
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)address;
        return (ntohl(four->sin_addr.s_addr) >> 24) == 127;
    }
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
        return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
    }
    return false;
}

/// Whatever a name resolves to, plain HTTP leaves for loopback only; and no child process inherits the socket.
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
    ct_transfer *transfer = context;
    if (purpose != CURLSOCKTYPE_IPCXN) return CURL_SOCKET_BAD;
    if (transfer->plain && !loopback(&address->addr)) return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/// libcurl tells the negotiated version only through the handle of its TLS library.
static void note_tls_version(ct_transfer *transfer) {
    if (transfer->plain || transfer->tls_version[0]) return;
    const struct curl_tlssessioninfo *session = NULL;
    if (curl_easy_getinfo(transfer->easy, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK || !session) return;
    if (session->backend != CURLSSLBACKEND_OPENSSL || !session->internals) return;
    const char *version = SSL_get_version(session->internals);
    if (version) strncpy(transfer->tls_version, version, sizeof transfer->tls_version - 1);
}

static size_t take_head_and_note(char *bytes, size_t size, size_t count, void *context) {
    note_tls_version(context);
    return take_head(bytes, size, count, context);
}

// MARK: Making a transfer

static bool host_is_loopback(const char *host) {
    if (strcasecmp(host, "localhost") == 0) return true;
    struct in_addr four;
    if (inet_pton(AF_INET, host, &four) == 1) return (ntohl(four.s_addr) >> 24) == 127;
    return strcmp(host, "[::1]") == 0;
}

static ct_refusal judge_url(ct_transfer *transfer, const char *text, bool *local) {
    transfer->url = curl_url();
    if (!transfer->url) return ct_no_memory;
    CURLUcode parsed = curl_url_set(transfer->url, CURLUPART_URL, text, 0);
    if (parsed == CURLUE_UNSUPPORTED_SCHEME) return ct_bad_scheme;
    if (parsed != CURLUE_OK) return ct_bad_url;
    char *scheme = NULL, *host = NULL, *user = NULL, *password = NULL;
    ct_refusal refusal = ct_bad_url;
    if (curl_url_get(transfer->url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
        curl_url_get(transfer->url, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
        *local = host_is_loopback(host);
        transfer->plain = strcmp(scheme, "http") == 0;
        refusal = ct_fine;
        if (!transfer->plain && strcmp(scheme, "https") != 0) refusal = ct_bad_scheme;
        else if (transfer->plain && !*local) refusal = ct_plain_not_loopback;
        else if (curl_url_get(transfer->url, CURLUPART_USER, &user, 0) == CURLUE_OK ||
                 curl_url_get(transfer->url, CURLUPART_PASSWORD, &password, 0) == CURLUE_OK)
            refusal = ct_url_credentials;
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(user);
    curl_free(password);
    return refusal;
}

static CURLcode set_route(ct_transfer *transfer, const ct_engine *engine, bool local) {
    CURL *easy = transfer->easy;
    CURLcode bad = curl_easy_setopt(easy, CURLOPT_CURLU, transfer->url);
    bad |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, transfer->plain ? "http" : "https");
    bad |= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    bad |= curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    bad |= curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    // An empty string, unlike no string, also keeps the environment's proxy out. A proxy cannot reach our loopback.
    bad |= curl_easy_setopt(easy, CURLOPT_PROXY, engine->proxy && !local ? engine->proxy : "");
    bad |= curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    bad |= curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    bad |= curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    bad |= curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
    bad |= curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    bad |= curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, 30L);
    bad |= curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, 15L);
    // HTTP/2 would put many paid requests on one connection, and resends refused streams by itself.
    bad |= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    return bad;
}

static CURLcode set_trust(CURL *easy, const ct_engine *engine) {
    CURLcode bad = curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    bad |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    bad |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    bad |= curl_easy_setopt(easy, CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    bad |= curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYPEER, 1L);
    bad |= curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
    if (!engine->ca_file) return bad;
    // The folder of the system's roots would be trusted beside the file.
    bad |= curl_easy_setopt(easy, CURLOPT_CAINFO, engine->ca_file);
    bad |= curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    bad |= curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, engine->ca_file);
    bad |= curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, NULL);
    return bad;
}

static CURLcode set_flow(ct_transfer *transfer, ct_limits limits) {
    CURL *easy = transfer->easy;
    CURLcode bad = curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    bad |= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)limits.connect_milliseconds);
    bad |= curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)limits.total_milliseconds);
    bad |= curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 16L * 1024);
    // A name server that hangs must not hold up the thread when a transfer that waits for it is ended.
    bad |= curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    // Asks for no compression, and unpacks an answer that is compressed all the same: it may have been paid for.
    bad |= curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "identity");
    bad |= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
    bad |= curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    bad |= curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, note_begun);
    bad |= curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
    bad |= curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_head_and_note);
    bad |= curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    bad |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    bad |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    if (!transfer->post) return bad;
    bad |= curl_easy_setopt(easy, CURLOPT_POST, 1L);
    // Until a body is given: without it libcurl would read standard input.
    bad |= curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
    bad |= curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    bad |= curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    return bad;
}

ct_transfer *ct_create(
    ct_engine *engine, uint64_t id, const char *url, bool post, ct_limits limits, ct_callbacks callbacks,
    ct_refusal *refusal) {
    *refusal = ct_no_memory;
    ct_transfer *transfer = calloc(1, sizeof *transfer);
    if (!transfer) return NULL;
    transfer->id = id;
    transfer->post = post;
    transfer->callbacks = callbacks;
    transfer->body_limit = limits.body_bytes;
    transfer->easy = curl_easy_init();
    bool local = false;
    if (transfer->easy) *refusal = judge_url(transfer, url, &local);
    if (*refusal == ct_fine) {
        CURLcode bad = set_route(transfer, engine, local);
        bad |= set_trust(transfer->easy, engine);
        bad |= set_flow(transfer, limits);
        if (bad) *refusal = ct_no_memory;
    }
    // No waiting for leave to send the body.
    if (*refusal == ct_fine && post && !ct_add_header(transfer, "Expect:")) *refusal = ct_no_memory;
    if (*refusal == ct_fine) return transfer;
    ct_discard(transfer);
    return NULL;
}

bool ct_add_header(ct_transfer *transfer, const char *line) {
    struct curl_slist *grown = curl_slist_append(transfer->headers, line);
    if (!grown) return false;
    transfer->headers = grown;
    return true;
}

static part *add_part(ct_transfer *transfer, size_t count) {
    if (transfer->part_count == PARTS_LIMIT) return NULL;
    part *made = calloc(1, sizeof *made);
    if (!made) return NULL;
    *made = (part){.transfer = transfer, .index = transfer->part_count, .count = count};
    transfer->parts[transfer->part_count++] = made;
    return made;
}

bool ct_send_bytes(ct_transfer *transfer, size_t count) {
    if (count == 0) return true;
    part *body = add_part(transfer, count);
    if (!body) return false;
    CURLcode bad = curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDS, NULL);
    bad |= curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
    bad |= curl_easy_setopt(transfer->easy, CURLOPT_READFUNCTION, read_part);
    bad |= curl_easy_setopt(transfer->easy, CURLOPT_READDATA, body);
    return bad == CURLE_OK;
}

bool ct_send_part(
    ct_transfer *transfer, const char *name, const char *file_name, const char *content_type, size_t count) {
    if (!transfer->form) {
        transfer->form = curl_mime_init(transfer->easy);
        if (!transfer->form) return false;
        if (curl_easy_setopt(transfer->easy, CURLOPT_MIMEPOST, transfer->form) != CURLE_OK) return false;
    }
    part *source = add_part(transfer, count);
    curl_mimepart *made = source ? curl_mime_addpart(transfer->form) : NULL;
    if (!made) return false;
    CURLcode bad = curl_mime_name(made, name);
    if (file_name) bad |= curl_mime_filename(made, file_name);
    if (content_type) bad |= curl_mime_type(made, content_type);
    bad |= curl_mime_data_cb(made, (curl_off_t)count, read_part, NULL, NULL, source);
    return bad == CURLE_OK;
}

void ct_discard(ct_transfer *transfer) {
    if (transfer->easy) curl_easy_cleanup(transfer->easy);
    curl_mime_free(transfer->form);
    curl_slist_free_all(transfer->headers);
    curl_url_cleanup(transfer->url);
    for (size_t index = 0; index < transfer->part_count; index += 1) free(transfer->parts[index]);
    free(transfer->head);
    free(transfer);
}

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
