/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tiles of a picture, each played by itself, against the whole, on random nets and sizes; and what
 * has no end of what it hangs on. */
#include <generative/player.h>
#include <generative/random.h>
#include <generative/tiles.h>

#include <math.h>
#include <string.h>

enum { CHANNELS = 4, NETS = 40 };

typedef struct {
  GenRandom random;
  guint64 drawn;
  GenGraph *graph;
  gboolean even; /* it takes pixels two by two, and has to find as many */
} Net;

static int
below (Net *net, int n)
{
  return (int)gen_random_below (&net->random, 0, net->drawn++, (guint32)n);
}

static GenTensor *
weights (Net *net, gint64 a, gint64 b, gint64 rows, gint64 columns)
{
  const GenShape shape = GEN_SHAPE (a, b, rows, columns);
  const gsize n = (gsize)gen_shape_elements (&shape);
  float *numbers = g_new (float, n);

  gen_random_normal (&net->random, 1, net->drawn++ * 65536, numbers, n);
  for (gsize i = 0; i < n; i++)
    numbers[i] *= 0.3f;
  return gen_graph_add_constant (
      net->graph, "w", GEN_TYPE_FLOAT32, &shape, g_bytes_new_take (numbers, n * sizeof (float)));
}

static GenTensor *
convolve (Net *net, GenTensor *x, int to, gboolean may_stride)
{
  g_autoptr (GError) error = NULL;
  const gint64 from = x->shape.dims[1];
  gint64 kernel[2], stride[2], dilation[2], pads[4];
  GenTensor *operands[2] = { x }, *y;

  for (int a = 0; a < 2; a++) {
    kernel[a] = 1 + below (net, 4);
    stride[a] = may_stride ? 1 + below (net, 2) : 1;
    dilation[a] = stride[a] == 1 ? 1 + below (net, 2) : 1;
    /* As large as before, but for the stride. */
    pads[a] = below (net, (int)(dilation[a] * (kernel[a] - 1)) + 1);
    pads[2 + a] = dilation[a] * (kernel[a] - 1) - pads[a];
  }
  operands[1] = weights (net, to, from, kernel[0], kernel[1]);
  y = gen_graph_op (net->graph, "Conv", operands, 2, 1, &error, "pads", GEN_INTS, 4, pads,
      "strides", GEN_INTS, 2, stride, "dilations", GEN_INTS, 2, dilation, NULL);
  g_assert_no_error (error);
  return y;
}

static GenTensor *
add_convolution (Net *net, GenTensor *x)
{
  return convolve (net, x, CHANNELS, TRUE);
}

/* No padding: less comes out than goes in. */
static GenTensor *
add_narrowing (Net *net, GenTensor *x)
{
  g_autoptr (GError) error = NULL;
  GenTensor *operands[] = { x, weights (net, CHANNELS, x->shape.dims[1], 3, 3) };
  GenTensor *y = gen_graph_op (net->graph, "Conv", operands, 2, 1, &error, NULL);

  g_assert_no_error (error);
  return y;
}

static GenTensor *
add_transposed (Net *net, GenTensor *x)
{
  g_autoptr (GError) error = NULL;
  const gint64 stride[] = { 2, 2 }, kernel = 2 + below (net, 3), cut = kernel - 2;
  const gint64 before = below (net, (int)cut + 1);
  const gint64 pads[] = { before, cut - before, cut - before, before };
  GenTensor *operands[] = { x, weights (net, x->shape.dims[1], CHANNELS, kernel, kernel) };
  GenTensor *y = gen_graph_op (net->graph, "ConvTranspose", operands, 2, 1, &error, "pads",
      GEN_INTS, 4, pads, "strides", GEN_INTS, 2, stride, NULL);

  g_assert_no_error (error);
  return y;
}

static GenTensor *
add_pool (Net *net, GenTensor *x)
{
  g_autoptr (GError) error = NULL;
  const gint64 stride[] = { 2, 2 }, kernel[] = { 2 + below (net, 2), 2 };
  const gint64 pads[] = { kernel[0] - 2, 0, 0, 0 };
  GenTensor *y = gen_graph_op (net->graph, below (net, 2) == 0 ? "MaxPool" : "AveragePool", &x, 1,
      1, &error, "kernel_shape", GEN_INTS, 2, kernel, "strides", GEN_INTS, 2, stride, "pads",
      GEN_INTS, 4, pads, NULL);

  g_assert_no_error (error);
  return y;
}

/* Means over channels, and a branch beside what there is. */
static GenTensor *
add_branch (Net *net, GenTensor *x)
{
  g_autoptr (GError) error = NULL;
  const gint64 axes[] = { 1 };
  GenTensor *branch = convolve (net, x, (int)x->shape.dims[1], FALSE), *mean;

  mean = gen_graph_op (net->graph, "ReduceMean",
      (GenTensor *[]){ branch, gen_graph_ints (net->graph, axes, 1) }, 2, 1, &error, NULL);
  g_assert_no_error (error);
  branch = gen_binary (net->graph, "Sub", branch, mean, &error);
  branch =
      gen_binary (net->graph, "Add", x, gen_unary (net->graph, "Tanh", branch, &error), &error);
  g_assert_no_error (error);
  return branch;
}

/* What is made where shapes are to be worked out anew for each size. */
static GenTensor *
unknown (Net *net, const char *op, GenTensor *const *inputs, int n, GenDataType type)
{
  g_autoptr (GError) error = NULL;
  GenTensor *y = gen_graph_add_value (net->graph, NULL);

  gen_graph_add_node (net->graph, NULL, NULL, op, GEN_OPSET, inputs, n, &y, 1, &error);
  g_assert_no_error (error);
  y->type = type;
  return y;
}

static GenTensor *
add_shuffle (Net *net, GenTensor *x)
{
  static const char *const modes[] = { "DCR", "CRD" };
  GenTensor *wide = convolve (net, x, 4 * CHANNELS, FALSE);
  GenTensor *y = unknown (net, "DepthToSpace", &wide, 1, GEN_TYPE_FLOAT32);

  gen_node_set_int (y->producer, "blocksize", 2);
  gen_node_set_string (y->producer, "mode", modes[below (net, 2)]);
  y->shape = GEN_SHAPE (1, CHANNELS, 2 * wide->shape.dims[2], 2 * wide->shape.dims[3]);
  return y;
}

static GenTensor *
ints (Net *net, int n, const gint64 *values)
{
  return gen_graph_ints (net->graph, values, n);
}

/* Extent `axis` of `x`, times `by` or divided by it. */
static GenTensor *
extent (Net *net, GenTensor *x, gint64 axis, const char *op, gint64 by)
{
  const gint64 end = axis + 1;
  GenTensor *all = unknown (net, "Shape", &x, 1, GEN_TYPE_INT64);
  GenTensor *one = unknown (net, "Slice",
      (GenTensor *[]){ all, ints (net, 1, &axis), ints (net, 1, &end) }, 3, GEN_TYPE_INT64);

  return unknown (net, op, (GenTensor *[]){ one, ints (net, 1, &by) }, 2, GEN_TYPE_INT64);
}

/* `x`, whose further extents are `extents`. */
static GenTensor *
reshape (Net *net, GenTensor *x, GenTensor *const *extents, int n)
{
  GenTensor *shape = unknown (net, "Concat", extents, n, GEN_TYPE_INT64);

  gen_node_set_int (shape->producer, "axis", 0);
  return unknown (net, "Reshape", (GenTensor *[]){ x, shape }, 2, GEN_TYPE_FLOAT32);
}

static GenTensor *
transpose (Net *net, GenTensor *x, const gint64 *order)
{
  GenTensor *y = unknown (net, "Transpose", &x, 1, GEN_TYPE_FLOAT32);

  gen_node_set_ints (y->producer, "perm", order, 6);
  return y;
}

/* Pixels into channels, or channels into pixels, as exporters write it out. */
static GenTensor *
add_written_shuffle (Net *net, GenTensor *x)
{
  const gint64 c = CHANNELS, up[] = { 0, 1, 4, 2, 5, 3 }, down[] = { 0, 1, 3, 5, 2, 4 };
  const gint64 two = 2, front[] = { 1, c, 2, 2 }, many[] = { 1, 4 * c };
  const gboolean into_pixels = below (net, 2) == 0;
  GenTensor *y = convolve (net, x, into_pixels ? 4 * CHANNELS : CHANNELS, FALSE);
  const gint64 height = y->shape.dims[2], width = y->shape.dims[3];

  if (into_pixels) {
    y = reshape (net, y,
        (GenTensor *[]){
            ints (net, 4, front), extent (net, y, 2, "Mul", 1), extent (net, y, 3, "Mul", 1) },
        3);
    y = reshape (net, transpose (net, y, up),
        (GenTensor *[]){
            ints (net, 2, front), extent (net, x, 2, "Mul", 2), extent (net, x, 3, "Mul", 2) },
        3);
    y->shape = GEN_SHAPE (1, c, 2 * height, 2 * width);
    return y;
  }
  net->even = TRUE;
  y = reshape (net, y,
      (GenTensor *[]){ ints (net, 2, front), extent (net, x, 2, "Div", 2), ints (net, 1, &two),
          extent (net, x, 3, "Div", 2), ints (net, 1, &two) },
      5);
  y = reshape (net, transpose (net, y, down),
      (GenTensor *[]){
          ints (net, 2, many), extent (net, x, 2, "Div", 2), extent (net, x, 3, "Div", 2) },
      3);
  y->shape = GEN_SHAPE (1, 4 * c, height / 2, width / 2);
  return y;
}

static GenTensor *
add_resize (Net *net, GenTensor *x)
{
  static const char *const modes[] = { "nearest", "linear", "cubic" };
  static const char *const places[] = { "half_pixel", "asymmetric", "pytorch_half_pixel" };
  g_autoptr (GError) error = NULL;
  const int way = below (net, 4);
  const float factor = way == 0 ? 0.5f : (float)(way + 1), scales[] = { 1, 1, factor, factor };
  GenTensor *operands[] = { x, NULL,
    gen_graph_add_constant (net->graph, "scales", GEN_TYPE_FLOAT32, &GEN_SHAPE (4),
        g_bytes_new (scales, sizeof scales)) };
  GenTensor *y = gen_graph_op (net->graph, "Resize", operands, 3, 1, &error, "mode", GEN_STRING,
      modes[below (net, 3)], "coordinate_transformation_mode", GEN_STRING, places[below (net, 3)],
      "nearest_mode", GEN_STRING, below (net, 2) == 0 ? "floor" : "round_prefer_floor", NULL);

  g_assert_no_error (error);
  return y;
}

static GenTensor *
add_pad (Net *net, GenTensor *x)
{
  static const char *const modes[] = { "reflect", "edge", "constant" };
  g_autoptr (GError) error = NULL;
  const gint64 pads[] = { 0, 0, 1, 1, 0, 0, 1, 1 };
  GenTensor *y =
      gen_graph_op (net->graph, "Pad", (GenTensor *[]){ x, gen_graph_ints (net->graph, pads, 8) },
          2, 1, &error, "mode", GEN_STRING, modes[below (net, 3)], NULL);

  g_assert_no_error (error);
  return add_narrowing (net, y);
}

/* What leaves pixels where they are: channels in another order, other types. */
static GenTensor *
add_movements (Net *net, GenTensor *x)
{
  g_autoptr (GError) error = NULL;
  gint64 order[CHANNELS];
  GenTensor *y;

  for (int c = 0; c < x->shape.dims[1] && c < CHANNELS; c++)
    order[c] = x->shape.dims[1] - 1 - c;
  y = gen_graph_op (net->graph, "Gather",
      (GenTensor *[]){
          x, gen_graph_ints (net->graph, order, (int)MIN (x->shape.dims[1], CHANNELS)) },
      2, 1, &error, "axis", GEN_INT, 1, NULL);
  g_assert_no_error (error);
  y = gen_unary (net->graph, "Identity", y, &error);
  y = gen_graph_op (
      net->graph, "Cast", &y, 1, 1, &error, "to", GEN_INT, (int)GEN_TYPE_FLOAT64, NULL);
  y = gen_graph_op (
      net->graph, "Cast", &y, 1, 1, &error, "to", GEN_INT, (int)GEN_TYPE_FLOAT32, NULL);
  g_assert_no_error (error);
  return convolve (net, y, CHANNELS, FALSE);
}

static GenTensor *(*const layers[]) (Net *, GenTensor *) = { add_convolution, add_convolution,
  add_narrowing, add_transposed, add_pool, add_shuffle, add_resize, add_branch, add_pad,
  add_written_shuffle, add_movements };

static GenModel *
finish_model (GenGraph *graph, GenTensor *y)
{
  g_autoptr (GError) error = NULL;
  GenModel *model;

  gen_graph_add_output (graph, y);
  for (int d = 2; d < 4; d++)
    ((GenTensor *)g_ptr_array_index (graph->inputs, 0))->shape.dims[d] = -1;
  model = gen_model_new (graph, &error);
  g_assert_no_error (error);
  gen_graph_unref (graph);
  return model;
}

/* Shapes are worked out of some size, which is then forgotten. */
static GenTensor *
begin_net (Net *net, guint64 number, int channels)
{
  *net = (Net){ gen_random_new (number, "tiles", 0), 0, gen_graph_new ("net") };
  return gen_graph_add_input (net->graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, channels, 64, 128));
}

static GenModel *
draw_model (Net *net, guint64 number)
{
  g_autoptr (GError) error = NULL;
  const int n = 1 + (int)(number % 4);
  GenTensor *x = begin_net (net, number, 3);

  for (int i = 0; i < n; i++) {
    /* Large enough is large enough. */
    const int most = x->shape.dims[2] > 128 ? 3 : (int)G_N_ELEMENTS (layers);

    x = layers[below (net, most)](net, x);
    x = gen_unary (net->graph, i % 2 == 0 ? "Relu" : "Tanh", x, &error);
    g_assert_no_error (error);
  }
  return finish_model (net->graph, convolve (net, x, 3, FALSE));
}

static GenModelUse
use_of (const GenModel *model, int height, int width, gsize stride)
{
  GenModelUse use = { .input = model->inputs[0],
    .output = model->outputs[0],
    .frames = 1,
    .pictures = 1,
    .height = height,
    .width = width,
    .from_frames = TRUE,
    .from = { .columns = 1, .bytes = 3, .n_order = 3, .order = { 0, 1, 2 }, .stride = stride } };

  gen_port_set_range (&use.input, -1, 1);
  gen_port_set_range (&use.output, -1, 1);
  return use;
}

static const float *
play (GenPlayer *player, const GenModelUse *use, const guint8 *bytes)
{
  const GenFrame frame = { .planes = { (gpointer)bytes } };
  g_autoptr (GError) error = NULL;

  gen_player_prepare (player, use, NULL, &error);
  g_assert_no_error (error);
  gen_player_bind_input_frame (player, 0, &frame);
  g_assert_true (gen_player_run (player, NULL));
  return gen_player_output (player)->data;
}

/* The part of a tile that is kept against that of the whole; and that it is nobody else's. */
static double
compare (const GenTiles *tiles, const GenTile *tile, int channels, const float *part,
    const float *whole, guint8 *seen)
{
  const gsize out_height = (gsize)tiles->rows.out, out_width = (gsize)tiles->columns.out;
  const gsize height = (gsize)tiles->rows.tile_out, width = (gsize)tiles->columns.tile_out;
  double largest = 0;

  for (int y = 0; y < tile->kept.height; y++)
    for (int x = 0; x < tile->kept.width; x++) {
      const gsize to = (gsize)(tile->to_y + y) * out_width + (gsize)(tile->to_x + x);
      const gsize from = (gsize)(tile->kept.top + y) * width + (gsize)(tile->kept.left + x);

      g_assert_cmpint (seen[to]++, ==, 0);
      for (int c = 0; c < channels; c++)
        largest = fmax (largest, fabs ((double)part[(gsize)c * height * width + from] -
                                       (double)whole[(gsize)c * out_height * out_width + to]));
    }
  return largest;
}

/* The largest difference, against the largest number. */
static double
play_tiles (GenModel *model, const GenTiles *tiles, const guint8 *bytes, gsize stride)
{
  const GenPlayerOptions options = { 0 };
  g_autoptr (GenPlayer) one = gen_player_new (model, &options);
  g_autoptr (GenPlayer) player = gen_player_new (model, &options);
  const GenModelUse all = use_of (model, tiles->rows.in, tiles->columns.in, stride);
  const GenModelUse use = use_of (model, tiles->rows.tile_in, tiles->columns.tile_in, stride);
  const float *whole = play (one, &all, bytes);
  const GenShape *shape = &gen_player_output (one)->shape;
  const gsize pixels = (gsize)tiles->rows.out * (gsize)tiles->columns.out;
  g_autofree guint8 *seen = g_malloc0 (pixels);
  double largest = 0, peak = 1;

  g_assert_cmpint (shape->dims[2], ==, tiles->rows.out);
  g_assert_cmpint (shape->dims[3], ==, tiles->columns.out);
  for (gsize i = 0; i < (gsize)shape->dims[1] * pixels; i++)
    peak = MAX (peak, fabs ((double)whole[i]));
  for (int i = 0; i < gen_tiles_count (tiles); i++) {
    const GenTile tile = gen_tiles_get (tiles, i);
    const float *part = play (player, &use, bytes + (gsize)tile.y * stride + 3 * (gsize)tile.x);

    largest = fmax (largest, compare (tiles, &tile, (int)shape->dims[1], part, whole, seen));
  }
  for (gsize i = 0; i < pixels; i++)
    g_assert_cmpint (seen[i], ==, 1);
  return largest / peak;
}

static guint8 *
draw_picture (Net *net, gsize n)
{
  guint8 *bytes = g_malloc (n);

  for (gsize i = 0; i < n; i++)
    bytes[i] = (guint8)gen_random_below (&net->random, 3, i, 256);
  return bytes;
}

static void
test_nets (void)
{
  int several = 0;

  for (guint64 number = 0; number < NETS; number++) {
    Net net;
    g_autoptr (GenModel) model = draw_model (&net, number);
    g_autoptr (GError) error = NULL;
    const GenPort *input = &model->inputs[0], *output = &model->outputs[0];
    const int odd = net.even ? 0 : 1;
    const GenTileRequest request = { .height = 192 + below (&net, 80) * odd,
      .width = 256 + below (&net, 80) * odd,
      .tile_height = 120 + below (&net, 40),
      .tile_width = 120 + below (&net, 40),
      .overlap = below (&net, 3) == 0 ? 60 : -1,
      .chroma_in = below (&net, 2) == 0,
      .chroma_out = below (&net, 2) == 0 };
    const gsize stride = 3 * (gsize)request.width + 5;
    g_autofree guint8 *bytes = draw_picture (&net, stride * (gsize)request.height);
    GenTileContext context;
    GenTiles tiles;

    gen_model_find_tile_context (model, input, output, &context, &error);
    g_assert_no_error (error);
    gen_tiles_plan (&tiles, model, input, output, &context, &request, &error);
    g_assert_no_error (error);
    g_assert_false (tiles.fade);
    g_assert_cmpint (tiles.rows.tile_in, <=, MAX (request.tile_height, 1));
    g_assert_cmpfloat (play_tiles (model, &tiles, bytes, stride), <, 1e-5);
    several += gen_tiles_count (&tiles) > 4;
  }
  g_assert_cmpint (several, >, NETS / 2);
}

/* --- frames --- */

typedef struct {
  const char *name;
  GenFrameLayout layout; /* without strides */
} Kind;

static const Kind kinds[] = {
  { "RGB", { .columns = 1, .bytes = 3, .n_order = 3, .order = { 0, 1, 2 } } },
  { "upward", { .columns = 1, .bytes = 3, .n_order = 3, .order = { 2, 1, 0 }, .upward = TRUE } },
  { "planar", { .columns = 1, .bytes = 1, .n_order = 3, .order = { 1, 2, 0 }, .planar = TRUE } },
  { "NV12", { .columns = 1, .ycbcr = TRUE, .luma = { 0.299f, 0.114f }, .n_order = 3 } },
  { "NV12 sited",
      { .columns = 1, .ycbcr = TRUE, .luma = { 0.299f, 0.114f }, .n_order = 3, .sited_x = TRUE } },
  { "I420 sited", { .columns = 1,
                      .ycbcr = TRUE,
                      .luma = { 0.2126f, 0.0722f },
                      .n_order = 3,
                      .planar = TRUE,
                      .sited_x = TRUE,
                      .sited_y = TRUE,
                      .full_range = TRUE } },
  { "I420 upward", { .columns = 1,
                       .ycbcr = TRUE,
                       .luma = { 0.2126f, 0.0722f },
                       .n_order = 3,
                       .planar = TRUE,
                       .sited_y = TRUE,
                       .upward = TRUE } },
};

/* A frame in memory of its own, and how it lies there. */
typedef struct {
  GenFrameLayout layout;
  int height, width;
  guint8 *planes[GEN_FRAME_MAX_PLANES];
  gsize sizes[GEN_FRAME_MAX_PLANES];
} Frame;

#define GUARD 0xA5

static void
frame_open (Frame *frame, const GenFrameLayout *kind, int height, int width)
{
  *frame = (Frame){ .layout = *kind, .height = height, .width = width };
  frame->layout.stride = (gsize)(width * (kind->ycbcr || kind->planar ? 1 : 3) + 7);
  frame->layout.chroma_stride = (gsize)((width + 1) / 2 * (kind->planar ? 1 : 2) + 3);
  for (int p = 0; p < gen_frame_layout_planes (kind); p++) {
    const gboolean chroma = kind->ycbcr && p > 0;

    frame->sizes[p] = chroma ? frame->layout.chroma_stride * (gsize)((height + 1) / 2)
                             : frame->layout.stride * (gsize)height;
    frame->planes[p] = g_malloc (frame->sizes[p]);
    memset (frame->planes[p], GUARD, frame->sizes[p]);
  }
}

static void
frame_close (Frame *frame)
{
  for (int p = 0; p < GEN_FRAME_MAX_PLANES; p++)
    g_free (frame->planes[p]);
}

/* `rows` rows of it from a pixel on. */
static GenFrame
part_of (const Frame *frame, int x, int y, int rows)
{
  GenFrame part = { 0 };

  for (int p = 0; p < gen_frame_layout_planes (&frame->layout); p++) {
    const gssize topmost = -gen_frame_layout_offset (&frame->layout, p, 0, 0, frame->height);

    part.planes[p] =
        frame->planes[p] + topmost + gen_frame_layout_offset (&frame->layout, p, x, y, rows);
  }
  return part;
}

static void
run_on (GenPlayer *player, const GenModelUse *use, const GenFrame *from, const GenFrame *to,
    const GenKeptPart *kept)
{
  g_autoptr (GError) error = NULL;

  gen_player_prepare (player, use, NULL, &error);
  g_assert_no_error (error);
  gen_player_bind_input_frame (player, 0, from);
  gen_player_bind_output_frame (player, 0, to);
  if (kept != NULL)
    gen_player_keep_part (player, 0, kept);
  g_assert_true (gen_player_run (player, NULL));
}

static void
play_frames (
    GenModel *model, const GenTileContext *context, const Kind *kind, int height, int width)
{
  const GenPlayerOptions options = { 0 };
  g_autoptr (GenPlayer) player = gen_player_new (model, &options);
  const GenTileRequest request = { .height = height,
    .width = width,
    .tile_height = 40,
    .tile_width = 36,
    .overlap = -1,
    .chroma_in = kind->layout.ycbcr,
    .chroma_out = kind->layout.ycbcr };
  GenModelUse use = use_of (model, height, width, 0);
  g_autoptr (GError) error = NULL;
  GenFrame from, to;
  Frame in, whole, tiled;
  GenTiles tiles;

  gen_tiles_plan (&tiles, model, &model->inputs[0], &model->outputs[0], context, &request, &error);
  g_assert_no_error (error);
  g_assert_cmpint (gen_tiles_count (&tiles), >, 3);
  frame_open (&in, &kind->layout, height, width);
  frame_open (&whole, &kind->layout, tiles.rows.out, tiles.columns.out);
  frame_open (&tiled, &kind->layout, tiles.rows.out, tiles.columns.out);
  for (int p = 0; p < gen_frame_layout_planes (&kind->layout); p++)
    for (gsize i = 0; i < in.sizes[p]; i++)
      in.planes[p][i] = (guint8)(i * i * 31 / 7);
  use.from = in.layout;
  use.to = whole.layout;
  use.to_frames = TRUE;
  use.output.height = tiles.rows.out;
  use.output.width = tiles.columns.out;
  from = part_of (&in, 0, 0, height);
  to = part_of (&whole, 0, 0, whole.height);
  run_on (player, &use, &from, &to, NULL);
  use.height = tiles.rows.tile_in;
  use.width = tiles.columns.tile_in;
  use.output.height = tiles.rows.tile_out;
  use.output.width = tiles.columns.tile_out;
  use.in_parts = TRUE;
  for (int i = 0; i < gen_tiles_count (&tiles); i++) {
    const GenTile tile = gen_tiles_get (&tiles, i);

    from = part_of (&in, tile.x, tile.y, tiles.rows.tile_in);
    to = part_of (&tiled, tile.to_x, tile.to_y, tile.kept.height);
    run_on (player, &use, &from, &to, &tile.kept);
  }
  /* Guards between rows are the same as well. */
  for (int p = 0; p < gen_frame_layout_planes (&kind->layout); p++)
    for (gsize i = 0; i < whole.sizes[p]; i++)
      g_assert_cmpint (ABS (whole.planes[p][i] - tiled.planes[p][i]), <=, 1);
  frame_close (&in);
  frame_close (&whole);
  frame_close (&tiled);
}

/* What is kept of tiles goes to frames as the whole does, however these lie. */
static void
test_frames (void)
{
  g_autoptr (GError) error = NULL;
  GenTileContext context;
  GenTensor *x;
  Net net;

  for (int up = 0; up < 2; up++) {
    g_autoptr (GenModel) model = NULL;

    x = begin_net (&net, (guint64)up, 3);
    x = convolve (&net, up == 0 ? x : add_transposed (&net, x), 3, FALSE);
    model = finish_model (net.graph, gen_unary (net.graph, "Tanh", x, &error));
    gen_model_find_tile_context (model, &model->inputs[0], &model->outputs[0], &context, &error);
    g_assert_no_error (error);
    for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
      play_frames (model, &context, &kinds[i], 90, 100);
      play_frames (model, &context, &kinds[i], 77, 85);
    }
  }
}

/* --- what is found --- */

/* How far a net of known layers reaches. */
static void
test_exact (void)
{
  g_autoptr (GError) error = NULL;
  const gint64 pads[] = { 2, 1, 2, 1 }, strides[] = { 2, 1 };
  GenTileContext context;
  Net net;
  GenTensor *x = begin_net (&net, 0, 3), *y;
  g_autoptr (GenModel) model = NULL;

  /* 5 x 3, every second row; then twice as many rows and columns. */
  y = gen_graph_op (net.graph, "Conv", (GenTensor *[]){ x, weights (&net, 12, 3, 5, 3) }, 2, 1,
      &error, "pads", GEN_INTS, 4, pads, "strides", GEN_INTS, 2, strides, NULL);
  g_assert_no_error (error);
  y = unknown (&net, "DepthToSpace", &y, 1, GEN_TYPE_FLOAT32);
  gen_node_set_int (y->producer, "blocksize", 2);
  y->shape = GEN_SHAPE (1, 3, 64, 256);
  model = finish_model (net.graph, y);
  gen_model_find_tile_context (model, &model->inputs[0], &model->outputs[0], &context, &error);
  g_assert_no_error (error);
  g_assert_cmpint (context.rows.step, ==, 2);
  g_assert_cmpint (context.rows.taken, ==, context.rows.made);
  /* The second of two rows lies one further from the first that they hang on. */
  g_assert_cmpint (context.rows.before, ==, 3);
  g_assert_cmpint (context.rows.after, ==, 2);
  g_assert_cmpint (context.columns.made, ==, 2 * context.columns.taken);
  g_assert_cmpint (context.columns.before, ==, 1);
  g_assert_cmpint (context.columns.after, ==, 1);
}

/* What has no end of what it hangs on, and which node is why. */
static void
test_endless (void)
{
  static const char *const names[] = { "GlobalAveragePool", "Resize", "Concat" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenModel) model = NULL;
    const float scales[] = { 1, 1, 2, 2 };
    GenTileContext context;
    Net net;
    GenTensor *x = begin_net (&net, 0, 3), *y;

    if (i == 0)
      y = gen_binary (
          net.graph, "Add", x, gen_unary (net.graph, "GlobalAveragePool", x, &error), &error);
    else if (i == 1)
      y = gen_graph_op (net.graph, "Resize",
          (GenTensor *[]){ x, NULL,
              gen_graph_add_constant (net.graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (4),
                  g_bytes_new (scales, sizeof scales)) },
          3, 1, &error, "mode", GEN_STRING, "linear", "coordinate_transformation_mode", GEN_STRING,
          "align_corners", NULL);
    else
      y = gen_graph_op (
          net.graph, "Concat", (GenTensor *[]){ x, x }, 2, 1, &error, "axis", GEN_INT, 3, NULL);
    g_assert_no_error (error);
    model = finish_model (net.graph, y);
    g_assert_false (gen_model_find_tile_context (
        model, &model->inputs[0], &model->outputs[0], &context, &error));
    g_assert_nonnull (strstr (error->message, names[i]));
    g_assert_nonnull (strstr (error->message, "picture"));
  }
}

/* No more is made than is asked for, and little twice. */
static void
test_sizes (void)
{
  g_autoptr (GError) error = NULL;
  GenTileContext context;
  GenTiles tiles;
  Net net;
  GenTensor *x = begin_net (&net, 0, 3);
  const gint64 pads[] = { 8, 8, 8, 8 };
  g_autoptr (GenModel) model = NULL;
  GenTileRequest request = {
    .height = 1080, .width = 1920, .tile_height = 256, .tile_width = 256, .overlap = -1
  };

  x = gen_graph_op (net.graph, "Conv", (GenTensor *[]){ x, weights (&net, 3, 3, 17, 17) }, 2, 1,
      &error, "pads", GEN_INTS, 4, pads, NULL);
  model = finish_model (net.graph, x);
  gen_model_find_tile_context (model, &model->inputs[0], &model->outputs[0], &context, &error);
  g_assert_no_error (error);
  g_assert_true (gen_tiles_plan (
      &tiles, model, &model->inputs[0], &model->outputs[0], &context, &request, &error));
  g_assert_cmpfloat ((double)gen_tiles_count (&tiles) * tiles.rows.tile_in * tiles.columns.tile_in /
                         (1920.0 * 1080),
      <, 1.15);
  g_assert_cmpint (tiles.columns.n, ==, 8);
  g_assert_cmpint (tiles.rows.n, ==, 5);
  /* Tiles that are large enough; */
  request.tile_height = request.tile_width = 2000;
  g_assert_true (gen_tiles_plan (
      &tiles, model, &model->inputs[0], &model->outputs[0], &context, &request, &error));
  g_assert_cmpint (gen_tiles_count (&tiles), ==, 1);
  /* too small; */
  request.tile_height = request.tile_width = 16;
  g_assert_false (gen_tiles_plan (
      &tiles, model, &model->inputs[0], &model->outputs[0], &context, &request, &error));
  g_assert_nonnull (strstr (error->message, "tile-overlap"));
  g_clear_error (&error);
  /* and such that have to fade. */
  request.overlap = 4;
  g_assert_true (gen_tiles_plan (
      &tiles, model, &model->inputs[0], &model->outputs[0], &context, &request, &error));
  g_assert_true (tiles.fade);
  /* Where results hang on the whole picture, those of a few pixels are no smaller picture. */
  request = (GenTileRequest){
    .height = 24, .width = 32, .tile_height = 5, .tile_width = 5, .overlap = -1
  };
  g_assert_false (gen_tiles_plan (
      &tiles, model, &model->inputs[0], &model->outputs[0], NULL, &request, &error));
  g_assert_nonnull (strstr (error->message, "tiles of 5 x 5 pixels are too small"));
  g_assert_nonnull (strstr (error->message, "set property tile to 64 x 64 at least"));
}

/* Tiles of one size only: what helps is less overlap, or nothing. */
static void
test_fixed (void)
{
  for (gint64 size = 32; size >= 16; size -= 16) {
    const gint64 pads[] = { 16, 16, 16, 16 }, stride[] = { size == 32 ? 32 : 48, 32 };
    g_autoptr (GError) error = NULL;
    g_autoptr (GenModel) model = NULL;
    GenTileContext context;
    GenTiles tiles;
    Net net;
    GenTensor *x = begin_net (&net, 0, 3);
    GenTileRequest request = { .height = 96, .width = 96, .overlap = 8 };

    x->shape = GEN_SHAPE (1, 3, 32, 32);
    x = gen_graph_op (net.graph, "Conv", (GenTensor *[]){ x, weights (&net, 3, 3, 33, 33) }, 2, 1,
        &error, "pads", GEN_INTS, 4, pads, "strides", GEN_INTS, 2, stride, NULL);
    g_assert_no_error (error);
    gen_graph_add_output (net.graph, x);
    model = gen_model_new (net.graph, &error);
    gen_graph_unref (net.graph);
    g_assert_no_error (error);
    gen_model_find_tile_context (model, &model->inputs[0], &model->outputs[0], &context, &error);
    g_assert_no_error (error);
    g_assert_false (gen_tiles_plan (
        &tiles, model, &model->inputs[0], &model->outputs[0], &context, &request, &error));
    g_assert_null (strstr (error->message, "property tile to more"));
    g_assert_nonnull (strstr (
        error->message, size == 32 ? "set property tile-overlap to 0, with" : "with free sizes"));
    g_clear_error (&error);
    request.overlap = 0;
    g_assert_true (gen_tiles_plan (&tiles, model, &model->inputs[0], &model->outputs[0], &context,
                       &request, &error) == (size == 32));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tiles/nets", test_nets);
  g_test_add_func ("/tiles/frames", test_frames);
  g_test_add_func ("/tiles/exact", test_exact);
  g_test_add_func ("/tiles/endless", test_endless);
  g_test_add_func ("/tiles/sizes", test_sizes);
  g_test_add_func ("/tiles/fixed", test_fixed);
  return g_test_run ();
}
