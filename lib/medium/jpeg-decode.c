/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jpeg-decode.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include "exif.h"

/* A progressive file of a few bytes may ask for scan after scan of all that it has. */
#define MAX_SCANS 200
/* What is decoded around a part, so that samples at its edges have their neighbours. */
#define MARGIN 16
#define ROWS 8 /* in one go */

struct _GenJpeg {
  struct jpeg_decompress_struct codec;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf failed;
  const guint8 *data;
  gsize size;
  int orientation;
  JOCTET *profile;
  unsigned profile_size;
};

static void
fail (j_common_ptr codec)
{
  GenJpeg *jpeg = codec->client_data;

  longjmp (jpeg->failed, 1);
}

/* What it would say libav says, or nobody. */
static void
say_nothing (j_common_ptr codec)
{
}

static void
count_scans (j_common_ptr codec)
{
  if (codec->is_decompressor && ((j_decompress_ptr)codec)->input_scan_number > MAX_SCANS)
    fail (codec);
}

static void
find_orientation (GenJpeg *jpeg)
{
  jpeg->orientation = 1;
  for (jpeg_saved_marker_ptr one = jpeg->codec.marker_list; one != NULL; one = one->next)
    if (one->marker == JPEG_APP0 + 1 && one->data_length >= 6 &&
        memcmp (one->data, "Exif\0\0", 6) == 0)
      jpeg->orientation = gen_exif_orientation_of (one->data, one->data_length);
}

/* Whether it is one of those that are taken. */
static gboolean
read_header (GenJpeg *jpeg)
{
  struct jpeg_decompress_struct *codec = &jpeg->codec;

  jpeg->codec.err = jpeg_std_error (&jpeg->errors);
  jpeg->errors.error_exit = fail;
  jpeg->errors.output_message = say_nothing;
  jpeg->codec.client_data = jpeg;
  if (setjmp (jpeg->failed) != 0)
    return FALSE;
  jpeg_create_decompress (codec);
  jpeg->progress.progress_monitor = count_scans;
  codec->progress = &jpeg->progress;
  jpeg_mem_src (codec, jpeg->data, (unsigned long)jpeg->size);
  jpeg_save_markers (codec, JPEG_APP0 + 1, 0xffff);
  jpeg_save_markers (codec, JPEG_APP0 + 2, 0xffff);
  if (jpeg_read_header (codec, TRUE) != JPEG_HEADER_OK || codec->data_precision != 8 ||
      codec->err->num_warnings > 0)
    return FALSE;
  if ((guint64)codec->image_width * codec->image_height > GEN_PICTURE_MAX_PIXELS)
    return FALSE;
  find_orientation (jpeg);
  jpeg_read_icc_profile (codec, &jpeg->profile, &jpeg->profile_size);
  return codec->jpeg_color_space == JCS_GRAYSCALE || codec->jpeg_color_space == JCS_YCbCr;
}

GenJpeg *
gen_jpeg_open (const guint8 *data, gsize size)
{
  static const guint8 begin[] = { 0xff, 0xd8, 0xff }, end[] = { 0xff, 0xd9 };
  g_autoptr (GenJpeg) jpeg = NULL;

  /* What does not end as it should may be cut short, below a part, too. */
  if (size < 64 || memcmp (data, begin, sizeof begin) != 0 ||
      memcmp (data + size - sizeof end, end, sizeof end) != 0)
    return NULL;
  jpeg = g_new0 (GenJpeg, 1);
  jpeg->data = data;
  jpeg->size = size;
  return read_header (jpeg) ? g_steal_pointer (&jpeg) : NULL;
}

void
gen_jpeg_free (GenJpeg *jpeg)
{
  if (jpeg == NULL)
    return;
  jpeg_destroy_decompress (&jpeg->codec);
  free (jpeg->profile);
  g_free (jpeg);
}

int
gen_jpeg_get_width (const GenJpeg *jpeg)
{
  return (int)jpeg->codec.image_width;
}

int
gen_jpeg_get_height (const GenJpeg *jpeg)
{
  return (int)jpeg->codec.image_height;
}

int
gen_jpeg_get_orientation (const GenJpeg *jpeg)
{
  return jpeg->orientation;
}

const guint8 *
gen_jpeg_get_profile (const GenJpeg *jpeg, gsize *size)
{
  *size = jpeg->profile_size;
  return jpeg->profile;
}

/* Decode no more columns than the part and its margins, rounded to blocks, and no rows before it;
 * returns the column that the first sample of a row is from. */
static int
begin_part (struct jpeg_decompress_struct *codec, const GenPicturePart *part)
{
  JDIMENSION x = (JDIMENSION)MAX (part->x - MARGIN, 0);
  JDIMENSION width = (JDIMENSION)MIN (part->x + part->width + MARGIN, (int)codec->output_width) - x;

  if (x > 0 || width < codec->output_width)
    jpeg_crop_scanline (codec, &x, &width);
  if (part->y > 0)
    jpeg_skip_scanlines (codec, (JDIMENSION)part->y);
  return (int)x;
}

/* Rows of a part that is as wide as they are go where they belong, others by way of `rows`. */
static void
read_rows (struct jpeg_decompress_struct *codec, const GenPicturePart *part, int x, guint8 *rows,
    GenPicture *picture)
{
  const gsize wide = (gsize)codec->output_width * (gsize)picture->channels;
  const gsize kept = (gsize)part->width * (gsize)picture->channels;
  int done = 0;

  while (done < part->height) {
    const int n = MIN (ROWS, part->height - done);
    JSAMPROW pointers[ROWS];
    int read;

    for (int r = 0; r < n; r++)
      pointers[r] = kept == wide ? picture->data + (gssize)(done + r) * picture->stride
                                 : rows + (gsize)r * wide;
    read = (int)jpeg_read_scanlines (codec, pointers, (JDIMENSION)n);
    for (int r = 0; r < read && kept != wide; r++)
      memcpy (picture->data + (gssize)(done + r) * picture->stride,
          pointers[r] + (gsize)(part->x - x) * (gsize)picture->channels, kept);
    done += read;
  }
}

/* `rows` is the caller's to free, whatever happens. */
static gboolean
decode (GenJpeg *jpeg, const GenPicturePart *wanted, guint8 **rows, GenPicture *picture)
{
  struct jpeg_decompress_struct *codec = &jpeg->codec;
  GenPicturePart part;
  int x;

  if (setjmp (jpeg->failed) != 0)
    return FALSE;
  jpeg_start_decompress (codec);
  part = wanted != NULL
             ? *wanted
             : (GenPicturePart){ 0, 0, (int)codec->output_width, (int)codec->output_height };
  x = begin_part (codec, &part);
  gen_picture_init (picture, part.width, part.height, codec->output_components);
  *rows = g_malloc ((gsize)codec->output_width * (gsize)codec->output_components * ROWS);
  read_rows (codec, &part, x, *rows, picture);
  if (codec->output_scanline == codec->output_height)
    jpeg_finish_decompress (codec);
  else
    jpeg_abort_decompress (codec);
  return codec->err->num_warnings == 0;
}

gboolean
gen_jpeg_read (GenJpeg *jpeg, int halvings, const GenPicturePart *part, GenPicture *picture)
{
  struct jpeg_decompress_struct *codec = &jpeg->codec;
  g_autofree guint8 *rows = NULL;

  *picture = (GenPicture){ 0 };
  codec->scale_num = 1;
  codec->scale_denom = 1u << halvings;
  codec->out_color_space = codec->jpeg_color_space == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
  if (decode (jpeg, part, &rows, picture))
    return TRUE;
  gen_picture_clear (picture);
  return FALSE;
}
