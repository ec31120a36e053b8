/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unpacking a model without copying its weights.
 *
 * protobuf-c copies every bytes field, and weights are nearly all of a model. So we walk the
 * encoded message first, led by protobuf-c's own descriptors, and write an outline of it:
 * the same message, with each raw_data replaced by the place where it lies. protobuf-c
 * unpacks the outline.
 *
 * The walk is also where hostile files end. protobuf-c recurses as deep as the message does,
 * lets two bytes of a file become hundreds in memory, takes strings as they come, and merges
 * a field that is there twice; here nesting and memory are limited, strings are UTF-8, and
 * what may be there once is there once. Encoding: https://protobuf.dev/programming-guides/encoding/
 */
#include <string.h>
#include <generative/onnx.h>

#include "onnx.pb-c.h"
#include "outline.h"

#define MAX_DEPTH 64
/* Memory that the unpacked message may take: this much, and so many bytes for each of the
 * file's outside its weights, but no more than the last. A real graph takes 10 to 25. */
#define FREE_MEMORY (64 << 20)
#define MEMORY_PER_BYTE 64
#define MAX_MEMORY ((guint64)4 << 30)
/* What protobuf-c needs while it looks at a field, about. */
#define MEMORY_PER_FIELD 64
#define LENGTH_WIDTH 5

typedef enum {
  WIRE_VARINT = 0,
  WIRE_64_BIT = 1,
  WIRE_LENGTH = 2,
  WIRE_32_BIT = 5,
} WireType;

typedef struct {
  const guint8 *data;
  guint64 position;
  GByteArray *out;
  guint64 memory;
  guint64 weights; /* bytes of raw_data before the position */
  GError **error;
} Walk;

static gboolean
fail (Walk *walk, const ProtobufCMessageDescriptor *message, const char *what)
{
  g_set_error (walk->error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_INVALID,
      "not a valid ONNX file: %s in %s at byte %" G_GUINT64_FORMAT, what, message->short_name,
      walk->position);
  return FALSE;
}

static gboolean
read_varint (Walk *walk, guint64 end, guint64 *value)
{
  *value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    guint8 byte;

    if (walk->position >= end)
      return FALSE;
    byte = walk->data[walk->position++];
    if (shift == 63 && byte > 1)
      return FALSE;
    *value |= (guint64)(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0)
      return TRUE;
  }
  return FALSE;
}

static void
write_varint (GByteArray *out, guint64 value)
{
  guint8 bytes[10];
  guint n = 0;

  do {
    bytes[n] = value & 0x7f;
    value >>= 7;
    bytes[n++] |= value != 0 ? 0x80 : 0;
  } while (value != 0);
  g_byte_array_append (out, bytes, n);
}

/* The length of a part that is still to be written takes this many bytes whatever it turns
 * out to be, which the encoding allows. */
static void
patch_length (GByteArray *out, guint at, guint length)
{
  for (int i = 0; i < LENGTH_WIDTH; i++)
    out->data[at + i] = (length >> 7 * i & 0x7f) | (i < LENGTH_WIDTH - 1 ? 0x80 : 0);
}

static gboolean
is_packable (const ProtobufCFieldDescriptor *field)
{
  return field->label == PROTOBUF_C_LABEL_REPEATED && field->type != PROTOBUF_C_TYPE_STRING &&
         field->type != PROTOBUF_C_TYPE_BYTES && field->type != PROTOBUF_C_TYPE_MESSAGE;
}

/* How a single value of the field is encoded. */
static WireType
wire_type_of (const ProtobufCFieldDescriptor *field)
{
  switch (field->type) {
  case PROTOBUF_C_TYPE_SFIXED32:
  case PROTOBUF_C_TYPE_FIXED32:
  case PROTOBUF_C_TYPE_FLOAT:
    return WIRE_32_BIT;
  case PROTOBUF_C_TYPE_SFIXED64:
  case PROTOBUF_C_TYPE_FIXED64:
  case PROTOBUF_C_TYPE_DOUBLE:
    return WIRE_64_BIT;
  case PROTOBUF_C_TYPE_STRING:
  case PROTOBUF_C_TYPE_BYTES:
  case PROTOBUF_C_TYPE_MESSAGE:
    return WIRE_LENGTH;
  default:
    return WIRE_VARINT;
  }
}

static gboolean walk_message (
    Walk *walk, const ProtobufCMessageDescriptor *message, guint64 end, int depth);

/* A field of the length-delimited kind, whose content is at the position. `field` is NULL
 * for one that the schema does not know; it is left out. */
static gboolean
walk_content (Walk *walk, const ProtobufCMessageDescriptor *message,
    const ProtobufCFieldDescriptor *field, guint64 size, int depth)
{
  guint64 end = walk->position + size;

  if (field == NULL) {
    walk->position = end;
    return TRUE;
  }
  write_varint (walk->out, (guint64)field->id << 3 | WIRE_LENGTH);
  if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
    guint at = walk->out->len;

    g_byte_array_set_size (walk->out, at + LENGTH_WIDTH);
    if (!walk_message (walk, field->descriptor, end, depth + 1))
      return FALSE;
    patch_length (walk->out, at, walk->out->len - at - LENGTH_WIDTH);
    return TRUE;
  }
  if (message == &onnx__tensor_proto__descriptor && strcmp (field->name, "raw_data") == 0) {
    GenOnnxRange range = { walk->position, size };

    write_varint (walk->out, sizeof range);
    g_byte_array_append (walk->out, (const guint8 *)&range, sizeof range);
    walk->weights += size;
    walk->position = end;
    return TRUE;
  }
  if (size > G_MAXINT32 - walk->out->len - 64)
    return fail (walk, message, "more than 2 GB beside the weights");
  if (field->type == PROTOBUF_C_TYPE_STRING &&
      !g_utf8_validate_len ((const char *)walk->data + walk->position, size, NULL))
    return fail (walk, message, "text that is not UTF-8");
  /* Packed numbers of variable length take up to eight bytes each. */
  walk->memory += is_packable (field) && wire_type_of (field) == WIRE_VARINT ? 8 * size : size;
  write_varint (walk->out, size);
  g_byte_array_append (walk->out, walk->data + walk->position, size);
  walk->position = end;
  return TRUE;
}

/* A field of the other kinds: a number at the position. */
static gboolean
walk_number (Walk *walk, const ProtobufCMessageDescriptor *message,
    const ProtobufCFieldDescriptor *field, WireType wire, guint64 end)
{
  guint64 first = walk->position, value;

  if (wire == WIRE_VARINT) {
    if (!read_varint (walk, end, &value))
      return fail (walk, message, "a broken number");
  } else {
    guint64 size = wire == WIRE_64_BIT ? 8 : 4;

    if (size > end - walk->position)
      return fail (walk, message, "a number that is cut short");
    walk->position += size;
  }
  if (field != NULL) {
    write_varint (walk->out, (guint64)field->id << 3 | wire);
    g_byte_array_append (walk->out, walk->data + first, walk->position - first);
  }
  return TRUE;
}

static gboolean
walk_field (
    Walk *walk, const ProtobufCMessageDescriptor *message, guint64 end, guint64 *seen, int depth)
{
  const ProtobufCFieldDescriptor *field;
  guint64 tag, size;
  WireType wire;

  if (!read_varint (walk, end, &tag) || tag >> 3 == 0 || tag >> 3 > (1 << 29) - 1)
    return fail (walk, message, "no field");
  wire = tag & 7;
  field = protobuf_c_message_descriptor_get_field (message, tag >> 3);
  walk->memory += MEMORY_PER_FIELD;
  if (field != NULL) {
    guint index = field - message->fields;

    if (wire != wire_type_of (field) && !(wire == WIRE_LENGTH && is_packable (field)))
      return fail (walk, message, "a field of the wrong kind");
    if (field->label != PROTOBUF_C_LABEL_REPEATED && (*seen >> index & 1) != 0)
      return fail (walk, message, "a field that is there twice");
    *seen |= (guint64)1 << index;
  }
  if (walk->out->len > G_MAXINT32 / 2)
    return fail (walk, message, "too many parts");
  if (wire == WIRE_VARINT || wire == WIRE_64_BIT || wire == WIRE_32_BIT)
    return walk_number (walk, message, field, wire, end);
  if (wire != WIRE_LENGTH)
    return fail (walk, message, "a field of an unknown kind");
  if (!read_varint (walk, end, &size) || size > end - walk->position)
    return fail (walk, message, "a field that goes beyond the end (a truncated file?)");
  return walk_content (walk, message, field, size, depth);
}

static guint64
memory_limit (const Walk *walk)
{
  return MIN (FREE_MEMORY + MEMORY_PER_BYTE * (walk->position - walk->weights), MAX_MEMORY);
}

/* From the position up to `end`. */
static gboolean
walk_message (Walk *walk, const ProtobufCMessageDescriptor *message, guint64 end, int depth)
{
  guint64 seen = 0; /* fields, by their index */

  g_return_val_if_fail (message->n_fields <= 64, FALSE);
  if (depth > MAX_DEPTH)
    return fail (walk, message, "too deep a nesting");
  walk->memory += message->sizeof_message;
  while (walk->position < end) {
    if (!walk_field (walk, message, end, &seen, depth))
      return FALSE;
    if (walk->memory > memory_limit (walk))
      return fail (walk, message, "an unreasonable number of parts");
  }
  return TRUE;
}

ProtobufCMessage *
gen_onnx_unpack (const ProtobufCMessageDescriptor *descriptor, GBytes *bytes, GError **error)
{
  g_autoptr (GByteArray) outline = g_byte_array_new ();
  gsize size;
  Walk walk = { .data = g_bytes_get_data (bytes, &size), .out = outline, .error = error };
  ProtobufCMessage *message;

  if (!walk_message (&walk, descriptor, size, 0))
    return NULL;
  message = protobuf_c_message_unpack (descriptor, NULL, outline->len, outline->data);
  if (message == NULL)
    fail (&walk, descriptor, "a broken part");
  return message;
}
