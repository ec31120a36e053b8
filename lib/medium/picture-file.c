/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures in files, through libav.
 *
 * A file is opened by its content and not by its name: libav would take a name such as
 * "cat%02d.png" for a pattern and open another file. Only formats without any mark in their
 * content (TGA) fall back to the name. Nothing that a file refers to is opened. */
#include <generative/picture.h>

#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

#include "have.h"

#include "av-file.h"
#include "colour-profile.h"
#include "exif.h"
#include "fitting.h"
#include "jpeg-decode.h"
#include "jpeg-size.h"
#include "picture-kind.h"
#include "picture-private.h"

typedef struct {
  AVIOContext *io;
  AVFormatContext *format;
  AVCodecContext *codec;
  AVPacket *packet;
  AVFrame *frame;
  const GenPictureKind *kind; /* NULL: none of the list's */
  gboolean is_animated;       /* a WebP */
  gboolean is_jpeg;
  gboolean is_part; /* no more was decoded than the part that is wanted */
  int stream;
  const GenFitting *fitting; /* what the picture is wanted for; NULL: as it is */
  const GenPicture *target;
  GenWebpCanvas canvas; /* of an animated WebP, whose first frame is in `packet`; else of no size */
} Reader;

static void
reader_clear (Reader *reader)
{
  av_frame_free (&reader->frame);
  av_packet_free (&reader->packet);
  avcodec_free_context (&reader->codec);
  avformat_close_input (&reader->format);
  gen_av_close (&reader->io);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reader, reader_clear)

static gboolean
fail_decode (GError **error, const char *path, const char *what, int code)
{
  char reason[AV_ERROR_MAX_STRING_SIZE] = "";

  if (code < 0)
    av_strerror (code, reason, sizeof reason);
  g_set_error (error, GEN_PICTURE_ERROR, GEN_PICTURE_ERROR_DECODE, "%s: %s%s%s", path, what,
      code < 0 ? ": " : "", reason);
  return FALSE;
}

static int
open_format (Reader *reader, const char *path, const char *url)
{
  AVDictionary *options = NULL;
  int code;

  reader->format = gen_av_format_new (reader->io);
  av_dict_set (&options, "protocol_whitelist", "none", 0);
  code = avformat_open_input (&reader->format, path, NULL, &options);
  av_dict_free (&options);
  if (code >= 0 || url == NULL || !gen_picture_has_codec (path))
    return code;

  reader->format = gen_av_format_new (NULL);
  av_dict_set (&options, "pattern_type", "none", 0);
  av_dict_set (&options, "protocol_whitelist", "file", 0);
  code = avformat_open_input (&reader->format, url, av_find_input_format ("image2"), &options);
  av_dict_free (&options);
  return code;
}

/* JPEG's coefficients can be decoded to a half, a quarter or an eighth of the size at once, where
 * the picture is to become as small in any case. */
static void
choose_halvings (Reader *reader, const AVCodec *codec)
{
  const gint64 place = avio_tell (reader->io);
  int width, height;

  if (reader->fitting == NULL || codec->id != AV_CODEC_ID_MJPEG)
    return;
  if (gen_jpeg_find_size (reader->io, &width, &height, NULL))
    reader->codec->lowres = MIN (
        gen_fitting_halvings (reader->fitting, width, height, reader->target), codec->max_lowres);
  avio_seek (reader->io, place, SEEK_SET);
}

static gboolean
open_codec (Reader *reader, const AVCodec *codec, const AVCodecParameters *parameters,
    const char *path, GError **error)
{
  int code = 0;

  reader->codec = avcodec_alloc_context3 (codec);
  if (parameters != NULL)
    code = avcodec_parameters_to_context (reader->codec, parameters);
  if (code >= 0) {
    reader->codec->thread_count = 1; /* pictures are decoded side by side instead */
    reader->codec->max_pixels = GEN_PICTURE_MAX_PIXELS;
    /* JPEG's decoder needs to be told that a cut is an error; TIFF's would then take every tag
     * that it does not know for one. */
    reader->codec->err_recognition = AV_EF_CRCCHECK | AV_EF_BUFFER;
    if (codec->id != AV_CODEC_ID_TIFF)
      reader->codec->err_recognition |= AV_EF_EXPLODE;
    reader->codec->log_level_offset = GEN_AV_SILENCE;
    choose_halvings (reader, codec);
    code = avcodec_open2 (reader->codec, codec, NULL);
  }
  if (code < 0)
    return fail_decode (error, path, "the decoder cannot be opened", code);
  reader->packet = av_packet_alloc ();
  reader->frame = av_frame_alloc ();
  return TRUE;
}

/* An animated WebP: its first frame becomes the packet. */
static gboolean
open_animation (Reader *reader, const char *path, GError **error)
{
  const AVCodec *codec = avcodec_find_decoder (AV_CODEC_ID_WEBP);
  g_autoptr (GByteArray) frame = NULL;
  g_autofree guint8 *data = NULL;
  gint64 size = avio_size (reader->io);

  if (codec == NULL)
    return fail_decode (error, path, "WebP: this FFmpeg cannot decode it", 0);
  if (size > 0 && size <= G_MAXINT) {
    data = g_malloc ((gsize)size);
    size = avio_read (reader->io, data, (int)size);
  }
  if (size > 0)
    frame = gen_webp_first_frame (data, (gsize)size, &reader->canvas);
  if (frame == NULL)
    return fail_decode (error, path, "an animated WebP that is damaged or cut short", 0);
  if (!open_codec (reader, codec, NULL, path, error))
    return FALSE;
  if (av_new_packet (reader->packet, (int)frame->len) < 0)
    return fail_decode (error, path, "too large", 0);
  memcpy (reader->packet->data, frame->data, frame->len);
  return TRUE;
}

/* Whether a picture is several to libav, of which none is whole. */
static gboolean
is_in_tiles (const AVFormatContext *format)
{
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(61, 0, 0)
  for (unsigned i = 0; i < format->nb_stream_groups; i++)
    if (format->stream_groups[i]->type == AV_STREAM_GROUP_PARAMS_TILE_GRID &&
        format->stream_groups[i]->params.tile_grid->nb_tiles > 1)
      return TRUE;
#endif
  return FALSE;
}

/* The stream that holds the picture, or an error of libav's. */
static int
open_stream (Reader *reader, const char *path, const char *url, const AVCodec **codec)
{
  int code = open_format (reader, path, url);

  if (code < 0)
    return code;
  /* The header of a picture says all there is; other media may have to be looked into. */
  code = av_find_best_stream (reader->format, AVMEDIA_TYPE_VIDEO, -1, -1, codec, 0);
  if (code < 0 && avformat_find_stream_info (reader->format, NULL) >= 0)
    code = av_find_best_stream (reader->format, AVMEDIA_TYPE_VIDEO, -1, -1, codec, 0);
  return code;
}

/* Open the file, or its content, and look at how it begins. */
static gboolean
open_io (Reader *reader, const char *path, GBytes *bytes, GError **error)
{
  g_autofree char *reason = NULL;
  guint8 start[GEN_AV_SNIFF_BYTES];
  int length;

  reader->io = bytes != NULL ? gen_av_bytes_open (bytes) : gen_av_file_open (path, &reason);
  if (reader->io == NULL) {
    g_set_error (error, GEN_PICTURE_ERROR, GEN_PICTURE_ERROR_FILE, "%s: %s", path, reason);
    return FALSE;
  }
  length = avio_read (reader->io, start, sizeof start);
  avio_seek (reader->io, 0, SEEK_SET);
  if (length <= 0)
    return TRUE;
  reader->kind = gen_picture_kind_find (start, (gsize)length);
  reader->is_animated = gen_webp_is_animated (start, (gsize)length);
  reader->is_jpeg = length >= 3 && memcmp (start, "\xff\xd8\xff", 3) == 0;
  return TRUE;
}

static gboolean
reader_open (Reader *reader, const char *path, GBytes *bytes, GError **error)
{
  g_autofree char *url = bytes == NULL ? g_strconcat ("file:", path, NULL) : NULL;
  const AVCodec *codec = NULL;

  if (reader->is_animated)
    return open_animation (reader, path, error);

  reader->stream = open_stream (reader, path, url, &codec);
  if (reader->stream < 0 && reader->kind != NULL) {
    g_autofree char *what =
        g_strdup_printf ("%s: this FFmpeg cannot decode it", reader->kind->name);

    return fail_decode (error, path, what, 0);
  }
  if (reader->stream < 0)
    return fail_decode (error, path, "no picture that libav can read", reader->stream);
  /* libav would typeset a text file. */
  if (g_str_equal (reader->format->iformat->name, "tty"))
    return fail_decode (error, path, "a text, no picture", 0);
  if (is_in_tiles (reader->format))
    return fail_decode (error, path, "a picture in tiles, which FFmpeg does not put together", 0);
  return open_codec (reader, codec, reader->format->streams[reader->stream]->codecpar, path, error);
}

/* The first frame of the stream, or an error of libav's. */
static int
reader_first_frame (Reader *reader)
{
  int code;

  if (reader->format == NULL) {
    code = avcodec_send_packet (reader->codec, reader->packet);
    return code < 0 ? code : avcodec_receive_frame (reader->codec, reader->frame);
  }
  for (;;) {
    int read = av_read_frame (reader->format, reader->packet);

    if (read >= 0 && reader->packet->stream_index != reader->stream) {
      av_packet_unref (reader->packet);
      continue;
    }
    if (read < 0 && read != AVERROR_EOF)
      return read;
    code = avcodec_send_packet (reader->codec, read < 0 ? NULL : reader->packet);
    av_packet_unref (reader->packet);
    if (code < 0)
      return code;
    code = avcodec_receive_frame (reader->codec, reader->frame);
    if (code != AVERROR (EAGAIN))
      return code;
  }
}

/* A GIF ends with a semicolon, or at least with the zero that ends its last block. Its decoder
 * does not miss what is cut off. */
static gboolean
is_whole_gif (AVIOContext *io)
{
  int last;

  if (avio_seek (io, avio_size (io) - 1, SEEK_SET) < 0)
    return FALSE;
  last = avio_r8 (io);
  return last == ';' || last == 0;
}

/* The channels that hold what a pixel format holds. */
static int
channels_of (const AVPixFmtDescriptor *format)
{
  if ((format->flags & AV_PIX_FMT_FLAG_ALPHA) != 0)
    return 4;
  return format->nb_components == 1 && (format->flags & AV_PIX_FMT_FLAG_PAL) == 0 ? 1 : 3;
}

int
gen_picture_av_without_range (int format)
{
  switch (format) {
  case AV_PIX_FMT_YUVJ411P:
    return AV_PIX_FMT_YUV411P;
  case AV_PIX_FMT_YUVJ420P:
    return AV_PIX_FMT_YUV420P;
  case AV_PIX_FMT_YUVJ422P:
    return AV_PIX_FMT_YUV422P;
  case AV_PIX_FMT_YUVJ440P:
    return AV_PIX_FMT_YUV440P;
  case AV_PIX_FMT_YUVJ444P:
    return AV_PIX_FMT_YUV444P;
  default:
    return format;
  }
}

/* swscale from the frame's samples to interleaved ones of the same size. */
static struct SwsContext *
converter_for (const AVFrame *frame, enum AVPixelFormat wanted)
{
  enum AVPixelFormat format = gen_picture_av_without_range (frame->format);
  gboolean full_range =
      format != (enum AVPixelFormat)frame->format || frame->color_range == AVCOL_RANGE_JPEG;
  struct SwsContext *context = sws_alloc_context ();

  av_opt_set_int (context, "srcw", frame->width, 0);
  av_opt_set_int (context, "srch", frame->height, 0);
  av_opt_set_int (context, "src_format", format, 0);
  av_opt_set_int (context, "dstw", frame->width, 0);
  av_opt_set_int (context, "dsth", frame->height, 0);
  av_opt_set_int (context, "dst_format", wanted, 0);
  av_opt_set_int (context, "sws_flags",
      SWS_BILINEAR | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP, 0);
  sws_setColorspaceDetails (context, sws_getCoefficients ((int)frame->colorspace), full_range,
      sws_getCoefficients (SWS_CS_DEFAULT), TRUE, 0, 1 << 16, 1 << 16);
  if (sws_init_context (context, NULL, NULL) < 0) {
    sws_freeContext (context);
    return NULL;
  }
  return context;
}

/* The frame's samples in a picture of its size. */
static gboolean
convert_frame (const AVFrame *frame, GenPicture *picture)
{
  guint8 *out[4] = { NULL };
  int out_stride[4] = { 0 };
  enum AVPixelFormat wanted;
  struct SwsContext *context;

  gen_picture_init (
      picture, frame->width, frame->height, channels_of (av_pix_fmt_desc_get (frame->format)));
  wanted = gen_picture_av_format (picture->channels);
  if (frame->format == (int)wanted) {
    av_image_copy_plane (picture->data, picture->stride, frame->data[0], frame->linesize[0],
        picture->width * picture->channels, picture->height);
    return TRUE;
  }
  context = converter_for (frame, wanted);
  if (context == NULL)
    return FALSE;
  out[0] = picture->data;
  out_stride[0] = picture->stride;
  sws_scale (context, (const guint8 *const *)frame->data, frame->linesize, 0, frame->height, out,
      out_stride);
  sws_freeContext (context);
  return TRUE;
}

/* Lay a picture on itself in one of the eight ways, given as the signs of libav's display matrix.
 */
static void
turn (GenPicture *picture, const gint32 *m)
{
  const gboolean swap = m[0] == 0 && m[3] == 0;
  GenPicture turned;

  if (swap ? m[1] == 0 || m[2] == 0 : m[0] == 0 || m[3] == 0 || m[1] != 0 || m[2] != 0)
    return; /* no quarter turn */
  if (!swap && m[0] > 0 && m[3] > 0)
    return;

  gen_picture_init (&turned, swap ? picture->height : picture->width,
      swap ? picture->width : picture->height, picture->channels);
  for (int y = 0; y < picture->height; y++) {
    const guint8 *in = picture->data + (gsize)y * (gsize)picture->stride;

    for (int x = 0; x < picture->width; x++, in += picture->channels) {
      /* Row vectors times the matrix: (x, y) goes to (x m0 + y m2, x m1 + y m3). */
      int tx = swap ? y : x, ty = swap ? x : y;

      if ((swap ? m[2] : m[0]) < 0)
        tx = turned.width - 1 - tx;
      if ((swap ? m[1] : m[3]) < 0)
        ty = turned.height - 1 - ty;
      memcpy (turned.data + (gsize)ty * (gsize)turned.stride + (gsize)tx * (gsize)turned.channels,
          in, (gsize)picture->channels);
    }
  }
  gen_picture_clear (picture);
  *picture = turned;
}

/* By what Exif says, 1 to 8. */
static void
turn_by_orientation (GenPicture *picture, int orientation)
{
  static const gint32 orientations[][4] = { { 1, 0, 0, 1 }, { -1, 0, 0, 1 }, { -1, 0, 0, -1 },
    { 1, 0, 0, -1 }, { 0, 1, 1, 0 }, { 0, 1, -1, 0 }, { 0, -1, -1, 0 }, { 0, -1, 1, 0 } };

  turn (picture, orientations[orientation - 1]);
}

/* Apply the file's note of how the camera was held. libav knows that of JPEG and of films; of other
 * pictures we read it from `io`, if it is given. */
static void
turn_upright (const AVFrame *frame, AVIOContext *io, GenPicture *picture)
{
  AVFrameSideData *side = av_frame_get_side_data (frame, AV_FRAME_DATA_DISPLAYMATRIX);
  const gint32 *matrix = side != NULL ? (const gint32 *)side->data : NULL;

  if (side == NULL && io != NULL)
    turn_by_orientation (picture, gen_exif_find_orientation (io));
  else if (side != NULL && side->size >= 9 * sizeof (gint32))
    turn (picture, (const gint32[]){ matrix[0], matrix[1], matrix[3], matrix[4] });
}

/* The first frame of an animation need not fill what it is shown on. */
static void
put_on_canvas (const GenWebpCanvas *canvas, GenPicture *picture)
{
  GenPicture whole, place;

  if (canvas->width == 0 || (canvas->width == picture->width && canvas->height == picture->height))
    return;
  gen_picture_init (&whole, canvas->width, canvas->height, 4);
  place = whole;
  place.data += (gsize)canvas->y * (gsize)whole.stride + (gsize)canvas->x * 4;
  place.width = picture->width;
  place.height = picture->height;
  gen_picture_convert (picture, &place);
  gen_picture_clear (picture);
  *picture = whole;
}

/* Colours that a profile in the file explains become sRGB, as which all others are taken. */
static void
apply_profile (const guint8 *profile, gsize size, GenPicture *picture)
{
#ifdef GEN_HAVE_LCMS
  if (profile != NULL)
    gen_colour_profile_apply (profile, size, picture);
#endif
}

static void
apply_profile_of (const AVFrame *frame, GenPicture *picture)
{
  const AVFrameSideData *side = av_frame_get_side_data (frame, AV_FRAME_DATA_ICC_PROFILE);

  if (side != NULL)
    apply_profile (side->data, side->size, picture);
}

gboolean
gen_picture_from_frame (const AVFrame *frame, GenPicture *picture)
{
  if (!convert_frame (frame, picture))
    return FALSE;
  turn_upright (frame, NULL, picture);
  return TRUE;
}

/* By libav, with the channels that the file has. */
static gboolean
load_by_libav (Reader *reader, GenPicture *picture, const char *path, GError **error)
{
  int code = reader_first_frame (reader);

  if (code == AVERROR_EOF)
    return fail_decode (error, path, "no whole picture in it", 0);
  if (code < 0)
    return fail_decode (error, path, "damaged or cut short", code);
  if (reader->frame->decode_error_flags != 0 || (reader->frame->flags & AV_FRAME_FLAG_CORRUPT) != 0)
    return fail_decode (error, path, "damaged or cut short", 0);
  if (reader->codec->codec_id == AV_CODEC_ID_GIF && !is_whole_gif (reader->io))
    return fail_decode (error, path, "cut short", 0);
  if (!convert_frame (reader->frame, picture))
    return fail_decode (error, path, "its pixel format is not supported", 0);
  if (reader->canvas.width > 0 && (picture->width > reader->canvas.width - reader->canvas.x ||
                                      picture->height > reader->canvas.height - reader->canvas.y))
    return fail_decode (error, path, "damaged or cut short", 0);
  apply_profile_of (reader->frame, picture);
  put_on_canvas (&reader->canvas, picture);
  turn_upright (reader->frame, reader->io, picture);
  return TRUE;
}

#ifdef GEN_HAVE_JPEG
/* All that is in the file, or in `bytes`. */
static GBytes *
read_all (Reader *reader, GBytes *bytes)
{
  gint64 size = avio_size (reader->io);
  guint8 *data;

  if (bytes != NULL)
    return g_bytes_ref (bytes);
  if (size <= 0 || size > G_MAXINT)
    return NULL;
  data = g_malloc ((gsize)size);
  size = avio_read (reader->io, data, (int)size);
  return g_bytes_new_take (data, (gsize)MAX (size, 0));
}

/* A JPEG by its own library, and no more of it than is wanted; FALSE where libav is to be asked. */
static gboolean
load_jpeg (Reader *reader, GenPicture *picture, GBytes *bytes)
{
  g_autoptr (GBytes) content = read_all (reader, bytes);
  gsize size = 0;
  const guint8 *data = content != NULL ? g_bytes_get_data (content, &size) : NULL;
  g_autoptr (GenJpeg) jpeg = data != NULL ? gen_jpeg_open (data, size) : NULL;
  const GenFitting *fitting = reader->fitting;
  GenPicturePart part;
  int width, height, halvings = 0;

  avio_seek (reader->io, 0, SEEK_SET);
  if (jpeg == NULL)
    return FALSE;
  width = gen_jpeg_get_width (jpeg);
  height = gen_jpeg_get_height (jpeg);
  if (fitting != NULL)
    halvings = gen_fitting_halvings (fitting, width, height, reader->target);
  /* A part is of the picture upright. */
  if (fitting != NULL && gen_jpeg_get_orientation (jpeg) == 1)
    reader->is_part = gen_fitting_find_part (
        fitting, AV_CEIL_RSHIFT (width, halvings), AV_CEIL_RSHIFT (height, halvings), &part);
  if (!gen_jpeg_read (jpeg, halvings, reader->is_part ? &part : NULL, picture)) {
    reader->is_part = FALSE;
    return FALSE;
  }
  data = gen_jpeg_get_profile (jpeg, &size);
  apply_profile (data, size, picture);
  turn_by_orientation (picture, gen_jpeg_get_orientation (jpeg));
  return TRUE;
}
#endif

/* What the file has, as large as is wanted for a target at least, and perhaps no more than the part
 * that is. */
static gboolean
load_native (Reader *reader, GenPicture *picture, const char *path, GBytes *bytes, GError **error)
{
  g_autoptr (GError) reason = NULL;

  if (!open_io (reader, path, bytes, error))
    return FALSE;
#ifdef GEN_HAVE_JPEG
  if (reader->is_jpeg && load_jpeg (reader, picture, bytes))
    return TRUE;
#endif
  if (reader->kind != NULL && reader->kind->load != NULL && !reader->kind->by_libav)
    return reader->kind->load (picture, path, reader->kind->name, bytes, error);
  if (reader_open (reader, path, bytes, &reason) && load_by_libav (reader, picture, path, &reason))
    return TRUE;
  gen_picture_clear (picture);
  if (reader->kind != NULL && reader->kind->load != NULL)
    return reader->kind->load (picture, path, reader->kind->name, bytes, error);
  g_propagate_error (error, g_steal_pointer (&reason));
  return FALSE;
}

static gboolean
load (GenPicture *picture, const char *path, GBytes *bytes, int channels, GError **error)
{
  g_auto (Reader) reader = { 0 };
  g_auto (GenPicture) native = { 0 };

  *picture = (GenPicture){ 0 };
  g_return_val_if_fail (channels == 0 || channels == 1 || channels == 3 || channels == 4, FALSE);

  if (!load_native (&reader, &native, path, bytes, error))
    return FALSE;
  if (channels == 0 || channels == native.channels) {
    *picture = native;
    native.owned = FALSE;
    return TRUE;
  }
  gen_picture_init (picture, native.width, native.height, channels);
  gen_picture_convert (&native, picture);
  return TRUE;
}

gboolean
gen_picture_load_fitting (
    GenPicture *target, const char *path, GBytes *bytes, const GenFitting *fitting, GError **error)
{
  g_auto (Reader) reader = { .fitting = fitting, .target = target };
  g_auto (GenPicture) picture = { 0 };

  if (!load_native (&reader, &picture, path, bytes, error))
    return FALSE;
  if (reader.is_part)
    return gen_fitting_apply_to_part (fitting, &picture, target, error);
  return gen_fitting_apply (fitting, &picture, target, error);
}

gboolean
gen_picture_load (GenPicture *picture, const char *path, int channels, GError **error)
{
  return load (picture, path, NULL, channels, error);
}

gboolean
gen_picture_load_bytes (
    GenPicture *picture, GBytes *bytes, const char *name, int channels, GError **error)
{
  return load (picture, name, bytes, channels, error);
}
