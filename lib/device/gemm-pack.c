/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packing for gemm.c. What lies across is turned in squares of 4 by 4 in registers. */
#include "gemm-pack.h"

#include <math.h>
#include <string.h>

#include "../simd.h"
#include "half.h"
#include "row-cases.h"

/* Numbers along k that are turned for all columns before the next: a line of the cache. */
#define LINE 16
#define LARGEST_FLOAT16 65504.0f

typedef float Four __attribute__ ((vector_size (16), aligned (4)));
typedef guint32 __attribute__ ((may_alias)) Bits; /* of a float32, or of two bfloat16 */

/* to[column][row] = from[row][column] of a square of 4. */
static inline __attribute__ ((always_inline)) void
turn_square (const float *from, gint64 from_stride, float *to, gint64 to_stride)
{
  const Four a = *(const Four *)from, b = *(const Four *)(from + from_stride);
  const Four c = *(const Four *)(from + 2 * from_stride),
             d = *(const Four *)(from + 3 * from_stride);
  const Four ab = __builtin_shufflevector (a, b, 0, 4, 1, 5);
  const Four cd = __builtin_shufflevector (c, d, 0, 4, 1, 5);
  const Four more_ab = __builtin_shufflevector (a, b, 2, 6, 3, 7);
  const Four more_cd = __builtin_shufflevector (c, d, 2, 6, 3, 7);

  *(Four *)to = __builtin_shufflevector (ab, cd, 0, 1, 4, 5);
  *(Four *)(to + to_stride) = __builtin_shufflevector (ab, cd, 2, 3, 6, 7);
  *(Four *)(to + 2 * to_stride) = __builtin_shufflevector (more_ab, more_cd, 0, 1, 4, 5);
  *(Four *)(to + 3 * to_stride) = __builtin_shufflevector (more_ab, more_cd, 2, 3, 6, 7);
}

/* to[column][row] = from[row][column] */
static inline __attribute__ ((always_inline)) void
turn (
    const float *from, gint64 from_stride, gint64 rows, gint64 columns, float *to, gint64 to_stride)
{
  const gint64 whole_rows = rows & ~3, whole_columns = columns & ~3;

  for (gint64 r = 0; r < whole_rows; r += 4)
    for (gint64 c = 0; c < whole_columns; c += 4)
      turn_square (from + r * from_stride + c, from_stride, to + c * to_stride + r, to_stride);
  for (gint64 r = 0; r < rows; r++)
    for (gint64 c = r < whole_rows ? whole_columns : 0; c < columns; c++)
      to[c * to_stride + r] = from[r * from_stride + c];
}

GEN_CLONES (void, turn_panel,
    (const float *from, gint64 column_stride, gint64 k, int n, int width, float *to),
    (from, column_stride, k, n, width, to))
{
  for (gint64 i = 0; i < k; i += LINE)
    turn (from + i, column_stride, n, MIN (k - i, LINE), to + i * width, width);
}

/* A copy of so few numbers is worth knowing how many. */
static inline __attribute__ ((always_inline)) void
copy_rows (const float *from, gint64 stride, gint64 rows, const int n, int to_stride, float *to)
{
  for (gint64 i = 0; i < rows; i++)
    memcpy (to + i * to_stride, from + i * stride, n * sizeof (float));
}

GEN_CLONES (void, copy_panel,
    (const float *from, gint64 stride, gint64 k, int n, int width, float *to),
    (from, stride, k, n, width, to))
{
  switch (n) {
#define CASE(n, ...)                                                                               \
  case n:                                                                                          \
    copy_rows (from, stride, k, n, width, to);                                                     \
    break;
    GEN_ROWS_TO_14 (CASE)
    CASE (16)
    CASE (32)
#undef CASE
  default:
    copy_rows (from, stride, k, n, width, to);
  }
}

void
gen_gemm_pack_panel (
    const float *from, gint64 column_stride, gint64 k_stride, gint64 k, int n, int width, float *to)
{
  if (n < width)
    memset (to, 0, k * width * sizeof (float));
  if (column_stride == 1)
    copy_panel (from, k_stride, k, n, width, to);
  else
    turn_panel (from, column_stride, k, n, width, to);
}

void
gen_gemm_pack_rows (const float *from, gint64 k_stride, gint64 k, int n, float *to)
{
  copy_panel (from, k_stride, k, n, n, to);
}

GenGemmForm
gen_gemm_form (GenPrecision precision, const float *weights, gint64 n)
{
  if (precision == GEN_PRECISION_BFLOAT16)
    return GEN_GEMM_BFLOAT16;
  if (precision != GEN_PRECISION_FLOAT16)
    return GEN_GEMM_FLOAT32;
  for (gint64 i = 0; i < n; i++)
    if (!(fabsf (weights[i]) <= LARGEST_FLOAT16))
      return GEN_GEMM_FLOAT32;
  return GEN_GEMM_FLOAT16;
}

void
gen_gemm_narrow_panel (GenGemmForm form, const float *panel, gint64 k, int width, guint16 *to)
{
  const int half = width / 2;

  if (form == GEN_GEMM_FLOAT16) {
    gen_half_narrow (GEN_TYPE_FLOAT16, panel, to, k * width);
    return;
  }
  for (gint64 i = 0; i < k * width; i += width)
    for (int c = 0; c < half; c++) {
      const float two[] = { panel[i + c], panel[i + half + c] };

      gen_half_narrow (GEN_TYPE_BFLOAT16, two, to + i + 2 * c, 2);
    }
}

static inline __attribute__ ((always_inline)) void
widen_halves (const Bits *pairs, gint64 k, const int half, Bits *to)
{
  for (gint64 i = 0; i < k; i++, pairs += half, to += 2 * half)
    for (int c = 0; c < half; c++) {
      to[c] = pairs[c] << 16;
      to[half + c] = pairs[c] & 0xffff0000;
    }
}

GEN_CLONES (
    void, widen_bfloat16, (const Bits *pairs, gint64 k, int width, Bits *to), (pairs, k, width, to))
{
  switch (width) {
  case 8:
    widen_halves (pairs, k, 4, to);
    break;
  case 16:
    widen_halves (pairs, k, 8, to);
    break;
  default:
    widen_halves (pairs, k, width / 2, to);
  }
}

void
gen_gemm_widen_panel (GenGemmForm form, const guint16 *panel, gint64 k, int width, float *to)
{
  if (form == GEN_GEMM_FLOAT16)
    gen_half_widen (GEN_TYPE_FLOAT16, panel, 1, to, k * width);
  else
    widen_bfloat16 ((const Bits *)panel, k, width, (Bits *)to);
}

GEN_CLONES (void, store_rows,
    (const float *tile, int width, int rows, int columns, gboolean adds, float *c, gint64 stride),
    (tile, width, rows, columns, adds, c, stride))
{
  for (int r = 0; r < rows; r++, tile += width, c += stride)
    for (int i = 0; i < columns; i++)
      c[i] = adds ? c[i] + tile[i] : tile[i];
}

GEN_CLONES (void, store_columns,
    (const float *tile, int width, int rows, int columns, float *c, gint64 stride),
    (tile, width, rows, columns, c, stride))
{
  turn (tile, width, rows, columns, c, stride);
}

void
gen_gemm_store (const float *tile, int width, int rows, int columns, gboolean adds, gboolean turned,
    float *c, gint64 stride)
{
  float sums[GEN_GEMM_MAX_PANEL * GEN_GEMM_MAX_ROWS];

  if (!turned) {
    store_rows (tile, width, rows, columns, adds, c, stride);
  } else if (!adds) {
    store_columns (tile, width, rows, columns, c, stride);
  } else {
    store_columns (tile, width, rows, columns, sums, rows);
    store_rows (sums, rows, columns, rows, TRUE, c, stride);
  }
}
