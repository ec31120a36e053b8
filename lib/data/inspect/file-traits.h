/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "../../private-api.h"

/* What a file of whatever kind says of itself. */
typedef struct {
  const char *kind; /* static; NULL: of none that is known */
  guint hints;
  char *source_type; /* (transfer full) */
} GenFileTraits;

GEN_PRIVATE_API void gen_file_traits_read (GenFileTraits *traits, GBytes *file);
