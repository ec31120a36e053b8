/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sys/stat.h>

#include "../private-api.h"

/* Told of a file in or below a folder; `class` is the first-level folder that it is in, NULL at the
 * top. FALSE ends the walk. */
typedef gboolean (*GenDatasetVisit) (const char *path, const char *class, gpointer data);

/* Told how many files were met so far, with each folder and every few thousand files. */
typedef struct {
  void (*tell) (guint32 files, gpointer data); /* may be NULL */
  gpointer data;
} GenWalkProgress;

/* Each file in and below a folder, sorted by path. What is hidden is left out, and so are folders
 * that were met before: links may go round. FALSE with `error` where a folder cannot be read. */
gboolean gen_dataset_walk (const char *location, const GenWalkProgress *progress,
    GenDatasetVisit visit, gpointer data, GError **error);

/* The same from the folders themselves, whatever was noted of them, for those who note it. */
typedef struct {
  const char *path, *name;
  const char *below; /* the folder, below the location: "" is the location itself */
  guint32 folder;    /* its number, in the order in which folders are entered */
} GenWalked;
typedef struct {
  /* Before anything in it is told of; may be NULL. FALSE ends the walk, as below. */
  gboolean (*enter) (const char *below, const struct stat *status, gpointer data);
  gboolean (*visit) (const GenWalked *file, gpointer data);
} GenWalkFunctions;
GEN_PRIVATE_API gboolean gen_walk_folders (const char *location, const GenWalkProgress *progress,
    const GenWalkFunctions *functions, gpointer data, GError **error);
