/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Random graphs, each as a plan with all passes of compilation and as one with every node by
 * itself: they may differ by what rounding explains, and by nothing else.
 *
 *   GENERATIVE_GRAPHS_SEED    (environment) the first graph (0)
 *   GENERATIVE_GRAPHS_COUNT   how many
 *   GENERATIVE_GRAPHS_FOLDER  where to save them for others to compute: as ONNX models, with what
 *                             they read, what they make, and how far others may be from that
 */
#include <generative/onnx.h>
#include <generative/plan.h>

#include <math.h>
#include <string.h>

#include "magnitude.h"
#include "random-graph.h"

#define COUNT 2000
/* Sanitizers take so long that some have to do. */
#ifdef __SANITIZE_ADDRESS__
#define USUAL 300
#else
#define USUAL COUNT
#endif
#define MOST_FAILURES 20 /* that are printed */

/* How far results may be apart, in magnitudes: some roundings of float32 to 24 bits; in graphs of
 * 16-bit floats, which stay float32 between nodes, one rounding to 16 bits as they leave. */
#define FLOAT32_BOUND 1e-5
#define FLOAT16_BOUND 0x1p-11
#define BFLOAT16_BOUND 0x1p-8
#define ROUNDINGS_OF_OTHERS 4 /* who may round to 16 bits between nodes, too */

static guint
setting (const char *name, guint missing)
{
  const char *text = g_getenv (name);

  return text != NULL ? (guint)g_ascii_strtoull (text, NULL, 10) : missing;
}

static double
bound_of (const GenGraph *graph, int roundings)
{
  double bound = FLOAT32_BOUND;

  for (guint i = 0; i < graph->tensors->len; i++) {
    GenDataType type = ((const GenTensor *)g_ptr_array_index (graph->tensors, i))->type;

    if (type == GEN_TYPE_FLOAT16)
      bound = roundings * FLOAT16_BOUND;
    if (type == GEN_TYPE_BFLOAT16)
      bound = roundings * BFLOAT16_BOUND;
  }
  return bound;
}

/* A copy with the magnitude of each output as a further one. */
static GenGraph *
with_magnitudes (const GenGraph *graph, GError **error)
{
  g_autoptr (GenGraph) copy = gen_graph_copy (graph);
  g_autoptr (GHashTable) made = g_hash_table_new (NULL, NULL);
  guint n = copy->outputs->len;

  for (guint i = 0; i < n; i++) {
    GenTensor *m = magnitude_of (copy, g_ptr_array_index (copy->outputs, i), made, error);

    if (m == NULL)
      return NULL;
    gen_graph_add_output (copy, m);
  }
  return g_steal_pointer (&copy);
}

static GenPlan *
run (GenGraph *graph, gboolean no_fusion, int threads, guint seed, GError **error)
{
  const GenPlanOptions options = { .threads = threads, .no_fusion = no_fusion };
  g_autoptr (GenPlan) plan = gen_plan_new (graph, &options, error);
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);

  if (plan == NULL)
    return NULL;
  for (guint i = 0; i < gen_plan_n_inputs (plan); i++) {
    const GenBinding *binding = gen_plan_input (plan, i);

    for (gsize k = 0; k < binding->size / sizeof (float); k++)
      ((float *)binding->data)[k] = g_rand_double_range (random, -1.5, 1.5);
  }
  /* What a run leaves behind must not matter to the next. */
  for (int i = 0; i < 2; i++)
    if (!gen_plan_run (plan, error))
      return NULL;
  return g_steal_pointer (&plan);
}

/* Element `k` of an output: levels of a frame's bytes count as parts of the range -1 to 1. */
static double
element (const GenBinding *output, gsize k)
{
  return output->type == GEN_TYPE_UINT8 ? ((const guint8 *)output->data)[k] / 127.5
                                        : ((const float *)output->data)[k];
}

/* What is wrong with the fused plan's output `i`; NULL when nothing is. (transfer full) */
static char *
compare (GenPlan *fused, GenPlan *apart, guint i, double bound)
{
  guint n = gen_plan_n_outputs (fused);
  const GenBinding *x = gen_plan_output (fused, i), *y = gen_plan_output (apart, i);
  const GenBinding *m = gen_plan_output (apart, n + i);
  gsize each = m->size == sizeof (float) ? 0 : 1;

  if (x->type != y->type || !gen_shape_equal (&x->shape, &y->shape))
    return g_strdup_printf ("output %u has another type or shape", i);
  for (gsize k = 0; k < x->size / gen_data_type_size (x->type); k++) {
    double a = element (x, k), b = element (y, k), size = ((const float *)m->data)[k * each];
    double rounded = x->type == GEN_TYPE_UINT8 ? 1 / 127.5 : 0;

    if (!(fabs (a - b) <= bound * size + rounded * 1.01) && !(isnan (a) && isnan (b)) && a != b)
      return g_strdup_printf (
          "element %zu of output %u is %.9g, and was %.9g of magnitude %.9g", k, i, a, b, size);
  }
  return NULL;
}

/* What passes have made of the graphs: counted, so that nothing is said of passes that had nothing
 * to do. */
static const char *const must_be_seen[] = { "bias", "sum", "slopes", "activation of Gemm",
  "activation of MatMul", "activation of Conv", "activation of ConvTranspose",
  "activation of BatchNormalization", "activation of GroupNormalization",
  "activation of PackPicture", "GroupNormalization", "Gelu", "Silu", "ElementWise",
  "ElementWiseOfParts", "ScaledDotProductAttention", "ConvertLayout", "winograd", "product",
  "fewer BatchNormalization", "fewer Pad", "fewer Add", "fewer Reshape", "fewer scaled weights" };

static void
count (GHashTable *seen, const char *what)
{
  guint n = GPOINTER_TO_UINT (g_hash_table_lookup (seen, what));

  g_hash_table_insert (seen, g_strdup (what), GUINT_TO_POINTER (n + 1));
}

/* The nodes that make `tensor`, and what they read. */
static void
find_nodes (const GenTensor *tensor, GHashTable *nodes)
{
  if (tensor == NULL || tensor->producer == NULL || !g_hash_table_add (nodes, tensor->producer))
    return;
  for (guint k = 0; k < tensor->producer->inputs->len; k++)
    find_nodes (gen_node_input (tensor->producer, k), nodes);
}

/* How many there are of `what`: an operator, or convolutions by weights that are computed. */
static guint
count_of (const GenGraph *graph, const char *what)
{
  g_autoptr (GHashTable) nodes = g_hash_table_new (NULL, NULL);
  GHashTableIter iter;
  gpointer node;
  guint n = 0;

  for (guint i = 0; i < graph->outputs->len; i++)
    find_nodes (g_ptr_array_index (graph->outputs, i), nodes);
  g_hash_table_iter_init (&iter, nodes);
  while (g_hash_table_iter_next (&iter, &node, NULL)) {
    const char *name = ((GenNode *)node)->op->name;

    n += strcmp (name, what) == 0 ||
         (strcmp (what, "scaled weights") == 0 && g_str_has_prefix (name, "Conv") &&
             gen_node_input (node, 1) != NULL && gen_node_input (node, 1)->role == GEN_ROLE_VALUE);
  }
  return n;
}

/* What passes have left out of `graph`. */
static void
look_for (const GenGraph *graph, GenPlan *plan, GHashTable *seen)
{
  g_autoptr (GArray) steps = gen_plan_steps (plan);

  for (gsize i = 0; i < G_N_ELEMENTS (must_be_seen) && steps->len > 0; i++) {
    const GenStepInfo *step = &g_array_index (steps, GenStepInfo, 0);
    const char *what = must_be_seen[i];

    if (g_str_has_prefix (what, "fewer ") &&
        count_of (step->node->graph, what + 6) < count_of (graph, what + 6))
      count (seen, what);
  }
}

static void
look_at (GenPlan *plan, GHashTable *seen)
{
  g_autoptr (GArray) steps = gen_plan_steps (plan);

  for (guint i = 0; i < steps->len; i++) {
    const GenStepInfo *step = &g_array_index (steps, GenStepInfo, i);
    const GenNode *node = step->node;

    count (seen, node->op->name);
    if (step->way != NULL)
      count (seen, step->way);
    if (node->taken.bias > 0)
      count (seen, "bias");
    if (node->taken.added > 0)
      count (seen, "sum");
    if (node->taken.slopes > 0)
      count (seen, "slopes");
    if (node->activation.kind != GEN_ACTIVATION_NONE) {
      g_autofree char *what = g_strconcat ("activation of ", node->op->name, NULL);

      count (seen, what);
    }
  }
}

/* A model of ONNX 17, which every runtime knows; many of its operators have no bfloat16, and
 * nothing has states. */
static gboolean
can_be_saved (const GenGraph *graph)
{
  for (guint i = 0; i < graph->tensors->len; i++) {
    const GenTensor *tensor = g_ptr_array_index (graph->tensors, i);

    if (tensor->type == GEN_TYPE_BFLOAT16 || tensor->role == GEN_ROLE_STATE)
      return FALSE;
  }
  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    if (node->op->domain != NULL || node->opset != GEN_OPSET)
      return FALSE;
  }
  return TRUE;
}

static void
save_tensors (const char *folder, const char *name, GenPlan *plan, guint first, guint end,
    gboolean inputs, double factor)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GError) error = NULL;

  for (guint i = first; i < end; i++) {
    const GenBinding *binding = inputs ? gen_plan_input (plan, i) : gen_plan_output (plan, i);

    for (gsize k = 0; k < binding->size / sizeof (float); k++) {
      float value = ((const float *)binding->data)[k] * factor;

      g_byte_array_append (bytes, (const guint8 *)&value, sizeof value);
    }
  }
  g_file_set_contents (path, (const char *)bytes->data, bytes->len, &error);
  g_assert_no_error (error);
}

/* SEED.onnx, and float32 numbers one after the other. */
static void
save (const char *folder, guint seed, const GenGraph *graph, GenPlan *apart, double bound)
{
  g_autofree char *model = g_strdup_printf ("%s/%u.onnx", folder, seed);
  g_autofree char *inputs = g_strdup_printf ("%u.inputs", seed);
  g_autofree char *outputs = g_strdup_printf ("%u.outputs", seed);
  g_autofree char *bounds = g_strdup_printf ("%u.bounds", seed);
  guint n = graph->outputs->len;
  g_autoptr (GError) error = NULL;

  if (!can_be_saved (graph))
    return;
  gen_onnx_save (graph, model, &error);
  g_assert_no_error (error);
  save_tensors (folder, inputs, apart, 0, gen_plan_n_inputs (apart), TRUE, 1);
  save_tensors (folder, outputs, apart, 0, n, FALSE, 1);
  save_tensors (folder, bounds, apart, n, 2 * n, FALSE, bound);
}

/* What is wrong with graph number `seed`. (transfer full) */
static char *
try (guint seed, const char *folder, GHashTable *seen)
{
  g_autoptr (GenGraph) graph = random_graph_new (seed), whole = NULL;
  g_autoptr (GenPlan) fused = NULL, apart = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  char *wrong = NULL, *message;

  if (g_test_verbose ()) {
    text = random_graph_to_string (graph);
    g_test_message ("graph %u:\n%s", seed, text);
    g_clear_pointer (&text, g_free);
  }
  if ((whole = with_magnitudes (graph, &error)) == NULL ||
      (apart = run (whole, TRUE, 1, seed, &error)) == NULL ||
      (fused = run (graph, FALSE, 1 + seed % 3, seed, &error)) == NULL)
    wrong = g_strdup (error->message);
  for (guint i = 0; wrong == NULL && i < graph->outputs->len; i++)
    wrong = compare (fused, apart, i, bound_of (graph, 1));
  if (fused != NULL) {
    look_at (fused, seen);
    look_for (graph, fused, seen);
  }
  if (wrong == NULL && folder != NULL)
    save (folder, seed, graph, apart, bound_of (graph, ROUNDINGS_OF_OTHERS));
  if (wrong == NULL)
    return NULL;
  text = random_graph_to_string (graph);
  message = g_strdup_printf ("graph %u: %s\n%s", seed, wrong, text);
  g_free (wrong);
  return message;
}

static void
test_random (void)
{
  guint first = setting ("GENERATIVE_GRAPHS_SEED", 0);
  guint n = setting ("GENERATIVE_GRAPHS_COUNT", USUAL), failures = 0;
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < n; i++) {
    g_autofree char *wrong = try (first + i, g_getenv ("GENERATIVE_GRAPHS_FOLDER"), seen);

    if (wrong != NULL && failures++ < MOST_FAILURES)
      g_test_message ("%s", wrong);
  }
  g_test_message ("%u graphs, %u of them wrong", n, failures);
  for (gsize i = 0; i < G_N_ELEMENTS (must_be_seen); i++) {
    guint times = GPOINTER_TO_UINT (g_hash_table_lookup (seen, must_be_seen[i]));

    g_test_message ("%s: %u", must_be_seen[i], times);
    if (n >= COUNT && times == 0)
      g_test_fail ();
  }
  if (failures > 0)
    g_test_fail ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/random-graphs", test_random);
  return g_test_run ();
}
