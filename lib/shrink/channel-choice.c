/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* First how many of each group go, then which. Where the ratio is one of what the model computes,
 * or holds, the share of channels is looked for that comes to it: less of both is left the more
 * go. */
#include <generative/channel-choice.h>

#include <math.h>

#include <generative/operator.h>

#include "channel-tally.h"

/* Halvings of the range in which the share of channels lies. */
#define HALVINGS 14

static gboolean
check (const GenChannelChoice *choice, GError **error)
{
  const char *wrong = NULL;

  if (!(choice->ratio > 0 && choice->ratio < 1))
    wrong = "ratio should be between 0 and 1: the share that goes";
  else if (!(choice->most > 0 && choice->most <= 1))
    wrong = "most should be above 0 and at most 1: the share of a group that may go";
  else if (choice->round_to < 1)
    wrong = "round-to should be 1 or more: what is left of a group is a multiple of it";
  for (guint i = 0; i < choice->n_limits; i++)
    if (!(choice->limits[i].ratio >= 0 && choice->limits[i].ratio < 1))
      wrong = "a limit should be from 0 on and below 1: the share of a group that may go";
  if (wrong == NULL)
    return TRUE;
  g_set_error_literal (error, GEN_CHANNELS_ERROR, GEN_CHANNELS_ERROR_SETTING, wrong);
  return FALSE;
}

/* --- measures --- */

/* Let the inputs of `graph` be as large as those that the channels were found by. */
static gboolean
infer (const GenChannels *channels, GenGraph *graph, GError **error)
{
  for (guint i = 0; i < graph->inputs->len; i++) {
    GenTensor *input = g_ptr_array_index (graph->inputs, i);

    input->shape = *gen_channels_shape (channels, input);
  }
  return gen_graph_infer (graph, error);
}

static double
count_parameters (const GenGraph *graph)
{
  double n = 0;

  for (guint i = 0; i < graph->tensors->len; i++) {
    const GenTensor *tensor = g_ptr_array_index (graph->tensors, i);

    if (tensor->role == GEN_ROLE_CONSTANT && tensor->shape.rank > 0)
      n += (double)gen_shape_elements (&tensor->shape);
  }
  return n;
}

static double
count_flops (const GenGraph *graph)
{
  double n = 0;

  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    n += node->op->flops != NULL ? node->op->flops (node) : 0;
  }
  return n;
}

double
gen_channels_measure (
    const GenChannels *channels, const gboolean *gone, GenChannelMeasure measure, GError **error)
{
  g_autoptr (GenGraph) graph = gen_channels_cut (channels, gone, error);

  if (graph == NULL)
    return -1;
  if (measure == GEN_CHANNEL_MEASURE_PARAMETERS)
    return count_parameters (graph);
  return infer (channels, graph, error) ? count_flops (graph) : -1;
}

/* --- how many --- */

/* How many of a group may go at most; none of which a criterion says nothing. */
static guint
limit_of (const GenChannelChoice *choice, const GenChannelGroup *group, const double *scores)
{
  double most = choice->most;

  for (guint i = 0; i < group->channels->len; i++)
    if (isnan (scores[g_array_index (group->channels, guint, i)]))
      return 0;

  for (guint i = 0; i < choice->n_limits; i++)
    for (guint k = 0; k < group->made->len; k++)
      if (g_pattern_match_simple (
              choice->limits[i].pattern, ((const GenTensor *)group->made->pdata[k])->name))
        most = MIN (most, choice->limits[i].ratio);
  return (guint)(most * group->channels->len + 1e-9);
}

/* `n` that are to go of a group, so that what is left is as many as may be. */
static guint
round_count (
    const GenChannelChoice *choice, const GenChannelGroup *group, const double *scores, double n)
{
  const guint all = group->channels->len, step = (guint)choice->round_to;
  const guint most = limit_of (choice, group, scores);
  guint left = (guint)lround ((all - n) / step) * step;

  left = MAX (left, step);
  while (left < all && all - left > most)
    left += step;
  return left >= all ? 0 : all - left;
}

static double
mean_score (const GenChannelGroup *group, const double *scores)
{
  double sum = 0;

  for (guint i = 0; i < group->channels->len; i++)
    sum += scores[g_array_index (group->channels, guint, i)];
  return sum / group->channels->len;
}

/* A channel with its score. */
typedef struct {
  double score;
  guint channel, group;
} Entry;

static int
compare_entries (gconstpointer a, gconstpointer b)
{
  const Entry *x = a, *y = b;

  if (x->score != y->score)
    return x->score < y->score ? -1 : 1;
  return (x->channel > y->channel) - (x->channel < y->channel);
}

/* Those of a group, or of all groups (-1) with scores beside the mean of each; the lowest first. */
static GArray *
list_entries (const GenChannels *channels, const double *scores, int only)
{
  GArray *entries = g_array_new (FALSE, FALSE, sizeof (Entry));

  for (guint g = 0; g < channels->groups->len; g++) {
    const GenChannelGroup *group = gen_channels_group (channels, g);
    const double mean = only < 0 ? mean_score (group, scores) : 1;

    if (isnan (mean))
      continue;
    for (guint i = 0; (only < 0 || (guint)only == g) && i < group->channels->len; i++) {
      const guint channel = g_array_index (group->channels, guint, i);
      const Entry entry = { mean > 0 ? scores[channel] / mean : 0, channel, g };

      g_array_append_val (entries, entry);
    }
  }
  g_array_sort (entries, compare_entries);
  return entries;
}

/* Into `counts`, for each group: how many go at a share of `ratio`. */
static void
count_groups (const GenChannels *channels, const double *scores, const GenChannelChoice *choice,
    double ratio, guint *counts)
{
  g_autofree double *asked = g_new0 (double, channels->groups->len);

  if (choice->across) {
    g_autoptr (GArray) entries = list_entries (channels, scores, -1);

    for (guint i = 0; i < MIN (entries->len, (guint)(ratio * entries->len + 0.5)); i++)
      asked[g_array_index (entries, Entry, i).group]++;
  }
  for (guint g = 0; g < channels->groups->len; g++) {
    const GenChannelGroup *group = gen_channels_group (channels, g);

    counts[g] = round_count (
        choice, group, scores, choice->across ? asked[g] : ratio * group->channels->len);
  }
}

/* --- which --- */

/* Let as many go as `counts` say; fewer where the last ones of something would go. */
static guint
take (const GenChannels *channels, const double *scores, const guint *counts, gboolean *gone)
{
  g_autoptr (GenChannelTally) tally = gen_channel_tally_new (channels);
  guint n = 0;

  for (guint i = 0; i < channels->roots->len; i++)
    gone[i] = FALSE;
  for (guint g = 0; g < channels->groups->len; g++) {
    g_autoptr (GArray) entries = list_entries (channels, scores, (int)g);
    guint left = counts[g];

    for (guint i = 0; i < entries->len && left > 0; i++) {
      const guint channel = g_array_index (entries, Entry, i).channel;

      if (!gen_channel_tally_take (tally, channel))
        continue;
      gone[channel] = TRUE;
      left--;
      n++;
    }
  }
  return n;
}

static guint
choose_share (const GenChannels *channels, const double *scores, const GenChannelChoice *choice,
    double ratio, gboolean *gone)
{
  g_autofree guint *counts = g_new0 (guint, channels->groups->len);

  count_groups (channels, scores, choice, ratio, counts);
  return take (channels, scores, counts, gone);
}

/* The least share of channels whose loss leaves no more than asked for. */
static gboolean
choose_by_measure (const GenChannels *channels, const double *scores,
    const GenChannelChoice *choice, gboolean *gone, GError **error)
{
  g_autofree gboolean *none = g_new0 (gboolean, channels->roots->len);
  const double whole = gen_channels_measure (channels, none, choice->measure, error);
  double low = 0, high = 1, left;

  if (whole < 0)
    return FALSE;
  for (int i = 0; i < HALVINGS; i++) {
    const double middle = (low + high) / 2;

    choose_share (channels, scores, choice, middle, gone);
    left = gen_channels_measure (channels, gone, choice->measure, error);
    if (left < 0)
      return FALSE;
    if (left <= (1 - choice->ratio) * whole)
      high = middle;
    else
      low = middle;
  }
  choose_share (channels, scores, choice, high, gone);
  left = gen_channels_measure (channels, gone, choice->measure, error);
  if (left >= 0 && left > (1 - choice->ratio) * whole)
    g_set_error (error, GEN_CHANNELS_ERROR, GEN_CHANNELS_ERROR_SETTING,
        "no more than %.0f %% of the %s can go within the limits, not the %.0f %% that are asked "
        "for",
        100 * (1 - left / whole),
        choice->measure == GEN_CHANNEL_MEASURE_FLOPS ? "arithmetic" : "parameters",
        100 * choice->ratio);
  return left >= 0 && left <= (1 - choice->ratio) * whole;
}

gboolean
gen_channels_choose (const GenChannels *channels, const double *scores,
    const GenChannelChoice *choice, gboolean *gone, GError **error)
{
  if (!check (choice, error))
    return FALSE;
  if (choice->measure != GEN_CHANNEL_MEASURE_CHANNELS)
    return choose_by_measure (channels, scores, choice, gone, error);
  if (choose_share (channels, scores, choice, choice->ratio, gone) > 0)
    return TRUE;
  g_set_error (error, GEN_CHANNELS_ERROR, GEN_CHANNELS_ERROR_SETTING,
      "no channel would go: the model's groups have few channels beside ratio %.2f, round-to %d "
      "and "
      "the limits",
      choice->ratio, choice->round_to);
  return FALSE;
}
