/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HannWindow, HammingWindow, BlackmanWindow: sums of cosines, known once their length is. */
#include <math.h>

#include "../build.h"

#define MAX_SIZE ((gint64)1 << 24)

/* a - b cos (2 pi i / n) + c cos (4 pi i / n) */
static gboolean
lower (GenNode *node, double a, double b, double c, GenTensor **results, GError **error)
{
  GenDataType type = gen_node_int (node, "output_datatype", GEN_TYPE_FLOAT32);
  gboolean periodic = gen_node_int (node, "periodic", 1) != 0;
  gint64 size = 0, n;
  int count = 0;
  double *values;

  if (!gen_tensor_ints (gen_node_input (node, 0), &size, 1, &count) || count != 1 || size < 0 ||
      size > MAX_SIZE)
    return gen_node_error (
        node, error, "its size must be a constant, from 0 to %" G_GINT64_FORMAT, MAX_SIZE);
  n = MAX (1, periodic ? size : size - 1);
  values = g_new (double, size);
  for (gint64 i = 0; i < size; i++)
    values[i] = a - b * cos (2 * G_PI * i / n) + c * cos (4 * G_PI * i / n);
  results[0] = gen_build_cast (node->graph,
      gen_graph_add_constant (node->graph, NULL, GEN_TYPE_FLOAT64, &GEN_SHAPE (size),
          g_bytes_new_take (values, size * sizeof (double))),
      type, error);
  return results[0] != NULL;
}

static gboolean
lower_hann (GenNode *node, GenTensor **results, GError **error)
{
  return lower (node, 0.5, 0.5, 0, results, error);
}

static gboolean
lower_hamming (GenNode *node, GenTensor **results, GError **error)
{
  return lower (node, 25.0 / 46, 21.0 / 46, 0, results, error);
}

static gboolean
lower_blackman (GenNode *node, GenTensor **results, GError **error)
{
  return lower (node, 0.42, 0.5, 0.08, results, error);
}

#define WINDOW(id, name_, lower_)                                                                  \
  const GenOperator gen_operator_##id = { .name = name_,                                           \
    .summary = "A window of cosines",                                                              \
    .since = 17,                                                                                   \
    .min_inputs = 1,                                                                               \
    .max_inputs = 1,                                                                               \
    .min_outputs = 1,                                                                              \
    .max_outputs = 1,                                                                              \
    .lower = lower_,                                                                               \
    .gradient_is_zero = TRUE };

WINDOW (blackman_window, "BlackmanWindow", lower_blackman)
WINDOW (hamming_window, "HammingWindow", lower_hamming)
WINDOW (hann_window, "HannWindow", lower_hann)
