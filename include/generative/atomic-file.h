/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include <generative/api.h>

G_BEGIN_DECLS

/**
 * Files that appear whole or not at all. The bytes go to a temporary name in the same
 * folder; gen_atomic_file_commit syncs them to the disk, renames them to the name asked
 * for, and syncs the folder. A kill, a full disk or a power cut at any moment leaves the
 * file that was there before. Errors are of G_FILE_ERROR and name the file.
 */
typedef struct _GenAtomicFile GenAtomicFile;

/* Start to write `path`. An existing file keeps its permissions. (transfer full) */
GEN_API GenAtomicFile *gen_atomic_file_new (const char *path, GError **error);
/* Append; small pieces are gathered before they go to the system. After a failure every
 * further write, and the commit, fails too. */
GEN_API gboolean gen_atomic_file_write (
    GenAtomicFile *file, const void *data, gsize size, GError **error);
/* Where the temporary file is open, for code that writes to descriptors by itself; what
 * gen_atomic_file_write gathered has been written before it. -1 with `error` on failure. */
GEN_API int gen_atomic_file_fd (GenAtomicFile *file, GError **error);
/* Bytes given to gen_atomic_file_write so far. */
GEN_API guint64 gen_atomic_file_size (const GenAtomicFile *file);
/* Make it the file at `path`. Nothing but gen_atomic_file_free may follow. */
GEN_API gboolean gen_atomic_file_commit (GenAtomicFile *file, GError **error);
/* Sync what was written, as commit does first. Several files at once, each in a thread of its own,
 * take little longer than one: file systems write their journals for all that wait. */
GEN_API gboolean gen_atomic_file_sync (GenAtomicFile *file, GError **error);
/* Commit but for the last step: with several files in a folder, whoever places them syncs it
 * once, by gen_folder_sync. Until then a power cut may take back the new name. */
GEN_API gboolean gen_atomic_file_place (GenAtomicFile *file, GError **error);
/* Make what was placed in `folder` or removed from it last. */
GEN_API gboolean gen_folder_sync (const char *folder, GError **error);
/* Throws the bytes away when they were not committed. */
GEN_API void gen_atomic_file_free (GenAtomicFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenAtomicFile, gen_atomic_file_free)

/* All of it in one call. */
GEN_API gboolean gen_atomic_write (const char *path, GBytes *bytes, GError **error);

/* Remove what writers of `name` in `folder` have left there when they were killed; how many files
 * that were. Nobody may be writing it at the time. */
GEN_API guint gen_atomic_file_sweep (const char *folder, const char *name);

G_END_DECLS
