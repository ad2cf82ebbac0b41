#include <stdlib.h>

#include "png_huffman.h"

struct leaf {
    uint32_t count;
    int symbol;
};

static int by_count(const void *one, const void *other) {
    const struct leaf *a = one, *b = other;
    if (a->count != b->count) return a->count < b->count ? -1 : 1;
    return a->symbol - b->symbol;
}

/// Depths of the leaves of Huffman's tree, which are given by rising count. Two queues: leaves, and nodes in the order they were made.
static void measure_depths(const struct leaf *leaves, int count, uint8_t *depths) {
    uint64_t weight[PN_LITERALS];
    int parent_of_leaf[PN_LITERALS], parent[PN_LITERALS], depth[PN_LITERALS], leaf = 0, node = 0;
    for (int made = 0; made < count - 1; made++) {
        weight[made] = 0;
        for (int child = 0; child < 2; child++) {
            if (leaf < count && (node == made || leaves[leaf].count <= weight[node])) {
                weight[made] += leaves[leaf].count;
                parent_of_leaf[leaf++] = made;
            } else {
                weight[made] += weight[node];
                parent[node++] = made;
            }
        }
    }
    depth[count - 2] = 0;
    for (int i = count - 3; i >= 0; i--) depth[i] = depth[parent[i]] + 1;
    for (int i = 0; i < count; i++) depths[i] = (uint8_t) (depth[parent_of_leaf[i]] + 1);
}

/// Shortens what is too long, and pays for it with the rarest codes that can still grow: the sum of 2^-length has to be 1 at most.
static void limit_depths(uint8_t *depths, int count, int longest) {
    int64_t sum = 0, whole = (int64_t) 1 << longest;
    for (int i = 0; i < count; i++) {
        if (depths[i] > longest) depths[i] = (uint8_t) longest;
        sum += (int64_t) 1 << (longest - depths[i]);
    }
    for (int i = 0; sum > whole; i = i + 1 < count ? i + 1 : 0) {
        while (depths[i] < longest && sum > whole) {
            depths[i]++;
            sum -= (int64_t) 1 << (longest - depths[i]);
        }
    }
    // What was paid too much goes to the most frequent ones that fit it.
    for (int i = count - 1; i >= 0; i--)
        while (depths[i] > 1 && sum + ((int64_t) 1 << (longest - depths[i])) <= whole) {
            sum += (int64_t) 1 << (longest - depths[i]);
            depths[i]--;
        }
}

void pn_code_lengths(const uint32_t *counts, int symbols, int longest, uint8_t *lengths) {
    struct leaf leaves[PN_LITERALS];
    uint8_t depths[PN_LITERALS];
    int count = 0;
    memset(lengths, 0, (size_t) symbols);
    for (int symbol = 0; symbol < symbols; symbol++)
        if (counts[symbol]) leaves[count++] = (struct leaf){counts[symbol], symbol};
    if (count < 2) {
        int used = count ? leaves[0].symbol : 0;
        lengths[used] = 1;
        lengths[used ? 0 : 1] = 1;
        return;
    }
    qsort(leaves, (size_t) count, sizeof leaves[0], by_count);
    measure_depths(leaves, count, depths);
    limit_depths(depths, count, longest);
    for (int i = 0; i < count; i++) lengths[leaves[i].symbol] = depths[i];
}

void pn_codes(const uint8_t *lengths, int symbols, uint16_t *codes) {
    unsigned next[PN_LONGEST_CODE + 2] = {0};
    for (int symbol = 0; symbol < symbols; symbol++) next[lengths[symbol] + 1]++;
    next[1] = 0;
    for (int length = 1; length <= PN_LONGEST_CODE; length++) next[length + 1] = (next[length] + next[length + 1]) << 1;
    for (int symbol = 0; symbol < symbols; symbol++) {
        unsigned code = lengths[symbol] ? next[lengths[symbol]]++ : 0, turned = 0;
        for (int bit = 0; bit < lengths[symbol]; bit++) turned |= (code >> bit & 1) << (lengths[symbol] - 1 - bit);
        codes[symbol] = (uint16_t) turned;
    }
}

/// The lengths of both codes in a row, and runs of them: symbols of §3.2.7 with the extra bits each takes.
struct described {
    uint8_t symbols[PN_LITERALS + PN_DISTANCES];
    uint8_t extras[PN_LITERALS + PN_DISTANCES];
    int count;
};

static void describe_run(struct described *to, int length, int run) {
    int is_first = 1;
    while (run > 0) {
        int symbol = length, extra = 0, covered = 1;
        if (length == 0 && run >= 3) {
            covered = run > 138 ? 138 : run;
            symbol = covered > 10 ? 18 : 17;
            extra = covered - (covered > 10 ? 11 : 3);
        } else if (!is_first && run >= 3) {
            covered = run > 6 ? 6 : run;
            symbol = 16;
            extra = covered - 3;
        }
        to->symbols[to->count] = (uint8_t) symbol;
        to->extras[to->count++] = (uint8_t) extra;
        is_first = 0;
        run -= covered;
    }
}

static void describe(struct described *to, const uint8_t *lengths, int count) {
    to->count = 0;
    for (int i = 0, run; i < count; i += run) {
        for (run = 1; i + run < count && lengths[i + run] == lengths[i]; run++) {}
        describe_run(to, lengths[i], run);
    }
}

void pn_put_block_head(pn_bits *bits, int is_last, const uint8_t *literals, const uint8_t *distances) {
    static const uint8_t order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    int many = PN_LITERALS, far = PN_DISTANCES, used = 19;
    while (many > 257 && !literals[many - 1]) many--;
    while (far > 1 && !distances[far - 1]) far--;
    uint8_t all[PN_LITERALS + PN_DISTANCES], lengths[19];
    memcpy(all, literals, (size_t) many);
    memcpy(all + many, distances, (size_t) far);
    struct described described;
    describe(&described, all, many + far);
    uint32_t counts[19] = {0};
    uint16_t codes[19];
    for (int i = 0; i < described.count; i++) counts[described.symbols[i]]++;
    pn_code_lengths(counts, 19, 7, lengths);
    pn_codes(lengths, 19, codes);
    while (used > 4 && !lengths[order[used - 1]]) used--;
    pn_put_bits(bits, (uint64_t) (is_last | 2 << 1 | (many - 257) << 3 | (far - 1) << 8 | (used - 4) << 13), 17);
    for (int i = 0; i < used; i++) pn_put_bits(bits, lengths[order[i]], 3);
    for (int i = 0; i < described.count; i++) {
        int symbol = described.symbols[i];
        pn_put_bits(bits, codes[symbol], lengths[symbol]);
        if (symbol >= 16) pn_put_bits(bits, described.extras[i], symbol == 16 ? 2 : symbol == 17 ? 3 : 7);
    }
}
