/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures to Y'CbCr 4:2:0 and back on a device against the CPU, which unit test ycbcr checks, in
 * whole words and pixel by pixel. GEN_CUDA_MODULE says which module stands for the device. */
#include <generative/operator.h>
#include <generative/random.h>

#include <math.h>

#include "through-conv.h"

typedef struct {
  const char *name;
  int channels, height, width, count, columns, frames;
  gboolean planar, full_range, sited_x, sited_y, behind_conv;
  int stride, chroma_stride;
  gboolean upward;
} Case;

static const Case cases[] = {
  { "nv12", 3, 32, 64, 1, 1, 2, FALSE, FALSE, FALSE, FALSE, TRUE },
  { "nv12 of planes", 3, 32, 64, 1, 1, 1, FALSE, FALSE, TRUE, FALSE },
  { "i420", 3, 32, 64, 1, 1, 2, TRUE, TRUE, TRUE, TRUE, TRUE },
  { "gaps", 3, 18, 20, 1, 1, 1, FALSE, FALSE, FALSE, TRUE, TRUE, 32, 28 },
  { "odd gaps", 3, 18, 20, 1, 1, 1, TRUE, FALSE, TRUE, FALSE, FALSE, 21, 11 },
  { "odd", 3, 17, 33, 1, 1, 2, FALSE, FALSE, TRUE, TRUE, TRUE },
  { "odd i420", 3, 17, 33, 1, 1, 1, TRUE, FALSE, FALSE, FALSE },
  { "wall", 3, 8, 12, 3, 2, 2, FALSE, FALSE, TRUE, TRUE, TRUE },
  { "odd wall", 3, 7, 9, 8, 3, 1, FALSE, TRUE, TRUE, TRUE },
  { "grey", 1, 12, 20, 3, 2, 1, FALSE },
  { "upward", 3, 18, 20, 1, 1, 2, FALSE, FALSE, FALSE, TRUE, TRUE, 32, 28, TRUE },
  { "odd upward", 3, 17, 33, 1, 1, 1, TRUE, FALSE, TRUE, FALSE, FALSE, 35, 19, TRUE },
};

static int
planes_of (const Case *c)
{
  return c->planar ? 3 : 2;
}

static GenNode *
add_node (GenGraph *graph, const Case *c, const char *op, GenTensor **inputs, int n_inputs,
    GenTensor **outputs, int n_outputs)
{
  static const float luma[] = { 0.2126f, 0.0722f }, mean[] = { 0.5f, 0.4f, 0.3f },
                     std[] = { 0.5f, 0.25f, 0.3f };
  const gint64 siting[] = { c->sited_x, c->sited_y };
  g_autoptr (GError) error = NULL;
  GenNode *node;

  for (int i = 0; i < n_outputs; i++)
    outputs[i] = gen_graph_add_value (graph, NULL);
  node = gen_graph_add_node (
      graph, NULL, "generative", op, GEN_OPSET, inputs, n_inputs, outputs, n_outputs, &error);
  g_assert_no_error (error);
  gen_node_set_int (node, "columns", c->columns);
  gen_node_set_int (node, "planar", c->planar);
  gen_node_set_int (node, "stride", c->stride);
  gen_node_set_int (node, "chroma_stride", c->chroma_stride);
  gen_node_set_int (node, "upward", c->upward);
  gen_node_set_int (node, "full_range", c->full_range);
  gen_node_set_ints (node, "siting", siting, 2);
  gen_node_set_floats (node, "luma", luma, 2);
  gen_node_set_floats (node, "mean", mean, c->channels);
  gen_node_set_floats (node, "std", std, c->channels);
  return node;
}

/* `graph` on the CPU and on the device, of the same inputs; `most` is how far outputs may differ.
 */
static void
compare (GenGraph *graph, const Case *c, GenPrecision precision, double most)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenPlan) cpu = gen_plan_new (graph, NULL, &error);
  g_autoptr (GenPlan) device = gen_plan_new (
      graph, &(GenPlanOptions){ .device = &gen_device_cuda, .precision = precision }, &error);
  g_autoptr (GArray) steps = NULL;

  g_assert_no_error (error);
  steps = gen_plan_steps (device);
  for (guint i = 0; i < steps->len; i++)
    g_assert_cmpstr (g_array_index (steps, GenStepInfo, i).way, ==, "cuda");
  for (guint i = 0; i < gen_plan_n_inputs (cpu); i++) {
    const GenBinding *input = gen_plan_input (cpu, i);
    GenRandom random = gen_random_new (i, "test", 0);

    if (input->type == GEN_TYPE_FLOAT32)
      gen_random_normal (&random, 0, 0, input->data, input->size / sizeof (float));
    else
      for (gsize k = 0; k < input->size; k++)
        ((guint8 *)input->data)[k] = (guint8)gen_random_below (&random, 0, k, 256);
    memcpy (gen_plan_input (device, i)->data, input->data, input->size);
  }
  g_assert_true (gen_plan_run (cpu, &error));
  g_assert_true (gen_plan_run (device, &error));
  for (guint i = 0; i < gen_plan_n_outputs (cpu); i++) {
    const GenBinding *a = gen_plan_output (cpu, i), *b = gen_plan_output (device, i);
    int width = c->columns * c->width, chroma = (width + 1) / 2 * (c->planar ? 1 : 2);
    int plane = (int)i % planes_of (c), row = plane > 0 ? chroma : width;
    int stride = plane > 0 ? c->chroma_stride : c->stride;

    if (a->type == GEN_TYPE_FLOAT32)
      for (gsize k = 0; k < a->size / sizeof (float); k++)
        g_assert_cmpfloat_with_epsilon (((float *)a->data)[k], ((float *)b->data)[k], most);
    else
      for (gsize k = 0; k < a->size; k++)
        if (stride == 0 || k % (gsize)stride < (gsize)row)
          g_assert_cmpint (ABS (((guint8 *)a->data)[k] - ((guint8 *)b->data)[k]), <=, (int)most);
  }
}

static void
pack (const Case *c, GenPrecision precision, double most)
{
  g_autoptr (GenGraph) graph = gen_graph_new (c->name);
  g_autoptr (GError) error = NULL;
  GenTensor *outputs[6], *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32,
                             &GEN_SHAPE (c->count * c->frames, c->channels, c->height, c->width));
  GenNode *node;

  if (c->behind_conv)
    x = through_conv (graph, x, 0, &error);
  x = gen_unary (graph, "Tanh", x, &error);
  g_assert_no_error (error);
  node = add_node (graph, c, "PackPicture", &x, 1, outputs, c->frames * planes_of (c));
  g_assert_true (node->op->infer (node, &error));
  for (int i = 0; i < c->frames * planes_of (c); i++)
    gen_graph_add_output (graph, outputs[i]);
  compare (graph, c, precision, most);
}

static void
unpack (const Case *c, GenPrecision precision, double most)
{
  g_autoptr (GenGraph) graph = gen_graph_new (c->name);
  g_autoptr (GError) error = NULL;
  int rows = (c->count + c->columns - 1) / c->columns, chroma = (c->columns * c->width + 1) / 2;
  GenTensor *inputs[6], *y;
  GenNode *node;

  for (int i = 0; i < c->frames * planes_of (c); i++) {
    gboolean luma = i % planes_of (c) == 0;
    int stride = luma ? MAX (c->stride, c->columns * c->width)
                      : MAX (c->chroma_stride, chroma * (c->planar ? 1 : 2));
    gint64 size = (gint64)stride * (luma ? rows * c->height : (rows * c->height + 1) / 2);

    inputs[i] = gen_graph_add_input (graph, "frame", GEN_TYPE_UINT8, &GEN_SHAPE (size));
  }
  node = add_node (graph, c, "UnpackPicture", inputs, c->frames * planes_of (c), &y, 1);
  gen_node_set_int (node, "rows", rows);
  gen_node_set_int (node, "channels", 3);
  gen_node_set_int (node, "height", c->height);
  gen_node_set_int (node, "width", c->width);
  g_assert_true (node->op->infer (node, &error));
  gen_graph_add_output (graph, c->behind_conv ? through_conv (graph, y, 0, &error) : y);
  compare (graph, c, precision, most);
}

static void
test_case (gconstpointer data)
{
  const Case *c = data;

  pack (c, GEN_PRECISION_FLOAT32, 1);
  pack (c, GEN_PRECISION_FLOAT16, 2);
  if (c->channels == 1)
    return;
  unpack (c, GEN_PRECISION_FLOAT32, 1e-5);
  unpack (c, GEN_PRECISION_FLOAT16, 2e-3);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  g_test_init (&argc, &argv, NULL);
  if (!gen_device_cuda.available (&error)) {
    g_print ("1..0 # SKIP %s\n", error->message);
    return 0;
  }
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *name = g_strdup_printf ("/device/ycbcr/%s", cases[i].name);

    g_test_add_data_func (name, &cases[i], test_case);
  }
  return g_test_run ();
}
