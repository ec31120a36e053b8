/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading a packed panel of weights, for gemm_tile.h and direct_tile.h: VECTOR, NAME and HALF are
 * theirs. */

typedef float NAME (Vector) __attribute__ ((vector_size (VECTOR * 4), aligned (4)));
typedef guint32 NAME (Words) __attribute__ ((vector_size (VECTOR * 4), aligned (4)));

#if defined(HALF) && defined(__clang__)
/* clang does not know the pragmas that bring the instructions along. */
static inline NAME (Vector) NAME (widen) (const char *row)
{
  NAME (Vector) wide;

  gen_half_widen (GEN_TYPE_FLOAT16, row, 1, (float *)&wide, VECTOR);
  return wide;
}
#undef HALF
#define HALF(x) NAME (widen) (x)
#endif

/* One row of a panel of two vectors: 16-bit numbers are widened on their way. */
static inline __attribute__ ((always_inline)) void
NAME (load) (const GenGemmForm form, const char *row, NAME (Vector) * left, NAME (Vector) * right)
{
  if (form == GEN_GEMM_BFLOAT16) {
    const NAME (Words) words = *(const NAME (Words) *)row;

    *left = (NAME (Vector)) (words << 16);
    *right = (NAME (Vector)) (words & 0xffff0000);
#ifdef HALF
  } else if (form == GEN_GEMM_FLOAT16) {
    *left = HALF (row);
    *right = HALF (row + 2 * VECTOR);
#endif
  } else {
    *left = ((const NAME (Vector) *)row)[0];
    *right = ((const NAME (Vector) *)row)[1];
  }
}
