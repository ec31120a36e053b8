/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Vectors as a medium: latents, embeddings, scores. Their numbers stand for themselves. */
#include <generative/medium.h>

#include <generative/npy.h>
#include <math.h>
#include <string.h>

#include "../ops/number.h"
#include "draw.h"

#define CELL_WIDTH 160
#define CELL_HEIGHT 48

static char *
vector_describe (const GenFormat *format)
{
  return g_strdup_printf ("vectors of %" G_GSIZE_FORMAT " numbers", format->length);
}

static void
vector_init (GenSample *sample, const GenFormat *format)
{
  sample->vector = (GenVector){
    .data = g_new0 (float, MAX (format->length, 1)), .length = format->length, .owned = TRUE
  };
}

static void
vector_clear (GenSample *sample)
{
  if (sample->vector.owned)
    g_free (sample->vector.data);
}

static void
vector_get_format (const GenSample *sample, GenFormat *format)
{
  format->length = sample->vector.length;
}

static void
vector_copy (const GenSample *source, GenSample *target)
{
  memcpy (target->vector.data, source->vector.data, source->vector.length * sizeof (float));
}

static gsize
vector_count_numbers (const GenFormat *format)
{
  return format->length;
}

static void
vector_to_numbers (const GenSample *sample, float low, float high, float *numbers)
{
  memcpy (numbers, sample->vector.data, sample->vector.length * sizeof (float));
}

static void
vector_from_numbers (GenSample *sample, float low, float high, const float *numbers)
{
  memcpy (sample->vector.data, numbers, sample->vector.length * sizeof (float));
}

static gboolean
vector_recognise (const char *path)
{
  g_autofree char *lower = g_ascii_strdown (path, -1);

  return g_str_has_suffix (lower, ".npy");
}

/* All numbers of an array, whatever its shape. */
static GBytes *
read_numbers (const char *path, GenDataType *type, gsize *length, GError **error)
{
  GenShape shape;
  g_autoptr (GBytes) bytes = gen_npy_load (path, type, &shape, error);

  if (bytes == NULL)
    return NULL;
  if (!gen_number_has (*type)) {
    g_set_error (
        error, GEN_NPY_ERROR, GEN_NPY_ERROR_UNSUPPORTED, "%s: its elements are no numbers", path);
    return NULL;
  }
  *length = (gsize)gen_shape_elements (&shape);
  return g_steal_pointer (&bytes);
}

static gboolean
vector_probe (const char *path, GenFormat *format, GError **error)
{
  GenDataType type;
  g_autoptr (GBytes) bytes = NULL;

  *format = (GenFormat){ .medium = &gen_medium_vector };
  bytes = read_numbers (path, &type, &format->length, error);
  return bytes != NULL;
}

/* Numbers stand for themselves: none are added or left out. */
static gboolean
vector_load (const char *path, const GenFitting *fitting, GenSample *target, GError **error)
{
  GenDataType type;
  gsize length;
  g_autoptr (GBytes) bytes = read_numbers (path, &type, &length, error);

  if (bytes == NULL)
    return FALSE;
  if (length != target->vector.length) {
    g_set_error (error, GEN_NPY_ERROR, GEN_NPY_ERROR_INVALID,
        "%s: %" G_GSIZE_FORMAT " numbers instead of %" G_GSIZE_FORMAT, path, length,
        target->vector.length);
    return FALSE;
  }
  for (gsize i = 0; i < length; i++)
    target->vector.data[i] = (float)gen_number_get (type, g_bytes_get_data (bytes, NULL), i);
  return TRUE;
}

static gboolean
vector_save (const GenSample *sample, const char *path, GError **error)
{
  return gen_npy_save (path, GEN_TYPE_FLOAT32, &GEN_SHAPE ((gint64)sample->vector.length),
      sample->vector.data, error);
}

static void
vector_measure_cell (const GenFormat *format, int *width, int *height, int *channels)
{
  *width = CELL_WIDTH;
  *height = CELL_HEIGHT;
  *channels = 3;
}

/* A bar a number, the farthest from 0 as high as there is room. */
static void
vector_draw_cell (const GenSample *sample, GenPicture *cell)
{
  GenPicture part = gen_draw_part (cell, 1, 1, cell->width - 2, cell->height - 2);
  float greatest = 0;

  for (gsize i = 0; i < sample->vector.length; i++)
    if (isfinite (sample->vector.data[i]))
      greatest = MAX (greatest, fabsf (sample->vector.data[i]));
  gen_draw_bars (
      &part, sample->vector.data, sample->vector.length, greatest > 0 ? 1 / greatest : 1);
}

const GenMedium gen_medium_vector = {
  .name = "vector",
  .plural = "vectors",
  .description = "Vectors of float numbers",
  .describe = vector_describe,
  .init = vector_init,
  .clear = vector_clear,
  .get_format = vector_get_format,
  .copy = vector_copy,
  .count_numbers = vector_count_numbers,
  .to_numbers = vector_to_numbers,
  .from_numbers = vector_from_numbers,
  .recognise = vector_recognise,
  .probe = vector_probe,
  .load = vector_load,
  .save = vector_save,
  .extension = "npy",
  .measure_cell = vector_measure_cell,
  .draw_cell = vector_draw_cell,
};
