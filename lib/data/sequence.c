/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sequences: which items a part of a dataset has, and in which order they are shown. Both are
 * functions of the seed and of numbers (the index of the item, the number of the epoch), so
 * nothing needs to be kept to show the same again. */
#include <generative/dataset.h>
#include <generative/random.h>

#include <math.h>

struct _GenSequence {
  guint32 *items; /* the part's, in the dataset's order */
  guint32 length;

  GenRandom random;
  guint32 run;    /* items that follow each other */
  guint32 *order; /* the permutation of `epoch`, of runs; NULL: not shuffled */
  guint64 epoch;  /* G_MAXUINT64: none yet */
};

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
add_source (GenSequence *sequence, const GenDataset *dataset, guint32 first)
{
  guint32 count = gen_dataset_get_count (dataset), source = gen_dataset_get_source (dataset, first);

  for (guint32 i = first; i < count && gen_dataset_get_source (dataset, i) == source; i++)
    sequence->items[sequence->length++] = i;
}

static void
deal_items (GenSequence *sequence, const GenDataset *dataset, const GenSequenceSettings *settings)
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
      add_source (sequence, dataset, tickets[first + i].index);
  }
  qsort (sequence->items, sequence->length, sizeof *sequence->items, compare_items);
}

GenSequence *
gen_sequence_new (const GenDataset *dataset, const GenSequenceSettings *settings, GError **error)
{
  static const char *const names[] = { "all", "train", "validation", "test" };
  guint32 count = gen_dataset_get_count (dataset);
  g_autoptr (GenSequence) sequence = NULL;

  if (!(settings->validation_fraction >= 0 && settings->test_fraction >= 0 &&
          settings->validation_fraction + settings->test_fraction <= 1)) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
        "fractions of %g for validation and %g for test: they must not add up to more than 1",
        settings->validation_fraction, settings->test_fraction);
    return NULL;
  }
  sequence = g_new0 (GenSequence, 1);
  sequence->items = g_new (guint32, count);
  deal_items (sequence, dataset, settings);
  if (sequence->length == 0) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
        "%u %s leave none for split=%s at fractions of %g for validation and %g for test", count,
        gen_dataset_get_format (dataset)->medium->plural, names[settings->split],
        settings->validation_fraction, settings->test_fraction);
    return NULL;
  }
  sequence->random = gen_random_new (settings->seed, GEN_STREAM_SHUFFLE, 0);
  sequence->run = gen_dataset_get_run (dataset);
  sequence->order = settings->shuffle ? g_new (guint32, sequence->length / sequence->run) : NULL;
  sequence->epoch = G_MAXUINT64;
  return g_steal_pointer (&sequence);
}

void
gen_sequence_free (GenSequence *sequence)
{
  if (sequence == NULL)
    return;
  g_free (sequence->items);
  g_free (sequence->order);
  g_free (sequence);
}

guint32
gen_sequence_get_length (const GenSequence *sequence)
{
  return sequence->length;
}

guint32
gen_sequence_get_item (GenSequence *sequence, guint64 frame)
{
  guint64 epoch = frame / sequence->length;
  guint32 position = (guint32)(frame % sequence->length);

  if (sequence->order == NULL)
    return sequence->items[position];
  if (epoch != sequence->epoch) {
    gen_random_permutation (
        &sequence->random, epoch, sequence->order, sequence->length / sequence->run);
    sequence->epoch = epoch;
  }
  return sequence
      ->items[sequence->order[position / sequence->run] * sequence->run + position % sequence->run];
}
