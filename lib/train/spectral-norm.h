/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Miyato et al., "Spectral normalization for generative adversarial networks", 2018: a layer's
 * weights, as a matrix with a row for each extent of their first axis, are divided by its largest
 * singular value, which one power iteration a time follows as they change. */
#pragma once

#include <generative/graph.h>

/* Whether input `input` of `node` is such a matrix: of convolutions and dense layers. */
gboolean gen_spectral_norm_suits (const GenNode *node, guint input);
/* The left singular vector of `weights`, as far as some iterations from drawn numbers come to it.
 * (transfer full) */
GBytes *gen_spectral_norm_begin (const GenTensor *weights, guint64 seed, guint number);
/* Append one iteration: `direction` [rows, 1] becomes the next one. Returns: (transfer none) the
 * weights divided by their norm, through which gradients flow. */
GenTensor *gen_spectral_norm_divide (
    GenGraph *graph, GenTensor *weights, GenTensor **direction, GError **error);
/* Divide `n` numbers of weights by their norm along `direction`, of `rows` numbers. */
void gen_spectral_norm_fold (float *weights, gsize n, const float *direction, gsize rows);
