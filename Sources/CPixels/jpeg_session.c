#include "jpeg_session.h"

#include <jerror.h>
#include <stdlib.h>
#include <string.h>

// Coefficients of a progressive picture are the only thing that grows with its pixels: six bytes for each at most.
#define MOST_MEMORY (512L << 20)
/// What an error of libjpeg says about the picture.
static kn_result meaning(int code) {
    switch (code) {
        case JERR_OUT_OF_MEMORY:
        case JERR_NO_BACKING_STORE: return KN_MEMORY;
        case JERR_ARITH_NOTIMPL:
        case JERR_BAD_COMPONENT_ID:
        case JERR_BAD_DCT_COEF:
        case JERR_BAD_PRECISION:
        case JERR_CONVERSION_NOTIMPL:
        case JERR_NOT_COMPILED:
        case JERR_NOTIMPL:
        case JERR_SOF_UNSUPPORTED: return KN_OTHER;
        default: return KN_DAMAGED;
    }
}

void jp_give_up(struct jp_errors *errors, kn_result result) {
    errors->result = result;
    longjmp(errors->back, 1);
}

static void end_of_work(j_common_ptr common) {
    struct jp_errors *errors = (struct jp_errors *) common->err;
    jp_give_up(errors, errors->is_past_pixels ? KN_OTHER : meaning(errors->manager.msg_code));
}

/// Bytes between the end of a scan and the next marker that encoders leave: padding of one value. What is left over
/// before a restart marker, or looks like data, is what a damaged scan did not use.
static int is_padding(j_common_ptr common) {
    int count = common->err->msg_parm.i[0];
    int marker = common->err->msg_parm.i[1];
    // libjpeg has read the marker, but not yet moved on from the byte before it.
    const uint8_t *end = ((j_decompress_ptr) common)->src->next_input_byte;
    if ((marker >= 0xD0 && marker <= 0xD7) || count < 1) return 0;
    for (int index = 2; index <= count; index++)
        if (end[-index] != end[-1]) return 0;
    return 1;
}

static void judge_warning(j_common_ptr common, int level) {
    struct jp_errors *errors = (struct jp_errors *) common->err;
    if (level >= 0) return;
    errors->remarks++;
    // Bytes between the scan and its end tell of damage in the scan; nothing else behind the last pixel does.
    if (errors->is_past_pixels && errors->manager.msg_code != JWRN_EXTRANEOUS_DATA) {
        errors->is_at_end |= errors->manager.msg_code == JWRN_JPEG_EOF;
        return;
    }
    switch (errors->manager.msg_code) {
        case JWRN_BOGUS_PROGRESSION:
        case JWRN_JFIF_MAJOR:
        case JWRN_NOT_SEQUENTIAL: return;
        case JWRN_ADOBE_XFORM: jp_give_up(errors, KN_OTHER);
        case JWRN_EXTRANEOUS_DATA:
            if (!errors->is_at_end && is_padding(common)) return;
            jp_give_up(errors, KN_DAMAGED);
        default: jp_give_up(errors, KN_DAMAGED);
    }
}

static void say_nothing(j_common_ptr common) { (void) common; }

struct jpeg_error_mgr *jp_errors_start(struct jp_errors *errors) {
    memset(errors, 0, sizeof *errors);
    jpeg_std_error(&errors->manager);
    errors->manager.error_exit = end_of_work;
    errors->manager.emit_message = judge_warning;
    errors->manager.output_message = say_nothing;
    return &errors->manager;
}

kn_result jp_guarded(struct jp_errors *errors, void (*work)(void *context), void *context) {
    errors->result = KN_DONE;
    if (!setjmp(errors->back)) work(context);
    return errors->result;
}

static int is_ours(const struct jpeg_decompress_struct *info) {
    if (info->arith_code || info->data_precision != 8) return 0;
    if (info->num_components == 1) return info->jpeg_color_space == JCS_GRAYSCALE;
    if (info->num_components != 3 || info->jpeg_color_space != JCS_YCbCr) return 0;
    const jpeg_component_info *luma = &info->comp_info[0], *blue = &info->comp_info[1], *red = &info->comp_info[2];
    if (blue->h_samp_factor != red->h_samp_factor || blue->v_samp_factor != red->v_samp_factor) return 0;
    int across = luma->h_samp_factor / blue->h_samp_factor, down = luma->v_samp_factor / blue->v_samp_factor;
    return luma->h_samp_factor == across * blue->h_samp_factor && luma->v_samp_factor == down * blue->v_samp_factor &&
        across <= 2 && down <= 2;
}

void jp_source_open(struct jp_source *source, const uint8_t *bytes, size_t length, enum jp_kinds kinds) {
    struct jpeg_decompress_struct *info = &source->info;
    jpeg_create_decompress(info);
    info->mem->max_memory_to_use = MOST_MEMORY;
    jpeg_mem_src(info, bytes, length);
    jpeg_read_header(info, TRUE);
    if (kinds == JP_PLANES && !is_ours(info)) jp_give_up(&source->errors, KN_OTHER);
}

void jp_source_close(struct jp_source *source) { jpeg_destroy_decompress(&source->info); }

static void sink_begins(j_compress_ptr info) {
    struct jp_sink *sink = (struct jp_sink *) info->dest;
    sink->bytes = malloc(sink->capacity);
    if (!sink->bytes) jp_give_up((struct jp_errors *) info->err, KN_MEMORY);
    sink->manager.next_output_byte = sink->bytes;
    sink->manager.free_in_buffer = sink->capacity;
}

static boolean sink_is_full(j_compress_ptr info) {
    struct jp_sink *sink = (struct jp_sink *) info->dest;
    size_t used = sink->capacity;
    uint8_t *grown = realloc(sink->bytes, used + used / 2);
    if (!grown) jp_give_up((struct jp_errors *) info->err, KN_MEMORY);
    sink->bytes = grown;
    sink->capacity = used + used / 2;
    sink->manager.next_output_byte = grown + used;
    sink->manager.free_in_buffer = sink->capacity - used;
    return TRUE;
}

static void sink_ends(j_compress_ptr info) {
    struct jp_sink *sink = (struct jp_sink *) info->dest;
    sink->length = sink->capacity - sink->manager.free_in_buffer;
}

void jp_sink_start(struct jp_sink *sink, size_t capacity) {
    memset(sink, 0, sizeof *sink);
    sink->capacity = capacity < 4096 ? 4096 : capacity;
    sink->manager.init_destination = sink_begins;
    sink->manager.empty_output_buffer = sink_is_full;
    sink->manager.term_destination = sink_ends;
}

kn_result jp_sink_end(struct jp_sink *sink, kn_result result, uint8_t **out, size_t *length) {
    if (result != KN_DONE) {
        free(sink->bytes);
        sink->bytes = NULL;
        return result;
    }
    *out = sink->bytes;
    *length = sink->length;
    sink->bytes = NULL;
    return KN_DONE;
}

void jp_free(uint8_t *bytes) { free(bytes); }
