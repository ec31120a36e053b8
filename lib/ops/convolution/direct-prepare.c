/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a convolution goes the direct way (direct_convolve.c), and how it is cut: phases of taps,
 * runs of channels that lie side by side, panels of packed weights, and blocks of pixels that stay
 * in the cache.
 *
 * A transposed convolution of stride s makes the results at s * i + r through those taps that fall
 * on an input, which are the same for every i: a phase. So it is one convolution for each
 * remainder, whose results lie s apart. A convolution forwards has a single phase. */
#include <string.h>

#include "../../device/features.h"
#include "../../device/gemm-pack.h"
#include "direct-convolve.h"

/* Bytes of the source that are worked on together, to stay in the second-level cache; and pixels,
 * enough of them to make up for reading the weights. */
#define BLOCK_BYTES (128 * 1024)
#define LEAST_PIXELS 144
#define MOST_PIXELS 288
/* Tiles up to which it is the reading of the weights that takes the time, not their widening. */
#define TILES_TO_NARROW 2
#define PIXELS_GRAIN 24 /* whole tiles of most kinds */
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
#define FEW_RESULTS 16
#define LONG_LINE 9
/* Where the taps of a line, kept in registers, gain more than oneDNN does by its blocks. */
#define LARGE_KERNEL 4

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
find_inner (GenDirectAxis *axis, gint64 extent)
{
  gint64 least = 0, most = 0;

  for (int t = 0; t < axis->taps; t++) {
    least = MIN (least, axis->offsets[t]);
    most = MAX (most, axis->offsets[t]);
  }
  axis->inner = CLAMP (ceil_div (-least, axis->step), 0, axis->windows);
  axis->inner_end = CLAMP (ceil_div (extent - most, axis->step), axis->inner, axis->windows);
}

/* GenDirectPhase `phase` of an axis, of axis->stride when transposed, else of 1. */
static GenDirectAxis
axis_new (const GenWindowAxis *w, gboolean transposed, gint64 phase)
{
  GenDirectAxis axis = { .offsets = g_new (gint64, w->kernel),
    .numbers = g_new (gint64, w->kernel) };

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
  GenDirectPhase *phase = data;

  for (int i = 0; i < GEN_DIRECT_AXES; i++) {
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
  const int missing = GEN_DIRECT_AXES - c->window.rank;

  if (i < missing)
    return (GenWindowAxis){ .in = 1, .out = 1, .kernel = 1, .stride = 1, .dilation = 1 };
  return c->window.axes[i - missing];
}

/* Whether all taps along the last axis are neighbours. */
static gboolean
is_dense (const GenDirectAxis *axis)
{
  for (int t = 1; t < axis->taps; t++)
    if (axis->offsets[t] != axis->offsets[t - 1] + 1)
      return FALSE;
  return axis->taps > 0;
}

static void
find_runs (const GenConvolve *c, const GenDirectConvolve *d, GenDirectPhase *phase)
{
  const GenDirectAxis *a = phase->axes;
  const GenWindowAxis rows = window_axis (c, 1), columns = window_axis (c, 2);
  gint64 *tap = phase->taps = g_new (gint64, a[0].taps * a[1].taps * a[2].taps);
  GenDirectRun *run = phase->runs = g_new (GenDirectRun, a[0].taps * a[1].taps * a[2].taps);

  for (int z = 0; z < a[0].taps; z++)
    for (int y = 0; y < a[1].taps; y++)
      for (int x = 0; x < a[2].taps; x++) {
        *tap++ =
            (a[0].numbers[z] * rows.kernel + a[1].numbers[y]) * columns.kernel + a[2].numbers[x];
        if (phase->merged > 1 && x > 0)
          continue;
        *run = (GenDirectRun){ .at = { a[0].offsets[z], a[1].offsets[y], a[2].offsets[x] } };
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
cut_stretches (const GenDirectConvolve *d, GenDirectPhase *phase, gint64 most)
{
  gint64 length = phase->n_runs > 0 ? phase->k / phase->n_runs : 0, left = most;
  gint64 pieces = (length + most - 1) / MAX (most, 1);
  GenDirectStretch stretch = { 0 };
  gint64 k = 0;

  phase->segments = g_array_new (FALSE, FALSE, sizeof (GenDirectSegment));
  phase->stretches = g_array_new (FALSE, FALSE, sizeof (GenDirectStretch));
  for (int run = 0; run < phase->n_runs; run++)
    for (gint64 piece = 0; piece < pieces; piece++) {
      gint64 begin = length * piece / pieces, n = length * (piece + 1) / pieces - begin;
      GenDirectSegment segment = { run, begin, phase->runs[run].offset + begin, n };

      if (stretch.n > 0 && n > left) {
        g_array_append_val (phase->stretches, stretch);
        stretch = (GenDirectStretch){ phase->segments->len, 0, k, 0 };
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
  gint64 steps[GEN_DIRECT_AXES], all = 1, k = 0;

  for (int i = 0; i < GEN_DIRECT_AXES; i++) {
    steps[i] = c->transposed ? window_axis (c, i).stride : 1;
    all *= steps[i];
  }
  d->phases = g_array_new (FALSE, FALSE, sizeof (GenDirectPhase));
  g_array_set_clear_func (d->phases, phase_clear);
  for (gint64 p = 0; p < all; p++) {
    gint64 number[GEN_DIRECT_AXES] = { p / (steps[1] * steps[2]), p / steps[2] % steps[1],
      p % steps[2] };
    GenDirectPhase phase = { .windows = c->batch };

    for (int i = 0; i < GEN_DIRECT_AXES; i++) {
      const GenWindowAxis window = window_axis (c, i);

      phase.axes[i] = axis_new (&window, c->transposed, number[i]);
      phase.windows *= phase.axes[i].windows;
    }
    g_array_append_val (d->phases, phase);
  }
  for (guint i = 0; i < d->phases->len; i++) {
    GenDirectPhase *phase = &g_array_index (d->phases, GenDirectPhase, i);
    const GenDirectAxis *last = &phase->axes[GEN_DIRECT_AXES - 1];

    phase->dense = is_dense (last);
    phase->merged = c->groups == 1 && d->in_group <= FEW_CHANNELS && phase->dense ? last->taps : 1;
    find_runs (c, d, phase);
    cut_stretches (d, phase, most);
    phase->packed_at = k * d->step;
    k += phase->k;
  }
}

/* Of a phase. */
static gint64
most_windows (const GenConvolve *c)
{
  gint64 most = c->batch;

  for (int i = 0; i < c->window.rank; i++) {
    const GenWindowAxis *axis = &c->window.axes[i];

    most *= c->transposed ? (axis->out + axis->stride - 1) / axis->stride : axis->out;
  }
  return most;
}

static void
add_panels (const GenConvolve *c, GenDirectConvolve *d, GenGemmForm form)
{
  const gint64 channels = d->out_group;

  d->panels = g_array_new (FALSE, FALSE, sizeof (GenDirectPanel));
  for (gint64 group = 0; group < c->groups; group++)
    for (gint64 channel = 0; channel < channels;) {
      gint64 left = channels - channel;
      GenDirectPanel panel = { .unit = gen_direct_unit (left), .group = group, .channel = channel };

      panel.width = d->form == GEN_DIRECT_DOTS ? channels : panel.unit->width;
      panel.columns = MIN (panel.width, left);
      panel.shift = group * d->in_group;
      if (d->form == GEN_DIRECT_DENSE && panel.unit->tile[form] != NULL)
        panel.form = form;
      panel.step =
          panel.width * (panel.form == GEN_GEMM_FLOAT32 ? sizeof (float) : sizeof (guint16));
      panel.at = d->step;
      d->step += panel.step;
      channel = panel.channel + panel.columns;
      g_array_append_val (d->panels, panel);
    }
}

/* Parts share panels where that is as even, and reads less than when each reads all weights. */
static void
share_parts (const GenConvolve *c, GenDirectConvolve *d, int parts)
{
  const double weights = (double)d->step / sizeof (float) * d->in_group * d->taps,
               source = c->batch * c->source_size;
  const gint64 rows = g_array_index (d->panels, GenDirectPanel, 0).unit->rows;
  const gint64 tiles = (most_windows (c) + rows - 1) / rows, panels = d->panels->len;
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
    const GenDirectPhase *phase = &g_array_index (d->phases, GenDirectPhase, i);

    runs = MAX (runs, phase->n_runs);
    if (phase->merged > 1)
      strips = MAX (strips, phase->k);
  }
  pixel = MAX (c->in_channels, 1) *
          g_array_index (d->phases, GenDirectPhase, 0).axes[GEN_DIRECT_AXES - 1].step *
          sizeof (float);
  n = MIN (BLOCK_BYTES / pixel, TABLE_BYTES / (gint64)sizeof (float *) / MAX (runs, 1));
  n = MIN (n, STRIPS_BYTES / (gint64)sizeof (float) / MAX (strips, 1));
  n = CLAMP (n, LEAST_PIXELS, MOST_PIXELS) / PIXELS_GRAIN * PIXELS_GRAIN;
  d->pixels = MIN (n, most_windows (c));
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
  g_clear_pointer (&d->panels, g_array_unref);
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
  const gint64 line = c->window.axes[c->window.rank - 1].kernel;
  gint64 taps = 1, windows = c->batch, useful = 1, made = 1;
  gboolean strided = FALSE, dilated = FALSE, dots;

  for (int i = 0; i < c->window.rank; i++) {
    const GenWindowAxis *axis = &c->window.axes[i];

    taps *= axis->kernel;
    windows *= axis->out;
    useful *= axis->in * axis->stride;
    made *= axis->out;
    strided |= axis->stride > 1;
    dilated |= axis->dilation > 1;
  }
  /* Of no channels, results are the bias, which oneDNN refuses. */
  if (c->in_channels == 0)
    return gen_direct_convolve_can (c);
  if (!gen_direct_convolve_can (c) || taps == 1)
    return FALSE;
  /* oneDNN has depthwise kernels for pictures alone. */
  if (in_group == 1 && out_group == 1)
    return gen_depthwise_suits (c->groups) &&
           (c->transposed || c->window.rank != 2 ||
               (gen_cpu_has (GEN_CPU_AVX512) && c->window.axes[0].kernel >= LARGE_KERNEL));
  dots = out_group <= GEN_DIRECT_MAX_DOTS && gen_direct_dots (in_group) != NULL;
  /* Most taps of a transposed convolution of a few pixels fall beyond them; and the phases of one
   * of few channels are too short for dots, but oneDNN's are one problem. */
  if (c->transposed)
    return 2 * useful >= made && !(gen_cpu_has (GEN_CPU_AVX512) && dots && c->window.rank > 1);
  if (!gen_cpu_has (GEN_CPU_AVX2) || dots)
    return TRUE;
  if (gen_cpu_has (GEN_CPU_AVX512))
    return c->window.rank <= 2 &&
           (windows <= FEW_WINDOWS / 2 || (dilated && c->out_channels < MANY_CHANNELS));
  if (line >= LONG_LINE || (out_group <= FEW_RESULTS && in_group >= FEW_CHANNELS / 2))
    return TRUE;
  if (c->window.rank > 2)
    return FALSE;
  return dilated || c->groups > 1 || windows <= FEW_WINDOWS || (strided && in_group > FEW_CHANNELS);
}

static GenDirectForm
find_form (const GenConvolve *c, GenDirectConvolve *d)
{
  d->dots = gen_direct_dots (d->in_group);
  if (d->in_group == 1 && d->out_group == 1 && gen_depthwise_suits (c->groups))
    return GEN_DIRECT_DEPTHWISE;
  if (d->out_group <= GEN_DIRECT_MAX_DOTS && d->dots != NULL)
    return GEN_DIRECT_DOTS;
  return GEN_DIRECT_DENSE;
}

void
gen_direct_convolve_init (GenConvolve *c, int parts, GenGemmForm form)
{
  GenDirectConvolve *d = g_new0 (GenDirectConvolve, 1);
  gint64 widest, longest = 0, most = G_MAXINT32;

  c->direct = d;
  c->parts = parts;
  d->in_group = c->in_channels / c->groups;
  d->out_group = c->out_channels / c->groups;
  d->taps = 1;
  for (int i = 0; i < GEN_DIRECT_AXES; i++) {
    const GenWindowAxis axis = window_axis (c, i);

    d->in[i] = axis.in;
    d->out[i] = axis.out;
    d->taps *= axis.kernel;
    longest = MAX (longest, axis.kernel);
  }
  d->form = find_form (c, d);
  if (most_windows (c) > TILES_TO_NARROW * gen_direct_unit (d->out_group)->rows)
    form = GEN_GEMM_FLOAT32;
  if (d->form == GEN_DIRECT_DEPTHWISE) {
    d->step = c->out_channels * sizeof (float);
    add_phases (c, d, most);
    c->part_scratch = gen_depthwise_scratch (d);
  } else {
    add_panels (c, d, form);
    widest = g_array_index (d->panels, GenDirectPanel, 0).step;
    if (d->form == GEN_DIRECT_DENSE)
      most = STRETCH_BYTES / widest;
    add_phases (c, d, most);
    d->zeros = g_new0 (float, c->in_channels *longest + GEN_DIRECT_MAX_WIDTH);
    share_parts (c, d, parts);
    c->part_scratch = choose_block (c, d);
  }
  for (guint i = 0; i < d->phases->len; i++)
    c->packed_size += g_array_index (d->phases, GenDirectPhase, i).k * d->step;
  c->packed_size = (c->packed_size + 63) & ~(gsize)63;
  /* Weights are taken as they are. */
  c->permuted = FALSE;
  c->permuted_size = 0;
}

/* --- weights --- */

/* Elements of the weights from one channel of a panel, or input channel, to the next. */
static void
pack_panel (const GenConvolve *c, const GenDirectConvolve *d, const GenDirectPhase *phase,
    const GenDirectPanel *panel, const GenFloatAnywhere *weights, float *to)
{
  const gint64 by_in = c->transposed ? d->out_group * d->taps : d->taps;
  const gint64 by_out = c->transposed ? d->taps : d->in_group * d->taps;
  const gint64 chunk = c->transposed ? 1 : 16, width = panel->width, taps = phase->n_taps;
  /* Those of a channel lie side by side for dots, else those of all channels. */
  const gint64 k_step = d->form == GEN_DIRECT_DOTS ? 1 : width,
               lane_step = d->form == GEN_DIRECT_DOTS ? phase->k : 1;

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

  if (d->form == GEN_DIRECT_DEPTHWISE) {
    gen_depthwise_pack (c, weights, packed, part, parts);
    return;
  }
  gen_kernel_share (d->panels->len, 1, part, parts, &first, &end);
  for (guint i = 0; i < d->phases->len; i++) {
    const GenDirectPhase *phase = &g_array_index (d->phases, GenDirectPhase, i);

    for (gsize p = first; p < end; p++) {
      const GenDirectPanel *panel = &g_array_index (d->panels, GenDirectPanel, p);
      char *to = packed + phase->packed_at + panel->at * phase->k;
      g_autofree float *wide =
          panel->form != GEN_GEMM_FLOAT32 ? g_new (float, phase->k * panel->width) : NULL;

      pack_panel (c, d, phase, panel, weights, wide != NULL ? wide : (float *)to);
      if (wide != NULL)
        gen_gemm_narrow_panel (panel->form, wide, phase->k, panel->width, (guint16 *)to);
    }
  }
}
