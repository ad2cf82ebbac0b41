// The window of rows that the filter bank works in.
#include "bank_rows.h"

#include <stdlib.h>
#include <string.h>

#define AROUND 3
#define KEPT (2 * AROUND + 1)
#define WINDOW 5
#define SUMS 4

struct bank_rows {
    kn_plane plane;
    int y;
    int16_t *samples[KEPT];
    bank_slopes slopes[WINDOW];
    bank_slopes sums;
    void *memory;
};

// Row -1 is taken as row 0 and so on; rings are indexed by the row's number, shifted so that it is never negative.
static int16_t *ring_row(const bank_rows *rows, int y) { return rows->samples[(y + 2 * KEPT) % KEPT]; }
static bank_slopes *ring_slopes(bank_rows *rows, int y) { return &rows->slopes[(y + 2 * WINDOW) % WINDOW]; }

static void read_row(bank_rows *rows, int y) {
    int last = rows->plane.height - 1, width = rows->plane.width, inside = y < 0 ? 0 : y > last ? last : y;
    const uint8_t *in = rows->plane.samples + (ptrdiff_t) inside * rows->plane.stride;
    int16_t *out = ring_row(rows, y);
    for (int x = 0; x < width; x++) out[x] = in[x];
    for (int x = 1; x <= BANK_MARGIN; x++) {
        out[-x] = in[0];
        out[width - 1 + x] = in[width - 1];
    }
}

static void make_slopes(bank_rows *rows, int y) {
    bank_slope_row(
        ring_row(rows, y - 1), ring_row(rows, y), ring_row(rows, y + 1), -2, rows->plane.width + 2,
        ring_slopes(rows, y));
}

static void add(int32_t *restrict sum, const int32_t *restrict more, int from, int to) {
    for (int x = from; x < to; x++) sum[x] += more[x];
}

static void take(int32_t *restrict sum, const int32_t *restrict less, int from, int to) {
    for (int x = from; x < to; x++) sum[x] -= less[x];
}

static void change_sums(bank_rows *rows, int y, void (*change)(int32_t *restrict, const int32_t *restrict, int, int)) {
    const bank_slopes *row = ring_slopes(rows, y);
    int to = rows->plane.width + 2;
    change(rows->sums.xx, row->xx, -2, to);
    change(rows->sums.yy, row->yy, -2, to);
    change(rows->sums.xy, row->xy, -2, to);
    change(rows->sums.bend, row->bend, -2, to);
}

static int32_t *cut(uint8_t **memory, size_t bytes) {
    int32_t *start = (int32_t *) (void *) (*memory + BANK_MARGIN * sizeof(int32_t));
    *memory += bytes;
    return start;
}

static void lay_out(bank_rows *rows, uint8_t *memory, size_t bytes) {
    for (int i = 0; i < WINDOW; i++)
        rows->slopes[i] =
            (bank_slopes){cut(&memory, bytes), cut(&memory, bytes), cut(&memory, bytes), cut(&memory, bytes)};
    rows->sums = (bank_slopes){cut(&memory, bytes), cut(&memory, bytes), cut(&memory, bytes), cut(&memory, bytes)};
    for (int i = 0; i < KEPT; i++) rows->samples[i] = (int16_t *) (void *) cut(&memory, bytes);
}

bank_rows *bank_rows_new(const kn_plane *plane, int y) {
    size_t bytes = ((size_t) plane->width + 2 * BANK_MARGIN) * sizeof(int32_t);
    bank_rows *rows = calloc(1, sizeof *rows);
    uint8_t *memory = calloc((WINDOW + 1) * SUMS + KEPT, bytes);
    if (!rows || !memory) {
        free(rows);
        free(memory);
        return NULL;
    }
    rows->plane = *plane;
    rows->y = y;
    rows->memory = memory;
    lay_out(rows, memory, bytes);
    for (int at = y - AROUND; at <= y + AROUND; at++) read_row(rows, at);
    for (int at = y - 2; at <= y + 2; at++) {
        make_slopes(rows, at);
        change_sums(rows, at, add);
    }
    return rows;
}

void bank_rows_free(bank_rows *rows) {
    free(rows->memory);
    free(rows);
}

const int16_t *bank_rows_at(const bank_rows *rows, int offset) { return ring_row(rows, rows->y + offset); }

const bank_slopes *bank_rows_sums(const bank_rows *rows) { return &rows->sums; }

void bank_rows_advance(bank_rows *rows) {
    change_sums(rows, rows->y - 2, take);
    rows->y++;
    read_row(rows, rows->y + AROUND);
    make_slopes(rows, rows->y + 2);
    change_sums(rows, rows->y + 2, add);
}
