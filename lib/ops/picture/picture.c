/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The attributes that PackPicture and UnpackPicture share. */
#include "picture.h"

#include <math.h>
#include <string.h>

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

/* See BT.601: Cb and Cr are B' - Y' and R' - Y', scaled to as much as Y' has. */
static gboolean
read_colour (const GenNode *node, GenPictureGeometry *geometry, GError **error)
{
  GenPictureColour *colour = &geometry->colour;
  int n_luma, n_siting;
  const float *luma = gen_node_floats (node, "luma", &n_luma);
  const gint64 *siting = gen_node_ints (node, "siting", &n_siting);
  gboolean full = gen_node_int (node, "full_range", 0) != 0;
  float of_y, of_c, weights[3];

  *colour = (GenPictureColour){ .used = luma != NULL };
  if (!colour->used)
    return TRUE;
  geometry->n_order = geometry->channels;
  for (int i = 0; i < geometry->n_order; i++)
    geometry->order[i] = i;
  if (n_luma != 2 || !(luma[0] > 0) || !(luma[1] > 0) || !(luma[0] + luma[1] < 1))
    return gen_node_error (node, error, "luma must have the weights of red and blue, below 1");
  if (siting != NULL && n_siting != 2)
    return gen_node_error (node, error, "siting must have an entry for columns and one for rows");
  if (geometry->channels != 3 && geometry->channels != 1)
    return gen_node_error (node, error, "Y'CbCr is of pictures in colour or grey");
  colour->sited_x = siting != NULL && siting[0] != 0;
  colour->sited_y = siting != NULL && siting[1] != 0;
  colour->black = full ? 0 : 16;
  of_y = full ? 1 : 219.0f / 255;
  of_c = full ? 1 : 224.0f / 255;
  weights[0] = luma[0];
  weights[1] = 1 - luma[0] - luma[1];
  weights[2] = luma[1];
  colour->level = 1 / of_y;
  for (int c = 0; c < 3; c++) {
    colour->y[c] = of_y * weights[c];
    colour->cb[c] = of_c * ((c == 2) - weights[c]) / (2 * (1 - luma[1]));
    colour->cr[c] = of_c * ((c == 0) - weights[c]) / (2 * (1 - luma[0]));
  }
  colour->of_cr[0] = 2 * (1 - luma[0]) / of_c;
  colour->of_cb[2] = 2 * (1 - luma[1]) / of_c;
  colour->of_cr[1] = -colour->of_cr[0] * weights[0] / weights[1];
  colour->of_cb[1] = -colour->of_cb[2] * weights[2] / weights[1];
  return TRUE;
}

/* How many bytes lie from row to row, by attribute `name`; at least `row`. */
static gboolean
read_stride (const GenNode *node, const char *name, gsize row, gssize *stride, GError **error)
{
  gint64 given = gen_node_int (node, name, 0);

  *stride = given != 0 ? (gssize)given : (gssize)row;
  if (*stride >= (gssize)row && *stride <= G_MAXINT)
    return TRUE;
  return gen_node_error (
      node, error, "a row has %" G_GSIZE_FORMAT " bytes, which the %s cannot hold", row, name);
}

/* Planes are known by their lowest address, which is that of the last row. */
static void
turn_upward (GenPictureGeometry *geometry)
{
  geometry->first = (gen_picture_plane (geometry, 0).rows - 1) * geometry->stride;
  geometry->stride = -geometry->stride;
  if (!geometry->colour.used)
    return;
  geometry->chroma_first = (gen_picture_plane (geometry, 1).rows - 1) * geometry->chroma_stride;
  geometry->chroma_stride = -geometry->chroma_stride;
}

static void
swap (float *numbers)
{
  const float first = numbers[0];

  numbers[0] = numbers[2];
  numbers[2] = first;
}

/* Let channel 0 be blue, and 2 red. */
static void
swap_channels (const GenNode *node, GenPictureGeometry *geometry)
{
  const gboolean packs = strcmp (node->op->name, "PackPicture") == 0;
  const int blue = geometry->order[2];

  for (int i = 0; i < geometry->n_order && packs; i++)
    if (geometry->order[i] == 0 || geometry->order[i] == 2)
      geometry->order[i] = 2 - geometry->order[i];
  if (!packs) {
    geometry->order[2] = geometry->order[0];
    geometry->order[0] = blue;
  }
  swap (geometry->colour.y);
  swap (geometry->colour.cb);
  swap (geometry->colour.cr);
  swap (geometry->colour.of_cb);
  swap (geometry->colour.of_cr);
}

gboolean
gen_picture_geometry (const GenNode *node, GenPictureGeometry *geometry, GError **error)
{
  gint64 columns = gen_node_int (node, "columns", 1), bytes;

  if (geometry->channels < 1 || geometry->channels > GEN_PICTURE_MAX_CHANNELS)
    return gen_node_error (node, error, "a picture has 1 to %d channels, not %d",
        GEN_PICTURE_MAX_CHANNELS, geometry->channels);
  if (geometry->height < 1 || geometry->width < 1 || geometry->count < 1 ||
      geometry->height > MAX_EXTENT || geometry->width > MAX_EXTENT ||
      geometry->count > MAX_EXTENT || columns < 1 || columns > MAX_EXTENT)
    return gen_node_error (node, error, "an extent is not within 1 and %d", MAX_EXTENT);
  if (!read_order (node, geometry, error) || !read_values (node, geometry, error) ||
      !read_colour (node, geometry, error))
    return FALSE;
  if (gen_node_int (node, "bgr", 0) != 0 && geometry->channels >= 3)
    swap_channels (node, geometry);

  geometry->columns = (int)columns;
  geometry->rows = (geometry->count + geometry->columns - 1) / geometry->columns;
  geometry->planar = gen_node_int (node, "planar", 0) != 0;
  bytes = gen_node_int (node, "bytes", geometry->planar ? 1 : geometry->n_order);
  if (bytes < 1 || bytes > GEN_PICTURE_MAX_CHANNELS || (geometry->planar && bytes != 1))
    return gen_node_error (
        node, error, "a pixel has 1 to %d bytes, and 1 when planar", GEN_PICTURE_MAX_CHANNELS);
  geometry->bytes = geometry->colour.used ? 1 : (int)bytes;
  geometry->n_planes = geometry->colour.used ? 2 + geometry->planar
                       : geometry->planar    ? geometry->n_order
                                             : 1;
  for (int p = 0; p < MIN (geometry->n_planes, 2); p++)
    if (!read_stride (node, p > 0 && geometry->colour.used ? "chroma_stride" : "stride",
            gen_picture_plane (geometry, p).row,
            p > 0 && geometry->colour.used ? &geometry->chroma_stride : &geometry->stride, error))
      return FALSE;
  for (int p = 0; p < geometry->n_planes; p++)
    if (gen_picture_plane (geometry, p).rows > G_MAXINT ||
        gen_picture_plane_size (geometry, p) > G_MAXINT)
      return gen_node_error (node, error, "a plane is too large");
  if (gen_node_int (node, "upward", 0) != 0)
    turn_upward (geometry);
  return TRUE;
}

GenPicturePlane
gen_picture_plane (const GenPictureGeometry *geometry, int plane)
{
  gsize width = (gsize)geometry->columns * geometry->width;
  gsize height = (gsize)geometry->rows * geometry->height;

  if (geometry->colour.used && plane > 0)
    return (GenPicturePlane){ (width + 1) / 2 * (geometry->planar ? 1 : 2),
      (gsize)ABS (geometry->chroma_stride), (height + 1) / 2 };
  return (GenPicturePlane){ width * geometry->bytes, (gsize)ABS (geometry->stride), height };
}

gsize
gen_picture_plane_size (const GenPictureGeometry *geometry, int plane)
{
  GenPicturePlane of = gen_picture_plane (geometry, plane);

  return of.stride * of.rows;
}

GenPicturePart
gen_picture_part (const GenPictureGeometry *geometry, const gint32 *kept, gsize frame)
{
  const int rows = geometry->rows * geometry->height, columns = geometry->columns * geometry->width;
  GenPicturePart part = { 0, 0, rows, columns };

  if (kept == NULL)
    return part;
  part.top = CLAMP (kept[4 * frame], 0, rows);
  part.left = CLAMP (kept[4 * frame + 1], 0, columns);
  part.height = CLAMP (kept[4 * frame + 2], 0, rows - part.top);
  part.width = CLAMP (kept[4 * frame + 3], 0, columns - part.left);
  return part;
}

/* That the second input says of each frame, which is one picture, what is kept. */
static gboolean
check_kept (const GenNode *node, const GenPictureGeometry *geometry, gint64 frames, GError **error)
{
  const GenTensor *kept = gen_node_input (node, 1);

  if (kept == NULL || (geometry->count == 1 && kept->type == GEN_TYPE_INT32 &&
                          gen_shape_equal (&kept->shape, &GEN_SHAPE (frames, 4))))
    return TRUE;
  return gen_node_error (node, error,
      "what is kept of frames of one picture are int32 [%" G_GINT64_FORMAT ", 4]", frames);
}

/* That the third input is a channel more of the first one. */
static gboolean
check_alpha (const GenNode *node, const GenPictureGeometry *geometry, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *alpha = gen_node_input (node, 2);

  if (alpha == NULL || (!geometry->colour.used && gen_shape_equal (&alpha->shape,
                                                      &GEN_SHAPE (x->shape.dims[0], 1,
                                                          x->shape.dims[2], x->shape.dims[3]))))
    return TRUE;
  return gen_node_error (node, error,
      geometry->colour.used ? "Y'CbCr has no alpha"
                            : "alpha is one channel of as many pictures of the same size");
}

gboolean
gen_picture_geometry_to_pack (const GenNode *node, GenPictureGeometry *geometry, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  const gboolean alpha_apart = gen_node_input (node, 2) != NULL;
  gint64 frames;

  if (x->shape.rank != 4)
    return gen_node_error (node, error, "it packs pictures [N, channels, height, width]");
  for (int i = 0; i < 4; i++)
    if (x->shape.dims[i] >= G_MAXINT)
      return gen_node_error (node, error, "an extent is too large");
  *geometry = (GenPictureGeometry){
    .channels = (int)x->shape.dims[1] + alpha_apart,
    .height = (int)x->shape.dims[2],
    .width = (int)x->shape.dims[3],
    .count = 1,
    .alpha_apart = alpha_apart,
  };
  /* How many pictures a frame has hangs on how many planes it has. */
  if (!gen_picture_geometry (node, geometry, error))
    return FALSE;
  frames = node->outputs->len / (guint)geometry->n_planes;
  if (node->outputs->len % (guint)geometry->n_planes != 0 || frames < 1 ||
      x->shape.dims[0] % frames != 0)
    return gen_node_error (node, error,
        "its outputs are %d planes for each frame, and frames have equally many pictures",
        geometry->n_planes);
  geometry->count = (int)(x->shape.dims[0] / frames);
  if (!gen_picture_geometry (node, geometry, error))
    return FALSE;
  for (int i = 0; i < geometry->n_order; i++)
    if (geometry->order[i] >= geometry->channels)
      return gen_node_error (
          node, error, "order asks for channel %d of %d", geometry->order[i], geometry->channels);
  return check_kept (node, geometry, frames, error) && check_alpha (node, geometry, error);
}

gboolean
gen_picture_geometry_to_unpack (const GenNode *node, GenPictureGeometry *geometry, GError **error)
{
  gint64 columns = gen_node_int (node, "columns", 1), rows = gen_node_int (node, "rows", 1);
  gint64 count;
  int bytes;

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
  if (geometry->colour.used && geometry->channels != 3)
    return gen_node_error (node, error, "Y'CbCr becomes pictures in colour");
  bytes = geometry->planar ? geometry->n_order : geometry->bytes;
  for (int c = 0; c < geometry->channels && !geometry->colour.used; c++)
    if (geometry->order[c] < 0 || geometry->order[c] >= bytes)
      return gen_node_error (
          node, error, "order asks for byte %d of %d", geometry->order[c], bytes);
  if (node->inputs->len % (guint)geometry->n_planes != 0)
    return gen_node_error (
        node, error, "its inputs must be %d planes for each frame", geometry->n_planes);
  for (guint i = 0; i < node->inputs->len; i++) {
    const GenTensor *x = gen_node_input (node, i);
    gsize size = gen_picture_plane_size (geometry, (int)(i % (guint)geometry->n_planes));

    if (x == NULL || x->type != GEN_TYPE_UINT8 || x->shape.rank != 1 ||
        (gsize)x->shape.dims[0] < size)
      return gen_node_error (
          node, error, "input %u must be a plane of at least %" G_GSIZE_FORMAT " bytes", i, size);
  }
  return TRUE;
}
