/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What LossScale takes and gives, for its halves. */
#pragma once

#include <generative/operator.h>

#include "../../private-api.h"

enum {
  GEN_LOSS_SCALE_SCALE,   /* float32: what the loss was multiplied by */
  GEN_LOSS_SCALE_GOOD,    /* int64: good steps in a row since the scale has changed */
  GEN_LOSS_SCALE_UPDATES, /* int64: good steps in all */
  GEN_LOSS_SCALE_CHECKED, /* the first of what must be finite */
};
enum {
  GEN_LOSS_SCALE_FACTOR, /* float32: what gradients are to be multiplied by; 0: not finite */
  GEN_LOSS_SCALE_NEXT,   /* the first of the new values of inputs 0 to 2 */
};

typedef struct {
  float growth, backoff;
  gint64 interval; /* good steps until the scale grows */
} GenLossScale;

GEN_PRIVATE_API void gen_loss_scale_init (GenLossScale *settings, const GenNode *node);
