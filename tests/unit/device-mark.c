/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames that are marked on a device against what the CPU's loops make of them: the same, byte by
 * byte, of all kinds of samples, of odd sizes and with gaps between rows, and read like those.
 * GEN_CUDA_MODULE says which module stands for the device. */
#include <generative/mark-device.h>
#include <generative/graph.h>
#include <generative/random.h>

#include <string.h>

#define BITS G_GUINT64_CONSTANT (0x1007babcde0003e8)

typedef enum { FLAT, NOISE, EDGES, BLACK, WHITE, KINDS } Kind;

static GenMarkKey *
make_key (void)
{
  guint8 secret[32];

  for (guint i = 0; i < sizeof secret; i++)
    secret[i] = (guint8)(3 * i + 1);
  return gen_mark_key_new (secret, sizeof secret, NULL);
}

/* --- frames --- */

static guint8
sample_of (Kind kind, const GenRandom *random, int x, int y, int c, int n)
{
  switch (kind) {
  case NOISE:
    return (guint8)gen_random_below (random, (guint64)c, (guint64)n, 256);
  case EDGES:
    return (x / 11 + y / 7) % 2 == 0 ? (guint8)(20 + 10 * c) : (guint8)(200 + x % 5);
  case BLACK:
    return (guint8)(x % 3);
  case WHITE:
    return (guint8)(253 + x % 3);
  default:
    return (guint8)(90 + x / 9 + c);
  }
}

/* Its samples are to be freed. */
static GenMarkFrame
new_frame (Kind kind, int width, int height, int step, int gap, gboolean full_range)
{
  const GenRandom random = gen_random_new (kind, "frame", 0);
  const int stride = width * step + gap;
  guint8 *samples = g_malloc0 ((gsize)stride * (gsize)height);
  GenMarkFrame frame = { .width = width,
    .height = height,
    .n = step == 1 ? 1 : 3,
    .step = step,
    .bits = 8,
    .full_range = full_range };

  for (int y = 0; y < height; y++)
    for (int x = 0; x < width * step; x++)
      samples[y * stride + x] =
          sample_of (kind, &random, x / step, y, x % step, y * width * step + x);
  memset (samples + (height - 1) * stride + width * step, 0x5a, (gsize)gap);
  for (int i = 0; i < frame.n; i++) {
    frame.samples[i] = samples + i;
    frame.stride[i] = stride;
  }
  return frame;
}

/* --- marking --- */

/* By the loops of the CPU, and by the plan, a few times by one where frames are small. */
static void
compare (const GenDevice *device, Kind kind, int width, int height, int step, int gap,
    gboolean full_range)
{
  static const double strengths[] = { 1, 0.4, GEN_PICTURE_MARK_STRENGTH_MAX, 0, 1 };
  g_autoptr (GenMarkKey) key = make_key ();
  g_autoptr (GenPictureMark) mark = gen_picture_mark_new (key, BITS);
  g_autoptr (GenPictureMarkDevice) marking = NULL;
  g_autoptr (GError) error = NULL;

  gen_picture_mark_set_size (mark, width, height);
  for (guint i = 0; i < (width < 200 ? G_N_ELEMENTS (strengths) : 1); i++) {
    GenMarkFrame expected = new_frame (kind, width, height, step, gap, full_range);
    GenMarkFrame frame = new_frame (kind, width, height, step, gap, full_range);
    const gsize size = (gsize)frame.stride[0] * (gsize)height;

    g_assert_true (gen_picture_mark_device_can (&frame));
    if (marking == NULL)
      marking = gen_picture_mark_device_new (device, mark, &frame, FALSE, &error);
    g_assert_no_error (error);
    g_assert_true (gen_picture_mark_device_fits (marking, &frame));
    gen_picture_mark_apply (mark, &expected, strengths[i]);
    gen_picture_mark_device_apply (marking, &frame, strengths[i], NULL, &error);
    g_assert_no_error (error);
    for (gsize at = 0; at < size; at++)
      if (frame.samples[0][at] != expected.samples[0][at])
        g_error ("%d x %d of %d bytes, kind %d, strength %g: byte %" G_GSIZE_FORMAT
                 " is %d in the place of %d",
            width, height, step, kind, strengths[i], at, frame.samples[0][at],
            expected.samples[0][at]);
    g_free (frame.samples[0]);
    g_free (expected.samples[0]);
  }
}

static void
test_same (gconstpointer device)
{
  /* Blocks of 8; whose last ones have few pixels, or none that has a neighbour; of 16 and 32. */
  static const int sizes[][2] = { { 96, 64 }, { 97, 61 }, { 65, 8 }, { 66, 130 }, { 1, 1 },
    { 2, 9 }, { 1201, 1109 }, { 2209, 2250 } };
  static const int steps[] = { 1, 3, 4 };

  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
    for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
      for (Kind kind = FLAT; kind < KINDS; kind++)
        if (sizes[s][0] < 200 || (steps[i] == 1 && kind == NOISE))
          compare (device, kind, sizes[s][0], sizes[s][1], steps[i], (int)(s % 3) * 5,
              steps[i] > 1 || s % 2 == 0);
}

/* What was marked there is read. */
static void
test_read (gconstpointer device)
{
  g_autoptr (GenMarkKey) key = make_key ();
  g_autoptr (GenPictureMark) mark = gen_picture_mark_new (key, BITS);
  g_autoptr (GenPictureMarkReader) reader = gen_picture_mark_reader_new (key);
  GenMarkFrame frame = new_frame (FLAT, 640, 360, 1, 0, FALSE);
  g_autoptr (GenPictureMarkDevice) marking = NULL;
  g_autoptr (GError) error = NULL;
  GenPictureMarkReading reading;

  gen_picture_mark_set_size (mark, 640, 360);
  marking = gen_picture_mark_device_new (device, mark, &frame, FALSE, &error);
  g_assert_no_error (error);
  gen_picture_mark_device_apply (marking, &frame, 1, NULL, &error);
  g_assert_no_error (error);
  gen_picture_mark_reader_add (reader, &frame, 0, 0, &reading);
  g_assert_true (gen_picture_mark_reader_finish (reader, &reading));
  g_assert_true (reading.found);
  g_assert_cmphex (reading.bits, ==, BITS);
  g_free (frame.samples[0]);
}

/* --- what is refused --- */

static void
test_fits (void)
{
  g_autoptr (GenMarkKey) key = make_key ();
  g_autoptr (GenPictureMark) mark = gen_picture_mark_new (key, BITS);
  GenMarkFrame frame = new_frame (FLAT, 32, 16, 1, 8, FALSE), other = frame;
  g_autoptr (GenPictureMarkDevice) marking = NULL;
  g_autoptr (GError) error = NULL;

  gen_picture_mark_set_size (mark, 32, 16);
  marking = gen_picture_mark_device_new (&gen_device_cpu, mark, &frame, FALSE, &error);
  g_assert_no_error (error);
  other.stride[0] = 32;
  g_assert_false (gen_picture_mark_device_fits (marking, &other));
  other = frame;
  other.full_range = TRUE;
  g_assert_false (gen_picture_mark_device_fits (marking, &other));
  other = frame;
  other.bits = 10;
  other.step = 2;
  g_assert_false (gen_picture_mark_device_can (&other));
  /* Planes of colours. */
  other = (GenMarkFrame){ .width = 8,
    .height = 2,
    .n = 3,
    .step = 1,
    .bits = 8,
    .samples = { frame.samples[0], frame.samples[0] + 100, frame.samples[0] + 200 } };
  g_assert_false (gen_picture_mark_device_can (&other));
  g_free (frame.samples[0]);
}

/* Nodes that say what is not so. */
static void
assert_refused (gint64 block, gint64 sums, gint64 stride, const char *complaint)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("mask");
  g_autoptr (GError) error = NULL;
  GenTensor *outputs[2] = { gen_graph_add_value (graph, NULL), gen_graph_add_value (graph, NULL) };
  GenTensor *inputs[2] = {
    gen_graph_add_input (graph, "frame", GEN_TYPE_UINT8, &GEN_SHAPE (16 * 16)),
    gen_graph_add_input (graph, "gains", GEN_TYPE_INT16, &GEN_SHAPE (sums)),
  };
  GenNode *node = gen_graph_add_node (
      graph, "mask", "generative", "MaskPicture", GEN_OPSET, inputs, 2, outputs, 2, &error);

  g_assert_no_error (error);
  gen_node_set_int (node, "height", 16);
  gen_node_set_int (node, "width", 16);
  gen_node_set_int (node, "channels", 1);
  gen_node_set_int (node, "stride", stride);
  gen_node_set_int (node, "block", block);
  gen_graph_add_output (graph, outputs[1]);
  g_assert_false (gen_graph_infer (graph, &error));
  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, complaint));
}

static void
test_nodes (void)
{
  assert_refused (12, 1537, 0, "8, 16, 32 or 64");
  assert_refused (8, 1024, 0, "int16 [1025]");
  assert_refused (8, 1025, 15, "less than a row");
  assert_refused (8, 1025, 17, "less than a plane");
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/device-mark/cpu/same", &gen_device_cpu, test_same);
  g_test_add_data_func ("/device-mark/cpu/read", &gen_device_cpu, test_read);
  g_test_add_func ("/device-mark/fits", test_fits);
  g_test_add_func ("/device-mark/nodes", test_nodes);
  if (gen_device_cuda.available (&error)) {
    g_test_add_data_func ("/device-mark/cuda/same", &gen_device_cuda, test_same);
    g_test_add_data_func ("/device-mark/cuda/read", &gen_device_cuda, test_read);
  } else {
    g_print ("# no device: %s\n", error->message);
  }
  return g_test_run ();
}
