// Packed pixels taken apart into planes, and put together.
#include <string.h>

#include "resample.h"

static void unpack_portable(const uint8_t *packed, int from, int width, int channels, uint8_t *const *planes) {
    for (int channel = 0; channel < channels; channel++) {
        const uint8_t *sample = packed + (size_t) from * (size_t) channels + channel;
        for (int x = from; x < width; x++, sample += channels) planes[channel][x] = *sample;
    }
}

static void pack_portable(const uint8_t *const *planes, int from, int width, int channels, uint8_t *packed) {
    for (int channel = 0; channel < channels; channel++) {
        uint8_t *sample = packed + (size_t) from * (size_t) channels + channel;
        for (int x = from; x < width; x++, sample += channels) *sample = planes[channel][x];
    }
}

void kn_unpack_row(const uint8_t *packed, int width, int channels, uint8_t *const *planes) {
    if (channels == 1)
        memcpy(planes[0], packed, (size_t) width);
    else
        unpack_portable(packed, 0, width, channels, planes);
}

void kn_pack_row(const uint8_t *const *planes, int width, int channels, uint8_t *packed) {
    if (channels == 1)
        memcpy(packed, planes[0], (size_t) width);
    else
        pack_portable(planes, 0, width, channels, packed);
}
