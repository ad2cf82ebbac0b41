// The lock of an image worker: nothing can be opened, run, reached or signalled from here on. Each part that the kernel
// refuses has a code of its own; none is optional, and what can be proved is proved rather than believed.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CLinuxShim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

// Debian 12's headers know the first field only (landlock(7)).
struct landlock_rules {
    uint64_t files;
    uint64_t network;
    uint64_t scopes;
};

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_restrict_self 446
#endif
#define ASK_FOR_VERSION 1U

/// Every right that a Landlock of this version can take away.
static struct landlock_rules all_rights(long version) {
    int files = version >= 5 ? 16 : version >= 3 ? 15 : version == 2 ? 14 : 13;
    return (struct landlock_rules){
        .files = (1ULL << files) - 1,
        .network = version >= 4 ? 3 : 0,  // TCP: bind, connect
        .scopes = version >= 6 ? 3 : 0,   // abstract sockets, signals
    };
}

/// A Landlock domain binds one thread only, so there must be no other.
static int is_single_thread(void) {
    DIR *tasks = opendir("/proc/self/task");
    int count = 0;
    if (!tasks) return 0;
    for (struct dirent *entry = readdir(tasks); entry; entry = readdir(tasks)) count += entry->d_name[0] != '.';
    closedir(tasks);
    return count == 1;
}

/// 0 when the root folder can be opened, else the error number.
static int open_root(void) {
    int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return errno;
    close(folder);
    return 0;
}

int lx_landlock_version(void) {
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, ASK_FOR_VERSION);
    return version < 1 ? 0 : (int) version;
}

static int lock_files(void) {
    int version = lx_landlock_version();
    if (version < 1) return LX_NO_LANDLOCK;
    struct landlock_rules rules = all_rights(version);
    int set = (int) syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
    if (set < 0) return LX_NO_LANDLOCK;
    // What could not be opened before would prove nothing afterwards.
    int before = open_root();
    int refused = syscall(SYS_landlock_restrict_self, set, 0) != 0;
    // A number that is no rule set of ours may be a standard descriptor.
    if (set > 2 && set != LX_WORKER_SOCKET) close(set);
    if (refused) return LX_LANDLOCK_REFUSED;
    return before == 0 && open_root() == EACCES ? 0 : LX_LANDLOCK_UNPROVED;
}

static int is_null_device(int descriptor) {
    struct stat facts;
    return !fstat(descriptor, &facts) && S_ISCHR(facts.st_mode) && facts.st_rdev == makedev(1, 3);
}

static int limit(int what, rlim_t soft, rlim_t hard) {
    struct rlimit now = {0, 0};
    if (getrlimit((__rlimit_resource_t) what, &now)) return -1;
    if (hard > now.rlim_max) hard = now.rlim_max;
    struct rlimit wanted = {soft < hard ? soft : hard, hard};
    // Nothing that was asked for, so that an answer without a deed is seen.
    now = (struct rlimit){~wanted.rlim_cur, ~wanted.rlim_max};
    if (setrlimit((__rlimit_resource_t) what, &wanted) || getrlimit((__rlimit_resource_t) what, &now)) return -1;
    return now.rlim_cur == wanted.rlim_cur && now.rlim_max == wanted.rlim_max ? 0 : -1;
}

int lx_limit_worker(void) {
    // Writing too much is then an error of one write, and the worker can say so.
    signal(SIGXFSZ, SIG_IGN);
    // The soft limits of memory, files and time are those between two jobs; the pool sets them anew for each job.
    if (limit(RLIMIT_CORE, 0, 0) || limit(RLIMIT_NOFILE, LX_WORKER_DESCRIPTORS, LX_WORKER_DESCRIPTORS) ||
        limit(RLIMIT_AS, LX_WORKER_MEMORY, RLIM_INFINITY) || limit(RLIMIT_FSIZE, 0, RLIM_INFINITY) ||
        limit(RLIMIT_CPU, LX_WORKER_SECONDS, RLIM_INFINITY))
        return LX_LIMIT_REFUSED;
    return 0;
}

int lx_lock_worker(int kept_error_output) {
    if (!is_null_device(0) || !is_null_device(1) || (!kept_error_output && !is_null_device(2)))
        return LX_NOT_DETACHED;
    if (!is_single_thread()) return LX_MORE_THREADS;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
        return LX_PRIVILEGES_REFUSED;
    if (prctl(PR_SET_DUMPABLE, 0) || prctl(PR_GET_DUMPABLE) != 0) return LX_PRIVILEGES_REFUSED;
    int failed = lock_files();
    if (!failed) failed = lx_filter_calls();
    return failed;
}
