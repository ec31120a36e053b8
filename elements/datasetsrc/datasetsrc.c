/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-datasetsrc
 * @title: datasetsrc
 * @short_description: pictures or sounds to train on
 *
 * Sources the items of a dataset, epoch after epoch, in an order drawn from a seed: a folder
 * of pictures or of sounds (with a sub-folder for each class), a sheet of tiles, an IDX file as
 * MNIST comes, or a sound. The size and format are what the next element or a caps filter asks for,
 * else those of the first item; whether pictures or sounds, too, where a folder has both.
 *
 * Whatever has a picture's name or content belongs to a folder of pictures. Of what moves (GIF,
 * APNG, animated WebP) the first frame is taken. What FFmpeg cannot decode, HEIC in most of its
 * releases, is left out for that reason. Sounds are what FFmpeg decodes, too; they are resampled
 * and mixed to the rate and the channels of the caps. Each is a buffer of its own length or, with
 * `window`, as many of that many frames as lie in it at each `hop`; one that is shorter ends in
 * silence. All windows of a sound are in one split.
 *
 * Frame N is always the same item for the same settings, so that seeking is exact, by time
 * and by frame number, and frames can be played backwards, to the first one. With framerate=0/1
 * pictures have numbers and no times, and come when they are asked for. Sounds follow each other
 * without gaps, to the sample. An item that cannot be decoded is left out, counted in `skipped` and
 * reported as a warning; its frame number and time stay unused.
 *
 * Each buffer has its frame number as its offset, or the number of its first sample, and a
 * `generative-label` meta that tells the class, and by which elements behind it know where an item
 * ends. At the end of an epoch an element message
 * `generative-epoch` tells its number (`epoch`), its `frames` without those left out, and the items
 * `skipped` so far. Ahead of the first buffer goes a sticky event `generative-dataset`, whose field
 * `length` tells those who count epochs how many items one has; it comes again, with one less,
 * after each item that is found to be damaged.
 *
 * OpenCV's sheet of handwritten digits, 5 rows of 100 for each, is
 * `location=digits.png tile-width=20 tile-height=20 rows-per-label=5`; with `fit=pad` and caps of
 * 28 by 28 pixels its digits are as large as MNIST's.
 *
 * ## Example launch lines
 * |[
 * mkdir -p balls
 * gst-launch-1.0 videotestsrc pattern=ball num-buffers=20 ! video/x-raw,width=64,height=64 ! \
 *   pngenc ! multifilesink location=balls/%02d.png
 * gst-launch-1.0 datasetsrc location=balls epochs=3 ! video/x-raw,format=RGB,width=32,height=32 ! \
 *   fakesink
 * ]|
 * A folder of pictures, shown three times over, each time in another order.
 * |[
 * mkdir -p ticks
 * gst-launch-1.0 audiotestsrc wave=ticks num-buffers=200 ! audio/x-raw,format=S16LE ! \
 *   flacenc ! filesink location=ticks/a.flac
 * gst-launch-1.0 datasetsrc location=ticks window=16384 hop=8192 normalize=peak epochs=1 ! \
 *   audio/x-raw,rate=16000,channels=1 ! wavenc ! filesink location=windows.wav
 * ]|
 * A sound in windows that overlap by half, in an order of their own.
 */
#include "datasetsrc.h"

#include "../elements.h"
#include "../shared/label-meta.h"
#include "../shared/settings.h"

GST_DEBUG_CATEGORY (dataset_src_debug);
#define GST_CAT_DEFAULT dataset_src_debug

enum {
  PROP_0,
  PROP_LOCATION,
  PROP_TILE_WIDTH,
  PROP_TILE_HEIGHT,
  PROP_ROWS_PER_LABEL,
  PROP_SPLIT,
  PROP_VALIDATION_FRACTION,
  PROP_TEST_FRACTION,
  PROP_EPOCHS,
  PROP_SHUFFLE,
  PROP_SEED,
  PROP_FIT,
  PROP_MEDIUM,
  PROP_WINDOW,
  PROP_HOP,
  PROP_NORMALIZE,
  PROP_THREADS,
  PROP_SKIPPED,
};

#define DEFAULT_LOCATION NULL
#define DEFAULT_TILE_WIDTH 0
#define DEFAULT_TILE_HEIGHT 0
#define DEFAULT_ROWS_PER_LABEL 0
#define DEFAULT_SPLIT GEN_SPLIT_ALL
#define DEFAULT_VALIDATION_FRACTION 0.1
#define DEFAULT_TEST_FRACTION 0.1
#define DEFAULT_EPOCHS 0
#define DEFAULT_SHUFFLE TRUE
#define DEFAULT_SEED 0
#define DEFAULT_FIT GEN_FIT_CROP
#define DEFAULT_MEDIUM GST_DATASET_MEDIUM_AUTO
#define DEFAULT_WINDOW 0
#define DEFAULT_HOP 0
#define DEFAULT_NORMALIZE GEN_NORMALIZE_NONE
#define DEFAULT_THREADS 0

#define MAX_TILE 32768

static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
        GST_STATIC_CAPS ("video/x-raw, format = (string) { RGB, GRAY8, RGBA }, "
                         "width = (int) [ 1, 32768 ], height = (int) [ 1, 32768 ], "
                         "framerate = (fraction) [ 0/1, 2147483647/1 ], "
                         "pixel-aspect-ratio = (fraction) 1/1, "
                         "interlace-mode = (string) progressive; "
                         "audio/x-raw, format = (string) { " GST_AUDIO_NE (F32) ", " GST_AUDIO_NE (
                             S16) " }, "
                                  "rate = (int) [ 1, 2147483647 ], channels = (int) [ 1, 64 ], "
                                  "layout = (string) interleaved"));

G_DEFINE_FINAL_TYPE (GstDatasetSrc, gst_dataset_src, GST_TYPE_PUSH_SRC)
GST_ELEMENT_REGISTER_DEFINE (datasetsrc, "datasetsrc", GST_RANK_NONE, GST_TYPE_DATASET_SRC)

GstBaseSrcClass *
gst_dataset_src_get_parent_class (void)
{
  return GST_BASE_SRC_CLASS (gst_dataset_src_parent_class);
}

#define GST_TYPE_DATASET_SPLIT (gst_dataset_split_get_type ())
static GType
gst_dataset_split_get_type (void)
{
  static const GEnumValue values[] = {
    { GEN_SPLIT_ALL, "All items", "all" },
    { GEN_SPLIT_TRAIN, "Those that neither validation nor test gets", "train" },
    { GEN_SPLIT_VALIDATION, "The share of validation-fraction", "validation" },
    { GEN_SPLIT_TEST, "The share of test-fraction", "test" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstDatasetSplit", values));
  return type;
}

#define GST_TYPE_DATASET_FIT (gst_dataset_fit_get_type ())
static GType
gst_dataset_fit_get_type (void)
{
  static const GEnumValue values[] = {
    { GEN_FIT_STRETCH, "Scale to the size, whatever the shape becomes", "stretch" },
    { GEN_FIT_CROP, "Scale to cover the size, and cut what stands over", "crop" },
    { GEN_FIT_PAD, "Shrink to fit within, never enlarge, and pad with black", "pad" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstDatasetFit", values));
  return type;
}

#define GST_TYPE_DATASET_MEDIUM (gst_dataset_medium_get_type ())
static GType
gst_dataset_medium_get_type (void)
{
  static const GEnumValue values[] = {
    { GST_DATASET_MEDIUM_AUTO, "What the next element takes, else what most files are", "auto" },
    { GST_DATASET_MEDIUM_PICTURE, "Pictures", "picture" },
    { GST_DATASET_MEDIUM_SOUND, "Sounds", "sound" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstDatasetMedium", values));
  return type;
}

#define GST_TYPE_DATASET_NORMALIZE (gst_dataset_normalize_get_type ())
static GType
gst_dataset_normalize_get_type (void)
{
  static const GEnumValue values[] = {
    { GEN_NORMALIZE_NONE, "As loud as it is", "none" },
    { GEN_NORMALIZE_PEAK, "The greatest sample is full scale", "peak" },
    { GEN_NORMALIZE_LOUDNESS, "-23 LUFS (EBU R 128), peaks within full scale", "loudness" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstDatasetNormalize", values));
  return type;
}

static void
gst_dataset_src_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstDatasetSrc *self = GST_DATASET_SRC (object);

  if (!gst_generative_can_set (object, pspec))
    return;
  GST_OBJECT_LOCK (self);
  switch (property_id) {
  case PROP_LOCATION:
    g_free (self->location);
    self->location = g_value_dup_string (value);
    break;
  case PROP_TILE_WIDTH:
    self->tiles.tile_width = g_value_get_int (value);
    break;
  case PROP_TILE_HEIGHT:
    self->tiles.tile_height = g_value_get_int (value);
    break;
  case PROP_ROWS_PER_LABEL:
    self->tiles.rows_per_label = g_value_get_int (value);
    break;
  case PROP_SPLIT:
    self->order.split = g_value_get_enum (value);
    break;
  case PROP_VALIDATION_FRACTION:
    self->order.validation_fraction = g_value_get_double (value);
    break;
  case PROP_TEST_FRACTION:
    self->order.test_fraction = g_value_get_double (value);
    break;
  case PROP_EPOCHS:
    self->epochs = g_value_get_uint (value);
    break;
  case PROP_SHUFFLE:
    self->order.shuffle = g_value_get_boolean (value);
    break;
  case PROP_SEED:
    self->order.seed = g_value_get_uint64 (value);
    break;
  case PROP_FIT:
    self->fit = g_value_get_enum (value);
    break;
  case PROP_MEDIUM:
    self->medium = g_value_get_enum (value);
    break;
  case PROP_WINDOW:
    self->window = g_value_get_uint (value);
    break;
  case PROP_HOP:
    self->hop = g_value_get_uint (value);
    break;
  case PROP_NORMALIZE:
    self->normalize = g_value_get_enum (value);
    break;
  case PROP_THREADS:
    self->threads = g_value_get_int (value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_dataset_src_get_property (GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GstDatasetSrc *self = GST_DATASET_SRC (object);

  GST_OBJECT_LOCK (self);
  switch (property_id) {
  case PROP_LOCATION:
    g_value_set_string (value, self->location);
    break;
  case PROP_TILE_WIDTH:
    g_value_set_int (value, self->tiles.tile_width);
    break;
  case PROP_TILE_HEIGHT:
    g_value_set_int (value, self->tiles.tile_height);
    break;
  case PROP_ROWS_PER_LABEL:
    g_value_set_int (value, self->tiles.rows_per_label);
    break;
  case PROP_SPLIT:
    g_value_set_enum (value, self->order.split);
    break;
  case PROP_VALIDATION_FRACTION:
    g_value_set_double (value, self->order.validation_fraction);
    break;
  case PROP_TEST_FRACTION:
    g_value_set_double (value, self->order.test_fraction);
    break;
  case PROP_EPOCHS:
    g_value_set_uint (value, self->epochs);
    break;
  case PROP_SHUFFLE:
    g_value_set_boolean (value, self->order.shuffle);
    break;
  case PROP_SEED:
    g_value_set_uint64 (value, self->order.seed);
    break;
  case PROP_FIT:
    g_value_set_enum (value, self->fit);
    break;
  case PROP_MEDIUM:
    g_value_set_enum (value, self->medium);
    break;
  case PROP_WINDOW:
    g_value_set_uint (value, self->window);
    break;
  case PROP_HOP:
    g_value_set_uint (value, self->hop);
    break;
  case PROP_NORMALIZE:
    g_value_set_enum (value, self->normalize);
    break;
  case PROP_THREADS:
    g_value_set_int (value, self->threads);
    break;
  case PROP_SKIPPED:
    g_value_set_uint (value, self->skipped);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_dataset_src_finalize (GObject *object)
{
  g_free (GST_DATASET_SRC (object)->location);
  G_OBJECT_CLASS (gst_dataset_src_parent_class)->finalize (object);
}

void
gst_dataset_src_post_error (GstDatasetSrc *self, const GError *error)
{
  if (error->domain == GST_CORE_ERROR) {
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION, ("%s", error->message), (NULL));
    return;
  }
  switch (error->code) {
  case GEN_DATASET_ERROR_NOT_FOUND:
    GST_ELEMENT_ERROR (
        self, RESOURCE, NOT_FOUND, ("Property location: %s", error->message), (NULL));
    break;
  case GEN_DATASET_ERROR_SETTINGS:
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS, ("%s", error->message), (NULL));
    break;
  default:
    GST_ELEMENT_ERROR (self, RESOURCE, READ, ("Property location: %s", error->message), (NULL));
  }
}

void
gst_dataset_src_set_sequence (GstDatasetSrc *self, GenSequence *sequence)
{
  guint epochs;

  GST_OBJECT_LOCK (self);
  epochs = self->epochs;
  GST_OBJECT_UNLOCK (self);
  gen_sequence_free (self->sequence);
  self->sequence = sequence;
  self->length = gen_sequence_get_length (sequence);
  self->frames = (guint64)epochs * self->length;
  self->length_told = FALSE;
}

/* Sounds are dealt out when their rate is known. */
static gboolean
gst_dataset_src_deal (
    GstDatasetSrc *self, const char *location, const GenSequenceSettings *order, GError **error)
{
  GenSequence *sequence;

  if (self->kind == &gst_dataset_sound)
    return TRUE;
  sequence = gen_sequence_new (self->dataset, order, error);
  if (sequence == NULL) {
    g_prefix_error (error, "%s: ", location);
    return FALSE;
  }
  gst_dataset_src_set_sequence (self, sequence);
  return TRUE;
}

static void
gst_dataset_src_close (GstDatasetSrc *self)
{
  gst_dataset_src_set_loader (self, NULL);
  self->negotiated = FALSE;
  self->kind = NULL;
  gst_dataset_timeline_clear (&self->timeline);
  gen_sample_clear (&self->sample);
  g_clear_pointer (&self->sequence, gen_sequence_free);
  g_clear_pointer (&self->cut, gen_dataset_free);
  g_clear_pointer (&self->dataset, gen_dataset_free);
}

/* The dataset that the properties and the next element ask for. */
static gboolean
gst_dataset_src_open (GstDatasetSrc *self, const char *location, GenDatasetSettings *settings,
    GstDatasetMedium medium, GError **error)
{
  if (medium == GST_DATASET_MEDIUM_AUTO)
    settings->medium = gst_dataset_src_wanted_medium (self);
  else if (medium == GST_DATASET_MEDIUM_PICTURE)
    settings->medium = &gen_medium_picture;
  else
    settings->medium = &gen_medium_sound;
  self->dataset = gen_dataset_open (location, settings, error);
  if (self->dataset == NULL)
    return FALSE;
  self->kind = gst_dataset_kind_find (gen_dataset_get_format (self->dataset)->medium);
  if (self->kind != NULL)
    return TRUE;
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
      "%s: most of its files are %s; property medium says which of the others are meant", location,
      gen_dataset_get_format (self->dataset)->medium->plural);
  return FALSE;
}

static gboolean
gst_dataset_src_start (GstBaseSrc *base)
{
  GstDatasetSrc *self = GST_DATASET_SRC (base);
  g_autofree char *location = NULL;
  g_autoptr (GError) error = NULL;
  GenDatasetSettings settings;
  GenSequenceSettings order;
  GstDatasetMedium medium;

  GST_OBJECT_LOCK (self);
  location = g_strdup (self->location);
  settings = self->tiles;
  order = self->order;
  medium = self->medium;
  self->skipped = 0;
  GST_OBJECT_UNLOCK (self);

  if (location == NULL || location[0] == '\0') {
    GST_ELEMENT_ERROR (self, RESOURCE, NOT_FOUND,
        ("Property location is not set: it names a folder of pictures or sounds, a sheet, an IDX "
         "file or a sound"),
        (NULL));
    return FALSE;
  }
  self->length = 0;
  self->frames = self->frame = 0;
  self->epoch_ended = self->moved = self->length_told = FALSE;
  self->negotiated = self->reverse = self->ended = self->gap = FALSE;
  if (!gst_dataset_src_open (self, location, &settings, medium, &error) ||
      !gst_dataset_src_deal (self, location, &order, &error)) {
    gst_dataset_src_post_error (self, error);
    gst_dataset_src_close (self);
    return FALSE;
  }
  GST_INFO_OBJECT (self, "%s: %u %s, %u of them in the split, %d classes", location,
      gen_dataset_get_count (self->dataset), self->kind->medium->plural, self->length,
      gen_dataset_get_label_count (self->dataset));
  return TRUE;
}

static gboolean
gst_dataset_src_stop (GstBaseSrc *base)
{
  gst_dataset_src_close (GST_DATASET_SRC (base));
  return TRUE;
}

static void
gst_dataset_src_class_init (GstDatasetSrcClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSrcClass *base_class = GST_BASE_SRC_CLASS (klass);
  GstPushSrcClass *push_class = GST_PUSH_SRC_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  GST_DEBUG_CATEGORY_INIT (
      dataset_src_debug, "datasetsrc", 0, "what the dataset has, its epochs, and each item");
  gst_generative_label_register ();

  gobject_class->set_property = gst_dataset_src_set_property;
  gobject_class->get_property = gst_dataset_src_get_property;
  gobject_class->finalize = gst_dataset_src_finalize;

  g_object_class_install_property (gobject_class, PROP_LOCATION,
      g_param_spec_string ("location", "Location",
          "A folder of pictures or of sounds (each sub-folder a class), a sheet of tiles, an IDX "
          "file (gzipped or not), one picture or one sound (unset: an error)",
          DEFAULT_LOCATION, flags));
  g_object_class_install_property (gobject_class, PROP_TILE_WIDTH,
      g_param_spec_int ("tile-width", "Tile width",
          "Width of a sheet's tiles in pixels (0: as tile-height; both 0: the picture is whole)", 0,
          MAX_TILE, DEFAULT_TILE_WIDTH, flags));
  g_object_class_install_property (gobject_class, PROP_TILE_HEIGHT,
      g_param_spec_int ("tile-height", "Tile height",
          "Height of a sheet's tiles in pixels (0: as tile-width)", 0, MAX_TILE,
          DEFAULT_TILE_HEIGHT, flags));
  g_object_class_install_property (gobject_class, PROP_ROWS_PER_LABEL,
      g_param_spec_int ("rows-per-label", "Rows per label",
          "How many rows of a sheet's tiles make one class (0: no classes)", 0, G_MAXINT,
          DEFAULT_ROWS_PER_LABEL, flags));
  g_object_class_install_property (gobject_class, PROP_SPLIT,
      g_param_spec_enum ("split", "Split",
          "Which items; each class is dealt to the splits in the same shares, which depend on "
          "the seed",
          GST_TYPE_DATASET_SPLIT, DEFAULT_SPLIT, flags));
  g_object_class_install_property (gobject_class, PROP_VALIDATION_FRACTION,
      g_param_spec_double ("validation-fraction", "Validation fraction",
          "Share of the items in split=validation", 0, 1, DEFAULT_VALIDATION_FRACTION, flags));
  g_object_class_install_property (gobject_class, PROP_TEST_FRACTION,
      g_param_spec_double ("test-fraction", "Test fraction", "Share of the items in split=test", 0,
          1, DEFAULT_TEST_FRACTION, flags));
  g_object_class_install_property (gobject_class, PROP_EPOCHS,
      g_param_spec_uint ("epochs", "Epochs", "How often all items are shown (0: endlessly)", 0,
          G_MAXUINT, DEFAULT_EPOCHS, flags));
  g_object_class_install_property (gobject_class, PROP_SHUFFLE,
      g_param_spec_boolean ("shuffle", "Shuffle",
          "Draw a new order for each epoch, instead of the dataset's own", DEFAULT_SHUFFLE, flags));
  g_object_class_install_property (gobject_class, PROP_SEED,
      g_param_spec_uint64 ("seed", "Seed", "Same seed, same splits and same order", 0, G_MAXUINT64,
          DEFAULT_SEED, flags));
  g_object_class_install_property (gobject_class, PROP_FIT,
      g_param_spec_enum ("fit", "Fit",
          "How a picture of another size comes to the size that is asked for", GST_TYPE_DATASET_FIT,
          DEFAULT_FIT, flags));
  g_object_class_install_property (gobject_class, PROP_MEDIUM,
      g_param_spec_enum ("medium", "Medium", "What a folder is searched for",
          GST_TYPE_DATASET_MEDIUM, DEFAULT_MEDIUM, flags));
  g_object_class_install_property (gobject_class, PROP_WINDOW,
      g_param_spec_uint ("window", "Window",
          "Frames that sounds are cut into, at the rate that they are made; those that are shorter "
          "end in silence (0: each sound is a buffer of its own length)",
          0, GEN_SOUND_MAX_FRAMES, DEFAULT_WINDOW, flags));
  g_object_class_install_property (gobject_class, PROP_HOP,
      g_param_spec_uint ("hop", "Hop",
          "Frames from the beginning of one window of a sound to that of the next (0: the window)",
          0, GEN_SOUND_MAX_FRAMES, DEFAULT_HOP, flags));
  g_object_class_install_property (gobject_class, PROP_NORMALIZE,
      g_param_spec_enum ("normalize", "Normalize",
          "How loud each sound, or each window of one, is made", GST_TYPE_DATASET_NORMALIZE,
          DEFAULT_NORMALIZE, flags));
  g_object_class_install_property (gobject_class, PROP_THREADS,
      g_param_spec_int ("threads", "Threads",
          "Threads that decode a folder's files ahead (0: one for each processor)", 0, 256,
          DEFAULT_THREADS, flags));
  g_object_class_install_property (gobject_class, PROP_SKIPPED,
      g_param_spec_uint ("skipped", "Skipped",
          "How many items were left out because they cannot be decoded", 0, G_MAXUINT, 0,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));

  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Dataset source", "Source/File/Video/Audio",
      "Sources the pictures or sounds of a folder, a sheet or an IDX file, shuffled and split, "
      "epoch after epoch",
      "gst-generative");

  base_class->start = gst_dataset_src_start;
  base_class->stop = gst_dataset_src_stop;
  base_class->unlock = gst_dataset_src_unlock;
  base_class->unlock_stop = gst_dataset_src_unlock_stop;
  base_class->get_caps = gst_dataset_src_get_caps;
  base_class->fixate = gst_dataset_src_fixate;
  base_class->set_caps = gst_dataset_src_set_caps;
  base_class->decide_allocation = gst_dataset_src_decide_allocation;
  base_class->query = gst_dataset_src_query;
  base_class->event = gst_dataset_src_event;
  base_class->is_seekable = gst_dataset_src_is_seekable;
  base_class->do_seek = gst_dataset_src_do_seek;
  base_class->alloc = gst_dataset_src_alloc;
  push_class->fill = gst_dataset_src_fill;

  gst_type_mark_as_plugin_api (GST_TYPE_DATASET_SPLIT, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_DATASET_FIT, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_DATASET_MEDIUM, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_DATASET_NORMALIZE, 0);
}

static void
gst_dataset_src_init (GstDatasetSrc *self)
{
  self->order = GEN_SEQUENCE_DEFAULTS;
  self->order.split = DEFAULT_SPLIT;
  self->order.validation_fraction = DEFAULT_VALIDATION_FRACTION;
  self->order.test_fraction = DEFAULT_TEST_FRACTION;
  self->order.shuffle = DEFAULT_SHUFFLE;
  self->order.seed = DEFAULT_SEED;
  self->tiles.tile_width = DEFAULT_TILE_WIDTH;
  self->tiles.tile_height = DEFAULT_TILE_HEIGHT;
  self->tiles.rows_per_label = DEFAULT_ROWS_PER_LABEL;
  self->epochs = DEFAULT_EPOCHS;
  self->fit = DEFAULT_FIT;
  self->medium = DEFAULT_MEDIUM;
  self->window = DEFAULT_WINDOW;
  self->hop = DEFAULT_HOP;
  self->normalize = DEFAULT_NORMALIZE;
  self->threads = DEFAULT_THREADS;
  gst_video_info_init (&self->video);
  gst_audio_info_init (&self->audio);
  gst_base_src_set_format (GST_BASE_SRC (self), GST_FORMAT_TIME);
}
