/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Models without a studio file: one is made of their names. */
#pragma once

#include "configuration.h"

/* A model and a mount of each of `paths`, which NULL ends. NULL with `error`. (transfer full) */
ServeConfiguration *serve_quick_configuration (const char *const *paths, GError **error);
