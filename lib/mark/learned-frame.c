/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learned-frame.h"

#define COLOURS 3

gboolean
gen_learned_choose_picture (
    const GenPort *port, const char *path, const char *what, GenPort *chosen, GError **error)
{
  if (port == NULL || port->channels != COLOURS) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: %s, and this model has no such picture of red, green and blue", path, what);
    return FALSE;
  }
  *chosen = *port;
  if (port->range == GEN_RANGE_ASSUMED)
    gen_port_set_range (chosen, -1, 1);
  return TRUE;
}

gboolean
gen_learned_check_size (
    const GenPort *port, const char *path, int width, int height, GError **error)
{
  if ((port->width < 0 || port->width == width) && (port->height < 0 || port->height == height))
    return TRUE;
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s: it takes pictures of %d x %d pixels, and frames are of %d x %d: scale them in front",
      path, port->width, port->height, width, height);
  return FALSE;
}

GenFrameLayout
gen_learned_layout (int width)
{
  return (GenFrameLayout){ .columns = 1,
    .bytes = COLOURS,
    .n_order = COLOURS,
    .order = { 0, 1, 2 },
    .stride = (gsize)(width * COLOURS) };
}

void
gen_learned_take (const GenMarkFrame *frame, guint8 *pixels)
{
  for (int i = 0; i < COLOURS; i++)
    for (int y = 0; y < frame->height; y++) {
      const guint8 *row = frame->samples[i] + (gssize)y * frame->stride[i];
      guint8 *to = pixels + (gsize)(y * frame->width) * COLOURS + i;

      for (int x = 0; x < frame->width; x++)
        to[x * COLOURS] = row[x * frame->step];
    }
}
