/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What clients and operators of generative-serve write: studio files, bodies of requests, parameters
 * of sessions, tokens. What a text is meant to be, its first byte says. */
#include <string.h>

#include "../../tools/serve/configuration.h"
#include "../../tools/serve/scopes.h"
#include "../../lib/base/json-file.h"
#include "fuzz.h"

static void
read_studio (const guint8 *data, gsize size)
{
  ServeConfiguration *configuration =
      serve_configuration_parse ((const char *)data, size, "/studio.toml", NULL);

  if (configuration != NULL)
    serve_configuration_unref (configuration);
}

