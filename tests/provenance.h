/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A key for tests, and films that are put together by hand. */
#pragma once

#include <string.h>
#include <generative/provenance.h>

#include "scratch.h"

typedef struct {
  char *folder, *key, *certificate, *authority;
  GBytes *authorities;
  GenProvenanceSigner *signer;
} ProvenanceKey;

/* FALSE, with the test skipped, where this build cannot sign. */
static inline gboolean
provenance_key_init (ProvenanceKey *key, const char *algorithm, int days)
{
  GError *error = NULL;
  char *data = NULL;
  gsize size;

  memset (key, 0, sizeof *key);
  if (gen_provenance_formats ()[0] == NULL) {
    g_test_skip ("this build has no signed metadata");
    return FALSE;
  }
  key->folder = scratch_new ();
  key->key = g_build_filename (key->folder, "key.pem", NULL);
  key->certificate = g_build_filename (key->folder, "certificate.pem", NULL);
  key->authority = g_build_filename (key->folder, "authority.pem", NULL);
  gen_provenance_demonstration_key (key->folder, algorithm, days, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (key->authority, &data, &size, NULL));
  key->authorities = g_bytes_new_take (data, size);
  key->signer = gen_provenance_signer_load (key->key, key->certificate, &error);
  g_assert_no_error (error);
  return TRUE;
}

static inline void
provenance_key_clear (ProvenanceKey *key)
{
  g_clear_pointer (&key->signer, gen_provenance_signer_free);
  g_clear_pointer (&key->authorities, g_bytes_unref);
  if (key->folder != NULL)
    scratch_remove (key->folder);
  g_free (key->folder);
  g_free (key->key);
  g_free (key->certificate);
  g_free (key->authority);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ProvenanceKey, provenance_key_clear)

static inline GenProvenanceReport *
provenance_read (const ProvenanceKey *key, GBytes *file)
{
  GError *error = NULL;
  GenProvenanceReport *report = gen_provenance_read (file, key->authorities, &error);

  g_assert_no_error (error);
  return report;
}

static inline void
assert_trusted (const ProvenanceKey *key, GBytes *file)
{
  g_autoptr (GenProvenanceReport) report = provenance_read (key, file);

  if (gen_provenance_report_state (report) != GEN_PROVENANCE_TRUSTED)
    g_error ("%s", gen_provenance_report_json (report));
}

/* That it is refused for that reason. */
static inline void
assert_refused (const ProvenanceKey *key, GBytes *file, const char *code)
{
  g_autoptr (GenProvenanceReport) report = provenance_read (key, file);

  g_assert_cmpint (gen_provenance_report_state (report), ==, GEN_PROVENANCE_INVALID);
  if (!gen_provenance_report_has (report, code))
    g_error ("%s is not in %s", code, gen_provenance_report_json (report));
}

/* A copy in which a byte is another one. (transfer full) */
static inline GBytes *
with_byte_changed (GBytes *file, gsize at)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (file, &size);
  guint8 *copy = g_memdup2 (data, size);

  g_assert_cmpuint (at, <, size);
  copy[at] ^= 1;
  return g_bytes_new_take (copy, size);
}

/* Where a text is in a file. */
static inline gsize
place_of (GBytes *file, const char *text)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (file, &size), *found;

  found = memmem (data, size, text, strlen (text));
  g_assert_nonnull (found);
  return (gsize)(found - data);
}
