/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kinds of files that have a place for a manifest store: one file each, and a line in the list of
 * format.c. The specification's appendix A says where the place is. */
#pragma once

#include <generative/provenance.h>

#include "../base/big-endian.h"

/* A store in a file. */
typedef struct {
  GBytes *store;       /* NULL: none, or several, which count as none */
  guint64 start, size; /* of all that is there because of it, with headers and lengths */
} GenProvenancePlace;

static inline void
gen_provenance_place_clear (GenProvenancePlace *place)
{
  g_clear_pointer (&place->store, g_bytes_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GenProvenancePlace, gen_provenance_place_clear)

struct _GenProvenanceFormat {
  const char *name;       /* "jpeg" */
  const char *media_type; /* "image/jpeg" */

  /* Whether a file that begins so is one. */
  gboolean (*matches) (const guint8 *data, gsize size);
  /* The store that is in it. FALSE with `error` where it cannot be walked through so far. */
  gboolean (*find) (GBytes *file, GenProvenancePlace *place, GError **error);
  /* The file as `pieces` (of GBytes, transfer full) with `store` in it, and without any that was
   * there; `place` is where in them the bytes are that are not hashed. NULL of formats whose hash
   * goes by boxes (bmff). */
  gboolean (*embed) (
      GBytes *file, GBytes *store, GPtrArray *pieces, GenProvenancePlace *place, GError **error);
};

extern const GenProvenanceFormat gen_provenance_format_bmff;
extern const GenProvenanceFormat gen_provenance_format_flac;
extern const GenProvenanceFormat gen_provenance_format_jpeg;
extern const GenProvenanceFormat gen_provenance_format_mp3;
extern const GenProvenanceFormat gen_provenance_format_png;
extern const GenProvenanceFormat gen_provenance_format_wav;

/* Bytes of `file` as a piece; nothing where there are none. */
void gen_pieces_add (GPtrArray *pieces, GBytes *file, gsize start, gsize end);
void gen_pieces_take (GPtrArray *pieces, GBytes *piece);
/* "'s file is cut" and the like. Always FALSE. */
gboolean gen_format_error (GError **error, const char *format, const char *what, gsize at);

static inline guint32
gen_get32_little (const guint8 *data)
{
  return GUINT32_SWAP_LE_BE (gen_get32 (data));
}

static inline void
gen_put32_little (guint8 *data, guint32 value)
{
  gen_put32 (data, GUINT32_SWAP_LE_BE (value));
}
