/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model prune: a model without some of its channels, or with zeros among its weights,
 * and what that costs and gains. */
#include <generative/channel-choice.h>
#include <generative/channel-criterion.h>
#include <generative/weight-mask.h>

#include "../lib/shrink/settle.h"
#include "shrink-task.h"
#include "training-data.h"

#define DEFAULT_CRITERION "l2"

typedef struct {
  ShrinkTask task;
  char *criterion, *of, *mask, *keep;
  char **limits;
  double least_sqnr;
  GenChannelChoice choice;

  const GenChannelCriterion *way;
  const GenWeightMask *zeros; /* NULL: channels go */
  GArray *limit_list;         /* of GenChannelLimit */
  GStrv kept;
} Prune;

static void
limit_clear (gpointer data)
{
  g_free (((GenChannelLimit *)data)->pattern);
}

static void
prune_clear (Prune *p)
{
  g_free (p->criterion);
  g_free (p->of);
  g_free (p->mask);
  g_free (p->keep);
  g_strfreev (p->limits);
  g_strfreev (p->kept);
  g_clear_pointer (&p->limit_list, g_array_unref);
  shrink_task_clear (&p->task);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Prune, prune_clear)

/* --- what is asked for --- */

static gboolean
fail_option (GError **error, const char *text)
{
  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, text);
  return FALSE;
}

static void
add_limit (Prune *p, const char *pattern, double ratio)
{
  const GenChannelLimit limit = { g_strdup (pattern), ratio };

  g_array_append_val (p->limit_list, limit);
}

/* "up1*=0.25" */
static gboolean
read_limit (Prune *p, const char *text, GError **error)
{
  const char *equals = strrchr (text, '=');
  g_autofree char *pattern = equals != NULL ? g_strndup (text, (gsize)(equals - text)) : NULL;
  char *end = NULL;
  const double ratio = equals != NULL ? g_ascii_strtod (equals + 1, &end) : 0;

  if (equals == NULL || end == equals + 1 || *end != '\0' || *pattern == '\0') {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--limit '%s' should be the name of a weight, or a pattern, and the share of its channels "
        "that may go, such as up1*=0.25",
        text);
    return FALSE;
  }
  add_limit (p, pattern, ratio);
  return TRUE;
}

static gboolean
read_limits (Prune *p, GError **error)
{
  p->limit_list = g_array_new (FALSE, FALSE, sizeof (GenChannelLimit));
  g_array_set_clear_func (p->limit_list, limit_clear);
  for (char **limit = p->limits; limit != NULL && *limit != NULL; limit++)
    if (!read_limit (p, *limit, error))
      return FALSE;
  p->kept = p->keep != NULL ? g_strsplit (p->keep, ",", -1) : NULL;
  for (char **name = p->kept; name != NULL && *name != NULL; name++)
    add_limit (p, *name, 0);
  return TRUE;
}

static gboolean
read_measure (Prune *p, GError **error)
{
  static const char *const names[] = { "channels", "parameters", "flops", NULL };

  for (guint i = 0; names[i] != NULL; i++)
    if (p->of == NULL || g_str_equal (p->of, names[i])) {
      p->choice.measure = (GenChannelMeasure)i;
      return TRUE;
    }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--of is '%s', which should be one of channels, parameters, flops", p->of);
  return FALSE;
}

static gboolean
read_settings (Prune *p, GError **error)
{
  if (p->mask != NULL && (p->criterion != NULL || p->of != NULL || p->limits != NULL ||
                             p->choice.across || p->least_sqnr > 0))
    return fail_option (error, "--zeros leaves all channels: --criterion, --of, --limit, --across "
                               "and --least-sqnr are for "
                               "those that go");
  p->way =
      gen_channel_criterion_find (p->criterion != NULL ? p->criterion : DEFAULT_CRITERION, error);
  if (p->way == NULL ||
      (p->mask != NULL && (p->zeros = gen_weight_mask_find (p->mask, error)) == NULL))
    return FALSE;
  return read_measure (p, error) && read_limits (p, error);
}

/* --- the model --- */

static gboolean
read_model (Prune *p, GError **error)
{
  if (!shrink_task_load (&p->task, error))
    return FALSE;
  if (p->task.model->staged) {
    g_set_error_literal (error, GEN_CHANNELS_ERROR, GEN_CHANNELS_ERROR_MODEL,
        "shapes within it hang on what it computes: which channels it has cannot be known before");
    return FALSE;
  }
  if (shrink_task_lacks_samples (&p->task))
    command_warn ("what is lost is told of random numbers; --calibrate names samples");
  return shrink_task_read_samples (&p->task, error);
}

/* A copy of the graph with the shapes of runs. */
static GenGraph *
infer (const Prune *p, GError **error)
{
  g_autoptr (GenGraph) shaped = gen_graph_copy (p->task.graph);

  for (guint i = 0; i < gen_run_set_n_inputs (p->task.runs); i++) {
    const GenBinding *binding = gen_run_set_input (p->task.runs, i);
    GenTensor *input = gen_graph_find (shaped, binding->name);

    if (input != NULL && !gen_graph_set_input_shape (shaped, input, &binding->shape, error))
      return NULL;
  }
  return gen_graph_infer (shaped, error) ? g_steal_pointer (&shaped) : NULL;
}

/* --- channels --- */

/* Groups that cost more than may be lost stay, and others are chosen from anew. */
static gboolean
leave_sensitive (Prune *p, const GenChannels *channels, const double *sqnrs)
{
  const guint n = p->limit_list->len;

  for (guint g = 0; g < gen_channels_n_groups (channels); g++)
    if (sqnrs[g] < p->least_sqnr)
      add_limit (p, gen_channels_group (channels, g)->name, 0);
  return p->limit_list->len > n;
}

static gboolean
choose (Prune *p, const GenChannels *channels, const double *scores, gboolean *gone, GError **error)
{
  p->choice.limits = (const GenChannelLimit *)p->limit_list->data;
  p->choice.n_limits = p->limit_list->len;
  return gen_channels_choose (channels, scores, &p->choice, gone, error);
}

static GenGraph *
cut_channels (Prune *p, const GenChannels *channels, GError **error)
{
  g_autofree double *scores = g_new0 (double, gen_channels_count (channels));
  g_autofree double *sqnrs = g_new0 (double, gen_channels_n_groups (channels));
  g_autofree gboolean *gone = g_new0 (gboolean, gen_channels_count (channels));

  if (!p->way->score (channels, p->task.runs, scores, error) ||
      !choose (p, channels, scores, gone, error) ||
      !gen_channels_rank (channels, gone, p->task.runs, sqnrs, error))
    return NULL;
  if (p->least_sqnr > 0 && leave_sensitive (p, channels, sqnrs) &&
      !(choose (p, channels, scores, gone, error) &&
          gen_channels_rank (channels, gone, p->task.runs, sqnrs, error)))
    return NULL;
  gen_channels_tell (channels, gone, sqnrs, p->task.table.layers);
  return gen_channels_cut (channels, gone, error);
}

static GenGraph *
prune_channels (Prune *p, GError **error)
{
  g_autoptr (GenGraph) shaped = infer (p, error), settled = NULL;
  g_autoptr (GenChannels) channels = NULL;

  if (shaped == NULL)
    return NULL;
  settled = gen_graph_copy (p->task.graph);
  gen_graph_settle (settled, shaped);
  gen_graph_part_constants (settled);
  channels = gen_channels_find (settled, shaped, error);
  return channels != NULL ? cut_channels (p, channels, error) : NULL;
}

static GenGraph *
make (Prune *p, GError **error)
{
  if (p->zeros == NULL)
    return prune_channels (p, error);
  return gen_weight_mask_apply (p->task.graph, p->zeros, p->choice.ratio,
      (const char *const *)p->kept, p->task.table.layers, error);
}

/* --- all of it --- */

static gboolean
tell (const Prune *p, GError **error)
{
  const char *output = p->task.output, *path = p->task.path;
  g_autofree char *heading = NULL;

  if (p->zeros != NULL) {
    heading = g_strdup_printf (
        "%s: zeros in %s (%s), as large and as fast as before", output, path, p->zeros->name);
    return shrink_task_tell (&p->task, "zeros", p->zeros->name, heading, error);
  }
  heading = g_strdup_printf (
      "%s: %s without the channels that are worth least by %s", output, path, p->way->name);
  return shrink_task_tell (&p->task, "criterion", p->way->name, heading, error);
}

static gboolean
prune (Prune *p, GError **error)
{
  g_autoptr (GenGraph) made = NULL;

  if (!read_model (p, error))
    return FALSE;
  made = make (p, error);
  return made != NULL && shrink_task_finish (&p->task, made, error) && tell (p, error);
}

static char *
describe (void)
{
  GString *text = g_string_new (
      "Channels that go leave nothing behind: the model is dense, and has the inputs and outputs "
      "that it had. It\nhas to be trained on, by recipe generator-distillation or as it was "
      "trained.\n\n"
      "  generative-model prune ema.onnx -o half.onnx --ratio=0.5 --round-to=8\n\nCriteria:\n");

  for (const GenChannelCriterion *const *way = gen_channel_criterion_list (); *way != NULL; way++)
    g_string_append_printf (text, "  %-14s %s\n", (*way)->name, (*way)->summary);
  g_string_append (text, "\nZeros:\n");
  for (const GenWeightMask *const *way = gen_weight_mask_list (); *way != NULL; way++)
    g_string_append_printf (text, "  %-14s %s\n", (*way)->name, (*way)->summary);
  g_string_append (text, "\nNames:\n");
  training_data_describe_settings (text);
  return g_string_free (text, FALSE);
}

static int
run (int argc, char **argv)
{
  g_auto (Prune) p = { .choice = GEN_CHANNEL_CHOICE_DEFAULTS };
  const GOptionEntry entries[] = {
    SHRINK_TASK_OUTPUT_ENTRY (p.task),
    { "ratio", 'r', 0, G_OPTION_ARG_DOUBLE, &p.choice.ratio, "The share that goes (0.5)", "SHARE" },
    { "of", 0, 0, G_OPTION_ARG_STRING, &p.of,
        "Of what: channels of each layer, parameters or flops (channels)", "NAME" },
    { "criterion", 'c', 0, G_OPTION_ARG_STRING, &p.criterion,
        "What a channel is worth (" DEFAULT_CRITERION ")", "NAME" },
    { "across", 0, 0, G_OPTION_ARG_NONE, &p.choice.across,
        "Compare channels of all layers, and not those of one alone", NULL },
    { "round-to", 0, 0, G_OPTION_ARG_INT, &p.choice.round_to,
        "What is left of a layer is a multiple of it (1)", "N" },
    { "most", 0, 0, G_OPTION_ARG_DOUBLE, &p.choice.most,
        "The share of a layer's channels that may go (0.9)", "SHARE" },
    { "limit", 'l', 0, G_OPTION_ARG_STRING_ARRAY, &p.limits,
        "The same of layers whose weights are called so", "NAME=SHARE" },
    { "keep", 'k', 0, G_OPTION_ARG_STRING, &p.keep, "Layers whose channels stay, by their weights",
        "NAME,…" },
    { "least-sqnr", 0, 0, G_OPTION_ARG_DOUBLE, &p.least_sqnr,
        "Leave layers whose loss alone brings the outputs below it", "DB" },
    { "zeros", 'z', 0, G_OPTION_ARG_STRING, &p.mask,
        "Let single weights be zero, and all channels stay", "NAME" },
    SHRINK_TASK_CALIBRATE_ENTRY (p.task, 0),
    SHRINK_TASK_ENTRIES (p.task),
    { NULL },
  };
  g_autofree char *details = describe ();
  GError *error = NULL;
  int status;

  shrink_task_init (&p.task);
  status = shrink_task_parse (&p.task, &command_prune, entries, details, argc, argv);
  if (status != STATUS_FINE)
    return status;
  if (!read_settings (&p, &error))
    return command_fail (error);
  return prune (&p, &error) ? STATUS_FINE : command_fail_of (p.task.path, error);
}

const Command command_prune = {
  .name = "prune",
  .arguments = "MODEL [NAME=VALUE…]",
  .summary = "Make a model smaller by channels that are worth little, and tell what it loses",
  .run = run,
};
