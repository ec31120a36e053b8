/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How important weights are: the recipe's own step, of batches of one sample, in which nets are as
 * they play and nothing is changed but sums of squares. */
#include "trainer-private.h"

#include <string.h>

#include <generative/parameters.h>

/* What is minimised because of the samples, as the recipe has it at the moment. */
static GenTrainerSettings
settle (const GenTrainerSettings *settings)
{
  GenTrainerSettings plain = *settings;

  plain.batch_size = 1;
  plain.precision = GEN_PRECISION_FLOAT32;
  plain.clip_norm = 0;
  plain.accumulate = 1;
  plain.discriminator_steps = 1;
  plain.r1 = plain.r2 = plain.gradient_penalty = 0;
  plain.penalty_interval = 1;
  plain.spectral_norm = FALSE;
  plain.instance_noise = plain.augment_probability = plain.augment_target = 0;
  plain.label_smoothing = 0;
  plain.attack = &gen_attack_none;
  plain.codebook_decay = 0;
  plain.trainable = NULL;
  plain.adapter = &gen_adapter_none;
  plain.retention = &gen_retention_none;
  plain.importance = NULL;
  return plain;
}

/* The nets as they are now, as those of the step's graph. (transfer full) */
static gboolean
build (GenTrainer *trainer, const GenTrainerSettings *plain, GenStepGraph *built, GError **error)
{
  GenGraph *nets[GEN_RECIPE_MAX_NETS] = { NULL };
  gboolean done;

  for (guint i = 0; i < trainer->training.n_nets; i++)
    nets[i] = gen_trainer_export (trainer, i, FALSE);
  done = gen_step_graph_build (built, GEN_STEP_WEIGHS, nets, plain, error);
  for (guint i = 0; i < trainer->training.n_nets; i++)
    gen_graph_unref (nets[i]);
  return done;
}

static void
bind (GenTrainer *trainer, const GenStepGraph *built, GenPlan *plan, const float *sample,
    const gint64 *label)
{
  const gsize size = gen_trainer_sample_size (trainer) * sizeof (float);

  if (built->samples >= 0)
    memcpy (gen_plan_input (plan, (guint)built->samples)->data, sample, size);
  if (built->labels >= 0)
    *(gint64 *)gen_plan_input (plan, (guint)built->labels)->data = label != NULL ? *label : 0;
  if (built->shares >= 0)
    gen_trainer_bind_classes (built, plan, label, 1);
}

/* The states of other things than weights are those of the training: averages, and how many steps
 * were made. */
static void
take_states (GenTrainer *trainer, GenPlan *plan)
{
  for (guint i = 0; i < trainer->states->len; i++) {
    const GenBinding *from = gen_trainer_state (trainer, i);
    const GenBinding *to = gen_plan_find (plan, from->name);

    if (to != NULL &&
        (g_str_has_prefix (from->name, "average.") || strcmp (from->name, GEN_STEP_COUNT) == 0))
      memcpy (to->data, from->data, from->size);
  }
  gen_plan_states_changed (plan);
}

static void
note (GenTrainer *trainer, guint net, GenPlan *plan, gsize n, GenImportance *importance)
{
  const char *role = trainer->settings.recipe->nets[net].role->name;
  g_autoptr (GenGraph) graph = gen_trainer_export (trainer, net, FALSE);
  g_autoptr (GArray) list = gen_parameters_list (graph, role, NULL);

  for (guint i = 0; i < list->len; i++) {
    const GenParameter *parameter = &g_array_index (list, GenParameter, i);
    const GenTensor *weight = parameter->tensor;
    const gsize size = gen_tensor_size (weight);
    g_autofree char *name = g_strconcat (role, ".", weight->name, NULL);
    g_autofree char *squares = g_strconcat (GEN_STEP_SQUARES, name, NULL);
    const GenBinding *sum = gen_plan_find (plan, squares);
    float *mean;

    if (parameter->statistic)
      continue;
    mean = g_malloc0 (size);
    for (gsize k = 0; sum != NULL && k < size / sizeof *mean; k++)
      mean[k] = ((const float *)sum->data)[k] / (float)n;
    gen_importance_set (importance, name, &weight->shape, g_bytes_new_take (mean, size),
        g_bytes_new (gen_tensor_constant (weight), size));
  }
}

GenImportance *
gen_trainer_measure_importance (
    GenTrainer *trainer, const float *samples, const gint64 *labels, gsize n, GError **error)
{
  const GenTrainerSettings plain = settle (&trainer->settings);
  const gsize size = gen_trainer_sample_size (trainer);
  GenPlanOptions options = gen_trainer_plan_options (&plain);
  g_autoptr (GenImportance) importance = gen_importance_new ();
  g_autoptr (GenPlan) plan = NULL;
  GenStepGraph built;
  gboolean done;

  if (!gen_trainer_fetch_states (trainer, error))
    return NULL;
  options.seed = plain.seed;
  options.precision = plain.precision;
  done = build (trainer, &plain, &built, error);
  if (done)
    done = (plan = gen_plan_new (built.graph, &options, error)) != NULL;
  if (done)
    take_states (trainer, plan);
  for (gsize i = 0; i < n && done; i++) {
    bind (trainer, &built, plan, samples + i * size, labels != NULL ? &labels[i] : NULL);
    gen_plan_set_draw (plan, i);
    if (trainer->stop != NULL && g_atomic_int_get (trainer->stop) != 0) {
      g_set_error_literal (
          error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_STOPPED, "training was stopped");
      done = FALSE;
    } else {
      done = gen_plan_run (plan, error);
    }
  }
  done = done && gen_plan_fetch_states (plan, error);
  for (guint i = 0; done && i < trainer->training.n_nets; i++)
    note (trainer, i, plan, n, importance);
  gen_step_graph_clear (&built);
  return done ? g_steal_pointer (&importance) : NULL;
}
