/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Told of a file in or below a folder; `class` is the first-level folder that it is in, NULL at the
 * top. FALSE ends the walk. */
typedef gboolean (*GenDatasetVisit) (const char *path, const char *class, gpointer data);

/* Each file in and below a folder, sorted by path. What is hidden is left out, and so are folders
 * that were met before: links may go round. FALSE with `error` where a folder cannot be read. */
gboolean gen_dataset_walk (
    const char *location, GenDatasetVisit visit, gpointer data, GError **error);
