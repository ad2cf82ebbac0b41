// The picture of a render order, strip by strip of its canvas.
#include <stdlib.h>
#include <string.h>

#include "Bank.h"
#include "Strips.h"
#include "render_parts.h"
#include "resample_parts.h"

#define LARGEST_SIDE 65535
/// What is scaled may stand far over the canvas, which shows its middle.
#define LARGEST_SCALED (1 << 30)
#define WHITE 255
/// A block with the row above its strip.
#define BLOCK_BYTES ((size_t) BLOCK * (STRIP + 1))
/// Samples from one row of a block's detail to the next.
#define DETAIL_ROW (BLOCK + SLACK)

static int smaller(int a, int b) { return a < b ? a : b; }
static int larger(int a, int b) { return a > b ? a : b; }

static span span_of(int scaled, int canvas) {
    int count = smaller(scaled, canvas);
    return (span){.count = count, .start = (scaled - count) / 2, .offset = (canvas - count) / 2};
}

static int is_within(int width, int height, int most) {
    return width >= 1 && height >= 1 && width <= most && height <= most;
}

static int is_possible(const kn_plane *rgb, const kn_render *order) {
    for (int colour = 0; colour < 3; colour++)
        if (!rgb[colour].samples || rgb[colour].width != rgb[0].width || rgb[colour].height != rgb[0].height) return 0;
    return is_within(rgb[0].width, rgb[0].height, LARGEST_SIDE) &&
           is_within(order->scaled_width, order->scaled_height, LARGEST_SCALED) &&
           is_within(order->canvas_width, order->canvas_height, LARGEST_SIDE);
}

// MARK: Detail

/// The luma of a picture; its samples are freed by the caller, and NULL without memory.
static kn_plane luma_of(const kn_plane *rgb) {
    int width = rgb->width, height = rgb->height;
    kn_plane luma = {malloc((size_t) width * (size_t) height), width, height, width};
    for (int y = 0; y < height && luma.samples; y++)
        rd_luma_row(
            rgb[0].samples + y * rgb[0].stride, rgb[1].samples + y * rgb[1].stride, rgb[2].samples + y * rgb[2].stride,
            width, luma.samples + y * luma.stride);
    return luma;
}

static int grows(const kn_plane *rgb, const kn_render *order) {
    return order->scaled_width > rgb->width && order->scaled_height > rgb->height;
}

/// How many times a picture grows; where that is not the same in both directions, the less.
static double factor_of(const kn_plane *rgb, const kn_render *order) {
    double across = (double) order->scaled_width / rgb->width, down = (double) order->scaled_height / rgb->height;
    return across < down ? across : down;
}

kn_bank_choice kn_render_choose(const kn_plane *rgb, const kn_render *order) {
    kn_bank_choice choice = {0, 0};
    if (!is_possible(rgb, order) || !grows(rgb, order)) return choice;
    kn_plane luma = luma_of(rgb);
    if (luma.samples) choice = kn_bank_choose(&luma, factor_of(rgb, order));
    free(luma.samples);
    return choice;
}

static kn_result prepare_detail(rd_source *source) {
    const kn_render *order = &source->order;
    source->luma = luma_of(source->rgb);
    source->detail_share = (int16_t) order->detail.share;
    source->detail_columns = kn_axis_new(
        2 * source->luma.width, order->scaled_width, source->across.start, source->across.count);
    source->detail_rows = kn_axis_new(
        2 * source->luma.height, order->scaled_height, source->down.start, source->down.count);
    return source->luma.samples && source->detail_columns && source->detail_rows ? KN_DONE : KN_MEMORY;
}

/// The rows of the bank's detail that some rows of the picture need, at twice the size of the source.
static kn_result make_detail(const rd_source *source, rd_desk *desk, int first, int count, kn_fine_rows *rows) {
    *rows = (kn_fine_rows){
        .width = 2 * source->luma.width, .height = 2 * source->luma.height,
        .stride = 2 * (ptrdiff_t) source->luma.width + SLACK};
    rows->bottom = kn_rows_under(source->detail_rows, first, count, &rows->top);
    rows->top -= rows->top % 2;
    rows->bottom += rows->bottom % 2;
    size_t size = (size_t) (rows->bottom - rows->top) * (size_t) rows->stride * sizeof(int16_t);
    int16_t *samples = kn_scratch_room(desk->detail, size);
    if (!samples) return KN_MEMORY;
    rows->samples = samples;
    return kn_bank_detail(
        &source->luma, source->order.detail.bank, rows->top, rows->bottom - rows->top, samples, rows->stride);
}

// MARK: Source

kn_result rd_source_make(rd_source *source, const kn_plane *rgb, const kn_render *order) {
    *source = (rd_source){.rgb = rgb, .order = *order};
    if (!is_possible(rgb, order)) return KN_ROOM;
    int width = rgb->width, height = rgb->height;
    source->order.threads = larger(1, smaller(order->threads, rd_strips(source)));
    source->across = span_of(order->scaled_width, order->canvas_width);
    source->down = span_of(order->scaled_height, order->canvas_height);
    if (order->scaled_width == width && order->scaled_height == height) return KN_DONE;
    source->columns = kn_axis_new(width, order->scaled_width, source->across.start, source->across.count);
    source->rows = kn_axis_new(height, order->scaled_height, source->down.start, source->down.count);
    if (!source->columns || !source->rows) return KN_MEMORY;
    return order->detail.bank && grows(rgb, order) ? prepare_detail(source) : KN_DONE;
}

void rd_source_free(rd_source *source) {
    kn_axis_free(source->columns);
    kn_axis_free(source->rows);
    kn_axis_free(source->detail_columns);
    kn_axis_free(source->detail_rows);
    free(source->luma.samples);
}

rd_desk *rd_desks_new(const rd_source *source) {
    size_t threads = (size_t) source->order.threads;
    rd_desk *desks = calloc(threads, sizeof *desks);
    if (!desks) return NULL;
    int is_well = 1;
    for (size_t thread = 0; thread < threads; thread++) {
        rd_desk *desk = &desks[thread];
        desk->scratch = kn_scratch_new();
        desk->block = malloc(3 * BLOCK_BYTES);
        desk->detail = kn_scratch_new();
        desk->block_detail = malloc(DETAIL_ROW * (STRIP + 1) * sizeof *desk->block_detail);
        desk->rows = malloc((size_t) source->order.canvas_width * 3 * (STRIP + 1));
        is_well = is_well && desk->scratch && desk->block && desk->detail && desk->block_detail && desk->rows;
    }
    if (is_well) return desks;
    rd_desks_free(desks, source);
    return NULL;
}

void rd_desks_free(rd_desk *desks, const rd_source *source) {
    if (!desks) return;
    for (int thread = 0; thread < source->order.threads; thread++) {
        kn_scratch_free(desks[thread].scratch);
        free(desks[thread].block);
        kn_scratch_free(desks[thread].detail);
        free(desks[thread].block_detail);
        free(desks[thread].rows);
        pn_scratch_free(desks[thread].png);
    }
    free(desks);
}

int rd_strips(const rd_source *source) { return (source->order.canvas_height + STRIP - 1) / STRIP; }

int rd_strip_rows(const rd_source *source, int strip) {
    return smaller(STRIP, source->order.canvas_height - strip * STRIP);
}

// MARK: Rows

/// A part of the canvas: rows of the picture that show, and where their first pixel goes.
struct part {
    int first;
    int count;
    uint8_t *out;
    ptrdiff_t stride;
};

static void copy_part(const rd_source *source, const struct part *part) {
    for (int row = 0; row < part->count; row++) {
        const uint8_t *planes[3];
        for (int colour = 0; colour < 3; colour++) {
            const kn_plane *plane = &source->rgb[colour];
            planes[colour] = plane->samples + (source->down.start + part->first + row) * plane->stride;
            planes[colour] += source->across.start;
        }
        kn_pack_row(planes, source->across.count, 3, part->out + row * part->stride);
    }
}

/// Resamples a block of columns and sets it in its place. What luma gains goes to all three colours before they are rounded.
static kn_result make_block(
    const rd_source *source, rd_desk *desk, const struct part *part, const kn_fine_rows *detail, int from) {
    int width = smaller(BLOCK, source->across.count - from);
    kn_addition addition = {desk->block_detail, DETAIL_ROW, source->detail_share};
    kn_result result = KN_DONE;
    if (detail)
        result = kn_resample_fine_block(
            detail, source->detail_columns, source->detail_rows, from, width, part->first, part->count,
            desk->block_detail, DETAIL_ROW, desk->scratch);
    uint8_t *planes[3];
    for (int colour = 0; colour < 3; colour++) planes[colour] = desk->block + (size_t) colour * BLOCK_BYTES;
    for (int colour = 0; colour < 3 && result == KN_DONE; colour++)
        result = kn_resample_block(
            &source->rgb[colour], source->columns, source->rows, from, width, part->first, part->count,
            detail ? &addition : NULL, planes[colour], BLOCK, desk->scratch);
    if (result != KN_DONE) return result;
    uint8_t *out = part->out + (size_t) from * 3;
    for (int row = 0; row < part->count; row++, out += part->stride) {
        kn_pack_row((const uint8_t *const *) planes, width, 3, out);
        for (int colour = 0; colour < 3; colour++) planes[colour] += BLOCK;
    }
    return KN_DONE;
}

kn_result rd_rows(const rd_source *source, rd_desk *desk, int first, int count, uint8_t *out) {
    ptrdiff_t stride = (ptrdiff_t) source->order.canvas_width * 3;
    int top = larger(first, source->down.offset);
    int bottom = smaller(first + count, source->down.offset + source->down.count);
    int is_covered = top == first && bottom == first + count && source->across.count == source->order.canvas_width;
    if (!is_covered) memset(out, WHITE, (size_t) stride * (size_t) count);
    if (top >= bottom) return KN_DONE;
    struct part part = {
        top - source->down.offset, bottom - top, out + (top - first) * stride + (ptrdiff_t) source->across.offset * 3,
        stride};
    if (!source->columns) {
        copy_part(source, &part);
        return KN_DONE;
    }
    kn_fine_rows detail;
    int has_detail = source->luma.samples != NULL;
    kn_result result = has_detail ? make_detail(source, desk, part.first, part.count, &detail) : KN_DONE;
    for (int from = 0; from < source->across.count && result == KN_DONE; from += BLOCK)
        result = make_block(source, desk, &part, has_detail ? &detail : NULL, from);
    return result;
}
