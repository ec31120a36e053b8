/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Before each step all members say how they are: so all of them stop, end or fail together, behind
 * the same step, and none waits for numbers that will not come. */
#include "training-members.h"

#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "../exchange/exchange-private.h"

/* --- who they are --- */

gboolean
gen_training_leads (const GenTraining *training)
{
  return gen_exchange_rank (training->exchange) == 0;
}

guint
gen_training_processes (const GenTraining *training)
{
  if (training->exchange == NULL)
    return 1;
  return gen_exchange_size (training->exchange) / gen_exchange_members_here (training->exchange);
}

void
gen_training_follow (GenTraining *training)
{
  const GenTrainingCallbacks all = training->events.callbacks;

  training->events.callbacks = (GenTrainingCallbacks){ .stepped = all.stepped,
    .failed = all.failed,
    .fell_back = all.fell_back,
    .before_flag = all.before_flag,
    .behind_flag = all.behind_flag };
}

gboolean
gen_training_join (GenTraining *training, GError **error)
{
  GenTrainingSettings *settings = &training->settings;
  const GenExchangeEngine *engine = settings->exchange;

  if (engine == &gen_exchange_engine_auto)
    engine = gen_exchange_engine_wanted ();
  training->exchange = settings->trainer.exchange;
  if (training->exchange == NULL && engine != &gen_exchange_engine_none) {
    training->group = gen_exchange_group_new (engine, 0, error);
    if (training->group == NULL)
      return FALSE;
    if (gen_exchange_group_processes (training->group) > 1)
      training->exchange = gen_exchange_group_member (training->group, 0);
  }
  if (gen_exchange_size (training->exchange) == 1)
    training->exchange = NULL;
  settings->trainer.exchange = training->exchange;
  return TRUE;
}

gboolean
gen_training_agree (GenTraining *training, gboolean well, GError **error)
{
  if (training->exchange == NULL)
    return well;
  if (gen_exchange_agree (training->exchange, well, error))
    return TRUE;
  gen_training_part (training);
  return FALSE;
}

void
gen_training_part (GenTraining *training)
{
  if (training->exchange != NULL)
    gen_exchange_finish (training->exchange);
}

/* --- whether they begin alike --- */

/* FNV-1a, of words of eight bytes. */
static guint64
hash (guint64 sum, gconstpointer data, gsize size)
{
  const char *bytes = data;

  for (gsize i = 0; i < size; i += 8) {
    guint64 word = 0;

    memcpy (&word, bytes + i, MIN (size - i, 8));
    sum = (sum ^ word) * G_GUINT64_CONSTANT (0x100000001b3);
    sum ^= sum >> 32;
  }
  return sum;
}

typedef struct {
  guint64 settings, states, on_cpu;
} Beginning;

static Beginning
find_beginning (GenTraining *training)
{
  g_autoptr (GVariant) settings =
      g_variant_ref_sink (gen_training_settings_describe (&training->settings, TRUE));
  g_autofree char *text = g_variant_print (settings, TRUE);
  Beginning beginning = { .settings = hash (1, text, strlen (text)),
    .states = 1,
    .on_cpu = training->settings.trainer.device == &gen_device_cpu };

  for (guint i = 0; i < gen_trainer_n_states (training->trainer); i++) {
    const GenBinding *state = gen_trainer_state (training->trainer, i);

    beginning.states = hash (beginning.states, state->data, state->size);
  }
  return beginning;
}

static gboolean
check_beginning (GenTraining *training, GError **error)
{
  const Beginning mine = find_beginning (training);
  const guint n = gen_exchange_size (training->exchange);
  g_autofree Beginning *all = g_new (Beginning, n);
  const char *what;

  if (!gen_exchange_gather (training->exchange, &mine, sizeof mine, all, error))
    return FALSE;
  for (guint i = 1; i < n; i++) {
    if (memcmp (&all[0], &all[i], sizeof mine) == 0)
      continue;
    what =
        all[0].settings != all[i].settings ? "other settings"
        : all[0].on_cpu != all[i].on_cpu
            ? "another device, which rounds otherwise; device=cpu or cuda says where all are to be"
            : "other weights; the files that they read have to be the same";
    g_set_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING,
        "process %u of %u begins with %s", i, n, what);
    return FALSE;
  }
  return TRUE;
}

gboolean
gen_training_agree_on_beginning (GenTraining *training, gboolean made, GError **error)
{
  if (training->exchange == NULL || !gen_training_agree (training, made, error))
    return made && training->exchange == NULL;
  return gen_training_agree (training, check_beginning (training, error), error);
}

/* --- threads --- */

/* Cores that a process may run on, of a machine. */
typedef struct {
  char machine[64];
  cpu_set_t cores;
} Cores;

int
gen_training_threads (GenTraining *training)
{
  const int threads = training->settings.trainer.threads;
  const guint n = gen_exchange_size (training->exchange);
  g_autofree Cores *all = NULL;
  Cores mine;
  int alike = 0;

  if (training->exchange == NULL)
    return threads;
  memset (&mine, 0, sizeof mine);
  gethostname (mine.machine, sizeof mine.machine - 1);
  sched_getaffinity (0, sizeof mine.cores, &mine.cores);
  all = g_new0 (Cores, n);
  if (!gen_exchange_gather (training->exchange, &mine, sizeof mine, all, NULL) || threads > 0)
    return threads;
  for (guint i = 0; i < n; i++)
    alike += memcmp (&mine, &all[i], sizeof mine) == 0;
  return MAX (gen_cpu_count () / MAX (alike, 1), 1);
}

/* --- devices --- */

void
gen_training_join_devices (GenTraining *training)
{
  g_autoptr (GError) reason = NULL;

  if (training->exchange == NULL)
    return;
  if (gen_exchange_join_devices (training->exchange, training->settings.trainer.device, &reason))
    gen_training_tell (&training->events, "%u processes sum gradients on their GPUs, by NCCL",
        gen_exchange_size (training->exchange));
  else if (reason != NULL)
    gen_training_tell (&training->events,
        "gradients go through the memory of the CPU to be summed: %s", reason->message);
}

/* --- turns --- */

typedef struct {
  gboolean well, has_batch, stops;
  double rate;
} Word;

/* By itself. */
static GenTrainingTurn
decide (const Word *word)
{
  if (!word->well)
    return GEN_TURN_FAIL;
  if (word->stops)
    return GEN_TURN_STOP;
  return word->has_batch ? GEN_TURN_STEP : GEN_TURN_END;
}

/* Another one has failed. */
static void
tell_failure (GenTraining *training, guint member)
{
  g_autoptr (GError) error = g_error_new (GEN_EXCHANGE_ERROR, GEN_EXCHANGE_ERROR_MEMBER,
      "process %u of %u has failed", member, gen_exchange_size (training->exchange));

  gen_training_folder_tell_failure (&training->folder, error);
}

static GenTrainingTurn
decide_all (GenTraining *training, const Word *mine, const Word *all)
{
  const guint n = gen_exchange_size (training->exchange);
  Word together = *mine;

  for (guint i = 0; i < n; i++) {
    if (mine->well && together.well && !all[i].well)
      tell_failure (training, i);
    together.well = together.well && all[i].well;
    together.stops = together.stops || all[i].stops;
    together.has_batch = together.has_batch && all[i].has_batch;
  }
  gen_trainer_set_learning_rate (training->trainer, all[0].rate);
  if (together.stops && !mine->stops)
    gen_training_stop (training);
  return decide (&together);
}

GenTrainingTurn
gen_training_take_turn (GenTraining *training, gboolean well, gboolean has_batch)
{
  const Word mine = { .well = well,
    .has_batch = has_batch,
    .stops = gen_training_is_stopping (training),
    .rate = gen_trainer_get_learning_rate (training->trainer) };
  g_autofree Word *all = NULL;
  g_autoptr (GError) error = NULL;

  if (training->exchange == NULL)
    return decide (&mine);
  all = g_new (Word, gen_exchange_size (training->exchange));
  if (gen_exchange_gather (training->exchange, &mine, sizeof mine, all, &error))
    return decide_all (training, &mine, all);
  if (well)
    gen_training_folder_tell_failure (&training->folder, error);
  return GEN_TURN_FAIL;
}
