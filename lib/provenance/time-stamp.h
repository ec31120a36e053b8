/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Time stamps (RFC 3161): somebody else's word for when a claim was signed. */
#pragma once

#include <gio/gio.h>

typedef enum {
  GEN_TIME_STAMP_GOOD,
  GEN_TIME_STAMP_MALFORMED,
  GEN_TIME_STAMP_MISMATCH,  /* it is of something else, or its own signature is wrong */
  GEN_TIME_STAMP_UNTRUSTED, /* none of the authorities vouches for who gave it */
  GEN_TIME_STAMP_OUTSIDE,   /* whose certificate did not hold then */
} GenTimeStampFinding;

/* A token over `what`; `authorities` (of X509) may be NULL. `time` is in seconds since 1970. */
GenTimeStampFinding gen_time_stamp_check (
    GBytes *token, GBytes *what, GPtrArray *authorities, gint64 *time);

/* What to ask an authority. (transfer full) */
GBytes *gen_time_stamp_request (GBytes *what);
/* The token in its answer; NULL with `error` where it gave none, or one of something else.
 * (transfer full) */
GBytes *gen_time_stamp_token (GBytes *response, GBytes *what, GError **error);
/* Asks by a command, which gets the request and gives the answer. (transfer full) */
GBytes *gen_time_stamp_ask (char *const *command, GBytes *what, GError **error);
