/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-qualityoverlay
 * @title: qualityoverlay
 * @short_description: shows on the video what was measured of it
 *
 * Draws the figures that elements upstream have measured, as `qualitymeter`, into the frames:
 * a line each, with its name, its value, and a curve of the last ones. What was measured is read
 * from the buffers (custom meta `generative-score`), which keep it through conversions, so that the
 * overlay may be in another format and behind other elements. Figures of the whole, as `frechet`,
 * stay until they are told again (`interval` of `qualitymeter`). One that is missing is `-`.
 *
 * With `metrics` it measures by itself, what needs no reference: of YUV and grey frames luma as it
 * is, of RGB all channels. Figures over all so far, as `diversity`, come every 30 frames. What was
 * measured is on no buffer and on no bus: that is for `qualitymeter`. Where a buffer has a label,
 * as behind `classifier` or `datasetsrc`, `class` is the name of its class.
 *
 * All properties may change at any time.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=90 pattern=ball ! video/x-raw,format=GRAY8 ! \
 *   qualitymeter ! qualityoverlay figures=sharpness,temporal-ssim ! videoconvert ! autovideosink
 * ]|
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=90 pattern=ball ! \
 *   qualityoverlay metrics=sharpness,flicker,diversity ! videoconvert ! autovideosink
 * ]|
 * By itself.
 */
#include <generative/metric.h>
#include <generative/nearest.h>
#include <generative/panel.h>
#include <gst/video/gstvideofilter.h>
#include <math.h>
#include <string.h>

#include "../elements.h"
#include "../shared/label-meta.h"
#include "../shared/score.h"
#include "blend.h"
#include "measure.h"

GST_DEBUG_CATEGORY_STATIC (quality_overlay_debug);
#define GST_CAT_DEFAULT quality_overlay_debug

enum {
  PROP_0,
  PROP_FIGURES,
  PROP_POSITION,
  PROP_SCALE,
  PROP_MARGIN,
  PROP_OPACITY,
  PROP_HISTORY,
  PROP_METRICS,
};

typedef enum {
  POSITION_TOP_LEFT,
  POSITION_TOP_RIGHT,
  POSITION_BOTTOM_LEFT,
  POSITION_BOTTOM_RIGHT,
} Position;

#define DEFAULT_FIGURES NULL
#define DEFAULT_POSITION POSITION_TOP_LEFT
#define DEFAULT_SCALE 0
#define DEFAULT_MARGIN 8
#define DEFAULT_OPACITY 0.6
#define DEFAULT_HISTORY 60
#define DEFAULT_METRICS NULL
#define MAX_HISTORY 3600
#define MAX_SCALE 64

/* Rows of a frame to which letters have their own size, where it is chosen by itself. */
#define ROWS_PER_SCALE 360
/* So many frames without figures are no accident. */
#define PATIENCE 30
/* Of a figure that is over the last seconds. */
#define RECENT "-recent"

#define CAPS                                                                                       \
  GST_VIDEO_CAPS_MAKE ("{ RGB, BGR, RGBx, BGRx, xRGB, xBGR, RGBA, BGRA, ARGB, ABGR, GRAY8, I420, " \
                       "YV12, NV12, NV21, Y42B, Y444 }")

#define GST_TYPE_QUALITY_OVERLAY (gst_quality_overlay_get_type ())
G_DECLARE_FINAL_TYPE (GstQualityOverlay, gst_quality_overlay, GST, QUALITY_OVERLAY, GstVideoFilter)

struct _GstQualityOverlay {
  GstVideoFilter parent;

  /* Properties, under the object lock. */
  char *figures, *metrics;
  Position position;
  guint scale, margin, history;
  double opacity;
  gboolean changed; /* likewise: since the streaming thread has read them */

  /* The streaming thread's. */
  GenPanel *panel;
  GstOverlayMeter *meter; /* NULL: it measures nothing by itself */
  char *measured;         /* what that measures */
  char **names;           /* NULL: all */
  gboolean named;         /* a buffer had a class */
  gboolean knows_recent;  /* which figures of the last seconds are there, and has told of others */
  guint bare;             /* frames that have come without any figure, up to PATIENCE */
};

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));

G_DEFINE_FINAL_TYPE (GstQualityOverlay, gst_quality_overlay, GST_TYPE_VIDEO_FILTER)
GST_ELEMENT_REGISTER_DEFINE (
    qualityoverlay, "qualityoverlay", GST_RANK_NONE, GST_TYPE_QUALITY_OVERLAY)

static GType
position_get_type (void)
{
  static const GEnumValue values[] = {
    { POSITION_TOP_LEFT, "At the top, to the left", "top-left" },
    { POSITION_TOP_RIGHT, "At the top, to the right", "top-right" },
    { POSITION_BOTTOM_LEFT, "At the bottom, to the left", "bottom-left" },
    { POSITION_BOTTOM_RIGHT, "At the bottom, to the right", "bottom-right" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstQualityOverlayPosition", values));
  return type;
}

/* --- properties --- */

static void
gst_quality_overlay_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstQualityOverlay *self = GST_QUALITY_OVERLAY (object);

  GST_OBJECT_LOCK (self);
  self->changed = TRUE;
  switch (property_id) {
  case PROP_FIGURES:
    g_free (self->figures);
    self->figures = g_value_dup_string (value);
    break;
  case PROP_METRICS:
    g_free (self->metrics);
    self->metrics = g_value_dup_string (value);
    break;
  case PROP_POSITION:
    self->position = (Position)g_value_get_enum (value);
    break;
  case PROP_SCALE:
    self->scale = g_value_get_uint (value);
    break;
  case PROP_MARGIN:
    self->margin = g_value_get_uint (value);
    break;
  case PROP_OPACITY:
    self->opacity = g_value_get_double (value);
    break;
  case PROP_HISTORY:
    self->history = g_value_get_uint (value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_quality_overlay_get_property (
    GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GstQualityOverlay *self = GST_QUALITY_OVERLAY (object);

  GST_OBJECT_LOCK (self);
  switch (property_id) {
  case PROP_FIGURES:
    g_value_set_string (value, self->figures);
    break;
  case PROP_METRICS:
    g_value_set_string (value, self->metrics);
    break;
  case PROP_POSITION:
    g_value_set_enum (value, self->position);
    break;
  case PROP_SCALE:
    g_value_set_uint (value, self->scale);
    break;
  case PROP_MARGIN:
    g_value_set_uint (value, self->margin);
    break;
  case PROP_OPACITY:
    g_value_set_double (value, self->opacity);
    break;
  case PROP_HISTORY:
    g_value_set_uint (value, self->history);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_quality_overlay_finalize (GObject *object)
{
  GstQualityOverlay *self = GST_QUALITY_OVERLAY (object);

  g_free (self->figures);
  g_free (self->metrics);
  g_free (self->measured);
  gst_overlay_meter_free (self->meter);
  g_strfreev (self->names);
  gen_panel_free (self->panel);
  G_OBJECT_CLASS (gst_quality_overlay_parent_class)->finalize (object);
}

/* Figures may be anybody's, so that one that no metric has is told only where it is near to one. */
static void
check_name (GstQualityOverlay *self, const char *name)
{
  g_autoptr (GPtrArray) known = g_ptr_array_new ();
  const char *meant;

  if (gen_metric_find_field (name, NULL) != NULL)
    return;
  for (const GenMetric *const *m = gen_metric_list (); *m != NULL; m++)
    for (int f = 0; f < (*m)->n_fields; f++)
      g_ptr_array_add (known, (char *)(*m)->fields[f].name);
  g_ptr_array_add (known, NULL);
  meant = gen_nearest_name (name, (const char *const *)known->pdata);
  if (meant != NULL)
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
        ("Property figures: no metric has the figure \"%s\" (did you mean \"%s\"?)", name, meant),
        (NULL));
}

/* Measure what the property says now. FALSE with `error`, and nothing is measured. */
static gboolean
open_meter (GstQualityOverlay *self, GError **error)
{
  g_autofree char *metrics = NULL;

  GST_OBJECT_LOCK (self);
  metrics = self->metrics != NULL && *self->metrics != '\0' ? g_strdup (self->metrics) : NULL;
  GST_OBJECT_UNLOCK (self);
  if (g_strcmp0 (metrics, self->measured) == 0)
    return TRUE;
  g_clear_pointer (&self->meter, gst_overlay_meter_free);
  g_free (self->measured);
  self->measured = g_steal_pointer (&metrics);
  gen_panel_clear (self->panel);
  if (self->measured == NULL)
    return TRUE;
  self->meter = gst_overlay_meter_new (self->measured, error);
  return self->meter != NULL;
}

/* Names as the property has them now; and how many values a curve has. */
static void
read_properties (GstQualityOverlay *self)
{
  g_autofree char *figures = NULL;
  guint history;

  GST_OBJECT_LOCK (self);
  self->changed = FALSE;
  figures = g_strdup (self->figures);
  history = self->history;
  GST_OBJECT_UNLOCK (self);
  GST_INFO_OBJECT (self, "shows %s, with curves of %u values",
      figures != NULL && *figures != '\0' ? figures : "all that was measured", history);
  gen_panel_set_history (self->panel, history);
  self->knows_recent = FALSE;
  g_clear_pointer (&self->names, g_strfreev);
  if (figures == NULL || *figures == '\0')
    return;
  self->names = g_strsplit (figures, ",", -1);
  for (char **name = self->names; *name != NULL; name++)
    check_name (self, g_strstrip (*name));
}

static gboolean
is_in (const GstStructure *scores, const char *name)
{
  g_autofree char *missing = g_strconcat (name, "-missing", NULL);

  return gst_structure_has_field (scores, name) || gst_structure_has_field (scores, missing);
}

/* Figures of the last seconds are there where somebody asked for them alone. `scores` are those of
 * a meter in front, or NULL: of our own. */
static void
check_recent (GstQualityOverlay *self, const GstStructure *scores)
{
  gboolean knows = TRUE, told = FALSE;

  for (char **name = self->names; name != NULL && *name != NULL; name++) {
    g_autofree char *figure = NULL;

    if (!g_str_has_suffix (*name, RECENT) || (scores != NULL && is_in (scores, *name)))
      continue;
    figure = g_strndup (*name, strlen (*name) - strlen (RECENT));
    if (scores == NULL ? !gst_overlay_meter_has (self->meter, figure) : !is_in (scores, figure)) {
      knows = FALSE;
      continue;
    }
    told = TRUE;
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
        ("Property figures: there is %s and no \"%s\", which qualitymeter or qualitycompare in "
         "front makes with its property recent",
            figure, *name),
        (NULL));
  }
  self->knows_recent = knows || told;
}

/* --- frames --- */

static gboolean
gst_quality_overlay_start (GstBaseTransform *base)
{
  GstQualityOverlay *self = GST_QUALITY_OVERLAY (base);

  g_autoptr (GError) error = NULL;

  gen_panel_clear (self->panel);
  self->bare = 0;
  self->named = FALSE;
  read_properties (self);
  if (open_meter (self, &error)) {
    if (self->meter != NULL)
      check_recent (self, NULL);
    return TRUE;
  }
  GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS, ("Property metrics: %s", error->message), (NULL));
  g_clear_pointer (&self->measured, g_free);
  return FALSE;
}

static gboolean
gst_quality_overlay_stop (GstBaseTransform *base)
{
  GstQualityOverlay *self = GST_QUALITY_OVERLAY (base);

  g_clear_pointer (&self->meter, gst_overlay_meter_free);
  g_clear_pointer (&self->measured, g_free);
  return TRUE;
}

/* What comes behind a flush does not go on with the curves. */
static gboolean
gst_quality_overlay_sink_event (GstBaseTransform *base, GstEvent *event)
{
  GstQualityOverlay *self = GST_QUALITY_OVERLAY (base);

  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP)
    gen_panel_clear (self->panel);
  if (self->meter != NULL && (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP ||
                                 GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT))
    gst_overlay_meter_interrupt (self->meter);
  return GST_BASE_TRANSFORM_CLASS (gst_quality_overlay_parent_class)->sink_event (base, event);
}

/* A figure that is missing is told by its reason, as NAME-missing. */
static void
put_figure (GstQualityOverlay *self, const char *name, const GValue *value)
{
  if (G_VALUE_HOLDS_DOUBLE (value)) {
    gen_panel_put (self->panel, name, g_value_get_double (value));
  } else if (G_VALUE_HOLDS_INT64 (value) && self->names != NULL) {
    gen_panel_put (self->panel, name, (double)g_value_get_int64 (value));
  } else if (g_str_has_suffix (name, "-missing")) {
    char figure[64];
    const gsize length = strlen (name) - strlen ("-missing");

    if (length < sizeof figure) {
      memcpy (figure, name, length);
      figure[length] = '\0';
      gen_panel_put (self->panel, figure, NAN);
    }
  }
}

static void
read_figures (GstQualityOverlay *self, GstBuffer *buffer)
{
  const GstStructure *scores = gst_generative_score_get (buffer);
  const char *class = gst_generative_label_find_name (buffer);

  if (class != NULL || self->named)
    gen_panel_put_text (self->panel, "class", class != NULL ? class : "-");
  self->named |= class != NULL;
  if (scores == NULL) {
    if (gen_panel_count (self->panel) == 0 && self->meter == NULL && self->bare < PATIENCE &&
        ++self->bare == PATIENCE)
      GST_ELEMENT_WARNING (self, STREAM, FAILED,
          ("Nothing was measured of the first %d frames: put qualitymeter, qualitycompare, "
           "discriminator or classifier in front",
              PATIENCE),
          (NULL));
    return;
  }
  if (!self->knows_recent)
    check_recent (self, scores);
  for (int i = 0; i < gst_structure_n_fields (scores); i++) {
    const char *name = gst_structure_nth_field_name (scores, (guint)i);

    put_figure (self, name, gst_structure_get_value (scores, name));
  }
}

/* By itself, before anything is drawn. */
static gboolean
measure (GstQualityOverlay *self, GstVideoFrame *frame)
{
  g_autoptr (GError) error = NULL;

  if (GST_BUFFER_IS_DISCONT (frame->buffer))
    gst_overlay_meter_interrupt (self->meter);
  if (gst_overlay_meter_measure (self->meter, frame, self->panel, &error))
    return TRUE;
  GST_ELEMENT_ERROR (self, STREAM, FAILED, ("%s", error->message), (NULL));
  return FALSE;
}

/* The properties have changed while it plays. */
static void
update (GstQualityOverlay *self)
{
  g_autoptr (GError) error = NULL;

  read_properties (self);
  if (!open_meter (self, &error))
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
        ("Property metrics: %s; nothing is measured", error->message), (NULL));
  else if (self->meter != NULL)
    check_recent (self, NULL);
}

/* Where the panel begins along an axis; even, as samples of colour want it. */
static int
place (int extent, int panel, int margin, gboolean at_end)
{
  const int room = MAX (extent - panel, 0);

  return (at_end ? room - MIN (margin, room) : MIN (margin, room)) & ~1;
}

static GstFlowReturn
gst_quality_overlay_transform_frame_ip (GstVideoFilter *filter, GstVideoFrame *frame)
{
  GstQualityOverlay *self = GST_QUALITY_OVERLAY (filter);
  const int width = GST_VIDEO_FRAME_WIDTH (frame), height = GST_VIDEO_FRAME_HEIGHT (frame);
  const GenPicture *picture;
  Position position;
  int scale, margin;
  guint opacity;
  gboolean changed;

  GST_OBJECT_LOCK (self);
  changed = self->changed;
  position = self->position;
  scale = (int)self->scale;
  margin = (int)self->margin;
  opacity = (guint)(self->opacity * 255 + 0.5);
  GST_OBJECT_UNLOCK (self);
  if (changed)
    update (self);
  if (self->meter != NULL && !measure (self, frame))
    return GST_FLOW_ERROR;
  read_figures (self, frame->buffer);
  picture = gen_panel_draw (self->panel, (const char *const *)self->names,
      scale > 0 ? scale : MAX (height / ROWS_PER_SCALE, 1), width, height);
  if (picture->width > 0)
    gst_quality_overlay_blend (frame, picture,
        place (width, picture->width, margin,
            position == POSITION_TOP_RIGHT || position == POSITION_BOTTOM_RIGHT),
        place (height, picture->height, margin,
            position == POSITION_BOTTOM_LEFT || position == POSITION_BOTTOM_RIGHT),
        opacity);
  return GST_FLOW_OK;
}

static void
gst_quality_overlay_class_init (GstQualityOverlayClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *base_class = GST_BASE_TRANSFORM_CLASS (klass);
  GstVideoFilterClass *filter_class = GST_VIDEO_FILTER_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;

  GST_DEBUG_CATEGORY_INIT (quality_overlay_debug, "qualityoverlay", 0, "what is shown");

  gobject_class->set_property = gst_quality_overlay_set_property;
  gobject_class->get_property = gst_quality_overlay_get_property;
  gobject_class->finalize = gst_quality_overlay_finalize;

  g_object_class_install_property (gobject_class, PROP_FIGURES,
      g_param_spec_string ("figures", "Figures",
          "Names of figures that are shown, with commas between, in that order (unset: all that "
          "come but counts and times)",
          DEFAULT_FIGURES, flags));
  g_object_class_install_property (gobject_class, PROP_METRICS,
      g_param_spec_string ("metrics", "Metrics",
          "What to measure by itself, with commas between, as metrics of qualitymeter: those that "
          "need no reference and no file of a model (unset: nothing, and what was measured "
          "upstream "
          "is shown)",
          DEFAULT_METRICS, flags));
  g_object_class_install_property (gobject_class, PROP_POSITION,
      g_param_spec_enum ("position", "Position", "Corner of the frame", position_get_type (),
          DEFAULT_POSITION, flags));
  g_object_class_install_property (gobject_class, PROP_SCALE,
      g_param_spec_uint ("scale", "Scale",
          "Size of letters, in multiples of 5 by 7 pixels; smaller where all would not fit (0: by "
          "the frame's height)",
          0, MAX_SCALE, DEFAULT_SCALE, flags));
  g_object_class_install_property (gobject_class, PROP_MARGIN,
      g_param_spec_uint ("margin", "Margin", "Pixels between the figures and the frame's edges", 0,
          G_MAXINT16, DEFAULT_MARGIN, flags));
  g_object_class_install_property (gobject_class, PROP_OPACITY,
      g_param_spec_double ("opacity", "Opacity",
          "How much of the picture the ground behind the figures hides: 0 nothing, 1 all", 0, 1,
          DEFAULT_OPACITY, flags));
  g_object_class_install_property (gobject_class, PROP_HISTORY,
      g_param_spec_uint ("history", "History",
          "How many of the last values a curve is of (0: there are none)", 0, MAX_HISTORY,
          DEFAULT_HISTORY, flags));

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Quality overlay", "Filter/Editor/Video",
      "Shows on the video the figures that were measured of it, with curves", "gst-generative");

  base_class->start = gst_quality_overlay_start;
  base_class->stop = gst_quality_overlay_stop;
  base_class->sink_event = gst_quality_overlay_sink_event;
  filter_class->transform_frame_ip = gst_quality_overlay_transform_frame_ip;

  gst_generative_label_register ();
  gst_type_mark_as_plugin_api (position_get_type (), 0);
}

static void
gst_quality_overlay_init (GstQualityOverlay *self)
{
  self->figures = g_strdup (DEFAULT_FIGURES);
  self->metrics = g_strdup (DEFAULT_METRICS);
  self->position = DEFAULT_POSITION;
  self->scale = DEFAULT_SCALE;
  self->margin = DEFAULT_MARGIN;
  self->opacity = DEFAULT_OPACITY;
  self->history = DEFAULT_HISTORY;
  self->panel = gen_panel_new (DEFAULT_HISTORY);
}
