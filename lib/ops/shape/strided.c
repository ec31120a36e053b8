/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copying boxes of elements. Rows that are contiguous on both sides are memcpy'd, where what is
 * contiguous on one side is another dimension than on the other both are a matrix to be transposed,
 * and all else goes by steps. */
#include "strided.h"

#include <string.h>

#include "../../graph/kernel.h"
#include "../../simd.h"
#include "transposition.h"

/* How much of a dimension that is turned is one step, at most. */
#define STRETCH 256

void
gen_shape_strides (const GenShape *shape, gint64 strides[GEN_MAX_RANK])
{
  gint64 stride = 1;

  for (int i = shape->rank - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape->dims[i];
  }
}

/* Two elements in a step are not worth it. */
static int
find_turned (const GenStrided *s)
{
  const int inner = s->rank - 1;

  for (int i = 0; i < inner && s->from[inner] > 2 && s->to[inner] == 1; i++)
    if (s->from[i] == 1)
      return i;
  return -1;
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
  s->turned = find_turned (s);
}

#define COPY_ROW(T)                                                                                \
  GEN_CLONES (void, copy_##T, (const T *from, gint64 from_step, T *to, gint64 to_step, gint64 n),  \
      (from, from_step, to, to_step, n))                                                           \
  {                                                                                                \
    if (from_step == 0 && to_step == 1) {                                                          \
      const T value = *from;                                                                       \
      for (gint64 i = 0; i < n; i++)                                                               \
        to[i] = value;                                                                             \
    } else if (from_step == -1 && to_step == 1) {                                                  \
      for (gint64 i = 0; i < n; i++)                                                               \
        to[i] = from[-i];                                                                          \
    } else if (from_step == 2 && to_step == 1) {                                                   \
      for (gint64 i = 0; i < n; i++)                                                               \
        to[i] = from[2 * i];                                                                       \
    } else {                                                                                       \
      for (gint64 i = 0; i < n; i++)                                                               \
        to[i * to_step] = from[i * from_step];                                                     \
    }                                                                                              \
  }

COPY_ROW (guint8)
COPY_ROW (guint16)
COPY_ROW (guint32)
COPY_ROW (guint64)

void
gen_copy_row (const void *from, gint64 from_step, void *to, gint64 to_step, gint64 n, gsize size)
{
  if (from_step == 1 && to_step == 1)
    memcpy (to, from, n * size);
  else if (size == 4)
    copy_guint32 (from, from_step, to, to_step, n);
  else if (size == 8)
    copy_guint64 (from, from_step, to, to_step, n);
  else if (size == 2)
    copy_guint16 (from, from_step, to, to_step, n);
  else
    copy_guint8 (from, from_step, to, to_step, n);
}

/* Where lines of the result are further apart than those of the source, no more of them at a time
 * than a tile has: then each goes on where it was. */
static gint64
stretch_of (const GenStrided *s)
{
  if (s->turned < 0)
    return 1;
  return MIN (s->dims[s->turned],
      s->to[s->turned] > s->from[s->rank - 1] ? GEN_TRANSPOSITION_TILE (s->size) : STRETCH);
}

/* What one step of the walk over all dimensions but the last copies: a row or, with `height` rows
 * of the dimension that is turned, a stretch of the matrix. */
static void
copy_stretch (const GenStrided *s, const char *from, char *to, gint64 height)
{
  const int inner = s->rank - 1;

  if (s->turned < 0)
    gen_copy_row (from, s->from[inner], to, s->to[inner], s->dims[inner], s->size);
  else
    gen_transpose (s->size, from, s->from[inner], to, s->to[s->turned], s->dims[inner], height);
}

void
gen_strided_run (const GenStrided *s, const void *pfrom, void *pto, int part, int parts)
{
  const int inner = s->rank - 1;
  const gint64 size = s->size, n = s->dims[inner];
  const gint64 tile = stretch_of (s);
  const char *from = (const char *)pfrom + s->from_offset * size;
  char *to = (char *)pto + s->to_offset * size;
  gint64 at[GEN_MAX_RANK], from_at = 0, to_at = 0;
  gsize first, end, row;

  if (s->rows == 0 || n == 0)
    return;
  if (s->rows == 1) {
    gen_kernel_share (n, 64 / s->size, part, parts, &first, &end);
    if (first < end)
      gen_copy_row (from + (gint64)first * s->from[inner] * size, s->from[inner],
          to + (gint64)first * s->to[inner] * size, s->to[inner], end - first, s->size);
    return;
  }
  /* Steps of the walk: rows, or of the dimension that is turned stretches. */
  gen_kernel_share (s->turned < 0
                        ? s->rows
                        : s->rows / s->dims[s->turned] * ((s->dims[s->turned] + tile - 1) / tile),
      1, part, parts, &first, &end);
  row = first;
  for (int i = inner - 1; i >= 0; i--) {
    const gint64 step = i == s->turned ? tile : 1, extent = (s->dims[i] + step - 1) / step;

    at[i] = (gint64)(row % extent) * step;
    row /= extent;
    from_at += at[i] * s->from[i];
    to_at += at[i] * s->to[i];
  }
  for (; first < end; first++) {
    copy_stretch (s, from + from_at * size, to + to_at * size,
        s->turned < 0 ? 1 : MIN (tile, s->dims[s->turned] - at[s->turned]));
    for (int i = inner - 1; i >= 0; i--) {
      const gint64 step = i == s->turned ? tile : 1;

      from_at += step * s->from[i];
      to_at += step * s->to[i];
      at[i] += step;
      if (at[i] < s->dims[i])
        break;
      from_at -= at[i] * s->from[i];
      to_at -= at[i] * s->to[i];
      at[i] = 0;
    }
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
          strided->turned >= 0 ? 0.6 : 0.3));
  return TRUE;
}

const GenStrided *
gen_strided_of (const GenKernel *kernel)
{
  return kernel->steps->len == 1 && g_array_index (kernel->steps, GenStep, 0).run == run
             ? kernel->state
             : NULL;
}
