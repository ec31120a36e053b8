/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the CUDA halves of operators see (lib/ops/NAME.cu). */
#pragma once

#include <glib.h>

#include <functional>
#include <memory>
#include <vector>

#include "launch.h"

G_BEGIN_DECLS
#include <generative/operator.h>
#include <generative/plan.h>

#include "../choice.h"
G_END_DECLS

/* What is needed of the driver's own interface: which context is the thread's. The runtime's
 * functions work in that one; where there is none they take the device's primary context. */
struct GenCudaDriver {
  int (*get) (void **context);
  int (*push) (void *context);
  int (*pop) (void **context);
};

/* The device as kernels are prepared for it. */
struct GenCudaDevice {
  int number;
  GenCudaDriver driver;
  void *context; /* everything is done in it; NULL: there is no driver to ask (tests/emulation) */
  int multiprocessors;
  int capability; /* ten times the major version, and the minor one: 90 for Hopper */
  gsize memory;
  char name[256];
  cudaStream_t stream;
  void *product_handle;     /* cuBLASLt's */
  void *convolution_handle; /* cuDNN's */
  GenChoice choice;
  GenChoices *choices; /* what was measured on such devices; NULL: rules decide */
};

struct GenCudaSums; /* sums.h */

/* What a kernel finds by a table of addresses, which may be others in each run. */
typedef enum { GEN_CUDA_NEITHER, GEN_CUDA_INPUTS, GEN_CUDA_OUTPUTS } GenCudaFollows;

/**
 * A node made ready to run on a device. The operator's prepare function decides what to do and
 * adds launches; the executor calls them all once, in order, to capture them in a graph. Addresses
 * are known then, not before.
 */
struct GenCudaKernel {
  typedef std::function<void (const GenCudaKernel &kernel, cudaStream_t stream)> Launch;

  const GenNode *node;
  const GenCudaDevice *device;
  GenPrecision precision;
  std::vector<const void *> inputs; /* device addresses; NULL where absent */
  std::vector<void *> outputs;
  /* Where the inputs or outputs are in this run, to be set by the prepare function, and the table
   * of their addresses on the device: memory that the user has bound is worked on where it is. */
  GenCudaFollows follows;
  void *const *frames;
  void *scratch;
  gsize scratch_size; /* to be set by the prepare function */
  guint
      packed_inputs; /* likewise: constants, bit by bit, that it has brought to the device itself */
  const guint64 *draw; /* on the device: the number of the run, for random operators */
  guint64 seed;
  GenExchange *exchange;
  GenCudaSums *sums; /* over the members of the exchange; NULL: it is alone */
  std::vector<Launch> launches;
  std::vector<std::shared_ptr<void> > owned; /* what the launches use, and the kernel keeps alive */
  mutable const char *failed;                /* set by a launch: what a library would not do */

  /* `size` more bytes of scratch; returns where they begin. */
  gsize reserve (gsize size)
  {
    gsize at = (scratch_size + 255) & ~(gsize)255;

    scratch_size = at + size;
    return at;
  }
  const GenTensor *input (guint i) const
  {
    return gen_node_input (node, i);
  }
  const GenTensor *output (guint i) const
  {
    return gen_node_output (node, i);
  }
  template <typename T> const T *in (guint i) const
  {
    return (const T *)inputs[i];
  }
  template <typename T> T *out (guint i) const
  {
    return (T *)outputs[i];
  }
};

/* Prepare `kernel`. FALSE without an error: this case has no kernel for the device, and the node
 * runs on the CPU. */
typedef gboolean (*GenCudaPrepare) (GenCudaKernel *kernel, GError **error);

/* A row of the list of CUDA halves (operators.h): one function can be for many operators. */
typedef struct {
  const char *name;
  const char *domain; /* NULL for ONNX's own */
  GenCudaPrepare prepare;
  /* Inputs and outputs, bit by bit, that may be 16-bit floats where those are asked for; no
   * outputs: none may. */
  guint narrow_inputs, narrow_outputs;
  /* Of one whose outputs are no 16-bit floats: inputs, bit by bit, that are read as float16 where
   * they are made so. */
  guint taken_inputs;
} GenCudaOperator;

/* Every input, or every output. */
#define GEN_CUDA_ALL G_MAXUINT

/* Whether a call went well; else `error` says what was tried, and what the runtime says. */
gboolean gen_cuda_check (cudaError_t status, const char *what, GError **error);
/* Device memory; NULL with `error`, which says how much there is. */
void *gen_cuda_take (gsize size, const char *what, GError **error);
/* Device memory that `kernel` keeps alive, with `size` bytes of `data` in it, shared with all who
 * have the same; NULL with `error`. */
void *gen_cuda_kernel_upload (GenCudaKernel *kernel, const void *data, gsize size, GError **error);

/* The fastest of `n` ways to do something, which `run` does on the device's stream, or reports that
 * it cannot by FALSE. -1: none can. */
int gen_cuda_fastest (
    const GenCudaDevice *device, int n, const std::function<gboolean (int way)> &run);

static inline gsize
gen_cuda_elements (const GenTensor *tensor)
{
  return (gsize)gen_shape_elements (&tensor->shape);
}
