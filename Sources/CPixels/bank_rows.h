// A window of source rows that moves down a plane.
#ifndef DARKROOM_BANK_ROWS_H
#define DARKROOM_BANK_ROWS_H

#include "bank_parts.h"

/// Samples kept left and right of a row: the border's own, repeated, so that no kernel asks where it is.
#define BANK_MARGIN 32

typedef struct bank_rows bank_rows;
/// Begins at row `y`. NULL without memory.
bank_rows *bank_rows_new(const kn_plane *plane, int y);
void bank_rows_free(bank_rows *rows);
/// The row `offset` (-3 to 3) from the present one as 16-bit samples, with margins.
const int16_t *bank_rows_at(const bank_rows *rows, int offset);
void bank_rows_advance(bank_rows *rows);

#endif
