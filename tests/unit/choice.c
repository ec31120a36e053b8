/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kernels chosen by measuring: all ways of a node agree, what is remembered is used and stays,
 * rules look at nothing that is remembered, and a file that is damaged, out of reach or written by
 * two at once does no harm. */
#include <generative/plan.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../launch.h"
#include "../scratch.h"

/* A layer of constant weights. */
typedef struct {
  const char *name, *op;
  GenShape x, w;
  gint64 stride, pad; /* convolutions */
} Layer;

static const Layer layers[] = {
  { "conv", "Conv", { 4, { 1, 64, 24, 24 } }, { 4, { 64, 64, 3, 3 } }, 1, 1 },
  { "strided", "Conv", { 4, { 1, 64, 16, 16 } }, { 4, { 96, 64, 4, 4 } }, 2, 1 },
  { "pointwise", "Conv", { 4, { 1, 64, 20, 20 } }, { 4, { 64, 64, 1, 1 } }, 1, 0 },
  { "transposed", "ConvTranspose", { 4, { 1, 128, 8, 8 } }, { 4, { 128, 64, 4, 4 } }, 2, 1 },
  { "first", "ConvTranspose", { 4, { 1, 100, 1, 1 } }, { 4, { 100, 384, 4, 4 } }, 1, 0 },
  { "sound", "ConvTranspose", { 3, { 1, 64, 64 } }, { 3, { 64, 32, 25 } }, 4, 11 },
  { "dense", "MatMul", { 2, { 16, 300 } }, { 2, { 300, 256 } } },
  { "tall", "MatMul", { 2, { 200, 96 } }, { 2, { 96, 128 } } },
};

static GenGraph *
build (const Layer *layer)
{
  GenGraph *graph = gen_graph_new (layer->name);
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &layer->x), *w, *y;
  gint64 n = gen_shape_elements (&layer->w);
  const gint64 strides[] = { layer->stride, layer->stride };
  const gint64 pads[] = { layer->pad, layer->pad, layer->pad, layer->pad };
  int rank = layer->x.rank - 2;
  GenRandom random = gen_random_new (3, "test", 1);
  float *weights = g_new (float, n);
  GError *error = NULL;

  gen_random_normal (&random, 0, 0, weights, n);
  w = gen_graph_add_constant (
      graph, "w", GEN_TYPE_FLOAT32, &layer->w, g_bytes_new_take (weights, n * sizeof (float)));
  y = rank > 0 ? gen_graph_op (graph, layer->op, (GenTensor *[]){ x, w }, 2, 1, &error, "strides",
                     GEN_INTS, rank, strides, "pads", GEN_INTS, 2 * rank, pads, NULL)
               : gen_binary (graph, layer->op, x, w, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  return graph;
}

static GenPlan *
compile (const Layer *layer, GenChoice choice, GenPrecision precision, const char *file)
{
  g_autoptr (GenGraph) graph = build (layer);
  GenPlanOptions options = {
    .threads = 2, .precision = precision, .choice = choice, .choices = file
  };
  g_autoptr (GError) error = NULL;
  GenPlan *plan = gen_plan_new (graph, &options, &error);

  g_assert_no_error (error);
  return plan;
}

/* The way of the plan's only heavy node. */
static const char *
way_of (GenPlan *plan)
{
  g_autoptr (GArray) steps = gen_plan_steps (plan);
  const char *way = NULL;

  for (guint i = 0; i < steps->len; i++)
    if (g_array_index (steps, GenStepInfo, i).way != NULL)
      way = g_array_index (steps, GenStepInfo, i).way;
  g_assert_nonnull (way);
  return way;
}

static GBytes *
run (GenPlan *plan)
{
  const GenBinding *x = gen_plan_input (plan, 0), *y = gen_plan_output (plan, 0);
  GenRandom random = gen_random_new (3, "test", 0);

  gen_random_normal (&random, 0, 0, x->data, x->size / sizeof (float));
  g_assert_true (gen_plan_run (plan, NULL));
  return g_bytes_new (y->data, y->size);
}

static double
difference (GBytes *a, GBytes *b)
{
  gsize size;
  const float *x = g_bytes_get_data (a, &size), *y = g_bytes_get_data (b, NULL);
  double worst = 0, scale = 0;

  g_assert_cmpuint (size, ==, g_bytes_get_size (b));
  for (gsize i = 0; i < size / sizeof (float); i++) {
    g_assert_true (isfinite (x[i]) && isfinite (y[i]));
    worst = MAX (worst, fabs (x[i] - y[i]));
    scale = MAX (scale, fabs (x[i]));
  }
  g_assert_cmpfloat (scale, >, 0);
  return worst / scale;
}

/* The file with one entry, whose way is another. */
static void
force (const char *file, const char *way)
{
  g_autoptr (GKeyFile) choices = g_key_file_new ();
  g_auto (GStrv) groups = NULL;
  g_auto (GStrv) keys = NULL;
  g_autoptr (GError) error = NULL;

  g_key_file_load_from_file (choices, file, 0, &error);
  g_assert_no_error (error);
  groups = g_key_file_get_groups (choices, NULL);
  g_assert_cmpuint (g_strv_length (groups), ==, 1);
  keys = g_key_file_get_keys (choices, groups[0], NULL, NULL);
  g_assert_cmpuint (g_strv_length (keys), ==, 1);
  g_key_file_set_value (choices, groups[0], keys[0], way);
  g_assert_true (g_key_file_save_to_file (choices, file, NULL));
}

/* The ways that were measured, from the note that goes with an entry. */
static char **
ways_in (const char *file)
{
  g_autofree char *text = NULL;
  char *list;
  char **ways;

  g_assert_true (g_file_get_contents (file, &text, NULL, NULL));
  list = strstr (text, "microseconds: ");
  g_assert_nonnull (list);
  list += strlen ("microseconds: ");
  list[strcspn (list, "\n")] = '\0';
  ways = g_strsplit (list, ", ", -1);
  for (char **way = ways; *way != NULL; way++)
    (*way)[strcspn (*way, " ")] = '\0';
  return ways;
}

/* Measure as often as it takes to be remembered: on a busy machine a first trial may be in doubt.
 */
static gboolean
measure (const Layer *layer, GenPrecision precision, const char *file)
{
  for (int i = 0; i < 2; i++)
    gen_plan_free (compile (layer, GEN_CHOICE_MEASURE, precision, file));
  return g_file_test (file, G_FILE_TEST_EXISTS);
}

static void
test_ways_agree (gconstpointer data)
{
  const Layer *layer = data;
  g_autofree char *folder = scratch_new ();
  gboolean several = FALSE;

  for (int precision = GEN_PRECISION_FLOAT32; precision <= GEN_PRECISION_TF32; precision++) {
    g_autofree char *name = g_strdup_printf ("choices-%d", precision);
    g_autofree char *file = g_build_filename (folder, "new", name, NULL);
    g_autoptr (GenPlan) rules = compile (layer, GEN_CHOICE_RULES, precision, file);
    g_autoptr (GBytes) expected = run (rules);
    g_auto (GStrv) ways = NULL;

    g_assert_false (g_file_test (file, G_FILE_TEST_EXISTS));
    if (!measure (layer, precision, file))
      continue; /* this machine has but one way */
    ways = ways_in (file);
    g_assert_cmpuint (g_strv_length (ways), >, 1);
    g_assert_cmpstr (ways[0], ==, way_of (rules));
    several = TRUE;
    for (char **way = ways; *way != NULL; way++) {
      g_autofree char *before = NULL;
      g_autofree char *after = NULL;

      force (file, *way);
      g_assert_true (g_file_get_contents (file, &before, NULL, NULL));
      /* Both use it; neither measures, which would write. */
      for (GenChoice choice = GEN_CHOICE_REMEMBERED; choice <= GEN_CHOICE_MEASURE; choice++) {
        g_autoptr (GenPlan) plan = compile (layer, choice, precision, file);
        g_autoptr (GBytes) results = run (plan);

        g_assert_cmpstr (way_of (plan), ==, *way);
        g_assert_cmpfloat (
            difference (expected, results), <, precision == GEN_PRECISION_TF32 ? 4e-5 : 1e-5);
      }
      g_assert_true (g_file_get_contents (file, &after, NULL, NULL));
      g_assert_cmpstr (before, ==, after);
    }
  }
  if (!several)
    g_test_skip ("this machine has but one way");
  scratch_remove (folder);
}

/* A layer with several ways on every machine. */
static const Layer *const sure = &layers[3];

/* A file that says something else than the rules. */
static char *
other_choice (const char *folder, const char **way)
{
  char *file = g_build_filename (folder, "choices", NULL);
  g_autoptr (GenPlan) rules = compile (sure, GEN_CHOICE_RULES, GEN_PRECISION_FLOAT32, NULL);

  g_assert_true (measure (sure, GEN_PRECISION_FLOAT32, file));
  *way = strcmp (way_of (rules), "onednn-rows") == 0 ? "onednn-transposed" : "onednn-rows";
  force (file, *way);
  return file;
}

static void
test_rules (void)
{
  g_autofree char *folder = scratch_new ();
  const char *other;
  g_autofree char *file = other_choice (folder, &other);
  g_autoptr (GBytes) first = NULL;

  for (int i = 0; i < 3; i++) {
    g_autoptr (GenPlan) plan = compile (sure, GEN_CHOICE_RULES, GEN_PRECISION_FLOAT32, file);
    g_autoptr (GBytes) results = run (plan);

    g_assert_cmpstr (way_of (plan), !=, other);
    if (first == NULL)
      first = g_bytes_ref (results);
    g_assert_true (g_bytes_equal (first, results));
  }
  scratch_remove (folder);
}

static void
test_unknown_way (void)
{
  g_autofree char *folder = scratch_new ();
  const char *other;
  g_autofree char *file = other_choice (folder, &other);
  g_autoptr (GenPlan) rules = compile (sure, GEN_CHOICE_RULES, GEN_PRECISION_FLOAT32, NULL);
  g_autoptr (GenPlan) plan = NULL;
  g_autofree char *text = NULL;

  force (file, "abacus");
  plan = compile (sure, GEN_CHOICE_REMEMBERED, GEN_PRECISION_FLOAT32, file);
  g_assert_cmpstr (way_of (plan), ==, way_of (rules));
  g_clear_pointer (&plan, gen_plan_free);
  /* Where it is measured, what is found takes the line's place. */
  plan = compile (sure, GEN_CHOICE_MEASURE, GEN_PRECISION_FLOAT32, file);
  g_assert_true (g_file_get_contents (file, &text, NULL, NULL));
  g_assert_null (strstr (text, "abacus"));
  scratch_remove (folder);
}

/* What is in doubt is measured once more, and then stays. */
static void
test_doubt (void)
{
  g_autofree char *folder = scratch_new ();
  const char *other;
  g_autofree char *file = other_choice (folder, &other);
  g_autofree char *doubted = g_strconcat ("?", other, NULL);
  g_autofree char *once = NULL;
  g_autofree char *twice = NULL;

  force (file, doubted);
  gen_plan_free (compile (sure, GEN_CHOICE_MEASURE, GEN_PRECISION_FLOAT32, file));
  g_assert_true (g_file_get_contents (file, &once, NULL, NULL));
  g_assert_null (strchr (once, '?'));
  gen_plan_free (compile (sure, GEN_CHOICE_MEASURE, GEN_PRECISION_FLOAT32, file));
  g_assert_true (g_file_get_contents (file, &twice, NULL, NULL));
  g_assert_cmpstr (once, ==, twice);
  scratch_remove (folder);
}

static void
test_damaged (void)
{
  static const char *const texts[] = { "", "\xff\xfe\0\1", "[", "[a]\nb", "[a]\n[a]\n=\n", "no\n" };
  g_autofree char *folder = scratch_new ();
  g_autofree char *file = g_build_filename (folder, "choices", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autofree char *text = NULL;

    g_assert_true (g_file_set_contents (file, texts[i], -1, NULL));
    gen_plan_free (compile (sure, GEN_CHOICE_MEASURE, GEN_PRECISION_FLOAT32, file));
    g_assert_true (g_file_get_contents (file, &text, NULL, NULL));
    g_assert_nonnull (strstr (text, "ConvTranspose"));
  }
  scratch_remove (folder);
}

/* A pipe that nobody writes to is not waited for. */
static void
test_pipe (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *file = g_build_filename (folder, "choices", NULL);

  g_assert_cmpint (mkfifo (file, 0600), ==, 0);
  alarm (60); /* or this ends */
  gen_plan_free (compile (sure, GEN_CHOICE_MEASURE, GEN_PRECISION_FLOAT32, file));
  alarm (0);
  g_assert_true (g_file_test (file, G_FILE_TEST_IS_REGULAR));
  scratch_remove (folder);
}

/* The folder's name is a file's, or may not be written: it is measured, and forgotten. */
static void
test_out_of_reach (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *blocked = g_build_filename (folder, "blocked", NULL);
  g_autofree char *below = g_build_filename (blocked, "deep", "choices", NULL);
  g_autofree char *nowhere = g_build_filename ("/proc", "nowhere", "choices", NULL);
  const char *const files[] = { below, nowhere, folder };

  g_assert_true (g_file_set_contents (blocked, "", -1, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autoptr (GenPlan) plan = compile (sure, GEN_CHOICE_MEASURE, GEN_PRECISION_FLOAT32, files[i]);
    g_autoptr (GBytes) results = run (plan);

    g_assert_nonnull (way_of (plan));
  }
  g_assert_true (g_file_test (folder, G_FILE_TEST_IS_DIR));
  if (g_file_test (folder, G_FILE_TEST_IS_DIR)) {
    g_autofree char *lock = g_strconcat (folder, ".lock", NULL);

    g_unlink (lock);
  }
  scratch_remove (folder);
}

/* Processes that remember at the same time keep each other's entries. */
static void
test_two_processes (gconstpointer program)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *file = g_build_filename (folder, "choices", NULL);
  GSubprocess *children[4];
  g_autofree char *text = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (children); i++) {
    g_autoptr (GPtrArray) line = launch_line (program);
    g_autoptr (GError) error = NULL;

    g_ptr_array_add (line, g_strdup ("--remember"));
    g_ptr_array_add (line, g_strdup (file));
    g_ptr_array_add (line, g_strdup_printf ("%u", i));
    g_ptr_array_add (line, NULL);
    children[i] =
        g_subprocess_newv ((const char *const *)line->pdata, G_SUBPROCESS_FLAGS_NONE, &error);
    g_assert_no_error (error);
  }
  for (guint i = 0; i < G_N_ELEMENTS (children); i++) {
    g_assert_true (g_subprocess_wait_check (children[i], NULL, NULL));
    g_object_unref (children[i]);
  }
  g_assert_true (g_file_get_contents (file, &text, NULL, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (children); i++) {
    g_autofree char *shape = g_strdup_printf ("ConvTranspose 1x128x8x%u", 8 + i);

    g_assert_nonnull (strstr (text, shape));
  }
  scratch_remove (folder);
}

/* What the processes do: remember a layer that is theirs alone. */
static int
remember (const char *file, const char *number)
{
  Layer layer = *sure;

  layer.x.dims[3] += g_ascii_strtoll (number, NULL, 10);
  gen_plan_free (compile (&layer, GEN_CHOICE_MEASURE, GEN_PRECISION_FLOAT32, file));
  return 0;
}

int
main (int argc, char **argv)
{
  if (argc == 4 && strcmp (argv[1], "--remember") == 0)
    return remember (argv[2], argv[3]);
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (layers); i++) {
    g_autofree char *path = g_strconcat ("/choice/ways-agree/", layers[i].name, NULL);

    g_test_add_data_func (path, &layers[i], test_ways_agree);
  }
  g_test_add_func ("/choice/rules", test_rules);
  g_test_add_func ("/choice/unknown-way", test_unknown_way);
  g_test_add_func ("/choice/doubt", test_doubt);
  g_test_add_func ("/choice/damaged", test_damaged);
  g_test_add_func ("/choice/pipe", test_pipe);
  g_test_add_func ("/choice/out-of-reach", test_out_of_reach);
  g_test_add_data_func ("/choice/two-processes", argv[0], test_two_processes);
  return g_test_run ();
}
