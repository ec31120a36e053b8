/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TFRecord framing: length, checksum of the length, data, checksum of the data, little-endian,
 * where a checksum is a CRC-32C (Castagnoli) turned by 15 bits plus a constant, lest checksums
 * of data with checksums in it go wrong. Readers watch the file while it grows, so that a
 * record must reach it in one write. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "record-file.h"

#define CASTAGNOLI_REVERSED 0x82f63b78u
#define MASK_DELTA 0xa282ead8u

static gboolean
fail (const GenRecordFile *file, GError **error)
{
  int number = errno;

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number), "cannot write '%s': %s",
      file->path, g_strerror (number));
  return FALSE;
}

void
gen_record_make_table (guint32 *table)
{
  for (guint32 i = 0; i < 256; i++) {
    guint32 crc = i;

    for (int bit = 0; bit < 8; bit++)
      crc = crc >> 1 ^ (crc & 1 ? CASTAGNOLI_REVERSED : 0);
    table[i] = crc;
  }
}

gboolean
gen_record_file_open (GenRecordFile *file, const char *path, GError **error)
{
  gen_record_make_table (file->table);
  file->path = g_strdup (path);
  file->size = 0;
  file->fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  return file->fd >= 0 || fail (file, error);
}

void
gen_record_file_close (GenRecordFile *file)
{
  if (file->path != NULL && file->fd >= 0)
    close (file->fd);
  g_clear_pointer (&file->path, g_free);
}

guint32
gen_record_checksum (const guint32 *table, const void *data, gsize size)
{
  const guint8 *bytes = data;
  guint32 crc = ~0u;

  for (gsize i = 0; i < size; i++)
    crc = crc >> 8 ^ table[(crc ^ bytes[i]) & 0xff];
  crc = ~crc;
  return GUINT32_TO_LE ((crc >> 15 | crc << 17) + MASK_DELTA);
}

gboolean
gen_record_file_append (GenRecordFile *file, const void *data, gsize size, GError **error)
{
  guint64 length = GUINT64_TO_LE ((guint64)size);
  guint32 length_checksum = gen_record_checksum (file->table, &length, sizeof length);
  guint32 checksum = gen_record_checksum (file->table, data, size);
  struct iovec parts[] = {
    { &length, sizeof length },
    { &length_checksum, sizeof length_checksum },
    { (void *)data, size },
    { &checksum, sizeof checksum },
  };
  gsize total = size + sizeof length + sizeof length_checksum + sizeof checksum;
  gssize written;

  do
    written = pwritev (file->fd, parts, G_N_ELEMENTS (parts), file->size);
  while (written < 0 && errno == EINTR);
  if (written == (gssize)total) {
    file->size += total;
    return TRUE;
  }
  /* A part of it is on the disk, which must be full: take it back. */
  if (written >= 0)
    errno = ENOSPC;
  fail (file, error);
  if (ftruncate (file->fd, file->size) < 0)
    g_debug ("cannot shorten '%s': %s", file->path, g_strerror (errno));
  return FALSE;
}
