#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "CPeers.h"

extern char **environ;

static int64_t clock_value(clockid_t clock) {
    struct timespec now = {0, 0};
    clock_gettime(clock, &now);
    return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t pr_processor_time(void) { return clock_value(CLOCK_PROCESS_CPUTIME_ID); }
int64_t pr_wall_time(void) { return clock_value(CLOCK_MONOTONIC); }

static int64_t nanoseconds(struct timeval time) { return ((int64_t) time.tv_sec * 1000000 + time.tv_usec) * 1000; }

int pr_run(char *const *arguments, int64_t *processor_time, int64_t *wall_time) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    int64_t start = pr_wall_time();
    pid_t process = -1;
    int failed = posix_spawnp(&process, arguments[0], &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed) return -1;
    int status = 0;
    struct rusage used;
    memset(&used, 0, sizeof used);
    if (wait4(process, &status, 0, &used) != process) return -1;
    *wall_time = pr_wall_time() - start;
    *processor_time = nanoseconds(used.ru_utime) + nanoseconds(used.ru_stime);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int pr_start(char *const *arguments, int *to, int *from) {
    int down[2], up[2];
    if (pipe2(down, O_CLOEXEC)) return -1;
    if (pipe2(up, O_CLOEXEC)) {
        close(down[0]);
        close(down[1]);
        return -1;
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, down[0], 0);
    posix_spawn_file_actions_adddup2(&actions, up[1], 1);
    pid_t process = -1;
    int failed = posix_spawnp(&process, arguments[0], &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(down[0]);
    close(up[1]);
    if (failed) {
        close(down[1]);
        close(up[0]);
        return -1;
    }
    *to = down[1];
    *from = up[0];
    return process;
}

void pr_wait(int process) {
    int status = 0;
    waitpid(process, &status, 0);
}

/// A line of a status file of /proc in bytes.
static int64_t status_line(const char *path, const char *name) {
    FILE *file = fopen(path, "r");
    if (!file) return -1;
    char line[256];
    long long kilobytes = -1;
    while (kilobytes < 0 && fgets(line, sizeof line, file))
        if (!strncmp(line, name, strlen(name)) && sscanf(line + strlen(name), ": %lld", &kilobytes) != 1) kilobytes = -1;
    fclose(file);
    return kilobytes < 0 ? -1 : (int64_t) kilobytes * 1024;
}

int64_t pr_memory_mark(void) {
    // Five resets the high-water mark (proc(5), clear_refs), so that what start-up once held does not hide the job.
    int file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t written = write(file, "5", 1);
    close(file);
    return written == 1 ? status_line("/proc/self/status", "VmRSS") : -1;
}

int64_t pr_memory_peak(void) { return status_line("/proc/self/status", "VmHWM"); }

int64_t pr_memory_of(int process) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/status", process);
    return status_line(path, "VmRSS");
}
