/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mark-picture.h"

#include <string.h>

/* Nanoseconds: of a row's copy a byte, and of a pixel of a block. */
#define COST 1

typedef struct {
  GenMarkGeometry geometry;
  gint16 *looked; /* of each block alone */
} State;

static void
state_free (gpointer data)
{
  State *state = data;

  g_free (state->looked);
  g_free (state);
}

static gboolean
read_table (const GenNode *node, int block, GError **error)
{
  const GenTensor *table = gen_node_input (node, 1);

  return (table->type == GEN_TYPE_INT16 &&
             gen_shape_elements (&table->shape) == gen_mark_most (block) + 1) ||
         gen_node_error (node, error,
             "input 1 should be int16 [%d], a gain for each sum that a "
             "block of %d can have",
             gen_mark_most (block) + 1, block);
}

gboolean
gen_mask_geometry (const GenNode *node, GenMarkGeometry *geometry, GError **error)
{
  const gint64 height = gen_node_int (node, "height", 0), width = gen_node_int (node, "width", 0);
  const gint64 channels = gen_node_int (node, "channels", 0), most = 1 << 20;
  const gint64 block = gen_node_int (node, "block", 0);
  gint64 stride = gen_node_int (node, "stride", 0);

  if (height < 1 || height > most || width < 1 || width > most ||
      (channels != 1 && channels != 3 && channels != 4))
    return gen_node_error (
        node, error, "a plane has a height, a width and one, three or four channels");
  if (block != 8 && block != 16 && block != 32 && block != 64)
    return gen_node_error (node, error, "block is 8, 16, 32 or 64");
  stride = stride == 0 ? width * channels : stride;
  if (stride < width * channels || stride > 8 * most)
    return gen_node_error (node, error, "the stride is less than a row");
  *geometry = (GenMarkGeometry){ .height = (int)height,
    .width = (int)width,
    .channels = (int)channels,
    .block = (int)block,
    .down = (int)((height + block - 1) / block),
    .across = (int)((width + block - 1) / block),
    .stride = (gsize)stride };
  if (gen_node_input (node, 0)->type != GEN_TYPE_UINT8 ||
      gen_tensor_size (gen_node_input (node, 0)) <
          (gsize)(stride * (height - 1) + width * channels))
    return gen_node_error (node, error, "input 0 is less than a plane of bytes");
  return read_table (node, (int)block, error);
}

static gboolean
infer (GenNode *node, GError **error)
{
  GenMarkGeometry g;

  if (!gen_mask_geometry (node, &g, error))
    return FALSE;
  gen_node_set_output (node, 0, GEN_TYPE_UINT8, &GEN_SHAPE (g.height, g.width, g.channels));
  gen_node_set_output (node, 1, GEN_TYPE_INT16, &GEN_SHAPE (g.down, g.across));
  return TRUE;
}

/* Rows of blocks, which are copied, and looked at each by itself. */
static void
look (const GenKernel *kernel, int part, int parts)
{
  const State *state = kernel->state;
  const GenMarkGeometry *g = &state->geometry;
  const gsize row = (gsize)(g->width * g->channels);
  const guint8 *frame = kernel->inputs[0];
  gsize first, end;

  gen_kernel_share ((gsize)g->down, 1, part, parts, &first, &end);
  for (gsize y = first * (gsize)g->block; y < MIN (end * (gsize)g->block, (gsize)g->height); y++)
    memcpy ((guint8 *)kernel->outputs[0] + y * row, frame + y * g->stride, row);
  for (gsize by = first; by < end; by++)
    for (int bx = 0; bx < g->across; bx++)
      state->looked[by * (gsize)g->across + (gsize)bx] =
          gen_mark_look (g, frame, kernel->inputs[1], bx, (int)by);
}

static void
take_least (const GenKernel *kernel, int part, int parts)
{
  const State *state = kernel->state;
  const GenMarkGeometry *g = &state->geometry;
  gint16 *gains = kernel->outputs[1];
  gsize first, end;

  gen_kernel_share ((gsize)g->down, 1, part, parts, &first, &end);
  for (gsize by = first; by < end; by++)
    for (int bx = 0; bx < g->across; bx++)
      gains[by * (gsize)g->across + (gsize)bx] = gen_mark_least (g, state->looked, bx, (int)by);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  State *state = g_new0 (State, 1);
  const GenMarkGeometry *g = &state->geometry;
  int parts;

  kernel->state = state;
  kernel->free_state = state_free;
  if (!gen_mask_geometry (kernel->node, &state->geometry, error))
    return FALSE;
  state->looked = g_new (gint16, (gsize)g->down * (gsize)g->across);
  parts = gen_kernel_parts (kernel, (gsize)g->height * (gsize)g->width, COST);
  gen_kernel_add_step (kernel, look, parts);
  gen_kernel_add_step (kernel, take_least, 1);
  return TRUE;
}

const GenOperator gen_operator_mask_picture = {
  .name = "MaskPicture",
  .domain = "generative",
  .summary = "How strong a mark may be in the blocks of a video frame's plane, and its samples",
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 2,
  .max_outputs = 2,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
};
