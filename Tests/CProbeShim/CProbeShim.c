#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CProbeShim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vips/vips.h>

struct named {
    const char *name;
    long number;
};

static const struct named refusable[] = {
    {"landlock_create_ruleset", 444}, {"landlock_restrict_self", 446}, {"seccomp", SYS_seccomp},
    {"prctl", SYS_prctl}, {"prlimit64", SYS_prlimit64},
};

static int install(long call, int option, int answer) {
    struct sock_filter lines[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t) call, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t) option, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t) answer),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog whole = {.len = sizeof lines / sizeof lines[0], .filter = lines};
    // Every first argument will do: the comparison then leads to the answer either way.
    if (option < 0) lines[3].jf = 0;
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &whole) ? errno : 0;
}

int pr_refuse(const char *call, int option, int answer) {
    for (size_t index = 0; index < sizeof refusable / sizeof refusable[0]; index++)
        if (!strcmp(call, refusable[index].name)) return install(refusable[index].number, option, answer);
    return EINVAL;
}

static pid_t parent;

void pr_prepare(void) { parent = getppid(); }

/// The error number of a call that gives -1 when it is refused.
static int told(long result) { return result == -1 ? errno : PR_WENT_THROUGH; }

static int map(size_t length, int rights) {
    return told((long) mmap(NULL, length, rights, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

static int make_executable(void) {
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? PR_NO_PROBE : told(mprotect(page, 4096, PROT_READ | PROT_EXEC));
}

static int eat(void) {
    enum { PARTS = 128, SIZE = 16 << 20 };
    void *parts[PARTS];
    int eaten = 0;
    for (; eaten < PARTS && (parts[eaten] = malloc(SIZE)); eaten++) memset(parts[eaten], 1, SIZE);
    int result = eaten < PARTS ? ENOMEM : PR_WENT_THROUGH;
    while (eaten) free(parts[--eaten]);
    return result;
}

static int spin(void) {
    for (volatile int forever = 1; forever;) continue;
    return PR_WENT_THROUGH;
}

static int sleep_long(void) {
    struct timespec hour = {.tv_sec = 3600};
    return told(clock_nanosleep(CLOCK_MONOTONIC, 0, &hour, NULL) ? -1 : 0);
}

static int run_program(void) {
    char *arguments[] = {"true", NULL};
    return told(execve("/bin/true", arguments, arguments + 1));
}

static int raise_limit(void) {
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    return told(setrlimit(RLIMIT_AS, &all));
}

static int write_to_null(void) {
    volatile int *volatile nowhere = NULL;
    *nowhere = 1;
    return PR_WENT_THROUGH;
}

static int give_up(void) { abort(); }
static int read_file(void) { return told(open("/etc/passwd", O_RDONLY)); }
static int write_file(void) { return told(open("/tmp/darkroom-probe", O_WRONLY | O_CREAT, 0600)); }
static int remove_file(void) { return told(unlink("/tmp/darkroom-probe")); }
static int reach_network(void) { return told(socket(AF_INET, SOCK_STREAM, 0)); }
static int reach_abstract(void) { return told(socket(AF_UNIX, SOCK_STREAM, 0)); }
static int fork_process(void) { return told(fork()); }
static int make_namespace(void) { return told(unshare(CLONE_NEWUSER)); }
static int trace_parent(void) { return told(ptrace(PTRACE_ATTACH, parent, NULL, NULL)); }
// Number 0 only asks, so that the test would live to tell.
static int signal_parent(void) { return told(kill(parent, 0)); }
static int signal_thread(void) { return told(syscall(SYS_tgkill, parent, parent, 0)); }
static int use_ring(void) { return told(syscall(425, 8, NULL)); }
static int be_dumpable(void) { return told(prctl(PR_SET_DUMPABLE, 1)); }
static int map_two_gigabytes(void) { return map((size_t) 2 << 30, PROT_READ | PROT_WRITE); }
static int map_code(void) { return map(4096, PROT_READ | PROT_EXEC); }
static int other_machine(void) { return told(syscall(0x40000000 | SYS_getpid)); }
static int send_descriptor(void) {
    struct msghdr message = {0};
    return told(sendmsg(3, &message, MSG_NOSIGNAL));
}

static const struct {
    const char *name;
    int (*body)(void);
} probes[] = {
    {"read-file", read_file}, {"write-file", write_file}, {"remove-file", remove_file},
    {"network", reach_network}, {"abstract", reach_abstract}, {"execute", run_program}, {"fork", fork_process},
    {"namespace", make_namespace}, {"trace", trace_parent}, {"signal", signal_parent},
    {"signal-thread", signal_thread}, {"ring", use_ring}, {"limit", raise_limit}, {"dumpable", be_dumpable},
    {"map-2GB", map_two_gigabytes}, {"eat-2GB", eat}, {"map-code", map_code}, {"make-code", make_executable},
    {"spin", spin}, {"sleep", sleep_long}, {"null", write_to_null}, {"abort", give_up},
    {"other-machine", other_machine}, {"send-message", send_descriptor},
};

static int try_here(const char *what) {
    for (size_t index = 0; index < sizeof probes / sizeof probes[0]; index++)
        if (!strcmp(what, probes[index].name)) return probes[index].body();
    return PR_NO_PROBE;
}

struct attempt {
    const char *what;
    int result;
};

/// Fills an area of an image; libvips calls this on one of its threads.
static int try_in_area(VipsRegion *area, void *sequence, void *a, void *b, gboolean *stop) {
    struct attempt *attempt = a;
    (void) sequence, (void) b, (void) stop;
    memset(VIPS_REGION_ADDR(area, area->valid.left, area->valid.top), 0, 1);
    attempt->result = gettid() == getpid() ? PR_NO_PROBE : try_here(attempt->what);
    return 0;
}

int pr_try(const char *what, int on_pool_thread) {
    struct attempt attempt = {what, PR_NO_PROBE};
    if (!on_pool_thread) return try_here(what);
    VipsImage *image = vips_image_new();
    vips_image_init_fields(
        image, 1, 1, 1, VIPS_FORMAT_UCHAR, VIPS_CODING_NONE, VIPS_INTERPRETATION_B_W, 1, 1);
    double average;
    if (vips_image_pipelinev(image, VIPS_DEMAND_STYLE_ANY, NULL) ||
        vips_image_generate(image, NULL, try_in_area, NULL, &attempt, NULL) || vips_avg(image, &average, NULL))
        attempt.result = PR_NO_PROBE;
    g_object_unref(image);
    return attempt.result;
}

static void *idle(void *nothing) {
    for (;;) pause();
    return nothing;
}

int pr_start_idle_thread(void) {
    pthread_t thread;
    return pthread_create(&thread, NULL, idle, NULL);
}
