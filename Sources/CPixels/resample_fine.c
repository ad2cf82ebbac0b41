// The resampler for what is not to be rounded in between: 16-bit fractions in, 16-bit fractions out, in plain C and for AVX2 with
// the same result.
#include <string.h>

#include "resample_parts.h"

#define HALF (1 << (WEIGHT_BITS - 1))

static int16_t settled(int sum) {
    sum >>= WEIGHT_BITS;
    return (int16_t) (sum < INT16_MIN ? INT16_MIN : sum > INT16_MAX ? INT16_MAX : sum);
}

static void across_portable(
    const kn_axis *axis, int from, int count, const int16_t *row, int origin, int16_t *out) {
    for (int index = 0; index < count; index++) {
        int place = from + index, sum = HALF;
        const int16_t *weights = axis->weights + (size_t) place * (size_t) axis->taps;
        const int16_t *samples = row + (axis->first[place] - origin);
        for (int tap = 0; tap < axis->taps; tap++) sum += samples[tap] * weights[tap];
        out[index] = settled(sum);
    }
}

static void down_portable(const int16_t *const *rows, const int16_t *weights, int taps, int width, int16_t *out) {
    for (int x = 0; x < width; x++) {
        int sum = HALF;
        for (int tap = 0; tap < taps; tap++) sum += rows[tap][x] * weights[tap];
        out[x] = settled(sum);
    }
}

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

AVX2 static inline __m256i load(const int16_t *at) { return _mm256_loadu_si256((const __m256i *) at); }

/// From how two neighbouring bytes of each place are picked: how two neighbouring samples are.
AVX2 static inline __m256i fine_picks(const uint8_t *picks) {
    __m256i offsets = _mm256_and_si256(_mm256_loadu_si256((const __m256i *) picks), _mm256_set1_epi32(0xff));
    return _mm256_add_epi32(
        _mm256_mullo_epi32(offsets, _mm256_set1_epi32(0x02020202)), _mm256_set1_epi32(0x03020100));
}

/// As for 8-bit samples: eight places at a time, two neighbouring samples of each are brought together.
AVX2 static void across_close(
    const kn_axis *axis, int from, int count, const int16_t *row, int origin, int16_t *out) {
    int pairs = axis->taps / 2;
    for (int group = from / GROUP; group * GROUP < from + count; group++, out += GROUP) {
        const int16_t *low = row + (axis->lane_start[2 * group] - origin);
        const int16_t *high = row + (axis->lane_start[2 * group + 1] - origin);
        const int16_t *weights = axis->paired + (size_t) group * (size_t) pairs * 16;
        __m256i picks = fine_picks(axis->picks + 32 * (size_t) group), sum = _mm256_set1_epi32(HALF);
        for (int pair = 0; pair < pairs; pair++, low += 2, high += 2, weights += 16) {
            __m256i samples = _mm256_inserti128_si256(
                _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *) low)),
                _mm_loadu_si128((const __m128i *) high), 1);
            sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_shuffle_epi8(samples, picks), load(weights)));
        }
        sum = _mm256_srai_epi32(sum, WEIGHT_BITS);
        sum = _mm256_permute4x64_epi64(_mm256_packs_epi32(sum, sum), 0x08);
        _mm_storeu_si128((__m128i *) out, _mm256_castsi256_si128(sum));
    }
}

AVX2 static void down_vector(const int16_t *const *rows, const int16_t *weights, int taps, int width, int16_t *out) {
    for (int x = 0; x < width; x += 16) {
        __m256i low = _mm256_set1_epi32(HALF), high = low;
        for (int tap = 0; tap < taps; tap += 2) {
            int32_t both;
            memcpy(&both, weights + tap, sizeof both);
            __m256i weight = _mm256_set1_epi32(both), upper = load(rows[tap] + x), lower = load(rows[tap + 1] + x);
            low = _mm256_add_epi32(low, _mm256_madd_epi16(_mm256_unpacklo_epi16(upper, lower), weight));
            high = _mm256_add_epi32(high, _mm256_madd_epi16(_mm256_unpackhi_epi16(upper, lower), weight));
        }
        __m256i sums = _mm256_packs_epi32(
            _mm256_srai_epi32(low, WEIGHT_BITS), _mm256_srai_epi32(high, WEIGHT_BITS));
        _mm256_storeu_si256((__m256i *) (out + x), sums);
    }
}
#endif

void kn_across_fine(const kn_axis *axis, int from, int count, const int16_t *row, int origin, int16_t *out) {
#if defined(__x86_64__)
    if (kn_has_avx2() && axis->is_close) {
        across_close(axis, from, count, row, origin, out);
        return;
    }
#endif
    across_portable(axis, from, count, row, origin, out);
}

void kn_down_fine(const int16_t *const *rows, const int16_t *weights, int taps, int width, int16_t *out) {
#if defined(__x86_64__)
    if (kn_has_avx2()) {
        down_vector(rows, weights, taps, width, out);
        return;
    }
#endif
    down_portable(rows, weights, taps, width, out);
}

static int smaller(int a, int b) { return a < b ? a : b; }

int kn_rows_under(const kn_axis *rows, int first, int count, int *top) {
    *top = rows->first[first];
    return smaller(rows->first[first + count - 1] + rows->taps, rows->length);
}

kn_result kn_resample_fine_block(
    const kn_fine_rows *in, const kn_axis *columns, const kn_axis *rows, int from, int width, int first, int count,
    int16_t *out, ptrdiff_t out_stride, kn_scratch *scratch) {
    int top, bottom = kn_rows_under(rows, first, count, &top);
    if (in->width != columns->length || in->height != rows->length || top < in->top || bottom > in->bottom)
        return KN_ROOM;
    size_t between = (size_t) (bottom - top) * (BLOCK + SLACK) * sizeof(int16_t);
    uint8_t *room = kn_scratch_room(scratch, between + (size_t) rows->taps * sizeof(int16_t *));
    if (!room) return KN_MEMORY;
    int16_t *made = (int16_t *) (void *) room;
    const int16_t **taps = (const int16_t **) (void *) (room + between);
    for (int y = top; y < bottom; y++)
        kn_across_fine(
            columns, from, width, in->samples + (y - in->top) * in->stride, 0,
            made + (size_t) (y - top) * (BLOCK + SLACK));
    for (int place = first; place < first + count; place++, out += out_stride) {
        // Behind the last row a weight is 0, and any row will do.
        for (int tap = 0; tap < rows->taps; tap++)
            taps[tap] = made + (size_t) (smaller(rows->first[place] + tap, bottom - 1) - top) * (BLOCK + SLACK);
        kn_down_fine(taps, rows->weights + (size_t) place * (size_t) rows->taps, rows->taps, width, out);
    }
    return KN_DONE;
}
