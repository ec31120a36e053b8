/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model bias: where groups come from, what is refused, and its page. bias_peers.py has
 * its numbers. */
#include <generative/model.h>

#include "tool.h"

#define GROUP 40

static void
write_file (const Fixture *fixture, const char *name, const char *text)
{
  g_autofree char *path = path_in (fixture, name);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

/* Two classes of pictures, white and black; of the white those of group "b" are black, so that
 * whoever tells classes by how bright they are is wrong of these. */
static void
write_data (const Fixture *fixture)
{
  g_autoptr (GString) manifest = g_string_new ("file,label,group\n");

  for (int i = 0; i < 4 * GROUP; i++) {
    const gboolean white = i % 2 == 0, second = i / 2 % 2 == 1;
    g_autofree char *name = g_strdup_printf ("%03d.png", i), *path = path_in (fixture, name);
    g_auto (GenPicture) picture = { 0 };

    gen_picture_init (&picture, 4, 2, 1);
    memset (picture.data, white && !second ? 255 : 0, (gsize)picture.stride * 2);
    g_assert_true (gen_picture_save_png (&picture, path, NULL));
    g_string_append_printf (
        manifest, "%s,%s,%s\n", name, white ? "white" : "black", second ? "b" : "a");
  }
  write_file (fixture, "list.csv", manifest->str);
}

/* Scores of "black" and "white": the mean of a picture, taken from 1/2 and less 1/2. */
static void
save_classifier (const Fixture *fixture)
{
  static const float weights[] = { -0.125f, 0.125f }, bias[] = { 0.5f, -0.5f };
  static const gint64 flat[] = { 0, 8 };
  g_autofree char *path = path_in (fixture, "classifier.onnx");
  g_autoptr (GenGraph) graph = gen_graph_new ("classifier");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "image", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 2, 4));
  float *w = g_new (float, 16);
  GenTensor *y;

  for (int i = 0; i < 16; i++)
    w[i] = weights[i % 2];
  y = gen_binary (graph, "Reshape", x, gen_graph_ints (graph, flat, 2), &error);
  y = gen_binary (graph, "MatMul", y,
      gen_graph_add_constant (
          graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (8, 2), g_bytes_new_take (w, 64)),
      &error);
  y = gen_binary (graph, "Add", y,
      gen_graph_add_constant (
          graph, "b", GEN_TYPE_FLOAT32, &GEN_SHAPE (2), g_bytes_new_static (bias, sizeof bias)),
      &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  x->shape.dims[0] = y->shape.dims[0] = -1;
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,1"));
  gen_model_name_classes (graph, (const char *const[]){ "black", "white", NULL });
  save (graph, path);
}

static JsonObject *
groups_of (JsonNode *node, const char *figure)
{
  JsonObject *bias = json_object_get_object_member (json_node_get_object (node), "bias");
  JsonObject *figures = json_object_get_object_member (bias, "figures");

  return json_object_get_object_member (json_object_get_object_member (figures, figure), "groups");
}

static void
assert_group (
    JsonNode *node, const char *figure, const char *name, double mean, const char *verdict)
{
  JsonObject *group = json_object_get_object_member (groups_of (node, figure), name);

  g_assert_cmpfloat (json_object_get_double_member (group, "mean"), ==, mean);
  g_assert_cmpstr (json_object_get_string_member (group, "verdict"), ==, verdict);
}

static void
test_classifier (Fixture *fixture, gconstpointer data)
{
  g_autoptr (JsonNode) node = NULL;

  write_data (fixture);
  save_classifier (fixture);
  g_assert_cmpint (tool (fixture, "bias", "classifier.onnx", "list.csv", "--json", NULL), ==, 0);
  node = parse_json (fixture->out);
  assert_group (node, "accuracy", "black", 1, "best");
  assert_group (node, "accuracy", "white", 0.5, "worse");
  g_clear_pointer (&node, json_node_unref);
  g_assert_cmpint (
      tool (fixture, "bias", "classifier.onnx", "list.csv", "--by=group", "--json", NULL), ==, 0);
  node = parse_json (fixture->out);
  assert_group (node, "accuracy", "a", 1, "best");
  assert_group (node, "accuracy", "b", 0.5, "worse");
}

/* Lines of a stream are of the items that it showed. */
static void
test_report (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) lines = g_string_new (NULL);
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *page = NULL, *path = path_in (fixture, "page.html");

  write_data (fixture);
  for (int i = 0; i < 4 * GROUP; i++)
    g_string_append_printf (lines, "{\"frame\":%d,\"gate-closed\":%d,\"gate-score\":0.5}\n", i,
        i / 2 % 2 == 1 && i % 3 == 0);
  g_string_append (lines, "{\"summary\":{\"frames\":160,\"closed\":26}}\n");
  write_file (fixture, "gate.jsonl", lines->str);
  g_assert_cmpint (tool (fixture, "bias", "gate.jsonl", "list.csv", "shuffle=false", "--by=group",
                       "--json", NULL),
      ==, 0);
  node = parse_json (fixture->out);
  assert_group (node, "gate-closed", "a", 0, "best");
  g_assert_cmpstr (
      json_object_get_string_member (
          json_object_get_object_member (groups_of (node, "gate-closed"), "b"), "verdict"),
      ==, "worse");
  write_file (fixture, "bias.json", fixture->out);
  g_assert_cmpint (tool (fixture, "report", "bias.json", "--html", "page.html", NULL), ==, 0);
  assert_says (fixture->out, "served worse than a: b");
  g_assert_true (g_file_get_contents (path, &page, NULL, NULL));
  assert_says (page, "served worse than a: b");
  assert_says (page, "adjusted by Holm");
}

/* An empty name is no group's. */
static void
test_unnamed (Fixture *fixture, gconstpointer data)
{
  static const char *const names[] = { "", "a", "b" };
  g_autoptr (GString) lines = g_string_new (NULL);
  g_autoptr (JsonNode) node = NULL;
  JsonObject *bias;

  for (int i = 0; i < 3 * GROUP; i++)
    g_string_append_printf (
        lines, "{\"light\":\"%s\",\"accuracy\":%d}\n", names[i % 3], i % 3 != 2);
  write_file (fixture, "samples.jsonl", lines->str);
  g_assert_cmpint (tool (fixture, "bias", "samples.jsonl", "--by=light", "--json", NULL), ==, 0);
  node = parse_json (fixture->out);
  assert_group (node, "accuracy", "a", 1, "best");
  assert_group (node, "accuracy", "b", 0, "worse");
  g_assert_false (json_object_has_member (groups_of (node, "accuracy"), ""));
  bias = json_object_get_object_member (json_node_get_object (node), "bias");
  g_assert_cmpint (json_object_get_int_member (bias, "of-no-group"), ==, GROUP);
}

/* What a page is made of may be anybody's. */
static void
test_damaged (Fixture *fixture, gconstpointer data)
{
  static const char *const damaged[] = { "{\n\"samples\": 1, \"bias\": {}}",
    "{\n\"samples\": 1, \"bias\": {\"figures\": 3}}",
    "{\n\"samples\": 1, \"bias\": {\"figures\": {\"a\": 3, \"b\": {\"groups\": []}}}}",
    "{\n\"samples\": 1, \"bias\": {\"settings\": [], \"figures\": {\"a\": {\"groups\": {\"x\": 1, "
    "\"y\": {\"mean\": \"much\", \"interval\": [1, \"2\"]}, \"<z>\": {\"mean\": 1, \"interval\": "
    "2, "
    "\"verdict\": {}}}}}}}" };

  for (guint i = 0; i < G_N_ELEMENTS (damaged); i++) {
    write_file (fixture, "damaged.json", damaged[i]);
    g_assert_cmpint (tool (fixture, "report", "damaged.json", "--html", "page.html", NULL), ==, 0);
    g_assert_null (strstr (fixture->err, "CRITICAL"));
  }
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *arguments[5], *why;
  } cases[] = {
    { { "none.jsonl" }, "none.jsonl" },
    { { "plain.jsonl" }, "no sample is of any group of class" },
    { { "plain.jsonl", "--by=one" }, "all samples are of one group of one" },
    { { "plain.jsonl", "--by=two" }, "no figure of which more or less is better, of noise" },
    { { "plain.jsonl", "--by=two", "--higher=noize" },
        "there is no figure \"noize\" to say which is better of; there are: noise" },
    { { "plain.jsonl", "--by=two", "--lower=noise,nois" }, "there is no figure \"nois\"" },
    { { "cut.jsonl" }, "cut.jsonl, line 2: an object of JSON is wanted" },
    { { "classifier.onnx" }, "the data that it is to be right of is wanted behind it" },
    { { "classifier.onnx", "list.csv", "--by=colour" }, "data has \"class\" and \"group\"" },
    { { "classifier.onnx", "list.csv", "--least=1" }, "--least is 1" },
    { { "empty.json" }, "no figures of classes with their errors" },
  };

  write_data (fixture);
  save_classifier (fixture);
  write_file (fixture, "plain.jsonl",
      "{\"one\":\"x\",\"two\":\"x\",\"noise\":1}\n{\"one\":\"x\",\"two\":\"y\",\"noise\":2}\n");
  write_file (fixture, "cut.jsonl", "{\"class\":\"a\",\"sharpness\":1}\n{\"class\":\n");
  write_file (fixture, "empty.json", "{\n \"samples\": 3\n}\n");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    const char *const *a = cases[i].arguments;

    g_assert_cmpint (tool (fixture, "bias", a[0], a[1], a[2], NULL), ==, 1);
    assert_says (fixture->err, cases[i].why);
  }
}

#define ADD(name, function)                                                                        \
  g_test_add ("/tool/bias/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("classifier", test_classifier);
  ADD ("report", test_report);
  ADD ("unnamed", test_unnamed);
  ADD ("damaged", test_damaged);
  ADD ("refused", test_refused);
  return g_test_run ();
}
