// Luma out of colours.
#include "render_parts.h"

/// ITU-R BT.601 in 256ths.
static inline int luma_of(int red, int green, int blue) { return (77 * red + 150 * green + 29 * blue + 128) >> 8; }

/// One body, compiled twice: the compiler makes vectors of it where it may use wide ones.
#define ALWAYS_INLINE static inline __attribute__((always_inline))

ALWAYS_INLINE void luma_row(
    const uint8_t *restrict red, const uint8_t *restrict green, const uint8_t *restrict blue, int width,
    uint8_t *restrict luma) {
    for (int x = 0; x < width; x++) luma[x] = (uint8_t) luma_of(red[x], green[x], blue[x]);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void luma_row_avx2(
    const uint8_t *red, const uint8_t *green, const uint8_t *blue, int width, uint8_t *luma) {
    luma_row(red, green, blue, width, luma);
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
