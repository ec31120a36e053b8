/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "encode.h"

static const ServeEncoder *const encoders[] = { &serve_encoder_png, &serve_encoder_jpeg,
  &serve_encoder_webp, &serve_encoder_mp4, &serve_encoder_wav, &serve_encoder_flac,
  &serve_encoder_mp3, &serve_encoder_opus, &serve_encoder_aac, &serve_encoder_pcm,
  &serve_encoder_npy, NULL };

static gboolean
suits (const GenServeFormat *format, const GenMedium *medium)
{
  if (medium == &gen_medium_picture)
    return format->pictures;
  return medium == &gen_medium_sound ? format->sounds : format->numbers;
}

const GenServeFormat *const *
serve_encoder_formats (const GenMedium *medium)
{
  GPtrArray *formats = g_ptr_array_new ();

  for (guint i = 0; encoders[i] != NULL; i++)
    if (suits (&encoders[i]->format, medium) &&
        (encoders[i]->is_there == NULL || encoders[i]->is_there ()))
      g_ptr_array_add (formats, (gpointer)&encoders[i]->format);
  g_ptr_array_add (formats, NULL);
  return (const GenServeFormat *const *)g_ptr_array_free (formats, FALSE);
}

const ServeEncoder *
serve_encoder_of (const GenServeFormat *format)
{
  return (const ServeEncoder *)((const guint8 *)format - G_STRUCT_OFFSET (ServeEncoder, format));
}
