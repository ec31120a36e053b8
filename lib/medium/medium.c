/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of media, and what is done to samples whichever medium they are of. */
#include <generative/medium.h>

#include <gio/gio.h>

#include "../base/family.h"

const GenMedium *const *
gen_medium_list (void)
{
  static const GenMedium *const list[] = {
    &gen_medium_picture,
    &gen_medium_sound,
    &gen_medium_text,
    &gen_medium_vector,
    NULL,
  };

  return list;
}

const GenMedium *
gen_medium_find (const char *name, GError **error)
{
  return GEN_FAMILY_FIND (
      gen_medium_list (), name, "medium", G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, error);
}

void
gen_sample_init (GenSample *sample, const GenFormat *format)
{
  *sample = (GenSample){ .medium = format->medium };
  format->medium->init (sample, format);
}

void
gen_sample_clear (GenSample *sample)
{
  if (sample->medium != NULL)
    sample->medium->clear (sample);
  *sample = (GenSample){ 0 };
}

GenFormat
gen_sample_format (const GenSample *sample)
{
  GenFormat format = { .medium = sample->medium };

  sample->medium->get_format (sample, &format);
  return format;
}

GenSample
gen_sample_of_picture (const GenPicture *picture)
{
  GenSample sample = { .medium = &gen_medium_picture, .picture = *picture };

  sample.picture.owned = FALSE;
  return sample;
}

GenSample
gen_sample_of_sound (const GenSound *sound)
{
  GenSample sample = { .medium = &gen_medium_sound, .sound = *sound };

  sample.sound.owned = FALSE;
  return sample;
}

gboolean
gen_format_equal (const GenFormat *a, const GenFormat *b)
{
  return a->medium == b->medium && a->width == b->width && a->height == b->height &&
         a->channels == b->channels && a->rate == b->rate && a->length == b->length;
}

char *
gen_format_describe (const GenFormat *format)
{
  return format->medium->describe (format);
}

gboolean
gen_format_measure_wall (
    const GenFormat *format, int columns, int rows, int *width, int *height, int *channels)
{
  if (format->medium->measure_cell == NULL)
    return FALSE;
  format->medium->measure_cell (format, width, height, channels);
  *width *= columns;
  *height *= rows;
  return TRUE;
}

void
gen_sample_draw_wall (const GenSample *samples, int columns, int rows, GenPicture *wall)
{
  for (int i = 0; i < columns * rows; i++) {
    GenPicture cell = *wall;

    cell.width = wall->width / columns;
    cell.height = wall->height / rows;
    cell.data += (gssize)(i / columns * cell.height) * wall->stride +
                 i % columns * cell.width * wall->channels;
    cell.owned = FALSE;
    samples[i].medium->draw_cell (&samples[i], &cell);
  }
}
