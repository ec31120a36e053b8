/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is left of pictures that JPEG has coded (ITU-T T.81, with the tables of its annex K as
 * libjpeg scales them by quality): colours as luma and two chroma planes of half the extents, the
 * cosine transform of squares of 8 pixels, whose coefficients are rounded to multiples. What
 * follows in a codec loses nothing and is not done. Numbers are rounded where a codec has bytes.
 * Coarser codecs subsample chroma otherwise, and newer ones have tables of their own: their blocks
 * are alike, not the same. */
#include <math.h>

#include <generative/degradation.h>
#include <generative/trainer.h>

#include "hole.h"

#define BLOCK 8
#define COEFFICIENTS (BLOCK * BLOCK)
#define WHITE 255

static const guint8 luma_table[COEFFICIENTS] = {
  /* clang-format off */
  16, 11, 10, 16,  24,  40,  51,  61,
  12, 12, 14, 19,  26,  58,  60,  55,
  14, 13, 16, 24,  40,  57,  69,  56,
  14, 17, 22, 29,  51,  87,  80,  62,
  18, 22, 37, 56,  68, 109, 103,  77,
  24, 35, 55, 64,  81, 104, 113,  92,
  49, 64, 78, 87, 103, 121, 120, 101,
  72, 92, 95, 98, 112, 100, 103,  99,
  /* clang-format on */
};

static const guint8 chroma_table[COEFFICIENTS] = {
  /* clang-format off */
  17, 18, 24, 47, 99, 99, 99, 99,
  18, 21, 26, 66, 99, 99, 99, 99,
  24, 26, 56, 99, 99, 99, 99, 99,
  47, 66, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99,
  /* clang-format on */
};

/* BT.601 of full range, as JFIF has it. */
static const float to_planes[] = { 0.299f, 0.587f, 0.114f, -0.168735892f, -0.331264108f, 0.5f, 0.5f,
  -0.418687589f, -0.081312411f };
static const float to_colours[] = { 1, 0, 1.402f, 1, -0.344136286f, -0.714136286f, 1, 1.772f, 0 };

static GenTensor *
constant (GenGraph *graph, const GenShape *shape, const float *values)
{
  return gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, shape,
      g_bytes_new (values, gen_shape_elements (shape) * sizeof (float)));
}

/* --- bytes --- */

static GenTensor *
to_bytes (GenGraph *graph, GenTensor *x, GError **error)
{
  x = gen_unary (graph, "Round", x, error);
  if (x == NULL)
    return NULL;
  return gen_graph_op (graph, "Clip",
      (GenTensor *[]){ x, gen_graph_float (graph, 0), gen_graph_float (graph, WHITE) }, 3, 1, error,
      NULL);
}

/* x * scale + offset */
static GenTensor *
map (GenGraph *graph, GenTensor *x, double scale, double offset, GError **error)
{
  x = gen_binary (graph, "Mul", x, gen_graph_float (graph, (float)scale), error);
  return gen_binary (graph, "Add", x, gen_graph_float (graph, (float)offset), error);
}

/* --- how much is left --- */

/* By how many percent the tables are scaled, of each picture: quality is a whole number drawn from
 * `least` to `most`. */
static GenTensor *
draw_scale (GenGraph *graph, const GenTensor *samples, double least, double most, GError **error)
{
  GenTensor *drawn =
      map (graph, gen_hole_draw (graph, samples, error), floor (most) - least + 1, least, error);
  GenTensor *quality = gen_unary (graph, "Floor", drawn, error);
  GenTensor *low = gen_binary (graph, "Div", gen_graph_float (graph, 5000), quality, error);
  GenTensor *high = map (graph, quality, -2, 200, error);
  GenTensor *is_low = gen_binary (graph, "Less", quality, gen_graph_float (graph, 50), error);

  low = gen_unary (graph, "Floor", low, error);
  if (low == NULL || high == NULL || is_low == NULL)
    return NULL;
  return gen_graph_op (graph, "Where", (GenTensor *[]){ is_low, low, high }, 3, 1, error, NULL);
}

/* Of what the coefficients of each of `channels` planes are multiples. */
static GenTensor *
find_steps (GenGraph *graph, const guint8 *table, gint64 channels, GenTensor *scale, GError **error)
{
  g_autofree float *values = g_new (float, channels *COEFFICIENTS);
  GenTensor *steps;

  for (gint64 i = 0; i < channels * COEFFICIENTS; i++)
    values[i] = table[i % COEFFICIENTS];
  steps = constant (graph, &GEN_SHAPE (1, channels * COEFFICIENTS, 1, 1), values);
  steps = gen_binary (graph, "Mul", steps, scale, error);
  steps = gen_unary (graph, "Floor", map (graph, steps, 0.01, 0.5, error), error);
  if (steps == NULL)
    return NULL;
  return gen_graph_op (graph, "Clip",
      (GenTensor *[]){ steps, gen_graph_float (graph, 1), gen_graph_float (graph, WHITE) }, 3, 1,
      error, NULL);
}

/* --- the transform --- */

/* The cosine waves of each of `channels` planes: [channels * 64, 1, 8, 8], orthonormal. */
static GenTensor *
make_waves (GenGraph *graph, gint64 channels)
{
  g_autofree float *values = g_new (float, channels *COEFFICIENTS *COEFFICIENTS);

  for (gint64 i = 0; i < channels * COEFFICIENTS * COEFFICIENTS; i++) {
    const gint64 coefficient = i / COEFFICIENTS % COEFFICIENTS, pixel = i % COEFFICIENTS;
    const gint64 v = coefficient / BLOCK, u = coefficient % BLOCK;
    const double down = cos ((2.0 * (double)(pixel / BLOCK) + 1) * (double)v * G_PI / 16);
    const double across = cos ((2.0 * (double)(pixel % BLOCK) + 1) * (double)u * G_PI / 16);

    values[i] =
        (float)(down * across / 4 * (v == 0 ? G_SQRT2 / 2 : 1) * (u == 0 ? G_SQRT2 / 2 : 1));
  }
  return constant (graph, &GEN_SHAPE (channels * COEFFICIENTS, 1, BLOCK, BLOCK), values);
}

static GenTensor *
transform (GenGraph *graph, const char *way, GenTensor *x, GenTensor *waves, gint64 channels,
    GError **error)
{
  if (x == NULL)
    return NULL;
  return gen_graph_op (graph, way, (GenTensor *[]){ x, waves }, 2, 1, error, "strides", GEN_INTS, 2,
      (gint64[]){ BLOCK, BLOCK }, "group", GEN_INT, (int)channels, NULL);
}

/* Planes of bytes, of extents that 8 divides, as they come out again. */
static GenTensor *
code (GenGraph *graph, GenTensor *planes, const guint8 *table, GenTensor *scale, GError **error)
{
  const gint64 channels = planes != NULL ? planes->shape.dims[1] : 1;
  GenTensor *waves = make_waves (graph, channels);
  GenTensor *steps = find_steps (graph, table, channels, scale, error);
  GenTensor *x = map (graph, planes, 1, -128, error);

  x = gen_binary (graph, "Div", transform (graph, "Conv", x, waves, channels, error), steps, error);
  x = gen_binary (graph, "Mul", gen_unary (graph, "Round", x, error), steps, error);
  x = transform (graph, "ConvTranspose", x, waves, channels, error);
  return to_bytes (graph, map (graph, x, 1, 128, error), error);
}

/* --- colours --- */

static GenTensor *
mix (GenGraph *graph, GenTensor *x, const float *matrix, const float *offset, GError **error)
{
  if (x == NULL)
    return NULL;
  return to_bytes (graph,
      gen_graph_op (graph, "Conv",
          (GenTensor *[]){ x, constant (graph, &GEN_SHAPE (3, 3, 1, 1), matrix),
              constant (graph, &GEN_SHAPE (3), offset) },
          3, 1, error, NULL),
      error);
}

/* By so many planes as `n` says. */
static GenTensor *
split (GenGraph *graph, GenTensor *x, const gint64 n[2], GError **error)
{
  if (x == NULL)
    return NULL;
  return gen_graph_op (graph, "Split", (GenTensor *[]){ x, gen_graph_ints (graph, n, 2) }, 2, 2,
      error, "axis", GEN_INT, 1, NULL);
}

static GenTensor *
halve (GenGraph *graph, GenTensor *x, GError **error)
{
  return to_bytes (graph,
      gen_graph_op (graph, "AveragePool", &x, 1, 1, error, "kernel_shape", GEN_INTS, 2,
          (gint64[]){ 2, 2 }, "strides", GEN_INTS, 2, (gint64[]){ 2, 2 }, NULL),
      error);
}

static GenTensor *
twice (GenGraph *graph, GenTensor *x, GError **error)
{
  static const float scales[] = { 1, 1, 2, 2 };

  if (x == NULL)
    return NULL;
  return to_bytes (graph,
      gen_graph_op (graph, "Resize",
          (GenTensor *[]){ x, NULL, constant (graph, &GEN_SHAPE (4), scales) }, 3, 1, error, "mode",
          GEN_STRING, "linear", NULL),
      error);
}

static GenTensor *
code_colours (GenGraph *graph, GenTensor *x, GenTensor *scale, GError **error)
{
  static const float to_middle[3] = { 0, 128, 128 };
  static const float from_middle[3] = { -1.402f * 128, (0.344136286f + 0.714136286f) * 128,
    -1.772f * 128 };
  const gint64 parts[2] = { 1, 2 };
  GenTensor *luma, *chroma;

  luma = split (graph, mix (graph, x, to_planes, to_middle, error), parts, error);
  if (luma == NULL)
    return NULL;
  chroma = halve (graph, gen_node_output (luma->producer, 1), error);
  chroma = twice (graph, code (graph, chroma, chroma_table, scale, error), error);
  luma = code (graph, luma, luma_table, scale, error);
  if (luma == NULL || chroma == NULL)
    return NULL;
  x = gen_graph_op (
      graph, "Concat", (GenTensor *[]){ luma, chroma }, 2, 1, error, "axis", GEN_INT, 1, NULL);
  return mix (graph, x, to_colours, from_middle, error);
}

/* --- the degradation --- */

/* Edges go on until whole blocks are there. */
static GenTensor *
fill_blocks (GenGraph *graph, GenTensor *x, gint64 block, GError **error)
{
  gint64 pads[8] = { 0 };

  if (x == NULL)
    return NULL;
  for (int axis = 2; axis < 4; axis++)
    pads[4 + axis] = (block - x->shape.dims[axis] % block) % block;
  return gen_graph_op (graph, "Pad", (GenTensor *[]){ x, gen_graph_ints (graph, pads, 8) }, 2, 1,
      error, "mode", GEN_STRING, "edge", NULL);
}

static GenTensor *
cut (GenGraph *graph, GenTensor *x, const GenShape *shape, GError **error)
{
  if (x == NULL)
    return NULL;
  return gen_graph_op (graph, "Slice",
      (GenTensor *[]){ x, gen_graph_ints (graph, (gint64[]){ 0, 0 }, 2),
          gen_graph_ints (graph, &shape->dims[2], 2),
          gen_graph_ints (graph, (gint64[]){ 2, 3 }, 2) },
      4, 1, error, NULL);
}

static gboolean
check (const GenTensor *samples, const GenDegradationSettings *settings, GError **error)
{
  const gint64 channels = samples->shape.dims[1];

  if (settings->strength < 1 || settings->strength > 100) {
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "degradation-strength: the lowest quality of jpeg is from 1 to 100, not %g",
        settings->strength);
    return FALSE;
  }
  if (channels == 1 || channels == 3)
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "degradation: jpeg takes pictures of 1 or 3 channels, not of %" G_GINT64_FORMAT, channels);
  return FALSE;
}

static gboolean
apply (GenGraph *graph, GenTensor *samples, const GenDegradationSettings *settings,
    GenDegraded *degraded, GError **error)
{
  const double range = (double)settings->high - settings->low;
  const double least = floor (settings->strength);
  const gboolean colours = samples->shape.dims[1] == 3;
  GenTensor *x, *scale;

  if (!check (samples, settings, error))
    return FALSE;
  scale = draw_scale (graph, samples, least, MIN (least * settings->factor, 100), error);
  x = map (graph, samples, WHITE / range, -settings->low * WHITE / range, error);
  x = fill_blocks (graph, to_bytes (graph, x, error), colours ? 2 * BLOCK : BLOCK, error);
  x = colours ? code_colours (graph, x, scale, error) : code (graph, x, luma_table, scale, error);
  degraded->samples =
      map (graph, cut (graph, x, &samples->shape, error), range / WHITE, settings->low, error);
  return degraded->samples != NULL;
}

const GenDegradation gen_degradation_jpeg = {
  .name = "jpeg",
  .description = "Pictures as JPEG leaves them, with chroma of half the extents; strength is the "
                 "lowest quality, up to degradation-factor times which it is drawn",
  .medium = &gen_medium_picture,
  .strength = 10,
  .apply = apply,
  .reads = (const char *const[]){ "degradation-strength", "degradation-factor", NULL },
};
