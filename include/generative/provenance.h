/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include <generative/api.h>

G_BEGIN_DECLS

/**
 * Signed metadata that says where a file comes from: Content Credentials, by the specification 2.2
 * of the Coalition for Content Provenance and Authenticity (C2PA). A file carries a manifest store;
 * its active manifest claims how the file was made, is bound to its bytes by hashes, and is signed
 * by a key whose certificate says who that was.
 *
 * A build without libcbor has none of it: each function that can fail then does, with
 * G_IO_ERROR_NOT_SUPPORTED. All of this header: Since 0.2.
 */

/* --- keys --- */

/**
 * GenProvenanceSigner: a private key and the certificates that vouch for it. The kind of key is the
 * algorithm: ES256, ES384 and ES512 of the curves P-256, P-384 and P-521; PS256 of RSA of 2048 bits
 * and more; EdDSA of Ed25519.
 */
typedef struct _GenProvenanceSigner GenProvenanceSigner;

/* `key` and `certificates` are files of PEM, the key without a password, the certificates from the
 * signer's own upwards, without need for the root's. A key that others than its owner may read is
 * refused, as is one that is not the first certificate's, or that is weak, or a certificate that
 * the specification does not take for claims. Nothing of the key is ever said or logged.
 * (transfer full) */
GEN_API GenProvenanceSigner *gen_provenance_signer_load (
    const char *key, const char *certificates, GError **error);
GEN_API void gen_provenance_signer_free (GenProvenanceSigner *signer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenProvenanceSigner, gen_provenance_signer_free)
/* "ES256" */
GEN_API const char *gen_provenance_signer_algorithm (const GenProvenanceSigner *signer);
/**
 * gen_provenance_signer_set_time_stamp: have a time stamp authority (RFC 3161) say when each claim
 * was signed, so that it is believed after the certificate has expired.
 * @command: the words of a command, as a shell has them, that gets the request (DER) on its
 * standard input, puts the answer on its standard output, and ends, within 30 seconds (else it is
 * stopped, and that is an error); NULL: none is asked. As "curl
 * --silent --max-time 20 --data-binary @- --header Content-Type:application/timestamp-query
 *     ADDRESS"
 * What cannot be stamped then is not signed.
 */
GEN_API gboolean gen_provenance_signer_set_time_stamp (
    GenProvenanceSigner *signer, const char *command, GError **error);

/**
 * gen_provenance_demonstration_key: a key, a certificate for it and the authority that gave it,
 * made for trying out what this header does. Their names say that they are for demonstration, and
 * nobody trusts them who was not given `authority.pem`.
 * @folder: made where it is missing; key.pem (which its owner alone may read), certificate.pem and
 *     authority.pem are put there, and must not be there already
 * @algorithm: ES256, ES384, ES512, PS256 or EdDSA; NULL is ES256
 * @days: for which the certificate holds; a negative number makes one that has expired
 */
GEN_API gboolean gen_provenance_demonstration_key (
    const char *folder, const char *algorithm, int days, GError **error);

/* --- what is claimed --- */

/**
 * GenProvenanceDisclosure: what stands in the file's XMP as well, signed with all else, for tools
 * that know no manifests: where it comes from (Iptc4xmpExt:DigitalSourceType), by which system
 * (Iptc4xmpExt:AISystemUsed, AISystemVersionUsed, xmp:CreatorTool), when (xmp:CreateDate), from
 * which prompt (Iptc4xmpExt:AIPromptInformation), and what is below. What the file's XMP says
 * already stays. JPEG, PNG, WAV, MP4 and MOV have a place for it.
 */
typedef struct {
  const char *provider;       /* who offers the system (dc:publisher); NULL: it is not said */
  const char *system;         /* its name; NULL: this library, and its version */
  const char *system_version; /* NULL: it is not said */
  const char *identifier;     /* of this work (dc:identifier); NULL: a new UUID for each */
  /* The implicit label of GB 45438-2025 (TC260:AIGC): the name or code of who made it, NULL: there
   * is no such label; and of who spreads it, NULL: nobody is named. */
  const char *content_producer, *content_propagator;
} GenProvenanceDisclosure;

/* What can be said to have happened to a file. */
typedef enum {
  GEN_PROVENANCE_CREATED, /* it was made */
  GEN_PROVENANCE_EDITED,  /* something that was there has been changed */
} GenProvenanceAction;

typedef struct {
  GenProvenanceAction action;
  /* Of the IPTC's Digital Source Type NewsCodes, as gen_digital_source_type_address takes it; NULL:
   * trainedAlgorithmicMedia of what was created, compositeWithTrainedAlgorithmicMedia of what was
   * edited. */
  const char *source_type;
  const char *title;    /* of the file, for people; NULL: none */
  const char *software; /* that did it; NULL: this library */
  const char *software_version;
  const char *model;      /* name of the model that did it; NULL: nothing is said */
  const char *model_hash; /* the SHA-256 of its file, in hexadecimal digits, or NULL */
  /* The model's card: the SHA-256 of its file, in hexadecimal digits, or NULL; and the address
   * (http:// or https://) where it can be had, for which a hash is wanted, or NULL. The hash alone
   * becomes a parameter of the action; with an address there is also the assertion
   * c2pa.external-reference, which readers check what they get there by. Since: 0.2 */
  const char *card_hash, *card_address;
  const char *prompt; /* that it was given, or NULL */
  const char *seed;   /* that it began with, or NULL */
  /* A watermark by which a file that has lost its manifest is found again: its algorithm, as the
   * C2PA's list of soft bindings names it, and what it says. NULL: none. */
  const char *watermark_algorithm;
  GBytes *watermark_value;
  const GenProvenanceDisclosure *disclosure; /* NULL: the file's XMP stays as it is */
} GenProvenanceClaim;

#define GEN_PROVENANCE_CLAIM_DEFAULTS ((GenProvenanceClaim){ .action = GEN_PROVENANCE_CREATED })

/* The SHA-256 of a file, as GenProvenanceClaim.model_hash and card_hash. (transfer full) */
GEN_API char *gen_provenance_hash_file (const char *path, GError **error);

/* --- files --- */

/**
 * GenProvenanceFormat: a kind of file that has a place for a manifest store.
 */
typedef struct _GenProvenanceFormat GenProvenanceFormat;
/* NULL-terminated. */
GEN_API const GenProvenanceFormat *const *gen_provenance_formats (void);
GEN_API const char *gen_provenance_format_name (const GenProvenanceFormat *format); /* "jpeg" */
GEN_API const char *gen_provenance_format_media_type (const GenProvenanceFormat *format);
/* The format that a file's first bytes are of, or NULL with `error`, which lists what there is. */
GEN_API const GenProvenanceFormat *gen_provenance_format_of (GBytes *file, GError **error);

/**
 * gen_provenance_sign: `file` with a manifest store in it. One that was there becomes the history
 * of the new one: its manifest is an ingredient that the file was made from, and what happened is
 * then that it was edited. (transfer full)
 */
GEN_API GBytes *gen_provenance_sign (GBytes *file, const GenProvenanceClaim *claim,
    const GenProvenanceSigner *signer, GError **error);
/* From file to file; `output` appears whole or not at all, and may be `input`. */
GEN_API gboolean gen_provenance_sign_file (const char *input, const char *output,
    const GenProvenanceClaim *claim, const GenProvenanceSigner *signer, GError **error);

/* --- films as they are written --- */

/**
 * GenProvenanceStream: an MP4 or MOV file that is signed while a muxer writes it, in one pass. A
 * box of zeros goes behind the first box, what comes behind it moves by its size, offsets in the
 * file's indices follow, and at the end the box is filled. Fragmented files in one piece get a box
 * in front of each fragment as well.
 */
typedef struct _GenProvenanceStream GenProvenanceStream;

/* Bytes for `offset` of the output. `data` may lie in what gen_provenance_stream_write was given.
 * Offsets go on from each other but for what is written at the end. */
typedef gboolean (*GenProvenanceWrite) (
    guint64 offset, const guint8 *data, gsize size, gpointer user_data, GError **error);

/* Room for a manifest store by default: enough for any film in one piece, and for some 1,500
 * fragments. */
#define GEN_PROVENANCE_RESERVE (64 * 1024)

/* `claim` and `signer` are to stay until it is freed; `reserve` is the size of the box. (transfer
 * full) */
GEN_API GenProvenanceStream *gen_provenance_stream_new (const GenProvenanceClaim *claim,
    const GenProvenanceSigner *signer, gsize reserve, GenProvenanceWrite write, gpointer user_data,
    GError **error);
GEN_API void gen_provenance_stream_free (GenProvenanceStream *stream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenProvenanceStream, gen_provenance_stream_free)
/* The bytes that come next. */
GEN_API gboolean gen_provenance_stream_write (
    GenProvenanceStream *stream, const guint8 *data, gsize size, GError **error);
/* What comes next is for `offset` of the file that the muxer believes it writes. */
GEN_API gboolean gen_provenance_stream_seek (
    GenProvenanceStream *stream, guint64 offset, GError **error);
/* That was all: indices are written, and the manifest. */
GEN_API gboolean gen_provenance_stream_finish (GenProvenanceStream *stream, GError **error);

/* --- reading --- */

/**
 * GenProvenanceReport: what a file's manifests say, and whether that is so.
 */
typedef struct _GenProvenanceReport GenProvenanceReport;

typedef enum {
  GEN_PROVENANCE_NONE,    /* there is no manifest */
  GEN_PROVENANCE_INVALID, /* something is not as it was when it was signed, or never was right */
  GEN_PROVENANCE_VALID,   /* all is as it was signed, by somebody who is not known */
  GEN_PROVENANCE_TRUSTED, /* and whom one of the authorities vouches for */
} GenProvenanceState;

/* `authorities` are certificates (PEM) whose word is believed, NULL: nobody's. NULL with `error`
 * where the file is none of the formats, or its authorities are none. (transfer full) */
GEN_API GenProvenanceReport *gen_provenance_read (
    GBytes *file, GBytes *authorities, GError **error);
GEN_API void gen_provenance_report_free (GenProvenanceReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenProvenanceReport, gen_provenance_report_free)
GEN_API GenProvenanceState gen_provenance_report_state (const GenProvenanceReport *report);
/* Whether it has that one of the specification's status codes. */
GEN_API gboolean gen_provenance_report_has (const GenProvenanceReport *report, const char *code);
/* All of it: state, active_manifest, manifests with their claims, signatures and assertions, and
 * validation_results as the specification has them. (transfer full) */
GEN_API char *gen_provenance_report_json (const GenProvenanceReport *report);

G_END_DECLS
