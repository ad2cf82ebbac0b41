// Which bank suits a picture: by how sharp it is at the level of its pixels.
//
// Fourth differences against second ones, along edges, tell how much of a picture lies close to the finest pattern its pixels can
// hold: about 2.7 for a photograph shrunk by area, 1.8 for one that was slightly soft before, 1 for one that was very soft. What was
// soft wants another network than what was sharp, and what was very soft wants none. Noise and the grid of JPEG look sharp as well:
// noise in the quiet blocks, a grid by its steps every eight samples. They have networks of their own. What these measures cannot judge
// is left to Lanczos3: pictures with hardly a clear edge, pictures without any quiet part in which noise would show, patterns finer
// than what a camera or a pen leaves.
#include <string.h>

#include "bank_parts.h"

#define BLOCK 16
#define LEVELS 1024
#define EDGE 16     // slope and bend together from which a place counts as an edge
#define STRONG 24   // step within five samples that rounding and grain do not make
#define STEP_MOST 60 // a true edge on the grid shall not outweigh a thousand steps of it

/// Blocks by the level of their fourth differences.
struct level {
    int64_t blocks;
    int64_t fourth;
    int64_t second;
};

struct block {
    int32_t fourth;
    int32_t second;
    int32_t edge_fourth;
    int32_t edge_second;
    int32_t edges;
    int32_t strong;
};

static inline __attribute__((always_inline)) int32_t size(int32_t value) { return value < 0 ? -value : value; }

// One row of a block in one direction: `at` points at the first sample of the middle of five rows or columns, `apart` from each other.
static inline __attribute__((always_inline)) void look_along(
    const uint8_t *at, ptrdiff_t apart, struct block *block) {
    int32_t fourths = 0, seconds = 0, edge_fourths = 0, edge_seconds = 0, edges = 0, strong = 0;
    for (int x = 0; x < BLOCK; x++) {
        int32_t a = at[x - 2 * apart], b = at[x - apart], c = at[x], d = at[x + apart], e = at[x + 2 * apart];
        int32_t fourth = size(a - 4 * b + 6 * c - 4 * d + e), second = size(b - 2 * c + d);
        int32_t is_edge = size(d - b) + second >= EDGE ? -1 : 0;
        fourths += fourth;
        seconds += second;
        edge_fourths += fourth & is_edge;
        edge_seconds += second & is_edge;
        edges -= is_edge;
        strong += size(e - a) >= STRONG;
    }
    block->fourth += fourths;
    block->second += seconds;
    block->edge_fourth += edge_fourths;
    block->edge_second += edge_seconds;
    block->edges += edges;
    block->strong += strong;
}

static inline __attribute__((always_inline)) void look_at_blocks(
    const kn_plane *luma, bank_look *look, struct level *levels) {
    for (int y = 2; y + BLOCK + 2 <= luma->height; y += BLOCK)
        for (int x = 2; x + BLOCK + 2 <= luma->width; x += BLOCK) {
            struct block block = {0, 0, 0, 0, 0, 0};
            for (int row = y; row < y + BLOCK; row++) {
                const uint8_t *at = luma->samples + (ptrdiff_t) row * luma->stride + x;
                look_along(at, 1, &block);
                look_along(at, luma->stride, &block);
            }
            int level = block.fourth / (2 * BLOCK);
            struct level *kept = &levels[level < LEVELS ? level : LEVELS - 1];
            kept->blocks++;
            kept->fourth += block.fourth;
            kept->second += block.second;
            look->fourth += block.edge_fourth;
            look->second += block.edge_second;
            look->places += block.edges;
            look->strong += block.strong;
            look->samples += BLOCK * BLOCK;
        }
}

// The step between b and c beyond half the slopes on both sides, doubled.
static inline __attribute__((always_inline)) int32_t step(int32_t a, int32_t b, int32_t c, int32_t d) {
    int32_t step = size(3 * (c - b) - (d - a));
    return step < STEP_MOST ? step : STEP_MOST;
}

// Steps between every eighth column and the one before it; every fourth row does.
static inline __attribute__((always_inline)) int64_t steps_across(const kn_plane *luma, int first) {
    int64_t sum = 0;
    for (int y = 0; y < luma->height; y += 4) {
        const uint8_t *row = luma->samples + (ptrdiff_t) y * luma->stride;
        int32_t steps = 0;
        for (int x = first; x + 1 < luma->width; x += 8) steps += step(row[x - 2], row[x - 1], row[x], row[x + 1]);
        sum += steps;
    }
    return sum;
}

static inline __attribute__((always_inline)) int64_t steps_down(const kn_plane *luma, int first) {
    int64_t sum = 0;
    for (int y = first; y + 1 < luma->height; y += 8) {
        const uint8_t *row = luma->samples + (ptrdiff_t) y * luma->stride;
        int32_t steps = 0;
        for (int x = 0; x < luma->width; x += 4)
            steps += step(row[x - 2 * luma->stride], row[x - luma->stride], row[x], row[x + luma->stride]);
        sum += steps;
    }
    return sum;
}

// A reduction by a part of a whole number makes every second or fourth step larger: a grid of eight is more than those.
static bank_grid grid_of(int64_t (*steps_from)(const kn_plane *, int), const kn_plane *luma) {
    int64_t steps[8], all = 0;
    for (int place = 0; place < 8; place++) steps[place] = steps_from(luma, 8 + place);
    for (int place = 1; place < 8; place++) all += steps[place];
    int64_t second = (steps[2] + steps[4] + steps[6]) / 3, off = all / 7;
    if (off < second) off = second;
    if (off < steps[4]) off = steps[4];
    return (bank_grid){steps[0], off};
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void look_at_blocks_avx2(
    const kn_plane *luma, bank_look *look, struct level *levels) {
    look_at_blocks(luma, look, levels);
}
#endif

void bank_look_at(const kn_plane *luma, bank_look *look) {
    struct level levels[LEVELS];
    memset(levels, 0, sizeof levels);
    memset(look, 0, sizeof *look);
#if defined(__x86_64__)
    if (kn_has_avx2())
        look_at_blocks_avx2(luma, look, levels);
    else
#endif
        look_at_blocks(luma, look, levels);
    int64_t blocks = look->samples / (BLOCK * BLOCK), seen = 0;
    for (int level = 0; level < LEVELS && 10 * seen < blocks; level++) {
        seen += levels[level].blocks;
        look->quiet_fourth += levels[level].fourth;
        look->quiet_second += levels[level].second;
        look->quiet_level = level;
    }
    look->across = grid_of(steps_across, luma);
    look->down = grid_of(steps_down, luma);
}

/// From which hundredth of fourth by second differences on each bank is for; below the first Lanczos3 is as good.
static const int sharpness[] = {115, 135, 170, 205, 240, 270};
#define SHARPNESSES ((int) (sizeof sharpness / sizeof sharpness[0]))

static int64_t hundredths(int64_t fourth, int64_t second) { return second ? 100 * fourth / second : 0; }

/// Sharper than this is hardly a picture of anything: white noise has 340, a mosaic whose squares are about as large as pixels 360.
#define TOO_SHARP 315

static int64_t sharpness_of(const bank_look *look) { return hundredths(look->fourth, look->second); }

/// How much sharper, in hundredths, the quiet parts are than the edges.
static int64_t quiet_excess(const bank_look *look) {
    return hundredths(look->quiet_fourth, look->quiet_second) - sharpness_of(look);
}

/// Rounding and what lies below make sharp edges by themselves; without some that are clear nothing is there to judge by.
static int has_edges(const bank_look *look) {
    return look->places * 300 >= look->samples && look->strong * 320 >= look->samples;
}

/// Noise shows where the quiet parts are the sharper ones: white noise has 3.4, more than most edges.
static int is_noisy(const bank_look *look) {
    int64_t quiet = hundredths(look->quiet_fourth, look->quiet_second);
    if (look->quiet_level >= 60 * 16) return 0;
    if (look->quiet_level >= 8 * 16 && (quiet >= 305 || quiet_excess(look) > 8)) return 1;
    return look->quiet_level >= 4 * 16 - 1 && quiet >= 300 && quiet_excess(look) > 15 && look->places * 3 < look->samples;
}

/// From which level of the quiet parts, in 1/16, noise has a network of its own.
#define MUCH_NOISE (12 * 16)

/// Without a quiet part noise and a JPEG's traces pass for texture. Only where such a picture is as sharp as can be, and the quieter
/// parts clearly softer (or, in a page of text, sharper) than the edges, it is what it seems.
static int may_hide_noise(const bank_look *look, int bank) {
    if (look->quiet_level < 18 * 16 || look->second > 50 * look->places) return 0;
    int64_t excess = quiet_excess(look);
    return bank < SHARPNESSES || (excess > -5 && excess < 10);
}

static int is_soft(int bank) { return bank < 5; }

/// Whether steps on JPEG's grid are larger than others, in both directions: edges that lie on it by chance do in one.
static int has_grid(const bank_look *look, int bank) {
    int64_t across = hundredths(look->across.on, look->across.off), down = hundredths(look->down.on, look->down.off);
    int64_t both = hundredths(look->across.on + look->down.on, look->across.off + look->down.off);
    return both > (is_soft(bank) ? 125 : 120) && across > 115 && down > 115;
}

static int bank_sharpness(const bank_look *look) {
    int64_t sharp = sharpness_of(look);
    int bank = 0;
    while (bank < SHARPNESSES && sharp >= sharpness[bank]) bank++;
    return bank;
}

int bank_nearest(const bank_look *look) {
    int bank = bank_sharpness(look);
    if (!bank) return 0;
    if (has_grid(look, bank)) return is_soft(bank) ? BANK_SOFT_JPEG : BANK_SHARP_JPEG;
    if (is_noisy(look)) return look->quiet_level < MUCH_NOISE ? BANK_SOME_NOISE : BANK_MUCH_NOISE;
    return may_hide_noise(look, bank) ? 0 : bank;
}

int bank_tried(const bank_look *look) {
    int bank = bank_nearest(look);
    return bank < BANK_SOFT_JPEG || bank > BANK_SHARP_JPEG ? bank : bank_sharpness(look);
}

int bank_suiting(const bank_look *look) {
    return has_edges(look) && sharpness_of(look) < TOO_SHARP ? bank_nearest(look) : 0;
}
