/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Marking sounds. Spectra of a column of the pattern are kept until all of them have come; it is
 * then known how loud each band is to be made, and what that changes is transformed back and added
 * up under the window once more. */
#include <generative/sound-mark.h>

#include <math.h>
#include <string.h>

#include "../simd.h"
#include "sound-column.h"
#include "sound-spectrum.h"

struct _GenSoundMark {
  GenSoundPattern pattern;
  GenSoundColumn column;
  GenSoundSpectrum spectrum;
  GenSoundMask mask;

  int first, kept; /* bins that the pattern changes */
  double *spectra; /* [hop][pair][re, im][k, n - k][kept] */
  float *powers;   /* of a spectrum */
  float *slots[2]; /* mean powers of bins of a slot */
  float *weights;  /* of loudness, of each bin */
  double loudness; /* of the slots */
  double strength;
  guint hop, number; /* in a column, and its number in the pattern */
  double *re, *im;

  float *sum;        /* differences, interleaved: some of them ready */
  gsize room, at;    /* frames, and the first of them that was not taken */
  guint64 taken;     /* frames */
  gboolean finished; /* all that was heard is ready, and no more */
  guint64 last;      /* how much that is */
};

static gsize
kept_size (const GenSoundMark *mark)
{
  return 4 * (gsize)mark->kept;
}

GenSoundMark *
gen_sound_mark_new (const GenMarkKey *key, guint64 bits)
{
  GenSoundMark *mark = g_new0 (GenSoundMark, 1);
  g_autoptr (GenMarkCode) code = gen_mark_code_new (key, "sound");
  gint8 symbols[GEN_MARK_SYMBOLS];

  gen_mark_encode (code, bits, symbols);
  gen_sound_pattern_init (&mark->pattern, key);
  gen_sound_column_init (&mark->column, &mark->pattern, symbols);
  return mark;
}

static void
forget_format (GenSoundMark *mark)
{
  gen_sound_spectrum_clear (&mark->spectrum);
  gen_sound_mask_clear (&mark->mask);
  g_clear_pointer (&mark->spectra, g_free);
  g_clear_pointer (&mark->powers, g_free);
  g_clear_pointer (&mark->slots[0], g_free);
  g_clear_pointer (&mark->slots[1], g_free);
  g_clear_pointer (&mark->weights, g_free);
  g_clear_pointer (&mark->re, g_free);
  g_clear_pointer (&mark->im, g_free);
  g_clear_pointer (&mark->sum, g_free);
}

void
gen_sound_mark_free (GenSoundMark *mark)
{
  if (mark == NULL)
    return;
  forget_format (mark);
  g_free (mark);
}

static void
begin_column (GenSoundMark *mark)
{
  mark->hop = 0;
  mark->loudness = 0;
  for (int slot = 0; slot < 2; slot++)
    memset (mark->slots[slot], 0, (gsize)mark->mask.bins * sizeof (float));
}

void
gen_sound_mark_restart (GenSoundMark *mark)
{
  gen_sound_spectrum_restart (&mark->spectrum);
  gen_sound_column_restart (&mark->column);
  mark->number = 0;
  mark->taken = 0;
  mark->at = 0;
  mark->finished = FALSE;
  memset (mark->sum, 0, mark->room * (gsize)mark->spectrum.channels * sizeof *mark->sum);
  begin_column (mark);
}

/* The bins that are in bands of the pattern, which lie together. */
static void
find_bins (GenSoundMark *mark)
{
  const GenSoundMask *mask = &mark->mask;

  mark->first = mark->kept = 0;
  while (mask->band_of[mark->first] >= GEN_SOUND_BANDS)
    mark->first++;
  while (mark->first + mark->kept < mask->bins &&
         mask->band_of[mark->first + mark->kept] < GEN_SOUND_BANDS)
    mark->kept++;
}

void
gen_sound_mark_set_format (GenSoundMark *mark, int rate, int channels)
{
  GenSoundSpectrum *spectrum = &mark->spectrum;
  double width;
  gsize n;

  g_return_if_fail (rate >= GEN_SOUND_MARK_RATE_LEAST && rate <= GEN_SOUND_MARK_RATE_MOST);
  g_return_if_fail (channels > 0);
  forget_format (mark);
  gen_sound_spectrum_init (spectrum, rate, channels);
  n = (gsize)spectrum->n;
  width = (double)rate / spectrum->n;
  gen_sound_mask_init (&mark->mask, &mark->pattern, width, spectrum->bins);
  find_bins (mark);
  mark->spectra = g_new (double, GEN_SOUND_COLUMN *(gsize)spectrum->pairs *kept_size (mark));
  mark->powers = g_new (float, spectrum->bins);
  mark->weights = g_new (float, spectrum->bins);
  for (int k = 0; k < spectrum->bins; k++)
    mark->weights[k] = (float)gen_sound_column_weight (k * width);
  for (int slot = 0; slot < 2; slot++)
    mark->slots[slot] = g_new (float, mark->mask.bins);
  mark->re = g_new (double, n);
  mark->im = g_new (double, n);
  mark->room = gen_sound_mark_latency (mark) + n;
  mark->sum = g_new (float, mark->room *(gsize)channels);
  gen_sound_mark_restart (mark);
}

/* A column, and half a window at both of its ends. */
gsize
gen_sound_mark_latency (const GenSoundMark *mark)
{
  return (gsize)mark->spectrum.rate * GEN_SOUND_COLUMN / GEN_SOUND_HOPS + (gsize)mark->spectrum.n;
}

/* --- a column --- */

/* What was taken makes room. */
static void
move_down (GenSoundMark *mark)
{
  const gsize channels = (gsize)mark->spectrum.channels, left = mark->room - mark->at;

  memmove (mark->sum, mark->sum + mark->at * channels, left * channels * sizeof *mark->sum);
  memset (mark->sum + left * channels, 0, mark->at * channels * sizeof *mark->sum);
  mark->at = 0;
}

/* Room for differences up to frame `end` of the sound. */
static void
make_room (GenSoundMark *mark, guint64 end)
{
  const gsize frames = (gsize)(end - mark->taken), channels = (gsize)mark->spectrum.channels;
  gsize room = mark->room;

  if (mark->at + frames <= room)
    return;
  move_down (mark);
  while (room < frames)
    room *= 2;
  if (room == mark->room)
    return;
  mark->sum = g_renew (float, mark->sum, room *channels);
  memset (mark->sum + mark->room * channels, 0, (room - mark->room) * channels * sizeof *mark->sum);
  mark->room = room;
}

GEN_CLONES (void, gather,
    (const double *restrict changed, const float *restrict window, gsize n, gsize step,
        double scale, float *restrict sum),
    (changed, window, n, step, scale, sum))
{
  for (gsize i = 0; i < n; i++)
    sum[i * step] += (float)(scale * changed[i]) * window[i];
}

/* What the gains change of the kept spectrum of a pair, with the other half of it. */
static void
apply_gains (GenSoundMark *mark, const double *kept, const float *gains)
{
  const gsize n = (gsize)mark->spectrum.n, count = (gsize)mark->kept;

  memset (mark->re, 0, n * sizeof *mark->re);
  memset (mark->im, 0, n * sizeof *mark->im);
  for (gsize i = 0; i < count; i++) {
    const gsize k = (gsize)mark->first + i;
    const double gain = (double)gains[mark->mask.band_of[k]];

    mark->re[k] = gain * kept[i];
    mark->im[k] = gain * kept[count + i];
    mark->re[n - k] = gain * kept[2 * count + i];
    mark->im[n - k] = gain * kept[3 * count + i];
  }
}

/* The difference that spectrum `hop` of the column makes. */
static void
add_change (GenSoundMark *mark, guint hop, const float *gains)
{
  const GenSoundSpectrum *spectrum = &mark->spectrum;
  const gsize n = (gsize)spectrum->n, channels = (gsize)spectrum->channels;
  const guint64 number = spectrum->number - GEN_SOUND_COLUMN + hop;
  const gint64 begin = (gint64)gen_sound_spectrum_middle (spectrum, number) - spectrum->n / 2;
  /* Before the beginning of the sound there is nothing to add to. */
  const gsize skip = begin < (gint64)mark->taken ? (gsize)((gint64)mark->taken - begin) : 0;
  const gsize at = (gsize)(begin + (gint64)skip - (gint64)mark->taken);
  /* The transform's length, and what squares of the window add up to. */
  const double scale = (double)spectrum->rate / GEN_SOUND_HOPS / (0.375 * (double)n * (double)n);

  make_room (mark, (guint64)(begin + (gint64)n));
  for (gsize pair = 0; pair < (gsize)spectrum->pairs; pair++) {
    float *sum = mark->sum + (mark->at + at) * channels + 2 * pair;

    apply_gains (
        mark, mark->spectra + (hop * (gsize)spectrum->pairs + pair) * kept_size (mark), gains);
    gen_fourier_run (spectrum->fourier, mark->im, mark->re, spectrum->scratch);
    gather (mark->re + skip, spectrum->window + skip, n - skip, channels, scale, sum);
    if (2 * pair + 1 < channels)
      gather (mark->im + skip, spectrum->window + skip, n - skip, channels, scale, sum + 1);
  }
}

static void
end_column (GenSoundMark *mark)
{
  float energies[2][GEN_SOUND_BANDS], shares[2][GEN_SOUND_BANDS], gains[2][GEN_SOUND_BANDS];

  for (int slot = 0; slot < 2; slot++)
    gen_sound_mask_look (&mark->mask, mark->slots[slot], energies[slot], shares[slot]);
  gen_sound_column_decide (&mark->column, mark->number, (const float (*)[GEN_SOUND_BANDS])energies,
      (const float (*)[GEN_SOUND_BANDS])shares, mark->loudness, mark->strength, gains);
  for (guint hop = 0; hop < GEN_SOUND_COLUMN; hop++)
    add_change (mark, hop, gains[hop / GEN_SOUND_SLOT]);
  mark->number = (mark->number + 1) % GEN_SOUND_COLUMNS;
  begin_column (mark);
}

static void
keep_spectrum (GenSoundMark *mark)
{
  const GenSoundSpectrum *spectrum = &mark->spectrum;
  const gsize n = (gsize)spectrum->n, count = (gsize)mark->kept, first = (gsize)mark->first;
  float *slot = mark->slots[mark->hop / GEN_SOUND_SLOT];
  double loudness = 0;

  gen_sound_spectrum_powers (spectrum, mark->powers, spectrum->bins);
  for (int k = 0; k < mark->mask.bins; k++)
    slot[k] += mark->powers[k] / GEN_SOUND_SLOT;
  for (int k = 0; k < spectrum->bins; k++)
    loudness += (double)(mark->powers[k] * mark->weights[k]);
  mark->loudness += loudness / GEN_SOUND_COLUMN;
  for (gsize pair = 0; pair < (gsize)spectrum->pairs; pair++) {
    const double *re = spectrum->re + pair * n, *im = spectrum->im + pair * n;
    double *kept = mark->spectra + (mark->hop * (gsize)spectrum->pairs + pair) * kept_size (mark);

    for (gsize i = 0; i < count; i++) {
      kept[i] = re[first + i];
      kept[count + i] = im[first + i];
      kept[2 * count + i] = re[n - first - i];
      kept[3 * count + i] = im[n - first - i];
    }
  }
  mark->hop++;
}

void
gen_sound_mark_hear (GenSoundMark *mark, const float *samples, gsize n, double strength)
{
  const gsize channels = (gsize)mark->spectrum.channels;
  gsize taken;

  mark->strength = CLAMP (strength, 0, GEN_SOUND_MARK_STRENGTH_MAX);
  while (n > 0) {
    const gboolean full = gen_sound_spectrum_hear (&mark->spectrum, samples, n, &taken);

    samples = samples != NULL ? samples + taken * channels : NULL;
    n -= taken;
    if (!full)
      break;
    keep_spectrum (mark);
    if (mark->hop == GEN_SOUND_COLUMN)
      end_column (mark);
  }
}

void
gen_sound_mark_finish (GenSoundMark *mark)
{
  mark->last = mark->spectrum.heard;
  gen_sound_mark_hear (mark, NULL, gen_sound_mark_latency (mark), mark->strength);
  mark->finished = TRUE;
}

gsize
gen_sound_mark_ready (const GenSoundMark *mark)
{
  const GenSoundSpectrum *spectrum = &mark->spectrum;
  const guint64 next = spectrum->number - mark->hop;
  const gint64 end = (gint64)gen_sound_spectrum_middle (spectrum, next) - spectrum->n / 2;

  if (mark->finished)
    return (gsize)(mark->last - mark->taken);
  return end > (gint64)mark->taken ? (gsize)(end - (gint64)mark->taken) : 0;
}

void
gen_sound_mark_take (GenSoundMark *mark, float *difference, gsize n)
{
  const gsize channels = (gsize)mark->spectrum.channels;

  g_return_if_fail (n <= gen_sound_mark_ready (mark));
  memcpy (difference, mark->sum + mark->at * channels, n * channels * sizeof *difference);
  mark->at += n;
  mark->taken += n;
}
