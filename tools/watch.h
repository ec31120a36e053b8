/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A model that goes on learning from a folder that grows: what generative-model watch is told, and
 * how it stands. In the folder that it writes:
 *
 *   published             a link to the models that are played, published-N
 *   published-N           those of round N, with what its training says of itself, and files.jsonl
 *   round-N               the training of the last round, which may not have been published
 *   data                  links to the files that count
 *   rolled-back-N.jsonl   the files that such a round had and what is published has not
 *   seen.jsonl            the files of the last round that was decided on, and not lost
 *   decisions.jsonl       a line for each round
 *   watch.json            how it stands
 *
 * A round is done again from its last checkpoint where it was interrupted, whatever did that: each
 * step of it finds what it has left, and what a step leaves appears whole or not at all. */
#pragma once

#include <generative/medium.h>
#include <json-glib/json-glib.h>

#define WATCH_STATE "watch.json"
#define WATCH_DATA "data"
#define WATCH_SEEN "seen.jsonl"
#define WATCH_FILES "files.jsonl"
#define WATCH_DECISIONS "decisions.jsonl"
#define WATCH_PUBLISHED "published"

/* --- watch-files.c --- */

/* The files of a folder: which of them are there as a whole, and which are new. */
typedef struct _WatchFiles WatchFiles;

typedef struct {
  guint count;     /* that can be trained on */
  guint added;     /* of these, that the last round did not have, or had otherwise */
  guint unsettled; /* that may still be written to */
  guint damaged;   /* that cannot be decoded */
} WatchCounts;

/* Of the folder `location`, of which files of `medium` are trained on; what does not change for
 * `settle` seconds is there as a whole. (transfer full) */
WatchFiles *watch_files_new (const char *location, const GenMedium *medium, int settle);
void watch_files_free (WatchFiles *files);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (WatchFiles, watch_files_free)
/* What `path`, a list that watch_files_save wrote, has is not new; none, where there is no file. */
gboolean watch_files_know (WatchFiles *files, const char *path, GError **error);
/* Look what there is now. Of files that cannot be decoded it is said once. FALSE with `error` where
 * the folder cannot be read. */
gboolean watch_files_look (WatchFiles *files, WatchCounts *counts, GError **error);
/* The folders that were found by that, ended by NULL. (transfer full) */
char **watch_files_list_folders (const WatchFiles *files);
/* Make the folder `data` have links to all that are there as a whole, and to nothing else. */
gboolean watch_files_link (const WatchFiles *files, const char *data, GError **error);
/* List those that can be trained on, or of these the new ones alone, behind what the list `before`
 * has, which may be NULL. */
gboolean watch_files_save (const WatchFiles *files, gboolean new_ones, const char *before,
    const char *path, GError **error);
/* Names of what cannot be decoded. (transfer full) */
JsonArray *watch_files_describe_damaged (const WatchFiles *files);

/* --- watch.c --- */

typedef struct {
  const char *path;     /* of the settings */
  char **said, **then;  /* NAME=VALUE behind them, and where there is a model to begin with */
  JsonObject *settings; /* all that was said of the first round */
  char *folder;         /* what is written */
  char *location;       /* what is watched */
  guint grown;          /* files that make a round */
  int settle, poll;     /* seconds */
  gboolean may_forget;  /* what was there before may have become worse */
  WatchFiles *files;

  guint64 round, published; /* the last ones, 0 before */
  gboolean training;        /* the round has begun, and is not decided on */

  GMainLoop *loop; /* runs while something is waited for */
  GPid child;      /* 0: there is none */
  gboolean stopping;
} Watch;

/* A file or folder of the watch; `format` names it. (transfer full) */
char *watch_path (const Watch *watch, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* Say on stderr what happens. */
void watch_tell (const Watch *watch, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* Run this program with the arguments in `line`, of which `log` keeps what it says and `out` what
 * it prints, and wait for its end. FALSE with `error`, which has its last words, where that is no
 * good one; where it was to stop, that is G_IO_ERROR_CANCELLED. */
gboolean watch_run (
    Watch *watch, GPtrArray *line, const char *log, const char *out, GError **error);
gboolean watch_save (const Watch *watch, GError **error);

/* --- watch-round.c --- */

/* Begin a round with the files that are there. */
gboolean watch_begin_round (Watch *watch, GError **error);
/* Go on with the round, up to what is decided on it. FALSE with `error` where it was to stop, or
 * nothing could be written. */
gboolean watch_end_round (Watch *watch, gboolean *failed, GError **error);

/* --- watch-publish.c --- */

/* Have `published` lead to the models in `folder`, trained as the folder `training` says: as
 * published-`number`. Where that is there already, it is whole. */
gboolean watch_publish (
    const Watch *watch, guint64 number, const char *training, const char *folder, GError **error);
/* Remove a folder and all in it, as far as that can be. Links are not followed. */
void watch_remove (const char *folder);
/* Remove all folders "`name`-N" but those of two numbers. */
void watch_remove_others (const Watch *watch, const char *name, guint64 kept, guint64 also);
