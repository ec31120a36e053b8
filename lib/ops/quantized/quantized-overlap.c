/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "quantized-overlap.h"

#include <math.h>
#include <string.h>

#include "../elementwise/activation.h"
#include "quantized-layer-private.h"

/* A way that is wider than this fills vectors by its results alone. */
#define MOST_RESULTS 4
/* Columns of one product: what all taps make of a pixel. */
#define MOST_COLUMNS GEN_INTEGER_WIDTH
/* Bytes of the sums of a strip of rows, which stay in the second-level cache. */
#define STRIP_BYTES (128 << 10)

typedef struct {
  GenQuantizedGeometry geometry;
  const GenIntegerLayer *layer;
  GenIntegerShape shape; /* of the product at one pixel */
  char *packed;
  gint64 columns;       /* and from one pixel's sums to the next one's */
  gint64 strip, strips; /* rows of the result in a strip; strips of an item */
  gint64 most_rows;     /* of the source that a strip sees */
  gboolean converts;
  gint64 pixel_bytes; /* as the layer reads it */
  gint32 *shift;      /* of each column */
  gint32 *row_shift;  /* of each result of a row, as are */
  float *scale, *offset;
  gint64 result_bytes;
  gsize source_at, row_at, part_size; /* bytes of a part's scratch */
} Overlap;

/* --- whether --- */

static gboolean
is_constant (const GenNode *node, guint input)
{
  const GenTensor *tensor = gen_node_input (node, input);

  return tensor == NULL || gen_tensor_constant (tensor) != NULL;
}

/* Zero points of weights would have to be taken off where windows overlap. */
static gboolean
has_plain_weights (const GenNode *node)
{
  const GenTensor *zero = gen_node_input (node, GEN_QUANTIZED_W_ZERO);
  const gint8 *values = gen_tensor_constant (zero);

  if (gen_node_input (node, GEN_QUANTIZED_W)->type != GEN_TYPE_INT8)
    return FALSE;
  for (gint64 i = 0; zero != NULL && i < gen_shape_elements (&zero->shape); i++)
    if (values[i] != 0)
      return FALSE;
  return TRUE;
}

static gint64
count_columns (const GenQuantizedGeometry *g)
{
  return g->axes[1].kernel * g->axes[2].kernel * g->results;
}

gboolean
gen_quantized_overlap_suits (const GenNode *node, const GenQuantizedGeometry *g)
{
  const GenQuantizedAxis *axes = g->axes;

  if (!g->transposed || g->groups != 1 || g->results > MOST_RESULTS || g->channels < 8 ||
      axes[0].in != 1 || axes[0].out != 1 || axes[0].kernel != 1 ||
      count_columns (g) > MOST_COLUMNS || count_columns (g) < 8)
    return FALSE;
  for (guint i = GEN_QUANTIZED_X_ZERO; i < node->inputs->len; i++)
    if (!is_constant (node, i) || (i >= GEN_QUANTIZED_AFTER && gen_node_input (node, i) != NULL))
      return FALSE;
  return has_plain_weights (node);
}

/* --- preparing --- */

static void
overlap_free (gpointer data)
{
  Overlap *o = data;

  g_free (o->packed);
  g_free (o->shift);
  g_free (o->row_shift);
  g_free (o->scale);
  g_free (o->offset);
  g_free (o);
}

/* The first source along `axis` that results from `first` on see, and behind the last one. */
static void
find_sources (const GenQuantizedAxis *axis, gint64 first, gint64 end, gint64 *from, gint64 *to)
{
  const gint64 low = first + axis->before - (axis->kernel - 1) * axis->dilation;
  const gint64 high = end - 1 + axis->before;

  *from = CLAMP ((MAX (low, 0) + axis->step_out - 1) / axis->step_out, 0, axis->in);
  *to = CLAMP (high < 0 ? 0 : high / axis->step_out + 1, *from, axis->in);
}

static void
find_strips (Overlap *o, int parts)
{
  const GenQuantizedAxis *rows = &o->geometry.axes[1];
  const gint64 row_bytes = o->geometry.axes[2].in * o->columns * (gint64)sizeof (gint32);

  o->strip = MAX (STRIP_BYTES / MAX (row_bytes, 1), 1) * rows->step_out;
  o->strip = MIN (o->strip, rows->out);
  while (o->strip > 4 * rows->step_out &&
         o->geometry.items * ((rows->out + o->strip - 1) / o->strip) < 2 * parts)
    o->strip /= 2;
  o->strips = (rows->out + o->strip - 1) / o->strip;
  for (gint64 s = 0; s < o->strips; s++) {
    gint64 from, to;

    find_sources (rows, s * o->strip, MIN ((s + 1) * o->strip, rows->out), &from, &to);
    o->most_rows = MAX (o->most_rows, to - from);
  }
}

/* Column number tap * results + result. */
static void
pack (Overlap *o, const GenNode *node)
{
  const GenQuantizedGeometry *g = &o->geometry;
  const guint8 *values = gen_tensor_constant (gen_node_input (node, GEN_QUANTIZED_W));
  const gint64 taps = g->axes[1].kernel * g->axes[2].kernel, none = 0;
  const GenIntegerSource form =
      gen_integer_layer_source (o->layer, gen_quantized_x_is_signed (node));
  const gint32 zero = gen_quantized_byte (node, GEN_QUANTIZED_X_ZERO,
                          gen_tensor_constant (gen_node_input (node, GEN_QUANTIZED_X_ZERO)), 0) +
                      form.shift;
  g_autofree guint8 *turned = g_new (guint8, o->columns * g->channels);
  g_autofree gint32 *sums = g_new (gint32, o->columns);
  const GenIntegerWeights weights = { turned, g->channels, 1, &none };

  for (gint64 tap = 0; tap < taps; tap++)
    for (gint64 r = 0; r < g->results; r++)
      for (gint64 c = 0; c < g->channels; c++)
        turned[(tap * g->results + r) * g->channels + c] =
            values[r * g->by_result + c * g->by_channel + tap];
  o->packed = g_malloc (gen_integer_layer_packed_size (o->layer, &o->shape));
  gen_integer_layer_pack (o->layer, &o->shape, &weights, o->packed, sums);
  o->shift = g_new0 (gint32, o->columns + 2 * GEN_INTEGER_WIDTH);
  for (gint64 i = 0; i < o->columns; i++)
    o->shift[i] = (gint32)(0u - (guint32)zero * (guint32)sums[i]);
}

/* Number `i` of an input that has one for each result, or one for all. */
static gint64
place_of (const GenNode *node, guint input, gint64 i)
{
  return gen_shape_elements (&gen_node_input (node, input)->shape) > 1 ? i : 0;
}

/* What sums of a row become, result after result. */
static void
find_row (Overlap *o, const GenNode *node)
{
  const gint64 n = o->geometry.axes[2].out * o->geometry.results;
  const gint32 *bias = gen_tensor_constant (gen_node_input (node, GEN_QUANTIZED_BIAS));
  const float *scale = gen_tensor_constant (gen_node_input (node, GEN_QUANTIZED_SCALE));
  const float *offset = gen_tensor_constant (gen_node_input (node, GEN_QUANTIZED_OFFSET));
  const float *y_scale = gen_tensor_constant (gen_node_input (node, GEN_QUANTIZED_Y_SCALE));
  const float unit = y_scale != NULL ? *y_scale : 1;

  o->row_shift = g_new0 (gint32, n + GEN_INTEGER_WIDTH);
  o->scale = g_new0 (float, n + GEN_INTEGER_WIDTH);
  o->offset = g_new0 (float, n + GEN_INTEGER_WIDTH);
  for (gint64 i = 0; i < n; i++) {
    const gint64 r = i % o->geometry.results;

    if (bias != NULL)
      o->row_shift[i] = bias[place_of (node, GEN_QUANTIZED_BIAS, r)];
    o->scale[i] = (scale != NULL ? scale[place_of (node, GEN_QUANTIZED_SCALE, r)] : 1) / unit;
    o->offset[i] = (offset != NULL ? offset[place_of (node, GEN_QUANTIZED_OFFSET, r)] : 0) / unit;
  }
}

/* --- running --- */

/* What all taps make of the pixels of the source's rows [first, end), at `sums`. */
static void
multiply (const GenKernel *kernel, const Overlap *o, gint64 item, gint64 first, gint64 end,
    gint32 *sums, char *own)
{
  const GenQuantizedGeometry *g = &o->geometry;
  const int rows = gen_integer_layer_rows (o->layer);
  const gint64 n = (end - first) * g->axes[2].in;
  const GenIntegerFinish finish = { .result = GEN_INTEGER_SUMS,
    .shift = o->shift,
    .scale = o->scale,
    .offset = o->offset,
    .slope = 1 };
  const char *from = (const char *)kernel->inputs[0] +
                     (item * g->axes[1].in + first) * g->axes[2].in * g->channels;
  const gint64 panels = gen_integer_layer_panels (o->layer, &o->shape);

  if (o->converts) {
    gen_integer_layer_convert (o->layer, from, gen_quantized_x_is_signed (kernel->node), n,
        g->channels, own + o->source_at);
    from = own + o->source_at;
  }
  for (gint64 i = 0; i < n; i += rows) {
    const void *pointers[GEN_INTEGER_ROWS];
    void *results[GEN_INTEGER_ROWS];
    const int here = (int)MIN (rows, n - i);

    for (int r = 0; r < here; r++) {
      pointers[r] = from + (i + r) * o->pixel_bytes;
      results[r] = sums + (i + r) * o->columns;
    }
    gen_integer_layer_run (
        o->layer, &o->shape, o->packed, pointers, here, &finish, results, 0, panels, own);
  }
}

/* Add what the columns from `column` on say of a row of the source to a row of results. */
static void
add_row (const Overlap *o, const gint32 *sums, gint64 column, gint32 *row)
{
  const GenQuantizedAxis *axis = &o->geometry.axes[2];
  const gint64 results = o->geometry.results, step = axis->step_out * results;

  for (gint64 k = 0; k < axis->kernel; k++, column += results) {
    const gint64 at = k * axis->dilation - axis->before;
    const gint64 first = at < 0 ? (-at + axis->step_out - 1) / axis->step_out : 0;
    const gint64 end =
        MIN (axis->in, axis->out > at ? (axis->out - at - 1) / axis->step_out + 1 : 0);
    const gint32 *from = sums + first * o->columns + column;
    gint32 *to = row + (at + first * axis->step_out) * results;

    if (results == 1)
      for (gint64 i = first; i < end; i++, from += o->columns, to += step)
        *to += *from;
    else
      for (gint64 i = first; i < end; i++, from += o->columns, to += step)
        for (gint64 r = 0; r < results; r++)
          to[r] += from[r];
  }
}

/* Row `y` of an item, of sums that begin at row `first` of the source and end before `end`. */
static void
make_row (const Overlap *o, const gint32 *sums, gint64 first, gint64 end, gint64 y, gint32 *row)
{
  const GenQuantizedGeometry *g = &o->geometry;
  const GenQuantizedAxis *axis = &g->axes[1];

  memset (row, 0, (gsize)(g->axes[2].out * g->results) * sizeof *row);
  for (gint64 k = 0; k < axis->kernel; k++) {
    const gint64 at = y + axis->before - k * axis->dilation, i = at / axis->step_out;

    if (at >= 0 && at % axis->step_out == 0 && i >= first && i < end)
      add_row (o, sums + (i - first) * g->axes[2].in * o->columns,
          k * g->axes[2].kernel * g->results, row);
  }
}

static void
run_strip (const GenKernel *kernel, const Overlap *o, gint64 item, gint64 strip, char *own)
{
  const GenQuantizedGeometry *g = &o->geometry;
  const GenActivation *activation = &kernel->node->activation;
  const gint64 n = g->axes[2].out * g->results, first_row = strip * o->strip;
  const gint64 end_row = MIN (first_row + o->strip, g->axes[1].out);
  gint32 *sums = (gint32 *)(own + o->row_at) + n + GEN_INTEGER_WIDTH;
  gint32 *row = (gint32 *)(own + o->row_at);
  GenIntegerFinish finish = { .shift = o->row_shift, .scale = o->scale, .offset = o->offset };
  char *to = (char *)kernel->outputs[0] + (item * g->axes[1].out + first_row) * n * o->result_bytes;
  gint64 first, end;

  gen_quantized_begin_finish (kernel, &finish);
  find_sources (&g->axes[1], first_row, end_row, &first, &end);
  multiply (kernel, o, item, first, end, sums, own);
  for (gint64 y = first_row; y < end_row; y++, to += n * o->result_bytes) {
    make_row (o, sums, first, end, y, row);
    gen_integer_layer_finish (o->layer, row, 1, &finish, 0, (int)n, (void *const[]){ to });
    if (!gen_quantized_rounds_after (activation->kind))
      gen_activation_apply (activation, (float *)to, 1, (gsize)n, 0, NULL);
  }
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Overlap *o = kernel->state;
  char *own = (char *)kernel->scratch + (gsize)part * o->part_size;
  gsize first, end;

  gen_kernel_share ((gsize)(o->geometry.items * o->strips), 1, part, parts, &first, &end);
  gen_integer_layer_begin (o->layer);
  for (gsize unit = first; unit < end; unit++)
    run_strip (kernel, o, (gint64)unit / o->strips, (gint64)unit % o->strips, own);
  gen_integer_layer_end (o->layer);
}

static gsize
align (gsize size)
{
  return (size + 63) & ~(gsize)63;
}

/* A part's: what the product needs, sources in its form, a row, and sums. */
static void
place (Overlap *o, const GenNode *node)
{
  const GenQuantizedGeometry *g = &o->geometry;
  const gint64 pixels = o->most_rows * g->axes[2].in;
  const GenIntegerSource form =
      gen_integer_layer_source (o->layer, gen_quantized_x_is_signed (node));

  o->converts = form.wide || form.flip != 0 || g->channels % form.group != 0;
  o->pixel_bytes = g->channels;
  if (o->converts)
    o->pixel_bytes = (g->channels + form.group - 1) / form.group * form.group * (form.wide ? 2 : 1);
  o->source_at = align (gen_integer_layer_scratch_size (o->layer, &o->shape));
  o->row_at = o->source_at + (o->converts ? align ((gsize)(pixels * o->pixel_bytes)) : 0);
  o->part_size = align (o->row_at + (gsize)(g->axes[2].out * g->results + GEN_INTEGER_WIDTH +
                                            pixels * o->columns + GEN_INTEGER_WIDTH) *
                                        sizeof (gint32));
}

gboolean
gen_quantized_overlap_cpu (GenKernel *kernel, const GenQuantizedGeometry *g, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *y = gen_node_output (node, 0);
  Overlap *o = g_new0 (Overlap, 1);
  int parts = gen_kernel_parts (kernel, gen_shape_elements (&y->shape),
      0.5 + 0.012 * (double)g->channels * (double)g->axes[1].kernel);

  kernel->state = o;
  kernel->free_state = overlap_free;
  o->geometry = *g;
  o->columns = count_columns (g);
  o->result_bytes = (gint64)gen_data_type_size (y->type);
  o->shape = (GenIntegerShape){ .taps = 1,
    .pixels = 1,
    .channels = g->channels,
    .results = o->columns,
    .x_signed = gen_quantized_x_is_signed (node),
    .w_signed = TRUE };
  /* Weights are looked at as they are packed; those that fit bytes are rare in so few columns. */
  o->layer = gen_integer_layer_find (&o->shape, FALSE);
  kernel->way = "overlap";
  find_strips (o, parts);
  pack (o, node);
  find_row (o, node);
  place (o, node);
  parts = (int)MAX (MIN (parts, g->items * o->strips), 1);
  kernel->packed_inputs = 1u << GEN_QUANTIZED_W;
  kernel->scratch_size = (gsize)parts * o->part_size;
  gen_kernel_add_step (kernel, run, parts);
  return TRUE;
}
