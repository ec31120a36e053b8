/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What somebody asks a model to make. A request is an object of JSON whose fields stand in a list,
 * each with what reads it and what describes it, so that what is accepted and what is said to be
 * accepted (OpenAPI) are the same. A field that is null is one that is left out; one that is not
 * in the list is an error. */
#pragma once

#include <generative/latent.h>
#include <json-glib/json-glib.h>

#include "generate-error.h"
#include "generate-facts.h"

/* Characters of a text that is to be spoken, at most. */
#define GEN_SERVE_MAX_PROMPT 4096
/* The longest side of a picture that somebody asks for. */
#define GEN_SERVE_MAX_SIDE 2048
#define GEN_SERVE_MAX_SEED G_MAXINT64
/* The last frame of a walk that can be asked for. */
#define GEN_SERVE_MAX_FRAME G_MAXINT32
#define GEN_SERVE_MAX_SPEED 1000
#define GEN_SERVE_MAX_FRAMERATE 240

typedef struct {
  guint pictures; /* pictures or sounds that one request asks for, at most */
  guint frames;   /* of a film */
} GenServeLimits;

typedef struct {
  const GenServeFacts *facts;
  const GenServeLimits *limits;
  char *prompt;
  gint64 class; /* -1: one is drawn, where there are classes */
  gboolean seed_said;
  guint64 seed, first;
  guint count;
  GArray *latents;   /* of float, one vector after another, which come again where there are
                      fewer than results; or NULL: they are drawn */
  GArray *condition; /* of float, or NULL */
  GenWalk walk;
  double speed, truncation; /* 0: not truncated */
  int rate_numerator, rate_denominator;
  GHashTable *parameters;       /* name to GArray of double */
  const GenServeFormat *format; /* NULL: nothing is said */
  int quality;
  int width, height;  /* that pictures are brought to; 0: they stay */
  gboolean as_events; /* of OpenAI's API: as they are made, each an event of a stream */
} GenServeRequest;

typedef struct {
  const char *name;
  /* Whether a model can be asked for it; NULL: any. */
  gboolean (*suits) (const GenServeFacts *facts);
  gboolean (*read) (GenServeRequest *request, const char *name, JsonNode *node, GError **error);
  /* What it is, as JSON Schema has it, without its description. */
  void (*describe) (const GenServeFacts *facts, const GenServeLimits *limits, JsonObject *schema);
  const char *description;
  gboolean required;
} GenServeField;

/* The list of a route begins with the model, which suits those that can be asked so, and ends on a
 * name of NULL. */
GEN_PRIVATE_API extern const GenServeField gen_serve_generate_fields[]; /* POST /v1/generate */
GEN_PRIVATE_API extern const GenServeField
    gen_serve_image_fields[]; /* POST /v1/images/generations */
GEN_PRIVATE_API extern const GenServeField gen_serve_speech_fields[]; /* POST /v1/audio/speech */

/* The object in the body of a request. NULL with `error`. (transfer full) */
GEN_PRIVATE_API JsonObject *gen_serve_request_parse (GBytes *body, GError **error);
/* The name of the model that it asks for; NULL where it names none, or with `error` no text. */
GEN_PRIVATE_API const char *gen_serve_request_model (JsonObject *body, GError **error);
/* `limits` are to stay. A seed that is not said is drawn. NULL with `error`, which
 * names the field. (transfer full) */
GEN_PRIVATE_API GenServeRequest *gen_serve_request_new (JsonObject *body,
    const GenServeField *fields, const GenServeFacts *facts, const GenServeLimits *limits,
    GError **error);
GEN_PRIVATE_API void gen_serve_request_free (GenServeRequest *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenServeRequest, gen_serve_request_free)

/* Whether that many can be had in its format, which is known. FALSE with `error`. */
GEN_PRIVATE_API gboolean gen_serve_request_check_count (
    const GenServeRequest *request, GError **error);

/* The numbers of all parameters, those of the request and for the others those that they stand at,
 * as `generator` has them: "bits=1:0:1,strength=0.6"; NULL where there are none. (transfer full) */
GEN_PRIVATE_API char *gen_serve_request_format_parameters (const GenServeRequest *request);

/* The schema of such a request for a model, one of `several` that can be asked so: an object of
 * JSON Schema 2020-12. (transfer full) */
GEN_PRIVATE_API JsonObject *gen_serve_request_schema (const GenServeField *fields,
    const GenServeFacts *facts, const GenServeLimits *limits, gboolean several);
/* Whether the model can be asked by that list. */
GEN_PRIVATE_API gboolean gen_serve_request_suits (
    const GenServeField *fields, const GenServeFacts *facts);
