// Making a transfer, and what libcurl calls while it is under way.

#define _GNU_SOURCE
#include "Parts.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

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

static bool four_is_public(uint32_t address) {
    // IANA's registry of special-purpose IPv4 addresses (RFC 6890), multicast and the reserved rest.
    static const struct { uint32_t network; int bits; } closed[] = {
        {0x00000000, 8}, {0x0a000000, 8}, {0x64400000, 10}, {0x7f000000, 8}, {0xa9fe0000, 16}, {0xac100000, 12},
        {0xc0000000, 24}, {0xc0000200, 24}, {0xc0586300, 24}, {0xc0a80000, 16}, {0xc6120000, 15}, {0xc6336400, 24},
        {0xcb007100, 24}, {0xe0000000, 3},
    };
    for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++)
        if ((address ^ closed[i].network) >> (32 - closed[i].bits) == 0) return false;
    return true;
}

/// Global unicast alone, without what stands for IPv4 addresses (6to4, Teredo) and documentation.
static bool six_is_public(const uint8_t *a) {
    if ((a[0] & 0xe0) != 0x20) return false;
    if (a[0] == 0x20 && a[1] == 0x02) return false;
    return !(a[0] == 0x20 && a[1] == 0x01 && (a[2] < 0x02 || (a[2] == 0x0d && a[3] == 0xb8)));
}

static bool is_public(const struct sockaddr *address) {
    if (address->sa_family == AF_INET)
        return four_is_public(ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr));
    if (address->sa_family != AF_INET6) return false;
    const struct in6_addr *six = &((const struct sockaddr_in6 *)address)->sin6_addr;
    if (!IN6_IS_ADDR_V4MAPPED(six)) return six_is_public(six->s6_addr);
    uint32_t four;
    memcpy(&four, six->s6_addr + 12, sizeof four);
    return four_is_public(ntohl(four));
}

/// Whether `address` is one of the comma-separated `names`.
static bool is_named(const struct sockaddr *address, const char *names) {
    char text[INET6_ADDRSTRLEN] = "";
    const void *raw = address->sa_family == AF_INET ? (const void *)&((const struct sockaddr_in *)address)->sin_addr
                                                    : (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr;
    if (!inet_ntop(address->sa_family, raw, text, sizeof text)) return false;
    size_t length = strlen(text);
    for (const char *at = names; (at = strstr(at, text)); at += length)
        if ((at == names || at[-1] == ',') && (at[length] == ',' || at[length] == '\0')) return true;
    return false;
}

/// Whatever a name resolves to, plain HTTP leaves for loopback only, and a restricted transfer for public or named addresses only;
/// and no child process inherits the socket.
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
    ct_transfer *transfer = context;
    if (purpose != CURLSOCKTYPE_IPCXN) return CURL_SOCKET_BAD;
    if (transfer->plain && !loopback(&address->addr)) return CURL_SOCKET_BAD;
    if (transfer->addresses && !is_public(&address->addr) && !is_named(&address->addr, transfer->addresses))
        return CURL_SOCKET_BAD;
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
    CURLUcode parsed = curl_url_set(transfer->url, CURLUPART_URL, text, CURLU_PATH_AS_IS);
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
    transfer->goes_through_proxy = engine->proxy && !local;
    CURLcode bad = curl_easy_setopt(easy, CURLOPT_CURLU, transfer->url);
    bad |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, transfer->plain ? "http" : "https");
    bad |= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    bad |= curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    bad |= curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    // An empty string, unlike no string, also keeps the environment's proxy out. A proxy cannot reach our loopback.
    bad |= curl_easy_setopt(easy, CURLOPT_PROXY, transfer->goes_through_proxy ? engine->proxy : "");
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

/// A connection that waits for its answer keeps no buffers meanwhile: 34 KB each, and a thousand may wait.
static CURLcode spare_memory(CURL *easy, void *tls, void *context) {
    (void)easy;
    (void)context;
    SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS);
    return CURLE_OK;
}

static CURLcode set_trust(CURL *easy, const ct_engine *engine) {
    CURLcode bad = curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    bad |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    bad |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    bad |= curl_easy_setopt(easy, CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    bad |= curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYPEER, 1L);
    bad |= curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
    bad |= curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, spare_memory);
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
    // A thousand of them may stand by: room for what a socket gives or takes at once, not 64 KB each.
    bad |= curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 8L * 1024);
    bad |= curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16L * 1024);
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

bool ct_restrict(ct_transfer *transfer, const char *addresses) {
    // Where a proxy resolves the name, its operator decides what it reaches.
    if (transfer->goes_through_proxy) return true;
    transfer->addresses = strdup(addresses);
    // A connection that another transfer made was not looked at.
    CURLcode bad = curl_easy_setopt(transfer->easy, CURLOPT_FRESH_CONNECT, 1L);
    bad |= curl_easy_setopt(transfer->easy, CURLOPT_FORBID_REUSE, 1L);
    return transfer->addresses && bad == CURLE_OK;
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
    free(transfer->addresses);
    free(transfer);
}
