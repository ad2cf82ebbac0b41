#ifndef DARKROOM_DISK_SHIM_H
#define DARKROOM_DISK_SHIM_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// renameat2(2) with RENAME_NOREPLACE: 0, or -1 with errno (EEXIST where something stands at `to`).
int dk_rename_to_free(const char *from, const char *to);
/// renameat2(2) with RENAME_EXCHANGE: both names stay, each with what the other had; 0, or -1 with errno.
int dk_exchange(const char *one, const char *other);

/// Whether anybody has the regular file open for writing, or mapped so, by the kernel's answer to a read lease (fcntl(2),
/// F_SETLEASE), which is given back at once. 1: somebody; 0: nobody, or the kernel can not say: another's file without CAP_LEASE, a
/// file system without leases, no regular file, none at all.
int dk_has_writer(const char *path);

/// Opens what `path` names below the folder `fd`, and nothing that a link, or a way up and out, leads to (openat2(2) with
/// RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS): a descriptor, or -1 with errno. A kernel without it gets
/// openat(2) with O_NOFOLLOW, and a `path` of one name.
int dk_open_beneath(int fd, const char *path, int flags);

/// Nanoseconds since 1970 at which the open file was made (statx(2), STATX_BTIME); 0 where the file system does not tell.
int64_t dk_born(int fd);

/// Sets the default ACL u::rwx,g::rwx,o::--- (acl(5)) of a folder: 0, or -1 with errno.
int dk_share_with_group(const char *path);

/// Whether `word` stands somewhere in `bytes` (memmem(3)): 1 or 0.
int dk_holds(const void *bytes, size_t count, const void *word, size_t length);

/// inotify(7), non-blocking and close-on-exec: a descriptor, or -1 with errno.
int dk_watch_open(void);

/// Watches a folder for names that come, are closed after writing, or go: a watch number, or -1 with errno.
int dk_watch_add(int fd, const char *path);

/// Makes the file `path` in a watched folder anew, deletes it, and waits at most `milliseconds` for events, which are thrown away.
/// 1: they came; 0: none did; -1: the file could not be made, errno.
int dk_watch_probe(int fd, const char *path, int milliseconds);

/// Whether other machines can change the file system of `path` without a word to this one: 1 or 0; -1 with errno.
int dk_is_shared(const char *path);

/// A pipe whose ends block nobody: 0, or -1 with errno. `ends[0]` is read from, `ends[1]` written to.
int dk_wake_pipe(int ends[_Nonnull 2]);

/// Waits at most `milliseconds` for an event (or a byte on `wake`) and throws all waiting ones away.
/// 1: something happened; 2: events were lost or a watched folder went away; 3: `wake` only; 0: time is over; -1: errno.
int dk_watch_wait(int fd, int wake, int milliseconds);

#pragma clang assume_nonnull end

#endif
