/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How large the picture of a file is, by its header: of PNG and JPEG, which most files are. */
#include "av-file.h"
#include "exif.h"
#include "jpeg-size.h"
#include "picture-private.h"

#include <string.h>

/* What lies on its side is turned. */
#define FIRST_ON_ITS_SIDE 5

static gboolean
find_png_size (AVIOContext *io, int *width, int *height)
{
  static const char start[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
  guint8 header[24];
  guint sides[2] = { 0 };

  if (avio_seek (io, 0, SEEK_SET) < 0 || avio_read (io, header, sizeof header) != sizeof header ||
      memcmp (header, start, sizeof start - 1) != 0)
    return FALSE;
  for (int i = 0; i < 8; i++)
    sides[i / 4] = sides[i / 4] << 8 | header[16 + i];
  if (sides[0] > G_MAXINT || sides[1] > G_MAXINT)
    return FALSE;
  *width = (int)sides[0];
  *height = (int)sides[1];
  return TRUE;
}

gboolean
gen_picture_find_size (const char *path, GBytes *bytes, int *width, int *height)
{
  g_autofree char *reason = NULL;
  AVIOContext *io = bytes != NULL ? gen_av_bytes_open (bytes) : gen_av_file_open (path, &reason);
  int orientation = 1;
  gboolean found;

  if (io == NULL)
    return FALSE;
  found = gen_jpeg_find_size (io, width, height, &orientation);
  if (!found && find_png_size (io, width, height)) {
    found = TRUE;
    orientation = gen_exif_find_orientation (io);
  }
  gen_av_close (&io);
  /* What cannot be is for the decoder to say. */
  if (!found || *width <= 0 || *height <= 0 ||
      (guint64)*width * (guint64)*height > GEN_PICTURE_MAX_PIXELS)
    return FALSE;
  if (orientation >= FIRST_ON_ITS_SIDE) {
    const int side = *width;

    *width = *height;
    *height = side;
  }
  return TRUE;
}
