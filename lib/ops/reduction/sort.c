/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the last digit to the first, each by counting: time is proportional to the items, and no
 * branch hangs on their keys. */
#include "sort.h"

#include <string.h>

#define BITS 8
#define DIGITS (64 / BITS)
#define VALUES (1 << BITS)
/* So few are put in their places one by one. */
#define FEW 24

static void
insert (GenSortItem *items, gsize n)
{
  for (gsize i = 1; i < n; i++) {
    const GenSortItem item = items[i];
    gsize at = i;

    for (; at > 0 && items[at - 1].key > item.key; at--)
      items[at] = items[at - 1];
    items[at] = item;
  }
}

static void
sort_digit (const GenSortItem *from, GenSortItem *to, gsize n, int shift)
{
  gsize starts[VALUES] = { 0 }, sum = 0;

  for (gsize i = 0; i < n; i++)
    starts[from[i].key >> shift & (VALUES - 1)]++;
  for (int value = 0; value < VALUES; value++) {
    const gsize count = starts[value];

    starts[value] = sum;
    sum += count;
  }
  for (gsize i = 0; i < n; i++)
    to[starts[from[i].key >> shift & (VALUES - 1)]++] = from[i];
}

GenSortItem *
gen_sort (GenSortItem *items, GenSortItem *room, gsize n)
{
  guint64 any = 0, all = G_MAXUINT64;

  if (n <= FEW) {
    insert (items, n);
    return items;
  }
  for (gsize i = 0; i < n; i++) {
    any |= items[i].key;
    all &= items[i].key;
  }
  for (int digit = 0; digit < DIGITS; digit++) {
    GenSortItem *other = room;

    if (((any ^ all) >> digit * BITS & (VALUES - 1)) == 0)
      continue;
    sort_digit (items, room, n, digit * BITS);
    room = items;
    items = other;
  }
  return items;
}
