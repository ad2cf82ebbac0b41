#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "CPeers.h"

struct sink {
    pr_bytes made;
    size_t room;
};

static void take(png_structp png, png_bytep data, size_t count) {
    struct sink *sink = png_get_io_ptr(png);
    if (sink->made.length + count > sink->room) png_error(png, "no room");
    memcpy(sink->made.bytes + sink->made.length, data, count);
    sink->made.length += count;
}

static void keep_open(png_structp png) { (void) png; }

int pr_libpng_write(const uint8_t *rgb, int width, int height, int level, pr_bytes *out) {
    struct sink sink = {{NULL, 0}, (size_t) width * (size_t) height * 3 / 8 * 9 + 65536};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    sink.made.bytes = malloc(sink.room);
    if (!info || !sink.made.bytes || setjmp(png_jmpbuf(png))) {
        png_destroy_write_struct(&png, &info);
        free(sink.made.bytes);
        return -1;
    }
    png_set_write_fn(png, &sink, take, keep_open);
    png_set_compression_level(png, level);
    png_set_IHDR(
        png, info, (png_uint_32) width, (png_uint_32) height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
        PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (int row = 0; row < height; row++) png_write_row(png, rgb + (size_t) row * (size_t) width * 3);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    *out = sink.made;
    return 0;
}
