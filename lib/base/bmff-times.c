/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bmff-times.h"

#include "big-endian.h"

/* The first box of a type in what another one has. */
typedef struct {
  const guint8 *data;
  gsize size;
} Content;

static Content
find (Content in, const char *type)
{
  GenBmffBox box;

  for (gsize at = 0; at < in.size && gen_bmff_read (in.data, in.size, at, &box, NULL);
       at += box.size)
    if (gen_bmff_is (&box, type))
      return (Content){ in.data + at + box.header, box.size - box.header };
  return (Content){ NULL, 0 };
}

static Content
find_path (Content in, const char *const *path)
{
  for (; *path != NULL; path++)
    in = find (in, *path);
  return in;
}

static Content
content_of (GBytes *bytes)
{
  Content all = { NULL, 0 };

  all.data = g_bytes_get_data (bytes, &all.size);
  return all;
}

/* The number at a place of a full box, which counts from behind its version and flags. */
static guint32
number_at (Content box, gsize at)
{
  return box.size >= 4 + at + 4 ? gen_get32 (box.data + 4 + at) : 0;
}

static guint32
flags_of (Content box)
{
  return box.size >= 4 ? gen_get32 (box.data) & 0xffffff : 0;
}

GenBmffTimes
gen_bmff_times_of (GBytes *init)
{
  static const char *const header[] = { "moov", "trak", "mdia", "mdhd", NULL };
  static const char *const defaults[] = { "moov", "mvex", "trex", NULL };
  Content mdhd = find_path (content_of (init), header);
  Content trex = find_path (content_of (init), defaults);
  gboolean wide = mdhd.size > 0 && mdhd.data[0] == 1;
  guint32 scale = number_at (mdhd, wide ? 16 : 8);

  return (GenBmffTimes){ MAX (scale, 1), number_at (trex, 8), number_at (trex, 16) };
}

/* The duration that a fragment's samples have by default. */
static guint32
default_of (const GenBmffTimes *times, Content tfhd)
{
  guint32 flags = flags_of (tfhd);
  gsize at = 4 + (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0);

  return flags & 8 ? number_at (tfhd, at) : times->duration;
}

static guint64
run_duration (Content trun, guint32 by_default)
{
  guint32 flags = flags_of (trun), n = number_at (trun, 0);
  gsize at = 4 + (flags & 1 ? 4 : 0) + (flags & 4 ? 4 : 0), each = 0;
  guint64 total = 0;

  if ((flags & 0x100) == 0)
    return (guint64)n * by_default;
  for (guint32 bit = 0x100; bit <= 0x800; bit <<= 1)
    each += flags & bit ? 4 : 0;
  for (guint32 i = 0; i < n && 4 + at + each <= trun.size; i++, at += each)
    total += number_at (trun, at);
  return total;
}

/* Of the first track in a fragment. */
static guint64
fragment_duration (const GenBmffTimes *times, Content moof)
{
  Content traf = find (moof, "traf");
  guint32 by_default = default_of (times, find (traf, "tfhd"));
  GenBmffBox box;
  guint64 total = 0;

  for (gsize at = 0; at < traf.size && gen_bmff_read (traf.data, traf.size, at, &box, NULL);
       at += box.size)
    if (gen_bmff_is (&box, "trun"))
      total += run_duration (
          (Content){ traf.data + at + box.header, box.size - box.header }, by_default);
  return total;
}

guint32
gen_bmff_duration_of (const GenBmffTimes *times, GBytes *segment)
{
  Content all = content_of (segment);
  GenBmffBox box;
  guint64 total = 0;

  for (gsize at = 0; at < all.size && gen_bmff_read (all.data, all.size, at, &box, NULL);
       at += box.size)
    if (gen_bmff_is (&box, "moof"))
      total +=
          fragment_duration (times, (Content){ all.data + at + box.header, box.size - box.header });
  return (guint32)MIN (total, G_MAXUINT32);
}

guint32
gen_bmff_number_of (GBytes *segment)
{
  static const char *const path[] = { "moof", "mfhd", NULL };
  const Content mfhd = find_path (content_of (segment), path);

  return mfhd.size >= 8 ? number_at (mfhd, 0) : 1;
}

guint64
gen_bmff_start_of (GBytes *segment)
{
  static const char *const path[] = { "moof", "traf", "tfdt", NULL };
  const Content tfdt = find_path (content_of (segment), path);

  if (tfdt.size >= 12 && tfdt.data[0] == 1)
    return gen_get64 (tfdt.data + 4);
  return number_at (tfdt, 0);
}

/* --- samples that others hang on --- */

#define FIRST_FLAGS 0x4
#define OWN_FLAGS 0x400
/* sample_is_non_sync_sample */
#define NOT_SYNC 0x10000

/* The flags that a fragment's samples have by default. */
static guint32
default_flags_of (const GenBmffTimes *times, Content tfhd)
{
  const guint32 flags = flags_of (tfhd);
  gsize at = 4;

  if ((flags & 0x20) == 0)
    return times->flags;
  at += flags & 0x1 ? 8 : 0;
  for (guint32 bit = 0x2; bit <= 0x10; bit <<= 1)
    at += flags & bit ? 4 : 0;
  return number_at (tfhd, at);
}

gboolean
gen_bmff_is_independent (const GenBmffTimes *times, GBytes *segment)
{
  static const char *const path[] = { "moof", "traf", NULL };
  const Content traf = find_path (content_of (segment), path);
  const Content trun = find (traf, "trun");
  const guint32 flags = flags_of (trun);
  gsize at = 4 + (flags & 0x1 ? 4 : 0);

  if (flags & FIRST_FLAGS)
    return (number_at (trun, at) & NOT_SYNC) == 0;
  if (flags & OWN_FLAGS) {
    at += (flags & 0x100 ? 4 : 0) + (flags & 0x200 ? 4 : 0);
    return (number_at (trun, at) & NOT_SYNC) == 0;
  }
  return (default_flags_of (times, find (traf, "tfhd")) & NOT_SYNC) == 0;
}
