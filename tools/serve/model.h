/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A model that is served: its versions, what it takes and makes, and how a generator plays it. */
#pragma once

#include <generative/model.h>
#include <gst/gst.h>
#include <json-glib/json-glib.h>

#include "configuration.h"

typedef struct _ServeModel ServeModel;

/* A file of a model, and what it is called. */
typedef struct {
  char *name; /* of the file or folder, without its ending */
  char *path; /* of the ONNX file */
} ServeVersion;

struct _ServeModel {
  const char *name;
  const ServeModelSettings *settings;
  ServeConfiguration *configuration; /* of which they are */
  ServeVersion current;
  GenModel *facts; /* of the current version */
  gint ref_count;

  /* What it takes: tokens, a picture or a sound, else latents alone. */
  const GenPort *takes;
  gint64 dimensions;  /* numbers of a latent; 0: it takes none */
  int classes;        /* 0: it has none */
  char **class_names; /* ended by NULL; NULL: they are numbers */
  /* What it makes; one of both, or neither: tensors. */
  const GenPort *picture, *sound;
  ServeRate framerate; /* as it says, else 0/1 */
};

/* Of its settings; in a folder, of its last version. NULL with `error`. (transfer full) */
ServeModel *serve_model_new (const ServeModelSettings *settings, GError **error);
ServeModel *serve_model_ref (ServeModel *model);
void serve_model_unref (ServeModel *model);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ServeModel, serve_model_unref)

/* The versions that its location has, ServeVersion, the last one last. (transfer full) */
GPtrArray *serve_model_list_versions (const ServeModelSettings *settings, GError **error);
/* Let `version` be the current one. Where it is another kind of model (it takes or makes something
 * else) FALSE with `error`, and all stays. Generators that play the model follow when they are
 * told: serve_server_turn_sessions. */
gboolean serve_model_turn_to (ServeModel *model, const ServeVersion *version, GError **error);

/* What a version takes and makes, where that is what the current one does; NULL with `error`.
 * (transfer full) */
GenModel *serve_model_load_version (
    const ServeModel *model, const ServeVersion *version, GError **error);
/* Whether serve_model_turn_to could be done. */
gboolean serve_model_check_version (
    const ServeModel *model, const ServeVersion *version, GError **error);

/* Let `generator` play its current version, as its settings say. */
void serve_model_configure (const ServeModel *model, GstElement *generator);
/* All that clients are told of it. (transfer full) */
JsonObject *serve_model_describe (const ServeModel *model);

/* (transfer full) */
ServeVersion *serve_version_copy (const ServeVersion *version);
void serve_version_free (gpointer version);
