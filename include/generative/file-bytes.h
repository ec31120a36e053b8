/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include <generative/api.h>

G_BEGIN_DECLS

/* Files of this size and more are mapped, smaller ones read. */
#define GEN_FILE_MAP_SIZE (64 * 1024 * 1024)

/**
 * gen_file_bytes: the content of a regular file. A small one is read: its bytes stay
 * good even when somebody overwrites the file in place, which would kill a process that
 * has it mapped. A large one (GEN_FILE_MAP_SIZE) is mapped; whoever replaces it must do so by a
 * rename. Either is there once for all who ask for the same file, unchanged. Errors are of
 * G_FILE_ERROR and name the file.
 *
 * Returns: (transfer full)
 */
GEN_API GBytes *gen_file_bytes (const char *path, GError **error);

/* `size` bytes at `offset` of `bytes`, at an address that is a multiple of `alignment` (a
 * power of two, at most 64): a slice of them where they lie so and `share` is TRUE, and a
 * copy at a multiple of 64 otherwise. NULL when they are not all there. (transfer full) */
GEN_API GBytes *gen_bytes_aligned (
    GBytes *bytes, guint64 offset, guint64 size, gsize alignment, gboolean share);

G_END_DECLS
