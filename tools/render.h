/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A rendering: what is made in ranges, and the folder in which they gather. */
#pragma once

#include <glib.h>

#include "../lib/render/ranges.h"

typedef struct {
  guint64 frames, length; /* in all, and of a range */
  char **line;            /* words of a pipeline, as gst-launch-1.0 has them */
  char *output;           /* a film; or files, one a range, where {range} is in it */
  char *sound_codec;      /* NULL: the usual one */
  char *folder;           /* ranges that are made, logs, and what is said here */
} Render;

/* How ranges are run. */
typedef struct {
  guint jobs;    /* at once */
  guint retries; /* of a range that fails */
  char **on;     /* the words of a command that runs another one somewhere; NULL: here */
} RenderRun;

void render_clear (Render *render);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Render, render_clear)

guint64 render_count (const Render *render);
GenRange render_get (const Render *render, guint64 number);
/* Whether ranges become one film, or are files of their own. */
gboolean render_joins (const Render *render);

/* --- render-folder.c --- */

/* Begin in the folder, or go on there. FALSE with `error` where something else is made there. */
gboolean render_begin (const Render *render, GError **error);
/* What is made in a folder. */
gboolean render_load (Render *render, const char *folder, GError **error);
/* Nobody else renders there while `exclusive` is held, and all who hold it otherwise render other
 * ranges. A descriptor, or -1 with `error`: until that is closed. */
int render_lock (const Render *render, gboolean exclusive, GError **error);
/* Likewise of one range. */
int render_lock_range (const Render *render, const GenRange *range, GError **error);
/* Where a range comes to lie, where it is while it is made, and what was said then. (transfer full)
 */
char *render_path (const Render *render, const GenRange *range);
char *render_unfinished_path (const Render *render, const GenRange *range);
char *render_log_path (const Render *render, const GenRange *range);
gboolean render_is_made (const Render *render, const GenRange *range);
/* It is about to be made: remove what an attempt before has left, and make its folder. */
gboolean render_clear_range (const Render *render, const GenRange *range, GError **error);
/* It has been made: look at it, and put it where it comes to lie. */
gboolean render_finish_range (const Render *render, const GenRange *range, GError **error);
/* All have been made: put them together. */
gboolean render_finish (const Render *render, GError **error);

/* --- render-line.c --- */

/* Whether ranges of the line differ. */
gboolean render_check_line (const Render *render, GError **error);
/* The words of the command that makes a range, as job number `slot`, ended by NULL. (transfer full)
 */
GPtrArray *render_command (
    const Render *render, const RenderRun *run, const GenRange *range, guint slot);
/* The script that has Slurm make all ranges, each by `program`. (transfer full) */
char *render_slurm_script (const Render *render, const char *program, const RenderRun *run);

/* --- render-run.c --- */

/* Make the ranges that are not made yet, or the one of that number alone. An exit status. */
int render_run (const Render *render, const RenderRun *run, gint64 only);
