/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which paths and addresses somebody does not want to be learned from: rules as robots.txt has them
 * (RFC 9309) and ai.txt, in groups. An item is out where any group says so, whoever it names: a
 * data set does not tell who fetched it. Within a group the longest pattern that fits counts, and
 * of two that are as long the one that allows. */
#pragma once

#include <glib.h>

#include "../../private-api.h"

typedef struct _GenOptOutRules GenOptOutRules;

GEN_PRIVATE_API GenOptOutRules *gen_opt_out_rules_new (void);
GEN_PRIVATE_API void gen_opt_out_rules_free (GenOptOutRules *rules);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenOptOutRules, gen_opt_out_rules_free)

/* What is added from here on is a group of its own. */
GEN_PRIVATE_API void gen_opt_out_rules_begin_group (GenOptOutRules *rules);
/* A pattern fits what begins with it; `*` in it stands for anything, and `$` at its end for the
 * end. One that begins with http:// or https:// is of addresses, any other of paths and of the
 * paths of addresses. One that is empty says nothing. */
GEN_PRIVATE_API void gen_opt_out_rules_add (
    GenOptOutRules *rules, const char *pattern, gboolean allows);
/* Whether an item is out: `name` is its path below the location, `address` where it was found, NULL
 * where that is not known. */
GEN_PRIVATE_API gboolean gen_opt_out_rules_forbid (
    const GenOptOutRules *rules, const char *name, const char *address);
