// Three planes out of packed rows.
#include <stdlib.h>
#include <string.h>

#include "Decode.h"
#include "Resample.h"

#define OPAQUE 255

static int is_opaque(const uint8_t *alpha, int width) {
    unsigned all = OPAQUE;
    for (int x = 0; x < width; x++) all &= alpha[x];
    return all == OPAQUE;
}

/// Sets one packed row into the planes; `alpha` has room for a row.
static kn_result take_row(const uint8_t *packed, int channels, const kn_plane *rgb, int y, uint8_t *alpha) {
    int width = rgb[0].width;
    uint8_t *planes[4] = {NULL, NULL, NULL, alpha};
    for (int colour = 0; colour < 3; colour++) planes[colour] = rgb[colour].samples + y * rgb[colour].stride;
    kn_unpack_row(packed, width, channels, planes);
    if (channels == 1) {
        memcpy(planes[1], planes[0], (size_t) width);
        memcpy(planes[2], planes[0], (size_t) width);
    }
    return channels < 4 || is_opaque(alpha, width) ? KN_DONE : KN_OTHER;
}

kn_result kn_planes_read_png(pn_reader *reader, const pn_header *header, const kn_plane *rgb) {
    if (header->width != rgb[0].width || header->height != rgb[0].height) return KN_ROOM;
    size_t width = (size_t) header->width;
    uint8_t *row = malloc(width * ((size_t) header->channels + 1));
    if (!row) return KN_MEMORY;
    kn_result result = KN_DONE;
    for (int y = 0; y < header->height && result == KN_DONE; y++) {
        result = pn_read_row(reader, row);
        if (result == KN_DONE)
            result = take_row(row, header->channels, rgb, y, row + width * (size_t) header->channels);
    }
    free(row);
    return result;
}

kn_result kn_planes_take(const uint8_t *pixels, int channels, const kn_plane *rgb) {
    size_t width = (size_t) rgb[0].width;
    uint8_t *alpha = malloc(width);
    if (!alpha) return KN_MEMORY;
    kn_result result = KN_DONE;
    for (int y = 0; y < rgb[0].height && result == KN_DONE; y++, pixels += width * (size_t) channels)
        result = take_row(pixels, channels, rgb, y, alpha);
    free(alpha);
    return result;
}
