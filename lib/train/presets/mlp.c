/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dense nets: latent-256-512-1024-picture with ReLU and Tanh, and picture-1024-512-256-1 with
 * LeakyReLU 0.2 and Sigmoid. Weights start uniform, of variance 2 / inputs before (leaky) ReLU (He
 * et al., "Delving deep into rectifiers", 2015) and 1 / inputs in the last layer; biases at 0. */
#include "condition.h"

#include <generative/trainer.h>

static gboolean
check (const GenPresetOptions *options, GError **error)
{
  if (options->format.width >= 4 && options->format.height >= 4 && options->format.width <= 256 &&
      options->format.height <= 256)
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "preset mlp takes pictures of 4x4 to 256x256 pixels, not %dx%d", options->format.width,
      options->format.height);
  return FALSE;
}

static const gint64 hidden[] = { 256, 512, 1024 };

static GenGraph *
generator (const GenPresetOptions *options, GError **error)
{
  GenLayers layers;
  GenCondition condition;
  GenTensor *y;

  if (!check (options, error))
    return NULL;
  layers = gen_layers_begin ("mlp generator", options->seed, 0);
  y = gen_graph_add_input (
      layers.graph, "latent", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, options->latent_size));
  if (!gen_condition_begin (&condition, &layers, options, error))
    return gen_layers_end (&layers, NULL, NULL);
  y = gen_condition_join (&condition, y, error);
  layers.gain = (float)G_SQRT2;
  for (guint i = 0; i < G_N_ELEMENTS (hidden); i++) {
    g_autofree char *name = g_strdup_printf ("dense%u", i + 1);

    y = gen_layers_dense (&layers, name, y, hidden[i], TRUE, error);
    y = gen_unary (layers.graph, "Relu", y, error);
  }
  layers.gain = 1;
  y = gen_layers_dense (&layers, "dense4", y,
      (gint64)options->format.channels * options->format.height * options->format.width, TRUE,
      error);
  y = gen_unary (layers.graph, "Tanh", y, error);
  y = gen_layers_reshape (&layers, y,
      (gint64[]){ options->format.channels, options->format.height, options->format.width }, 3,
      error);
  return gen_layers_end (&layers, y, "generative.output-range");
}

static GenGraph *
discriminator (const GenPresetOptions *options, GError **error)
{
  GenLayers layers;
  GenCondition condition;
  GenTensor *y, *features;

  if (!check (options, error))
    return NULL;
  layers = gen_layers_begin ("mlp discriminator", options->seed, 0);
  y = gen_graph_add_input (layers.graph, "picture", GEN_TYPE_FLOAT32,
      &GEN_SHAPE (1, options->format.channels, options->format.height, options->format.width));
  if (!gen_condition_begin (&condition, &layers, options, error))
    return gen_layers_end (&layers, NULL, NULL);
  y = gen_unary (layers.graph, "Flatten", y, error);
  layers.gain = (float)G_SQRT2;
  for (guint i = 0; i < G_N_ELEMENTS (hidden); i++) {
    g_autofree char *name = g_strdup_printf ("dense%u", i + 1);

    y = gen_layers_dense (&layers, name, y, hidden[G_N_ELEMENTS (hidden) - 1 - i], TRUE, error);
    y = gen_layers_leaky_relu (&layers, y, error);
    y = gen_layers_dropout (&layers, y, options->dropout, error);
  }
  layers.gain = 1;
  features = y;
  y = gen_layers_dense (&layers, "dense4", features, 1, TRUE, error);
  y = gen_condition_project (&condition, y, features, error);
  y = gen_unary (layers.graph, "Sigmoid", y, error);
  return gen_layers_end (&layers, y, "generative.input-range");
}

const GenPreset gen_preset_mlp = {
  .name = "mlp",
  .description = "Dense nets for any size to 256x256 (G 100-256-512-1024-784 and D "
                 "784-1024-512-256-1 at 28x28 "
                 "grey)",
  .recipe = &gen_recipe_adversarial,
  .medium = &gen_medium_picture,
  .conditional = TRUE,
  .nets = { generator, discriminator },
  .reads = (const char *const[]){ "latent-size", "dropout", NULL },
};
