/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of each kind that can be signed, made here, and signed. */
#pragma once

#include <generative/encoding.h>
#include <generative/picture.h>

#include "../provenance.h"

static inline GBytes *
picture_file (const GenEncoding *encoding)
{
  g_auto (GenPicture) picture = { 0 };
  GenEncodingOptions options = GEN_ENCODING_DEFAULTS;
  GError *error = NULL;
  GenSample sample;
  GBytes *file;

  gen_picture_init (&picture, 32, 24, 3);
  for (int y = 0; y < 24; y++)
    for (int x = 0; x < 96; x++)
      picture.data[y * picture.stride + x] = (guint8)(x * 2 + y * 5);
  sample = gen_sample_of_picture (&picture);
  file = encoding->encode (&sample, &options, &error);
  g_assert_no_error (error);
  return file;
}

static inline GBytes *
wav_file (gsize samples)
{
  gsize bytes = samples * 2;
  guint8 header[44] = "RIFF....WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data";
  guint8 *file = g_malloc0 (44 + bytes);

  for (int i = 0; i < 4; i++) {
    header[4 + i] = (guint8)((36 + bytes) >> 8 * i);
    header[40 + i] = (guint8)(bytes >> 8 * i);
  }
  memcpy (file, header, 44);
  for (gsize i = 0; i < bytes; i++)
    file[44 + i] = (guint8)(i * 7);
  return g_bytes_new_take (file, 44 + bytes);
}

static inline GBytes *
sign (const ProvenanceKey *key, GBytes *file)
{
  const GenProvenanceClaim claim = GEN_PROVENANCE_CLAIM_DEFAULTS;
  GError *error = NULL;
  GBytes *made = gen_provenance_sign (file, &claim, key->signer, &error);

  g_assert_no_error (error);
  return made;
}
