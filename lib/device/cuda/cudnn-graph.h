/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cuDNN's graphs as C++ holds them: descriptors, the graph of a convolution, and the engines that
 * compute it. */
#pragma once

#include <cudnn.h>

#include <string>

#include "convolution.h"

/* Names of the tensors of a graph; what is between its operations is counted from BETWEEN on. */
enum {
  GEN_CUDNN_X = 'x',
  GEN_CUDNN_W = 'w',
  GEN_CUDNN_Y = 'y',
  GEN_CUDNN_BIAS = 'b',
  GEN_CUDNN_ADDED = 'a',
  GEN_CUDNN_SLOPES = 's',
  GEN_CUDNN_BETWEEN = 256
};

/* A descriptor, made, filled and finished; good () when all of that went well. */
class GenCudnnDescriptor
{
  cudnnBackendDescriptor_t descriptor = NULL;
  cudnnStatus_t status;

public:
  GenCudnnDescriptor (cudnnBackendDescriptorType_t type)
      : status (cudnnBackendCreateDescriptor (type, &descriptor))
  {
  }
  ~GenCudnnDescriptor ()
  {
    if (descriptor != NULL)
      cudnnBackendDestroyDescriptor (descriptor);
  }
  GenCudnnDescriptor (const GenCudnnDescriptor &) = delete;

  GenCudnnDescriptor &set (cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
      gint64 n, const void *values)
  {
    if (status == CUDNN_STATUS_SUCCESS)
      status = cudnnBackendSetAttribute (descriptor, name, type, n, values);
    return *this;
  }
  GenCudnnDescriptor &set_int (cudnnBackendAttributeName_t name, gint64 value)
  {
    return set (name, CUDNN_TYPE_INT64, 1, &value);
  }
  GenCudnnDescriptor &set_float (cudnnBackendAttributeName_t name, float value)
  {
    return set (name, CUDNN_TYPE_FLOAT, 1, &value);
  }
  GenCudnnDescriptor &set_type (cudnnBackendAttributeName_t name, cudnnDataType_t value)
  {
    return set (name, CUDNN_TYPE_DATA_TYPE, 1, &value);
  }
  GenCudnnDescriptor &set_handle (cudnnBackendAttributeName_t name, void *value)
  {
    return set (name, CUDNN_TYPE_HANDLE, 1, &value);
  }
  GenCudnnDescriptor &set_descriptor (
      cudnnBackendAttributeName_t name, const GenCudnnDescriptor &other)
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

typedef std::shared_ptr<GenCudnnDescriptor> GenCudnnRef;

static inline GenCudnnRef
gen_cudnn_make (cudnnBackendDescriptorType_t type)
{
  return std::make_shared<GenCudnnDescriptor> (type);
}

/* Everything that the graph consists of; operations hold their tensors. */
struct GenCudnnGraph {
  std::vector<GenCudnnRef> parts;
  GenCudnnRef operations;
};

/* The convolution and, in the same kernel, bias, sum and activation. FALSE for what cuDNN has no
 * name for. */
gboolean gen_cudnn_graph_make (
    GenCudnnGraph *graph, cudnnHandle_t handle, const GenCudaConvolution *convolution);

struct GenCudnnEngine {
  GenCudnnRef plan;
  gsize workspace;
  std::string name;
};

/* Up to `most` of what the heuristics propose. */
void gen_cudnn_engines_find (std::vector<GenCudnnEngine> *engines, const GenCudnnGraph *graph,
    cudnnHandle_t handle, const GenCudaConvolution *convolution, cudnnBackendHeurMode_t mode,
    int most);
/* The one of that name; FALSE where the library has no such, or it is not allowed. */
gboolean gen_cudnn_engine_recall (GenCudnnEngine *engine, const char *name,
    const GenCudnnGraph *graph, cudnnHandle_t handle, const GenCudaConvolution *convolution);
