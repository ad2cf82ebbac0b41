// The system calls of a locked worker, as a seccomp filter (seccomp(2)): what is not listed ends the process.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CLinuxShim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OUR_MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_MACHINE AUDIT_ARCH_AARCH64
#else
#error "the table of system calls is not written for this machine"
#endif

#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_faccessat2
#define SYS_faccessat2 439
#endif

#define MOST_LINES 256
#define KILL SECCOMP_RET_KILL_PROCESS
#define ANSWER(number) (SECCOMP_RET_ERRNO | (number))
#define NEW_NAMESPACES \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

struct program {
    struct sock_filter line[MOST_LINES];
    unsigned short count;
    int overflowed;
};

static void add(struct program *program, struct sock_filter line) {
    if (program->count == MOST_LINES) {
        program->overflowed = 1;
        return;
    }
    program->line[program->count++] = line;
}

static void load(struct program *program, size_t offset) {
    add(program, (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t) offset));
}

static void give(struct program *program, uint32_t answer) {
    add(program, (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, answer));
}

/// Leaves with `answer` where the loaded word is not `value`.
static void need_equal(struct program *program, uint32_t value, uint32_t answer) {
    add(program, (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0));
    give(program, answer);
}

// Both words of an argument; the machines of OUR_MACHINE are little-endian.
static void load_argument(struct program *program, int index) {
    load(program, offsetof(struct seccomp_data, args) + (size_t) index * 8);
}

static void load_upper(struct program *program, int index) {
    load(program, offsetof(struct seccomp_data, args) + (size_t) index * 8 + 4);
}

/// The rule of one call; what stands between `begin` and `end` must leave for every argument.
static unsigned short begin(struct program *program, long call) {
    add(program, (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t) call, 0, 0));
    return (unsigned short) (program->count - 1);
}

static void end(struct program *program, unsigned short rule) {
    program->line[rule].jf = (uint8_t) (program->count - rule - 1);
}

static void always(struct program *program, long call, uint32_t answer) {
    unsigned short rule = begin(program, call);
    give(program, answer);
    end(program, rule);
}

/// `call` is allowed where argument `index` is `value`.
static void allow_value(struct program *program, long call, int index, uint32_t value, uint32_t otherwise) {
    unsigned short rule = begin(program, call);
    load_argument(program, index);
    need_equal(program, value, otherwise);
    give(program, SECCOMP_RET_ALLOW);
    end(program, rule);
}

/// Memory is never executable that was not before the lock.
static void allow_without_execution(struct program *program, long call) {
    unsigned short rule = begin(program, call);
    load_argument(program, 2);
    add(program, (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1));
    give(program, ANSWER(EPERM));
    give(program, SECCOMP_RET_ALLOW);
    end(program, rule);
}

/// Threads of this process, and nothing else that clone can make.
static void allow_threads(struct program *program) {
    uint32_t thread = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD;
    unsigned short rule = begin(program, SYS_clone);
    load_argument(program, 0);
    add(program, (struct sock_filter) BPF_STMT(BPF_ALU | BPF_AND | BPF_K, thread | NEW_NAMESPACES));
    need_equal(program, thread, KILL);
    give(program, SECCOMP_RET_ALLOW);
    end(program, rule);
}

/// Words to the pool go over the one socket, to nobody by address.
static void allow_sending(struct program *program) {
    unsigned short rule = begin(program, SYS_sendto);
    load_argument(program, 0);
    need_equal(program, LX_WORKER_SOCKET, KILL);
    load_argument(program, 4);
    need_equal(program, 0, KILL);
    load_upper(program, 4);
    need_equal(program, 0, KILL);
    give(program, SECCOMP_RET_ALLOW);
    end(program, rule);
}

// What works on memory, on threads and on descriptors that are held already.
static const long allowed[] = {
    SYS_futex, SYS_madvise, SYS_munmap, SYS_mremap, SYS_brk, SYS_write, SYS_close, SYS_rt_sigprocmask, SYS_exit,
    SYS_set_robust_list, SYS_rseq, SYS_sched_getaffinity, SYS_rt_sigaction, SYS_rt_sigreturn, SYS_exit_group,
    SYS_sched_yield, SYS_clock_gettime, SYS_gettimeofday, SYS_clock_nanosleep, SYS_getrandom, SYS_getpid, SYS_gettid,
    // The kernel's own way back into a wait after a stop, and what the C library says of a damaged heap.
    SYS_restart_syscall, SYS_writev,
    // The length of an input, when its seals are checked.
    SYS_lseek,
};

// Looking for a file is answered as if there were none to be had: libraries look for settings, and do without.
static const long looking[] = {
    SYS_openat, SYS_openat2, SYS_newfstatat, SYS_faccessat, SYS_faccessat2, SYS_readlinkat, SYS_statx, SYS_unlinkat,
#if defined(__x86_64__)
    SYS_open, SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_unlink,
#endif
};

#define EACH(list, index) for (size_t index = 0; index < sizeof(list) / sizeof(list)[0]; index++)

static void write_program(struct program *program, uint32_t process) {
    load(program, offsetof(struct seccomp_data, arch));
    need_equal(program, OUR_MACHINE, KILL);
    // Numbers of the x32 machine are larger than any below, and so end the process.
    load(program, offsetof(struct seccomp_data, nr));
    EACH(allowed, index) always(program, allowed[index], SECCOMP_RET_ALLOW);
    EACH(looking, index) always(program, looking[index], ANSWER(EACCES));
    allow_without_execution(program, SYS_mmap);
    allow_without_execution(program, SYS_mprotect);
    allow_sending(program);
    allow_value(program, SYS_recvmsg, 0, LX_WORKER_SOCKET, KILL);
    allow_value(program, SYS_fcntl, 1, F_GET_SEALS, ANSWER(EPERM));
    allow_value(program, SYS_prctl, 0, PR_SET_NAME, ANSWER(EPERM));
    // A signal to itself, so that abort() ends as what it is.
    allow_value(program, SYS_tgkill, 0, process, KILL);
    allow_threads(program);
    // The C library then takes clone, whose flags can be seen.
    always(program, SYS_clone3, ANSWER(ENOSYS));
    always(program, SYS_sysinfo, ANSWER(EPERM));
    always(program, SYS_umask, ANSWER(EPERM));
    give(program, KILL);
}

/// A filter that was not installed, whatever was answered, would let both of these pass.
static int is_in_force(void) {
    if (prctl(PR_GET_DUMPABLE) != -1 || errno != EPERM) return 0;
    void *code = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (code == MAP_FAILED) return errno == EPERM;
    munmap(code, 4096);
    return 0;
}

int lx_filter_calls(void) {
    struct program program = {.count = 0};
    write_program(&program, (uint32_t) getpid());
    struct sock_fprog whole = {.len = program.count, .filter = program.line};
    if (program.overflowed ||
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &whole) != 0)
        return LX_SECCOMP_REFUSED;
    return is_in_force() ? 0 : LX_SECCOMP_UNPROVED;
}
