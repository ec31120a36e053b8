/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "previous-frame.h"

#include <string.h>

#include "differences.h"

void
gen_previous_frame_clear (GenPreviousFrame *previous)
{
  g_free (previous->data);
  *previous = (GenPreviousFrame){ 0 };
}

void
gen_previous_frame_interrupt (GenPreviousFrame *previous)
{
  previous->width = 0;
}

gboolean
gen_previous_frame_fits (const GenPreviousFrame *previous, const GenPicture *luma)
{
  return luma->width == previous->width && luma->height == previous->height;
}

static void
make_room (GenPreviousFrame *previous, const GenPicture *luma)
{
  if (gen_previous_frame_fits (previous, luma))
    return;
  previous->width = luma->width;
  previous->height = luma->height;
  previous->data = g_realloc (previous->data, (gsize)luma->width * (gsize)luma->height);
}

static guint8 *
find_row (const GenPreviousFrame *previous, int y)
{
  return previous->data + (gsize)y * (gsize)previous->width;
}

void
gen_previous_frame_keep (GenPreviousFrame *previous, const GenPicture *luma)
{
  make_room (previous, luma);
  for (int y = 0; y < luma->height; y++)
    memcpy (find_row (previous, y), luma->data + (gssize)y * luma->stride, (gsize)previous->width);
}

double
gen_previous_frame_change (GenPreviousFrame *previous, const GenPicture *luma)
{
  guint64 sum = 0;

  if (!gen_previous_frame_fits (previous, luma)) {
    gen_previous_frame_keep (previous, luma);
    return GEN_MISSING;
  }
  for (int y = 0; y < luma->height; y++) {
    const guint8 *row = luma->data + (gssize)y * luma->stride;
    guint8 *before = find_row (previous, y);

    sum += gen_differences_sum (row, before, luma->width);
    memcpy (before, row, (gsize)luma->width);
  }
  return (double)sum / luma->width / luma->height / 255;
}
