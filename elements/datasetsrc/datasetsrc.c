/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-datasetsrc
 * @title: datasetsrc
 * @short_description: pictures, sounds or texts to train on
 *
 * Sources the items of a dataset, epoch after epoch, in an order drawn from a seed: a folder
 * of pictures, of sounds or of texts (with a sub-folder for each class), a manifest that lists them
 * (CSV or JSON Lines), shards of WebDataset, an array of numpy's, CIFAR, the frames of films, a
 * sheet of tiles, an IDX file as MNIST comes, a sound, or the lines of a text. The page on datasets
 * tells what each of them has. The size and format are what the next element or a caps filter asks
 * for, else those of the first item; whether pictures, sounds or texts, too, where a folder has
 * several.
 *
 * Whatever has a picture's name or content belongs to a folder of pictures. Of what moves (GIF,
 * APNG, animated WebP) the first frame is taken, unless `animation` makes a film of it. What cannot
 * be decoded here, HEIC where the library is built without libheif, is left out for that reason.
 * Sounds are what FFmpeg decodes, too; they are resampled
 * and mixed to the rate and the channels of the caps. Each is a buffer of its own length or, with
 * `window`, as many of that many frames as lie in it at each `hop`; one that is shorter ends in
 * silence. All windows of a sound are in one split.
 *
 * Frame N is always the same item for the same settings, so that seeking is exact, by time
 * and by frame number, and frames can be played backwards, to the first one. With framerate=0/1
 * pictures have numbers and no times, and come when they are asked for. Sounds follow each other
 * without gaps, to the sample. An item that cannot be decoded is left out, counted in `skipped` and
 * reported as a warning; its frame number and time stay unused. With `strict=true` it is an error.
 *
 * What is too small, too short, blurred, silent, there twice, known by its hash, made by a model,
 * or nothing to a classifier is left out by filters: `min-width`, `max-seconds` and their like, one
 * pair for each measure, `without`, `deny` and `gate`. All items are judged once, before the first
 * is shown, and those that remain are numbered, split and shuffled as if there were no others. An
 * element message `generative-filter` tells how many there are (`items`, `kept`) and why the others
 * are not (`reasons`); `report` has the list of them, which `leave-out` takes. The page on
 * examining data has all filters.
 *
 * What is said of items in words can be had on pads of its own: `caption` and `label`, on request,
 * have text with the same times, or a gap, for each buffer. They have threads of their own, so that
 * no branch waits for another.
 *
 * Each buffer has its frame number as its offset, or the number of its first sample, and a
 * `generative-label` meta that tells the class, and by which elements behind it know where an item
 * ends; and, where something is said of the item in words, a `generative-caption` meta with that
 * `text`. The first buffer of a clip (`clip-length`) is marked as discontinuous. At the end of an
 * epoch an element message
 * `generative-epoch` tells its number (`epoch`), its `frames` without those left out, and the items
 * `skipped` so far. Ahead of the first buffer goes a sticky event `generative-dataset`, whose field
 * `length` tells those who count epochs how many items one has, and `dealt-by-place` whether they
 * are a split that is another one when the dataset grows; it comes again, with one less,
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
 * |[
 * mkdir -p balls
 * gst-launch-1.0 videotestsrc pattern=ball num-buffers=20 ! video/x-raw,width=64,height=64 ! \
 *   pngenc ! multifilesink location=balls/%02d.png
 * gst-launch-1.0 datasetsrc location=balls min-width=32 without=blurred,near-duplicate \
 *   report=left-out.jsonl epochs=1 ! fakesink
 * gst-launch-1.0 datasetsrc location=balls leave-out=left-out.jsonl epochs=1 ! fakesink
 * ]|
 * Pictures that are sharp, large enough and not too much alike; and the same again.
 * |[
 * mkdir -p balls
 * gst-launch-1.0 videotestsrc pattern=ball num-buffers=20 ! video/x-raw,width=64,height=64 ! \
 *   pngenc ! multifilesink location=balls/%02d.png
 * echo 'a ball, above' >balls/03.txt
 * gst-launch-1.0 datasetsrc name=d location=balls epochs=1 d.src ! videoconvert ! fakesink \
 *   d.caption ! fakesink dump=true
 * ]|
 * Pictures, and what is said of them.
 */
#include "datasetsrc.h"

#include <generative/terminal.h>

#include "../elements.h"
#include "../shared/caption-meta.h"
#include "../shared/label-meta.h"
#include "../shared/setting-properties.h"
#include "../shared/settings.h"

GST_DEBUG_CATEGORY (dataset_src_debug);
#define GST_CAT_DEFAULT dataset_src_debug

/* The settings of data follow, in the order of their list. */
enum {
  PROP_0,
  PROP_EPOCHS,
  PROP_SKIPPED,
  PROP_LEFT_OUT,
  PROP_DATA,
};

#define DEFAULT_EPOCHS 0
#define SCAN_INTERVAL (2 * G_TIME_SPAN_SECOND)

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
                                  "layout = (string) interleaved; "
                                  "text/x-raw, format = (string) utf8"));

G_DEFINE_FINAL_TYPE (GstDatasetSrc, gst_dataset_src, GST_TYPE_PUSH_SRC)
GST_ELEMENT_REGISTER_DEFINE (datasetsrc, "datasetsrc", GST_RANK_NONE, GST_TYPE_DATASET_SRC)

GstBaseSrcClass *
gst_dataset_src_get_parent_class (void)
{
  return GST_BASE_SRC_CLASS (gst_dataset_src_parent_class);
}

/* The setting of data that a property is. */
static const GenSetting *
setting_of (guint property_id)
{
  guint n;
  const GenSetting *list = gen_data_setting_list (&n);

  return property_id >= PROP_DATA && property_id < PROP_DATA + n ? &list[property_id - PROP_DATA]
                                                                 : NULL;
}

static void
gst_dataset_src_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstDatasetSrc *self = GST_DATASET_SRC (object);
  const GenSetting *setting = setting_of (property_id);

  if (!gst_generative_can_set (object, pspec))
    return;
  GST_OBJECT_LOCK (self);
  if (setting != NULL)
    gst_generative_setting_set (setting, &self->settings, value);
  else if (property_id == PROP_EPOCHS)
    self->epochs = g_value_get_uint (value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_dataset_src_get_property (GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GstDatasetSrc *self = GST_DATASET_SRC (object);
  const GenSetting *setting = setting_of (property_id);

  GST_OBJECT_LOCK (self);
  if (setting != NULL)
    gst_generative_setting_get (setting, &self->settings, value);
  else if (property_id == PROP_EPOCHS)
    g_value_set_uint (value, self->epochs);
  else if (property_id == PROP_SKIPPED)
    g_value_set_uint (value, self->skipped);
  else if (property_id == PROP_LEFT_OUT)
    g_value_set_uint (value, self->left_out);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_dataset_src_finalize (GObject *object)
{
  GstDatasetSrc *self = GST_DATASET_SRC (object);

  gen_data_settings_clear (&self->settings);
  for (guint i = 0; i < GST_DATASET_N_WORDS; i++)
    gst_clear_object (&self->words[i]);
  g_object_unref (self->cancellable);
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

/* What a split by content leaves out, told once. */
static void
gst_dataset_src_tell_left_out (GstDatasetSrc *self, const GenSequence *sequence)
{
  const char *const *left_out = gen_sequence_get_left_out (sequence);
  g_autofree char *all = NULL;

  if (left_out == NULL || self->left_out_told)
    return;
  self->left_out_told = TRUE;
  all = g_strjoinv ("\n", (char **)left_out);
  GST_ELEMENT_WARNING (self, RESOURCE, READ,
      ("Left out of all splits: %s%s", left_out[0], left_out[1] != NULL ? "; and others" : ""),
      ("%u are left out:\n%s", g_strv_length ((char **)left_out), all));
}

GenSequence *
gst_dataset_src_deal (
    GstDatasetSrc *self, const GenDataset *items, const GenDataSettings *settings, GError **error)
{
  GenSequenceSettings order = gen_data_settings_order (settings);
  GenSequence *sequence;

  order.cancellable = self->cancellable;
  sequence = gen_sequence_new (items, &order, error);
  if (sequence != NULL)
    gst_dataset_src_tell_left_out (self, sequence);
  else if (!g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_prefix_error (error, "%s: ", settings->location);
  return sequence;
}

/* Whether items can be dealt out before the stream starts, where errors stop the change of state:
 * what reads them all is done while the stream is, which can be interrupted. */
static gboolean
is_dealt_at_once (const GstDatasetSrc *self, const GenDataSettings *settings)
{
  return self->filtered && self->kind != &gst_dataset_sound &&
         settings->order.split_by != GEN_SPLIT_BY_CONTENT;
}

static gboolean
gst_dataset_src_deal_all (GstDatasetSrc *self, const GenDataSettings *settings, GError **error)
{
  GenSequence *sequence = gst_dataset_src_deal (self, self->dataset, settings, error);

  if (sequence == NULL)
    return FALSE;
  gst_dataset_src_set_sequence (self, sequence);
  return TRUE;
}

/* Sounds are dealt out when their rate is known. */
gboolean
gst_dataset_src_is_prepared (const GstDatasetSrc *self)
{
  return self->filtered && (self->sequence != NULL || self->kind == &gst_dataset_sound);
}

gboolean
gst_dataset_src_prepare (GstDatasetSrc *self, GError **error)
{
  g_auto (GenDataSettings) settings = { 0 };

  GST_OBJECT_LOCK (self);
  gen_data_settings_copy (&self->settings, &settings);
  GST_OBJECT_UNLOCK (self);
  if (!self->filtered && !gst_dataset_src_filter (self, &settings, error))
    return FALSE;
  self->filtered = TRUE;
  return gst_dataset_src_is_prepared (self) || gst_dataset_src_deal_all (self, &settings, error);
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

/* A folder that is gone through for long, which may be the wrong one. */
#define SCAN_CODE "scan"
typedef struct {
  GstDatasetSrc *self;
  GenTerminal terminal;
  gint64 told;
  guint32 files; /* when that was; 0: not yet */
} Scan;

static void
gst_dataset_src_post_scan (GstDatasetSrc *self, GstProgressType type, const char *text)
{
  gst_element_post_message (
      GST_ELEMENT (self), gst_message_new_progress (GST_OBJECT (self), type, SCAN_CODE, text));
}

/* On the terminal, too: programs that wait for the change of state read no messages. */
static void
gst_dataset_src_tell_scan (guint32 files, gpointer data)
{
  Scan *scan = data;
  const gint64 now = g_get_monotonic_time ();
  g_autofree char *text = NULL, *line = NULL;

  if (now - scan->told < SCAN_INTERVAL || files == 0)
    return;
  scan->told = now;
  text = g_strdup_printf ("%u files so far below property location", files);
  line = g_strdup_printf ("%s: %s", GST_OBJECT_NAME (scan->self), text);
  gst_dataset_src_post_scan (
      scan->self, scan->files == 0 ? GST_PROGRESS_TYPE_START : GST_PROGRESS_TYPE_CONTINUE, text);
  gen_terminal_print (&scan->terminal, line, FALSE);
  scan->files = files;
}

static void
gst_dataset_src_end_scan (Scan *scan, gboolean opened)
{
  g_autofree char *line = NULL;

  if (scan->files == 0)
    return;
  line = g_strdup_printf ("%s: the folder has been gone through", GST_OBJECT_NAME (scan->self));
  gst_dataset_src_post_scan (scan->self,
      opened ? GST_PROGRESS_TYPE_COMPLETE : GST_PROGRESS_TYPE_ERROR,
      "The folder has been gone through");
  gen_terminal_print (&scan->terminal, line, TRUE);
}

/* The dataset that the properties and the next element ask for. */
static gboolean
gst_dataset_src_open (GstDatasetSrc *self, const GenDataSettings *settings, GError **error)
{
  GenDatasetSettings dataset = gen_data_settings_dataset (settings);
  Scan scan = { .self = self, .told = g_get_monotonic_time () };

  if (settings->medium == GEN_DATA_MEDIUM_AUTO)
    dataset.medium = gst_dataset_src_wanted_medium (self);
  dataset.progress = gst_dataset_src_tell_scan;
  dataset.data = &scan;
  gen_terminal_begin (&scan.terminal);
  self->dataset = gen_dataset_open (settings->location, &dataset, error);
  gst_dataset_src_end_scan (&scan, self->dataset != NULL);
  if (self->dataset == NULL)
    return FALSE;
  self->filtered = !gen_data_filter_is_needed (&settings->filter, self->dataset);
  self->kind = gst_dataset_kind_find (gen_dataset_get_format (self->dataset)->medium);
  if (self->kind != NULL)
    return TRUE;
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
      "%s: most of its files are %s; property medium says which of the others are meant",
      settings->location, gen_dataset_get_format (self->dataset)->medium->plural);
  return FALSE;
}

static gboolean
gst_dataset_src_start (GstBaseSrc *base)
{
  GstDatasetSrc *self = GST_DATASET_SRC (base);
  g_auto (GenDataSettings) settings = { 0 };
  g_autoptr (GError) error = NULL;
  const char *location;

  GST_OBJECT_LOCK (self);
  gen_data_settings_copy (&self->settings, &settings);
  self->skipped = self->left_out = 0;
  GST_OBJECT_UNLOCK (self);

  location = settings.location;
  if (location == NULL || location[0] == '\0') {
    GST_ELEMENT_ERROR (self, RESOURCE, NOT_FOUND,
        ("Property location is not set: it names a folder of pictures, sounds or texts, shards, a "
         "manifest, an array, a sheet, an IDX file, a sound or a text"),
        (NULL));
    return FALSE;
  }
  self->length = 0;
  self->frames = self->frame = 0;
  self->epoch_ended = self->moved = self->length_told = self->left_out_told = FALSE;
  self->negotiated = self->reverse = self->ended = self->gap = FALSE;
  if (!gst_dataset_src_open (self, &settings, &error) ||
      (is_dealt_at_once (self, &settings) && !gst_dataset_src_deal_all (self, &settings, &error))) {
    gst_dataset_src_post_error (self, error);
    gst_dataset_src_close (self);
    return FALSE;
  }
  GST_INFO_OBJECT (self, "%s: %u %s, %u of them in the split, %d classes", location,
      gen_dataset_get_count (self->dataset), self->kind->medium->plural, self->length,
      gen_dataset_get_label_count (self->dataset));
  return TRUE;
}

/* Words are heard of what goes out from the first item on. */
static GstStateChangeReturn
gst_dataset_src_change_state (GstElement *element, GstStateChange transition)
{
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    gst_dataset_words_activate (GST_DATASET_SRC (element));
  return GST_ELEMENT_CLASS (gst_dataset_src_parent_class)->change_state (element, transition);
}

static gboolean
gst_dataset_src_stop (GstBaseSrc *base)
{
  gst_dataset_src_close (GST_DATASET_SRC (base));
  return TRUE;
}

/* The enumeration of a choice. */
static GType
enumeration (const GenSetting *setting)
{
  static const struct {
    const char *setting, *type;
  } names[] = {
    { "medium", "GstDatasetMedium" },
    { "split", "GstDatasetSplit" },
    { "split-by", "GstDatasetSplitBy" },
    { "balance", "GstDatasetBalance" },
    { "worker-remainder", "GstDatasetWorkerRemainder" },
    { "fit", "GstDatasetFit" },
    { "normalize", "GstDatasetNormalize" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (names[i].setting, setting->name))
      return gst_generative_setting_register (setting, names[i].type);
  g_return_val_if_reached (G_TYPE_INVALID);
}

static void
install_settings (GObjectClass *object_class)
{
  g_auto (GenDataSettings) defaults = { 0 };
  guint n;
  const GenSetting *list = gen_data_setting_list (&n);

  gen_data_settings_init (&defaults);
  for (guint i = 0; i < n; i++)
    g_object_class_install_property (object_class, PROP_DATA + i,
        gst_generative_setting_make_spec (&list[i], &defaults,
            gst_generative_setting_is_enumeration (&list[i]) ? enumeration (&list[i])
                                                             : G_TYPE_INVALID));
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
  gst_generative_caption_register ();

  gobject_class->set_property = gst_dataset_src_set_property;
  gobject_class->get_property = gst_dataset_src_get_property;
  gobject_class->finalize = gst_dataset_src_finalize;

  install_settings (gobject_class);
  g_object_class_install_property (gobject_class, PROP_EPOCHS,
      g_param_spec_uint ("epochs", "Epochs", "How often all items are shown (0: endlessly)", 0,
          G_MAXUINT, DEFAULT_EPOCHS, flags));
  g_object_class_install_property (gobject_class, PROP_SKIPPED,
      g_param_spec_uint ("skipped", "Skipped",
          "How many items were left out because they cannot be decoded", 0, G_MAXUINT, 0,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (gobject_class, PROP_LEFT_OUT,
      g_param_spec_uint ("left-out", "Left out",
          "How many items the filters leave out (min-*, max-*, without, deny, gate)", 0, G_MAXUINT,
          0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));

  element_class->change_state = gst_dataset_src_change_state;
  element_class->request_new_pad = gst_dataset_words_request;
  element_class->release_pad = gst_dataset_words_release;

  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_dataset_words_add_templates (element_class);
  gst_element_class_set_static_metadata (element_class, "Dataset source", "Source/File/Video/Audio",
      "Sources the pictures, sounds or texts of a folder, a sheet or an IDX file, shuffled and "
      "split, "
      "epoch after epoch",
      "gst-generative");

  base_class->start = gst_dataset_src_start;
  base_class->stop = gst_dataset_src_stop;
  base_class->unlock = gst_dataset_src_unlock;
  base_class->unlock_stop = gst_dataset_src_unlock_stop;
  base_class->get_caps = gst_dataset_src_get_caps;
  base_class->negotiate = gst_dataset_src_negotiate;
  base_class->fixate = gst_dataset_src_fixate;
  base_class->set_caps = gst_dataset_src_set_caps;
  base_class->decide_allocation = gst_dataset_src_decide_allocation;
  base_class->query = gst_dataset_src_query;
  base_class->event = gst_dataset_src_event;
  base_class->is_seekable = gst_dataset_src_is_seekable;
  base_class->do_seek = gst_dataset_src_do_seek;
  base_class->alloc = gst_dataset_src_alloc;
  push_class->fill = gst_dataset_src_fill;
}

static void
gst_dataset_src_init (GstDatasetSrc *self)
{
  gen_data_settings_init (&self->settings);
  self->cancellable = g_cancellable_new ();
  self->epochs = DEFAULT_EPOCHS;
  gst_video_info_init (&self->video);
  gst_audio_info_init (&self->audio);
  gst_base_src_set_format (GST_BASE_SRC (self), GST_FORMAT_TIME);
}
