/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signs segments (19.3, 19.4). What is put into a segment goes behind its styp, so that places in
 * an index of it (sidx), which count from the index's end, stay right. */
#include <generative/provenance-live.h>

#include "../base/bmff-segments.h"
#include "../base/bmff-times.h"
#include "cbor-writer.h"
#include "live-private.h"
#include "manifest-private.h"
#include "session-key.h"
#include "xmp.h"

struct _GenProvenanceLive {
  const GenProvenanceClaim *claim;
  const GenProvenanceSigner *signer;
  GenProvenanceSigner unstamped; /* the same, which asks nobody for time stamps */
  GenProvenanceLiveMethod method;
  guint period;
  GenProvenanceLiveWrite write;
  gpointer user_data;
  GenBmffCutter *cutter;

  GBytes *init; /* as it came, with what is disclosed */
  GBytes *type; /* styp, for segments that have none */
  GenBmffTimes times;
  char *stream;       /* what the stream is known by */
  char *manifest;     /* the label of the last one */
  GenSessionKey *key; /* NULL: none is used */
  gboolean numbered;  /* a segment has come: */
  guint64 number;     /* of the next one */
  guint64 written;    /* bytes */
};

/* --- a segment and what goes into it --- */

/* Where that is. */
static gsize
room_in (GBytes *segment)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (segment, &size);
  GenBmffBox box;

  if (gen_bmff_read (data, size, 0, &box, NULL) &&
      (gen_bmff_is (&box, "styp") || gen_bmff_is (&box, "ftyp")))
    return (gsize)box.size;
  return 0;
}

/* Where bytes of the stream as it came go. */
typedef struct {
  guint64 room; /* where something goes in */
  guint64 by;   /* how far bytes in front of it go, and `size` more behind it */
  gsize size;
} Shift;

static guint64
shifted (guint64 offset, gpointer user_data)
{
  const Shift *shift = user_data;

  return offset + shift->by + (offset >= shift->room ? shift->size : 0);
}

/* Fragments whose samples are placed in the whole stream (tfhd) go on being right in it. */
static gboolean
move_fragments (GByteArray *bytes, gsize from, guint64 start, Shift *shift, GError **error)
{
  GenBmffBox box;

  for (gsize at = from; at < bytes->len; at += box.size) {
    if (!gen_bmff_read (bytes->data, bytes->len, at, &box, error))
      return FALSE;
    if (gen_bmff_is (&box, "moof") && !gen_bmff_move (bytes->data + at, (gsize)box.size,
                                          start + at - shift->size, shifted, shift, error))
      return FALSE;
  }
  return TRUE;
}

/* The segment with `box` in it, which is `at` there. One that does not say of which type it is gets
 * that as well, since some who read segments want to know it. (transfer full) */
static GByteArray *
insert (const GenProvenanceLive *live, GBytes *segment, guint64 start, GBytes *box, gsize *at,
    GError **error)
{
  gsize size, box_size, type_size = 0, room = room_in (segment);
  const guint8 *data = g_bytes_get_data (segment, &size), *type_data = NULL;
  const guint8 *box_data = g_bytes_get_data (box, &box_size);
  Shift shift = { start + room, live->written - start, 0 };
  GByteArray *bytes = g_byte_array_sized_new ((guint)(size + box_size));

  if (room == 0)
    type_data = g_bytes_get_data (live->type, &type_size);
  shift.size = type_size + box_size;
  *at = room + type_size;
  g_byte_array_append (bytes, data, (guint)room);
  g_byte_array_append (bytes, type_data, (guint)type_size);
  g_byte_array_append (bytes, box_data, (guint)box_size);
  g_byte_array_append (bytes, data + room, (guint)(size - room));
  if (move_fragments (bytes, *at + box_size, start, &shift, error))
    return bytes;
  g_byte_array_unref (bytes);
  return NULL;
}

static gboolean
emit (GenProvenanceLive *live, GByteArray *bytes, gboolean init, GError **error)
{
  g_autoptr (GBytes) segment = g_byte_array_free_to_bytes (bytes);

  live->written += g_bytes_get_size (segment);
  return live->write (segment, init, live->user_data, error);
}

/* --- a manifest in a segment --- */

static GBytes *
make_store_box (const GenProvenanceManifest *manifest, const GenDigestValue *hash, gboolean sign,
    GError **error)
{
  g_autoptr (GBytes) binding = gen_bmff_hash_make (hash, NULL, 0);
  g_autoptr (GBytes) store =
      gen_provenance_manifest_store (manifest, GEN_BMFF_HASH_LABEL, binding, sign, error);

  if (store == NULL)
    return NULL;
  return gen_bmff_store_box (store, 0, g_bytes_get_size (store) + GEN_BMFF_STORE_EXTRA, error);
}

/* (transfer full) */
static GByteArray *
sign_segment (const GenProvenanceLive *live, const GenProvenanceManifest *manifest, GBytes *segment,
    guint64 start, GError **error)
{
  GenDigestValue hash = { .size = GEN_DIGEST_SIZE };
  g_autoptr (GBytes) sized = make_store_box (manifest, &hash, FALSE, error), box = NULL;
  g_autoptr (GByteArray) bytes = NULL;
  gsize size, at;

  if (sized == NULL || (bytes = insert (live, segment, start, sized, &at, error)) == NULL)
    return NULL;
  hash = gen_live_hash (bytes->data, bytes->len, FALSE);
  box = make_store_box (manifest, &hash, TRUE, error);
  if (box == NULL)
    return NULL;
  size = g_bytes_get_size (box);
  g_assert (size == g_bytes_get_size (sized));
  memcpy (bytes->data + at, g_bytes_get_data (box, NULL), size);
  return g_steal_pointer (&bytes);
}

/* Some take a manifest's label, and others its instance, for what it is known by: they are one. */
static GenProvenanceManifest *
new_manifest (const GenProvenanceLive *live, const GenProvenanceSigner *signer, GError **error)
{
  GenProvenanceManifest *manifest = gen_provenance_manifest_new (
      live->claim, signer, gen_provenance_format_bmff.media_type, NULL, error);

  if (manifest == NULL)
    return NULL;
  g_free (manifest->instance);
  manifest->instance = g_strdup (manifest->label);
  return manifest;
}

static void
remember (GenProvenanceLive *live, const GenProvenanceManifest *manifest)
{
  g_free (live->manifest);
  live->manifest = g_strdup (manifest->label);
}

/* --- initialization segments --- */

static gboolean
sign_init (GenProvenanceLive *live, guint64 start, GError **error)
{
  g_autoptr (GenProvenanceManifest) manifest = new_manifest (live, live->signer, error);
  g_autoptr (GBytes) keys = NULL;
  GByteArray *bytes;

  if (manifest == NULL)
    return FALSE;
  if (live->method == GEN_PROVENANCE_LIVE_INFO) {
    g_clear_pointer (&live->key, gen_session_key_free);
    live->key = gen_session_key_new (live->number, live->period, error);
    if (live->key == NULL)
      return FALSE;
    keys = gen_session_key_list (live->key, live->signer, error);
    if (keys == NULL)
      return FALSE;
    gen_provenance_manifest_add (manifest, GEN_LIVE_KEYS_LABEL, keys, FALSE);
  }
  bytes = sign_segment (live, manifest, live->init, start, error);
  remember (live, manifest);
  return bytes != NULL && emit (live, bytes, TRUE, error);
}

/* What is disclosed is in a box of its own in front of the index. (transfer full) */
static GBytes *
label (const GenProvenanceLive *live, GBytes *init)
{
  gsize size, room = room_in (init), box_size;
  const guint8 *data = g_bytes_get_data (init, &size), *box_data;
  g_autofree char *packet = NULL;
  g_autoptr (GBytes) box = NULL;
  GByteArray *made;

  if (live->claim->disclosure == NULL)
    return g_bytes_ref (init);
  packet = gen_xmp_packet (live->claim, live->claim->action == GEN_PROVENANCE_EDITED, NULL);
  box = gen_xmp_box (packet);
  box_data = g_bytes_get_data (box, &box_size);
  made = g_byte_array_new ();
  g_byte_array_append (made, data, (guint)room);
  g_byte_array_append (made, box_data, (guint)box_size);
  g_byte_array_append (made, data + room, (guint)(size - room));
  return g_byte_array_free_to_bytes (made);
}

/* A segment of DASH (ISO/IEC 23009-1), of the brands of its initialization segment. (transfer full)
 */
static GBytes *
make_type (GBytes *init)
{
  static const guint8 head[] = { 0, 0, 0, 0, 's', 't', 'y', 'p', 'm', 's', 'd', 'h', 0, 0, 0, 0,
    'm', 's', 'd', 'h' };
  gsize room = room_in (init);
  const guint8 *data = g_bytes_get_data (init, NULL);
  GByteArray *box = g_byte_array_new ();

  g_byte_array_append (box, head, sizeof head);
  if (room >= 16) {
    g_byte_array_append (box, data + 8, 4);
    g_byte_array_append (box, data + 16, (guint)(room - 16));
  }
  gen_put32 (box->data, box->len);
  return g_byte_array_free_to_bytes (box);
}

static gboolean
take_init (GenProvenanceLive *live, GBytes *init, GError **error)
{
  live->init = label (live, init);
  live->type = make_type (init);
  live->times = gen_bmff_times_of (init);
  return TRUE;
}

/* --- segments with a manifest --- */

static GBytes *
make_link (const GenProvenanceLive *live)
{
  GenCborWriter writer;

  gen_cbor_writer_init (&writer);
  gen_cbor_map (&writer);
  gen_cbor_key (&writer, "sequenceNumber");
  gen_cbor_integer (&writer, (gint64)live->number);
  gen_cbor_pair_text (&writer, "streamId", live->stream);
  gen_cbor_pair_text (&writer, "continuityMethod", GEN_LIVE_BY_MANIFEST);
  gen_cbor_pair_text (&writer, "previousManifestId", live->manifest);
  gen_cbor_map_close (&writer);
  return gen_cbor_writer_end (&writer);
}

/* Segments do not wait for an authority. */
static GByteArray *
sign_by_manifest (GenProvenanceLive *live, GBytes *segment, guint64 start, GError **error)
{
  g_autoptr (GenProvenanceManifest) manifest = new_manifest (live, &live->unstamped, error);
  g_autoptr (GBytes) link = make_link (live);
  GByteArray *bytes;

  if (manifest == NULL)
    return NULL;
  gen_provenance_manifest_add (manifest, GEN_LIVE_SEGMENT_LABEL, link, FALSE);
  bytes = sign_segment (live, manifest, segment, start, error);
  remember (live, manifest);
  return bytes;
}

/* --- segments with a message --- */

static GBytes *
make_info (const GenProvenanceLive *live, const GenDigestValue *hash)
{
  GenCborWriter writer;

  gen_cbor_writer_init (&writer);
  gen_cbor_map (&writer);
  gen_cbor_key (&writer, "sequenceNumber");
  gen_cbor_integer (&writer, (gint64)live->number);
  gen_cbor_key (&writer, "bmffHash");
  gen_cbor_map (&writer);
  gen_cbor_key (&writer, "exclusions");
  gen_cbor_array (&writer);
  gen_cbor_map (&writer);
  gen_cbor_pair_text (&writer, "xpath", "/emsg");
  gen_cbor_key (&writer, "data");
  gen_cbor_array (&writer);
  gen_cbor_map (&writer);
  gen_cbor_key (&writer, "offset");
  gen_cbor_integer (&writer, GEN_LIVE_SCHEME_AT);
  gen_cbor_key (&writer, "value");
  gen_cbor_bytes (&writer, GEN_LIVE_SCHEME, strlen (GEN_LIVE_SCHEME));
  gen_cbor_map_close (&writer);
  gen_cbor_array_close (&writer);
  gen_cbor_map_close (&writer);
  gen_cbor_array_close (&writer);
  gen_cbor_pair_text (&writer, "alg", GEN_DIGEST_NAME);
  gen_cbor_key (&writer, "hash");
  gen_cbor_bytes (&writer, hash->data, hash->size);
  gen_cbor_map_close (&writer);
  gen_cbor_pair_text (&writer, "manifestId", live->manifest);
  gen_cbor_map_close (&writer);
  return gen_cbor_writer_end (&writer);
}

static void
append_number (GByteArray *bytes, guint32 number)
{
  guint8 big[4];

  gen_put32 (big, number);
  g_byte_array_append (bytes, big, sizeof big);
}

/* Of version 0; it is of all of the segment. (transfer full) */
static GBytes *
make_message (const GenProvenanceLive *live, const GenDigestValue *hash, guint32 duration,
    gint64 now, GError **error)
{
  g_autoptr (GBytes) info = make_info (live, hash);
  g_autoptr (GBytes) cose = gen_session_key_sign (live->key, info, now, error);
  GByteArray *box;
  gsize size;
  const guint8 *data;

  if (cose == NULL)
    return NULL;
  data = g_bytes_get_data (cose, &size);
  box = g_byte_array_new ();
  append_number (box, 0);
  g_byte_array_append (box, (const guint8 *)"emsg\0\0\0", 8);
  g_byte_array_append (box, (const guint8 *)GEN_LIVE_SCHEME, sizeof GEN_LIVE_SCHEME);
  g_byte_array_append (box, (const guint8 *)GEN_LIVE_VALUE, sizeof GEN_LIVE_VALUE);
  append_number (box, live->times.scale);
  append_number (box, 0);
  append_number (box, duration);
  append_number (box, (guint32)live->number);
  g_byte_array_append (box, data, (guint)size);
  gen_put32 (box->data, box->len);
  return g_byte_array_free_to_bytes (box);
}

static GByteArray *
sign_by_info (GenProvenanceLive *live, GBytes *segment, guint64 start, GError **error)
{
  const gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  guint32 duration = gen_bmff_duration_of (&live->times, segment);
  GenDigestValue hash = { .size = GEN_DIGEST_SIZE };
  g_autoptr (GBytes) sized = NULL, box = NULL;
  g_autoptr (GByteArray) bytes = NULL;
  gsize at;

  sized = make_message (live, &hash, duration, now, error);
  if (sized == NULL || (bytes = insert (live, segment, start, sized, &at, error)) == NULL)
    return NULL;
  hash = gen_live_hash (bytes->data, bytes->len, TRUE);
  box = make_message (live, &hash, duration, now, error);
  if (box == NULL)
    return NULL;
  g_assert (g_bytes_get_size (box) == g_bytes_get_size (sized));
  memcpy (bytes->data + at, g_bytes_get_data (box, NULL), g_bytes_get_size (box));
  return g_steal_pointer (&bytes);
}

/* --- the stream --- */

/* An initialization segment goes when it is known by which number the first segment is. */
static gboolean
needs_init (const GenProvenanceLive *live)
{
  return live->manifest == NULL || (live->key != NULL && gen_session_key_is_over (live->key,
                                                             g_get_real_time () / G_USEC_PER_SEC));
}

static gboolean
take (GBytes *segment, gboolean init, guint64 start, gpointer user_data, GError **error)
{
  GenProvenanceLive *live = user_data;
  GByteArray *bytes;

  if (init)
    return take_init (live, segment, error);
  if (!live->numbered)
    live->number = gen_bmff_number_of (segment);
  live->numbered = TRUE;
  if (needs_init (live) && !sign_init (live, 0, error))
    return FALSE;
  bytes = live->method == GEN_PROVENANCE_LIVE_MANIFEST
              ? sign_by_manifest (live, segment, start, error)
              : sign_by_info (live, segment, start, error);
  live->number++;
  return bytes != NULL && emit (live, bytes, FALSE, error);
}

GenProvenanceLive *
gen_provenance_live_new (const GenProvenanceClaim *claim, const GenProvenanceSigner *signer,
    GenProvenanceLiveMethod method, guint period, GenProvenanceLiveWrite write, gpointer user_data)
{
  GenProvenanceLive *live = g_new0 (GenProvenanceLive, 1);
  g_autofree char *uuid = g_uuid_string_random ();

  live->claim = claim;
  live->signer = signer;
  live->unstamped = *signer;
  live->unstamped.stamper = NULL;
  live->method = method;
  live->period = MAX (period, 1);
  live->write = write;
  live->user_data = user_data;
  live->stream = g_strconcat ("urn:uuid:", uuid, NULL);
  live->cutter = gen_bmff_cutter_new (take, live);
  return live;
}

void
gen_provenance_live_free (GenProvenanceLive *live)
{
  gen_bmff_cutter_free (live->cutter);
  g_clear_pointer (&live->init, g_bytes_unref);
  g_clear_pointer (&live->type, g_bytes_unref);
  g_clear_pointer (&live->key, gen_session_key_free);
  g_free (live->stream);
  g_free (live->manifest);
  g_free (live);
}

gboolean
gen_provenance_live_write (GenProvenanceLive *live, const guint8 *data, gsize size, GError **error)
{
  return gen_bmff_cutter_write (live->cutter, data, size, error);
}

gboolean
gen_provenance_live_finish (GenProvenanceLive *live, GError **error)
{
  return gen_bmff_cutter_finish (live->cutter, error);
}
