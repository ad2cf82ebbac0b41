// What a taken-over worker would try, and a kernel that refuses. For tests of the lock only.
#ifndef DARKROOM_CPROBESHIM_H
#define DARKROOM_CPROBESHIM_H

#pragma clang assume_nonnull begin

/// What pr_try gives where the call it tried went through.
#define PR_WENT_THROUGH 0
/// What pr_try gives where it should have run on a thread of libvips and did not, or knows no such call.
#define PR_NO_PROBE 1000

/// Makes this process answer `answer` (0 or an error number) to one system call, where its first argument is `option` or
/// `option` is negative, without making it. `call` is landlock_create_ruleset, landlock_restrict_self, seccomp, prctl or
/// prlimit64. Gives 0 when that holds.
int pr_refuse(const char *call, int option, int answer);

/// Remembers the parent, while the process may still ask.
void pr_prepare(void);
/// Tries one forbidden thing on the calling thread, or on a thread of libvips' pool. Gives the error number, or does not
/// return.
int pr_try(const char *what, int on_pool_thread);

/// Starts a thread that does nothing for ever.
int pr_start_idle_thread(void);

#pragma clang assume_nonnull end
#endif
