/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "move-picture.h"

/* Nanoseconds a pixel. */
#define COST 12

static gboolean
is_work (const GenNode *node, guint i, GError **error)
{
  const GenTensor *work = gen_node_input (node, i);

  return (work != NULL && work->type == GEN_TYPE_UINT8 &&
             gen_tensor_size (work) == sizeof (GenPictureWork)) ||
         gen_node_error (node, error, "input %u should be the bytes of what is to be done", i);
}

gboolean
gen_move_geometry (const GenNode *node, GenMoveGeometry *geometry, GError **error)
{
  const gint64 height = gen_node_int (node, "height", 0), width = gen_node_int (node, "width", 0);
  const gint64 channels = gen_node_int (node, "channels", 0);
  const gint64 plane = gen_node_int (node, "plane", 0), most = 1 << 20;
  gint64 stride = gen_node_int (node, "stride", 0);

  if (height < 1 || height > most || width < 1 || width > most || channels < 1 || channels > 4 ||
      plane < 0 || plane >= GEN_PICTURE_PLANES)
    return gen_node_error (
        node, error, "a plane has a height, a width and one to four channels, and is one of three");
  stride = stride == 0 ? width * channels : stride;
  if (stride < width * channels || stride > 8 * most)
    return gen_node_error (node, error, "the stride is less than a row");
  *geometry =
      (GenMoveGeometry){ (int)height, (int)width, (int)channels, (int)plane, (gsize)stride };
  return gen_node_input (node, 0)->type == GEN_TYPE_UINT8 &&
                 gen_tensor_size (gen_node_input (node, 0)) >=
                     (gsize)(stride * (height - 1) + width * channels)
             ? is_work (node, 1, error)
             : gen_node_error (node, error, "input 0 is less than a plane");
}

static gboolean
infer (GenNode *node, GError **error)
{
  GenMoveGeometry g;

  if (!gen_move_geometry (node, &g, error))
    return FALSE;
  gen_node_set_output (node, 0, GEN_TYPE_UINT8, &GEN_SHAPE (g.height, g.width, g.channels));
  return TRUE;
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenMoveGeometry *g = kernel->state;
  const GenPictureWork *work = kernel->inputs[1];
  guint8 *out = kernel->outputs[0];
  gsize first, end;

  gen_kernel_share ((gsize)g->height, 1, part, parts, &first, &end);
  for (gsize y = first; y < end; y++)
    for (int x = 0; x < g->width; x++)
      gen_move_pixel (&work->moves[g->plane], g, kernel->inputs[0], x, (int)y,
          out + (y * (gsize)g->width + (gsize)x) * (gsize)g->channels);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  GenMoveGeometry *g = g_new0 (GenMoveGeometry, 1);

  kernel->state = g;
  kernel->free_state = g_free;
  if (!gen_move_geometry (kernel->node, g, error))
    return FALSE;
  gen_kernel_add_step (
      kernel, run, gen_kernel_parts (kernel, (gsize)g->height * (gsize)g->width, COST));
  return TRUE;
}

const GenOperator gen_operator_move_picture = {
  .name = "MovePicture",
  .domain = "generative",
  .summary = "A plane of a video frame, resampled once by a projective map",
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
};
