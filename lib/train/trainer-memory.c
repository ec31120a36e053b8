/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The samples that a trainer keeps. All members of an exchange keep the same ones: of its part of a
 * batch, each tells the others what has a claim on a place, and all see that in the order of the
 * batch. As a reservoir the memory is what one process would have of whole batches; by class it may
 * be another one, where a sample comes to have a claim only by others of its batch. Once it is full
 * there is little to tell. */
#include "trainer-private.h"

#include <string.h>

#include <generative/exchange.h>

/* In the place of a class: the sample has no claim. */
#define NO_CLAIM (-2)

void
gen_trainer_set_memory (GenTrainer *trainer, GenSampleMemory *memory)
{
  g_clear_pointer (&trainer->memory, gen_sample_memory_free);
  g_clear_pointer (&trainer->claims, g_array_unref);
  g_clear_pointer (&trainer->claimed, g_array_unref);
  trainer->memory = memory;
  if (memory == NULL || trainer->settings.exchange == NULL)
    return;
  trainer->claims = g_array_new (FALSE, FALSE, sizeof (gint64));
  trainer->claimed =
      g_array_new (FALSE, FALSE, (guint)(gen_trainer_sample_size (trainer) * sizeof (float)));
}

/* The class of sample `i`; -1: it has none; FALSE: it has several. */
static gboolean
read_class (GenTrainer *trainer, const GenTrainerBatch *batch, gsize i, gint64 *label)
{
  const gsize classes = (gsize)gen_trainer_classes (trainer);
  const float *shares;

  *label = batch->labels != NULL ? ((const gint64 *)gen_feed_data (batch->labels))[i] : -1;
  if (batch->shares == NULL)
    return TRUE;
  shares = (const float *)gen_feed_data (batch->shares) + i * classes;
  for (gsize k = 0; k < classes; k++)
    if (shares[k] == 1)
      *label = (gint64)k;
  return *label >= 0;
}

static void
see_all (GenTrainer *trainer, const GenTrainerBatch *batch, gsize n)
{
  const gsize size = gen_trainer_sample_size (trainer);
  const float *samples = gen_feed_data (batch->samples);
  gint64 label;

  for (gsize i = 0; i < n; i++)
    if (read_class (trainer, batch, i, &label))
      gen_sample_memory_see (trainer->memory, samples + i * size, label);
}

/* --- of several members --- */

/* The class of each of `n` samples that has a claim. */
static void
find_claims (GenTrainer *trainer, const GenTrainerBatch *batch, gsize n, gint64 *labels)
{
  const gsize size = gen_trainer_sample_size (trainer);
  const float *samples = gen_feed_data (batch->samples);

  for (gsize i = 0; i < n; i++)
    if (!read_class (trainer, batch, i, &labels[i]) ||
        !gen_sample_memory_wants (trainer->memory, samples + i * size, labels[i]))
      labels[i] = NO_CLAIM;
}

/* The most that one of `members` has. */
static gsize
count_most (const gint64 *labels, gsize members, gsize n)
{
  gsize most = 0;

  for (gsize m = 0; m < members; m++) {
    gsize claims = 0;

    for (gsize i = 0; i < n; i++)
      claims += labels[m * n + i] != NO_CLAIM;
    most = MAX (most, claims);
  }
  return most;
}

/* The place of the next sample from `i` on that has a claim; any where there is none. */
static gsize
find_claim (const gint64 *labels, gsize n, gsize i)
{
  while (i < n && labels[i] == NO_CLAIM)
    i++;
  return MIN (i, n - 1);
}

/* The samples of all members that have a claim: the first of each, the second of each, and so on,
 * up to `most`, each by itself, since together they may be more than is exchanged at once. */
static gboolean
gather (GenTrainer *trainer, const float *samples, const gint64 *mine, gsize n, gsize most,
    GError **error)
{
  const gsize members = gen_exchange_size (trainer->settings.exchange);
  const gsize size = gen_trainer_sample_size (trainer);
  gsize i = 0;

  g_array_set_size (trainer->claimed, (guint)(members * most));
  for (gsize k = 0; k < most; k++, i++) {
    float *rows = (float *)(void *)trainer->claimed->data + k * members * size;

    i = find_claim (mine, n, i);
    if (!gen_exchange_gather (
            trainer->settings.exchange, samples + i * size, size * sizeof *rows, rows, error))
      return FALSE;
  }
  return TRUE;
}

/* What member `member` has told of its `n` samples. */
static void
see_claims (GenTrainer *trainer, const gint64 *labels, gsize n, gsize member)
{
  const gsize members = gen_exchange_size (trainer->settings.exchange);
  const gsize size = gen_trainer_sample_size (trainer);
  const float *row = (const float *)(void *)trainer->claimed->data + member * size;

  for (gsize i = 0; i < n; i++)
    if (labels[i] != NO_CLAIM) {
      gen_sample_memory_see (trainer->memory, row, labels[i]);
      row += members * size;
    }
}

static gboolean
see_of_all (GenTrainer *trainer, const GenTrainerBatch *batch, gsize n, GError **error)
{
  GenExchange *exchange = trainer->settings.exchange;
  const gsize members = gen_exchange_size (exchange);
  gint64 *mine, *labels;
  gsize most;

  g_array_set_size (trainer->claims, (guint)((members + 1) * n));
  mine = (gint64 *)(void *)trainer->claims->data;
  labels = mine + n;
  find_claims (trainer, batch, n, mine);
  if (!gen_exchange_gather (exchange, mine, n * sizeof *mine, labels, error))
    return FALSE;
  most = count_most (labels, members, n);
  if (most == 0)
    return TRUE;
  if (!gather (trainer, gen_feed_data (batch->samples), mine, n, most, error))
    return FALSE;
  for (gsize m = 0; m < members; m++)
    see_claims (trainer, labels + m * n, n, m);
  return TRUE;
}

gboolean
gen_trainer_remember (GenTrainer *trainer, const GenTrainerBatch *batch, gsize n, GError **error)
{
  if (trainer->memory == NULL)
    return TRUE;
  if (trainer->settings.exchange != NULL)
    return see_of_all (trainer, batch, n, error);
  see_all (trainer, batch, n);
  return TRUE;
}
