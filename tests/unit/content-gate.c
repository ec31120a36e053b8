/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gates by scores: rules, smoothing against its formula, hysteresis, scores that are none. Regions
 * of pictures: what is changed and what is left. Boxes of each layout, made by hand. */
#include <generative/content-gate.h>
#include <generative/detector.h>
#include <generative/obscure.h>
#include <generative/onnx.h>

#include <math.h>
#include <string.h>

#include "../reference.h"
#include "../scratch.h"

static const char *const names[] = { "safe", "nsfw", "violence", NULL };

/* --- rules --- */

static void
check_refused (const char *rules, const char *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_content_gate_new (rules, 0.5, names, 3, &error));
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error->message, message));
}

static void
test_rules (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenContentGate) gate = gen_content_gate_new (" nsfw = 0.8 ,2", 0.25, names, 3, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (gen_content_gate_n_rules (gate), ==, 2);
  g_assert_cmpint (gen_content_gate_rule_label (gate, 0), ==, 1);
  g_assert_cmpfloat (gen_content_gate_rule_threshold (gate, 0), ==, 0.8);
  g_assert_cmpstr (gen_content_gate_rule_name (gate, 1), ==, "violence");
  g_assert_cmpfloat (gen_content_gate_rule_threshold (gate, 1), ==, 0.25);
  g_assert_cmpint (gen_content_gate_find_rule (gate, 0), ==, -1);
  check_refused ("nsfv=0.8", "nsfw");
  check_refused ("nsfw=high", "has to be a number");
  check_refused ("nsfw=nan", "has to be a number");
  check_refused ("nsfw=0", "above 0");
  check_refused ("nsfw,1=0.5", "twice");
  check_refused ("3", "no class");
  check_refused ("nsfw,", "no class");
}

static GenContentVerdict
judge (GenContentGate *gate, double score, double seconds)
{
  GenContentVerdict verdict;

  gen_content_gate_judge (gate, (const double[]){ 0, score, 0 }, seconds, &verdict);
  return verdict;
}

static void
test_hysteresis (void)
{
  g_autoptr (GenContentGate) gate = gen_content_gate_new ("nsfw=0.5", 1, names, 3, NULL);
  static const double scores[] = { 0.49, 0.5, 0.45, 0.31, 0.29, 0.45, 0.9 };
  static const gboolean closed[] = { FALSE, TRUE, TRUE, TRUE, FALSE, FALSE, TRUE };

  gen_content_gate_set_smoothing (gate, 0, 0.2);
  for (guint i = 0; i < G_N_ELEMENTS (scores); i++)
    g_assert_cmpint (judge (gate, scores[i], 0.04).closed, ==, closed[i]);
  gen_content_gate_reset (gate);
  g_assert_false (judge (gate, 0.4, 0).closed);
}

static void
test_smoothing (void)
{
  g_autoptr (GenContentGate) gate = gen_content_gate_new ("nsfw=0.5", 1, names, 3, NULL);
  const double share = 1 - exp (-0.1 / 0.5);
  double mean = 0;

  gen_content_gate_set_smoothing (gate, 0.5, 0);
  g_assert_cmpfloat (judge (gate, 0, 0).score, ==, 0);
  for (int i = 0; i < 10; i++) {
    const GenContentVerdict verdict = judge (gate, 1, 0.1);

    mean += share * (1 - mean);
    g_assert_cmpfloat_with_epsilon (verdict.score, mean, 1e-12);
    g_assert_cmpint (verdict.closed, ==, mean >= 0.5);
  }
  /* Nothing is remembered of what is no number, and time that stands still does not count. */
  g_assert_true (judge (gate, NAN, 0.1).failed);
  g_assert_true (judge (gate, INFINITY, 0.1).failed);
  g_assert_cmpfloat_with_epsilon (judge (gate, 0, 0).score, mean, 1e-12);
  g_assert_cmpfloat (judge (gate, 0.75, INFINITY).score, ==, 0.75);
}

static void
test_worst (void)
{
  g_autoptr (GenContentGate) gate =
      gen_content_gate_new ("nsfw=0.8,violence=0.2", 1, names, 3, NULL);
  GenContentVerdict verdict;

  gen_content_gate_judge (gate, (const double[]){ 0, 0.7, 0.2 }, 0, &verdict);
  g_assert_true (verdict.closed);
  g_assert_cmpint (verdict.label, ==, 2);
  gen_content_gate_judge (gate, (const double[]){ 9, 0.7, 0.1 }, 0, &verdict);
  g_assert_false (verdict.closed);
  g_assert_cmpint (verdict.label, ==, 1);
}

/* --- regions --- */

#define WIDTH 64
#define HEIGHT 48

static void
draw (GenPicture *picture, int channels)
{
  gen_picture_init (picture, WIDTH, HEIGHT, channels);
  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH * channels; x++)
      picture->data[y * picture->stride + x] = (guint8)((x * 37 + y * 91 + x * y) % 256);
}

static gboolean
is_within (const GenRegion *region, int x, int y)
{
  return x >= region->x && x < region->x + region->width && y >= region->y &&
         y < region->y + region->height;
}

/* Nothing changes outside, and inside nothing is as varied as it was. */
static void
check_region (int channels, const GenObscuring *obscuring, const GenRegion *region)
{
  g_autoptr (GByteArray) scratch = g_byte_array_new ();
  g_auto (GenPicture) before = { 0 }, after = { 0 };
  double rough[2] = { 0 };

  draw (&before, channels);
  draw (&after, channels);
  gen_picture_obscure (&after, region, obscuring, scratch);
  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH; x++)
      for (int c = 0; c < channels; c++) {
        const int at = y * before.stride + x * channels + c;

        if (!is_within (region, x, y) || c == 3) {
          g_assert_cmpint (before.data[at], ==, after.data[at]);
        } else if (is_within (region, x + 1, y) && x + 1 < WIDTH) {
          rough[0] += abs (before.data[at] - before.data[at + channels]);
          rough[1] += abs (after.data[at] - after.data[at + channels]);
        }
      }
  if (rough[0] > 0)
    g_assert_cmpfloat (rough[1], <, 0.3 * rough[0]);
}

static void
test_regions (void)
{
  static const GenRegion regions[] = { { 10, 8, 30, 20 }, { -20, -5, 40, 30 }, { 34, 20, 400, 400 },
    { 0, 0, WIDTH, HEIGHT }, { 5, 5, 1, 1 }, { 200, 0, 10, 10 }, { 3, 3, -4, 10 },
    { G_MAXINT - 1, 0, G_MAXINT, 3 } };

  for (int how = 0; how < 3; how++)
    for (guint i = 0; i < G_N_ELEMENTS (regions); i++)
      for (int channels = 1; channels <= 4; channels += channels == 1 ? 2 : 1)
        check_region (channels, &(GenObscuring){ how, 0.2, 0x204080 }, &regions[i]);
}

/* Means over squares, by hand. */
static void
test_values (void)
{
  g_autoptr (GByteArray) scratch = g_byte_array_new ();
  guint8 bytes[16] = { 0, 4, 100, 100, 8, 12, 100, 104, 1, 1, 50, 50, 1, 1, 50, 51 };
  GenPicture picture = { bytes, 4, 4, 1, 4, FALSE };
  static const guint8 expected[16] = { 6, 6, 101, 101, 6, 6, 101, 101, 1, 1, 50, 50, 1, 1, 50, 50 };

  gen_picture_obscure (&picture, &(GenRegion){ 0, 0, 4, 4 },
      &(GenObscuring){ GEN_OBSCURE_PIXELATE, 0.5, 0 }, scratch);
  g_assert_cmpmem (bytes, 16, expected, 16);
  gen_picture_obscure (&picture, &(GenRegion){ 0, 0, 1, 1 },
      &(GenObscuring){ GEN_OBSCURE_FILL, 1, 0xff0000 }, scratch);
  g_assert_cmpint (bytes[0], ==, 76);
}

/* Frames of odd extents whose chroma has a sample for two by two pixels: in a plane each, or both
 * in one, they become the same, and only the region does, widened to whole samples of chroma. */
static void
check_planes (const GenObscuring *obscuring, const GenRegion *region)
{
  enum { W = 33, H = 27, CW = 17, CH = 14 };
  g_autoptr (GByteArray) scratch = g_byte_array_new ();
  guint8 luma[2][W * H], before[CW * CH * 2], chroma[2][CW * CH], both[CW * CH * 2];
  const int left = region->x / 2, right = (region->x + region->width + 1) / 2, top = region->y / 2,
            bottom = (region->y + region->height + 1) / 2;
  GenPicturePlane three[3] = { { { luma[0], W, H, 1, W, FALSE }, 0, 0, { 40 } },
    { { chroma[0], CW, CH, 1, CW, FALSE }, 1, 1, { 90 } },
    { { chroma[1], CW, CH, 1, CW, FALSE }, 1, 1, { 200 } } };
  GenPicturePlane two[2] = { { { luma[1], W, H, 1, W, FALSE }, 0, 0, { 40 } },
    { { both, CW, CH, 2, CW * 2, FALSE }, 1, 1, { 90, 200 } } };

  for (int i = 0; i < W * H; i++)
    luma[0][i] = luma[1][i] = (guint8)(i * i * 7 % 256);
  for (int i = 0; i < CW * CH * 2; i++)
    before[i] = both[i] = chroma[i % 2][i / 2] = (guint8)(i * i * 11 % 256);
  gen_planes_obscure (three, 3, region, obscuring, scratch);
  gen_planes_obscure (two, 2, region, obscuring, scratch);
  g_assert_cmpmem (luma[0], W * H, luma[1], W * H);
  for (int i = 0; i < CW * CH * 2; i++) {
    const int x = i / 2 % CW, y = i / 2 / CW;
    const gboolean within = x >= left && x < right && y >= top && y < bottom;

    g_assert_cmpint (both[i], ==, chroma[i % 2][i / 2]);
    if (!within)
      g_assert_cmpint (both[i], ==, before[i]);
    else if (obscuring->how == GEN_OBSCURE_FILL)
      g_assert_cmpint (both[i], ==, i % 2 ? 200 : 90);
    if (obscuring->how == GEN_OBSCURE_FILL)
      for (int k = 0; k < 4; k++)
        if (2 * x + k % 2 < W && 2 * y + k / 2 < H && within)
          g_assert_cmpint (luma[0][(2 * y + k / 2) * W + 2 * x + k % 2], ==, 40);
  }
  /* Squares of chroma lie where those of luma do. */
  if (obscuring->how == GEN_OBSCURE_PIXELATE && left + 1 < right)
    g_assert_cmpint (chroma[0][top * CW + left] == chroma[0][top * CW + left + 1], ==,
        luma[0][2 * top * W + 2 * left] == luma[0][2 * top * W + 2 * left + 2]);
}

static void
test_planes (void)
{
  static const GenRegion regions[] = { { 7, 5, 12, 9 }, { 0, 0, 33, 27 }, { 20, 13, 13, 14 },
    { 32, 26, 1, 1 }, { 4, 4, 8, 8 } };

  for (int how = 0; how < 3; how++)
    for (guint i = 0; i < G_N_ELEMENTS (regions); i++)
      for (double strength = 0.05; strength < 1; strength *= 3)
        check_planes (&(GenObscuring){ how, strength, 0 }, &regions[i]);
}

/* --- blurring --- */

typedef enum { NOISE, EDGES, DOT, WHITE, N_KINDS } Kind;

static void
draw_kind (GenPicture *picture, Kind kind)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (4);

  for (int y = 0; y < picture->height; y++)
    for (int x = 0; x < picture->width; x++)
      for (int c = 0; c < picture->channels; c++) {
        const int far = MAX (abs (x - picture->width / 3), abs (y - picture->height / 2));
        const int edge = ((x * 3 > picture->width) ^ (y * 2 > picture->height)) ? 255 : 0;

        picture->data[(gssize)y * picture->stride + x * picture->channels + c] =
            (guint8)(kind == NOISE   ? g_rand_int_range (random, 0, 2) * 255
                     : kind == EDGES ? edge
                     : kind == DOT   ? (far < 3 + c ? 255 : 0)
                                     : 255);
      }
}

/* A mean over `radius` to all sides, thrice, of each line for itself, as the header tells it. */
static REFERENCE void
smooth_exactly (double *values, int length, int step, int radius)
{
  g_autofree double *copy = g_new (double, length);

  for (int pass = 0; pass < 3; pass++) {
    for (int i = 0; i < length; i++)
      copy[i] = values[i * step];
    for (int i = 0; i < length; i++) {
      const int first = MAX (i - radius, 0), end = MIN (i + radius + 1, length);
      double sum = 0;

      for (int k = first; k < end; k++)
        sum += copy[k];
      values[i * step] = sum / (end - first);
    }
  }
}

static double *
blur_exactly (const GenPicture *picture, int radius)
{
  const int row = picture->width * picture->channels;
  double *values = g_new (double, row * picture->height);

  for (int y = 0; y < picture->height; y++)
    for (int i = 0; i < row; i++)
      values[y * row + i] = picture->data[(gssize)y * picture->stride + i];
  for (int y = 0; y < picture->height; y++)
    for (int c = 0; c < MIN (picture->channels, 3); c++)
      smooth_exactly (values + y * row + c, picture->width, picture->channels, radius);
  for (int i = 0; i < row; i++)
    if (i % picture->channels != 3)
      smooth_exactly (values + i, picture->height, row, radius);
  return values;
}

static void
turn_over (GenPicture *picture)
{
  picture->data += (gssize)(picture->height - 1) * picture->stride;
  picture->stride = -picture->stride;
}

static void
check_blur (const GenRegion *extent, int channels, Kind kind, double strength)
{
  const int radius = MAX (2, (int)ceil (strength * MAX (extent->width, extent->height)));
  g_autoptr (GByteArray) scratch = g_byte_array_new ();
  g_autofree double *exact = NULL;
  g_auto (GenPicture) picture = { 0 };
  double worst = 0;

  gen_picture_init (&picture, extent->width, extent->height, channels);
  draw_kind (&picture, kind);
  turn_over (&picture);
  exact = blur_exactly (&picture, radius);
  gen_picture_obscure (&picture, extent, &(GenObscuring){ GEN_OBSCURE_BLUR, strength, 0 }, scratch);
  for (int y = 0; y < picture.height; y++)
    for (int i = 0; i < picture.width * channels; i++)
      worst = MAX (worst, fabs (picture.data[(gssize)y * picture.stride + i] -
                                exact[y * picture.width * channels + i]));
  turn_over (&picture);
  g_test_message ("%d x %d x %d, kind %d, strength %g: %.2f", extent->width, extent->height,
      channels, kind, strength, worst);
  g_assert_cmpfloat (worst, <, 2);
}

/* What is blurred on a smaller picture is within two levels of means over all pixels. */
static void
test_blur (void)
{
  static const GenRegion extents[] = { { 0, 0, 1, 1 }, { 0, 0, 1, 150 }, { 0, 0, 301, 2 },
    { 0, 0, 257, 131 }, { 0, 0, 100, 320 } };
  static const double strengths[] = { 0.001, 0.02, 0.0405, 0.07, 0.15, 0.5, 1 };

  for (guint i = 0; i < G_N_ELEMENTS (extents); i++)
    for (guint k = 0; k < G_N_ELEMENTS (strengths); k++)
      for (int kind = 0; kind < N_KINDS; kind++)
        for (int channels = 1; channels <= 4; channels += channels == 1 ? 2 : 1)
          check_blur (&extents[i], channels, (Kind)kind, strengths[k]);
}

#define SIDE 450
#define SCALE 30

/* Stripes that come again within the blur's scale leave one grey, wherever nothing of what lies at
 * the ends is in the mean: neither stripes nor patterns of them and the cells. */
static void
check_stripes (double period, int across, int down)
{
  g_autoptr (GByteArray) scratch = g_byte_array_new ();
  g_auto (GenPicture) picture = { 0 };
  int least = 255, most = 0;

  gen_picture_init (&picture, SIDE, SIDE, 1);
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++)
      picture.data[y * picture.stride + x] =
          (guint8)lrint (127.5 + 127.5 * sin (2 * G_PI * (across * x + down * y) / period));
  gen_picture_obscure (&picture, &(GenRegion){ 0, 0, SIDE, SIDE },
      &(GenObscuring){ GEN_OBSCURE_BLUR, (double)SCALE / SIDE, 0 }, scratch);
  for (int y = 3 * SCALE; y < SIDE - 3 * SCALE; y++)
    for (int x = 3 * SCALE; x < SIDE - 3 * SCALE; x++) {
      least = MIN (least, picture.data[y * picture.stride + x]);
      most = MAX (most, picture.data[y * picture.stride + x]);
    }
  g_test_message ("period %g, %d, %d: %d to %d", period, across, down, least, most);
  g_assert_cmpint (most - least, <=, 3);
}

static void
test_blur_detail (void)
{
  for (double period = 2; period <= SCALE; period *= 1.03) {
    check_stripes (period, 1, 0);
    check_stripes (period, 0, 1);
    check_stripes (period * 1.5, 1, 1);
  }
}

/* --- detectors --- */

static char *folder;

typedef struct {
  const char *name;
  GenShape shape;
  const float *values;
} Output;

/* A model that makes the same of every picture of 32 x 32, but for the sum of a black one. */
static char *
save (const char *name, const Output *outputs, guint n)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("detector");
  g_autoptr (GError) error = NULL;
  char *path = g_build_filename (folder, name, NULL);
  GenTensor *x = gen_graph_add_input (graph, "image", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 32, 32));
  GenTensor *zero =
      gen_graph_op (graph, "ReduceMean", &x, 1, 1, &error, "keepdims", GEN_INT, 0, NULL);

  g_assert_no_error (error);
  zero = gen_binary (graph, "Mul", zero, gen_graph_float (graph, 0), &error);
  g_assert_no_error (error);
  for (guint i = 0; i < n; i++) {
    const gsize size = (gsize)gen_shape_elements (&outputs[i].shape) * sizeof (float);
    GenTensor *made = gen_graph_add_constant (
        graph, "made", GEN_TYPE_FLOAT32, &outputs[i].shape, g_bytes_new (outputs[i].values, size));

    made = gen_binary (graph, "Add", made, zero, &error);
    g_assert_no_error (error);
    g_free (made->name);
    made->name = g_strdup (outputs[i].name);
    gen_graph_add_output (graph, made);
  }
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,1"));
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
  return path;
}

static void
find (const char *path, const char *layout, const GenDetection *expected, guint n)
{
  g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (GenDetection));
  g_autoptr (GError) error = NULL;
  g_autoptr (GenDetector) detector = gen_detector_open (path, NULL, &error);
  g_auto (GenPicture) picture = { 0 };

  g_assert_no_error (error);
  g_assert_cmpstr (gen_detector_layout (detector), ==, layout);
  draw (&picture, 3);
  g_assert_true (gen_detector_find (detector, &picture, 0.5, found, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (found->len, ==, n);
  for (guint i = 0; i < n; i++) {
    const GenDetection *box = &g_array_index (found, GenDetection, i);

    g_assert_cmpint (box->label, ==, expected[i].label);
    g_assert_cmpfloat_with_epsilon (box->score, expected[i].score, 1e-6);
    g_assert_cmpfloat_with_epsilon (box->x, expected[i].x, 1e-6);
    g_assert_cmpfloat_with_epsilon (box->y, expected[i].y, 1e-6);
    g_assert_cmpfloat_with_epsilon (box->width, expected[i].width, 1e-6);
    g_assert_cmpfloat_with_epsilon (box->height, expected[i].height, 1e-6);
  }
}

/* Two boxes of one label over each other, of which the better one is left; the same place with
 * another label; and one that is not sure enough. */
static void
test_yolo (void)
{
  static const float eight[6 * 7] = { /* x */ 8, 9, 8, 24, 0, 0, 0, /* y */ 16, 16, 16, 24, 0, 0, 0,
    /* width */ 8, 8, 8, 4, 1, 1, 1, /* height */ 8, 8, 8, 4, 1, 1, 1,
    /* scores */ 0.75f, 0.875f, 0.1f, 0.4f, 0, 0, 0, 0, 0, 0.625f, 0, 0, 0, 0 };
  static const float five[8 * 7] = { 8, 16, 8, 8, 1, 0.75f, 0.5f, /**/ 9, 16, 8, 8, 1, 0.875f, 0.5f,
    /**/ 8, 16, 8, 8, 0.625f, 0, 1, /**/ 24, 24, 4, 4, 0.9f, 0.4f, 0 };
  static const GenDetection expected[] = { { 5 / 32.0, 12 / 32.0, 0.25, 0.25, 0, 0.875 },
    { 4 / 32.0, 12 / 32.0, 0.25, 0.25, 1, 0.625 } };
  g_autofree char *a = save ("eight.onnx", &(Output){ "output0", GEN_SHAPE (1, 6, 7), eight }, 1);
  g_autofree char *b = save ("five.onnx", &(Output){ "output", GEN_SHAPE (1, 8, 7), five }, 1);

  find (a, "yolov8", expected, 2);
  find (b, "yolov5", expected, 2);
}

/* Of one class there are six columns, as of boxes from end to end. */
static void
test_yolo_of_one (void)
{
  static const float many[1001 * 6] = { 8, 16, 8, 8, 1, 0.75f };
  static const GenDetection expected[] = { { 4 / 32.0, 12 / 32.0, 0.25, 0.25, 0, 0.75 } };
  g_autofree char *path = save ("one.onnx", &(Output){ "output", GEN_SHAPE (1, 1001, 6), many }, 1);

  find (path, "yolov5", expected, 1);
}

/* Where it is not known how many there are, somebody has to say which they are. */
static void
test_ambiguous (void)
{
  g_autofree char *path = g_build_filename (folder, "free.onnx", NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("detector");
  g_autoptr (GenDetector) detector = NULL;
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "image", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, -1, 6));

  x = gen_graph_op (graph, "ReduceMean", &x, 1, 1, &error, "axes", GEN_INTS, 1, (gint64[]){ 1 },
      "keepdims", GEN_INT, 0, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, x);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,1"));
  g_assert_true (gen_onnx_save (graph, path, &error));
  g_assert_true (gen_detector_recognise (path));
  g_assert_null (gen_detector_open (path, NULL, &error));
  g_assert_nonnull (strstr (error->message, "boxes=end-to-end"));
  g_clear_error (&error);
  detector = gen_detector_open (path, "yolov5", &error);
  g_assert_no_error (error);
}

static void
test_end_to_end (void)
{
  static const float boxes[2 * 6] = { 4, 8, 12, 24, 0.75f, 3, /**/ 0, 0, 1, 1, 0.25f, 1 };
  static const GenDetection expected[] = { { 0.125, 0.25, 0.25, 0.5, 3, 0.75 } };
  g_autofree char *path = save ("end.onnx", &(Output){ "output0", GEN_SHAPE (1, 2, 6), boxes }, 1);

  find (path, "end-to-end", expected, 1);
}

static void
test_ultraface (void)
{
  static const float scores[4] = { 0.1f, 0.9f, 0.8f, 0.2f };
  static const float boxes[8] = { 0.125f, 0.25f, 0.375f, 0.75f, 0, 0, 1, 1 };
  static const float classes[2] = { 5, 2 }, sure[2] = { 0.25f, 0.75f };
  static const GenDetection face[] = { { 0.125, 0.25, 0.25, 0.5, 1, 0.9 } };
  static const GenDetection thing[] = { { 0, 0, 1, 1, 2, 0.75 } };
  const Output outputs[] = { { "scores", GEN_SHAPE (1, 2, 2), scores },
    { "boxes", GEN_SHAPE (1, 2, 4), boxes } };
  const Output ssd[] = { { "detection_boxes:0", GEN_SHAPE (1, 2, 4), boxes },
    { "detection_classes:0", GEN_SHAPE (1, 2), classes },
    { "detection_scores:0", GEN_SHAPE (1, 2), sure } };
  g_autofree char *a = save ("ultraface.onnx", outputs, 2);
  g_autofree char *b = save ("ssd.onnx", ssd, 3);

  find (a, "ultraface", face, 1);
  find (b, "ssd", thing, 1);
}

/* A picture of 32 x 32 has 16, 4 and 1 places. */
static void
test_yunet (void)
{
  static float zeros[64], class[16], object[16], box[64];
  const Output outputs[] = { { "cls_8", GEN_SHAPE (1, 16, 1), class },
    { "cls_16", GEN_SHAPE (1, 4, 1), zeros }, { "cls_32", GEN_SHAPE (1, 1, 1), zeros },
    { "obj_8", GEN_SHAPE (1, 16, 1), object }, { "obj_16", GEN_SHAPE (1, 4, 1), zeros },
    { "obj_32", GEN_SHAPE (1, 1, 1), zeros }, { "bbox_8", GEN_SHAPE (1, 16, 4), box },
    { "bbox_16", GEN_SHAPE (1, 4, 4), zeros }, { "bbox_32", GEN_SHAPE (1, 1, 4), zeros } };
  /* Column 2 of row 1, half a place further: 16 x 8 pixels around 20, 12. */
  static const GenDetection expected[] = { { 12 / 32.0, 8 / 32.0, 0.5, 0.25, 0, 0.75 } };
  g_autofree char *path = NULL;

  class[6] = 1;
  object[6] = 0.5625f;
  box[24] = box[25] = 0.5f;
  box[26] = logf (2);
  path = save ("yunet.onnx", outputs, G_N_ELEMENTS (outputs));
  find (path, "yunet", expected, 1);
}

/* A picture of 32 x 32 has 8 x 8 places. */
static void
test_centerface (void)
{
  static float scores[64], sizes[128], offsets[128], points[640];
  const Output outputs[] = { { "537", GEN_SHAPE (1, 1, 8, 8), scores },
    { "538", GEN_SHAPE (1, 2, 8, 8), sizes }, { "539", GEN_SHAPE (1, 2, 8, 8), offsets },
    { "540", GEN_SHAPE (1, 10, 8, 8), points } };
  /* Row 2 and column 5: 16 down, 8 across, around 23, 11. */
  static const GenDetection expected[] = { { 19 / 32.0, 3 / 32.0, 0.25, 0.5, 0, 0.75 } };
  g_autofree char *path = NULL;

  scores[21] = 0.75f;
  sizes[21] = logf (4);
  sizes[64 + 21] = logf (2);
  offsets[21] = offsets[64 + 21] = 0.25f;
  path = save ("centerface.onnx", outputs, G_N_ELEMENTS (outputs));
  find (path, "centerface", expected, 1);
}

static void
test_refused (void)
{
  static const float nothing[14] = { 1, 1, NAN };
  g_autofree char *odd = save ("odd.onnx", &(Output){ "y", GEN_SHAPE (2, 7), nothing }, 1);
  g_autofree char *nan = save ("nan.onnx", &(Output){ "y", GEN_SHAPE (1, 2, 6), nothing }, 1);
  g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (GenDetection));
  g_autoptr (GError) error = NULL;
  g_autoptr (GenDetector) detector = NULL;
  g_auto (GenPicture) picture = { 0 };

  g_assert_false (gen_detector_recognise (odd));
  g_assert_null (gen_detector_open (odd, NULL, &error));
  g_assert_nonnull (strstr (error->message, "yolov8"));
  g_clear_error (&error);
  g_assert_null (gen_detector_open (nan, "yolov9", &error));
  g_assert_nonnull (strstr (error->message, "yolov8"));
  g_clear_error (&error);
  detector = gen_detector_open (nan, NULL, &error);
  gen_picture_init (&picture, 1, 1, 3);
  g_assert_false (gen_detector_find (detector, &picture, 0.5, found, &error));
  g_assert_nonnull (strstr (error->message, "finite"));
  g_clear_error (&error);
  /* Said to be of another layout than it is. */
  g_clear_pointer (&detector, gen_detector_free);
  detector = gen_detector_open (nan, "yunet", &error);
  if (detector != NULL)
    g_assert_false (gen_detector_find (detector, &picture, 0.5, found, &error));
  g_assert_nonnull (error);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  g_test_add_func ("/content-gate/rules", test_rules);
  g_test_add_func ("/content-gate/hysteresis", test_hysteresis);
  g_test_add_func ("/content-gate/smoothing", test_smoothing);
  g_test_add_func ("/content-gate/worst", test_worst);
  g_test_add_func ("/content-gate/regions", test_regions);
  g_test_add_func ("/content-gate/values", test_values);
  g_test_add_func ("/content-gate/planes", test_planes);
  g_test_add_func ("/content-gate/blur", test_blur);
  g_test_add_func ("/content-gate/blur-detail", test_blur_detail);
  g_test_add_func ("/content-gate/yolo", test_yolo);
  g_test_add_func ("/content-gate/yolo-of-one", test_yolo_of_one);
  g_test_add_func ("/content-gate/ambiguous", test_ambiguous);
  g_test_add_func ("/content-gate/end-to-end", test_end_to_end);
  g_test_add_func ("/content-gate/ultraface", test_ultraface);
  g_test_add_func ("/content-gate/yunet", test_yunet);
  g_test_add_func ("/content-gate/centerface", test_centerface);
  g_test_add_func ("/content-gate/refused", test_refused);
  result = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return result;
}
