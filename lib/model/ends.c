/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UnpackPicture and PackPicture, UnpackSound and PackSound, with what lies between them and a
 * model: another order of axes, another type, a mask beside a picture. */
#include "ends.h"

#include <math.h>

#include "../ops/pack.h"
#include "../ops/sound/sound.h"
#include "bounds.h"
#include "luma.h"
#include "padding.h"

void
gen_model_set_layout (GenNode *node, const GenFrameLayout *layout, const GenPort *port)
{
  gint64 order[GEN_PORT_MAX_CHANNELS];
  float mean[GEN_PORT_MAX_CHANNELS], std[GEN_PORT_MAX_CHANNELS];

  gen_node_set_int (node, "columns", MAX (layout->columns, 1));
  gen_node_set_int (node, "planar", layout->planar);
  gen_node_set_int (node, "stride", (gint64)layout->stride);
  gen_node_set_int (node, "upward", layout->upward);
  if (port->bgr)
    gen_node_set_int (node, "bgr", 1);
  if (layout->ycbcr) {
    const gint64 siting[] = { layout->sited_x, layout->sited_y };

    gen_node_set_floats (node, "luma", layout->luma, 2);
    gen_node_set_int (node, "full_range", layout->full_range);
    gen_node_set_int (node, "chroma_stride", (gint64)layout->chroma_stride);
    gen_node_set_ints (node, "siting", siting, 2);
  } else {
    for (int i = 0; i < layout->n_order; i++)
      order[i] = layout->order[i];
    gen_node_set_ints (node, "order", order, layout->n_order);
    if (layout->bytes > 0)
      gen_node_set_int (node, "bytes", layout->bytes);
  }
  for (int c = 0; c < port->channels; c++) {
    const gboolean narrow = layout->studio_range && c < 3;

    mean[c] = narrow ? (port->mean[c] * 219 + 16) / 255 : port->mean[c];
    std[c] = narrow ? port->std[c] * 219 / 255 : port->std[c];
  }
  gen_node_set_floats (node, "mean", mean, port->channels);
  gen_node_set_floats (node, "std", std, port->channels);
}

int
gen_frame_layout_planes (const GenFrameLayout *layout)
{
  if (layout->ycbcr)
    return layout->planar ? 3 : 2;
  return layout->planar ? layout->n_order : 1;
}

gssize
gen_frame_layout_offset (const GenFrameLayout *layout, int plane, int x, int y, int rows)
{
  gboolean chroma = layout->ycbcr && plane > 0;
  gssize stride = (gssize)(chroma ? layout->chroma_stride : layout->stride);
  int bytes = layout->bytes > 0 ? layout->bytes : layout->planar ? 1 : layout->n_order;

  if (layout->ycbcr)
    bytes = !chroma || layout->planar ? 1 : 2;
  if (chroma) {
    x /= 2;
    y /= 2;
    rows = (rows + 1) / 2;
  }
  return (layout->upward ? -(y + rows - 1) * stride : y * stride) + (gssize)x * bytes;
}

static GenTensor *
transpose (GenGraph *graph, GenTensor *x, gint64 a, gint64 b, gint64 c, GError **error)
{
  const gint64 order[] = { 0, a, b, c };

  return gen_graph_op (graph, "Transpose", &x, 1, 1, error, "perm", GEN_INTS, 4, order, NULL);
}

static GenTensor *
reshape (GenGraph *graph, GenTensor *x, const GenShape *shape, GError **error)
{
  return gen_binary (graph, "Reshape", x, gen_graph_ints (graph, shape->dims, shape->rank), error);
}

gboolean
gen_ends_split (GenGraph *graph, GenTensor *x, int n, GenTensor **pictures, GError **error)
{
  GenNode *node;

  for (int i = 0; i < n; i++)
    pictures[i] = gen_graph_add_value (graph, NULL);
  node = gen_graph_add_node (graph, "", NULL, "Split", GEN_OPSET, &x, 1, pictures, n, error);
  if (node == NULL)
    return FALSE;
  gen_node_set_int (node, "axis", 0);
  gen_node_set_int (node, "num_outputs", n);
  return node->op->infer (node, error);
}

GenDataType
gen_ends_outer_type (GenDataType type)
{
  return type == GEN_TYPE_FLOAT16 || type == GEN_TYPE_BFLOAT16 || type == GEN_TYPE_FLOAT64
             ? GEN_TYPE_FLOAT32
             : type;
}

GenTensor *
gen_ends_cast (GenGraph *graph, GenTensor *x, GenDataType type, GError **error)
{
  if (x == NULL || x->type == type)
    return x;
  return gen_graph_op (graph, "Cast", &x, 1, 1, error, "to", GEN_INT, (int)type, NULL);
}

/* The least and the greatest number of an integer type; wider ones hold all that frames do. */
static GenBounds
limits_of (GenDataType type)
{
  if (type == GEN_TYPE_UINT32 || type == GEN_TYPE_UINT64)
    return (GenBounds){ .n = 1, .low = { 0 }, .high = { INFINITY } };
  return gen_bounds_of_type (type);
}

/* Whether what `port` takes of frames may lie beyond `limits`: of a sound full scale, or a range
 * that somebody has said. */
static gboolean
may_exceed (const GenPort *port, const GenBounds *limits)
{
  for (int c = 0; c < port->channels; c++) {
    const float black = gen_port_black (port, c), white = gen_port_white (port, c);

    if (port->kind == GEN_PORT_SOUND || fminf (black, white) < limits->low[0] - 0.5 ||
        fmaxf (black, white) > limits->high[0] + 0.5)
      return isfinite (limits->low[0]);
  }
  return FALSE;
}

GenTensor *
gen_ends_to_type (
    GenGraph *graph, GenTensor *x, const GenPort *port, GenDataType type, GError **error)
{
  const GenBounds limits = limits_of (type);

  if (x == NULL || gen_ends_outer_type (type) == GEN_TYPE_FLOAT32)
    return gen_ends_cast (graph, x, type, error);
  x = gen_unary (graph, "Round", x, error);
  if (x != NULL && may_exceed (port, &limits))
    x = gen_graph_op (graph, "Clip",
        (GenTensor *[]){ x, gen_graph_float (graph, (float)limits.low[0]),
            gen_graph_float (graph, (float)limits.high[0]) },
        3, 1, error, NULL);
  return gen_ends_cast (graph, x, type, error);
}

static void
set_sound (GenNode *node, const GenSoundLayout *layout, const GenPort *port)
{
  gen_node_set_int (node, "int16", layout->int16);
  gen_node_set_int (node, "channels_last", port->channels_last);
  /* The numbers of a series are what they are. */
  if (port->kind == GEN_PORT_SOUND)
    gen_node_set_float (node, "full_scale",
        fmaxf (fabsf (gen_port_black (port, 0)), fabsf (gen_port_white (port, 0))));
}

/* The samples of the buffer, or the vectors of a series, as the model wants them. */
static GenTensor *
unpack_sound (GenGraph *graph, const GenModelUse *use, GError **error)
{
  const GenPort *port = &use->input;
  const gint64 length = port->length > 0 ? port->length : use->length;
  const gint64 bytes = use->pictures * length * port->channels *
                       (gint64)(use->from_sound.int16 ? sizeof (gint16) : sizeof (float));
  g_autofree GenTensor **buffers = g_new (GenTensor *, use->frames);
  GenTensor *x = gen_graph_add_value (graph, NULL);
  GenNode *node;

  for (int i = 0; i < use->frames; i++)
    buffers[i] = gen_graph_add_input (graph, "samples", GEN_TYPE_UINT8, &GEN_SHAPE (bytes));
  node = gen_graph_add_node (
      graph, "unpack", "generative", "UnpackSound", GEN_OPSET, buffers, use->frames, &x, 1, error);

  if (node == NULL)
    return NULL;
  set_sound (node, &use->from_sound, port);
  gen_node_set_int (node, "channels", port->channels);
  gen_node_set_int (node, "length", length);
  return node->op->infer (node, error) ? x : NULL;
}

/* [T, C, H, W] to [C, T, H, W], and back. */
static GenTensor *
swap_frames (GenGraph *graph, GenTensor *x, GError **error)
{
  const gint64 order[] = { 1, 0, 2, 3 };

  return gen_graph_op (graph, "Transpose", &x, 1, 1, error, "perm", GEN_INTS, 4, order, NULL);
}

/* Of the planes of frames, of `planes` each, those of luma: how many there are. */
static int
keep_luma (GenTensor **frames, int n, int planes)
{
  for (int i = 0; i < n / planes; i++)
    frames[i] = frames[i * planes];
  return n / planes;
}

static int
height_of (const GenModelUse *use, const GenPort *port)
{
  return port->height > 0 ? port->height - gen_padding_of (use, port).height : use->height;
}

static int
width_of (const GenModelUse *use, const GenPort *port)
{
  return port->width > 0 ? port->width - gen_padding_of (use, port).width : use->width;
}

GenTensor *
gen_ends_unpack_frames (GenGraph *graph, const GenModelUse *use, const GenPort *port,
    const GenFrameLayout *from, int n_frames, gboolean luma, GError **error)
{
  const GenFrameLayout layout = luma ? gen_frame_layout_luma (from) : *from;
  const int height = height_of (use, port), width = width_of (use, port);
  int columns = MAX (from->columns, 1);
  int rows = (use->pictures + columns - 1) / columns;
  int planes = gen_frame_layout_planes (from);
  int n = n_frames * planes;
  g_autofree GenTensor **frames = g_new (GenTensor *, n);
  GenTensor *x = gen_graph_add_value (graph, NULL);
  GenNode *node;

  for (int i = 0; i < n; i++) {
    gboolean chroma = from->ycbcr && i % planes > 0;
    gint64 size = chroma ? (gint64)from->chroma_stride * ((height * (gint64)rows + 1) / 2)
                         : (gint64)from->stride * height * rows;

    frames[i] = gen_graph_add_input (graph, "frame", GEN_TYPE_UINT8, &GEN_SHAPE (size));
  }
  if (luma)
    n = keep_luma (frames, n, planes);
  node = gen_graph_add_node (
      graph, "unpack", "generative", "UnpackPicture", GEN_OPSET, frames, n, &x, 1, error);
  if (node == NULL)
    return NULL;
  gen_model_set_layout (node, &layout, port);
  gen_node_set_int (node, "rows", rows);
  gen_node_set_int (node, "channels", port->channels);
  gen_node_set_int (node, "height", height);
  gen_node_set_int (node, "width", width);
  if (!node->op->infer (node, error))
    return NULL;
  x = gen_padding_add (graph, use, port, x, error);
  return x != NULL && port->channels_last ? transpose (graph, x, 2, 3, 1, error) : x;
}

/* The pictures that are played, as the model has them. */
static GenTensor *
unpack_picture (GenGraph *graph, const GenModelUse *use, GError **error)
{
  const int window = MAX (use->window, 1);
  GenTensor *x = gen_ends_unpack_frames (
      graph, use, &use->input, &use->from, use->frames * window, use->luma, error);

  if (x != NULL && use->input.frames_last && window > 1)
    return swap_frames (graph, x, error);
  return x;
}

GenTensor *
gen_ends_fit (GenGraph *graph, GenTensor *x, const GenShape *wanted, GError **error)
{
  return x == NULL || gen_shape_equal (&x->shape, wanted) ? x : reshape (graph, x, wanted, error);
}

GenTensor *
gen_ends_unpack (GenGraph *graph, const GenModelUse *use, GError **error)
{
  return (use->input.kind == GEN_PORT_PICTURE ? unpack_picture : unpack_sound) (graph, use, error);
}

static gboolean
pack_sound (GenGraph *graph, const GenModelUse *use, GenTensor *x, GError **error)
{
  const GenPort *port = &use->output;
  g_autofree GenTensor **buffers = g_new (GenTensor *, use->frames);
  GenNode *node;

  if (x->shape.rank != 3)
    x = reshape (
        graph, x, &GEN_SHAPE ((gint64)use->frames * use->pictures, port->channels, -1), error);
  x = gen_ends_cast (graph, x, GEN_TYPE_FLOAT32, error);
  if (x == NULL)
    return FALSE;
  for (int i = 0; i < use->frames; i++)
    buffers[i] = gen_graph_add_value (graph, "sound");
  node = gen_graph_add_node (
      graph, "pack", "generative", "PackSound", GEN_OPSET, &x, 1, buffers, use->frames, error);
  if (node == NULL)
    return FALSE;
  set_sound (node, &use->to_sound, port);
  gen_node_set_int (node, "skip", use->to_sound.skip);
  if (use->to_sound.keep > 0)
    gen_node_set_int (node, "keep", use->to_sound.keep);
  if (!node->op->infer (node, error))
    return FALSE;
  for (int i = 0; i < use->frames; i++)
    gen_graph_add_output (graph, buffers[i]);
  return TRUE;
}

/* The mask of which two classes tell. */
static GenTensor *
choose_foreground (GenGraph *graph, GenTensor *x, const GenPort *port, GError **error)
{
  if (x != NULL && port->classes == GEN_CLASSES_SCORES)
    x = gen_graph_op (graph, "Softmax", &x, 1, 1, error, "axis", GEN_INT, 1, NULL);
  if (x == NULL)
    return NULL;
  return gen_graph_op (graph, "Gather",
      (GenTensor *[]){ x, gen_graph_ints (graph, (const gint64[]){ 1 }, 1) }, 2, 1, error, "axis",
      GEN_INT, 1, NULL);
}

/* `x`, the output `port`, as `n` pictures of `channels`, [N, C, H, W], float32. */
static GenTensor *
to_planes (
    GenGraph *graph, gint64 n, const GenPort *port, int channels, GenTensor *x, GError **error)
{
  if (port->frames_last && n > 1) {
    x = reshape (graph, x, &GEN_SHAPE (channels, n, port->height, port->width), error);
    x = x == NULL ? NULL : swap_frames (graph, x, error);
    return gen_ends_cast (graph, x, GEN_TYPE_FLOAT32, error);
  }
  if (port->channels_last && x->shape.rank != 4)
    x = reshape (graph, x, &GEN_SHAPE (n, port->height, port->width, channels), error);
  if (port->channels_last)
    x = x == NULL ? NULL : transpose (graph, x, 3, 1, 2, error);
  else if (port->classes == GEN_CLASSES_NONE &&
           (x->shape.rank != 4 || x->shape.dims[1] != channels))
    x = reshape (graph, x, &GEN_SHAPE (n, channels, port->height, port->width), error);
  x = gen_ends_cast (graph, x, GEN_TYPE_FLOAT32, error);
  return port->classes != GEN_CLASSES_NONE ? choose_foreground (graph, x, port, error) : x;
}

/* The same without what is made of padding, `height` x `width`. */
static GenTensor *
to_pictures (GenGraph *graph, const GenModelUse *use, gint64 n, const GenPort *port, int channels,
    int height, int width, GenTensor *x, GError **error)
{
  const int axis = gen_port_height_axis (port);
  GenPort whole = *port;

  if (!gen_padding_is_none (&use->padding)) {
    whole.height = (int)x->shape.dims[axis];
    whole.width = (int)x->shape.dims[axis + 1];
  }
  x = to_planes (graph, n, &whole, channels, x, error);
  return gen_padding_cut (graph, use, height, width, x, error);
}

/* Pictures x of `port`, [N, C, H, W], and `alpha` behind their channels where that is not NULL,
 * into frames that lie as `to` says; of each the part that is `kept`, where that is not NULL; with
 * `luma` into theirs alone. */
static gboolean
pack_frames (GenGraph *graph, const GenModelUse *use, const GenPort *port, const GenFrameLayout *to,
    int n_frames, GenTensor *x, GenTensor *alpha, GenTensor *kept, gboolean luma, GError **error)
{
  const GenFrameLayout layout = luma ? gen_frame_layout_luma (to) : *to;
  const int planes = gen_frame_layout_planes (to), n = n_frames * planes;
  g_autofree GenTensor **frames = g_new (GenTensor *, n), **packed = NULL;
  GenTensor *operands[] = { x, kept, alpha };
  GenNode *node;

  for (int i = 0; i < n; i++)
    frames[i] = gen_graph_add_value (graph, "picture");
  packed = g_memdup2 (frames, (gsize)n * sizeof *frames);
  node = gen_graph_add_node (graph, "pack", "generative", "PackPicture", GEN_OPSET, operands,
      alpha != NULL  ? 3
      : kept != NULL ? 2
                     : 1,
      packed, luma ? keep_luma (packed, n, planes) : n, error);
  if (node == NULL)
    return FALSE;
  gen_model_set_layout (node, &layout, port);
  if (!node->op->infer (node, error))
    return FALSE;
  if (luma && !gen_luma_add_chroma (graph, use, height_of (use, &use->input),
                  width_of (use, &use->input), frames, error))
    return FALSE;
  for (int i = 0; i < n; i++)
    gen_graph_add_output (graph, frames[i]);
  return TRUE;
}

/* With `mask` as the last of the channels, where there is one. */
static gboolean
pack_picture (
    GenGraph *graph, const GenModelUse *use, GenTensor *x, GenTensor *mask, GError **error)
{
  const GenPort *port = &use->output;
  const int n_frames = use->frames * MAX (use->made, 1), n = n_frames * use->pictures;
  GenTensor *kept = NULL;

  x = to_pictures (
      graph, use, n, port, port->channels - (mask != NULL), port->height, port->width, x, error);
  if (x != NULL && mask != NULL) {
    mask = to_pictures (graph, use, n, &use->mask, 1, port->height, port->width, mask, error);
    if (mask == NULL)
      return FALSE;
  }
  if (use->in_parts)
    kept = gen_graph_add_input (graph, "kept", GEN_TYPE_INT32, &GEN_SHAPE (use->frames, 4));
  return x != NULL &&
         pack_frames (graph, use, port, &use->to, n_frames, x, mask, kept, use->luma, error);
}

gboolean
gen_ends_pack (
    GenGraph *graph, const GenModelUse *use, GenTensor *x, GenTensor *mask, GError **error)
{
  if (use->output.kind == GEN_PORT_SOUND)
    return pack_sound (graph, use, x, error);
  return pack_picture (graph, use, x, mask, error);
}

gboolean
gen_ends_give_numbers (GenGraph *graph, GenTensor *x, GError **error)
{
  GenTensor *numbers = gen_ends_cast (graph, x, gen_ends_outer_type (x->type), error);

  if (numbers != NULL)
    gen_graph_add_output (graph, numbers);
  return numbers != NULL;
}

gboolean
gen_ends_give_side (
    GenGraph *graph, const GenModelUse *use, const GenModelSide *side, GenTensor *x, GError **error)
{
  GenTensor *kept = NULL;

  if (!side->in_frames)
    return gen_ends_give_numbers (graph, x, error);
  x = to_pictures (graph, use, (gint64)use->frames * use->pictures, &side->port,
      side->port.channels, side->port.height, side->port.width, x, error);
  /* The same part as of what is played, which is the last input by now. */
  if (use->in_parts)
    kept = g_ptr_array_index (graph->inputs, graph->inputs->len - 1);
  return x != NULL && pack_frames (graph, use, &side->port, &side->layout, use->frames, x, NULL,
                          kept, FALSE, error);
}
