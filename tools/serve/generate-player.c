/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "generate-player.h"

#include "../../lib/serve/generate-error.h"

#define DEFAULT_RATE 30

/* What is handed over, the first that the model can make. */
#define OUTPUT                                                                                     \
  "video/x-raw,format=(string){GRAY8,RGB,RGBA}; "                                                  \
  "audio/x-raw,format=(string)" GST_AUDIO_FLOAT ",layout=(string)interleaved; "                    \
  "other/tensors"
#define NUMBERS                                                                                    \
  "other/tensors; audio/x-raw,format=(string)" GST_AUDIO_FLOAT ",layout=(string)interleaved"
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
#define GST_AUDIO_FLOAT "F32LE"
#else
#define GST_AUDIO_FLOAT "F32BE"
#endif

struct _ServePlayer {
  GstElement *generator;
  GstPad *source, *sink; /* ours, at its ends */
  GstBus *bus;
  ServePlayerInput input;
  guint frames; /* of a run */
  GstCaps *caps, *wanted;
  int rate_numerator, rate_denominator;
  char *parameters;
  /* Of what is being played. */
  ServePlayerFunc made;
  gpointer data;
  guint n_inputs, n_made;
  GstTagList *tags;
};

/* The structure of that name, or NULL. */
static const GstStructure *
find_structure (const GstCaps *caps, const char *name)
{
  for (guint i = 0; !gst_caps_is_any (caps) && i < gst_caps_get_size (caps); i++)
    if (gst_structure_has_name (gst_caps_get_structure (caps, i), name))
      return gst_caps_get_structure (caps, i);
  return NULL;
}

/* --- what comes out --- */

static GstFlowReturn
take_buffer (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  ServePlayer *player = gst_pad_get_element_private (pad);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  g_autoptr (GstSample) sample = gst_sample_new (buffer, caps, NULL, NULL);
  const guint number = MIN (player->n_made, player->n_inputs - 1);

  player->n_made++;
  gst_buffer_unref (buffer);
  return player->made == NULL || player->made (sample, number, player->data) ? GST_FLOW_OK
                                                                             : GST_FLOW_EOS;
}

static gboolean
take_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  ServePlayer *player = gst_pad_get_element_private (pad);
  GstTagList *tags;

  if (GST_EVENT_TYPE (event) == GST_EVENT_TAG) {
    gst_event_parse_tag (event, &tags);
    gst_clear_tag_list (&player->tags);
    player->tags = gst_tag_list_ref (tags);
  }
  gst_event_unref (event);
  return TRUE;
}

static gboolean
answer_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  ServePlayer *player = gst_pad_get_element_private (pad);
  g_autoptr (GstCaps) caps = NULL;
  GstCaps *filter;

  if (GST_QUERY_TYPE (query) == GST_QUERY_CAPS) {
    gst_query_parse_caps (query, &filter);
    caps = filter != NULL
               ? gst_caps_intersect_full (player->wanted, filter, GST_CAPS_INTERSECT_FIRST)
               : gst_caps_ref (player->wanted);
    gst_query_set_caps_result (query, caps);
    return TRUE;
  }
  return gst_pad_query_default (pad, parent, query);
}

GstTagList *
serve_player_get_tags (ServePlayer *player)
{
  return player->tags != NULL ? gst_tag_list_ref (player->tags) : NULL;
}

/* --- what goes wrong --- */

/* What the element has said of it, or `otherwise`. */
static gboolean
take_error (ServePlayer *player, const char *otherwise, GError **error)
{
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (player->bus, GST_MESSAGE_ERROR);
  g_autoptr (GError) said = NULL;

  if (message != NULL)
    gst_message_parse_error (message, &said, NULL);
  gst_bus_set_flushing (player->bus, TRUE);
  gst_bus_set_flushing (player->bus, FALSE);
  return gen_serve_refuse (
      error, GEN_SERVE_FAILED, NULL, "%s", said != NULL ? said->message : otherwise);
}

/* --- the element --- */

static void
set_text (GstElement *element, const char *name, const char *value)
{
  if (value != NULL && *value != '\0')
    gst_util_set_object_arg (G_OBJECT (element), name, value);
}

static GstElement *
make_generator (const ServePlayerSettings *settings, GError **error)
{
  GstElement *generator = gst_element_factory_make ("generator", NULL);

  if (generator == NULL) {
    gen_serve_refuse (error, GEN_SERVE_UNAVAILABLE, NULL,
        "there is no element generator: GST_PLUGIN_PATH should name the folder of "
        "libgstgenerative.so");
    return NULL;
  }
  gst_object_ref_sink (generator);
  g_object_set (generator, "model", settings->model, "reload", FALSE, NULL);
  set_text (generator, "device", settings->device);
  set_text (generator, "precision", settings->precision);
  set_text (generator, "parameters", settings->parameters);
  if (settings->threads > 0)
    g_object_set (generator, "threads", (guint)settings->threads, NULL);
  if (settings->frames > 1)
    g_object_set (generator, "batch-size", settings->frames, NULL);
  return generator;
}

static void
link_ends (ServePlayer *player)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (player->generator, "sink");
  g_autoptr (GstPad) source = gst_element_get_static_pad (player->generator, "src");

  player->source = gst_object_ref_sink (gst_pad_new ("source", GST_PAD_SRC));
  player->sink = gst_object_ref_sink (gst_pad_new ("sink", GST_PAD_SINK));
  gst_pad_set_element_private (player->sink, player);
  gst_pad_set_chain_function (player->sink, take_buffer);
  gst_pad_set_event_function (player->sink, take_event);
  gst_pad_set_query_function (player->sink, answer_query);
  gst_pad_set_active (player->source, TRUE);
  gst_pad_set_active (player->sink, TRUE);
  gst_pad_link (player->source, sink);
  gst_pad_link (source, player->sink);
}

/* Latents, or a text. */
static gboolean
choose_input (ServePlayer *player, GError **error)
{
  g_autoptr (GstCaps) caps = gst_pad_peer_query_caps (player->source, NULL);
  const GstStructure *latents = find_structure (caps, "other/tensors");
  g_autofree char *text = NULL;

  player->input.text = find_structure (caps, "text/x-raw") != NULL;
  if (player->input.text)
    return TRUE;
  if (latents != NULL && gst_generative_tensors_read (latents, &player->input.latents, NULL)) {
    player->input.rate_denominator = 1;
    gst_structure_get_fraction (
        latents, "framerate", &player->input.rate_numerator, &player->input.rate_denominator);
    return TRUE;
  }
  text = gst_caps_is_empty (caps) || gst_caps_is_any (caps)
             ? g_strdup ("nothing that is known")
             : g_strdup (gst_structure_get_name (gst_caps_get_structure (caps, 0)));
  return gen_serve_refuse (error, GEN_SERVE_INVALID, NULL,
      "it takes %s, and what can be asked for by a request is made of latents or of text", text);
}

ServePlayer *
serve_player_new (const ServePlayerSettings *settings, GError **error)
{
  g_autoptr (ServePlayer) player = g_new0 (ServePlayer, 1);

  player->generator = make_generator (settings, error);
  if (player->generator == NULL)
    return NULL;
  player->wanted = gst_caps_from_string (settings->numbers ? NUMBERS : OUTPUT);
  player->bus = gst_bus_new ();
  gst_element_set_bus (player->generator, player->bus);
  link_ends (player);
  if (gst_element_set_state (player->generator, GST_STATE_PAUSED) == GST_STATE_CHANGE_FAILURE) {
    take_error (player, "the model cannot be played", error);
    return NULL;
  }
  gst_pad_push_event (player->source, gst_event_new_stream_start ("request"));
  if (!choose_input (player, error))
    return NULL;
  player->frames = MAX (settings->frames, 1);
  return g_steal_pointer (&player);
}

void
serve_player_free (ServePlayer *player)
{
  if (player->generator != NULL) {
    gst_element_set_state (player->generator, GST_STATE_NULL);
    gst_element_set_bus (player->generator, NULL);
    gst_object_unref (player->generator);
  }
  gst_clear_object (&player->source);
  gst_clear_object (&player->sink);
  gst_clear_object (&player->bus);
  gst_clear_caps (&player->caps);
  gst_clear_caps (&player->wanted);
  gst_clear_tag_list (&player->tags);
  g_free (player->parameters);
  g_free (player);
}

const ServePlayerInput *
serve_player_input (const ServePlayer *player)
{
  return &player->input;
}

GstCaps *
serve_player_output (ServePlayer *player)
{
  static const char *const names[] = { "video/x-raw", "audio/x-raw", "other/tensors" };
  g_autoptr (GstCaps) caps = gst_pad_peer_query_caps (player->sink, player->wanted);

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    const GstStructure *found = find_structure (caps, names[i]);

    if (found != NULL)
      return gst_caps_new_full (gst_structure_copy (found), NULL);
  }
  return g_steal_pointer (&caps);
}

/* --- playing --- */

/* Caps anew where the rate is another one. */
static gboolean
negotiate (ServePlayer *player, int numerator, int denominator)
{
  g_autoptr (GstCaps) caps = NULL;

  if (numerator == 0) {
    numerator = player->input.rate_numerator > 0 ? player->input.rate_numerator : DEFAULT_RATE;
    denominator = player->input.rate_numerator > 0 ? player->input.rate_denominator : 1;
  }
  if (player->caps != NULL && numerator == player->rate_numerator &&
      denominator == player->rate_denominator)
    return TRUE;
  if (player->input.text)
    caps = gst_caps_from_string ("text/x-raw,format=utf8");
  else
    caps = gst_caps_new_full (gst_generative_tensors_to_structure (&player->input.latents), NULL);
  if (!player->input.text) {
    caps = gst_caps_fixate (g_steal_pointer (&caps));
    gst_caps_set_simple (caps, "framerate", GST_TYPE_FRACTION, numerator, denominator, NULL);
  }
  if (!gst_pad_push_event (player->source, gst_event_new_caps (caps)))
    return FALSE;
  gst_caps_replace (&player->caps, caps);
  player->rate_numerator = numerator;
  player->rate_denominator = denominator;
  return TRUE;
}

/* Each is a stream of its own: what is made hangs on nothing that was made before. */
static gboolean
begin (ServePlayer *player, int numerator, int denominator)
{
  GstSegment segment;

  if (!negotiate (player, numerator, denominator))
    return FALSE;
  gst_segment_init (&segment, GST_FORMAT_TIME);
  return gst_pad_push_event (player->source, gst_event_new_segment (&segment));
}

static void
follow_parameters (ServePlayer *player, const char *parameters)
{
  if (parameters == NULL || g_strcmp0 (parameters, player->parameters) == 0)
    return;
  g_free (player->parameters);
  player->parameters = g_strdup (parameters);
  g_object_set (player->generator, "parameters", parameters, NULL);
}

/* A stream that has ended, or failed, takes nothing more until it is flushed. */
static void
mend (ServePlayer *player)
{
  gst_pad_push_event (player->source, gst_event_new_flush_start ());
  gst_pad_push_event (player->source, gst_event_new_flush_stop (TRUE));
  gst_clear_caps (&player->caps);
}

/* When the frames that follow each other from the first one on are. */
static void
stamp (const ServePlayer *player, GstBuffer *input, guint number)
{
  const guint64 rate = (guint64)player->rate_numerator,
                seconds = (guint64)player->rate_denominator * GST_SECOND;

  GST_BUFFER_PTS (input) = gst_util_uint64_scale (number, seconds, rate);
  GST_BUFFER_DURATION (input) = gst_util_uint64_scale (1, seconds, rate);
}

/* Those behind what cannot be pushed are given up. */
static GstFlowReturn
push_all (ServePlayer *player, GstBuffer *const *inputs, guint n, gboolean begun)
{
  GstFlowReturn flow = begun ? GST_FLOW_OK : GST_FLOW_NOT_NEGOTIATED;

  for (guint i = 0; i < n; i++) {
    if (flow != GST_FLOW_OK) {
      gst_buffer_unref (inputs[i]);
      continue;
    }
    if (!player->input.text)
      stamp (player, inputs[i], i);
    flow = gst_pad_push (player->source, inputs[i]);
  }
  return flow;
}

/* A run that is not full begins when something comes that no further frame goes before. */
static void
fill_up (ServePlayer *player)
{
  gst_pad_push_event (player->source, gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM,
                                          gst_structure_new_empty ("generative-run")));
}

gboolean
serve_player_play (ServePlayer *player, GstBuffer *const *inputs, guint n, const char *parameters,
    int rate_numerator, int rate_denominator, ServePlayerFunc made, gpointer data, GError **error)
{
  const gboolean is_text = player->input.text;
  GstFlowReturn flow;
  gboolean complete;

  follow_parameters (player, parameters);
  player->made = made;
  player->data = data;
  player->n_inputs = n;
  player->n_made = 0;
  flow = push_all (player, inputs, n, begin (player, rate_numerator, rate_denominator));
  if (flow == GST_FLOW_OK && n < player->frames)
    fill_up (player);
  player->made = NULL;
  complete = n > 1 ? player->n_made == n : player->n_made > 0;
  if (flow == GST_FLOW_OK && (complete || (n == 1 && !is_text && player->frames == 1)))
    return TRUE;
  mend (player);
  if (flow == GST_FLOW_OK && is_text)
    return gen_serve_refuse (
        error, GEN_SERVE_INVALID, NULL, "the text has no symbol that the model knows");
  if (flow == GST_FLOW_EOS)
    return gen_serve_refuse (error, GEN_SERVE_CANCELLED, NULL, "it is not wanted any more");
  return take_error (player,
      flow == GST_FLOW_OK ? "the model makes less than it was given" : gst_flow_get_name (flow),
      error);
}
