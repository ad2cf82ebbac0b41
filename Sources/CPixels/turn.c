#include "Turn.h"

#include <string.h>

kn_turn kn_turn_of(int orientation) {
    switch (orientation) {
        case 2: return (kn_turn){.mirrors_columns = 1};
        case 3: return (kn_turn){.mirrors_columns = 1, .mirrors_rows = 1};
        case 4: return (kn_turn){.mirrors_rows = 1};
        case 5: return (kn_turn){.is_transposed = 1};
        case 6: return (kn_turn){.is_transposed = 1, .mirrors_columns = 1};
        case 7: return (kn_turn){.is_transposed = 1, .mirrors_columns = 1, .mirrors_rows = 1};
        case 8: return (kn_turn){.is_transposed = 1, .mirrors_rows = 1};
        default: return (kn_turn){0, 0, 0};
    }
}

/// Where row `row` of the result lies, before and after its rows are mirrored.
static uint8_t *result_row(const kn_plane *out, kn_turn turn, int row) {
    return out->samples + (turn.mirrors_rows ? out->height - 1 - row : row) * out->stride;
}

static void mirror_row(const uint8_t *in, int width, uint8_t *out) {
    for (int x = 0; x < width; x++) out[x] = in[width - 1 - x];
}

/// Transposes 8 by 8 samples held in 8 words: quarters, then quarters of these, then single samples change places.
static void transpose_words(uint64_t word[8]) {
    static const uint64_t masks[3] = {0x00000000FFFFFFFF, 0x0000FFFF0000FFFF, 0x00FF00FF00FF00FF};
    for (int level = 0, apart = 4; apart; level++, apart /= 2)
        for (int row = 0; row < 8; row++) {
            if (row & apart) continue;
            uint64_t other = ((word[row] >> (8 * apart)) ^ word[row + apart]) & masks[level];
            word[row + apart] ^= other;
            word[row] ^= other << (8 * apart);
        }
}

/// One square of the transposed picture: columns of `in` from `left`, rows from `top`.
static void transpose_square(const kn_plane *in, kn_turn turn, const kn_plane *out, int left, int top) {
    uint64_t words[8];
    for (int row = 0; row < 8; row++) memcpy(&words[row], in->samples + (top + row) * in->stride + left, 8);
    transpose_words(words);
    for (int row = 0; row < 8; row++) {
        uint64_t word = turn.mirrors_columns ? __builtin_bswap64(words[row]) : words[row];
        int column = turn.mirrors_columns ? out->width - 8 - top : top;
        memcpy(result_row(out, turn, left + row) + column, &word, 8);
    }
}

static void transpose_singly(const kn_plane *in, kn_turn turn, const kn_plane *out, int left, int right, int top, int bottom) {
    for (int x = left; x < right; x++)
        for (int y = top; y < bottom; y++)
            result_row(out, turn, x)[turn.mirrors_columns ? out->width - 1 - y : y] = in->samples[y * in->stride + x];
}

/// Bands of eight columns down the source, so that the eight rows written stay in the nearest cache.
static void transpose(const kn_plane *in, kn_turn turn, const kn_plane *out) {
    int across = in->width & ~7, down = in->height & ~7;
    for (int left = 0; left < across; left += 8)
        for (int top = 0; top < down; top += 8) transpose_square(in, turn, out, left, top);
    transpose_singly(in, turn, out, across, in->width, 0, in->height);
    transpose_singly(in, turn, out, 0, across, down, in->height);
}

kn_result kn_turn_plane(const kn_plane *in, int orientation, const kn_plane *out) {
    kn_turn turn = kn_turn_of(orientation);
    int width = turn.is_transposed ? in->height : in->width, height = turn.is_transposed ? in->width : in->height;
    if (!in->samples || !out->samples || out->width != width || out->height != height) return KN_ROOM;
    if (turn.is_transposed) {
        transpose(in, turn, out);
        return KN_DONE;
    }
    for (int row = 0; row < in->height; row++) {
        const uint8_t *from = in->samples + row * in->stride;
        if (turn.mirrors_columns) {
            mirror_row(from, width, result_row(out, turn, row));
        } else {
            memcpy(result_row(out, turn, row), from, (size_t) width);
        }
    }
    return KN_DONE;
}
