/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of kinds of files that can be signed. */
#include "format.h"

static const GenProvenanceFormat *const formats[] = {
  &gen_provenance_format_jpeg,
  &gen_provenance_format_png,
  &gen_provenance_format_wav,
  &gen_provenance_format_flac,
  &gen_provenance_format_mp3,
  &gen_provenance_format_bmff,
  NULL,
};

const GenProvenanceFormat *const *
gen_provenance_formats (void)
{
  return formats;
}

const char *
gen_provenance_format_name (const GenProvenanceFormat *format)
{
  return format->name;
}

const char *
gen_provenance_format_media_type (const GenProvenanceFormat *format)
{
  return format->media_type;
}

const GenProvenanceFormat *
gen_provenance_format_of (GBytes *file, GError **error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (file, &size);
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; formats[i] != NULL; i++) {
    if (size > 0 && formats[i]->matches (data, size))
      return formats[i];
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "", formats[i]->name);
  }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
      "it is none of the kinds of files that can be signed: %s", names->str);
  return NULL;
}

void
gen_pieces_add (GPtrArray *pieces, GBytes *file, gsize start, gsize end)
{
  if (end > start)
    g_ptr_array_add (pieces, g_bytes_new_from_bytes (file, start, end - start));
}

void
gen_pieces_take (GPtrArray *pieces, GBytes *piece)
{
  g_ptr_array_add (pieces, piece);
}

gboolean
gen_format_error (GError **error, const char *format, const char *what, gsize at)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "the %s file is damaged: %s at byte %" G_GSIZE_FORMAT, format, what, at);
  return FALSE;
}
