/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files as libav reads them. */
#include "av-file.h"

#include <string.h>

#include <glib/gstdio.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>

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

/* --- bytes --- */

#define BUFFER_SIZE (1 << 15)

typedef struct {
  const guint8 *data;
  gsize size, at;
} Memory;

static int
read_memory (void *opaque, guint8 *to, int size)
{
  Memory *memory = opaque;
  gsize n = MIN ((gsize)MAX (size, 0), memory->size - memory->at);

  if (n == 0)
    return AVERROR_EOF;
  memcpy (to, memory->data + memory->at, n);
  memory->at += n;
  return (int)n;
}

static gint64
seek_memory (void *opaque, gint64 offset, int whence)
{
  Memory *memory = opaque;

  whence &= ~AVSEEK_FORCE;
  if (whence == AVSEEK_SIZE)
    return (gint64)memory->size;
  if (whence == SEEK_CUR)
    offset += (gint64)memory->at;
  else if (whence == SEEK_END)
    offset += (gint64)memory->size;
  if (offset < 0 || (guint64)offset > memory->size)
    return AVERROR (EINVAL);
  memory->at = (gsize)offset;
  return offset;
}

AVIOContext *
gen_av_bytes_open (GBytes *bytes)
{
  Memory *memory = g_new0 (Memory, 1);

  memory->data = g_bytes_get_data (bytes, &memory->size);
  return avio_alloc_context (
      av_malloc (BUFFER_SIZE), BUFFER_SIZE, 0, memory, read_memory, NULL, seek_memory);
}

void
gen_av_close (AVIOContext **io)
{
  if (*io == NULL)
    return;
  if ((*io)->read_packet != read_memory) {
    avio_closep (io);
    return;
  }
  g_free ((*io)->opaque);
  av_freep (&(*io)->buffer);
  avio_context_free (io);
}

/* --- demuxers --- */

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
