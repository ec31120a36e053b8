/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/tensor.h>

G_BEGIN_DECLS

/**
 * The model of the library, on one page.
 *
 * A #GenGraph is a list of nodes, in an order in which they can run, and of the
 * tensors that pass between them. A node applies one operator (#GenOperator, one
 * file each in lib/ops) to its inputs and makes its outputs. Nothing is computed
 * here: a graph is a description. `gen_plan_new` (plan.h) compiles it for given
 * shapes, and the plan runs.
 *
 * A tensor is what its role says:
 *   VALUE     made by a node,
 *   INPUT     given by the user at each run,
 *   CONSTANT  known now, `data` holds it,
 *   STATE     lives across runs: weights in training, optimiser moments, running
 *             statistics. `data` holds its first value; `gen_graph_assign` says
 *             which value replaces it at the end of a run.
 *
 * Graphs come from `gen_onnx_load` (onnx.h) or are built by calling
 * `gen_graph_op`, which infers types and shapes at once. Gradients are graph
 * transforms: `gen_graph_gradients` appends the nodes that compute them, so that a
 * training step (forward, backward, optimiser) is one graph.
 *
 * Control flow (If, Loop, Scan) has graphs as attributes. Each is closed: what it reads of the
 * graph around it comes in by inputs of its own, and the node has the tensors as further inputs,
 * behind those that ONNX gives it, attribute by attribute. So a pass that looks at a node's inputs
 * has seen all that it reads.
 *
 * Sequences and optionals are there until shapes are known: inference resolves each into the
 * tensors that it holds (`items`), and the operators on them leave nothing behind but these. How
 * many there are must be known by then.
 *
 * The graph owns its nodes and tensors; all pointers to them live as long as it
 * does. Graphs are not thread-safe while they are being built.
 */
typedef struct _GenGraph GenGraph;
typedef struct _GenNode GenNode;
typedef struct _GenTensor GenTensor;
typedef struct _GenOperator GenOperator;

#define GEN_GRAPH_ERROR (gen_graph_error_quark ())
GEN_API GQuark gen_graph_error_quark (void);

typedef enum {
  GEN_GRAPH_ERROR_UNKNOWN_OPERATOR, /* no such operator, or not in this opset */
  GEN_GRAPH_ERROR_INVALID,          /* wrong count of inputs, type, shape or attribute */
  GEN_GRAPH_ERROR_NOT_FOUND,        /* no tensor of that name */
  GEN_GRAPH_ERROR_NO_GRADIENT,      /* the operator has none */
  GEN_GRAPH_ERROR_TOO_LARGE,        /* more elements or bytes than can be held */
} GenGraphError;

typedef enum {
  GEN_ROLE_VALUE,
  GEN_ROLE_INPUT,
  GEN_ROLE_CONSTANT,
  GEN_ROLE_STATE,
} GenRole;

/* What a tensor is, where it is not one itself. */
typedef enum {
  GEN_KIND_TENSOR,
  GEN_KIND_SEQUENCE, /* tensors in a row */
  GEN_KIND_OPTIONAL, /* a tensor, a sequence, or nothing */
} GenKind;

/* How a tensor of rank 3 and more lies in memory. */
typedef enum {
  GEN_LAYOUT_PLAIN,         /* row-major in the order of its dimensions (NCHW) */
  GEN_LAYOUT_CHANNELS_LAST, /* dimension 1 innermost (NHWC) */
} GenLayout;

struct _GenTensor {
  char *name; /* unique within the graph */
  GenRole role;
  GenDataType type;
  GenShape shape;
  GenLayout layout;              /* set by compilation */
  char *dim_names[GEN_MAX_RANK]; /* symbolic extents ("batch"), or NULL */
  GBytes *data;                  /* CONSTANT and STATE, row-major; else NULL */
  GenNode *producer;             /* VALUE: the node that makes it */
  GenTensor *next;               /* STATE: its value after the run, or NULL */
  guint index;                   /* set by compilation: its number */
  GenKind kind;     /* a tensor, or else of `type` and shape only its elements' type is known */
  GenKind holds;    /* OPTIONAL: what it holds when it holds something, TENSOR or SEQUENCE */
  GPtrArray *items; /* SEQUENCE and OPTIONAL: the GenTensors in it; NULL until they are known */
};

typedef enum {
  GEN_ATTRIBUTE_FLOAT,
  GEN_ATTRIBUTE_INT,
  GEN_ATTRIBUTE_STRING,
  GEN_ATTRIBUTE_TENSOR,
  GEN_ATTRIBUTE_FLOATS,
  GEN_ATTRIBUTE_INTS,
  GEN_ATTRIBUTE_STRINGS,
  GEN_ATTRIBUTE_GRAPH,
} GenAttributeType;

typedef struct {
  char *name;
  GenAttributeType type;
  gint64 i;
  float f;
  char *s;
  GArray *ints;           /* of gint64 */
  GArray *floats;         /* of float */
  char **strings;         /* NULL-terminated */
  GenTensor *tensor;      /* a CONSTANT of the graph */
  GenGraph *graph;        /* GRAPH: its last `i` inputs are what it reads of the graph around it */
  gboolean misread;       /* the operator asked for another type, */
  GenAttributeType asked; /* this one; see gen_node_int */
} GenAttribute;

/* An activation that a heavy operator applies to its result before storing it. */
typedef enum {
  GEN_ACTIVATION_NONE,
  GEN_ACTIVATION_RELU,
  GEN_ACTIVATION_LEAKY_RELU, /* alpha */
  GEN_ACTIVATION_SIGMOID,
  GEN_ACTIVATION_TANH,
  GEN_ACTIVATION_CLIP, /* alpha low, beta high */
  GEN_ACTIVATION_GELU,
  GEN_ACTIVATION_GELU_TANH, /* Gelu's approximation by tanh */
  GEN_ACTIVATION_SILU,      /* x sigmoid (x) */
  GEN_ACTIVATION_PRELU,     /* a slope for each channel */
} GenActivationKind;

typedef struct {
  GenActivationKind kind;
  float alpha;
  float beta;
} GenActivation;

/* What a heavy operator also does to its result then: activation (result + bias + added). Each is
 * the number of an input that fusion has given the node, 0 for none. */
typedef struct {
  guint bias;   /* one value for each column of a matrix */
  guint added;  /* as the result is, in shape and layout */
  guint slopes; /* of GEN_ACTIVATION_PRELU, one for each channel or column */
} GenTaken;

/* Which draw a random node takes in a run: number `run` of the plan becomes
 * (run << shift) + offset. A loop written out draws as it would in its kernel. */
typedef struct {
  guint shift;
  guint64 offset;
  guint64 part;   /* which of several nodes that stand for one; 0: the node itself */
  gboolean fixed; /* the node's id is to stay what it is, wherever it is copied */
} GenDraw;

struct _GenNode {
  char *name;
  const GenOperator *op;
  int opset;                /* the opset whose meaning of the operator holds */
  GPtrArray *inputs;        /* GenTensor, NULL for an optional one left out */
  GPtrArray *outputs;       /* GenTensor, NULL for one that nobody asked for */
  GPtrArray *attributes;    /* GenAttribute */
  GenActivation activation; /* set by fusion */
  GenTaken taken;           /* likewise */
  guint id;                 /* the number of a random operator in its stream */
  const char *stream;       /* the stream's name, a constant; NULL: GEN_STREAM_NODE (random.h) */
  GenDraw draw;
  gboolean implied; /* a cast that the model has not asked for: its operator's kernel wants it */
  GenGraph *graph;
};

struct _GenGraph {
  char *name;
  int opset;
  GPtrArray *nodes;   /* GenNode, in an order in which they can run */
  GPtrArray *tensors; /* GenTensor, all of them */
  GPtrArray *inputs;  /* GenTensor of role INPUT, in the model's order */
  GPtrArray *outputs; /* GenTensor */
  GHashTable *by_name;
  GHashTable *metadata; /* char * to char *: the model's metadata_props */
  GPtrArray *mapped;    /* GBytes: files that are mapped, and that constants may lie in */
  guint64 stamp; /* of the files that it was read from, as they were; 0: of none, or a copy */
  guint next_id;
  gsize folded;  /* bytes of constants that inference has computed */
  gsize n_items; /* of all sequences, together */
  int ref_count;
};

/* The opset that graphs built here speak. */
#define GEN_OPSET 17
/* What can be read. */
#define GEN_OPSET_MIN 1
#define GEN_OPSET_MAX 28

GEN_API GenGraph *gen_graph_new (const char *name);
GEN_API GenGraph *gen_graph_ref (GenGraph *graph);
GEN_API void gen_graph_unref (GenGraph *graph);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenGraph, gen_graph_unref)
/* A copy that can be changed alone; constants share their bytes. (transfer full) */
GEN_API GenGraph *gen_graph_copy (const GenGraph *graph);

/* Adding tensors. `name` may be NULL, and is made unique where it is not.
 * (transfer none) */
GEN_API GenTensor *gen_graph_add_input (
    GenGraph *graph, const char *name, GenDataType type, const GenShape *shape);
/* `data` (transfer full) must have the size that type and shape say. */
GEN_API GenTensor *gen_graph_add_constant (
    GenGraph *graph, const char *name, GenDataType type, const GenShape *shape, GBytes *data);
GEN_API GenTensor *gen_graph_add_state (
    GenGraph *graph, const char *name, GenDataType type, const GenShape *shape, GBytes *data);
/* Constants from values at hand. */
GEN_API GenTensor *gen_graph_float (GenGraph *graph, float value);
GEN_API GenTensor *gen_graph_ints (GenGraph *graph, const gint64 *values, gsize n);
/* A float32 constant of `shape`, each element `value`. */
GEN_API GenTensor *gen_graph_full (GenGraph *graph, const GenShape *shape, float value);
/* A tensor that a node will make; its shape is filled by inference. */
GEN_API GenTensor *gen_graph_add_value (GenGraph *graph, const char *name);

GEN_API GenTensor *gen_graph_find (const GenGraph *graph, const char *name);
GEN_API void gen_graph_add_output (GenGraph *graph, GenTensor *tensor);
/* At the end of each run, `state` takes the value of `next`. */
GEN_API void gen_graph_assign (GenGraph *graph, GenTensor *state, GenTensor *next);

/**
 * gen_graph_op: append a node with `n_outputs` outputs and infer their types and
 * shapes. `inputs` may hold NULL for an optional input. The attributes follow as
 * (name, kind, value…) triples, closed by NULL:
 *
 *   gen_graph_op (graph, "Gemm", (GenTensor *[]){ x, w, b }, 3, 1, &error,
 *                 "transB", GEN_INT, 1, "alpha", GEN_FLOAT, 0.5, NULL);
 *   gen_graph_op (graph, "Conv", …, "pads", GEN_INTS, 4, (gint64[]){ 1, 1, 1, 1 }, NULL);
 *
 * Returns: (transfer none) the first output, or NULL with `error` set.
 */
GEN_API GenTensor *gen_graph_op (GenGraph *graph, const char *op, GenTensor *const *inputs,
    int n_inputs, int n_outputs, GError **error, ...) G_GNUC_NULL_TERMINATED;
#define GEN_INT GEN_ATTRIBUTE_INT       /* followed by an int */
#define GEN_FLOAT GEN_ATTRIBUTE_FLOAT   /* by a double */
#define GEN_STRING GEN_ATTRIBUTE_STRING /* by a const char * */
#define GEN_INTS GEN_ATTRIBUTE_INTS     /* by an int count and a const gint64 * */

/* The same in short, for operators without attributes. A NULL input gives NULL, so
 * that a chain of calls needs one check at its end. */
GEN_API GenTensor *gen_unary (GenGraph *graph, const char *op, GenTensor *x, GError **error);
GEN_API GenTensor *gen_binary (
    GenGraph *graph, const char *op, GenTensor *a, GenTensor *b, GError **error);

/* Append a node without inferring its outputs: what a model reader does.
 * `inputs` and `outputs` may hold NULL. Fails for an unknown operator or a count of
 * inputs or outputs that it does not take. */
GEN_API GenNode *gen_graph_add_node (GenGraph *graph, const char *name, const char *domain,
    const char *op, int opset, GenTensor *const *inputs, int n_inputs, GenTensor *const *outputs,
    int n_outputs, GError **error);

/* Attributes of a node, with the value that holds when it is absent. The arrays and the
 * tensor are the node's own and NULL (and *n 0) when absent. An attribute of another type than
 * is asked for counts as absent here, and is remembered: inference and compilation then fail
 * with an error that names it. So operators need not check. */
GEN_API gint64 gen_node_int (const GenNode *node, const char *name, gint64 missing);
GEN_API float gen_node_float (const GenNode *node, const char *name, float missing);
GEN_API const char *gen_node_string (const GenNode *node, const char *name, const char *missing);
GEN_API const gint64 *gen_node_ints (const GenNode *node, const char *name, int *n);
GEN_API const float *gen_node_floats (const GenNode *node, const char *name, int *n);
GEN_API const GenTensor *gen_node_tensor (const GenNode *node, const char *name);
GEN_API const GenAttribute *gen_node_attribute (const GenNode *node, const char *name);
/* How many of the node's inputs, the last ones, its graphs read of the graph around them. */
GEN_API guint gen_node_n_captured (const GenNode *node);
GEN_API void gen_node_set_int (GenNode *node, const char *name, gint64 value);
GEN_API void gen_node_set_float (GenNode *node, const char *name, float value);
GEN_API void gen_node_set_string (GenNode *node, const char *name, const char *value);
GEN_API void gen_node_set_ints (GenNode *node, const char *name, const gint64 *values, int n);
GEN_API void gen_node_set_floats (GenNode *node, const char *name, const float *values, int n);
/* Takes over `attribute`, made with g_new0, and everything in it. */
GEN_API void gen_node_take_attribute (GenNode *node, GenAttribute *attribute);

/* Input or output number i, NULL when it is absent. */
GEN_API GenTensor *gen_node_input (const GenNode *node, guint i);
GEN_API GenTensor *gen_node_output (const GenNode *node, guint i);

/* The bytes of a constant, aligned for its type, NULL where `tensor` is NULL or not a constant.
 * They hold until they are given up, once kernels have packed them: a kernel that wants them in a
 * run reads kernel->inputs. An aligned copy takes the place of bytes that are not, so this is not
 * for two threads on one graph. */
GEN_API const void *gen_tensor_constant (const GenTensor *tensor);
/* The values of an int64 (or int32) constant, such as the shape given to Reshape;
 * FALSE when the tensor is no such constant or has more than `max`. */
GEN_API gboolean gen_tensor_ints (const GenTensor *tensor, gint64 *values, int max, int *n);
/* Bytes of the whole tensor; 0 when the shape is unknown. */
GEN_API gsize gen_tensor_size (const GenTensor *tensor);

/**
 * gen_graph_infer: make every type and shape known, in one pass through the nodes
 * that also computes what follows from constants alone (so that a Reshape whose shape
 * is worked out from Shape, Gather and Concat needs no data). Every input must be known
 * before: give the free extents with gen_graph_set_input_shape.
 */
GEN_API gboolean gen_graph_infer (GenGraph *graph, GError **error);
/* Fix the shape of an input; each extent must agree with a known one. */
GEN_API gboolean gen_graph_set_input_shape (
    GenGraph *graph, GenTensor *input, const GenShape *shape, GError **error);
/* Make an input a constant, for those whose value decides on shapes (the shape given to Reshape,
 * the bounds of Slice): they must be known when a plan is compiled. Its shape must be known.
 * `data` (transfer full) has the size that its type and shape say. */
GEN_API void gen_graph_fix_input (GenGraph *graph, GenTensor *input, GBytes *data);
/* Give an input that is a sequence or optional `n` items: they are inputs in its place, named like
 * "x[0]", of unknown shapes. Those of an optional that holds a sequence are sequences. */
GEN_API gboolean gen_graph_expand_input (
    GenGraph *graph, GenTensor *input, guint n, GError **error);
/* Every free extent of every input becomes 1 (the batch, nearly always), but those
 * named like `name` become `value`; `name` may be NULL: the first extents. */
GEN_API void gen_graph_set_free_dimensions (GenGraph *graph, const char *name, gint64 value);

/**
 * gen_graph_gradients: append the nodes that compute d(sum of `y`)/d(wrt[i]).
 * `y` is usually a scalar loss; shapes must be known. Where y does not depend on
 * wrt[i], gradients[i] is NULL. What StopGradient (domain `generative`) makes counts as a
 * constant.
 */
GEN_API gboolean gen_graph_gradients (GenGraph *graph, GenTensor *y, GenTensor *const *wrt, int n,
    GenTensor **gradients, GError **error);

/**
 * gen_graph_check_gradients: compare the gradient of the sum of the graph's
 * outputs, each weighted by a fixed random tensor, with central differences at
 * random inputs; what a new operator's test calls.
 * Returns: the largest |analytic - numeric| / max(1, |numeric|), or -1 with `error`.
 */
GEN_API double gen_graph_check_gradients (GenGraph *graph, guint64 seed, GError **error);

/* `other`'s nodes and tensors, added to `graph` with its inputs replaced by
 * `inputs` (in the order of other->inputs). Constants that `other`'s metadata or the
 * caller treats as weights can be turned into states first. `outputs` receives the
 * new graph's tensors for other->outputs. A tensor that was already appended through
 * `map` (GenTensor of other to GenTensor of graph; may be NULL) is shared: so a
 * discriminator can be applied twice with one set of weights. */
GEN_API gboolean gen_graph_append (GenGraph *graph, const GenGraph *other, const char *prefix,
    GenTensor *const *inputs, GenTensor **outputs, GHashTable *map, GError **error);

G_END_DECLS
