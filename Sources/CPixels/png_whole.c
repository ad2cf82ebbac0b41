// Whether a PNG of any kind is whole. libpng lets a wrong check sum of the stream and a missing end pass.
#include <stdlib.h>
#include <string.h>

#include "PNGPlanes.h"
#include "png_stream.h"

#define PIECE 65536

/// Bytes of the rows of a picture or of one pass, each with its filter.
static uint64_t row_bytes(uint64_t width, uint64_t height, unsigned bits) {
    return width ? height * (1 + (width * bits + 7) / 8) : 0;
}

/// What the stream has to inflate to; §8 for the passes of an interlaced picture.
static uint64_t stream_bytes(const pn_layout *layout) {
    static const unsigned channels[7] = {[0] = 1, [2] = 3, [3] = 1, [4] = 2, [6] = 4};
    static const struct { uint32_t left, top, across, down; } passes[7] = {
        {0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
    unsigned bits = channels[layout->colour] * (unsigned) layout->depth;
    if (!layout->is_interlaced) return row_bytes(layout->width, layout->height, bits);
    uint64_t sum = 0;
    for (int pass = 0; pass < 7; pass++) {
        uint64_t width = ((uint64_t) layout->width + passes[pass].across - 1 - passes[pass].left) / passes[pass].across;
        uint64_t height = ((uint64_t) layout->height + passes[pass].down - 1 - passes[pass].top) / passes[pass].down;
        sum += row_bytes(width, height, bits);
    }
    return sum;
}

static kn_result find_data(pn_walk *walk, pn_layout *layout, pn_chunk *chunk) {
    if (walk->length < 8 || memcmp(walk->bytes, pn_signature, 8)) return KN_DAMAGED;
    walk->at = 8;
    kn_result result = pn_next_chunk(walk, chunk);
    if (result == KN_DONE) result = pn_read_layout(chunk, layout);
    while (result == KN_DONE && chunk->type != PN_IDAT) {
        result = pn_next_chunk(walk, chunk);
        if (result == KN_DONE && (chunk->type == PN_IHDR || chunk->type == PN_IEND)) result = KN_DAMAGED;
    }
    return result;
}

/// More data than the picture needs is let pass as other decoders do; then nothing is said of its check sum.
static kn_result read_data(pn_stream *stream, uint64_t wanted, uint8_t *room) {
    size_t made = 0;
    for (uint64_t left = wanted; left;) {
        size_t piece = left < PIECE ? (size_t) left : PIECE;
        kn_result result = pn_stream_read(stream, room, piece, &made);
        if (result != KN_DONE) return result;
        if (made < piece) return KN_DAMAGED;
        left -= piece;
    }
    return pn_stream_read(stream, room, 1, &made);
}

static kn_result find_end(pn_walk *walk) {
    pn_chunk chunk;
    kn_result result = pn_next_chunk(walk, &chunk);
    while (result == KN_DONE && chunk.type != PN_IEND) result = pn_next_chunk(walk, &chunk);
    return result == KN_DONE && chunk.length ? KN_DAMAGED : result;
}

kn_result pn_check_any(const uint8_t *bytes, size_t length) {
    pn_walk walk = {bytes, length, 0};
    pn_layout layout;
    pn_chunk first;
    kn_result result = find_data(&walk, &layout, &first);
    if (result != KN_DONE) return result;
    pn_stream *stream = malloc(sizeof *stream + PIECE);
    if (!stream) return KN_MEMORY;
    pn_stream_start(stream, &walk, &first);
    result = read_data(stream, stream_bytes(&layout), (uint8_t *) (stream + 1));
    if (result == KN_DONE) result = find_end(&stream->walk);
    free(stream);
    return result;
}
