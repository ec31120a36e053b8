/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Adapters (adapter.h) beside the layers of a net in a step. */
#pragma once

#include "adapters/part.h"
#include "step-graph.h"
#include "step-net.h"

/* The layers of `graph`, the recipe's net `net`, that have one by `settings`: GenAdaptedLayer; none
 * where there is no adapter, or none is meant. (transfer full) */
GArray *gen_step_adapter_layers (
    const GenGraph *graph, const GenRecipeNet *net, const GenTrainerSettings *settings);
/* The rank that a layer's has. */
gint64 gen_step_adapter_rank (const GenAdaptedLayer *layer, const GenTrainerSettings *settings);
/* How often the factor of a rank counts. */
double gen_step_adapter_rank_factor (const GenAdaptedLayer *layer);
/* How much differences count. */
double gen_step_adapter_scaling (const GenTrainerSettings *settings);
/* Whether the nets have what the settings of adapters are for. */
gboolean gen_step_adapter_check (
    GenGraph *const *nets, const GenTrainerSettings *settings, GError **error);

/* Put them beside the layers of `net`, whose weights these then are. */
gboolean gen_step_adapter_attach (
    GenStepNet *net, GArray *layers, const GenTrainerSettings *settings, GError **error);
/* `loss` and what is minimised besides where the weights of the `n` `nets` are. */
GenTensor *gen_step_adapter_penalise (
    GenStep *step, const guint *nets, guint n, GenTensor *loss, GError **error);
/* After the weights of `net` were changed by `gradients`, from `before`: which ranks stay. */
gboolean gen_step_adapter_choose (GenStep *step, GenStepNet *net, GPtrArray *before,
    GenTensor *const *gradients, GenTensor *count, GError **error);
