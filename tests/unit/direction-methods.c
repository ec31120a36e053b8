/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directions of nets of which they are known, by each method; their names, lengths and files; and
 * what has none. */
#include <generative/direction-method.h>

#include <string.h>

#include "editing-nets.h"

/* A net that reads number k of the latent with strength NET_LATENT - k, by `activation`. */
static char *
save_ladder (const char *folder, const char *activation)
{
  GenGraph *graph = gen_graph_new ("ladder");
  float *weights = g_new0 (float, NET_LATENT *NET_PIXELS);
  GenTensor *y = net_begin (graph, NET_LATENT);

  for (int k = 0; k < NET_LATENT; k++)
    for (int i = 0; i < 8; i++)
      weights[k * NET_PIXELS + 8 * k + i] = 0.01f * (float)(NET_LATENT - k);
  y = net_add (graph, "MatMul", y,
      gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (NET_LATENT, NET_PIXELS),
          g_bytes_new_take (weights, NET_LATENT * NET_PIXELS * sizeof *weights)));
  return net_save (
      graph, net_picture (graph, net_op (graph, activation, y)), folder, "ladder.onnx");
}

/* Tells by the first pixels whether number 0 of the ladder's latent is positive. */
static char *
save_classifier (const char *folder)
{
  static const gint64 flat[] = { -1, NET_PIXELS };
  GenGraph *graph = gen_graph_new ("classifier");
  float *weights = g_new0 (float, 2 * NET_PIXELS);
  GenTensor *x = gen_graph_add_input (
      graph, "picture", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, NET_EXTENT, NET_EXTENT));
  const char *const names[] = { "low", "high", NULL };
  GenTensor *y;

  for (int i = 0; i < 8; i++) {
    weights[2 * i] = -1;
    weights[2 * i + 1] = 1;
  }
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("-1,1"));
  gen_model_name_classes (graph, names);
  y = net_add (graph, "Reshape", x, gen_graph_ints (graph, flat, 2));
  y = net_add (graph, "MatMul", y,
      gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (NET_PIXELS, 2),
          g_bytes_new_take (weights, 2 * NET_PIXELS * sizeof *weights)));
  return net_save (graph, y, folder, "classifier.onnx");
}

/* How near direction `i` is to number `k` of a vector: 1 where nothing else is in it. */
static double
share_of (const GenDirections *directions, guint i, gsize k, double *length)
{
  gsize vectors, n;
  const float *numbers = gen_directions_numbers (directions, i, &vectors, &n);
  double square = 0;

  for (gsize j = 0; j < vectors * n; j++)
    square += (double)numbers[j] * numbers[j];
  *length = sqrt (square);
  return numbers[k] / sqrt (square);
}

static GenDirections *
find (const GenDirectionMethod *method, GenLatentSpace *space, const GenDirectionSettings *settings,
    GArray *shares)
{
  g_autoptr (GError) error = NULL;
  GenDirections *directions = gen_directions_find_by (method, space, settings, shares, &error);

  g_assert_no_error (error);
  return directions;
}

/* What is read with the most strength comes first, by activations and by weights. */
static void
test_ladder (void)
{
  const GenDirectionMethod *methods[] = { &gen_direction_method_pca, &gen_direction_method_sefa };
  g_autofree char *folder = scratch_new (), *path = save_ladder (folder, "Tanh");
  g_autoptr (GenLatentSpace) space = net_open (path, GEN_SPACE_LATENT);
  GenDirectionSettings settings = GEN_DIRECTION_DEFAULTS;

  settings.count = 4;
  settings.samples = 2000;
  for (int m = 0; m < 2; m++) {
    g_autoptr (GArray) shares = g_array_new (FALSE, FALSE, sizeof (double));
    g_autoptr (GenDirections) directions = find (methods[m], space, &settings, shares);

    g_assert_cmpuint (gen_directions_count (directions), ==, 4);
    g_assert_cmpuint (shares->len, ==, 4);
    for (guint i = 0; i < 4; i++) {
      g_autofree char *name = gen_directions_name (directions, i);
      g_autofree char *wanted = g_strdup_printf ("%s-%u", methods[m]->name, i + 1);
      const double share = (NET_LATENT - i) * (NET_LATENT - i) / 204.0; /* 8^2 + … + 1^2 */
      double length;

      g_assert_cmpstr (name, ==, wanted);
      g_assert_cmpfloat (share_of (directions, i, i, &length), >, m == 0 ? 0.9 : 0.9999);
      g_assert_cmpfloat_with_epsilon (length, 1, 0.1);
      g_assert_cmpfloat_with_epsilon (
          g_array_index (shares, double, i), share, m == 0 ? 0.05 : 1e-5);
    }
  }
  scratch_remove (folder);
}

/* Of a style net: what deviates most is found in its styles, and as long as it deviates. */
static void
test_styles (void)
{
  g_autofree char *folder = scratch_new (), *path = net_save_style_net (folder);
  g_autoptr (GenLatentSpace) one = net_open (path, GEN_SPACE_STYLE);
  g_autoptr (GenLatentSpace) each = net_open (path, GEN_SPACE_STYLES);
  GenDirectionSettings settings = GEN_DIRECTION_DEFAULTS;
  const GenDirectionMethod *methods[] = { &gen_direction_method_pca, &gen_direction_method_sefa };

  for (int m = 0; m < 2; m++) {
    g_autoptr (GenDirections) first = find (methods[m], one, &settings, NULL);
    g_autoptr (GenDirections) second = find (methods[m], each, &settings, NULL);
    double last = INFINITY, length;

    g_assert_cmpuint (gen_directions_count (first), ==, NET_STYLE);
    for (guint i = 0; i < NET_STYLE; i++) {
      gsize vectors, n;
      const float *a = gen_directions_numbers (first, i, &vectors, &n);
      const float *b = gen_directions_numbers (second, i, &vectors, &n);

      g_assert_cmpuint (vectors, ==, 1);
      g_assert_cmpuint (n, ==, NET_STYLE);
      for (gsize k = 0; k < n; k++)
        g_assert_cmpfloat_with_epsilon (a[k], b[k], 1e-4);
      share_of (first, i, 0, &length);
      if (m == 0)
        g_assert_cmpfloat (length, <=, last + 1e-6);
      last = length;
    }
  }
  scratch_remove (folder);
}

/* Towards what a classifier says, and what somebody else said. */
static void
test_labels (void)
{
  const GenDirectionMethod *methods[] = { &gen_direction_method_mean,
    &gen_direction_method_logistic };
  static const char *const names[] = { "dark", "bright", NULL };
  g_autofree char *folder = scratch_new (), *path = save_ladder (folder, "Tanh");
  g_autofree char *classifier = save_classifier (folder);
  g_autoptr (GenLatentSpace) space = net_open (path, GEN_SPACE_LATENT);
  GenDirectionSettings settings = GEN_DIRECTION_DEFAULTS, given = GEN_DIRECTION_DEFAULTS;
  float places[400 * NET_LATENT];
  int labels[400];
  double length;

  settings.classifier = classifier;
  g_assert_true (gen_latent_space_draw (space, 0, 400, places, NULL));
  for (int i = 0; i < 400; i++)
    labels[i] = i % 10 == 0 ? -1 : places[i * NET_LATENT + 3] > 0.2f;
  given.places = places;
  given.labels = labels;
  given.n = 400;
  given.names = names;
  for (int m = 0; m < 2; m++) {
    g_autoptr (GenDirections) said = find (methods[m], space, &settings, NULL);
    g_autoptr (GenDirections) found = find (methods[m], space, &given, NULL);

    g_assert_cmpint (gen_directions_find (said, "high", NULL), ==, 1);
    g_assert_cmpfloat (share_of (said, 0, 0, &length), <, -0.95);
    g_assert_cmpfloat (share_of (said, 1, 0, &length), >, 0.95);
    g_assert_cmpfloat_with_epsilon (length, 1, 0.1);
    g_assert_cmpfloat (share_of (found, 1, 3, &length), >, 0.9);
    g_assert_cmpint (gen_directions_find (found, "bright", NULL), ==, 1);
  }
  scratch_remove (folder);
}

/* Each at right angles to those before. Two means and that of all tell the third, of which nothing
 * is left. */
static void
test_orthogonal (void)
{
  static const char *const names[] = { "a", "b", "c", NULL };
  g_autofree char *folder = scratch_new (), *path = save_ladder (folder, "Tanh");
  g_autoptr (GenLatentSpace) space = net_open (path, GEN_SPACE_LATENT);
  GenDirectionSettings settings = GEN_DIRECTION_DEFAULTS;
  g_autoptr (GenDirections) directions = NULL;
  float places[300 * NET_LATENT];
  int labels[300];

  g_assert_true (gen_latent_space_draw (space, 0, 300, places, NULL));
  for (int i = 0; i < 300; i++)
    labels[i] = places[i * NET_LATENT] > 0.5f ? 0 : places[i * NET_LATENT + 1] > 0 ? 1 : 2;
  settings.places = places;
  settings.labels = labels;
  settings.n = 300;
  settings.names = names;
  settings.orthogonal = TRUE;
  directions = find (&gen_direction_method_mean, space, &settings, NULL);
  g_assert_cmpuint (gen_directions_count (directions), ==, 2);
  for (guint i = 0; i < 2; i++)
    for (guint j = 0; j < i; j++) {
      gsize vectors, n;
      const float *a = gen_directions_numbers (directions, i, &vectors, &n);
      const float *b = gen_directions_numbers (directions, j, &vectors, &n);
      double product = 0;

      for (gsize k = 0; k < n; k++)
        product += (double)a[k] * b[k];
      g_assert_cmpfloat (fabs (product), <, 1e-5);
    }
  scratch_remove (folder);
}

static void
assert_refused (const GenDirectionMethod *method, const char *path, GenSpaceKind kind,
    const GenDirectionSettings *settings, const char *words)
{
  g_autoptr (GenLatentSpace) space = net_open (path, kind);
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_directions_find_by (method, space, settings, NULL, &error));
  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  if (strstr (error->message, words) == NULL)
    g_error ("\"%s\" lacks \"%s\"", error->message, words);
}

static void
test_refused (void)
{
  g_autofree char *folder = scratch_new (), *ladder = save_ladder (folder, "Tanh");
  g_autofree char *rooted = NULL, *normalised = NULL;
  const GenDirectionSettings fine = GEN_DIRECTION_DEFAULTS;
  GenDirectionSettings settings = fine;
  static const char *const names[] = { "a", NULL };
  float places[4 * NET_LATENT] = { 0 };
  int labels[4] = { 0 };
  GenGraph *graph = gen_graph_new ("normalised");
  GenTensor *x = net_begin (graph, NET_LATENT);
  g_autoptr (GError) error = NULL;

  normalised = net_save (graph,
      net_picture (graph,
          net_op (graph, "Tanh",
              net_dense (graph, net_add (graph, "Mul", x, x), NET_LATENT, NET_PIXELS, 1, 1))),
      folder, "normalised.onnx");
  assert_refused (
      &gen_direction_method_sefa, normalised, GEN_SPACE_LATENT, &fine, "there is no closed form");
  settings.count = 0;
  assert_refused (&gen_direction_method_pca, ladder, GEN_SPACE_LATENT, &settings, "count is 0");
  settings = fine;
  settings.samples = 1;
  assert_refused (&gen_direction_method_pca, ladder, GEN_SPACE_LATENT, &settings, "samples is 1");
  settings = fine;
  settings.layer = "nowhere";
  assert_refused (
      &gen_direction_method_pca, ladder, GEN_SPACE_LATENT, &settings, "by the name \"nowhere\"");
  settings = fine;
  assert_refused (&gen_direction_method_mean, ladder, GEN_SPACE_LATENT, &settings, "needs labels");
  settings.classifier = ladder;
  assert_refused (&gen_direction_method_mean, ladder, GEN_SPACE_LATENT, &settings,
      "a classifier makes a vector");
  settings = fine;
  settings.places = places;
  settings.labels = labels;
  settings.n = 4;
  settings.names = names;
  assert_refused (
      &gen_direction_method_logistic, ladder, GEN_SPACE_LATENT, &settings, "no label parts 4");
  rooted = save_ladder (folder, "Sqrt");
  assert_refused (&gen_direction_method_pca, rooted, GEN_SPACE_LATENT, &fine, "not finite");
  g_assert_null (gen_direction_method_find ("ica", &error));
  g_assert_error (error, GEN_LATENT_SPACE_ERROR, GEN_LATENT_SPACE_ERROR_SETTING);
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/directions/ladder", test_ladder);
  g_test_add_func ("/directions/styles", test_styles);
  g_test_add_func ("/directions/labels", test_labels);
  g_test_add_func ("/directions/orthogonal", test_orthogonal);
  g_test_add_func ("/directions/refused", test_refused);
  return g_test_run ();
}
