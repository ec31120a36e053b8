/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hints.h"

#include <string.h>

void
hints_clear (Hints *hints)
{
  g_clear_pointer (&hints->states, g_free);
  g_clear_pointer (&hints->parameters, g_free);
  g_clear_pointer (&hints->shapes, g_free);
}

/* The library names what its elements have. */
static void
name_options (GError *error)
{
  g_auto (GStrv) parts = g_strsplit (error->message, "property ", -1);

  g_free (error->message);
  error->message = g_strjoinv ("--", parts);
}

GenModel *
hints_load (const Hints *hints, const char *path, GError **error)
{
  const GenModelHints said = {
    .states = hints->states,
    .parameters = hints->parameters,
    .frames = hints->frames,
    .shapes = hints->shapes,
    .sampling.sampler = "once",
  };
  GError *reason = NULL;
  GenModel *model;

  if (hints->frames < 0 || hints->frames > GEN_MODEL_MAX_WINDOW) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--frames takes numbers from 1 to %d", GEN_MODEL_MAX_WINDOW);
    return NULL;
  }
  model = gen_model_load_as (path, &said, &reason);
  if (model == NULL) {
    name_options (reason);
    g_propagate_error (error, reason);
  }
  return model;
}
