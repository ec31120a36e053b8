/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a build without libcbor has of signed metadata: an error that says so. */
#include <generative/provenance-live.h>

static void
set_error (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
      "this build has no signed metadata (C2PA): it was made without libcbor");
}

GenProvenanceSigner *
gen_provenance_signer_load (const char *key, const char *certificates, GError **error)
{
  set_error (error);
  return NULL;
}

void
gen_provenance_signer_free (GenProvenanceSigner *signer)
{
}

gboolean
gen_provenance_signer_set_time_stamp (
    GenProvenanceSigner *signer, const char *command, GError **error)
{
  set_error (error);
  return FALSE;
}

const char *
gen_provenance_signer_algorithm (const GenProvenanceSigner *signer)
{
  return "";
}

gboolean
gen_provenance_demonstration_key (
    const char *folder, const char *algorithm, int days, GError **error)
{
  set_error (error);
  return FALSE;
}

char *
gen_provenance_hash_file (const char *path, GError **error)
{
  set_error (error);
  return NULL;
}

const GenProvenanceFormat *const *
gen_provenance_formats (void)
{
  static const GenProvenanceFormat *const none[] = { NULL };

  return none;
}

const char *
gen_provenance_format_name (const GenProvenanceFormat *format)
{
  return "";
}

const char *
gen_provenance_format_media_type (const GenProvenanceFormat *format)
{
  return "";
}

const GenProvenanceFormat *
gen_provenance_format_of (GBytes *file, GError **error)
{
  set_error (error);
  return NULL;
}

GBytes *
gen_provenance_sign (GBytes *file, const GenProvenanceClaim *claim,
    const GenProvenanceSigner *signer, GError **error)
{
  set_error (error);
  return NULL;
}

gboolean
gen_provenance_sign_file (const char *input, const char *output, const GenProvenanceClaim *claim,
    const GenProvenanceSigner *signer, GError **error)
{
  set_error (error);
  return FALSE;
}

GenProvenanceStream *
gen_provenance_stream_new (const GenProvenanceClaim *claim, const GenProvenanceSigner *signer,
    gsize reserve, GenProvenanceWrite write, gpointer user_data, GError **error)
{
  set_error (error);
  return NULL;
}

void
gen_provenance_stream_free (GenProvenanceStream *stream)
{
}

gboolean
gen_provenance_stream_write (
    GenProvenanceStream *stream, const guint8 *data, gsize size, GError **error)
{
  set_error (error);
  return FALSE;
}

gboolean
gen_provenance_stream_seek (GenProvenanceStream *stream, guint64 offset, GError **error)
{
  set_error (error);
  return FALSE;
}

gboolean
gen_provenance_stream_finish (GenProvenanceStream *stream, GError **error)
{
  set_error (error);
  return FALSE;
}

GenProvenanceReport *
gen_provenance_read (GBytes *file, GBytes *authorities, GError **error)
{
  set_error (error);
  return NULL;
}

void
gen_provenance_report_free (GenProvenanceReport *report)
{
}

GenProvenanceState
gen_provenance_report_state (const GenProvenanceReport *report)
{
  return GEN_PROVENANCE_NONE;
}

gboolean
gen_provenance_report_has (const GenProvenanceReport *report, const char *code)
{
  return FALSE;
}

char *
gen_provenance_report_json (const GenProvenanceReport *report)
{
  return g_strdup ("{}");
}

GenProvenanceLive *
gen_provenance_live_new (const GenProvenanceClaim *claim, const GenProvenanceSigner *signer,
    GenProvenanceLiveMethod method, guint period, GenProvenanceLiveWrite write, gpointer user_data)
{
  return NULL;
}

void
gen_provenance_live_free (GenProvenanceLive *live)
{
}

gboolean
gen_provenance_live_write (GenProvenanceLive *live, const guint8 *data, gsize size, GError **error)
{
  set_error (error);
  return FALSE;
}

gboolean
gen_provenance_live_finish (GenProvenanceLive *live, GError **error)
{
  set_error (error);
  return FALSE;
}

GenProvenanceLiveReport *
gen_provenance_live_report_new (GBytes *init, GBytes *authorities, GError **error)
{
  set_error (error);
  return NULL;
}

void
gen_provenance_live_report_free (GenProvenanceLiveReport *report)
{
}

GenProvenanceState
gen_provenance_live_report_add (GenProvenanceLiveReport *report, GBytes *segment)
{
  return GEN_PROVENANCE_NONE;
}

GenProvenanceState
gen_provenance_live_report_state (const GenProvenanceLiveReport *report)
{
  return GEN_PROVENANCE_NONE;
}

gboolean
gen_provenance_live_report_has (const GenProvenanceLiveReport *report, const char *code)
{
  return FALSE;
}

char *
gen_provenance_live_report_json (const GenProvenanceLiveReport *report)
{
  return g_strdup ("{}");
}
