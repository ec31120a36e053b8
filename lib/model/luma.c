/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chroma beside a model that works on luma: bytes, resampled to another size by Catmull and Rom's
 * cubic where the size changes, bytes again. A pair of Cb and Cr stands for two by two pixels and
 * lies at the first of them or midway, so that pictures of another size have their pairs elsewhere:
 * half a pixel of the smaller picture is what colours would be shifted by otherwise. */
#include "luma.h"

#include <generative/operator.h>

#include "model-private.h"

/* Beyond the outermost pairs, chroma is as it is there. No result lies further out than this. */
#define BORDER 1

GenFrameLayout
gen_frame_layout_luma (const GenFrameLayout *layout)
{
  return (GenFrameLayout){ .columns = 1,
    .bytes = 1,
    .n_order = 1,
    .stride = layout->stride,
    .upward = layout->upward,
    .studio_range = !layout->full_range };
}

static GenFrameLayout
chroma_layout (const GenFrameLayout *layout)
{
  return (GenFrameLayout){ .columns = 1,
    .bytes = layout->planar ? 1 : 2,
    .planar = layout->planar,
    .order = { 0, 1 },
    .n_order = 2,
    .stride = layout->chroma_stride,
    .upward = layout->upward };
}

/* No colour is 0, and the strongest is 0.5 off that. */
static GenPort
chroma_port (const GenFrameLayout *layout)
{
  const float mean = 128.0f / 255, std = layout->full_range ? 1 : 224.0f / 255;

  return (GenPort){ .channels = 2, .mean = { mean, mean }, .std = { std, std } };
}

/* How many planes of chroma a run has on one side. */
static int
count_planes (const GenModelUse *use, const GenFrameLayout *layout)
{
  return use->frames * (gen_frame_layout_planes (layout) - 1);
}

/* Where plane `i` of these is among all planes. */
static int
place_of_plane (const GenFrameLayout *layout, int i)
{
  const int all = gen_frame_layout_planes (layout);

  return i / (all - 1) * all + 1 + i % (all - 1);
}

static GenTensor *
unpack (GenGraph *graph, const GenModelUse *use, int height, int width, GenTensor *const *inputs,
    GError **error)
{
  const GenFrameLayout layout = chroma_layout (&use->from);
  const GenPort port = chroma_port (&use->from);
  const int n = count_planes (use, &use->from);
  GenTensor *x = gen_graph_add_value (graph, NULL);
  GenNode *node;

  node = gen_graph_add_node (
      graph, "unpack-chroma", "generative", "UnpackPicture", GEN_OPSET, inputs, n, &x, 1, error);
  if (node == NULL)
    return NULL;
  gen_model_set_layout (node, &layout, &port);
  gen_node_set_int (node, "channels", 2);
  gen_node_set_int (node, "height", (height + 1) / 2);
  gen_node_set_int (node, "width", (width + 1) / 2);
  return node->op->infer (node, error) ? x : NULL;
}

/* Pairs along one axis of a picture of `from` pixels that becomes one of `to`. */
typedef struct {
  int from, to;
  gboolean sited_from, sited_to;
} Axis;

/* Where pair `k` of what is made lies among those that there are. */
static double
place (const Axis *axis, int k)
{
  const double pixel = 2 * k + (axis->sited_to ? 0 : 0.5);
  const double origin = (pixel + 0.5) * axis->from / axis->to - 0.5;

  return (origin - (axis->sited_from ? 0 : 0.5)) / 2;
}

static int
pairs_of (int pixels)
{
  return (pixels + 1) / 2;
}

static GenTensor *
reshape (GenGraph *graph, GenTensor *x, gint64 n, gint64 channels, GError **error)
{
  const gint64 shape[] = { n, channels, x->shape.dims[2], x->shape.dims[3] };

  return gen_binary (graph, "Reshape", x, gen_graph_ints (graph, shape, 4), error);
}

/* Cb and Cr apart, so that what lies side by side are pixels. */
static GenTensor *
resample (GenGraph *graph, GenTensor *x, const Axis axes[2], GError **error)
{
  static const gint64 pads[] = { 0, 0, BORDER, BORDER, 0, 0, BORDER, BORDER };
  gint64 sizes[] = { x->shape.dims[0] * 2, 1, 0, 0 };
  double region[] = { 0, 0, 0, 0, 1, 1, 1, 1 };
  gboolean smaller = FALSE;
  GenTensor *inputs[4];

  for (int a = 0; a < 2; a++) {
    const Axis *axis = &axes[a];
    const double last = pairs_of (axis->from) + 2 * BORDER - 1;

    sizes[2 + a] = pairs_of (axis->to);
    region[2 + a] = (place (axis, 0) + BORDER) / last;
    region[6 + a] = (place (axis, pairs_of (axis->to) - 1) + BORDER) / last;
    smaller = smaller || axis->to < axis->from;
  }
  x = reshape (graph, x, x->shape.dims[0] * 2, 1, error);
  if (x == NULL)
    return NULL;
  inputs[0] = gen_graph_op (graph, "Pad",
      (GenTensor *[]){ x, gen_graph_ints (graph, pads, G_N_ELEMENTS (pads)) }, 2, 1, error, "mode",
      GEN_STRING, "edge", NULL);
  if (inputs[0] == NULL)
    return NULL;
  inputs[1] = gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT64, &GEN_SHAPE (8), g_bytes_new (region, sizeof region));
  inputs[2] = NULL;
  inputs[3] = gen_graph_ints (graph, sizes, G_N_ELEMENTS (sizes));
  x = gen_graph_op (graph, "Resize", inputs, 4, 1, error, "mode", GEN_STRING, "cubic",
      "coordinate_transformation_mode", GEN_STRING, "tf_crop_and_resize", "cubic_coeff_a",
      GEN_FLOAT, -0.5, "antialias", GEN_INT, (int)smaller, NULL);
  return x != NULL ? reshape (graph, x, x->shape.dims[0] / 2, 2, error) : NULL;
}

static gboolean
pack (GenGraph *graph, const GenModelUse *use, GenTensor *x, GenTensor *const *outputs,
    GError **error)
{
  const GenFrameLayout layout = chroma_layout (&use->to);
  const GenPort port = chroma_port (&use->to);
  GenNode *node;

  node = gen_graph_add_node (graph, "pack-chroma", "generative", "PackPicture", GEN_OPSET, &x, 1,
      outputs, count_planes (use, &use->to), error);
  if (node == NULL)
    return FALSE;
  gen_model_set_layout (node, &layout, &port);
  return node->op->infer (node, error);
}

/* Of the planes `inputs` make `outputs`, of chroma alone. */
static gboolean
bring (GenGraph *graph, const GenModelUse *use, int height, int width, GenTensor *const *inputs,
    GenTensor *const *outputs, GError **error)
{
  const Axis axes[] = { { height, use->output.height, use->from.sited_y, use->to.sited_y },
    { width, use->output.width, use->from.sited_x, use->to.sited_x } };
  GenTensor *x = unpack (graph, use, height, width, inputs, error);

  if (x != NULL &&
      (axes[0].from != axes[0].to || axes[1].from != axes[1].to ||
          axes[0].sited_from != axes[0].sited_to || axes[1].sited_from != axes[1].sited_to))
    x = resample (graph, x, axes, error);
  return x != NULL && pack (graph, use, x, outputs, error);
}

gboolean
gen_luma_add_chroma (GenGraph *graph, const GenModelUse *use, int height, int width,
    GenTensor *const *planes, GError **error)
{
  const int n_inputs = count_planes (use, &use->from), n_outputs = count_planes (use, &use->to);
  g_autofree GenTensor **inputs = g_new (GenTensor *, n_inputs);
  g_autofree GenTensor **outputs = g_new (GenTensor *, n_outputs);

  for (int i = 0; i < n_inputs; i++)
    inputs[i] = g_ptr_array_index (graph->inputs, (guint)place_of_plane (&use->from, i));
  for (int i = 0; i < n_outputs; i++)
    outputs[i] = planes[place_of_plane (&use->to, i)];
  return bring (graph, use, height, width, inputs, outputs, error);
}

GenPlan *
gen_luma_compile_chroma (const GenModelUse *use, GError **error)
{
  const gint64 size = (gint64)use->from.chroma_stride * ((use->height + 1) / 2);
  const int n_inputs = count_planes (use, &use->from), n_outputs = count_planes (use, &use->to);
  g_autoptr (GenGraph) graph = gen_graph_new ("chroma");
  g_autofree GenTensor **inputs = g_new (GenTensor *, n_inputs);
  g_autofree GenTensor **outputs = g_new (GenTensor *, n_outputs);

  for (int i = 0; i < n_inputs; i++)
    inputs[i] = gen_graph_add_input (graph, "chroma", GEN_TYPE_UINT8, &GEN_SHAPE (size));
  for (int i = 0; i < n_outputs; i++)
    outputs[i] = gen_graph_add_value (graph, "chroma");
  if (!bring (graph, use, use->height, use->width, inputs, outputs, error))
    return NULL;
  for (int i = 0; i < n_outputs; i++)
    gen_graph_add_output (graph, outputs[i]);
  return gen_plan_new (graph, &use->plan, error);
}
