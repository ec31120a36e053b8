/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model robustness: of a net that tells light pictures from dark ones, of which it is
 * known how much it takes to fool it, however it has its pictures and its scores. */
#include <generative/model.h>
#include <generative/sound.h>

#include "tool.h"

enum { SIDE = 8, ITEMS = 10 };

/* What a net takes and makes. */
typedef enum {
  PROBABILITIES = 1, /* by a last Softmax */
  CHANNELS_LAST = 2,
  AROUND_ZERO = 4, /* black is -1 */
  ONE_BY_ONE = 8,  /* a batch of 1 */
  SHARES = 16,     /* probabilities that no Softmax makes */
  REVERSED = 32,   /* class 0 is light, as its names say */
  STEPS = 64,      /* pictures are rounded before */
  KNOTTY = 128,    /* an operator within has no gradient */
} NetKind;

/* The mean of a picture is its score for light, and what that lacks of 1 that for dark. */
static void
save_net (const Fixture *fixture, const char *name, int kind)
{
  const double slope = kind & AROUND_ZERO ? 0.5 : 1, light = kind & AROUND_ZERO ? 0.5 : 0;
  const double sharp = kind & SHARES ? 1 : 20;
  const int place = kind & REVERSED ? 0 : 1;
  const GenShape shape =
      kind & CHANNELS_LAST ? GEN_SHAPE (1, SIDE, SIDE, 1) : GEN_SHAPE (1, 1, SIDE, SIDE);
  g_autofree char *path = path_in (fixture, name);
  g_autoptr (GenGraph) graph = gen_graph_new ("light");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &shape), *y;
  float weights[SIDE * SIDE * 2], biases[2];

  for (int i = 0; i < SIDE * SIDE; i++) {
    weights[2 * i + place] = (float)(sharp * slope / (SIDE * SIDE));
    weights[2 * i + 1 - place] = -weights[2 * i + place];
  }
  biases[place] = (float)(sharp * light);
  biases[1 - place] = (float)(sharp * (1 - light));
  y = kind & STEPS ? gen_unary (graph, "Round", x, &error) : x;
  y = gen_unary (graph, "Flatten", y, &error);
  y = gen_graph_op (graph, "Gemm",
      (GenTensor *[]){ y,
          gen_graph_add_constant (graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (SIDE * SIDE, 2),
              g_bytes_new (weights, sizeof weights)),
          gen_graph_add_constant (
              graph, "b", GEN_TYPE_FLOAT32, &GEN_SHAPE (2), g_bytes_new (biases, sizeof biases)) },
      3, 1, &error, NULL);
  if (kind & PROBABILITIES)
    y = gen_unary (graph, "Softmax", y, &error);
  if (kind & KNOTTY)
    y = gen_binary (graph, "Add", y, gen_unary (graph, "Det", x, &error), &error);
  if (kind & SHARES)
    y = gen_graph_op (graph, "Clip",
        (GenTensor *[]){ y, gen_graph_float (graph, 0), gen_graph_float (graph, 1) }, 3, 1, &error,
        NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  if (!(kind & ONE_BY_ONE))
    for (guint i = 0; i < graph->tensors->len; i++) {
      GenTensor *tensor = graph->tensors->pdata[i];

      if (tensor->role != GEN_ROLE_CONSTANT)
        tensor->shape.dims[0] = -1;
    }
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"),
      g_strdup (kind & AROUND_ZERO ? "-1,1" : "0,1"));
  if (kind & REVERSED)
    gen_model_name_classes (graph, (const char *const[]){ "light", "dark", NULL });
  save (graph, path);
}

static void
save_pictures (const Fixture *fixture, const char *name, int first, int step)
{
  g_autofree char *folder = path_in (fixture, name);
  guint8 pixels[SIDE * SIDE];
  const GenPicture picture = { pixels, SIDE, SIDE, 1, SIDE };

  g_assert_cmpint (g_mkdir_with_parents (folder, 0755), ==, 0);
  for (int i = 0; i < ITEMS; i++) {
    g_autofree char *path = g_strdup_printf ("%s/%02d.png", folder, i);
    g_autoptr (GError) error = NULL;

    memset (pixels, first + step * i, sizeof pixels);
    gen_picture_save_png (&picture, path, &error);
    g_assert_no_error (error);
  }
}

/* Those of i / 20 from the border between both. */
static void
save_data (const Fixture *fixture)
{
  save_pictures (fixture, "data/dark", 121, -12);
  save_pictures (fixture, "data/light", 134, 12);
}

/* How many of all are right under each attack; [0] as they are. */
static void
read_right (const Fixture *fixture, double *right, guint n)
{
  g_autoptr (JsonNode) root = parse_json (fixture->out);
  JsonObject *object = json_node_get_object (root);
  JsonArray *attacks = json_object_get_array_member (object, "attacks");

  g_assert_cmpint (json_object_get_int_member (object, "samples"), ==, 2 * ITEMS);
  g_assert_cmpuint (json_array_get_length (attacks), ==, n - 1);
  for (guint i = 0; i < n; i++) {
    JsonObject *of = i > 0 ? json_array_get_object_element (attacks, i - 1) : object;
    const double accuracy = json_object_get_double_member (of, "accuracy");

    g_assert_cmpfloat (json_object_get_double_member (of, "low"), <=, accuracy);
    g_assert_cmpfloat (json_object_get_double_member (of, "high"), >=, accuracy);
    right[i] = accuracy * 2 * ITEMS;
  }
}

/* A picture that is d from the border is fooled by an epsilon above d, and in L2, where all 64
 * numbers change alike, by one above 8 d. */
static void
test_known (Fixture *fixture, gconstpointer data)
{
  static const int kinds[] = { 0, PROBABILITIES, CHANNELS_LAST, AROUND_ZERO, ONE_BY_ONE, SHARES,
    REVERSED, PROBABILITIES | CHANNELS_LAST | AROUND_ZERO };
  static const double should[] = { 20, 20, 16, 12, 20, 16, 12 };

  save_data (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    double right[G_N_ELEMENTS (should)];

    save_net (fixture, "net.onnx", kinds[i]);
    g_assert_cmpint (tool (fixture, "robustness", "net.onnx", "data", "--json",
                         "--attacks=fgsm,pgd", "--epsilons=0,0.1,0.2", NULL),
        ==, 0);
    read_right (fixture, right, G_N_ELEMENTS (right));
    g_assert_cmpmem (right, sizeof right, should, sizeof should);
    g_assert_cmpint (tool (fixture, "robustness", "net.onnx", "data", "--json",
                         "--attacks=fgm,pgd-l2", "--epsilons=0,0.8,1.6", NULL),
        ==, 0);
    read_right (fixture, right, G_N_ELEMENTS (right));
    g_assert_cmpmem (right, sizeof right, should, sizeof should);
  }
}

/* Of data that has only some of the classes, these are still the model's: by its names, or by their
 * numbers where it says none. */
static void
test_some_classes (Fixture *fixture, gconstpointer data)
{
  static const struct {
    int kind;
    const char *folder;
  } cases[] = { { REVERSED, "some/light" }, { 0, "numbered/1" } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *around = g_path_get_dirname (cases[i].folder);

    save_net (fixture, "net.onnx", cases[i].kind);
    save_pictures (fixture, cases[i].folder, 134, 12);
    g_assert_cmpint (
        tool (fixture, "robustness", "net.onnx", around, "--json", "--attacks=fgsm", NULL), ==, 0);
    assert_says (fixture->out, "\"accuracy\" : 1");
  }
}

/* More steps of one size never make it better, and at last worse. */
static void
test_steps (Fixture *fixture, gconstpointer data)
{
  static const char *const steps[] = { "--steps=1", "--steps=2", "--steps=5", "--steps=40" };
  double before[2] = { 20, 20 }, right[2];

  save_data (fixture);
  save_net (fixture, "net.onnx", 0);
  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++) {
    g_assert_cmpint (tool (fixture, "robustness", "net.onnx", "data", "--json", "--attacks=pgd",
                         "--epsilons=0.3", "--step-size=0.02", steps[i], NULL),
        ==, 0);
    read_right (fixture, right, 2);
    g_assert_cmpfloat (right[1], <=, before[1]);
    memcpy (before, right, sizeof before);
  }
  g_assert_cmpfloat (right[1], ==, 8);
}

/* A row for each example, of what was, what became of it, and what has changed. */
static void
test_sheet (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = path_in (fixture, "sheet.png");
  g_auto (GenPicture) sheet = { 0 };
  g_autoptr (GError) error = NULL;

  save_data (fixture);
  save_net (fixture, "net.onnx", 0);
  g_assert_cmpint (tool (fixture, "robustness", "net.onnx", "data", "shuffle=false",
                       "--attacks=fgsm", "--epsilons=0.1", "--sheet=sheet.png", NULL),
      ==, 0);
  assert_says (fixture->out, "fgsm       linf       0.1      1    0.8000   0.5840 to 0.9193");
  gen_picture_load (&sheet, path, 1, &error);
  g_assert_no_error (error);
  g_assert_cmpint (sheet.width, ==, 3 * 96 + 2 * 4);
  g_assert_cmpint (sheet.height, ==, 8 * 96 + 7 * 4);
  /* Two dark ones come first, of which 121 is the nearest to the border. */
  g_assert_cmpint (sheet.data[0], ==, 121);
  g_assert_cmpint (sheet.data[100], ==, 147);
  g_assert_cmpint (sheet.data[200], ==, 255);
}

/* --- discriminators --- */

/* The mean of a picture or sound, times 20, less `threshold`, is its score. */
static void
save_scorer (const Fixture *fixture, const char *name, gboolean sound, gboolean sigmoid)
{
  const GenShape shape = sound ? GEN_SHAPE (1, SIDE * SIDE) : GEN_SHAPE (1, 1, SIDE, SIDE);
  g_autofree char *path = path_in (fixture, name);
  g_autoptr (GenGraph) graph = gen_graph_new ("scorer");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &shape), *y;
  const float bias = sound ? 0 : -10;
  float weights[SIDE * SIDE];

  for (int i = 0; i < SIDE * SIDE; i++)
    weights[i] = 20.0f / (SIDE * SIDE);
  y = gen_unary (graph, "Flatten", x, &error);
  y = gen_graph_op (graph, "Gemm",
      (GenTensor *[]){ y,
          gen_graph_add_constant (graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (SIDE * SIDE, 1),
              g_bytes_new (weights, sizeof weights)),
          gen_graph_add_constant (
              graph, "b", GEN_TYPE_FLOAT32, &GEN_SHAPE (1), g_bytes_new (&bias, sizeof bias)) },
      3, 1, &error, NULL);
  if (sigmoid)
    y = gen_unary (graph, "Sigmoid", y, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  g_hash_table_insert (graph->metadata,
      g_strdup (sound ? "generative.sample-rate" : "generative.input-range"),
      g_strdup (sound ? "8000" : "0,1"));
  save (graph, path);
}

static void
save_sounds (const Fixture *fixture, const char *name, float level)
{
  g_autofree char *folder = path_in (fixture, name);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0755), ==, 0);
  for (int i = 0; i < 4; i++) {
    g_autofree char *path = g_strdup_printf ("%s/%d.wav", folder, i);
    g_auto (GenSound) sound = { 0 };
    g_autoptr (GError) error = NULL;

    gen_sound_init (&sound, 8000, 1, SIDE * SIDE);
    for (int k = 0; k < SIDE * SIDE; k++)
      sound.data[k] = level;
    gen_sound_save_wav (&sound, path, GEN_SOUND_WAV_S16, &error);
    g_assert_no_error (error);
  }
}

/* A figure of the first attack on a part, or of it as it is. */
static double
read_part (const Fixture *fixture, const char *part, const char *figure, gboolean attacked)
{
  g_autoptr (JsonNode) root = parse_json (fixture->out);
  JsonObject *object = json_object_get_object_member (json_node_get_object (root), part);

  g_assert_nonnull (object);
  if (attacked)
    object = json_array_get_object_element (json_object_get_array_member (object, "attacks"), 0);
  return json_object_get_double_member (object, figure);
}

/* Scores go down of what is real, up of what is made, by what the net's slope says: a Sigmoid at
 * its end is looked through. */
static void
test_discriminator (Fixture *fixture, gconstpointer data)
{
  save_data (fixture);
  for (int sigmoid = 0; sigmoid <= 1; sigmoid++) {
    save_scorer (fixture, "d.onnx", FALSE, sigmoid);
    g_assert_cmpint (tool (fixture, "robustness", "d.onnx", "data/light", "--made=data/dark",
                         "--json", "--attacks=pgd", "--epsilons=0.1", NULL),
        ==, 0);
    for (int i = 0; i < 2; i++) {
      const char *part = i == 0 ? "real" : "made";

      g_assert_cmpfloat (read_part (fixture, part, "accuracy", FALSE), ==, 1);
      /* Two of ten are nearer to the border. */
      g_assert_cmpfloat (read_part (fixture, part, "accuracy", TRUE), ==, 0.8);
      g_assert_cmpfloat_with_epsilon (
          read_part (fixture, part, "moved", TRUE), i == 0 ? -2 : 2, 0.02);
      g_assert_cmpfloat_with_epsilon (read_part (fixture, part, "score", TRUE),
          read_part (fixture, part, "score", FALSE) + (i == 0 ? -2 : 2), 0.02);
    }
  }
}

/* Of sounds the range is full scale from -1 to 1. */
static void
test_sounds (Fixture *fixture, gconstpointer data)
{
  save_sounds (fixture, "loud", 0.5f);
  save_sounds (fixture, "low", -0.5f);
  save_scorer (fixture, "d.onnx", TRUE, FALSE);
  g_assert_cmpint (tool (fixture, "robustness", "d.onnx", "loud", "--made=low", "--json",
                       "--attacks=fgsm", "--epsilons=0.1", NULL),
      ==, 0);
  g_assert_cmpfloat_with_epsilon (read_part (fixture, "real", "score", FALSE), 10, 0.01);
  g_assert_cmpfloat_with_epsilon (read_part (fixture, "real", "moved", TRUE), -4, 1e-3);
  g_assert_cmpfloat_with_epsilon (read_part (fixture, "made", "moved", TRUE), 4, 1e-3);
  g_assert_cmpint (tool (fixture, "robustness", "d.onnx", "loud", "--sheet=s.png", NULL), ==, 1);
  assert_says (fixture->err, "--sheet: it shows pictures");
}

/* The worst of several starts is no better than the first of them. */
static void
test_restarts (Fixture *fixture, gconstpointer data)
{
  static const char *const restarts[] = { "--restarts=1", "--restarts=2", "--restarts=8" };
  double before = 20, first = 20, right[2];

  save_data (fixture);
  save_net (fixture, "net.onnx", 0);
  for (gsize i = 0; i < G_N_ELEMENTS (restarts); i++) {
    g_assert_cmpint (tool (fixture, "robustness", "net.onnx", "data", "--json", "--attacks=pgd",
                         "--epsilons=0.3", "--steps=1", "--step-size=0.08", restarts[i], NULL),
        ==, 0);
    read_right (fixture, right, 2);
    g_assert_cmpfloat (right[1], <=, before);
    before = right[1];
    first = i == 0 ? before : first;
  }
  g_assert_cmpfloat (before, <, first);
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  static const struct {
    int kind;
    const char *data, *option, *text;
  } cases[] = {
    { 0, "data", "--epsilons=-0.1", "\"-0.1\" is no share" },
    { 0, "data", "--epsilons=nan", "\"nan\" is no share" },
    { 0, "data", "--epsilons=", "name no attack" },
    { 0, "data", "--attacks=pdg", "did you mean \"pgd\"?" },
    { 0, "data", "--attacks=none", "name no attack" },
    { 0, "data", "--steps=0", "steps is 0" },
    { 0, "data", "--restarts=0", "--restarts is 0" },
    { 0, "data", "--made=data/dark", "tells classes apart" },
    { 0, "data", "--step-size=-1", "step-size is -1" },
    { 0, "data", "width=4", "which the model does not take" },
    { 0, "empty", "--steps=1", "empty" },
    { 0, "data/dark", "--steps=1", "the samples have no classes" },
    { 0, "three", "--steps=1", "which may be any of the 2 that the model tells apart" },
    { REVERSED, "three", "--steps=1", "dim" },
    { STEPS, "data", "--steps=1", "no gradient comes from" },
    { KNOTTY, "data", "--steps=1", "Det has no gradient" },
  };
  g_autofree char *empty = path_in (fixture, "empty");

  save_data (fixture);
  save_pictures (fixture, "three/dark", 0, 1);
  save_pictures (fixture, "three/dim", 100, 1);
  save_pictures (fixture, "three/light", 200, 1);
  g_assert_cmpint (g_mkdir (empty, 0755), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    save_net (fixture, "net.onnx", cases[i].kind);
    g_assert_cmpint (
        tool (fixture, "robustness", "net.onnx", cases[i].data, cases[i].option, NULL), ==, 1);
    assert_says (fixture->err, cases[i].text);
    g_assert_cmpstr (fixture->out, ==, "");
  }
  g_assert_cmpint (tool (fixture, "robustness", "vector.onnx", "data", NULL), ==, 1);
  assert_says (fixture->err, "a classifier or discriminator of pictures");
  g_assert_cmpint (tool (fixture, "robustness", "picture.onnx", "data", NULL), ==, 1);
  assert_says (fixture->err, "neither a score for each of two classes");
  g_assert_cmpint (tool (fixture, "robustness", "net.onnx", NULL), ==, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/tool/robustness/known", Fixture, NULL, set_up, test_known, tear_down);
  g_test_add ("/tool/robustness/some-classes", Fixture, NULL, set_up, test_some_classes, tear_down);
  g_test_add ("/tool/robustness/steps", Fixture, NULL, set_up, test_steps, tear_down);
  g_test_add ("/tool/robustness/sheet", Fixture, NULL, set_up, test_sheet, tear_down);
  g_test_add (
      "/tool/robustness/discriminator", Fixture, NULL, set_up, test_discriminator, tear_down);
  g_test_add ("/tool/robustness/sounds", Fixture, NULL, set_up, test_sounds, tear_down);
  g_test_add ("/tool/robustness/restarts", Fixture, NULL, set_up, test_restarts, tear_down);
  g_test_add ("/tool/robustness/refused", Fixture, NULL, set_up, test_refused, tear_down);
  return g_test_run ();
}
