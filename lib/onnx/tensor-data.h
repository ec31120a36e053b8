/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/onnx.h>

#include "onnx.pb-c.h"

/* Where the bytes of a model's tensors are. */
typedef struct {
  GBytes *bytes;      /* the file */
  gsize least_slice;  /* tensors of so many bytes are slices of `bytes`, which stays unchanged */
  const char *folder; /* of the external data; NULL: there can be none */
  const char *model;  /* the model's path; NULL where it is no file */
  GHashTable *files;  /* external files that have been opened, by location */
  GHashTable *kept;   /* TensorProto to its bytes: a function's constants are read at each call */
} GenOnnxSource;

void gen_onnx_source_init (
    GenOnnxSource *source, GBytes *bytes, gsize least_slice, const char *folder);
void gen_onnx_source_clear (GenOnnxSource *source);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GenOnnxSource, gen_onnx_source_clear)

/* The sum of the stamps of its external files (file-stamp.h). */
guint64 gen_onnx_source_stamp (const GenOnnxSource *source);
/* Put the external files that are mapped into the graph's list. */
void gen_onnx_source_list_mapped (const GenOnnxSource *source, GenGraph *graph);
/* What gen_file_bytes has mapped, not read. */
gboolean gen_onnx_is_mapped (GBytes *bytes);
/* From which size on its tensors are slices of it: smaller ones of a file that was read would keep
 * the whole of it in memory. */
gsize gen_onnx_least_slice (GBytes *bytes);

/* The elements of a tensor, row-major. (transfer full) */
GBytes *gen_onnx_tensor_data (GenOnnxSource *source, const Onnx__TensorProto *tensor,
    GenDataType *type, GenShape *shape, GError **error);

/* An element type of ONNX's as ours; FALSE for those that are not supported. */
gboolean gen_onnx_data_type (int number, GenDataType *type);
/* Its name as ONNX has it ("STRING"). */
const char *gen_onnx_type_name (int number);

/* Types of fewer than 8 bits share bytes in a file, so that `n` elements take so many. */
gboolean gen_onnx_is_packed (GenDataType type);
gsize gen_onnx_packed_size (GenDataType type, gsize n);
/* As a file has them. (transfer full) */
guint8 *gen_onnx_pack (GenDataType type, const guint8 *from, gsize n);
