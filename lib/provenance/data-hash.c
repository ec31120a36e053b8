/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The assertion is filled up by zeros, so that it is as long before its numbers are known. */
#include "data-hash.h"

#include "cbor-writer.h"

/* The most that it is without, with 64-bit numbers, and a string of zeros longer than 23. */
#define TOTAL 200

static GBytes *
make (guint64 start, guint64 size, const GenDigestValue *hash, gsize pad)
{
  GenCborWriter writer;

  gen_cbor_writer_init (&writer);
  gen_cbor_map (&writer);
  gen_cbor_key (&writer, "exclusions");
  gen_cbor_array (&writer);
  gen_cbor_map (&writer);
  gen_cbor_key (&writer, "start");
  gen_cbor_integer (&writer, (gint64)start);
  gen_cbor_key (&writer, "length");
  gen_cbor_integer (&writer, (gint64)size);
  gen_cbor_map_close (&writer);
  gen_cbor_array_close (&writer);
  gen_cbor_pair_text (&writer, "alg", GEN_DIGEST_NAME);
  gen_cbor_key (&writer, "hash");
  gen_cbor_bytes (&writer, hash->data, hash->size);
  gen_cbor_key (&writer, "pad");
  gen_cbor_zeros (&writer, pad);
  gen_cbor_map_close (&writer);
  return gen_cbor_writer_end (&writer);
}

GBytes *
gen_data_hash_make (guint64 start, guint64 size, const GenDigestValue *hash)
{
  g_autoptr (GBytes) bare = make (start, size, hash, 0);

  /* A head of two bytes, and not of one. */
  return make (start, size, hash, TOTAL - g_bytes_get_size (bare) - 1);
}
