/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading marks from a sound that comes bit by bit: the spectra of the last 56 s are kept. Those of
 * the last 16 s are read together each second, and where these say nothing all of them: each second
 * at the place where there was a mark, and each 8 seconds at all places. */
#include <generative/sound-mark.h>

#include <math.h>
#include <string.h>

#include "sound-column.h"
#include "sound-fold.h"
#include "sound-spectrum.h"

#define STEP GEN_SOUND_HOPS
/* Pilots that stand out less are not worth decoding. */
#define LEAST_PEAK 4.2
/* A window that has been heard less of has no room for a mark: 2 s. */
#define LEAST (2 * GEN_SOUND_HOPS)
/* Powers of all bins together of what is silence: -90 dB. */
#define SILENCE 1e-9f

struct _GenSoundMarkReader {
  GenSoundPattern pattern;
  GenMarkCode *code;
  GenSoundSpectrum spectrum;
  GenSoundFold *fold;
  int bins;
  float *all;       /* powers of a spectrum */
  float *weights;   /* of its bins, of loudness */
  float *powers;    /* of room_of () hops, `bins` each, so that those that are kept lie together */
  float *loudness;  /* as many */
  int first, n;     /* hops: where what is kept begins, how many there are */
  int skipped;      /* hops of those in front of what is read */
  int untold;       /* hops since the last reading */
  int unsearched;   /* hops since all that is kept was searched */
  int quiet;        /* hops of silence at the end */
  guint64 silent;   /* hops of silence ever */
  gint64 time;      /* when what is heard began */
  int longest;      /* hops that are kept at most */
  GenSoundLie last; /* in what is kept */
  gboolean has_last;
  gboolean knows; /* what it is to find: `symbols` */
  gint8 symbols[GEN_MARK_SYMBOLS];
};

GenSoundMarkReader *
gen_sound_mark_reader_new (const GenMarkKey *key)
{
  GenSoundMarkReader *reader = g_new0 (GenSoundMarkReader, 1);

  gen_sound_pattern_init (&reader->pattern, key);
  reader->code = gen_mark_code_new (key, "sound");
  reader->longest = GEN_SOUND_LONGEST;
  return reader;
}

GenSoundMarkReader *
gen_sound_mark_reader_new_for (const GenMarkKey *key, guint64 bits)
{
  GenSoundMarkReader *reader = gen_sound_mark_reader_new (key);

  gen_mark_encode (reader->code, bits, reader->symbols);
  reader->knows = TRUE;
  reader->longest = GEN_SOUND_WINDOW;
  return reader;
}

/* Hops that there is memory for: each window they are moved once. */
static int
room_of (const GenSoundMarkReader *reader)
{
  return reader->longest + GEN_SOUND_WINDOW;
}

static void
forget_format (GenSoundMarkReader *reader)
{
  gen_sound_spectrum_clear (&reader->spectrum);
  g_clear_pointer (&reader->fold, gen_sound_fold_free);
  g_clear_pointer (&reader->all, g_free);
  g_clear_pointer (&reader->weights, g_free);
  g_clear_pointer (&reader->powers, g_free);
  g_clear_pointer (&reader->loudness, g_free);
}

void
gen_sound_mark_reader_free (GenSoundMarkReader *reader)
{
  if (reader == NULL)
    return;
  forget_format (reader);
  gen_mark_code_free (reader->code);
  g_free (reader);
}

void
gen_sound_mark_reader_restart (GenSoundMarkReader *reader, gint64 time)
{
  gen_sound_spectrum_restart (&reader->spectrum);
  reader->first = reader->n = reader->untold = reader->unsearched = reader->quiet = 0;
  reader->has_last = FALSE;
  reader->time = time;
}

void
gen_sound_mark_reader_set_format (GenSoundMarkReader *reader, int rate, int channels)
{
  GenSoundSpectrum *spectrum = &reader->spectrum;

  g_return_if_fail (rate >= GEN_SOUND_MARK_RATE_LEAST && rate <= GEN_SOUND_MARK_RATE_MOST);
  g_return_if_fail (channels > 0);
  forget_format (reader);
  gen_sound_spectrum_init (spectrum, rate, channels);
  reader->fold = gen_sound_fold_new (&reader->pattern, rate, spectrum->n, spectrum->bins);
  reader->bins = gen_sound_fold_bins (reader->fold);
  reader->all = g_new (float, spectrum->bins);
  reader->weights = g_new (float, spectrum->bins);
  for (int k = 0; k < spectrum->bins; k++)
    reader->weights[k] = (float)gen_sound_column_weight ((double)k * rate / spectrum->n);
  reader->powers = g_new (float, (gsize)room_of (reader) * (gsize)reader->bins);
  reader->loudness = g_new (float, room_of (reader));
  gen_sound_mark_reader_restart (reader, 0);
}

/* --- a window --- */

static float *
hop_at (const GenSoundMarkReader *reader, int hop)
{
  return reader->powers + (gsize)(reader->first + hop) * (gsize)reader->bins;
}

static gint64
time_of (const GenSoundMarkReader *reader, double hop)
{
  const double hops = (double)reader->spectrum.number - reader->n + hop;

  return reader->time + (gint64)llrint (hops * 1e9 / GEN_SOUND_HOPS);
}

/* The same pattern, of a window that begins `hops` earlier. */
static GenSoundLie
seen_from (const GenSoundLie *lie, int hops)
{
  const double period = GEN_SOUND_PERIOD / lie->speed;
  const double begin = fmod (lie->begin + hops, period);

  return (GenSoundLie){ lie->speed, begin < 0 ? begin + period : begin, lie->peak };
}

/* Whether there is a mark that lies so, and is in the last window: what was before that has been
 * told of. */
static gboolean
try (GenSoundMarkReader *reader, const GenSoundLie *lie, GenSoundMarkReading *reading)
{
  float symbols[GEN_MARK_SYMBOLS];
  gint8 written[GEN_MARK_SYMBOLS];
  GenMarkRead read;
  double begin, end;

  gen_sound_fold_read (reader->fold, lie, symbols);
  if (!gen_mark_decode (reader->code, symbols, &read))
    return FALSE;
  gen_mark_encode (reader->code, read.bits, written);
  gen_sound_fold_extent (reader->fold, lie, written, &begin, &end);
  if (reader->skipped + end <= reader->n - GEN_SOUND_WINDOW)
    return FALSE;
  reading->found = TRUE;
  reading->begin = time_of (reader, reader->skipped + begin);
  reading->end = time_of (reader, reader->skipped + end);
  reading->bits = read.bits;
  gen_mark_payload_unpack (read.bits, &reading->payload);
  reading->deviations = read.deviations;
  reading->errors = read.errors;
  reading->speed = lie->speed;
  reader->last = seen_from (lie, reader->skipped);
  reader->has_last = TRUE;
  return TRUE;
}

/* Where the mark was found before it is not searched for. */
static gboolean
try_last (GenSoundMarkReader *reader, GenSoundMarkReading *reading)
{
  GenSoundLie lie;

  if (!reader->has_last)
    return FALSE;
  lie = seen_from (&reader->last, -reader->skipped);
  lie.peak = gen_sound_fold_peak (reader->fold, &lie);
  return lie.peak >= LEAST_PEAK && try (reader, &lie, reading);
}

static gboolean
search (GenSoundMarkReader *reader, GenSoundMarkReading *reading)
{
  GenSoundLie lies[GEN_SOUND_MARK_TRIALS / 2];
  const int n = gen_sound_fold_search (reader->fold, lies, GEN_SOUND_MARK_TRIALS / 2 - 1);

  for (int i = 0; i < n && lies[i].peak >= LEAST_PEAK; i++) {
    gen_sound_fold_refine (reader->fold, &lies[i]);
    if (try (reader, &lies[i], reading))
      return TRUE;
  }
  return FALSE;
}

/* The last `n` hops are what is read. */
static void
look_at (GenSoundMarkReader *reader, int n)
{
  reader->skipped = reader->n - n;
  gen_sound_fold_set (reader->fold, hop_at (reader, reader->skipped),
      reader->loudness + reader->first + reader->skipped, n);
}

/* All that is kept; `searches`: at all places. */
static void
read_all (GenSoundMarkReader *reader, gboolean searches, GenSoundMarkReading *reading)
{
  if (!reader->has_last && !searches)
    return;
  look_at (reader, reader->n);
  if (try_last (reader, reading) || !searches)
    return;
  reader->unsearched = 0;
  search (reader, reading);
}

/* What there is of the mark that is known: its pattern began when the sound did. */
static void
read_known (GenSoundMarkReader *reader, GenSoundMarkReading *reading)
{
  const GenSoundLie start = { 1, 0, 0 };
  const int before = (int)((reader->spectrum.number - (guint64)reader->n) % GEN_SOUND_PERIOD);
  const GenSoundLie lie = seen_from (&start, -before);
  float symbols[GEN_MARK_SYMBOLS], sum = 0, squares = 0;

  try (reader, &lie, reading);
  gen_sound_fold_read (reader->fold, &lie, symbols);
  for (guint i = 0; i < GEN_MARK_SYMBOLS; i++) {
    sum += symbols[i] * (float)reader->symbols[i];
    squares += symbols[i] * symbols[i];
  }
  reading->deviations = squares > 0 ? (double)(sum / sqrtf (squares)) : 0;
}

static void
tell (GenSoundMarkReader *reader, gboolean searches, GenSoundMarkReading *reading)
{
  const int n = MIN (reader->n, GEN_SOUND_WINDOW);

  *reading = (GenSoundMarkReading){ .begin = time_of (reader, reader->n - n),
    .end = time_of (reader, reader->n) };
  reader->untold = 0;
  reading->silent = reader->quiet >= n;
  if (reading->silent || n < LEAST)
    return;
  look_at (reader, n);
  if (reader->knows) {
    read_known (reader, reading);
    return;
  }
  if (!try_last (reader, reading) && !search (reader, reading) && reader->n > n)
    read_all (reader, searches, reading);
}

/* --- hops --- */

/* The pattern that was found moves towards the beginning of what is kept, and the one behind it is
 * the next. */
static void
drop_hop (GenSoundMarkReader *reader)
{
  reader->first++;
  reader->n--;
  reader->last.begin -= 1;
  if (reader->has_last && reader->last.begin < 0)
    reader->last.begin += GEN_SOUND_PERIOD / reader->last.speed;
}

static void
add_hop (GenSoundMarkReader *reader)
{
  float loudness = 0, sum = 0;

  if (reader->n == reader->longest)
    drop_hop (reader);
  if (reader->first + reader->n == room_of (reader)) {
    memmove (reader->powers, hop_at (reader, 0),
        (gsize)reader->n * (gsize)reader->bins * sizeof *reader->powers);
    memmove (reader->loudness, reader->loudness + reader->first,
        (gsize)reader->n * sizeof *reader->loudness);
    reader->first = 0;
  }
  gen_sound_spectrum_powers (&reader->spectrum, reader->all, reader->spectrum.bins);
  memcpy (hop_at (reader, reader->n), reader->all, (gsize)reader->bins * sizeof *reader->all);
  for (int k = 0; k < reader->spectrum.bins; k++) {
    loudness += reader->all[k] * reader->weights[k];
    sum += reader->all[k];
  }
  reader->quiet = sum <= SILENCE ? reader->quiet + 1 : 0;
  reader->silent += sum <= SILENCE;
  reader->loudness[reader->first + reader->n] = loudness;
  reader->n++;
  reader->untold++;
  reader->unsearched++;
}

gboolean
gen_sound_mark_reader_hear (GenSoundMarkReader *reader, const float *samples, gsize n, gsize *taken,
    GenSoundMarkReading *reading)
{
  const gsize channels = (gsize)reader->spectrum.channels;
  gsize some;

  for (*taken = 0; *taken < n; *taken += some) {
    const float *rest = samples != NULL ? samples + *taken * channels : NULL;

    if (!gen_sound_spectrum_hear (&reader->spectrum, rest, n - *taken, &some))
      continue;
    add_hop (reader);
    if (reader->n >= GEN_SOUND_PERIOD && reader->untold >= STEP) {
      tell (reader, reader->unsearched >= GEN_SOUND_PERIOD, reading);
      *taken += some;
      return TRUE;
    }
  }
  return FALSE;
}

gboolean
gen_sound_mark_reader_finish (GenSoundMarkReader *reader, GenSoundMarkReading *reading)
{
  if (reader->untold == 0)
    return FALSE;
  tell (reader, TRUE, reading);
  return TRUE;
}

double
gen_sound_mark_reader_silence (const GenSoundMarkReader *reader)
{
  return (double)reader->silent / GEN_SOUND_HOPS;
}
