/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "signing.h"

#include <string.h>

#include "../../elements/shared/marking.h"
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

static gboolean
suits (const GenServeFormat *format)
{
  const GenProvenanceFormat *const *formats = gen_provenance_formats ();

  for (; *formats != NULL; formats++)
    if (strcmp (gen_provenance_format_media_type (*formats), format->media_type) == 0)
      return TRUE;
  return FALSE;
}

gboolean
serve_signing_wants (const ServeSigning *signing, const GenServeFormat *format)
{
  return signing->signer != NULL && !gst_generative_marking_is_off () && suits (format);
}

GBytes *
serve_signing_sign (const ServeSigning *signing, GBytes *file, const GenServeRequest *request,
    const char *model, const char *hash, GError **error)
{
  GenProvenanceClaim claim = GEN_PROVENANCE_CLAIM_DEFAULTS;
  g_autofree char *seed = NULL;

  claim.model = model;
  claim.model_hash = hash;
  claim.prompt = request->prompt;
  claim.disclosure = &signing->disclosure;
  if (request->facts->takes == GEN_SERVE_TAKES_LATENT && request->latents == NULL)
    claim.seed = seed = g_strdup_printf ("%" G_GUINT64_FORMAT, request->seed);
  return gen_provenance_sign (file, &claim, signing->signer, error);
}
