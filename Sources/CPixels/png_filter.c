// PNG 3 §9.2: a row less what each filter predicts of it. Nothing depends on bytes made before, so all is done in whole vectors.
#include <string.h>

#include "Planes.h"
#include "png_rows.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/// §9.4: of a, b and c the one nearest to a + b - c, ties to a, then b.
static inline uint8_t paeth(uint8_t a, uint8_t b, uint8_t c) {
    int to_a = b > c ? b - c : c - b, to_b = a > c ? a - c : c - a, sum = a + b - 2 * c, to_c = sum < 0 ? -sum : sum;
    return to_a <= to_b && to_a <= to_c ? a : to_b <= to_c ? b : c;
}

/// `row` and `above` are read `channels` bytes before the start.
__attribute__((always_inline)) static inline void filter_from(
    int filter, const uint8_t *row, const uint8_t *above, size_t start, size_t length, size_t channels, uint8_t *out) {
    const uint8_t *left = row - channels, *above_left = above - channels;
    switch (filter) {
        case PN_SUB:
            for (size_t i = start; i < length; i++) out[i] = (uint8_t) (row[i] - left[i]);
            break;
        case PN_UP:
            for (size_t i = start; i < length; i++) out[i] = (uint8_t) (row[i] - above[i]);
            break;
        case PN_AVERAGE:
            for (size_t i = start; i < length; i++) out[i] = (uint8_t) (row[i] - (left[i] + above[i]) / 2);
            break;
        case PN_PAETH:
            for (size_t i = start; i < length; i++) out[i] = (uint8_t) (row[i] - paeth(left[i], above[i], above_left[i]));
            break;
        default: memcpy(out + start, row + start, length - start);
    }
}

#if defined(__x86_64__)
#define VECTOR __attribute__((target("avx2")))

VECTOR static inline __m256i bytes_at(const uint8_t *bytes) { return _mm256_loadu_si256((const __m256i *) (const void *) bytes); }

/// In bytes throughout. Where c does not lie between a and b the nearest is a or b. Where it does, its distance is the
/// difference of theirs, and `between` is the lesser of theirs (0 otherwise).
VECTOR static inline __m256i paeth_of_32(__m256i a, __m256i b, __m256i c) {
    __m256i bc = _mm256_subs_epu8(b, c), cb = _mm256_subs_epu8(c, b);
    __m256i ac = _mm256_subs_epu8(a, c), ca = _mm256_subs_epu8(c, a);
    __m256i to_a = _mm256_or_si256(bc, cb), to_b = _mm256_or_si256(ac, ca);
    __m256i between = _mm256_or_si256(_mm256_min_epu8(bc, ca), _mm256_min_epu8(cb, ac));
    __m256i nearer = _mm256_min_epu8(to_a, to_b), to_c = _mm256_sub_epi8(_mm256_max_epu8(to_a, to_b), nearer);
    __m256i not_c = _mm256_cmpeq_epi8(_mm256_subs_epu8(between, to_c), _mm256_setzero_si256());
    __m256i of_two = _mm256_blendv_epi8(b, a, _mm256_cmpeq_epi8(to_a, nearer));
    return _mm256_blendv_epi8(c, of_two, not_c);
}

VECTOR static void filter_with_vectors(
    int filter, const uint8_t *row, const uint8_t *above, size_t start, size_t length, size_t channels, uint8_t *out) {
    size_t i = start;
    for (; filter == PN_PAETH && i + 32 <= length; i += 32) {
        __m256i guess =
            paeth_of_32(bytes_at(row + i - channels), bytes_at(above + i), bytes_at(above + i - channels));
        _mm256_storeu_si256((__m256i *) (void *) (out + i), _mm256_sub_epi8(bytes_at(row + i), guess));
    }
    filter_from(filter, row, above, i, length, channels, out);
}
#endif

void pn_filter(int filter, const uint8_t *row, const uint8_t *above, size_t length, int channels, uint8_t *out) {
    size_t first = (size_t) channels;
    // Left of the first pixel all is zero: Paeth then gives the byte above.
    for (size_t i = 0; i < first; i++) {
        uint8_t guess = filter == PN_UP || filter == PN_PAETH ? above[i] : filter == PN_AVERAGE ? above[i] / 2 : 0;
        out[i] = (uint8_t) (row[i] - guess);
    }
#if defined(__x86_64__)
    if (kn_has_avx2()) return filter_with_vectors(filter, row, above, first, length, first, out);
#endif
    filter_from(filter, row, above, first, length, first, out);
}
