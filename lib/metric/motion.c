/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "motion.h"

#include <stdlib.h>
#include <string.h>

#include "../simd.h"

/* Blocks that are looked for, of any size of picture. */
#define BLOCK (2 * GEN_MOTION_BLOCK)
#define SIZES 8
/* The smallest picture is not larger than this along either side, and is searched so far. */
#define SMALLEST 128
#define REACH 8
/* What a pixel away from the vector of the size before costs, in levels of one pixel of a block. */
#define COHERENCE 32
/* Steps by which a block may come nearer. */
#define STEPS 3

typedef struct {
  int width, height;
  guint8 *data;
} Plane;

struct _GenMotionPlanes {
  Plane planes[SIZES];
  int n; /* 0: none has come */
};

GenMotionPlanes *
gen_motion_planes_new (void)
{
  return g_new0 (GenMotionPlanes, 1);
}

static void
clear_planes (GenMotionPlanes *planes)
{
  for (int i = 0; i < planes->n; i++)
    g_free (planes->planes[i].data);
  planes->n = 0;
}

void
gen_motion_planes_free (GenMotionPlanes *planes)
{
  clear_planes (planes);
  g_free (planes);
}

const guint8 *
gen_motion_planes_get (const GenMotionPlanes *planes, int *width, int *height)
{
  if (planes->n == 0)
    return NULL;
  *width = planes->planes[0].width;
  *height = planes->planes[0].height;
  return planes->planes[0].data;
}

/* Halves, as long as they are larger than the smallest, and hold a block. */
static void
make_room (GenMotionPlanes *planes, int width, int height)
{
  if (planes->n > 0 && planes->planes[0].width == width && planes->planes[0].height == height)
    return;
  clear_planes (planes);
  for (;;) {
    planes->planes[planes->n++] = (Plane){ width, height, g_malloc ((gsize)width * (gsize)height) };
    if (planes->n == SIZES || MAX (width, height) <= SMALLEST || MIN (width, height) < 2 * BLOCK)
      return;
    width /= 2;
    height /= 2;
  }
}

GEN_CLONES (void, halve_rows,
    (const guint8 *restrict above, const guint8 *restrict below, guint8 *restrict out, int n),
    (above, below, out, n))
{
  for (int x = 0; x < n; x++)
    out[x] = (guint8)((above[2 * x] + above[2 * x + 1] + below[2 * x] + below[2 * x + 1] + 2) >> 2);
}

static void
halve (const Plane *plane, Plane *half)
{
  for (int y = 0; y < half->height; y++) {
    const guint8 *above = plane->data + (gsize)2 * (gsize)y * (gsize)plane->width;

    halve_rows (
        above, above + plane->width, half->data + (gsize)y * (gsize)half->width, half->width);
  }
}

void
gen_motion_planes_read (GenMotionPlanes *planes, const GenPicture *luma)
{
  make_room (planes, luma->width, luma->height);
  for (int y = 0; y < luma->height; y++)
    memcpy (planes->planes[0].data + (gsize)y * (gsize)luma->width,
        luma->data + (gssize)y * luma->stride, (gsize)luma->width);
  for (int i = 1; i < planes->n; i++)
    halve (&planes->planes[i - 1], &planes->planes[i]);
}

/* --- searching --- */

/* A block of `from`, and what is asked of places in `to`. */
typedef struct {
  const Plane *from, *to;
  int x, y, width, height;
  GenMotionVector near; /* what it should stay near to; whole pixels here */
  GenMotionVector best;
  int cost;
} Search;

static inline __attribute__ ((always_inline)) int
add_differences (const guint8 *a, const guint8 *b, int stride, int width, int height)
{
  int sum = 0;

  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      sum += abs (a[(gsize)y * (gsize)stride + (gsize)x] - b[(gsize)y * (gsize)stride + (gsize)x]);
  return sum;
}

static inline __attribute__ ((always_inline)) int
compare (const Search *s, GenMotionVector v)
{
  const int stride = s->from->width;
  const guint8 *a = s->from->data + (gsize)s->y * (gsize)stride + s->x;
  const guint8 *b = s->to->data + (gsize)(s->y + v.y) * (gsize)stride + (s->x + v.x);

  if (s->width == BLOCK && s->height == BLOCK)
    return add_differences (a, b, stride, BLOCK, BLOCK);
  return add_differences (a, b, stride, s->width, s->height);
}

static inline __attribute__ ((always_inline)) gboolean
is_within (const Search *s, GenMotionVector v)
{
  return s->x + v.x >= 0 && s->y + v.y >= 0 && s->x + v.x + s->width <= s->to->width &&
         s->y + v.y + s->height <= s->to->height;
}

static inline __attribute__ ((always_inline)) gboolean
try_vector (Search *s, GenMotionVector v)
{
  int cost;

  if (!is_within (s, v))
    return FALSE;
  cost = compare (s, v) + COHERENCE * (abs (v.x - s->near.x) + abs (v.y - s->near.y));
  if (cost >= s->cost)
    return FALSE;
  s->cost = cost;
  s->best = v;
  return TRUE;
}

static int
count_blocks (int n)
{
  return MAX (n / BLOCK, 1);
}

/* The last block of a row or column goes on to the border. */
static void
place_block (Search *s, int column, int row)
{
  const int columns = count_blocks (s->from->width), rows = count_blocks (s->from->height);

  s->x = column * BLOCK;
  s->y = row * BLOCK;
  s->width = column == columns - 1 ? s->from->width - s->x : BLOCK;
  s->height = row == rows - 1 ? s->from->height - s->y : BLOCK;
}

static inline __attribute__ ((always_inline)) void
descend (Search *s)
{
  static const GenMotionVector around[] = { { 1, 0 }, { -1, 0 }, { 0, 1 }, { 0, -1 } };

  for (int step = 0; step < STEPS; step++) {
    const GenMotionVector centre = s->best;
    gboolean moved = FALSE;

    for (gsize i = 0; i < G_N_ELEMENTS (around); i++)
      moved |= try_vector (s, (GenMotionVector){ centre.x + around[i].x, centre.y + around[i].y });
    if (!moved)
      return;
  }
}

/* A row of blocks of the smallest size: all near places. */
GEN_CLONES (void, search_first, (const Plane *from, const Plane *to, int row, GenMotionVector *out),
    (from, to, row, out))
{
  const int columns = count_blocks (from->width);

  for (int column = 0; column < columns; column++) {
    Search s = { .from = from, .to = to, .cost = G_MAXINT };

    place_block (&s, column, row);
    try_vector (&s, s.near);
    for (int y = -REACH; y <= REACH; y++)
      for (int x = -REACH; x <= REACH; x++)
        try_vector (&s, (GenMotionVector){ x, y });
    out[column] = s.best;
  }
}

static GenMotionVector
take_before (const GenMotionVector *before, const Plane *half, int column, int row)
{
  const int columns = count_blocks (half->width), rows = count_blocks (half->height);
  const GenMotionVector v =
      before[CLAMP (row, 0, rows - 1) * columns + CLAMP (column, 0, columns - 1)];

  return (GenMotionVector){ 2 * v.x, 2 * v.y };
}

/* A row of blocks, from what was found at half the size. */
GEN_CLONES (void, search_next,
    (const Plane *from, const Plane *to, const Plane *half, const GenMotionVector *before, int row,
        GenMotionVector *out),
    (from, to, half, before, row, out))
{
  const int columns = count_blocks (from->width);

  for (int column = 0; column < columns; column++) {
    /* The block at half the size, and the neighbours that are nearer. */
    const int c = column / 2, r = row / 2, side = column % 2 * 2 - 1, end = row % 2 * 2 - 1;
    Search s = { .from = from, .to = to, .cost = G_MAXINT };

    place_block (&s, column, row);
    s.near = take_before (before, half, c, r);
    try_vector (&s, (GenMotionVector){ 0, 0 });
    try_vector (&s, s.near);
    try_vector (&s, take_before (before, half, c + side, r));
    try_vector (&s, take_before (before, half, c, r + end));
    try_vector (&s, take_before (before, half, c + side, r + end));
    if (column > 0)
      try_vector (&s, out[column - 1]);
    if (row > 0)
      try_vector (&s, out[column - columns]);
    descend (&s);
    out[column] = s.best;
  }
}

/* --- between pixels --- */

/* Where between -1/2 and 1/2 two straight lines of one steepness meet, that go through the middle
 * and one side each. What fits exactly lies on a pixel. */
static int
meet (int before, int middle, int after)
{
  const int highest = MAX (before, after) - middle;

  if (middle == 0 || before < middle || after < middle || highest <= 0)
    return 0;
  return (before - after) * GEN_MOTION_PARTS / (2 * highest);
}

/* Cut the blocks of a row in four, each of which takes the vector of whichever neighbour fits it
 * best, and measure between pixels. */
GEN_CLONES (void, refine_row,
    (const Plane *from, const Plane *to, const GenMotionVector *vectors, GenMotionField *field,
        int row),
    (from, to, vectors, field, row))
{
  static const GenMotionVector around[] = { { 0, 0 }, { 1, 0 }, { -1, 0 }, { 0, 1 }, { 0, -1 } };
  const int columns = count_blocks (from->width), rows = count_blocks (from->height);

  for (int column = 0; column < field->columns; column++) {
    Search s = { .from = from,
      .to = to,
      .x = column * GEN_MOTION_BLOCK,
      .y = row * GEN_MOTION_BLOCK,
      .cost = G_MAXINT };
    int sides[4], middle;

    s.width = MIN (GEN_MOTION_BLOCK, from->width - s.x);
    s.height = MIN (GEN_MOTION_BLOCK, from->height - s.y);
    for (gsize i = 0; i < G_N_ELEMENTS (around); i++) {
      const int c = MIN (column / 2, columns - 1) + around[i].x;
      const int r = MIN (row / 2, rows - 1) + around[i].y;

      if (c < 0 || c >= columns || r < 0 || r >= rows)
        continue;
      if (i == 0)
        s.near = vectors[r * columns + c];
      try_vector (&s, vectors[r * columns + c]);
    }
    middle = compare (&s, s.best);
    for (int i = 0; i < 4; i++) {
      const GenMotionVector v = { s.best.x + around[i + 1].x, s.best.y + around[i + 1].y };

      sides[i] = is_within (&s, v) ? compare (&s, v) : -1;
    }
    field->vectors[row * field->columns + column] =
        (GenMotionVector){ s.best.x * GEN_MOTION_PARTS + meet (sides[1], middle, sides[0]),
          s.best.y * GEN_MOTION_PARTS + meet (sides[3], middle, sides[2]) };
  }
}

/* --- all of it --- */

void
gen_motion_field_clear (GenMotionField *field)
{
  g_free (field->vectors);
  for (int i = 0; i < 2; i++)
    g_free (field->work[i]);
  *field = (GenMotionField){ 0 };
}

static void
make_field (GenMotionField *field, int width, int height)
{
  const gsize n = (gsize)((width + GEN_MOTION_BLOCK - 1) / GEN_MOTION_BLOCK) *
                  (gsize)((height + GEN_MOTION_BLOCK - 1) / GEN_MOTION_BLOCK);

  field->columns = (width + GEN_MOTION_BLOCK - 1) / GEN_MOTION_BLOCK;
  field->rows = (height + GEN_MOTION_BLOCK - 1) / GEN_MOTION_BLOCK;
  if (n <= field->room)
    return;
  field->room = n;
  field->vectors = g_renew (GenMotionVector, field->vectors, n);
  for (int i = 0; i < 2; i++)
    field->work[i] = g_renew (GenMotionVector, field->work[i], n);
}

void
gen_motion_find (GenMotionField *field, const GenMotionPlanes *from, const GenMotionPlanes *to)
{
  const Plane *whole = &from->planes[0];
  int now = 0;

  make_field (field, whole->width, whole->height);
  for (int size = from->n - 1; size >= 0; size--) {
    const Plane *plane = &from->planes[size];
    const int columns = count_blocks (plane->width), rows = count_blocks (plane->height);

    for (int row = 0; row < rows; row++) {
      GenMotionVector *out = field->work[now] + row * columns;

      if (size == from->n - 1)
        search_first (plane, &to->planes[size], row, out);
      else
        search_next (plane, &to->planes[size], plane + 1, field->work[1 - now], row, out);
    }
    now = 1 - now;
  }
  for (int row = 0; row < field->rows; row++)
    refine_row (whole, &to->planes[0], field->work[1 - now], field, row);
}
