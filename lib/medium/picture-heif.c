/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picture-heif.h"

#include <string.h>

#include <libheif/heif.h>

#include "have.h"

#include "colour-profile.h"

typedef struct {
  struct heif_context *context;
  struct heif_image_handle *handle;
  struct heif_image *image;
  struct heif_decoding_options *options;
} Decoding;

static void
decoding_clear (Decoding *decoding)
{
  heif_image_release (decoding->image);
  heif_image_handle_release (decoding->handle);
  heif_decoding_options_free (decoding->options);
  heif_context_free (decoding->context);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Decoding, decoding_clear)

static gboolean
check (struct heif_error result, const char *path, const char *kind, GError **error)
{
  g_autofree char *reason = NULL;

  if (result.code == heif_error_Ok)
    return TRUE;
  reason = g_strstrip (g_strdup (result.message)); /* some end a line */
  g_set_error (error, GEN_PICTURE_ERROR, GEN_PICTURE_ERROR_DECODE,
      "%s: %s: damaged, cut short, or not to be decoded by libheif: %s", path, kind, reason);
  return FALSE;
}

static GBytes *
read_file (const char *path, GError **error)
{
  g_autoptr (GError) reason = NULL;
  char *data;
  gsize size;

  if (g_file_get_contents (path, &data, &size, &reason))
    return g_bytes_new_take (data, size);
  g_set_error_literal (error, GEN_PICTURE_ERROR, GEN_PICTURE_ERROR_FILE, reason->message);
  return NULL;
}

static gboolean
decode (Decoding *decoding, const char *path, const char *kind, GBytes *bytes, GError **error)
{
  gsize size;
  const void *data = g_bytes_get_data (bytes, &size);
  enum heif_chroma chroma;

  decoding->context = heif_context_alloc ();
  decoding->options = heif_decoding_options_alloc ();
  decoding->options->convert_hdr_to_8bit = TRUE;
  heif_context_set_max_decoding_threads (decoding->context, 0);
  if (!check (heif_context_read_from_memory_without_copy (decoding->context, data, size, NULL),
          path, kind, error) ||
      !check (heif_context_get_primary_image_handle (decoding->context, &decoding->handle), path,
          kind, error))
    return FALSE;
  if ((gint64)heif_image_handle_get_width (decoding->handle) *
          heif_image_handle_get_height (decoding->handle) >
      GEN_PICTURE_MAX_PIXELS) {
    g_set_error (error, GEN_PICTURE_ERROR, GEN_PICTURE_ERROR_DECODE, "%s: too large", path);
    return FALSE;
  }
  chroma = heif_image_handle_has_alpha_channel (decoding->handle) ? heif_chroma_interleaved_RGBA
                                                                  : heif_chroma_interleaved_RGB;
  return check (heif_decode_image (decoding->handle, &decoding->image, heif_colorspace_RGB, chroma,
                    decoding->options),
      path, kind, error);
}

static void
apply_profile (const Decoding *decoding, GenPicture *picture)
{
#ifdef GEN_HAVE_LCMS
  const gsize size = heif_image_handle_get_raw_color_profile_size (decoding->handle);
  g_autofree guint8 *profile = g_malloc (size);

  if (size > 0 &&
      heif_image_handle_get_raw_color_profile (decoding->handle, profile).code == heif_error_Ok)
    gen_colour_profile_apply (profile, size, picture);
#endif
}

gboolean
gen_picture_load_heif (
    GenPicture *picture, const char *path, const char *kind, GBytes *bytes, GError **error)
{
  g_auto (Decoding) decoding = { 0 };
  g_autoptr (GBytes) content = bytes != NULL ? g_bytes_ref (bytes) : read_file (path, error);
  const guint8 *rows;
  int stride;

  if (content == NULL)
    return FALSE;
  if (!decode (&decoding, path, kind, content, error))
    return FALSE;
  gen_picture_init (picture, heif_image_get_width (decoding.image, heif_channel_interleaved),
      heif_image_get_height (decoding.image, heif_channel_interleaved),
      heif_image_handle_has_alpha_channel (decoding.handle) ? 4 : 3);
  rows = heif_image_get_plane_readonly (decoding.image, heif_channel_interleaved, &stride);
  for (int y = 0; y < picture->height; y++)
    memcpy (picture->data + (gssize)y * picture->stride, rows + (gssize)y * stride,
        (gsize)picture->width * (gsize)picture->channels);
  apply_profile (&decoding, picture);
  return TRUE;
}
