/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/device.h>
#include <generative/graph.h>

G_BEGIN_DECLS

/**
 * GenPlan: a graph compiled for fixed shapes on a device. Compilation infers shapes,
 * folds constants, fuses, chooses layouts and kernels, and lays all values out in one
 * arena by their lifetimes. A run then allocates nothing and locks nothing.
 *
 * A plan is run by one thread at a time; different plans run at the same time.
 */
typedef struct _GenPlan GenPlan;

/* How exact products of float32 are. */
typedef enum {
  GEN_PRECISION_FLOAT32, /* as float32 arithmetic is */
  GEN_PRECISION_TF32,    /* where it is faster, numbers may be cut to 16 bits and more: errors up to
                            2^-15 of the terms' magnitudes, a millionth of a result as a rule */
  GEN_PRECISION_BFLOAT16, /* as TF32, and constant weights of dense layers, and of convolutions of
                             few windows, are kept as bfloat16:
                             errors up to 2^-8 of the terms' magnitudes. On tiles of bfloat16 that
                             is so for convolutions, too, and for both factors: up to 2^-7. A few
                             thousandths of the largest result as a rule */
  GEN_PRECISION_FLOAT16,  /* as TF32, and constant weights of such layers of few rows are kept as
                             float16: up to 2^-11, and 2^-25 of the other factor for weights below
                             2^-14. A layer with a weight beyond 65504 keeps float32 */
} GenPrecision;

/* How the kernel of a node is chosen where there are several. They differ in speed, and in how
 * they round: results of one choice are the same bits run after run, those of another are as
 * exact. */
typedef enum {
  GEN_CHOICE_RULES,      /* by rules of shape, the same on every run: what training needs */
  GEN_CHOICE_REMEMBERED, /* what has been measured before, else by the rules */
  GEN_CHOICE_MEASURE,    /* the same, but what has not been measured is now, and remembered: the
                            first compilation of a model takes up to 1.5 seconds longer */
} GenChoice;

typedef struct _GenExchange GenExchange; /* exchange.h */

typedef struct {
  const GenDevice *device; /* NULL: the CPU */
  int threads;             /* 0: as many as there are cores */
  guint64 seed;            /* of the graph's random operators */
  GenPrecision precision;
  gboolean no_fusion; /* keep every node, to debug and to compare */
  GenChoice choice;
  const char *choices;   /* the file that remembers; NULL: gst-generative/kernels.ini in the user's
                            cache folder */
  GenExchange *exchange; /* with whom the graph's sums over members are made, and which share of
                            what it draws is its own; NULL: it is alone. Since: 0.2 */
} GenPlanOptions;

/* Compile a copy of `graph`; `graph` is left as it is and may be freed. Free extents must
 * have been fixed before (gen_graph_set_input_shape, gen_graph_set_free_dimensions).
 * `options` may be NULL. (transfer full) */
GEN_API GenPlan *gen_plan_new (GenGraph *graph, const GenPlanOptions *options, GError **error);
GEN_API void gen_plan_free (GenPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenPlan, gen_plan_free)

/* A tensor of a plan, and where it lies (row-major, 64-aligned when it is the plan's). */
typedef struct {
  const char *name;
  GenDataType type;
  GenShape shape;
  gsize size; /* bytes */
  void *data;
} GenBinding;

GEN_API guint gen_plan_n_inputs (const GenPlan *plan);
GEN_API guint gen_plan_n_outputs (const GenPlan *plan);
/* The binding of an input or output: write inputs to `data` before a run, read outputs
 * after it. An output's bytes hold until the next run. */
GEN_API const GenBinding *gen_plan_input (const GenPlan *plan, guint i);
GEN_API const GenBinding *gen_plan_output (const GenPlan *plan, guint i);
/* By name; NULL where there is none. Also finds states, whose bytes may be changed
 * between runs. */
GEN_API const GenBinding *gen_plan_find (const GenPlan *plan, const char *name);
/* On a device other than the CPU the bytes of states are copies. Before they are read they have to
 * be fetched, and when some were changed the plan has to be told, which then takes them all over
 * before the next run. On the CPU neither does anything. */
GEN_API gboolean gen_plan_fetch_states (GenPlan *plan, GError **error);
GEN_API void gen_plan_states_changed (GenPlan *plan);
GEN_API guint gen_plan_n_states (const GenPlan *plan);
GEN_API const GenBinding *gen_plan_state (const GenPlan *plan, guint i);
/* Let all states be what they were to begin with. */
GEN_API void gen_plan_reset_states (GenPlan *plan);
/* Read input i from, or write output i to, `data` from now on: zero-copy in and out.
 * NULL: the plan's own memory again. */
GEN_API void gen_plan_bind_input (GenPlan *plan, guint i, const void *data);
GEN_API void gen_plan_bind_output (GenPlan *plan, guint i, void *data);
/* The same for memory of the plan's device, which is not the CPU: nothing travels. A plan for CUDA
 * works in the context that was current on the thread which compiled it, or else in the device's
 * primary one, takes memory of that one, and has to be freed before it is. Whoever writes an input
 * has to have finished when the run begins, or be waited for; outputs are complete when it
 * returns. */
GEN_API void gen_plan_bind_device_input (GenPlan *plan, guint i, const void *data);
GEN_API void gen_plan_bind_device_output (GenPlan *plan, guint i, void *data);
/* Let the next run begin, on the device, when all that `fence` stands for by now has been done: the
 * thread does not wait. For whoever writes an input there, or still reads what is to become an
 * output. */
GEN_API gboolean gen_plan_wait (GenPlan *plan, GenFence *fence, GError **error);

/* Number of the next run, which random operators draw from; it counts up by itself. */
GEN_API void gen_plan_set_draw (GenPlan *plan, guint64 draw);
GEN_API guint64 gen_plan_get_draw (const GenPlan *plan);

/* Fails on a device alone, which may run out of memory or be lost. */
GEN_API gboolean gen_plan_run (GenPlan *plan, GError **error);

/* What the plan consists of, after fusion: for tools and tests. */
typedef struct {
  const GenNode *node;
  double flops;    /* multiplications and additions of one run; 0 where it is no matter */
  gsize bytes;     /* read and written */
  double seconds;  /* of the last profiled run */
  const char *way; /* the kernel's name where there are several, else NULL; on a device "cuda", or
                      "cpu" for a node that it has no kernel for, whose values travel */
} GenStepInfo;

/* The same without a run: all is known but the seconds. (transfer full) */
GEN_API GArray *gen_plan_steps (GenPlan *plan);
/* One run with a clock around each node; returns (transfer full) of GenStepInfo. */
GEN_API GArray *gen_plan_profile (GenPlan *plan, GError **error);
/* Bytes of the arena, of the constants and packed weights. */
GEN_API gsize gen_plan_arena_size (const GenPlan *plan);
GEN_API gsize gen_plan_constant_size (const GenPlan *plan);
/* Bytes of packed weights, constants and mapped files that all plans of the process hold together:
 * plans of one model share them, however many there are, and so do models with equal layers. */
GEN_API gsize gen_plan_shared_size (void);

G_END_DECLS
