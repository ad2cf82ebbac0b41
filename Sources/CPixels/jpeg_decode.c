#include <string.h>

#include "Resample.h"
#include "jpeg_session.h"

struct opening {
    struct jp_source source;
    const uint8_t *bytes;
    size_t length;
    jp_header *header;
};

static void read_header(void *context) {
    struct opening *opening = context;
    jp_source_open(&opening->source, opening->bytes, opening->length, JP_PLANES);
    const struct jpeg_decompress_struct *info = &opening->source.info;
    const jpeg_component_info *luma = info->comp_info, *chroma = &info->comp_info[info->num_components - 1];
    *opening->header = (jp_header){
        .width = (int) info->image_width,
        .height = (int) info->image_height,
        .components = info->num_components,
        .chroma_across = luma->h_samp_factor / chroma->h_samp_factor,
        .chroma_down = luma->v_samp_factor / chroma->v_samp_factor,
        .head_length = opening->length - info->src->bytes_in_buffer,
    };
}

kn_result jp_read_header(const uint8_t *bytes, size_t length, jp_header *header) {
    struct opening opening = {.bytes = bytes, .length = length, .header = header};
    opening.source.info.err = jp_errors_start(&opening.source.errors);
    kn_result result = jp_guarded(&opening.source.errors, read_header, &opening);
    jp_source_close(&opening.source);
    return result;
}

/// Where the rows of one component go.
struct channel {
    const kn_plane *out;
    kn_shrinker *shrinker;
    /// Samples that are the picture's; rows come padded to whole blocks.
    int width;
    int height;
    int done;
    JSAMPARRAY rows;
    int row_count;
    /// Two rows made one, where the shrinker would have to make at least that.
    uint8_t *halved;
};

struct decoding {
    struct jp_source source;
    const uint8_t *bytes;
    size_t length;
    const kn_plane *out;
    struct channel channels[3];
};

/// Whether every plane has at least the samples that are wanted of it.
static int is_enough(const struct jpeg_decompress_struct *info, const kn_plane *wanted) {
    for (int index = 0; index < info->num_components; index++) {
        const jpeg_component_info *component = &info->comp_info[index];
        if (component->downsampled_width < (unsigned) wanted[index].width ||
            component->downsampled_height < (unsigned) wanted[index].height)
            return 0;
    }
    return 1;
}

/// Chooses the smallest size that can be decoded to at once and is still no smaller than what is wanted. Only powers of two
/// have vector code in libjpeg-turbo; the sizes between are slower than the full one.
static void choose_scale(struct jpeg_decompress_struct *info, const kn_plane *wanted) {
    info->scale_num = 1;
    for (info->scale_denom = 8; info->scale_denom > 1; info->scale_denom /= 2) {
        jpeg_calc_output_dimensions(info);
        if (is_enough(info, wanted)) return;
    }
}

static void *room(struct jpeg_decompress_struct *info, size_t size) {
    return info->mem->alloc_large((j_common_ptr) info, JPOOL_IMAGE, size);
}

/// How many places of luma share one of this plane.
static int sharing(int luma, int plane) { return plane == luma ? 1 : 2; }

static void prepare(struct decoding *decoding, int index) {
    struct jpeg_decompress_struct *info = &decoding->source.info;
    const jpeg_component_info *component = &info->comp_info[index];
    struct channel *channel = &decoding->channels[index];
    channel->out = &decoding->out[index];
    channel->width = (int) component->downsampled_width;
    channel->height = (int) component->downsampled_height;
    channel->row_count = component->v_samp_factor * component->DCT_scaled_size;
    channel->rows = info->mem->alloc_sarray(
        (j_common_ptr) info, JPOOL_IMAGE, component->width_in_blocks * (unsigned) component->DCT_scaled_size,
        (unsigned) channel->row_count);
    const kn_plane *out = channel->out;
    if (!out->samples || out->width < 1 || out->height < 1 || channel->width < out->width || channel->height < out->height)
        jp_give_up(&decoding->source.errors, KN_OTHER);
    // Pixels of the picture under one sample.
    int across = info->max_h_samp_factor * DCTSIZE / (component->h_samp_factor * component->DCT_scaled_size);
    int down = info->max_v_samp_factor * DCTSIZE / (component->v_samp_factor * component->DCT_scaled_size);
    // Chroma at half size is decoded twice as large as asked when luma is decoded smaller: libjpeg upsamples that way.
    if (index && channel->row_count % 2 == 0 && channel->width >= 2 * out->width && channel->height >= 2 * out->height) {
        channel->width = (channel->width + 1) / 2;
        channel->height = (channel->height + 1) / 2;
        across *= 2;
        down *= 2;
        channel->halved = room(info, (size_t) channel->width);
    }
    if (channel->width == out->width && channel->height == out->height) return;
    const kn_plane *luma = &decoding->out[0];
    kn_ratio columns = {(int) info->image_width * sharing(luma->width, out->width), luma->width * across};
    kn_ratio rows = {(int) info->image_height * sharing(luma->height, out->height), luma->height * down};
    channel->shrinker = kn_shrinker_new_ratio(channel->width, channel->height, columns, rows, out);
    if (!channel->shrinker) jp_give_up(&decoding->source.errors, KN_MEMORY);
}

/// The mean of each two by two samples. `width` of the result; an odd last column stands for two.
static void halve(const uint8_t *above, const uint8_t *below, int source_width, int width, uint8_t *out) {
    int pairs = source_width / 2;
    for (int x = 0; x < pairs; x++)
        out[x] = (uint8_t) ((above[2 * x] + above[2 * x + 1] + below[2 * x] + below[2 * x + 1] + 2) >> 2);
    if (pairs < width) out[pairs] = (uint8_t) ((above[2 * pairs] + below[2 * pairs] + 1) >> 1);
}

static void take_row(struct channel *channel, const uint8_t *row) {
    if (channel->done == channel->height) return;
    if (channel->shrinker) {
        kn_shrinker_push(channel->shrinker, row);
    } else {
        memcpy(channel->out->samples + channel->done * channel->out->stride, row, (size_t) channel->width);
    }
    channel->done++;
}

static void take_rows(struct channel *channel, const jpeg_component_info *component) {
    if (!channel->halved) {
        for (int row = 0; row < channel->row_count; row++) take_row(channel, channel->rows[row]);
        return;
    }
    int source_width = (int) component->downsampled_width, source_height = (int) component->downsampled_height;
    for (int row = 0; row < channel->row_count && channel->done < channel->height; row += 2) {
        int has_below = 2 * channel->done + 1 < source_height;
        halve(channel->rows[row], channel->rows[row + has_below], source_width, channel->width, channel->halved);
        take_row(channel, channel->halved);
    }
}

static void decode(void *context) {
    struct decoding *decoding = context;
    struct jpeg_decompress_struct *info = &decoding->source.info;
    jp_source_open(&decoding->source, decoding->bytes, decoding->length, JP_PLANES);
    choose_scale(info, decoding->out);
    info->raw_data_out = TRUE;
    info->do_block_smoothing = FALSE;
    jpeg_start_decompress(info);
    JSAMPARRAY rows[3] = {NULL, NULL, NULL};
    for (int index = 0; index < info->num_components; index++) {
        prepare(decoding, index);
        rows[index] = decoding->channels[index].rows;
    }
    unsigned lines = (unsigned) (info->max_v_samp_factor * info->min_DCT_scaled_size);
    while (info->output_scanline < info->output_height) {
        jpeg_read_raw_data(info, rows, lines);
        for (int index = 0; index < info->num_components; index++)
            take_rows(&decoding->channels[index], &info->comp_info[index]);
    }
    decoding->source.errors.is_past_pixels = 1;
    jpeg_finish_decompress(info);
}

kn_result jp_decode(const uint8_t *bytes, size_t length, kn_plane *out) {
    struct decoding decoding = {.bytes = bytes, .length = length, .out = out};
    decoding.source.info.err = jp_errors_start(&decoding.source.errors);
    kn_result result = jp_guarded(&decoding.source.errors, decode, &decoding);
    // An error behind the last pixel, but what a damaged scan leaves over there.
    if (result == KN_OTHER && decoding.source.errors.is_past_pixels) result = KN_DONE;
    for (int index = 0; index < 3; index++) kn_shrinker_free(decoding.channels[index].shrinker);
    jp_source_close(&decoding.source);
    return result;
}

/// Every coefficient of a single scan is read and dropped at once: decoded to an eighth nothing is kept of a block but its
/// mean, and libjpeg-turbo then steps over the rest of it without storing.
static void check_one_scan(struct jp_source *source) {
    struct jpeg_decompress_struct *info = &source->info;
    info->scale_num = 1;
    info->scale_denom = 8;
    info->raw_data_out = TRUE;
    jpeg_start_decompress(info);
    JSAMPARRAY rows[MAX_COMPONENTS] = {NULL};
    for (int index = 0; index < info->num_components; index++) {
        const jpeg_component_info *component = &info->comp_info[index];
        rows[index] = info->mem->alloc_sarray(
            (j_common_ptr) info, JPOOL_IMAGE, component->width_in_blocks * (unsigned) component->DCT_scaled_size,
            (unsigned) (component->v_samp_factor * component->DCT_scaled_size));
    }
    unsigned lines = (unsigned) (info->max_v_samp_factor * info->min_DCT_scaled_size);
    while (info->output_scanline < info->output_height) jpeg_read_raw_data(info, rows, lines);
    source->errors.is_past_pixels = 1;
    jpeg_finish_decompress(info);
}

static void check(void *context) {
    struct opening *opening = context;
    struct jp_source *source = &opening->source;
    jp_source_open(source, opening->bytes, opening->length, JP_ANY_KIND);
    if (jpeg_has_multiple_scans(&source->info)) {
        jpeg_read_coefficients(&source->info);
        source->errors.is_past_pixels = 1;
        jpeg_finish_decompress(&source->info);
    } else {
        check_one_scan(source);
    }
    // A file that passes is handed on as it is, to decoders that may be stricter.
    if (source->errors.remarks) jp_give_up(&source->errors, KN_OTHER);
}

kn_result jp_check(const uint8_t *bytes, size_t length) {
    struct opening opening = {.bytes = bytes, .length = length};
    opening.source.info.err = jp_errors_start(&opening.source.errors);
    kn_result result = jp_guarded(&opening.source.errors, check, &opening);
    jp_source_close(&opening.source);
    return result;
}
