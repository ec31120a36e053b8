/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How files are signed that the server makes, as [provenance] of the studio file says. */
#pragma once

#include <generative/provenance.h>

#include "configuration.h"

typedef struct {
  GenProvenanceSigner *signer; /* NULL: they are not */
  GenProvenanceDisclosure disclosure;
} ServeSigning;

/* The configuration is to stay. NULL with `error`. (transfer full) */
ServeSigning *serve_signing_new (const ServeConfiguration *configuration, GError **error);
ServeSigning *serve_signing_ref (ServeSigning *signing);
void serve_signing_unref (ServeSigning *signing);
