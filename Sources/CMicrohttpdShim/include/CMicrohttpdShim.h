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

/// A whole request has come in: read it during the call, then answer it exactly once with mh_answer, now or later, from
/// any thread. Runs on the polling thread and must not block.
typedef void (*mh_on_request)(void *context, mh_exchange *exchange);
/// The server is gone and `context` is used no more.
typedef void (*mh_on_stopped)(void *context);
/// One header of a request.
typedef void (*mh_visit)(void *context, const char *name, const char *value);

/// What became of mh_start.
typedef enum mh_start_result { mh_started, mh_not_an_address, mh_cannot_listen } mh_start_result;

/// Listens on a numeric address; port 0 takes any free one. `error` gets the errno of mh_cannot_listen.
mh_start_result mh_start(
    const char *address, uint16_t port, size_t body_limit, mh_on_request on_request, void *context,
    mh_server *_Nullable *_Nonnull server, uint16_t *bound, int *error);

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

/// A reply with a copy of `body`. When `cut` is less than `count` the connection is closed after that many bytes of the
/// body. Null when memory is short.
mh_reply *_Nullable mh_reply_create(unsigned status, const void *_Nullable body, size_t count, size_t cut);
/// Adds a header; false when it is none that may be sent.
bool mh_reply_add_header(mh_reply *reply, const char *name, const char *value);
/// Gives the reply away, or with null closes the connection without one. `exchange` is not valid after it.
void mh_answer(mh_exchange *exchange, mh_reply *_Nullable reply);

/// Index of `needle` in `bytes`, or -1.
ptrdiff_t mh_find(const void *bytes, size_t count, const void *needle, size_t needle_count);

#pragma clang assume_nonnull end

#endif
