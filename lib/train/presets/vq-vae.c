/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Halvings of the extents on the way to a grid of vectors, and back, with batch normalisation
 * between convolutions. The quantizer is a codebook and what finds the nearest of its vectors:
 * |e|^2 - 2 x e is least there. */
#include "coder.h"

#include <generative/random.h>
#include <generative/trainer.h>

#define WIDTH 32
/* Pixels across and down that a vector stands for. */
#define PATCH 4
#define MOST_PATCH 16
#define CODES "generative.codes"

static gint64
width_of (const GenPresetOptions *options)
{
  return options->width > 0 ? options->width : WIDTH;
}

static GenTensor *
activate (GenLayers *layers, const char *name, GenTensor *x, GError **error)
{
  return gen_unary (layers->graph, "Relu", gen_layers_normalize (layers, name, x, error), error);
}

/* "2 or 4": those that divide the extents. (transfer full) */
static char *
name_patches (int extent)
{
  GString *names = g_string_new ("2");

  for (int patch = 4; patch <= MOST_PATCH && extent % patch == 0; patch *= 2)
    g_string_append_printf (
        names, 2 * patch > MOST_PATCH || extent % (2 * patch) != 0 ? " or %d" : ", %d", patch);
  return g_string_free (names, FALSE);
}

/* How often the extents are halved, 0 on an error. */
static int
count_halvings (const GenPresetOptions *options, GError **error)
{
  const int patch = options->patch_size > 0 ? options->patch_size : PATCH;
  g_autofree char *names = NULL;

  if (!gen_coder_check ("vq-vae", options, error))
    return 0;
  if (patch >= 2 && patch <= MOST_PATCH && (patch & (patch - 1)) == 0 &&
      options->format.width % patch == 0)
    return g_bit_nth_lsf ((gulong)patch, -1);
  names = name_patches (options->format.width);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "preset vq-vae: patch-size of pictures of %dx%d is %s, not %d", options->format.width,
      options->format.width, names, patch);
  return 0;
}

static GenGraph *
encoder (const GenPresetOptions *options, GError **error)
{
  const int halvings = count_halvings (options, error);
  GenLayers layers;
  GenTensor *y;

  if (halvings == 0)
    return NULL;
  layers = gen_layers_begin ("vq-vae encoder", options->seed, 0);
  layers.range = "0,1";
  layers.gain = (float)G_SQRT2;
  y = gen_coder_begin (&layers, options);
  for (int i = 1; i <= halvings; i++) {
    g_autofree char *down = g_strdup_printf ("down%d", i);
    g_autofree char *normalize = g_strdup_printf ("normalize%d", i);

    y = gen_layers_down (&layers, down, y, width_of (options) << (i - 1), error);
    y = activate (&layers, normalize, y, error);
  }
  y = gen_layers_convolution (&layers, "block", y, width_of (options) << (halvings - 1), 3, error);
  y = activate (&layers, "block.normalize", y, error);
  layers.gain = 1;
  y = gen_layers_convolution (&layers, "last", y, options->latent_size, 1, error);
  return gen_layers_end_all (
      &layers, &y, (const char *const[]){ "features" }, 1, "generative.input-range");
}

/* [codes, latent_size], of numbers from -1 to 1. */
static GenTensor *
draw_codebook (GenLayers *layers, const GenPresetOptions *options)
{
  const GenShape shape = GEN_SHAPE (options->codes, options->latent_size);
  const GenRandom random = gen_random_new (options->seed, "vq-vae quantizer/codebook", 0);
  const gsize n = (gsize)gen_shape_elements (&shape);
  float *values = g_new (float, n);

  gen_random_uniform (&random, 0, 0, values, n);
  for (gsize i = 0; i < n; i++)
    values[i] = 2 * values[i] - 1;
  return gen_graph_add_constant (layers->graph, "codebook", GEN_TYPE_FLOAT32, &shape,
      g_bytes_new_take (values, n * sizeof *values));
}

/* The number of the nearest vector of each row of x, [rows]. */
static GenTensor *
find_nearest (GenGraph *graph, GenTensor *x, GenTensor *codebook, GError **error)
{
  GenTensor *squares = gen_binary (graph, "Mul", codebook, codebook, error), *distances;

  if (x == NULL || squares == NULL)
    return NULL;
  squares = gen_graph_op (graph, "ReduceSum",
      (GenTensor *[]){ squares, gen_graph_ints (graph, (gint64[]){ 1 }, 1) }, 2, 1, error,
      "keepdims", GEN_INT, 0, NULL);
  if (squares == NULL)
    return NULL;
  distances = gen_graph_op (graph, "Gemm", (GenTensor *[]){ x, codebook, squares }, 3, 1, error,
      "transB", GEN_INT, 1, "alpha", GEN_FLOAT, -2.0, NULL);
  return distances == NULL ? NULL
                           : gen_graph_op (graph, "ArgMin", &distances, 1, 1, error, "axis",
                                 GEN_INT, 1, "keepdims", GEN_INT, 0, NULL);
}

static GenTensor *
transpose (GenGraph *graph, GenTensor *x, const gint64 *order, GError **error)
{
  return x == NULL
             ? NULL
             : gen_graph_op (graph, "Transpose", &x, 1, 1, error, "perm", GEN_INTS, 4, order, NULL);
}

static gboolean
check_codes (const GenPresetOptions *options, GError **error)
{
  if (options->codes >= 2)
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "codes: a codebook has two vectors or more, not %d", options->codes);
  return FALSE;
}

static GenGraph *
quantizer (const GenPresetOptions *options, GError **error)
{
  static const char *const names[] = { "vectors", "codes" };
  const int halvings = count_halvings (options, error);
  const gint64 extent = options->format.width >> halvings, length = options->latent_size;
  GenLayers layers;
  GenTensor *x, *codebook, *codes, *results[2];
  GenGraph *graph;

  if (halvings == 0 || !check_codes (options, error))
    return NULL;
  layers = gen_layers_begin ("vq-vae quantizer", options->seed, 0);
  graph = layers.graph;
  x = gen_graph_add_input (
      graph, "features", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, length, extent, extent));
  codebook = draw_codebook (&layers, options);
  x = transpose (graph, x, (gint64[]){ 0, 2, 3, 1 }, error);
  x = gen_layers_reshape (&layers, x, &length, 1, error);
  codes = find_nearest (graph, x, codebook, error);
  results[0] = gen_binary (graph, "Gather", codebook, codes, error);
  results[0] =
      gen_layers_reshape (&layers, results[0], (gint64[]){ extent, extent, length }, 3, error);
  results[0] = transpose (graph, results[0], (gint64[]){ 0, 3, 1, 2 }, error);
  results[1] = gen_layers_reshape (&layers, codes, (gint64[]){ extent, extent }, 2, error);
  graph = gen_layers_end_all (&layers, results, names, 2, CODES);
  if (graph != NULL)
    g_hash_table_insert (graph->metadata, g_strdup (CODES), g_strdup_printf ("%d", options->codes));
  return graph;
}

static GenGraph *
decoder (const GenPresetOptions *options, GError **error)
{
  const int halvings = count_halvings (options, error);
  const gint64 extent = options->format.width >> halvings;
  gint64 channels;
  GenLayers layers;
  GenTensor *y;

  if (halvings == 0)
    return NULL;
  channels = width_of (options) << (halvings - 1);
  layers = gen_layers_begin ("vq-vae decoder", options->seed, 0);
  layers.range = "0,1";
  layers.gain = (float)G_SQRT2;
  y = gen_graph_add_input (layers.graph, "vectors", GEN_TYPE_FLOAT32,
      &GEN_SHAPE (1, options->latent_size, extent, extent));
  y = gen_layers_convolution (&layers, "block", y, channels, 3, error);
  y = activate (&layers, "block.normalize", y, error);
  for (int i = 1; i <= halvings; i++) {
    g_autofree char *up = g_strdup_printf ("up%d", i);
    g_autofree char *normalize = g_strdup_printf ("normalize%d", i);

    if (i == halvings)
      layers.gain = 1;
    channels = i < halvings ? channels / 2 : options->format.channels;
    y = gen_layers_up (&layers, up, y, channels, error);
    if (i < halvings)
      y = activate (&layers, normalize, y, error);
  }
  y = gen_unary (layers.graph, "Sigmoid", y, error);
  return gen_layers_end (&layers, y, "generative.output-range");
}

static const GenPresetSetting settings[] = {
  { "learning-rate", "0.001" },
  { "beta1", "0.9" },
  { "batch-size", "32" },
  { NULL },
};

const GenPreset gen_preset_vq_vae = {
  .name = "vq-vae",
  .description = "Convolutional nets for " GEN_CODER_EXTENTS ", and a codebook of vectors of "
                 "latent-size numbers",
  .recipe = &gen_recipe_vector_quantized,
  .medium = &gen_medium_picture,
  .extents = gen_coder_extents,
  .nets = { encoder, quantizer, decoder },
  .reads = (const char *const[]){ "latent-size", "codes", "patch-size", NULL },
  .settings = settings,
  .width = WIDTH,
};
