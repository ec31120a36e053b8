/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/npy.h>

G_BEGIN_DECLS

/**
 * GenNpz: named arrays in one file, as numpy's savez and savez_compressed write them: a ZIP
 * archive with a .npy file for each. Errors are of GEN_NPY_ERROR and name the file.
 */
typedef struct _GenNpz GenNpz;

/* Open the file `path`. (transfer full) */
GEN_API GenNpz *gen_npz_open (const char *path, GError **error);
/* The same of a file's content; `name` stands for the file in errors. (transfer full) */
GEN_API GenNpz *gen_npz_new (GBytes *bytes, const char *name, GError **error);
GEN_API void gen_npz_free (GenNpz *npz);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenNpz, gen_npz_free)

/* Whether there is an array of that name. */
GEN_API gboolean gen_npz_has (GenNpz *npz, const char *name);
/* The names of all arrays, in the order in which they were written. (transfer full) */
GEN_API char **gen_npz_list (GenNpz *npz);
/* The type and the shape of the array of that name, of which no more than its header is unpacked.
 */
GEN_API gboolean gen_npz_peek (
    GenNpz *npz, const char *name, GenDataType *type, GenShape *shape, GError **error);
/* The array of that name, as gen_npy_load gives it. One that says that it takes more than
 * `limit` bytes is refused before anything is unpacked. (transfer full) */
GEN_API GBytes *gen_npz_read (
    GenNpz *npz, const char *name, gsize limit, GenDataType *type, GenShape *shape, GError **error);

typedef struct {
  const char *name;
  GenDataType type;
  GenShape shape;
  const void *data; /* row-major */
} GenNpzArray;

/* Write the arrays, not compressed, atomically. */
GEN_API gboolean gen_npz_save (
    const char *path, const GenNpzArray *arrays, guint n, GError **error);

G_END_DECLS
