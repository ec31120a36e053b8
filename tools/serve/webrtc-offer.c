/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "webrtc-offer.h"

#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/serve/ice-fragment.h"

static void
free_medium (gpointer data)
{
  ServeWebrtcMedium *medium = data;

  gst_caps_unref (medium->caps);
  g_free (medium);
}

void
serve_webrtc_offer_free (ServeWebrtcOffer *offer)
{
  g_clear_pointer (&offer->sdp, gst_sdp_message_free);
  g_ptr_array_unref (offer->names);
  g_ptr_array_unref (offer->media);
  g_free (offer->user);
  g_free (offer);
}

static gboolean refuse (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
refuse (GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s", text);
  return FALSE;
}

/* An attribute of a medium, or of the whole. */
static const char *
get_attribute (const GstSDPMessage *sdp, const GstSDPMedia *media, const char *name)
{
  const char *value = gst_sdp_media_get_attribute_val (media, name);

  return value != NULL ? value : gst_sdp_message_get_attribute_val (sdp, name);
}

/* Those of a medium in the offer itself, which are held to what is held against those that come
 * later. */
static gboolean
check_candidates (const GstSDPMedia *media, GError **error)
{
  for (guint i = 0;; i++) {
    const char *value = gst_sdp_media_get_attribute_val_n (media, "candidate", i);
    g_autofree char *text = NULL;

    if (value == NULL)
      return TRUE;
    if (i == GEN_ICE_CANDIDATES_MOST)
      return refuse (error, "at most %d candidates of a medium are taken", GEN_ICE_CANDIDATES_MOST);
    text = g_strdup_printf ("candidate:%s", value);
    if (gen_ice_candidate_check (text, error))
      continue;
    g_prefix_error (error, "a=%.60s: ", text);
    return FALSE;
  }
}

static gboolean
check_media (ServeWebrtcOffer *offer, const GstSDPMedia *media, GError **error)
{
  const char *name = gst_sdp_media_get_attribute_val (media, "mid");
  const char *user = get_attribute (offer->sdp, media, "ice-ufrag");
  const char *setup = get_attribute (offer->sdp, media, "setup");

  if (name == NULL || *name == '\0')
    return refuse (error, "m=%s has no a=mid, by which candidates find it", media->media);
  for (guint i = 0; i < offer->names->len; i++)
    if (strcmp (offer->names->pdata[i], name) == 0)
      return refuse (error, "two media have the name a=mid:%s", name);
  if (user == NULL || get_attribute (offer->sdp, media, "ice-pwd") == NULL)
    return refuse (error, "m=%s has no a=ice-ufrag and a=ice-pwd", media->media);
  if (get_attribute (offer->sdp, media, "fingerprint") == NULL)
    return refuse (error, "m=%s has no a=fingerprint of a certificate", media->media);
  if (g_strcmp0 (setup, "actpass") != 0 && g_strcmp0 (setup, "active") != 0 &&
      g_strcmp0 (setup, "passive") != 0)
    return refuse (error, "m=%s: an offer has a=setup:actpass", media->media);
  if (offer->user == NULL)
    offer->user = g_strdup (user);
  g_ptr_array_add (offer->names, g_strdup (name));
  return check_candidates (media, error);
}

static gboolean
check (ServeWebrtcOffer *offer, GError **error)
{
  const guint n = gst_sdp_message_medias_len (offer->sdp);

  if (g_strcmp0 (gst_sdp_message_get_version (offer->sdp), "0") != 0 || n == 0)
    return refuse (error, "a description of a session with v=0 and a medium is wanted");
  if (n > SERVE_WEBRTC_MEDIA_MOST)
    return refuse (error, "at most %d media are taken, not %u", SERVE_WEBRTC_MEDIA_MOST, n);
  for (guint i = 0; i < n; i++)
    if (!check_media (offer, gst_sdp_message_get_media (offer->sdp, i), error))
      return FALSE;
  return TRUE;
}

ServeWebrtcOffer *
serve_webrtc_offer_parse (const char *text, gsize length, GError **error)
{
  g_autoptr (ServeWebrtcOffer) offer = g_new0 (ServeWebrtcOffer, 1);

  offer->names = g_ptr_array_new_with_free_func (g_free);
  offer->media = g_ptr_array_new_with_free_func (free_medium);
  gst_sdp_message_new (&offer->sdp);
  /* What GStreamer makes of anything is a description; whether it is ours is asked of that. */
  if (length < 2 || memchr (text, '\0', length) != NULL ||
      !g_utf8_validate (text, (gssize)length, NULL) || strncmp (text, "v=", 2) != 0 ||
      gst_sdp_message_parse_buffer ((const guint8 *)text, (guint)length, offer->sdp) !=
          GST_SDP_OK) {
    refuse (error, "the body is no description of a session (SDP)");
    return NULL;
  }
  if (!check (offer, error))
    return NULL;
  g_ptr_array_add (offer->names, NULL);
  return g_steal_pointer (&offer);
}

/* --- what is answered --- */

/* Whether the peer does with a medium what the other side of `direction` does. */
static gboolean
goes (const GstSDPMedia *media, ServeWebrtcDirection direction)
{
  const char *against = direction == SERVE_WEBRTC_SEND ? "sendonly" : "recvonly";

  /* Port 0 is a medium that was given up, or one that has no transport of its own (RFC 9143). */
  return (gst_sdp_media_get_port (media) != 0 ||
             gst_sdp_media_get_attribute_val (media, "bundle-only") != NULL) &&
         gst_sdp_media_get_attribute_val (media, against) == NULL &&
         gst_sdp_media_get_attribute_val (media, "inactive") == NULL;
}

static const GstSDPMedia *
find_media (const GstSDPMessage *sdp, const char *kind, ServeWebrtcDirection direction, guint *line)
{
  for (*line = 0; *line < gst_sdp_message_medias_len (sdp); (*line)++) {
    const GstSDPMedia *media = gst_sdp_message_get_media (sdp, *line);

    if (g_strcmp0 (gst_sdp_media_get_media (media), kind) == 0 && goes (media, direction))
      return media;
  }
  return NULL;
}

/* The caps of a format, which are given back: those of RTP are named as elements name them. */
static GstCaps *
get_format (const GstSDPMedia *media, int payload)
{
  GstCaps *caps = gst_sdp_media_get_caps_from_media (media, payload);

  if (caps != NULL)
    gst_structure_set_name (gst_caps_get_structure (caps, 0), "application/x-rtp");
  return caps;
}

static gboolean
is_usable (const ServeWebrtcCodec *codec, ServeWebrtcDirection direction)
{
  return direction == SERVE_WEBRTC_SEND ? serve_webrtc_codec_get_encoding (codec) != NULL
                                        : serve_webrtc_codec_get_decoder (codec) != NULL;
}

/* The type of the first format in `media` of `codec`, or -1. */
static int
find_payload (const GstSDPMedia *media, const ServeWebrtcCodec *codec)
{
  for (guint i = 0; i < gst_sdp_media_formats_len (media); i++) {
    const int payload = atoi (gst_sdp_media_get_format (media, i));
    g_autoptr (GstCaps) caps = get_format (media, payload);
    const GstStructure *format = caps != NULL ? gst_caps_get_structure (caps, 0) : NULL;
    const char *encoding =
        format != NULL ? gst_structure_get_string (format, "encoding-name") : NULL;

    if (encoding != NULL && g_ascii_strcasecmp (encoding, codec->encoding) == 0 &&
        (codec->fits == NULL || codec->fits (format)))
      return payload;
  }
  return -1;
}

/* What tells the format from the others of its medium, and no more: of the rest webrtcbin makes the
 * answer. */
static ServeWebrtcMedium *
make_medium (const ServeWebrtcCodec *codec, guint line, int payload)
{
  ServeWebrtcMedium *medium = g_new (ServeWebrtcMedium, 1);

  medium->line = line;
  medium->codec = codec;
  medium->payload = payload;
  medium->caps = gst_caps_new_simple ("application/x-rtp", "media", G_TYPE_STRING, codec->medium,
      "encoding-name", G_TYPE_STRING, codec->encoding, "payload", G_TYPE_INT, payload, NULL);
  return medium;
}

gboolean
serve_webrtc_offer_choose (ServeWebrtcOffer *offer, const char *medium,
    ServeWebrtcDirection direction, const char *preferred, GError **error)
{
  guint line;
  const GstSDPMedia *media = find_media (offer->sdp, medium, direction, &line);
  const ServeWebrtcCodec *best = NULL;
  g_autoptr (GString) known = g_string_new (NULL);
  int payload = -1;

  for (int i = 0; media != NULL && serve_webrtc_codecs[i] != NULL; i++) {
    const ServeWebrtcCodec *codec = serve_webrtc_codecs[i];
    const int found = strcmp (codec->medium, medium) == 0 && is_usable (codec, direction)
                          ? find_payload (media, codec)
                          : -1;

    if (strcmp (codec->medium, medium) == 0)
      g_string_append_printf (known, "%s%s", known->len > 0 ? ", " : "", codec->encoding);
    if (found < 0 || (best != NULL && g_strcmp0 (codec->name, preferred) != 0))
      continue;
    best = codec;
    payload = found;
  }
  if (best != NULL)
    g_ptr_array_add (offer->media, make_medium (best, line, payload));
  else if (media != NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
        "m=%s offers no codec that is spoken here: %s", medium, known->str);
  return best != NULL;
}
