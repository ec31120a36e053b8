/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sorting by keys of 64 bits, which costs passes for those digits alone that differ. */
#pragma once

#include <glib.h>

typedef struct {
  guint64 key;
  gint64 place;
} GenSortItem;

/* The `n` items with their keys going up, equal ones in the order in which they are; `room` is for
 * as many. Returns where they are then: `items` or `room`. */
GenSortItem *gen_sort (GenSortItem *items, GenSortItem *room, gsize n);
