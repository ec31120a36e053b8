/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the writer share: dataset-writer.c (items, the manifest), writer-classes.c (the
 * numbers of classes), writer-place.c (what is in the folder already), writer-queue.c (encoding on
 * several threads) and write-*.c, a format each. */
#pragma once

#include "manifest.h"

/* An item that was given, before it has a number. */
typedef struct {
  const GenSample *sample;
  const GenEncoding *encoding; /* of its file; NULL: it is one already */
  GenEncodingOptions options;
  int label;        /* -1: none */
  char *class_name; /* NULL: none */
  char *source;     /* where it comes from, as an address; NULL: nobody says */
  char *extension;  /* of its file */
  JsonObject *facts;
  GBytes *bytes; /* its file, once it is encoded */
} GenGivenItem;

/* An item on its way into the dataset. */
typedef struct {
  guint64 number;
  const char *class_name; /* NULL: none */
  int label;              /* -1: none */
  const GenSample *sample;
  GBytes *bytes;         /* the file; NULL where the format has none for each item */
  const char *extension; /* of the file */
  JsonObject *line;      /* of the manifest, in which the format says where the item is */
} GenWrittenItem;

typedef struct GenDatasetFormatFunctions {
  gboolean has_files;    /* an item is a file */
  gboolean wants_number; /* of a class; its name has no place */

  /* What it keeps, for a folder that is empty or goes on behind the item `last` (NULL: none). What
   * lies there of later items, which nothing tells of, is removed, or told now. */
  gpointer (*open) (GenDatasetWriter *writer, const GenManifestPlace *last, GError **error);
  void (*close) (gpointer state);
  /* How many items become safe at a time; */
  guint (*limit) (const GenDatasetWriterSettings *settings);
  /* say in an item's line where it will be; */
  void (*locate) (gpointer state, const GenWrittenItem *item);
  /* whether what was added has to become safe before this item is; NULL: never; */
  gboolean (*is_full) (gpointer state, const GenWrittenItem *item);
  /* and take it. */
  gboolean (*add) (gpointer state, const GenWrittenItem *item, GError **error);
  /* Make the `n` items that were added since the last time safe. Returns how many of them, from the
   * first one on, are: where these are fewer, with `error`, the others are given up. */
  guint (*commit) (gpointer state, guint n, GError **error);
  /* Everything is safe: make files of it that others read. NULL: they are. */
  gboolean (*finish) (gpointer state, GError **error);
  /* Whether a file that lies in the folder, at `path` below it, is one that this format has made,
   * or has begun to make. */
  gboolean (*is_own) (const char *path);
} GenDatasetFormatFunctions;

typedef struct _GenWriterQueue GenWriterQueue;

struct _GenDatasetWriter {
  GenDatasetWriterSettings settings;
  int lock; /* the folder, open */
  GenManifest manifest;
  gpointer state;         /* of the format */
  GenWriterQueue *queue;  /* NULL: items are encoded when they come */
  GPtrArray *class_names; /* of char *, by their numbers */
  gboolean made_folder;
  GPtrArray *pending; /* lines (JsonObject) of items that were added and not promised */
  guint placed;       /* how many of these are safe, since the manifest could not be written */
  guint64 next;       /* the number of the next item: `safe` and those pending */
  guint64 safe, passed_over, to_pass_over;
  char *last_file;
};

/* --- writer-place.c --- */

/* Make the folder, lock it, and see to what is in it, as the settings say; then the manifest is
 * open, and `last` is the item that the dataset goes on behind, where `*goes_on` is set. */
gboolean gen_dataset_place_open (
    GenDatasetWriter *writer, GenManifestPlace *last, gboolean *goes_on, GError **error);
/* What came to nothing leaves nothing, so that the next try finds the folder as it was. */
void gen_dataset_place_leave (GenDatasetWriter *writer);

/* --- writer-classes.c --- */

/* Whether a file at `path` below the folder is that of the names of classes, or has become none. */
gboolean gen_dataset_is_class_names (const char *path);
/* Give the class of the item a number, where it has a name alone, and let the file of names say
 * which. FALSE with `error` where the number is another class's. */
gboolean gen_dataset_writer_number_class (
    GenDatasetWriter *writer, GenWrittenItem *item, GError **error);

/* --- writer-queue.c --- */

/* Encode the item in place. */
gboolean gen_given_item_encode (GenGivenItem *item, GError **error);
void gen_given_item_clear (GenGivenItem *item);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GenGivenItem, gen_given_item_clear)

/* Items that are encoded on `threads` threads, and come out in the order in which they went in. */
GenWriterQueue *gen_writer_queue_new (int threads);
void gen_writer_queue_free (GenWriterQueue *queue);
/* Put it in, and leave it empty; its sample is copied. */
void gen_writer_queue_push (GenWriterQueue *queue, GenGivenItem *item);
/* Take the first one out when it is encoded: at once, or with `wait` or where there are as many as
 * there is room for after a while. FALSE where there is none; `reason` is set where it cannot be
 * encoded. */
gboolean gen_writer_queue_pop (
    GenWriterQueue *queue, gboolean wait, GenGivenItem *item, GError **reason);
/* Give up what is in it. */
void gen_writer_queue_clear (GenWriterQueue *queue);

/* --- for formats --- */

/* Tell, while the dataset is opened, of an item that is there. */
gboolean gen_dataset_writer_recover (GenDatasetWriter *writer, JsonObject *line, GError **error);
/* A file has become whole. (transfer full) */
void gen_dataset_writer_note_file (GenDatasetWriter *writer, char *path);
/* The file name of an item, without its ending. (transfer full) */
char *gen_dataset_item_key (guint64 number);
/* The number that a file's name begins with, where it is such a name and goes on with a dot. */
gboolean gen_dataset_item_parse (const char *name, guint64 *number);
