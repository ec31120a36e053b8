/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was found by looking at a manifest, in the specification's codes (15.2.2). */
#pragma once

#include <glib.h>

typedef enum {
  GEN_STATUS_SUCCESS,
  GEN_STATUS_INFORMATIONAL,
  GEN_STATUS_FAILURE,
  GEN_STATUS_KINDS
} GenStatusKind;

typedef struct {
  GenStatusKind kind;
  const char *code;  /* static */
  char *url;         /* of the box that it is about */
  char *explanation; /* NULL: none */
} GenStatus;

static inline void
gen_status_free (GenStatus *status)
{
  g_free (status->url);
  g_free (status->explanation);
  g_free (status);
}

static inline GPtrArray *
gen_statuses_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)gen_status_free);
}
