/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Matrix products through oneDNN's sgemm, cut into tiles along the longer side of the result. */
#include "gemm.h"

#include <dnnl.h>

/* A part should have about this many multiply-adds, some ten microseconds of work. */
#define WORK_PER_PART 200000.0

struct _GenGemm {
  GenGemmOptions options;
  int parts;
};

GenGemm *
gen_gemm_new (const GenGemmOptions *options)
{
  GenGemm *gemm = g_new0 (GenGemm, 1);
  double work = (double)options->m * options->n * options->k;

  gemm->options = *options;
  gemm->parts = CLAMP (work / WORK_PER_PART, 1, options->threads);
  return gemm;
}

void
gen_gemm_free (GenGemm *gemm)
{
  g_free (gemm);
}

int
gen_gemm_parts (const GenGemm *gemm)
{
  return gemm->parts;
}

static void
share (gint64 n, gint64 grain, int part, int parts, gint64 *first, gint64 *count)
{
  gint64 units = (n + grain - 1) / grain;

  *first = MIN (n, units * part / parts * grain);
  *count = MIN (n, units * (part + 1) / parts * grain) - *first;
}

GenGemmTile
gen_gemm_tile (const GenGemm *gemm, int part, int parts)
{
  const GenGemmOptions *o = &gemm->options;
  GenGemmTile tile = { 0, o->m, 0, o->n };

  if (o->n >= o->m)
    share (o->n, 16, part, parts, &tile.column, &tile.columns);
  else
    share (o->m, 8, part, parts, &tile.row, &tile.rows);
  return tile;
}

void
gen_gemm_run (const GenGemm *gemm, const float *a, const float *b, float *c, int part, int parts)
{
  const GenGemmOptions *o = &gemm->options;
  GenGemmTile tile = gen_gemm_tile (gemm, part, parts);
  gint64 lda = o->transpose_a ? o->m : o->k, ldb = o->transpose_b ? o->k : o->n;

  if (tile.rows == 0 || tile.columns == 0)
    return;
  a += o->transpose_a ? tile.row : tile.row * lda;
  b += o->transpose_b ? tile.column * ldb : tile.column;
  dnnl_sgemm (o->transpose_a ? 'T' : 'N', o->transpose_b ? 'T' : 'N', tile.rows, tile.columns, o->k,
      o->alpha, a, lda, b, ldb, 0, c + tile.row * o->n + tile.column, o->n);
}
