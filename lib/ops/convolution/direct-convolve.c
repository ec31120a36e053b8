/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolutions that read the source where it lies (../device/direct_tile.h): nothing is gathered,
 * and nothing padded. What a tile needs to know of a pixel is a pointer; where a window reaches
 * beyond the picture, it is a pointer for each tap, to zeros for those beyond (Dukhan, "The
 * indirect convolution algorithm", 2019). */
#include "direct-convolve.h"

#include <string.h>

#include "../elementwise/activation.h"

/* --- the pixels of a block --- */

typedef struct {
  const GenConvolve *c;
  const GenDirectConvolve *d;
  const GenFinish *finish;
  const GenDirectPhase *phase;
  const float *source;
  const char *packed;
  float *result;

  gint64 n; /* pixels, and of each: */
  const float **pixels;
  gint64 *places;
  guint8 *inner;  /* whether all its window lies within */
  gboolean edges; /* some does not */
  const float **table;
  float *strips, *strip; /* copies at the edges; the next one */
  float *sums;
} Block;

/* Windows of one row of results. */
typedef struct {
  gint64 item, at[GEN_DIRECT_AXES], n;
  gint64 first;   /* in the block */
  gboolean inner; /* but for the edges on the left and on the right */
} Line;

static Line
line_of (const GenDirectPhase *phase, gint64 window, gint64 first, gint64 left)
{
  const GenDirectAxis *a = phase->axes;
  gint64 row = window / a[2].windows;
  Line line = { .first = first, .inner = TRUE };

  line.at[2] = window % a[2].windows;
  line.at[1] = row % a[1].windows;
  line.at[0] = row / a[1].windows % a[0].windows;
  line.item = row / a[1].windows / a[0].windows;
  line.n = MIN (left, a[2].windows - line.at[2]);
  for (int i = 0; i < 2; i++)
    line.inner &= line.at[i] >= a[i].inner && line.at[i] < a[i].inner_end;
  return line;
}

static void
take_line (Block *b, const Line *line)
{
  const GenConvolve *c = b->c;
  const GenDirectConvolve *d = b->d;
  const GenDirectAxis *a = b->phase->axes, *x = &a[2];
  gint64 from = 0, to = 0, step = x->step * c->in_channels;
  gint64 place_step = x->place_step * c->out_channels;
  gint64 begin = CLAMP (x->inner - line->at[2], 0, line->n);
  gint64 end = CLAMP (x->inner_end - line->at[2], begin, line->n);

  for (int i = 0; i < GEN_DIRECT_AXES; i++) {
    from = from * d->in[i] + line->at[i] * a[i].step;
    to = to * d->out[i] + a[i].place + line->at[i] * a[i].place_step;
  }
  from = line->item * c->source_size + from * c->in_channels;
  to = line->item * c->result_size + to * c->out_channels;
  for (gint64 i = 0; i < line->n; i++) {
    b->pixels[line->first + i] = b->source + (from + i * step);
    b->places[line->first + i] = to + i * place_step;
  }
  memset (b->inner + line->first, 0, line->n);
  if (line->inner)
    memset (b->inner + line->first + begin, 1, end - begin);
  b->edges |= !line->inner || begin > 0 || end < line->n;
}

/* The part of a run that is in the picture, with zeros around. */
static const float *
copy_run (Block *b, const float *row, gint64 x)
{
  const gint64 channels = b->c->in_channels, n = b->phase->merged, width = b->d->in[2];
  gint64 begin = CLAMP (-x, 0, n), end = CLAMP (width - x, begin, n);
  float *to = b->strip;

  b->strip += n * channels;
  memset (to, 0, n * channels * sizeof *to);
  memcpy (
      to + begin * channels, row + (x + begin) * channels, (end - begin) * channels * sizeof *to);
  return to;
}

/* Where a run reads for the windows [begin, end) of a line. */
static void
point (Block *b, const Line *line, int number, gint64 begin, gint64 end)
{
  const GenDirectConvolve *d = b->d;
  const GenDirectAxis *a = b->phase->axes;
  const GenDirectRun *run = &b->phase->runs[number];
  const gint64 channels = b->c->in_channels, merged = b->phase->merged, width = d->in[2];
  gint64 z = line->at[0] * a[0].step + run->at[0], y = line->at[1] * a[1].step + run->at[1];
  gint64 x = (line->at[2] + begin) * a[2].step + run->at[2];
  const float **to = b->table + number * d->pixels + line->first, *row;

  if (z < 0 || z >= d->in[0] || y < 0 || y >= d->in[1]) {
    for (gint64 i = begin; i < end; i++)
      to[i] = d->zeros;
    return;
  }
  row = b->source + line->item * b->c->source_size + (z * d->in[1] + y) * width * channels;
  for (gint64 i = begin; i < end; i++, x += a[2].step)
    if (x >= 0 && x + merged <= width)
      to[i] = row + x * channels;
    else if (x + merged <= 0 || x >= width)
      to[i] = d->zeros;
    else
      to[i] = copy_run (b, row, x);
}

/* Pointers for all pixels that may be in a tile with one whose window reaches beyond. */
static void
point_line (Block *b, const Line *line)
{
  const GenDirectAxis *x = &b->phase->axes[2];
  gint64 left = line->n, right = line->n;

  if (line->inner) {
    left = MAX (x->inner - line->at[2], 0) + GEN_DIRECT_MAX_ROWS;
    right = MIN (x->inner_end - line->at[2], line->n) - GEN_DIRECT_MAX_ROWS;
    if (right <= left)
      left = right = line->n;
  }
  for (int run = 0; run < b->phase->n_runs; run++) {
    point (b, line, run, 0, left);
    point (b, line, run, right, line->n);
  }
}

static void
take_pixels (Block *b, gint64 window, gint64 n)
{
  b->n = n;
  b->edges = FALSE;
  b->strip = b->strips;
  for (gint64 first = 0; first < n;) {
    const Line line = line_of (b->phase, window + first, first, n - first);

    take_line (b, &line);
    first += line.n;
  }
  for (gint64 first = 0; b->edges && first < n;) {
    const Line line = line_of (b->phase, window + first, first, n - first);

    point_line (b, &line);
    first += line.n;
  }
}

/* --- running --- */

/* What a tile could not do while its results were in registers. */
static void
give_results (const Block *b, const GenDirectPanel *panel, gint64 channel)
{
  const gint64 width = panel->width, columns = panel->columns;
  GenFinish finish = *b->finish;

  finish.bias = NULL;
  finish.added = NULL;
  for (gint64 i = 0; b->finish->added != NULL && i < b->n; i++)
    for (gint64 k = 0; k < columns; k++)
      b->sums[i * width + k] += b->finish->added[b->places[i] + channel + k];
  if (finish.slopes != NULL) {
    finish.slopes += channel;
    gen_finish_apply (&finish, b->sums, b->n, columns, width);
  } else {
    gen_finish_apply (&finish, b->sums, 1, b->n * width, 0);
  }
  for (gint64 i = 0; i < b->n; i++)
    for (gint64 k = 0; k < columns; k++)
      b->result[b->places[i] + channel + k] = b->sums[i * width + k];
}

/* Where tile t of all begins: they are full, but the last two share what is left. */
static gint64
tile_begin (gint64 t, gint64 tiles, gint64 rows, gint64 n)
{
  if (t + 1 < tiles)
    return t * rows;
  return t == tiles ? n : (t > 0 ? n - (n - (t - 1) * rows) / 2 : 0);
}

/* A stretch of `k` for all pixels; meanwhile, what follows its weights is fetched. */
static void
run_tiles (const Block *b, const GenDirectPanel *panel, gint64 k, GenDirectTile *tile)
{
  const gboolean dots = b->d->form == GEN_DIRECT_DOTS;
  const gint64 rows = dots ? GEN_DIRECT_DOTS_ROWS : panel->unit->rows;
  const gint64 tiles = (b->n + rows - 1) / rows;
  const float *begin = tile->begin;
  const char *next = (const char *)tile->weights + k * panel->step;
  float *result = tile->result;

  tile->ahead_step = 2 * panel->step / tiles;
  for (gint64 t = 0; t < tiles; t++) {
    gint64 first = dots ? t * rows : tile_begin (t, tiles, rows, b->n);
    gint64 n = (dots ? MIN (first + rows, b->n) : tile_begin (t + 1, tiles, rows, b->n)) - first;

    tile->pixels = b->pixels + first;
    tile->places = b->places + first;
    tile->table = memchr (b->inner + first, 0, n) != NULL ? b->table + first : NULL;
    tile->ahead = next + t * k / 2 * tile->ahead_step;
    tile->begin = begin + first * tile->begin_stride;
    tile->result = tile->scatters ? result : result + first * panel->width;
    if (dots)
      b->d->dots (n, panel->columns, tile);
    else
      panel->unit->tile[panel->form](n, tile);
  }
}

static void
run_panel (const Block *b, const GenDirectPanel *panel)
{
  const GenDirectConvolve *d = b->d;
  const GenDirectPhase *phase = b->phase;
  const char *weights = b->packed + phase->packed_at + panel->at * phase->k;
  const gint64 channel = panel->group * d->out_group + panel->channel;
  const GenDirectTile plain = {
    .k = phase->k, .shift = panel->shift, .table_stride = d->pixels, .zeros = d->zeros
  };
  GenDirectTile last = plain;
  gboolean whole = d->form != GEN_DIRECT_DOTS && panel->columns == panel->width &&
                   gen_tile_activation (&last.then, &b->finish->activation);
  float bias[GEN_DIRECT_MAX_WIDTH] = { 0 };

  if (b->finish->bias != NULL)
    memcpy (bias, b->finish->bias + channel, panel->columns * sizeof *bias);
  for (guint i = 0; i < phase->stretches->len; i++) {
    const GenDirectStretch *stretch = &g_array_index (phase->stretches, GenDirectStretch, i);
    gboolean ends = i + 1 == phase->stretches->len;
    GenDirectTile tile = ends && whole ? last : plain;

    tile.weights = weights + stretch->k * panel->step;
    tile.segments = &g_array_index (phase->segments, GenDirectSegment, stretch->first);
    tile.n_segments = stretch->n;
    tile.begin = i == 0 ? bias : b->sums;
    tile.begin_stride = i == 0 ? 0 : panel->width;
    if (i == 0 && whole && b->finish->added != NULL)
      tile.added = b->finish->added + channel;
    tile.scatters = ends && whole;
    tile.result = tile.scatters ? b->result + channel : b->sums;
    run_tiles (b, panel, stretch->length, &tile);
  }
  if (!whole)
    give_results (b, panel, channel);
}

void
gen_direct_convolve_run (const GenConvolve *c, const GenFinish *finish, const float *source,
    const char *packed, float *result, char *scratch, int part, int parts)
{
  const GenDirectConvolve *d = c->direct;
  Block b = { .c = c,
    .d = d,
    .finish = finish,
    .source = source,
    .packed = packed,
    .result = result,
    .pixels = (const float **)scratch,
    .places = (gint64 *)(scratch + d->places_at),
    .inner = (guint8 *)scratch + d->inner_at,
    .table = (const float **)(scratch + d->table_at),
    .strips = (float *)(scratch + d->strips_at),
    .sums = (float *)(scratch + d->sums_at) };
  gint64 most = 0;
  gsize panel, panel_end;

  if (d->form == GEN_DIRECT_DEPTHWISE) {
    gen_depthwise_run (c, finish, source, packed, result, scratch, part, parts);
    return;
  }
  gen_kernel_share (d->panels->len, 1, part % d->panel_parts, d->panel_parts, &panel, &panel_end);
  /* A block of each phase in turns: they read the same pixels. */
  for (gint64 at = 0; at == 0 || at < most; at += d->pixels)
    for (guint i = 0; i < d->phases->len; i++) {
      gsize first, end;

      b.phase = &g_array_index (d->phases, GenDirectPhase, i);
      gen_kernel_share (
          b.phase->windows, GEN_DIRECT_MAX_ROWS, part / d->panel_parts, d->row_parts, &first, &end);
      most = MAX (most, (gint64)(end - first));
      if (first + at >= end)
        continue;
      take_pixels (&b, first + at, MIN (d->pixels, (gint64)(end - first) - at));
      for (gsize p = panel; p < panel_end; p++)
        run_panel (&b, &g_array_index (d->panels, GenDirectPanel, p));
    }
}
