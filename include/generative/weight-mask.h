/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/graph.h>

G_BEGIN_DECLS

/**
 * GenWeightMask: which single weights become zero. The model stays as large as it was, dense, and
 * no faster here: it is for hardware and engines that pass over zeros, and for files that are
 * compressed. Since: 0.2
 */
typedef struct {
  const char *name;
  const char *summary; /* a sentence */
  gboolean fixed;      /* how many become zero is its own, and no ratio is asked for */
  /* Zero some of the weights of a layer: `outer` times `n` times `inner` of them, of which those
   * along `n` are read together. */
  void (*apply) (float *weights, gint64 outer, gint64 n, gint64 inner, double ratio);
} GenWeightMask;

/* The smallest of each layer. */
GEN_API extern const GenWeightMask gen_weight_mask_smallest;
/* The two smallest of each four inputs that follow each other, which sparse tensor cores take:
 * Mishra et al., "Accelerating sparse deep neural networks", 2021. */
GEN_API extern const GenWeightMask gen_weight_mask_two_of_four;

/* All of them, ended by NULL. */
GEN_API const GenWeightMask *const *gen_weight_mask_list (void);
/* The one of that name, or NULL with `error`, which lists them. */
GEN_API const GenWeightMask *gen_weight_mask_find (const char *name, GError **error);

/* A copy of `graph` whose layers' weights have zeros by `mask`; those of nodes that match one of
 * the patterns in `keep` (ended by NULL; may be NULL) stay. `ratio`, (0, 1), is the share of each
 * layer that becomes zero. `layers` gets a GenShrunkLayer (quantize.h) for each. (transfer full) */
GEN_API GenGraph *gen_weight_mask_apply (const GenGraph *graph, const GenWeightMask *mask,
    double ratio, const char *const *keep, GPtrArray *layers, GError **error);

G_END_DECLS
