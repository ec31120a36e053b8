/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which trial is trained next, and how far. What a rung knows is what its trials were told of:
 * there is no other state, so that a search which was interrupted goes on from that alone. */
#include <generative/search.h>

#include <math.h>

#define NOBODY G_MAXUINT

typedef struct {
  double losses[GEN_SEARCH_MOST_RUNGS]; /* INFINITY for what is no number */
  guint told, begun;                    /* rungs; at most one more has begun */
  gboolean running;                     /* FALSE of one that was interrupted */
} Trial;

struct _GenSearch {
  GArray *trials; /* Trial */
  guint most, n_rungs, reduction;
};

GenSearch *
gen_search_new (guint trials, guint n_rungs, guint reduction)
{
  GenSearch *search;

  g_return_val_if_fail (n_rungs >= 1 && n_rungs <= GEN_SEARCH_MOST_RUNGS, NULL);
  g_return_val_if_fail (reduction >= 2, NULL);
  search = g_new0 (GenSearch, 1);
  search->trials = g_array_new (FALSE, TRUE, sizeof (Trial));
  search->most = trials;
  search->n_rungs = n_rungs;
  search->reduction = reduction;
  return search;
}

void
gen_search_free (GenSearch *search)
{
  g_array_unref (search->trials);
  g_free (search);
}

static Trial *
trial_of (const GenSearch *search, guint i)
{
  return &g_array_index (search->trials, Trial, i);
}

guint
gen_search_n_trials (const GenSearch *search)
{
  return search->trials->len;
}

/* Among equal ones the earlier is the better. */
guint
gen_search_place (const GenSearch *search, guint trial, guint rung, guint *of)
{
  const double loss = trial_of (search, trial)->losses[rung];
  guint place = 1;

  *of = 0;
  for (guint i = 0; i < search->trials->len; i++) {
    const Trial *other = trial_of (search, i);

    if (other->told <= rung)
      continue;
    ++*of;
    if (other->losses[rung] < loss || (other->losses[rung] == loss && i < trial))
      place++;
  }
  return place;
}

/* --- jobs --- */

static gboolean
begin (GenSearch *search, guint trial, GenSearchJob *job)
{
  Trial *begun = trial_of (search, trial);

  begun->begun = begun->told + 1;
  begun->running = TRUE;
  *job = (GenSearchJob){ trial, begun->told };
  return TRUE;
}

static guint
find_interrupted (const GenSearch *search)
{
  for (guint i = 0; i < search->trials->len; i++)
    if (trial_of (search, i)->begun > trial_of (search, i)->told && !trial_of (search, i)->running)
      return i;
  return NOBODY;
}

/* The best of the rung's best 1/reduction that have not gone on. */
static guint
find_promotable (const GenSearch *search, guint rung)
{
  guint best = NOBODY, place_of_best = NOBODY;

  for (guint i = 0; i < search->trials->len; i++) {
    const Trial *trial = trial_of (search, i);
    guint place, of;

    if (trial->told != rung + 1 || trial->begun != rung + 1 || !isfinite (trial->losses[rung]))
      continue;
    place = gen_search_place (search, i, rung, &of);
    if (place <= of / search->reduction && place < place_of_best) {
      best = i;
      place_of_best = place;
    }
  }
  return best;
}

gboolean
gen_search_next (GenSearch *search, GenSearchJob *job)
{
  guint trial = find_interrupted (search);

  if (trial != NOBODY)
    return begin (search, trial, job);
  for (guint rung = search->n_rungs - 1; rung-- > 0;) {
    trial = find_promotable (search, rung);
    if (trial != NOBODY)
      return begin (search, trial, job);
  }
  if (search->trials->len >= search->most)
    return FALSE;
  g_array_set_size (search->trials, search->trials->len + 1);
  return begin (search, search->trials->len - 1, job);
}

void
gen_search_tell (GenSearch *search, guint trial, guint rung, double loss)
{
  Trial *told;

  g_return_if_fail (trial < search->trials->len);
  told = trial_of (search, trial);
  g_return_if_fail (told->told == rung && told->begun == rung + 1);
  told->losses[rung] = isfinite (loss) ? loss : INFINITY;
  told->told++;
  told->running = FALSE;
}

void
gen_search_restore (GenSearch *search, const double *losses, guint n, gboolean begun)
{
  Trial trial = { .told = n, .begun = n + (begun ? 1 : 0) };

  g_return_if_fail (trial.begun >= 1 && trial.begun <= search->n_rungs);
  for (guint i = 0; i < n; i++)
    trial.losses[i] = isfinite (losses[i]) ? losses[i] : INFINITY;
  g_array_append_val (search->trials, trial);
}

gboolean
gen_search_best (const GenSearch *search, GenSearchJob *best)
{
  for (guint rung = search->n_rungs; rung-- > 0;) {
    double least = INFINITY;

    for (guint i = 0; i < search->trials->len; i++)
      if (trial_of (search, i)->told > rung && trial_of (search, i)->losses[rung] < least) {
        least = trial_of (search, i)->losses[rung];
        *best = (GenSearchJob){ i, rung };
      }
    if (isfinite (least))
      return TRUE;
  }
  return FALSE;
}

guint
gen_search_rungs (guint64 least, guint64 most, guint reduction, guint64 *steps)
{
  guint n = 0;

  g_return_val_if_fail (least >= 1 && reduction >= 2, 0);
  for (; least <= most / reduction && n + 1 < GEN_SEARCH_MOST_RUNGS; least *= reduction)
    steps[n++] = least;
  steps[n++] = most;
  return n;
}
