/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A manifest that is about to be signed, and the store that it is the newest of. */
#pragma once

#include <generative/provenance.h>

#include "digest.h"
#include "jumbf.h"
#include "status.h"

/* Where an assertion is, seen from its manifest. */
#define GEN_ASSERTIONS_LABEL "c2pa.assertions"
#define GEN_SIGNATURE_LABEL "c2pa.signature"
#define GEN_CLAIM_LABEL "c2pa.claim.v2"
#define GEN_STORE_LABEL "c2pa"

/* What the file was before. */
typedef struct {
  GBytes *store;       /* its manifest store; NULL: it had none */
  GPtrArray *statuses; /* of GenStatus: what was found in it */
  const char *title;   /* its name; NULL: unknown */
  const char *xmp;     /* of a film: its XMP packet; NULL: none */
} GenProvenanceParent;

typedef struct _GenProvenanceManifest GenProvenanceManifest;

/* What `claim` says of a file of that media type. (transfer full) */
GenProvenanceManifest *gen_provenance_manifest_new (const GenProvenanceClaim *claim,
    const GenProvenanceSigner *signer, const char *media_type, const GenProvenanceParent *parent,
    GError **error);
void gen_provenance_manifest_free (GenProvenanceManifest *manifest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenProvenanceManifest, gen_provenance_manifest_free)

/* The store: `binding`, of that label, ties it to the file's bytes. Where `sign` is FALSE, all is
 * of the size that it will have with a binding of the same size, but not signed. (transfer full) */
GBytes *gen_provenance_manifest_store (const GenProvenanceManifest *manifest,
    const char *binding_label, GBytes *binding, gboolean sign, GError **error);
