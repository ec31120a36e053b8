/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copying boxes of elements. Rows that are contiguous on both sides are memcpy'd, a matrix to
 * be transposed is walked in tiles that fit the cache, all else goes element by element. */
#include "strided.h"

#include <string.h>

#include "../graph/kernel.h"

#define TILE 16

void
gen_shape_strides (const GenShape *shape, gint64 strides[GEN_MAX_RANK])
{
  gint64 stride = 1;

  for (int i = shape->rank - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape->dims[i];
  }
}

void
gen_strided_init (GenStrided *s, int rank, const gint64 *dims, const gint64 *from, const gint64 *to,
    GenDataType type)
{
  *s = (GenStrided){ .size = gen_data_type_size (type), .rows = 1 };
  for (int i = 0; i < rank; i++) {
    int last = s->rank - 1;

    if (dims[i] == 1)
      continue;
    if (last < 0 || s->from[last] != from[i] * dims[i] || s->to[last] != to[i] * dims[i])
      s->dims[last = s->rank++] = 1;
    s->dims[last] *= dims[i];
    s->from[last] = from[i];
    s->to[last] = to[i];
  }
  if (s->rank == 0) {
    s->rank = 1;
    s->dims[0] = 1;
  }
  for (int i = 0; i < s->rank - 1; i++)
    s->rows *= s->dims[i];
  s->transposes = s->rank > 1 && s->from[s->rank - 2] == 1 && s->from[s->rank - 1] != 1 &&
                  s->to[s->rank - 1] == 1;
}

#define COPY_ROW(T)                                                                                \
  for (gint64 i = 0; i < n; i++)                                                                   \
    ((T *)to)[i * to_step] = ((const T *)from)[i * from_step];

static void
copy_row (const char *from, gint64 from_step, char *to, gint64 to_step, gint64 n, gsize size)
{
  if (from_step == 1 && to_step == 1)
    memcpy (to, from, n * size);
  else if (size == 4)
    COPY_ROW (guint32)
  else if (size == 8)
    COPY_ROW (guint64)
  else if (size == 2)
    COPY_ROW (guint16)
  else
    COPY_ROW (guint8)
}

/* Rows [first, end) of one matrix: they are next to each other in `from`. */
static void
transpose (const char *from, gint64 from_step, char *to, gint64 to_step, gint64 first, gint64 end,
    gint64 columns, gsize size)
{
  for (gint64 c = 0; c < columns; c += TILE)
    for (gint64 r = first; r < end; r++)
      copy_row (from + (r + c * from_step) * size, from_step, to + (r * to_step + c) * size, 1,
          MIN (TILE, columns - c), size);
}

void
gen_strided_run (const GenStrided *s, const void *pfrom, void *pto, int part, int parts)
{
  const char *from = pfrom;
  char *to = pto;
  int inner = s->rank - 1;
  gint64 n = s->dims[inner];
  gsize first, end;

  if (s->rows == 0 || n == 0)
    return;
  from += s->from_offset * s->size;
  to += s->to_offset * s->size;
  if (s->rows == 1) {
    gen_kernel_share (n, 64 / s->size, part, parts, &first, &end);
    if (first < end)
      copy_row (from + (gint64)first * s->from[inner] * (gint64)s->size, s->from[inner],
          to + (gint64)first * s->to[inner] * (gint64)s->size, s->to[inner], end - first, s->size);
    return;
  }
  gen_kernel_share (s->rows, s->transposes ? TILE : 1, part, parts, &first, &end);
  while (first < end) {
    gint64 from_at = 0, to_at = 0, stop = 1;
    gsize row = first;

    for (int i = inner - 1; i >= 0; i--) {
      gint64 at = row % s->dims[i];

      row /= s->dims[i];
      if (s->transposes && i == inner - 1) {
        stop = MIN (MIN (s->dims[i] - at, TILE), (gint64)(end - first));
      }
      from_at += at * s->from[i];
      to_at += at * s->to[i];
    }
    if (s->transposes)
      transpose (from + from_at * (gint64)s->size, s->from[inner], to + to_at * (gint64)s->size,
          s->to[inner - 1], 0, stop, n, s->size);
    else
      copy_row (from + from_at * (gint64)s->size, s->from[inner], to + to_at * (gint64)s->size,
          s->to[inner], n, s->size);
    first += stop;
  }
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  gen_strided_run (kernel->state, kernel->inputs[0], kernel->outputs[0], part, parts);
}

gboolean
gen_strided_cpu (GenKernel *kernel, GenStrided *strided, GError **error)
{
  kernel->state = strided;
  kernel->free_state = g_free;
  if (strided->size == 0)
    return gen_node_error (kernel->node, error, "not supported for elements of type %s",
        gen_data_type_name (gen_node_input (kernel->node, 0)->type));
  gen_kernel_add_step (kernel, run,
      gen_kernel_parts (kernel, strided->rows * strided->dims[strided->rank - 1],
          strided->transposes ? 0.6 : 0.3));
  return TRUE;
}

const GenStrided *
gen_strided_of (const GenKernel *kernel)
{
  return kernel->steps->len == 1 && g_array_index (kernel->steps, GenStep, 0).run == run
             ? kernel->state
             : NULL;
}
