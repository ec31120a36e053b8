/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys, certificates and COSE signatures (RFC 9052) over claims. */
#pragma once

#include <generative/provenance.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "../private-api.h"

/* One of the algorithms that the specification allows. */
typedef struct {
  const char *name;  /* "ES256" */
  gint64 cose;       /* its number in COSE's registry */
  const char *curve; /* OpenSSL's name of the curve of keys that are made; NULL: none */
  int key;           /* EVP_PKEY_… */
  const char *hash;  /* OpenSSL's name; NULL: none */
} GenSignatureAlgorithm;

extern const GenSignatureAlgorithm gen_signature_algorithms[];
extern const guint gen_signature_algorithms_n;
/* By COSE's number; NULL where it is none of them. */
const GenSignatureAlgorithm *gen_signature_algorithm_of (gint64 cose);

struct _GenProvenanceSigner {
  EVP_PKEY *key;
  const GenSignatureAlgorithm *algorithm;
  GPtrArray *certificates; /* of X509, the signer's first */
  char **stamper;          /* the command that gets time stamps; NULL: none */
};

/* What the newest error of OpenSSL says; its queue is empty then. (transfer full) */
char *gen_openssl_message (void);
/* All certificates of some PEM; NULL with `error` where there is none. (transfer full) */
GPtrArray *gen_certificates_parse (GBytes *pem, const char *what, GError **error);
/* Why the specification does not take a certificate for claims, as a literal; NULL: it does. */
const char *gen_certificate_fault (X509 *certificate);
/* Whether a key is right for an algorithm. */
gboolean gen_signature_algorithm_fits (const GenSignatureAlgorithm *algorithm, EVP_PKEY *key);

/* COSE_Sign1, tagged, of a claim that is not in it. Where `sign` is FALSE it is of the size that it
 * will have, and signs nothing. (transfer full) */
GEN_PRIVATE_API GBytes *gen_cose_sign (
    const GenProvenanceSigner *signer, GBytes *claim, gboolean sign, GError **error);

/* What all that sign have in common. */
#define GEN_COSE_TAG_SIGN1 18
#define GEN_COSE_ALGORITHM 1 /* headers */
#define GEN_COSE_KEY_ID 4
#define GEN_COSE_TIME "iat"
#define GEN_COSE_SIGNED "Signature1" /* the context of what is signed */
/* Sig_structure: what is signed of a payload. (transfer full) */
GBytes *gen_cose_structure (
    const char *context, GBytes *protected_headers, const guint8 *payload, gsize size);
/* A context for signing or verifying by that algorithm, for EVP_MD_CTX_free; NULL where the key is
 * none for it. */
EVP_MD_CTX *gen_cose_start (const GenSignatureAlgorithm *algorithm, EVP_PKEY *key, gboolean sign);

/* A signature that was read. */
typedef struct {
  gint64 algorithm; /* COSE's number */
  gboolean has_algorithm;
  GPtrArray *certificates; /* of X509; NULL or empty: none that can be read */
  GBytes *protected_headers;
  GBytes *payload; /* NULL: not in it */
  GBytes *signature;
  GBytes *key_id;          /* NULL: no key is named */
  gint64 time;             /* that it claims to be of, in seconds since 1970; 0: it does not say */
  GBytes *time_stamp;      /* a token, or NULL */
  gboolean old_time_stamp; /* of the claim, and not of the signature */
} GenCoseSignature;

/* FALSE where it is no COSE_Sign1. */
gboolean gen_cose_read (GenCoseSignature *signature, const guint8 *data, gsize size);
void gen_cose_clear (GenCoseSignature *signature);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GenCoseSignature, gen_cose_clear)
/* Whether it is the signature of `claim` by its first certificate's key. */
gboolean gen_cose_verify (const GenCoseSignature *signature, const guint8 *claim, gsize size);
/* The same by a key, of a payload that may be in it; NULL: there is none in it, and none beside. */
gboolean gen_cose_verify_by (
    const GenCoseSignature *signature, EVP_PKEY *key, const guint8 *payload, gsize size);
/* Whether the first certificate is vouched for by one of `authorities`, at whatever time. */
gboolean gen_cose_trusted (const GenCoseSignature *signature, GPtrArray *authorities);
/* Whether all of its certificates were valid at a time in seconds since 1970. */
gboolean gen_cose_in_time (const GenCoseSignature *signature, gint64 when);
/* What its time stamp is of. (transfer full) */
GBytes *gen_cose_stamped (const GenCoseSignature *signature, const guint8 *claim, gsize size);
