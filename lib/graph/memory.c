/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The memory plan: the largest block first, each at the lowest place that is free for its
 * whole life ("greedy by size": Pisarchyk and Lee, Efficient memory management for deep neural
 * net inference, 2020). */
#include "memory.h"

#include <stdlib.h>
#include <unistd.h>

double
gen_memory_of_machine (void)
{
  return (double)sysconf (_SC_PHYS_PAGES) * (double)sysconf (_SC_PAGESIZE);
}

static int
by_size (const void *a, const void *b)
{
  const GenBlock *x = *(GenBlock *const *)a, *y = *(GenBlock *const *)b;

  if (x->size != y->size)
    return x->size < y->size ? 1 : -1;
  return x < y ? -1 : 1;
}

static int
by_offset (const void *a, const void *b)
{
  const GenBlock *x = *(GenBlock *const *)a, *y = *(GenBlock *const *)b;

  return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static gsize
round_up (gsize size, gsize alignment)
{
  return (size + alignment - 1) & ~(alignment - 1);
}

gsize
gen_memory_plan (GenBlock *blocks, guint n, gsize alignment)
{
  g_autofree GenBlock **order = g_new (GenBlock *, n), **near = g_new (GenBlock *, n);
  gsize total = 0;

  if (n == 0)
    return 0;
  for (guint i = 0; i < n; i++)
    order[i] = &blocks[i];
  qsort (order, n, sizeof *order, by_size);
  for (guint i = 0; i < n; i++) {
    GenBlock *block = order[i];
    gsize size = round_up (block->size, alignment);
    guint n_near = 0;

    for (guint k = 0; k < i; k++)
      if (order[k]->first <= block->last && block->first <= order[k]->last)
        near[n_near++] = order[k];
    qsort (near, n_near, sizeof *near, by_offset);
    block->offset = 0;
    for (guint k = 0; k < n_near; k++) {
      if (block->offset + size <= near[k]->offset)
        break;
      block->offset = MAX (block->offset, near[k]->offset + round_up (near[k]->size, alignment));
    }
    total = MAX (total, block->offset + size);
  }
  return total;
}
