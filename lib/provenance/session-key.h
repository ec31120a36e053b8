/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys that a live stream's segments are signed by. */
#pragma once

#include "cbor-reader.h"
#include "signer.h"

/* --- one that signs --- */

typedef struct _GenSessionKey GenSessionKey;

/* A new one for segments from number `first` on, for `period` seconds; NULL with `error` where
 * OpenSSL makes none. (transfer full) */
GEN_PRIVATE_API GenSessionKey *gen_session_key_new (guint64 first, guint period, GError **error);
GEN_PRIVATE_API void gen_session_key_free (GenSessionKey *key);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenSessionKey, gen_session_key_free)
/* Whether its time is over at `now`, in seconds since 1970, or has not come where a clock was set
 * back: whoever reads takes neither. */
GEN_PRIVATE_API gboolean gen_session_key_is_over (const GenSessionKey *key, gint64 now);
/* The assertion c2pa.session-keys of a manifest by `signer`, with that key. (transfer full) */
GBytes *gen_session_key_list (
    const GenSessionKey *key, const GenProvenanceSigner *signer, GError **error);
/* COSE_Sign1 with the payload in it, of that time. (transfer full) */
GBytes *gen_session_key_sign (
    const GenSessionKey *key, GBytes *payload, gint64 now, GError **error);

/* --- those of others --- */

typedef struct {
  EVP_PKEY *key;
  GBytes *id;
  gint64 created, period; /* seconds, since 1970 */
  gint64 first;           /* number of a segment */
} GenListedKey;

/* Those of an assertion whose signature over `certificate` is right; `wrong` is how many others
 * there are. (transfer full) */
GPtrArray *gen_session_keys_read (const cbor_item_t *assertion, X509 *certificate, guint *wrong);
/* The one of that name, or NULL. */
const GenListedKey *gen_session_keys_find (const GPtrArray *keys, GBytes *id);
