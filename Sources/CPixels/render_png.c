// A PNG whose strips are made apart from each other.
#include <stdlib.h>

#include "Strips.h"
#include "render_parts.h"

/// Strips, and the file that they make.
struct file {
    int width;
    int height;
    int channels;
    pn_effort effort;
    int count;
    pn_strip *strips;
};

static int file_begin(struct file *file) {
    file->count = (file->height + STRIP - 1) / STRIP;
    file->strips = calloc((size_t) file->count, sizeof *file->strips);
    return file->strips != NULL;
}

/// Deflates the rows of one strip; `above` is the row before them.
static kn_result file_strip(
    struct file *file, int strip, const uint8_t *rows, const uint8_t *above, pn_scratch **scratch) {
    if (!*scratch && !(*scratch = pn_scratch_new())) return KN_MEMORY;
    int left = file->height - strip * STRIP;
    return pn_strip_make(
        rows, (ptrdiff_t) file->width * file->channels, above, file->width, file->channels,
        left < STRIP ? left : STRIP, file->effort, strip == file->count - 1, *scratch, &file->strips[strip]);
}

/// Joins the strips where all went well, and frees them.
static kn_result file_end(struct file *file, kn_result result, uint8_t **out, size_t *length) {
    if (result == KN_DONE) {
        *length = pn_file_length(file->strips, file->count);
        *out = malloc(*length);
        if (*out)
            pn_file_write(file->width, file->height, file->channels, file->strips, file->count, *out);
        else
            result = KN_MEMORY;
    }
    for (int strip = 0; file->strips && strip < file->count; strip++) pn_strip_free(&file->strips[strip]);
    free(file->strips);
    return result;
}

// MARK: Rendered

struct job {
    struct file file;
    rd_source source;
    rd_desk *desks;
};

static kn_result make_strip(void *context, int strip, int thread) {
    struct job *job = context;
    rd_desk *desk = &job->desks[thread];
    // A filter looks at the row above; making it again is cheaper than waiting for whoever makes it.
    int above = strip > 0;
    kn_result result = rd_rows(
        &job->source, desk, strip * STRIP - above, rd_strip_rows(&job->source, strip) + above, desk->rows);
    if (result != KN_DONE) return result;
    const uint8_t *rows = desk->rows + (size_t) above * (size_t) job->file.width * 3;
    return file_strip(&job->file, strip, rows, above ? desk->rows : NULL, &desk->png);
}

kn_result kn_render_png(
    const kn_plane *rgb, const kn_render *order, pn_effort effort, uint8_t **out, size_t *length, int64_t *busiest) {
    struct job job = {
        .file = {.width = order->canvas_width, .height = order->canvas_height, .channels = 3, .effort = effort}};
    *out = NULL;
    if (busiest) *busiest = 0;
    kn_result result = rd_source_make(&job.source, rgb, order);
    if (result == KN_DONE && !(job.desks = rd_desks_new(&job.source))) result = KN_MEMORY;
    if (result == KN_DONE && !file_begin(&job.file)) result = KN_MEMORY;
    if (result == KN_DONE)
        result = kn_strips(job.source.order.threads, job.file.count, make_strip, &job, busiest);
    rd_desks_free(job.desks, &job.source);
    rd_source_free(&job.source);
    return file_end(&job.file, result, out, length);
}

// MARK: Pixels as they are

struct writing {
    struct file file;
    const uint8_t *pixels;
    pn_scratch **scratches;
};

static kn_result write_strip(void *context, int strip, int thread) {
    struct writing *writing = context;
    size_t row = (size_t) writing->file.width * (size_t) writing->file.channels;
    const uint8_t *rows = writing->pixels + (size_t) strip * STRIP * row;
    return file_strip(&writing->file, strip, rows, strip ? rows - row : NULL, &writing->scratches[thread]);
}

kn_result kn_write_png(
    const uint8_t *pixels, int width, int height, int channels, pn_effort effort, int threads, uint8_t **out,
    size_t *length) {
    *out = NULL;
    if (width < 1 || height < 1 || (channels != 1 && channels != 3 && channels != 4)) return KN_ROOM;
    if (threads < 1) threads = 1;
    struct writing writing = {
        .file = {.width = width, .height = height, .channels = channels, .effort = effort}, .pixels = pixels};
    writing.scratches = calloc((size_t) threads, sizeof *writing.scratches);
    kn_result result = KN_MEMORY;
    if (file_begin(&writing.file) && writing.scratches)
        result = kn_strips(threads, writing.file.count, write_strip, &writing, NULL);
    for (int thread = 0; writing.scratches && thread < threads; thread++) pn_scratch_free(writing.scratches[thread]);
    free(writing.scratches);
    return file_end(&writing.file, result, out, length);
}
