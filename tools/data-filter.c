/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model data filter: the list of what is to be left out of a folder, and why. */
#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "command.h"
#include "data.h"

typedef struct {
  DataOptions data;
  char *out, *deny;
  char **without, **minima, **maxima;
} FilterOptions;

/* "sharpness=20". */
static gboolean
read_limit (
    const char *text, gboolean is_minimum, gboolean has_gate, GArray *limits, GError **error)
{
  const char *equals = strchr (text, '=');
  g_autofree char *name = equals != NULL ? g_strndup (text, (gsize)(equals - text)) : NULL;
  GenDataLimit limit = { .measure = -1, .minimum = -INFINITY, .maximum = INFINITY };
  char *end = NULL;
  double value = equals != NULL ? g_ascii_strtod (equals + 1, &end) : 0;

  if (equals == NULL || end == equals + 1 || *end != '\0' || !isfinite (value)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "%s: a measure and a number are expected, as in sharpness=20", text);
    return FALSE;
  }
  if (strcmp (name, "gate") == 0 && !has_gate) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "%s: there is no gate; --gate=FILE.onnx names one", text);
    return FALSE;
  }
  if (strcmp (name, "gate") != 0) {
    limit.measure = gen_data_measure_find (name, NULL, error);
    if (limit.measure < 0)
      return FALSE;
  }
  if (is_minimum)
    limit.minimum = value;
  else
    limit.maximum = value;
  g_array_append_val (limits, limit);
  return TRUE;
}

static gboolean
read_limits (const FilterOptions *options, GArray *limits, GError **error)
{
  for (guint i = 0; options->minima != NULL && options->minima[i] != NULL; i++)
    if (!read_limit (options->minima[i], TRUE, options->data.gate != NULL, limits, error))
      return FALSE;
  for (guint i = 0; options->maxima != NULL && options->maxima[i] != NULL; i++)
    if (!read_limit (options->maxima[i], FALSE, options->data.gate != NULL, limits, error))
      return FALSE;
  return TRUE;
}

/* "blank,blurred", given any number of times. */
static gboolean
read_findings (const FilterOptions *options, GPtrArray *findings, GError **error)
{
  for (guint i = 0; options->without != NULL && options->without[i] != NULL; i++) {
    g_auto (GStrv) names = g_strsplit (options->without[i], ",", -1);

    for (guint k = 0; names[k] != NULL; k++) {
      const GenDataFinding *finding = gen_data_finding_find (g_strstrip (names[k]), error);

      if (finding == NULL)
        return FALSE;
      g_ptr_array_add (findings, (gpointer)finding);
    }
  }
  return TRUE;
}

/* Measures of another medium would leave out nothing, unnoticed. */
static gboolean
check_limits (const GArray *limits, const GenMedium *medium, GError **error)
{
  for (guint i = 0; i < limits->len; i++) {
    const int measure = g_array_index (limits, GenDataLimit, i).measure;

    if (measure >= 0 &&
        gen_data_measure_find (gen_data_measure_list ()[measure]->name, medium, error) < 0)
      return FALSE;
  }
  return TRUE;
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
filter (const FilterOptions *options, const char *location, GError **error)
{
  g_autoptr (GPtrArray) findings = g_ptr_array_new ();
  g_autoptr (GArray) limits = g_array_new (FALSE, FALSE, sizeof (GenDataLimit));
  g_autoptr (GHashTable) denied = NULL;
  g_autoptr (GenInspection) inspection = NULL;
  g_autoptr (JsonObject) summary = NULL;
  GenDataFilter what = { .findings = findings, .limits = limits };

  /* What is misspelt is told before hours of reading, as far as it can be. */
  if (!read_findings (options, findings, error) || !read_limits (options, limits, error))
    return FALSE;
  if (options->deny != NULL) {
    denied = what.denied = gen_data_filter_load_denied (options->deny, error);
    if (denied == NULL)
      return FALSE;
  }
  inspection = data_inspect (&options->data, location, error);
  if (inspection == NULL ||
      !check_limits (
          limits, gen_dataset_get_format (gen_inspection_get_dataset (inspection))->medium, error))
    return FALSE;
  summary = gen_data_filter_write (&what, inspection, options->out, error);
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
  FilterOptions options = { .data = DATA_OPTIONS_DEFAULTS };
  const GOptionEntry entries[] = {
    { "out", 'o', 0, G_OPTION_ARG_FILENAME, &options.out, "The list, JSON Lines", "LIST" },
    { "without", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.without,
        "Leave out what has one of these findings", "FINDING,..." },
    { "min", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.minima,
        "Leave out what has less of a measure (or of 'gate')", "MEASURE=NUMBER" },
    { "max", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.maxima, "Leave out what has more of it",
        "MEASURE=NUMBER" },
    { "deny", 0, 0, G_OPTION_ARG_FILENAME, &options.deny,
        "Leave out files of these SHA-256, one a line, as sha256sum writes them", "FILE" },
    DATA_ENTRIES (options.data),
    { NULL },
  };
  g_autofree char *lists = describe_lists ();
  GError *error = NULL;
  int status = STATUS_USAGE;

  if (command_parse (&command_data_filter, entries, lists, 1, 1, &argc, &argv)) {
    if (options.out == NULL)
      g_printerr ("%s: --out=LIST says where the list is written\n", g_get_prgname ());
    else
      status = filter (&options, argv[1], &error) ? STATUS_FINE : command_fail (error);
  }
  g_free (options.out);
  g_free (options.deny);
  g_strfreev (options.without);
  g_strfreev (options.minima);
  g_strfreev (options.maxima);
  data_options_clear (&options.data);
  return status;
}
