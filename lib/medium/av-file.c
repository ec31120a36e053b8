/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files as libav reads them. */
#include "av-file.h"

#include <glib/gstdio.h>
#include <libavutil/error.h>

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
