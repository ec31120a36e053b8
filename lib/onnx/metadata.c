/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Metadata of a file that is else left as it is, to the byte: its outermost message is walked along
 * field by field, and nothing within the others is looked at. */
#include <stdlib.h>
#include <string.h>

#include <generative/atomic-file.h>
#include <generative/file-bytes.h>

#include "fail.h"
#include "onnx.pb-c.h"

/* ModelProto.metadata_props */
#define FIELD_METADATA 14

enum { WIRE_NUMBER = 0, WIRE_64_BITS = 1, WIRE_BYTES = 2, WIRE_32_BITS = 5 };

typedef struct {
  const guint8 *at, *end;
} Reader;

static gboolean
read_number (Reader *reader, guint64 *number)
{
  *number = 0;
  for (int shift = 0; reader->at < reader->end && shift < 64; shift += 7) {
    const guint8 byte = *reader->at++;

    *number |= (guint64)(byte & 0x7f) << shift;
    if (byte < 0x80)
      return TRUE;
  }
  return FALSE;
}

/* The next field: its number, and its content where that are bytes. FALSE where it is none. */
static gboolean
read_field (Reader *reader, guint64 *field, Reader *content)
{
  guint64 key, size;

  if (!read_number (reader, &key))
    return FALSE;
  *field = key >> 3;
  *content = (Reader){ NULL, NULL };
  switch (key & 7) {
  case WIRE_NUMBER:
    return read_number (reader, &size);
  case WIRE_64_BITS:
    size = 8;
    break;
  case WIRE_32_BITS:
    size = 4;
    break;
  case WIRE_BYTES:
    if (!read_number (reader, &size))
      return FALSE;
    break;
  default:
    return FALSE;
  }
  if (size > (guint64)(reader->end - reader->at))
    return FALSE;
  if ((key & 7) == WIRE_BYTES)
    *content = (Reader){ reader->at, reader->at + size };
  reader->at += size;
  return TRUE;
}

/* Whether it is the entry of `key`. */
static gboolean
is_entry (const Reader *content, const char *key)
{
  Onnx__StringStringEntryProto *entry = onnx__string_string_entry_proto__unpack (
      NULL, (gsize)(content->end - content->at), content->at);
  const gboolean is = entry != NULL && entry->key != NULL && strcmp (entry->key, key) == 0;

  if (entry != NULL)
    onnx__string_string_entry_proto__free_unpacked (entry, NULL);
  return is;
}

static gboolean
write_entry (GenAtomicFile *file, const char *key, const char *value, GError **error)
{
  Onnx__StringStringEntryProto entry = ONNX__STRING_STRING_ENTRY_PROTO__INIT;
  Onnx__StringStringEntryProto *entries[] = { &entry };
  Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
  g_autofree guint8 *bytes = NULL;
  gsize size;

  entry.key = (char *)key;
  entry.value = (char *)value;
  model.n_metadata_props = 1;
  model.metadata_props = entries;
  size = onnx__model_proto__get_packed_size (&model);
  bytes = g_malloc (size);
  onnx__model_proto__pack (&model, bytes);
  return gen_atomic_file_write (file, bytes, size, error);
}

/* All fields but the entries of `key`. */
static gboolean
copy_others (GenAtomicFile *file, GBytes *bytes, const char *path, const char *key, GError **error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  Reader reader = { data, data + size }, content;
  const guint8 *kept = data; /* from there on nothing has been written yet */
  guint64 field;

  while (reader.at < reader.end) {
    const guint8 *begin = reader.at;

    if (!read_field (&reader, &field, &content))
      return gen_onnx_fail (error, GEN_ONNX_ERROR_INVALID, "%s: it is no ONNX model", path);
    if (field != FIELD_METADATA || content.at == NULL || !is_entry (&content, key))
      continue;
    if (!gen_atomic_file_write (file, kept, (gsize)(begin - kept), error))
      return FALSE;
    kept = reader.at;
  }
  return gen_atomic_file_write (file, kept, (gsize)(reader.end - kept), error);
}

/* What a link points at is written anew, and the link stays. (transfer full) */
static char *
find_place (const char *path)
{
  char *real = realpath (path, NULL); /* malloc'ed, as all of GLib's memory is */

  return real != NULL ? real : g_strdup (path);
}

gboolean
gen_onnx_set_metadata (const char *path, const char *key, const char *value, GError **error)
{
  g_autoptr (GBytes) bytes = gen_file_bytes (path, error);
  g_autofree char *place = find_place (path);
  g_autoptr (GenAtomicFile) file = NULL;

  if (bytes == NULL || (file = gen_atomic_file_new (place, error)) == NULL)
    return FALSE;
  return copy_others (file, bytes, path, key, error) &&
         (value == NULL || write_entry (file, key, value, error)) &&
         gen_atomic_file_commit (file, error);
}
