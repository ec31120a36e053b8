/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What TensorBoard is told of a training. */
#include <generative/training-log.h>

#include <stdio.h>

#include <generative/event-file.h>

#define RUN "run-%" G_GUINT64_FORMAT

struct _GenTrainingLog {
  GenEventFile *events;
  GenTrainer *trainer;
};

/* The greatest number of a run in `folder`; 0 where there is none. */
static guint64
last_run (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *entry;
  guint64 last = 0;

  while (dir != NULL && (entry = g_dir_read_name (dir)) != NULL) {
    guint64 number;

    if (sscanf (entry, "run-%" G_GINT64_MODIFIER "u", &number) == 1)
      last = MAX (last, number);
  }
  return last;
}

/* Where a training's curves go. One that is begun gets a folder of its own: TensorBoard drops
 * whatever a folder has of the steps that are made anew. One that goes on gets its last folder,
 * which before there were runs was `folder` itself. (transfer full) */
static char *
run_folder (const char *folder, gboolean begun)
{
  guint64 run = last_run (folder) + (begun ? 1 : 0);
  g_autofree char *name = g_strdup_printf (RUN, run);

  return run == 0 ? g_strdup (folder) : g_build_filename (folder, name, NULL);
}

/* The curves that the table of runs shows, ended by NULL: how good it was, and the losses. */
static GPtrArray *
list_compared (const GenRecipe *recipe, gboolean attacks)
{
  GPtrArray *curves = g_ptr_array_new ();

  if (recipe->made_of == GEN_MADE_OF_LATENTS || recipe->compared != NULL)
    g_ptr_array_add (curves, (gpointer) "validation/frechet");
  for (guint i = 0; i < recipe->n_figures; i++) {
    const GenRecipeFigure *figure = &recipe->figures[i];

    if (figure->attacked && !attacks)
      continue;
    if (recipe->made_of != GEN_MADE_OF_LATENTS && figure->validation_curve != NULL)
      g_ptr_array_add (curves, (gpointer)figure->validation_curve);
    if (figure->figure.curve != NULL && g_str_has_prefix (figure->figure.curve, "loss/"))
      g_ptr_array_add (curves, (gpointer)figure->figure.curve);
  }
  g_ptr_array_add (curves, NULL);
  return curves;
}

GenTrainingLog *
gen_training_log_new (const char *folder, GenTrainer *trainer, GVariant *settings, GError **error)
{
  const GenRecipe *recipe = gen_trainer_settings (trainer)->recipe;
  g_autoptr (GenTrainingLog) log = g_new0 (GenTrainingLog, 1);
  guint64 step = gen_trainer_steps (trainer);
  g_autofree char *run = run_folder (folder, step == 0);
  const gboolean attacks = gen_trainer_settings (trainer)->attack != &gen_attack_none;
  g_autoptr (GPtrArray) compared = list_compared (recipe, attacks);
  g_autoptr (GVariant) described = g_variant_ref_sink (settings);

  log->trainer = trainer;
  log->events = gen_event_file_new (run, step, error);
  if (log->events == NULL ||
      !gen_event_file_hparams (log->events, described, (const char *const *)compared->pdata, error))
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
gen_training_log_figures (GenTrainingLog *log, const GenFigures *figures, GError **error)
{
  const gint64 step = (gint64)gen_trainer_steps (log->trainer);

  for (guint i = 0; i < figures->n; i++)
    if (figures->figures[i].curve != NULL && !isnan (figures->values[i]) &&
        !gen_event_file_scalar (
            log->events, step, figures->figures[i].curve, figures->values[i], error))
      return FALSE;
  return TRUE;
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
gen_training_log_sounds (GenTrainingLog *log, const GenSample *sounds, guint n, GError **error)
{
  const guint64 step = gen_trainer_steps (log->trainer);

  for (guint i = 0; i < n; i++) {
    g_autofree char *tag = g_strdup_printf ("generated/%u", i + 1);

    if (!gen_event_file_sound (log->events, (gint64)step, tag, &sounds[i].sound, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
gen_training_log_end (GenTrainingLog *log, gboolean success, GError **error)
{
  return gen_event_file_end (log->events, success, error);
}
