/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys of a live stream (18.25): one of Ed25519 is made for each session, and what vouches for it
 * is that a manifest lists it; that whoever listed it has it, too, says its signature over the
 * manifest's certificate. */
#include "session-key.h"

#include <string.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include "cbor-writer.h"

#define EDDSA (-8)
#define EDDSA_SIZE 64
#define ED25519_SIZE 32
#define KEYS_MOST 64

/* COSE_Key (RFC 9052, 7): labels and values. */
#define KEY_TYPE 1
#define KEY_TYPE_OCTETS 1
#define KEY_TYPE_CURVE 2
#define KEY_ID 2
#define KEY_ALGORITHM 3
#define KEY_CURVE (-1)
#define KEY_X (-2)
#define KEY_Y (-3)
#define CURVE_ED25519 6

/* --- one that signs --- */

struct _GenSessionKey {
  EVP_PKEY *key;
  guint8 x[ED25519_SIZE]; /* what of it is public */
  GBytes *id;
  gint64 created; /* seconds since 1970 */
  guint64 first;  /* number of a segment */
  guint period;
};

static gboolean
make_key (GenSessionKey *key, GError **error)
{
  size_t size = sizeof key->x;
  g_autofree char *reason = NULL;

  key->key = EVP_PKEY_Q_keygen (NULL, NULL, "ED25519");
  if (key->key != NULL && EVP_PKEY_get_raw_public_key (key->key, key->x, &size) == 1)
    return TRUE;
  reason = gen_openssl_message ();
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
      "OpenSSL makes no session key (Ed25519), without which each segment can have a manifest: %s",
      reason);
  return FALSE;
}

/* (transfer full) */
static GBytes *
make_id (void)
{
  g_autofree char *uuid = g_uuid_string_random ();
  GString *id = g_string_new (NULL);

  for (const char *c = uuid; *c != '\0'; c++)
    if (*c != '-')
      g_string_append_c (id, *c);
  return g_string_free_to_bytes (id);
}

GenSessionKey *
gen_session_key_new (guint64 first, guint period, GError **error)
{
  g_autoptr (GenSessionKey) key = g_new0 (GenSessionKey, 1);

  key->id = make_id ();
  if (!make_key (key, error))
    return NULL;
  key->created = g_get_real_time () / G_USEC_PER_SEC;
  key->first = first;
  key->period = period;
  return g_steal_pointer (&key);
}

void
gen_session_key_free (GenSessionKey *key)
{
  EVP_PKEY_free (key->key);
  g_bytes_unref (key->id);
  g_free (key);
}

gboolean
gen_session_key_is_over (const GenSessionKey *key, gint64 now)
{
  return now < key->created || now >= key->created + (gint64)key->period;
}

static GBytes *
make_headers (gint64 time)
{
  GenCborWriter writer;

  gen_cbor_writer_init (&writer);
  gen_cbor_map (&writer);
  gen_cbor_key_number (&writer, GEN_COSE_ALGORITHM);
  gen_cbor_integer (&writer, EDDSA);
  if (time != 0) {
    gen_cbor_key (&writer, GEN_COSE_TIME);
    gen_cbor_integer (&writer, time);
  }
  gen_cbor_map_close (&writer);
  return gen_cbor_writer_end (&writer);
}

static void
write_bytes (GenCborWriter *writer, GBytes *bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  gen_cbor_bytes (writer, data, size);
}

static gboolean
sign_structure (const GenSessionKey *key, GBytes *structure, guint8 *signature, GError **error)
{
  gsize size, signature_size = EDDSA_SIZE;
  const guint8 *data = g_bytes_get_data (structure, &size);
  EVP_MD_CTX *context = gen_cose_start (gen_signature_algorithm_of (EDDSA), key->key, TRUE);
  gboolean good =
      context != NULL && EVP_DigestSign (context, signature, &signature_size, data, size) == 1;

  EVP_MD_CTX_free (context);
  if (!good) {
    g_autofree char *reason = gen_openssl_message ();

    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "the session key does not sign: %s", reason);
  }
  return good;
}

/* COSE_Sign1. What is `detached` is not in it, and names no key. (transfer full) */
static GBytes *
sign (const GenSessionKey *key, GBytes *payload, gboolean detached, gint64 time, GError **error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (payload, &size);
  g_autoptr (GBytes) headers = make_headers (time);
  g_autoptr (GBytes) structure = gen_cose_structure (GEN_COSE_SIGNED, headers, data, size);
  guint8 signature[EDDSA_SIZE];
  GenCborWriter writer;

  if (!sign_structure (key, structure, signature, error))
    return NULL;
  gen_cbor_writer_init (&writer);
  gen_cbor_tag (&writer, GEN_COSE_TAG_SIGN1);
  gen_cbor_array (&writer);
  write_bytes (&writer, headers);
  gen_cbor_map (&writer);
  if (!detached) {
    gen_cbor_key_number (&writer, GEN_COSE_KEY_ID);
    write_bytes (&writer, key->id);
  }
  gen_cbor_map_close (&writer);
  if (detached)
    gen_cbor_null (&writer);
  else
    write_bytes (&writer, payload);
  gen_cbor_bytes (&writer, signature, sizeof signature);
  gen_cbor_array_close (&writer);
  return gen_cbor_writer_end (&writer);
}

GBytes *
gen_session_key_sign (const GenSessionKey *key, GBytes *payload, gint64 now, GError **error)
{
  return sign (key, payload, FALSE, now, error);
}

static void
write_key (GenCborWriter *writer, const GenSessionKey *key)
{
  gen_cbor_map (writer);
  gen_cbor_key_number (writer, KEY_TYPE);
  gen_cbor_integer (writer, KEY_TYPE_OCTETS);
  gen_cbor_key_number (writer, KEY_ID);
  write_bytes (writer, key->id);
  gen_cbor_key_number (writer, KEY_ALGORITHM);
  gen_cbor_integer (writer, EDDSA);
  gen_cbor_key_number (writer, KEY_CURVE);
  gen_cbor_integer (writer, CURVE_ED25519);
  gen_cbor_key_number (writer, KEY_X);
  gen_cbor_bytes (writer, key->x, sizeof key->x);
  gen_cbor_map_close (writer);
}

/* The certificate as what is signed of it: a string of bytes. (transfer full) */
static GBytes *
certificate_payload (X509 *certificate)
{
  guint8 *der = NULL;
  int size = i2d_X509 (certificate, &der);
  GenCborWriter writer;

  gen_cbor_writer_init (&writer);
  gen_cbor_bytes (&writer, der, size > 0 ? (gsize)size : 0);
  OPENSSL_free (der);
  return gen_cbor_writer_end (&writer);
}

GBytes *
gen_session_key_list (const GenSessionKey *key, const GenProvenanceSigner *signer, GError **error)
{
  g_autoptr (GBytes) certificate = certificate_payload (signer->certificates->pdata[0]);
  g_autoptr (GBytes) binding = sign (key, certificate, TRUE, 0, error);
  g_autoptr (GDateTime) created = g_date_time_new_from_unix_utc (key->created);
  g_autofree char *time = g_date_time_format (created, "%Y-%m-%dT%H:%M:%SZ");
  GenCborWriter writer;

  if (binding == NULL)
    return NULL;
  gen_cbor_writer_init (&writer);
  gen_cbor_map (&writer);
  gen_cbor_key (&writer, "keys");
  gen_cbor_array (&writer);
  gen_cbor_map (&writer);
  gen_cbor_key (&writer, "key");
  write_key (&writer, key);
  gen_cbor_key (&writer, "minSequenceNumber");
  gen_cbor_integer (&writer, (gint64)key->first);
  gen_cbor_key (&writer, "createdAt");
  gen_cbor_tag (&writer, 0);
  gen_cbor_text (&writer, time);
  gen_cbor_key (&writer, "validityPeriod");
  gen_cbor_integer (&writer, key->period);
  gen_cbor_key (&writer, "signerBinding");
  gen_cbor_item (&writer, binding);
  gen_cbor_map_close (&writer);
  gen_cbor_array_close (&writer);
  gen_cbor_map_close (&writer);
  return gen_cbor_writer_end (&writer);
}

/* --- those of others --- */

static void
listed_free (gpointer listed)
{
  GenListedKey *is = listed;

  EVP_PKEY_free (is->key);
  g_clear_pointer (&is->id, g_bytes_unref);
  g_free (is);
}

/* A point of a NIST curve. */
static EVP_PKEY *
make_curve_key (const char *curve, const guint8 *x, const guint8 *y, gsize size)
{
  OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new ();
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name (NULL, "EC", NULL);
  g_autofree guint8 *point = g_malloc (1 + 2 * size);
  OSSL_PARAM *parameters;
  EVP_PKEY *key = NULL;

  point[0] = 4; /* not compressed */
  memcpy (point + 1, x, size);
  memcpy (point + 1 + size, y, size);
  OSSL_PARAM_BLD_push_utf8_string (builder, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0);
  OSSL_PARAM_BLD_push_octet_string (builder, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * size);
  parameters = OSSL_PARAM_BLD_to_param (builder);
  if (EVP_PKEY_fromdata_init (context) == 1)
    EVP_PKEY_fromdata (context, &key, EVP_PKEY_PUBLIC_KEY, parameters);
  OSSL_PARAM_free (parameters);
  OSSL_PARAM_BLD_free (builder);
  EVP_PKEY_CTX_free (context);
  ERR_clear_error ();
  return key;
}

static EVP_PKEY *
read_key (const cbor_item_t *map)
{
  static const char *const curves[] = { NULL, "P-256", "P-384", "P-521" };
  gint64 type = 0, curve = 0;
  gsize x_size, y_size;
  const guint8 *x = gen_cbor_get_bytes (gen_cbor_get_number (map, KEY_X), &x_size);
  const guint8 *y = gen_cbor_get_bytes (gen_cbor_get_number (map, KEY_Y), &y_size);

  gen_cbor_get_integer (gen_cbor_get_number (map, KEY_TYPE), &type);
  gen_cbor_get_integer (gen_cbor_get_number (map, KEY_CURVE), &curve);
  if (type == KEY_TYPE_OCTETS && curve == CURVE_ED25519 && x != NULL && x_size == ED25519_SIZE)
    return EVP_PKEY_new_raw_public_key (EVP_PKEY_ED25519, NULL, x, x_size);
  if (type == KEY_TYPE_CURVE && curve > 0 && curve < (gint64)G_N_ELEMENTS (curves) && x != NULL &&
      y != NULL && x_size == y_size && x_size <= 66)
    return make_curve_key (curves[curve], x, y, x_size);
  return NULL;
}

/* Whether who has the key has signed that certificate by it. */
static gboolean
is_bound (EVP_PKEY *key, cbor_item_t *binding, X509 *certificate)
{
  g_autoptr (GBytes) payload = certificate_payload (certificate), bytes = NULL;
  g_auto (GenCoseSignature) signature = { 0 };
  gsize size, wrapped_size, payload_size;
  const guint8 *data, *wrapped = gen_cbor_get_bytes (binding, &wrapped_size);
  const guint8 *payload_data = g_bytes_get_data (payload, &payload_size);

  if (binding == NULL)
    return FALSE;
  bytes = wrapped != NULL ? g_bytes_new (wrapped, wrapped_size) : gen_cbor_serialize (binding);
  data = g_bytes_get_data (bytes, &size);
  return gen_cose_read (&signature, data, size) &&
         gen_cose_verify_by (&signature, key, payload_data, payload_size);
}

static GenListedKey *
read_listed (cbor_item_t *entry, X509 *certificate)
{
  const cbor_item_t *map = gen_cbor_get (entry, "key");
  g_autofree char *text = gen_cbor_dup_text (gen_cbor_untag (gen_cbor_get (entry, "createdAt")));
  g_autoptr (GDateTime) created = text != NULL ? g_date_time_new_from_iso8601 (text, NULL) : NULL;
  GenListedKey *listed = g_new0 (GenListedKey, 1);
  gsize size;
  const guint8 *id = gen_cbor_get_bytes (gen_cbor_get_number (map, KEY_ID), &size);

  listed->key = read_key (map);
  listed->id = id != NULL ? g_bytes_new (id, size) : NULL;
  listed->created = created != NULL ? g_date_time_to_unix (created) : 0;
  if (listed->key != NULL && listed->id != NULL && created != NULL &&
      gen_cbor_get_integer (gen_cbor_get (entry, "minSequenceNumber"), &listed->first) &&
      gen_cbor_get_integer (gen_cbor_get (entry, "validityPeriod"), &listed->period) &&
      listed->first >= 0 && listed->period > 0 &&
      is_bound (listed->key, gen_cbor_get (entry, "signerBinding"), certificate))
    return listed;
  listed_free (listed);
  return NULL;
}

GPtrArray *
gen_session_keys_read (const cbor_item_t *assertion, X509 *certificate, guint *wrong)
{
  const cbor_item_t *keys = gen_cbor_get (assertion, "keys");
  GPtrArray *all = g_ptr_array_new_with_free_func (listed_free);

  *wrong = 0;
  for (gsize i = 0; i < MIN (gen_cbor_length (keys), KEYS_MOST); i++) {
    GenListedKey *listed = read_listed (gen_cbor_at (keys, i), certificate);

    if (listed != NULL)
      g_ptr_array_add (all, listed);
    else
      ++*wrong;
  }
  return all;
}

const GenListedKey *
gen_session_keys_find (const GPtrArray *keys, GBytes *id)
{
  for (guint i = 0; id != NULL && i < keys->len; i++)
    if (g_bytes_equal (((const GenListedKey *)keys->pdata[i])->id, id))
      return keys->pdata[i];
  return NULL;
}
