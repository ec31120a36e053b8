/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A code of each sample that is a grid of whole numbers (van den Oord et al., "Neural discrete
 * representation learning", 2017): the encoder makes a grid of vectors, the quantizer takes the
 * nearest one of its codebook for each, and the decoder makes the sample anew of these. All lower
 *
 *   reconstruction + |stop (z) - e|^2 + commitment |z - stop (e)|^2,
 *
 * means over the numbers of a sample: the codebook comes to what the encoder makes, and that stays
 * near the codebook. Through the quantizer, which has no slope, gradients of the reconstruction go
 * straight from e to z. The perplexity tells how many vectors are used: as many, where all are used
 * alike. With codebook_decay the codebook comes to what the encoder makes by averages (codebook.h),
 * and the second term is none of the loss. */
#include <math.h>

#include <generative/tokenizer.h>

#include "../losses/scores.h"
#include "attacked.h"
#include "code-shares.h"
#include "codebook.h"
#include "likeness.h"

enum { ENCODER, QUANTIZER, DECODER };
enum { VECTORS, CODES, OUTPUTS };

typedef struct {
  GenTensor *made; /* by the encoder */
  GenTensor *near[OUTPUTS];
} Code;

static gboolean
check_vectors (const Code *code, GError **error)
{
  if (gen_shape_equal (&code->near[VECTORS]->shape, &code->made->shape))
    return TRUE;
  g_autofree char *has = gen_shape_to_string (&code->near[VECTORS]->shape);
  g_autofree char *wants = gen_shape_to_string (&code->made->shape);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the quantizer makes %s of %s; it must make vectors like those that it takes", has, wants);
  return FALSE;
}

/* The codebook has no gradient of what the encoder does, nor the encoder one of how its vectors are
 * chosen. */
static gboolean
encode (GenStep *step, GenTensor *samples, Code *code, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  GenTensor *stopped;

  code->made = gen_step_apply_to (step, ENCODER, samples, error);
  stopped = code->made != NULL ? gen_unary (graph, "StopGradient", code->made, error) : NULL;
  return gen_step_apply_all (step, QUANTIZER, &stopped, code->near, error) &&
         check_vectors (code, error);
}

/* `to` in numbers, with the gradient of `from`. */
static GenTensor *
pass_straight (GenGraph *graph, GenTensor *from, GenTensor *to, GError **error)
{
  GenTensor *apart = gen_binary (graph, "Sub", to, from, error);

  return gen_binary (graph, "Add", from,
      apart != NULL ? gen_unary (graph, "StopGradient", apart, error) : NULL, error);
}

/* The mean square between `moving` and `fixed` of each sample, [batch]. */
static GenTensor *
measure (GenStep *step, GenTensor *moving, GenTensor *fixed, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  GenTensor *apart;

  fixed = gen_unary (graph, "StopGradient", fixed, error);
  apart = gen_step_precise (step, gen_binary (graph, "Sub", moving, fixed, error), error);
  apart = gen_binary (graph, "Mul", apart, apart, error);
  apart = apart != NULL ? gen_unary (graph, "Flatten", apart, error) : NULL;
  return apart == NULL ? NULL
                       : gen_graph_op (graph, "ReduceMean", &apart, 1, 1, error, "axes", GEN_INTS,
                             1, (gint64[]){ 1 }, "keepdims", GEN_INT, 0, NULL);
}

/* --- how many vectors are used --- */

static gint64
count_codes (GenStep *step, GError **error)
{
  const char *text =
      g_hash_table_lookup (gen_step_net (step, QUANTIZER)->metadata, "generative.codes");
  gint64 n;

  if (text != NULL && g_ascii_string_to_signed (text, 10, 2, G_MAXINT32, &n, NULL))
    return n;
  g_set_error_literal (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the quantizer's metadata generative.codes must say how many vectors its codebook has, such "
      "as "
      "64");
  return 0;
}

/* e to the entropy of the vectors' shares in the batch. */
static GenTensor *
find_perplexity (GenStep *step, GenTensor *codes, GError **error)
{
  const gint64 n = count_codes (step, error);
  GenTensor *entropy = n > 0 ? gen_code_entropy (step, codes, n, error) : NULL;

  return gen_unary (gen_step_graph (step), "Exp", entropy, error);
}

/* --- the recipe --- */

static gboolean
averages (const GenStep *step)
{
  return gen_step_settings (step)->codebook_decay > 0;
}

/* Reconstruction and what keeps vectors and codebook together, [batch]. */
static GenTensor *
add_up (GenStep *step, const Code *code, GenTensor *apart, GError **error)
{
  const float commitment = (float)gen_step_settings (step)->commitment;
  GenGraph *graph = gen_step_graph (step);
  GenTensor *of_codebook =
      averages (step) ? NULL : measure (step, code->near[VECTORS], code->made, error);
  GenTensor *of_encoder = measure (step, code->made, code->near[VECTORS], error);

  of_encoder = gen_binary (graph, "Mul", of_encoder, gen_graph_float (graph, commitment), error);
  if (!averages (step))
    of_encoder = gen_binary (graph, "Add", of_codebook, of_encoder, error);
  return gen_binary (graph, "Add", apart, of_encoder, error);
}

/* The nets that have gradients, and what the codebook does without any. */
static gboolean
learn (GenStep *step, const Code *code, GenTensor *losses, GError **error)
{
  const guint all[] = { ENCODER, QUANTIZER, DECODER }, both[] = { ENCODER, DECODER };
  gint64 n;

  if (!averages (step))
    return gen_step_minimise_distances (step, all, G_N_ELEMENTS (all), losses, error);
  n = count_codes (step, error);
  return n > 0 && gen_step_minimise_distances (step, both, G_N_ELEMENTS (both), losses, error) &&
         gen_step_follow_codebook (step, QUANTIZER, code->made, code->near[CODES], n, error);
}

/* How far what is made of the code of `seen` is from the samples as they came, [batch]. */
static GenTensor *
reconstruct (GenStep *step, GenTensor *seen, Code *code, GError **error)
{
  GenTensor *passed, *made;

  if (seen == NULL || !encode (step, seen, code, error))
    return NULL;
  passed = pass_straight (gen_step_graph (step), code->made, code->near[VECTORS], error);
  made = gen_step_apply_to (step, DECODER, passed, error);
  return gen_step_compare (step, DECODER, made, gen_step_samples (step), error);
}

/* What attacks raise: the loss. */
static GenTensor *
lose (GenStep *step, GenTensor *samples, gpointer data, GError **error)
{
  Code code;
  GenTensor *apart = reconstruct (step, samples, &code, error);

  return apart != NULL ? add_up (step, &code, apart, error) : NULL;
}

static gboolean
build (GenStep *step, GError **error)
{
  GenTensor *samples = gen_attacked (step, gen_step_samples (step), TRUE, lose, NULL, error);
  GenTensor *apart, *losses;
  Code code;

  apart = reconstruct (step, samples, &code, error);
  if (apart == NULL)
    return FALSE;
  losses = add_up (step, &code, apart, error);
  return learn (step, &code, losses, error) &&
         gen_step_report (step, "loss", losses, GEN_REPORT_MEAN) &&
         gen_step_report (step, "reconstruction", apart, GEN_REPORT_MEAN) &&
         gen_step_report (step, "perplexity", find_perplexity (step, code.near[CODES], error),
             GEN_REPORT_MEAN) &&
         gen_step_watch (step, "losses", losses) &&
         gen_attacked_report (step, gen_step_samples (step), TRUE, lose, NULL, error);
}

/* Each sample beside what became of it. */
static gboolean
make (GenStep *step, GError **error)
{
  Code code;

  return encode (step, gen_step_samples (step), &code, error) &&
         gen_step_show (step, gen_step_samples (step)) &&
         gen_step_show (step, gen_step_apply_to (step, DECODER, code.near[VECTORS], error));
}

/* Nets of other codebooks make nothing of each other's codes. */
static void
relate (GenGraph *const *graphs)
{
  const GenTensor *codebook = gen_graph_find (graphs[QUANTIZER], "codebook");

  for (guint i = 0; codebook != NULL && i <= DECODER; i++)
    g_hash_table_insert (
        graphs[i]->metadata, g_strdup (GEN_TOKENIZER_CODEBOOK), gen_tokenizer_name (codebook));
}

static const GenRecipeNet nets[] = {
  { .role = &gen_net_role_encoder, .n_inputs = 1 },
  { .role = &gen_net_role_quantizer, .n_inputs = 1, .n_outputs = OUTPUTS },
  { .role = &gen_net_role_decoder, .n_inputs = 1 },
  { NULL },
};

static const GenRecipeFigure figures[] = {
  { { { "loss", GEN_FIELD_NUMBER, NULL, NULL, GEN_BETTER_LOWER }, "loss/all", ", loss ", "", 4,
        -INFINITY },
      "loss-on-validation", "loss/validation" },
  { { { "reconstruction", GEN_FIELD_NUMBER, NULL, NULL, GEN_BETTER_LOWER }, "loss/reconstruction",
        ", reconstruction ", "", 4, -INFINITY },
      "reconstruction-on-validation", "loss/validation-reconstruction" },
  { { { "perplexity", GEN_FIELD_NUMBER, NULL, NULL }, "perplexity/training", ", perplexity ", "", 1,
        -INFINITY },
      "perplexity-on-validation", "perplexity/validation" },
  GEN_ATTACKED_FIGURE,
};

static const GenSetting settings[] = {
  GEN_LIKENESS_SETTINGS,
  GEN_ATTACKED_SETTINGS,
  { .name = "commitment",
      .nick = "Commitment",
      .description = "Weight of how far what the encoder makes is from the codebook",
      .type = GEN_SETTING_DOUBLE,
      .offset = G_STRUCT_OFFSET (GenTrainerSettings, commitment),
      .minimum = 0,
      .maximum = G_MAXFLOAT,
      .of_learning = TRUE },
  { .name = "codebook-decay",
      .nick = "Codebook decay",
      .description = "Decay, below 1, of the moving averages that the vectors of the codebook are, "
                     "of what the encoder makes; those that are hardly used begin anew (0 = they "
                     "have gradients, as all else)",
      .type = GEN_SETTING_DOUBLE,
      .offset = G_STRUCT_OFFSET (GenTrainerSettings, codebook_decay),
      .minimum = 0,
      .maximum = 1,
      .of_learning = TRUE },
};

const GenRecipe gen_recipe_vector_quantized = {
  .name = "vector-quantized",
  .description = "An encoder, a decoder, and between them a codebook, whose vectors stand for what "
                 "the encoder makes",
  .nets = nets,
  .data_net = ENCODER,
  .figures = figures,
  .n_figures = G_N_ELEMENTS (figures),
  .settings = settings,
  .n_settings = G_N_ELEMENTS (settings),
  .build = build,
  .made_of = GEN_MADE_OF_SAMPLES,
  .n_shown = 2,
  .make = make,
  .relate = relate,
};
