/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* COSE_Sign1 (RFC 9052) with certificates in its protected headers (RFC 9360), over a claim that is
 * carried beside it. What is signed is Sig_structure: ["Signature1", protected headers, nothing,
 * claim]. COSE has the two numbers of an elliptic curve's signature one behind the other, in as
 * many bytes as the curve's order; OpenSSL has them as a sequence of ASN.1. */
#include "signer.h"

#include <string.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "cbor-reader.h"
#include "cbor-writer.h"
#include "time-stamp.h"

#define CBOR_TAG 6      /* the type of an item */
#define HEADER_CHAIN 33 /* x5chain */
#define CERTIFICATES_MOST 16
#define STAMPED "CounterSignature"
/* Bytes for a time stamp and what fills up behind it, each long enough for a head of three bytes.
 */
#define STAMP_ROOM 16384
#define STAMP_LEAST 256

/* Bytes of each of the two numbers. */
static gsize
number_size (EVP_PKEY *key)
{
  return ((gsize)EVP_PKEY_get_bits (key) + 7) / 8;
}

static gsize
signature_size (const GenProvenanceSigner *signer)
{
  if (signer->algorithm->key == EVP_PKEY_EC)
    return 2 * number_size (signer->key);
  return (gsize)EVP_PKEY_get_size (signer->key);
}

static GBytes *
make_protected (const GenProvenanceSigner *signer)
{
  GenCborWriter writer;

  gen_cbor_writer_init (&writer);
  gen_cbor_map (&writer);
  gen_cbor_key_number (&writer, GEN_COSE_ALGORITHM);
  gen_cbor_integer (&writer, signer->algorithm->cose);
  gen_cbor_key_number (&writer, HEADER_CHAIN);
  gen_cbor_array (&writer);
  for (guint i = 0; i < signer->certificates->len; i++) {
    guint8 *der = NULL;
    int size = i2d_X509 (signer->certificates->pdata[i], &der);

    gen_cbor_bytes (&writer, der, size > 0 ? (gsize)size : 0);
    OPENSSL_free (der);
  }
  gen_cbor_array_close (&writer);
  gen_cbor_map_close (&writer);
  return gen_cbor_writer_end (&writer);
}

GBytes *
gen_cose_structure (
    const char *context, GBytes *protected_headers, const guint8 *payload, gsize size)
{
  gsize protected_size;
  const guint8 *data = g_bytes_get_data (protected_headers, &protected_size);
  GenCborWriter writer;

  gen_cbor_writer_init (&writer);
  gen_cbor_array (&writer);
  gen_cbor_text (&writer, context);
  gen_cbor_bytes (&writer, data, protected_size);
  gen_cbor_bytes (&writer, NULL, 0);
  gen_cbor_bytes (&writer, payload, size);
  gen_cbor_array_close (&writer);
  return gen_cbor_writer_end (&writer);
}

/* A context for signing or verifying by that algorithm. */
EVP_MD_CTX *
gen_cose_start (const GenSignatureAlgorithm *algorithm, EVP_PKEY *key, gboolean sign)
{
  EVP_MD_CTX *context = EVP_MD_CTX_new ();
  EVP_PKEY_CTX *pkey = NULL; /* the context's */
  int good = sign
                 ? EVP_DigestSignInit_ex (context, &pkey, algorithm->hash, NULL, NULL, key, NULL)
                 : EVP_DigestVerifyInit_ex (context, &pkey, algorithm->hash, NULL, NULL, key, NULL);

  if (good == 1 && algorithm->key == EVP_PKEY_RSA)
    good = EVP_PKEY_CTX_set_rsa_padding (pkey, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen (pkey, RSA_PSS_SALTLEN_DIGEST) == 1;
  if (good == 1)
    return context;
  EVP_MD_CTX_free (context);
  return NULL;
}

/* The two numbers out of ASN.1. */
static gboolean
to_numbers (const guint8 *der, gsize size, guint8 *out, gsize each)
{
  ECDSA_SIG *both = d2i_ECDSA_SIG (NULL, &der, (long)size);
  gboolean good = both != NULL &&
                  BN_bn2binpad (ECDSA_SIG_get0_r (both), out, (int)each) == (int)each &&
                  BN_bn2binpad (ECDSA_SIG_get0_s (both), out + each, (int)each) == (int)each;

  ECDSA_SIG_free (both);
  return good;
}

/* And into it. (transfer full) */
static guint8 *
from_numbers (const guint8 *numbers, gsize each, gsize *size)
{
  ECDSA_SIG *both = ECDSA_SIG_new ();
  guint8 *der = NULL;
  int n;

  ECDSA_SIG_set0 (
      both, BN_bin2bn (numbers, (int)each, NULL), BN_bin2bn (numbers + each, (int)each, NULL));
  n = i2d_ECDSA_SIG (both, &der);
  ECDSA_SIG_free (both);
  *size = n > 0 ? (gsize)n : 0;
  return der;
}

static gboolean
sign_structure (
    const GenProvenanceSigner *signer, GBytes *structure, guint8 *out, gsize size, GError **error)
{
  gsize structure_size, made_size = (gsize)EVP_PKEY_get_size (signer->key);
  const guint8 *data = g_bytes_get_data (structure, &structure_size);
  g_autofree guint8 *made = g_malloc (made_size);
  EVP_MD_CTX *context = gen_cose_start (signer->algorithm, signer->key, TRUE);
  gboolean good =
      context != NULL && EVP_DigestSign (context, made, &made_size, data, structure_size) == 1;

  EVP_MD_CTX_free (context);
  if (good && signer->algorithm->key == EVP_PKEY_EC) {
    good = to_numbers (made, made_size, out, size / 2);
  } else if (good) {
    good = made_size == size;
    memcpy (out, made, MIN (size, made_size));
  }
  if (!good) {
    g_autofree char *reason = gen_openssl_message ();

    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "the claim cannot be signed: %s", reason);
  }
  return good;
}

/* What a time stamp is of: the signature as it stands in CBOR, signed once more. */
static GBytes *
make_stamped (GBytes *protected_headers, const guint8 *signature, gsize size)
{
  g_autoptr (GBytes) item = NULL;
  GenCborWriter writer;
  gsize item_size;
  const guint8 *data;

  gen_cbor_writer_init (&writer);
  gen_cbor_bytes (&writer, signature, size);
  item = gen_cbor_writer_end (&writer);
  data = g_bytes_get_data (item, &item_size);
  return gen_cose_structure (STAMPED, protected_headers, data, item_size);
}

/* Headers that are not signed: the time stamp, and zeros to be of the same size with any. `token`
 * is NULL where only the size matters. */
static void
write_unprotected (GenCborWriter *writer, const GenProvenanceSigner *signer, GBytes *token)
{
  gsize size = STAMP_ROOM / 2;
  const guint8 *data = token != NULL ? g_bytes_get_data (token, &size) : NULL;

  gen_cbor_map (writer);
  if (signer->stamper != NULL) {
    gen_cbor_key (writer, "sigTst2");
    gen_cbor_map (writer);
    gen_cbor_key (writer, "tstTokens");
    gen_cbor_array (writer);
    gen_cbor_map (writer);
    gen_cbor_key (writer, "val");
    if (data != NULL)
      gen_cbor_bytes (writer, data, size);
    else
      gen_cbor_zeros (writer, size);
    gen_cbor_map_close (writer);
    gen_cbor_array_close (writer);
    gen_cbor_map_close (writer);
    gen_cbor_key (writer, "pad");
    gen_cbor_zeros (writer, STAMP_ROOM - size);
  }
  gen_cbor_map_close (writer);
}

static GBytes *
ask_for_stamp (const GenProvenanceSigner *signer, GBytes *protected_headers,
    const guint8 *signature, gsize size, GError **error)
{
  g_autoptr (GBytes) what = make_stamped (protected_headers, signature, size);
  g_autoptr (GBytes) token = gen_time_stamp_ask (signer->stamper, what, error);

  if (token == NULL)
    return NULL;
  if (g_bytes_get_size (token) >= STAMP_LEAST &&
      g_bytes_get_size (token) <= STAMP_ROOM - STAMP_LEAST)
    return g_steal_pointer (&token);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
      "a time stamp of %" G_GSIZE_FORMAT " bytes has no room", g_bytes_get_size (token));
  return NULL;
}

GBytes *
gen_cose_sign (const GenProvenanceSigner *signer, GBytes *claim, gboolean sign, GError **error)
{
  gsize size = signature_size (signer), claim_size, protected_size;
  const guint8 *claim_data = g_bytes_get_data (claim, &claim_size);
  g_autoptr (GBytes) protected_headers = make_protected (signer);
  const guint8 *protected_data = g_bytes_get_data (protected_headers, &protected_size);
  g_autofree guint8 *signature = g_malloc0 (size);
  g_autoptr (GBytes) token = NULL;
  GenCborWriter writer;

  if (sign) {
    g_autoptr (GBytes) structure =
        gen_cose_structure (GEN_COSE_SIGNED, protected_headers, claim_data, claim_size);

    if (!sign_structure (signer, structure, signature, size, error))
      return NULL;
    if (signer->stamper != NULL) {
      token = ask_for_stamp (signer, protected_headers, signature, size, error);
      if (token == NULL)
        return NULL;
    }
  }
  gen_cbor_writer_init (&writer);
  gen_cbor_tag (&writer, GEN_COSE_TAG_SIGN1);
  gen_cbor_array (&writer);
  gen_cbor_bytes (&writer, protected_data, protected_size);
  write_unprotected (&writer, signer, token);
  gen_cbor_null (&writer);
  gen_cbor_bytes (&writer, signature, size);
  gen_cbor_array_close (&writer);
  return gen_cbor_writer_end (&writer);
}

/* --- reading --- */

static void
add_certificate (GPtrArray *all, const cbor_item_t *item)
{
  gsize size;
  const guint8 *data = gen_cbor_get_bytes (item, &size), *at = data;
  X509 *certificate = data != NULL ? d2i_X509 (NULL, &at, (long)size) : NULL;

  ERR_clear_error ();
  if (certificate != NULL && at == data + size && all->len < CERTIFICATES_MOST)
    g_ptr_array_add (all, certificate);
  else
    X509_free (certificate);
}

/* One certificate is a string, several are an array; older files name the header by its text. */
static void
read_chain (GenCoseSignature *signature, const cbor_item_t *headers)
{
  cbor_item_t *chain = gen_cbor_get_number (headers, HEADER_CHAIN);

  if (chain == NULL)
    chain = gen_cbor_get (headers, "x5chain");
  if (chain == NULL)
    return;
  if (cbor_isa_bytestring (chain))
    add_certificate (signature->certificates, chain);
  for (gsize i = 0; i < gen_cbor_length (chain); i++)
    add_certificate (signature->certificates, gen_cbor_at (chain, i));
}

static GBytes *
dup_bytes (const cbor_item_t *item)
{
  gsize size;
  const guint8 *data = gen_cbor_get_bytes (item, &size);

  return data != NULL ? g_bytes_new (data, size) : NULL;
}

static gboolean
read_headers (GenCoseSignature *signature, const cbor_item_t *unprotected)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (signature->protected_headers, &size);
  g_autoptr (cbor_item_t) headers = size > 0 ? gen_cbor_read (data, size) : NULL;

  if (headers == NULL || !cbor_isa_map (headers))
    return FALSE;
  signature->key_id = dup_bytes (gen_cbor_get_number (headers, GEN_COSE_KEY_ID));
  if (signature->key_id == NULL)
    signature->key_id = dup_bytes (gen_cbor_get_number (unprotected, GEN_COSE_KEY_ID));
  gen_cbor_get_integer (gen_cbor_get (headers, GEN_COSE_TIME), &signature->time);
  signature->has_algorithm = gen_cbor_get_integer (
      gen_cbor_get_number (headers, GEN_COSE_ALGORITHM), &signature->algorithm);
  read_chain (signature, headers);
  if (signature->certificates->len == 0)
    read_chain (signature, unprotected);
  return TRUE;
}

/* The one token that there may be. */
static void
read_stamp (GenCoseSignature *signature, const cbor_item_t *unprotected)
{
  const cbor_item_t *stamps = gen_cbor_get (unprotected, "sigTst2"), *tokens;

  if (stamps == NULL) {
    stamps = gen_cbor_get (unprotected, "sigTst");
    signature->old_time_stamp = TRUE;
  }
  tokens = gen_cbor_get (stamps, "tstTokens");
  if (gen_cbor_length (tokens) > 0)
    signature->time_stamp = dup_bytes (gen_cbor_get (gen_cbor_at (tokens, 0), "val"));
}

GBytes *
gen_cose_stamped (const GenCoseSignature *signature, const guint8 *claim, gsize claim_size)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (signature->signature, &size);

  return signature->old_time_stamp
             ? gen_cose_structure (STAMPED, signature->protected_headers, claim, claim_size)
             : make_stamped (signature->protected_headers, data, size);
}

gboolean
gen_cose_read (GenCoseSignature *signature, const guint8 *data, gsize size)
{
  g_autoptr (cbor_item_t) array = NULL;

  *signature = (GenCoseSignature){ 0 };
  /* libcbor before 0.9 does not know the tag. */
  if (size == 0 || data[0] != (CBOR_TAG << 5 | GEN_COSE_TAG_SIGN1))
    return FALSE;
  array = gen_cbor_read_padded (data + 1, size - 1);
  if (gen_cbor_length (array) != 4)
    return FALSE;
  signature->certificates = g_ptr_array_new_with_free_func ((GDestroyNotify)X509_free);
  signature->protected_headers = dup_bytes (gen_cbor_at (array, 0));
  signature->payload = dup_bytes (gen_cbor_at (array, 2));
  signature->signature = dup_bytes (gen_cbor_at (array, 3));
  read_stamp (signature, gen_cbor_at (array, 1));
  return signature->protected_headers != NULL && signature->signature != NULL &&
         read_headers (signature, gen_cbor_at (array, 1));
}

void
gen_cose_clear (GenCoseSignature *signature)
{
  g_clear_pointer (&signature->certificates, g_ptr_array_unref);
  g_clear_pointer (&signature->protected_headers, g_bytes_unref);
  g_clear_pointer (&signature->payload, g_bytes_unref);
  g_clear_pointer (&signature->signature, g_bytes_unref);
  g_clear_pointer (&signature->key_id, g_bytes_unref);
  g_clear_pointer (&signature->time_stamp, g_bytes_unref);
}

static gboolean
verify (const GenSignatureAlgorithm *algorithm, EVP_PKEY *key, GBytes *structure,
    const guint8 *signature, gsize size)
{
  gsize structure_size;
  const guint8 *data = g_bytes_get_data (structure, &structure_size);
  EVP_MD_CTX *context = gen_cose_start (algorithm, key, FALSE);
  gboolean good =
      context != NULL && EVP_DigestVerify (context, signature, size, data, structure_size) == 1;

  EVP_MD_CTX_free (context);
  ERR_clear_error ();
  return good;
}

gboolean
gen_cose_verify (const GenCoseSignature *signature, const guint8 *claim, gsize claim_size)
{
  X509 *own = signature->certificates->len > 0 ? signature->certificates->pdata[0] : NULL;

  return gen_cose_verify_by (
      signature, own != NULL ? X509_get0_pubkey (own) : NULL, claim, claim_size);
}

gboolean
gen_cose_verify_by (
    const GenCoseSignature *signature, EVP_PKEY *key, const guint8 *claim, gsize claim_size)
{
  const GenSignatureAlgorithm *algorithm = gen_signature_algorithm_of (signature->algorithm);
  gsize size, payload_size;
  const guint8 *data = g_bytes_get_data (signature->signature, &size), *payload;
  g_autoptr (GBytes) structure = NULL;
  guint8 *der;
  gboolean good;

  if (key == NULL || algorithm == NULL || !gen_signature_algorithm_fits (algorithm, key))
    return FALSE;
  /* A payload that is carried along must be the claim: else something else would be signed. */
  if (signature->payload != NULL) {
    payload = g_bytes_get_data (signature->payload, &payload_size);
    if (payload_size != claim_size || memcmp (payload, claim, claim_size) != 0)
      return FALSE;
  }
  structure = gen_cose_structure (GEN_COSE_SIGNED, signature->protected_headers, claim, claim_size);
  if (algorithm->key != EVP_PKEY_EC)
    return verify (algorithm, key, structure, data, size);
  if (size != 2 * number_size (key))
    return FALSE;
  der = from_numbers (data, size / 2, &size);
  good = der != NULL && verify (algorithm, key, structure, der, size);
  OPENSSL_free (der);
  return good;
}
