// A small network that looks at a picture through a window of rows which moves down it.
#ifndef DARKROOM_BANK_NETWORK_H
#define DARKROOM_BANK_NETWORK_H

#include "bank_parts.h"

typedef struct bank_network bank_network;
/// Begins at row `y` with the weights of a bank, counted from 0. NULL without memory.
bank_network *bank_network_new(const kn_plane *plane, int bank, int y);
void bank_network_free(bank_network *network);
/// What is to be added to the four new pixels of each pixel of the present row, in 1/64 of a level; there is room for 16 samples more
/// than four times the width. The next call is for the next row.
void bank_network_row(bank_network *network, int16_t *out);

#endif
