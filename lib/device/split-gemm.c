/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Products of matrices on the tile unit (split-tile.h). Each part packs what it needs of the two
 * operands, a constant one but once; lines of the left one at a time that stay in the second-level
 * cache, and k in blocks that leave the right one's tiles in the first. */
#include "split-gemm.h"

#include "shared.h"
#include "split-tile.h"
#include "../simd.h"

#define BLOCK GEN_SPLIT_BLOCK
#define LINES GEN_SPLIT_LINES
#define STEPS_PER_BLOCK 12
#define LINES_AT_ONCE 128
/* Bytes of left tiles that leave some of the second-level cache to others. */
#define MOST_LEFT (1 << 20)

/* Below these the packing does not pay. */
#define LEAST_EXTENT 32
/* Below this more than half of a tile is empty: not worth a trial. */
#define LEAST_TRIED 8
#define LEAST_WORK (64. * 64 * 64)
#define WORK_PER_PART 1000000.0

struct _GenSplitGemm {
  GenSplitMatrix left, right;
  int splits;
  gboolean swapped; /* the left operand is B, and results are turned over */
  float alpha;
  gint64 n;             /* results in a row of C */
  gint64 steps;         /* along k */
  gint64 right_lines;   /* packed at a time */
  gint64 lines_at_once; /* of the left operand, packed at a time */
  gboolean split_left;  /* parts share the left lines, else the right ones */
  int parts;
  GenSplitForm form; /* of a constant right operand: */
  const guint8 *packed;
  GBytes *shared; /* whose that is */
};

static gint64
round_up (gint64 n)
{
  return (n + BLOCK - 1) / BLOCK * BLOCK;
}

static gsize
line_size (const GenSplitGemm *gemm)
{
  return gen_split_line_size (gemm->left.k, gemm->splits);
}

static gsize
tiles_size (const GenSplitGemm *gemm, gint64 lines)
{
  return lines / LINES * line_size (gemm);
}

GEN_CLONES (
    void, scale, (const float *from, float alpha, gint64 n, float *to), (from, alpha, n, to))
{
  for (gint64 i = 0; i < n; i++)
    to[i] = alpha * from[i];
}

/* A block of results, `left` by `right` of it of use, to where C has them. */
static void
store (const GenSplitGemm *gemm, float *results, gint64 left, gint64 right, float *c)
{
  const gint64 rows = gemm->swapped ? right : left, columns = gemm->swapped ? left : right;

  if (!gemm->swapped) {
    for (gint64 r = 0; r < rows; r++)
      scale (results + r * BLOCK, gemm->alpha, columns, c + r * gemm->n);
    return;
  }
  for (int i = 0; i < BLOCK; i += LINES)
    for (int j = 0; j < BLOCK; j += LINES)
      gen_split_turn_over (results + i * BLOCK + j, BLOCK);
  for (gint64 r = 0; r < rows; r++)
    for (gint64 x = 0; x < columns; x += LINES)
      scale (results + (x + r % LINES) * BLOCK + r / LINES * LINES, gemm->alpha,
          MIN (LINES, columns - x), c + r * gemm->n + x);
}

/* Right lines: tiles made for a part, or what is stored, and then to be made at `make_at`. */
static GenSplitRight
right_steps (const GenSplitGemm *gemm, const GenSplitRight *right, gint64 step)
{
  if (gemm->packed == NULL)
    return (GenSplitRight){
      right->tiles + gen_split_line_size (step * GEN_SPLIT_STEP, gemm->splits), right->next, NULL
    };
  return gen_split_right (&gemm->form, right->tiles + gen_split_stored_size (&gemm->form, step),
      right->next, right->make_at);
}

/* Packed left lines against one block of right ones. */
static void
run_block (const GenSplitGemm *gemm, const guint8 *left, const GenSplitRight *right, gint64 n_left,
    gint64 n_right, float *results, float *c)
{
  static const gsize start = 0;
  const GenSplitLayout layout = GEN_SPLIT_TILES (gemm->splits);
  const gsize line = line_size (gemm);
  const gint64 next = gemm->swapped ? 1 : gemm->n; /* from a left line's results to the next's */

  for (gint64 s = 0; s < gemm->steps; s += STEPS_PER_BLOCK) {
    const gint64 steps = MIN (STEPS_PER_BLOCK, gemm->steps - s);
    GenSplitRight tiles = right_steps (gemm, right, s);

    for (gint64 l = 0; l < n_left; l += BLOCK) {
      const guint8 *first = left + l / LINES * line + s * layout.step;

      gen_split_multiply (&layout, first, n_left - l > LINES ? first + line : NULL, &start, 1,
          steps, &tiles, gemm->splits, s == 0, results + l * BLOCK);
      tiles = gen_split_made (&tiles, steps);
    }
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
  float *results; /* lines_at_once by BLOCK */
  guint8 *left, *right;
} Scratch;

static void
run (const GenSplitGemm *gemm, const float *left, const float *right, float *c, const Share *share,
    const Scratch *scratch, const GenGemmThen *then)
{
  const gsize line = line_size (gemm);
  const gint64 left_next = gemm->swapped ? 1 : gemm->n, right_next = gemm->swapped ? gemm->n : 1;
  gint64 packed_left = -1;

  for (gint64 r = share->right; r < share->right_end; r += gemm->right_lines) {
    const gint64 right_end = MIN (r + gemm->right_lines, share->right_end);
    const gsize stored = gen_split_stored_size (&gemm->form, gemm->steps);

    if (gemm->packed == NULL)
      gen_split_pack (
          &gemm->right, TRUE, gemm->splits, right, r, round_up (right_end - r), scratch->right);
    for (gint64 l = share->left; l < share->left_end; l += gemm->lines_at_once) {
      const gint64 n_left = MIN (gemm->lines_at_once, share->left_end - l);

      if (packed_left != l)
        gen_split_pack (
            &gemm->left, FALSE, gemm->splits, left, l, round_up (n_left), scratch->left);
      packed_left = l;
      for (gint64 block = r; block < right_end; block += BLOCK) {
        const gint64 n_right = MIN (BLOCK, right_end - block);
        GenSplitRight tiles = { scratch->right + (block - r) / LINES * line, line, NULL };

        if (gemm->packed != NULL)
          tiles = (GenSplitRight){ gemm->packed + block / LINES * stored, stored, scratch->right };
        run_block (gemm, scratch->left, &tiles, n_left, n_right, scratch->results,
            c + l * left_next + block * right_next);
        if (then != NULL)
          then->run (then->data, gemm->swapped ? &(GenGemmTile){ block, n_right, l, n_left }
                                               : &(GenGemmTile){ l, n_left, block, n_right });
      }
    }
  }
}

/* --- as gemm.h has it --- */

gboolean
gen_split_gemm_can (const GenGemmOptions *o)
{
  return MIN (o->m, o->n) >= LEAST_TRIED && o->k >= GEN_SPLIT_STEP &&
         (double)o->m * o->n * o->k >= LEAST_WORK && gen_split_is_available ();
}

gboolean
gen_split_gemm_suits (const GenGemmOptions *o)
{
  return MIN (o->m, o->n) >= LEAST_EXTENT && gen_split_gemm_can (o);
}

GenSplitGemm *
gen_split_gemm_new (const GenGemmOptions *o)
{
  GenSplitGemm *gemm;
  GenSplitMatrix a = { o->transpose_a ? 1 : o->k, o->transpose_a ? o->m : 1, o->m, o->k };
  GenSplitMatrix b = { o->transpose_b ? o->k : 1, o->transpose_b ? 1 : o->n, o->n, o->k };
  double work = (double)o->m * o->n * o->k;

  gemm = g_new0 (GenSplitGemm, 1);
  gemm->alpha = o->alpha;
  gemm->splits = gen_split_parts (o->precision, o->constant_b != NULL);
  gemm->lines_at_once = LINES_AT_ONCE;
  gemm->n = o->n;
  gemm->steps = (o->k + GEN_SPLIT_STEP - 1) / GEN_SPLIT_STEP;
  /* The way that has fewer numbers turned over while they are packed. */
  gemm->swapped =
      o->constant_b == NULL && (o->transpose_b ? 0 : o->n) + (o->transpose_a ? 0 : o->m) <
                                   (o->transpose_a ? o->m : 0) + (o->transpose_b ? o->n : 0);
  gemm->left = gemm->swapped ? b : a;
  gemm->right = gemm->swapped ? a : b;
  /* What is not shared, every part packs by itself: it should be the smaller operand. */
  gemm->split_left = gemm->left.lines >= gemm->right.lines;
  gemm->parts = CLAMP (work / WORK_PER_PART, 1, o->threads);
  gemm->parts =
      MIN (gemm->parts, round_up (gemm->split_left ? gemm->left.lines : gemm->right.lines) / BLOCK);
  /* Where all left lines are packed at once, the right ones need not be. */
  gemm->right_lines =
      gemm->left.lines <= LINES_AT_ONCE ? LINES_AT_ONCE : round_up (gemm->right.lines);
  if (o->constant_b != NULL) {
    gint64 lines = round_up (o->n), uses = round_up (MIN (o->m, LINES_AT_ONCE)) / BLOCK;
    gsize size;
    guint8 *packed;

    gemm->form = gen_split_form (&gemm->right, gemm->splits, uses);
    size = lines / LINES * gen_split_stored_size (&gemm->form, gemm->steps);
    packed = gen_shared_alloc (size);
    if (!gemm->form.as_tiles && 2 * tiles_size (gemm, LINES_AT_ONCE) <= MOST_LEFT)
      gemm->lines_at_once = 2 * LINES_AT_ONCE;
    gen_split_store (&gemm->form, &gemm->right, o->constant_b, lines, packed);
    gemm->shared = gen_shared_take (packed, size);
    gemm->packed = g_bytes_get_data (gemm->shared, NULL);
  }
  return gemm;
}

void
gen_split_gemm_free (GenSplitGemm *gemm)
{
  g_clear_pointer (&gemm->shared, g_bytes_unref);
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

static gsize
results_size (const GenSplitGemm *gemm)
{
  return gemm->lines_at_once * BLOCK * sizeof (float);
}

static gsize
left_size (const GenSplitGemm *gemm)
{
  return tiles_size (gemm, MIN (gemm->lines_at_once, round_up (gemm->left.lines)));
}

static gsize
part_size (const GenSplitGemm *gemm)
{
  gint64 lines = MIN (gemm->right_lines, round_up (gemm->right.lines));
  gsize right = tiles_size (gemm, lines);

  if (gemm->packed != NULL)
    right = gen_split_made_size (&gemm->form, MIN (STEPS_PER_BLOCK, gemm->steps));
  return results_size (gemm) + left_size (gemm) + right;
}

gsize
gen_split_gemm_scratch_size (const GenSplitGemm *gemm)
{
  return gemm->parts * part_size (gemm);
}

void
gen_split_gemm_run (const GenSplitGemm *gemm, const float *a, const float *b, float *c,
    void *scratch, int part, int parts, const GenGemmThen *then)
{
  const Share share = share_of (gemm, part, parts);
  guint8 *own = (guint8 *)scratch + part * part_size (gemm);
  const Scratch mine = { (float *)own, own + results_size (gemm),
    own + results_size (gemm) + left_size (gemm) };

  gen_amx_begin ();
  run (gemm, gemm->swapped ? b : a, gemm->swapped ? a : b, c, &share, &mine, then);
  gen_amx_end ();
}
