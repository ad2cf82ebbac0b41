// The chunks of a PNG in memory, and what of them the reader needs to know. Private to this room.
#ifndef DARKROOM_PNG_CHUNKS_H
#define DARKROOM_PNG_CHUNKS_H

#include "PNG.h"

#pragma clang assume_nonnull begin

#define PN_CHUNK(a, b, c, d) ((uint32_t) (a) << 24 | (uint32_t) (b) << 16 | (uint32_t) (c) << 8 | (uint32_t) (d))

enum {
    PN_IHDR = PN_CHUNK('I', 'H', 'D', 'R'),
    PN_PLTE = PN_CHUNK('P', 'L', 'T', 'E'),
    PN_IDAT = PN_CHUNK('I', 'D', 'A', 'T'),
    PN_IEND = PN_CHUNK('I', 'E', 'N', 'D'),
};

/// A chunk whose length is known to fit the file.
typedef struct pn_chunk {
    uint32_t type;
    uint32_t length;
    const uint8_t *data;
} pn_chunk;

/// Where a walk over the chunks has come to.
typedef struct pn_walk {
    const uint8_t *bytes;
    size_t length;
    size_t at;
} pn_walk;

static inline uint32_t pn_number(const uint8_t *bytes) {
    return (uint32_t) bytes[0] << 24 | (uint32_t) bytes[1] << 16 | (uint32_t) bytes[2] << 8 | bytes[3];
}

static inline void pn_put_number(uint8_t *out, uint32_t number) {
    for (int byte = 0; byte < 4; byte++) out[byte] = (uint8_t) (number >> (24 - 8 * byte));
}

extern const uint8_t pn_signature[8];

/// Takes the next chunk; KN_DAMAGED where none fits the bytes left, or where a critical chunk's check sum is wrong or its kind unknown.
kn_result pn_next_chunk(pn_walk *walk, pn_chunk *chunk);

/// What IHDR says (§11.2.1).
typedef struct pn_layout {
    uint32_t width;
    uint32_t height;
    int depth;
    int colour;
    int is_interlaced;
} pn_layout;

/// Reads the first chunk of a PNG of any kind; KN_DAMAGED where it is no IHDR, or says what none may.
kn_result pn_read_layout(const pn_chunk *chunk, pn_layout *layout);

/// Reads all that comes before the pixels; the walk then stands behind `first`, the first IDAT.
kn_result pn_read_head(pn_walk *walk, pn_header *header, pn_chunk *first);

#pragma clang assume_nonnull end
#endif
