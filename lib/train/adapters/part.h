/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A layer's difference in the graph of a step. */
#pragma once

#include <generative/adapter.h>

#include "../../model/adapted-layers.h"

typedef enum {
  GEN_PART_DOWN,
  GEN_PART_UP,
  GEN_PART_RANKS,
  GEN_PART_TENSORS,
} GenPartTensor;

struct _GenAdapterPart {
  const char *name; /* of the state that its `down` is, after which others are named */
  GenAdaptedLayer layer;
  gint64 rank;
  /* As they are in the step by now (RANKS is NULL where there are none), and what changes them.
   * `next` is what they have become, and `choose` may put others in its place. */
  GenTensor *now[GEN_PART_TENSORS], *gradients[GEN_PART_TENSORS], *next[GEN_PART_TENSORS];
};

/* `tensor`, of the shape of `down` or `up`, as [groups, rank, n], or [groups, n, rank], which
 * `*behind` then says. */
GenTensor *gen_adapter_part_matrix (GenGraph *graph, const GenAdapterPart *part,
    GenPartTensor which, GenTensor *tensor, gboolean *behind, GError **error);
