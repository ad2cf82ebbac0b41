// Turning and mirroring by an EXIF orientation.
#ifndef DARKROOM_TURN_H
#define DARKROOM_TURN_H

#include "Planes.h"

#pragma clang assume_nonnull begin

/// What brings a stored picture upright: it is transposed, then its columns and rows are mirrored.
typedef struct kn_turn {
    int is_transposed;
    int mirrors_columns;
    int mirrors_rows;
} kn_turn;

/// The turn of an EXIF orientation, 1 to 8; every other number turns nothing. CIPA DC-008, tag 0x0112.
kn_turn kn_turn_of(int orientation);

/// Turns a plane into another of the turned size. KN_ROOM where `out` has another size.
kn_result kn_turn_plane(const kn_plane *in, int orientation, const kn_plane *out);

#pragma clang assume_nonnull end
#endif
