#include "base64.h"

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define NONE 0xff

static inline uint8_t value_of(uint8_t character) {
    if (character >= 'A' && character <= 'Z') return (uint8_t) (character - 'A');
    if (character >= 'a' && character <= 'z') return (uint8_t) (character - 'a' + 26);
    if (character >= '0' && character <= '9') return (uint8_t) (character - '0' + 52);
    return character == '+' ? 62 : character == '/' ? 63 : NONE;
}

#if defined(__x86_64__)
/// Where a character lies between two others, all bits.
#define BETWEEN(low, high) \
    _mm256_and_si256(_mm256_cmpgt_epi8(c, _mm256_set1_epi8((low) - 1)), _mm256_cmpgt_epi8(_mm256_set1_epi8((high) + 1), c))
#define OFFSET(where, offset) _mm256_and_si256(where, _mm256_set1_epi8(offset))

/// Whole blocks of 32 characters; gives how many characters it took.
__attribute__((target("avx2"))) static size_t decode_blocks(const uint8_t *text, size_t count, uint8_t *out) {
    const __m256i in_order = _mm256_setr_epi8(
        2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1, 2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
    size_t at = 0;
    for (; at + 32 <= count; at += 32, out += 24) {
        __m256i c = _mm256_loadu_si256((const __m256i *) (const void *) (text + at));
        __m256i upper = BETWEEN('A', 'Z'), lower = BETWEEN('a', 'z'), digit = BETWEEN('0', '9');
        __m256i plus = _mm256_cmpeq_epi8(c, _mm256_set1_epi8('+')), slash = _mm256_cmpeq_epi8(c, _mm256_set1_epi8('/'));
        __m256i known = _mm256_or_si256(_mm256_or_si256(upper, lower), _mm256_or_si256(digit, _mm256_or_si256(plus, slash)));
        if (_mm256_movemask_epi8(known) != -1) break;
        __m256i offset = _mm256_or_si256(
            _mm256_or_si256(OFFSET(upper, -65), OFFSET(lower, -71)),
            _mm256_or_si256(OFFSET(digit, 4), _mm256_or_si256(OFFSET(plus, 19), OFFSET(slash, 16))));
        __m256i six = _mm256_add_epi8(c, offset);
        // Two values to twelve bits, two of these to twenty-four, three bytes of each four to the front of their lane.
        __m256i twelve = _mm256_maddubs_epi16(six, _mm256_set1_epi32(0x01400140));
        __m256i bytes = _mm256_shuffle_epi8(_mm256_madd_epi16(twelve, _mm256_set1_epi32(0x00011000)), in_order);
        bytes = _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
        _mm256_storeu_si256((__m256i *) (void *) out, bytes);
    }
    return at;
}

static int has_vectors(void) {
    static int known;
    if (!known) known = __builtin_cpu_supports("avx2") ? 1 : 2;
    return known == 1;
}
#endif

static int decode_group(const uint8_t *text, uint8_t *out) {
    uint8_t a = value_of(text[0]), b = value_of(text[1]), c = value_of(text[2]), d = value_of(text[3]);
    if ((a | b | c | d) & 0x80) return 0;
    out[0] = (uint8_t) (a << 2 | b >> 4);
    out[1] = (uint8_t) (b << 4 | c >> 2);
    out[2] = (uint8_t) (c << 6 | d);
    return 1;
}

/// Whole groups of four, as far as they are base64.
static size_t decode_groups(const uint8_t *text, size_t count, uint8_t *out) {
    size_t at = 0;
#if defined(__x86_64__)
    if (has_vectors()) at = decode_blocks(text, count, out);
#endif
    while (at + 4 <= count && decode_group(text + at, out + at / 4 * 3)) at += 4;
    return at;
}

/// Text that is freed of its backslashes at a time.
enum { SLICE = 2048 };

/// Copies up to the next backslash, at most `count`; writes up to 31 bytes more. Gives how many were copied.
static inline size_t copy_to_backslash(const uint8_t *text, size_t count, uint8_t *out) {
    const uint8_t *stop = memchr(text, '\\', count);
    size_t length = stop ? (size_t) (stop - text) : count;
    memcpy(out, text, length);
    return length;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static inline size_t copy_to_backslash_avx2(
    const uint8_t *text, size_t count, uint8_t *out) {
    size_t at = 0;
    for (; at + 32 <= count; at += 32) {
        __m256i c = _mm256_loadu_si256((const __m256i *) (const void *) (text + at));
        _mm256_storeu_si256((__m256i *) (void *) (out + at), c);
        unsigned stops = (unsigned) _mm256_movemask_epi8(_mm256_cmpeq_epi8(c, _mm256_set1_epi8('\\')));
        if (stops) return at + (size_t) __builtin_ctz(stops);
    }
    return at + copy_to_backslash(text + at, count - at, out + at);
}
#endif

/// Copies `text` without the backslashes before its slashes. Gives how many characters it took, all of them but for a backslash at
/// the end, or 0 where a backslash stands before anything else.
static inline __attribute__((always_inline)) size_t unescape_by(
    size_t (*copy)(const uint8_t *, size_t, uint8_t *), const uint8_t *text, size_t count, uint8_t *out, size_t *made) {
    size_t at = 0, to = 0;
    for (;;) {
        size_t length = copy(text + at, count - at, out + to);
        at += length;
        to += length;
        if (at + 1 >= count) break;
        if (text[at + 1] != '/') return 0;
        out[to++] = '/';
        at += 2;
    }
    *made = to;
    return at;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static size_t unescape_avx2(
    const uint8_t *text, size_t count, uint8_t *out, size_t *made) {
    return unescape_by(copy_to_backslash_avx2, text, count, out, made);
}
#endif

static size_t unescape(const uint8_t *text, size_t count, uint8_t *out, size_t *made) {
#if defined(__x86_64__)
    if (has_vectors()) return unescape_avx2(text, count, out, made);
#endif
    return unescape_by(copy_to_backslash, text, count, out, made);
}

/// Adds one character to the group that is held; 0 where it cannot stand there.
static int hold(b64_string *string, uint8_t character, uint8_t *out, size_t *written) {
    if (string->unwraps) {
        if (character == '\n' || character == '\r' || character == '\t' || character == ' ') return 1;
        if (character == '-') character = '+';
        if (character == '_') character = '/';
    }
    if (character == '=') {
        // At most two, and only where they fill the last group.
        if (string->holding < 2 || ++string->padding > 2) return 0;
        character = 'A';
    } else if (string->padding || value_of(character) == NONE) {
        return 0;
    }
    string->held[string->holding++] = character;
    if (string->holding < 4) return 1;
    uint8_t *bytes = out + *written;
    decode_group(string->held, bytes);
    string->holding = 0;
    // Bits behind the last whole byte must be zero, so that one picture has one text.
    for (int i = 3 - string->padding; i < 3; i++)
        if (bytes[i] && !string->unwraps) return 0;
    *written += 3u - string->padding;
    return 1;
}

/// Takes a slice of text with escaped slashes in it; gives how many characters it took, 0 where anything but base64 is in it.
static size_t take_slice(b64_string *string, const uint8_t *text, size_t count, uint8_t *out, size_t *written) {
    uint8_t plain[SLICE + B64_SLACK];
    size_t made = 0, taken = unescape(text, count < SLICE ? count : SLICE, plain, &made), whole = made & ~(size_t) 3;
    if (!taken || decode_groups(plain, whole, out + *written) != whole) return 0;
    for (size_t i = whole; i < made; i++)
        if (value_of(plain[i]) == NONE) return 0;
    *written += whole / 4 * 3;
    for (; whole < made; whole++) string->held[string->holding++] = plain[whole];
    return taken;
}

/// Fills up the last group where its padding is missing; 0 where a byte would be missing too.
static int fill_up(b64_string *string, uint8_t *out, size_t *written) {
    if (!string->holding) return 1;
    if (!string->unwraps || string->holding - string->padding < 2) return 0;
    while (string->holding)
        if (!hold(string, '=', out, written)) return 0;
    return 1;
}

b64_end b64_close(b64_string *string, uint8_t *out, size_t *written) {
    *written = 0;
    return !string->is_escaped && fill_up(string, out, written) ? B64_CLOSED : B64_WRONG;
}

/// Takes one character behind a backslash; 0 where it says anything but base64 or, where that is unwrapped, white space.
static int take_escaped(b64_string *string, uint8_t character, uint8_t *out, size_t *written) {
    // The four digits of a code such as \u002b, which some encoders write for `+`, `/` and `=`.
    if (string->is_escaped > 1) {
        uint8_t digit = character >= '0' && character <= '9' ? character - '0' : (uint8_t) ((character | 0x20) - 'a' + 10);
        if (digit > 15) return 0;
        string->code = (uint16_t) (string->code << 4 | digit);
        if (++string->is_escaped < 6) return 1;
        string->is_escaped = 0;
        return string->code < 0x80 && hold(string, (uint8_t) string->code, out, written);
    }
    string->is_escaped = 0;
    if (character == '/') return hold(string, character, out, written);
    if (!string->unwraps) return 0;
    if (character == 'u') {
        string->is_escaped = 2;
        string->code = 0;
        return 1;
    }
    return character == 'n' || character == 'r' || character == 't';
}

b64_end b64_take(
    b64_string *string, const uint8_t *text, size_t count, size_t *taken, uint8_t *out, size_t *written) {
    size_t at = 0;
    b64_end end = B64_MORE;
    *written = 0;
    while (at < count && end == B64_MORE) {
        if (!string->holding && !string->is_escaped && !string->padding) {
            size_t whole = decode_groups(text + at, count - at, out + *written);
            at += whole;
            *written += whole / 4 * 3;
            size_t left = count - at;
            // Nothing but an escaped slash in the next group is worth a slice.
            int has_escape = left && memchr(text + at, '\\', left < 4 ? left : 4);
            size_t slice = has_escape ? take_slice(string, text + at, left, out, written) : 0;
            at += slice;
            if (slice || at == count) continue;
        }
        uint8_t character = text[at++];
        if (string->is_escaped) {
            if (!take_escaped(string, character, out, written)) end = B64_WRONG;
        } else if (character == '\\') {
            string->is_escaped = 1;
        } else if (character == '"') {
            end = fill_up(string, out, written) ? B64_CLOSED : B64_WRONG;
        } else if (!hold(string, character, out, written)) {
            end = B64_WRONG;
        }
        if (end == B64_WRONG) at--;
    }
    *taken = at;
    return end;
}

void b64_encode(const uint8_t *bytes, size_t count, uint8_t *text) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (; count >= 3; count -= 3, bytes += 3, text += 4) {
        uint32_t group = (uint32_t) bytes[0] << 16 | (uint32_t) bytes[1] << 8 | bytes[2];
        for (int i = 0; i < 4; i++) text[i] = (uint8_t) alphabet[group >> (18 - 6 * i) & 63];
    }
    if (!count) return;
    uint32_t group = (uint32_t) bytes[0] << 16 | (count == 2 ? (uint32_t) bytes[1] << 8 : 0);
    text[0] = (uint8_t) alphabet[group >> 18];
    text[1] = (uint8_t) alphabet[group >> 12 & 63];
    text[2] = count == 2 ? (uint8_t) alphabet[group >> 6 & 63] : '=';
    text[3] = '=';
}
