// What all kernels speak of: planes of samples, and why one of them gave up.
#ifndef DARKROOM_PLANES_H
#define DARKROOM_PLANES_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Samples of 8 bits, row by row from the top; `stride` bytes from one row to the next.
typedef struct kn_plane {
    uint8_t *_Nullable samples;
    int width;
    int height;
    ptrdiff_t stride;
} kn_plane;

/// How a kernel ended; 0 is well.
typedef enum kn_result {
    KN_DONE = 0,
    /// The bytes are damaged or cut off.
    KN_DAMAGED = 1,
    /// A sound picture of a kind that these kernels leave to libvips.
    KN_OTHER = 2,
    /// No memory.
    KN_MEMORY = 3,
    /// The result does not fit the room given for it.
    KN_ROOM = 4,
} kn_result;

/// Makes every kernel of this process take its portable form; for tests and comparisons.
void kn_portable_only(int yes);
/// Whether the vector form is to be taken: the processor has AVX2 and nobody asked for the portable one.
int kn_has_avx2(void);

#pragma clang assume_nonnull end
#endif
