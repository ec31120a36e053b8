/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adversary.h"

#include "../reconstructions/means.h"

G_STATIC_ASSERT (G_STRUCT_OFFSET (GenLoss, name) == 0);

gconstpointer
gen_adversary_find_loss (const char *name, GError **error)
{
  return gen_loss_find (name, error);
}

static gboolean
check_scores (const GenStep *step, guint net, const GenTensor *scores, gint64 batch, gboolean parts,
    GError **error)
{
  const GenShape *shape = &scores->shape;
  const gint64 n = gen_shape_elements (shape);

  if (parts ? shape->rank > 0 && shape->dims[0] == batch && n > 0 : n == batch)
    return TRUE;
  g_autofree char *text = gen_shape_to_string (shape);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the %s gives %s for a batch of %" G_GINT64_FORMAT " pictures; it must give %s score%s a "
      "picture",
      gen_step_settings (step)->recipe->nets[net].role->name, text, batch,
      parts ? "one or more" : "one", parts ? "s" : "");
  return FALSE;
}

static gboolean
discriminate_each (GenStep *step, guint net, GenTensor *const *batches, guint n, gboolean parts,
    GenTensor **scores, GError **error)
{
  for (guint i = 0; i < n; i++) {
    scores[i] = gen_step_apply_to (step, net, batches[i], error);
    if (scores[i] == NULL ||
        !check_scores (step, net, scores[i], gen_step_batch (step), parts, error))
      return FALSE;
  }
  return TRUE;
}

/* A net that looks at each sample by itself takes all as one batch, which makes for larger and
 * fewer products; one that normalises over the batch takes one after the other, as the paper on
 * dcgan advises. */
gboolean
gen_step_discriminate (GenStep *step, guint net, GenTensor *const *batches, guint n, gboolean parts,
    GenTensor **scores, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  GenTensor *all;

  if (gen_step_sees_batch (step, net))
    return discriminate_each (step, net, batches, n, parts, scores, error);
  all = gen_graph_op (graph, "Concat", batches, (int)n, 1, error, "axis", GEN_INT, 0, NULL);
  all = gen_step_apply_to (step, net, all, error);
  if (all == NULL || !check_scores (step, net, all, n * gen_step_batch (step), parts, error))
    return FALSE;
  scores[0] = gen_graph_op (graph, "Split", &all, 1, (int)n, error, "axis", GEN_INT, 0, NULL);
  for (guint i = 1; scores[0] != NULL && i < n; i++)
    scores[i] = gen_node_output (scores[0]->producer, i);
  return scores[0] != NULL;
}

/* --- of parts --- */

GenTensor *
gen_adversary_loss (GenStep *step, GenAdversary *adversary, GError **error)
{
  const GenTrainerSettings *settings = gen_step_settings (step);
  GenTensor *samples[] = { adversary->real, adversary->made }, *scores[2];

  if (samples[0] == NULL || samples[1] == NULL ||
      !gen_step_discriminate (step, adversary->net, samples, 2, TRUE, scores, error))
    return NULL;
  adversary->real_scores = gen_step_precise (step, scores[0], error);
  adversary->made_scores = gen_step_precise (step, scores[1], error);
  if (!gen_step_watch (step, "the discriminator's scores", adversary->real_scores) ||
      !gen_step_watch (step, "the discriminator's scores", adversary->made_scores))
    return NULL;
  return settings->loss->discriminator (gen_step_graph (step), adversary->real_scores,
      adversary->made_scores, settings->label_smoothing, error);
}

GenTensor *
gen_adversary_deceive (GenStep *step, const GenAdversary *adversary, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  /* They hang on made samples, too, as far as the graph knows, where both were one batch. */
  GenTensor *before = gen_unary (graph, "StopGradient", adversary->real_scores, error), *again;

  if (before == NULL ||
      !gen_step_discriminate (step, adversary->net, &adversary->made, 1, TRUE, &again, error) ||
      (again = gen_step_precise (step, again, error)) == NULL)
    return NULL;
  return gen_step_settings (step)->loss->generator (graph, before, again, error);
}

/* The share of each sample's scores that are above 0, or not. */
static GenTensor *
share (GenGraph *graph, GenTensor *scores, gboolean above, GError **error)
{
  GenTensor *zero = gen_graph_float (graph, 0);
  GenTensor *right = gen_binary (graph, above ? "Greater" : "LessOrEqual", scores, zero, error);

  if (right != NULL)
    right = gen_graph_op (
        graph, "Cast", &right, 1, 1, error, "to", GEN_INT, (gint64)GEN_TYPE_FLOAT32, NULL);
  return gen_reconstruction_mean (graph, right, error);
}

/* The mean of that of `n` discriminators. */
static GenTensor *
mean_share (
    GenGraph *graph, const GenAdversary *adversaries, guint n, gboolean real, GError **error)
{
  GenTensor *sum = NULL;

  for (guint i = 0; i < n; i++) {
    GenTensor *scores = real ? adversaries[i].real_scores : adversaries[i].made_scores;
    GenTensor *one = share (graph, scores, real, error);

    sum = i == 0 ? one : gen_binary (graph, "Add", sum, one, error);
  }
  return gen_binary (graph, "Mul", sum, gen_graph_float (graph, 1 / (float)n), error);
}

gboolean
gen_adversary_report (GenStep *step, const GenAdversary *adversaries, guint n, GError **error)
{
  GenGraph *graph = gen_step_graph (step);

  return gen_step_report (step, "accuracy-on-real", mean_share (graph, adversaries, n, TRUE, error),
             GEN_REPORT_MEAN) &&
         gen_step_report (step, "accuracy-on-fake",
             mean_share (graph, adversaries, n, FALSE, error), GEN_REPORT_MEAN);
}
