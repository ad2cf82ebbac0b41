#ifndef DARKROOM_CMICROHTTPDSHIM_H
#define DARKROOM_CMICROHTTPDSHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// A listening server with one polling thread of its own.
typedef struct mh_server mh_server;
/// One request and the reply it is owed.
typedef struct mh_exchange mh_exchange;
/// A reply being put together.
typedef struct mh_reply mh_reply;
/// A streamed body being put together.
typedef struct mh_stream mh_stream;

/// A whole request has come in: read it during the call, then answer it exactly once with mh_answer, now or later, from
/// any thread. Runs on the polling thread and must not block.
typedef void (*mh_on_request)(void *context, mh_exchange *exchange);
/// A slow reply rests: call mh_go_on after this time, from any thread. Runs on the polling thread and must not block.
typedef void (*mh_on_rest)(void *context, mh_exchange *exchange, unsigned milliseconds);
/// The server is gone and `context` is used no more.
typedef void (*mh_on_stopped)(void *context);
/// One header of a request.
typedef void (*mh_visit)(void *context, const char *name, const char *value);

/// What became of mh_start.
typedef enum mh_start_result { mh_started, mh_not_an_address, mh_cannot_listen } mh_start_result;

/// What a server calls, all with the same context.
typedef struct mh_callbacks {
    mh_on_request on_request;
    mh_on_rest on_rest;
    void *context;
} mh_callbacks;

/// A certificate with its key, both PEM: the server speaks TLS.
typedef struct mh_identity {
    const char *certificate;
    const char *key;
} mh_identity;

/// Listens on a numeric address; port 0 takes any free one. Copies what it is given. `error` gets the errno of mh_cannot_listen.
mh_start_result mh_start(
    const char *address, uint16_t port, const mh_callbacks *callbacks, size_t body_limit,
    const mh_identity *_Nullable identity, mh_server *_Nullable *_Nonnull server, uint16_t *bound, int *error);

/// From now on new requests are answered with 503 without being handed over.
void mh_begin_stop(mh_server *server);
/// Ends the server on a thread of its own, then calls `on_stopped`. Call once, after mh_begin_stop and after every
/// exchange handed over has been answered or is about to be.
void mh_finish_stop(mh_server *server, mh_on_stopped on_stopped, void *context);

/// Valid during mh_on_request only.
const char *mh_method(const mh_exchange *exchange);
/// The request target as sent. Valid during mh_on_request only.
const char *mh_target(const mh_exchange *exchange);
/// Valid during mh_on_request only; null when empty.
const uint8_t *_Nullable mh_body(const mh_exchange *exchange, size_t *count);
/// Calls `visit` for each header in order. During mh_on_request only.
void mh_each_header(mh_exchange *exchange, mh_visit visit, void *context);

/// A reply with a copy of `body`. Null when memory is short.
mh_reply *_Nullable mh_reply_create(unsigned status, const void *_Nullable body, size_t count);

/// Lets go of bytes that were lent, from any thread.
typedef void (*mh_release)(void *owner);
/// How a streamed body ends once it is sent, or cut.
typedef enum mh_end {
    /// As announced; a body that is cut ends with its connection closed.
    mh_end_whole,
    /// The connection is reset after `cut` bytes.
    mh_end_reset,
    /// All is sent, then the connection is reset without notice.
    mh_end_reset_when_sent,
    /// Chunked, and closed before the last chunk says that this was all.
    mh_end_open
} mh_end;
typedef struct mh_manner {
    /// Bytes of the body after which the connection ends; UINT64_MAX for none.
    uint64_t cut;
    /// 0 is as fast as it goes.
    uint64_t bytes_per_second;
    mh_end end;
} mh_manner;

/// An empty body that is never whole in memory. Null when memory is short.
mh_stream *_Nullable mh_stream_create(void);
/// Only for a body that became no reply.
void mh_stream_free(mh_stream *body);
/// Adds a copy of bytes, `times` times over; false when memory is short.
bool mh_stream_add(mh_stream *body, const void *bytes, size_t count, uint64_t times);
/// Adds bytes that stay where they are until `release` is called with `owner`; false when memory is short, and then it
/// is not called.
bool mh_stream_lend(mh_stream *body, const void *bytes, size_t count, mh_release release, void *owner);
/// A reply that takes `body` over. Null when memory is short.
mh_reply *_Nullable mh_reply_stream(unsigned status, mh_stream *body, mh_manner manner);
/// Adds a header; false when it is none that may be sent.
bool mh_reply_add_header(mh_reply *reply, const char *name, const char *value);
/// Gives the reply away. `exchange` is not valid after it.
void mh_answer(mh_exchange *exchange, mh_reply *reply);
/// Answers with nothing: the connection is closed or reset. `exchange` is not valid after it.
void mh_hang_up(mh_exchange *exchange, bool reset);
/// A reply that rested goes on. `exchange` is not valid after it.
void mh_go_on(mh_exchange *exchange);

/// Index of `needle` in `bytes`, or -1.
ptrdiff_t mh_find(const void *bytes, size_t count, const void *needle, size_t needle_count);

#pragma clang assume_nonnull end

#endif
