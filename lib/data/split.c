/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dealing the items of a dataset to its parts. */
#include "split.h"

#include <generative/random.h>
#include <math.h>

#include "dataset-private.h"

/* The items of a part. */
typedef struct {
  guint32 *items;
  guint32 length;
} Part;

typedef struct {
  guint64 rank;
  guint32 index;
  gint32 label;
} Ticket;

/* By class, then by random rank. */
static int
compare_tickets (gconstpointer a, gconstpointer b)
{
  const Ticket *first = a, *second = b;

  if (first->label != second->label)
    return first->label < second->label ? -1 : 1;
  if (first->rank != second->rank)
    return first->rank < second->rank ? -1 : 1;
  return first->index < second->index ? -1 : first->index > second->index;
}

static int
compare_items (gconstpointer a, gconstpointer b)
{
  guint32 first = *(const guint32 *)a, second = *(const guint32 *)b;

  return first < second ? -1 : first > second;
}

/* Of the `n` items of a class, those from `begin` to before `end` belong to the part. */
static void
class_share (const GenSequenceSettings *settings, guint32 n, guint32 *begin, guint32 *end)
{
  guint32 test = (guint32)floor (n * settings->test_fraction + 0.5);
  guint32 validation = (guint32)floor (n * settings->validation_fraction + 0.5);

  test = MIN (test, n);
  validation = MIN (validation, n - test);
  switch (settings->split) {
  case GEN_SPLIT_TEST:
    *begin = 0;
    *end = test;
    break;
  case GEN_SPLIT_VALIDATION:
    *begin = test;
    *end = test + validation;
    break;
  case GEN_SPLIT_TRAIN:
    *begin = test + validation;
    *end = n;
    break;
  case GEN_SPLIT_ALL:
    *begin = 0;
    *end = n;
  }
}

/* One for each source of items; what is cut from one source follows each other. */
static guint32
draw_tickets (const GenDataset *dataset, guint64 seed, Ticket *tickets)
{
  GenRandom random = gen_random_new (seed, GEN_STREAM_SPLIT, 0);
  guint32 count = gen_dataset_get_count (dataset), n = 0;

  for (guint32 i = 0; i < count; i++) {
    guint32 source = gen_dataset_get_source (dataset, i), words[4];

    if (n > 0 && gen_dataset_get_source (dataset, i - 1) == source)
      continue;
    gen_random_block (&random, 0, source, words);
    tickets[n++] = (Ticket){ .rank = (guint64)words[0] << 32 | words[1],
      .index = i,
      .label = gen_dataset_get_label (dataset, i) };
  }
  return n;
}

/* The item `first` and all others of its source. */
static void
add_source (Part *part, const GenDataset *dataset, guint32 first)
{
  guint32 count = gen_dataset_get_count (dataset), source = gen_dataset_get_source (dataset, first);

  for (guint32 i = first; i < count && gen_dataset_get_source (dataset, i) == source; i++)
    part->items[part->length++] = i;
}

static void
deal_by_index (Part *part, const GenDataset *dataset, const GenSequenceSettings *settings)
{
  g_autofree Ticket *tickets = g_new (Ticket, gen_dataset_get_count (dataset));
  guint32 count = draw_tickets (dataset, settings->seed, tickets);

  qsort (tickets, count, sizeof *tickets, compare_tickets);
  for (guint32 first = 0, next; first < count; first = next) {
    guint32 begin = 0, end = 0;

    next = first;
    while (next < count && tickets[next].label == tickets[first].label)
      next++;
    class_share (settings, next - first, &begin, &end);
    for (guint32 i = begin; i < end; i++)
      add_source (part, dataset, tickets[first + i].index);
  }
  qsort (part->items, part->length, sizeof *part->items, compare_items);
}

static gboolean
deal_by_content (Part *part, const GenDataset *dataset, const GenSequenceSettings *settings,
    char ***left_out, GError **error)
{
  const GenDataset *sources = gen_dataset_get_sources (dataset);
  g_autofree guint8 *parts = gen_split_by_content (sources, settings, left_out, error);

  if (parts == NULL)
    return FALSE;
  for (guint32 i = 0; i < gen_dataset_get_count (dataset); i++) {
    const guint8 dealt = parts[gen_dataset_get_source (dataset, i)];

    if (dealt != GEN_SPLIT_ALL &&
        (settings->split == GEN_SPLIT_ALL || dealt == (guint8)settings->split))
      part->items[part->length++] = i;
  }
  return TRUE;
}

guint32 *
gen_split_deal (const GenDataset *dataset, const GenSequenceSettings *settings, guint32 *length,
    char ***left_out, GError **error)
{
  const guint32 count = gen_dataset_get_count (dataset);
  g_autofree guint32 *items = g_new (guint32, count);
  Part part = { items, 0 };

  if (settings->split_by == GEN_SPLIT_BY_CONTENT) {
    if (!deal_by_content (&part, dataset, settings, left_out, error))
      return NULL;
  } else if (settings->split == GEN_SPLIT_ALL) {
    for (guint32 i = 0; i < count; i++)
      part.items[part.length++] = i;
  } else {
    deal_by_index (&part, dataset, settings);
  }
  *length = part.length;
  return g_steal_pointer (&items);
}
