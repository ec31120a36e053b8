/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks at segments as they come (19.7). What a segment that is not right says of its number and
 * its manifest is remembered only where its signature is, so that one that was put in another's
 * place does not stand for it. */
#include "live-report.h"

#include <string.h>

#include "live-private.h"
#include "manifest.h"
#include "session-key.h"

#define INIT_INVALID "livevideo.init.invalid"
#define MANIFEST_INVALID "livevideo.manifest.invalid"
#define ASSERTION_INVALID "livevideo.assertion.invalid"
#define CONTINUITY_INVALID "livevideo.continuityMethod.invalid"
#define KEY_INVALID "livevideo.sessionkey.invalid"

static void
segment_free (gpointer segment)
{
  GenLiveSegment *is = segment;

  g_free (is->manifest);
  g_ptr_array_unref (is->statuses);
  g_free (is);
}

static void
add_status (GenLiveSegment *segment, GenStatusKind kind, const char *code, const char *explanation)
{
  GenStatus *status = g_new0 (GenStatus, 1);

  *status = (GenStatus){ kind, code, NULL, g_strdup (explanation) };
  g_ptr_array_add (segment->statuses, status);
  if (kind == GEN_STATUS_FAILURE)
    segment->state = GEN_PROVENANCE_INVALID;
}

void
gen_live_fail (GenLiveSegment *segment, const char *code, const char *explanation)
{
  add_status (segment, GEN_STATUS_FAILURE, code, explanation);
}

/* What was found of a manifest. */
static void
copy_statuses (GenLiveSegment *segment, const GenProvenanceReport *report)
{
  for (guint i = 0; i < report->statuses->len; i++) {
    const GenStatus *found = report->statuses->pdata[i];
    GenStatus *status = g_new0 (GenStatus, 1);

    if (found->kind == GEN_STATUS_SUCCESS) {
      g_free (status);
      continue;
    }
    *status = (GenStatus){ found->kind, found->code, g_strdup (found->url),
      g_strdup (found->explanation) };
    g_ptr_array_add (segment->statuses, status);
  }
}

/* An assertion of a report's active manifest. */
static cbor_item_t *
read_assertion (const GenProvenanceReport *report, const char *label)
{
  const GenJumbf *store =
      report->active != NULL ? gen_jumbf_child (report->active, GEN_ASSERTIONS_LABEL) : NULL;
  const GenJumbf *box = store != NULL ? gen_jumbf_child (store, label) : NULL;

  return box != NULL ? gen_assertion_read (box) : NULL;
}

/* Whether that assertion is the one that the manifest's signature is of. */
static gboolean
is_as_signed (const GenProvenanceReport *report, const char *label)
{
  g_autofree char *url = g_strconcat (
      GEN_MANIFEST_URL, report->active->label, "/" GEN_ASSERTIONS_LABEL "/", label, NULL);

  if (!gen_provenance_report_has (report, "claimSignature.validated"))
    return FALSE;
  for (guint i = 0; i < report->statuses->len; i++) {
    const GenStatus *status = report->statuses->pdata[i];

    if (strcmp (status->code, "assertion.hashedURI.match") == 0 && strcmp (status->url, url) == 0)
      return TRUE;
  }
  return FALSE;
}

static gboolean
has_box (GBytes *file, const char *type)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (file, &size);
  GenBmffBox box;

  for (gsize at = 0; at < size && gen_bmff_read (data, size, at, &box, NULL); at += box.size)
    if (gen_bmff_is (&box, type))
      return TRUE;
  return FALSE;
}

/* --- initialization segments --- */

static GPtrArray *
read_keys (const GenProvenanceReport *report, const cbor_item_t *assertion, guint *wrong)
{
  const GenJumbf *box = gen_jumbf_child (report->active, GEN_SIGNATURE_LABEL);
  g_auto (GenCoseSignature) signature = { 0 };

  *wrong = 1;
  if (box == NULL || !gen_cose_read (&signature, box->content, box->content_size) ||
      signature.certificates->len == 0)
    return g_ptr_array_new ();
  return gen_session_keys_read (assertion, signature.certificates->pdata[0], wrong);
}

/* Nobody may sign by the keys of a manifest that is not right. */
static void
look_at_keys (GenProvenanceLiveReport *report, GenLiveSegment *segment)
{
  g_autoptr (cbor_item_t) assertion = read_assertion (report->init, GEN_LIVE_KEYS_LABEL);
  guint wrong = 0;

  g_clear_pointer (&report->keys, g_ptr_array_unref);
  if (assertion == NULL)
    return;
  report->keys = segment->state == GEN_PROVENANCE_INVALID
                     ? g_ptr_array_new ()
                     : read_keys (report->init, assertion, &wrong);
  if (wrong > 0)
    gen_live_fail (segment, KEY_INVALID,
        "a session key is not one, or was not signed by whoever signed the manifest");
}

static gboolean
add_init (GenProvenanceLiveReport *report, GenLiveSegment *segment, GBytes *file, GError **error)
{
  GenProvenanceReport *init = gen_provenance_read (file, report->authorities, error);

  if (init == NULL)
    return FALSE;
  g_clear_pointer (&report->init, gen_provenance_report_free);
  report->init = init;
  segment->init = TRUE;
  segment->manifest = g_strdup (init->active != NULL ? init->active->label : NULL);
  segment->state = init->state;
  copy_statuses (segment, init);
  if (init->state == GEN_PROVENANCE_INVALID)
    gen_live_fail (
        segment, MANIFEST_INVALID, "the manifest of the initialization segment is not right");
  if (has_box (file, "mdat"))
    gen_live_fail (segment, INIT_INVALID, "there are media data in the initialization segment");
  look_at_keys (report, segment);
  return TRUE;
}

/* --- the order of segments --- */

void
gen_live_read_number (GenLiveSegment *segment, const cbor_item_t *map)
{
  segment->numbered =
      gen_cbor_get_integer (gen_cbor_get (map, "sequenceNumber"), &segment->number) &&
      segment->number >= 0;
}

void
gen_live_check_number (
    const GenProvenanceLiveReport *report, GenLiveSegment *segment, const char *code)
{
  g_autofree char *text = NULL;

  if (!report->numbered || segment->number - 1 == report->number)
    return;
  text =
      segment->number <= report->number
          ? g_strdup_printf ("segment %" G_GINT64_FORMAT " comes behind segment %" G_GINT64_FORMAT,
                segment->number, report->number)
          : g_strdup_printf ("segments %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
                             " are missing in front of it",
                report->number + 1, segment->number - 1);
  gen_live_fail (segment, code, text);
}

void
gen_live_remember (GenProvenanceLiveReport *report, const GenLiveSegment *segment)
{
  if (!segment->numbered || (report->numbered && segment->number <= report->number))
    return;
  report->numbered = TRUE;
  report->number = segment->number;
  g_free (report->manifest);
  report->manifest = g_strdup (segment->manifest);
}

/* --- segments with a manifest --- */

static void
check_link (GenProvenanceLiveReport *report, GenLiveSegment *segment, const cbor_item_t *link)
{
  g_autofree char *stream = gen_cbor_dup_text (gen_cbor_get (link, "streamId"));
  g_autofree char *previous = gen_cbor_dup_text (gen_cbor_get (link, "previousManifestId"));
  const gboolean first = !report->numbered;

  gen_live_read_number (segment, link);
  if (!segment->numbered || stream == NULL) {
    gen_live_fail (
        segment, ASSERTION_INVALID, "it does not say which segment of which stream it is");
    return;
  }
  if (!gen_cbor_is_text (gen_cbor_get (link, "continuityMethod"), GEN_LIVE_BY_MANIFEST) ||
      (previous == NULL && !first))
    gen_live_fail (segment, CONTINUITY_INVALID, "it does not say which manifest was before it");
  if (report->stream != NULL && strcmp (stream, report->stream) != 0)
    gen_live_fail (segment, ASSERTION_INVALID, "it is of another stream");
  gen_live_check_number (report, segment, ASSERTION_INVALID);
  if (!first && previous != NULL && g_strcmp0 (previous, report->manifest) != 0)
    gen_live_fail (segment, GEN_LIVE_SEGMENT_INVALID,
        "the segment before it is another one than when it was signed");
  if (report->stream == NULL)
    report->stream = g_steal_pointer (&stream);
}

static void
look_at_manifest (GenProvenanceLiveReport *report, GenLiveSegment *segment, GBytes *file)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenProvenanceReport) found = gen_provenance_read (file, report->authorities, &error);
  g_autoptr (cbor_item_t) link = NULL;

  if (found == NULL || found->active == NULL) {
    gen_live_fail (
        segment, GEN_LIVE_SEGMENT_INVALID, error != NULL ? error->message : "it has no manifest");
    return;
  }
  segment->state = found->state;
  segment->manifest = g_strdup (found->active->label);
  copy_statuses (segment, found);
  if (found->state == GEN_PROVENANCE_INVALID)
    gen_live_fail (segment, MANIFEST_INVALID, "its manifest is not right, or not of this segment");
  link = read_assertion (found, GEN_LIVE_SEGMENT_LABEL);
  if (link == NULL) {
    gen_live_fail (
        segment, ASSERTION_INVALID, "it does not say which segment of which stream it is");
    return;
  }
  if (!is_as_signed (found, GEN_LIVE_SEGMENT_LABEL))
    return;
  check_link (report, segment, link);
  gen_live_remember (report, segment);
}

/* --- the stream --- */

static GenLiveSegment *
append (GenProvenanceLiveReport *report)
{
  GenLiveSegment *segment = g_new0 (GenLiveSegment, 1);

  segment->statuses = gen_statuses_new ();
  segment->state = GEN_PROVENANCE_INVALID;
  g_ptr_array_add (report->segments, segment);
  return segment;
}

GenProvenanceLiveReport *
gen_provenance_live_report_new (GBytes *init, GBytes *authorities, GError **error)
{
  g_autoptr (GenProvenanceLiveReport) report = g_new0 (GenProvenanceLiveReport, 1);

  report->segments = g_ptr_array_new_with_free_func (segment_free);
  report->authorities = authorities != NULL ? g_bytes_ref (authorities) : NULL;
  if (!add_init (report, append (report), init, error))
    return NULL;
  return g_steal_pointer (&report);
}

void
gen_provenance_live_report_free (GenProvenanceLiveReport *report)
{
  g_clear_pointer (&report->authorities, g_bytes_unref);
  g_clear_pointer (&report->init, gen_provenance_report_free);
  g_clear_pointer (&report->keys, g_ptr_array_unref);
  g_ptr_array_unref (report->segments);
  g_free (report->manifest);
  g_free (report->stream);
  g_free (report);
}

GenProvenanceState
gen_provenance_live_report_add (GenProvenanceLiveReport *report, GBytes *file)
{
  GenLiveSegment *segment = append (report);
  g_autoptr (GError) error = NULL;

  if (has_box (file, "moov")) {
    if (!add_init (report, segment, file, &error))
      gen_live_fail (segment, INIT_INVALID, error->message);
  } else if (report->keys != NULL) {
    gen_live_look_at_message (report, segment, file);
  } else {
    look_at_manifest (report, segment, file);
  }
  return segment->state;
}

/* An initialization segment need not be signed where all others are for themselves. */
static gboolean
counts (const GenProvenanceLiveReport *report, const GenLiveSegment *segment)
{
  return !segment->init || segment->state != GEN_PROVENANCE_NONE || report->segments->len == 1;
}

GenProvenanceState
gen_provenance_live_report_state (const GenProvenanceLiveReport *report)
{
  GenProvenanceState worst = GEN_PROVENANCE_TRUSTED;

  for (guint i = 0; i < report->segments->len; i++) {
    const GenLiveSegment *segment = report->segments->pdata[i];

    if (segment->state == GEN_PROVENANCE_INVALID)
      return GEN_PROVENANCE_INVALID;
    if (counts (report, segment))
      worst = MIN (worst, segment->state);
  }
  return worst;
}

gboolean
gen_provenance_live_report_has (const GenProvenanceLiveReport *report, const char *code)
{
  const GenLiveSegment *last = report->segments->pdata[report->segments->len - 1];

  for (guint i = 0; i < last->statuses->len; i++)
    if (strcmp (((const GenStatus *)last->statuses->pdata[i])->code, code) == 0)
      return TRUE;
  return FALSE;
}
