/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Merkle trees over the media data or the fragments of a film, and the boxes that help to check a
 * part of it. */
#include "bmff-check-private.h"

#define LEAVES_MOST (1 << 22)

static GenDigestValue
hash_bytes (const guint8 *data, gsize size, const char *kind)
{
  g_autoptr (GenDigest) digest = gen_digest_new (kind);

  gen_digest_add (digest, data, size);
  return gen_digest_take (digest);
}

/* --- boxes that go with Merkle trees --- */

typedef struct {
  gint64 location;
  GPtrArray *proof; /* of GBytes */
} Proof;

static void
proof_free (gpointer proof)
{
  g_ptr_array_unref (((Proof *)proof)->proof);
  g_free (proof);
}

static gboolean
read_proofs (const GenBmffCheck *check, GPtrArray *proofs)
{
  for (guint i = 0; i < check->outer->len; i++) {
    const GenBmffBox *box = &g_array_index (check->outer, GenBmffBox, i);
    gsize content;
    const char *purpose = gen_bmff_purpose (check->data + box->start, box->size, &content);
    g_autoptr (cbor_item_t) map = NULL;
    const cbor_item_t *hashes;
    Proof *proof;

    if (g_strcmp0 (purpose, "merkle") != 0)
      continue;
    map = gen_cbor_read_padded (check->data + box->start + content, box->size - content);
    proof = g_new0 (Proof, 1);
    proof->proof = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
    g_ptr_array_add (proofs, proof);
    if (map == NULL || !gen_cbor_get_integer (gen_cbor_get (map, "location"), &proof->location) ||
        proof->location < 0)
      return FALSE;
    hashes = gen_cbor_get (map, "hashes");
    for (gsize j = 0; j < gen_cbor_length (hashes); j++) {
      gsize size;
      const guint8 *data = gen_cbor_get_bytes (gen_cbor_at (hashes, j), &size);

      g_ptr_array_add (proof->proof, g_bytes_new (data, size));
    }
  }
  return TRUE;
}

/* --- trees --- */

/* One row of a tree, as the assertion has it. */
typedef struct {
  const cbor_item_t *map, *hashes;
  char *digest;
  gint64 count;
} Tree;

static void
tree_clear (Tree *tree)
{
  g_free (tree->digest);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Tree, tree_clear)

static gboolean
leaf_is_good (const Tree *tree, GenDigestValue leaf, const Proof *proof)
{
  gsize location = (gsize)proof->location;

  return gen_merkle_climb (&leaf, (gsize)tree->count, gen_cbor_length (tree->hashes), &location,
             proof->proof, tree->digest) &&
         gen_bmff_is_bytes (&leaf, gen_cbor_at (tree->hashes, location));
}

/* All leaves are there: they make the row. */
static gboolean
row_is_good (const Tree *tree, GArray *leaves)
{
  gsize row = gen_cbor_length (tree->hashes);

  gen_merkle_reduce (leaves, row, tree->digest);
  if (leaves->len != row)
    return FALSE;
  for (guint i = 0; i < leaves->len; i++)
    if (!gen_bmff_is_bytes (
            &g_array_index (leaves, GenDigestValue, i), gen_cbor_at (tree->hashes, i)))
      return FALSE;
  return TRUE;
}

static const GenBmffBox *
first_fragment (const GenBmffCheck *check)
{
  for (guint i = 0; i < check->outer->len; i++)
    if (gen_bmff_is (&g_array_index (check->outer, GenBmffBox, i), "moof"))
      return &g_array_index (check->outer, GenBmffBox, i);
  return NULL;
}

static GenBmffFinding
check_fragments (GenBmffCheck *check, const Tree *tree, const GPtrArray *proofs)
{
  const GenBmffBox *first = first_fragment (check);
  GenDigestValue init = gen_bmff_hash_part (check, 0, first->start, tree->digest);
  guint64 start = first->start;
  gint64 n = 0;

  if (!gen_bmff_is_bytes (&init, gen_cbor_get (tree->map, "initHash")))
    return GEN_BMFF_MISMATCH;
  for (guint i = 0; i <= check->outer->len; i++) {
    const GenBmffBox *box = &g_array_index (check->outer, GenBmffBox, i);
    guint64 end = i == check->outer->len ? check->size : box->start;

    if (i < check->outer->len && (!gen_bmff_is (box, "moof") || box->start == first->start))
      continue;
    if (n >= (gint64)proofs->len ||
        !leaf_is_good (
            tree, gen_bmff_hash_part (check, start, end, tree->digest), proofs->pdata[n]) ||
        ((const Proof *)proofs->pdata[n])->location != n)
      return GEN_BMFF_MISMATCH;
    n++;
    start = end;
  }
  return n == tree->count && n == (gint64)proofs->len ? GEN_BMFF_MATCH : GEN_BMFF_MISMATCH;
}

/* How long the next block of an mdat is; 0: it is not said in a way that fits. */
static guint64
block_size (const Tree *tree, gint64 i, guint64 rest)
{
  const cbor_item_t *sizes = gen_cbor_get (tree->map, "variableBlockSizes");
  gint64 size;

  if (sizes != NULL)
    return gen_cbor_get_integer (gen_cbor_at (sizes, (gsize)i), &size) && size > 0 &&
                   (guint64)size <= rest
               ? (guint64)size
               : 0;
  if (!gen_cbor_get_integer (gen_cbor_get (tree->map, "fixedBlockSize"), &size))
    return rest;
  return size > 0 ? MIN (rest, (guint64)size) : 0;
}

static GenBmffFinding
check_data (GenBmffCheck *check, const Tree *tree, const GenBmffBox *box, GPtrArray *proofs)
{
  g_autoptr (GArray) leaves = g_array_new (FALSE, FALSE, sizeof (GenDigestValue));
  guint64 at = box->start + MIN (box->size, GEN_BMFF_MDAT_HEAD), end = box->start + box->size;

  if (gen_cbor_get (tree->map, "variableBlockSizes") != NULL &&
      gen_cbor_get (tree->map, "fixedBlockSize") != NULL)
    return GEN_BMFF_MALFORMED;
  while (at < end) {
    guint64 size = block_size (tree, leaves->len, end - at);
    GenDigestValue leaf;

    if (size == 0 || (gint64)leaves->len >= tree->count)
      return GEN_BMFF_MALFORMED;
    leaf = hash_bytes (check->data + at, (gsize)size, tree->digest);
    g_array_append_val (leaves, leaf);
    at += size;
  }
  if ((gint64)leaves->len != tree->count)
    return GEN_BMFF_MALFORMED;
  /* Boxes that help to check a part must be right, too. */
  for (guint i = 0; proofs->len > 0 && i < leaves->len; i++) {
    if (!leaf_is_good (tree, g_array_index (leaves, GenDigestValue, i), proofs->pdata[0]))
      return GEN_BMFF_MISMATCH;
    g_ptr_array_remove_index (proofs, 0);
    if (proofs->len == 0 && i + 1 < leaves->len)
      return GEN_BMFF_MISMATCH;
  }
  return row_is_good (tree, leaves) ? GEN_BMFF_MATCH : GEN_BMFF_MISMATCH;
}

static gboolean
read_tree (Tree *tree, const cbor_item_t *map, const char *digest)
{
  tree->map = map;
  tree->digest = gen_cbor_dup_text (gen_cbor_get (map, "alg"));
  if (tree->digest == NULL)
    tree->digest = g_strdup (digest);
  tree->hashes = gen_cbor_get (map, "hashes");
  return gen_cbor_get_integer (gen_cbor_get (map, "count"), &tree->count) && tree->count > 0 &&
         tree->count <= LEAVES_MOST && gen_cbor_length (tree->hashes) > 0 &&
         gen_cbor_length (tree->hashes) <= (gsize)tree->count;
}

GenBmffFinding
gen_bmff_check_trees (
    GenBmffCheck *check, const cbor_item_t *trees, const char *digest, gboolean hashed)
{
  g_autoptr (GPtrArray) proofs = g_ptr_array_new_with_free_func (proof_free);
  gboolean fragmented = first_fragment (check) != NULL;
  guint outer = 0;

  if (!read_proofs (check, proofs))
    return GEN_BMFF_MALFORMED;
  /* Only fragments have a hash of what is in front of them in their tree. */
  if (!fragmented && !hashed)
    return GEN_BMFF_MISMATCH;
  for (gsize i = 0; i < gen_cbor_length (trees); i++) {
    g_auto (Tree) tree = { 0 };
    g_autoptr (GenDigest) known = NULL;
    GenBmffFinding finding;

    if (!read_tree (&tree, gen_cbor_at (trees, i), digest))
      return GEN_BMFF_MALFORMED;
    known = tree.digest != NULL ? gen_digest_new (tree.digest) : NULL;
    if (known == NULL)
      return GEN_BMFF_UNSUPPORTED;
    if (!fragmented && gen_cbor_get (tree.map, "initHash") != NULL)
      return GEN_BMFF_MISMATCH;
    if (fragmented) {
      finding = check_fragments (check, &tree, proofs);
    } else {
      while (outer < check->outer->len &&
             !gen_bmff_is (&g_array_index (check->outer, GenBmffBox, outer), "mdat"))
        outer++;
      if (outer == check->outer->len)
        return GEN_BMFF_MISMATCH;
      finding =
          check_data (check, &tree, &g_array_index (check->outer, GenBmffBox, outer++), proofs);
    }
    if (finding != GEN_BMFF_MATCH)
      return finding;
  }
  /* An mdat without a tree is one that nobody signed. */
  for (; !fragmented && outer < check->outer->len; outer++)
    if (gen_bmff_is (&g_array_index (check->outer, GenBmffBox, outer), "mdat"))
      return GEN_BMFF_MISMATCH;
  return GEN_BMFF_MATCH;
}
