/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Datasets that are written: an item goes to the format, and when the format has made it safe, its
 * line goes into the manifest, which is the promise that it will be found. */
#include "dataset-writer-private.h"

#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

#include "../base/family.h"

G_DEFINE_QUARK (gen - dataset - writer - error - quark, gen_dataset_writer_error)

/* --- formats --- */

static const GenDatasetFormat *const formats[] = { &gen_dataset_format_folder,
  &gen_dataset_format_webdataset, &gen_dataset_format_idx, NULL };

const GenDatasetFormat *const *
gen_dataset_format_list (void)
{
  return formats;
}

const GenDatasetFormat *
gen_dataset_format_find (const char *name, GError **error)
{
  return GEN_FAMILY_FIND (
      formats, name, "format of datasets", G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, error);
}

/* --- for formats --- */

static const GenDatasetFormatFunctions *
functions_of (const GenDatasetWriter *writer)
{
  return writer->settings.format->functions;
}

void
gen_dataset_writer_note_file (GenDatasetWriter *writer, char *path)
{
  g_free (writer->last_file);
  writer->last_file = path;
}

/* Eight digits, so that names sort as numbers do. */
char *
gen_dataset_item_key (guint64 number)
{
  return g_strdup_printf ("%08" G_GUINT64_FORMAT, number);
}

gboolean
gen_dataset_item_parse (const char *name, guint64 *number)
{
  const gsize digits = strspn (name, "0123456789");
  char *end;

  if (digits < 8 || digits > 18 || name[digits] != '.')
    return FALSE;
  *number = g_ascii_strtoull (name, &end, 10);
  return TRUE;
}

gboolean
gen_dataset_writer_recover (GenDatasetWriter *writer, JsonObject *line, GError **error)
{
  const gint64 item = json_object_get_int_member_with_default (line, "item", -1);

  if (item < 0 || !gen_manifest_add (&writer->manifest, &line, 1, error))
    return item < 0;
  writer->next = (guint64)item + 1;
  writer->safe++;
  return TRUE;
}

/* --- open and close --- */

static gboolean
check_settings (const GenDatasetWriterSettings *settings, GError **error)
{
  const int wishes = settings->overwrite + settings->resume + settings->append;
  const char *class_name = settings->class_name;

  if (settings->location == NULL || settings->location[0] == '\0')
    g_set_error_literal (error, GEN_DATASET_WRITER_ERROR, GEN_DATASET_WRITER_ERROR_SETTINGS,
        "location is not set: it names the folder for the dataset");
  else if (wishes > 1)
    g_set_error_literal (error, GEN_DATASET_WRITER_ERROR, GEN_DATASET_WRITER_ERROR_SETTINGS,
        "overwrite, resume and append exclude each other: set one of them");
  else if (class_name != NULL && (class_name[0] == '\0' || class_name[0] == '.'))
    g_set_error (error, GEN_DATASET_WRITER_ERROR, GEN_DATASET_WRITER_ERROR_SETTINGS,
        "class is '%s': the name of a class is not empty and begins with no dot", class_name);
  else
    return TRUE;
  return FALSE;
}

/* As many items are encoded at a time as there are threads. */
static GenWriterQueue *
make_queue (const GenDatasetWriter *writer)
{
  const int threads =
      writer->settings.threads > 0 ? writer->settings.threads : (int)g_get_num_processors ();

  return threads > 1 && functions_of (writer)->has_files ? gen_writer_queue_new (threads) : NULL;
}

GenDatasetWriter *
gen_dataset_writer_new (const GenDatasetWriterSettings *settings, GError **error)
{
  g_autoptr (GenDatasetWriter) writer = NULL;
  g_auto (GenManifestPlace) last = { 0 };
  gboolean goes_on = FALSE;

  if (!check_settings (settings, error))
    return NULL;
  writer = g_new0 (GenDatasetWriter, 1);
  writer->lock = writer->manifest.fd = -1;
  writer->class_names = g_ptr_array_new_with_free_func (g_free);
  writer->pending = g_ptr_array_new_with_free_func ((GDestroyNotify)json_object_unref);
  gen_dataset_writer_settings_copy (settings, &writer->settings);
  if (!gen_dataset_place_open (writer, &last, &goes_on, error))
    return NULL;
  writer->next = writer->safe = goes_on ? last.item + 1 : 0;
  writer->state = functions_of (writer)->open (writer, goes_on ? &last : NULL, error);
  if (writer->state == NULL)
    return NULL;
  writer->to_pass_over = settings->resume ? writer->safe : 0;
  writer->queue = make_queue (writer);
  return g_steal_pointer (&writer);
}

void
gen_dataset_writer_free (GenDatasetWriter *writer)
{
  g_clear_pointer (&writer->queue, gen_writer_queue_free);
  if (writer->state != NULL)
    functions_of (writer)->close (writer->state);
  gen_dataset_place_leave (writer);
  gen_manifest_close (&writer->manifest);
  if (writer->lock >= 0)
    close (writer->lock);
  gen_dataset_writer_settings_clear (&writer->settings);
  g_ptr_array_unref (writer->pending);
  g_ptr_array_unref (writer->class_names);
  g_free (writer->last_file);
  g_free (writer);
}

/* --- items --- */

/* What is known of the item, in its line. */
static void
add_facts (const GenWrittenItem *item, const char *source, JsonObject *facts)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_set_int_member (item->line, "item", (gint64)item->number);
  if (item->class_name != NULL)
    json_object_set_string_member (item->line, "class", item->class_name);
  if (item->label >= 0)
    json_object_set_int_member (item->line, "label", item->label);
  if (source != NULL)
    json_object_set_string_member (item->line, "digital_source_type", source);
  if (facts == NULL)
    return;
  json_object_iter_init_ordered (&iter, facts);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    if (!json_object_has_member (item->line, name))
      json_object_set_member (item->line, name, json_node_copy (node));
}

/* Where it comes from, as an address, by the settings or by what is known; NULL: nobody says.
 * (transfer full) */
static char *
find_source (const GenDatasetWriter *writer, JsonObject *facts)
{
  const char *type = writer->settings.digital_source_type;

  if (type == NULL && facts != NULL)
    type = json_object_get_string_member_with_default (facts, "digital_source_type", NULL);
  return type != NULL && *type != '\0' ? gen_digital_source_type_address (type) : NULL;
}

static const GenEncoding *
encoding_of (const GenDatasetWriter *writer, const GenMedium *medium)
{
  if (medium == &gen_medium_picture)
    return writer->settings.picture_encoding;
  return medium == &gen_medium_sound ? writer->settings.sound_encoding : &gen_encoding_text;
}

/* A class is a folder, or may become one. */
static gboolean
check_class (const char *name, GError **error)
{
  gboolean good =
      name == NULL || (name[0] != '\0' && name[0] != '.' && g_utf8_validate (name, -1, NULL));

  for (const char *at = name; good && at != NULL && *at != '\0'; at++)
    good = *at != '/' && !g_ascii_iscntrl (*at);
  if (good)
    return TRUE;
  g_autofree char *escaped = g_strescape (name, NULL);
  g_set_error (error, GEN_DATASET_WRITER_ERROR, GEN_DATASET_WRITER_ERROR_ITEM,
      "a class is called '%s', which cannot be the name of a folder: it is UTF-8, begins with no "
      "dot, and has no slash and no control characters",
      escaped);
  return FALSE;
}

/* Make the items that are safe known. */
static gboolean
promise (GenDatasetWriter *writer, GError **error)
{
  if (writer->placed == 0)
    return TRUE;
  if (!gen_manifest_add (
          &writer->manifest, (JsonObject *const *)writer->pending->pdata, writer->placed, error))
    return FALSE;
  g_ptr_array_remove_range (writer->pending, 0, writer->placed);
  writer->safe += writer->placed;
  writer->placed = 0;
  return TRUE;
}

static gboolean
commit (GenDatasetWriter *writer, GError **error)
{
  const guint n = writer->pending->len - writer->placed;
  g_autoptr (GError) reason = NULL;

  if (n > 0)
    writer->placed += functions_of (writer)->commit (writer->state, n, &reason);
  g_ptr_array_set_size (writer->pending, (int)writer->placed);
  writer->next = writer->safe + writer->placed;
  if (!promise (writer, error))
    return FALSE;
  if (reason == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&reason));
  return FALSE;
}

static gboolean
take (GenDatasetWriter *writer, const GenWrittenItem *item, GError **error)
{
  const GenDatasetFormatFunctions *functions = functions_of (writer);

  if (!functions->add (writer->state, item, error))
    return FALSE;
  g_ptr_array_add (writer->pending, json_object_ref (item->line));
  writer->next++;
  return writer->pending->len < functions->limit (&writer->settings) || commit (writer, error);
}

/* Its file is there: it gets its number and its place. */
static gboolean
place (GenDatasetWriter *writer, const GenGivenItem *given, GError **error)
{
  const GenDatasetFormatFunctions *functions = functions_of (writer);
  g_autoptr (JsonObject) line = json_object_new ();
  GenWrittenItem item = { .number = writer->next,
    .class_name = given->class_name,
    .label = given->label,
    .sample = given->sample,
    .bytes = given->bytes,
    .extension = given->extension,
    .line = line };

  if (functions->wants_number && !gen_dataset_writer_number_class (writer, &item, error))
    return FALSE;
  functions->locate (writer->state, &item);
  add_facts (&item, given->source, given->facts);
  if (writer->pending->len > 0 && functions->is_full != NULL &&
      functions->is_full (writer->state, &item)) {
    if (!commit (writer, error))
      return FALSE;
    functions->locate (writer->state, &item);
  }
  return take (writer, &item, error);
}

/* Items that are encoded get their places; with `all`, the others are waited for. What comes behind
 * one that fails is given up: items are in their order. */
static gboolean
place_encoded (GenDatasetWriter *writer, gboolean all, GError **error)
{
  g_autoptr (GError) reason = NULL;

  while (reason == NULL) {
    g_auto (GenGivenItem) item = { 0 };

    if (!gen_writer_queue_pop (writer->queue, all, &item, &reason))
      return TRUE;
    if (reason == NULL)
      place (writer, &item, &reason);
  }
  gen_writer_queue_clear (writer->queue);
  g_propagate_error (error, g_steal_pointer (&reason));
  return FALSE;
}

/* What is given of an item, as far as it needs no order. */
static gboolean
take_in (
    const GenDatasetWriter *writer, const GenDatasetItem *given, GenGivenItem *item, GError **error)
{
  const GenEncoding *encoding = encoding_of (writer, given->sample->medium);
  const char *name = given->name;

  *item = (GenGivenItem){ .sample = given->sample,
    .options = { .quality = writer->settings.quality, .bits = given->bits },
    .label = given->label,
    .source = find_source (writer, given->facts),
    .extension = g_strdup (given->file != NULL ? given->extension : encoding->extension),
    .facts = given->facts != NULL ? json_object_ref (given->facts) : NULL };
  if (given->file != NULL)
    item->bytes = g_bytes_ref (given->file);
  else
    item->encoding = encoding;
  if (name != NULL)
    item->class_name = g_strdup (name);
  else if (given->label >= 0)
    item->class_name = g_strdup_printf ("%d", given->label);
  else
    item->class_name = g_strdup (writer->settings.class_name);
  return check_class (item->class_name, error);
}

gboolean
gen_dataset_writer_add (GenDatasetWriter *writer, const GenDatasetItem *given, GError **error)
{
  g_auto (GenGivenItem) item = { 0 };

  if (writer->passed_over < writer->to_pass_over) {
    writer->passed_over++;
    return TRUE;
  }
  if (!take_in (writer, given, &item, error))
    return FALSE;
  if (writer->queue != NULL) {
    gen_writer_queue_push (writer->queue, &item);
    return place_encoded (writer, FALSE, error);
  }
  return (!functions_of (writer)->has_files || gen_given_item_encode (&item, error)) &&
         place (writer, &item, error);
}

/* What is whole becomes safe whatever happens to what comes behind it. */
gboolean
gen_dataset_writer_finish (GenDatasetWriter *writer, GError **error)
{
  const GenDatasetFormatFunctions *functions = functions_of (writer);
  g_autoptr (GError) reason = NULL;

  if (writer->queue != NULL)
    place_encoded (writer, TRUE, &reason);
  if (commit (writer, reason == NULL ? &reason : NULL) && functions->finish != NULL)
    functions->finish (writer->state, reason == NULL ? &reason : NULL);
  if (reason == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&reason));
  return FALSE;
}

guint64
gen_dataset_writer_get_safe (const GenDatasetWriter *writer)
{
  return writer->safe;
}

guint64
gen_dataset_writer_get_passed_over (const GenDatasetWriter *writer)
{
  return writer->passed_over;
}

const char *
gen_dataset_writer_get_last_file (const GenDatasetWriter *writer)
{
  return writer->last_file;
}
