/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading marks from frames that come one after the other. Frames of half a second are added up,
 * and each half second the last four of these sums are read together: where the mark was found
 * before, then where it lies in a picture that nothing happened to, then anywhere; and at last,
 * where a marked picture may have been pasted into another one, in a part of the plane, in each
 * window another. */
#include <generative/picture-mark.h>

#include <math.h>
#include <string.h>

#include "picture-fold.h"
#include "picture-look.h"
#include "picture-place.h"
#include "picture-search.h"

#define PART (G_GINT64_CONSTANT (500000000)) /* nanoseconds */
#define PARTS 4
/* Pilots that stand out less are not worth decoding. */
#define LEAST_PEAK 4.0
/* There is a mark, which may lie a little beside. Of noise few peaks are as high. */
#define SURE_PEAK 5.5

/* Parts of a plane: all of it, its quarters and its middle. */
#define REGIONS 6
/* Sides of smaller ones hold too little of a pattern. */
#define LEAST_SIDE 96

static const GenSearchRange anywhere = { 0.6, 2.6, { 1, -1, 4 / 3., 3 / 4. }, 4, 28 };
/* What is pasted is rarely turned. */
static const GenSearchRange pasted = { 0.48, 1.65, { 1 }, 1, 5 };

typedef struct {
  gint64 begin, end;
  guint frames;
  float *sum;
} Part;

typedef struct {
  int x, y, width, height;
} Region;

struct _GenPictureMarkReader {
  GenPictureTile tile;
  GenMarkCode *code;
  GenPictureFold *fold;
  GenPictureLook look;
  GenPictureSearch *search; /* NULL: no size is known */
  GenPictureSearch *closer; /* the same of a part of the plane; NULL: it is too small for that */
  GenPicturePlace *place;
  Region regions[REGIONS];
  guint n_searched;  /* windows in which a part was looked at */
  double scale;      /* of a pattern that nothing happened to */
  Part parts[PARTS]; /* the last is the one that is being filled */
  guint n_parts;     /* of which there is something; the last ones */
  float *sum, *cut;  /* of the plane, and of a part of it */
  gboolean told;     /* nothing has come since the last reading */
  GenPictureLie last;
  guint last_region;
  gboolean has_last;
};

GenPictureMarkReader *
gen_picture_mark_reader_new (const GenMarkKey *key)
{
  GenPictureMarkReader *reader = g_new0 (GenPictureMarkReader, 1);

  gen_picture_tile_init (&reader->tile, key);
  reader->code = gen_mark_code_new (key, "picture");
  reader->fold = gen_picture_fold_new (&reader->tile);
  reader->place = gen_picture_place_new (&reader->tile);
  reader->told = TRUE;
  return reader;
}

static void
forget_size (GenPictureMarkReader *reader)
{
  for (int i = 0; i < PARTS; i++)
    g_clear_pointer (&reader->parts[i].sum, g_free);
  g_clear_pointer (&reader->sum, g_free);
  g_clear_pointer (&reader->cut, g_free);
  g_clear_pointer (&reader->search, gen_picture_search_free);
  g_clear_pointer (&reader->closer, gen_picture_search_free);
  gen_picture_look_clear (&reader->look);
}

void
gen_picture_mark_reader_free (GenPictureMarkReader *reader)
{
  if (reader == NULL)
    return;
  forget_size (reader);
  gen_picture_fold_free (reader->fold);
  gen_picture_place_free (reader->place);
  gen_mark_code_free (reader->code);
  g_free (reader);
}

static gsize
size_of_plane (const GenPictureMarkReader *reader)
{
  return (gsize)reader->look.width * (gsize)reader->look.height;
}

static void
begin_part (GenPictureMarkReader *reader)
{
  Part *part = &reader->parts[PARTS - 1];

  part->frames = 0;
  memset (part->sum, 0, size_of_plane (reader) * sizeof *part->sum);
}

static void
begin_anew (GenPictureMarkReader *reader)
{
  reader->n_parts = 0;
  reader->has_last = FALSE;
  reader->told = TRUE;
  begin_part (reader);
}

static void
set_regions (GenPictureMarkReader *reader)
{
  const int width = reader->look.width, height = reader->look.height;
  const int across = width / 2, down = height / 2;
  const Region regions[REGIONS] = { { 0, 0, width, height }, { 0, 0, across, down },
    { width - across, 0, across, down }, { 0, height - down, across, down },
    { width - across, height - down, across, down }, { width / 4, height / 4, across, down } };

  memcpy (reader->regions, regions, sizeof regions);
  if (MIN (across, down) < LEAST_SIDE)
    return;
  reader->closer = gen_picture_search_new (&reader->tile, across, down, reader->scale);
  reader->cut = g_new (float, (gsize)across *(gsize)down);
}

static void
set_size (GenPictureMarkReader *reader, int width, int height)
{
  gsize n;

  forget_size (reader);
  gen_picture_look_set_size (&reader->look, width, height);
  n = size_of_plane (reader);
  reader->scale = 1 / (gen_picture_tile_unit (width, height) * reader->look.factor);
  reader->search = gen_picture_search_new (
      &reader->tile, reader->look.width, reader->look.height, reader->scale);
  for (int i = 0; i < PARTS; i++)
    reader->parts[i].sum = g_new (float, n);
  reader->sum = g_new (float, n);
  set_regions (reader);
  begin_anew (reader);
}

/* --- a window --- */

static void
add_up (GenPictureMarkReader *reader)
{
  const gsize n = size_of_plane (reader);

  memset (reader->sum, 0, n * sizeof *reader->sum);
  for (guint k = PARTS - reader->n_parts; k < PARTS; k++)
    for (gsize i = 0; i < n; i++)
      reader->sum[i] += reader->parts[k].sum[i];
}

/* The plane of a region, whose rows are beside each other. */
static const float *
cut (GenPictureMarkReader *reader, guint of)
{
  const Region *region = &reader->regions[of];

  if (of == 0)
    return reader->sum;
  for (int y = 0; y < region->height; y++)
    memcpy (reader->cut + y * region->width,
        reader->sum + (region->y + y) * reader->look.width + region->x,
        (gsize)region->width * sizeof *reader->cut);
  return reader->cut;
}

/* What stands out where the pattern lies so; `read` is what it says where `right` becomes TRUE. */
static double
decode (GenPictureMarkReader *reader, const float *plane, const Region *region, GenPictureLie *lie,
    GenMarkRead *read, gboolean *right)
{
  float symbols[GEN_MARK_SYMBOLS];
  const double peak =
      gen_picture_fold_read (reader->fold, plane, region->width, region->height, lie, symbols);

  *right = peak >= LEAST_PEAK && gen_mark_decode (reader->code, symbols, read);
  return peak;
}

static void
find_place (GenPictureMarkReader *reader, const Region *region, const GenPictureLie *lie,
    GenPictureMarkReading *reading)
{
  gint8 symbols[GEN_MARK_SYMBOLS];
  GenPictureBox box;

  gen_mark_encode (reader->code, reading->bits, symbols);
  gen_picture_place_find (reader->place, reader->sum, reader->look.width, reader->look.height,
      region->x, region->y, lie, symbols, &box);
  reading->left = box.left;
  reading->top = box.top;
  reading->right = box.right;
  reading->bottom = box.bottom;
}

/* Whether there is a mark in a region that lies so, or nearly so. */
static gboolean
try (GenPictureMarkReader *reader, guint of, GenPictureLie lie, GenPictureMarkReading *reading)
{
  const Region *region = &reader->regions[of];
  const float *plane = cut (reader, of);
  GenMarkRead read;
  gboolean right;

  if (decode (reader, plane, region, &lie, &read, &right) >= SURE_PEAK && !right) {
    gen_picture_fold_refine (reader->fold, plane, region->width, region->height, &lie);
    decode (reader, plane, region, &lie, &read, &right);
  }
  if (!right)
    return FALSE;
  reading->found = TRUE;
  reading->bits = read.bits;
  gen_mark_payload_unpack (read.bits, &reading->payload);
  reading->deviations = read.deviations;
  reading->errors = read.errors;
  reading->scale_across = lie.across / reader->scale;
  reading->scale_down = lie.down / reader->scale;
  reading->rotation = lie.rotation * 180 / G_PI;
  find_place (reader, region, &lie, reading);
  reader->last = lie;
  reader->last_region = of;
  reader->has_last = TRUE;
  return TRUE;
}

static gboolean
search (GenPictureMarkReader *reader, GenPictureSearch *search, guint of,
    const GenSearchRange *range, GenPictureMarkReading *reading)
{
  GenPictureLie lies[GEN_SEARCH_MOST];
  int n;

  gen_picture_search_look (search, cut (reader, of));
  n = gen_picture_search_all (search, range, lies);
  for (int i = 0; i < n; i++)
    if (try (reader, of, lies[i], reading))
      return TRUE;
  return FALSE;
}

static gboolean
read_window (GenPictureMarkReader *reader, GenPictureMarkReading *reading)
{
  const GenPictureLie straight = { .across = reader->scale, .down = reader->scale };

  add_up (reader);
  if (reader->has_last && try (reader, reader->last_region, reader->last, reading))
    return TRUE;
  if (try (reader, 0, straight, reading) || search (reader, reader->search, 0, &anywhere, reading))
    return TRUE;
  if (reader->closer == NULL)
    return FALSE;
  return search (
      reader, reader->closer, 1 + reader->n_searched++ % (REGIONS - 1), &pasted, reading);
}

/* What the last parts say. */
static void
tell (GenPictureMarkReader *reader, GenPictureMarkReading *reading)
{
  *reading = (GenPictureMarkReading){ .begin = reader->parts[PARTS - reader->n_parts].begin,
    .end = reader->parts[PARTS - 1].end };
  read_window (reader, reading);
  reader->told = TRUE;
}

/* The part that is full is one of those before. */
static void
end_part (GenPictureMarkReader *reader)
{
  const Part first = reader->parts[0];

  memmove (reader->parts, reader->parts + 1, (PARTS - 1) * sizeof *reader->parts);
  reader->parts[PARTS - 1] = first;
  reader->n_parts = MIN (reader->n_parts, PARTS - 1);
  begin_part (reader);
}

/* Whether time goes back: what comes does not follow what has come. */
static gboolean
goes_back (const GenPictureMarkReader *reader, gint64 begin)
{
  const Part *newest = &reader->parts[PARTS - 1];

  if (reader->n_parts == 0)
    return FALSE;
  return begin < (newest->frames > 0 ? newest->begin : (newest - 1)->begin);
}

gboolean
gen_picture_mark_reader_add (GenPictureMarkReader *reader, const GenMarkFrame *frame, gint64 begin,
    gint64 end, GenPictureMarkReading *reading)
{
  Part *part = &reader->parts[PARTS - 1];
  gboolean full = FALSE;

  if (reader->search == NULL || frame->width != reader->look.frame_width ||
      frame->height != reader->look.frame_height)
    set_size (reader, frame->width, frame->height);
  if (goes_back (reader, begin))
    full = gen_picture_mark_reader_finish (reader, reading);
  if (part->frames == 0) {
    part->begin = begin;
    reader->n_parts++;
  }
  gen_picture_look_add (&reader->look, frame, part->sum);
  part->frames++;
  part->end = end;
  reader->told = FALSE;
  if (part->end - part->begin < PART)
    return full;
  if (reader->n_parts == PARTS) {
    tell (reader, reading);
    full = TRUE;
  }
  end_part (reader);
  return full;
}

gboolean
gen_picture_mark_reader_finish (GenPictureMarkReader *reader, GenPictureMarkReading *reading)
{
  const gboolean due = reader->search != NULL && !reader->told;

  if (due) {
    /* The part that is being filled may be empty. */
    if (reader->parts[PARTS - 1].frames == 0) {
      const Part last = reader->parts[PARTS - 1];

      memmove (reader->parts + 1, reader->parts, (PARTS - 1) * sizeof *reader->parts);
      reader->parts[0] = last;
    }
    tell (reader, reading);
  }
  if (reader->search != NULL)
    begin_anew (reader);
  return due;
}
