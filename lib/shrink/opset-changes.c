/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ONNX's changes of operators from opset 8 on that a file shows. */
#include "opset.h"

#include <string.h>

#include <generative/operator.h>

#include "layers.h"

/* --- softmax: one axis from opset 13 on, all behind it before --- */

static gboolean
softmax_up (GenGraph *graph, const GenGraph *shaped, GenNode *node, GError **error)
{
  const int rank = gen_opset_rank (shaped, gen_node_input (node, 0));
  const int axis = gen_axis (gen_node_int (node, "axis", 1), rank);

  if (rank < 0 || axis != rank - 1)
    return gen_opset_fail (node, error,
        "it takes all extents from axis %d on as one, which has no word from opset 13 on", axis);
  gen_node_set_int (node, "axis", -1);
  return TRUE;
}

static gboolean
softmax_down (GenGraph *graph, const GenGraph *shaped, GenNode *node, GError **error)
{
  const int rank = gen_opset_rank (shaped, gen_node_input (node, 0));
  const int axis = gen_axis (gen_node_int (node, "axis", -1), rank);

  if (rank < 0 || axis != rank - 1)
    return gen_opset_fail (node, error,
        "it is taken along axis %d, and before opset 13 only the last one can be taken alone",
        axis);
  gen_node_set_int (node, "axis", rank - 1);
  return TRUE;
}

/* --- Split says how many parts there are from opset 18 on, where it does not say their sizes ---
 */

static gboolean
split_up (GenGraph *graph, const GenGraph *shaped, GenNode *node, GError **error)
{
  if (gen_node_input (node, 1) == NULL)
    gen_node_set_int (node, "num_outputs", node->outputs->len);
  return TRUE;
}

static gboolean
split_down (GenGraph *graph, const GenGraph *shaped, GenNode *node, GError **error)
{
  gen_opset_remove_attribute (node, "num_outputs");
  return TRUE;
}

/* --- GridSample's modes have other names from opset 20 on --- */

static gboolean
rename_mode (GenNode *node, const char *const (*names)[2])
{
  const char *mode = gen_node_string (node, "mode", names[0][0]);

  for (int i = 0; i < 2; i++)
    if (strcmp (mode, names[i][0]) == 0) {
      gen_node_set_string (node, "mode", names[i][1]);
      break;
    }
  return TRUE;
}

static gboolean
grid_up (GenGraph *graph, const GenGraph *shaped, GenNode *node, GError **error)
{
  static const char *const names[2][2] = { { "bilinear", "linear" }, { "bicubic", "cubic" } };

  return rename_mode (node, names);
}

static gboolean
grid_down (GenGraph *graph, const GenGraph *shaped, GenNode *node, GError **error)
{
  static const char *const names[2][2] = { { "linear", "bilinear" }, { "cubic", "bicubic" } };

  return rename_mode (node, names);
}

/* --- Resize has a region as its second input from opset 11 on, and says how places map --- */

static gboolean
resize_up (GenGraph *graph, const GenGraph *shaped, GenNode *node, GError **error)
{
  g_ptr_array_insert (node->inputs, 1, NULL);
  gen_node_set_string (node, "coordinate_transformation_mode", "asymmetric");
  if (strcmp (gen_node_string (node, "mode", "nearest"), "nearest") == 0)
    gen_node_set_string (node, "nearest_mode", "floor");
  return TRUE;
}

/* What is not said is left out from opset 13 on, and was empty before. */
static gboolean
resize_same (GenGraph *graph, const GenGraph *shaped, GenNode *node, GError **error)
{
  return TRUE;
}

static gboolean
resize_down (GenGraph *graph, const GenGraph *shaped, GenNode *node, GError **error)
{
  for (guint i = 1; i < MIN (node->inputs->len, 3); i++)
    if (gen_node_input (node, i) == NULL)
      node->inputs->pdata[i] = gen_graph_add_constant (
          graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (0), g_bytes_new (NULL, 0));
  return TRUE;
}

/* Upsample is Resize from opset 10 on; what opset 7 had as an attribute is an input by then. */
static gboolean
upsample_up (GenGraph *graph, const GenGraph *shaped, GenNode *node, GError **error)
{
  int n;
  const float *scales = gen_node_floats (node, "scales", &n);

  if (scales != NULL) {
    g_ptr_array_add (
        node->inputs, gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (n),
                          g_bytes_new (scales, (gsize)n * sizeof *scales)));
    gen_opset_remove_attribute (node, "scales");
  }
  node->op = gen_operator_find (NULL, "Resize", 10);
  return TRUE;
}

/* --- scale and bias of GroupNormalization are for each channel from opset 21 on --- */

static gboolean
spread_groups (GenGraph *graph, const GenGraph *shaped, GenNode *node, guint input, GError **error)
{
  const GenTensor *x = gen_graph_find (shaped, gen_node_input (node, 0)->name);
  const GenTensor *numbers = gen_node_input (node, input);
  const gint64 groups = gen_node_int (node, "num_groups", 1);
  const float *values = gen_tensor_constant (numbers);
  gint64 each;
  float *spread;

  if (x == NULL || x->shape.rank < 2 || values == NULL || numbers->type != GEN_TYPE_FLOAT32 ||
      numbers->shape.rank != 1 || numbers->shape.dims[0] != groups)
    return gen_opset_fail (node, error,
        "its scale and bias should be constants of float32, one for each group, to be spread");
  each = x->shape.dims[1] / groups;
  spread = g_new (float, MAX (groups * each, 1));
  for (gint64 i = 0; i < groups * each; i++)
    spread[i] = values[i / each];
  node->inputs->pdata[input] =
      gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (groups * each),
          g_bytes_new_take (spread, (gsize)(groups * each) * sizeof *spread));
  return TRUE;
}

static gboolean
groups_up (GenGraph *graph, const GenGraph *shaped, GenNode *node, GError **error)
{
  return spread_groups (graph, shaped, node, 1, error) &&
         spread_groups (graph, shaped, node, 2, error);
}

#define AXES(op, opset)                                                                            \
  {                                                                                                \
    op, opset, "axes", 1, GEN_ATTRIBUTE_INTS                                                       \
  }
#define SOFTMAX(op)                                                                                \
  {                                                                                                \
    op, 13, .up = softmax_up, .down = softmax_down                                                 \
  }

const GenOpsetChange gen_opset_changes[] = {
  { "Upsample", 10, .up = upsample_up },
  { "Slice", 10, "starts", 1, GEN_ATTRIBUTE_INTS },
  { "Slice", 10, "ends", 2, GEN_ATTRIBUTE_INTS },
  { "Slice", 10, "axes", 3, GEN_ATTRIBUTE_INTS },
  { "TopK", 10, "k", 1, GEN_ATTRIBUTE_INT },
  { "Resize", 11, .up = resize_up },
  { "Pad", 11, "pads", 1, GEN_ATTRIBUTE_INTS },
  { "Pad", 11, "value", 2, GEN_ATTRIBUTE_FLOAT },
  { "Clip", 11, "min", 1, GEN_ATTRIBUTE_FLOAT },
  { "Clip", 11, "max", 2, GEN_ATTRIBUTE_FLOAT },
  { "Dropout", 12, "ratio", 1, GEN_ATTRIBUTE_FLOAT },
  { "Resize", 13, .up = resize_same, .down = resize_down },
  AXES ("Squeeze", 13),
  AXES ("Unsqueeze", 13),
  AXES ("ReduceSum", 13),
  { "Split", 13, "split", 1, GEN_ATTRIBUTE_INTS },
  SOFTMAX ("Softmax"),
  SOFTMAX ("LogSoftmax"),
  SOFTMAX ("Hardmax"),
  { "Split", 18, .up = split_up, .down = split_down },
  AXES ("ReduceMean", 18),
  AXES ("ReduceMax", 18),
  AXES ("ReduceMin", 18),
  AXES ("ReduceProd", 18),
  AXES ("ReduceL1", 18),
  AXES ("ReduceL2", 18),
  AXES ("ReduceLogSum", 18),
  AXES ("ReduceLogSumExp", 18),
  AXES ("ReduceSumSquare", 18),
  { "GridSample", 20, .up = grid_up, .down = grid_down },
  { "GroupNormalization", 21, .up = groups_up },
  { NULL },
};
