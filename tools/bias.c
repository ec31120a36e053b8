/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model bias: whether groups of samples are served differently, and how sure that is. */
#include "bias.h"

#include <string.h>

#include <generative/metric.h>

#include "../lib/base/json-file.h"
#include "command.h"
#include "report.h"
#include "training-data.h"

/* --- what was read --- */

static void
figure_free (gpointer data)
{
  BiasFigure *figure = data;

  g_clear_pointer (&figure->values, g_ptr_array_unref);
  g_clear_pointer (&figure->means, g_array_unref);
  g_free (figure->name);
  g_free (figure);
}

void
bias_set_init (BiasSet *set)
{
  set->groups = g_ptr_array_new_with_free_func (g_free);
  set->figures = g_ptr_array_new_with_free_func (figure_free);
}

void
bias_set_clear (BiasSet *set)
{
  g_clear_pointer (&set->groups, g_ptr_array_unref);
  g_clear_pointer (&set->figures, g_ptr_array_unref);
}

static guint
find_group (BiasSet *set, const char *name)
{
  for (guint i = 0; i < set->groups->len; i++)
    if (g_str_equal (set->groups->pdata[i], name))
      return i;
  g_ptr_array_add (set->groups, g_strdup (name));
  return set->groups->len - 1;
}

static BiasFigure *
find_figure (BiasSet *set, const char *name)
{
  BiasFigure *figure;

  for (guint i = 0; i < set->figures->len; i++) {
    figure = set->figures->pdata[i];
    if (g_str_equal (figure->name, name))
      return figure;
  }
  figure = g_new0 (BiasFigure, 1);
  figure->name = g_strdup (name);
  g_ptr_array_add (set->figures, figure);
  return figure;
}

void
bias_set_add (BiasSet *set, const char *figure, const char *group, double value)
{
  BiasFigure *found = find_figure (set, figure);
  const guint place = find_group (set, group);

  if (found->values == NULL)
    found->values = g_ptr_array_new_with_free_func ((GDestroyNotify)g_array_unref);
  while (found->values->len <= place)
    g_ptr_array_add (found->values, g_array_new (FALSE, FALSE, sizeof (double)));
  g_array_append_val ((GArray *)found->values->pdata[place], value);
}

void
bias_set_add_mean (BiasSet *set, const char *figure, const char *group, const BiasMean *mean)
{
  BiasFigure *found = find_figure (set, figure);
  const guint place = find_group (set, group);

  if (found->means == NULL)
    found->means = g_array_new (FALSE, TRUE, sizeof (BiasMean));
  if (found->means->len <= place)
    g_array_set_size (found->means, place + 1);
  g_array_index (found->means, BiasMean, place) = *mean;
}

/* --- which is better --- */

/* What no metric tells of: whether a classifier is right, and whether a gate lets pass. */
static GenBetter
find_better (const char *name)
{
  static const struct {
    const char *name;
    GenBetter better;
  } others[] = { { "accuracy", GEN_BETTER_HIGHER }, { "correct", GEN_BETTER_HIGHER },
    { "gate-closed", GEN_BETTER_LOWER } };
  const GenField *field = gen_metric_find_field (name, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    if (g_str_equal (others[i].name, name))
      return others[i].better;
  return field != NULL ? field->better : GEN_BETTER_NEITHER;
}

/* FALSE with `error` where one of `names` is no figure. */
static gboolean
check_names (const BiasSet *set, const char *const *names, GError **error)
{
  for (; *names != NULL; names++) {
    gboolean found = **names == '\0';

    for (guint i = 0; i < set->figures->len && !found; i++)
      found = g_str_equal (((BiasFigure *)set->figures->pdata[i])->name, *names);
    if (!found) {
      g_autoptr (GString) there = g_string_new (NULL);

      for (guint i = 0; i < set->figures->len; i++)
        g_string_append_printf (
            there, "%s%s", i > 0 ? ", " : "", ((BiasFigure *)set->figures->pdata[i])->name);
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
          "there is no figure \"%s\" to say which is better of; there are: %s", *names, there->str);
      return FALSE;
    }
  }
  return TRUE;
}

/* Set which is better of all figures, and drop those of which neither is. FALSE with `error` where
 * none is left, or one that was named is not there. */
static gboolean
rank_figures (BiasSet *set, const char *higher, const char *lower, GError **error)
{
  g_auto (GStrv) highers = g_strsplit (higher != NULL ? higher : "", ",", -1);
  g_auto (GStrv) lowers = g_strsplit (lower != NULL ? lower : "", ",", -1);
  g_autoptr (GString) dropped = g_string_new (NULL);

  if (!check_names (set, (const char *const *)highers, error) ||
      !check_names (set, (const char *const *)lowers, error))
    return FALSE;
  for (guint i = set->figures->len; i-- > 0;) {
    BiasFigure *figure = set->figures->pdata[i];

    figure->better =
        g_strv_contains ((const char *const *)highers, figure->name)  ? GEN_BETTER_HIGHER
        : g_strv_contains ((const char *const *)lowers, figure->name) ? GEN_BETTER_LOWER
                                                                      : find_better (figure->name);
    if (figure->better != GEN_BETTER_NEITHER)
      continue;
    g_string_append_printf (dropped, "%s%s", dropped->len > 0 ? ", " : "", figure->name);
    g_ptr_array_remove_index (set->figures, i);
  }
  if (set->figures->len > 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "there is no figure of which more or less is better%s%s; --higher=NAME or --lower=NAME says "
      "which is",
      dropped->len > 0 ? ", of " : "", dropped->str);
  return FALSE;
}

/* --- the command --- */

static gboolean
read_set (BiasSet *set, const BiasSource *source, GError **error)
{
  const gboolean is_model =
      g_str_has_suffix (source->path, ".onnx") || g_file_test (source->path, G_FILE_TEST_IS_DIR);

  if (is_model)
    return bias_run_classifier (set, source, error);
  return run_is_of_comparison (source->path) ? bias_read_comparison (set, source, error)
                                             : bias_read_lines (set, source, error);
}

static gboolean
check_settings (int least, int resamples, GError **error)
{
  if (least >= 2 && resamples >= 100 && resamples <= 1000000)
    return TRUE;
  if (least < 2)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--least is %d, which should be 2 and more: of one sample nothing can be said", least);
  else
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--resamples is %d, which should be from 100 to 1000000", resamples);
  return FALSE;
}

static void
print_json (JsonObject *object)
{
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), object);
  g_autofree char *text = gen_json_to_text (root, TRUE);

  g_print ("%s\n", text);
}

static char *
describe (void)
{
  GString *text = g_string_new (
      "Compared are\n"
      "  MODEL DATA…     whether a classifier is right, of each sample of the data; MODEL is its "
      "file, "
      "or the\n                  folder of its training\n"
      "  REPORT          lines of JSON with the figures of a sample each, and in the member --by "
      "its "
      "group\n"
      "  REPORT DATA…    lines as report=FILE writes them, of a stream of the data: frame N is of "
      "the "
      "item that\n                  datasetsrc shows as frame N with the same settings\n"
      "  COMPARISON      what compare --classes --halves=N --json has printed\n\n"
      "DATA is a place, and NAME=VALUE of what train has in \"data\". --by is then class (the "
      "default), or\ngroup: a column of a manifest, or a member of a sample's object.\n\n"
      "  generative-model bias classes/ema.onnx digits.png tile-width=20 rows-per-label=5 "
      "split=test\n"
      "  generative-model bias gate.jsonl people.csv shuffle=false --by=group\n\n"
      "What --json prints, generative-model report --html shows as a page. Names of DATA:\n");

  training_data_describe_settings (text);
  return g_string_free (text, FALSE);
}

static int
run (int argc, char **argv)
{
  GenGroupSettings settings = GEN_GROUP_SETTINGS_DEFAULTS;
  g_autofree char *by = NULL, *higher = NULL, *lower = NULL, *details = describe ();
  int least = (int)settings.least, resamples = (int)settings.resamples;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "by", 'b', 0, G_OPTION_ARG_STRING, &by,
        "What groups are of: class or group of the data, or a member of the lines", "NAME" },
    { "higher", 0, 0, G_OPTION_ARG_STRING, &higher, "Figures of which more is better, by commas",
        "NAMES" },
    { "lower", 0, 0, G_OPTION_ARG_STRING, &lower, "Figures of which less is better, by commas",
        "NAMES" },
    { "least", 'l', 0, G_OPTION_ARG_INT, &least,
        "Samples that a group has to have for anything to be said of it (30)", "N" },
    { "resamples", 0, 0, G_OPTION_ARG_INT, &resamples,
        "Samples of samples that intervals are found by (2000)", "N" },
    { "seed", 's', 0, G_OPTION_ARG_INT64, &settings.seed, "Of chance (0)", "N" },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL },
    { NULL },
  };
  g_autoptr (JsonObject) described = NULL;
  g_auto (BiasSet) set = { 0 };
  BiasSource source;
  GError *error = NULL;

  if (!command_parse (&command_bias, entries, details, 1, -1, &argc, &argv))
    return STATUS_USAGE;
  if (!check_settings (least, resamples, &error))
    return command_fail (error);
  settings.least = (guint)least;
  settings.resamples = (guint)resamples;
  source = (BiasSource){ argv[1], argv + 2, by };
  bias_set_init (&set);
  if (!read_set (&set, &source, &error) || !rank_figures (&set, higher, lower, &error))
    return command_fail (error);
  described = bias_describe (&set, by != NULL ? by : "class", &settings);
  if (json)
    print_json (described);
  else
    bias_print (described);
  return STATUS_FINE;
}

const Command command_bias = {
  .name = "bias",
  .arguments = "MODEL|REPORT|COMPARISON [DATA…]",
  .summary = "Say which groups of samples are served worse, and how sure that is",
  .run = run,
};
