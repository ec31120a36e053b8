/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why a model does not play what comes: an operator tells which shapes it found, and not what those
 * hang on. */
#include "../graph/graph-private.h"
#include "padding.h"

/* Name the next larger size that would fit, where there is one. */
static void
name_size (const GenModel *model, const GenExtents *extents, GError **error)
{
  g_autofree char *message = NULL;
  GenExtents larger;
  int step;

  if (!gen_padding_find_size (model, extents, &larger, &step) || step == 1)
    return;
  message = (*error)->message;
  (*error)->message = g_strdup_printf ("%s; pictures of %d x %d do not suit it, but those of %d "
                                       "x %d would, multiples of %d, which "
                                       "videoscale makes with such caps behind it",
      message, extents->width, extents->height, larger.width, larger.height, step);
}

void
gen_model_explain (const GenModel *model, const GenExtents *extents, GError **error)
{
  if (error == NULL || *error == NULL)
    return;
  gen_model_name_error (model, error);
  if ((*error)->domain == GEN_GRAPH_ERROR && extents->height > 0 && extents->width > 0)
    name_size (model, extents, error);
}
