/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MelWeightMatrix: what brings a spectrum to triangular bands that are evenly spaced in mel,
 * [bins of the spectrum, bands]; known once its five inputs are. */
#include <math.h>

#include "../build.h"
#include "../number.h"

#define MAX_EXTENT ((gint64)1 << 20)

typedef struct {
  gint64 bands, length, rate;
  double low, high; /* Hertz */
} Mel;

static gboolean
get_edge (const GenNode *node, guint i, double *value, GError **error)
{
  const GenTensor *tensor = gen_node_input (node, i);
  const void *data = gen_tensor_constant (tensor);

  if (data == NULL || gen_shape_elements (&tensor->shape) != 1 || !gen_number_has (tensor->type))
    return gen_node_error (node, error, "input %u must be a constant frequency", i);
  *value = gen_number_get (tensor->type, data, 0);
  return TRUE;
}

static gboolean
find (const GenNode *node, Mel *mel, GError **error)
{
  gint64 *const numbers[] = { &mel->bands, &mel->length, &mel->rate };
  int count = 0;

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    if (!gen_tensor_ints (gen_node_input (node, i), numbers[i], 1, &count) || count != 1 ||
        *numbers[i] < 1 || *numbers[i] > MAX_EXTENT)
      return gen_node_error (
          node, error, "input %u must be a constant from 1 to %" G_GINT64_FORMAT, i, MAX_EXTENT);
  if (!get_edge (node, 3, &mel->low, error) || !get_edge (node, 4, &mel->high, error))
    return FALSE;
  if (!(mel->low >= 0 && mel->high <= mel->rate && mel->low <= mel->high))
    return gen_node_error (node, error, "frequencies from %g to %g do not fit a rate of %g",
        mel->low, mel->high, (double)mel->rate);
  if ((mel->length / 2 + 1) * mel->bands > MAX_EXTENT * 64)
    return gen_node_error (node, error, "the matrix would be too large");
  return TRUE;
}

/* The bin of the spectrum where band edge number `i` lies. */
static gint64
edge (const Mel *mel, gint64 i)
{
  double low = 2595 * log10 (1 + mel->low / 700), high = 2595 * log10 (1 + mel->high / 700);
  double at = low + i * ((high - low) / (mel->bands + 2));

  return floor ((mel->length + 1) * 700 * (pow (10, at / 2595) - 1) / mel->rate);
}

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  Mel mel;
  gint64 bins;
  float *weights;

  if (!find (node, &mel, error))
    return FALSE;
  bins = mel.length / 2 + 1;
  weights = g_new0 (float, bins *mel.bands);
  for (gint64 band = 0; band < mel.bands; band++) {
    gint64 left = edge (&mel, band), middle = edge (&mel, band + 1), right = edge (&mel, band + 2);

    for (gint64 bin = left; bin < MIN (bins, MAX (right, middle + 1)); bin++)
      if (bin <= middle)
        weights[bin * mel.bands + band] =
            middle > left ? (double)(bin - left) / (middle - left) : 1;
      else
        weights[bin * mel.bands + band] = (double)(right - bin) / (right - middle);
  }
  results[0] = gen_build_cast (node->graph,
      gen_graph_add_constant (node->graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (bins, mel.bands),
          g_bytes_new_take (weights, bins * mel.bands * sizeof (float))),
      gen_node_int (node, "output_datatype", GEN_TYPE_FLOAT32), error);
  return results[0] != NULL;
}

const GenOperator gen_operator_mel_weight_matrix = {
  .name = "MelWeightMatrix",
  .summary = "Weights of mel bands over the bins of a spectrum",
  .since = 17,
  .min_inputs = 5,
  .max_inputs = 5,
  .min_outputs = 1,
  .max_outputs = 1,
  .lower = lower,
  .gradient_is_zero = TRUE,
};
