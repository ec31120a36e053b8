/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing safetensors, byte for byte as the format's own library does: large elements first,
 * then by name, the header filled up with spaces, so that every element lies aligned. */
#include <string.h>
#include <json-glib/json-glib.h>
#include <generative/atomic-file.h>

#include "safetensors-private.h"

#define ALIGNMENT 8

static gboolean
fail (GError **error, const char *path, const char *name, const char *what)
{
  g_set_error (error, GEN_SAFETENSORS_ERROR, GEN_SAFETENSORS_ERROR_INVALID, "%s: tensor '%s' %s",
      path, name, what);
  return FALSE;
}

static int
compare_tensors (gconstpointer a, gconstpointer b)
{
  const GenSafetensor *x = *(const GenSafetensor *const *)a, *y = *(const GenSafetensor *const *)b;
  int order = gen_safetensors_type_rank (y->type) - gen_safetensors_type_rank (x->type);

  return order != 0 ? order : strcmp (x->name, y->name);
}

static gboolean
check_tensors (const char *path, const GPtrArray *tensors, GError **error)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < tensors->len; i++) {
    const GenSafetensor *tensor = g_ptr_array_index (tensors, i);
    gint64 n = gen_shape_elements (&tensor->shape);

    if (gen_safetensors_type_name (tensor->type) == NULL)
      return fail (error, path, tensor->name, "is of a type that the format does not have");
    if (n < 0 || g_bytes_get_size (tensor->data) != n * gen_data_type_size (tensor->type))
      return fail (error, path, tensor->name, "has not as many bytes as its type and shape take");
    if (strcmp (tensor->name, GEN_SAFETENSORS_METADATA) == 0 ||
        !g_utf8_validate (tensor->name, -1, NULL))
      return fail (error, path, tensor->name, "has a name that the format does not allow");
    if (!g_hash_table_add (names, (char *)tensor->name))
      return fail (error, path, tensor->name, "is there twice");
  }
  return TRUE;
}

static int
compare_keys (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static void
write_metadata (JsonBuilder *builder, GHashTable *metadata)
{
  guint n;
  g_autofree gpointer *keys = g_hash_table_get_keys_as_array (metadata, &n);

  qsort (keys, n, sizeof (gpointer), compare_keys);
  json_builder_set_member_name (builder, GEN_SAFETENSORS_METADATA);
  json_builder_begin_object (builder);
  for (guint i = 0; i < n; i++) {
    json_builder_set_member_name (builder, keys[i]);
    json_builder_add_string_value (builder, g_hash_table_lookup (metadata, keys[i]));
  }
  json_builder_end_object (builder);
}

static void
write_entry (JsonBuilder *builder, const GenSafetensor *tensor, gint64 *offset)
{
  json_builder_set_member_name (builder, tensor->name);
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "dtype");
  json_builder_add_string_value (builder, gen_safetensors_type_name (tensor->type));
  json_builder_set_member_name (builder, "shape");
  json_builder_begin_array (builder);
  for (int i = 0; i < tensor->shape.rank; i++)
    json_builder_add_int_value (builder, tensor->shape.dims[i]);
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "data_offsets");
  json_builder_begin_array (builder);
  json_builder_add_int_value (builder, *offset);
  *offset += g_bytes_get_size (tensor->data);
  json_builder_add_int_value (builder, *offset);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

/* The header, filled up so that what follows it is aligned. */
static GString *
write_header (const GPtrArray *tensors, GHashTable *metadata)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = NULL;
  gint64 offset = 0;
  GString *text = g_string_new (NULL);

  json_builder_begin_object (builder);
  if (metadata != NULL && g_hash_table_size (metadata) > 0)
    write_metadata (builder, metadata);
  for (guint i = 0; i < tensors->len; i++)
    write_entry (builder, g_ptr_array_index (tensors, i), &offset);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  json_generator_set_root (generator, root);
  json_generator_to_gstring (generator, text);
  while (text->len % ALIGNMENT != 0)
    g_string_append_c (text, ' ');
  return text;
}

static gboolean
write_file (const char *path, const GPtrArray *tensors, const GString *header, GError **error)
{
  g_autoptr (GenAtomicFile) file = gen_atomic_file_new (path, error);
  guint64 length = GUINT64_TO_LE ((guint64)header->len);

  if (file == NULL || !gen_atomic_file_write (file, &length, sizeof length, error) ||
      !gen_atomic_file_write (file, header->str, header->len, error))
    return FALSE;
  for (guint i = 0; i < tensors->len; i++) {
    const GenSafetensor *tensor = g_ptr_array_index (tensors, i);
    gsize size;
    const void *data = g_bytes_get_data (tensor->data, &size);

    if (!gen_atomic_file_write (file, data, size, error))
      return FALSE;
  }
  return gen_atomic_file_commit (file, error);
}

gboolean
gen_safetensors_save (
    const char *path, const GenSafetensor *tensors, gsize n, GHashTable *metadata, GError **error)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_sized_new (n);
  g_autoptr (GError) reason = NULL;
  g_autoptr (GString) header = NULL;

  for (gsize i = 0; i < n; i++)
    g_ptr_array_add (sorted, (gpointer)&tensors[i]);
  g_ptr_array_sort (sorted, compare_tensors);
  if (!check_tensors (path, sorted, error))
    return FALSE;
  header = write_header (sorted, metadata);
  if (write_file (path, sorted, header, &reason))
    return TRUE;
  g_set_error_literal (error, GEN_SAFETENSORS_ERROR, GEN_SAFETENSORS_ERROR_FILE, reason->message);
  return FALSE;
}
