/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cuDNN's graphs: a convolution, and, in the same kernel where it can, bias and activation. Of the
 * engines that its heuristics propose the fastest is taken. Pictures of one spatial dimension are
 * such of two, one of which is 1. */
#include "convolution.h"

#include <cudnn.h>

#include "trial.h"

#define PROPOSALS 8
#define MAX_RANK (2 + GEN_CUDA_MAX_SPATIAL)
#define WORKSPACE_LIMIT ((gsize)256 << 20)

/* Names of the tensors of a graph. */
enum { X = 'x', W = 'w', Y = 'y', BIAS = 'b', SUM = 's', SHIFTED = 't' };

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

/* How an activation is computed; FALSE for one that cuDNN has no name for. */
static gboolean
describe_activation (Descriptor *how, const GenActivation *activation)
{
  cudnnPointwiseMode_t mode = CUDNN_POINTWISE_RELU_FWD;

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
    return FALSE;
  }
  return how->set (CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, 1, &mode)
      .set_type (CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT)
      .finish ();
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

static gboolean
make_graph (Graph *graph, cudnnHandle_t handle, const GenCudaConvolution *c)
{
  const cudnnDataType_t type = library_type (c->type);
  const int rank = 2 + c->spatial;
  const gboolean has_activation = c->activation.kind != GEN_ACTIVATION_NONE;
  const gint64 made = c->kind == GEN_CUDA_CONVOLVE ? Y : c->kind == GEN_CUDA_CONVOLVE_DATA ? X : W;
  gint64 x[MAX_RANK] = { c->n, c->c }, w[MAX_RANK] = { c->k, c->c / c->groups },
         y[MAX_RANK] = { c->n, c->k }, bias[MAX_RANK] = { 1, made == Y ? c->k : c->c };
  const gint64 *result = made == Y ? y : x;
  gboolean is_sum = c->has_bias || has_activation, good = TRUE;
  std::vector<cudnnBackendDescriptor_t> list;
  DescriptorRef sum, tensors[3];

  for (int i = 0; i < c->spatial; i++) {
    x[2 + i] = c->in[i];
    w[2 + i] = c->kernel[i];
    y[2 + i] = c->out[i];
    bias[2 + i] = 1;
  }
  auto tensor = [&] (gint64 name, const gint64 *dims) {
    gboolean hidden = name == made && is_sum;

    return make_tensor (
        hidden ? (gint64)SUM : name, hidden ? CUDNN_DATA_FLOAT : type, rank, dims, hidden);
  };
  tensors[0] = tensor (X, x);
  tensors[1] = tensor (W, w);
  tensors[2] = tensor (Y, y);
  sum = tensors[made == X ? 0 : made == W ? 1 : 2];
  DescriptorRef window = make_window (c);
  DescriptorRef convolve = make_convolve (c, *window, *tensors[0], *tensors[1], *tensors[2]);
  graph->parts = { tensors[0], tensors[1], tensors[2], window, convolve };
  list.push_back (convolve->get ());
  if (c->has_bias) {
    const cudnnPointwiseMode_t add = CUDNN_POINTWISE_ADD;
    DescriptorRef how = make (CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
    DescriptorRef term = make_tensor (BIAS, type, rank, bias, FALSE);
    DescriptorRef shifted = make_tensor (has_activation ? (gint64)SHIFTED : made,
        has_activation ? CUDNN_DATA_FLOAT : type, rank, result, has_activation);

    how->set (CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, 1, &add)
        .set_type (CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT)
        .finish ();
    DescriptorRef node = make_pointwise (*how, *sum, term.get (), *shifted);
    graph->parts.insert (graph->parts.end (), { how, term, shifted, node });
    list.push_back (node->get ());
    sum = shifted;
  }
  if (has_activation) {
    DescriptorRef how = make (CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
    DescriptorRef last = make_tensor (made, type, rank, result, FALSE);

    if (!describe_activation (how.get (), &c->activation))
      return FALSE;
    DescriptorRef node = make_pointwise (*how, *sum, NULL, *last);
    graph->parts.insert (graph->parts.end (), { how, last, node });
    list.push_back (node->get ());
  }
  for (const DescriptorRef &part : graph->parts)
    good = good && part->good ();
  graph->operations = make (CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  return good && graph->operations
                     ->set (CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR,
                         list.size (), list.data ())
                     .set_handle (CUDNN_ATTR_OPERATIONGRAPH_HANDLE, handle)
                     .finish ();
}

/* --- engines --- */

/* Products of tensor cores are no float32 products. */
static gboolean
is_allowed (const Descriptor &configuration, const GenCudaConvolution *c)
{
  Descriptor engine (CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  cudnnBackendDescriptor_t got = engine.get ();
  cudnnBackendNumericalNote_t notes[CUDNN_NUMERICAL_NOTE_TYPE_COUNT];
  gint64 n = 0;

  if (c->type != GEN_TYPE_FLOAT32 || c->precision != GEN_PRECISION_FLOAT32)
    return TRUE;
  if (cudnnBackendGetAttribute (configuration.get (), CUDNN_ATTR_ENGINECFG_ENGINE,
          CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &n, &got) != CUDNN_STATUS_SUCCESS ||
      cudnnBackendGetAttribute (engine.get (), CUDNN_ATTR_ENGINE_NUMERICAL_NOTE,
          CUDNN_TYPE_NUMERICAL_NOTE, G_N_ELEMENTS (notes), &n, notes) != CUDNN_STATUS_SUCCESS)
    return FALSE;
  for (gint64 i = 0; i < n; i++)
    if (notes[i] == CUDNN_NUMERICAL_NOTE_TENSOR_CORE ||
        notes[i] == CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION)
      return FALSE;
  return TRUE;
}

struct Engine {
  DescriptorRef plan;
  gsize workspace;
};

static void
find_engines (std::vector<Engine> *engines, const Graph *graph, cudnnHandle_t handle,
    const GenCudaConvolution *c, cudnnBackendHeurMode_t mode)
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
  for (gint64 i = 0; i < MIN (n, PROPOSALS); i++) {
    DescriptorRef plan = make (CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
    gint64 workspace = 0, count = 0;

    if (!is_allowed (*configurations[i], c) ||
        !plan->set_handle (CUDNN_ATTR_EXECUTION_PLAN_HANDLE, handle)
             .set_descriptor (CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, *configurations[i])
             .finish () ||
        cudnnBackendGetAttribute (plan->get (), CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE,
            CUDNN_TYPE_INT64, 1, &count, &workspace) != CUDNN_STATUS_SUCCESS ||
        (gsize)workspace > WORKSPACE_LIMIT)
      continue;
    engines->push_back ({ plan, (gsize)workspace });
  }
}

static gboolean
execute (cudnnHandle_t handle, const Descriptor &plan, const GenCudaConvolution *c,
    GenCudaOperands o, void *workspace, cudaStream_t stream)
{
  static const gint64 names[][3] = { { X, W, Y }, { Y, W, X }, { X, Y, W } }; /* by kind */
  gint64 ids[4] = { names[c->kind][0], names[c->kind][1], names[c->kind][2], BIAS };
  const void *pointers[4] = { o.a, o.b, o.c, o.bias };
  const int n = c->has_bias ? 4 : 3;
  Descriptor pack (CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);

  return cudnnSetStream (handle, stream) == CUDNN_STATUS_SUCCESS &&
         pack.set (CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, n, ids)
             .set (CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, n, pointers)
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

gboolean
gen_cuda_convolution_add (GenCudaKernel *kernel, const GenCudaConvolution *convolution,
    GenCudaFindOperands find, GError **error)
{
  const GenCudaDevice *device = kernel->device;
  const cudnnHandle_t handle = (cudnnHandle_t)device->convolution_handle;
  const GenCudaConvolution c = widen (convolution);
  const gsize size = gen_data_type_size (c.type);
  gsize x = c.n * c.c, w = c.k * (c.c / c.groups), y = c.n * c.k, most = 0, workspace;
  gsize *sizes[3] = { &x, &w, &y }, bias = c.has_bias ? MAX (c.k, c.c) : 0;
  Graph graph;
  std::vector<Engine> engines;
  int fastest;

  if (!make_graph (&graph, handle, &c))
    return FALSE;
  find_engines (&engines, &graph, handle, &c, CUDNN_HEUR_MODE_A);
  if (engines.empty ())
    find_engines (&engines, &graph, handle, &c, CUDNN_HEUR_MODE_FALLBACK);
  if (engines.empty ())
    return FALSE;
  for (int i = 0; i < c.spatial; i++) {
    x *= c.in[i];
    w *= c.kernel[i];
    y *= c.out[i];
  }
  for (const Engine &engine : engines)
    most = MAX (most, engine.workspace);
  gsize a = *sizes[c.kind == GEN_CUDA_CONVOLVE_DATA ? 2 : 0];
  gsize b = *sizes[c.kind == GEN_CUDA_CONVOLVE_WEIGHT ? 2 : 1];
  gsize made = c.kind == GEN_CUDA_CONVOLVE ? y : c.kind == GEN_CUDA_CONVOLVE_DATA ? x : w;
  GenCudaTrial trial (device, a * size, b * size, made * size, bias * size, most);
  fastest = trial.choose ((int)engines.size (), [&] (int way) {
    return execute (
        handle, *engines[way].plan, &c, trial.operands, trial.workspace, device->stream);
  });
  if (fastest < 0)
    return FALSE;
  Engine engine = engines[fastest];
  workspace = kernel->reserve (engine.workspace);
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    if (!execute (handle, *engine.plan, &c, find (k), (char *)k.scratch + workspace, stream))
      g_critical ("device cuda: cuDNN cannot run what it has tried for %s", k.node->name);
  });
  return TRUE;
}
