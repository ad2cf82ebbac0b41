// The file around the strips: one IDAT a strip. PNG 3 §5, RFC 1950 §2.2.
#include <string.h>

#include <libdeflate.h>

#include "png_chunks.h"

#define HEAD (8 + 12 + 13)
#define FOOT 12

size_t pn_file_length(const pn_strip *strips, int count) {
    size_t length = HEAD + 4 + FOOT;
    for (int strip = 0; strip < count; strip++) length += 12 + strips[strip].length;
    return length;
}

/// The check sum of two pieces from the sums of each. RFC 1950 §8.2: s1 is one more than the sum of the bytes, s2 the sum of
/// all s1, both modulo 65521; so each byte of the second piece adds the first one's s1, less the 1 that its own began with.
static uint32_t join_sums(uint32_t first, uint32_t second, size_t second_length) {
    const uint64_t base = 65521;
    uint64_t low = first & 0xffff, high = first >> 16;
    uint64_t joined_low = (low + (second & 0xffff) + base - 1) % base;
    uint64_t joined_high = (high + (second >> 16) + second_length % base * (low + base - 1)) % base;
    return (uint32_t) (joined_high << 16 | joined_low);
}

static uint8_t *put_chunk(uint8_t *out, const char *type, const uint8_t *data, uint32_t length) {
    pn_put_number(out, length);
    memcpy(out + 4, type, 4);
    if (length) memcpy(out + 8, data, length);
    pn_put_number(out + 8 + length, libdeflate_crc32(0, out + 4, (size_t) length + 4));
    return out + 12 + length;
}

void pn_file_write(int width, int height, int channels, const pn_strip *strips, int count, uint8_t *out) {
    uint8_t header[13] = {[8] = 8, [9] = channels == 1 ? 0 : channels == 3 ? 2 : 6};
    pn_put_number(header, (uint32_t) width);
    pn_put_number(header + 4, (uint32_t) height);
    memcpy(out, pn_signature, 8);
    out = put_chunk(out + 8, "IHDR", header, 13);
    uint32_t adler = 1;
    for (int strip = 0; strip < count; strip++) {
        size_t length = strips[strip].length;
        uint32_t crc = strips[strip].crc;
        adler = join_sums(adler, strips[strip].adler, strips[strip].raw);
        memcpy(out + 4, "IDAT", 4);
        memcpy(out + 8, strips[strip].bytes, length);
        if (strip == count - 1) {
            // The stream's sum goes into the last chunk, whose own sum goes on over it.
            pn_put_number(out + 8 + length, adler);
            crc = libdeflate_crc32(crc, out + 8 + length, 4);
            length += 4;
        }
        pn_put_number(out, (uint32_t) length);
        pn_put_number(out + 8 + length, crc);
        out += 12 + length;
    }
    put_chunk(out, "IEND", header, 0);
}
