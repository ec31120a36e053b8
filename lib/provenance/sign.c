/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that are there, signed: pieces with the manifest between them, or, for films, what a stream
 * makes of them. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <generative/atomic-file.h>
#include <generative/file-bytes.h>

#include "bmff-stream.h"
#include "data-hash.h"
#include "format.h"
#include "report.h"
#include "xmp.h"

/* Of a film that is there it is known how much is needed, by trying. */
#define RESERVE_FIRST (16 * 1024)
#define RESERVE_MOST (1024 * 1024 * 1024)

char *
gen_provenance_hash_file (const char *path, GError **error)
{
  g_autoptr (GBytes) bytes = gen_file_bytes (path, error);

  return bytes != NULL ? g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes) : NULL;
}

/* --- what it was before --- */

typedef struct {
  GenProvenanceParent parent;
  GenProvenancePlace place;
  GenProvenanceReport *report;
  char *xmp;
  GBytes *labelled; /* the file with its XMP */
} Before;

static void
before_clear (Before *before)
{
  gen_provenance_place_clear (&before->place);
  g_clear_pointer (&before->report, gen_provenance_report_free);
  g_clear_pointer (&before->xmp, g_free);
  g_clear_pointer (&before->labelled, g_bytes_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Before, before_clear)

/* A film's XMP goes with its stream. */
static gboolean
label (Before *before, const GenProvenanceFormat *format, GBytes *file,
    const GenProvenanceClaim *claim, GError **error)
{
  const gboolean edited = before->parent.store != NULL || claim->action == GEN_PROVENANCE_EDITED;

  if (format->embed == NULL)
    before->parent.xmp = before->xmp = gen_xmp_find_in_film (file);
  before->labelled = gen_xmp_label (format, file, claim, edited, error);
  return before->labelled != NULL;
}

/* A store that cannot be read is no history: it is left out, and with it what it said. */
static gboolean
look_at_store (Before *before, const GenProvenanceFormat *format, GBytes *file, const char *name,
    GError **error)
{
  if (!format->find (file, &before->place, error))
    return FALSE;
  before->parent.title = name;
  if (before->place.store == NULL)
    return TRUE;
  before->report = gen_provenance_read (file, NULL, error);
  if (before->report == NULL)
    return FALSE;
  before->parent.statuses = gen_report_statuses (before->report);
  if (gen_report_store (before->report) != NULL)
    before->parent.store = gen_report_store (before->report);
  return TRUE;
}

static gboolean
look_before (Before *before, const GenProvenanceFormat *format, GBytes *file, const char *name,
    const GenProvenanceClaim *claim, GError **error)
{
  return look_at_store (before, format, file, name, error) &&
         label (before, format, file, claim, error);
}

/* --- files of pieces --- */

static GenDigestValue
hash_pieces (GPtrArray *pieces, const GenProvenancePlace *place)
{
  g_autoptr (GenDigest) digest = gen_digest_new (GEN_DIGEST_NAME);
  guint64 at = 0, stop = place->start + place->size;

  for (guint i = 0; i < pieces->len; i++) {
    gsize size;
    const guint8 *data = g_bytes_get_data (pieces->pdata[i], &size);
    guint64 end = at + size;

    if (at < place->start)
      gen_digest_add (digest, data, (gsize)(MIN (end, place->start) - at));
    if (end > stop) {
      guint64 from = MAX (at, stop);

      gen_digest_add (digest, data + (from - at), (gsize)(end - from));
    }
    at = end;
  }
  return gen_digest_take (digest);
}

/* (transfer full) */
static GPtrArray *
sign_pieces (const GenProvenanceFormat *format, GBytes *file, const GenProvenanceManifest *manifest,
    GError **error)
{
  g_autoptr (GPtrArray) pieces = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  GenProvenancePlace place = { 0 };
  GenDigestValue hash = { .size = GEN_DIGEST_SIZE };
  g_autoptr (GBytes) empty = gen_data_hash_make (0, 0, &hash), binding = NULL;
  g_autoptr (GBytes) sized =
      gen_provenance_manifest_store (manifest, GEN_DATA_HASH_LABEL, empty, FALSE, error);
  g_autoptr (GBytes) store = NULL;

  if (sized == NULL || !format->embed (file, sized, pieces, &place, error))
    return NULL;
  hash = hash_pieces (pieces, &place);
  binding = gen_data_hash_make (place.start, place.size, &hash);
  store = gen_provenance_manifest_store (manifest, GEN_DATA_HASH_LABEL, binding, TRUE, error);
  if (store == NULL)
    return NULL;
  g_assert (g_bytes_get_size (store) == g_bytes_get_size (sized));
  g_ptr_array_set_size (pieces, 0);
  return format->embed (file, store, pieces, &place, error) ? g_steal_pointer (&pieces) : NULL;
}

/* --- films --- */

/* How a film is put down. */
typedef struct {
  GenProvenanceWrite write;
  gboolean (*restart) (gpointer user_data, GError **error);
  gpointer user_data;
} Sink;

static gboolean
sign_film_with (GBytes *file, const GenProvenanceClaim *claim, const GenProvenanceSigner *signer,
    const GenProvenanceParent *parent, gsize reserve, const Sink *sink, GError **error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (file, &size);
  g_autoptr (GenProvenanceStream) stream =
      gen_bmff_stream_new (claim, signer, parent, reserve, sink->write, sink->user_data, error);

  return stream != NULL && gen_provenance_stream_write (stream, data, size, error) &&
         gen_provenance_stream_finish (stream, error);
}

static gboolean
sign_film (GBytes *file, const GenProvenanceClaim *claim, const GenProvenanceSigner *signer,
    const GenProvenanceParent *parent, const Sink *sink, GError **error)
{
  gsize reserve = RESERVE_FIRST + (parent->store != NULL ? g_bytes_get_size (parent->store) : 0);

  for (;; reserve *= 2) {
    g_autoptr (GError) failure = NULL;

    if (sign_film_with (file, claim, signer, parent, reserve, sink, &failure))
      return TRUE;
    if (!g_error_matches (failure, G_IO_ERROR, G_IO_ERROR_NO_SPACE) || reserve > RESERVE_MOST) {
      g_propagate_error (error, g_steal_pointer (&failure));
      return FALSE;
    }
    if (!sink->restart (sink->user_data, error))
      return FALSE;
  }
}

/* An array in memory counts in 32 bits. */
static gboolean
too_large (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
      "what is more than 4 GiB is signed from file to file");
  return FALSE;
}

static gboolean
write_memory (guint64 offset, const guint8 *data, gsize size, gpointer user_data, GError **error)
{
  GByteArray *bytes = user_data;

  if (offset + size > G_MAXUINT32)
    return too_large (error);
  if (offset + size > bytes->len)
    g_byte_array_set_size (bytes, (guint)(offset + size));
  memcpy (bytes->data + offset, data, size);
  return TRUE;
}

static gboolean
restart_memory (gpointer user_data, GError **error)
{
  g_byte_array_set_size (user_data, 0);
  return TRUE;
}

static gboolean
set_errno (GError **error)
{
  int number = errno;

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number),
      "the signed file cannot be written: %s", g_strerror (number));
  return FALSE;
}

static gboolean
write_descriptor (
    guint64 offset, const guint8 *data, gsize size, gpointer user_data, GError **error)
{
  int fd = GPOINTER_TO_INT (user_data);

  while (size > 0) {
    gssize n = pwrite (fd, data, size, (off_t)offset);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return set_errno (error);
    data += n;
    offset += (guint64)n;
    size -= (gsize)n;
  }
  return TRUE;
}

static gboolean
restart_descriptor (gpointer user_data, GError **error)
{
  return ftruncate (GPOINTER_TO_INT (user_data), 0) == 0 || set_errno (error);
}

/* --- the whole --- */

static gboolean
join_pieces (GByteArray *all, const GPtrArray *pieces, GError **error)
{
  guint64 total = 0;

  for (guint i = 0; i < pieces->len; i++)
    total += g_bytes_get_size (pieces->pdata[i]);
  if (total > G_MAXUINT32)
    return too_large (error);
  for (guint i = 0; i < pieces->len; i++) {
    gsize size;
    const guint8 *data = g_bytes_get_data (pieces->pdata[i], &size);

    g_byte_array_append (all, data, (guint)size);
  }
  return TRUE;
}

GBytes *
gen_provenance_sign (GBytes *file, const GenProvenanceClaim *claim,
    const GenProvenanceSigner *signer, GError **error)
{
  const GenProvenanceFormat *format = gen_provenance_format_of (file, error);
  g_auto (Before) before = { 0 };
  g_autoptr (GenProvenanceManifest) manifest = NULL;
  g_autoptr (GPtrArray) pieces = NULL;
  g_autoptr (GByteArray) all = g_byte_array_new ();
  const Sink sink = { write_memory, restart_memory, all };

  if (format == NULL || !look_before (&before, format, file, NULL, claim, error))
    return NULL;
  if (format->embed == NULL) {
    if (!sign_film (file, claim, signer, &before.parent, &sink, error))
      return NULL;
    return g_byte_array_free_to_bytes (g_steal_pointer (&all));
  }
  manifest = gen_provenance_manifest_new (claim, signer, format->media_type, &before.parent, error);
  if (manifest == NULL)
    return NULL;
  pieces = sign_pieces (format, before.labelled, manifest, error);
  if (pieces == NULL || !join_pieces (all, pieces, error))
    return NULL;
  return g_byte_array_free_to_bytes (g_steal_pointer (&all));
}

static gboolean
write_pieces (GenAtomicFile *output, const GenProvenanceFormat *format, GBytes *file,
    const GenProvenanceManifest *manifest, GError **error)
{
  g_autoptr (GPtrArray) pieces = sign_pieces (format, file, manifest, error);

  if (pieces == NULL)
    return FALSE;
  for (guint i = 0; i < pieces->len; i++) {
    gsize size;
    const guint8 *data = g_bytes_get_data (pieces->pdata[i], &size);

    if (!gen_atomic_file_write (output, data, size, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
write_film (GenAtomicFile *output, GBytes *file, const GenProvenanceClaim *claim,
    const GenProvenanceSigner *signer, const GenProvenanceParent *parent, GError **error)
{
  int fd = gen_atomic_file_fd (output, error);
  const Sink sink = { write_descriptor, restart_descriptor, GINT_TO_POINTER (fd) };

  return fd >= 0 && sign_film (file, claim, signer, parent, &sink, error);
}

gboolean
gen_provenance_sign_file (const char *input, const char *output, const GenProvenanceClaim *claim,
    const GenProvenanceSigner *signer, GError **error)
{
  g_autoptr (GBytes) file = gen_file_bytes (input, error);
  g_autofree char *base = g_path_get_basename (input), *name = g_utf8_make_valid (base, -1);
  const GenProvenanceFormat *format;
  g_auto (Before) before = { 0 };
  g_autoptr (GenProvenanceManifest) manifest = NULL;
  g_autoptr (GenAtomicFile) out = NULL;

  if (file == NULL)
    return FALSE;
  format = gen_provenance_format_of (file, error);
  if (format == NULL || !look_before (&before, format, file, name, claim, error)) {
    g_prefix_error (error, "%s: ", input);
    return FALSE;
  }
  out = gen_atomic_file_new (output, error);
  if (out == NULL)
    return FALSE;
  if (format->embed == NULL)
    return write_film (out, file, claim, signer, &before.parent, error) &&
           gen_atomic_file_commit (out, error);
  manifest = gen_provenance_manifest_new (claim, signer, format->media_type, &before.parent, error);
  return manifest != NULL && write_pieces (out, format, before.labelled, manifest, error) &&
         gen_atomic_file_commit (out, error);
}
