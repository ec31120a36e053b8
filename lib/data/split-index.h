/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What remembers to which part of a dataset each of its sources was dealt: a table beside the data,
 * hidden, with a line for each, of which people can make sense; or, where nothing can be written
 * there, in the cache folder. What is beside the data counts where both are. */
#pragma once

#include <generative/dataset.h>

#define GEN_SPLIT_DIGEST 32

typedef struct {
  const char *name;                /* below the location */
  GenSplit split;                  /* GEN_SPLIT_ALL: of none, it is left out */
  guint8 digest[GEN_SPLIT_DIGEST]; /* SHA-256 */
  gboolean has_fingerprint;
  guint64 fingerprint;
  guint64
      size; /* of its file, and when that was changed, in nanoseconds: while both are the same */
  gint64 modified;     /* nothing is read again */
  const char *near[2]; /* of what is left out: the names that it is near to */
} GenSplitEntry;

typedef struct _GenSplitIndex GenSplitIndex;

/* The index of what is at `location`, read and locked: nobody else has it until it is freed, but
 * where file systems know no locks. One that is damaged, or was made with other shares or another
 * distance, is an error that names it. */
GenSplitIndex *gen_split_index_open (
    const char *location, const GenSequenceSettings *settings, GError **error);
void gen_split_index_free (GenSplitIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenSplitIndex, gen_split_index_free)

guint32 gen_split_index_get_count (const GenSplitIndex *index);
/* Until the next one is put. */
const GenSplitEntry *gen_split_index_get (const GenSplitIndex *index, guint32 number);
/* The number of the entry of that name, or of one of that digest; -1: there is none. */
gint64 gen_split_index_find (const GenSplitIndex *index, const char *name);
gint64 gen_split_index_find_digest (const GenSplitIndex *index, const guint8 *digest);
/* Add an entry, or replace that of the name; its texts are copied. */
guint32 gen_split_index_put (GenSplitIndex *index, const GenSplitEntry *entry);
/* Write it, where something was put. */
gboolean gen_split_index_save (GenSplitIndex *index, GError **error);
