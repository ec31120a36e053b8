/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the specification asks of a certificate that signs claims (14.5.1), and who vouches for
 * it. */
#include "signer.h"

#include <string.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

/* Purposes of keys that claims may be signed for. */
static const char *const purposes[] = {
  "1.3.6.1.4.1.62558.2.1", /* c2pa-kp-claimSigning */
  "1.3.6.1.5.5.7.3.4",     /* id-kp-emailProtection */
  "1.3.6.1.5.5.7.3.36",    /* id-kp-documentSigning */
};

typedef struct {
  gboolean found, any, stamps, answers, others;
} Purposes;

static Purposes
look_at_purposes (X509 *certificate)
{
  EXTENDED_KEY_USAGE *all = X509_get_ext_d2i (certificate, NID_ext_key_usage, NULL, NULL);
  Purposes is = { 0 };

  for (int i = 0; all != NULL && i < sk_ASN1_OBJECT_num (all); i++) {
    const ASN1_OBJECT *object = sk_ASN1_OBJECT_value (all, i);
    char name[80] = "";
    int kind = OBJ_obj2nid (object);

    OBJ_obj2txt (name, sizeof name, object, 1);
    is.any |= kind == NID_anyExtendedKeyUsage;
    is.stamps |= kind == NID_time_stamp;
    is.answers |= kind == NID_OCSP_sign;
    is.others |= kind != NID_time_stamp && kind != NID_OCSP_sign;
    for (guint j = 0; j < G_N_ELEMENTS (purposes); j++)
      is.found |= strcmp (name, purposes[j]) == 0;
  }
  sk_ASN1_OBJECT_pop_free (all, ASN1_OBJECT_free);
  return is;
}

static gboolean
algorithm_is_allowed (X509 *certificate)
{
  switch (X509_get_signature_nid (certificate)) {
  case NID_ecdsa_with_SHA256:
  case NID_ecdsa_with_SHA384:
  case NID_ecdsa_with_SHA512:
  case NID_sha256WithRSAEncryption:
  case NID_sha384WithRSAEncryption:
  case NID_sha512WithRSAEncryption:
  case NID_rsassaPss:
  case NID_ED25519:
    return TRUE;
  default:
    return FALSE;
  }
}

static gboolean
key_is_allowed (X509 *certificate)
{
  EVP_PKEY *key = X509_get0_pubkey (certificate);

  for (guint i = 0; key != NULL && i < gen_signature_algorithms_n; i++)
    if (gen_signature_algorithm_fits (&gen_signature_algorithms[i], key))
      return TRUE;
  return FALSE;
}

const char *
gen_certificate_fault (X509 *certificate)
{
  guint32 flags = X509_get_extension_flags (certificate);
  guint32 usage = X509_get_key_usage (certificate);
  const ASN1_BIT_STRING *issuer_id = NULL, *subject_id = NULL;
  Purposes is = look_at_purposes (certificate);
  gboolean own = X509_check_issued (certificate, certificate) == X509_V_OK;

  X509_get0_uids (certificate, &issuer_id, &subject_id);
  ERR_clear_error ();
  if (flags & EXFLAG_INVALID)
    return "its extensions are not well-formed";
  if (X509_get_version (certificate) != X509_VERSION_3)
    return "it is not of version 3";
  if (!algorithm_is_allowed (certificate))
    return "it is signed by an algorithm that is not allowed";
  if (!key_is_allowed (certificate))
    return "its key is of a kind or length that is not allowed";
  if (issuer_id != NULL || subject_id != NULL)
    return "it has a unique identifier of issuer or subject";
  if (flags & EXFLAG_CA)
    return "it is an authority's, and not one for signing";
  if (own)
    return "it vouches for itself: an authority is to sign it";
  if (X509_get0_authority_key_id (certificate) == NULL)
    return "it does not name its authority's key (Authority Key Identifier)";
  if ((flags & EXFLAG_KUSAGE) == 0 || (usage & KU_DIGITAL_SIGNATURE) == 0)
    return "it is not for digital signatures (Key Usage)";
  if (usage & KU_KEY_CERT_SIGN)
    return "it may sign certificates (Key Usage), which only authorities may";
  if (is.any || !is.found)
    return "its purposes (Extended Key Usage) do not have c2pa-kp-claimSigning "
           "(1.3.6.1.4.1.62558.2.1), emailProtection or documentSigning, or have any";
  if (is.stamps || is.answers)
    return "its purposes (Extended Key Usage) have time stamps or OCSP beside others";
  return NULL;
}

static STACK_OF (X509) * stack_of (GPtrArray *certificates, guint first)
{
  STACK_OF (X509) *stack = sk_X509_new_null ();

  for (guint i = first; i < certificates->len; i++)
    sk_X509_push (stack, certificates->pdata[i]);
  return stack;
}

/* Time is another question, with a status code of its own. */
static gboolean
verify (X509 *own, STACK_OF (X509) * between, STACK_OF (X509) * trusted)
{
  X509_STORE_CTX *context = X509_STORE_CTX_new ();
  X509_STORE *store = X509_STORE_new ();
  gboolean good = FALSE;

  for (int i = 0; i < sk_X509_num (trusted); i++)
    X509_STORE_add_cert (store, sk_X509_value (trusted, i));
  X509_STORE_set_flags (store, X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_X509_STRICT);
  if (X509_STORE_CTX_init (context, store, own, between) == 1)
    good = X509_verify_cert (context) == 1;
  X509_STORE_CTX_free (context);
  X509_STORE_free (store);
  ERR_clear_error ();
  return good;
}

gboolean
gen_cose_trusted (const GenCoseSignature *signature, GPtrArray *authorities)
{
  STACK_OF (X509) * between, *trusted;
  gboolean good;

  if (authorities == NULL)
    return FALSE;
  between = stack_of (signature->certificates, 1);
  trusted = stack_of (authorities, 0);
  good = verify (signature->certificates->pdata[0], between, trusted);
  sk_X509_free (between);
  sk_X509_free (trusted);
  return good;
}

gboolean
gen_cose_in_time (const GenCoseSignature *signature, gint64 when)
{
  time_t then = (time_t)when;

  for (guint i = 0; i < signature->certificates->len; i++) {
    X509 *certificate = signature->certificates->pdata[i];

    if (X509_cmp_time (X509_get0_notBefore (certificate), &then) >= 0 ||
        X509_cmp_time (X509_get0_notAfter (certificate), &then) <= 0)
      return FALSE;
  }
  return TRUE;
}
