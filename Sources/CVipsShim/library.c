#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#define LIBRARY_WITHOUT_NAMES
#include "library.h"

#include <dlfcn.h>

struct library library;

const char *library_load(void) {
    // Everything is bound now: after the lock of a worker there must be nothing left to look for.
    void *handle = dlopen("libvips.so.42", RTLD_NOW | RTLD_LOCAL);
    if (!handle) return "libvips.so.42 can not be loaded; Debian's package is libvips42";
#define LIBRARY_FIND(name) \
    if (!(library.name = (__typeof__(library.name)) dlsym(handle, #name))) return "libvips.so.42 has no " #name;
    LIBRARY_FUNCTIONS(LIBRARY_FIND)
    return NULL;
}
