// Packed pixels taken apart into planes, and put together.
#include <string.h>

#include "resample_parts.h"

static void unpack_portable(const uint8_t *packed, int from, int width, int channels, uint8_t *const *planes) {
    for (int channel = 0; channel < channels; channel++) {
        const uint8_t *sample = packed + (size_t) from * (size_t) channels + channel;
        for (int x = from; x < width; x++, sample += channels) planes[channel][x] = *sample;
    }
}

static void pack_portable(const uint8_t *const *planes, int from, int width, int channels, uint8_t *packed) {
    for (int channel = 0; channel < channels; channel++) {
        uint8_t *sample = packed + (size_t) from * (size_t) channels + channel;
        for (int x = from; x < width; x++, sample += channels) *sample = planes[channel][x];
    }
}

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))
/// Pixels of two vectors, one a lane.
#define STEP 32

/// Sixteen RGB pixels are three vectors of bytes: which byte of a colour (or packed vector) `from` comes to each place of a
/// packed vector (or colour) `to`, or none.
struct picks {
    uint8_t at[3][3][16];
};

static struct picks picks_to_pack(void) {
    struct picks picks;
    memset(&picks, 0x80, sizeof picks);
    for (int byte = 0; byte < 48; byte++) picks.at[byte / 16][byte % 3][byte % 16] = (uint8_t) (byte / 3);
    return picks;
}

static struct picks picks_to_unpack(void) {
    struct picks picks;
    memset(&picks, 0x80, sizeof picks);
    for (int byte = 0; byte < 48; byte++) picks.at[byte % 3][byte / 16][byte / 3] = (uint8_t) (byte % 16);
    return picks;
}

AVX2 static inline __m256i pick(const struct picks *picks, int to, const __m256i *from) {
    __m256i sum = _mm256_setzero_si256();
    for (int part = 0; part < 3; part++) {
        __m256i where = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *) picks->at[to][part]));
        sum = _mm256_or_si256(sum, _mm256_shuffle_epi8(from[part], where));
    }
    return sum;
}

/// Gives how many pixels were done; the rest is fewer than STEP.
AVX2 static int unpack_vector(const uint8_t *packed, int width, uint8_t *const *planes) {
    const struct picks picks = picks_to_unpack();
    int x = 0;
    for (; x + STEP <= width; x += STEP, packed += 3 * STEP) {
        __m256i from[3];
        for (int part = 0; part < 3; part++)
            from[part] = _mm256_inserti128_si256(
                _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *) (packed + 16 * part))),
                _mm_loadu_si128((const __m128i *) (packed + 48 + 16 * part)), 1);
        for (int colour = 0; colour < 3; colour++)
            _mm256_storeu_si256((__m256i *) (planes[colour] + x), pick(&picks, colour, from));
    }
    return x;
}

AVX2 static int pack_vector(const uint8_t *const *planes, int width, uint8_t *packed) {
    const struct picks picks = picks_to_pack();
    int x = 0;
    for (; x + STEP <= width; x += STEP, packed += 3 * STEP) {
        __m256i from[3];
        for (int colour = 0; colour < 3; colour++)
            from[colour] = _mm256_loadu_si256((const __m256i *) (planes[colour] + x));
        for (int part = 0; part < 3; part++) {
            __m256i bytes = pick(&picks, part, from);
            _mm_storeu_si128((__m128i *) (packed + 16 * part), _mm256_castsi256_si128(bytes));
            _mm_storeu_si128((__m128i *) (packed + 48 + 16 * part), _mm256_extracti128_si256(bytes, 1));
        }
    }
    return x;
}
#endif

void kn_unpack_row(const uint8_t *packed, int width, int channels, uint8_t *const *planes) {
    if (channels == 1) {
        memcpy(planes[0], packed, (size_t) width);
        return;
    }
    int done = 0;
#if defined(__x86_64__)
    if (channels == 3 && kn_has_avx2()) done = unpack_vector(packed, width, planes);
#endif
    unpack_portable(packed, done, width, channels, planes);
}

void kn_pack_row(const uint8_t *const *planes, int width, int channels, uint8_t *packed) {
    if (channels == 1) {
        memcpy(packed, planes[0], (size_t) width);
        return;
    }
    int done = 0;
#if defined(__x86_64__)
    if (channels == 3 && kn_has_avx2()) done = pack_vector(planes, width, packed);
#endif
    pack_portable(planes, done, width, channels, packed);
}
