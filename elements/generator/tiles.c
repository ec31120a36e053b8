/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Picture by picture, tile by tile (tiles.h): each tile is read where it lies in the frame, and
 * what is kept of it is written where it belongs in the frame that goes on. Where tiles have to
 * fade into each other they are made beside it: those of a row fade into a band as wide as the
 * frame, and bands into the frame. */
#include "mode.h"

#include "../shared/debug.h"
#include "../shared/model-file.h"

#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (generator_debug);
#define GST_CAT_DEFAULT generator_debug

/* Frames of our own. */
typedef struct {
  GstBuffer *buffer;
  GstGenerativeFrame frame;
  GenFrameLayout layout;
} Canvas;

typedef struct {
  GstGeneratorPlay *play;
  GstGeneratorFormat *format;
  GstGeneratorLateness *lateness;
  GenTiles tiles;
  Canvas made[GST_GENERATOR_MAX_BATCH], band; /* where they fade */
  /* Whole frames in colour of which the luma alone is played in tiles; 0 frames: there are none. */
  GenModelUse colour;
  gboolean told_endless;
} Tiles;

/* --- fading --- */

static void
canvas_clear (Canvas *canvas)
{
  if (canvas->buffer != NULL)
    gst_generative_frame_unmap (&canvas->frame);
  gst_clear_buffer (&canvas->buffer);
}

static gboolean
canvas_open (Canvas *canvas, GstVideoFormat format, const GstVideoInfo *like, int channels,
    int width, int height)
{
  GstVideoInfo info;

  gst_video_info_init (&info);
  if (!gst_video_info_set_format (&info, format, (guint)width, (guint)height))
    return FALSE;
  info.colorimetry = like->colorimetry;
  info.chroma_site = like->chroma_site;
  canvas->frame = (GstGenerativeFrame){ 0 };
  canvas->buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (&info), NULL);
  if (gst_video_frame_map (&canvas->frame.video, &info, canvas->buffer, GST_MAP_READWRITE))
    return gst_generative_layout_of_frame (
        &canvas->frame.video, channels, 1, FALSE, &canvas->layout);
  gst_clear_buffer (&canvas->buffer);
  return FALSE;
}

static void
clear_canvases (Tiles *self)
{
  for (guint i = 0; i < GST_GENERATOR_MAX_BATCH; i++)
    canvas_clear (&self->made[i]);
  canvas_clear (&self->band);
}

static gboolean
plays_luma (const Tiles *self)
{
  return self->colour.frames > 0;
}

/* Memory for what is made of `n` tiles before they fade. */
static gboolean
open_canvases (Tiles *self, guint n, GError **error)
{
  const GenTileAxis *rows = &self->tiles.rows, *columns = &self->tiles.columns;
  const GstVideoInfo *info = &self->format->out_info;
  const GstVideoFormat format =
      plays_luma (self) ? GST_VIDEO_FORMAT_GRAY8 : GST_VIDEO_INFO_FORMAT (info);
  const int channels = self->play->ports.output.channels;
  gboolean good = self->band.buffer != NULL ||
                  canvas_open (&self->band, format, info, channels, columns->out, rows->tile_out);

  for (guint i = 0; i < n && good; i++)
    good = self->made[i].buffer != NULL ||
           canvas_open (&self->made[i], format, info, channels, columns->tile_out, rows->tile_out);
  return good || gst_generator_fail_spacing (error);
}

/* Of a byte that fades in, from 0 at `at` 0 to 256 at `ramp`. */
static int
weigh (int at, int ramp)
{
  return at < ramp ? (256 * at + 128) / ramp : 256;
}

static void
mix (guint8 *to, const guint8 *from, gsize n, int weight)
{
  for (gsize i = 0; i < n; i++)
    to[i] = (guint8)((to[i] * (256 - weight) + from[i] * weight + 128) >> 8);
}

/* How a picture is laid over another one: at which place, and over how many of its first columns
 * and rows it fades in. */
typedef struct {
  int x, y, width, height;
  int ramp_x, ramp_y;
} Place;

/* Plane `p`, whose bytes stand for `step` x `step` pixels. */
static void
lay_plane (const GstVideoFrame *to, const GenFrameLayout *to_layout, const Canvas *from, int p,
    int step, const Place *place)
{
  const gsize bytes = (gsize)gen_frame_layout_offset (to_layout, p, step, 0, 1);
  const int n = (place->width + step - 1) / step, ramp = (place->ramp_x + step - 1) / step;

  for (int y = 0; y < place->height; y += step) {
    guint8 *row = gst_generative_frame_plane (to, to_layout, p, place->x, place->y + y, 1);
    const guint8 *made = gst_generative_frame_plane (&from->frame.video, &from->layout, p, 0, y, 1);
    const int weight = weigh (y / step, place->ramp_y / step);

    for (int x = 0; x < ramp; x++)
      mix (row + (gsize)x * bytes, made + (gsize)x * bytes, bytes, weigh (x, ramp));
    if (weight == 256)
      memcpy (row + (gsize)ramp * bytes, made + (gsize)ramp * bytes, (gsize)(n - ramp) * bytes);
    else
      mix (row, made, (gsize)n * bytes, weight);
  }
}

static void
lay (const GstVideoFrame *to, const GenFrameLayout *to_layout, const Canvas *from,
    const Place *place)
{
  for (int p = 0; p < gen_frame_layout_planes (to_layout); p++)
    lay_plane (to, to_layout, from, p, to_layout->ycbcr && p > 0 ? 2 : 1, place);
}

/* How much of what is made of tile `i` lies on the one before it. */
static GenTile
find_before (const Tiles *self, int i, int *ramp_x, int *ramp_y)
{
  const int columns = self->tiles.columns.n;
  const GenTile tile = gen_tiles_get (&self->tiles, i);

  *ramp_x = *ramp_y = 0;
  if (i % columns > 0) {
    const GenTile left = gen_tiles_get (&self->tiles, i - 1);

    *ramp_x = MAX (left.to_x + left.kept.width - tile.to_x, 0);
  }
  if (i >= columns) {
    const GenTile above = gen_tiles_get (&self->tiles, i - columns);

    *ramp_y = MAX (above.to_y + above.kept.height - tile.to_y, 0);
  }
  return tile;
}

/* Lay tile `i`, which has just been made, over those before it, and with the last one of a row the
 * band over the frame. */
static void
fade (Tiles *self, int i, const Canvas *made, const GstGenerativeFrame *frame,
    const GenFrameLayout *layout)
{
  Place place = { 0 }, of_band = { 0 };
  const GenTile tile = find_before (self, i, &place.ramp_x, &of_band.ramp_y);

  place.x = tile.to_x;
  place.width = tile.kept.width;
  place.height = tile.kept.height;
  lay (&self->band.frame.video, &self->band.layout, made, &place);
  if ((i + 1) % self->tiles.columns.n != 0)
    return;
  of_band.y = tile.to_y;
  of_band.width = self->tiles.columns.out;
  of_band.height = tile.kept.height;
  lay (&frame->video, layout, &self->band, &of_band);
}

/* --- runs --- */

static void
bind_tile (
    Tiles *self, guint k, int i, const GstGeneratorMapped *mapped, const GstGenerativeFrame *frame)
{
  GenPlayer *player = self->play->player;
  const GenModelUse *use = gen_player_use (player);
  const GenTile tile = gen_tiles_get (&self->tiles, i);
  const GenFrame from = gst_generative_frame_part (
      &mapped->frame, &use->from, tile.x, tile.y, self->tiles.rows.tile_in);
  const GenFrame to = self->tiles.fade ? gst_generative_frame_part (&self->made[k].frame, &use->to,
                                             0, 0, self->tiles.rows.tile_out)
                                       : gst_generative_frame_part (frame, &use->to, tile.to_x,
                                             tile.to_y, tile.kept.height);

  gen_player_bind_input_frame (player, k, &from);
  gen_player_bind_output_frame (player, k, &to);
  gst_generator_branches_bind_tile (
      &self->play->branches, player, k, tile.to_x, tile.to_y, tile.kept.height);
  if (use->in_parts)
    gen_player_keep_part (player, k, &tile.kept);
}

/* How many tiles a run takes. */
static guint
tiles_of_run (const Tiles *self)
{
  return (guint)gen_player_use (self->play->player)->frames;
}

/* `n` tiles from number `first` on. */
static gboolean
run_tiles (Tiles *self, int first, guint n, const GstGeneratorMapped *mapped,
    const GstGenerativeFrame *frame, GError **error)
{
  for (guint k = 0; k < n; k++)
    bind_tile (self, k, first + (int)k, mapped, frame);
  for (guint k = n; k < tiles_of_run (self); k++) {
    gen_player_bind_input_frame (self->play->player, k, NULL);
    gen_player_bind_output_frame (self->play->player, k, NULL);
    gst_generator_branches_bind_nothing (&self->play->branches, self->play->player, k);
  }
  return gen_player_run (self->play->player, error);
}

static GenFrame
whole_frame (const GstGenerativeFrame *frame, const GenFrameLayout *layout)
{
  return gst_generative_frame_part (frame, layout, 0, 0, GST_VIDEO_FRAME_HEIGHT (&frame->video));
}

/* The chroma of the frame, where its luma is played by itself. */
static gboolean
bring_chroma (
    Tiles *self, const GstGeneratorMapped *mapped, const GstGenerativeFrame *frame, GError **error)
{
  GenModelUse *whole = &self->colour;
  GenFrame in, out;

  if (!plays_luma (self))
    return TRUE;
  if (!gst_generative_layout_of_frame (&mapped->frame.video, 1, 1, TRUE, &whole->from) ||
      !gst_generative_layout_of_frame (&frame->video, 1, 1, FALSE, &whole->to))
    return gst_generator_fail_spacing (error);
  in = whole_frame (&mapped->frame, &whole->from);
  out = whole_frame (frame, &whole->to);
  return gen_player_bring_chroma (self->play->player, whole, &in, &out, error);
}

static gboolean
run_frame (
    Tiles *self, const GstGeneratorMapped *mapped, const GstGenerativeFrame *frame, GError **error)
{
  const int count = gen_tiles_count (&self->tiles), step = (int)tiles_of_run (self);
  GenFrameLayout layout = { 0 };

  if (self->tiles.fade && !gst_generative_layout_of_frame (
                              &frame->video, self->play->ports.output.channels, 1, FALSE, &layout))
    return gst_generator_fail_spacing (error);
  if (!bring_chroma (self, mapped, frame, error))
    return FALSE;
  if (plays_luma (self))
    layout = gen_frame_layout_luma (&layout);
  if ((self->tiles.fade && !open_canvases (self, (guint)step, error)) ||
      !gst_generator_branches_open (&self->play->branches, error))
    return FALSE;
  for (int i = 0; i < count; i += step) {
    const guint n = (guint)MIN (step, count - i);

    if (!run_tiles (self, i, n, mapped, frame, error))
      return FALSE;
    gst_generator_play_notice_not_finite_tiles (self->play, n);
    for (guint k = 0; k < n && self->tiles.fade; k++)
      fade (self, i + (int)k, &self->made[k], frame, &layout);
  }
  self->play->frame++;
  return TRUE;
}

/* Map both frames, for a player that fits how they lie. FALSE when an error was posted. */
static gboolean
map_frames (Tiles *self, GstBuffer *input, GstBuffer *output, GstGeneratorMapped *mapped,
    GstGenerativeFrame *frame)
{
  const gboolean on_device = gen_player_shares_context (self->play->player);

  if (!gst_generator_map_input (mapped, self->format, self->play, input))
    return FALSE;
  if (!gst_generative_frame_map (frame, &self->play->playing, self->play->player,
          &self->format->out_info, output, self->tiles.fade ? GST_MAP_READWRITE : GST_MAP_WRITE)) {
    gst_generator_unmap_input (mapped, self->play, input);
    GST_ELEMENT_ERROR (
        self->play->base, RESOURCE, WRITE, ("The next element's buffer cannot be written"), (NULL));
    return FALSE;
  }
  if (gst_generator_follow_layouts (self->play, mapped, self->tiles.fade ? NULL : frame) &&
      on_device == gen_player_shares_context (self->play->player))
    return TRUE;
  gst_generative_frame_unmap (frame);
  gst_generator_unmap_input (mapped, self->play, input);
  /* The device has given way to the CPU, which cannot read what was mapped for it. */
  return on_device != gen_player_shares_context (self->play->player) &&
         map_frames (self, input, output, mapped, frame);
}

/* What is made of what. */
typedef struct {
  Tiles *self;
  GstBuffer *input, *output;
} Run;

static gboolean
run_mapped (gpointer data, GError **error)
{
  const Run *of = data;
  Tiles *self = of->self;
  const GstClockTime start = gst_util_get_timestamp ();
  GstGeneratorMapped mapped;
  GstGenerativeFrame frame;
  gboolean good;

  if (!map_frames (self, of->input, of->output, &mapped, &frame))
    return FALSE;
  good = run_frame (self, &mapped, &frame, error);
  gst_generative_frame_unmap (&frame);
  gst_generator_unmap_input (&mapped, self->play, of->input);
  gst_generator_lateness_note_run (self->lateness, start);
  return good;
}

static GstFlowReturn
make_frame (Tiles *self, GstBuffer *input, GstBuffer *output)
{
  const gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);
  Run run = { self, input, output };
  g_autoptr (GError) error = NULL;
  const gboolean good = gst_generator_play_run (self->play, run_mapped, &run, &error);

  if (error != NULL)
    gst_generative_post_error (GST_ELEMENT (self->play->base), error);
  if (!good)
    return GST_FLOW_ERROR;
  gst_generator_branches_take (
      &self->play->branches, self->play->player, 0, input, &self->format->in_info);
  GST_LOG_OBJECT (self->play->base,
      GST_GENERATIVE_FRAME_FORMAT ": made of %d tiles, which took %.3f ms",
      GST_GENERATIVE_FRAME_ARGS (input), gen_tiles_count (&self->tiles),
      gst_generative_since (began));
  return GST_FLOW_OK;
}

/* --- the mode --- */

static gboolean
tiles_suits (const GstGeneratorPorts *ports)
{
  return ports->tiling.used;
}

static gpointer
tiles_new (const GstGeneratorContext *context)
{
  Tiles *self = g_new0 (Tiles, 1);

  self->play = context->play;
  self->format = context->format;
  self->lateness = context->lateness;
  return self;
}

static void
tiles_free (gpointer mode)
{
  clear_canvases (mode);
  g_free (mode);
}

static void
tiles_change (gpointer mode)
{
  Tiles *self = mode;

  self->told_endless = FALSE;
}

/* Say once that tiles are not as the whole frame would be. */
static void
tell_endless (Tiles *self)
{
  const GstGeneratorPorts *ports = &self->play->ports;
  const GenTileAxis *rows = &self->tiles.rows, *columns = &self->tiles.columns;
  g_autoptr (GError) reason = NULL;
  GenTileContext context;

  if (self->told_endless || !self->tiles.fade || !ports->tiling.endless ||
      gen_model_find_tile_context (ports->model, &ports->input, &ports->output, &context, &reason))
    return;
  self->told_endless = TRUE;
  GST_ELEMENT_WARNING (self->play->base, STREAM, FORMAT,
      ("%s: %s, and so tiles of %d x %d, which fade into each other, do not come out as the whole "
       "would. Properties tile and tile-overlap say how large they are, and how much they overlap",
          ports->model->path, reason->message, columns->tile_in, rows->tile_in),
      (NULL));
}

static gboolean
find_layout (Tiles *self, GstCaps *source, GenModelUse *use, GError **error)
{
  GstVideoInfo info = self->format->out_info;

  gst_generative_playing_fit_info (&self->play->playing, source, &info);
  return gst_generative_layout (&info, use->output.channels, 1, FALSE, &use->to) ||
         gst_generator_fail_spacing (error);
}

/* Where `use` is of luma beside chroma, let it be of luma alone; what it was says how chroma goes.
 */
static void
part_luma (Tiles *self, GenModelUse *use)
{
  const GenTiles *tiles = &self->tiles;

  self->colour = (GenModelUse){ 0 };
  if (!use->luma)
    return;
  self->colour.frames = 1;
  self->colour.height = tiles->rows.in;
  self->colour.width = tiles->columns.in;
  self->colour.output.height = tiles->rows.out;
  self->colour.output.width = tiles->columns.out;
  use->luma = FALSE;
  use->from = gen_frame_layout_luma (&use->from);
  use->to = gen_frame_layout_luma (&use->to);
}

static gboolean
tiles_negotiate (gpointer mode, GstCaps *sink, GstCaps *source, GenModelUse *use, GError **error)
{
  Tiles *self = mode;
  GstGeneratorFormat *format = self->format;
  GenTiles *tiles = &self->tiles;

  clear_canvases (self);
  if (!gst_generator_format_read (format, self->play, sink, &format->input, use, error) ||
      !gst_generator_format_read_video (format, source, use, error) ||
      !find_layout (self, source, use, error) ||
      !gst_generator_plan_tiles (&self->play->ports, format->input.height, format->input.width,
          use->from.ycbcr && !use->luma, use->to.ycbcr && !use->luma, tiles, error) ||
      !gst_generator_format_check_size (
          format, self->play, tiles->columns.out, tiles->rows.out, error))
    return FALSE;
  GST_INFO_OBJECT (self->play->base,
      "frames of %d x %d in %d x %d tiles of %d x %d, each %d x %d of what is made",
      tiles->columns.in, tiles->rows.in, tiles->columns.n, tiles->rows.n, tiles->columns.tile_in,
      tiles->rows.tile_in, tiles->columns.tile_out, tiles->rows.tile_out);
  part_luma (self, use);
  use->height = tiles->rows.tile_in;
  use->width = tiles->columns.tile_in;
  use->padding.height = tiles->rows.padding;
  use->padding.width = tiles->columns.padding;
  use->output.height = tiles->rows.tile_out;
  use->output.width = tiles->columns.tile_out;
  use->in_parts = gen_tiles_count (tiles) > 1 && !tiles->fade;
  tell_endless (self);
  if (!gst_generator_branches_negotiate_tiles (&self->play->branches, &self->play->ports, sink,
          tiles->rows.out, tiles->columns.out, use, error))
    return FALSE;
  if (!tiles->fade)
    return TRUE;
  if (!open_canvases (self, (guint)use->frames, error))
    return FALSE;
  use->to = self->made[0].layout;
  return TRUE;
}

static GstGeneratorTiming
tiles_timing (gpointer mode)
{
  const Tiles *self = mode;
  const GstVideoInfo *info = &self->format->out_info;
  const guint count = (guint)gen_tiles_count (&self->tiles), n = tiles_of_run (self);

  return (GstGeneratorTiming){
    .interval = info->fps_n > 0
                    ? gst_util_uint64_scale (GST_SECOND, (guint64)info->fps_d, (guint64)info->fps_n)
                    : 0,
    .batch = 1,
    .runs = (count + n - 1) / n,
  };
}

static GstFlowReturn
tiles_output (gpointer mode, GstBuffer *input, GstBuffer **output)
{
  Tiles *self = mode;
  GstFlowReturn result;

  *output = NULL;
  if (input == NULL)
    return GST_FLOW_OK;
  result = gst_generator_play_allocate (self->play, input, output);
  if (result == GST_FLOW_OK)
    result = make_frame (self, input, *output);
  if (result != GST_FLOW_OK)
    gst_clear_buffer (output);
  gst_buffer_unref (input);
  return result;
}

static gboolean
tiles_pending (gpointer mode)
{
  return FALSE;
}

const GstGeneratorMode gst_generator_tiles = {
  .name = "tiles",
  .suits = tiles_suits,
  .new = tiles_new,
  .free = tiles_free,
  .change = tiles_change,
  .negotiate = tiles_negotiate,
  .timing = tiles_timing,
  .output = tiles_output,
  .pending = tiles_pending,
};
