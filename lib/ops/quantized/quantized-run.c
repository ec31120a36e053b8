/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Running a quantised layer: its results are made tile by tile, each of a few rows: windows, or
 * rows of a matrix. Sources are read where they lie, unless the processor wants them in another
 * form; windows that reach beyond the picture see a row of zero points there. */
#include <math.h>
#include <string.h>

#include "../elementwise/activation.h"
#include "quantized-layer-private.h"

/* Weights that stay in the second-level cache while tiles go over them. */
#define WEIGHT_BYTES (384 << 10)

/* --- sources --- */

void
gen_quantized_run_convert (const GenKernel *kernel, int part, int parts)
{
  const GenQuantizedLayer *l = kernel->state;
  const GenQuantizedGeometry *g = &l->geometry;
  const gboolean x_signed = gen_quantized_x_is_signed (kernel->node);
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
  const GenQuantizedLayer *layer;
  const GenQuantizedProblem *problem;
  const char *source, *zeros; /* of the group */
  char *result;
  gint64 channel; /* of the result's, the group's first */
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
  const GenQuantizedLayer *l = place->layer;
  const GenQuantizedProblem *p = place->problem;
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
  cursor->to = place->result +
               (out * axes[2].out + p->phase[2]) * gen_quantized_results (l) * l->result_size;
}

static Cursor
find_row (const Place *place, gint64 row)
{
  const GenQuantizedProblem *p = place->problem;
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

/* The pixels of a tap that the picture does not have all of, from column `x` on, one after the
 * other. */
static void
put_together (const Place *place, gint64 pixels, gint64 x, const char *from, char *to)
{
  const gint64 size = place->layer->pixel_bytes;

  for (gint64 i = 0; i < pixels; i++, x++, from += size, to += size)
    memcpy (to, x >= 0 && x < place->layer->geometry.axes[2].in ? from : place->zeros, size);
}

/* The taps of a window that reaches beyond the picture: `stride` apart, and what is put together
 * for them at `own`. */
static void
find_border (const Place *place, const Cursor *cursor, const char *from, const void **pointers,
    int stride, char *own)
{
  const GenQuantizedProblem *p = place->problem;
  const GenQuantizedAxis *axes = place->layer->geometry.axes;
  const gint64 z = cursor->at[0] * axes[0].step_in, y = cursor->at[1] * axes[1].step_in;
  const gint64 x = cursor->at[2] * axes[2].step_in, pixels = p->shape.pixels;

  for (gint64 t = 0; t < p->shape.taps; t++, own += pixels * place->layer->pixel_bytes) {
    const gint64 *by = p->taps[t].by, left = x + by[2];
    const gboolean inside = (guint64)(z + by[0]) < (guint64)axes[0].in &&
                            (guint64)(y + by[1]) < (guint64)axes[1].in && left + pixels > 0 &&
                            left < axes[2].in;

    pointers[t * stride] = inside ? from + p->bytes[t] : place->zeros;
    if (!inside || (left >= 0 && left + pixels <= axes[2].in))
      continue;
    put_together (place, pixels, left, from + p->bytes[t], own);
    pointers[t * stride] = own;
  }
}

/* The rows of a tile where they are all within one line and see the picture alone: most are. */
static gboolean
find_inner_tile (const Place *place, Cursor *cursor, Tile *tile, const void **pointers, int stride)
{
  const GenQuantizedLayer *l = place->layer;
  const GenQuantizedProblem *p = place->problem;
  const GenQuantizedAxis *axis = &l->geometry.axes[2];
  const gint64 step_in = axis->step_in * l->pixel_bytes;
  const gint64 step_out = axis->step_out * gen_quantized_results (l) * l->result_size;
  const gint64 first = cursor->at[2], last = first + tile->rows - 1;
  const char *from = cursor->from + first * step_in;
  char *to = cursor->to + first * step_out;

  if (!cursor->inside || last + 1 >= p->count[2] || first * axis->step_in + p->low[2] < 0 ||
      last * axis->step_in + p->high[2] >= axis->in)
    return FALSE;
  for (int r = 0; r < tile->rows; r++, to += step_out)
    tile->results[r] = to;
  for (gint64 t = 0; t < p->shape.taps; t++) {
    const char *tap = from + p->bytes[t];

    for (int r = 0; r < tile->rows; r++, tap += step_in)
      pointers[t * stride + r] = tap;
  }
  cursor->at[2] = last + 1;
  return TRUE;
}

/* Where the channels and results of a tile's rows are, from `cursor` on. */
static void
find_tile (const Place *place, Cursor *cursor, Tile *tile, const void **pointers, int stride,
    char *borders)
{
  const GenQuantizedLayer *l = place->layer;
  const GenQuantizedProblem *p = place->problem;
  const GenQuantizedAxis *axis = &l->geometry.axes[2];
  const gint64 step_in = axis->step_in * l->pixel_bytes;
  const gint64 step_out = axis->step_out * gen_quantized_results (l) * l->result_size;
  const char *from[GEN_INTEGER_ROWS];
  guint32 border = 0;

  for (int r = 0; r < tile->rows; r++, advance (place, cursor)) {
    const gint64 x = cursor->at[2] * axis->step_in;

    tile->results[r] = cursor->to + cursor->at[2] * step_out;
    from[r] = cursor->from + cursor->at[2] * step_in;
    if (cursor->inside && x + p->low[2] >= 0 && x + p->high[2] < axis->in)
      continue;
    border |= 1u << r;
    find_border (place, cursor, from[r], pointers + r, stride, borders);
    borders += p->shape.taps * p->shape.pixels * l->pixel_bytes;
  }
  for (gint64 t = 0; border == 0 && t < p->shape.taps; t++)
    for (int r = 0; r < tile->rows; r++)
      pointers[t * stride + r] = from[r] + p->bytes[t];
  for (int r = 0; border != 0 && r < tile->rows; r++)
    for (gint64 t = 0; !(border >> r & 1) && t < p->shape.taps; t++)
      pointers[t * stride + r] = from[r] + p->bytes[t];
}

void
gen_quantized_begin_finish (const GenKernel *kernel, GenIntegerFinish *finish)
{
  const GenNode *node = kernel->node;
  const GenActivation *activation = &node->activation;
  const float *y_scale =
      node->inputs->len > GEN_QUANTIZED_Y_SCALE ? kernel->inputs[GEN_QUANTIZED_Y_SCALE] : NULL;
  const void *y_zero =
      node->inputs->len > GEN_QUANTIZED_Y_ZERO ? kernel->inputs[GEN_QUANTIZED_Y_ZERO] : NULL;
  const GenDataType type = y_zero != NULL ? gen_node_input (node, GEN_QUANTIZED_Y_ZERO)->type
                                          : gen_node_output (node, 0)->type;
  const float unit = y_scale != NULL ? *y_scale : 1;

  finish->result = type == GEN_TYPE_UINT8     ? GEN_INTEGER_UINT8
                   : type == GEN_TYPE_INT8    ? GEN_INTEGER_INT8
                   : type == GEN_TYPE_FLOAT32 ? GEN_INTEGER_FLOATS
                                              : GEN_INTEGER_SUMS;
  finish->low = -INFINITY;
  finish->high = INFINITY;
  finish->slope = 1;
  finish->zero = gen_quantized_byte (node, GEN_QUANTIZED_Y_ZERO, y_zero, 0);
  if (activation->kind == GEN_ACTIVATION_LEAKY_RELU)
    finish->slope = activation->alpha;
  if (activation->kind == GEN_ACTIVATION_RELU)
    finish->low = 0;
  if (activation->kind == GEN_ACTIVATION_CLIP) {
    finish->low = activation->alpha / unit;
    finish->high = activation->beta / unit;
  }
  if (type == GEN_TYPE_UINT8 || type == GEN_TYPE_INT8) {
    const float lowest = (type == GEN_TYPE_INT8 ? -128 : 0) - finish->zero;

    finish->low = CLAMP (finish->low, lowest, lowest + 255);
    finish->high = CLAMP (finish->high, lowest, lowest + 255);
  }
}

static GenIntegerFinish
find_finish (const GenKernel *kernel, const GenQuantizedLayer *l, gint64 problem, gint64 group,
    const char *parameters)
{
  const gint64 first = group * l->geometry.results;
  GenIntegerFinish finish = {
    .shift =
        (const gint32 *)(parameters + l->parameters.shift) + problem * l->parameters.padded + first,
    .scale = (const float *)(parameters + l->parameters.scale) + first,
    .offset = (const float *)(parameters + l->parameters.offset) + first,
  };

  gen_quantized_begin_finish (kernel, &finish);
  if (l->w_zero != NULL)
    finish.w_zero = l->w_zero + first;
  return finish;
}

/* Results of the columns [first, end) of the group that want more than GenIntegerFinish knows. */
static void
go_on (const GenKernel *kernel, const Place *place, const Tile *tile, gint64 first, gint64 end)
{
  const GenActivation *activation = &kernel->node->activation;

  gen_quantized_run_afters (kernel, tile->results, tile->rows, place->channel, first, end - first);
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
  const GenQuantizedLayer *l = place->layer;
  const GenQuantizedProblem *p = place->problem;
  const int rows = gen_integer_layer_rows (l->layer), stride = gen_integer_layer_stride (l->layer);
  const int width = gen_integer_layer_width (l->layer);
  const void **pointers = (const void **)own;
  const gint64 count = (end_row - row + rows - 1) / rows, each = p->shape.taps * stride;
  const gint64 panel = gen_integer_layer_packed_size (l->layer, &p->shape) /
                       MAX (gen_integer_layer_panels (l->layer, &p->shape), 1);
  const gint64 step = MAX (WEIGHT_BYTES / MAX (panel, 1), 1);
  Cursor cursor = find_row (place, row);
  Tile tiles[GEN_QUANTIZED_MOST_TILES];

  for (gint64 t = 0; t < count; t++) {
    tiles[t].rows = (end_row - row) * (t + 1) / count - (end_row - row) * t / count;
    if (!find_inner_tile (place, &cursor, &tiles[t], pointers + t * each, stride))
      find_tile (place, &cursor, &tiles[t], pointers + t * each, stride,
          own + l->pointers_size + t * (l->borders_size / l->tiles));
  }
  if (l->depthwise) {
    for (gint64 t = 0; t < count; t++) {
      gen_integer_layer_depthwise (l->layer, &p->shape, (const gint32 *)packed,
          l->parameters.padded, pointers + t * each, tiles[t].rows, finish, tiles[t].results,
          l->geometry.groups);
      go_on (kernel, place, &tiles[t], 0, l->geometry.groups);
    }
    return;
  }
  for (; first < end; first += step)
    for (gint64 t = 0; t < count; t++) {
      const gint64 stop = MIN (first + step, end);

      gen_integer_layer_run (l->layer, &p->shape, packed, pointers + t * each, tiles[t].rows,
          finish, tiles[t].results, first, stop, own + l->pointers_size + l->borders_size);
      go_on (kernel, place, &tiles[t], first * width, MIN (stop * width, p->shape.results));
    }
}

/* Units of work: blocks of tiles, each with some panels, of all groups and problems. */
void
gen_quantized_run (const GenKernel *kernel, int part, int parts)
{
  const GenQuantizedLayer *l = kernel->state;
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
    const GenQuantizedProblem *p = &g_array_index (l->problems, GenQuantizedProblem, i);
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
        (char *)kernel->outputs[0] + group * l->geometry.results * l->result_size,
        group * l->geometry.results };

      run_block (kernel, &place, &finish, packed + p->packed + group * size, row,
          MIN (row + block, p->rows), chunk * l->chunk, MIN ((chunk + 1) * l->chunk, panels), own);
    }
    before += n;
  }
  gen_integer_layer_end (l->layer);
}

void
gen_quantized_run_winograd (const GenKernel *kernel, int part, int parts)
{
  const GenQuantizedLayer *l = kernel->state;
  const GenQuantizedWinograd *w = &l->winograd;
  const GenQuantizedGeometry *g = &l->geometry;
  const char *parameters = l->own != NULL ? l->own : kernel->scratch;
  const char *packed = g_bytes_get_data (l->packed, NULL);
  const void *zero = kernel->node->inputs->len > GEN_QUANTIZED_X_ZERO
                         ? kernel->inputs[GEN_QUANTIZED_X_ZERO]
                         : NULL;
  const gint32 x_zero = gen_quantized_byte (kernel->node, GEN_QUANTIZED_X_ZERO, zero, 0);
  gint64 before = 0;
  gsize first, end;

  gen_kernel_share (l->units, 1, part, parts, &first, &end);
  for (guint i = 0; i < l->problems->len; i++) {
    const GenQuantizedProblem *p = &g_array_index (l->problems, GenQuantizedProblem, i);
    const gint64 blocks = gen_quantized_winograd_blocks (w, p), n = g->groups * blocks;

    for (gint64 unit = MAX ((gint64)first - before, 0); unit < MIN ((gint64)end - before, n);
         unit++) {
      const gint64 group = unit / blocks;
      const GenIntegerFinish finish = find_finish (kernel, l, i, group, parameters);

      gen_quantized_winograd_run (w, kernel, p, group * g->results, unit % blocks,
          (const char *)kernel->inputs[0] + group * g->channels, parameters + l->parameters.zeros,
          x_zero, packed + p->packed + group * w->group_packed, &finish,
          (char *)kernel->outputs[0] + group * g->results * l->result_size, l->result_size,
          (char *)kernel->scratch + l->parts_at + part * l->part_size);
    }
    before += n;
  }
}
