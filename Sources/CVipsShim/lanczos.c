// Lanczos3 in both directions. libvips 8.14 takes bicubic for enlarging, whatever kernel it is asked for.
#include <math.h>
#include <stdlib.h>

#include "CVipsShim.h"
#include "library.h"

#define LOBES 3.0

/// One pixel, four channels; the fourth is alpha or nothing.
typedef float pixel __attribute__((vector_size(16)));
typedef int32_t whole __attribute__((vector_size(16)));

/// For every place of an output axis: where its source pixels begin and how much each counts.
struct axis {
    int places;
    int taps;
    int *first;
    float *weights;
};

static double lanczos(double x) {
    if (x == 0) return 1;
    if (fabs(x) >= LOBES) return 0;
    double angle = G_PI * x;
    return LOBES * sin(angle) * sin(angle / LOBES) / (angle * angle);
}

/// Weights for `places` places from `start` of an axis that grows (or shrinks) from `length` to `scaled`.
static int axis_fill(struct axis *axis, int length, int scaled, int start, int places) {
    double ratio = (double) length / scaled;
    double stretch = ratio > 1 ? ratio : 1;
    double reach = LOBES * stretch;
    axis->places = places;
    axis->taps = (int) fmin(ceil(reach) * 2 + 1, length);
    axis->first = calloc((size_t) places, sizeof *axis->first);
    axis->weights = calloc((size_t) places * (size_t) axis->taps, sizeof *axis->weights);
    if (!axis->first || !axis->weights) return -1;
    for (int place = 0; place < places; place++) {
        double centre = (start + place + 0.5) * ratio - 0.5;
        int first = (int) fmax(ceil(centre - reach), 0);
        if (first > length - axis->taps) first = length - axis->taps;
        float *weights = axis->weights + (size_t) place * (size_t) axis->taps;
        double sum = 0;
        for (int tap = 0; tap < axis->taps; tap++) sum += lanczos((first + tap - centre) / stretch);
        for (int tap = 0; tap < axis->taps; tap++)
            weights[tap] = (float) (lanczos((first + tap - centre) / stretch) / sum);
        axis->first[place] = first;
    }
    return 0;
}

static void axis_free(struct axis *axis) {
    free(axis->first);
    free(axis->weights);
}

/// Colour is weighed with its alpha, so that what cannot be seen does not bleed.
static void load_row(pixel *row, const uint8_t *from, int width, int bands) {
    for (int x = 0; x < width; x++, from += bands) {
        float alpha = bands == 4 ? (float) from[3] : 255;
        float share = alpha / 255;
        row[x] = (pixel){(float) from[0] * share, (float) from[1] * share, (float) from[2] * share, alpha};
    }
}

static void across(pixel *out, const pixel *row, const struct axis *axis) {
    for (int place = 0; place < axis->places; place++) {
        const float *weights = axis->weights + (size_t) place * (size_t) axis->taps;
        const pixel *from = row + axis->first[place];
        pixel sum = {0, 0, 0, 0};
        for (int tap = 0; tap < axis->taps; tap++) sum += from[tap] * weights[tap];
        out[place] = sum;
    }
}

static uint8_t level(int32_t value) { return (uint8_t) (value < 0 ? 0 : value > 255 ? 255 : value); }

static void store(uint8_t *to, pixel sum, int bands) {
    if (bands == 4) {
        float alpha = sum[3];
        if (alpha < 0.5f) {
            to[0] = to[1] = to[2] = to[3] = 0;
            return;
        }
        float share = 255 / (alpha > 255 ? 255 : alpha);
        sum *= (pixel){share, share, share, 1};
    }
    // A negative value is rounded towards zero, which is where it is cut off anyway.
    whole rounded = __builtin_convertvector(sum + 0.5f, whole);
    for (int band = 0; band < bands; band++) to[band] = level(rounded[band]);
}

/// The rows around an output row, already resampled across; row N is kept at N modulo `taps`.
static void down(uint8_t *to, const pixel *ring, const struct axis *axis, int place, int width, int bands) {
    const float *weights = axis->weights + (size_t) place * (size_t) axis->taps;
    for (int x = 0; x < width; x++, to += bands) {
        pixel sum = {0, 0, 0, 0};
        int slot = axis->first[place] % axis->taps;
        for (int tap = 0; tap < axis->taps; tap++) {
            sum += ring[(size_t) slot * (size_t) width + (size_t) x] * weights[tap];
            if (++slot == axis->taps) slot = 0;
        }
        store(to, sum, bands);
    }
}

static int resample(VipsImage *in, VipsImage *out, const struct axis *columns, const struct axis *rows) {
    int width = columns->places;
    int bands = vips_image_get_bands(in);
    pixel *row = aligned_alloc(sizeof(pixel), (size_t) vips_image_get_width(in) * sizeof(pixel));
    pixel *ring = aligned_alloc(sizeof(pixel), (size_t) rows->taps * (size_t) width * sizeof(pixel));
    int next = rows->first[0];
    if (!row || !ring) {
        free(row);
        free(ring);
        return -1;
    }
    for (int place = 0; place < rows->places; place++) {
        for (; next < rows->first[place] + rows->taps; next++) {
            load_row(row, VIPS_IMAGE_ADDR(in, 0, next), vips_image_get_width(in), bands);
            across(ring + (size_t) (next % rows->taps) * (size_t) width, row, columns);
        }
        down(VIPS_IMAGE_ADDR(out, 0, place), ring, rows, place, width, bands);
    }
    free(row);
    free(ring);
    return 0;
}

px_image *px_resample(
    px_image *in, int scaled_width, int scaled_height, int left, int top, int width, int height) {
    int bands = vips_image_get_bands(in);
    if (vips_image_get_format(in) != VIPS_FORMAT_UCHAR || bands < 3 || bands > 4 || vips_image_wio_input(in)) return NULL;
    struct axis columns = {0}, rows = {0};
    VipsImage *out = vips_image_new_memory();
    vips_image_init_fields(
        out, width, height, bands, VIPS_FORMAT_UCHAR, VIPS_CODING_NONE, VIPS_INTERPRETATION_sRGB, 1, 1);
    int failed = vips_image_write_prepare(out) ||
                 axis_fill(&columns, vips_image_get_width(in), scaled_width, left, width) ||
                 axis_fill(&rows, vips_image_get_height(in), scaled_height, top, height) ||
                 resample(in, out, &columns, &rows);
    axis_free(&columns);
    axis_free(&rows);
    if (!failed) return out;
    g_object_unref(out);
    return NULL;
}
