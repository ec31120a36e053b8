/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Projected gradient descent in L2. */
#include "norms.h"

const GenAttack gen_attack_pgd_l2 = {
  .name = "pgd-l2",
  .description = "Steps along the gradient from a random start (projected gradient descent, L2)",
  .norm = "l2",
  .reads = (const char *const[]){ "attack-epsilon", "attack-steps", "attack-step-size",
      "attack-share", NULL },
  .ascend = gen_l2_ascend,
  .project = gen_l2_project,
  .draw = gen_l2_draw,
};
