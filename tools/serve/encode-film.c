/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Films: H.264 in fragments of a second, so that they can be seen while the rest is made. The
 * encoder is the first that is there of a list. It has one thread, as what several make of the same
 * frames hangs on how many there are. */
#include "../../lib/serve/generate-error.h"
#include "encode-fit.h"
#include "encode-settle.h"
#include "encode-stream.h"

#define LEAST_SIDE 16
#define BEST_QUANTIZER 15
#define WORST_QUANTIZER 50

static const struct {
  const char *element;
  const char *launch; /* with the quantizer */
} encoders[] = {
  { "x264enc", "x264enc threads=1 bframes=0 pass=qual quantizer=%d speed-preset=veryfast" },
  { "openh264enc", "openh264enc multi-thread=1 rate-control=off qp-min=%d ! h264parse" },
};

typedef struct {
  const ServeEncodeOptions *options;
  ServeEncodeFunc made;
  gpointer data;
  char *launch;
  ServeStreamKind kind;
  ServeStream *stream; /* NULL before the first frame */
  int width, height;
} Film;

static int
find_encoder (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (encoders); i++) {
    const char *const names[] = { encoders[i].element, NULL };

    if (serve_stream_has (names))
      return (int)i;
  }
  return -1;
}

static gboolean
mp4_is_there (void)
{
  const char *const names[] = { "videoconvert", "h264parse", "mp4mux", NULL };

  return find_encoder () >= 0 && serve_stream_has (names);
}

static gpointer
open_film (const ServeEncodeOptions *options, ServeEncodeFunc made, gpointer data, GError **error)
{
  Film *film = g_new0 (Film, 1);

  *film = (Film){ .options = options, .made = made, .data = data };
  return film;
}

static void
free_film (gpointer data)
{
  Film *film = data;

  g_clear_pointer (&film->stream, serve_stream_free);
  g_free (film->launch);
  g_free (film);
}

/* Two by two pixels share chroma. */
static int
even_side (int side)
{
  return MAX (side + side % 2, LEAST_SIDE);
}

static gboolean
begin (Film *film, const GstCaps *caps, GError **error)
{
  const int quantizer =
      BEST_QUANTIZER + (100 - film->options->quality) * (WORST_QUANTIZER - BEST_QUANTIZER) / 100;
  g_autofree char *coder = NULL;
  GstVideoInfo info;

  if (!gst_video_info_from_caps (&info, caps))
    return gen_serve_refuse (error, GEN_SERVE_FAILED, NULL, "what was made is no picture");
  film->width = even_side (film->options->width > 0 ? film->options->width : info.width);
  film->height = even_side (film->options->height > 0 ? film->options->height : info.height);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  coder = g_strdup_printf (encoders[find_encoder ()].launch, quantizer);
#pragma GCC diagnostic pop
  film->launch = g_strdup_printf ("videoconvert ! video/x-raw,format=I420 ! %s ! "
                                  "video/x-h264,stream-format=avc,alignment=au ! "
                                  "mp4mux fragment-duration=1000",
      coder);
  film->kind = (ServeStreamKind){ .launch = film->launch, .settle = serve_settle_mp4 };
  film->stream = serve_stream_open (&film->kind, film->options, film->made, film->data, error);
  return film->stream != NULL;
}

static gboolean
add_frame (gpointer data, GstSample *sample, GError **error)
{
  Film *film = data;
  g_autoptr (GstSample) fitted = NULL;
  GstVideoInfo info;

  if (film->stream == NULL && !begin (film, gst_sample_get_caps (sample), error))
    return FALSE;
  gst_video_info_from_caps (&info, gst_sample_get_caps (sample));
  if (info.width == film->width && info.height == film->height)
    return serve_stream_add (film->stream, sample, error);
  fitted = serve_fit (sample, film->width, film->height, error);
  return fitted != NULL && serve_stream_add (film->stream, fitted, error);
}

static gboolean
finish_film (gpointer data, GError **error)
{
  Film *film = data;

  return film->stream == NULL || serve_stream_finish (film->stream, error);
}

const ServeEncoder serve_encoder_mp4 = {
  .format = { .name = "mp4",
      .media_type = "video/mp4",
      .extension = "mp4",
      .pictures = TRUE,
      .joins = TRUE,
      .is_film = TRUE,
      .has_quality = TRUE },
  .is_there = mp4_is_there,
  .open = open_film,
  .add = add_frame,
  .finish = finish_film,
  .free = free_film,
};
