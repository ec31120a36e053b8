/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attacked.h"

#include <math.h>

G_STATIC_ASSERT (G_STRUCT_OFFSET (GenAttack, name) == 0);

typedef struct {
  GenStep *step;
  GenAttackedLoss loss;
  gpointer data;
} Attacked;

gconstpointer
gen_attacked_find (const char *name, GError **error)
{
  return gen_attack_find (name, error);
}

gboolean
gen_attacked_is_on (const GenStep *step)
{
  return gen_step_settings (step)->attack != &gen_attack_none;
}

static GenTensor *
lose (GenGraph *graph, GenTensor *samples, gpointer user_data, GError **error)
{
  const Attacked *attacked = user_data;

  return attacked->loss (attacked->step, samples, attacked->data, error);
}

GenTensor *
gen_attacked_all (GenStep *step, GenTensor *samples, gboolean bounded, GenAttackedLoss loss,
    gpointer data, GError **error)
{
  const GenTrainerSettings *settings = gen_step_settings (step);
  Attacked attacked = { step, loss, data };
  GenAttackSettings attack;
  GenAttackRange range;
  double span;

  if (samples == NULL)
    return NULL;
  gen_step_range (step, &range.low, &range.high);
  span = (double)range.high - range.low;
  attack = (GenAttackSettings){ settings->attack_epsilon * span, settings->attack_step_size * span,
    settings->attack_steps };
  return gen_attack_append (settings->attack, &attack, bounded ? &range : NULL,
      gen_step_graph (step), samples, lose, &attacked, error);
}

/* The first ones of the batch: it has no order. */
static GenTensor *
choose (GenStep *step, GenTensor *changed, GenTensor *samples, GError **error)
{
  const gint64 batch = gen_step_batch (step);
  const gint64 n = MAX (1, (gint64)lround (gen_step_settings (step)->attack_share * (double)batch));
  GenShape shape = samples->shape;
  guint8 *are_attacked;

  if (n >= batch || changed == NULL)
    return changed;
  for (int i = 1; i < shape.rank; i++)
    shape.dims[i] = 1;
  are_attacked = g_new (guint8, batch);
  for (gint64 i = 0; i < batch; i++)
    are_attacked[i] = i < n;
  return gen_graph_op (gen_step_graph (step), "Where",
      (GenTensor *[]){ gen_graph_add_constant (gen_step_graph (step), NULL, GEN_TYPE_BOOL, &shape,
                           g_bytes_new_take (are_attacked, (gsize)batch)),
          changed, samples },
      3, 1, error, NULL);
}

GenTensor *
gen_attacked (GenStep *step, GenTensor *samples, gboolean bounded, GenAttackedLoss loss,
    gpointer data, GError **error)
{
  if (samples == NULL || !gen_attacked_is_on (step) || !gen_step_trains (step))
    return samples;
  return choose (
      step, gen_attacked_all (step, samples, bounded, loss, data, error), samples, error);
}

gboolean
gen_attacked_report (GenStep *step, GenTensor *samples, gboolean bounded, GenAttackedLoss loss,
    gpointer data, GError **error)
{
  if (!gen_attacked_is_on (step) || gen_step_trains (step))
    return TRUE;
  samples = gen_attacked_all (step, samples, bounded, loss, data, error);
  return samples != NULL &&
         gen_step_report (step, "robust-loss", loss (step, samples, data, error), GEN_REPORT_MEAN);
}
