/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What follows from how many samples a second a model works at: which rows are sound, and where a
 * parameter stands that is called so. */
#include <generative/model.h>
#include <generative/operator.h>

static void
add_output (GenGraph *graph, const char *op, GenTensor *from, const char *name)
{
  GenTensor *output = gen_graph_add_value (graph, name);
  g_autoptr (GError) error = NULL;
  GenNode *node = gen_graph_add_node (graph, "", NULL, op, GEN_OPSET, &from, 1, &output, 1, &error);

  g_assert_no_error (error);
  g_assert_true (node->op->infer (node, &error));
  gen_graph_add_output (graph, output);
}

/* Of "x", [1, `taken`] (-1: any), "y", [1, `made`], or, where that is 0, as many as go in; of
 * "state" and a number called `rate` the next state. */
static GenGraph *
make_net (gint64 taken, gint64 made, const char *rate)
{
  GenGraph *graph = gen_graph_new ("net");
  g_autoptr (GError) error = NULL;
  const gint64 axes[] = { 1 }, shape[] = { 1, made };
  GenTensor *x =
      gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, taken > 0 ? taken : 2048));
  GenTensor *state = gen_graph_add_input (graph, "state", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 1, 4));
  GenTensor *number = gen_graph_add_input (graph, rate, GEN_TYPE_INT64, &(GenShape){ .rank = 0 });
  GenTensor *y = x;

  if (made > 0) {
    y = gen_graph_op (graph, "ReduceMean", &x, 1, 1, &error, "axes", GEN_INTS, 1, axes, NULL);
    g_assert_no_error (error);
    y = gen_binary (graph, "Expand", y, gen_graph_ints (graph, shape, 2), &error);
  }
  g_assert_no_error (error);
  number = gen_graph_op (
      graph, "Cast", &number, 1, 1, &error, "to", GEN_INT, (gint64)GEN_TYPE_FLOAT32, NULL);
  g_assert_no_error (error);
  state = gen_binary (graph, "Mul", state, number, &error);
  g_assert_no_error (error);
  add_output (graph, "Neg", y, "y");
  add_output (graph, "Tanh", state, "stateN");
  if (taken < 0)
    x->shape.dims[1] = -1;
  return graph;
}

static void
test_rows (void)
{
  static const struct {
    gint64 taken, made;
    const char *rate;
    gboolean said; /* by metadata, else by gen_model_make_sound */
    GenPortKind input, output;
    double stands; /* 0: nobody has said where */
  } cases[] = {
    { -1, 0, "sr", FALSE, GEN_PORT_SOUND, GEN_PORT_SOUND, 16000 },
    { -1, 0, "sr", TRUE, GEN_PORT_SOUND, GEN_PORT_SOUND, 16000 },
    { -1, 1, "sample_rate", FALSE, GEN_PORT_SOUND, GEN_PORT_VECTOR, 16000 },
    { -1, 0, "bits", FALSE, GEN_PORT_SOUND, GEN_PORT_SOUND, 0 },
    /* What makes no sound of one length hears it. */
    { 512, 1, "sr", FALSE, GEN_PORT_SOUND, GEN_PORT_VECTOR, 16000 },
    { 512, 1, "Sampling-Rate", TRUE, GEN_PORT_SOUND, GEN_PORT_VECTOR, 16000 },
    { 4096, 3, "sr", FALSE, GEN_PORT_SOUND, GEN_PORT_VECTOR, 16000 },
    /* Many numbers, but few for so many samples. */
    { 65536, 2048, "sr", TRUE, GEN_PORT_SOUND, GEN_PORT_VECTOR, 16000 },
    /* Latents, of which a sound is made. */
    { 100, 4096, "sr", FALSE, GEN_PORT_VECTOR, GEN_PORT_VECTOR, 0 },
    { 100, 4096, "sr", TRUE, GEN_PORT_VECTOR, GEN_PORT_SOUND, 0 },
    { 32, 1, "sr", FALSE, GEN_PORT_VECTOR, GEN_PORT_VECTOR, 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GenGraph) graph = make_net (cases[i].taken, cases[i].made, cases[i].rate);
    g_autoptr (GenModel) model = NULL;
    g_autoptr (GError) error = NULL;

    if (cases[i].said)
      g_hash_table_insert (
          graph->metadata, g_strdup ("generative.sample-rate"), g_strdup ("16000"));
    model = gen_model_new (graph, &error);
    g_assert_no_error (error);
    g_test_message ("case %" G_GSIZE_FORMAT, i);
    if (!cases[i].said)
      g_assert_true (gen_model_make_sound (model, 16000, &error));
    g_assert_no_error (error);
    g_assert_cmpint (model->inputs[0].kind, ==, cases[i].input);
    g_assert_cmpint (model->outputs[0].kind, ==, cases[i].output);
    g_assert_cmpint (model->inputs[1].part, ==, GEN_PART_STATE);
    g_assert_cmpint (model->inputs[2].part, ==, GEN_PART_PARAMETER);
    g_assert_cmpint (model->parameters[2] != NULL, ==, cases[i].stands > 0);
    if (cases[i].stands > 0)
      g_assert_cmpfloat (model->parameters[2]->values[0], ==, cases[i].stands);
  }
}

/* What somebody says comes first. */
static void
test_said (void)
{
  g_autoptr (GenGraph) graph = make_net (512, 1, "sr");
  g_autoptr (GenModel) model = NULL;
  g_autoptr (GError) error = NULL;

  g_hash_table_insert (graph->metadata, g_strdup ("generative.sample-rate"), g_strdup ("16000"));
  g_hash_table_insert (graph->metadata, g_strdup ("generative.parameters"), g_strdup ("sr=8000"));
  model = gen_model_new (graph, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (model->parameters[2]->values[0], ==, 8000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rate/rows", test_rows);
  g_test_add_func ("/rate/said", test_said);
  return g_test_run ();
}
