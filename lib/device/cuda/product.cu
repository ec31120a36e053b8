/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cuBLASLt counts columns first: what it takes for the transpose of B times the transpose of A is
 * the transpose of our row-major C. Of the algorithms that it proposes the fastest is taken. */
#include "product.h"

#include <cublasLt.h>
#include <string.h>

#include "choose.h"
#include "trial.h"

#define WORKSPACE ((gsize)32 << 20)

/* All that a call needs, freed with the kernel. */
struct Matrices {
  cublasLtMatmulDesc_t product = NULL;
  cublasLtMatrixLayout_t a = NULL, b = NULL, c = NULL;
  cublasLtMatmulAlgo_t algorithm;

  ~Matrices ()
  {
    if (product != NULL)
      cublasLtMatmulDescDestroy (product);
    for (cublasLtMatrixLayout_t layout : { a, b, c })
      if (layout != NULL)
        cublasLtMatrixLayoutDestroy (layout);
  }
};

gboolean
gen_cuda_product_open (void **handle, GError **error)
{
  cublasStatus_t status = cublasLtCreate ((cublasLtHandle_t *)handle);

  if (status == CUBLAS_STATUS_SUCCESS)
    return TRUE;
  g_set_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_FAILED, "device cuda: cuBLASLt: %s",
      cublasLtGetStatusString (status));
  return FALSE;
}

void
gen_cuda_product_close (void *handle)
{
  if (handle != NULL)
    cublasLtDestroy ((cublasLtHandle_t)handle);
}

char *
gen_cuda_product_describe (void)
{
  return g_strdup_printf ("cuBLASLt %" G_GSIZE_FORMAT, cublasLtGetVersion ());
}

static cudaDataType_t
library_type (GenDataType type)
{
  return type == GEN_TYPE_FLOAT16    ? CUDA_R_16F
         : type == GEN_TYPE_BFLOAT16 ? CUDA_R_16BF
                                     : CUDA_R_32F;
}

static gboolean
set_layout (cublasLtMatrixLayout_t *layout, cudaDataType_t type, gint64 rows, gint64 columns,
    gint64 batch, gint64 step)
{
  int32_t count = (int32_t)batch;
  int64_t distance = step;

  return cublasLtMatrixLayoutCreate (layout, type, rows, columns, rows) == CUBLAS_STATUS_SUCCESS &&
         cublasLtMatrixLayoutSetAttribute (*layout, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count,
             sizeof count) == CUBLAS_STATUS_SUCCESS &&
         cublasLtMatrixLayoutSetAttribute (*layout, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET,
             &distance, sizeof distance) == CUBLAS_STATUS_SUCCESS;
}

static gboolean
describe (Matrices *matrices, const GenCudaProduct *p)
{
  const cudaDataType_t type = library_type (p->type);
  const cublasComputeType_t compute =
      p->type == GEN_TYPE_FLOAT32 && p->precision != GEN_PRECISION_FLOAT32
          ? CUBLAS_COMPUTE_32F_FAST_TF32
          : CUBLAS_COMPUTE_32F;
  const cublasOperation_t first = p->transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N;
  const cublasOperation_t second = p->transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N;
  const cublasLtEpilogue_t epilogue = p->has_bias && p->has_relu ? CUBLASLT_EPILOGUE_RELU_BIAS
                                      : p->has_bias              ? CUBLASLT_EPILOGUE_BIAS
                                      : p->has_relu              ? CUBLASLT_EPILOGUE_RELU
                                                                 : CUBLASLT_EPILOGUE_DEFAULT;

  return cublasLtMatmulDescCreate (&matrices->product, compute, CUDA_R_32F) ==
             CUBLAS_STATUS_SUCCESS &&
         cublasLtMatmulDescSetAttribute (matrices->product, CUBLASLT_MATMUL_DESC_TRANSA, &first,
             sizeof first) == CUBLAS_STATUS_SUCCESS &&
         cublasLtMatmulDescSetAttribute (matrices->product, CUBLASLT_MATMUL_DESC_TRANSB, &second,
             sizeof second) == CUBLAS_STATUS_SUCCESS &&
         cublasLtMatmulDescSetAttribute (matrices->product, CUBLASLT_MATMUL_DESC_EPILOGUE,
             &epilogue, sizeof epilogue) == CUBLAS_STATUS_SUCCESS &&
         set_layout (&matrices->a, type, p->transpose_b ? p->k : p->n, p->transpose_b ? p->n : p->k,
             p->batch, p->b_step) &&
         set_layout (&matrices->b, type, p->transpose_a ? p->m : p->k, p->transpose_a ? p->k : p->m,
             p->batch, p->a_step) &&
         set_layout (&matrices->c, type, p->n, p->m, p->batch, p->c_step);
}

static gboolean
multiply (const GenCudaDevice *device, const Matrices *matrices, const GenCudaProduct *p,
    const cublasLtMatmulAlgo_t *algorithm, GenCudaOperands o, void *workspace, cudaStream_t stream)
{
  const float beta = p->accumulate ? 1 : 0;

  if (p->has_bias)
    cublasLtMatmulDescSetAttribute (
        matrices->product, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &o.bias, sizeof o.bias);
  return cublasLtMatmul ((cublasLtHandle_t)device->product_handle, matrices->product, &p->alpha,
             o.b, matrices->a, o.a, matrices->b, &beta, o.c, matrices->c, o.c, matrices->c,
             algorithm, workspace, WORKSPACE, stream) == CUBLAS_STATUS_SUCCESS;
}

static gsize
span (gint64 batch, gint64 step, gint64 rows, gint64 columns, GenDataType type)
{
  return ((batch - 1) * step + rows * columns) * gen_data_type_size (type);
}

/* Algorithms by their bytes, which this version of the library can take back. */
class Algorithms : public GenCudaWays
{
  const GenCudaDevice *device;
  const GenCudaProduct *p;
  const Matrices *matrices;
  std::vector<cublasLtMatmulAlgo_t> found;
  GenCudaTrial trial;
  GenCudaOperands operands = {};
  void *workspace = NULL;

public:
  Algorithms (const GenCudaDevice *on, const GenCudaProduct *product, const Matrices *prepared)
      : device (on), p (product), matrices (prepared), trial (on)
  {
  }

  gboolean recall (const char *name) override
  {
    cublasLtMatmulHeuristicResult_t result;
    cublasLtMatmulAlgo_t algorithm;
    guint8 *bytes = (guint8 *)&algorithm;

    if (strlen (name) != 2 * sizeof algorithm)
      return FALSE;
    for (gsize i = 0; i < sizeof algorithm; i++) {
      const int high = g_ascii_xdigit_value (name[2 * i]);
      const int low = g_ascii_xdigit_value (name[2 * i + 1]);

      if (high < 0 || low < 0)
        return FALSE;
      bytes[i] = (guint8)(16 * high + low);
    }
    if (cublasLtMatmulAlgoCheck ((cublasLtHandle_t)device->product_handle, matrices->product,
            matrices->a, matrices->b, matrices->c, matrices->c, &algorithm,
            &result) != CUBLAS_STATUS_SUCCESS ||
        result.workspaceSize > WORKSPACE)
      return FALSE;
    found = { algorithm };
    return TRUE;
  }

  /* Split sums are added up in float32, and always in the same order. */
  int propose (int most) override
  {
    std::vector<cublasLtMatmulHeuristicResult_t> results (most);
    cublasLtMatmulPreference_t preference = NULL;
    const gsize size = WORKSPACE;
    const uint32_t schemes =
        CUBLASLT_REDUCTION_SCHEME_NONE | CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE;
    int n = 0;

    if (cublasLtMatmulPreferenceCreate (&preference) == CUBLAS_STATUS_SUCCESS &&
        cublasLtMatmulPreferenceSetAttribute (preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
            &size, sizeof size) == CUBLAS_STATUS_SUCCESS &&
        cublasLtMatmulPreferenceSetAttribute (preference,
            CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, &schemes,
            sizeof schemes) == CUBLAS_STATUS_SUCCESS)
      cublasLtMatmulAlgoGetHeuristic ((cublasLtHandle_t)device->product_handle, matrices->product,
          matrices->a, matrices->b, matrices->c, matrices->c, preference, most, results.data (),
          &n);
    if (preference != NULL)
      cublasLtMatmulPreferenceDestroy (preference);
    found.clear ();
    for (int i = 0; i < n; i++)
      if (results[i].state == CUBLAS_STATUS_SUCCESS)
        found.push_back (results[i].algo);
    return (int)found.size ();
  }

  std::string name (int way) override
  {
    const guint8 *bytes = (const guint8 *)&found[way];
    std::string text;

    for (gsize i = 0; i < sizeof found[way]; i++)
      for (int digit : { bytes[i] >> 4, bytes[i] & 15 })
        text += "0123456789abcdef"[digit];
    return text;
  }

  gboolean begin () override
  {
    const gsize size = gen_data_type_size (p->type);

    operands.a = trial.take (span (p->batch, p->a_step, p->m, p->k, p->type));
    operands.b = trial.take (span (p->batch, p->b_step, p->k, p->n, p->type));
    operands.c = trial.take (span (p->batch, p->c_step, p->m, p->n, p->type));
    operands.bias = trial.take (p->has_bias ? p->n * size : 0);
    workspace = trial.take (WORKSPACE);
    return trial.is_complete ();
  }

  gboolean run (int way) override
  {
    return multiply (device, matrices, p, &found[way], operands, workspace, device->stream);
  }

  const cublasLtMatmulAlgo_t &operator[] (int way) const
  {
    return found[way];
  }
};

gboolean
gen_cuda_product_add (
    GenCudaKernel *kernel, const GenCudaProduct *product, GenCudaFindOperands find, GError **error)
{
  const GenCudaDevice *device = kernel->device;
  const GenCudaProduct p = *product;
  auto matrices = std::make_shared<Matrices> ();
  gsize workspace;
  int way;

  if (p.m < 1 || p.n < 1 || p.k < 1 || p.batch < 1 || !describe (matrices.get (), &p))
    return FALSE;
  Algorithms algorithms (device, &p, matrices.get ());
  way = gen_cuda_choose (device, gen_cuda_product_problem (&p), &algorithms);
  if (way < 0)
    return FALSE;
  matrices->algorithm = algorithms[way];
  workspace = kernel->reserve (WORKSPACE);
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    if (!multiply (device, matrices.get (), &p, &matrices->algorithm, find (k),
            (char *)k.scratch + workspace, stream))
      k.failed = "cuBLASLt does not run the algorithm that it has accepted";
  });
  return TRUE;
}
