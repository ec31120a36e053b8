/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans on a device as users of one card: they share their weights, give up what the CPU does not
 * need, remember what was measured, say what is wrong, and leave nothing behind. What there is on
 * the device is counted by the emulation (tests/emulation), and on a real one by its driver.
 *
 *   GEN_TEST_PLANS (environment) how many plans the last test makes (200) */
#include <generative/exchange.h>
#include <generative/operator.h>
#include <generative/plan.h>
#include <generative/random.h>

#include <dlfcn.h>
#include <math.h>
#include <string.h>

#include "../../lib/graph/memory.h"
#include "../scratch.h"

#define CHANNELS 40
#define SIZE 6
#define FEATURES 96
#define PLANES 26 /* PLANES^3 numbers are large enough for plans to share in memory */

static long (*count_of) (const char *what); /* NULL: not emulated */

static long
count (const char *what)
{
  long n = count_of (what);

  g_assert_cmpint (n, >=, 0);
  return n;
}

static gboolean
is_emulated (void)
{
  if (count_of == NULL)
    g_test_skip ("the emulation alone can be asked for this");
  return count_of != NULL;
}

/* --- a net --- */

typedef struct {
  float *numbers;
  gboolean *given_up; /* set when nobody has them any more */
} Weights;

static void
give_up (gpointer data)
{
  Weights *weights = data;

  if (weights->given_up != NULL)
    *weights->given_up = TRUE;
  g_free (weights->numbers);
  g_free (weights);
}

static GenTensor *
constant (GenGraph *graph, GenShape shape, guint64 seed, gboolean *given_up)
{
  gsize n = (gsize)gen_shape_elements (&shape);
  GenRandom random = gen_random_new (seed, "test", n);
  Weights *weights = g_new (Weights, 1);

  *weights = (Weights){ g_new (float, n), given_up };
  gen_random_normal (&random, 0, 0, weights->numbers, n);
  for (gsize i = 0; i < n; i++)
    weights->numbers[i] *= 0.1f;
  return gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &shape,
      g_bytes_new_with_free_func (weights->numbers, n * sizeof (float), give_up, weights));
}

/* A convolution whose weights are packed, a product whose are not, and an operator that the device
 * has no kernel for, which keeps its own. `given_up` is of the three of them, or NULL. */
static GenGraph *
build (gint64 batch, guint64 seed, gboolean *given_up)
{
  gboolean *one = given_up, *two = given_up != NULL ? given_up + 1 : NULL;
  gboolean *three = given_up != NULL ? given_up + 2 : NULL;
  g_autoptr (GError) error = NULL;
  GenGraph *graph = gen_graph_new ("net");
  GenTensor *y =
      gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (batch, CHANNELS, SIZE, SIZE));
  gint64 rows[] = { -1, CHANNELS };
  GenTensor *boxes;

  y = gen_graph_op (graph, "Conv",
      (GenTensor *[]){ y, constant (graph, GEN_SHAPE (CHANNELS, CHANNELS, 3, 3), seed, one) }, 2, 1,
      &error, "pads", GEN_INTS, 4, (gint64[]){ 1, 1, 1, 1 }, NULL);
  y = gen_unary (graph, "GlobalAveragePool", gen_unary (graph, "Relu", y, &error), &error);
  y = gen_binary (graph, "Reshape", y, gen_graph_ints (graph, rows, 2), &error);
  y = gen_binary (
      graph, "MatMul", y, constant (graph, GEN_SHAPE (CHANNELS, FEATURES), seed + 1, two), &error);
  gen_graph_add_output (graph, y);
  boxes = gen_graph_add_input (graph, "boxes", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 5));
  y = gen_graph_op (graph, "MaxRoiPool",
      (GenTensor *[]){
          constant (graph, GEN_SHAPE (1, PLANES, PLANES, PLANES), seed + 2, three), boxes },
      2, 1, &error, "pooled_shape", GEN_INTS, 2, (gint64[]){ 1, 1 }, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  return graph;
}

static GenPlan *
compile (GenGraph *graph, const GenPlanOptions *given)
{
  GenPlanOptions options = *given;
  g_autoptr (GError) error = NULL;
  GenPlan *plan;

  options.threads = 1;
  options.device = &gen_device_cuda;
  plan = gen_plan_new (graph, &options, &error);
  g_assert_no_error (error);
  return plan;
}

static GenPlan *
compile_net (gint64 batch, guint64 seed)
{
  g_autoptr (GenGraph) graph = build (batch, seed, NULL);

  return compile (graph, &(GenPlanOptions){ 0 });
}

static void
fill (GenPlan *plan)
{
  for (guint i = 0; i < gen_plan_n_inputs (plan); i++) {
    const GenBinding *x = gen_plan_input (plan, i);
    GenRandom random = gen_random_new (9, "test", i);

    gen_random_normal (&random, 0, 0, x->data, x->size / sizeof (float));
  }
}

/* All outputs, one behind the other. */
static GBytes *
run (GenPlan *plan)
{
  GByteArray *all = g_byte_array_new ();
  g_autoptr (GError) error = NULL;

  fill (plan);
  g_assert_true (gen_plan_run (plan, &error));
  g_assert_no_error (error);
  for (guint i = 0; i < gen_plan_n_outputs (plan); i++) {
    const GenBinding *y = gen_plan_output (plan, i);

    g_byte_array_append (all, y->data, (guint)y->size);
  }
  return g_byte_array_free_to_bytes (all);
}

/* The largest difference to what the CPU computes, against the largest number. */
static double
difference_to_cpu (GenGraph *graph, GenPlan *plan)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenPlan) cpu = gen_plan_new (graph, NULL, &error);
  g_autoptr (GBytes) expected = run (cpu), got = run (plan);
  const float *a = g_bytes_get_data (expected, NULL), *b = g_bytes_get_data (got, NULL);
  double worst = 0, largest = 0;

  g_assert_cmpuint (g_bytes_get_size (expected), ==, g_bytes_get_size (got));
  for (gsize i = 0; i < g_bytes_get_size (got) / sizeof (float); i++) {
    worst = MAX (worst, fabs (a[i] - b[i]));
    largest = MAX (largest, fabs (a[i]));
  }
  g_assert_cmpfloat (largest, >, 0);
  return worst / largest;
}

/* --- weights --- */

/* Bytes on the device that a plan of the net holds. */
static long
size_alone (gint64 batch)
{
  long before = count ("bytes"), size;
  GenPlan *plan = compile_net (batch, 1);

  size = count ("bytes") - before;
  gen_plan_free (plan);
  g_assert_cmpint (count ("bytes"), ==, before);
  return size;
}

static void
test_shared (void)
{
  const long weights = (long)sizeof (float) * (CHANNELS * CHANNELS * 9 + CHANNELS * FEATURES);
  long before, alone, larger, two;
  GenPlan *plans[4];
  g_autoptr (GBytes) expected = NULL, again = NULL;

  if (!is_emulated ())
    return;
  before = count ("bytes");
  alone = size_alone (2);
  larger = size_alone (3);
  plans[0] = compile_net (2, 1);
  expected = run (plans[0]);
  plans[1] = compile_net (2, 1);
  two = count ("bytes") - before;
  g_assert_cmpint (two, <=, 2 * alone - weights);
  /* Another batch size has the same weights, another model others. */
  plans[2] = compile_net (3, 1);
  g_assert_cmpint (count ("bytes") - before - two, <=, larger - weights);
  two = count ("bytes");
  plans[3] = compile_net (2, 7);
  g_assert_cmpint (count ("bytes") - two, >=, weights);
  /* Those that stay have theirs. */
  gen_plan_free (plans[0]);
  gen_plan_free (plans[3]);
  again = run (plans[1]);
  g_assert_true (g_bytes_equal (expected, again));
  gen_plan_free (plans[1]);
  gen_plan_free (plans[2]);
  g_assert_cmpint (count ("bytes"), ==, before);
}

static gpointer
compile_often (gpointer expected)
{
  for (int i = 0; i < 5; i++) {
    g_autoptr (GenPlan) plan = compile_net (2, 1);
    g_autoptr (GBytes) got = run (plan);

    g_assert_true (g_bytes_equal (expected, got));
  }
  return NULL;
}

static void
test_threads (void)
{
  GenPlan *plan = compile_net (2, 1);
  g_autoptr (GBytes) expected = run (plan);
  GThread *threads[4];

  gen_plan_free (plan);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("compile", compile_often, expected);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  if (count_of != NULL)
    g_assert_cmpint (count ("bytes"), ==, 0);
}

/* What is on the device the CPU gives up; what a node on the CPU reads it keeps, as plans that run
 * there do: once for all of them. */
static void
test_given_up (void)
{
  const gsize planes = sizeof (float) * PLANES * PLANES * PLANES, before = gen_plan_shared_size ();
  gboolean given_up[3] = { FALSE };
  GenGraph *graph = build (2, 1, given_up);
  GenPlan *plan = compile (graph, &(GenPlanOptions){ 0 }), *second;
  g_autoptr (GArray) steps = gen_plan_steps (plan);
  gboolean on_cpu = FALSE;

  for (guint i = 0; i < steps->len; i++) {
    const GenStepInfo *step = &g_array_index (steps, GenStepInfo, i);

    on_cpu |= strcmp (step->node->op->name, "MaxRoiPool") == 0 && strcmp (step->way, "cpu") == 0;
  }
  g_assert_true (on_cpu);
  gen_graph_unref (graph);
  g_assert_true (given_up[0]);
  g_assert_true (given_up[1]);
  g_assert_cmpuint (gen_plan_shared_size () - before, ==, planes);
  second = compile_net (2, 1);
  g_assert_cmpuint (gen_plan_shared_size () - before, ==, planes);
  gen_plan_free (plan);
  graph = build (2, 1, NULL);
  g_assert_cmpfloat (difference_to_cpu (graph, second), <, 1e-5);
  gen_plan_free (second);
  gen_graph_unref (graph);
  g_assert_true (given_up[2]);
  g_assert_cmpuint (gen_plan_shared_size (), ==, before);
}

/* --- what is remembered --- */

/* Events that were made to measure while the net was compiled; on a real device 0 or 1. */
static long
events_for (GenChoice choice, const char *file)
{
  g_autoptr (GenGraph) graph = build (2, 1, NULL);
  long before = count ("events made");

  gen_plan_free (compile (graph, &(GenPlanOptions){ .choice = choice, .choices = file }));
  return count ("events made") - before;
}

/* The entries of the one section. */
static GKeyFile *
read_choices (const char *file, char **section, char ***keys)
{
  GKeyFile *choices = g_key_file_new ();
  g_auto (GStrv) groups = NULL;
  g_autoptr (GError) error = NULL;

  g_key_file_load_from_file (choices, file, 0, &error);
  g_assert_no_error (error);
  groups = g_key_file_get_groups (choices, NULL);
  g_assert_cmpuint (g_strv_length (groups), ==, 1);
  *section = g_strdup (groups[0]);
  *keys = g_key_file_get_keys (choices, groups[0], NULL, NULL);
  return choices;
}

static void
test_remembered (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *file = g_build_filename (folder, "choices", NULL);
  g_autofree char *section = NULL;
  g_auto (GStrv) keys = NULL;
  g_autoptr (GKeyFile) choices = NULL;
  g_autofree char *renewed = NULL;
  g_autofree char *kept = NULL;

  if (!is_emulated ()) {
    scratch_remove (folder);
    return;
  }
  /* Rules look at nothing and write nothing; what is not known is not measured unless asked for. */
  g_assert_cmpint (events_for (GEN_CHOICE_RULES, file), ==, 0);
  g_assert_cmpint (events_for (GEN_CHOICE_REMEMBERED, file), ==, 0);
  g_assert_false (g_file_test (file, G_FILE_TEST_EXISTS));
  g_assert_cmpint (events_for (GEN_CHOICE_MEASURE, file), >, 0);
  g_assert_cmpint (events_for (GEN_CHOICE_MEASURE, file), ==, 0);
  choices = read_choices (file, &section, &keys);
  g_assert_nonnull (strstr (section, "emulation"));
  g_assert_nonnull (strstr (section, "compute capability"));
  g_assert_cmpuint (g_strv_length (keys), >=, 2); /* the convolution and the product */
  /* One that the library does not know any more is measured, and replaced; the other stays. */
  g_key_file_set_value (choices, section, keys[0], "abacus");
  g_key_file_set_value (choices, section, keys[1], "same");
  g_assert_true (g_key_file_save_to_file (choices, file, NULL));
  g_assert_cmpint (events_for (GEN_CHOICE_REMEMBERED, file), ==, 0);
  g_assert_cmpint (events_for (GEN_CHOICE_MEASURE, file), >, 0);
  g_assert_cmpint (events_for (GEN_CHOICE_MEASURE, file), ==, 0);
  g_key_file_load_from_file (choices, file, 0, NULL);
  renewed = g_key_file_get_value (choices, section, keys[0], NULL);
  kept = g_key_file_get_value (choices, section, keys[1], NULL);
  g_assert_true (strcmp (renewed, "plain") == 0 || strcmp (renewed, "same") == 0);
  g_assert_cmpstr (kept, ==, "same");
  /* What other versions have measured says nothing; nor does a file that is damaged. */
  g_assert_true (g_file_set_contents (file, "[other]\na=b\n", -1, NULL));
  g_assert_cmpint (events_for (GEN_CHOICE_MEASURE, file), >, 0);
  g_assert_true (g_file_set_contents (file, "\xff[", -1, NULL));
  g_assert_cmpint (events_for (GEN_CHOICE_MEASURE, file), >, 0);
  g_assert_cmpint (events_for (GEN_CHOICE_MEASURE, file), ==, 0);
  scratch_remove (folder);
}

/* --- what goes wrong --- */

/* That a plan cannot be made, and what is said. */
static char *
message_of_plan (void)
{
  g_autoptr (GenGraph) graph = build (2, 1, NULL);
  const GenPlanOptions options = { .device = &gen_device_cuda };
  g_autoptr (GError) error = NULL;
  GenPlan *plan = gen_plan_new (graph, &options, &error);

  g_assert_null (plan);
  g_assert_nonnull (error);
  g_assert_cmpint (error->domain, ==, GEN_DEVICE_ERROR);
  return g_strdup (error->message);
}

static void
assert_says (const char *message, const char *const *words)
{
  for (; *words != NULL; words++)
    if (strstr (message, *words) == NULL)
      g_error ("'%s' does not say '%s'", message, *words);
}

/* At each amount of memory a plan is made or refused with words, and nothing is left of it. */
static void
test_no_memory (void)
{
  gsize limit = 1, refused = 0;

  if (!is_emulated ())
    return;
  for (;; limit = limit * 3 / 2 + 1) {
    g_autofree char *text = g_strdup_printf ("%" G_GSIZE_FORMAT, limit);
    g_autoptr (GenGraph) graph = build (2, 1, NULL);
    const GenPlanOptions options = { .device = &gen_device_cuda, .choice = GEN_CHOICE_MEASURE };
    g_autoptr (GError) error = NULL;
    GenPlan *plan;

    g_setenv ("GEN_EMULATION_MEMORY", text, TRUE);
    plan = gen_plan_new (graph, &options, &error);
    g_unsetenv ("GEN_EMULATION_MEMORY");
    if (plan != NULL) {
      gen_plan_free (plan);
      break;
    }
    refused++;
    g_assert_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_FAILED);
    assert_says (error->message, (const char *[]){ "out of memory", "were asked for", "are free",
                                     "smaller batch-size", "precision=fp16", "device=cpu", NULL });
    g_assert_cmpint (count ("allocations"), ==, 0);
    g_assert_cmpint (count ("streams"), ==, 0);
  }
  g_assert_cmpuint (refused, >, 5);
}

static void
test_lost (void)
{
  g_autoptr (GenPlan) plan = NULL;
  g_autoptr (GError) error = NULL;

  if (!is_emulated ())
    return;
  plan = compile_net (2, 1);
  g_setenv ("GEN_EMULATION_LOST", "1", TRUE);
  g_assert_false (gen_plan_run (plan, &error));
  g_unsetenv ("GEN_EMULATION_LOST");
  g_assert_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_FAILED);
  assert_says (error->message,
      (const char *[]){ "running the plan", "lost", "start it again", "device=cpu", NULL });
}

static void
test_old_driver (void)
{
  g_autofree char *old = NULL;
  g_autofree char *none = NULL;

  if (!is_emulated ())
    return;
  g_setenv ("GEN_EMULATION_DRIVER", "11080", TRUE);
  old = message_of_plan ();
  g_setenv ("GEN_EMULATION_DRIVER", "0", TRUE);
  none = message_of_plan ();
  g_unsetenv ("GEN_EMULATION_DRIVER");
  assert_says (old, (const char *[]){ "CUDA 11.8", "update the driver", NULL });
  assert_says (none, (const char *[]){ "not installed", NULL });
}

/* --- the arena --- */

static void
test_alignment (void)
{
  for (gsize alignment = 64; alignment <= 1024; alignment *= 2) {
    GenBlock blocks[40];
    gsize size;

    for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
      blocks[i] = (GenBlock){ 1 + i * 77 % 991, (int)(i * 5 % 13), (int)(i * 5 % 13 + i % 4), 0 };
    size = gen_memory_plan (blocks, G_N_ELEMENTS (blocks), alignment);
    for (guint i = 0; i < G_N_ELEMENTS (blocks); i++) {
      g_assert_cmpuint (blocks[i].offset % alignment, ==, 0);
      g_assert_cmpuint (blocks[i].offset + blocks[i].size, <=, size);
      for (guint k = 0; k < i; k++)
        g_assert_true (blocks[i].first > blocks[k].last || blocks[k].first > blocks[i].last ||
                       blocks[i].offset >= blocks[k].offset + blocks[k].size ||
                       blocks[k].offset >= blocks[i].offset + blocks[i].size);
    }
  }
}

/* --- many plans --- */

/* Bytes of the device that somebody holds: all of them by the driver, whose context is the thread's
 * once there has been a plan. */
static gint64
bytes_in_use (void)
{
  void *driver;
  int (*get) (gsize * available, gsize * total);
  gsize available = 0, total = 0;

  if (count_of != NULL)
    return count ("bytes");
  driver = dlopen ("libcuda.so.1", RTLD_LAZY | RTLD_NOLOAD);
  g_assert_nonnull (driver);
  get = (int (*) (gsize *, gsize *))dlsym (driver, "cuMemGetInfo_v2");
  g_assert_nonnull (get);
  g_assert_cmpint (get (&available, &total), ==, 0);
  dlclose (driver);
  return (gint64)(total - available);
}

/* Plans of several sizes and models, some of them alive at the same time. */
static void
make_plans (guint n)
{
  GenPlan *plans[3] = { NULL };

  for (guint i = 0; i < n; i++) {
    GenPlan **place = &plans[i % G_N_ELEMENTS (plans)];

    g_clear_pointer (place, gen_plan_free);
    *place = compile_net (1 + i % 2, 1 + i / 7 % 3);
    if (i % 5 == 0) {
      g_autoptr (GBytes) result = run (*place);
      g_autoptr (GArray) steps = gen_plan_profile (*place, NULL);

      g_assert_nonnull (steps);
    }
  }
  for (guint i = 0; i < G_N_ELEMENTS (plans); i++)
    g_clear_pointer (&plans[i], gen_plan_free);
}

static void
test_many (void)
{
  static const char *const kinds[] = { "bytes", "allocations", "pinned", "streams", "graphs",
    "events" };
  const char *given = g_getenv ("GEN_TEST_PLANS");
  guint n = given != NULL ? (guint)g_ascii_strtoull (given, NULL, 10) : 200;
  gint64 before;

  /* The libraries keep what they take first. */
  make_plans (10);
  before = bytes_in_use ();
  make_plans (n);
  if (count_of == NULL) {
    /* The driver gives and takes back pools of 2 MB. */
    g_test_message (
        "%u plans: %" G_GINT64_FORMAT " bytes more in use", n, bytes_in_use () - before);
    g_assert_cmpint (bytes_in_use () - before, <=, 8 << 20);
    return;
  }
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    g_assert_cmpint (count (kinds[i]), ==, 0);
}

static void
find_counter (void)
{
  const char *module = g_getenv ("GEN_CUDA_MODULE");
  void *loaded = module != NULL ? dlopen (module, RTLD_LAZY | RTLD_NOLOAD) : NULL;

  if (loaded == NULL)
    return;
  count_of = (long (*) (const char *))dlsym (loaded, "emulation_count");
  dlclose (loaded); /* the library has it open */
}

/* x + 1, and the sum of that over the members where they are asked to have one. */
static GenPlan *
plan_of_member (GenExchange *member, gboolean sums, GError **error)
{
  const float one[] = { 1, 1, 1 };
  const GenPlanOptions options = { .device = &gen_device_cuda, .exchange = member };
  g_autoptr (GenGraph) graph = gen_graph_new ("member");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (3));
  GenTensor *y = gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (3), g_bytes_new (one, sizeof one));

  y = gen_graph_op (graph, "Add", (GenTensor *[]){ x, y }, 2, 1, error, NULL);
  if (sums)
    y = gen_graph_op (graph, "AllReduce", &y, 1, 1, error, NULL);
  g_assert_nonnull (y);
  gen_graph_add_output (graph, y);
  return gen_plan_new (graph, &options, error);
}

/* A plan that sums nothing has nothing to do with other members: there may be several of them in a
 * process, and it may run while another thread's plan sums. */
static void
test_no_sums (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenExchangeGroup) group =
      gen_exchange_group_new (&gen_exchange_engine_none, 2, &error);
  GenExchange *member = gen_exchange_group_member (group, 0);
  g_autoptr (GenPlan) plan = plan_of_member (member, FALSE, &error);
  const float *y;

  g_assert_no_error (error);
  memcpy (gen_plan_input (plan, 0)->data, (float[]){ 1, 2, 3 }, 3 * sizeof (float));
  g_assert_true (gen_plan_run (plan, &error));
  y = gen_plan_output (plan, 0)->data;
  for (int i = 0; i < 3; i++)
    g_assert_cmpfloat (y[i], ==, (float)(i + 2));
  g_assert_null (plan_of_member (member, TRUE, &error));
  g_assert_nonnull (strstr (error->message, "2 parts of a training in one process"));
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
  find_counter ();
  g_test_add_func ("/device/plans/shared", test_shared);
  g_test_add_func ("/device/plans/threads", test_threads);
  g_test_add_func ("/device/plans/given-up", test_given_up);
  g_test_add_func ("/device/plans/remembered", test_remembered);
  g_test_add_func ("/device/plans/no-memory", test_no_memory);
  g_test_add_func ("/device/plans/lost", test_lost);
  g_test_add_func ("/device/plans/old-driver", test_old_driver);
  g_test_add_func ("/device/plans/alignment", test_alignment);
  g_test_add_func ("/device/plans/no-sums", test_no_sums);
  g_test_add_func ("/device/plans/many", test_many);
  return g_test_run ();
}
