// Luma out of colours, and into them.
#include "render_parts.h"

/// ITU-R BT.601 in 256ths; what is lost of the fractions cancels, for luma is only ever compared with luma.
static inline int luma_of(int red, int green, int blue) { return (77 * red + 150 * green + 29 * blue + 128) >> 8; }

static inline uint8_t level(int value) { return (uint8_t) (value < 0 ? 0 : value > 255 ? 255 : value); }

/// One body, compiled twice: the compiler makes vectors of it where it may use wide ones.
#define ALWAYS_INLINE static inline __attribute__((always_inline))

ALWAYS_INLINE void luma_row(
    const uint8_t *restrict red, const uint8_t *restrict green, const uint8_t *restrict blue, int width,
    uint8_t *restrict luma) {
    for (int x = 0; x < width; x++) luma[x] = (uint8_t) luma_of(red[x], green[x], blue[x]);
}

ALWAYS_INLINE void take_luma_row(
    uint8_t *restrict red, uint8_t *restrict green, uint8_t *restrict blue, const uint8_t *restrict luma, int width) {
    for (int x = 0; x < width; x++) {
        int more = luma[x] - luma_of(red[x], green[x], blue[x]);
        red[x] = level(red[x] + more);
        green[x] = level(green[x] + more);
        blue[x] = level(blue[x] + more);
    }
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void luma_row_avx2(
    const uint8_t *red, const uint8_t *green, const uint8_t *blue, int width, uint8_t *luma) {
    luma_row(red, green, blue, width, luma);
}

__attribute__((target("avx2"))) static void take_luma_row_avx2(
    uint8_t *red, uint8_t *green, uint8_t *blue, const uint8_t *luma, int width) {
    take_luma_row(red, green, blue, luma, width);
}
#endif

void rd_luma_row(const uint8_t *red, const uint8_t *green, const uint8_t *blue, int width, uint8_t *luma) {
#if defined(__x86_64__)
    if (kn_has_avx2()) {
        luma_row_avx2(red, green, blue, width, luma);
        return;
    }
#endif
    luma_row(red, green, blue, width, luma);
}

void rd_take_luma_row(uint8_t *red, uint8_t *green, uint8_t *blue, const uint8_t *luma, int width) {
#if defined(__x86_64__)
    if (kn_has_avx2()) {
        take_luma_row_avx2(red, green, blue, luma, width);
        return;
    }
#endif
    take_luma_row(red, green, blue, luma, width);
}
