/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fast gradient method, which is that of signs in L2. */
#include "norms.h"

const GenAttack gen_attack_fgm = {
  .name = "fgm",
  .description = "One step along the gradient, epsilon long (fast gradient method, L2)",
  .norm = "l2",
  .once = TRUE,
  .reads = (const char *const[]){ "attack-epsilon", "attack-share", NULL },
  .ascend = gen_l2_ascend,
  .project = gen_l2_project,
  .draw = gen_l2_draw,
};
