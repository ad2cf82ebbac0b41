// The two passes of the resampler, each in plain C and for AVX2 with the same result.
#include <string.h>

#include "resample_parts.h"

#define ACROSS_SHIFT (WEIGHT_BITS - BETWEEN_BITS)
#define DOWN_SHIFT (WEIGHT_BITS + BETWEEN_BITS)
#define HALF(shift) (1 << ((shift) - 1))

static int clamp(int value, int low, int high) { return value < low ? low : value > high ? high : value; }

static void across_portable(
    const kn_axis *axis, int from, int count, const uint8_t *row, int origin, int16_t *out) {
    for (int index = 0; index < count; index++) {
        int place = from + index;
        const int16_t *weights = axis->weights + (size_t) place * (size_t) axis->taps;
        const uint8_t *samples = row + (axis->first[place] - origin);
        int sum = HALF(ACROSS_SHIFT);
        for (int tap = 0; tap < axis->taps; tap++) sum += samples[tap] * weights[tap];
        out[index] = (int16_t) clamp(sum >> ACROSS_SHIFT, INT16_MIN, INT16_MAX);
    }
}

/// Samples whose sums are kept at a time; short enough for registers, and within the slack.
#define SUMS SLACK

static void down_portable(
    const int16_t *const *rows, const int16_t *weights, int taps, int width, uint8_t *out) {
    for (int from = 0; from < width; from += SUMS) {
        int sums[SUMS];
        for (int x = 0; x < SUMS; x++) sums[x] = HALF(DOWN_SHIFT);
        for (int tap = 0; tap < taps; tap++) {
            const int16_t *row = rows[tap] + from;
            for (int x = 0; x < SUMS; x++) sums[x] += row[x] * weights[tap];
        }
        int count = width - from < SUMS ? width - from : SUMS;
        for (int x = 0; x < count; x++) out[from + x] = (uint8_t) clamp(sums[x] >> DOWN_SHIFT, 0, UINT8_MAX);
    }
}

#if defined(__x86_64__)
#include <immintrin.h>

/// Eight places at a time: two neighbouring samples of each are brought together and multiplied with their weights.
__attribute__((target("avx2"))) static void across_narrow(
    const kn_axis *axis, int from, int count, const uint8_t *row, int origin, int16_t *out) {
    int pairs = axis->taps / 2;
    for (int group = from / GROUP; group * GROUP < from + count; group++, out += GROUP) {
        const uint8_t *low = row + (axis->lane_start[2 * group] - origin);
        const uint8_t *high = row + (axis->lane_start[2 * group + 1] - origin);
        const int16_t *weights = axis->paired + (size_t) group * (size_t) pairs * 16;
        __m256i picks = _mm256_loadu_si256((const __m256i *) (axis->picks + 32 * (size_t) group));
        __m256i sum = _mm256_set1_epi32(HALF(ACROSS_SHIFT));
        for (int pair = 0; pair < pairs; pair++, low += 2, high += 2, weights += 16) {
            __m256i samples = _mm256_inserti128_si256(
                _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *) low)),
                _mm_loadu_si128((const __m128i *) high), 1);
            __m256i products = _mm256_madd_epi16(
                _mm256_shuffle_epi8(samples, picks), _mm256_loadu_si256((const __m256i *) weights));
            sum = _mm256_add_epi32(sum, products);
        }
        sum = _mm256_srai_epi32(sum, ACROSS_SHIFT);
        sum = _mm256_permute4x64_epi64(_mm256_packs_epi32(sum, sum), 0x08);
        _mm_storeu_si128((__m128i *) out, _mm256_castsi256_si128(sum));
    }
}

/// One place at a time, for kernels so wide that adding up a vector at the end does not count.
__attribute__((target("avx2"))) static void across_wide(
    const kn_axis *axis, int from, int count, const uint8_t *row, int origin, int16_t *out) {
    for (int index = 0; index < count; index++) {
        int place = from + index;
        const int16_t *weights = axis->weights + (size_t) place * (size_t) axis->taps;
        const uint8_t *samples = row + (axis->first[place] - origin);
        __m256i sum = _mm256_setzero_si256();
        for (int tap = 0; tap < axis->taps; tap += 16) {
            __m256i wide = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *) (samples + tap)));
            sum = _mm256_add_epi32(
                sum, _mm256_madd_epi16(wide, _mm256_loadu_si256((const __m256i *) (weights + tap))));
        }
        __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
        half = _mm_hadd_epi32(half, half);
        half = _mm_hadd_epi32(half, half);
        int total = (_mm_cvtsi128_si32(half) + HALF(ACROSS_SHIFT)) >> ACROSS_SHIFT;
        out[index] = (int16_t) clamp(total, INT16_MIN, INT16_MAX);
    }
}

/// Adds the products of two rows' 16 samples to their sums, which stay in the order that packing undoes.
#define ADD_TWO_ROWS(low, high, offset)                                                       \
    do {                                                                                      \
        __m256i a = _mm256_loadu_si256((const __m256i *) (upper + (offset)));                 \
        __m256i b = _mm256_loadu_si256((const __m256i *) (lower + (offset)));                 \
        low = _mm256_add_epi32(low, _mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), weight));  \
        high = _mm256_add_epi32(high, _mm256_madd_epi16(_mm256_unpackhi_epi16(a, b), weight)); \
    } while (0)

__attribute__((target("avx2"))) static __m256i settle(__m256i low, __m256i high) {
    return _mm256_packs_epi32(_mm256_srai_epi32(low, DOWN_SHIFT), _mm256_srai_epi32(high, DOWN_SHIFT));
}

__attribute__((target("avx2"))) static void down_vector(
    const int16_t *const *rows, const int16_t *weights, int taps, int width, uint8_t *out) {
    const __m256i half = _mm256_set1_epi32(HALF(DOWN_SHIFT));
    for (int x = 0; x < width; x += 32) {
        __m256i sum0 = half, sum1 = half, sum2 = half, sum3 = half;
        for (int tap = 0; tap < taps; tap += 2) {
            int32_t both;
            memcpy(&both, weights + tap, sizeof both);
            __m256i weight = _mm256_set1_epi32(both);
            const int16_t *upper = rows[tap] + x, *lower = rows[tap + 1] + x;
            ADD_TWO_ROWS(sum0, sum1, 0);
            ADD_TWO_ROWS(sum2, sum3, 16);
        }
        __m256i bytes = _mm256_packus_epi16(settle(sum0, sum1), settle(sum2, sum3));
        bytes = _mm256_permute4x64_epi64(bytes, 0xd8);
        if (width - x >= 32) {
            _mm256_storeu_si256((__m256i *) (out + x), bytes);
        } else {
            uint8_t last[32];
            _mm256_storeu_si256((__m256i *) last, bytes);
            memcpy(out + x, last, (size_t) (width - x));
        }
    }
}
#endif

void kn_across(const kn_axis *axis, int from, int count, const uint8_t *row, int origin, int16_t *out) {
#if defined(__x86_64__)
    if (kn_has_avx2()) {
        if (axis->is_narrow)
            across_narrow(axis, from, count, row, origin, out);
        else
            across_wide(axis, from, count, row, origin, out);
        return;
    }
#endif
    across_portable(axis, from, count, row, origin, out);
}

void kn_down(const int16_t *const *rows, const int16_t *weights, int taps, int width, uint8_t *out) {
#if defined(__x86_64__)
    if (kn_has_avx2()) {
        down_vector(rows, weights, taps, width, out);
        return;
    }
#endif
    down_portable(rows, weights, taps, width, out);
}
