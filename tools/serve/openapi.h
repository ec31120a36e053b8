/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GET /openapi.json: what the server can be asked, made of its routes (OpenAPI 3.1). */
#pragma once

#include "generate.h"
#include "server.h"

/* `generate` describes what is asked of models. (transfer full) */
JsonObject *serve_openapi_make (ServeServer *server, ServeGenerate *generate);
