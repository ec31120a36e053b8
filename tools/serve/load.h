/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a configuration comes to: models and mounts, by their names. */
#pragma once

#include "model.h"
#include "mount.h"

typedef struct {
  GHashTable *models, *mounts;
} ServeLoaded;

/* Those of `old` (which may be NULL) whose settings are the same are kept as they are. FALSE with
 * `error`, and nothing is loaded. */
gboolean serve_load (const ServeConfiguration *configuration, const ServeLoaded *old,
    ServeLoaded *loaded, GError **error);
void serve_loaded_clear (ServeLoaded *loaded);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ServeLoaded, serve_loaded_clear)
