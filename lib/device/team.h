/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * The team: the process's worker threads, shared by all plans.
 *
 * A job is a row of steps, each cut in parts. The thread that brings the job works on it
 * at once; idle workers join when they wake, and leave when no part is free. Nobody ever
 * waits for a sleeping worker, so a small job costs no more with a team than without, and
 * several jobs share the machine without more threads than cores. A worker looks for more
 * work for some microseconds before it sleeps: an idle pipeline burns no CPU.
 *
 * oneDNN is told to use one thread wherever a part runs: the parts are the parallelism, and
 * no second set of threads (OpenMP's) exists beside ours.
 */

#define GEN_TEAM_MAX_PARTS 32

typedef struct {
  void (*run) (gpointer data, int step, int part, int parts);
  gpointer data;
  const guint8 *parts; /* of each step, 1 to GEN_TEAM_MAX_PARTS */
  int n_steps;
} GenJob;

/* Do the whole job, with at most `threads` threads, the calling one included. */
void gen_team_run (const GenJob *job, int threads);

/* Set up the calling thread for running parts, and back: oneDNN single-threaded. */
int gen_team_enter (void);
void gen_team_leave (int saved);
