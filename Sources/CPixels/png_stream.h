// The zlib stream in the IDAT chunks of a PNG. Private to this room.
#ifndef DARKROOM_PNG_STREAM_H
#define DARKROOM_PNG_STREAM_H

#include <isa-l/igzip_lib.h>

#include "png_chunks.h"

#pragma clang assume_nonnull begin

typedef struct pn_stream {
    /// Behind the chunk that is being inflated.
    pn_walk walk;
    struct inflate_state inflate;
} pn_stream;

/// Begins with the first IDAT, behind which `walk` stands.
void pn_stream_start(pn_stream *stream, const pn_walk *walk, const pn_chunk *first);

/// Inflates exactly `count` bytes to `out`, fewer only where the stream ends; `made` says how many. KN_DAMAGED also where the stream's
/// check sum, which is looked at with its end, is wrong.
kn_result pn_stream_read(pn_stream *stream, uint8_t *out, size_t count, size_t *made);

#pragma clang assume_nonnull end
#endif
