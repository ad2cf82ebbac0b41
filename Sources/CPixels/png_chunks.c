// PNG 3 §5 (chunks), §11.2.1 (IHDR), §5.6 (their order).
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "png_chunks.h"

/// Larger sides are for libvips to judge.
#define LONGEST_SIDE 65535

const uint8_t pn_signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

static int is_letter(uint8_t byte) { return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z'; }

/// Bit 5 of the first letter: a decoder that does not know the chunk may go on.
static int is_critical(uint32_t type) { return !(type & 0x20000000); }

static int is_known(uint32_t type) {
    return type == PN_IHDR || type == PN_PLTE || type == PN_IDAT || type == PN_IEND;
}

/// The check sum covers type and data. That of an ancillary chunk is not looked at: nothing here depends on what it holds but
/// the decision to leave the picture to libvips.
static int has_right_sum(const pn_chunk *chunk) {
    return libdeflate_crc32(0, chunk->data - 4, (size_t) chunk->length + 4) == pn_number(chunk->data + chunk->length);
}

kn_result pn_next_chunk(pn_walk *walk, pn_chunk *chunk) {
    size_t left = walk->length - walk->at;
    if (left < 12) return KN_DAMAGED;
    const uint8_t *start = walk->bytes + walk->at;
    *chunk = (pn_chunk){.type = pn_number(start + 4), .length = pn_number(start), .data = start + 8};
    if (chunk->length > 0x7fffffff || chunk->length > left - 12) return KN_DAMAGED;
    for (int letter = 4; letter < 8; letter++)
        if (!is_letter(start[letter])) return KN_DAMAGED;
    if (is_critical(chunk->type) && (!is_known(chunk->type) || !has_right_sum(chunk))) return KN_DAMAGED;
    walk->at += (size_t) chunk->length + 12;
    return KN_DONE;
}

/// Table 8: the depths each colour type may have, as a set of bits.
static int is_allowed(int colour, int depth) {
    switch (colour) {
        case 0: return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
        case 3: return depth == 1 || depth == 2 || depth == 4 || depth == 8;
        case 2:
        case 4:
        case 6: return depth == 8 || depth == 16;
        default: return 0;
    }
}

kn_result pn_read_layout(const pn_chunk *chunk, pn_layout *layout) {
    if (chunk->type != PN_IHDR || chunk->length != 13) return KN_DAMAGED;
    *layout = (pn_layout){
        .width = pn_number(chunk->data),
        .height = pn_number(chunk->data + 4),
        .depth = chunk->data[8],
        .colour = chunk->data[9],
        .is_interlaced = chunk->data[12] == 1,
    };
    if (!layout->width || !layout->height || layout->width > 0x7fffffff || layout->height > 0x7fffffff) return KN_DAMAGED;
    if (!is_allowed(layout->colour, layout->depth) || chunk->data[10] || chunk->data[11] || chunk->data[12] > 1)
        return KN_DAMAGED;
    return KN_DONE;
}

static kn_result read_header(const pn_chunk *chunk, pn_header *header) {
    pn_layout layout;
    kn_result result = pn_read_layout(chunk, &layout);
    if (result != KN_DONE) return result;
    int colour = layout.colour;
    if (layout.depth != 8 || layout.is_interlaced || colour == 3 || colour == 4) return KN_OTHER;
    if (layout.width > LONGEST_SIDE || layout.height > LONGEST_SIDE) return KN_OTHER;
    *header = (pn_header){(int) layout.width, (int) layout.height, colour == 0 ? 1 : colour == 2 ? 3 : 4};
    return KN_DONE;
}

/// What the ancillary chunks say of the colours.
struct colours {
    int is_srgb;
    int has_other_gamma;
    int has_other_primaries;
};

static int is_near(const uint8_t *number, int32_t wanted, int32_t most) {
    int64_t distance = (int64_t) pn_number(number) - wanted;
    return distance >= -most && distance <= most;
}

/// §11.3.2: gAMA of about 1/2.2 and cHRM of about ITU-R BT.709 are what sRGB comes to, times 100 000.
static void note_colours(const pn_chunk *chunk, struct colours *colours) {
    static const int32_t primaries[8] = {31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000};
    switch (chunk->type) {
        case PN_CHUNK('s', 'R', 'G', 'B'): colours->is_srgb = 1; break;
        case PN_CHUNK('g', 'A', 'M', 'A'):
            colours->has_other_gamma = chunk->length != 4 || !is_near(chunk->data, 45455, 500);
            break;
        case PN_CHUNK('c', 'H', 'R', 'M'):
            colours->has_other_primaries = chunk->length != 32;
            for (int i = 0; i < 8 && !colours->has_other_primaries; i++)
                colours->has_other_primaries = !is_near(chunk->data + 4 * i, primaries[i], 1000);
            break;
        default: break;
    }
}

/// Chunks that change what the samples mean, or that there is one picture.
static int is_for_others(uint32_t type) {
    return type == PN_CHUNK('i', 'C', 'C', 'P') || type == PN_CHUNK('t', 'R', 'N', 'S') ||
           type == PN_CHUNK('c', 'I', 'C', 'P') || type == PN_CHUNK('a', 'c', 'T', 'L');
}

/// §11.2.2: at most one, never with grey, three bytes an entry.
static int is_sound_palette(const pn_chunk *chunk, const pn_header *header, int seen) {
    return !seen && header->channels != 1 && chunk->length > 0 && chunk->length <= 768 && chunk->length % 3 == 0;
}

kn_result pn_read_head(pn_walk *walk, pn_header *header, pn_chunk *first) {
    if (walk->length < 8 || memcmp(walk->bytes, pn_signature, 8)) return KN_DAMAGED;
    walk->at = 8;
    kn_result result = pn_next_chunk(walk, first);
    if (result == KN_DONE) result = read_header(first, header);
    if (result != KN_DONE) return result;
    struct colours colours = {0, 0, 0};
    int palettes = 0, others = 0;
    for (;;) {
        result = pn_next_chunk(walk, first);
        if (result != KN_DONE) return result;
        if (first->type == PN_IDAT) break;
        if (first->type == PN_IHDR || first->type == PN_IEND) return KN_DAMAGED;
        if (first->type == PN_PLTE && !is_sound_palette(first, header, palettes++)) return KN_DAMAGED;
        others |= is_for_others(first->type);
        note_colours(first, &colours);
    }
    if (others || (!colours.is_srgb && (colours.has_other_gamma || colours.has_other_primaries))) return KN_OTHER;
    return KN_DONE;
}
