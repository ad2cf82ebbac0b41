// The networks of the banks: convolutions of 3 x 3 one after the other, in whole numbers, so that all processors add the same.
//
// Each layer keeps the last three rows of what it made, as wide as the layers after it will look. Channels lie in pairs, so that one
// multiplication of vectors takes two of them; the picture itself is paired with what lies right of it. Weights are chosen so that
// no sum leaves 32 bits (Benchmarks/Upscaling/whole.py), and so that a picture of one tone gets nothing.
#include "bank_network.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "bank_rows.h"

#define KEPT 3
#define AT_ONCE 4  // channels that are summed side by side
#define MOST_STEPS (3 * 3 * BANK_WIDTH / 2)
#define MOST_BANKS 16

/// Channels of the picture and of what each layer makes.
static const int channels[BANK_LAYERS + 1] = {1, BANK_WIDTH, BANK_WIDTH, BANK_WIDTH, 4};

/// Weights in the order in which they are used: for each pair of each place those of four channels.
typedef int16_t step_weights[AT_ONCE][2];
static step_weights weights[MOST_BANKS][BANK_LAYERS][BANK_WIDTH / AT_ONCE][MOST_STEPS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int pairs_of(int layer) { return layer ? channels[layer] / 2 : 1; }
/// Places of a row that a layer looks at: of the picture two, one of them with its right neighbour.
static int places_of(int layer) { return layer ? 3 : 2; }

static void spread_layer(int bank, int layer, const int16_t *from) {
    int inputs = channels[layer];
    for (int output = 0; output < channels[layer + 1]; output++) {
        step_weights *to = weights[bank][layer][output / AT_ONCE];
        for (int row = 0; row < 3; row++)
            for (int pair = 0; pair < pairs_of(layer); pair++)
                for (int place = 0; place < places_of(layer); place++, to++)
                    for (int half = 0; half < 2; half++) {
                        int input = layer ? 2 * pair + half : 0, column = layer ? place : 2 * place + half;
                        if (column < 3) (*to)[output % AT_ONCE][half] = from[(output * inputs + input) * 9 + 3 * row + column];
                    }
    }
}

static void spread(void) {
    for (int bank = 0; bank < bank_count && bank < MOST_BANKS; bank++) {
        const int16_t *from = bank_weights[bank];
        for (int layer = 0; layer < BANK_LAYERS; from += 9 * channels[layer] * channels[layer + 1], layer++)
            spread_layer(bank, layer, from);
    }
}

struct bank_network {
    kn_plane plane;
    int bank;
    int y;
    /// Samples from one pair's row to the next pair's.
    ptrdiff_t length;
    /// The rows that each layer looks at, and which it will look at next.
    int16_t *rows[BANK_LAYERS][KEPT];
    int next[BANK_LAYERS];
    int32_t *sums;
    void *memory;
};

static int16_t *row_at(const bank_network *network, int layer, int y) {
    return network->rows[layer][(y + 4 * KEPT) % KEPT];
}

/// One layer's work for one row.
typedef struct job {
    const int16_t *rows[3];
    ptrdiff_t length;
    int bank;
    int layer;
    int from;
    int to;
    int16_t *out;
    int32_t *sums;
} job;

static int16_t saturated(int32_t value) {
    return (int16_t) (value < INT16_MIN ? INT16_MIN : value > INT16_MAX ? INT16_MAX : value);
}

static const int32_t *biases_of(const job *job) { return bank_biases[job->bank] + job->layer * BANK_WIDTH; }
static int shift_of(const job *job) { return bank_shifts[job->bank][job->layer]; }
static int is_last(const job *job) { return job->layer == BANK_LAYERS - 1; }

// MARK: Portable

static void sum_portable(const job *job, int output) {
    int32_t *restrict sums = job->sums;
    int shift = shift_of(job), start = biases_of(job)[output] + (1 << (shift - 1));
    for (int x = job->from; x < job->to; x++) sums[x] = start;
    const step_weights *step = weights[job->bank][job->layer][output / AT_ONCE];
    for (int row = 0; row < 3; row++)
        for (int pair = 0; pair < pairs_of(job->layer); pair++)
            for (int place = 0; place < places_of(job->layer); place++, step++) {
                const int16_t *at = job->rows[row] + pair * job->length + 2 * (job->layer ? place - 1 : 2 * place - 1);
                int32_t first = (*step)[output % AT_ONCE][0], second = (*step)[output % AT_ONCE][1];
                for (int x = job->from; x < job->to; x++) sums[x] += at[2 * x] * first + at[2 * x + 1] * second;
            }
    for (int x = job->from; x < job->to; x++) sums[x] = saturated(sums[x] >> shift);
}

static void layer_portable(const job *job) {
    const int32_t *sums = job->sums;
    for (int output = 0; output < channels[job->layer + 1]; output++) {
        sum_portable(job, output);
        if (is_last(job)) {
            for (int x = job->from; x < job->to; x++) job->out[4 * x + output] = (int16_t) sums[x];
            continue;
        }
        int16_t *out = job->out + output / 2 * job->length + output % 2;
        for (int x = job->from; x < job->to; x++) out[2 * x] = (int16_t) (sums[x] > 0 ? sums[x] : sums[x] >> BANK_LEAK);
    }
}

// MARK: Vectors

#if defined(__x86_64__)

static inline __attribute__((always_inline, target("avx2"))) __m256i load(const int16_t *at) {
    return _mm256_loadu_si256((const __m256i *) (const void *) at);
}

static inline __attribute__((always_inline, target("avx2"))) void store(int16_t *at, __m256i value) {
    _mm256_storeu_si256((__m256i *) (void *) at, value);
}

/// Two channels' sums to one vector of pairs.
static inline __attribute__((always_inline, target("avx2"))) __m256i paired(__m256i first, __m256i second, __m128i shift) {
    const __m128i order = _mm_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15);
    __m256i both = _mm256_packs_epi32(_mm256_sra_epi32(first, shift), _mm256_sra_epi32(second, shift));
    return _mm256_shuffle_epi8(both, _mm256_broadcastsi128_si256(order));
}

static inline __attribute__((always_inline, target("avx2"))) __m256i leaking(__m256i value) {
    return _mm256_max_epi16(value, _mm256_srai_epi16(value, BANK_LEAK));
}

/// Four channels of 16 pixels.
static inline __attribute__((always_inline, target("avx2"))) void sum_avx2(
    const job *job, int block, int x, int pairs, int places, __m256i sums[AT_ONCE][2]) {
    const step_weights *step = weights[job->bank][job->layer][block];
    for (int channel = 0; channel < AT_ONCE; channel++)
        sums[channel][0] = sums[channel][1] =
            _mm256_set1_epi32(biases_of(job)[block * AT_ONCE + channel] + (1 << (shift_of(job) - 1)));
    for (int row = 0; row < 3; row++) {
        const int16_t *start = job->rows[row] + 2 * x - 2;
        for (int pair = 0; pair < pairs; pair++, start += job->length)
            for (int place = 0; place < places; place++, step++) {
                const int16_t *at = start + (places == 3 ? 2 : 4) * place;
                __m256i left = load(at), right = load(at + 16);
                for (int channel = 0; channel < AT_ONCE; channel++) {
                    int32_t both;
                    memcpy(&both, (*step)[channel], sizeof both);
                    __m256i weight = _mm256_set1_epi32(both);
                    sums[channel][0] = _mm256_add_epi32(sums[channel][0], _mm256_madd_epi16(left, weight));
                    sums[channel][1] = _mm256_add_epi32(sums[channel][1], _mm256_madd_epi16(right, weight));
                }
            }
    }
}

// Writes up to 15 pixels too many, into the margin.
static inline __attribute__((always_inline, target("avx2"))) void hidden_avx2(const job *job, int pairs, int places) {
    __m128i shift = _mm_cvtsi32_si128(shift_of(job));
    for (int x = job->from; x < job->to; x += 16)
        for (int block = 0; block < BANK_WIDTH / AT_ONCE; block++) {
            __m256i sums[AT_ONCE][2];
            sum_avx2(job, block, x, pairs, places, sums);
            int16_t *out = job->out + 2 * block * job->length + 2 * x;
            for (int part = 0; part < 2; part++) {
                store(out + 16 * part, leaking(paired(sums[0][part], sums[1][part], shift)));
                store(out + job->length + 16 * part, leaking(paired(sums[2][part], sums[3][part], shift)));
            }
        }
}

static inline __attribute__((always_inline, target("avx2"))) void last_avx2(const job *job) {
    __m128i shift = _mm_cvtsi32_si128(shift_of(job));
    for (int x = job->from; x < job->to; x += 16) {
        __m256i sums[AT_ONCE][2];
        sum_avx2(job, 0, x, BANK_WIDTH / 2, 3, sums);
        for (int part = 0; part < 2 && x + 8 * part < job->to; part++) {
            __m256i first = paired(sums[0][part], sums[1][part], shift), last = paired(sums[2][part], sums[3][part], shift);
            __m256i low = _mm256_unpacklo_epi32(first, last), high = _mm256_unpackhi_epi32(first, last);
            int16_t *out = job->out + 4 * (x + 8 * part);
            store(out, _mm256_permute2x128_si256(low, high, 0x20));
            store(out + 16, _mm256_permute2x128_si256(low, high, 0x31));
        }
    }
}

__attribute__((target("avx2"))) static void layer_avx2(const job *job) {
    if (is_last(job))
        last_avx2(job);
    else if (job->layer)
        hidden_avx2(job, BANK_WIDTH / 2, 3);
    else
        hidden_avx2(job, 1, 2);
}

#endif

static void run(const job *job) {
#if defined(__x86_64__)
    if (kn_has_avx2()) {
        layer_avx2(job);
        return;
    }
#endif
    layer_portable(job);
}

// MARK: Window

// Row -1 is taken as row 0 and so on, and columns likewise.
static void read_row(const bank_network *network, int y) {
    int last = network->plane.height - 1, width = network->plane.width, inside = y < 0 ? 0 : y > last ? last : y;
    const uint8_t *in = network->plane.samples + (ptrdiff_t) inside * network->plane.stride;
    int16_t *out = row_at(network, 0, y);
    for (int x = -BANK_MARGIN; x < width + BANK_MARGIN; x++) {
        int left = x < 0 ? 0 : x < width ? x : width - 1, right = x < -1 ? 0 : x < width - 1 ? x + 1 : width - 1;
        out[2 * x] = (int16_t) (in[left] - 128);
        out[2 * x + 1] = (int16_t) (in[right] - 128);
    }
}

static void make_row(bank_network *network, int layer, int y, int16_t *out) {
    int beyond = BANK_LAYERS - 1 - layer;
    job job = {
        {row_at(network, layer, y - 1), row_at(network, layer, y), row_at(network, layer, y + 1)}, network->length,
        network->bank, layer, -beyond, network->plane.width + beyond, out, network->sums};
    run(&job);
}

/// Makes what layer `layer` looks at up to row `y`.
static void make_up_to(bank_network *network, int layer, int y) {
    for (; network->next[layer] <= y; network->next[layer]++) {
        int row = network->next[layer];
        if (layer == 0) {
            read_row(network, row);
            continue;
        }
        make_up_to(network, layer - 1, row + 1);
        make_row(network, layer - 1, row, row_at(network, layer, row));
    }
}

static void lay_out(bank_network *network, int16_t *memory, ptrdiff_t width) {
    network->length = 2 * width;
    for (int layer = 0; layer < BANK_LAYERS; layer++)
        for (int row = 0; row < KEPT; row++, memory += pairs_of(layer) * network->length)
            network->rows[layer][row] = memory + 2 * BANK_MARGIN;
    network->sums = (int32_t *) (void *) memory + BANK_MARGIN;
}

bank_network *bank_network_new(const kn_plane *plane, int bank, int y) {
    pthread_once(&once, spread);
    size_t width = (size_t) plane->width + 2 * BANK_MARGIN, pairs = 1; // one for the sums
    for (int layer = 0; layer < BANK_LAYERS; layer++) pairs += (size_t) (KEPT * pairs_of(layer));
    bank_network *network = calloc(1, sizeof *network);
    int16_t *memory = calloc(pairs * width, 2 * sizeof *memory);
    if (!network || !memory) {
        free(network);
        free(memory);
        return NULL;
    }
    network->plane = *plane;
    network->bank = bank;
    network->y = y;
    network->memory = memory;
    lay_out(network, memory, (ptrdiff_t) width);
    for (int layer = 0; layer < BANK_LAYERS; layer++) network->next[layer] = y - BANK_LAYERS + layer;
    return network;
}

void bank_network_free(bank_network *network) {
    free(network->memory);
    free(network);
}

void bank_network_row(bank_network *network, int16_t *out) {
    int y = network->y++, last = BANK_LAYERS - 1;
    make_up_to(network, last, y + 1);
    make_row(network, last, y, out);
}
