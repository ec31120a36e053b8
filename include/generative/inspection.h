/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include <generative/api.h>
#include <generative/dataset.h>
#include <generative/metric.h>

G_BEGIN_DECLS

/**
 * GenInspection: what a heap of files is like, before anyone trains on it. Each item is read once,
 * and what stays of it in memory is a record of a few hundred bytes, so that the heap may be large:
 * its measures, a digest of its content, a fingerprint of what it looks or sounds like, what it
 * says of where it comes from, or why it cannot be read.
 */
typedef struct _GenInspection GenInspection;

/* An item while it is looked at. */
typedef struct {
  guint64 bytes;           /* of its file; 0 where it is no file of its own */
  guint32 frames;          /* of the film that it is a frame of; 0: of none */
  GenFormat format;        /* as it is in the file; of a sound the whole length */
  const GenSample *sample; /* of a long sound its beginning */
  const GenSample *luma;   /* of a picture */
} GenInspected;

/* What of an item has to be read for something to be known of it, from the cheapest on. */
typedef enum {
  GEN_NEED_SIZE = 1 << 0,   /* how long its file is */
  GEN_NEED_EXTENT = 1 << 1, /* the beginning, which tells its sides or its length and rate */
  GEN_NEED_FORMAT = 1 << 2, /* all that it is like, for which a picture has to be decoded */
  GEN_NEED_FILE = 1 << 3,   /* all bytes of its file */
  GEN_NEED_ITEM = 1 << 4,   /* all of it has to be decoded */
} GenDataNeeds;

/* Measures: a number for each item. Each is one constant and a line in the list. */
typedef struct {
  const char *name, *unit, *summary;
  const GenMedium *medium; /* of its items; NULL: any */
  GenDataNeeds need;
  double least, most; /* between which it lies; G_MAXDOUBLE: as far as numbers reach */
  /* The number, NaN where the item has none. Where it is NULL, it is a metric's figure. */
  double (*measure) (const GenInspected *item);
  const GenMetric *metric; /* of frames or of streams: its first figure that `measure` or, with
                              `over_all`, `figure` gives */
  gboolean over_all;
} GenDataMeasure;

/* There are no more of them than this. */
#define GEN_DATA_MAX_MEASURES 32
/* All of them, ended by NULL. */
GEN_API const GenDataMeasure *const *gen_data_measure_list (void);
/* The place in the list of the measure of that name, or -1 with `error` (G_IO_ERROR), which lists
 * those of `medium` (NULL: of any). */
GEN_API int gen_data_measure_find (const char *name, const GenMedium *medium, GError **error);

/* What a file says of itself. */
typedef enum {
  GEN_HINT_PLACE = 1 << 0,       /* EXIF tells where it was taken */
  GEN_HINT_CREDENTIALS = 1 << 1, /* C2PA: signed credentials of content, which are not verified */
  GEN_HINT_GENERATED = 1 << 2,   /* IPTC's digital source type, or a generator's settings, say that
                                    a model made it or a part of it */
  GEN_HINT_RESERVED = 1 << 3, /* XMP: the right to learn from it is reserved (tdm:reservation), or
                                 mining is prohibited (plus:DataMining) */
} GenDataHints;

#define GEN_DATA_NONE G_MAXUINT32
#define GEN_DATA_DIGEST 32

typedef struct {
  const char *name;        /* below the location, as UTF-8; its description, where it is no file */
  const char *error;       /* why it cannot be read; NULL: it can */
  const char *kind;        /* of the file: "png", "jpeg", "flac" … */
  const char *source_type; /* IPTC's, without what comes before its name; NULL: it has none */
  gint32 label;            /* -1: none */
  GenSplit split;          /* to which it is dealt */
  guint hints;             /* GenDataHints */
  guint8 digest[GEN_DATA_DIGEST]; /* SHA-256 of the file, or of the numbers */
  gboolean has_fingerprint;       /* what is near-blank or silent looks like nothing */
  guint64 fingerprint;
  guint32 duplicate_of; /* the first item of the same digest, GEN_DATA_NONE for itself */
  guint32 near_of;      /* the first of those kept that it hardly differs from; the same */
  double gate;          /* what the model of the settings made of it; NaN: there is none */
} GenDataItem;

/* Findings: what may be wrong with an item. Each is a line in the list. */
typedef struct {
  const char *name, *summary;
  const GenMedium *medium; /* NULL: any */
  const char *measure;     /* that is below or above these; NULL: `find` tells */
  double minimum, maximum;
  gboolean (*find) (const GenDataItem *item);
  guint needs; /* GenDataNeeds, of `find` */
} GenDataFinding;

GEN_API const GenDataFinding *const *gen_data_finding_list (void);
GEN_API const GenDataFinding *gen_data_finding_find (const char *name, GError **error);

typedef struct {
  GenDatasetSettings dataset;
  GenSequenceSettings order; /* how items are dealt to splits */
  int distance;              /* bits of 64 in which fingerprints of near-duplicates differ at most,
                                up to GEN_FINGERPRINT_MAX_DISTANCE; below 0: they are not sought */
  int threads;               /* 0: as many as there are processors */
  const char *gate;          /* an ONNX model that makes numbers of an item; NULL: none */
  const char *gate_output;   /* which of its numbers: a class by its name, or a number from 0 on;
                                NULL: number 0 */
  void (*progress) (guint32 done, guint32 count, gpointer data); /* may be NULL */
  gpointer data;
} GenInspectionSettings;

#define GEN_FINGERPRINT_MAX_DISTANCE 7
#define GEN_INSPECTION_DEFAULTS                                                                    \
  ((GenInspectionSettings){ .order = GEN_SEQUENCE_DEFAULTS, .distance = 4 })

/* Look at all items of the dataset at `location`; NULL with `error` where it cannot be opened or
 * the gate's model cannot be run. (transfer full) */
GEN_API GenInspection *gen_inspection_new (
    const char *location, const GenInspectionSettings *settings, GError **error);
GEN_API void gen_inspection_free (GenInspection *inspection);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenInspection, gen_inspection_free)

GEN_API const GenDataset *gen_inspection_get_dataset (const GenInspection *inspection);
GEN_API const GenDataItem *gen_inspection_get_item (const GenInspection *inspection, guint32 index);
/* The number of `measure` (its place in the list) of an item, NaN where it has none. */
GEN_API double gen_inspection_get_value (
    const GenInspection *inspection, guint32 index, int measure);
GEN_API gboolean gen_inspection_has (
    const GenInspection *inspection, guint32 index, const GenDataFinding *finding);
/* What the features' distance is taken of: their name and statistics; NULL where there are less
 * than two. */
GEN_API const GenStatistics *gen_inspection_get_statistics (const GenInspection *inspection);
/* The features of up to GEN_INSPECTION_SAMPLE items, evenly spread over the heap, one behind the
 * other: `*n` of `*length` numbers. */
#define GEN_INSPECTION_SAMPLE 512
GEN_API const float *gen_inspection_get_features (
    const GenInspection *inspection, gsize *n, gsize *length);

/* All of it as an object, which docs/examining-data.md describes; with how it differs from
 * `against`, unless that is NULL. (transfer full) */
GEN_API JsonObject *gen_inspection_summarise (
    const GenInspection *inspection, const GenInspection *against, GError **error);
/* An item and its measures as an object. (transfer full) */
GEN_API JsonObject *gen_inspection_describe_item (const GenInspection *inspection, guint32 index);

/* How 64 bits stand for a picture of 32 by 32: which of the 8 by 8 lowest coefficients of its
 * cosine transform are above their median (Zauner 2010; the imagehash package's phash). */
#define GEN_FINGERPRINT_SIZE 32
GEN_API guint64 gen_fingerprint (const float *picture);

/* Two samples of one measure: Kolmogorov's and Smirnov's statistic, the greatest difference of
 * their distributions, with the probability of one as great where both are of one distribution
 * (asymptotic, with Stephens' correction); and the population stability index, over ten bins of
 * equal shares of `a`. Sorts both. */
typedef struct {
  double statistic, probability, stability;
} GenDrift;
GEN_API GenDrift gen_drift (double *a, gsize n_a, double *b, gsize n_b);

/* Two samples of vectors of `length` numbers: their energy distance, the root of 2 E|X - Y| -
 * E|X - X'| - E|Y - Y'| (Székely and Rizzo 2013), which is 0 only where both are of one
 * distribution; with the probability of one as great where they are, by `permutations` of which
 * vector is of which sample. Work and memory grow with the square of all vectors. */
typedef struct {
  double distance, probability;
} GenEnergyTest;
GEN_API GenEnergyTest gen_energy_test (const float *a, gsize n_a, const float *b, gsize n_b,
    gsize length, guint permutations, guint64 seed);

G_END_DECLS
