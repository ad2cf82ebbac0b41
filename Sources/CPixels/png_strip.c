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

/// What is looked at to choose a filter: pieces of some rows, each a bit further right than the last.
enum { SAMPLES = 6, SAMPLE = 1536 };

static void filter_sample(const struct source *source, int number, int filter, uint8_t *out, size_t length) {
    int y = source->count * number / SAMPLES;
    size_t pixels = (source->row - length) / (size_t) source->channels * (size_t) number / SAMPLES;
    const uint8_t *row = source->rows + (ptrdiff_t) y * source->stride, *above = y ? row - source->stride : source->above;
    size_t start = pixels * (size_t) source->channels;
    pn_filter(filter, row + start, above + start, length, source->channels, out);
    memset(out + length, 1, PN_PADDING);
}

/// Paeth, unless the samples say that another is clearly better: of drawn pictures, as a rule.
static int choose_filter(const struct source *source, uint8_t *row) {
    size_t most = (size_t) (SAMPLE / source->channels) * (size_t) source->channels;
    size_t length = source->row < most ? source->row : most;
    uint64_t least = 0;
    int best = PN_PAETH;
    for (int filter = PN_PAETH; filter >= PN_NONE; filter--) {
        uint32_t counts[PN_LITERALS] = {0};
        for (int sample = 0; sample < SAMPLES; sample++) {
            filter_sample(source, sample, filter, row, length);
            pn_count_runs(row, length, counts);
        }
        uint64_t bits = estimate(counts);
        if (filter == PN_PAETH) {
            least = bits - bits / 16;
        } else if (bits < least) {
            least = bits;
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
    if (!grow(&scratch->filtered, &scratch->filtered_room, raw + SAMPLE + PN_PADDING)) return KN_MEMORY;
    if (!grow(&scratch->deflated, &scratch->deflated_room, pn_deflate_bound(raw))) return KN_MEMORY;
    if (!above && !grow(&scratch->zeroes, &scratch->zeroes_room, source.row)) return KN_MEMORY;
    if (!above) source.above = scratch->zeroes;
    int filter = choose_filter(&source, scratch->filtered);
    strip->raw = raw;
    strip->adler = filter_all(&source, filter, scratch->filtered);
    // A symbol's share is known well enough from 64 KB.
    size_t step = raw / 65536 < 1 ? 1 : raw / 65536 < 16 ? raw / 65536 : 16;
    size_t length = pn_deflate_runs(scratch->filtered, source.row + 1, (size_t) count, step, is_last, scratch->deflated);
    if (!length) length = pn_deflate_stored(scratch->filtered, raw, is_last, scratch->deflated);
    return keep(strip, scratch->deflated, length, above == NULL);
}

void pn_strip_free(pn_strip *strip) {
    free(strip->bytes);
    *strip = (pn_strip){.bytes = NULL};
}
