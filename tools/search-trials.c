/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the trials of a search stand. */
#include <math.h>
#include <string.h>

#include "search.h"

static void
trial_free (gpointer data)
{
  SearchTrial *trial = data;

  g_free (trial->name);
  g_strfreev (trial->values);
  g_free (trial->why);
  g_free (trial);
}

GPtrArray *
search_trials_new (void)
{
  return g_ptr_array_new_with_free_func (trial_free);
}

void
search_clear (Search *search)
{
  g_strfreev (search->fixed);
  g_clear_pointer (&search->dimensions, g_ptr_array_unref);
  g_clear_pointer (&search->trials, g_ptr_array_unref);
  g_clear_pointer (&search->schedule, gen_search_free);
  g_free (search->folder);
}

char *
search_trial_path (const Search *search, const SearchTrial *trial)
{
  return g_build_filename (search->folder, trial->name, NULL);
}

const char *
search_state_name (SearchState state)
{
  static const char *const names[] = { [SEARCH_RUNNING] = "running",
    [SEARCH_TRAINED] = "trained",
    [SEARCH_WAITING] = "waiting",
    [SEARCH_PRUNED] = "pruned",
    [SEARCH_DIVERGED] = "diverged",
    [SEARCH_FAILED] = "failed" };

  return names[state];
}

/* Why it does not go on. (transfer full) */
static char *
explain_place (const Search *search, guint i, guint rung)
{
  guint of;
  const guint place = gen_search_place (search->schedule, i, rung, &of);

  return g_strdup_printf ("place %u of %u after %" G_GUINT64_FORMAT
                          " steps, of which the best %u go on",
      place, of, search->steps[rung], of / search->reduction);
}

void
search_judge (Search *search, gboolean ended)
{
  for (guint i = 0; i < search->trials->len; i++) {
    SearchTrial *trial = search->trials->pdata[i];

    if (trial->state >= SEARCH_DIVERGED)
      continue;
    g_clear_pointer (&trial->why, g_free);
    if (trial->begun || trial->told == 0)
      trial->state = SEARCH_RUNNING;
    else if (trial->told == search->n_rungs)
      trial->state = SEARCH_TRAINED;
    else
      trial->state = ended ? SEARCH_PRUNED : SEARCH_WAITING;
    if (trial->state == SEARCH_PRUNED)
      trial->why = explain_place (search, i, trial->told - 1);
  }
}

const SearchTrial *
search_best (const Search *search)
{
  GenSearchJob best;

  return gen_search_best (search->schedule, &best) ? search->trials->pdata[best.trial] : NULL;
}

/* The one that came further is the better one, whatever its figure: figures are compared after the
 * same steps. */
static int
compare (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const SearchTrial *one = *(SearchTrial *const *)a, *two = *(SearchTrial *const *)b;
  const double sign = ((const Search *)user_data)->better == GEN_BETTER_HIGHER ? -1 : 1;
  const gboolean failed[] = { one->state >= SEARCH_DIVERGED, two->state >= SEARCH_DIVERGED };
  double figures[2];

  if (failed[0] != failed[1])
    return failed[0] ? 1 : -1;
  if (!failed[0] && one->told != two->told)
    return one->told > two->told ? -1 : 1;
  if (failed[0] || one->told == 0)
    return strcmp (one->name, two->name);
  figures[0] = sign * one->figures[one->told - 1];
  figures[1] = sign * two->figures[two->told - 1];
  if (figures[0] != figures[1])
    return figures[0] < figures[1] ? -1 : 1;
  return strcmp (one->name, two->name);
}

GPtrArray *
search_rank (const Search *search)
{
  GPtrArray *ranked = g_ptr_array_new ();

  for (guint i = 0; i < search->trials->len; i++)
    g_ptr_array_add (ranked, search->trials->pdata[i]);
  g_ptr_array_sort_with_data (ranked, compare, (gpointer)search);
  return ranked;
}
