/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/plan.h>

G_BEGIN_DECLS

/**
 * An operator is one constant #GenOperator in a file of its own in lib/ops, and one
 * line in lib/ops/operators.h. It says how shapes follow, how the CPU computes it,
 * and how gradients flow back.
 */

typedef struct _GenKernel GenKernel;

/* Which memory layouts the CPU kernel takes. */
typedef enum {
  GEN_LAYOUTS_PLAIN,         /* row-major only */
  GEN_LAYOUTS_SAME,          /* any, as long as all tensors of the output's shape share it;
                                others (scalars, per-channel) are plain, read by strides */
  GEN_LAYOUTS_ANY,           /* each tensor its own: the kernel goes by strides */
  GEN_LAYOUTS_CHANNELS_LAST, /* wants input 0, the inputs in layout_inputs, and its outputs
                                channels-last */
} GenLayouts;

typedef struct {
  GenGraph *graph;        /* to append to */
  GenNode *node;          /* whose inputs' gradients are asked for */
  GenTensor **outputs;    /* gradient of each output, NULL where none flows */
  GenTensor **inputs;     /* to fill: gradient of each input, NULL for none */
  const gboolean *needed; /* which inputs' gradients are of use */
} GenGradient;

/* An output with its value, from an operator whose values decide on shapes. */
typedef struct {
  GenDataType type;
  GenShape shape;
  void *data; /* made with g_malloc; to be freed by who asked */
} GenResult;

/* What an operator's results are, by which bounds and integers pass it. */
typedef enum {
  GEN_RESULTS_COMPUTED, /* new numbers */
  GEN_RESULTS_MOVED,    /* elements of input 0 (Concat: of all inputs) as they are */
  GEN_RESULTS_BETWEEN,  /* numbers between those of input 0, or of a border: means of some */
} GenResults;

struct _GenOperator {
  const char *name;           /* as ONNX names it */
  const char *domain;         /* NULL for ONNX's own; "generative" for ours */
  const char *summary;        /* a sentence */
  int since, until;           /* opsets; 0 for any */
  int min_inputs, max_inputs; /* max -1: any number */
  int min_outputs, max_outputs;
  GenLayouts layouts;
  guint layout_inputs;          /* CHANNELS_LAST: bit k for each further input k that is so */
  gboolean layout_output_plain; /* CHANNELS_LAST: but its outputs are plain */
  gboolean elementwise;         /* output i depends on inputs i alone: it may be written over an
                                   input of the same size and type */
  GenResults results;
  gboolean keeps_channels; /* MOVED and BETWEEN: what was in a channel stays there */
  guint weights;           /* bit k: input k, where it is constant, is what training changes; where
                              both operands may be, as of Add, only one of several elements is */
  gboolean view;           /* output 0 has input 0's bytes, under another shape */
  gboolean fuses_activation;    /* the CPU kernel honours node->activation */
  gboolean fuses_inputs;        /* and node->taken */
  GenActivationKind activation; /* what this operator is, when another can absorb it */
  guint widens;         /* bit k: input k holds elements of whose types the kernel knows some
                           alone: where it does not, casts stand before and after */
  gboolean takes_items; /* its inputs may be sequences and optionals */
  guint decides;        /* bit k: results may hang on the value of input k, of a few numbers
                           at most: a session makes its stages for that value */
  gboolean has_graphs;  /* control flow: its attributes may be graphs */
  gboolean random;      /* its value changes from run to run: never folded */

  /* For an operator that is made of others: append the nodes that it stands for, by
   * gen_graph_op, and put what they make into `results`, one for each output of the node. The
   * types and shapes of its inputs are known. A result that is a sequence or optional is made by
   * gen_graph_add_items, of tensors that were there before or are made by those nodes. Whatever
   * follows is then not needed, unless there
   * are nodes for which it appends nothing (a loop whose end is not known), which then stay as
   * they are. */
  gboolean (*lower) (GenNode *node, GenTensor **results, GError **error);
  /* For an operator that widens: the type in which the kernel computes what is of `type`, which is
   * `type` itself where it knows that. NULL where it knows float32 alone. */
  GenDataType (*computes_in) (const GenNode *node, GenDataType type);
  /* Types and shapes of the outputs from those of the inputs (all known), and from the
   * values of those that are constant; of one that widens for elements of any type. */
  gboolean (*infer) (GenNode *node, GError **error);
  /* Instead of infer and cpu, where shapes of outputs hang on values: compute the outputs from the
   * bytes of all inputs, whose shapes are known. */
  gboolean (*compute) (
      const GenNode *node, const void *const *inputs, GenResult *results, GError **error);
  /* The names of the ways that cpu() has for the node of `kernel`, the one that its rules take
   * first; they are equally exact. NULL where there is never but one. */
  void (*ways) (const GenKernel *kernel, GPtrArray *ways);
  /* Prepare to compute on the CPU: pack, and add steps to the kernel, by kernel->way. */
  gboolean (*cpu) (GenKernel *kernel, GError **error);
  /* Append the gradient's nodes; NULL for operators through which none flows (Shape). */
  gboolean (*gradient) (GenGradient *gradient, GError **error);
  /* TRUE for an operator with a NULL gradient that is no obstacle: its inputs' gradients
   * are zero (Shape, comparison). For one that is made of others it says that they have none. */
  gboolean gradient_is_zero;
  /* Multiplications and additions of one run, for reports; NULL where they are no matter. */
  double (*flops) (const GenNode *node);
};

/* The operator that `domain` and `name` mean in `opset`, or NULL. */
GEN_API const GenOperator *gen_operator_find (const char *domain, const char *name, int opset);
/* All of them, ended by NULL. */
GEN_API const GenOperator *const *gen_operator_list (void);

/**
 * A kernel is a node made ready to run. `cpu` adds one or more steps; the plan runs
 * them in order. A step is cut in parts that any thread may run, in any order, with a
 * barrier between steps; which part does what depends on the kernel alone, so that
 * results do not change with the number of threads at work.
 */
typedef void (*GenStepFunc) (const GenKernel *kernel, int part, int parts);

struct _GenKernel {
  const GenNode *node;
  int threads; /* how many the plan was made for: a good number of parts */
  GenPrecision precision;
  const char *way;     /* of the operator's ways, NULL: by its rules; cpu() puts the one it took */
  const void **inputs; /* addresses, valid while a step runs; NULL where absent */
  void **outputs;
  void *scratch;       /* `scratch_size` bytes, shared with other kernels, 64-aligned */
  gsize scratch_size;  /* to be set by cpu() */
  guint packed_inputs; /* bit k, to be set by cpu(): input k, a constant, is not read any more (its
                          address will be NULL) */
  gpointer state;      /* the kernel's own */
  GDestroyNotify free_state;
  guint64 draw;          /* number of the run, for random operators */
  guint64 seed;          /* the plan's */
  GenExchange *exchange; /* the plan's, of a training of several members; NULL: it is alone */
  GArray *steps;         /* of GenStep, in lib/graph/plan.c */
};

GEN_API void gen_kernel_add_step (GenKernel *kernel, GenStepFunc run, int parts);
/* The share of `n` items (in units of `grain`) that part `part` of `parts` does. */
static inline void
gen_kernel_share (gsize n, gsize grain, int part, int parts, gsize *first, gsize *end)
{
  gsize units = (n + grain - 1) / grain;
  *first = MIN (n, units * part / parts * grain);
  *end = MIN (n, units * (part + 1) / parts * grain);
}
/* Parts for a step over `n` items of about `cost` nanoseconds each: 1 when it is too
 * small to be worth waking others. */
GEN_API int gen_kernel_parts (const GenKernel *kernel, gsize n, double cost);

/* Distance in elements between neighbours along each dimension, by the layout. */
GEN_API void gen_tensor_strides (const GenTensor *tensor, gint64 strides[GEN_MAX_RANK]);
/* As above, but with 0 for each dimension of `to` along which `tensor` is broadcast. */
GEN_API void gen_tensor_broadcast_strides (
    const GenTensor *tensor, const GenShape *to, gint64 strides[GEN_MAX_RANK]);

/* A sequence or optional of the `n` items, for lower(); NULL with `error` where all sequences
 * together grow too large. (transfer none) */
GEN_API GenTensor *gen_graph_add_items (
    GenGraph *graph, GenKind kind, GenTensor *const *items, guint n, GError **error);

/* Helpers for infer(): set an output's type and shape; say what is wrong with a node. */
GEN_API void gen_node_set_output (GenNode *node, guint i, GenDataType type, const GenShape *shape);
GEN_API gboolean gen_node_error (const GenNode *node, GError **error, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
/* Whether the inputs from `first` to `last`, where they are there, have elements of input 0's
 * type, as a kernel takes for granted; says which has not. */
GEN_API gboolean gen_node_same_type (const GenNode *node, guint first, guint last, GError **error);
/* infer() of operators whose output 0 is like input 0. */
GEN_API gboolean gen_infer_same (GenNode *node, GError **error);
/* infer() of operators that broadcast two inputs. */
GEN_API gboolean gen_infer_broadcast (GenNode *node, GError **error);
/* An axis in [-rank, rank) as one in [0, rank); -1 when outside. */
GEN_API int gen_axis (gint64 axis, int rank);

/* Helpers for gradient(). Sum `gradient` over the dimensions along which `like` was
 * broadcast, so that it has like's shape. */
GEN_API GenTensor *gen_gradient_unbroadcast (
    GenGraph *graph, GenTensor *gradient, GenTensor *like, GError **error);
/* The gradient of an operator that can be written out in others: `written` computes what the
 * node does, inputs[i] in it stands for the node's input i (INPUT, or NULL where there is none),
 * outputs[i] for its output i (NULL where no gradient flows). */
GEN_API gboolean gen_gradient_through (GenGradient *gradient, GenGraph *written,
    GenTensor *const *inputs, GenTensor *const *outputs, GError **error);

G_END_DECLS
