/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-net.h"

#define MOST_LEVELS 3
/* Coarser features have at most so many times as many channels. */
#define WIDEST 4
/* What is made is small at first. */
#define GAIN_OF_LAST 0.1f

static gint64
width_at (gint64 width, int level)
{
  return width * MIN (1 << level, WIDEST);
}

/* Two convolutions. */
static GenTensor *
block (GenLayers *layers, const char *side, int level, GenTensor *x, gint64 width, GError **error)
{
  for (int i = 0; i < 2; i++) {
    g_autofree char *name = g_strdup_printf ("%s%d.%d", side, level, i);

    x = gen_layers_convolution (layers, name, x, width, 3, error);
    x = gen_layers_leaky_relu (layers, x, error);
  }
  return x;
}

static GenTensor *
rise (GenLayers *layers, int level, GenTensor *x, GenTensor *beside, gint64 width, GError **error)
{
  g_autofree char *name = g_strdup_printf ("up%d", level);

  x = gen_layers_up (layers, name, x, width, error);
  if (x == NULL)
    return NULL;
  x = gen_graph_op (
      layers->graph, "Concat", (GenTensor *[]){ x, beside }, 2, 1, error, "axis", GEN_INT, 1, NULL);
  return block (layers, "decode", level, x, width, error);
}

static int
count_levels (const GenFormat *format)
{
  int levels = 0;

  while (levels < MOST_LEVELS && ((format->width | format->height) & ((2 << levels) - 1)) == 0)
    levels++;
  return levels;
}

GenTensor *
gen_u_net (
    GenLayers *layers, const GenPresetOptions *options, GenTensor *x, gint64 width, GError **error)
{
  const int levels = count_levels (&options->format);
  GenTensor *beside[MOST_LEVELS];

  layers->gain = G_SQRT2;
  for (int level = 0; level < levels; level++) {
    g_autofree char *name = g_strdup_printf ("down%d", level);

    x = beside[level] = block (layers, "encode", level, x, width_at (width, level), error);
    x = gen_layers_down (layers, name, x, width_at (width, level + 1), error);
    x = gen_layers_leaky_relu (layers, x, error);
  }
  x = block (layers, "encode", levels, x, width_at (width, levels), error);
  for (int level = levels - 1; level >= 0; level--)
    x = rise (layers, level, x, beside[level], width_at (width, level), error);
  layers->gain = GAIN_OF_LAST;
  return gen_layers_convolution (layers, "last", x, options->format.channels, 3, error);
}
