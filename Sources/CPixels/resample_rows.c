// Rows of a result from a plane that is whole in memory.
#include <stdlib.h>
#include <string.h>

#include "resample_parts.h"

struct kn_scratch {
    void *bytes;
    size_t size;
};

kn_scratch *kn_scratch_new(void) { return calloc(1, sizeof(kn_scratch)); }

void kn_scratch_free(kn_scratch *scratch) {
    if (!scratch) return;
    free(scratch->bytes);
    free(scratch);
}

void *kn_scratch_room(kn_scratch *scratch, size_t size) {
    if (size > scratch->size) {
        free(scratch->bytes);
        scratch->bytes = malloc(size);
        scratch->size = scratch->bytes ? size : 0;
    }
    return scratch->bytes;
}

static int smaller(int a, int b) { return a < b ? a : b; }

/// The source rows from `top` to before `bottom` and, in the scratch memory, what the passes need of them.
struct window {
    int top;
    int bottom;
    int16_t *between;
    const int16_t **rows;
    int16_t *weights;
    uint8_t *samples;
};

/// The samples under a block's kernels are copied out: then reading behind them is allowed, and needs no second thought.
static void block_across(const kn_plane *in, const kn_axis *columns, int from, int count, const struct window *window) {
    int left = columns->first[from];
    int right = smaller(columns->first[from + count - 1] + columns->taps, in->width);
    const uint8_t *row = in->samples + window->top * in->stride + left;
    int16_t *out = window->between;
    for (int y = window->top; y < window->bottom; y++, row += in->stride, out += BLOCK + SLACK) {
        memcpy(window->samples, row, (size_t) (right - left));
        kn_across(columns, from, count, window->samples, left, out);
    }
}

/// What is added counts as two rows more, the second with nothing.
static void block_down(
    const kn_axis *rows, int first, int count, int width, const kn_addition *addition, uint8_t *out,
    ptrdiff_t out_stride, const struct window *window) {
    int taps = addition ? rows->taps + 2 : rows->taps;
    for (int place = first; place < first + count; place++, out += out_stride) {
        const int16_t *weights = rows->weights + (size_t) place * (size_t) rows->taps;
        for (int tap = 0; tap < rows->taps; tap++) {
            // Behind the last row a weight is 0, and any row will do.
            int y = smaller(rows->first[place] + tap, window->bottom - 1);
            window->rows[tap] = window->between + (size_t) (y - window->top) * (BLOCK + SLACK);
        }
        if (addition) {
            memcpy(window->weights, weights, (size_t) rows->taps * sizeof *weights);
            window->weights[taps - 2] = addition->share;
            window->weights[taps - 1] = 0;
            window->rows[taps - 2] = addition->samples + (place - first) * addition->stride;
            window->rows[taps - 1] = window->rows[taps - 2];
        }
        kn_down(window->rows, addition ? window->weights : weights, taps, width, out);
    }
}

kn_result kn_resample_block(
    const kn_plane *in, const kn_axis *columns, const kn_axis *rows, int from, int width, int first, int count,
    const kn_addition *addition, uint8_t *out, ptrdiff_t out_stride, kn_scratch *scratch) {
    struct window window = {0};
    window.bottom = kn_rows_under(rows, first, count, &window.top);
    size_t between = (size_t) (window.bottom - window.top) * (BLOCK + SLACK) * sizeof *window.between;
    size_t taps = (size_t) rows->taps + 2;
    size_t samples = (size_t) in->width + (size_t) columns->taps + SLACK;
    uint8_t *room = kn_scratch_room(
        scratch, between + taps * (sizeof *window.rows + sizeof *window.weights) + samples);
    if (!room) return KN_MEMORY;
    window.between = (int16_t *) room;
    window.rows = (const int16_t **) (room + between);
    window.weights = (int16_t *) (room + between + taps * sizeof *window.rows);
    window.samples = room + between + taps * (sizeof *window.rows + sizeof *window.weights);
    memset(window.samples, 0, samples);
    block_across(in, columns, from, width, &window);
    block_down(rows, first, count, width, addition, out, out_stride, &window);
    return KN_DONE;
}

int kn_fits(const kn_plane *in, const kn_axis *columns, const kn_axis *rows) {
    return in->samples && in->width == columns->length && in->height == rows->length;
}

kn_result kn_resample_rows(
    const kn_plane *in, const kn_axis *columns, const kn_axis *rows, int first, int count, uint8_t *out,
    ptrdiff_t out_stride, kn_scratch *scratch) {
    if (!kn_fits(in, columns, rows) || first < 0 || count < 0 || count > rows->places - first) return KN_ROOM;
    kn_result result = KN_DONE;
    for (int from = 0; from < columns->places && count && result == KN_DONE; from += BLOCK)
        result = kn_resample_block(
            in, columns, rows, from, smaller(BLOCK, columns->places - from), first, count, NULL, out + from,
            out_stride, scratch);
    return result;
}
