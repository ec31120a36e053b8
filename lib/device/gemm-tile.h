/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The innermost part of a matrix product, for one kind of vector unit. gemm_unit.c includes this
 * file once for each kind, with
 *   VECTOR   floats in a vector register,
 *   ROWS     rows of a tile, 6, 12 or 14: as many as leave registers for one row of the panel,
 *   HALF(x)  VECTOR float16 at x as floats, where the unit can widen them,
 *   NAME(x)  the names of the functions.
 * A tile is ROWS by 2 * VECTOR results, held in registers while k runs. */

#define AHEAD 32

#include "panel-row.h"
#include "row-cases.h"

/* `rows` by `panels` panels that are `width` wide, one vector or two. */
static inline __attribute__ ((always_inline)) void
NAME (block_rows) (const int rows, const int panels, const int width, const GenGemmForm form,
    const GenGemmBlock *block)
{
  const gint64 row_stride = block->row_stride, k_stride = block->k_stride;
  const gsize step = block->step, next = block->next;
  const int bytes = width * (form == GEN_GEMM_FLOAT32 ? 4 : 2);
  const char *at = block->panel, *ahead = at + AHEAD / panels * step;
  /* Every third row: an address can add a stride once or twice, and a pointer to each row or a
   * multiple of the stride for each would be more than there are registers. */
  const float *third[(ROWS + 2) / 3];
  NAME (Vector) low[ROWS], high[ROWS];

#pragma GCC unroll 16
  for (int i = 0; i < rows * panels; i++) {
    low[i] = (NAME (Vector)){ 0 };
    high[i] = (NAME (Vector)){ 0 };
  }
#pragma GCC unroll 16
  for (int r = 0; r < rows; r += 3)
    third[r / 3] = block->rows + r * row_stride;
    /* The lines of the results come while the sums are made. */
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++)
    __builtin_prefetch (block->out + r * block->out_stride, 1);
  for (gint64 i = 0; i < block->k; i++) {
#pragma GCC unroll 4
    for (int p = 0; p < panels; p++) {
      NAME (Vector) left, right;

      __builtin_prefetch (ahead + p * next);
      if (bytes > 64)
        __builtin_prefetch (ahead + p * next + 64);
      if (width > VECTOR)
        NAME (load) (form, at + p * next, &left, &right);
      else
        left = *(const NAME (Vector) *)at;
#pragma GCC unroll 16
      for (int r = 0; r < rows; r++) {
        const float value = third[r / 3][r % 3 * row_stride];

        low[p * rows + r] += value * left;
        if (width > VECTOR)
          high[p * rows + r] += value * right;
      }
    }
#pragma GCC unroll 16
    for (int r = 0; r < rows; r += 3) {
      third[r / 3] += k_stride;
      __asm__("" : "+r"(third[r / 3])); /* else the compiler makes multiples of the stride */
    }
    at += step;
    ahead += step;
  }
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
    for (int p = 0; p < panels; p++) {
      NAME (Vector) *to = (NAME (Vector) *)(block->out + r * block->out_stride + p * width);

      low[p * rows + r] *= block->alpha;
      high[p * rows + r] *= block->alpha;
      to[0] = block->adds ? to[0] + low[p * rows + r] : low[p * rows + r];
      if (width > VECTOR)
        to[1] = block->adds ? to[1] + high[p * rows + r] : high[p * rows + r];
    }
}

#define CASE(n, panels, width, form)                                                               \
  case n:                                                                                          \
    NAME (block_rows) (n, panels, width, form, block);                                             \
    break;
#define FUNCTION(name, cases)                                                                      \
  static void NAME (name) (int rows, const GenGemmBlock *block)                                    \
  {                                                                                                \
    switch (rows) {                                                                                \
      cases default : g_assert_not_reached ();                                                     \
    }                                                                                              \
  }
#if ROWS == 14
#define CASES(width, form) GEN_ROWS_TO_14 (CASE, 1, width, form)
#elif ROWS == 12
#define CASES(width, form) GEN_ROWS_TO_12 (CASE, 1, width, form)
#else
#define CASES(width, form) GEN_ROWS_TO_6 (CASE, 1, width, form)
#endif
/* As gen_gemm_few says. */
#define FEW(form)                                                                                  \
  CASE (1, 4, 2 * VECTOR, form)                                                                    \
  CASE (2, 2, 2 * VECTOR, form)                                                                    \
  CASE (3, 2, 2 * VECTOR, form)

FUNCTION (float32_block, CASES (2 * VECTOR, GEN_GEMM_FLOAT32))
FUNCTION (bfloat16_block, CASES (2 * VECTOR, GEN_GEMM_BFLOAT16))
FUNCTION (float32_few, FEW (GEN_GEMM_FLOAT32))
FUNCTION (bfloat16_few, FEW (GEN_GEMM_BFLOAT16))
FUNCTION (half_block, CASES (VECTOR, GEN_GEMM_FLOAT32))
#ifdef HALF
FUNCTION (float16_block, CASES (2 * VECTOR, GEN_GEMM_FLOAT16))
FUNCTION (float16_few, FEW (GEN_GEMM_FLOAT16))
#endif

static void
NAME (tile) (int rows, const float *a, gint64 row_stride, gint64 k_stride, const void *panel,
    gint64 k, gboolean adds, float *out)
{
  const gsize step = 2 * VECTOR * sizeof (float);

  NAME (float32_block)
  (rows, &(GenGemmBlock){ a, row_stride, k_stride, panel, step, 0, k, 1, adds, out, 2 * VECTOR });
}

#undef FEW
#undef CASES
#undef FUNCTION
#undef CASE
#undef AHEAD
