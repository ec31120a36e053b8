/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many tensors put side by side into one, or taken out of one, in a single launch: what Concat and
 * Split are where all have the same layout. */
#include "../../device/cuda/strided.h"

#include "../../device/cuda/types.h"
#include "../../device/cuda/walk.h"

/* Of one launch: the table is a parameter of the kernel. */
#define MOST_PIECES 32

/* Each row of the whole has a run of each piece's elements. */
struct Table {
  void *pieces[MOST_PIECES];
  gint64 places[MOST_PIECES]; /* where the runs begin in a row of the whole */
  uint32_t ends[MOST_PIECES]; /* of the runs one behind the other */
  gint64 width;               /* of a row of the whole */
};

template <typename T>
__global__ void
move_pieces (Table table, GenDivider row, T *whole, gboolean apart, size_t n)
{
  for (GEN_CUDA_EACH (i, n)) {
    const uint32_t y = row.divide ((uint32_t)i), x = (uint32_t)i - y * row.divisor;
    uint32_t begin = 0, end = table.ends[0];
    T *in_piece, *in_whole;
    int k = 0;

    while (x >= end) {
      begin = end;
      end = table.ends[++k];
    }
    in_piece = (T *)table.pieces[k] + (size_t)y * (end - begin) + (x - begin);
    in_whole = whole + y * table.width + table.places[k] + (x - begin);
    if (apart)
      *in_piece = *in_whole;
    else
      *in_whole = *in_piece;
  }
}

/* A piece as runs; those of the whole are `width` apart. */
struct Run {
  guint number; /* of the input or output */
  gint64 rows, length, width, place;
  gsize size;
};

/* FALSE where the piece does not lie as the whole does. */
static gboolean
set_run (Run *run, const GenStrided *s, guint number, gboolean apart)
{
  const gint64 *piece = apart ? s->to : s->from, *whole = apart ? s->from : s->to;
  const int last = s->rank - 1;

  *run = { number, 1, 1, 0, apart ? s->from_offset : s->to_offset, s->size };
  if (s->rank > 2 || (apart ? s->to_offset : s->from_offset) != 0)
    return FALSE;
  if (s->rank == 1 && s->dims[0] == 1)
    return TRUE;
  if (piece[last] != 1)
    return FALSE;
  if (s->rank == 1 && whole[0] != 1) {
    run->rows = s->dims[0]; /* of one element each */
    run->width = whole[0];
    return TRUE;
  }
  run->length = s->dims[last];
  if (s->rank == 1)
    return TRUE;
  run->rows = s->dims[0];
  run->width = whole[0];
  return whole[1] == 1 && piece[0] == s->dims[1];
}

/* Neighbours are moved as one, up to 16 bytes. */
static void
widen (std::vector<Run> *runs)
{
  for (;;) {
    gboolean even = (*runs)[0].size < 16;

    for (const Run &run : *runs)
      even = even && run.length % 2 == 0 && run.width % 2 == 0 && run.place % 2 == 0;
    if (!even)
      return;
    for (Run &run : *runs) {
      run.length /= 2;
      run.width /= 2;
      run.place /= 2;
      run.size *= 2;
    }
  }
}

/* All have the rows of the first. */
static gboolean
add_runs (GenCudaKernel *kernel, const std::vector<Run> &runs, gboolean apart)
{
  gint64 length = 0;
  Table table = {};

  for (gsize k = 0; k < runs.size (); k++) {
    length += runs[k].length;
    table.places[k] = runs[k].place;
    table.ends[k] = (uint32_t)length;
    table.width = runs[k].width;
  }
  const gint64 n = length * runs[0].rows;
  if (n > GEN_WALK_MAX)
    return FALSE;
  return gen_visit_wide (runs[0].size, [&] (auto *type) {
    typedef GEN_VISITED (type) T;

    kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
      Table filled = table;

      for (gsize i = 0; i < runs.size (); i++)
        filled.pieces[i] = apart ? k.outputs[runs[i].number] : (void *)k.inputs[runs[i].number];
      gen_cuda_launch (move_pieces<T>, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream, filled,
          GenDivider ((uint32_t)length), apart ? (T *)k.inputs[0] : (T *)k.outputs[0], apart,
          (size_t)n);
    });
  });
}

gboolean
gen_cuda_add_pieces (GenCudaKernel *kernel, const std::vector<GenStrided> &pieces, gboolean apart)
{
  std::vector<Run> runs;

  for (guint i = 0; i < pieces.size (); i++) {
    const GenStrided *piece = &pieces[i];
    Run run;

    if ((apart && kernel->output (i) == NULL) || piece->rows * piece->dims[piece->rank - 1] == 0)
      continue;
    if (set_run (&run, piece, i, apart) &&
        (runs.empty () || (run.rows == runs[0].rows && run.width == runs[0].width)))
      runs.push_back (run);
    else if (!gen_cuda_add_strided (kernel, piece, apart ? 0 : i, apart ? i : 0))
      return FALSE;
  }
  if (runs.empty ())
    return TRUE;
  widen (&runs);
  for (gsize first = 0; first < runs.size (); first += MOST_PIECES) {
    const gsize end = MIN (first + MOST_PIECES, runs.size ());

    if (!add_runs (kernel, { runs.begin () + first, runs.begin () + end }, apart))
      return FALSE;
  }
  return TRUE;
}
