/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why a request for something to be made is not fulfilled, and which field of it is to blame. */
#pragma once

#include <glib.h>

#include "../private-api.h"

typedef enum {
  GEN_SERVE_INVALID,        /* the request is not right */
  GEN_SERVE_UNKNOWN,        /* it names a model that is not there */
  GEN_SERVE_NOT_ACCEPTABLE, /* it wants an answer of a kind that there is not */
  GEN_SERVE_TOO_MANY,       /* others wait already; later there may be room */
  GEN_SERVE_UNAVAILABLE,    /* nobody makes anything now */
  GEN_SERVE_FAILED,         /* it went wrong here */
  GEN_SERVE_CANCELLED,      /* whoever asked has gone */
} GenServeCode;

#define GEN_SERVE_ERROR (gen_serve_error_quark ())
GEN_PRIVATE_API GQuark gen_serve_error_quark (void);

/* `field` is the one that is wrong, "parameters.strength", or NULL: the whole. The text says it as
 * well: "parameters.strength: ...". */
GEN_PRIVATE_API gboolean gen_serve_refuse (GError **error, GenServeCode code, const char *field,
    const char *format, ...) G_GNUC_PRINTF (4, 5);
/* NULL of other errors, too. */
GEN_PRIVATE_API const char *gen_serve_error_field (const GError *error);
