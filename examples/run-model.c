/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a model by the library alone: latents from a seed go in, a summary of what comes out is
 * printed. Built against an installed library:
 *
 *   cc run-model.c $(pkg-config --cflags --libs generative) -o run-model
 *   ./run-model generator.onnx 7
 */
#include <generative/latent.h>
#include <generative/onnx.h>
#include <generative/plan.h>

static gboolean
run (const char *path, guint64 seed, GError **error)
{
  g_autoptr (GenGraph) graph = gen_onnx_load (path, error);
  g_autoptr (GenPlan) plan = NULL;
  const GenBinding *input, *output;
  GenLatent latent = GEN_LATENT_DEFAULTS;
  const float *values;
  float low = G_MAXFLOAT, high = -G_MAXFLOAT;
  double sum = 0;
  gsize n;

  if (graph == NULL)
    return FALSE;
  /* One sample: whatever extent the model leaves open becomes 1. */
  gen_graph_set_free_dimensions (graph, NULL, 1);
  plan = gen_plan_new (graph, NULL, error);
  if (plan == NULL)
    return FALSE;

  input = gen_plan_input (plan, 0);
  output = gen_plan_output (plan, 0);
  if (input->type != GEN_TYPE_FLOAT32 || output->type != GEN_TYPE_FLOAT32) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: input %s and output %s must be of 32-bit floats", path, input->name, output->name);
    return FALSE;
  }
  latent.seed = seed;
  latent.length = input->size / sizeof (float);
  gen_latent_fill (&latent, 0, 1, 1, input->data);
  if (!gen_plan_run (plan, error))
    return FALSE;

  values = output->data;
  n = output->size / sizeof (float);
  for (gsize i = 0; i < n; i++) {
    low = MIN (low, values[i]);
    high = MAX (high, values[i]);
    sum += values[i];
  }
  g_print ("%s: %" G_GSIZE_FORMAT " numbers from %g to %g, mean %g\n", output->name, n, low, high,
      n > 0 ? sum / n : 0);
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  if (argc < 2) {
    g_printerr ("usage: %s MODEL.onnx [SEED]\n", argv[0]);
    return 2;
  }
  if (!run (argv[1], argc > 2 ? g_ascii_strtoull (argv[2], NULL, 10) : 0, &error)) {
    g_printerr ("%s\n", error->message);
    return 1;
  }
  return 0;
}
