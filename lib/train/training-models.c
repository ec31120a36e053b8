/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The judgement of a training without one: the nets that a folder has, as they are, by samples to
 * test by. Nothing is trained, locked or written. */
#include "training-private.h"

#include "training-nets.h"

GenTraining *
gen_training_new_test (const GenTrainingSettings *settings, const GenTrainingCallbacks *callbacks,
    gpointer data, GError **error)
{
  g_autoptr (GenTraining) training = gen_training_new_empty (settings, callbacks, data);

  return gen_training_nets_resolve (&training->settings, &training->events, error)
             ? g_steal_pointer (&training)
             : NULL;
}

gboolean
gen_training_open_models (
    GenTraining *training, const char *folder, const GenFormat *format, GError **error)
{
  training->format = *format;
  training->trainer = gen_training_nets_load (
      &training->settings, &training->events, &training->format, folder, error);
  if (training->trainer == NULL)
    return FALSE;
  if (training->format.length == 0)
    training->format.length = gen_trainer_format (training->trainer).length;
  return TRUE;
}

gboolean
gen_training_test (GenTraining *training, guint64 step, GError **error)
{
  GenTrainingTested *tested = &training->test.last;
  g_autofree char *line = NULL;

  if (!gen_training_test_measure (&training->test, training->trainer, tested, error))
    return FALSE;
  if (!tested->measured)
    return TRUE;
  training->report.settings = &training->settings;
  training->report.events = &training->events;
  tested->step = step;
  gen_training_report_test (&training->report, &tested->figures, step, FALSE);
  line = gen_training_test_to_line (
      &training->test, training->settings.trainer.recipe, training->format.medium->plural);
  gen_training_tell (&training->events, "%s", line);
  return TRUE;
}
