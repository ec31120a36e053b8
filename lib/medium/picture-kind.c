/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What kind of picture a file is, by its content or by its name. */
#include "picture-kind.h"

#include <string.h>

#include <libavformat/avformat.h>

#include "have.h"

#include "av-file.h"
#include "picture-heif.h"
#include "picture-private.h"

/* Whether the file is in ISO's container for pictures, of which `brand` is one of the brands. */
static gboolean
has_brand (const guint8 *start, gsize length, const char *brand)
{
  gsize end = length < 12 ? 0 : MIN ((gsize)start[2] << 8 | start[3], length);

  if (length < 12 || memcmp (start + 4, "ftyp", 4) != 0)
    return FALSE;
  for (gsize at = 8; at + 4 <= MAX (end, 12); at += 4)
    if (at != 12 && memcmp (start + at, brand, strlen (brand)) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
is_avif (const guint8 *start, gsize length)
{
  return has_brand (start, length, "avif") || has_brand (start, length, "avis");
}

static gboolean
is_heic (const guint8 *start, gsize length)
{
  return has_brand (start, length, "hei") || has_brand (start, length, "hev") ||
         has_brand (start, length, "mif1") || has_brand (start, length, "msf1");
}

static gboolean
is_jpeg_xl (const guint8 *start, gsize length)
{
  static const guint8 box[] = { 0, 0, 0, 12, 'J', 'X', 'L', ' ' };

  return length >= sizeof box && memcmp (start, box, sizeof box) == 0;
}

static gboolean
is_svg (const guint8 *start, gsize length)
{
  const char *text = (const char *)start;

  return length > 4 && (memcmp (text, "<svg", 4) == 0 || memcmp (text, "<?xm", 4) == 0) &&
         g_strstr_len (text, (gssize)length, "<svg") != NULL;
}

#ifdef GEN_HAVE_HEIF
#define LOAD_HEIF gen_picture_load_heif
#else
#define LOAD_HEIF NULL
#endif

static const GenPictureKind kinds[] = {
  { "AVIF", "avif,avifs", is_avif, LOAD_HEIF, TRUE },
  { "HEIC", "heic,heif,hif,heics,heifs", is_heic, LOAD_HEIF, FALSE },
  { "JPEG XL", "jxl", is_jpeg_xl, NULL, TRUE },
  { "SVG", "svg", is_svg, NULL, TRUE },
};

const GenPictureKind *
gen_picture_kind_find (const guint8 *start, gsize length)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (kinds[i].recognise (start, length))
      return &kinds[i];
  return NULL;
}

gboolean
gen_picture_has_codec (const char *path)
{
  const AVOutputFormat *pictures = av_guess_format ("image2", NULL, NULL);
  enum AVCodecID codec;

  if (pictures == NULL)
    return FALSE;
  codec = av_guess_codec (pictures, NULL, path, NULL, AVMEDIA_TYPE_VIDEO);
  return codec != AV_CODEC_ID_NONE && codec != AV_CODEC_ID_RAWVIDEO &&
         codec != pictures->video_codec;
}

/* Still pictures among what libav recognises by content. */
static gboolean
is_still (const AVInputFormat *format)
{
  static const char *const names[] = { "apng", "gif", "ico", NULL };

  return g_str_has_suffix (format->name, "_pipe") || g_strv_contains (names, format->name);
}

static gboolean
has_ending_of_kind (const char *path)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (av_match_ext (path, kinds[i].endings))
      return TRUE;
  return FALSE;
}

gboolean
gen_picture_is_named (const char *name)
{
  return gen_picture_has_codec (name) || has_ending_of_kind (name) ||
         av_match_ext (name, "jpg,jpeg,jpe,jfif,gif,apng,webp,ico");
}

gboolean
gen_picture_recognise (const char *path)
{
  g_autofree char *url = g_strconcat ("file:", path, NULL);
  guint8 start[GEN_AV_SNIFF_BYTES + AVPROBE_PADDING_SIZE] = { 0 };
  AVProbeData probe = { .filename = "", .buf = start };
  const AVInputFormat *format;
  AVIOContext *io = NULL;
  int length;

  if (gen_picture_is_named (path))
    return TRUE;
  if (avio_open2 (&io, url, AVIO_FLAG_READ, NULL, NULL) < 0)
    return FALSE;
  length = avio_read (io, start, GEN_AV_SNIFF_BYTES);
  avio_closep (&io);
  if (length <= 0)
    return FALSE;
  probe.buf_size = length;
  format = av_probe_input_format (&probe, TRUE);
  return (format != NULL && is_still (format)) ||
         gen_picture_kind_find (start, (gsize)length) != NULL;
}
