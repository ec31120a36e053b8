/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a layer is as problems: one for each phase of a transposed convolution, or one alone, with
 * some taps. Pixels that a window sees side by side are one tap, where their channels lie one after
 * the other. */
#include "quantized-layer-private.h"

static void
problem_clear (gpointer data)
{
  GenQuantizedProblem *problem = data;

  g_free (problem->taps);
  g_free (problem->bytes);
  g_free (problem->weights);
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

void
gen_quantized_find_problems (GenQuantizedLayer *l, const GenIntegerShape *shape)
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

/* Taps, which are so many steps along each axis, as distances in bytes. */
void
gen_quantized_place_taps (GenQuantizedLayer *l)
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
