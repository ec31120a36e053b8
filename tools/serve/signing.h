/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How files are signed that the server makes, as [provenance] of the studio file says. */
#pragma once

#include <generative/provenance.h>

#include "../../lib/serve/generate-request.h"
#include "configuration.h"

typedef struct {
  GenProvenanceSigner *signer; /* NULL: they are not */
  GenProvenanceDisclosure disclosure;
} ServeSigning;

/* The configuration is to stay. NULL with `error`. (transfer full) */
ServeSigning *serve_signing_new (const ServeConfiguration *configuration, GError **error);
ServeSigning *serve_signing_ref (ServeSigning *signing);
void serve_signing_unref (ServeSigning *signing);

/* Whether files of a format are to be signed: they have a place for it, and nobody says no. */
gboolean serve_signing_wants (const ServeSigning *signing, const GenServeFormat *format);
/* `file`, which `model`, the name of a file with the SHA-256 `hash` (or NULL), made for `request`,
 * with its signature. NULL with `error`. (transfer full) */
GBytes *serve_signing_sign (const ServeSigning *signing, GBytes *file,
    const GenServeRequest *request, const char *model, const char *hash, GError **error);
