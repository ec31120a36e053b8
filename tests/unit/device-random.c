/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What draws, on a device: the same bits as on the CPU, run after run. And the optimisers, which
 * count their steps there. GEN_CUDA_MODULE says which module stands for the device. */
#include <generative/operator.h>
#include <generative/plan.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>

#define N 4099 /* of no block or pack a multiple */
#define RUNS 3

typedef GenTensor *(*Build) (GenGraph *graph, GError **error);

static GenTensor *
normal (GenGraph *graph, GError **error)
{
  return gen_graph_op (graph, "RandomNormal", NULL, 0, 1, error, "shape", GEN_INTS, 1,
      (gint64[]){ N }, "mean", GEN_FLOAT, 3.0, "scale", GEN_FLOAT, 2.0, NULL);
}

static GenTensor *
uniform (GenGraph *graph, GError **error)
{
  GenTensor *like = gen_graph_add_input (graph, "like", GEN_TYPE_FLOAT32, &GEN_SHAPE (N));

  return gen_graph_op (graph, "RandomUniformLike", &like, 1, 1, error, "low", GEN_FLOAT, -1.0,
      "high", GEN_FLOAT, 5.0, NULL);
}

static GenTensor *
seeded (GenGraph *graph, GError **error)
{
  return gen_graph_op (graph, "RandomUniform", NULL, 0, 1, error, "shape", GEN_INTS, 1,
      (gint64[]){ N }, "seed", GEN_FLOAT, 17.0, NULL);
}

static GenTensor *
dropout (GenGraph *graph, GError **error)
{
  static const guint8 training = TRUE;
  GenTensor *mode = gen_graph_add_constant (graph, NULL, GEN_TYPE_BOOL, &GEN_SHAPE_SCALAR,
      g_bytes_new_static (&training, sizeof training));
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (N));

  return gen_graph_op (graph, "Dropout", (GenTensor *[]){ x, gen_graph_float (graph, 0.3), mode },
      3, 2, error, NULL);
}

/* Two nodes of a kind draw different numbers. */
static GenTensor *
sum (GenGraph *graph, GError **error)
{
  return gen_binary (graph, "Add", normal (graph, error), normal (graph, error), error);
}

static GenPlan *
plan_of (Build build, const GenDevice *device)
{
  const GenPlanOptions options = { .threads = 2, .seed = 11, .device = device };
  g_autoptr (GenGraph) graph = gen_graph_new ("random");
  g_autoptr (GError) error = NULL;
  GenTensor *made = build (graph, &error);
  GenPlan *plan;

  g_assert_no_error (error);
  for (guint i = 0; i < made->producer->outputs->len; i++)
    gen_graph_add_output (graph, gen_node_output (made->producer, i));
  plan = gen_plan_new (graph, &options, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < gen_plan_n_inputs (plan); i++) {
    const GenBinding *input = gen_plan_input (plan, i);
    GenRandom random = gen_random_new (5, "test", i);

    gen_random_normal (&random, 0, 0, input->data, input->size / sizeof (float));
  }
  return plan;
}

static void
test_draws (gconstpointer data)
{
  Build build = *(const Build *)data;
  g_autoptr (GenPlan) cpu = plan_of (build, NULL);
  g_autoptr (GenPlan) device = plan_of (build, &gen_device_cuda);
  g_autoptr (GBytes) before = NULL;

  for (int run = 0; run < RUNS; run++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GBytes) now = NULL;

    g_assert_true (gen_plan_run (cpu, &error) && gen_plan_run (device, &error));
    g_assert_no_error (error);
    for (guint i = 0; i < gen_plan_n_outputs (cpu); i++) {
      const GenBinding *a = gen_plan_output (cpu, i), *b = gen_plan_output (device, i);

      g_assert_cmpmem (a->data, a->size, b->data, b->size);
    }
    now = g_bytes_new (gen_plan_output (cpu, 0)->data, gen_plan_output (cpu, 0)->size);
    g_assert_true (before == NULL || !g_bytes_equal (before, now));
    g_clear_pointer (&before, g_bytes_unref);
    before = g_bytes_ref (now);
  }
}

/* --- optimisers --- */

typedef struct {
  const char *name;
  int n_states;
  const char *attributes[2];
  double values[2];
  gboolean decoupled;
} Rule;

static const Rule rules[] = {
  { "Adam", 2 },
  { "Adam", 2, { "weight_decay", "beta1" }, { 0.1, 0.5 }, FALSE },
  { "Adam", 2, { "weight_decay", "beta2" }, { 0.1, 0.9 }, TRUE },
  { "GradientDescent", 1, { "momentum", "weight_decay" }, { 0.9, 0.1 } },
  { "GradientDescent", 1, { "momentum", "nesterov" }, { 0.9, 1 } },
  { "Lion", 1, { "beta1", "weight_decay" }, { 0.8, 0.1 } },
  { "ScheduleFree", 2, { "weight_decay", "warm_up" }, { 0.1, 3 } },
  { "RMSProp", 1, { "alpha", "weight_decay" }, { 0.9, 0.1 } },
};

/* Weights, gradient, rate, step, states: all are inputs. */
static GenPlan *
update_of (const Rule *rule, const GenDevice *device)
{
  const GenPlanOptions options = { .threads = 2, .device = device };
  g_autoptr (GenGraph) graph = gen_graph_new (rule->name);
  g_autoptr (GError) error = NULL;
  GenTensor *inputs[6], *made;
  GenPlan *plan;
  int n = 0;

  inputs[n++] = gen_graph_add_input (graph, "weights", GEN_TYPE_FLOAT32, &GEN_SHAPE (N));
  inputs[n++] = gen_graph_add_input (graph, "gradient", GEN_TYPE_FLOAT32, &GEN_SHAPE (N));
  inputs[n++] = gen_graph_add_input (graph, "rate", GEN_TYPE_FLOAT32, &GEN_SHAPE_SCALAR);
  inputs[n++] = gen_graph_add_input (graph, "step", GEN_TYPE_INT64, &GEN_SHAPE_SCALAR);
  for (int s = 0; s < rule->n_states; s++)
    inputs[n++] = gen_graph_add_input (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (N));
  made =
      gen_graph_op (graph, rule->name, inputs, n, 1 + rule->n_states, &error, rule->attributes[0],
          GEN_FLOAT, rule->values[0], rule->attributes[1], GEN_FLOAT, rule->values[1], NULL);
  g_assert_no_error (error);
  if (rule->decoupled)
    gen_node_set_int (made->producer, "decoupled", TRUE);
  for (int i = 0; i <= rule->n_states; i++)
    gen_graph_add_output (graph, gen_node_output (made->producer, i));
  plan = gen_plan_new (graph, &options, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < gen_plan_n_inputs (plan); i++) {
    const GenBinding *input = gen_plan_input (plan, i);
    GenRandom random = gen_random_new (7, "test", i);

    if (i == 2)
      *(float *)input->data = 0.01f;
    else if (i > 3) /* a mean square is positive */
      gen_random_uniform (&random, 0, 0, input->data, N);
    else if (i != 3)
      gen_random_normal (&random, 0, 0, input->data, N);
  }
  return plan;
}

static void
test_update (gconstpointer data)
{
  const Rule *rule = data;
  g_autoptr (GenPlan) cpu = update_of (rule, NULL);
  g_autoptr (GenPlan) device = update_of (rule, &gen_device_cuda);

  for (gint64 step = 0; step < 5; step += 2) {
    g_autoptr (GError) error = NULL;

    *(gint64 *)gen_plan_input (cpu, 3)->data = *(gint64 *)gen_plan_input (device, 3)->data = step;
    g_assert_true (gen_plan_run (cpu, &error) && gen_plan_run (device, &error));
    g_assert_no_error (error);
    for (guint i = 0; i < gen_plan_n_outputs (cpu); i++) {
      const float *a = gen_plan_output (cpu, i)->data, *b = gen_plan_output (device, i)->data;

      for (int k = 0; k < N; k++)
        if (!(fabsf (a[k] - b[k]) <= 1e-6f * (1 + fabsf (a[k]))))
          g_error (
              "%s: step %d, output %u: %g, should be %g", rule->name, (int)step, i, b[k], a[k]);
    }
  }
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *path;
    Build build;
  } draws[] = { { "/device/random/normal", normal }, { "/device/random/uniform", uniform },
    { "/device/random/seeded", seeded }, { "/device/random/dropout", dropout },
    { "/device/random/sum", sum } };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (draws); i++)
    g_test_add_data_func (draws[i].path, &draws[i].build, test_draws);
  for (guint i = 0; i < G_N_ELEMENTS (rules); i++) {
    g_autofree char *path = g_strdup_printf ("/device/update/%s/%u", rules[i].name, i);

    g_test_add_data_func (path, &rules[i], test_update);
  }
  return g_test_run ();
}
