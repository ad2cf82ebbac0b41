// The banks, trained networks: what one of them adds to luma at twice its size.
#ifndef DARKROOM_BANK_H
#define DARKROOM_BANK_H

#include "Planes.h"

#pragma clang assume_nonnull begin

/// The bank for a picture, and how much of its detail counts, in 1/16384. Bank 0 stands for plain Lanczos3.
typedef struct kn_bank_choice {
    int bank;
    int share;
} kn_bank_choice;

/// What suits a picture that grows `factor` times, by what its luma shows of how it was made.
kn_bank_choice kn_bank_choose(const kn_plane *luma, double factor);

/// How many banks there are; they are numbered from 1.
int kn_bank_count(void);

/// Of `luma` at twice its size the rows `first` to `first` + `count` - 1 (both even): what bank `bank` (not 0) adds to Lanczos3, in
/// 1/64 of a level. `out` points at row `first`; rows have 2 * width samples and lie `out_stride` samples apart. Sample centres as
/// in `kn_axis_new`.
kn_result kn_bank_detail(const kn_plane *luma, int bank, int first, int count, int16_t *out, ptrdiff_t out_stride);

#pragma clang assume_nonnull end
#endif
