/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy.h"

#include "../../base/family.h"
#include "../picture/picture.h"

/* What is drawn that is no transform's: whether and which. The number is the step's. */
#define STREAM "augment-policy"

G_DEFINE_QUARK (gen_augment_policy_error, gen_augment_policy_error)

const GenAugmentProgram *const *
gen_augment_program_list (void)
{
  static const GenAugmentProgram *const list[] = {
    &gen_augment_program_autoaugment,
    &gen_augment_program_autoaugment_cifar10,
    &gen_augment_program_autoaugment_svhn,
    &gen_augment_program_randaugment,
    &gen_augment_program_trivialaugment,
    &gen_augment_program_augmix,
    NULL,
  };

  return list;
}

GenAugmentPolicy *
gen_augment_policy_new (void)
{
  GenAugmentPolicy *policy = g_new0 (GenAugmentPolicy, 1);

  g_atomic_ref_count_init (&policy->references);
  policy->steps = g_array_new (FALSE, FALSE, sizeof (GenPolicyStep));
  return policy;
}

GenAugmentPolicy *
gen_augment_policy_ref (GenAugmentPolicy *policy)
{
  g_atomic_ref_count_inc (&policy->references);
  return policy;
}

void
gen_augment_policy_unref (GenAugmentPolicy *policy)
{
  if (policy == NULL || !g_atomic_ref_count_dec (&policy->references))
    return;
  g_array_unref (policy->steps);
  g_free (policy);
}

GenAugmentPolicy *
gen_augment_policy_load (const char *name, GError **error)
{
  const GenAugmentProgram *const *list = gen_augment_program_list ();

  for (int i = 0; list[i] != NULL; i++)
    if (g_str_equal (list[i]->name, name)) {
      GenPolicyStep step = { .kind = GEN_POLICY_PROGRAM, .probability = 1, .program = list[i] };
      GenAugmentPolicy *policy = gen_augment_policy_new ();

      for (int p = 0; p < GEN_AUGMENT_PROGRAM_PARAMETERS; p++)
        step.settings[p] = list[i]->parameters[p].standard;
      g_array_append_val (policy->steps, step);
      return policy;
    }
  if (!g_file_test (name, G_FILE_TEST_EXISTS)) {
    g_autofree char *names = GEN_FAMILY_NAMES (list);

    g_set_error (error, GEN_AUGMENT_POLICY_ERROR, GEN_AUGMENT_POLICY_ERROR_INVALID,
        "there is no file \"%s\"; it should be one of steps, or the name of a policy: %s", name,
        names);
    return NULL;
  }
  return gen_augment_policy_load_file (name, error);
}

static void
draw_step (const GenAugmentPolicy *policy, guint index, GenAugmentPictureDraw *draw)
{
  const GenPolicyStep *step = &g_array_index (policy->steps, GenPolicyStep, index);
  const guint64 instance = index + 1;
  GenRandom random, program;
  float numbers[2];

  if (step->kind == GEN_POLICY_TRANSFORM) {
    gen_augment_picture_take (
        draw, step->augmentation, step->amount, step->parameters, step->probability, instance);
    return;
  }
  random = gen_random_new (draw->seed, STREAM, instance);
  gen_random_uniform (&random, draw->number, 0, numbers, 2);
  if (numbers[0] >= step->probability)
    return;
  if (step->kind == GEN_POLICY_ONE_OF) {
    draw_step (policy, step->first_member + (guint)(numbers[1] * (float)step->n_members), draw);
    return;
  }
  program = gen_random_new (draw->seed, step->program->name, instance);
  step->program->draw (draw, &program, step->settings);
}

void
gen_augment_policy_draw (const GenAugmentPolicy *policy, GenAugmentPictureDraw *draw)
{
  for (guint i = 0; i < policy->steps->len; i++)
    if (!g_array_index (policy->steps, GenPolicyStep, i).is_member)
      draw_step (policy, i, draw);
}
