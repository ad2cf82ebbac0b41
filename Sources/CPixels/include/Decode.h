// Packed pixels into three planes of red, green and blue.
#ifndef DARKROOM_DECODE_H
#define DARKROOM_DECODE_H

#include "PNG.h"
#include "Planes.h"

#pragma clang assume_nonnull begin

/// Every row of a PNG that was just opened, into planes of its size; grey becomes three equal ones. KN_OTHER where a pixel is not
/// opaque, with rows left unread.
kn_result kn_planes_read_png(pn_reader *reader, const pn_header *header, const kn_plane *rgb);

/// The same from packed pixels of 1, 3 or 4 samples.
kn_result kn_planes_take(const uint8_t *pixels, int channels, const kn_plane *rgb);

#pragma clang assume_nonnull end
#endif
