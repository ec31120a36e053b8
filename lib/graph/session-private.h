/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of a session share: session.c (values, running) and session_stage.c (parting a
 * graph into stages). */
#pragma once

#include <generative/session.h>

typedef struct _GenStage GenStage;
typedef struct _GenFork GenFork;

/* Which inputs of a fork's graph a stage is made for the values of, and not the shapes alone. */
typedef enum {
  GEN_FIXED_DECIDERS, /* those that the fork names */
  GEN_FIXED_SMALL,    /* those of a few numbers */
  GEN_FIXED_ALL,
} GenFixed;

/* What leads from one stage to the next: the graph that is left, and the stages made of it. */
struct _GenFork {
  GenGraph *graph;
  GHashTable *deciders; /* names of inputs, or NULL */
  GenFixed fixed;
  gboolean whole;    /* one node, of which stages are whole or fail */
  GPtrArray *stages; /* of GenStage, the last used first */
};

struct _GenStage {
  GenShape *shapes; /* of the fork's graph's inputs */
  GBytes **values;  /* of those that decide; NULL for others */
  guint n_inputs;
  GenPlan *plan;     /* NULL where there is nothing to compute */
  GenFork *alone;    /* of the node that is run by itself after it, or NULL */
  GHashTable *lists; /* name to char **: what sequences hold that the session gives, and that this
                        stage has come to know */
  GenFork *next;     /* NULL at the end */
};

typedef struct {
  GenDataType type;
  GenShape shape;
  gconstpointer data;
  gpointer owned; /* `data` where it is the value's own */
} GenValue;

struct _GenSession {
  GenGraph *graph;
  GenPlanOptions options;
  guint kept;   /* plans for different shapes, at each point where stages part */
  guint64 draw; /* of the next plan that is run, whichever it is */
  GenFork *first;
  GHashTable *values; /* name to GenValue: all of the run */
  GHashTable *lists;  /* name to char **: the stages' own */
  GArray **outputs;   /* of each: GenBinding, of which a tensor has one */
};

/* --- session.c --- */

gsize gen_session_value_size (const GenValue *value);
/* (transfer full) */
GBytes *gen_session_value_bytes (const GenValue *value);
/* What is known of `tensor` by its name, or NULL. */
const GenValue *gen_session_value (const GenSession *session, const GenTensor *tensor);
/* The same, with `error` where a broken graph has none. */
const GenValue *gen_session_require (
    const GenSession *session, const GenTensor *tensor, GError **error);

/* --- session_stage.c --- */

/* Takes over `graph` and `deciders`. */
GenFork *gen_fork_new (GenGraph *graph, GHashTable *deciders);
/* Takes over `graph`, of one node, which sees all of its inputs before it is compiled. */
GenFork *gen_fork_new_whole (GenGraph *graph);
void gen_fork_free (GenFork *fork);
/* The stage for the values at hand, made or found, at the head of the fork's list. */
GenStage *gen_fork_find_stage (const GenSession *session, GenFork *fork, GError **error);
guint gen_fork_count_plans (const GenFork *fork);
