/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sides.h"

#include "../shared/frames.h"
#include "../shared/stream-time.h"

#include <string.h>

/* --- files --- */

/* That input `name` of the `n_pads` pads and the files behind them is given once. */
static gboolean
check_single (
    const GPtrArray *names, guint n_pads, const char *name, const char *file, GError **error)
{
  for (guint i = 0; i < names->len; i++) {
    if (!g_str_equal (g_ptr_array_index (names, i), name))
      continue;
    g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        "input '%s' is given by %s%s and by file %s of property inputs: leave out one of the two",
        name, i < n_pads ? "pad " GST_GENERATOR_SINK_PREFIX : "another file for ", name, file);
    return FALSE;
  }
  return TRUE;
}

gboolean
gst_generator_add_files (const char *text, GStrv *names, GError **error)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) files = g_strsplit (text != NULL ? text : "", ",", -1);
  const guint n_pads = g_strv_length (*names);

  for (guint i = 0; i < n_pads; i++)
    g_ptr_array_add (all, g_strdup ((*names)[i]));
  for (guint i = 0; files[i] != NULL; i++) {
    char *equals = strchr (files[i], '=');

    if (equals == NULL || equals == files[i] || equals[1] == '\0') {
      g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
          "property inputs has \"%s\", which should be the name of an input and a file, such as "
          "style=night.png",
          files[i]);
      return FALSE;
    }
    *equals = '\0';
    if (!check_single (all, n_pads, g_strstrip (files[i]), equals + 1, error))
      return FALSE;
    g_ptr_array_add (all, g_strdup (files[i]));
  }
  g_ptr_array_add (all, NULL);
  g_strfreev (*names);
  *names = (GStrv)g_ptr_array_steal (all, NULL);
  return TRUE;
}

/* The file of input `name`, or NULL. (transfer full) */
static char *
find_file (const char *text, const char *name)
{
  g_auto (GStrv) files = g_strsplit (text != NULL ? text : "", ",", -1);

  for (guint i = 0; files[i] != NULL; i++) {
    char *equals = strchr (files[i], '=');

    *equals = '\0';
    if (g_str_equal (g_strstrip (files[i]), name))
      return g_strdup (equals + 1);
  }
  return NULL;
}

/* Decoded once, and scaled where the size has changed. */
static gboolean
fit_file (GstGeneratorSide *side, const GenPort *port, int width, int height, GError **error)
{
  GenPicture *fitted = &side->fitted;

  if (side->decoded.data == NULL || side->decoded.channels != port->channels) {
    gen_picture_clear (&side->decoded);
    if (!gen_picture_load (&side->decoded, side->path, port->channels, error))
      return FALSE;
  }
  gen_picture_clear (fitted);
  gen_picture_init (fitted, width, height, port->channels);
  return gen_picture_fit (&side->decoded, fitted, GEN_FIT_STRETCH, error);
}

/* --- begin and end --- */

void
gst_generator_sides_init (GstGeneratorSides *sides)
{
  g_mutex_init (&sides->lock);
  g_cond_init (&sides->changed);
}

void
gst_generator_sides_clear (GstGeneratorSides *sides)
{
  g_mutex_clear (&sides->lock);
  g_cond_clear (&sides->changed);
}

void
gst_generator_sides_begin (GstGeneratorSides *sides, GstElement *element, const char *files,
    const GstGeneratorPorts *ports)
{
  g_mutex_lock (&sides->lock);
  sides->stopping = sides->interrupted = sides->main_ended = FALSE;
  for (sides->n = 0; sides->n < ports->n_beside; sides->n++) {
    const char *input = ports->beside[sides->n].name;
    g_autofree char *name = g_strconcat (GST_GENERATOR_SINK_PREFIX, input, NULL);
    GstGeneratorSide *side = &sides->sides[sides->n];

    *side = (GstGeneratorSide){ .path = find_file (files, input) };
    if (side->path == NULL)
      side->pad = gst_element_get_static_pad (element, name);
    gst_segment_init (&side->segment, GST_FORMAT_TIME);
    gst_video_info_init (&side->info);
    side->next_time = side->known_until = GST_CLOCK_TIME_NONE;
  }
  g_mutex_unlock (&sides->lock);
}

void
gst_generator_sides_end (GstGeneratorSides *sides)
{
  g_mutex_lock (&sides->lock);
  for (guint k = 0; k < sides->n; k++) {
    GstGeneratorSide *side = &sides->sides[k];

    gst_clear_object (&side->pad);
    g_clear_pointer (&side->path, g_free);
    gen_picture_clear (&side->decoded);
    gen_picture_clear (&side->fitted);
    g_clear_pointer (&side->scaler, gst_video_converter_free);
    gst_clear_buffer (&side->next);
    gst_clear_buffer (&side->now);
  }
  sides->n = 0;
  g_cond_broadcast (&sides->changed);
  g_mutex_unlock (&sides->lock);
}

void
gst_generator_sides_stop (GstGeneratorSides *sides)
{
  g_mutex_lock (&sides->lock);
  sides->stopping = TRUE;
  g_cond_broadcast (&sides->changed);
  g_mutex_unlock (&sides->lock);
}

void
gst_generator_sides_note (GstGeneratorSides *sides, GstEvent *event)
{
  g_mutex_lock (&sides->lock);
  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_FLUSH_START:
    sides->interrupted = TRUE;
    break;
  case GST_EVENT_FLUSH_STOP:
  case GST_EVENT_STREAM_START:
    sides->interrupted = sides->main_ended = FALSE;
    break;
  case GST_EVENT_EOS:
    sides->main_ended = TRUE;
    break;
  default:
    break;
  }
  g_cond_broadcast (&sides->changed);
  g_mutex_unlock (&sides->lock);
}

/* --- how frames lie --- */

static int
side_height (const GenPort *port, const GenModelUse *use)
{
  return port->height > 0 ? port->height : use->height;
}

static int
side_width (const GenPort *port, const GenModelUse *use)
{
  return port->width > 0 ? port->width : use->width;
}

/* Frames of bytes without arithmetic, as a file has them. */
static void
describe_plain (const GenPort *port, const GenModelUse *use, int stride, GenFrameLayout *layout)
{
  const GstVideoFormat format = port->channels == 1   ? GST_VIDEO_FORMAT_GRAY8
                                : port->channels == 3 ? GST_VIDEO_FORMAT_RGB
                                                      : GST_VIDEO_FORMAT_RGBA;
  GstVideoInfo info;

  gst_video_info_set_format (
      &info, format, (guint)side_width (port, use), (guint)side_height (port, use));
  if (stride > 0)
    GST_VIDEO_INFO_PLANE_STRIDE (&info, 0) = stride;
  gst_generative_layout (&info, port->channels, 1, TRUE, layout);
}

gboolean
gst_generator_sides_negotiate (
    GstGeneratorSides *sides, const GstGeneratorPorts *ports, GenModelUse *use, GError **error)
{
  use->n_inputs = sides->n;
  for (guint k = 0; k < sides->n; k++) {
    GstGeneratorSide *side = &sides->sides[k];
    const GenPort *port = &ports->beside[k];
    GenModelSide *of = &use->inputs[k];

    *of = (GenModelSide){ .port = *port, .in_frames = TRUE };
    if (side->path != NULL &&
        !fit_file (side, port, side_width (port, use), side_height (port, use), error))
      return FALSE;
    describe_plain (port, use, side->path != NULL ? side->fitted.stride : 0, &of->layout);
  }
  return TRUE;
}

/* Whether what is in front of the pad can make frames of that size, as videoscale can. */
static gboolean
may_come_so (const GstGeneratorSide *side, int width, int height)
{
  g_autoptr (GstCaps) wanted = gst_caps_new_simple (
      "video/x-raw", "width", G_TYPE_INT, width, "height", G_TYPE_INT, height, NULL);
  g_autoptr (GstCaps) possible = gst_pad_peer_query_caps (side->pad, wanted);

  return gst_caps_can_intersect (possible, wanted);
}

/* Have what is in front make frames of that size, and scale those that are on their way. FALSE
 * where it cannot. */
static gboolean
change_size (GstGeneratorSide *side, int width, int height)
{
  GstVideoInfo *to = &side->scaled_to;

  if (side->scaler != NULL && to->width == width && to->height == height &&
      gst_video_info_is_equal (&side->scaled_from, &side->now_info))
    return TRUE;
  if (!may_come_so (side, width, height))
    return FALSE;
  side->scaled_from = side->now_info;
  gst_video_info_set_interlaced_format (to, GST_VIDEO_INFO_FORMAT (&side->now_info),
      GST_VIDEO_INFO_INTERLACE_MODE (&side->now_info), (guint)width, (guint)height);
  to->colorimetry = side->now_info.colorimetry;
  to->chroma_site = side->now_info.chroma_site;
  to->fps_n = side->now_info.fps_n;
  to->fps_d = side->now_info.fps_d;
  g_clear_pointer (&side->scaler, gst_video_converter_free);
  side->scaler = gst_video_converter_new (&side->scaled_from, to, NULL);
  gst_pad_push_event (side->pad, gst_event_new_reconfigure ());
  return side->scaler != NULL;
}

/* Let the frame that is seen be of the size that was agreed on. */
static gboolean
scale (GstGeneratorSide *side, GError **error)
{
  g_autoptr (GstBuffer) scaled =
      gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (&side->scaled_to), NULL);
  GstVideoFrame from, to;

  if (!gst_video_frame_map (&from, &side->now_info, side->now, GST_MAP_READ)) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ,
        "a frame of pad %s cannot be read", GST_PAD_NAME (side->pad));
    return FALSE;
  }
  gst_video_frame_map (&to, &side->scaled_to, scaled, GST_MAP_WRITE);
  gst_video_converter_frame (side->scaler, &from, &to);
  gst_video_frame_unmap (&to);
  gst_video_frame_unmap (&from);
  gst_buffer_unref (side->now);
  side->now = g_steal_pointer (&scaled);
  side->now_info = side->scaled_to;
  return TRUE;
}

/* Frames may have been agreed on, and wait in queues, before it was known how large those are that
 * are played. */
static gboolean
fit_size (GstGeneratorSide *side, const GenPort *port, const GenModelUse *use, GError **error)
{
  const int width = side_width (port, use), height = side_height (port, use);

  if (side->now_info.width == width && side->now_info.height == height)
    return TRUE;
  if (change_size (side, width, height))
    return scale (side, error);
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "frames of pad %s are %d x %d, but the model's input '%s' takes %d x %d with those that are "
      "played: put videoscale in front",
      GST_PAD_NAME (side->pad), side->now_info.width, side->now_info.height, port->name, width,
      height);
  return FALSE;
}

gboolean
gst_generator_sides_map (GstGeneratorSides *sides, GenModelUse *use, GError **error)
{
  for (guint k = 0; k < sides->n; k++) {
    GstGeneratorSide *side = &sides->sides[k];
    GenModelSide *of = &use->inputs[k];

    if (side->path != NULL)
      continue;
    if (!gst_generative_check_frame (&side->now_info, side->now, error)) {
      g_prefix_error (error, "Pad %s: ", GST_PAD_NAME (side->pad));
      return FALSE;
    }
    if (!fit_size (side, &of->port, use, error))
      return FALSE;
    if (!gst_video_frame_map (&side->mapped, &side->now_info, side->now, GST_MAP_READ)) {
      g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ,
          "a frame of pad %s cannot be read", GST_PAD_NAME (side->pad));
      return FALSE;
    }
    if (!gst_generative_layout_of_frame (&side->mapped, of->port.channels, 1, TRUE, &of->layout)) {
      g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
          "planes of a frame of pad %s differ in their strides", GST_PAD_NAME (side->pad));
      return FALSE;
    }
  }
  return TRUE;
}

void
gst_generator_sides_unmap (GstGeneratorSides *sides)
{
  for (guint k = 0; k < sides->n; k++) {
    GstGeneratorSide *side = &sides->sides[k];

    if (side->mapped.buffer != NULL)
      gst_video_frame_unmap (&side->mapped);
    side->mapped = (GstVideoFrame){ 0 };
  }
}

void
gst_generator_sides_bind (GstGeneratorSides *sides, GenPlayer *player)
{
  for (guint k = 0; k < sides->n; k++) {
    const GstGeneratorSide *side = &sides->sides[k];
    const GenFrameLayout *layout = &gen_player_use (player)->inputs[k].layout;
    GenFrame frame = { .planes = { side->fitted.data } };

    for (int p = 0; side->path == NULL && p < gen_frame_layout_planes (layout); p++)
      frame.planes[p] = gst_generative_frame_plane (
          &side->mapped, layout, p, 0, 0, GST_VIDEO_INFO_HEIGHT (&side->now_info));
    gen_player_bind_side_input (player, k, 0, &frame);
  }
}

/* --- in step --- */

/* Let the frame that has come be the one that is seen. Under the lock. */
static void
turn_to_next (GstGeneratorSides *sides, GstGeneratorSide *side)
{
  gst_clear_buffer (&side->now);
  side->now = g_steal_pointer (&side->next);
  side->now_info = side->info;
  /* A gap may have come behind it. */
  if (GST_CLOCK_TIME_IS_VALID (side->next_time) && GST_BUFFER_DURATION_IS_VALID (side->now) &&
      !GST_CLOCK_TIME_IS_VALID (side->known_until))
    side->known_until = side->next_time + GST_BUFFER_DURATION (side->now);
  g_cond_broadcast (&sides->changed);
}

/* Whether the frame for `time` is there, the last one that begins by then, or else the first one.
 * Under the lock. */
static gboolean
is_ready (GstGeneratorSides *sides, GstGeneratorSide *side, GstClockTime time)
{
  const gboolean timeless =
      !GST_CLOCK_TIME_IS_VALID (time) || !GST_CLOCK_TIME_IS_VALID (side->next_time);

  if (side->restarted)
    gst_clear_buffer (&side->now);
  side->restarted = FALSE;
  if (side->next != NULL && (side->now == NULL || timeless || side->next_time <= time)) {
    turn_to_next (sides, side);
    /* Without times there is one for each. */
    if (timeless)
      return TRUE;
  }
  if (side->next != NULL || side->ended)
    return TRUE;
  return side->now != NULL && GST_CLOCK_TIME_IS_VALID (time) &&
         GST_CLOCK_TIME_IS_VALID (side->known_until) && time < side->known_until;
}

static gboolean
is_stopped (const GstGeneratorSides *sides)
{
  return sides->stopping || sides->interrupted;
}

GstFlowReturn
gst_generator_sides_wait (GstGeneratorSides *sides, GstClockTime time)
{
  GstFlowReturn flow = GST_FLOW_OK;

  g_mutex_lock (&sides->lock);
  for (guint k = 0; k < sides->n && flow == GST_FLOW_OK; k++) {
    GstGeneratorSide *side = &sides->sides[k];

    if (side->path != NULL)
      continue;
    while (!is_stopped (sides) && (sides->seeking || !is_ready (sides, side, time)))
      g_cond_wait (&sides->changed, &sides->lock);
    if (is_stopped (sides))
      flow = GST_FLOW_FLUSHING;
    else if (side->now == NULL)
      flow = GST_FLOW_EOS;
  }
  g_mutex_unlock (&sides->lock);
  return flow;
}

/* --- pads --- */

static void
set_seeking (GstGeneratorSides *sides, gboolean seeking)
{
  g_mutex_lock (&sides->lock);
  sides->seeking = seeking;
  g_cond_broadcast (&sides->changed);
  g_mutex_unlock (&sides->lock);
}

const char *
gst_generator_sides_find_empty (const GstGeneratorSides *sides)
{
  for (guint k = 0; k < sides->n; k++)
    if (sides->sides[k].pad != NULL && sides->sides[k].now == NULL)
      return GST_PAD_NAME (sides->sides[k].pad);
  return NULL;
}

/* One that does not flush waits for what is played to come to it. */
void
gst_generator_sides_begin_seek (GstGeneratorSides *sides, GstEvent *event)
{
  GstSeekFlags flags;

  gst_event_parse_seek (event, NULL, NULL, &flags, NULL, NULL, NULL, NULL);
  set_seeking (sides, (flags & GST_SEEK_FLAG_FLUSH) != 0);
}

/* To all pads. */
static void
send (GstGeneratorSides *sides, GstEvent *event)
{
  GstPad *pads[GEN_MODEL_MAX_SIDES] = { 0 };

  g_mutex_lock (&sides->lock);
  for (guint k = 0; k < sides->n; k++)
    if (sides->sides[k].pad != NULL)
      pads[k] = gst_object_ref (sides->sides[k].pad);
  g_mutex_unlock (&sides->lock);
  for (guint k = 0; k < GEN_MODEL_MAX_SIDES; k++) {
    if (pads[k] == NULL)
      continue;
    gst_pad_push_event (pads[k], gst_event_ref (event));
    gst_object_unref (pads[k]);
  }
}

void
gst_generator_sides_end_seek (GstGeneratorSides *sides, GstEvent *event, gboolean done)
{
  if (done)
    send (sides, event);
  set_seeking (sides, FALSE);
}

static const GenPort *
find_beside (const GstGeneratorPorts *ports, const char *name)
{
  for (guint k = 0; k < ports->n_beside; k++)
    if (g_str_equal (ports->beside[k].name, name))
      return &ports->beside[k];
  return NULL;
}

GstCaps *
gst_generator_side_caps (const GstGeneratorPorts *ports, const GenModelUse *use, const char *name)
{
  const GenPort *port = find_beside (ports, name);
  GstStructure *structure;

  if (port == NULL)
    return gst_caps_new_empty ();
  structure = gst_structure_new_empty ("video/x-raw");
  if (side_width (port, use) > 0)
    gst_structure_set (structure, "width", G_TYPE_INT, side_width (port, use), NULL);
  if (side_height (port, use) > 0)
    gst_structure_set (structure, "height", G_TYPE_INT, side_height (port, use), NULL);
  gst_generative_formats_set (structure, port->channels, TRUE, FALSE, TRUE);
  return gst_caps_new_full (structure, NULL);
}

/* "8 x 8 pixels", or any. (transfer full) */
static char *
describe_size (int width, int height)
{
  return width > 0 && height > 0 ? g_strdup_printf ("%d x %d pixels", width, height)
                                 : g_strdup ("frames of any size");
}

char *
gst_generator_side_describe_misfit (const GstGeneratorPorts *ports, const GenModelUse *use,
    const char *name, const GstCaps *offered)
{
  const GenPort *port = find_beside (ports, name);
  const GstStructure *first = gst_caps_get_structure (offered, 0);
  const char *format = gst_structure_get_string (first, "format");
  int width = 0, height = 0;
  g_autofree char *comes = NULL, *taken = NULL;

  if (port == NULL)
    return NULL;
  gst_structure_get_int (first, "width", &width);
  gst_structure_get_int (first, "height", &height);
  comes = describe_size (width, height);
  taken = describe_size (side_width (port, use), side_height (port, use));
  return g_strdup_printf ("Pad " GST_GENERATOR_SINK_PREFIX
                          "%s: %s of %s come, but the model's input '%s' takes %s of "
                          "%d channels: put videoconvert and videoscale in front",
      name, comes, format != NULL ? format : gst_structure_get_name (first), name, taken,
      port->channels);
}

static GstGeneratorSide *
find_side (GstGeneratorSides *sides, const GstPad *pad)
{
  for (guint k = 0; k < sides->n; k++)
    if (sides->sides[k].pad == pad)
      return &sides->sides[k];
  return NULL;
}

static gboolean
has_room (const GstGeneratorSides *sides, const GstGeneratorSide *side)
{
  return side->next == NULL || side->flushing || sides->stopping || sides->main_ended;
}

GstFlowReturn
gst_generator_sides_chain (GstGeneratorSides *sides, GstPad *pad, GstBuffer *buffer)
{
  GstFlowReturn flow = GST_FLOW_OK;
  GstGeneratorSide *side;

  g_mutex_lock (&sides->lock);
  while ((side = find_side (sides, pad)) != NULL && !has_room (sides, side))
    g_cond_wait (&sides->changed, &sides->lock);
  if (side == NULL || side->flushing || sides->stopping) {
    flow = GST_FLOW_FLUSHING;
  } else if (sides->main_ended) {
    flow = GST_FLOW_EOS;
  } else if (GST_VIDEO_INFO_FORMAT (&side->info) == GST_VIDEO_FORMAT_UNKNOWN) {
    flow = GST_FLOW_NOT_NEGOTIATED;
  } else {
    side->next = g_steal_pointer (&buffer);
    side->next_time = gst_generative_running_time (&side->segment, GST_BUFFER_PTS (side->next));
    side->known_until = GST_CLOCK_TIME_NONE;
    g_cond_broadcast (&sides->changed);
  }
  g_mutex_unlock (&sides->lock);
  gst_clear_buffer (&buffer);
  return flow;
}

/* Nothing comes before the end of a gap. */
static void
note_gap (GstGeneratorSide *side, GstEvent *event)
{
  GstClockTime start, duration;

  gst_event_parse_gap (event, &start, &duration);
  if (GST_CLOCK_TIME_IS_VALID (duration))
    start += duration;
  side->known_until = gst_generative_running_time (&side->segment, start);
}

static void
empty (GstGeneratorSide *side)
{
  gst_clear_buffer (&side->next);
  side->next_time = side->known_until = GST_CLOCK_TIME_NONE;
  side->ended = FALSE;
}

/* Caps say of the frames to come, not of the one that waits. */
static gboolean
take_caps (GstGeneratorSides *sides, GstPad *pad, GstEvent *event)
{
  GstGeneratorSide *side;
  GstVideoInfo info;
  GstCaps *caps;

  gst_event_parse_caps (event, &caps);
  if (!gst_video_info_from_caps (&info, caps))
    return FALSE;
  g_mutex_lock (&sides->lock);
  while ((side = find_side (sides, pad)) != NULL && !has_room (sides, side))
    g_cond_wait (&sides->changed, &sides->lock);
  if (side != NULL)
    side->info = info;
  g_mutex_unlock (&sides->lock);
  return side != NULL;
}

gboolean
gst_generator_sides_event (GstGeneratorSides *sides, GstPad *pad, GstEvent *event)
{
  GstGeneratorSide *side;

  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS)
    return take_caps (sides, pad, event);
  g_mutex_lock (&sides->lock);
  side = find_side (sides, pad);
  if (side == NULL) {
    g_mutex_unlock (&sides->lock);
    return FALSE;
  }
  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_STREAM_START:
    side->ended = FALSE;
    break;
  case GST_EVENT_SEGMENT:
    gst_event_copy_segment (event, &side->segment);
    break;
  case GST_EVENT_GAP:
    note_gap (side, event);
    break;
  case GST_EVENT_EOS:
    side->ended = TRUE;
    break;
  case GST_EVENT_FLUSH_START:
    side->flushing = TRUE;
    break;
  case GST_EVENT_FLUSH_STOP:
    side->flushing = FALSE;
    side->restarted = TRUE;
    empty (side);
    break;
  default:
    break;
  }
  g_cond_broadcast (&sides->changed);
  g_mutex_unlock (&sides->lock);
  return TRUE;
}

void
gst_generator_sides_release (GstGeneratorSides *sides, GstPad *pad)
{
  GstGeneratorSide *side;

  g_mutex_lock (&sides->lock);
  side = find_side (sides, pad);
  /* Whoever brings the next one goes. */
  if (side != NULL)
    side->ended = side->flushing = TRUE;
  g_cond_broadcast (&sides->changed);
  g_mutex_unlock (&sides->lock);
}
