/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "../private-api.h"

/**
 * Packed weights in files that all processes of a user map, so that the machine has them once. A
 * file holds what a plan reads, byte by byte, and its name is a hash of that: whatever model,
 * processor or version packed it, equal bytes are one file, and others another.
 *
 * The folder is `gst-generative/weights` in the user's cache folder, or the one that
 * GENERATIVE_WEIGHT_FILES in the environment names; "off" there keeps weights in the memory of each
 * process. Folders that others than their owner can write to are not used, and neither is one in
 * memory (tmpfs) that nobody has named. Files that were not used for longest go once all of them
 * take more than GEN_WEIGHT_FILES_MOST bytes, or a quarter of the file system; who has mapped one
 * keeps it.
 */

/* Smaller ones stay where they are. */
#define GEN_WEIGHT_FILES_LEAST ((gsize)1 << 20)
#define GEN_WEIGHT_FILES_MOST ((guint64)8 << 30)

/* The `size` bytes of `memory`, whose hash is `hash`, mapped from a file that has been compared
 * with them, and that is written if there is none; NULL where that cannot be, for a reason that the
 * log of GLib tells. (transfer full) */
GEN_PRIVATE_API GBytes *gen_weight_files_share (const void *memory, gsize size, guint64 hash);
/* Remove those of `folder` that were not used for longest until they are `most` bytes together, and
 * what writers have left there when they were killed an hour ago or longer. */
GEN_PRIVATE_API void gen_weight_files_prune (const char *folder, guint64 most);
