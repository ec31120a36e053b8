/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Selu: gamma x, or gamma alpha (e^x - 1) below 0 (Klambauer et al., 2017). */
#include "unary.h"
#include <math.h>
#include "mathematics.h"

#define ALPHA 1.67326319217681884765625f
#define GAMMA 1.05070102214813232421875f

GEN_UNARY_FLOATS (0.6, gamma *(x < 0 ? alpha * (gen_exp (x) - 1) : x),
                  gamma *(x < 0 ? alpha * expm1 (x) : x),
                  const float alpha = gen_node_float (node, "alpha", ALPHA);
                  const float gamma = gen_node_float (node, "gamma", GAMMA))

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *x = gen_node_input (g->node, 0);
  GenTensor *positive = gen_binary (g->graph, "Greater", x, gen_graph_float (g->graph, 0), error);
  float alpha = gen_node_float (g->node, "alpha", ALPHA);
  float gamma = gen_node_float (g->node, "gamma", GAMMA);
  GenTensor *slope = gen_binary (g->graph, "Add", gen_node_output (g->node, 0),
      gen_graph_float (g->graph, alpha * gamma), error);

  if (positive == NULL || slope == NULL)
    return FALSE;
  slope = gen_graph_op (g->graph, "Where",
      (GenTensor *[]){ positive, gen_graph_float (g->graph, gamma), slope }, 3, 1, error, NULL);
  return gen_gradient_times (g, slope, error);
}

GEN_UNARY_OPERATOR (selu, "Selu", "Self-normalising Elu: gamma times Elu", 6, .gradient = gradient)
