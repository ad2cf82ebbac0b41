// Linux calls that Swift does not see or can not spell: spawning a worker, descriptors in messages, sealed memory files,
// process descriptors. Functions give 0 (or a descriptor) when they did it, else minus the error number.
#ifndef DARKROOM_CLINUXSHIM_H
#define DARKROOM_CLINUXSHIM_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Most descriptors in one message.
#define LX_MOST_DESCRIPTORS 20
/// The descriptor a worker finds its socket on.
#define LX_WORKER_SOCKET 3

// What lx_wait found.
#define LX_SOCKET_READY 1
#define LX_CHILD_ENDED 2
#define LX_WOKEN 4

/// A connected pair that keeps message borders, closed on exec.
int lx_socket_pair(int *ends);

/// Starts `path` with the socket as descriptor 3, nothing above it, and 0, 1 and (unless kept) 2 on /dev/null; signals as
/// in a fresh process. `arguments` and `environment` end with NULL.
int lx_spawn(
    const char *path, char *_Nullable const *_Nonnull arguments, char *_Nullable const *_Nonnull environment, int socket,
    int keep_error_output, int *process);
/// A descriptor for a child that has not been waited for.
int lx_process_descriptor(int process);
int lx_kill(int process_descriptor);
/// Kills a child that no descriptor can be had for, and waits for its end.
void lx_end(int process);
/// Waits until the child has ended. `signal` is 0 when it exited by itself with `code`.
int lx_reap(int process_descriptor, int *signal, int *code);
/// Waits for the first of: a message or end of the socket, end of the child, a wake-up. Gives a set of LX_ bits, 0 when
/// the time passed, or minus the error number.
int lx_wait(int socket, int process_descriptor, int wake, int milliseconds);

/// Sends one message with descriptors; never raises SIGPIPE.
int lx_send(int socket, const void *bytes, size_t length, const int *_Nullable descriptors, int count);
/// The same without descriptors and by the one call that a locked worker may send with.
int lx_tell(int socket, const void *bytes, size_t length);
/// Receives one message. Gives its length, 0 at the end, or minus the error number. A message that was cut, or that
/// carries anything but at most `capacity` descriptors, is EBADMSG and its descriptors are closed.
long lx_receive(int socket, void *bytes, size_t length, int *_Nullable descriptors, int capacity, int *count);

/// An empty memory file, closed on exec.
int lx_memory_file(void);
int lx_write_all(int descriptor, const void *bytes, size_t length);
/// Reads exactly `length` bytes from the start; EBADMSG when there are fewer.
int lx_read_all(int descriptor, void *bytes, size_t length);
/// No write, no growing, no shrinking from now on.
int lx_seal(int descriptor);
/// Whether a descriptor is a memory file sealed by lx_seal with exactly this length.
int lx_is_sealed(int descriptor, size_t length);
const void *_Nullable lx_map(int descriptor, size_t length);
void lx_unmap(const void *start, size_t length);

/// A counter that wakes lx_wait, closed on exec.
int lx_wake_descriptor(void);
void lx_wake(int descriptor);
void lx_settle_wake(int descriptor);
void lx_close(int descriptor);

/// Starts a detached thread.
int lx_start_thread(void (*body)(void *), void *context);

/// Most heaps that the threads of this process share. A thread's own heap keeps what others would have room for.
void lx_share_heaps(int most);

/// First steps of a worker: it is a worker at all (ENOTSOCK), dies with the thread that started it, whose process must be
/// `parent` (ESRCH), one arena, not readable by others.
int lx_begin_worker(int parent);

// Which part of the lock could not be had; exit codes of the worker.
#define LX_NOT_DETACHED 80
#define LX_MORE_THREADS 81
#define LX_PRIVILEGES_REFUSED 82
#define LX_NO_LANDLOCK 83
#define LX_LANDLOCK_REFUSED 84
#define LX_LANDLOCK_UNPROVED 85
#define LX_SECCOMP_REFUSED 86
#define LX_SECCOMP_UNPROVED 87
#define LX_LIMIT_REFUSED 88

/// The version of the kernel's Landlock interface, 1 or newer; 0 where it has none or has it switched off.
int lx_landlock_version(void);

/// Descriptors a worker may hold: three standard ones, its socket, and those of a job.
#define LX_WORKER_DESCRIPTORS 24
/// Bytes of address space between two jobs.
#define LX_WORKER_MEMORY (512ULL << 20)
/// Seconds of processor time until the first job.
#define LX_WORKER_SECONDS 30

/// Limits of a worker: no core file, few descriptors; memory, file size and processor time until lx_limit_job raises
/// them. Gives 0 or LX_LIMIT_REFUSED.
int lx_limit_worker(void);
/// From the parent: sets the soft limits of one job. `seconds` of processor time count from now.
int lx_limit_job(int process, uint64_t memory, uint64_t file_size, uint64_t seconds);
/// The processor time that a process has used until now: all its threads, also those that have ended, in the kernel's own
/// count. The process has no say in it.
int lx_processor_time(int process, int64_t *nanoseconds);
/// The lock: no_new_privs, an empty Landlock domain with every right the kernel can take, and lx_filter_calls, each proved.
/// Binds every later thread too; must be called while there is one. Gives 0 or the code of what is missing.
int lx_lock_worker(int kept_error_output);
/// The seccomp filter alone: what works on memory, own threads and held descriptors passes, looking for files and making
/// executable memory are errors, everything else ends the process with SIGSYS. Gives 0 or a code.
int lx_filter_calls(void);

/// Runs a program (found by PATH) with nothing but this environment, descriptor 1 and signals as in a fresh process, in a
/// process group of its own, and takes what it prints, or throws it away where `output` is NULL: 0 with its exit code (128 and
/// the signal's number where one ended it); -ETIMEDOUT or -EMSGSIZE after it was killed for taking longer or printing more;
/// else minus the error number. `arguments` and `environment` end with NULL.
int lx_run(
    char *_Nullable const *_Nonnull arguments, char *_Nullable const *_Nonnull environment, int milliseconds,
    void *_Nullable output, size_t capacity, size_t *length, int *code);

/// Whether a numeric address and port could be listened on: 0, or minus the error number. Nothing is listened on, and nobody who
/// listens with SO_REUSEADDR is hindered.
int lx_try_bind(const char *address, uint16_t port);

/// From here on a signal that ends a program by its own fault (SIGSEGV, SIGABRT, SIGILL, ...) is noted before it does so: its
/// number, one byte, is written to `fd`, which stays the caller's.
void lx_note_crashes(int fd);

/// From here on this process leaves no core file, and no other process of the same user may read its memory.
void lx_forbid_core_files(void);

/// Tells the service manager `state` through $NOTIFY_SOCKET (sd_notify(3)): 1 when told, 0 without a manager, or -errno.
int lx_notify(const char *state);

#pragma clang assume_nonnull end
#endif
