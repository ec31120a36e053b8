/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sequences: in which order the items of a part are shown, and by whom. All of it is a function of
 * the seed and of numbers (the index of the item, the number of the epoch), so nothing needs to be
 * kept to show the same again.
 *
 * What is ordered are runs of items that follow each other. An epoch is made in steps: which runs
 * it has (all, or as many of each class), in which order they come, and which of them are the
 * worker's. */
#include <generative/dataset.h>
#include <generative/random.h>

#include <string.h>

#include "balance.h"
#include "dataset-private.h"
#include "split.h"

struct _GenSequence {
  guint32 *items; /* the part's, in the dataset's order */
  guint32 n_items;
  guint32 run;   /* items that follow each other */
  guint32 runs;  /* in an epoch of all workers together */
  guint32 share; /* of them, the worker's */
  guint32 shown; /* different items, in all epochs */
  char **left_out;

  gboolean shuffle, lasting; /* the runs are the same in each epoch */
  guint32 buffer, worker, workers;
  GenBalance *balance; /* NULL: an epoch has each run once */
  guint32 *shards;     /* of each run; NULL: there are none, or they do not matter */
  guint32 n_shards;

  GenRandom shuffling, buffering, sharding, sharing;
  guint32 *order; /* the worker's runs in `epoch`; NULL: those of the part in its order */
  guint32 *all;   /* those of all workers, where that is more */
  guint32 *drawn; /* where the runs are drawn before they are ordered */
  guint64 epoch;  /* G_MAXUINT64: none yet */
};

/* --- one epoch --- */

/* Runs of one shard stay together, and shards come in a new order. */
static void
shuffle_shards (GenSequence *sequence, guint64 draw, guint32 *runs)
{
  g_autofree guint32 *shards = g_new (guint32, sequence->n_shards);
  g_autofree guint32 *starts = g_new0 (guint32, (gsize)sequence->n_shards + 1);
  g_autofree guint32 *sorted = g_new (guint32, sequence->runs);
  guint32 place = 0;

  gen_random_permutation (&sequence->sharding, draw, shards, sequence->n_shards);
  for (guint32 i = 0; i < sequence->runs; i++)
    starts[sequence->shards[runs[i]]]++;
  for (guint32 i = 0; i < sequence->n_shards; i++) {
    const guint32 count = starts[shards[i]];

    starts[shards[i]] = place;
    place += count;
  }
  for (guint32 i = 0; i < sequence->runs; i++)
    sorted[starts[sequence->shards[runs[i]]]++] = runs[i];
  memcpy (runs, sorted, sequence->runs * sizeof *runs);
}

/* Each run is drawn from those that come next: what is drawn makes room for one more. */
static void
shuffle_nearby (GenSequence *sequence, guint64 draw, guint32 *runs)
{
  guint32 held = MIN (sequence->buffer, sequence->runs), next = held;
  g_autofree guint32 *buffer = g_memdup2 (runs, held * sizeof *runs);

  for (guint32 i = 0; i < sequence->runs; i++) {
    const guint32 drawn = gen_random_below (&sequence->buffering, draw, i, held);

    runs[i] = buffer[drawn];
    buffer[drawn] = next < sequence->runs ? runs[next++] : buffer[--held];
  }
}

/* The runs that an epoch has, in the dataset's order. */
static void
draw_runs (GenSequence *sequence, guint64 draw, guint32 *runs)
{
  if (sequence->balance != NULL) {
    gen_balance_draw (sequence->balance, draw, runs);
    return;
  }
  for (guint32 i = 0; i < sequence->runs; i++)
    runs[i] = i;
}

static void
order_runs (GenSequence *sequence, guint64 draw, guint32 *runs)
{
  if (sequence->shuffle && sequence->buffer == 0) {
    gen_random_permutation (&sequence->shuffling, draw, runs, sequence->runs);
    if (sequence->drawn == NULL)
      return;
    draw_runs (sequence, draw, sequence->drawn);
    for (guint32 i = 0; i < sequence->runs; i++)
      runs[i] = sequence->drawn[runs[i]];
    return;
  }
  draw_runs (sequence, draw, runs);
  if (!sequence->shuffle)
    return;
  if (sequence->shards != NULL)
    shuffle_shards (sequence, draw, runs);
  shuffle_nearby (sequence, draw, runs);
}

/* Every so many of all runs. Behind their end they begin again. */
static void
take_share (GenSequence *sequence, const guint32 *all)
{
  guint64 place = sequence->worker;

  for (guint32 i = 0; i < sequence->share; i++, place += sequence->workers)
    sequence->order[i] = all[place % sequence->runs];
}

/* The worker's share of an epoch that lasts, in an order of this one. */
static void
shuffle_share (GenSequence *sequence, guint64 epoch)
{
  g_autofree guint32 *places = g_new (guint32, sequence->share);
  g_autofree guint32 *runs = g_memdup2 (sequence->order, sequence->share * sizeof *runs);

  gen_random_permutation (&sequence->sharing, epoch, places, sequence->share);
  for (guint32 i = 0; i < sequence->share; i++)
    sequence->order[i] = runs[places[i]];
}

static void
make_epoch (GenSequence *sequence, guint64 epoch)
{
  order_runs (sequence, sequence->lasting ? 0 : epoch,
      sequence->all != NULL ? sequence->all : sequence->order);
  if (sequence->all != NULL)
    take_share (sequence, sequence->all);
  if (sequence->lasting && sequence->shuffle)
    shuffle_share (sequence, epoch);
  sequence->epoch = epoch;
}

/* --- what all epochs have in common --- */

static gboolean
check_settings (const GenSequenceSettings *settings, GError **error)
{
  if (!(settings->validation_fraction >= 0 && settings->test_fraction >= 0 &&
          settings->validation_fraction + settings->test_fraction <= 1)) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
        "fractions of %g for validation and %g for test: they must not add up to more than 1",
        settings->validation_fraction, settings->test_fraction);
    return FALSE;
  }
  if (settings->worker < MAX (settings->workers, 1))
    return TRUE;
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
      "worker-index is %u, and worker-count %u: the workers are 0 to %u", settings->worker,
      MAX (settings->workers, 1), MAX (settings->workers, 1) - 1);
  return FALSE;
}

static gboolean
balance_runs (GenSequence *sequence, const GenDataset *dataset, const GenSequenceSettings *settings,
    GError **error)
{
  g_autofree gint32 *labels = NULL;

  if (settings->balance == GEN_BALANCE_NONE)
    return TRUE;
  labels = g_new (gint32, sequence->runs);
  for (guint32 i = 0; i < sequence->runs; i++)
    labels[i] = gen_dataset_get_label (dataset, sequence->items[i * sequence->run]);
  sequence->balance = gen_balance_new (
      labels, sequence->runs, settings->balance, settings->shuffle, settings->seed, error);
  if (sequence->balance == NULL)
    return FALSE;
  sequence->runs = gen_balance_get_length (sequence->balance);
  if (sequence->runs <= G_MAXUINT32 / sequence->run)
    return TRUE;
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
      "balance: %u clips of %u frames are too many for an epoch", sequence->runs, sequence->run);
  return FALSE;
}

static gboolean
share_runs (GenSequence *sequence, const GenSequenceSettings *settings, GError **error)
{
  const guint32 n = sequence->runs, workers = sequence->workers;
  const guint32 left = n % workers;

  sequence->share = n / workers;
  if (left > 0 && (settings->remainder == GEN_REMAINDER_REPEAT ||
                      (settings->remainder == GEN_REMAINDER_SHARE && sequence->worker < left)))
    sequence->share++;
  if (sequence->share > 0)
    return TRUE;
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
      "worker-index=%u of worker-count=%u has nothing to show: an epoch has %u items or clips; "
      "worker-remainder=repeat shows some again",
      sequence->worker, workers, n);
  return FALSE;
}

static void
find_shards (GenSequence *sequence, const GenDataset *dataset)
{
  const guint32 runs = sequence->n_items / sequence->run;

  if (sequence->buffer == 0 || gen_dataset_get_shard (dataset, sequence->items[0]) == GEN_NO_SHARD)
    return;
  sequence->shards = g_new (guint32, runs);
  for (guint32 i = 0; i < runs; i++) {
    sequence->shards[i] = gen_dataset_get_shard (dataset, sequence->items[i * sequence->run]);
    sequence->n_shards = MAX (sequence->n_shards, sequence->shards[i] + 1);
  }
}

/* A worker whose runs are the same in each epoch shows no others. */
static guint32
count_lasting (GenSequence *sequence)
{
  g_autofree guint8 *seen = g_new0 (guint8, sequence->n_items / sequence->run);
  guint32 count = 0;

  make_epoch (sequence, 0);
  for (guint32 i = 0; i < sequence->share; i++) {
    count += !seen[sequence->order[i]];
    seen[sequence->order[i]] = TRUE;
  }
  return count * sequence->run;
}

static void
prepare (GenSequence *sequence, const GenDataset *dataset, guint64 seed)
{
  const gboolean balanced = sequence->balance != NULL, shared = sequence->workers > 1;

  sequence->shuffling = gen_random_new (seed, GEN_STREAM_SHUFFLE, 0);
  sequence->buffering = gen_random_new (seed, GEN_STREAM_SHUFFLE_BUFFER, 0);
  sequence->sharding = gen_random_new (seed, GEN_STREAM_SHUFFLE_BUFFER, 1);
  sequence->sharing = gen_random_new (seed, GEN_STREAM_SHARE, 0);
  find_shards (sequence, dataset);
  sequence->lasting = (balanced || shared) && gen_dataset_has_lengths (dataset);
  if (sequence->shuffle || balanced || shared)
    sequence->order = g_new (guint32, sequence->share);
  if (shared)
    sequence->all = g_new (guint32, sequence->runs);
  if (balanced)
    sequence->drawn = g_new (guint32, sequence->runs);
  sequence->shown = sequence->lasting ? count_lasting (sequence) : sequence->n_items;
}

static gboolean
deal (GenSequence *sequence, const GenDataset *dataset, const GenSequenceSettings *settings,
    GError **error)
{
  static const char *const names[] = { "all", "train", "validation", "test" };

  sequence->items =
      gen_split_deal (dataset, settings, &sequence->n_items, &sequence->left_out, error);
  if (sequence->items == NULL)
    return FALSE;
  if (sequence->n_items > 0)
    return TRUE;
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
      "%u %s leave none for split=%s at fractions of %g for validation and %g for test",
      gen_dataset_get_count (dataset), gen_dataset_get_format (dataset)->medium->plural,
      names[settings->split], settings->validation_fraction, settings->test_fraction);
  return FALSE;
}

GenSequence *
gen_sequence_new (const GenDataset *dataset, const GenSequenceSettings *settings, GError **error)
{
  g_autoptr (GenSequence) sequence = NULL;

  if (!check_settings (settings, error))
    return NULL;
  sequence = g_new0 (GenSequence, 1);
  if (!deal (sequence, dataset, settings, error))
    return NULL;
  sequence->run = gen_dataset_get_run (dataset);
  sequence->runs = sequence->n_items / sequence->run;
  sequence->shuffle = settings->shuffle;
  sequence->buffer = settings->shuffle_buffer;
  sequence->worker = settings->worker;
  sequence->workers = MAX (settings->workers, 1);
  sequence->epoch = G_MAXUINT64;
  if (!balance_runs (sequence, dataset, settings, error) || !share_runs (sequence, settings, error))
    return NULL;
  prepare (sequence, dataset, settings->seed);
  return g_steal_pointer (&sequence);
}

void
gen_sequence_free (GenSequence *sequence)
{
  if (sequence == NULL)
    return;
  g_free (sequence->items);
  g_strfreev (sequence->left_out);
  g_clear_pointer (&sequence->balance, gen_balance_free);
  g_free (sequence->shards);
  g_free (sequence->order);
  g_free (sequence->all);
  g_free (sequence->drawn);
  g_free (sequence);
}

guint32
gen_sequence_get_length (const GenSequence *sequence)
{
  return sequence->share * sequence->run;
}

guint32
gen_sequence_count_items (const GenSequence *sequence)
{
  return sequence->shown;
}

const char *const *
gen_sequence_get_left_out (const GenSequence *sequence)
{
  return (const char *const *)sequence->left_out;
}

guint32
gen_sequence_get_item (GenSequence *sequence, guint64 frame)
{
  const guint32 length = gen_sequence_get_length (sequence);
  const guint64 epoch = frame / length;
  const guint32 position = (guint32)(frame % length);

  if (sequence->order == NULL)
    return sequence->items[position];
  if (epoch != sequence->epoch)
    make_epoch (sequence, epoch);
  return sequence
      ->items[sequence->order[position / sequence->run] * sequence->run + position % sequence->run];
}
