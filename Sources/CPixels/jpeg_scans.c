// A progressive JPEG may say nothing in a scan and still have every block of its components visited: fifteen bytes of it cost
// as much time as a megabyte of picture. So the scans are counted, and weighed by the blocks, before any of them is read.
#include <string.h>

#include "JPEG.h"

// No encoder writes so many scans; the usual number is ten.
#define MOST_SCANS 500
// Blocks visited by all scans together, up to 30 nanoseconds for each. 64 megapixels are a million blocks a component, of which
// the usual ten scans visit 14 million at 4:4:4.
#define MOST_VISITS 24000000

struct walk {
    const uint8_t *bytes;
    size_t length;
    size_t at;
};

/// The next marker that is neither a stuffed byte, a restart nor filling; 0 at the end. Stands behind it.
static int next_marker(struct walk *walk) {
    while (walk->at < walk->length) {
        const uint8_t *found = memchr(walk->bytes + walk->at, 0xFF, walk->length - walk->at);
        if (!found) break;
        walk->at = (size_t) (found - walk->bytes) + 1;
        while (walk->at < walk->length && walk->bytes[walk->at] == 0xFF) walk->at++;
        if (walk->at == walk->length) break;
        int marker = walk->bytes[walk->at++];
        if (marker > 1 && (marker < 0xD0 || marker > 0xD8)) return marker;
    }
    walk->at = walk->length;
    return 0;
}

static unsigned word(const uint8_t *at) { return (unsigned) at[0] << 8 | at[1]; }

/// The components of a frame: who they are, and how many blocks each has.
struct frame {
    int count;
    uint8_t name[4];
    int64_t blocks[4];
};

/// ITU-T T.81, B.2.2 and A.1.1. More than four components are none of any kind in use; decoders refuse them.
static struct frame read_frame(const uint8_t *body, size_t length) {
    struct frame frame = {.count = 0};
    if (length < 6 || body[5] > 4 || length < 6 + 3 * (size_t) body[5]) return frame;
    unsigned across = 1, down = 1;
    for (int index = 0; index < body[5]; index++) {
        unsigned sampling = body[7 + 3 * index];
        if (sampling >> 4 > across) across = sampling >> 4;
        if ((sampling & 15) > down) down = sampling & 15;
    }
    int64_t wide = (word(body + 3) + 8 * across - 1) / (8 * across), high = (word(body + 1) + 8 * down - 1) / (8 * down);
    for (; frame.count < body[5]; frame.count++) {
        unsigned sampling = body[7 + 3 * frame.count];
        frame.name[frame.count] = body[6 + 3 * frame.count];
        frame.blocks[frame.count] = wide * high * (sampling >> 4) * (sampling & 15);
    }
    return frame;
}

/// The blocks that a scan visits, from its header's body.
static int64_t visits(const uint8_t *body, size_t length, const struct frame *frame) {
    int64_t sum = 0;
    if (length < 1 || length < 1 + 2 * (size_t) body[0]) return 0;
    for (int index = 0; index < body[0]; index++)
        for (int component = 0; component < frame->count; component++)
            if (body[1 + 2 * index] == frame->name[component]) sum += frame->blocks[component];
    return sum;
}

static int is_frame(int marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

kn_result jp_check_scans(const uint8_t *bytes, size_t length) {
    struct walk walk = {bytes, length, 2};
    struct frame frame = {.count = 0};
    int64_t scans = 0, visited = 0;
    for (int marker = next_marker(&walk); marker && marker != 0xD9; marker = next_marker(&walk)) {
        if (length - walk.at < 2) break;
        const uint8_t *body = bytes + walk.at + 2;
        size_t size = word(bytes + walk.at);
        if (size < 2 || size > length - walk.at) break;
        walk.at += size;
        if (is_frame(marker)) frame = read_frame(body, size - 2);
        if (marker != 0xDA) continue;
        scans++;
        visited += visits(body, size - 2, &frame);
        if (scans > MOST_SCANS || visited > MOST_VISITS) return KN_DAMAGED;
    }
    return KN_DONE;
}
