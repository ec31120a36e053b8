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
    const GenObjective *objective, const GenTrainingEvents *events, GenTrainer *trainer)
{
  const guint64 step = gen_trainer_steps (trainer);
  const gint64 now = g_get_monotonic_time ();
  g_autofree char *folder = settings->log_dir != NULL
                                ? g_strdup (settings->log_dir)
                                : g_build_filename (settings->checkpoint, "logs", NULL);
  g_autoptr (GError) error = NULL;

  *report = (GenTrainingReport){ .settings = settings,
    .objective = objective,
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

/* TensorBoard's table knows the first end that a run tells of: one that may go on has none yet. */
void
gen_training_report_end (GenTrainingReport *report, GenTrainingOutcome outcome)
{
  const gboolean done = outcome == GEN_TRAINING_DONE || outcome == GEN_TRAINING_IDLE;
  g_autoptr (GError) error = NULL;

  if (report->log != NULL && outcome != GEN_TRAINING_STOPPED &&
      !gen_training_log_end (report->log, done, &error))
    give_log_up (report, GEN_TRAINING_ERROR_WRITE, error);
  g_clear_pointer (&report->log, gen_training_log_free);
}

/* --- figures --- */

void
gen_training_report_wait (GenTrainingReport *report, gint64 microseconds)
{
  report->waited += microseconds;
}

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
/* From how many percent of the time on it is worth a word that training waits for data. */
#define IDLE 3

/* Figures that are told, and their values. */
typedef struct {
  GArray *figures; /* GenFigure */
  GArray *values;  /* double */
} Told;

static Told
told_new (void)
{
  return (Told){ g_array_new (FALSE, FALSE, sizeof (GenFigure)),
    g_array_new (FALSE, FALSE, sizeof (double)) };
}

static void
told_clear (Told *told)
{
  g_array_unref (told->figures);
  g_array_unref (told->values);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Told, told_clear)

static GenFigures
told_all (const Told *told)
{
  return (GenFigures){ (const GenFigure *)(const void *)told->figures->data,
    (const double *)(const void *)told->values->data, told->values->len };
}

static void
tell (Told *told, const GenFigure *figure, double value)
{
  g_array_append_vals (told->figures, figure, 1);
  g_array_append_val (told->values, value);
}

/* A figure that is due, though it may be no number. */
static void
tell_due (Told *told, const GenFigure *figure, double value)
{
  tell (told, figure, isnan (value) ? GEN_MISSING : value);
}

static void
tell_recipe (Told *told, const GenRecipe *recipe, const GenTrainerFigures *figures)
{
  for (guint i = 0; i < recipe->n_figures; i++)
    if (!recipe->figures[i].attacked)
      tell_due (told, &recipe->figures[i].figure, figures->values[i]);
}

/* Shares of the validation's samples, such as an accuracy. */
static void
tell_validated_shares (Told *told, const GenTrainingReport *report, const GenRecipe *recipe)
{
  for (guint i = 0; i < recipe->n_figures; i++) {
    const GenRecipeFigure *figure = &recipe->figures[i];
    const double value = report->validated.values[i];

    if (figure->validation != NULL && figure->is_share && !isnan (value) &&
        (int)i != report->objective->figure)
      tell (told,
          &(GenFigure){ NUMBER (NULL), NULL, figure->figure.before, figure->figure.after,
              figure->figure.decimals, ALWAYS },
          value);
  }
}

/* The last validation, for the terminal. */
static void
tell_validated (Told *told, const GenTrainingReport *report, const GenTrainingProgress *progress)
{
  const GenRecipe *recipe = report->settings->trainer.recipe;
  const GenObjective *objective = report->objective;
  g_autofree char *before = g_str_equal (objective->name, "frechet")
                                ? g_strdup (", Frechet ")
                                : g_strdup_printf (", validation %s ", objective->name);

  if (report->validated_step == G_MAXUINT64)
    return;
  g_strdelimit (before, "-", ' ');
  tell_due (told, &(GenFigure){ NUMBER (NULL), NULL, g_intern_string (before), "", 4, ALWAYS },
      report->validated.best);
  tell_validated_shares (told, report, recipe);
  tell_due (told, &(GenFigure){ NUMBER (NULL), NULL, " (best ", "", 4, ALWAYS }, progress->best);
  tell (told, &(GenFigure){ COUNT (NULL), NULL, " at step ", ")", 0, ALWAYS },
      (double)progress->best_step);
}

static void
tell_scales (Told *told, const GenRecipe *recipe, const GenTrainerFigures *figures)
{
  gboolean scaled = FALSE;

  for (guint i = 0; recipe->nets[i].role != NULL; i++) {
    g_autofree char *name = g_strconcat (recipe->nets[i].role->name, "-loss-scale", NULL);
    g_autofree char *curve = g_strconcat ("loss-scale/", recipe->nets[i].role->name, NULL);

    if (figures->scales[i] == 0)
      continue;
    scaled = TRUE;
    tell_due (told,
        &(GenFigure){
            NUMBER (g_intern_string (name)), g_intern_string (curve), NULL, NULL, 0, ALWAYS },
        figures->scales[i]);
  }
  if (scaled)
    tell (told,
        &(GenFigure){ COUNT ("skipped-updates"), "loss-scale/skipped_updates", ", ",
            " updates skipped", 0, 1 },
        (double)figures->skipped);
}

void
gen_training_report_progress (GenTrainingReport *report, const GenTrainerFigures *figures,
    const GenTrainingPlace *place, gboolean last)
{
  const GenRecipe *recipe = report->settings->trainer.recipe;
  const gint64 now = g_get_monotonic_time ();
  const gint64 since = last ? report->start_time : report->reported_time;
  const guint64 step = gen_trainer_steps (report->trainer), end = place->last_step;
  const guint64 from = last ? report->first_step : report->reported_step;
  const guint64 epoch =
      place->epoch_length > 0 ? place->progress->samples / place->epoch_length : 0;
  const double microseconds = (double)MAX (now - since, 1);
  const double rate = (double)(step - from) / (microseconds * 1e-6);
  const gint64 waited = report->waited - (last ? 0 : report->reported_wait);
  const double left = end == 0 || rate == 0 ? -1
                      : last || end <= step ? 0
                                            : (double)(end - step) / rate;
  g_auto (Told) told = told_new ();
  GenFigures all;

  tell (&told, &(GenFigure){ COUNT ("step"), NULL, "step ", "", 0, ALWAYS }, (double)step);
  tell (&told, &(GenFigure){ COUNT ("epoch"), NULL, ", epoch ", "", 0, ALWAYS }, (double)epoch);
  tell (&told, &(GenFigure){ NUMBER (NULL), "speed/steps_per_second", ", ", " steps/s", 1, ALWAYS },
      rate);
  tell (&told, &(GenFigure){ NUMBER ("samples-per-second"), NULL, NULL, NULL, 0, ALWAYS },
      rate * report->settings->trainer.batch_size);
  tell (&told,
      &(GenFigure){ NUMBER ("idle-percent"), "speed/idle_percent", ", ", " % idle", 0, IDLE },
      100 * (double)waited / microseconds);
  tell (&told, &(GenFigure){ NUMBER ("learning-rate"), "learning-rate", NULL, NULL, 0, ALWAYS },
      gen_trainer_get_learning_rate (report->trainer));
  tell_recipe (&told, recipe, figures);
  tell_validated (&told, report, place->progress);
  tell_scales (&told, recipe, figures);
  tell (&told, &(GenFigure){ NUMBER ("seconds-left"), NULL, ", ", " s left", 0, 0 }, left);
  all = told_all (&told);
  report->reported_step = step;
  report->reported_time = now;
  report->reported_wait = report->waited;
  log_figures (report, &all);
  if (report->events->callbacks.progressed != NULL)
    report->events->callbacks.progressed (&all, last, report->events->data);
}

/* A name or curve of validation, as that of `part`. */
static const char *
name_of (const char *part, const char *validation)
{
  g_auto (GStrv) around = g_strsplit (validation, "validation", 2);
  g_autofree char *name = g_strjoinv (part, around);

  return g_intern_string (name);
}

static void
tell_comparison (Told *told, const char *part, const GenValidationFigures *figures)
{
  g_autofree char *curve = NULL;

  tell_due (told,
      &(GenFigure){
          NUMBER ("frechet"), name_of (part, "validation/frechet"), NULL, NULL, 0, ALWAYS },
      figures->frechet);
  tell (told,
      &(GenFigure){
          { "features", GEN_FIELD_TEXT, figures->features, NULL }, NULL, NULL, NULL, 0, ALWAYS },
      0);
  tell_due (told,
      &(GenFigure){
          NUMBER ("diversity"), name_of (part, "validation/diversity"), NULL, NULL, 0, ALWAYS },
      figures->diversity);
  if (figures->further == NULL)
    return;
  curve = g_strconcat ("validation/", figures->further, NULL);
  tell_due (told,
      &(GenFigure){ NUMBER (figures->further), name_of (part, curve), NULL, NULL, 0, ALWAYS },
      figures->further_figure);
}

/* Figures of samples that are not trained on: of "validation" or "test". */
static void
tell_held (Told *told, const GenRecipe *recipe, const char *part, guint64 step,
    const GenValidationFigures *figures)
{
  tell (told, &(GenFigure){ COUNT ("step"), NULL, NULL, NULL, 0, ALWAYS }, (double)step);
  tell (told, &(GenFigure){ COUNT ("samples"), NULL, NULL, NULL, 0, ALWAYS },
      (double)figures->samples);
  if (figures->compared)
    tell_comparison (told, part, figures);
  for (guint i = 0; i < recipe->n_figures; i++) {
    const GenRecipeFigure *figure = &recipe->figures[i];

    if (figure->validation != NULL && (!figure->attacked || !isnan (figures->values[i])))
      tell_due (told,
          &(GenFigure){ NUMBER (name_of (part, figure->validation)),
              name_of (part, figure->validation_curve), NULL, NULL, 0, ALWAYS },
          figures->values[i]);
  }
}

void
gen_training_report_validation (GenTrainingReport *report, gboolean best)
{
  g_auto (Told) told = told_new ();
  GenFigures all;

  tell_held (&told, report->settings->trainer.recipe, "validation", report->validated_step,
      &report->validated);
  all = told_all (&told);
  log_figures (report, &all);
  if (report->events->callbacks.validated != NULL)
    report->events->callbacks.validated (&all, best, report->events->data);
}

void
gen_training_report_test (
    GenTrainingReport *report, const GenValidationFigures *tested, guint64 step, gboolean best)
{
  g_auto (Told) told = told_new ();
  GenFigures all;

  tell_held (&told, report->settings->trainer.recipe, "test", step, tested);
  all = told_all (&told);
  if (!best)
    log_figures (report, &all); /* a curve has one point of each step */
  if (report->events->callbacks.tested != NULL)
    report->events->callbacks.tested (&all, best, report->events->data);
}
