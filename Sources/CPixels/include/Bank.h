// The trained filter bank that doubles luma.
#ifndef DARKROOM_BANK_H
#define DARKROOM_BANK_H

#include "Planes.h"

#pragma clang assume_nonnull begin

/// What a picture's luma shows of how it was made: chooses the bank, or none. 0 stands for plain Lanczos3.
int kn_bank_choose(const kn_plane *luma);

/// How many banks there are; they are numbered from 1.
int kn_bank_count(void);

/// The rows `first` to `first` + `count` - 1 (both even) of `luma` at twice its size, with bank `bank` (not 0). `out` points at row
/// `first`, rows of 2 * width samples. Sample centres as in `kn_axis_new`.
kn_result kn_bank_double(const kn_plane *luma, int bank, int first, int count, uint8_t *out, ptrdiff_t out_stride);

#pragma clang assume_nonnull end
#endif
