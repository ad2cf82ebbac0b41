// A plane that shrinks while its rows come in.
#include <stdlib.h>
#include <string.h>

#include "resample_parts.h"

struct kn_shrinker {
    kn_plane out;
    int width;
    int height;
    kn_axis *columns;
    kn_axis *rows;
    /// Rows between the passes; the source's row N is kept at N modulo `taps` of the axis.
    int16_t *ring;
    size_t ring_stride;
    const int16_t **under;
    uint8_t *samples;
    int taken;
    int made;
};

kn_shrinker *kn_shrinker_new(int width, int height, const kn_plane *out) {
    if (!out->samples) return NULL;
    kn_shrinker *shrinker = calloc(1, sizeof *shrinker);
    if (!shrinker) return NULL;
    shrinker->out = *out;
    shrinker->width = width;
    shrinker->height = height;
    shrinker->columns = kn_axis_new(width, out->width, 0, out->width);
    shrinker->rows = kn_axis_new(height, out->height, 0, out->height);
    if (shrinker->columns && shrinker->rows) {
        size_t taps = (size_t) shrinker->rows->taps;
        shrinker->ring_stride = (size_t) out->width + SLACK;
        shrinker->ring = calloc(taps * shrinker->ring_stride, sizeof *shrinker->ring);
        shrinker->under = calloc(taps, sizeof *shrinker->under);
        shrinker->samples = calloc((size_t) width + (size_t) shrinker->columns->taps + SLACK, 1);
    }
    if (shrinker->ring && shrinker->under && shrinker->samples) return shrinker;
    kn_shrinker_free(shrinker);
    return NULL;
}

void kn_shrinker_free(kn_shrinker *shrinker) {
    if (!shrinker) return;
    kn_axis_free(shrinker->columns);
    kn_axis_free(shrinker->rows);
    free(shrinker->ring);
    free(shrinker->under);
    free(shrinker->samples);
    free(shrinker);
}

int kn_shrinker_is_done(const kn_shrinker *shrinker) { return shrinker->made == shrinker->out.height; }

static void make_row(kn_shrinker *shrinker) {
    const kn_axis *rows = shrinker->rows;
    for (int tap = 0; tap < rows->taps; tap++) {
        // Behind the last row a weight is 0; the ring holds some row there, or zeros.
        int slot = (rows->first[shrinker->made] + tap) % rows->taps;
        shrinker->under[tap] = shrinker->ring + (size_t) slot * shrinker->ring_stride;
    }
    kn_down(
        shrinker->under, rows->weights + (size_t) shrinker->made * (size_t) rows->taps, rows->taps,
        shrinker->out.width, shrinker->out.samples + shrinker->made * shrinker->out.stride);
    shrinker->made++;
}

void kn_shrinker_push(kn_shrinker *shrinker, const uint8_t *row) {
    if (shrinker->taken == shrinker->height) return;
    const kn_axis *rows = shrinker->rows;
    int16_t *slot = shrinker->ring + (size_t) (shrinker->taken % rows->taps) * shrinker->ring_stride;
    memcpy(shrinker->samples, row, (size_t) shrinker->width);
    kn_across(shrinker->columns, 0, shrinker->out.width, shrinker->samples, 0, slot);
    shrinker->taken++;
    while (!kn_shrinker_is_done(shrinker)) {
        int needed = rows->first[shrinker->made] + rows->taps;
        if (shrinker->taken < (needed < shrinker->height ? needed : shrinker->height)) break;
        make_row(shrinker);
    }
}
