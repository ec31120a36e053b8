/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Servers of ICE, as clients are told of them: by the answer to their offer, and, since most have
 * to know them before they offer anything, by the answer to OPTIONS (RFC 9725, 4.6). */
#include <string.h>

#include "webrtc.h"

/* "stun://host" as a header has it: <stun:host>; rel="ice-server". */
static void
add_ice_server (SoupMessageHeaders *headers, const char *address)
{
  const char *scheme_end = strstr (address, "://");
  const char *host = scheme_end + strlen ("://"), *at = strrchr (host, '@');
  g_autofree char *scheme = g_strndup (address, (gsize)(scheme_end - address));
  g_autoptr (GString) link = g_string_new (NULL);

  g_string_append_printf (link, "<%s:%s>; rel=\"ice-server\"", scheme, at != NULL ? at + 1 : host);
  if (at != NULL) {
    g_autofree char *pair = g_strndup (host, (gsize)(at - host));
    g_auto (GStrv) parts = g_strsplit (pair, ":", 2);
    g_autofree char *user = g_uri_unescape_string (parts[0], NULL);
    g_autofree char *password = g_uri_unescape_string (parts[1] != NULL ? parts[1] : "", NULL);

    g_string_append_printf (link,
        "; username=\"%s\"; credential=\"%s\"; credential-type=\"password\"",
        user != NULL ? user : "", password != NULL ? password : "");
  }
  soup_message_headers_append (headers, "Link", link->str);
}

void
serve_webrtc_add_servers (const ServeWebrtc *webrtc, SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  const ServeWebrtcIce *ice = &webrtc->ice;

  if (ice->stun != NULL)
    add_ice_server (headers, ice->stun);
  for (int i = 0; ice->turn != NULL && ice->turn[i] != NULL; i++)
    add_ice_server (headers, ice->turn[i]);
}

void
serve_webrtc_tell (ServeRequest *request, gpointer webrtc)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (request->message);
  g_autoptr (GError) error = NULL;

  if (serve_server_find_mount (request->server, serve_request_get (request, "name"), &error) ==
      NULL) {
    serve_request_fail_by (request, error);
    return;
  }
  soup_message_headers_replace (headers, "Allow", "POST, OPTIONS");
  soup_message_headers_replace (headers, "Accept-Post", "application/sdp");
  serve_webrtc_add_servers (webrtc, request->message);
  soup_server_message_set_status (request->message, SOUP_STATUS_NO_CONTENT, NULL);
}
