/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cuDNN's graphs: a convolution, and, in the same kernel where it can, bias, a sum and
 * activation. Pictures of one spatial dimension are such of two, one of which is 1. */
#include "convolution.h"

#include <cudnn.h>

#include "choose.h"
#include "trial.h"

/* More than are taken: not all are allowed, nor can be planned. */
#define PROPOSALS 16
#define MAX_RANK (2 + GEN_CUDA_MAX_SPATIAL)
#define WORKSPACE_LIMIT ((gsize)256 << 20)

/* Names of the tensors of a graph; what is between its operations is counted from BETWEEN on. */
enum { X = 'x', W = 'w', Y = 'y', BIAS = 'b', ADDED = 'a', SLOPES = 's', BETWEEN = 256 };

/* A descriptor, made, filled and finished; good () when all of that went well. */
class Descriptor
{
  cudnnBackendDescriptor_t descriptor = NULL;
  cudnnStatus_t status;

public:
  Descriptor (cudnnBackendDescriptorType_t type)
      : status (cudnnBackendCreateDescriptor (type, &descriptor))
  {
  }
  ~Descriptor ()
  {
    if (descriptor != NULL)
      cudnnBackendDestroyDescriptor (descriptor);
  }
  Descriptor (const Descriptor &) = delete;

  Descriptor &set (cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, gint64 n,
      const void *values)
  {
    if (status == CUDNN_STATUS_SUCCESS)
      status = cudnnBackendSetAttribute (descriptor, name, type, n, values);
    return *this;
  }
  Descriptor &set_int (cudnnBackendAttributeName_t name, gint64 value)
  {
    return set (name, CUDNN_TYPE_INT64, 1, &value);
  }
  Descriptor &set_float (cudnnBackendAttributeName_t name, float value)
  {
    return set (name, CUDNN_TYPE_FLOAT, 1, &value);
  }
  Descriptor &set_type (cudnnBackendAttributeName_t name, cudnnDataType_t value)
  {
    return set (name, CUDNN_TYPE_DATA_TYPE, 1, &value);
  }
  Descriptor &set_handle (cudnnBackendAttributeName_t name, void *value)
  {
    return set (name, CUDNN_TYPE_HANDLE, 1, &value);
  }
  Descriptor &set_descriptor (cudnnBackendAttributeName_t name, const Descriptor &other)
  {
    return set (name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &other.descriptor);
  }
  gboolean finish ()
  {
    if (status == CUDNN_STATUS_SUCCESS)
      status = cudnnBackendFinalize (descriptor);
    return good ();
  }
  gboolean good () const
  {
    return status == CUDNN_STATUS_SUCCESS;
  }
  cudnnBackendDescriptor_t get () const
  {
    return descriptor;
  }
};

typedef std::shared_ptr<Descriptor> DescriptorRef;

static DescriptorRef
make (cudnnBackendDescriptorType_t type)
{
  return std::make_shared<Descriptor> (type);
}

gboolean
gen_cuda_convolution_open (void **handle, GError **error)
{
  cudnnStatus_t status = cudnnCreate ((cudnnHandle_t *)handle);

  if (status == CUDNN_STATUS_SUCCESS)
    return TRUE;
  g_set_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_FAILED, "device cuda: cuDNN: %s",
      cudnnGetErrorString (status));
  return FALSE;
}

void
gen_cuda_convolution_close (void *handle)
{
  if (handle != NULL)
    cudnnDestroy ((cudnnHandle_t)handle);
}

char *
gen_cuda_convolution_describe (void)
{
  return g_strdup_printf ("cuDNN %" G_GSIZE_FORMAT, cudnnGetVersion ());
}

/* --- the graph --- */

/* A tensor [d0, d1, rest...] whose dimension 1 is innermost in memory. */
static DescriptorRef
make_tensor (gint64 name, cudnnDataType_t type, int rank, const gint64 *dims, gboolean is_virtual)
{
  DescriptorRef tensor = make (CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  gint64 strides[MAX_RANK], stride = dims[1];
  bool hidden = is_virtual;

  strides[1] = 1;
  for (int i = rank - 1; i >= 2; i--) {
    strides[i] = stride;
    stride *= dims[i];
  }
  strides[0] = stride;
  tensor->set_type (CUDNN_ATTR_TENSOR_DATA_TYPE, type)
      .set (CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, rank, dims)
      .set (CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, rank, strides)
      .set_int (CUDNN_ATTR_TENSOR_UNIQUE_ID, name)
      .set_int (CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, 64)
      .set (CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, 1, &hidden)
      .finish ();
  return tensor;
}

static DescriptorRef
make_window (const GenCudaConvolution *c)
{
  DescriptorRef window = make (CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  const cudnnConvolutionMode_t mode = CUDNN_CROSS_CORRELATION;

  window->set_type (CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT)
      .set (CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, 1, &mode)
      .set_int (CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, c->spatial)
      .set (CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_TYPE_INT64, c->spatial, c->dilations)
      .set (CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, CUDNN_TYPE_INT64, c->spatial, c->strides)
      .set (CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_TYPE_INT64, c->spatial, c->before)
      .set (CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, CUDNN_TYPE_INT64, c->spatial, c->after)
      .finish ();
  return window;
}

static DescriptorRef
make_convolve (const GenCudaConvolution *c, const Descriptor &window, const Descriptor &x,
    const Descriptor &w, const Descriptor &y)
{
  DescriptorRef made;

  if (c->kind == GEN_CUDA_CONVOLVE) {
    made = make (CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR);
    made->set_float (CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, 1)
        .set_float (CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, 0)
        .set_descriptor (CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, window)
        .set_descriptor (CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, x)
        .set_descriptor (CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, w)
        .set_descriptor (CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, y);
  } else if (c->kind == GEN_CUDA_CONVOLVE_DATA) {
    made = make (CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR);
    made->set_float (CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA, 1)
        .set_float (CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA, 0)
        .set_descriptor (CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC, window)
        .set_descriptor (CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, x)
        .set_descriptor (CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W, w)
        .set_descriptor (CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY, y);
  } else {
    made = make (CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR);
    made->set_float (CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA, 1)
        .set_float (CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA, 0)
        .set_descriptor (CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC, window)
        .set_descriptor (CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X, x)
        .set_descriptor (CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW, w)
        .set_descriptor (CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY, y);
  }
  made->finish ();
  return made;
}

static DescriptorRef
make_pointwise (
    const Descriptor &how, const Descriptor &x, const Descriptor *b, const Descriptor &y)
{
  DescriptorRef made = make (CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);

  made->set_descriptor (CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, how)
      .set_descriptor (CUDNN_ATTR_OPERATION_POINTWISE_XDESC, x);
  if (b != NULL)
    made->set_descriptor (CUDNN_ATTR_OPERATION_POINTWISE_BDESC, *b);
  made->set_descriptor (CUDNN_ATTR_OPERATION_POINTWISE_YDESC, y).finish ();
  return made;
}

/* How an operation on each element is computed, or an activation. */
static DescriptorRef
describe_operation (cudnnPointwiseMode_t mode)
{
  DescriptorRef how = make (CUDNN_BACKEND_POINTWISE_DESCRIPTOR);

  how->set (CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, 1, &mode)
      .set_type (CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT)
      .finish ();
  return how;
}

/* NULL for one that cuDNN has no name for. */
static DescriptorRef
describe_activation (const GenActivation *activation)
{
  cudnnPointwiseMode_t mode = CUDNN_POINTWISE_RELU_FWD;
  DescriptorRef how = make (CUDNN_BACKEND_POINTWISE_DESCRIPTOR);

  switch (activation->kind) {
  case GEN_ACTIVATION_RELU:
    break;
  case GEN_ACTIVATION_LEAKY_RELU:
    how->set_float (CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP_SLOPE, activation->alpha);
    break;
  case GEN_ACTIVATION_CLIP:
    how->set_float (CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP, activation->alpha)
        .set_float (CUDNN_ATTR_POINTWISE_RELU_UPPER_CLIP, activation->beta);
    break;
  case GEN_ACTIVATION_SIGMOID:
    mode = CUDNN_POINTWISE_SIGMOID_FWD;
    break;
  case GEN_ACTIVATION_TANH:
    mode = CUDNN_POINTWISE_TANH_FWD;
    break;
  default:
    return nullptr;
  }
  how->set (CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, 1, &mode)
      .set_type (CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT)
      .finish ();
  return how;
}

static cudnnDataType_t
library_type (GenDataType type)
{
  return type == GEN_TYPE_FLOAT16    ? CUDNN_DATA_HALF
         : type == GEN_TYPE_BFLOAT16 ? CUDNN_DATA_BFLOAT16
                                     : CUDNN_DATA_FLOAT;
}

/* Everything that the graph consists of; operations hold their tensors. */
struct Graph {
  std::vector<DescriptorRef> parts;
  DescriptorRef operations;
};

/* The graph while it is made: a convolution, and operations on its result one after the other. */
class Maker
{
  const cudnnDataType_t type;
  const int rank;
  const gint64 *result; /* extents of what is made */
  const gint64 made;    /* its name */
  int left;             /* operations to come */
  gint64 between = BETWEEN;

public:
  std::vector<DescriptorRef> parts;
  std::vector<cudnnBackendDescriptor_t> operations;
  DescriptorRef last; /* the result so far */

  Maker (cudnnDataType_t data, int dims, const gint64 *extents, gint64 name, int n_operations)
      : type (data), rank (dims), result (extents), made (name), left (n_operations)
  {
  }

  /* What the next operation makes: the result itself if it is the last one. */
  DescriptorRef next ()
  {
    const gboolean hidden = --left > 0;

    return keep (make_tensor (
        hidden ? between++ : made, hidden ? CUDNN_DATA_FLOAT : type, rank, result, hidden));
  }
  DescriptorRef operand (gint64 name, const gint64 *dims)
  {
    return keep (make_tensor (name, type, rank, dims, FALSE));
  }
  DescriptorRef keep (DescriptorRef part)
  {
    parts.push_back (part);
    return part;
  }
  void add (DescriptorRef operation, DescriptorRef makes)
  {
    operations.push_back (keep (operation)->get ());
    last = makes;
  }
  /* how (the result so far), or how (`x`, `y`). */
  void apply (DescriptorRef how, DescriptorRef x, DescriptorRef y)
  {
    DescriptorRef makes = next ();

    keep (how);
    add (make_pointwise (*how, *x, y.get (), *makes), makes);
  }
};

static int
count_operations (const GenCudaConvolution *c)
{
  const int of_activation = c->activation.kind == GEN_ACTIVATION_NONE    ? 0
                            : c->activation.kind == GEN_ACTIVATION_PRELU ? 2
                                                                         : 1;

  return 1 + (c->has_bias ? 1 : 0) + (c->has_added ? 1 : 0) + of_activation;
}

/* PRelu of slopes of at most 1: the larger one of x and slope x. FALSE for what cuDNN has no name
 * for. */
static gboolean
add_activation (Maker *maker, const GenActivation *activation, const gint64 *each)
{
  DescriptorRef how, x = maker->last;

  if (activation->kind == GEN_ACTIVATION_NONE)
    return TRUE;
  if (activation->kind == GEN_ACTIVATION_PRELU) {
    maker->apply (describe_operation (CUDNN_POINTWISE_MUL), x, maker->operand (SLOPES, each));
    maker->apply (describe_operation (CUDNN_POINTWISE_MAX), x, maker->last);
    return TRUE;
  }
  how = describe_activation (activation);
  if (how == nullptr)
    return FALSE;
  maker->apply (how, x, nullptr);
  return TRUE;
}

static gboolean
make_graph (Graph *graph, cudnnHandle_t handle, const GenCudaConvolution *c)
{
  const int rank = 2 + c->spatial;
  const gint64 made = c->kind == GEN_CUDA_CONVOLVE ? Y : c->kind == GEN_CUDA_CONVOLVE_DATA ? X : W;
  gint64 x[MAX_RANK] = { c->n, c->c }, w[MAX_RANK] = { c->k, c->c / c->groups },
         y[MAX_RANK] = { c->n, c->k }, each[MAX_RANK] = { 1, made == Y ? c->k : c->c };
  const gint64 *result = made == Y ? y : made == X ? x : w;
  Maker maker (library_type (c->type), rank, result, made, count_operations (c));
  gboolean good = TRUE;

  for (int i = 0; i < c->spatial; i++) {
    x[2 + i] = c->in[i];
    w[2 + i] = c->kernel[i];
    y[2 + i] = c->out[i];
    each[2 + i] = 1;
  }
  DescriptorRef convolved = maker.next (), window = maker.keep (make_window (c));
  DescriptorRef image = made == X ? convolved : maker.operand (X, x);
  DescriptorRef weights = made == W ? convolved : maker.operand (W, w);
  DescriptorRef sums = made == Y ? convolved : maker.operand (Y, y);
  maker.add (make_convolve (c, *window, *image, *weights, *sums), convolved);
  if (c->has_bias)
    maker.apply (describe_operation (CUDNN_POINTWISE_ADD), maker.last, maker.operand (BIAS, each));
  if (c->has_added)
    maker.apply (
        describe_operation (CUDNN_POINTWISE_ADD), maker.last, maker.operand (ADDED, result));
  if (!add_activation (&maker, &c->activation, each))
    return FALSE;
  for (const DescriptorRef &part : maker.parts)
    good = good && part->good ();
  graph->parts = maker.parts;
  graph->operations = make (CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  return good && graph->operations
                     ->set (CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR,
                         maker.operations.size (), maker.operations.data ())
                     .set_handle (CUDNN_ATTR_OPERATIONGRAPH_HANDLE, handle)
                     .finish ();
}

/* --- engines --- */

/* Sums that come out differently from run to run are never allowed; and products of tensor cores
 * are no float32 products. */
static gboolean
is_allowed (const Descriptor &configuration, const GenCudaConvolution *c)
{
  const gboolean exact = c->type == GEN_TYPE_FLOAT32 && c->precision == GEN_PRECISION_FLOAT32;
  Descriptor engine (CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  cudnnBackendDescriptor_t got = engine.get ();
  cudnnBackendNumericalNote_t notes[CUDNN_NUMERICAL_NOTE_TYPE_COUNT];
  gint64 n = 0;

  if (cudnnBackendGetAttribute (configuration.get (), CUDNN_ATTR_ENGINECFG_ENGINE,
          CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &n, &got) != CUDNN_STATUS_SUCCESS ||
      cudnnBackendGetAttribute (engine.get (), CUDNN_ATTR_ENGINE_NUMERICAL_NOTE,
          CUDNN_TYPE_NUMERICAL_NOTE, G_N_ELEMENTS (notes), &n, notes) != CUDNN_STATUS_SUCCESS)
    return FALSE;
  for (gint64 i = 0; i < n; i++)
    if (notes[i] == CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC ||
        (exact && (notes[i] == CUDNN_NUMERICAL_NOTE_TENSOR_CORE ||
                      notes[i] == CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION)))
      return FALSE;
  return TRUE;
}

struct Engine {
  DescriptorRef plan;
  gsize workspace;
  std::string name;
};

/* The engine's number, and the values of its knobs: "12/3:1,9:0". Empty where it does not say. */
static std::string
name_of (const Descriptor &configuration)
{
  Descriptor engine (CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  cudnnBackendDescriptor_t got = engine.get ();
  std::vector<DescriptorRef> knobs;
  std::vector<cudnnBackendDescriptor_t> list;
  gint64 n = 0, number = -1;
  std::string name;

  for (int i = 0; i < CUDNN_KNOB_TYPE_COUNTS; i++) {
    knobs.push_back (make (CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR));
    list.push_back (knobs.back ()->get ());
  }
  if (cudnnBackendGetAttribute (configuration.get (), CUDNN_ATTR_ENGINECFG_ENGINE,
          CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &n, &got) != CUDNN_STATUS_SUCCESS ||
      cudnnBackendGetAttribute (engine.get (), CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, 1,
          &n, &number) != CUDNN_STATUS_SUCCESS ||
      cudnnBackendGetAttribute (configuration.get (), CUDNN_ATTR_ENGINECFG_KNOB_CHOICES,
          CUDNN_TYPE_BACKEND_DESCRIPTOR, list.size (), &n, list.data ()) != CUDNN_STATUS_SUCCESS)
    return "";
  name = std::to_string (number) + "/";
  for (gint64 i = 0; i < MIN (n, (gint64)list.size ()); i++) {
    cudnnBackendKnobType_t knob;
    gint64 value = 0, count = 0;

    if (cudnnBackendGetAttribute (list[i], CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, CUDNN_TYPE_KNOB_TYPE,
            1, &count, &knob) != CUDNN_STATUS_SUCCESS ||
        cudnnBackendGetAttribute (list[i], CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, CUDNN_TYPE_INT64, 1,
            &count, &value) != CUDNN_STATUS_SUCCESS)
      return "";
    name += (i > 0 ? "," : "") + std::to_string ((int)knob) + ":" + std::to_string (value);
  }
  return name;
}

/* The configuration of that name for the graph; NULL where the library has no such. `*parts` is
 * what it is made of. */
static DescriptorRef
configuration_of (const char *name, const Graph *graph, std::vector<DescriptorRef> *parts)
{
  DescriptorRef engine = make (CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  DescriptorRef configuration = make (CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
  std::vector<cudnnBackendDescriptor_t> list;
  char *end;
  gint64 number = g_ascii_strtoll (name, &end, 10);

  if (end == name || *end != '/' ||
      !engine->set_descriptor (CUDNN_ATTR_ENGINE_OPERATION_GRAPH, *graph->operations)
           .set_int (CUDNN_ATTR_ENGINE_GLOBAL_INDEX, number)
           .finish ())
    return nullptr;
  parts->push_back (engine);
  for (const char *at = end + 1; *at != '\0'; at = *end == ',' ? end + 1 : end) {
    cudnnBackendKnobType_t knob = (cudnnBackendKnobType_t)g_ascii_strtoll (at, &end, 10);
    gint64 value;

    if (end == at || *end != ':')
      return nullptr;
    at = end + 1;
    value = g_ascii_strtoll (at, &end, 10);
    if (end == at || (*end != ',' && *end != '\0'))
      return nullptr;
    parts->push_back (make (CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR));
    if (!parts->back ()
             ->set (CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, CUDNN_TYPE_KNOB_TYPE, 1, &knob)
             .set_int (CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, value)
             .finish ())
      return nullptr;
    list.push_back (parts->back ()->get ());
  }
  configuration->set_descriptor (CUDNN_ATTR_ENGINECFG_ENGINE, *engine);
  if (!list.empty ())
    configuration->set (CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, CUDNN_TYPE_BACKEND_DESCRIPTOR,
        list.size (), list.data ());
  return configuration->finish () ? configuration : nullptr;
}

/* FALSE where it cannot be planned, or takes too much memory. */
static gboolean
plan_engine (Engine *engine, const Descriptor &configuration, cudnnHandle_t handle)
{
  gint64 workspace = 0, count = 0;

  engine->plan = make (CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  if (!engine->plan->set_handle (CUDNN_ATTR_EXECUTION_PLAN_HANDLE, handle)
           .set_descriptor (CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration)
           .finish () ||
      cudnnBackendGetAttribute (engine->plan->get (), CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE,
          CUDNN_TYPE_INT64, 1, &count, &workspace) != CUDNN_STATUS_SUCCESS ||
      (gsize)workspace > WORKSPACE_LIMIT)
    return FALSE;
  engine->workspace = (gsize)workspace;
  return TRUE;
}

/* Up to `most` of what the heuristics propose. */
static void
find_engines (std::vector<Engine> *engines, const Graph *graph, cudnnHandle_t handle,
    const GenCudaConvolution *c, cudnnBackendHeurMode_t mode, int most)
{
  Descriptor heuristics (CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  std::vector<DescriptorRef> configurations;
  std::vector<cudnnBackendDescriptor_t> list;
  gint64 n = 0;

  if (!heuristics.set_descriptor (CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, *graph->operations)
           .set (CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, &mode)
           .finish ())
    return;
  for (int i = 0; i < PROPOSALS; i++) {
    configurations.push_back (make (CUDNN_BACKEND_ENGINECFG_DESCRIPTOR));
    list.push_back (configurations.back ()->get ());
  }
  if (cudnnBackendGetAttribute (heuristics.get (), CUDNN_ATTR_ENGINEHEUR_RESULTS,
          CUDNN_TYPE_BACKEND_DESCRIPTOR, PROPOSALS, &n, list.data ()) != CUDNN_STATUS_SUCCESS)
    return;
  for (gint64 i = 0; i < MIN (n, PROPOSALS) && (int)engines->size () < most; i++) {
    Engine engine;

    if (is_allowed (*configurations[i], c) && plan_engine (&engine, *configurations[i], handle)) {
      engine.name = name_of (*configurations[i]);
      engines->push_back (engine);
    }
  }
}

static gboolean
execute (cudnnHandle_t handle, const Descriptor &plan, const GenCudaConvolution *c,
    GenCudaOperands o, void *workspace, cudaStream_t stream)
{
  static const gint64 names[][3] = { { X, W, Y }, { Y, W, X }, { X, Y, W } }; /* by kind */
  std::vector<gint64> ids (names[c->kind], names[c->kind] + 3);
  std::vector<const void *> pointers = { o.a, o.b, o.c };
  Descriptor pack (CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);

  if (c->has_bias) {
    ids.push_back (BIAS);
    pointers.push_back (o.bias);
  }
  if (c->has_added) {
    ids.push_back (ADDED);
    pointers.push_back (o.added);
  }
  if (c->activation.kind == GEN_ACTIVATION_PRELU) {
    ids.push_back (SLOPES);
    pointers.push_back (o.slopes);
  }
  return cudnnSetStream (handle, stream) == CUDNN_STATUS_SUCCESS &&
         pack.set (CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, ids.size (), ids.data ())
             .set (CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, pointers.size (),
                 pointers.data ())
             .set (CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, &workspace)
             .finish () &&
         cudnnBackendExecute (handle, plan.get (), pack.get ()) == CUDNN_STATUS_SUCCESS;
}

/* With two spatial dimensions at least. */
static GenCudaConvolution
widen (const GenCudaConvolution *convolution)
{
  GenCudaConvolution c = *convolution;

  if (c.spatial == 1) {
    c.spatial = 2;
    for (gint64 *each : { c.in, c.out, c.kernel, c.strides, c.dilations, c.before, c.after }) {
      each[1] = each[0];
      each[0] = each == c.before || each == c.after ? 0 : 1;
    }
  }
  return c;
}

/* Engines by their numbers and knobs. */
class Engines : public GenCudaWays
{
  const GenCudaDevice *device;
  const cudnnHandle_t handle;
  const GenCudaConvolution *c;
  Graph graph;
  std::vector<Engine> found;
  GenCudaTrial trial;
  GenCudaOperands operands = {};
  void *workspace = NULL;

public:
  Engines (const GenCudaDevice *on, const GenCudaConvolution *convolution)
      : device (on), handle ((cudnnHandle_t)on->convolution_handle), c (convolution), trial (on)
  {
  }
  gboolean prepare ()
  {
    return make_graph (&graph, handle, c);
  }

  gboolean recall (const char *name) override
  {
    std::vector<DescriptorRef> parts;
    DescriptorRef configuration = configuration_of (name, &graph, &parts);
    Engine engine;

    if (configuration == nullptr || !is_allowed (*configuration, c) ||
        !plan_engine (&engine, *configuration, handle))
      return FALSE;
    engine.name = name;
    found = { engine };
    return TRUE;
  }

  int propose (int most) override
  {
    found.clear ();
    find_engines (&found, &graph, handle, c, CUDNN_HEUR_MODE_A, most);
    if (found.empty ())
      find_engines (&found, &graph, handle, c, CUDNN_HEUR_MODE_FALLBACK, most);
    return (int)found.size ();
  }

  std::string name (int way) override
  {
    return found[way].name;
  }

  gboolean begin () override
  {
    const gsize size = gen_data_type_size (c->type);
    gsize x = c->n * c->c * size, w = c->k * (c->c / c->groups) * size, y = c->n * c->k * size;
    gsize most = 0;

    for (int i = 0; i < c->spatial; i++) {
      x *= c->in[i];
      w *= c->kernel[i];
      y *= c->out[i];
    }
    for (const Engine &engine : found)
      most = MAX (most, engine.workspace);
    const gsize made = c->kind == GEN_CUDA_CONVOLVE ? y : c->kind == GEN_CUDA_CONVOLVE_DATA ? x : w;
    const gsize each = MAX (c->c, c->k) * size;

    operands.a = trial.take (c->kind == GEN_CUDA_CONVOLVE_DATA ? y : x);
    operands.b = trial.take (c->kind == GEN_CUDA_CONVOLVE_WEIGHT ? y : w);
    operands.c = trial.take (made);
    operands.bias = trial.take (each);
    operands.slopes = trial.take (each);
    operands.added = trial.take (c->has_added ? made : 0);
    workspace = trial.take (most);
    return trial.is_complete ();
  }

  gboolean run (int way) override
  {
    return execute (handle, *found[way].plan, c, operands, workspace, device->stream);
  }

  const Engine &operator[] (int way) const
  {
    return found[way];
  }
};

gboolean
gen_cuda_convolution_add (GenCudaKernel *kernel, const GenCudaConvolution *convolution,
    GenCudaFindOperands find, GError **error)
{
  const GenCudaDevice *device = kernel->device;
  const cudnnHandle_t handle = (cudnnHandle_t)device->convolution_handle;
  const GenCudaConvolution c = widen (convolution);
  Engines engines (device, &c);
  gsize workspace;
  int way;

  if (!engines.prepare ())
    return FALSE;
  way = gen_cuda_choose (device, gen_cuda_convolution_problem (&c), &engines);
  if (way < 0)
    return FALSE;
  Engine engine = engines[way];
  workspace = kernel->reserve (engine.workspace);
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    if (!execute (handle, *engine.plan, &c, find (k), (char *)k.scratch + workspace, stream))
      k.failed = "cuDNN does not run the engine that it has planned";
  });
  return TRUE;
}
