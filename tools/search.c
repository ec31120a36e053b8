/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model search: trains the same nets with many settings, and says with which it went
 * best. Each training is a process; this one waits for them, and asks lib/train/search.c what comes
 * next. */
#include <errno.h>
#include <glib-unix.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include <generative/checkpoint.h>
#include <generative/nearest.h>

#include "command.h"
#include "search.h"
#include "settings-file.h"
#include "train.h"

#define DEFAULT_TRIALS 27
#define DEFAULT_REDUCTION 3
/* Trials that fail alike from the first on, after which no other is tried. */
#define ALIKE 3
#define BEST "best"

typedef struct {
  Search search;
  GMainLoop *loop;
  GArray *running; /* Running */
  gboolean stopping;
  int status;
} Run;

typedef struct {
  GPid pid;
  GenSearchJob job;
} Running;

static void
run_clear (Run *run)
{
  search_clear (&run->search);
  g_clear_pointer (&run->loop, g_main_loop_unref);
  g_clear_pointer (&run->running, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

/* --- what is asked for --- */

/* The settings of the first trial; the names and values have been looked at. */
static gboolean
read_settings (Search *search, GenTrainingSettings *record, gboolean *validates, GError **error)
{
  static const char *const others[] = { TRAIN_DATA_MEMBERS };
  g_autoptr (JsonObject) settings = settings_file_read (search->settings, error);
  const GenSetting *list;
  guint n;

  if (settings == NULL)
    return FALSE;
  for (char **fixed = search->fixed; *fixed != NULL; fixed++)
    if (!train_say (settings, *fixed, error))
      return FALSE;
  for (guint i = 0; i < search->dimensions->len; i++) {
    const SearchDimension *dimension = search->dimensions->pdata[i];
    g_autofree char *text = NULL;

    if (dimension->values == NULL)
      continue;
    text = g_strconcat (dimension->name, "=", dimension->values[0], NULL);
    if (!train_say (settings, text, error))
      return FALSE;
  }
  *validates = json_object_has_member (settings, "validation");
  list = gen_training_setting_list (&n);
  if (settings_file_apply (settings, "", record, list, n, others, error))
    return TRUE;
  g_prefix_error (error, "%s: ", search->settings);
  return FALSE;
}

/* What trials, and the nets of each, are better by: what `wanted` says, or else the settings. */
static gboolean
find_objective (
    Search *search, const GenTrainingSettings *record, const char *wanted, GError **error)
{
  const char *name = wanted != NULL ? wanted : record->validation_metric;
  GenObjective objective;

  if (!gen_objective_find (gen_training_settings_recipe (record), NULL, name, &objective, error)) {
    g_prefix_error (error, wanted != NULL ? "--objective: " : "validation-metric: ");
    return FALSE;
  }
  search->objective = objective.validation;
  search->metric = objective.name;
  search->better = objective.better;
  return TRUE;
}

/* Whether the command line says `name` for all trials. */
static gboolean
says (const Search *search, const char *name)
{
  g_autofree char *beginning = g_strconcat (name, "=", NULL);

  for (char **fixed = search->fixed; *fixed != NULL; fixed++)
    if (g_str_has_prefix (*fixed, beginning))
      return TRUE;
  return FALSE;
}

/* How far trials are trained, and after which steps they are compared. */
static gboolean
find_rungs (Search *search, const GenTrainingSettings *record, gint64 min_steps, GError **error)
{
  const guint64 most = search->max_steps > 0 ? search->max_steps : record->max_steps;
  guint64 least = (guint64)min_steps;

  search->n_rungs = 1;
  search->steps[0] = most;
  if (strcmp (search->method, "halving") != 0)
    return TRUE;
  if (most == 0) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--method halving: nothing says how long the longest training is; give --max-steps");
    return FALSE;
  }
  /* As many rungs as leave one trial for the last. */
  if (least == 0) {
    least = most;
    for (guint n = search->n_trials; n >= search->reduction; n /= search->reduction)
      least /= search->reduction;
    least = MAX (least, 1);
  }
  if (least > most) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--min-steps is %" G_GUINT64_FORMAT ", and --max-steps %" G_GUINT64_FORMAT
        ": the first should be less",
        least, most);
    return FALSE;
  }
  if (says (search, "validation-interval")) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "validation-interval: with --method halving it is what --min-steps says");
    return FALSE;
  }
  search->max_steps = most;
  search->validation_interval = least;
  search->n_rungs = gen_search_rungs (least, most, search->reduction, search->steps);
  return TRUE;
}

static gboolean
find_trials (Search *search, int trials, GError **error)
{
  g_autofree GenSearchDimension *list = g_new (GenSearchDimension, search->dimensions->len);
  const char *range = NULL;
  guint combinations;

  for (guint i = 0; i < search->dimensions->len; i++) {
    const SearchDimension *dimension = search->dimensions->pdata[i];

    list[i] = dimension->range;
    if (dimension->values == NULL && range == NULL)
      range = dimension->name;
  }
  combinations = gen_search_combinations (list, search->dimensions->len);
  if (strcmp (search->method, "grid") == 0 && range != NULL) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--method grid: %s is a range; say how many numbers of it, as in 1e-4..1e-2:5, or take "
        "--method random",
        range);
    return FALSE;
  }
  if (strcmp (search->method, "grid") == 0)
    search->n_trials = trials > 0 ? MIN ((guint)trials, combinations) : combinations;
  else
    search->n_trials = trials > 0 ? (guint)trials : DEFAULT_TRIALS;
  if (combinations > 0 && search->n_trials > combinations)
    search->n_trials = combinations;
  return TRUE;
}

typedef struct {
  char *method, *objective, *folder;
  int trials, jobs, reduction;
  gint64 max_steps, min_steps, seed;
  gboolean resume, dry_run;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->method);
  g_free (options->objective);
  g_free (options->folder);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
check_options (const Options *options, GError **error)
{
  const struct {
    const char *name;
    gint64 value, least, most;
  } numbers[] = { { "--trials", options->trials, 0, 1000000 }, { "--jobs", options->jobs, 0, 1024 },
    { "--reduction", options->reduction, 2, 100 },
    { "--max-steps", options->max_steps, 0, G_MAXINT64 },
    { "--min-steps", options->min_steps, 0, G_MAXINT64 },
    { "--seed", options->seed, 0, G_MAXINT64 } };

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    if (numbers[i].value < numbers[i].least || numbers[i].value > numbers[i].most) {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
          "%s is %" G_GINT64_FORMAT ", which should be from %" G_GINT64_FORMAT
          " to %" G_GINT64_FORMAT,
          numbers[i].name, numbers[i].value, numbers[i].least, numbers[i].most);
      return FALSE;
    }
  return TRUE;
}

static gboolean
find_method (Search *search, const char *wanted, GError **error)
{
  static const char *const methods[] = { "grid", "random", "halving", NULL };
  g_autofree char *meant = NULL;

  search->method = "random";
  if (wanted == NULL)
    return TRUE;
  for (guint i = 0; methods[i] != NULL; i++)
    if (strcmp (methods[i], wanted) == 0) {
      search->method = methods[i];
      return TRUE;
    }
  meant = gen_nearest_hint (wanted, methods);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--method: there is no \"%s\"%s; there are grid, random, halving", wanted, meant);
  return FALSE;
}

/* Of all that is asked for, what the search is. */
static gboolean
plan (Search *search, const Options *options, char **arguments, GError **error)
{
  g_auto (GenTrainingSettings) record = { 0 };
  gboolean validates = FALSE;
  guint cores = g_get_num_processors ();

  search->settings = arguments[0];
  search->reduction = (guint)options->reduction;
  search->seed = (guint64)options->seed;
  search->max_steps = (guint64)options->max_steps;
  search->folder = g_strdup (options->folder != NULL ? options->folder : "search");
  search->trials = search_trials_new ();
  gen_training_settings_init (&record);
  if (!check_options (options, error) || !find_method (search, options->method, error) ||
      !search_read_space (search, arguments + 1, error) ||
      !read_settings (search, &record, &validates, error))
    return FALSE;
  if (!validates) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "%s: nothing tells which trial is better; give \"validation\", such as "
        "{\"split\": \"validation\"}",
        search->settings);
    return FALSE;
  }
  if (!find_objective (search, &record, options->objective, error) ||
      !find_trials (search, options->trials, error) ||
      !find_rungs (search, &record, options->min_steps, error))
    return FALSE;
  search->jobs = options->jobs > 0 ? (guint)options->jobs : MIN (cores, search->n_trials);
  search->threads = MAX (cores / search->jobs, 1);
  search->schedule = gen_search_new (search->n_trials, search->n_rungs, search->reduction);
  return TRUE;
}

/* --- running --- */

/* The one that is the best is found as `best`. */
static gboolean
link_best (const Search *search, GError **error)
{
  g_autofree char *path = g_build_filename (search->folder, BEST, NULL);
  g_autofree char *before = g_strconcat (path, ".part", NULL), *target = NULL;
  const SearchTrial *best = search_best (search);

  if (best == NULL)
    return TRUE;
  target = g_build_filename (best->name, GEN_CHECKPOINT_BEST, NULL);
  g_unlink (before);
  if (symlink (target, before) == 0 && g_rename (before, path) == 0)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "cannot write '%s': %s", path,
      g_strerror (errno));
  return FALSE;
}

static void
signal_all (const Run *run, int signal)
{
  for (guint i = 0; i < run->running->len; i++)
    kill (g_array_index (run->running, Running, i).pid, signal);
}

/* Those that run are to have their checkpoints. */
static void
stop (Run *run, int status)
{
  if (!run->stopping)
    signal_all (run, SIGTERM);
  run->stopping = TRUE;
  run->status = MAX (run->status, status);
}

static void
give_up (Run *run, GError *error)
{
  command_fail (error);
  stop (run, STATUS_FAILED);
}

/* The first trials that have ended have all failed before a validation: so would the others. */
static gboolean
is_hopeless (const Search *search)
{
  guint failed = 0;

  for (guint i = 0; i < search->trials->len; i++) {
    const SearchTrial *trial = search->trials->pdata[i];

    if (trial->state == SEARCH_FAILED && trial->steps[0] == 0)
      failed++;
    else if (trial->told > 0)
      return FALSE;
  }
  return failed >= ALIKE;
}

static void start_jobs (Run *run);

static void
tell_result (const Search *search, const SearchTrial *trial, guint rung)
{
  if (isnan (trial->figures[rung]))
    g_printerr ("%s %s: %s\n", trial->name, search_state_name (trial->state), trial->why);
  else
    g_printerr ("%s: %s %.6g after %" G_GUINT64_FORMAT " steps%s\n", trial->name, search->objective,
        trial->figures[rung], trial->steps[rung],
        search_best (search) == trial ? ", the best" : "");
}

/* One was stopped together with the search: it goes on some other time. */
static gboolean
was_stopped (const Run *run, int status)
{
  return run->stopping &&
         (WIFSIGNALED (status) || (WIFEXITED (status) && WEXITSTATUS (status) == STATUS_STOPPED));
}

static void
on_end (GPid pid, int status, gpointer user_data)
{
  Run *run = user_data;
  Search *search = &run->search;
  const double sign = search->better == GEN_BETTER_HIGHER ? -1 : 1;
  g_autoptr (GError) error = NULL;
  SearchTrial *trial;
  GenSearchJob job = { 0 };

  for (guint i = 0; i < run->running->len; i++)
    if (g_array_index (run->running, Running, i).pid == pid) {
      job = g_array_index (run->running, Running, i).job;
      g_array_remove_index (run->running, i);
      break;
    }
  g_spawn_close_pid (pid);
  trial = search->trials->pdata[job.trial];
  if (!was_stopped (run, status)) {
    search_read_result (search, trial, job.rung, status);
    gen_search_tell (search->schedule, job.trial, job.rung, sign * trial->figures[job.rung]);
    search_judge (search, FALSE);
    tell_result (search, trial, job.rung);
  }
  if ((!search_save (search, &error) || !link_best (search, &error)) && !run->stopping)
    give_up (run, g_steal_pointer (&error));
  if (is_hopeless (search) && !run->stopping) {
    g_set_error (&error, G_IO_ERROR, G_IO_ERROR_FAILED,
        "the first trials have all failed, and the search is given up: %s",
        trial->why != NULL ? trial->why : "");
    give_up (run, g_steal_pointer (&error));
  }
  start_jobs (run);
}

/* TRUE where a job was started. */
static gboolean
start_job (Run *run, GError **error)
{
  Search *search = &run->search;
  Running running = { 0 };
  SearchTrial *trial;

  if (!gen_search_next (search->schedule, &running.job))
    return FALSE;
  trial = running.job.trial < search->trials->len ? search->trials->pdata[running.job.trial]
                                                  : search_add_trial (search, running.job.trial);
  trial->begun = TRUE;
  search_judge (search, FALSE);
  if (!search_save (search, error))
    return FALSE;
  running.pid = search_start (search, trial, running.job.rung, error);
  if (running.pid == 0)
    return FALSE;
  g_array_append_val (run->running, running);
  g_child_watch_add (running.pid, on_end, run);
  return TRUE;
}

static void
start_jobs (Run *run)
{
  GError *error = NULL;

  while (!run->stopping && run->running->len < run->search.jobs)
    if (!start_job (run, &error))
      break;
  if (error != NULL)
    give_up (run, error);
  if (run->running->len == 0)
    g_main_loop_quit (run->loop);
}

static gboolean
on_signal (gpointer user_data)
{
  Run *run = user_data;

  if (run->stopping)
    signal_all (run, SIGKILL);
  else
    g_printerr ("ending the trainings, each with a checkpoint; again to end at once\n");
  stop (run, STATUS_STOPPED);
  return G_SOURCE_CONTINUE;
}

static int
conclude (Run *run)
{
  Search *search = &run->search;
  const SearchTrial *best;
  g_autoptr (GError) error = NULL;

  search_judge (search, !run->stopping);
  best = search_best (search);
  search_print_table (search);
  if (best != NULL)
    g_print ("\nthe best is %s, whose models are in %s/" BEST "\n", best->name, search->folder);
  if (!search_save (search, &error) || !search_write_reports (search, &error))
    return command_fail (g_steal_pointer (&error));
  if (run->status == STATUS_STOPPED)
    g_printerr ("stopped; --resume goes on\n");
  if (run->status == STATUS_FINE && best == NULL)
    return STATUS_FAILED;
  return run->status;
}

static int
search_to_the_end (Run *run)
{
  guint signals[] = { g_unix_signal_add (SIGINT, on_signal, run),
    g_unix_signal_add (SIGTERM, on_signal, run) };

  run->loop = g_main_loop_new (NULL, FALSE);
  run->running = g_array_new (FALSE, FALSE, sizeof (Running));
  start_jobs (run);
  if (run->running->len > 0)
    g_main_loop_run (run->loop);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    g_source_remove (signals[i]);
  return conclude (run);
}

/* What would be tried. */
static void
print_plan (Search *search)
{
  g_print ("%u trials by %s, %u at a time with %u threads each, judged by the %s %s\n",
      search->n_trials, search->method, search->jobs, search->threads,
      search->better == GEN_BETTER_HIGHER ? "highest" : "lowest", search->objective);
  for (guint i = 0; search->n_rungs > 1 && i < search->n_rungs; i++)
    g_print ("%s%" G_GUINT64_FORMAT "%s", i == 0 ? "compared after " : ", ", search->steps[i],
        i + 1 == search->n_rungs ? " steps\n" : "");
  for (guint i = 0; i < search->n_trials; i++) {
    const SearchTrial *trial = search_add_trial (search, i);

    g_print ("%s ", trial->name);
    for (guint d = 0; d < search->dimensions->len; d++)
      g_print (" %s=%s", ((const SearchDimension *)search->dimensions->pdata[d])->name,
          trial->values[d]);
    g_print ("\n");
  }
}

static gboolean
open_folder (Run *run, gboolean resume, GError **error)
{
  Search *search = &run->search;
  g_autofree char *path = g_build_filename (search->folder, SEARCH_STATE, NULL);
  const gboolean is_there = g_file_test (path, G_FILE_TEST_EXISTS);

  if (is_there == resume)
    return !resume || search_load (search, error);
  if (is_there)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS,
        "%s is there: --resume goes on with that search; else name another --folder", path);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
        "--resume: there is no %s, so that there is nothing to go on from", path);
  return FALSE;
}

static const char details[] =
    "SETTINGS.json is the file of generative-model train, with a \"validation\", and NAME=VALUE "
    "says a setting\nin its place, for all trials. What has several values is searched:\n\n"
    "  batch-size=32,64,128            one of these (of texts and of data: a|b)\n"
    "  learning-rate=1e-4..1e-2        a number from this range: evenly, or evenly by its "
    "logarithm\n"
    "                                  where the end is 10 times the beginning or more\n"
    "  beta1=0..0.9:linear, :log       one of both, said\n"
    "  learning-rate=1e-4..1e-2:5      one of 5 numbers of it, for a grid\n\n"
    "Methods: grid tries all combinations, random so many that are drawn; halving trains all "
    "for a few\nsteps, the best third of them for thrice as many, and so on (ASHA).\n\n"
    "The folder gets a folder for each trial, search.json, search.md, search.html, the models of "
    "the best\nas best, and logs for tensorboard --logdir. Ctrl-C ends it with checkpoints; after "
    "that, or after a\nkill, --resume goes on.\n";

static int
command_search_run (int argc, char **argv)
{
  g_auto (Options) options = { .reduction = DEFAULT_REDUCTION };
  const GOptionEntry entries[] = {
    { "method", 'm', 0, G_OPTION_ARG_STRING, &options.method, "grid, random or halving (random)",
        "METHOD" },
    { "objective", 0, 0, G_OPTION_ARG_STRING, &options.objective,
        "Figure of validation to judge by: the validation-metric of all trials", "NAME" },
    { "trials", 'n', 0, G_OPTION_ARG_INT, &options.trials, "How many, at most (27; of a grid all)",
        "N" },
    { "jobs", 'j', 0, G_OPTION_ARG_INT, &options.jobs,
        "How many at a time, among which the cores are divided (one for each core)", "N" },
    { "max-steps", 0, 0, G_OPTION_ARG_INT64, &options.max_steps,
        "Steps of a whole training (as the settings say)", "STEPS" },
    { "min-steps", 0, 0, G_OPTION_ARG_INT64, &options.min_steps,
        "halving: steps after which trials are first compared", "STEPS" },
    { "reduction", 0, 0, G_OPTION_ARG_INT, &options.reduction,
        "halving: one in so many goes on (3)", "N" },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &options.seed, "Same seed, same trials (0)", "N" },
    { "folder", 'o', 0, G_OPTION_ARG_FILENAME, &options.folder, "Where it is written (search)",
        "FOLDER" },
    { "resume", 'r', 0, G_OPTION_ARG_NONE, &options.resume, "Go on with the search there", NULL },
    { "dry-run", 0, 0, G_OPTION_ARG_NONE, &options.dry_run, "Print the trials, and train none",
        NULL },
    { NULL },
  };
  g_auto (Run) run = { .status = STATUS_FINE };
  g_autoptr (GenCheckpointLock) lock = NULL;
  GError *error = NULL;

  if (!command_parse (&command_search, entries, details, 1, -1, &argc, &argv))
    return STATUS_USAGE;
  if (!plan (&run.search, &options, argv + 1, &error))
    return command_fail (error);
  if (options.dry_run) {
    print_plan (&run.search);
    return STATUS_FINE;
  }
  lock = gen_checkpoint_lock (run.search.folder, &error);
  if (lock == NULL || !open_folder (&run, options.resume, &error))
    return command_fail (error);
  return search_to_the_end (&run);
}

const Command command_search = {
  .name = "search",
  .arguments = "SETTINGS.json NAME=VALUES…",
  .summary = "Find settings with which a training goes best",
  .run = command_search_run,
};
