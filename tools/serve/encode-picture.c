/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Still pictures, by the encoders of the library, with XMP in them that says what made them. */
#include <generative/encoding.h>

#include "../../elements/shared/marking.h"
#include "encode-fit.h"
#include "encode.h"

typedef struct {
  const GenEncoding *encoding;
  const ServeEncodeOptions *options;
  ServeEncodeFunc made;
  gpointer data;
} Picture;

static gpointer
open_as (const GenEncoding *encoding, const ServeEncodeOptions *options, ServeEncodeFunc made,
    gpointer data)
{
  Picture *picture = g_new0 (Picture, 1);

  *picture = (Picture){ encoding, options, made, data };
  return picture;
}

#define OPEN(name)                                                                                 \
  static gpointer open_##name (                                                                    \
      const ServeEncodeOptions *options, ServeEncodeFunc made, gpointer data, GError **error)      \
  {                                                                                                \
    return open_as (&gen_encoding_##name, options, made, data);                                    \
  }
OPEN (png)
OPEN (jpeg)
OPEN (webp)

static gboolean
encode (const Picture *self, const GenPicture *picture, GError **error)
{
  const GenEncodingOptions options = { .quality = self->options->quality, .bits = 16 };
  const GenSample sample = gen_sample_of_picture (picture);
  g_autoptr (GBytes) file = self->encoding->encode (&sample, &options, error), marked = NULL;

  if (file == NULL)
    return FALSE;
  if (!gst_generative_marking_is_off ()) {
    g_autofree char *xmp = gen_xmp_digital_source_type ("trainedAlgorithmicMedia");

    marked = self->encoding->embed (file, xmp);
  }
  self->made (marked != NULL ? marked : file, self->data);
  return TRUE;
}

static gboolean
add (gpointer file, GstSample *sample, GError **error)
{
  const Picture *self = file;
  g_autoptr (GstSample) fitted = self->options->width > 0 ? serve_fit (sample, self->options->width,
                                                                self->options->height, error)
                                                          : gst_sample_ref (sample);
  GstVideoFrame frame;
  GenPicture picture;
  gboolean done;

  if (fitted == NULL || !serve_fit_map (fitted, &frame, &picture, error))
    return FALSE;
  done = encode (file, &picture, error);
  gst_video_frame_unmap (&frame);
  return done;
}

static gboolean
finish (gpointer file, GError **error)
{
  return TRUE;
}

#define PICTURE(encoding, type, lossy, is_quick)                                                   \
  const ServeEncoder serve_encoder_##encoding = {                                                  \
    .format = { .name = #encoding,                                                                 \
        .media_type = type,                                                                        \
        .extension = #encoding,                                                                    \
        .pictures = TRUE,                                                                          \
        .has_quality = lossy },                                                                    \
    .open = open_##encoding,                                                                       \
    .add = add,                                                                                    \
    .finish = finish,                                                                              \
    .free = g_free,                                                                                \
    .unhurried = TRUE,                                                                             \
    .quick = is_quick,                                                                             \
  }
PICTURE (png, "image/png", FALSE, TRUE);
PICTURE (jpeg, "image/jpeg", TRUE, TRUE);
PICTURE (webp, "image/webp", TRUE, FALSE);
