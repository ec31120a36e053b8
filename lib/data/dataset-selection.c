/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A dataset without the items that a list names, as `generative-model data filter` writes it. */
#include <string.h>

#include <json-glib/json-glib.h>

#include "../base/json-file.h"
#include "dataset-private.h"
#include "list-text.h"

typedef struct {
  GenDataset dataset;
  GenDataset *source;
  guint32 *items; /* those of the source that are kept */
} Selection;

static guint32
source_of (const GenDataset *dataset, guint32 index)
{
  return ((const Selection *)dataset)->items[index];
}

static gboolean
selection_load (const GenDataset *dataset, guint32 index, const GenFitting *fitting,
    GenSample *target, GError **error)
{
  return gen_dataset_load (
      ((const Selection *)dataset)->source, source_of (dataset, index), fitting, target, error);
}

static char *
selection_describe (const GenDataset *dataset, guint32 index)
{
  return gen_dataset_describe_item (
      ((const Selection *)dataset)->source, source_of (dataset, index));
}

static void
selection_free (GenDataset *dataset)
{
  Selection *selection = (Selection *)dataset;

  gen_dataset_free (selection->source);
  g_free (selection->items);
  g_free (selection);
}

static gboolean
selection_probe (const GenDataset *dataset, guint32 index, GenFormat *format, GError **error)
{
  return gen_dataset_probe (
      ((const Selection *)dataset)->source, source_of (dataset, index), format, error);
}

static char *
selection_get_caption (const GenDataset *dataset, guint32 index)
{
  return gen_dataset_get_caption (((const Selection *)dataset)->source, source_of (dataset, index));
}

/* What is a source of its own is known by its place among those that are kept, as splits by index
 * have always had it. */
static guint32
selection_get_source (const GenDataset *dataset, guint32 index)
{
  const GenDataset *source = ((const Selection *)dataset)->source;

  if (source->format->get_source == NULL)
    return index;
  return gen_dataset_get_source (source, source_of (dataset, index));
}

static guint32
selection_get_shard (const GenDataset *dataset, guint32 index)
{
  return gen_dataset_get_shard (((const Selection *)dataset)->source, source_of (dataset, index));
}

static char *
selection_get_shard_path (const GenDataset *dataset, guint32 index)
{
  return gen_dataset_get_shard_path (
      ((const Selection *)dataset)->source, source_of (dataset, index));
}

static const GenDatasetFormat selection_format = {
  .name = "selection",
  .description = "A dataset without the items that a list names",
  .load = selection_load,
  .probe = selection_probe,
  .describe = selection_describe,
  .get_caption = selection_get_caption,
  .get_source = selection_get_source,
  .get_shard = selection_get_shard,
  .get_shard_path = selection_get_shard_path,
  .free = selection_free,
};

/* The same of what lies in memory. */
static const GenDatasetFormat selection_in_memory = {
  .name = "selection",
  .description = "A dataset without the items that a list names",
  .in_memory = TRUE,
  .load = selection_load,
  .probe = selection_probe,
  .describe = selection_describe,
  .get_caption = selection_get_caption,
  .get_source = selection_get_source,
  .get_shard = selection_get_shard,
  .get_shard_path = selection_get_shard_path,
  .free = selection_free,
};

/* A line of the list: an item, or the summary. */
static gboolean
read_line (const char *line, GHashTable *names, GError **error)
{
  g_autoptr (JsonNode) node = gen_json_from_text (line, error);
  JsonObject *object;
  JsonNode *name;

  if (node == NULL)
    return *error == NULL; /* an empty line */
  object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  if (object != NULL && json_object_has_member (object, "summary"))
    return TRUE;
  name = object != NULL ? json_object_get_member (object, "file_name") : NULL;
  if (name == NULL || json_node_get_value_type (name) != G_TYPE_STRING) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ,
        "an object with a text \"file_name\" is expected");
    return FALSE;
  }
  g_hash_table_add (names, g_strdup (json_node_get_string (name)));
  return TRUE;
}

static GHashTable *
read_list (const char *path, GError **error)
{
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) cause = NULL;
  g_auto (GStrv) lines = NULL;

  if (!gen_list_text_read (path, &text, &cause)) {
    g_set_error (
        error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS, "leave-out: %s", cause->message);
    return NULL;
  }
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (!read_line (lines[i], names, &cause)) {
      g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
          "leave-out: %s, line %u: %s", path, i + 1, cause->message);
      return NULL;
    }
  return g_steal_pointer (&names);
}

/* Of a folder what is below it; of a file its name, and what comes behind that. */
const char *
gen_dataset_name_below (const GenDataset *dataset, const char *description)
{
  gsize length = strlen (dataset->location);
  const char *slash;

  while (length > 1 && dataset->location[length - 1] == '/')
    length--;
  if (strncmp (description, dataset->location, length) != 0)
    return description;
  if (description[length] == '/') {
    description += length;
    while (*description == '/')
      description++;
    return description;
  }
  slash = g_strrstr_len (description, (gssize)length, "/");
  return slash != NULL ? slash + 1 : description;
}

/* Whether the list names one of the items that follow each other from `first` on; counts those. */
static gboolean
names_any (const GenDataset *source, GHashTable *names, guint32 first, guint32 run, guint *found)
{
  const guint before = *found;

  for (guint32 i = first; i < first + run; i++) {
    g_autofree char *description = gen_dataset_describe_item (source, i);
    /* JSON is UTF-8, and names of files need not be. */
    g_autofree char *name = g_utf8_make_valid (gen_dataset_name_below (source, description), -1);

    *found += g_hash_table_contains (names, name);
  }
  return *found > before;
}

/* The items that the list does not name, and how many it names. A clip goes as a whole. */
static guint32
select_items (Selection *selection, GHashTable *names, guint *found)
{
  const GenDataset *source = selection->source;
  const guint32 run = gen_dataset_get_run (source);
  guint32 kept = 0;

  selection->items = g_new (guint32, source->count);
  for (guint32 first = 0; first < source->count; first += run) {
    if (names_any (source, names, first, run, found))
      continue;
    for (guint32 i = first; i < first + run; i++)
      selection->items[kept++] = i;
  }
  return kept;
}

static void
take_labels (Selection *selection)
{
  GenDataset *dataset = &selection->dataset;
  const GenDataset *source = selection->source;

  dataset->label_names = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < source->label_names->len; i++)
    g_ptr_array_add (dataset->label_names, g_strdup (g_ptr_array_index (source->label_names, i)));
  dataset->labels = g_new (gint32, dataset->count);
  for (guint32 i = 0; i < dataset->count; i++)
    dataset->labels[i] = gen_dataset_get_label (source, selection->items[i]);
}

/* A list that names nothing of the dataset is another one's, but for one that is empty. */
GenDataset *
gen_dataset_leave_out (GenDataset *source, const char *path, GError **error)
{
  g_autoptr (GHashTable) names = read_list (path, error);
  Selection *selection;
  guint found = 0;

  if (names == NULL) {
    gen_dataset_free (source);
    return NULL;
  }
  selection = g_new0 (Selection, 1);
  selection->source = source;
  selection->dataset = (GenDataset){
    .format = source->format->in_memory ? &selection_in_memory : &selection_format,
    .location = g_strdup (source->location),
    .sample = source->sample,
    .run = source->run,
  };
  selection->dataset.count = select_items (selection, names, &found);
  take_labels (selection);
  if (selection->dataset.count > 0 && (found > 0 || g_hash_table_size (names) == 0))
    return &selection->dataset;
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
      "leave-out: %s: it names %s %s", path, found > 0 ? "all items of" : "no item of",
      source->location);
  gen_dataset_free (&selection->dataset);
  return NULL;
}
