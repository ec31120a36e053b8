/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Live streams that are signed segment by segment, in both ways: however their bytes come, all
 * segments are right by themselves and in their order; and one that is missing, comes twice, too
 * early, from elsewhere, or with another byte is told. */
#include "../provenance.h"

#include <generative/provenance-live.h>

#define SEGMENTS 5
#define FRAGMENT_DATA 308 /* bytes of its mdat */

static void
put_number (GByteArray *bytes, guint32 number)
{
  const guint32 big = GUINT32_TO_BE (number);

  g_byte_array_append (bytes, (const guint8 *)&big, sizeof big);
}

static guint
open_box (GByteArray *bytes, const char *type)
{
  guint start = bytes->len;

  put_number (bytes, 0);
  g_byte_array_append (bytes, (const guint8 *)type, 4);
  return start;
}

static void
close_box (GByteArray *bytes, guint start)
{
  const guint32 big = GUINT32_TO_BE (bytes->len - start);

  memcpy (bytes->data + start, &big, sizeof big);
}

static void
put_init (GByteArray *bytes)
{
  guint box = open_box (bytes, "ftyp"), moov, trak, mdia;

  g_byte_array_append (bytes, (const guint8 *)"iso6\0\0\0\0iso6cmfc", 16);
  close_box (bytes, box);
  moov = open_box (bytes, "moov");
  trak = open_box (bytes, "trak");
  mdia = open_box (bytes, "mdia");
  box = open_box (bytes, "mdhd");
  for (guint i = 0; i < 6; i++)
    put_number (bytes, i == 3 ? 3000 : 0);
  close_box (bytes, box);
  close_box (bytes, mdia);
  close_box (bytes, trak);
  close_box (bytes, moov);
}

/* Two samples of 100 ticks. */
static void
put_fragment (GByteArray *bytes, guint number)
{
  guint moof = open_box (bytes, "moof"), traf, box = open_box (bytes, "mfhd");

  put_number (bytes, 0);
  put_number (bytes, number);
  close_box (bytes, box);
  traf = open_box (bytes, "traf");
  box = open_box (bytes, "tfhd");
  put_number (bytes, 0x020008);
  put_number (bytes, 1);
  put_number (bytes, 100);
  close_box (bytes, box);
  box = open_box (bytes, "trun");
  put_number (bytes, 0);
  put_number (bytes, 2);
  close_box (bytes, box);
  close_box (bytes, traf);
  close_box (bytes, moof);
  box = open_box (bytes, "mdat");
  for (guint i = 0; i < FRAGMENT_DATA - 8; i++)
    g_byte_array_append (bytes, (const guint8[]){ (guint8)(i * number) }, 1);
  close_box (bytes, box);
}

/* Of segments whose numbers begin with `first`. */
static GByteArray *
make_stream_from (guint first, gboolean styled)
{
  GByteArray *bytes = g_byte_array_new ();

  put_init (bytes);
  for (guint i = first; i < first + SEGMENTS; i++) {
    if (styled) {
      guint box = open_box (bytes, "styp");

      g_byte_array_append (bytes, (const guint8 *)"msdh\0\0\0\0", 8);
      close_box (bytes, box);
      put_fragment (bytes, 2 * i - 1);
    }
    put_fragment (bytes, styled ? 2 * i : i);
  }
  return bytes;
}

static GByteArray *
make_stream (gboolean styled)
{
  return make_stream_from (1, styled);
}

/* --- what was signed --- */

typedef struct {
  GPtrArray *segments; /* of GBytes, the initialization segment first */
  guint inits;
} Signed;

static void
signed_clear (Signed *is)
{
  g_clear_pointer (&is->segments, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Signed, signed_clear)

static gboolean
take (GBytes *segment, gboolean init, gpointer user_data, GError **error)
{
  Signed *is = user_data;

  is->inits += init;
  g_ptr_array_add (is->segments, g_bytes_ref (segment));
  return TRUE;
}

static GenProvenanceLive *
open_live (const ProvenanceKey *key, const GenProvenanceClaim *claim,
    GenProvenanceLiveMethod method, guint period, Signed *is)
{
  *is = (Signed){ g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref), 0 };
  return gen_provenance_live_new (claim, key->signer, method, period, take, is);
}

/* The stream, whose bytes come `each` at a time. */
static Signed
sign_stream (
    const ProvenanceKey *key, GenProvenanceLiveMethod method, const GByteArray *stream, gsize each)
{
  const GenProvenanceDisclosure disclosure = { .provider = "Example" };
  const GenProvenanceClaim claim = { .model = "test", .disclosure = &disclosure };
  g_autoptr (GError) error = NULL;
  Signed is;
  g_autoptr (GenProvenanceLive) live =
      open_live (key, &claim, method, GEN_PROVENANCE_LIVE_PERIOD, &is);

  for (gsize at = 0; at < stream->len; at += each) {
    gen_provenance_live_write (live, stream->data + at, MIN (each, stream->len - at), &error);
    g_assert_no_error (error);
  }
  gen_provenance_live_finish (live, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (is.segments->len, ==, 1 + SEGMENTS);
  g_assert_cmpuint (is.inits, ==, 1);
  return is;
}

static Signed
sign (const ProvenanceKey *key, GenProvenanceLiveMethod method, gboolean styled, gsize each)
{
  g_autoptr (GByteArray) stream = make_stream (styled);

  return sign_stream (key, method, stream, each);
}

static GenProvenanceLiveReport *
open_report (const ProvenanceKey *key, GBytes *init)
{
  g_autoptr (GError) error = NULL;
  GenProvenanceLiveReport *report = gen_provenance_live_report_new (init, key->authorities, &error);

  g_assert_no_error (error);
  return report;
}

static void
assert_good (const ProvenanceKey *key, const Signed *is)
{
  g_autoptr (GenProvenanceLiveReport) report = open_report (key, is->segments->pdata[0]);

  for (guint i = 1; i < is->segments->len; i++)
    gen_provenance_live_report_add (report, is->segments->pdata[i]);
  if (gen_provenance_live_report_state (report) != GEN_PROVENANCE_TRUSTED)
    g_error ("%s", gen_provenance_live_report_json (report));
}

static const GenProvenanceLiveMethod methods[] = { GEN_PROVENANCE_LIVE_MANIFEST,
  GEN_PROVENANCE_LIVE_INFO };

static void
test_pieces (void)
{
  static const gsize pieces[] = { 1, 7, 350, 100000 };
  g_auto (ProvenanceKey) key;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  for (guint m = 0; m < G_N_ELEMENTS (methods); m++)
    for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
      for (int styled = 0; styled < 2; styled++) {
        g_auto (Signed) is = sign (&key, methods[m], styled, pieces[i]);

        assert_good (&key, &is);
      }
}

/* --- what was done to it --- */

/* Segments in that order, 0 ends them; the one at `told` has that code, and those that are `good`
 * (bits) have none. */
static void
assert_order (const ProvenanceKey *key, const Signed *is, const guint *order, guint told,
    const char *code, guint good)
{
  g_autoptr (GenProvenanceLiveReport) report = open_report (key, is->segments->pdata[0]);

  for (guint i = 0; order[i] != 0; i++) {
    GenProvenanceState state =
        gen_provenance_live_report_add (report, is->segments->pdata[order[i]]);

    if (i == told && !gen_provenance_live_report_has (report, code))
      g_error ("%s is not in %s", code, gen_provenance_live_report_json (report));
    if (good >> i & 1)
      g_assert_cmpint (state, ==, GEN_PROVENANCE_TRUSTED);
  }
  g_assert_cmpint (gen_provenance_live_report_state (report), ==, GEN_PROVENANCE_INVALID);
}

static void
test_order (void)
{
  g_auto (ProvenanceKey) key;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  for (guint m = 0; m < G_N_ELEMENTS (methods); m++) {
    g_auto (Signed) is = sign (&key, methods[m], FALSE, 1000);
    const char *number = methods[m] == GEN_PROVENANCE_LIVE_INFO ? "livevideo.segment.invalid"
                                                                : "livevideo.assertion.invalid";
    g_autoptr (GenProvenanceLiveReport) late = open_report (&key, is.segments->pdata[0]);

    /* Missing, exchanged, come twice. */
    assert_order (&key, &is, (const guint[]){ 1, 2, 4, 5, 0 }, 2, "livevideo.segment.invalid", 0xb);
    assert_order (&key, &is, (const guint[]){ 1, 3, 2, 4, 0 }, 1, "livevideo.segment.invalid", 0x9);
    assert_order (&key, &is, (const guint[]){ 1, 3, 2, 4, 0 }, 2, number, 0x9);
    assert_order (&key, &is, (const guint[]){ 1, 2, 2, 3, 0 }, 2, number, 0xb);
    /* Whoever comes later has missed nothing. */
    for (guint i = 3; i <= SEGMENTS; i++)
      g_assert_cmpint (
          gen_provenance_live_report_add (late, is.segments->pdata[i]), ==, GEN_PROVENANCE_TRUSTED);
  }
}

/* A first number of 0 is a number like others. */
static void
test_zero (void)
{
  g_autoptr (GByteArray) stream = make_stream_from (0, FALSE);
  g_auto (ProvenanceKey) key;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  for (guint m = 0; m < G_N_ELEMENTS (methods); m++) {
    g_auto (Signed) is = sign_stream (&key, methods[m], stream, 1000);
    const char *number = methods[m] == GEN_PROVENANCE_LIVE_INFO ? "livevideo.segment.invalid"
                                                                : "livevideo.assertion.invalid";
    g_autoptr (GenProvenanceLiveReport) report = open_report (&key, is.segments->pdata[0]);
    g_autofree char *text = NULL;

    assert_good (&key, &is);
    assert_order (&key, &is, (const guint[]){ 1, 1, 2, 0 }, 1, number, 0x5);
    assert_order (&key, &is, (const guint[]){ 1, 3, 4, 0 }, 1, number, 0x5);
    gen_provenance_live_report_add (report, is.segments->pdata[1]);
    text = gen_provenance_live_report_json (report);
    g_assert_nonnull (strstr (text, "\"sequence_number\" : 0"));
  }
}

/* What a segment says that was not signed so is held against no other one. */
static void
test_changed_number (void)
{
  g_auto (ProvenanceKey) key;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  for (guint m = 0; m < G_N_ELEMENTS (methods); m++) {
    g_auto (Signed) is = sign (&key, methods[m], FALSE, 1000);
    const char *told = methods[m] == GEN_PROVENANCE_LIVE_INFO ? "livevideo.segment.invalid"
                                                              : "livevideo.manifest.invalid";
    const gsize at = place_of (is.segments->pdata[2], "sequenceNumber") + 14;
    GBytes *second = is.segments->pdata[2];
    guint8 *changed = g_memdup2 (g_bytes_get_data (second, NULL), g_bytes_get_size (second));

    g_assert_cmpuint (changed[at], ==, 2);
    changed[at] = 23;
    is.segments->pdata[2] = g_bytes_new_take (changed, g_bytes_get_size (second));
    g_bytes_unref (second);
    assert_order (&key, &is, (const guint[]){ 1, 2, 3, 4, 5, 0 }, 1, told, 0x19);
  }
}

/* Segments of another stream by the same signer, and such as nobody signed. */
static void
test_replaced (void)
{
  g_auto (ProvenanceKey) key;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  for (guint m = 0; m < G_N_ELEMENTS (methods); m++) {
    g_auto (Signed) is = sign (&key, methods[m], FALSE, 1000);
    g_auto (Signed) other = sign (&key, methods[m], FALSE, 1000);
    g_autoptr (GByteArray) plain = g_byte_array_new ();
    g_autoptr (GBytes) bare = NULL;
    g_autoptr (GenProvenanceLiveReport) report = open_report (&key, is.segments->pdata[0]);

    put_fragment (plain, 3);
    bare = g_bytes_new (plain->data, plain->len);
    gen_provenance_live_report_add (report, is.segments->pdata[1]);
    gen_provenance_live_report_add (report, other.segments->pdata[2]);
    g_assert_true (gen_provenance_live_report_has (report, "livevideo.segment.invalid"));
    g_assert_cmpint (gen_provenance_live_report_add (report, bare), ==, GEN_PROVENANCE_INVALID);
    g_assert_true (gen_provenance_live_report_has (report, "livevideo.segment.invalid"));
  }
}

/* Nothing signs the four numbers in front of a message's signature. Of a store, which other tests
 * change, its assertions are looked at here. */
static gboolean
is_signed (GBytes *segment, gsize at)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (segment, &size);
  const guint8 *message = memmem (data, size, "fseg", 5);
  const guint8 *store = memmem (data, size, "manifest", 9);
  const guint8 *from = message != NULL ? message + 5 : store + 9;
  const guint8 *to = message != NULL ? from + 16 : memmem (data, size, "moof", 4) - 4;
  const guint8 *link = memmem (data, size, "sequenceNumber", 14);

  return at < (gsize)(from - data) || at >= (gsize)(to - data) ||
         (at >= (gsize)(link - data) && at < (gsize)(link - data) + 150);
}

static void
test_changed (void)
{
  g_auto (ProvenanceKey) key;

  if (!provenance_key_init (&key, "EdDSA", 30))
    return;
  for (guint m = 0; m < G_N_ELEMENTS (methods); m++) {
    g_auto (Signed) is = sign (&key, methods[m], FALSE, 1000);
    GBytes *segment = is.segments->pdata[1];
    gsize size = g_bytes_get_size (segment), step = MAX (size / 60, 1);

    for (gsize at = 0; at < size; at += step) {
      g_autoptr (GBytes) changed = with_byte_changed (segment, at);
      g_autoptr (GenProvenanceLiveReport) report = open_report (&key, is.segments->pdata[0]);

      if (is_signed (segment, at) &&
          gen_provenance_live_report_add (report, changed) != GEN_PROVENANCE_INVALID)
        g_error ("byte %zu of method %u may be another one", at, m);
    }
    for (gsize n = 0; n < size; n += step) {
      g_autoptr (GBytes) cut = g_bytes_new (g_bytes_get_data (segment, NULL), n);
      g_autoptr (GenProvenanceLiveReport) report = open_report (&key, is.segments->pdata[0]);

      g_assert_cmpint (gen_provenance_live_report_add (report, cut), ==, GEN_PROVENANCE_INVALID);
    }
  }
}

/* The initialization segment of another stream, and one that was changed. */
static void
test_init (void)
{
  g_auto (ProvenanceKey) key;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  for (guint m = 0; m < G_N_ELEMENTS (methods); m++) {
    g_auto (Signed) is = sign (&key, methods[m], FALSE, 1000);
    GBytes *init = is.segments->pdata[0];
    g_autoptr (GBytes) changed = with_byte_changed (init, g_bytes_get_size (init) - 1);
    g_autoptr (GenProvenanceLiveReport) report = open_report (&key, changed);

    g_assert_true (gen_provenance_live_report_has (report, "livevideo.manifest.invalid"));
    gen_provenance_live_report_add (report, is.segments->pdata[1]);
    g_assert_cmpint (gen_provenance_live_report_state (report), ==, GEN_PROVENANCE_INVALID);
  }
  {
    g_auto (Signed) is = sign (&key, GEN_PROVENANCE_LIVE_INFO, FALSE, 1000);
    g_auto (Signed) other = sign (&key, GEN_PROVENANCE_LIVE_INFO, FALSE, 1000);

    /* Its key is not listed there. */
    assert_order (&key, &(Signed){ other.segments, 1 }, (const guint[]){ 2, 1, 0 }, 1,
        "livevideo.segment.invalid", 0x1);
    g_ptr_array_remove_index (is.segments, 0);
    g_ptr_array_insert (is.segments, 0, g_bytes_ref (other.segments->pdata[0]));
    assert_order (&key, &is, (const guint[]){ 1, 2, 0 }, 0, "livevideo.segment.invalid", 0);
  }
}

/* When a key's time is over, an initialization segment with another one comes. */
static void
test_period (void)
{
  const GenProvenanceClaim claim = GEN_PROVENANCE_CLAIM_DEFAULTS;
  g_autoptr (GByteArray) stream = make_stream (FALSE);
  g_autoptr (GError) error = NULL;
  g_auto (ProvenanceKey) key;
  g_auto (Signed) is = { 0 };
  g_autoptr (GenProvenanceLive) live = NULL;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  live = open_live (&key, &claim, GEN_PROVENANCE_LIVE_INFO, 1, &is);
  for (gsize at = 0, half = stream->len / 2 + 1; at < stream->len; at += half) {
    gen_provenance_live_write (live, stream->data + at, MIN (half, stream->len - at), &error);
    g_assert_no_error (error);
    g_usleep (1100 * 1000);
  }
  gen_provenance_live_finish (live, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (is.inits, >=, 2);
  g_assert_cmpuint (is.segments->len, ==, is.inits + SEGMENTS);
  assert_good (&key, &is);
}

/* --- what is no live stream --- */

static void
assert_refused_stream (const ProvenanceKey *key, GByteArray *stream, const char *text)
{
  const GenProvenanceClaim claim = GEN_PROVENANCE_CLAIM_DEFAULTS;
  g_autoptr (GError) error = NULL;
  g_auto (Signed) is = { 0 };
  g_autoptr (GenProvenanceLive) live = open_live (key, &claim, GEN_PROVENANCE_LIVE_INFO, 60, &is);

  g_assert_false (gen_provenance_live_write (live, stream->data, stream->len, &error) &&
                  gen_provenance_live_finish (live, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  if (strstr (error->message, text) == NULL)
    g_error ("\"%s\" does not say %s", error->message, text);
}

static void
test_refused (void)
{
  g_autoptr (GByteArray) data_first = g_byte_array_new (), alone = g_byte_array_new ();
  g_autoptr (GByteArray) bare = g_byte_array_new (), cut = make_stream (FALSE);
  g_autoptr (GByteArray) unfinished = make_stream (FALSE), again = make_stream (TRUE);
  g_autofree char *where = NULL;
  g_auto (ProvenanceKey) key;
  guint box;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  put_init (data_first);
  box = open_box (data_first, "mdat");
  close_box (data_first, box);
  assert_refused_stream (&key, data_first, "fragment-duration");
  put_init (alone);
  assert_refused_stream (&key, alone, "no fragments");
  put_fragment (bare, 1);
  assert_refused_stream (&key, bare, "nothing in front of the fragments");
  g_byte_array_set_size (cut, cut->len - 10);
  assert_refused_stream (&key, cut, "ends within a box");
  g_byte_array_set_size (unfinished, unfinished->len - FRAGMENT_DATA);
  assert_refused_stream (&key, unfinished, "without the media data (mdat) of its last fragment");
  box = again->len;
  put_init (again);
  put_fragment (again, 2 * SEGMENTS + 1);
  where = g_strdup_printf ("another initialization segment (ftyp, moov) is behind fragments, and "
                           "each stream has one of its own: at byte %u",
      box);
  assert_refused_stream (&key, again, where);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/provenance-live/pieces", test_pieces);
  g_test_add_func ("/provenance-live/order", test_order);
  g_test_add_func ("/provenance-live/zero", test_zero);
  g_test_add_func ("/provenance-live/changed-number", test_changed_number);
  g_test_add_func ("/provenance-live/replaced", test_replaced);
  g_test_add_func ("/provenance-live/changed", test_changed);
  g_test_add_func ("/provenance-live/init", test_init);
  g_test_add_func ("/provenance-live/period", test_period);
  g_test_add_func ("/provenance-live/refused", test_refused);
  return g_test_run ();
}
