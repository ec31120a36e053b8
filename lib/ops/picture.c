/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The attributes that PackPicture and UnpackPicture share. */
#include "picture.h"

#include <math.h>

/* Larger would not be a picture, and could overflow. */
#define MAX_EXTENT (1 << 20)

static gboolean
read_order (const GenNode *node, GenPictureGeometry *geometry, GError **error)
{
  const gint64 *order = gen_node_ints (node, "order", &geometry->n_order);

  if (order == NULL)
    geometry->n_order = geometry->channels;
  if (geometry->n_order < 1 || geometry->n_order > GEN_PICTURE_MAX_CHANNELS)
    return gen_node_error (
        node, error, "order must have 1 to %d entries", GEN_PICTURE_MAX_CHANNELS);
  for (int i = 0; i < geometry->n_order; i++) {
    geometry->order[i] = order != NULL ? (int)CLAMP (order[i], -2, GEN_PICTURE_MAX_CHANNELS) : i;
    if (geometry->order[i] < -1 || geometry->order[i] >= GEN_PICTURE_MAX_CHANNELS)
      return gen_node_error (node, error, "order has an entry that is no channel");
  }
  return TRUE;
}

static gboolean
read_values (const GenNode *node, GenPictureGeometry *geometry, GError **error)
{
  float low = gen_node_float (node, "range_min", 0), high = gen_node_float (node, "range_max", 1);
  int n_mean, n_std;
  const float *mean = gen_node_floats (node, "mean", &n_mean);
  const float *std = gen_node_floats (node, "std", &n_std);

  if (mean != NULL || std != NULL) {
    if (n_mean != geometry->channels || n_std != geometry->channels)
      return gen_node_error (node, error, "mean and std need %d numbers each", geometry->channels);
    for (int c = 0; c < geometry->channels; c++) {
      geometry->scale[c] = 255 * std[c];
      geometry->shift[c] = 255 * mean[c];
    }
  } else {
    for (int c = 0; c < geometry->channels; c++) {
      geometry->scale[c] = 255 / (high - low);
      geometry->shift[c] = -low * geometry->scale[c];
    }
  }
  for (int c = 0; c < geometry->channels; c++)
    if (!isfinite (geometry->scale[c]) || !isfinite (geometry->shift[c]) || geometry->scale[c] == 0)
      return gen_node_error (node, error, "the range or the standard deviation is empty");
  return TRUE;
}

gboolean
gen_picture_geometry (const GenNode *node, GenPictureGeometry *geometry, GError **error)
{
  gint64 columns = gen_node_int (node, "columns", 1), stride, plane_size, bytes;
  gsize row;

  if (geometry->channels < 1 || geometry->channels > GEN_PICTURE_MAX_CHANNELS)
    return gen_node_error (node, error, "a picture has 1 to %d channels, not %d",
        GEN_PICTURE_MAX_CHANNELS, geometry->channels);
  if (geometry->height < 1 || geometry->width < 1 || geometry->count < 1 ||
      geometry->height > MAX_EXTENT || geometry->width > MAX_EXTENT ||
      geometry->count > MAX_EXTENT || columns < 1 || columns > MAX_EXTENT)
    return gen_node_error (node, error, "an extent is not within 1 and %d", MAX_EXTENT);
  if (!read_order (node, geometry, error) || !read_values (node, geometry, error))
    return FALSE;

  geometry->columns = (int)columns;
  geometry->rows = (geometry->count + geometry->columns - 1) / geometry->columns;
  geometry->planar = gen_node_int (node, "planar", 0) != 0;
  bytes = gen_node_int (node, "bytes", geometry->planar ? 1 : geometry->n_order);
  if (bytes < 1 || bytes > GEN_PICTURE_MAX_CHANNELS || (geometry->planar && bytes != 1))
    return gen_node_error (
        node, error, "a pixel has 1 to %d bytes, and 1 when planar", GEN_PICTURE_MAX_CHANNELS);
  geometry->bytes = (int)bytes;
  row = (gsize)geometry->columns * geometry->width * geometry->bytes;
  stride = gen_node_int (node, "stride", 0);
  geometry->stride = stride != 0 ? (gsize)stride : row;
  if (stride < 0 || geometry->stride < row || geometry->stride > G_MAXINT)
    return gen_node_error (
        node, error, "a row has %" G_GSIZE_FORMAT " bytes, which the stride cannot hold", row);
  plane_size = gen_node_int (node, "plane_size", 0);
  geometry->plane_size =
      plane_size != 0 ? (gsize)plane_size : geometry->stride * geometry->height * geometry->rows;
  if (plane_size < 0 ||
      geometry->plane_size < geometry->stride * geometry->height * geometry->rows ||
      geometry->plane_size > G_MAXINT)
    return gen_node_error (node, error, "a plane does not hold its rows");
  return TRUE;
}

gsize
gen_picture_frame_size (const GenPictureGeometry *geometry)
{
  gsize planes = geometry->planar ? (gsize)geometry->n_order : 1;

  return (planes - 1) * geometry->plane_size + geometry->stride * geometry->height * geometry->rows;
}

gboolean
gen_picture_geometry_to_pack (const GenNode *node, GenPictureGeometry *geometry, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  gint64 frames = node->outputs->len;

  if (x->shape.rank != 4 || frames < 1 || x->shape.dims[0] % frames != 0)
    return gen_node_error (node, error,
        "it packs pictures [N, channels, height, width] to frames that divide N evenly");
  for (int i = 0; i < 4; i++)
    if (x->shape.dims[i] > G_MAXINT)
      return gen_node_error (node, error, "an extent is too large");
  *geometry = (GenPictureGeometry){
    .channels = (int)x->shape.dims[1],
    .height = (int)x->shape.dims[2],
    .width = (int)x->shape.dims[3],
    .count = (int)(x->shape.dims[0] / frames),
  };
  if (!gen_picture_geometry (node, geometry, error))
    return FALSE;
  for (int i = 0; i < geometry->n_order; i++)
    if (geometry->order[i] >= geometry->channels)
      return gen_node_error (
          node, error, "order asks for channel %d of %d", geometry->order[i], geometry->channels);
  return TRUE;
}

gboolean
gen_picture_geometry_to_unpack (const GenNode *node, GenPictureGeometry *geometry, GError **error)
{
  gint64 columns = gen_node_int (node, "columns", 1), rows = gen_node_int (node, "rows", 1);
  gint64 count;
  gsize size;

  if (columns < 1 || rows < 1 || __builtin_mul_overflow (columns, rows, &count) || count > G_MAXINT)
    return gen_node_error (node, error, "columns and rows must be at least 1");
  *geometry = (GenPictureGeometry){
    .channels = (int)CLAMP (gen_node_int (node, "channels", 3), 0, G_MAXINT),
    .height = (int)CLAMP (gen_node_int (node, "height", 0), 0, G_MAXINT),
    .width = (int)CLAMP (gen_node_int (node, "width", 0), 0, G_MAXINT),
    .count = (int)count,
  };
  if (!gen_picture_geometry (node, geometry, error))
    return FALSE;
  if (geometry->n_order != geometry->channels)
    return gen_node_error (node, error, "order must have an entry for each channel");
  for (int c = 0; c < geometry->channels; c++)
    if (geometry->order[c] < 0 || (!geometry->planar && geometry->order[c] >= geometry->bytes))
      return gen_node_error (
          node, error, "order asks for byte %d of %d", geometry->order[c], geometry->bytes);
  size = 0;
  for (int c = 0; c < geometry->channels; c++)
    size = MAX (size, geometry->planar ? geometry->order[c] * geometry->plane_size : 0);
  size += geometry->stride * geometry->height * geometry->rows;
  for (guint i = 0; i < node->inputs->len; i++) {
    const GenTensor *x = gen_node_input (node, i);

    if (x == NULL || x->type != GEN_TYPE_UINT8 || x->shape.rank != 1 ||
        (gsize)x->shape.dims[0] < size)
      return gen_node_error (
          node, error, "its inputs must be frames of at least %" G_GSIZE_FORMAT " bytes", size);
  }
  return TRUE;
}
