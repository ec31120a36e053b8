/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/medium.h>

G_BEGIN_DECLS

/**
 * GenEncoding: a kind of file that holds one sample: PNG, JPEG, WebP; FLAC, WAV; a text. What is
 * made is a whole file in memory, so that it can go into a folder as well as into an archive.
 */
typedef struct {
  int quality; /* of what loses something: 0, small, to 100, good */
  int bits;    /* of sounds: 16, or 32 for floats, of which FLAC keeps 24 */
} GenEncodingOptions;

#define GEN_ENCODING_DEFAULTS ((GenEncodingOptions){ .quality = 95, .bits = 16 })

typedef struct {
  const char *name;        /* "png" */
  const char *description; /* a sentence */
  const GenMedium *medium; /* what it holds */
  const char *extension;   /* of the files, without a dot */
  gboolean has_alpha;      /* of pictures: keeps transparency; else it is composed over black */

  /* The file. NULL with `error` of the medium's domain where it cannot be made, as of a picture
   * that is too large for it. (transfer full) */
  GBytes *(*encode) (const GenSample *sample, const GenEncodingOptions *options, GError **error);
  /* The same file with an XMP packet in it, as the XMP specification, part 3, says where. NULL
   * where this is not done. (transfer full) */
  GBytes *(*embed) (GBytes *file, const char *xmp);
} GenEncoding;

/* Pictures. */
GEN_API extern const GenEncoding gen_encoding_png;  /* ISO/IEC 15948: lossless */
GEN_API extern const GenEncoding gen_encoding_jpeg; /* ISO/IEC 10918: small, no transparency */
GEN_API extern const GenEncoding gen_encoding_webp; /* RFC 9649: smaller at the same look */
/* Its other half: lossless, smaller than PNG; colours below full transparency are lost. */
GEN_API extern const GenEncoding gen_encoding_webp_lossless;
/* Sounds. */
GEN_API extern const GenEncoding gen_encoding_flac; /* RFC 9639: lossless for 16 bits */
GEN_API extern const GenEncoding gen_encoding_wav;  /* lossless, floats as well */
/* Texts. */
GEN_API extern const GenEncoding gen_encoding_text; /* UTF-8 as it is */

/* Those of a medium, ended by NULL, the usual one first; NULL where it has none. */
GEN_API const GenEncoding *const *gen_encoding_list (const GenMedium *medium);
/* The one of that name, or NULL with `error` (G_IO_ERROR), which lists them. */
GEN_API const GenEncoding *gen_encoding_find (
    const GenMedium *medium, const char *name, GError **error);

/**
 * gen_xmp_digital_source_type: an XMP packet that says where a work comes from, by the IPTC's
 * Digital Source Type NewsCodes: `type` is a code ("trainedAlgorithmicMedia") or its whole address.
 * (transfer full)
 */
GEN_API char *gen_xmp_digital_source_type (const char *type);
/* The address of a code; what is an address already stays. (transfer full) */
GEN_API char *gen_digital_source_type_address (const char *type);

G_END_DECLS
