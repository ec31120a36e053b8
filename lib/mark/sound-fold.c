/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sound-fold.h"

#include <math.h>
#include <string.h>

#include "../simd.h"
#include "sound-expect.h"

/* Speeds that are tried: within +-SPEEDS * STEP, twice as many where more than a window is read,
 * since they lead farther apart there; and then between them. */
#define SPEEDS 5
#define STEP 0.0045
#define FINE_STEP 0.0009
#define FINE 3 /* hops */
/* Values of squares are bounded: a sound's own may be many times as large as a mark's. */
#define BOUND 0.7f
#define LARGEST 1.5f
/* Added to how much values vary in a row, and to what is expected. */
#define LEAST_VARIANCE 0.05f
#define LEAST_EXPECTED 0.05f
/* Mean powers of slots below this are nothing: about -95 dB. */
#define SILENCE 3e-10f

typedef struct {
  guint8 row;
  gint8 sign;
} Pilot;

struct _GenSoundFold {
  const GenSoundPattern *pattern;
  GenSoundExpect expect;
  double width; /* Hz, of a bin */
  int bins;
  Pilot pilots[GEN_SOUND_COLUMNS][GEN_SOUND_ROWS];
  int n_pilots[GEN_SOUND_COLUMNS];

  const float *powers; /* of the window */
  int n;
  int starts;   /* hops that a square may begin with */
  double speed; /* of `values`; 0: there are none */
  float expected[GEN_SOUND_LONGEST][GEN_SOUND_BANDS];
  float energies[GEN_SOUND_LONGEST];
  float logarithms[2][GEN_SOUND_LONGEST]; /* of a row's bands, of slots that begin at each hop */
  float values[GEN_SOUND_ROWS][GEN_SOUND_LONGEST]; /* of squares that begin at each hop, weighed */
  float squares[GEN_SOUND_ROWS][GEN_SOUND_LONGEST];
  float sums[GEN_SOUND_WINDOW], energy[GEN_SOUND_WINDOW]; /* of pilots, by where patterns begin */
};

static void
list_pilots (GenSoundFold *fold)
{
  for (int column = 0; column < GEN_SOUND_COLUMNS; column++)
    for (int row = 0; row < GEN_SOUND_ROWS; row++) {
      const GenSoundSquare *square = &fold->pattern->squares[column * GEN_SOUND_ROWS + row];

      if (square->symbol == GEN_SOUND_PILOT)
        fold->pilots[column][fold->n_pilots[column]++] = (Pilot){ (guint8)row, square->sign };
    }
}

GenSoundFold *
gen_sound_fold_new (const GenSoundPattern *pattern, int rate, int size, int bins)
{
  GenSoundFold *fold = g_new0 (GenSoundFold, 1);
  const double reach = (double)pattern->edges[GEN_SOUND_BANDS] * (1 + (SPEEDS + 1) * STEP);

  fold->pattern = pattern;
  fold->width = (double)rate / size;
  fold->bins = MIN ((int)ceil (reach / fold->width) + 2, bins);
  gen_sound_expect_init (&fold->expect, pattern, fold->width, fold->bins);
  list_pilots (fold);
  return fold;
}

void
gen_sound_fold_free (GenSoundFold *fold)
{
  if (fold == NULL)
    return;
  gen_sound_expect_clear (&fold->expect);
  g_free (fold);
}

int
gen_sound_fold_bins (const GenSoundFold *fold)
{
  return fold->bins;
}

void
gen_sound_fold_set (GenSoundFold *fold, const float *powers, const float *loudness, int n)
{
  fold->powers = powers;
  fold->n = n;
  fold->starts = MAX (n - GEN_SOUND_COLUMN + 1, 0);
  fold->speed = 0;
  gen_sound_expect_fill (&fold->expect, powers, loudness, fold->bins, n, fold->expected);
}

/* --- values --- */

GEN_CLONES (void, add_bins,
    (const float *restrict powers, gsize stride, int n, const float *restrict shares, int count,
        float *restrict energies),
    (powers, stride, n, shares, count, energies))
{
  for (int t = 0; t < n; t++) {
    float sum = 0;

    for (int i = 0; i < count; i++)
      sum += shares[i] * powers[(gsize)t * stride + (gsize)i];
    energies[t] = sum;
  }
}

/* A band's energy in each hop: a bin reaches half its width to both sides. */
static void
add_band (GenSoundFold *fold, double from, double to)
{
  const int first = (int)floor (from / fold->width + 0.5);
  const int last = MIN ((int)floor (to / fold->width + 0.5), fold->bins - 1);
  float shares[64];
  const int count = MIN (last - first + 1, (int)G_N_ELEMENTS (shares));

  for (int i = 0; i < count; i++) {
    const double low = MAX ((first + i - 0.5) * fold->width, from);
    const double high = MIN ((first + i + 0.5) * fold->width, to);

    shares[i] = (float)(MAX (high - low, 0) / fold->width);
  }
  add_bins (fold->powers + first, (gsize)fold->bins, fold->n, shares, count, fold->energies);
}

/* Logarithms of the amplitudes of slots that begin at each hop; NAN where there is nothing. */
static void
fill_logarithms (GenSoundFold *fold, int band, float *logarithms)
{
  const double from = (double)fold->pattern->edges[band] * fold->speed;
  const double to = (double)fold->pattern->edges[band + 1] * fold->speed;

  add_band (fold, from, to);
  for (int t = 0; t + GEN_SOUND_SLOT <= fold->n; t++) {
    float sum = 0;

    for (int i = 0; i < GEN_SOUND_SLOT; i++)
      sum += fold->energies[t + i] / GEN_SOUND_SLOT;
    logarithms[t] = sum > SILENCE ? 0.5f * logf (sum) : NAN;
  }
}

/* Each by how much is expected of it, and by how little its row varies: what a sound has there
 * itself is noise. */
static void
weigh_row (GenSoundFold *fold, int row)
{
  float *values = fold->values[row], *squares = fold->squares[row];
  float variance = 0;

  for (int t = 0; t < fold->starts; t++) {
    const float value = CLAMP (values[t], -LARGEST, LARGEST);

    variance += value * value / (float)fold->starts;
  }
  for (int t = 0; t < fold->starts; t++) {
    const float *now = fold->expected[t] + 2 * row;
    const float *then = fold->expected[t + GEN_SOUND_SLOT] + 2 * row;
    const float expected = now[0] + now[1] + then[0] + then[1] + LEAST_EXPECTED;

    values[t] = CLAMP (values[t], -BOUND, BOUND) * expected / (variance + LEAST_VARIANCE);
    squares[t] = values[t] * values[t];
  }
}

static void
fill_row (GenSoundFold *fold, int row)
{
  float *low = fold->logarithms[0], *high = fold->logarithms[1];

  fill_logarithms (fold, 2 * row, low);
  fill_logarithms (fold, 2 * row + 1, high);
  for (int t = 0; t < fold->starts; t++) {
    const float value = low[t] - low[t + GEN_SOUND_SLOT] - high[t] + high[t + GEN_SOUND_SLOT];

    fold->values[row][t] = isnan (value) ? 0 : value;
  }
  weigh_row (fold, row);
}

static void
fill_values (GenSoundFold *fold, double speed)
{
  if (fold->speed == speed)
    return;
  fold->speed = speed;
  for (int row = 0; row < GEN_SOUND_ROWS; row++)
    fill_row (fold, row);
}

/* --- where it lies --- */

/* Column `place` of a pattern that begins at `begin`, or of those that follow it or come before it
 * (place < 0): where it begins, which may be outside of the window. */
static int
start_of (const GenSoundFold *fold, double begin, int place)
{
  return (int)lrint (begin + place * (double)GEN_SOUND_COLUMN / fold->speed);
}

static int
first_place (const GenSoundFold *fold, double begin)
{
  return -(int)floor (begin * fold->speed / GEN_SOUND_COLUMN);
}

static int
column_of (int place)
{
  return (place + 4 * GEN_SOUND_COLUMNS) % GEN_SOUND_COLUMNS;
}

GEN_CLONES (void, add_pilot,
    (const float *restrict values, const float *restrict squares, float sign, int n,
        float *restrict sums, float *restrict energy),
    (values, squares, sign, n, sums, energy))
{
  for (int i = 0; i < n; i++) {
    sums[i] += sign * values[i];
    energy[i] += squares[i];
  }
}

/* What pilots add up to, for patterns that begin at each of `period` hops. */
static void
add_pilots (GenSoundFold *fold, int period)
{
  int offset;

  memset (fold->sums, 0, sizeof fold->sums);
  memset (fold->energy, 0, sizeof fold->energy);
  for (int place = -GEN_SOUND_COLUMNS - 2; (offset = start_of (fold, 0, place)) < fold->starts;
       place++) {
    const int column = column_of (place);
    const int from = MAX (-offset, 0), to = MIN (period, fold->starts - offset);

    for (int i = 0; i < fold->n_pilots[column] && from < to; i++) {
      const Pilot *pilot = &fold->pilots[column][i];

      add_pilot (fold->values[pilot->row] + from + offset,
          fold->squares[pilot->row] + from + offset, pilot->sign, to - from, fold->sums + from,
          fold->energy + from);
    }
  }
}

double
gen_sound_fold_peak (GenSoundFold *fold, const GenSoundLie *lie)
{
  float sum = 0, energy = 0;
  int start;

  fill_values (fold, lie->speed);
  for (int place = first_place (fold, lie->begin);
       (start = start_of (fold, lie->begin, place)) < fold->starts; place++)
    for (int i = 0; i < fold->n_pilots[column_of (place)] && start >= 0; i++) {
      const Pilot *pilot = &fold->pilots[column_of (place)][i];

      sum += (float)pilot->sign * fold->values[pilot->row][start];
      energy += fold->squares[pilot->row][start];
    }
  return energy > 0 ? (double)(sum / sqrtf (energy)) : 0;
}

/* Whether two are nearly the same. */
static gboolean
is_near (const GenSoundLie *a, const GenSoundLie *b)
{
  return fabs (a->begin - b->begin) <= GEN_SOUND_SLOT && fabs (a->speed - b->speed) < 1.5 * STEP;
}

/* Put `lie` among the best, of which there are `n` now; of those nearly the same the better one
 * stays. Returns how many there are. */
static int
keep (GenSoundLie *lies, int n, int most, const GenSoundLie *lie)
{
  int at = 0;

  for (int i = 0; i < n; i++) {
    if (!is_near (&lies[i], lie))
      continue;
    if (lies[i].peak >= lie->peak)
      return n;
    memmove (lies + i, lies + i + 1, (gsize)(n - i - 1) * sizeof *lies);
    n--;
    i--;
  }
  while (at < n && lies[at].peak >= lie->peak)
    at++;
  if (at == most)
    return n;
  n = MIN (n + 1, most);
  memmove (lies + at + 1, lies + at, (gsize)(n - at - 1) * sizeof *lies);
  lies[at] = *lie;
  return n;
}

int
gen_sound_fold_search (GenSoundFold *fold, GenSoundLie *lies, int most)
{
  const int steps = fold->n > GEN_SOUND_WINDOW ? 2 * SPEEDS : SPEEDS;
  int n = 0;

  for (int i = -steps; i <= steps; i++) {
    const double speed = 1 + i * SPEEDS * STEP / steps;
    const int period = (int)(GEN_SOUND_PERIOD / speed);

    fill_values (fold, speed);
    add_pilots (fold, period);
    for (int begin = 0; begin < period; begin++) {
      GenSoundLie lie = { speed, begin, 0 };

      if (fold->energy[begin] > 0)
        lie.peak = (double)(fold->sums[begin] / sqrtf (fold->energy[begin]));
      if (n < most || lie.peak > lies[n - 1].peak)
        n = keep (lies, n, most, &lie);
    }
  }
  return n;
}

void
gen_sound_fold_refine (GenSoundFold *fold, GenSoundLie *lie)
{
  const GenSoundLie from = *lie;

  for (int i = -2; i <= 2; i++)
    for (int shift = -2 * FINE; shift <= 2 * FINE; shift++) {
      GenSoundLie near = { from.speed + i * FINE_STEP, from.begin + shift, 0 };

      near.peak = gen_sound_fold_peak (fold, &near);
      if (near.peak > lie->peak)
        *lie = near;
    }
}

/* --- what it says --- */

void
gen_sound_fold_read (GenSoundFold *fold, const GenSoundLie *lie, float symbols[GEN_MARK_SYMBOLS])
{
  int start;

  fill_values (fold, lie->speed);
  memset (symbols, 0, sizeof (float) * GEN_MARK_SYMBOLS);
  for (int place = first_place (fold, lie->begin);
       (start = start_of (fold, lie->begin, place)) < fold->starts; place++) {
    const GenSoundSquare *squares = fold->pattern->squares + column_of (place) * GEN_SOUND_ROWS;

    for (int row = 0; row < GEN_SOUND_ROWS && start >= 0; row++)
      if (squares[row].symbol != GEN_SOUND_PILOT)
        symbols[squares[row].symbol] += (float)squares[row].sign * fold->values[row][start];
  }
}

/* How clearly a column that begins at `start` says `symbols`. */
static double
score (const GenSoundFold *fold, int column, int start, const gint8 symbols[GEN_MARK_SYMBOLS])
{
  const GenSoundSquare *squares = fold->pattern->squares + column * GEN_SOUND_ROWS;
  float sum = 0;

  for (int row = 0; row < GEN_SOUND_ROWS; row++) {
    const gint8 said = squares[row].symbol == GEN_SOUND_PILOT ? 1 : symbols[squares[row].symbol];

    sum += (float)(squares[row].sign * said) * fold->values[row][start];
  }
  return (double)sum;
}

/* The stretch whose columns say so more than half as clearly as all do in the mean (Kadane). */
void
gen_sound_fold_extent (GenSoundFold *fold, const GenSoundLie *lie,
    const gint8 symbols[GEN_MARK_SYMBOLS], double *begin, double *end)
{
  double scores[GEN_SOUND_LONGEST / GEN_SOUND_COLUMN * 2], mean = 0, sum = 0, best = 0;
  int starts[G_N_ELEMENTS (scores)], n = 0, start, from = 0;

  fill_values (fold, lie->speed);
  for (int place = first_place (fold, lie->begin);
       (start = start_of (fold, lie->begin, place)) < fold->starts; place++) {
    if (start < 0)
      continue;
    starts[n] = start;
    scores[n] = score (fold, column_of (place), start, symbols);
    mean += scores[n++];
  }
  *begin = *end = 0;
  for (int i = 0; i < n; i++) {
    if (sum <= 0) {
      sum = 0;
      from = i;
    }
    sum += scores[i] - mean / n / 2;
    if (sum <= best)
      continue;
    best = sum;
    *begin = starts[from];
    *end = starts[i] + GEN_SOUND_COLUMN;
  }
}
