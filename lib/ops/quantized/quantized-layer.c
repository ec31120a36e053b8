/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Preparing layers of 8-bit integers. Convolutions go Winograd's way where that is faster
 * (quantized-winograd.h); else windows are read where they lie, by pointers. */
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
    for (guint i = 0; i < l->problems->len; i++)
      l->units += l->geometry.groups * gen_quantized_winograd_blocks (&l->winograd,
                                           &g_array_index (l->problems, GenQuantizedProblem, i));
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

  const gboolean pairs_fit = gen_quantized_pairs_fit (l, node);

  l->by_winograd = !l->depthwise && gen_quantized_rounds_after (node->activation.kind) &&
                   gen_quantized_winograd_init (&l->winograd, g, l->problems,
                       gen_quantized_find_heaviest (l, node), pairs_fit, parts);
  if (l->by_winograd) {
    l->layer = l->winograd.layer;
    kernel->way = "winograd";
  } else {
    l->layer = gen_integer_layer_find (shape, pairs_fit);
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
  gen_quantized_find_problems (l, &shape);
  first = &g_array_index (l->problems, GenQuantizedProblem, 0);
  parts = gen_kernel_parts (
      kernel, n, 0.3 + 0.012 * shape.channels * first->shape.taps * first->shape.pixels);
  choose_way (l, kernel, &shape, parts);
  gen_quantized_place_taps (l);
  l->parameters.padded = (gen_quantized_results (l) + 2 * GEN_INTEGER_WIDTH - 1) /
                         GEN_INTEGER_WIDTH * GEN_INTEGER_WIDTH;
  place_parameters (l);
  gen_quantized_pack (l, kernel);
  gen_quantized_find_afters (l, node);
  find_parameters (l, kernel);
  find_units (l, parts);
  add_steps (l, kernel, MAX (MIN (parts, l->units), 1));
  return TRUE;
}
