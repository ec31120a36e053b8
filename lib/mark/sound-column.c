/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sound-column.h"

#include <math.h>
#include <string.h>

/* What marks may have of the loudness of the sound: -35 dB as it is reckoned here, of which
 * neighbours of opposite sign take 2 dB again where they overlap. */
#define MOST_LOUDNESS 3.2e-4
/* Seconds over which the loudness of the sound is a mean. */
#define MEMORY 3.0
/* What the two squares of a symbol are to add up to, in nepers. */
#define WANTED 1.2f
#define PILOT 0.6f /* and a pilot alone: its share of that */
/* Energies of bands below this are nothing: about -100 dB. */
#define SILENCE 1e-10f
#define TINY 1e-20f

void
gen_sound_column_restart (GenSoundColumn *column)
{
  memset (column->values, 0, sizeof column->values);
  column->loudness = column->passed = 0;
}

double
gen_sound_column_budget (double loudness)
{
  return MOST_LOUDNESS * loudness;
}

/* The second-order filters of BS.1770 as they were before they became digital: a shelf of 4 dB from
 * 1.7 kHz on, and a high pass of 38 Hz. */
double
gen_sound_column_weight (double frequency)
{
  const double shelf = frequency / 1681.97, high = frequency / 38.135;
  const double gain = 1.58489, middle = 1.25872, q = 0.70718, high_q = 0.50033;
  const double re = 1 - gain * shelf * shelf, im = middle * shelf / q;
  const double down = 1 - shelf * shelf, across = shelf / q;
  const double passed = high * high / hypot (1 - high * high, high / high_q);

  return (re * re + im * im) / (down * down + across * across) * passed * passed;
}

void
gen_sound_column_init (
    GenSoundColumn *column, const GenSoundPattern *pattern, const gint8 symbols[GEN_MARK_SYMBOLS])
{
  column->pattern = pattern;
  memcpy (column->symbols, symbols, sizeof column->symbols);
  for (int band = 0; band < GEN_SOUND_BANDS; band++)
    column->weights[band] = (float)gen_sound_column_weight (
        (double)(pattern->edges[band] + pattern->edges[band + 1]) / 2);
  gen_sound_column_restart (column);
}

/* The sign that a cell's gain has in a square of value 1. */
static float
sign_of (int slot, int band)
{
  return (slot + band) % 2 == 0 ? 1 : -1;
}

/* The value of a square: half the logarithm of energies, which is that of amplitudes. */
static float
value_of (const float energies[2][GEN_SOUND_BANDS], int row)
{
  const int low = 2 * row, high = low + 1;

  return 0.5f * logf ((energies[0][low] + SILENCE) * (energies[1][high] + SILENCE) /
                      ((energies[1][low] + SILENCE) * (energies[0][high] + SILENCE)));
}

/* How much of what is not heard a square needs to be changed by `aim`; where nothing may be
 * changed, as with strength 0, that is nothing. */
static float
part_of (float aim, float most)
{
  return most > 0 ? CLAMP (aim / most, 0, 1) : 0;
}

/* What each cell is to be changed by, in amplitude, as a share: as far as the square needs it. */
static void
want (GenSoundColumn *column, guint number, const float energies[2][GEN_SOUND_BANDS],
    const float shares[2][GEN_SOUND_BANDS], float strength, float wanted[2][GEN_SOUND_BANDS])
{
  for (int row = 0; row < GEN_SOUND_ROWS; row++) {
    const guint place = number * GEN_SOUND_ROWS + (guint)row;
    const GenSoundSquare *square = &column->pattern->squares[place];
    const gboolean pilot = square->symbol == GEN_SOUND_PILOT;
    const float sign = (float)(square->sign * (pilot ? 1 : column->symbols[square->symbol]));
    const float value = sign * value_of (energies, row);
    const float there = pilot ? 0 : column->values[square->other];
    const float most =
        shares[0][2 * row] + shares[0][2 * row + 1] + shares[1][2 * row] + shares[1][2 * row + 1];
    const float aim = WANTED * (pilot ? PILOT : 1) * strength - value - there;
    const float part = part_of (aim, strength * most);

    column->values[place] = value;
    for (int slot = 0; slot < 2; slot++)
      for (int band = 2 * row; band < 2 * row + 2; band++)
        wanted[slot][band] = sign * sign_of (slot, band) * part * strength * shares[slot][band];
  }
}

/* A change of amplitude costs its square times the energy and moves the value of a square by
 * itself: what is best for all that it costs is in proportion to 1 / energy. */
static float
limited (float amplitude, float energy, float limit)
{
  const float most = limit / (energy + TINY);

  return CLAMP (amplitude, -most, most);
}

static double
energy_under (const float *energies, const float *amplitudes, int n, float limit)
{
  double sum = 0;

  for (int i = 0; i < n; i++) {
    const float amplitude = limited (amplitudes[i], energies[i], limit);

    sum += (double)(energies[i] * amplitude * amplitude);
  }
  return sum;
}

void
gen_sound_column_fit (const float *energies, float *amplitudes, int n, double most)
{
  float low = TINY, high = 1;

  if (energy_under (energies, amplitudes, n, INFINITY) <= most)
    return;
  for (int i = 0; i < 40; i++) {
    const float middle = sqrtf (low * high);

    if (energy_under (energies, amplitudes, n, middle) > most)
      high = middle;
    else
      low = middle;
  }
  for (int i = 0; i < n; i++)
    amplitudes[i] = limited (amplitudes[i], energies[i], low);
}

static void
follow_loudness (GenSoundColumn *column, double loudness)
{
  const double share = 1 - exp (-(double)GEN_SOUND_COLUMN / GEN_SOUND_HOPS / MEMORY);

  column->loudness += share * (loudness - column->loudness);
  column->passed += share * (1 - column->passed);
}

void
gen_sound_column_decide (GenSoundColumn *column, guint number,
    const float energies[2][GEN_SOUND_BANDS], const float shares[2][GEN_SOUND_BANDS],
    double loudness, double strength, float gains[2][GEN_SOUND_BANDS])
{
  float weighed[2][GEN_SOUND_BANDS];

  follow_loudness (column, loudness);
  want (column, number, energies, shares, (float)strength, gains);
  for (int slot = 0; slot < 2; slot++)
    for (int band = 0; band < GEN_SOUND_BANDS; band++)
      weighed[slot][band] = energies[slot][band] * column->weights[band];
  gen_sound_column_fit (weighed[0], gains[0], 2 * GEN_SOUND_BANDS,
      2 * strength * strength * gen_sound_column_budget (column->loudness / column->passed));
  for (int slot = 0; slot < 2; slot++)
    for (int band = 0; band < GEN_SOUND_BANDS; band++) {
      const guint place = number * GEN_SOUND_ROWS + (guint)band / 2;

      column->values[place] += fabsf (gains[slot][band]);
      gains[slot][band] = energies[slot][band] > SILENCE ? expm1f (gains[slot][band]) : 0;
    }
}
