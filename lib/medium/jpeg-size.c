/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The frame header of a JPEG: ITU-T T.81, B.2.2. */
#include "jpeg-size.h"

#include <libavformat/avio.h>

#include "exif.h"

#define MARKER 0xff
#define START_OF_IMAGE 0xd8
#define EXIF 0xe1
#define MAX_SEGMENTS 4096

/* Start of frame, of any process; the others of that range are tables. */
static gboolean
is_frame (int marker)
{
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

/* Pass over a segment, and take what Exif data say in it. */
static gboolean
pass_segment (AVIOContext *io, int marker, guint length, int *orientation)
{
  g_autofree guint8 *exif = NULL;
  int found;

  if (marker != EXIF || orientation == NULL)
    return avio_skip (io, length) >= 0;
  exif = g_malloc (MAX (length, 1));
  if (avio_read (io, exif, (int)length) != (int)length)
    return FALSE;
  found = gen_exif_orientation_of (exif, length);
  if (found != 1)
    *orientation = found;
  return TRUE;
}

gboolean
gen_jpeg_find_size (AVIOContext *io, int *width, int *height, int *orientation)
{
  if (orientation != NULL)
    *orientation = 1;
  if (avio_seek (io, 0, SEEK_SET) < 0 || avio_r8 (io) != MARKER || avio_r8 (io) != START_OF_IMAGE)
    return FALSE;
  for (int i = 0; i < MAX_SEGMENTS && avio_r8 (io) == MARKER; i++) {
    int marker = MARKER;
    guint length;

    while (marker == MARKER && !avio_feof (io))
      marker = avio_r8 (io);
    length = avio_rb16 (io);
    if (length < 2 || avio_feof (io))
      return FALSE;
    if (is_frame (marker)) {
      avio_r8 (io);
      *height = (int)avio_rb16 (io);
      *width = (int)avio_rb16 (io);
      return *width > 0 && *height > 0 && !avio_feof (io);
    }
    if (!pass_segment (io, marker, length - 2, orientation))
      return FALSE;
  }
  return FALSE;
}
