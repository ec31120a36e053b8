/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model watch: trains again when a folder has grown, and publishes what has become
 * better. Trainings and their judgements are processes; this one waits for files and for them. */
#include "watch.h"

#include <glib-unix.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <gio/gio.h>

#include <generative/atomic-file.h>
#include <generative/checkpoint.h>
#include <generative/training-settings.h>

#include "../lib/base/json-file.h"
#include "child.h"
#include "command.h"
#include "settings-file.h"
#include "train.h"

#define DEFAULT_GROWN 100
#define DEFAULT_SETTLE 5
#define DEFAULT_POLL 30
/* Files come in heaps: so many milliseconds after the first is soon enough to look. */
#define GATHER 250
/* Folders that the system is asked to tell of changes in; others are looked at all the same. */
#define MOST_MONITORS 1024

char *
watch_path (const Watch *watch, const char *format, ...)
{
  g_autofree char *name = NULL;
  va_list arguments;

  va_start (arguments, format);
  name = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  return g_build_filename (watch->folder, name, NULL);
}

void
watch_tell (const Watch *watch, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_printerr ("%s: %s\n", watch->folder, text);
}

static void
watch_clear (Watch *watch)
{
  g_clear_pointer (&watch->settings, json_object_unref);
  g_clear_pointer (&watch->files, watch_files_free);
  g_clear_pointer (&watch->loop, g_main_loop_unref);
  g_free (watch->folder);
  g_free (watch->location);
  g_strfreev (watch->then);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Watch, watch_clear)

/* --- how it stands --- */

gboolean
watch_save (const Watch *watch, GError **error)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), object);
  g_autofree char *path = watch_path (watch, WATCH_STATE), *text = NULL;
  g_autoptr (GBytes) bytes = NULL;

  json_object_set_string_member (object, "version", GEN_VERSION);
  json_object_set_string_member (object, "location", watch->location);
  json_object_set_int_member (object, "round", (gint64)watch->round);
  json_object_set_boolean_member (object, "training", watch->training);
  json_object_set_int_member (object, "published", (gint64)watch->published);
  text = gen_json_to_text (root, TRUE);
  bytes = g_bytes_new (text, strlen (text));
  return gen_atomic_write (path, bytes, error);
}

static gboolean
read_count (JsonObject *object, const char *name, guint64 *count)
{
  JsonNode *node = json_object_get_member (object, name);
  const gboolean is_number = node != NULL && JSON_NODE_HOLDS_VALUE (node) &&
                             json_node_get_value_type (node) == G_TYPE_INT64 &&
                             json_node_get_int (node) >= 0;

  *count = is_number ? (guint64)json_node_get_int (node) : 0;
  return is_number;
}

/* Of another folder, files would be new or known by chance. */
static gboolean
read_state (Watch *watch, JsonObject *object, const char *path, GError **error)
{
  const char *location = json_object_get_string_member_with_default (object, "location", "");

  if (!read_count (object, "round", &watch->round) ||
      !read_count (object, "published", &watch->published)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s: it does not say which round it is, and which is published", path);
    return FALSE;
  }
  watch->training = json_object_get_boolean_member_with_default (object, "training", FALSE);
  if (g_str_equal (location, watch->location))
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s: it is of a watch on '%s', and not on '%s'; another --folder keeps both", path, location,
      watch->location);
  return FALSE;
}

static gboolean
load (Watch *watch, GError **error)
{
  g_autofree char *path = watch_path (watch, WATCH_STATE), *seen = watch_path (watch, WATCH_SEEN);
  g_autoptr (JsonObject) object = NULL;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  object = settings_file_read (path, error);
  return object != NULL && read_state (watch, object, path, error) &&
         watch_files_know (watch->files, seen, error);
}

/* --- waiting --- */

static gboolean
quit (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

/* The first one asks for an end, with a checkpoint; the second one does not wait for it. */
static gboolean
on_signal (gpointer user_data)
{
  Watch *watch = user_data;

  if (watch->child != 0)
    kill (watch->child, watch->stopping ? SIGKILL : SIGTERM);
  else
    g_main_loop_quit (watch->loop);
  watch->stopping = TRUE;
  return G_SOURCE_CONTINUE;
}

typedef struct {
  GMainLoop *loop;
  int status;
} Ended;

static void
on_end (GPid pid, int status, gpointer user_data)
{
  Ended *ended = user_data;

  ended->status = status;
  g_spawn_close_pid (pid);
  g_main_loop_quit (ended->loop);
}

gboolean
watch_run (Watch *watch, GPtrArray *line, const char *log, const char *out, GError **error)
{
  g_autofree char *words = NULL;
  Ended ended = { watch->loop, 0 };

  if (!watch->stopping) {
    watch->child = child_start (line, log, out, error);
    if (watch->child == 0)
      return FALSE;
    g_child_watch_add (watch->child, on_end, &ended);
    g_main_loop_run (watch->loop);
    watch->child = 0;
  }
  if (watch->stopping) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "stopped");
    return FALSE;
  }
  if (WIFEXITED (ended.status) && WEXITSTATUS (ended.status) == STATUS_FINE)
    return TRUE;
  words = child_last_words (log, line->pdata[1]);
  if (WIFSIGNALED (ended.status))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s was ended by signal %d (%s)",
        (char *)line->pdata[1], WTERMSIG (ended.status), g_strsignal (WTERMSIG (ended.status)));
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", (char *)line->pdata[1], words);
  return FALSE;
}

typedef struct {
  GMainLoop *loop;
  GPtrArray *monitors;
  guint soon;
} Monitors;

static gboolean
on_soon (gpointer user_data)
{
  Monitors *monitors = user_data;

  monitors->soon = 0;
  g_main_loop_quit (monitors->loop);
  return G_SOURCE_REMOVE;
}

static void
on_changed (
    GFileMonitor *monitor, GFile *file, GFile *other, GFileMonitorEvent event, gpointer user_data)
{
  Monitors *monitors = user_data;

  if (monitors->soon == 0)
    monitors->soon = g_timeout_add (GATHER, on_soon, monitors);
}

static void
add_monitors (Monitors *monitors, const WatchFiles *files)
{
  g_auto (GStrv) folders = watch_files_list_folders (files);

  for (guint i = 0; folders[i] != NULL && i < MOST_MONITORS; i++) {
    g_autoptr (GFile) folder = g_file_new_for_path (folders[i]);
    GFileMonitor *monitor = g_file_monitor_directory (folder, G_FILE_MONITOR_NONE, NULL, NULL);

    if (monitor == NULL)
      return;
    g_signal_connect (monitor, "changed", G_CALLBACK (on_changed), monitors);
    g_ptr_array_add (monitors->monitors, monitor);
  }
}

/* Until something changes in the folders, or for so many seconds: not every file system tells. */
static void
wait_for_files (Watch *watch, int seconds)
{
  Monitors monitors = { watch->loop, g_ptr_array_new_with_free_func (g_object_unref), 0 };
  guint timeout;

  if (watch->stopping)
    return;
  add_monitors (&monitors, watch->files);
  timeout = g_timeout_add (MAX ((guint)seconds * 1000, GATHER), quit, watch->loop);
  g_main_loop_run (watch->loop);
  if (g_main_context_find_source_by_id (NULL, timeout) != NULL)
    g_source_remove (timeout);
  if (monitors.soon != 0)
    g_source_remove (monitors.soon);
  for (guint i = 0; i < monitors.monitors->len; i++)
    g_signal_handlers_disconnect_by_data (monitors.monitors->pdata[i], &monitors);
  g_ptr_array_unref (monitors.monitors);
}

/* --- what is asked for --- */

/* Settings as they are for the first round. */
static gboolean
read_settings (Watch *watch, GError **error)
{
  static const char *const others[] = { TRAIN_DATA_MEMBERS };
  g_auto (GenTrainingSettings) record = { 0 };
  const GenSetting *list;
  guint n;

  watch->settings = settings_file_read (watch->path, error);
  if (watch->settings == NULL)
    return FALSE;
  for (char **said = watch->said; *said != NULL; said++)
    if (!train_say (watch->settings, *said, error))
      return FALSE;
  gen_training_settings_init (&record);
  list = gen_training_setting_list (&n);
  if (settings_file_apply (watch->settings, "", &record, list, n, others, error))
    return TRUE;
  g_prefix_error (error, "%s: ", watch->path);
  return FALSE;
}

/* Those behind the first round are looked at now, too. */
static gboolean
check_then (const Watch *watch, GError **error)
{
  g_autoptr (JsonObject) nothing = json_object_new ();

  for (char **then = watch->then; *then != NULL; then++)
    if (!train_say (nothing, *then, error)) {
      g_prefix_error (error, "--then: ");
      return FALSE;
    }
  return TRUE;
}

static gboolean
refuse (GError **error, const char *format, const char *what)
{
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, format, what);
  return FALSE;
}

static const char *
text_of (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) &&
                 json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : NULL;
}

static JsonObject *
section_of (JsonObject *settings, const char *name)
{
  JsonNode *node = json_object_get_member (settings, name);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

/* What is trained on must not be what is judged by, nor become so. */
static gboolean
check_data (const Watch *watch, JsonObject *data, GError **error)
{
  JsonObject *test = section_of (watch->settings, "test");
  const char *split = text_of (data, "split");

  if (g_strcmp0 (text_of (data, "split-by"), "index") == 0)
    return refuse (error,
        "%s: data.split-by is index, by which all files are dealt anew when some come; content is "
        "wanted, or nothing",
        watch->path);
  if (split == NULL || g_str_equal (split, "train") ||
      (test != NULL && text_of (test, "location") != NULL))
    return TRUE;
  return refuse (error,
      "%s: data.split is not train, so that nothing is held out to judge by; test.location names a "
      "place of its own",
      watch->path);
}

/* (transfer full), or NULL */
static char *
resolve (const char *path)
{
  char *whole = realpath (path, NULL), *copy = g_strdup (whole);

  free (whole);
  return copy;
}

static gboolean
check_folders (const Watch *watch, GError **error)
{
  g_autofree char *place = g_canonicalize_filename (watch->folder, NULL);
  g_autofree char *folder = resolve (place);
  const gsize n = strlen (watch->location);

  /* One that is not there yet is made in the nearest that is. */
  while (folder == NULL && strcmp (place, "/") != 0) {
    char *above = g_path_get_dirname (place);

    g_free (place);
    place = above;
    folder = resolve (place);
  }
  if (folder == NULL || strncmp (folder, watch->location, n) != 0 ||
      (folder[n] != '/' && folder[n] != '\0'))
    return TRUE;
  return refuse (error, "--folder: it is within '%s', which is watched", watch->location);
}

static gboolean
find_location (Watch *watch, GError **error)
{
  JsonObject *data = section_of (watch->settings, "data");
  const char *location = data != NULL ? text_of (data, "location") : NULL;
  const char *name = data != NULL ? text_of (data, "medium") : NULL;
  const GenMedium *medium;

  if (location == NULL || !g_file_test (location, G_FILE_TEST_IS_DIR))
    return refuse (error, "%s: data.location: a folder is wanted, which may grow", watch->path);
  medium = gen_medium_find (name != NULL ? name : "picture", error);
  if (medium == NULL || medium->is_named == NULL) {
    if (medium != NULL)
      refuse (error, "%s: data.medium: there are no files of it", watch->path);
    return FALSE;
  }
  watch->location = resolve (location);
  watch->files = watch_files_new (watch->location, medium, watch->settle);
  return check_data (watch, data, error);
}

/* --- beginning with a model --- */

/* What is there is what it was trained on, as far as anybody knows. */
static gboolean
take_model (Watch *watch, const char *model, GError **error)
{
  g_autofree char *seen = watch_path (watch, WATCH_SEEN), *description = NULL, *around = NULL;
  g_autofree char *best = g_build_filename (model, GEN_CHECKPOINT_BEST, NULL);
  g_autofree char *files = watch_path (watch, WATCH_PUBLISHED "-1/" WATCH_FILES);
  WatchCounts counts;

  description = g_build_filename (model, "training.json", NULL);
  if (!g_file_test (description, G_FILE_TEST_EXISTS))
    return refuse (
        error, "--model: '%s' is not the folder of a training: it has no training.json", model);
  if (!watch_files_look (watch->files, &counts, error) ||
      !watch_files_save (watch->files, FALSE, NULL, seen, error) ||
      !watch_publish (
          watch, 1, model, g_file_test (best, G_FILE_TEST_IS_DIR) ? best : model, error) ||
      !watch_files_save (watch->files, FALSE, NULL, files, error))
    return FALSE;
  watch->round = watch->published = 1;
  return watch_save (watch, error) && watch_files_know (watch->files, seen, error);
}

/* --- all of it --- */

/* Have a round where one is due. */
static gboolean
go_on (Watch *watch, const WatchCounts *counts, gboolean *failed, GError **error)
{
  g_autofree char *files = NULL;

  *failed = FALSE;
  if (!watch->training && (counts->added < watch->grown || counts->added == 0))
    return TRUE;
  if (!watch->training && !watch_begin_round (watch, error))
    return FALSE;
  /* What a lost round had as well: it is not begun again before as many have come, or the command
   * is started anew. */
  files = watch_path (watch, "round-%" G_GUINT64_FORMAT "/" WATCH_FILES, watch->round);
  return watch_end_round (watch, failed, error) && watch_files_know (watch->files, files, error);
}

/* A folder may be away for a while, as one on another machine is. It is told once. */
static gboolean
look (Watch *watch, WatchCounts *counts, gboolean *away)
{
  g_autoptr (GError) error = NULL;
  const gboolean found = watch_files_look (watch->files, counts, &error);

  if (!found && !*away)
    watch_tell (watch, "%s. It is waited for", error->message);
  *away = !found;
  return found;
}

static gboolean
watch_on (Watch *watch, gboolean once, gboolean *failed, GError **error)
{
  gboolean waited = FALSE, away = FALSE;
  WatchCounts counts;

  while (!watch->stopping) {
    const gboolean resumed = watch->training;
    const guint64 before = watch->round;

    if (once && !watch_files_look (watch->files, &counts, error))
      return FALSE;
    if (!once && !look (watch, &counts, &away)) {
      wait_for_files (watch, watch->poll);
      continue;
    }
    /* A round that was interrupted first: what has come meanwhile is of the next one. */
    if (!go_on (watch, &counts, failed, error))
      return FALSE;
    if (once && (watch->round > before || counts.unsettled == 0 || waited)) {
      if (!resumed && watch->round == before)
        watch_tell (watch, "no round is due: of %u files %u are new, and %u make one", counts.count,
            counts.added, watch->grown);
      return TRUE;
    }
    waited = TRUE;
    wait_for_files (watch, counts.unsettled > 0 ? MIN (watch->settle, watch->poll) : watch->poll);
  }
  return TRUE;
}

static const char details[] =
    "SETTINGS.json is the file of generative-model train, whose data.location is a folder, and "
    "NAME=VALUE says\na setting in its place. When N files have come that can be decoded, nets are "
    "trained, beginning with those\nthat were published last, on data.split=train of all of them "
    "by their content. They are published where\nthey are better on the held-out samples (test, or "
    "split=test) with a confidence of 95 %, and not worse on\nthose of them that were there "
    "before; "
    "else nothing changes. FOLDER/published leads to the models, and\nis there for good: elements "
    "follow it as they play. FOLDER/decisions.jsonl has a line for each round.\n\nWhatever ends "
    "it, "
    "the same command goes on.\n";

typedef struct {
  char *folder, *model, **then;
  int grown, settle, poll;
  gboolean once, forget;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->folder);
  g_free (options->model);
  g_strfreev (options->then);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
check_options (const Options *options, GError **error)
{
  if (options->grown < 1)
    return refuse (error, "--grown: %s files or more make a round", "1");
  if (options->settle < 0 || options->settle > 86400)
    return refuse (error, "--settle: a number of seconds is wanted, from 0 to %s", "86400");
  if (options->poll < 1 || options->poll > 86400)
    return refuse (error, "--poll: a number of seconds is wanted, from 1 to %s", "86400");
  return TRUE;
}

static gboolean
open_watch (Watch *watch, Options *options, GError **error)
{
  watch->grown = (guint)options->grown;
  watch->settle = options->settle;
  watch->poll = options->poll;
  watch->may_forget = options->forget;
  watch->folder = g_strdup (options->folder != NULL ? options->folder : "watch");
  watch->then = options->then != NULL ? g_strdupv (options->then) : g_new0 (char *, 1);
  return check_options (options, error) && read_settings (watch, error) &&
         check_then (watch, error) && find_location (watch, error) && check_folders (watch, error);
}

static int
run_watch (Watch *watch, const Options *options)
{
  g_autoptr (GError) error = NULL;
  gboolean failed = FALSE, done;

  watch->loop = g_main_loop_new (NULL, FALSE);
  if (!load (watch, &error) ||
      (options->model != NULL && watch->round == 0 && !take_model (watch, options->model, &error)))
    return command_fail (g_steal_pointer (&error));
  g_unix_signal_add (SIGINT, on_signal, watch);
  g_unix_signal_add (SIGTERM, on_signal, watch);
  done = watch_on (watch, options->once, &failed, &error);
  if (!done && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return command_fail (g_steal_pointer (&error));
  if (watch->training)
    watch_tell (watch,
        "stopped within round %" G_GUINT64_FORMAT ", with which the same command "
        "goes on",
        watch->round);
  if (watch->stopping)
    return STATUS_STOPPED;
  return failed ? STATUS_FAILED : STATUS_FINE;
}

static int
run (int argc, char **argv)
{
  g_auto (Options)
      options = { .grown = DEFAULT_GROWN, .settle = DEFAULT_SETTLE, .poll = DEFAULT_POLL };
  const GOptionEntry entries[] = {
    { "grown", 'n', 0, G_OPTION_ARG_INT, &options.grown,
        "Files that have come, or were replaced, after which nets are trained again (100)", "N" },
    { "then", 't', 0, G_OPTION_ARG_STRING_ARRAY, &options.then,
        "A setting of trainings that begin with what was published, again and again",
        "NAME=VALUE" },
    { "model", 'm', 0, G_OPTION_ARG_FILENAME, &options.model,
        "The folder of a training to begin with, which has seen the files that are there",
        "FOLDER" },
    { "may-forget", 0, 0, G_OPTION_ARG_NONE, &options.forget,
        "Publish also what has become worse on held-out samples that were there before", NULL },
    { "settle", 0, 0, G_OPTION_ARG_INT, &options.settle,
        "Seconds for which a file must not have changed (5)", "SECONDS" },
    { "poll", 0, 0, G_OPTION_ARG_INT, &options.poll,
        "Seconds between two looks where the system tells of no change (30)", "SECONDS" },
    { "once", '1', 0, G_OPTION_ARG_NONE, &options.once, "Look once, and end after that", NULL },
    { "folder", 'o', 0, G_OPTION_ARG_FILENAME, &options.folder, "Where it is written (watch)",
        "FOLDER" },
    { NULL },
  };
  g_auto (Watch) watch = { 0 };
  g_autoptr (GenCheckpointLock) lock = NULL;
  GError *error = NULL;

  if (!command_parse (&command_watch, entries, details, 1, -1, &argc, &argv))
    return STATUS_USAGE;
  watch.path = argv[1];
  watch.said = argv + 2;
  if (!open_watch (&watch, &options, &error))
    return command_fail (error);
  lock = gen_checkpoint_lock (watch.folder, &error);
  if (lock == NULL)
    return command_fail (error);
  return run_watch (&watch, &options);
}

const Command command_watch = {
  .name = "watch",
  .arguments = "SETTINGS.json [NAME=VALUE …]",
  .summary = "Train again when a folder has grown, and publish what has become better",
  .run = run,
};
