// The weights of Lanczos3 along one direction.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "resample_parts.h"

#define LOBES 3
/// Widest ratio of shrinking at which four places and a tap pair still fit 16 bytes.
#define NARROW_RATIO 4
/// Taps that the wide form of the pass across takes at once.
#define WIDE_STEP 16

static const double pi = 3.14159265358979323846;

static double lanczos(double x) {
    if (x == 0) return 1;
    if (fabs(x) >= LOBES) return 0;
    double angle = pi * x;
    return LOBES * sin(angle) * sin(angle / LOBES) / (angle * angle);
}

/// Where a place's centre lies in the source, exactly: at sample `whole` and `part` / (2 * scaled) to its right.
struct centre {
    int64_t whole;
    int64_t part;
};

static struct centre centre_of(int64_t place, int64_t span, int64_t scaled) {
    int64_t position = (2 * place + 1) * span - scaled;
    int64_t whole = position / (2 * scaled);
    int64_t part = position % (2 * scaled);
    if (part < 0) {
        part += 2 * scaled;
        whole--;
    }
    return (struct centre){whole, part};
}

/// Rounds the running sum and not each weight: then they add up to one exactly, and a flat picture stays as it is.
static void fill_weights(int16_t *weights, double *shares, int taps, double offset, double stretch) {
    double sum = 0;
    for (int tap = 0; tap < taps; tap++) {
        shares[tap] = lanczos((tap + offset) / stretch);
        sum += shares[tap];
    }
    double running = 0;
    long before = 0;
    for (int tap = 0; tap < taps; tap++) {
        running += shares[tap] / sum;
        long now = lround(running * (1 << WEIGHT_BITS));
        weights[tap] = (int16_t) (now - before);
        before = now;
    }
}

static int common_divisor(int a, int b) {
    while (b) {
        int rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/// Every `period` places the kernel lies on the samples in the same way; only near the borders it is cut off.
static int fill_places(kn_axis *axis, int span, int scaled, int start, int reached) {
    double stretch = span > scaled ? (double) span / scaled : 1;
    int period = scaled / common_divisor(span, scaled);
    int inner_from = axis->places;
    double *shares = malloc((size_t) reached * sizeof *shares);
    if (!shares) return -1;
    for (int place = 0; place < axis->places; place++) {
        struct centre centre = centre_of((int64_t) start + place, span, scaled);
        double part = (double) centre.part / (2.0 * scaled);
        int64_t wanted = centre.whole + (int64_t) floor(part - LOBES * stretch) + 1;
        int64_t first = wanted > axis->length - reached ? axis->length - reached : wanted;
        if (first < 0) first = 0;
        int16_t *weights = axis->weights + (size_t) place * (size_t) axis->taps;
        int is_whole = first == wanted;
        if (is_whole && inner_from > place) inner_from = place;
        if (is_whole && place - period >= inner_from)
            memcpy(weights, weights - (size_t) period * (size_t) axis->taps, (size_t) axis->taps * sizeof *weights);
        else
            fill_weights(weights, shares, reached, (double) (first - centre.whole) - part, stretch);
        axis->first[place] = (int) first;
    }
    free(shares);
    return 0;
}

/// Lays the weights out for vectors; a group's places behind the last take the last one's samples and count nothing.
static void fill_groups(kn_axis *axis) {
    int pairs = axis->taps / 2;
    for (int group = 0; group * GROUP < axis->places; group++) {
        for (int lane = 0; lane < GROUP; lane++) {
            int place = group * GROUP + lane;
            int behind = place >= axis->places;
            if (behind) place = axis->places - 1;
            int *start = axis->lane_start + 2 * group + lane / LANE;
            if (lane % LANE == 0) *start = axis->first[place];
            int offset = axis->first[place] - *start;
            if (offset > 14) axis->is_narrow = 0;
            if (offset > 6) axis->is_close = 0;
            uint8_t *pick = axis->picks + 32 * (size_t) group + 4 * (size_t) lane;
            pick[0] = (uint8_t) offset;
            pick[2] = (uint8_t) (offset + 1);
            pick[1] = pick[3] = 0x80;
            if (behind) continue;
            const int16_t *weights = axis->weights + (size_t) place * (size_t) axis->taps;
            int16_t *paired = axis->paired + (size_t) group * (size_t) pairs * 16 + 2 * lane;
            for (int pair = 0; pair < pairs; pair++)
                memcpy(paired + 16 * (size_t) pair, weights + 2 * pair, 2 * sizeof *weights);
        }
    }
}

kn_axis *kn_axis_new(int length, int scaled, int start, int count) {
    if (count > scaled - start) return NULL;
    return kn_axis_new_span(length, length, scaled, start, count);
}

kn_axis *kn_axis_new_span(int length, int span, int scaled, int start, int count) {
    if (length < 1 || span < 1 || scaled < 1 || start < 0 || count < 1) return NULL;
    kn_axis *axis = calloc(1, sizeof *axis);
    if (!axis) return NULL;
    double stretch = span > scaled ? (double) span / scaled : 1;
    int reached = (int) ceil(2 * LOBES * stretch);
    if (reached > length) reached = length;
    int step = stretch > NARROW_RATIO ? WIDE_STEP : 2;
    axis->length = length;
    axis->places = count;
    axis->taps = (reached + step - 1) / step * step;
    axis->is_narrow = axis->is_close = stretch <= NARROW_RATIO;
    size_t places = (size_t) count, groups = (places + GROUP - 1) / GROUP;
    axis->first = calloc(places, sizeof *axis->first);
    axis->weights = calloc(places * (size_t) axis->taps, sizeof *axis->weights);
    int is_well = axis->first && axis->weights && !fill_places(axis, span, scaled, start, reached);
    if (is_well && axis->is_narrow) {
        axis->lane_start = calloc(groups * 2, sizeof *axis->lane_start);
        axis->picks = calloc(groups, 32);
        axis->paired = calloc(groups * GROUP * (size_t) axis->taps, sizeof *axis->paired);
        is_well = axis->lane_start && axis->picks && axis->paired;
        if (is_well) fill_groups(axis);
    }
    if (is_well) return axis;
    kn_axis_free(axis);
    return NULL;
}

void kn_axis_free(kn_axis *axis) {
    if (!axis) return;
    free(axis->first);
    free(axis->weights);
    free(axis->lane_start);
    free(axis->picks);
    free(axis->paired);
    free(axis);
}
