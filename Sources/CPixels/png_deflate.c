#include <stdlib.h>
#include <string.h>

#include <isa-l/igzip_lib.h>

#include "png_deflate.h"

size_t pn_deflate(
    pn_scratch *scratch, pn_effort effort, const uint8_t *bytes, size_t length, int is_last, uint8_t *out) {
    (void) scratch;
    struct isal_zstream *stream = malloc(sizeof *stream);
    uint8_t *level = malloc(ISAL_DEF_LVL1_DEFAULT);
    size_t made = 0;
    if (stream && level) {
        isal_deflate_init(stream);
        stream->level = effort == PN_FAST ? 1 : 1;
        stream->level_buf = level;
        stream->level_buf_size = ISAL_DEF_LVL1_DEFAULT;
        stream->flush = is_last ? NO_FLUSH : SYNC_FLUSH;
        stream->end_of_stream = (uint16_t) is_last;
        stream->next_in = (uint8_t *) (uintptr_t) bytes;
        stream->avail_in = (uint32_t) length;
        stream->next_out = out;
        stream->avail_out = (uint32_t) pn_deflate_bound(length);
        if (isal_deflate(stream) == COMP_OK && stream->avail_in == 0) made = stream->total_out;
    }
    free(level);
    free(stream);
    return made;
}
