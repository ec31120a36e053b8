/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Offers of WebRTC as anybody sends them by WHEP and WHIP. What is wrong is told; of what is
 * accepted a format is chosen that the offer has. */
#include <gst/gst.h>
#include <string.h>

#include "../../tools/serve/webrtc-offer.h"
#include "fuzz.h"

static void
choose (const guint8 *data, gsize size, ServeWebrtcDirection direction)
{
  static const char *const names[] = { "video", "audio" };
  g_autoptr (GError) error = NULL;
  g_autoptr (ServeWebrtcOffer) offer = serve_webrtc_offer_parse ((const char *)data, size, &error);

  g_assert_true ((offer == NULL) == (error != NULL));
  if (offer == NULL)
    return;
  g_assert_nonnull (offer->user);
  g_assert_cmpuint (offer->names->len, >, 1);
  g_assert_cmpuint (offer->names->len, <=, SERVE_WEBRTC_MEDIA_MOST + 1);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GError) why = NULL;
    const guint before = offer->media->len;

    /* An offer that has no such medium is not wrong. */
    if (serve_webrtc_offer_choose (offer, names[i], direction, NULL, &why))
      g_assert_no_error (why);
    else
      g_assert_cmpuint (offer->media->len, ==, before);
    g_assert_cmpuint (offer->media->len, <=, before + 1);
  }
  for (guint i = 0; i < offer->media->len; i++) {
    const ServeWebrtcMedium *medium = offer->media->pdata[i];

    g_assert_cmpuint (medium->line, <, offer->names->len - 1);
    g_assert_true (medium->payload >= 0 && medium->payload <= 127);
    g_assert_nonnull (medium->codec);
    g_assert_true (GST_IS_CAPS (medium->caps));
  }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  gst_init (NULL, NULL);
  choose (data, size, SERVE_WEBRTC_SEND);
  choose (data, size, SERVE_WEBRTC_RECEIVE);
  return 0;
}
