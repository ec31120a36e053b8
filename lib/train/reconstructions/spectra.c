/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spectra.h"

#include <math.h>

gboolean
gen_spectra_possible (const GenResolution *resolution, gint64 length)
{
  return length > resolution->transform / 2;
}

static GenTensor *
places (GenGraph *graph, const GenResolution *resolution, gint64 length)
{
  const gint64 transform = resolution->transform, hop = resolution->hop;
  const gint64 windows = length / hop + 1;
  gint64 *values = g_new (gint64, windows * transform);

  for (gint64 i = 0; i < windows * transform; i++) {
    const gint64 place = ABS (i / transform * hop + i % transform - transform / 2);

    values[i] = place < length ? place : 2 * (length - 1) - place;
  }
  return gen_graph_add_constant (graph, NULL, GEN_TYPE_INT64, &GEN_SHAPE (windows, transform),
      g_bytes_new_take (values, (gsize)(windows * transform) * sizeof *values));
}

static GenTensor *
window_of (GenGraph *graph, const GenResolution *resolution)
{
  const gint64 transform = resolution->transform, window = resolution->window;
  float *values = g_new0 (float, transform);

  for (gint64 i = 0; i < window; i++)
    values[(transform - window) / 2 + i] =
        (float)(0.5 - 0.5 * cos (2 * G_PI * (double)i / (double)window));
  return gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (transform),
      g_bytes_new_take (values, (gsize)transform * sizeof *values));
}

GenSpectra
gen_spectra_new (GenGraph *graph, const GenResolution *resolution, gint64 length)
{
  return (GenSpectra){ places (graph, resolution, length), window_of (graph, resolution) };
}

GenTensor *
gen_spectra_powers (
    const GenSpectra *spectra, GenGraph *graph, GenTensor *x, float least, GError **error)
{
  GenTensor *axis = gen_graph_ints (graph, (gint64[]){ 4 }, 1);

  if (x == NULL)
    return NULL;
  x = gen_graph_op (graph, "Gather", (GenTensor *[]){ x, spectra->places }, 2, 1, error, "axis",
      GEN_INT, 2, NULL);
  x = gen_binary (graph, "Mul", x, spectra->window, error);
  x = gen_binary (graph, "Unsqueeze", x, axis, error);
  if (x == NULL)
    return NULL;
  x = gen_graph_op (
      graph, "DFT", &x, 1, 1, error, "axis", GEN_INT, 3, "onesided", GEN_INT, 1, NULL);
  x = gen_binary (graph, "Mul", x, x, error);
  if (x == NULL)
    return NULL;
  x = gen_graph_op (
      graph, "ReduceSum", (GenTensor *[]){ x, axis }, 2, 1, error, "keepdims", GEN_INT, 0, NULL);
  return gen_binary (graph, "Max", x, gen_graph_float (graph, least), error);
}
