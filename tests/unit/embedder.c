/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Features that ONNX models make of pictures, against what ONNX Runtime 1.32 makes of the same
 * model and the same numbers, and files that are no embedders. */
#include <generative/metric.h>
#include <generative/onnx.h>

#include <string.h>

#include "../scratch.h"
#include "../staged.h"

#define WIDTH 24
#define HEIGHT 20
#define CHANNELS 8
#define LENGTH 5

typedef struct {
  gint64 batch; /* -1: free */
  gboolean size_is_free;
  gboolean channels_last; /* of the picture and of the map */
  gboolean map, vector;   /* which outputs it has */
  gboolean staged;        /* its shapes hang on what it computes */
} Kind;

static gboolean
compute (GenFeatures *features, const GenPicture *pictures, int n, float *out, GError **error)
{
  g_autofree GenSample *samples = g_new (GenSample, n);

  for (int i = 0; i < n; i++)
    samples[i] = gen_sample_of_picture (&pictures[i]);
  return gen_features_compute (features, samples, n, out, error);
}

static void
make_picture (GenPicture *picture, int width, int height, int channels, int k)
{
  gen_picture_init (picture, width, height, channels);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      for (int c = 0; c < channels; c++)
        picture->data[y * picture->stride + x * channels + c] =
            (guint8)((x * x * 3 + y * 7 * x + k * 13 * x + y * y * (k + 1) + c * 50 +
                         (x / 5) * (y / 4) * 17) %
                     251);
}

static GenTensor *
constant (GenGraph *graph, const char *name, GenShape shape, int step)
{
  gsize n = (gsize)gen_shape_elements (&shape);
  float *values = g_new (float, n);

  for (gsize i = 0; i < n; i++)
    values[i] = step > 0 ? (float)((int)(i * (gsize)step % 64) - 32) / 64 : (float)i / 16;
  return gen_graph_add_constant (
      graph, name, GEN_TYPE_FLOAT32, &shape, g_bytes_new_take (values, n * sizeof *values));
}

static GenTensor *
transpose (GenGraph *graph, GenTensor *x, const gint64 order[4], GError **error)
{
  return gen_graph_op (graph, "Transpose", &x, 1, 1, error, "perm", GEN_INTS, 4, order, NULL);
}

/* x -> Conv -> Relu (the map) -> GlobalAveragePool -> Flatten -> Gemm (the vector). */
static void
save_embedder (const char *path, const Kind *kind)
{
  static const gint64 strides[] = { 2, 2 }, pads[] = { 1, 1, 1, 1 };
  static const gint64 to_first[] = { 0, 3, 1, 2 }, to_last[] = { 0, 2, 3, 1 };
  g_autoptr (GenGraph) graph = gen_graph_new ("embedder");
  g_autoptr (GError) error = NULL;
  GenShape shape =
      kind->channels_last ? GEN_SHAPE (1, HEIGHT, WIDTH, 3) : GEN_SHAPE (1, 3, HEIGHT, WIDTH);
  GenTensor *input = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &shape), *x = input;
  GenTensor *map, *vector;
  guint last;

  if (kind->channels_last)
    x = transpose (graph, x, to_first, &error);
  map = gen_graph_op (graph, "Conv",
      (GenTensor *[]){ x, constant (graph, "w", GEN_SHAPE (CHANNELS, 3, 3, 3), 37),
          constant (graph, "b", GEN_SHAPE (CHANNELS), 0) },
      3, 1, &error, "strides", GEN_INTS, 2, strides, "pads", GEN_INTS, 4, pads, NULL);
  g_assert_no_error (error);
  map = gen_unary (graph, "Relu", map, &error);
  vector =
      gen_unary (graph, "Flatten", gen_unary (graph, "GlobalAveragePool", map, &error), &error);
  vector = gen_binary (
      graph, "Gemm", vector, constant (graph, "v", GEN_SHAPE (CHANNELS, LENGTH), 29), &error);
  g_assert_no_error (error);
  if (kind->staged) {
    vector->producer->inputs->pdata[0] = staged_same (graph, gen_node_input (vector->producer, 0));
    g_assert_true (g_ptr_array_find (graph->nodes, vector->producer, &last));
    g_ptr_array_add (graph->nodes, g_ptr_array_steal_index (graph->nodes, last));
  }
  if (kind->channels_last)
    map = transpose (graph, map, to_last, &error);
  if (kind->map)
    gen_graph_add_output (graph, map);
  if (kind->vector)
    gen_graph_add_output (graph, vector);

  input->shape.dims[0] = map->shape.dims[0] = vector->shape.dims[0] = kind->batch;
  if (kind->size_is_free)
    input->shape.dims[2] = input->shape.dims[3] = map->shape.dims[2] = map->shape.dims[3] = -1;
  g_hash_table_insert (
      graph->metadata, g_strdup ("generative.mean"), g_strdup ("0.485,0.456,0.406"));
  g_hash_table_insert (
      graph->metadata, g_strdup ("generative.std"), g_strdup ("0.229,0.224,0.225"));
  g_assert_true (gen_onnx_save (graph, path, &error));
  g_assert_no_error (error);
}

/* Pictures of the model's size, in colour and in grey, which it sees three times. */
static const struct {
  int k, channels;
  float map[CHANNELS], vector[LENGTH];
} expected[] = {
  { 1, 3,
      { 0.7031378407f, 0.8539709727f, 0.6829839581f, 1.1125251758f, 1.1398795304f, 0.8010563503f,
          1.1969843827f, 0.8621132467f },
      { -0.4144338071f, -0.2543864846f, 0.7392725348f, 0.2532868683f, 0.0499614514f } },
  { 2, 3,
      { 0.7269295886f, 0.7447408439f, 0.8796567606f, 0.9933423951f, 1.1478581478f, 1.0294547553f,
          1.0057693773f, 0.9984725813f },
      { -0.4416341484f, -0.0288980417f, 0.7275700569f, 0.2712877691f, 0.0219865665f } },
  { 1, 1,
      { 0.7540824873f, 0.5060978780f, 0.7316131225f, 0.7059070178f, 0.8183795574f, 0.7234789790f,
          0.7019123651f, 1.2646588984f },
      { -0.2253267467f, -0.0856522843f, 0.7653105259f, 0.0344352759f, 0.1834858060f } },
};

static void
assert_features (const float *made, const float *wanted, int n)
{
  for (int i = 0; i < n; i++)
    g_assert_cmpfloat_with_epsilon (made[i], wanted[i], 2e-5);
}

static void
test_values (void)
{
  static const Kind kinds[] = {
    { -1, FALSE, FALSE, FALSE, TRUE },
    { 1, FALSE, FALSE, FALSE, TRUE },
    { 4, FALSE, FALSE, FALSE, TRUE },
    { -1, TRUE, FALSE, FALSE, TRUE },
    { -1, FALSE, FALSE, TRUE, FALSE },
    { -1, TRUE, FALSE, TRUE, FALSE },
    { -1, FALSE, TRUE, TRUE, FALSE },
    { -1, FALSE, FALSE, TRUE, TRUE }, /* the vector, which comes second */
    { -1, FALSE, FALSE, FALSE, TRUE, TRUE },
  };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    int length = kinds[i].vector ? LENGTH : CHANNELS;
    g_autoptr (GenFeatures) features = NULL;
    g_autoptr (GError) error = NULL;

    g_test_message ("kind %d", (int)i);
    save_embedder (path, &kinds[i]);
    features = gen_features_open (path, &gen_medium_picture, &error);
    g_assert_no_error (error);
    g_assert_cmpint (
        gen_features_length (features, &(GenFormat){ &gen_medium_picture, 16, 16, 1 }), ==, length);
    for (gsize k = 0; k < G_N_ELEMENTS (expected); k++) {
      g_auto (GenPicture) picture = { 0 };
      float made[CHANNELS];

      make_picture (&picture, WIDTH, HEIGHT, expected[k].channels, expected[k].k);
      g_assert_true (compute (features, &picture, 1, made, &error));
      g_assert_no_error (error);
      assert_features (made, kinds[i].vector ? expected[k].vector : expected[k].map, length);
    }
  }
  scratch_remove (folder);
}

/* A batch, and what is left over of one, has the features of each picture alone; pictures of
 * another size are brought to the model's. */
static void
test_batch (void)
{
  static const Kind kind = { -1, FALSE, FALSE, FALSE, TRUE };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autoptr (GenFeatures) features = NULL;
  GenPicture pictures[37];
  float made[37 * LENGTH], alone[LENGTH];

  save_embedder (path, &kind);
  features = gen_features_open (path, &gen_medium_picture, NULL);
  g_assert_cmpint (gen_features_batch (features), >, 1);
  for (int i = 0; i < 37; i++)
    make_picture (&pictures[i], 60, 31, 3, i);
  g_assert_true (compute (features, pictures, 37, made, NULL));
  for (int i = 0; i < 37; i++) {
    g_auto (GenPicture) fitted = { 0 };

    gen_picture_init (&fitted, WIDTH, HEIGHT, 3);
    g_assert_true (gen_picture_fit (&pictures[i], &fitted, GEN_FIT_STRETCH, NULL));
    g_assert_true (compute (features, &fitted, 1, alone, NULL));
    assert_features (made + i * LENGTH, alone, LENGTH);
    gen_picture_clear (&pictures[i]);
  }
  scratch_remove (folder);
}

/* A model that takes bytes gets them where pictures come to its size unrounded, too. */
static void
test_bytes (void)
{
  static const guint8 levels[] = { 40, 80, 120 };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("bytes");
  g_autoptr (GenFeatures) features = NULL;
  g_auto (GenPicture) picture = { 0 };
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_UINT8, &GEN_SHAPE (1, 3, 8, 8));
  float made[3];

  x = gen_graph_op (graph, "Cast", &x, 1, 1, &error, "to", GEN_INT, (int)GEN_TYPE_FLOAT32, NULL);
  x = gen_unary (graph, "Flatten", gen_unary (graph, "GlobalAveragePool", x, &error), &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, x);
  g_assert_true (gen_onnx_save (graph, path, &error));
  gen_picture_init (&picture, 20, 20, 3);
  for (int i = 0; i < 20 * 20 * 3; i++)
    picture.data[i / 60 * picture.stride + i % 60] = levels[i % 3];
  features = gen_features_open (path, &gen_medium_picture, &error);
  g_assert_no_error (error);
  g_assert_true (gen_features_set_resizing (features, "clean-fid", &error));
  g_assert_true (compute (features, &picture, 1, made, &error));
  g_assert_no_error (error);
  for (int i = 0; i < 3; i++)
    g_assert_cmpfloat_with_epsilon (made[i], levels[i], 1e-3);
  scratch_remove (folder);
}

/* The name is the file's, with the beginning of its SHA-256. */
static void
test_name (void)
{
  static const Kind kinds[] = { { -1, FALSE, FALSE, FALSE, TRUE },
    { -1, FALSE, FALSE, TRUE, TRUE } };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autofree char *first = NULL;

  for (int i = 0; i < 2; i++) {
    g_autoptr (GenFeatures) features = NULL;
    g_autofree char *content = NULL, *digest = NULL, *name = NULL;
    gsize size;

    save_embedder (path, &kinds[i]);
    features = gen_features_open (path, &gen_medium_picture, NULL);
    g_assert_true (g_file_get_contents (path, &content, &size, NULL));
    digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (guint8 *)content, size);
    name = g_strdup_printf ("model.onnx-%.8s", digest);
    g_assert_cmpstr (gen_features_name (features), ==, name);
    g_assert_cmpstr (gen_features_name (features), !=, first);
    if (i == 0)
      first = g_strdup (name);
  }
  scratch_remove (folder);
}

static void
save_model (const char *path, const char *operator, GenShape in, int n_inputs)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("other");
  g_autoptr (GError) error = NULL;
  GenTensor *x = NULL;

  for (int i = 0; i < n_inputs; i++)
    x = gen_graph_add_input (graph, i == 0 ? "x" : "z", GEN_TYPE_FLOAT32, &in);
  gen_graph_add_output (graph, gen_unary (graph, operator, x, &error));
  g_assert_no_error (error);
  g_assert_true (gen_onnx_save (graph, path, &error));
  g_assert_no_error (error);
}

static void
test_refused (void)
{
  static const struct {
    const char *operator;
    GenShape in;
    int n_inputs;
    const char *words;
  } cases[] = {
    { "Relu", { 4, { 1, 3, 8, 8 } }, 1, "scores of classes, makes a vector" },
    { "Flatten", { 4, { 1, 3, 8, 8 } }, 2, "scores of classes, makes a vector" },
    { "Flatten", { 4, { 1, 1, 1, 1 } }, 1, "scores of classes, makes a vector" },
    { "Flatten", { 3, { 1, 9, 9 } }, 1, "scores of classes, makes a vector" },
    { "Flatten", { 4, { 1, 3, 64, 64 } }, 1, "12288 features; at most 4096" },
  };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    save_model (path, cases[i].operator, cases[i].in, cases[i].n_inputs);
    g_assert_null (gen_features_open (path, &gen_medium_picture, &error));
    g_assert_nonnull (strstr (error->message, path));
    g_assert_nonnull (strstr (error->message, cases[i].words));
    g_clear_error (&error);
  }
  g_assert_true (g_file_set_contents (path, "no model", -1, NULL));
  g_assert_null (gen_features_open (path, &gen_medium_picture, &error));
  g_assert_nonnull (strstr (error->message, path));
  g_clear_error (&error);
  g_assert_null (gen_features_open (folder, &gen_medium_picture, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_null (gen_features_open ("inception", &gen_medium_picture, &error));
  g_assert_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_UNKNOWN);
  g_assert_nonnull (strstr (error->message, "hog-4x4x8"));
  scratch_remove (folder);
}

/* Of an extent of 0 no picture has numbers. */
static void
test_empty (void)
{
  static const GenShape shapes[] = { { 4, { -1, 3, 0, 0 } }, { 4, { 1, 3, 0, -1 } },
    { 4, { 0, 3, -1, -1 } } };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("empty");
    g_autoptr (GError) error = NULL;
    GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 8, 8));

    gen_graph_add_output (graph,
        gen_unary (graph, "Flatten", gen_unary (graph, "GlobalAveragePool", x, &error), &error));
    g_assert_no_error (error);
    x->shape = shapes[i];
    g_assert_true (gen_onnx_save (graph, path, &error));
    g_assert_null (gen_features_open (path, &gen_medium_picture, &error));
    g_assert_nonnull (strstr (error->message, path));
    g_assert_nonnull (strstr (error->message, "which has an extent of 0"));
  }
  scratch_remove (folder);
}

/* A model of any size whose features are as many as the picture has pixels says so when it
 * meets another size than it was asked of. */
static void
test_size_dependent (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("flat");
  g_autoptr (GenFeatures) features = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GenPicture) picture = { 0 };
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 8, 8));
  GenTensor *y = gen_unary (graph, "Flatten", x, &error);
  g_autofree float *made = g_new (float, GEN_FEATURES_MAX);

  gen_graph_add_output (graph, y);
  x->shape.dims[2] = x->shape.dims[3] = y->shape.dims[1] = -1;
  g_assert_true (gen_onnx_save (graph, path, &error));
  features = gen_features_open (path, &gen_medium_picture, &error);
  g_assert_no_error (error);
  make_picture (&picture, 9, 9, 1, 1);
  g_assert_false (compute (features, &picture, 1, made, &error));
  g_assert_nonnull (strstr (error->message, "9 x 9"));
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/embedder/values", test_values);
  g_test_add_func ("/embedder/batch", test_batch);
  g_test_add_func ("/embedder/bytes", test_bytes);
  g_test_add_func ("/embedder/name", test_name);
  g_test_add_func ("/embedder/refused", test_refused);
  g_test_add_func ("/embedder/empty", test_empty);
  g_test_add_func ("/embedder/size-dependent", test_size_dependent);
  return g_test_run ();
}
