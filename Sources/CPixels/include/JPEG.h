// JPEG through libjpeg-turbo, by planes and by coefficients. ITU-T T.81.
#ifndef DARKROOM_JPEG_H
#define DARKROOM_JPEG_H

#include "Planes.h"

#pragma clang assume_nonnull begin

typedef struct jp_header {
    int width;
    int height;
    /// 1 grey, 3 YCbCr; other kinds are KN_OTHER.
    int components;
    /// How many luma samples share one of chroma, across and down: 1 or 2 (1 for grey).
    int chroma_across;
    int chroma_down;
    /// Bytes before the first scan's data: everything a decoder knows when it begins.
    size_t head_length;
} jp_header;

/// Reads the header of a JPEG of 8 bits that is grey or YCbCr; KN_OTHER for every other, KN_DAMAGED where it is broken.
kn_result jp_read_header(const uint8_t *bytes, size_t length, jp_header *header);

/// Decodes to planes and shrinks them on the way to the sizes of `out` (luma first; as many as there are components), which may be the
/// source's own. Any damage in the data is KN_DAMAGED; KN_OTHER where a plane would have to grow.
kn_result jp_decode(const uint8_t *bytes, size_t length, kn_plane *out);

/// Reads every coefficient of a JPEG of any kind and keeps none: KN_DAMAGED where the scan is cut off or damaged, KN_OTHER where the pixels are whole but
/// a stricter decoder might complain.
kn_result jp_check(const uint8_t *bytes, size_t length);

/// Turns the coefficients by an EXIF orientation (2 to 8) without decoding, and drops every marker that pixels do not need; KN_OTHER
/// where the sides do not allow it exactly. One scan with tables of its own, whatever the source has. Freed with jp_free.
kn_result jp_turn(
    const uint8_t *bytes, size_t length, int orientation, uint8_t *_Nullable *_Nonnull out, size_t *out_length);

/// Encodes planes (1, or 3 with chroma at full or at half size, rounded up, each way). Freed with jp_free.
kn_result jp_encode_planes(
    const kn_plane *planes, int count, int quality, uint8_t *_Nullable *_Nonnull out, size_t *out_length);

/// Encodes packed RGB rows as they come.
typedef struct jp_writer jp_writer;
kn_result jp_writer_new(int width, int height, int quality, int full_chroma, jp_writer *_Nullable *_Nonnull writer);
kn_result jp_writer_rows(jp_writer *writer, const uint8_t *rows, ptrdiff_t stride, int count);
/// Ends the file and the writer. Freed with jp_free.
kn_result jp_writer_end(jp_writer *writer, uint8_t *_Nullable *_Nonnull out, size_t *out_length);
void jp_writer_free(jp_writer *_Nullable writer);

void jp_free(uint8_t *_Nullable bytes);

#pragma clang assume_nonnull end
#endif
