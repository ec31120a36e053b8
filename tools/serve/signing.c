/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "signing.h"

#include "sections/provenance.h"

static void
clear (gpointer data)
{
  ServeSigning *signing = data;

  g_clear_pointer (&signing->signer, gen_provenance_signer_free);
}

ServeSigning *
serve_signing_ref (ServeSigning *signing)
{
  return g_atomic_rc_box_acquire (signing);
}

void
serve_signing_unref (ServeSigning *signing)
{
  g_atomic_rc_box_release_full (signing, clear);
}

static GenProvenanceSigner *
load (const ServeProvenanceSettings *settings, GError **error)
{
  g_autoptr (GenProvenanceSigner) signer =
      gen_provenance_signer_load (settings->key, settings->certificate, error);

  if (signer != NULL && gen_provenance_signer_set_time_stamp (signer, settings->time_stamp, error))
    return g_steal_pointer (&signer);
  g_prefix_error (error, "[provenance]: ");
  return NULL;
}

ServeSigning *
serve_signing_new (const ServeConfiguration *configuration, GError **error)
{
  const ServeProvenanceSettings *settings =
      serve_configuration_get (configuration, &serve_section_provenance);
  GenProvenanceSigner *signer = settings->key != NULL ? load (settings, error) : NULL;
  ServeSigning *signing;

  if (settings->key != NULL && signer == NULL)
    return NULL;
  signing = g_atomic_rc_box_new0 (ServeSigning);
  signing->signer = signer;
  signing->disclosure = (GenProvenanceDisclosure){ .provider = settings->provider,
    .system = settings->system,
    .system_version = settings->system_version,
    .content_producer = settings->content_producer };
  return signing;
}
