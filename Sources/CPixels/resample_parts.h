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
    /// Whether that holds of 16-bit samples too.
    int is_close;
    /// For narrow axes. For every lane where its loads begin, ...
    int *lane_start;
    /// ... for every group how two neighbouring taps of each place are picked from them, ...
    uint8_t *picks;
    /// ... and for every group, tap pair by tap pair, the weights of all its places.
    int16_t *paired;
};

/// The same as `kn_axis_new` where the samples are not a whole number of those of the picture: `length` of them are there, and `span`
/// lie under `scaled` places.
kn_axis *_Nullable kn_axis_new_span(int length, int span, int scaled, int start, int count);

/// The pass across: `count` places from `from` (a multiple of GROUP) of one row. `row[0]` is the source's sample `origin`;
/// SLACK bytes after the last one needed must be readable. `out` has room for SLACK samples more.
void kn_across(const kn_axis *axis, int from, int count, const uint8_t *row, int origin, int16_t *out);

/// The pass down: one row of 8-bit samples from `taps` rows in between, which are readable for SLACK samples more.
void kn_down(const int16_t *_Nonnull const *_Nonnull rows, const int16_t *weights, int taps, int width, uint8_t *out);

/// The two passes for rows that are 16-bit fractions of 1 << BETWEEN_BITS from beginning to end. `row` is readable for SLACK samples
/// after the last one needed.
void kn_across_fine(const kn_axis *axis, int from, int count, const int16_t *row, int origin, int16_t *out);
void kn_down_fine(
    const int16_t *_Nonnull const *_Nonnull rows, const int16_t *weights, int taps, int width, int16_t *out);

/// Rows of a plane of 16-bit fractions: those from `top` to before `bottom` of `height`.
typedef struct kn_fine_rows {
    const int16_t *samples;
    int width;
    int height;
    int top;
    int bottom;
    /// Samples from one row to the next; SLACK more than the width at least.
    ptrdiff_t stride;
} kn_fine_rows;

/// The rows that `count` places from `first` need: from `*top` to before the one given back.
int kn_rows_under(const kn_axis *rows, int first, int count, int *top);

/// Whether the axes are made for this plane.
int kn_fits(const kn_plane *in, const kn_axis *columns, const kn_axis *rows);

/// What is added to a block before its samples are rounded: 16-bit fractions, of which `share` / (1 << WEIGHT_BITS) count. Rows are
/// readable for SLACK samples more.
typedef struct kn_addition {
    const int16_t *samples;
    ptrdiff_t stride;
    int16_t share;
} kn_addition;

/// At most BLOCK columns from `from` (a multiple of BLOCK) of `kn_resample_rows`, of at least one row; `out` points at the
/// first sample. The axes fit the plane, and the rows lie on theirs.
kn_result kn_resample_block(
    const kn_plane *in, const kn_axis *columns, const kn_axis *rows, int from, int width, int first, int count,
    const kn_addition *_Nullable addition, uint8_t *out, ptrdiff_t out_stride, kn_scratch *scratch);
/// The same of 16-bit fractions, among which are all the rows that the places need; `out` has room for SLACK samples more in each row.
kn_result kn_resample_fine_block(
    const kn_fine_rows *in, const kn_axis *columns, const kn_axis *rows, int from, int width, int first, int count,
    int16_t *out, ptrdiff_t out_stride, kn_scratch *scratch);

/// `size` bytes of the scratch memory, whatever was there; NULL without memory.
void *_Nullable kn_scratch_room(kn_scratch *scratch, size_t size);

#pragma clang assume_nonnull end
#endif
