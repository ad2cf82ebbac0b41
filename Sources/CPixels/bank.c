// What a trained network adds to luma at twice its size. It makes the difference to Lanczos3, so that what it was not trained for stays
// Lanczos3; which of several networks ("banks", after the filters by direction that they replaced) is taken says bank_choose.c.
#include "Bank.h"

#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "bank_network.h"
#include "bank_parts.h"
#include "bank_rows.h"

#define REACH 3   // of Lanczos3
#define BITS 6    // of fraction between the two passes and of what the network adds
#define WEIGHT 14 // bits of fraction of all weights
#define BAND 32    // rows that are tried together
#define ENOUGH 65536 // samples of a half that are tried; of larger ones a band here and there
#define TRIED 128 // samples of which 32 bits hold the sum of squares in 1/8 of a level

// Lanczos3 at a quarter of a sample before and after the centre, as `kn_axis_new` has it for twice the length.
static const int16_t lanczos[2][2 * REACH] = {
    {121, -1114, 4440, 14627, -2183, 493}, // places -3 to 2
    {493, -2183, 14627, 4440, -1114, 121}, // places -2 to 3
};

// One row from six: rows below one another, or one row shifted.
static void lanczos_row_portable(
    const int16_t *const *taps, const int16_t *weights, int shift, int from, int to, int16_t *restrict out) {
    for (int x = from; x < to; x++) {
        int32_t sum = 1 << (shift - 1);
        for (int tap = 0; tap < 2 * REACH; tap++) sum += taps[tap][x] * weights[tap];
        out[x] = (int16_t) (sum >> shift);
    }
}

/// Buffers of one call, each with margins, and the network.
typedef struct work {
    int width;
    bank_network *network;
    /// Lanczos3 down, then across; BITS of fraction. `across` is by new pixel: above left, above right, below left, below right.
    int16_t *down[2];
    int16_t *across[4];
    /// What the network adds, four for each pixel of the source; BITS of fraction.
    int16_t *added;
    /// The range of the samples around each pixel.
    uint8_t *low;
    uint8_t *high;
    void *memory;
} work;

static int work_make(work *work, int width) {
    size_t length = (size_t) width + 2 * BANK_MARGIN, bytes = length * sizeof(int16_t);
    uint8_t *memory = calloc(12, bytes);
    if (!memory) return 0;
    work->width = width;
    work->memory = memory;
    int16_t **rows[] = {&work->down[0],   &work->down[1],   &work->across[0], &work->across[1],
                        &work->across[2], &work->across[3], &work->added};
    for (int i = 0; i < 7; i++, memory += bytes) *rows[i] = (int16_t *) (void *) memory + BANK_MARGIN;
    memory += 3 * bytes; // `added` takes four
    uint8_t **planes[] = {&work->low, &work->high};
    for (int i = 0; i < 2; i++, memory += bytes) *planes[i] = memory + BANK_MARGIN;
    return 1;
}

typedef void (*lanczos_form)(
    const int16_t *const *taps, const int16_t *weights, int shift, int from, int to, int16_t *restrict out);

static inline __attribute__((always_inline)) void lanczos_rows(
    const bank_rows *rows, work *work, lanczos_form lanczos_row) {
    const int16_t *taps[2 * REACH];
    for (int below = 0; below < 2; below++) {
        for (int tap = 0; tap < 2 * REACH; tap++) taps[tap] = bank_rows_at(rows, tap - REACH + below);
        lanczos_row(taps, lanczos[below], WEIGHT - BITS, -REACH, work->width + REACH, work->down[below]);
    }
    for (int place = 0; place < 4; place++) {
        int right = place % 2;
        for (int tap = 0; tap < 2 * REACH; tap++) taps[tap] = work->down[place / 2] + tap - REACH + right;
        lanczos_row(taps, lanczos[right], WEIGHT, 0, work->width, work->across[place]);
    }
}

static inline __attribute__((always_inline)) void range_row(const bank_rows *rows, const work *work) {
    const int16_t *above = bank_rows_at(rows, -1), *row = bank_rows_at(rows, 0), *below = bank_rows_at(rows, 1);
    int16_t *restrict low = work->down[0], *restrict high = work->down[1]; // no longer needed
    for (int x = -1; x < work->width + 1; x++) {
        int16_t a = above[x], b = row[x], c = below[x];
        int16_t less = a < b ? a : b, more = a < b ? b : a;
        low[x] = less < c ? less : c;
        high[x] = more > c ? more : c;
    }
    uint8_t *restrict out_low = work->low, *restrict out_high = work->high;
    for (int x = 0; x < work->width; x++) {
        int16_t less = low[x - 1] < low[x] ? low[x - 1] : low[x], more = high[x - 1] > high[x] ? high[x - 1] : high[x];
        out_low[x] = (uint8_t) (less < low[x + 1] ? less : low[x + 1]);
        out_high[x] = (uint8_t) (more > high[x + 1] ? more : high[x + 1]);
    }
}

static int16_t saturated(int32_t value) {
    return (int16_t) (value < INT16_MIN ? INT16_MIN : value > INT16_MAX ? INT16_MAX : value);
}

/// Keeps what is added from leading out of both the range around and Lanczos3's own value, and writes the two rows.
static void write_rows_portable(const work *work, int16_t *above, int16_t *below) {
    for (int x = 0; x < work->width; x++) {
        int32_t low = work->low[x] << BITS, high = work->high[x] << BITS;
        for (int place = 0; place < 4; place++) {
            int32_t plain = work->across[place][x], value = saturated(plain + work->added[4 * x + place]);
            int32_t least = plain < low ? plain : low, most = plain > high ? plain : high;
            value = value < least ? least : value > most ? most : value;
            (place < 2 ? above : below)[2 * x + place % 2] = saturated(value - plain);
        }
    }
}

static void detail_row_portable(const bank_rows *rows, work *work, int16_t *above, int16_t *below) {
    lanczos_rows(rows, work, lanczos_row_portable);
    range_row(rows, work);
    bank_network_row(work->network, work->added);
    write_rows_portable(work, above, below);
}

#if defined(__x86_64__)

static inline __attribute__((always_inline, target("avx2"))) __m256i load16(const int16_t *at) {
    return _mm256_loadu_si256((const __m256i *) (const void *) at);
}

static inline __attribute__((always_inline)) __m128i load8(const int16_t *at) {
    return _mm_loadu_si128((const __m128i *) (const void *) at);
}

// Writes up to 15 samples too many, into the margin.
__attribute__((target("avx2"))) static void lanczos_row_avx2(
    const int16_t *const *taps, const int16_t *weights, int shift, int from, int to, int16_t *restrict out) {
    __m256i half = _mm256_set1_epi32(1 << (shift - 1)), pairs[REACH];
    __m128i down = _mm_cvtsi32_si128(shift);
    for (int pair = 0; pair < REACH; pair++) {
        int32_t both;
        memcpy(&both, weights + 2 * pair, sizeof both);
        pairs[pair] = _mm256_set1_epi32(both);
    }
    for (int x = from; x < to; x += 16) {
        __m256i low = half, high = half;
        for (int pair = 0; pair < REACH; pair++) {
            __m256i even = load16(taps[2 * pair] + x), odd = load16(taps[2 * pair + 1] + x);
            low = _mm256_add_epi32(low, _mm256_madd_epi16(_mm256_unpacklo_epi16(even, odd), pairs[pair]));
            high = _mm256_add_epi32(high, _mm256_madd_epi16(_mm256_unpackhi_epi16(even, odd), pairs[pair]));
        }
        __m256i both = _mm256_packs_epi32(_mm256_sra_epi32(low, down), _mm256_sra_epi32(high, down));
        _mm256_storeu_si256((__m256i *) (void *) (out + x), both);
    }
}

// Two rows of four samples a pixel, eight pixels: those of the upper row, or (`second`) of the lower.
static inline __attribute__((always_inline, target("avx2"))) __m256i added_of(const int16_t *added, int second) {
    __m256 first = _mm256_castsi256_ps(load16(added)), last = _mm256_castsi256_ps(load16(added + 16));
    __m256 mixed = second ? _mm256_shuffle_ps(first, last, 0xdd) : _mm256_shuffle_ps(first, last, 0x88);
    return _mm256_permute4x64_epi64(_mm256_castps_si256(mixed), 0xd8);
}

// a0 b0 a1 b1 and so on.
static inline __attribute__((always_inline, target("avx2"))) __m256i woven(__m128i a, __m128i b) {
    return _mm256_set_m128i(_mm_unpackhi_epi16(a, b), _mm_unpacklo_epi16(a, b));
}

// Bytes to 16 bits with fraction, each twice.
static inline __attribute__((always_inline, target("avx2"))) __m256i twice(const uint8_t *at) {
    __m128i wide = _mm_cvtepu8_epi16(_mm_loadl_epi64((const __m128i *) (const void *) at));
    wide = _mm_slli_epi16(wide, BITS);
    return woven(wide, wide);
}

__attribute__((target("avx2"))) static void write_rows_avx2(const work *work, int16_t *above, int16_t *below) {
    for (int x = 0; x < work->width; x += 8) {
        __m256i low = twice(work->low + x), high = twice(work->high + x);
        for (int row = 0; row < 2; row++) {
            __m256i plain = woven(load8(work->across[2 * row] + x), load8(work->across[2 * row + 1] + x));
            __m256i value = _mm256_adds_epi16(plain, added_of(work->added + 4 * x, row));
            value = _mm256_max_epi16(value, _mm256_min_epi16(plain, low));
            value = _mm256_min_epi16(value, _mm256_max_epi16(plain, high));
            value = _mm256_subs_epi16(value, plain);
            int16_t *out = (row ? below : above) + 2 * x;
            if (x + 8 <= work->width) {
                _mm256_storeu_si256((__m256i *) (void *) out, value);
            } else {
                int16_t rest[16];
                _mm256_storeu_si256((__m256i *) (void *) rest, value);
                memcpy(out, rest, (size_t) (work->width - x) * 2 * sizeof *out);
            }
        }
    }
}

__attribute__((target("avx2"))) static void detail_row_avx2(
    const bank_rows *rows, work *work, int16_t *above, int16_t *below) {
    lanczos_rows(rows, work, lanczos_row_avx2);
    range_row(rows, work);
    bank_network_row(work->network, work->added);
    write_rows_avx2(work, above, below);
}

#endif

/// Of a row that was doubled: what is missing of `whole` in the two rows that became of it, and what was added.
static inline __attribute__((always_inline)) void try_rows(
    const work *work, const kn_plane *whole, int y, int16_t *const *added, bank_trial *trial) {
    for (int place = 0; place < 4; place++) {
        const uint8_t *truth = whole->samples + (ptrdiff_t) (2 * y + place / 2) * whole->stride + place % 2;
        const int16_t *plain = work->across[place], *more = added[place / 2] + place % 2;
        for (int first = 0; first < work->width; first += TRIED) {
            int end = first + TRIED < work->width ? first + TRIED : work->width;
            int32_t missing = 0, both = 0, squares = 0;
            for (int x = first; x < end; x++) {
                int32_t miss = ((truth[2 * x] << BITS) - plain[x]) >> 3, add = more[2 * x] >> 3;
                missing += miss * miss;
                both += miss * add;
                squares += add * add;
            }
            trial->missing += missing;
            trial->both += both;
            trial->added += squares;
        }
    }
    trial->samples += 4 * (int64_t) work->width;
}

static void try_rows_portable(
    const work *work, const kn_plane *whole, int y, int16_t *const *added, bank_trial *trial) {
    try_rows(work, whole, y, added, trial);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void try_rows_avx2(
    const work *work, const kn_plane *whole, int y, int16_t *const *added, bank_trial *trial) {
    try_rows(work, whole, y, added, trial);
}
#endif

static void detail_row(const bank_rows *rows, work *work, int16_t *above, int16_t *below) {
#if defined(__x86_64__)
    if (kn_has_avx2()) {
        detail_row_avx2(rows, work, above, below);
        return;
    }
#endif
    detail_row_portable(rows, work, above, below);
}

static void end(work *work, bank_rows *rows) {
    if (rows) bank_rows_free(rows);
    if (work->network) bank_network_free(work->network);
    free(work->memory);
}

/// Begins at row `y`.
static kn_result begin(work *work, bank_rows **rows, const kn_plane *luma, int bank, int y) {
    if (bank < 1 || bank > bank_count) return KN_OTHER;
    if (!work_make(work, luma->width)) return KN_MEMORY;
    *rows = bank_rows_new(luma, y);
    work->network = bank_network_new(luma, bank - 1, y);
    if (*rows && work->network) return KN_DONE;
    end(work, *rows);
    return KN_MEMORY;
}

/// Some rows of the half, into rooms for two rows at twice its size.
static kn_result try_band(
    const kn_plane *half, const kn_plane *whole, int bank, int first, int end_row, int16_t *const *added,
    bank_trial *trial) {
    work work;
    bank_rows *rows;
    kn_result result = begin(&work, &rows, half, bank, first);
    if (result != KN_DONE) return result;
    for (int y = first; y < end_row; y++) {
        detail_row(rows, &work, added[0], added[1]);
#if defined(__x86_64__)
        if (kn_has_avx2())
            try_rows_avx2(&work, whole, y, added, trial);
        else
#endif
            try_rows_portable(&work, whole, y, added, trial);
        bank_rows_advance(rows);
    }
    end(&work, rows);
    return KN_DONE;
}

kn_result bank_try_half(const kn_plane *half, const kn_plane *whole, int bank, bank_trial *trial) {
    size_t length = 2 * (size_t) half->width;
    int16_t *memory = malloc(2 * length * sizeof *memory);
    if (!memory) return KN_MEMORY;
    int16_t *const added[] = {memory, memory + length};
    int64_t samples = (int64_t) half->width * half->height;
    int apart = (int) ((samples + ENOUGH - 1) / ENOUGH) * BAND;
    kn_result result = KN_DONE;
    for (int y = 0; y < half->height && result == KN_DONE; y += apart)
        result = try_band(half, whole, bank, y, y + BAND < half->height ? y + BAND : half->height, added, trial);
    free(memory);
    return result;
}

int kn_bank_count(void) { return bank_count; }

kn_result kn_bank_detail(
    const kn_plane *luma, int bank, int first, int count, int16_t *out, ptrdiff_t out_stride) {
    work work;
    bank_rows *rows;
    kn_result result = begin(&work, &rows, luma, bank, first / 2);
    if (result != KN_DONE) return result;
    for (int row = 0; row < count; row += 2, out += 2 * out_stride) {
        detail_row(rows, &work, out, out + out_stride);
        bank_rows_advance(rows);
    }
    end(&work, rows);
    return KN_DONE;
}
