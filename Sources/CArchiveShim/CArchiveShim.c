#include "CArchiveShim.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>

struct ax_zip {
    struct archive *archive;
};

static int fault(struct archive *archive) {
    int code = archive_errno(archive);
    // libarchive has numbers of its own for what is no fault of the system.
    return code > 0 ? code : EIO;
}

ax_zip *ax_zip_begin(int descriptor) {
    ax_zip *zip = calloc(1, sizeof *zip);
    if (!zip) return NULL;
    zip->archive = archive_write_new();
    if (!zip->archive) {
        free(zip);
        return NULL;
    }
    // Pictures are packed already.
    if (archive_write_set_format_zip(zip->archive) != ARCHIVE_OK
        || archive_write_set_options(zip->archive, "zip:compression=store") != ARCHIVE_OK
        || archive_write_set_bytes_in_last_block(zip->archive, 1) != ARCHIVE_OK
        || archive_write_open_fd(zip->archive, descriptor) != ARCHIVE_OK) {
        ax_zip_abandon(zip);
        return NULL;
    }
    return zip;
}

int ax_zip_entry(ax_zip *zip, const char *name, int64_t bytes, int64_t modified) {
    struct archive_entry *entry = archive_entry_new();
    if (!entry) return ENOMEM;
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0600);
    archive_entry_set_size(entry, bytes);
    archive_entry_set_mtime(entry, modified, 0);
    int result = archive_write_header(zip->archive, entry);
    archive_entry_free(entry);
    return result == ARCHIVE_OK ? 0 : fault(zip->archive);
}

int ax_zip_write(ax_zip *zip, const void *bytes, size_t count) {
    const char *rest = bytes;
    while (count > 0) {
        la_ssize_t written = archive_write_data(zip->archive, rest, count);
        if (written < 0) return fault(zip->archive);
        // More than the entry was to have.
        if (written == 0) return EFBIG;
        rest += written;
        count -= (size_t)written;
    }
    return 0;
}

int ax_zip_end(ax_zip *zip) {
    int result = archive_write_close(zip->archive) == ARCHIVE_OK ? 0 : fault(zip->archive);
    ax_zip_abandon(zip);
    return result;
}

void ax_zip_abandon(ax_zip *zip) {
    // A close that failed is not tried again.
    archive_write_fail(zip->archive);
    archive_write_free(zip->archive);
    free(zip);
}
