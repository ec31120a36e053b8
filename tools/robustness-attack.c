/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plan is one step of the attack: it takes samples as they were and as they are by now, and makes
 * the next ones, beside the scores of those that it took. */
#include "robustness-attack.h"

#include <math.h>
#include <string.h>

#include <generative/plan.h>

enum { CLEAN, CURRENT, CLASSES, EPSILON, LENGTH };

struct _NetAttack {
  const AttackedNet *net;
  const GenAttack *attack;
  GenPlan *begin; /* NULL where it begins at the samples themselves */
  GenPlan *advance;
  float threshold; /* of a discriminator */
};

/* --- plans --- */

static GenGraph *
build_advance (NetAttack *self, GError **error)
{
  const AttackedNet *net = self->net;
  const GenShape shape = attacked_net_shape (net);
  g_autoptr (GenGraph) graph = gen_graph_new ("attack");
  GenTensor *clean = gen_graph_add_input (graph, "clean", GEN_TYPE_FLOAT32, &shape);
  GenTensor *current = gen_graph_add_input (graph, "current", GEN_TYPE_FLOAT32, &shape);
  GenTensor *classes = gen_graph_add_input (
      graph, "classes", GEN_TYPE_FLOAT32, &GEN_SHAPE (net->batch, net->classes));
  GenTensor *epsilon = gen_graph_add_input (graph, "epsilon", GEN_TYPE_FLOAT32, &GEN_SHAPE_SCALAR);
  GenTensor *length = gen_graph_add_input (graph, "length", GEN_TYPE_FLOAT32, &GEN_SHAPE_SCALAR);
  GenTensor *scores, *loss, *next;
  gboolean are_scores = FALSE;

  scores = attacked_net_score (net, graph, current, &are_scores, error);
  if (scores == NULL)
    return NULL;
  self->threshold = attacked_net_threshold (are_scores);
  loss = attacked_net_lose (net, graph, scores, are_scores, classes, error);
  if (loss == NULL)
    return NULL;
  next = gen_attack_advance (
      self->attack, graph, clean, current, loss, epsilon, length, &net->range, error);
  if (next == NULL)
    return NULL;
  gen_graph_add_output (graph, scores);
  gen_graph_add_output (graph, next);
  return g_steal_pointer (&graph);
}

static GenGraph *
build_begin (const NetAttack *self, GError **error)
{
  const GenShape shape = attacked_net_shape (self->net);
  g_autoptr (GenGraph) graph = gen_graph_new ("start");
  GenTensor *clean = gen_graph_add_input (graph, "clean", GEN_TYPE_FLOAT32, &shape);
  GenTensor *epsilon = gen_graph_add_input (graph, "epsilon", GEN_TYPE_FLOAT32, &GEN_SHAPE_SCALAR);
  GenTensor *first =
      gen_attack_begin (self->attack, graph, clean, epsilon, &self->net->range, error);

  if (first == NULL)
    return NULL;
  gen_graph_add_output (graph, first);
  return g_steal_pointer (&graph);
}

NetAttack *
net_attack_new (
    const AttackedNet *net, const GenAttack *attack, guint64 seed, int threads, GError **error)
{
  const GenPlanOptions options = { .seed = seed, .threads = threads };
  g_autoptr (NetAttack) self = g_new0 (NetAttack, 1);
  g_autoptr (GenGraph) advance = NULL, begin = NULL;

  self->net = net;
  self->attack = attack;
  advance = build_advance (self, error);
  if (advance == NULL || (self->advance = gen_plan_new (advance, &options, error)) == NULL)
    return NULL;
  if (attack->once)
    return g_steal_pointer (&self);
  begin = build_begin (self, error);
  if (begin == NULL || (self->begin = gen_plan_new (begin, &options, error)) == NULL)
    return NULL;
  return g_steal_pointer (&self);
}

void
net_attack_free (NetAttack *attack)
{
  g_clear_pointer (&attack->begin, gen_plan_free);
  g_clear_pointer (&attack->advance, gen_plan_free);
  g_free (attack);
}

/* --- what goes in --- */

static gsize
count_numbers (const NetAttack *self)
{
  return self->net->format.medium->count_numbers (&self->net->format);
}

/* What is missing of a batch is 0, and of no class. */
static void
set_samples (GenPlan *plan, guint input, const float *samples, gsize numbers, guint n)
{
  const GenBinding *binding = gen_plan_input (plan, input);

  memset (binding->data, 0, binding->size);
  memcpy (binding->data, samples, numbers * n * sizeof *samples);
}

static void
set_number (GenPlan *plan, guint input, double number)
{
  *(float *)gen_plan_input (plan, input)->data = (float)number;
}

static void
set_classes (GenPlan *plan, const int *labels, guint n, guint classes)
{
  const GenBinding *binding = gen_plan_input (plan, CLASSES);
  float *shares = binding->data;

  memset (shares, 0, binding->size);
  for (guint i = 0; labels != NULL && i < n; i++)
    if (classes == 1)
      shares[i] = labels[i] == 1 ? 1 : -1;
    else
      shares[i * classes + (guint)labels[i]] = 1;
}

/* --- what comes out --- */

/* The first of the highest; -1 where any is no number. */
static int
find_class (const float *scores, guint n)
{
  guint best = 0;

  for (guint i = 0; i < n; i++) {
    if (isnan (scores[i]))
      return -1;
    if (scores[i] > scores[best])
      best = i;
  }
  return (int)best;
}

static const float *
scores_of (const NetAttack *self, guint i)
{
  return (const float *)gen_plan_output (self->advance, 0)->data + (gsize)i * self->net->classes;
}

static int
class_of (const NetAttack *self, guint i)
{
  const float *scores = scores_of (self, i);

  if (self->net->classes > 1)
    return find_class (scores, self->net->classes);
  return isnan (*scores) ? -1 : *scores > self->threshold;
}

gboolean
net_attack_classify (
    NetAttack *self, const float *clean, guint n, int *classes, float *scores, GError **error)
{
  const gsize numbers = count_numbers (self);

  set_samples (self->advance, CLEAN, clean, numbers, n);
  set_samples (self->advance, CURRENT, clean, numbers, n);
  set_classes (self->advance, NULL, n, self->net->classes);
  set_number (self->advance, EPSILON, 0);
  set_number (self->advance, LENGTH, 0);
  if (!gen_plan_run (self->advance, error))
    return FALSE;
  for (guint i = 0; i < n; i++) {
    classes[i] = class_of (self, i);
    if (scores != NULL)
      scores[i] = *scores_of (self, i);
  }
  return TRUE;
}

/* --- running --- */

static gboolean
begin (NetAttack *self, const GenAttackSettings *settings, const float *clean, guint n,
    guint64 draw, GError **error)
{
  const gsize numbers = count_numbers (self);
  const double span = (double)self->net->range.high - self->net->range.low;

  set_samples (self->advance, CLEAN, clean, numbers, n);
  set_number (self->advance, EPSILON, settings->epsilon * span);
  set_number (self->advance, LENGTH, gen_attack_step_size (self->attack, settings) * span);
  if (self->begin == NULL) {
    set_samples (self->advance, CURRENT, clean, numbers, n);
    return TRUE;
  }
  set_samples (self->begin, 0, clean, numbers, n);
  set_number (self->begin, 1, settings->epsilon * span);
  gen_plan_set_draw (self->begin, draw);
  if (!gen_plan_run (self->begin, error))
    return FALSE;
  set_samples (self->advance, CURRENT, gen_plan_output (self->begin, 0)->data, numbers, n);
  return TRUE;
}

/* Whether the score of a discriminator has gone further to the wrong side than it had. */
static gboolean
is_further (float score, float before, gboolean real)
{
  return isnan (before) || (real ? score < before : score > before);
}

/* Note what has just been looked at of sample `i`. */
static void
note (const NetAttack *self, int label, guint i, NetAttacked *attacked)
{
  const gsize numbers = count_numbers (self);
  const float *current = gen_plan_input (self->advance, CURRENT)->data;
  const gboolean is_wrong = class_of (self, i) != label;
  gboolean kept = !attacked->fooled[i];

  if (self->net->classes == 1) {
    kept = is_further (*scores_of (self, i), attacked->score[i], label == 1);
    if (kept)
      attacked->score[i] = *scores_of (self, i);
  }
  if (kept)
    memcpy (attacked->changed + i * numbers, current + i * numbers, numbers * sizeof *current);
  attacked->fooled[i] = attacked->fooled[i] || is_wrong;
}

/* Of a classifier nothing is left to do once all are fooled; scores go on. */
static gboolean
is_done (const NetAttack *self, const NetAttacked *attacked, guint n)
{
  for (guint i = 0; i < n; i++)
    if (!attacked->fooled[i])
      return FALSE;
  return self->net->classes > 1;
}

static gboolean
run_once (NetAttack *self, const GenAttackSettings *settings, const int *labels, guint n,
    NetAttacked *attacked, GError **error)
{
  const int steps = gen_attack_steps (self->attack, settings);
  const gsize numbers = count_numbers (self);

  for (int step = 0; step <= steps; step++) {
    if (!gen_plan_run (self->advance, error))
      return FALSE;
    for (guint i = 0; i < n; i++)
      note (self, labels[i], i, attacked);
    if (is_done (self, attacked, n))
      return TRUE;
    set_samples (self->advance, CURRENT, gen_plan_output (self->advance, 1)->data, numbers, n);
  }
  return TRUE;
}

gboolean
net_attack_run (NetAttack *self, const GenAttackSettings *settings, int restarts,
    const float *clean, const int *labels, guint n, guint64 draw, NetAttacked *attacked,
    GError **error)
{
  /* From the sample itself all would be the same. */
  const int starts = self->begin != NULL ? restarts : 1;

  memset (attacked->fooled, 0, n * sizeof *attacked->fooled);
  for (guint i = 0; i < n; i++)
    attacked->score[i] = NAN;
  set_classes (self->advance, labels, n, self->net->classes);
  for (int start = 0; start < starts; start++) {
    if (!begin (self, settings, clean, n, draw + ((guint64)start << 32), error) ||
        !run_once (self, settings, labels, n, attacked, error))
      return FALSE;
    if (is_done (self, attacked, n))
      return TRUE;
  }
  return TRUE;
}
