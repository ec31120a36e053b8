/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Vectors as a medium: latents, embeddings, scores. Their numbers stand for themselves. */
#include <generative/medium.h>

#include <string.h>

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
};
