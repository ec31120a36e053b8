/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files as libav reads them. */
#include "av-file.h"

#include <glib/gstdio.h>
#include <libavutil/error.h>
#include <libavutil/log.h>

AVIOContext *
gen_av_file_open (const char *path, char **reason)
{
  g_autofree char *url = g_strconcat ("file:", path, NULL);
  AVIOContext *io = NULL;
  GStatBuf info;
  int code;

  /* A pipe would be waited for. */
  if (g_stat (path, &info) == 0 && !S_ISREG (info.st_mode) && !S_ISDIR (info.st_mode)) {
    *reason = g_strdup ("a device or pipe, not a regular file");
    return NULL;
  }
  code = avio_open2 (&io, url, AVIO_FLAG_READ, NULL, NULL);
  if (code < 0) {
    char text[AV_ERROR_MAX_STRING_SIZE];

    av_strerror (code, text, sizeof text);
    *reason = g_strdup_printf ("cannot be opened: %s", text);
    return NULL;
  }
  return io;
}

/* Demuxers have no field for a level, as codecs have: one that is for muxers alone is theirs. */
static const AVClass *
silent_class (const AVClass *loud)
{
  static AVClass silent;
  static gsize made = 0;

  if (g_once_init_enter (&made)) {
    silent = *loud;
    silent.version = LIBAVUTIL_VERSION_INT; /* what has been copied is of the size that we know */
    silent.log_level_offset_offset = G_STRUCT_OFFSET (AVFormatContext, metadata_header_padding);
    g_once_init_leave (&made, 1);
  }
  return &silent;
}

AVFormatContext *
gen_av_format_new (AVIOContext *io)
{
  AVFormatContext *format = avformat_alloc_context ();

  format->av_class = silent_class (format->av_class);
  format->metadata_header_padding = GEN_AV_SILENCE;
  format->pb = io;
  return format;
}
