// PNG read by rows and written by strips. PNG 3 (W3C), RFC 1950, RFC 1951.
#ifndef DARKROOM_PNG_H
#define DARKROOM_PNG_H

#include "Planes.h"

#pragma clang assume_nonnull begin

/// Reads a PNG from memory, row by row.
typedef struct pn_reader pn_reader;

typedef struct pn_header {
    int width;
    int height;
    /// 1 grey, 3 RGB, 4 RGB with alpha: the samples a pixel of a row read.
    int channels;
} pn_header;

/// Opens a PNG of 8-bit grey, RGB or RGBA that is not interlaced and names no colour space but sRGB; KN_OTHER for every other,
/// KN_DAMAGED where the head is broken. The bytes must outlive the reader.
kn_result pn_open(const uint8_t *bytes, size_t length, pn_header *header, pn_reader *_Nullable *_Nonnull reader);
/// The next row, width * channels samples. KN_DAMAGED for damaged or missing data; with the last row also where the check sums, the
/// stream's end or IEND are not as they should be.
kn_result pn_read_row(pn_reader *reader, uint8_t *row);
void pn_close(pn_reader *_Nullable reader);

typedef enum pn_effort { PN_FAST = 1, PN_BALANCED = 2, PN_SMALL = 3 } pn_effort;

/// Buffers of one thread, kept from strip to strip.
typedef struct pn_scratch pn_scratch;
pn_scratch *_Nullable pn_scratch_new(void);
void pn_scratch_free(pn_scratch *_Nullable scratch);

/// A strip as the IDAT data it becomes; strips are made independently, in any order.
typedef struct pn_strip {
    uint8_t *_Nullable bytes;
    size_t length;
    /// Adler-32 of the filtered rows, and how many bytes they were.
    uint32_t adler;
    size_t raw;
    /// CRC-32 of "IDAT" and `bytes`.
    uint32_t crc;
} pn_strip;

/// Filters and deflates `count` rows of packed 8-bit pixels (1, 3 or 4 samples). `above` is the row before them, NULL for the first
/// strip; `is_last` ends the stream. Fills `strip` with bytes of its own, freed with pn_strip_free.
kn_result pn_strip_make(
    const uint8_t *rows, ptrdiff_t stride, const uint8_t *_Nullable above, int width, int channels, int count,
    pn_effort effort, int is_last, pn_scratch *scratch, pn_strip *strip);
void pn_strip_free(pn_strip *strip);

/// Bytes of the file that these strips make, and the file itself, with no chunk but IHDR, IDAT and IEND.
size_t pn_file_length(const pn_strip *strips, int count);
void pn_file_write(int width, int height, int channels, const pn_strip *strips, int count, uint8_t *out);

#pragma clang assume_nonnull end
#endif
