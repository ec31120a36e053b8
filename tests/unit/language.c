/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The recipe language against PyTorch's numbers; a predictor that goes place by place against the
 * whole net; draws against their formula; the model that plays, and what is refused. */
#include <generative/onnx.h>
#include <generative/predictor.h>

#include <math.h>
#include <string.h>

#include <glib/gstdio.h>

#include "../scratch.h"
#include "../trainers.h"

#define BATCH 3
#define SIDE 4
#define SIZE (SIDE * SIDE)
#define LENGTH 3 /* of a vector */
#define CODES 5
#define TOKENS 4
#define WIDTH 4
#define HEADS 2
#define CLASSES 3

/* --- nets --- */

static GenTensor *
wave (GenGraph *graph, const char *name, const GenShape *shape, double pace)
{
  const gint64 n = gen_shape_elements (shape);
  float *values = g_new (float, n);

  for (gint64 i = 0; i < n; i++)
    values[i] = (float)(0.6 * (float)sin (pace * (double)i + 0.3));
  return gen_graph_add_constant (
      graph, name, GEN_TYPE_FLOAT32, shape, g_bytes_new_take (values, (gsize)n * sizeof (float)));
}

static GenTensor *
free_batch (GenTensor *tensor)
{
  tensor->shape.dims[0] = -1;
  return tensor;
}

/* Windows of 2x2, each by itself. */
static GenGraph *
filter_new (const char *op, const GenShape *taken, const GenShape *weight, double pace)
{
  GenGraph *graph = gen_graph_new (op);
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, taken);
  GenTensor *y =
      gen_graph_op (graph, op, (GenTensor *[]){ x, wave (graph, "weight", weight, pace) }, 2, 1,
          &error, "strides", GEN_INTS, 2, (gint64[]){ 2, 2 }, NULL);

  g_assert_no_error (error);
  free_batch (x);
  gen_graph_add_output (graph, free_batch (y));
  return graph;
}

static GenGraph *
quantizer_new (const char *codebook, const char *codes)
{
  GenGraph *graph = gen_graph_new ("quantizer");
  g_autoptr (GError) error = NULL;
  GenTensor *book = wave (graph, codebook, &GEN_SHAPE (CODES, LENGTH), 1.7), *x, *y;
  const gint64 axis = 2;

  x = gen_graph_add_input (
      graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, LENGTH, SIDE / 2, SIDE / 2));
  y = gen_graph_op (
      graph, "Transpose", &x, 1, 1, &error, "perm", GEN_INTS, 4, (gint64[]){ 0, 2, 3, 1 }, NULL);
  y = gen_binary (
      graph, "Reshape", y, gen_graph_ints (graph, (gint64[]){ -1, 1, LENGTH }, 3), &error);
  y = gen_binary (graph, "Sub", y, book, &error);
  y = gen_binary (graph, "Mul", y, y, &error);
  y = gen_graph_op (graph, "ReduceSum", (GenTensor *[]){ y, gen_graph_ints (graph, &axis, 1) }, 2,
      1, &error, "keepdims", GEN_INT, 0, NULL);
  y = gen_graph_op (
      graph, "ArgMin", &y, 1, 1, &error, "axis", GEN_INT, 1, "keepdims", GEN_INT, 0, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, free_batch (gen_unary (graph, "Identity", x, &error)));
  gen_graph_add_output (graph, free_batch (y));
  free_batch (x);
  if (codes != NULL)
    g_hash_table_insert (graph->metadata, g_strdup ("generative.codes"), g_strdup (codes));
  return graph;
}

static GenGraph *
decoder_new (gint64 length)
{
  return filter_new ("ConvTranspose", &GEN_SHAPE (1, length, SIDE / 2, SIDE / 2),
      &GEN_SHAPE (length, 1, 2, 2), 1.3);
}

static GenTokenizer *
tokenizer_new (const char *codebook, const char *codes, gint64 length, GError **error)
{
  g_autoptr (GenGraph) encoder =
      filter_new ("Conv", &GEN_SHAPE (1, 1, SIDE, SIDE), &GEN_SHAPE (LENGTH, 1, 2, 2), 0.7);
  g_autoptr (GenGraph) quantizer = quantizer_new (codebook, codes);
  g_autoptr (GenGraph) decoder = decoder_new (length);

  return gen_tokenizer_new (encoder, quantizer, decoder, error);
}

static GenTensor *
project (GenGraph *graph, const char *name, GenTensor *x, gint64 outputs, double pace)
{
  return gen_binary (
      graph, "MatMul", x, wave (graph, name, &GEN_SHAPE (WIDTH, outputs), pace), NULL);
}

static GenTensor *
attend (GenGraph *graph, GenTensor *const *asked, gint64 causal)
{
  g_autoptr (GError) error = NULL;
  GenTensor *made = gen_graph_add_value (graph, NULL);
  GenNode *node =
      gen_graph_add_node (graph, "look", NULL, "Attention", 23, asked, 3, &made, 1, &error);

  g_assert_no_error (error);
  gen_node_set_int (node, "is_causal", causal);
  gen_node_set_int (node, "q_num_heads", HEADS);
  gen_node_set_int (node, "kv_num_heads", HEADS);
  gen_node_set_output (node, 0, GEN_TYPE_FLOAT32, &asked[0]->shape);
  return made;
}

static GenGraph *
predictor_new (gint64 codes, gint64 causal)
{
  GenGraph *graph = gen_graph_new ("predictor");
  const GenShape row = GEN_SHAPE (1, TOKENS);
  GenTensor *before = gen_graph_add_input (graph, "codes", GEN_TYPE_INT64, &row);
  GenTensor *places = gen_graph_add_input (graph, "positions", GEN_TYPE_INT64, &row);
  GenTensor *asked[3], *x, *y;

  x = gen_binary (graph, "Gather", wave (graph, "code.weight", &GEN_SHAPE (codes + 1, WIDTH), 0.9),
      before, NULL);
  y = gen_binary (
      graph, "Gather", wave (graph, "place.weight", &GEN_SHAPE (TOKENS, WIDTH), 1.1), places, NULL);
  x = gen_binary (graph, "Add", x, y, NULL);
  asked[0] = project (graph, "query.weight", x, WIDTH, 0.5);
  asked[1] = project (graph, "key.weight", x, WIDTH, 0.8);
  asked[2] = project (graph, "value.weight", x, WIDTH, 1.2);
  y = project (graph, "answer.weight", attend (graph, asked, causal), WIDTH, 1.5);
  x = gen_binary (graph, "Add", x, y, NULL);
  y = project (graph, "last.weight", x, codes, 1.9);
  for (guint i = 0; i < graph->nodes->len; i++)
    ((GenNode *)g_ptr_array_index (graph->nodes, i))->opset = 23;
  free_batch (before);
  free_batch (places);
  gen_graph_add_output (graph, free_batch (y));
  return graph;
}

/* --- training --- */

#define SETTINGS                                                                                   \
  GEN_TRAINER_DEFAULTS, .recipe = &gen_recipe_language, .batch_size = BATCH,                       \
                        .learning_rate = 0.05, .seed = 3, .precision = GEN_PRECISION_FLOAT32,      \
                        .optimizer_settings = { .beta1 = 0.5, .beta2 = 0.999, .epsilon = 1e-3 }

static double
figure (const GenTrainerFigures *figures, const char *name)
{
  return figures->values[gen_recipe_figure (&gen_recipe_language, name)];
}

static float
state (GenTrainer *trainer, const char *name, int i)
{
  return ((const float *)gen_plan_find (gen_trainer_plan (trainer), name)->data)[i];
}

static void
fill (float *samples, int step)
{
  for (int i = 0; i < BATCH * SIZE; i++)
    samples[i] = (float)sin (0.37 * (step * BATCH * SIZE + i));
}

/* Three steps of torch 2.15. */
static void
test_torch (void)
{
  static const double expected[][4] = { { 1.58406579, 0, 4.87473536, 0.918427785 },
    { 1.60676897, 0.25, 4.98667288, 1.5171064 },
    { 1.79348135, 0.0833333358, 6.01034021, 1.14370839 } };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTokenizer) tokenizer =
      tokenizer_new ("codebook", G_STRINGIFY (CODES), LENGTH, &error);
  g_autoptr (GenGraph) net = predictor_new (CODES, 1);
  g_autoptr (GenTrainer) trainer =
      gen_trainer_new (&net, &(GenTrainerSettings){ SETTINGS, .tokenizer = tokenizer }, &error);
  GenTrainerFigures figures;
  float samples[BATCH * SIZE];

  g_assert_no_error (error);
  for (int step = 0; step < 3; step++) {
    fill (samples, step);
    g_assert_true (gen_trainer_step (trainer, samples, NULL, &figures, &error));
    g_assert_cmpfloat_with_epsilon (figure (&figures, "loss"), expected[step][0], 1e-5);
    g_assert_cmpfloat_with_epsilon (figure (&figures, "accuracy"), expected[step][1], 1e-6);
    g_assert_cmpfloat_with_epsilon (figure (&figures, "perplexity"), expected[step][2], 1e-4);
    g_assert_cmpfloat_with_epsilon (figure (&figures, "marginal-entropy"), expected[step][3], 1e-5);
  }
  g_assert_cmpfloat_with_epsilon (state (trainer, "predictor.code.weight", 21), 0.21202144f, 1e-5);
  g_assert_cmpfloat_with_epsilon (
      state (trainer, "predictor.place.weight", 5), -0.206139594f, 1e-5);
  g_assert_cmpfloat_with_epsilon (state (trainer, "predictor.key.weight", 6), -0.564122558f, 1e-5);
  g_assert_cmpfloat_with_epsilon (state (trainer, "predictor.last.weight", 7), 0.60512203f, 1e-5);
}

/* --- place by place --- */

static GenGraph *
transformer_new (gboolean conditional, int classes)
{
  const GenPresetOptions options = { GEN_PRESET_DEFAULTS, .width = 8, .codes = CODES,
    .tokens = TOKENS, .conditional = conditional, .classes = classes, .dropout = 0.1 };
  g_autoptr (GError) error = NULL;
  GenGraph *net = gen_preset_transformer.nets[0](&options, &error);

  g_assert_no_error (error);
  return net;
}

static GenPlan *
plan_new (GenGraph *graph, gint64 batch)
{
  g_autoptr (GError) error = NULL;
  GenPlan *plan;

  for (guint i = 0; i < graph->inputs->len; i++) {
    GenTensor *input = g_ptr_array_index (graph->inputs, i);
    GenShape shape = input->shape;

    if (shape.dims[0] < 0)
      shape.dims[0] = batch;
    g_assert_true (gen_graph_set_input_shape (graph, input, &shape, &error));
  }
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  return plan;
}

static void
run (GenPlan *plan)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (gen_plan_run (plan, &error));
  g_assert_no_error (error);
}

/* Scores of all places, [BATCH, TOKENS, CODES], of what comes before each. */
static void
score (GenGraph *net, const gint64 *before, float *scores)
{
  g_autoptr (GenGraph) copy = gen_graph_copy (net);
  g_autoptr (GenPlan) plan = plan_new (copy, BATCH);
  gint64 *positions = gen_plan_input (plan, 1)->data;

  memcpy (gen_plan_input (plan, 0)->data, before, BATCH * TOKENS * sizeof *before);
  for (int i = 0; i < BATCH * TOKENS; i++)
    positions[i] = i % TOKENS;
  run (plan);
  memcpy (scores, gen_plan_output (plan, 0)->data, BATCH * TOKENS * CODES * sizeof *scores);
}

/* What a step remembers goes into the next one. */
static void
check_steps (GenGraph *net)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) step = gen_predictor_step (net, &error);
  g_autoptr (GenPlan) plan = NULL;
  const guint n = step != NULL ? step->inputs->len : 0;
  gint64 before[BATCH * TOKENS];
  float scores[BATCH * TOKENS * CODES];

  g_assert_no_error (error);
  g_assert_cmpuint (step->outputs->len, ==, n - 2);
  plan = plan_new (step, BATCH);
  for (int i = 0; i < BATCH * TOKENS; i++)
    before[i] = i % TOKENS == 0 ? CODES : i * 7 % CODES;
  score (net, before, scores);
  for (int t = 0; t < TOKENS; t++) {
    const float *made;

    for (int b = 0; b < BATCH; b++) {
      ((gint64 *)gen_plan_input (plan, 0)->data)[b] = before[b * TOKENS + t];
      ((gint64 *)gen_plan_input (plan, 1)->data)[b] = t;
    }
    ((gint64 *)gen_plan_input (plan, 2)->data)[0] = t;
    run (plan);
    made = gen_plan_output (plan, 0)->data;
    for (int b = 0; b < BATCH; b++)
      for (int c = 0; c < CODES; c++)
        g_assert_cmpfloat_with_epsilon (
            made[b * CODES + c], scores[(b * TOKENS + t) * CODES + c], 1e-5);
    for (guint k = 3; k < n; k++)
      memcpy (gen_plan_input (plan, k)->data, gen_plan_output (plan, k - 2)->data,
          gen_plan_input (plan, k)->size);
  }
}

static void
test_steps (void)
{
  g_autoptr (GenGraph) small = predictor_new (CODES, 1), preset = transformer_new (FALSE, 0);

  check_steps (small);
  check_steps (preset);
}

/* No place knows what follows it. */
static void
test_causal (void)
{
  g_autoptr (GenGraph) net = transformer_new (FALSE, 0);
  gint64 before[BATCH * TOKENS];
  float some[BATCH * TOKENS * CODES], other[BATCH * TOKENS * CODES];

  for (int i = 0; i < BATCH * TOKENS; i++)
    before[i] = i * 3 % CODES;
  score (net, before, some);
  before[2] = (before[2] + 1) % CODES;
  score (net, before, other);
  g_assert_cmpint (memcmp (some, other, 2 * CODES * sizeof *some), ==, 0);
  g_assert_cmpint (memcmp (some + 2 * CODES, other + 2 * CODES, CODES * sizeof *some), !=, 0);
}

/* --- draws --- */

typedef struct {
  double score;
  int code;
} Ranked;

static int
compare (gconstpointer a, gconstpointer b)
{
  const double apart = ((const Ranked *)b)->score - ((const Ranked *)a)->score;

  return apart > 0 ? 1 : apart < 0 ? -1 : ((const Ranked *)a)->code - ((const Ranked *)b)->code;
}

/* The code at the share of the probabilities that `number` has among normal ones. */
static gint64
draw (const float *scores, double number, double temperature, int top_k)
{
  const int n = top_k > 0 ? MIN (top_k, CODES) : CODES;
  const double share = 0.5 * erfc (-number / G_SQRT2);
  Ranked ranked[CODES];
  double sum = 0, below = 0;
  int i = 0;

  for (int c = 0; c < CODES; c++)
    ranked[c] = (Ranked){ scores[c] / temperature, c };
  qsort (ranked, CODES, sizeof *ranked, compare);
  for (int k = 0; k < n; k++)
    sum += exp (ranked[k].score - ranked[0].score);
  while (i < n - 1 && (below += exp (ranked[i].score - ranked[0].score) / sum) <= share)
    i++;
  return ranked[i].code;
}

static void
draw_all (GenGraph *net, const float *noise, gint64 first, double temperature, int top_k,
    gint64 codes[BATCH][TOKENS])
{
  for (int t = 0; t < TOKENS; t++) {
    gint64 before[BATCH * TOKENS] = { 0 };
    float scores[BATCH * TOKENS * CODES];

    for (int i = 0; i < BATCH * TOKENS; i++)
      before[i] = i % TOKENS == 0 ? first : i % TOKENS <= t ? codes[i / TOKENS][i % TOKENS - 1] : 0;
    score (net, before, scores);
    for (int b = 0; b < BATCH; b++)
      codes[b][t] =
          draw (scores + (b * TOKENS + t) * CODES, noise[b * TOKENS + t], temperature, top_k);
  }
}

static void
test_draws (void)
{
  static const struct {
    float temperature;
    int top_k;
  } cases[] = { { 1, 0 }, { 0.5f, 0 }, { 2, 3 }, { 1, 1 }, { 0, 0 }, { 1, 99 } };
  g_autoptr (GenGraph) net = transformer_new (FALSE, 0), graph = gen_graph_new ("draws");
  g_autoptr (GError) error = NULL;
  g_autoptr (GenPlan) plan = NULL;
  const GenPredictorDraw ports = { .noise = gen_graph_add_input (graph, "noise", GEN_TYPE_FLOAT32,
                                       &GEN_SHAPE (BATCH, TOKENS)),
    .first = gen_graph_add_input (graph, "first", GEN_TYPE_INT64, &GEN_SHAPE (BATCH, 1)),
    .temperature = gen_graph_add_input (graph, "t", GEN_TYPE_FLOAT32, &GEN_SHAPE (1)),
    .top_k = gen_graph_add_input (graph, "k", GEN_TYPE_INT64, &GEN_SHAPE (1)) };
  GenTensor *made = gen_predictor_sample (graph, net, &ports, NULL, &error);
  gboolean varied = FALSE;

  g_assert_no_error (error);
  gen_graph_add_output (graph, made);
  plan = plan_new (graph, BATCH);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    float *noise = gen_plan_input (plan, 0)->data;
    gint64 expected[BATCH][TOKENS];

    for (int k = 0; k < BATCH * TOKENS; k++)
      noise[k] = (float)(2 * sin (1.7 * (k + 5.0 * i)));
    noise[3] = 40;
    noise[5] = -40;
    for (int b = 0; b < BATCH; b++)
      ((gint64 *)gen_plan_input (plan, 1)->data)[b] = CODES;
    *(float *)gen_plan_input (plan, 2)->data = cases[i].temperature;
    *(gint64 *)gen_plan_input (plan, 3)->data = cases[i].top_k;
    run (plan);
    draw_all (net, noise, CODES, MAX (cases[i].temperature, 1e-3), cases[i].top_k, expected);
    g_assert_cmpmem (gen_plan_output (plan, 0)->data, gen_plan_output (plan, 0)->size, expected,
        sizeof expected);
    varied |= memcmp (expected[0], expected[1], sizeof expected[0]) != 0;
  }
  g_assert_true (varied);
}

/* --- the model that plays --- */

/* What the trainer makes, and what the model makes of the same, of a class where there is one. */
static void
check_played (int classes)
{
  g_autofree char *folder = g_dir_make_tmp ("language-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "generator.onnx", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTokenizer) tokenizer =
      tokenizer_new ("codebook", G_STRINGIFY (CODES), LENGTH, &error);
  g_autoptr (GenGraph) net = transformer_new (classes > 0, classes), loaded = NULL;
  g_autoptr (GenTrainer) trainer =
      gen_trainer_new (&net, &(GenTrainerSettings){ SETTINGS, .tokenizer = tokenizer }, &error);
  g_autoptr (GenGraph) trained = NULL, assembled = NULL;
  g_autoptr (GenTrainer) again = NULL;
  g_autoptr (GenPlan) plan = NULL;
  const gint64 labels[BATCH] = { 0, 1, 2 };
  GenTrainerFigures figures;
  float samples[BATCH * SIZE], latents[BATCH * TOKENS], made[BATCH * SIZE];

  g_assert_no_error (error);
  g_assert_cmpint (gen_trainer_classes (trainer), ==, classes);
  g_assert_cmpuint (gen_trainer_latent_size (trainer), ==, TOKENS);
  for (int step = 0; step < 4; step++) {
    fill (samples, step);
    g_assert_true (
        gen_trainer_step (trainer, samples, classes > 0 ? labels : NULL, &figures, &error));
  }
  for (int i = 0; i < BATCH * TOKENS; i++)
    latents[i] = (float)(2 * sin (2.3 * i));
  g_assert_true (gen_trainer_play (trainer, FALSE, latents, BATCH, made, &error));
  trained = gen_trainer_export (trainer, 0, FALSE);
  assembled = gen_recipe_language.assemble (gen_trainer_settings (trainer), trained, &error);
  /* It can be trained on with the same codebook. */
  again =
      gen_trainer_new (&trained, &(GenTrainerSettings){ SETTINGS, .tokenizer = tokenizer }, &error);
  g_assert_no_error (error);
  g_assert_true (gen_onnx_save (assembled, path, &error));
  loaded = gen_onnx_load (path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (loaded->inputs->len, ==, classes > 0 ? 4 : 3);
  g_assert_cmpstr (
      g_hash_table_lookup (loaded->metadata, "generative.parameters"), ==, "temperature=1,top_k=0");
  plan = plan_new (loaded, BATCH);
  memcpy (gen_plan_input (plan, 0)->data, latents, sizeof latents);
  if (classes > 0)
    memcpy (gen_plan_input (plan, 1)->data, labels, sizeof labels);
  *(float *)gen_plan_input (plan, classes > 0 ? 2 : 1)->data = 1;
  *(gint64 *)gen_plan_input (plan, classes > 0 ? 3 : 2)->data = 0;
  run (plan);
  g_assert_cmpuint (gen_plan_output (plan, 0)->size, ==, sizeof made);
  for (int i = 0; i < BATCH * SIZE; i++)
    g_assert_cmpfloat_with_epsilon (
        ((const float *)gen_plan_output (plan, 0)->data)[i], made[i], 1e-5);
  g_unlink (path);
  g_rmdir (folder);
}

static void
test_played (void)
{
  check_played (0);
  check_played (CLASSES);
}

/* --- what is wrong --- */

static void
assert_says (const GError *error, const char *words)
{
  if (error == NULL || strstr (error->message, words) == NULL)
    g_error ("\"%s\" lacks \"%s\"", error != NULL ? error->message : "no error", words);
}

static void
assert_no_tokenizer (const char *codebook, const char *codes, gint64 length, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (tokenizer_new (codebook, codes, length, &error));
  assert_says (error, words);
}

static void
assert_refused (GenGraph *net, const GenTrainerSettings *settings, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_trainer_new (&net, settings, &error));
  assert_says (error, words);
}

static void
assert_no_steps (GenGraph *net, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_predictor_step (net, &error));
  assert_says (error, words);
}

static void
test_refuses (void)
{
  g_autoptr (GenTokenizer) tokenizer =
      tokenizer_new ("codebook", G_STRINGIFY (CODES), LENGTH, NULL);
  const GenTrainerSettings settings = { SETTINGS, .tokenizer = tokenizer };
  const GenPresetOptions unknown = { GEN_PRESET_DEFAULTS },
                         odd = { GEN_PRESET_DEFAULTS, .tokens = 4, .width = 48 };
  g_autoptr (GenGraph) net = predictor_new (CODES, 1), other = predictor_new (CODES + 1, 1),
                       seeing = predictor_new (CODES, 0), decoder = decoder_new (LENGTH);
  g_autoptr (GError) error = NULL;

  assert_no_tokenizer ("book", "5", LENGTH, "no constant 'codebook' of 5 vectors");
  assert_no_tokenizer ("codebook", "7", LENGTH, "no constant 'codebook' of 7 vectors");
  assert_no_tokenizer ("codebook", NULL, LENGTH, "generative.codes is missing");
  assert_no_tokenizer ("codebook", "5", LENGTH + 1, "a grid of the codebook's vectors, [batch, 3");
  g_assert_null (gen_tokenizer_new (decoder, decoder, decoder, &error));
  assert_says (error, "the quantizer has 1 inputs and 1 outputs");
  g_clear_error (&error);
  g_assert_null (gen_tokenizer_load ("/nowhere", &error));
  assert_says (error, "there is no '/nowhere/encoder.onnx'");
  g_clear_error (&error);
  assert_refused (net, &(GenTrainerSettings){ SETTINGS }, "tokenizer: recipe language wants");
  assert_refused (other, &settings, "the predictor is for 4 of 6 codes, and the tokenizer makes 4");
  g_hash_table_insert (net->metadata, g_strdup ("generative.codebook"), g_strdup ("another"));
  assert_refused (net, &settings, "trained on codes of another codebook than the tokenizer's");
  assert_no_steps (seeing, "'look' (Attention) cannot go place by place: its is_causal is not 1");
  assert_no_steps (decoder, "a predictor takes codes and positions");
  g_assert_null (gen_preset_transformer.nets[0](&unknown, &error));
  assert_says (error, "as a tokenizer says");
  g_clear_error (&error);
  g_assert_null (gen_preset_transformer.nets[0](&odd, &error));
  assert_says (error, "below 32 or a multiple of it, not 48");
}

/* The nets of a tokenizer of seed `seed`, as a checkpoint has them, but for those of a file. */
static void
save_tokenizer (const char *folder, guint64 seed, const char *but)
{
  static const char *const files[] = { "encoder.onnx", "quantizer.onnx", "decoder.onnx" };
  const GenPresetOptions options = { GEN_PRESET_DEFAULTS, .latent_size = 4, .codes = 8, .width = 2,
    .seed = seed };
  GenGraph *nets[G_N_ELEMENTS (files)];
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    nets[i] = gen_preset_vq_vae.nets[i](&options, &error);
  g_assert_no_error (error);
  gen_recipe_vector_quantized.relate (nets);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *path = g_build_filename (folder, files[i], NULL);

    if (but == NULL || strcmp (but, files[i]) == 0)
      g_assert_true (gen_onnx_save (nets[i], path, &error));
    gen_graph_unref (nets[i]);
  }
}

/* Files of two tokenizers in one folder are found out. */
static void
test_mixed (void)
{
  static const char *const files[] = { "decoder.onnx", "encoder.onnx" };
  g_autofree char *folder = scratch_new ();

  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autoptr (GenTokenizer) whole = NULL;
    g_autofree char *text = g_strconcat (files[i], " was trained with another codebook", NULL);
    g_autoptr (GError) error = NULL;

    save_tokenizer (folder, 1, NULL);
    whole = gen_tokenizer_load (folder, &error);
    g_assert_no_error (error);
    g_assert_nonnull (whole);
    save_tokenizer (folder, 2, files[i]);
    g_assert_null (gen_tokenizer_load (folder, &error));
    g_assert_nonnull (strstr (error->message, text));
  }
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/language/torch", test_torch);
  g_test_add_func ("/language/steps", test_steps);
  g_test_add_func ("/language/causal", test_causal);
  g_test_add_func ("/language/draws", test_draws);
  g_test_add_func ("/language/played", test_played);
  g_test_add_func ("/language/refuses", test_refuses);
  g_test_add_func ("/language/mixed", test_mixed);
  return g_test_run ();
}
