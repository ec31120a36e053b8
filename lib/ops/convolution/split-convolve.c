/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolutions on the tile unit (../device/split-tile.h). The source is split once, pixel by pixel;
 * the tiles of each tap of the kernel are then read where they lie, at the tap's distance, so that
 * nothing is gathered.
 *
 * What makes that possible is a layout in which a step from one result to the next is the same
 * everywhere: the source with its padding, by the strides cut into phases (pixels of equal
 * remainder), rows and items one after the other. Results between rows and between items are made
 * in vain, and left out. */
#include "convolve-private.h"

#include <string.h>

#include "../../device/split-tile.h"
#include "../elementwise/activation.h"

#define BLOCK GEN_SPLIT_BLOCK
/* Bytes of split pixels that are worked on together: they stay in the second-level cache. */
#define SOURCE_BYTES (768 * 1024)
#define RESULTS_BYTES (BLOCK * BLOCK * sizeof (float))
/* Fewer channels fill too little of a tile; less work is not worth the splitting. */
#define LEAST_IN 32
#define LEAST_OUT 8
#define LEAST_WORK 200000.0
/* With three parts a number, the arithmetic is no more than that of Winograd's way, or of float32
 * where a tile of channels is not full or its weights, of that many steps along k, fill the cache.
 */
#define LEAST_OUT_FLOAT32 64
#define MOST_STEPS_FLOAT32 64

struct _GenSplitConvolve {
  const GenProblem *problem;
  int splits;
  GenConvolutionAxis axes[2];    /* rows, columns */
  gint64 steps;                  /* along the channels */
  gsize pixel;                   /* bytes of a split pixel */
  gint64 rows, columns;          /* of an item in a phase */
  gint64 extra;                  /* rows of the source beyond those of the results */
  gint64 all_rows, rows_at_once; /* of all items; worked on together */
  gsize plane;                   /* bytes of a phase of those */
  int taps;
  gsize *offsets;      /* of the taps */
  gint64 blocks;       /* of output channels */
  gsize packed_at;     /* bytes */
  GenSplitForm form;   /* of packed weights: */
  gsize line, made;    /* bytes of 16 channels' packed weights; of a block's tiles in the scratch */
  gboolean split_rows; /* parts share the rows, else the blocks */
};

static void
axes_of (const GenProblem *p, GenConvolutionAxis axes[2])
{
  static const GenConvolutionAxis one = { 1, 1, 1, 1, 1, 0, 0 };

  axes[0] = p->rank == 2 ? p->axes[0] : one;
  axes[1] = p->axes[p->rank - 1];
}

static gint64
reach (const GenConvolutionAxis *axis)
{
  return (axis->kernel - 1) * axis->dilation / axis->stride;
}

static gboolean
can (const GenConvolve *c, const GenProblem *p)
{
  GenConvolutionAxis axes[2];
  double made = 1, wanted = 1, work;

  if (p->kind != GEN_CONVOLUTION_FORWARD || p->rank > 2 || p->in_channels < LEAST_IN ||
      p->out_channels < LEAST_OUT)
    return FALSE;
  axes_of (p, axes);
  for (int i = 0; i < 2; i++) {
    wanted *= axes[i].small;
    made *= axes[i].small + reach (&axes[i]);
  }
  work = c->batch * wanted * p->in_channels * p->out_channels * axes[0].kernel * axes[1].kernel;
  return work >= LEAST_WORK && wanted * 3 >= made;
}

gboolean
gen_split_convolve_can (const GenConvolve *c)
{
  if (c->layout != GEN_LAYOUT_CHANNELS_LAST || c->groups != 1 || !gen_split_is_available ())
    return FALSE;
  for (guint i = 0; i < c->problems->len; i++)
    if (!can (c, &g_array_index (c->problems, GenProblem, i)))
      return FALSE;
  return TRUE;
}

gboolean
gen_split_convolve_suits (const GenConvolve *c, GenPrecision precision)
{
  if (!gen_split_convolve_can (c))
    return FALSE;
  if (precision != GEN_PRECISION_FLOAT32)
    return TRUE;
  if (gen_winograd_excels (c))
    return FALSE;
  for (guint i = 0; i < c->problems->len; i++) {
    const GenProblem *p = &g_array_index (c->problems, GenProblem, i);
    GenConvolutionAxis axes[2];

    axes_of (p, axes);
    if (p->out_channels < LEAST_OUT_FLOAT32 ||
        p->in_channels * axes[0].kernel * axes[1].kernel > MOST_STEPS_FLOAT32 * GEN_SPLIT_STEP)
      return FALSE;
  }
  return TRUE;
}

/* Where each tap reads, from where the result is. */
static gsize *
find_offsets (const GenSplitConvolve *s)
{
  gsize *offsets = g_new (gsize, s->taps), *to = offsets;

  for (int y = 0; y < s->axes[0].kernel; y++)
    for (int x = 0; x < s->axes[1].kernel; x++) {
      gint64 row = y * s->axes[0].dilation, column = x * s->axes[1].dilation;
      gint64 phase = row % s->axes[0].stride * s->axes[1].stride + column % s->axes[1].stride;

      *to++ = phase * s->plane +
              (row / s->axes[0].stride * s->columns + column / s->axes[1].stride) * s->pixel;
    }
  return offsets;
}

static void
split_convolve_free (gpointer data)
{
  GenSplitConvolve *s = data;

  g_free (s->offsets);
  g_free (s);
}

static GenSplitConvolve *
split_convolve_new (const GenConvolve *c, const GenProblem *p, int splits, int parts)
{
  GenSplitConvolve *s = g_new0 (GenSplitConvolve, 1);
  gint64 phases, row, at_once;

  s->problem = p;
  s->splits = splits;
  axes_of (p, s->axes);
  s->steps = (p->in_channels + GEN_SPLIT_STEP - 1) / GEN_SPLIT_STEP;
  /* An odd number of cache lines: neighbours fall on different places of the cache. */
  s->pixel = (s->steps * splits | 1) * 64;
  s->extra = reach (&s->axes[0]);
  s->rows = s->axes[0].small + s->extra;
  s->columns = s->axes[1].small + reach (&s->axes[1]);
  s->all_rows = c->batch * s->rows;
  s->blocks = (p->out_channels + BLOCK - 1) / BLOCK;
  s->split_rows = s->all_rows * s->columns >= p->out_channels || s->blocks < parts;
  phases = s->axes[0].stride * s->axes[1].stride;
  row = phases * s->columns * s->pixel;
  at_once = s->split_rows ? (s->all_rows + parts - 1) / parts : s->all_rows;
  s->rows_at_once = CLAMP (SOURCE_BYTES / row - s->extra, 1, at_once);
  /* The last tiles may read beyond the last pixel, and their last taps beyond that. */
  s->plane = ((s->rows_at_once + s->extra) * s->columns + BLOCK + reach (&s->axes[1])) * s->pixel;
  s->taps = s->axes[0].kernel * s->axes[1].kernel;
  s->offsets = find_offsets (s);
  s->form = gen_split_form (
      &(GenSplitMatrix){ .lines = p->out_channels, .k = s->taps * s->steps * GEN_SPLIT_STEP },
      splits, s->rows_at_once * s->columns / BLOCK);
  s->line = gen_split_stored_size (&s->form, s->taps * s->steps);
  s->made = gen_split_made_size (&s->form, s->taps * s->steps);
  return s;
}

void
gen_split_convolve_init (GenConvolve *c, int parts, GenPrecision precision)
{
  int splits = gen_split_parts (precision, TRUE);

  c->parts = parts;
  c->split = g_ptr_array_new_with_free_func (split_convolve_free);
  for (guint i = 0; i < c->problems->len; i++) {
    GenSplitConvolve *s =
        split_convolve_new (c, &g_array_index (c->problems, GenProblem, i), splits, parts);
    gsize phases = s->axes[0].stride * s->axes[1].stride;

    s->packed_at = c->packed_size;
    c->packed_size += s->blocks * BLOCK / GEN_SPLIT_LINES * s->line;
    c->part_scratch = MAX (c->part_scratch, RESULTS_BYTES + s->made + phases * s->plane);
    g_ptr_array_add (c->split, s);
  }
}

/* The weights of `n` channels from `first` on, at each tap those of all inputs in steps of their
 * own: in the order in which they lie, so that channels are the rows of `to` or its columns. */
static GenSplitMatrix
take_channels (const GenSplitConvolve *s, const float *weights, gint64 first, gint64 n, float *to)
{
  const GenProblem *p = s->problem;
  const gint64 *strides = p->weight_strides, step = s->steps * GEN_SPLIT_STEP, k = s->taps * step;

  weights += p->weights + first * strides[0];
  for (int tap = 0; tap < s->taps; tap++) {
    gint64 y = tap / s->axes[1].kernel, x = tap % s->axes[1].kernel;
    const float *from = weights + x * strides[p->rank + 1] + (p->rank == 2 ? y * strides[2] : 0);

    if (strides[0] == 1)
      for (gint64 i = 0; i < p->in_channels; i++)
        memcpy (to + (tap * step + i) * BLOCK, from + i * strides[1], n * sizeof *to);
    else
      for (gint64 c = 0; c < n; c++)
        for (gint64 i = 0; i < p->in_channels; i++)
          to[c * k + tap * step + i] = from[c * strides[0] + i * strides[1]];
  }
  return strides[0] == 1 ? (GenSplitMatrix){ 1, BLOCK, n, k } : (GenSplitMatrix){ k, 1, n, k };
}

static void
pack_weights (const GenSplitConvolve *s, const float *weights, guint8 *packed)
{
  const gint64 k = s->taps * s->steps * GEN_SPLIT_STEP, channels = s->problem->out_channels;
  g_autofree float *block = g_new0 (float, BLOCK *k);

  for (gint64 first = 0; first < channels; first += BLOCK) {
    const GenSplitMatrix matrix =
        take_channels (s, weights, first, MIN (BLOCK, channels - first), block);

    gen_split_store (&s->form, &matrix, block, BLOCK, packed + first / GEN_SPLIT_LINES * s->line);
  }
}

void
gen_split_convolve_pack (const GenConvolve *c, const float *weights, char *packed)
{
  for (guint i = 0; i < c->split->len; i++) {
    const GenSplitConvolve *s = g_ptr_array_index (c->split, i);

    pack_weights (s, weights, (guint8 *)packed + s->packed_at);
  }
}

/* --- the source --- */

/* The columns of one phase in a row of the source, NULL for a row beyond it. */
static void
split_row (const GenSplitConvolve *s, const float *row, gint64 phase, guint8 *to)
{
  const GenConvolutionAxis *axis = &s->axes[1];
  const gint64 channels = s->problem->in_channels;
  gint64 first = phase - axis->before; /* of the source, at the first place */
  gint64 begin, end;                   /* places that the source has */

  if (row == NULL) {
    memset (to, 0, s->columns * s->pixel);
    return;
  }
  begin = first >= 0 ? 0 : (-first + axis->stride - 1) / axis->stride;
  end = first >= axis->large ? 0 : (axis->large - first + axis->stride - 1) / axis->stride;
  begin = MIN (begin, s->columns);
  end = CLAMP (end, begin, s->columns);
  memset (to, 0, begin * s->pixel);
  if (axis->stride == 1)
    gen_split_pixels (row + (first + begin) * channels, end - begin, channels, s->splits, s->pixel,
        to + begin * s->pixel);
  else
    for (gint64 x = begin; x < end; x++)
      gen_split_pixels (row + (first + x * axis->stride) * channels, 1, channels, s->splits,
          s->pixel, to + x * s->pixel);
  memset (to + end * s->pixel, 0, (s->columns - end) * s->pixel);
}

/* All phases of `n` rows from `row` on, counted over all items. */
static void
split_source (const GenConvolve *c, const GenSplitConvolve *s, const float *source, gint64 row,
    gint64 n, guint8 *to)
{
  const GenConvolutionAxis *rows = &s->axes[0], *columns = &s->axes[1];
  const gint64 row_size = columns->large * s->problem->in_channels;

  for (gint64 i = 0; i < n; i++)
    for (gint64 phase = 0; phase < rows->stride; phase++) {
      gint64 item = (row + i) / s->rows;
      gint64 y = (row + i) % s->rows * rows->stride + phase - rows->before;
      const float *from = item < c->batch && y >= 0 && y < rows->large
                              ? source + item * c->source_size + y * row_size
                              : NULL;

      for (gint64 x = 0; x < columns->stride; x++)
        split_row (
            s, from, x, to + (phase * columns->stride + x) * s->plane + i * s->columns * s->pixel);
    }
}

/* --- running --- */

typedef struct {
  const GenConvolve *c;
  const GenSplitConvolve *s;
  const GenFinish *finish;
  const guint8 *packed;
  float *result, *block;
  guint8 *tiles, *source;
} Work;

/* Whether any of the results from place `first` up to `end`, counted from `row`, is wanted. */
static gboolean
is_wanted (const GenSplitConvolve *s, gint64 row, gint64 first, gint64 end)
{
  for (gint64 y = first / s->columns; y <= (end - 1) / s->columns; y++)
    if ((row + y) % s->rows < s->axes[0].small)
      return TRUE;
  return FALSE;
}

static void
give_results (const Work *work, gint64 row, gint64 first, gint64 end, gint64 channel)
{
  const GenSplitConvolve *s = work->s;
  gint64 channels = MIN (BLOCK, s->problem->out_channels - channel);
  const float *added = work->finish->added;
  GenFinish finish = *work->finish;

  finish.bias = finish.bias != NULL ? finish.bias + channel : NULL;
  finish.slopes = finish.slopes != NULL ? finish.slopes + channel : NULL;
  finish.added = NULL;
  for (gint64 i = first; added != NULL && i < end; i++) {
    gint64 y = row + i / s->columns, x = i % s->columns;

    if (x < s->axes[1].small && y % s->rows < s->axes[0].small)
      gen_phases_add (work->c, s->problem, y / s->rows, y % s->rows, x, channel, channels, added,
          work->block + (i - first) * BLOCK);
  }
  gen_finish_apply (&finish, work->block, end - first, channels, BLOCK);
  for (gint64 i = first; i < end; i++) {
    gint64 y = row + i / s->columns, x = i % s->columns;

    if (x < s->axes[1].small && y % s->rows < s->axes[0].small)
      gen_phases_put (work->c, s->problem, y / s->rows, y % s->rows, x, channel, channels,
          work->block + (i - first) * BLOCK, work->result);
  }
}

/* Some rows of results, for the blocks of channels from `begin` up to `end`. */
static void
run_rows (const Work *work, gint64 row, gint64 n, gint64 begin, gint64 end)
{
  const GenSplitConvolve *s = work->s;
  const GenSplitLayout layout = { s->pixel, 64, s->splits * 64 };
  const gint64 places = n * s->columns;

  for (gint64 block = begin; block < end; block++) {
    GenSplitRight right = gen_split_right (
        &s->form, work->packed + block * BLOCK / GEN_SPLIT_LINES * s->line, s->line, work->tiles);

    for (gint64 at = 0; at < places; at += BLOCK) {
      const guint8 *first = work->source + at * s->pixel;

      if (!is_wanted (s, row, at, MIN (at + BLOCK, places)))
        continue;
      gen_split_multiply (&layout, first,
          places - at > GEN_SPLIT_LINES ? first + GEN_SPLIT_LINES * s->pixel : NULL, s->offsets,
          s->taps, s->steps, &right, s->splits, TRUE, work->block);
      right = gen_split_made (&right, s->taps * s->steps);
      give_results (work, row, at, MIN (at + BLOCK, places), block * BLOCK);
    }
  }
}

static void
run_problem (const Work *work, const float *source, int part, int parts)
{
  const GenSplitConvolve *s = work->s;
  gsize row = 0, row_end = s->all_rows, block = 0, block_end = s->blocks;

  if (s->split_rows)
    gen_kernel_share (s->all_rows, 1, part, parts, &row, &row_end);
  else
    gen_kernel_share (s->blocks, 1, part, parts, &block, &block_end);
  for (; row < row_end; row += s->rows_at_once) {
    gint64 n = MIN (s->rows_at_once, (gint64)(row_end - row));

    split_source (work->c, s, source, row, n + s->extra, work->source);
    run_rows (work, row, n, block, block_end);
  }
}

void
gen_split_convolve_run (const GenConvolve *c, const GenFinish *finish, const float *source,
    const char *packed, float *result, char *scratch, int part, int parts)
{
  gen_amx_begin ();
  for (guint i = 0; i < c->split->len; i++) {
    const GenSplitConvolve *s = g_ptr_array_index (c->split, i);
    Work work = { c, s, finish, (const guint8 *)packed + s->packed_at, result, (float *)scratch,
      (guint8 *)scratch + RESULTS_BYTES, (guint8 *)scratch + RESULTS_BYTES + s->made };

    run_problem (&work, source, part, parts);
  }
  gen_amx_end ();
}
