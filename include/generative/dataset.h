/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include <generative/api.h>
#include <generative/medium.h>

G_BEGIN_DECLS

/**
 * GenDataset: numbered samples of one medium, each with the label of its class or none. It never
 * changes once it is open, so that any number of threads may read it.
 *
 * What it is made of is told from the location:
 * - a folder: each file in it and below that is of the medium, sorted by path. The class is the
 *   first-level sub-folder; classes are sorted by name, and a file beside them has none. Hidden
 *   files and folders are left out. Where no medium is asked for, it is the one that
 *   most files are of.
 * - a manifest (.csv, .tsv, .jsonl or .ndjson): a file for each row or line, with its class, a
 *   caption and a box if there are such columns. Paths are relative to the manifest.
 * - shards of WebDataset: a tar archive, plain or compressed, a folder of them, or a pattern with
 *   braces ("shard-{000..012}.tar"). What has one name up to its first dot is one sample: a picture
 *   or sound, its class (.cls), its caption (.txt), or both in an object (.json).
 * - an IDX file of unsigned bytes in three dimensions, as MNIST comes, gzipped or not. Its
 *   labels are beside it under MNIST's names ("train-images-idx3-ubyte" goes with
 *   "train-labels-idx1-ubyte").
 * - an array of numpy's (.npy), or one in an archive (.npz): pictures of N x H x W, N x H x W x C
 *   or N x C x H x W. Labels are an array whose name fits ("y_train" goes with "x_train", "labels"
 *   with "images"), in the archive or in a file beside it.
 * - a file or the folder of CIFAR-10 or CIFAR-100, the binary version.
 * - a film, or a folder whose first file is one: its frames, or clips of them.
 * - a file of sound: one item.
 * - a text (.txt, or any file where texts are asked for): one item, or its lines, as those of a
 *   folder of texts.
 * - any other file is a picture: a sheet of tiles, row by row, when the tile size is given, else
 *   one single item.
 */
typedef struct _GenDataset GenDataset;

typedef struct {
  const GenMedium *medium;     /* NULL: whichever is found there */
  int tile_width, tile_height; /* of a sheet's tiles, in pixels; one of them 0: a square; both 0:
                                  the picture is one item */
  int rows_per_label;          /* how many rows of tiles make one class; 0: no classes */
  const char *class_pattern;   /* a regular expression that tells the class of a file from its path
                                  below the folder, as its first group or the whole match; NULL:
                                  the first-level folder does */
  int frame_step;              /* of films: every so many frames is an item; 0: each */
  int clip_length;             /* of films: so many items are a clip and follow each other; 0: 1 */
  double scene_threshold;      /* of films: clips do not cross a cut (scene-threshold of
                                  datasetsrc); 0: cuts are not looked for */
  gboolean animation;          /* a GIF, an animated PNG or WebP is a film, too */
  gboolean lines;              /* of texts: each line is an item */
  const char *array;           /* the one of an archive that has the pictures; NULL: the first that
                                  can be pictures */
  const char *leave_out;       /* a list of items that are left out (inspection.h); NULL: none */
  void (*progress) (guint32 files, gpointer data); /* told again and again how many files there
                                                      are so far, while a folder is gone through;
                                                      may be NULL. Since: 0.2 */
  gpointer data;
} GenDatasetSettings;

#define GEN_DATASET_ERROR (gen_dataset_error_quark ())
GEN_API GQuark gen_dataset_error_quark (void);
typedef enum {
  GEN_DATASET_ERROR_NOT_FOUND, /* no such location, or nothing usable in it */
  GEN_DATASET_ERROR_READ,      /* cannot be read, damaged or cut short */
  GEN_DATASET_ERROR_SETTINGS,  /* the tile size or the classes do not suit the sheet */
} GenDatasetError;

/* Open the dataset at `location`; free with gen_dataset_free. Folders are listed, and their
 * first file that can be read tells the format; sheets are decoded; IDX files are read
 * and checked. */
GEN_API GenDataset *gen_dataset_open (
    const char *location, const GenDatasetSettings *settings, GError **error);
GEN_API void gen_dataset_free (GenDataset *dataset);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenDataset, gen_dataset_free)

/* How many items there are: at least one. */
GEN_API guint32 gen_dataset_get_count (const GenDataset *dataset);
/* What the first item is like (all items, in a sheet and an IDX file). */
GEN_API const GenFormat *gen_dataset_get_format (const GenDataset *dataset);
/* TRUE when loading an item does no more than copy it. */
GEN_API gboolean gen_dataset_is_in_memory (const GenDataset *dataset);

/* How many classes there are; the class of an item, -1 when it has none; and the name of a
 * class: the folder's, or the number in digits. */
GEN_API int gen_dataset_get_label_count (const GenDataset *dataset);
GEN_API int gen_dataset_get_label (const GenDataset *dataset, guint32 index);
GEN_API const char *gen_dataset_get_label_name (const GenDataset *dataset, int label);
/* Those of all classes, from 0 on, ended by NULL. (transfer full) Since: 0.2 */
GEN_API char **gen_dataset_get_label_names (const GenDataset *dataset);

/* Where the item comes from, for people: its path, or "digits.png, tile 7". (transfer full) */
GEN_API char *gen_dataset_describe_item (const GenDataset *dataset, guint32 index);

/* What is said of an item in words: in a text beside its file, or by a manifest; NULL where nothing
 * is. May read a file. (transfer full) */
GEN_API char *gen_dataset_get_caption (const GenDataset *dataset, guint32 index);

/* What is said of where an item comes from, by a manifest or by the objects of an archive; the
 * texts are the dataset's. Since: 0.2 */
typedef struct {
  const char *address;  /* where it was found, as https://…; NULL: it is not said */
  const char *licence;  /* NULL: it is not said */
  const char *group;    /* of those that it is of or about, to compare how they are served; NULL */
  gboolean is_reserved; /* somebody has reserved the right to learn from it (tdm-reservation) */
} GenDatasetOrigin;
/* FALSE where nothing is said. Since: 0.2 */
GEN_API gboolean gen_dataset_get_origin (
    const GenDataset *dataset, guint32 index, GenDatasetOrigin *origin);

/* The bytes of the file that an item is, by itself or in an archive, as it is; NULL with `error`
 * where it cannot be read, or is none, as a tile of a sheet. (transfer full) Since: 0.2 */
GEN_API GBytes *gen_dataset_read_file (const GenDataset *dataset, guint32 index, GError **error);

/* Load an item into `target`, whose format says what is wanted. Only an item of a folder can fail,
 * with an error of its medium. */
GEN_API gboolean gen_dataset_load (const GenDataset *dataset, guint32 index,
    const GenFitting *fitting, GenSample *target, GError **error);

/**
 * How sounds are cut into items: all of one length, each a hop after the one before, as many as lie
 * within a sound. A sound that is shorter is one item, which ends in silence. Where there is no
 * window each sound is one item of its own length.
 */
typedef struct {
  int rate;     /* what frames are counted at */
  gsize window; /* frames; 0: each sound whole */
  gsize hop;    /* frames; 0: the window */
  int threads; /* that find out how long the sounds are; 0: as many as the machine has processors */
  GCancellable *cancellable; /* ends that; may be NULL */
} GenDatasetCut;

/* A dataset of what `sources`, a dataset of sounds that must outlive it, are cut into; free with
 * gen_dataset_free. */
GEN_API GenDataset *gen_dataset_cut (
    const GenDataset *sources, const GenDatasetCut *settings, GError **error);
/* How many frames an item of a dataset that was cut has; 0 of others. */
GEN_API gsize gen_dataset_get_length (const GenDataset *dataset, guint32 index);
/* Which of the sources an item was cut from; of other datasets, the item itself. */
GEN_API guint32 gen_dataset_get_source (const GenDataset *dataset, guint32 index);

/* How many items follow each other as one, and are shuffled as one: the frames of a clip. The
 * number of items is a multiple of it. */
GEN_API guint32 gen_dataset_get_run (const GenDataset *dataset);

/* Which part of a dataset. */
typedef enum {
  GEN_SPLIT_ALL,
  GEN_SPLIT_TRAIN,
  GEN_SPLIT_VALIDATION,
  GEN_SPLIT_TEST,
} GenSplit;

/* By what items are dealt to the parts. Since: 0.2 */
typedef enum {
  GEN_SPLIT_BY_INDEX,   /* a random number of the item's place in the dataset */
  GEN_SPLIT_BY_CONTENT, /* a hash of what is in it, kept in an index beside the data */
} GenSplitBy;

/* How often items of each class come. Since: 0.2 */
typedef enum {
  GEN_BALANCE_NONE,        /* each item once in an epoch */
  GEN_BALANCE_OVERSAMPLE,  /* each class as often as the greatest */
  GEN_BALANCE_UNDERSAMPLE, /* each class as often as the least */
} GenBalancing;

/* What becomes of those items of an epoch that do not go round to all workers. Since: 0.2 */
typedef enum {
  GEN_REMAINDER_SHARE,  /* the first workers have one more */
  GEN_REMAINDER_DROP,   /* nobody shows them */
  GEN_REMAINDER_REPEAT, /* as many from the beginning of the epoch are shown again */
} GenRemainder;

/**
 * GenSequence: the items of one part of a dataset in the order in which they are shown, epoch
 * after epoch. The item of frame N is a function of the settings and N alone.
 *
 * By index, items are dealt to the parts class by class (and those without a class likewise), by
 * the rank of a random number that belongs to their index, so that each part has its share of each
 * class to within one item. What was cut from one source is in one part. The parts do not overlap,
 * and depend on the seed and the fractions only: whoever trains on one part and validates on
 * another gives both the same.
 *
 * By content, a source is dealt by a hash of what is in it (the SHA-256 of its file, or of its
 * numbers), whatever the seed, its name and its neighbours are, so that each part has its share of
 * each class in expectation. An index file remembers: what was dealt stays where it is, what is new
 * and nearly the same as something dealt follows it, and what would join two parts is left out. All
 * that is new is read once.
 *
 * Balanced, an epoch has as many items of each class: the classes times the items of the greatest
 * or the least of them. A class goes through its items in one random order after the other, from
 * epoch to epoch, so that none comes a second time more often than another does. Those without a
 * class are one more.
 *
 * With several workers each shows a share of the epoch that all of them agree on, by the settings
 * that are the same for all but `worker`: every `workers`-th item from the `worker`-th on. Shares
 * of an epoch do not overlap and are together the whole of it, but for what `remainder` says. What
 * follows each other as a clip goes to one worker. Items of lengths of their own (sounds that are
 * not cut into windows) are the same in each epoch, drawn, dealt and shared once, so that each
 * epoch is as long as any other; their order is a new one.
 */
typedef struct {
  GenSplit split;
  double validation_fraction; /* [0, 1]; 0.1 by default */
  double test_fraction;       /* [0, 1]; 0.1 by default; the rest is for training */
  gboolean shuffle;           /* a new order in each epoch, instead of the dataset's own */
  guint64 seed;

  /* Since: 0.2 */
  guint shuffle_buffer; /* the next item is drawn from so many that come next in the dataset's own
                           order, so that what is read is near what was read before; 0: from all */
  GenBalancing balance;
  guint worker, workers; /* `worker` is from 0 to before `workers`; 0 workers: one */
  GenRemainder remainder;
  GenSplitBy split_by;
  guint split_distance; /* by content: bits of 64 in which fingerprints of what is nearly the same
                           differ at most, up to 7; 0: only what is the same to the bit goes
                           together */
  int threads;          /* by content, those that read what is new; 0: one for each processor */
  GCancellable *cancellable; /* ends that; may be NULL */
} GenSequenceSettings;

#define GEN_SEQUENCE_DEFAULTS                                                                      \
  ((GenSequenceSettings){ .split = GEN_SPLIT_ALL,                                                  \
      .validation_fraction = 0.1,                                                                  \
      .test_fraction = 0.1,                                                                        \
      .shuffle = TRUE,                                                                             \
      .workers = 1,                                                                                \
      .split_distance = 4 })

typedef struct _GenSequence GenSequence;

/* The sequence of a dataset; free with gen_sequence_free. Fails when the
 * part or the worker's share of it is empty, when the fractions add up to more than 1, when there
 * are no classes to balance, when there is no such worker, or when the index of a split by content
 * is another one's. */
GEN_API GenSequence *gen_sequence_new (
    const GenDataset *dataset, const GenSequenceSettings *settings, GError **error);
GEN_API void gen_sequence_free (GenSequence *sequence);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenSequence, gen_sequence_free)

/* How many frames an epoch has, of this worker. */
GEN_API guint32 gen_sequence_get_length (const GenSequence *sequence);
/* How many different items it shows, in all epochs together. Since: 0.2 */
GEN_API guint32 gen_sequence_count_items (const GenSequence *sequence);
/* What a split by content leaves out of all parts, a sentence each, which names those that it is
 * near to; NULL where there is nothing. Since: 0.2 */
GEN_API const char *const *gen_sequence_get_left_out (const GenSequence *sequence);
/* The item that frame `frame` shows; the epoch is frame / length. Keeps the order of the last
 * epoch asked for, so one thread at a time. */
GEN_API guint32 gen_sequence_get_item (GenSequence *sequence, guint64 frame);

/**
 * GenLoader: decodes the frames of a sequence ahead on threads of its own, into a bounded number
 * of samples that are used again and again. (What is in memory is loaded when it is asked for,
 * without threads.) An item that cannot be decoded is met once, and
 * left out from then on; its frame number stays its own, so that all other frames keep theirs.
 */
typedef struct {
  GenFormat format; /* of the samples; sounds of length 0: each as long as its item */
  GenFitting fitting;
  int threads;    /* 0: as many as the machine has processors */
  guint64 frames; /* where the sequence ends; 0: never */
  guint64 cache;  /* bytes of decoded samples that are kept, to be shown again without their files;
                     those that come first stay, since in an epoch all are wanted as often, and
                     whatever made room for another would be wanted before it. Of what is in memory
                     none are. Since: 0.2 */
  gboolean items_recur; /* in an epoch: what is drawn for an item is drawn anew each time */
  /* Of `parts` times part_size frames that follow each other, part number `part` alone: what one
   * member of a training takes of each batch. Frames keep their numbers. 0: all. Since: 0.2 */
  guint part, parts, part_size;
} GenLoaderSettings;

typedef enum {
  GEN_LOADER_SAMPLE,   /* the next sample is in the target */
  GEN_LOADER_BAD,      /* the next frame has none; `error` says why the first time */
  GEN_LOADER_END,      /* all frames were shown */
  GEN_LOADER_FLUSHING, /* gen_loader_set_flushing interrupted the wait */
} GenLoaderResult;

typedef struct _GenLoader GenLoader;

/* A loader at frame 0; free with gen_loader_free. The dataset and the sequence must outlive it,
 * and the sequence is the loader's alone. */
GEN_API GenLoader *gen_loader_new (
    const GenDataset *dataset, GenSequence *sequence, const GenLoaderSettings *settings);
GEN_API void gen_loader_free (GenLoader *loader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenLoader, gen_loader_free)

/* Wait for the next frame, and put its sample into `target`, which has the format of the settings;
 * a sound that is as long as its item is made anew there, to be freed by gen_sample_clear. `frame`
 * is set in any case, `item` with GEN_LOADER_SAMPLE and GEN_LOADER_BAD. */
GEN_API GenLoaderResult gen_loader_next (
    GenLoader *loader, GenSample *target, guint64 *frame, guint32 *item, GError **error);
/* Go on at `frame`; drops what was decoded ahead. From the thread that calls gen_loader_next. */
GEN_API void gen_loader_seek (GenLoader *loader, guint64 frame);
/* The same, and from there back to frame 0, behind which is the end. */
GEN_API void gen_loader_seek_backwards (GenLoader *loader, guint64 frame);
/* While `flushing`, gen_loader_next does not wait. From any thread. */
GEN_API void gen_loader_set_flushing (GenLoader *loader, gboolean flushing);
/* Bytes of the samples that are kept. From any thread. Since: 0.2 */
GEN_API guint64 gen_loader_get_cached (GenLoader *loader);
/* How many items were found bad so far. From any thread. */
GEN_API guint32 gen_loader_get_skipped (GenLoader *loader);

G_END_DECLS
