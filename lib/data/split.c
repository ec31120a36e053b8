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

/* By random rank. */
static gboolean
is_before (const Ticket *a, const Ticket *b)
{
  return a->rank != b->rank ? a->rank < b->rank : a->index < b->index;
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

/* The tickets of each class together. (transfer full) */
static Ticket *
sort_by_class (const Ticket *tickets, guint32 count, int classes)
{
  g_autofree guint32 *places = g_new0 (guint32, (gsize)classes + 2);
  Ticket *sorted = g_new (Ticket, MAX (count, 1));

  for (guint32 i = 0; i < count; i++)
    places[tickets[i].label + 2]++;
  for (int c = 1; c < classes + 2; c++)
    places[c] += places[c - 1];
  for (guint32 i = 0; i < count; i++)
    sorted[places[tickets[i].label + 1]++] = tickets[i];
  return sorted;
}

static void
swap (Ticket *a, Ticket *b)
{
  const Ticket ticket = *a;

  *a = *b;
  *b = ticket;
}

/* Let those of the `n` tickets that `first` others are before stand from there on, the others
 * before them: what a sort would do, but for the order within each half (Hoare's selection, 1961).
 */
static void
part_at (Ticket *tickets, guint32 n, guint32 first)
{
  gint64 low = 0, high = (gint64)n - 1;

  while (low < high) {
    const Ticket middle = tickets[low + (high - low) / 2];
    gint64 i = low, j = high;

    while (i <= j) {
      while (is_before (&tickets[i], &middle))
        i++;
      while (is_before (&middle, &tickets[j]))
        j--;
      if (i <= j)
        swap (&tickets[i++], &tickets[j--]);
    }
    if ((gint64)first <= j)
      high = j;
    else if ((gint64)first >= i)
      low = i;
    else
      return;
  }
}

/* Mark the first item of each source that the part has of one class. */
static void
deal_class (const GenSequenceSettings *settings, Ticket *tickets, guint32 n, guint8 *dealt)
{
  guint32 begin = 0, end = 0;

  class_share (settings, n, &begin, &end);
  if (begin > 0)
    part_at (tickets, n, begin);
  if (end < n)
    part_at (tickets + begin, n - begin, end - begin);
  for (guint32 i = begin; i < end; i++)
    dealt[tickets[i].index] = TRUE;
}

/* Each is in the part whose first item is. */
static void
take_sources (Part *part, const GenDataset *dataset, const guint8 *dealt)
{
  const guint32 count = gen_dataset_get_count (dataset);
  gboolean taken = FALSE;

  for (guint32 i = 0; i < count; i++) {
    if (i == 0 || gen_dataset_get_source (dataset, i) != gen_dataset_get_source (dataset, i - 1))
      taken = dealt[i];
    if (taken)
      part->items[part->length++] = i;
  }
}

static void
deal_by_index (Part *part, const GenDataset *dataset, const GenSequenceSettings *settings)
{
  g_autofree Ticket *drawn = g_new (Ticket, gen_dataset_get_count (dataset));
  const guint32 count = draw_tickets (dataset, settings->seed, drawn);
  g_autofree Ticket *tickets = sort_by_class (drawn, count, gen_dataset_get_label_count (dataset));
  g_autofree guint8 *dealt = g_new0 (guint8, gen_dataset_get_count (dataset));

  g_clear_pointer (&drawn, g_free);
  for (guint32 first = 0, next; first < count; first = next) {
    next = first;
    while (next < count && tickets[next].label == tickets[first].label)
      next++;
    deal_class (settings, tickets + first, next - first, dealt);
  }
  take_sources (part, dataset, dealt);
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
