/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why the server does not do what a client asks for. */
#pragma once

#include <glib.h>

typedef enum {
  SERVE_ERROR_INVALID,   /* 400: what is asked for is wrong */
  SERVE_ERROR_FORBIDDEN, /* 403 */
  SERVE_ERROR_NOT_FOUND, /* 404: there is no such model, mount, session */
  SERVE_ERROR_CONFLICT,  /* 409: it cannot be in the state that it is in */
  SERVE_ERROR_TOO_MANY,  /* 429: the client has as many as it may */
  SERVE_ERROR_BUSY,      /* 503: the server has as many as it can */
  SERVE_ERROR_DRAINING,  /* 503: it ends */
  SERVE_ERROR_FAILED,    /* 500: it cannot, and the client is not to blame */
} ServeError;

#define SERVE_ERROR serve_error_quark ()
GQuark serve_error_quark (void);
