/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/dataset.h>

#include "class-names.h"

typedef struct _GenDatasetFormat GenDatasetFormat;

/* What all datasets have; each format's own structure begins with it. */
struct _GenDataset {
  const GenDatasetFormat *format;
  char *location;
  guint32 count;
  guint32 run;            /* so many items follow each other as a clip; 1, or 0: none do */
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
  gboolean (*recognise) (const char *location, const GenDatasetSettings *settings);
  /* A new dataset of the format's own structure; gen_dataset_open sets `format` and `location`
   * and frees it when this fails half-way (with FALSE). */
  GenDataset *(*create) (void);
  gboolean (*open) (GenDataset *dataset, const GenDatasetSettings *settings, GError **error);
  gboolean (*load) (const GenDataset *dataset, guint32 index, const GenFitting *fitting,
      GenSample *target, GError **error);
  /* What an item is like, where it is not a file of the name that `describe` gives; else NULL. */
  gboolean (*probe) (const GenDataset *dataset, guint32 index, GenFormat *format, GError **error);
  char *(*describe) (const GenDataset *dataset, guint32 index);
  /* The file that an item is within another one, as in an archive; NULL: it is none. (transfer
   * full) */
  GBytes *(*read_file) (const GenDataset *dataset, guint32 index, GError **error);
  /* What is said of an item in words, or NULL (transfer full); NULL: of none anything. */
  char *(*get_caption) (const GenDataset *dataset, guint32 index);
  /* What is said of where an item comes from: FALSE where nothing is; NULL: of none anything. */
  gboolean (*get_origin) (const GenDataset *dataset, guint32 index, GenDatasetOrigin *origin);
  /* Of items that have lengths of their own, or that several are made of one source: else NULL. */
  gsize (*get_length) (const GenDataset *dataset, guint32 index);
  guint32 (*get_source) (const GenDataset *dataset, guint32 index);
  /* Of frames of films, how many frames the film has; else NULL. */
  guint32 (*get_film_length) (const GenDataset *dataset, guint32 index);
  /* Of one that is cut from the items of another, that one; else NULL. */
  const GenDataset *(*get_sources) (const GenDataset *dataset);
  /* Of items that lie in several files, which follow each other, the number of the file; and its
   * path (transfer full): else NULL. */
  guint32 (*get_shard) (const GenDataset *dataset, guint32 index);
  char *(*get_shard_path) (const GenDataset *dataset, guint32 index);
  /* Frees the structure and what is the format's own in it. */
  void (*free) (GenDataset *dataset);
};

extern const GenDatasetFormat gen_dataset_cifar;
extern const GenDatasetFormat gen_dataset_folder;
extern const GenDatasetFormat gen_dataset_idx;
extern const GenDatasetFormat gen_dataset_manifest;
extern const GenDatasetFormat gen_dataset_npy;
extern const GenDatasetFormat gen_dataset_npz;
extern const GenDatasetFormat gen_dataset_sheet;
extern const GenDatasetFormat gen_dataset_sound;
extern const GenDatasetFormat gen_dataset_tar;
extern const GenDatasetFormat gen_dataset_text;
extern const GenDatasetFormat gen_dataset_video;

/* What a dataset is cut from; others, themselves. */
const GenDataset *gen_dataset_get_sources (const GenDataset *dataset);
/* Whether its items have lengths of their own. */
gboolean gen_dataset_has_lengths (const GenDataset *dataset);
/* How many frames the film has that an item is of; 0 of others. */
guint32 gen_dataset_get_film_length (const GenDataset *dataset, guint32 index);
/* The file that an item lies in with others. */
#define GEN_NO_SHARD G_MAXUINT32
guint32 gen_dataset_get_shard (const GenDataset *dataset, guint32 index);
/* (transfer full); NULL: it lies in none, or in the dataset's only one. */
char *gen_dataset_get_shard_path (const GenDataset *dataset, guint32 index);

/* Where an item is, below the location of its dataset; else its description. */
const char *gen_dataset_name_below (const GenDataset *dataset, const char *description);
/* `source`, which becomes the new dataset's, without the items that the list at `path` names. */
GenDataset *gen_dataset_leave_out (GenDataset *source, const char *path, GError **error);
/* The same without the items that `left_out`, a mark for each, says: not all of them, and whole
 * clips. */
GenDataset *gen_dataset_select (GenDataset *source, const gboolean *left_out);

/* Name the classes 0 … count-1 by their numbers. */
void gen_dataset_number_labels (GenDataset *dataset, int count);
/* Number the classes by their names (of char *, one per item, NULL: none): sorted, or by what they
 * say where all are numbers and `by_number` is TRUE. */
void gen_dataset_name_labels (GenDataset *dataset, const GPtrArray *names, gboolean by_number);
/* The same of names that are not one per item: the number of the class of each. (transfer full) */
gint32 *gen_dataset_number_names (GenDataset *dataset, const GPtrArray *names, gboolean by_number);

/* The regular expression of the settings, or NULL; FALSE where it is none. */
gboolean gen_dataset_compile_pattern (
    const GenDatasetSettings *settings, GRegex **pattern, GError **error);
/* The class that it finds in a path: its first group, or all of it. NULL where it does not match.
 * (transfer full) */
char *gen_dataset_match_class (const GRegex *pattern, const char *path);

/* What an item itself is like. */
gboolean gen_dataset_probe (
    const GenDataset *dataset, guint32 index, GenFormat *format, GError **error);

/* What tells files: how a name ends, in any case of letters, and as many bytes from the beginning
 * of one as there are. */
gboolean gen_dataset_has_ending (const char *name, const char *ending);
gsize gen_dataset_read_start (const char *path, guint8 *start, gsize size);
