// Who frees what, and on which thread.
//
// Polling thread: one, libmicrohttpd's own. note_target, handle_request and note_completed run there and nowhere else.
//
// mh_exchange: made by note_target, freed by note_completed. In between it is lent to the owner of the server once,
// through on_request. The connection is suspended before the loan, and libmicrohttpd completes no suspended connection,
// so the exchange lives until mh_answer resumes it, whatever the client does meanwhile; so too while a slow reply rests, from on_rest to mh_go_on. After MHD_resume_connection the
// polling thread may free it at any moment: resume does not touch it again.
//
// mh_reply: belongs to whoever puts it together until mh_answer; then to the exchange, which frees it.
//
// mh_server: freed by the stopping thread. MHD_stop_daemon must not meet a suspended connection, nor a thread inside
// MHD_resume_connection; `owed` counts exchanges, lent or at rest, from before they are suspended until after they are resumed, and the stopping
// thread waits for none. `live` counts exchanges until they are completed, so that replies leave before connections are
// closed; a client that does not take its reply is waited for only STOP_PATIENCE seconds.

#define _GNU_SOURCE
#include "CMicrohttpdShim.h"

#include <errno.h>
#include <microhttpd.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTION_LIMIT = 8192, IDLE_SECONDS = 60, STOP_PATIENCE = 2, BACKLOG = 4096 };
/// A streamed body is sent in blocks of this size; a slow one rests for this long after each.
enum { BLOCK_BYTES = 32 * 1024, REST_MILLISECONDS = 50 };
/// How long a reset waits for the client's machine to have taken the whole reply.
enum { MOST_LINGER_MILLISECONDS = 500 };
/// An upload over the limit is read to its end, so that the client can read the 413, but no further than this.
static const uint64_t DISCARD_LIMIT = 1u << 30;

struct mh_server {
    struct MHD_Daemon *daemon;
    mh_on_request on_request;
    mh_on_rest on_rest;
    void *context;
    char *certificate;
    char *key;
    size_t body_limit;
    atomic_bool stopping;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t owed;
    size_t live;
    mh_on_stopped on_stopped;
    void *stopped_context;
};

struct mh_reply {
    struct MHD_Response *response;
    unsigned status;
    /// Of a streamed reply; belongs to the response.
    mh_stream *body;
};

struct mh_exchange {
    mh_server *server;
    struct MHD_Connection *connection;
    char *target;
    const char *method;
    uint8_t *body;
    size_t count;
    size_t room;
    uint64_t discarded;
    bool begun;
    bool over_limit;
    bool lent;
    bool reset;
    mh_reply *reply;
};

// MARK: Replies

static void free_reply(mh_reply *reply) {
    if (!reply) return;
    MHD_destroy_response(reply->response);
    free(reply);
}

struct piece {
    const uint8_t *bytes;
    size_t count;
    uint64_t total;
    mh_release release;
    void *owner;
};

struct mh_stream {
    struct piece *pieces;
    size_t count;
    uint64_t total;
    mh_manner manner;
    mh_exchange *exchange;
    bool owes_rest;
};

static void let_go(void *owner) { free(owner); }

mh_stream *mh_stream_create(void) { return calloc(1, sizeof(mh_stream)); }

void mh_stream_free(mh_stream *body) {
    for (size_t place = 0; place < body->count; place++) body->pieces[place].release(body->pieces[place].owner);
    free(body->pieces);
    free(body);
}

static bool add_piece(mh_stream *body, struct piece piece) {
    struct piece *grown = realloc(body->pieces, (body->count + 1) * sizeof *grown);
    if (!grown) return false;
    body->pieces = grown;
    grown[body->count++] = piece;
    body->total += piece.total;
    return true;
}

bool mh_stream_add(mh_stream *body, const void *bytes, size_t count, uint64_t times) {
    if (count == 0 || times == 0) return true;
    if (times > (1ull << 50) / count) return false;
    uint8_t *copy = malloc(count);
    if (!copy) return false;
    memcpy(copy, bytes, count);
    if (add_piece(body, (struct piece){copy, count, count * times, let_go, copy})) return true;
    free(copy);
    return false;
}

bool mh_stream_lend(mh_stream *body, const void *bytes, size_t count, mh_release release, void *owner) {
    return add_piece(body, (struct piece){bytes, count, count, release, owner});
}

/// Copies what stands at `offset`, at most `room` bytes; pieces that repeat are read round and round.
static size_t copy_from(const mh_stream *body, uint64_t offset, char *into, size_t room) {
    size_t done = 0;
    for (size_t place = 0; place < body->count && done < room; place++) {
        const struct piece *piece = &body->pieces[place];
        if (offset >= piece->total) {
            offset -= piece->total;
            continue;
        }
        while (offset < piece->total && done < room) {
            size_t start = (size_t)(offset % piece->count);
            size_t step = piece->count - start < room - done ? piece->count - start : room - done;
            memcpy(into + done, piece->bytes + start, step);
            done += step;
            offset += step;
        }
        offset = 0;
    }
    return done;
}

/// From now on closing the connection throws away what is unsent and sends a reset.
static MHD_socket reset_on_close(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (!info) return MHD_INVALID_SOCKET;
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    setsockopt(info->connect_fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    return info->connect_fd;
}

static ssize_t break_off(mh_stream *body) {
    if (body->manner.end == mh_end_reset) reset_on_close(body->exchange->connection);
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

/// Suspends the connection until mh_go_on: a reader that only says "nothing yet" is asked again at once, all the time.
static ssize_t rest(mh_stream *body) {
    mh_exchange *exchange = body->exchange;
    mh_server *server = exchange->server;
    pthread_mutex_lock(&server->lock);
    bool stopping = atomic_load(&server->stopping);
    if (!stopping) server->owed += 1;
    pthread_mutex_unlock(&server->lock);
    if (stopping) return MHD_CONTENT_READER_END_WITH_ERROR;
    MHD_suspend_connection(exchange->connection);
    server->on_rest(server->context, exchange, REST_MILLISECONDS);
    return 0;
}

static ssize_t read_body(void *context, uint64_t offset, char *into, size_t room) {
    mh_stream *body = context;
    uint64_t end = body->manner.cut < body->total ? body->manner.cut : body->total;
    if (offset >= end) return break_off(body);
    if (body->manner.bytes_per_second > 0) {
        if (body->owes_rest) {
            body->owes_rest = false;
            return rest(body);
        }
        uint64_t share = body->manner.bytes_per_second * REST_MILLISECONDS / 1000;
        if (share == 0) share = 1;
        if (share < room) room = (size_t)share;
        body->owes_rest = true;
    }
    if (end - offset < room) room = (size_t)(end - offset);
    return (ssize_t)copy_from(body, offset, into, room);
}

static void free_body(void *body) { mh_stream_free(body); }

mh_reply *mh_reply_create(unsigned status, const void *body, size_t count) {
    mh_reply *reply = calloc(1, sizeof *reply);
    uint8_t *copy = malloc(count ? count : 1);
    if (reply && copy) {
        if (count) memcpy(copy, body, count);
        reply->status = status;
        reply->response = MHD_create_response_from_buffer(count, copy, MHD_RESPMEM_MUST_FREE);
    }
    if (reply && reply->response) return reply;
    free(copy);
    free(reply);
    return NULL;
}

mh_reply *mh_reply_stream(unsigned status, mh_stream *body, mh_manner manner) {
    mh_reply *reply = calloc(1, sizeof *reply);
    if (reply) {
        body->manner = manner;
        reply->status = status;
        reply->body = body;
        uint64_t length = manner.end == mh_end_open ? MHD_SIZE_UNKNOWN : body->total;
        reply->response = MHD_create_response_from_callback(length, BLOCK_BYTES, read_body, body, free_body);
    }
    if (reply && reply->response) return reply;
    mh_stream_free(body);
    free(reply);
    return NULL;
}

bool mh_reply_add_header(mh_reply *reply, const char *name, const char *value) {
    return MHD_add_response_header(reply->response, name, value) == MHD_YES;
}

static enum MHD_Result queue_status(struct MHD_Connection *connection, unsigned status, bool close) {
    struct MHD_Response *response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (!response) return MHD_NO;
    if (close) MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    enum MHD_Result queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

// MARK: The polling thread

static void *note_target(void *context, const char *target, struct MHD_Connection *connection) {
    mh_server *server = context;
    mh_exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange) return NULL;
    exchange->server = server;
    exchange->connection = connection;
    exchange->target = strdup(target);
    pthread_mutex_lock(&server->lock);
    server->live += 1;
    pthread_mutex_unlock(&server->lock);
    return exchange;
}

/// The client's machine has the whole reply by then, and only then the connection is reset.
static void reset_when_taken(struct MHD_Connection *connection, const mh_reply *reply) {
    if (!reply || !reply->body || reply->body->manner.end != mh_end_reset_when_sent) return;
    MHD_socket number = reset_on_close(connection);
    int unsent = 1;
    for (int waited = 0; waited < MOST_LINGER_MILLISECONDS; waited++) {
        if (ioctl(number, SIOCOUTQ, &unsent) != 0 || unsent == 0) break;
        usleep(1000);
    }
    // The library closes a connection whose other side has ended.
    shutdown(number, SHUT_RD);
}

static void note_completed(
    void *context, struct MHD_Connection *connection, void **slot, enum MHD_RequestTerminationCode code) {
    mh_server *server = context;
    mh_exchange *exchange = *slot;
    *slot = NULL;
    if (!exchange) return;
    if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK) reset_when_taken(connection, exchange->reply);
    free_reply(exchange->reply);
    free(exchange->target);
    free(exchange->body);
    free(exchange);
    pthread_mutex_lock(&server->lock);
    server->live -= 1;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}

static bool keep(mh_exchange *exchange, const char *bytes, size_t count) {
    if (count > exchange->server->body_limit - exchange->count) {
        exchange->over_limit = true;
        free(exchange->body);
        exchange->body = NULL;
        exchange->count = exchange->room = 0;
    }
    if (exchange->over_limit) {
        exchange->discarded += count;
        return exchange->discarded <= DISCARD_LIMIT;
    }
    if (count > exchange->room - exchange->count) {
        size_t wanted = exchange->count + count;
        size_t room = wanted > SIZE_MAX / 2 ? wanted : wanted * 2;
        uint8_t *grown = realloc(exchange->body, room);
        if (!grown) return false;
        exchange->body = grown;
        exchange->room = room;
    }
    memcpy(exchange->body + exchange->count, bytes, count);
    exchange->count += count;
    return true;
}

/// A client that asks before it sends learns at once that the body is too large.
static enum MHD_Result begin(mh_exchange *exchange, const char *method) {
    exchange->begun = true;
    exchange->method = method;
    const char *expect = MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_EXPECT);
    const char *length =
        MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    if (expect && length && strtoull(length, NULL, 10) > exchange->server->body_limit)
        return queue_status(exchange->connection, MHD_HTTP_CONTENT_TOO_LARGE, true);
    return MHD_YES;
}

static enum MHD_Result lend(mh_exchange *exchange) {
    mh_server *server = exchange->server;
    pthread_mutex_lock(&server->lock);
    server->owed += 1;
    pthread_mutex_unlock(&server->lock);
    exchange->lent = true;
    // Suspended first: the answer may come from another thread before on_request returns.
    MHD_suspend_connection(exchange->connection);
    server->on_request(server->context, exchange);
    // Even if it is answered by now, only this thread frees the exchange. A long wait need not hold the body.
    free(exchange->body);
    exchange->body = NULL;
    exchange->count = exchange->room = 0;
    return MHD_YES;
}

static enum MHD_Result reply(mh_exchange *exchange) {
    if (!exchange->reply) {
        if (exchange->reset) reset_on_close(exchange->connection);
        return MHD_NO;
    }
    if (exchange->reply->body) exchange->reply->body->exchange = exchange;
    return MHD_queue_response(exchange->connection, exchange->reply->status, exchange->reply->response);
}

static enum MHD_Result handle_request(
    void *context, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
    const char *upload, size_t *upload_count, void **slot) {
    (void)url;
    (void)version;
    mh_server *server = context;
    mh_exchange *exchange = *slot;
    if (!exchange || !exchange->target) return MHD_NO;
    if (!exchange->begun) return begin(exchange, method);
    if (exchange->lent) return reply(exchange);
    if (*upload_count > 0) {
        size_t count = *upload_count;
        *upload_count = 0;
        return keep(exchange, upload, count) ? MHD_YES : MHD_NO;
    }
    if (exchange->over_limit) return queue_status(connection, MHD_HTTP_CONTENT_TOO_LARGE, true);
    if (atomic_load(&server->stopping)) return queue_status(connection, MHD_HTTP_SERVICE_UNAVAILABLE, true);
    return lend(exchange);
}

// MARK: What the owner calls

const char *mh_method(const mh_exchange *exchange) { return exchange->method; }

const char *mh_target(const mh_exchange *exchange) { return exchange->target; }

const uint8_t *mh_body(const mh_exchange *exchange, size_t *count) {
    *count = exchange->count;
    return exchange->body;
}

struct visitor {
    mh_visit visit;
    void *context;
};

static enum MHD_Result visit_header(void *context, enum MHD_ValueKind kind, const char *name, const char *value) {
    (void)kind;
    struct visitor *visitor = context;
    visitor->visit(visitor->context, name, value ? value : "");
    return MHD_YES;
}

void mh_each_header(mh_exchange *exchange, mh_visit visit, void *context) {
    struct visitor visitor = {.visit = visit, .context = context};
    MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, visit_header, &visitor);
}

/// Afterwards the polling thread may free the exchange at any moment, so only the server is looked at.
static void resume(mh_exchange *exchange) {
    mh_server *server = exchange->server;
    MHD_resume_connection(exchange->connection);
    pthread_mutex_lock(&server->lock);
    server->owed -= 1;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}

void mh_answer(mh_exchange *exchange, mh_reply *reply) {
    exchange->reply = reply;
    resume(exchange);
}

void mh_hang_up(mh_exchange *exchange, bool reset) {
    exchange->reset = reset;
    resume(exchange);
}

void mh_go_on(mh_exchange *exchange) { resume(exchange); }

ptrdiff_t mh_find(const void *bytes, size_t count, const void *needle, size_t needle_count) {
    const uint8_t *found = memmem(bytes, count, needle, needle_count);
    return found ? found - (const uint8_t *)bytes : -1;
}

// MARK: Life

static mh_server *create_server(const mh_callbacks *callbacks, size_t body_limit) {
    mh_server *server = calloc(1, sizeof *server);
    if (!server) return NULL;
    server->body_limit = body_limit;
    server->on_request = callbacks->on_request;
    server->on_rest = callbacks->on_rest;
    server->context = callbacks->context;
    atomic_init(&server->stopping, false);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return server;
}

static void free_server(mh_server *server) {
    pthread_cond_destroy(&server->changed);
    pthread_mutex_destroy(&server->lock);
    free(server->certificate);
    free(server->key);
    free(server);
}

static struct MHD_Daemon *listen_on(mh_server *server, const struct sockaddr *address) {
    unsigned flags = MHD_USE_AUTO_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
    if (address->sa_family == AF_INET6) flags |= MHD_USE_IPv6;
    struct MHD_OptionItem identity[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, server->certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, server->key},
        {MHD_OPTION_END, 0, NULL},
    };
    if (server->certificate && server->key) flags |= MHD_USE_TLS;
    else identity[0].option = MHD_OPTION_END;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, handle_request, server,
        MHD_OPTION_SOCK_ADDR, address,
        MHD_OPTION_URI_LOG_CALLBACK, note_target, server,
        MHD_OPTION_NOTIFY_COMPLETED, note_completed, server,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTION_LIMIT,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
        MHD_OPTION_LISTEN_BACKLOG_SIZE, (unsigned)BACKLOG,
        MHD_OPTION_ARRAY, identity,
        MHD_OPTION_END);
}

mh_start_result mh_start(
    const char *address, uint16_t port, const mh_callbacks *callbacks, size_t body_limit, const mh_identity *identity,
    mh_server **result, uint16_t *bound, int *error) {
    *result = NULL;
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (getaddrinfo(address, NULL, &hints, &found) != 0) return mh_not_an_address;
    struct sockaddr_storage place = {0};
    memcpy(&place, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    if (place.ss_family == AF_INET6) ((struct sockaddr_in6 *)&place)->sin6_port = htons(port);
    else ((struct sockaddr_in *)&place)->sin_port = htons(port);

    mh_server *server = create_server(callbacks, body_limit);
    if (server && identity) {
        server->certificate = strdup(identity->certificate);
        server->key = strdup(identity->key);
    }
    errno = 0;
    bool is_ready = server && (!identity || (server->certificate && server->key));
    if (is_ready) server->daemon = listen_on(server, (const struct sockaddr *)&place);
    if (!server || !server->daemon) {
        *error = errno;
        if (server) free_server(server);
        return mh_cannot_listen;
    }
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    *bound = info ? info->port : port;
    *result = server;
    return mh_started;
}

void mh_begin_stop(mh_server *server) { atomic_store(&server->stopping, true); }

static void *stop_server(void *context) {
    mh_server *server = context;
    MHD_socket listening = MHD_quiesce_daemon(server->daemon);
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += STOP_PATIENCE;
    pthread_mutex_lock(&server->lock);
    while (server->owed > 0) pthread_cond_wait(&server->changed, &server->lock);
    while (server->live > 0)
        if (pthread_cond_timedwait(&server->changed, &server->lock, &deadline) == ETIMEDOUT) break;
    pthread_mutex_unlock(&server->lock);
    MHD_stop_daemon(server->daemon);
    if (listening != MHD_INVALID_SOCKET) close(listening);
    mh_on_stopped on_stopped = server->on_stopped;
    void *stopped_context = server->stopped_context;
    free_server(server);
    on_stopped(stopped_context);
    return NULL;
}

void mh_finish_stop(mh_server *server, mh_on_stopped on_stopped, void *context) {
    server->on_stopped = on_stopped;
    server->stopped_context = context;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    pthread_t thread;
    if (pthread_create(&thread, NULL, stop_server, server) == 0) pthread_detach(thread);
    else stop_server(server);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}
