/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include <generative/api.h>

G_BEGIN_DECLS

/**
 * Marks: that a picture or a sound was made by a model, in the medium itself, where nobody sees or
 * hears it, and where ordinary use leaves it: compression, scaling, cuts. What all of them have in
 * common is here: the key that a mark is made and read by, and the 64 bits that it carries.
 *
 * Whoever has no key neither finds where a mark is nor reads it, and makes none that a reader
 * takes: 40 bits of a keyed check go with the 64. (A mark that is copied as it is from one picture
 * into another is one that a reader takes: docs/marking.md says what marks are no proof of.)
 *
 * How marks lie in pictures: picture-mark.h. Since: 0.2
 */
#define GEN_MARK_ERROR (gen_mark_error_quark ())
GEN_API GQuark gen_mark_error_quark (void);

typedef enum {
  GEN_MARK_ERROR_KEY,     /* no key, or one that others can read */
  GEN_MARK_ERROR_PAYLOAD, /* nothing that a mark can carry */
} GenMarkError;

/* --- the key --- */

/**
 * The secret of whoever marks, of which all that marks need is derived (HKDF, RFC 5869, with
 * SHA-256), each by a name of its own. It is in no message and no log.
 */
typedef struct _GenMarkKey GenMarkKey;

#define GEN_MARK_KEY_LEAST 16 /* bytes of a secret */

/**
 * gen_mark_key_load: that of the file `path`: 32 bytes, as 64 hexadecimal digits or as they are, or
 * a private key in PEM, without a password, whose DER (PKCS #8 or traditional, as OpenSSL writes
 * it) is the secret. A file that others than its owner can read or write is refused, as ssh refuses
 * such. NULL with GEN_MARK_ERROR_KEY. (transfer full)
 */
GEN_API GenMarkKey *gen_mark_key_load (const char *path, GError **error);
/* The one of a secret of at least GEN_MARK_KEY_LEAST bytes, which are copied. (transfer full) */
GEN_API GenMarkKey *gen_mark_key_new (const guint8 *secret, gsize size, GError **error);
GEN_API GenMarkKey *gen_mark_key_ref (GenMarkKey *key);
/* The last one wipes it. */
GEN_API void gen_mark_key_unref (GenMarkKey *key);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenMarkKey, gen_mark_key_unref)

/* `size` bytes, at most 8160, that hang on the key and on `purpose` alone: HKDF of the secret
 * without salt, `purpose` being its info, with "gst-generative mark " in front. */
GEN_API void gen_mark_key_derive (
    const GenMarkKey *key, const char *purpose, guint8 *bytes, gsize size);

/* --- what a mark carries --- */

#define GEN_MARK_VERSION 1
#define GEN_MARK_OPERATOR_MAX 0xffffu
#define GEN_MARK_MODEL_MAX 0xfffffu
#define GEN_MARK_TIME_FIRST G_GINT64_CONSTANT (1704067200) /* 2024-01-01 00:00 UTC */

/**
 * 64 bits: from the most significant one on, 4 of the version, 16 of `operator_id`, 20 of
 * `model_id`, 24 of `time`. What more there is to say stands elsewhere, in a log or a file beside
 * it, under these.
 */
typedef struct {
  guint operator_id; /* who marks: a number that he chooses, 0 to 65535 */
  guint model_id;    /* the first 20 bits of the SHA-256 of the model's file; 0: none is named */
  gint64 time;       /* seconds since 1970 (UTC), of which whole minutes are kept, up to 2055 */
} GenMarkPayload;

/* FALSE with GEN_MARK_ERROR_PAYLOAD where a number does not fit. */
GEN_API gboolean gen_mark_payload_pack (
    const GenMarkPayload *payload, guint64 *bits, GError **error);
/* FALSE where the bits are of another version than GEN_MARK_VERSION. */
GEN_API gboolean gen_mark_payload_unpack (guint64 bits, GenMarkPayload *payload);

/* The `model_id` of the file `path`. FALSE with G_FILE_ERROR. */
GEN_API gboolean gen_mark_model_id (const char *path, guint *model_id, GError **error);

G_END_DECLS
