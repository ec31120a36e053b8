/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Matrix products for dense layers. Measured against oneDNN's and OpenBLAS' sgemm on the
 * shapes of training (docs/benchmarks.md): a library packs both operands at each call, while
 * here one of the two is read where it lies, constant weights are packed once for all runs, and
 * the caller's bias and activation follow while the tile is in the cache.
 *
 * One operand is cut in panels of columns, which are packed where that pays; the other, called the
 * rows, is read in place when it is contiguous along k. A product by a transposed matrix is turned
 * round (C' = B A') where packing the matrix would cost more than to turn the results. */
#include "gemm.h"

#include <math.h>
#include <string.h>

#include "gemm-dots.h"
#include "gemm-pack.h"
#include "gemm-unit.h"
#include "shared.h"
#include "split-gemm.h"

/* A part should have about this many multiply-adds, some microseconds of work. */
#define WORK_PER_PART 150000.0
/* Rows of panels, of one or more, that are used together by all rows of tiles in turn: 256 KiB of
 * the second-level cache with AVX2, 512 with AVX-512, whose processors have more of it. */
#define CHUNK_ROWS 4096
/* Rows that are so few tiles take a panel at a time, in stretches that leave the first-level cache
 * room for the rows. */
#define FEW_TILES 4
#define STRETCH_FLOATS (4 * 1024)
/* Panels that few rows take before what follows the product is done. */
#define FEW_PANELS 8
/* An operand that is read in place is read by so few tiles, or is so small that it stays in the
 * first-level cache. */
#define TILES_IN_PLACE 2
#define FLOATS_IN_PLACE (6 * 1024)
/* So many tiles gain by panels that are widened once. */
#define TILES_TO_WIDEN 8

struct _GenGemm {
  GenGemmOptions options;
  const GenGemmUnit *unit;
  gboolean swapped;      /* B's columns are the rows of tiles, A's rows the panels */
  gboolean split_panels; /* parts share the panels, else the rows */
  gboolean dots;         /* the columns are few vectors, and nothing is packed */
  gint64 rows, columns;  /* of the product as tiles see it */
  gint64 row_stride, row_k_stride, column_stride, column_k_stride;
  gint64 panels, chunk; /* all, and those used together */
  int parts;
  gboolean in_place; /* the panels are read where they lie, but for a last one that is not full */
  gboolean widens;   /* constant panels of 16 bits, a chunk at a time */
  gboolean ends_in_half;
  GenGemmForm form;    /* of constant panels */
  const char *packed;  /* constant panels */
  GBytes *shared;      /* whose they are */
  GenSplitGemm *split; /* where the machine does it better; nothing above is then used */
};

/* Where the panels of a chunk are. */
typedef struct {
  GenGemmForm form;
  const char *first, *last; /* `last` is one apart, or NULL */
  gsize step, next;
} Panels;

typedef struct {
  gint64 first, end;
} Range;

static gint64
panel_columns (const GenGemm *gemm, gint64 panel)
{
  return MIN (gemm->unit->panel, gemm->columns - panel * gemm->unit->panel);
}

static gboolean
is_half (const GenGemm *gemm, gint64 panel)
{
  return gemm->ends_in_half && panel == gemm->panels - 1;
}

static int
panel_width (const GenGemm *gemm, gint64 panel)
{
  return is_half (gemm, panel) ? gemm->unit->panel / 2 : gemm->unit->panel;
}

/* Bytes of a row of a constant panel. */
static gsize
packed_step (const GenGemm *gemm)
{
  return gemm->unit->panel * (gemm->form == GEN_GEMM_FLOAT32 ? sizeof (float) : sizeof (guint16));
}

static void
pack_constant (GenGemm *gemm, const float *b)
{
  const gint64 k = gemm->options.k;
  const gsize panel_size = k * packed_step (gemm);
  g_autofree float *wide =
      gemm->form != GEN_GEMM_FLOAT32 ? g_new (float, k * gemm->unit->panel) : NULL;
  /* What is fetched ahead may lie behind the last panel. */
  const gsize size = gemm->panels * panel_size + 64;
  char *packed = gen_shared_alloc (size);

  for (gint64 p = 0; p < gemm->panels; p++) {
    char *to = packed + p * panel_size;

    gen_gemm_pack_panel (b + p * gemm->unit->panel * gemm->column_stride, gemm->column_stride,
        gemm->column_k_stride, k, panel_columns (gemm, p), panel_width (gemm, p),
        wide != NULL ? wide : (float *)to);
    if (wide != NULL)
      gen_gemm_narrow_panel (gemm->form, wide, k, gemm->unit->panel, (guint16 *)to);
  }
  gemm->shared = gen_shared_take (packed, size);
  gemm->packed = g_bytes_get_data (gemm->shared, NULL);
}

static const char *const way_names[] = {
  [GEN_GEMM_PANELS] = "panels", [GEN_GEMM_TILES] = "tiles", [GEN_GEMM_DOTS] = "dots"
};

/* Whether both lie along k, and one is a few vectors. */
static gboolean
is_dots (const GenGemmOptions *o)
{
  return o->constant_b == NULL && !o->sliced && MIN (o->m, o->n) <= GEN_GEMM_DOTS_MAX &&
         (!o->transpose_a || o->m == 1) && (o->transpose_b || o->n == 1);
}

static GenGemmWay
rule (const GenGemmOptions *options)
{
  if (is_dots (options))
    return GEN_GEMM_DOTS;
  return gen_split_gemm_suits (options) ? GEN_GEMM_TILES : GEN_GEMM_PANELS;
}

void
gen_gemm_ways (const GenGemmOptions *options, GPtrArray *ways)
{
  GenGemmWay first = rule (options);

  g_ptr_array_add (ways, (char *)way_names[first]);
  if (first == GEN_GEMM_TILES)
    g_ptr_array_add (ways, (char *)way_names[GEN_GEMM_PANELS]);
  else if (first == GEN_GEMM_PANELS && gen_split_gemm_can (options))
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
  if (gemm->split != NULL)
    return way_names[GEN_GEMM_TILES];
  return way_names[gemm->dots ? GEN_GEMM_DOTS : GEN_GEMM_PANELS];
}

/* Whether to turn the product round: to pack the variable B, which lies across, costs about as much
 * a number as to turn a result. */
static gboolean
turns_round (const GenGemmOptions *o)
{
  if (!o->transpose_b || o->constant_b != NULL)
    return FALSE;
  return o->transpose_a ? o->m < o->n : o->m * (o->k + o->n) < o->n * o->k;
}

static void
find_strides (GenGemm *gemm)
{
  const GenGemmOptions *o = &gemm->options;

  gemm->swapped = gemm->dots ? o->m <= o->n : turns_round (o);
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
}

static gint64
tiles_of (const GenGemm *gemm, Range rows)
{
  return (rows.end - rows.first + gemm->unit->rows - 1) / gemm->unit->rows;
}

static void
find_parts (GenGemm *gemm)
{
  const GenGemmOptions *o = &gemm->options;
  const gint64 tiles = tiles_of (gemm, (Range){ 0, gemm->rows });

  gemm->parts = CLAMP ((double)o->m * o->n * o->k / WORK_PER_PART, 1, o->threads);
  gemm->split_panels = !gemm->swapped && !gemm->dots && gemm->panels >= 2 * gemm->parts;
  if (!gemm->split_panels && !gemm->dots && tiles < gemm->parts)
    gemm->split_panels = gemm->panels > tiles;
  gemm->parts = MIN (gemm->parts, MAX (gemm->split_panels ? gemm->panels : tiles, 1));
}

GenGemm *
gen_gemm_new (const GenGemmOptions *options)
{
  GenGemm *gemm = g_new0 (GenGemm, 1);
  const GenGemmOptions *o = &gemm->options;
  const GenGemmWay way = options->way != GEN_GEMM_BY_RULES ? options->way : rule (options);
  gint64 tiles, rest;

  if (way == GEN_GEMM_TILES) {
    gemm->split = gen_split_gemm_new (options);
    return gemm;
  }
  gemm->options = *options;
  gemm->unit = gen_gemm_unit ();
  gemm->dots = way == GEN_GEMM_DOTS;
  find_strides (gemm);
  gemm->panels = (gemm->columns + gemm->unit->panel - 1) / gemm->unit->panel;
  find_parts (gemm);
  tiles = tiles_of (gemm, (Range){ 0, gemm->rows });
  gemm->chunk = CLAMP (CHUNK_ROWS / MAX (o->k, 1), 1, MAX (gemm->panels, 1));
  if (o->constant_b != NULL)
    gemm->form = gen_gemm_form (o->precision, o->constant_b, o->n * o->k);
  if (gemm->unit->block[gemm->form] == NULL)
    gemm->form = GEN_GEMM_FLOAT32;
  rest = gemm->columns % gemm->unit->panel;
  gemm->ends_in_half = gemm->form == GEN_GEMM_FLOAT32 && rest > 0 && rest <= gemm->unit->panel / 2;
  gemm->widens = gemm->form != GEN_GEMM_FLOAT32 && tiles >= TILES_TO_WIDEN;
  gemm->in_place = o->constant_b == NULL && gemm->column_stride == 1 &&
                   (tiles <= TILES_IN_PLACE || gemm->columns * o->k <= FLOATS_IN_PLACE);
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

/* Floats of a part's scratch memory for panels. */
static gsize
panel_scratch (const GenGemm *gemm)
{
  const gsize panel = gemm->options.k * gemm->unit->panel;

  if (gemm->dots || (gemm->packed != NULL && !gemm->widens))
    return 0;
  return gemm->in_place ? panel : gemm->chunk * panel;
}

static gsize
part_scratch (const GenGemm *gemm)
{
  gsize rows = gemm->row_k_stride == 1 ? 0 : gemm->options.k * gemm->unit->rows;

  return (panel_scratch (gemm) + rows + 15) & ~(gsize)15;
}

gsize
gen_gemm_scratch_size (const GenGemm *gemm)
{
  if (gemm->split != NULL)
    return gen_split_gemm_scratch_size (gemm->split);
  return gemm->parts * part_scratch (gemm) * sizeof (float);
}

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

/* Tiles of nearly equal height: a last one of a row or two would waste the panel. */
static Range
tile_range (Range rows, gint64 t, gint64 tiles)
{
  gint64 n = rows.end - rows.first;

  return (Range){ rows.first + n * t / tiles, rows.first + n * (t + 1) / tiles };
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

/* What a part works on: a chunk of panels, and a stretch of it and the rows along k. */
typedef struct {
  const GenGemm *gemm;
  const float *columns;
  float *c, *own; /* the part's scratch memory */
  Range chunk;
  Panels panels;
  gint64 at, k;
} Work;

/* The panels of the chunk, packed or widened if need be. */
static Panels
find_panels (const Work *work)
{
  const GenGemm *gemm = work->gemm;
  const gint64 k = gemm->options.k, first = work->chunk.first, end = work->chunk.end;
  const int width = gemm->unit->panel;
  const gsize packed = packed_step (gemm), wide = width * sizeof (float);
  const char *constant = gemm->packed + first * k * packed;
  gint64 in_place = first;

  if (gemm->packed != NULL && !gemm->widens)
    return (Panels){ gemm->form, constant, NULL, packed, k * packed };
  if (gemm->packed != NULL) {
    for (gint64 p = first; p < end; p++)
      gen_gemm_widen_panel (gemm->form, (const guint16 *)(constant + (p - first) * k * packed), k,
          width, work->own + (p - first) * k * width);
    return (Panels){ GEN_GEMM_FLOAT32, (const char *)work->own, NULL, wide, k * wide };
  }
  if (gemm->in_place)
    in_place = panel_columns (gemm, end - 1) == width ? end : end - 1;
  for (gint64 p = in_place; p < end; p++)
    gen_gemm_pack_panel (work->columns + p * width * gemm->column_stride, gemm->column_stride,
        gemm->column_k_stride, k, panel_columns (gemm, p), panel_width (gemm, p),
        work->own + (p - in_place) * k * width);
  if (!gemm->in_place)
    return (Panels){ GEN_GEMM_FLOAT32, (const char *)work->own, NULL, wide, k * wide };
  return (Panels){ GEN_GEMM_FLOAT32, (const char *)(work->columns + first * width),
    in_place < end ? (const char *)work->own : NULL, gemm->column_k_stride * sizeof (float), wide };
}

/* The block of a tile and the panel `p`, but for where its sums go. */
static GenGemmBlock
find_block (const Work *work, const float *rows, gint64 row_stride, gint64 k_stride, gint64 p)
{
  const GenGemm *gemm = work->gemm;
  const Panels *panels = &work->panels;
  GenGemmBlock block = { .rows = rows,
    .row_stride = row_stride,
    .k_stride = k_stride,
    .panel = panels->first + (p - work->chunk.first) * panels->next,
    .step = panels->step,
    .next = panels->next,
    .k = work->k,
    .alpha = gemm->options.alpha,
    .adds = work->at > 0,
    .out_stride = gemm->options.n };

  if (panels->last != NULL && p == work->chunk.end - 1) {
    block.panel = panels->last;
    block.step = gemm->unit->panel * sizeof (float);
  }
  if (is_half (gemm, p))
    block.step = gemm->unit->panel / 2 * sizeof (float);
  block.panel = (const char *)block.panel + work->at * block.step;
  return block;
}

static GenGemmBlockFunc
block_function (const Work *work, gint64 p)
{
  const GenGemm *gemm = work->gemm;

  return is_half (gemm, p) ? gemm->unit->half : gemm->unit->block[work->panels.form];
}

static float *
result_at (const Work *work, gint64 row, gint64 panel)
{
  const gint64 n = work->gemm->options.n, column = panel * work->gemm->unit->panel;

  return work->c + (work->gemm->swapped ? column * n + row : row * n + column);
}

static void
store (const Work *work, const float *results, Range tile, gint64 p)
{
  const GenGemm *gemm = work->gemm;

  gen_gemm_store (results, gemm->unit->panel, tile.end - tile.first, panel_columns (gemm, p),
      work->at > 0, gemm->swapped, result_at (work, tile.first, p), gemm->options.n);
}

/* A tile of rows by some panels: straight into C where they are full and not turned round. */
static void
run_tile (const Work *work, const float *rows, gint64 row_stride, gint64 k_stride, Range tile,
    Range panels)
{
  const GenGemm *gemm = work->gemm;
  const int height = tile.end - tile.first, few = gen_gemm_few (height);
  float results[GEN_GEMM_MAX_ROWS * GEN_GEMM_MAX_PANEL] __attribute__ ((aligned (64)));
  gint64 p = panels.first;

  while (p < panels.end) {
    const gboolean direct = !gemm->swapped && panel_columns (gemm, p) == panel_width (gemm, p);
    GenGemmBlock block = find_block (work, rows, row_stride, k_stride, p);

    if (!direct) {
      block.adds = FALSE;
      block.out = results;
      block.out_stride = gemm->unit->panel;
      block_function (work, p) (height, &block);
      store (work, results, tile, p);
      p++;
    } else if (few > 1 && p + few <= MIN (panels.end, gemm->columns / gemm->unit->panel)) {
      block.out = result_at (work, tile.first, p);
      gemm->unit->few[work->panels.form](height, &block);
      p += few;
    } else {
      block.out = result_at (work, tile.first, p);
      block_function (work, p) (height, &block);
      p++;
    }
  }
}

/* Few rows against one panel after the other. Where they are several tiles, a stretch of the panel
 * is read from afar for the first one, and the others find it in the first-level cache. */
static void
run_few_rows (
    const Work *work, const float *rows, gint64 row_stride, Range row, const GenGemmThen *then)
{
  const GenGemm *gemm = work->gemm;
  const gint64 tiles = tiles_of (gemm, row), k = gemm->options.k;
  const gint64 stretch = tiles > 1 ? STRETCH_FLOATS / gemm->unit->panel : k;
  Work part = *work;

  for (gint64 p = work->chunk.first; p < work->chunk.end; p += FEW_PANELS) {
    const Range some = { p, MIN (p + FEW_PANELS, work->chunk.end) };

    if (tiles == 1)
      run_tile (work, rows, row_stride, 1, row, some);
    for (gint64 i = some.first; tiles > 1 && i < some.end; i++)
      for (part.at = 0; part.at == 0 || part.at < k; part.at += stretch) {
        part.k = MIN (stretch, k - part.at);
        for (gint64 t = 0; t < tiles; t++) {
          const Range tile = tile_range (row, t, tiles);

          run_tile (&part, rows + (tile.first - row.first) * row_stride + part.at, row_stride, 1,
              tile, (Range){ i, i + 1 });
        }
      }
    finish (gemm, then, row, some);
  }
}

/* One tile of rows after the other against all panels of the chunk. */
static void
run_rows (const Work *work, const float *rows, Range row, float *scratch, const GenGemmThen *then)
{
  const GenGemm *gemm = work->gemm;
  const gint64 tiles = tiles_of (gemm, row);

  for (gint64 t = 0; t < tiles; t++) {
    const Range tile = tile_range (row, t, tiles);
    const int height = tile.end - tile.first;
    const float *from = rows + tile.first * gemm->row_stride;

    if (gemm->row_k_stride == 1) {
      run_tile (work, from, gemm->row_stride, 1, tile, work->chunk);
    } else {
      gen_gemm_pack_rows (from, gemm->row_k_stride, gemm->options.k, height, scratch);
      run_tile (work, scratch, 1, height, tile, work->chunk);
    }
    finish (gemm, then, tile, work->chunk);
  }
}

static void
run_dots (const GenGemm *gemm, const float *a, const float *b, float *c, int part, int parts,
    const GenGemmThen *then)
{
  const GenGemmOptions *o = &gemm->options;
  const Range row = row_range (gemm, part, parts);
  const gint64 row_step = gemm->swapped ? 1 : o->n;

  gen_gemm_dots (&(GenGemmDots){ .rows = (gemm->swapped ? b : a) + row.first * gemm->row_stride,
      .vectors = gemm->swapped ? a : b,
      .n_rows = row.end - row.first,
      .n_vectors = gemm->columns,
      .row_stride = gemm->row_stride,
      .vector_stride = gemm->column_stride,
      .k = o->k,
      .alpha = o->alpha,
      .results = c + row.first * row_step,
      .row_step = row_step,
      .vector_step = gemm->swapped ? o->n : 1 });
  finish (gemm, then, row, (Range){ 0, gemm->panels });
}

static void
run_panels (const GenGemm *gemm, const float *a, const float *b, float *c, void *scratch, int part,
    int parts, const GenGemmThen *then)
{
  const gint64 width = gemm->unit->panel;
  const float *rows = gemm->swapped ? b : a;
  const Range row = row_range (gemm, part, parts), column = column_range (gemm, part, parts);
  const gint64 end = (column.end + width - 1) / width;
  float *own = (float *)scratch + part * part_scratch (gemm);
  float *row_scratch = own + panel_scratch (gemm);
  Work work = { gemm, gemm->swapped ? a : b, c, own, .k = gemm->options.k };

  if (column.first == column.end)
    return;
  for (gint64 p = column.first / width; p < end; p += gemm->chunk) {
    work.chunk = (Range){ p, MIN (p + gemm->chunk, end) };
    work.panels = find_panels (&work);
    if (gemm->row_k_stride == 1 && tiles_of (gemm, row) <= FEW_TILES)
      run_few_rows (&work, rows + row.first * gemm->row_stride, gemm->row_stride, row, then);
    else
      run_rows (&work, rows, row, row_scratch, then);
  }
}

void
gen_gemm_run_then (const GenGemm *gemm, const float *a, const float *b, float *c, void *scratch,
    int part, int parts, const GenGemmThen *then)
{
  if (gemm->split != NULL)
    gen_split_gemm_run (gemm->split, a, b, c, scratch, part, parts, then);
  else if (gemm->dots)
    run_dots (gemm, a, b, c, part, parts, then);
  else
    run_panels (gemm, a, b, c, scratch, part, parts, then);
}

void
gen_gemm_run (const GenGemm *gemm, const float *a, const float *b, float *c, void *scratch,
    int part, int parts)
{
  gen_gemm_run_then (gemm, a, b, c, scratch, part, parts, NULL);
}
