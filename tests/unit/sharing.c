/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans of one model share its weights, whatever kernels made of them, and each works as long as it
 * lives; what a plan has packed it gives up; states are a plan's own. */
#include <generative/onnx.h>
#include <generative/plan.h>
#include <generative/random.h>
#include <glib/gstdio.h>

#include <string.h>

#include "../../lib/device/shared.h"

#define WORDS 300
#define WIDE 1024

static GBytes *
draw (gsize n, guint64 seed, float scale)
{
  GenRandom random = gen_random_new (seed, "test", n);
  float *numbers = g_new (float, n);

  gen_random_normal (&random, 0, 0, numbers, n);
  for (gsize i = 0; i < n; i++)
    numbers[i] *= scale;
  return g_bytes_new_take (numbers, n * sizeof (float));
}

static GenTensor *
weights (GenGraph *graph, GenShape shape, guint64 seed)
{
  return gen_graph_add_constant (
      graph, "weights", GEN_TYPE_FLOAT32, &shape, draw (gen_shape_elements (&shape), seed, 0.05f));
}

/* Convolutions both ways and a product, which pack; and a table that is read where it lies. */
static GenGraph *
build (gint64 batch, guint64 seed)
{
  g_autoptr (GError) error = NULL;
  GenGraph *graph = gen_graph_new ("net");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (batch, 32, 16, 16));
  GenTensor *word = gen_graph_add_input (graph, "word", GEN_TYPE_INT64, &GEN_SHAPE (batch));
  gint64 row[] = { -1, 32 };
  GenTensor *y, *found;

  y = gen_graph_op (graph, "Conv",
      (GenTensor *[]){ x, weights (graph, GEN_SHAPE (64, 32, 3, 3), seed) }, 2, 1, &error, "pads",
      GEN_INTS, 4, (gint64[]){ 1, 1, 1, 1 }, NULL);
  y = gen_unary (graph, "Relu", y, &error);
  y = gen_graph_op (graph, "ConvTranspose",
      (GenTensor *[]){ y, weights (graph, GEN_SHAPE (64, 32, 4, 4), seed + 1) }, 2, 1, &error,
      "pads", GEN_INTS, 4, (gint64[]){ 1, 1, 1, 1 }, "strides", GEN_INTS, 2, (gint64[]){ 2, 2 },
      NULL);
  y = gen_unary (graph, "GlobalAveragePool", y, &error);
  y = gen_binary (graph, "Reshape", y, gen_graph_ints (graph, row, 2), &error);
  y = gen_binary (graph, "MatMul", y, weights (graph, GEN_SHAPE (32, WIDE), seed + 2), &error);
  found = gen_binary (
      graph, "Gather", weights (graph, GEN_SHAPE (WORDS, WIDE), seed + 3), word, &error);
  y = gen_binary (graph, "Add", y, found, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  return graph;
}

static GenPlan *
compile (GenGraph *graph, int threads)
{
  const GenPlanOptions options = { .threads = threads };
  g_autoptr (GError) error = NULL;
  GenPlan *plan = gen_plan_new (graph, &options, &error);

  g_assert_no_error (error);
  return plan;
}

static GenPlan *
compile_file (const char *path, int threads)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_onnx_load (path, &error);

  g_assert_no_error (error);
  return compile (graph, threads);
}

static GBytes *
run (GenPlan *plan)
{
  g_autoptr (GBytes) x = NULL;
  const GenBinding *to = gen_plan_input (plan, 0), *words = gen_plan_input (plan, 1);
  const GenBinding *out = gen_plan_output (plan, 0);

  x = draw (to->size / sizeof (float), 99, 1);
  memcpy (to->data, g_bytes_get_data (x, NULL), to->size);
  for (gint64 i = 0; i < words->shape.dims[0]; i++)
    ((gint64 *)words->data)[i] = 7 * i + 5;
  g_assert_true (gen_plan_run (plan, NULL));
  return g_bytes_new (out->data, out->size);
}

static void
assert_same (GBytes *a, GBytes *b)
{
  g_assert_true (g_bytes_equal (a, b));
}

static char *
save (GenGraph *graph)
{
  g_autofree char *folder = g_dir_make_tmp ("sharing-XXXXXX", NULL);
  g_autoptr (GError) error = NULL;
  char *path = g_build_filename (folder, "net.onnx", NULL);

  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
  return path;
}

static void
remove_saved (char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);

  g_unlink (path);
  g_rmdir (folder);
  g_free (path);
}

/* --- */

static void *
filled (gsize size, guint8 last)
{
  guint8 *memory = gen_shared_alloc (size);

  memset (memory, 7, size);
  memory[size - 1] = last;
  return memory;
}

/* Equal bytes are in memory once, as long as somebody has them. */
static void
test_bytes (void)
{
  const gsize sizes[] = { 4096, 5001, 1 << 20, (1 << 20) + 3 };
  gsize before = gen_plan_shared_size ();

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    gsize size = sizes[i];
    GBytes *first = gen_shared_take (filled (size, 1), size);
    GBytes *same = gen_shared_take (filled (size, 1), size);
    GBytes *other = gen_shared_take (filled (size, 2), size);

    g_assert_true (g_bytes_get_data (first, NULL) == g_bytes_get_data (same, NULL));
    g_assert_true (g_bytes_get_data (first, NULL) != g_bytes_get_data (other, NULL));
    g_assert_cmpuint (gen_plan_shared_size () - before, ==, 2 * size);
    g_bytes_unref (first);
    g_assert_cmpuint (((const guint8 *)g_bytes_get_data (same, NULL))[size - 1], ==, 1);
    g_assert_cmpuint (((const guint8 *)g_bytes_get_data (other, NULL))[size - 1], ==, 2);
    g_bytes_unref (same);
    g_assert_cmpuint (gen_plan_shared_size () - before, ==, size);
    g_bytes_unref (other);
    g_assert_cmpuint (gen_plan_shared_size (), ==, before);
  }
}

/* A second plan of a model brings nothing; the first may go. */
static void
test_plans (gconstpointer from_file)
{
  g_autoptr (GenGraph) graph = build (2, 1);
  char *path = save (graph);
  gsize before = gen_plan_shared_size (), one;
  GenPlan *first = from_file ? compile_file (path, 2) : compile (graph, 2), *second;
  g_autoptr (GBytes) expected = run (first), again = NULL;

  one = gen_plan_shared_size () - before;
  /* All that is packed, and the table. */
  g_assert_cmpuint (one, >, sizeof (float) * WORDS * WIDE);
  second = from_file ? compile_file (path, 2) : compile (graph, 2);
  g_assert_cmpuint (gen_plan_shared_size () - before, ==, one);
  gen_plan_free (first);
  g_assert_cmpuint (gen_plan_shared_size () - before, ==, one);
  again = run (second);
  assert_same (expected, again);
  gen_plan_free (second);
  g_assert_cmpuint (gen_plan_shared_size (), ==, before);
  remove_saved (path);
}

/* Of files, constants are slices that begin anywhere; of graphs made here, memory. */
static void
test_file (void)
{
  g_autoptr (GenGraph) graph = build (2, 3);
  char *path = save (graph);
  g_autoptr (GenPlan) made = compile (graph, 1), read = compile_file (path, 1);
  g_autoptr (GBytes) expected = run (made), got = run (read);

  assert_same (expected, got);
  remove_saved (path);
}

/* Integers are packed, too. */
static void
test_integers (void)
{
  gsize before = gen_plan_shared_size (), one;
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("integers");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_UINT8, &GEN_SHAPE (2, WIDE)), *y;
  GenPlan *first, *second;
  gint8 *data = g_new (gint8, WIDE * 256);

  for (gsize i = 0; i < WIDE * 256; i++)
    data[i] = (gint8)(i * 31 % 251);
  y = gen_binary (graph, "MatMulInteger", x,
      gen_graph_add_constant (
          graph, "w", GEN_TYPE_INT8, &GEN_SHAPE (WIDE, 256), g_bytes_new_take (data, WIDE * 256)),
      &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  first = compile (graph, 1);
  one = gen_plan_shared_size () - before;
  g_assert_cmpuint (one, >=, WIDE * 256);
  second = compile (graph, 2);
  g_assert_cmpuint (gen_plan_shared_size () - before, ==, one);
  gen_plan_free (first);
  memset (gen_plan_input (second, 0)->data, 1, 2 * WIDE);
  g_assert_true (gen_plan_run (second, NULL));
  for (gsize n = 0; n < 256; n++) {
    gint32 sum = 0;

    for (gsize k = 0; k < WIDE; k++)
      sum += (gint8)((k * 256 + n) * 31 % 251);
    g_assert_cmpint (((gint32 *)gen_plan_output (second, 0)->data)[n], ==, sum);
  }
  gen_plan_free (second);
  g_assert_cmpuint (gen_plan_shared_size (), ==, before);
}

/* Products are packed alike for any number of rows and threads. */
static void
test_batches (void)
{
  gsize before = gen_plan_shared_size (), one = 0;
  GenPlan *plans[3];

  for (guint i = 0; i < G_N_ELEMENTS (plans); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) graph = gen_graph_new ("dense");
    GenTensor *x =
        gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (i == 1 ? 3 : 1, 256));
    GenTensor *y =
        gen_binary (graph, "MatMul", x, weights (graph, GEN_SHAPE (256, 700), 4), &error);

    g_assert_no_error (error);
    gen_graph_add_output (graph, y);
    plans[i] = compile (graph, i == 2 ? 3 : 1);
    if (i == 0)
      one = gen_plan_shared_size () - before;
  }
  g_assert_cmpuint (one, >=, sizeof (float) * 256 * 700);
  g_assert_cmpuint (gen_plan_shared_size () - before, ==, one);
  for (guint i = 0; i < G_N_ELEMENTS (plans); i++)
    gen_plan_free (plans[i]);
  g_assert_cmpuint (gen_plan_shared_size (), ==, before);
}

/* Another model's weights are others', and so are those of a file that is replaced: by a rename, or
 * written over. */
static void
test_replaced (gconstpointer in_place)
{
  g_autoptr (GenGraph) graph = build (1, 5), changed = build (1, 6);
  char *path = save (graph);
  gsize before = gen_plan_shared_size (), one;
  g_autoptr (GenPlan) old = compile_file (path, 1), new = NULL, fresh = NULL;
  g_autoptr (GBytes) first = run (old), second = NULL, other = NULL, expected = NULL;
  g_autoptr (GError) error = NULL;

  one = gen_plan_shared_size () - before;
  if (in_place) {
    g_autoptr (GBytes) written = gen_onnx_serialize (changed, &error);
    FILE *file = g_fopen (path, "r+");

    g_assert_no_error (error);
    g_assert_nonnull (file);
    g_assert_cmpuint (
        fwrite (g_bytes_get_data (written, NULL), 1, g_bytes_get_size (written), file), ==,
        g_bytes_get_size (written));
    fclose (file);
  } else {
    gen_onnx_save (changed, path, &error);
    g_assert_no_error (error);
  }
  new = compile_file (path, 1);
  g_assert_cmpuint (gen_plan_shared_size () - before, ==, 2 * one);
  fresh = compile (changed, 1);
  second = run (old);
  other = run (new);
  expected = run (fresh);
  assert_same (first, second);
  assert_same (other, expected);
  g_assert_false (g_bytes_equal (first, other));
  remove_saved (path);
}

#define ROUNDS 5

typedef struct {
  const char *path;
  GBytes *expected;
} Work;

static gpointer
compile_often (gpointer data)
{
  const Work *work = data;

  for (int i = 0; i < ROUNDS; i++) {
    g_autoptr (GenPlan) plan = compile_file (work->path, 1);
    g_autoptr (GBytes) got = run (plan);

    assert_same (work->expected, got);
  }
  return NULL;
}

/* Threads that come and go, and share what happens to be there. */
static void
test_threads (void)
{
  g_autoptr (GenGraph) graph = build (1, 7);
  char *path = save (graph);
  gsize before = gen_plan_shared_size ();
  GenPlan *plan = compile (graph, 1);
  g_autoptr (GBytes) expected = run (plan);
  Work work = { path, expected };
  GThread *threads[4];

  gen_plan_free (plan);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("compile", compile_often, &work);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_assert_cmpuint (gen_plan_shared_size (), ==, before);
  remove_saved (path);
}

/* States that begin with equal values are two plans' own. */
static void
test_states (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("state");
  gsize before = gen_plan_shared_size ();
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 64)), *w, *y;
  g_autoptr (GenPlan) one = NULL, two = NULL;
  const GenBinding *state;

  w = gen_graph_add_state (
      graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (64, 256), draw (64 * 256, 8, 1));
  y = gen_binary (graph, "MatMul", x, w, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  one = compile (graph, 1);
  two = compile (graph, 1);
  g_assert_cmpuint (gen_plan_shared_size (), ==, before);
  state = gen_plan_find (one, "w");
  g_assert_true (state->data != gen_plan_find (two, "w")->data);
  memset (state->data, 0, state->size);
  for (int i = 0; i < 64; i++)
    ((float *)gen_plan_input (one, 0)->data)[i] = ((float *)gen_plan_input (two, 0)->data)[i] = 1;
  g_assert_true (gen_plan_run (one, NULL));
  g_assert_true (gen_plan_run (two, NULL));
  for (int i = 0; i < 256; i++) {
    g_assert_cmpfloat (((float *)gen_plan_output (one, 0)->data)[i], ==, 0);
    g_assert_cmpfloat (((float *)gen_plan_output (two, 0)->data)[i], !=, 0);
  }
}

/* --- recurrences, whose weights are packed where they are constant --- */

#define HIDDEN 48

typedef struct {
  const char *op;
  int gates, reset_after;
} Cell;

static GenPlan *
make_recurrence (const Cell *cell, gboolean constant)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new (cell->op);
  GenTensor *inputs[3];

  inputs[0] = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (5, 2, 40));
  for (int i = 1; i < 3; i++) {
    GenShape shape = GEN_SHAPE (2, cell->gates * HIDDEN, i == 1 ? 40 : HIDDEN);

    inputs[i] = constant ? weights (graph, shape, i)
                         : gen_graph_add_input (graph, NULL, GEN_TYPE_FLOAT32, &shape);
  }
  gen_graph_add_output (graph, gen_graph_op (graph, cell->op, inputs, 3, 1, &error, "hidden_size",
                                   GEN_INT, HIDDEN, "direction", GEN_STRING, "bidirectional",
                                   "linear_before_reset", GEN_INT, cell->reset_after, NULL));
  g_assert_no_error (error);
  return compile (graph, 2);
}

static void
test_recurrence (gconstpointer data)
{
  g_autoptr (GenPlan) constant = make_recurrence (data, TRUE),
                      given = make_recurrence (data, FALSE);
  g_autoptr (GBytes) x = draw (5 * 2 * 40, 11, 1);
  const float *a, *b;

  for (guint i = 0; i < 3; i++) {
    const GenBinding *input = gen_plan_input (given, i);
    g_autoptr (GBytes) w = draw (input->size / sizeof (float), i, 0.05f);

    memcpy (input->data, g_bytes_get_data (i == 0 ? x : w, NULL), input->size);
  }
  memcpy (gen_plan_input (constant, 0)->data, g_bytes_get_data (x, NULL), g_bytes_get_size (x));
  g_assert_true (gen_plan_run (constant, NULL));
  g_assert_true (gen_plan_run (given, NULL));
  a = gen_plan_output (constant, 0)->data;
  b = gen_plan_output (given, 0)->data;
  for (gsize i = 0; i < gen_plan_output (given, 0)->size / sizeof (float); i++)
    g_assert_cmpfloat_with_epsilon (a[i], b[i], 1e-6);
}

static const Cell cells[] = { { "LSTM", 4, 0 }, { "GRU", 3, 0 }, { "GRU", 3, 1 }, { "RNN", 1, 0 } };

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sharing/bytes", test_bytes);
  g_test_add_data_func ("/sharing/plans/graph", NULL, test_plans);
  g_test_add_data_func ("/sharing/plans/file", "file", test_plans);
  g_test_add_func ("/sharing/file", test_file);
  g_test_add_func ("/sharing/integers", test_integers);
  g_test_add_func ("/sharing/batches", test_batches);
  g_test_add_data_func ("/sharing/replaced/renamed", NULL, test_replaced);
  g_test_add_data_func ("/sharing/replaced/in-place", "in place", test_replaced);
  g_test_add_func ("/sharing/threads", test_threads);
  g_test_add_func ("/sharing/states", test_states);
  for (guint i = 0; i < G_N_ELEMENTS (cells); i++) {
    g_autofree char *path =
        g_strdup_printf ("/sharing/recurrence/%s-%d", cells[i].op, cells[i].reset_after);

    g_test_add_data_func (path, &cells[i], test_recurrence);
  }
  return g_test_run ();
}
