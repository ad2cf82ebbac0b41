#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#define LIBRARY_WITHOUT_NAMES
#include "library.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

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

int library_load_module(const char *name) {
    Dl_info place;
    char path[PATH_MAX];
    // libvips' own way to its modules goes through the environment, and loads all of them.
    if (!dladdr((void *) library.vips_init, &place) || !place.dli_fname) return 0;
    const char *end = strrchr(place.dli_fname, '/');
    if (!end) return 0;
    int length = snprintf(
        path, sizeof path, "%.*s/vips-modules-%d.%d/vips-%s.so", (int) (end - place.dli_fname), place.dli_fname,
        library.vips_version(0), library.vips_version(1), name);
    return length > 0 && (size_t) length < sizeof path && library.g_module_open(path, G_MODULE_BIND_LOCAL);
}
