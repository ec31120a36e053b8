/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files in and below a folder, of which media they are, in the order of a walk.
 *
 * Of a large folder this is a file in the cache folder, which is mapped: it takes no memory but
 * what the system can do without, and the folder is opened again without being gone through. It is
 * good as long as none of its folders has another time of change, which each file that comes, goes
 * or is renamed gives it. */
#pragma once

#include <generative/medium.h>

#include "dataset-walk.h"

typedef struct _GenFolderIndex GenFolderIndex;

/* The index of a folder, as it was noted or by going through it; NULL with `error` of
 * GEN_DATASET_ERROR where a folder cannot be read. */
GenFolderIndex *gen_folder_index_open (
    const char *location, const GenWalkProgress *progress, GError **error);
/* Only as it was noted; NULL where it was not, or is not so any more. */
GenFolderIndex *gen_folder_index_recall (const char *location);
void gen_folder_index_free (GenFolderIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenFolderIndex, gen_folder_index_free)

typedef struct {
  const char *below; /* its folder, below the location: "" is the location itself */
  guint32 folder;    /* the number of that */
  const char *name;
  const GenMedium *medium; /* NULL: of none that is known */
} GenFolderFile;

guint32 gen_folder_index_count_folders (const GenFolderIndex *index);
const char *gen_folder_index_get_folder (const GenFolderIndex *index, guint32 folder);
/* How many files of a medium there are. */
guint32 gen_folder_index_count (const GenFolderIndex *index, const GenMedium *medium);

/* The file behind `place`, which is then its own; FALSE behind the last. */
#define GEN_FOLDER_START G_MAXUINT32
gboolean gen_folder_index_next (const GenFolderIndex *index, guint32 *place, GenFolderFile *file);
/* The file at a place that gen_folder_index_next gave. */
void gen_folder_index_get (const GenFolderIndex *index, guint32 place, GenFolderFile *file);
