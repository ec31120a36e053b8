/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading safetensors. The header may come from anywhere: it is scanned before the JSON
 * parser, whose recursion has no limit, sees it, and each tensor must begin where the one
 * before it ends, so that no two overlap and no byte is unaccounted for. */
#include <string.h>
#include <json-glib/json-glib.h>
#include <generative/file-bytes.h>

#include "safetensors-private.h"

#define MAX_HEADER (16 << 20)
/* { name: { "shape": [ … */
#define MAX_DEPTH 3

G_DEFINE_QUARK (gen_safetensors_error, gen_safetensors_error)

typedef struct {
  GenSafetensor public;
  guint64 begin, end;
} Entry;

struct _GenSafetensors {
  GBytes *bytes;
  JsonParser *header; /* owns the names */
  JsonObject *metadata;
  GArray *entries; /* of Entry */
  GHashTable *by_name;
};

/* In the order of gen_safetensors_type_rank. */
static const struct {
  const char *name;
  GenDataType type;
} types[] = {
  { "BOOL", GEN_TYPE_BOOL },
  { "U8", GEN_TYPE_UINT8 },
  { "I8", GEN_TYPE_INT8 },
  { "I16", GEN_TYPE_INT16 },
  { "U16", GEN_TYPE_UINT16 },
  { "F16", GEN_TYPE_FLOAT16 },
  { "BF16", GEN_TYPE_BFLOAT16 },
  { "I32", GEN_TYPE_INT32 },
  { "U32", GEN_TYPE_UINT32 },
  { "F32", GEN_TYPE_FLOAT32 },
  { "F64", GEN_TYPE_FLOAT64 },
  { "I64", GEN_TYPE_INT64 },
  { "U64", GEN_TYPE_UINT64 },
};

int
gen_safetensors_type_rank (GenDataType type)
{
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (types[i].type == type)
      return i;
  return -1;
}

const char *
gen_safetensors_type_name (GenDataType type)
{
  int rank = gen_safetensors_type_rank (type);

  return rank >= 0 ? types[rank].name : NULL;
}

GenDataType
gen_safetensors_type_find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (strcmp (types[i].name, name) == 0)
      return types[i].type;
  return GEN_TYPE_UNDEFINED;
}

static gboolean fail (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
fail (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (error != NULL)
    *error = g_error_new_valist (
        GEN_SAFETENSORS_ERROR, GEN_SAFETENSORS_ERROR_INVALID, format, arguments);
  va_end (arguments);
  return FALSE;
}

/* Whether the text is flat enough to be parsed: brackets no deeper than the format's, lists
 * no longer than a shape, and outside of strings nothing but JSON's own characters (the
 * parser would take comments, which this scan would not). */
static gboolean
is_flat (const char *text, gsize size)
{
  int depth = 0, commas = 0;
  gboolean in_string = FALSE, in_list = FALSE;

  for (gsize i = 0; i < size; i++) {
    char c = text[i];

    if (in_string) {
      if (c == '\\')
        i++;
      in_string = c != '"';
      continue;
    }
    if (c == '"') {
      in_string = TRUE;
    } else if (c == '{' || c == '[') {
      in_list = c == '[';
      commas = 0;
      if (++depth > MAX_DEPTH)
        return FALSE;
    } else if (c == '}' || c == ']') {
      in_list = FALSE;
      depth--;
    } else if (c == ',') {
      if (in_list && ++commas >= GEN_MAX_RANK)
        return FALSE;
    } else if (!g_ascii_isalnum (c) && strchr (" \t\r\n:+-.", c) == NULL) {
      return FALSE;
    }
  }
  return depth == 0 && !in_string;
}

/* A list of integers that are not negative. */
static gboolean
read_integers (JsonObject *object, const char *member, gint64 *values, int max, int *n)
{
  JsonNode *node = json_object_get_member (object, member);
  JsonArray *array;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return FALSE;
  array = json_node_get_array (node);
  if (json_array_get_length (array) > (guint)max)
    return FALSE;
  *n = json_array_get_length (array);
  for (int i = 0; i < *n; i++) {
    JsonNode *element = json_array_get_element (array, i);

    if (!JSON_NODE_HOLDS_VALUE (element) || json_node_get_value_type (element) != G_TYPE_INT64)
      return FALSE;
    values[i] = json_node_get_int (element);
    if (values[i] < 0)
      return FALSE;
  }
  return TRUE;
}

static gboolean
read_entry (const char *name, JsonNode *node, Entry *entry, GError **error)
{
  GenSafetensor *tensor = &entry->public;
  JsonObject *object;
  JsonNode *type;
  gint64 offsets[2];
  guint64 size;
  int n;

  *entry = (Entry){ .public.name = name };
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return fail (error, "tensor '%s' is not described by an object", name);
  object = json_node_get_object (node);
  type = json_object_get_member (object, "dtype");
  if (type != NULL && JSON_NODE_HOLDS_VALUE (type) &&
      json_node_get_value_type (type) == G_TYPE_STRING)
    tensor->type = gen_safetensors_type_find (json_node_get_string (type));
  if (tensor->type == GEN_TYPE_UNDEFINED)
    return fail (error, "tensor '%s': its dtype is missing or not supported", name);
  if (!read_integers (object, "shape", tensor->shape.dims, GEN_MAX_RANK, &tensor->shape.rank))
    return fail (error, "tensor '%s': its shape should be up to %d integers", name, GEN_MAX_RANK);
  if (!read_integers (object, "data_offsets", offsets, 2, &n) || n != 2)
    return fail (error, "tensor '%s': its data_offsets should be two integers", name);
  entry->begin = offsets[0];
  entry->end = offsets[1];
  size = gen_data_type_size (tensor->type);
  for (int i = 0; i < tensor->shape.rank; i++)
    if (!g_uint64_checked_mul (&size, size, tensor->shape.dims[i]))
      return fail (error, "tensor '%s' has more elements than can be held", name);
  if (entry->end < entry->begin || entry->end - entry->begin != size)
    return fail (error,
        "tensor '%s': its type and shape take %" G_GUINT64_FORMAT
        " bytes, its data_offsets are %" G_GUINT64_FORMAT " and %" G_GUINT64_FORMAT,
        name, size, entry->begin, entry->end);
  return TRUE;
}

static int
compare_entries (gconstpointer a, gconstpointer b)
{
  const Entry *x = a, *y = b;

  if (x->begin != y->begin)
    return x->begin < y->begin ? -1 : 1;
  if (x->end != y->end)
    return x->end < y->end ? -1 : 1;
  return strcmp (x->public.name, y->public.name);
}

static gboolean
read_metadata (GenSafetensors *file, JsonNode *node, GError **error)
{
  JsonObjectIter iter;
  const char *key;
  JsonNode *value;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return fail (error, GEN_SAFETENSORS_METADATA " is not an object");
  file->metadata = json_node_get_object (node);
  json_object_iter_init (&iter, file->metadata);
  while (json_object_iter_next (&iter, &key, &value))
    if (!JSON_NODE_HOLDS_VALUE (value) || json_node_get_value_type (value) != G_TYPE_STRING)
      return fail (error, "'%s' of " GEN_SAFETENSORS_METADATA " is not text", key);
  return TRUE;
}

static gboolean
read_entries (GenSafetensors *file, JsonObject *header, GError **error)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init (&iter, header);
  while (json_object_iter_next (&iter, &name, &node)) {
    Entry entry;

    if (strcmp (name, GEN_SAFETENSORS_METADATA) == 0) {
      if (!read_metadata (file, node, error))
        return FALSE;
      continue;
    }
    if (!read_entry (name, node, &entry, error))
      return FALSE;
    g_array_append_val (file->entries, entry);
  }
  g_array_sort (file->entries, compare_entries);
  return TRUE;
}

/* Tie each tensor to its bytes, of which there are `size` from `first` on. */
static gboolean
place_entries (GenSafetensors *file, guint64 first, guint64 size, GError **error)
{
  guint64 position = 0;

  for (guint i = 0; i < file->entries->len; i++) {
    Entry *entry = &g_array_index (file->entries, Entry, i);

    if (entry->begin != position)
      return fail (error,
          "tensor '%s' begins at %" G_GUINT64_FORMAT " where %" G_GUINT64_FORMAT
          " bytes are taken: tensors overlap or leave a hole",
          entry->public.name, entry->begin, position);
    if (entry->end > size)
      return fail (error,
          "tensor '%s' ends at byte %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
          ": the file is truncated",
          entry->public.name, entry->end, size);
    entry->public.data = gen_bytes_aligned (file->bytes, first + entry->begin,
        entry->end - entry->begin, gen_data_type_size (entry->public.type), TRUE);
    g_hash_table_insert (file->by_name, (char *)entry->public.name, entry);
    position = entry->end;
  }
  if (position != size)
    return fail (
        error, "%" G_GUINT64_FORMAT " bytes at the end belong to no tensor", size - position);
  return TRUE;
}

static gboolean
read_file (GenSafetensors *file, GError **error)
{
  g_autoptr (GError) reason = NULL;
  gsize size;
  const char *data = g_bytes_get_data (file->bytes, &size);
  guint64 length;

  if (size < sizeof length)
    return fail (error, "%" G_GSIZE_FORMAT " bytes are too few for a safetensors file", size);
  memcpy (&length, data, sizeof length);
  length = GUINT64_FROM_LE (length);
  data += sizeof length;
  size -= sizeof length;
  if (length > size || length > MAX_HEADER)
    return fail (error,
        "its header should be %" G_GUINT64_FORMAT " bytes long, the file is %" G_GSIZE_FORMAT
        " (at most %d are read)",
        length, size, MAX_HEADER);
  if (length == 0 || *data != '{' || !g_utf8_validate_len (data, length, NULL) ||
      !is_flat (data, length))
    return fail (error, "no safetensors header in it");
  if (!json_parser_load_from_data (file->header, data, length, &reason))
    return fail (error, "its header is not JSON: %s", reason->message);
  if (json_parser_get_root (file->header) == NULL ||
      !JSON_NODE_HOLDS_OBJECT (json_parser_get_root (file->header)))
    return fail (error, "its header is not an object");
  return read_entries (file, json_node_get_object (json_parser_get_root (file->header)), error) &&
         place_entries (file, sizeof length + length, size - length, error);
}

static void
entry_clear (gpointer data)
{
  Entry *entry = data;

  g_clear_pointer (&entry->public.data, g_bytes_unref);
}

GenSafetensors *
gen_safetensors_load (const char *path, GError **error)
{
  g_autoptr (GenSafetensors) file = g_new0 (GenSafetensors, 1);
  g_autoptr (GError) reason = NULL;

  file->bytes = gen_file_bytes (path, &reason);
  if (file->bytes == NULL) {
    g_set_error_literal (error, GEN_SAFETENSORS_ERROR, GEN_SAFETENSORS_ERROR_FILE, reason->message);
    return NULL;
  }
  file->header = json_parser_new_immutable ();
  file->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  g_array_set_clear_func (file->entries, entry_clear);
  file->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  if (!read_file (file, error)) {
    g_prefix_error (error, "%s: ", path);
    return NULL;
  }
  return g_steal_pointer (&file);
}

void
gen_safetensors_free (GenSafetensors *file)
{
  g_clear_pointer (&file->by_name, g_hash_table_unref);
  g_clear_pointer (&file->entries, g_array_unref);
  g_clear_object (&file->header);
  g_clear_pointer (&file->bytes, g_bytes_unref);
  g_free (file);
}

guint
gen_safetensors_count (const GenSafetensors *file)
{
  return file->entries->len;
}

const GenSafetensor *
gen_safetensors_get (const GenSafetensors *file, guint i)
{
  return i < file->entries->len ? &g_array_index (file->entries, Entry, i).public : NULL;
}

const GenSafetensor *
gen_safetensors_find (const GenSafetensors *file, const char *name)
{
  const Entry *entry = g_hash_table_lookup (file->by_name, name);

  return entry != NULL ? &entry->public : NULL;
}

const char *
gen_safetensors_metadata (const GenSafetensors *file, const char *key)
{
  if (file->metadata == NULL || !json_object_has_member (file->metadata, key))
    return NULL;
  return json_object_get_string_member (file->metadata, key);
}
