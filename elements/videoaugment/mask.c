/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mask.h"

#include "../shared/frame-time.h"

GST_DEBUG_CATEGORY_EXTERN (video_augment_debug);
#define GST_CAT_DEFAULT video_augment_debug

/* So far may frames be ahead. */
#define MAX_AHEAD 64
/* So long may it take until something is linked to the pad of frames, as decodebin links late. */
#define PATIENCE (5 * G_TIME_SPAN_SECOND)

struct _GstVideoAugmentMask {
  GstElement *element;
  GstPad *sink, *src;

  /* The streaming thread's. */
  GstVideoInfo info;
  guint64 counted;
  GenAugmentWorkspace *workspace;
  GenAugmentPictureDraw draw;
  gboolean said_no_frame;

  GMutex lock; /* of all below */
  GCond changed;
  GstVideoAugmentDrawn drawn[MAX_AHEAD]; /* a ring */
  guint first, n;
  gboolean flushing, ended; /* the masks' stream */
  gboolean interrupted, frames_ended;
};

guint64
gst_video_augment_frame_number (GstBuffer *buffer, const GstVideoInfo *info, guint64 *counted)
{
  if (GST_BUFFER_OFFSET_IS_VALID (buffer))
    return GST_BUFFER_OFFSET (buffer);
  if (GST_BUFFER_PTS_IS_VALID (buffer) && GST_VIDEO_INFO_FPS_N (info) > 0)
    return gst_generative_time_frame (
        GST_BUFFER_PTS (buffer), GST_VIDEO_INFO_FPS_N (info), GST_VIDEO_INFO_FPS_D (info));
  return (*counted)++;
}

/* --- what has been drawn; under the lock --- */

static void
forget (GstVideoAugmentMask *mask, guint n)
{
  for (; n > 0; n--) {
    GstVideoAugmentDrawn *drawn = &mask->drawn[mask->first];

    g_clear_pointer ((GenAugmentPolicy **)&drawn->settings.policy, gen_augment_policy_unref);
    mask->first = (mask->first + 1) % MAX_AHEAD;
    mask->n--;
  }
}

/* The frame of that number, those before it being forgotten; NULL while it may still come, or, when
 * `none` is TRUE, as there is none. A number that is higher tells nothing, as one of the streams
 * may have been sent elsewhere before the other. */
static GstVideoAugmentDrawn *
find (GstVideoAugmentMask *mask, guint64 number, gboolean *none)
{
  while (mask->n > 0 && mask->drawn[mask->first].number < number)
    forget (mask, 1);
  for (guint i = 0; i < mask->n; i++)
    if (mask->drawn[(mask->first + i) % MAX_AHEAD].number == number) {
      forget (mask, i);
      return &mask->drawn[mask->first];
    }
  *none = mask->n == MAX_AHEAD || mask->frames_ended;
  return NULL;
}

static gboolean
frames_are_linked (GstVideoAugmentMask *mask)
{
  g_autoptr (GstPad) frames = gst_element_get_static_pad (mask->element, "sink");

  return gst_pad_is_linked (frames);
}

/* Until something has changed; FALSE when no frame can come, as nothing has been linked since the
 * wait began, which is up at `end`. */
static gboolean
wait_for_change (GstVideoAugmentMask *mask, gint64 *end)
{
  g_cond_broadcast (&mask->changed);
  if (g_cond_wait_until (&mask->changed, &mask->lock, *end))
    return TRUE;
  *end = g_get_monotonic_time () + PATIENCE;
  return frames_are_linked (mask);
}

/* Takes the frame of that number into the draw. FALSE with `flow` when there is none. */
static gboolean
wait_for (GstVideoAugmentMask *mask, guint64 number, GstFlowReturn *flow)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  GstVideoAugmentDrawn *drawn = NULL;
  gboolean none = FALSE, alone = FALSE;

  g_mutex_lock (&mask->lock);
  while (!mask->flushing && !mask->interrupted && (drawn = find (mask, number, &none)) == NULL &&
         !none && !alone)
    alone = !wait_for_change (mask, &end);
  *flow = mask->flushing || mask->interrupted ? GST_FLOW_FLUSHING
          : alone                             ? GST_FLOW_ERROR
                                              : GST_FLOW_OK;
  if (drawn != NULL) {
    gen_augment_draw_picture_of_clip (
        &drawn->settings, drawn->clip, number, drawn->width, drawn->height, &mask->draw);
    forget (mask, 1);
  }
  g_cond_broadcast (&mask->changed);
  g_mutex_unlock (&mask->lock);
  return drawn != NULL;
}

void
gst_video_augment_mask_offer (GstVideoAugmentMask *mask, const GstVideoAugmentDrawn *drawn)
{
  g_mutex_lock (&mask->lock);
  while (mask->n == MAX_AHEAD && !mask->ended && !mask->flushing && !mask->interrupted)
    g_cond_wait (&mask->changed, &mask->lock);
  if (mask->n == MAX_AHEAD)
    forget (mask, 1);
  mask->drawn[(mask->first + mask->n) % MAX_AHEAD] = *drawn;
  if (drawn->settings.policy != NULL)
    gen_augment_policy_ref ((GenAugmentPolicy *)drawn->settings.policy);
  mask->n++;
  g_cond_broadcast (&mask->changed);
  g_mutex_unlock (&mask->lock);
}

void
gst_video_augment_mask_interrupt (GstVideoAugmentMask *mask, gboolean interrupted)
{
  g_mutex_lock (&mask->lock);
  mask->interrupted = interrupted;
  mask->frames_ended = FALSE;
  forget (mask, mask->n);
  g_cond_broadcast (&mask->changed);
  g_mutex_unlock (&mask->lock);
}

void
gst_video_augment_mask_end (GstVideoAugmentMask *mask, gboolean ended)
{
  g_mutex_lock (&mask->lock);
  mask->frames_ended = ended;
  g_cond_broadcast (&mask->changed);
  g_mutex_unlock (&mask->lock);
}

/* --- masks --- */

static GstFlowReturn
refuse (GstVideoAugmentMask *mask)
{
  GST_ELEMENT_ERROR (mask->element, STREAM, FORMAT,
      ("masks are of %d by %d pixels, but frames are of %d by %d: a mask must have the size of its "
       "frame",
          mask->info.width, mask->info.height, mask->draw.width, mask->draw.height),
      (NULL));
  return GST_FLOW_ERROR;
}

/* In place; `buffer` is writable. */
static GstFlowReturn
move (GstVideoAugmentMask *mask, GstBuffer *buffer)
{
  GstVideoFrame frame;
  GenPicture picture;

  if (mask->info.width != mask->draw.width || mask->info.height != mask->draw.height)
    return refuse (mask);
  if (!gst_video_frame_map (&frame, &mask->info, buffer, GST_MAP_READWRITE)) {
    GST_ELEMENT_ERROR (
        mask->element, STREAM, FORMAT, ("a mask is smaller than its caps say"), (NULL));
    return GST_FLOW_ERROR;
  }
  picture = (GenPicture){
    .data = GST_VIDEO_FRAME_PLANE_DATA (&frame, 0),
    .width = mask->info.width,
    .height = mask->info.height,
    .channels = GST_VIDEO_FRAME_COMP_PSTRIDE (&frame, 0),
    .stride = GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0),
  };
  gen_augment_render_mask (&mask->draw, mask->workspace, &picture);
  gst_video_frame_unmap (&frame);
  return GST_FLOW_OK;
}

static void
say_no_frame (GstVideoAugmentMask *mask, guint64 number)
{
  if (!mask->said_no_frame)
    GST_ELEMENT_WARNING (mask->element, STREAM, MUX,
        ("mask %" G_GUINT64_FORMAT " is left out, as no frame has that number: masks and frames go "
         "together by their offsets, or by time and frame rate",
            number),
        (NULL));
  mask->said_no_frame = TRUE;
}

static GstFlowReturn
mask_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  GstVideoAugmentMask *mask = gst_pad_get_element_private (pad);
  GstFlowReturn flow;
  guint64 number;

  if (mask->info.finfo == NULL) {
    gst_buffer_unref (buffer);
    return GST_FLOW_NOT_NEGOTIATED;
  }
  number = gst_video_augment_frame_number (buffer, &mask->info, &mask->counted);
  if (!wait_for (mask, number, &flow)) {
    if (flow == GST_FLOW_OK)
      say_no_frame (mask, number);
    else if (flow == GST_FLOW_ERROR)
      GST_ELEMENT_ERROR (mask->element, STREAM, MUX,
          ("masks come, but nothing is linked to the pad sink, whose frames they move with"),
          (NULL));
    gst_buffer_unref (buffer);
    return flow;
  }
  if (gen_augment_picture_moves (&mask->draw)) {
    buffer = gst_buffer_make_writable (buffer);
    flow = move (mask, buffer);
  }
  GST_LOG_OBJECT (pad, "mask %" G_GUINT64_FORMAT ": %s", number,
      gen_augment_picture_moves (&mask->draw) ? "moved" : "left as it is");
  if (flow == GST_FLOW_OK)
    return gst_pad_push (mask->src, buffer);
  gst_buffer_unref (buffer);
  return flow;
}

static void
set_flushing (GstVideoAugmentMask *mask, gboolean flushing)
{
  g_mutex_lock (&mask->lock);
  mask->flushing = flushing;
  mask->ended = FALSE;
  g_cond_broadcast (&mask->changed);
  g_mutex_unlock (&mask->lock);
}

static void
set_ended (GstVideoAugmentMask *mask)
{
  g_mutex_lock (&mask->lock);
  mask->ended = TRUE;
  g_cond_broadcast (&mask->changed);
  g_mutex_unlock (&mask->lock);
}

static gboolean
mask_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstVideoAugmentMask *mask = gst_pad_get_element_private (pad);
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_CAPS:
    gst_event_parse_caps (event, &caps);
    if (!gst_video_info_from_caps (&mask->info, caps)) {
      gst_event_unref (event);
      return FALSE;
    }
    break;
  case GST_EVENT_FLUSH_START:
    set_flushing (mask, TRUE);
    break;
  case GST_EVENT_FLUSH_STOP:
    set_flushing (mask, FALSE);
    break;
  case GST_EVENT_EOS:
    set_ended (mask);
    break;
  default:
    break;
  }
  return gst_pad_push_event (mask->src, event);
}

static gboolean
mask_activate (GstPad *pad, GstObject *parent, GstPadMode mode, gboolean active)
{
  GstVideoAugmentMask *mask = gst_pad_get_element_private (pad);

  if (mode != GST_PAD_MODE_PUSH)
    return FALSE;
  set_flushing (mask, !active);
  mask->counted = active ? 0 : mask->counted;
  mask->said_no_frame = FALSE;
  return TRUE;
}

/* One goes to the other, and nowhere else. */
static GstIterator *
mask_links (GstPad *pad, GstObject *parent)
{
  GstVideoAugmentMask *mask = gst_pad_get_element_private (pad);
  GValue other = G_VALUE_INIT;
  GstIterator *iterator;

  g_value_init (&other, GST_TYPE_PAD);
  g_value_set_object (&other, pad == mask->sink ? mask->src : mask->sink);
  iterator = gst_iterator_new_single (GST_TYPE_PAD, &other);
  g_value_unset (&other);
  return iterator;
}

static GstPad *
new_pad (GstVideoAugmentMask *mask, GstPadTemplate *pad_template, const char *kind, guint number)
{
  g_autofree char *name = g_strdup_printf ("mask_%s_%u", kind, number);
  GstPad *pad = gst_object_ref_sink (gst_pad_new_from_template (pad_template, name));

  gst_pad_set_element_private (pad, mask);
  gst_pad_set_iterate_internal_links_function (pad, mask_links);
  GST_PAD_SET_PROXY_CAPS (pad);
  GST_PAD_SET_PROXY_ALLOCATION (pad);
  return pad;
}

GstVideoAugmentMask *
gst_video_augment_mask_new (
    GstElement *element, GstPadTemplate *sink_template, GstPadTemplate *src_template, guint number)
{
  GstVideoAugmentMask *mask = g_new0 (GstVideoAugmentMask, 1);

  g_mutex_init (&mask->lock);
  g_cond_init (&mask->changed);
  mask->element = element;
  mask->flushing = TRUE;
  mask->workspace = gen_augment_workspace_new ();
  mask->sink = new_pad (mask, sink_template, "sink", number);
  mask->src = new_pad (mask, src_template, "src", number);
  gst_pad_set_chain_function (mask->sink, mask_chain);
  gst_pad_set_event_function (mask->sink, mask_event);
  gst_pad_set_activatemode_function (mask->sink, mask_activate);
  /* An element that plays does not activate what is added to it. */
  if (GST_STATE_TARGET (element) >= GST_STATE_PAUSED) {
    gst_pad_set_active (mask->src, TRUE);
    gst_pad_set_active (mask->sink, TRUE);
  }
  gst_element_add_pad (element, mask->src);
  gst_element_add_pad (element, mask->sink);
  return mask;
}

void
gst_video_augment_mask_free (GstVideoAugmentMask *mask)
{
  gst_video_augment_mask_interrupt (mask, TRUE);
  gst_pad_set_active (mask->sink, FALSE);
  gst_pad_set_active (mask->src, FALSE);
  if (GST_OBJECT_PARENT (mask->sink) != NULL)
    gst_element_remove_pad (mask->element, mask->sink);
  if (GST_OBJECT_PARENT (mask->src) != NULL)
    gst_element_remove_pad (mask->element, mask->src);
  gst_object_unref (mask->sink);
  gst_object_unref (mask->src);
  gen_augment_workspace_free (mask->workspace);
  g_mutex_clear (&mask->lock);
  g_cond_clear (&mask->changed);
  g_free (mask);
}

GstPad *
gst_video_augment_mask_get_pad (GstVideoAugmentMask *mask)
{
  return mask->sink;
}
