/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the indices of films say of places in the file, moved. */
#include "bmff.h"

#define NESTING_MOST 12

typedef struct {
  GenBmffMap map;
  gpointer user_data;
} Move;

static guint64
moved (const Move *move, guint64 offset)
{
  return move->map (offset, move->user_data);
}

static gboolean
put_moved32 (guint8 *at, guint64 value, GError **error)
{
  if (value <= G_MAXUINT32) {
    gen_put32 (at, (guint32)value);
    return TRUE;
  }
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "with a manifest, a place in the film's index is beyond 4 GiB, and the index has no room for "
      "that");
  return FALSE;
}

static gboolean
cut (GError **error, guint64 start)
{
  return gen_format_error (error, "MP4", "a box of the index is cut", (gsize)start);
}

/* stco and co64: how many, and where each chunk is. */
static gboolean
move_chunks (guint8 *box, const GenBmffBox *is, const Move *move, GError **error)
{
  gboolean large = gen_bmff_is (is, "co64");
  gsize each = large ? 8 : 4;
  guint64 rest = is->size - is->header;
  guint8 *at = box + is->header + 8;
  guint32 n;

  if (rest < 8)
    return cut (error, is->start);
  n = gen_get32 (at - 4);
  if (n > (rest - 8) / each)
    return cut (error, is->start);
  for (guint32 i = 0; i < n; i++, at += each) {
    if (large)
      gen_put64 (at, moved (move, gen_get64 (at)));
    else if (!put_moved32 (at, moved (move, gen_get32 (at)), error))
      return FALSE;
  }
  return TRUE;
}

/* tfhd: the place that a fragment counts from, where it has one. */
static gboolean
move_base (guint8 *box, const GenBmffBox *is, const Move *move, GError **error)
{
  guint8 *at = box + is->header;

  if (is->size - is->header < 8)
    return cut (error, is->start);
  if ((gen_get32 (at) & 1) == 0)
    return TRUE;
  if (is->size - is->header < 16)
    return cut (error, is->start);
  gen_put64 (at + 8, moved (move, gen_get64 (at + 8)));
  return TRUE;
}

/* tfra: a time and the place of the fragment that has it. */
static gboolean
move_random_access (guint8 *box, const GenBmffBox *is, const Move *move, GError **error)
{
  guint64 rest = is->size - is->header;
  guint8 *at = box + is->header;
  guint32 sizes, n;
  gboolean large;
  gsize each;

  if (rest < 16)
    return cut (error, is->start);
  large = at[0] == 1;
  sizes = gen_get32 (at + 8);
  n = gen_get32 (at + 12);
  each = (large ? 16 : 8) + (sizes >> 4 & 3) + 1 + (sizes >> 2 & 3) + 1 + (sizes & 3) + 1;
  if (n > (rest - 16) / each)
    return cut (error, is->start);
  at += 16;
  for (guint32 i = 0; i < n; i++, at += each) {
    if (large)
      gen_put64 (at + 8, moved (move, gen_get64 (at + 8)));
    else if (!put_moved32 (at + 4, moved (move, gen_get32 (at + 4)), error))
      return FALSE;
  }
  return TRUE;
}

/* sidx: how far it is to the first part, and how long each is. `end` is where the box ended. */
static gboolean
move_segments (guint8 *box, const GenBmffBox *is, guint64 end, const Move *move, GError **error)
{
  guint64 rest = is->size - is->header, from, to;
  guint8 *at = box + is->header;
  gboolean large;
  guint n;

  if (rest < 24 || (at[0] != 0 && rest < 32))
    return cut (error, is->start);
  large = at[0] != 0;
  at += 12;
  from = end + (large ? gen_get64 (at + 8) : gen_get32 (at + 4));
  /* What follows the index starts where its last byte has gone. */
  to = moved (move, from) - (moved (move, end - 1) + 1);
  if (large)
    gen_put64 (at + 8, to);
  else if (!put_moved32 (at + 4, to, error))
    return FALSE;
  at += large ? 16 : 8;
  n = (guint)at[2] << 8 | at[3];
  at += 4;
  if (n > (rest - (gsize)(at - box - is->header)) / 12)
    return cut (error, is->start);
  for (guint i = 0; i < n; i++, at += 12) {
    guint32 size = gen_get32 (at);
    guint64 long_now = moved (move, from + (size & 0x7fffffff)) - moved (move, from);

    if (long_now > 0x7fffffff)
      return put_moved32 (at, G_MAXUINT64, error);
    gen_put32 (at, (size & 0x80000000u) | (guint32)long_now);
    from += size & 0x7fffffff;
  }
  return TRUE;
}

static gboolean
is_container (const GenBmffBox *box)
{
  static const char types[][5] = { "moov", "trak", "mdia", "minf", "stbl", "moof", "traf", "mfra" };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (gen_bmff_is (box, types[i]))
      return TRUE;
  return FALSE;
}

/* Boxes in `size` bytes. */
static gboolean
move_boxes (guint8 *data, gsize size, guint64 start, guint depth, const Move *move, GError **error)
{
  GenBmffBox box;

  if (depth > NESTING_MOST)
    return cut (error, start);
  for (gsize at = 0; at < size; at += box.size) {
    guint8 *here = data + at;
    gboolean good = TRUE;

    /* QuickTime ends lists of boxes by four zeros. */
    if (size - at < GEN_BMFF_HEADER)
      return TRUE;
    if (!gen_bmff_read (data, size, at, &box, error))
      return FALSE;
    if (is_container (&box))
      good = move_boxes (here + box.header, box.size - box.header, start + at + box.header,
          depth + 1, move, error);
    else if (gen_bmff_is (&box, "stco") || gen_bmff_is (&box, "co64"))
      good = move_chunks (here, &box, move, error);
    else if (gen_bmff_is (&box, "tfhd"))
      good = move_base (here, &box, move, error);
    else if (gen_bmff_is (&box, "tfra"))
      good = move_random_access (here, &box, move, error);
    else if (gen_bmff_is (&box, "sidx"))
      good = move_segments (here, &box, start + at + box.size, move, error);
    if (!good)
      return FALSE;
  }
  return TRUE;
}

gboolean
gen_bmff_move (
    guint8 *box, gsize size, guint64 start, GenBmffMap map, gpointer user_data, GError **error)
{
  const Move move = { map, user_data };

  return move_boxes (box, size, start, 0, &move, error);
}
