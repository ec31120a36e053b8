/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "../private-api.h"

/* Families have one shape: constant structs with a `name` each, in a list that NULL ends. What is
 * here is done to any of them. */

/* The member of `list` that has the name `wanted`, or NULL with `error`, which lists what there is:
 * "there is no loss "x"; there are …", where `kind` is "loss", and which one may have been meant
 * (nearest.h). */
#define GEN_FAMILY_FIND(list, wanted, kind, domain, code, error)                                   \
  ((typeof (*(list)))gen_family_find ((gconstpointer const *)(list),                               \
      G_STRUCT_OFFSET (typeof (**(list)), name), wanted, kind, domain, code, error))
GEN_PRIVATE_API gconstpointer gen_family_find (gconstpointer const *list, gsize name_offset,
    const char *wanted, const char *kind, GQuark domain, int code, GError **error);

/* "one, two, three". (transfer full) */
#define GEN_FAMILY_NAMES(list)                                                                     \
  gen_family_names ((gconstpointer const *)(list), G_STRUCT_OFFSET (typeof (**(list)), name))
GEN_PRIVATE_API char *gen_family_names (gconstpointer const *list, gsize name_offset);
