/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What plays changes while it plays: another file, another model or another batch, made ready on
 * the watch's thread and taken over between two frames. What cannot be played in its place is said,
 * and what there is plays on. */
#include "generator.h"

GST_DEBUG_CATEGORY_EXTERN (generator_debug);
#define GST_CAT_DEFAULT generator_debug

/* Whether the two take and make the same, so that caps stay as they are. */
static gboolean
ports_agree (const GstGeneratorPorts *a, const GstGeneratorPorts *b)
{
  /* How long pieces are, and what they need, is another model's own. */
  return !gst_generator_streams (a) && a->input.kind == b->input.kind &&
         a->input.length == b->input.length && a->input.type == b->input.type &&
         a->second.kind == b->second.kind && a->second.type == b->second.type &&
         a->second.length == b->second.length && a->input.channels == b->input.channels &&
         a->input.width == b->input.width && a->input.height == b->input.height &&
         a->output.kind == b->output.kind && a->output.channels == b->output.channels &&
         (a->output.kind != GEN_PORT_SOUND ||
             (a->output.length == b->output.length &&
                 a->output.sample_rate == b->output.sample_rate)) &&
         a->output.width == b->output.width && a->output.height == b->output.height &&
         (a->input.batch == 1) == (b->input.batch == 1) && a->staged == b->staged;
}

/* Whether both make as long a sound of what is the size of `input`. */
static gboolean
lengths_agree (
    const GstGeneratorPorts *a, const GstGeneratorPorts *b, const GstGeneratorInput *input)
{
  gint64 one, other;

  return gst_generator_sound_length (a, input, &one, NULL) &&
         gst_generator_sound_length (b, input, &other, NULL) && one == other;
}

/* Whether a model of ports that agree with those of `now` makes frames or sounds of the same size
 * of what `use` takes. */
static gboolean
sizes_agree (const GstGeneratorPorts *ports, const GstGeneratorPorts *now, const GenModelUse *use)
{
  const GstGeneratorInput one = {
    .pictures = 1, .columns = 1, .rows = 1, .height = use->height, .width = use->width
  };
  int height, width;

  if (ports->staged || use->frames == 0 || gst_generator_streams (ports))
    return TRUE;
  if (ports->output.kind == GEN_PORT_SOUND)
    return lengths_agree (ports, now, &one);
  return gst_generator_output_size (ports, &one, &height, &width, NULL) &&
         height == use->output.height && width == use->output.width;
}

/* Whether latents of caps that are still open may come to be what the model takes. */
static gboolean
may_fit (const GstGeneratorPorts *ports, const GstStructure *structure, GError **error)
{
  GstGeneratorInput input;

  if (!gst_structure_has_field (structure, "dimensions"))
    return TRUE;
  return gst_generator_read_input (ports, structure, &input, error);
}

/* Whether the element before can send what the model of `ports` takes. */
static gboolean
can_be_fed (GstGenerator *self, const GstGeneratorPorts *ports, GError **error)
{
  GstBaseTransform *base = GST_BASE_TRANSFORM (self);
  g_autoptr (GstCaps) next = gst_pad_peer_query_caps (GST_BASE_TRANSFORM_SRC_PAD (base), NULL);
  g_autoptr (GstCaps) wanted = NULL, offered = NULL;

  if (next == NULL || gst_caps_is_any (next)) {
    gst_caps_unref (next);
    next = gst_pad_get_pad_template_caps (GST_BASE_TRANSFORM_SRC_PAD (base));
  }
  wanted = gst_generator_transform_caps_of (ports, GST_PAD_SRC, next);
  offered = gst_pad_peer_query_caps (GST_BASE_TRANSFORM_SINK_PAD (base), wanted);
  for (guint i = 0; i < gst_caps_get_size (offered); i++) {
    g_clear_error (error);
    if (may_fit (ports, gst_caps_get_structure (offered, i), error))
      return TRUE;
  }
  if (error != NULL && *error == NULL)
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "the element before does not make what it takes");
  return FALSE;
}

/* Whether the next element takes what the model of `ports` makes of the sink caps `caps`. */
static gboolean
can_be_shown (GstGenerator *self, const GstGeneratorPorts *ports, GstCaps *caps, GError **error)
{
  g_autoptr (GstCaps) made = gst_generator_transform_caps_of (ports, GST_PAD_SINK, caps);
  g_autoptr (GstCaps) taken =
      gst_pad_peer_query_caps (GST_BASE_TRANSFORM_SRC_PAD (GST_BASE_TRANSFORM (self)), made);

  if (!gst_caps_is_empty (taken))
    return TRUE;
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "the next element does not take what it makes: %s may help",
      ports->output.kind == GEN_PORT_SOUND ? "audioconvert and audioresample"
                                           : "videoconvert and videoscale");
  return FALSE;
}

/* Whether caps can come to suit the model of `ports`, of which `batch` buffers make a run. */
static gboolean
can_negotiate (GstGenerator *self, const GstGeneratorPorts *ports, guint batch, GError **error)
{
  g_autoptr (GstCaps) caps =
      gst_pad_get_current_caps (GST_BASE_TRANSFORM_SINK_PAD (GST_BASE_TRANSFORM (self)));
  GstGeneratorInput input;

  if (caps == NULL)
    return TRUE;
  if (gst_generator_read_input (ports, gst_caps_get_structure (caps, 0), &input, NULL))
    return gst_generator_check_batch (ports, batch, input.pictures, error) &&
           can_be_shown (self, ports, caps, error);
  return (ports->input.kind != GEN_PORT_PICTURE ||
             gst_generator_check_batch (ports, batch, 1, error)) &&
         can_be_fed (self, ports, error);
}

/* What the settings ask for, of `model`; compiled for the caps that are being played if it suits
 * them. */
static Successor *
prepare (GstGenerator *self, GenModel *model, GError **error)
{
  g_autoptr (GenPlayer) player = NULL;
  g_autoptr (GenModel) playing = NULL;
  GstGeneratorPorts ports = { 0 }, now;
  GenModelUse use;
  gboolean agree;
  guint batch;
  Successor *next;

  if (!gst_generator_find_ports (self, model, &ports, error))
    return NULL;
  GST_OBJECT_LOCK (self);
  now = self->ports;
  playing = gen_model_ref (now.model);
  use = self->use;
  batch = model->staged ? 1 : self->settings.batch_size;
  GST_OBJECT_UNLOCK (self);
  agree = ports_agree (&ports, &now) && sizes_agree (&ports, &now, &use);
  if (!agree && !can_negotiate (self, &ports, batch, error)) {
    g_prefix_error (error, "%s: ", model->path);
    return NULL;
  }
  use = gst_generator_use_of (&use, &ports, batch);
  player = gst_generator_player_new (self, model);
  if (agree && use.frames > 0) {
    if (!gst_generator_prepare (self, player, &use, error))
      return NULL;
    gen_player_warm_up (player);
  }
  next = g_new (Successor, 1);
  *next = (Successor){ g_steal_pointer (&player), ports, batch };
  return next;
}

static GenModel *
get_model (GstGenerator *self, gboolean replaced, const char *path, GError **error)
{
  GenModel *model = NULL;

  if (replaced && (path == NULL || *path == '\0')) {
    g_set_error (
        error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND, "property model is unset");
    return NULL;
  }
  if (replaced)
    return gen_model_load (path, error);
  GST_OBJECT_LOCK (self);
  model = gen_model_ref (self->newest != NULL ? self->newest : self->ports.model);
  GST_OBJECT_UNLOCK (self);
  return model;
}

static void
set_newest (GstGenerator *self, GenModel *model)
{
  GenModel *old;

  GST_OBJECT_LOCK (self);
  old = self->newest;
  self->newest = gen_model_ref (model);
  GST_OBJECT_UNLOCK (self);
  g_clear_pointer (&old, gen_model_unref);
}

void
gst_generator_prepare_next (gpointer data, gboolean replaced)
{
  GstGenerator *self = data;
  g_autoptr (GenModel) model = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  Successor *next = NULL;

  GST_OBJECT_LOCK (self);
  path = g_strdup (self->settings.model);
  GST_OBJECT_UNLOCK (self);
  model = get_model (self, replaced, path, &error);
  if (model != NULL)
    next = prepare (self, model, &error);
  if (next == NULL) {
    GST_ELEMENT_WARNING (self, RESOURCE, READ,
        ("The new model is not played, the old one goes on: %s", error->message), (NULL));
    return;
  }
  if (replaced)
    gst_generator_warn_of_ranges (self, &next->ports);
  set_newest (self, model);
  gst_generator_successor_free (gst_generator_take_next (self));
  g_atomic_pointer_set (&self->next, next);
  if (!replaced)
    return;
  GST_INFO_OBJECT (self, "%s is ready to be played from the next frame on", path);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self),
          gst_structure_new ("generator-reload", "model", G_TYPE_STRING, path, NULL)));
}

void
gst_generator_adopt (GstGenerator *self, Successor *next)
{
  GenPlayer *old = self->player;

  GST_OBJECT_LOCK (self);
  /* The use is of the caps until now: nothing is prepared for it any more. */
  if (gen_player_use (next->player) == NULL || !ports_agree (&next->ports, &self->ports))
    self->use.frames = 0;
  self->player = g_steal_pointer (&next->player);
  gen_model_unref (self->ports.model);
  self->ports.model = gen_model_ref (gen_player_model (self->player));
  self->ports.input = next->ports.input;
  self->ports.second = next->ports.second;
  self->ports.output = next->ports.output;
  self->ports.context = next->ports.context;
  self->ports.endless = next->ports.endless;
  self->ports.overlap = next->ports.overlap;
  self->ports.window = next->ports.window;
  self->ports.numbers = next->ports.numbers;
  self->ports.columns = next->ports.columns;
  self->ports.staged = next->ports.staged;
  self->ports.shares_device &= !next->ports.staged;
  self->ports.prefers_device &= self->ports.shares_device;
  self->explained = FALSE;
  GST_OBJECT_UNLOCK (self);
  self->batch = next->batch;
  self->told_not_finite = FALSE;
  self->made_of = (GstGeneratorInput){ 0 };
  self->made_width = self->made_height = 0;
  gst_generator_describe_tensors (self, &self->ports);
  gst_generator_successor_free (next);
  gen_player_free (old);
}

/* Caps are to be found for another model: those behind it, and those before it where the frames
 * that come do not suit it. */
static void
negotiate_anew (GstGenerator *self)
{
  GstBaseTransform *base = GST_BASE_TRANSFORM (self);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (GST_BASE_TRANSFORM_SINK_PAD (base));
  GstGeneratorInput input;

  gen_player_forget (self->player);
  self->waiting = caps != NULL && !gst_generator_read_input (
                                      &self->ports, gst_caps_get_structure (caps, 0), &input, NULL);
  if (self->waiting)
    gst_base_transform_reconfigure_sink (base);
  else
    gst_base_transform_reconfigure_src (base);
}

GstFlowReturn
gst_generator_change (GstGenerator *self)
{
  g_autoptr (GError) error = NULL;
  GstFlowReturn flow = GST_FLOW_OK;
  gboolean agree, other_batch;
  GenModelUse use;
  Successor *next;

  if (g_atomic_pointer_get (&self->next) == NULL)
    return GST_FLOW_OK;
  if (gst_generator_stream_pending (self))
    flow = gst_generator_stream_drain (self);
  else if (self->n_gathered > 0)
    flow = gst_generator_drain (self);
  if (flow != GST_FLOW_OK || (next = gst_generator_take_next (self)) == NULL)
    return flow;
  agree = gen_player_use (self->player) != NULL && gen_player_use (next->player) != NULL &&
          ports_agree (&next->ports, &self->ports);
  if (agree)
    use = gst_generator_use_of (gen_player_use (self->player), &next->ports, next->batch);
  other_batch = next->batch != self->batch;
  GST_INFO_OBJECT (self, "%s plays from this frame on", gen_player_model (next->player)->path);
  gst_generator_adopt (self, next);
  if (!agree) {
    flow = gst_generator_sound_drain (self);
    negotiate_anew (self);
    return flow;
  }
  if (!gst_generator_compile (self, &use, &error)) {
    gst_generative_post_error (GST_ELEMENT (self), error);
    return GST_FLOW_ERROR;
  }
  if (other_batch)
    gst_generator_measure_latency (self);
  return GST_FLOW_OK;
}

/* A base transform does not set caps again that stay as they were, though another model plays. */
gboolean
gst_generator_keep_caps (GstGenerator *self)
{
  GstBaseTransform *base = GST_BASE_TRANSFORM (self);
  g_autoptr (GstCaps) sink = gst_pad_get_current_caps (GST_BASE_TRANSFORM_SINK_PAD (base));
  g_autoptr (GstCaps) source = gst_pad_get_current_caps (GST_BASE_TRANSFORM_SRC_PAD (base));

  return sink != NULL && source != NULL && gst_generator_set_caps (base, sink, source);
}
