#include <stdlib.h>
#include <string.h>

#include "jpeg_session.h"

/// Begins the file: a JFIF header without density, standard Huffman tables, no other marker.
static void begin(
    struct jpeg_compress_struct *info, int width, int height, int components, int quality, int across, int down) {
    info->image_width = (JDIMENSION) width;
    info->image_height = (JDIMENSION) height;
    info->input_components = components;
    info->in_color_space = components == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(info);
    jpeg_set_quality(info, quality < 1 ? 1 : quality > 100 ? 100 : quality, TRUE);
    info->optimize_coding = FALSE;
    if (components == 3) {
        info->comp_info[0].h_samp_factor = across;
        info->comp_info[0].v_samp_factor = down;
    }
}

struct encoding {
    struct jp_errors errors;
    struct jpeg_compress_struct info;
    struct jp_sink sink;
    const kn_plane *planes;
    int count;
    int quality;
};

/// The rows of one plane as libjpeg takes them: whole blocks, what is missing at the edge repeated.
struct rows {
    const kn_plane *plane;
    JSAMPARRAY room;
    JSAMPROW lines[4 * DCTSIZE];
    int padded;
    int count;
};

static void prepare(struct encoding *encoding, int index, struct rows *rows) {
    struct jpeg_compress_struct *info = &encoding->info;
    const jpeg_component_info *component = &info->comp_info[index];
    rows->plane = &encoding->planes[index];
    rows->padded = (int) component->width_in_blocks * DCTSIZE;
    rows->count = component->v_samp_factor * DCTSIZE;
    rows->room = info->mem->alloc_sarray(
        (j_common_ptr) info, JPOOL_IMAGE, (JDIMENSION) rows->padded, (JDIMENSION) rows->count);
}

static void fill(struct rows *rows, int first) {
    const kn_plane *plane = rows->plane;
    for (int line = 0; line < rows->count; line++) {
        int row = first + line < plane->height ? first + line : plane->height - 1;
        uint8_t *samples = plane->samples + row * plane->stride;
        if (plane->width == rows->padded) {
            rows->lines[line] = samples;
            continue;
        }
        rows->lines[line] = rows->room[line];
        memcpy(rows->room[line], samples, (size_t) plane->width);
        memset(rows->room[line] + plane->width, samples[plane->width - 1], (size_t) (rows->padded - plane->width));
    }
}

/// How many luma samples share one of chroma, from the sides of the planes; 0 where they do not belong together.
static int sharing(int luma, int chroma) { return chroma == luma ? 1 : chroma == (luma + 1) / 2 ? 2 : 0; }

static void encode(void *context) {
    struct encoding *encoding = context;
    struct jpeg_compress_struct *info = &encoding->info;
    const kn_plane *planes = encoding->planes;
    int across = 1, down = 1;
    if (encoding->count == 3) {
        across = sharing(planes[0].width, planes[1].width);
        down = sharing(planes[0].height, planes[1].height);
        if (planes[1].width != planes[2].width || planes[1].height != planes[2].height) across = 0;
    }
    if (!across || !down || (encoding->count != 1 && encoding->count != 3)) jp_give_up(&encoding->errors, KN_OTHER);
    jpeg_create_compress(info);
    info->dest = &encoding->sink.manager;
    begin(info, planes[0].width, planes[0].height, encoding->count, encoding->quality, across, down);
    info->raw_data_in = TRUE;
    jpeg_start_compress(info, TRUE);
    struct rows rows[3];
    JSAMPARRAY lines[3];
    for (int index = 0; index < encoding->count; index++) {
        prepare(encoding, index, &rows[index]);
        lines[index] = rows[index].lines;
    }
    for (int strip = 0; info->next_scanline < info->image_height; strip++) {
        for (int index = 0; index < encoding->count; index++) fill(&rows[index], strip * rows[index].count);
        jpeg_write_raw_data(info, lines, (JDIMENSION) (info->max_v_samp_factor * DCTSIZE));
    }
    jpeg_finish_compress(info);
}

kn_result jp_encode_planes(const kn_plane *planes, int count, int quality, uint8_t **out, size_t *out_length) {
    struct encoding encoding = {.planes = planes, .count = count, .quality = quality};
    encoding.info.err = jp_errors_start(&encoding.errors);
    jp_sink_start(&encoding.sink, (size_t) planes[0].width * (size_t) planes[0].height / 4);
    kn_result result = jp_guarded(&encoding.errors, encode, &encoding);
    jpeg_destroy_compress(&encoding.info);
    return jp_sink_end(&encoding.sink, result, out, out_length);
}

struct jp_writer {
    struct jp_errors errors;
    struct jpeg_compress_struct info;
    struct jp_sink sink;
    int width;
    int height;
    int quality;
    int full_chroma;
    /// The rows at hand.
    const uint8_t *rows;
    ptrdiff_t stride;
    int count;
};

static void writer_begins(void *context) {
    jp_writer *writer = context;
    int sharing = writer->full_chroma ? 1 : 2;
    jpeg_create_compress(&writer->info);
    writer->info.dest = &writer->sink.manager;
    begin(&writer->info, writer->width, writer->height, 3, writer->quality, sharing, sharing);
    jpeg_start_compress(&writer->info, TRUE);
}

kn_result jp_writer_new(int width, int height, int quality, int full_chroma, jp_writer **out) {
    *out = NULL;
    jp_writer *writer = calloc(1, sizeof *writer);
    if (!writer) return KN_MEMORY;
    writer->width = width;
    writer->height = height;
    writer->quality = quality;
    writer->full_chroma = full_chroma;
    writer->info.err = jp_errors_start(&writer->errors);
    jp_sink_start(&writer->sink, (size_t) (width > 0 ? width : 0) * (size_t) (height > 0 ? height : 0) / 4);
    kn_result result = jp_guarded(&writer->errors, writer_begins, writer);
    if (result == KN_DONE) {
        *out = writer;
    } else {
        jp_writer_free(writer);
    }
    return result;
}

static void writer_goes_on(void *context) {
    jp_writer *writer = context;
    for (int row = 0; row < writer->count; row++) {
        JSAMPROW line = (JSAMPROW) (uintptr_t) (writer->rows + row * writer->stride);
        jpeg_write_scanlines(&writer->info, &line, 1);
    }
}

kn_result jp_writer_rows(jp_writer *writer, const uint8_t *rows, ptrdiff_t stride, int count) {
    // More rows than the picture has would only be a warning to libjpeg.
    if (count < 0 || (JDIMENSION) count > writer->info.image_height - writer->info.next_scanline) return KN_ROOM;
    writer->rows = rows;
    writer->stride = stride;
    writer->count = count;
    return jp_guarded(&writer->errors, writer_goes_on, writer);
}

static void writer_ends(void *context) { jpeg_finish_compress(&((jp_writer *) context)->info); }

kn_result jp_writer_end(jp_writer *writer, uint8_t **out, size_t *out_length) {
    kn_result result = jp_guarded(&writer->errors, writer_ends, writer);
    result = jp_sink_end(&writer->sink, result, out, out_length);
    jp_writer_free(writer);
    return result;
}

void jp_writer_free(jp_writer *writer) {
    if (!writer) return;
    jpeg_destroy_compress(&writer->info);
    free(writer->sink.bytes);
    free(writer);
}
