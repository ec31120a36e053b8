/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* A file that records are appended to, each framed with its length and checksums (TFRecord).
 * Errors are of G_FILE_ERROR. */
typedef struct {
  char *path;
  int fd;
  guint64 size;
  guint32 table[256]; /* of CRC-32C */
} GenRecordFile;

/* The table of CRC-32C; and the checksum of a record's bytes by it, as it stands in the file. */
void gen_record_make_table (guint32 *table);
guint32 gen_record_checksum (const guint32 *table, const void *data, gsize size);
/* A new file `path`; one that exists is an error. */
gboolean gen_record_file_open (GenRecordFile *file, const char *path, GError **error);
void gen_record_file_close (GenRecordFile *file);
/* One record, whole or not at all. */
gboolean gen_record_file_append (GenRecordFile *file, const void *data, gsize size, GError **error);
