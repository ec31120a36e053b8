/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Direct convolutions of each channel by itself, on the tiles of ../device/depthwise_tile.h. Lines
 * of the kernel beyond the picture are left out, and columns only by tiles at the edges. */
#include <string.h>

#include "../../device/depthwise-unit.h"
#include "../elementwise/activation.h"
#include "direct-convolve.h"

/* Windows of a line, and channels, that are worked on together: enough to hide what they cost
 * besides, few enough to be shared among parts, and, where many lines of results see a line of the
 * source, for it to stay in the cache. */
#define PIECE_WINDOWS 64
#define PIECE_CHANNELS 256
#define MANY_LINES 5
#define MANY_LINES_CHANNELS 64
#define CHANNELS_GRAIN 16

gboolean
gen_depthwise_suits (gint64 channels)
{
  return channels >= gen_depthwise_unit (1)->width;
}

static int
lines_of (const GenDirectPhase *phase)
{
  return phase->axes[0].taps * phase->axes[1].taps;
}

gsize
gen_depthwise_scratch (const GenDirectConvolve *d)
{
  int most = 0;

  for (guint i = 0; i < d->phases->len; i++)
    most = MAX (most, lines_of (&g_array_index (d->phases, GenDirectPhase, i)));
  return (most * sizeof (GenDepthwiseLine) + 63) & ~(gsize)63;
}

void
gen_depthwise_pack (
    const GenConvolve *c, const GenFloatAnywhere *weights, char *packed, int part, int parts)
{
  const GenDirectConvolve *d = c->direct;
  gsize first, end;

  gen_kernel_share (c->out_channels, CHANNELS_GRAIN, part, parts, &first, &end);
  for (guint i = 0; i < d->phases->len; i++) {
    const GenDirectPhase *phase = &g_array_index (d->phases, GenDirectPhase, i);
    float *to = (float *)(packed + phase->packed_at);

    for (gsize channel = first; channel < end; channel++)
      for (int t = 0; t < phase->n_taps; t++)
        to[t * c->out_channels + channel] = weights[channel * d->taps + phase->taps[t]];
  }
}

/* --- pieces --- */

typedef struct {
  const GenConvolve *c;
  const GenFinish *finish;
  const GenDirectPhase *phase;
  const float *source; /* of all */
  const char *packed;
  float *result;
  GenDepthwiseLine *lines; /* room for them */
  const GenDepthwiseUnit *wide, *narrow;
  gboolean whole; /* tiles do all that is to be done */
  gint64 place;   /* of a piece, in the result */
} Run;

typedef struct {
  gint64 item, at[2];     /* of the line of results */
  gint64 window, windows; /* in it */
  gint64 channel, channels;
} Piece;

static gint64
pieces_of_line (const GenDirectPhase *phase)
{
  return (phase->axes[2].windows + PIECE_WINDOWS - 1) / PIECE_WINDOWS;
}

static gint64
pieces_of_channels (const GenConvolve *c, const GenDirectPhase *phase)
{
  const gint64 most = lines_of (phase) < MANY_LINES ? PIECE_CHANNELS : MANY_LINES_CHANNELS;

  return (c->out_channels + most - 1) / most;
}

static gint64
channel_of (const GenConvolve *c, gint64 piece, gint64 pieces)
{
  return piece == pieces ? c->out_channels
                         : c->out_channels * piece / pieces / CHANNELS_GRAIN * CHANNELS_GRAIN;
}

/* The lines of a picture come one after the other, those of some channels before the next ones. */
static Piece
piece_of (const Run *run, gint64 number)
{
  const GenDirectAxis *a = run->phase->axes;
  const gint64 across = pieces_of_line (run->phase),
               blocks = pieces_of_channels (run->c, run->phase);
  const gint64 lines = a[0].windows * a[1].windows, line = number / across % lines;
  const gint64 block = number / across / lines % blocks;
  Piece piece = { .item = number / across / lines / blocks,
    .at = { line / a[1].windows, line % a[1].windows },
    .window = number % across * PIECE_WINDOWS,
    .channel = channel_of (run->c, block, blocks) };

  piece.windows = MIN (PIECE_WINDOWS, a[2].windows - piece.window);
  piece.channels = channel_of (run->c, block + 1, blocks) - piece.channel;
  return piece;
}

/* The lines of the kernel that lie within the picture. */
static int
find_lines (const Run *run, const Piece *piece)
{
  const GenConvolve *c = run->c;
  const GenDirectConvolve *d = c->direct;
  const GenDirectAxis *a = run->phase->axes;
  const float *weights = (const float *)(run->packed + run->phase->packed_at);
  int n = 0;

  for (int z = 0; z < a[0].taps; z++)
    for (int y = 0; y < a[1].taps; y++, weights += a[2].taps * c->out_channels) {
      gint64 plane = piece->at[0] * a[0].step + a[0].offsets[z];
      gint64 row = piece->at[1] * a[1].step + a[1].offsets[y];

      if (plane < 0 || plane >= d->in[0] || row < 0 || row >= d->in[1])
        continue;
      run->lines[n++] =
          (GenDepthwiseLine){ run->source + piece->item * c->source_size +
                                  (plane * d->in[1] + row) * d->in[2] * c->in_channels,
            weights };
    }
  return n;
}

static gint64
place_of (const Run *run, const Piece *piece)
{
  const GenDirectConvolve *d = run->c->direct;
  const GenDirectAxis *a = run->phase->axes;
  gint64 plane = a[0].place + piece->at[0] * a[0].place_step;
  gint64 row = a[1].place + piece->at[1] * a[1].place_step;
  gint64 column = a[2].place + piece->window * a[2].place_step;

  return piece->item * run->c->result_size +
         ((plane * d->out[1] + row) * d->out[2] + column) * run->c->out_channels;
}

/* All channels of a piece, those that are left in the end by the narrower vectors. */
static void
run_channels (const Run *run, const Piece *piece, int windows, GenDepthwiseTile *tile)
{
  const gint64 wide = run->wide->width, narrow = run->narrow->width;
  gint64 left = piece->channels < wide ? piece->channels : piece->channels % wide;

  /* Where more are left than narrow ones take at once, a wide one reaches back. */
  if (left > narrow && piece->channels >= wide)
    left = 0;
  tile->channel = piece->channel;
  tile->channels = piece->channels - left;
  if (tile->channels > 0)
    run->wide->tile (windows, tile);
  if (left == 0)
    return;
  tile->channels = MAX (left, narrow);
  tile->channel = piece->channel + piece->channels - tile->channels;
  run->narrow->tile (windows, tile);
}

/* What tiles cannot do. */
static void
finish_windows (const Run *run, const Piece *piece, int windows, const GenDepthwiseTile *tile)
{
  GenFinish finish = *run->finish;

  finish.bias = finish.added = NULL;
  if (finish.slopes != NULL)
    finish.slopes += piece->channel;
  gen_finish_apply (&finish, tile->result + piece->channel, windows, piece->channels, tile->place);
}

/* Windows [w, w + n) of a piece. */
static void
run_windows (const Run *run, const Piece *piece, gint64 w, int n, GenDepthwiseTile *tile)
{
  const gint64 at = run->place + w * tile->place;

  tile->column = (piece->window + w) * run->phase->axes[2].step;
  tile->result = run->result + at;
  if (run->finish->added != NULL)
    tile->added = run->finish->added + at;
  run_channels (run, piece, n, tile);
  if (!run->whole)
    finish_windows (run, piece, n, tile);
}

/* Those at the edges one by one, and the others by the most that there are: a last tile reaches
 * back. */
static void
run_piece (Run *run, const Piece *piece, GenDepthwiseTile *tile)
{
  const GenDirectAxis *x = &run->phase->axes[2];
  const gint64 begin = CLAMP (x->inner - piece->window, 0, piece->windows);
  const gint64 end = CLAMP (x->inner_end - piece->window, begin, piece->windows);

  tile->n_lines = x->taps > 0 ? find_lines (run, piece) : 0;
  run->place = place_of (run, piece);
  for (gint64 w = 0; w < piece->windows;) {
    const gint64 inner = w >= begin ? end - w : 0;
    int n = 1;

    if (inner > 1 && end - begin >= 4)
      n = inner > 4 && end - begin >= 8 ? 8 : 4;
    if (n > 1)
      w = MIN (w, end - n);
    run_windows (run, piece, w, n, tile);
    w += n;
  }
}

void
gen_depthwise_run (const GenConvolve *c, const GenFinish *finish, const float *source,
    const char *packed, float *result, char *scratch, int part, int parts)
{
  const GenDirectConvolve *d = c->direct;
  Run run = { .c = c,
    .finish = finish,
    .source = source,
    .packed = packed,
    .result = result,
    .lines = (GenDepthwiseLine *)scratch,
    .wide = gen_depthwise_unit (c->out_channels),
    .narrow = gen_depthwise_unit (1) };

  for (guint i = 0; i < d->phases->len; i++) {
    const GenDirectPhase *phase = run.phase = &g_array_index (d->phases, GenDirectPhase, i);
    const GenDirectAxis *a = phase->axes;
    GenDepthwiseTile tile = { .lines = run.lines,
      .taps = a[2].taps,
      .dense = phase->dense,
      .offsets = a[2].offsets,
      .step = a[2].step,
      .width = d->in[2],
      .pixel = c->in_channels,
      .lane = c->out_channels,
      .bias = finish->bias,
      .place = a[2].place_step * c->out_channels };
    gsize first, end;

    run.whole = gen_tile_activation (&tile.then, &finish->activation);
    gen_kernel_share (c->batch * a[0].windows * a[1].windows * pieces_of_line (phase) *
                          pieces_of_channels (c, phase),
        1, part, parts, &first, &end);
    for (gsize n = first; n < end; n++) {
      const Piece piece = piece_of (&run, n);

      run_piece (&run, &piece, &tile);
    }
  }
}
