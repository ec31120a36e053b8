/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A round: nets are trained on what has come, beginning with those that are played, and take their
 * place where they are better on samples that are held out. That is asked twice: of all held-out
 * samples, and of those that were there when what is played was published, on which it must not
 * have become worse. What has come may be wrong, and then it is wrong among the held-out samples,
 * too. */
#include "watch.h"

#include <math.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include <generative/atomic-file.h>
#include <generative/checkpoint.h>

#include "../lib/base/json-file.h"
#include "child.h"
#include "json-lines.h"

#define NEW_FILES "new.jsonl"
#define LOG "train.log"

/* --- beginning --- */

static const char *
text_of (JsonObject *object, const char *section, const char *name)
{
  JsonNode *node = json_object_get_member (object, section);

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return NULL;
  node = json_object_get_member (json_node_get_object (node), name);
  return node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_string (node) : NULL;
}

gboolean
watch_begin_round (Watch *watch, GError **error)
{
  const guint64 round = watch->round + 1;
  g_autofree char *folder = watch_path (watch, "round-%" G_GUINT64_FORMAT, round);
  g_autofree char *data = watch_path (watch, WATCH_DATA);
  g_autofree char *files = g_build_filename (folder, WATCH_FILES, NULL);
  g_autofree char *added = g_build_filename (folder, NEW_FILES, NULL);

  watch_remove (folder);
  if (!watch_files_link (watch->files, data, error))
    return FALSE;
  if (g_mkdir_with_parents (folder, 0777) != 0) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "cannot write '%s'", folder);
    return FALSE;
  }
  if (watch->published > 0) {
    g_autofree char *before =
        watch_path (watch, WATCH_PUBLISHED "-%" G_GUINT64_FORMAT "/" WATCH_FILES, watch->published);

    /* What was there when that was published, which may be longer ago than the last round. Without
     * it all files would be new, and nobody would ask whether anything was forgotten. */
    if (!g_file_test (before, G_FILE_TEST_IS_REGULAR)) {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
          "%s: it is not there any more, and says which files there were when what is played was "
          "published; --model of that in another --folder begins anew",
          before);
      return FALSE;
    }
    if (!watch_files_know (watch->files, before, error))
      return FALSE;
  }
  if (!watch_files_save (watch->files, FALSE, NULL, files, error) ||
      !watch_files_save (
          watch->files, TRUE, text_of (watch->settings, "data", "leave-out"), added, error))
    return FALSE;
  watch->round = round;
  watch->training = TRUE;
  if (!watch_save (watch, error))
    return FALSE;
  watch_remove_others (watch, "round", round, round);
  return TRUE;
}

/* --- training --- */

static gboolean
train (Watch *watch, const char *folder, GError **error)
{
  g_autoptr (GPtrArray) line = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *log = g_build_filename (folder, LOG, NULL);

  child_wait_for_folder (folder);
  child_add (line, CHILD_PROGRAM);
  child_add (line, "train");
  child_add (line, "%s", child_has_state (folder) ? "--resume" : "--overwrite");
  child_add (line, "%s", watch->path);
  for (char **said = watch->said; *said != NULL; said++)
    child_add (line, "%s", *said);
  for (char **then = watch->then; watch->published > 0 && *then != NULL; then++)
    child_add (line, "%s", *then);
  if (text_of (watch->settings, "data", "split") == NULL)
    child_add (line, "data.split=train");
  if (text_of (watch->settings, "data", "split-by") == NULL)
    child_add (line, "data.split-by=content");
  child_add (line, "data.location=%s/" WATCH_DATA, watch->folder);
  if (watch->published > 0)
    child_add (
        line, "weights=%s/" WATCH_PUBLISHED "-%" G_GUINT64_FORMAT, watch->folder, watch->published);
  child_add (line, "checkpoint=%s", folder);
  g_ptr_array_add (line, NULL);
  return watch_run (watch, line, log, NULL, error);
}

/* The models that would be played: those of the best validation, where there was one. (transfer
 * full) */
static char *
find_candidate (const char *folder)
{
  g_autofree char *best = g_build_filename (folder, GEN_CHECKPOINT_BEST, NULL);

  return g_file_test (best, G_FILE_TEST_IS_DIR) ? g_steal_pointer (&best) : g_strdup (folder);
}

/* --- judging --- */

/* What the samples to judge by are: as the settings have the test, on what training reads. */
static void
add_test (const Watch *watch, GPtrArray *line)
{
  JsonNode *node = json_object_get_member (watch->settings, "test");
  JsonObject *test =
      node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  JsonObjectIter iter;
  const char *name;
  gboolean split = FALSE;

  if (test == NULL || !json_object_has_member (test, "location"))
    child_add (line, "location=%s/" WATCH_DATA, watch->folder);
  if (test != NULL)
    json_object_iter_init_ordered (&iter, test);
  while (test != NULL && json_object_iter_next_ordered (&iter, &name, &node)) {
    g_autofree char *value =
        JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
            ? g_strdup (json_node_get_string (node))
            : gen_json_to_text (node, FALSE);

    split |= g_str_equal (name, "split");
    child_add (line, "%s=%s", name, value);
  }
  if (!split && (test == NULL || !json_object_has_member (test, "location")))
    child_add (line, "split=test");
}

/* Judge the models in `candidate` by what is played, without the samples that `left_out` lists
 * where that is not NULL. (transfer full) */
static JsonObject *
judge (
    Watch *watch, const char *folder, const char *candidate, const char *left_out, GError **error)
{
  g_autoptr (GPtrArray) line = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *log = g_build_filename (folder, "judge.log", NULL);
  g_autofree char *out = g_build_filename (folder, "judge.out", NULL), *text = NULL;
  g_autoptr (JsonNode) node = NULL;
  JsonNode *against;

  child_add (line, CHILD_PROGRAM);
  child_add (line, "test");
  child_add (line, "--json");
  child_add (
      line, "--against=%s/" WATCH_PUBLISHED "-%" G_GUINT64_FORMAT, watch->folder, watch->published);
  child_add (line, "%s", candidate);
  add_test (watch, line);
  if (left_out != NULL)
    child_add (line, "leave-out=%s", left_out);
  g_ptr_array_add (line, NULL);
  if (!watch_run (watch, line, log, out, error) || !g_file_get_contents (out, &text, NULL, error))
    return NULL;
  node = gen_json_from_figures (text, error);
  against = node != NULL && JSON_NODE_HOLDS_OBJECT (node)
                ? json_object_get_member (json_node_get_object (node), "against")
                : NULL;
  if (against != NULL && JSON_NODE_HOLDS_OBJECT (against))
    return json_object_ref (json_node_get_object (against));
  if (error != NULL && *error == NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s says nothing of both", out);
  return NULL;
}

/* --- deciding --- */

typedef struct {
  const char *decision; /* "first", "published", "rolled-back", "failed" */
  char *why;
  JsonObject *held_out, *before; /* NULL: not asked */
} Decision;

static void
decision_clear (Decision *decision)
{
  g_free (decision->why);
  g_clear_pointer (&decision->held_out, json_object_unref);
  g_clear_pointer (&decision->before, json_object_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Decision, decision_clear)

static const char *
verdict_of (JsonObject *judged)
{
  return json_object_get_string_member_with_default (judged, "verdict", "");
}

static double
change_of (JsonObject *judged, const char *figure, const char *which)
{
  g_autofree char *name = g_strconcat (figure, "-change", which, NULL);

  return json_object_get_double_member_with_default (judged, name, NAN);
}

/* "better by loss on 120 samples (the change is between …)" (transfer full) */
static char *
explain (JsonObject *judged, const char *which)
{
  const char *figure = json_object_get_string_member_with_default (judged, "figure", "");
  const char *verdict = verdict_of (judged);
  const gint64 samples = json_object_get_int_member_with_default (judged, "samples", 0);
  const double low = change_of (judged, figure, "-low"), high = change_of (judged, figure, "-high");

  if (*verdict == '\0')
    return g_strdup_printf ("%" G_GINT64_FORMAT
                            " %s are too few to tell a difference by %s from chance",
        samples, which, figure);
  return g_strdup_printf ("%s by %s on %" G_GINT64_FORMAT " %s (the change is between %+.3g and "
                          "%+.3g)",
      verdict, figure, samples, which, low, high);
}

static gboolean
has_fixed_test (const Watch *watch)
{
  return text_of (watch->settings, "test", "location") != NULL;
}

/* How many files a list of ours has; those that are always left out may be in front of them. */
static guint
count_files (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GPtrArray) lines = json_lines_read (path);
  guint n = 0;

  for (guint i = 0; i < lines->len; i++)
    n += json_object_has_member (lines->pdata[i], "time");
  return n;
}

/* Whether there is anything of before left to judge by, and anything else. */
static gboolean
has_before (const Watch *watch, const char *folder)
{
  const guint added = count_files (folder, NEW_FILES);

  return !has_fixed_test (watch) && added > 0 && count_files (folder, WATCH_FILES) > added;
}

static gboolean
decide (Watch *watch, const char *folder, const char *candidate, Decision *decision, GError **error)
{
  g_autofree char *added = g_build_filename (folder, NEW_FILES, NULL);
  g_autofree char *now = NULL, *then = NULL;
  gboolean better;

  decision->held_out = judge (watch, folder, candidate, NULL, error);
  if (decision->held_out == NULL)
    return FALSE;
  better = g_str_equal (verdict_of (decision->held_out), "better");
  now = explain (decision->held_out, "samples that are held out");
  if (better && has_before (watch, folder)) {
    decision->before = judge (watch, folder, candidate, added, error);
    if (decision->before == NULL)
      return FALSE;
    then = explain (decision->before, "of these that were there before");
    better = watch->may_forget || !g_str_equal (verdict_of (decision->before), "worse");
  }
  decision->decision = better ? "published" : "rolled-back";
  decision->why = then != NULL ? g_strdup_printf ("%s, %s", now, then) : g_steal_pointer (&now);
  return TRUE;
}

/* --- the log --- */

/* Whether the last line has this decision on the round, which was interrupted behind it. One that
 * was lost may have come to another end since. */
static gboolean
is_logged (const char *path, guint64 round, const char *decision)
{
  g_autoptr (GPtrArray) lines = json_lines_read (path);
  JsonObject *last = lines->len > 0 ? lines->pdata[lines->len - 1] : NULL;

  return last != NULL &&
         json_object_get_int_member_with_default (last, "round", 0) == (gint64)round &&
         g_strcmp0 (
             json_object_get_string_member_with_default (last, "decision", NULL), decision) == 0;
}

static gboolean
log_decision (Watch *watch, const char *folder, const char *candidate, const Decision *decision,
    GError **error)
{
  g_autofree char *path = watch_path (watch, WATCH_DECISIONS);
  g_autoptr (JsonLines) lines = NULL;
  g_autoptr (JsonObject) line = NULL;
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *time = g_date_time_format (now, "%Y-%m-%dT%H:%M:%SZ");

  if (is_logged (path, watch->round, decision->decision))
    return TRUE;
  lines = json_lines_open (path, error);
  if (lines == NULL)
    return FALSE;
  line = json_object_new ();
  json_object_set_int_member (line, "round", (gint64)watch->round);
  json_object_set_string_member (line, "time", time);
  json_object_set_string_member (line, "decision", decision->decision);
  json_object_set_string_member (line, "why", decision->why);
  if (candidate != NULL)
    json_object_set_string_member (line, "nets", g_str_equal (candidate, folder) ? "last" : "best");
  json_object_set_int_member (line, "files", count_files (folder, WATCH_FILES));
  json_object_set_int_member (line, "new", count_files (folder, NEW_FILES));
  json_object_set_array_member (line, "damaged", watch_files_describe_damaged (watch->files));
  json_object_set_int_member (line, "published", (gint64)watch->published);
  if (decision->held_out != NULL)
    json_object_set_object_member (line, "held-out", json_object_ref (decision->held_out));
  if (decision->before != NULL)
    json_object_set_object_member (line, "held-out-before", json_object_ref (decision->before));
  return json_lines_add (lines, line, error);
}

static gboolean
copy_file (const char *from, const char *to, GError **error)
{
  g_autofree char *text = NULL;
  g_autoptr (GBytes) bytes = NULL;
  gsize n;

  if (!g_file_get_contents (from, &text, &n, error))
    return FALSE;
  bytes = g_bytes_new (text, n);
  return gen_atomic_write (to, bytes, error);
}

/* Nothing is done twice, where this is done again: the log is asked whether it has the round, and
 * what is published is whole or not there. */
static gboolean
conclude (Watch *watch, const char *folder, const char *candidate, const Decision *decision,
    GError **error)
{
  const gboolean taken =
      g_str_equal (decision->decision, "first") || g_str_equal (decision->decision, "published");
  const guint64 before = watch->published;
  g_autofree char *files = g_build_filename (folder, WATCH_FILES, NULL);
  g_autofree char *added = g_build_filename (folder, NEW_FILES, NULL);
  g_autofree char *seen = watch_path (watch, WATCH_SEEN);
  g_autofree char *given_up =
      watch_path (watch, "rolled-back-%" G_GUINT64_FORMAT ".jsonl", watch->round);

  if (taken && !watch_publish (watch, watch->round, folder, candidate, error))
    return FALSE;
  if (taken)
    watch->published = watch->round;
  if (taken)
    g_unlink (given_up); /* of this round, as it was lost before */
  else if (!copy_file (added, given_up, error))
    return FALSE;
  if (!log_decision (watch, folder, candidate, decision, error))
    return FALSE;
  /* Of a round that was lost nothing is known: what it had is tried again. */
  if (!g_str_equal (decision->decision, "failed") && !copy_file (files, seen, error))
    return FALSE;
  watch->training = FALSE;
  if (!watch_save (watch, error))
    return FALSE;
  if (taken)
    watch_remove_others (watch, WATCH_PUBLISHED, watch->published, before);
  watch_tell (watch, "round %" G_GUINT64_FORMAT " is %s: %s", watch->round,
      taken                                        ? "published"
      : g_str_equal (decision->decision, "failed") ? "lost"
                                                   : "rolled back",
      decision->why);
  return TRUE;
}

gboolean
watch_end_round (Watch *watch, gboolean *failed, GError **error)
{
  g_autofree char *folder = watch_path (watch, "round-%" G_GUINT64_FORMAT, watch->round);
  g_autofree char *candidate = NULL;
  g_autoptr (GError) failure = NULL;
  g_auto (Decision) decision = { 0 };

  watch_tell (watch, "round %" G_GUINT64_FORMAT " trains on %u files, %u of them new", watch->round,
      count_files (folder, WATCH_FILES), count_files (folder, NEW_FILES));
  if (train (watch, folder, &failure)) {
    candidate = find_candidate (folder);
    if (watch->published == 0) {
      decision.decision = "first";
      decision.why = g_strdup ("nothing was published before");
    } else {
      decide (watch, folder, candidate, &decision, &failure);
    }
  }
  *failed = failure != NULL;
  if (g_error_matches (failure, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
    g_propagate_error (error, g_steal_pointer (&failure));
    return FALSE;
  }
  if (*failed) {
    decision.decision = "failed";
    decision.why = g_utf8_make_valid (failure->message, -1);
  }
  return conclude (watch, folder, candidate, &decision, error);
}
