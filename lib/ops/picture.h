/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures at the edge of a graph: how bytes in a video frame and numbers in a tensor stand for
 * each other. PackPicture and UnpackPicture read the same attributes, which are documented
 * here.
 *
 *   order       ints: PackPicture, for each byte of a pixel its channel, -1 for an opaque 255;
 *               UnpackPicture, for each channel its byte in the pixel. Default 0, 1, …
 *   bytes       int: bytes of a pixel; 1 when planar (default: as many as `order` has)
 *   planar      int: 1 when each byte of a pixel lies in a plane of its own
 *   stride      int: bytes from row to row (default: no gap)
 *   plane_size  int: bytes from plane to plane (default: no gap)
 *   columns     int: pictures side by side in a frame that is a wall of them (default 1)
 *   range_min, range_max  floats: the numbers that black and white are (default 0 and 1), or
 *   mean, std   floats for each channel: byte / 255 = number * std + mean
 */
#pragma once

#include <generative/operator.h>

#define GEN_PICTURE_MAX_CHANNELS 4

typedef struct {
  int channels, height, width; /* of one picture */
  int count;                   /* pictures in a frame */
  int columns, rows;           /* of the wall that they are in */
  int bytes;                   /* of a pixel in the frame */
  gboolean planar;
  gsize stride, plane_size;
  int order[GEN_PICTURE_MAX_CHANNELS];
  int n_order;
  float scale[GEN_PICTURE_MAX_CHANNELS],
      shift[GEN_PICTURE_MAX_CHANNELS]; /* byte = x scale + shift */
} GenPictureGeometry;

/* Read the attributes of `node`; the first five fields are set before, rows and columns
 * follow. Checks that nothing overlaps or overflows. */
gboolean gen_picture_geometry (const GenNode *node, GenPictureGeometry *geometry, GError **error);
/* The whole geometry of a node of PackPicture, of each frame that it makes; and of UnpackPicture.
 */
gboolean gen_picture_geometry_to_pack (
    const GenNode *node, GenPictureGeometry *geometry, GError **error);
gboolean gen_picture_geometry_to_unpack (
    const GenNode *node, GenPictureGeometry *geometry, GError **error);
/* Bytes of a whole frame, from its first to the last row's end. */
gsize gen_picture_frame_size (const GenPictureGeometry *geometry);

/* Where row `y` of picture `i` begins in a frame. */
static inline gsize
gen_picture_row (const GenPictureGeometry *geometry, int i, int y)
{
  return ((gsize)(i / geometry->columns) * geometry->height + y) * geometry->stride +
         (gsize)(i % geometry->columns) * geometry->width * geometry->bytes;
}
