#include <string.h>

#include "Turn.h"
#include "jpeg_session.h"

// A picture of 8 by 8 coefficients is transposed by transposing them, and mirrored by changing the sign of every second one:
// the odd basis functions of the cosine transform are odd about the middle of a block, the even ones even.

struct turning {
    struct jp_source source;
    struct jpeg_compress_struct info;
    struct jp_sink sink;
    const uint8_t *bytes;
    size_t length;
    kn_turn turn;
    /// For each coefficient of the result: which one of the source, and its sign.
    uint8_t from[DCTSIZE2];
    int8_t sign[DCTSIZE2];
};

static void plan(struct turning *turning) {
    kn_turn turn = turning->turn;
    for (int row = 0; row < DCTSIZE; row++)
        for (int column = 0; column < DCTSIZE; column++) {
            int place = row * DCTSIZE + column;
            int is_odd = (turn.mirrors_columns & column) ^ (turn.mirrors_rows & row);
            turning->from[place] = (uint8_t) (turn.is_transposed ? column * DCTSIZE + row : place);
            turning->sign[place] = (is_odd & 1) ? -1 : 1;
        }
}

/// Only whole MCUs can change places: the filling of one that is cut off by the edge would become part of the picture.
static void require_exact(struct turning *turning) {
    const struct jpeg_decompress_struct *from = &turning->source.info;
    kn_turn turn = turning->turn;
    int mirrors_width = turn.is_transposed ? turn.mirrors_rows : turn.mirrors_columns;
    int mirrors_height = turn.is_transposed ? turn.mirrors_columns : turn.mirrors_rows;
    unsigned across = (unsigned) from->max_h_samp_factor * DCTSIZE, down = (unsigned) from->max_v_samp_factor * DCTSIZE;
    if ((mirrors_width && from->image_width % across) || (mirrors_height && from->image_height % down))
        jp_give_up(&turning->source.errors, KN_OTHER);
}

static void swap_axes(struct jpeg_compress_struct *info) {
    JDIMENSION width = info->image_width;
    info->image_width = info->image_height;
    info->image_height = width;
    for (int index = 0; index < info->num_components; index++) {
        jpeg_component_info *component = &info->comp_info[index];
        int across = component->h_samp_factor;
        component->h_samp_factor = component->v_samp_factor;
        component->v_samp_factor = across;
    }
    for (int index = 0; index < NUM_QUANT_TBLS; index++) {
        JQUANT_TBL *table = info->quant_tbl_ptrs[index];
        if (!table) continue;
        UINT16 values[DCTSIZE2];
        memcpy(values, table->quantval, sizeof values);
        for (int place = 0; place < DCTSIZE2; place++)
            table->quantval[place] = values[place % DCTSIZE * DCTSIZE + place / DCTSIZE];
    }
}

static void turn_block(const struct turning *turning, const JCOEF *from, JCOEF *to) {
    for (int place = 0; place < DCTSIZE2; place++)
        to[place] = (JCOEF) (from[turning->from[place]] * turning->sign[place]);
}

static JBLOCKARRAY block_row(struct jpeg_decompress_struct *info, jvirt_barray_ptr blocks, int row, boolean writable) {
    return info->mem->access_virt_barray((j_common_ptr) info, blocks, (JDIMENSION) row, 1, writable);
}

static void turn_component(struct turning *turning, int index, jvirt_barray_ptr from, jvirt_barray_ptr to) {
    struct jpeg_decompress_struct *info = &turning->source.info;
    const jpeg_component_info *component = &info->comp_info[index];
    kn_turn turn = turning->turn;
    int across = (int) component->width_in_blocks, down = (int) component->height_in_blocks;
    int width = turn.is_transposed ? down : across, height = turn.is_transposed ? across : down;
    // In the order of the result: an array of libjpeg's takes no row before those above it.
    for (int row = 0; row < height; row++) {
        JBLOCKROW result = block_row(info, to, row, TRUE)[0];
        int y = turn.mirrors_rows ? height - 1 - row : row;
        for (int column = 0; column < width; column++) {
            int x = turn.mirrors_columns ? width - 1 - column : column;
            JBLOCKROW source = block_row(info, from, turn.is_transposed ? x : y, FALSE)[0];
            turn_block(turning, source[turn.is_transposed ? y : x], result[column]);
        }
    }
}

static unsigned whole(unsigned blocks, int factor) {
    unsigned each = (unsigned) factor;
    return (blocks + each - 1) / each * each;
}

/// Room for the turned coefficients, filled to whole MCUs.
static jvirt_barray_ptr room_for(struct turning *turning, int index) {
    struct jpeg_decompress_struct *info = &turning->source.info;
    const jpeg_component_info *component = &info->comp_info[index];
    unsigned across = whole(component->width_in_blocks, component->h_samp_factor);
    unsigned down = whole(component->height_in_blocks, component->v_samp_factor);
    int turned = turning->turn.is_transposed;
    return info->mem->request_virt_barray(
        (j_common_ptr) info, JPOOL_IMAGE, TRUE, turned ? down : across, turned ? across : down,
        (JDIMENSION) (turned ? component->h_samp_factor : component->v_samp_factor));
}

static void turn_file(void *context) {
    struct turning *turning = context;
    struct jpeg_decompress_struct *source = &turning->source.info;
    struct jpeg_compress_struct *info = &turning->info;
    jp_source_open(&turning->source, turning->bytes, turning->length);
    require_exact(turning);
    jvirt_barray_ptr turned[3] = {NULL, NULL, NULL};
    for (int index = 0; index < source->num_components; index++) turned[index] = room_for(turning, index);
    // Makes the room asked for above real too.
    jvirt_barray_ptr *blocks = jpeg_read_coefficients(source);
    for (int index = 0; index < source->num_components; index++)
        turn_component(turning, index, blocks[index], turned[index]);

    jpeg_create_compress(info);
    info->dest = &turning->sink.manager;
    jpeg_copy_critical_parameters(source, info);
    if (turning->turn.is_transposed) swap_axes(info);
    // A density is no pixel.
    info->density_unit = 0;
    info->X_density = info->Y_density = 1;
    // Tables of its own keep a file from growing; one scan, also of a progressive source: several cost three times as much.
    info->optimize_coding = TRUE;
    jpeg_write_coefficients(info, turned);
    jpeg_finish_compress(info);
}

kn_result jp_turn(const uint8_t *bytes, size_t length, int orientation, uint8_t **out, size_t *out_length) {
    struct turning turning = {.bytes = bytes, .length = length, .turn = kn_turn_of(orientation)};
    turning.source.info.err = turning.info.err = jp_errors_start(&turning.source.errors);
    plan(&turning);
    jp_sink_start(&turning.sink, length);
    kn_result result = jp_guarded(&turning.source.errors, turn_file, &turning);
    jpeg_destroy_compress(&turning.info);
    jp_source_close(&turning.source);
    return jp_sink_end(&turning.sink, result, out, out_length);
}
