/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of attacks, each a file in attacks/, and what they have in common: a step goes up the
 * gradient, back to within epsilon of the sample, and back to what a sample may be. */
#include <generative/attack.h>

#include <math.h>

#include <generative/trainer.h>

#include "../base/family.h"

/* Steps together reach further than epsilon, so that one that turns can still arrive (Madry et
 * al.). */
#define REACH 2.5

const GenAttack gen_attack_none = {
  .name = "none",
  .description = "Samples as they are",
};

const GenAttack *const *
gen_attack_list (void)
{
  static const GenAttack *const list[] = {
    &gen_attack_none,
    &gen_attack_fgsm,
    &gen_attack_fgm,
    &gen_attack_pgd,
    &gen_attack_pgd_l2,
    NULL,
  };

  return list;
}

const GenAttack *
gen_attack_find (const char *name, GError **error)
{
  return GEN_FAMILY_FIND (
      gen_attack_list (), name, "attack", GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING, error);
}

/* --- settings --- */

static gboolean
check_length (const char *name, double value, GError **error)
{
  if (isfinite (value) && value >= 0)
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "%s is %g, and should be a length, 0 or more", name, value);
  return FALSE;
}

gboolean
gen_attack_settings_check (const GenAttackSettings *settings, GError **error)
{
  if (!check_length ("epsilon", settings->epsilon, error) ||
      !check_length ("step-size", settings->step_size, error))
    return FALSE;
  if (settings->steps >= 1 && settings->steps <= GEN_ATTACK_MAX_STEPS)
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "steps is %d, and should be from 1 to %d", settings->steps, GEN_ATTACK_MAX_STEPS);
  return FALSE;
}

int
gen_attack_steps (const GenAttack *attack, const GenAttackSettings *settings)
{
  return attack->once ? 1 : settings->steps;
}

double
gen_attack_step_size (const GenAttack *attack, const GenAttackSettings *settings)
{
  if (attack->once)
    return settings->epsilon;
  return settings->step_size > 0 ? settings->step_size
                                 : REACH * settings->epsilon / settings->steps;
}

/* --- pieces of a graph --- */

/* Back to what a sample may be: within the range, or where it was beyond it. */
static GenTensor *
bound (
    GenGraph *graph, GenTensor *x, GenTensor *samples, const GenAttackRange *range, GError **error)
{
  GenTensor *low, *high;

  if (range == NULL || x == NULL)
    return x;
  low = gen_binary (graph, "Min", samples, gen_graph_float (graph, range->low), error);
  high = gen_binary (graph, "Max", samples, gen_graph_float (graph, range->high), error);
  x = gen_binary (graph, "Max", x, low, error);
  return gen_binary (graph, "Min", x, high, error);
}

GenTensor *
gen_attack_begin (const GenAttack *attack, GenGraph *graph, GenTensor *samples, GenTensor *epsilon,
    const GenAttackRange *range, GError **error)
{
  GenTensor *change;

  /* A tensor of its own: what a net is to make may be the samples, too, and stays. */
  if (attack->once)
    return gen_unary (graph, "StopGradient", samples, error);
  change = attack->draw (graph, samples, epsilon, error);
  change = gen_binary (graph, "Add", samples, change, error);
  return bound (graph, change, samples, range, error);
}

static GenTensor *
differentiate (GenGraph *graph, GenTensor *loss, GenTensor *current, GError **error)
{
  GenTensor *gradient;

  if (!gen_graph_gradients (graph, loss, &current, 1, &gradient, error))
    return NULL;
  if (gradient == NULL)
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_NO_GRADIENT,
        "no gradient comes from what the net makes back to what it takes");
  return gradient;
}

GenTensor *
gen_attack_advance (const GenAttack *attack, GenGraph *graph, GenTensor *samples,
    GenTensor *current, GenTensor *loss, GenTensor *epsilon, GenTensor *length,
    const GenAttackRange *range, GError **error)
{
  GenTensor *step = differentiate (graph, loss, current, error), *change;

  if (step == NULL)
    return NULL;
  step = gen_binary (graph, "Mul", attack->ascend (graph, step, error), length, error);
  change =
      gen_binary (graph, "Sub", gen_binary (graph, "Add", current, step, error), samples, error);
  change = attack->project (graph, change, epsilon, error);
  change = gen_binary (graph, "Add", samples, change, error);
  return bound (graph, change, samples, range, error);
}

GenTensor *
gen_attack_append (const GenAttack *attack, const GenAttackSettings *settings,
    const GenAttackRange *range, GenGraph *graph, GenTensor *samples, GenAttackLoss loss,
    gpointer user_data, GError **error)
{
  GenTensor *epsilon = gen_graph_float (graph, (float)settings->epsilon);
  GenTensor *length = gen_graph_float (graph, (float)gen_attack_step_size (attack, settings));
  const int steps = gen_attack_steps (attack, settings);
  GenTensor *current = gen_attack_begin (attack, graph, samples, epsilon, range, error);

  for (int i = 0; i < steps && current != NULL; i++) {
    GenTensor *of_step = loss (graph, current, user_data, error);

    if (of_step == NULL)
      return NULL;
    current = gen_attack_advance (
        attack, graph, samples, current, of_step, epsilon, length, range, error);
    current = current != NULL ? gen_unary (graph, "StopGradient", current, error) : NULL;
  }
  return current;
}
