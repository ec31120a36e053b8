/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Products on AMX tiles. A tile is 16 rows of 64 bytes: of the left operand 16 rows by 32 along k,
 * of the right one 16 pairs along k by 16 columns. Both operands are packed into such tiles, the
 * parts of the numbers in one after the other; packing splits and, where it has to, transposes.
 * Four tiles of results, 32 by 32, are in registers while k runs, in blocks of k that leave the
 * right operand's tiles in the first-level cache. */
#include "split_gemm.h"

#include <cpuid.h>
#include <immintrin.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TARGET                                                                                     \
  __attribute__ ((target ("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,amx-tile,amx-bf16")))

#define ARCH_REQ_XCOMP_PERM 0x1023
#define XFEATURE_XTILEDATA 18

#define TILE 16 /* lines: rows of the left operand, columns of the right one */
#define STEP 32 /* numbers along k in a tile */
#define TILE_BYTES 1024
#define MAX_SPLITS 3
#define AHEAD 4  /* steps that are fetched before they are packed */
#define BLOCK 32 /* lines at a time: two tiles each way */
#define STEPS_PER_BLOCK 12
#define LINES_AT_ONCE 128 /* packed at a time: they stay in the second-level cache */

/* Below these the packing does not pay. */
#define LEAST_EXTENT 16
#define LEAST_WORK (64. * 64 * 64)
#define WORK_PER_PART 1000000.0

/* An operand, its lines numbered along m or n. */
typedef struct {
  gint64 line_stride, k_stride; /* one of them is 1 */
  gint64 lines, k;
  gboolean pairs_first; /* tiles have a row for each pair along k, else one for each line */
} Operand;

struct _GenSplitGemm {
  Operand left, right;
  int splits;
  gboolean swapped; /* the left operand is B, and results are turned over */
  float alpha;
  gint64 n;            /* results in a row of C */
  gint64 steps;        /* along k */
  gint64 right_lines;  /* packed at a time */
  gboolean split_left; /* parts share the left lines, else the right ones */
  int parts;
  guint8 *packed; /* of a constant right operand */
};

static gboolean
detect (void)
{
  unsigned int a, b, c, d;

  if (!__get_cpuid_count (7, 0, &a, &b, &c, &d) || (d & (1u << 22)) == 0 || (d & (1u << 24)) == 0)
    return FALSE; /* AMX-BF16, AMX-TILE */
  if (!__get_cpuid_count (7, 1, &a, &b, &c, &d) || (a & (1u << 5)) == 0)
    return FALSE; /* AVX512-BF16 */
  if (!__builtin_cpu_supports ("avx512f") || !__builtin_cpu_supports ("avx512vl") ||
      !__builtin_cpu_supports ("avx512bw") || !__builtin_cpu_supports ("avx512dq"))
    return FALSE;
  /* The system keeps room for the tiles only for processes that ask. */
  return syscall (SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}

static gboolean
is_available (void)
{
  static gsize known = 0;

  if (g_once_init_enter (&known))
    g_once_init_leave (&known, detect () ? 1 : 2);
  return known == 1;
}

/* --- packing --- */

/* The nearest bfloat16, as a float: 8 of 24 bits. */
TARGET static inline __m512
to_bfloat16 (__m512 x)
{
  const __m512i half = _mm512_set1_epi32 (0x8000), upper = _mm512_set1_epi32 ((int)0xffff0000);

  return _mm512_castsi512_ps (
      _mm512_and_si512 (_mm512_add_epi32 (_mm512_castps_si512 (x), half), upper));
}

/* Parts of 8 bits each: three of them add up to x, two nearly. */
TARGET static inline void
split (__m512 x, int splits, __m512 parts[MAX_SPLITS])
{
  for (int s = 0; s < splits; s++) {
    parts[s] = to_bfloat16 (x);
    x = _mm512_sub_ps (x, parts[s]);
  }
}

/* The upper halves of two vectors, pair by pair: the first's in the lower halves. */
TARGET static inline __m512i
pair (__m512 first, __m512 second)
{
  return _mm512_or_si512 (
      _mm512_srli_epi32 (_mm512_castps_si512 (first), 16), _mm512_castps_si512 (second));
}

/* The upper halves of two vectors, one after the other. */
TARGET static inline __m512i
join (__m512 first, __m512 second)
{
  const __m512i odd = _mm512_add_epi16 (_mm512_set1_epi16 (1),
      _mm512_slli_epi16 (_mm512_set_epi16 (31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18,
                             17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
          1));

  return _mm512_permutex2var_epi16 (_mm512_castps_si512 (first), odd, _mm512_castps_si512 (second));
}

/* 16 by 16 words turned over. */
TARGET static inline void
transpose (__m512i m[TILE])
{
  __m512i t[TILE];

  for (int i = 0; i < TILE; i += 2) {
    t[i] = _mm512_unpacklo_epi32 (m[i], m[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32 (m[i], m[i + 1]);
  }
  for (int i = 0; i < TILE; i += 4) {
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
TARGET static inline void
load (const Operand *operand, const float *from, gint64 lines, gint64 n, __m512i first[TILE],
    __m512i second[TILE])
{
  const gboolean along_k = operand->k_stride == 1;
  const gint64 stride = along_k ? operand->line_stride : operand->k_stride;
  const gint64 apart = along_k ? TILE : TILE * stride; /* the halves */
  const gint64 ahead = along_k ? STEP : STEP * stride; /* the next step along k */
  const gint64 rows = along_k ? lines : n, rows_second = along_k ? lines : n - TILE;
  const __mmask16 mask = mask_of (along_k ? n : lines);
  const __mmask16 mask_second = mask_of (along_k ? n - TILE : lines);

  for (int i = 0; i < TILE; i++) {
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
TARGET static inline __attribute__ ((always_inline)) void
pack_tiles (const Operand *operand, const int splits, const float *numbers, gint64 line, gint64 k,
    guint8 *to)
{
  const float *from = numbers + line * operand->line_stride + k * operand->k_stride;
  __m512i rows[2][TILE];

  load (operand, from, operand->lines - line, operand->k - k, rows[0], rows[1]);
  if ((operand->k_stride == 1) == operand->pairs_first) {
    transpose (rows[0]);
    transpose (rows[1]);
  }
  for (int i = 0; i < TILE; i++, to += 64) {
    __m512 a[MAX_SPLITS], b[MAX_SPLITS];

    if (operand->pairs_first) {
      split (_mm512_castsi512_ps (rows[i / 8][2 * i % TILE]), splits, a);
      split (_mm512_castsi512_ps (rows[i / 8][2 * i % TILE + 1]), splits, b);
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

/* The tiles of `n` lines from `line` on, n a multiple of BLOCK: 16 lines after the other, each
 * along k. */
TARGET static void
pack (const Operand *operand, int splits, const float *numbers, gint64 line, gint64 n, guint8 *to)
{
  for (gint64 l = line; l < line + n; l += TILE)
    for (gint64 k = 0; k < operand->k; k += STEP, to += splits * TILE_BYTES)
      if (l >= operand->lines)
        memset (to, 0, splits * TILE_BYTES);
      else if (splits == 3)
        pack_tiles (operand, 3, numbers, l, k, to);
      else
        pack_tiles (operand, 2, numbers, l, k, to);
}

/* --- the product --- */

TARGET static void
configure (void)
{
  struct {
    guint8 palette, start_row, reserved[14];
    guint16 row_bytes[16];
    guint8 rows[16];
  } layout = { .palette = 1 };

  for (int i = 0; i < 8; i++) {
    layout.row_bytes[i] = 64;
    layout.rows[i] = TILE;
  }
  _tile_loadconfig (&layout);
}

#define LEFT(split)                                                                                \
  _tile_loadd (4, a + split * TILE_BYTES, 64);                                                     \
  _tile_loadd (5, a + next + split * TILE_BYTES, 64);
#define RIGHT(split)                                                                               \
  _tile_loadd (6, b + split * TILE_BYTES, 64);                                                     \
  _tile_loadd (7, b + next + split * TILE_BYTES, 64);
#define MULTIPLY()                                                                                 \
  _tile_dpbf16ps (0, 4, 6);                                                                        \
  _tile_dpbf16ps (1, 4, 7);                                                                        \
  _tile_dpbf16ps (2, 5, 6);                                                                        \
  _tile_dpbf16ps (3, 5, 7);

/* 32 by 32 results, without gaps at `c`: added to over `steps` of k, or begun. `next` is how far
 * the second tile of lines is from the first. The smaller products come first. */
TARGET static inline __attribute__ ((always_inline)) void
multiply (const guint8 *a, const guint8 *b, gsize next, const int splits, gint64 steps,
    gboolean begin, float *c)
{
  float *right = c + TILE, *below = c + TILE * BLOCK, *both = below + TILE;
  const gsize stride = BLOCK * sizeof (float);

  if (begin) {
    _tile_zero (0);
    _tile_zero (1);
    _tile_zero (2);
    _tile_zero (3);
  } else {
    _tile_loadd (0, c, stride);
    _tile_loadd (1, right, stride);
    _tile_loadd (2, below, stride);
    _tile_loadd (3, both, stride);
  }
  for (gint64 s = 0; s < steps; s++, a += splits * TILE_BYTES, b += splits * TILE_BYTES) {
    RIGHT (0)
    if (splits == 3) {
      LEFT (2)
      MULTIPLY ()
    }
    LEFT (1)
    MULTIPLY ()
    RIGHT (1)
    if (splits == 3) {
      MULTIPLY ()
    }
    LEFT (0)
    MULTIPLY ()
    if (splits == 3) {
      RIGHT (2)
      MULTIPLY ()
    }
    RIGHT (0)
    MULTIPLY ()
  }
  _tile_stored (0, c, stride);
  _tile_stored (1, right, stride);
  _tile_stored (2, below, stride);
  _tile_stored (3, both, stride);
}

static gint64
round_up (gint64 n)
{
  return (n + BLOCK - 1) / BLOCK * BLOCK;
}

/* 16 by 16 results turned over, in place. */
TARGET static void
turn_over (float *results)
{
  __m512i rows[TILE];

  for (int i = 0; i < TILE; i++)
    rows[i] = _mm512_load_si512 (results + i * BLOCK);
  transpose (rows);
  for (int i = 0; i < TILE; i++)
    _mm512_store_si512 (results + i * BLOCK, rows[i]);
}

/* A block of results, `left` by `right` of it of use, to where C has them. */
TARGET static void
store (const GenSplitGemm *gemm, float *results, gint64 left, gint64 right, float *c)
{
  const __m512 factor = _mm512_set1_ps (gemm->alpha);
  const gint64 rows = gemm->swapped ? right : left, columns = gemm->swapped ? left : right;

  if (gemm->swapped)
    for (int i = 0; i < BLOCK; i += TILE)
      for (int j = 0; j < BLOCK; j += TILE)
        turn_over (results + i * BLOCK + j);
  for (gint64 r = 0; r < rows; r++)
    for (gint64 x = 0; x < columns; x += TILE) {
      const float *from = gemm->swapped ? results + (x + r % TILE) * BLOCK + r / TILE * TILE
                                        : results + r * BLOCK + x;

      _mm512_mask_storeu_ps (c + r * gemm->n + x, mask_of (columns - x),
          _mm512_mul_ps (_mm512_load_ps (from), factor));
    }
}

/* Bytes of the tiles of 16 lines. */
static gsize
line_size (const GenSplitGemm *gemm)
{
  return gemm->steps * gemm->splits * TILE_BYTES;
}

/* Packed left lines against one block of right ones. */
TARGET static void
run_block (const GenSplitGemm *gemm, const guint8 *left, const guint8 *right, gint64 n_left,
    gint64 n_right, float *results, float *c)
{
  const gsize line = line_size (gemm);
  const gint64 next = gemm->swapped ? 1 : gemm->n; /* from a left line's results to the next's */

  for (gint64 s = 0; s < gemm->steps; s += STEPS_PER_BLOCK) {
    const gint64 at = s * gemm->splits * TILE_BYTES, n = MIN (STEPS_PER_BLOCK, gemm->steps - s);

    for (gint64 l = 0; l < n_left; l += BLOCK)
      if (gemm->splits == 3)
        multiply (left + l / TILE * line + at, right + at, line, 3, n, s == 0, results + l * BLOCK);
      else
        multiply (left + l / TILE * line + at, right + at, line, 2, n, s == 0, results + l * BLOCK);
  }
  for (gint64 l = 0; l < n_left; l += BLOCK)
    store (gemm, results + l * BLOCK, MIN (BLOCK, n_left - l), n_right, c + l * next);
}

/* Lines of the two operands that a part multiplies. */
typedef struct {
  gint64 left, left_end, right, right_end;
} Share;

static Share
share_of (const GenSplitGemm *gemm, int part, int parts)
{
  Share share = { 0, gemm->left.lines, 0, gemm->right.lines };
  gint64 n = gemm->split_left ? gemm->left.lines : gemm->right.lines;
  gint64 blocks = round_up (n) / BLOCK;
  gint64 first = MIN (n, blocks * part / parts * BLOCK);
  gint64 end = MIN (n, blocks * (part + 1) / parts * BLOCK);

  if (gemm->split_left) {
    share.left = first;
    share.left_end = end;
  } else {
    share.right = first;
    share.right_end = end;
  }
  return share;
}

/* What a part works in. */
typedef struct {
  float *results; /* LINES_AT_ONCE by BLOCK */
  guint8 *left, *right;
} Scratch;

static void
run (const GenSplitGemm *gemm, const float *left, const float *right, float *c, const Share *share,
    const Scratch *scratch)
{
  const gsize line = line_size (gemm);
  const gint64 left_next = gemm->swapped ? 1 : gemm->n, right_next = gemm->swapped ? gemm->n : 1;
  gint64 packed_left = -1;

  for (gint64 r = share->right; r < share->right_end; r += gemm->right_lines) {
    const gint64 right_end = MIN (r + gemm->right_lines, share->right_end);
    const guint8 *right_tiles = scratch->right;

    if (gemm->packed != NULL)
      right_tiles = gemm->packed + r / TILE * line;
    else
      pack (&gemm->right, gemm->splits, right, r, round_up (right_end - r), scratch->right);
    for (gint64 l = share->left; l < share->left_end; l += LINES_AT_ONCE) {
      const gint64 n_left = MIN (LINES_AT_ONCE, share->left_end - l);

      if (packed_left != l)
        pack (&gemm->left, gemm->splits, left, l, round_up (n_left), scratch->left);
      packed_left = l;
      for (gint64 block = r; block < right_end; block += BLOCK)
        run_block (gemm, scratch->left, right_tiles + (block - r) / TILE * line, n_left,
            MIN (BLOCK, right_end - block), scratch->results,
            c + l * left_next + block * right_next);
    }
  }
}

/* --- as gemm.h has it --- */

GenSplitGemm *
gen_split_gemm_new (const GenGemmOptions *o)
{
  GenSplitGemm *gemm;
  Operand a = { o->transpose_a ? 1 : o->k, o->transpose_a ? o->m : 1, o->m, o->k };
  Operand b = { o->transpose_b ? o->k : 1, o->transpose_b ? 1 : o->n, o->n, o->k };
  double work = (double)o->m * o->n * o->k;

  if (MIN (o->m, o->n) < LEAST_EXTENT || o->k < STEP || work < LEAST_WORK || !is_available ())
    return NULL;
  gemm = g_new0 (GenSplitGemm, 1);
  gemm->alpha = o->alpha;
  gemm->splits = o->precision == GEN_PRECISION_TF32 ? 2 : 3;
  gemm->n = o->n;
  gemm->steps = (o->k + STEP - 1) / STEP;
  /* The way that has fewer numbers turned over while they are packed. */
  gemm->swapped =
      o->constant_b == NULL && (o->transpose_b ? 0 : o->n) + (o->transpose_a ? 0 : o->m) <
                                   (o->transpose_a ? o->m : 0) + (o->transpose_b ? o->n : 0);
  gemm->left = gemm->swapped ? b : a;
  gemm->right = gemm->swapped ? a : b;
  gemm->right.pairs_first = TRUE;
  /* What is not shared, every part packs by itself: it should be the smaller operand. */
  gemm->split_left = gemm->left.lines >= gemm->right.lines;
  gemm->parts = CLAMP (work / WORK_PER_PART, 1, o->threads);
  gemm->parts =
      MIN (gemm->parts, round_up (gemm->split_left ? gemm->left.lines : gemm->right.lines) / BLOCK);
  /* Where all left lines are packed at once, the right ones need not be. */
  gemm->right_lines =
      gemm->left.lines <= LINES_AT_ONCE ? LINES_AT_ONCE : round_up (gemm->right.lines);
  if (o->constant_b != NULL) {
    gint64 lines = round_up (o->n);

    gemm->packed = aligned_alloc (64, lines / TILE * line_size (gemm));
    pack (&gemm->right, gemm->splits, o->constant_b, 0, lines, gemm->packed);
  }
  return gemm;
}

void
gen_split_gemm_free (GenSplitGemm *gemm)
{
  free (gemm->packed);
  g_free (gemm);
}

int
gen_split_gemm_parts (const GenSplitGemm *gemm)
{
  return gemm->parts;
}

GenGemmTile
gen_split_gemm_tile (const GenSplitGemm *gemm, int part, int parts)
{
  Share share = share_of (gemm, part, parts);
  gint64 n_left = share.left_end - share.left, n_right = share.right_end - share.right;

  if (gemm->swapped)
    return (GenGemmTile){ share.right, n_right, share.left, n_left };
  return (GenGemmTile){ share.left, n_left, share.right, n_right };
}

#define RESULTS_SIZE (LINES_AT_ONCE * BLOCK * sizeof (float))

static gsize
tiles_size (const GenSplitGemm *gemm, gint64 lines)
{
  return lines / TILE * line_size (gemm);
}

static gsize
left_size (const GenSplitGemm *gemm)
{
  return tiles_size (gemm, MIN (LINES_AT_ONCE, round_up (gemm->left.lines)));
}

static gsize
part_size (const GenSplitGemm *gemm)
{
  gint64 right = MIN (gemm->right_lines, round_up (gemm->right.lines));

  return RESULTS_SIZE + left_size (gemm) + (gemm->packed != NULL ? 0 : tiles_size (gemm, right));
}

gsize
gen_split_gemm_scratch_size (const GenSplitGemm *gemm)
{
  return gemm->parts * part_size (gemm);
}

TARGET void
gen_split_gemm_run (const GenSplitGemm *gemm, const float *a, const float *b, float *c,
    void *scratch, int part, int parts)
{
  const Share share = share_of (gemm, part, parts);
  guint8 *own = (guint8 *)scratch + part * part_size (gemm);
  const Scratch mine = { (float *)own, own + RESULTS_SIZE, own + RESULTS_SIZE + left_size (gemm) };

  configure ();
  run (gemm, gemm->swapped ? b : a, gemm->swapped ? a : b, c, &share, &mine);
  _tile_release ();
}
