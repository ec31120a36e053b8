/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Matrix products for dense layers. Measured against oneDNN's and OpenBLAS' sgemm on the
 * shapes of training (docs/benchmarks.md): a library packs both operands at each call, while
 * here one of the two is read where it lies, constant weights are packed once for all runs, and
 * the caller's bias and activation follow while the tile is in the cache.
 *
 * One operand is cut in panels of columns, which are packed; the other, called the rows, is read
 * in place when it is contiguous along k. A product by a transposed matrix is turned round
 * (C' = B A'), so that the weights are the rows and the small batch is what gets packed. */
#include "gemm.h"

#include <string.h>

#include "gemm_unit.h"
#include "shared.h"
#include "../simd.h"
#include "split_gemm.h"

/* A part should have about this many multiply-adds, some microseconds of work. */
#define WORK_PER_PART 150000.0
/* Packed panels that are used together: what stays in a core's second-level cache. */
#define CHUNK_FLOATS (96 * 1024)

struct _GenGemm {
  GenGemmOptions options;
  const GenGemmUnit *unit;
  gboolean swapped;      /* B's columns are the rows of tiles, A's rows the panels */
  gboolean split_panels; /* parts share the panels, else the rows */
  gint64 rows, columns;  /* of the product as tiles see it */
  gint64 row_stride, row_k_stride, column_stride, column_k_stride;
  gint64 panels, chunk; /* all, and those packed at a time */
  int parts;
  const float *packed; /* constant panels */
  GBytes *shared;      /* whose they are */
  GenSplitGemm *split; /* where the machine does it better; nothing above is then used */
};

/* `n` columns of the panel operand, k by `width`, missing ones 0. */
static void
pack_panel (
    const float *from, gint64 column_stride, gint64 k_stride, gint64 k, int n, int width, float *to)
{
  if (n < width)
    memset (to, 0, k * width * sizeof (float));
  if (column_stride == 1) {
    for (gint64 i = 0; i < k; i++)
      memcpy (to + i * width, from + i * k_stride, n * sizeof (float));
    return;
  }
  for (gint64 block = 0; block < k; block += 16)
    for (int c = 0; c < n; c++)
      for (gint64 i = block; i < MIN (block + 16, k); i++)
        to[i * width + c] = from[c * column_stride + i * k_stride];
}

/* `n` rows that are not contiguous along k, k by n. */
static void
pack_rows (const float *from, gint64 row_stride, gint64 k_stride, gint64 k, int n, float *to)
{
  for (gint64 i = 0; i < k; i++)
    for (int r = 0; r < n; r++)
      to[i * n + r] = from[r * row_stride + i * k_stride];
}

static gint64
panel_columns (const GenGemm *gemm, gint64 panel)
{
  return MIN (gemm->unit->panel, gemm->columns - panel * gemm->unit->panel);
}

static void
pack_constant (GenGemm *gemm, const float *b)
{
  gsize panel_size = gemm->options.k * gemm->unit->panel;
  gsize size = (gemm->panels * panel_size + 16) * sizeof (float);
  float *packed = gen_shared_alloc (size);

  for (gint64 p = 0; p < gemm->panels; p++)
    pack_panel (b + p * gemm->unit->panel * gemm->column_stride, gemm->column_stride,
        gemm->column_k_stride, gemm->options.k, panel_columns (gemm, p), gemm->unit->panel,
        packed + p * panel_size);
  gemm->shared = gen_shared_take (packed, size);
  gemm->packed = g_bytes_get_data (gemm->shared, NULL);
}

GenGemm *
gen_gemm_new (const GenGemmOptions *options)
{
  GenGemm *gemm = g_new0 (GenGemm, 1);
  const GenGemmOptions *o = &gemm->options;
  gint64 row_tiles;

  gemm->split = gen_split_gemm_new (options);
  if (gemm->split != NULL)
    return gemm;
  gemm->options = *options;
  gemm->unit = gen_gemm_unit ();
  gemm->swapped = o->transpose_b && o->constant_b == NULL && (o->transpose_a || o->m <= o->n);
  if (gemm->swapped) {
    gemm->rows = o->n;
    gemm->columns = o->m;
    gemm->row_stride = o->k;
    gemm->row_k_stride = 1;
    gemm->column_stride = o->transpose_a ? 1 : o->k;
    gemm->column_k_stride = o->transpose_a ? o->m : 1;
  } else {
    gemm->rows = o->m;
    gemm->columns = o->n;
    gemm->row_stride = o->transpose_a ? 1 : o->k;
    gemm->row_k_stride = o->transpose_a ? o->m : 1;
    gemm->column_stride = o->transpose_b ? o->k : 1;
    gemm->column_k_stride = o->transpose_b ? 1 : o->n;
  }
  gemm->panels = (gemm->columns + gemm->unit->panel - 1) / gemm->unit->panel;
  gemm->chunk = CLAMP (CHUNK_FLOATS / MAX (o->k * gemm->unit->panel, 1), 1, MAX (gemm->panels, 1));
  row_tiles = (gemm->rows + gemm->unit->rows - 1) / gemm->unit->rows;
  gemm->parts = CLAMP ((double)o->m * o->n * o->k / WORK_PER_PART, 1, options->threads);
  gemm->split_panels = !gemm->swapped && gemm->panels >= 2 * gemm->parts;
  if (!gemm->split_panels && row_tiles < gemm->parts)
    gemm->split_panels = gemm->panels > row_tiles;
  gemm->parts = MIN (gemm->parts, MAX (gemm->split_panels ? gemm->panels : row_tiles, 1));
  if (o->constant_b != NULL)
    pack_constant (gemm, o->constant_b);
  gemm->options.constant_b = NULL;
  return gemm;
}

void
gen_gemm_free (GenGemm *gemm)
{
  g_clear_pointer (&gemm->split, gen_split_gemm_free);
  g_clear_pointer (&gemm->shared, g_bytes_unref);
  g_free (gemm);
}

int
gen_gemm_parts (const GenGemm *gemm)
{
  return gemm->split != NULL ? gen_split_gemm_parts (gemm->split) : gemm->parts;
}

static gsize
part_scratch (const GenGemm *gemm)
{
  gsize panels = gemm->packed != NULL ? 0 : gemm->chunk * gemm->options.k * gemm->unit->panel;
  gsize rows = gemm->row_k_stride == 1 ? 0 : gemm->options.k * gemm->unit->rows;

  return (panels + rows + 15) & ~(gsize)15;
}

gsize
gen_gemm_scratch_size (const GenGemm *gemm)
{
  if (gemm->split != NULL)
    return gen_split_gemm_scratch_size (gemm->split);
  return gemm->parts * part_scratch (gemm) * sizeof (float);
}

typedef struct {
  gint64 first, end;
} Range;

static Range
share (gint64 n, gint64 grain, int part, int parts)
{
  gint64 units = (n + grain - 1) / grain;

  return (
      Range){ MIN (n, units * part / parts * grain), MIN (n, units * (part + 1) / parts * grain) };
}

static Range
row_range (const GenGemm *gemm, int part, int parts)
{
  return gemm->split_panels ? (Range){ 0, gemm->rows }
                            : share (gemm->rows, gemm->unit->rows, part, parts);
}

static Range
column_range (const GenGemm *gemm, int part, int parts)
{
  return gemm->split_panels ? share (gemm->columns, gemm->unit->panel, part, parts)
                            : (Range){ 0, gemm->columns };
}

GenGemmTile
gen_gemm_tile (const GenGemm *gemm, int part, int parts)
{
  Range rows, columns;

  if (gemm->split != NULL)
    return gen_split_gemm_tile (gemm->split, part, parts);
  rows = row_range (gemm, part, parts);
  columns = column_range (gemm, part, parts);
  if (gemm->swapped)
    return (GenGemmTile){ columns.first, columns.end - columns.first, rows.first,
      rows.end - rows.first };
  return (
      GenGemmTile){ rows.first, rows.end - rows.first, columns.first, columns.end - columns.first };
}

/* c[row][column] = alpha * tile, or c[column][row] where the product is turned round. */
GEN_CLONES static void
store (const float *tile, int width, int rows, int columns, float alpha, gboolean swapped, float *c,
    gint64 stride)
{
  if (swapped) {
    for (int k = 0; k < columns; k++)
      for (int r = 0; r < rows; r++)
        c[k * stride + r] = alpha * tile[r * width + k];
    return;
  }
  for (int r = 0; r < rows; r++)
    for (int k = 0; k < columns; k++)
      c[r * stride + k] = alpha * tile[r * width + k];
}

/* All rows of the range against the panels of one chunk. */
static void
run_chunk (const GenGemm *gemm, const float *rows, const float *panels, Range row, Range panel,
    float *row_scratch, float *c, const GenGemmThen *then)
{
  const GenGemmUnit *unit = gemm->unit;
  gint64 k = gemm->options.k, n = gemm->options.n;
  gint64 tiles = (row.end - row.first + unit->rows - 1) / unit->rows;
  float tile[GEN_GEMM_MAX_ROWS * GEN_GEMM_MAX_PANEL] __attribute__ ((aligned (64)));

  for (gint64 t = 0; t < tiles; t++) {
    /* Tiles of nearly equal height: a last one of a row or two would waste the panel. */
    gint64 first = row.first + (row.end - row.first) * t / tiles;
    int height = row.first + (row.end - row.first) * (t + 1) / tiles - first;
    const float *a = rows + first * gemm->row_stride;
    gint64 row_stride = gemm->row_stride, k_stride = gemm->row_k_stride;

    if (k_stride != 1) {
      pack_rows (a, row_stride, k_stride, k, height, row_scratch);
      a = row_scratch;
      row_stride = 1;
      k_stride = height;
    }
    for (gint64 p = panel.first; p < panel.end; p++) {
      gint64 column = p * unit->panel;

      unit->tile (height, a, row_stride, k_stride, panels + (p - panel.first) * k * unit->panel, k,
          FALSE, tile);
      store (tile, unit->panel, height, panel_columns (gemm, p), gemm->options.alpha, gemm->swapped,
          gemm->swapped ? c + column * n + first : c + first * n + column, n);
    }
    if (then != NULL) {
      gint64 column = panel.first * unit->panel;
      gint64 columns = MIN (panel.end * unit->panel, gemm->columns) - column;

      then->run (then->data, gemm->swapped ? &(GenGemmTile){ column, columns, first, height }
                                           : &(GenGemmTile){ first, height, column, columns });
    }
  }
}

static void
run_panels (const GenGemm *gemm, const float *a, const float *b, float *c, void *scratch, int part,
    int parts, const GenGemmThen *then)
{
  const GenGemmUnit *unit = gemm->unit;
  const float *rows = gemm->swapped ? b : a, *columns = gemm->swapped ? a : b;
  gint64 k = gemm->options.k, panel_size = k * unit->panel;
  Range row = row_range (gemm, part, parts), column = column_range (gemm, part, parts);
  Range panel = { column.first / unit->panel, (column.end + unit->panel - 1) / unit->panel };
  float *own = (float *)scratch + part * part_scratch (gemm);
  float *row_scratch = own + (gemm->packed != NULL ? 0 : gemm->chunk * panel_size);

  if (column.first == column.end)
    return;
  for (gint64 p = panel.first; p < panel.end; p += gemm->chunk) {
    Range chunk = { p, MIN (p + gemm->chunk, panel.end) };
    const float *panels = own;

    if (gemm->packed != NULL)
      panels = gemm->packed + p * panel_size;
    else
      for (gint64 i = chunk.first; i < chunk.end; i++)
        pack_panel (columns + i * unit->panel * gemm->column_stride, gemm->column_stride,
            gemm->column_k_stride, k, panel_columns (gemm, i), unit->panel,
            own + (i - p) * panel_size);
    run_chunk (gemm, rows, panels, row, chunk, row_scratch, c, then);
  }
}

void
gen_gemm_run_then (const GenGemm *gemm, const float *a, const float *b, float *c, void *scratch,
    int part, int parts, const GenGemmThen *then)
{
  if (gemm->split != NULL)
    gen_split_gemm_run (gemm->split, a, b, c, scratch, part, parts, then);
  else
    run_panels (gemm, a, b, c, scratch, part, parts, then);
}

void
gen_gemm_run (const GenGemm *gemm, const float *a, const float *b, float *c, void *scratch,
    int part, int parts)
{
  gen_gemm_run_then (gemm, a, b, c, scratch, part, parts, NULL);
}
