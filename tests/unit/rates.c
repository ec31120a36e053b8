/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whoever says how many samples a second there are, the same inputs and outputs are sound: of rows
 * of numbers too, beside what is remembered. */
#include <generative/model.h>
#include <generative/onnx.h>

#include "../scratch.h"

enum { RATE = 16000 };

/* `made` numbers of the row `x`. */
static GenTensor *
change_length (GenGraph *graph, GenTensor *x, gint64 length, gint64 made)
{
  g_autoptr (GError) error = NULL;
  const gint64 axis = 1;
  GenTensor *y;

  if (made == length)
    return gen_unary (graph, "Neg", x, NULL);
  if (made == 1) {
    y = gen_graph_op (graph, "ReduceMean", &x, 1, 1, &error, "axes", GEN_INTS, 1, &axis, NULL);
  } else {
    GenTensor *w = gen_graph_add_constant (graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (length, made),
        g_bytes_new_take (g_new0 (float, length *made), (gsize)(length * made) * sizeof (float)));

    y = gen_binary (graph, "MatMul", x, w, &error);
  }
  g_assert_no_error (error);
  return y;
}

/* A row that becomes one of `made` numbers, and a state beside it. */
static GenGraph *
make_row (gint64 length, gint64 made, const char *rate)
{
  GenGraph *graph = gen_graph_new ("row");
  const gint64 some = length > 0 ? length : 1000;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, some));
  GenTensor *h = gen_graph_add_input (graph, "h", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 128));
  GenTensor *y = change_length (graph, x, some, made > 0 ? made : some);

  gen_graph_add_output (graph, y);
  gen_graph_add_output (graph, gen_unary (graph, "Neg", h, NULL));
  if (length < 0)
    x->shape.dims[1] = y->shape.dims[1] = -1;
  g_hash_table_insert (graph->metadata, g_strdup ("generative.states"),
      g_strdup_printf ("h=%s", ((GenTensor *)graph->outputs->pdata[1])->name));
  if (rate != NULL)
    g_hash_table_insert (graph->metadata, g_strdup ("generative.sample-rate"), g_strdup (rate));
  return graph;
}

typedef struct {
  gint64 length, made;
  gboolean takes, makes; /* sound */
} Case;

static const Case cases[] = {
  { -1, -1, TRUE, TRUE },
  { 256, 256, TRUE, TRUE },
  { 2048, 2048, TRUE, TRUE },
  /* A score. */
  { 512, 1, TRUE, FALSE },
  /* Latents, of which a sound is made, or something else. */
  { 100, 100 * 16, FALSE, TRUE },
};

static void
assert_port (const GenPort *port, gboolean is_sound)
{
  g_assert_cmpint (port->kind, ==, is_sound ? GEN_PORT_SOUND : GEN_PORT_VECTOR);
  g_assert_cmpint (port->sample_rate, ==, is_sound ? RATE : 0);
}

static void
assert_model (const GenModel *model, const Case *wanted)
{
  assert_port (&model->inputs[0], wanted->takes);
  assert_port (&model->outputs[0], wanted->makes);
  g_assert_cmpint (model->inputs[1].part, ==, GEN_PART_STATE);
}

static void
test_metadata (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GenGraph) graph = make_row (cases[i].length, cases[i].made, "16000");
    g_autoptr (GError) error = NULL;
    g_autoptr (GenModel) model = gen_model_new (graph, &error);

    g_assert_no_error (error);
    assert_model (model, &cases[i]);
  }
}

/* As the properties of elements have it, of models that take sound. */
static void
test_said (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GenGraph) graph = make_row (cases[i].length, cases[i].made, NULL);
    g_autoptr (GError) error = NULL;
    g_autoptr (GenModel) model = gen_model_new (graph, &error);

    g_assert_no_error (error);
    if (!cases[i].takes)
      continue;
    g_assert_true (gen_model_make_sound (model, RATE, &error));
    g_assert_no_error (error);
    assert_model (model, &cases[i]);
  }
}

static void
test_beside (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "row.onnx", NULL);
  g_autofree char *beside = g_strconcat (path, ".modelinfo", NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (beside, "[generative]\nsample-rate=16000\n", -1, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GenGraph) graph = make_row (cases[i].length, cases[i].made, NULL);
    g_autoptr (GenModel) model = NULL;

    gen_onnx_save (graph, path, &error);
    g_assert_no_error (error);
    model = gen_model_load (path, &error);
    g_assert_no_error (error);
    assert_model (model, &cases[i]);
  }
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rates/metadata", test_metadata);
  g_test_add_func ("/rates/said", test_said);
  g_test_add_func ("/rates/beside", test_beside);
  return g_test_run ();
}
