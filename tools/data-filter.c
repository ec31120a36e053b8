/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model data filter: the list of what is to be left out of a folder, and why. */
#include <gio/gio.h>
#include <string.h>

#include "command.h"
#include "data.h"

typedef struct {
  DataOptions data;
  char *out, *distance;
  char **without, **minima, **maxima;
} FilterOptions;

/* "sharpness=20" is what min-sharpness says. */
static gboolean
take_limits (FilterOptions *options, const char *prefix, char *const *limits, GError **error)
{
  for (; limits != NULL && *limits != NULL; limits++) {
    const char *equals = strchr (*limits, '=');
    g_autofree char *name = equals != NULL ? g_strndup (*limits, (gsize)(equals - *limits)) : NULL;
    g_autofree char *setting = name != NULL ? g_strconcat (prefix, "-", name, NULL) : NULL;

    if (equals == NULL) {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
          "%s: a measure and a number are expected, as in sharpness=20", *limits);
      return FALSE;
    }
    if (strcmp (name, "gate") != 0 && gen_data_measure_find (name, NULL, error) < 0)
      return FALSE;
    if (!data_options_say (&options->data, setting, equals + 1, error))
      return FALSE;
  }
  return TRUE;
}

/* What cannot be read is left out in any case. */
static gboolean
take_findings (FilterOptions *options, GError **error)
{
  g_autofree char *names =
      options->without != NULL ? g_strjoinv (",", options->without) : g_strdup ("");
  g_autofree char *all = g_strconcat ("bad", *names != '\0' ? "," : "", names, NULL);

  return data_options_say (&options->data, "without", all, error);
}

static gboolean
take_options (FilterOptions *options, GError **error)
{
  if (!data_options_take (&options->data, error) || !take_findings (options, error) ||
      !take_limits (options, "min", options->minima, error) ||
      !take_limits (options, "max", options->maxima, error))
    return FALSE;
  options->data.settings.filter.report = g_strdup (options->out);
  return options->distance == NULL ||
         data_options_say (&options->data, "duplicate-distance", options->distance, error);
}

static void
print_summary (JsonObject *summary, const char *path)
{
  JsonObject *reasons = json_object_get_object_member (summary, "reasons");
  JsonObjectIter iter;
  const char *reason;
  JsonNode *count;

  g_print ("%s: %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " items are kept\n",
      json_object_get_string_member (summary, "location"),
      json_object_get_int_member (summary, "kept"), json_object_get_int_member (summary, "items"));
  json_object_iter_init (&iter, reasons);
  while (json_object_iter_next (&iter, &reason, &count))
    g_print ("  %-18s %8" G_GINT64_FORMAT "\n", reason, json_node_get_int (count));
  g_print ("%s names what is left out, and why\n", path);
}

static gboolean
filter (FilterOptions *options, const char *location, GError **error)
{
  GenDataSettings *data = &options->data.settings;
  GenTerminal terminal;
  GenDataFilterRun run = { .progress = data_print_progress, .data = &terminal };
  g_autoptr (GenDataset) dataset = NULL;
  g_autoptr (JsonObject) summary = NULL;
  GenDatasetSettings opening;

  if (!take_options (options, error))
    return FALSE;
  opening = gen_data_settings_dataset (data);
  dataset = gen_dataset_open (location, &opening, error);
  if (dataset == NULL)
    return FALSE;
  run.threads = data->threads;
  gen_terminal_begin (&terminal);
  summary = gen_data_filter_judge (&data->filter, &run, dataset, error);
  if (summary == NULL)
    return FALSE;
  print_summary (summary, options->out);
  return TRUE;
}

static const Command command_data_filter = {
  .name = "filter",
  .arguments = "FOLDER",
  .summary = "Write the list of what is to be left out of a folder, for datasetsrc leave-out=LIST",
};

static char *
describe_lists (void)
{
  GString *text = g_string_new ("What --without takes:\n");

  for (const GenDataFinding *const *f = gen_data_finding_list (); *f != NULL; f++)
    g_string_append_printf (text, "  %-20s %s\n", (*f)->name, (*f)->summary);
  g_string_append (text, "\nMeasures:\n");
  for (const GenDataMeasure *const *m = gen_data_measure_list (); *m != NULL; m++)
    g_string_append_printf (text, "  %-20s %s (%s)\n", (*m)->name, (*m)->summary, (*m)->unit);
  return g_string_free (text, FALSE);
}

int
data_filter (int argc, char **argv)
{
  FilterOptions options = { 0 };
  const GOptionEntry own[] = {
    { "out", 'o', 0, G_OPTION_ARG_FILENAME, &options.out, "The list, JSON Lines", "LIST" },
    { "without", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.without,
        "Leave out what has one of these findings", "FINDING,..." },
    { "min", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.minima,
        "Leave out what has less of a measure (or of 'gate'); the same as --min-MEASURE=NUMBER",
        "MEASURE=NUMBER" },
    { "max", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.maxima, "Leave out what has more of it",
        "MEASURE=NUMBER" },
    { "distance", 0, 0, G_OPTION_ARG_STRING, &options.distance, "The same as --duplicate-distance",
        "BITS" },
  };
  g_autoptr (GArray) entries = g_array_new (TRUE, TRUE, sizeof (GOptionEntry));
  g_autofree char *lists = describe_lists ();
  GError *error = NULL;
  int status = STATUS_USAGE;

  g_array_append_vals (entries, own, G_N_ELEMENTS (own));
  data_options_add (&options.data, entries, TRUE);
  if (command_parse (&command_data_filter, (const GOptionEntry *)(void *)entries->data, lists, 1, 1,
          &argc, &argv)) {
    if (options.out == NULL)
      g_printerr ("%s: --out=LIST says where the list is written\n", g_get_prgname ());
    else
      status = filter (&options, argv[1], &error) ? STATUS_FINE : command_fail (error);
  }
  g_free (options.out);
  g_free (options.distance);
  g_strfreev (options.without);
  g_strfreev (options.minima);
  g_strfreev (options.maxima);
  data_options_clear (&options.data);
  return status;
}
