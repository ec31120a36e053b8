/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signed files of others: what they claim, their certificates, their boxes; and, of films, an index
 * that is to be moved. The first byte says which: a file as it is, a store in a WAV file, a film
 * that is signed, with the second byte as how it is cut into pieces. */
#include <generative/provenance-live.h>

#include <string.h>
#include <glib/gstdio.h>

#include "fuzz.h"

static void
read_file (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) file = g_bytes_new (data, size);
  g_autoptr (GenProvenanceReport) report = gen_provenance_read (file, NULL, NULL);
  g_autofree char *json = report != NULL ? gen_provenance_report_json (report) : NULL;

  if (json != NULL && gen_provenance_report_state (report) == GEN_PROVENANCE_TRUSTED)
    g_error ("nobody is trusted");
}

/* So that it need not find out what a file is made of first. */
static void
read_store (const guint8 *data, gsize size)
{
  static const guint8 head[] = "RIFF\0\0\0\0WAVEdata\0\0\0\0C2PA";
  g_autoptr (GByteArray) file = g_byte_array_new ();
  guint32 length = GUINT32_TO_LE ((guint32)size);

  g_byte_array_append (file, head, sizeof head - 1);
  g_byte_array_append (file, (const guint8 *)&length, 4);
  g_byte_array_append (file, data, (guint)size);
  read_file (file->data, file->len);
}

static const GenProvenanceSigner *
get_signer (void)
{
  static GenProvenanceSigner *signer = NULL;
  static const char *const names[] = { "key.pem", "certificate.pem", "authority.pem" };

  if (signer == NULL) {
    g_autofree char *folder = g_dir_make_tmp ("fuzz-XXXXXX", NULL);
    g_autofree char *key = g_build_filename (folder, names[0], NULL);
    g_autofree char *certificate = g_build_filename (folder, names[1], NULL);

    if (gen_provenance_demonstration_key (folder, "EdDSA", 1, NULL))
      signer = gen_provenance_signer_load (key, certificate, NULL);
    for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
      g_autofree char *path = g_build_filename (folder, names[i], NULL);

      g_unlink (path);
    }
    g_rmdir (folder);
  }
  return signer;
}

static gboolean
take (guint64 offset, const guint8 *data, gsize size, gpointer user_data, GError **error)
{
  GByteArray *out = user_data;

  if (offset + size > out->len)
    g_byte_array_set_size (out, (guint)(offset + size));
  memcpy (out->data + offset, data, size);
  return TRUE;
}

/* What can be signed must be found to be right. */
static void
sign_film (const guint8 *data, gsize size)
{
  const GenProvenanceDisclosure disclosure = { .provider = "somebody" };
  GenProvenanceClaim claim = GEN_PROVENANCE_CLAIM_DEFAULTS;
  const GenProvenanceSigner *signer = get_signer ();
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (GenProvenanceStream) stream = NULL;
  g_autoptr (GenProvenanceReport) report = NULL;
  g_autoptr (GBytes) file = NULL;
  gsize piece;

  if (signer == NULL || size < 1)
    return;
  piece = 1 + data[0];
  claim.disclosure = data[0] & 1 ? &disclosure : NULL;
  stream = gen_provenance_stream_new (&claim, signer, 8192, take, out, NULL);
  for (gsize at = 1; at < size; at += piece)
    if (!gen_provenance_stream_write (stream, data + at, MIN (piece, size - at), NULL))
      return;
  if (!gen_provenance_stream_finish (stream, NULL))
    return;
  file = g_bytes_new (out->data, out->len);
  report = gen_provenance_read (file, NULL, NULL);
  if (report == NULL || gen_provenance_report_state (report) != GEN_PROVENANCE_VALID)
    g_error ("what was signed is not valid");
}

static gboolean
look (GBytes *segment, gboolean init, gpointer user_data, GError **error)
{
  GenProvenanceLiveReport **report = user_data;

  if (*report == NULL)
    *report = gen_provenance_live_report_new (segment, NULL, NULL);
  else if (gen_provenance_live_report_add (*report, segment) != GEN_PROVENANCE_VALID)
    g_error (
        "a segment that was signed is not valid: %s", gen_provenance_live_report_json (*report));
  return TRUE;
}

/* The same of what goes on for ever. */
static void
sign_live (const guint8 *data, gsize size)
{
  const GenProvenanceClaim claim = GEN_PROVENANCE_CLAIM_DEFAULTS;
  const GenProvenanceSigner *signer = get_signer ();
  GenProvenanceLiveReport *report = NULL;
  g_autoptr (GenProvenanceLive) live = NULL;

  if (signer == NULL || size < 1)
    return;
  live = gen_provenance_live_new (&claim, signer,
      data[0] & 1 ? GEN_PROVENANCE_LIVE_INFO : GEN_PROVENANCE_LIVE_MANIFEST, 3600, look, &report);
  if (gen_provenance_live_write (live, data + 1, size - 1, NULL))
    gen_provenance_live_finish (live, NULL);
  g_clear_pointer (&report, gen_provenance_live_report_free);
}

/* Two segments, the first as long as the first two bytes say. */
static void
read_live (const guint8 *data, gsize size)
{
  g_autoptr (GenProvenanceLiveReport) report = NULL;
  g_autoptr (GBytes) init = NULL, segment = NULL;
  gsize first;

  if (size < 2)
    return;
  first = MIN ((gsize)data[0] << 8 | data[1], size - 2);
  init = g_bytes_new (data + 2, first);
  segment = g_bytes_new (data + 2 + first, size - 2 - first);
  report = gen_provenance_live_report_new (init, NULL, NULL);
  if (report == NULL)
    return;
  gen_provenance_live_report_add (report, segment);
  g_free (gen_provenance_live_report_json (report));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static void (*const readers[]) (
      const guint8 *, gsize) = { read_file, read_store, sign_film, sign_live, read_live };

  if (size > 0)
    readers[data[0] % G_N_ELEMENTS (readers)](data + 1, size - 1);
  return 0;
}
