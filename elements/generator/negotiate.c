/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the generator agrees on with its neighbours: caps, memory, latency. */
#include "generator.h"

#include "../shared/debug.h"
#include "../shared/interlaced.h"
#include "../shared/passing.h"
#include "../shared/refused-caps.h"

GST_DEBUG_CATEGORY_EXTERN (generator_debug);
#define GST_CAT_DEFAULT generator_debug

/* --- caps --- */

static gboolean
get_ports (GstGenerator *self, GstGeneratorPorts *ports)
{
  GST_OBJECT_LOCK (self);
  *ports = self->ports;
  if (ports->model != NULL)
    gen_model_ref (ports->model);
  GST_OBJECT_UNLOCK (self);
  return ports->model != NULL;
}

GstCaps *
gst_generator_transform_caps (
    GstBaseTransform *base, GstPadDirection direction, GstCaps *caps, GstCaps *filter)
{
  GstGenerator *self = GST_GENERATOR (base);
  GstGeneratorPorts ports;
  GstCaps *result;

  if (get_ports (self, &ports)) {
    result = gst_generative_only_progressive (
        base, direction, gst_generator_transform_caps_of (&ports, direction, caps));
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

  if (!get_ports (self, &ports))
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
  const gboolean is_sound = self->ports.output.kind == GEN_PORT_SOUND;
  const GstVideoInfo *info = &self->out_info;
  const GstClockTime run_time =
      (GstClockTime)gen_player_warm_up (self->player) * (GST_SECOND / G_USEC_PER_SEC);
  guint runs = self->single ? self->batch * (guint)self->input.pictures : 1;
  GstClockTime interval = 0;

  if (gst_generator_streams (&self->ports)) {
    gst_generative_latency_begin (&self->latency, gst_generator_stream_latency (self), 0);
    gst_generative_latency_note (&self->latency, GST_ELEMENT (self), run_time);
    return;
  }
  if (is_sound)
    interval = gst_generator_sound_duration (self);
  else if (info->fps_n > 0)
    interval = gst_util_uint64_scale (GST_SECOND, (guint64)info->fps_d, (guint64)info->fps_n);
  gst_generative_latency_begin (&self->latency, (self->batch - 1) * interval, interval);
  if (run_time == 0)
    return;
  self->run_time = run_time * runs;
  GST_INFO_OBJECT (self,
      "latency: a run takes %" GST_TIME_FORMAT ", and a batch of %u buffers takes %u of them",
      GST_TIME_ARGS (run_time), self->batch, runs);
  gst_generative_latency_note (&self->latency, GST_ELEMENT (self), self->run_time);
}

void
gst_generator_describe_tensors (GstGenerator *self, const GstGeneratorPorts *ports)
{
  const GenPort *tensors[] = { &ports->input, &ports->second };

  self->n_tensors = (guint)gst_generator_n_tensors (ports);
  for (guint t = 0; t < self->n_tensors; t++) {
    self->sizes[t] = (gsize)self->input.pictures *
                     (gsize)MAX (gst_generator_streams (ports)
                                     ? (gint64)self->input.vectors * tensors[t]->channels
                                     : tensors[t]->length,
                         0) *
                     gen_data_type_size (tensors[t]->type);
    self->places[t] = g_str_equal (tensors[t]->name, ports->model->inputs[0].name) ? 0 : 1;
  }
}

static gboolean
fail_spacing (GError **error)
{
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "the planes of a frame differ in their strides");
  return FALSE;
}

gboolean
gst_generator_check_batch (
    const GstGeneratorPorts *ports, guint batch, int pictures, GError **error)
{
  const GenPort *port = &ports->input;
  const gint64 wanted = port->batch, now = (gint64)batch * pictures;
  const gboolean fits = wanted % pictures == 0 && wanted / pictures <= MAX_BATCH_SIZE;

  if (wanted <= 1 || wanted == now)
    return TRUE;
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "its input '%s' takes %" G_GINT64_FORMAT " %s in a run, no more and no less, but %u %s of "
      "%d would come; %s%" G_GINT64_FORMAT "%s, or export the model with a free batch",
      port->name, wanted, port->kind == GEN_PORT_PICTURE ? "pictures" : "latents", batch,
      batch == 1 ? "buffer" : "buffers", pictures,
      fits ? "set property batch-size=" : "give it buffers of ", fits ? wanted / pictures : wanted,
      fits ? "" : " each");
  return FALSE;
}

gboolean
gst_generator_read_caps (
    GstGenerator *self, GstCaps *caps, GstGeneratorInput *input, GenModelUse *use, GError **error)
{
  const GstGeneratorPorts *ports = &self->ports;
  const gboolean streams = gst_generator_streams (ports);
  gboolean single = ports->input.batch == 1 || streams;
  GstVideoInfo info;

  if (!gst_generator_read_input (ports, gst_caps_get_structure (caps, 0), input, error))
    return FALSE;
  if (!gst_generator_check_batch (ports, self->batch, input->pictures, error)) {
    g_prefix_error (error, "%s: ", ports->model->path);
    return FALSE;
  }
  GST_OBJECT_LOCK (self);
  *use = self->use;
  GST_OBJECT_UNLOCK (self);
  use->input = ports->input;
  use->output = ports->output;
  use->height = input->height;
  use->width = input->width;
  use->frames = single ? 1 : (int)self->batch;
  use->pictures = single && !ports->model->staged ? 1 : input->pictures;
  use->from_frames = ports->input.kind == GEN_PORT_PICTURE;
  use->to_frames = !ports->model->staged;
  use->from = (GenFrameLayout){ 0 };
  use->from_sound = use->to_sound = (GenSoundLayout){ 0 };
  use->length = 0;
  if (!use->from_frames)
    return TRUE;
  if (!gst_video_info_from_caps (&info, caps)) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION, "the caps are no video");
    return FALSE;
  }
  self->in_info = info;
  gst_generative_playing_fit_info (&self->playing, caps, &info);
  return gst_generative_layout (&info, use->input.channels, 1, TRUE, &use->from) ||
         fail_spacing (error);
}

/* Play `use` on what comes from now on. */
static gboolean
begin (GstGenerator *self, const GenModelUse *use, GError **error)
{
  gst_generator_describe_tensors (self, &self->ports);
  self->single = self->ports.input.batch == 1;
  if (!gst_generator_compile (self, use, error))
    return FALSE;
  gst_generator_measure_latency (self);
  self->waiting = FALSE;
  return TRUE;
}

/* Sound or a series goes in. */
static gboolean
negotiate_stream (GstGenerator *self, GstCaps *sink, GstCaps *source, GError **error)
{
  const gboolean to_sound = self->ports.output.kind == GEN_PORT_SOUND;
  GenModelUse use;

  return gst_generator_read_caps (self, sink, &self->input, &use, error) &&
         (to_sound ? gst_generator_use_sound (self, source, &use, error)
                   : gst_generator_window_negotiate (self, source, &use, error)) &&
         gst_generator_stream_negotiate (self, sink, &use, error) && begin (self, &use, error);
}

/* A sound of each latent or picture. */
static gboolean
negotiate_sound (GstGenerator *self, GstCaps *sink, GstCaps *source, GError **error)
{
  GenModelUse use;

  return gst_generator_read_caps (self, sink, &self->input, &use, error) &&
         gst_generator_use_sound (self, source, &use, error) &&
         gst_generator_sound_length (&self->ports, &self->input, &self->sound_length, error) &&
         gst_generator_join_sounds (self, error) && begin (self, &use, error);
}

static gboolean
negotiate_pictures (GstGenerator *self, GstCaps *sink, GstCaps *source, GError **error)
{
  const GenModel *model = self->ports.model;
  int height = self->made_height, width = self->made_width;
  GstVideoInfo info;
  GenModelUse use;

  if (!gst_generator_read_caps (self, sink, &self->input, &use, error) ||
      (!model->staged &&
          !gst_generator_output_size (&self->ports, &self->input, &height, &width, error)))
    return FALSE;
  if (!gst_video_info_from_caps (&self->out_info, source)) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION, "the caps are no video");
    return FALSE;
  }
  if (use.from_frames && !gst_generative_check_picture (&self->in_info, &self->out_info, error))
    return FALSE;
  /* A staged model that has made nothing yet may come to make that size. */
  if ((height > 0 || !model->staged) &&
      (self->out_info.width != width || self->out_info.height != height)) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "the next element wants %d x %d pixels, but the model makes %d x %d: put videoscale "
        "behind",
        self->out_info.width, self->out_info.height, width, height);
    return FALSE;
  }
  if (!model->staged) {
    const gboolean single = self->ports.input.batch == 1;

    info = self->out_info;
    gst_generative_playing_fit_info (&self->playing, source, &info);
    use.output.height = height / self->input.rows;
    use.output.width = width / self->input.columns;
    if (!gst_generative_layout (
            &info, use.output.channels, single ? 1 : self->input.columns, FALSE, &use.to))
      return fail_spacing (error);
  }
  return begin (self, &use, error);
}

static gboolean
negotiate (GstGenerator *self, GstCaps *sink, GstCaps *source, GError **error)
{
  if (gst_generator_streams (&self->ports))
    return negotiate_stream (self, sink, source, error);
  if (self->ports.output.kind == GEN_PORT_SOUND)
    return negotiate_sound (self, sink, source, error);
  return negotiate_pictures (self, sink, source, error);
}

GstCaps *
gst_generator_fixate_caps (
    GstBaseTransform *base, GstPadDirection direction, GstCaps *caps, GstCaps *other)
{
  GstGenerator *self = GST_GENERATOR (base);
  gboolean of_picture = self->ports.input.kind == GEN_PORT_PICTURE;
  GstStructure *structure;
  GstVideoInfo made_of;

  if (self->ports.output.kind != GEN_PORT_PICTURE)
    return gst_generator_get_parent_class ()->fixate_caps (base, direction, caps, other);
  if (direction == GST_PAD_SINK)
    other = gst_generative_prefer_whole_chroma (choose_memory (self, other));
  if (direction == GST_PAD_SINK && self->ports.model != NULL && self->ports.model->staged &&
      !gst_caps_is_empty (other)) {
    gst_generator_probe (self, caps);
    other = gst_caps_make_writable (gst_caps_truncate (other));
    structure = gst_caps_get_structure (other, 0);
    gst_structure_fixate_field_nearest_int (
        structure, "width", self->made_width > 0 ? self->made_width : self->in_info.width);
    gst_structure_fixate_field_nearest_int (
        structure, "height", self->made_height > 0 ? self->made_height : self->in_info.height);
  }
  if (direction == GST_PAD_SINK && !gst_caps_is_empty (other))
    other = gst_generative_describe_picture (
        other, of_picture && gst_video_info_from_caps (&made_of, caps) ? &made_of : NULL);
  GST_DEBUG_OBJECT (self,
      "for %" GST_PTR_FORMAT ", of what the neighbour takes, left are %" GST_PTR_FORMAT,
      (void *)caps, (void *)other);
  return gst_generator_get_parent_class ()->fixate_caps (base, direction, caps, other);
}

/* Whether no error has told yet that caps do not fit: what fails is tried again and again. */
static gboolean
begins_to_refuse (GstGenerator *self)
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
  const gboolean pending = self->n_gathered > 0 || gst_generator_stream_pending (self);
  Successor *next = pending ? NULL : gst_generator_take_next (self);

  if (next != NULL)
    gst_generator_adopt (self, next);
  GST_INFO_OBJECT (
      self, "from %" GST_PTR_FORMAT " to %" GST_PTR_FORMAT, (void *)sink, (void *)source);
  if (negotiate (self, sink, source, &error)) {
    GST_OBJECT_LOCK (self);
    self->refused = FALSE;
    GST_OBJECT_UNLOCK (self);
    return TRUE;
  }
  if (!begins_to_refuse (self))
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

  return (self->ports.output.kind != GEN_PORT_PICTURE ||
             gst_generative_playing_decide_pool (&self->playing, base, query, &self->out_info)) &&
         gst_generator_get_parent_class ()->decide_allocation (base, query);
}

gboolean
gst_generator_propose_allocation (GstBaseTransform *base, GstQuery *decide, GstQuery *query)
{
  GstGenerator *self = GST_GENERATOR (base);

  if (!gst_generator_get_parent_class ()->propose_allocation (base, decide, query))
    return FALSE;
  if (self->ports.input.kind != GEN_PORT_PICTURE)
    return TRUE;
  gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  gst_generative_playing_propose (&self->playing, query);
  return TRUE;
}

/* Those in front may ask whether regions are of use to those behind. */
gboolean
gst_generator_filter_meta (
    GstBaseTransform *base, GstQuery *query, GType api, const GstStructure *parameters)
{
  const GstGeneratorPorts *ports = &GST_GENERATOR (base)->ports;

  return api == GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE &&
         ports->input.kind == GEN_PORT_PICTURE && ports->output.kind == GEN_PORT_PICTURE;
}

gboolean
gst_generator_transform_meta (
    GstBaseTransform *base, GstBuffer *output, GstMeta *meta, GstBuffer *input)
{
  GstGenerator *self = GST_GENERATOR (base);

  if (self->ports.input.kind != GEN_PORT_PICTURE || self->ports.output.kind != GEN_PORT_PICTURE)
    return gst_generator_get_parent_class ()->transform_meta (base, output, meta, input);
  return gst_generative_pass_meta (meta, input, &self->in_info, output, &self->out_info);
}

/* --- queries and events --- */

/* What is wrong with what is offered: mostly the form of pictures, else that a class is missing or
 * too much. (transfer full) */
static char *
describe_misfit (const GstGeneratorPorts *ports, GstCaps *offered)
{
  g_autofree char *text = gen_model_describe (ports->model);
  const GstStructure *first =
      gst_caps_get_size (offered) > 0 ? gst_caps_get_structure (offered, 0) : NULL;
  int n, wanted = gst_generator_n_tensors (ports);

  if (ports->input.kind == GEN_PORT_VECTOR && first != NULL &&
      gst_structure_get_int (first, "num_tensors", &n) && n != wanted)
    return g_strdup_printf (
        n > wanted
            ? "The element before sends a class or a second latent with each latent, but the "
              "model takes no class and no second latent: it %s"
            : "The model takes a class or a second latent with each latent, but the element "
              "before sends none: it %s",
        text);
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

  if ((fatal && !begins_to_refuse (self)) || !get_ports (self, &ports))
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
  explain = self->ports.model != NULL && !self->explained;
  self->explained |= explain;
  GST_OBJECT_UNLOCK (self);
  if (explain)
    post_misfit (self, offered, !gst_pad_has_current_caps (GST_BASE_TRANSFORM_SINK_PAD (self)));
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
    return gst_generative_latency_answer (&self->latency, base, query);
  if (gst_generative_playing_answer (&self->playing, GST_ELEMENT (self), query))
    return TRUE;
  if (!gst_generator_get_parent_class ()->query (base, direction, query))
    return FALSE;
  if (direction == GST_PAD_SINK)
    gst_generative_explain_interlaced (GST_ELEMENT (self), query);
  if (direction == GST_PAD_SINK && gst_generative_refuses_caps (query, &offered) &&
      !gst_generative_are_interlaced (offered))
    explain_caps (self, offered);
  return TRUE;
}
