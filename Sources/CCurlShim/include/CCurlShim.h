#ifndef DARKROOM_CCURLSHIM_H
#define DARKROOM_CCURLSHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// One curl multi handle on a thread of its own.
typedef struct ct_engine ct_engine;
/// One request, from its making to its outcome.
typedef struct ct_transfer ct_transfer;

/// What is known when a transfer is over. Pointers are valid during ct_on_done only.
typedef struct ct_outcome {
    /// A CURLcode; 0 is a complete answer unless a flag below says otherwise.
    int code;
    /// The connection was ready and the request about to be written.
    bool begun;
    /// At least one byte of an answer came.
    bool answer_begun;
    bool cancelled;
    bool sink_failed;
    bool body_too_large;
    bool head_too_large;
    /// Status of the final answer, 0 when none came.
    long status;
    /// Bytes of the request body, -1 when unknown; and how many of them the connection took.
    int64_t body_size;
    int64_t body_sent;
    /// Bytes given to the sink.
    uint64_t received;
    /// The final answer's status line and headers.
    const char *_Nullable head;
    size_t head_count;
    /// Negotiated TLS version; null over plain HTTP.
    const char *_Nullable tls_version;
    /// For people; may name hosts and ports, nothing else of the request.
    const char *detail;
} ct_outcome;

/// Fills `into` with the bytes of body part `part` from `offset` on, exactly `count`. On the network thread.
typedef void (*ct_fill)(void *context, size_t part, size_t offset, uint8_t *into, size_t count);
/// Takes bytes of the answer; false ends the transfer. On the network thread.
typedef bool (*ct_take)(void *context, const uint8_t *bytes, size_t count);
/// The transfer is over and freed after the call; `context` is used no more. On the network thread.
typedef void (*ct_on_done)(void *context, const ct_outcome *outcome);

typedef struct ct_limits {
    int64_t connect_milliseconds;
    int64_t total_milliseconds;
    uint64_t body_bytes;
} ct_limits;

typedef struct ct_callbacks {
    ct_fill fill;
    ct_take take;
    ct_on_done done;
    void *context;
} ct_callbacks;

/// Why ct_create refused.
typedef enum ct_refusal {
    ct_fine,
    ct_bad_url,
    ct_bad_scheme,
    ct_plain_not_loopback,
    ct_url_credentials,
    ct_no_memory
} ct_refusal;

/// Starts the thread. `proxy` and `ca_file` are checked by ct_proxy_ok and by the caller. Null when the system refuses.
ct_engine *_Nullable ct_engine_start(const char *_Nullable proxy, const char *_Nullable ca_file);
/// Ends all transfers as cancelled and then the thread. Does not wait. May be called again.
void ct_engine_stop(ct_engine *engine);
/// Gives up the caller's hold, after ct_engine_stop.
void ct_engine_release(ct_engine *engine);
/// True for an http or https proxy with a host.
bool ct_proxy_ok(const char *proxy);

/// A request without a body; `id` is what ct_cancel names.
ct_transfer *_Nullable ct_create(
    ct_engine *engine, uint64_t id, const char *url, bool post, ct_limits limits, ct_callbacks callbacks,
    ct_refusal *refusal);
/// Adds `Name: value`. The caller has checked both.
bool ct_add_header(ct_transfer *transfer, const char *line);
/// Lets the transfer connect to public addresses alone, and to those of `addresses`: comma-separated, as inet_ntop writes them.
/// It gets a connection of its own. The address that is judged is the one that is connected to, whatever a name resolves to later.
bool ct_restrict(ct_transfer *transfer, const char *addresses);
/// The body is `count` bytes of part 0.
bool ct_send_bytes(ct_transfer *transfer, size_t count);
/// The body is a multipart form; this adds its next part, `count` bytes.
bool ct_send_part(
    ct_transfer *transfer, const char *name, const char *_Nullable file_name, const char *_Nullable content_type,
    size_t count);
/// Frees a transfer that was not submitted.
void ct_discard(ct_transfer *transfer);
/// Gives the transfer to the network thread; false after ct_engine_stop, and then it is still the caller's.
bool ct_submit(ct_engine *engine, ct_transfer *transfer);
/// Ends the transfer soon if it is still under way. Any thread.
void ct_cancel(ct_engine *engine, uint64_t id);

/// Certificates in a file of PEM.
typedef struct ct_certificates {
    int count;
    /// Of these, those whose time is over.
    int expired;
    /// Seconds until the next of the others ends; INT64_MAX without any.
    int64_t seconds_left;
} ct_certificates;

/// Reads the certificates of a file: 0, or an error number when it cannot be read.
int ct_read_certificates(const char *path, ct_certificates *found);
/// Name and version of libcurl and of what it does TLS with; lives for ever.
const char *ct_library(void);
/// The file of roots that libcurl goes by when it is told of no other; null when it was built without one.
const char *_Nullable ct_usual_roots(void);

#pragma clang assume_nonnull end

#endif
