// Base64 of RFC 4648, by vectors where the processor has them. Strict (section 4, padding required), or unwrapped: white space is
// passed over, the alphabet of URLs (section 5) is taken too, and padding may be missing.
#ifndef DARKROOM_BASE64_H
#define DARKROOM_BASE64_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Bytes that may be written behind the last one that counts.
#define B64_SLACK 32

/// The inside of a JSON string that holds base64, as it arrives piece by piece; `\/` stands for `/`. All zero at the beginning.
typedef struct b64_string {
    uint8_t held[4];
    uint8_t holding;
    /// 1 behind a backslash, 2 to 5 within the four digits of a code.
    uint8_t is_escaped;
    /// How many `=` have come.
    uint8_t padding;
    /// Whether the text is unwrapped.
    uint8_t unwraps;
    uint16_t code;
} b64_string;

typedef enum b64_end {
    /// All was taken, and the string goes on.
    B64_MORE,
    /// The closing quote was taken; what came before it was whole.
    B64_CLOSED,
    /// What comes next is no base64, or the string ended within a group.
    B64_WRONG,
} b64_end;

/// Takes up to `count` characters. `out` has room for 3 bytes for each 4 of `count`, 3 more, and B64_SLACK.
b64_end b64_take(
    b64_string *string, const uint8_t *text, size_t count, size_t *taken, uint8_t *out, size_t *written);

/// Ends a text that no quote closes: its last group is filled up where it may be. `out` has room for 3 bytes and B64_SLACK.
b64_end b64_close(b64_string *string, uint8_t *out, size_t *written);

/// Writes the text of `count` bytes, padded: 4 characters for each 3 bytes begun.
void b64_encode(const uint8_t *bytes, size_t count, uint8_t *text);

#pragma clang assume_nonnull end
#endif
