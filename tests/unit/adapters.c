/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Differences of low rank beside layers: in the weights and beside them the layer makes the same,
 * gradients are those of finite differences, and files that are not right are refused. */
#include <generative/adapter-file.h>
#include <generative/onnx.h>
#include <generative/plan.h>
#include <generative/random.h>
#include <generative/safetensors.h>
#include <glib/gstdio.h>

#include <math.h>
#include <string.h>

#include "../../lib/model/adapted-layers.h"
#include "../../lib/model/adapter-private.h"
#include "../../lib/model/layer-units.h"
#include "../scratch.h"
#include "random-graph.h"

#define GRAPHS 150

static GenTensor *
constant (GenGraph *graph, GRand *random, const char *name, const GenShape *shape)
{
  const gsize n = (gsize)gen_shape_elements (shape);
  float *numbers = g_new (float, n);

  for (gsize i = 0; i < n; i++)
    numbers[i] = (float)g_rand_double_range (random, -0.5, 0.5);
  return gen_graph_add_constant (
      graph, name, GEN_TYPE_FLOAT32, shape, g_bytes_new_take (numbers, n * sizeof *numbers));
}

/* --- one layer of each kind --- */

static GenTensor *
convolution (GenGraph *graph, GRand *random, GenTensor *x, gboolean transposed)
{
  const int spatial = x->shape.rank - 2;
  const gint64 groups = g_rand_boolean (random) ? 1 : 2, in = x->shape.dims[1];
  const gint64 out = 2 * g_rand_int_range (random, 1, 4), stride = g_rand_int_range (random, 1, 3);
  const gint64 strides[] = { stride, 1 }, dilations[] = { 1, g_rand_int_range (random, 1, 3) };
  const gint64 pads[] = { 1, 0, 1, 0 }, pad[] = { 1, 1 };
  GenShape shape = { spatial + 2,
    { transposed ? in : out, (transposed ? out : in) / groups, 3, 2 } };
  GenTensor *inputs[] = { x, constant (graph, random, "weight", &shape),
    constant (graph, random, "bias", &GEN_SHAPE (out)) };

  return gen_graph_op (graph, transposed ? "ConvTranspose" : "Conv", inputs,
      g_rand_boolean (random) ? 3 : 2, 1, NULL, "group", GEN_INT, (int)groups, "strides", GEN_INTS,
      spatial, strides, "dilations", GEN_INTS, spatial, dilations, "pads", GEN_INTS, 2 * spatial,
      spatial == 2 ? pads : pad, NULL);
}

static GenTensor *
dense (GenGraph *graph, GRand *random, GenTensor *x)
{
  const gboolean turned_x = g_rand_boolean (random), turned = g_rand_boolean (random);
  const gint64 in = x->shape.dims[!turned_x], out = g_rand_int_range (random, 3, 9);
  GenTensor *inputs[] = { x,
    constant (graph, random, "weight", &GEN_SHAPE (turned ? out : in, turned ? in : out)),
    constant (graph, random, "bias", &GEN_SHAPE (out)) };

  return gen_graph_op (graph, "Gemm", inputs, 3, 1, NULL, "transA", GEN_INT, (int)turned_x,
      "transB", GEN_INT, (int)turned, "alpha", GEN_FLOAT, g_rand_double_range (random, 0.5, 2),
      "beta", GEN_FLOAT, 0.7, NULL);
}

static GenTensor *
product (GenGraph *graph, GRand *random, GenTensor *x)
{
  const gboolean left = g_rand_boolean (random);
  const gint64 n = x->shape.dims[x->shape.rank - (left ? 2 : 1)];
  const gint64 out = g_rand_int_range (random, 3, 9);
  GenTensor *weight =
      constant (graph, random, "weight", &GEN_SHAPE (left ? out : n, left ? n : out));

  return left ? gen_binary (graph, "MatMul", weight, x, NULL)
              : gen_binary (graph, "MatMul", x, weight, NULL);
}

/* A layer of some kind, and an activation. */
static GenGraph *
layer_new (guint seed)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  static const GenShape shapes[] = { { 4, { 2, 4, 6, 5 } }, { 3, { 2, 4, 9 } }, { 2, { 5, 6 } } };
  const guint kind = seed % 6;
  GenGraph *graph = gen_graph_new ("layer");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32,
      &shapes[kind < 4    ? kind / 2
              : kind == 4 ? 2
                          : (seed / 6) % 3]);

  if (kind < 4)
    x = convolution (graph, random, x, kind % 2 == 1);
  else
    x = kind == 4 ? dense (graph, random, x) : product (graph, random, x);
  g_assert_nonnull (x);
  gen_graph_add_output (graph, gen_unary (graph, "Relu", x, NULL));
  return graph;
}

/* --- files --- */

typedef struct {
  GPtrArray *names;
  GArray *tensors;
} Tensors;

static void
tensor_clear (gpointer data)
{
  g_bytes_unref (((GenSafetensor *)data)->data);
}

static void
add_tensor (Tensors *tensors, GRand *random, const char *weight, const char *ending,
    const GenShape *shape, double size)
{
  const gsize n = (gsize)gen_shape_elements (shape);
  float *numbers = g_new (float, n);
  char *name = g_strconcat (weight, ending, NULL);
  GenSafetensor tensor = { name, GEN_TYPE_FLOAT32, *shape,
    g_bytes_new_take (numbers, n * sizeof *numbers) };

  for (gsize i = 0; i < n; i++)
    numbers[i] = (float)g_rand_double_range (random, -size, size);
  g_ptr_array_add (tensors->names, name);
  g_array_append_val (tensors->tensors, tensor);
}

static GHashTable *
metadata_new (const char *hash)
{
  GHashTable *metadata = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);

  g_hash_table_insert (metadata, "format", g_strdup ("generative-adapter"));
  g_hash_table_insert (metadata, "base", g_strdup ("some.onnx"));
  g_hash_table_insert (metadata, "base-sha256", g_strdup (hash));
  g_hash_table_insert (metadata, "scaling", g_strdup ("1.5"));
  return metadata;
}

static Tensors
tensors_new (void)
{
  Tensors tensors = { g_ptr_array_new_with_free_func (g_free),
    g_array_new (FALSE, FALSE, sizeof (GenSafetensor)) };

  g_array_set_clear_func (tensors.tensors, tensor_clear);
  return tensors;
}

static void
tensors_save (Tensors *tensors, const char *path, GHashTable *metadata)
{
  g_autoptr (GError) error = NULL;

  gen_safetensors_save (path, (const GenSafetensor *)(const void *)tensors->tensors->data,
      tensors->tensors->len, metadata, &error);
  g_assert_no_error (error);
  g_ptr_array_unref (tensors->names);
  g_array_unref (tensors->tensors);
}

/* An adapter of all layers of `graph`, of some rank each, and of a bias where there is one;
 * `turns`: with the lengths of their units. How many layers there are. */
static guint
write_adapter (const GenGraph *graph, guint seed, gboolean turns, const char *path)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  g_autoptr (GArray) layers = gen_adapted_layers_list (graph);
  g_autofree char *hash = gen_adapter_hash (graph);
  g_autoptr (GHashTable) metadata = metadata_new (hash);
  const GenTensor *bias = gen_graph_find (graph, "bias");
  Tensors tensors = tensors_new ();

  for (guint i = 0; i < layers->len; i++) {
    const GenAdaptedLayer *layer = &g_array_index (layers, GenAdaptedLayer, i);
    const gint64 most = MIN (layer->rows, layer->columns);
    GenShape down, up;

    gen_adapted_layer_shapes (layer, g_rand_int_range (random, 1, (gint32)most + 1), &down, &up);
    add_tensor (&tensors, random, layer->weight->name, ".lora_A", &down, 0.3);
    add_tensor (&tensors, random, layer->weight->name, ".lora_B", &up, 0.3);
    if (turns)
      add_tensor (&tensors, random, layer->weight->name, ".lora_magnitude_vector",
          &GEN_SHAPE (gen_layer_units_count (layer)), 1.5);
  }
  if (bias != NULL && bias->role == GEN_ROLE_CONSTANT)
    add_tensor (&tensors, random, "bias", ".difference", &bias->shape, 0.5);
  tensors_save (&tensors, path, metadata);
  return layers->len;
}

static GenPlan *
run (GenGraph *graph, guint seed, const double *scales)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  GenPlan *plan = gen_plan_new (graph, NULL, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < gen_plan_n_inputs (plan); i++) {
    const GenBinding *binding = gen_plan_input (plan, i);

    for (gsize k = 0; k < binding->size / sizeof (float); k++)
      ((float *)binding->data)[k] = (float)(g_str_has_prefix (binding->name, "adapter-")
                                                ? scales[binding->name[strlen ("adapter-")] - '1']
                                                : g_rand_double_range (random, -1.5, 1.5));
  }
  g_assert_true (gen_plan_run (plan, &error));
  return plan;
}

/* How far outputs are apart, beside the largest number. */
static double
compare (GenPlan *one, GenPlan *other)
{
  double most = 0;

  for (guint i = 0; i < gen_plan_n_outputs (one); i++) {
    const GenBinding *x = gen_plan_output (one, i), *y = gen_plan_output (other, i);
    double largest = 1, apart = 0;

    g_assert_true (gen_shape_equal (&x->shape, &y->shape));
    for (gsize k = 0; x->type == GEN_TYPE_FLOAT32 && k < x->size / sizeof (float); k++) {
      const double a = ((const float *)x->data)[k], b = ((const float *)y->data)[k];

      if (!isfinite (a) || !isfinite (b))
        continue;
      largest = MAX (largest, fabs (a));
      apart = MAX (apart, fabs (a - b));
    }
    most = MAX (most, apart / largest);
  }
  return most;
}

/* Two adapters of `base`, beside its layers and in its weights. */
static double
compare_merged (GenGraph *base, guint seed, gboolean turns)
{
  static const double scales[] = { 0.7, -0.4 };
  g_autofree char *folder = scratch_new (), *files = NULL;
  g_autoptr (GenGraph) beside = gen_graph_copy (base), merged = gen_graph_copy (base);
  g_autoptr (GenPlan) one = NULL, other = NULL;
  g_autoptr (GError) error = NULL;
  char *paths[2];
  double apart;

  for (guint i = 0; i < 2; i++) {
    g_autoptr (GenAdapterFile) file = NULL;

    paths[i] = g_strdup_printf ("%s/%u.safetensors", folder, i);
    /* What turns weights is merged with them as they were. */
    write_adapter (base, seed + i, turns && i == 0, paths[i]);
    file = gen_adapter_file_load (paths[i], &error);
    g_assert_no_error (error);
    gen_adapter_file_merge (file, merged, scales[i], &error);
    g_assert_no_error (error);
  }
  files = g_strjoin (",", paths[0], paths[1], NULL);
  gen_adapters_attach (beside, files, "0.7,-0.4", "base", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (g_hash_table_lookup (beside->metadata, "generative.adapters"), ==,
      "adapter-1=0.69999999999999996,adapter-2=-0.40000000000000002");
  one = run (beside, seed, scales);
  other = run (merged, seed, scales);
  apart = compare (one, other);
  for (guint i = 0; i < 2; i++)
    g_free (paths[i]);
  scratch_remove (folder);
  return apart;
}

static void
test_layers (void)
{
  for (guint seed = 0; seed < GRAPHS; seed++) {
    g_autoptr (GenGraph) base = layer_new (seed);
    g_autoptr (GArray) layers = gen_adapted_layers_list (base);

    g_assert_cmpuint (layers->len, ==, 1);
    for (int turns = 0; turns < 2; turns++) {
      const double apart = compare_merged (base, seed, turns);

      if (apart > 1e-5)
        g_test_message ("layer %u", seed);
      g_assert_cmpfloat (apart, <, 1e-5);
    }
  }
}

static void
test_random_graphs (void)
{
  guint n = 0;

  for (guint seed = 0; n < GRAPHS; seed++) {
    g_autoptr (GenGraph) base = random_graph_new (seed);
    g_autoptr (GArray) layers = gen_adapted_layers_list (base);
    double apart;

    if (layers->len == 0)
      continue;
    n++;
    apart = compare_merged (base, seed, n % 2);
    if (apart > 1e-4)
      g_test_message ("graph %u: %g apart", seed, apart);
    /* Some round to 16 bits on their way, or to bytes. */
    g_assert_cmpfloat (apart, <, 0.05);
  }
}

/* The weights of all layers, with differences as they are. */
static void
write_differences (const GenGraph *graph, guint seed, const char *path)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  g_autoptr (GArray) layers = gen_adapted_layers_list (graph);
  g_autofree char *hash = gen_adapter_hash (graph);
  g_autoptr (GHashTable) metadata = metadata_new (hash);
  Tensors tensors = tensors_new ();

  for (guint i = 0; i < layers->len; i++) {
    const GenTensor *weight = g_array_index (layers, GenAdaptedLayer, i).weight;

    add_tensor (&tensors, random, weight->name, ".difference", &weight->shape, 0.2);
  }
  tensors_save (&tensors, path, metadata);
}

/* Differences and factors of one weight are played in any order. */
static void
test_order (void)
{
  static const double scales[] = { 0.7, -0.4 }, swapped[] = { -0.4, 0.7 };

  for (guint seed = 0; seed < 24; seed++) {
    g_autoptr (GenGraph) base = layer_new (seed), merged = gen_graph_copy (base);
    g_autofree char *folder = scratch_new ();
    g_autofree char *whole = g_build_filename (folder, "whole.safetensors", NULL);
    g_autofree char *low = g_build_filename (folder, "low.safetensors", NULL);
    const char *const paths[] = { whole, low };
    g_autoptr (GenPlan) other = NULL;
    g_autoptr (GError) error = NULL;

    write_differences (base, seed, whole);
    write_adapter (base, seed + 1, FALSE, low);
    for (guint i = 0; i < 2; i++) {
      g_autoptr (GenAdapterFile) file = gen_adapter_file_load (paths[i], &error);

      g_assert_no_error (error);
      gen_adapter_file_merge (file, merged, scales[i], &error);
      g_assert_no_error (error);
    }
    other = run (merged, seed, scales);
    for (guint first = 0; first < 2; first++) {
      g_autofree char *files = g_strjoin (",", paths[first], paths[1 - first], NULL);
      g_autoptr (GenGraph) beside = gen_graph_copy (base);
      g_autoptr (GenPlan) one = NULL;

      gen_adapters_attach (beside, files, NULL, "base", &error);
      g_assert_no_error (error);
      one = run (beside, seed, first == 0 ? scales : swapped);
      g_assert_cmpfloat (compare (one, other), <, 1e-5);
    }
    scratch_remove (folder);
  }
}

/* Scale 0 is the base to the bit. */
static void
test_nothing (void)
{
  static const double none[] = { 0, 0 };

  for (guint seed = 0; seed < 24; seed++) {
    g_autoptr (GenGraph) base = layer_new (seed), beside = gen_graph_copy (base);
    g_autofree char *folder = scratch_new ();
    g_autofree char *path = g_build_filename (folder, "a.safetensors", NULL);
    g_autoptr (GError) error = NULL;
    g_autoptr (GenPlan) one = NULL, other = NULL;

    write_adapter (base, seed, seed % 2, path);
    gen_adapters_attach (beside, path, NULL, "base", &error);
    g_assert_no_error (error);
    one = run (base, seed, none);
    other = run (beside, seed, none);
    g_assert_cmpfloat (compare (one, other), <, 1e-6);
    scratch_remove (folder);
  }
}

/* A weight that is read otherwise, too, has its difference added where it is read. */
static void
test_others (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  g_autoptr (GenGraph) graph = gen_graph_new ("graph");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (4, 4));
  GenTensor *tied = constant (graph, random, "tied", &GEN_SHAPE (4, 4));
  GenTensor *twice = constant (graph, random, "twice", &GEN_SHAPE (4, 4));
  GenTensor *shown = constant (graph, random, "shown", &GEN_SHAPE (4, 4)), *y;
  g_autoptr (GArray) layers = NULL;

  y = gen_binary (graph, "MatMul", x, tied, NULL);
  y = gen_binary (graph, "Add", y, tied, NULL);
  y = gen_binary (graph, "MatMul", y, twice, NULL);
  y = gen_binary (graph, "MatMul", y, twice, NULL);
  y = gen_binary (graph, "MatMul", y, shown, NULL);
  gen_graph_add_output (graph, y);
  gen_graph_add_output (graph, shown);
  layers = gen_adapted_layers_list (graph);
  g_assert_cmpuint (layers->len, ==, 2);
  g_assert_true (g_array_index (layers, GenAdaptedLayer, 0).weight == tied);
  g_assert_true (g_array_index (layers, GenAdaptedLayer, 0).whole);
  g_assert_true (g_array_index (layers, GenAdaptedLayer, 1).weight == twice);
  g_assert_false (g_array_index (layers, GenAdaptedLayer, 1).whole);
  g_assert_cmpfloat (compare_merged (graph, 3, FALSE), <, 1e-5);
  g_assert_cmpfloat (compare_merged (graph, 3, TRUE), <, 1e-5);
}

/* --- gradients --- */

static void
test_gradients (void)
{
  for (guint seed = 0; seed < 36; seed++) {
    g_autoptr (GenGraph) graph = layer_new (seed);
    g_autoptr (GArray) layers = gen_adapted_layers_list (graph);
    const GenAdaptedLayer *layer = &g_array_index (layers, GenAdaptedLayer, 0);
    const gint64 rank = MIN (2, MIN (layer->rows, layer->columns));
    const GenShape ranks = gen_adapted_layer_ranks (layer, rank);
    g_autoptr (GError) error = NULL;
    GenShape down, up;
    GenTensor *inputs[3];
    double apart;

    gen_adapted_layer_shapes (layer, rank, &down, &up);
    inputs[0] = gen_graph_add_input (graph, "down", GEN_TYPE_FLOAT32, &down);
    inputs[1] = gen_graph_add_input (graph, "up", GEN_TYPE_FLOAT32, &up);
    inputs[2] = gen_graph_add_input (graph, "ranks", GEN_TYPE_FLOAT32, &ranks);
    /* Not where it bends. */
    graph->outputs->pdata[0] =
        gen_node_input (((GenTensor *)graph->outputs->pdata[0])->producer, 0);
    gen_adapted_layer_insert (graph, layer, inputs[0], inputs[1], &inputs[2], 1, &error);
    g_assert_no_error (error);
    gen_graph_infer (graph, &error);
    g_assert_no_error (error);
    apart = gen_graph_check_gradients (graph, seed, &error);
    g_assert_no_error (error);
    g_assert_cmpfloat (apart, <, 2e-2);
  }
}

/* --- what a base is --- */

static void
test_hash (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "base.onnx", NULL);

  for (guint seed = 0; seed < 12; seed++) {
    g_autoptr (GenGraph) graph = layer_new (seed), other = layer_new (seed + 60), saved = NULL;
    g_autofree char *hash = gen_adapter_hash (graph), *of_other = gen_adapter_hash (other);
    g_autofree char *of_saved = NULL, *changed = NULL;
    g_autoptr (GError) error = NULL;
    GenTensor *weight = gen_graph_find (graph, "weight");
    float *numbers;

    gen_onnx_save (graph, path, &error);
    g_assert_no_error (error);
    saved = gen_onnx_load (path, &error);
    g_assert_no_error (error);
    of_saved = gen_adapter_hash (saved);
    g_assert_cmpstr (hash, ==, of_saved);
    g_assert_cmpstr (hash, !=, of_other);
    numbers = g_memdup2 (gen_tensor_constant (weight), gen_tensor_size (weight));
    numbers[0] = nextafterf (numbers[0], 2);
    g_bytes_unref (weight->data);
    weight->data = g_bytes_new_take (numbers, gen_tensor_size (weight));
    changed = gen_adapter_hash (graph);
    g_assert_cmpstr (hash, !=, changed);
  }
  scratch_remove (folder);
}

/* Of a file that has not changed it is not worked out again, and of one that has it is. */
static void
test_hash_held (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "base.onnx", NULL);
  g_autoptr (GenGraph) one = layer_new (1), other = layer_new (2);
  g_autoptr (GenGraph) first = NULL, again = NULL, copy = NULL, later = NULL;
  g_autoptr (GBytes) held = NULL, same = NULL, of_copy = NULL, of_later = NULL;
  g_autofree char *hash = gen_adapter_hash (other);
  g_autoptr (GError) error = NULL;

  gen_onnx_save (one, path, &error);
  first = gen_onnx_load (path, &error);
  again = gen_onnx_load (path, &error);
  g_assert_no_error (error);
  held = gen_adapter_hash_of_files (first);
  same = gen_adapter_hash_of_files (again);
  g_assert_true (g_bytes_get_data (held, NULL) == g_bytes_get_data (same, NULL));
  copy = gen_graph_copy (first);
  of_copy = gen_adapter_hash_of_files (copy);
  g_assert_true (g_bytes_equal (held, of_copy));
  g_assert_true (g_bytes_get_data (held, NULL) != g_bytes_get_data (of_copy, NULL));
  gen_onnx_save (other, path, &error);
  later = gen_onnx_load (path, &error);
  g_assert_no_error (error);
  of_later = gen_adapter_hash_of_files (later);
  g_assert_cmpstr (g_bytes_get_data (of_later, NULL), ==, hash);
  scratch_remove (folder);
}

/* --- files that are not right --- */

typedef void (*Damage) (Tensors *tensors, GHashTable *metadata);

static GenSafetensor *
tensor_of (Tensors *tensors, guint i)
{
  return &g_array_index (tensors->tensors, GenSafetensor, i);
}

static void
set_number (GenSafetensor *tensor, float value)
{
  const gsize size = g_bytes_get_size (tensor->data);
  float *numbers = g_memdup2 (g_bytes_get_data (tensor->data, NULL), size);

  numbers[1] = value;
  g_bytes_unref (tensor->data);
  tensor->data = g_bytes_new_take (numbers, size);
}

static void
make_nan (Tensors *tensors, GHashTable *metadata)
{
  set_number (tensor_of (tensors, 0), NAN);
}

static void
make_infinite (Tensors *tensors, GHashTable *metadata)
{
  set_number (tensor_of (tensors, 1), INFINITY);
}

static void
take_up (Tensors *tensors, GHashTable *metadata)
{
  g_array_remove_index (tensors->tensors, 1);
}

static void
take_down (Tensors *tensors, GHashTable *metadata)
{
  g_array_remove_index (tensors->tensors, 0);
}

static void
make_integers (Tensors *tensors, GHashTable *metadata)
{
  tensor_of (tensors, 0)->type = GEN_TYPE_INT32;
}

static void
rename_tensor (Tensors *tensors, GHashTable *metadata)
{
  tensor_of (tensors, 0)->name = tensor_of (tensors, 1)->name = "momentum";
  g_array_remove_index (tensors->tensors, 1);
}

static void
take_format (Tensors *tensors, GHashTable *metadata)
{
  g_hash_table_remove (metadata, "format");
}

static void
shorten_hash (Tensors *tensors, GHashTable *metadata)
{
  g_hash_table_insert (metadata, "base-sha256", g_strdup ("12ab"));
}

static void
spoil_scaling (Tensors *tensors, GHashTable *metadata)
{
  g_hash_table_insert (metadata, "scaling", g_strdup ("nan"));
}

static void
other_base (Tensors *tensors, GHashTable *metadata)
{
  g_hash_table_insert (metadata, "base-sha256", g_strnfill (64, 'a'));
}

static void
other_weight (Tensors *tensors, GHashTable *metadata)
{
  tensor_of (tensors, 0)->name = "elsewhere.lora_A";
  tensor_of (tensors, 1)->name = "elsewhere.lora_B";
}

static void
turn_shape (Tensors *tensors, GHashTable *metadata)
{
  GenShape *shape = &tensor_of (tensors, 0)->shape;
  const gint64 first = shape->dims[0];

  shape->dims[0] = shape->dims[1];
  shape->dims[1] = first;
}

static void
add_units (Tensors *tensors, GHashTable *metadata)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);

  add_tensor (tensors, random, "weight", ".lora_magnitude_vector", &GEN_SHAPE (5), 1);
}

static void
flatten_shape (Tensors *tensors, GHashTable *metadata)
{
  GenSafetensor *tensor = tensor_of (tensors, 1);

  tensor->shape = GEN_SHAPE (gen_shape_elements (&tensor->shape));
}

static void
spoil_difference (Tensors *tensors, GHashTable *metadata)
{
  GenSafetensor *tensor = tensor_of (tensors, 2);

  tensor->shape = GEN_SHAPE (1, gen_shape_elements (&tensor->shape));
}

static const struct {
  const char *name;
  Damage damage;
  int code;
  const char *says;
} damages[] = {
  { "nan", make_nan, GEN_ADAPTER_ERROR_FILE, "number 1 of 'weight.lora_A' is not finite" },
  { "infinite", make_infinite, GEN_ADAPTER_ERROR_FILE, "'weight.lora_B' is not finite" },
  { "no-up", take_up, GEN_ADAPTER_ERROR_FILE, "has no 'weight.lora_B'" },
  { "no-down", take_down, GEN_ADAPTER_ERROR_FILE, "'weight.lora_B' is nothing of an adapter" },
  { "integers", make_integers, GEN_ADAPTER_ERROR_FILE, "'weight.lora_A' is int32" },
  { "names", rename_tensor, GEN_ADAPTER_ERROR_FILE, "'momentum' is nothing of an adapter" },
  { "format", take_format, GEN_ADAPTER_ERROR_FILE, "format=generative-adapter" },
  { "hash", shorten_hash, GEN_ADAPTER_ERROR_FILE, "base-sha256" },
  { "scaling", spoil_scaling, GEN_ADAPTER_ERROR_FILE, "scaling" },
  { "base", other_base, GEN_ADAPTER_ERROR_BASE, "'some.onnx', of SHA-256 aaaa" },
  { "weight", other_weight, GEN_ADAPTER_ERROR_BASE, "'elsewhere', and the model has no such" },
  { "shape", turn_shape, GEN_ADAPTER_ERROR_BASE, "are no factors of 'weight', [6, 8]" },
  { "units", add_units, GEN_ADAPTER_ERROR_BASE,
      "'weight.lora_magnitude_vector' is [5], and the layer has" },
  { "rank", flatten_shape, GEN_ADAPTER_ERROR_BASE, "are no factors of 'weight'" },
  { "difference", spoil_difference, GEN_ADAPTER_ERROR_BASE, "'bias.difference' is [1, 8]" },
};

static GenGraph *
dense_new (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (4);
  GenGraph *graph = gen_graph_new ("dense");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 6));
  GenTensor *inputs[] = { x, constant (graph, random, "weight", &GEN_SHAPE (6, 8)),
    constant (graph, random, "bias", &GEN_SHAPE (8)) };

  gen_graph_add_output (graph, gen_graph_op (graph, "Gemm", inputs, 3, 1, NULL, NULL));
  return graph;
}

static Tensors
make_tensors (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (2);
  Tensors tensors = tensors_new ();

  add_tensor (&tensors, random, "weight", ".lora_A", &GEN_SHAPE (6, 2), 1);
  add_tensor (&tensors, random, "weight", ".lora_B", &GEN_SHAPE (2, 8), 1);
  add_tensor (&tensors, random, "bias", ".difference", &GEN_SHAPE (8), 1);
  return tensors;
}

static void
test_damage (gconstpointer data)
{
  const guint i = GPOINTER_TO_UINT (data);
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "a.safetensors", NULL);
  g_autoptr (GenGraph) graph = dense_new ();
  g_autofree char *hash = gen_adapter_hash (graph);
  g_autoptr (GHashTable) metadata = metadata_new (hash);
  const guint n_nodes = graph->nodes->len;
  g_autoptr (GError) error = NULL;
  Tensors tensors = make_tensors ();

  damages[i].damage (&tensors, metadata);
  tensors_save (&tensors, path, metadata);
  g_assert_false (gen_adapters_attach (graph, path, NULL, "base", &error));
  g_assert_error (error, GEN_ADAPTER_ERROR, damages[i].code);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, damages[i].says));
  g_assert_nonnull (strstr (error->message, path));
  g_assert_cmpuint (graph->nodes->len, ==, n_nodes);
  scratch_remove (folder);
}

/* One of which all ranks were taken away, or that has learned nothing yet, changes nothing. */
static void
test_empty (void)
{
  static const double one[] = { 1 };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "a.safetensors", NULL);
  g_autoptr (GenGraph) base = dense_new (), beside = dense_new ();
  g_autofree char *hash = gen_adapter_hash (base);
  g_autoptr (GHashTable) metadata = metadata_new (hash);
  g_autoptr (GenPlan) before = NULL, after = NULL;
  g_autoptr (GError) error = NULL;
  Tensors tensors = tensors_new ();

  tensors_save (&tensors, path, metadata);
  gen_adapters_attach (beside, path, NULL, "base", &error);
  g_assert_no_error (error);
  before = run (base, 1, one);
  after = run (beside, 1, one);
  g_assert_cmpfloat (compare (before, after), ==, 0);
  scratch_remove (folder);
}

/* Cut anywhere, it is refused. */
static void
test_truncated (void)
{
  g_autofree char *folder = scratch_new (), *whole = NULL;
  g_autofree char *path = g_build_filename (folder, "a.safetensors", NULL);
  g_autoptr (GenGraph) graph = dense_new ();
  g_autofree char *hash = gen_adapter_hash (graph);
  g_autoptr (GHashTable) metadata = metadata_new (hash);
  Tensors tensors = make_tensors ();
  gsize size;

  tensors_save (&tensors, path, metadata);
  g_assert_true (g_file_get_contents (path, &whole, &size, NULL));
  for (gsize n = 0; n < size; n += 13) {
    g_autoptr (GError) error = NULL;

    g_assert_true (g_file_set_contents (path, whole, (gssize)n, NULL));
    g_assert_null (gen_adapter_file_load (path, &error));
    g_assert_error (error, GEN_ADAPTER_ERROR, GEN_ADAPTER_ERROR_FILE);
  }
  scratch_remove (folder);
}

static void
test_scales (void)
{
  static const char *const wrong[] = { "x", "1,", "1,2,3", "nan", "0.5;1", "1e99" };
  g_autoptr (GError) error = NULL;
  double scales[2];

  g_assert_true (gen_adapters_read_scales (NULL, scales, 2, &error));
  g_assert_cmpfloat (scales[1], ==, 1);
  g_assert_true (gen_adapters_read_scales (" 0.25 ", scales, 2, &error));
  g_assert_cmpfloat (scales[0], ==, 0.25);
  g_assert_cmpfloat (scales[1], ==, 1);
  g_assert_true (gen_adapters_read_scales ("-1,2", scales, 2, &error));
  g_assert_cmpfloat (scales[0], ==, -1);
  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_clear_error (&error);
    g_assert_false (gen_adapters_read_scales (wrong[i], scales, 2, &error));
    g_assert_error (error, GEN_ADAPTER_ERROR, GEN_ADAPTER_ERROR_SETTING);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/adapters/layers", test_layers);
  g_test_add_func ("/adapters/random-graphs", test_random_graphs);
  g_test_add_func ("/adapters/order", test_order);
  g_test_add_func ("/adapters/nothing", test_nothing);
  g_test_add_func ("/adapters/others", test_others);
  g_test_add_func ("/adapters/gradients", test_gradients);
  g_test_add_func ("/adapters/hash", test_hash);
  g_test_add_func ("/adapters/hash-held", test_hash_held);
  g_test_add_func ("/adapters/empty", test_empty);
  g_test_add_func ("/adapters/truncated", test_truncated);
  g_test_add_func ("/adapters/scales", test_scales);
  for (guint i = 0; i < G_N_ELEMENTS (damages); i++) {
    g_autofree char *name = g_strconcat ("/adapters/damage/", damages[i].name, NULL);

    g_test_add_data_func (name, GUINT_TO_POINTER (i), test_damage);
  }
  return g_test_run ();
}
