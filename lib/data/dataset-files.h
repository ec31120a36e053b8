/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Items that are files of one medium, one each: what a folder and a manifest share. A format's own
 * structure may begin with this one. */
#pragma once

#include "dataset-private.h"
#include "origin.h"

/* What an item is of its picture: all of it where it has no size. */
typedef struct {
  int x, y, width, height;
} GenBox;

typedef struct {
  GenDataset dataset;
  GPtrArray *paths;      /* of char *, one per item */
  GPtrArray *captions;   /* of char *, one per item, NULL where it has none */
  gboolean has_captions; /* texts lie beside files, under the same name */
  GenOrigins origins;
  GArray *boxes; /* of GenBox, one per item; empty where all are whole */
} GenFileDataset;

/* The functions of a format. */
GenDataset *gen_file_dataset_create (void);
gboolean gen_file_dataset_load (const GenDataset *dataset, guint32 index, const GenFitting *fitting,
    GenSample *target, GError **error);
char *gen_file_dataset_describe (const GenDataset *dataset, guint32 index);
char *gen_file_dataset_get_caption (const GenDataset *dataset, guint32 index);
gboolean gen_file_dataset_get_origin (
    const GenDataset *dataset, guint32 index, GenDatasetOrigin *origin);
void gen_file_dataset_free (GenDataset *dataset);

/* What the text of the same name beside a file says; NULL where there is none. (transfer full) */
char *gen_file_read_caption (const char *path);

/* One more item; both texts become the dataset's, `caption` may be NULL. */
void gen_file_dataset_add (GenFileDataset *files, char *path, char *caption);
/* Learn the format from the first file that can be read; fails where none can. */
gboolean gen_file_dataset_probe (GenFileDataset *files, const GenMedium *medium, GError **error);
