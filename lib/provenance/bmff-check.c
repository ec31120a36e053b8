/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks hashes of boxes: one of the file without what is excluded, with the place of each outer
 * box that is not excluded as a whole; and those of Merkle trees over media data or fragments. */
#include "bmff-check-private.h"

#define BOXES_MOST 1000000
#define RANGES_MOST 1000000
/* Each is held against each box. */
#define EXCLUSIONS_MOST 256

static void
check_clear (GenBmffCheck *check)
{
  g_array_unref (check->exclusions);
  g_array_unref (check->ranges);
  g_array_unref (check->outer);
  g_array_unref (check->markers);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GenBmffCheck, check_clear)

/* --- exclusions --- */

/* "/moov/trak[2]/mdia" */
static gboolean
read_path (GenBmffExclusion *exclusion, const char *text)
{
  while (*text != '\0') {
    GenBmffNode *node = &exclusion->path[exclusion->depth];
    char *end;

    if (exclusion->depth == PATH_MOST || *text++ != '/' || strlen (text) < 4)
      return FALSE;
    memcpy (node->type, text, 4);
    text += 4;
    node->index = 0;
    if (*text == '[') {
      node->index = g_ascii_strtoll (text + 1, &end, 10);
      if (*end != ']' || node->index < 1)
        return FALSE;
      text = end + 1;
    }
    exclusion->depth++;
  }
  return exclusion->depth > 0;
}

/* Parts that are left out of a box: in order, and none in another. */
static gboolean
subsets_are_good (const cbor_item_t *subsets)
{
  guint64 last = 0;

  for (gsize i = 0; i < gen_cbor_length (subsets); i++) {
    gint64 offset, length;

    if (!gen_cbor_get_integer (gen_cbor_get (gen_cbor_at (subsets, i), "offset"), &offset) ||
        !gen_cbor_get_integer (gen_cbor_get (gen_cbor_at (subsets, i), "length"), &length) ||
        offset < 0 || length < 0 || (guint64)offset < last)
      return FALSE;
    last = (guint64)offset + (guint64)length;
  }
  return TRUE;
}

static gboolean
read_exclusions (GenBmffCheck *check, const cbor_item_t *list)
{
  if (gen_cbor_length (list) > EXCLUSIONS_MOST)
    return FALSE;
  for (gsize i = 0; i < gen_cbor_length (list); i++) {
    GenBmffExclusion exclusion = { .map = gen_cbor_at (list, i) };
    g_autofree char *path = gen_cbor_dup_text (gen_cbor_get (exclusion.map, "xpath"));

    if (path == NULL || !read_path (&exclusion, path) ||
        !subsets_are_good (gen_cbor_get (exclusion.map, "subset")))
      return FALSE;
    check->deepest = MAX (check->deepest, exclusion.depth);
    g_array_append_val (check->exclusions, exclusion);
  }
  return check->exclusions->len > 0;
}

static gboolean
has_data (const GenBmffCheck *check, const GenBmffBox *box, const cbor_item_t *list)
{
  for (gsize i = 0; i < gen_cbor_length (list); i++) {
    gint64 offset;
    gsize size;
    const guint8 *value = gen_cbor_get_bytes (gen_cbor_get (gen_cbor_at (list, i), "value"), &size);

    if (value == NULL ||
        !gen_cbor_get_integer (gen_cbor_get (gen_cbor_at (list, i), "offset"), &offset) ||
        offset < 0 || (guint64)offset > box->size || size > box->size - (guint64)offset ||
        memcmp (check->data + box->start + offset, value, size) != 0)
      return FALSE;
  }
  return TRUE;
}

static gboolean
has_version_and_flags (const GenBmffCheck *check, const GenBmffBox *box, const cbor_item_t *map)
{
  const cbor_item_t *exact = gen_cbor_get (map, "exact");
  const guint8 *is = check->data + box->start + box->header, *flags;
  gint64 version;
  gsize size;
  gboolean loose = exact != NULL && cbor_is_bool (exact) && !cbor_get_bool (exact);

  flags = gen_cbor_get_bytes (gen_cbor_get (map, "flags"), &size);
  if (!gen_cbor_get_integer (gen_cbor_get (map, "version"), &version))
    version = -1;
  if (version < 0 && flags == NULL)
    return TRUE;
  if (box->size - box->header < 4 || (version >= 0 && is[0] != version))
    return FALSE;
  if (flags == NULL)
    return TRUE;
  for (gsize i = 0; i < 3; i++)
    if (size != 3 || (loose ? (is[1 + i] & flags[i]) != flags[i] : is[1 + i] != flags[i]))
      return FALSE;
  return TRUE;
}

static gboolean
applies (const GenBmffCheck *check, const GenBmffExclusion *exclusion, const GenBmffBox *box,
    const GenBmffNode *path, guint depth)
{
  gint64 length;

  if (exclusion->depth != depth)
    return FALSE;
  for (guint i = 0; i < depth; i++)
    if (memcmp (exclusion->path[i].type, path[i].type, 4) != 0 ||
        (exclusion->path[i].index != 0 && exclusion->path[i].index != path[i].index))
      return FALSE;
  if (gen_cbor_get_integer (gen_cbor_get (exclusion->map, "length"), &length) &&
      (length < 0 || (guint64)length != box->size))
    return FALSE;
  return has_version_and_flags (check, box, exclusion->map) &&
         has_data (check, box, gen_cbor_get (exclusion->map, "data"));
}

static void
add_range (GenBmffCheck *check, guint64 start, guint64 end)
{
  const GenBmffRange range = { start, end };

  if (end > start)
    g_array_append_val (check->ranges, range);
}

/* TRUE where all of it is left out. */
static gboolean
exclude (GenBmffCheck *check, const GenBmffExclusion *exclusion, const GenBmffBox *box)
{
  const cbor_item_t *subsets = gen_cbor_get (exclusion->map, "subset");

  if (gen_cbor_length (subsets) == 0) {
    add_range (check, box->start, box->start + box->size);
    return TRUE;
  }
  for (gsize i = 0; i < gen_cbor_length (subsets) && check->ranges->len <= RANGES_MOST; i++) {
    gint64 offset = 0, length = 0;

    gen_cbor_get_integer (gen_cbor_get (gen_cbor_at (subsets, i), "offset"), &offset);
    gen_cbor_get_integer (gen_cbor_get (gen_cbor_at (subsets, i), "length"), &length);
    /* They are in order. */
    if ((guint64)offset >= box->size)
      break;
    add_range (check, box->start + (guint64)offset,
        box->start +
            (length == 0 ? box->size : MIN (box->size, (guint64)offset + (guint64)length)));
  }
  return FALSE;
}

/* Boxes that have others in them and nothing else. */
static gboolean
is_container (const GenBmffBox *box)
{
  static const char types[][5] = { "moov", "trak", "edts", "mdia", "minf", "dinf", "stbl", "mvex",
    "moof", "traf", "mfra", "udta", "meco", "strk", "sinf", "schi" };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (gen_bmff_is (box, types[i]))
      return TRUE;
  return FALSE;
}

/* Counts those of a type among siblings. */
static gint64
count_type (GHashTable *counts, const char *type)
{
  gpointer key = GUINT_TO_POINTER (gen_get32 ((const guint8 *)type));
  gint64 n = GPOINTER_TO_INT (g_hash_table_lookup (counts, key)) + 1;

  g_hash_table_insert (counts, key, GINT_TO_POINTER ((int)n));
  return n;
}

static gboolean
walk (GenBmffCheck *check, gsize start, gsize end, GenBmffNode *path, guint depth)
{
  g_autoptr (GHashTable) counts = g_hash_table_new (NULL, NULL);
  GenBmffBox box;

  for (gsize at = start; at < end; at += box.size) {
    gboolean all = FALSE;

    if (depth > 0 && end - at < GEN_BMFF_HEADER)
      return TRUE;
    if (!gen_bmff_header (check->data + at, end - at, at, end - at, &box) ||
        ++check->boxes > BOXES_MOST)
      return FALSE;
    memcpy (path[depth].type, box.type, 4);
    path[depth].index = count_type (counts, box.type);
    for (guint i = 0; i < check->exclusions->len; i++) {
      const GenBmffExclusion *exclusion = &g_array_index (check->exclusions, GenBmffExclusion, i);

      if (applies (check, exclusion, &box, path, depth + 1))
        all |= exclude (check, exclusion, &box);
    }
    if (check->ranges->len > RANGES_MOST)
      return FALSE;
    if (depth == 0) {
      g_array_append_val (check->outer, box);
      if (!all)
        g_array_append_val (check->markers, box.start);
    }
    if (!all && depth + 1 < check->deepest && is_container (&box) &&
        !walk (check, at + box.header, at + box.size, path, depth + 1))
      return FALSE;
  }
  return TRUE;
}

static gint
compare_ranges (gconstpointer a, gconstpointer b)
{
  const GenBmffRange *left = a, *right = b;

  return (left->start > right->start) - (left->start < right->start);
}

/* --- hashes --- */

/* Of what is not left out between two places. */
GenDigestValue
gen_bmff_hash_part (const GenBmffCheck *check, guint64 start, guint64 end, const char *kind)
{
  g_autoptr (GenDigest) digest = gen_digest_new (kind);
  guint marker = 0, range = 0;

  for (guint64 at = start; at < end;) {
    guint64 next = end;
    gboolean out = FALSE;

    while (marker < check->markers->len && g_array_index (check->markers, guint64, marker) < at)
      marker++;
    if (marker < check->markers->len && g_array_index (check->markers, guint64, marker) == at)
      gen_digest_add_number (digest, g_array_index (check->markers, guint64, marker++));
    if (marker < check->markers->len)
      next = MIN (next, g_array_index (check->markers, guint64, marker));
    while (
        range < check->ranges->len && g_array_index (check->ranges, GenBmffRange, range).end <= at)
      range++;
    if (range < check->ranges->len) {
      const GenBmffRange *is = &g_array_index (check->ranges, GenBmffRange, range);

      out = is->start <= at;
      next = MIN (next, out ? is->end : is->start);
    }
    if (!out)
      gen_digest_add (digest, check->data + at, (gsize)(next - at));
    at = next;
  }
  return gen_digest_take (digest);
}

gboolean
gen_bmff_is_bytes (const GenDigestValue *value, const cbor_item_t *item)
{
  gsize size;
  const guint8 *data = gen_cbor_get_bytes (item, &size);

  return gen_digest_equal (value, data, size);
}

GenBmffFinding
gen_bmff_check (GBytes *file, const cbor_item_t *assertion, const char *digest, const char **why)
{
  const cbor_item_t *hash = gen_cbor_get (assertion, "hash");
  const cbor_item_t *trees = gen_cbor_get (assertion, "merkle");
  g_autofree char *own = gen_cbor_dup_text (gen_cbor_get (assertion, "alg"));
  const char *kind = own != NULL ? own : digest;
  g_autoptr (GenDigest) known = kind != NULL ? gen_digest_new (kind) : NULL;
  g_auto (GenBmffCheck)
      check = { .exclusions = g_array_new (FALSE, FALSE, sizeof (GenBmffExclusion)),
        .ranges = g_array_new (FALSE, FALSE, sizeof (GenBmffRange)),
        .outer = g_array_new (FALSE, FALSE, sizeof (GenBmffBox)),
        .markers = g_array_new (FALSE, FALSE, sizeof (guint64)) };
  GenBmffNode path[PATH_MOST + 1];

  *why = NULL;
  check.data = g_bytes_get_data (file, &check.size);
  if (!read_exclusions (&check, gen_cbor_get (assertion, "exclusions")) ||
      (hash == NULL && gen_cbor_length (trees) == 0))
    return GEN_BMFF_MALFORMED;
  if (!walk (&check, 0, check.size, path, 0)) {
    *why = check.ranges->len > RANGES_MOST
               ? "more parts of the file are left out of the hash than can be checked"
               : "the file's boxes do not fit into each other";
    return GEN_BMFF_MISMATCH;
  }
  g_array_sort (check.ranges, compare_ranges);
  if (hash != NULL) {
    GenDigestValue value;

    if (known == NULL)
      return GEN_BMFF_UNSUPPORTED;
    value = gen_bmff_hash_part (&check, 0, check.size, kind);
    if (!gen_bmff_is_bytes (&value, hash))
      return GEN_BMFF_MISMATCH;
  }
  return gen_cbor_length (trees) > 0 ? gen_bmff_check_trees (&check, trees, kind, hash != NULL)
                                     : GEN_BMFF_MATCH;
}
