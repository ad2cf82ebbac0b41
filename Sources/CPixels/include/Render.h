// From a small picture in memory to an encoded large one, strip by strip.
#ifndef DARKROOM_RENDER_H
#define DARKROOM_RENDER_H

#include "Bank.h"
#include "PNG.h"
#include "Planes.h"

#pragma clang assume_nonnull begin

/// How the result is made. Of the scaled picture the middle that fits the canvas is computed; what the canvas has more is white.
typedef struct kn_render {
    int scaled_width;
    int scaled_height;
    int canvas_width;
    int canvas_height;
    /// The bank whose detail is added, and how much of it, of `kn_render_choose`; bank 0 is plain Lanczos3.
    kn_bank_choice detail;
    int threads;
} kn_render;

/// The bank for these planes (red, green, blue): none where the picture does not grow, or is none for a bank.
kn_bank_choice kn_render_choose(const kn_plane *rgb, const kn_render *order);

/// Three planes (red, green, blue) to a PNG. Freed with kn_render_free. `busiest`: see kn_strips.
kn_result kn_render_png(
    const kn_plane *rgb, const kn_render *order, pn_effort effort, uint8_t *_Nullable *_Nonnull out, size_t *length,
    int64_t *_Nullable busiest);
/// The same to a JPEG; chroma at half size up to quality 90.
kn_result kn_render_jpeg(
    const kn_plane *rgb, const kn_render *order, int quality, uint8_t *_Nullable *_Nonnull out, size_t *length);
/// The same to packed RGB pixels, for the other encoders; `out` holds the canvas, three bytes a pixel.
kn_result kn_render_rgb(const kn_plane *rgb, const kn_render *order, uint8_t *out);

/// Packed pixels of 1, 3 or 4 samples, as they are, to a PNG. Freed with kn_render_free.
kn_result kn_write_png(
    const uint8_t *pixels, int width, int height, int channels, pn_effort effort, int threads,
    uint8_t *_Nullable *_Nonnull out, size_t *length);

void kn_render_free(uint8_t *_Nullable bytes);

#pragma clang assume_nonnull end
#endif
