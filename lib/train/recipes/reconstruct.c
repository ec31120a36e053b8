/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reconstruct.h"

#include <string.h>

#include <generative/operator.h>

static const char *
name_of (const GenStep *step, guint net)
{
  return gen_step_settings (step)->recipe->nets[net].role->name;
}

static gboolean
check_made (GenStep *step, guint net, GenTensor *made, GError **error)
{
  const GenShape *wanted = &gen_step_samples (step)->shape;

  if (gen_shape_equal (&made->shape, wanted))
    return TRUE;
  g_autofree char *has = gen_shape_to_string (&made->shape);
  g_autofree char *wants = gen_shape_to_string (wanted);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the %s makes %s of samples of %s", name_of (step, net), has, wants);
  return FALSE;
}

/* What Sigmoid makes `made` of, where samples are from 0 to 1; else NULL. */
static GenTensor *
find_logits (const GenStep *step, GenTensor *made)
{
  float low, high;

  gen_step_range (step, &low, &high);
  if (low != 0 || high != 1 || made->producer == NULL || made->producer->op->domain != NULL ||
      strcmp (made->producer->op->name, "Sigmoid") != 0)
    return NULL;
  return gen_node_input (made->producer, 0);
}

GenTensor *
gen_step_reconstruct (GenStep *step, guint net, GenTensor *made, GError **error)
{
  const GenReconstruction *kind = gen_step_settings (step)->reconstruction;
  GenTensor *logits;
  float low, high;

  if (made == NULL || !check_made (step, net, made, error))
    return NULL;
  logits = find_logits (step, made);
  if (kind == &gen_reconstruction_auto)
    kind = logits != NULL ? &gen_reconstruction_cross_entropy : &gen_reconstruction_l2;
  if (kind->of_logits && logits == NULL) {
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
        "reconstruction=%s wants a %s that ends in Sigmoid, and samples from 0 to 1 "
        "(generative.input-range)",
        kind->name, name_of (step, net));
    return NULL;
  }
  made = gen_step_precise (step, kind->of_logits ? logits : made, error);
  gen_step_range (step, &low, &high);
  if (made == NULL)
    return NULL;
  return kind->loss (gen_step_graph (step), made, gen_step_samples (step), high - low, error);
}
