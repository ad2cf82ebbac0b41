// What the parts of the resampler share; Resample.h is what others see.
#ifndef DARKROOM_RESAMPLE_PARTS_H
#define DARKROOM_RESAMPLE_PARTS_H

#include "Resample.h"

#pragma clang assume_nonnull begin

/// Weights are fractions of 1 << WEIGHT_BITS; rows between the two passes are 16-bit fractions of 1 << BETWEEN_BITS.
/// Lanczos3 overshoots by less than a quarter a pass, so that 255 levels fit 16 bits with 6 bits of fraction.
#define WEIGHT_BITS 14
#define BETWEEN_BITS 6

/// Bytes that may be read after the last sample under a kernel, and samples written after the last of a row in between.
#define SLACK 32

/// Columns that go through both passes before the next ones: what lies between the passes then stays in the first cache.
#define BLOCK 512

/// A vector of the pass across makes eight places, four a lane.
#define GROUP 8
#define LANE 4

struct kn_axis {
    int length;
    int places;
    /// Weights a place, an even number; the last ones may be 0 and stand for samples behind the last.
    int taps;
    /// For each place the source sample its first weight is for, never falling from place to place.
    int *first;
    int16_t *weights;

    /// Whether the places of every lane lie so close that one load of 16 bytes holds a tap pair of all of them.
    int is_narrow;
    /// For narrow axes. For every lane where its loads begin, ...
    int *lane_start;
    /// ... for every group how two neighbouring taps of each place are picked from them, ...
    uint8_t *picks;
    /// ... and for every group, tap pair by tap pair, the weights of all its places.
    int16_t *paired;
};

/// The pass across: `count` places from `from` (a multiple of GROUP) of one row. `row[0]` is the source's sample `origin`;
/// SLACK bytes after the last one needed must be readable. `out` has room for SLACK samples more.
void kn_across(const kn_axis *axis, int from, int count, const uint8_t *row, int origin, int16_t *out);

/// The pass down: one row of 8-bit samples from `taps` rows in between, which are readable for SLACK samples more.
void kn_down(const int16_t *_Nonnull const *_Nonnull rows, const int16_t *weights, int taps, int width, uint8_t *out);

/// Whether the axes are made for this plane.
int kn_fits(const kn_plane *in, const kn_axis *columns, const kn_axis *rows);

/// At most BLOCK columns from `from` (a multiple of BLOCK) of `kn_resample_rows`, of at least one row; `out` points at the
/// first sample. The axes fit the plane, and the rows lie on theirs.
kn_result kn_resample_block(
    const kn_plane *in, const kn_axis *columns, const kn_axis *rows, int from, int width, int first, int count,
    uint8_t *out, ptrdiff_t out_stride, kn_scratch *scratch);

/// `size` bytes of the scratch memory, whatever was there; NULL without memory.
void *_Nullable kn_scratch_room(kn_scratch *scratch, size_t size);

#pragma clang assume_nonnull end
#endif
