/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Offers as browsers make them, cut anywhere, and wrong in each way that is told. */
#include <gio/gio.h>
#include <string.h>

#include "../../tools/serve/webrtc-offer.h"

#define BEGIN "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"
#define ICE                                                                                        \
  "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=setup:actpass\r\n"                    \
  "a=fingerprint:sha-256 42:5A:AF:16:E2:35:A3:82:1A:39:C8:24:53:2D:DF:7D\r\n"
#define VIDEO                                                                                      \
  "m=video 9 UDP/TLS/RTP/SAVPF 96 98 102 103\r\na=mid:0\r\na=recvonly\r\n" ICE                     \
  "a=rtpmap:96 AV1/90000\r\na=rtpmap:98 VP8/90000\r\n"                                             \
  "a=rtpmap:102 H264/90000\r\n"                                                                    \
  "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f\r\n"          \
  "a=rtpmap:103 H264/90000\r\n"                                                                    \
  "a=fmtp:103 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n"
#define AUDIO                                                                                      \
  "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\na=bundle-only\r\na=mid:1\r\na=recvonly\r\n" ICE              \
  "a=rtpmap:111 opus/48000/2\r\n"

static ServeWebrtcOffer *
parse (const char *text, GError **error)
{
  return serve_webrtc_offer_parse (text, strlen (text), error);
}

static gboolean
is_there (const char *codec)
{
  return serve_webrtc_codec_get_encoding (serve_webrtc_codec_find (codec, NULL)) != NULL;
}

static void
test_choice (void)
{
  static const struct {
    const char *preferred;
    int payload;
  } cases[] = { { "vp8", 98 }, { "h264", 103 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (ServeWebrtcOffer) offer = parse (BEGIN VIDEO AUDIO, &error);
    const ServeWebrtcMedium *medium;

    g_assert_no_error (error);
    g_assert_cmpstr (offer->user, ==, "abcd");
    g_assert_cmpstr (offer->names->pdata[1], ==, "1");
    if (!is_there (cases[i].preferred) || !is_there ("opus"))
      continue;
    g_assert_true (
        serve_webrtc_offer_choose (offer, "video", SERVE_WEBRTC_SEND, cases[i].preferred, &error));
    g_assert_true (serve_webrtc_offer_choose (offer, "audio", SERVE_WEBRTC_SEND, NULL, &error));
    medium = offer->media->pdata[0];
    g_assert_cmpint (medium->payload, ==, cases[i].payload);
    medium = offer->media->pdata[1];
    g_assert_cmpint (medium->payload, ==, 111);
    g_assert_cmpuint (medium->line, ==, 1);
    g_assert_false (serve_webrtc_offer_choose (offer, "video", SERVE_WEBRTC_RECEIVE, NULL, &error));
    g_assert_no_error (error);
  }
}

static void
test_wrong (void)
{
  static const struct {
    const char *text, *said;
  } cases[] = {
    { "", "no description" },
    { "{}", "no description" },
    { "v=1\r\ns=-\r\n" VIDEO, "v=0" },
    { BEGIN, "a medium" },
    { BEGIN "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" ICE, "no a=mid" },
    { BEGIN VIDEO VIDEO, "two media have the name a=mid:0" },
    { BEGIN "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n", "a=ice-ufrag" },
    { BEGIN "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=ice-ufrag:abcd\r\na=ice-pwd:x\r\n",
        "a=fingerprint" },
    { BEGIN VIDEO "a=candidate:1 1 udp 1 example.org 9 typ host\r\n", "neither an IP address" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (parse (cases[i].text, &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
    if (strstr (error->message, cases[i].said) == NULL)
      g_error ("%s: %s", cases[i].text, error->message);
  }
}

/* Whatever is left of an offer is one or told of, and what is one can be asked. */
static void
test_broken (void)
{
  const char *whole = BEGIN VIDEO AUDIO;
  g_autoptr (GRand) random = g_rand_new_with_seed (21);

  for (int i = 0; i < 3000; i++) {
    g_autofree char *text = g_strdup (whole);
    const gsize length = (gsize)g_rand_int_range (random, 0, (gint32)strlen (whole) + 1);
    g_autoptr (GError) error = NULL;
    g_autoptr (ServeWebrtcOffer) offer = NULL;

    for (int k = 0; k < i % 4 && length > 0; k++)
      text[g_rand_int_range (random, 0, (gint32)length)] = (char)g_rand_int_range (random, 0, 256);
    offer = serve_webrtc_offer_parse (text, length, &error);
    g_assert_true ((offer == NULL) == (error != NULL));
    if (offer != NULL)
      serve_webrtc_offer_choose (offer, "video", SERVE_WEBRTC_SEND, "vp8", NULL);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/serve-webrtc-offer/choice", test_choice);
  g_test_add_func ("/serve-webrtc-offer/wrong", test_wrong);
  g_test_add_func ("/serve-webrtc-offer/broken", test_broken);
  return g_test_run ();
}
