// Huffman codes as deflate writes them, and bits to write them with. RFC 1951 §3.2. Private to this room.
#ifndef DARKROOM_PNG_HUFFMAN_H
#define DARKROOM_PNG_HUFFMAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#pragma clang assume_nonnull begin

enum {
    PN_LITERALS = 286,
    PN_DISTANCES = 30,
    PN_END_OF_BLOCK = 256,
    PN_LONGEST_CODE = 15,
};

/// Bits written from the lowest of each byte up. Room is the caller's business: a flush writes 8 bytes where the last one stopped.
typedef struct pn_bits {
    uint64_t held;
    unsigned count;
    uint8_t *at;
} pn_bits;

static inline void pn_flush_bits(pn_bits *bits) {
    memcpy(bits->at, &bits->held, 8);
    bits->at += bits->count >> 3;
    bits->held >>= bits->count & ~7u;
    bits->count &= 7;
}

/// Up to 48 bits.
static inline void pn_put_bits(pn_bits *bits, uint64_t value, unsigned count) {
    bits->held |= value << bits->count;
    bits->count += count;
    pn_flush_bits(bits);
}

/// The lengths of a code of least cost for these counts, none longer than `longest` bits; 0 where the count is 0. Where fewer than
/// two symbols are counted the lowest others get one bit too: every decoder takes a complete code.
void pn_code_lengths(const uint32_t *counts, int symbols, int longest, uint8_t *lengths);

/// The codes that belong to the lengths (§3.2.2), the first bit lowest.
void pn_codes(const uint8_t *lengths, int symbols, uint16_t *codes);

/// Writes the head of a block with codes of its own (§3.2.7), its three first bits among it.
void pn_put_block_head(pn_bits *bits, int is_last, const uint8_t *literals, const uint8_t *distances);

#pragma clang assume_nonnull end
#endif
