#include "CVipsShim.h"

#include <string.h>

#include "library.h"

#define DOTS_PER_MM (72.0 / 25.4)

#define CAREFULLY "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_ERROR, NULL

px_image *px_open(px_format format, const void *bytes, size_t length, int shrink) {
    VipsImage *out = NULL;
    void *source = (void *) bytes;
    int failed = -1;
    switch (format) {
        case PX_JPEG: failed = vips_jpegload_buffer(source, length, &out, "shrink", shrink, CAREFULLY); break;
        case PX_PNG: failed = vips_pngload_buffer(source, length, &out, CAREFULLY); break;
        case PX_WEBP: failed = vips_webpload_buffer(source, length, &out, CAREFULLY); break;
        case PX_GIF: failed = vips_gifload_buffer(source, length, &out, CAREFULLY); break;
        case PX_HEIF:
        case PX_AVIF: failed = vips_heifload_buffer(source, length, &out, CAREFULLY); break;
        case PX_TIFF: failed = vips_tiffload_buffer(source, length, &out, CAREFULLY); break;
        case PX_JXL:
        case PX_FORMATS: break;
    }
    return failed ? NULL : out;
}

px_header px_read_header(px_image *in) {
    return (px_header){
        .width = vips_image_get_width(in),
        .height = vips_image_get_height(in),
        .bands = vips_image_get_bands(in),
        .pages = vips_image_get_n_pages(in),
        .orientation = vips_image_get_orientation(in),
        .has_profile = vips_image_get_typeof(in, VIPS_META_ICC_NAME) != 0,
        .has_alpha = vips_image_hasalpha(in),
    };
}

static VipsImage *resize_exactly(VipsImage *in, int width, int height) {
    VipsImage *out = NULL;
    double across = (double) width / vips_image_get_width(in);
    double down = (double) height / vips_image_get_height(in);
    if (vips_resize(in, &out, across, "vscale", down, "kernel", VIPS_KERNEL_LANCZOS3, NULL)) return NULL;
    if (vips_image_get_width(out) == width && vips_image_get_height(out) == height) return out;
    // Shrinking in two steps can round a side off by one pixel; the asked size is a promise.
    VipsImage *exact = NULL;
    int failed = vips_embed(out, &exact, 0, 0, width, height, "extend", VIPS_EXTEND_COPY, NULL);
    g_object_unref(out);
    return failed ? NULL : exact;
}

px_image *px_shrink(px_image *in, int width, int height) {
    if (!vips_image_hasalpha(in)) return resize_exactly(in, width, height);
    VipsImage *base = vips_image_new();
    VipsImage **step = (VipsImage **) vips_object_local_array(VIPS_OBJECT(base), 4);
    VipsImage *out = NULL;
    if (vips_premultiply(in, &step[0], NULL) || !(step[1] = resize_exactly(step[0], width, height)) ||
        vips_unpremultiply(step[1], &step[2], NULL) || vips_cast(step[2], &out, vips_image_get_format(in), NULL))
        out = NULL;
    g_object_unref(base);
    return out;
}

static uint32_t big32(const uint8_t *at) {
    return (uint32_t) at[0] << 24 | (uint32_t) at[1] << 16 | (uint32_t) at[2] << 8 | at[3];
}

/// Relative colorimetric, but where the profile is a table for perceptual intent and nothing else: libvips 8.14 then leaves the
/// pixels as they are and says that all is well. ICC.1:2022, 7.3 (tag table), 9.2 (tags).
static VipsIntent best_intent(VipsImage *in) {
    const void *blob;
    size_t length;
    int has_table = 0, has_others = 0;
    if (vips_image_get_blob(in, VIPS_META_ICC_NAME, &blob, &length) || length < 132) return VIPS_INTENT_RELATIVE;
    const uint8_t *profile = blob;
    size_t count = big32(profile + 128), room = (length - 132) / 12;
    for (size_t tag = 0; tag < count && tag < room; tag++) {
        const uint8_t *name = profile + 132 + 12 * tag;
        has_table |= !memcmp(name, "A2B0", 4);
        has_others |= !memcmp(name, "A2B1", 4) || !memcmp(name, "rXYZ", 4) || !memcmp(name, "kTRC", 4);
    }
    return has_table && !has_others ? VIPS_INTENT_PERCEPTUAL : VIPS_INTENT_RELATIVE;
}

static int colour_to_srgb(VipsImage *in, VipsImage **out) {
    if (vips_image_get_typeof(in, VIPS_META_ICC_NAME)) {
        if (!vips_icc_transform(
                in, out, "srgb", "embedded", TRUE, "intent", best_intent(in), "black_point_compensation", TRUE, NULL))
            return 0;
        // A profile that does not fit the pixels says nothing about them.
        vips_error_clear();
    }
    return vips_colourspace(in, out, VIPS_INTERPRETATION_sRGB, NULL);
}

px_image *px_with_profile(px_image *in, const void *profile, size_t length) {
    VipsImage *out = NULL;
    if (vips_copy(in, &out, NULL)) return NULL;
    vips_image_set_blob_copy(out, VIPS_META_ICC_NAME, profile, length);
    return out;
}

px_image *px_to_srgb(px_image *in) {
    VipsImage *base = vips_image_new();
    VipsImage **step = (VipsImage **) vips_object_local_array(VIPS_OBJECT(base), 6);
    VipsImage *out = NULL;
    int colours = vips_image_get_bands(in) - 1;
    if (!vips_image_hasalpha(in)) {
        if (!colour_to_srgb(in, &step[0])) vips_cast(step[0], &out, VIPS_FORMAT_UCHAR, NULL);
    } else if (
        !vips_extract_band(in, &step[0], 0, "n", colours, NULL) && !vips_extract_band(in, &step[1], colours, NULL) &&
        !colour_to_srgb(step[0], &step[2]) && !vips_cast(step[2], &step[3], VIPS_FORMAT_UCHAR, NULL) &&
        !vips_cast(step[1], &step[4], VIPS_FORMAT_UCHAR, "shift", TRUE, NULL)) {
        vips_bandjoin2(step[3], step[4], &out, NULL);
    }
    g_object_unref(base);
    return out;
}

static VipsArrayDouble *ground(double value, int bands) {
    double values[4] = {value, value, value, value};
    return vips_array_double_new(values, bands);
}

px_image *px_flatten(px_image *in) {
    VipsImage *out = NULL;
    VipsArrayDouble *white = ground(255, 3);
    int failed = vips_flatten(in, &out, "background", white, NULL);
    vips_area_unref(VIPS_AREA(white));
    return failed ? NULL : out;
}

static void clear_under_transparent(VipsImage *in) {
    if (vips_image_get_bands(in) != 4 || vips_image_get_format(in) != VIPS_FORMAT_UCHAR) return;
    uint8_t *pixel = (uint8_t *) VIPS_IMAGE_ADDR(in, 0, 0);
    size_t count = (size_t) vips_image_get_width(in) * (size_t) vips_image_get_height(in);
    for (; count; count--, pixel += 4)
        if (!pixel[3]) memset(pixel, 0, 3);
}

px_image *px_settle(px_image *in) {
    VipsImage *out = vips_image_new_memory();
    if (vips_image_write(in, out)) {
        g_object_unref(out);
        return NULL;
    }
    clear_under_transparent(out);
    return out;
}

px_image *px_upright(px_image *in, int orientation) {
    VipsImage *told = NULL;
    VipsImage *out = NULL;
    if (vips_copy(in, &told, NULL)) return NULL;
    vips_image_set_int(told, VIPS_META_ORIENTATION, orientation);
    int failed = vips_autorot(told, &out, NULL);
    g_object_unref(told);
    return failed ? NULL : out;
}

px_image *px_pad(px_image *in, int width, int height) {
    VipsImage *out = NULL;
    int bands = vips_image_get_bands(in);
    VipsArrayDouble *around = ground(vips_image_hasalpha(in) ? 0 : 255, bands < 4 ? bands : 4);
    int failed = vips_embed(
        in, &out, (width - vips_image_get_width(in)) / 2, (height - vips_image_get_height(in)) / 2, width, height,
        "extend", VIPS_EXTEND_BACKGROUND, "background", around, NULL);
    vips_area_unref(VIPS_AREA(around));
    return failed ? NULL : out;
}

px_image *px_from_rgb(const void *bytes, int width, int height) {
    VipsImage *raw = vips_image_new_from_memory_copy(
        bytes, (size_t) width * (size_t) height * 3, width, height, 3, VIPS_FORMAT_UCHAR);
    VipsImage *out = NULL;
    if (!raw) return NULL;
    int failed = vips_copy(raw, &out, "interpretation", VIPS_INTERPRETATION_sRGB, NULL);
    g_object_unref(raw);
    return failed ? NULL : out;
}

int px_copy_pixels(px_image *in, void *bytes, size_t length) {
    size_t size = 0;
    void *pixels = vips_image_write_to_memory(in, &size);
    if (!pixels) return -1;
    int fits = size == length;
    if (fits) memcpy(bytes, pixels, length);
    g_free(pixels);
    return fits ? 0 : -1;
}

/// A copy without one metadata field: `strip` alone is not enough, the WebP saver of libvips 8.14.1 does not obey it.
static VipsImage *bare_copy(VipsImage *in) {
    VipsImage *out = NULL;
    if (vips_copy(in, &out, "xres", DOTS_PER_MM, "yres", DOTS_PER_MM, NULL)) return NULL;
    gchar **fields = vips_image_get_fields(out);
    for (gchar **field = fields; field && *field; field++) vips_image_remove(out, *field);
    g_strfreev(fields);
    return out;
}

/// The quality at which AVIF has about the errors of a JPEG of `quality`, between what PSNR and SSIM of luma say.
static int avif_quality(int quality) {
    static const int ends[][2] = {{0, 0}, {50, 50}, {75, 63}, {90, 82}, {100, 100}};
    int part = 0;
    while (quality > ends[part + 1][0]) part++;
    const int *from = ends[part], *to = ends[part + 1];
    return from[1] + (quality - from[0]) * (to[1] - from[1]) / (to[0] - from[0]);
}

/// The same for JXL, as a distance: libjxl's own rule for the scale of JPEG, and below it straight to the worst that libvips
/// allows.
static double jxl_distance(int quality) {
    return quality >= 30 ? 0.1 + (100 - quality) * 0.09 : 6.4 + (30 - quality) * (15 - 6.4) / 30;
}

void *px_encode(px_image *in, px_format format, int quality, size_t *length) {
    void *bytes = NULL;
    VipsImage *bare = bare_copy(in);
    if (!bare) return NULL;
    int failed = -1;
    VipsForeignSubsample chroma = quality > 90 ? VIPS_FOREIGN_SUBSAMPLE_OFF : VIPS_FOREIGN_SUBSAMPLE_ON;
    switch (format) {
        case PX_JPEG:
            failed = vips_jpegsave_buffer(
                bare, &bytes, length, "Q", quality, "strip", TRUE, "optimize_coding", FALSE, "subsample_mode", chroma,
                NULL);
            break;
        case PX_PNG:
            failed = vips_pngsave_buffer(
                bare, &bytes, length, "compression", 1, "filter", VIPS_FOREIGN_PNG_FILTER_PAETH, "strip", TRUE, NULL);
            break;
        case PX_WEBP:
            failed = vips_webpsave_buffer(bare, &bytes, length, "Q", quality, "effort", 2, "strip", TRUE, NULL);
            break;
        case PX_AVIF:
            // The default effort takes thirty times as long for a twentieth of the bytes.
            failed = vips_heifsave_buffer(
                bare, &bytes, length, "Q", avif_quality(quality), "bitdepth", 8, "compression",
                VIPS_FOREIGN_HEIF_COMPRESSION_AV1, "effort", 0, "subsample_mode", chroma, "strip", TRUE, NULL);
            break;
        case PX_JXL:
            failed = vips_jxlsave_buffer(
                bare, &bytes, length, "distance", jxl_distance(quality), "effort", 3, "strip", TRUE, NULL);
            break;
        case PX_GIF:
        case PX_HEIF:
        case PX_TIFF:
        case PX_FORMATS: break;
    }
    g_object_unref(bare);
    return failed ? NULL : bytes;
}

void px_free(void *bytes) { g_free(bytes); }

void px_release(px_image *in) { g_object_unref(in); }

char *px_take_message(void) { return vips_error_buffer_copy(); }

void px_end_of_job(void) {
    vips_error_clear();
    vips_thread_shutdown();
}
