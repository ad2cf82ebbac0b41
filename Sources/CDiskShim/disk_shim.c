#define _GNU_SOURCE
#include "disk_shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

int dk_rename_to_free(const char *from, const char *to) {
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
}

int dk_exchange(const char *one, const char *other) {
    return renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE);
}

int dk_has_writer(const char *path) {
    struct stat found;
    // Opening a device can do something.
    if (lstat(path, &found) != 0 || !S_ISREG(found.st_mode)) return 0;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return 0;
    // Whoever opens the file in between waits until the lease is given back, and we are told so: by a signal that does nothing.
    int taken = fcntl(fd, F_SETSIG, SIGURG) == 0 ? fcntl(fd, F_SETLEASE, F_RDLCK) : 0;
    int answer = taken < 0 && errno == EAGAIN;
    if (taken == 0) fcntl(fd, F_SETLEASE, F_UNLCK);
    close(fd);
    return answer;
}

int dk_open_beneath(int fd, const char *path, int flags) {
    struct open_how how = {
        .flags = (unsigned long long)(flags | O_NOFOLLOW | O_CLOEXEC),
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    long opened = syscall(SYS_openat2, fd, path, &how, sizeof how);
    // EPERM is what a container's filter says of calls that it does not know.
    if (opened >= 0 || (errno != ENOSYS && errno != EPERM)) return (int)opened;
    if (strchr(path, '/') || strcmp(path, "..") == 0) {
        errno = EXDEV;
        return -1;
    }
    return openat(fd, path, flags | O_NOFOLLOW | O_CLOEXEC);
}

int64_t dk_born(int fd) {
    struct statx facts;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &facts) != 0 || !(facts.stx_mask & STATX_BTIME)) return 0;
    return (int64_t)facts.stx_btime.tv_sec * 1000000000 + facts.stx_btime.tv_nsec;
}

int dk_share_with_group(const char *path) {
    // As linux/posix_acl_xattr.h lays it out, little-endian: version 2, then tag, rights and an id that these tags do not have.
    static const unsigned char acl[] = {
        2, 0, 0, 0,                                 //
        0x01, 0, 7, 0, 0xFF, 0xFF, 0xFF, 0xFF,      // the owner
        0x04, 0, 7, 0, 0xFF, 0xFF, 0xFF, 0xFF,      // the group
        0x20, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF,      // others
    };
    return setxattr(path, "system.posix_acl_default", acl, sizeof acl, 0);
}

int dk_holds(const void *bytes, size_t count, const void *word, size_t length) {
    return memmem(bytes, count, word, length) != NULL;
}

int dk_watch_open(void) {
    return inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
}

int dk_watch_add(int fd, const char *path) {
    // A hard link gives only IN_CREATE; a rename in, IN_MOVED_TO; a careless writer, IN_CLOSE_WRITE.
    return inotify_add_watch(fd, path,
                             IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);
}

int dk_watch_probe(int fd, const char *path, int milliseconds) {
    unlink(path);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0) return -1;
    close(file);
    unlink(path);
    struct pollfd wait = {.fd = fd, .events = POLLIN, .revents = 0};
    int came = poll(&wait, 1, milliseconds) > 0;
    char buffer[4096];
    while (came && read(fd, buffer, sizeof buffer) > 0) {
    }
    return came;
}

// Numbers of statfs(2), those of linux/magic.h and of the file systems themselves.
int dk_is_shared(const char *path) {
    struct statfs facts;
    if (statfs(path, &facts) != 0) return -1;
    switch ((unsigned long)facts.f_type) {
    case 0x6969:     // NFS
    case 0x517B:     // SMB
    case 0xFF534D42: // CIFS
    case 0xFE534D42: // SMB 2 and newer
    case 0x01021997: // 9P
    case 0x65735546: // FUSE: sshfs, s3fs and their like
    case 0x00C36400: // Ceph
    case 0x0BD00BD0: // Lustre
    case 0x5346414F: // AFS
    case 0x01161970: // GFS2
    case 0x7461636F: // OCFS2
    case 0x786F4256: // VirtualBox shared folders
        return 1;
    default: return 0;
    }
}

int dk_wake_pipe(int ends[2]) {
    return pipe2(ends, O_NONBLOCK | O_CLOEXEC);
}

int dk_watch_wait(int fd, int wake, int milliseconds) {
    struct pollfd waits[2] = {{.fd = fd, .events = POLLIN, .revents = 0}, {.fd = wake, .events = POLLIN, .revents = 0}};
    int ready = poll(waits, 2, milliseconds);
    if (ready < 0) return errno == EINTR ? 1 : -1;
    if (ready == 0) return 0;
    char buffer[16384];
    if (waits[1].revents) {
        while (read(wake, buffer, sizeof buffer) > 0) {
        }
    }
    int lost = 0, any = 0;
    for (;;) {
        ssize_t count = read(fd, buffer, sizeof buffer);
        if (count <= 0) break;
        for (char *at = buffer; at < buffer + count;) {
            const struct inotify_event *event = (const struct inotify_event *)(void *)at;
            if (event->mask & (IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) lost = 1;
            any = 1;
            at += sizeof(struct inotify_event) + event->len;
        }
    }
    return lost ? 2 : any ? 1 : 3;
}
