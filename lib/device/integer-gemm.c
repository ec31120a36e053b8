/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Integer products. Vector units multiply small integers and add up the neighbours within 32 bits:
 * four bytes, unsigned by signed (VNNI; AMX does so for whole tiles) or signed by signed
 * (ARM from 8.2 on), or two 16-bit numbers (everywhere else; bytes by bytes would saturate
 * there). So both operands are packed in groups of
 * that many elements along k, as 32-bit words. Where bytes have to change sign they are shifted by
 * 128, and their zero points with them; zero points are taken off at the end, by the sums of rows
 * and columns. */
#include "integer-gemm.h"

#include <string.h>

#include "../simd.h"
#include "features.h"
#include "integer-amx.h"

#define MAX_ROWS GEN_INTEGER_AMX_ROWS
#define MAX_PANEL 32

/* clang does not know the pragmas that bring the instructions along. */
#if defined(__x86_64__) && !defined(__clang__)
#include <immintrin.h>

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4,avx512vnni,prefer-vector-width=512")
#define VECTOR 16
#define ROWS 12
#define NAME(x) x##_512
#define DOT(s, a, b)                                                                               \
  (Vector_512) _mm512_dpbusd_epi32 ((__m512i)(s), _mm512_set1_epi32 (a), (__m512i)(b))
#include "integer-tile.h"
#undef VECTOR
#undef ROWS
#undef NAME
#undef DOT
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
#define VECTOR 8
#define ROWS 6
#define NAME(x) x##_256
#define DOT(s, a, b) (s) + (Vector_256)_mm256_madd_epi16 (_mm256_set1_epi32 (a), (__m256i)(b))
#include "integer-tile.h"
#undef NAME
#undef DOT
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3,avxvnni")
#define NAME(x) x##_vnni_256
#define DOT(s, a, b)                                                                               \
  (Vector_vnni_256) _mm256_dpbusd_avx_epi32 ((__m256i)(s), _mm256_set1_epi32 (a), (__m256i)(b))
#include "integer-tile.h"
#undef VECTOR
#undef ROWS
#undef NAME
#undef DOT
#pragma GCC pop_options
#endif

#if defined(__aarch64__)
#include <arm_neon.h>
#endif
#if defined(__aarch64__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC target("arch=armv8.2-a+dotprod")
#define VECTOR 4
#define ROWS 12
#define NAME(x) x##_dot
#define DOT(s, a, b)                                                                               \
  (Vector_dot) vdotq_lane_s32 ((int32x4_t)(s), (int8x16_t)(b), vcreate_s8 ((guint32)(a)), 0)
#include "integer-tile.h"
#undef VECTOR
#undef ROWS
#undef NAME
#undef DOT
#pragma GCC pop_options
#endif

typedef gint16 Pairs __attribute__ ((vector_size (16)));
typedef gint32 Sums __attribute__ ((vector_size (16), aligned (4)));

static inline Sums
dot (Sums sums, gint32 a, Sums b)
{
#if defined(__aarch64__)
  const int16x4_t pair = vcreate_s16 ((guint32)a);
  const int16x4_t first = vmovn_s32 ((int32x4_t)b), second = vshrn_n_s32 ((int32x4_t)b, 16);

  return (Sums)vmlal_lane_s16 (vmlal_lane_s16 ((int32x4_t)sums, first, pair, 0), second, pair, 1);
#else
  const Pairs p = (Pairs)((Sums){ 0 } + a), q = (Pairs)b;

  for (int i = 0; i < 4; i++)
    sums[i] += p[2 * i] * q[2 * i] + p[2 * i + 1] * q[2 * i + 1];
  return sums;
#endif
}

#define VECTOR 4
#define ROWS 6
#define NAME(x) x##_128
#define DOT(s, a, b) dot (s, a, b)
#include "integer-tile.h"
#undef VECTOR
#undef ROWS
#undef NAME
#undef DOT

typedef struct {
  int rows, panel;   /* largest tile */
  int group;         /* elements of a 32-bit word */
  int multiple;      /* what the number of words along k is a multiple of */
  gboolean a_signed; /* what bytes of A must be; those of B are signed */
  gboolean tiles;    /* AMX: rows of A lie one after the other, not word by word */
  void (*tile) (int rows, const gint32 *a, const gint32 *panel, gint64 groups, gint32 *out);
} Unit;

static const Unit *
find_unit (void)
{
  static const Unit baseline = { 6, 8, 2, 1, FALSE, FALSE, tile_128 };
#if defined(__x86_64__) && !defined(__clang__)
  static const Unit avx2 = { 6, 16, 2, 1, FALSE, FALSE, tile_256 };
  static const Unit avx_vnni = { 6, 16, 4, 1, FALSE, FALSE, tile_vnni_256 };
  static const Unit vnni = { 12, 32, 4, 1, FALSE, FALSE, tile_512 };
  static const Unit amx = { GEN_INTEGER_AMX_ROWS, GEN_INTEGER_AMX_PANEL, 4, GEN_INTEGER_AMX_GROUPS,
    FALSE, TRUE, gen_integer_amx_tile };

  if (gen_amx_multiplies (GEN_AMX_INT8))
    return &amx;
  if (gen_cpu_has (GEN_CPU_VNNI))
    return &vnni;
  if (gen_cpu_has (GEN_CPU_AVX_VNNI))
    return &avx_vnni;
  if (gen_cpu_has (GEN_CPU_AVX2))
    return &avx2;
#endif
#if defined(__aarch64__) && !defined(__clang__)
  static const Unit products = { 12, 8, 4, 1, TRUE, FALSE, tile_dot };

  if (gen_cpu_has (GEN_CPU_DOT_PRODUCT))
    return &products;
#endif
  return &baseline;
}

static gint64
groups_of (const GenIntegerGemm *gemm, const Unit *unit)
{
  gint64 all = unit->group * unit->multiple;

  return (gemm->k + all - 1) / all * unit->multiple;
}

int
gen_integer_gemm_panel_width (void)
{
  return find_unit ()->panel;
}

gint64
gen_integer_gemm_panels (const GenIntegerGemm *gemm)
{
  return (gemm->n + find_unit ()->panel - 1) / find_unit ()->panel;
}

gsize
gen_integer_gemm_panel_size (const GenIntegerGemm *gemm)
{
  const Unit *unit = find_unit ();

  /* The last row holds the sums of the columns. */
  return (groups_of (gemm, unit) + 1) * unit->panel * sizeof (gint32);
}

int
gen_integer_gemm_grain (void)
{
  return find_unit ()->rows;
}

gsize
gen_integer_gemm_scratch_size (const GenIntegerGemm *gemm)
{
  const Unit *unit = find_unit ();

  return groups_of (gemm, unit) * unit->rows * sizeof (gint32);
}

/* --- packing --- */

/* What is added to the elements of a matrix while it is packed, where bytes must be of the other
 * kind. */
static int
shift_of (const Unit *unit, gboolean is_signed, gboolean must_be_signed)
{
  if (unit->group == 2 || is_signed == must_be_signed)
    return 0;
  return must_be_signed ? -128 : 128;
}

static inline gint32
value_at (const guint8 *p, gboolean is_signed)
{
  return is_signed ? (gint8)*p : *p;
}

/* One row of words from up to four rows of bytes, and what they add to the sums of columns. */
GEN_CLONES (void, pack_bytes,
    (const guint8 *const rows[4], guint8 flip, int n, gint32 *to, guint32 *sums),
    (rows, flip, n, to, sums))
{
  for (int c = 0; c < n; c++) {
    const guint8 v0 = rows[0][c] ^ flip, v1 = rows[1][c] ^ flip;
    const guint8 v2 = rows[2][c] ^ flip, v3 = rows[3][c] ^ flip;

    to[c] = (gint32)(v0 | (guint32)v1 << 8 | (guint32)v2 << 16 | (guint32)v3 << 24);
    sums[c] += (guint32)((gint8)v0 + (gint8)v1 + (gint8)v2 + (gint8)v3);
  }
}

GEN_CLONES (void, pack_pairs,
    (const guint8 *const rows[2], gboolean is_signed, int n, gint32 *to, guint32 *sums),
    (rows, is_signed, n, to, sums))
{
  for (int c = 0; c < n; c++) {
    const gint32 v0 = is_signed ? (gint8)rows[0][c] : rows[0][c];
    const gint32 v1 = is_signed ? (gint8)rows[1][c] : rows[1][c];

    to[c] = (gint32)((guint32)(v0 & 0xffff) | (guint32)v1 << 16);
    sums[c] += (guint32)(v0 + v1);
  }
}

static void
pack_panel (
    const GenIntegerGemm *gemm, const Unit *unit, const guint8 *b, gint64 stride, int n, gint32 *to)
{
  guint8 flip = shift_of (unit, gemm->b_signed, TRUE) != 0 ? 0x80 : 0, nothing[MAX_PANEL];
  guint32 *sums = (guint32 *)to + groups_of (gemm, unit) * unit->panel;
  gint64 k = 0;

  /* Rows that are missing at the end, and columns, are zeros once they are packed. */
  memset (nothing, flip, sizeof nothing);
  memset (sums, 0, unit->panel * sizeof *sums);
  for (; (guint32 *)to < sums; k += unit->group, to += unit->panel) {
    const guint8 *rows[4];

    for (int i = 0; i < unit->group; i++)
      rows[i] = k + i < gemm->k ? b + (k + i) * stride : nothing;
    if (unit->group == 4)
      pack_bytes (rows, flip, n, to, sums);
    else
      pack_pairs (rows, gemm->b_signed, n, to, sums);
    memset (to + n, 0, (unit->panel - n) * sizeof *to);
  }
}

void
gen_integer_gemm_pack (const GenIntegerGemm *gemm, const void *b, gint64 stride, void *panels,
    gint64 first, gint64 end)
{
  const Unit *unit = find_unit ();

  for (gint64 p = first; p < end; p++)
    pack_panel (gemm, unit, (const guint8 *)b + p * unit->panel, stride,
        MIN (unit->panel, gemm->n - p * unit->panel),
        (gint32 *)((char *)panels + p * gen_integer_gemm_panel_size (gemm)));
}

GEN_CLONES (guint32, sum_row, (const guint8 *a, gint64 k, gboolean is_signed), (a, k, is_signed))
{
  guint32 sum = 0;

  if (is_signed)
    for (gint64 i = 0; i < k; i++)
      sum += (guint32)(gint8)a[i];
  else
    for (gint64 i = 0; i < k; i++)
      sum += a[i];
  return sum;
}

/* The words of a row of A, `step` apart. */
static void
pack_row (const GenIntegerGemm *gemm, const Unit *unit, const guint8 *a, int step, gint32 *to)
{
  guint32 flip = shift_of (unit, gemm->a_signed, unit->a_signed) != 0 ? 0x80808080 : 0, word;
  gint64 whole = gemm->k / unit->group, rest = gemm->k % unit->group;

  for (gint64 g = whole; g < groups_of (gemm, unit); g++)
    to[g * step] = 0;
  if (unit->group == 4) {
    for (gint64 g = 0; g < whole; g++) {
      memcpy (&word, a + 4 * g, 4);
      to[g * step] = (gint32)(word ^ flip);
    }
    if (rest > 0) {
      word = 0;
      for (gint64 i = 0; i < rest; i++)
        word |= (guint32)(a[4 * whole + i] ^ (flip & 0xff)) << (8 * i);
      to[whole * step] = (gint32)word;
    }
    return;
  }
  for (gint64 g = 0; g < whole; g++)
    to[g * step] = (gint32)((guint32)(value_at (a + 2 * g, gemm->a_signed) & 0xffff) |
                            (guint32)value_at (a + 2 * g + 1, gemm->a_signed) << 16);
  if (rest > 0)
    to[whole * step] = value_at (a + 2 * whole, gemm->a_signed) & 0xffff;
}

/* --- products --- */

/* The zero point number `i`, shifted as its matrix was. */
static gint32
zero_point (GenZeroPoints zero, gint64 i, gboolean is_signed, int shift)
{
  if (zero.values == NULL)
    return shift;
  return value_at ((const guint8 *)zero.values + i * zero.stride, is_signed) + shift;
}

/* c = tile - b_zero * (row's sum) - a_zero * (column's sum) + k * a_zero * b_zero, in arithmetic
 * that wraps as the tile's own does. */
GEN_CLONES (void, store,
    (const gint32 *tile, const gint32 *sums, const gint32 *b_zero, guint32 a_zero, guint32 row_sum,
        guint32 k, gint32 *c, int n),
    (tile, sums, b_zero, a_zero, row_sum, k, c, n))
{
  for (int i = 0; i < n; i++)
    c[i] = (gint32)((guint32)tile[i] - a_zero * (guint32)sums[i] +
                    (guint32)b_zero[i] * (k * a_zero - row_sum));
}

void
gen_integer_gemm_run (const GenIntegerGemm *gemm, const void *a, GenZeroPoints a_zero,
    const void *panels, GenZeroPoints b_zero, gint32 *c, gint64 c_stride, gint64 first, gint64 end,
    void *scratch)
{
  const Unit *unit = find_unit ();
  gint64 groups = groups_of (gemm, unit), n_panels = gen_integer_gemm_panels (gemm);
  gint64 tiles = (end - first + unit->rows - 1) / unit->rows;
  int a_shift = shift_of (unit, gemm->a_signed, unit->a_signed);
  int b_shift = shift_of (unit, gemm->b_signed, TRUE);
  gint32 tile[MAX_ROWS * MAX_PANEL] __attribute__ ((aligned (64)));
  gint32 zeros[MAX_PANEL];
  guint32 row_sums[MAX_ROWS];

  if (unit->tiles)
    gen_amx_begin ();
  for (gint64 t = 0; t < tiles; t++) {
    gint64 row = first + (end - first) * t / tiles;
    int height = first + (end - first) * (t + 1) / tiles - row;
    const guint8 *rows = (const guint8 *)a + row * gemm->k;

    for (int r = 0; r < height; r++) {
      if (unit->tiles)
        pack_row (gemm, unit, rows + r * gemm->k, 1, (gint32 *)scratch + r * groups);
      else
        pack_row (gemm, unit, rows + r * gemm->k, height, (gint32 *)scratch + r);
      row_sums[r] = sum_row (rows + r * gemm->k, gemm->k, gemm->a_signed) +
                    (guint32)a_shift * (guint32)gemm->k;
    }
    for (gint64 p = 0; p < n_panels; p++) {
      const gint32 *panel =
          (const gint32 *)((const char *)panels + p * gen_integer_gemm_panel_size (gemm));
      gint64 column = p * unit->panel;
      int n = MIN (unit->panel, gemm->n - column);

      unit->tile (height, scratch, panel, groups, tile);
      for (int i = 0; i < n; i++)
        zeros[i] = zero_point (b_zero, column + i, gemm->b_signed, b_shift);
      for (int r = 0; r < height; r++)
        store (tile + r * unit->panel, panel + groups * unit->panel, zeros,
            (guint32)zero_point (a_zero, row + r, gemm->a_signed, a_shift), row_sums[r], gemm->k,
            c + (row + r) * c_stride + column, n);
    }
  }
  if (unit->tiles)
    gen_amx_end ();
}
