/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What TensorBoard is told of a training: one place for the names of its curves. */
#include <generative/training-log.h>

#include <generative/event-file.h>

struct _GenTrainingLog {
  GenEventFile *events;
  GenTrainer *trainer;
};

typedef struct {
  const char *tag;
  double value;
} Scalar;

static gboolean
add_scalars (GenTrainingLog *log, const Scalar *scalars, guint n, GError **error)
{
  for (guint i = 0; i < n; i++)
    if (!gen_event_file_scalar (
            log->events, gen_trainer_steps (log->trainer), scalars[i].tag, scalars[i].value, error))
      return FALSE;
  return TRUE;
}

GenTrainingLog *
gen_training_log_new (const char *folder, GenTrainer *trainer, GVariant *settings, GError **error)
{
  static const char *const compared[] = { "validation/frechet", "loss/discriminator",
    "loss/generator", NULL };
  g_autoptr (GenTrainingLog) log = g_new0 (GenTrainingLog, 1);

  log->trainer = trainer;
  log->events = gen_event_file_new (folder, gen_trainer_steps (trainer), error);
  if (log->events == NULL || !gen_event_file_hparams (log->events, settings, compared, error))
    return NULL;
  return g_steal_pointer (&log);
}

void
gen_training_log_free (GenTrainingLog *log)
{
  g_clear_pointer (&log->events, gen_event_file_free);
  g_free (log);
}

gboolean
gen_training_log_figures (
    GenTrainingLog *log, const GenTrainerFigures *figures, double steps_per_second, GError **error)
{
  const Scalar scalars[] = {
    { "loss/discriminator", figures->discriminator_loss },
    { "loss/generator", figures->generator_loss },
    { "accuracy/real", figures->accuracy_on_real },
    { "accuracy/fake", figures->accuracy_on_fake },
    { "speed/steps_per_second", steps_per_second },
  };

  const Scalar scales[] = {
    { "loss-scale/discriminator", figures->discriminator_scale },
    { "loss-scale/generator", figures->generator_scale },
    { "loss-scale/skipped_updates", figures->skipped },
  };

  return add_scalars (log, scalars, G_N_ELEMENTS (scalars), error) &&
         (figures->discriminator_scale == 0 ||
             add_scalars (log, scales, G_N_ELEMENTS (scales), error));
}

gboolean
gen_training_log_validation (
    GenTrainingLog *log, const GenValidationFigures *figures, GError **error)
{
  const Scalar scalars[] = {
    { "validation/frechet", figures->frechet },
    { "validation/diversity", figures->diversity },
    { "accuracy/validation", figures->accuracy_on_validation },
  };

  return add_scalars (log, scalars, G_N_ELEMENTS (scalars), error);
}

gboolean
gen_training_log_nets (GenTrainingLog *log, const GenPicture *wall, GError **error)
{
  guint64 step = gen_trainer_steps (log->trainer);

  if (!gen_trainer_fetch_states (log->trainer, error) ||
      !gen_event_file_picture (log->events, step, "generated", wall, error))
    return FALSE;
  for (guint i = 0; i < gen_trainer_n_weights (log->trainer); i++) {
    const GenBinding *weight = gen_trainer_weight (log->trainer, i);

    if (!gen_event_file_histogram (
            log->events, step, weight->name, weight->data, weight->size / sizeof (float), error))
      return FALSE;
  }
  return TRUE;
}

gboolean
gen_training_log_end (GenTrainingLog *log, gboolean success, GError **error)
{
  return gen_event_file_end (log->events, success, error);
}
