/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The states of training as a safetensors file: eight bytes of header size, a header in JSON that
 * says where each tensor lies, and the tensors. */
#include "state-file.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include <generative/atomic-file.h>
#include <generative/file-bytes.h>

static const char *
type_name (GenDataType type)
{
  return type == GEN_TYPE_INT64 ? "I64" : "F32";
}

static void
add_tensor (JsonBuilder *builder, const GenBinding *state, gsize offset)
{
  json_builder_set_member_name (builder, state->name);
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "dtype");
  json_builder_add_string_value (builder, type_name (state->type));
  json_builder_set_member_name (builder, "shape");
  json_builder_begin_array (builder);
  for (int i = 0; i < state->shape.rank; i++)
    json_builder_add_int_value (builder, state->shape.dims[i]);
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "data_offsets");
  json_builder_begin_array (builder);
  json_builder_add_int_value (builder, offset);
  json_builder_add_int_value (builder, offset + state->size);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

/* The header, filled up with spaces to a multiple of eight. */
static GString *
make_header (GenTrainer *trainer, const char *const *metadata)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;
  GString *header;
  gsize offset = 0;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "__metadata__");
  json_builder_begin_object (builder);
  for (; metadata[0] != NULL; metadata += 2) {
    json_builder_set_member_name (builder, metadata[0]);
    json_builder_add_string_value (builder, metadata[1]);
  }
  json_builder_end_object (builder);
  for (guint i = 0; i < gen_trainer_n_states (trainer); i++) {
    const GenBinding *state = gen_trainer_state (trainer, i);

    add_tensor (builder, state, offset);
    offset += state->size;
  }
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, FALSE);
  header = g_string_new (text);
  while (header->len % 8 != 0)
    g_string_append_c (header, ' ');
  return header;
}

gboolean
gen_state_file_save (
    GenTrainer *trainer, const char *path, const char *const *metadata, GError **error)
{
  g_autoptr (GenAtomicFile) file = gen_atomic_file_new (path, error);
  g_autoptr (GString) header = make_header (trainer, metadata);
  guint64 size = GUINT64_TO_LE (header->len);

  if (file == NULL || !gen_atomic_file_write (file, &size, sizeof size, error) ||
      !gen_atomic_file_write (file, header->str, header->len, error))
    return FALSE;
  for (guint i = 0; i < gen_trainer_n_states (trainer); i++) {
    const GenBinding *state = gen_trainer_state (trainer, i);

    if (!gen_atomic_file_write (file, state->data, state->size, error))
      return FALSE;
  }
  return gen_atomic_file_commit (file, error);
}

static gboolean
bad (GError **error, const char *path, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_STATE, "%s: %s", path, text);
  return FALSE;
}

static gboolean
int_at (JsonArray *array, guint i, gint64 *value)
{
  JsonNode *node = i < json_array_get_length (array) ? json_array_get_element (array, i) : NULL;

  if (node == NULL || json_node_get_value_type (node) != G_TYPE_INT64)
    return FALSE;
  *value = json_node_get_int (node);
  return *value >= 0;
}

static JsonNode *
member (JsonObject *object, const char *name, JsonNodeType type)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && json_node_get_node_type (node) == type ? node : NULL;
}

/* Where `state` lies among the `size` bytes after the header. */
static gboolean
locate (JsonObject *header, const GenBinding *state, gsize size, gsize *offset)
{
  JsonNode *node = member (header, state->name, JSON_NODE_OBJECT), *dtype, *shape, *offsets;
  gint64 begin, end, extent;

  if (node == NULL)
    return FALSE;
  dtype = member (json_node_get_object (node), "dtype", JSON_NODE_VALUE);
  shape = member (json_node_get_object (node), "shape", JSON_NODE_ARRAY);
  offsets = member (json_node_get_object (node), "data_offsets", JSON_NODE_ARRAY);
  if (dtype == NULL || shape == NULL || offsets == NULL ||
      g_strcmp0 (json_node_get_string (dtype), type_name (state->type)) != 0 ||
      json_array_get_length (json_node_get_array (shape)) != (guint)state->shape.rank)
    return FALSE;
  for (int i = 0; i < state->shape.rank; i++)
    if (!int_at (json_node_get_array (shape), i, &extent) || extent != state->shape.dims[i])
      return FALSE;
  if (!int_at (json_node_get_array (offsets), 0, &begin) ||
      !int_at (json_node_get_array (offsets), 1, &end) || end < begin ||
      (gsize)(end - begin) != state->size || (gsize)end > size)
    return FALSE;
  *offset = begin;
  return TRUE;
}

static void
read_numbers (JsonObject *header, const char *const *keys, guint64 *numbers)
{
  JsonNode *metadata = member (header, "__metadata__", JSON_NODE_OBJECT);

  for (int i = 0; keys[i] != NULL; i++) {
    JsonNode *value = metadata != NULL
                          ? member (json_node_get_object (metadata), keys[i], JSON_NODE_VALUE)
                          : NULL;
    const char *text = value != NULL ? json_node_get_string (value) : NULL;

    numbers[i] = text != NULL ? g_ascii_strtoull (text, NULL, 10) : 0;
  }
}

gboolean
gen_state_file_load (GenTrainer *trainer, const char *path, const char *const *keys,
    guint64 *numbers, GError **error)
{
  g_autoptr (GBytes) bytes = gen_file_bytes (path, error);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autofree gsize *offsets = g_new (gsize, gen_trainer_n_states (trainer));
  g_autoptr (GError) local = NULL;
  JsonObject *header;
  const char *data;
  guint64 length;
  gsize size;

  if (bytes == NULL)
    return FALSE;
  data = g_bytes_get_data (bytes, &size);
  if (size < sizeof length)
    return bad (error, path, "is cut off");
  memcpy (&length, data, sizeof length);
  length = GUINT64_FROM_LE (length);
  data += sizeof length;
  size -= sizeof length;
  if (length > size || length > G_MAXINT32)
    return bad (error, path, "is cut off, or no safetensors file");
  if (!json_parser_load_from_data (parser, data, length, &local))
    return bad (error, path, "its header is damaged: %s", local->message);
  if (json_parser_get_root (parser) == NULL ||
      !JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser)))
    return bad (error, path, "its header is no JSON object");
  header = json_node_get_object (json_parser_get_root (parser));
  data += length;
  size -= length;
  for (guint i = 0; i < gen_trainer_n_states (trainer); i++) {
    const GenBinding *state = gen_trainer_state (trainer, i);
    g_autofree char *shape = gen_shape_to_string (&state->shape);

    if (!locate (header, state, size, &offsets[i]))
      return bad (error, path,
          "has no '%s' of shape %s; the checkpoint is of other nets, settings or an other "
          "optimizer, "
          "or damaged",
          state->name, shape);
  }
  for (guint i = 0; i < gen_trainer_n_states (trainer); i++)
    memcpy (gen_trainer_state (trainer, i)->data, data + offsets[i],
        gen_trainer_state (trainer, i)->size);
  read_numbers (header, keys, numbers);
  gen_trainer_states_changed (trainer);
  return TRUE;
}
