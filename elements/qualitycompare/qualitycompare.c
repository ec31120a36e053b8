/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-qualitycompare
 * @title: qualitycompare
 * @short_description: measures how near pictures and sounds come to what they should be
 *
 * Judges each frame of the stream at `sink` by what the stream at `reference` shows at that time:
 * PSNR, SSIM, MS-SSIM, GMSD and others; of sounds, windows of `window` seconds, one every `hop`:
 * the signal-to-noise ratio, SI-SDR, the log-spectral distance. The judged stream passes unchanged.
 * What was measured stands on its buffers as a custom meta (`generative-score`), on the bus as
 * element messages (`generative-score` for a frame where `post-messages` is set,
 * `generative-summary` at the end), and in the `report` as JSON Lines. docs/metrics.md tells what
 * each metric means.
 *
 * Partners are found by running time, from which the judged stream's `offset` is taken first. With
 * `search` it is found: by cross-correlation of sounds, by what moves in pictures. Both streams are
 * held while it is looked for, twice as long as `search`, and as much more as one begins later. A
 * frame without a partner passes on, with `reference-time-missing` in the place of figures, and is
 * counted. Of streams of different rates each frame is compared with what the reference shows at
 * that time, and a warning says so. The reference may end before or after the judged stream.
 *
 * A video at `sink` and its own sound at `reference` are told how far they lie apart:
 * `audio-video-offset`, by what begins to move and what begins to sound.
 *
 * Both videos are of one size and one kind of format, both sounds of one rate and as many channels:
 * videoscale, videoconvert, audioresample and audioconvert in front of one pad find out by
 * themselves where the other pad's caps are known before, and an error tells what differs. Of I420
 * and NV12, luma is compared as it is. Put a queue in front of each pad where both come from one
 * element; it has to hold what `offset` and `search` lie apart.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m videotestsrc num-buffers=60 pattern=ball ! \
 *   video/x-raw,format=I420,width=320,height=240 ! tee name=t \
 *   t. ! queue ! jpegenc quality=20 ! jpegdec ! compare.sink \
 *   t. ! queue ! compare.reference \
 *   qualitycompare name=compare report=jpeg.jsonl ! fakesink
 * ]|
 * What JPEG of a low quality loses.
 * |[
 * gst-launch-1.0 -m audiotestsrc num-buffers=200 wave=pink-noise ! audio/x-raw,format=F32LE ! \
 *   tee name=t t. ! queue max-size-time=0 ! audioecho delay=60000000 intensity=0.2 ! c.sink \
 *   t. ! queue max-size-time=0 ! c.reference \
 *   qualitycompare name=c metrics=snr,si-sdr window=0.5 recent=2 post-messages=true ! fakesink
 * ]|
 * How far an echo is from what came in, window by window and over the last two seconds.
 */
#include "qualitycompare.h"

#include "../elements.h"
#include "../shared/label-meta.h"
#include "../shared/settings.h"

GST_DEBUG_CATEGORY (quality_compare_debug);
#define GST_CAT_DEFAULT quality_compare_debug

enum {
  PROP_0,
  PROP_METRICS,
  PROP_OFFSET,
  PROP_SEARCH,
  PROP_WINDOW,
  PROP_HOP,
  PROP_RECENT,
  PROP_INTERVAL,
  PROP_SCORER,
  PROP_EXAMPLES,
  PROP_REPORTING,
};

#define DEFAULT_METRICS "auto"
#define DEFAULT_OFFSET 0
#define DEFAULT_SEARCH 0
/* Seconds. */
#define DEFAULT_WINDOW 0.4
#define DEFAULT_HOP 0
#define DEFAULT_RECENT 0
#define DEFAULT_INTERVAL 0
#define DEFAULT_EXAMPLES 0
#define MAX_EXAMPLES 100

#define MIN_SECONDS 0.001
#define MAX_SECONDS 3600
#define MAX_OFFSET (3600 * (gint64)GST_SECOND)
/* Twice as much of both streams is held. */
#define MAX_SEARCH (60 * GST_SECOND)

#define CAPS GST_VIDEO_CAPS_MAKE ("{ RGB, GRAY8, I420, NV12 }") "; " GST_SCORE_FILTER_SOUND_CAPS

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));
static GstStaticPadTemplate reference_template =
    GST_STATIC_PAD_TEMPLATE ("reference", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));

G_DEFINE_TYPE (GstQualityCompare, gst_quality_compare, GST_TYPE_AGGREGATOR)
GST_ELEMENT_REGISTER_DEFINE (
    qualitycompare, "qualitycompare", GST_RANK_NONE, GST_TYPE_QUALITY_COMPARE)

static void
gst_quality_compare_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstQualityCompare *self = GST_QUALITY_COMPARE (object);

  if (!gst_generative_can_set (object, pspec) ||
      gst_generative_reporting_set (&self->reporting, object, property_id - PROP_REPORTING, value))
    return;
  GST_OBJECT_LOCK (self);
  switch (property_id) {
  case PROP_METRICS:
    g_free (self->metrics);
    self->metrics = g_value_dup_string (value);
    break;
  case PROP_OFFSET:
    self->offset = g_value_get_int64 (value);
    break;
  case PROP_SEARCH:
    self->search = g_value_get_uint64 (value);
    break;
  case PROP_WINDOW:
    self->window = g_value_get_double (value);
    break;
  case PROP_HOP:
    self->hop = g_value_get_double (value);
    break;
  case PROP_RECENT:
    self->recent = g_value_get_double (value);
    break;
  case PROP_INTERVAL:
    self->interval = g_value_get_uint (value);
    break;
  case PROP_EXAMPLES:
    self->n_examples = g_value_get_uint (value);
    break;
  case PROP_SCORER:
    g_free (self->scorer);
    self->scorer = g_value_dup_string (value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_quality_compare_get_property (
    GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GstQualityCompare *self = GST_QUALITY_COMPARE (object);

  if (gst_generative_reporting_get (&self->reporting, object, property_id - PROP_REPORTING, value))
    return;
  GST_OBJECT_LOCK (self);
  switch (property_id) {
  case PROP_METRICS:
    g_value_set_string (value, self->metrics);
    break;
  case PROP_OFFSET:
    g_value_set_int64 (value, self->offset);
    break;
  case PROP_SEARCH:
    g_value_set_uint64 (value, self->search);
    break;
  case PROP_WINDOW:
    g_value_set_double (value, self->window);
    break;
  case PROP_HOP:
    g_value_set_double (value, self->hop);
    break;
  case PROP_RECENT:
    g_value_set_double (value, self->recent);
    break;
  case PROP_INTERVAL:
    g_value_set_uint (value, self->interval);
    break;
  case PROP_EXAMPLES:
    g_value_set_uint (value, self->n_examples);
    break;
  case PROP_SCORER:
    g_value_set_string (value, self->scorer);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_quality_compare_finalize (GObject *object)
{
  GstQualityCompare *self = GST_QUALITY_COMPARE (object);

  gst_generative_reporting_clear (&self->reporting);
  gst_generative_windows_clear (&self->windows);
  gst_generative_queue_free (&self->heard);
  g_free (self->metrics);
  g_free (self->scorer);
  g_free (self->samples);
  G_OBJECT_CLASS (gst_quality_compare_parent_class)->finalize (object);
}

/* --- states --- */

/* Forget what has come; what was measured stays. */
static void
forget (GstQualityCompare *self)
{
  gst_quality_side_flush (&self->judged);
  gst_quality_side_flush (&self->reference);
  gst_quality_compare_forget_pictures (self);
  gst_quality_compare_forget_sounds (self);
  gst_quality_compare_forget_accompaniment (self);
  gst_quality_compare_interrupt (self);
}

static gboolean
gst_quality_compare_start (GstAggregator *aggregator)
{
  GstQualityCompare *self = GST_QUALITY_COMPARE (aggregator);

  if (!gst_quality_compare_open_meter (self))
    return FALSE;
  if (!gst_generative_reporting_open (&self->reporting, GST_ELEMENT (self))) {
    gst_quality_compare_close_meter (self);
    return FALSE;
  }
  GST_OBJECT_LOCK (self);
  self->searches = self->search > 0;
  GST_OBJECT_UNLOCK (self);
  self->judged.has_format = self->reference.has_format = FALSE;
  self->judged.interval = 0;
  self->fits = self->sent = self->goes_on = self->untold = self->told_not_finite = FALSE;
  self->likeness = 0;
  self->alone = self->unused = self->used_again = 0;
  gst_quality_compare_update_latency (self);
  return TRUE;
}

static gboolean
gst_quality_compare_stop (GstAggregator *aggregator)
{
  GstQualityCompare *self = GST_QUALITY_COMPARE (aggregator);

  gst_quality_compare_summarise (self);
  forget (self);
  gst_generative_reporting_close (&self->reporting);
  gst_quality_compare_close_meter (self);
  gst_clear_caps (&self->caps);
  return TRUE;
}

static GstStateChangeReturn
gst_quality_compare_change_state (GstElement *element, GstStateChange transition)
{
  GstQualityCompare *self = GST_QUALITY_COMPARE (element);
  GstStateChangeReturn result;

  if (transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED)
    gst_quality_compare_end_asking (self);
  result = GST_ELEMENT_CLASS (gst_quality_compare_parent_class)->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING && result != GST_STATE_CHANGE_FAILURE)
    gst_quality_compare_begin_asking (self);
  return result;
}

static GstFlowReturn
gst_quality_compare_flush (GstAggregator *aggregator)
{
  forget (GST_QUALITY_COMPARE (aggregator));
  return GST_FLOW_OK;
}

/* --- the stream --- */

static GstFlowReturn
next (GstQualityCompare *self, gboolean late)
{
  if (self->judged.has_format && self->judged.format.is_sound)
    return gst_quality_compare_next_sound (self, late);
  if (gst_quality_compare_is_accompanied (self))
    return gst_quality_compare_next_accompanied (self, late);
  return gst_quality_compare_next_picture (self, late);
}

/* What is held goes on as far as it can be judged. */
static GstFlowReturn
gst_quality_compare_aggregate (GstAggregator *aggregator, gboolean timeout)
{
  GstQualityCompare *self = GST_QUALITY_COMPARE (aggregator);
  GstFlowReturn flow;

  if (self->meter == NULL)
    return GST_FLOW_ERROR; /* which has been posted */
  flow = gst_quality_compare_find_offset (self, timeout);
  if (flow == GST_FLOW_OK)
    do
      flow = next (self, timeout);
    while (flow == GST_FLOW_OK && !g_queue_is_empty (&self->judged.held));
  if (flow == GST_FLOW_EOS) {
    gst_quality_compare_summarise (self);
    gst_generative_reporting_end (&self->reporting);
  }
  return flow;
}

/* What is held came before what changes now. */
static void
drain (GstQualityCompare *self)
{
  GstFlowReturn flow = GST_FLOW_OK;

  if (self->meter == NULL ||
      (g_queue_is_empty (&self->judged.held) && g_queue_is_empty (&self->reference.held)))
    return;
  flow = gst_quality_compare_find_offset (self, TRUE);
  while (flow == GST_FLOW_OK && !g_queue_is_empty (&self->judged.held))
    flow = next (self, TRUE);
}

static void
take_segment (GstQualityCompare *self, GstEvent *event)
{
  const GstSegment *segment;

  gst_event_parse_segment (event, &segment);
  /* Running time is what both are compared by; bytes have none. */
  if (segment->format == GST_FORMAT_TIME)
    gst_aggregator_update_segment (GST_AGGREGATOR (self), segment);
}

static gboolean
gst_quality_compare_sink_event (GstAggregator *aggregator, GstAggregatorPad *pad, GstEvent *event)
{
  GstQualityCompare *self = GST_QUALITY_COMPARE (aggregator);
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS) {
    drain (self);
    gst_event_parse_caps (event, &caps);
    if (!gst_quality_compare_set_caps (self, pad, caps)) {
      gst_event_unref (event);
      return FALSE;
    }
  } else if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT && pad == self->judged.pad) {
    drain (self);
    take_segment (self, event);
  }
  return GST_AGGREGATOR_CLASS (gst_quality_compare_parent_class)
      ->sink_event (aggregator, pad, event);
}

/* The reference is not sent on: that its frames are late is no reason to leave any out. */
static gboolean
gst_quality_compare_src_event (GstAggregator *aggregator, GstEvent *event)
{
  GstQualityCompare *self = GST_QUALITY_COMPARE (aggregator);

  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_QOS:
  case GST_EVENT_RECONFIGURE:
    return gst_pad_push_event (GST_PAD (self->judged.pad), event);
  default:
    return GST_AGGREGATOR_CLASS (gst_quality_compare_parent_class)->src_event (aggregator, event);
  }
}

static gboolean
gst_quality_compare_sink_query (GstAggregator *aggregator, GstAggregatorPad *pad, GstQuery *query)
{
  GstQualityCompare *self = GST_QUALITY_COMPARE (aggregator);
  g_autoptr (GstCaps) template = NULL;
  GstCaps *caps;

  switch (GST_QUERY_TYPE (query)) {
  case GST_QUERY_CAPS:
    return gst_quality_compare_answer_caps (self, pad, query);
  case GST_QUERY_ACCEPT_CAPS:
    template = gst_pad_get_pad_template_caps (GST_PAD (pad));
    gst_query_parse_accept_caps (query, &caps);
    gst_query_set_accept_caps_result (
        query, gst_caps_is_subset (caps, template) &&
                   (pad == self->reference.pad ||
                       gst_pad_peer_query_accept_caps (GST_AGGREGATOR_SRC_PAD (self), caps)));
    return TRUE;
  default:
    return GST_AGGREGATOR_CLASS (gst_quality_compare_parent_class)
        ->sink_query (aggregator, pad, query);
  }
}

/* What can be had from here is what comes in. */
static gboolean
gst_quality_compare_src_query (GstAggregator *aggregator, GstQuery *query)
{
  GstQualityCompare *self = GST_QUALITY_COMPARE (aggregator);

  if (GST_QUERY_TYPE (query) != GST_QUERY_CAPS)
    return GST_AGGREGATOR_CLASS (gst_quality_compare_parent_class)->src_query (aggregator, query);
  if (!gst_pad_peer_query (GST_PAD (self->judged.pad), query)) {
    GstCaps *filter, *all = gst_static_pad_template_get_caps (&src_template);

    gst_query_parse_caps (query, &filter);
    if (filter != NULL) {
      GstCaps *both = gst_caps_intersect_full (filter, all, GST_CAPS_INTERSECT_FIRST);

      gst_caps_unref (all);
      all = both;
    }
    gst_query_set_caps_result (query, all);
    gst_caps_unref (all);
  }
  return TRUE;
}

/* The judged stream's buffers come from and go to wherever they would without us, but for those
 * that are held: they are more than a pool may have. */
static gboolean
gst_quality_compare_propose_allocation (
    GstAggregator *aggregator, GstAggregatorPad *pad, GstQuery *decide_query, GstQuery *query)
{
  GstQualityCompare *self = GST_QUALITY_COMPARE (aggregator);

  if (pad == self->judged.pad && !self->searches)
    return gst_pad_peer_query (GST_AGGREGATOR_SRC_PAD (self), query);
  if (pad == self->reference.pad)
    gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  return TRUE;
}

static gboolean
gst_quality_compare_decide_allocation (GstAggregator *aggregator, GstQuery *query)
{
  while (gst_query_get_n_allocation_pools (query) > 0)
    gst_query_remove_nth_allocation_pool (query, 0);
  return TRUE;
}

/* In live pipelines, the next frame waits for its partner as long as the latency allows, and the
 * end for none. */
static GstClockTime
gst_quality_compare_get_next_time (GstAggregator *aggregator)
{
  GstQualityCompare *self = GST_QUALITY_COMPARE (aggregator);
  g_auto (GstQualityMoment) judged = { 0 };
  const GstClockTime search_end = gst_quality_compare_search_end (self);

  if (GST_CLOCK_TIME_IS_VALID (search_end))
    return search_end;
  if (!gst_quality_side_peek (&self->judged, &judged))
    return gst_quality_side_is_over (&self->judged) ? 0 : GST_CLOCK_TIME_NONE;
  return (GstClockTime)MAX (judged.time, 0);
}

/* --- the class --- */

static const char *
metrics_blurb (void)
{
  g_autoptr (GString) blurb = g_string_new ("What to measure, with commas between: ");

  for (const GenMetric *const *metric = gen_metric_list (); *metric != NULL; metric++)
    if (gen_metric_is_of_pairs (*metric))
      g_string_append_printf (blurb, "%s, ", (*metric)->name);
  g_string_append (blurb,
      "those of scorer, or auto: all that are of what passes and take no longer than frames do");
  return g_intern_string (blurb->str);
}

static void
install_properties (GObjectClass *klass)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  g_object_class_install_property (klass, PROP_METRICS,
      g_param_spec_string ("metrics", "Metrics", metrics_blurb (), DEFAULT_METRICS, flags));
  g_object_class_install_property (klass, PROP_OFFSET,
      g_param_spec_int64 ("offset", "Offset",
          "Nanoseconds by which the judged stream comes later than the reference; with search, "
          "what "
          "was found",
          -MAX_OFFSET, MAX_OFFSET, DEFAULT_OFFSET,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (klass, PROP_SEARCH,
      g_param_spec_uint64 ("search", "Search",
          "Find the offset, at most so many nanoseconds from the one that is set; both streams are "
          "held for twice as long first (0: it is known)",
          0, MAX_SEARCH, DEFAULT_SEARCH, flags));
  g_object_class_install_property (klass, PROP_WINDOW,
      g_param_spec_double ("window", "Window",
          "Seconds (not frames) of a sound that are judged at "
          "once",
          MIN_SECONDS, MAX_SECONDS, DEFAULT_WINDOW, flags));
  g_object_class_install_property (klass, PROP_HOP,
      g_param_spec_double ("hop", "Hop",
          "Seconds (not frames) from the beginning of a window of a sound to that of the next one, "
          "at most a window (0: a window)",
          0, MAX_SECONDS, DEFAULT_HOP, flags));
  g_object_class_install_property (klass, PROP_RECENT,
      g_param_spec_double ("recent", "Recent",
          "Tell with each frame, or window, the means of the figures over so many seconds up to it "
          "(NAME-recent) as well (0: do not)",
          0, MAX_SECONDS, DEFAULT_RECENT, flags));
  g_object_class_install_property (klass, PROP_INTERVAL,
      g_param_spec_uint ("interval", "Interval",
          "Frames, or windows, between figures over all so far, as psnr-overall (0: only in the "
          "summary)",
          0, G_MAXUINT, DEFAULT_INTERVAL, flags));
  g_object_class_install_property (klass, PROP_EXAMPLES,
      g_param_spec_uint ("examples", "Examples",
          "Pairs of pictures, a frame and what it should be, that the report keeps of each "
          "figure's "
          "highest and of its lowest, and a dozen of all, small, for generative-model report to "
          "show (0: none)",
          0, MAX_EXAMPLES, DEFAULT_EXAMPLES, flags));
  gst_generative_scorers_install (
      klass, PROP_SCORER, "a frame and what it should be, as LPIPS and DISTS");
  gst_generative_reporting_install (klass, PROP_REPORTING);
}

static void
gst_quality_compare_class_init (GstQualityCompareClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstAggregatorClass *aggregator_class = GST_AGGREGATOR_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      quality_compare_debug, "qualitycompare", 0, "what is compared, offsets, and each frame");

  gobject_class->set_property = gst_quality_compare_set_property;
  gobject_class->get_property = gst_quality_compare_get_property;
  gobject_class->finalize = gst_quality_compare_finalize;
  install_properties (gobject_class);
  element_class->change_state = gst_quality_compare_change_state;

  gst_element_class_add_static_pad_template_with_gtype (
      element_class, &sink_template, GST_TYPE_AGGREGATOR_PAD);
  gst_element_class_add_static_pad_template_with_gtype (
      element_class, &reference_template, GST_TYPE_AGGREGATOR_PAD);
  gst_element_class_add_static_pad_template_with_gtype (
      element_class, &src_template, GST_TYPE_AGGREGATOR_PAD);
  gst_element_class_set_static_metadata (element_class, "Quality comparison",
      "Filter/Analyzer/Video/Audio",
      "Measures how near pictures and sounds come to what they should be (PSNR, SSIM, SI-SDR), and "
      "how "
      "far a picture and its sound lie apart",
      "gst-generative");

  aggregator_class->start = gst_quality_compare_start;
  aggregator_class->stop = gst_quality_compare_stop;
  aggregator_class->flush = gst_quality_compare_flush;
  aggregator_class->aggregate = gst_quality_compare_aggregate;
  aggregator_class->sink_event = gst_quality_compare_sink_event;
  aggregator_class->src_event = gst_quality_compare_src_event;
  aggregator_class->sink_query = gst_quality_compare_sink_query;
  aggregator_class->src_query = gst_quality_compare_src_query;
  aggregator_class->propose_allocation = gst_quality_compare_propose_allocation;
  aggregator_class->decide_allocation = gst_quality_compare_decide_allocation;
  aggregator_class->get_next_time = gst_quality_compare_get_next_time;
  /* Caps are those of the judged stream. */
  aggregator_class->negotiate = NULL;

  gst_generative_label_register ();
}

static GstAggregatorPad *
add_pad (GstQualityCompare *self, GstStaticPadTemplate *static_template)
{
  g_autoptr (GstPadTemplate) template = gst_static_pad_template_get (static_template);
  GstAggregatorPad *pad = g_object_new (GST_TYPE_AGGREGATOR_PAD, "name",
      static_template->name_template, "direction", GST_PAD_SINK, "template", template, NULL);

  gst_element_add_pad (GST_ELEMENT (self), GST_PAD (pad));
  return pad;
}

static void
gst_quality_compare_init (GstQualityCompare *self)
{
  gst_generative_reporting_init (&self->reporting);
  gst_generative_windows_init (&self->windows);
  self->n_examples = DEFAULT_EXAMPLES;
  self->metrics = g_strdup (DEFAULT_METRICS);
  self->offset = DEFAULT_OFFSET;
  self->search = DEFAULT_SEARCH;
  self->window = DEFAULT_WINDOW;
  self->hop = DEFAULT_HOP;
  self->recent = DEFAULT_RECENT;
  self->interval = DEFAULT_INTERVAL;
  g_queue_init (&self->judged.held);
  g_queue_init (&self->reference.held);
  self->judged.pad = add_pad (self, &sink_template);
  self->reference.pad = add_pad (self, &reference_template);
}
