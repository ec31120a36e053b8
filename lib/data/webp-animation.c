/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "webp-animation.h"

#include <string.h>

#include <webp/demux.h>

enum { CHANNELS = 4 };

struct _GenWebpAnimation {
  char *path;
  char *data;
  gsize size;
  WebPAnimInfo info;

  GMutex lock; /* of all below */
  WebPAnimDecoder *decoder;
  guint32 next; /* frame that the decoder makes next */
  guint8 *rows; /* of the one before that, the decoder's; NULL: none */
};

static gboolean
fail (GError **error, const char *path, const char *what)
{
  g_set_error (error, GEN_PICTURE_ERROR, GEN_PICTURE_ERROR_DECODE, "%s: %s", path, what);
  return FALSE;
}

static gboolean
open_decoder (GenWebpAnimation *animation, GError **error)
{
  const WebPData data = { (const guint8 *)animation->data, animation->size };
  WebPAnimDecoderOptions options;

  if (!WebPAnimDecoderOptionsInit (&options))
    return fail (error, animation->path, "libwebpdemux is of another version than its headers");
  options.color_mode = MODE_RGBA;
  animation->decoder = WebPAnimDecoderNew (&data, &options);
  if (animation->decoder == NULL ||
      !WebPAnimDecoderGetInfo (animation->decoder, &animation->info) ||
      animation->info.frame_count == 0)
    return fail (error, animation->path, "an animated WebP that is damaged or cut short");
  if ((gint64)animation->info.canvas_width * animation->info.canvas_height > GEN_PICTURE_MAX_PIXELS)
    return fail (error, animation->path, "too large");
  return TRUE;
}

GenWebpAnimation *
gen_webp_animation_open (const char *path, GError **error)
{
  g_autoptr (GenWebpAnimation) animation = g_new0 (GenWebpAnimation, 1);
  g_autoptr (GError) reason = NULL;

  animation->path = g_strdup (path);
  g_mutex_init (&animation->lock);
  if (!g_file_get_contents (path, &animation->data, &animation->size, &reason)) {
    g_set_error_literal (error, GEN_PICTURE_ERROR, GEN_PICTURE_ERROR_FILE, reason->message);
    return NULL;
  }
  return open_decoder (animation, error) ? g_steal_pointer (&animation) : NULL;
}

void
gen_webp_animation_free (GenWebpAnimation *animation)
{
  if (animation == NULL)
    return;
  WebPAnimDecoderDelete (animation->decoder);
  g_mutex_clear (&animation->lock);
  g_free (animation->data);
  g_free (animation->path);
  g_free (animation);
}

guint32
gen_webp_animation_get_count (const GenWebpAnimation *animation)
{
  return animation->info.frame_count;
}

/* Decode on to a frame, from the beginning where it has passed; the lock is held. */
static gboolean
decode_to (GenWebpAnimation *animation, guint32 frame, GError **error)
{
  int time;

  if (animation->next > frame + 1 || animation->rows == NULL) {
    WebPAnimDecoderReset (animation->decoder);
    animation->next = 0;
  }
  while (animation->next <= frame) {
    if (!WebPAnimDecoderGetNext (animation->decoder, &animation->rows, &time)) {
      g_autofree char *what = g_strdup_printf ("frame %u: damaged or cut short", animation->next);

      animation->rows = NULL;
      return fail (error, animation->path, what);
    }
    animation->next++;
  }
  return TRUE;
}

gboolean
gen_webp_animation_load (
    GenWebpAnimation *animation, guint32 frame, GenPicture *picture, GError **error)
{
  const gsize width = animation->info.canvas_width;
  gboolean loaded;

  *picture = (GenPicture){ 0 };
  g_mutex_lock (&animation->lock);
  loaded = decode_to (animation, frame, error);
  if (loaded) {
    gen_picture_init (picture, (int)width, (int)animation->info.canvas_height, CHANNELS);
    for (int y = 0; y < picture->height; y++)
      memcpy (picture->data + (gssize)y * picture->stride,
          animation->rows + (gsize)y * width * CHANNELS, width * CHANNELS);
  }
  g_mutex_unlock (&animation->lock);
  return loaded;
}
