// A picture in memory as three planes, and how it gets there.
#ifndef DARKROOM_DECODE_H
#define DARKROOM_DECODE_H

#include "PNG.h"
#include "Planes.h"

#pragma clang assume_nonnull begin

/// Makes red, green and blue of one size in one piece of memory. Freed with kn_planes_free.
kn_result kn_planes_new(int width, int height, kn_plane *rgb);
void kn_planes_free(kn_plane *rgb);

/// Every row of a PNG that was just opened; KN_OTHER where a pixel is not opaque, with rows left unread.
kn_result kn_planes_read_png(pn_reader *reader, const pn_header *header, const kn_plane *rgb);

/// The same from packed pixels of 1, 3 or 4 samples.
kn_result kn_planes_take(const uint8_t *pixels, int channels, const kn_plane *rgb);

#pragma clang assume_nonnull end
#endif
