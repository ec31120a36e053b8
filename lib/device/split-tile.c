/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packing into tiles, which splits numbers and, where it has to, transposes; and the innermost
 * loop: four tiles of results, 32 by 32, are in registers while k runs. */
#include "split-tile.h"

#include <immintrin.h>
#include <string.h>

#include "features.h"

#define TARGET __attribute__ ((target ("avx512f,avx512bw,avx512dq,avx512vl,amx-tile,amx-bf16")))
#define INLINE static inline __attribute__ ((always_inline))

#define LINES GEN_SPLIT_LINES
#define STEP GEN_SPLIT_STEP
#define TILE_BYTES GEN_SPLIT_TILE_BYTES
#define BLOCK GEN_SPLIT_BLOCK
#define MAX_SPLITS 3
#define AHEAD 4 /* steps that are fetched before they are packed */

gboolean
gen_split_is_available (void)
{
  return gen_amx_multiplies (GEN_AMX_BFLOAT16) && gen_cpu_has (GEN_CPU_AVX512);
}

/* --- packing --- */

/* The nearest bfloat16, as a float: 8 of 24 bits. */
TARGET INLINE __m512
to_bfloat16 (__m512 x)
{
  const __m512i half = _mm512_set1_epi32 (0x8000), upper = _mm512_set1_epi32 ((int)0xffff0000);

  return _mm512_castsi512_ps (
      _mm512_and_si512 (_mm512_add_epi32 (_mm512_castps_si512 (x), half), upper));
}

/* Parts of 8 bits each: three of them add up to x, two nearly. */
TARGET INLINE void
split (__m512 x, int splits, __m512 parts[MAX_SPLITS])
{
  for (int s = 0; s < splits; s++) {
    parts[s] = to_bfloat16 (x);
    x = _mm512_sub_ps (x, parts[s]);
  }
}

/* The upper halves of two vectors, pair by pair: the first's in the lower halves. */
TARGET INLINE __m512i
pair (__m512 first, __m512 second)
{
  const __m512i upper = _mm512_set1_epi32 ((int)0xffff0000);
  enum { FIRST_OR_UPPER_SECOND = 0xf8 }; /* without optimisation it has to be a constant */

  return _mm512_ternarylogic_epi32 (_mm512_srli_epi32 (_mm512_castps_si512 (first), 16),
      _mm512_castps_si512 (second), upper, FIRST_OR_UPPER_SECOND);
}

/* The upper halves of two vectors, one after the other. */
TARGET INLINE __m512i
join (__m512 first, __m512 second)
{
  const __m512i odd = _mm512_add_epi16 (_mm512_set1_epi16 (1),
      _mm512_slli_epi16 (_mm512_set_epi16 (31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18,
                             17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
          1));

  return _mm512_permutex2var_epi16 (_mm512_castps_si512 (first), odd, _mm512_castps_si512 (second));
}

/* 16 by 16 words turned over. */
TARGET INLINE void
transpose (__m512i m[LINES])
{
  __m512i t[LINES];

  for (int i = 0; i < LINES; i += 2) {
    t[i] = _mm512_unpacklo_epi32 (m[i], m[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32 (m[i], m[i + 1]);
  }
  for (int i = 0; i < LINES; i += 4) {
    m[i] = _mm512_unpacklo_epi64 (t[i], t[i + 2]);
    m[i + 1] = _mm512_unpackhi_epi64 (t[i], t[i + 2]);
    m[i + 2] = _mm512_unpacklo_epi64 (t[i + 1], t[i + 3]);
    m[i + 3] = _mm512_unpackhi_epi64 (t[i + 1], t[i + 3]);
  }
  for (int i = 0; i < 4; i++) {
    t[i] = _mm512_shuffle_i32x4 (m[i], m[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_i32x4 (m[i], m[i + 4], 0xdd);
    t[i + 8] = _mm512_shuffle_i32x4 (m[i + 8], m[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_i32x4 (m[i + 8], m[i + 12], 0xdd);
  }
  for (int i = 0; i < 4; i++) {
    m[i] = _mm512_shuffle_i32x4 (t[i], t[i + 8], 0x88);
    m[i + 8] = _mm512_shuffle_i32x4 (t[i], t[i + 8], 0xdd);
    m[i + 4] = _mm512_shuffle_i32x4 (t[i + 4], t[i + 12], 0x88);
    m[i + 12] = _mm512_shuffle_i32x4 (t[i + 4], t[i + 12], 0xdd);
  }
}

static inline __mmask16
mask_of (gint64 n)
{
  return n >= 16 ? 0xffff : n <= 0 ? 0 : (__mmask16)((1u << n) - 1);
}

/* 16 rows of 32 numbers, in two halves: of an operand that is contiguous along k, lines; else
 * numbers along k, the first 16 of them in the first half. Zeros beyond. */
TARGET INLINE void
load (const GenSplitMatrix *operand, const float *from, gint64 lines, gint64 n,
    __m512i first[LINES], __m512i second[LINES])
{
  const gboolean along_k = operand->k_stride == 1;
  const gint64 stride = along_k ? operand->line_stride : operand->k_stride;
  const gint64 apart = along_k ? LINES : LINES * stride; /* the halves */
  const gint64 ahead = along_k ? STEP : STEP * stride;   /* the next step along k */
  const gint64 rows = along_k ? lines : n, rows_second = along_k ? lines : n - LINES;
  const __mmask16 mask = mask_of (along_k ? n : lines);
  const __mmask16 mask_second = mask_of (along_k ? n - LINES : lines);

  for (int i = 0; i < LINES; i++) {
    const float *row = from + i * stride;

    first[i] = second[i] = _mm512_setzero_si512 ();
    if (i < rows)
      first[i] = _mm512_maskz_loadu_epi32 (mask, row);
    if (i < rows_second)
      second[i] = _mm512_maskz_loadu_epi32 (mask_second, row + apart);
    /* The processor's own guess does not follow so many rows at once. */
    _mm_prefetch (row + AHEAD * ahead, _MM_HINT_T0);
    _mm_prefetch (row + AHEAD * ahead + apart, _MM_HINT_T0);
  }
}

/* The tiles of 16 lines from `line` on, and 32 numbers along k from `k` on. */
TARGET INLINE void
pack_tiles (const GenSplitMatrix *operand, gboolean right, const int splits, const float *numbers,
    gint64 line, gint64 k, guint8 *to)
{
  const float *from = numbers + line * operand->line_stride + k * operand->k_stride;
  __m512i rows[2][LINES];

  load (operand, from, operand->lines - line, operand->k - k, rows[0], rows[1]);
  if ((operand->k_stride == 1) == right) {
    transpose (rows[0]);
    transpose (rows[1]);
  }
  for (int i = 0; i < LINES; i++, to += 64) {
    __m512 a[MAX_SPLITS], b[MAX_SPLITS];

    if (right) {
      split (_mm512_castsi512_ps (rows[i / 8][2 * i % LINES]), splits, a);
      split (_mm512_castsi512_ps (rows[i / 8][2 * i % LINES + 1]), splits, b);
      for (int s = 0; s < splits; s++)
        _mm512_store_si512 (to + s * TILE_BYTES, pair (a[s], b[s]));
    } else {
      split (_mm512_castsi512_ps (rows[0][i]), splits, a);
      split (_mm512_castsi512_ps (rows[1][i]), splits, b);
      for (int s = 0; s < splits; s++)
        _mm512_store_si512 (to + s * TILE_BYTES, join (a[s], b[s]));
    }
  }
}

gsize
gen_split_line_size (gint64 k, int splits)
{
  return (k + STEP - 1) / STEP * splits * TILE_BYTES;
}

TARGET void
gen_split_pack (const GenSplitMatrix *matrix, gboolean right, int splits, const float *numbers,
    gint64 line, gint64 n, guint8 *to)
{
  for (gint64 l = line; l < line + n; l += LINES)
    for (gint64 k = 0; k < matrix->k; k += STEP, to += splits * TILE_BYTES)
      if (l >= matrix->lines)
        memset (to, 0, splits * TILE_BYTES);
      else if (splits == 3)
        pack_tiles (matrix, right, 3, numbers, l, k, to);
      else if (splits == 1)
        pack_tiles (matrix, right, 1, numbers, l, k, to);
      else
        pack_tiles (matrix, right, 2, numbers, l, k, to);
}

/* --- right operands that are kept --- */

#define STORED_BYTES (STEP * LINES * 4)

/* Making tiles takes about as long as multiplying one block by them. */
#define FEW_USES 4
/* Bytes of tiles that stay in the second-level cache from one run to the next. */
#define FEW_TILES (2 << 20)

GenSplitForm
gen_split_form (const GenSplitMatrix *matrix, int splits, gint64 uses)
{
  gsize size = (matrix->lines + LINES - 1) / LINES * gen_split_line_size (matrix->k, splits);

  return (GenSplitForm){ splits, splits < MAX_SPLITS || (uses < FEW_USES && size <= FEW_TILES) };
}

gsize
gen_split_stored_size (const GenSplitForm *form, gint64 steps)
{
  return steps * (form->as_tiles ? form->splits * TILE_BYTES : STORED_BYTES);
}

gsize
gen_split_made_size (const GenSplitForm *form, gint64 steps)
{
  return form->as_tiles ? 0 : 2 * steps * form->splits * TILE_BYTES;
}

/* Numbers along k one after the other, 16 lines each. */
TARGET static void
store_step (const GenSplitMatrix *matrix, const float *numbers, gint64 line, gint64 k, guint8 *to)
{
  const float *from = numbers + line * matrix->line_stride + k * matrix->k_stride;
  __m512i rows[2][LINES];

  load (matrix, from, matrix->lines - line, matrix->k - k, rows[0], rows[1]);
  for (int half = 0; half < 2; half++) {
    if (matrix->k_stride == 1)
      transpose (rows[half]);
    for (int i = 0; i < LINES; i++, to += 64)
      _mm512_store_si512 (to, rows[half][i]);
  }
}

void
gen_split_store (const GenSplitForm *form, const GenSplitMatrix *matrix, const float *numbers,
    gint64 n, guint8 *to)
{
  if (form->as_tiles) {
    gen_split_pack (matrix, TRUE, form->splits, numbers, 0, n, to);
    return;
  }
  for (gint64 line = 0; line < n; line += LINES)
    for (gint64 k = 0; k < matrix->k; k += STEP, to += STORED_BYTES)
      if (line < matrix->lines)
        store_step (matrix, numbers, line, k, to);
      else
        memset (to, 0, STORED_BYTES);
}

GenSplitRight
gen_split_right (const GenSplitForm *form, const guint8 *stored, gsize next, guint8 *to)
{
  return (GenSplitRight){ stored, next, form->as_tiles ? NULL : to };
}

GenSplitRight
gen_split_made (const GenSplitRight *right, gint64 steps)
{
  if (right->make_at == NULL)
    return *right;
  return (GenSplitRight){ right->make_at, steps * MAX_SPLITS * TILE_BYTES, NULL };
}

/* A row of three parts' tiles, as split () makes them: the last has 8 bits already, or is next to
 * no number. */
TARGET INLINE void
make_row (const guint8 *stored, guint8 *to)
{
  __m512 a = _mm512_load_ps ((const float *)stored);
  __m512 b = _mm512_load_ps ((const float *)stored + LINES);
  __m512 p = to_bfloat16 (a), q = to_bfloat16 (b);

  _mm512_store_si512 (to, pair (p, q));
  a = _mm512_sub_ps (a, p);
  b = _mm512_sub_ps (b, q);
  p = to_bfloat16 (a);
  q = to_bfloat16 (b);
  _mm512_store_si512 (to + TILE_BYTES, pair (p, q));
  _mm512_store_si512 (to + 2 * TILE_BYTES, pair (_mm512_sub_ps (a, p), _mm512_sub_ps (b, q)));
}

TARGET void
gen_split_pixels (const float *from, gint64 n, gint64 channels, int splits, gsize pixel, guint8 *to)
{
  for (gint64 i = 0; i < n; i++, from += channels, to += pixel) {
    guint8 *step = to;

    for (gint64 c = 0; c < channels; c += STEP, step += splits * 64) {
      __m512 a[MAX_SPLITS], b[MAX_SPLITS];

      split (_mm512_maskz_loadu_ps (mask_of (channels - c), from + c), splits, a);
      split (_mm512_maskz_loadu_ps (mask_of (channels - c - 16), from + c + 16), splits, b);
      for (int s = 0; s < splits; s++)
        _mm512_store_si512 (step + s * 64, join (a[s], b[s]));
    }
  }
}

TARGET void
gen_split_turn_over (float *results, gint64 stride)
{
  __m512i rows[LINES];

  for (int i = 0; i < LINES; i++)
    rows[i] = _mm512_load_si512 (results + i * stride);
  transpose (rows);
  for (int i = 0; i < LINES; i++)
    _mm512_store_si512 (results + i * stride, rows[i]);
}

/* --- the product --- */

/* Tiles 0 to 3 are results, 4 and 5 left, 6 and 7 right. Of 16 left lines alone tiles 2 and 3 are
 * results once more, of every other part: a tile can be added to only after a while. */

/* What is known where the loop is compiled. */
typedef struct {
  int splits;
  gboolean both; /* 32 left lines */
  gboolean make; /* the right tiles are yet to be made */
} Kind;

TARGET INLINE void
load_left (const Kind kind, const guint8 *first, const guint8 *second, gsize line)
{
  _tile_loadd (4, first, line);
  if (kind.both)
    _tile_loadd (5, second, line);
}

TARGET INLINE void
load_right (const guint8 *first, gsize next)
{
  _tile_loadd (6, first, 64);
  _tile_loadd (7, first + next, 64);
}

/* Part `n` of a step's products. */
TARGET INLINE void
add_products (const Kind kind, int n)
{
  if (kind.both || n % 2 == 1) {
    _tile_dpbf16ps (0, 4, 6);
    _tile_dpbf16ps (1, 4, 7);
  }
  if (kind.both) {
    _tile_dpbf16ps (2, 5, 6);
    _tile_dpbf16ps (3, 5, 7);
  } else if (n % 2 == 0) {
    _tile_dpbf16ps (2, 4, 6);
    _tile_dpbf16ps (3, 4, 7);
  }
}

/* The tiles of a step that are made while the one before is multiplied, a sixth after each of its
 * six parts: vector units have nothing else to do. */
typedef struct {
  const guint8 *stored;
  gsize stored_next;
  guint8 *to;
  gsize next;
} Making;

TARGET INLINE void
make_part (const Kind kind, const Making *making, const int n)
{
  if (!kind.make || making->to == NULL)
    return;
#pragma GCC unroll 6
  for (int row = 2 * LINES * n / 6; row < 2 * LINES * (n + 1) / 6; row++) {
    const int half = row / LINES, i = row % LINES;

    make_row (making->stored + half * making->stored_next + i * 128,
        making->to + half * making->next + i * 64);
  }
}

TARGET INLINE void
make_step (const Kind kind, const Making *making)
{
  for (int n = 0; n < 6; n++)
    make_part (kind, making, n);
}

/* One step along k; the smaller products come first. */
TARGET INLINE void
multiply_step (const Kind kind, const GenSplitLayout *layout, const guint8 *a, const guint8 *b,
    const guint8 *right, gsize next, const Making *making)
{
  load_right (right, next);
  if (kind.splits == 3) {
    load_left (kind, a + 2 * layout->part, b + 2 * layout->part, layout->line);
    add_products (kind, 0);
    make_part (kind, making, 0);
  }
  if (kind.splits > 1) {
    load_left (kind, a + layout->part, b + layout->part, layout->line);
    add_products (kind, 1);
    make_part (kind, making, 1);
  }
  if (kind.splits == 3) {
    load_right (right + TILE_BYTES, next);
    add_products (kind, 2);
    make_part (kind, making, 2);
    load_left (kind, a, b, layout->line);
    add_products (kind, 3);
    make_part (kind, making, 3);
    load_right (right + 2 * TILE_BYTES, next);
    add_products (kind, 4);
    make_part (kind, making, 4);
    load_right (right, next);
  } else if (kind.splits == 2) {
    load_left (kind, a, b, layout->line);
    load_right (right + TILE_BYTES, next);
    add_products (kind, 2);
    load_right (right, next);
  } else {
    load_left (kind, a, b, layout->line);
  }
  add_products (kind, 5);
  make_part (kind, making, 5);
}

TARGET INLINE void
begin_results (const Kind kind, gboolean begin, const float *results)
{
  const gsize stride = BLOCK * sizeof (float);

  if (begin) {
    _tile_zero (0);
    _tile_zero (1);
  } else {
    _tile_loadd (0, results, stride);
    _tile_loadd (1, results + LINES, stride);
  }
  if (begin || !kind.both) {
    _tile_zero (2);
    _tile_zero (3);
  } else {
    _tile_loadd (2, results + LINES * BLOCK, stride);
    _tile_loadd (3, results + LINES * BLOCK + LINES, stride);
  }
}

TARGET INLINE void
end_results (const Kind kind, float *results)
{
  const gsize stride = BLOCK * sizeof (float);

  _tile_stored (0, results, stride);
  _tile_stored (1, results + LINES, stride);
  _tile_stored (2, results + LINES * BLOCK, stride);
  _tile_stored (3, results + LINES * BLOCK + LINES, stride);
  for (int i = 0; !kind.both && i < LINES * BLOCK; i += 16)
    _mm512_store_ps (results + i,
        _mm512_add_ps (_mm512_load_ps (results + LINES * BLOCK + i), _mm512_load_ps (results + i)));
}

TARGET INLINE void
multiply (const Kind kind, const GenSplitLayout *layout, const guint8 *first, const guint8 *second,
    const gsize *offsets, int taps, gint64 steps, const GenSplitRight *right, gboolean begin,
    float *results)
{
  const GenSplitRight made = gen_split_made (right, taps * steps);
  const gsize size = kind.splits * TILE_BYTES;
  const guint8 *tiles = made.tiles, *end = tiles + taps * steps * size;
  Making making = { right->tiles, right->next, right->make_at, made.next };

  make_step (kind, &making);
  begin_results (kind, begin, results);
  for (int tap = 0; tap < taps; tap++) {
    const guint8 *a = first + offsets[tap], *b = second + (kind.both ? offsets[tap] : 0);

    for (gint64 s = 0; s < steps; s++) {
      making.stored += STORED_BYTES;
      making.to = kind.make && tiles + size < end ? making.to + size : NULL;
      multiply_step (kind, layout, a, b, tiles, made.next, &making);
      a += layout->step;
      b += kind.both ? layout->step : 0;
      tiles += size;
    }
  }
  end_results (kind, results);
}

#define KINDS(splits, make)                                                                        \
  do {                                                                                             \
    if (second != NULL)                                                                            \
      multiply ((Kind){ splits, TRUE, make }, layout, first, second, offsets, taps, steps, right,  \
          begin, results);                                                                         \
    else                                                                                           \
      multiply ((Kind){ splits, FALSE, make }, layout, first, second, offsets, taps, steps, right, \
          begin, results);                                                                         \
  } while (0)

TARGET void
gen_split_multiply (const GenSplitLayout *layout, const guint8 *first, const guint8 *second,
    const gsize *offsets, int taps, gint64 steps, const GenSplitRight *right, int splits,
    gboolean begin, float *results)
{
  if (splits == 3 && right->make_at != NULL)
    KINDS (3, TRUE);
  else if (splits == 3)
    KINDS (3, FALSE);
  else if (splits == 1)
    KINDS (1, FALSE);
  else
    KINDS (2, FALSE);
}
