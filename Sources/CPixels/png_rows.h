// The five filters of a row, both ways. Private to this room.
#ifndef DARKROOM_PNG_ROWS_H
#define DARKROOM_PNG_ROWS_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

enum { PN_NONE = 0, PN_SUB = 1, PN_UP = 2, PN_AVERAGE = 3, PN_PAETH = 4 };

/// Undoes a filter (0 to 4) in place. `above` is the row before, already undone, or zeroes; `length` is a multiple of `channels`
/// (1, 3 or 4).
void pn_unfilter(int filter, uint8_t *row, const uint8_t *above, size_t length, int channels);

/// Filters a row to `out`, which may lie anywhere but in `row` and `above`.
void pn_filter(
    int filter, const uint8_t *row, const uint8_t *above, size_t length, int channels, uint8_t *out);

#pragma clang assume_nonnull end
#endif
