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

#include <math.h>
#include <string.h>

#include "../simd.h"
#include "gemm_unit.h"
#include "half.h"
#include "shared.h"
#include "split_gemm.h"

/* A part should have about this many multiply-adds, some microseconds of work. */
#define WORK_PER_PART 150000.0
/* Packed panels that are used together: what stays in a core's second-level cache. */
#define CHUNK_FLOATS (96 * 1024)
/* Rows that are so few tiles take a panel in stretches of so many numbers along k. */
#define FEW_TILES 4
#define STRETCH 64
#define LARGEST_FLOAT16 65504.0f

struct _GenGemm {
  GenGemmOptions options;
  const GenGemmUnit *unit;
  gboolean swapped;      /* B's columns are the rows of tiles, A's rows the panels */
  gboolean split_panels; /* parts share the panels, else the rows */
  gint64 rows, columns;  /* of the product as tiles see it */
  gint64 row_stride, row_k_stride, column_stride, column_k_stride;
  gint64 panels, chunk; /* all, and those packed at a time */
  int parts;
  GenGemmForm form;     /* of constant panels */
  GenGemmTileFunc tile; /* for it */
  const char *packed;   /* constant panels */
  GBytes *shared;       /* whose they are */
  GenSplitGemm *split;  /* where the machine does it better; nothing above is then used */
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

/* Bytes of a constant panel. */
static gsize
packed_size (const GenGemm *gemm)
{
  return gemm->options.k * gemm->unit->panel *
         (gemm->form == GEN_GEMM_FLOAT32 ? sizeof (float) : sizeof (guint16));
}

/* The form that the precision allows and the machine has; float16 only where all of `b` are in its
 * range. */
static GenGemmForm
find_form (const GenGemm *gemm, const float *b)
{
  const GenGemmOptions *o = &gemm->options;
  GenGemmForm form = o->precision == GEN_PRECISION_BFLOAT16  ? GEN_GEMM_BFLOAT16
                     : o->precision == GEN_PRECISION_FLOAT16 ? GEN_GEMM_FLOAT16
                                                             : GEN_GEMM_FLOAT32;

  if (gemm->unit->narrow[form] == NULL)
    return GEN_GEMM_FLOAT32;
  for (gint64 i = 0; form == GEN_GEMM_FLOAT16 && i < o->n * o->k; i++)
    if (!(fabsf (b[i]) <= LARGEST_FLOAT16))
      form = GEN_GEMM_FLOAT32;
  return form;
}

/* One panel in its 16-bit form, as gemm_unit.h says. */
static void
narrow_panel (const GenGemm *gemm, const float *panel, guint16 *to)
{
  const int width = gemm->unit->panel, half = width / 2;
  const gint64 n = gemm->options.k * width;

  if (gemm->form == GEN_GEMM_FLOAT16) {
    gen_half_narrow (GEN_TYPE_FLOAT16, panel, to, n);
    return;
  }
  for (gint64 i = 0; i < n; i += width)
    for (int c = 0; c < half; c++) {
      const float two[] = { panel[i + c], panel[i + half + c] };

      gen_half_narrow (GEN_TYPE_BFLOAT16, two, to + i + 2 * c, 2);
    }
}

static void
pack_constant (GenGemm *gemm, const float *b)
{
  const gsize panel_size = packed_size (gemm);
  g_autofree float *wide =
      gemm->form != GEN_GEMM_FLOAT32 ? g_new (float, gemm->options.k * gemm->unit->panel) : NULL;
  /* What is fetched ahead may lie behind the last panel. */
  const gsize size = gemm->panels * panel_size + 64;
  char *packed = gen_shared_alloc (size);

  for (gint64 p = 0; p < gemm->panels; p++) {
    char *to = packed + p * panel_size;

    pack_panel (b + p * gemm->unit->panel * gemm->column_stride, gemm->column_stride,
        gemm->column_k_stride, gemm->options.k, panel_columns (gemm, p), gemm->unit->panel,
        wide != NULL ? wide : (float *)to);
    if (wide != NULL)
      narrow_panel (gemm, wide, (guint16 *)to);
  }
  gemm->shared = gen_shared_take (packed, size);
  gemm->packed = g_bytes_get_data (gemm->shared, NULL);
}

static const char *const way_names[] = { [GEN_GEMM_PANELS] = "panels", [GEN_GEMM_TILES] = "tiles" };

static GenGemmWay
rule (const GenGemmOptions *options)
{
  return gen_split_gemm_suits (options) ? GEN_GEMM_TILES : GEN_GEMM_PANELS;
}

void
gen_gemm_ways (const GenGemmOptions *options, GPtrArray *ways)
{
  GenGemmWay first = rule (options);

  g_ptr_array_add (ways, (char *)way_names[first]);
  if (first == GEN_GEMM_TILES)
    g_ptr_array_add (ways, (char *)way_names[GEN_GEMM_PANELS]);
  else if (gen_split_gemm_can (options))
    g_ptr_array_add (ways, (char *)way_names[GEN_GEMM_TILES]);
}

GenGemmWay
gen_gemm_way_find (const char *name)
{
  for (guint i = GEN_GEMM_PANELS; name != NULL && i < G_N_ELEMENTS (way_names); i++)
    if (strcmp (name, way_names[i]) == 0)
      return i;
  return GEN_GEMM_BY_RULES;
}

const char *
gen_gemm_way (const GenGemm *gemm)
{
  return way_names[gemm->split != NULL ? GEN_GEMM_TILES : GEN_GEMM_PANELS];
}

GenGemm *
gen_gemm_new (const GenGemmOptions *options)
{
  GenGemm *gemm = g_new0 (GenGemm, 1);
  const GenGemmOptions *o = &gemm->options;
  gint64 tiles;

  if ((options->way != GEN_GEMM_BY_RULES ? options->way : rule (options)) == GEN_GEMM_TILES) {
    gemm->split = gen_split_gemm_new (options);
    return gemm;
  }
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
  tiles = (gemm->rows + gemm->unit->rows - 1) / gemm->unit->rows;
  gemm->parts = CLAMP ((double)o->m * o->n * o->k / WORK_PER_PART, 1, options->threads);
  gemm->split_panels = !gemm->swapped && gemm->panels >= 2 * gemm->parts;
  if (!gemm->split_panels && tiles < gemm->parts)
    gemm->split_panels = gemm->panels > tiles;
  gemm->parts = MIN (gemm->parts, MAX (gemm->split_panels ? gemm->panels : tiles, 1));
  gemm->tile = gemm->unit->tile;
  if (o->constant_b != NULL) {
    gemm->form = find_form (gemm, o->constant_b);
    if (gemm->form != GEN_GEMM_FLOAT32)
      gemm->tile = gemm->unit->narrow[gemm->form];
    pack_constant (gemm, o->constant_b);
  }
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

static gint64
row_tiles (const GenGemm *gemm, Range rows)
{
  return (rows.end - rows.first + gemm->unit->rows - 1) / gemm->unit->rows;
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
GEN_CLONES (void, store,
    (const float *tile, int width, int rows, int columns, float alpha, gboolean swapped, float *c,
        gint64 stride),
    (tile, width, rows, columns, alpha, swapped, c, stride))
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

/* Tiles of nearly equal height: a last one of a row or two would waste the panel. */
static Range
tile_range (Range rows, gint64 t, gint64 tiles)
{
  gint64 n = rows.end - rows.first;

  return (Range){ rows.first + n * t / tiles, rows.first + n * (t + 1) / tiles };
}

static void
store_tile (const GenGemm *gemm, const float *tile, Range rows, gint64 panel, float *c)
{
  const gint64 n = gemm->options.n, column = panel * gemm->unit->panel;

  store (tile, gemm->unit->panel, rows.end - rows.first, panel_columns (gemm, panel),
      gemm->options.alpha, gemm->swapped,
      gemm->swapped ? c + column * n + rows.first : c + rows.first * n + column, n);
}

/* Let `then`, if there is one, end the results of some rows and panels. */
static void
finish (const GenGemm *gemm, const GenGemmThen *then, Range rows, Range panels)
{
  const gint64 column = panels.first * gemm->unit->panel, height = rows.end - rows.first;
  const gint64 columns = MIN (panels.end * gemm->unit->panel, gemm->columns) - column;

  if (then != NULL)
    then->run (then->data, gemm->swapped ? &(GenGemmTile){ column, columns, rows.first, height }
                                         : &(GenGemmTile){ rows.first, height, column, columns });
}

/* A few tiles of rows against one panel after the other: a stretch of it is read from afar for the
 * first tile, and the others find it in the first-level cache. Panels of 16-bit numbers are read
 * faster than they are multiplied; they gain nothing by it. */
static void
run_stretches (const GenGemm *gemm, const float *rows, const char *panels, Range row, Range panel,
    float *c, const GenGemmThen *then)
{
  const gint64 k = gemm->options.k, tiles = row_tiles (gemm, row);
  const gsize step = packed_size (gemm) / MAX (k, 1);
  float results[FEW_TILES][GEN_GEMM_MAX_ROWS * GEN_GEMM_MAX_PANEL] __attribute__ ((aligned (64)));

  for (gint64 p = panel.first; p < panel.end; p++, panels += packed_size (gemm)) {
    for (gint64 at = 0; at < k; at += STRETCH)
      for (gint64 t = 0; t < tiles; t++) {
        const Range tile = tile_range (row, t, tiles);

        gemm->tile (tile.end - tile.first, rows + tile.first * gemm->row_stride + at,
            gemm->row_stride, 1, panels + at * step, MIN (STRETCH, k - at), at > 0, results[t]);
      }
    for (gint64 t = 0; t < tiles; t++)
      store_tile (gemm, results[t], tile_range (row, t, tiles), p, c);
    finish (gemm, then, row, (Range){ p, p + 1 });
  }
}

/* All rows of the range against the panels of one chunk. */
static void
run_chunk (const GenGemm *gemm, const float *rows, const char *panels, Range row, Range panel,
    float *row_scratch, float *c, const GenGemmThen *then)
{
  gint64 k = gemm->options.k, tiles = row_tiles (gemm, row);
  float results[GEN_GEMM_MAX_ROWS * GEN_GEMM_MAX_PANEL] __attribute__ ((aligned (64)));

  for (gint64 t = 0; t < tiles; t++) {
    const Range tile = tile_range (row, t, tiles);
    int height = tile.end - tile.first;
    const float *a = rows + tile.first * gemm->row_stride;
    gint64 row_stride = gemm->row_stride, k_stride = gemm->row_k_stride;

    if (k_stride != 1) {
      pack_rows (a, row_stride, k_stride, k, height, row_scratch);
      a = row_scratch;
      row_stride = 1;
      k_stride = height;
    }
    for (gint64 p = panel.first; p < panel.end; p++) {
      gemm->tile (height, a, row_stride, k_stride, panels + (p - panel.first) * packed_size (gemm),
          k, FALSE, results);
      store_tile (gemm, results, tile, p, c);
    }
    finish (gemm, then, tile, panel);
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
    const char *panels = (const char *)own;

    if (gemm->packed != NULL)
      panels = gemm->packed + p * packed_size (gemm);
    else
      for (gint64 i = chunk.first; i < chunk.end; i++)
        pack_panel (columns + i * unit->panel * gemm->column_stride, gemm->column_stride,
            gemm->column_k_stride, k, panel_columns (gemm, i), unit->panel,
            own + (i - p) * panel_size);
    if (gemm->packed != NULL && gemm->form == GEN_GEMM_FLOAT32 && gemm->row_k_stride == 1 &&
        row_tiles (gemm, row) <= FEW_TILES)
      run_stretches (gemm, rows, panels, row, chunk, c, then);
    else
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
