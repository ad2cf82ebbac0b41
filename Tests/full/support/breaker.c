/* Breaks the daemon at one chosen system call: loaded with LD_PRELOAD, it counts calls of one kind over all threads
   and ends the process (or lets the call fail) at the one that was asked for. Children are left alone.

   BREAK_COUNTS  file of counters, one 64-bit number a kind, kept up while the process runs
   BREAK_KIND    one of the kinds below; BREAK_AT its number, counted from 1
   BREAK_HOW     "kill", "half" (half of the write, then kill), or an errno as a number
   BREAK_TIMES   how many calls from that one on (1) */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum kind { FSYNC, RENAME, UNLINK, CREATE, OPEN, WRITE, PWRITE, LINK, SEND, RECV, MKDIR, BLOB, KINDS };
static const char *const names[KINDS] = {"fsync", "rename", "unlink", "create", "open", "write",
                                         "pwrite", "link", "send", "recv", "mkdir", "blob"};

static atomic_ulong fallback[KINDS];
static atomic_ulong *counts = fallback;
static pid_t owner;
static int chosen = -1, failure;
static unsigned long at, times = 1;
static int half;

__attribute__((constructor)) static void begin(void) {
    const char *file = getenv("BREAK_COUNTS"), *kind = getenv("BREAK_KIND"), *how = getenv("BREAK_HOW");
    char line[4096];
    int self = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t size = self < 0 ? 0 : read(self, line, sizeof line - 1);
    if (self >= 0) close(self);
    if (size <= 0) return;
    line[size] = 0;
    size_t first = strlen(line) + 1;
    if (first < (size_t)size && strcmp(line + first, "worker") == 0) return;
    if (file) {
        int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd >= 0 && ftruncate(fd, KINDS * sizeof(atomic_ulong)) == 0) {
            void *place = mmap(NULL, KINDS * sizeof(atomic_ulong), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
            if (place != MAP_FAILED) counts = place;
        }
        if (fd >= 0) close(fd);
    }
    if (kind && getenv("BREAK_AT")) {
        for (int index = 0; index < KINDS; index++)
            if (strcmp(names[index], kind) == 0) chosen = index;
        at = strtoul(getenv("BREAK_AT"), NULL, 10);
        if (getenv("BREAK_TIMES")) times = strtoul(getenv("BREAK_TIMES"), NULL, 10);
        half = how && strcmp(how, "half") == 0;
        failure = how ? atoi(how) : 0;
    }
    for (int index = 0; index < KINDS; index++) atomic_store(&counts[index], 0);
    owner = getpid();
}

static void end_now(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

/* 0: go on; 1: fail with errno set; 2: write half, then end. */
static int meet(enum kind kind) {
    if (owner == 0 || getpid() != owner) return 0;
    unsigned long number = atomic_fetch_add(&counts[kind], 1) + 1;
    if ((int)kind != chosen || at == 0 || number < at || number >= at + times) return 0;
    if (failure) {
        errno = failure;
        return 1;
    }
    if (half) return 2;
    end_now();
    return 0;
}

static int is_file(int fd) {
    struct stat status;
    return fd > 2 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

#define NEXT(type, name) \
    static type real; \
    if (!real) real = (type)dlsym(RTLD_NEXT, name)

#define PLAIN(kind, result, name, parameters, arguments) \
    result name parameters { \
        typedef result(*fn) parameters; \
        NEXT(fn, #name); \
        if (meet(kind)) { if (!failure) end_now(); return -1; } \
        return real arguments; \
    }

PLAIN(FSYNC, int, fsync, (int fd), (fd))
PLAIN(FSYNC, int, fdatasync, (int fd), (fd))
PLAIN(RENAME, int, rename, (const char *a, const char *b), (a, b))
PLAIN(RENAME, int, renameat, (int x, const char *a, int y, const char *b), (x, a, y, b))
PLAIN(RENAME, int, renameat2, (int x, const char *a, int y, const char *b, unsigned f), (x, a, y, b, f))
PLAIN(UNLINK, int, unlink, (const char *a), (a))
PLAIN(UNLINK, int, unlinkat, (int x, const char *a, int f), (x, a, f))
PLAIN(UNLINK, int, rmdir, (const char *a), (a))
PLAIN(LINK, int, link, (const char *a, const char *b), (a, b))
PLAIN(LINK, int, linkat, (int x, const char *a, int y, const char *b, int f), (x, a, y, b, f))
PLAIN(MKDIR, int, mkdir, (const char *a, mode_t m), (a, m))
PLAIN(SEND, ssize_t, send, (int s, const void *b, size_t n, int f), (s, b, n, f))
PLAIN(SEND, ssize_t, sendto, (int s, const void *b, size_t n, int f, const struct sockaddr *a, socklen_t l),
      (s, b, n, f, a, l))
PLAIN(RECV, ssize_t, recv, (int s, void *b, size_t n, int f), (s, b, n, f))
PLAIN(RECV, ssize_t, recvfrom, (int s, void *b, size_t n, int f, struct sockaddr *a, socklen_t *l),
      (s, b, n, f, a, l))

/* New files, work files that are read, anything else. */
static enum kind kind_of(const char *path, int flags) {
    return flags & O_CREAT ? CREATE : strstr(path, "/.darkroom/blobs/") ? BLOB : OPEN;
}

/* libdispatch traps when it can not look at its threads there: nothing of ours. */
static int is_ours(const char *path) { return strncmp(path, "/proc/", 6) != 0; }

#define OPENS(name) \
    int name(const char *path, int flags, ...) { \
        typedef int (*fn)(const char *, int, ...); \
        NEXT(fn, #name); \
        mode_t mode = 0; \
        if (flags & (O_CREAT | O_TMPFILE)) { va_list list; va_start(list, flags); mode = va_arg(list, mode_t); va_end(list); } \
        if (is_ours(path) && meet(kind_of(path, flags))) { if (!failure) end_now(); return -1; } \
        return real(path, flags, mode); \
    }
OPENS(open)
OPENS(open64)

#define OPENSAT(name) \
    int name(int folder, const char *path, int flags, ...) { \
        typedef int (*fn)(int, const char *, int, ...); \
        NEXT(fn, #name); \
        mode_t mode = 0; \
        if (flags & (O_CREAT | O_TMPFILE)) { va_list list; va_start(list, flags); mode = va_arg(list, mode_t); va_end(list); } \
        if (is_ours(path) && meet(kind_of(path, flags))) { if (!failure) end_now(); return -1; } \
        return real(folder, path, flags, mode); \
    }
OPENSAT(openat)
OPENSAT(openat64)

ssize_t write(int fd, const void *bytes, size_t count) {
    typedef ssize_t (*fn)(int, const void *, size_t);
    NEXT(fn, "write");
    int met = is_file(fd) ? meet(WRITE) : 0;
    if (met == 1) return -1;
    if (met == 2) {
        (void)!real(fd, bytes, count / 2);
        end_now();
    }
    return real(fd, bytes, count);
}

#define PWRITES(name) \
    ssize_t name(int fd, const void *bytes, size_t count, off64_t place) { \
        typedef ssize_t (*fn)(int, const void *, size_t, off64_t); \
        NEXT(fn, #name); \
        int met = meet(PWRITE); \
        if (met == 1) return -1; \
        if (met == 2) { \
            (void)!real(fd, bytes, count / 2, place); \
            end_now(); \
        } \
        return real(fd, bytes, count, place); \
    }
PWRITES(pwrite)
PWRITES(pwrite64)
