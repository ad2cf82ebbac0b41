// Pixels and JPEG out of strips; render_png.c has the PNG.
#include <pthread.h>
#include <stdlib.h>

#include "JPEG.h"
#include "Strips.h"
#include "render_parts.h"

/// Above this quality a JPEG keeps its chroma at full size.
#define HALF_CHROMA_QUALITY 90

struct job {
    rd_source source;
    rd_desk *desks;
    /// For pixels.
    uint8_t *out;
    /// For a JPEG: strips are made at the same time, but written one after the other.
    jp_writer *writer;
    pthread_mutex_t lock;
    pthread_cond_t turn;
    int next;
    kn_result failure;
};

/// Sets up what all ways need and runs `work` on every strip.
static kn_result run(struct job *job, const kn_plane *rgb, const kn_render *order, kn_strip_work work) {
    kn_result result = rd_source_make(&job->source, rgb, order);
    if (result == KN_DONE && !(job->desks = rd_desks_new(&job->source))) result = KN_MEMORY;
    if (result == KN_DONE) result = kn_strips(job->source.order.threads, rd_strips(&job->source), work, job, NULL);
    rd_desks_free(job->desks, &job->source);
    rd_source_free(&job->source);
    return result;
}

// MARK: Pixels

static kn_result make_pixels(void *context, int strip, int thread) {
    struct job *job = context;
    size_t offset = (size_t) strip * STRIP * (size_t) job->source.order.canvas_width * 3;
    return rd_rows(
        &job->source, &job->desks[thread], strip * STRIP, rd_strip_rows(&job->source, strip), job->out + offset);
}

kn_result kn_render_rgb(const kn_plane *rgb, const kn_render *order, uint8_t *out) {
    struct job job = {.out = out};
    return run(&job, rgb, order, make_pixels);
}

// MARK: JPEG

/// Waits until all strips before this one are written; whoever has to write them is at work on them, for strips are handed
/// out in order. Gives the failure of one of them.
static kn_result wait_for_turn(struct job *job, int strip) {
    pthread_mutex_lock(&job->lock);
    while (job->next != strip && job->failure == KN_DONE) pthread_cond_wait(&job->turn, &job->lock);
    kn_result failure = job->failure;
    pthread_mutex_unlock(&job->lock);
    return failure;
}

/// Lets the next strip be written, or with a failure everybody go.
static void end_turn(struct job *job, kn_result result) {
    pthread_mutex_lock(&job->lock);
    job->next++;
    if (job->failure == KN_DONE) job->failure = result;
    pthread_cond_broadcast(&job->turn);
    pthread_mutex_unlock(&job->lock);
}

static kn_result make_jpeg_rows(void *context, int strip, int thread) {
    struct job *job = context;
    rd_desk *desk = &job->desks[thread];
    int count = rd_strip_rows(&job->source, strip);
    kn_result result = rd_rows(&job->source, desk, strip * STRIP, count, desk->rows);
    if (result == KN_DONE) result = wait_for_turn(job, strip);
    if (result == KN_DONE)
        result = jp_writer_rows(job->writer, desk->rows, (ptrdiff_t) job->source.order.canvas_width * 3, count);
    end_turn(job, result);
    return result;
}

kn_result kn_render_jpeg(const kn_plane *rgb, const kn_render *order, int quality, uint8_t **out, size_t *length) {
    struct job job = {.lock = PTHREAD_MUTEX_INITIALIZER, .turn = PTHREAD_COND_INITIALIZER};
    *out = NULL;
    kn_result result = jp_writer_new(
        order->canvas_width, order->canvas_height, quality, quality > HALF_CHROMA_QUALITY, &job.writer);
    if (result != KN_DONE) return result;
    result = run(&job, rgb, order, make_jpeg_rows);
    uint8_t *made = NULL;
    if (result == KN_DONE)
        result = jp_writer_end(job.writer, &made, length);
    else
        jp_writer_free(job.writer);
    *out = made;
    return result;
}

void kn_render_free(uint8_t *bytes) { free(bytes); }
