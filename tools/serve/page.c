/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The page of the server: resources of the program, which whoever reaches it may read. What it asks
 * for takes a token as anywhere else. */
#include "page.h"

#include <string.h>

/* Scripts and styles are its own, as what it asks is; what it has made itself it shows and hands
 * over as blobs. */
#define POLICY                                                                                     \
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "                \
  "media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "              \
  "frame-ancestors 'none'"

typedef struct {
  const char *path, *resource, *type;
} File;

static const File files[] = {
  { "/", "/serve/page.html", "text/html; charset=utf-8" },
  { "/page.css", "/serve/page.css", "text/css; charset=utf-8" },
  { "/page.js", "/serve/page.js", "text/javascript; charset=utf-8" },
  { "/page-generate.js", "/serve/page-generate.js", "text/javascript; charset=utf-8" },
  { "/page-parameters.js", "/serve/page-parameters.js", "text/javascript; charset=utf-8" },
  { "/page-player.js", "/serve/page-player.js", "text/javascript; charset=utf-8" },
  { "/page-server.js", "/serve/page-server.js", "text/javascript; charset=utf-8" },
  { "/page-webrtc.js", "/serve/page-webrtc.js", "text/javascript; charset=utf-8" },
  { "/page-icon.svg", "/serve/page-icon.svg", "image/svg+xml" },
};

static void
answer (ServeRequest *request, gpointer data)
{
  const File *file = data;
  g_autoptr (GBytes) bytes =
      g_resources_lookup_data (file->resource, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

  soup_message_headers_replace (soup_server_message_get_response_headers (request->message),
      "Content-Security-Policy", POLICY);
  http_answer_bytes (request->message, SOUP_STATUS_OK, file->type, bytes);
}

void
serve_page_add (ServeHttp *http)
{
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    serve_http_add (
        http, "GET", files[i].path, SERVE_SCOPE_NONE, answer, (gpointer)&files[i], NULL);
}
