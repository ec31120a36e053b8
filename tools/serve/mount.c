/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mount.h"

#include <math.h>

#include "session-bin.h"
#include "session-parameters.h"

#define FALLBACK_RATE 25
/* Bits a pixel of a frame, of pictures that move as walks do. */
#define BITS_A_PIXEL 0.1
#define LEAST_BITRATE 256

/* --- what it has --- */

static gboolean
look_at_model (ServeMount *mount, GError **error)
{
  const ServeModel *model = mount->model;

  mount->has_video = model->picture != NULL;
  mount->has_audio = !mount->has_video && model->sound != NULL;
  if (!mount->has_video && !mount->has_audio)
    return serve_record_fail (mount->settings, "model", error,
        "model %s makes neither pictures nor sound, so that there is nothing to be watched",
        model->name);
  if (model->takes != NULL && model->takes->kind == GEN_PORT_TOKENS)
    return serve_record_fail (mount->settings, "model", error,
        "model %s speaks what it is told: POST /v1/audio/speech asks it, and a mount has nothing "
        "to "
        "tell it",
        model->name);
  return TRUE;
}

static gboolean
look_at_pipeline (ServeMount *mount, GError **error)
{
  g_autoptr (GError) problem = NULL;
  g_autoptr (GstElement) bin = serve_session_bin_parse (mount->settings->pipeline, &problem);

  if (bin == NULL)
    return serve_record_fail (mount->settings, "pipeline", error, "%s", problem->message);
  mount->has_video = serve_session_bin_has (bin, "video");
  mount->has_audio = serve_session_bin_has (bin, "audio");
  return TRUE;
}

static void
choose_rate (ServeMount *mount)
{
  mount->framerate = mount->settings->framerate;
  if (mount->framerate.numerator == 0 && mount->model != NULL)
    mount->framerate = mount->model->framerate;
  if (mount->framerate.numerator == 0)
    mount->framerate = (ServeRate){ FALLBACK_RATE, 1 };
}

ServeMount *
serve_mount_new (const ServeMountSettings *settings, ServeModel *model, GError **error)
{
  g_autoptr (ServeMount) mount = g_new0 (ServeMount, 1);

  mount->ref_count = 1;
  mount->name = settings->record.name;
  mount->settings = settings;
  mount->configuration = serve_configuration_ref (settings->record.configuration);
  mount->model = model != NULL ? serve_model_ref (model) : NULL;
  mount->path =
      settings->path != NULL ? g_strdup (settings->path) : g_strconcat ("/", mount->name, NULL);
  choose_rate (mount);
  if (!(model != NULL ? look_at_model (mount, error) : look_at_pipeline (mount, error)))
    return NULL;
  return g_steal_pointer (&mount);
}

ServeMount *
serve_mount_ref (ServeMount *mount)
{
  g_atomic_int_inc (&mount->ref_count);
  return mount;
}

void
serve_mount_unref (ServeMount *mount)
{
  if (!g_atomic_int_dec_and_test (&mount->ref_count))
    return;
  g_clear_pointer (&mount->model, serve_model_unref);
  serve_configuration_unref (mount->configuration);
  g_free (mount->path);
  g_free (mount);
}

gboolean
serve_mount_has_protocol (const ServeMount *mount, const char *name)
{
  return g_strv_contains ((const char *const *)mount->settings->protocols, name);
}

void
serve_mount_set_source (ServeMount *mount, ServeSourceFunc make, gpointer data)
{
  mount->make_source = make;
  mount->source_data = data;
}

int
serve_mount_get_bitrate (const ServeMount *mount, int width, int height)
{
  const double rate = (double)mount->framerate.numerator / mount->framerate.denominator;
  const double bits = (double)width * height * rate * BITS_A_PIXEL / 1000;

  if (mount->settings->bitrate > 0)
    return mount->settings->bitrate;
  return (int)fmax (bits, LEAST_BITRATE);
}

/* --- telling --- */

JsonObject *
serve_mount_describe (const ServeMount *mount)
{
  JsonObject *object = json_object_new ();
  JsonArray *protocols = json_array_new ();
  const GenPort *picture = mount->model != NULL ? mount->model->picture : NULL;
  const int width = mount->settings->width > 0 ? mount->settings->width
                    : picture != NULL          ? picture->width
                                               : 0;
  const int height = mount->settings->height > 0 ? mount->settings->height
                     : picture != NULL           ? picture->height
                                                 : 0;

  json_object_set_string_member (object, "name", mount->name);
  if (mount->model != NULL)
    json_object_set_string_member (object, "model", mount->model->name);
  json_object_set_boolean_member (object, "video", mount->has_video);
  json_object_set_boolean_member (object, "audio", mount->has_audio);
  if (width > 0 && height > 0) {
    json_object_set_int_member (object, "width", width);
    json_object_set_int_member (object, "height", height);
  }
  json_object_set_double_member (
      object, "framerate", (double)mount->framerate.numerator / mount->framerate.denominator);
  json_object_set_boolean_member (object, "shared", mount->settings->shared);
  for (int i = 0; mount->settings->protocols[i] != NULL; i++)
    json_array_add_string_element (protocols, mount->settings->protocols[i]);
  json_object_set_array_member (object, "protocols", protocols);
  json_object_set_array_member (object, "parameters", serve_parameters_describe (mount));
  return object;
}
