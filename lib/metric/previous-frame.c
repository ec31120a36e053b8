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

double
gen_previous_frame_change (GenPreviousFrame *previous, const GenPicture *luma)
{
  const gboolean compares = luma->width == previous->width && luma->height == previous->height;
  guint64 sum = 0;

  if (!compares) {
    previous->width = luma->width;
    previous->height = luma->height;
    previous->data = g_realloc (previous->data, (gsize)luma->width * (gsize)luma->height);
  }
  for (int y = 0; y < luma->height; y++) {
    const guint8 *row = luma->data + (gssize)y * luma->stride;
    guint8 *before = previous->data + (gsize)y * (gsize)luma->width;

    if (compares)
      sum += gen_differences_sum (row, before, luma->width);
    memcpy (before, row, (gsize)luma->width);
  }
  return compares ? (double)sum / luma->width / luma->height / 255 : GEN_MISSING;
}
