/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/operator.h>

/* A convolution that mixes channels a little, or leaves everything as it is: after it, channels
 * come last. */
static inline GenTensor *
through_conv (GenGraph *graph, GenTensor *x, float mixing, GError **error)
{
  gint64 channels = x->shape.dims[1];
  float *weights = g_new (float, channels *channels);
  GenTensor *w;

  for (gint64 i = 0; i < channels * channels; i++)
    weights[i] = i % (channels + 1) == 0 ? 1 : mixing * (float)(i % 7);
  w = gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (channels, channels, 1, 1),
      g_bytes_new_take (weights, channels * channels * sizeof *weights));
  return gen_graph_op (graph, "Conv", (GenTensor *[]){ x, w }, 2, 1, error, NULL);
}
