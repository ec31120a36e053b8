/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "robustness-sheet.h"

#include <gio/gio.h>
#include <math.h>

#define ROWS 8
#define COLUMNS 3
/* Pictures are enlarged to be at least so wide, and lie apart by so much. */
#define LEAST_WIDTH 96
#define GAP 4

struct _AttackSheet {
  GenFormat format;
  gsize numbers;
  GPtrArray *fooled, *others; /* of float *: a picture, and what was made of it */
};

AttackSheet *
attack_sheet_new (const GenFormat *format)
{
  AttackSheet *sheet = g_new0 (AttackSheet, 1);

  sheet->format = *format;
  sheet->numbers = (gsize)format->width * (gsize)format->height * (gsize)format->channels;
  sheet->fooled = g_ptr_array_new_with_free_func (g_free);
  sheet->others = g_ptr_array_new_with_free_func (g_free);
  return sheet;
}

void
attack_sheet_free (AttackSheet *sheet)
{
  g_ptr_array_unref (sheet->fooled);
  g_ptr_array_unref (sheet->others);
  g_free (sheet);
}

void
attack_sheet_add (AttackSheet *sheet, const float *clean, const float *changed, gboolean fooled)
{
  GPtrArray *list = fooled ? sheet->fooled : sheet->others;
  float *both;

  if (list->len == ROWS)
    return;
  both = g_new (float, 2 * sheet->numbers);
  for (gsize i = 0; i < sheet->numbers; i++) {
    both[i] = clean[i];
    both[sheet->numbers + i] = changed[i];
  }
  g_ptr_array_add (list, both);
}

/* What was changed, around grey. (transfer full) */
static float *
amplify (const AttackSheet *sheet, const float *both)
{
  float *difference = g_new (float, sheet->numbers), most = 0;

  for (gsize i = 0; i < sheet->numbers; i++) {
    difference[i] = both[sheet->numbers + i] - both[i];
    most = fmaxf (most, fabsf (difference[i]));
  }
  for (gsize i = 0; i < sheet->numbers; i++)
    difference[i] = 0.5f + (most > 0 ? difference[i] / most / 2 : 0);
  return difference;
}

/* Pixel by pixel, so that nothing of them is smoothed away. */
static void
draw (
    const AttackSheet *sheet, GenPicture *onto, const float *numbers, int left, int top, int times)
{
  g_auto (GenPicture) picture = { 0 };
  const int channels = sheet->format.channels;

  gen_picture_init (&picture, sheet->format.width, sheet->format.height, channels);
  gen_picture_from_planes (&picture, 0, 1, numbers);
  for (int y = 0; y < picture.height * times; y++) {
    const guint8 *from = picture.data + (gsize)(y / times) * (gsize)picture.stride;
    guint8 *to = onto->data + (gsize)(top + y) * (gsize)onto->stride + left * channels;

    for (int x = 0; x < picture.width * times; x++)
      for (int c = 0; c < channels; c++)
        to[x * channels + c] = from[x / times * channels + c];
  }
}

static void
draw_row (const AttackSheet *sheet, GenPicture *onto, const float *both, int top, int times)
{
  g_autofree float *difference = amplify (sheet, both);
  const int hop = sheet->format.width * times + GAP;

  draw (sheet, onto, both, 0, top, times);
  draw (sheet, onto, both + sheet->numbers, hop, top, times);
  draw (sheet, onto, difference, 2 * hop, top, times);
}

gboolean
attack_sheet_save (const AttackSheet *sheet, const char *path, GError **error)
{
  const GenFormat *format = &sheet->format;
  const int times = MAX (1, (LEAST_WIDTH + format->width - 1) / format->width);
  const int hop = format->height * times + GAP;
  const guint n = MIN (sheet->fooled->len + sheet->others->len, ROWS);
  g_auto (GenPicture) picture = { 0 };

  if (n == 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s: no sample was taken for its class, so that there is no example to show", path);
    return FALSE;
  }
  gen_picture_init (&picture, COLUMNS * (format->width * times + GAP) - GAP, (int)n * hop - GAP,
      format->channels);
  for (guint i = 0; i < n; i++)
    draw_row (sheet, &picture,
        i < sheet->fooled->len ? sheet->fooled->pdata[i]
                               : sheet->others->pdata[i - sheet->fooled->len],
        (int)i * hop, times);
  return gen_picture_save_png (&picture, path, error);
}
