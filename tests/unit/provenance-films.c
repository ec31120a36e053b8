/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Films that are signed while they are written, as muxers do it: with the index at the end, at the
 * beginning, or in a room that is written again and again; with a header that grows; with holes;
 * in fragments. What the index points at is still there, and any byte that changes is noticed. */
#include "../provenance.h"

#define FTYP_SIZE 16
#define MOOV_SIZE 68
#define MEBI (1024 * 1024)

typedef struct {
  ProvenanceKey *key;
  GByteArray *out;
  GenProvenanceStream *stream;
  GenProvenanceClaim claim;
} Film;

static gboolean
take (guint64 offset, const guint8 *data, gsize size, gpointer user_data, GError **error)
{
  Film *film = user_data;

  if (offset + size > film->out->len)
    g_byte_array_set_size (film->out, (guint)(offset + size));
  memcpy (film->out->data + offset, data, size);
  return TRUE;
}

static void
film_open (Film *film, ProvenanceKey *key, gsize reserve)
{
  GError *error = NULL;

  *film = (Film){ .key = key, .out = g_byte_array_new (), .claim = GEN_PROVENANCE_CLAIM_DEFAULTS };
  film->stream = gen_provenance_stream_new (&film->claim, key->signer, reserve, take, film, &error);
  g_assert_no_error (error);
}

static void
film_clear (Film *film)
{
  g_clear_pointer (&film->stream, gen_provenance_stream_free);
  g_clear_pointer (&film->out, g_byte_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Film, film_clear)

static void
film_write (Film *film, const void *data, gsize size)
{
  GError *error = NULL;

  gen_provenance_stream_write (film->stream, data, size, &error);
  g_assert_no_error (error);
}

static void
film_seek (Film *film, guint64 offset)
{
  GError *error = NULL;

  gen_provenance_stream_seek (film->stream, offset, &error);
  g_assert_no_error (error);
}

/* (transfer full) */
static GBytes *
film_finish (Film *film)
{
  GError *error = NULL;

  gen_provenance_stream_finish (film->stream, &error);
  g_assert_no_error (error);
  return g_bytes_new (film->out->data, film->out->len);
}

/* --- boxes --- */

static void
put32 (guint8 *at, guint32 value)
{
  guint32 big = GUINT32_TO_BE (value);

  memcpy (at, &big, 4);
}

static guint32
get32 (const guint8 *at)
{
  guint32 big;

  memcpy (&big, at, 4);
  return GUINT32_FROM_BE (big);
}

static void
put_box (guint8 *at, guint32 size, const char *type)
{
  put32 (at, size);
  memcpy (at + 4, type, 4);
}

static void
write_box (Film *film, guint32 size, const char *type)
{
  g_autofree guint8 *box = g_malloc0 (size);

  put_box (box, size, type);
  film_write (film, box, size);
}

/* moov with one chunk, at `offset`. */
static void
make_moov (guint8 moov[MOOV_SIZE], guint32 offset)
{
  static const char *const path[] = { "moov", "trak", "mdia", "minf", "stbl", "stco" };

  memset (moov, 0, MOOV_SIZE);
  for (guint i = 0; i < G_N_ELEMENTS (path); i++)
    put_box (moov + 8 * i, MOOV_SIZE - 8 * i, path[i]);
  put32 (moov + 52, 1);
  put32 (moov + 56, offset);
  /* What stco is longer than it needs to be is nothing. */
}

static void
write_moov (Film *film, guint32 offset)
{
  guint8 moov[MOOV_SIZE];

  make_moov (moov, offset);
  film_write (film, moov, sizeof moov);
}

/* Media data that no two bytes of are alike at a distance of blocks. */
static guint8 *
make_media (gsize size)
{
  guint8 *media = g_malloc (size);
  guint32 state = 1;

  for (gsize i = 0; i < size; i++)
    media[i] = (guint8)((state = state * 1664525 + 1013904223) >> 24);
  return media;
}

/* The index of what was written points at `media`. */
static void
assert_points_at (GBytes *file, const guint8 *media, gsize size)
{
  gsize all;
  const guint8 *data = g_bytes_get_data (file, &all);
  guint32 offset = get32 (data + place_of (file, "stco") + 12);

  g_assert_cmpuint (offset, <=, all - size);
  g_assert_cmpmem (data + offset, size, media, size);
}

/* Bytes from all over the file, of which none may change. */
static void
assert_sealed (const Film *film, GBytes *file, gsize step)
{
  gsize size = g_bytes_get_size (file), room = place_of (file, "manifest");

  for (gsize at = FTYP_SIZE; at < size; at += step) {
    g_autoptr (GBytes) other = NULL;
    g_autoptr (GenProvenanceReport) report = NULL;

    /* The room behind the manifest is nobody's. */
    if (at >= room && at < FTYP_SIZE + GEN_PROVENANCE_RESERVE)
      continue;
    other = with_byte_changed (file, at);
    report = gen_provenance_read (other, film->key->authorities, NULL);
    if (report != NULL && gen_provenance_report_state (report) == GEN_PROVENANCE_TRUSTED)
      g_error ("byte %" G_GSIZE_FORMAT " may be another one", at);
  }
}

/* --- with the index at the end --- */

/* As qtmux does: the sizes are written at last. `large`: with one of 64 bits. */
static GBytes *
write_plain (Film *film, const guint8 *media, gsize size, gboolean large)
{
  guint8 head[16] = { 0 };

  write_box (film, FTYP_SIZE, "ftyp");
  put_box (head, 8, "free");
  memcpy (head + 12, "mdat", 4);
  film_write (film, head, sizeof head);
  for (gsize at = 0, n; at < size; at += n) {
    n = MIN (size - at, 100000);
    film_write (film, media + at, n);
  }
  write_moov (film, FTYP_SIZE + sizeof head);
  film_seek (film, FTYP_SIZE);
  if (large) {
    put_box (head, 1, "mdat");
    put32 (head + 8, 0);
    put32 (head + 12, (guint32)size + 16);
  } else {
    put32 (head + 8, (guint32)size + 8);
  }
  film_write (film, head, sizeof head);
  return film_finish (film);
}

static void
test_plain (void)
{
  static const gsize sizes[] = { 0, 1, 7, 8, 9, 1000, MEBI, MEBI + 8, 3 * MEBI + 5 };
  g_autofree guint8 *media = make_media (3 * MEBI + 5);
  g_auto (ProvenanceKey) key;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (int large = 0; large < 2; large++) {
      g_auto (Film) film;
      g_autoptr (GBytes) file = NULL;

      g_test_message ("%" G_GSIZE_FORMAT " bytes, %s", sizes[i], large ? "large" : "small");
      film_open (&film, &key, GEN_PROVENANCE_RESERVE);
      file = write_plain (&film, media, sizes[i], large);
      assert_trusted (&key, file);
      assert_points_at (file, media, sizes[i]);
      assert_sealed (&film, file, sizes[i] > 10000 ? 100003 : 1);
    }
}

/* More blocks than are of the first size: longer ones follow. */
static void
test_long (void)
{
  const gsize size = 70 * MEBI;
  g_autofree guint8 *media = make_media (size);
  g_auto (ProvenanceKey) key;
  g_auto (Film) film = { 0 };
  g_autoptr (GBytes) file = NULL;
  g_autoptr (GenProvenanceReport) report = NULL;
  g_autofree char *json = NULL;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  film_open (&film, &key, GEN_PROVENANCE_RESERVE);
  file = write_plain (&film, media, size, FALSE);
  assert_trusted (&key, file);
  report = provenance_read (&key, file);
  json = gen_provenance_report_json (report);
  g_assert_nonnull (strstr (json, "\"count\" : 67"));
  g_assert_nonnull (strstr (json, "2097152"));
}

/* --- with the index in front --- */

static void
test_index_first (void)
{
  g_autofree guint8 *media = make_media (5000);
  g_auto (ProvenanceKey) key;
  g_auto (Film) film = { 0 };
  g_autoptr (GBytes) file = NULL;
  guint8 head[8];

  if (!provenance_key_init (&key, NULL, 30))
    return;
  film_open (&film, &key, GEN_PROVENANCE_RESERVE);
  write_box (&film, FTYP_SIZE, "ftyp");
  write_moov (&film, FTYP_SIZE + MOOV_SIZE + 8);
  put_box (head, 5008, "mdat");
  /* In pieces of any size. */
  for (int i = 0; i < 8; i++)
    film_write (&film, head + i, 1);
  film_write (&film, media, 5000);
  file = film_finish (&film);
  assert_trusted (&key, file);
  assert_points_at (file, media, 5000);
  assert_sealed (&film, file, 7);
}

/* A room in front that is written several times, with a hole in it. */
static void
test_index_again (void)
{
  g_autofree guint8 *media = make_media (5000);
  g_auto (ProvenanceKey) key;
  g_auto (Film) film = { 0 };
  g_autoptr (GBytes) file = NULL;
  guint8 head[8];

  if (!provenance_key_init (&key, NULL, 30))
    return;
  film_open (&film, &key, GEN_PROVENANCE_RESERVE);
  write_box (&film, FTYP_SIZE, "ftyp");
  write_moov (&film, 0);
  put_box (head, 400, "free");
  film_write (&film, head, 8);
  film_seek (&film, FTYP_SIZE + MOOV_SIZE + 400);
  put_box (head, 0, "mdat");
  film_write (&film, head, 8);
  film_write (&film, media, 2000);
  film_seek (&film, FTYP_SIZE);
  write_moov (&film, 1);
  film_seek (&film, FTYP_SIZE + MOOV_SIZE + 400 + 8 + 2000);
  film_write (&film, media + 2000, 3000);
  /* As long as both, it swallows the free box. */
  film_seek (&film, FTYP_SIZE);
  write_moov (&film, FTYP_SIZE + MOOV_SIZE + 400 + 8);
  film_seek (&film, FTYP_SIZE + MOOV_SIZE + 400);
  put_box (head, 5008, "mdat");
  film_write (&film, head, 8);
  file = film_finish (&film);
  assert_trusted (&key, file);
  assert_points_at (file, media, 5000);
  assert_sealed (&film, file, 7);
}

/* QuickTime's older files have no ftyp. */
static void
test_no_type (void)
{
  g_autofree guint8 *media = make_media (100);
  g_auto (ProvenanceKey) key;
  g_auto (Film) film = { 0 };
  g_autoptr (GBytes) file = NULL;
  guint8 head[8];

  if (!provenance_key_init (&key, NULL, 30))
    return;
  film_open (&film, &key, GEN_PROVENANCE_RESERVE);
  put_box (head, 108, "mdat");
  film_write (&film, head, 8);
  film_write (&film, media, 100);
  write_moov (&film, 8);
  file = film_finish (&film);
  assert_trusted (&key, file);
  assert_points_at (file, media, 100);
}

/* --- fragments --- */

/* A fragment: moof with a place that it counts from, and its media data. */
static void
make_fragment (guint8 *out, guint64 at, const guint8 *media, guint32 size)
{
  memset (out, 0, 40);
  put_box (out, 40, "moof");
  put_box (out + 8, 32, "traf");
  put_box (out + 16, 24, "tfhd");
  out[27] = 1;
  put32 (out + 36, (guint32)at);
  put_box (out + 40, size + 8, "mdat");
  memcpy (out + 48, media, size);
}

static void
write_fragment (Film *film, guint64 at, const guint8 *media, guint32 size)
{
  g_autofree guint8 *fragment = g_malloc (48 + size);

  make_fragment (fragment, at, media, size);
  film_write (film, fragment, 48 + size);
}

#define FRAGMENT_SIZE (40 + 8 + 100)

static GBytes *
write_fragments (Film *film, const guint8 *media, guint n)
{
  guint8 mfra[55] = { 0 };
  const guint start = FTYP_SIZE + MOOV_SIZE;

  write_box (film, FTYP_SIZE, "ftyp");
  write_moov (film, 0);
  for (guint i = 0; i < n; i++)
    write_fragment (film, start + i * FRAGMENT_SIZE, media + i, 100);
  put_box (mfra, sizeof mfra, "mfra");
  put_box (mfra + 8, 47, "tfra");
  put32 (mfra + 28, 2); /* entries: a time, a place, three numbers of a byte */
  put32 (mfra + 36, start);
  put32 (mfra + 47, start + FRAGMENT_SIZE);
  film_write (film, mfra, sizeof mfra);
  film_seek (film, FTYP_SIZE);
  write_moov (film, 0);
  return film_finish (film);
}

static void
test_fragments (void)
{
  g_autofree guint8 *media = make_media (1000);
  g_auto (ProvenanceKey) key;
  g_auto (Film) film = { 0 };
  g_autoptr (GBytes) file = NULL;
  const guint8 *data;
  gsize tfra;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  film_open (&film, &key, GEN_PROVENANCE_RESERVE);
  file = write_fragments (&film, media, 3);
  assert_trusted (&key, file);
  data = g_bytes_get_data (file, NULL);
  tfra = place_of (file, "tfra") - 4;
  for (int i = 0; i < 2; i++) {
    guint32 place = get32 (data + tfra + 28 + 11 * i);

    g_assert_cmpmem (data + place + 4, 4, "moof", 4);
    /* It counts from itself. */
    g_assert_cmpuint (get32 (data + place + 36), ==, place);
  }
  for (gsize at = FTYP_SIZE + GEN_PROVENANCE_RESERVE; at < tfra - 8; at++) {
    g_autoptr (GBytes) other = with_byte_changed (file, at);
    g_autoptr (GenProvenanceReport) report = provenance_read (&key, other);
    gsize in_merkle = (at - FTYP_SIZE - GEN_PROVENANCE_RESERVE - MOOV_SIZE) % (FRAGMENT_SIZE + 96);

    /* Of the box in front of a fragment, names of trees and what fills it up are nobody's. */
    if (at >= FTYP_SIZE + GEN_PROVENANCE_RESERVE + MOOV_SIZE && in_merkle >= 24 && in_merkle < 96)
      continue;
    if (gen_provenance_report_state (report) == GEN_PROVENANCE_TRUSTED)
      g_error ("byte %" G_GSIZE_FORMAT " may be another one", at);
  }
}

/* An index of segments, of the next `size` bytes. */
static gboolean
write_index (Film *film, guint size, GError **error)
{
  guint8 sidx[44] = { 0 };

  put_box (sidx, sizeof sidx, "sidx");
  sidx[31] = 1; /* part, of so many bytes */
  put32 (sidx + 32, size);
  return gen_provenance_stream_write (film->stream, sidx, sizeof sidx, error);
}

/* Fragments, in front of each of which there is an index of `size` bytes; and one more index at the
 * end where it is `dangling`. (transfer full) */
static GBytes *
write_segments (ProvenanceKey *key, guint size, gboolean dangling, GError **error)
{
  g_autofree guint8 *media = make_media (100);
  guint at = FTYP_SIZE + MOOV_SIZE;
  g_auto (Film) film = { 0 };

  film_open (&film, key, GEN_PROVENANCE_RESERVE);
  write_box (&film, FTYP_SIZE, "ftyp");
  write_moov (&film, 0);
  for (guint i = 0; i < 3; i++) {
    guint8 fragment[FRAGMENT_SIZE];

    at += 44;
    if (!write_index (&film, size, error))
      return NULL;
    make_fragment (fragment, at, media, 100);
    at += FRAGMENT_SIZE;
    if (!gen_provenance_stream_write (film.stream, fragment, sizeof fragment, error))
      return NULL;
  }
  if ((dangling && !write_index (&film, size, error)) ||
      !gen_provenance_stream_finish (film.stream, error))
    return NULL;
  return g_byte_array_free_to_bytes (g_steal_pointer (&film.out));
}

/* An index in front of each fragment still leads to it; one of several would be wrong. */
static void
test_segments (void)
{
  g_auto (ProvenanceKey) key;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) file = NULL;
  const guint8 *data, *sidx;
  guint n = 0;
  gsize size;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  file = write_segments (&key, FRAGMENT_SIZE, FALSE, &error);
  g_assert_no_error (error);
  assert_trusted (&key, file);
  data = g_bytes_get_data (file, &size);
  for (sidx = data; (sidx = memmem (sidx, size - (gsize)(sidx - data), "sidx", 4)) != NULL; n++) {
    const guint8 *fragment = sidx - 4 + 44 + get32 (sidx - 4 + 24);

    g_assert_cmpmem (fragment + 4, 4, "moof", 4);
    g_assert_cmpuint (get32 (sidx - 4 + 32), ==, FRAGMENT_SIZE);
    sidx++;
  }
  g_assert_cmpuint (n, ==, 3);
  g_assert_null (write_segments (&key, 2 * FRAGMENT_SIZE + 44, FALSE, &error));
  g_assert_nonnull (strstr (error->message, "sidx"));
  g_clear_error (&error);
  g_assert_null (write_segments (&key, FRAGMENT_SIZE, TRUE, &error));
  g_assert_nonnull (strstr (error->message, "sidx"));
}

/* The hashed bytes of a fragment as those of an mdat, without fragments, and with another index:
 * the hash of what was in front of them is looked at nowhere then. */
static void
test_fragment_as_data (void)
{
  g_autofree guint8 *media = make_media (100);
  g_autoptr (GByteArray) forged = g_byte_array_new (), hashed = g_byte_array_new ();
  g_auto (ProvenanceKey) key;
  g_auto (Film) film = { 0 };
  g_autoptr (GBytes) file = NULL, other = NULL;
  guint8 moov[MOOV_SIZE], head[16] = { 0 };
  const guint8 *data;
  gsize size, room = FTYP_SIZE + GEN_PROVENANCE_RESERVE;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  film_open (&film, &key, GEN_PROVENANCE_RESERVE);
  write_box (&film, FTYP_SIZE, "ftyp");
  write_moov (&film, 0);
  write_fragment (&film, FTYP_SIZE + MOOV_SIZE, media, 100);
  file = film_finish (&film);
  assert_trusted (&key, file);
  data = g_bytes_get_data (file, &size);
  for (gsize at = place_of (file, "moof") - 4; at < size; at += get32 (data + at)) {
    guint64 place = GUINT64_TO_BE ((guint64)at);

    g_byte_array_append (hashed, (const guint8 *)&place, sizeof place);
    g_byte_array_append (hashed, data + at, get32 (data + at));
  }
  g_byte_array_append (forged, data, (guint)room);
  make_moov (moov, 1);
  g_byte_array_append (forged, moov, sizeof moov);
  put_box (head, (guint32)sizeof head + hashed->len, "mdat");
  g_byte_array_append (forged, head, sizeof head);
  g_byte_array_append (forged, hashed->data, hashed->len);
  other = g_bytes_new (forged->data, forged->len);
  assert_refused (&key, other, "assertion.bmffHash.mismatch");
}

/* --- what cannot be signed --- */

static void
assert_stream_fails (gboolean good, GError *error, const char *why)
{
  g_assert_false (good);
  g_assert_nonnull (error);
  if (strstr (error->message, why) == NULL)
    g_error ("\"%s\" does not say %s", error->message, why);
  g_error_free (error);
}

static void
test_no_room (void)
{
  g_autofree guint8 *media = make_media (1000);
  g_auto (ProvenanceKey) key;
  g_auto (Film) film = { 0 };
  GError *error = NULL;
  gboolean good;
  guint8 head[8];

  if (!provenance_key_init (&key, NULL, 30))
    return;
  film_open (&film, &key, 500);
  write_box (&film, FTYP_SIZE, "ftyp");
  put_box (head, 1008, "mdat");
  film_write (&film, head, 8);
  film_write (&film, media, 1000);
  g_assert_false (gen_provenance_stream_finish (film.stream, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_clear_error (&error);
  good = gen_provenance_stream_finish (film.stream, &error);
  assert_stream_fails (good, error, "failed");
}

static void
test_refused (void)
{
  g_autofree guint8 *media = make_media (1000);
  g_auto (ProvenanceKey) key;
  GError *error = NULL;
  guint8 head[8];

  if (!provenance_key_init (&key, NULL, 30))
    return;
  for (int i = 0; i < 6; i++) {
    g_auto (Film) film;

    g_test_message ("%d", i);
    film_open (&film, &key, GEN_PROVENANCE_RESERVE);
    error = NULL;
    if (i == 0) { /* nothing at all */
      gboolean good = gen_provenance_stream_finish (film.stream, &error);

      assert_stream_fails (good, error, "nothing in it");
      continue;
    }
    write_box (&film, FTYP_SIZE, "ftyp");
    put_box (head, i == 1 ? 5 : 1008, i == 5 ? "moov" : "mdat");
    if (i == 1) { /* a size that is none */
      gboolean good = gen_provenance_stream_write (film.stream, head, 8, &error);

      assert_stream_fails (good, error, "no box");
      continue;
    }
    film_write (&film, head, 8);
    film_write (&film, media, i == 2 || i == 5 ? 500 : 1000);
    if (i == 2) { /* it ends within media data */
      gboolean good = gen_provenance_stream_finish (film.stream, &error);

      assert_stream_fails (good, error, "within media data");
    } else if (i == 3) { /* media data are written again */
      gboolean good;

      film_seek (&film, FTYP_SIZE + 100);
      good = gen_provenance_stream_write (film.stream, media, 4, &error);
      assert_stream_fails (good, error, "no index");
    } else if (i == 4) { /* the size becomes another one */
      gboolean good;

      film_seek (&film, FTYP_SIZE);
      put_box (head, 1000, "mdat");
      film_write (&film, head, 8);
      good = gen_provenance_stream_finish (film.stream, &error);
      assert_stream_fails (good, error, "not as long");
    } else { /* it ends within a box */
      gboolean good = gen_provenance_stream_finish (film.stream, &error);

      assert_stream_fails (good, error, "within a box");
    }
  }
}

/* An index whose own sizes are wrong. */
static void
test_wrong_index (void)
{
  g_auto (ProvenanceKey) key;
  guint8 moov[MOOV_SIZE];

  if (!provenance_key_init (&key, NULL, 30))
    return;
  for (guint at = 8; at + 4 <= MOOV_SIZE; at += 4) {
    g_auto (Film) film;
    g_autoptr (GError) error = NULL;

    film_open (&film, &key, GEN_PROVENANCE_RESERVE);
    write_box (&film, FTYP_SIZE, "ftyp");
    make_moov (moov, 0);
    put32 (moov + at, 0xffffffff);
    if (gen_provenance_stream_write (film.stream, moov, sizeof moov, &error))
      gen_provenance_stream_finish (film.stream, &error);
    /* One or the other; sizes, and the number of chunks, are an error. */
    if (at % 8 == 0 && at < 48)
      g_assert_nonnull (error);
    if (at == 52 || at == 56)
      g_assert_nonnull (error);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/provenance-films/plain", test_plain);
  g_test_add_func ("/provenance-films/long", test_long);
  g_test_add_func ("/provenance-films/index-first", test_index_first);
  g_test_add_func ("/provenance-films/index-again", test_index_again);
  g_test_add_func ("/provenance-films/no-type", test_no_type);
  g_test_add_func ("/provenance-films/fragments", test_fragments);
  g_test_add_func ("/provenance-films/segments", test_segments);
  g_test_add_func ("/provenance-films/fragment-as-data", test_fragment_as_data);
  g_test_add_func ("/provenance-films/no-room", test_no_room);
  g_test_add_func ("/provenance-films/refused", test_refused);
  g_test_add_func ("/provenance-films/wrong-index", test_wrong_index);
  return g_test_run ();
}
