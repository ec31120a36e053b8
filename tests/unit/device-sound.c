/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sounds to samples and back on a device against the CPU, which unit test pack-sound checks, from
 * and to memory of the plan's and memory that is bound. */
#include <generative/operator.h>

#include "device-compare.h"

typedef struct {
  const char *name;
  gboolean int16, channels_last;
  int channels, sounds, buffers;
  gint64 length, skip, keep;
} Case;

static const Case cases[] = {
  { "mono", FALSE, FALSE, 1, 1, 1, 1000, 0, 1000 },
  { "mono int16", TRUE, FALSE, 1, 1, 1, 1000, 3, 990 },
  { "stereo", FALSE, FALSE, 2, 2, 3, 257, 0, 257 },
  { "stereo int16", TRUE, FALSE, 2, 3, 2, 257, 16, 201 },
  { "eight, last", FALSE, TRUE, 8, 1, 2, 63, 1, 60 },
  { "six int16, last", TRUE, TRUE, 6, 2, 1, 64, 0, 64 },
};

static GenNode *
add_node (GenGraph *graph, const Case *c, const char *op, GenTensor **inputs, int n_inputs,
    GenTensor **outputs, int n_outputs)
{
  g_autoptr (GError) error = NULL;
  GenNode *node;

  for (int i = 0; i < n_outputs; i++)
    outputs[i] = gen_graph_add_value (graph, NULL);
  node = gen_graph_add_node (
      graph, NULL, "generative", op, GEN_OPSET, inputs, n_inputs, outputs, n_outputs, &error);
  g_assert_no_error (error);
  gen_node_set_int (node, "int16", c->int16);
  gen_node_set_int (node, "channels_last", c->channels_last);
  gen_node_set_float (node, "full_scale", 1.5f);
  return node;
}

/* Numbers to samples: ones beyond full scale, and some that are not finite. */
static void
fill_numbers (const GenPlan *plan)
{
  const GenBinding *x = gen_plan_input (plan, 0);
  GenRandom random = gen_random_new (9, "test", 0);
  float *numbers = x->data;

  gen_random_normal (&random, 0, 0, numbers, x->size / sizeof (float));
  numbers[5] = NAN;
  numbers[17] = -INFINITY;
}

static void
test_pack (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (GenGraph) graph = gen_graph_new (c->name);
  g_autoptr (GError) error = NULL;
  const gint64 n = c->sounds * c->buffers;
  g_autoptr (GenPlan) cpu = NULL, device = NULL;
  g_autofree guint8 *bound = NULL;
  GenTensor *outputs[3], *x;
  GenNode *node;

  x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32,
      c->channels_last ? &GEN_SHAPE (n, c->length, c->channels)
                       : &GEN_SHAPE (n, c->channels, c->length));
  node = add_node (graph, c, "PackSound", &x, 1, outputs, c->buffers);
  gen_node_set_int (node, "skip", c->skip);
  gen_node_set_int (node, "keep", c->keep);
  g_assert_true (node->op->infer (node, &error));
  for (int i = 0; i < c->buffers; i++)
    gen_graph_add_output (graph, outputs[i]);
  cpu = plan_run (graph, &(GenPlanOptions){ .threads = 1 }, fill_numbers);
  device = plan_run (graph, &(GenPlanOptions){ .device = &gen_device_cuda }, fill_numbers);
  assert_on_device (c->name, device);
  for (int i = 0; i < c->buffers; i++) {
    const GenBinding *a = gen_plan_output (cpu, (guint)i), *b = gen_plan_output (device, (guint)i);

    g_assert_cmpmem (a->data, a->size, b->data, b->size);
  }
  /* Where the user wants it. */
  bound = g_malloc0 (gen_plan_output (cpu, 0)->size);
  gen_plan_bind_output (device, 0, bound);
  g_assert_true (gen_plan_run (device, &error));
  g_assert_cmpmem (bound, gen_plan_output (cpu, 0)->size, gen_plan_output (cpu, 0)->data,
      gen_plan_output (cpu, 0)->size);
}

static void
fill_samples (const GenPlan *plan)
{
  for (guint i = 0; i < gen_plan_n_inputs (plan); i++) {
    const GenBinding *x = gen_plan_input (plan, i);

    /* As int16 any, as float32 of moderate size. */
    for (gsize k = 0; k < x->size / 4; k++)
      ((guint32 *)x->data)[k] = 0x3f000000 + (guint32)(k * 7919 + i) % 0x7fffff;
  }
}

static void
test_unpack (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (GenGraph) graph = gen_graph_new (c->name);
  g_autoptr (GError) error = NULL;
  const gint64 bytes = c->sounds * c->length * c->channels * (c->int16 ? 2 : 4);
  g_autoptr (GenPlan) cpu = NULL, device = NULL;
  GenTensor *inputs[3], *y;
  GenNode *node;

  for (int i = 0; i < c->buffers; i++)
    inputs[i] = gen_graph_add_input (graph, "samples", GEN_TYPE_UINT8, &GEN_SHAPE (bytes));
  node = add_node (graph, c, "UnpackSound", inputs, c->buffers, &y, 1);
  gen_node_set_int (node, "channels", c->channels);
  gen_node_set_int (node, "length", c->length);
  g_assert_true (node->op->infer (node, &error));
  gen_graph_add_output (graph, y);
  cpu = plan_run (graph, &(GenPlanOptions){ .threads = 1 }, fill_samples);
  device = plan_run (graph, &(GenPlanOptions){ .device = &gen_device_cuda }, fill_samples);
  assert_on_device (c->name, device);
  assert_near (c->name, cpu, device, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (!has_device ())
    return 0;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *pack = g_strconcat ("/device/sound/pack/", cases[i].name, NULL);
    g_autofree char *unpack = g_strconcat ("/device/sound/unpack/", cases[i].name, NULL);

    g_test_add_data_func (pack, &cases[i], test_pack);
    g_test_add_data_func (unpack, &cases[i], test_unpack);
  }
  return g_test_run ();
}
