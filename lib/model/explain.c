/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why a model does not play what comes: an operator tells which shapes it found, and not what those
 * hang on. */
#include "../graph/graph-private.h"
#include "model-private.h"

/* Nets that halve what they see, and join it with what it was, take multiples of 2 to the power of
 * how often they do so. */
#define MOST_HALVED 64

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

/* Name the next larger size that would fit, where there is one. */
static void
name_size (const GenModel *model, const GenExtents *extents, GError **error)
{
  g_autofree char *message = NULL;

  for (int step = 2; step <= MOST_HALVED; step *= 2) {
    GenExtents larger = *extents;

    larger.height = round_up (extents->height, step);
    larger.width = round_up (extents->width, step);
    if (!fits (model, &larger))
      continue;
    message = (*error)->message;
    (*error)->message = g_strdup_printf ("%s; pictures of %d x %d do not suit it, but those of %d "
                                         "x %d would, multiples of %d, which "
                                         "videoscale makes with such caps behind it",
        message, extents->width, extents->height, larger.width, larger.height, step);
    return;
  }
}

void
gen_model_explain (const GenModel *model, const GenExtents *extents, GError **error)
{
  if (error == NULL || *error == NULL)
    return;
  gen_model_name_error (model, error);
  if ((*error)->domain == GEN_GRAPH_ERROR && extents->height > 0 && extents->width > 0 &&
      !fits (model, extents))
    name_size (model, extents, error);
}
