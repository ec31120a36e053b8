/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/data-filter.h>
#include <generative/dataset.h>
#include <generative/setting.h>

G_BEGIN_DECLS

/**
 * What can be said of data that are sourced from a dataset. The properties of datasetsrc and the
 * members of "data" in a file of `generative-model train` follow from its list.
 */
typedef enum {
  GEN_DATA_MEDIUM_AUTO,
  GEN_DATA_MEDIUM_PICTURE,
  GEN_DATA_MEDIUM_SOUND,
  GEN_DATA_MEDIUM_TEXT,
} GenDataMedium;

typedef struct {
  char *location;
  GenDataMedium medium; /* what is looked for */
  int tile_width, tile_height, rows_per_label;
  char *class_pattern;
  char *array;
  int frame_step, clip_length; /* of films */
  double scene_threshold;
  gboolean animation;
  gboolean lines; /* of texts */
  char *leave_out;
  GenSequenceSettings order;
  GenFit fit;
  double crop_area, crop_aspect; /* of GEN_FIT_RANDOM_CROP */
  guint background;              /* 0xRRGGBB */
  GenNormalize normalize;
  guint window, hop; /* frames of sounds */
  int threads;
  gboolean strict;              /* what cannot be decoded is an error */
  guint64 cache_size;           /* bytes of decoded items that are kept */
  GenDataFilterSettings filter; /* gen_data_filter_apply is told it when the dataset is open */
} GenDataSettings;

/* The list; it and its texts are static. */
GEN_API const GenSetting *gen_data_setting_list (guint *n);
/* The defaults; gen_data_settings_clear frees the texts. */
GEN_API void gen_data_settings_init (GenDataSettings *settings);
GEN_API void gen_data_settings_clear (GenDataSettings *settings);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GenDataSettings, gen_data_settings_clear)
/* `copy` is filled anew. */
GEN_API void gen_data_settings_copy (const GenDataSettings *settings, GenDataSettings *copy);

/* What they say to those that make data of them: gen_dataset_open, whose medium is NULL where any
 * is taken, gen_dataset_cut, gen_sequence_new and gen_loader_new. */
GEN_API GenDatasetSettings gen_data_settings_dataset (const GenDataSettings *settings);
GEN_API GenDatasetCut gen_data_settings_cut (const GenDataSettings *settings, int rate);
/* Since: 0.2 */
GEN_API GenSequenceSettings gen_data_settings_order (const GenDataSettings *settings);
GEN_API GenFitting gen_data_settings_fitting (const GenDataSettings *settings);

G_END_DECLS
