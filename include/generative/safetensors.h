/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/tensor.h>

G_BEGIN_DECLS

/**
 * Named tensors in a file, in the safetensors format
 * (https://huggingface.co/docs/safetensors): eight bytes of length, a JSON header, and the
 * elements, which can be used where they lie. Checkpoints keep the state of training so.
 */
#define GEN_SAFETENSORS_ERROR (gen_safetensors_error_quark ())
GEN_API GQuark gen_safetensors_error_quark (void);

typedef enum {
  GEN_SAFETENSORS_ERROR_FILE,    /* cannot be opened, read or written */
  GEN_SAFETENSORS_ERROR_INVALID, /* not safetensors, truncated, or inconsistent */
} GenSafetensorsError;

typedef struct {
  const char *name;
  GenDataType type; /* any of fixed size */
  GenShape shape;   /* known */
  GBytes *data;     /* row-major, little-endian, as many bytes as type and shape say; what is
                       read lies at a multiple of the element's size */
} GenSafetensor;

typedef struct _GenSafetensors GenSafetensors;

/* Open a file; every number in its header is checked. Errors name the file and the tensor.
 * (transfer full) */
GEN_API GenSafetensors *gen_safetensors_load (const char *path, GError **error);
GEN_API void gen_safetensors_free (GenSafetensors *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenSafetensors, gen_safetensors_free)

/* Its tensors, in the order in which they lie in the file. They live as long as `file`; a
 * reference on `data` may outlive it. */
GEN_API guint gen_safetensors_count (const GenSafetensors *file);
GEN_API const GenSafetensor *gen_safetensors_get (const GenSafetensors *file, guint i);
/* NULL where there is none of that name. */
GEN_API const GenSafetensor *gen_safetensors_find (const GenSafetensors *file, const char *name);
/* The text under `key` of the header's metadata, or NULL. */
GEN_API const char *gen_safetensors_metadata (const GenSafetensors *file, const char *key);

/* Write `n` tensors and the metadata (char * to char *; may be NULL) atomically. The same
 * tensors make the same file, in whatever order they are given. */
GEN_API gboolean gen_safetensors_save (
    const char *path, const GenSafetensor *tensors, gsize n, GHashTable *metadata, GError **error);

G_END_DECLS
