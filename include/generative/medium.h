/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/picture.h>
#include <generative/sound.h>

G_BEGIN_DECLS

/**
 * A medium is what a model works on: pictures, sounds, texts, vectors. What datasets, metrics,
 * recipes and elements have to know of one stands in its #GenMedium, a constant in a file of its
 * own in lib/medium, and one line in its list. A #GenSample is one example in a medium, and a
 * #GenFormat says what examples are like, so that as many numbers stand for each.
 */
typedef struct _GenMedium GenMedium;

/* UTF-8, of at most `length` bytes, ended by 0 where it is shorter. One of no length becomes as
 * long as the text that is loaded into it. */
#define GEN_TEXT_MAX_BYTES (1 << 28)
typedef struct {
  char *data;
  gsize length;
  gboolean owned;
} GenText;

typedef struct {
  float *data;
  gsize length;
  gboolean owned;
} GenVector;

/* What samples are like. What a medium does not have is 0. */
typedef struct {
  const GenMedium *medium;
  int width, height; /* pictures: pixels */
  int channels;      /* pictures: 1, 3 or 4; sounds: from 1 on */
  int rate;          /* sounds: frames a second */
  gsize length;      /* sounds: frames; texts: bytes, 0 as many as each has; vectors: numbers */
} GenFormat;

/* One example. The medium says which of the four it is. */
typedef struct {
  const GenMedium *medium;
  union {
    GenPicture picture;
    GenSound sound;
    GenText text;
    GenVector vector;
  };
} GenSample;

/* How a file's content is brought to a format.
 *
 * GEN_FIT_RANDOM_CROP scales a part of the picture, as Szegedy et al. (2015) cut it: of an area
 * uniform from `crop_area` to 1 of the whole, and of a width to its height that is log-uniform from
 * 1 / `crop_aspect` to `crop_aspect`; one that is not within the picture is drawn again, ten times
 * at most, and then the greatest part in the middle is taken that has an allowed shape. It hangs on
 * seed, draw and item alone. */
typedef struct {
  GenFit fit;             /* pictures */
  guint32 background;     /* pictures: see gen_picture_fit_over */
  double crop_area;       /* (0, 1] */
  double crop_aspect;     /* from 1 on; 0: 1 */
  guint64 seed, draw;     /* which a loader sets, the draw to the epoch */
  guint32 item;           /* which gen_dataset_load sets */
  GenNormalize normalize; /* sounds: of what is loaded, before silence is added to it */
  guint64 first;          /* sounds: the frame to begin with, at the rate that is wanted */
  gboolean keeps_size;    /* pictures: it is the target that becomes as large as what is loaded, in
                             memory of its own. Since: 0.2 */
} GenFitting;

struct _GenMedium {
  const char *name;        /* "picture" */
  const char *plural;      /* "pictures" */
  const char *description; /* a sentence */

  /* "28 x 28 pixels, grey", "8192 frames of mono sound at 16000 Hz". (transfer full) */
  char *(*describe) (const GenFormat *format);

  /* Samples in memory. A new one is black, silent, empty or zero. */
  void (*init) (GenSample *sample, const GenFormat *format);
  void (*clear) (GenSample *sample);
  void (*get_format) (const GenSample *sample, GenFormat *format);
  /* `target` has the format of `source`; pictures may differ in their channels. */
  void (*copy) (const GenSample *source, GenSample *target);

  /* How many numbers stand for a sample, and between the two: `low` is black or -1, `high` white or
   * full scale. Channel after channel, and row after row. NULL where there are no numbers. */
  gsize (*count_numbers) (const GenFormat *format);
  void (*to_numbers) (const GenSample *sample, float low, float high, float *numbers);
  void (*from_numbers) (GenSample *sample, float low, float high, const float *numbers);

  /* Files. Whether one is of the medium is told by its name or its first bytes, and says nothing of
   * whether it is whole. `probe` tells its format; `load` fills `target`, which has the format
   * that is wanted. NULL where there are none. */
  gboolean (*recognise) (const char *path);
  gboolean (*probe) (const char *path, GenFormat *format, GError **error);
  gboolean (*load) (const char *path, const GenFitting *fitting, GenSample *target, GError **error);
  /* The same of a file's content in memory. Its `name` alone tells whether it may be of the medium.
   */
  gboolean (*is_named) (const char *name);
  gboolean (*probe_bytes) (GBytes *bytes, const char *name, GenFormat *format, GError **error);
  gboolean (*load_bytes) (GBytes *bytes, const char *name, const GenFitting *fitting,
      GenSample *target, GError **error);
  gboolean (*save) (const GenSample *sample, const char *path, GError **error);
  const char *extension; /* of the files that `save` writes, without a dot */

  /* A wall of samples of one format, as people look at them: its size for `columns` by `rows` of
   * them, and one of them drawn into its place. NULL where nothing can be seen. */
  void (*measure_cell) (const GenFormat *format, int *width, int *height, int *channels);
  void (*draw_cell) (const GenSample *sample, GenPicture *cell);
};

GEN_API extern const GenMedium gen_medium_picture;
GEN_API extern const GenMedium gen_medium_sound;
GEN_API extern const GenMedium gen_medium_text;
GEN_API extern const GenMedium gen_medium_vector;

/* All of them, ended by NULL. */
GEN_API const GenMedium *const *gen_medium_list (void);
/* The medium of that name, or NULL with `error` (G_IO_ERROR), which lists them. */
GEN_API const GenMedium *gen_medium_find (const char *name, GError **error);

/* Samples by their medium. */
GEN_API void gen_sample_init (GenSample *sample, const GenFormat *format);
GEN_API void gen_sample_clear (GenSample *sample);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GenSample, gen_sample_clear)
GEN_API GenFormat gen_sample_format (const GenSample *sample);

/* A sample of a picture or a sound that belongs to somebody else. */
GEN_API GenSample gen_sample_of_picture (const GenPicture *picture);
GEN_API GenSample gen_sample_of_sound (const GenSound *sound);

/* The bytes of a text without those of 0 that end it. Since: 0.2 */
GEN_API gsize gen_text_count_bytes (const GenText *text);
/* Whether it is UTF-8 without a byte of 0 in it. Since: 0.2 */
GEN_API gboolean gen_text_is_valid (const GenText *text);

GEN_API gboolean gen_format_equal (const GenFormat *a, const GenFormat *b);
/* What samples are like, for people. (transfer full) */
GEN_API char *gen_format_describe (const GenFormat *format);

/* Whether samples of a format can be looked at: then the size of a wall of `columns` by `rows`. */
GEN_API gboolean gen_format_measure_wall (
    const GenFormat *format, int columns, int rows, int *width, int *height, int *channels);
/* Draw `columns` by `rows` samples, row by row, into `wall`, which has that size. */
GEN_API void gen_sample_draw_wall (
    const GenSample *samples, int columns, int rows, GenPicture *wall);

G_END_DECLS
