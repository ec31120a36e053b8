/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <glib.h>

G_BEGIN_DECLS

/**
 * GenSearch: which trial of a search for settings is trained next, and how far. It knows nothing of
 * trainings: whoever runs them asks for jobs, and tells what came of each.
 *
 *   gen_search_rungs (40, 1000, 3, steps);      3 rungs: after 40, 120 and 1000 steps
 *   search = gen_search_new (27, 3, 3);
 *   while (gen_search_next (search, &job)) {
 *     gen_search_draw (dimensions, n, seed, job.trial, values);
 *     (train the trial with them until steps[job.rung])
 *     gen_search_tell (search, job.trial, job.rung, loss);
 *   }
 *
 * With several rungs it is asynchronous successive halving, algorithm 2 of Li et al., "A system for
 * massively parallel hyperparameter tuning", MLSys 2020: whenever a worker is free, the best trial
 * that is among the best 1/reduction of its rung goes on to the next rung, the highest rung first;
 * where there is none, a new trial begins. The paper draws trials without end, here there are so
 * many. With one rung each trial is trained to its end: grid and random search. What halving is bad
 * at: settings that are slow at first and better in the end, such as small learning rates.
 *
 * Since: 0.2
 */
typedef struct _GenSearch GenSearch;

#define GEN_SEARCH_MOST_RUNGS 32

typedef struct {
  guint trial, rung; /* from 0 on */
} GenSearchJob;

/* `trials` at most, `n_rungs` of them (1 to GEN_SEARCH_MOST_RUNGS), of each of which one in
 * `reduction` (2 or more) goes on. (transfer full) */
GEN_API GenSearch *gen_search_new (guint trials, guint n_rungs, guint reduction);
GEN_API void gen_search_free (GenSearch *search);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenSearch, gen_search_free)

/* What is to be done now, which is then taken as begun. FALSE where nothing is to be done until one
 * that was begun has been told of: the search has ended where none is. */
GEN_API gboolean gen_search_next (GenSearch *search, GenSearchJob *job);
/* What came of a job: less is better; what is no finite number is the worst, and never goes on. */
GEN_API void gen_search_tell (GenSearch *search, guint trial, guint rung, double loss);
/* The next trial of a search that was interrupted, in their order, before anything is asked for:
 * what came of its first `n` rungs, and whether another one was `begun`, which is done anew before
 * anything else. */
GEN_API void gen_search_restore (GenSearch *search, const double *losses, guint n, gboolean begun);

/* How many trials have begun. */
GEN_API guint gen_search_n_trials (const GenSearch *search);
/* Of how many that were told of in the rung a trial is which, from 1 on. */
GEN_API guint gen_search_place (const GenSearch *search, guint trial, guint rung, guint *of);
/* The least loss in the highest rung that has a finite one: trials are compared after the same
 * steps. FALSE where there is none. */
GEN_API gboolean gen_search_best (const GenSearch *search, GenSearchJob *best);

/* The steps after which trials are compared: `least` and `reduction` times that, and so on, as many
 * as the paper has, 1 + floor (log (most / least)), and the last one `most`. Returns how many there
 * are; `steps` has room for GEN_SEARCH_MOST_RUNGS. */
GEN_API guint gen_search_rungs (guint64 least, guint64 most, guint reduction, guint64 *steps);

/* What is searched: one of some values, or a number from a range. */
typedef struct {
  guint n_values;         /* 0: a range */
  double least, greatest; /* of a range, both of which are in it */
  gboolean logarithmic;   /* logarithms are drawn evenly, not numbers; 0 < least */
  gboolean whole;         /* whole numbers */
} GenSearchDimension;

/* How many combinations of values there are; 0 where there is a range, G_MAXUINT for more. */
GEN_API guint gen_search_combinations (const GenSearchDimension *dimensions, guint n);
/* Trial number `trial` of a grid: the places of its values; the last dimension goes fastest. */
GEN_API void gen_search_place_in_grid (
    const GenSearchDimension *dimensions, guint n, guint trial, double *values);
/* The same, drawn: of values their places, of ranges numbers. Where there are no ranges, and at
 * most 65,536 combinations, none comes twice before all have come. The same for the same seed,
 * whatever other trials there are. */
GEN_API void gen_search_draw (
    const GenSearchDimension *dimensions, guint n, guint64 seed, guint trial, double *values);

G_END_DECLS
