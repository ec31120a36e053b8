/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/medium.h>

G_BEGIN_DECLS

/**
 * Features are what distribution metrics compare samples by: a fixed number of floats that say
 * what a picture looks like, or how a sound sounds. An embedder makes them; it is one constant
 * #GenEmbedder in a file of its own in lib/metric, and one line in its list. #GenFeatures is an
 * embedder made ready, with what it needs to remember.
 */
typedef struct {
  const char *name;        /* NULL: it is a file's, and the features are named by that */
  const char *summary;     /* a sentence, with the paper that it follows */
  const GenMedium *medium; /* of its samples; NULL: it is the file that knows */
  int batch;               /* how many samples at a time do it good; 1: it does not matter */
  /* Make ready for samples of `medium`, by the file `path` where it is a file's: the state, and the
   * features' name (transfer full), or NULL with `error`. NULL where there is no state. */
  gpointer (*open) (const char *path, const GenMedium *medium, char **name, GError **error);
  void (*close) (gpointer state);
  /* How many floats a sample of `format` gives, at most GEN_FEATURES_MAX. */
  int (*length) (gpointer state, const GenFormat *format);
  /* The features of `n` samples of the same format, one row after the other. */
  gboolean (*compute) (gpointer state, const GenSample *samples, int n, float *out, GError **error);
  /* What it had to assume: a sentence (transfer full), or NULL. Itself NULL where there is never
   * such. */
  char *(*describe_assumption) (gpointer state);
  /* What the classes are called whose scores the floats are, ended by NULL (transfer full), or
   * NULL. Itself NULL where there is never such. Since: 0.2 */
  char **(*get_class_names) (gpointer state);
  /* Bring pictures to its size by the resizing of that name; see gen_features_set_resizing. NULL
   * where it has none. Since: 0.2 */
  gboolean (*resize) (gpointer state, const char *resizing, GError **error);
  /* Put adapters beside the file's model, and let them count as much; see gen_features_adapt. NULL
   * where there is no file. Since: 0.2 */
  gboolean (*adapt) (
      gpointer state, const char *files, const char *scales, char **name, GError **error);
  gboolean (*scale_adapters) (gpointer state, const char *scales, GError **error);
  /* See gen_features_begin_stream. NULL where nothing is ever remembered. Since: 0.2 */
  void (*begin_stream) (gpointer state);
} GenEmbedder;

/* The longest features: a covariance of these takes 128 MiB. */
#define GEN_FEATURES_MAX 4096

/* Those that have a name, ended by NULL; the first of a medium is its default. */
GEN_API const GenEmbedder *const *gen_embedder_list (void);

typedef struct _GenFeatures GenFeatures;

/* The features that `embedder` makes of samples of `medium`: the name of one of the list, the path
 * of an ONNX file that makes a vector of a sample, or NULL for the default. NULL with `error`: of
 * GEN_METRIC_ERROR where there is neither, or the file's own. (transfer full) */
GEN_API GenFeatures *gen_features_open (
    const char *embedder, const GenMedium *medium, GError **error);
GEN_API void gen_features_free (GenFeatures *features);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenFeatures, gen_features_free)

/**
 * How a file's model gets pictures of another size than its own, by a name: that of one of Pillow's
 * filters (box, bilinear, hamming, bicubic, lanczos; picture-resample.h), `clean-fid` (bicubic, not
 * rounded to bytes: Parmar et al. 2022), or `none`, for models that take any size. Without it they
 * are made smaller by area and larger by a cubic. The features' name becomes "NAME/RESIZING". To be
 * called before anything is computed. FALSE with `error` where the embedder is no file's, or its
 * model's size does not go with it. Since: 0.2
 */
GEN_API gboolean gen_features_set_resizing (
    GenFeatures *features, const char *resizing, GError **error);
/**
 * Let a file's model make them with the adapters "a.safetensors,b.safetensors" (adapter-file.h)
 * beside its weights, at `scales`, "0.7,0.3" (NULL: 1). The features' name then names these, too.
 * To be called once, before anything is computed. FALSE with `error` where the embedder is no
 * file's, or they are for another model. Since: 0.2
 */
GEN_API gboolean gen_features_adapt (
    GenFeatures *features, const char *files, const char *scales, GError **error);
/* Let them count as much from here on; numbers beyond those of the adapters are left out. FALSE
 * with `error` where it is no such text, and all stays. Since: 0.2 */
GEN_API gboolean gen_features_scale_adapters (
    GenFeatures *features, const char *scales, GError **error);
/* Whether gen_features_set_resizing was called: then pictures had best be given as large as they
 * are. Since: 0.2 */
GEN_API gboolean gen_features_resize (const GenFeatures *features);
/* The names that there are, "none, box, …". (transfer full) Since: 0.2 */
GEN_API char *gen_features_list_resizings (void);

/* The list's name; of a file its base name, a dash, and the first 8 digits of its SHA-256, so
 * that two figures with the same name can be compared. */
GEN_API const char *gen_features_name (const GenFeatures *features);
/* The file that makes them, as it was opened, to tell users of; the list's name where it is none.
 * Since: 0.2 */
GEN_API const char *gen_features_file (const GenFeatures *features);
/* Whether they are of an embedder that has a name, and not of a file. Since: 0.2 */
GEN_API gboolean gen_features_are_built_in (const GenFeatures *features);
/* What had to be assumed of a file that does not say it: a sentence, or NULL. (transfer full) */
GEN_API char *gen_features_describe_assumption (const GenFeatures *features);
/* What the classes are called whose scores they are, as a classifier's file says it, ended by NULL;
 * NULL where nothing does. (transfer full) Since: 0.2 */
GEN_API char **gen_features_get_class_names (const GenFeatures *features);
/* How many samples gen_features_compute had best be given at a time. */
GEN_API int gen_features_batch (const GenFeatures *features);
/* How many floats a sample of `format` gives. */
GEN_API int gen_features_length (const GenFeatures *features, const GenFormat *format);
/* The features of `n` samples of the same format: `n` rows in `out`. By one thread
 * at a time. Where a resizing was set, each may have a format of its own. */
GEN_API gboolean gen_features_compute (
    GenFeatures *features, const GenSample *samples, int n, float *out, GError **error);

/* The samples from here on follow each other, one at a time, as windows of a sound do: a model that
 * remembers goes on from one to the next, and what it remembers of those before this is forgotten.
 * Without it each is judged by itself. Since: 0.2 */
GEN_API void gen_features_begin_stream (GenFeatures *features);

/* Which of the floats of a sample of `format` is `wanted`: a class by the name that
 * gen_features_get_class_names has for it, or a number from 0 on, which NULL stands for. -1 with
 * `error` (GEN_GRAPH_ERROR), which says what was likely meant. Since: 0.2 */
GEN_API int gen_features_find (
    const GenFeatures *features, const GenFormat *format, const char *wanted, GError **error);
/* How probable a classifier takes its `n` classes for: `row` where it is that, from 0 to 1 and
 * together 1, else softmax of these scores. Since: 0.2 */
GEN_API void gen_features_to_probabilities (const float *row, int n, double *probabilities);

/* Reduce one channel to `size` by `size` cells (at most 64), each the mean of the area that it
 * covers; pixels on a border count by the part that is covered. A picture smaller than that
 * is enlarged by the same rule. `out` has size * size means, 0 to 255. */
GEN_API void gen_features_area (const GenPicture *picture, int channel, int size, float *out);

G_END_DECLS
