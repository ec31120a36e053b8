/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generator samples denoisers: frames are those of the formula, the same ones again, alone and in
 * batches, and after a seek. */
#include <math.h>

#include "doubtful.h"
#include "player.h"

#define LENGTH (3 * SIDE * SIDE)
#define FRAMES 8
#define STEPS 10
#define SINK " ! fakesink name=sink signal-handoffs=true sync=false"

static char *folder;

/* It takes a sample for x * (1 - t / 1000), and adds a condition of two numbers where there is one.
 */
static void
save_denoiser (const char *name, gint64 batch, gboolean conditioned, const char *sampler)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("denoiser");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, SIDE, SIDE));
  GenTensor *t = gen_graph_add_input (graph, "t", GEN_TYPE_FLOAT32, &GEN_SHAPE (1));
  GenTensor *share = gen_binary (graph, "Mul", t, gen_graph_float (graph, -0.001f), &error), *made;

  share = gen_binary (graph, "Add", share, gen_graph_float (graph, 1), &error);
  made = gen_binary (graph, "Mul", x, share, &error);
  if (conditioned) {
    GenTensor *c = gen_graph_add_input (graph, "c", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 2));
    GenTensor *sum =
        gen_graph_op (graph, "ReduceSum", &c, 1, 1, &error, "keepdims", GEN_INT, 0, NULL);

    made = gen_binary (graph, "Add", made, sum, &error);
  }
  g_assert_no_error (error);
  x->shape.dims[0] = made->shape.dims[0] = batch;
  say_range (graph, "generative.output-range", "-1,1");
  say_range (graph, "generative.prediction", "sample");
  if (sampler != NULL)
    say_range (graph, "generative.sampler", sampler);
  save_model (graph, made, path);
}

/* The squared signals of the linear schedule. */
static void
fill_signals (double *signals)
{
  double left = 1;

  for (int t = 0; t < 1000; t++) {
    left *= 1 - (0.0001 + (0.02 - 0.0001) * t / 999);
    signals[t] = sqrt (left);
  }
}

static double
follow_formula (const double *signals, double x)
{
  for (int k = 0; k < STEPS; k++) {
    const int time = 1000 * (STEPS - k) / STEPS - 1, next = 1000 * (STEPS - k - 1) / STEPS - 1;
    const double a = signals[time], b = next >= 0 ? signals[next] : 1;
    const double sample = x * (1 - time / 1000.0);

    x = b * sample + sqrt (1 - b * b) * (x - a * sample) / sqrt (1 - a * a);
  }
  return x;
}

static void
play (Player *player, const char *launch)
{
  player_open (player, launch);
  player_play_to_end (player);
}

static char *
describe (const char *source, const char *generator)
{
  return g_strdup_printf ("latentsrc seed=5 %s ! generator model=%s/%s ! "
                          "video/x-raw,format=RGB,width=8,height=8" SINK,
      source, folder, generator);
}

static guint8
byte_of (double number)
{
  return (guint8)CLAMP (lround ((number + 1) / 2 * 255), 0, 255);
}

static void
test_formula (void)
{
  g_autofree char *latents =
      g_strdup_printf ("latentsrc seed=5 num-buffers=%d dimensions=%d" SINK, FRAMES, LENGTH);
  g_autofree char *source = g_strdup_printf ("num-buffers=%d", FRAMES);
  g_autofree char *launch = describe (source, "denoiser.onnx sampler=ddim steps=10");
  double signals[1000];
  Player drawn, made;
  guint grey = 0;

  fill_signals (signals);
  play (&drawn, latents);
  play (&made, launch);
  g_assert_cmpuint (made.buffers->len, ==, FRAMES);
  for (guint i = 0; i < FRAMES; i++) {
    float noise[LENGTH];
    guint8 frame[LENGTH];

    g_assert_cmpuint (
        gst_buffer_extract (drawn.buffers->pdata[i], 0, noise, sizeof noise), ==, sizeof noise);
    g_assert_cmpuint (
        gst_buffer_extract (made.buffers->pdata[i], 0, frame, sizeof frame), ==, LENGTH);
    for (int n = 0; n < LENGTH; n++) {
      const int c = n % 3, pixel = n / 3;
      const guint8 wanted = byte_of (follow_formula (signals, noise[c * SIDE * SIDE + pixel]));

      g_assert_cmpint (ABS (frame[n] - wanted), <=, 1);
      grey += frame[n] > 0 && frame[n] < 255;
    }
  }
  g_assert_cmpuint (grey, >, FRAMES * LENGTH / 2);
  player_close (&drawn);
  player_close (&made);
}

static void
assert_equal (GstBuffer *a, GstBuffer *b)
{
  GstMapInfo one, other;

  g_assert_true (gst_buffer_map (a, &one, GST_MAP_READ));
  g_assert_true (gst_buffer_map (b, &other, GST_MAP_READ));
  g_assert_cmpmem (one.data, one.size, other.data, other.size);
  gst_buffer_unmap (a, &one);
  gst_buffer_unmap (b, &other);
}

#define DDIM "denoiser.onnx sampler=ddim steps=10"
#define CONSISTENCY "denoiser.onnx sampler=consistency steps=3"

/* What is played twice. */
typedef struct {
  const char *first, *second;
} Pair;

/* Whatever was played before it, and how many are made in a run, a frame is the same. */
static void
test_again (gconstpointer data)
{
  const Pair *pair = data;
  g_autofree char *source = g_strdup_printf ("num-buffers=%d", FRAMES);
  g_autofree char *first = describe (source, pair->first);
  g_autofree char *second = describe (source, pair->second);
  Player one, other;

  play (&one, first);
  play (&other, second);
  g_assert_cmpuint (other.buffers->len, ==, FRAMES);
  for (guint i = 0; i < FRAMES; i++)
    assert_equal (one.buffers->pdata[i], other.buffers->pdata[i]);
  player_close (&one);
  player_close (&other);
}

static void
test_seek (gconstpointer generator)
{
  g_autofree char *first = describe ("num-buffers=20", generator);
  Player whole, part;

  play (&whole, first);
  player_open (&part, first);
  g_ptr_array_set_size (part.buffers, 0);
  g_assert_true (gst_element_seek (part.pipeline, 1, GST_FORMAT_TIME,
      GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, GST_SEEK_TYPE_SET,
      (gint64)gst_util_uint64_scale (7, GST_SECOND, 30), GST_SEEK_TYPE_SET,
      (gint64)gst_util_uint64_scale (10, GST_SECOND, 30)));
  player_play_to_end (&part);
  g_assert_cmpuint (part.buffers->len, ==, 3);
  for (guint i = 0; i < 3; i++)
    assert_equal (part.buffers->pdata[i], whole.buffers->pdata[7 + i]);
  player_close (&part);
  player_close (&whole);
}

/* What it is conditioned on comes beside the noise, or stands as a parameter. */
static void
test_conditioned (void)
{
  g_autofree char *beside =
      describe ("num-buffers=2 class=1", "conditioned.onnx sampler=euler schedule=linear steps=3");
  g_autofree char *standing = describe (
      "num-buffers=2", "conditioned.onnx sampler=euler schedule=linear steps=3 parameters=c=0:1");
  g_autofree char *other = describe (
      "num-buffers=2", "conditioned.onnx sampler=euler schedule=linear steps=3 parameters=c=0:0");
  guint8 with[LENGTH], without[LENGTH];
  Player one, two, three;

  play (&one, beside);
  play (&two, standing);
  play (&three, other);
  assert_equal (one.buffers->pdata[1], two.buffers->pdata[1]);
  gst_buffer_extract (two.buffers->pdata[1], 0, with, LENGTH);
  gst_buffer_extract (three.buffers->pdata[1], 0, without, LENGTH);
  g_assert_true (memcmp (with, without, LENGTH) != 0);
  player_close (&one);
  player_close (&two);
  player_close (&three);
}

static void
assert_refused (const char *launch, const char *words)
{
  gboolean failed;
  g_autofree char *line = g_strdup_printf (launch, folder);
  g_autofree char *text = play_for_words (line, &failed);

  g_assert_true (failed);
  assert_says (text, words);
}

static void
test_refused (void)
{
  assert_refused ("latentsrc num-buffers=1 ! generator model=%s/denoiser.onnx sampler=heun ! "
                  "fakesink",
      "there are once, euler, ddim, consistency");
  assert_refused ("latentsrc num-buffers=1 ! generator model=%s/denoiser.onnx steps=5 ! fakesink",
      "property steps is for samplers");
  /* By its own metadata it is sampled, and takes noise and no pictures. */
  assert_refused ("videotestsrc num-buffers=1 ! generator model=%s/said.onnx ! fakesink",
      "by 20 runs of sampler ddim");
}

int
main (int argc, char **argv)
{
  static const Pair again = { DDIM, DDIM " threads=1" }, batch = { DDIM, DDIM " batch-size=3" };
  static const Pair said = { DDIM, "said.onnx steps=10" };
  static const Pair consistency_batch = { CONSISTENCY, CONSISTENCY " batch-size=3" };
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  save_denoiser ("denoiser.onnx", -1, FALSE, NULL);
  save_denoiser ("said.onnx", 1, FALSE, "ddim");
  save_denoiser ("conditioned.onnx", 1, TRUE, NULL);

  g_test_add_func ("/sampler/formula", test_formula);
  g_test_add_data_func ("/sampler/again", &again, test_again);
  g_test_add_data_func ("/sampler/batch", &batch, test_again);
  g_test_add_data_func ("/sampler/said", &said, test_again);
  g_test_add_data_func ("/sampler/seek", DDIM, test_seek);
  g_test_add_data_func ("/sampler/consistency-batch", &consistency_batch, test_again);
  g_test_add_data_func ("/sampler/consistency-seek", CONSISTENCY, test_seek);
  g_test_add_func ("/sampler/conditioned", test_conditioned);
  g_test_add_func ("/sampler/refused", test_refused);
  result = g_test_run ();

  scratch_remove (folder);
  g_free (folder);
  return result;
}
