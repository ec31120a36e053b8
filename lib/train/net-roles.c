/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What nets are for, in the order in which their settings are told. */
#include <generative/recipe.h>

const GenNetRole gen_net_role_generator = {
  .name = "generator",
  .description = "from latents, or samples of another kind, to pictures or sounds",
};
const GenNetRole gen_net_role_discriminator = {
  .name = "discriminator",
  .description = "from pictures or sounds to scores",
};
const GenNetRole gen_net_role_encoder = {
  .name = "encoder",
  .description = "from pictures or sounds to latents",
};
const GenNetRole gen_net_role_decoder = {
  .name = "decoder",
  .description = "from latents back to pictures or sounds",
};
const GenNetRole gen_net_role_denoiser = {
  .name = "denoiser",
  .description = "from a noisy picture or sound and how noisy it is to what is noise in it",
};
const GenNetRole gen_net_role_classifier = {
  .name = "classifier",
  .description = "from pictures or sounds to one score for each class",
};
const GenNetRole gen_net_role_restorer = {
  .name = "restorer",
  .description = "from degraded pictures or sounds to what they were",
};
const GenNetRole gen_net_role_interpolator = {
  .name = "interpolator",
  .description = "from two frames of a film to the one between them",
};
const GenNetRole gen_net_role_back_generator = {
  .name = "back-generator",
  .description = "from what the generator makes back to what it makes it of",
};
const GenNetRole gen_net_role_back_discriminator = {
  .name = "back-discriminator",
  .description = "from what the back-generator makes to scores",
};
const GenNetRole gen_net_role_student = {
  .name = "student",
  .description = "from what the teacher takes to what it makes",
};
const GenNetRole gen_net_role_quantizer = {
  .name = "quantizer",
  .description = "from vectors of an encoder to the nearest ones of a codebook, and their numbers",
};
const GenNetRole gen_net_role_predictor = {
  .name = "predictor",
  .description = "from codes to scores of those that may come next",
};

const GenNetRole *const *
gen_net_role_list (void)
{
  static const GenNetRole *const list[GEN_NET_ROLES + 1] = {
    &gen_net_role_generator,
    &gen_net_role_discriminator,
    &gen_net_role_encoder,
    &gen_net_role_decoder,
    &gen_net_role_denoiser,
    &gen_net_role_classifier,
    &gen_net_role_restorer,
    &gen_net_role_interpolator,
    &gen_net_role_back_generator,
    &gen_net_role_back_discriminator,
    &gen_net_role_student,
    &gen_net_role_quantizer,
    &gen_net_role_predictor,
    NULL,
  };

  return list;
}
