/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The elements of a TensorProto, whichever of its four ways holds them: raw bytes, typed
 * lists, a file beside the model, or nothing for a tensor without elements.
 *
 * Elements must lie at a multiple of their size to be used in place. In external files they
 * nearly always do; raw bytes within the model itself start anywhere, and those that do not
 * fit are copied, once. */
#include <stdlib.h>
#include <string.h>

#include "../base/inside.h"
#include "../device/shared.h"
#include "../device/small.h"
#include "../base/file-stamp.h"
#include "../graph/constants.h"
#include "outline.h"
#include "tensor-data.h"

G_STATIC_ASSERT (G_BYTE_ORDER == G_LITTLE_ENDIAN); /* raw bytes are, by the specification */

typedef struct {
  GBytes *bytes;
  guint64 copied, stamp;
} ExternalFile;

static void
external_file_free (gpointer data)
{
  ExternalFile *file = data;

  g_bytes_unref (file->bytes);
  g_free (file);
}

void
gen_onnx_source_init (GenOnnxSource *source, GBytes *bytes, gsize least_slice, const char *folder)
{
  source->bytes = bytes;
  source->least_slice = least_slice;
  source->folder = folder;
  source->files = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, external_file_free);
  source->kept = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)g_bytes_unref);
}

void
gen_onnx_source_clear (GenOnnxSource *source)
{
  g_clear_pointer (&source->files, g_hash_table_unref);
  g_clear_pointer (&source->kept, g_hash_table_unref);
}

gboolean
gen_onnx_data_type (int number, GenDataType *type)
{
  *type = number;
  return gen_data_type_size (number) != 0;
}

const char *
gen_onnx_type_name (int number)
{
  const ProtobufCEnumValue *value =
      protobuf_c_enum_descriptor_get_value (&onnx__tensor_proto__data_type__descriptor, number);

  return value != NULL ? value->name : gen_data_type_name (number);
}

static gboolean fail (GError **error, int code, const Onnx__TensorProto *tensor, const char *format,
    ...) G_GNUC_PRINTF (4, 5);

static gboolean
fail (GError **error, int code, const Onnx__TensorProto *tensor, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (
      error, GEN_ONNX_ERROR, code, "tensor '%s': %s", tensor->name ? tensor->name : "", text);
  return FALSE;
}

/* The declared type, shape and number of elements. */
static gboolean
read_shape (
    const Onnx__TensorProto *tensor, GenDataType *type, GenShape *shape, guint64 *n, GError **error)
{
  guint64 size;

  if (!gen_onnx_data_type (tensor->data_type, type))
    return fail (error, GEN_ONNX_ERROR_UNSUPPORTED, tensor,
        "elements of type %s (%d) are not supported", gen_onnx_type_name (tensor->data_type),
        tensor->data_type);
  if (tensor->segment != NULL)
    return fail (error, GEN_ONNX_ERROR_UNSUPPORTED, tensor, "segments are not supported");
  if (tensor->n_dims > GEN_MAX_RANK)
    return fail (error, GEN_ONNX_ERROR_UNSUPPORTED, tensor,
        "%" G_GSIZE_FORMAT " dimensions, at most %d are supported", tensor->n_dims, GEN_MAX_RANK);
  shape->rank = tensor->n_dims;
  *n = 1;
  size = gen_data_type_size (*type);
  for (int i = 0; i < shape->rank; i++) {
    if (tensor->dims[i] < 0)
      return fail (error, GEN_ONNX_ERROR_INVALID, tensor, "a negative extent");
    shape->dims[i] = tensor->dims[i];
    /* A zero among the extents must not hide the overflow of the others' product. */
    if (!g_uint64_checked_mul (&size, size, MAX (tensor->dims[i], 1)) || size > G_MAXINT64)
      return fail (error, GEN_ONNX_ERROR_INVALID, tensor, "more elements than can be held");
    *n *= tensor->dims[i];
  }
  return TRUE;
}

/* Bytes of a file as they lie there, or a copy: of small ones that are not aligned, or that would
 * keep all of a file that was read in memory. Large ones are given up when a plan has packed
 * them. */
static GBytes *
slice (GBytes *file, guint64 offset, guint64 size, gsize unit, gsize least_slice)
{
  gsize total = g_bytes_get_size (file);

  if (size >= MAX (least_slice, GEN_LARGE_CONSTANT) && offset <= total && size <= total - offset)
    return g_bytes_new_from_bytes (file, offset, size);
  return gen_bytes_aligned (file, offset, size, unit, size >= least_slice);
}

/* --- files beside the model --- */

static const char *
external_entry (const Onnx__TensorProto *tensor, const char *key)
{
  for (gsize i = 0; i < tensor->n_external_data; i++)
    if (g_strcmp0 (tensor->external_data[i]->key, key) == 0)
      return tensor->external_data[i]->value;
  return NULL;
}

static gboolean
external_number (const Onnx__TensorProto *tensor, const char *key, guint64 *value, GError **error)
{
  const char *text = external_entry (tensor, key);

  if (text != NULL && !g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, value, NULL))
    return fail (error, GEN_ONNX_ERROR_INVALID, tensor,
        "%s '%s' of its external data is not a number", key, text);
  return TRUE;
}

static gboolean
is_below (const char *path, const char *folder)
{
  gsize n = strlen (folder);

  return strncmp (path, folder, n) == 0 && (path[n] == '/' || (n > 0 && folder[n - 1] == '/'));
}

/* Whether links lead to something in the model's folder or, where the model itself is a link, as in
 * caches that keep files under the hash of what is in them, to what lies beside the model there. */
static gboolean
check_links (
    const GenOnnxSource *source, const Onnx__TensorProto *tensor, const char *path, GError **error)
{
  g_autofree char *real = realpath (path, NULL);
  g_autofree char *folder = realpath (source->folder, NULL);
  g_autofree char *model = source->model != NULL ? realpath (source->model, NULL) : NULL;
  g_autofree char *beside = model != NULL ? g_path_get_dirname (model) : NULL;
  g_autofree char *real_folder = NULL;

  /* What is not there is told by who opens it. */
  if (real == NULL || folder == NULL || strcmp (real, folder) == 0 || is_below (real, folder))
    return TRUE;
  real_folder = g_path_get_dirname (real);
  return g_strcmp0 (real_folder, beside) == 0 ||
         fail (error, GEN_ONNX_ERROR_INVALID, tensor,
             "its external data must lie in the model's folder, or beside the file that the model "
             "is a link to, but '%s' is a link to '%s'",
             path, real);
}

static ExternalFile *
open_external (
    GenOnnxSource *source, const Onnx__TensorProto *tensor, const char *location, GError **error)
{
  ExternalFile *file = g_hash_table_lookup (source->files, location);
  g_autoptr (GError) reason = NULL;
  g_autofree char *path = NULL;
  guint64 stamp;
  GBytes *bytes;

  if (file != NULL)
    return file;
  path = g_build_filename (source->folder, location, NULL);
  if (!check_links (source, tensor, path, error))
    return NULL;
  bytes = gen_file_bytes_stamped (path, &stamp, &reason);
  if (bytes == NULL) {
    fail (error, GEN_ONNX_ERROR_FILE, tensor, "its external data: %s", reason->message);
    return NULL;
  }
  file = g_new0 (ExternalFile, 1);
  file->bytes = bytes;
  file->stamp = stamp;
  g_hash_table_insert (source->files, g_strdup (location), file);
  return file;
}

gboolean
gen_onnx_is_mapped (GBytes *bytes)
{
  return g_bytes_get_size (bytes) >= GEN_FILE_MAP_SIZE;
}

gsize
gen_onnx_least_slice (GBytes *bytes)
{
  return gen_onnx_is_mapped (bytes) ? 0 : GEN_LARGE_CONSTANT;
}

guint64
gen_onnx_source_stamp (const GenOnnxSource *source)
{
  guint64 sum = 0;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, source->files);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    sum += ((ExternalFile *)value)->stamp;
  return sum;
}

void
gen_onnx_source_list_mapped (const GenOnnxSource *source, GenGraph *graph)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, source->files);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    ExternalFile *file = value;

    if (gen_onnx_is_mapped (file->bytes))
      g_ptr_array_add (graph->mapped, g_bytes_ref (file->bytes));
  }
}

static GBytes *
external_data (GenOnnxSource *source, const Onnx__TensorProto *tensor, gsize unit, guint64 size,
    GError **error)
{
  const char *location = external_entry (tensor, "location");
  guint64 offset = 0, length = size;
  ExternalFile *file;
  GBytes *data;
  gsize total;

  if (location == NULL || !gen_path_is_inside (location)) {
    fail (error, GEN_ONNX_ERROR_INVALID, tensor,
        "its external data must lie in the model's folder, not at '%s'", location ? location : "");
    return NULL;
  }
  if (source->folder == NULL) {
    fail (error, GEN_ONNX_ERROR_UNSUPPORTED, tensor,
        "external data '%s', but there is no folder to find it in", location);
    return NULL;
  }
  if (!external_number (tensor, "offset", &offset, error) ||
      !external_number (tensor, "length", &length, error))
    return NULL;
  if (length != size) {
    fail (error, GEN_ONNX_ERROR_INVALID, tensor,
        "%" G_GUINT64_FORMAT " bytes of external data, its shape and type take %" G_GUINT64_FORMAT,
        length, size);
    return NULL;
  }
  file = open_external (source, tensor, location, error);
  if (file == NULL)
    return NULL;
  total = g_bytes_get_size (file->bytes);
  data = NULL;
  /* Tensors may overlap (tied weights), but a few bytes must not become a lot of memory. */
  if (file->copied <= 4 * (guint64)total)
    data = slice (file->bytes, offset, size, unit, gen_onnx_least_slice (file->bytes));
  if (data == NULL)
    fail (error, GEN_ONNX_ERROR_INVALID, tensor,
        "bytes %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
        " of its external data '%s' of %" G_GSIZE_FORMAT
        " bytes are not there, or asked for too often",
        offset, offset + size, location, total);
  else if (!gen_onnx_is_mapped (file->bytes) || offset % unit != 0)
    file->copied += size;
  return data;
}

/* --- data in the model --- */

#define NARROW(TYPE, FIELD)                                                                        \
  for (guint64 i = 0; i < n; i++)                                                                  \
  ((TYPE *)values)[i] = (TYPE)tensor->FIELD[i]

/* The typed lists, which hold small types in wider ones. */
static GBytes *
typed_data (const Onnx__TensorProto *tensor, GenDataType type, guint64 n, GError **error)
{
  gsize unit = gen_data_type_size (type), there;
  void *values;

  if (gen_onnx_is_packed (type))
    n = gen_onnx_packed_size (type, n);
  switch (type) {
  case GEN_TYPE_FLOAT32:
    there = tensor->n_float_data;
    break;
  case GEN_TYPE_FLOAT64:
    there = tensor->n_double_data;
    break;
  case GEN_TYPE_INT64:
    there = tensor->n_int64_data;
    break;
  case GEN_TYPE_UINT32:
  case GEN_TYPE_UINT64:
    there = tensor->n_uint64_data;
    break;
  default:
    there = tensor->n_int32_data;
  }
  if (there != n) {
    fail (error, GEN_ONNX_ERROR_INVALID, tensor,
        "%" G_GSIZE_FORMAT " elements, its shape takes %" G_GUINT64_FORMAT, there, n);
    return NULL;
  }
  values = g_malloc (MAX (n * unit, 1));
  switch (type) {
  case GEN_TYPE_FLOAT32:
    NARROW (float, float_data);
    break;
  case GEN_TYPE_FLOAT64:
    NARROW (double, double_data);
    break;
  case GEN_TYPE_INT64:
    NARROW (gint64, int64_data);
    break;
  case GEN_TYPE_UINT64:
    NARROW (guint64, uint64_data);
    break;
  case GEN_TYPE_UINT32:
    NARROW (guint32, uint64_data);
    break;
  case GEN_TYPE_INT32:
    NARROW (gint32, int32_data);
    break;
  case GEN_TYPE_UINT16: /* and the two floats of 16 bits, as their bits */
  case GEN_TYPE_INT16:
  case GEN_TYPE_FLOAT16:
  case GEN_TYPE_BFLOAT16:
    NARROW (guint16, int32_data);
    break;
  default:
    NARROW (guint8, int32_data);
  }
  return g_bytes_new_take (values, n * unit);
}

static GBytes *
raw_data (GenOnnxSource *source, const Onnx__TensorProto *tensor, gsize unit, guint64 size,
    GError **error)
{
  GenOnnxRange range;

  g_return_val_if_fail (tensor->raw_data.len == sizeof range, NULL);
  memcpy (&range, tensor->raw_data.data, sizeof range);
  if (range.size != size) {
    fail (error, GEN_ONNX_ERROR_INVALID, tensor,
        "%" G_GUINT64_FORMAT " bytes of data, its shape and type take %" G_GUINT64_FORMAT,
        range.size, size);
    return NULL;
  }
  return slice (source->bytes, range.offset, size, unit, source->least_slice);
}

/* --- elements of fewer than 8 bits --- */

gboolean
gen_onnx_is_packed (GenDataType type)
{
  guint bits = gen_data_type_bits (type);

  return bits > 0 && bits < 8;
}

gsize
gen_onnx_packed_size (GenDataType type, gsize n)
{
  guint per_byte = 8 / gen_data_type_bits (type);

  return n / per_byte + (n % per_byte != 0);
}

/* Each element gets a byte of its own, the first from the lowest bits. */
static GBytes *
unpack (GBytes *packed, GenDataType type, gsize n)
{
  const guint8 *from = g_bytes_get_data (packed, NULL);
  guint bits = gen_data_type_bits (type), per_byte = 8 / bits;
  guint8 *to = gen_shared_alloc (n);

  for (gsize i = 0; i < n; i++)
    to[i] = from[i / per_byte] >> i % per_byte * bits;
  gen_small_wrap (type, to, n);
  return gen_shared_keep (to, n);
}

guint8 *
gen_onnx_pack (GenDataType type, const guint8 *from, gsize n)
{
  guint bits = gen_data_type_bits (type), per_byte = 8 / bits;
  guint8 *to = g_malloc0 (MAX (gen_onnx_packed_size (type, n), 1));

  for (gsize i = 0; i < n; i++)
    to[i / per_byte] |= (from[i] & ((1 << bits) - 1)) << i % per_byte * bits;
  return to;
}

/* --- all of these --- */

static GBytes *
read_data (GenOnnxSource *source, const Onnx__TensorProto *tensor, GenDataType type, guint64 n,
    GError **error)
{
  gsize unit = gen_data_type_size (type);
  guint64 size = gen_onnx_is_packed (type) ? gen_onnx_packed_size (type, n) : n * unit;

  if (tensor->has_data_location &&
      tensor->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL)
    return external_data (source, tensor, unit, size, error);
  if (tensor->has_raw_data)
    return raw_data (source, tensor, unit, size, error);
  return typed_data (tensor, type, n, error);
}

GBytes *
gen_onnx_tensor_data (GenOnnxSource *source, const Onnx__TensorProto *tensor, GenDataType *type,
    GenShape *shape, GError **error)
{
  GBytes *data = g_hash_table_lookup (source->kept, tensor), *packed;
  guint64 n = 0;

  if (!read_shape (tensor, type, shape, &n, error))
    return NULL;
  if (data != NULL)
    return g_bytes_ref (data);
  data = read_data (source, tensor, *type, n, error);
  if (data == NULL)
    return NULL;
  if (gen_onnx_is_packed (*type)) {
    packed = data;
    data = unpack (packed, *type, n);
    g_bytes_unref (packed);
  }
  g_hash_table_insert (source->kept, (gpointer)tensor, g_bytes_ref (data));
  return data;
}
