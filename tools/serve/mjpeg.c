/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each viewer has a session of its own unless the mount is shared; snapshots are of one that is. */
#include "mjpeg.h"

#define NAME_PARAMETER                                                                             \
  "\"tags\":[\"mounts\"],\"parameters\":[{\"name\":\"name\",\"in\":\"path\",\"required\":true,"    \
  "\"schema\":{\"type\":\"string\"}}]"

static const char stream_openapi[] =
    "{\"operationId\":\"getMjpeg\",\"summary\":\"A mount's frames, one JPEG after the "
    "other\"," NAME_PARAMETER ",\"responses\":{\"200\":{\"description\":\"Frames, without an end\","
    "\"content\":{\"multipart/x-mixed-replace\":{}}}}}";
static const char png_openapi[] =
    "{\"operationId\":\"getSnapshotPng\",\"summary\":\"A mount's current frame, as "
    "PNG\"," NAME_PARAMETER ",\"responses\":{\"200\":{\"description\":\"The frame\","
    "\"content\":{\"image/png\":{}}}}}";
static const char jpeg_openapi[] =
    "{\"operationId\":\"getSnapshotJpeg\",\"summary\":\"A mount's current frame, as "
    "JPEG\"," NAME_PARAMETER ",\"responses\":{\"200\":{\"description\":\"The frame\","
    "\"content\":{\"image/jpeg\":{}}}}}";

#define ROUTES 3

typedef struct {
  ServeServer *server;
  GHashTable *streams; /* name of a mount to MjpegStream, which all see */
  ServeRoute *routes[ROUTES];
} Mjpeg;

/* --- requests --- */

/* That of a request, or NULL after having answered. */
static MjpegStream *
find (Mjpeg *mjpeg, ServeRequest *request)
{
  const char *name = serve_request_get (request, "name");
  MjpegStream *stream = g_hash_table_lookup (mjpeg->streams, name);

  if (stream == NULL)
    serve_request_fail (request, SOUP_STATUS_NOT_FOUND, NULL,
        "there is no mount \"%s\" that is served picture by picture; GET /v1/mounts has those that "
        "there are",
        name);
  return stream;
}

static void
answer_stream (ServeRequest *request, gpointer data)
{
  MjpegStream *stream = find (data, request);
  g_autoptr (GError) error = NULL;
  const char *owner = NULL;

  if (stream == NULL)
    return;
  if (!stream->mount->settings->shared) {
    stream = mjpeg_stream_new (stream->server, stream->mount);
    stream->alone = TRUE;
    owner = request->client;
  }
  if (mjpeg_stream_play (stream, owner, &error)) {
    mjpeg_stream_add_viewer (stream, request);
    return;
  }
  serve_request_fail_by (request, error);
  if (stream->alone)
    mjpeg_stream_free (stream);
}

static void
answer_snapshot (Mjpeg *mjpeg, ServeRequest *request, const char *type)
{
  MjpegStream *stream = find (mjpeg, request);
  g_autoptr (GError) error = NULL;

  if (stream == NULL)
    return;
  if (mjpeg_stream_play (stream, NULL, &error))
    mjpeg_snapshot (stream, request, type);
  else
    serve_request_fail_by (request, error);
}

static void
answer_png (ServeRequest *request, gpointer data)
{
  answer_snapshot (data, request, "image/png");
}

static void
answer_jpeg (ServeRequest *request, gpointer data)
{
  answer_snapshot (data, request, "image/jpeg");
}

/* --- the protocol --- */

static gpointer
start (ServeServer *server, GError **error)
{
  static const struct {
    const char *path;
    ServeHandler handler;
    const char *openapi;
  } routes[ROUTES] = {
    { "/mounts/{name}/stream.mjpeg", answer_stream, stream_openapi },
    { "/mounts/{name}/snapshot.png", answer_png, png_openapi },
    { "/mounts/{name}/snapshot.jpeg", answer_jpeg, jpeg_openapi },
  };
  Mjpeg *mjpeg = g_new0 (Mjpeg, 1);

  mjpeg->server = server;
  mjpeg->streams =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)mjpeg_stream_free);
  for (guint i = 0; i < ROUTES; i++)
    mjpeg->routes[i] = serve_http_add (server->http, "GET", routes[i].path, SERVE_SCOPE_WATCH,
        routes[i].handler, mjpeg, routes[i].openapi);
  return mjpeg;
}

static gboolean
add_mount (gpointer state, ServeMount *mount, GError **error)
{
  Mjpeg *mjpeg = state;

  if (!mount->has_video)
    return serve_record_fail (mount->settings, "protocols", error,
        "mjpeg shows pictures, and %s has sound alone: protocols without mjpeg", mount->name);
  g_hash_table_replace (
      mjpeg->streams, g_strdup (mount->name), mjpeg_stream_new (mjpeg->server, mount));
  return TRUE;
}

static void
remove_mount (gpointer state, ServeMount *mount)
{
  Mjpeg *mjpeg = state;
  const MjpegStream *stream = g_hash_table_lookup (mjpeg->streams, mount->name);

  /* Another one may have got its name. */
  if (stream != NULL && stream->mount == mount)
    g_hash_table_remove (mjpeg->streams, mount->name);
}

static void
describe (gpointer state, const ServeMount *mount, const char *host, JsonObject *object)
{
  static const struct {
    const char *member, *file;
  } files[] = { { "mjpeg", "stream.mjpeg" }, { "snapshot", "snapshot.png" } };
  const Mjpeg *mjpeg = state;

  if (mount == NULL || !g_hash_table_contains (mjpeg->streams, mount->name))
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *path = g_strdup_printf ("/mounts/%s/%s", mount->name, files[i].file);

    json_object_set_string_member (object, files[i].member, path);
  }
}

static void
stop (gpointer state)
{
  Mjpeg *mjpeg = state;

  for (guint i = 0; i < ROUTES; i++)
    serve_http_remove (mjpeg->server->http, mjpeg->routes[i]);
  g_hash_table_unref (mjpeg->streams);
  g_free (mjpeg);
}

const ServeProtocol serve_protocol_mjpeg = {
  .name = "mjpeg",
  .blurb = "JPEG, one frame after the other, and snapshots",
  .start = start,
  .add_mount = add_mount,
  .remove_mount = remove_mount,
  .describe = describe,
  .stop = stop,
};
