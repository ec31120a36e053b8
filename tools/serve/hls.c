/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hls.h"

static const char openapi[] =
    "{\"operationId\":\"getHls\",\"summary\":\"A list or a fragment of a mount's stream by HLS\","
    "\"tags\":[\"mounts\"],\"parameters\":["
    "{\"name\":\"name\",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":\"string\"}},"
    "{\"name\":\"file\",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":\"string\"},"
    "\"description\":\"index.m3u8, and what the lists name\"},"
    "{\"name\":\"_HLS_msn\",\"in\":\"query\",\"schema\":{\"type\":\"integer\",\"minimum\":0}},"
    "{\"name\":\"_HLS_part\",\"in\":\"query\",\"schema\":{\"type\":\"integer\",\"minimum\":0}},"
    "{\"name\":\"_HLS_skip\",\"in\":\"query\",\"schema\":{\"enum\":[\"YES\",\"v2\"]}}],"
    "\"responses\":{\"200\":{\"description\":\"It\",\"content\":{"
    "\"application/vnd.apple.mpegurl\":{\"schema\":{\"type\":\"string\"}},"
    "\"video/mp4\":{},\"audio/mp4\":{}}}}}";

typedef struct {
  ServeServer *server;
  GHashTable *streams; /* name of a mount to HlsStream */
  ServeRoute *route;
} Hls;

static void
handle (ServeRequest *request, gpointer data)
{
  Hls *hls = data;
  const char *name = serve_request_get (request, "name");
  HlsStream *stream = g_hash_table_lookup (hls->streams, name);

  if (stream != NULL)
    hls_answer (stream, request, serve_request_get (request, "file"));
  else
    serve_request_fail (request, SOUP_STATUS_NOT_FOUND, NULL,
        "there is no mount \"%s\" that is served by HLS; GET /v1/mounts has those that there are",
        name);
}

static gpointer
start (ServeServer *server, GError **error)
{
  Hls *hls = g_new0 (Hls, 1);

  hls->server = server;
  hls->streams =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)hls_stream_free);
  hls->route = serve_http_add (
      server->http, "GET", "/mounts/{name}/hls/{file}", SERVE_SCOPE_WATCH, handle, hls, openapi);
  return hls;
}

static gboolean
add_mount (gpointer state, ServeMount *mount, GError **error)
{
  Hls *hls = state;
  HlsStream *stream = hls_stream_new (hls->server, mount, error);

  if (stream != NULL)
    g_hash_table_replace (hls->streams, g_strdup (mount->name), stream);
  return stream != NULL;
}

static void
remove_mount (gpointer state, ServeMount *mount)
{
  Hls *hls = state;
  const HlsStream *stream = g_hash_table_lookup (hls->streams, mount->name);

  /* Another one may have got its name. */
  if (stream != NULL && stream->mount == mount)
    g_hash_table_remove (hls->streams, mount->name);
}

static void
describe (gpointer state, const ServeMount *mount, const char *host, JsonObject *object)
{
  const Hls *hls = state;
  g_autofree char *path = NULL;

  if (mount == NULL || !g_hash_table_contains (hls->streams, mount->name))
    return;
  path = g_strdup_printf ("/mounts/%s/hls/index.m3u8", mount->name);
  json_object_set_string_member (object, "hls", path);
}

static void
stop (gpointer state)
{
  Hls *hls = state;

  serve_http_remove (hls->server->http, hls->route);
  g_hash_table_unref (hls->streams);
  g_free (hls);
}

const ServeProtocol serve_protocol_hls = {
  .name = "hls",
  .blurb = "HLS, with low latency and without, from memory",
  .start = start,
  .add_mount = add_mount,
  .remove_mount = remove_mount,
  .describe = describe,
  .stop = stop,
};
