/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The activations of recurrent cells, by the names and with the parameters that ONNX gives them. */
#pragma once

#include <generative/graph.h>

typedef struct {
  const char *name;
  float alpha, beta; /* when the node gives none */
  int parameters;    /* how many of the two it takes from the node's lists */
  void (*run) (float *x, gsize n, float alpha, float beta);
  /* The same as nodes, for gradients. */
  GenTensor *(*build) (GenGraph *graph, GenTensor *x, float alpha, float beta, GError **error);
} GenGate;

/* By name, in any case of letters; NULL where there is none. */
const GenGate *gen_gate_find (const char *name);
