/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A dataset without some of its items: those that a list names, as filters write it, or those that
 * filters leave out. */
#include <string.h>

#include <json-glib/json-glib.h>

#include "../base/json-file.h"
#include "dataset-private.h"
#include "list-text.h"

typedef struct {
  GenDataset dataset;
  GenDatasetFormat own; /* it can do what its source can */
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

static gboolean
selection_get_origin (const GenDataset *dataset, guint32 index, GenDatasetOrigin *origin)
{
  return gen_dataset_get_origin (
      ((const Selection *)dataset)->source, source_of (dataset, index), origin);
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

static GBytes *
selection_read_file (const GenDataset *dataset, guint32 index, GError **error)
{
  const GenDataset *source = ((const Selection *)dataset)->source;

  return source->format->read_file (source, source_of (dataset, index), error);
}

static gsize
selection_get_length (const GenDataset *dataset, guint32 index)
{
  return gen_dataset_get_length (((const Selection *)dataset)->source, source_of (dataset, index));
}

static guint32
selection_get_film_length (const GenDataset *dataset, guint32 index)
{
  return gen_dataset_get_film_length (
      ((const Selection *)dataset)->source, source_of (dataset, index));
}

static GenDatasetFormat
format_like (const GenDatasetFormat *format)
{
  return (GenDatasetFormat){
    .name = "selection",
    .description = "A dataset without some of its items",
    .in_memory = format->in_memory,
    .load = selection_load,
    .probe = selection_probe,
    .describe = selection_describe,
    .read_file = format->read_file != NULL ? selection_read_file : NULL,
    .get_caption = selection_get_caption,
    .get_origin = format->get_origin != NULL ? selection_get_origin : NULL,
    .get_length = format->get_length != NULL ? selection_get_length : NULL,
    .get_film_length = selection_get_film_length,
    .get_source = selection_get_source,
    .get_shard = selection_get_shard,
    .get_shard_path = selection_get_shard_path,
    .free = selection_free,
  };
}

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

/* Mark what the list names; how many items that are. A clip goes as a whole. */
static guint
mark_named (const GenDataset *source, GHashTable *names, gboolean *left_out)
{
  const guint32 run = gen_dataset_get_run (source);
  guint found = 0;

  for (guint32 first = 0; first < source->count; first += run) {
    const gboolean named = names_any (source, names, first, run, &found);

    for (guint32 i = first; i < first + run; i++)
      left_out[i] = named;
  }
  return found;
}

static void
take_items (Selection *selection, const gboolean *left_out)
{
  const GenDataset *source = selection->source;
  guint32 kept = 0;

  selection->items = g_new (guint32, source->count);
  for (guint32 i = 0; i < source->count; i++)
    if (!left_out[i])
      selection->items[kept++] = i;
  selection->dataset.count = kept;
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

/* The first item that is kept, and can be read, tells the format. */
static void
take_format (Selection *selection)
{
  GenDataset *dataset = &selection->dataset;

  dataset->sample = selection->source->sample;
  for (guint32 i = 0; i < dataset->count && selection->items[i] > 0; i++) {
    GenFormat format;

    if (!gen_dataset_probe (dataset, i, &format, NULL))
      continue;
    dataset->sample = format;
    dataset->sample.medium = selection->source->sample.medium;
    return;
  }
}

GenDataset *
gen_dataset_select (GenDataset *source, const gboolean *left_out)
{
  Selection *selection = g_new0 (Selection, 1);
  GenDataset *dataset = &selection->dataset;

  selection->source = source;
  selection->own = format_like (source->format);
  dataset->format = &selection->own;
  dataset->location = g_strdup (source->location);
  dataset->run = source->run;
  take_items (selection, left_out);
  take_labels (selection);
  take_format (selection);
  return dataset;
}

/* A list that names nothing of the dataset is another one's, but for one that is empty. */
GenDataset *
gen_dataset_leave_out (GenDataset *source, const char *path, GError **error)
{
  g_autoptr (GHashTable) names = read_list (path, error);
  g_autofree gboolean *left_out = NULL;
  guint32 kept = 0;
  guint found;

  if (names == NULL) {
    gen_dataset_free (source);
    return NULL;
  }
  left_out = g_new (gboolean, source->count);
  found = mark_named (source, names, left_out);
  for (guint32 i = 0; i < source->count; i++)
    kept += !left_out[i];
  if (kept > 0 && (found > 0 || g_hash_table_size (names) == 0))
    return gen_dataset_select (source, left_out);
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
      "leave-out: %s: it names %s %s", path, found > 0 ? "all items of" : "no item of",
      source->location);
  gen_dataset_free (source);
  return NULL;
}
