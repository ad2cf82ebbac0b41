// How much of a bank's detail counts for a picture.
//
// The picture is halved, and the bank doubles the half: there it shows what comes of it. How much of the bank's detail is best there,
// the look of the picture and of its half, and how much the picture is to grow are judged by trees that were grown on pictures whose
// truth is known. They say which share of the detail is safe: the best share of pictures that look so is seldom less.
#include <math.h>
#include <stdlib.h>

#include "bank_parts.h"

#define ONE 16384
#define LEAST_GROWN 125 // hundredths, up to which nothing counts
#define ALL_GROWN 150   // from here on everything that the trees say
#define LAST_SOFT 3          // bank whose pictures miss nothing that shows where they hardly grow
#define LEAST_GROWN_SOFT 150
#define ALL_GROWN_SOFT 200
#define MOST_GROWN 375  // what grows more was not tried
#define PART 85 // hundredths of what they say that count
#define MOST_SHARE (ONE * 6 / 5)
#define LITTLE (ONE * 3 / 10) // what counts where more may be too much

// MARK: Trial

static inline __attribute__((always_inline)) void halve_rows(
    const uint8_t *restrict above, const uint8_t *restrict below, int width, uint8_t *restrict out) {
    for (int x = 0; x < width; x++)
        out[x] = (uint8_t) ((above[2 * x] + above[2 * x + 1] + below[2 * x] + below[2 * x + 1] + 2) >> 2);
}

kn_result bank_try(const kn_plane *luma, int bank, bank_trial *trial) {
    *trial = (bank_trial){0};
    int width = luma->width / 2, height = luma->height / 2;
    if (width < 1 || height < 1) return KN_DONE;
    kn_plane half = {malloc((size_t) width * (size_t) height), width, height, width};
    if (!half.samples) return KN_MEMORY;
    for (int y = 0; y < height; y++) {
        const uint8_t *row = luma->samples + 2 * y * luma->stride;
        halve_rows(row, row + luma->stride, width, half.samples + y * half.stride);
    }
    bank_look look;
    bank_look_at(&half, &look);
    trial->fourth = look.fourth;
    trial->second = look.second;
    kn_result result = bank_try_half(&half, luma, bank, trial);
    free(half.samples);
    return result;
}

// MARK: Facts

#define MOST_FACT 32000

/// `part` by `whole`, in as many parts as `unit` says, -1 at least; 0 where there is no whole.
static int32_t ratio(int64_t part, int64_t whole, int32_t unit) {
    if (whole <= 0) return 0;
    double value = (double) part / (double) whole * unit;
    return value < -unit ? -unit : value > MOST_FACT ? MOST_FACT : (int32_t) value;
}

/// How much what the bank adds is like what is missing, as the cosine between them, in thousandths; a sixteenth of a level of error
/// in each sample agrees with nothing.
static int32_t agreement(const bank_trial *trial) {
    double noise = 4 * (double) trial->samples;
    double lengths = sqrt((double) trial->missing + noise) * sqrt((double) trial->added + noise);
    return lengths > 0 ? (int32_t) (1000 * (double) trial->both / lengths) : 0;
}

void bank_facts(const bank_look *look, const bank_trial *trial, int bank, double factor, int32_t facts[BANK_FACTS]) {
    int32_t across = ratio(look->across.on, look->across.off, 100), down = ratio(look->down.on, look->down.off, 100);
    double grown = 100 * factor;
    facts[FACT_BANK] = bank;
    facts[FACT_FACTOR] = grown > MOST_GROWN ? MOST_GROWN : grown < ALL_GROWN ? ALL_GROWN : (int32_t) grown;
    facts[FACT_SHARPNESS] = ratio(look->fourth, look->second, 100);
    facts[FACT_QUIET] = ratio(look->quiet_fourth, look->quiet_second, 100);
    facts[FACT_QUIET_EXCESS] = facts[FACT_QUIET] - facts[FACT_SHARPNESS];
    facts[FACT_QUIET_LEVEL] = (int32_t) look->quiet_level;
    facts[FACT_PLACES] = ratio(look->places, look->samples, 1000);
    facts[FACT_STRONG] = ratio(look->strong, look->samples, 10000);
    facts[FACT_CONTRAST] = ratio(look->second, look->places, 10);
    facts[FACT_GRID_LESS] = across < down ? across : down;
    facts[FACT_GRID_MORE] = across < down ? down : across;
    facts[FACT_HALF_SHARPNESS] = ratio(trial->fourth, trial->second, 100);
    facts[FACT_HALF_BEARS] = ratio(trial->both, trial->added + trial->samples, 100);
    facts[FACT_HALF_AGREES] = agreement(trial);
}

// MARK: Trees

/// The trees err: what is less safe than this, in hundredths, by bank, may be nothing.
static const int least_safe[] = {70, 70, 60, 70, 65, 75, 70, 75, 75, 75};
_Static_assert(sizeof least_safe / sizeof least_safe[0] == BANK_MUCH_NOISE, "one for each bank");
/// From here on it is seldom nothing: a little of the detail counts, which brings half of what all of it would. Where this bar is as high
/// as the other, it is that or nothing.
static const int least_hopeful[] = {50, 50, 55, 55, 55, 55, 70, 55, 75, 75};
_Static_assert(sizeof least_hopeful / sizeof least_hopeful[0] == BANK_MUCH_NOISE, "one for each bank");

static int32_t safe_share(const int32_t facts[BANK_FACTS]) {
    int32_t sum = 0;
    for (int tree = 0; tree < bank_trees_count; tree++) {
        const bank_node *nodes = bank_trees[tree], *node = nodes;
        while (node->fact >= 0) node = nodes + (facts[node->fact] <= node->most ? node->near : node->far);
        sum += node->most;
    }
    return sum;
}

/// Somewhat less than the trees say: the error is a parabola, nearly as low there and less far from harm.
static int share_of(const int32_t facts[BANK_FACTS], double factor) {
    int32_t safe = safe_share(facts);
    int bank = facts[FACT_BANK], is_safe = 100 * safe >= ONE * least_safe[bank - 1];
    // Where quiet parts are sharper than the edges, it is no photograph.
    if (!is_safe && (100 * safe < ONE * least_hopeful[bank - 1] || facts[FACT_QUIET_EXCESS] < 0)) return 0;
    int share = !is_safe ? LITTLE : safe * PART / 100 < MOST_SHARE ? safe * PART / 100 : MOST_SHARE;
    int grows_early = is_safe && bank > LAST_SOFT;
    double least = grows_early ? LEAST_GROWN : LEAST_GROWN_SOFT;
    double all = grows_early ? ALL_GROWN : ALL_GROWN_SOFT, part = (100 * factor - least) / (all - least);
    return part < 1 ? (part > 0 ? (int) (share * part) : 0) : share;
}

kn_bank_choice kn_bank_choose(const kn_plane *luma, double factor) {
    const kn_bank_choice none = {0, 0};
    bank_look look;
    bank_trial trial;
    if (!(100 * factor > LEAST_GROWN)) return none;
    bank_look_at(luma, &look);
    int bank = bank_suiting(&look);
    if (bank < 1 || bank > kn_bank_count() || bank_try(luma, bank_tried(&look), &trial) != KN_DONE) return none;
    int32_t facts[BANK_FACTS];
    bank_facts(&look, &trial, bank, factor, facts);
    int share = share_of(facts, factor);
    return share > 0 ? (kn_bank_choice){bank, share} : none;
}
