/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model quantize: a model in fewer bits, and what that costs and gains. */
#include <generative/terminal.h>

#include "quantize-speed.h"
#include "shrink-task.h"
#include "training-data.h"

#define DEFAULT_TO "int8"
#define DEFAULT_RANGE "min-max"
/* That each of many comparisons of speed takes. */
#define MOST_SECONDS 0.1

typedef struct {
  ShrinkTask task;
  char *to, *range, *keep, *budget;
  gboolean even_slower;
  GenQuantizeSettings settings;

  GStrv kept;
  const GenQuantization *way;
  Budget limit;
  GenRanges *ranges;
  GPtrArray *costly, *slow; /* names of layers that stay, for the budget, and as no faster */
} Quantize;

static void
quantize_clear (Quantize *q)
{
  g_free (q->to);
  g_free (q->range);
  g_free (q->keep);
  g_free (q->budget);
  g_strfreev (q->kept);
  g_clear_pointer (&q->ranges, gen_ranges_free);
  g_clear_pointer (&q->costly, g_ptr_array_unref);
  g_clear_pointer (&q->slow, g_ptr_array_unref);
  shrink_task_clear (&q->task);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Quantize, quantize_clear)

/* --- what goes in --- */

static gboolean
check_staged (const Quantize *q, GError **error)
{
  if (!q->task.model->staged)
    return TRUE;
  g_set_error (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_MODEL,
      "shapes within it hang on what it computes: what goes on in such a model cannot be observed");
  return FALSE;
}

static gboolean
check_drawn (const Quantize *q, GError **error)
{
  if (!shrink_task_lacks_samples (&q->task))
    return TRUE;
  if (!q->way->observes) {
    command_warn ("what is lost is told of random numbers; --calibrate names samples");
    return TRUE;
  }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--calibrate should name pictures or sounds as the model will see them: its ranges are found "
      "on these");
  return FALSE;
}

static gboolean
read_model (Quantize *q, GError **error)
{
  return shrink_task_load (&q->task, error) && check_staged (q, error) && check_drawn (q, error) &&
         shrink_task_read_samples (&q->task, error);
}

/* --- the budget --- */

static void
tell_asked (guint number, guint n, const char *name, gpointer data)
{
  g_autofree char *line = g_strdup_printf ("%u of %u layers: %s", number + 1, n, name);

  gen_terminal_print (data, line, number + 1 == n);
}

static GPtrArray *
rank (const Quantize *q, GError **error)
{
  GenTerminal terminal;

  gen_terminal_begin (&terminal);
  return gen_quantize_rank (
      q->task.graph, q->way, &q->settings, q->task.runs, tell_asked, &terminal, error);
}

static void
add_names (GPtrArray *to, const GPtrArray *names)
{
  for (guint i = 0; i < names->len; i++)
    g_ptr_array_add (to, g_ptr_array_index (names, i));
}

/* The graph in which what was asked for, what was found and `left`, ended by NULL, stay as they
 * are. */
static GenGraph *
make (const Quantize *q, const char *const *left, GPtrArray *layers, GError **error)
{
  g_autoptr (GPtrArray) keep = g_ptr_array_new ();
  GenQuantizeSettings settings = q->settings;

  for (guint i = 0; q->kept != NULL && q->kept[i] != NULL; i++)
    g_ptr_array_add (keep, q->kept[i]);
  add_names (keep, q->costly);
  add_names (keep, q->slow);
  for (guint i = 0; left != NULL && left[i] != NULL; i++)
    g_ptr_array_add (keep, (char *)left[i]);
  g_ptr_array_add (keep, NULL);
  settings.keep = keep->len > 1 ? (const char *const *)keep->pdata : NULL;
  return gen_quantize (q->task.graph, q->way, &settings, layers, error);
}

/* The names of the first `n`, ended by NULL. (transfer container) */
static const char **
first_names (const GPtrArray *ranks, guint n)
{
  const char **names = g_new0 (const char *, n + 1);

  for (guint i = 0; i < n; i++)
    names[i] = ((const GenSensitivity *)g_ptr_array_index (ranks, i))->name;
  return names;
}

/* Whether the budget is kept by it. */
static gboolean
judge (Quantize *q, const GPtrArray *ranks, guint n, gboolean *keeps, GError **error)
{
  g_autofree const char **left = first_names (ranks, n);
  g_autoptr (GenGraph) made = make (q, left, NULL, error);
  Quality quality;

  if (made == NULL || !quality_meter_measure (q->task.meter, made, &quality, error))
    return FALSE;
  *keeps = budget_keeps (&q->limit, quality_meter_first (q->task.meter), &quality);
  return TRUE;
}

/* The fewest layers, from the most sensitive one on, without which the budget is kept: more of them
 * lose less. */
static gboolean
find_left (Quantize *q, const GPtrArray *ranks, guint *left, GError **error)
{
  guint low = 0, high = ranks->len;
  gboolean keeps;

  while (low < high) {
    const guint middle = (low + high) / 2;

    if (!judge (q, ranks, middle, &keeps, error))
      return FALSE;
    if (keeps)
      high = middle;
    else
      low = middle + 1;
  }
  if (low == ranks->len) {
    g_set_error (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_MODEL,
        "--budget %s: no layer can be quantised without more being lost", q->budget);
    return FALSE;
  }
  *left = low;
  return TRUE;
}

/* Sensitive layers are looked for only where it takes some. */
static gboolean
keep_budget (Quantize *q, GError **error)
{
  g_autoptr (GPtrArray) ranks = NULL;
  gboolean keeps = TRUE;
  guint left;

  if (q->budget == NULL)
    return TRUE;
  if (!judge (q, NULL, 0, &keeps, error))
    return FALSE;
  if (keeps)
    return TRUE;
  if ((ranks = rank (q, error)) == NULL || !find_left (q, ranks, &left, error))
    return FALSE;
  for (guint i = 0; i < left; i++)
    g_ptr_array_add (
        q->costly, g_strdup (((const GenSensitivity *)g_ptr_array_index (ranks, i))->name));
  return TRUE;
}

/* --- speed --- */

static GenGraph *
make_without (gpointer data, const char *const *left, GError **error)
{
  return make (data, left, NULL, error);
}

/* Nobody wants a model of bytes that is slower, unless it is asked for; what is not timed is not
 * known to be. */
static gboolean
leave_slow (Quantize *q, GError **error)
{
  const QuantizeSpeed speed = { q->task.graph, &q->task.preparation,
    MIN (q->task.seconds, MOST_SECONDS), make_without, q };
  g_autoptr (GPtrArray) layers =
      g_ptr_array_new_with_free_func ((GDestroyNotify)gen_shrunk_layer_free);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_auto (GStrv) slow = NULL;
  g_autoptr (GenGraph) made = NULL;

  if (q->even_slower || !q->way->hastens || q->task.seconds == 0)
    return TRUE;
  made = make (q, NULL, layers, error);
  if (made == NULL)
    return FALSE;
  for (guint i = 0; i < layers->len; i++) {
    const GenShrunkLayer *layer = g_ptr_array_index (layers, i);

    if (layer->changed)
      g_ptr_array_add (names, layer->name);
  }
  slow = quantize_speed_find_slow (&speed, names, error);
  for (guint i = 0; slow != NULL && slow[i] != NULL; i++)
    g_ptr_array_add (q->slow, g_strdup (slow[i]));
  return slow != NULL;
}

/* --- all of it --- */

static void
say_why (GPtrArray *layers, GPtrArray *names, const char *why)
{
  for (guint i = 0; i < layers->len; i++) {
    GenShrunkLayer *layer = g_ptr_array_index (layers, i);

    if (!g_ptr_array_find_with_equal_func (names, layer->name, g_str_equal, NULL))
      continue;
    g_free (layer->done);
    layer->done = g_strdup_printf ("float32, %s", why);
  }
}

static GenGraph *
make_best (Quantize *q, GError **error)
{
  g_autoptr (GenGraph) made = NULL;

  q->costly = g_ptr_array_new_with_free_func (g_free);
  q->slow = g_ptr_array_new_with_free_func (g_free);
  if (!keep_budget (q, error) || !leave_slow (q, error) ||
      (made = make (q, NULL, q->task.table.layers, error)) == NULL)
    return NULL;
  say_why (q->task.table.layers, q->costly, "to keep the budget");
  say_why (q->task.table.layers, q->slow, "no gain here");
  return g_steal_pointer (&made);
}

static gboolean
read_settings (Quantize *q, GError **error)
{
  q->way = gen_quantization_find (q->to != NULL ? q->to : DEFAULT_TO, error);
  if (q->way == NULL)
    return FALSE;
  q->settings.method = gen_range_method_find (q->range != NULL ? q->range : DEFAULT_RANGE, error);
  if (q->settings.method == NULL ||
      (q->budget != NULL && !budget_parse (&q->limit, q->budget, error)))
    return FALSE;
  if (q->budget != NULL && g_str_equal (q->limit.metric, "frechet") && q->task.reference == NULL) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--budget %s: the Fréchet distance is one to real samples, which --reference should name",
        q->budget);
    return FALSE;
  }
  if (q->keep != NULL)
    q->kept = g_strsplit (q->keep, ",", -1);
  q->settings.keep = (const char *const *)q->kept;
  return TRUE;
}

static gboolean
tell (const Quantize *q, GError **error)
{
  g_autofree char *heading =
      g_strdup_printf ("%s: %s of %s", q->task.output, q->way->name, q->task.path);

  return shrink_task_tell (&q->task, "to", q->way->name, heading, error);
}

static gboolean
quantize (Quantize *q, GError **error)
{
  g_autoptr (GenGraph) made = NULL;

  if (!read_model (q, error))
    return FALSE;
  if (q->way->observes) {
    q->ranges = gen_ranges_observe (q->task.graph, q->task.runs, &q->settings, error);
    q->settings.ranges = q->ranges;
    if (q->ranges == NULL)
      return FALSE;
  }
  made = make_best (q, error);
  return made != NULL && shrink_task_finish (&q->task, made, error) && tell (q, error);
}

static char *
describe (void)
{
  GString *text = g_string_new (
      "Ranges of activations are found on samples as the model will see them: what datasetsrc "
      "reads, "
      "an array\nof its first input (.npy), or several by the names of inputs (.npz). Latents and "
      "classes are drawn where\nnothing is named. What comes behind is said of these samples and "
      "of "
      "the reference, or of the one whose\nname is in front:\n\n"
      "  generative-model quantize ema.onnx -o small.onnx --reference=digits.png tile-width=20 "
      "tile-height=20\n\nTo:\n");

  for (const GenQuantization *const *way = gen_quantization_list (); *way != NULL; way++)
    g_string_append_printf (text, "  %-14s %s\n", (*way)->name, (*way)->summary);
  g_string_append (text, "\nRanges:\n");
  for (const GenRangeMethod *const *way = gen_range_method_list (); *way != NULL; way++)
    g_string_append_printf (text, "  %-14s %s\n", (*way)->name, (*way)->summary);
  g_string_append (text, "\nNames:\n");
  training_data_describe_settings (text);
  return g_string_free (text, FALSE);
}

static int
run (int argc, char **argv)
{
  g_auto (Quantize) q = { .settings = GEN_QUANTIZE_DEFAULTS };
  const GOptionEntry entries[] = {
    SHRINK_TASK_OUTPUT_ENTRY (q.task),
    { "to", 0, 0, G_OPTION_ARG_STRING, &q.to, "What it becomes (" DEFAULT_TO ")", "NAME" },
    { "range", 'r', 0, G_OPTION_ARG_STRING, &q.range, "How ranges are chosen (" DEFAULT_RANGE ")",
        "NAME" },
    { "percentile", 0, 0, G_OPTION_ARG_DOUBLE, &q.settings.percentile,
        "With --range=percentile: how much of all numbers is within (99.99)", "P" },
    { "symmetric", 0, 0, G_OPTION_ARG_NONE, &q.settings.symmetric,
        "Activations are int8 around 0, and not uint8 with a zero point", NULL },
    { "weight-bits", 0, 0, G_OPTION_ARG_INT, &q.settings.weight_bits,
        "Of int8: 8, or 7, which is faster on processors without VNNI (8)", "N" },
    { "block", 0, 0, G_OPTION_ARG_INT, &q.settings.block,
        "Of int4-weights: neighbours that share a scale (32)", "N" },
    { "keep", 'k', 0, G_OPTION_ARG_STRING, &q.keep, "Layers that stay as they are", "NAME,…" },
    { "budget", 0, 0, G_OPTION_ARG_STRING, &q.budget,
        "What may be lost: sensitive layers stay until it is kept", "frechet<3%" },
    { "even-slower", 0, 0, G_OPTION_ARG_NONE, &q.even_slower,
        "Layers become bytes where they are no faster here, too", NULL },
    SHRINK_TASK_CALIBRATE_ENTRY (q.task, 'c'),
    SHRINK_TASK_ENTRIES (q.task),
    { NULL },
  };
  g_autofree char *details = describe ();
  GError *error = NULL;
  int status;

  shrink_task_init (&q.task);
  status = shrink_task_parse (&q.task, &command_quantize, entries, details, argc, argv);
  if (status != STATUS_FINE)
    return status;
  if (!read_settings (&q, &error))
    return command_fail (error);
  return quantize (&q, &error) ? STATUS_FINE : command_fail_of (q.task.path, error);
}

const Command command_quantize = {
  .name = "quantize",
  .arguments = "MODEL [NAME=VALUE…]",
  .summary = "Make a model of fewer bits, and tell what it gains and loses",
  .run = run,
};
