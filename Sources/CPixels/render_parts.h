// What the ways of rendering share: the picture, row by row of its canvas.
#ifndef DARKROOM_RENDER_PARTS_H
#define DARKROOM_RENDER_PARTS_H

#include "Render.h"
#include "Resample.h"

#pragma clang assume_nonnull begin

/// Rows of the canvas that are made at a time; one strip of a PNG.
#define STRIP 64

/// One direction of the picture on its canvas.
typedef struct span {
    /// Places of the scaled picture that show, and the first of them.
    int count;
    int start;
    /// Where it lies on the canvas.
    int offset;
} span;

/// Everything that the strips of one picture need; they only read it.
typedef struct rd_source {
    const kn_plane *rgb;
    kn_render order;
    span across;
    span down;
    /// NULL where nothing is resampled.
    kn_axis *_Nullable columns;
    kn_axis *_Nullable rows;
    /// The luma, how the bank's detail for it at twice its size is resampled, and how much of it counts; no samples where nothing is
    /// enhanced.
    kn_plane luma;
    kn_axis *_Nullable detail_columns;
    kn_axis *_Nullable detail_rows;
    int16_t detail_share;
} rd_source;

/// Works out what the strips need.
kn_result rd_source_make(rd_source *source, const kn_plane *rgb, const kn_render *order);
void rd_source_free(rd_source *source);

/// Buffers of one thread.
typedef struct rd_desk {
    kn_scratch *_Nullable scratch;
    /// Three colours, a block wide and a strip (and the row above it) high.
    uint8_t *_Nullable block;
    /// What a strip needs of the bank's detail, and what a block of it becomes.
    kn_scratch *_Nullable detail;
    int16_t *_Nullable block_detail;
    /// Packed rows of the canvas.
    uint8_t *_Nullable rows;
    pn_scratch *_Nullable png;
} rd_desk;

/// Desks for as many threads as the order names, or NULL without memory.
rd_desk *_Nullable rd_desks_new(const rd_source *source);
void rd_desks_free(rd_desk *_Nullable desks, const rd_source *source);

/// Packs the canvas rows `first` to `first` + `count` - 1 (at most STRIP + 1) into `out`.
kn_result rd_rows(const rd_source *source, rd_desk *desk, int first, int count, uint8_t *out);

/// How many strips a canvas has, and how many rows one of them.
int rd_strips(const rd_source *source);
int rd_strip_rows(const rd_source *source, int strip);

/// BT.601 luma of a row.
void rd_luma_row(const uint8_t *red, const uint8_t *green, const uint8_t *blue, int width, uint8_t *luma);

#pragma clang assume_nonnull end
#endif
