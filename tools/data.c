/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model data: looks at a heap of files before anyone trains on it, and says what of it
 * is to be left out. */
#include <string.h>

#include <generative/atomic-file.h>
#include <generative/inspection.h>

#include "../lib/base/json-file.h"
#include "command.h"
#include "data.h"

void
data_print_progress (guint32 done, guint32 count, gpointer terminal)
{
  g_autofree char *line = g_strdup_printf ("%u of %u items", done, count);

  gen_terminal_print (terminal, line, done == count);
}

typedef struct {
  DataOptions data;
  int distance;
  char *against, *json, *page, *items;
} InspectOptions;

static GenInspection *
look_at (const InspectOptions *options, const char *location, GError **error)
{
  const GenDataSettings *data = &options->data.settings;
  GenInspectionSettings settings = GEN_INSPECTION_DEFAULTS;
  GenTerminal terminal;

  if (options->distance > GEN_FINGERPRINT_MAX_DISTANCE) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "--distance is at most %d",
        GEN_FINGERPRINT_MAX_DISTANCE);
    return NULL;
  }
  settings.dataset = gen_data_settings_dataset (data);
  settings.order = gen_data_settings_order (data);
  settings.distance = options->distance;
  settings.threads = data->threads;
  settings.gate = data->filter.gate;
  settings.gate_output = data->filter.gate_output;
  settings.progress = data_print_progress;
  settings.data = &terminal;
  gen_terminal_begin (&terminal);
  return gen_inspection_new (location, &settings, error);
}

static gboolean
write_text (const char *path, const char *text, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  return gen_atomic_write (path, bytes, error);
}

static gboolean
write_json (JsonObject *report, const char *path, GError **error)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), report);
  g_autofree char *text = gen_json_to_text (node, TRUE);
  g_autofree char *line = g_strconcat (text, "\n", NULL);

  if (g_str_equal (path, "-")) {
    g_print ("%s", line);
    return TRUE;
  }
  return write_text (path, line, error);
}

static gboolean
write_line (GenAtomicFile *file, JsonObject *object, GError **error)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
  g_autofree char *text = gen_json_to_text (node, FALSE);

  return gen_atomic_file_write (file, text, strlen (text), error) &&
         gen_atomic_file_write (file, "\n", 1, error);
}

static gboolean
write_items (const GenInspection *inspection, JsonObject *report, const char *path, GError **error)
{
  const guint32 count = gen_dataset_get_count (gen_inspection_get_dataset (inspection));
  g_autoptr (GenAtomicFile) file = gen_atomic_file_new (path, error);
  g_autoptr (JsonObject) last = json_object_new ();

  for (guint32 i = 0; file != NULL && i < count; i++) {
    g_autoptr (JsonObject) object = gen_inspection_describe_item (inspection, i);

    if (!write_line (file, object, error))
      return FALSE;
  }
  json_object_set_object_member (last, "summary", json_object_ref (report));
  return file != NULL && write_line (file, last, error) && gen_atomic_file_commit (file, error);
}

static gboolean
write_page (JsonObject *report, const GenInspection *inspection, const char *path, GError **error)
{
  g_autofree char *page = data_report_to_page (report, inspection);

  return write_text (path, page, error);
}

static gboolean
inspect (InspectOptions *options, const char *location, GError **error)
{
  g_autoptr (GenInspection) inspection = NULL;
  g_autoptr (GenInspection) against = NULL;
  g_autoptr (JsonObject) report = NULL;
  g_autofree char *text = NULL;

  if (!data_options_take (&options->data, error))
    return FALSE;
  inspection = look_at (options, location, error);
  if (inspection == NULL)
    return FALSE;
  if (options->against != NULL) {
    against = look_at (options, options->against, error);
    if (against == NULL)
      return FALSE;
  }
  report = gen_inspection_summarise (inspection, against, error);
  if (report == NULL ||
      (options->items != NULL && !write_items (inspection, report, options->items, error)) ||
      (options->page != NULL && !write_page (report, inspection, options->page, error)) ||
      (options->json != NULL && !write_json (report, options->json, error)))
    return FALSE;
  if (options->json != NULL && g_str_equal (options->json, "-"))
    return TRUE;
  text = data_report_to_text (report);
  g_print ("%s", text);
  return TRUE;
}

static const Command command_data_inspect = {
  .name = "inspect",
  .arguments = "FOLDER",
  .summary = "Say what a folder of pictures or sounds is like, and what may be wrong with it",
};

static int
data_inspect_run (int argc, char **argv)
{
  InspectOptions options = { .distance = 4 };
  const GOptionEntry own[] = {
    { "against", 0, 0, G_OPTION_ARG_FILENAME, &options.against,
        "Say how it differs from another folder", "OTHER" },
    { "json", 0, 0, G_OPTION_ARG_FILENAME, &options.json,
        "Write all of it as JSON; - writes that in place of the text", "FILE" },
    { "html", 0, 0, G_OPTION_ARG_FILENAME, &options.page,
        "Write it as a page with plots and examples", "FILE" },
    { "items", 0, 0, G_OPTION_ARG_FILENAME, &options.items,
        "Write the measures of each item, as JSON Lines that end on the report", "FILE" },
    { "distance", 0, 0, G_OPTION_ARG_INT, &options.distance,
        "Bits of 64 in which near-duplicates differ at most, up to 7 (4); -1: they are not sought",
        "BITS" },
  };
  g_autoptr (GArray) entries = g_array_new (TRUE, TRUE, sizeof (GOptionEntry));
  GError *error = NULL;
  int status = STATUS_USAGE;

  g_array_append_vals (entries, own, G_N_ELEMENTS (own));
  data_options_add (&options.data, entries, FALSE);
  if (command_parse (&command_data_inspect, (const GOptionEntry *)(void *)entries->data, NULL, 1, 1,
          &argc, &argv))
    status = inspect (&options, argv[1], &error) ? STATUS_FINE : command_fail (error);
  g_free (options.against);
  g_free (options.json);
  g_free (options.page);
  g_free (options.items);
  data_options_clear (&options.data);
  return status;
}

static int
run (int argc, char **argv)
{
  const char *name = argc > 1 ? argv[1] : "";
  g_autofree char *program = g_strdup_printf ("generative-model data %s", name);

  if (strcmp (name, "inspect") == 0) {
    g_set_prgname (program);
    return data_inspect_run (argc - 1, argv + 1);
  }
  if (strcmp (name, "filter") == 0) {
    g_set_prgname (program);
    return data_filter (argc - 1, argv + 1);
  }
  g_printerr ("usage: generative-model data inspect FOLDER [OPTION...]\n"
              "       generative-model data filter FOLDER --out=LIST [OPTION...]\n");
  return strcmp (name, "--help") == 0 ? STATUS_FINE : STATUS_USAGE;
}

const Command command_data = {
  .name = "data",
  .arguments = "inspect|filter ...",
  .summary = "Say what is in a folder of data, and what to leave out",
  .run = run,
};
