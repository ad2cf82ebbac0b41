// A whole JPEG as three planes.
#include <stdlib.h>

#include <turbojpeg.h>

#include "Decode.h"

kn_result kn_planes_read_jpeg(const uint8_t *bytes, size_t length, const kn_plane *rgb) {
    size_t row = (size_t) rgb[0].width * 3;
    uint8_t *pixels = malloc(row * (size_t) rgb[0].height);
    tjhandle decoder = tjInitDecompress();
    kn_result result = KN_MEMORY;
    if (pixels && decoder) {
        int width = 0, height = 0, sampling = 0, colours = 0;
        // Whatever it complains of, libvips may be more forbearing, and has the better word where it is not.
        result = KN_OTHER;
        if (!tjDecompressHeader3(decoder, bytes, length, &width, &height, &sampling, &colours) &&
            width == rgb[0].width && height == rgb[0].height &&
            !tjDecompress2(decoder, bytes, length, pixels, width, (int) row, height, TJPF_RGB, 0))
            result = kn_planes_take(pixels, 3, rgb);
    }
    if (decoder) tjDestroy(decoder);
    free(pixels);
    return result;
}
