/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/dataset.h>
#include <generative/feature-rows.h>
#include <generative/features.h>
#include <generative/report.h>

G_BEGIN_DECLS

/**
 * Metrics: figures that say how good samples of a medium are. Most look at one frame after the
 * other (sharpness, brightness): a picture of a film, a window of a sound; distribution metrics
 * look at all samples together and say how they differ among themselves or from a reference set. A
 * metric is one constant #GenMetric in a file of its own in lib/metric, and one line in its list;
 * docs/metrics.md tells users about each. #GenMeter runs any number of them over a stream.
 */

#define GEN_METRIC_ERROR (gen_metric_error_quark ())
GEN_API GQuark gen_metric_error_quark (void);

typedef enum {
  GEN_METRIC_ERROR_UNKNOWN,   /* no metric or features of that name, or not asked for */
  GEN_METRIC_ERROR_REFERENCE, /* a reference set is needed, or does not do */
  GEN_METRIC_ERROR_FAILED,    /* the arithmetic failed */
  GEN_METRIC_ERROR_MODEL,     /* a metric's own model does not do. Since: 0.2 */
  GEN_METRIC_ERROR_MISSING,   /* nor is there one, and none was named. Since: 0.2 */
  GEN_METRIC_ERROR_SCORER,    /* a scorer is needed, or does not do. Since: 0.2 */
} GenMetricError;

/**
 * GenStatistics: the mean and covariance of a set of features, which is all that the Fréchet
 * distance looks at. In a file they are a .npz archive with arrays `mu` and `sigma`, of float64
 * or float32, as pytorch-fid and clean-fid read and write; ours say as well what they are of, in
 * `features` (a name, the bytes of UTF-8) and `count` (one int64).
 */
typedef struct {
  int length;
  guint64 count;      /* vectors; 0 where a file made elsewhere does not say */
  char *features;     /* the features' name; NULL as well */
  double *mean;       /* `length` */
  double *covariance; /* `length` rows, divided by count - 1 */
} GenStatistics;

GEN_API void gen_statistics_clear (GenStatistics *statistics);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GenStatistics, gen_statistics_clear)

/* Read the file `path` into `statistics`, which is filled anew. At most GEN_FEATURES_MAX
 * features. */
GEN_API gboolean gen_statistics_load (GenStatistics *statistics, const char *path, GError **error);
/* Write them, atomically. */
GEN_API gboolean gen_statistics_save (
    const GenStatistics *statistics, const char *path, GError **error);

/* The squared Fréchet distance between two normal distributions that have statistics `a` and
 * `b`, of the same length: |m1 - m2|² + tr (C1 + C2 - 2 (C1 C2)^½) (Dowson and Landau 1982; Heusel
 * et al. 2017). The square root's trace is taken by the eigenvalues of C1^½ C2 C1^½, which is
 * symmetric, so that covariances without full rank do no harm. FALSE with `error` when LAPACK
 * fails. */
GEN_API gboolean gen_frechet_distance (
    const GenStatistics *a, const GenStatistics *b, double *distance, GError **error);
/* Why a distance between statistics of so many samples (0: not known) by `length` features is to be
 * doubted, a sentence, or NULL. (transfer full) Since: 0.2 */
GEN_API char *gen_frechet_describe_doubt (guint64 samples, guint64 references, int length);

/**
 * GenMoments: mean and covariance of a stream of vectors, in double, updated a block of vectors
 * at a time (Chan, Golub and LeVeque 1983).
 */
typedef struct {
  int length;
  guint64 count;   /* with those that wait */
  double *mean;    /* `length`; of those that do not wait, as are squares */
  double *squares; /* `length` rows: sums of products of distances from the mean; the part
                      below and on the diagonal is kept */
  double *waiting; /* rows that are to be merged */
  int n_waiting;
} GenMoments;

GEN_API void gen_moments_init (GenMoments *moments, int length);
GEN_API void gen_moments_clear (GenMoments *moments);
GEN_API void gen_moments_add (GenMoments *moments, const float *vector);
/* Fill `statistics` anew, without a features' name; FALSE when there are less than two vectors. */
GEN_API gboolean gen_moments_statistics (GenMoments *moments, GenStatistics *statistics);

typedef struct {
  guint64 seed;                   /* of the samples that a bounded memory keeps */
  const GenStatistics *reference; /* in the place of refer's samples; NULL: there are these */
  /* Files of metrics that have a model; NULL: where packages put it. Since: 0.2 */
  const char *brisque_model, *niqe_model;
  const char
      *language_model; /* of perplexity (language-model.h); NULL: there is none. Since: 0.2 */
} GenMetricSettings;

/* A sample as distribution metrics see it. */
typedef struct {
  const GenSample *sample;
  const float *features; /* the meter's features, `n_features` floats; NULL unless needed */
  int n_features;
  int label;        /* the class, from 0 on; -1: without, or that of the frame */
  const char *name; /* where it comes from, for people; NULL: not known. Since: 0.2 */
  guint64 frame;    /* samples of a stream: which frame they are of, from 0 on. Since: 0.2 */
  guint32 item;     /* reference samples: of their dataset; G_MAXUINT32: not known. Since: 0.2 */
} GenMetricSample;

/* What a metric has for a report beside its summary; `name` says what it is. Since: 0.2 */
typedef gboolean (*GenMetricTell) (
    const char *name, JsonObject *object, gpointer data, GError **error);

#define GEN_METRIC_MAX_FIELDS 8

/* The features of two sets, of which a metric compares the first with the second. */
typedef struct {
  const GenFeatureRows *samples, *reference; /* the latter may have no rows */
  guint64 seed;                              /* of what is drawn by chance */
} GenMetricSets;

typedef struct {
  const char *name;
  const char *summary; /* what it says, by which definition */
  const char *unit;
  /* What it is called elsewhere, or figures of it are, which the error for such a name says; ended
   * by NULL. NULL: nothing else. Since: 0.2 */
  const char *const *known_as;
  const GenMedium *medium; /* of what it measures; NULL: of any, by its features */
  /* Pairs: of what a frame is judged by; NULL: of the same. Since: 0.2 */
  const GenMedium *reference_medium;
  gboolean needs_features;   /* distribution metrics: look at samples' features */
  gboolean needs_reference;  /* distribution metrics */
  gboolean takes_statistics; /* statistics will do as a reference */
  gboolean needs_labels;     /* the reference's samples must have classes */
  gboolean needs_classifier; /* the features are a model's scores of classes. Since: 0.2 */
  gboolean takes_long;       /* it is measured only where it is asked for by name. Since: 0.2 */
  gboolean needs_rank;       /* of samples that are no more than their features' numbers, it is no
                                figure to go by. Since: 0.2 */
  gboolean in_colour;        /* it looks at pictures as they came, not at luma. Since: 0.2 */
  gboolean needs_scorer;     /* it is a figure of a model's file (scorer.h). Since: 0.2 */
  gboolean of_pairs;         /* it judges a frame by what it should be, though it has no `judge`.
                                Since: 0.2 */
  /* It asks a language model how probable texts are. Since: 0.2 */
  gboolean needs_language_model;
  /* What it measures; the first is the figure itself and has the metric's name. A TEXT
   * without text is the features' name. */
  GenField fields[GEN_METRIC_MAX_FIELDS];
  int n_fields;
  /* Those that come first are `measure`'s, the others `figure`'s: where a metric has both, so many
   * are the former. */
  int n_measured;

  gpointer (*open) (const GenMetricSettings *settings);
  /* In its place where that can fail: NULL with `error`. "auto" leaves out what fails with
   * GEN_METRIC_ERROR_MISSING, and tells so. Since: 0.2 */
  gpointer (*load) (const GenMetricSettings *settings, GError **error);
  void (*close) (gpointer metric);

  /* Frames: fill `values`, one a field, from a frame, of a picture its luma alone, of a sound one
   * whose samples are all finite, of texts one that is UTF-8 without a byte of 0 but at its end.
   * GEN_MISSING where there is none. */
  void (*measure) (gpointer metric, const GenSample *frame, double *values);
  /* Pairs: fill `values` from a frame and what it should be, of one format, likewise; or, of a
   * `reference_medium` of its own, what there is of that from the frame before to this one, of
   * which nothing is left out but where it is interrupted. Since: 0.2 */
  void (*judge) (
      gpointer metric, const GenSample *frame, const GenSample *reference, double *values);
  /* Frames, or pairs where it is of_pairs, by a model, which has all threads for itself: the same
   * of a picture as it came; `reference` is NULL for frames. FALSE with `error` where the model
   * does not take it. Since: 0.2 */
  gboolean (*score) (gpointer metric, const GenSample *frame, const GenSample *reference,
      double *values, GError **error);
  /* Streams: a piece of the stream, each once and in order, where frames may overlap or leave some
   * out. What a frame ends with has come before it is measured. May be NULL. */
  void (*follow) (gpointer metric, const GenSample *piece);
  /* Frames and streams: what comes next does not follow what came before. May be NULL. */
  void (*interrupt) (gpointer metric);

  /* Distributions: take in a sample, or one of the reference (`refer` may be NULL). */
  void (*take) (gpointer metric, const GenMetricSample *sample);
  void (*refer) (gpointer metric, const GenMetricSample *sample);
  /* Distributions and streams: figures over what came so far; GEN_MISSING where there is none yet.
   */
  gboolean (*figure) (gpointer metric, double *values, GError **error);
  /* Distributions: the same of sets that are kept for it, in the place of take, refer and figure.
   * GEN_MISSING where there are too few rows. Since: 0.2 */
  gboolean (*compare) (const GenMetricSets *sets, double *values, GError **error);
  /* Distributions: the statistics of what was taken so far; FALSE when there are less than two
   * samples. May be NULL. */
  gboolean (*statistics) (gpointer metric, GenStatistics *statistics);
  /* Distributions: more for the summary than fields can hold. May be NULL. */
  void (*describe) (gpointer metric, const char *const *class_names, JsonObject *summary);
  /* Distributions: objects for a report, each to `tell`, until that returns FALSE; pictures of the
   * reference are loaded from the dataset that it was, which may be NULL, and come to a size by
   * `fit`. May be NULL. Since: 0.2 */
  gboolean (*illustrate) (gpointer metric, const GenDataset *reference, GenFit fit,
      GenMetricTell tell, gpointer data, GError **error);
  /* Why its figures so far are to be doubted, a sentence for people, or NULL where they are not.
   * May be NULL. (transfer full) */
  char *(*doubt) (gpointer metric);

  /* Distributions that look at samples themselves, and may be at work for each class: another one,
   * for some of the samples, which computes with what `metric` has for it; that outlives it, and is
   * not at work at the same time. NULL: it is opened as any other. Since: 0.2 */
  gpointer (*open_part) (gpointer metric);
  /* And those of them that keep more the more samples come: how many bytes that is now; and let go
   * of some by chance, so as to keep half of what was allowed at most from now on. Figures are
   * estimates then, or GEN_MISSING where too little is left. NULL: they keep but sums. Since: 0.2
   */
  gsize (*kept) (gpointer metric);
  void (*thin) (gpointer metric);
} GenMetric;

/* All of them, ended by NULL. */
GEN_API const GenMetric *const *gen_metric_list (void);
/* The metric of that name, or NULL with `error`. */
GEN_API const GenMetric *gen_metric_find (const char *name, GError **error);
/* The medium of the first metric of `names`, with commas between them, that has one; NULL where
 * none has, as of "auto". Since: 0.2 */
GEN_API const GenMedium *gen_metric_find_medium (const char *names);
/* The medium that the first metric of pairs of `names` judges by; NULL where there is none, as of
 * "auto". Since: 0.2 */
GEN_API const GenMedium *gen_metric_find_reference_medium (const char *names);
/* The field of that name, of whichever metric has it, which `metric` is set to where it is not
 * NULL; that of NAME-recent is NAME's. NULL where none has it. Since: 0.2 */
GEN_API const GenField *gen_metric_find_field (const char *name, const GenMetric **metric);
/* Rows that are kept of each set for metrics that compare sets, where they take no more than
 * GEN_METRIC_ROWS_BYTES. Since: 0.2 */
#define GEN_METRIC_ROWS 50000
#define GEN_METRIC_ROWS_BYTES (512 * 1024 * 1024)

/* Classes that have figures of their own, at most. Since: 0.2 */
#define GEN_METRIC_CLASSES 1000
/* What metrics that look at samples themselves keep of these for all classes, each. Since: 0.2 */
#define GEN_METRIC_CLASSES_BYTES (256 * 1024 * 1024)

/* How many of its fields `measure`, `judge` or `score` fills. */
GEN_API int gen_metric_count_measured (const GenMetric *metric);
/* Whether it judges a frame by what it should be. Since: 0.2 */
GEN_API gboolean gen_metric_is_of_pairs (const GenMetric *metric);

/* An ONNX model that makes figures of frames or of pairs (scorer.h). Since: 0.2 */
typedef struct _GenScorer GenScorer;

/**
 * GenMeter: any number of metrics over a stream of frames.
 *
 *   meter = gen_meter_new (&settings, &error);
 *   gen_meter_refer_dataset (meter, dataset, &format, 0, NULL, &error);
 *   for each frame: gen_meter_measure (meter, &frame, values, &error);
 *   summary = gen_meter_summarise (meter, &error);
 */
typedef struct _GenMeter GenMeter;

typedef struct {
  const GenMedium *medium; /* of the frames; NULL: pictures */
  /* Names with commas between them, which may be those of the scorers' figures. NULL or "auto": all
   * that measure frames, diversity, and those that the reference allows. */
  const char *metrics;
  GenFeatures *features;     /* what is compared; used, not kept; NULL: the default ones */
  const char *features_name; /* of those that gen_meter_take_features brings alone, in their
                                place; NULL: it does not. Since: 0.2 */
  /* Models that are metrics as well, ended by NULL, of the medium: all are measured, whatever
   * `metrics` names, behind those; used, not kept. NULL: there are none. Since: 0.2 */
  GenScorer *const *scorers;
  int tile_width, tile_height; /* frames are walls of pictures of this size, each a sample for
                                  distribution metrics; 0: the whole frame is one */
  guint interval;              /* frames between figures of distributions and streams; 0: only in
                                  the summary */
  gboolean follows;            /* gen_meter_follow will be called; else each frame follows the last
                                  one, and they are all of the stream */
  /* Seconds that further figures are over, NAME-recent, behind all others: of each figure of frames
   * the mean (recent.h), and of frechet and those that compare sets the figure of the last samples,
   * where figures over all are due. 0: there are none. Since: 0.2 */
  double recent;
  guint64 seed;
  gboolean has_reference, has_labels; /* gen_meter_refer will be called, with labels */
  gboolean judges; /* gen_meter_judge will be called, and nothing else of frames: metrics of pairs
                      alone are measured. Since: 0.2 */
  const GenMedium *reference_medium; /* of what it judges by; NULL: the frames'. Since: 0.2 */
  const GenStatistics *statistics;   /* the reference's, in its place; used, not kept */
  gboolean collects;                 /* gen_meter_statistics will be called */
  const char *const *class_names;    /* NULL-terminated, by label; NULL: their numbers */
  /* Models of metrics, as GenMetricSettings has them. Since: 0.2 */
  const char *brisque_model, *niqe_model, *language_model;
  /* Figures of each class by itself are in the summary, and the gaps between classes: of what
   * gen_meter_set_class, and labels, say. Since: 0.2 */
  gboolean classes;
  /* An item of the reference cannot be decoded: called within gen_meter_refer_dataset. May be NULL.
   */
  void (*left_out) (const GError *why, gpointer data);
  gpointer data; /* for it */
} GenMeterSettings;

GEN_API GenMeter *gen_meter_new (const GenMeterSettings *settings, GError **error);
GEN_API void gen_meter_free (GenMeter *meter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenMeter, gen_meter_free)

/* The fields that the metrics fill, in order. They and their names live as long as the meter. */
GEN_API const GenField *gen_meter_fields (const GenMeter *meter, guint *n);
/* Which metrics "auto" left out because there is no model of theirs, and why: a sentence
 * for each, or NULL where there are none. (transfer full) Since: 0.2 */
GEN_API char *gen_meter_describe_unavailable (const GenMeter *meter);
/* Whether the field of that place is measured of each frame, and not of all together. Since: 0.2 */
GEN_API gboolean gen_meter_is_of_frames (const GenMeter *meter, guint field);
/* Whether any metric wants gen_meter_refer. */
GEN_API gboolean gen_meter_wants_reference (const GenMeter *meter);

/* Take in a sample of the reference; `label` from 0 on, -1 for none. The channels of a picture must
 * be the frames'. FALSE with `error` when its features could not be computed. */
GEN_API gboolean gen_meter_refer (
    GenMeter *meter, const GenSample *sample, int label, GError **error);

/* Take in the features of a sample of the stream, or of the reference, that were computed
 * elsewhere: where all metrics look at features alone. FALSE with `error` where they do not, or
 * `length` is another than before. Since: 0.2 */
GEN_API gboolean gen_meter_take_features (GenMeter *meter, const float *features, int length,
    int label, gboolean reference, GError **error);

/* Where the next sample comes from that is taken in, or referred to, for people. Since: 0.2 */
GEN_API void gen_meter_name_next (GenMeter *meter, const char *name);

/* How pictures of a dataset that is the reference come to the frames' size, from the next dataset
 * on: GEN_FIT_PAD where nobody says. The frames should have come to it in the same way. Features
 * that resize by themselves take pictures at their own sizes. Since: 0.2 */
GEN_API void gen_meter_set_reference_fit (GenMeter *meter, GenFit fit);

/* Take in a dataset as the reference, decoded on `threads` threads (0: as many as there are
 * cores): its items brought to `format`, that of the frames (or tiles), pictures as
 * gen_meter_set_reference_fit says, sounds cut into windows of that length. Of more than
 * GEN_METER_REFERENCE_MAX items that many are chosen by the seed. Items that cannot be decoded are
 * left out, and told of by `left_out` of the settings. FALSE with `error` when less than two are
 * left, or `cancellable` was cancelled. */
#define GEN_METER_REFERENCE_MAX 20000
GEN_API gboolean gen_meter_refer_dataset (GenMeter *meter, const GenDataset *dataset,
    const GenFormat *format, int threads, GCancellable *cancellable, GError **error);

/* A piece of a stream of which frames may overlap or leave some out: before the frame is measured
 * that ends with it. Samples of a sound that are not finite are heard as silence. */
GEN_API void gen_meter_follow (GenMeter *meter, const GenSample *piece);

/* Measure a frame (a picture of 1 or 3 channels, as all before it): fill `values`, one a field, NaN
 * for those that are not due with this frame, GEN_MISSING for those that cannot be given. FALSE
 * with `error` when a figure could not be computed. */
GEN_API gboolean gen_meter_measure (
    GenMeter *meter, const GenSample *frame, double *values, GError **error);

/* The same of a frame and what it should be, of one format; or what there is of another medium
 * while the frame lasts, as `reference_medium` of the settings says, where samples that are not
 * finite count as silence. Since: 0.2 */
GEN_API gboolean gen_meter_judge (GenMeter *meter, const GenSample *frame,
    const GenSample *reference, double *values, GError **error);

/* When the next frame begins, in nanoseconds, or G_MAXUINT64: for figures over the last seconds,
 * which begin anew where nobody says so, and where time goes back. Since: 0.2 */
GEN_API void gen_meter_set_time (GenMeter *meter, guint64 time);

/* Of which class the frames are that come next, and their samples: `name` tells which, and where it
 * is NULL, `label`, from 0 on, by the settings' names of classes, or by its number; -1 is none.
 * Classes of one name are one. Where settings did not ask for classes it does nothing. Since: 0.2
 */
GEN_API void gen_meter_set_class (GenMeter *meter, int label, const char *name);

/* The next frame does not follow the last one: it is not compared with it. */
GEN_API void gen_meter_interrupt (GenMeter *meter);

/* The statistics of the samples so far, with the features' name; filled anew. FALSE with `error`
 * when there are less than two. Settings must have asked for it. */
GEN_API gboolean gen_meter_statistics (GenMeter *meter, GenStatistics *statistics, GError **error);

/* How many samples, of the frames and of the reference, were left out because their features are
 * not finite numbers, or a text is no UTF-8. */
GEN_API guint64 gen_meter_left_out (const GenMeter *meter);

/* Why figures so far are to be doubted: a sentence for each metric that has a reason, or NULL.
 * (transfer full) */
GEN_API char *gen_meter_describe_doubts (const GenMeter *meter);

/* What was measured, as an object: "frames", "samples", "left-out" if there are such, a tally for
 * each figure of frames, the figures of distributions and streams. Figures that cannot be given are
 * null, with the reason beside ("frechet-missing"), and beside those that are to be doubted is why
 * ("frechet-doubt").
 *
 * With classes, there is an object "classes". Its "of" has an object for each class, by its name:
 * "frames", "samples", "reference-samples", and figures as above, but for those of streams; of
 * metrics that go by features and need a reference, with the reference's samples of that class.
 * "gaps" has an object for each figure that two classes have: "gap", the greatest less the least,
 * "minimum", "maximum", "lowest" and "highest", the classes' names, "best" and "worst", the same
 * where one is better, and "classes", how many have the figure. What was of no class is counted in
 * "without", and what was of a class beyond GEN_METRIC_CLASSES in "too-many"; "doubt" tells why
 * gaps are to be doubted. The features of all classes together take no more memory than those of
 * the whole, and what metrics keep that look at samples themselves is bounded by
 * GEN_METRIC_CLASSES_BYTES: beyond, each class keeps half, chosen by chance, and "kept-shares"
 * tells of which metric how much of what may be kept that is.
 *
 * (transfer full), or NULL with `error`. */
GEN_API JsonObject *gen_meter_summarise (GenMeter *meter, GError **error);

/* Tell what metrics have for a report besides. `reference` is what gen_meter_refer_dataset took, or
 * NULL; its pictures are shown as gen_meter_set_reference_fit says. FALSE with `error` when `tell`
 * says so, or a picture cannot be encoded. Since: 0.2 */
GEN_API gboolean gen_meter_illustrate (GenMeter *meter, const GenDataset *reference,
    GenMetricTell tell, gpointer data, GError **error);

G_END_DECLS
