/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fast gradient sign method: cheap, and weak against nets that bend within epsilon. */
#include "norms.h"

const GenAttack gen_attack_fgsm = {
  .name = "fgsm",
  .description = "One step, by epsilon for each number (fast gradient sign method, L-infinity)",
  .norm = "linf",
  .once = TRUE,
  .reads = (const char *const[]){ "attack-epsilon", "attack-share", NULL },
  .ascend = gen_linf_ascend,
  .project = gen_linf_project,
  .draw = gen_linf_draw,
};
