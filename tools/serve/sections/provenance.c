/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* [provenance]: how what is made is signed. */
#include "provenance.h"

#define FIELD(name) G_STRUCT_OFFSET (ServeProvenanceSettings, name)

static const ServeKey keys[] = {
  { "certificate", SERVE_KEY_FILE, FIELD (certificate),
      .blurb = "the certificates (PEM) of who signs what is made, by C2PA" },
  { "key", SERVE_KEY_FILE, FIELD (key), .blurb = "the private key (PEM) that goes with them" },
  { "time-stamp", SERVE_KEY_TEXT, FIELD (time_stamp),
      .blurb =
          "a command that gets a request for a time stamp (RFC 3161), and puts out the answer" },
  { "provider", SERVE_KEY_TEXT, FIELD (provider), .blurb = "who offers the system" },
  { "system", SERVE_KEY_TEXT, FIELD (system), .blurb = "the name of the system" },
  { "system-version", SERVE_KEY_TEXT, FIELD (system_version), .blurb = "its version" },
  { "content-producer", SERVE_KEY_TEXT, FIELD (content_producer),
      .blurb = "the name or code of who makes it, for the label of GB 45438-2025" },
};

static gboolean
check (gpointer record, GError **error)
{
  const ServeProvenanceSettings *settings = record;

  if (settings->certificate != NULL && settings->key == NULL)
    return serve_record_fail (
        settings, "key", error, "it is missing: the private key of provenance.certificate");
  if (settings->key != NULL && settings->certificate == NULL)
    return serve_record_fail (
        settings, "certificate", error, "it is missing: the certificates of provenance.key");
  return TRUE;
}

const ServeSection serve_section_provenance = {
  .name = "provenance",
  .blurb = "How what is made is signed (C2PA)",
  .size = sizeof (ServeProvenanceSettings),
  .keys = keys,
  .n_keys = G_N_ELEMENTS (keys),
  .check = check,
};
