/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/plan.h>

G_BEGIN_DECLS

/**
 * GenFeed: the bytes of a plan's input for a run to come. While the plan runs, the next feed is
 * filled, by any thread, and sent to the plan's device, where it has a place of its own:
 *
 *   fill gen_feed_data (feed); gen_feed_send (feed); gen_plan_bind_feed (plan, feed);
 *   gen_plan_run (plan); and from here on it can be filled again.
 *
 * On the CPU nothing travels: the plan reads the feed's memory. A feed is freed before its plan.
 */
typedef struct _GenFeed GenFeed;

/* A feed for input `input` of `plan`. (transfer full) */
GEN_API GenFeed *gen_feed_new (GenPlan *plan, guint input, GError **error);
GEN_API void gen_feed_free (GenFeed *feed);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenFeed, gen_feed_free)

/* Where the input's bytes are to be written; as many as its binding says. */
GEN_API void *gen_feed_data (GenFeed *feed);
/* Let them begin to travel, and return at once. Until the run that reads them has returned they
 * are not to be changed. */
GEN_API gboolean gen_feed_send (GenFeed *feed, GError **error);
/* Let the runs that follow read the feed, which has been sent; until its input is bound anew. */
GEN_API void gen_plan_bind_feed (GenPlan *plan, GenFeed *feed);

G_END_DECLS
