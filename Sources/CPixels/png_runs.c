// One block of literals and runs of zeroes a strip. Filtered photographs have little else that repeats; what an ordinary deflate
// finds beyond that saves them a few parts in a hundred, and takes it most of its time.
//
// Every run of PN_SHORTEST_RUN zeroes or more is one literal zero and matches of distance 1, all else is literals. Which the
// vector form and the portable one find alike, so that both write the same bytes.
#include <stdalign.h>

#include "Planes.h"
#include "png_deflate.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define INLINE __attribute__((always_inline)) static inline

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

INLINE void tally_run(struct tally *tally, size_t left) {
    tally->literals[0][0]++;
    for (left--; left >= 3; left -= next_match(left)) tally->matches[next_match(left)]++;
    tally->literals[0][0] += (uint32_t) left;
}

/// How a stretch of bytes begins: with so many literals, and behind them a run of so many zeroes, or none yet.
struct beginning {
    size_t literals;
    size_t run;
};

/// Looks at one byte of every PN_SHORTEST_RUN: one of them lies in every run.
INLINE struct beginning begin_plainly(const uint8_t *bytes, size_t length) {
    size_t start = 0;
    for (size_t i = PN_SHORTEST_RUN - 1; i < length; i += PN_SHORTEST_RUN) {
        if (bytes[i]) continue;
        size_t first = i;
        while (first > start && !bytes[first - 1]) first--;
        size_t run = run_length(bytes + first, length - first);
        if (run >= PN_SHORTEST_RUN) return (struct beginning){first, run};
        start = first + run;
    }
    return (struct beginning){length, 0};
}

static void tally_plainly(struct tally *tally, const uint8_t *bytes, size_t length) {
    for (size_t at = 0; at < length;) {
        struct beginning next = begin_plainly(bytes + at, length - at);
        tally_literals(tally, bytes + at, next.literals);
        if (next.run) tally_run(tally, next.run);
        at += next.literals + next.run;
    }
}

#if defined(__x86_64__)
#define VECTOR __attribute__((target("avx2,bmi,bmi2")))

VECTOR INLINE uint32_t zeroes_among_32(const uint8_t *bytes) {
    __m256i loaded = _mm256_loadu_si256((const __m256i *) (const void *) bytes);
    return (uint32_t) _mm256_movemask_epi8(_mm256_cmpeq_epi8(loaded, _mm256_setzero_si256()));
}

/// Of 32 places those where a run may begin, by the zeroes among them and among the 32 behind. At most 32 literals.
VECTOR INLINE struct beginning begin_by_vectors(const uint8_t *bytes, size_t length) {
    uint64_t zeroes = zeroes_among_32(bytes) | (uint64_t) zeroes_among_32(bytes + 32) << 32;
    uint64_t twos = zeroes & zeroes >> 1, fours = twos & twos >> 2, starts = fours & fours >> 4 & fours >> 8;
    struct beginning none = {length < 32 ? length : 32, 0};
    if (!(uint32_t) starts) return none;
    size_t literals = (size_t) __builtin_ctzll(starts), run = (size_t) __builtin_ctzll(~(zeroes >> literals));
    if (literals + run == 64 && length > 64) run += run_length(bytes + 64, length - 64);
    if (literals + run > length) run = literals < length ? length - literals : 0;
    return run < PN_SHORTEST_RUN ? none : (struct beginning){literals, run};
}

VECTOR static void tally_by_vectors(struct tally *tally, const uint8_t *bytes, size_t length) {
    for (size_t at = 0; at < length;) {
        struct beginning next = begin_by_vectors(bytes + at, length - at);
        tally_literals(tally, bytes + at, next.literals);
        if (next.run) tally_run(tally, next.run);
        at += next.literals + next.run;
    }
}

static int has_vectors(void) { return kn_has_avx2() && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2"); }
#endif

void pn_count_runs(const uint8_t *bytes, size_t length, uint32_t *counts) {
    struct tally tally = {0};
#if defined(__x86_64__)
    if (has_vectors()) tally_by_vectors(&tally, bytes, length);
    else
#endif
        tally_plainly(&tally, bytes, length);
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

INLINE void put_run(pn_bits *bits, const pn_codebook *book, size_t run) {
    size_t left = run - 1, match = next_match(left);
    // The literal and its first match in one go: 14 bits, and 14 + 5 + 1.
    uint64_t zero = book->literals[0], code = book->runs[match];
    pn_put_bits(bits, zero >> 8 | (code >> 8) << (zero & 0x3f), (unsigned) (zero & 0xff) + (unsigned) (code & 0xff));
    for (left -= match; left >= 3; left -= next_match(left)) put_code(bits, book->runs[next_match(left)]);
    for (; left; left--) put_code(bits, book->literals[0]);
}

/// Written without looking at the room left: 14 bits a literal at most.
#define PIECE 1024

/// Gives 0 where the room is used up.
static int put_plainly(
    pn_bits *written, const pn_codebook *book, const uint8_t *bytes, size_t length, const uint8_t *full) {
    pn_bits bits = *written;
    for (size_t at = 0; at < length;) {
        struct beginning next = begin_plainly(bytes + at, length - at);
        for (size_t piece; next.literals; next.literals -= piece, at += piece) {
            piece = next.literals < PIECE ? next.literals : PIECE;
            put_literals(&bits, book, bytes + at, piece);
            if (bits.at >= full) return 0;
        }
        if (next.run) put_run(&bits, book, next.run);
        at += next.run;
        if (bits.at >= full) return 0;
    }
    *written = bits;
    return 1;
}

#if defined(__x86_64__)
/// The codes of -32 to 31, which nearly all bytes of filtered photographs are: length, low and high half of the bits, by sixteens.
struct small_codes {
    __m256i lengths[4];
    __m256i low[4];
    __m256i high[4];
};

VECTOR static void gather_small_codes(struct small_codes *small, const pn_codebook *book) {
    for (int sixteen = 0; sixteen < 4; sixteen++) {
        uint8_t lengths[16], low[16], high[16];
        for (int i = 0; i < 16; i++) {
            uint32_t code = book->literals[(uint8_t) (16 * sixteen + i - 32)];
            lengths[i] = (uint8_t) code;
            low[i] = (uint8_t) (code >> 8);
            high[i] = (uint8_t) (code >> 16);
        }
        small->lengths[sixteen] = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *) (const void *) lengths));
        small->low[sixteen] = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *) (const void *) low));
        small->high[sixteen] = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *) (const void *) high));
    }
}

VECTOR INLINE __m256i look_up(const __m256i *tables, const __m256i *places) {
    return _mm256_or_si256(
        _mm256_or_si256(_mm256_shuffle_epi8(tables[0], places[0]), _mm256_shuffle_epi8(tables[1], places[1])),
        _mm256_or_si256(_mm256_shuffle_epi8(tables[2], places[2]), _mm256_shuffle_epi8(tables[3], places[3])));
}

/// Joins each pair of 32-bit codes to one of 64 bits, and both of those.
VECTOR INLINE __m256i join_words(__m256i codes, __m256i *lengths) {
    const __m256i low = _mm256_set1_epi64x(0xffffffff);
    __m256i first = _mm256_and_si256(*lengths, low);
    __m256i joined = _mm256_or_si256(
        _mm256_and_si256(codes, low), _mm256_sllv_epi64(_mm256_srli_epi64(codes, 32), first));
    *lengths = _mm256_add_epi64(first, _mm256_srli_epi64(*lengths, 32));
    return joined;
}

/// The first `count` of 32 literals, each between -32 and 31: 64-bit words of the codes of four, and how long each word is.
VECTOR INLINE void join_codes(
    const struct small_codes *small, __m256i from_0, __m256i counted, uint64_t *words, uint64_t *lengths) {
    __m256i places[4];
    // pshufb gives 0 where the place has its highest bit set: all but sixteen values in each of the four.
    for (int sixteen = 0; sixteen < 4; sixteen++)
        places[sixteen] = _mm256_adds_epu8(
            _mm256_xor_si256(from_0, _mm256_set1_epi8((char) (sixteen << 4))), _mm256_set1_epi8(0x70));
    __m256i length = _mm256_and_si256(look_up(small->lengths, places), counted);
    __m256i low = _mm256_and_si256(look_up(small->low, places), counted);
    __m256i high = _mm256_and_si256(look_up(small->high, places), counted);
    const __m256i even = _mm256_set1_epi16(0xff);
    __m256i first = _mm256_or_si256(_mm256_and_si256(low, even), _mm256_slli_epi16(high, 8));
    __m256i second = _mm256_or_si256(_mm256_srli_epi16(low, 8), _mm256_andnot_si256(even, high));
    __m256i first_length = _mm256_and_si256(length, even);
    __m256i pair_length = _mm256_add_epi16(first_length, _mm256_srli_epi16(length, 8));
    // The second code goes behind the first by a multiplication with 2 to the first one's length, whose halves come from tables.
    const __m256i powers = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, (char) 128, 0, 0, 0, 0, 0, 0, 0, 0));
    __m256i eight = _mm256_set1_epi16(8);
    __m256i power = _mm256_or_si256(
        _mm256_and_si256(_mm256_shuffle_epi8(powers, first_length), even),
        _mm256_slli_epi16(_mm256_shuffle_epi8(powers, _mm256_sub_epi8(first_length, eight)), 8));
    __m256i lower = _mm256_or_si256(first, _mm256_mullo_epi16(second, power));
    __m256i upper = _mm256_mulhi_epu16(second, power);
    __m256i nothing = _mm256_setzero_si256();
    for (int half = 0; half < 2; half++) {
        __m256i codes = half ? _mm256_unpackhi_epi16(lower, upper) : _mm256_unpacklo_epi16(lower, upper);
        __m256i bits = half ? _mm256_unpackhi_epi16(pair_length, nothing) : _mm256_unpacklo_epi16(pair_length, nothing);
        codes = join_words(codes, &bits);
        // Each half of the register holds eight literals: four in the lower vector's word, four in the upper's.
        _mm256_store_si256((__m256i *) (void *) (words + 4 * half), codes);
        _mm256_store_si256((__m256i *) (void *) (lengths + 4 * half), bits);
    }
}

VECTOR INLINE void put_word(pn_bits *bits, uint64_t word, uint64_t length) {
    bits->held |= word << bits->count;
    bits->count += (unsigned) length;
    pn_flush_bits(bits);
}

VECTOR INLINE void put_32_at_most(
    pn_bits *bits, const pn_codebook *book, const struct small_codes *small, const uint8_t *bytes, size_t count) {
    static const uint8_t numbers[32] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                        16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};
    __m256i counted = _mm256_cmpgt_epi8(
        _mm256_set1_epi8((char) count), _mm256_loadu_si256((const __m256i *) (const void *) numbers));
    __m256i from_0 = _mm256_add_epi8(
        _mm256_loadu_si256((const __m256i *) (const void *) bytes), _mm256_set1_epi8(32));
    from_0 = _mm256_and_si256(from_0, counted);
    if (!_mm256_testz_si256(from_0, _mm256_set1_epi8((char) 0xc0))) return put_literals(bits, book, bytes, count);
    alignas(32) uint64_t words[8], lengths[8];
    join_codes(small, from_0, counted, words, lengths);
    static const uint8_t order[8] = {0, 1, 4, 5, 2, 3, 6, 7};
    for (int i = 0; i < 8; i++) put_word(bits, words[order[i]], lengths[order[i]]);
}

VECTOR static int put_by_vectors(
    pn_bits *written, const pn_codebook *book, const uint8_t *bytes, size_t length, const uint8_t *full) {
    struct small_codes small;
    gather_small_codes(&small, book);
    pn_bits bits = *written;
    for (size_t at = 0; at < length;) {
        struct beginning next = begin_by_vectors(bytes + at, length - at);
        put_32_at_most(&bits, book, &small, bytes + at, next.literals);
        if (next.run) put_run(&bits, book, next.run);
        at += next.literals + next.run;
        if (bits.at >= full) return 0;
    }
    *written = bits;
    return 1;
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
    if (has_vectors()) fits = put_by_vectors(&bits, &book, bytes, length, full);
    else
#endif
        fits = put_plainly(&bits, &book, bytes, length, full);
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
