/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures as a medium. */
#include <generative/medium.h>

#include "picture-private.h"

static char *
picture_describe (const GenFormat *format)
{
  return g_strdup_printf ("%d x %d pixels, %s", format->width, format->height,
      format->channels == 1   ? "grey"
      : format->channels == 3 ? "colour"
                              : "colour with alpha");
}

static void
picture_init (GenSample *sample, const GenFormat *format)
{
  gen_picture_init (&sample->picture, format->width, format->height, format->channels);
}

static void
picture_clear (GenSample *sample)
{
  gen_picture_clear (&sample->picture);
}

static void
picture_get_format (const GenSample *sample, GenFormat *format)
{
  format->width = sample->picture.width;
  format->height = sample->picture.height;
  format->channels = sample->picture.channels;
}

static void
picture_copy (const GenSample *source, GenSample *target)
{
  gen_picture_convert (&source->picture, &target->picture);
}

static gsize
picture_count_numbers (const GenFormat *format)
{
  return (gsize)format->width * (gsize)format->height * (gsize)format->channels;
}

static void
picture_to_numbers (const GenSample *sample, float low, float high, float *numbers)
{
  gen_picture_to_planes (&sample->picture, low, high, numbers);
}

static void
picture_from_numbers (GenSample *sample, float low, float high, const float *numbers)
{
  gen_picture_from_planes (&sample->picture, low, high, numbers);
}

static GenFormat
format_of (const GenPicture *picture)
{
  return (GenFormat){ .medium = &gen_medium_picture,
    .width = picture->width,
    .height = picture->height,
    .channels = picture->channels };
}

static gboolean
picture_probe (const char *path, GenFormat *format, GError **error)
{
  g_auto (GenPicture) picture = { 0 };

  if (!gen_picture_load (&picture, path, 0, error))
    return FALSE;
  *format = format_of (&picture);
  return TRUE;
}

static gboolean
picture_load (const char *path, const GenFitting *fitting, GenSample *target, GError **error)
{
  return gen_picture_load_fitting (&target->picture, path, NULL, fitting, error);
}

static gboolean
picture_probe_bytes (GBytes *bytes, const char *name, GenFormat *format, GError **error)
{
  g_auto (GenPicture) picture = { 0 };

  if (!gen_picture_load_bytes (&picture, bytes, name, 0, error))
    return FALSE;
  *format = format_of (&picture);
  return TRUE;
}

static gboolean
picture_load_bytes (
    GBytes *bytes, const char *name, const GenFitting *fitting, GenSample *target, GError **error)
{
  return gen_picture_load_fitting (&target->picture, name, bytes, fitting, error);
}

static gboolean
picture_save (const GenSample *sample, const char *path, GError **error)
{
  return gen_picture_save_png (&sample->picture, path, error);
}

static void
picture_measure_cell (const GenFormat *format, int *width, int *height, int *channels)
{
  *width = format->width;
  *height = format->height;
  *channels = format->channels;
}

static void
picture_draw_cell (const GenSample *sample, GenPicture *cell)
{
  gen_picture_convert (&sample->picture, cell);
}

const GenMedium gen_medium_picture = {
  .name = "picture",
  .plural = "pictures",
  .description = "Still pictures of 8 bits a sample, grey or coloured",
  .describe = picture_describe,
  .init = picture_init,
  .clear = picture_clear,
  .get_format = picture_get_format,
  .copy = picture_copy,
  .count_numbers = picture_count_numbers,
  .to_numbers = picture_to_numbers,
  .from_numbers = picture_from_numbers,
  .recognise = gen_picture_recognise,
  .probe = picture_probe,
  .load = picture_load,
  .is_named = gen_picture_is_named,
  .probe_bytes = picture_probe_bytes,
  .load_bytes = picture_load_bytes,
  .save = picture_save,
  .extension = "png",
  .measure_cell = picture_measure_cell,
  .draw_cell = picture_draw_cell,
};
