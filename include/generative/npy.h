/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/tensor.h>

G_BEGIN_DECLS

/**
 * Arrays in numpy's file format (.npy, versions 1 to 3,
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
 */
#define GEN_NPY_ERROR (gen_npy_error_quark ())
GEN_API GQuark gen_npy_error_quark (void);

typedef enum {
  GEN_NPY_ERROR_FILE,        /* cannot be opened, read or written */
  GEN_NPY_ERROR_INVALID,     /* not numpy's, truncated, or inconsistent */
  GEN_NPY_ERROR_UNSUPPORTED, /* objects, structures, strings, complex numbers */
} GenNpyError;

/* The array in a file: its type, shape and elements, which are made row-major and of this
 * machine's byte order whatever they are in the file. (transfer full) */
GEN_API GBytes *gen_npy_load (const char *path, GenDataType *type, GenShape *shape, GError **error);
/* The same of a file's content; `name` stands for the file in errors. */
GEN_API GBytes *gen_npy_parse (
    GBytes *bytes, const char *name, GenDataType *type, GenShape *shape, GError **error);

/* The type and the shape that the beginning of a file tells: its header, at least. */
GEN_API gboolean gen_npy_peek (
    GBytes *bytes, const char *name, GenDataType *type, GenShape *shape, GError **error);

/* Write an array, row-major, atomically. bfloat16, which numpy does not have, is refused. */
GEN_API gboolean gen_npy_save (
    const char *path, GenDataType type, const GenShape *shape, const void *data, GError **error);
/* What comes before the elements in a file. (transfer full) */
GEN_API GBytes *gen_npy_header (GenDataType type, const GenShape *shape, GError **error);

G_END_DECLS
