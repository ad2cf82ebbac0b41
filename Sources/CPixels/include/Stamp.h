// A visible mark over a whole picture.
#ifndef DARKROOM_STAMP_H
#define DARKROOM_STAMP_H

#include "Planes.h"

#pragma clang assume_nonnull begin

/// Draws the word PREVIEW again and again over packed RGB pixels, rising to the right, white with a dark edge, half transparent,
/// with lines between its rows. Its letters are as high as a thirtieth of the longer side.
void kn_stamp(uint8_t *rgb, int width, int height);

#pragma clang assume_nonnull end
#endif
