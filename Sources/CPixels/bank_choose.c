// Which bank suits a picture: by how sharp it is at the level of its pixels, and how grainy.
//
// Fourth differences against second ones tell how much of a picture lies close to the finest pattern its pixels can hold. A
// photograph shrunk by area has much there (2.5 and more), one that was soft before has little, whatever it shows. What was soft is
// served best by Lanczos3: the gain would be small, and sharpening what is not blurred loses. Grain looks sharp as well, so the
// quiet blocks are asked apart.
#include <string.h>

#include "bank_parts.h"

#define BLOCK 16
#define GRAINS 1024

struct counts {
    int64_t fourth;
    int64_t second;
    uint32_t grains[GRAINS];
    uint32_t blocks;
};

// Both directions of one row at once; `r` are five rows around it.
static inline __attribute__((always_inline)) void look_at_block(
    const uint8_t *const *r, int from, int to, int32_t *fourth, int32_t *second, int32_t *across) {
    int32_t fourths = 0, seconds = 0, rights = 0;
    for (int x = from; x < to; x++) {
        int32_t two = 2 * r[2][x], six = 6 * r[2][x];
        int32_t right = r[2][x - 2] - 4 * r[2][x - 1] + six - 4 * r[2][x + 1] + r[2][x + 2];
        int32_t down = r[0][x] - 4 * r[1][x] + six - 4 * r[3][x] + r[4][x];
        int32_t bend_right = r[2][x - 1] - two + r[2][x + 1], bend_down = r[1][x] - two + r[3][x];
        rights += right < 0 ? -right : right;
        fourths += down < 0 ? -down : down;
        seconds += (bend_right < 0 ? -bend_right : bend_right) + (bend_down < 0 ? -bend_down : bend_down);
    }
    *fourth += fourths + rights;
    *second += seconds;
    *across += rights;
}

static inline __attribute__((always_inline)) void look_at_rows(const kn_plane *luma, struct counts *counts) {
    for (int x = 2; x + BLOCK + 2 <= luma->width; x += BLOCK)
        for (int y = 2; y + BLOCK + 2 <= luma->height; y += BLOCK) {
            int32_t fourth = 0, second = 0, across = 0;
            for (int row = y; row < y + BLOCK; row++) {
                const uint8_t *rows[5];
                for (int i = 0; i < 5; i++) rows[i] = luma->samples + (ptrdiff_t) (row + i - 2) * luma->stride;
                look_at_block(rows, x, x + BLOCK, &fourth, &second, &across);
            }
            int32_t grain = across / BLOCK;
            counts->grains[grain < GRAINS ? grain : GRAINS - 1]++;
            counts->blocks++;
            counts->fourth += fourth;
            counts->second += second;
        }
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void look_at_rows_avx2(const kn_plane *luma, struct counts *counts) {
    look_at_rows(luma, counts);
}
#endif

bank_look bank_look_at(const kn_plane *luma) {
    struct counts counts;
    memset(&counts, 0, sizeof counts);
#if defined(__x86_64__)
    if (kn_has_avx2())
        look_at_rows_avx2(luma, &counts);
    else
#endif
        look_at_rows(luma, &counts);
    bank_look look = {0, 0, 0};
    if (!counts.blocks) return look;
    look.fourth = counts.fourth * 1024 / (counts.blocks * BLOCK * BLOCK);
    look.second = counts.second * 1024 / (counts.blocks * BLOCK * BLOCK);
    uint32_t seen = 0;
    while (look.grain < GRAINS - 1 && 4 * (seen + counts.grains[look.grain]) < counts.blocks)
        seen += counts.grains[look.grain++];
    return look;
}

int kn_bank_choose(const kn_plane *luma) {
    bank_look look = bank_look_at(luma);
    if (100 * look.fourth < 254 * look.second) return 0;
    if (look.grain > 17 * 16) return 0;
    return 1;
}
