/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Segments with a message (emsg): a signature by a session key, over the segment's number, its time
 * and the hash of all of it but the message (19.4). */
#include <string.h>

#include "bmff-check.h"
#include "live-private.h"
#include "live-report.h"
#include "session-key.h"

typedef struct {
  const guint8 *cose;
  gsize size;
} Message;

/* Of version 0, without flags: scheme and value, four numbers, and the message. */
static gboolean
read_message (const guint8 *box, gsize size, Message *message)
{
  static const guint8 version_and_flags[4] = { 0 };
  const gsize head = GEN_LIVE_SCHEME_AT + sizeof GEN_LIVE_SCHEME + sizeof GEN_LIVE_VALUE + 16;

  if (size <= head || memcmp (box + GEN_BMFF_HEADER, version_and_flags, 4) != 0 ||
      memcmp (box + GEN_LIVE_SCHEME_AT, GEN_LIVE_SCHEME, sizeof GEN_LIVE_SCHEME) != 0 ||
      memcmp (box + GEN_LIVE_SCHEME_AT + sizeof GEN_LIVE_SCHEME, GEN_LIVE_VALUE,
          sizeof GEN_LIVE_VALUE) != 0)
    return FALSE;
  *message = (Message){ box + head, size - head };
  return TRUE;
}

/* The one message; why there is none is told. */
static gboolean
find_message (GenLiveSegment *segment, GBytes *file, Message *message)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (file, &size);
  guint n = 0;
  GenBmffBox box;

  for (gsize at = 0; at < size; at += box.size) {
    if (!gen_bmff_read (data, size, at, &box, NULL)) {
      gen_live_fail (segment, GEN_LIVE_SEGMENT_INVALID, "its boxes do not fit into each other");
      return FALSE;
    }
    if (gen_live_is_message (data + at, box.size) &&
        (++n > 1 || !read_message (data + at, box.size, message))) {
      gen_live_fail (
          segment, GEN_LIVE_SEGMENT_INVALID, "its message (emsg) is not as it should be");
      return FALSE;
    }
  }
  if (n == 0)
    gen_live_fail (segment, GEN_LIVE_SEGMENT_INVALID, "it has no message (emsg) that signs it");
  return n == 1;
}

/* Whether the hash leaves out the message, and names no other message. */
static gboolean
leaves_out_message (const cbor_item_t *hash)
{
  const cbor_item_t *list = gen_cbor_get (hash, "exclusions");

  for (gsize i = 0; i < gen_cbor_length (list); i++) {
    const cbor_item_t *one = gen_cbor_at (list, i);
    const cbor_item_t *data = gen_cbor_at (gen_cbor_get (one, "data"), 0);
    gint64 offset = 0;
    gsize size;
    const guint8 *value = gen_cbor_get_bytes (gen_cbor_get (data, "value"), &size);

    if (gen_cbor_is_text (gen_cbor_get (one, "xpath"), "/emsg") && value != NULL &&
        size == strlen (GEN_LIVE_SCHEME) && memcmp (value, GEN_LIVE_SCHEME, size) == 0 &&
        gen_cbor_get_integer (gen_cbor_get (data, "offset"), &offset) &&
        offset == GEN_LIVE_SCHEME_AT)
      return TRUE;
  }
  return FALSE;
}

static void
check_hash (GenLiveSegment *segment, GBytes *file, const cbor_item_t *hash)
{
  const char *why = NULL;

  if (gen_cbor_get (hash, "hash") == NULL || gen_cbor_length (gen_cbor_get (hash, "merkle")) > 0 ||
      !leaves_out_message (hash))
    gen_live_fail (segment, GEN_LIVE_SEGMENT_INVALID, "its message has no hash of the segment");
  else if (gen_bmff_check (file, hash, NULL, &why) != GEN_BMFF_MATCH)
    gen_live_fail (segment, GEN_LIVE_SEGMENT_INVALID,
        why != NULL ? why : "its content was changed: the hash is another one");
}

/* The time that a segment says it is of, which its key signed, is that of its making. */
static void
check_time (GenLiveSegment *segment, const GenListedKey *key, gint64 time)
{
  const gint64 when = time != 0 ? time : g_get_real_time () / G_USEC_PER_SEC;

  if (segment->number < key->first)
    gen_live_fail (segment, GEN_LIVE_SEGMENT_INVALID, "its session key is for later segments");
  /* The difference of any two fits into 64 bits without a sign. */
  if (when < key->created || (guint64)when - (guint64)key->created > (guint64)key->period)
    gen_live_fail (
        segment, GEN_LIVE_SEGMENT_INVALID, "its session key was not valid when it was signed");
}

static void
check_info (GenProvenanceLiveReport *report, GenLiveSegment *segment, GBytes *file,
    const GenCoseSignature *signature, const GenListedKey *key)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (signature->payload, &size);
  g_autoptr (cbor_item_t) info = gen_cbor_read (data, size);

  segment->manifest = gen_cbor_dup_text (gen_cbor_get (info, "manifestId"));
  gen_live_read_number (segment, info);
  if (!segment->numbered || segment->manifest == NULL) {
    gen_live_fail (
        segment, GEN_LIVE_SEGMENT_INVALID, "its message does not say which segment it is");
    return;
  }
  if (strcmp (segment->manifest, report->init->active->label) != 0)
    gen_live_fail (segment, GEN_LIVE_SEGMENT_INVALID, "it belongs to another manifest");
  check_time (segment, key, signature->time);
  gen_live_check_number (report, segment, GEN_LIVE_SEGMENT_INVALID);
  check_hash (segment, file, gen_cbor_get (info, "bmffHash"));
  gen_live_remember (report, segment);
}

void
gen_live_look_at_message (GenProvenanceLiveReport *report, GenLiveSegment *segment, GBytes *file)
{
  g_auto (GenCoseSignature) signature = { 0 };
  const GenListedKey *key;
  Message message;
  const guint8 *payload;
  gsize size;

  segment->state = report->init->state;
  if (segment->state == GEN_PROVENANCE_INVALID)
    gen_live_fail (
        segment, GEN_LIVE_SEGMENT_INVALID, "the manifest that lists its key is not right");
  if (!find_message (segment, file, &message))
    return;
  if (!gen_cose_read (&signature, message.cose, message.size) || signature.payload == NULL) {
    gen_live_fail (
        segment, GEN_LIVE_SEGMENT_INVALID, "its message is no signature with what is signed");
    return;
  }
  key = gen_session_keys_find (report->keys, signature.key_id);
  payload = g_bytes_get_data (signature.payload, &size);
  if (key == NULL)
    gen_live_fail (
        segment, GEN_LIVE_SEGMENT_INVALID, "it is signed by a key that the manifest does not list");
  else if (!gen_cose_verify_by (&signature, key->key, payload, size))
    gen_live_fail (
        segment, GEN_LIVE_SEGMENT_INVALID, "its message was changed, or signed by another key");
  else
    check_info (report, segment, file, &signature, key);
}
