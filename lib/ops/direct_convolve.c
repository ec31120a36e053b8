/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolutions that read the source where it lies (../device/direct_tile.h): nothing is gathered,
 * and nothing padded. What a tile needs to know of a pixel is a pointer; where a window reaches
 * beyond the picture, it is a pointer for each tap, to zeros for those beyond (Dukhan, "The
 * indirect convolution algorithm", 2019).
 *
 * A transposed convolution of stride s makes the results at s * i + r through those taps that fall
 * on an input, which are the same for every i: a phase. So it is one convolution for each
 * remainder, whose results lie s apart. A convolution forwards has a single phase. */
#include "convolve-private.h"

#include <string.h>

#include "../device/direct_unit.h"
#include "../device/features.h"
#include "activation.h"

/* Bytes of the source that are worked on together, to stay in the second-level cache; and pixels,
 * enough of them to make up for reading the weights. */
#define BLOCK_BYTES (128 * 1024)
#define LEAST_PIXELS 144
#define MOST_PIXELS 288
/* Bytes of a panel's weights that are used for all those pixels before the next ones: they stay in
 * the second-level cache, too. */
#define STRETCH_BYTES (64 * 1024)
/* With so few channels, taps that are neighbours become one run. */
#define FEW_CHANNELS 16
/* Bytes of copies of such runs at the edges, and of pointers, for a block. */
#define STRIPS_BYTES (128 * 1024)
#define TABLE_BYTES (64 * 1024)

/* Where oneDNN is as fast with vectors of 512 bits; and where it is slow with those of 256. */
#define MANY_CHANNELS 64
#define FEW_WINDOWS 64

#define AXES GEN_CONVOLUTION_MAX_RANK

/* Window w of an axis reads the source at step * w + offsets[tap], and makes the result at
 * place + place_step * w. */
typedef struct {
  gint64 windows, step, place, place_step;
  int taps;
  gint64 *offsets, *numbers; /* of each tap: where it reads; which it is of the kernel's */
  gint64 inner, inner_end;   /* windows that lie within the source */
} Axis;

typedef struct {
  gint64 at[AXES]; /* of its first pixel, from a window's place */
  gint64 offset;   /* the same in elements */
} Run;

/* Segments that are worked off for all pixels of a block before the next ones. */
typedef struct {
  int first, n;
  gint64 k, length; /* in front of it, and its own */
} Stretch;

typedef struct {
  Axis axes[AXES];
  gint64 windows; /* of the batch */
  gint64 merged;  /* pixels of a run */
  gint64 k;
  int n_taps, n_runs;
  gint64 *taps; /* numbers of the kernel's, in the order of the weights */
  Run *runs;
  GArray *segments, *stretches;
  gsize packed_at; /* floats */
} Phase;

typedef struct {
  const GenDirectUnit *unit;
  gint64 width;          /* channels with their rest */
  gint64 shift;          /* in the source */
  gint64 group, channel; /* the first, of its group */
  gint64 columns, lanes; /* lanes: of the panels in front */
} Panel;

typedef enum { DENSE, SEPARATE, DOTS } Form;

struct _GenDirectConvolve {
  Form form;
  GenDirectDotsFunc dots;
  gint64 in[AXES], out[AXES];
  gint64 in_group, out_group; /* channels; of a pixel that a tile reads */
  gint64 taps;                /* of the kernel */
  GArray *phases, *panels;
  gint64 lanes;
  gint64 pixels;              /* of a block */
  int row_parts, panel_parts; /* parts share the blocks, and the panels */
  float *zeros;               /* a run beyond the picture */
  gsize places_at, inner_at, table_at, strips_at, sums_at; /* bytes, in a part's scratch */
};

/* --- shape --- */

static gint64
modulo (gint64 a, gint64 b)
{
  return (a % b + b) % b;
}

static gint64
ceil_div (gint64 a, gint64 b)
{
  return a >= 0 ? (a + b - 1) / b : -(-a / b);
}

/* The windows [inner, inner_end) reach nowhere beyond the source. */
static void
find_inner (Axis *axis, gint64 extent)
{
  gint64 least = 0, most = 0;

  for (int t = 0; t < axis->taps; t++) {
    least = MIN (least, axis->offsets[t]);
    most = MAX (most, axis->offsets[t]);
  }
  axis->inner = CLAMP (ceil_div (-least, axis->step), 0, axis->windows);
  axis->inner_end = CLAMP (ceil_div (extent - most, axis->step), axis->inner, axis->windows);
}

/* Phase `phase` of an axis, of axis->stride when transposed, else of 1. */
static Axis
axis_new (const GenWindowAxis *w, gboolean transposed, gint64 phase)
{
  Axis axis = { .offsets = g_new (gint64, w->kernel), .numbers = g_new (gint64, w->kernel) };

  if (!transposed) {
    axis.windows = w->out;
    axis.step = w->stride;
    axis.place_step = 1;
    axis.taps = w->kernel;
    for (int t = 0; t < axis.taps; t++) {
      axis.offsets[t] = t * w->dilation - w->before;
      axis.numbers[t] = t;
    }
  } else {
    axis.windows = phase < w->out ? (w->out - phase + w->stride - 1) / w->stride : 0;
    axis.step = 1;
    axis.place = phase;
    axis.place_step = w->stride;
    /* From the last tap on, which reads what comes first. */
    for (gint64 t = w->kernel - 1; t >= 0; t--) {
      gint64 from = phase + w->before - t * w->dilation;

      if (modulo (from, w->stride) != 0)
        continue;
      axis.offsets[axis.taps] = from / w->stride;
      axis.numbers[axis.taps++] = t;
    }
  }
  find_inner (&axis, w->in);
  return axis;
}

static void
phase_clear (gpointer data)
{
  Phase *phase = data;

  for (int i = 0; i < AXES; i++) {
    g_free (phase->axes[i].offsets);
    g_free (phase->axes[i].numbers);
  }
  g_free (phase->taps);
  g_free (phase->runs);
  g_array_unref (phase->segments);
  g_array_unref (phase->stretches);
}

static GenWindowAxis
window_axis (const GenConvolve *c, int i)
{
  const int missing = AXES - c->window.rank;

  if (i < missing)
    return (GenWindowAxis){ .in = 1, .out = 1, .kernel = 1, .stride = 1, .dilation = 1 };
  return c->window.axes[i - missing];
}

/* Whether all taps along the last axis are neighbours. */
static gboolean
is_dense (const Axis *axis)
{
  for (int t = 1; t < axis->taps; t++)
    if (axis->offsets[t] != axis->offsets[t - 1] + 1)
      return FALSE;
  return axis->taps > 0;
}

static void
find_runs (const GenConvolve *c, const GenDirectConvolve *d, Phase *phase)
{
  const Axis *a = phase->axes;
  const GenWindowAxis rows = window_axis (c, 1), columns = window_axis (c, 2);
  gint64 *tap = phase->taps = g_new (gint64, a[0].taps * a[1].taps * a[2].taps);
  Run *run = phase->runs = g_new (Run, a[0].taps * a[1].taps * a[2].taps);

  for (int z = 0; z < a[0].taps; z++)
    for (int y = 0; y < a[1].taps; y++)
      for (int x = 0; x < a[2].taps; x++) {
        *tap++ =
            (a[0].numbers[z] * rows.kernel + a[1].numbers[y]) * columns.kernel + a[2].numbers[x];
        if (phase->merged > 1 && x > 0)
          continue;
        *run = (Run){ .at = { a[0].offsets[z], a[1].offsets[y], a[2].offsets[x] } };
        run->offset =
            ((run->at[0] * d->in[1] + run->at[1]) * d->in[2] + run->at[2]) * c->in_channels;
        run++;
      }
  phase->n_taps = tap - phase->taps;
  phase->n_runs = run - phase->runs;
  phase->k = phase->n_taps * d->in_group;
}

/* Runs are cut where a stretch would not stay in the cache. */
static void
cut_stretches (const GenDirectConvolve *d, Phase *phase, gint64 most)
{
  gint64 length = phase->n_runs > 0 ? phase->k / phase->n_runs : 0, left = most;
  gint64 pieces = (length + most - 1) / MAX (most, 1);
  Stretch stretch = { 0 };
  gint64 k = 0;

  phase->segments = g_array_new (FALSE, FALSE, sizeof (GenDirectSegment));
  phase->stretches = g_array_new (FALSE, FALSE, sizeof (Stretch));
  for (int run = 0; run < phase->n_runs; run++)
    for (gint64 piece = 0; piece < pieces; piece++) {
      gint64 begin = length * piece / pieces, n = length * (piece + 1) / pieces - begin;
      GenDirectSegment segment = { run, begin, phase->runs[run].offset + begin, n };

      if (stretch.n > 0 && n > left) {
        g_array_append_val (phase->stretches, stretch);
        stretch = (Stretch){ phase->segments->len, 0, k, 0 };
        left = most;
      }
      g_array_append_val (phase->segments, segment);
      stretch.n++;
      stretch.length += n;
      left -= n;
      k += n;
    }
  g_array_append_val (phase->stretches, stretch);
}

static void
add_phases (const GenConvolve *c, GenDirectConvolve *d, gint64 most)
{
  gint64 steps[AXES], all = 1, k = 0;

  for (int i = 0; i < AXES; i++) {
    steps[i] = c->transposed ? window_axis (c, i).stride : 1;
    all *= steps[i];
  }
  d->phases = g_array_new (FALSE, FALSE, sizeof (Phase));
  g_array_set_clear_func (d->phases, phase_clear);
  for (gint64 p = 0; p < all; p++) {
    gint64 number[AXES] = { p / (steps[1] * steps[2]), p / steps[2] % steps[1], p % steps[2] };
    Phase phase = { .windows = c->batch };

    for (int i = 0; i < AXES; i++) {
      const GenWindowAxis window = window_axis (c, i);

      phase.axes[i] = axis_new (&window, c->transposed, number[i]);
      phase.windows *= phase.axes[i].windows;
    }
    g_array_append_val (d->phases, phase);
  }
  for (guint i = 0; i < d->phases->len; i++) {
    Phase *phase = &g_array_index (d->phases, Phase, i);
    const Axis *last = &phase->axes[AXES - 1];

    phase->merged =
        c->groups == 1 && d->in_group <= FEW_CHANNELS && is_dense (last) ? last->taps : 1;
    find_runs (c, d, phase);
    cut_stretches (d, phase, most);
    phase->packed_at = k * d->lanes;
    k += phase->k;
  }
}

static void
add_panels (const GenConvolve *c, GenDirectConvolve *d)
{
  gint64 groups = d->form == SEPARATE ? 1 : c->groups;
  gint64 channels = d->form == SEPARATE ? c->out_channels : d->out_group;

  d->panels = g_array_new (FALSE, FALSE, sizeof (Panel));
  for (gint64 group = 0; group < groups; group++)
    for (gint64 channel = 0; channel < channels;) {
      gint64 left = channels - channel;
      Panel panel = { .unit = gen_direct_unit (left), .group = group, .channel = channel };

      while (d->form == SEPARATE && panel.unit->width > channels)
        panel.unit = gen_direct_unit (panel.unit->width / 2);
      panel.width = d->form == DOTS ? channels : panel.unit->width;
      panel.columns = MIN (panel.width, left);
      /* A last panel of separate channels reaches back, not beyond them. */
      if (d->form == SEPARATE && panel.columns < panel.width) {
        panel.channel = channels - panel.width;
        panel.columns = panel.width;
      }
      panel.shift = d->form == SEPARATE ? panel.channel : group * d->in_group;
      panel.lanes = d->lanes;
      d->lanes += panel.width;
      channel = panel.channel + panel.columns;
      g_array_append_val (d->panels, panel);
    }
}

static gint64
most_windows (const GenDirectConvolve *d)
{
  gint64 most = 0;

  for (guint i = 0; i < d->phases->len; i++)
    most = MAX (most, g_array_index (d->phases, Phase, i).windows);
  return most;
}

/* Parts share panels where that is as even, and reads less than when each reads all weights. */
static void
share_parts (const GenConvolve *c, GenDirectConvolve *d, int parts)
{
  const double weights = (double)d->lanes * d->in_group * d->taps,
               source = c->batch * c->source_size;
  const gint64 rows = g_array_index (d->panels, Panel, 0).unit->rows;
  const gint64 tiles = (most_windows (d) + rows - 1) / rows, panels = d->panels->len;
  double least = 0;

  for (int n = 1; n <= parts; n++) {
    gint64 work = (panels + n - 1) / n * ((tiles + parts / n - 1) / (parts / n));
    double cost = work * (1 + 0.05 * (n * source + parts / n * weights) / (source + weights));

    if (parts % n != 0 || (n > 1 && cost >= least))
      continue;
    least = cost;
    d->panel_parts = n;
    d->row_parts = parts / n;
  }
}

/* Pixels of a block, and the scratch for that many. */
static gsize
choose_block (const GenConvolve *c, GenDirectConvolve *d)
{
  gint64 runs = 0, strips = 0, pixel, n;
  gsize at;

  for (guint i = 0; i < d->phases->len; i++) {
    const Phase *phase = &g_array_index (d->phases, Phase, i);

    runs = MAX (runs, phase->n_runs);
    if (phase->merged > 1)
      strips = MAX (strips, phase->k);
  }
  pixel = c->in_channels * g_array_index (d->phases, Phase, 0).axes[AXES - 1].step * sizeof (float);
  n = MIN (BLOCK_BYTES / pixel, TABLE_BYTES / (gint64)sizeof (float *) / MAX (runs, 1));
  n = MIN (n, STRIPS_BYTES / (gint64)sizeof (float) / MAX (strips, 1));
  n = CLAMP (n, LEAST_PIXELS, MOST_PIXELS) / GEN_DIRECT_MAX_ROWS * GEN_DIRECT_MAX_ROWS;
  d->pixels = MIN (n, most_windows (d));
  at = d->pixels * sizeof (float *);
  d->places_at = at;
  at += d->pixels * sizeof (gint64);
  d->table_at = at;
  at += d->pixels * runs * sizeof (float *);
  d->inner_at = at;
  at = (at + d->pixels + 63) & ~(gsize)63;
  d->sums_at = at;
  at += d->pixels * GEN_DIRECT_MAX_WIDTH * sizeof (float);
  d->strips_at = at;
  at += d->pixels * strips * sizeof (float);
  return (at + 63) & ~(gsize)63;
}

void
gen_direct_convolve_free (GenDirectConvolve *d)
{
  g_array_unref (d->phases);
  g_array_unref (d->panels);
  g_free (d->zeros);
  g_free (d);
}

gboolean
gen_direct_convolve_can (const GenConvolve *c)
{
  return c->layout == GEN_LAYOUT_CHANNELS_LAST;
}

/* What was found on processors with each kind of vectors. */
gboolean
gen_direct_convolve_suits (const GenConvolve *c)
{
  const gint64 in_group = c->in_channels / c->groups, out_group = c->out_channels / c->groups;
  gint64 taps = 1, windows = c->batch, useful = 1, made = 1;
  gboolean strided = FALSE, dilated = FALSE;

  for (int i = 0; i < c->window.rank; i++) {
    const GenWindowAxis *axis = &c->window.axes[i];

    taps *= axis->kernel;
    windows *= axis->out;
    useful *= axis->in * axis->stride;
    made *= axis->out;
    strided |= axis->stride > 1;
    dilated |= axis->dilation > 1;
  }
  if (!gen_direct_convolve_can (c) || taps == 1 || (in_group == 1 && out_group == 1))
    return FALSE;
  /* Most taps of a transposed convolution of a few pixels fall beyond them. */
  if (c->transposed)
    return 2 * useful >= made;
  if (!gen_cpu_has (GEN_CPU_AVX2) || (out_group <= GEN_DIRECT_MAX_DOTS && in_group % 8 == 0))
    return TRUE;
  if (c->window.rank > 2)
    return FALSE;
  if (gen_cpu_has (GEN_CPU_AVX512))
    return dilated && c->out_channels < MANY_CHANNELS;
  return dilated || c->groups > 1 || windows <= FEW_WINDOWS || (strided && in_group > FEW_CHANNELS);
}

static Form
find_form (const GenConvolve *c, GenDirectConvolve *d)
{
  int vector;

  d->dots = gen_direct_dots (&vector);
  if (d->in_group == 1 && d->out_group == 1 && c->groups >= gen_direct_unit (1)->width)
    return SEPARATE;
  if (d->out_group <= GEN_DIRECT_MAX_DOTS && d->in_group % vector == 0)
    return DOTS;
  return DENSE;
}

void
gen_direct_convolve_init (GenConvolve *c, int parts)
{
  GenDirectConvolve *d = g_new0 (GenDirectConvolve, 1);
  gint64 widest, longest = 0, most = G_MAXINT32;

  c->direct = d;
  c->parts = parts;
  d->in_group = c->in_channels / c->groups;
  d->out_group = c->out_channels / c->groups;
  d->taps = 1;
  for (int i = 0; i < AXES; i++) {
    const GenWindowAxis axis = window_axis (c, i);

    d->in[i] = axis.in;
    d->out[i] = axis.out;
    d->taps *= axis.kernel;
    longest = MAX (longest, axis.kernel);
  }
  d->form = find_form (c, d);
  add_panels (c, d);
  widest = g_array_index (d->panels, Panel, 0).width;
  if (d->form == DENSE)
    most = STRETCH_BYTES / (gint64)sizeof (float) / widest;
  add_phases (c, d, most);
  d->zeros = g_new0 (float, c->in_channels *longest + GEN_DIRECT_MAX_WIDTH);
  share_parts (c, d, parts);
  c->part_scratch = choose_block (c, d);
  for (guint i = 0; i < d->phases->len; i++)
    c->packed_size += g_array_index (d->phases, Phase, i).k * d->lanes * sizeof (float);
  /* Weights are taken as they are. */
  c->permuted = FALSE;
  c->permuted_size = 0;
}

/* --- weights --- */

/* Elements of the weights from one channel of a panel, or input channel, to the next. */
static void
pack_panel (const GenConvolve *c, const GenDirectConvolve *d, const Phase *phase,
    const Panel *panel, const GenFloatAnywhere *weights, float *to)
{
  const gint64 by_in = c->transposed ? d->out_group * d->taps : d->taps;
  const gint64 by_out = c->transposed ? d->taps : d->in_group * d->taps;
  const gint64 chunk = c->transposed ? 1 : 16, width = panel->width, taps = phase->n_taps;
  /* Those of a channel lie side by side for dots, else those of all channels. */
  const gint64 k_step = d->form == DOTS ? 1 : width, lane_step = d->form == DOTS ? phase->k : 1;

  weights += panel->group * d->in_group * d->out_group * d->taps + panel->channel * by_out;
  if (panel->columns < width)
    memset (to, 0, phase->k * width * sizeof *to);
  for (gint64 first = 0; first < d->in_group; first += chunk)
    for (gint64 lane = 0; lane < panel->columns; lane++)
      for (gint64 in = first; in < MIN (first + chunk, d->in_group); in++) {
        const GenFloatAnywhere *from = weights + lane * by_out + in * by_in;

        for (gint64 t = 0; t < taps; t++)
          to[(t * d->in_group + in) * k_step + lane * lane_step] = from[phase->taps[t]];
      }
}

void
gen_direct_convolve_pack (
    const GenConvolve *c, const float *weights, char *packed, int part, int parts)
{
  const GenDirectConvolve *d = c->direct;
  gsize first, end;

  gen_kernel_share (d->panels->len, 1, part, parts, &first, &end);
  for (guint i = 0; i < d->phases->len; i++) {
    const Phase *phase = &g_array_index (d->phases, Phase, i);

    for (gsize p = first; p < end; p++) {
      const Panel *panel = &g_array_index (d->panels, Panel, p);

      pack_panel (c, d, phase, panel, weights,
          (float *)packed + phase->packed_at + panel->lanes * phase->k);
    }
  }
}

/* --- the pixels of a block --- */

typedef struct {
  const GenConvolve *c;
  const GenDirectConvolve *d;
  const GenFinish *finish;
  const Phase *phase;
  const float *source, *packed;
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
  gint64 item, at[AXES], n;
  gint64 first;   /* in the block */
  gboolean inner; /* but for the edges on the left and on the right */
} Line;

static Line
line_of (const Phase *phase, gint64 window, gint64 first, gint64 left)
{
  const Axis *a = phase->axes;
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
  const Axis *a = b->phase->axes, *x = &a[2];
  gint64 from = 0, to = 0, step = x->step * c->in_channels;
  gint64 place_step = x->place_step * c->out_channels;
  gint64 begin = CLAMP (x->inner - line->at[2], 0, line->n);
  gint64 end = CLAMP (x->inner_end - line->at[2], begin, line->n);

  for (int i = 0; i < AXES; i++) {
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
  const Axis *a = b->phase->axes;
  const Run *run = &b->phase->runs[number];
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
  const Axis *x = &b->phase->axes[2];
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
give_results (const Block *b, const Panel *panel, gint64 channel)
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
    memcpy (b->result + b->places[i] + channel, b->sums + i * width, columns * sizeof (float));
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
run_tiles (const Block *b, const Panel *panel, gint64 k, GenDirectTile *tile)
{
  const gint64 rows = b->d->form == DOTS ? GEN_DIRECT_DOTS_ROWS : panel->unit->rows;
  const gint64 tiles = (b->n + rows - 1) / rows;
  const float *begin = tile->begin, *next = tile->weights + k * panel->width;
  float *result = tile->result;

  tile->ahead_step = GEN_DIRECT_CHUNK * panel->width * sizeof (float) / tiles;
  for (gint64 t = 0; t < tiles; t++) {
    gint64 first = tile_begin (t, tiles, rows, b->n);
    gint64 n = tile_begin (t + 1, tiles, rows, b->n) - first;

    tile->pixels = b->pixels + first;
    tile->places = b->places + first;
    tile->table = memchr (b->inner + first, 0, n) != NULL ? b->table + first : NULL;
    tile->ahead = (const char *)next + t * (k / GEN_DIRECT_CHUNK) * tile->ahead_step;
    tile->begin = begin + first * tile->begin_stride;
    tile->result = tile->scatters ? result : result + first * panel->width;
    if (b->d->form == DENSE)
      panel->unit->tile (n, tile);
    else if (b->d->form == SEPARATE)
      panel->unit->separate (n, tile);
    else
      b->d->dots (n, panel->columns, tile);
  }
}

static void
run_panel (const Block *b, const Panel *panel)
{
  const GenDirectConvolve *d = b->d;
  const Phase *phase = b->phase;
  const float *weights = b->packed + phase->packed_at + panel->lanes * phase->k;
  const gint64 channel = panel->group * d->out_group + panel->channel;
  const GenDirectTile plain = {
    .k = phase->k, .shift = panel->shift, .table_stride = d->pixels, .zeros = d->zeros
  };
  GenDirectTile last = plain;
  gboolean whole = d->form != DOTS && panel->columns == panel->width &&
                   gen_direct_activate (&last, &b->finish->activation);
  float bias[GEN_DIRECT_MAX_WIDTH] = { 0 };

  if (b->finish->bias != NULL)
    memcpy (bias, b->finish->bias + channel, panel->columns * sizeof *bias);
  for (guint i = 0; i < phase->stretches->len; i++) {
    const Stretch *stretch = &g_array_index (phase->stretches, Stretch, i);
    gboolean ends = i + 1 == phase->stretches->len;
    GenDirectTile tile = ends && whole ? last : plain;

    tile.weights = weights + stretch->k * panel->width;
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
    .packed = (const float *)packed,
    .result = result,
    .pixels = (const float **)scratch,
    .places = (gint64 *)(scratch + d->places_at),
    .inner = (guint8 *)scratch + d->inner_at,
    .table = (const float **)(scratch + d->table_at),
    .strips = (float *)(scratch + d->strips_at),
    .sums = (float *)(scratch + d->sums_at) };
  gint64 most = 0;
  gsize panel, panel_end;

  gen_kernel_share (d->panels->len, 1, part % d->panel_parts, d->panel_parts, &panel, &panel_end);
  /* A block of each phase in turns: they read the same pixels. */
  for (gint64 at = 0; at == 0 || at < most; at += d->pixels)
    for (guint i = 0; i < d->phases->len; i++) {
      gsize first, end;

      b.phase = &g_array_index (d->phases, Phase, i);
      gen_kernel_share (
          b.phase->windows, GEN_DIRECT_MAX_ROWS, part / d->panel_parts, d->row_parts, &first, &end);
      most = MAX (most, (gint64)(end - first));
      if (first + at >= end)
        continue;
      take_pixels (&b, first + at, MIN (d->pixels, (gint64)(end - first) - at));
      for (gsize p = panel; p < panel_end; p++)
        run_panel (&b, &g_array_index (d->panels, Panel, p));
    }
}
