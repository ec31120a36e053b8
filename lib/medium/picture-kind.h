/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/picture.h>

/* Kinds of pictures that not every libav decodes, or none does: they are told by name all the same,
 * so that what is left out is left out for a reason. */
typedef struct {
  const char *name;
  const char *endings; /* of file names */
  gboolean (*recognise) (const guint8 *start, gsize length);
  /* By another library; NULL: there is none. */
  gboolean (*load) (
      GenPicture *picture, const char *path, const char *kind, GBytes *bytes, GError **error);
  gboolean by_libav; /* where libav can */
} GenPictureKind;

/* The one that a file begins as; NULL: none of them. */
const GenPictureKind *gen_picture_kind_find (const guint8 *start, gsize length);
/* TRUE when libav ties the ending of the name to a codec of pictures. (Unknown endings get its
 * default, JPEG.) */
gboolean gen_picture_has_codec (const char *path);
