/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a picture is cut into tiles. Both axes are cut alike: tiles begin at multiples of what the
 * net's strides come to, the last one ends where the picture does, and between two the cut goes
 * through the middle of what both make as the whole would. */
#include <generative/tiles.h>

/* Of a tile along an axis, where nobody asks for another size: so many times what its results hang
 * on around it, so that along both axes no more than an eighth of the arithmetic is done twice,
 * within bounds that memory sets. */
#define TILE_TO_CONTEXT 16
#define LEAST_TILE 384
#define MOST_TILE 1024
/* Where it is not known which sizes a model takes, a multiple of this is most likely one. */
#define LIKELY_STEP 64

/* What is known of an axis before it is cut. */
typedef struct {
  int frame, fixed; /* pixels of the picture, and of what the model takes, or 0: any */
  int padding;      /* of `frame`, pixels that the picture lacks */
  int most;         /* of a tile */
  int overlap;      /* of tiles, at least; -1: what is needed */
  gboolean fade;    /* and no more than that */
  gint64 step, before, after, taken, made; /* see GenContext */
  gint64 in, out;                          /* of some picture that the model takes */
  gboolean even;
} Known;

static gint64
greatest_divisor (gint64 a, gint64 b)
{
  while (b != 0) {
    const gint64 rest = a % b;

    a = b;
    b = rest;
  }
  return a;
}

static gint64
round_up (gint64 x, gint64 step)
{
  return (x + step - 1) / step * step;
}

static gboolean fail (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
fail (GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error_literal (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID, text);
  return FALSE;
}

/* --- what is known --- */

/* What the model makes of pictures of `height` x `width`, where it leaves that free. */
static gboolean
find_size (GenModel *model, const GenPort *output, gint64 height, gint64 width, gint64 size[2],
    GError **error)
{
  GenShape shape;

  if (!gen_model_output_shape (model, output, 1, (int)height, (int)width, 0, &shape, error))
    return FALSE;
  size[0] = shape.dims[gen_port_height_axis (output)];
  size[1] = shape.dims[gen_port_height_axis (output) + 1];
  return TRUE;
}

/* What suits, where results hang on `needed` pixels around. */
static int
choose_tile (gint64 needed, gint64 step)
{
  return (int)MIN (
      round_up (MAX (4 * needed, CLAMP (TILE_TO_CONTEXT * needed, LEAST_TILE, MOST_TILE)), step),
      G_MAXINT16);
}

static Known
begin (const GenContext *context, int frame, int fixed, int most, const GenTileRequest *request)
{
  const gint64 needed = context != NULL ? context->before + context->after : 0;
  const gint64 step = context != NULL ? context->step : 1;

  return (Known){
    .frame = frame,
    .fixed = fixed,
    .most = fixed > 0  ? fixed
            : most > 0 ? most
                       : choose_tile (needed, step),
    .overlap = -1,
    /* Two by two pixels that share chroma stay together. */
    .step = step % 2 == 0 ? step : 2 * step,
    .before = context != NULL ? context->before + request->chroma_in : 0,
    .after = context != NULL ? context->after + request->chroma_in : 0,
    .taken = context != NULL ? context->taken : 1,
    .made = context != NULL ? context->made : 1,
    .even = request->chroma_out,
  };
}

/* A size that the model takes, but for what it has fixed: the whole picture's, or some tile's. */
static gint64
size_to_try (const Known *axis, gboolean whole, gint64 step)
{
  const gint64 tile = MIN (axis->most, axis->frame);

  return axis->fixed > 0 ? axis->fixed : whole ? axis->frame : MAX (tile / step * step, step);
}

/* Find out what comes out of which size. */
static gboolean
find_sizes (Known axes[2], GenModel *model, const GenPort *output, gboolean endless, GError **error)
{
  const gint64 steps[] = { endless ? LIKELY_STEP : axes[0].step,
    endless ? LIKELY_STEP : axes[1].step };
  gint64 size[2] = { 0 };

  for (int whole = 1; whole >= 0; whole--) {
    /* Of what hangs on the whole picture tiles are no smaller picture of the same. */
    const gboolean one = axes[0].frame <= axes[0].most && axes[1].frame <= axes[1].most;

    if (whole == 1 && endless && !one)
      continue;
    for (int a = 0; a < 2; a++)
      axes[a].in = size_to_try (&axes[a], whole == 1, steps[a]);
    if (find_size (model, output, axes[0].in, axes[1].in, size, whole == 1 ? NULL : error)) {
      axes[0].out = size[0];
      axes[1].out = size[1];
      return TRUE;
    }
  }
  return FALSE;
}

/* Where results hang on the whole picture: how much comes out of what goes in. */
static void
find_ratio (Known *axis)
{
  const gint64 divisor = greatest_divisor (axis->in, axis->out);

  axis->taken = axis->in / divisor;
  axis->made = axis->out / divisor;
  axis->step = axis->taken % 2 == 0 ? axis->taken : 2 * axis->taken;
}

/* --- cutting --- */

/* What comes out of a tile of `tile` pixels, and what of it is as in the whole. */
static void
measure (const Known *known, gint64 tile, GenTileAxis *axis)
{
  const gint64 out = known->out + (tile - known->in) / known->taken * known->made;
  const gint64 sure = MIN ((tile - known->after) * known->made / known->taken, out);

  axis->tile_in = (int)tile;
  axis->tile_out = (int)out;
  axis->unsure_before =
      (int)((known->before * known->made + known->taken - 1) / known->taken) + known->even;
  axis->unsure_after = (int)(out - sure);
}

/* How far apart tiles of `tile` pixels may lie; 0 where they are too small. */
static gint64
find_hop (const Known *known, gint64 tile)
{
  GenTileAxis axis;
  gint64 sure, hop = tile - MAX (known->overlap, 0);

  if (!known->fade) {
    measure (known, tile, &axis);
    sure = axis.tile_out - axis.unsure_before - axis.unsure_after - known->even;
    hop = MIN (hop, MAX (sure, 0) * known->taken / known->made);
  }
  return MAX (hop, 0) / known->step * known->step;
}

/* The least size of tiles of which `n` reach from end to end, from `tile` down. */
static gint64
shrink (const Known *known, gint64 tile, gint64 n)
{
  gint64 less = tile - known->step;

  while (less > 0 && find_hop (known, less) * (n - 1) >= known->frame - less) {
    tile = less;
    less -= known->step;
  }
  return tile;
}

/* That tiles of `tile` pixels get no further. Returns FALSE. */
static gboolean
fail_hop (const Known *known, gint64 tile, GError **error)
{
  const gint64 around = known->before + known->after;
  const gint64 step = known->even && known->step / known->taken * known->made % 2 != 0
                          ? 2 * known->step
                          : known->step;
  const gint64 overlap = MIN (tile - step, around - 1);

  if (known->fixed == 0)
    return fail (error,
        "tiles of %d pixels are too small for the model, whose results hang on %" G_GINT64_FORMAT
        " pixels around: set property tile to more, or property tile-overlap to less",
        known->most, around);
  if (overlap < 0)
    return fail (error,
        "the model takes tiles of %d pixels alone, which its strides do not let follow each other "
        "but by %" G_GINT64_FORMAT ": export it with free sizes",
        known->fixed, step);
  return fail (error,
      "the model takes tiles of %d pixels alone, whose results hang on %" G_GINT64_FORMAT
      " pixels around and which its strides let begin at multiples of %" G_GINT64_FORMAT
      ": set property tile-overlap to %" G_GINT64_FORMAT
      "%s, with which they fade into each other, or export it with free sizes",
      known->fixed, around, step, overlap, overlap > 0 ? " or less" : "");
}

static gboolean
cut (const Known *known, GenTileAxis *axis, GError **error)
{
  /* A picture that the model takes as a whole is cut so that the last tile begins where the strides
   * do. */
  const gboolean whole = known->in == known->frame;
  gint64 tile = known->in, n = 1, hop;

  if (known->fixed == 0 && whole && known->frame > known->most)
    tile = known->most - (known->step + known->most - known->frame % known->step) % known->step;
  hop = tile > 0 ? find_hop (known, tile) : 0;
  if (tile < known->frame && hop <= 0)
    return fail_hop (known, tile, error);
  if (tile < known->frame)
    n = 1 + (known->frame - tile + hop - 1) / hop;
  if (known->fixed == 0 && whole && n > 1)
    tile = shrink (known, tile, n);
  measure (known, tile, axis);
  axis->n = (int)n;
  axis->in = known->frame;
  axis->taken = (int)known->taken;
  axis->made = (int)known->made;
  axis->even = known->even;
  axis->hop = n > 1 ? (int)round_up ((known->frame - tile + n - 2) / (n - 1), known->step) : 0;
  axis->out = axis->tile_out + (int)((known->frame - tile) / known->taken * known->made);
  return TRUE;
}

/* Whether the last tile, which ends where the picture does, begins where pixels that come out do.
 */
static gboolean
check_last (const Known *known, const GenTileAxis *axis, gboolean chroma_in, GError **error)
{
  const int last = axis->in - axis->tile_in;
  const gboolean by_two = chroma_in || (known->fade && known->even);
  const int step = axis->taken * (by_two ? 2 : 1);

  if (last % axis->taken == 0 && (!chroma_in || last % 2 == 0) &&
      (!known->fade || !known->even || last / axis->taken * axis->made % 2 == 0))
    return TRUE;
  return fail (error,
      "tiles of %d pixels do not come to pictures of %d: put videoscale in front for one of %d "
      "and a multiple of %d%s",
      axis->tile_in, axis->in, axis->tile_in, step,
      by_two ? ", or videoconvert for frames in RGB" : "");
}

/* Let a picture that is smaller than what the model takes be as large. */
static void
pad (Known *axis)
{
  axis->padding = (int)MAX (axis->in - axis->frame, 0);
  axis->frame += axis->padding;
}

/* And what there is of its only tile be the picture's again. */
static void
take_back (const Known *known, GenTileAxis *axis)
{
  if (known->padding == 0)
    return;
  axis->padding = known->padding;
  axis->in -= known->padding;
  axis->tile_in -= known->padding;
  axis->out -= (int)(known->padding * known->made / known->taken);
  axis->tile_out = axis->out;
}

static gboolean
check_size (const Known axes[2], gboolean endless, GError **error)
{
  for (int a = 0; endless && a < 2; a++)
    if (axes[a].fixed == 0 && axes[a].most < axes[a].in && axes[a].frame < axes[a].in)
      return fail (error,
          "tiles of %d x %d pixels are too small for the model, whose results hang on the whole "
          "picture: set property tile to %d x %d at least",
          axes[1].most, axes[0].most, LIKELY_STEP, LIKELY_STEP);
  return TRUE;
}

/* Whether tiles that share `overlap` pixels share less than what results hang on. */
static gboolean
shares_too_little (const Known axes[2], int overlap)
{
  for (int a = 0; overlap >= 0 && a < 2; a++)
    if (axes[a].frame > axes[a].most && overlap < axes[a].before + axes[a].after)
      return TRUE;
  return FALSE;
}

/* Tiles that come out are what has been reckoned. */
static gboolean
check_tiles (const GenTiles *tiles, GenModel *model, const GenPort *output, GError **error)
{
  gint64 size[2] = { 0 };

  if (!find_size (model, output, tiles->rows.tile_in, tiles->columns.tile_in, size, error))
    return FALSE;
  if (size[0] == tiles->rows.tile_out && size[1] == tiles->columns.tile_out)
    return TRUE;
  return fail (error,
      "its output '%s' is %" G_GINT64_FORMAT " x %" G_GINT64_FORMAT
      " of a tile of %d x %d, which is no part of what it makes of the whole",
      output->name, size[1], size[0], tiles->columns.tile_in, tiles->rows.tile_in);
}

gboolean
gen_tiles_plan (GenTiles *tiles, GenModel *model, const GenPort *input, const GenPort *output,
    const GenTileContext *context, const GenTileRequest *request, GError **error)
{
  GenTileAxis *const cuts[] = { &tiles->rows, &tiles->columns };
  Known axes[] = {
    begin (context != NULL ? &context->rows : NULL, request->height, MAX (input->height, 0),
        request->tile_height, request),
    begin (context != NULL ? &context->columns : NULL, request->width, MAX (input->width, 0),
        request->tile_width, request),
  };

  *tiles = (GenTiles){ 0 };
  if (!find_sizes (axes, model, output, context == NULL, error) ||
      !check_size (axes, context == NULL, error))
    return FALSE;
  tiles->fade = context == NULL || shares_too_little (axes, request->overlap);
  for (int a = 0; a < 2; a++) {
    if (context == NULL)
      find_ratio (&axes[a]);
    pad (&axes[a]);
    axes[a].fade = tiles->fade;
    if (tiles->fade && axes[a].even && axes[a].step / axes[a].taken * axes[a].made % 2 != 0)
      axes[a].step *= 2;
    axes[a].overlap = request->overlap;
    if (tiles->fade && request->overlap < 0)
      axes[a].overlap = (int)(axes[a].in / 4);
    if (!cut (&axes[a], cuts[a], error) ||
        !check_last (&axes[a], cuts[a], request->chroma_in, error))
      return FALSE;
  }
  tiles->fade = tiles->fade && gen_tiles_count (tiles) > 1;
  if (!check_tiles (tiles, model, output, error))
    return FALSE;
  for (int a = 0; a < 2; a++)
    take_back (&axes[a], cuts[a]);
  return TRUE;
}

/* --- tiles --- */

int
gen_tiles_count (const GenTiles *tiles)
{
  return tiles->rows.n * tiles->columns.n;
}

static int
place_of (const GenTileAxis *axis, int i)
{
  return MIN (i * axis->hop, axis->in - axis->tile_in);
}

/* Where what comes out of a tile begins. */
static int
made_at (const GenTileAxis *axis, int i)
{
  return place_of (axis, i) / axis->taken * axis->made;
}

/* Where what is kept of tile `i` begins. */
static int
find_cut (const GenTileAxis *axis, int i)
{
  int first, middle;

  if (i == 0 || i == axis->n)
    return i == 0 ? 0 : axis->out;
  first = made_at (axis, i) + axis->unsure_before;
  middle = (first + made_at (axis, i - 1) + axis->tile_out - axis->unsure_after) / 2;
  if (axis->even && middle % 2 != 0)
    middle += middle > first ? -1 : 1;
  return middle;
}

/* What is kept of tile `i` along an axis, and where it goes. */
static void
keep (const GenTileAxis *axis, gboolean fade, int i, gint32 *first, gint32 *n, int *to)
{
  *to = fade ? made_at (axis, i) : find_cut (axis, i);
  *first = *to - made_at (axis, i);
  *n = fade ? axis->tile_out : find_cut (axis, i + 1) - *to;
}

GenTile
gen_tiles_get (const GenTiles *tiles, int i)
{
  const int row = i / tiles->columns.n, column = i % tiles->columns.n;
  GenTile tile = { .x = place_of (&tiles->columns, column), .y = place_of (&tiles->rows, row) };

  keep (&tiles->rows, tiles->fade, row, &tile.kept.top, &tile.kept.height, &tile.to_y);
  keep (&tiles->columns, tiles->fade, column, &tile.kept.left, &tile.kept.width, &tile.to_x);
  return tile;
}
