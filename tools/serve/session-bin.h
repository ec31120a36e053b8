/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bin that a session plays: what makes its pictures and sound, brought to the mount's size and
 * rate, and a short leaky queue at each end, so that whoever does not take them in time loses
 * frames, and nobody else. */
#pragma once

#include "mount.h"

/* A bin of a launch line, with source pads "video", "audio" or both. NULL with `error`, which says
 * what is wrong with the line. (transfer full) */
GstElement *serve_session_bin_parse (const char *launch, GError **error);
gboolean serve_session_bin_has (GstElement *bin, const char *pad);

/* That of a session of `mount`. NULL with `error`. (transfer full) */
GstElement *serve_session_bin_new (const ServeMount *mount, GError **error);
/* In it: NULL where there is none. (transfer none) */
GstElement *serve_session_bin_get_latents (GstElement *bin);
GstElement *serve_session_bin_get_generator (GstElement *bin);
/* What the model's versions are compared by: frames leave it with what was measured of them. */
GstElement *serve_session_bin_get_meters (GstElement *bin);
