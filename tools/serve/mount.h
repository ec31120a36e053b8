/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mount: what can be watched, a model's play or a pipeline's. */
#pragma once

#include <gst/gst.h>
#include <json-glib/json-glib.h>

#include "configuration.h"
#include "model.h"

typedef struct _ServeMount ServeMount;

/* Makes what a mount's model plays: a bin with source pads "video", "audio" or both, of raw media.
 * NULL with `error`. (transfer floating) */
typedef GstElement *(*ServeSourceFunc) (gpointer data, GError **error);

struct _ServeMount {
  const char *name;
  const ServeMountSettings *settings;
  ServeConfiguration *configuration; /* of which they are */
  ServeModel *model;                 /* or NULL: a pipeline */
  char *path;                        /* of RTSP */
  gboolean has_video, has_audio;
  ServeRate framerate; /* of its video */
  gint ref_count;

  /* Who publishes to it: what its model or those who watch it see instead of `source`. */
  ServeSourceFunc make_source;
  gpointer source_data;
};

/* `model` is that of the settings, or NULL. NULL with `error`, which names file and key. (transfer
 * full) */
ServeMount *serve_mount_new (const ServeMountSettings *settings, ServeModel *model, GError **error);
ServeMount *serve_mount_ref (ServeMount *mount);
void serve_mount_unref (ServeMount *mount);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ServeMount, serve_mount_unref)

gboolean serve_mount_has_protocol (const ServeMount *mount, const char *name);
/* Sessions from now on see what `make` makes; NULL: what its settings say. */
void serve_mount_set_source (ServeMount *mount, ServeSourceFunc make, gpointer data);
/* kbit/s of its pictures of that size and rate, as its settings say or as suits them. */
int serve_mount_get_bitrate (const ServeMount *mount, int width, int height);
/* All that clients are told of it, parameters of sessions included. (transfer full) */
JsonObject *serve_mount_describe (const ServeMount *mount);
