// PNG 3 §9.2: each filter adds back what it had predicted from the bytes left (a), above (b) and above left (c).
//
// Up has no chain from byte to byte and is left to the compiler. Sub, Average and Paeth go on from the pixel just made, so the
// vector form takes one pixel at a time, all its channels at once, and keeps that chain short.
#include <string.h>

#include "Planes.h"
#include "png_rows.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/// §9.4, without jumps: of a, b and c the one nearest to a + b - c, ties to a, then b. With t = 3c - a - b, a lies nearest or
/// b when c is not strictly between them; which is told by comparing t with the lesser and the greater of the two.
static inline uint8_t paeth(uint8_t a, uint8_t b, uint8_t c) {
    int low = a < b ? a : b, high = a < b ? b : a, t = 3 * c - a - b;
    int middle = high <= t ? low : c;
    return (uint8_t) (t <= low ? high : middle);
}

static void undo_up(uint8_t *row, const uint8_t *above, size_t length) {
    for (size_t i = 0; i < length; i++) row[i] = (uint8_t) (row[i] + above[i]);
}

static void undo_plainly(int filter, uint8_t *row, const uint8_t *above, size_t length, size_t channels) {
    for (size_t i = 0; i < length; i++) {
        uint8_t a = i < channels ? 0 : row[i - channels], c = i < channels ? 0 : above[i - channels], b = above[i];
        uint8_t guess = filter == PN_SUB ? a : filter == PN_AVERAGE ? (uint8_t) ((a + b) / 2) : paeth(a, b, c);
        row[i] = (uint8_t) (row[i] + guess);
    }
}

#if defined(__x86_64__)
#define VECTOR __attribute__((target("avx2")))

/// A pixel of 3 samples is read and written as 4 bytes but for the row's last, whose fourth byte may not be there.
VECTOR static inline __m128i load(const uint8_t *pixel, size_t bytes) {
    uint32_t word = 0;
    memcpy(&word, pixel, bytes);
    return _mm_cvtsi32_si128((int) word);
}

VECTOR static inline void store(uint8_t *pixel, __m128i value, size_t bytes) {
    uint32_t word = (uint32_t) _mm_cvtsi128_si32(value);
    memcpy(pixel, &word, bytes);
}

VECTOR static inline void undo_sub(uint8_t *row, size_t length, size_t channels) {
    __m128i a = _mm_setzero_si128();
    size_t i = 0;
    for (; i + 4 <= length; i += channels) {
        a = _mm_add_epi8(a, load(row + i, 4));
        store(row + i, a, channels);
    }
    if (i < length) store(row + i, _mm_add_epi8(a, load(row + i, channels)), channels);
}

/// The average rounded down: the processor's rounds up, which (a ^ b) & 1 takes back.
VECTOR static inline __m128i average(__m128i a, __m128i b) {
    __m128i odd = _mm_and_si128(_mm_xor_si128(a, b), _mm_set1_epi8(1));
    return _mm_sub_epi8(_mm_avg_epu8(a, b), odd);
}

VECTOR static inline void undo_average(uint8_t *row, const uint8_t *above, size_t length, size_t channels) {
    __m128i a = _mm_setzero_si128();
    size_t i = 0;
    for (; i + 4 <= length; i += channels) {
        a = _mm_add_epi8(load(row + i, 4), average(a, load(above + i, 4)));
        store(row + i, a, channels);
    }
    if (i < length) store(row + i, _mm_add_epi8(load(row + i, channels), average(a, load(above + i, channels))), channels);
}

/// A pixel made from the one left of it; samples widened to 16 bits, for t needs the sign.
VECTOR static inline __m128i undo_paeth_pixel(__m128i sample, __m128i a, __m128i b, __m128i c3b, __m128i c) {
    __m128i low = _mm_min_epi16(a, b), high = _mm_max_epi16(a, b), t = _mm_sub_epi16(c3b, a);
    __m128i middle = _mm_blendv_epi8(low, c, _mm_cmpgt_epi16(high, t));
    __m128i guess = _mm_blendv_epi8(high, middle, _mm_cmpgt_epi16(t, low));
    return _mm_add_epi8(guess, sample);
}

VECTOR static inline void undo_paeth(uint8_t *row, const uint8_t *above, size_t length, size_t channels) {
    __m128i a = _mm_setzero_si128(), c = _mm_setzero_si128();
    for (size_t i = 0; i < length; i += channels) {
        size_t bytes = i + 4 <= length ? 4 : channels;
        __m128i b = _mm_cvtepu8_epi16(load(above + i, bytes));
        __m128i c3b = _mm_sub_epi16(_mm_add_epi16(_mm_add_epi16(c, c), c), b);
        a = undo_paeth_pixel(_mm_cvtepu8_epi16(load(row + i, bytes)), a, b, c3b, c);
        store(row + i, _mm_packus_epi16(a, a), channels);
        c = b;
    }
}

VECTOR static void undo_with_vectors(int filter, uint8_t *row, const uint8_t *above, size_t length, int channels) {
    if (channels == 3) {
        if (filter == PN_SUB) undo_sub(row, length, 3);
        else if (filter == PN_AVERAGE) undo_average(row, above, length, 3);
        else undo_paeth(row, above, length, 3);
    } else {
        if (filter == PN_SUB) undo_sub(row, length, 4);
        else if (filter == PN_AVERAGE) undo_average(row, above, length, 4);
        else undo_paeth(row, above, length, 4);
    }
}
#endif

void pn_unfilter(int filter, uint8_t *row, const uint8_t *above, size_t length, int channels) {
    if (filter == PN_NONE) return;
    if (filter == PN_UP) return undo_up(row, above, length);
#if defined(__x86_64__)
    if (channels >= 3 && kn_has_avx2()) return undo_with_vectors(filter, row, above, length, channels);
#endif
    if (channels == 1) undo_plainly(filter, row, above, length, 1);
    else undo_plainly(filter, row, above, length, (size_t) channels);
}
