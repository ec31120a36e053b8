/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plan that plays a model on frames: UnpackPicture, the model, PackPicture, as one graph, so
 * that the frames' own memory is all that is read and written at its ends. */
#include <math.h>
#include <string.h>

#include <generative/operator.h>

#include "../graph/graph-private.h"
#include "../graph/kernel.h"
#include "../ops/pack.h"
#include "../ops/sound/sound.h"
#include "bounds.h"
#include "luma.h"
#include "model-private.h"

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

/* The `n` pictures of x, each by itself. */
static gboolean
split (GenGraph *graph, GenTensor *x, int n, GenTensor **pictures, GError **error)
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

/* Whose error it is. */
static void
name_model (const GenModel *model, gboolean failed, GError **error)
{
  if (failed && model->path != NULL)
    g_prefix_error (error, "%s: ", model->path);
}

/* What a plan takes and makes in the place of numbers of `type`. */
static GenDataType
outer_type (GenDataType type)
{
  return type == GEN_TYPE_FLOAT16 || type == GEN_TYPE_BFLOAT16 || type == GEN_TYPE_FLOAT64
             ? GEN_TYPE_FLOAT32
             : type;
}

static GenTensor *
cast (GenGraph *graph, GenTensor *x, GenDataType type, GError **error)
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

/* What comes of frames, float32, to numbers of `type`. */
static GenTensor *
to_type (GenGraph *graph, GenTensor *x, const GenPort *port, GenDataType type, GError **error)
{
  const GenBounds limits = limits_of (type);

  if (x == NULL || outer_type (type) == GEN_TYPE_FLOAT32)
    return cast (graph, x, type, error);
  x = gen_unary (graph, "Round", x, error);
  if (x != NULL && may_exceed (port, &limits))
    x = gen_graph_op (graph, "Clip",
        (GenTensor *[]){ x, gen_graph_float (graph, (float)limits.low[0]),
            gen_graph_float (graph, (float)limits.high[0]) },
        3, 1, error, NULL);
  return cast (graph, x, type, error);
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

/* [T, C, H, W] to [C, T, H, W]. */
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
  return port->height > 0 ? port->height : use->height;
}

static int
width_of (const GenModelUse *use, const GenPort *port)
{
  return port->width > 0 ? port->width : use->width;
}

/* Pictures of `port`, [N, C, H, W], of `n` frames that lie as `from` says; with `luma` of theirs
 * alone. */
static GenTensor *
unpack_frames (GenGraph *graph, const GenModelUse *use, const GenPort *port,
    const GenFrameLayout *from, int n_frames, gboolean luma, GError **error)
{
  const GenFrameLayout layout = luma ? gen_luma_layout (from) : *from;
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
  return port->channels_last ? transpose (graph, x, 2, 3, 1, error) : x;
}

/* The pictures that are played, as the model has them. */
static GenTensor *
unpack_picture (GenGraph *graph, const GenModelUse *use, GError **error)
{
  const int window = MAX (use->window, 1);
  GenTensor *x =
      unpack_frames (graph, use, &use->input, &use->from, use->frames * window, use->luma, error);

  if (x != NULL && use->input.frames_last && window > 1)
    return swap_frames (graph, x, error);
  return x;
}

/* What comes of the frames, as the model wants it. */
static GenTensor *
fit (GenGraph *graph, GenTensor *x, const GenShape *wanted, GError **error)
{
  return x == NULL || gen_shape_equal (&x->shape, wanted) ? x : reshape (graph, x, wanted, error);
}

static GenTensor *
unpack (GenGraph *graph, const GenModelUse *use, GError **error)
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
  x = cast (graph, x, GEN_TYPE_FLOAT32, error);
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

/* `x`, the output `port`, as pictures of `channels`, [N, C, H, W], float32. */
static GenTensor *
to_planes (GenGraph *graph, const GenModelUse *use, const GenPort *port, int channels, GenTensor *x,
    GError **error)
{
  const gint64 n = (gint64)use->frames * use->pictures;

  if (port->channels_last && x->shape.rank != 4)
    x = reshape (graph, x, &GEN_SHAPE (n, port->height, port->width, channels), error);
  if (port->channels_last)
    x = x == NULL ? NULL : transpose (graph, x, 3, 1, 2, error);
  else if (port->classes == GEN_CLASSES_NONE &&
           (x->shape.rank != 4 || x->shape.dims[1] != channels))
    x = reshape (graph, x, &GEN_SHAPE (n, channels, port->height, port->width), error);
  x = cast (graph, x, GEN_TYPE_FLOAT32, error);
  return port->classes != GEN_CLASSES_NONE ? choose_foreground (graph, x, port, error) : x;
}

/* Pictures x of `port`, [N, C, H, W], into frames that lie as `to` says; of each the part that is
 * `kept`, where that is not NULL; with `luma` into theirs alone. */
static gboolean
pack_frames (GenGraph *graph, const GenModelUse *use, const GenPort *port, const GenFrameLayout *to,
    GenTensor *x, GenTensor *kept, gboolean luma, GError **error)
{
  const GenFrameLayout layout = luma ? gen_luma_layout (to) : *to;
  const int planes = gen_frame_layout_planes (to), n = use->frames * planes;
  g_autofree GenTensor **frames = g_new (GenTensor *, n), **packed = NULL;
  GenTensor *operands[] = { x, kept };
  GenNode *node;

  for (int i = 0; i < n; i++)
    frames[i] = gen_graph_add_value (graph, "picture");
  packed = g_memdup2 (frames, (gsize)n * sizeof *frames);
  node = gen_graph_add_node (graph, "pack", "generative", "PackPicture", GEN_OPSET, operands,
      kept != NULL ? 2 : 1, packed, luma ? keep_luma (packed, n, planes) : n, error);
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
  GenTensor *kept = NULL;

  x = to_planes (graph, use, port, port->channels - (mask != NULL), x, error);
  if (x != NULL && mask != NULL) {
    mask = to_planes (graph, use, &use->mask, 1, mask, error);
    if (mask == NULL)
      return FALSE;
    x = gen_graph_op (
        graph, "Concat", (GenTensor *[]){ x, mask }, 2, 1, error, "axis", GEN_INT, 1, NULL);
  }
  if (use->in_parts)
    kept = gen_graph_add_input (graph, "kept", GEN_TYPE_INT32, &GEN_SHAPE (use->frames, 4));
  return x != NULL && pack_frames (graph, use, port, &use->to, x, kept, use->luma, error);
}

static gboolean
pack (GenGraph *graph, const GenModelUse *use, GenTensor *x, GenTensor *mask, GError **error)
{
  if (use->output.kind == GEN_PORT_SOUND)
    return pack_sound (graph, use, x, error);
  return pack_picture (graph, use, x, mask, error);
}

/* What a plan makes as numbers. */
static gboolean
give_numbers (GenGraph *graph, GenTensor *x, GError **error)
{
  GenTensor *numbers = cast (graph, x, outer_type (x->type), error);

  if (numbers != NULL)
    gen_graph_add_output (graph, numbers);
  return numbers != NULL;
}

static gboolean
give_side (
    GenGraph *graph, const GenModelUse *use, const GenModelSide *side, GenTensor *x, GError **error)
{
  if (!side->in_frames)
    return give_numbers (graph, x, error);
  x = to_planes (graph, use, &side->port, side->port.channels, x, error);
  return x != NULL && pack_frames (graph, use, &side->port, &side->layout, x, NULL, FALSE, error);
}

static int
find_port (const GPtrArray *tensors, const GenPort *port)
{
  for (guint i = 0; i < tensors->len; i++)
    if (strcmp (((GenTensor *)g_ptr_array_index (tensors, i))->name, port->name) == 0)
      return (int)i;
  return -1;
}

int
gen_model_use_side (const GenModel *model, const GenModelUse *use, guint i)
{
  for (guint k = 0; k < use->n_inputs; k++)
    if (strcmp (use->inputs[k].port.name, model->inputs[i].name) == 0)
      return (int)k;
  return -1;
}

gboolean
gen_model_use_feeds (const GenModel *model, const GenModelUse *use, guint i)
{
  const GenPort *port = &model->inputs[i];

  if (strcmp (port->name, use->input.name) == 0)
    return TRUE;
  return gen_model_use_side (model, use, i) < 0 && use->window > 1 && use->input.frames <= 1 &&
         port->part == GEN_PART_FLOW && port->kind == GEN_PORT_PICTURE;
}

/* Let the inputs that frames go into be what comes of them. These come before all others. */
static gboolean
feed_frames (const GenModel *model, const GenModelUse *use, const GenGraph *source, GenGraph *graph,
    GenTensor **inputs, GError **error)
{
  GenTensor *x = unpack (graph, use, error);
  const gboolean apart = use->window > 1 && use->input.frames <= 1;
  GenTensor *pictures[GEN_MODEL_MAX_WINDOW];
  int n = 0;

  if (x == NULL)
    return FALSE;
  if (apart && !split (graph, x, use->window, pictures, error))
    return FALSE;
  for (guint i = 0; i < source->inputs->len && (!apart || n < use->window); i++) {
    const GenTensor *input = g_ptr_array_index (source->inputs, i);

    if (!gen_model_use_feeds (model, use, i))
      continue;
    inputs[i] = fit (graph, apart ? pictures[n] : x, &input->shape, error);
    inputs[i] = to_type (graph, inputs[i], &use->input, input->type, error);
    if (inputs[i] == NULL)
      return FALSE;
    n++;
  }
  return TRUE;
}

/* And the pictures that go in beside them, which come next. */
static gboolean
feed_sides (const GenModelUse *use, const GenGraph *source, GenGraph *graph, GenTensor **inputs,
    GError **error)
{
  for (guint k = 0; k < use->n_inputs; k++) {
    const GenModelSide *side = &use->inputs[k];
    const int i = find_port (source->inputs, &side->port);
    GenTensor *x =
        unpack_frames (graph, use, &side->port, &side->layout, use->frames, FALSE, error);
    const GenTensor *input;

    g_return_val_if_fail (i >= 0, FALSE);
    input = g_ptr_array_index (source->inputs, i);
    inputs[i] = fit (graph, x, &input->shape, error);
    inputs[i] = to_type (graph, inputs[i], &side->port, input->type, error);
    if (inputs[i] == NULL)
      return FALSE;
  }
  return TRUE;
}

/* A state, zeros at first. */
static GenTensor *
add_state (GenGraph *graph, const GenTensor *input)
{
  const gsize size = gen_tensor_size (input);

  return gen_graph_add_state (
      graph, input->name, input->type, &input->shape, g_bytes_new_take (g_malloc0 (size), size));
}

/* Let states take what comes out. */
static gboolean
carry_states (const GenModel *model, GenGraph *graph, GenTensor *const *inputs,
    GenTensor *const *outputs, GError **error)
{
  for (guint i = 0; i < model->graph->inputs->len; i++) {
    GenTensor *next;

    if (model->inputs[i].part != GEN_PART_STATE)
      continue;
    next = outputs[model->inputs[i].partner];
    /* What is no result of a node may be overwritten before it is read. */
    if (next->role != GEN_ROLE_VALUE)
      next = gen_unary (graph, "Identity", next, error);
    if (next == NULL)
      return FALSE;
    gen_graph_assign (graph, inputs[i], next);
  }
  return TRUE;
}

/* The model's graph for the extents of `use`, and in `graph` what it reads. (transfer full) */
static GenGraph *
prepare_source (
    GenModel *model, const GenModelUse *use, GenGraph *graph, GenTensor ***inputs, GError **error)
{
  const GenExtents extents = { (gint64)use->frames * use->pictures, use->height, use->width,
    use->length };
  const gint64 batch = extents.batch;
  g_autoptr (GenGraph) source = gen_graph_copy (model->graph);
  int from = find_port (source->inputs, &use->input);

  g_return_val_if_fail (from >= 0, NULL);
  *inputs = g_new0 (GenTensor *, source->inputs->len + 1);
  if (use->input.batch > 0 && use->input.batch != batch) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "input '%s' takes batches of %" G_GINT64_FORMAT " alone, not of %" G_GINT64_FORMAT
        "; export the model with a free batch",
        use->input.name, use->input.batch, batch);
    return NULL;
  }
  if (!gen_model_fix_inputs (model, source, &extents, error))
    return NULL;
  if ((use->from_frames && !feed_frames (model, use, source, graph, *inputs, error)) ||
      !feed_sides (use, source, graph, *inputs, error))
    return NULL;
  for (guint i = 0; i < source->inputs->len; i++) {
    const GenTensor *input = g_ptr_array_index (source->inputs, i);

    if ((*inputs)[i] != NULL)
      continue;
    if (model->inputs[i].part == GEN_PART_STATE && !model->staged)
      (*inputs)[i] = add_state (graph, input);
    else
      (*inputs)[i] = cast (graph,
          gen_graph_add_input (graph, input->name, outer_type (input->type), &input->shape),
          input->type, error);
    if ((*inputs)[i] == NULL)
      return NULL;
  }
  return g_steal_pointer (&source);
}

static GenPlan *
compile (GenModel *model, const GenModelUse *use, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("play");
  g_autofree GenTensor **inputs = NULL;
  g_autofree GenTensor **outputs = g_new0 (GenTensor *, model->graph->outputs->len + 1);
  g_autoptr (GenGraph) source = prepare_source (model, use, graph, &inputs, error);
  int to = find_port (model->graph->outputs, &use->output);
  GenTensor *mask = NULL;

  g_return_val_if_fail (to >= 0, NULL);
  if (source == NULL)
    return NULL;
  if (!gen_graph_append (graph, source, NULL, inputs, outputs, NULL, error) ||
      !carry_states (model, graph, inputs, outputs, error))
    return NULL;
  if (use->mask.name != NULL)
    mask = outputs[find_port (model->graph->outputs, &use->mask)];
  if (!(use->to_frames ? pack (graph, use, outputs[to], mask, error)
                       : give_numbers (graph, outputs[to], error)))
    return NULL;
  for (guint k = 0; k < use->n_outputs; k++) {
    const int i = find_port (model->graph->outputs, &use->outputs[k].port);

    if (!give_side (graph, use, &use->outputs[k], outputs[i], error))
      return NULL;
  }
  return gen_plan_new (graph, &use->plan, error);
}

GenPlan *
gen_model_compile (GenModel *model, const GenModelUse *use, GError **error)
{
  GenPlan *plan = compile (model, use, error);

  name_model (model, plan == NULL, error);
  return plan;
}

/* `x`, of which nothing but the type is known, as float32. */
static GenTensor *
cast_unknown (GenGraph *graph, GenTensor *x, GError **error)
{
  GenTensor *made;
  GenNode *node;

  if (x->type == GEN_TYPE_FLOAT32)
    return x;
  made = gen_graph_add_value (graph, NULL);
  made->type = GEN_TYPE_FLOAT32;
  node = gen_graph_add_node (graph, "", NULL, "Cast", GEN_OPSET, &x, 1, &made, 1, error);
  if (node == NULL)
    return NULL;
  gen_node_set_int (node, "to", GEN_TYPE_FLOAT32);
  return made;
}

static GenSession *
open_session (GenModel *model, const GenModelUse *use, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("play");
  g_autofree GenTensor **inputs = NULL;
  g_autofree GenTensor **outputs = g_new0 (GenTensor *, model->graph->outputs->len + 1);
  g_autoptr (GenGraph) source = prepare_source (model, use, graph, &inputs, error);
  int to = find_port (model->graph->outputs, &use->output);
  GenTensor *numbers;

  g_return_val_if_fail (to >= 0, NULL);
  if (source == NULL)
    return NULL;
  gen_graph_bring (graph, source, NULL, inputs, outputs, NULL);
  numbers = cast_unknown (graph, outputs[to], error);
  if (numbers == NULL)
    return NULL;
  gen_graph_add_output (graph, numbers);
  for (guint i = 0; i < source->inputs->len; i++)
    if (model->inputs[i].part == GEN_PART_STATE)
      gen_graph_add_output (graph, outputs[model->inputs[i].partner]);
  gen_graph_remove_dead (graph);
  return gen_session_new (graph, &use->plan);
}

GenSession *
gen_model_open (GenModel *model, const GenModelUse *use, GError **error)
{
  GenSession *session = open_session (model, use, error);

  name_model (model, session == NULL, error);
  return session;
}

GenPlan *
gen_model_compile_frame (const GenModelUse *use, const GenShape *shape, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("frame");
  GenTensor *numbers = gen_graph_add_input (graph, "numbers", GEN_TYPE_FLOAT32, shape);

  return pack (graph, use, numbers, NULL, error) ? gen_plan_new (graph, &use->plan, error) : NULL;
}

GenPacks
gen_packs_find (const GenPlan *plan)
{
  return (GenPacks){ gen_plan_find_kernel (plan, "PackPicture"),
    gen_plan_find_kernel (plan, "PackSound") };
}

guint64
gen_packs_take_not_finite (const GenPacks *packs)
{
  if (packs->pictures != NULL)
    return gen_pack_take_not_finite (packs->pictures);
  return packs->sounds != NULL ? gen_pack_sound_take_not_finite (packs->sounds) : 0;
}

guint64
gen_model_take_not_finite (GenPlan *plan)
{
  const GenPacks packs = gen_packs_find (plan);

  return gen_packs_take_not_finite (&packs);
}

gboolean
gen_model_output_shape (GenModel *model, const GenPort *port, gint64 batch, int height, int width,
    gint64 length, GenShape *shape, GError **error)
{
  const GenExtents extents = { batch, height, width, length };
  g_autoptr (GenGraph) copy = gen_graph_copy (model->graph);
  int number = find_port (copy->outputs, port);

  g_return_val_if_fail (number >= 0, FALSE);
  if (!gen_model_fix_inputs (model, copy, &extents, error) || !gen_graph_infer (copy, error)) {
    name_model (model, TRUE, error);
    return FALSE;
  }
  *shape = ((GenTensor *)g_ptr_array_index (copy->outputs, number))->shape;
  return TRUE;
}
