// A PNG whose strips are made apart from each other.
#include <stdlib.h>

#include "Strips.h"
#include "render_parts.h"

struct job {
    rd_source source;
    rd_desk *desks;
    pn_effort effort;
    pn_strip *strips;
};

static kn_result make_strip(void *context, int strip, int thread) {
    struct job *job = context;
    rd_desk *desk = &job->desks[thread];
    if (!desk->png && !(desk->png = pn_scratch_new())) return KN_MEMORY;
    // A filter looks at the row above; making it again is cheaper than waiting for whoever makes it.
    int above = strip > 0;
    int count = rd_strip_rows(&job->source, strip);
    int width = job->source.order.canvas_width;
    ptrdiff_t stride = (ptrdiff_t) width * 3;
    kn_result result = rd_rows(&job->source, desk, strip * STRIP - above, count + above, desk->rows);
    if (result != KN_DONE) return result;
    return pn_strip_make(
        desk->rows + above * stride, stride, above ? desk->rows : NULL, width, 3, count, job->effort,
        strip == rd_strips(&job->source) - 1, desk->png, &job->strips[strip]);
}

static kn_result make_file(struct job *job, uint8_t **out, size_t *length, int64_t *busiest) {
    int count = rd_strips(&job->source);
    job->desks = rd_desks_new(&job->source);
    job->strips = calloc((size_t) count, sizeof *job->strips);
    if (!job->desks || !job->strips) return KN_MEMORY;
    kn_result result = kn_strips(job->source.order.threads, count, make_strip, job, busiest);
    if (result != KN_DONE) return result;
    *length = pn_file_length(job->strips, count);
    *out = malloc(*length);
    if (!*out) return KN_MEMORY;
    pn_file_write(job->source.order.canvas_width, job->source.order.canvas_height, 3, job->strips, count, *out);
    return KN_DONE;
}

kn_result kn_render_png(
    const kn_plane *rgb, const kn_render *order, pn_effort effort, uint8_t **out, size_t *length, int64_t *busiest) {
    int64_t preparing = 0, making = 0;
    struct job job = {.effort = effort};
    *out = NULL;
    kn_result result = rd_source_make(&job.source, rgb, order, &preparing);
    if (result == KN_DONE) result = make_file(&job, out, length, &making);
    if (busiest) *busiest = preparing + making;
    for (int strip = 0; job.strips && strip < rd_strips(&job.source); strip++) pn_strip_free(&job.strips[strip]);
    free(job.strips);
    rd_desks_free(job.desks, &job.source);
    rd_source_free(&job.source);
    return result;
}
