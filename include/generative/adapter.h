/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/graph.h>

G_BEGIN_DECLS

/* What can be said of adapters. */
typedef struct {
  int rank;      /* of each difference: from 1. A layer whose matrix has fewer rows or columns has
                    as many */
  double alpha;  /* differences count alpha / rank times: >= 0; 0: once */
  char *target;  /* weights that have one, as in parameters.h; NULL: all for which one has fewer
                    numbers than they are, but those of nets that only score what others make */
  double budget; /* ranks that are left of each, on average: >= 0; 0: half of rank */
  guint64 warm_up, steps; /* after which the first are taken away, and only these are left */
  double orthogonality;   /* weight of how far factors are from orthogonal: >= 0 */
} GenAdapterSettings;

#define GEN_ADAPTER_DEFAULTS                                                                       \
  .rank = 4, .alpha = 0, .target = NULL, .budget = 0, .warm_up = 0, .steps = 0, .orthogonality = 0.1

typedef struct _GenAdapterPart GenAdapterPart; /* lib/train/adapters/part.h */

/**
 * GenAdapter: what is learned beside weights that stay as they are. A layer of weights W gets two
 * small weights, `down` and `up`, whose product is a difference of low rank, so that what it makes
 * is y + scaling * up (ranks * down (x)). A net that has them in a training is otherwise left
 * alone, its normalisations' statistics too, but for what `trainable` names.
 *
 * A member says how the two begin, and may have a factor for each rank, something that is small
 * when the loss is, and a say in which ranks stay. It is a file in lib/train/adapters, and a line
 * in the list. Since: 0.2
 */
typedef struct {
  const char *name;
  const char *description;
  gboolean adapts;    /* FALSE of the one that stands for none */
  gboolean has_ranks; /* there is a factor for each rank, which begins with 0, and counts √(numbers
                         of a rank in `up`) times: steps of an optimiser that looks at the sign of a
                         gradient rather than its size move a difference as far as those of `up` */
  gboolean has_magnitudes; /* what the weights of each unit of a layer (a channel, a number that it
                              makes) are as long as is learned besides, and the difference turns
                              them alone */
  /* Of what the first numbers of `down` and `up` are: the half of a uniform interval around 0, or
   * the deviation of normal ones, as a multiple of 1 / √(the numbers of a rank). 0: they are 0. */
  double uniform_down, normal_down, normal_up;
  /* What is minimised besides a loss that changes the `n` parts; NULL: nothing. */
  GenTensor *(*penalty) (GenGraph *graph, const GenAdapterPart *parts, guint n,
      const GenAdapterSettings *settings, GError **error);
  /* Choose which ranks of the parts of a net are 0 from here on; NULL: none. `count` is the number
   * of its updates before this one (an int64). */
  gboolean (*choose) (GenGraph *graph, GenAdapterPart *parts, guint n,
      const GenAdapterSettings *settings, GenTensor *count, GError **error);
  /* Which settings of a training it hangs on, ended by NULL; NULL: none. */
  const char *const *reads;
} GenAdapter;

GEN_API extern const GenAdapter gen_adapter_none;
GEN_API extern const GenAdapter gen_adapter_lora;
GEN_API extern const GenAdapter gen_adapter_adalora;
GEN_API extern const GenAdapter gen_adapter_dora; /* Since: 0.2 */

/* All of them, ended by NULL. Since: 0.2 */
GEN_API const GenAdapter *const *gen_adapter_list (void);
/* The adapter of that name, or NULL with `error` (GEN_TRAINER_ERROR_SETTING), which lists them.
 * Since: 0.2 */
GEN_API const GenAdapter *gen_adapter_find (const char *name, GError **error);

G_END_DECLS
