/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A manifest that is being put together: what manifest.c and manifest-assertions.c share. */
#pragma once

#include "cbor-writer.h"
#include "manifest.h"

/* An assertion as its box, and what of it is hashed. */
typedef struct {
  char *label;
  GByteArray *box;
} GenProvenanceAssertion;

struct _GenProvenanceManifest {
  const GenProvenanceSigner *signer;
  char *label;    /* urn:c2pa:… */
  char *instance; /* xmp:iid:… */
  char *title, *software, *version;
  GPtrArray *assertions; /* of GenProvenanceAssertion */
  GByteArray *history;   /* older manifests, box behind box */
};

/* A further assertion of a label has its number behind it. Those that say something that could be
 * guessed by its hash are `salted`. (transfer none) */
const GenProvenanceAssertion *gen_provenance_manifest_add (
    GenProvenanceManifest *manifest, const char *label, GBytes *content, gboolean salted);
/* {url, hash} of a box of which the header is not hashed. */
void gen_provenance_manifest_write_reference (
    GenCborWriter *writer, const char *url, const guint8 *box, gsize size);
void gen_provenance_manifest_write_assertion (
    GenCborWriter *writer, const GenProvenanceAssertion *assertion);

/* --- manifest-assertions.c --- */

/* The file as it was; `parent` may be NULL. NULL with `error` where its manifest is none. */
const GenProvenanceAssertion *gen_provenance_manifest_add_parent (GenProvenanceManifest *manifest,
    const GenProvenanceParent *parent, const char *media_type, GError **error);
const GenProvenanceAssertion *gen_provenance_manifest_add_model (
    GenProvenanceManifest *manifest, const GenProvenanceClaim *claim);
/* What was done to `parent` (NULL: it was created) by `model` (NULL: it is not said). */
void gen_provenance_manifest_add_actions (GenProvenanceManifest *manifest,
    const GenProvenanceClaim *claim, const GenProvenanceAssertion *parent,
    const GenProvenanceAssertion *model);
/* Where the model's card is, and by which hash it is known. */
void gen_provenance_manifest_add_card (
    GenProvenanceManifest *manifest, const GenProvenanceClaim *claim);
void gen_provenance_manifest_add_watermark (
    GenProvenanceManifest *manifest, const GenProvenanceClaim *claim);
