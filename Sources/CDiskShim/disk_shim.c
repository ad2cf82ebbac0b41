#define _GNU_SOURCE
#include "disk_shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

int dk_rename_to_free(const char *from, const char *to) {
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
}

int dk_exchange(const char *one, const char *other) {
    return renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE);
}

int dk_watch_open(void) {
    return inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
}

int dk_watch_add(int fd, const char *path) {
    // A hard link gives only IN_CREATE; a rename in, IN_MOVED_TO; a careless writer, IN_CLOSE_WRITE.
    return inotify_add_watch(fd, path,
                             IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);
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
