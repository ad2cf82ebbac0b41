// A strip's filtered rows to a piece of a deflate stream. Private to this room.
#ifndef DARKROOM_PNG_DEFLATE_H
#define DARKROOM_PNG_DEFLATE_H

#include "PNG.h"

#pragma clang assume_nonnull begin

/// The most bytes that `length` bytes become in any effort: stored blocks, an empty one at the end, and room to write in words.
static inline size_t pn_deflate_bound(size_t length) { return length + length / 1024 + 512; }

/// Deflates a strip and ends it on a byte with an empty stored block, or with the stream's end where `is_last`. `out` has room
/// for pn_deflate_bound(length). Gives the bytes written, 0 where memory was lacking.
size_t pn_deflate(
    pn_scratch *scratch, pn_effort effort, const uint8_t *bytes, size_t length, int is_last, uint8_t *out);

#pragma clang assume_nonnull end
#endif
