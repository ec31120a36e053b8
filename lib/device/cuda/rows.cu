/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rows.h"

#include <string.h>

G_BEGIN_DECLS
#include "../../ops/picture/mark-picture.h"
#include "../../ops/picture/move-picture.h"
#include "../../ops/picture/picture.h"
G_END_DECLS

static gboolean
is_operator (const GenNode *node, const char *name)
{
  return node->op->domain != NULL && strcmp (node->op->domain, "generative") == 0 &&
         strcmp (node->op->name, name) == 0;
}

/* How often `tensor` is read, and by which node last as which of its inputs. */
static guint
count_readers (const GenGraph *graph, const GenTensor *tensor, const GenNode **reader, guint *place)
{
  guint n = 0;

  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = (const GenNode *)g_ptr_array_index (graph->nodes, i);

    for (guint k = 0; k < node->inputs->len; k++)
      if (gen_node_input (node, k) == tensor) {
        *reader = node;
        *place = k;
        n++;
      }
  }
  return n;
}

/* The geometry of the frame that `tensor` is a plane of, and which one. */
static gboolean
read_frame (
    const GenGraph *graph, const GenTensor *tensor, GenPictureGeometry *geometry, guint *plane)
{
  const GenNode *reader = NULL, *producer = tensor->producer;
  const guint readers = count_readers (graph, tensor, &reader, plane);

  if (producer == NULL)
    return readers == 1 && is_operator (reader, "UnpackPicture") &&
           gen_picture_geometry_to_unpack (reader, geometry, NULL);
  *plane = 0;
  while (gen_node_output (producer, *plane) != tensor)
    ++*plane;
  return readers == 0 && is_operator (producer, "PackPicture") &&
         gen_picture_geometry_to_pack (producer, geometry, NULL);
}

/* The same of a frame that is changed where it lies, into `rows`. */
static gboolean
read_moved (const GenGraph *graph, const GenTensor *tensor, GenCudaRows *rows)
{
  const GenNode *reader = NULL, *producer = tensor->producer;
  GenColourGeometry colour;
  GenMoveGeometry move;
  guint place = 0;
  const guint readers = count_readers (graph, tensor, &reader, &place);

  if (producer == NULL) {
    if (readers != 1 || place != 0 || !is_operator (reader, "MovePicture") ||
        !gen_move_geometry (reader, &move, NULL))
      return FALSE;
    *rows = { (gsize)(move.width * move.channels), move.stride, (gsize)move.height, TRUE };
    return TRUE;
  }
  if (readers > 0 || !is_operator (producer, "ColourPicture") ||
      !gen_colour_geometry (producer, &colour, NULL))
    return FALSE;
  while (gen_node_output (producer, place) != tensor)
    ++place;
  *rows = { gen_colour_row_size (&colour, (int)place), colour.strides[place],
    (gsize)gen_colour_rows (&colour, (int)place), TRUE };
  return TRUE;
}

/* The same of one that is marked there. */
static gboolean
read_marked (const GenGraph *graph, const GenTensor *tensor, GenCudaRows *rows)
{
  const GenNode *reader = NULL, *producer = tensor->producer;
  guint place = 0;
  const guint readers = count_readers (graph, tensor, &reader, &place);
  GenMarkGeometry g;

  if (producer == NULL ? readers != 1 || place != 0 || !is_operator (reader, "MaskPicture") ||
                             !gen_mask_geometry (reader, &g, NULL)
                       : readers > 0 || !is_operator (producer, "MarkPicture") ||
                             !gen_mark_geometry (producer, &g, NULL))
    return FALSE;
  *rows = { (gsize)(g.width * g.channels), g.stride, (gsize)g.height, TRUE };
  return TRUE;
}

/* Samples that UnpackSound alone reads, or that PackSound makes and nothing reads. */
static gboolean
is_sound (const GenGraph *graph, const GenTensor *tensor)
{
  const GenNode *reader = NULL, *producer = tensor->producer;
  guint place;
  const guint readers = count_readers (graph, tensor, &reader, &place);

  return producer == NULL ? readers == 1 && is_operator (reader, "UnpackSound")
                          : readers == 0 && is_operator (producer, "PackSound");
}

GenCudaRows
gen_cuda_rows_of (const GenGraph *graph, const GenTensor *tensor)
{
  const gsize size = gen_tensor_size (tensor);
  GenPictureGeometry g;
  GenPicturePlane plane;
  guint place = 0;
  GenCudaRows rows = { 0, 0, 0, TRUE };

  if (read_moved (graph, tensor, &rows) || read_marked (graph, tensor, &rows))
    return rows;
  if (!read_frame (graph, tensor, &g, &place))
    return { size, size, 1, is_sound (graph, tensor) };

  plane = gen_picture_plane (&g, (int)(place % (guint)g.n_planes));
  rows.row = plane.row;
  rows.stride = plane.stride;
  rows.rows = plane.rows;
  if (tensor->producer == NULL || gen_node_input (tensor->producer, 1) == NULL)
    return rows;
  rows.kept = gen_node_input (tensor->producer, 1);
  rows.frame = place / (guint)g.n_planes;
  rows.shared = g.colour.used && place % (guint)g.n_planes > 0 ? 2 : 1;
  rows.pixel = (guint)(rows.shared == 1 ? g.bytes : g.planar ? 1 : 2);
  return rows;
}

GenCudaRows
gen_cuda_rows_kept (const GenCudaRows *rows, const gint32 *kept)
{
  const gint32 *part = kept + 4 * rows->frame;
  const gsize height = (gsize)MAX (part[2], 0), width = (gsize)MAX (part[3], 0);
  GenCudaRows some = *rows;

  some.row = MIN ((width + rows->shared - 1) / rows->shared * rows->pixel, rows->row);
  some.rows = MIN ((height + rows->shared - 1) / rows->shared, rows->rows);
  return some;
}

gboolean
gen_cuda_copy_rows (const GenCudaRows *rows, void *to, const void *from, cudaMemcpyKind kind,
    cudaStream_t stream, const char *what, GError **error)
{
  if (rows->row == 0 || rows->rows == 0)
    return TRUE;
  return gen_cuda_check (rows->row == rows->stride || rows->rows == 1
                             ? cudaMemcpyAsync (to, from, rows->row * rows->rows, kind, stream)
                             : cudaMemcpy2DAsync (to, rows->stride, from, rows->stride, rows->row,
                                   rows->rows, kind, stream),
      what, error);
}
