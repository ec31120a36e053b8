/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resize: a picture at another size, by nearest, linear or cubic interpolation; and Upsample, as
 * opset 9 called it. */
#include "resample.h"

#include <string.h>

/* Scales are input 1 up to opset 10, and input 2 (with sizes as 3) from 11 on. */
static const GenTensor *
scales_of (const GenNode *node)
{
  return gen_node_input (node, node->opset < 11 ? 1 : 2);
}

static gboolean
check (const GenNode *node, GError **error)
{
  const char *where = gen_node_string (node, "coordinate_transformation_mode", "half_pixel");
  const char *mode = gen_node_string (node, "mode", "nearest");

  if (gen_node_int (node, "antialias", 0) != 0)
    return gen_node_error (node, error, "antialias is not supported");
  if (strcmp (where, "tf_crop_and_resize") == 0)
    return gen_node_error (node, error, "tf_crop_and_resize is not supported");
  if (strcmp (gen_node_string (node, "keep_aspect_ratio_policy", "stretch"), "stretch") != 0)
    return gen_node_error (
        node, error, "keep_aspect_ratio_policy other than stretch is not supported");
  if (strcmp (mode, "nearest") != 0 && strcmp (mode, "linear") != 0 && strcmp (mode, "cubic") != 0)
    return gen_node_error (node, error, "mode '%s' is not supported", mode);
  return TRUE;
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  double factors[GEN_MAX_RANK];
  GenShape shape;

  if (!check (node, error) || !gen_resample_scales (node, scales_of (node),
                                  gen_node_input (node, 3), &x->shape, &shape, factors, error))
    return FALSE;
  gen_node_set_output (node, 0, x->type, &shape);
  return TRUE;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *x = gen_node_input (node, 0);
  double factors[GEN_MAX_RANK];
  GenShape shape;

  return gen_resample_scales (
             node, scales_of (node), gen_node_input (node, 3), &x->shape, &shape, factors, error) &&
         gen_resample_cpu (kernel, &x->shape, &shape, factors, FALSE, error);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  const GenNode *node = g->node;
  gboolean old = node->opset < 11;
  GenTensor *x = gen_node_input (node, 0), *scales = (GenTensor *)scales_of (node);
  GenTensor *sizes = gen_node_input (node, 3);
  int n_axes;
  const gint64 *axes = gen_node_ints (node, "axes", &n_axes);

  g->inputs[0] = gen_graph_op (g->graph, "ResizeGradient",
      (GenTensor *[]){ g->outputs[0], x, scales, sizes }, 4, 1, error, "mode", GEN_STRING,
      gen_node_string (node, "mode", "nearest"), "coordinate_transformation_mode", GEN_STRING,
      gen_node_string (node, "coordinate_transformation_mode", old ? "asymmetric" : "half_pixel"),
      "nearest_mode", GEN_STRING,
      gen_node_string (node, "nearest_mode", old ? "floor" : "round_prefer_floor"), "cubic_coeff_a",
      GEN_FLOAT, (double)gen_node_float (node, "cubic_coeff_a", -0.75f), "exclude_outside", GEN_INT,
      (int)gen_node_int (node, "exclude_outside", 0), axes != NULL ? "axes" : NULL, GEN_INTS,
      n_axes, axes, NULL);
  return g->inputs[0] != NULL;
}

const GenOperator gen_operator_resize = {
  .name = "Resize",
  .summary = "A picture at another size",
  .since = 10,
  .min_inputs = 1,
  .max_inputs = 4,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_ANY,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};

const GenOperator gen_operator_upsample = {
  .name = "Upsample",
  .summary = "A picture at a larger size",
  .since = 9,
  .until = 9,
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_ANY,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
