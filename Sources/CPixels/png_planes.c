#include "PNGPlanes.h"

#include <stdlib.h>

#include "Resample.h"

/// A source row on its way: packed as it was read, and apart.
struct rows {
    uint8_t *memory;
    uint8_t *packed;
    uint8_t *planes[4];
};

static int rows_make(struct rows *rows, const pn_header *header) {
    size_t width = (size_t) header->width;
    rows->memory = malloc(width * 8);
    rows->packed = rows->memory;
    for (size_t plane = 0; plane < 4; plane++) rows->planes[plane] = rows->memory + (4 + plane) * width;
    return rows->memory != NULL;
}

/// Exactly value * alpha / 255, rounded, on white.
static void set_on_white(uint8_t *samples, const uint8_t *alpha, int width) {
    for (int x = 0; x < width; x++) {
        unsigned sum = samples[x] * (unsigned) alpha[x] + 255u * (255u - alpha[x]) + 128;
        samples[x] = (uint8_t) ((sum + (sum >> 8)) >> 8);
    }
}

static kn_result read_rows(pn_reader *reader, const pn_header *header, struct rows *rows, kn_shrinker *const shrinkers[3]) {
    int colours = header->channels == 1 ? 1 : 3;
    for (int row = 0; row < header->height; row++) {
        kn_result result = pn_read_row(reader, rows->packed);
        if (result != KN_DONE) return result;
        if (colours == 3) kn_unpack_row(rows->packed, header->width, header->channels, rows->planes);
        for (int colour = 0; colour < colours; colour++) {
            uint8_t *samples = colours == 1 ? rows->packed : rows->planes[colour];
            if (header->channels == 4) set_on_white(samples, rows->planes[3], header->width);
            kn_shrinker_push(shrinkers[colour], samples);
        }
    }
    return KN_DONE;
}

kn_result pn_decode(const uint8_t *bytes, size_t length, const kn_plane *out) {
    pn_header header;
    pn_reader *reader = NULL;
    kn_result result = pn_open(bytes, length, &header, &reader);
    if (result != KN_DONE) return result;
    struct rows rows = {.memory = NULL};
    kn_shrinker *shrinkers[3] = {NULL, NULL, NULL};
    int whole = rows_make(&rows, &header);
    for (int colour = 0; colour < (header.channels == 1 ? 1 : 3) && whole; colour++) {
        shrinkers[colour] = kn_shrinker_new(header.width, header.height, &out[colour]);
        whole = shrinkers[colour] != NULL;
    }
    result = whole ? read_rows(reader, &header, &rows, shrinkers) : KN_MEMORY;
    for (int colour = 0; colour < 3; colour++) kn_shrinker_free(shrinkers[colour]);
    free(rows.memory);
    pn_close(reader);
    return result;
}

kn_result pn_check(const uint8_t *bytes, size_t length) {
    pn_header header;
    pn_reader *reader = NULL;
    kn_result result = pn_open(bytes, length, &header, &reader);
    if (result != KN_DONE) return result;
    uint8_t *row = malloc((size_t) header.width * (size_t) header.channels);
    if (!row) result = KN_MEMORY;
    for (int index = 0; index < header.height && result == KN_DONE; index++) result = pn_read_row(reader, row);
    free(row);
    pn_close(reader);
    return result;
}
