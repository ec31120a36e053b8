/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A sheet: one picture cut into tiles of one size, counted row by row. It is decoded once, and
 * an item is a view into it. */
#include "../medium/fitting.h"
#include "dataset-private.h"

typedef struct {
  GenDataset dataset;
  GenPicture sheet;
  int columns;
} SheetDataset;

/* Whatever no other format takes. */
static gboolean
sheet_recognise (const char *location, const GenDatasetSettings *settings)
{
  return TRUE;
}

static GenDataset *
sheet_create (void)
{
  SheetDataset *sheet = g_new0 (SheetDataset, 1);

  return &sheet->dataset;
}

static void
sheet_free (GenDataset *dataset)
{
  SheetDataset *sheet = (SheetDataset *)dataset;

  gen_picture_clear (&sheet->sheet);
  g_free (sheet);
}

static gboolean
label_rows (SheetDataset *sheet, int rows, int rows_per_label, GError **error)
{
  GenDataset *dataset = &sheet->dataset;

  if (rows % rows_per_label != 0) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
        "%s: its %d rows of tiles cannot be parted into classes of %d rows each", dataset->location,
        rows, rows_per_label);
    return FALSE;
  }
  gen_dataset_number_labels (dataset, rows / rows_per_label);
  dataset->labels = g_new (gint32, dataset->count);
  for (guint32 i = 0; i < dataset->count; i++)
    dataset->labels[i] = (gint32)i / sheet->columns / rows_per_label;
  return TRUE;
}

static gboolean
sheet_open (GenDataset *dataset, const GenDatasetSettings *settings, GError **error)
{
  SheetDataset *sheet = (SheetDataset *)dataset;
  g_autoptr (GError) load_error = NULL;
  int width, height;

  if (!gen_picture_load (&sheet->sheet, dataset->location, 0, &load_error)) {
    g_set_error_literal (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ, load_error->message);
    return FALSE;
  }
  width = settings->tile_width > 0 ? settings->tile_width : settings->tile_height;
  height = settings->tile_height > 0 ? settings->tile_height : width;
  if (width <= 0) {
    width = sheet->sheet.width;
    height = sheet->sheet.height;
  }
  if (sheet->sheet.width % width != 0 || sheet->sheet.height % height != 0) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
        "%s: its %dx%d pixels cannot be cut into tiles of %dx%d", dataset->location,
        sheet->sheet.width, sheet->sheet.height, width, height);
    return FALSE;
  }
  dataset->sample = (GenFormat){ .medium = &gen_medium_picture,
    .width = width,
    .height = height,
    .channels = sheet->sheet.channels };
  sheet->columns = sheet->sheet.width / width;
  dataset->count = (guint32)sheet->columns * (guint32)(sheet->sheet.height / height);
  return settings->rows_per_label <= 0 ||
         label_rows (sheet, sheet->sheet.height / height, settings->rows_per_label, error);
}

static gboolean
sheet_load (const GenDataset *dataset, guint32 index, const GenFitting *fitting, GenSample *target,
    GError **error)
{
  const SheetDataset *sheet = (const SheetDataset *)dataset;
  gsize row = index / (guint32)sheet->columns, column = index % (guint32)sheet->columns;
  GenPicture tile = sheet->sheet;

  tile.data += row * (gsize)dataset->sample.height * (gsize)tile.stride +
               column * (gsize)dataset->sample.width * (gsize)tile.channels;
  tile.width = dataset->sample.width;
  tile.height = dataset->sample.height;
  tile.owned = FALSE;
  return gen_fitting_apply (fitting, &tile, &target->picture, error);
}

static char *
sheet_describe (const GenDataset *dataset, guint32 index)
{
  return g_strdup_printf ("%s, tile %u", dataset->location, index);
}

const GenDatasetFormat gen_dataset_sheet = {
  .name = "sheet",
  .description = "A picture cut into tiles",
  .in_memory = TRUE,
  .medium = &gen_medium_picture,
  .recognise = sheet_recognise,
  .create = sheet_create,
  .open = sheet_open,
  .load = sheet_load,
  .describe = sheet_describe,
  .free = sheet_free,
};
