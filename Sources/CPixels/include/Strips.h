// A picture's strips on several threads.
#ifndef DARKROOM_STRIPS_H
#define DARKROOM_STRIPS_H

#include "Planes.h"

#pragma clang assume_nonnull begin

/// Works on one strip; `thread` (from 0) says which scratch buffers are its own.
typedef kn_result (*kn_strip_work)(void *context, int strip, int thread);

/// Runs `work` for the strips 0 to `strips` - 1 on up to `threads` threads, the caller's among them. Strips are handed out in
/// order; after a strip that did not end well no further one is begun, and its result is given. Where a thread cannot be had
/// fewer do the work. `busiest`, when given, is what the busiest thread spent, in nanoseconds of processor time.
kn_result kn_strips(int threads, int strips, kn_strip_work work, void *context, int64_t *_Nullable busiest);

#pragma clang assume_nonnull end
#endif
