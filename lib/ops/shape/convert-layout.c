/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ConvertLayout: from row-major to channels-last memory, or back. Only layout.c makes it. For
 * each batch item it is the transposition of a matrix of channels by pixels. */
#include <generative/operator.h>

#include "transposition.h"

typedef struct {
  gsize items, rows, columns; /* of the source: its inner extent is columns */
  gsize bytes;                /* of an element */
} Convert;

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Convert *convert = kernel->state;
  gsize size = convert->rows * convert->columns, rows = convert->rows, first, end;
  gsize columns = convert->columns, bytes = convert->bytes;

  gen_kernel_share (
      convert->items * convert->rows, GEN_TRANSPOSITION_TILE (bytes), part, parts, &first, &end);
  while (first < end) {
    gsize item = first / convert->rows, row = first % convert->rows;
    gsize stop = MIN (convert->rows, row + end - first);

    gen_transpose (bytes, (const char *)kernel->inputs[0] + (item * size + row * columns) * bytes,
        columns, (char *)kernel->outputs[0] + (item * size + row) * bytes, rows, stop - row,
        columns);
    first += stop - row;
  }
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenTensor *x = gen_node_input (kernel->node, 0);
  const GenShape *shape = &x->shape;
  Convert *convert;

  if (gen_data_type_size (x->type) == 0)
    return gen_node_error (
        kernel->node, error, "not supported for elements of type %s", gen_data_type_name (x->type));
  convert = g_new (Convert, 1);
  convert->bytes = gen_data_type_size (x->type);
  convert->items = shape->dims[0];
  convert->rows = shape->dims[1];
  convert->columns = gen_shape_product (shape, 2, shape->rank);
  if (x->layout == GEN_LAYOUT_CHANNELS_LAST) {
    gsize rows = convert->rows;

    convert->rows = convert->columns;
    convert->columns = rows;
  }
  kernel->state = convert;
  kernel->free_state = g_free;
  gen_kernel_add_step (kernel, run, gen_kernel_parts (kernel, gen_shape_elements (shape), 0.6));
  return TRUE;
}

const GenOperator gen_operator_convert_layout = {
  .name = "ConvertLayout",
  .domain = "generative",
  .summary = "Row-major memory to channels-last, or back",
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_ANY,
  .infer = gen_infer_same,
  .cpu = cpu,
};
