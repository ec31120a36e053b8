/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Projected gradient descent: FGSM in small steps, from a random place. */
#include "norms.h"

const GenAttack gen_attack_pgd = {
  .name = "pgd",
  .description = "Steps by the sign of the gradient from a random start (projected gradient "
                 "descent, L-infinity)",
  .norm = "linf",
  .reads = (const char *const[]){ "attack-epsilon", "attack-steps", "attack-step-size",
      "attack-share", NULL },
  .ascend = gen_linf_ascend,
  .project = gen_linf_project,
  .draw = gen_linf_draw,
};
