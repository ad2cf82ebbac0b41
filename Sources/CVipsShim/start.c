// The beginning of libvips in a process: what it may read and write, and nothing else.
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "CVipsShim.h"
#include "library.h"

static void say_nothing(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer data) {
    (void) domain, (void) level, (void) message, (void) data;
}

static int wanted_threads;
static const char *refusal;

static int modules[PX_FORMATS];

/// Nothing is read or written but by the operations that a job asks for by name; the savers are our own choice.
static void block_all(void) {
    static const char *const savers[] = {"Jpeg", "Png", "Webp", "Heif", "Jxl"};
    vips_block_untrusted_set(TRUE);
    vips_operation_block_set("VipsForeign", TRUE);
    for (size_t index = 0; index < sizeof savers / sizeof savers[0]; index++) {
        char name[64];
        snprintf(name, sizeof name, "VipsForeignSave%s", savers[index]);
        vips_operation_block_set(name, FALSE);
    }
}

static void start(void) {
    refusal = library_load();
    if (refusal) return;
    // One arena keeps a long-lived process small; it has to be chosen before libvips makes threads.
    mallopt(M_ARENA_MAX, 1);
    // No module directory: an ImageMagick module would look at bytes even when its loader is blocked.
    setenv("VIPSHOME", "/nonexistent", 1);
    // Decoded pictures stay in memory. The pixel limit bounds them; a spilled one would be a picture on disc.
    setenv("VIPS_DISC_THRESHOLD", "64g", 1);
    g_log_set_default_handler(say_nothing, NULL);
    g_log_set_handler("VIPS", G_LOG_LEVEL_MASK | G_LOG_FLAG_FATAL | G_LOG_FLAG_RECURSION, say_nothing, NULL);
    if (vips_init("darkroom")) {
        refusal = "libvips does not start";
        return;
    }
    vips_cache_set_max(0);
    vips_cache_set_max_mem(0);
    vips_concurrency_set(wanted_threads);
    modules[PX_HEIF] = modules[PX_AVIF] = library_load_module("heif");
    modules[PX_JXL] = library_load_module("jxl");
    block_all();
}

const char *px_start(int threads) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static int started;
    pthread_mutex_lock(&lock);
    if (!started) {
        wanted_threads = threads;
        start();
        started = 1;
    }
    pthread_mutex_unlock(&lock);
    return refusal;
}

int px_has_module(px_format format) { return format > 0 && format < PX_FORMATS && modules[format]; }

void px_unblock(px_format format) {
    static const char *const loaders[PX_FORMATS] = {
        [PX_JPEG] = "VipsForeignLoadJpeg", [PX_PNG] = "VipsForeignLoadPng",  [PX_WEBP] = "VipsForeignLoadWebp",
        [PX_GIF] = "VipsForeignLoadNsgif", [PX_HEIF] = "VipsForeignLoadHeif", [PX_AVIF] = "VipsForeignLoadHeif",
        [PX_TIFF] = "VipsForeignLoadTiff",
    };
    if (format > 0 && format < PX_FORMATS && loaders[format]) vips_operation_block_set(loaders[format], FALSE);
}

void px_make_vector_code(void) {
    // Orc makes its region of executable memory when a first program is compiled, and aborts where there is none to be had.
    void *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (code == MAP_FAILED) {
        vips_vector_set_enabled(FALSE);
        return;
    }
    munmap(code, 4096);
    VipsVector *copy = vips_vector_new("darkroom", 1);
    vips_vector_source_name(copy, "s1", 1);
    vips_vector_asm2(copy, "copyb", "d1", "s1");
    if (!vips_vector_compile(copy)) vips_vector_set_enabled(FALSE);
    vips_vector_free(copy);
}
