#ifndef DARKROOM_CARCHIVESHIM_H
#define DARKROOM_CARCHIVESHIM_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// A zip file that is being written, its entries stored as they are; zip64 where it has to be.
typedef struct ax_zip ax_zip;

/// Begins a zip that is written to a descriptor, which stays the caller's; NULL where there is no memory for it.
/// The descriptor need not be seekable.
ax_zip *_Nullable ax_zip_begin(int descriptor);
/// Begins an entry of exactly so many bytes; its name is ASCII. 0, or an `errno`.
int ax_zip_entry(ax_zip *zip, const char *name, int64_t bytes, int64_t modified);
/// Adds bytes to the entry that was begun last. 0, or an `errno`.
int ax_zip_write(ax_zip *zip, const void *bytes, size_t count);
/// Ends the zip and lets go of it. 0, or an `errno`.
int ax_zip_end(ax_zip *zip);
/// Lets go of a zip that came to nothing.
void ax_zip_abandon(ax_zip *zip);

#pragma clang assume_nonnull end

#endif
