#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CLinuxShim.h"

#include <errno.h>
#include <stddef.h>
#include <sys/un.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SEALS (F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL)

int lx_socket_pair(int *ends) { return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) ? -errno : 0; }

static int prepare_descriptors(posix_spawn_file_actions_t *actions, int socket, int keep_error_output) {
    int failed = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDWR, 0);
    if (!failed) failed = posix_spawn_file_actions_adddup2(actions, 0, 1);
    if (!failed && !keep_error_output) failed = posix_spawn_file_actions_adddup2(actions, 0, 2);
    if (!failed) failed = posix_spawn_file_actions_adddup2(actions, socket, LX_WORKER_SOCKET);
    if (!failed) failed = posix_spawn_file_actions_addclosefrom_np(actions, LX_WORKER_SOCKET + 1);
    return failed;
}

static int prepare_signals(posix_spawnattr_t *attributes) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int failed = posix_spawnattr_setsigmask(attributes, &none);
    if (!failed) failed = posix_spawnattr_setsigdefault(attributes, &all);
    if (!failed) failed = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    return failed;
}

int lx_spawn(
    const char *path, char *const *arguments, char *const *environment, int socket, int keep_error_output,
    int *process) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed) return -failed;
    failed = posix_spawnattr_init(&attributes);
    if (!failed) {
        pid_t started = 0;
        failed = prepare_descriptors(&actions, socket, keep_error_output);
        if (!failed) failed = prepare_signals(&attributes);
        if (!failed) failed = posix_spawn(&started, path, &actions, &attributes, arguments, environment);
        *process = started;
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return -failed;
}

int lx_process_descriptor(int process) {
    int descriptor = pidfd_open(process, 0);
    return descriptor < 0 ? -errno : descriptor;
}

int lx_kill(int process_descriptor) {
    return pidfd_send_signal(process_descriptor, SIGKILL, NULL, 0) ? -errno : 0;
}

void lx_end(int process) {
    if (process <= 0 || kill(process, SIGKILL)) return;
    while (waitpid(process, NULL, 0) < 0 && errno == EINTR) {}
}

int lx_reap(int process_descriptor, int *signal, int *code) {
    siginfo_t end;
    memset(&end, 0, sizeof end);
    while (waitid(P_PIDFD, (id_t) process_descriptor, &end, WEXITED))
        if (errno != EINTR) return -errno;
    *signal = end.si_code == CLD_EXITED ? 0 : end.si_status;
    *code = end.si_code == CLD_EXITED ? end.si_status : 0;
    return 0;
}

int lx_wait(int socket, int process_descriptor, int wake, int milliseconds) {
    struct pollfd list[3] = {
        {.fd = socket, .events = POLLIN}, {.fd = process_descriptor, .events = POLLIN}, {.fd = wake, .events = POLLIN}};
    int ready = poll(list, 3, milliseconds);
    if (ready < 0) return -errno;
    return (list[0].revents ? LX_SOCKET_READY : 0) | (list[1].revents ? LX_CHILD_ENDED : 0) |
           (list[2].revents ? LX_WOKEN : 0);
}

int lx_send(int socket, const void *bytes, size_t length, const int *descriptors, int count) {
    char control[CMSG_SPACE(sizeof(int) * LX_MOST_DESCRIPTORS)];
    struct iovec part = {.iov_base = (void *) bytes, .iov_len = length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (count < 0 || count > LX_MOST_DESCRIPTORS) return -EINVAL;
    if (count > 0) {
        memset(control, 0, sizeof control);
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t) count);
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int) * (size_t) count);
        memcpy(CMSG_DATA(head), descriptors, sizeof(int) * (size_t) count);
    }
    ssize_t sent;
    do sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0) return -errno;
    return (size_t) sent == length ? 0 : -EMSGSIZE;
}

int lx_tell(int socket, const void *bytes, size_t length) {
    ssize_t sent;
    do sent = sendto(socket, bytes, length, MSG_NOSIGNAL, NULL, 0);
    while (sent < 0 && errno == EINTR);
    if (sent < 0) return -errno;
    return (size_t) sent == length ? 0 : -EMSGSIZE;
}

/// Takes every descriptor out of a message; gives how many, with those over `capacity` closed at once.
static int take_descriptors(struct msghdr *message, int *descriptors, int capacity, int *strange) {
    int taken = 0;
    for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head; head = CMSG_NXTHDR(message, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) {
            *strange = 1;
            continue;
        }
        size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t index = 0; index < count; index++) {
            int one;
            memcpy(&one, CMSG_DATA(head) + index * sizeof(int), sizeof one);
            if (descriptors && taken < capacity) {
                descriptors[taken++] = one;
            } else {
                close(one);
                *strange = 1;
            }
        }
    }
    return taken;
}

long lx_receive(int socket, void *bytes, size_t length, int *descriptors, int capacity, int *count) {
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int) * LX_MOST_DESCRIPTORS)];
    struct iovec part = {.iov_base = bytes, .iov_len = length};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t received;
    *count = 0;
    do received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (received < 0 && errno == EINTR);
    if (received < 0) return -errno;
    int strange = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
    int taken = take_descriptors(&message, descriptors, capacity, &strange);
    if (strange) {
        for (int index = 0; index < taken; index++) close(descriptors[index]);
        return -EBADMSG;
    }
    *count = taken;
    return received;
}

int lx_memory_file(void) {
    int descriptor = memfd_create("darkroom", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return descriptor < 0 ? -errno : descriptor;
}

int lx_write_all(int descriptor, const void *bytes, size_t length) {
    const char *place = bytes;
    while (length) {
        ssize_t written = write(descriptor, place, length);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return written ? -errno : -EIO;
        place += written;
        length -= (size_t) written;
    }
    return 0;
}

int lx_read_all(int descriptor, void *bytes, size_t length) {
    char *place = bytes;
    off_t offset = 0;
    while (length) {
        ssize_t got = pread(descriptor, place, length, offset);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return got ? -errno : -EBADMSG;
        place += got;
        offset += got;
        length -= (size_t) got;
    }
    return 0;
}

int lx_seal(int descriptor) { return fcntl(descriptor, F_ADD_SEALS, SEALS) ? -errno : 0; }

int lx_is_sealed(int descriptor, size_t length) {
    int seals = fcntl(descriptor, F_GET_SEALS);
    // fstat(3) is a call with a path, which a locked worker may not make.
    return seals >= 0 && (seals & SEALS) == SEALS && lseek(descriptor, 0, SEEK_END) == (off_t) length;
}

const void *lx_map(int descriptor, size_t length) {
    void *start = mmap(NULL, length, PROT_READ, MAP_PRIVATE, descriptor, 0);
    return start == MAP_FAILED ? NULL : start;
}

void lx_unmap(const void *start, size_t length) { munmap((void *) start, length); }

int lx_wake_descriptor(void) {
    int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return descriptor < 0 ? -errno : descriptor;
}

void lx_wake(int descriptor) {
    uint64_t one = 1;
    // A full counter is awake already.
    if (write(descriptor, &one, sizeof one) < 0) return;
}

void lx_settle_wake(int descriptor) {
    uint64_t count;
    if (read(descriptor, &count, sizeof count) < 0) return;
}

void lx_close(int descriptor) { close(descriptor); }

struct thread_start {
    void (*body)(void *);
    void *context;
};

static void *run_thread(void *given) {
    struct thread_start start = *(struct thread_start *) given;
    free(given);
    start.body(start.context);
    return NULL;
}

int lx_start_thread(void (*body)(void *), void *context) {
    pthread_t thread;
    struct thread_start *start = malloc(sizeof *start);
    if (!start) return -ENOMEM;
    *start = (struct thread_start){body, context};
    int failed = pthread_create(&thread, NULL, run_thread, start);
    if (failed) {
        free(start);
        return -failed;
    }
    pthread_detach(thread);
    return 0;
}

void lx_share_heaps(int most) { mallopt(M_ARENA_MAX, most); }

int lx_begin_worker(int parent) {
    int type = 0;
    socklen_t size = sizeof type;
    if (getsockopt(LX_WORKER_SOCKET, SOL_SOCKET, SO_TYPE, &type, &size)) return -errno;
    if (type != SOCK_SEQPACKET) return -ENOTSOCK;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL)) return -errno;
    // The parent may have ended before the line above; then nobody would ever end this process.
    if (getppid() != parent) return -ESRCH;
    if (fcntl(LX_WORKER_SOCKET, F_SETFD, FD_CLOEXEC)) return -errno;
    lx_share_heaps(1);
    if (prctl(PR_SET_DUMPABLE, 0)) return -errno;
    return 0;
}

void lx_forbid_core_files(void) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    // A program that collects core files is started whatever the limit (core(5)), but not for this.
    prctl(PR_SET_DUMPABLE, 0);
}

static int set_soft(int process, int what, rlim_t value) {
    struct rlimit limit;
    // A process number of 0 would be this process, and every later child would inherit its limits.
    if (process <= 0) return -ESRCH;
    if (prlimit(process, (__rlimit_resource_t) what, NULL, &limit)) return -errno;
    limit.rlim_cur = value < limit.rlim_max ? value : limit.rlim_max;
    return prlimit(process, (__rlimit_resource_t) what, &limit, NULL) ? -errno : 0;
}

int lx_processor_time(int process, int64_t *nanoseconds) {
    clockid_t clock;
    struct timespec used;
    // A process number of 0 would be this process.
    if (process <= 0) return -ESRCH;
    int failed = clock_getcpuclockid(process, &clock);
    if (failed) return -failed;
    if (clock_gettime(clock, &used)) return -errno;
    *nanoseconds = (int64_t) used.tv_sec * 1000000000 + used.tv_nsec;
    return 0;
}

int lx_limit_job(int process, uint64_t memory, uint64_t file_size, uint64_t seconds) {
    int64_t used = 0;
    int failed = lx_processor_time(process, &used);
    if (!failed) failed = set_soft(process, RLIMIT_AS, memory);
    if (!failed) failed = set_soft(process, RLIMIT_FSIZE, file_size);
    if (!failed) failed = set_soft(process, RLIMIT_CPU, (rlim_t) (used / 1000000000) + 1 + seconds);
    return failed;
}

static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};
static struct sigaction before_crash[sizeof crashes / sizeof crashes[0]];
static int crash_note = -1;

static void note_crash(int signal, siginfo_t *facts, void *context) {
    (void) context;
    int saved = errno;
    unsigned char byte = (unsigned char) signal;
    ssize_t written = write(crash_note, &byte, 1);
    (void) written;
    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++)
        if (crashes[i] == signal) sigaction(signal, &before_crash[i], NULL);
    // What was to happen still happens: a fault comes again when this returns, a signal that was sent does not by itself.
    if (facts->si_code <= 0) raise(signal);
    errno = saved;
}

void lx_note_crashes(int fd) {
    int is_noting = crash_note >= 0;
    crash_note = fd;
    if (is_noting) return;  // what was before stands there already, and must not become this handler
    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++) {
        struct sigaction noting = {.sa_sigaction = note_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
        sigemptyset(&noting.sa_mask);
        sigaction(crashes[i], &noting, &before_crash[i]);
    }
}

int lx_notify(const char *state) {
    const char *path = getenv("NOTIFY_SOCKET");
    if (!path || !*path) return 0;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length >= sizeof address.sun_path) return -ENAMETOOLONG;
    memcpy(address.sun_path, path, length);
    if (address.sun_path[0] == '@') address.sun_path[0] = 0;  // an abstract socket
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    ssize_t sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address, size);
    int result = sent < 0 ? -errno : 1;
    close(fd);
    return result;
}
