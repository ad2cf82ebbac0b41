// Literals and matches by what they cost. In filtered photographs a short match is as a rule dearer than its literals, which an
// ordinary deflate does not ask: here every byte's cost is known from the counts of the block before, and the cheapest way
// through a block is taken of all that its matches open.
#include <stdlib.h>

#include "png_deflate.h"

enum {
    BLOCK = 24576,
    WINDOW = 32768,
    HASH_BITS = 13,
    /// Bytes that have to be alike to be found.
    HASHED = 5,
    /// Matches as long as this are taken without looking at what lies within them.
    LONG_ENOUGH = 32,
    UNREACHED = 0x7fffffff,
    /// A match costs at least so much: one is not looked for that saves less.
    CHEAPEST_MATCH = 14 * 256,
};

/// A way to a byte: so many before it, from so far away; a literal has the distance 0.
typedef struct step {
    uint16_t length;
    uint16_t distance;
} step;

struct pn_search {
    /// The last four places where each hash was seen, 16 bits each, the latest lowest.
    uint64_t seen[1 << HASH_BITS];
    uint32_t cost[BLOCK + 1];
    step steps[BLOCK + 1];
    /// In 256ths of a bit.
    uint32_t literal_cost[256];
    uint32_t length_cost[PN_LONGEST_MATCH + 1];
    uint32_t distance_cost[PN_DISTANCES];
    uint32_t literal_counts[PN_LITERALS];
    uint32_t distance_counts[PN_DISTANCES];
};

pn_search *pn_search_new(void) { return malloc(sizeof(pn_search)); }

void pn_search_free(pn_search *search) { free(search); }

/// 256 times the logarithm to the base 2; between powers a straight line will do.
static uint32_t logarithm(uint32_t number) {
    int whole = 31 - __builtin_clz(number);
    return (uint32_t) whole * 256 + (uint32_t) (((uint64_t) number << 8 >> whole) & 255);
}

/// The bits that each symbol will take; what was never seen is held to be rare.
static void weigh(const uint32_t *counts, int symbols, uint32_t *costs) {
    uint32_t all = (uint32_t) symbols;
    for (int i = 0; i < symbols; i++) all += counts[i];
    for (int i = 0; i < symbols; i++) {
        uint32_t bits = logarithm(all) - logarithm(counts[i] + 1);
        costs[i] = bits < 256 ? 256 : bits > 14 * 256 ? 14 * 256 : bits;
    }
}

/// §3.2.5: two symbols for each further extra bit.
static inline int symbol_of_distance(unsigned distance) {
    if (distance <= 2) return (int) distance - 1;
    int bits = 30 - __builtin_clz(distance - 1);
    return 2 * bits + (int) ((distance - 1) >> bits);
}

static inline int extra_bits_of_distance(int symbol) { return symbol < 4 ? 0 : symbol / 2 - 1; }

static void weigh_all(pn_search *search) {
    uint32_t costs[PN_LITERALS];
    weigh(search->literal_counts, PN_LITERALS, costs);
    memcpy(search->literal_cost, costs, sizeof search->literal_cost);
    for (int length = 3; length <= PN_LONGEST_MATCH; length++) {
        pn_length_code code = pn_code_of_length(length);
        search->length_cost[length] = costs[code.symbol] + code.extra_bits * 256u;
    }
    weigh(search->distance_counts, PN_DISTANCES, search->distance_cost);
    for (int symbol = 0; symbol < PN_DISTANCES; symbol++)
        search->distance_cost[symbol] += (uint32_t) extra_bits_of_distance(symbol) * 256;
}

static inline uint32_t hash(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    return (uint32_t) ((word << (64 - 8 * HASHED)) * 0x9e3779b97f4a7c15u >> (64 - HASH_BITS));
}

static inline void remember(pn_search *search, const uint8_t *bytes, size_t at) {
    uint64_t *seen = &search->seen[hash(bytes + at)];
    *seen = *seen << 16 | (uint16_t) at;
}

static inline uint32_t four_at(const uint8_t *bytes) {
    uint32_t four;
    memcpy(&four, bytes, 4);
    return four;
}

static inline size_t common(const uint8_t *one, const uint8_t *other, size_t most) {
    size_t length = 0;
    for (uint64_t a, b; length + 8 <= most; length += 8) {
        memcpy(&a, one + length, 8);
        memcpy(&b, other + length, 8);
        if (a != b) return length + (size_t) __builtin_ctzll(a ^ b) / 8;
    }
    while (length < most && one[length] == other[length]) length++;
    return length;
}

/// Offers a cheaper way to the places `from` to `to` bytes ahead.
static inline void offer(pn_search *search, size_t at, size_t from, size_t to, size_t distance) {
    uint32_t base = search->cost[at] + search->distance_cost[symbol_of_distance((unsigned) distance)];
    for (size_t length = from; length <= to; length++) {
        uint32_t cost = base + search->length_cost[length];
        if (cost < search->cost[at + length]) {
            search->cost[at + length] = cost;
            search->steps[at + length] = (step){(uint16_t) length, (uint16_t) distance};
        }
    }
}

/// How far away the place of these 16 bits is, 0 where that is too far or before the strip.
static inline size_t distance_to(uint64_t seen, size_t place) {
    size_t distance = (uint16_t) (place - seen);
    return distance <= WINDOW && distance <= place ? distance : 0;
}

/// Looks for matches longer than `longest` at `place` of the strip, `at` in the block, nearest first; gives the length of the longest
/// where that is long enough to end the search. All earlier places are compared before any is decided on.
static inline size_t offer_matches(
    pn_search *search, const uint8_t *bytes, size_t place, size_t at, size_t longest, size_t most, int depth) {
    uint64_t *entry = &search->seen[hash(bytes + place)], seen = *entry;
    *entry = seen << 16 | (uint16_t) place;
    // The table does not fit the first cache.
    __builtin_prefetch(&search->seen[hash(bytes + place + 12)], 1);
    if (most <= longest) return 0;
    const uint8_t *end = bytes + longest - 3;
    unsigned alike = 0;
    uint32_t here = four_at(end + place);
    for (int i = 0; i < depth; i++) {
        size_t distance = distance_to(seen >> 16 * i, place);
        alike |= (unsigned) (distance && four_at(end + place - distance) == here) << i;
    }
    for (; alike; alike &= alike - 1) {
        size_t distance = distance_to(seen >> 16 * __builtin_ctz(alike), place);
        size_t length = common(bytes + place, bytes + place - distance, most);
        if (length <= longest) continue;
        offer(search, at, length < LONG_ENOUGH ? longest + 1 : length, length, distance);
        longest = length;
        if (length >= LONG_ENOUGH) return length;
    }
    return 0;
}

static inline void offer_literal(pn_search *search, const uint8_t *bytes, size_t place, size_t at) {
    uint32_t cost = search->cost[at] + search->literal_cost[bytes[place]];
    if (cost < search->cost[at + 1]) {
        search->cost[at + 1] = cost;
        search->steps[at + 1] = (step){1, 0};
    }
}

/// Finds the cheapest way through `length` bytes from `start` on. Runs of zeroes are taken whole and not searched.
__attribute__((always_inline)) static inline void find_way(pn_search *search, const uint8_t *bytes, size_t start, size_t length, int depth) {
    search->cost[0] = 0;
    for (size_t i = 1; i <= length; i++) search->cost[i] = UNREACHED;
    // The literals from here to `ahead` cost `saved`, just about what a match does.
    size_t ahead = 0;
    uint32_t saved = 0;
    for (size_t at = 0; at < length;) {
        size_t place = start + at, most = length - at < PN_LONGEST_MATCH ? length - at : PN_LONGEST_MATCH;
        if (ahead < at) ahead = at, saved = 0;
        while (saved < CHEAPEST_MATCH && ahead < length) saved += search->literal_cost[bytes[start + ahead++]];
        offer_literal(search, bytes, place, at);
        if (!bytes[place] && place && !bytes[place - 1]) {
            size_t run = common(bytes + place, bytes + place - 1, most);
            if (run >= PN_SHORTEST_RUN - 1) {
                offer(search, at, run, run, 1);
                at += run, ahead = 0;
                continue;
            }
        }
        size_t longest = offer_matches(search, bytes, place, at, ahead - at > 3 ? ahead - at - 1 : 3, most, depth);
        if (!longest) {
            saved -= search->literal_cost[bytes[place]];
            at++;
        } else {
            // What lies within is reached by the match alone.
            for (size_t i = 1; i < longest; i += 4) remember(search, bytes, place + i);
            at += longest, ahead = 0;
        }
    }
}

/// Turns the way, known from its end, so that each place says where it goes on; counts what will be written.
static void count_way(pn_search *search, const uint8_t *bytes, size_t length) {
    memset(search->literal_counts, 0, sizeof search->literal_counts);
    memset(search->distance_counts, 0, sizeof search->distance_counts);
    search->literal_counts[PN_END_OF_BLOCK] = 1;
    step next = search->steps[length];
    for (size_t at = length; at > 0;) {
        at -= next.length;
        step before = search->steps[at];
        search->steps[at] = next;
        if (next.distance) {
            search->literal_counts[pn_code_of_length(next.length).symbol]++;
            search->distance_counts[symbol_of_distance(next.distance)]++;
        } else {
            search->literal_counts[bytes[at]]++;
        }
        next = before;
    }
}

static size_t measure(const pn_search *search, const uint8_t *literals, const uint8_t *distances) {
    size_t bits = 0;
    for (int i = 0; i < PN_LITERALS; i++)
        bits += (size_t) search->literal_counts[i] * (literals[i] + (i >= 265 && i < 285 ? (size_t) (i - 261) / 4 : 0));
    for (int i = 0; i < PN_DISTANCES; i++)
        bits += (size_t) search->distance_counts[i] * (distances[i] + (size_t) extra_bits_of_distance(i));
    return bits / 8;
}

static void put_way(
    const pn_search *search, pn_bits *bits, const uint8_t *bytes, size_t length, const uint8_t *literals,
    const uint8_t *distances) {
    uint16_t codes[PN_LITERALS], distance_codes[PN_DISTANCES];
    pn_codes(literals, PN_LITERALS, codes);
    pn_codes(distances, PN_DISTANCES, distance_codes);
    for (size_t at = 0; at < length; at += search->steps[at].length) {
        for (; at < length && !search->steps[at].distance; at++) {
            bits->held |= (uint64_t) codes[bytes[at]] << bits->count;
            bits->count += literals[bytes[at]];
            if (bits->count > 48) pn_flush_bits(bits);
        }
        pn_flush_bits(bits);
        if (at == length) break;
        step step = search->steps[at];
        pn_length_code code = pn_code_of_length(step.length);
        pn_put_bits(
            bits, codes[code.symbol] | (uint64_t) code.extra << literals[code.symbol],
            literals[code.symbol] + (unsigned) code.extra_bits);
        int symbol = symbol_of_distance(step.distance), extra = extra_bits_of_distance(symbol);
        uint64_t rest = (step.distance - 1u) & ((1u << extra) - 1);
        pn_put_bits(bits, distance_codes[symbol] | rest << distances[symbol], distances[symbol] + (unsigned) extra);
    }
    pn_put_bits(bits, codes[PN_END_OF_BLOCK], literals[PN_END_OF_BLOCK]);
}

size_t pn_deflate_searching(
    pn_search *search, const uint8_t *bytes, size_t length, int depth, int is_last, uint8_t *out) {
    pn_bits bits = {.at = out};
    memset(search->seen, 0, sizeof search->seen);
    memset(search->literal_counts, 0, sizeof search->literal_counts);
    memset(search->distance_counts, 0, sizeof search->distance_counts);
    pn_count_runs(bytes, length < BLOCK ? length : BLOCK, search->literal_counts);
    for (size_t start = 0, block; start < length; start += block) {
        uint8_t literals[PN_LITERALS], distances[PN_DISTANCES];
        block = length - start < BLOCK ? length - start : BLOCK;
        weigh_all(search);
        if (depth == 1) find_way(search, bytes, start, block, 1);
        else find_way(search, bytes, start, block, 2);
        count_way(search, bytes + start, block);
        pn_code_lengths(search->literal_counts, PN_LITERALS, PN_LONGEST_CODE, literals);
        pn_code_lengths(search->distance_counts, PN_DISTANCES, PN_LONGEST_CODE, distances);
        if ((size_t) (bits.at - out) + measure(search, literals, distances) > length) return 0;
        pn_put_block_head(&bits, is_last && start + block == length, literals, distances);
        put_way(search, &bits, bytes + start, block, literals, distances);
    }
    return (size_t) (pn_end_strip(&bits, is_last) - out);
}
