/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can be asked for by HTTP to be made: POST /v1/generate, and what clients of OpenAI's API
 * know, POST /v1/images/generations and POST /v1/audio/speech. Which models can
 * be asked is generate-pools.h's. */
#pragma once

#include "generate-pool.h"
#include "server.h"

typedef struct _ServeGenerate ServeGenerate;

/* A route and what it takes. */
typedef struct {
  const char *path;
  const char *name; /* of what it takes, in the OpenAPI document */
  const GenServeField *fields;
  const char *openapi; /* the operation, but for what it takes */
} ServeGenerateRoute;

/* The one of that path, or NULL. */
const ServeGenerateRoute *serve_generate_find_route (const char *path);

/* Loads generators of all models that the server has, and adds the routes. NULL with `error`. */
ServeGenerate *serve_generate_new (ServeServer *server, GError **error);
void serve_generate_free (ServeGenerate *generate);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ServeGenerate, serve_generate_free)

/* Whether any model can be asked so. */
gboolean serve_generate_suits (ServeGenerate *generate, const ServeGenerateRoute *route);
/* What a request to a route may be: an object of JSON Schema. (transfer full) */
JsonObject *serve_generate_schema (ServeGenerate *generate, const ServeGenerateRoute *route);
/* Requests that have not been answered, */
guint serve_generate_count (ServeGenerate *generate);
/* and those of them that wait for being generated. */
guint serve_generate_count_waiting (ServeGenerate *generate);
