/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-datasetsink
 * @title: datasetsink
 * @short_description: a stream as a dataset
 *
 * Makes a dataset of a stream, one that others read: a folder with a file for each item and a
 * folder for each class (torchvision's ImageFolder, Keras, datasetsrc), WebDataset's shards, or IDX
 * files as MNIST has them. A picture is an item, or each tile of it with `tile-width` and
 * `tile-height`; of a wall that generator has made, the places in which there is a picture. A sound
 * is an item as its buffer holds it, as sources of sounds and generators make them; buffers of one
 * item of a dataset are joined, and with `window` any sound is cut into items of that many frames,
 * of which the last one may be shorter. With `clip-length` so many frames of pictures are one item,
 * a film. A text is a buffer of `text/x-raw,format=utf8`.
 *
 * A class is a folder, or a number where there is room for no more (shards and IDX files): the one
 * that comes with it, the one that its name says in digits, else the next, and `classes.txt` beside
 * the data has the names.
 *
 * Beside the items, `metadata.jsonl` or `metadata.csv` says of each what is known: its file, its
 * class, the scores of discriminator and qualitymeter, and of what is generated the seed and the
 * number of the latent, the files of the models with their SHA-256, and the IPTC's digital source
 * type (trainedAlgorithmicMedia), which PNG, JPEG and WebP files have in them as well.
 * docs/datasets.md lists the fields.
 *
 * A line in the manifest is a promise: its item is there, whole, and synced to the disk. Whatever
 * ends the process, a kill, a power cut or a full disk, leaves all items that were promised, and no
 * file that is not whole under a name that others read. An element message `datasetsink-progress`
 * says with each promise how many `items` are safe, how many were `passed-over`, and in which
 * `file` the last one is; the property `items` has the number, too.
 *
 * A folder in which there is something is refused. With `resume=true` the same command goes on
 * after an interruption: as many items as are safe are passed over, the next one is the first that
 * is missing. `append=true` adds to a dataset, `overwrite=true` replaces it.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 videotestsrc pattern=snow num-buffers=100 ! \
 *   video/x-raw,format=RGB,width=64,height=64 ! \
 *   datasetsink location=snow class=snow digital-source-type=algorithmicMedia
 * gst-launch-1.0 datasetsrc location=snow epochs=1 ! fakesink
 * ]|
 * A hundred pictures of one class, and back.
 * |[
 * gst-launch-1.0 latentsrc seed=7 dimensions=100:16 num-buffers=25 ! \
 *   generator model=model/generator.onnx columns=4 ! \
 *   datasetsink location=made format=webdataset tile-width=32 tile-height=32 shard-items=200
 * ]|
 * Four hundred pictures of 32 by 32 pixels that a model has made, sixteen at a time, in two shards.
 * |[
 * gst-launch-1.0 audiotestsrc wave=ticks num-buffers=100 ! audio/x-raw,format=S16LE,rate=16000 ! \
 *   datasetsink location=ticks-16k window=16000 sound-format=flac
 * ]|
 * A sound in items of a second.
 * |[
 * gst-launch-1.0 videotestsrc pattern=ball num-buffers=90 ! \
 *   video/x-raw,format=RGB,width=64,height=64,framerate=30/1 ! \
 *   datasetsink location=clips class=balls clip-length=15
 * ]|
 * A film in clips of half a second.
 */
#include "datasetsink.h"

#include "../elements.h"
#include "../shared/choices.h"
#include "../shared/caption-meta.h"
#include "../shared/label-meta.h"
#include "../shared/origin-meta.h"
#include "../shared/refused-caps.h"
#include "../shared/setting-properties.h"
#include "../shared/settings.h"

GST_DEBUG_CATEGORY (dataset_sink_debug);
#define GST_CAT_DEFAULT dataset_sink_debug

/* The settings of the writer follow, in the order of their list. */
enum {
  PROP_0,
  PROP_TILE_WIDTH,
  PROP_TILE_HEIGHT,
  PROP_WINDOW,
  PROP_CLIP_LENGTH,
  PROP_CLIP_FORMAT,
  PROP_ITEMS,
  PROP_WRITER,
};

#define DEFAULT_TILE 0
#define MAX_TILE 32768
#define DEFAULT_WINDOW 0
#define DEFAULT_CLIP_LENGTH 0
#define MAX_CLIP_LENGTH (1 << 20)

#define PROGRESS_CODE "dataset"
/* Progress for people comes no faster. */
#define PROGRESS_INTERVAL G_USEC_PER_SEC

#define PICTURE_CAPS(formats)                                                                      \
  "video/x-raw, format = (string) " formats ", width = (int) [ 1, 32768 ], "                       \
  "height = (int) [ 1, 32768 ], framerate = (fraction) [ 0/1, 2147483647/1 ]"
#define SOUND_CAPS                                                                                 \
  "audio/x-raw, format = (string) { " GST_AUDIO_NE (F32) ", " GST_AUDIO_NE (                       \
      S16) " }, rate = (int) [ 1, 2147483647 ], channels = (int) [ 1, 64 ], "                      \
           "layout = (string) interleaved"
#define TEXT_CAPS "text/x-raw, format = (string) utf8"

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
        GST_STATIC_CAPS (PICTURE_CAPS ("{ RGB, GRAY8, RGBA }") "; " SOUND_CAPS "; " TEXT_CAPS));

G_DEFINE_FINAL_TYPE (GstDatasetSink, gst_dataset_sink, GST_TYPE_BASE_SINK)
GST_ELEMENT_REGISTER_DEFINE (datasetsink, "datasetsink", GST_RANK_NONE, GST_TYPE_DATASET_SINK)

/* --- properties --- */

/* The setting of the writer that a property is. */
static const GenSetting *
setting_of (guint property_id)
{
  guint n;
  const GenSetting *list = gen_dataset_writer_setting_list (&n);

  return property_id >= PROP_WRITER && property_id < PROP_WRITER + n
             ? &list[property_id - PROP_WRITER]
             : NULL;
}

/* Where in the list a kind of film is. */
static int
find_place (const GenClipEncoding *encoding)
{
  const GenClipEncoding *const *list = gen_clip_encoding_list ();
  int place = 0;

  while (list[place] != encoding)
    place++;
  return place;
}

static void
gst_dataset_sink_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstDatasetSink *self = GST_DATASET_SINK (object);
  const GenSetting *setting = setting_of (property_id);

  if (!gst_generative_can_set (object, pspec))
    return;
  GST_OBJECT_LOCK (self);
  if (setting != NULL)
    gst_generative_setting_set (setting, &self->settings, value);
  else if (property_id == PROP_TILE_WIDTH)
    self->tile_width = g_value_get_int (value);
  else if (property_id == PROP_TILE_HEIGHT)
    self->tile_height = g_value_get_int (value);
  else if (property_id == PROP_WINDOW)
    self->window = g_value_get_uint (value);
  else if (property_id == PROP_CLIP_LENGTH)
    self->clip_length = g_value_get_uint (value);
  else if (property_id == PROP_CLIP_FORMAT)
    self->clip_encoding = gen_clip_encoding_list ()[g_value_get_enum (value)];
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_dataset_sink_get_property (GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GstDatasetSink *self = GST_DATASET_SINK (object);
  const GenSetting *setting = setting_of (property_id);

  GST_OBJECT_LOCK (self);
  if (setting != NULL)
    gst_generative_setting_get (setting, &self->settings, value);
  else if (property_id == PROP_TILE_WIDTH)
    g_value_set_int (value, self->tile_width);
  else if (property_id == PROP_TILE_HEIGHT)
    g_value_set_int (value, self->tile_height);
  else if (property_id == PROP_WINDOW)
    g_value_set_uint (value, self->window);
  else if (property_id == PROP_CLIP_LENGTH)
    g_value_set_uint (value, self->clip_length);
  else if (property_id == PROP_CLIP_FORMAT)
    g_value_set_enum (value, find_place (self->clip_encoding));
  else if (property_id == PROP_ITEMS)
    g_value_set_uint64 (value, self->items);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_dataset_sink_finalize (GObject *object)
{
  GstDatasetSink *self = GST_DATASET_SINK (object);

  gen_dataset_writer_settings_clear (&self->settings);
  G_OBJECT_CLASS (gst_dataset_sink_parent_class)->finalize (object);
}

/* --- messages --- */

static void
post_progress (GstDatasetSink *self, GstProgressType type, const char *text)
{
  /* Before PLAYING, something in progress would be waited for, and its end never come. */
  if (!self->progressing && GST_STATE (self) != GST_STATE_PLAYING)
    return;
  if (!self->progressing)
    gst_element_post_message (
        GST_ELEMENT (self), gst_message_new_progress (GST_OBJECT (self), GST_PROGRESS_TYPE_START,
                                PROGRESS_CODE, "Writing the dataset"));
  self->progressing = type == GST_PROGRESS_TYPE_CONTINUE;
  gst_element_post_message (
      GST_ELEMENT (self), gst_message_new_progress (GST_OBJECT (self), type, PROGRESS_CODE, text));
}

static void
tell_people (GstDatasetSink *self, GstProgressType type)
{
  const gint64 now = g_get_monotonic_time ();
  const char *file = gen_dataset_writer_get_last_file (self->writer);
  g_autofree char *text = NULL;

  if (type == GST_PROGRESS_TYPE_CONTINUE && now - self->told < PROGRESS_INTERVAL)
    return;
  self->told = now;
  text = g_strdup_printf ("%" G_GUINT64_FORMAT " items are safe%s%s", self->items,
      file != NULL ? ", the last one in " : "", file != NULL ? file : "");
  post_progress (self, type, text);
}

void
gst_dataset_sink_tell (GstDatasetSink *self)
{
  const guint64 items = gen_dataset_writer_get_safe (self->writer);
  const char *file = gen_dataset_writer_get_last_file (self->writer);

  if (items == self->items)
    return;
  GST_OBJECT_LOCK (self);
  self->items = items;
  GST_OBJECT_UNLOCK (self);
  GST_DEBUG_OBJECT (self, "%" G_GUINT64_FORMAT " items are safe, the last one in %s", items, file);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self),
          gst_structure_new ("datasetsink-progress", "items", G_TYPE_UINT64, items, "passed-over",
              G_TYPE_UINT64, gen_dataset_writer_get_passed_over (self->writer), "file",
              G_TYPE_STRING, file, NULL)));
  tell_people (self, GST_PROGRESS_TYPE_CONTINUE);
}

void
gst_dataset_sink_post_error (GstDatasetSink *self, const GError *error)
{
  if (self->failed) {
    GST_WARNING_OBJECT (self, "%s", error->message);
    return;
  }
  self->failed = TRUE;
  if (self->progressing)
    post_progress (self, GST_PROGRESS_TYPE_ERROR, error->message);
  if (g_error_matches (error, GEN_DATASET_WRITER_ERROR, GEN_DATASET_WRITER_ERROR_SETTINGS))
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS, ("Property %s", error->message), (NULL));
  else if (g_error_matches (error, GEN_DATASET_WRITER_ERROR, GEN_DATASET_WRITER_ERROR_ITEM))
    GST_ELEMENT_ERROR (self, STREAM, FORMAT, ("%s", error->message), (NULL));
  else if (g_error_matches (error, GEN_DATASET_WRITER_ERROR, GEN_DATASET_WRITER_ERROR_BUSY))
    GST_ELEMENT_ERROR (self, RESOURCE, BUSY, ("Property location: %s", error->message), (NULL));
  else if (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC))
    GST_ELEMENT_ERROR (self, RESOURCE, NO_SPACE_LEFT,
        ("%s; %" G_GUINT64_FORMAT " items are safe", error->message, self->items), (NULL));
  else if (error->domain == GEN_PICTURE_ERROR || error->domain == GEN_SOUND_ERROR)
    GST_ELEMENT_ERROR (self, STREAM, ENCODE, ("%s", error->message), (NULL));
  else
    GST_ELEMENT_ERROR (
        self, RESOURCE, OPEN_WRITE, ("Property location: %s", error->message), (NULL));
}

/* --- negotiation --- */

/* Pictures in what their file or the format keeps of them. */
static const char *
taken_caps (const GstDatasetSink *self)
{
  const gboolean has_alpha = self->clip_length > 0 ? self->clip_encoding->has_alpha
                                                   : self->settings.picture_encoding->has_alpha;

  if (self->settings.format->only_grey)
    return PICTURE_CAPS ("GRAY8");
  return has_alpha ? PICTURE_CAPS ("{ RGB, GRAY8, RGBA }") "; " SOUND_CAPS "; " TEXT_CAPS
                   : PICTURE_CAPS ("{ RGB, GRAY8 }") "; " SOUND_CAPS "; " TEXT_CAPS;
}

static GstCaps *
gst_dataset_sink_get_caps (GstBaseSink *base, GstCaps *filter)
{
  GstDatasetSink *self = GST_DATASET_SINK (base);
  GstCaps *caps, *filtered;

  GST_OBJECT_LOCK (self);
  /* What does not fit is better told when it comes than by whoever links pads. */
  caps = self->writer != NULL ? gst_caps_from_string (taken_caps (self))
                              : gst_pad_get_pad_template_caps (GST_BASE_SINK_PAD (base));
  GST_OBJECT_UNLOCK (self);
  if (filter == NULL)
    return caps;
  filtered = gst_caps_intersect_full (filter, caps, GST_CAPS_INTERSECT_FIRST);
  gst_caps_unref (caps);
  return filtered;
}

/* What is taken of what `offered` is, and how it is come by. */
static const char *
describe_taken (const GstDatasetSink *self, GstCaps *offered)
{
  const GstStructure *structure = gst_caps_get_structure (offered, 0);

  if (self->settings.format->only_grey)
    return "format=idx takes grey pictures alone: put videoconvert ! video/x-raw,format=GRAY8 in "
           "front";
  if (gst_structure_has_name (structure, "video/x-raw"))
    return "Pictures are taken as their files keep them, as RGB, GRAY8 or RGBA (which JPEG has no "
           "room for): put videoconvert in front";
  if (gst_structure_has_name (structure, "audio/x-raw"))
    return "Sounds are taken as F32 or S16, interleaved, of up to 64 channels: put audioconvert in "
           "front";
  return "What comes is no raw pictures, sounds or texts: put decodebin in front";
}

/* Once: where caps are known, it may be no more than a question. */
static void
explain_caps (GstDatasetSink *self, GstCaps *offered)
{
  const gboolean negotiated = gst_pad_has_current_caps (GST_BASE_SINK_PAD (self));
  gboolean explain;

  GST_OBJECT_LOCK (self);
  explain = self->writer != NULL && !self->explained;
  self->explained |= explain;
  GST_OBJECT_UNLOCK (self);
  if (!explain)
    return;
  if (negotiated)
    GST_ELEMENT_WARNING (self, CORE, NEGOTIATION, ("%s", describe_taken (self, offered)),
        ("offered: %" GST_PTR_FORMAT, (void *)offered));
  else
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION, ("%s", describe_taken (self, offered)),
        ("offered: %" GST_PTR_FORMAT, (void *)offered));
}

static gboolean
gst_dataset_sink_query (GstBaseSink *base, GstQuery *query)
{
  GstCaps *offered;

  if (!GST_BASE_SINK_CLASS (gst_dataset_sink_parent_class)->query (base, query))
    return FALSE;
  if (gst_generative_refuses_caps (query, &offered))
    explain_caps (GST_DATASET_SINK (base), offered);
  return TRUE;
}

static gboolean
gst_dataset_sink_set_caps (GstBaseSink *base, GstCaps *caps)
{
  return gst_dataset_sink_set_format (GST_DATASET_SINK (base), caps);
}

static gboolean
gst_dataset_sink_propose_allocation (GstBaseSink *base, GstQuery *query)
{
  gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  return TRUE;
}

/* --- the stream --- */

/* FALSE when an error was posted. */
static gboolean
check_clips (GstDatasetSink *self)
{
  if (self->clip_length == 0)
    return TRUE;
  if (self->settings.format->only_grey)
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
        ("Property clip-length: format=%s has no room for films; format=folder and "
         "format=webdataset have",
            self->settings.format->name),
        (NULL));
  else if (self->tile_width > 0 || self->tile_height > 0)
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
        ("Property clip-length: a clip is made of whole frames, and tile-width and tile-height "
         "cut them: set one or the other"),
        (NULL));
  else
    return TRUE;
  return FALSE;
}

static gboolean
gst_dataset_sink_start (GstBaseSink *base)
{
  GstDatasetSink *self = GST_DATASET_SINK (base);
  GenDatasetWriter *writer;
  g_auto (GenDatasetWriterSettings) settings = { 0 };
  g_autoptr (GError) error = NULL;

  GST_OBJECT_LOCK (self);
  gen_dataset_writer_settings_copy (&self->settings, &settings);
  self->items = 0;
  GST_OBJECT_UNLOCK (self);
  self->failed = self->progressing = self->explained = FALSE;
  self->told = 0;
  self->frame = 0;
  self->told_odd_label = FALSE;
  self->medium = NULL;
  self->sound = (GstDatasetSound){ .item = GST_GENERATIVE_NO_ITEM };
  if (!check_clips (self))
    return FALSE;
  writer = gen_dataset_writer_new (&settings, &error);
  if (writer == NULL) {
    gst_dataset_sink_post_error (self, error);
    return FALSE;
  }
  GST_OBJECT_LOCK (self);
  self->writer = writer;
  self->items = gen_dataset_writer_get_safe (self->writer);
  GST_OBJECT_UNLOCK (self);
  GST_INFO_OBJECT (self, "%s: format %s, %" G_GUINT64_FORMAT " items are there", settings.location,
      settings.format->name, self->items);
  return TRUE;
}

/* All that is whole becomes safe. FALSE when an error was posted. */
static gboolean
finish (GstDatasetSink *self)
{
  g_autoptr (GError) error = NULL;
  const gboolean good = gen_dataset_writer_finish (self->writer, &error);

  gst_dataset_sink_tell (self);
  if (!good)
    gst_dataset_sink_post_error (self, error);
  return good;
}

/* A stream that is broken off leaves what is whole. */
static gboolean
gst_dataset_sink_stop (GstBaseSink *base)
{
  GstDatasetSink *self = GST_DATASET_SINK (base);
  GenDatasetWriter *writer;

  gst_dataset_sink_forget_item (self);
  finish (self);
  if (self->progressing)
    tell_people (self, GST_PROGRESS_TYPE_CANCELED);
  GST_OBJECT_LOCK (self);
  writer = g_steal_pointer (&self->writer);
  GST_OBJECT_UNLOCK (self);
  gen_dataset_writer_free (writer);
  g_clear_pointer (&self->hashes, g_hash_table_unref);
  g_clear_pointer (&self->sound.bytes, g_byte_array_unref);
  return TRUE;
}

static GstFlowReturn
gst_dataset_sink_render (GstBaseSink *base, GstBuffer *buffer)
{
  GstDatasetSink *self = GST_DATASET_SINK (base);

  GST_LOG_OBJECT (
      self, "buffer %" G_GUINT64_FORMAT ": %" GST_PTR_FORMAT, self->frame, (void *)buffer);
  return gst_dataset_sink_take (self, buffer);
}

static gboolean
gst_dataset_sink_event (GstBaseSink *base, GstEvent *event)
{
  GstDatasetSink *self = GST_DATASET_SINK (base);

  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP)
    gst_dataset_sink_forget_item (self);
  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS && !self->failed) {
    if (!gst_dataset_sink_end_item (self) || !finish (self)) {
      gst_event_unref (event);
      return FALSE;
    }
    tell_people (self, GST_PROGRESS_TYPE_COMPLETE);
  }
  return GST_BASE_SINK_CLASS (gst_dataset_sink_parent_class)->event (base, event);
}

/* --- the class --- */

static GType
format_type (void)
{
  GST_GENERATIVE_RETURN_FAMILY ("GstDatasetSinkFormat", gen_dataset_format_list);
}

static const GenEncoding *const *
picture_encodings (void)
{
  return gen_encoding_list (&gen_medium_picture);
}

static const GenEncoding *const *
sound_encodings (void)
{
  return gen_encoding_list (&gen_medium_sound);
}

static GType
clip_format_type (void)
{
  GST_GENERATIVE_RETURN_FAMILY ("GstDatasetSinkClipFormat", gen_clip_encoding_list);
}

static GType
picture_format_type (void)
{
  GST_GENERATIVE_RETURN_FAMILY ("GstDatasetSinkPictureFormat", picture_encodings);
}

static GType
sound_format_type (void)
{
  GST_GENERATIVE_RETURN_FAMILY ("GstDatasetSinkSoundFormat", sound_encodings);
}

/* The enumeration of a choice. */
static GType
enumeration (const GenSetting *setting)
{
  if (!gst_generative_setting_is_enumeration (setting))
    return G_TYPE_INVALID;
  if (g_str_equal (setting->name, "format"))
    return format_type ();
  if (g_str_equal (setting->name, "picture-format"))
    return picture_format_type ();
  if (g_str_equal (setting->name, "sound-format"))
    return sound_format_type ();
  return gst_generative_setting_register (setting, "GstDatasetSinkManifest");
}

static void
install_settings (GObjectClass *object_class)
{
  g_auto (GenDatasetWriterSettings) defaults = { 0 };
  guint n;
  const GenSetting *list = gen_dataset_writer_setting_list (&n);

  gen_dataset_writer_settings_init (&defaults);
  for (guint i = 0; i < n; i++)
    g_object_class_install_property (object_class, PROP_WRITER + i,
        gst_generative_setting_make_spec (&list[i], &defaults, enumeration (&list[i])));
}

static void
gst_dataset_sink_class_init (GstDatasetSinkClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSinkClass *base_class = GST_BASE_SINK_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  GST_DEBUG_CATEGORY_INIT (
      dataset_sink_debug, "datasetsink", 0, "what is there, what has become safe, each buffer");
  gst_generative_label_register ();
  gst_generative_caption_register ();
  gst_generative_origin_register ();

  gobject_class->set_property = gst_dataset_sink_set_property;
  gobject_class->get_property = gst_dataset_sink_get_property;
  gobject_class->finalize = gst_dataset_sink_finalize;

  install_settings (gobject_class);
  g_object_class_install_property (gobject_class, PROP_TILE_WIDTH,
      g_param_spec_int ("tile-width", "Tile width",
          "Width of the tiles that a frame is cut into, each of which is an item (0: as wide as "
          "the frame)",
          0, MAX_TILE, DEFAULT_TILE, flags));
  g_object_class_install_property (gobject_class, PROP_TILE_HEIGHT,
      g_param_spec_int ("tile-height", "Tile height",
          "Height of the tiles that a frame is cut into (0: as high as the frame)", 0, MAX_TILE,
          DEFAULT_TILE, flags));
  g_object_class_install_property (gobject_class, PROP_WINDOW,
      g_param_spec_uint ("window", "Window",
          "Frames (samples of each channel, not seconds) of the items that sounds are cut into; "
          "the last one may be shorter (0: a buffer is an item)",
          0, GEN_SOUND_MAX_FRAMES, DEFAULT_WINDOW, flags));
  g_object_class_install_property (gobject_class, PROP_CLIP_LENGTH,
      g_param_spec_uint ("clip-length", "Clip length",
          "So many frames that follow each other become one item, a film; the last one may be "
          "shorter, and one ends where the stream is broken or the class changes (0: a frame is "
          "an item)",
          0, MAX_CLIP_LENGTH, DEFAULT_CLIP_LENGTH, flags));
  g_object_class_install_property (gobject_class, PROP_CLIP_FORMAT,
      g_param_spec_enum ("clip-format", "Clip format", "The kind of file that a clip becomes",
          clip_format_type (), 0, flags));
  g_object_class_install_property (gobject_class, PROP_ITEMS,
      g_param_spec_uint64 ("items", "Items",
          "How many items are safe on the disk, those that were there before among them", 0,
          G_MAXUINT64, 0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_set_static_metadata (element_class, "Dataset sink", "Sink/File/Video/Audio",
      "Makes a dataset of a stream: a folder of files, WebDataset shards or IDX files, with what "
      "is "
      "known of each item",
      "gst-generative");

  base_class->start = gst_dataset_sink_start;
  base_class->stop = gst_dataset_sink_stop;
  base_class->get_caps = gst_dataset_sink_get_caps;
  base_class->set_caps = gst_dataset_sink_set_caps;
  base_class->query = gst_dataset_sink_query;
  base_class->propose_allocation = gst_dataset_sink_propose_allocation;
  base_class->render = gst_dataset_sink_render;
  base_class->event = gst_dataset_sink_event;
}

static void
gst_dataset_sink_init (GstDatasetSink *self)
{
  gen_dataset_writer_settings_init (&self->settings);
  self->tile_width = self->tile_height = DEFAULT_TILE;
  self->window = DEFAULT_WINDOW;
  self->clip_length = DEFAULT_CLIP_LENGTH;
  self->clip_encoding = gen_clip_encoding_list ()[0];
  /* Items are written as they come; the last one is not kept for whoever may ask for it. */
  gst_base_sink_set_sync (GST_BASE_SINK (self), FALSE);
  gst_base_sink_set_last_sample_enabled (GST_BASE_SINK (self), FALSE);
}
