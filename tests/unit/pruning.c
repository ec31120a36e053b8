/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What channels are worth, against what is worked out here; zeros among weights; and shapes that
 * follow from extents, which become constants before channels are looked for. */
#include <generative/channel-choice.h>
#include <generative/channel-criterion.h>
#include <generative/quantize.h>
#include <generative/run-set.h>
#include <generative/weight-mask.h>

#include <math.h>
#include <string.h>

#include "../../lib/shrink/settle.h"

#define INPUTS 5
#define HIDDEN 8
#define OUTPUTS 4
#define RUNS 600

static GenTensor *
drawn (GenGraph *graph, GRand *random, const char *name, const GenShape *shape)
{
  const gint64 n = gen_shape_elements (shape);
  float *values = g_new (float, n);

  for (gint64 i = 0; i < n; i++)
    values[i] = (float)g_rand_double_range (random, -1, 1);
  return gen_graph_add_constant (
      graph, name, GEN_TYPE_FLOAT32, shape, g_bytes_new_take (values, (gsize)n * sizeof *values));
}

static const float *
values_of (GenGraph *graph, const char *name)
{
  return g_bytes_get_data (gen_graph_find (graph, name)->data, NULL);
}

/* x W V, with nothing in between: what changes is what the first order says. */
static GenGraph *
new_linear (void)
{
  GenGraph *graph = gen_graph_new ("linear");
  g_autoptr (GRand) random = g_rand_new_with_seed (3);
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, INPUTS));
  GError *error = NULL;

  x = gen_binary (
      graph, "MatMul", x, drawn (graph, random, "w", &GEN_SHAPE (INPUTS, HIDDEN)), &error);
  x = gen_binary (
      graph, "MatMul", x, drawn (graph, random, "v", &GEN_SHAPE (HIDDEN, OUTPUTS)), &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, x);
  return graph;
}

static GenChannels *
find (GenGraph *graph)
{
  g_autoptr (GenGraph) shaped = gen_graph_copy (graph);
  GError *error = NULL;
  GenChannels *channels;

  gen_graph_set_free_dimensions (shaped, NULL, 2);
  gen_graph_infer (shaped, &error);
  g_assert_no_error (error);
  channels = gen_channels_find (graph, shaped, &error);
  g_assert_no_error (error);
  return channels;
}

static double
column_norm (const float *w, gint64 column, int power)
{
  double sum = 0;

  for (int i = 0; i < INPUTS; i++)
    sum += pow (fabs (w[i * HIDDEN + column]), power);
  return power == 1 ? sum : sqrt (sum);
}

static double
row_norm (const float *v, gint64 row)
{
  double sum = 0;

  for (int i = 0; i < OUTPUTS; i++)
    sum += (double)v[row * OUTPUTS + i] * v[row * OUTPUTS + i];
  return sqrt (sum);
}

/* At which index of "w" channel number `channel` is made. */
static gint64
index_of (const GenChannels *channels, guint channel)
{
  const GArray *places = gen_channels_places (channels, channel);

  for (guint i = 0; i < places->len; i++)
    if (g_array_index (places, GenChannelPlace, i).use == GEN_CHANNEL_MADE)
      return g_array_index (places, GenChannelPlace, i).index;
  g_assert_not_reached ();
}

static void
score (const GenChannels *channels, const GenChannelCriterion *criterion, const GenRunSet *runs,
    double *scores)
{
  GError *error = NULL;

  g_assert_true (criterion->score (channels, runs, scores, &error));
  g_assert_no_error (error);
}

static void
test_norms (void)
{
  g_autoptr (GenGraph) graph = new_linear ();
  g_autoptr (GenChannels) channels = find (graph);
  const float *w = values_of (graph, "w"), *v = values_of (graph, "v");
  double l1[HIDDEN], l2[HIDDEN], group[HIDDEN], made = 0, read = 0;

  g_assert_cmpuint (gen_channels_count (channels), ==, HIDDEN);
  score (channels, &gen_channel_criterion_l1, NULL, l1);
  score (channels, &gen_channel_criterion_l2, NULL, l2);
  score (channels, &gen_channel_criterion_group, NULL, group);
  for (gint64 i = 0; i < HIDDEN; i++) {
    made += column_norm (w, i, 2) / HIDDEN;
    read += row_norm (v, i) / HIDDEN;
  }
  for (guint i = 0; i < HIDDEN; i++) {
    const gint64 at = index_of (channels, i);

    g_assert_cmpfloat_with_epsilon (l1[i], column_norm (w, at, 1), 1e-6);
    g_assert_cmpfloat_with_epsilon (l2[i], column_norm (w, at, 2), 1e-6);
    g_assert_cmpfloat_with_epsilon (
        group[i], column_norm (w, at, 2) / made + row_norm (v, at) / read, 1e-6);
  }
}

/* The mean of the squares is what the outputs change by, but for the numbers that are drawn. */
static void
test_taylor (void)
{
  g_autoptr (GenGraph) graph = new_linear ();
  g_autoptr (GenChannels) channels = find (graph);
  g_autoptr (GRand) random = g_rand_new_with_seed (5);
  GError *error = NULL;
  g_autoptr (GenRunSet) runs = gen_run_set_new (graph, &error);
  const float *w = values_of (graph, "w"), *v = values_of (graph, "v");
  double scores[HIDDEN], wanted[HIDDEN] = { 0 };

  for (int run = 0; run < RUNS; run++) {
    float x[INPUTS];

    for (int i = 0; i < INPUTS; i++)
      x[i] = (float)g_rand_double_range (random, -1, 1);
    gen_run_set_add (runs, (const void *[]){ x });
    for (int h = 0; h < HIDDEN; h++) {
      double hidden = 0;

      for (int i = 0; i < INPUTS; i++)
        hidden += (double)x[i] * w[i * HIDDEN + h];
      wanted[h] += pow (hidden * row_norm (v, h), 2);
    }
  }
  score (channels, &gen_channel_criterion_taylor, runs, scores);
  for (guint i = 0; i < HIDDEN; i++) {
    const double ratio = scores[i] / wanted[index_of (channels, i)];

    g_assert_cmpfloat (ratio, >, 0.75);
    g_assert_cmpfloat (ratio, <, 1.33);
  }
}

/* Two convolutions, the first of them with a normalisation behind it. */
static GenGraph *
new_normalized (void)
{
  GenGraph *graph = gen_graph_new ("normalized");
  g_autoptr (GRand) random = g_rand_new_with_seed (9);
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 2, 4, 4));
  GError *error = NULL;

  x = gen_binary (
      graph, "Conv", x, drawn (graph, random, "first", &GEN_SHAPE (6, 2, 1, 1)), &error);
  x = gen_graph_op (graph, "BatchNormalization",
      (GenTensor *[]){ x, drawn (graph, random, "scale", &GEN_SHAPE (6)),
          drawn (graph, random, "shift", &GEN_SHAPE (6)),
          drawn (graph, random, "mean", &GEN_SHAPE (6)),
          gen_graph_full (graph, &GEN_SHAPE (6), 1) },
      5, 1, &error, NULL);
  x = gen_unary (graph, "Relu", x, &error);
  x = gen_binary (
      graph, "Conv", x, drawn (graph, random, "second", &GEN_SHAPE (4, 6, 1, 1)), &error);
  x = gen_binary (
      graph, "Conv", x, drawn (graph, random, "third", &GEN_SHAPE (3, 4, 1, 1)), &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, x);
  return graph;
}

/* Layers without a normalisation stay. */
static void
test_scales (void)
{
  g_autoptr (GenGraph) graph = new_normalized (), cut = NULL;
  g_autoptr (GenChannels) channels = find (graph);
  const GenChannelChoice choice = GEN_CHANNEL_CHOICE_DEFAULTS;
  const float *scale = values_of (graph, "scale");
  double scores[10], least_left = INFINITY, most_gone = 0;
  gboolean gone[10];
  GError *error = NULL;

  g_assert_cmpuint (gen_channels_count (channels), ==, 10);
  score (channels, &gen_channel_criterion_batch_norm, NULL, scores);
  g_assert_true (gen_channels_choose (channels, scores, &choice, gone, &error));
  g_assert_no_error (error);
  for (guint i = 0; i < 10; i++) {
    if (isnan (scores[i])) {
      g_assert_false (gone[i]);
      continue;
    }
    g_assert_cmpfloat_with_epsilon (scores[i], fabs (scale[index_of (channels, i)]), 1e-6);
    if (gone[i])
      most_gone = MAX (most_gone, scores[i]);
    else
      least_left = MIN (least_left, scores[i]);
  }
  g_assert_cmpfloat (most_gone, <, least_left);
  cut = gen_channels_cut (channels, gone, &error);
  g_assert_no_error (error);
  g_assert_cmpint (gen_graph_find (cut, "first")->shape.dims[0], ==, 3);
  g_assert_cmpint (gen_graph_find (cut, "scale")->shape.dims[0], ==, 3);
  g_assert_cmpint (gen_graph_find (cut, "second")->shape.dims[1], ==, 3);
  g_assert_cmpint (gen_graph_find (cut, "second")->shape.dims[0], ==, 4);
}

static void
test_criteria (void)
{
  GError *error = NULL;

  for (const GenChannelCriterion *const *c = gen_channel_criterion_list (); *c != NULL; c++)
    g_assert_true (gen_channel_criterion_find ((*c)->name, NULL) == *c);
  g_assert_null (gen_channel_criterion_find ("taylr", &error));
  g_assert_error (error, GEN_CHANNELS_ERROR, GEN_CHANNELS_ERROR_SETTING);
  g_assert_nonnull (strstr (error->message, "batch-norm"));
  g_clear_error (&error);
}

/* --- what each costs --- */

static void
test_rank (void)
{
  g_autoptr (GenGraph) graph = new_normalized ();
  g_autoptr (GenChannels) channels = find (graph);
  g_autoptr (GPtrArray) layers =
      g_ptr_array_new_with_free_func ((GDestroyNotify)gen_shrunk_layer_free);
  GError *error = NULL;
  g_autoptr (GenRunSet) runs = gen_run_set_new (graph, &error);
  gboolean gone[10] = { FALSE };
  double sqnrs[2];
  float x[32];

  for (int i = 0; i < 32; i++)
    x[i] = (float)(i % 7) / 7;
  gen_run_set_add (runs, (const void *[]){ x });
  g_assert_cmpuint (gen_channels_n_groups (channels), ==, 2);
  gone[g_array_index (gen_channels_group (channels, 1)->channels, guint, 0)] = TRUE;
  g_assert_true (gen_channels_rank (channels, gone, runs, sqnrs, &error));
  g_assert_no_error (error);
  g_assert_true (isinf (sqnrs[0]));
  g_assert_true (isfinite (sqnrs[1]));

  gen_channels_tell (channels, gone, sqnrs, layers);
  g_assert_cmpuint (layers->len, ==, 3);
  g_assert_cmpstr (((GenShrunkLayer *)layers->pdata[0])->done, ==, "as it was");
  g_assert_cmpstr (((GenShrunkLayer *)layers->pdata[1])->done, ==, "3 of 4 channels left");
  g_assert_cmpuint (((GenShrunkLayer *)layers->pdata[1])->after, ==, 3 * 6 * sizeof (float));
  g_assert_cmpstr (((GenShrunkLayer *)layers->pdata[2])->done, ==, "reads 3 of 4");
}

/* --- zeros --- */

static int
count_zeros (const float *values, gint64 n, gint64 stride)
{
  int zeros = 0;

  for (gint64 i = 0; i < n; i++)
    zeros += values[i * stride] == 0;
  return zeros;
}

/* What is left is larger than what went. */
static void
assert_smallest (const float *before, const float *after, gint64 n, gint64 stride)
{
  float most_gone = 0, least_left = INFINITY;

  for (gint64 i = 0; i < n; i++) {
    const float size = fabsf (before[i * stride]);

    if (after[i * stride] != 0) {
      g_assert_cmpfloat (after[i * stride], ==, before[i * stride]);
      least_left = MIN (least_left, size);
    } else
      most_gone = MAX (most_gone, size);
  }
  g_assert_cmpfloat (most_gone, <=, least_left);
}

static void
test_smallest (void)
{
  g_autoptr (GenGraph) graph = new_linear (), masked = NULL;
  const char *const keep[] = { "v", NULL };
  GError *error = NULL;

  masked = gen_weight_mask_apply (graph, &gen_weight_mask_smallest, 0.3, keep, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (count_zeros (values_of (masked, "w"), INPUTS * HIDDEN, 1), ==, 12);
  assert_smallest (values_of (graph, "w"), values_of (masked, "w"), INPUTS * HIDDEN, 1);
  g_assert_cmpint (count_zeros (values_of (masked, "v"), HIDDEN * OUTPUTS, 1), ==, 0);

  g_assert_null (gen_weight_mask_apply (graph, &gen_weight_mask_smallest, 1.5, NULL, NULL, &error));
  g_assert_error (error, GEN_CHANNELS_ERROR, GEN_CHANNELS_ERROR_SETTING);
  g_clear_error (&error);
}

/* Along what is read: down the columns here; the fifth of five inputs has no run of four. */
static void
test_two_of_four (void)
{
  g_autoptr (GenGraph) graph = new_linear (), masked = NULL;
  GError *error = NULL;

  masked = gen_weight_mask_apply (graph, &gen_weight_mask_two_of_four, 0, NULL, NULL, &error);
  g_assert_no_error (error);
  for (int c = 0; c < HIDDEN; c++) {
    g_assert_cmpint (count_zeros (values_of (masked, "w") + c, 4, HIDDEN), ==, 2);
    assert_smallest (values_of (graph, "w") + c, values_of (masked, "w") + c, 4, HIDDEN);
    g_assert_cmpfloat (values_of (masked, "w")[4 * HIDDEN + c], !=, 0);
  }
  for (int c = 0; c < OUTPUTS; c++)
    for (int r = 0; r < HIDDEN; r += 4)
      g_assert_cmpint (count_zeros (values_of (masked, "v") + r * OUTPUTS + c, 4, OUTPUTS), ==, 2);
}

/* --- shapes that follow --- */

/* As exporters write x.view (x.shape[0], -1), with weights that are turned first. */
static GenGraph *
new_exported (void)
{
  GenGraph *graph = gen_graph_new ("exported");
  g_autoptr (GRand) random = g_rand_new_with_seed (11);
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 3, 4, 4)), *n,
            *w;
  GError *error = NULL;

  x->shape.dims[0] = -1;
  x = gen_graph_add_value (graph, "y");
  gen_graph_add_node (graph, "conv", NULL, "Conv", GEN_OPSET,
      (GenTensor *[]){
          gen_graph_find (graph, "x"), drawn (graph, random, "filters", &GEN_SHAPE (6, 3, 1, 1)) },
      2, &x, 1, &error);
  n = gen_graph_add_value (graph, "shape");
  gen_graph_add_node (graph, "", NULL, "Shape", GEN_OPSET, &x, 1, &n, 1, &error);
  w = gen_graph_add_value (graph, "extent");
  gen_graph_add_node (graph, "", NULL, "Gather", GEN_OPSET,
      (GenTensor *[]){ n, gen_graph_ints (graph, (gint64[]){ 0 }, 1) }, 2, &w, 1, &error);
  n = gen_graph_add_value (graph, "target");
  gen_graph_add_node (graph, "join", NULL, "Concat", GEN_OPSET,
      (GenTensor *[]){ w, gen_graph_ints (graph, (gint64[]){ 96 }, 1) }, 2, &n, 1, &error);
  gen_node_set_int (n->producer, "axis", 0);
  w = gen_graph_add_value (graph, "flat");
  gen_graph_add_node (
      graph, "flatten", NULL, "Reshape", GEN_OPSET, (GenTensor *[]){ x, n }, 2, &w, 1, &error);
  x = w;
  w = gen_graph_add_value (graph, "turned");
  gen_graph_add_node (graph, "turn", NULL, "Transpose", GEN_OPSET,
      (GenTensor *[]){ drawn (graph, random, "dense", &GEN_SHAPE (5, 96)) }, 1, &w, 1, &error);
  n = gen_graph_add_value (graph, "out");
  gen_graph_add_node (
      graph, "product", NULL, "MatMul", GEN_OPSET, (GenTensor *[]){ x, w }, 2, &n, 1, &error);
  g_assert_no_error (error);
  n->type = GEN_TYPE_FLOAT32;
  gen_graph_add_output (graph, n);
  return graph;
}

static void
test_settle (void)
{
  g_autoptr (GenGraph) graph = new_exported (), shaped = gen_graph_copy (graph), cut = NULL;
  g_autoptr (GenChannels) channels = NULL;
  gboolean gone[6] = { TRUE, FALSE, TRUE, FALSE, FALSE, FALSE };
  gint64 extents[2];
  GError *error = NULL;
  int n;

  gen_graph_set_free_dimensions (shaped, NULL, 2);
  gen_graph_infer (shaped, &error);
  g_assert_no_error (error);
  g_assert_null (gen_channels_find (graph, shaped, &error));
  g_assert_error (error, GEN_CHANNELS_ERROR, GEN_CHANNELS_ERROR_MODEL);
  g_clear_error (&error);

  g_assert_cmpuint (gen_graph_settle (graph, shaped), ==, 2);
  g_assert_cmpuint (graph->nodes->len, ==, 3);
  channels = gen_channels_find (graph, shaped, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (gen_channels_count (channels), ==, 6);
  cut = gen_channels_cut (channels, gone, &error);
  g_assert_no_error (error);
  g_assert_cmpint (gen_graph_find (cut, "turned")->shape.dims[0], ==, 4 * 16);
  g_assert_true (
      gen_tensor_ints (gen_node_input (gen_graph_find (cut, "flat")->producer, 1), extents, 2, &n));
  g_assert_cmpint (extents[0], ==, -1);
  g_assert_cmpint (extents[1], ==, 4 * 16);
  gen_graph_set_free_dimensions (cut, NULL, 3);
  g_assert_true (gen_graph_infer (cut, &error));
}

/* Two normalisations that share their scale, with layers between: each has its own then. */
static void
test_parted (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("shared");
  g_autoptr (GRand) random = g_rand_new_with_seed (13);
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 2, 4, 4));
  GenTensor *scale = drawn (graph, random, "scale", &GEN_SHAPE (6, 1, 1));
  g_autoptr (GenChannels) bound = NULL, parted = NULL;
  GError *error = NULL;

  for (int i = 0; i < 2; i++) {
    x = gen_binary (graph, "Conv", x,
        drawn (graph, random, NULL, &GEN_SHAPE (6, x->shape.dims[1], 1, 1)), &error);
    x = gen_binary (graph, "Mul", x, scale, &error);
    x = gen_unary (graph, "Relu", x, &error);
  }
  x = gen_binary (graph, "Conv", x, drawn (graph, random, NULL, &GEN_SHAPE (3, 6, 1, 1)), &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, x);
  bound = find (graph);
  g_assert_cmpuint (gen_channels_count (bound), ==, 6);
  gen_graph_part_constants (graph);
  parted = find (graph);
  g_assert_cmpuint (gen_channels_count (parted), ==, 12);
  g_assert_cmpuint (gen_channels_n_groups (parted), ==, 2);
}

/* Queries, keys and values of one product, as an exporter packs them: that there are three of them
 * is known only behind the reshape that splits them. Two heads of two numbers go whole. */
static void
test_packed (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("packed"), cut = NULL;
  g_autoptr (GRand) random = g_rand_new_with_seed (17);
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 5, 4)),
            *parts[3];
  g_autoptr (GenChannels) channels = NULL;
  GError *error = NULL;

  x = gen_binary (graph, "MatMul", x, drawn (graph, random, "packed", &GEN_SHAPE (4, 12)), &error);
  x = gen_binary (graph, "Reshape", x, gen_graph_ints (graph, (gint64[]){ 1, 5, 3, 4 }, 4), &error);
  x = gen_binary (graph, "Unsqueeze", x, gen_graph_ints (graph, (gint64[]){ 0 }, 1), &error);
  x = gen_graph_op (
      graph, "Transpose", &x, 1, 1, &error, "perm", GEN_INTS, 5, (gint64[]){ 3, 1, 2, 0, 4 }, NULL);
  x = gen_binary (graph, "Squeeze", x, gen_graph_ints (graph, (gint64[]){ 3 }, 1), &error);
  for (int i = 0; i < 3; i++) {
    GenTensor *part = gen_graph_op (graph, "Gather",
        (GenTensor *[]){ x, gen_graph_add_constant (graph, NULL, GEN_TYPE_INT64, &GEN_SHAPE_SCALAR,
                                g_bytes_new (&(gint64){ i }, sizeof (gint64))) },
        2, 1, &error, "axis", GEN_INT, 0, NULL);

    part = gen_binary (
        graph, "Reshape", part, gen_graph_ints (graph, (gint64[]){ 1, 5, 2, 2 }, 4), &error);
    parts[i] = gen_graph_op (graph, "Transpose", &part, 1, 1, &error, "perm", GEN_INTS, 4,
        i == 1 ? (gint64[]){ 0, 2, 3, 1 } : (gint64[]){ 0, 2, 1, 3 }, NULL);
  }
  x = gen_binary (graph, "MatMul", parts[0], parts[1], &error);
  x = gen_graph_op (graph, "Softmax", &x, 1, 1, &error, "axis", GEN_INT, -1, NULL);
  x = gen_binary (graph, "MatMul", x, parts[2], &error);
  x = gen_graph_op (
      graph, "Transpose", &x, 1, 1, &error, "perm", GEN_INTS, 4, (gint64[]){ 0, 2, 1, 3 }, NULL);
  x = gen_binary (graph, "Reshape", x, gen_graph_ints (graph, (gint64[]){ 1, 5, 4 }, 3), &error);
  x = gen_binary (graph, "MatMul", x, drawn (graph, random, "out", &GEN_SHAPE (4, 4)), &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, x);

  channels = find (graph);
  g_assert_cmpuint (gen_channels_count (channels), ==, 2);
  cut = gen_channels_cut (channels, (const gboolean[]){ TRUE, FALSE }, &error);
  g_assert_no_error (error);
  g_assert_cmpint (gen_graph_find (cut, "packed")->shape.dims[1], ==, 6);
  g_assert_cmpint (gen_graph_find (cut, "out")->shape.dims[0], ==, 2);
  g_assert_true (gen_graph_infer (cut, &error));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pruning/norms", test_norms);
  g_test_add_func ("/pruning/taylor", test_taylor);
  g_test_add_func ("/pruning/scales", test_scales);
  g_test_add_func ("/pruning/criteria", test_criteria);
  g_test_add_func ("/pruning/rank", test_rank);
  g_test_add_func ("/pruning/smallest", test_smallest);
  g_test_add_func ("/pruning/two-of-four", test_two_of_four);
  g_test_add_func ("/pruning/settle", test_settle);
  g_test_add_func ("/pruning/parted", test_parted);
  g_test_add_func ("/pruning/packed", test_packed);
  return g_test_run ();
}
