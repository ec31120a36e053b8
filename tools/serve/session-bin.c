/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session-bin.h"

#include <string.h>

#include "error.h"
#include "publish.h"
#include "waiting.h"
#include "watched-bin.h"

#define LATENTS "latents"
#define GENERATOR "generator"
#define METERS "meters"

static const char *const media[] = { "video", "audio" };
static const char *const media_types[] = { "video/x-raw", "audio/x-raw" };

/* --- launch lines --- */

/* Whether what comes by the pad can be of that type; what can be anything is of none. */
static gboolean
is_of_type (GstPad *pad, const char *type)
{
  g_autoptr (GstCaps) caps = gst_pad_query_caps (pad, NULL);

  for (guint i = 0; !gst_caps_is_any (caps) && i < gst_caps_get_size (caps); i++)
    if (gst_structure_has_name (gst_caps_get_structure (caps, i), type))
      return TRUE;
  return FALSE;
}

static gboolean
expose (GstElement *bin, const char *name, GstPad *pad)
{
  return gst_element_add_pad (bin, gst_ghost_pad_new (name, pad));
}

/* Elements that are called as their medium is. */
static void
expose_named (GstElement *bin)
{
  for (gsize i = 0; i < G_N_ELEMENTS (media); i++) {
    g_autoptr (GstElement) element = gst_bin_get_by_name (GST_BIN (bin), media[i]);
    g_autoptr (GstPad) pad = element != NULL ? gst_element_get_static_pad (element, "src") : NULL;

    if (pad != NULL && !gst_pad_is_linked (pad))
      expose (bin, media[i], pad);
  }
}

static gboolean
expose_open (GstElement *bin, GstPad *pad, GError **error)
{
  g_autoptr (GstElement) element = gst_pad_get_parent_element (pad);

  for (gsize i = 0; i < G_N_ELEMENTS (media); i++)
    if (is_of_type (pad, media_types[i]) && !serve_session_bin_has (bin, media[i]))
      return expose (bin, media[i], pad);
  g_set_error (error, SERVE_ERROR, SERVE_ERROR_INVALID,
      "the line ends on %s, which makes neither video/x-raw nor audio/x-raw for certain, or "
      "another "
      "end does already: videoconvert, or audioconvert, at its end, called video or audio "
      "(name=video)",
      GST_ELEMENT_NAME (element));
  return FALSE;
}

/* A line that ends on caps says what comes out, and the grammar of lines wants an element behind
 * them. (transfer full) */
static char *
complete (const char *launch)
{
  const char *last = strrchr (launch, '!');
  g_autofree char *text = last != NULL ? g_strstrip (g_strdup (last + 1)) : NULL;
  g_autoptr (GstCaps) caps = text != NULL ? gst_caps_from_string (text) : NULL;
  const gboolean ends = caps != NULL && gst_caps_get_size (caps) > 0 &&
                        strchr (gst_structure_get_name (gst_caps_get_structure (caps, 0)), '/');

  return ends ? g_strconcat (launch, " ! identity", NULL) : g_strdup (launch);
}

GstElement *
serve_session_bin_parse (const char *launch, GError **error)
{
  g_autofree char *whole = complete (launch);
  g_autoptr (GstElement) bin =
      gst_parse_bin_from_description_full (whole, FALSE, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  GstPad *pad;

  if (bin == NULL)
    return NULL;
  gst_object_ref_sink (bin);
  expose_named (bin);
  while ((pad = gst_bin_find_unlinked_pad (GST_BIN (bin), GST_PAD_SRC)) != NULL) {
    const gboolean done = expose_open (bin, pad, error);

    gst_object_unref (pad);
    if (!done)
      return NULL;
  }
  if (serve_session_bin_has (bin, "video") || serve_session_bin_has (bin, "audio"))
    return g_steal_pointer (&bin);
  g_set_error_literal (error, SERVE_ERROR, SERVE_ERROR_INVALID,
      "the line has no open end that makes raw pictures or sound: no sink is to be at its end");
  return NULL;
}

gboolean
serve_session_bin_has (GstElement *bin, const char *pad)
{
  g_autoptr (GstPad) found = gst_element_get_static_pad (bin, pad);

  return found != NULL;
}

/* --- elements --- */

/* An element in the bin, or NULL with `error`, which names what is missing. */
static GstElement *
add (GstElement *bin, const char *factory, const char *name, GError **error)
{
  GstElement *element = gst_element_factory_make (factory, name);

  if (element == NULL) {
    g_set_error (error, SERVE_ERROR, SERVE_ERROR_FAILED,
        "GStreamer has no element %s here: its plugin is to be installed", factory);
    return NULL;
  }
  gst_bin_add (GST_BIN (bin), element);
  return element;
}

/* One behind `*last`, if there is a last one. */
static gboolean
append (GstElement *bin, GstElement **last, const char *factory, const char *name, GError **error)
{
  GstElement *element = add (bin, factory, name, error);

  if (element == NULL)
    return FALSE;
  if (*last != NULL && !gst_element_link (*last, element)) {
    g_set_error (error, SERVE_ERROR, SERVE_ERROR_FAILED, "%s cannot be linked to %s",
        GST_ELEMENT_NAME (*last), factory);
    return FALSE;
  }
  *last = element;
  return TRUE;
}

static gboolean
append_caps (GstElement *bin, GstElement **last, GstCaps *taken, GError **error)
{
  g_autoptr (GstCaps) caps = taken;

  if (!append (bin, last, "capsfilter", NULL, error))
    return FALSE;
  g_object_set (*last, "caps", caps, NULL);
  return TRUE;
}

/* --- ends --- */

static GstCaps *
make_video_caps (const ServeMount *mount)
{
  GstCaps *caps = gst_caps_new_simple ("video/x-raw", "framerate", GST_TYPE_FRACTION,
      mount->framerate.numerator, mount->framerate.denominator, NULL);

  if (mount->settings->width > 0)
    gst_caps_set_simple (caps, "width", G_TYPE_INT, mount->settings->width, "height", G_TYPE_INT,
        mount->settings->height, "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, NULL);
  return caps;
}

/* Of sound the rate is of 0. */
static gboolean
expose_queue (GstElement *bin, GstElement **last, const char *name, ServeRate rate, GError **error)
{
  g_autofree char *called = g_strconcat (name, "-queue", NULL);
  g_autoptr (GstPad) pad = NULL;

  if (!append (bin, last, "queue", called, error))
    return FALSE;
  serve_waiting_limit (*last, rate);
  pad = gst_element_get_static_pad (*last, "src");
  return expose (bin, name, pad);
}

/* From `last` on to the pad "video". What comes at the mount's rate stays as it is. */
static gboolean
finish_video (
    const ServeMount *mount, GstElement *bin, GstElement *last, gboolean rated, GError **error)
{
  return append (bin, &last, "videoconvert", NULL, error) &&
         append (bin, &last, "videoscale", NULL, error) &&
         (rated || append (bin, &last, "videorate", NULL, error)) &&
         append_caps (bin, &last, make_video_caps (mount), error) &&
         expose_queue (bin, &last, "video", mount->framerate, error);
}

static gboolean
finish_audio (GstElement *bin, GstElement *last, GError **error)
{
  return append (bin, &last, "audioconvert", NULL, error) &&
         append (bin, &last, "audioresample", NULL, error) &&
         append_caps (bin, &last, gst_caps_new_empty_simple ("audio/x-raw"), error) &&
         expose_queue (bin, &last, "audio", (ServeRate){ 0, 1 }, error);
}

/* --- beginnings --- */

/* What versions of the model are compared by. */
static gboolean
append_meters (const ServeModel *model, GstElement *bin, GstElement **last, GError **error)
{
  g_autofree char *line = serve_publish_describe_meters (model);
  GstElement *meters;

  if (line == NULL)
    return TRUE;
  meters =
      gst_parse_bin_from_description_full (line, TRUE, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  if (meters == NULL)
    return FALSE;
  gst_object_set_name (GST_OBJECT (meters), METERS);
  gst_bin_add (GST_BIN (bin), meters);
  if (!gst_element_link (*last, meters)) {
    g_set_error (error, SERVE_ERROR, SERVE_ERROR_FAILED,
        "what [publish.%s] measures cannot be measured of what the model makes", model->name);
    return FALSE;
  }
  *last = meters;
  return TRUE;
}

static gboolean
append_generator (const ServeMount *mount, GstElement *bin, GstElement **last, GError **error)
{
  if (!append (bin, last, "generator", GENERATOR, error))
    return FALSE;
  serve_model_configure (mount->model, *last);
  return append_meters (mount->model, bin, last, error);
}

static gboolean
fill_from_latents (const ServeMount *mount, GstElement *bin, GError **error)
{
  const ServeMountSettings *settings = mount->settings;
  GstElement *last = NULL;

  if (!append (bin, &last, "latentsrc", LATENTS, error))
    return FALSE;
  g_object_set (last, "is-live", TRUE, "seed", (guint64)settings->seed, "speed", settings->speed,
      "classes", (guint)mount->model->classes, "class",
      mount->model->classes > 0 ? settings->class : -1, NULL);
  gst_util_set_object_arg (G_OBJECT (last), "walk", settings->walk);
  if (mount->has_video && !append_caps (bin, &last,
                              gst_caps_new_simple ("other/tensors", "framerate", GST_TYPE_FRACTION,
                                  mount->framerate.numerator, mount->framerate.denominator, NULL),
                              error))
    return FALSE;
  if (!append_generator (mount, bin, &last, error))
    return FALSE;
  return mount->has_video ? finish_video (mount, bin, last, TRUE, error)
                          : finish_audio (bin, last, error);
}

static GstElement *
make_source (const ServeMount *mount, GError **error)
{
  GstElement *source;

  if (mount->make_source != NULL) {
    source = mount->make_source (mount->source_data, error);
    return source != NULL ? gst_object_ref_sink (source) : NULL;
  }
  if (mount->settings->pipeline != NULL)
    return serve_session_bin_parse (mount->settings->pipeline, error);
  if (mount->settings->source != NULL)
    return serve_session_bin_parse (mount->settings->source, error);
  g_set_error (error, SERVE_ERROR, SERVE_ERROR_CONFLICT,
      "nobody publishes to %s, and its settings have no source for its model to play", mount->name);
  return NULL;
}

/* What of a source is played by nobody goes nowhere. */
static gboolean
drop_pad (GstElement *bin, GstElement *source, const char *name, GError **error)
{
  GstElement *sink;

  if (!serve_session_bin_has (source, name))
    return TRUE;
  sink = add (bin, "fakesink", NULL, error);
  if (sink == NULL)
    return FALSE;
  g_object_set (sink, "sync", FALSE, "async", FALSE, NULL);
  return gst_element_link_pads (source, name, sink, "sink");
}

/* From the source's pad `name` on, through the model where it plays that. */
static gboolean
play_pad (const ServeMount *mount, GstElement *bin, GstElement *source, const char *name,
    gboolean by_model, GError **error)
{
  const gboolean is_video = strcmp (name, "video") == 0;
  GstElement *last = NULL;

  if (!serve_session_bin_has (source, name)) {
    g_set_error (
        error, SERVE_ERROR, SERVE_ERROR_CONFLICT, "what %s plays has no %s", mount->name, name);
    return FALSE;
  }
  if (!append (bin, &last, is_video ? "videoconvert" : "audioconvert", NULL, error) ||
      !gst_element_link_pads (source, name, last, "sink"))
    return FALSE;
  if (by_model && !append_generator (mount, bin, &last, error))
    return FALSE;
  return is_video ? finish_video (mount, bin, last, FALSE, error) : finish_audio (bin, last, error);
}

/* Which of a source's pads a mount's model plays. */
static const char *
find_played (const ServeMount *mount)
{
  if (mount->model == NULL)
    return NULL;
  return mount->model->takes->kind == GEN_PORT_SOUND ? "audio" : "video";
}

static gboolean
fill_from_source (const ServeMount *mount, GstElement *bin, GError **error)
{
  g_autoptr (GstElement) source = make_source (mount, error);
  const char *played = find_played (mount);

  if (source == NULL)
    return FALSE;
  gst_bin_add (GST_BIN (bin), source);
  for (gsize i = 0; i < G_N_ELEMENTS (media); i++) {
    const gboolean wanted = i == 0 ? mount->has_video : mount->has_audio;

    if (wanted ? !play_pad (mount, bin, source, media[i], g_strcmp0 (played, media[i]) == 0, error)
               : !drop_pad (bin, source, media[i], error))
      return FALSE;
  }
  return TRUE;
}

GstElement *
serve_session_bin_new (const ServeMount *mount, GError **error)
{
  g_autoptr (GstElement) bin = gst_object_ref_sink (serve_watched_bin_new ());
  const gboolean latents = mount->model != NULL && mount->model->takes == NULL;

  if (!(latents ? fill_from_latents (mount, bin, error) : fill_from_source (mount, bin, error)))
    return NULL;
  return g_steal_pointer (&bin);
}

/* The bin holds it. */
static GstElement *
find (GstElement *bin, const char *name)
{
  g_autoptr (GstElement) element = gst_bin_get_by_name (GST_BIN (bin), name);

  return element;
}

GstElement *
serve_session_bin_get_latents (GstElement *bin)
{
  return find (bin, LATENTS);
}

GstElement *
serve_session_bin_get_generator (GstElement *bin)
{
  return find (bin, GENERATOR);
}

GstElement *
serve_session_bin_get_meters (GstElement *bin)
{
  return find (bin, METERS);
}
