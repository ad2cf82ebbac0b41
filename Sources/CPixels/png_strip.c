// Strips of a PNG: filtered, deflated, summed.
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "png_chunks.h"
#include "png_deflate.h"
#include "png_rows.h"

struct pn_scratch {
    uint8_t *filtered;
    size_t filtered_room;
    uint8_t *deflated;
    size_t deflated_room;
    uint8_t *zeroes;
    size_t zeroes_room;
};

pn_scratch *pn_scratch_new(void) { return calloc(1, sizeof(pn_scratch)); }

void pn_scratch_free(pn_scratch *scratch) {
    if (!scratch) return;
    free(scratch->filtered);
    free(scratch->deflated);
    free(scratch->zeroes);
    free(scratch);
}

/// Sees to it that a buffer has room for `size` bytes; what it held is not kept, new ones are zero.
static int grow(uint8_t **buffer, size_t *room, size_t size) {
    if (*room >= size) return 1;
    free(*buffer);
    *buffer = calloc(1, size);
    *room = *buffer ? size : 0;
    return *buffer != NULL;
}

static kn_result keep(pn_strip *strip, const uint8_t *bytes, size_t length, int is_first) {
    size_t head = is_first ? 2 : 0;
    strip->bytes = malloc(length + head);
    if (!strip->bytes) return KN_MEMORY;
    // RFC 1950 §2.2: deflate, a window of 32 KB, check bits.
    if (is_first) memcpy(strip->bytes, (const uint8_t[2]){0x78, 0x01}, 2);
    memcpy(strip->bytes + head, bytes, length);
    strip->length = length + head;
    strip->crc = libdeflate_crc32(libdeflate_crc32(0, "IDAT", 4), strip->bytes, strip->length);
    return KN_DONE;
}

kn_result pn_strip_make(
    const uint8_t *rows, ptrdiff_t stride, const uint8_t *above, int width, int channels, int count,
    pn_effort effort, int is_last, pn_scratch *scratch, pn_strip *strip) {
    *strip = (pn_strip){.bytes = NULL};
    size_t row = (size_t) width * (size_t) channels, raw = (row + 1) * (size_t) count, bound = pn_deflate_bound(raw);
    if (!grow(&scratch->filtered, &scratch->filtered_room, raw + 64)) return KN_MEMORY;
    if (!grow(&scratch->deflated, &scratch->deflated_room, bound)) return KN_MEMORY;
    if (!above && !grow(&scratch->zeroes, &scratch->zeroes_room, row)) return KN_MEMORY;
    const uint8_t *before = above ? above : scratch->zeroes;
    uint8_t *out = scratch->filtered;
    for (int y = 0; y < count; y++, out += row + 1) {
        const uint8_t *pixels = rows + (ptrdiff_t) y * stride;
        out[0] = PN_PAETH;
        pn_filter(PN_PAETH, pixels, before, row, channels, out + 1);
        before = pixels;
    }
    size_t length = pn_deflate(scratch, effort, scratch->filtered, raw, is_last, scratch->deflated);
    if (!length) return KN_MEMORY;
    strip->raw = raw;
    strip->adler = libdeflate_adler32(1, scratch->filtered, raw);
    return keep(strip, scratch->deflated, length, above == NULL);
}

void pn_strip_free(pn_strip *strip) {
    free(strip->bytes);
    *strip = (pn_strip){.bytes = NULL};
}
