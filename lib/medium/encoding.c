/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lists of the kinds of files that hold one sample. */
#include <generative/encoding.h>

#include <gio/gio.h>

#include "../base/family.h"

static const GenEncoding *const pictures[] = { &gen_encoding_png, &gen_encoding_jpeg,
  &gen_encoding_webp, &gen_encoding_webp_lossless, NULL };
static const GenEncoding *const sounds[] = { &gen_encoding_flac, &gen_encoding_wav, NULL };
static const GenEncoding *const texts[] = { &gen_encoding_text, NULL };

const GenEncoding *const *
gen_encoding_list (const GenMedium *medium)
{
  if (medium == &gen_medium_picture)
    return pictures;
  if (medium == &gen_medium_sound)
    return sounds;
  return medium == &gen_medium_text ? texts : NULL;
}

const GenEncoding *
gen_encoding_find (const GenMedium *medium, const char *name, GError **error)
{
  static const GenEncoding *const none[] = { NULL };
  const GenEncoding *const *list = gen_encoding_list (medium);
  g_autofree char *kind = g_strdup_printf ("kind of file for %s", medium->plural);

  return GEN_FAMILY_FIND (
      list != NULL ? list : none, name, kind, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, error);
}

/* --- texts --- */

static GBytes *
encode_text (const GenSample *sample, const GenEncodingOptions *options, GError **error)
{
  return g_bytes_new (sample->text.data, sample->text.length);
}

const GenEncoding gen_encoding_text = {
  .name = "txt",
  .description = "The text, in UTF-8, as it is",
  .medium = &gen_medium_text,
  .extension = "txt",
  .encode = encode_text,
};
