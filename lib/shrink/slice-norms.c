/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "slice-norms.h"

#include <math.h>
#include <string.h>

#include "../device/half.h"

static gboolean
read_floats (const GenTensor *tensor, float *values, gsize n, GError **error)
{
  const void *data = g_bytes_get_data (tensor->data, NULL);

  if (tensor->type == GEN_TYPE_FLOAT32) {
    memcpy (values, data, n * sizeof *values);
    return TRUE;
  }
  if (gen_type_is_half (tensor->type)) {
    gen_half_widen (tensor->type, data, 1, values, n);
    return TRUE;
  }
  g_set_error (error, GEN_CHANNELS_ERROR, GEN_CHANNELS_ERROR_MODEL,
      "weights '%s' are of %s; channels are chosen by weights of floats: prune first, and quantise "
      "what is left",
      tensor->name, gen_data_type_name (tensor->type));
  return FALSE;
}

double *
gen_slice_norms (const GenChannelMark *mark, int power, GError **error)
{
  const GenShape *shape = &mark->tensor->shape;
  const gint64 n = gen_shape_elements (shape), extent = shape->dims[mark->axis];
  const gint64 inner = gen_shape_product (shape, mark->axis + 1, shape->rank);
  g_autofree float *values = g_new (float, MAX (n, 1));
  double *norms;

  if (!read_floats (mark->tensor, values, (gsize)n, error))
    return NULL;
  norms = g_new0 (double, extent);
  for (gint64 i = 0; i < n; i++)
    norms[i / inner % extent] += power == 1 ? fabs (values[i]) : (double)values[i] * values[i];
  return norms;
}

void
gen_slice_norms_add (const GenChannels *channels, const GenChannelMark *mark, const double *norms,
    double factor, double *scores)
{
  for (gint64 i = 0; i < mark->tensor->shape.dims[mark->axis]; i++) {
    const int channel = gen_channels_number (channels, mark->tensor, mark->axis, i);

    if (channel >= 0)
      scores[channel] += factor * norms[i];
  }
}

gboolean
gen_slice_norms_score (const GenChannels *channels, int power, double *scores, GError **error)
{
  for (guint i = 0; i < gen_channels_count (channels); i++)
    scores[i] = 0;
  for (guint i = 0; i < channels->marks->len; i++) {
    const GenChannelMark *mark = &g_array_index (channels->marks, GenChannelMark, i);
    g_autofree double *norms = NULL;

    if (mark->use != GEN_CHANNEL_MADE)
      continue;
    norms = gen_slice_norms (mark, power, error);
    if (norms == NULL)
      return FALSE;
    gen_slice_norms_add (channels, mark, norms, 1, scores);
  }
  return TRUE;
}
