#include <stdatomic.h>

#include "Planes.h"

static atomic_int portable_only;

void kn_portable_only(int yes) { atomic_store(&portable_only, yes); }

int kn_has_avx2(void) {
#if defined(__x86_64__)
    return !atomic_load(&portable_only) && __builtin_cpu_supports("avx2");
#else
    return 0;
#endif
}
