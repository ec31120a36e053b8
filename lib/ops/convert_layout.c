/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ConvertLayout: from row-major to channels-last memory, or back. Only layout.c makes it. For
 * each batch item it is the transposition of a matrix of channels by pixels. */
#include <generative/operator.h>

#include <string.h>

#include "../simd.h"

#define TILE 16

typedef struct {
  gsize items, rows, columns; /* of the source: its inner extent is columns */
  gsize bytes;                /* of an element */
} Convert;

/* The three colours are brought together, or apart, by vectors of each. */
#define TRANSPOSE(name, T)                                                                         \
  GEN_CLONES (void, name##_together, (const T *restrict from, T *restrict to, gsize columns),      \
      (from, to, columns))                                                                         \
  {                                                                                                \
    for (gsize c = 0; c < columns; c++) {                                                          \
      to[3 * c] = from[c];                                                                         \
      to[3 * c + 1] = from[columns + c];                                                           \
      to[3 * c + 2] = from[2 * columns + c];                                                       \
    }                                                                                              \
  }                                                                                                \
  GEN_CLONES (void, name##_apart,                                                                  \
      (const T *restrict from, T *restrict to, gsize rows, gsize first, gsize end),                \
      (from, to, rows, first, end))                                                                \
  {                                                                                                \
    for (gsize r = first; r < end; r++) {                                                          \
      to[r] = from[3 * r];                                                                         \
      to[rows + r] = from[3 * r + 1];                                                              \
      to[2 * rows + r] = from[3 * r + 2];                                                          \
    }                                                                                              \
  }                                                                                                \
  GEN_CLONES (void, name##_tiles,                                                                  \
      (const T *from, T *to, gsize rows, gsize columns, gsize first, gsize end),                   \
      (from, to, rows, columns, first, end))                                                       \
  {                                                                                                \
    /* Through a tile of our own: lines of the source, and of the result, that are a power of two  \
     * apart share few places of the cache, and stay there no longer than they are worked on. */   \
    for (gsize r = first; r < end; r += TILE)                                                      \
      for (gsize c = 0; c < columns; c += TILE) {                                                  \
        const gsize n = MIN (TILE, end - r), m = MIN (TILE, columns - c);                          \
        T tile[TILE][TILE];                                                                        \
                                                                                                   \
        if (n == TILE && m == TILE) {                                                              \
          for (gsize i = 0; i < TILE; i++)                                                         \
            memcpy (tile[i], from + (r + i) * columns + c, sizeof tile[i]);                        \
          for (gsize k = 0; k < TILE; k++)                                                         \
            for (gsize i = 0; i < TILE; i++)                                                       \
              to[(c + k) * rows + r + i] = tile[i][k];                                             \
        } else {                                                                                   \
          for (gsize k = c; k < c + m; k++)                                                        \
            for (gsize i = r; i < r + n; i++)                                                      \
              to[k * rows + i] = from[i * columns + k];                                            \
        }                                                                                          \
      }                                                                                            \
  }                                                                                                \
  static void name (const T *from, T *to, gsize rows, gsize columns, gsize first, gsize end)       \
  {                                                                                                \
    if (rows == 3 && first == 0 && end == rows)                                                    \
      name##_together (from, to, columns);                                                         \
    else if (columns == 3)                                                                         \
      name##_apart (from, to, rows, first, end);                                                   \
    else                                                                                           \
      name##_tiles (from, to, rows, columns, first, end);                                          \
  }

TRANSPOSE (transpose1, guint8)
TRANSPOSE (transpose2, guint16)
TRANSPOSE (transpose4, guint32)
TRANSPOSE (transpose8, guint64)

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Convert *convert = kernel->state;
  gsize size = convert->rows * convert->columns, rows = convert->rows, first, end;
  gsize columns = convert->columns, bytes = convert->bytes;

  gen_kernel_share (convert->items * convert->rows, TILE, part, parts, &first, &end);
  while (first < end) {
    gsize item = first / convert->rows, row = first % convert->rows;
    gsize stop = MIN (convert->rows, row + end - first);

    const void *from = (const char *)kernel->inputs[0] + item * size * bytes;
    void *to = (char *)kernel->outputs[0] + item * size * bytes;

    if (bytes == 4)
      transpose4 (from, to, rows, columns, row, stop);
    else if (bytes == 8)
      transpose8 (from, to, rows, columns, row, stop);
    else if (bytes == 2)
      transpose2 (from, to, rows, columns, row, stop);
    else
      transpose1 (from, to, rows, columns, row, stop);
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
