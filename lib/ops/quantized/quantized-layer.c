/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Preparing layers of 8-bit integers. Convolutions go Winograd's way where that is faster
 * (quantized_winograd.h). Else a layer is one problem for each phase of a transposed convolution,
 * or one alone, with some taps, of each group. Pixels that a window sees side by side are one tap,
 * where their channels lie one after the other. */
#include "../../device/shared.h"
#include "../number.h"
#include "quantized-layer-private.h"
#include "quantized-overlap.h"

/* Bytes of the pointers of all tiles that are made at once. */
#define POINTER_BYTES 24576
/* Bytes of the windows of theirs that are put together, as they reach beyond the picture. */
#define BORDER_BYTES (64 << 10)

gboolean
gen_quantized_rounds_after (GenActivationKind kind)
{
  return kind == GEN_ACTIVATION_NONE || kind == GEN_ACTIVATION_RELU ||
         kind == GEN_ACTIVATION_LEAKY_RELU || kind == GEN_ACTIVATION_CLIP;
}

/* --- inference --- */

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

  if (!gen_tensor_is_bytes (x) || !gen_tensor_is_bytes (w) ||
      (y_zero != NULL && !gen_tensor_is_bytes (y_zero)))
    return gen_node_error (node, error, "x, w and y_zero should be int8 or uint8");
  if (w->role != GEN_ROLE_CONSTANT)
    return gen_node_error (node, error, "w should be constant");
  for (guint i = 2; i < GEN_QUANTIZED_AFTER; i++) {
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
  return gen_quantized_infer_afters (node, channels, shape, error);
}

/* --- preparing --- */

static void
problem_clear (gpointer data)
{
  GenQuantizedProblem *problem = data;

  g_free (problem->taps);
  g_free (problem->bytes);
  g_free (problem->weights);
}

static void
layer_free (gpointer data)
{
  GenQuantizedLayer *l = data;

  g_array_unref (l->problems);
  g_clear_pointer (&l->packed, g_bytes_unref);
  g_free (l->column_sums);
  g_free (l->w_zero);
  g_free (l->own);
  g_free (l);
}

/* Which taps of an axis the results of phase `phase` see, as `k`, and where, as `by`, from left to
 * right; how many. */
static gint64
find_axis_taps (const GenQuantizedAxis *a, gboolean transposed, gint64 phase, gint64 *k, gint64 *by)
{
  gint64 n = 0;

  for (gint64 at = 0; at < a->kernel; at++) {
    gint64 i = transposed ? a->kernel - 1 - at : at;
    gint64 from = transposed ? phase + a->before - i * a->dilation : i * a->dilation - a->before;

    if (from % a->step_out != 0)
      continue;
    k[n] = i;
    by[n++] = from / a->step_out;
  }
  return n;
}

/* Whether the taps of the last axis are neighbours, and one in memory. */
static gboolean
are_neighbours (const GenQuantizedLayer *l, const gint64 *by, gint64 n)
{
  for (gint64 i = 1; i < n; i++)
    if (by[i] != by[i - 1] + 1)
      return FALSE;
  return l->geometry.groups == 1 && !l->depthwise && n > 0;
}

static void
find_taps (GenQuantizedLayer *l, GenQuantizedProblem *p)
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
  p->shape.pixels = are_neighbours (l, by[2], n[2]) ? n[2] : 1;
  l->most_pixels = MAX (l->most_pixels, p->shape.pixels);
  p->shape.taps = n[0] * n[1] * n[2] / p->shape.pixels;
  p->taps = g_new (GenQuantizedTap, p->shape.taps);
  p->bytes = g_new (gint64, p->shape.taps);
  p->weights = g_new (gint64, p->shape.taps * p->shape.pixels);
  for (gint64 z = 0; z < n[0]; z++)
    for (gint64 y = 0; y < n[1]; y++)
      for (gint64 x = 0; x < n[2]; x++, at++) {
        if (at % p->shape.pixels == 0)
          p->taps[at / p->shape.pixels] =
              (GenQuantizedTap){ .by = { by[0][z], by[1][y], by[2][x] } };
        p->weights[at] = (k[0][z] * g->axes[1].kernel + k[1][y]) * g->axes[2].kernel + k[2][x];
      }
  for (int i = 0; i < 3; i++) {
    g_free (k[i]);
    g_free (by[i]);
  }
}

static void
find_problems (GenQuantizedLayer *l, const GenIntegerShape *shape)
{
  const GenQuantizedAxis *axes = l->geometry.axes;

  l->problems = g_array_new (FALSE, TRUE, sizeof (GenQuantizedProblem));
  g_array_set_clear_func (l->problems, problem_clear);
  for (gint64 z = 0; z < axes[0].step_out; z++)
    for (gint64 y = 0; y < axes[1].step_out; y++)
      for (gint64 x = 0; x < axes[2].step_out; x++) {
        GenQuantizedProblem p = {
          .phase = { z, y, x }, .rows = l->geometry.items, .shape = *shape
        };

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
weights_of (
    const GenQuantizedLayer *l, const GenQuantizedProblem *p, const guint8 *values, gint64 group)
{
  return (GenIntegerWeights){ values + group * l->geometry.by_group, l->geometry.by_result,
    l->geometry.by_channel, p->weights };
}

static gboolean
pairs_fit (const GenQuantizedLayer *l, const guint8 *values)
{
  for (guint i = 0; i < l->problems->len; i++)
    for (gint64 g = 0; g < l->geometry.groups; g++) {
      const GenQuantizedProblem *p = &g_array_index (l->problems, GenQuantizedProblem, i);
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
         gen_quantized_byte (node, GEN_QUANTIZED_W_ZERO, zeros, result);
}

static void
pack_winograd (GenQuantizedLayer *l, GenKernel *kernel)
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
  l->column_sums = g_new0 (gint32, gen_quantized_results (l));
  kernel->packed_inputs = 1u << GEN_QUANTIZED_W;
}

/* What the weights of a result, without their zero points, add up to at most in absolute values. */
static gint64
find_heaviest (const GenNode *node, gint64 results)
{
  const GenTensor *w = gen_node_input (node, GEN_QUANTIZED_W);
  const guint8 *values = gen_tensor_constant (w);
  const void *zeros = gen_tensor_constant (gen_node_input (node, GEN_QUANTIZED_W_ZERO));
  const gint64 each = gen_shape_elements (&w->shape) / results;
  gint64 heaviest = 0;

  for (gint64 result = 0; result < results; result++) {
    gint64 sum = 0;

    for (gint64 i = 0; i < each; i++)
      sum += ABS (plain_weight (node, values, result * each + i, zeros, result));
    heaviest = MAX (heaviest, sum);
  }
  return heaviest;
}

/* Weights of one channel each, without their zero points. */
static void
pack_depthwise (const GenQuantizedLayer *l, const GenQuantizedProblem *p, const GenNode *node,
    const guint8 *values, gint32 *to, gint32 *sums)
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
pack (GenQuantizedLayer *l, GenKernel *kernel)
{
  const GenQuantizedGeometry *g = &l->geometry;
  const guint8 *values = gen_tensor_constant (gen_node_input (kernel->node, GEN_QUANTIZED_W));
  gsize size = 0;
  char *packed;

  for (guint i = 0; i < l->problems->len; i++) {
    GenQuantizedProblem *p = &g_array_index (l->problems, GenQuantizedProblem, i);

    p->packed = size;
    size += l->depthwise ? p->shape.taps * l->parameters.padded * sizeof (gint32)
                         : g->groups * gen_integer_layer_packed_size (l->layer, &p->shape);
    size = (size + 63) & ~(gsize)63;
  }
  packed = gen_shared_alloc (size);
  l->column_sums = g_new0 (gint32, l->problems->len * gen_quantized_results (l));
  for (guint i = 0; i < l->problems->len; i++) {
    const GenQuantizedProblem *p = &g_array_index (l->problems, GenQuantizedProblem, i);
    gint32 *sums = l->column_sums + i * gen_quantized_results (l);

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
place_parameters (GenQuantizedLayer *l)
{
  GenQuantizedParameters *p = &l->parameters;
  const gsize array = p->padded * sizeof (gint32);

  p->scale = 0;
  p->offset = array;
  p->shift = 2 * array;
  p->zeros = p->shift + l->problems->len * array;
  p->size = (p->zeros + l->most_pixels * l->pixel_bytes + 63) & ~(gsize)63;
}

/* Zero points as weights and sources are once they are packed. */
static gint32
packed_w_zero (const GenNode *node, const void *values, gint64 i)
{
  gboolean shifted = gen_node_input (node, GEN_QUANTIZED_W)->type == GEN_TYPE_UINT8;

  return gen_quantized_byte (node, GEN_QUANTIZED_W_ZERO, values, i) - (shifted ? 128 : 0);
}

/* Zero points that weights have once they are packed; they count in the sums of columns. */
static void
find_w_zero (GenQuantizedLayer *l, const GenNode *node)
{
  const void *values = gen_tensor_constant (gen_node_input (node, GEN_QUANTIZED_W_ZERO));
  const gint64 n = gen_quantized_results (l);
  gboolean any = FALSE;

  if (l->depthwise || l->by_winograd)
    return;
  l->w_zero = g_new0 (gint32, l->parameters.padded);
  for (gint64 c = 0; c < n; c++) {
    l->w_zero[c] = packed_w_zero (node, values, c);
    any |= l->w_zero[c] != 0;
  }
  for (guint i = 0; i < l->problems->len; i++) {
    const GenIntegerShape *shape = &g_array_index (l->problems, GenQuantizedProblem, i).shape;

    for (gint64 c = 0; c < n; c++)
      l->column_sums[i * n + c] -= shape->taps * shape->pixels * shape->channels * l->w_zero[c];
  }
  if (!any)
    g_clear_pointer (&l->w_zero, g_free);
}

/* GenQuantizedParameters that hang on constants alone are made once. */
static void
find_parameters (GenQuantizedLayer *l, GenKernel *kernel)
{
  const GenNode *node = kernel->node;
  const void *inputs[GEN_QUANTIZED_INPUTS] = { NULL };

  l->constant = TRUE;
  for (guint i = 2; i < GEN_QUANTIZED_AFTER; i++) {
    const GenTensor *input = gen_node_input (node, i);

    inputs[i] = gen_tensor_constant (input);
    l->constant &= input == NULL || inputs[i] != NULL;
  }
  if (!l->constant)
    return;
  l->own = g_malloc0 (l->parameters.size);
  gen_quantized_fill_parameters (l, node, inputs, l->own);
}

/* How the work is shared out: blocks of tiles, and panels where these are too few. */
static void
find_units (GenQuantizedLayer *l, int parts)
{
  const gint64 groups = l->depthwise ? 1 : l->geometry.groups;
  const gint64 tile = gen_integer_layer_rows (l->layer);
  gint64 most_panels = 1, most_taps = 1, rows = 0, border;

  if (l->by_winograd) {
    l->units = l->geometry.groups * l->winograd.blocks;
    l->part_size = l->winograd.part_size;
    return;
  }
  for (guint i = 0; i < l->problems->len; i++) {
    const GenQuantizedProblem *p = &g_array_index (l->problems, GenQuantizedProblem, i);

    most_taps = MAX (most_taps, p->shape.taps);
    most_panels = MAX (most_panels, gen_integer_layer_panels (l->layer, &p->shape));
    rows += p->rows;
  }
  most_panels = l->depthwise ? 1 : most_panels;
  l->tiles = POINTER_BYTES / (most_taps * gen_integer_layer_stride (l->layer) * sizeof (void *));
  border = MAX (most_taps * tile * l->most_pixels * l->pixel_bytes, 1);
  l->tiles = MIN (l->tiles, BORDER_BYTES / border);
  l->tiles = CLAMP (l->tiles, 1, GEN_QUANTIZED_MOST_TILES);
  while (l->tiles > 1 && groups * rows < 2 * parts * l->tiles * tile)
    l->tiles /= 2;
  l->chunk = most_panels;
  while (l->chunk > 1 && groups * rows * most_panels < 2 * parts * l->chunk * l->tiles * tile)
    l->chunk = (l->chunk + 1) / 2;
  l->pointers_size = l->tiles * most_taps * gen_integer_layer_stride (l->layer) * sizeof (void *);
  l->pointers_size = (l->pointers_size + 63) & ~(gsize)63;
  l->borders_size = l->most_pixels == 1 ? 0 : (l->tiles * border + 63) & ~(gint64)63;
  for (guint i = 0; i < l->problems->len; i++) {
    const GenQuantizedProblem *p = &g_array_index (l->problems, GenQuantizedProblem, i);
    const gint64 block = l->tiles * tile;
    const gint64 panels = l->depthwise ? 1 : gen_integer_layer_panels (l->layer, &p->shape);

    l->part_size = MAX (l->part_size, gen_integer_layer_scratch_size (l->layer, &p->shape));
    l->units += groups * ((p->rows + block - 1) / block) * ((panels + l->chunk - 1) / l->chunk);
  }
  l->part_size = (l->part_size + l->pointers_size + l->borders_size + 63) & ~(gsize)63;
}

/* Which way the layer goes, and how it wants sources. */
static void
choose_way (GenQuantizedLayer *l, GenKernel *kernel, const GenIntegerShape *shape, int parts)
{
  const GenQuantizedGeometry *g = &l->geometry;
  const GenNode *node = kernel->node;
  GenIntegerSource form;

  l->by_winograd = !g->transposed && gen_quantized_rounds_after (node->activation.kind) &&
                   gen_quantized_winograd_init (&l->winograd, &l->geometry, shape,
                       find_heaviest (node, gen_quantized_results (l)), parts);
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

/* Taps, which are so many steps along each axis, as distances in bytes. */
static void
place_taps (GenQuantizedLayer *l)
{
  const GenQuantizedGeometry *g = &l->geometry;

  for (guint i = 0; i < l->problems->len; i++) {
    GenQuantizedProblem *p = &g_array_index (l->problems, GenQuantizedProblem, i);

    for (gint64 t = 0; t < p->shape.taps; t++)
      p->bytes[t] = ((p->taps[t].by[0] * g->axes[1].in + p->taps[t].by[1]) * g->axes[2].in +
                        p->taps[t].by[2]) *
                    l->pixel_bytes;
  }
}

/* Scratch memory has parameters, then converted sources, then what each part needs. */
static void
add_steps (GenQuantizedLayer *l, GenKernel *kernel, int parts)
{
  const GenQuantizedGeometry *g = &l->geometry;
  const gint64 pixels = g->items * g->axes[0].in * g->axes[1].in * g->axes[2].in;

  l->source_at = l->constant ? 0 : l->parameters.size;
  l->parts_at = l->source_at + (l->converts ? (pixels * l->pixel_bytes + 63) & ~(gint64)63 : 0);
  kernel->scratch_size = l->parts_at + parts * l->part_size;
  if (!l->constant)
    gen_kernel_add_step (kernel, gen_quantized_run_parameters, 1);
  if (l->converts)
    gen_kernel_add_step (kernel, gen_quantized_run_convert,
        gen_kernel_parts (kernel, pixels * g->groups * g->channels, 0.1));
  gen_kernel_add_step (
      kernel, l->by_winograd ? gen_quantized_run_winograd : gen_quantized_run, parts);
}

gboolean
gen_quantized_cpu (GenKernel *kernel, const GenQuantizedGeometry *g, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *y = gen_node_output (node, 0);
  GenIntegerShape shape = { .taps = 1,
    .pixels = 1,
    .channels = g->channels,
    .results = g->results,
    .x_signed = gen_quantized_x_is_signed (node),
    .w_signed = gen_node_input (node, GEN_QUANTIZED_W)->type == GEN_TYPE_INT8 };
  const gint64 n = gen_shape_elements (&y->shape);
  const GenQuantizedProblem *first;
  int parts;
  GenQuantizedLayer *l;

  if (n == 0)
    return TRUE;
  if (gen_quantized_overlap_suits (node, g))
    return gen_quantized_overlap_cpu (kernel, g, error);
  l = g_new0 (GenQuantizedLayer, 1);
  kernel->state = l;
  kernel->free_state = layer_free;
  l->geometry = *g;
  l->depthwise = g->channels == 1 && g->results == 1;
  l->result_size = gen_data_type_size (y->type);
  shape.depthwise = l->depthwise;
  shape.few_rows = n / gen_quantized_results (l) < 4;
  find_problems (l, &shape);
  first = &g_array_index (l->problems, GenQuantizedProblem, 0);
  parts = gen_kernel_parts (
      kernel, n, 0.3 + 0.012 * shape.channels * first->shape.taps * first->shape.pixels);
  choose_way (l, kernel, &shape, parts);
  place_taps (l);
  l->parameters.padded = (gen_quantized_results (l) + 2 * GEN_INTEGER_WIDTH - 1) /
                         GEN_INTEGER_WIDTH * GEN_INTEGER_WIDTH;
  place_parameters (l);
  if (l->by_winograd)
    pack_winograd (l, kernel);
  else
    pack (l, kernel);
  find_w_zero (l, node);
  gen_quantized_find_afters (l, node);
  find_parameters (l, kernel);
  find_units (l, parts);
  add_steps (l, kernel, MAX (MIN (parts, l->units), 1));
  return TRUE;
}
