/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A U-Net for pictures of 28, 32 and 64 pixels. The pixels of a patch are channels of one place at
 * first, and become pixels again at the end (Hoogeboom et al., "Simple diffusion: end-to-end
 * diffusion for high resolution images", 2023), so that most of the time is not spent where there
 * are most places and least to be known. Down to the smallest extents, 7 or 8 places, and back up,
 * each extent has a residual block on either way, and what the one makes stands beside what the
 * other takes. The time comes in as waves of it, and through two dense layers into each block. At
 * the smallest extents all places attend to each other between two blocks. Channels double with
 * each halving, to four times those beside the picture. The last layers of blocks, of the attention
 * and of the net are zeros at first, so that blocks begin as what they take and the net as 0. A
 * class, where there is one, is a further part of the time's numbers. */
#include "condition.h"

#include <math.h>

#include <generative/trainer.h>

#define WIDTH 32
/* Where places are patches. */
#define WIDTH_OF_PATCHES 48
/* Of patches side by side, where nobody says how large they are. */
#define MOST_PLACES 16
#define MOST_MULTIPLES 4
#define GROUPS 8
#define MOST_HALVINGS 3
/* How many times as long as the shortest wave of the time the longest is. */
#define LONGEST 10000

static const int extents[] = { 28, 32, 64, 0 };

typedef struct {
  GenLayers layers;
  gint64 width;
  GenTensor *time; /* [batch, 4 width], as blocks take it */
  GError **error;
} Net;

/* How large a patch is, and how often what is made of patches is halved. */
typedef struct {
  int patch;
  int halvings;
} Sizes;

static gboolean
is_listed (int extent)
{
  for (guint i = 0; extents[i] != 0; i++)
    if (extents[i] == extent)
      return TRUE;
  return FALSE;
}

/* Patches are a power of 2 pixels wide, and leave at least 7 or 8 places side by side. What is made
 * of them is halved once more, to 4 places, since that costs little there, and since at the most
 * noise nothing but the whole can be seen. */
static gboolean
measure_patch (const GenPresetOptions *options, Sizes *sizes, GError **error)
{
  const int extent = options->format.width, smallest = extent % 7 == 0 ? 7 : 8;
  const int largest = extent / smallest;
  g_autoptr (GString) right = g_string_new ("1");

  sizes->patch = options->patch_size > 0 ? options->patch_size : MAX (1, extent / MOST_PLACES);
  for (int patch = 1; patch <= largest; patch *= 2) {
    if (patch == sizes->patch) {
      sizes->halvings = g_bit_storage ((gulong)(largest / patch)) - 1;
      sizes->halvings += patch > 1 && smallest == 8;
      return TRUE;
    }
    if (patch > 1)
      g_string_append_printf (right, patch < largest ? ", %d" : " or %d", patch);
  }
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "preset unet-diffusion: patch-size of pictures of %dx%d is %s, not %d", extent, extent,
      right->str, sizes->patch);
  return FALSE;
}

static gboolean
check (const GenPresetOptions *options, Sizes *sizes, GError **error)
{
  const int extent = options->format.width;

  if (options->width == 1) {
    g_set_error_literal (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "preset unet-diffusion has a width of at least 2, a sine and a cosine of the time");
    return FALSE;
  }
  if (extent == options->format.height && is_listed (extent))
    return measure_patch (options, sizes, error);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "preset unet-diffusion takes pictures of 28x28, 32x32 or 64x64 pixels, not %dx%d", extent,
      options->format.height);
  return FALSE;
}

/* --- layers whose names have two parts --- */

static GenTensor *
dense (Net *net, const char *block, const char *part, GenTensor *x, gint64 outputs)
{
  g_autofree char *name = g_strconcat (block, ".", part, NULL);

  return gen_layers_dense (&net->layers, name, x, outputs, TRUE, net->error);
}

static GenTensor *
convolution (
    Net *net, const char *block, const char *part, GenTensor *x, gint64 outputs, gint64 kernel)
{
  g_autofree char *name = g_strconcat (block, ".", part, NULL);

  return gen_layers_convolution (&net->layers, name, x, outputs, kernel, net->error);
}

/* One whose weights are zeros at first. */
static GenTensor *
silent (Net *net, const char *block, const char *part, GenTensor *x, gint64 outputs, gint64 kernel)
{
  const float gain = net->layers.gain;
  GenTensor *y;

  net->layers.gain = 0;
  y = convolution (net, block, part, x, outputs, kernel);
  net->layers.gain = gain;
  return y;
}

static GenTensor *
normalize (Net *net, const char *block, const char *part, GenTensor *x)
{
  g_autofree char *name = g_strconcat (block, ".", part, NULL);

  return gen_layers_group_normalize (&net->layers, name, x, GROUPS, net->error);
}

static GenTensor *
normalize_and_bend (Net *net, const char *block, const char *part, GenTensor *x)
{
  return gen_layers_silu (&net->layers, normalize (net, block, part, x), net->error);
}

/* --- blocks --- */

/* Sines and cosines of the time, [batch] to [batch, 2 n]. Their steepnesses are a power's result,
 * and no weights. */
static GenTensor *
make_waves (Net *net, GenTensor *time, gint64 n)
{
  GenGraph *graph = net->layers.graph;
  const GenShape shape = GEN_SHAPE (1, n);
  float *exponents = g_new (float, n);
  GenTensor *steepnesses, *angles, *waves[2];

  for (gint64 i = 0; i < n; i++)
    exponents[i] = (float)(-log (LONGEST) * (double)i / (double)n);
  steepnesses = gen_graph_add_constant (graph, "time.exponents", GEN_TYPE_FLOAT32, &shape,
      g_bytes_new_take (exponents, (gsize)n * sizeof *exponents));
  steepnesses = gen_unary (graph, "Exp", steepnesses, net->error);
  time = gen_layers_reshape (&net->layers, time, (gint64[]){ 1 }, 1, net->error);
  angles = gen_binary (graph, "Mul", time, steepnesses, net->error);
  waves[0] = gen_unary (graph, "Sin", angles, net->error);
  waves[1] = gen_unary (graph, "Cos", angles, net->error);
  return waves[0] == NULL || waves[1] == NULL
             ? NULL
             : gen_graph_op (graph, "Concat", waves, 2, 1, net->error, "axis", GEN_INT, 1, NULL);
}

static GenTensor *
embed_time (Net *net, const GenCondition *condition, GenTensor *time)
{
  const gint64 n = MOST_MULTIPLES * net->width;
  GenTensor *y = make_waves (net, time, net->width / 2);

  y = dense (net, "time", "dense1", y, n);
  y = gen_layers_silu (&net->layers, y, net->error);
  y = dense (net, "time", "dense2", y, n);
  y = gen_condition_add (condition, y, net->error);
  return gen_layers_silu (&net->layers, y, net->error);
}

static GenTensor *
residual (Net *net, const char *name, GenTensor *x, gint64 outputs)
{
  GenGraph *graph = net->layers.graph;
  GenTensor *y = normalize_and_bend (net, name, "normalize1", x), *time;

  y = convolution (net, name, "convolution1", y, outputs, 3);
  time = dense (net, name, "time", net->time, outputs);
  time = gen_layers_reshape (&net->layers, time, (gint64[]){ outputs, 1, 1 }, 3, net->error);
  y = gen_binary (graph, "Add", y, time, net->error);
  y = normalize_and_bend (net, name, "normalize2", y);
  y = silent (net, name, "convolution2", y, outputs, 3);
  if (x != NULL && x->shape.dims[1] != outputs)
    x = convolution (net, name, "shortcut", x, outputs, 1);
  return gen_binary (graph, "Add", x, y, net->error);
}

static GenTensor *
transpose (Net *net, GenTensor *x)
{
  return x == NULL ? NULL
                   : gen_graph_op (net->layers.graph, "Transpose", &x, 1, 1, net->error, "perm",
                         GEN_INTS, 3, (gint64[]){ 0, 2, 1 }, NULL);
}

/* Queries, keys and values of all places, each [batch, places, channels]. */
static gboolean
ask (Net *net, const char *name, GenTensor *x, GenTensor *asked[3])
{
  GenGraph *graph = net->layers.graph;
  const gint64 channels = x->shape.dims[1], places = x->shape.dims[2] * x->shape.dims[3];
  GenTensor *y = normalize (net, name, "normalize", x);

  y = convolution (net, name, "ask", y, 3 * channels, 1);
  y = gen_layers_reshape (&net->layers, y, (gint64[]){ 3 * channels, places }, 2, net->error);
  y = transpose (net, y);
  if (y != NULL)
    y = gen_graph_op (
        graph, "Split", &y, 1, 3, net->error, "axis", GEN_INT, 2, "num_outputs", GEN_INT, 3, NULL);
  for (guint i = 0; y != NULL && i < 3; i++)
    asked[i] = gen_node_output (y->producer, i);
  return y != NULL;
}

/* Attention of one head (Vaswani et al., "Attention is all you need", 2017), as a residual. */
static GenTensor *
attend (Net *net, const char *name, GenTensor *x)
{
  GenGraph *graph = net->layers.graph;
  GenTensor *asked[3], *y;

  if (x == NULL || !ask (net, name, x, asked))
    return NULL;
  y = gen_binary (graph, "Mul", asked[0],
      gen_graph_float (graph, 1 / sqrtf ((float)x->shape.dims[1])), net->error);
  y = gen_binary (graph, "MatMul", y, transpose (net, asked[1]), net->error);
  y = gen_unary (graph, "Softmax", y, net->error);
  y = gen_binary (graph, "MatMul", y, asked[2], net->error);
  y = gen_layers_reshape (&net->layers, transpose (net, y), x->shape.dims + 1, 3, net->error);
  y = silent (net, name, "answer", y, x->shape.dims[1], 1);
  return gen_binary (graph, "Add", x, y, net->error);
}

/* --- the net --- */

/* Reshape, Transpose and Reshape: what SpaceToDepth and DepthToSpace are made of, with the batch
 * left free. */
static GenTensor *
shuffle (
    Net *net, GenTensor *x, const gint64 split[5], const gint64 order[6], const gint64 joined[3])
{
  x = gen_layers_reshape (&net->layers, x, split, 5, net->error);
  if (x == NULL)
    return NULL;
  x = gen_graph_op (
      net->layers.graph, "Transpose", &x, 1, 1, net->error, "perm", GEN_INTS, 6, order, NULL);
  return gen_layers_reshape (&net->layers, x, joined, 3, net->error);
}

/* The pixels of each patch as channels of one place. */
static GenTensor *
fold (Net *net, GenTensor *x, gint64 patch)
{
  const gint64 *d = x->shape.dims, rows = d[2] / patch, columns = d[3] / patch;

  return patch == 1 ? x
                    : shuffle (net, x, (gint64[]){ d[1], rows, patch, columns, patch },
                          (gint64[]){ 0, 1, 3, 5, 2, 4 },
                          (gint64[]){ d[1] * patch * patch, rows, columns });
}

static GenTensor *
unfold (Net *net, GenTensor *x, gint64 patch)
{
  const gint64 *d;

  if (x == NULL || patch == 1)
    return x;
  d = x->shape.dims;
  return shuffle (net, x, (gint64[]){ d[1] / (patch * patch), patch, patch, d[2], d[3] },
      (gint64[]){ 0, 1, 4, 2, 5, 3 },
      (gint64[]){ d[1] / (patch * patch), d[2] * patch, d[3] * patch });
}

static gint64
channels_at (const Net *net, int level)
{
  return net->width * MIN (1 << level, MOST_MULTIPLES);
}

static GenTensor *
go_down (Net *net, GenTensor *x, int halvings, GenTensor **passed)
{
  for (int level = 0; level < halvings; level++) {
    g_autofree char *block = g_strdup_printf ("in%d", level);
    g_autofree char *down = g_strdup_printf ("down%d", level + 1);

    passed[level] = x = residual (net, block, x, channels_at (net, level));
    x = gen_layers_down (&net->layers, down, x, channels_at (net, level + 1), net->error);
  }
  return x;
}

static GenTensor *
go_up (Net *net, GenTensor *x, int halvings, GenTensor *const *passed)
{
  for (int level = halvings - 1; level >= 0; level--) {
    g_autofree char *block = g_strdup_printf ("out%d", level);
    g_autofree char *up = g_strdup_printf ("up%d", level + 1);

    x = gen_layers_up (&net->layers, up, x, channels_at (net, level), net->error);
    if (x == NULL)
      return NULL;
    x = gen_graph_op (net->layers.graph, "Concat", (GenTensor *[]){ x, passed[level] }, 2, 1,
        net->error, "axis", GEN_INT, 1, NULL);
    x = residual (net, block, x, channels_at (net, level));
  }
  return x;
}

static GenGraph *
denoiser (const GenPresetOptions *options, GError **error)
{
  GenTensor *passed[MOST_HALVINGS], *y, *time;
  Net net = { .error = error };
  GenCondition condition;
  Sizes sizes;

  if (!check (options, &sizes, error))
    return NULL;
  net.width = options->width > 0 ? options->width : sizes.patch > 1 ? WIDTH_OF_PATCHES : WIDTH;
  net.layers = gen_layers_begin ("unet-diffusion denoiser", options->seed, 0);
  y = gen_graph_add_input (net.layers.graph, "noisy", GEN_TYPE_FLOAT32,
      &GEN_SHAPE (1, options->format.channels, options->format.height, options->format.width));
  time = gen_graph_add_input (net.layers.graph, "time", GEN_TYPE_FLOAT32, &GEN_SHAPE (1));
  if (!gen_condition_begin (&condition, &net.layers, options, error))
    return gen_layers_end (&net.layers, NULL, NULL);
  net.time = embed_time (&net, &condition, time);
  y = fold (&net, y, sizes.patch);
  y = gen_layers_convolution (&net.layers, "first", y, net.width, 3, error);
  y = go_down (&net, y, sizes.halvings, passed);
  y = residual (&net, "middle1", y, channels_at (&net, sizes.halvings));
  y = attend (&net, "attention", y);
  y = residual (&net, "middle2", y, channels_at (&net, sizes.halvings));
  y = go_up (&net, y, sizes.halvings, passed);
  y = normalize_and_bend (&net, "last", "normalize", y);
  y = silent (&net, "last", "convolution", y,
      (gint64)sizes.patch * sizes.patch * options->format.channels, 3);
  y = unfold (&net, y, sizes.patch);
  return gen_layers_end (&net.layers, y, "generative.input-range");
}

static const GenPresetSetting settings[] = {
  { "learning-rate", "0.002" },
  { "beta1", "0.9" },
  { "ema", "0.998" },
  { "batch-size", "16" },
  { NULL },
};

const GenPreset gen_preset_unet_diffusion = {
  .name = "unet-diffusion",
  .description = "A U-Net that denoises pictures of 28x28, 32x32 and 64x64 pixels, grey or colour",
  .recipe = &gen_recipe_diffusion,
  .medium = &gen_medium_picture,
  .extents = extents,
  .conditional = TRUE,
  .nets = { denoiser },
  .reads = (const char *const[]){ "patch-size", NULL },
  .settings = settings,
  .width = WIDTH,
  .width_of_patches = WIDTH_OF_PATCHES,
};
