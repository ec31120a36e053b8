/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/dataset.h>

typedef struct _GenDatasetFormat GenDatasetFormat;

/* What all datasets have; each format's own structure begins with it. */
struct _GenDataset {
  const GenDatasetFormat *format;
  char *location;
  guint32 count;
  GenFormat sample;       /* of the first one */
  gint32 *labels;         /* one per item; NULL: no classes */
  GPtrArray *label_names; /* of char * */
};

/* A kind of location. A new one is a file with one of these and a line in dataset.c. */
struct _GenDatasetFormat {
  const char *name;
  const char *description;
  gboolean in_memory;
  const GenMedium *medium; /* of its items; NULL: of any that has files */
  /* Whether the location, which exists, is of this kind. */
  gboolean (*recognise) (const char *location);
  /* A new dataset of the format's own structure; gen_dataset_open sets `format` and `location`
   * and frees it when this fails half-way (with FALSE). */
  GenDataset *(*create) (void);
  gboolean (*open) (GenDataset *dataset, const GenDatasetSettings *settings, GError **error);
  gboolean (*load) (const GenDataset *dataset, guint32 index, const GenFitting *fitting,
      GenSample *target, GError **error);
  char *(*describe) (const GenDataset *dataset, guint32 index);
  /* Of items that have lengths of their own, or that several are made of one source: else NULL. */
  gsize (*get_length) (const GenDataset *dataset, guint32 index);
  guint32 (*get_source) (const GenDataset *dataset, guint32 index);
  /* Frees the structure and what is the format's own in it. */
  void (*free) (GenDataset *dataset);
};

extern const GenDatasetFormat gen_dataset_folder;
extern const GenDatasetFormat gen_dataset_idx;
extern const GenDatasetFormat gen_dataset_sheet;
extern const GenDatasetFormat gen_dataset_sound;

/* Name the classes 0 … count-1 by their numbers. */
void gen_dataset_number_labels (GenDataset *dataset, int count);
