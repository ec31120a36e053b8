/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "change.h"

GST_DEBUG_CATEGORY_EXTERN (generator_debug);
#define GST_CAT_DEFAULT generator_debug

/* Properties of parameters. */
#define SAID_PARAMETERS 1u
#define SAID_SCALES 2u

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
can_be_fed (GstBaseTransform *base, const GstGeneratorPorts *ports, GError **error)
{
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
can_be_shown (GstBaseTransform *base, const GstGeneratorPorts *ports, GstCaps *caps, GError **error)
{
  g_autoptr (GstCaps) made = gst_generator_transform_caps_of (ports, GST_PAD_SINK, caps);
  g_autoptr (GstCaps) taken = gst_pad_peer_query_caps (GST_BASE_TRANSFORM_SRC_PAD (base), made);

  if (!gst_caps_is_empty (taken))
    return TRUE;
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "the next element does not take what it makes: %s may help",
      ports->output.kind == GEN_PORT_SOUND ? "audioconvert and audioresample"
                                           : "videoconvert and videoscale");
  return FALSE;
}

/* Whether it makes pictures of what comes: numbers on which shapes hang may be wrong. */
static gboolean
can_be_made (const GstGeneratorPorts *ports, const GstGeneratorInput *input, GError **error)
{
  int height, width;

  return ports->staged || gst_generator_streams (ports) || ports->output.kind != GEN_PORT_PICTURE ||
         gst_generator_output_size (ports, input, &height, &width, error);
}

gboolean
gst_generator_suits (
    GstBaseTransform *base, const GstGeneratorPorts *ports, GstCaps *caps, GstGeneratorInput *input)
{
  const GstStructure *come = gst_caps_get_structure (caps, 0);
  g_autoptr (GstCaps) any = NULL, taken = NULL;

  if (!gst_generator_read_input (ports, come, input, NULL))
    return FALSE;
  if (ports->input.kind != GEN_PORT_PICTURE)
    return TRUE;
  any = gst_pad_get_pad_template_caps (GST_BASE_TRANSFORM_SRC_PAD (base));
  taken = gst_generator_transform_caps_of (ports, GST_PAD_SRC, any);
  for (guint i = 0; i < gst_caps_get_size (taken); i++)
    if (gst_structure_can_intersect (gst_caps_get_structure (taken, i), come))
      return TRUE;
  return FALSE;
}

/* Whether caps can come to suit the model of `ports`, of which `batch` buffers make a run. */
static gboolean
can_negotiate (GstBaseTransform *base, const GstGeneratorPorts *ports, guint batch, GError **error)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (GST_BASE_TRANSFORM_SINK_PAD (base));
  GstGeneratorInput input;

  if (caps == NULL)
    return TRUE;
  if (gst_generator_suits (base, ports, caps, &input))
    return gst_generator_check_batch (ports, batch, input.pictures, error) &&
           can_be_made (ports, &input, error) && can_be_shown (base, ports, caps, error);
  return (ports->input.kind != GEN_PORT_PICTURE ||
             gst_generator_check_batch (ports, batch, 1, error)) &&
         can_be_fed (base, ports, error);
}

/* --- on the watch's thread --- */

/* What the settings ask for, of `model`; compiled for the caps that are being played if it suits
 * them. */
static GstGeneratorSuccessor *
prepare (GstGeneratorChange *change, GenModel *model, GError **error)
{
  g_autoptr (GstGeneratorSuccessor) next = g_new0 (GstGeneratorSuccessor, 1);
  GstElement *element = GST_ELEMENT (change->play->base);
  g_autoptr (GenModel) playing = NULL;
  GstGeneratorPorts now;
  GenModelUse use;
  gboolean agree;

  if (!gst_generator_settings_find_ports (change->settings, element, model, &next->ports, error))
    return NULL;
  GST_OBJECT_LOCK (element);
  now = change->play->ports;
  playing = gen_model_ref (now.model);
  use = change->play->use;
  next->batch = gst_generator_batch_of (&next->ports, change->settings->batch_size);
  GST_OBJECT_UNLOCK (element);
  agree = gst_generator_ports_agree (&next->ports, &now) &&
          gst_generator_sizes_agree (&next->ports, &now, &use);
  if (!agree && !can_negotiate (change->play->base, &next->ports, next->batch, error)) {
    if (!g_str_has_prefix ((*error)->message, model->path))
      g_prefix_error (error, "%s: ", model->path);
    return NULL;
  }
  use = gst_generator_use_of (&use, &next->ports, next->batch);
  next->player = gst_generator_play_new_player (change->play, model);
  if (agree && use.frames > 0) {
    if (!gst_generator_play_prepare (change->play, next->player, &use, error))
      return NULL;
    gen_player_warm_up (next->player);
  }
  return g_steal_pointer (&next);
}

static GenModel *
get_model (GstGeneratorChange *change, gboolean replaced, const char *path, GError **error)
{
  GstGeneratorPlay *play = change->play;
  g_auto (GstGeneratorSaid) said = { 0 };
  GenModelHints hints;
  GenModel *model = NULL;

  if (replaced) {
    GST_OBJECT_LOCK (play->base);
    change->scales_changed = FALSE;
    GST_OBJECT_UNLOCK (play->base);
    hints = gst_generator_settings_hint (change->settings, GST_ELEMENT (play->base), &said);
    model = gst_succession_load_model (path, &hints, error);
    if (model != NULL)
      gst_generative_parameters_set (change->given, model);
    return model;
  }
  GST_OBJECT_LOCK (play->base);
  model = gen_model_ref (change->newest != NULL ? change->newest : play->ports.model);
  GST_OBJECT_UNLOCK (play->base);
  return model;
}

/* `model` NULL: what was there at the start. */
static void
set_newest (GstGeneratorChange *change, GenModel *model)
{
  GenModel *old;

  GST_OBJECT_LOCK (change->play->base);
  old = change->newest;
  change->newest = model != NULL ? gen_model_ref (model) : NULL;
  GST_OBJECT_UNLOCK (change->play->base);
  g_clear_pointer (&old, gen_model_unref);
}

/* GstFileWatchFunc. */
static void
prepare_next (gpointer data, gboolean replaced)
{
  GstGeneratorChange *change = data;
  GstElement *element = GST_ELEMENT (change->play->base);
  g_autoptr (GenModel) model = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  GstGeneratorSuccessor *next = NULL;

  GST_OBJECT_LOCK (element);
  path = g_strdup (change->settings->model);
  GST_OBJECT_UNLOCK (element);
  model = get_model (change, replaced, path, &error);
  if (model != NULL)
    next = prepare (change, model, &error);
  GST_OBJECT_LOCK (element);
  change->refused = next == NULL;
  GST_OBJECT_UNLOCK (element);
  if (next == NULL) {
    GST_ELEMENT_WARNING (element, RESOURCE, READ,
        ("The new model is not played, the old one goes on: %s", error->message), (NULL));
    return;
  }
  if (replaced)
    gst_generator_settings_warn (change->settings, element, &next->ports);
  set_newest (change, model);
  gst_succession_offer (&change->succession, next);
  if (!replaced)
    return;
  GST_INFO_OBJECT (element, "%s is ready to be played from the next frame on", path);
  gst_element_post_message (
      element, gst_message_new_element (GST_OBJECT (element),
                   gst_structure_new ("generator-reload", "model", G_TYPE_STRING, path, NULL)));
}

/* --- on others --- */

void
gst_generator_change_init (GstGeneratorChange *change, GstGeneratorPlay *play,
    GstGeneratorSettings *settings, GstGenerativeParameters *given)
{
  change->given = given;
  change->play = play;
  change->settings = settings;
  change->succession.element = GST_ELEMENT (play->base);
  change->succession.free = (GDestroyNotify)gst_generator_successor_free;
}

void
gst_generator_change_begin (GstGeneratorChange *change, const char *path)
{
  /* What is said by now the model has been read with. */
  g_atomic_int_set (&change->said, 0);
  GST_OBJECT_LOCK (change->play->base);
  change->scales_changed = change->refused = FALSE;
  gst_succession_begin (&change->succession, path, prepare_next, change);
  GST_OBJECT_UNLOCK (change->play->base);
}

void
gst_generator_change_end (GstGeneratorChange *change)
{
  gst_succession_end (&change->succession);
  set_newest (change, NULL);
}

void
gst_generator_change_follow (GstGeneratorChange *change, guint number)
{
  if (number == GST_GENERATOR_MODEL || number == GST_GENERATOR_ADAPTER)
    gst_succession_turn_to (&change->succession, change->settings->model);
  else if (number == GST_GENERATOR_BATCH_SIZE)
    gst_succession_call (&change->succession);
  else if (number == GST_GENERATOR_PARAMETERS)
    g_atomic_int_or (&change->said, SAID_PARAMETERS);
  if (number != GST_GENERATOR_ADAPTER_SCALE)
    return;
  g_atomic_int_or (&change->said, SAID_SCALES);
  change->scales_changed = TRUE;
  /* It may have been for the number of scales. */
  if (change->refused)
    gst_succession_turn_to (&change->succession, change->settings->model);
}

void
gst_generator_change_follow_adapters (GstGeneratorChange *change)
{
  GST_OBJECT_LOCK (change->play->base);
  if (change->scales_changed)
    g_atomic_int_or (&change->said, SAID_SCALES);
  GST_OBJECT_UNLOCK (change->play->base);
}

/* --- what is said of parameters --- */

char *
gst_generator_change_take_parameters (GstGeneratorChange *change)
{
  GstElement *element = GST_ELEMENT (change->play->base);
  const gboolean is_fixed = change->play->ports.model->fixed != NULL;
  const guint flags = g_atomic_int_and (&change->said, 0);
  g_autofree char *parameters = NULL, *scales = NULL;
  g_autoptr (GString) said = NULL;

  if (flags == 0)
    return NULL;
  GST_OBJECT_LOCK (element);
  parameters = g_strdup (change->settings->said.texts[GST_GENERATIVE_SAID_PARAMETERS]);
  scales = g_strdup (change->settings->adapters.texts[GST_GENERATIVE_ADAPTERS_SCALES]);
  if (is_fixed && (parameters != NULL || scales != NULL))
    gst_succession_turn_to (&change->succession, change->settings->model);
  GST_OBJECT_UNLOCK (element);
  said = g_string_new ((flags & SAID_PARAMETERS) != 0 ? parameters : NULL);
  if ((flags & SAID_SCALES) != 0)
    gst_generative_adapters_say (element, change->play->ports.model, scales, said);
  return said->len > 0 ? g_string_free (g_steal_pointer (&said), FALSE) : NULL;
}
