/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Normalisations, losses, Fourier transforms and operators that are made of others: gradients
 * against central differences, and what must be refused. Their values are tested by conformance. */
#include <generative/operator.h>
#include <generative/plan.h>

#define INPUT(name, ...)                                                                           \
  gen_graph_add_input (graph, name, GEN_TYPE_FLOAT32, &GEN_SHAPE (__VA_ARGS__))

typedef GenTensor *(*Build) (GenGraph *graph, GError **error);

static GenTensor *
layer_normalization (GenGraph *graph, GError **error)
{
  return gen_graph_op (graph, "LayerNormalization",
      (GenTensor *[]){ INPUT ("x", 3, 4, 19), INPUT ("scale", 19), INPUT ("bias", 19) }, 3, 1,
      error, NULL);
}

static GenTensor *
layer_normalization_of_planes (GenGraph *graph, GError **error)
{
  return gen_graph_op (graph, "LayerNormalization",
      (GenTensor *[]){ INPUT ("x", 2, 3, 4), INPUT ("scale", 3, 4) }, 2, 1, error, "axis", GEN_INT,
      1, "epsilon", GEN_FLOAT, 0.1, NULL);
}

static GenTensor *
rms_normalization (GenGraph *graph, GError **error)
{
  return gen_graph_op (graph, "RMSNormalization",
      (GenTensor *[]){ INPUT ("x", 5, 7), INPUT ("scale", 7) }, 2, 1, error, NULL);
}

static GenTensor *
group_normalization (GenGraph *graph, GError **error)
{
  return gen_graph_op (graph, "GroupNormalization",
      (GenTensor *[]){ INPUT ("x", 2, 6, 3, 2), INPUT ("scale", 6), INPUT ("bias", 6) }, 3, 1,
      error, "num_groups", GEN_INT, 3, NULL);
}

/* A convolution before it brings channels-last. */
static GenTensor *
group_normalization_channels_last (GenGraph *graph, GError **error)
{
  GenTensor *x =
      gen_binary (graph, "Conv", INPUT ("x", 2, 2, 3, 3), INPUT ("w", 6, 2, 1, 1), error);

  return gen_graph_op (graph, "GroupNormalization",
      (GenTensor *[]){ x, INPUT ("scale", 6), INPUT ("bias", 6) }, 3, 1, error, "num_groups",
      GEN_INT, 2, "epsilon", GEN_FLOAT, 0.1, NULL);
}

static GenTensor *
lp_normalization (GenGraph *graph, GError **error)
{
  return gen_graph_op (graph, "LpNormalization", (GenTensor *[]){ INPUT ("x", 3, 5, 2) }, 1, 1,
      error, "axis", GEN_INT, 1, NULL);
}

static GenTensor *
mean_variance_normalization (GenGraph *graph, GError **error)
{
  return gen_graph_op (graph, "MeanVarianceNormalization",
      (GenTensor *[]){ INPUT ("x", 2, 3, 3, 3) }, 1, 1, error, NULL);
}

static GenTensor *
lrn (GenGraph *graph, GError **error)
{
  return gen_graph_op (graph, "LRN", (GenTensor *[]){ INPUT ("x", 2, 7, 2, 2) }, 1, 1, error,
      "size", GEN_INT, 3, "alpha", GEN_FLOAT, 0.5, NULL);
}

static GenTensor *
cross_entropy (GenGraph *graph, const char *reduction, GError **error)
{
  static const gint64 labels[] = { 0, 2, 4, 1, 3, 2 };
  static const float weights[] = { 1, 0.5, 2, 0.25, 1 };
  GenTensor *loss = gen_graph_op (graph, "SoftmaxCrossEntropyLoss",
      (GenTensor *[]){ INPUT ("x", 2, 5, 3),
          gen_graph_add_constant (graph, NULL, GEN_TYPE_INT64, &GEN_SHAPE (2, 3),
              g_bytes_new_static (labels, sizeof labels)),
          gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (5),
              g_bytes_new_static (weights, sizeof weights)) },
      3, 1, error, "reduction", GEN_STRING, reduction, "ignore_index", GEN_INT, 2, NULL);

  return loss;
}

static GenTensor *
cross_entropy_mean (GenGraph *graph, GError **error)
{
  return cross_entropy (graph, "mean", error);
}

static GenTensor *
cross_entropy_none (GenGraph *graph, GError **error)
{
  return cross_entropy (graph, "none", error);
}

static GenTensor *
fourier (
    GenGraph *graph, GenTensor *x, gint64 n, gboolean inverse, gboolean onesided, GError **error)
{
  return gen_graph_op (graph, "DFT", (GenTensor *[]){ x, gen_graph_ints (graph, &n, 1) }, 2, 1,
      error, "axis", GEN_INT, 1, "inverse", GEN_INT, inverse, "onesided", GEN_INT, onesided, NULL);
}

static GenTensor *
dft_of_real (GenGraph *graph, GError **error)
{
  return fourier (graph, INPUT ("x", 2, 5, 2, 1), 7, FALSE, TRUE, error);
}

static GenTensor *
dft_inverse (GenGraph *graph, GError **error)
{
  return fourier (graph, INPUT ("x", 2, 8, 2), 6, TRUE, FALSE, error);
}

static GenTensor *
dft_inverse_of_one_side (GenGraph *graph, GError **error)
{
  return fourier (graph, INPUT ("x", 2, 4, 2), 6, TRUE, TRUE, error);
}

static GenTensor *
stft (GenGraph *graph, GError **error)
{
  gint64 step = 3;

  return gen_graph_op (graph, "STFT",
      (GenTensor *[]){
          INPUT ("x", 2, 20, 1), gen_graph_ints (graph, &step, 1), INPUT ("window", 8) },
      3, 1, error, NULL);
}

static const struct {
  const char *name;
  Build build;
} cases[] = {
  { "LayerNormalization", layer_normalization },
  { "LayerNormalization/planes", layer_normalization_of_planes },
  { "RMSNormalization", rms_normalization },
  { "GroupNormalization", group_normalization },
  { "GroupNormalization/channels-last", group_normalization_channels_last },
  { "LpNormalization", lp_normalization },
  { "MeanVarianceNormalization", mean_variance_normalization },
  { "LRN", lrn },
  { "SoftmaxCrossEntropyLoss/mean", cross_entropy_mean },
  { "SoftmaxCrossEntropyLoss/none", cross_entropy_none },
  { "DFT/real", dft_of_real },
  { "DFT/inverse", dft_inverse },
  { "DFT/inverse-of-one-side", dft_inverse_of_one_side },
  { "STFT", stft },
};

static void
test_gradient (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("gradient");
  GenTensor *y = ((Build)data) (graph, &error);
  double worst;

  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  worst = gen_graph_check_gradients (graph, 7, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (worst, <, 1e-2);
  g_assert_cmpfloat (worst, >=, 0);
}

/* --- what must be refused --- */

static GenTensor *
scale_too_short (GenGraph *graph, GError **error)
{
  return gen_binary (graph, "LayerNormalization", INPUT ("x", 3, 4), INPUT ("scale", 3), error);
}

static GenTensor *
groups_that_do_not_fit (GenGraph *graph, GError **error)
{
  return gen_graph_op (graph, "GroupNormalization",
      (GenTensor *[]){ INPUT ("x", 2, 6, 3), INPUT ("scale", 6), INPUT ("bias", 6) }, 3, 1, error,
      "num_groups", GEN_INT, 4, NULL);
}

static GenTensor *
window_of_zero (GenGraph *graph, GError **error)
{
  return gen_graph_op (
      graph, "LRN", (GenTensor *[]){ INPUT ("x", 2, 6, 3) }, 1, 1, error, "size", GEN_INT, 0, NULL);
}

static GenTensor *
labels_of_floats (GenGraph *graph, GError **error)
{
  return gen_binary (graph, "NegativeLogLikelihoodLoss", INPUT ("x", 2, 5), INPUT ("t", 2), error);
}

static GenTensor *
endless_transform (GenGraph *graph, GError **error)
{
  return fourier (graph, INPUT ("x", 1, 4, 1), G_MAXINT64, FALSE, FALSE, error);
}

static GenTensor *
transform_of_triples (GenGraph *graph, GError **error)
{
  return fourier (graph, INPUT ("x", 1, 4, 3), 4, FALSE, FALSE, error);
}

static GenTensor *
frames_that_do_not_fit (GenGraph *graph, GError **error)
{
  return gen_graph_op (graph, "STFT",
      (GenTensor *[]){
          INPUT ("x", 1, 4, 1), gen_graph_ints (graph, (gint64[]){ 1 }, 1), INPUT ("window", 5) },
      3, 1, error, NULL);
}

static GenTensor *
quantised_floats (GenGraph *graph, GError **error)
{
  return gen_binary (graph, "MatMulInteger", INPUT ("a", 2, 3), INPUT ("b", 3, 2), error);
}

static GenTensor *
blocks_that_do_not_fit (GenGraph *graph, GError **error)
{
  return gen_graph_op (graph, "QuantizeLinear",
      (GenTensor *[]){ INPUT ("x", 2, 9), INPUT ("scale", 2, 2) }, 2, 1, error, "axis", GEN_INT, 1,
      "block_size", GEN_INT, 3, NULL);
}

static GenTensor *
negative_extent (GenGraph *graph, GError **error)
{
  return gen_graph_op (
      graph, "RandomNormal", NULL, 0, 1, error, "shape", GEN_INTS, 2, (gint64[]){ 3, -1 }, NULL);
}

static const struct {
  const char *name, *text;
  Build build;
} refusals[] = {
  { "scale", "one value for each of the 4 elements", scale_too_short },
  { "groups", "6 channels cannot be cut into 4 groups", groups_that_do_not_fit },
  { "window", "size of at least 1, not 0", window_of_zero },
  { "labels", "labels should be int32 or int64, not float32", labels_of_floats },
  { "length", "cannot be transformed", endless_transform },
  { "parts", "1 (real) or 2 (complex)", transform_of_triples },
  { "frames", "do not fit 4 samples", frames_that_do_not_fit },
  { "bytes", "int8 or uint8, not float32", quantised_floats },
  { "blocks", "one for each block", blocks_that_do_not_fit },
  { "extent", "an extent of -1 is not allowed", negative_extent },
};

static void
test_refusal (gconstpointer data)
{
  const int i = GPOINTER_TO_INT (data);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("refused");

  g_assert_null (refusals[i].build (graph, &error));
  g_assert_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID);
  g_test_message ("%s", error->message);
  g_assert_nonnull (g_strstr_len (error->message, -1, refusals[i].text));
}

/* A label that is no class must not pass for a loss. */
static void
test_label_out_of_range (void)
{
  static const gint64 labels[] = { 1, 5 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("labels");
  g_autoptr (GenPlan) plan = NULL;
  const float *loss;

  gen_graph_add_output (graph, gen_binary (graph, "NegativeLogLikelihoodLoss", INPUT ("x", 2, 5),
                                   gen_graph_ints (graph, labels, G_N_ELEMENTS (labels)), &error));
  g_assert_no_error (error);
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  for (int i = 0; i < 10; i++)
    ((float *)gen_plan_input (plan, 0)->data)[i] = -1;
  g_assert_true (gen_plan_run (plan, NULL));
  loss = gen_plan_output (plan, 0)->data;
  g_assert_true (*loss != *loss);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strdup_printf ("/composed/gradient/%s", cases[i].name);

    g_test_add_data_func (path, cases[i].build, test_gradient);
  }
  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++) {
    g_autofree char *path = g_strdup_printf ("/composed/refused/%s", refusals[i].name);

    g_test_add_data_func (path, GINT_TO_POINTER (i), test_refusal);
  }
  g_test_add_func ("/composed/label-out-of-range", test_label_out_of_range);
  return g_test_run ();
}
