/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A predictor of codes that follow each other, of which each place learns by the cross entropy of
 * its scores with the code that is there. The codes are those of samples, as a tokenizer has them,
 * which stays as it is: so the predictor becomes the prior over the grids of a codebook (van den
 * Oord et al., "Neural discrete representation learning", 2017). What is played are codes that are
 * drawn one after the other, by normal numbers, and what the tokenizer makes of them. */
#include <math.h>
#include <string.h>

#include <generative/predictor.h>

#include "../../graph/graph-private.h"
#include "../losses/scores.h"
#include "../step-private.h"
#include "code-shares.h"

#define PREDICTOR 0

enum { CODES, POSITIONS, INPUTS };

static const GenTokenizer *
tokenizer_of (const GenStep *step)
{
  return gen_step_settings (step)->tokenizer;
}

/* --- what the net says --- */

static gboolean
check_codebook (const GenGraph *net, const GenTokenizer *tokenizer, GError **error)
{
  if (gen_tokenizer_check_predictor (tokenizer, net, error))
    return TRUE;
  g_prefix_error_literal (error, "predictor-model: ");
  return FALSE;
}

static gboolean
read_net (GenStep *step, GenPredictor *predictor, GError **error)
{
  const GenTokenizer *tokenizer = tokenizer_of (step);
  g_autoptr (GError) reason = NULL;

  if (!gen_predictor_read (gen_step_net (step, PREDICTOR), predictor, &reason)) {
    g_set_error (
        error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL, "predictor-model: %s", reason->message);
    return FALSE;
  }
  if (predictor->codes == tokenizer->codes && predictor->length == tokenizer->tokens) {
    gen_step_set_classes (step, predictor->classes);
    return check_codebook (gen_step_net (step, PREDICTOR), tokenizer, error);
  }
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the predictor is for %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
      " codes, and the tokenizer makes %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
      " of a sample; both must be the same",
      predictor->length, predictor->codes, tokenizer->tokens, tokenizer->codes);
  return FALSE;
}

/* The beginning, one for each sample, [batch, 1]. */
static GenTensor *
begin (GenStep *step, const GenPredictor *predictor, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  const gint64 column[] = { gen_step_batch (step), 1 };
  GenTensor *first = gen_graph_ints (graph, &predictor->codes, 1);

  if (predictor->classes == 0)
    return gen_binary (graph, "Expand", first, gen_graph_ints (graph, column, 2), error);
  first = gen_binary (graph, "Add", first, gen_step_labels (step), error);
  return gen_binary (graph, "Reshape", first, gen_graph_ints (graph, column, 2), error);
}

/* --- learning --- */

/* What comes before each place, [batch, length]. */
static GenTensor *
find_before (GenStep *step, const GenPredictor *predictor, GenTensor *codes, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  const gint64 from = 0, to = predictor->length - 1, axis = 1;
  GenTensor *first = begin (step, predictor, error), *rest;

  if (first == NULL || codes == NULL || predictor->length == 1)
    return codes == NULL ? NULL : first;
  rest = gen_graph_op (graph, "Slice",
      (GenTensor *[]){ codes, gen_graph_ints (graph, &from, 1), gen_graph_ints (graph, &to, 1),
          gen_graph_ints (graph, &axis, 1) },
      4, 1, error, NULL);
  return rest == NULL ? NULL
                      : gen_graph_op (graph, "Concat", (GenTensor *[]){ first, rest }, 2, 1, error,
                            "axis", GEN_INT, 1, NULL);
}

/* 0, 1, … for each sample, [batch, length]. */
static GenTensor *
find_positions (GenStep *step, const GenPredictor *predictor)
{
  const GenShape shape = GEN_SHAPE (gen_step_batch (step), predictor->length);
  const gint64 n = gen_shape_elements (&shape);
  gint64 *values = g_new (gint64, n);

  for (gint64 i = 0; i < n; i++)
    values[i] = i % predictor->length;
  return gen_graph_add_constant (gen_step_graph (step), NULL, GEN_TYPE_INT64, &shape,
      g_bytes_new_take (values, (gsize)n * sizeof *values));
}

/* Logarithms of probabilities, [batch length, codes]. */
static GenTensor *
predict (GenStep *step, const GenPredictor *predictor, GenTensor *codes, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  GenTensor *inputs[INPUTS] = { find_before (step, predictor, codes, error),
    find_positions (step, predictor) };
  GenTensor *scores = gen_step_apply (step, PREDICTOR, inputs, error);

  scores = gen_step_precise (step, scores, error);
  scores = gen_binary (graph, "Reshape", scores,
      gen_graph_ints (graph, (gint64[]){ -1, predictor->codes }, 2), error);
  return scores == NULL
             ? NULL
             : gen_graph_op (graph, "LogSoftmax", &scores, 1, 1, error, "axis", GEN_INT, 1, NULL);
}

/* Numbers of each place, [batch length], in the mean over those of a sample, [batch]. */
static GenTensor *
mean_over_places (GenStep *step, const GenPredictor *predictor, GenTensor *x, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  const gint64 shape[] = { gen_step_batch (step), predictor->length };

  x = gen_binary (graph, "Reshape", x, gen_graph_ints (graph, shape, 2), error);
  return x == NULL ? NULL
                   : gen_graph_op (graph, "ReduceMean", &x, 1, 1, error, "axes", GEN_INTS, 1,
                         (gint64[]){ 1 }, "keepdims", GEN_INT, 0, NULL);
}

/* Whether the code that is there is the most probable one, 1 or 0 of each place. */
static GenTensor *
find_hits (GenGraph *graph, GenTensor *logarithms, GenTensor *lacking, GError **error)
{
  GenTensor *most = gen_graph_op (graph, "ReduceMax", &logarithms, 1, 1, error, "axes", GEN_INTS, 1,
      (gint64[]){ 1 }, "keepdims", GEN_INT, 0, NULL);
  GenTensor *behind = gen_binary (graph, "Add", most, lacking, error);
  GenTensor *hits = gen_binary (graph, "LessOrEqual", behind, gen_graph_float (graph, 0), error);

  return hits == NULL ? NULL
                      : gen_graph_op (graph, "Cast", &hits, 1, 1, error, "to", GEN_INT,
                            (int)GEN_TYPE_FLOAT32, NULL);
}

static gboolean
build (GenStep *step, GError **error)
{
  const guint predictor_net = PREDICTOR;
  GenGraph *graph = gen_step_graph (step);
  GenTensor *codes, *there, *logarithms, *lacking, *losses, *loss, *hits;
  GenPredictor predictor;

  if (!read_net (step, &predictor, error))
    return FALSE;
  codes = gen_tokenizer_encode (tokenizer_of (step), graph, gen_step_samples (step), error);
  logarithms = predict (step, &predictor, codes, error);
  there = gen_binary (graph, "Reshape", codes, gen_graph_ints (graph, (gint64[]){ -1 }, 1), error);
  if (logarithms == NULL || there == NULL)
    return FALSE;
  lacking = gen_graph_op (graph, "NegativeLogLikelihoodLoss", (GenTensor *[]){ logarithms, there },
      2, 1, error, "reduction", GEN_STRING, "none", NULL);
  losses = mean_over_places (step, &predictor, lacking, error);
  if (losses == NULL)
    return FALSE;
  hits = mean_over_places (step, &predictor, find_hits (graph, logarithms, lacking, error), error);
  loss = gen_graph_op (graph, "ReduceMean", &losses, 1, 1, error, "keepdims", GEN_INT, 0, NULL);
  return gen_step_minimise (step, &predictor_net, 1, loss, 1, error) &&
         gen_step_report (step, "loss", losses, GEN_REPORT_MEAN) &&
         gen_step_report (step, "accuracy", hits, GEN_REPORT_MEAN) &&
         gen_step_report (
             step, "perplexity", gen_unary (graph, "Exp", loss, error), GEN_REPORT_MEAN) &&
         gen_step_report (step, "marginal-entropy",
             gen_code_entropy (step, codes, predictor.codes, error), GEN_REPORT_MEAN) &&
         gen_step_watch (step, "the predictor's cross entropies", losses);
}

/* --- what it makes --- */

/* Codes by normal numbers, and what the tokenizer makes of them. */
static gboolean
make (GenStep *step, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  const GenStepNet *net = &step->nets[PREDICTOR];
  GenPredictorDraw draw = { .temperature = gen_graph_full (graph, &GEN_SHAPE (1), 1),
    .top_k = gen_graph_ints (graph, (gint64[]){ 0 }, 1) };
  GenPredictor predictor;
  GenTensor *made;
  guint first;

  if (!read_net (step, &predictor, error))
    return FALSE;
  draw.noise = gen_step_latents (step, PREDICTOR, error);
  draw.first = begin (step, &predictor, error);
  first = graph->nodes->len;
  made = gen_tokenizer_decode (tokenizer_of (step), graph,
      gen_predictor_sample (graph, net->graph, &draw, net->map, error), error);
  return made != NULL && gen_graph_infer_from (graph, first, error) && gen_step_show (step, made);
}

/* --- the model that plays --- */

/* The beginnings of the classes, of which each sample's is chosen, so that who plays the model sees
 * how many there are; or the only one for each of the batch of `noise`. [batch, 1] */
static GenTensor *
begin_played (GenGraph *graph, const GenPredictor *predictor, GenTensor *noise, GError **error)
{
  const gint64 column[] = { -1, 1 }, one = 1;
  g_autofree gint64 *codes = g_new (gint64, MAX (predictor->classes, 1));
  GenTensor *batch, *class;

  for (gint64 i = 0; i < MAX (predictor->classes, 1); i++)
    codes[i] = predictor->codes + i;
  if (predictor->classes > 0) {
    class = gen_graph_add_input (graph, "class", GEN_TYPE_INT64, &GEN_SHAPE (-1));
    class->dim_names[0] = g_strdup ("batch");
    class = gen_graph_write (graph, "Gather",
        (GenTensor *[]){ gen_graph_ints (graph, codes, (gsize)predictor->classes), class }, 2,
        error);
    return gen_graph_write (
        graph, "Reshape", (GenTensor *[]){ class, gen_graph_ints (graph, column, 2) }, 2, error);
  }
  batch = gen_graph_write (graph, "Shape", &noise, 1, error);
  if (batch == NULL)
    return NULL;
  gen_node_set_int (batch->producer, "end", 1);
  batch = gen_graph_write (
      graph, "Concat", (GenTensor *[]){ batch, gen_graph_ints (graph, &one, 1) }, 2, error);
  if (batch == NULL)
    return NULL;
  gen_node_set_int (batch->producer, "axis", 0);
  return gen_graph_write (
      graph, "Expand", (GenTensor *[]){ gen_graph_ints (graph, codes, 1), batch }, 2, error);
}

static void
say (GHashTable *metadata, const char *key, const char *value)
{
  if (value != NULL)
    g_hash_table_insert (metadata, g_strdup (key), g_strdup (value));
}

static void
describe (const GenTrainerSettings *settings, guint net, GHashTable *metadata)
{
  g_autofree char *name = gen_tokenizer_name_codebook (settings->tokenizer);

  say (metadata, GEN_TOKENIZER_CODEBOOK, name);
}

/* What is known of the model. */
static void
say_all (const GenTokenizer *tokenizer, const GenGraph *net, GHashTable *metadata)
{
  const char *range = "generative.output-range", *classes = "generative.classes";
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, tokenizer->decoder->metadata);
  while (g_hash_table_iter_next (&iter, &key, &value))
    if (strcmp (key, "generative.step") != 0)
      say (metadata, key, value);
  if (!g_hash_table_contains (metadata, range))
    say (metadata, range,
        g_hash_table_lookup (tokenizer->encoder->metadata, "generative.input-range"));
  say (metadata, classes, g_hash_table_lookup (net->metadata, classes));
  say (metadata, "generative.parameters", "temperature=1,top_k=0");
}

static void
add_result (GenGraph *graph, const GenTokenizer *tokenizer, GenTensor *made)
{
  const GenTensor *sample = g_ptr_array_index (tokenizer->encoder->inputs, 0);

  gen_graph_rename (graph, made, "sample");
  made->type = GEN_TYPE_FLOAT32;
  made->shape = sample->shape;
  made->shape.dims[0] = -1;
  g_free (made->dim_names[0]);
  made->dim_names[0] = g_strdup ("batch");
  gen_graph_add_output (graph, made);
}

static GenGraph *
assemble (const GenTrainerSettings *settings, const GenGraph *net, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("generator");
  GenPredictorDraw draw;
  GenPredictor predictor;
  GenTensor *made;

  if (!gen_predictor_read (net, &predictor, error))
    return NULL;
  draw.noise =
      gen_graph_add_input (graph, "latent", GEN_TYPE_FLOAT32, &GEN_SHAPE (-1, predictor.length));
  draw.noise->dim_names[0] = g_strdup ("batch");
  draw.first = begin_played (graph, &predictor, draw.noise, error);
  draw.temperature = gen_graph_add_input (graph, "temperature", GEN_TYPE_FLOAT32, &GEN_SHAPE (1));
  draw.top_k = gen_graph_add_input (graph, "top_k", GEN_TYPE_INT64, &GEN_SHAPE (1));
  made = gen_predictor_sample (graph, net, &draw, NULL, error);
  made = gen_tokenizer_decode (settings->tokenizer, graph, made, error);
  if (made == NULL)
    return NULL;
  add_result (graph, settings->tokenizer, made);
  say_all (settings->tokenizer, net, graph->metadata);
  say (graph->metadata, "generative.step", g_hash_table_lookup (net->metadata, "generative.step"));
  return g_steal_pointer (&graph);
}

/* --- what it is --- */

static const GenRecipeNet nets[] = {
  { .role = &gen_net_role_predictor, .n_inputs = INPUTS, .averaged = TRUE },
  { NULL },
};

static const GenRecipeFigure figures[] = {
  { { { "loss", GEN_FIELD_NUMBER, NULL, NULL, GEN_BETTER_LOWER }, "loss/training", ", loss ", "", 3,
        -INFINITY },
      "loss-on-validation", "loss/validation" },
  { { { "accuracy", GEN_FIELD_NUMBER, NULL, NULL, GEN_BETTER_HIGHER }, "accuracy/training",
        ", accuracy ", "", 3, -INFINITY },
      "accuracy-on-validation", "accuracy/validation", TRUE },
  { { { "perplexity", GEN_FIELD_NUMBER, NULL, NULL, GEN_BETTER_LOWER }, "perplexity/training",
        ", perplexity ", "", 2, -INFINITY },
      "perplexity-on-validation", "perplexity/validation" },
  { { { "marginal-entropy", GEN_FIELD_NUMBER, NULL, NULL }, "loss/marginal-entropy",
        ", marginal entropy ", "", 3, -INFINITY },
      "marginal-entropy-on-validation", "loss/validation-marginal-entropy" },
};

static const GenSetting settings[] = {
  { .name = "tokenizer",
      .nick = "Tokenizer",
      .description = "Folder of a training of recipe vector-quantized, whose nets make codes of "
                     "samples and samples of codes, and stay as they are (unset: none)",
      .type = GEN_SETTING_TEXT,
      .offset = G_STRUCT_OFFSET (GenTrainerSettings, tokenizer_folder),
      .of_learning = TRUE },
};

const GenRecipe gen_recipe_language = {
  .name = "language",
  .description = "A predictor of the codes that a tokenizer makes of samples, one after the other, "
                 "by which new ones are drawn",
  .nets = nets,
  .data_net = PREDICTOR,
  .coded = TRUE,
  .unattacked = "the predictor takes codes, whole numbers, and no gradient goes back to samples",
  .figures = figures,
  .n_figures = G_N_ELEMENTS (figures),
  .settings = settings,
  .n_settings = G_N_ELEMENTS (settings),
  .build = build,
  .made_of = GEN_MADE_OF_LATENTS,
  .latent_net = PREDICTOR,
  .n_shown = 1,
  .make = make,
  .describe = describe,
  .assemble = assemble,
};
