// libvips for Darkroom: one function a use, from memory to memory. Options, casts and variadics stay on the C side.
// Functions that give an image give NULL when libvips refused; px_take_message then says why, for people only.
#ifndef DARKROOM_CVIPSSHIM_H
#define DARKROOM_CVIPSSHIM_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// An image of libvips; the holder gives it back with px_release.
typedef struct _VipsImage px_image;

/// The three formats that are ever read or written.
typedef enum px_format { PX_JPEG = 1, PX_PNG = 2, PX_WEBP = 3 } px_format;

/// What the header of a picture says; no pixel has been decoded for it.
typedef struct px_header {
    int width;
    int height;
    int bands;
    int pages;
    int orientation;
    int has_profile;
    int has_alpha;
} px_header;

/// Loads libvips and starts it, once for the process: no modules, no cache, only the three loaders, nothing spilled to disc,
/// no output. NULL when it is ready, else why it is not. Nothing else here may be called before.
const char *_Nullable px_start(int threads);
/// Has libvips' vector code made now, while executable memory can still be had; where it can not, vectors are switched off.
void px_make_vector_code(void);

/// Opens a picture whose signature was checked. The bytes must outlive every image made from it.
/// `shrink` (1, 2, 4 or 8) lets a JPEG be decoded smaller; other formats ignore it.
px_image *_Nullable px_open(px_format format, const void *bytes, size_t length, int shrink);
px_header px_read_header(px_image *in);

/// Shrinks to exactly this size while the picture is decoded, without bleeding colour from transparent pixels.
px_image *_Nullable px_shrink(px_image *in, int width, int height);
/// 8 bits, sRGB, 3 bands or 4; through the embedded profile when there is a usable one.
px_image *_Nullable px_to_srgb(px_image *in);
/// On white, without alpha.
px_image *_Nullable px_flatten(px_image *in);
/// Decodes into memory of its own; every damage of the source shows here. Clears colour under transparent pixels of
/// an 8-bit RGBA image.
px_image *_Nullable px_settle(px_image *in);
/// Turns and mirrors by an EXIF orientation (1 to 8).
px_image *_Nullable px_upright(px_image *in, int orientation);
/// Resamples an 8-bit image of 3 or 4 bands with Lanczos3 to `scaled_width` times `scaled_height`, of which only the window
/// at `left`, `top` is computed. Colour does not bleed from transparent pixels.
px_image *_Nullable px_resample(
    px_image *in, int scaled_width, int scaled_height, int left, int top, int width, int height);
/// Sets the image in the middle of a ground: white, or transparent when it has alpha.
px_image *_Nullable px_pad(px_image *in, int width, int height);
/// Wraps packed 8-bit RGB, copied.
px_image *_Nullable px_from_rgb(const void *bytes, int width, int height);
/// Copies packed 8-bit pixels out; gives 0 when exactly `length` bytes were written.
int px_copy_pixels(px_image *in, void *bytes, size_t length);

/// Encodes from a private copy that has no metadata field left. Freed with px_free.
void *_Nullable px_encode(px_image *in, px_format format, int quality, size_t *length);
void px_free(void *_Nullable bytes);
void px_release(px_image *in);

/// Takes the messages of libvips and empties its buffer; freed with px_free.
char *_Nullable px_take_message(void);
/// Lets go of what libvips keeps for this thread.
void px_end_of_job(void);

#pragma clang assume_nonnull end
#endif
