// libvips is not linked: it brings a hundred libraries, and most of what Darkroom does needs none of them. The functions
// used are looked up by name when a process first asks for them; their types come from libvips' own headers.
#ifndef DARKROOM_LIBRARY_H
#define DARKROOM_LIBRARY_H

// Casts that are checked at run time would need the types of libvips and GLib too.
#define G_DISABLE_CAST_CHECKS
#include <gmodule.h>
#include <vips/vips.h>
#include <vips/vector.h>

#define LIBRARY_FUNCTIONS(EACH) \
    EACH(g_free) \
    EACH(g_log_set_default_handler) \
    EACH(g_log_set_handler) \
    EACH(g_module_open) \
    EACH(g_object_unref) \
    EACH(g_strfreev) \
    EACH(vips_area_unref) \
    EACH(vips_array_double_new) \
    EACH(vips_autorot) \
    EACH(vips_bandjoin2) \
    EACH(vips_block_untrusted_set) \
    EACH(vips_cache_set_max) \
    EACH(vips_cache_set_max_mem) \
    EACH(vips_cast) \
    EACH(vips_colourspace) \
    EACH(vips_concurrency_set) \
    EACH(vips_copy) \
    EACH(vips_embed) \
    EACH(vips_error_buffer_copy) \
    EACH(vips_error_clear) \
    EACH(vips_extract_band) \
    EACH(vips_flatten) \
    EACH(vips_format_sizeof_unsafe) \
    EACH(vips_gifload_buffer) \
    EACH(vips_heifload_buffer) \
    EACH(vips_heifsave_buffer) \
    EACH(vips_icc_transform) \
    EACH(vips_image_get_bands) \
    EACH(vips_image_get_blob) \
    EACH(vips_image_get_fields) \
    EACH(vips_image_get_format) \
    EACH(vips_image_get_height) \
    EACH(vips_image_get_n_pages) \
    EACH(vips_image_get_orientation) \
    EACH(vips_image_get_typeof) \
    EACH(vips_image_get_width) \
    EACH(vips_image_hasalpha) \
    EACH(vips_image_init_fields) \
    EACH(vips_image_new) \
    EACH(vips_image_new_from_memory_copy) \
    EACH(vips_image_new_memory) \
    EACH(vips_image_remove) \
    EACH(vips_image_set_blob_copy) \
    EACH(vips_image_set_int) \
    EACH(vips_image_wio_input) \
    EACH(vips_image_write) \
    EACH(vips_image_write_prepare) \
    EACH(vips_image_write_to_memory) \
    EACH(vips_init) \
    EACH(vips_jpegload_buffer) \
    EACH(vips_jpegsave_buffer) \
    EACH(vips_jxlsave_buffer) \
    EACH(vips_object_local_array) \
    EACH(vips_operation_block_set) \
    EACH(vips_pngload_buffer) \
    EACH(vips_pngsave_buffer) \
    EACH(vips_premultiply) \
    EACH(vips_resize) \
    EACH(vips_thread_shutdown) \
    EACH(vips_tiffload_buffer) \
    EACH(vips_unpremultiply) \
    EACH(vips_vector_asm2) \
    EACH(vips_vector_compile) \
    EACH(vips_vector_free) \
    EACH(vips_vector_new) \
    EACH(vips_vector_set_enabled) \
    EACH(vips_vector_source_name) \
    EACH(vips_version) \
    EACH(vips_webpload_buffer) \
    EACH(vips_webpsave_buffer)

// GLib makes macros of some of its functions.
#undef g_object_unref
#undef g_free

#define LIBRARY_MEMBER(name) __typeof__(name) *name;
struct library {
    LIBRARY_FUNCTIONS(LIBRARY_MEMBER)
};

/// The functions; every one is NULL until library_load gave 0.
extern struct library library;

/// Looks all of them up. NULL, or why there is no libvips.
const char *library_load(void);
/// Loads one of libvips' modules ("heif", "jxl") from beside it; gives whether it is there.
int library_load_module(const char *name);

// From here on a call by its name goes through the table.
#ifndef LIBRARY_WITHOUT_NAMES
#define g_free library.g_free
#define g_log_set_default_handler library.g_log_set_default_handler
#define g_log_set_handler library.g_log_set_handler
#define g_module_open library.g_module_open
#define g_object_unref library.g_object_unref
#define g_strfreev library.g_strfreev
#define vips_area_unref library.vips_area_unref
#define vips_array_double_new library.vips_array_double_new
#define vips_autorot library.vips_autorot
#define vips_bandjoin2 library.vips_bandjoin2
#define vips_block_untrusted_set library.vips_block_untrusted_set
#define vips_cache_set_max library.vips_cache_set_max
#define vips_cache_set_max_mem library.vips_cache_set_max_mem
#define vips_cast library.vips_cast
#define vips_colourspace library.vips_colourspace
#define vips_concurrency_set library.vips_concurrency_set
#define vips_copy library.vips_copy
#define vips_embed library.vips_embed
#define vips_error_buffer_copy library.vips_error_buffer_copy
#define vips_error_clear library.vips_error_clear
#define vips_extract_band library.vips_extract_band
#define vips_flatten library.vips_flatten
#define vips_format_sizeof_unsafe library.vips_format_sizeof_unsafe
#define vips_gifload_buffer library.vips_gifload_buffer
#define vips_heifload_buffer library.vips_heifload_buffer
#define vips_heifsave_buffer library.vips_heifsave_buffer
#define vips_icc_transform library.vips_icc_transform
#define vips_image_get_bands library.vips_image_get_bands
#define vips_image_get_blob library.vips_image_get_blob
#define vips_image_get_fields library.vips_image_get_fields
#define vips_image_get_format library.vips_image_get_format
#define vips_image_get_height library.vips_image_get_height
#define vips_image_get_n_pages library.vips_image_get_n_pages
#define vips_image_get_orientation library.vips_image_get_orientation
#define vips_image_get_typeof library.vips_image_get_typeof
#define vips_image_get_width library.vips_image_get_width
#define vips_image_hasalpha library.vips_image_hasalpha
#define vips_image_init_fields library.vips_image_init_fields
#define vips_image_new library.vips_image_new
#define vips_image_new_from_memory_copy library.vips_image_new_from_memory_copy
#define vips_image_new_memory library.vips_image_new_memory
#define vips_image_remove library.vips_image_remove
#define vips_image_set_blob_copy library.vips_image_set_blob_copy
#define vips_image_set_int library.vips_image_set_int
#define vips_image_wio_input library.vips_image_wio_input
#define vips_image_write library.vips_image_write
#define vips_image_write_prepare library.vips_image_write_prepare
#define vips_image_write_to_memory library.vips_image_write_to_memory
#define vips_init library.vips_init
#define vips_jpegload_buffer library.vips_jpegload_buffer
#define vips_jpegsave_buffer library.vips_jpegsave_buffer
#define vips_jxlsave_buffer library.vips_jxlsave_buffer
#define vips_object_local_array library.vips_object_local_array
#define vips_operation_block_set library.vips_operation_block_set
#define vips_pngload_buffer library.vips_pngload_buffer
#define vips_pngsave_buffer library.vips_pngsave_buffer
#define vips_premultiply library.vips_premultiply
#define vips_resize library.vips_resize
#define vips_thread_shutdown library.vips_thread_shutdown
#define vips_tiffload_buffer library.vips_tiffload_buffer
#define vips_unpremultiply library.vips_unpremultiply
#define vips_vector_asm2 library.vips_vector_asm2
#define vips_vector_compile library.vips_vector_compile
#define vips_vector_free library.vips_vector_free
#define vips_vector_new library.vips_vector_new
#define vips_vector_set_enabled library.vips_vector_set_enabled
#define vips_vector_source_name library.vips_vector_source_name
#define vips_version library.vips_version
#define vips_webpload_buffer library.vips_webpload_buffer
#define vips_webpsave_buffer library.vips_webpsave_buffer
#endif

#endif
