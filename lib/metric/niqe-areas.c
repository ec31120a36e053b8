/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "niqe-areas.h"

#include <string.h>

#include "filter.h"
#include "scene-statistics.h"

#define AREA GEN_NATURALNESS_AREA
#define SCALES 2
#define SIZE_FEATURES (GEN_NATURALNESS_FEATURES / SCALES)

/* Keys' cubic (a = -1/2), stretched to twice its extent, at the places about the middle between two
 * pixels. */
#define TAPS 8
#define BEFORE (TAPS / 2 - 1)
static const float taps[TAPS] = { -0.01171875f, -0.03515625f, 0.11328125f, 0.43359375f, 0.43359375f,
  0.11328125f, -0.03515625f, -0.01171875f };

struct _GenAreas {
  GenScene *scene;
  int width, height;                       /* of whole areas */
  float *levels, *deviations, *half, *row; /* the row with a border to either side */
  gboolean *flat;                          /* areas without statistics */
  GArray *found;                           /* GenArea */
};

GenAreas *
gen_areas_new (void)
{
  GenAreas *areas = g_new0 (GenAreas, 1);

  areas->scene = gen_scene_new ();
  areas->found = g_array_new (FALSE, TRUE, sizeof (GenArea));
  return areas;
}

static void
clear_room (GenAreas *areas)
{
  g_clear_pointer (&areas->levels, g_free);
  g_clear_pointer (&areas->deviations, g_free);
  g_clear_pointer (&areas->half, g_free);
  g_clear_pointer (&areas->row, g_free);
  g_clear_pointer (&areas->flat, g_free);
}

void
gen_areas_free (GenAreas *areas)
{
  clear_room (areas);
  gen_scene_free (areas->scene);
  g_array_unref (areas->found);
  g_free (areas);
}

static void
make_room (GenAreas *areas, int width, int height)
{
  const gsize n = (gsize)width * (gsize)height;

  if (width == areas->width && height == areas->height)
    return;
  clear_room (areas);
  areas->width = width;
  areas->height = height;
  areas->levels = g_new (float, n);
  areas->deviations = g_new (float, n);
  areas->half = g_new (float, n / 4);
  areas->row = g_new (float, width + TAPS);
  areas->flat = g_new (gboolean, n / AREA / AREA);
}

/* Mirrored outwards of the border, which comes twice. */
static int
mirror (int i, int n)
{
  return i < 0 ? -1 - i : i >= n ? 2 * n - 1 - i : i;
}

static void
halve (GenAreas *areas)
{
  const int width = areas->width;
  float *row = areas->row + BEFORE;

  for (int y = 0; y < areas->height / 2; y++) {
    const float *rows[TAPS];
    float *out = areas->half + (gsize)y * (gsize)(width / 2);

    for (int k = 0; k < TAPS; k++)
      rows[k] = areas->levels + (gsize)mirror (2 * y + k - BEFORE, areas->height) * (gsize)width;
    gen_filter_rows_any (rows, taps, TAPS, row, width);
    for (int i = 0; i < BEFORE; i++) {
      row[-1 - i] = row[i];
      row[width + i] = row[width - 1 - i];
    }
    gen_filter_row_by_two (areas->row, taps, TAPS, out, width / 2);
  }
}

static double
find_sharpness (const GenAreas *areas, int x, int y)
{
  double sum = 0;

  for (int i = 0; i < AREA; i++) {
    const float *row = areas->deviations + (gsize)(y + i) * (gsize)areas->width + x;

    for (int k = 0; k < AREA; k++)
      sum += (double)row[k];
  }
  return sum / AREA / AREA;
}

/* The features of one size of an area. FALSE where it has none. */
static gboolean
find_features (GenScene *scene, int x, int y, int side, double *features)
{
  GenSceneFit fits[GEN_SCENE_FITS];

  if (!gen_scene_fit (scene, x, y, side, side, TRUE, fits))
    return FALSE;
  for (int i = 0; i < GEN_SCENE_FITS; i++) {
    const double scale = gen_scene_scale_factor (fits[i].shape);
    const double left = fits[i].left * scale, right = fits[i].right * scale;

    *features++ = fits[i].shape;
    if (i == 0) {
      *features++ = (left + right) / 2;
      continue;
    }
    *features++ = (right - left) * gen_scene_mean_factor (fits[i].shape);
    *features++ = left;
    *features++ = right;
  }
  return TRUE;
}

/* The features of one size of all areas. */
static void
describe_size (GenAreas *areas, int size)
{
  const int side = AREA >> size, across = areas->width / AREA;
  GenArea *found = (GenArea *)(gpointer)areas->found->data;

  for (guint i = 0; i < areas->found->len; i++)
    areas->flat[i] |= !find_features (areas->scene, (int)i % across * side, (int)i / across * side,
        side, found[i].features + size * SIZE_FEATURES);
}

static void
remove_flat (GenAreas *areas)
{
  GenArea *found = (GenArea *)(gpointer)areas->found->data;
  guint n = 0;

  for (guint i = 0; i < areas->found->len; i++)
    if (!areas->flat[i])
      found[n++] = found[i];
  g_array_set_size (areas->found, n);
}

const GenArea *
gen_areas_describe (GenAreas *areas, const GenPicture *luma, guint *n)
{
  const int across = luma->width / AREA, down = luma->height / AREA;
  const int width = across * AREA, height = down * AREA;
  const guint count = (guint)across * (guint)down;

  g_array_set_size (areas->found, count);
  if (count > 0) {
    GenArea *found = (GenArea *)(gpointer)areas->found->data;

    make_room (areas, width, height);
    memset (areas->flat, 0, count * sizeof *areas->flat);
    gen_scene_read (luma, width, height, areas->levels);
    gen_scene_normalise (areas->scene, areas->levels, width, height, areas->deviations);
    for (guint i = 0; i < count; i++)
      found[i].sharpness = find_sharpness (areas, (int)i % across * AREA, (int)i / across * AREA);
    describe_size (areas, 0);
    halve (areas);
    gen_scene_normalise (areas->scene, areas->half, width / 2, height / 2, NULL);
    describe_size (areas, 1);
    remove_flat (areas);
  }
  *n = areas->found->len;
  return (const GenArea *)(gconstpointer)areas->found->data;
}
