/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* By how much one film comes later than another. Frames are made small, and what does not change is
 * taken off, since a still background is alike at any shift. */
#include <generative/alignment.h>
#include <generative/features.h>

#include <math.h>

#define LEVELS (GEN_ALIGNMENT_SIZE * GEN_ALIGNMENT_SIZE)
#define MARGIN 1e-6
/* Of a film whose levels change by less, squared, nothing can be said. */
#define STILL 0.01

typedef struct {
  const GenAlignmentFrame *frames;
  guint n;
  float mean[LEVELS];
  gint64 interval; /* the least between two frames */
} Film;

void
gen_alignment_reduce (const GenPicture *picture, GenAlignmentFrame *frame)
{
  /* Of colours, green is most of luma. */
  gen_features_area (picture, picture->channels >= 3 ? 1 : 0, GEN_ALIGNMENT_SIZE, frame->levels);
}

static void
film_init (Film *film, const GenAlignmentFrame *frames, guint n)
{
  *film = (Film){ .frames = frames, .n = n, .interval = G_MAXINT64 };
  for (guint i = 0; i < n; i++) {
    for (int k = 0; k < LEVELS; k++)
      film->mean[k] += frames[i].levels[k] / (float)n;
    if (i > 0 && frames[i].time > frames[i - 1].time)
      film->interval = MIN (film->interval, frames[i].time - frames[i - 1].time);
  }
}

/* The frame that is nearest to `time`, `after` or behind it in their order; those that are asked
 * for come in order as well. */
static guint
find_nearest (const Film *film, gint64 time, guint after)
{
  guint i = after;

  while (
      i + 1 < film->n && ABS (film->frames[i + 1].time - time) <= ABS (film->frames[i].time - time))
    i++;
  return i;
}

typedef struct {
  double product, energy[2];
  guint partners;
} Sums;

static void
add_partners (Sums *sums, const Film *film, guint i, const Film *reference, guint j)
{
  const float *a = film->frames[i].levels, *b = reference->frames[j].levels;

  for (int k = 0; k < LEVELS; k++) {
    const double x = (double)(a[k] - film->mean[k]), y = (double)(b[k] - reference->mean[k]);

    sums->product += x * y;
    sums->energy[0] += x * x;
    sums->energy[1] += y * y;
  }
  sums->partners++;
}

static double
find_likeness (const Film *film, const Film *reference, gint64 offset)
{
  const gint64 apart = MIN (film->interval, reference->interval) / 2;
  Sums sums = { 0 };
  guint j = 0;

  for (guint i = 0; i < film->n; i++) {
    const gint64 time = film->frames[i].time - offset;

    j = find_nearest (reference, time, j);
    if (ABS (reference->frames[j].time - time) <= apart)
      add_partners (&sums, film, i, reference, j);
  }
  if (2 * sums.partners < MIN (film->n, reference->n) ||
      MIN (sums.energy[0], sums.energy[1]) <= STILL * LEVELS * sums.partners)
    return 0;
  return sums.product / sqrt (sums.energy[0] * sums.energy[1]);
}

gboolean
gen_align_pictures (const GenAlignmentFrame *frames, guint n, const GenAlignmentFrame *reference,
    guint m, gint64 search, GenAlignment *alignment)
{
  Film film, other;

  *alignment = (GenAlignment){ 0 };
  if (n < 2 || m < 2)
    return FALSE;
  film_init (&film, frames, n);
  film_init (&other, reference, m);
  /* Where two frames are the same moment, they lie exactly so far apart. */
  for (guint j = 0; j < m; j++) {
    const gint64 offset = frames[n / 2].time - reference[j].time;
    double likeness;

    if (ABS (offset) > search)
      continue;
    likeness = find_likeness (&film, &other, offset);
    if (likeness > alignment->likeness + MARGIN ||
        (likeness > alignment->likeness - MARGIN && ABS (offset) < ABS (alignment->offset)))
      *alignment = (GenAlignment){ offset, likeness };
  }
  return alignment->likeness >= GEN_ALIGNMENT_LEAST;
}
