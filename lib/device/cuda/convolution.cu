/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolutions by cuDNN, in one kernel with what follows them where it can. Pictures of one spatial
 * dimension are such of two, one of which is 1. */
#include "cudnn-graph.h"

#include "choose.h"
#include "trial.h"

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

static gboolean
execute (cudnnHandle_t handle, const GenCudnnDescriptor &plan, const GenCudaConvolution *c,
    GenCudaOperands o, void *workspace, cudaStream_t stream)
{
  static const gint64 names[][3] = { { GEN_CUDNN_X, GEN_CUDNN_W, GEN_CUDNN_Y },
    { GEN_CUDNN_Y, GEN_CUDNN_W, GEN_CUDNN_X },
    { GEN_CUDNN_X, GEN_CUDNN_Y, GEN_CUDNN_W } }; /* by kind */
  std::vector<gint64> ids (names[c->kind], names[c->kind] + 3);
  std::vector<const void *> pointers = { o.a, o.b, o.c };
  GenCudnnDescriptor pack (CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);

  if (c->has_bias) {
    ids.push_back (GEN_CUDNN_BIAS);
    pointers.push_back (o.bias);
  }
  if (c->has_added) {
    ids.push_back (GEN_CUDNN_ADDED);
    pointers.push_back (o.added);
  }
  if (c->activation.kind == GEN_ACTIVATION_PRELU) {
    ids.push_back (GEN_CUDNN_SLOPES);
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
    for (gint64 *each :
        { c.in, c.out, c.kernel, c.strides, c.dilations, c.before, c.after, c.steps }) {
      each[1] = each[0];
      each[0] = each == c.before || each == c.after ? 0 : 1;
    }
    c.steps[0] = c.picture_step;
  }
  return c;
}

/* Engines by their numbers and knobs. */
class Engines : public GenCudaWays
{
  const GenCudaDevice *device;
  const cudnnHandle_t handle;
  const GenCudaConvolution *c;
  GenCudnnGraph graph;
  std::vector<GenCudnnEngine> found;
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
    return gen_cudnn_graph_make (&graph, handle, c);
  }

  gboolean recall (const char *name) override
  {
    GenCudnnEngine engine;

    if (!gen_cudnn_engine_recall (&engine, name, &graph, handle, c))
      return FALSE;
    found = { engine };
    return TRUE;
  }

  int propose (int most) override
  {
    found.clear ();
    gen_cudnn_engines_find (&found, &graph, handle, c, CUDNN_HEUR_MODE_A, most);
    if (found.empty ())
      gen_cudnn_engines_find (&found, &graph, handle, c, CUDNN_HEUR_MODE_FALLBACK, most);
    return (int)found.size ();
  }

  std::string name (int way) override
  {
    return found[way].name;
  }

  gboolean begin () override
  {
    const gsize size = gen_data_type_size (c->type);
    const gsize y = gen_cuda_convolution_extent (c) * size;
    gsize x = c->n * c->c * size, w = c->k * (c->c / c->groups) * size, most = 0;

    for (int i = 0; i < c->spatial; i++) {
      x *= c->in[i];
      w *= c->kernel[i];
    }
    for (const GenCudnnEngine &engine : found)
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

  const GenCudnnEngine &operator[] (int way) const
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
  GenCudnnEngine engine = engines[way];
  workspace = kernel->reserve (engine.workspace);
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    if (!execute (handle, *engine.plan, &c, find (k), (char *)k.scratch + workspace, stream))
      k.failed = "cuDNN does not run the engine that it has planned";
  });
  return TRUE;
}
