// Inflates straight from the file's IDAT chunks into a window of some rows, and undoes their filters there.
#include <stdlib.h>
#include <string.h>

#include "png_rows.h"
#include "png_stream.h"

/// The inflater copies up to 64 KB of history for each call; a window this large makes that little, and stays in the second cache.
#define WINDOW 262144

struct pn_reader {
    pn_header header;
    /// Bytes of a row, without its filter.
    size_t row;
    /// Rows not yet inflated, and of those that are: how many there are, and how many are taken.
    size_t left;
    size_t held;
    size_t taken;
    /// Slots of row + 1 bytes: in the first the last row of the former window, the rest are held rows.
    uint8_t *window;
    size_t slots;
    kn_result result;
    pn_stream stream;
};

static uint8_t *slot(pn_reader *reader, size_t number) { return reader->window + number * (reader->row + 1); }

kn_result pn_open(const uint8_t *bytes, size_t length, pn_header *header, pn_reader **opened) {
    pn_walk walk = {bytes, length, 0};
    pn_chunk first;
    *opened = NULL;
    kn_result result = pn_read_head(&walk, header, &first);
    if (result != KN_DONE) return result;
    pn_reader *reader = calloc(1, sizeof *reader);
    if (!reader) return KN_MEMORY;
    *reader = (pn_reader){.header = *header, .left = (size_t) header->height};
    reader->row = (size_t) header->width * (size_t) header->channels;
    reader->slots = WINDOW / (reader->row + 1);
    if (reader->slots < 1) reader->slots = 1;
    if (reader->slots > reader->left) reader->slots = reader->left;
    reader->window = calloc(reader->slots + 1, reader->row + 1);
    if (!reader->window) {
        free(reader);
        return KN_MEMORY;
    }
    pn_stream_start(&reader->stream, &walk, &first);
    *opened = reader;
    return KN_DONE;
}

void pn_close(pn_reader *reader) {
    if (!reader) return;
    free(reader->window);
    free(reader);
}

static kn_result refill(pn_reader *reader) {
    if (reader->held) memcpy(slot(reader, 0), slot(reader, reader->held), reader->row + 1);
    reader->taken = 0;
    reader->held = reader->left < reader->slots ? reader->left : reader->slots;
    size_t wanted = reader->held * (reader->row + 1), made = 0;
    kn_result result = pn_stream_read(&reader->stream, slot(reader, 1), wanted, &made);
    if (result == KN_DONE && made != wanted) result = KN_DAMAGED;
    reader->left -= reader->held;
    return result;
}

/// After the last row: the stream ends with its check sum and nothing more, and the file with IEND.
static kn_result finish(pn_reader *reader) {
    uint8_t more;
    size_t made = 0;
    kn_result result = pn_stream_read(&reader->stream, &more, 1, &made);
    if (result != KN_DONE) return result;
    if (made || reader->stream.inflate.block_state != ISAL_BLOCK_FINISH) return KN_DAMAGED;
    // What the inflater has taken in advance of the end counts as left over too.
    if (reader->stream.inflate.avail_in || reader->stream.inflate.read_in_length / 8) return KN_DAMAGED;
    int is_behind = 0;
    for (;;) {
        pn_chunk chunk;
        result = pn_next_chunk(&reader->stream.walk, &chunk);
        if (result != KN_DONE) return result;
        if (chunk.type == PN_IEND) return chunk.length ? KN_DAMAGED : KN_DONE;
        if (chunk.type == PN_IHDR || chunk.type == PN_PLTE) return KN_DAMAGED;
        if (chunk.type != PN_IDAT) is_behind = 1;
        else if (is_behind || chunk.length) return KN_DAMAGED;
    }
}

static kn_result read_row(pn_reader *reader, uint8_t *out) {
    if (reader->taken == reader->held) {
        if (!reader->left) return KN_DAMAGED;
        kn_result result = refill(reader);
        if (result != KN_DONE) return result;
    }
    uint8_t *above = slot(reader, reader->taken), *row = slot(reader, ++reader->taken);
    if (row[0] > PN_PAETH) return KN_DAMAGED;
    pn_unfilter(row[0], row + 1, above + 1, reader->row, reader->header.channels);
    memcpy(out, row + 1, reader->row);
    return reader->taken == reader->held && !reader->left ? finish(reader) : KN_DONE;
}

kn_result pn_read_row(pn_reader *reader, uint8_t *row) {
    if (reader->result == KN_DONE) reader->result = read_row(reader, row);
    return reader->result;
}
