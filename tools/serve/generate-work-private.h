/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of a work: what is asked for and taken (generate-work.c), and how a result is made
 * (generate-make.c). */
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
