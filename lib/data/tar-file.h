/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A tar archive whose members are read in any order, from any number of threads.
 *
 * A plain one is read where it lies, and stays open, unless many are: half of the files that the
 * process may have open are left for others. One that is compressed cannot be read from the middle:
 * it is unpacked when it is opened, into a temporary file without a name, which takes room where
 * temporary files lie (TMPDIR) until it is closed. */
#pragma once

#include <gio/gio.h>

typedef struct _GenTarFile GenTarFile;

/* The whole of a member that is greater is not read. */
#define GEN_TAR_MAX_MEMBER ((guint64)1 << 30)

/* Errors are of GEN_DATASET_ERROR_READ and name the file. */
GenTarFile *gen_tar_file_open (const char *path, GError **error);
void gen_tar_file_free (GenTarFile *tar);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenTarFile, gen_tar_file_free)

const char *gen_tar_file_get_path (const GenTarFile *tar);

/* Where a member is. */
typedef struct {
  guint64 header, data; /* data of 0: it does not lie there in one piece */
  guint64 size;
} GenTarPlace;

typedef struct {
  const char *name; /* until the next member */
  GenTarPlace place;
} GenTarMember;

/* Each member that is a file, in their order, without reading what is in them. FALSE with `error`
 * where the archive is damaged behind those that were told of. */
typedef void (*GenTarVisit) (const GenTarMember *member, gpointer data);
gboolean gen_tar_file_visit (GenTarFile *tar, GenTarVisit visit, gpointer data, GError **error);

/* What is in the member at `place`. (transfer full) */
GBytes *gen_tar_file_read (const GenTarFile *tar, const GenTarPlace *place, GError **error);

/* Whether a name ends as those of tar archives do. */
gboolean gen_tar_file_is_named (const char *name);
/* Whether a file begins as a plain tar archive does. */
gboolean gen_tar_file_recognise (const char *path);
