/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A loss in float16: scaled, so that its gradients do not vanish; steps whose gradients overflow
 * leave everything but the scale as it was (lib/ops/training/loss-scale.c). */
#pragma once

#include <generative/trainer.h>

/* Of a net, in the graph of a step. */
typedef struct {
  GenTensor *scale, *good, *updates; /* states: of LossScale */
  GenTensor *factor;                 /* of the gradients; NULL: the loss is not scaled */
  GenTensor *next;                   /* the scale of the next step */
} GenLossScaling;

/* The states of the net that `prefix` is of: each name is one of these and the prefix. */
#define GEN_LOSS_SCALING_SCALE "loss-scale."
#define GEN_LOSS_SCALING_GOOD "loss-scale-steps."
#define GEN_LOSS_SCALING_UPDATES "updates."

/* Scales that are tried: below, what overflows is not the scale's fault. */
#define GEN_LOSS_SCALING_FIRST 65536
#define GEN_LOSS_SCALING_LEAST 1

/* Whether losses are scaled: where a device computes in float16. */
gboolean gen_loss_scaling_wanted (const GenTrainerSettings *settings);
/* Whether a state of this name is of the scaling. */
gboolean gen_loss_scaling_is_state (const char *name);
/* The loss whose gradients are to be asked for. `loss` and the scale must be made of Precise. */
GenTensor *gen_loss_scaling_begin (
    GenLossScaling *scaling, GenGraph *graph, const char *net, GenTensor *loss, GError **error);
/* Look at these gradients (NULL: none) and the loss itself, and make the factor. */
gboolean gen_loss_scaling_end (GenLossScaling *scaling, GenGraph *graph, GenTensor *loss,
    GenTensor *const *gradients, guint n, GError **error);
/* The value that `state` is to have next: `next`, or its own where one of the factors is 0; `next`
 * where there is no factor. */
GenTensor *gen_loss_scaling_keep (GenGraph *graph, GenTensor *state, GenTensor *next,
    GenTensor *const factors[2], GError **error);
