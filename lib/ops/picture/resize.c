/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resize: a tensor at other extents, by nearest, linear or cubic interpolation; and Upsample, as it
 * was called up to opset 9. */
#include "resample.h"

#include <string.h>

#include "../../device/half.h"
#include "../build.h"

/* Scales are an attribute of Upsample in opset 7, input 1 up to opset 10, and from 11 on input 2,
 * with a region before and sizes behind. */
static GenResampleInputs
inputs_of (const GenNode *node)
{
  if (node->opset < 11)
    return (GenResampleInputs){ .scales = gen_node_input (node, 1) };
  return (GenResampleInputs){ gen_node_input (node, 2), gen_node_input (node, 3),
    gen_node_input (node, 1) };
}

gboolean
gen_resize_find (GenResampling *resampling, const GenNode *node, GError **error)
{
  const GenResampleInputs inputs = inputs_of (node);

  return gen_resampling_init (resampling, node, &gen_node_input (node, 0)->shape, &inputs, error);
}

/* Whether attribute `name` is one of `allowed`, or absent. */
static gboolean
check (const GenNode *node, const char *name, const char *const *allowed, GError **error)
{
  const char *value = gen_node_string (node, name, allowed[0]);
  g_autofree char *list = NULL;

  if (g_strv_contains (allowed, value))
    return TRUE;
  list = g_strjoinv (", ", (char **)allowed);
  return gen_node_error (node, error, "%s '%s' is not one of %s", name, value, list);
}

static gboolean
infer (GenNode *node, GError **error)
{
  static const char *const modes[] = { "nearest", "linear", "cubic", NULL };
  static const char *const policies[] = { "stretch", "not_larger", "not_smaller", NULL };
  static const char *const transformations[] = { "half_pixel", "asymmetric", "align_corners",
    "pytorch_half_pixel", "tf_half_pixel_for_nn", "half_pixel_symmetric", "tf_crop_and_resize",
    NULL };
  GenResampling resampling;

  if (!check (node, "mode", modes, error) ||
      !check (node, "keep_aspect_ratio_policy", policies, error) ||
      !check (node, "coordinate_transformation_mode", transformations, error) ||
      !gen_resize_find (&resampling, node, error))
    return FALSE;
  gen_node_set_output (node, 0, gen_node_input (node, 0)->type, &resampling.out);
  return TRUE;
}

/* The least and largest value of an integer type that float32 holds. */
static gboolean
find_range (GenDataType type, double range[2])
{
  static const double ranges[][2] = { [GEN_TYPE_UINT8] = { 0, G_MAXUINT8 },
    [GEN_TYPE_INT8] = { G_MININT8, G_MAXINT8 },
    [GEN_TYPE_UINT16] = { 0, G_MAXUINT16 },
    [GEN_TYPE_INT16] = { G_MININT16, G_MAXINT16 } };

  if (type >= G_N_ELEMENTS (ranges) || ranges[type][1] == 0)
    return FALSE;
  range[0] = ranges[type][0];
  range[1] = ranges[type][1];
  return TRUE;
}

static gboolean
is_nearest (const GenNode *node)
{
  return strcmp (gen_node_string (node, "mode", "nearest"), "nearest") == 0;
}

/* By nearest, elements are moved as they are; integers are lowered. */
static GenDataType
computes_in (const GenNode *node, GenDataType type)
{
  double range[2];

  return find_range (type, range) || (is_nearest (node) && !gen_type_is_half (type))
             ? type
             : GEN_TYPE_FLOAT32;
}

/* Integers of float32 as ONNX Runtime makes them: by linear interpolation they are cut, and what is
 * whole but for errors of rounding stays so; by cubic interpolation, or with antialias, they are
 * rounded, and do not wrap around where it overshoots. */
static GenTensor *
make_whole (const GenNode *node, GenTensor *x, const double range[2], GError **error)
{
  GenGraph *graph = node->graph;

  if (strcmp (gen_node_string (node, "mode", "nearest"), "linear") == 0 &&
      gen_node_int (node, "antialias", 0) == 0)
    return gen_build_times (graph, x, 1 + 0x1p-20, error);
  x = gen_unary (graph, "Round", x, error);
  if (x == NULL)
    return NULL;
  return gen_graph_op (graph, "Clip",
      (GenTensor *[]){ x, gen_graph_float (graph, range[0]), gen_graph_float (graph, range[1]) }, 3,
      1, error, NULL);
}

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  GenTensor *inputs[4], *y;
  GenDataType type = gen_node_input (node, 0)->type;
  double range[2];

  if (is_nearest (node) || !find_range (type, range))
    return TRUE;
  for (guint i = 0; i < node->inputs->len; i++)
    inputs[i] = gen_node_input (node, i);
  inputs[0] = gen_build_cast (node->graph, inputs[0], GEN_TYPE_FLOAT32, error);
  if (inputs[0] == NULL)
    return FALSE;
  y = gen_build_again (node, inputs, node->inputs->len, error);
  results[0] = gen_build_cast (node->graph, make_whole (node, y, range, error), type, error);
  return results[0] != NULL;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  GenResampling resampling;

  return gen_resize_find (&resampling, kernel->node, error) &&
         gen_resample_cpu (kernel, &resampling, FALSE, error);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  const GenNode *node = g->node;
  gboolean old = node->opset < 11;
  GenTensor *x = gen_node_input (node, 0), *scales = gen_node_input (node, old ? 1 : 2);
  GenTensor *sizes = old ? NULL : gen_node_input (node, 3);
  GenTensor *region = old ? NULL : gen_node_input (node, 1);
  int n_axes, n_scales;
  const gint64 *axes = gen_node_ints (node, "axes", &n_axes);
  const float *attribute = gen_node_floats (node, "scales", &n_scales);

  if (attribute != NULL)
    scales = gen_graph_add_constant (g->graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (n_scales),
        g_bytes_new (attribute, n_scales * sizeof *attribute));
  g->inputs[0] = gen_graph_op (g->graph, "ResizeGradient",
      (GenTensor *[]){ g->outputs[0], x, scales, sizes, region }, 5, 1, error, "mode", GEN_STRING,
      gen_node_string (node, "mode", "nearest"), "coordinate_transformation_mode", GEN_STRING,
      gen_node_string (node, "coordinate_transformation_mode", old ? "asymmetric" : "half_pixel"),
      "nearest_mode", GEN_STRING,
      gen_node_string (node, "nearest_mode", old ? "floor" : "round_prefer_floor"), "cubic_coeff_a",
      GEN_FLOAT, (double)gen_node_float (node, "cubic_coeff_a", -0.75f), "exclude_outside", GEN_INT,
      (int)gen_node_int (node, "exclude_outside", 0), "antialias", GEN_INT,
      (int)gen_node_int (node, "antialias", 0), "keep_aspect_ratio_policy", GEN_STRING,
      gen_node_string (node, "keep_aspect_ratio_policy", "stretch"), axes != NULL ? "axes" : NULL,
      GEN_INTS, n_axes, axes, NULL);
  return g->inputs[0] != NULL;
}

const GenOperator gen_operator_resize = {
  .name = "Resize",
  .summary = "A tensor at other extents",
  .since = 10,
  .min_inputs = 1,
  .max_inputs = 4,
  .min_outputs = 1,
  .max_outputs = 1,
  .results = GEN_RESULTS_BETWEEN,
  .keeps_channels = TRUE,
  .layouts = GEN_LAYOUTS_ANY,
  .widens = 0x1,
  .computes_in = computes_in,
  .lower = lower,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};

const GenOperator gen_operator_upsample = {
  .name = "Upsample",
  .summary = "A tensor at larger extents",
  .since = 7,
  .until = 9,
  .min_inputs = 1,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .results = GEN_RESULTS_BETWEEN,
  .keeps_channels = TRUE,
  .layouts = GEN_LAYOUTS_ANY,
  .widens = 0x1,
  .computes_in = computes_in,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
