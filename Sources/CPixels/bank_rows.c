// The window of rows that Lanczos3 and the range around a pixel are made from.
#include "bank_rows.h"

#include <stdlib.h>

#define AROUND 3
#define KEPT (2 * AROUND + 1)

struct bank_rows {
    kn_plane plane;
    int y;
    int16_t *samples[KEPT];
    void *memory;
};

// Row -1 is taken as row 0 and so on; the ring is indexed by the row's number, shifted so that it is never negative.
static int16_t *ring_row(const bank_rows *rows, int y) { return rows->samples[(y + 2 * KEPT) % KEPT]; }

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

bank_rows *bank_rows_new(const kn_plane *plane, int y) {
    size_t length = (size_t) plane->width + 2 * BANK_MARGIN;
    bank_rows *rows = calloc(1, sizeof *rows);
    int16_t *memory = calloc(KEPT * length, sizeof *memory);
    if (!rows || !memory) {
        free(rows);
        free(memory);
        return NULL;
    }
    rows->plane = *plane;
    rows->y = y;
    rows->memory = memory;
    for (size_t row = 0; row < KEPT; row++) rows->samples[row] = memory + row * length + BANK_MARGIN;
    for (int at = y - AROUND; at <= y + AROUND; at++) read_row(rows, at);
    return rows;
}

void bank_rows_free(bank_rows *rows) {
    free(rows->memory);
    free(rows);
}

const int16_t *bank_rows_at(const bank_rows *rows, int offset) { return ring_row(rows, rows->y + offset); }

void bank_rows_advance(bank_rows *rows) {
    rows->y++;
    read_row(rows, rows->y + AROUND);
}
