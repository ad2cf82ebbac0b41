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

/// The rows of a strip, and what lies before them.
struct source {
    const uint8_t *rows;
    ptrdiff_t stride;
    const uint8_t *above;
    size_t row;
    int channels;
    int count;
};

static void filter_row(const struct source *source, int y, int filter, uint8_t *out) {
    const uint8_t *row = source->rows + (ptrdiff_t) y * source->stride;
    out[0] = (uint8_t) filter;
    pn_filter(filter, row, y ? row - source->stride : source->above, source->row, source->channels, out + 1);
}

/// 256 times the logarithm to the base 2; between powers a straight line will do.
static uint32_t logarithm(uint32_t number) {
    int whole = 31 - __builtin_clz(number);
    return (uint32_t) whole * 256 + (uint32_t) (((uint64_t) number << 8 >> whole) & 255);
}

/// About how many bits a code made for these counts would write.
static uint64_t estimate(const uint32_t *counts) {
    uint32_t all = 1;
    uint64_t bits = 0;
    for (int symbol = 0; symbol < PN_LITERALS; symbol++) all += counts[symbol];
    for (int symbol = 0; symbol < PN_LITERALS; symbol++)
        if (counts[symbol]) bits += (uint64_t) counts[symbol] * (logarithm(all) - logarithm(counts[symbol]) + 16);
    return bits / 256;
}

/// Paeth, unless a few rows say that another is clearly better: as a rule of drawn pictures only.
static int choose_filter(const struct source *source, uint8_t *row) {
    uint64_t least = UINT64_MAX;
    int best = PN_PAETH;
    for (int filter = PN_PAETH; filter >= PN_NONE; filter--) {
        uint32_t counts[PN_LITERALS] = {0};
        for (int sample = 1; sample <= 3; sample += 2) {
            filter_row(source, source->count * sample / 4, filter, row);
            memset(row + source->row + 1, 1, PN_PADDING);
            pn_count_runs(row, source->row + 1, counts);
        }
        uint64_t bits = estimate(counts);
        if (filter == PN_PAETH ? 1 : bits < least) {
            least = filter == PN_PAETH ? bits - bits / 32 : bits;
            best = filter;
        }
    }
    return best;
}

/// Every row is summed while it is near.
static uint32_t filter_all(const struct source *source, int filter, uint8_t *out) {
    uint32_t adler = 1;
    for (int y = 0; y < source->count; y++, out += source->row + 1) {
        filter_row(source, y, filter, out);
        adler = libdeflate_adler32(adler, out, source->row + 1);
    }
    memset(out, 1, PN_PADDING);
    return adler;
}

kn_result pn_strip_make(
    const uint8_t *rows, ptrdiff_t stride, const uint8_t *above, int width, int channels, int count,
    pn_effort effort, int is_last, pn_scratch *scratch, pn_strip *strip) {
    *strip = (pn_strip){.bytes = NULL};
    (void) effort;
    struct source source = {rows, stride, above, (size_t) width * (size_t) channels, channels, count};
    size_t raw = (source.row + 1) * (size_t) count;
    if (!grow(&scratch->filtered, &scratch->filtered_room, raw + PN_PADDING)) return KN_MEMORY;
    if (!grow(&scratch->deflated, &scratch->deflated_room, pn_deflate_bound(raw))) return KN_MEMORY;
    if (!above && !grow(&scratch->zeroes, &scratch->zeroes_room, source.row)) return KN_MEMORY;
    if (!above) source.above = scratch->zeroes;
    int filter = choose_filter(&source, scratch->filtered);
    strip->raw = raw;
    strip->adler = filter_all(&source, filter, scratch->filtered);
    size_t step = count >= 16 ? 8 : 1;
    size_t length = pn_deflate_runs(scratch->filtered, source.row + 1, (size_t) count, step, is_last, scratch->deflated);
    if (!length) length = pn_deflate_stored(scratch->filtered, raw, is_last, scratch->deflated);
    return keep(strip, scratch->deflated, length, above == NULL);
}

void pn_strip_free(pn_strip *strip) {
    free(strip->bytes);
    *strip = (pn_strip){.bytes = NULL};
}
