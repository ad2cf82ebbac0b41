#include "png_stream.h"

void pn_stream_start(pn_stream *stream, const pn_walk *walk, const pn_chunk *first) {
    stream->walk = *walk;
    isal_inflate_init(&stream->inflate);
    stream->inflate.crc_flag = ISAL_ZLIB;
    stream->inflate.next_in = (uint8_t *) (uintptr_t) first->data;
    stream->inflate.avail_in = first->length;
}

/// Gives the inflater the next IDAT chunk; one of another kind means that the data end too early.
static kn_result feed(pn_stream *stream) {
    pn_chunk chunk;
    kn_result result = pn_next_chunk(&stream->walk, &chunk);
    if (result != KN_DONE) return result;
    if (chunk.type != PN_IDAT) return KN_DAMAGED;
    stream->inflate.next_in = (uint8_t *) (uintptr_t) chunk.data;
    stream->inflate.avail_in = chunk.length;
    return KN_DONE;
}

kn_result pn_stream_read(pn_stream *stream, uint8_t *out, size_t count, size_t *made) {
    struct inflate_state *state = &stream->inflate;
    state->next_out = out;
    state->avail_out = (uint32_t) count;
    while (state->avail_out && state->block_state != ISAL_BLOCK_FINISH) {
        uint32_t room = state->avail_out, fed = state->avail_in;
        enum isal_block_state before = state->block_state;
        if (isal_inflate(state) < 0) return KN_DAMAGED;
        if (state->avail_in == 0 && state->avail_out && state->block_state != ISAL_BLOCK_FINISH) {
            kn_result result = feed(stream);
            if (result != KN_DONE) return result;
        } else if (room == state->avail_out && fed == state->avail_in && before == state->block_state) {
            return KN_DAMAGED;
        }
    }
    *made = count - state->avail_out;
    return KN_DONE;
}
