/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lazy-penalty.h"

#include <string.h>

static gboolean
is_wanted (const GenTrainerSettings *settings)
{
  return settings->penalty_interval > 1 &&
         settings->r1 + settings->r2 + settings->gradient_penalty > 0;
}

static GenTrainerSettings
weigh (const GenTrainerSettings *settings, double factor)
{
  GenTrainerSettings weighed = *settings;

  weighed.r1 *= factor;
  weighed.r2 *= factor;
  weighed.gradient_penalty *= factor;
  return weighed;
}

GenTrainerSettings
gen_lazy_penalty_take_off (const GenTrainerSettings *settings)
{
  return weigh (settings, is_wanted (settings) ? 0 : 1);
}

gboolean
gen_lazy_penalty_init (GenLazyPenalty *penalty, GenGraph *const *nets,
    const GenTrainerSettings *settings, const GenPlanOptions *options, GError **error)
{
  const GenTrainerSettings paid = weigh (settings, settings->penalty_interval);

  *penalty = (GenLazyPenalty){ .interval = (guint64)settings->penalty_interval };
  if (!is_wanted (settings))
    return TRUE;
  if (!gen_step_graph_build (&penalty->built, GEN_STEP_TRAINS, nets, &paid, error))
    return FALSE;
  penalty->plan = gen_plan_new (penalty->built.graph, options, error);
  return penalty->plan != NULL;
}

void
gen_lazy_penalty_clear (GenLazyPenalty *penalty)
{
  g_clear_pointer (&penalty->plan, gen_plan_free);
  gen_step_graph_clear (&penalty->built);
}

gboolean
gen_lazy_penalty_is_due (const GenLazyPenalty *penalty, guint64 step)
{
  return penalty->plan != NULL && step % penalty->interval == 0;
}

static gboolean
copy_states (GenPlan *from, GenPlan *to, GError **error)
{
  if (!gen_plan_fetch_states (from, error))
    return FALSE;
  for (guint i = 0; i < gen_plan_n_states (from); i++) {
    const GenBinding *state = gen_plan_state (from, i);

    /* Penalties have none of their own. */
    memcpy (gen_plan_find (to, state->name)->data, state->data, state->size);
  }
  gen_plan_states_changed (to);
  return TRUE;
}

static void
bind_input (GenPlan *from, int number, GenPlan *to, int to_number)
{
  if (number >= 0)
    gen_plan_bind_input (to, (guint)to_number, gen_plan_input (from, (guint)number)->data);
}

gboolean
gen_lazy_penalty_borrow (
    GenLazyPenalty *penalty, GenPlan *plan, const GenStepGraph *built, GError **error)
{
  bind_input (plan, built->samples, penalty->plan, penalty->built.samples);
  bind_input (plan, built->labels, penalty->plan, penalty->built.labels);
  bind_input (plan, built->shares, penalty->plan, penalty->built.shares);
  bind_input (plan, built->rate, penalty->plan, penalty->built.rate);
  return copy_states (plan, penalty->plan, error);
}

gboolean
gen_lazy_penalty_give_back (GenLazyPenalty *penalty, GenPlan *plan, GError **error)
{
  return copy_states (penalty->plan, plan, error);
}
