#include "Stamp.h"

// Letters of five by seven modules, a row a number, its highest of five bits on the left.
#define LETTER_ROWS 7
#define LETTER_WIDTH 5
#define LETTERS 7
static const uint8_t word[LETTERS][LETTER_ROWS] = {
    {0x1E, 0x11, 0x11, 0x1E, 0x10, 0x10, 0x10}, {0x1E, 0x11, 0x11, 0x1E, 0x14, 0x12, 0x11},
    {0x1F, 0x10, 0x10, 0x1E, 0x10, 0x10, 0x1F}, {0x11, 0x11, 0x11, 0x11, 0x11, 0x0A, 0x04},
    {0x0E, 0x04, 0x04, 0x04, 0x04, 0x04, 0x0E}, {0x1F, 0x10, 0x10, 0x1E, 0x10, 0x10, 0x1F},
    {0x11, 0x11, 0x11, 0x15, 0x15, 0x1B, 0x11},
};

// In modules: from word to word and from row to row, how far every other row is shifted, and where a row's line lies.
#define ACROSS 54.0
#define DOWN 20.0
#define SHIFT 27.0
#define LINE 13.2
#define LINE_WIDTH 0.7
#define EDGE 0.7

#define SAMPLES 3
#define WHITE_SHARE 0.55
#define DARK_SHARE 0.4

static double below(double value, double period) {
    double rest = value - (double) (int64_t) (value / period) * period;
    return rest < 0 ? rest + period : rest;
}

/// Whether the mark covers a point, in modules along the word and down from it.
static int covers(double along, double down) {
    double row = (down - below(down, DOWN)) / DOWN;
    double y = below(down, DOWN);
    if (y >= LINE && y < LINE + LINE_WIDTH) return 1;
    if (y >= LETTER_ROWS) return 0;
    int odd = (int) (int64_t) (row < 0 ? -row + 0.5 : row + 0.5) & 1;
    double x = below(along + (odd ? SHIFT : 0), ACROSS);
    int letter = (int) (x / (LETTER_WIDTH + 1));
    int column = (int) (x - letter * (LETTER_WIDTH + 1));
    if (letter >= LETTERS || column >= LETTER_WIDTH) return 0;
    return word[letter][(int) y] >> (LETTER_WIDTH - 1 - column) & 1;
}

/// How much of a pixel is white and how much is its dark edge, in samples.
static void weigh(int x, int y, double module, int *white, int *dark) {
    for (int sample = 0; sample < SAMPLES * SAMPLES; sample++) {
        double right = (x + (sample % SAMPLES + 0.5) / SAMPLES) / module;
        double down = (y + (double) (sample / SAMPLES) / SAMPLES + 0.5 / SAMPLES) / module;
        // Thirty degrees up.
        double along = right * 0.8660254 - down * 0.5;
        double across = right * 0.5 + down * 0.8660254;
        if (covers(along, across)) {
            ++*white;
        } else if (covers(along - EDGE, across - EDGE)) {
            ++*dark;
        }
    }
}

void kn_stamp(uint8_t *rgb, int width, int height) {
    double module = (width > height ? width : height) / 210.0;
    if (module < 1) module = 1;
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            int white = 0;
            int dark = 0;
            weigh(x, y, module, &white, &dark);
            if (white + dark == 0) continue;
            double light = white * WHITE_SHARE / (SAMPLES * SAMPLES);
            double shade = dark * DARK_SHARE / (SAMPLES * SAMPLES);
            uint8_t *pixel = rgb + ((size_t) y * (size_t) width + (size_t) x) * 3;
            for (int band = 0; band < 3; band++) {
                double value = pixel[band] * (1 - light - shade) + 255 * light;
                pixel[band] = (uint8_t) (value + 0.5);
            }
        }
    }
}
