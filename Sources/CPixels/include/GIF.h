// Whether the first picture of a GIF is whole. GIF89a.
#ifndef DARKROOM_GIF_H
#define DARKROOM_GIF_H

#include "Planes.h"

#pragma clang assume_nonnull begin

/// KN_DAMAGED where the first picture's data end before its last pixel or hold a code that there is not yet; decoders fill up with
/// what they like. Makes no pixel. KN_OTHER where no picture is found.
kn_result gf_check(const uint8_t *bytes, size_t length);

#pragma clang assume_nonnull end
#endif
