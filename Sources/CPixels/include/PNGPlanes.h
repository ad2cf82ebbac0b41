// A PNG as planes, shrunk while it is read.
#ifndef DARKROOM_PNG_PLANES_H
#define DARKROOM_PNG_PLANES_H

#include "PNG.h"

#pragma clang assume_nonnull begin

/// Reads a PNG that pn_open takes into one plane (grey) or three (red, green, blue), shrunk to their size; alpha is set on white.
kn_result pn_decode(const uint8_t *bytes, size_t length, const kn_plane *out);

/// Reads every row and keeps none: KN_DONE says that the file is whole.
kn_result pn_check(const uint8_t *bytes, size_t length);

/// KN_DAMAGED where a PNG of any kind lacks data or its end, or where a check sum that pixels depend on is wrong. Inflates once, keeps nothing.
kn_result pn_check_any(const uint8_t *bytes, size_t length);

#pragma clang assume_nonnull end
#endif
