/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a quantised layer's results are made of beside sums: scales, offsets, what is added to sums,
 * and the zero points that stand beyond the picture. */
#include <string.h>

#include "../../simd.h"
#include "quantized-layer-private.h"

gint32
gen_quantized_byte (const GenNode *node, guint input, const void *values, gint64 i)
{
  const GenTensor *tensor = gen_node_input (node, input);
  const guint8 *p = values;

  if (p == NULL)
    return 0;
  p += gen_shape_elements (&tensor->shape) > 1 ? i : 0;
  return tensor->type == GEN_TYPE_INT8 ? (gint8)*p : *p;
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

void
gen_quantized_fill_parameters (
    const GenQuantizedLayer *l, const GenNode *node, const void *const *inputs, char *to)
{
  const GenQuantizedParameters *p = &l->parameters;
  const GenIntegerSource form =
      gen_integer_layer_source (l->layer, gen_quantized_x_is_signed (node));
  const gint32 x_zero =
      gen_quantized_byte (node, GEN_QUANTIZED_X_ZERO, inputs[GEN_QUANTIZED_X_ZERO], 0);
  const guint32 zero = l->by_winograd ? 0 : l->depthwise ? x_zero : x_zero + form.shift;
  const float *y_scale = inputs[GEN_QUANTIZED_Y_SCALE], unit = y_scale != NULL ? *y_scale : 1;
  const gint64 n = gen_quantized_results (l);
  guint8 *zeros = (guint8 *)to + p->zeros;

  divide (inputs[GEN_QUANTIZED_SCALE], has_each (node, GEN_QUANTIZED_SCALE), 1, unit, n,
      (float *)(to + p->scale));
  divide (inputs[GEN_QUANTIZED_OFFSET], has_each (node, GEN_QUANTIZED_OFFSET), 0, unit, n,
      (float *)(to + p->offset));
  for (guint i = 0; i < l->problems->len; i++)
    find_shift (inputs[GEN_QUANTIZED_BIAS], has_each (node, GEN_QUANTIZED_BIAS),
        l->column_sums + i * n, zero, n, (gint32 *)(to + p->shift) + i * p->padded);
  /* The channels of pixels beyond the picture. */
  if (l->depthwise || l->by_winograd) {
    memset (zeros, x_zero & 0xff, l->pixel_bytes);
    return;
  }
  memset (zeros, 0, l->most_pixels * l->pixel_bytes);
  for (gint64 g = 0; g < l->geometry.groups; g++)
    for (gint64 c = 0; c < l->geometry.channels; c++)
      if (form.wide)
        ((gint16 *)(zeros + g * l->group_bytes))[c] = (gint16)zero;
      else
        zeros[g * l->group_bytes + c] = (guint8)zero;
  for (gint64 i = 1; i < l->most_pixels; i++)
    memcpy (zeros + i * l->pixel_bytes, zeros, l->pixel_bytes);
}

void
gen_quantized_run_parameters (const GenKernel *kernel, int part, int parts)
{
  const void *inputs[GEN_QUANTIZED_INPUTS] = { NULL };

  for (guint i = 0; i < kernel->node->inputs->len; i++)
    inputs[i] = kernel->inputs[i];
  gen_quantized_fill_parameters (kernel->state, kernel->node, inputs, kernel->scratch);
}
