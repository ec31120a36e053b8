/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of operators that copy whole boxes: Concat, Split, SliceGradient,
 * ConvertLayout, and those that change a shape alone, where they cannot be views. */
#include "../../device/cuda/strided.h"

G_BEGIN_DECLS
#include "../convolution/pieces.h"
G_END_DECLS

static gboolean
concat (GenCudaKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  std::vector<GenStrided> pieces (node->inputs->len);

  gen_concat_pieces (node, pieces.data ());
  return gen_cuda_add_pieces (kernel, pieces, FALSE);
}

static gboolean
split (GenCudaKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  std::vector<GenStrided> pieces (node->outputs->len);

  return gen_split_pieces (node, pieces.data (), error) &&
         gen_cuda_add_pieces (kernel, pieces, TRUE);
}

static gboolean
slice_gradient (GenCudaKernel *kernel, GError **error)
{
  gsize size = gen_tensor_size (kernel->output (0));
  GenStrided box;

  gen_slice_gradient_box (kernel->node, &box);
  if (size > 0)
    kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
      cudaMemsetAsync (k.outputs[0], 0, size, stream);
    });
  return gen_cuda_add_strided (kernel, &box, 0, 0);
}

/* For each item, channels by pixels or pixels by channels, transposed. */
static gboolean
convert_layout (GenCudaKernel *kernel, GError **error)
{
  const GenTensor *x = kernel->input (0);
  gint64 items = x->shape.dims[0], channels = x->shape.dims[1];
  gint64 pixels = gen_shape_product (&x->shape, 2, x->shape.rank);
  gboolean back = x->layout == GEN_LAYOUT_CHANNELS_LAST;
  const gint64 rows = back ? channels : pixels, columns = back ? pixels : channels;
  const gint64 dims[] = { items, rows, columns };
  const gint64 from[] = { rows * columns, 1, rows }, to[] = { rows * columns, columns, 1 };
  GenStrided strided;

  gen_strided_init (&strided, 3, dims, from, to, x->type);
  return gen_cuda_add_strided (kernel, &strided, 0, 0);
}

static gboolean
view (GenCudaKernel *kernel, GError **error)
{
  gsize size = gen_tensor_size (kernel->output (0));

  if (size > 0)
    kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
      cudaMemcpyAsync (k.outputs[0], k.inputs[0], size, cudaMemcpyDeviceToDevice, stream);
    });
  return TRUE;
}

extern const GenCudaOperator gen_cuda_movement_operators[] = {
  { "Concat", NULL, concat, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "ConvertLayout", "generative", convert_layout },
  { "Flatten", NULL, view },
  { "Identity", NULL, view },
  { "RenameLayout", "generative", view },
  { "Precise", "generative", view },
  { "Reshape", NULL, view },
  { "SliceGradient", "generative", slice_gradient },
  { "Split", NULL, split },
  { "Squeeze", NULL, view },
  { "Unsqueeze", NULL, view },
  {},
};
