// A strip's filtered rows to a piece of a deflate stream. Private to this room.
#ifndef DARKROOM_PNG_DEFLATE_H
#define DARKROOM_PNG_DEFLATE_H

#include "PNG.h"
#include "png_huffman.h"

#pragma clang assume_nonnull begin

enum {
    /// Shorter runs of zeroes are cheaper as literals.
    PN_SHORTEST_RUN = 12,
    /// What one match covers at most (RFC 1951 §3.2.5).
    PN_LONGEST_MATCH = 258,
    /// Four codes of this length, and what a flush leaves behind, fit a word of 64 bits.
    PN_LONGEST_LITERAL = 14,
    /// Bytes behind a strip's filtered rows that may be read; the first of them is not zero, so that runs end there.
    PN_PADDING = 64,
};

/// The symbol of a match's length, and the extra bits behind it (§3.2.5).
typedef struct pn_length_code {
    uint16_t symbol;
    uint8_t extra_bits;
    uint8_t extra;
} pn_length_code;

pn_length_code pn_code_of_length(int length);

/// Codes ready to be written: the bits from the ninth up, how many below.
typedef struct pn_codebook {
    uint32_t literals[256];
    /// Matches by length (from 3) with their distance of 1.
    uint32_t runs[PN_LONGEST_MATCH + 1];
    uint32_t end;
} pn_codebook;

/// The most bytes that `length` bytes become: stored blocks, an empty one at the end, and room to write in words.
static inline size_t pn_deflate_bound(size_t length) { return length + length / 1024 + 4096; }

/// Adds the symbols that literals and runs of zeroes come to. `bytes` are padded.
void pn_count_runs(const uint8_t *bytes, size_t length, uint32_t *counts);

/// Literals and runs of zeroes in one block with a code of its own, made from every `step`-th of the `rows` rows of `row` bytes.
/// Gives 0 where stored blocks are no longer.
size_t pn_deflate_runs(
    const uint8_t *bytes, size_t row, size_t rows, size_t step, int is_last, uint8_t *out);

/// Stored blocks; needs no room beyond the bound.
size_t pn_deflate_stored(const uint8_t *bytes, size_t length, int is_last, uint8_t *out);

/// Ends a stream that goes on in another strip on a whole byte, with an empty stored block (§3.2.4); one that ends, with zero bits.
uint8_t *pn_end_strip(pn_bits *bits, int is_last);

#pragma clang assume_nonnull end
#endif
