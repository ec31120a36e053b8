/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/graph.h>

G_BEGIN_DECLS

#define GEN_ONNX_ERROR (gen_onnx_error_quark ())
GEN_API GQuark gen_onnx_error_quark (void);

typedef enum {
  GEN_ONNX_ERROR_FILE,        /* cannot be opened, read, mapped or written */
  GEN_ONNX_ERROR_INVALID,     /* not ONNX, truncated, or inconsistent */
  GEN_ONNX_ERROR_UNSUPPORTED, /* ONNX, but with something that is not supported here */
} GenOnnxError;

/**
 * gen_onnx_load: read a model (opset up to 26). Initializers become CONSTANTs, inputs that are
 * not initializers INPUTs. A large file (file-bytes.h) is mapped, and so is external
 * data beside the model; a small one is read, so that it can be overwritten at any time. Weights
 * stay slices of the file until a plan packs them, or asks for an aligned copy. Errors name the
 * file, and the node or tensor.
 * Returns: (transfer full) the graph, or NULL.
 */
GEN_API GenGraph *gen_onnx_load (const char *path, GError **error);
/* The same from memory; `name` stands for the file in errors, `folder` (may be NULL) is
 * where external data lies. */
GEN_API GenGraph *gen_onnx_parse (
    GBytes *bytes, const char *name, const char *folder, GError **error);

/**
 * gen_onnx_save: write `graph` at its opset, atomically: to a temporary name in the same
 * folder, synced, renamed. STATEs are written as initializers. Only operators of ONNX itself and of
 * com.microsoft, which ONNX Runtime has, can be written.
 */
GEN_API gboolean gen_onnx_save (const GenGraph *graph, const char *path, GError **error);
/* The same with the weights in a file beside it, PATH.data, at multiples of a page: models beyond
 * 2 GB, and those of which several processes map the same weights. Both are complete before either
 * has its name. Since: 0.2 */
GEN_API gboolean gen_onnx_save_apart (const GenGraph *graph, const char *path, GError **error);
/* The same to memory. (transfer full) */
GEN_API GBytes *gen_onnx_serialize (const GenGraph *graph, GError **error);

/* Let the metadata of the file `path` say `value` of `key`, or nothing where that is NULL. All else
 * in it stays as it is, byte for byte; it is written anew, atomically, and where `path` is a link
 * what it points at is. Since: 0.2 */
GEN_API gboolean gen_onnx_set_metadata (
    const char *path, const char *key, const char *value, GError **error);

/* Read a TensorProto file (.pb), as the ONNX backend tests have them. On success `type`,
 * `shape` and the (transfer full) bytes. */
GEN_API GBytes *gen_onnx_load_tensor (
    const char *path, GenDataType *type, GenShape *shape, GError **error);

/* A value of those tests: a tensor, or what a sequence or optional holds. */
typedef struct {
  GenDataType type;
  GenShape shape;
  GBytes *data;     /* of a tensor */
  GPtrArray *items; /* of GenOnnxValue; NULL for a tensor */
} GenOnnxValue;

/* Read a file of one value, which is of `kind`. (transfer full) */
GEN_API GenOnnxValue *gen_onnx_load_value (const char *path, GenKind kind, GError **error);
GEN_API void gen_onnx_value_free (GenOnnxValue *value);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenOnnxValue, gen_onnx_value_free)

G_END_DECLS
