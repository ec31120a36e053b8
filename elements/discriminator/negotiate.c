/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the discriminator agrees on with its neighbours, and the plan that follows from it. */
#include "discriminator.h"

#include "../shared/frames.h"
#include "../shared/interlaced.h"
#include "../shared/refused-caps.h"

GST_DEBUG_CATEGORY_EXTERN (discriminator_debug);
#define GST_CAT_DEFAULT discriminator_debug

/* --- caps --- */

static void
set_multiples (GstStructure *structure, const char *field, int size)
{
  GValue range = G_VALUE_INIT;

  if (size <= 0)
    return;
  g_value_init (&range, GST_TYPE_INT_RANGE);
  gst_value_set_int_range_step (&range, size, MAX (G_MAXINT16 / size, 2) * size, size);
  gst_structure_take_value (structure, field, &range);
}

/* Append what the model takes to `caps`: one picture of its size is preferred, walls are taken. */
static void
append_caps (GstCaps *caps, const GenPort *port, gboolean on_device)
{
  g_autoptr (GstStructure) one = gst_structure_new_empty ("video/x-raw");
  const char *feature =
      on_device ? GST_GENERATIVE_DEVICE_MEMORY : GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY;
  GstStructure *wall;

  if (!gst_generative_formats_set (one, port->channels, TRUE, on_device, TRUE))
    return;
  wall = gst_structure_copy (one);
  /* Where two by two pixels share chroma, pictures that are read one by one have to be even. */
  gst_generative_formats_set (wall, port->channels, TRUE, on_device,
      port->batch != 1 ||
          (port->width > 0 && port->width % 2 == 0 && port->height > 0 && port->height % 2 == 0));
  if (port->width > 0)
    gst_structure_set (one, "width", G_TYPE_INT, port->width, NULL);
  if (port->height > 0)
    gst_structure_set (one, "height", G_TYPE_INT, port->height, NULL);
  set_multiples (wall, "width", port->width);
  set_multiples (wall, "height", port->height);
  gst_caps_append_structure_full (
      caps, gst_structure_copy (one), gst_caps_features_new_single (feature));
  if (!gst_structure_is_equal (one, wall))
    gst_caps_append_structure_full (
        caps, gst_structure_copy (wall), gst_caps_features_new_single (feature));
  gst_structure_free (wall);
}

/* What is taken, best in the memory of the GPU that the model runs on; the template's caps while
 * stopped. */
static GstCaps *
own_caps (GstDiscriminator *self)
{
  gboolean started, on_device;
  GstCaps *caps;
  GenPort port;

  GST_OBJECT_LOCK (self);
  started = self->model != NULL;
  on_device = self->shares_device;
  port = self->input;
  GST_OBJECT_UNLOCK (self);
  if (!started)
    return gst_pad_get_pad_template_caps (GST_BASE_TRANSFORM_SINK_PAD (self));
  caps = gst_caps_new_empty ();
  if (port.kind == GEN_PORT_SOUND) {
    gst_discriminator_append_sound (caps, &port);
    return caps;
  }
  if (on_device)
    append_caps (caps, &port, TRUE);
  append_caps (caps, &port, FALSE);
  return caps;
}

GstCaps *
gst_discriminator_transform_caps (
    GstBaseTransform *base, GstPadDirection direction, GstCaps *caps, GstCaps *filter)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (base);
  g_autoptr (GstCaps) own = own_caps (self);
  GstCaps *result = gst_generative_only_progressive (
      base, direction, gst_caps_intersect_full (own, caps, GST_CAPS_INTERSECT_FIRST));

  if (filter != NULL) {
    GstCaps *all = result;

    result = gst_caps_intersect_full (filter, all, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref (all);
  }
  return result;
}

/* --- compiling --- */

gboolean
gst_discriminator_prepare (
    GstDiscriminator *self, GenPlayer *player, const GenModelUse *use, GError **error)
{
  g_autofree char *what =
      use->input.kind == GEN_PORT_SOUND
          ? g_strdup_printf ("%" G_GINT64_FORMAT " frames of sound", use->length)
          : g_strdup_printf ("%d pictures of %d x %d, of %d in a frame,", use->pictures, use->width,
                use->height, self->tiles);

  return gst_generative_playing_prepare (
      &self->playing, GST_ELEMENT (self), GST_CAT_DEFAULT, player, use, what, error);
}

gboolean
gst_discriminator_play (GstDiscriminator *self, const GenModelUse *use, GError **error)
{
  g_autoptr (GenPlayer) player = NULL;
  GenPlayerOptions options;

  if (self->player != NULL && gen_player_model (self->player) == self->model)
    return gst_discriminator_prepare (self, self->player, use, error);
  options = gst_generative_playing_options (&self->playing, GST_ELEMENT (self));
  player = gen_player_new (self->model, &options);
  if (!gst_discriminator_prepare (self, player, use, error))
    return FALSE;
  g_clear_pointer (&self->player, gen_player_free);
  self->player = g_steal_pointer (&player);
  return TRUE;
}

static gboolean
fit_pictures (GstDiscriminator *self, GstCaps *caps, const GstVideoInfo *info, GError **error)
{
  int width = self->input.width, height = self->input.height;
  GstVideoInfo expected = *info;
  GenModelUse use;

  width = width > 0 ? width : info->width;
  height = height > 0 ? height : info->height;
  if (info->width % width != 0 || info->height % height != 0) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "Frames are %d x %d, but the model takes %d x %d: put videoscale in front", info->width,
        info->height, width, height);
    return FALSE;
  }
  self->columns = info->width / width;
  self->tiles = self->columns * (info->height / height);
  self->single = self->input.batch == 1;
  if (self->input.batch > 1 && self->input.batch != self->tiles) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "%s: its input '%s' takes %" G_GINT64_FORMAT " pictures in a run, no more and no less, "
        "but a frame of %d x %d holds %d of %d x %d: give it walls of %" G_GINT64_FORMAT
        ", or export the model with a free batch",
        self->model->path, self->input.name, self->input.batch, info->width, info->height,
        self->tiles, width, height, self->input.batch);
    return FALSE;
  }
  use = (GenModelUse){ .input = self->input,
    .output = self->output,
    .frames = 1,
    .pictures = self->single ? 1 : self->tiles,
    .height = height,
    .width = width,
    .from_frames = TRUE };
  use.input.height = height;
  use.input.width = width;
  gst_generative_playing_fit_info (&self->playing, caps, &expected);
  if (!gst_generative_layout (
          &expected, self->input.channels, self->single ? 1 : self->columns, TRUE, &use.from)) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "The planes of a frame differ in their strides");
    return FALSE;
  }
  return gst_discriminator_play (self, &use, error);
}

gboolean
gst_discriminator_fit (
    GstDiscriminator *self, GstCaps *caps, const GstScoreFormat *format, GError **error)
{
  return format->is_sound ? gst_discriminator_fit_sound (self, &format->sound, error)
                          : fit_pictures (self, caps, &format->video, error);
}

gboolean
gst_discriminator_set_format (GstScoreFilter *filter, GstCaps *caps, const GstScoreFormat *format)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (filter);
  g_autoptr (GError) error = NULL;

  if (gst_discriminator_fit (self, caps, format, &error))
    return TRUE;
  if (error->domain == GST_CORE_ERROR)
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION, ("%s", error->message), (NULL));
  else
    gst_generative_post_error (GST_ELEMENT (self), error);
  return FALSE;
}

/* One in front asks what can be had: memory of a GPU is not named for the sake of a next element
 * that takes anything, which is better served by what everybody can read. */
static void
leave_out_devices (GstDiscriminator *self, GstQuery *query)
{
  g_autoptr (GstCaps) next = gst_pad_peer_query_caps (GST_BASE_TRANSFORM_SRC_PAD (self), NULL);
  g_autoptr (GstCaps) system = NULL;
  GstCaps *result;

  if (next == NULL || !gst_caps_is_any (next))
    return;
  gst_query_parse_caps_result (query, &result);
  system = gst_caps_copy (result);
  for (guint i = gst_caps_get_size (system); i-- > 0;)
    if (gst_generative_playing_on_device (system, i))
      gst_caps_remove_structure (system, i);
  gst_query_set_caps_result (query, system);
}

/* What the model takes, for people. (transfer full) */
static char *
describe_taken (const GenPort *port)
{
  if (port->kind == GEN_PORT_SOUND)
    return g_strdup_printf ("What comes does not fit the model, which takes sound of %d channels "
                            "at %d Hz: put audioconvert and audioresample in front",
        port->channels, port->sample_rate);
  return g_strdup_printf (
      "The frames do not fit the model, which takes %d x %d pixels of %d channels, or walls of "
      "these: put videoconvert and videoscale in front",
      port->width, port->height, port->channels);
}

/* Negotiation fails elsewhere and says little: tell what this model takes, once. Nothing can come
 * of it before there are caps; later, it may be no more than a question. */
static void
explain_caps (GstDiscriminator *self)
{
  gboolean negotiated = gst_pad_has_current_caps (GST_BASE_TRANSFORM_SINK_PAD (self)), explain;
  g_autoptr (GstCaps) own = NULL;
  g_autofree char *said = NULL;
  GenPort port;

  GST_OBJECT_LOCK (self);
  explain = self->model != NULL && !self->explained;
  self->explained |= explain;
  port = self->input;
  GST_OBJECT_UNLOCK (self);
  if (!explain)
    return;
  own = own_caps (self);
  said = describe_taken (&port);
  if (negotiated)
    GST_ELEMENT_WARNING (
        self, CORE, NEGOTIATION, ("%s", said), ("takes %" GST_PTR_FORMAT, (void *)own));
  else
    GST_ELEMENT_ERROR (
        self, CORE, NEGOTIATION, ("%s", said), ("takes %" GST_PTR_FORMAT, (void *)own));
}

/* Frames pass on: what is behind has the first word. */
gboolean
gst_discriminator_propose_allocation (GstBaseTransform *base, GstQuery *decide, GstQuery *query)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (base);
  gboolean answered =
      gst_discriminator_get_parent_class ()->propose_allocation (base, decide, query);

  return gst_generative_playing_propose_host (&self->playing, query) || answered;
}

gboolean
gst_discriminator_query (GstBaseTransform *base, GstPadDirection direction, GstQuery *query)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (base);
  GstCaps *filter = NULL, *offered;

  if (gst_generative_playing_answer (&self->playing, GST_ELEMENT (self), query))
    return TRUE;
  if (!gst_discriminator_get_parent_class ()->query (base, direction, query))
    return FALSE;
  if (direction != GST_PAD_SINK)
    return TRUE;
  if (GST_QUERY_TYPE (query) == GST_QUERY_CAPS)
    gst_query_parse_caps (query, &filter);
  if (GST_QUERY_TYPE (query) == GST_QUERY_CAPS && filter == NULL)
    leave_out_devices (self, query);
  else if (gst_generative_refuses_caps (query, &offered) &&
           !gst_generative_are_interlaced (offered))
    explain_caps (self);
  return TRUE;
}
