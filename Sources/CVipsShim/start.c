// The beginning of libvips in a process: what it may read and write, and nothing else.
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "CVipsShim.h"
#include "library.h"

static void say_nothing(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer data) {
    (void) domain, (void) level, (void) message, (void) data;
}

static int wanted_threads;
static const char *refusal;

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
    vips_block_untrusted_set(TRUE);
    vips_operation_block_set("VipsForeignLoad", TRUE);
    vips_operation_block_set("VipsForeignLoadJpeg", FALSE);
    vips_operation_block_set("VipsForeignLoadPng", FALSE);
    vips_operation_block_set("VipsForeignLoadWebp", FALSE);
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
