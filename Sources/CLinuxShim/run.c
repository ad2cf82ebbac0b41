#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CLinuxShim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long milliseconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int start(char *const *arguments, char *const *environment, int output, pid_t *process) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed) return -failed;
    failed = posix_spawnattr_init(&attributes);
    if (!failed) {
        failed = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
        if (!failed) failed = posix_spawn_file_actions_adddup2(&actions, output, 1);
        // What it complains about may hold what nobody is to see.
        if (!failed) failed = posix_spawn_file_actions_adddup2(&actions, 0, 2);
        if (!failed) failed = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
        if (!failed) failed = posix_spawnattr_setsigmask(&attributes, &none);
        if (!failed) failed = posix_spawnattr_setsigdefault(&attributes, &all);
        if (!failed) failed = posix_spawnattr_setpgroup(&attributes, 0);
        if (!failed)
            failed = posix_spawnattr_setflags(
                &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
        if (!failed) failed = posix_spawnp(process, arguments[0], &actions, &attributes, arguments, environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return -failed;
}

/// Takes what is there now, or throws it away where `output` is NULL: 1 while more may come, 0 at the end, or minus the error number.
static int drain(int input, char *output, size_t capacity, size_t *length) {
    while (1) {
        char spare[512];
        int is_full = *length == capacity;
        ssize_t taken = read(input, is_full ? spare : output + *length, is_full ? sizeof spare : capacity - *length);
        if (taken == 0) return 0;
        if (taken < 0 && errno == EINTR) continue;
        if (taken < 0) return errno == EAGAIN ? 1 : -errno;
        if (is_full && output) return -EMSGSIZE;
        // One piece at a time: what prints for ever must not keep anybody from seeing that its time is over.
        if (is_full) return 1;
        *length += (size_t) taken;
    }
}

/// Until the process has ended, or the time has.
static int follow(int ended, int input, int milliseconds, char *output, size_t capacity, size_t *length) {
    long long deadline = milliseconds_now() + milliseconds;
    struct pollfd list[2] = {{.fd = ended, .events = POLLIN}, {.fd = input, .events = POLLIN}};
    while (1) {
        long long left = deadline - milliseconds_now();
        if (left <= 0) return -ETIMEDOUT;
        int ready = poll(list, 2, (int) left);
        if (ready < 0 && errno != EINTR) return -errno;
        if (ready <= 0) continue;
        if (list[1].revents) {
            int more = drain(input, output, capacity, length);
            if (more < 0) return more;
            if (!more) list[1].fd = -1;
        }
        if (list[0].revents) {
            // What it wrote before its end is there already; what it left behind may hold the pipe open for ever.
            int more = list[1].fd < 0 ? 0 : drain(input, output, capacity, length);
            return more < 0 ? more : 0;
        }
    }
}

int lx_run(
    char *const *arguments, char *const *environment, int milliseconds, void *output, size_t capacity, size_t *length,
    int *code) {
    int ends[2];
    *length = 0;
    *code = 0;
    if (!arguments[0]) return -EINVAL;
    if (pipe2(ends, O_CLOEXEC)) return -errno;
    pid_t process = 0;
    int failed = start(arguments, environment, ends[1], &process);
    close(ends[1]);
    if (failed) {
        close(ends[0]);
        return failed;
    }
    int ended = pidfd_open(process, 0);
    if (ended < 0) failed = -errno;
    if (!failed && fcntl(ends[0], F_SETFL, O_NONBLOCK)) failed = -errno;
    if (!failed) failed = follow(ended, ends[0], milliseconds, output, capacity, length);
    // Before it is waited for, so that its number and its group's are still its own.
    if (failed) {
        kill(-process, SIGKILL);
        kill(process, SIGKILL);
    }
    siginfo_t end = {0};
    while (waitid(P_PID, (id_t) process, &end, WEXITED) && errno == EINTR) {}
    *code = end.si_code == CLD_EXITED ? end.si_status : 128 + end.si_status;
    if (ended >= 0) close(ended);
    close(ends[0]);
    return failed;
}
