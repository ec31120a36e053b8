/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a file's bytes are those that were signed (15.12). */
#include <string.h>

#include "bmff-check.h"
#include "cbor-reader.h"
#include "data-hash.h"
#include "manifest.h"
#include "report.h"

typedef struct {
  guint64 start, end;
} Range;

/* In order, and none in another. */
static gboolean
read_exclusions (const cbor_item_t *list, GArray *ranges)
{
  guint64 last = 0;

  for (gsize i = 0; i < gen_cbor_length (list); i++) {
    gint64 start, length;
    Range range;

    if (!gen_cbor_get_integer (gen_cbor_get (gen_cbor_at (list, i), "start"), &start) ||
        !gen_cbor_get_integer (gen_cbor_get (gen_cbor_at (list, i), "length"), &length) ||
        start < 0 || length < 0 || (guint64)start < last)
      return FALSE;
    range = (Range){ (guint64)start, (guint64)start + (guint64)length };
    g_array_append_val (ranges, range);
    last = range.end;
  }
  return TRUE;
}

/* FALSE where a range is not in the file. */
static gboolean
hash_file (GBytes *file, const GArray *ranges, GenDigest *digest)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (file, &size);
  guint64 at = 0;

  for (guint i = 0; i < ranges->len; i++) {
    const Range *range = &g_array_index (ranges, Range, i);

    if (range->end > size || range->start < at)
      return FALSE;
    gen_digest_add (digest, data + at, (gsize)(range->start - at));
    at = range->end;
  }
  gen_digest_add (digest, data + at, size - (gsize)at);
  return TRUE;
}

typedef enum {
  LEFT_OUT_MANIFEST, /* and nothing else, as it should be */
  LEFT_OUT_MORE,     /* elsewhere, too */
  LEFT_OUT_AROUND,   /* what goes on beyond the manifest hides what lies beside it */
} LeftOut;

static LeftOut
what_is_left_out (const GenProvenancePlace *place, const GArray *ranges)
{
  guint64 end = place->start + place->size;
  LeftOut found = LEFT_OUT_MANIFEST;

  for (guint i = 0; i < ranges->len; i++) {
    const Range *range = &g_array_index (ranges, Range, i);

    if (range->start >= place->start && range->end <= end)
      continue;
    if (range->start < end && range->end > place->start)
      return LEFT_OUT_AROUND;
    found = LEFT_OUT_MORE;
  }
  return found;
}

/* The range of a store that has been updated is as long as that is now. */
static void
stretch (const GenProvenancePlace *place, GArray *ranges)
{
  for (guint i = 0; i < ranges->len; i++) {
    Range *range = &g_array_index (ranges, Range, i);

    if (range->start == place->start)
      range->end = range->start + place->size;
  }
}

static void
check_data_hash (
    GenProvenanceCheck *check, const cbor_item_t *assertion, const char *path, gboolean updated)
{
  g_autofree char *own = gen_cbor_dup_text (gen_cbor_get (assertion, "alg"));
  const char *kind = own != NULL ? own : check->digest;
  g_autoptr (GenDigest) digest = kind != NULL ? gen_digest_new (kind) : NULL;
  g_autoptr (GArray) ranges = g_array_new (FALSE, FALSE, sizeof (Range));
  gsize size;
  const guint8 *hash = gen_cbor_get_bytes (gen_cbor_get (assertion, "hash"), &size);
  GenDigestValue value;
  LeftOut left_out;

  if (digest == NULL) {
    gen_check_fail (check, "algorithm.unsupported", path);
    return;
  }
  if (!read_exclusions (gen_cbor_get (assertion, "exclusions"), ranges)) {
    gen_check_fail (check, "assertion.dataHash.malformed", path);
    return;
  }
  if (updated)
    stretch (&check->report->place, ranges);
  if (!hash_file (check->report->file, ranges, digest)) {
    gen_check_add (check, GEN_STATUS_FAILURE, "assertion.dataHash.mismatch", path,
        "the file is shorter than what was signed");
    return;
  }
  value = gen_digest_take (digest);
  if (!gen_digest_equal (&value, hash, size)) {
    gen_check_fail (check, "assertion.dataHash.mismatch", path);
    return;
  }
  left_out = what_is_left_out (&check->report->place, ranges);
  if (left_out == LEFT_OUT_AROUND) {
    gen_check_add (check, GEN_STATUS_FAILURE, "assertion.dataHash.mismatch", path,
        "what is not hashed is the manifest and more beside it");
    return;
  }
  if (left_out == LEFT_OUT_MORE)
    gen_check_add (check, GEN_STATUS_INFORMATIONAL,
        "assertion.dataHash.additionalExclusionsPresent", path, NULL);
  gen_check_add (check, GEN_STATUS_SUCCESS, "assertion.dataHash.match", path, NULL);
}

static void
check_bmff_hash (GenProvenanceCheck *check, const cbor_item_t *assertion, const char *path)
{
  static const char *const codes[] = {
    [GEN_BMFF_MATCH] = "assertion.bmffHash.match",
    [GEN_BMFF_MISMATCH] = "assertion.bmffHash.mismatch",
    [GEN_BMFF_MALFORMED] = "assertion.bmffHash.malformed",
    [GEN_BMFF_UNSUPPORTED] = "algorithm.unsupported",
  };
  const char *why = NULL;
  GenBmffFinding finding = gen_bmff_check (check->report->file, assertion, check->digest, &why);

  gen_check_add (check, finding == GEN_BMFF_MATCH ? GEN_STATUS_SUCCESS : GEN_STATUS_FAILURE,
      codes[finding], path, why);
}

void
gen_check_binding (GenProvenanceCheck *check, const GenJumbf *binding, gboolean updated)
{
  g_autofree char *path = g_strconcat (GEN_ASSERTIONS_LABEL "/", binding->label, NULL);
  g_autofree char *kind = gen_assertion_kind (binding->label);
  g_autoptr (cbor_item_t) assertion = gen_assertion_read (binding);

  if (assertion == NULL) /* which has been told */
    return;
  if (strcmp (kind, GEN_DATA_HASH_LABEL) == 0)
    check_data_hash (check, assertion, path, updated);
  else if (g_str_has_prefix (kind, "c2pa.hash.bmff"))
    check_bmff_hash (check, assertion, path);
  else
    gen_check_add (
        check, GEN_STATUS_FAILURE, "general.error", path, "this kind of hash is not looked into");
}
