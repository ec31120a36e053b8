/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A search for settings: what generative-model search is told, and what it has found. */
#pragma once

#include <generative/objective.h>
#include <generative/report.h>
#include <generative/search.h>
#include <generative/training-settings.h>
#include <json-glib/json-glib.h>

/* One of what is searched. */
typedef struct {
  char *name;               /* as the command line has it */
  char **values;            /* as texts; NULL: a range */
  GenSearchDimension range; /* of a number, else how many values */
} SearchDimension;

typedef enum {
  SEARCH_RUNNING, /* or would be, if the search went on */
  SEARCH_TRAINED, /* to its end */
  SEARCH_WAITING, /* after a rung, and may still go on */
  SEARCH_PRUNED,
  SEARCH_DIVERGED,
  SEARCH_FAILED,
} SearchState;

typedef struct {
  char *name;    /* of its folder */
  char **values; /* of the dimensions, as texts */
  guint told;    /* rungs */
  gboolean begun;
  double figures[GEN_SEARCH_MOST_RUNGS]; /* NaN: there is none */
  guint64 steps[GEN_SEARCH_MOST_RUNGS];  /* after which each is measured */
  SearchState state;
  char *why; /* of one that was pruned, has diverged or failed, else NULL */
} SearchTrial;

typedef struct {
  const char *settings;  /* the file */
  char **fixed;          /* NAME=VALUE that all trials have */
  GPtrArray *dimensions; /* SearchDimension */
  const char *method;    /* "grid", "random", "halving" */
  guint n_trials, reduction;
  guint64 seed, max_steps;                                   /* 0: as the settings have it */
  guint64 steps[GEN_SEARCH_MOST_RUNGS], validation_interval; /* of several rungs */
  guint n_rungs;
  const char
      *objective;     /* what validations call the figure, by which trainings choose their best */
  const char *metric; /* its own name */
  GenBetter better;
  char *folder;
  guint jobs, threads; /* of each */
  GPtrArray *trials;   /* SearchTrial */
  GenSearch *schedule;
} Search;

GPtrArray *search_trials_new (void);
void search_clear (Search *search);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Search, search_clear)

/* A trial with the values that are its turn. (transfer none) */
SearchTrial *search_add_trial (Search *search, guint i);
/* The folder of a trial. (transfer full) */
char *search_trial_path (const Search *search, const SearchTrial *trial);
/* Say of each trial how it stands; `ended`: nothing goes on. */
void search_judge (Search *search, gboolean ended);
/* The best trial, or NULL. */
const SearchTrial *search_best (const Search *search);
/* All trials, the best first. (transfer container) */
GPtrArray *search_rank (const Search *search);
const char *search_state_name (SearchState state);

/* --- search-space.c --- */

/* Read what the command line says of settings: one value stays for all trials, others are searched.
 * FALSE with `error`, which names the setting. */
gboolean search_read_space (Search *search, char **arguments, GError **error);

/* --- search-state.c: search.json --- */

#define SEARCH_STATE "search.json"
gboolean search_save (const Search *search, GError **error);
/* Go on from what the folder has; FALSE with `error` where it is of another search. */
gboolean search_load (Search *search, GError **error);

/* --- search-trial.c --- */

/* Start the training of a trial until the end of a rung; 0 with `error`. */
GPid search_start (const Search *search, const SearchTrial *trial, guint rung, GError **error);
/* It has ended with `status`, as waitpid has it: its figure. */
void search_read_result (const Search *search, SearchTrial *trial, guint rung, int status);

/* --- search-report.c --- */

void search_print_table (const Search *search);
/* search.md and search.html in the folder. */
gboolean search_write_reports (const Search *search, GError **error);
