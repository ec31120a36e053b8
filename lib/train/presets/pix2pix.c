/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The article's U-Net: extents are halved by convolutions until few pixels are left, and doubled
 * again by transposed ones, each of which also sees the features of its size from the way down.
 * Each channel is normalised by itself, so that a net plays as it learned. */
#include "patches.h"

#include <generative/trainer.h>

#define MOST_LEVELS 6
/* Pixels that are left in the middle, at least: normalisation wants some. */
#define LEAST 4
/* Coarser features have at most so many times as many channels. */
#define WIDEST 8

static gint64
width_at (gint64 width, int level)
{
  return width * MIN (1 << level, WIDEST);
}

static int
count_levels (const GenFormat *format)
{
  const int both = format->width | format->height, least = MIN (format->width, format->height);
  int levels = 0;

  while (levels < MOST_LEVELS && (both & ((2 << levels) - 1)) == 0 && least >> levels >= 2 * LEAST)
    levels++;
  return levels;
}

static GenTensor *
fall (GenLayers *layers, int level, GenTensor *x, gint64 width, GError **error)
{
  g_autofree char *down = g_strdup_printf ("down%d", level);
  g_autofree char *normalize = g_strdup_printf ("normalize-down%d", level);

  x = gen_layers_down (layers, down, x, width_at (width, level), error);
  if (level > 0)
    x = gen_layers_instance_normalize (layers, normalize, x, error);
  return gen_layers_leaky_relu (layers, x, error);
}

static GenTensor *
rise (GenLayers *layers, int level, GenTensor *x, GenTensor *beside, gint64 width, GError **error)
{
  g_autofree char *up = g_strdup_printf ("up%d", level);
  g_autofree char *normalize = g_strdup_printf ("normalize-up%d", level);

  x = gen_layers_up (layers, up, x, width_at (width, level - 1), error);
  x = gen_layers_instance_normalize (layers, normalize, x, error);
  x = x == NULL ? NULL : gen_unary (layers->graph, "Relu", x, error);
  if (x == NULL)
    return NULL;
  return gen_graph_op (
      layers->graph, "Concat", (GenTensor *[]){ x, beside }, 2, 1, error, "axis", GEN_INT, 1, NULL);
}

static GenTensor *
make_layers (
    GenLayers *layers, const GenPresetOptions *options, GenTensor *x, int levels, GError **error)
{
  const gint64 width = options->width > 0 ? options->width : GEN_TRANSLATION_WIDTH;
  GenTensor *beside[MOST_LEVELS];

  for (int level = 0; level < levels; level++)
    x = beside[level] = fall (layers, level, x, width, error);
  for (int level = levels - 1; level > 0; level--)
    x = rise (layers, level, x, beside[level - 1], width, error);
  x = gen_layers_up (layers, "up0", x, options->format.channels, error);
  return x == NULL ? NULL : gen_unary (layers->graph, "Tanh", x, error);
}

static GenGraph *
generator (const GenPresetOptions *options, GError **error)
{
  const GenFormat *format = &options->format;
  const int levels = count_levels (format);
  GenLayers layers;
  GenTensor *x;

  if (levels == 0) {
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "preset pix2pix takes pictures whose width and height are even, and 8 at least, not %dx%d",
        format->width, format->height);
    return NULL;
  }
  layers = gen_layers_begin ("pix2pix generator", options->seed, GEN_TRANSLATION_SPREAD);
  x = gen_graph_add_input (layers.graph, "picture", GEN_TYPE_FLOAT32,
      &GEN_SHAPE (1, format->channels, format->height, format->width));
  return gen_layers_end_of_any_size (&layers, make_layers (&layers, options, x, levels, error));
}

/* It sees what a picture is made of, too. */
static GenGraph *
discriminator (const GenPresetOptions *options, GError **error)
{
  return gen_patches ("pix2pix discriminator", options, 2 * options->format.channels, error);
}

static const GenPresetSetting settings[] = {
  { "learning-rate", "0.0005" },
  { "ema", "0.99" },
  { "batch-size", "4" },
  { NULL },
};

const GenPreset gen_preset_pix2pix = {
  .name = "pix2pix",
  .description = "A U-Net that makes pictures of pictures, and a discriminator of parts of pairs, "
                 "of any extents that are even",
  .recipe = &gen_recipe_translation,
  .medium = &gen_medium_picture,
  .nets = { generator, discriminator },
  .reads = (const char *const[]){ "dropout", NULL },
  .settings = settings,
  .width = GEN_TRANSLATION_WIDTH,
};
