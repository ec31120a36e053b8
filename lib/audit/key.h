/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys of audit logs: Ed25519 (RFC 8032), in PEM. What is signed is a line, behind a text that no
 * other use of the key has. */
#pragma once

#include <glib.h>
#include <openssl/evp.h>

/* Of the private key in a file. NULL with `error`. To be freed by EVP_PKEY_free. */
EVP_PKEY *gen_audit_key_load (const char *path, GError **error);
/* Of the public key in a file. */
EVP_PKEY *gen_audit_key_load_public (const char *path, GError **error);
/* The public key in base64. (transfer full) */
char *gen_audit_key_name (EVP_PKEY *key);
/* The signature of a line in base64. NULL with `error`. (transfer full) */
char *gen_audit_key_sign (EVP_PKEY *key, const char *line, gsize size, GError **error);
/* Whether `signature`, in base64, is that of the key that has `name` and the line. */
gboolean gen_audit_key_check (
    const char *name, const char *line, gsize size, const char *signature);
