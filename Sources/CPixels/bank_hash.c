// The hash of the filter bank: which bucket a pixel's surroundings fall in.
#include <stdlib.h>
#include <string.h>

#include "bank_parts.h"
#include "bank_rows.h"

// The loops are plain; the compiler makes vectors of them, wider ones in the second edition.
static inline __attribute__((always_inline)) void slope_row(
    const int16_t *above, const int16_t *row, const int16_t *below, int from, int to, const bank_slopes *out) {
    int32_t *restrict xx = out->xx, *restrict yy = out->yy, *restrict xy = out->xy, *restrict bend = out->bend;
    for (int x = from; x < to; x++) {
        int32_t across = row[x + 1] - row[x - 1], down = below[x] - above[x];
        int32_t bend_across = row[x + 1] + row[x - 1] - 2 * row[x], bend_down = below[x] + above[x] - 2 * row[x];
        xx[x] = across * across;
        yy[x] = down * down;
        xy[x] = across * down;
        bend[x] = bend_across * bend_across + bend_down * bend_down;
    }
}

static inline __attribute__((always_inline)) int32_t five(const int32_t *at) {
    return at[-2] + at[-1] + at[0] + at[1] + at[2];
}

static inline __attribute__((always_inline)) void bucket_row(const bank_slopes *sums, int width, uint8_t *restrict out) {
    const int32_t *xx = sums->xx, *yy = sums->yy, *xy = sums->xy, *bends = sums->bend;
    for (int x = 0; x < width; x++) {
        int32_t sum_xx = five(xx + x), sum_yy = five(yy + x), bend = five(bends + x);
        // The structure tensor's double angle is that of (a, b); no angle is computed, only its eighth of the circle.
        int32_t a = sum_xx - sum_yy, b = 2 * five(xy + x), total = sum_xx + sum_yy;
        int32_t size_a = a < 0 ? -a : a, size_b = b < 0 ? -b : b;
        int32_t level = 5 * size_b < 2 * size_a, steep = 5 * size_a < 2 * size_b, left = a < 0, up = b < 0;
        int32_t askew = up ? (left ? 5 : 7) : (left ? 3 : 1);
        int32_t direction = level ? 4 * left : steep ? 2 + 4 * up : askew;
        // sqrt(a² + b²) to 7 %, symmetrical in a and b.
        int32_t more = size_a > size_b ? size_a : size_b, less = size_a > size_b ? size_b : size_a;
        int32_t coherent = 8 * more + 3 * less > 4 * total;
        int32_t strength = (total > 25 * 40) + (total > 25 * 400);
        int32_t sharp = (20 * bend > 3 * total) + (5 * bend > 2 * total) + (5 * bend > 4 * total);
        out[x] = (uint8_t) (((sharp * 2 + coherent) * 3 + strength) * 8 + direction);
    }
}

static void slope_row_portable(
    const int16_t *above, const int16_t *row, const int16_t *below, int from, int to, const bank_slopes *out) {
    slope_row(above, row, below, from, to, out);
}

static void bucket_row_portable(const bank_slopes *sums, int width, uint8_t *buckets) {
    bucket_row(sums, width, buckets);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void slope_row_avx2(
    const int16_t *above, const int16_t *row, const int16_t *below, int from, int to, const bank_slopes *out) {
    slope_row(above, row, below, from, to, out);
}

__attribute__((target("avx2"))) static void bucket_row_avx2(const bank_slopes *sums, int width, uint8_t *buckets) {
    bucket_row(sums, width, buckets);
}
#endif

void bank_slope_row(
    const int16_t *above, const int16_t *row, const int16_t *below, int from, int to, const bank_slopes *out) {
#if defined(__x86_64__)
    if (kn_has_avx2()) {
        slope_row_avx2(above, row, below, from, to, out);
        return;
    }
#endif
    slope_row_portable(above, row, below, from, to, out);
}

void bank_bucket_row(const bank_slopes *sums, int width, uint8_t *buckets) {
#if defined(__x86_64__)
    if (kn_has_avx2()) {
        bucket_row_avx2(sums, width, buckets);
        return;
    }
#endif
    bucket_row_portable(sums, width, buckets);
}

kn_result bank_buckets(const kn_plane *luma, uint8_t *buckets) {
    bank_rows *rows = bank_rows_new(luma, 0);
    if (!rows) return KN_MEMORY;
    for (int y = 0; y < luma->height; y++) {
        bank_bucket_row(bank_rows_sums(rows), luma->width, buckets + (size_t) y * (size_t) luma->width);
        bank_rows_advance(rows);
    }
    bank_rows_free(rows);
    return KN_DONE;
}
