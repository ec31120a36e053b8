/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load.h"

#include "protocol.h"

void
serve_loaded_clear (ServeLoaded *loaded)
{
  g_clear_pointer (&loaded->mounts, g_hash_table_unref);
  g_clear_pointer (&loaded->models, g_hash_table_unref);
}

static ServeModel *
take_model (const ServeModelSettings *settings, const ServeLoaded *old, GError **error)
{
  ServeModel *model = old != NULL ? g_hash_table_lookup (old->models, settings->record.name) : NULL;

  if (model != NULL && serve_record_equal (model->settings, settings))
    return serve_model_ref (model);
  return serve_model_new (settings, error);
}

static ServeMount *
take_mount (
    const ServeMountSettings *settings, const ServeLoaded *old, ServeModel *model, GError **error)
{
  ServeMount *mount = old != NULL ? g_hash_table_lookup (old->mounts, settings->record.name) : NULL;

  if (mount != NULL && serve_record_equal (mount->settings, settings) && mount->model == model)
    return serve_mount_ref (mount);
  return serve_mount_new (settings, model, error);
}

/* Protocols that the file says are there. */
static gboolean
check_protocols (const ServeMount *mount, GError **error)
{
  const ServeMountSettings *settings = mount->settings;

  if (!serve_record_has (settings, "protocols"))
    return TRUE;
  for (int i = 0; settings->protocols[i] != NULL; i++) {
    g_autoptr (GError) problem = NULL;

    if (serve_protocol_find (settings->protocols[i], &problem) == NULL)
      return serve_record_fail (settings, "protocols", error, "%s", problem->message);
  }
  return TRUE;
}

static gboolean
load_models (const ServeConfiguration *configuration, const ServeLoaded *old, ServeLoaded *loaded,
    GError **error)
{
  for (guint i = 0; i < configuration->models->len; i++) {
    ServeModel *model = take_model (configuration->models->pdata[i], old, error);

    if (model == NULL)
      return FALSE;
    g_hash_table_insert (loaded->models, (char *)model->name, model);
  }
  return TRUE;
}

static gboolean
load_mounts (const ServeConfiguration *configuration, const ServeLoaded *old, ServeLoaded *loaded,
    GError **error)
{
  for (guint i = 0; i < configuration->mounts->len; i++) {
    const ServeMountSettings *settings = configuration->mounts->pdata[i];
    ServeModel *model =
        settings->model != NULL ? g_hash_table_lookup (loaded->models, settings->model) : NULL;
    g_autoptr (GError) problem = NULL;
    g_autoptr (ServeMount) mount = take_mount (settings, old, model, &problem);

    if (mount == NULL && configuration->quick) {
      g_message ("%s", problem->message);
      continue;
    }
    if (mount == NULL) {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
    if (!check_protocols (mount, error))
      return FALSE;
    g_hash_table_insert (loaded->mounts, (char *)mount->name, serve_mount_ref (mount));
  }
  return TRUE;
}

gboolean
serve_load (const ServeConfiguration *configuration, const ServeLoaded *old, ServeLoaded *loaded,
    GError **error)
{
  g_auto (ServeLoaded) made = { 0 };

  made.models =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)serve_model_unref);
  made.mounts =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)serve_mount_unref);
  if (!load_models (configuration, old, &made, error) ||
      !load_mounts (configuration, old, &made, error))
    return FALSE;
  *loaded = made;
  made = (ServeLoaded){ 0 };
  return TRUE;
}
