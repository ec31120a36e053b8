/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the generator agrees on with its neighbours: caps, memory, latency. */
#include "generator.h"

#include "allocation.h"
#include "numbers.h"

#include "../shared/debug.h"
#include "../shared/interlaced.h"
#include "../shared/passing.h"
#include "../shared/refused-caps.h"

GST_DEBUG_CATEGORY_EXTERN (generator_debug);
#define GST_CAT_DEFAULT generator_debug

/* --- caps --- */

static GstBaseTransformClass *
get_parent_class (void)
{
  return g_type_class_peek (GST_TYPE_BASE_TRANSFORM);
}

GstCaps *
gst_generator_transform_caps (
    GstBaseTransform *base, GstPadDirection direction, GstCaps *caps, GstCaps *filter)
{
  GstGenerator *self = GST_GENERATOR (base);
  GstGeneratorPorts ports;
  GstCaps *result;

  if (gst_generator_play_get_ports (&self->play, &ports)) {
    g_autoptr (GstCaps) own = gst_caps_ref (caps);

    /* Tensors, which do not say of what they are made, are not made of others either. */
    if (direction == GST_PAD_SINK)
      own = gst_generative_only_progressive (base, direction, own);
    result = gst_generative_only_progressive (
        base, direction, gst_generator_transform_caps_of (&ports, direction, own));
    gen_model_unref (ports.model);
  } else {
    result = gst_pad_get_pad_template_caps (direction == GST_PAD_SINK
                                                ? GST_BASE_TRANSFORM_SRC_PAD (base)
                                                : GST_BASE_TRANSFORM_SINK_PAD (base));
  }
  if (filter != NULL) {
    GstCaps *all = result;

    result = gst_caps_intersect_full (filter, all, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref (all);
  }
  return result;
}

/* Of what the next element takes, that in the memory that suits both; all where there is no such.
 * (transfer full) */
static GstCaps *
choose_memory (GstGenerator *self, GstCaps *caps)
{
  g_autoptr (GstCaps) chosen = NULL;
  GstGeneratorPorts ports;
  gboolean on_device;

  if (!gst_generator_play_get_ports (&self->play, &ports))
    return caps;
  gen_model_unref (ports.model);
  if (!ports.shares_device)
    return caps;
  on_device = ports.prefers_device &&
              gst_generative_playing_next_takes_device (GST_BASE_TRANSFORM_SRC_PAD (self));
  GST_DEBUG_OBJECT (self, "frames go on in the memory of %s: %s",
      on_device ? "the GPU" : "the system",
      on_device              ? "the next element names it"
      : ports.prefers_device ? "the next element does not name the GPU's"
                             : "the CPU plays");
  chosen = gst_caps_new_empty ();
  for (guint i = 0; i < gst_caps_get_size (caps); i++)
    if (gst_generative_playing_on_device (caps, i) == on_device)
      gst_caps_append_structure_full (chosen, gst_structure_copy (gst_caps_get_structure (caps, i)),
          gst_caps_features_copy (gst_caps_get_features (caps, i)));
  if (gst_caps_is_empty (chosen))
    return caps;
  gst_caps_unref (caps);
  return g_steal_pointer (&chosen);
}

void
gst_generator_measure_latency (GstGenerator *self)
{
  const GstGeneratorTiming timing = self->mode->timing (self->state);
  const gint64 run_time = gen_player_warm_up (self->play.player);
  const GstClockTime wait = gst_generative_sharing_wait (&self->play.sharing, GST_ELEMENT (self));

  gst_generator_lateness_begin (
      &self->lateness, &timing, (GstClockTime)run_time * (GST_SECOND / G_USEC_PER_SEC) + wait);
}

static gboolean
negotiate (GstGenerator *self, GstCaps *sink, GstCaps *source, GError **error)
{
  GenModelUse use;

  if (!self->mode->negotiate (self->state, sink, source, &use, error))
    return FALSE;
  gst_generator_format_describe_tensors (&self->format, &self->play.ports);
  if (!gst_generator_play_compile (&self->play, &use, error))
    return FALSE;
  gst_generator_measure_latency (self);
  self->waiting = FALSE;
  return TRUE;
}

/* The size of what is made of the sink caps `caps`, which they do not say, into `other`. */
static GstCaps *
probe_size (GstGenerator *self, GstCaps *caps, GstCaps *other)
{
  const GstVideoInfo *in_info = &self->format.in_info;
  GstStructure *structure;
  int width, height;

  self->mode->probe (self->state, caps, &width, &height);
  other = gst_caps_make_writable (gst_caps_truncate (other));
  structure = gst_caps_get_structure (other, 0);
  gst_structure_fixate_field_nearest_int (structure, "width", width > 0 ? width : in_info->width);
  gst_structure_fixate_field_nearest_int (
      structure, "height", height > 0 ? height : in_info->height);
  return other;
}

static gboolean
are_tensors (GstCaps *caps)
{
  return !gst_caps_is_empty (caps) &&
         gst_structure_has_name (gst_caps_get_structure (caps, 0), "other/tensors");
}

GstCaps *
gst_generator_fixate_caps (
    GstBaseTransform *base, GstPadDirection direction, GstCaps *caps, GstCaps *other)
{
  GstGenerator *self = GST_GENERATOR (base);
  gboolean of_picture = self->play.ports.input.kind == GEN_PORT_PICTURE;
  GstVideoInfo made_of;

  if (self->play.ports.output.kind != GEN_PORT_PICTURE || are_tensors (other))
    return get_parent_class ()->fixate_caps (base, direction, caps, other);
  if (direction == GST_PAD_SINK)
    other = gst_generative_prefer_whole_chroma (choose_memory (self, other));
  if (direction == GST_PAD_SINK && self->mode != NULL && self->mode->probe != NULL &&
      !gst_caps_is_empty (other))
    other = probe_size (self, caps, other);
  if (direction == GST_PAD_SINK && !gst_caps_is_empty (other))
    other = gst_generative_describe_picture (
        other, of_picture && gst_video_info_from_caps (&made_of, caps) ? &made_of : NULL);
  GST_DEBUG_OBJECT (self,
      "for %" GST_PTR_FORMAT ", of what the neighbour takes, left are %" GST_PTR_FORMAT,
      (void *)caps, (void *)other);
  return get_parent_class ()->fixate_caps (base, direction, caps, other);
}

gboolean
gst_generator_begins_to_refuse (GstGenerator *self)
{
  gboolean begins;

  GST_OBJECT_LOCK (self);
  begins = !self->refused;
  self->explained = self->refused = TRUE;
  GST_OBJECT_UNLOCK (self);
  return begins;
}

gboolean
gst_generator_set_caps (GstBaseTransform *base, GstCaps *sink, GstCaps *source)
{
  GstGenerator *self = GST_GENERATOR (base);
  g_autoptr (GError) error = NULL;

  gst_generator_adopt (self);
  GST_INFO_OBJECT (
      self, "from %" GST_PTR_FORMAT " to %" GST_PTR_FORMAT, (void *)sink, (void *)source);
  if (negotiate (self, sink, source, &error)) {
    GST_OBJECT_LOCK (self);
    self->refused = FALSE;
    GST_OBJECT_UNLOCK (self);
    self->play.pictures = (guint)MAX (self->format.input.pictures, 1);
    return TRUE;
  }
  if (!gst_generator_begins_to_refuse (self))
    return FALSE;
  if (error->domain == GST_CORE_ERROR)
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION, ("%s", error->message), (NULL));
  else if (error->domain == GST_LIBRARY_ERROR)
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION, ("The caps: %s", error->message), (NULL));
  else
    gst_generative_post_error (GST_ELEMENT (self), error);
  return FALSE;
}

/* Frames are written in place, so memory of their own suits them: the next element's pool when
 * it offers one, and any stride when it reads GstVideoMeta. Caps tell whether it is a GPU's. */
gboolean
gst_generator_decide_allocation (GstBaseTransform *base, GstQuery *query)
{
  GstGenerator *self = GST_GENERATOR (base);
  GstGeneratorPlay *play = &self->play;

  if (!gst_generator_play_makes_frames (play))
    gst_generator_allocation_decide (play, query);
  else if (!gst_generative_playing_decide_pool (
               &play->playing, base, query, &self->format.out_info))
    return FALSE;
  return get_parent_class ()->decide_allocation (base, query);
}

gboolean
gst_generator_propose_allocation (GstBaseTransform *base, GstQuery *decide, GstQuery *query)
{
  GstGenerator *self = GST_GENERATOR (base);

  if (!get_parent_class ()->propose_allocation (base, decide, query))
    return FALSE;
  if (self->play.ports.input.kind != GEN_PORT_PICTURE)
    return TRUE;
  gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  gst_generative_playing_propose (&self->play.playing, query);
  return TRUE;
}

/* Those in front may ask whether regions are of use to those behind. */
gboolean
gst_generator_filter_meta (
    GstBaseTransform *base, GstQuery *query, GType api, const GstStructure *parameters)
{
  const GstGeneratorPorts *ports = &GST_GENERATOR (base)->play.ports;

  return api == GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE &&
         ports->input.kind == GEN_PORT_PICTURE && ports->output.kind == GEN_PORT_PICTURE;
}

gboolean
gst_generator_transform_meta (
    GstBaseTransform *base, GstBuffer *output, GstMeta *meta, GstBuffer *input)
{
  GstGenerator *self = GST_GENERATOR (base);

  const GstVideoInfo *made = gst_generator_play_makes_frames (&self->play) ? &self->format.out_info
                                                                           : &self->format.in_info;

  if (self->play.ports.input.kind != GEN_PORT_PICTURE ||
      self->play.ports.output.kind == GEN_PORT_SOUND)
    return get_parent_class ()->transform_meta (base, output, meta, input);
  return gst_generative_pass_meta (meta, input, &self->format.in_info, output, made);
}

/* --- queries and events --- */

/* The same of a model of numbers that are no latents. (transfer full) */
static char *
describe_misfit_of_numbers (const GstGeneratorPorts *ports, const char *text)
{
  g_autofree char *item = gst_generator_describe_item (ports);
  g_autofree char *suggestion = gst_generator_suggest (&ports->input, FALSE);

  return g_strdup_printf (
      "The elements before and behind do not fit the model, which %s: its input '%s' takes %s%s",
      text, ports->input.name, item, suggestion);
}

/* What is wrong with what is offered: mostly the form of pictures, else that a class is missing or
 * too much. (transfer full) */
static char *
describe_misfit (const GstGeneratorPorts *ports, GstCaps *offered)
{
  g_autofree char *text = gen_model_describe (ports->model);
  const GstStructure *first =
      gst_caps_get_size (offered) > 0 ? gst_caps_get_structure (offered, 0) : NULL;
  int n, width, height, wanted = gst_generator_n_tensors (ports);

  if (ports->input.kind == GEN_PORT_VECTOR && first != NULL &&
      gst_structure_get_int (first, "num_tensors", &n) && n != wanted)
    return g_strdup_printf (
        n > wanted
            ? "The element before sends a class or a second latent with each latent, but the "
              "model takes no class and no second latent: it %s"
            : "The model takes a class or a second latent with each latent, but the element "
              "before sends none: it %s",
        text);
  if (first != NULL && gst_structure_get_int (first, "width", &width) &&
      gst_structure_get_int (first, "height", &height) && ports->input.width > 0 &&
      ports->input.height > 0 && gst_generator_could_tile (ports, height, width))
    return g_strdup_printf (
        "Frames are %d x %d, but the model %s: set property tile=auto to play them tile by tile, "
        "or put videoscale in front",
        width, height, text);
  if (ports->input.kind == GEN_PORT_TOKENS)
    return g_strdup_printf ("The elements before and behind do not fit the model, which %s: it "
                            "takes text/x-raw, or other/tensors of %s",
        text, gen_data_type_name (ports->input.type));
  if (gst_generator_takes_numbers (ports))
    return describe_misfit_of_numbers (ports, text);
  if (gst_generator_makes_tensors (ports))
    return g_strdup_printf ("The elements before and behind do not fit the model, which %s: what "
                            "it makes goes on as other/tensors, and %s may help in front",
        text,
        ports->input.kind == GEN_PORT_SOUND ? "audioconvert and audioresample"
                                            : "videoconvert and videoscale");
  return g_strdup_printf ("The elements before and behind do not fit the model, which %s: "
                          "%s may help",
      text,
      ports->input.kind == GEN_PORT_SOUND || ports->output.kind == GEN_PORT_SOUND
          ? "audioconvert and audioresample"
          : "videoconvert and videoscale");
}

static void
post_misfit (GstGenerator *self, GstCaps *offered, gboolean fatal)
{
  g_autofree char *said = NULL;
  GstGeneratorPorts ports;

  if ((fatal && !gst_generator_begins_to_refuse (self)) ||
      !gst_generator_play_get_ports (&self->play, &ports))
    return;
  said = describe_misfit (&ports, offered);
  if (fatal)
    GST_ELEMENT_ERROR (
        self, CORE, NEGOTIATION, ("%s", said), ("offered %" GST_PTR_FORMAT, (void *)offered));
  else
    GST_ELEMENT_WARNING (
        self, CORE, NEGOTIATION, ("%s", said), ("offered %" GST_PTR_FORMAT, (void *)offered));
  gen_model_unref (ports.model);
}

/* Negotiation fails elsewhere and says little: tell what this model takes, once. Nothing can come
 * of it before there are caps; later, it may be no more than a question. */
static void
explain_caps (GstGenerator *self, GstCaps *offered)
{
  gboolean explain;

  GST_OBJECT_LOCK (self);
  explain = self->play.ports.model != NULL && !self->explained;
  self->explained |= explain;
  GST_OBJECT_UNLOCK (self);
  if (explain)
    post_misfit (self, offered, !gst_pad_has_current_caps (GST_BASE_TRANSFORM_SINK_PAD (self)));
}

void
gst_generator_explain_bytes (GstGenerator *self)
{
  const GstGeneratorPorts *ports = &self->play.ports;
  g_autofree char *text = NULL;

  if (gst_pad_has_current_caps (GST_BASE_TRANSFORM_SINK_PAD (self)) ||
      !gst_generator_begins_to_refuse (self))
    return;
  text = gen_model_describe (ports->model);
  GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
      ("What comes is bytes of which nothing says what they are, but the model %s: put %s in front",
          text,
          ports->input.kind == GEN_PORT_TOKENS ? "text/x-raw,format=utf8, where they are text,"
                                               : "decodebin"),
      (NULL));
}

void
gst_generator_explain_refusal (GstGenerator *self, GstCaps *offered)
{
  GstBaseTransform *base = GST_BASE_TRANSFORM (self);
  g_autoptr (GstCaps) made = gst_generator_transform_caps (base, GST_PAD_SINK, offered, NULL);
  g_autoptr (GstCaps) taken = gst_pad_peer_query_caps (GST_BASE_TRANSFORM_SRC_PAD (base), made);

  if (gst_caps_is_empty (taken))
    post_misfit (self, offered, TRUE);
}

gboolean
gst_generator_query (GstBaseTransform *base, GstPadDirection direction, GstQuery *query)
{
  GstGenerator *self = GST_GENERATOR (base);
  GstCaps *offered;

  if (direction == GST_PAD_SRC && GST_QUERY_TYPE (query) == GST_QUERY_LATENCY)
    return gst_generative_latency_answer (&self->lateness.latency, base, query);
  if (gst_generative_playing_answer (&self->play.playing, GST_ELEMENT (self), query))
    return TRUE;
  if (!get_parent_class ()->query (base, direction, query))
    return FALSE;
  if (direction != GST_PAD_SINK)
    return TRUE;
  gst_generative_explain_interlaced (GST_ELEMENT (self), query);
  gst_generative_answer_unlinked (GST_BASE_TRANSFORM_SINK_PAD (base), query);
  if (gst_generative_refuses_caps (query, &offered) && !gst_generative_are_interlaced (offered))
    explain_caps (self, offered);
  return TRUE;
}
