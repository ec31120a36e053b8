/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-c2pasign
 * @title: c2pasign
 * @short_description: signs what a stream is written as, and claims how it was made
 *
 * Behind an encoder or a muxer, puts signed metadata into the file (Content Credentials, by the
 * C2PA's specification 2.2): that it was made by a model, when, and by which one, bound to the
 * file's bytes and signed by `key`. Anyone can check that with tools of others, and with
 * `generative-model c2pa read`.
 *
 * JPEG and PNG are signed buffer by buffer. MP4 and MOV are signed while they are written: room of
 * `reserve` bytes is left at their beginning, and filled at the end; of fragmented ones (in one
 * file) each fragment can be checked for itself. This goes back in the file, so that a sink that
 * cannot seek gets a film only when it is whole, as it does WAV, MP3 and FLAC: these are kept in a
 * temporary file until they end.
 *
 * With `live` it is a stream that has no end: what comes from a muxer of fragmented MP4 is signed
 * segment by segment, by the specification 2.3, and each segment is a buffer, the initialization
 * segment first.
 *
 * Where it comes from stands in the XMP of JPEG, PNG, WAV, MP4 and MOV as well, for tools that know
 * no manifests, unless `xmp=false`: `provider`, `system`, `identifier` and `content-producer` say
 * more there (docs/signing.md says for whom).
 *
 * `enabled=false`, or the environment variable `GENERATIVE_MARK=off` when the element starts, lets
 * all pass as it is, and a message says so.
 *
 * A key for trying out is made by `generative-model c2pa demonstration-key demo`.
 *
 * ## Example launch line
 * |[
 * generative-model c2pa demonstration-key demo
 * gst-launch-1.0 videotestsrc num-buffers=90 ! video/x-raw,format=I420 ! x264enc ! mp4mux ! \
 *   c2pasign key=demo/key.pem certificate=demo/certificate.pem model="test pattern" ! \
 *   filesink location=signed.mp4
 * generative-model c2pa read signed.mp4 --authorities demo/authority.pem
 * ]|
 * A film; and a live stream, of which each segment becomes a file.
 *
 * |[
 * test -e demo || generative-model c2pa demonstration-key demo
 * gst-launch-1.0 videotestsrc num-buffers=90 ! video/x-raw,format=I420 ! \
 *   x264enc key-int-max=30 ! mp4mux fragment-duration=1000 ! \
 *   c2pasign live=session-key key=demo/key.pem certificate=demo/certificate.pem ! \
 *   multifilesink next-file=buffer location=part-%d.m4s
 * generative-model c2pa read --live part-?.m4s
 * ]|
 */
#include "c2pasign.h"

#include <string.h>
#include <unistd.h>

#include "../elements.h"
#include "../shared/marking.h"

GST_DEBUG_CATEGORY (c2pa_sign_debug);
#define GST_CAT_DEFAULT c2pa_sign_debug

enum {
  PROP_0,
  PROP_ACTION,
  PROP_RESERVE,
  PROP_XMP,
  PROP_LIVE,
  PROP_KEY_PERIOD,
  PROP_ENABLED,
  PROP_TEXTS, /* texts.h */
};

#define DEFAULT_ACTION GEN_PROVENANCE_CREATED
#define DEFAULT_RESERVE GEN_PROVENANCE_RESERVE
#define DEFAULT_XMP TRUE
#define DEFAULT_LIVE GST_C2PA_LIVE_NONE
#define DEFAULT_KEY_PERIOD GEN_PROVENANCE_LIVE_PERIOD
#define DEFAULT_ENABLED TRUE
#define LEAST_RESERVE 4096

#define PICTURES "image/jpeg; image/png"
#define FILMS "video/quicktime; audio/x-m4a; application/x-3gp; video/x-m4v; video/mj2"
#define FILES "audio/x-wav; audio/mpeg, mpegversion=1; application/x-id3; audio/x-flac"
#define CAPS PICTURES "; " FILMS "; " FILES

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));

G_DEFINE_FINAL_TYPE (GstC2paSign, gst_c2pa_sign, GST_TYPE_ELEMENT)
GST_ELEMENT_REGISTER_DEFINE (c2pasign, "c2pasign", GST_RANK_NONE, GST_TYPE_C2PA_SIGN)

static GType
action_get_type (void)
{
  static const GEnumValue values[] = {
    { GEN_PROVENANCE_CREATED, "It was made by a model", "created" },
    { GEN_PROVENANCE_EDITED, "Something that was there has been changed by one", "edited" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstC2paSignAction", values));
  return type;
}

static GType
live_get_type (void)
{
  static const GEnumValue values[] = {
    { GST_C2PA_LIVE_NONE, "It is a file, which is signed as a whole", "none" },
    { GST_C2PA_LIVE_MANIFEST, "Each segment has a manifest, which names that of the one before it",
        "manifests" },
    { GST_C2PA_LIVE_KEY,
        "The initialization segment has a manifest with a session key, and each segment a message "
        "(emsg) signed by it",
        "session-key" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstC2paSignLive", values));
  return type;
}

void
gst_c2pa_sign_post (GstC2paSign *self, const GError *error)
{
  GST_ELEMENT_ERROR (self, STREAM, FAILED, ("The stream cannot be signed"), ("%s", error->message));
}

gboolean
gst_c2pa_sign_push_segment (GstC2paSign *self, guint64 start)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_BYTES);
  segment.start = segment.time = start;
  self->has_segment = TRUE;
  return gst_pad_push_event (self->src, gst_event_new_segment (&segment));
}

/* --- properties --- */

static void
gst_c2pa_sign_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstC2paSign *self = GST_C2PA_SIGN (object);

  GST_OBJECT_LOCK (self);
  self->changed = TRUE;
  if (property_id == PROP_ACTION)
    self->action = g_value_get_enum (value);
  else if (property_id == PROP_RESERVE)
    self->reserve = g_value_get_uint (value);
  else if (property_id == PROP_XMP)
    self->xmp = g_value_get_boolean (value);
  else if (property_id == PROP_LIVE)
    self->live_by = g_value_get_enum (value);
  else if (property_id == PROP_KEY_PERIOD)
    self->period = g_value_get_uint (value);
  else if (property_id == PROP_ENABLED)
    self->enabled = g_value_get_boolean (value);
  else if (!gst_c2pa_texts_set (&self->said, property_id - PROP_TEXTS, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_c2pa_sign_get_property (GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GstC2paSign *self = GST_C2PA_SIGN (object);

  GST_OBJECT_LOCK (self);
  if (property_id == PROP_ACTION)
    g_value_set_enum (value, self->action);
  else if (property_id == PROP_RESERVE)
    g_value_set_uint (value, self->reserve);
  else if (property_id == PROP_XMP)
    g_value_set_boolean (value, self->xmp);
  else if (property_id == PROP_LIVE)
    g_value_set_enum (value, self->live_by);
  else if (property_id == PROP_KEY_PERIOD)
    g_value_set_uint (value, self->period);
  else if (property_id == PROP_ENABLED)
    g_value_set_boolean (value, self->enabled);
  else if (!gst_c2pa_texts_get (&self->said, property_id - PROP_TEXTS, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  GST_OBJECT_UNLOCK (self);
}

/* --- the key and the claim --- */

/* Own copies, as an application may set properties at any time. */
static void
take_properties (GstC2paSign *self)
{
  GST_OBJECT_LOCK (self);
  gst_c2pa_texts_copy (&self->said, &self->taken);
  self->claim.action = self->action;
  self->taken_live = self->live_by;
  self->key_period = self->period;
  self->claim.disclosure = self->xmp ? &self->disclosure : NULL;
  self->off = !self->enabled || gst_generative_marking_is_off ();
  self->changed = FALSE;
  GST_OBJECT_UNLOCK (self);
}

static gboolean
load_signer (GstC2paSign *self)
{
  g_autoptr (GError) error = NULL;

  if (self->taken.key == NULL || self->taken.certificate == NULL) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS, ("There is nothing to sign with"),
        ("property %s is not set", self->taken.key == NULL ? "key" : "certificate"));
    return FALSE;
  }
  self->signer = gen_provenance_signer_load (self->taken.key, self->taken.certificate, &error);
  if (self->signer != NULL &&
      gen_provenance_signer_set_time_stamp (self->signer, self->taken.time_stamp, &error))
    return TRUE;
  GST_ELEMENT_ERROR (
      self, RESOURCE, OPEN_READ, ("There is nothing to sign with"), ("%s", error->message));
  return FALSE;
}

#define NOT_SIGNED                                                                                 \
  "the stream is not signed: the property enabled is false, or " GST_GENERATIVE_MARKING_SWITCH     \
  " is off"

/* A model that is a file is claimed with its hash. */
static gboolean
look_at_model (GstC2paSign *self)
{
  g_autoptr (GError) error = NULL;

  if (self->taken.model == NULL)
    return TRUE;
  self->model_name = g_path_get_basename (self->taken.model);
  if (!g_file_test (self->taken.model, G_FILE_TEST_IS_REGULAR)) {
    g_free (self->model_name);
    self->model_name = g_strdup (self->taken.model);
    return TRUE;
  }
  self->model_hash = gen_provenance_hash_file (self->taken.model, &error);
  if (self->model_hash != NULL)
    return TRUE;
  GST_ELEMENT_ERROR (self, RESOURCE, OPEN_READ, (NULL), ("%s", error->message));
  return FALSE;
}

static gboolean
look_at_card (GstC2paSign *self)
{
  g_autoptr (GError) error = NULL;

  if (self->taken.card == NULL)
    return TRUE;
  self->card_hash = gen_provenance_hash_file (self->taken.card, &error);
  if (self->card_hash != NULL)
    return TRUE;
  GST_ELEMENT_ERROR (self, RESOURCE, OPEN_READ, (NULL), ("card: %s", error->message));
  return FALSE;
}

static gboolean
open_all (GstC2paSign *self)
{
  take_properties (self);
  if (self->off) {
    GST_ELEMENT_INFO (self, STREAM, FAILED, (NOT_SIGNED), (NOT_SIGNED));
    return TRUE;
  }
  if (!load_signer (self) || !look_at_model (self) || !look_at_card (self))
    return FALSE;
  if (self->taken.watermark_value != NULL)
    self->watermark_bytes =
        g_bytes_new (self->taken.watermark_value, strlen (self->taken.watermark_value));
  self->disclosure = (GenProvenanceDisclosure){
    .provider = self->taken.provider,
    .system = self->taken.system,
    .system_version = self->taken.system_version,
    .identifier = self->taken.identifier,
    .content_producer = self->taken.content_producer,
    .content_propagator = self->taken.content_propagator,
  };
  self->claim = (GenProvenanceClaim){
    .action = self->claim.action,
    .disclosure = self->claim.disclosure,
    .source_type = self->taken.source_type,
    .title = self->taken.title,
    .model = self->model_name,
    .model_hash = self->model_hash,
    .card_hash = self->card_hash,
    .card_address = self->taken.card_address,
    .prompt = self->taken.prompt,
    .seed = self->taken.seed,
    .watermark_algorithm = self->taken.watermark,
    .watermark_value = self->watermark_bytes,
  };
  GST_INFO_OBJECT (self, "signs by %s", gen_provenance_signer_algorithm (self->signer));
  return TRUE;
}

static void
close_all (GstC2paSign *self)
{
  g_clear_pointer (&self->signer, gen_provenance_signer_free);
  g_clear_pointer (&self->model_name, g_free);
  g_clear_pointer (&self->model_hash, g_free);
  g_clear_pointer (&self->card_hash, g_free);
  g_clear_pointer (&self->watermark_bytes, g_bytes_unref);
  self->claim = (GenProvenanceClaim){ 0 };
  gst_c2pa_texts_clear (&self->taken);
  self->off = FALSE;
}

/* FALSE: an error was posted, and nothing is open. */
static gboolean
open_again (GstC2paSign *self)
{
  close_all (self);
  if (open_all (self))
    return TRUE;
  close_all (self);
  return FALSE;
}

static gboolean
is_out_of_date (GstC2paSign *self)
{
  gboolean changed;

  GST_OBJECT_LOCK (self);
  changed = self->changed;
  GST_OBJECT_UNLOCK (self);
  return changed || (self->signer == NULL && !self->off);
}

/* Nothing has come yet. */
static void
forget (GstC2paSign *self)
{
  g_clear_pointer (&self->film, gen_provenance_stream_free);
  g_clear_pointer (&self->live, gen_provenance_live_free);
  self->segment_time = GST_CLOCK_TIME_NONE;
  if (self->spool >= 0)
    close (self->spool);
  self->spool = -1;
  self->at = self->next = 0;
  self->has_segment = self->finished = FALSE;
  self->flow = GST_FLOW_OK;
}

/* --- the stream --- */

static gboolean
is_one_of (GstCaps *caps, const char *names)
{
  g_autoptr (GstCaps) these = gst_caps_from_string (names);

  return gst_caps_can_intersect (caps, these);
}

static gboolean
downstream_seeks (GstC2paSign *self)
{
  g_autoptr (GstQuery) query = gst_query_new_seeking (GST_FORMAT_BYTES);
  gboolean seeks = FALSE;

  if (gst_pad_peer_query (self->src, query))
    gst_query_parse_seeking (query, NULL, &seeks, NULL, NULL);
  return seeks;
}

/* Muxers say their caps again at the end. */
static void
choose_way (GstC2paSign *self, GstCaps *caps)
{
  if (self->way != NULL)
    return;
  if (self->off)
    self->way = &gst_c2pa_way_untouched;
  else if (self->taken_live != GST_C2PA_LIVE_NONE && is_one_of (caps, FILMS))
    self->way = &gst_c2pa_way_live;
  else if (is_one_of (caps, PICTURES))
    self->way = &gst_c2pa_way_pictures;
  else if (is_one_of (caps, FILMS) && downstream_seeks (self))
    self->way = &gst_c2pa_way_film;
  else
    self->way = &gst_c2pa_way_whole;
  GST_INFO_OBJECT (self, "%" GST_PTR_FORMAT " is signed %s", caps, self->way->name);
}

static GstFlowReturn
gst_c2pa_sign_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  GstC2paSign *self = GST_C2PA_SIGN (parent);

  if (self->way == NULL) {
    gst_buffer_unref (buffer);
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION, (NULL), ("there were no caps before the data"));
    return GST_FLOW_NOT_NEGOTIATED;
  }
  if (self->finished) {
    gst_buffer_unref (buffer);
    return GST_FLOW_EOS;
  }
  return self->way->chain (self, buffer);
}

/* Encoders of sounds have segments of time, and write on. */
static gboolean
take_segment (GstC2paSign *self, GstEvent *event)
{
  const GstSegment *segment;
  guint64 start;

  if (self->way == NULL || self->way->segment == NULL)
    return gst_pad_push_event (self->src, event);
  gst_event_parse_segment (event, &segment);
  start = segment->start;
  if (segment->format != GST_FORMAT_BYTES) {
    gst_event_unref (event);
    return TRUE;
  }
  gst_event_unref (event);
  return self->way->segment (self, start);
}

static gboolean
take_end (GstC2paSign *self, GstEvent *event)
{
  if (self->way != NULL && self->way->finish != NULL && !self->finished &&
      !self->way->finish (self))
    GST_DEBUG_OBJECT (self, "it was not signed");
  self->finished = TRUE;
  return gst_pad_push_event (self->src, event);
}

static gboolean
gst_c2pa_sign_sink_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstC2paSign *self = GST_C2PA_SIGN (parent);
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_CAPS:
    gst_event_parse_caps (event, &caps);
    choose_way (self, caps);
    return gst_pad_push_event (self->src, event);
  case GST_EVENT_SEGMENT:
    return take_segment (self, event);
  case GST_EVENT_EOS:
    return take_end (self, event);
  case GST_EVENT_FLUSH_STOP:
    forget (self);
    return gst_pad_push_event (self->src, event);
  default:
    return gst_pad_event_default (pad, parent, event);
  }
}

/* A muxer may always go back in a file: what downstream does not take is kept here. */
static gboolean
gst_c2pa_sign_sink_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  GstC2paSign *self = GST_C2PA_SIGN (parent);
  GstFormat format;

  if (GST_QUERY_TYPE (query) != GST_QUERY_SEEKING || self->off)
    return gst_pad_query_default (pad, parent, query);
  gst_query_parse_seeking (query, &format, NULL, NULL, NULL);
  if (format != GST_FORMAT_BYTES)
    return gst_pad_query_default (pad, parent, query);
  gst_query_set_seeking (query, GST_FORMAT_BYTES, self->taken_live == GST_C2PA_LIVE_NONE, 0, -1);
  return TRUE;
}

/* --- states --- */

static GstStateChangeReturn
gst_c2pa_sign_change_state (GstElement *element, GstStateChange transition)
{
  GstC2paSign *self = GST_C2PA_SIGN (element);
  GstStateChangeReturn result;

  if (transition == GST_STATE_CHANGE_NULL_TO_READY && !open_again (self))
    return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && is_out_of_date (self) && !open_again (self))
    return GST_STATE_CHANGE_FAILURE;
  result = GST_ELEMENT_CLASS (gst_c2pa_sign_parent_class)->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    forget (self);
    self->way = NULL;
  }
  if (transition == GST_STATE_CHANGE_READY_TO_NULL)
    close_all (self);
  return result;
}

static void
gst_c2pa_sign_finalize (GObject *object)
{
  GstC2paSign *self = GST_C2PA_SIGN (object);

  forget (self);
  close_all (self);
  gst_c2pa_texts_clear (&self->said);
  G_OBJECT_CLASS (gst_c2pa_sign_parent_class)->finalize (object);
}

static void
gst_c2pa_sign_class_init (GstC2paSignClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  GST_DEBUG_CATEGORY_INIT (c2pa_sign_debug, "c2pasign", 0, "how streams are signed");

  gobject_class->set_property = gst_c2pa_sign_set_property;
  gobject_class->get_property = gst_c2pa_sign_get_property;
  gobject_class->finalize = gst_c2pa_sign_finalize;

  gst_c2pa_texts_install (gobject_class, PROP_TEXTS);
  g_object_class_install_property (gobject_class, PROP_ACTION,
      g_param_spec_enum ("action", "Action", "What is claimed to have been done",
          action_get_type (), DEFAULT_ACTION, flags));
  g_object_class_install_property (gobject_class, PROP_RESERVE,
      g_param_spec_uint ("reserve", "Reserve",
          "Bytes of a film that are left for its manifest. 64 KiB are enough for any film in one "
          "piece, and for some 1500 fragments, of which each takes 40",
          LEAST_RESERVE, G_MAXINT32, DEFAULT_RESERVE, flags));
  g_object_class_install_property (gobject_class, PROP_XMP,
      g_param_spec_boolean ("xmp", "XMP",
          "JPEG, PNG, WAV, MP4 and MOV have in their XMP, too, where they come from, when, and by "
          "which system, as the IPTC has it; what stands there already stays",
          DEFAULT_XMP, flags));
  g_object_class_install_property (gobject_class, PROP_LIVE,
      g_param_spec_enum ("live", "Live",
          "Fragmented MP4 is a live stream, whose segments are signed one by one as they come, "
          "each "
          "in a buffer of its own",
          live_get_type (), DEFAULT_LIVE, flags));
  g_object_class_install_property (gobject_class, PROP_KEY_PERIOD,
      g_param_spec_uint ("key-period", "Key period",
          "Seconds that a session key is used for; then an initialization segment with another one "
          "comes",
          1, G_MAXINT32, DEFAULT_KEY_PERIOD, flags));
  g_object_class_install_property (gobject_class, PROP_ENABLED,
      g_param_spec_boolean ("enabled", "Enabled",
          "Whether it is signed, else all passes as it is; the environment's GENERATIVE_MARK=off "
          "says no to all elements",
          DEFAULT_ENABLED, flags));

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "C2PA signer", "Formatter/Metadata",
      "Signs what a stream is written as, and claims how it was made", "gst-generative");

  element_class->change_state = gst_c2pa_sign_change_state;

  gst_type_mark_as_plugin_api (action_get_type (), 0);
  gst_type_mark_as_plugin_api (live_get_type (), 0);
}

static void
gst_c2pa_sign_init (GstC2paSign *self)
{
  self->action = DEFAULT_ACTION;
  self->reserve = DEFAULT_RESERVE;
  self->xmp = DEFAULT_XMP;
  self->live_by = DEFAULT_LIVE;
  self->period = DEFAULT_KEY_PERIOD;
  self->segment_time = GST_CLOCK_TIME_NONE;
  self->enabled = DEFAULT_ENABLED;
  self->spool = -1;
  self->sink = gst_pad_new_from_static_template (&sink_template, "sink");
  gst_pad_set_chain_function (self->sink, gst_c2pa_sign_chain);
  gst_pad_set_event_function (self->sink, gst_c2pa_sign_sink_event);
  gst_pad_set_query_function (self->sink, gst_c2pa_sign_sink_query);
  GST_PAD_SET_PROXY_CAPS (self->sink);
  gst_element_add_pad (GST_ELEMENT (self), self->sink);
  self->src = gst_pad_new_from_static_template (&src_template, "src");
  GST_PAD_SET_PROXY_CAPS (self->src);
  gst_element_add_pad (GST_ELEMENT (self), self->src);
}
