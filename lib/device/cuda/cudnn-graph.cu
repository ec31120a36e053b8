/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A convolution, and what follows it, as a graph of cuDNN's. */
#include "cudnn-graph.h"

#define MAX_RANK (2 + GEN_CUDA_MAX_SPATIAL)

/* Where the elements of a tensor [d0, d1, rest...] lie. */
struct Place {
  gint64 strides[MAX_RANK];
  gint64 alignment; /* in bytes */
};

/* Dimension 1 is innermost. */
static Place
packed (int rank, const gint64 *dims)
{
  Place place = { {}, 64 };
  gint64 stride = dims[1];

  place.strides[1] = 1;
  for (int i = rank - 1; i >= 2; i--) {
    place.strides[i] = stride;
    stride *= dims[i];
  }
  place.strides[0] = stride;
  return place;
}

/* Of the result. */
static Place
place_of (const GenCudaConvolution *c, int rank, const gint64 *dims)
{
  Place place = packed (rank, dims);

  if (c->picture_step == 0)
    return place;
  place.strides[0] = c->picture_step;
  for (int i = 0; i < c->spatial; i++)
    place.strides[2 + i] = c->steps[i];
  place.alignment = gen_cuda_convolution_alignment (c);
  return place;
}

static GenCudnnRef
make_tensor (gint64 name, cudnnDataType_t type, int rank, const gint64 *dims, const Place &place,
    gboolean is_virtual)
{
  GenCudnnRef tensor = gen_cudnn_make (CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  bool hidden = is_virtual;

  tensor->set_type (CUDNN_ATTR_TENSOR_DATA_TYPE, type)
      .set (CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, rank, dims)
      .set (CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, rank, place.strides)
      .set_int (CUDNN_ATTR_TENSOR_UNIQUE_ID, name)
      .set_int (CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, place.alignment)
      .set (CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, 1, &hidden)
      .finish ();
  return tensor;
}

static GenCudnnRef
make_window (const GenCudaConvolution *c)
{
  GenCudnnRef window = gen_cudnn_make (CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
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

static GenCudnnRef
make_convolve (const GenCudaConvolution *c, const GenCudnnDescriptor &window,
    const GenCudnnDescriptor &x, const GenCudnnDescriptor &w, const GenCudnnDescriptor &y)
{
  GenCudnnRef made;

  if (c->kind == GEN_CUDA_CONVOLVE) {
    made = gen_cudnn_make (CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR);
    made->set_float (CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, 1)
        .set_float (CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, 0)
        .set_descriptor (CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, window)
        .set_descriptor (CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, x)
        .set_descriptor (CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, w)
        .set_descriptor (CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, y);
  } else if (c->kind == GEN_CUDA_CONVOLVE_DATA) {
    made = gen_cudnn_make (CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR);
    made->set_float (CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA, 1)
        .set_float (CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA, 0)
        .set_descriptor (CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC, window)
        .set_descriptor (CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, x)
        .set_descriptor (CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W, w)
        .set_descriptor (CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY, y);
  } else {
    made = gen_cudnn_make (CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR);
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

static GenCudnnRef
make_pointwise (const GenCudnnDescriptor &how, const GenCudnnDescriptor &x,
    const GenCudnnDescriptor *b, const GenCudnnDescriptor &y)
{
  GenCudnnRef made = gen_cudnn_make (CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);

  made->set_descriptor (CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, how)
      .set_descriptor (CUDNN_ATTR_OPERATION_POINTWISE_XDESC, x);
  if (b != NULL)
    made->set_descriptor (CUDNN_ATTR_OPERATION_POINTWISE_BDESC, *b);
  made->set_descriptor (CUDNN_ATTR_OPERATION_POINTWISE_YDESC, y).finish ();
  return made;
}

/* How an operation on each element is computed, or an activation. */
static GenCudnnRef
describe_operation (cudnnPointwiseMode_t mode)
{
  GenCudnnRef how = gen_cudnn_make (CUDNN_BACKEND_POINTWISE_DESCRIPTOR);

  how->set (CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, 1, &mode)
      .set_type (CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT)
      .finish ();
  return how;
}

/* NULL for one that cuDNN has no name for. */
static GenCudnnRef
describe_activation (const GenActivation *activation)
{
  cudnnPointwiseMode_t mode = CUDNN_POINTWISE_RELU_FWD;
  GenCudnnRef how = gen_cudnn_make (CUDNN_BACKEND_POINTWISE_DESCRIPTOR);

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

static int
count_operations (const GenCudaConvolution *c)
{
  const int of_activation = c->activation.kind == GEN_ACTIVATION_NONE    ? 0
                            : c->activation.kind == GEN_ACTIVATION_PRELU ? 2
                                                                         : 1;

  return 1 + (c->has_bias ? 1 : 0) + (c->has_added ? 1 : 0) + of_activation;
}

/* The graph while it is made: a convolution, and operations on its result one after the other. */
class Maker
{
  const cudnnDataType_t type;
  const int rank;
  const gint64 *result; /* extents of what is made */
  const Place place;    /* and where it lies */
  const gint64 made;    /* its name */
  int left;             /* operations to come */
  gint64 between = GEN_CUDNN_BETWEEN;

public:
  std::vector<GenCudnnRef> parts;
  std::vector<cudnnBackendDescriptor_t> operations;
  GenCudnnRef last; /* the result so far */

  Maker (const GenCudaConvolution *c, int dims, const gint64 *extents, gint64 name)
      : type (library_type (c->type)), rank (dims), result (extents),
        place (place_of (c, dims, extents)), made (name), left (count_operations (c))
  {
  }

  /* What the next operation makes: the result itself if it is the last one. */
  GenCudnnRef next ()
  {
    const gboolean hidden = --left > 0;

    return keep (hidden ? make_tensor (between++, CUDNN_DATA_FLOAT, rank, result,
                              packed (rank, result), hidden)
                        : make_tensor (made, type, rank, result, place, hidden));
  }
  GenCudnnRef operand (gint64 name, const gint64 *dims)
  {
    return keep (make_tensor (name, type, rank, dims, packed (rank, dims), FALSE));
  }
  /* What lies as the result does. */
  GenCudnnRef operand_beside (gint64 name)
  {
    return keep (make_tensor (name, type, rank, result, place, FALSE));
  }
  GenCudnnRef keep (GenCudnnRef part)
  {
    parts.push_back (part);
    return part;
  }
  void add (GenCudnnRef operation, GenCudnnRef makes)
  {
    operations.push_back (keep (operation)->get ());
    last = makes;
  }
  /* how (the result so far), or how (`x`, `y`). */
  void apply (GenCudnnRef how, GenCudnnRef x, GenCudnnRef y)
  {
    GenCudnnRef makes = next ();

    keep (how);
    add (make_pointwise (*how, *x, y.get (), *makes), makes);
  }
};

/* PRelu of slopes of at most 1: the larger one of x and slope x. FALSE for what cuDNN has no name
 * for. */
static gboolean
add_activation (Maker *maker, const GenActivation *activation, const gint64 *each)
{
  GenCudnnRef how, x = maker->last;

  if (activation->kind == GEN_ACTIVATION_NONE)
    return TRUE;
  if (activation->kind == GEN_ACTIVATION_PRELU) {
    maker->apply (
        describe_operation (CUDNN_POINTWISE_MUL), x, maker->operand (GEN_CUDNN_SLOPES, each));
    maker->apply (describe_operation (CUDNN_POINTWISE_MAX), x, maker->last);
    return TRUE;
  }
  how = describe_activation (activation);
  if (how == nullptr)
    return FALSE;
  maker->apply (how, x, nullptr);
  return TRUE;
}

gboolean
gen_cudnn_graph_make (GenCudnnGraph *graph, cudnnHandle_t handle, const GenCudaConvolution *c)
{
  const int rank = 2 + c->spatial;
  const gint64 made = c->kind == GEN_CUDA_CONVOLVE        ? GEN_CUDNN_Y
                      : c->kind == GEN_CUDA_CONVOLVE_DATA ? GEN_CUDNN_X
                                                          : GEN_CUDNN_W;
  gint64 x[MAX_RANK] = { c->n, c->c }, w[MAX_RANK] = { c->k, c->c / c->groups },
         y[MAX_RANK] = { c->n, c->k }, each[MAX_RANK] = { 1, made == GEN_CUDNN_Y ? c->k : c->c };
  const gint64 *result = made == GEN_CUDNN_Y ? y : made == GEN_CUDNN_X ? x : w;
  gboolean good = TRUE;

  for (int i = 0; i < c->spatial; i++) {
    x[2 + i] = c->in[i];
    w[2 + i] = c->kernel[i];
    y[2 + i] = c->out[i];
    each[2 + i] = 1;
  }
  Maker maker (c, rank, result, made);
  GenCudnnRef convolved = maker.next (), window = maker.keep (make_window (c));
  GenCudnnRef image = made == GEN_CUDNN_X ? convolved : maker.operand (GEN_CUDNN_X, x);
  GenCudnnRef weights = made == GEN_CUDNN_W ? convolved : maker.operand (GEN_CUDNN_W, w);
  GenCudnnRef sums = made == GEN_CUDNN_Y ? convolved : maker.operand (GEN_CUDNN_Y, y);
  maker.add (make_convolve (c, *window, *image, *weights, *sums), convolved);
  if (c->has_bias)
    maker.apply (
        describe_operation (CUDNN_POINTWISE_ADD), maker.last, maker.operand (GEN_CUDNN_BIAS, each));
  if (c->has_added)
    maker.apply (describe_operation (CUDNN_POINTWISE_ADD), maker.last,
        maker.operand_beside (GEN_CUDNN_ADDED));
  if (!add_activation (&maker, &c->activation, each))
    return FALSE;
  for (const GenCudnnRef &part : maker.parts)
    good = good && part->good ();
  graph->parts = maker.parts;
  graph->operations = gen_cudnn_make (CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  return good && graph->operations
                     ->set (CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR,
                         maker.operations.size (), maker.operations.data ())
                     .set_handle (CUDNN_ATTR_OPERATIONGRAPH_HANDLE, handle)
                     .finish ();
}
