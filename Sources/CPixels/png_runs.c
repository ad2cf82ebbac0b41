// One block of literals and runs of zeroes a strip. Filtered photographs have little else that repeats; what an ordinary deflate
// finds beyond that saves them a few parts in a hundred, and takes it most of its time.
//
// Every run of PN_SHORTEST_RUN zeroes or more is one literal zero and matches of distance 1, all else is literals. Which the
// vector form and the portable one find alike, so that both write the same bytes.
#include "Planes.h"
#include "png_deflate.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define INLINE __attribute__((always_inline)) static inline

typedef size_t find_run(const uint8_t *bytes, size_t length);

/// Where the next run begins, or `length`. Every eighth byte is looked at: one of them lies in every run of eight.
INLINE size_t next_run_plainly(const uint8_t *bytes, size_t length) {
    size_t start = 0;
    for (size_t i = PN_SHORTEST_RUN - 1; i < length; i += PN_SHORTEST_RUN) {
        if (bytes[i]) continue;
        size_t first = i, end = i + 1;
        while (first > start && !bytes[first - 1]) first--;
        while (end < first + PN_SHORTEST_RUN && end < length && !bytes[end]) end++;
        if (end - first >= PN_SHORTEST_RUN) return first;
        start = end;
    }
    return length;
}

#if defined(__x86_64__)
#define VECTOR __attribute__((target("avx2,bmi,bmi2")))

VECTOR INLINE uint32_t zeroes_among_32(const uint8_t *bytes) {
    __m256i loaded = _mm256_loadu_si256((const __m256i *) (const void *) bytes);
    return (uint32_t) _mm256_movemask_epi8(_mm256_cmpeq_epi8(loaded, _mm256_setzero_si256()));
}

/// 32 places at a time, by the zeroes among them and among the 32 behind.
VECTOR INLINE size_t next_run_by_vectors(const uint8_t *bytes, size_t length) {
    uint64_t zeroes = zeroes_among_32(bytes);
    for (size_t i = 0; i < length; i += 32) {
        if (i + 32 < length) zeroes |= (uint64_t) zeroes_among_32(bytes + i + 32) << 32;
        uint64_t starts = zeroes & zeroes >> 1;
        starts &= starts >> 2;
        starts &= starts >> 4;
        if ((uint32_t) starts) {
            size_t start = i + (size_t) __builtin_ctzll(starts);
            return start + PN_SHORTEST_RUN <= length ? start : length;
        }
        zeroes >>= 32;
    }
    return length;
}

static int has_vectors(void) { return kn_has_avx2() && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2"); }
#endif

/// How many zeroes there are; a byte that is none follows them.
INLINE size_t run_length(const uint8_t *bytes, size_t most) {
    size_t length = 0;
    for (uint64_t word; length + 8 <= most; length += 8) {
        memcpy(&word, bytes + length, 8);
        if (word) return length + (size_t) __builtin_ctzll(word) / 8;
    }
    while (length < most && !bytes[length]) length++;
    return length;
}

/// The next match of a run of which `left` bytes are to come; a rest of one or two bytes is none.
INLINE size_t next_match(size_t left) { return left < PN_LONGEST_MATCH ? left : PN_LONGEST_MATCH; }

pn_length_code pn_code_of_length(int length) {
    if (length == PN_LONGEST_MATCH) return (pn_length_code){285, 0, 0};
    if (length < 11) return (pn_length_code){(uint16_t) (254 + length), 0, 0};
    // Four symbols for each further extra bit: the two bits below the highest say which.
    int over = length - 3, bits = 29 - __builtin_clz((unsigned) over);
    return (pn_length_code){
        (uint16_t) (257 + 4 * bits + (over >> bits)), (uint8_t) bits, (uint8_t) (over & ((1 << bits) - 1))};
}

/// How often each length of a match came, beside the literals; turned into symbols at the end.
struct tally {
    uint32_t literals[4][256];
    uint32_t matches[PN_LONGEST_MATCH + 1];
};

INLINE void tally_literals(struct tally *tally, const uint8_t *bytes, size_t count) {
    size_t i = 0;
    for (; i + 4 <= count; i += 4)
        for (int lane = 0; lane < 4; lane++) tally->literals[lane][bytes[i + (size_t) lane]]++;
    for (; i < count; i++) tally->literals[0][bytes[i]]++;
}

INLINE void tally_bytes(struct tally *tally, const uint8_t *bytes, size_t length, find_run *find) {
    for (size_t at = 0; at < length;) {
        size_t literals = find(bytes + at, length - at);
        tally_literals(tally, bytes + at, literals);
        at += literals;
        if (at == length) break;
        size_t left = run_length(bytes + at, length - at);
        at += left--;
        tally->literals[0][0]++;
        for (; left >= 3; left -= next_match(left)) tally->matches[next_match(left)]++;
        tally->literals[0][0] += (uint32_t) left;
    }
}

#if defined(__x86_64__)
VECTOR static void tally_by_vectors(struct tally *tally, const uint8_t *bytes, size_t length) {
    tally_bytes(tally, bytes, length, next_run_by_vectors);
}
#endif

void pn_count_runs(const uint8_t *bytes, size_t length, uint32_t *counts) {
    struct tally tally = {0};
#if defined(__x86_64__)
    if (has_vectors()) tally_by_vectors(&tally, bytes, length);
    else
#endif
        tally_bytes(&tally, bytes, length, next_run_plainly);
    for (int literal = 0; literal < 256; literal++)
        for (int lane = 0; lane < 4; lane++) counts[literal] += tally.literals[lane][literal];
    for (int match = 3; match <= PN_LONGEST_MATCH; match++)
        if (tally.matches[match]) counts[pn_code_of_length(match).symbol] += tally.matches[match];
}

/// Four codes make one, by twos, so that no addition waits long for another.
INLINE void put_four(pn_bits *bits, const pn_codebook *book, const uint8_t *bytes) {
    uint64_t a = book->literals[bytes[0]], b = book->literals[bytes[1]];
    uint64_t c = book->literals[bytes[2]], d = book->literals[bytes[3]];
    uint64_t ab = a >> 8 | (b >> 8) << (a & 0x3f), cd = c >> 8 | (d >> 8) << (c & 0x3f);
    unsigned first = (unsigned) (a + b) & 0x3f, all = (unsigned) (a + b + c + d) & 0x3f;
    bits->held |= (ab | cd << first) << bits->count;
    bits->count += all;
    pn_flush_bits(bits);
}

INLINE void put_code(pn_bits *bits, uint32_t code) { pn_put_bits(bits, code >> 8, code & 0xff); }

INLINE void put_literals(pn_bits *bits, const pn_codebook *book, const uint8_t *bytes, size_t count) {
    size_t i = 0;
    for (; i + 4 <= count; i += 4) put_four(bits, book, bytes + i);
    for (; i < count; i++) put_code(bits, book->literals[bytes[i]]);
}

/// As much is written without looking at the room left: 14 bits a literal at most.
#define PIECE 1024

/// Gives 0 where the room is used up.
INLINE int put_all(
    pn_bits *written, const pn_codebook *book, const uint8_t *bytes, size_t length, const uint8_t *full, find_run *find) {
    pn_bits bits = *written;
    for (size_t at = 0; at < length;) {
        size_t most = length - at < PIECE ? length - at : PIECE, literals = find(bytes + at, most);
        // A run may begin in the last bytes of a piece, which are then left for the next one.
        if (literals == most && at + most < length) literals = most - (PN_SHORTEST_RUN - 1);
        put_literals(&bits, book, bytes + at, literals);
        at += literals;
        if (bits.at >= full) return 0;
        if (literals == most || at == length || bytes[at]) continue;
        size_t left = run_length(bytes + at, length - at);
        if (left < PN_SHORTEST_RUN) continue;
        at += left--;
        put_code(&bits, book->literals[0]);
        for (; left >= 3; left -= next_match(left)) put_code(&bits, book->runs[next_match(left)]);
        for (; left; left--) put_code(&bits, book->literals[0]);
        if (bits.at >= full) return 0;
    }
    *written = bits;
    return 1;
}

#if defined(__x86_64__)
VECTOR static int put_all_by_vectors(
    pn_bits *bits, const pn_codebook *book, const uint8_t *bytes, size_t length, const uint8_t *full) {
    return put_all(bits, book, bytes, length, full, next_run_by_vectors);
}
#endif

uint8_t *pn_end_strip(pn_bits *bits, int is_last) {
    if (!is_last) pn_put_bits(bits, 0, 3);
    if (bits->count) pn_put_bits(bits, 0, 8 - bits->count % 8);
    if (is_last) return bits->at;
    memcpy(bits->at, (const uint8_t[4]){0, 0, 0xff, 0xff}, 4);
    return bits->at + 4;
}

static void fill_book(pn_codebook *book, const uint8_t *literals, const uint8_t *distances) {
    uint16_t codes[PN_LITERALS];
    pn_codes(literals, PN_LITERALS, codes);
    for (int i = 0; i < 256; i++) book->literals[i] = (uint32_t) codes[i] << 8 | literals[i];
    // The distance's code is the first of two of one bit, so a zero bit.
    for (int length = 3; length <= PN_LONGEST_MATCH; length++) {
        pn_length_code code = pn_code_of_length(length);
        uint32_t bits = codes[code.symbol] | (uint32_t) code.extra << literals[code.symbol];
        book->runs[length] = bits << 8 | (uint32_t) (literals[code.symbol] + code.extra_bits + distances[0]);
    }
    book->end = (uint32_t) codes[PN_END_OF_BLOCK] << 8 | literals[PN_END_OF_BLOCK];
}

size_t pn_deflate_runs(const uint8_t *bytes, size_t row, size_t rows, size_t step, int is_last, uint8_t *out) {
    uint32_t counts[PN_LITERALS] = {0};
    uint8_t literals[PN_LITERALS], distances[PN_DISTANCES];
    size_t length = row * rows;
    for (size_t y = 0; y < rows; y += step) pn_count_runs(bytes + y * row, row, counts);
    // Each symbol can come in the rows that were not looked at.
    for (int symbol = 0; symbol < PN_LITERALS; symbol++) counts[symbol] = counts[symbol] * (uint32_t) step + 1;
    pn_code_lengths(counts, PN_LITERALS, PN_LONGEST_LITERAL, literals);
    pn_code_lengths((const uint32_t[PN_DISTANCES]){1}, PN_DISTANCES, PN_LONGEST_CODE, distances);
    pn_codebook book;
    fill_book(&book, literals, distances);
    pn_bits bits = {.at = out};
    pn_put_block_head(&bits, is_last, literals, distances);
    const uint8_t *full = out + length;
    int fits;
#if defined(__x86_64__)
    if (has_vectors()) fits = put_all_by_vectors(&bits, &book, bytes, length, full);
    else
#endif
        fits = put_all(&bits, &book, bytes, length, full, next_run_plainly);
    if (!fits) return 0;
    put_code(&bits, book.end);
    return (size_t) (pn_end_strip(&bits, is_last) - out);
}

size_t pn_deflate_stored(const uint8_t *bytes, size_t length, int is_last, uint8_t *out) {
    uint8_t *at = out;
    for (size_t done = 0; done < length;) {
        size_t block = length - done < 65535 ? length - done : 65535;
        at[0] = is_last && done + block == length;
        at[1] = (uint8_t) block, at[2] = (uint8_t) (block >> 8);
        at[3] = (uint8_t) ~at[1], at[4] = (uint8_t) ~at[2];
        memcpy(at + 5, bytes + done, block);
        at += 5 + block, done += block;
    }
    return (size_t) (at - out);
}
