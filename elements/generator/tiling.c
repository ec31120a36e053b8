/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tiling.h"

#include <stdio.h>
#include <string.h>

gboolean
gst_generator_tiling_read (GstGeneratorTiling *tiling, const char *tile, GError **error)
{
  int end = 0;

  *tiling = (GstGeneratorTiling){ .used = tile != NULL && *tile != '\0', .overlap = -1 };
  if (!tiling->used || strcmp (tile, "auto") == 0)
    return TRUE;
  if (sscanf (tile, "%5dx%5d%n", &tiling->width, &tiling->height, &end) == 2 && tile[end] == '\0' &&
      tiling->width > 0 && tiling->height > 0)
    return TRUE;
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "property tile is \"%s\", which should be auto, or a width and a height such as 256x256",
      tile);
  return FALSE;
}

void
gst_generator_tiling_choose (
    GstGeneratorTiling *tiling, GenModel *model, const GenPort *input, const GenPort *output)
{
  tiling->endless = !gen_model_find_tile_context (model, input, output, &tiling->context, NULL);
}

/* Tiles that suit both begin where both do. */
static void
widen_axis (GenContext *axis, const GenContext *other)
{
  gint64 step = axis->step;

  while (step % other->step != 0)
    step += axis->step;
  axis->step = step;
  axis->before = MAX (axis->before, other->before);
  axis->after = MAX (axis->after, other->after);
}

void
gst_generator_tiling_widen (
    GstGeneratorTiling *tiling, GenModel *model, const GenPort *input, const GenPort *output)
{
  GenTileContext other;

  if (!gen_model_find_tile_context (model, input, output, &other, NULL)) {
    tiling->endless = TRUE;
    return;
  }
  widen_axis (&tiling->context.rows, &other.rows);
  widen_axis (&tiling->context.columns, &other.columns);
}

gboolean
gst_generator_tiling_equal (const GstGeneratorTiling *a, const GstGeneratorTiling *b)
{
  return a->used == b->used && a->endless == b->endless && a->width == b->width &&
         a->height == b->height && a->overlap == b->overlap &&
         (a->endless || gen_tile_contexts_equal (&a->context, &b->context));
}

gboolean
gst_generator_tiling_may_fade (const GstGeneratorTiling *tiling)
{
  const GenContext *rows = &tiling->context.rows, *columns = &tiling->context.columns;

  return tiling->used &&
         (tiling->endless ||
             (tiling->overlap >= 0 && tiling->overlap < MAX (rows->before + rows->after,
                                                            columns->before + columns->after)));
}
