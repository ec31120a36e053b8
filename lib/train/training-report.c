/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "training-report.h"

/* Microseconds between reports. */
#define REPORT_TIME G_TIME_SPAN_SECOND

/* --- the log --- */

/* The log is no reason to stop: where it cannot be written, a warning says so once. */
static void
give_log_up (GenTrainingReport *report, GenTrainingError code, const GError *error)
{
  gen_training_warn (report->events, code, "log-dir: %s", error->message);
  g_clear_pointer (&report->log, gen_training_log_free);
}

static void
log_figures (GenTrainingReport *report, const GenFigures *figures)
{
  g_autoptr (GError) error = NULL;

  if (report->log != NULL && !gen_training_log_figures (report->log, figures, &error))
    give_log_up (report, GEN_TRAINING_ERROR_WRITE, error);
}

void
gen_training_report_nets (GenTrainingReport *report, const GenPicture *wall, const GError *failure)
{
  g_autoptr (GError) error = NULL;

  if (report->log == NULL)
    return;
  if (failure != NULL)
    give_log_up (report, GEN_TRAINING_ERROR_WRITE, failure);
  else if (!gen_training_log_nets (report->log, wall, &error))
    give_log_up (report, GEN_TRAINING_ERROR_WRITE, error);
}

void
gen_training_report_sounds (
    GenTrainingReport *report, const GenSample *sounds, guint n, const GError *failure)
{
  g_autoptr (GError) error = NULL;

  if (report->log == NULL)
    return;
  if (failure != NULL)
    give_log_up (report, GEN_TRAINING_ERROR_WRITE, failure);
  else if (!gen_training_log_sounds (report->log, sounds, n, &error))
    give_log_up (report, GEN_TRAINING_ERROR_WRITE, error);
}

/* Whoever goes on with other settings may mean it, or have forgotten them. */
static void
warn_of_changes (const GenTrainingReport *report)
{
  const char *checkpoint = report->settings->checkpoint;
  g_autoptr (GVariant) settings =
      g_variant_ref_sink (gen_training_settings_describe (report->settings, TRUE));
  g_autofree char *changes = gen_checkpoint_changes (checkpoint, settings);

  if (changes != NULL)
    gen_training_warn (report->events, GEN_TRAINING_ERROR_SETTING,
        "resume: '%s' goes on with other settings: %s", checkpoint, changes);
}

void
gen_training_report_begin (GenTrainingReport *report, const GenTrainingSettings *settings,
    const GenTrainingEvents *events, GenTrainer *trainer)
{
  const guint64 step = gen_trainer_steps (trainer);
  const gint64 now = g_get_monotonic_time ();
  g_autofree char *folder = settings->log_dir != NULL
                                ? g_strdup (settings->log_dir)
                                : g_build_filename (settings->checkpoint, "logs", NULL);
  g_autoptr (GError) error = NULL;

  *report = (GenTrainingReport){ .settings = settings,
    .events = events,
    .trainer = trainer,
    .validated_step = G_MAXUINT64,
    .first_step = step,
    .reported_step = step,
    .start_time = now,
    .reported_time = now };
  if (settings->resume)
    warn_of_changes (report);
  report->log = gen_training_log_new (
      folder, trainer, gen_training_settings_describe (settings, FALSE), &error);
  if (report->log == NULL)
    give_log_up (report, GEN_TRAINING_ERROR_FOLDER, error);
}

void
gen_training_report_end (GenTrainingReport *report, gboolean done)
{
  g_autoptr (GError) error = NULL;

  if (report->log != NULL && !gen_training_log_end (report->log, done, &error))
    give_log_up (report, GEN_TRAINING_ERROR_WRITE, error);
  g_clear_pointer (&report->log, gen_training_log_free);
}

/* --- figures --- */

gboolean
gen_training_report_is_due (const GenTrainingReport *report)
{
  return g_get_monotonic_time () - report->reported_time >= REPORT_TIME;
}

#define COUNT(name)                                                                                \
  {                                                                                                \
    name, GEN_FIELD_COUNT, NULL, NULL                                                              \
  }
#define NUMBER(name)                                                                               \
  {                                                                                                \
    name, GEN_FIELD_NUMBER, NULL, NULL                                                             \
  }
#define ALWAYS -INFINITY

static const GenFigure progress_figures[] = {
  { COUNT ("step"), NULL, "step ", "", 0, ALWAYS },
  { COUNT ("epoch"), NULL, ", epoch ", "", 0, ALWAYS },
  { NUMBER (NULL), "speed/steps_per_second", ", ", " steps/s", 1, ALWAYS },
  { NUMBER ("samples-per-second"), NULL, NULL, NULL, 0, ALWAYS },
  { NUMBER ("discriminator-loss"), "loss/discriminator", ", loss D ", "", 3, ALWAYS },
  { NUMBER ("generator-loss"), "loss/generator", " G ", "", 3, ALWAYS },
  { NUMBER ("accuracy-on-real"), "accuracy/real", NULL, NULL, 0, ALWAYS },
  { NUMBER ("accuracy-on-fake"), "accuracy/fake", NULL, NULL, 0, ALWAYS },
  { NUMBER (NULL), NULL, ", Frechet ", "", 4, ALWAYS },
  { NUMBER (NULL), NULL, " (best ", "", 4, ALWAYS },
  { COUNT (NULL), NULL, " at step ", ")", 0, ALWAYS },
  { NUMBER ("discriminator-loss-scale"), "loss-scale/discriminator", NULL, NULL, 0, ALWAYS },
  { NUMBER ("generator-loss-scale"), "loss-scale/generator", NULL, NULL, 0, ALWAYS },
  { COUNT ("skipped-updates"), "loss-scale/skipped_updates", ", ", " updates skipped", 0, 1 },
  { NUMBER ("seconds-left"), NULL, ", ", " s left", 0, 0 },
};

/* A figure that is due, though it may be no number. */
static double
due (double value)
{
  return isnan (value) ? GEN_MISSING : value;
}

static double
due_where (gboolean there, double value)
{
  return there ? due (value) : NAN;
}

void
gen_training_report_progress (GenTrainingReport *report, const GenTrainerFigures *figures,
    const GenTrainingPlace *place, gboolean last)
{
  const gint64 now = g_get_monotonic_time ();
  const gint64 since = last ? report->start_time : report->reported_time;
  const guint64 step = gen_trainer_steps (report->trainer), end = place->last_step;
  const guint64 from = last ? report->first_step : report->reported_step;
  const guint64 epoch =
      place->epoch_length > 0 ? place->progress->samples / place->epoch_length : 0;
  const double rate = (double)(step - from) / ((double)MAX (now - since, 1) * 1e-6);
  const gboolean validated = report->validated_step != G_MAXUINT64;
  const gboolean scaled = figures->discriminator_scale > 0;
  const double left = end == 0 || rate == 0 ? -1
                      : last || end <= step ? 0
                                            : (double)(end - step) / rate;
  const double values[] = {
    (double)step,
    (double)epoch,
    rate,
    rate * report->settings->trainer.batch_size,
    due (figures->discriminator_loss),
    due (figures->generator_loss),
    figures->accuracy_on_real,
    figures->accuracy_on_fake,
    due_where (validated, report->validated.frechet),
    due_where (validated, place->progress->best),
    due_where (validated, (double)place->progress->best_step),
    due_where (scaled, figures->discriminator_scale),
    due_where (scaled, figures->generator_scale),
    due_where (scaled, (double)figures->skipped),
    left,
  };
  const GenFigures told = { progress_figures, values, G_N_ELEMENTS (values) };

  G_STATIC_ASSERT (G_N_ELEMENTS (values) == G_N_ELEMENTS (progress_figures));
  report->reported_step = step;
  report->reported_time = now;
  log_figures (report, &told);
  if (report->events->callbacks.progressed != NULL)
    report->events->callbacks.progressed (&told, last, report->events->data);
}

void
gen_training_report_validation (GenTrainingReport *report, gboolean best)
{
  const GenValidationFigures *validated = &report->validated;
  const GenFigure list[] = {
    { COUNT ("step"), NULL, NULL, NULL, 0, ALWAYS },
    { NUMBER ("frechet"), "validation/frechet", NULL, NULL, 0, ALWAYS },
    { { "features", GEN_FIELD_TEXT, validated->features, NULL }, NULL, NULL, NULL, 0, ALWAYS },
    { COUNT ("samples"), NULL, NULL, NULL, 0, ALWAYS },
    { NUMBER ("diversity"), "validation/diversity", NULL, NULL, 0, ALWAYS },
    { NUMBER ("accuracy-on-validation"), "accuracy/validation", NULL, NULL, 0, ALWAYS },
  };
  const double values[] = { (double)report->validated_step, due (validated->frechet), 0,
    (double)validated->samples, due (validated->diversity), validated->accuracy_on_validation };
  const GenFigures told = { list, values, G_N_ELEMENTS (values) };

  G_STATIC_ASSERT (G_N_ELEMENTS (values) == G_N_ELEMENTS (list));
  log_figures (report, &told);
  if (report->events->callbacks.validated != NULL)
    report->events->callbacks.validated (&told, best, report->events->data);
}
