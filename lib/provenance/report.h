/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was found in a file: its store, and the status codes of its manifests. */
#pragma once

#include "format.h"
#include "jumbf.h"
#include "status.h"

/* What was found of an ingredient's manifest. */
typedef struct {
  char *url;           /* of the assertion */
  GPtrArray *statuses; /* of GenStatus */
} GenIngredientStatuses;

struct _GenProvenanceReport {
  GBytes *file;
  const GenProvenanceFormat *format;
  GenProvenancePlace place;
  GenJumbf *root;         /* NULL: there is no store, or it cannot be read */
  const GenJumbf *active; /* its last manifest */
  GPtrArray *statuses;    /* of GenStatus: the active manifest's */
  GPtrArray *ingredients; /* of GenIngredientStatuses */
  GHashTable *hashes;     /* by where a box is and the kind of hash, of GenDigestValue */
  GenProvenanceState state;
};

/* The active manifest's. (transfer none) */
GPtrArray *gen_report_statuses (GenProvenanceReport *report);
/* NULL where it cannot be read. (transfer none) */
GBytes *gen_report_store (GenProvenanceReport *report);

/* Looks at all that can be looked at. `authorities` (of X509) may be NULL. */
void gen_report_validate (GenProvenanceReport *report, GPtrArray *authorities);

/* --- one manifest --- */

#define GEN_MANIFEST_URL "self#jumbf=/c2pa/"

typedef struct _GenProvenanceCheck GenProvenanceCheck;
struct _GenProvenanceCheck {
  GenProvenanceReport *report;
  GPtrArray *authorities;
  const GenJumbf *manifest;
  GPtrArray *statuses; /* where what is found goes */
  struct cbor_item_t *claim;
  char *digest; /* the claim's kind of hash, or NULL */
  const GenProvenanceCheck
      *above; /* of the manifest that has this one as an ingredient; NULL: none */
};

/* Take down a code. `label` is of a box in the manifest, NULL the manifest itself; `explanation`
 * may be NULL. */
void gen_check_add (GenProvenanceCheck *check, GenStatusKind kind, const char *code,
    const char *label, const char *explanation);
void gen_check_fail (GenProvenanceCheck *check, const char *code, const char *label);

/* The box of an address, seen from `manifest`, which becomes that which it is in; NULL: none. */
const GenJumbf *gen_report_resolve (
    const GenProvenanceReport *report, const GenJumbf **manifest, const char *url);
/* Whether a box is what a hashed URI says. FALSE of one without a hash, too. */
gboolean gen_check_hash (
    const GenProvenanceCheck *check, const GenJumbf *box, const struct cbor_item_t *uri);
/* Whether a claim says that it has taken something out of the manifest of that label. */
gboolean gen_claim_redacts (const struct cbor_item_t *claim, const char *label);
/* The claim of a manifest, or NULL. (transfer full) */
struct cbor_item_t *gen_claim_read (const GenJumbf *manifest);
/* Whether the manifest that an ingredient's `assertion` names is still what it was; where things
 * were `redacted` from it, whether its signature is. `path` is of what is found. */
gboolean gen_check_ingredient (GenProvenanceCheck *check, const struct cbor_item_t *assertion,
    const struct cbor_item_t *uri, const GenJumbf *manifest, gboolean redacted, const char *path);
/* An assertion's name without its number: "c2pa.ingredient.v3" of "c2pa.ingredient.v3__2".
 * (transfer full) */
char *gen_assertion_kind (const char *label);
/* c2pa.hash.data and the like. */
gboolean gen_assertion_binds (const char *kind);
/* What an assertion of CBOR says, or NULL. */
struct cbor_item_t *gen_assertion_read (const GenJumbf *assertion);

/* check-signature.c */
void gen_check_signature (GenProvenanceCheck *check, const GenJumbf *claim);
/* check-actions.c: what happened, and to what. */
void gen_check_actions (GenProvenanceCheck *check);
/* check-binding.c: the file's own bytes; `binding` is the assertion of `check`'s manifest. Where
 * that was `updated`, its store has grown since. */
void gen_check_binding (GenProvenanceCheck *check, const GenJumbf *binding, gboolean updated);
/* check-manifest.c: all of a manifest but its ingredients and its binding. Its claim stays in
 * `check`; NULL where there is none. */
void gen_check_manifest (GenProvenanceCheck *check);
void gen_check_clear (GenProvenanceCheck *check);
/* All assertions that the claim lists, one after the other: the item of the list, and its box. */
typedef void (*GenEachAssertion) (GenProvenanceCheck *check, const struct cbor_item_t *uri,
    const GenJumbf *box, gpointer user_data);
void gen_check_each (GenProvenanceCheck *check, GenEachAssertion each, gpointer user_data);
