// The hot pixel kernels: rows and planes of 8-bit samples, nothing that opens a file, nothing of libvips.
#ifndef DARKROOM_CPIXELS_H
#define DARKROOM_CPIXELS_H

#include "Bank.h"
#include "Decode.h"
#include "GIF.h"
#include "JPEG.h"
#include "PNG.h"
#include "PNGPlanes.h"
#include "Planes.h"
#include "Render.h"
#include "Resample.h"
#include "Stamp.h"
#include "Strips.h"
#include "Turn.h"

#endif
