/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Perplexity by language models that can be worked out by hand, and what is said of those that are
 * none. tests/conformance/metrics.py has others' numbers. */
#include <generative/language-model.h>
#include <generative/metric.h>
#include <generative/onnx.h>
#include <generative/vocabulary.h>

#include <math.h>
#include <string.h>

#include "../scratch.h"

typedef struct {
  const char *ids, *places; /* names of inputs */
  gint64 length;            /* -1: any */
  gint64 scores;
  float wanted; /* the score of the id that is the same as the last one; others have 0 */
} Net;

/* At each place, the score of an id is 0, but for that which stands there. */
static char *
save (const char *folder, const char *name, const Net *net, const char *key, const char *value)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("language");
  g_autoptr (GError) error = NULL;
  const gint64 rows = net->scores + 1;
  float *table = g_new0 (float, rows * net->scores);
  GenTensor *ids, *weights, *scores;
  char *path = g_build_filename (folder, name, NULL);

  for (gint64 i = 0; i < net->scores; i++)
    table[i * net->scores + i] = net->wanted;
  ids = gen_graph_add_input (graph, net->ids, GEN_TYPE_INT64, &GEN_SHAPE (1, net->length));
  if (net->places != NULL)
    gen_graph_add_input (graph, net->places, GEN_TYPE_INT64, &GEN_SHAPE (1, net->length));
  weights =
      gen_graph_add_constant (graph, "table", GEN_TYPE_FLOAT32, &GEN_SHAPE (rows, net->scores),
          g_bytes_new_take (table, (gsize)(rows * net->scores) * sizeof *table));
  scores = gen_graph_op (graph, "Gather", (GenTensor *[]){ weights, ids }, 2, 1, &error, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, scores);
  if (key != NULL)
    g_hash_table_insert (graph->metadata, g_strdup (key), g_strdup (value));
  g_assert_true (gen_onnx_save (graph, path, &error));
  g_assert_no_error (error);
  return path;
}

static GenLikelihood
judge (GenLanguageModel *model, const char *text)
{
  const GenText whole = { .data = (char *)text, .length = strlen (text) };
  g_autoptr (GError) error = NULL;
  GenLikelihood likelihood;

  g_assert_true (gen_language_model_judge (model, &whole, &likelihood, &error));
  g_assert_no_error (error);
  return likelihood;
}

static GenLanguageModel *
open_model (const char *path)
{
  g_autoptr (GError) error = NULL;
  GenLanguageModel *model = gen_language_model_open (path, &error);

  g_assert_no_error (error);
  return model;
}

/* All are as probable: perplexity is their number. */
static void
test_uniform (void)
{
  static const Net nets[] = { { "input_ids", NULL, -1, 256, 0 }, { "input_ids", NULL, 32, 256, 0 },
    { "input_ids", "attention_mask", -1, 256, 0 }, { "input_ids", "position_ids", -1, 256, 0 } };
  g_autofree char *folder = scratch_new (), *text = g_strnfill (5000, 'x');

  for (gsize i = 0; i < G_N_ELEMENTS (nets); i++) {
    g_autofree char *path = save (folder, "uniform.onnx", &nets[i], NULL, NULL);
    g_autoptr (GenLanguageModel) model = open_model (path);

    g_assert_cmpuint (judge (model, "").tokens, ==, 0);
    g_assert_cmpuint (judge (model, "a").tokens, ==, 0);
    g_assert_cmpuint (judge (model, "äb").tokens, ==, 2);
    g_assert_cmpuint (judge (model, "äb").characters, ==, 2);
    g_assert_cmpfloat_with_epsilon (judge (model, "äb").nats, 2 * log (256), 1e-9);
    g_assert_cmpuint (judge (model, text).tokens, ==, 4999);
    g_assert_cmpfloat_with_epsilon (judge (model, text).nats, 4999 * log (256), 1e-6);
  }
  scratch_remove (folder);
}

/* What follows is likely what has just been: of each token but the first one it is known, however
 * windows lie. */
static void
test_windows (void)
{
  static const Net net = { "input_ids", NULL, -1, 256, 3 };
  static const char *const windows[] = { "2", "3", "16", "17", "1000" };
  const double sum = log (255 + exp (3)), same = sum - 3, other = sum;
  g_autofree char *folder = scratch_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (windows); i++) {
    g_autofree char *path = save (folder, "windows.onnx", &net, "generative.context", windows[i]);
    g_autoptr (GenLanguageModel) model = open_model (path);
    const GenLikelihood likelihood = judge (model, "aabbbbbbbbbbbbbbbbbbbbbbbbcdeeeeeeeeeeeee");

    g_assert_cmpuint (likelihood.tokens, ==, 40);
    g_assert_cmpfloat_with_epsilon (likelihood.nats, 4 * other + 36 * same, 1e-4);
  }
  scratch_remove (folder);
}

/* With a beginning, the first token is judged, too. */
static void
test_beginning (void)
{
  static const Net said = { "input_ids", NULL, -1, 256, 0 },
                   predictor = { "codes", "positions", 32, 256, 0 };
  g_autofree char *folder = scratch_new ();
  g_autofree char *one = save (folder, "said.onnx", &said, "generative.beginning", "7");
  g_autofree char *two = save (folder, "predictor.onnx", &predictor, NULL, NULL);
  g_autoptr (GenLanguageModel) a = open_model (one), b = open_model (two);
  g_autofree char *text = g_strnfill (100, 'y');

  g_assert_cmpuint (judge (a, "abc").tokens, ==, 3);
  g_assert_cmpuint (judge (b, "abc").tokens, ==, 3);
  g_assert_cmpuint (judge (b, text).tokens, ==, 100);
  g_assert_cmpuint (judge (a, "").tokens, ==, 0);
  scratch_remove (folder);
}

static void
test_metric (void)
{
  static const Net net = { "input_ids", NULL, -1, 256, 0 },
                   broken = { "input_ids", NULL, -1, 256, NAN };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = save (folder, "good.onnx", &net, NULL, NULL);
  g_autofree char *bad = save (folder, "bad.onnx", &broken, NULL, NULL);
  GenMeterSettings settings = { .medium = &gen_medium_text, .metrics = "perplexity" };
  const GenSample sample = { &gen_medium_text, .text = { .data = (char *)"abcd", .length = 4 } };
  const GenSample none = { &gen_medium_text, .text = { .data = (char *)"", .length = 0 } };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenMeter) meter = NULL, failing = NULL;
  g_autoptr (JsonObject) summary = NULL, failed = NULL;
  double values[8];

  g_assert_null (gen_meter_new (&settings, &error));
  g_assert_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_MISSING);
  g_assert_nonnull (strstr (error->message, "names its file"));
  g_clear_error (&error);
  settings.language_model = path;
  meter = gen_meter_new (&settings, &error);
  g_assert_no_error (error);
  g_assert_true (gen_meter_measure (meter, &none, values, &error));
  g_assert_true (isinf (values[0]) && isinf (values[1]));
  g_assert_true (gen_meter_measure (meter, &sample, values, &error));
  g_assert_cmpfloat_with_epsilon (values[0], 256, 1e-6);
  g_assert_cmpfloat_with_epsilon (values[1], 8 * 3.0 / 4, 1e-9);
  summary = gen_meter_summarise (meter, &error);
  g_assert_no_error (error);
  g_assert_cmpint (json_object_get_int_member (summary, "perplexity-tokens"), ==, 3);
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (summary, "perplexity-overall"), 256, 1e-6);
  settings.language_model = bad;
  failing = gen_meter_new (&settings, &error);
  g_assert_no_error (error);
  g_assert_true (gen_meter_measure (failing, &sample, values, &error));
  g_assert_true (isinf (values[0]));
  failed = gen_meter_summarise (failing, &error);
  g_assert_no_error (error);
  g_assert_true (json_object_get_null_member (failed, "perplexity-overall"));
  g_assert_nonnull (
      strstr (json_object_get_string_member (failed, "perplexity-doubt"), "no finite numbers"));
  scratch_remove (folder);
}

static void
test_refused (void)
{
  static const struct {
    Net net;
    const char *key, *value, *wanted;
  } cases[] = {
    { { "input_ids", NULL, -1, 300, 0 }, NULL, NULL, "nothing says what its ids are" },
    { { "ids", NULL, -1, 256, 0 }, NULL, NULL, "nothing is known of its input 'ids'" },
    { { "input_ids", "past_key_values.0.key", 32, 256, 0 }, NULL, NULL,
        "nothing is known of its input 'past_key_values.0.key'" },
    { { "attention_mask", NULL, -1, 256, 0 }, NULL, NULL, "has no input input_ids" },
    { { "input_ids", NULL, 1, 256, 0 }, NULL, NULL, "its window of 1 tokens" },
    { { "input_ids", NULL, -1, 256, 0 }, "generative.tokenizer", "words", "is 'words'" },
  };
  g_autofree char *folder = scratch_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path =
        save (folder, "refused.onnx", &cases[i].net, cases[i].key, cases[i].value);
    g_autoptr (GError) error = NULL;

    g_assert_null (gen_language_model_open (path, &error));
    g_assert_nonnull (error);
    g_assert_nonnull (strstr (error->message, cases[i].wanted));
  }
  scratch_remove (folder);
}

/* A byte each, but that "l l" and "ll o" become one, by GPT-2's expression. */
#define HEAD "{\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false},\"model\":"
#define VOCAB "\"vocab\":{\"h\":0,\"e\":1,\"l\":2,\"o\":3,\"ll\":4,\"llo\":5,\"Ġ\":6,\"!\":7}"

static void
test_vocabulary (void)
{
  static const struct {
    const char *json, *wanted; /* NULL: it is fine */
  } cases[] = {
    { HEAD "{\"type\":\"BPE\"," VOCAB ",\"merges\":[\"l l\",\"ll o\"]}}", NULL },
    { HEAD "{\"type\":\"BPE\"," VOCAB ",\"merges\":[[\"l\",\"l\"],[\"ll\",\"o\"]]}}", NULL },
    { HEAD "{\"type\":\"BPE\"," VOCAB ",\"merges\":[\"h e\"]}}", "model.merges[0]" },
    { HEAD "{\"type\":\"BPE\"," VOCAB ",\"merges\":[3]}}", "model.merges[0]" },
    { HEAD "{\"type\":\"BPE\",\"vocab\":{\"a\":-1},\"merges\":[]}}", "an id that is none" },
    { HEAD "{\"type\":\"Unigram\",\"vocab\":[]}}", "its model is no BPE" },
    { "{\"model\":{\"type\":\"BPE\"," VOCAB ",\"merges\":[]}}", "its pre_tokenizer is none" },
    { "[]", "it is no object" },
    { "{", "tokenizer.json" },
    { "", "it is no object" },
  };
  static const gint64 ids[] = { 0, 1, 5, 6, 0, 1, 4, 7 };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "tokenizer.json", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenVocabulary) vocabulary = NULL;
    g_autoptr (GArray) made = NULL;

    g_assert_true (g_file_set_contents (path, cases[i].json, -1, NULL));
    vocabulary = gen_vocabulary_load (path, &error);
    if (cases[i].wanted != NULL) {
      g_assert_null (vocabulary);
      g_assert_nonnull (strstr (error->message, cases[i].wanted));
      continue;
    }
    g_assert_no_error (error);
    g_assert_cmpint (gen_vocabulary_size (vocabulary), ==, 8);
    made = gen_vocabulary_encode (vocabulary, "hello hell!", 11, &error);
    g_assert_no_error (error);
    g_assert_cmpmem (made->data, made->len * sizeof (gint64), ids, sizeof ids);
  }
  scratch_remove (folder);
}

/* An expression that takes ever more steps: what it gives up at is told, and no other ids are made
 * of it. */
static void
test_endless (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "tokenizer.json", NULL);
  g_autoptr (GenVocabulary) vocabulary = NULL;
  g_autoptr (GArray) made = NULL;
  g_autoptr (GError) error = NULL;
  char text[64];

  g_assert_true (g_file_set_contents (path,
      "{\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":["
      "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"^(h|hh|e)+!\"},\"behavior\":\"Isolated\"},"
      "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"use_regex\":false}]},"
      "\"model\":{\"type\":\"BPE\"," VOCAB ",\"merges\":[]}}",
      -1, NULL));
  vocabulary = gen_vocabulary_load (path, &error);
  g_assert_no_error (error);
  made = gen_vocabulary_encode (vocabulary, "hhe!", 4, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (made->len, ==, 4);
  memset (text, 'h', sizeof text);
  text[sizeof text - 2] = 'l';
  text[sizeof text - 1] = '!';
  g_assert_null (gen_vocabulary_encode (vocabulary, text, sizeof text, &error));
  g_assert_error (error, G_REGEX_ERROR, G_REGEX_ERROR_MATCH);
  g_assert_nonnull (strstr (error->message, "cannot cut a text of 64 bytes"));
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/language-model/uniform", test_uniform);
  g_test_add_func ("/language-model/windows", test_windows);
  g_test_add_func ("/language-model/beginning", test_beginning);
  g_test_add_func ("/language-model/metric", test_metric);
  g_test_add_func ("/language-model/refused", test_refused);
  g_test_add_func ("/language-model/vocabulary", test_vocabulary);
  g_test_add_func ("/language-model/endless", test_endless);
  return g_test_run ();
}
