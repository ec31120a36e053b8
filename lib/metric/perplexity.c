/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Perplexity: how surprised a language model is by a text: exp of the mean of -log of its tokens'
 * probabilities, each after those before it (Jelinek et al. 1977), and the same in bits a
 * character, which does not hang on how the model cuts text into tokens. Over all, the mean is over
 * all tokens of all texts. Bad at: it is lowest of what repeats itself; it says as much of the
 * model as of the text. */
#include <generative/language-model.h>
#include <math.h>

#include "metrics.h"

typedef struct {
  GenLanguageModel *model;
  GenLikelihood all;
  GError *error; /* why the model could not be run */
} Perplexity;

static gpointer
perplexity_load (const GenMetricSettings *settings, GError **error)
{
  GenLanguageModel *model = gen_language_model_open (settings->language_model, error);
  Perplexity *perplexity;

  if (model == NULL)
    return NULL;
  perplexity = g_new0 (Perplexity, 1);
  perplexity->model = model;
  return perplexity;
}

static void
perplexity_close (gpointer metric)
{
  Perplexity *perplexity = metric;

  gen_language_model_free (perplexity->model);
  g_clear_error (&perplexity->error);
  g_free (perplexity);
}

static void
tell (const GenLikelihood *likelihood, double *values)
{
  const double nats = likelihood->nats;

  if (likelihood->tokens == 0)
    return;
  values[0] = exp (nats / (double)likelihood->tokens);
  values[1] = nats / G_LN2 / (double)likelihood->characters;
}

static void
perplexity_measure (gpointer metric, const GenSample *sample, double *values)
{
  Perplexity *perplexity = metric;
  GenLikelihood likelihood;

  if (perplexity->error != NULL ||
      !gen_language_model_judge (perplexity->model, &sample->text, &likelihood, &perplexity->error))
    return;
  tell (&likelihood, values);
  if (likelihood.tokens == 0)
    return;
  perplexity->all.nats += likelihood.nats;
  perplexity->all.tokens += likelihood.tokens;
  perplexity->all.characters += likelihood.characters;
}

static gboolean
perplexity_figure (gpointer metric, double *values, GError **error)
{
  const Perplexity *perplexity = metric;

  values[0] = values[1] = GEN_MISSING;
  tell (&perplexity->all, values);
  values[2] = (double)perplexity->all.tokens;
  return TRUE;
}

static char *
perplexity_doubt (gpointer metric)
{
  const Perplexity *perplexity = metric;

  return perplexity->error != NULL
             ? g_strdup_printf ("texts were left out, since %s", perplexity->error->message)
             : NULL;
}

#define TOO_SHORT "there is no token that comes after another one, or the language model failed"

const GenMetric gen_metric_perplexity = {
  .name = "perplexity",
  .known_as = (const char *const[]){ "ppl", "bits-per-byte", NULL },
  .medium = &gen_medium_text,
  .summary = "Exp of the mean negative logarithm of the probability that a language model gives to "
             "each token of a text, and the bits a character that it takes",
  .unit = "tokens, from 1; bits",
  .needs_language_model = TRUE,
  .fields = { { "perplexity", GEN_FIELD_NUMBER, NULL, TOO_SHORT },
      { "bits-per-character", GEN_FIELD_NUMBER, NULL, TOO_SHORT },
      { "perplexity-overall", GEN_FIELD_NUMBER, NULL, TOO_SHORT },
      { "bits-per-character-overall", GEN_FIELD_NUMBER, NULL, TOO_SHORT },
      { "perplexity-tokens", GEN_FIELD_COUNT, NULL } },
  .n_fields = 5,
  .n_measured = 2,
  .load = perplexity_load,
  .close = perplexity_close,
  .measure = perplexity_measure,
  .figure = perplexity_figure,
  .doubt = perplexity_doubt,
};
