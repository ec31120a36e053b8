/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures of one size that lie in memory one behind the other, as arrays have them: what IDX,
 * CIFAR and numpy's files share. A format's own structure may begin with this one. */
#pragma once

#include <generative/tensor.h>

#include "dataset-private.h"

typedef struct {
  GenDataset dataset; /* its `sample` says how large the pictures are */
  GBytes *bytes;
  gsize first, step;    /* the byte at which the first picture begins, and from one to the next */
  GenDataType type;     /* of the elements */
  gboolean planes;      /* channel after channel; else a pixel's channels are together */
  double scale, offset; /* an element times the one plus the other is what a byte says */
} GenArrayDataset;

/* The pictures of a format, whose `create`, `load` and `free` these are. A new one has bytes as
 * they are. */
GenDataset *gen_array_dataset_create (void);
gboolean gen_array_dataset_load (const GenDataset *dataset, guint32 index,
    const GenFitting *fitting, GenSample *target, GError **error);
char *gen_array_dataset_describe (const GenDataset *dataset, guint32 index);
void gen_array_dataset_free (GenDataset *dataset);

/* Take pictures of a shape N x H x W, N x H x W x C or N x C x H x W (C: 1, 3 or 4) from
 * `elements`. What white is follows from their type and range: see datasets.md. `name` stands for
 * the array in errors. */
gboolean gen_array_dataset_take (GenArrayDataset *array, GBytes *elements, GenDataType type,
    const GenShape *shape, const char *name, GError **error);
/* Whether an array of this shape and type can be pictures. */
gboolean gen_array_dataset_suits (GenDataType type, const GenShape *shape);
/* Take the class of each picture from an array of whole numbers, N or N x 1; -1 is none. */
gboolean gen_array_dataset_take_labels (GenArrayDataset *array, GBytes *elements, GenDataType type,
    const GenShape *shape, const char *name, GError **error);

/* What the labels that belong to pictures called `name` may be called: "train_labels" goes with
 * "train_images", "y_test" with "x_test", "arr_1" with "arr_0". NULL-terminated. (transfer full) */
char **gen_array_dataset_label_names (const char *name);
