/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CBOR, written. Heads are libcbor's. Maps and arrays are counted while they are written, and get
 * their heads when they are closed, so that nobody has to know beforehand what a claim leaves
 * out. */
#include "cbor-writer.h"

#include <cbor.h>
#include <string.h>

#define HEAD_SIZE 9 /* at most: a byte and a 64-bit number */

void
gen_cbor_writer_init (GenCborWriter *writer)
{
  *writer = (GenCborWriter){ .bytes = g_byte_array_new () };
}

GBytes *
gen_cbor_writer_end (GenCborWriter *writer)
{
  g_assert (writer->depth == 0);
  return g_byte_array_free_to_bytes (g_steal_pointer (&writer->bytes));
}

static void
count (GenCborWriter *writer)
{
  if (writer->depth > 0)
    writer->open[writer->depth - 1].n++;
}

static void
open_one (GenCborWriter *writer)
{
  count (writer);
  g_assert (writer->depth < GEN_CBOR_DEPTH);
  writer->open[writer->depth].at = writer->bytes->len;
  writer->open[writer->depth++].n = 0;
}

static void
close_one (GenCborWriter *writer, gboolean map)
{
  guint at, n, size = writer->bytes->len;
  guint8 head[HEAD_SIZE];
  gsize head_size;

  g_assert (writer->depth > 0);
  at = writer->open[--writer->depth].at;
  n = writer->open[writer->depth].n;
  g_assert (!map || n % 2 == 0);
  head_size = map ? cbor_encode_map_start (n / 2, head, sizeof head)
                  : cbor_encode_array_start (n, head, sizeof head);
  g_byte_array_set_size (writer->bytes, size + head_size);
  memmove (writer->bytes->data + at + head_size, writer->bytes->data + at, size - at);
  memcpy (writer->bytes->data + at, head, head_size);
}

void
gen_cbor_map (GenCborWriter *writer)
{
  open_one (writer);
}

void
gen_cbor_map_close (GenCborWriter *writer)
{
  close_one (writer, TRUE);
}

void
gen_cbor_array (GenCborWriter *writer)
{
  open_one (writer);
}

void
gen_cbor_array_close (GenCborWriter *writer)
{
  close_one (writer, FALSE);
}

void
gen_cbor_key (GenCborWriter *writer, const char *key)
{
  gen_cbor_text (writer, key);
}

void
gen_cbor_key_number (GenCborWriter *writer, gint64 key)
{
  gen_cbor_integer (writer, key);
}

void
gen_cbor_text (GenCborWriter *writer, const char *text)
{
  guint8 head[HEAD_SIZE];
  gsize size = strlen (text);

  count (writer);
  g_byte_array_append (writer->bytes, head, cbor_encode_string_start (size, head, sizeof head));
  g_byte_array_append (writer->bytes, (const guint8 *)text, size);
}

static void
start_bytes (GenCborWriter *writer, gsize size)
{
  guint8 head[HEAD_SIZE];

  count (writer);
  g_byte_array_append (writer->bytes, head, cbor_encode_bytestring_start (size, head, sizeof head));
}

void
gen_cbor_bytes (GenCborWriter *writer, const void *data, gsize size)
{
  start_bytes (writer, size);
  if (size > 0)
    g_byte_array_append (writer->bytes, data, size);
}

void
gen_cbor_zeros (GenCborWriter *writer, gsize size)
{
  guint at;

  start_bytes (writer, size);
  at = writer->bytes->len;
  g_byte_array_set_size (writer->bytes, at + size);
  memset (writer->bytes->data + at, 0, size);
}

void
gen_cbor_integer (GenCborWriter *writer, gint64 value)
{
  guint8 head[HEAD_SIZE];

  count (writer);
  g_byte_array_append (writer->bytes, head,
      value >= 0 ? cbor_encode_uint ((guint64)value, head, sizeof head)
                 : cbor_encode_negint ((guint64) - (value + 1), head, sizeof head));
}

void
gen_cbor_boolean (GenCborWriter *writer, gboolean value)
{
  guint8 head[HEAD_SIZE];

  count (writer);
  g_byte_array_append (writer->bytes, head, cbor_encode_bool (value, head, sizeof head));
}

void
gen_cbor_null (GenCborWriter *writer)
{
  guint8 head[HEAD_SIZE];

  count (writer);
  g_byte_array_append (writer->bytes, head, cbor_encode_null (head, sizeof head));
}

void
gen_cbor_tag (GenCborWriter *writer, guint64 tag)
{
  guint8 head[HEAD_SIZE];

  g_byte_array_append (writer->bytes, head, cbor_encode_tag (tag, head, sizeof head));
}

void
gen_cbor_item (GenCborWriter *writer, GBytes *item)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (item, &size);

  count (writer);
  g_byte_array_append (writer->bytes, data, size);
}

void
gen_cbor_pair_text (GenCborWriter *writer, const char *key, const char *text)
{
  if (text == NULL)
    return;
  gen_cbor_key (writer, key);
  gen_cbor_text (writer, text);
}
