/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Extents and paddings of sliding windows, as ONNX words them. */
#include "window.h"

#include <string.h>

/* Hostile attributes must not overflow what is computed from them. */
#define MAX_EXTENT ((gint64)1 << 31)

/* An attribute of `n` integers in [low, MAX_EXTENT], all `missing` when it is absent. */
static gboolean
get_ints (const GenNode *node, const char *name, int n, gint64 low, gint64 missing, gint64 *values,
    GError **error)
{
  int count;
  const gint64 *given = gen_node_ints (node, name, &count);

  if (given != NULL && count != n)
    return gen_node_error (node, error, "attribute %s has %d values instead of %d", name, count, n);
  for (int i = 0; i < n; i++) {
    values[i] = given != NULL ? given[i] : missing;
    if (values[i] < low || values[i] > MAX_EXTENT)
      return gen_node_error (node, error,
          "value %" G_GINT64_FORMAT " of attribute %s is not allowed", values[i], name);
  }
  return TRUE;
}

static gboolean
get_axes (GenWindow *window, const GenNode *node, const GenShape *input, const gint64 *kernel,
    GError **error)
{
  gint64 strides[GEN_WINDOW_MAX_RANK], dilations[GEN_WINDOW_MAX_RANK];
  gint64 pads[2 * GEN_WINDOW_MAX_RANK];
  int n = input->rank - 2;

  if (n < 1 || n > GEN_WINDOW_MAX_RANK)
    return gen_node_error (node, error,
        "its input must be [batch, channels, 1 to %d spatial extents]", GEN_WINDOW_MAX_RANK);
  if (!get_ints (node, "strides", n, 1, 1, strides, error) ||
      !get_ints (node, "dilations", n, 1, 1, dilations, error) ||
      !get_ints (node, "pads", 2 * n, 0, 0, pads, error))
    return FALSE;
  window->rank = n;
  for (int i = 0; i < n; i++) {
    if (kernel[i] < 1 || kernel[i] > MAX_EXTENT)
      return gen_node_error (
          node, error, "a kernel extent of %" G_GINT64_FORMAT " is not allowed", kernel[i]);
    window->axes[i] = (GenWindowAxis){ .in = input->dims[2 + i],
      .kernel = kernel[i],
      .stride = strides[i],
      .dilation = dilations[i],
      .before = pads[i],
      .after = pads[n + i] };
  }
  return TRUE;
}

/* Split `total` padding over both ends; the odd one goes to the end for SAME_UPPER. */
static void
split_padding (GenWindowAxis *axis, gint64 total, gboolean upper)
{
  total = MAX (total, 0);
  axis->before = upper ? total / 2 : total - total / 2;
  axis->after = total - axis->before;
}

gboolean
gen_window_init (GenWindow *window, const GenNode *node, const GenShape *input,
    const gint64 *kernel, GError **error)
{
  const char *mode = gen_node_string (node, "auto_pad", "NOTSET");
  gboolean same = g_str_has_prefix (mode, "SAME"), ceiling = gen_node_int (node, "ceil_mode", 0);

  if (!get_axes (window, node, input, kernel, error))
    return FALSE;
  for (int i = 0; i < window->rank; i++) {
    GenWindowAxis *axis = &window->axes[i];
    gint64 covers = axis->dilation * (axis->kernel - 1) + 1, slack;

    if (strcmp (mode, "VALID") == 0)
      axis->before = axis->after = 0;
    if (same) {
      axis->out = (axis->in + axis->stride - 1) / axis->stride;
      split_padding (axis, (axis->out - 1) * axis->stride + covers - axis->in,
          strcmp (mode, "SAME_UPPER") == 0);
      continue;
    }
    slack = axis->in + axis->before + axis->after - covers;
    if (slack < 0)
      return gen_node_error (node, error,
          "its window of %" G_GINT64_FORMAT " does not fit into %" G_GINT64_FORMAT, covers,
          axis->in + axis->before + axis->after);
    axis->out = slack / axis->stride + 1;
    /* A last window may stick out, but must begin inside. */
    if (ceiling && slack % axis->stride != 0 && axis->out * axis->stride < axis->in + axis->before)
      axis->out++;
  }
  return TRUE;
}

gboolean
gen_window_init_transposed (GenWindow *window, const GenNode *node, const GenShape *input,
    const gint64 *kernel, GError **error)
{
  const char *mode = gen_node_string (node, "auto_pad", "NOTSET");
  gboolean same = g_str_has_prefix (mode, "SAME"), upper = strcmp (mode, "SAME_UPPER") == 0;
  gint64 extra[GEN_WINDOW_MAX_RANK];
  int n_shape;
  const gint64 *shape = gen_node_ints (node, "output_shape", &n_shape);

  if (!get_axes (window, node, input, kernel, error) ||
      !get_ints (node, "output_padding", window->rank, 0, 0, extra, error))
    return FALSE;
  if (shape != NULL && n_shape != window->rank && n_shape != window->rank + 2)
    return gen_node_error (node, error, "attribute output_shape has %d values", n_shape);
  for (int i = 0; i < window->rank; i++) {
    GenWindowAxis *axis = &window->axes[i];
    gint64 whole =
        axis->stride * (axis->in - 1) + extra[i] + axis->dilation * (axis->kernel - 1) + 1;

    if (shape != NULL || same) {
      axis->out = same ? axis->in * axis->stride : 0;
      if (shape != NULL)
        axis->out = shape[n_shape - window->rank + i];
      split_padding (axis, whole - axis->out, upper);
    } else {
      axis->out = whole - axis->before - axis->after;
    }
    if (axis->out < 1 || axis->out > MAX_EXTENT)
      return gen_node_error (
          node, error, "an output extent of %" G_GINT64_FORMAT " is not allowed", axis->out);
  }
  return TRUE;
}

GenShape
gen_window_output (const GenWindow *window, gint64 batch, gint64 channels)
{
  GenShape shape = { .rank = 2 + window->rank, .dims = { batch, channels } };

  for (int i = 0; i < window->rank; i++)
    shape.dims[2 + i] = window->axes[i].out;
  return shape;
}

GenWindowLists
gen_window_lists (const GenWindow *window)
{
  GenWindowLists lists = { .rank = window->rank };

  for (int i = 0; i < window->rank; i++) {
    lists.kernel[i] = window->axes[i].kernel;
    lists.strides[i] = window->axes[i].stride;
    lists.dilations[i] = window->axes[i].dilation;
    lists.pads[i] = window->axes[i].before;
    lists.pads[window->rank + i] = window->axes[i].after;
  }
  return lists;
}
