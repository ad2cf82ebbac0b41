// Lanczos3 on planes of 8-bit samples, in the gamma space they come in.
#ifndef DARKROOM_RESAMPLE_H
#define DARKROOM_RESAMPLE_H

#include "Planes.h"

#pragma clang assume_nonnull begin

/// Which source samples make each sample of one direction of a result, and how much each counts (14-bit fractions).
typedef struct kn_axis kn_axis;

/// `count` places from `start` of an axis of `length` samples that becomes `scaled` samples long. Sample centres are at half
/// places in both, as in libvips and Pillow; when shrinking the kernel is as much wider. NULL without memory.
kn_axis *_Nullable kn_axis_new(int length, int scaled, int start, int count);
void kn_axis_free(kn_axis *_Nullable axis);

/// Buffers of one thread, kept from call to call so that memory is touched once; grown when a call needs more.
typedef struct kn_scratch kn_scratch;
kn_scratch *_Nullable kn_scratch_new(void);
void kn_scratch_free(kn_scratch *_Nullable scratch);

/// The rows `first` to `first` + `count` - 1 of the result, from a plane that is whole in memory. `out` points at row `first`.
kn_result kn_resample_rows(
    const kn_plane *in, const kn_axis *columns, const kn_axis *rows, int first, int count, uint8_t *out,
    ptrdiff_t out_stride, kn_scratch *scratch);

/// Shrinks a plane while its rows come in: only the rows under the kernel are kept.
typedef struct kn_shrinker kn_shrinker;
/// `out` has the size of the result. NULL without memory.
kn_shrinker *_Nullable kn_shrinker_new(int width, int height, const kn_plane *out);
/// How many samples of a source lie under how many of the result.
typedef struct kn_ratio {
    int samples;
    int places;
} kn_ratio;
/// The same for a source that is a smaller copy of something else, whose last column or row may stand for part of itself only.
kn_shrinker *_Nullable kn_shrinker_new_ratio(int width, int height, kn_ratio across, kn_ratio down, const kn_plane *out);
/// The next row of the source, `width` samples; rows after the last are ignored.
void kn_shrinker_push(kn_shrinker *shrinker, const uint8_t *row);
/// Whether every row of the result has been written.
int kn_shrinker_is_done(const kn_shrinker *shrinker);
void kn_shrinker_free(kn_shrinker *_Nullable shrinker);

/// Takes packed pixels of `channels` samples apart into rows of planes, and together again.
void kn_unpack_row(const uint8_t *packed, int width, int channels, uint8_t *_Nonnull const *_Nonnull planes);
void kn_pack_row(const uint8_t *_Nonnull const *_Nonnull planes, int width, int channels, uint8_t *packed);

#pragma clang assume_nonnull end
#endif
