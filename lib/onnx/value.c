/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of values, as the ONNX backend tests have them: a TensorProto, or what a sequence or an
 * optional holds. The messages of the latter two (onnx-data.proto) are in no package beside those
 * of models, but are no more than a list of tensors: their fields are told apart here. */
#include <generative/onnx.h>

#include "outline.h"
#include "read.h"

#define MAX_DEPTH 8

/* Of SequenceProto and OptionalProto alike. */
enum { FIELD_TENSOR = 3, FIELD_SEQUENCE = 5 };
enum { WIRE_VARINT = 0, WIRE_LENGTH = 2 };

typedef Onnx__TensorProto Tensor;

static void
free_message (gpointer message)
{
  if (message != NULL)
    protobuf_c_message_free_unpacked (message, NULL);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Tensor, free_message)

void
gen_onnx_value_free (GenOnnxValue *value)
{
  g_clear_pointer (&value->data, g_bytes_unref);
  g_clear_pointer (&value->items, g_ptr_array_unref);
  g_free (value);
}

static GBytes *
parse_tensor (GBytes *bytes, const char *folder, GenDataType *type, GenShape *shape, GError **error)
{
  g_autoptr (Tensor) tensor =
      (Tensor *)gen_onnx_unpack (&onnx__tensor_proto__descriptor, bytes, error);
  g_auto (GenOnnxSource) source = { 0 };

  if (tensor == NULL)
    return NULL;
  gen_onnx_source_init (&source, bytes, G_MAXSIZE, folder);
  return gen_onnx_tensor_data (&source, tensor, type, shape, error);
}

static gboolean
read_varint (const guint8 *data, gsize size, gsize *at, guint64 *value)
{
  *value = 0;
  for (int shift = 0; shift < 64 && *at < size; shift += 7) {
    guint8 byte = data[(*at)++];

    *value |= (guint64)(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0)
      return TRUE;
  }
  return FALSE;
}

static GenOnnxValue *parse_value (
    GBytes *bytes, const char *folder, gboolean is_tensor, int depth, GError **error);

static gboolean
parse_items (GBytes *bytes, const char *folder, GPtrArray *items, int depth, GError **error)
{
  gsize size, at = 0;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  while (at < size) {
    guint64 tag, length;
    guint field, wire;

    if (!read_varint (data, size, &at, &tag) || !read_varint (data, size, &at, &length))
      break;
    field = (guint)(tag >> 3);
    wire = tag & 7;
    if (wire == WIRE_VARINT) /* the elements' type, which they tell themselves */
      continue;
    if (wire != WIRE_LENGTH || length > size - at)
      break;
    if (field == FIELD_TENSOR || field == FIELD_SEQUENCE) {
      g_autoptr (GBytes) part = g_bytes_new_from_bytes (bytes, at, length);
      GenOnnxValue *item = parse_value (part, folder, field == FIELD_TENSOR, depth + 1, error);

      if (item == NULL)
        return FALSE;
      g_ptr_array_add (items, item);
    } else if (field > 2 && length > 0) {
      g_set_error (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_UNSUPPORTED,
          "it holds maps, sparse tensors or the like");
      return FALSE;
    }
    at += length;
  }
  if (at == size)
    return TRUE;
  g_set_error (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_INVALID,
      "not a sequence or optional of ONNX: broken at byte %" G_GSIZE_FORMAT, at);
  return FALSE;
}

static GenOnnxValue *
parse_value (GBytes *bytes, const char *folder, gboolean is_tensor, int depth, GError **error)
{
  GenOnnxValue *value = g_new0 (GenOnnxValue, 1);
  gboolean parsed = FALSE;

  if (is_tensor) {
    value->data = parse_tensor (bytes, folder, &value->type, &value->shape, error);
    parsed = value->data != NULL;
  } else if (depth > MAX_DEPTH) {
    g_set_error (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_UNSUPPORTED,
        "sequences within sequences, more than %d deep", MAX_DEPTH);
  } else {
    value->items = g_ptr_array_new_with_free_func ((GDestroyNotify)gen_onnx_value_free);
    parsed = parse_items (bytes, folder, value->items, depth, error);
  }
  if (!parsed)
    g_clear_pointer (&value, gen_onnx_value_free);
  return value;
}

GenOnnxValue *
gen_onnx_load_value (const char *path, GenKind kind, GError **error)
{
  g_autoptr (GBytes) bytes = gen_onnx_load_file (path, error);
  g_autofree char *folder = g_path_get_dirname (path);
  GenOnnxValue *value = NULL;

  if (bytes == NULL)
    return NULL;
  value = parse_value (bytes, folder, kind == GEN_KIND_TENSOR, 0, error);
  if (value == NULL)
    g_prefix_error (error, "%s: ", path);
  return value;
}

GBytes *
gen_onnx_load_tensor (const char *path, GenDataType *type, GenShape *shape, GError **error)
{
  g_autoptr (GBytes) bytes = gen_onnx_load_file (path, error);
  g_autofree char *folder = g_path_get_dirname (path);
  GBytes *data;

  if (bytes == NULL)
    return NULL;
  data = parse_tensor (bytes, folder, type, shape, error);
  if (data == NULL)
    g_prefix_error (error, "%s: ", path);
  return data;
}
