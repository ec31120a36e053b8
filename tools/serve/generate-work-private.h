/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of a work: what is asked for and taken (generate-work.c), and how what is played
 * (generate-run.c) becomes files (generate-make.c). */
#pragma once

#include "generate-work.h"

typedef struct {
  ServeWork *work;
  gpointer encoder;  /* NULL before the first sample */
  GQueue pieces;     /* GBytes */
  GByteArray *whole; /* of one that is to be signed, else NULL */
  gboolean done;
} ServeWorkFile;

struct _ServeWork {
  gint ref_count;
  GenServeRequest *request;
  const ServeEncoder *encoder;
  char *parameters, *model, *hash;
  ServeSigning *signing;
  ServeWorkFunc ready;
  gpointer data;
  GMainContext *context;

  GMutex lock;
  ServeEncodeOptions options;
  ServeWorkFile *files;
  guint n_files, n_begun, n_taken;
  gsize waiting; /* bytes */
  GError *error;
  gboolean cancelled, told;
  /* Of a file of all results. */
  GstSample **samples; /* by results; NULL where each has a file */
  gboolean *complete;
  guint n_joined;
  gboolean joining;
  /* Of results that have begun to come. */
  guint n_timed;
  gint64 microseconds;
};

/* --- generate-work.c --- */

/* There is something to be taken. Under the lock. */
void serve_work_tell (ServeWork *work);

/* --- generate-make.c --- */

gboolean serve_work_is_wanted (ServeWork *work);
/* The first of a result has come, of a run that began then: how long it took, and what the stream
 * says of itself, which is the same for all results of a model. */
void serve_work_note (ServeWork *work, GstTagList *tags, gint64 began);
/* A sample of a result, behind those before, and that there is none more of it. FALSE with `error`.
 */
gboolean serve_work_accept (ServeWork *work, guint number, GstSample *sample, GError **error);
gboolean serve_work_finish (ServeWork *work, guint number, GError **error);
