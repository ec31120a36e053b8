/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rows.h"

#include <string.h>

G_BEGIN_DECLS
#include "../../ops/picture.h"
G_END_DECLS

static gboolean
is_operator (const GenNode *node, const char *name)
{
  return node->op->domain != NULL && strcmp (node->op->domain, "generative") == 0 &&
         strcmp (node->op->name, name) == 0;
}

/* How often `tensor` is read, and by which node last. */
static guint
count_readers (const GenGraph *graph, const GenTensor *tensor, const GenNode **reader)
{
  guint n = 0;

  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = (const GenNode *)g_ptr_array_index (graph->nodes, i);

    for (guint k = 0; k < node->inputs->len; k++)
      if (gen_node_input (node, k) == tensor) {
        *reader = node;
        n++;
      }
  }
  return n;
}

/* The geometry of a frame's bytes, and how many planes of them are read or written. */
static gboolean
read_frame (
    const GenGraph *graph, const GenTensor *tensor, GenPictureGeometry *geometry, gsize *planes)
{
  const GenNode *reader = NULL;
  const guint readers = count_readers (graph, tensor, &reader);

  *planes = 1;
  if (tensor->producer != NULL) {
    if (readers > 0 || !is_operator (tensor->producer, "PackPicture") ||
        !gen_picture_geometry_to_pack (tensor->producer, geometry, NULL))
      return FALSE;
    if (geometry->planar)
      *planes = (gsize)geometry->n_order;
    return TRUE;
  }
  if (readers != 1 || !is_operator (reader, "UnpackPicture") ||
      !gen_picture_geometry_to_unpack (reader, geometry, NULL))
    return FALSE;
  for (int c = 0; geometry->planar && c < geometry->channels; c++)
    *planes = MAX (*planes, (gsize)geometry->order[c] + 1);
  return TRUE;
}

GenCudaRows
gen_cuda_rows_of (const GenGraph *graph, const GenTensor *tensor)
{
  const gsize size = gen_tensor_size (tensor);
  GenPictureGeometry g;
  gsize planes;

  if (!read_frame (graph, tensor, &g, &planes))
    return { size, size, 1, 1, size, FALSE };
  return { (gsize)g.columns * g.width * g.bytes, g.stride, (gsize)g.rows * g.height, planes,
    g.plane_size, TRUE };
}

gboolean
gen_cuda_copy_rows (const GenCudaRows *rows, void *to, const void *from, cudaMemcpyKind kind,
    cudaStream_t stream, const char *what, GError **error)
{
  if (rows->row == 0)
    return TRUE;
  for (gsize p = 0; p < rows->planes; p++) {
    void *plane = (char *)to + p * rows->plane_size;
    const void *source = (const char *)from + p * rows->plane_size;
    cudaError_t status = rows->row == rows->stride || rows->rows == 1
                             ? cudaMemcpyAsync (plane, source, rows->row * rows->rows, kind, stream)
                             : cudaMemcpy2DAsync (plane, rows->stride, source, rows->stride,
                                   rows->row, rows->rows, kind, stream);

    if (!gen_cuda_check (status, what, error))
      return FALSE;
  }
  return TRUE;
}
