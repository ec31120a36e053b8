/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Boxes, Merkle trees, and the assertion that binds a manifest to both. */
#include "bmff.h"

#include "cbor-writer.h"

/* Header, UUID, version and flags. */
#define PURPOSE_AT (GEN_BMFF_HEADER + GEN_BMFF_UUID_SIZE + 4)
#define FIRST_ID 1 /* uniqueId of the first tree */

const char *
gen_bmff_purpose (const guint8 *box, gsize size, gsize *content)
{
  static const guint8 version_and_flags[4] = { 0 };
  const guint8 *end;

  if (!gen_bmff_is_c2pa (box, size) || size <= PURPOSE_AT ||
      memcmp (box + PURPOSE_AT - 4, version_and_flags, 4) != 0)
    return NULL;
  end = memchr (box + PURPOSE_AT, 0, size - PURPOSE_AT);
  if (end == NULL)
    return NULL;
  *content = (gsize)(end + 1 - box);
  return (const char *)box + PURPOSE_AT;
}

/* Header, UUID, version and flags, purpose. */
static void
begin_box (GByteArray *box, gsize total, const char *purpose)
{
  guint8 head[PURPOSE_AT] = { 0, 0, 0, 0, 'u', 'u', 'i', 'd' };

  gen_put32 (head, (guint32)total);
  memcpy (head + GEN_BMFF_HEADER, gen_bmff_c2pa_uuid, sizeof gen_bmff_c2pa_uuid);
  g_byte_array_append (box, head, sizeof head);
  g_byte_array_append (box, (const guint8 *)purpose, (guint)strlen (purpose) + 1);
}

static GBytes *
end_box (GByteArray *box, gsize total)
{
  guint at = box->len;

  g_byte_array_set_size (box, (guint)total);
  memset (box->data + at, 0, total - at);
  return g_byte_array_free_to_bytes (box);
}

GBytes *
gen_bmff_store_box (GBytes *store, guint64 merkle, gsize total, GError **error)
{
  gsize size, least;
  const guint8 *data = g_bytes_get_data (store, &size);
  guint8 offset[8];
  GByteArray *box;

  least = size + GEN_BMFF_STORE_EXTRA;
  if (least > total) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
        "the manifest needs %" G_GSIZE_FORMAT " bytes and %" G_GSIZE_FORMAT " are reserved for it",
        least, total);
    return NULL;
  }
  box = g_byte_array_new ();
  begin_box (box, total, "manifest");
  gen_put64 (offset, merkle);
  g_byte_array_append (box, offset, sizeof offset);
  g_byte_array_append (box, data, (guint)size);
  return end_box (box, total);
}

GBytes *
gen_bmff_merkle_box (guint location, gsize total)
{
  GByteArray *box = g_byte_array_new ();
  GenCborWriter writer;
  g_autoptr (GBytes) content = NULL;
  gsize size;
  const guint8 *data;

  gen_cbor_writer_init (&writer);
  gen_cbor_map (&writer);
  gen_cbor_key (&writer, "uniqueId");
  gen_cbor_integer (&writer, FIRST_ID);
  gen_cbor_key (&writer, "localId");
  gen_cbor_integer (&writer, FIRST_ID);
  gen_cbor_key (&writer, "location");
  gen_cbor_integer (&writer, location);
  gen_cbor_map_close (&writer);
  content = gen_cbor_writer_end (&writer);
  data = g_bytes_get_data (content, &size);
  begin_box (box, total, "merkle");
  g_byte_array_append (box, data, (guint)size);
  g_assert (box->len <= total);
  return end_box (box, total);
}

/* --- Merkle trees --- */

static GenDigestValue
hash_pair (const GenDigestValue *left, const guint8 *right, gsize right_size, const char *digest)
{
  g_autoptr (GenDigest) both = gen_digest_new (digest);

  gen_digest_add (both, left->data, left->size);
  gen_digest_add (both, right, right_size);
  return gen_digest_take (both);
}

void
gen_merkle_reduce (GArray *nodes, gsize row, const char *digest)
{
  GenDigestValue *all = (GenDigestValue *)(void *)nodes->data;

  while (nodes->len > MAX (row, 1)) {
    guint n = 0;

    for (guint i = 0; i < nodes->len; i += 2, n++)
      all[n] = i + 1 < nodes->len ? hash_pair (&all[i], all[i + 1].data, all[i + 1].size, digest)
                                  : all[i];
    g_array_set_size (nodes, n);
  }
}

gboolean
gen_merkle_climb (GenDigestValue *leaf, gsize count, gsize row, gsize *location,
    const GPtrArray *proof, const char *digest)
{
  guint used = 0;

  if (*location >= count || row == 0)
    return FALSE;
  for (; count > row; count = (count + 1) / 2, *location /= 2) {
    gsize beside = *location ^ 1, size;
    const guint8 *other;

    if (beside >= count)
      continue;
    if (proof == NULL || used >= proof->len)
      return FALSE;
    other = g_bytes_get_data (proof->pdata[used++], &size);
    if (size > GEN_DIGEST_MOST)
      return FALSE;
    if (*location & 1) {
      GenDigestValue left = { .size = size };

      memcpy (left.data, other, size);
      *leaf = hash_pair (&left, leaf->data, leaf->size, digest);
    } else {
      *leaf = hash_pair (leaf, other, size, digest);
    }
  }
  return count == row;
}

/* --- the assertion --- */

static void
write_exclusion (GenCborWriter *writer, const char *path)
{
  gen_cbor_map (writer);
  gen_cbor_pair_text (writer, "xpath", path);
  gen_cbor_map_close (writer);
}

/* C2PA's own boxes, and no other uuid. */
static void
write_own_exclusion (GenCborWriter *writer)
{
  gen_cbor_map (writer);
  gen_cbor_pair_text (writer, "xpath", "/uuid");
  gen_cbor_key (writer, "data");
  gen_cbor_array (writer);
  gen_cbor_map (writer);
  gen_cbor_key (writer, "offset");
  gen_cbor_integer (writer, GEN_BMFF_HEADER);
  gen_cbor_key (writer, "value");
  gen_cbor_bytes (writer, gen_bmff_c2pa_uuid, sizeof gen_bmff_c2pa_uuid);
  gen_cbor_map_close (writer);
  gen_cbor_array_close (writer);
  gen_cbor_map_close (writer);
}

static void
write_data_exclusion (GenCborWriter *writer)
{
  gen_cbor_map (writer);
  gen_cbor_pair_text (writer, "xpath", "/mdat");
  gen_cbor_key (writer, "subset");
  gen_cbor_array (writer);
  gen_cbor_map (writer);
  gen_cbor_key (writer, "offset");
  gen_cbor_integer (writer, GEN_BMFF_MDAT_HEAD);
  gen_cbor_key (writer, "length");
  gen_cbor_integer (writer, 0);
  gen_cbor_map_close (writer);
  gen_cbor_array_close (writer);
  gen_cbor_map_close (writer);
}

static void
write_tree (GenCborWriter *writer, const GenBmffTree *tree, guint i)
{
  gen_cbor_map (writer);
  gen_cbor_key (writer, "uniqueId");
  gen_cbor_integer (writer, FIRST_ID + i);
  gen_cbor_key (writer, "localId");
  gen_cbor_integer (writer, tree->init != NULL ? FIRST_ID : i);
  gen_cbor_key (writer, "count");
  gen_cbor_integer (writer, tree->blocks->len);
  gen_cbor_pair_text (writer, "alg", GEN_DIGEST_NAME);
  if (tree->init != NULL) {
    gen_cbor_key (writer, "initHash");
    gen_cbor_bytes (writer, tree->init->data, tree->init->size);
  }
  gen_cbor_key (writer, "hashes");
  gen_cbor_array (writer);
  for (guint j = 0; j < tree->blocks->len; j++) {
    const GenBmffBlock *block = &g_array_index (tree->blocks, GenBmffBlock, j);

    gen_cbor_bytes (writer, block->hash.data, block->hash.size);
  }
  gen_cbor_array_close (writer);
  if (tree->init == NULL) {
    gen_cbor_key (writer, "variableBlockSizes");
    gen_cbor_array (writer);
    for (guint j = 0; j < tree->blocks->len; j++)
      gen_cbor_integer (writer, (gint64)g_array_index (tree->blocks, GenBmffBlock, j).size);
    gen_cbor_array_close (writer);
  }
  gen_cbor_map_close (writer);
}

GBytes *
gen_bmff_hash_make (const GenDigestValue *hash, const GenBmffTree *trees, guint n)
{
  GenCborWriter writer;

  gen_cbor_writer_init (&writer);
  gen_cbor_map (&writer);
  gen_cbor_key (&writer, "exclusions");
  gen_cbor_array (&writer);
  write_own_exclusion (&writer);
  write_exclusion (&writer, "/ftyp");
  write_exclusion (&writer, "/mfra");
  if (hash != NULL && n > 0)
    write_data_exclusion (&writer);
  gen_cbor_array_close (&writer);
  gen_cbor_pair_text (&writer, "alg", GEN_DIGEST_NAME);
  if (hash != NULL) {
    gen_cbor_key (&writer, "hash");
    gen_cbor_bytes (&writer, hash->data, hash->size);
  }
  if (n > 0) {
    gen_cbor_key (&writer, "merkle");
    gen_cbor_array (&writer);
    for (guint i = 0; i < n; i++)
      write_tree (&writer, &trees[i], i);
    gen_cbor_array_close (&writer);
  }
  gen_cbor_map_close (&writer);
  return gen_cbor_writer_end (&writer);
}
