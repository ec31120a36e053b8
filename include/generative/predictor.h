/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/graph.h>

G_BEGIN_DECLS

/**
 * Autoregressive models. A predictor is a net that says of codes, whole numbers that follow each
 * other, which code may come next:
 *
 *   codes      int64 [batch, length]    what came before each place: at place 0 the beginning, and
 *                                       then the code of the place before
 *   positions  int64 [batch, length]    the numbers of the places, 0, 1, …
 *   -> scores  float32 [batch, length, codes]   before any Softmax: of the code at each place
 *
 * The beginning is a code more, number `codes`; where metadata `generative.classes` says so, there
 * is one for each class of samples, `codes` + class. Places know of each other by nodes of
 * Attention alone, whose `is_causal` keeps from each what follows it; all else is done to each by
 * itself (Vaswani et al., "Attention is all you need", 2017). Of such a net, codes are drawn one
 * after the other:
 *
 * gen_predictor_step makes the net for one place, which is handed the keys and values of those
 * before it, so that nothing is computed twice; gen_predictor_sample a loop of it (ONNX's Scan),
 * with a draw from each place's scores. A draw takes a normal number: its share of the normal
 * distribution is the share of the probabilities, the largest first, at which the code stands. So
 * the same numbers are always the same codes, and less is more probable.
 *
 * Since: 0.2
 */

/* What a predictor says of itself. */
typedef struct {
  gint64 length;  /* codes in a row */
  gint64 codes;   /* that there are, without beginnings */
  gint64 classes; /* of samples; 0: it is told none */
} GenPredictor;

/* FALSE with `error` where `net` is no predictor. */
GEN_API gboolean gen_predictor_read (const GenGraph *net, GenPredictor *predictor, GError **error);

/**
 * gen_predictor_step: `net` for one place. Inputs are `codes` and `positions`, both [batch, 1],
 * `place`, int64 [1], which is the position again, and for each node of Attention the keys [batch,
 * heads, depth, length] and values [batch, heads, length, depth] of the places before, zeros at
 * this one and those that follow. Outputs are the scores, [batch, 1, codes], and keys and values
 * with those of this place. Weights keep their names and roles. Shapes are not inferred.
 * Returns: (transfer full), or NULL with an error that names the node.
 */
GEN_API GenGraph *gen_predictor_step (const GenGraph *net, GError **error);

/* What codes are drawn by. */
typedef struct {
  GenTensor *noise;       /* float32 [batch, length], normal numbers */
  GenTensor *first;       /* int64 [batch, 1]: the beginning */
  GenTensor *temperature; /* float32 [1], by which scores are divided; the nearer to 0, the more
                             often the most probable code */
  GenTensor *top_k;       /* int64 [1]: only so many of the most probable codes; 0: all */
} GenPredictorDraw;

/* Append to `graph` what draws codes, int64 [batch, length], by `net`. States among the net's
 * weights are what `map` has for them in `graph`; constants stay constants. Nothing is inferred. */
GEN_API GenTensor *gen_predictor_sample (GenGraph *graph, const GenGraph *net,
    const GenPredictorDraw *draw, GHashTable *map, GError **error);

G_END_DECLS
