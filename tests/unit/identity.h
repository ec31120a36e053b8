/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/operator.h>

/* A convolution that changes nothing, behind which channels come last. */
static inline GenTensor *
identity_convolution (GenGraph *graph, GenTensor *x)
{
  gint64 channels = x->shape.dims[1];
  float *weights = g_new0 (float, channels *channels);
  g_autoptr (GError) error = NULL;
  GenTensor *w, *y;

  for (gint64 i = 0; i < channels; i++)
    weights[i * channels + i] = 1;
  w = gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (channels, channels, 1, 1),
      g_bytes_new_take (weights, (gsize)(channels * channels) * sizeof *weights));
  y = gen_binary (graph, "Conv", x, w, &error);
  g_assert_no_error (error);
  return y;
}
