/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Manifests of datasets: JSON Lines, or CSV (RFC 4180, but for its line ends, which are those of
 * this system, and for texts, which have no line ends in them: a line is an item, so that where a
 * process was killed the last whole item is found by the last line end). */
#include "manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/json-file.h"

#define OTHER_COLUMN "other"

void
gen_manifest_place_clear (GenManifestPlace *place)
{
  g_clear_pointer (&place->file_name, g_free);
  g_clear_pointer (&place->shard, g_free);
}

const char *
gen_manifest_name (GenManifestKind kind)
{
  return kind == GEN_MANIFEST_CSV ? "metadata.csv" : "metadata.jsonl";
}

static gboolean
fail_file (const GenManifest *manifest, const char *what, int number, GError **error)
{
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number), "cannot %s '%s': %s", what,
      manifest->path, g_strerror (number));
  return FALSE;
}

static gboolean
fail_damaged (const GenManifest *manifest, const char *why, GError **error)
{
  g_set_error (error, GEN_DATASET_WRITER_ERROR, GEN_DATASET_WRITER_ERROR_DAMAGED,
      "%s is no manifest of datasetsink's: %s", manifest->path, why);
  return FALSE;
}

/* --- JSON --- */

static char *
to_json (JsonNode *node)
{
  g_autoptr (JsonGenerator) generator = json_generator_new ();

  json_generator_set_root (generator, node);
  return json_generator_to_data (generator, NULL);
}

static void
append_json_line (GString *text, JsonObject *line)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *json = NULL;

  json_node_set_object (node, line);
  json = to_json (node);
  g_string_append (text, json);
  g_string_append_c (text, '\n');
}

static gboolean
parse_json_line (
    const GenManifest *manifest, const char *line, GenManifestPlace *place, GError **error)
{
  g_autoptr (JsonNode) node = gen_json_from_text (line, NULL);
  JsonObject *object =
      node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;

  if (object == NULL || !json_object_has_member (object, "file_name") ||
      !json_object_has_member (object, "item"))
    return fail_damaged (manifest, "a line is no JSON object with file_name and item", error);
  place->file_name =
      g_strdup (json_object_get_string_member_with_default (object, "file_name", NULL));
  place->shard = g_strdup (json_object_get_string_member_with_default (object, "shard", NULL));
  place->item = (guint64)json_object_get_int_member_with_default (object, "item", -1);
  if (place->file_name == NULL || (gint64)place->item < 0)
    return fail_damaged (manifest, "a line's file_name is no text, or its item no number", error);
  return TRUE;
}

/* --- CSV --- */

/* The fields of a line, with their quotes taken off. */
static GPtrArray *
split_csv (const char *line)
{
  GPtrArray *fields = g_ptr_array_new_with_free_func (g_free);

  for (;;) {
    g_autoptr (GString) field = g_string_new (NULL);
    gboolean quoted = *line == '"';

    line += quoted;
    for (; *line != '\0' && (quoted || *line != ','); line++) {
      if (quoted && *line == '"' && line[1] != '"') {
        quoted = FALSE;
        continue;
      }
      line += quoted && *line == '"';
      g_string_append_c (field, *line);
    }
    g_ptr_array_add (fields, g_strdup (field->str));
    if (*line++ == '\0')
      return fields;
  }
}

static void
append_csv_field (GString *text, const char *value)
{
  const gboolean quoted = strpbrk (value, ",\"\r\n") != NULL;

  if (quoted)
    g_string_append_c (text, '"');
  for (; *value != '\0'; value++) {
    if (*value == '"')
      g_string_append_c (text, '"');
    g_string_append_c (text, *value == '\n' || *value == '\r' ? ' ' : *value);
  }
  if (quoted)
    g_string_append_c (text, '"');
}

/* Objects within objects become columns "outer.inner". */
static void
flatten (JsonObject *object, const char *prefix, JsonObject *flat)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &node)) {
    g_autofree char *full = g_strconcat (prefix, name, NULL);
    g_autofree char *inner = g_strconcat (full, ".", NULL);

    if (JSON_NODE_HOLDS_OBJECT (node))
      flatten (json_node_get_object (node), inner, flat);
    else
      json_object_set_member (flat, full, json_node_copy (node));
  }
}

static void
append_csv_node (GString *text, JsonNode *node)
{
  g_autofree char *json = NULL;

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return;
  if (json_node_get_value_type (node) == G_TYPE_STRING) {
    append_csv_field (text, json_node_get_string (node));
    return;
  }
  json = to_json (node);
  append_csv_field (text, json);
}

/* The columns are what the first item has. */
static void
choose_columns (GenManifest *manifest, JsonObject *flat, GString *text)
{
  JsonObjectIter iter;
  const char *name;

  manifest->columns = g_ptr_array_new_with_free_func (g_free);
  json_object_iter_init_ordered (&iter, flat);
  while (json_object_iter_next_ordered (&iter, &name, NULL))
    g_ptr_array_add (manifest->columns, g_strdup (name));
  g_ptr_array_add (manifest->columns, g_strdup (OTHER_COLUMN));
  for (guint i = 0; i < manifest->columns->len; i++) {
    append_csv_field (text, manifest->columns->pdata[i]);
    g_string_append_c (text, i + 1 < manifest->columns->len ? ',' : '\n');
  }
}

static void
append_csv_line (GenManifest *manifest, GString *text, JsonObject *line)
{
  g_autoptr (JsonObject) flat = json_object_new ();

  flatten (line, "", flat);
  if (manifest->columns == NULL)
    choose_columns (manifest, flat, text);
  for (guint i = 0; i + 1 < manifest->columns->len; i++) {
    const char *name = manifest->columns->pdata[i];

    append_csv_node (text, json_object_get_member (flat, name));
    g_string_append_c (text, ',');
    json_object_remove_member (flat, name);
  }
  if (json_object_get_size (flat) > 0) {
    g_autoptr (JsonNode) rest = json_node_init_object (json_node_alloc (), flat);
    g_autofree char *json = to_json (rest);

    append_csv_field (text, json);
  }
  g_string_append_c (text, '\n');
}

static const char *
field_of (const GenManifest *manifest, const GPtrArray *fields, const char *column)
{
  for (guint i = 0; i < manifest->columns->len && i < fields->len; i++)
    if (g_str_equal (manifest->columns->pdata[i], column))
      return fields->pdata[i];
  return NULL;
}

static gboolean
parse_csv_line (
    const GenManifest *manifest, const char *line, GenManifestPlace *place, GError **error)
{
  g_autoptr (GPtrArray) fields = split_csv (line);
  const char *file_name = field_of (manifest, fields, "file_name");
  const char *item = field_of (manifest, fields, "item");
  const char *shard = field_of (manifest, fields, "shard");

  if (file_name == NULL || item == NULL ||
      !g_ascii_string_to_unsigned (item, 10, 0, G_MAXINT64, &place->item, NULL))
    return fail_damaged (manifest, "a line has no file_name and no number of an item", error);
  place->file_name = g_strdup (file_name);
  place->shard = shard != NULL && *shard != '\0' ? g_strdup (shard) : NULL;
  return TRUE;
}

/* --- the file --- */

static gboolean
parse_line (const GenManifest *manifest, const char *start, gsize length, GenManifestPlace *place,
    GError **error)
{
  g_autofree char *line = g_strndup (start, length);

  return (manifest->kind == GEN_MANIFEST_CSV ? parse_csv_line : parse_json_line) (
      manifest, line, place, error);
}

/* Its lines; NULL without an error where it is empty. `*start` is where items begin. */
static GMappedFile *
map_lines (const GenManifest *manifest, const char **start, const char **end, GError **error)
{
  g_autoptr (GMappedFile) file = NULL;

  if (manifest->size == 0)
    return NULL;
  file = g_mapped_file_new_from_fd (manifest->fd, FALSE, error);
  if (file == NULL)
    return NULL;
  *start = g_mapped_file_get_contents (file);
  *end = *start + MIN (manifest->size, g_mapped_file_get_length (file));
  if (manifest->kind == GEN_MANIFEST_CSV)
    *start = (const char *)memchr (*start, '\n', (gsize)(*end - *start)) + 1;
  return g_steal_pointer (&file);
}

/* Cut off what stands behind the last line end, and read the columns. */
static gboolean
repair (GenManifest *manifest, GError **error)
{
  g_autoptr (GMappedFile) file = NULL;
  const char *text, *last, *first;

  if (manifest->size == 0)
    return TRUE;
  file = g_mapped_file_new_from_fd (manifest->fd, FALSE, error);
  if (file == NULL)
    return FALSE;
  text = g_mapped_file_get_contents (file);
  last = memrchr (text, '\n', g_mapped_file_get_length (file));
  manifest->size = last != NULL ? (guint64)(last + 1 - text) : 0;
  if (manifest->size < g_mapped_file_get_length (file) &&
      ftruncate (manifest->fd, (off_t)manifest->size) < 0)
    return fail_file (manifest, "cut the last line off", errno, error);
  if (manifest->kind != GEN_MANIFEST_CSV || manifest->size == 0)
    return TRUE;
  first = memchr (text, '\n', manifest->size);
  g_autofree char *head = g_strndup (text, (gsize)(first - text));
  manifest->columns = split_csv (head);
  return TRUE;
}

gboolean
gen_manifest_open (GenManifest *manifest, const char *folder, GenManifestKind kind, GError **error)
{
  struct stat status;

  *manifest = (GenManifest){ .path = g_build_filename (folder, gen_manifest_name (kind), NULL),
    .kind = kind };
  manifest->fd = open (manifest->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (manifest->fd < 0 || fstat (manifest->fd, &status) < 0)
    return fail_file (manifest, "open", errno, error);
  if (!S_ISREG (status.st_mode))
    return fail_damaged (manifest, "it is no regular file", error);
  manifest->size = (guint64)status.st_size;
  return repair (manifest, error);
}

void
gen_manifest_close (GenManifest *manifest)
{
  if (manifest->path != NULL && manifest->fd >= 0)
    close (manifest->fd);
  g_clear_pointer (&manifest->path, g_free);
  g_clear_pointer (&manifest->columns, g_ptr_array_unref);
  manifest->fd = -1;
}

static gboolean
write_all (const GenManifest *manifest, const char *text, gsize length)
{
  while (length > 0) {
    const gssize n = write (manifest->fd, text, length);

    if (n < 0 && errno != EINTR)
      return FALSE;
    if (n > 0) {
      text += n;
      length -= (gsize)n;
    }
  }
  return fdatasync (manifest->fd) == 0;
}

gboolean
gen_manifest_add (GenManifest *manifest, JsonObject *const *lines, guint n, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  const gboolean had_columns = manifest->columns != NULL;
  int number;

  for (guint i = 0; i < n; i++)
    if (manifest->kind == GEN_MANIFEST_CSV)
      append_csv_line (manifest, text, lines[i]);
    else
      append_json_line (text, lines[i]);
  if (write_all (manifest, text->str, text->len)) {
    manifest->size += text->len;
    return TRUE;
  }
  number = errno;
  /* Room was found for a part of it, maybe. */
  if (ftruncate (manifest->fd, (off_t)manifest->size) < 0)
    g_debug ("%s: its last line cannot be cut off: %s", manifest->path, g_strerror (errno));
  if (!had_columns)
    g_clear_pointer (&manifest->columns, g_ptr_array_unref);
  return fail_file (manifest, "write", number, error);
}

gboolean
gen_manifest_last (const GenManifest *manifest, GenManifestPlace *place, GError **error)
{
  const char *start, *end, *before;
  g_autoptr (GMappedFile) file = map_lines (manifest, &start, &end, error);

  if (file == NULL || start == end)
    return FALSE;
  before = memrchr (start, '\n', (gsize)(end - 1 - start));
  before = before != NULL ? before + 1 : start;
  return parse_line (manifest, before, (gsize)(end - 1 - before), place, error);
}

gboolean
gen_manifest_foreach (const GenManifest *manifest,
    gboolean (*each) (const GenManifestPlace *place, gpointer data, GError **error), gpointer data,
    GError **error)
{
  const char *start = NULL, *end = NULL;
  g_autoptr (GError) reason = NULL;
  g_autoptr (GMappedFile) file = map_lines (manifest, &start, &end, &reason);

  if (reason != NULL) {
    g_propagate_error (error, g_steal_pointer (&reason));
    return FALSE;
  }
  while (start < end) {
    g_auto (GenManifestPlace) place = { 0 };
    const char *stop = memchr (start, '\n', (gsize)(end - start));

    if (!parse_line (manifest, start, (gsize)(stop - start), &place, error) ||
        !each (&place, data, error))
      return FALSE;
    start = stop + 1;
  }
  return TRUE;
}
