// What every use of libjpeg here has in common: where errors end, what warnings mean, where bytes come from and go to.
#ifndef DARKROOM_JPEG_SESSION_H
#define DARKROOM_JPEG_SESSION_H

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>

#include <jpeglib.h>

#include "JPEG.h"

/// Where the errors of one libjpeg object end. libjpeg knows it by its first member.
struct jp_errors {
    struct jpeg_error_mgr manager;
    jmp_buf back;
    kn_result result;
    /// Warnings that leave every pixel whole.
    int remarks;
    /// Set by a reader once it has all the pixels: what is wrong behind the scan damages nothing.
    int is_past_pixels;
    /// The file has ended there: libjpeg now reads from an end of image of its own.
    int is_at_end;
};

/// Prepares `errors` and gives what a libjpeg object wants to have as `err`.
struct jpeg_error_mgr *jp_errors_start(struct jp_errors *errors);
/// Runs `work`, the only way to call libjpeg: an error ends it early and is the result.
kn_result jp_guarded(struct jp_errors *errors, void (*work)(void *context), void *context);
/// Ends guarded work with this result.
_Noreturn void jp_give_up(struct jp_errors *errors, kn_result result);

/// A JPEG being read.
struct jp_source {
    struct jp_errors errors;
    struct jpeg_decompress_struct info;
};

/// Which JPEGs are taken: grey and Y'CbCr, whose planes are a picture of their own, or whatever libjpeg reads.
enum jp_kinds { JP_PLANES, JP_ANY_KIND };

/// Reads the header of a JPEG and gives up on kinds that are not wanted; guarded.
void jp_source_open(struct jp_source *source, const uint8_t *bytes, size_t length, enum jp_kinds kinds);
/// Lets go of everything; also of a source whose opening failed.
void jp_source_close(struct jp_source *source);

/// Memory that a JPEG is written to. libjpeg's own grows by doubling from 4 KiB, and leaks when an error ends it.
struct jp_sink {
    struct jpeg_destination_mgr manager;
    uint8_t *bytes;
    size_t capacity;
    size_t length;
};

/// Prepares a sink that begins with room for `capacity` bytes.
void jp_sink_start(struct jp_sink *sink, size_t capacity);
/// Gives the bytes away, or frees them where `result` says that they are not whole.
kn_result jp_sink_end(struct jp_sink *sink, kn_result result, uint8_t **out, size_t *length);

#endif
