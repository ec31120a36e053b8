/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Machines without a tile unit: nothing but the question for it may be called. */
#include "split-tile.h"

gboolean
gen_split_is_available (void)
{
  return FALSE;
}

gsize
gen_split_line_size (gint64 k, int splits)
{
  g_assert_not_reached ();
}

void
gen_split_pack (const GenSplitMatrix *matrix, gboolean right, int splits, const float *numbers,
    gint64 line, gint64 n, guint8 *to)
{
  g_assert_not_reached ();
}

void
gen_split_pixels (const float *from, gint64 n, gint64 channels, int splits, gsize pixel, guint8 *to)
{
  g_assert_not_reached ();
}

void
gen_split_multiply (const GenSplitLayout *layout, const guint8 *first, const guint8 *second,
    const gsize *offsets, int taps, gint64 steps, const GenSplitRight *right, int splits,
    gboolean begin, float *results)
{
  g_assert_not_reached ();
}

void
gen_split_turn_over (float *results, gint64 stride)
{
  g_assert_not_reached ();
}

GenSplitForm
gen_split_form (const GenSplitMatrix *matrix, int splits, gint64 uses)
{
  g_assert_not_reached ();
}

gsize
gen_split_stored_size (const GenSplitForm *form, gint64 steps)
{
  g_assert_not_reached ();
}

void
gen_split_store (const GenSplitForm *form, const GenSplitMatrix *matrix, const float *numbers,
    gint64 n, guint8 *to)
{
  g_assert_not_reached ();
}

GenSplitRight
gen_split_right (const GenSplitForm *form, const guint8 *stored, gsize next, guint8 *to)
{
  g_assert_not_reached ();
}

GenSplitRight
gen_split_made (const GenSplitRight *right, gint64 steps)
{
  g_assert_not_reached ();
}

gsize
gen_split_made_size (const GenSplitForm *form, gint64 steps)
{
  g_assert_not_reached ();
}
