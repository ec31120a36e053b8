/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures of a size that a model does not take: nets that halve what they see and join it with
 * what it was take multiples of 2 to the power of how often they do so, and those that look through
 * windows multiples of these. What is missing follows the last row and column as their mirror
 * image, so that all but the end of the picture sees what it would see without, and what is made of
 * it is cut off again. Both are nodes of the plan. */
#include "padding.h"

/* Multiples that nets take, the likely ones first: powers of 2, and as often halved windows of 3, 5
 * and 7. */
static const int steps[] = { 2, 4, 8, 16, 32, 64, 128, 6, 12, 24, 48, 96, 192, 14, 28, 56, 112, 224,
  10, 20, 40, 80, 160, 3, 5, 7 };

/* Whether shapes fit where `extents` come. */
static gboolean
fits (const GenModel *model, const GenExtents *extents)
{
  g_autoptr (GenGraph) graph = gen_graph_copy (model->graph);

  return gen_model_fix_inputs (model, graph, extents, NULL) && gen_graph_infer (graph, NULL);
}

static int
round_up (int x, int step)
{
  return (x + step - 1) / step * step;
}

/* Whether there is so much of a mirror image: what needs more is too small, or the model is asked
 * for nothing that padding mends. */
static gboolean
is_mirrored (const GenExtents *extents, const GenExtents *larger)
{
  return larger->height <= 2 * extents->height && larger->width <= 2 * extents->width;
}

gboolean
gen_padding_find_size (
    const GenModel *model, const GenExtents *extents, GenExtents *larger, int *step)
{
  *larger = *extents;
  *step = 1;
  if (fits (model, extents))
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
    *step = steps[i];
    larger->height = round_up (extents->height, *step);
    larger->width = round_up (extents->width, *step);
    if ((larger->height != extents->height || larger->width != extents->width) &&
        is_mirrored (extents, larger) && fits (model, larger))
      return TRUE;
  }
  return FALSE;
}

gboolean
gen_model_find_padding (
    GenModel *model, const GenPort *input, int height, int width, GenPadding *padding)
{
  const GenExtents extents = { 1, height, width, 0 };
  GenExtents larger;

  *padding = (GenPadding){ .step = 1 };
  if (model->staged || (input->height > 0 && input->width > 0) || height < 1 || width < 1)
    return TRUE;
  if (!gen_padding_find_size (model, &extents, &larger, &padding->step)) {
    padding->step = 1;
    return FALSE;
  }
  if (input->height < 0)
    padding->height = larger.height - height;
  if (input->width < 0)
    padding->width = larger.width - width;
  return TRUE;
}

gboolean
gen_padding_is_none (const GenPadding *padding)
{
  return padding->height == 0 && padding->width == 0;
}

/* What goes in beside is of a size of its own where the model has fixed that. */
GenPadding
gen_padding_of (const GenModelUse *use, const GenPort *port)
{
  GenPadding padding = use->padding;

  if (port != &use->input && port->height > 0)
    padding.height = 0;
  if (port != &use->input && port->width > 0)
    padding.width = 0;
  return padding;
}

/* `made`, which is made of a picture as it is padded, without what is made of `pad` pixels, where
 * `more` is made of `step` pixels more. */
static int
without (gint64 made, gint64 more, int pad, int step)
{
  return (int)(made - pad * (more - made) / step);
}

gboolean
gen_model_padded_size (GenModel *model, const GenPort *output, int height, int width,
    const GenPadding *padding, int *made_height, int *made_width, GError **error)
{
  const int axis = gen_port_height_axis (output), step = padding->step;
  const int in_height = height + padding->height, in_width = width + padding->width;
  GenShape made, more;

  if (!gen_model_output_shape (model, output, 1, in_height, in_width, 0, &made, error))
    return FALSE;
  *made_height = (int)made.dims[axis];
  *made_width = (int)made.dims[axis + 1];
  if (gen_padding_is_none (padding))
    return TRUE;
  if (!gen_model_output_shape (
          model, output, 1, in_height + step, in_width + step, 0, &more, error))
    return FALSE;
  *made_height = without (made.dims[axis], more.dims[axis], padding->height, step);
  *made_width = without (made.dims[axis + 1], more.dims[axis + 1], padding->width, step);
  return TRUE;
}

/* --- nodes --- */

/* `below` rows and `behind` columns more, or less where these are negative. */
static GenTensor *
pad (GenGraph *graph, GenTensor *x, gint64 below, gint64 behind, GError **error)
{
  const gint64 pads[] = { 0, 0, 0, 0, 0, 0, below, behind };

  if (x == NULL || (below == 0 && behind == 0))
    return x;
  return gen_graph_op (graph, "Pad",
      (GenTensor *[]){ x, gen_graph_ints (graph, pads, G_N_ELEMENTS (pads)) }, 2, 1, error, "mode",
      GEN_STRING, "reflect", NULL);
}

GenTensor *
gen_padding_add (
    GenGraph *graph, const GenModelUse *use, const GenPort *port, GenTensor *x, GError **error)
{
  const GenPadding padding = gen_padding_of (use, port);

  return pad (graph, x, padding.height, padding.width, error);
}

GenTensor *
gen_padding_cut (
    GenGraph *graph, const GenModelUse *use, int height, int width, GenTensor *x, GError **error)
{
  if (x == NULL || gen_padding_is_none (&use->padding))
    return x;
  return pad (graph, x, height - x->shape.dims[2], width - x->shape.dims[3], error);
}
