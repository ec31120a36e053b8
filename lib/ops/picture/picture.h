/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures at the edge of a graph: how bytes in a video frame and numbers in a tensor stand for
 * each other. PackPicture and UnpackPicture read the same attributes, which are documented
 * here. A frame has planes, each an output of PackPicture or an input of UnpackPicture of its own,
 * so that they can lie anywhere; those of a frame follow each other.
 *
 *   order       ints: PackPicture, for each byte of a pixel its channel, -1 for an opaque 255;
 *               UnpackPicture, for each channel its byte in the pixel. Default 0, 1, …
 *   bytes       int: bytes of a pixel; 1 when planar (default: as many as `order` has)
 *   planar      int: 1 when each byte of a pixel lies in a plane of its own
 *   stride      int: bytes from row to row (default: no gap)
 *   upward      int: 1 when the last row comes first in memory, in all planes
 *   columns     int: pictures side by side in a frame that is a wall of them (default 1)
 *   range_min, range_max  floats: the numbers that black and white are (default 0 and 1), or
 *   mean, std   floats for each channel: byte / 255 = number * std + mean
 *   bgr         int: 1 when channel 0 of three or four is blue and 2 red: `order` is of red, green
 *               and blue nevertheless, mean and std are of the channels as they are
 *
 * With `luma`, the bytes are not those of R'G'B' but of Y'CbCr as ITU-R BT.601, BT.709 and BT.2020
 * define it, one pair of Cb and Cr for two by two pixels: a plane of Y', and one of pairs or, when
 * planar, one of Cb and one of Cr. Then `order` and `bytes` say nothing. The filters are linear:
 * the mean of the pixels around a pair, and from the two nearest pairs to a pixel. Chroma is of the
 * whole wall, so that odd pictures in it share pairs.
 *
 *   luma           floats: how much red and blue weigh in Y' (0.299 and 0.114 in BT.601)
 *   full_range     int: 1 when black and white are 0 and 255, else 16 and 235
 *   chroma_stride  int: bytes from row to row of the other planes (default: no gap)
 *   siting         ints: 1 when pairs lie at even columns, and the same of rows; 0, the default,
 *                  when they lie midway
 *
 * PackPicture may have a second input, `kept`, int32 [frames, 4]: of the one picture of each frame
 * only a part is written, so many rows and columns from a row and a column on (GenPicturePart). The
 * planes begin where its first pixel goes, which is at an even row and column of the frame in
 * Y'CbCr; its neighbours in the picture are looked at for chroma.
 *
 * A third input, `alpha`, float32 [N, 1, height, width], is the last channel of the pictures,
 * behind those of the first input; not of Y'CbCr. No activation is computed of it.
 */
#pragma once

#include <generative/operator.h>

#include "../../private-api.h"

#define GEN_PICTURE_MAX_CHANNELS 4

/* Between levels of R'G'B', 0 to 255, and bytes of Y'CbCr. */
typedef struct {
  gboolean used;
  gboolean sited_x, sited_y; /* at even columns and rows */
  float black;               /* the byte of Y' that is black; 128 is that of no colour */
  float y[3], cb[3], cr[3];  /* what levels weigh */
  float level;               /* of a unit of Y', */
  float of_cb[3], of_cr[3];  /* and what those of Cb and Cr add to the levels */
} GenPictureColour;

typedef struct {
  int channels, height, width; /* of one picture */
  int count;                   /* pictures in a frame */
  int columns, rows;           /* of the wall that they are in */
  int bytes;                   /* of a pixel in the frame, or in its first plane */
  gboolean planar;
  gssize stride, chroma_stride; /* from row to row; negative when they lie upwards, */
  gsize first, chroma_first;    /* and bytes to the topmost */
  gboolean alpha_apart;         /* the last channel is an input of its own */
  int order[GEN_PICTURE_MAX_CHANNELS];
  int n_order;
  int n_planes;
  float scale[GEN_PICTURE_MAX_CHANNELS],
      shift[GEN_PICTURE_MAX_CHANNELS]; /* byte = x scale + shift */
  GenPictureColour colour;
} GenPictureGeometry;

/* Of a picture, or of a wall. */
typedef struct {
  gint32 top, left, height, width;
} GenPicturePart;

/* The bytes of a plane that are read or written. */
typedef struct {
  gsize row, stride, rows; /* bytes of a row, and from row to row */
} GenPicturePlane;

/* Read the attributes of `node`; the first five fields are set before, rows and columns
 * follow. Checks that nothing overlaps or overflows. */
gboolean gen_picture_geometry (const GenNode *node, GenPictureGeometry *geometry, GError **error);
/* The whole geometry of a node of PackPicture, of each frame that it makes; and of UnpackPicture.
 */
GEN_PRIVATE_API gboolean gen_picture_geometry_to_pack (
    const GenNode *node, GenPictureGeometry *geometry, GError **error);
GEN_PRIVATE_API gboolean gen_picture_geometry_to_unpack (
    const GenNode *node, GenPictureGeometry *geometry, GError **error);
GEN_PRIVATE_API GenPicturePlane gen_picture_plane (const GenPictureGeometry *geometry, int plane);
/* Bytes of a plane, from its first to the last row's end; what follows that row may not be there.
 */
gsize gen_picture_plane_size (const GenPictureGeometry *geometry, int plane);

/* What is written of frame `frame` as `kept` has it, which may be NULL: all. Cut to what there is.
 */
GEN_PRIVATE_API GenPicturePart gen_picture_part (
    const GenPictureGeometry *geometry, const gint32 *kept, gsize frame);
/* Of `rows` rows in a plane whose rows are `stride` apart, where the topmost lies. */
static inline gsize
gen_picture_topmost (gssize stride, int rows)
{
  return stride < 0 && rows > 0 ? (gsize)(rows - 1) * (gsize)-stride : 0;
}

/* Where row `y` of picture `i` begins in a plane of all pixels. */
static inline gsize
gen_picture_row (const GenPictureGeometry *geometry, int i, int y)
{
  return geometry->first +
         ((gsize)(i / geometry->columns) * geometry->height + y) * geometry->stride +
         (gsize)(i % geometry->columns) * geometry->width * geometry->bytes;
}
