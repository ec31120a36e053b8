/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-qualitymeter
 * @title: qualitymeter
 * @short_description: measures how good pictures, sounds and texts are
 *
 * Measures each frame that passes, and the stream as a whole, without changing it. What it
 * measured stands on the buffers as a custom meta (`generative-score`), on the bus as element
 * messages (`generative-score` for a frame where `post-messages` is set, `generative-summary` at
 * the end), and in the `report` as JSON Lines. docs/metrics.md tells what each metric means.
 *
 * Interlaced frames are refused: put deinterlace in front.
 *
 * A generator may put many pictures into one frame, as a wall: with `tile-width` and
 * `tile-height`, each of them is a sample of its own for the metrics that look at distributions
 * (diversity, frechet, modes). The latter two compare with the pictures at `reference`, a folder
 * or a sheet of tiles, in which sub-folders or rows of tiles make the classes, by features that
 * the `embedder` makes, which may be any ONNX model. For frechet, a `.npz` file of statistics will
 * do as the reference: `save-statistics` writes one, and so do pytorch-fid and clean-fid.
 *
 * Sound is measured in windows of `window` seconds, one every `hop`: loudness (EBU R 128), true
 * peak, clipping, silence, spectrum, noise. Buffers pass as they come; what was measured of a
 * window is on the buffer in which it ends. Each item of `datasetsrc` is cut by itself, and what is
 * left at its end is measured where it is half a window and more, or all there was. A window is a
 * sample for diversity, frechet and modes, and the reference a folder of sounds, or statistics.
 *
 * Of texts each buffer is measured, which is a sample: its length, what it repeats, and over all of
 * them how many words differ, how evenly they are used and how much texts are like each other.
 *
 * With `classes`, the summary has the figures of each class by itself, and how far the one that
 * fares worst is from the best: of frames that datasetsrc, classifier or another element has
 * labelled, beside the reference's samples of that class.
 *
 * An `alert` is a condition on a figure, as `sharpness < 20 for 5s`: an element message
 * `quality-alert` tells when it begins and when it ends. `prometheus` names a file that monitoring
 * reads, and with `examples` the report keeps the frames that stand out, for
 * `generative-model report` to show. docs/reports.md tells of all three.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m videotestsrc num-buffers=30 pattern=ball ! video/x-raw,format=GRAY8 ! \
 *   qualitymeter post-messages=true ! fakesink
 * ]|
 * Sharpness, brightness and so on of 30 frames, and their summary.
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=300 pattern=ball ! video/x-raw,format=GRAY8 ! \
 *   qualitymeter metrics=frechet save-statistics=ball.npz ! fakesink
 * ]|
 * The statistics of these frames, for `reference=ball.npz`.
 * |[
 * gst-launch-1.0 -m audiotestsrc num-buffers=200 wave=pink-noise ! \
 *   qualitymeter metrics=loudness,true-peak hop=0.1 post-messages=true ! fakesink
 * ]|
 * The loudness of the last 400 ms, ten times a second, and that of the whole.
 * |[
 * gst-launch-1.0 -m datasetsrc location=lines.txt lines=true epochs=1 ! \
 *   qualitymeter metrics=length,repetition,distinct-1 post-messages=true ! fakesink
 * ]|
 * How long each line is, what it repeats, and how many words of all lines are different.
 */
#include "qualitymeter.h"

#include "../elements.h"
#include "../shared/settings.h"

GST_DEBUG_CATEGORY (quality_meter_debug);
#define GST_CAT_DEFAULT quality_meter_debug

enum {
  PROP_0,
  PROP_METRICS,
  PROP_REFERENCE,
  PROP_REFERENCE_TILE_WIDTH,
  PROP_REFERENCE_TILE_HEIGHT,
  PROP_REFERENCE_ROWS_PER_LABEL,
  PROP_REFERENCE_LINES,
  PROP_REFERENCE_FIT,
  PROP_EMBEDDER,
  PROP_EMBEDDER_RESIZING,
  PROP_TILE_WIDTH,
  PROP_TILE_HEIGHT,
  PROP_WINDOW,
  PROP_HOP,
  PROP_INTERVAL,
  PROP_SEED,
  PROP_SAVE_STATISTICS,
  PROP_EXAMPLES,
  PROP_RECENT,
  PROP_BRISQUE_MODEL,
  PROP_NIQE_MODEL,
  PROP_CLASSES,
  PROP_SCORER,
  PROP_LANGUAGE_MODEL,
};

#define DEFAULT_METRICS "auto"
#define DEFAULT_REFERENCE NULL
#define DEFAULT_REFERENCE_TILE_WIDTH 0
#define DEFAULT_REFERENCE_TILE_HEIGHT 0
#define DEFAULT_REFERENCE_ROWS_PER_LABEL 0
#define DEFAULT_REFERENCE_LINES FALSE
#define DEFAULT_REFERENCE_FIT GEN_FIT_PAD
#define DEFAULT_EMBEDDER NULL
#define DEFAULT_EMBEDDER_RESIZING NULL
#define DEFAULT_TILE_WIDTH 0
#define DEFAULT_TILE_HEIGHT 0
/* Seconds: what EBU R 128 calls momentary. */
#define DEFAULT_WINDOW 0.4
#define DEFAULT_HOP 0
#define DEFAULT_INTERVAL 0
#define DEFAULT_SEED 0
#define DEFAULT_SAVE_STATISTICS NULL
#define DEFAULT_EXAMPLES 0
#define DEFAULT_RECENT 0
#define DEFAULT_BRISQUE_MODEL NULL
#define DEFAULT_NIQE_MODEL NULL
#define DEFAULT_CLASSES FALSE
#define DEFAULT_LANGUAGE_MODEL NULL

#define MAX_SIZE 65536
#define MIN_SECONDS 0.001
#define MAX_SECONDS 3600
#define MAX_EXAMPLES 100

#define CAPS                                                                                       \
  GST_VIDEO_CAPS_MAKE ("{ GRAY8, RGB }")                                                           \
  "; " GST_SCORE_FILTER_SOUND_CAPS "; " GST_SCORE_FILTER_TEXT_CAPS

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));

G_DEFINE_FINAL_TYPE (GstQualityMeter, gst_quality_meter, GST_TYPE_SCORE_FILTER)
GST_ELEMENT_REGISTER_DEFINE (qualitymeter, "qualitymeter", GST_RANK_NONE, GST_TYPE_QUALITY_METER)

#define GST_TYPE_QUALITY_METER_REFERENCE_FIT (gst_quality_meter_reference_fit_get_type ())
static GType
gst_quality_meter_reference_fit_get_type (void)
{
  static const GEnumValue values[] = {
    { GEN_FIT_STRETCH, "Scale to the size, whatever the shape becomes", "stretch" },
    { GEN_FIT_CROP, "Scale to cover the size, and cut what stands over", "crop" },
    { GEN_FIT_PAD, "Shrink to fit within, never enlarge, and pad with black", "pad" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstQualityMeterReferenceFit", values));
  return type;
}

static void
gst_quality_meter_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstQualityMeter *self = GST_QUALITY_METER (object);

  if (!gst_generative_can_set (object, pspec))
    return;
  GST_OBJECT_LOCK (self);
  switch (property_id) {
  case PROP_METRICS:
    g_free (self->metrics);
    self->metrics = g_value_dup_string (value);
    break;
  case PROP_REFERENCE:
    g_free (self->reference);
    self->reference = g_value_dup_string (value);
    break;
  case PROP_REFERENCE_TILE_WIDTH:
    self->sheet.tile_width = (int)g_value_get_uint (value);
    break;
  case PROP_REFERENCE_TILE_HEIGHT:
    self->sheet.tile_height = (int)g_value_get_uint (value);
    break;
  case PROP_REFERENCE_ROWS_PER_LABEL:
    self->sheet.rows_per_label = (int)g_value_get_uint (value);
    break;
  case PROP_REFERENCE_LINES:
    self->sheet.lines = g_value_get_boolean (value);
    break;
  case PROP_REFERENCE_FIT:
    self->reference_fit = (GenFit)g_value_get_enum (value);
    break;
  case PROP_EMBEDDER:
    g_free (self->embedder);
    self->embedder = g_value_dup_string (value);
    break;
  case PROP_EMBEDDER_RESIZING:
    g_free (self->resizing);
    self->resizing = g_value_dup_string (value);
    break;
  case PROP_TILE_WIDTH:
    self->tile_width = g_value_get_uint (value);
    break;
  case PROP_TILE_HEIGHT:
    self->tile_height = g_value_get_uint (value);
    break;
  case PROP_WINDOW:
    self->window = g_value_get_double (value);
    break;
  case PROP_HOP:
    self->hop = g_value_get_double (value);
    break;
  case PROP_INTERVAL:
    self->interval = g_value_get_uint (value);
    break;
  case PROP_SEED:
    self->seed = g_value_get_uint64 (value);
    break;
  case PROP_SAVE_STATISTICS:
    g_free (self->save_statistics);
    self->save_statistics = g_value_dup_string (value);
    break;
  case PROP_EXAMPLES:
    self->n_examples = g_value_get_uint (value);
    break;
  case PROP_RECENT:
    self->recent = g_value_get_double (value);
    break;
  case PROP_BRISQUE_MODEL:
    g_free (self->brisque_model);
    self->brisque_model = g_value_dup_string (value);
    break;
  case PROP_NIQE_MODEL:
    g_free (self->niqe_model);
    self->niqe_model = g_value_dup_string (value);
    break;
  case PROP_CLASSES:
    self->classes = g_value_get_boolean (value);
    break;
  case PROP_SCORER:
    g_free (self->scorer);
    self->scorer = g_value_dup_string (value);
    break;
  case PROP_LANGUAGE_MODEL:
    g_free (self->language_model);
    self->language_model = g_value_dup_string (value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_quality_meter_get_property (
    GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GstQualityMeter *self = GST_QUALITY_METER (object);

  GST_OBJECT_LOCK (self);
  switch (property_id) {
  case PROP_METRICS:
    g_value_set_string (value, self->metrics);
    break;
  case PROP_REFERENCE:
    g_value_set_string (value, self->reference);
    break;
  case PROP_REFERENCE_TILE_WIDTH:
    g_value_set_uint (value, (guint)self->sheet.tile_width);
    break;
  case PROP_REFERENCE_TILE_HEIGHT:
    g_value_set_uint (value, (guint)self->sheet.tile_height);
    break;
  case PROP_REFERENCE_ROWS_PER_LABEL:
    g_value_set_uint (value, (guint)self->sheet.rows_per_label);
    break;
  case PROP_REFERENCE_LINES:
    g_value_set_boolean (value, self->sheet.lines);
    break;
  case PROP_REFERENCE_FIT:
    g_value_set_enum (value, (int)self->reference_fit);
    break;
  case PROP_EMBEDDER:
    g_value_set_string (value, self->embedder);
    break;
  case PROP_EMBEDDER_RESIZING:
    g_value_set_string (value, self->resizing);
    break;
  case PROP_TILE_WIDTH:
    g_value_set_uint (value, self->tile_width);
    break;
  case PROP_TILE_HEIGHT:
    g_value_set_uint (value, self->tile_height);
    break;
  case PROP_WINDOW:
    g_value_set_double (value, self->window);
    break;
  case PROP_HOP:
    g_value_set_double (value, self->hop);
    break;
  case PROP_INTERVAL:
    g_value_set_uint (value, self->interval);
    break;
  case PROP_SEED:
    g_value_set_uint64 (value, self->seed);
    break;
  case PROP_SAVE_STATISTICS:
    g_value_set_string (value, self->save_statistics);
    break;
  case PROP_EXAMPLES:
    g_value_set_uint (value, self->n_examples);
    break;
  case PROP_RECENT:
    g_value_set_double (value, self->recent);
    break;
  case PROP_BRISQUE_MODEL:
    g_value_set_string (value, self->brisque_model);
    break;
  case PROP_NIQE_MODEL:
    g_value_set_string (value, self->niqe_model);
    break;
  case PROP_CLASSES:
    g_value_set_boolean (value, self->classes);
    break;
  case PROP_SCORER:
    g_value_set_string (value, self->scorer);
    break;
  case PROP_LANGUAGE_MODEL:
    g_value_set_string (value, self->language_model);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_quality_meter_finalize (GObject *object)
{
  GstQualityMeter *self = GST_QUALITY_METER (object);

  g_free (self->metrics);
  g_free (self->reference);
  g_free (self->embedder);
  g_free (self->resizing);
  g_free (self->save_statistics);
  g_free (self->brisque_model);
  g_free (self->niqe_model);
  g_free (self->scorer);
  g_free (self->language_model);
  g_free (self->samples);
  g_object_unref (self->cancellable);
  G_OBJECT_CLASS (gst_quality_meter_parent_class)->finalize (object);
}

/* Reading a large reference ends at once when the pipeline is stopped. */
static GstStateChangeReturn
gst_quality_meter_change_state (GstElement *element, GstStateChange transition)
{
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    g_cancellable_cancel (GST_QUALITY_METER (element)->cancellable);
  return GST_ELEMENT_CLASS (gst_quality_meter_parent_class)->change_state (element, transition);
}

/* What there is to measure, and to compare by, from the library's lists. */
static const char *
metrics_blurb (void)
{
  g_autoptr (GString) blurb = g_string_new ("What to measure, with commas between: ");

  for (const GenMetric *const *metric = gen_metric_list (); *metric != NULL; metric++)
    if (!gen_metric_is_of_pairs (*metric))
      g_string_append_printf (blurb, "%s, ", (*metric)->name);
  g_string_append (blurb,
      "those of scorer, or auto: all that the reference allows and that take no longer than frames "
      "do");
  return g_intern_string (blurb->str);
}

static const char *
embedder_blurb (void)
{
  g_autoptr (GString) blurb = g_string_new ("Features that samples are compared by: ");

  for (const GenEmbedder *const *embedder = gen_embedder_list (); *embedder != NULL; embedder++)
    g_string_append_printf (blurb, "%s, ", (*embedder)->name);
  g_string_append (blurb, "or an ONNX file that makes a vector of a picture or a sound (unset: the "
                          "first that is of what passes)");
  return g_intern_string (blurb->str);
}

static const char *
resizing_blurb (void)
{
  g_autofree char *names = gen_features_list_resizings ();
  g_autofree char *blurb =
      g_strdup_printf ("How pictures are brought to the size of an ONNX embedder: %s. Those of the "
                       "reference come from their own sizes then (unset: by area where they become "
                       "smaller, else cubic)",
          names);

  return g_intern_string (blurb);
}

static void
gst_quality_meter_class_init (GstQualityMeterClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstScoreFilterClass *score_class = GST_SCORE_FILTER_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  GST_DEBUG_CATEGORY_INIT (
      quality_meter_debug, "qualitymeter", 0, "what is measured, and each frame");

  gobject_class->set_property = gst_quality_meter_set_property;
  gobject_class->get_property = gst_quality_meter_get_property;
  gobject_class->finalize = gst_quality_meter_finalize;

  g_object_class_install_property (gobject_class, PROP_METRICS,
      g_param_spec_string ("metrics", "Metrics", metrics_blurb (), DEFAULT_METRICS, flags));
  g_object_class_install_property (gobject_class, PROP_REFERENCE,
      g_param_spec_string ("reference", "Reference",
          "What to compare with: a folder, a sheet of tiles or an IDX file, or for frechet "
          "alone a .npz file of statistics; modes needs samples with classes (unset: nothing)",
          DEFAULT_REFERENCE, flags));
  g_object_class_install_property (gobject_class, PROP_REFERENCE_TILE_WIDTH,
      g_param_spec_uint ("reference-tile-width", "Reference's tile width",
          "Width of the tiles of a sheet in pixels (0: as the height; both 0: no sheet)", 0,
          MAX_SIZE, DEFAULT_REFERENCE_TILE_WIDTH, flags));
  g_object_class_install_property (gobject_class, PROP_REFERENCE_TILE_HEIGHT,
      g_param_spec_uint ("reference-tile-height", "Reference's tile height",
          "Height of the tiles of a sheet in pixels (0: as the width; both 0: no sheet)", 0,
          MAX_SIZE, DEFAULT_REFERENCE_TILE_HEIGHT, flags));
  g_object_class_install_property (gobject_class, PROP_REFERENCE_ROWS_PER_LABEL,
      g_param_spec_uint ("reference-rows-per-label", "Reference's rows per label",
          "How many rows of tiles make one class in a sheet (0: no classes)", 0, MAX_SIZE,
          DEFAULT_REFERENCE_ROWS_PER_LABEL, flags));
  g_object_class_install_property (gobject_class, PROP_REFERENCE_LINES,
      g_param_spec_boolean ("reference-lines", "Reference's lines",
          "Each line of a text, or of those of a folder, is a sample of the reference, instead of "
          "the whole text",
          DEFAULT_REFERENCE_LINES, flags));
  g_object_class_install_property (gobject_class, PROP_REFERENCE_FIT,
      g_param_spec_enum ("reference-fit", "Reference's fit",
          "How pictures of the reference come to the size of a sample: as the fit of the "
          "datasetsrc "
          "that makes what is measured, if one does (embedder-resizing takes them as they are)",
          GST_TYPE_QUALITY_METER_REFERENCE_FIT, DEFAULT_REFERENCE_FIT, flags));
  g_object_class_install_property (gobject_class, PROP_EMBEDDER,
      g_param_spec_string ("embedder", "Embedder", embedder_blurb (), DEFAULT_EMBEDDER, flags));
  g_object_class_install_property (gobject_class, PROP_EMBEDDER_RESIZING,
      g_param_spec_string ("embedder-resizing", "Embedder's resizing", resizing_blurb (),
          DEFAULT_EMBEDDER_RESIZING, flags));
  g_object_class_install_property (gobject_class, PROP_TILE_WIDTH,
      g_param_spec_uint ("tile-width", "Tile width",
          "Width in pixels of each picture in a frame that is a wall of pictures (0: the frame's)",
          0, MAX_SIZE, DEFAULT_TILE_WIDTH, flags));
  g_object_class_install_property (gobject_class, PROP_TILE_HEIGHT,
      g_param_spec_uint ("tile-height", "Tile height",
          "Height in pixels of each picture in a frame that is a wall of pictures (0: the frame's)",
          0, MAX_SIZE, DEFAULT_TILE_HEIGHT, flags));
  g_object_class_install_property (gobject_class, PROP_WINDOW,
      g_param_spec_double ("window", "Window",
          "Seconds (not frames) of a sound that are measured at once, and are a sample",
          MIN_SECONDS, MAX_SECONDS, DEFAULT_WINDOW, flags));
  g_object_class_install_property (gobject_class, PROP_HOP,
      g_param_spec_double ("hop", "Hop",
          "Seconds (not frames) from the beginning of a window of a sound to that of the next one, "
          "at most a "
          "window (0: a window)",
          0, MAX_SECONDS, DEFAULT_HOP, flags));
  g_object_class_install_property (gobject_class, PROP_INTERVAL,
      g_param_spec_uint ("interval", "Interval",
          "Frames, or windows, between figures over all so far, as of diversity and frechet (0: "
          "only "
          "in the summary)",
          0, G_MAXUINT, DEFAULT_INTERVAL, flags));
  g_object_class_install_property (gobject_class, PROP_SEED,
      g_param_spec_uint64 ("seed", "Seed",
          "Which samples are kept where not all can be: same seed, same figures", 0, G_MAXUINT64,
          DEFAULT_SEED, flags));
  g_object_class_install_property (gobject_class, PROP_SAVE_STATISTICS,
      g_param_spec_string ("save-statistics", "Save statistics",
          "File (.npz) for the mean and covariance of the samples' features, written at the end; "
          "a reference for later. Goes with the metric frechet, which then needs none (unset: not "
          "written)",
          DEFAULT_SAVE_STATISTICS, flags));
  g_object_class_install_property (gobject_class, PROP_EXAMPLES,
      g_param_spec_uint ("examples", "Examples",
          "Frames, or the last seconds of windows, that the report keeps of each figure's highest "
          "and of its lowest, and a dozen of all, small, for generative-model report to show (0: "
          "none)",
          0, MAX_EXAMPLES, DEFAULT_EXAMPLES, flags));
  g_object_class_install_property (gobject_class, PROP_RECENT,
      g_param_spec_double ("recent", "Recent",
          "Seconds of the stream that figures NAME-recent are over: the mean of each figure of "
          "frames, and with interval frechet and those of sets, of the last samples (0: there are "
          "none)",
          0, MAX_SECONDS, DEFAULT_RECENT, flags));
  g_object_class_install_property (gobject_class, PROP_BRISQUE_MODEL,
      g_param_spec_string ("brisque-model", "Model of BRISQUE",
          "File of OpenCV's with a support vector machine that brisque judges by; the range of "
          "what "
          "it looks at is in a file beside it that has \"range\" where this one has \"model\" "
          "(unset: that of Debian's package opencv-data)",
          DEFAULT_BRISQUE_MODEL, flags));
  g_object_class_install_property (gobject_class, PROP_NIQE_MODEL,
      g_param_spec_string ("niqe-model", "Model of NIQE",
          "File (.npz) with what niqe compares pictures with, which generative-model statistics "
          "--niqe makes of good ones (unset: there is none, and no niqe)",
          DEFAULT_NIQE_MODEL, flags));
  g_object_class_install_property (gobject_class, PROP_CLASSES,
      g_param_spec_boolean ("classes", "Classes",
          "Tell in the summary the figures of each class by itself as well, and the gaps between "
          "the best and the worst served class: of what datasetsrc, classifier and the like have "
          "labelled",
          DEFAULT_CLASSES, flags));
  gst_generative_scorers_install (
      gobject_class, PROP_SCORER, "a frame, or of a window of a sound, as DNSMOS");
  g_object_class_install_property (gobject_class, PROP_LANGUAGE_MODEL,
      g_param_spec_string ("language-model", "Language model",
          "ONNX file of a language model, by which perplexity of texts is measured; its tokenizer "
          "is tokenizer.json beside it, or ids are bytes (unset: there is none, and no perplexity)",
          DEFAULT_LANGUAGE_MODEL, flags));

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Quality meter",
      "Filter/Analyzer/Video/Audio/Text",
      "Measures pictures (sharpness, contrast, coherence), sounds (loudness, peaks, spectrum, "
      "noise), texts (repetition, distinct words, entropy), "
      "diversity and likeness to a reference",
      "gst-generative");

  element_class->change_state = gst_quality_meter_change_state;
  score_class->open = gst_quality_meter_open;
  score_class->close = gst_quality_meter_close;
  score_class->set_format = gst_quality_meter_set_format;
  score_class->get_fields = gst_quality_meter_get_fields;
  score_class->get_window = gst_quality_meter_get_window;
  score_class->interrupt = gst_quality_meter_interrupt;
  score_class->follow = gst_quality_meter_follow;
  score_class->measure = gst_quality_meter_measure;
  score_class->summarise = gst_quality_meter_summarise;

  gst_type_mark_as_plugin_api (GST_TYPE_QUALITY_METER_REFERENCE_FIT, 0);
}

static void
gst_quality_meter_init (GstQualityMeter *self)
{
  self->metrics = g_strdup (DEFAULT_METRICS);
  self->reference = g_strdup (DEFAULT_REFERENCE);
  self->embedder = g_strdup (DEFAULT_EMBEDDER);
  self->resizing = g_strdup (DEFAULT_EMBEDDER_RESIZING);
  self->sheet = (GenDatasetSettings){ .tile_width = DEFAULT_REFERENCE_TILE_WIDTH,
    .tile_height = DEFAULT_REFERENCE_TILE_HEIGHT,
    .rows_per_label = DEFAULT_REFERENCE_ROWS_PER_LABEL,
    .lines = DEFAULT_REFERENCE_LINES };
  self->reference_fit = DEFAULT_REFERENCE_FIT;
  self->tile_width = DEFAULT_TILE_WIDTH;
  self->tile_height = DEFAULT_TILE_HEIGHT;
  self->window = DEFAULT_WINDOW;
  self->hop = DEFAULT_HOP;
  self->interval = DEFAULT_INTERVAL;
  self->seed = DEFAULT_SEED;
  self->save_statistics = g_strdup (DEFAULT_SAVE_STATISTICS);
  self->n_examples = DEFAULT_EXAMPLES;
  self->recent = DEFAULT_RECENT;
  self->brisque_model = g_strdup (DEFAULT_BRISQUE_MODEL);
  self->niqe_model = g_strdup (DEFAULT_NIQE_MODEL);
  self->classes = DEFAULT_CLASSES;
  self->language_model = g_strdup (DEFAULT_LANGUAGE_MODEL);
  self->cancellable = g_cancellable_new ();
}
