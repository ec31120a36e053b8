/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "grow.h"

#include <string.h>

gboolean
gen_grow_fits (const GenShape *to, const GenShape *from, gint64 before, gint64 now)
{
  int n_grown = 0;

  if (to->rank != from->rank || before >= now)
    return FALSE;
  for (int i = 0; i < to->rank; i++) {
    if (to->dims[i] == from->dims[i])
      continue;
    if (to->dims[i] != now || from->dims[i] != before)
      return FALSE;
    n_grown++;
  }
  return n_grown == 1;
}

gboolean
gen_grow_covers (const GenShape *to, const GenShape *from)
{
  if (to->rank != from->rank)
    return FALSE;
  for (int i = 0; i < to->rank; i++)
    if (from->dims[i] > to->dims[i])
      return FALSE;
  return TRUE;
}

void
gen_grow_copy (float *to, const GenShape *to_shape, const float *from, const GenShape *from_shape)
{
  const int last = from_shape->rank - 1;
  const gint64 row = last >= 0 ? from_shape->dims[last] : 1;
  const gint64 rows = gen_shape_elements (from_shape) / MAX (row, 1);

  for (gint64 i = 0; i < rows; i++) {
    gint64 rest = i, place = 0, stride = last >= 0 ? to_shape->dims[last] : 1;

    for (int axis = last - 1; axis >= 0; axis--) {
      place += rest % from_shape->dims[axis] * stride;
      rest /= from_shape->dims[axis];
      stride *= to_shape->dims[axis];
    }
    memcpy (to + place, from + i * row, (gsize)row * sizeof *to);
  }
}
