#include "CVipsShim.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <vips/vips.h>
#include <vips/vector.h>

#define DOTS_PER_MM (72.0 / 25.4)

static void say_nothing(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer data) {
    (void) domain, (void) level, (void) message, (void) data;
}

static gpointer start(gpointer threads) {
    // One arena keeps a long-lived process small; it has to be chosen before libvips makes threads.
    mallopt(M_ARENA_MAX, 1);
    // No module directory: an ImageMagick module would look at bytes even when its loader is blocked.
    setenv("VIPSHOME", "/nonexistent", 1);
    // Decoded pictures stay in memory. The pixel limit bounds them; a spilled one would be a picture on disc.
    setenv("VIPS_DISC_THRESHOLD", "64g", 1);
    g_log_set_default_handler(say_nothing, NULL);
    g_log_set_handler("VIPS", G_LOG_LEVEL_MASK | G_LOG_FLAG_FATAL | G_LOG_FLAG_RECURSION, say_nothing, NULL);
    if (vips_init("darkroom")) return NULL;
    vips_cache_set_max(0);
    vips_cache_set_max_mem(0);
    vips_concurrency_set(GPOINTER_TO_INT(threads));
    vips_block_untrusted_set(TRUE);
    vips_operation_block_set("VipsForeignLoad", TRUE);
    vips_operation_block_set("VipsForeignLoadJpeg", FALSE);
    vips_operation_block_set("VipsForeignLoadPng", FALSE);
    vips_operation_block_set("VipsForeignLoadWebp", FALSE);
    return GINT_TO_POINTER(1);
}

int px_start(int threads) {
    static GOnce once = G_ONCE_INIT;
    return g_once(&once, start, GINT_TO_POINTER(threads)) ? 0 : -1;
}

void px_make_vector_code(void) {
    // Orc makes its region of executable memory when a first program is compiled, and aborts where there is none to be had.
    void *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (code == MAP_FAILED) {
        vips_vector_set_enabled(FALSE);
        return;
    }
    munmap(code, 4096);
    VipsVector *copy = vips_vector_new("darkroom", 1);
    vips_vector_source_name(copy, "s1", 1);
    vips_vector_asm2(copy, "copyb", "d1", "s1");
    if (!vips_vector_compile(copy)) vips_vector_set_enabled(FALSE);
    vips_vector_free(copy);
}

px_image *px_open(px_format format, const void *bytes, size_t length, int shrink) {
    VipsImage *out = NULL;
    void *source = (void *) bytes;
    int failed = -1;
    switch (format) {
        case PX_JPEG:
            failed = vips_jpegload_buffer(
                source, length, &out, "shrink", shrink, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_ERROR, NULL);
            break;
        case PX_PNG:
            failed = vips_pngload_buffer(
                source, length, &out, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_ERROR, NULL);
            break;
        case PX_WEBP:
            failed = vips_webpload_buffer(
                source, length, &out, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_ERROR, NULL);
            break;
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

static int colour_to_srgb(VipsImage *in, VipsImage **out) {
    if (vips_image_get_typeof(in, VIPS_META_ICC_NAME)) {
        if (!vips_icc_transform(
                in, out, "srgb", "embedded", TRUE, "intent", VIPS_INTENT_RELATIVE, "black_point_compensation", TRUE, NULL))
            return 0;
        // A profile that does not fit the pixels says nothing about them.
        vips_error_clear();
    }
    return vips_colourspace(in, out, VIPS_INTERPRETATION_sRGB, NULL);
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

void *px_encode(px_image *in, px_format format, int quality, size_t *length) {
    void *bytes = NULL;
    VipsImage *bare = bare_copy(in);
    if (!bare) return NULL;
    int failed = -1;
    switch (format) {
        case PX_JPEG:
            failed = vips_jpegsave_buffer(
                bare, &bytes, length, "Q", quality, "strip", TRUE, "optimize_coding", FALSE, "subsample_mode",
                quality > 90 ? VIPS_FOREIGN_SUBSAMPLE_OFF : VIPS_FOREIGN_SUBSAMPLE_ON, NULL);
            break;
        case PX_PNG:
            failed = vips_pngsave_buffer(
                bare, &bytes, length, "compression", 1, "filter", VIPS_FOREIGN_PNG_FILTER_PAETH, "strip", TRUE, NULL);
            break;
        case PX_WEBP:
            failed = vips_webpsave_buffer(bare, &bytes, length, "Q", quality, "effort", 2, "strip", TRUE, NULL);
            break;
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
