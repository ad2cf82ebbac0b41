#include <stdlib.h>
#include <string.h>
#include <vips/vips.h>

#include "CPeers.h"

void pr_free(pr_bytes *made) {
    free(made->bytes);
    *made = (pr_bytes){NULL, 0};
}

int pr_vips_start(void) {
    if (vips_init("peer")) return -1;
    vips_cache_set_max(0);
    vips_concurrency_set(1);
    return 0;
}

const char *pr_vips_version(void) { return vips_version_string(); }

/// Our own use of libvips in this process lets no loader but the one it needs be used.
static void let_in(void) { vips_operation_block_set("VipsForeign", FALSE); }

/// Ends a pipeline: `made` is libvips' own memory, which is the C library's.
static int finish(VipsImage *image, int failed, void *made, size_t length, pr_bytes *out) {
    if (image) g_object_unref(image);
    vips_thread_shutdown();
    if (failed) return -1;
    *out = (pr_bytes){made, length};
    return 0;
}

static int as_jpeg(VipsImage *image, int quality, int half_chroma, pr_bytes *out) {
    void *made = NULL;
    size_t length = 0;
    int failed = vips_jpegsave_buffer(
        image, &made, &length, "Q", quality, "strip", TRUE, "optimize_coding", FALSE, "subsample_mode",
        half_chroma ? VIPS_FOREIGN_SUBSAMPLE_ON : VIPS_FOREIGN_SUBSAMPLE_OFF, NULL);
    return finish(image, failed, made, length, out);
}

int pr_vips_thumbnail(const void *in, size_t length, int edge, int quality, int half_chroma, pr_bytes *out) {
    VipsImage *image = NULL;
    let_in();
    if (vips_thumbnail_buffer(
            (void *) in, length, &image, edge, "height", edge, "size", VIPS_SIZE_DOWN, "fail_on", VIPS_FAIL_ON_ERROR, NULL))
        return -1;
    return as_jpeg(image, quality, half_chroma, out);
}

int pr_vips_thumbnail_through_profile(const void *in, size_t length, int edge, int quality, pr_bytes *out) {
    VipsImage *image = NULL;
    let_in();
    if (vips_thumbnail_buffer(
            (void *) in, length, &image, edge, "height", edge, "size", VIPS_SIZE_DOWN, "export_profile", "srgb", NULL))
        return -1;
    return as_jpeg(image, quality, 1, out);
}

static VipsImage *open_picture(const void *in, size_t length) {
    let_in();
    return vips_image_new_from_buffer(in, length, "", "access", VIPS_ACCESS_SEQUENTIAL, NULL);
}

int pr_vips_encode_again(const void *in, size_t length, int quality, int half_chroma, pr_bytes *out) {
    VipsImage *image = open_picture(in, length);
    return image ? as_jpeg(image, quality, half_chroma, out) : -1;
}

static VipsImage *open_enlarged(const void *in, size_t length, double factor) {
    VipsImage *small = open_picture(in, length);
    VipsImage *large = NULL;
    if (!small) return NULL;
    if (vips_resize(small, &large, factor, "kernel", VIPS_KERNEL_LANCZOS3, NULL)) large = NULL;
    g_object_unref(small);
    return large;
}

int pr_vips_enlarge_png(const void *in, size_t length, double factor, pr_bytes *out) {
    VipsImage *image = open_enlarged(in, length, factor);
    void *made = NULL;
    size_t size = 0;
    return finish(image, !image || vips_pngsave_buffer(image, &made, &size, NULL), made, size, out);
}

int pr_vips_enlarge_fast_png(const void *in, size_t length, double factor, pr_bytes *out) {
    VipsImage *image = open_enlarged(in, length, factor);
    void *made = NULL;
    size_t size = 0;
    int failed = !image || vips_pngsave_buffer(
        image, &made, &size, "compression", 1, "filter", VIPS_FOREIGN_PNG_FILTER_PAETH, "strip", TRUE, NULL);
    return finish(image, failed, made, size, out);
}

int pr_vips_enlarge_jpeg(const void *in, size_t length, double factor, int quality, int half_chroma, pr_bytes *out) {
    VipsImage *image = open_enlarged(in, length, factor);
    return image ? as_jpeg(image, quality, half_chroma, out) : -1;
}

int pr_vips_lanczos(const uint8_t *rgb, int width, int height, int scaled_width, int scaled_height, uint8_t *out) {
    VipsImage *in = vips_image_new_from_memory(rgb, (size_t) width * (size_t) height * 3, width, height, 3, VIPS_FORMAT_UCHAR);
    VipsImage *large = NULL;
    VipsImage *target = NULL;
    int failed = !in || vips_resize(
        in, &large, (double) scaled_width / width, "vscale", (double) scaled_height / height, "kernel", VIPS_KERNEL_LANCZOS3,
        NULL);
    // Written straight into the caller's memory, with no copy that the peer would not need.
    target = failed ? NULL
        : vips_image_new_from_memory(
              out, (size_t) scaled_width * (size_t) scaled_height * 3, scaled_width, scaled_height, 3, VIPS_FORMAT_UCHAR);
    failed = failed || !target || large->Xsize != scaled_width || large->Ysize != scaled_height || vips_image_write(large, target);
    if (target) g_object_unref(target);
    if (large) g_object_unref(large);
    if (in) g_object_unref(in);
    vips_thread_shutdown();
    return failed ? -1 : 0;
}

int pr_vips_decode(const void *in, size_t length, pr_bytes *out, int *width, int *height) {
    VipsImage *image = open_picture(in, length);
    VipsImage *colour = NULL;
    void *made = NULL;
    size_t size = 0;
    int failed = !image || vips_colourspace(image, &colour, VIPS_INTERPRETATION_sRGB, NULL) || colour->Bands != 3 ||
        !(made = vips_image_write_to_memory(colour, &size));
    if (!failed) {
        *width = colour->Xsize;
        *height = colour->Ysize;
    }
    if (colour) g_object_unref(colour);
    return finish(image, failed, made, size, out);
}
