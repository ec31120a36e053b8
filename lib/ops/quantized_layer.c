/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolutions go Winograd's way where that is faster (quantized_winograd.h). Else a layer is one
 * problem for each phase of a transposed convolution and each group, else one for each group; a
 * problem has some taps, and its results are made tile by tile, each of a few rows: windows, or
 * rows of a matrix. Sources are read where they lie, unless the processor wants them in another
 * form; windows that reach beyond the picture see a row of zero points there. */
#include "quantized_layer.h"

#include <math.h>
#include <string.h>

#include "../device/integer_layer.h"
#include "../device/shared.h"
#include "../simd.h"
#include "activation.h"
#include "quantized_winograd.h"

/* Tiles whose pointers are made at once, and weights that stay in the second-level cache while
 * these go over them. */
#define MOST_TILES 16
#define POINTER_BYTES 24576
#define WEIGHT_BYTES (384 << 10)

/* What results are made of beside sums; it follows from the smaller inputs, and is constant where
 * they are. Offsets are in bytes. */
typedef struct {
  gsize size, shift, scale, offset, zeros; /* `zeros`: a source of zero points */
  gint64 padded;                           /* elements of each array */
} Parameters;

typedef struct {
  gint64 by[3]; /* the source is at step_in * i + by */
} Tap;

typedef struct {
  gint64 phase[3], count[3]; /* results of an item along each axis */
  gint64 low[3], high[3];    /* of the taps */
  gint64 rows;               /* of all items */
  Tap *taps;
  gint64 *bytes;   /* from the source at step_in * i to that of each tap */
  gint64 *weights; /* the offset of each tap's */
  GenIntegerShape shape;
  gsize packed; /* bytes before its panels */
} Problem;

typedef struct {
  GenQuantizedGeometry geometry;
  const GenIntegerLayer *layer;
  GArray *problems; /* Problem */
  GenQuantizedWinograd winograd;
  gboolean depthwise, by_winograd, converts, constant;
  gint64 group_bytes, pixel_bytes; /* of a source as the layer reads it */
  Parameters parameters;
  char *own; /* constant parameters */
  GBytes *packed;
  gint32 *column_sums; /* of the weights without their zero points, of each problem */
  gint32 *w_zero;      /* zero points of packed weights; NULL: they have none */
  gint64 tiles, chunk; /* tiles at once; panels that parts share */
  gint64 units;
  gsize source_at, parts_at, part_size, pointers_size; /* bytes of the scratch */
  gint64 result_size;                                  /* bytes of an element of the result */
} Layer;

gboolean
gen_quantized_rounds_after (GenActivationKind kind)
{
  return kind == GEN_ACTIVATION_NONE || kind == GEN_ACTIVATION_RELU ||
         kind == GEN_ACTIVATION_LEAKY_RELU || kind == GEN_ACTIVATION_CLIP;
}

/* --- inference --- */

static gboolean
is_bytes (const GenTensor *tensor)
{
  return tensor->type == GEN_TYPE_UINT8 || tensor->type == GEN_TYPE_INT8;
}

gboolean
gen_quantized_infer (GenNode *node, gint64 channels, const GenShape *shape, GError **error)
{
  static const struct {
    const char *name;
    gboolean channels;
  } texts[] = { { "x" }, { "w" }, { "x_zero", FALSE }, { "w_zero", TRUE }, { "bias", TRUE },
    { "scale", TRUE }, { "offset", TRUE }, { "y_scale", FALSE }, { "y_zero", FALSE } };
  const GenTensor *x = gen_node_input (node, 0), *w = gen_node_input (node, 1);
  const GenTensor *y_scale = gen_node_input (node, GEN_QUANTIZED_Y_SCALE);
  const GenTensor *y_zero = gen_node_input (node, GEN_QUANTIZED_Y_ZERO);
  const GenDataType types[] = { x->type, w->type, x->type, w->type, GEN_TYPE_INT32,
    GEN_TYPE_FLOAT32, GEN_TYPE_FLOAT32, GEN_TYPE_FLOAT32,
    y_zero != NULL ? y_zero->type : GEN_TYPE_UINT8 };

  if (!is_bytes (x) || !is_bytes (w) || (y_zero != NULL && !is_bytes (y_zero)))
    return gen_node_error (node, error, "x, w and y_zero should be int8 or uint8");
  if (w->role != GEN_ROLE_CONSTANT)
    return gen_node_error (node, error, "w should be constant");
  for (guint i = 2; i < GEN_QUANTIZED_INPUTS; i++) {
    const GenTensor *input = gen_node_input (node, i);
    gint64 n = input != NULL ? gen_shape_elements (&input->shape) : 1;

    if (input != NULL &&
        (input->type != types[i] || (n != 1 && !(texts[i].channels && n == channels))))
      return gen_node_error (node, error, "%s should be %s of type %s", texts[i].name,
          texts[i].channels ? "one number, or one for each channel of the result," : "one number",
          gen_data_type_name (types[i]));
  }
  gen_node_set_output (node, 0,
      y_scale != NULL                                      ? types[GEN_QUANTIZED_Y_ZERO]
      : gen_node_input (node, GEN_QUANTIZED_SCALE) != NULL ? GEN_TYPE_FLOAT32
                                                           : GEN_TYPE_INT32,
      shape);
  return TRUE;
}

/* --- parameters --- */

static gint32
byte_at (const GenNode *node, guint input, const void *values, gint64 i)
{
  const GenTensor *tensor = gen_node_input (node, input);
  const guint8 *p = values;

  if (p == NULL)
    return 0;
  p += gen_shape_elements (&tensor->shape) > 1 ? i : 0;
  return tensor->type == GEN_TYPE_INT8 ? (gint8)*p : *p;
}

static gint64
all_results (const Layer *l)
{
  return l->geometry.groups * l->geometry.results;
}

static gboolean
x_is_signed (const GenNode *node)
{
  return gen_node_input (node, GEN_QUANTIZED_X)->type == GEN_TYPE_INT8;
}

/* Zero points as weights and sources are once they are packed. */
static gint32
packed_w_zero (const GenNode *node, const void *values, gint64 i)
{
  gboolean shifted = gen_node_input (node, GEN_QUANTIZED_W)->type == GEN_TYPE_UINT8;

  return byte_at (node, GEN_QUANTIZED_W_ZERO, values, i) - (shifted ? 128 : 0);
}

/* to[i] = values[i] / unit, of one value or of each. */
GEN_CLONES (void, divide,
    (const float *values, gboolean each, float missing, float unit, gint64 n, float *to),
    (values, each, missing, unit, n, to))
{
  if (values != NULL && each) {
    for (gint64 i = 0; i < n; i++)
      to[i] = values[i] / unit;
    return;
  }
  missing = (values != NULL ? *values : missing) / unit;
  for (gint64 i = 0; i < n; i++)
    to[i] = missing;
}

/* What is added to sums: the bias, less what the zero point of x makes of the weights. */
GEN_CLONES (void, find_shift,
    (const gint32 *bias, gboolean each, const gint32 *weights, guint32 zero, gint64 n, gint32 *to),
    (bias, each, weights, zero, n, to))
{
  const guint32 one = bias != NULL && !each ? (guint32)*bias : 0;

  if (bias != NULL && each)
    for (gint64 i = 0; i < n; i++)
      to[i] = (gint32)((guint32)bias[i] - zero * (guint32)weights[i]);
  else
    for (gint64 i = 0; i < n; i++)
      to[i] = (gint32)(one - zero * (guint32)weights[i]);
}

static gboolean
has_each (const GenNode *node, guint input)
{
  const GenTensor *tensor = gen_node_input (node, input);

  return tensor != NULL && gen_shape_elements (&tensor->shape) > 1;
}

static void
fill_parameters (const Layer *l, const GenNode *node, const void *const *inputs, char *to)
{
  const Parameters *p = &l->parameters;
  const GenIntegerSource form = gen_integer_layer_source (l->layer, x_is_signed (node));
  const gint32 x_zero = byte_at (node, GEN_QUANTIZED_X_ZERO, inputs[GEN_QUANTIZED_X_ZERO], 0);
  const guint32 zero = l->by_winograd ? 0 : !l->depthwise && form.flip != 0 ? x_zero + 128 : x_zero;
  const float *y_scale = inputs[GEN_QUANTIZED_Y_SCALE], unit = y_scale != NULL ? *y_scale : 1;
  const gint64 n = all_results (l);
  guint8 *zeros = (guint8 *)to + p->zeros;

  divide (inputs[GEN_QUANTIZED_SCALE], has_each (node, GEN_QUANTIZED_SCALE), 1, unit, n,
      (float *)(to + p->scale));
  divide (inputs[GEN_QUANTIZED_OFFSET], has_each (node, GEN_QUANTIZED_OFFSET), 0, unit, n,
      (float *)(to + p->offset));
  for (guint i = 0; i < l->problems->len; i++)
    find_shift (inputs[GEN_QUANTIZED_BIAS], has_each (node, GEN_QUANTIZED_BIAS),
        l->column_sums + i * n, zero, n, (gint32 *)(to + p->shift) + i * p->padded);
  /* The channels of one pixel beyond the picture. */
  if (l->depthwise || l->by_winograd) {
    memset (zeros, x_zero & 0xff, l->pixel_bytes);
    return;
  }
  memset (zeros, 0, l->pixel_bytes);
  for (gint64 g = 0; g < l->geometry.groups; g++)
    for (gint64 c = 0; c < l->geometry.channels; c++)
      if (form.wide)
        ((gint16 *)(zeros + g * l->group_bytes))[c] = (gint16)zero;
      else
        zeros[g * l->group_bytes + c] = (guint8)zero;
}

static void
run_parameters (const GenKernel *kernel, int part, int parts)
{
  const void *inputs[GEN_QUANTIZED_INPUTS] = { NULL };

  for (guint i = 0; i < kernel->node->inputs->len; i++)
    inputs[i] = kernel->inputs[i];
  fill_parameters (kernel->state, kernel->node, inputs, kernel->scratch);
}

/* --- sources --- */

static void
run_convert (const GenKernel *kernel, int part, int parts)
{
  const Layer *l = kernel->state;
  const GenQuantizedGeometry *g = &l->geometry;
  const gboolean x_signed = x_is_signed (kernel->node);
  const guint8 *from = kernel->inputs[0];
  char *to = (char *)kernel->scratch + l->source_at;
  gint64 pixels = g->items * g->axes[0].in * g->axes[1].in * g->axes[2].in, n = g->channels;
  gsize first, end;

  gen_kernel_share (pixels * g->groups, 8, part, parts, &first, &end);
  gen_integer_layer_convert (
      l->layer, from + first * n, x_signed, end - first, n, to + first * l->group_bytes);
}

/* --- running --- */

/* One tile: where its channels and results are. */
typedef struct {
  int rows;
  void *results[GEN_INTEGER_ROWS];
} Tile;

typedef struct {
  const Layer *layer;
  const Problem *problem;
  const char *source, *zeros; /* of the group */
  char *result;
} Place;

/* A result of a problem: its number along each axis, and its item; and what all results of its
 * line, the last axis, have in common. */
typedef struct {
  gint64 at[3], item;
  const char *from; /* the source and the result at 0 of the last axis */
  char *to;
  gboolean inside; /* the taps, along the other axes */
} Cursor;

static void
begin_line (const Place *place, Cursor *cursor)
{
  const Layer *l = place->layer;
  const Problem *p = place->problem;
  const GenQuantizedAxis *axes = l->geometry.axes;
  gint64 in = cursor->item, out = cursor->item;

  cursor->inside = TRUE;
  for (int i = 0; i < 2; i++) {
    const gint64 at = cursor->at[i] * axes[i].step_in;

    in = in * axes[i].in + at;
    out = out * axes[i].out + cursor->at[i] * axes[i].step_out + p->phase[i];
    cursor->inside &= at + p->low[i] >= 0 && at + p->high[i] < axes[i].in;
  }
  cursor->from = place->source + in * axes[2].in * l->pixel_bytes;
  cursor->to = place->result + (out * axes[2].out + p->phase[2]) * all_results (l) * l->result_size;
}

static Cursor
find_row (const Place *place, gint64 row)
{
  const Problem *p = place->problem;
  Cursor cursor;

  for (int i = 2; i >= 0; i--) {
    cursor.at[i] = row % p->count[i];
    row /= p->count[i];
  }
  cursor.item = row;
  begin_line (place, &cursor);
  return cursor;
}

static void
advance (const Place *place, Cursor *cursor)
{
  const gint64 *count = place->problem->count;

  if (++cursor->at[2] < count[2])
    return;
  cursor->at[2] = 0;
  if (++cursor->at[1] == count[1]) {
    cursor->at[1] = 0;
    if (++cursor->at[0] == count[0]) {
      cursor->at[0] = 0;
      cursor->item++;
    }
  }
  begin_line (place, cursor);
}

/* The taps of a window that reaches beyond the picture: `stride` apart. */
static void
find_border (
    const Place *place, const Cursor *cursor, const char *from, const void **pointers, int stride)
{
  const Problem *p = place->problem;
  const GenQuantizedAxis *axes = place->layer->geometry.axes;
  const gint64 z = cursor->at[0] * axes[0].step_in, y = cursor->at[1] * axes[1].step_in;
  const gint64 x = cursor->at[2] * axes[2].step_in;

  for (gint64 t = 0; t < p->shape.taps; t++) {
    const gint64 *by = p->taps[t].by;
    const gboolean inside = (guint64)(z + by[0]) < (guint64)axes[0].in &&
                            (guint64)(y + by[1]) < (guint64)axes[1].in &&
                            (guint64)(x + by[2]) < (guint64)axes[2].in;

    pointers[t * stride] = inside ? from + p->bytes[t] : place->zeros;
  }
}

/* Where the channels and results of a tile's rows are, from `cursor` on. */
static void
find_tile (const Place *place, Cursor *cursor, Tile *tile, const void **pointers, int stride)
{
  const Layer *l = place->layer;
  const Problem *p = place->problem;
  const GenQuantizedAxis *axis = &l->geometry.axes[2];
  const gint64 step_in = axis->step_in * l->pixel_bytes;
  const gint64 step_out = axis->step_out * all_results (l) * l->result_size;
  const char *from[GEN_INTEGER_ROWS];
  guint32 border = 0;

  for (int r = 0; r < tile->rows; r++, advance (place, cursor)) {
    const gint64 x = cursor->at[2] * axis->step_in;

    tile->results[r] = cursor->to + cursor->at[2] * step_out;
    from[r] = cursor->from + cursor->at[2] * step_in;
    if (cursor->inside && x + p->low[2] >= 0 && x + p->high[2] < axis->in)
      continue;
    border |= 1u << r;
    find_border (place, cursor, from[r], pointers + r, stride);
  }
  for (gint64 t = 0; border == 0 && t < p->shape.taps; t++)
    for (int r = 0; r < tile->rows; r++)
      pointers[t * stride + r] = from[r] + p->bytes[t];
  for (int r = 0; border != 0 && r < tile->rows; r++)
    for (gint64 t = 0; !(border >> r & 1) && t < p->shape.taps; t++)
      pointers[t * stride + r] = from[r] + p->bytes[t];
}

static GenIntegerFinish
find_finish (
    const GenKernel *kernel, const Layer *l, gint64 problem, gint64 group, const char *parameters)
{
  const GenNode *node = kernel->node;
  const GenActivation *activation = &node->activation;
  const float *y_scale =
      node->inputs->len > GEN_QUANTIZED_Y_SCALE ? kernel->inputs[GEN_QUANTIZED_Y_SCALE] : NULL;
  const void *y_zero =
      node->inputs->len > GEN_QUANTIZED_Y_ZERO ? kernel->inputs[GEN_QUANTIZED_Y_ZERO] : NULL;
  const GenDataType type = gen_node_output (node, 0)->type;
  const gint64 first = group * l->geometry.results;
  const float unit = y_scale != NULL ? *y_scale : 1;
  GenIntegerFinish finish = { .result = type == GEN_TYPE_UINT8     ? GEN_INTEGER_UINT8
                                        : type == GEN_TYPE_INT8    ? GEN_INTEGER_INT8
                                        : type == GEN_TYPE_FLOAT32 ? GEN_INTEGER_FLOATS
                                                                   : GEN_INTEGER_SUMS,
    .shift =
        (const gint32 *)(parameters + l->parameters.shift) + problem * l->parameters.padded + first,
    .scale = (const float *)(parameters + l->parameters.scale) + first,
    .offset = (const float *)(parameters + l->parameters.offset) + first,
    .low = -INFINITY,
    .high = INFINITY,
    .slope = 1,
    .zero = byte_at (node, GEN_QUANTIZED_Y_ZERO, y_zero, 0) };

  if (l->w_zero != NULL)
    finish.w_zero = l->w_zero + first;
  if (activation->kind == GEN_ACTIVATION_LEAKY_RELU)
    finish.slope = activation->alpha;
  if (activation->kind == GEN_ACTIVATION_RELU)
    finish.low = 0;
  if (activation->kind == GEN_ACTIVATION_CLIP) {
    finish.low = activation->alpha / unit;
    finish.high = activation->beta / unit;
  }
  if (type == GEN_TYPE_UINT8 || type == GEN_TYPE_INT8) {
    const float lowest = (type == GEN_TYPE_INT8 ? -128 : 0) - finish.zero;

    finish.low = CLAMP (finish.low, lowest, lowest + 255);
    finish.high = CLAMP (finish.high, lowest, lowest + 255);
  }
  return finish;
}

/* Results of the columns [first, end) of the group that want more than GenIntegerFinish knows. */
static void
activate (const GenKernel *kernel, const Tile *tile, gint64 first, gint64 end)
{
  const GenActivation *activation = &kernel->node->activation;

  if (gen_quantized_rounds_after (activation->kind))
    return;
  for (int r = 0; r < tile->rows; r++)
    gen_activation_apply (activation, (float *)tile->results[r] + first, 1, end - first, 0, NULL);
}

/* Panels [first, end) of the tiles of rows [row, end_row), at most `tiles`. */
static void
run_block (const GenKernel *kernel, const Place *place, const GenIntegerFinish *finish,
    const char *packed, gint64 row, gint64 end_row, gint64 first, gint64 end, char *own)
{
  const Layer *l = place->layer;
  const Problem *p = place->problem;
  const int rows = gen_integer_layer_rows (l->layer), stride = gen_integer_layer_stride (l->layer);
  const int width = gen_integer_layer_width (l->layer);
  const void **pointers = (const void **)own;
  const gint64 count = (end_row - row + rows - 1) / rows, each = p->shape.taps * stride;
  const gint64 panel = gen_integer_layer_packed_size (l->layer, &p->shape) /
                       MAX (gen_integer_layer_panels (l->layer, &p->shape), 1);
  const gint64 step = MAX (WEIGHT_BYTES / MAX (panel, 1), 1);
  Cursor cursor = find_row (place, row);
  Tile tiles[MOST_TILES];

  for (gint64 t = 0; t < count; t++) {
    tiles[t].rows = (end_row - row) * (t + 1) / count - (end_row - row) * t / count;
    find_tile (place, &cursor, &tiles[t], pointers + t * each, stride);
  }
  if (l->depthwise) {
    for (gint64 t = 0; t < count; t++) {
      gen_integer_layer_depthwise (l->layer, &p->shape, (const gint32 *)packed,
          l->parameters.padded, pointers + t * each, tiles[t].rows, finish, tiles[t].results,
          l->geometry.groups);
      activate (kernel, &tiles[t], 0, l->geometry.groups);
    }
    return;
  }
  for (; first < end; first += step)
    for (gint64 t = 0; t < count; t++) {
      const gint64 stop = MIN (first + step, end);

      gen_integer_layer_run (l->layer, &p->shape, packed, pointers + t * each, tiles[t].rows,
          finish, tiles[t].results, first, stop, own + l->pointers_size);
      activate (kernel, &tiles[t], first * width, MIN (stop * width, p->shape.results));
    }
}

/* Units of work: blocks of tiles, each with some panels, of all groups and problems. */
static void
run (const GenKernel *kernel, int part, int parts)
{
  const Layer *l = kernel->state;
  const gint64 groups = l->depthwise ? 1 : l->geometry.groups;
  const gint64 block = l->tiles * gen_integer_layer_rows (l->layer);
  const char *parameters = l->own != NULL ? l->own : kernel->scratch;
  const char *packed = g_bytes_get_data (l->packed, NULL);
  char *own = (char *)kernel->scratch + l->parts_at + part * l->part_size;
  gint64 before = 0;
  gsize first, end;

  gen_kernel_share (l->units, 1, part, parts, &first, &end);
  gen_integer_layer_begin (l->layer);
  for (guint i = 0; i < l->problems->len; i++) {
    const Problem *p = &g_array_index (l->problems, Problem, i);
    const gint64 panels = l->depthwise ? 1 : gen_integer_layer_panels (l->layer, &p->shape);
    const gint64 blocks = (p->rows + block - 1) / block;
    const gint64 chunks = (panels + l->chunk - 1) / l->chunk, n = groups * chunks * blocks;

    for (gint64 unit = MAX ((gint64)first - before, 0); unit < MIN ((gint64)end - before, n);
         unit++) {
      const gint64 group = unit / (chunks * blocks), chunk = unit / blocks % chunks;
      const gint64 row = unit % blocks * block;
      const gint64 size = gen_integer_layer_packed_size (l->layer, &p->shape);
      const GenIntegerFinish finish = find_finish (kernel, l, i, group, parameters);
      const Place place = { l, p,
        (l->converts ? (const char *)kernel->scratch + l->source_at
                     : (const char *)kernel->inputs[0]) +
            group * l->group_bytes,
        parameters + l->parameters.zeros + group * l->group_bytes,
        (char *)kernel->outputs[0] + group * l->geometry.results * l->result_size };

      run_block (kernel, &place, &finish, packed + p->packed + group * size, row,
          MIN (row + block, p->rows), chunk * l->chunk, MIN ((chunk + 1) * l->chunk, panels), own);
    }
    before += n;
  }
  gen_integer_layer_end (l->layer);
}

static void
run_winograd (const GenKernel *kernel, int part, int parts)
{
  const Layer *l = kernel->state;
  const GenQuantizedWinograd *w = &l->winograd;
  const GenQuantizedGeometry *g = &l->geometry;
  const char *parameters = l->own != NULL ? l->own : kernel->scratch;
  const char *packed = g_bytes_get_data (l->packed, NULL);
  const void *zero = kernel->node->inputs->len > GEN_QUANTIZED_X_ZERO
                         ? kernel->inputs[GEN_QUANTIZED_X_ZERO]
                         : NULL;
  const gint32 x_zero = byte_at (kernel->node, GEN_QUANTIZED_X_ZERO, zero, 0);
  gsize first, end;

  gen_kernel_share (l->units, 1, part, parts, &first, &end);
  for (gsize unit = first; unit < end; unit++) {
    const gint64 group = unit / w->blocks;
    const GenIntegerFinish finish = find_finish (kernel, l, 0, group, parameters);

    gen_quantized_winograd_run (w, unit % w->blocks,
        (const char *)kernel->inputs[0] + group * g->channels, parameters + l->parameters.zeros,
        x_zero, packed + group * w->group_packed, &finish,
        (char *)kernel->outputs[0] + group * g->results * l->result_size, l->result_size,
        (char *)kernel->scratch + l->parts_at + part * l->part_size);
  }
}

/* --- preparing --- */

static void
problem_clear (gpointer data)
{
  Problem *problem = data;

  g_free (problem->taps);
  g_free (problem->bytes);
  g_free (problem->weights);
}

static void
layer_free (gpointer data)
{
  Layer *l = data;

  g_array_unref (l->problems);
  g_clear_pointer (&l->packed, g_bytes_unref);
  g_free (l->column_sums);
  g_free (l->w_zero);
  g_free (l->own);
  g_free (l);
}

/* Which taps of an axis the results of phase `phase` see, as `k`, and where, as `by`; how many. */
static gint64
find_axis_taps (const GenQuantizedAxis *a, gboolean transposed, gint64 phase, gint64 *k, gint64 *by)
{
  gint64 n = 0;

  for (gint64 i = 0; i < a->kernel; i++) {
    gint64 from = transposed ? phase + a->before - i * a->dilation : i * a->dilation - a->before;

    if (from % a->step_out != 0)
      continue;
    k[n] = i;
    by[n++] = from / a->step_out;
  }
  return n;
}

static void
find_taps (const Layer *l, Problem *p)
{
  const GenQuantizedGeometry *g = &l->geometry;
  gint64 *k[3], *by[3], n[3], at = 0;

  for (int i = 0; i < 3; i++) {
    k[i] = g_new (gint64, g->axes[i].kernel);
    by[i] = g_new (gint64, g->axes[i].kernel);
    n[i] = find_axis_taps (&g->axes[i], g->transposed, p->phase[i], k[i], by[i]);
    for (gint64 t = 0; t < n[i]; t++) {
      p->low[i] = t == 0 ? by[i][t] : MIN (p->low[i], by[i][t]);
      p->high[i] = t == 0 ? by[i][t] : MAX (p->high[i], by[i][t]);
    }
  }
  p->shape.taps = n[0] * n[1] * n[2];
  p->taps = g_new (Tap, p->shape.taps);
  p->bytes = g_new (gint64, p->shape.taps);
  p->weights = g_new (gint64, p->shape.taps);
  for (gint64 z = 0; z < n[0]; z++)
    for (gint64 y = 0; y < n[1]; y++)
      for (gint64 x = 0; x < n[2]; x++, at++) {
        p->taps[at] = (Tap){ .by = { by[0][z], by[1][y], by[2][x] } };
        p->weights[at] = (k[0][z] * g->axes[1].kernel + k[1][y]) * g->axes[2].kernel + k[2][x];
      }
  for (int i = 0; i < 3; i++) {
    g_free (k[i]);
    g_free (by[i]);
  }
}

static void
find_problems (Layer *l, const GenIntegerShape *shape)
{
  const GenQuantizedAxis *axes = l->geometry.axes;

  l->problems = g_array_new (FALSE, TRUE, sizeof (Problem));
  g_array_set_clear_func (l->problems, problem_clear);
  for (gint64 z = 0; z < axes[0].step_out; z++)
    for (gint64 y = 0; y < axes[1].step_out; y++)
      for (gint64 x = 0; x < axes[2].step_out; x++) {
        Problem p = { .phase = { z, y, x }, .rows = l->geometry.items, .shape = *shape };

        for (int i = 0; i < 3; i++) {
          p.count[i] = (axes[i].out - p.phase[i] + axes[i].step_out - 1) / axes[i].step_out;
          p.rows *= MAX (p.count[i], 0);
        }
        if (p.rows <= 0)
          continue;
        find_taps (l, &p);
        g_array_append_val (l->problems, p);
      }
}

static GenIntegerWeights
weights_of (const Layer *l, const Problem *p, const guint8 *values, gint64 group)
{
  return (GenIntegerWeights){ values + group * l->geometry.by_group, l->geometry.by_result,
    l->geometry.by_channel, p->weights };
}

static gboolean
pairs_fit (const Layer *l, const guint8 *values)
{
  for (guint i = 0; i < l->problems->len; i++)
    for (gint64 g = 0; g < l->geometry.groups; g++) {
      const Problem *p = &g_array_index (l->problems, Problem, i);
      const GenIntegerWeights weights = weights_of (l, p, values, g);

      if (!gen_integer_pairs_fit (&p->shape, &weights))
        return FALSE;
    }
  return TRUE;
}

/* A weight without its zero point. */
static gint32
plain_weight (
    const GenNode *node, const guint8 *values, gint64 at, const void *zeros, gint64 result)
{
  const gboolean is_signed = gen_node_input (node, GEN_QUANTIZED_W)->type == GEN_TYPE_INT8;

  return (is_signed ? (gint8)values[at] : values[at]) -
         byte_at (node, GEN_QUANTIZED_W_ZERO, zeros, result);
}

static void
pack_winograd (Layer *l, GenKernel *kernel)
{
  const GenQuantizedGeometry *g = &l->geometry;
  const GenNode *node = kernel->node;
  const guint8 *values = gen_tensor_constant (gen_node_input (node, GEN_QUANTIZED_W));
  const void *zeros = gen_tensor_constant (gen_node_input (node, GEN_QUANTIZED_W_ZERO));
  const gsize size = g->groups * l->winograd.group_packed, each = g->channels * 9;
  g_autofree gint16 *plain = g_new (gint16, g->results * each);
  char *packed = gen_shared_alloc (size);

  for (gint64 group = 0; group < g->groups; group++) {
    for (gsize i = 0; i < g->results * each; i++)
      plain[i] = plain_weight (
          node, values, group * g->by_group + i, zeros, group * g->results + i / each);
    gen_quantized_winograd_pack (&l->winograd, plain, packed + group * l->winograd.group_packed);
  }
  l->packed = gen_shared_take (packed, size);
  l->column_sums = g_new0 (gint32, all_results (l));
  kernel->packed_inputs = 1u << GEN_QUANTIZED_W;
}

/* The largest weight without its zero point. */
static int
find_largest (const GenNode *node, gint64 results)
{
  const GenTensor *w = gen_node_input (node, GEN_QUANTIZED_W);
  const guint8 *values = gen_tensor_constant (w);
  const void *zeros = gen_tensor_constant (gen_node_input (node, GEN_QUANTIZED_W_ZERO));
  const gint64 n = gen_shape_elements (&w->shape);
  int largest = 0;

  for (gint64 i = 0; i < n; i++)
    largest = MAX (largest, ABS (plain_weight (node, values, i, zeros, i / (n / results))));
  return largest;
}

/* Weights of one channel each, without their zero points. */
static void
pack_depthwise (const Layer *l, const Problem *p, const GenNode *node, const guint8 *values,
    gint32 *to, gint32 *sums)
{
  const void *zero = gen_tensor_constant (gen_node_input (node, GEN_QUANTIZED_W_ZERO));

  for (gint64 t = 0; t < p->shape.taps; t++, to += l->parameters.padded)
    for (gint64 c = 0; c < l->geometry.groups; c++) {
      const gint32 weight =
          plain_weight (node, values, c * l->geometry.by_group + p->weights[t], zero, c);

      to[c] = weight & 0xffff;
      sums[c] += weight;
    }
}

static void
pack (Layer *l, GenKernel *kernel)
{
  const GenQuantizedGeometry *g = &l->geometry;
  const guint8 *values = gen_tensor_constant (gen_node_input (kernel->node, GEN_QUANTIZED_W));
  gsize size = 0;
  char *packed;

  for (guint i = 0; i < l->problems->len; i++) {
    Problem *p = &g_array_index (l->problems, Problem, i);

    p->packed = size;
    size += l->depthwise ? p->shape.taps * l->parameters.padded * sizeof (gint32)
                         : g->groups * gen_integer_layer_packed_size (l->layer, &p->shape);
    size = (size + 63) & ~(gsize)63;
  }
  packed = gen_shared_alloc (size);
  l->column_sums = g_new0 (gint32, l->problems->len * all_results (l));
  for (guint i = 0; i < l->problems->len; i++) {
    const Problem *p = &g_array_index (l->problems, Problem, i);
    gint32 *sums = l->column_sums + i * all_results (l);

    if (l->depthwise)
      pack_depthwise (l, p, kernel->node, values, (gint32 *)(packed + p->packed), sums);
    for (gint64 group = 0; group < g->groups && !l->depthwise; group++) {
      const GenIntegerWeights weights = weights_of (l, p, values, group);

      gen_integer_layer_pack (l->layer, &p->shape, &weights,
          packed + p->packed + group * gen_integer_layer_packed_size (l->layer, &p->shape),
          sums + group * g->results);
    }
  }
  l->packed = gen_shared_take (packed, size);
  kernel->packed_inputs = 1u << GEN_QUANTIZED_W;
}

static void
place_parameters (Layer *l)
{
  Parameters *p = &l->parameters;
  const gsize array = p->padded * sizeof (gint32);

  p->scale = 0;
  p->offset = array;
  p->shift = 2 * array;
  p->zeros = p->shift + l->problems->len * array;
  p->size = (p->zeros + l->pixel_bytes + 63) & ~(gsize)63;
}

/* Zero points that weights have once they are packed; they count in the sums of columns. */
static void
find_w_zero (Layer *l, const GenNode *node)
{
  const void *values = gen_tensor_constant (gen_node_input (node, GEN_QUANTIZED_W_ZERO));
  const gint64 n = all_results (l);
  gboolean any = FALSE;

  if (l->depthwise || l->by_winograd)
    return;
  l->w_zero = g_new0 (gint32, l->parameters.padded);
  for (gint64 c = 0; c < n; c++) {
    l->w_zero[c] = packed_w_zero (node, values, c);
    any |= l->w_zero[c] != 0;
  }
  for (guint i = 0; i < l->problems->len; i++) {
    const GenIntegerShape *shape = &g_array_index (l->problems, Problem, i).shape;

    for (gint64 c = 0; c < n; c++)
      l->column_sums[i * n + c] -= shape->taps * shape->channels * l->w_zero[c];
  }
  if (!any)
    g_clear_pointer (&l->w_zero, g_free);
}

/* Parameters that hang on constants alone are made once. */
static void
find_parameters (Layer *l, GenKernel *kernel)
{
  const GenNode *node = kernel->node;
  const void *inputs[GEN_QUANTIZED_INPUTS] = { NULL };

  l->constant = TRUE;
  for (guint i = 2; i < GEN_QUANTIZED_INPUTS; i++) {
    const GenTensor *input = gen_node_input (node, i);

    inputs[i] = gen_tensor_constant (input);
    l->constant &= input == NULL || inputs[i] != NULL;
  }
  if (!l->constant)
    return;
  l->own = g_malloc0 (l->parameters.size);
  fill_parameters (l, node, inputs, l->own);
}

/* How the work is shared out: blocks of tiles, and panels where these are too few. */
static void
find_units (Layer *l, int parts)
{
  const gint64 groups = l->depthwise ? 1 : l->geometry.groups;
  gint64 most_panels = 1, most_taps = 1, rows = 0;

  if (l->by_winograd) {
    l->units = l->geometry.groups * l->winograd.blocks;
    l->part_size = l->winograd.part_size;
    return;
  }
  for (guint i = 0; i < l->problems->len; i++) {
    const Problem *p = &g_array_index (l->problems, Problem, i);

    most_taps = MAX (most_taps, p->shape.taps);
    most_panels = MAX (most_panels, gen_integer_layer_panels (l->layer, &p->shape));
    rows += p->rows;
  }
  most_panels = l->depthwise ? 1 : most_panels;
  l->tiles = POINTER_BYTES / (most_taps * gen_integer_layer_stride (l->layer) * sizeof (void *));
  l->tiles = CLAMP (l->tiles, 1, MOST_TILES);
  while (l->tiles > 1 && groups * rows < 2 * parts * l->tiles * gen_integer_layer_rows (l->layer))
    l->tiles /= 2;
  l->chunk = most_panels;
  while (l->chunk > 1 && groups * rows * most_panels <
                             2 * parts * l->chunk * l->tiles * gen_integer_layer_rows (l->layer))
    l->chunk = (l->chunk + 1) / 2;
  l->pointers_size = l->tiles * most_taps * gen_integer_layer_stride (l->layer) * sizeof (void *);
  l->pointers_size = (l->pointers_size + 63) & ~(gsize)63;
  for (guint i = 0; i < l->problems->len; i++) {
    const Problem *p = &g_array_index (l->problems, Problem, i);
    const gint64 block = l->tiles * gen_integer_layer_rows (l->layer);
    const gint64 panels = l->depthwise ? 1 : gen_integer_layer_panels (l->layer, &p->shape);

    l->part_size = MAX (l->part_size, gen_integer_layer_scratch_size (l->layer, &p->shape));
    l->units += groups * ((p->rows + block - 1) / block) * ((panels + l->chunk - 1) / l->chunk);
  }
  l->part_size = (l->part_size + l->pointers_size + 63) & ~(gsize)63;
}

/* Which way the layer goes, and how it wants sources. */
static void
choose_way (Layer *l, GenKernel *kernel, const GenIntegerShape *shape, int parts)
{
  const GenQuantizedGeometry *g = &l->geometry;
  const GenNode *node = kernel->node;
  GenIntegerSource form;

  l->by_winograd = !g->transposed && gen_quantized_rounds_after (node->activation.kind) &&
                   gen_quantized_winograd_init (&l->winograd, &l->geometry, shape,
                       find_largest (node, all_results (l)), parts);
  if (l->by_winograd) {
    l->layer = l->winograd.layer;
    kernel->way = "winograd";
  } else {
    l->layer = gen_integer_layer_find (
        shape, !l->depthwise &&
                   pairs_fit (l, gen_tensor_constant (gen_node_input (node, GEN_QUANTIZED_W))));
    kernel->way = gen_integer_layer_name (l->layer);
  }
  l->group_bytes = g->channels;
  form = gen_integer_layer_source (l->layer, shape->x_signed);
  if (!l->depthwise && !l->by_winograd) {
    l->converts = form.wide || form.flip != 0 || g->channels % form.group != 0;
    l->group_bytes = (g->channels + form.group - 1) / form.group * form.group * (form.wide ? 2 : 1);
  }
  l->pixel_bytes = l->group_bytes * g->groups;
}

gboolean
gen_quantized_cpu (GenKernel *kernel, const GenQuantizedGeometry *g, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *y = gen_node_output (node, 0);
  const gint64 pixels = g->items * g->axes[0].in * g->axes[1].in * g->axes[2].in;
  GenIntegerShape shape = { .taps = 1,
    .channels = g->channels,
    .results = g->results,
    .x_signed = x_is_signed (node),
    .w_signed = gen_node_input (node, GEN_QUANTIZED_W)->type == GEN_TYPE_INT8 };
  const gint64 n = gen_shape_elements (&y->shape);
  int parts;
  Layer *l;

  if (n == 0)
    return TRUE;
  l = g_new0 (Layer, 1);
  kernel->state = l;
  kernel->free_state = layer_free;
  l->geometry = *g;
  l->depthwise = g->channels == 1 && g->results == 1;
  l->result_size = gen_data_type_size (y->type);
  shape.depthwise = l->depthwise;
  shape.few_rows = n / all_results (l) < 4;
  find_problems (l, &shape);
  parts = gen_kernel_parts (
      kernel, n, 0.3 + 0.012 * shape.channels * g_array_index (l->problems, Problem, 0).shape.taps);
  choose_way (l, kernel, &shape, parts);
  for (guint i = 0; i < l->problems->len; i++) {
    Problem *p = &g_array_index (l->problems, Problem, i);

    for (gint64 t = 0; t < p->shape.taps; t++)
      p->bytes[t] = ((p->taps[t].by[0] * g->axes[1].in + p->taps[t].by[1]) * g->axes[2].in +
                        p->taps[t].by[2]) *
                    l->pixel_bytes;
  }
  l->parameters.padded =
      (all_results (l) + 2 * GEN_INTEGER_WIDTH - 1) / GEN_INTEGER_WIDTH * GEN_INTEGER_WIDTH;
  place_parameters (l);
  if (l->by_winograd)
    pack_winograd (l, kernel);
  else
    pack (l, kernel);
  find_w_zero (l, node);
  find_parameters (l, kernel);
  find_units (l, parts);
  parts = MAX (MIN (parts, l->units), 1);
  l->source_at = l->constant ? 0 : l->parameters.size;
  l->parts_at = l->source_at + (l->converts ? (pixels * l->pixel_bytes + 63) & ~(gint64)63 : 0);
  kernel->scratch_size = l->parts_at + parts * l->part_size;
  if (!l->constant)
    gen_kernel_add_step (kernel, run_parameters, 1);
  if (l->converts)
    gen_kernel_add_step (
        kernel, run_convert, gen_kernel_parts (kernel, pixels * g->groups * g->channels, 0.1));
  gen_kernel_add_step (kernel, l->by_winograd ? run_winograd : run, parts);
  return TRUE;
}
