/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The article's nets: generators of residual blocks at a quarter of the extents, and discriminators
 * of parts. Each channel is normalised by itself. */
#include "patches.h"

#include <generative/trainer.h>

#define KERNEL_OF_ENDS 7

/* As many blocks as the article has at 128 and 256 pixels, and fewer for small pictures. */
static int
count_blocks (const GenFormat *format)
{
  const int extent = MIN (format->width, format->height);

  return extent < 128 ? 3 : extent < 256 ? 6 : 9;
}

static GenTensor *
settle (GenLayers *layers, const char *name, GenTensor *x, GError **error)
{
  g_autofree char *normalize = g_strconcat (name, ".normalize", NULL);

  x = gen_layers_instance_normalize (layers, normalize, x, error);
  return x == NULL ? NULL : gen_unary (layers->graph, "Relu", x, error);
}

/* x + normalize (conv (relu (normalize (conv (x))))) */
static GenTensor *
block (GenLayers *layers, int i, GenTensor *x, gint64 width, GError **error)
{
  g_autofree char *first = g_strdup_printf ("block%d.0", i);
  g_autofree char *second = g_strdup_printf ("block%d.1", i);
  g_autofree char *normalize = g_strconcat (second, ".normalize", NULL);
  GenTensor *y = gen_layers_convolution (layers, first, x, width, 3, error);

  y = settle (layers, first, y, error);
  y = gen_layers_convolution (layers, second, y, width, 3, error);
  y = gen_layers_instance_normalize (layers, normalize, y, error);
  return gen_binary (layers->graph, "Add", x, y, error);
}

static GenTensor *
make_layers (GenLayers *layers, const GenPresetOptions *options, GenTensor *x, GError **error)
{
  const gint64 width = options->width > 0 ? options->width : GEN_TRANSLATION_WIDTH;

  x = gen_layers_convolution (layers, "first", x, width, KERNEL_OF_ENDS, error);
  x = settle (layers, "first", x, error);
  x = settle (layers, "down0", gen_layers_down (layers, "down0", x, 2 * width, error), error);
  x = settle (layers, "down1", gen_layers_down (layers, "down1", x, 4 * width, error), error);
  for (int i = 0; i < count_blocks (&options->format); i++)
    x = block (layers, i, x, 4 * width, error);
  x = settle (layers, "up1", gen_layers_up (layers, "up1", x, 2 * width, error), error);
  x = settle (layers, "up0", gen_layers_up (layers, "up0", x, width, error), error);
  x = gen_layers_convolution (layers, "last", x, options->format.channels, KERNEL_OF_ENDS, error);
  return x == NULL ? NULL : gen_unary (layers->graph, "Tanh", x, error);
}

static GenGraph *
make_generator (const char *name, const GenPresetOptions *options, GError **error)
{
  const GenFormat *format = &options->format;
  GenLayers layers;
  GenTensor *x;

  if (format->width % 4 != 0 || format->height % 4 != 0) {
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "preset cyclegan takes pictures whose width and height are multiples of 4, not %dx%d",
        format->width, format->height);
    return NULL;
  }
  layers = gen_layers_begin (name, options->seed, GEN_TRANSLATION_SPREAD);
  x = gen_graph_add_input (layers.graph, "picture", GEN_TYPE_FLOAT32,
      &GEN_SHAPE (1, format->channels, format->height, format->width));
  return gen_layers_end_of_any_size (&layers, make_layers (&layers, options, x, error));
}

static GenGraph *
generator (const GenPresetOptions *options, GError **error)
{
  return make_generator ("cyclegan generator", options, error);
}

static GenGraph *
discriminator (const GenPresetOptions *options, GError **error)
{
  return gen_patches ("cyclegan discriminator", options, options->format.channels, error);
}

static GenGraph *
back_generator (const GenPresetOptions *options, GError **error)
{
  return make_generator ("cyclegan back-generator", options, error);
}

static GenGraph *
back_discriminator (const GenPresetOptions *options, GError **error)
{
  return gen_patches ("cyclegan back-discriminator", options, options->format.channels, error);
}

static const GenPresetSetting settings[] = {
  { "loss", "least-squares" },
  { "learning-rate", "0.0005" },
  { "ema", "0.99" },
  { "batch-size", "8" },
  { NULL },
};

const GenPreset gen_preset_cyclegan = {
  .name = "cyclegan",
  .description = "Residual nets from pictures of one class to those of another and back, and "
                 "discriminators of parts, of any extents that 4 divides",
  .recipe = &gen_recipe_unpaired_translation,
  .medium = &gen_medium_picture,
  .nets = { generator, discriminator, back_generator, back_discriminator },
  .reads = (const char *const[]){ "dropout", NULL },
  .settings = settings,
  .width = GEN_TRANSLATION_WIDTH,
};
