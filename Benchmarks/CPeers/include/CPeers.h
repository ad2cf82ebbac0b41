// What the pixel kernels are measured against, and the clocks that measure it. One function a use; all give 0 when well.
#ifndef DARKROOM_CPEERS_H
#define DARKROOM_CPEERS_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Bytes that a peer made; freed with pr_free.
typedef struct pr_bytes {
    uint8_t *_Nullable bytes;
    size_t length;
} pr_bytes;
void pr_free(pr_bytes *made);

/// libvips without its cache and with one thread a picture, as its documentation advises servers.
int pr_vips_start(void);
const char *pr_vips_version(void);
/// A picture shrunk into a square of `edge` with the fused decode-and-shrink, turned upright, as a stripped JPEG.
int pr_vips_thumbnail(const void *in, size_t length, int edge, int quality, int half_chroma, pr_bytes *out);
/// The same with the profile transform that many programs always ask for.
int pr_vips_thumbnail_through_profile(const void *in, size_t length, int edge, int quality, pr_bytes *out);
/// Decoded and encoded again at its size, as a stripped JPEG.
int pr_vips_encode_again(const void *in, size_t length, int quality, int half_chroma, pr_bytes *out);
/// Decoded, enlarged with Lanczos3, as PNG with libvips' own settings.
int pr_vips_enlarge_png(const void *in, size_t length, double factor, pr_bytes *out);
/// The same with zlib level 1 and the Paeth filter: its fastest sensible PNG.
int pr_vips_enlarge_fast_png(const void *in, size_t length, double factor, pr_bytes *out);
int pr_vips_enlarge_jpeg(const void *in, size_t length, double factor, int quality, int half_chroma, pr_bytes *out);
/// Packed RGB to packed RGB with Lanczos3; `out` holds scaled_width * scaled_height * 3 bytes.
int pr_vips_lanczos(const uint8_t *rgb, int width, int height, int scaled_width, int scaled_height, uint8_t *out);
/// An opaque picture as packed RGB; gives its sides.
int pr_vips_decode(const void *in, size_t length, pr_bytes *out, int *width, int *height);

/// libpng with its own choice of filters.
int pr_libpng_write(const uint8_t *rgb, int width, int height, int level, pr_bytes *out);

/// Processor time of this process with all its threads, and time on the wall; nanoseconds.
int64_t pr_processor_time(void);
int64_t pr_wall_time(void);
/// Runs a program with its output thrown away and waits. Processor time is its own and that of the children it waited for.
/// Gives its exit code, 128 + signal, or -1 where it could not be started.
int pr_run(char *_Nullable const *_Nonnull arguments, int64_t *processor_time, int64_t *wall_time);
/// Starts a program whose standard input and output are pipes; gives its process number or -1.
int pr_start(char *_Nullable const *_Nonnull arguments, int *to, int *from);
/// Waits for a process started with pr_start.
void pr_wait(int process);
/// Resets the high-water mark of this process's memory and gives what is resident now; bytes, -1 where /proc has no answer.
int64_t pr_memory_mark(void);
/// The high-water mark since then.
int64_t pr_memory_peak(void);
/// What is resident of another process.
int64_t pr_memory_of(int process);

#pragma clang assume_nonnull end
#endif
