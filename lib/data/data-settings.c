/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of what can be said of data. */
#include <generative/data-settings.h>

#include <generative/inspection.h>
#include <math.h>

#define MAX_TILE 32768

/* Choices are set and read as int. */
G_STATIC_ASSERT (sizeof (GenDataMedium) == sizeof (int) && sizeof (GenSplit) == sizeof (int) &&
                 sizeof (GenSplitBy) == sizeof (int) && sizeof (GenBalancing) == sizeof (int) &&
                 sizeof (GenRemainder) == sizeof (int) && sizeof (GenFit) == sizeof (int) &&
                 sizeof (GenNormalize) == sizeof (int));

static const char *const medium_names[] = { [GEN_DATA_MEDIUM_AUTO] = "auto",
  [GEN_DATA_MEDIUM_PICTURE] = "picture",
  [GEN_DATA_MEDIUM_SOUND] = "sound",
  [GEN_DATA_MEDIUM_TEXT] = "text",
  NULL };
static const char *const medium_texts[] = {
  [GEN_DATA_MEDIUM_AUTO] = "What the next element takes, else what most files are",
  [GEN_DATA_MEDIUM_PICTURE] = "Pictures",
  [GEN_DATA_MEDIUM_SOUND] = "Sounds",
  [GEN_DATA_MEDIUM_TEXT] = "Texts in UTF-8",
};

static const char *const split_names[] = { [GEN_SPLIT_ALL] = "all",
  [GEN_SPLIT_TRAIN] = "train",
  [GEN_SPLIT_VALIDATION] = "validation",
  [GEN_SPLIT_TEST] = "test",
  NULL };
static const char *const split_texts[] = {
  [GEN_SPLIT_ALL] = "All items",
  [GEN_SPLIT_TRAIN] = "Those that neither validation nor test gets",
  [GEN_SPLIT_VALIDATION] = "The share of validation-fraction",
  [GEN_SPLIT_TEST] = "The share of test-fraction",
};

static const char *const split_by_names[] = {
  [GEN_SPLIT_BY_INDEX] = "index", [GEN_SPLIT_BY_CONTENT] = "content", NULL
};
static const char *const split_by_texts[] = {
  [GEN_SPLIT_BY_INDEX] = "Each class in the same shares, by the seed and the place in the dataset",
  [GEN_SPLIT_BY_CONTENT] = "By a hash of the content, remembered in a file beside the data: what "
                           "was dealt stays, near-duplicates stay together",
};

static const char *const balance_names[] = { [GEN_BALANCE_NONE] = "none",
  [GEN_BALANCE_OVERSAMPLE] = "oversample",
  [GEN_BALANCE_UNDERSAMPLE] = "undersample",
  NULL };
static const char *const balance_texts[] = {
  [GEN_BALANCE_NONE] = "Each item once in an epoch",
  [GEN_BALANCE_OVERSAMPLE] = "An epoch has of each class as many items as the greatest has, those "
                             "of others several times",
  [GEN_BALANCE_UNDERSAMPLE] =
      "An epoch has of each class as many items as the least has, of others "
      "the next ones each time",
};

static const char *const remainder_names[] = { [GEN_REMAINDER_SHARE] = "share",
  [GEN_REMAINDER_DROP] = "drop",
  [GEN_REMAINDER_REPEAT] = "repeat",
  NULL };
static const char *const remainder_texts[] = {
  [GEN_REMAINDER_SHARE] = "The first workers show one more: each item is shown once",
  [GEN_REMAINDER_DROP] = "Nobody shows them: all workers show as many",
  [GEN_REMAINDER_REPEAT] = "The first items of the epoch are shown again: all workers show as many",
};

static const char *const fit_names[] = { [GEN_FIT_STRETCH] = "stretch",
  [GEN_FIT_CROP] = "crop",
  [GEN_FIT_PAD] = "pad",
  [GEN_FIT_RANDOM_CROP] = "random-crop",
  NULL };
static const char *const fit_texts[] = {
  [GEN_FIT_STRETCH] = "Scale to the size, whatever the shape becomes",
  [GEN_FIT_CROP] = "Scale to cover the size, and cut what stands over",
  [GEN_FIT_PAD] = "Shrink to fit within, never enlarge, and pad with the background",
  [GEN_FIT_RANDOM_CROP] = "Scale a part that is drawn for each item in each epoch, by the seed",
};

static const char *const normalize_names[] = { [GEN_NORMALIZE_NONE] = "none",
  [GEN_NORMALIZE_PEAK] = "peak",
  [GEN_NORMALIZE_LOUDNESS] = "loudness",
  NULL };
static const char *const normalize_texts[] = {
  [GEN_NORMALIZE_NONE] = "As loud as it is",
  [GEN_NORMALIZE_PEAK] = "The greatest sample is full scale",
  [GEN_NORMALIZE_LOUDNESS] = "-23 LUFS (EBU R 128), peaks within full scale",
};

#define FIELD(field) .offset = G_STRUCT_OFFSET (GenDataSettings, field)

/* Defaults are those of gen_data_settings_init. What filters leave out comes behind these. */
static const GenSetting own[] = {
  { .name = "location",
      .nick = "Location",
      .description =
          "A folder of pictures, sounds or texts (each sub-folder a class), a manifest of them "
          "(.csv, .tsv, .jsonl), shards of WebDataset (tar files, a folder of them, or a pattern "
          "with braces), an array of numpy's (.npy, .npz), CIFAR's binary files, a sheet of tiles, "
          "an IDX file (gzipped or not), a film or a folder of them, one picture, sound or text "
          "(unset: an error)",
      .type = GEN_SETTING_TEXT,
      FIELD (location) },
  { .name = "medium",
      .nick = "Medium",
      .description = "What a folder is searched for",
      .type = GEN_SETTING_CHOICE,
      FIELD (medium),
      .choices = medium_names,
      .choice_texts = medium_texts },
  { .name = "tile-width",
      .nick = "Tile width",
      .description =
          "Width of a sheet's tiles in pixels (0: as tile-height; both 0: the picture is whole)",
      .type = GEN_SETTING_INT,
      FIELD (tile_width),
      .minimum = 0,
      .maximum = MAX_TILE },
  { .name = "tile-height",
      .nick = "Tile height",
      .description = "Height of a sheet's tiles in pixels (0: as tile-width)",
      .type = GEN_SETTING_INT,
      FIELD (tile_height),
      .minimum = 0,
      .maximum = MAX_TILE },
  { .name = "rows-per-label",
      .nick = "Rows per label",
      .description = "How many rows of a sheet's tiles make one class (0: no classes)",
      .type = GEN_SETTING_INT,
      FIELD (rows_per_label),
      .minimum = 0,
      .maximum = G_MAXINT },
  { .name = "class-pattern",
      .nick = "Class pattern",
      .description =
          "Regular expression that tells the class of a file from its path below the folder, as "
          "its "
          "first group, or as the whole match where it has none (unset: the first-level folder)",
      .type = GEN_SETTING_TEXT,
      FIELD (class_pattern) },
  { .name = "array",
      .nick = "Array",
      .description = "Name of the array of a .npz file that has the pictures (unset: the first "
                     "array that can be pictures)",
      .type = GEN_SETTING_TEXT,
      FIELD (array) },
  { .name = "frame-step",
      .nick = "Frame step",
      .description = "Of a film, every so many frames is an item (0: each)",
      .type = GEN_SETTING_INT,
      FIELD (frame_step),
      .minimum = 0,
      .maximum = G_MAXINT },
  { .name = "clip-length",
      .nick = "Clip length",
      .description = "So many items of a film follow each other as a clip, and are shuffled and "
                     "split as one; what is left over at its end is not shown (0: 1)",
      .type = GEN_SETTING_INT,
      FIELD (clip_length),
      .minimum = 0,
      .maximum = 1 << 20 },
  { .name = "scene-threshold",
      .nick = "Scene threshold",
      .description =
          "Films are cut into scenes, which no clip crosses, where a frame differs from the one "
          "before it by so much of full scale more than frames around it do (0: they are not; 0.1 "
          "finds most cuts)",
      .type = GEN_SETTING_DOUBLE,
      FIELD (scene_threshold),
      .minimum = 0,
      .maximum = 1 },
  { .name = "animation",
      .nick = "Animation",
      .description = "A GIF, an animated PNG or WebP, or a folder of them, is a film, instead of "
                     "the first picture of each",
      .type = GEN_SETTING_FLAG,
      FIELD (animation) },
  { .name = "lines",
      .nick = "Lines",
      .description = "Each line of a text file, or of a folder of them, is an item, instead of the "
                     "whole text; blank lines are none",
      .type = GEN_SETTING_FLAG,
      FIELD (lines) },
  { .name = "leave-out",
      .nick = "Leave out",
      .description = "A list of items that are left out, JSON Lines with their file_name, as "
                     "generative-model data filter writes it (unset: none are)",
      .type = GEN_SETTING_TEXT,
      FIELD (leave_out) },
  { .name = "split",
      .nick = "Split",
      .description = "Which items; split-by says how they are dealt to the splits",
      .type = GEN_SETTING_CHOICE,
      FIELD (order.split),
      .choices = split_names,
      .choice_texts = split_texts },
  { .name = "validation-fraction",
      .nick = "Validation fraction",
      .description = "Share of the items in split=validation",
      .type = GEN_SETTING_DOUBLE,
      FIELD (order.validation_fraction),
      .minimum = 0,
      .maximum = 1 },
  { .name = "test-fraction",
      .nick = "Test fraction",
      .description = "Share of the items in split=test",
      .type = GEN_SETTING_DOUBLE,
      FIELD (order.test_fraction),
      .minimum = 0,
      .maximum = 1 },
  { .name = "split-by",
      .nick = "Split by",
      .description = "How items are dealt to the splits",
      .type = GEN_SETTING_CHOICE,
      FIELD (order.split_by),
      .choices = split_by_names,
      .choice_texts = split_by_texts },
  { .name = "split-distance",
      .nick = "Split distance",
      .description =
          "With split-by=content, bits of 64 in which the fingerprints of near-duplicates "
          "differ at most (0: only what is the same to the bit goes together)",
      .type = GEN_SETTING_UINT,
      FIELD (order.split_distance),
      .minimum = 0,
      .maximum = GEN_FINGERPRINT_MAX_DISTANCE },
  { .name = "shuffle",
      .nick = "Shuffle",
      .description = "Draw a new order for each epoch, instead of the dataset's own",
      .type = GEN_SETTING_FLAG,
      FIELD (order.shuffle) },
  { .name = "shuffle-buffer",
      .nick = "Shuffle buffer",
      .description =
          "Draw each item from so many that come next in the dataset's own order, shards "
          "in a new one, so that what is read lies close together (0: from all)",
      .type = GEN_SETTING_UINT,
      FIELD (order.shuffle_buffer),
      .minimum = 0,
      .maximum = INFINITY },
  { .name = "balance",
      .nick = "Balance",
      .description = "How often items of each class come",
      .type = GEN_SETTING_CHOICE,
      FIELD (order.balance),
      .choices = balance_names,
      .choice_texts = balance_texts },
  { .name = "worker-index",
      .nick = "Worker index",
      .description = "Which of worker-count workers this one is, from 0 on; each shows a share of "
                     "the epoch that no other shows",
      .type = GEN_SETTING_UINT,
      FIELD (order.worker),
      .minimum = 0,
      .maximum = INFINITY },
  { .name = "worker-count",
      .nick = "Worker count",
      .description = "How many workers share the items of an epoch; all else is set alike for them",
      .type = GEN_SETTING_UINT,
      FIELD (order.workers),
      .minimum = 1,
      .maximum = INFINITY },
  { .name = "worker-remainder",
      .nick = "Worker remainder",
      .description = "What becomes of items that do not go round to all workers",
      .type = GEN_SETTING_CHOICE,
      FIELD (order.remainder),
      .choices = remainder_names,
      .choice_texts = remainder_texts },
  { .name = "seed",
      .nick = "Seed",
      .description = "Same seed, same splits and same order",
      .type = GEN_SETTING_UINT64,
      FIELD (order.seed),
      .minimum = 0,
      .maximum = INFINITY },
  { .name = "fit",
      .nick = "Fit",
      .description = "How a picture of another size comes to the size that is asked for",
      .type = GEN_SETTING_CHOICE,
      FIELD (fit),
      .choices = fit_names,
      .choice_texts = fit_texts },
  { .name = "crop-area",
      .nick = "Crop area",
      .description = "Least share of a picture's area that fit=random-crop leaves",
      .type = GEN_SETTING_DOUBLE,
      FIELD (crop_area),
      .minimum = 0.0001,
      .maximum = 1 },
  { .name = "crop-aspect",
      .nick = "Crop aspect",
      .description = "How many times wider than high, or higher than wide, what fit=random-crop "
                     "leaves is at most",
      .type = GEN_SETTING_DOUBLE,
      FIELD (crop_aspect),
      .minimum = 1,
      .maximum = 100 },
  { .name = "background",
      .nick = "Background",
      .description = "Colour behind transparent pixels, where samples have no alpha, and around "
                     "pictures that fit=pad has shrunk: red, green and blue, 0xRRGGBB",
      .type = GEN_SETTING_UINT,
      FIELD (background),
      .minimum = 0,
      .maximum = 0xffffff },
  { .name = "window",
      .nick = "Window",
      .description = "Frames (samples of each channel, not seconds) that sounds are cut into, at "
                     "the rate that they are made; those that are shorter end in silence (0: each "
                     "sound is as long as it is)",
      .type = GEN_SETTING_UINT,
      FIELD (window),
      .minimum = 0,
      .maximum = GEN_SOUND_MAX_FRAMES },
  { .name = "hop",
      .nick = "Hop",
      .description = "Frames (samples of each channel, not seconds) from the beginning of one "
                     "window of a sound to that of the next (0: the window)",
      .type = GEN_SETTING_UINT,
      FIELD (hop),
      .minimum = 0,
      .maximum = GEN_SOUND_MAX_FRAMES },
  { .name = "normalize",
      .nick = "Normalize",
      .description = "How loud each sound, or each window of one, is made",
      .type = GEN_SETTING_CHOICE,
      FIELD (normalize),
      .choices = normalize_names,
      .choice_texts = normalize_texts },
  { .name = "strict",
      .nick = "Strict",
      .description = "An item that cannot be decoded is an error that names it, instead of being "
                     "left out",
      .type = GEN_SETTING_FLAG,
      FIELD (strict) },
  { .name = "cache-size",
      .nick = "Cache size",
      .description =
          "Bytes of memory for decoded items, which are shown again without their files: "
          "those that come first stay (0: none)",
      .type = GEN_SETTING_UINT64,
      FIELD (cache_size),
      .minimum = 0,
      .maximum = INFINITY },
  { .name = "threads",
      .nick = "Threads",
      .description = "Threads that decode a folder's files ahead (0: one for each processor)",
      .type = GEN_SETTING_INT,
      FIELD (threads),
      .minimum = 0,
      .maximum = 256 },
};

/* What is said of filters hangs on lists of their own. */
static gpointer
make_list (gpointer data)
{
  GArray *list = g_array_new (FALSE, FALSE, sizeof (GenSetting));

  g_array_append_vals (list, own, G_N_ELEMENTS (own));
  gen_data_filter_add_settings (list, G_STRUCT_OFFSET (GenDataSettings, filter));
  return list;
}

const GenSetting *
gen_data_setting_list (guint *n)
{
  static GOnce once = G_ONCE_INIT;
  const GArray *list = g_once (&once, make_list, NULL);

  *n = list->len;
  return (const GenSetting *)(void *)list->data;
}

void
gen_data_settings_init (GenDataSettings *settings)
{
  *settings = (GenDataSettings){
    .order = GEN_SEQUENCE_DEFAULTS, .fit = GEN_FIT_CROP, .crop_area = 0.08, .crop_aspect = 4.0 / 3
  };
  gen_data_filter_settings_init (&settings->filter);
}

void
gen_data_settings_clear (GenDataSettings *settings)
{
  guint n;
  const GenSetting *list = gen_data_setting_list (&n);

  gen_setting_clear_texts (settings, list, n);
}

void
gen_data_settings_copy (const GenDataSettings *settings, GenDataSettings *copy)
{
  guint n;
  const GenSetting *list = gen_data_setting_list (&n);

  *copy = *settings;
  gen_setting_copy_texts (copy, list, n);
}

GenDatasetSettings
gen_data_settings_dataset (const GenDataSettings *settings)
{
  static const GenMedium *const media[] = {
    [GEN_DATA_MEDIUM_AUTO] = NULL,
    [GEN_DATA_MEDIUM_PICTURE] = &gen_medium_picture,
    [GEN_DATA_MEDIUM_SOUND] = &gen_medium_sound,
    [GEN_DATA_MEDIUM_TEXT] = &gen_medium_text,
  };

  return (GenDatasetSettings){ .medium = media[settings->medium],
    .tile_width = settings->tile_width,
    .tile_height = settings->tile_height,
    .rows_per_label = settings->rows_per_label,
    .class_pattern = settings->class_pattern,
    .array = settings->array,
    .frame_step = settings->frame_step,
    .clip_length = settings->clip_length,
    .scene_threshold = settings->scene_threshold,
    .animation = settings->animation,
    .lines = settings->lines,
    .leave_out = settings->leave_out };
}

GenDatasetCut
gen_data_settings_cut (const GenDataSettings *settings, int rate)
{
  return (GenDatasetCut){
    .rate = rate, .window = settings->window, .hop = settings->hop, .threads = settings->threads
  };
}

GenSequenceSettings
gen_data_settings_order (const GenDataSettings *settings)
{
  GenSequenceSettings order = settings->order;

  order.threads = settings->threads;
  return order;
}

GenFitting
gen_data_settings_fitting (const GenDataSettings *settings)
{
  return (GenFitting){ .fit = settings->fit,
    .background = settings->background,
    .crop_area = settings->crop_area,
    .crop_aspect = settings->crop_aspect,
    .seed = settings->order.seed,
    .normalize = settings->normalize };
}
