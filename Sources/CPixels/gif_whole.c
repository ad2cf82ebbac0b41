// The codes of a GIF's first picture, followed for how many pixels each stands for and no more. GIF89a, 20 to 22 and appendix F.
#include "GIF.h"

#define MOST_CODES 4096
#define MOST_BITS 12

/// The data of a picture: blocks of up to 255 bytes behind each other, an empty one at the end.
struct data {
    const uint8_t *at;
    const uint8_t *end;
    unsigned left_in_block;
    uint32_t bits;
    int held;
};

static const uint8_t *behind_blocks(const uint8_t *at, const uint8_t *end) {
    while (at < end && *at) {
        if ((size_t) (end - at) < 1u + *at) return end;
        at += 1 + *at;
    }
    return at < end ? at + 1 : end;
}

static size_t table_bytes(uint8_t flags) { return flags & 0x80 ? (size_t) 3 << ((flags & 7) + 1) : 0; }

/// The next code of so many bits, the lowest first; -1 at the end of the data.
static int next_code(struct data *data, int width) {
    while (data->held < width) {
        if (!data->left_in_block) {
            if (data->at == data->end || !*data->at) return -1;
            data->left_in_block = *data->at++;
        }
        if (data->at == data->end) return -1;
        data->bits |= (uint32_t) *data->at++ << data->held;
        data->held += 8;
        data->left_in_block--;
    }
    int code = (int) (data->bits & ((1u << width) - 1));
    data->bits >>= width;
    data->held -= width;
    return code;
}

/// Each code above the colours is a former one and a pixel more; so its length is all that has to be kept of it.
static kn_result count_pixels(struct data *data, int colour_bits, uint64_t wanted) {
    uint16_t pixels[MOST_CODES];
    int clear = 1 << colour_bits, known = clear + 2, width = colour_bits + 1, former = -1;
    uint64_t made = 0;
    for (int code = 0; code < clear; code++) pixels[code] = 1;
    while (made < wanted) {
        int code = next_code(data, width);
        if (code < 0 || code == clear + 1) return KN_DAMAGED;
        if (code == clear) {
            known = clear + 2;
            width = colour_bits + 1;
            former = -1;
            continue;
        }
        if (code > known || (code == known && (former < 0 || known == MOST_CODES))) return KN_DAMAGED;
        if (former >= 0 && known < MOST_CODES) {
            pixels[known++] = (uint16_t) (pixels[former] + 1);
            if (known == 1 << width && width < MOST_BITS) width++;
        }
        made += pixels[code];
        former = code;
    }
    return KN_DONE;
}

kn_result gf_check(const uint8_t *bytes, size_t length) {
    if (length < 13) return KN_OTHER;
    const uint8_t *end = bytes + length, *at = bytes + 13;
    size_t table = table_bytes(bytes[10]);
    if ((size_t) (end - at) < table) return KN_OTHER;
    for (at += table; end - at > 2 && *at == 0x21;) at = behind_blocks(at + 2, end);
    if (end - at < 11 || *at != 0x2C) return KN_OTHER;
    uint64_t width = at[5] | (uint64_t) at[6] << 8, height = at[7] | (uint64_t) at[8] << 8;
    table = table_bytes(at[9]);
    at += 10;
    if ((size_t) (end - at) < table + 1) return KN_OTHER;
    at += table;
    int colour_bits = *at++;
    if (colour_bits < 1 || colour_bits >= MOST_BITS) return KN_DAMAGED;
    struct data data = {.at = at, .end = end};
    return count_pixels(&data, colour_bits, width * height);
}
