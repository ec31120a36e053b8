/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/plan.h>

G_BEGIN_DECLS

/**
 * GenSession: a graph run on inputs of any shape, even where the shapes within hang on what it
 * computes (NonZero, a Reshape to a shape that is worked out from the data, a Loop that runs until
 * something is so).
 *
 * It runs in stages. A stage is a plan of all nodes whose shapes follow from the shapes at hand.
 * Where that ends, the node in the way is run by itself on the values that have been computed; its
 * results have shapes, and the next stage begins. A condition or trip count of control flow is
 * handed to the next stage as a known value. Stages are kept for the shapes and values that they
 * were made for, the latest few of them: inputs that come back to a shape find their plan.
 *
 * Inputs that are sequences or optionals are given their items before (gen_graph_expand_input): the
 * session takes tensors alone.
 *
 * A graph of fixed shapes is one stage, and costs what its plan costs. Where shapes are known
 * beforehand, use GenPlan: only it promises runs without allocation.
 */
typedef struct _GenSession GenSession;

/* `graph` is left as it is; its inputs may have free extents. It has no states. `options` may be
 * NULL. (transfer full) */
GEN_API GenSession *gen_session_new (GenGraph *graph, const GenPlanOptions *options);
GEN_API void gen_session_free (GenSession *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenSession, gen_session_free)

/* Let no more than `n` plans be kept for different shapes at each point where stages part; 8 where
 * nobody says it. Of shapes that rarely come back, plans are nothing but memory. */
GEN_API void gen_session_keep (GenSession *session, guint n);

GEN_API guint gen_session_n_inputs (const GenSession *session);
/* What input number i is: its name, type and shape, whose extents may be free. To be completed and
 * given to a run; the session keeps no memory for it. */
GEN_API GenBinding gen_session_input (const GenSession *session, guint i);
/* Run on `inputs`, the type, shape and data of each of the graph's inputs in its order. */
GEN_API gboolean gen_session_run (GenSession *session, const GenBinding *inputs, GError **error);
/* What random operators draw from next, as gen_plan_set_draw; it counts up with each part that is
 * run, so that the runs that follow draw the same again. Since: 0.2 */
GEN_API void gen_session_set_draw (GenSession *session, guint64 draw);
/* Output number i of the last run; its bytes hold until the next. Of a sequence or optional the
 * first item, NULL where there is none. */
GEN_API const GenBinding *gen_session_output (const GenSession *session, guint i);
/* What an output that is a sequence or optional holds; a tensor is one item. */
GEN_API guint gen_session_n_items (const GenSession *session, guint i);
GEN_API const GenBinding *gen_session_item (const GenSession *session, guint i, guint item);
GEN_API guint gen_session_n_outputs (const GenSession *session);
/* How many plans it holds: for tests. */
GEN_API guint gen_session_n_plans (const GenSession *session);

G_END_DECLS
