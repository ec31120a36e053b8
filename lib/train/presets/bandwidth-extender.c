/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a sound that was sampled at a lower rate lacks of its own. A U-Net of waves (Kuleshov et
 * al., "Audio super-resolution using neural nets", 2017) with fewer channels: strided convolutions
 * down to a quarter and a sixteenth of the rate, residual blocks there whose taps are 1, 3 and 9
 * apart, and transposed ones back, beside what was there on the way down. What it makes is added to
 * the sound, and its last layer begins with zeros: training begins with the sound as it is. It sees
 * a part of a sound alone, so that a stream is played piece by piece as the whole would be. */
#include "layers.h"

#include <generative/trainer.h>

#define WIDTH 32 /* at a quarter of the rate */
#define LEVELS 2
#define LENGTH 16384
#define STEP 16 /* 4 for each level */
#define BLOCKS 6
#define KERNEL 5
#define LAST_KERNEL 9

static gboolean
check (const GenPresetOptions *options, GError **error)
{
  const GenFormat *format = &options->format;
  g_autofree char *text = NULL;

  if (format->medium == &gen_medium_sound && format->channels <= 2 && format->length > 0 &&
      format->length % STEP == 0)
    return TRUE;
  text = gen_format_describe (format);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "preset bandwidth-extender takes sounds of a multiple of %d frames (length), mono or stereo, "
      "not %s",
      STEP, text);
  return FALSE;
}

/* x + convolution (activated (dilated convolution (activated x))) */
static GenTensor *
block (GenLayers *layers, int i, GenTensor *x, GError **error)
{
  static const gint64 dilations[] = { 1, 3, 9 };
  const gint64 width = x == NULL ? 0 : x->shape.dims[1];
  g_autofree char *wide = g_strdup_printf ("block%d.wide", i);
  g_autofree char *narrow = g_strdup_printf ("block%d.narrow", i);
  GenTensor *y = gen_layers_leaky_relu (layers, x, error);

  y = gen_layers_convolution_of_sound (layers, wide, y, width, 3, dilations[i % 3], error);
  y = gen_layers_leaky_relu (layers, y, error);
  y = gen_layers_convolution_of_sound (layers, narrow, y, width, 1, 1, error);
  return gen_binary (layers->graph, "Add", x, y, error);
}

/* At four times the rate, beside what was there. */
static GenTensor *
rise (GenLayers *layers, int level, GenTensor *x, GenTensor *beside, gint64 width, GError **error)
{
  g_autofree char *up = g_strdup_printf ("up%d", level);
  g_autofree char *join = g_strdup_printf ("join%d", level);

  x = gen_layers_up_sound (layers, up, x, width, error);
  x = gen_layers_leaky_relu (layers, x, error);
  if (x == NULL)
    return NULL;
  x = gen_graph_op (
      layers->graph, "Concat", (GenTensor *[]){ x, beside }, 2, 1, error, "axis", GEN_INT, 1, NULL);
  x = gen_layers_convolution_of_sound (layers, join, x, width, KERNEL, 1, error);
  return gen_layers_leaky_relu (layers, x, error);
}

/* Half of the difference from the mean of both neighbours: sin² (w / 2) of a frequency of w a
 * frame. Means have no weights, which training would change. */
static GenTensor *
differ (GenLayers *layers, GenTensor *x, GError **error)
{
  const gint64 two = 2;
  GenTensor *mean = x;

  for (int i = 0; i < 2; i++)
    mean = mean == NULL ? NULL
                        : gen_graph_op (layers->graph, "AveragePool", &mean, 1, 1, error,
                              "kernel_shape", GEN_INTS, 1, &two, "pads", GEN_INTS, 2,
                              (gint64[]){ i, 1 - i }, "count_include_pad", GEN_INT, 1, NULL);
  return gen_binary (layers->graph, "Sub", x, mean, error);
}

/* What is to be added to `sound`. */
static GenTensor *
find_lacking (GenLayers *layers, GenTensor *sound, gint64 width, GError **error)
{
  const gint64 widths[LEVELS + 1] = { width / 2, width, 2 * width };
  GenTensor *beside[LEVELS], *x = sound;

  layers->gain = (float)G_SQRT2;
  for (int level = 0; level < LEVELS; level++) {
    g_autofree char *down = g_strdup_printf ("down%d", level);

    beside[level] = x;
    x = gen_layers_down_sound (layers, down, x, widths[level + 1], error);
    x = gen_layers_leaky_relu (layers, x, error);
  }
  for (int i = 0; i < BLOCKS; i++)
    x = block (layers, i, x, error);
  for (int level = LEVELS - 1; level >= 0; level--)
    x = rise (layers, level, x, beside[level], widths[level], error);
  layers->gain = 0;
  x = gen_layers_convolution_of_sound (
      layers, "last", x, sound->shape.dims[1], LAST_KERNEL, 1, error);
  return differ (layers, differ (layers, x, error), error);
}

static GenGraph *
restorer (const GenPresetOptions *options, GError **error)
{
  const gint64 width = options->width > 0 ? options->width : WIDTH;
  GenLayers layers;
  GenTensor *x, *y;

  if (!check (options, error))
    return NULL;
  layers = gen_layers_begin ("bandwidth-extender", options->seed, 0);
  x = gen_graph_add_input (
      layers.graph, "sound", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, options->format.channels, 4 * STEP));
  y = gen_binary (layers.graph, "Add", x, find_lacking (&layers, x, MAX (width, 2), error), error);
  g_hash_table_insert (
      layers.graph->metadata, g_strdup ("generative.degradation"), g_strdup ("bandwidth"));
  return gen_layers_end_of_any_size (&layers, y);
}

static const GenPresetSetting settings[] = {
  { "reconstruction", "stft" },
  { "learning-rate", "0.001" },
  { "beta1", "0.9" },
  { "ema", "0.99" },
  { "batch-size", "8" },
  { NULL },
};

const GenPreset gen_preset_bandwidth_extender = {
  .name = "bandwidth-extender",
  .description = "A U-Net that adds to sounds of any length, mono or stereo, what a lower rate "
                 "does not have",
  .recipe = &gen_recipe_restoration,
  .medium = &gen_medium_sound,
  .channels = 2,
  .nets = { restorer },
  .settings = settings,
  .length = LENGTH,
  .length_step = STEP,
  .width = WIDTH,
};
