/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hls-sign.h"

#include "../../elements/shared/marking.h"
#include "sections/provenance.h"

static const ServeProvenanceSettings *
get_settings (const ServeServer *server)
{
  return serve_configuration_get (server->configuration, &serve_section_provenance);
}

gboolean
hls_sign_is_on (const ServeServer *server)
{
  return get_settings (server)->key != NULL && !gst_generative_marking_is_off ();
}

void
hls_sign_configure (const ServeServer *server, const ServeMount *mount, GstElement *signer)
{
  const ServeProvenanceSettings *settings = get_settings (server);

  gst_util_set_object_arg (G_OBJECT (signer), "live", "session-key");
  g_object_set (signer, "key", settings->key, "certificate", settings->certificate, "time-stamp",
      settings->time_stamp, "provider", settings->provider, "system", settings->system,
      "system-version", settings->system_version, "content-producer", settings->content_producer,
      "title", mount->name, NULL);
  if (mount->model != NULL)
    g_object_set (signer, "model", mount->model->current.path, NULL);
}
