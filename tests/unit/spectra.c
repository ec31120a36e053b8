/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Models of frames and spectra: one that changes nothing gives the sound as it was, whatever it
 * takes; several files are one; and what is said wrong is told. */
#include <generative/onnx.h>
#include <generative/player.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>

#include "../scratch.h"

enum { SAMPLES = 1500 };

static float *
make_noise (void)
{
  GenRandom random = gen_random_new (9, "noise", 0);
  float *noise = g_new (float, SAMPLES);

  gen_random_normal (&random, 0, 0, noise, SAMPLES);
  return noise;
}

/* What `model` makes of `sound`, run by run, without what lies before it. (transfer full) */
static float *
play (GenModel *model, const float *sound)
{
  const GenPlayerOptions options = { 0 };
  g_autoptr (GenPlayer) player = gen_player_new (model, &options);
  g_autoptr (GError) error = NULL;
  const GenModelUse use = { .input = model->inputs[0],
    .output = model->outputs[0],
    .frames = 1,
    .pictures = 1,
    .from_frames = TRUE,
    .to_frames = TRUE };
  const int piece = (int)model->inputs[0].length;
  GenContext context;
  g_autofree float *padded = NULL, *made = NULL;
  int n;

  g_assert_true (
      gen_model_find_context (model, &model->inputs[0], &model->outputs[0], &context, NULL));
  g_assert_cmpint (context.step, ==, piece);
  n = (SAMPLES + (int)context.delay + piece - 1) / piece * piece;
  padded = g_new0 (float, n);
  made = g_new0 (float, n);
  memcpy (padded, sound, SAMPLES * sizeof (float));
  gen_player_prepare (player, &use, NULL, &error);
  g_assert_no_error (error);
  for (int at = 0; at < n; at += piece) {
    const GenFrame in = { .planes = { padded + at } }, out = { .planes = { made + at } };

    gen_player_bind_input_frame (player, 0, &in);
    gen_player_bind_output_frame (player, 0, &out);
    g_assert_true (gen_player_run (player, NULL));
  }
  return g_memdup2 (made + context.delay, SAMPLES * sizeof (float));
}

static void
assert_same (GenModel *model, double factor, const char *what)
{
  g_autofree float *noise = make_noise (), *made = play (model, noise);

  for (int i = 0; i < SAMPLES; i++)
    if (fabs (made[i] - factor * noise[i]) > 1e-5)
      g_error ("%s: sample %d is %g, not %g", what, i, made[i], factor * noise[i]);
}

static void
say (GenGraph *graph, const char *key, const char *value)
{
  g_hash_table_insert (graph->metadata, g_strdup (key), g_strdup (value));
}

/* A graph of `n` inputs of that shape that makes what it takes. */
static GenGraph *
make_identity (const GenShape *shape, int n)
{
  static const char *const ins[] = { "a", "b" }, *const outs[] = { "y", "z" };
  GenGraph *graph = gen_graph_new ("identity");

  for (int i = 0; i < n; i++) {
    GenTensor *x = gen_graph_add_input (graph, ins[i], GEN_TYPE_FLOAT32, shape);
    GenTensor *y = gen_graph_add_value (graph, outs[i]);

    gen_graph_add_node (graph, "", NULL, "Identity", GEN_OPSET, &x, 1, &y, 1, NULL);
    y->type = GEN_TYPE_FLOAT32;
    y->shape = *shape;
    gen_graph_add_output (graph, y);
  }
  return graph;
}

static GenModel *
make_model (GenGraph *graph, const char *spectrum)
{
  g_autoptr (GError) error = NULL;
  GenModel *model;

  say (graph, "generative.spectrum", spectrum);
  model = gen_model_new (graph, &error);
  g_assert_no_error (error);
  return model;
}

/* One input and one output, of any shape that numbers come in. */
static void
test_shapes (void)
{
  static const struct {
    const char *spectrum;
    GenShape shape;
    int inputs, frames;
  } cases[] = {
    { "complex,length=64", { 4, { 1, 33, 1, 2 } }, 1, 1 },
    { "complex,length=64", { 4, { 1, 1, 33, 2 } }, 1, 1 },
    { "complex,length=64", { 4, { 1, 2, 1, 33 } }, 1, 1 },
    { "complex,length=64", { 4, { 1, 2, 33, 1 } }, 1, 1 },
    { "complex,length=64", { 3, { 1, 1, 66 } }, 1, 1 },
    { "complex", { 4, { 1, 33, 5, 2 } }, 1, 5 },
    { "complex", { 4, { 1, 5, 33, 2 } }, 1, 5 },
    { "complex", { 4, { 1, 2, 5, 33 } }, 1, 5 },
    { "complex", { 4, { 1, 2, 33, 5 } }, 1, 5 },
    { "complex,frames=2", { 4, { 1, 2, 2, 33 } }, 1, 2 },
    { "complex,length=64,frames=3", { 4, { -1, -1, 33, 2 } }, 1, 3 },
    { "complex,length=64,frames=3", { 3, { -1, 66, -1 } }, 1, 3 },
    { "complex,length=64,lookahead=0", { 4, { -1, -1, 33, 2 } }, 1, 1 },
    { "planes,length=64", { 3, { 1, 33, 1 } }, 2, 1 },
    { "planes,length=64", { 3, { 1, 4, 33 } }, 2, 4 },
    { "planes,length=64,frames=4", { 3, { 1, 33, -1 } }, 2, 4 },
    { "magnitude,length=64", { 3, { 1, 1, 33 } }, 1, 1 },
    { "magnitude,length=64,frames=3", { 4, { 1, 1, -1, 33 } }, 1, 3 },
    { "magnitude", { 2, { 1, 33 } }, 1, 1 },
    { "frames,length=64", { 3, { 1, 1, 64 } }, 1, 1 },
    { "frames", { 2, { 4, 64 } }, 1, 4 },
    { "frames,frames=4", { 2, { -1, 64 } }, 1, 4 },
    { "a=complex,y=complex,length=64", { 4, { 1, 33, 1, 2 } }, 1, 1 },
    { "a=imaginary,b=real,y=imaginary,z=real,length=64", { 3, { 1, 33, 1 } }, 2, 1 },
    { "complex,length=64,scale=0.125", { 4, { 1, 33, 1, 2 } }, 1, 1 },
    { "complex,length=65", { 4, { 1, 33, 1, 2 } }, 1, 1 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GenGraph) graph = make_identity (&cases[i].shape, cases[i].inputs);
    g_autoptr (GenModel) model = make_model (graph, cases[i].spectrum);
    g_autofree char *what = g_strdup_printf ("case %d, %s", (int)i, cases[i].spectrum);

    g_assert_cmpint (model->spectra->frames, ==, cases[i].frames);
    g_assert_false (model->spectra->assumed);
    g_assert_cmpint (model->inputs[0].kind, ==, GEN_PORT_SOUND);
    g_assert_cmpint (model->inputs[0].length, ==, model->spectra->hop * cases[i].frames);
    assert_same (model, 1, what);
  }
}

/* All windows, under which frames overlap in all ways. */
static void
test_windows (void)
{
  static const int hops[] = { 64, 32, 16, 24, 20, 63, 7 };

  for (int i = 0; gen_windows[i] != NULL; i++)
    for (gsize k = 0; k < G_N_ELEMENTS (hops); k++)
      for (int frames = 1; frames <= 3; frames += 2)
        for (int own = 0; own < 2; own++) {
          g_autoptr (GenGraph) graph = make_identity (
              &GEN_SHAPE (1, k % 2 == 0 ? 33 : frames, k % 2 == 0 ? frames : 33, 2), 1);
          g_autofree char *spectrum = g_strdup_printf ("complex,length=64,hop=%d,window=%s%s",
              hops[k], gen_windows[i]->name, own ? ",synthesis=rectangular" : "");
          g_autoptr (GError) error = NULL;
          g_autoptr (GenModel) model = NULL;

          say (graph, "generative.spectrum", spectrum);
          model = gen_model_new (graph, &error);
          /* Where nothing overlaps, a window that begins with zero has lost a sample. */
          if (model == NULL) {
            g_assert_cmpint (hops[k], >=, 63);
            g_assert_true (gen_windows[i]->value (0, 64) < 1e-3);
            g_assert_nonnull (strstr (error->message, "hop should be less"));
            continue;
          }
          /* What is nearly lost cannot be brought back to all its digits. */
          if (hops[k] < 63 || gen_windows[i]->value (0, 64) > 0.01)
            assert_same (model, 1, spectrum);
        }
}

/* Frames that are added as they are: as many times the sound as lie over it. */
static void
test_plain_sum (void)
{
  g_autoptr (GenGraph) graph = make_identity (&GEN_SHAPE (1, 1, 64), 1);
  g_autoptr (GenModel) model =
      make_model (graph, "frames,length=64,hop=16,window=rectangular,synthesis=none");

  g_assert_null (model->spectra->synthesis);
  assert_same (model, 4, "a plain sum");
}

/* Of a magnitude [1, 1, 33] a mask that is `number` everywhere, or complex numbers. */
static GenGraph *
make_mask (float number, int parts)
{
  GenGraph *graph = gen_graph_new ("mask");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 33, parts));
  float *values = g_new0 (float, 33 * parts);
  GenTensor *y = gen_binary (graph, "Mul", x, gen_graph_float (graph, 0), &error);

  for (int i = 0; i < 33; i++)
    values[i * parts + (parts - 1)] = number;
  y = gen_binary (graph, "Add", y,
      gen_graph_add_constant (graph, "values", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 33, parts),
          g_bytes_new_take (values, sizeof (float) * 33 * parts)),
      &error);
  if (parts == 1)
    y = gen_unary (graph, "Sigmoid", y, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  return graph;
}

static void
test_masks (void)
{
  g_autoptr (GenGraph) half = make_mask (0, 1), turn = make_mask (1, 2);
  g_autoptr (GenModel) masked = make_model (half, "magnitude,length=64");
  g_autoptr (GenModel) turned = make_model (turn, "complex,output=complex-mask,length=64");
  g_autofree float *noise = make_noise (), *made = play (turned, noise);
  double product = 0, power = 0;

  /* What ends in a Sigmoid is taken for a mask. */
  g_assert_cmpstr (masked->spectra->form, ==, "magnitude to mask");
  assert_same (masked, 0.5, "a mask");
  /* All phases a quarter further: nothing of the sound itself is left, and as much power. */
  for (int i = 64; i < SAMPLES - 64; i++) {
    product += made[i] * noise[i];
    power += made[i] * made[i] - noise[i] * noise[i];
  }
  g_assert_cmpfloat (fabs (product), <, 0.1 * SAMPLES);
  g_assert_cmpfloat (fabs (power), <, 0.1 * SAMPLES);
}

/* A model of which nothing is said, and one of which it is said that it takes no spectra. */
static void
test_assumed (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autoptr (GenGraph) graph = make_identity (&GEN_SHAPE (1, 257, 1, 2), 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = NULL, plain = NULL;
  g_autofree char *text = NULL, *words = NULL;

  gen_onnx_save (graph, path, &error);
  model = gen_model_load (path, &error);
  g_assert_no_error (error);
  g_assert_true (model->spectra->assumed && model->spectra->rate_assumed);
  g_assert_cmpint (model->spectra->length, ==, 512);
  g_assert_cmpint (model->spectra->hop, ==, 256);
  g_assert_cmpint (model->inputs[0].sample_rate, ==, 16000);
  text = gen_model_describe_spectra_assumption (model, FALSE);
  g_assert_nonnull (strstr (text, "spectrum=\"complex,length=512,hop=256,window=sqrt-hann\""));
  g_assert_nonnull (strstr (text, "16000"));
  g_free (text);
  text = gen_model_describe_spectra_assumption (model, TRUE);
  g_assert_null (strstr (text, "16000"));
  words = gen_model_describe_spectra (model);
  g_assert_nonnull (strstr (words, "complex to complex"));
  assert_same (model, 1, "assumed");
  plain = gen_model_load_as (path, &(GenModelHints){ .spectrum = "" }, &error);
  g_assert_no_error (error);
  g_assert_null (plain->spectra);
  g_assert_cmpint (plain->inputs[0].shape.rank, ==, 4);
  scratch_remove (folder);
}

/* The sidecar says it of ports, the rate as well. */
static void
test_sidecar (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autofree char *beside = g_strconcat (path, ".modelinfo", NULL);
  g_autoptr (GenGraph) graph = make_identity (&GEN_SHAPE (1, 1, 33), 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = NULL;

  gen_onnx_save (graph, path, &error);
  g_file_set_contents (beside,
      "[a]\nspectrum=magnitude,hop=16,window=hann\nsample-rate=8000\n\n[y]\nspectrum=magnitude\n",
      -1, &error);
  model = gen_model_load (path, &error);
  g_assert_no_error (error);
  g_assert_cmpint (model->spectra->hop, ==, 16);
  g_assert_cmpstr (model->spectra->window->name, ==, "hann");
  g_assert_false (model->spectra->assumed || model->spectra->rate_assumed);
  g_assert_cmpint (model->inputs[0].sample_rate, ==, 8000);
  assert_same (model, 1, "sidecar");
  scratch_remove (folder);
}

/* `y` is half of what comes, of which the magnitude goes on as well; `h` counts runs. */
static void
save_first (const char *path)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("first");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 33));
  GenTensor *h = gen_graph_add_input (graph, "h", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 1));
  GenTensor *outputs[3] = { gen_graph_add_value (graph, "y"), gen_graph_add_value (graph, "e"),
    gen_graph_add_value (graph, "h_out") };
  GenTensor *mask = gen_unary (
      graph, "Sigmoid", gen_binary (graph, "Mul", x, gen_graph_float (graph, 0), &error), &error);

  gen_graph_add_node (graph, "", NULL, "Identity", GEN_OPSET, &mask, 1, &outputs[0], 1, &error);
  gen_graph_add_node (graph, "", NULL, "Identity", GEN_OPSET, &h, 1, &outputs[1], 1, &error);
  gen_graph_add_node (graph, "", NULL, "Add", GEN_OPSET,
      (GenTensor *[]){ h, gen_graph_float (graph, 1) }, 2, &outputs[2], 1, &error);
  for (int i = 0; i < 3; i++)
    gen_graph_add_output (graph, outputs[i]);
  gen_graph_infer (graph, &error);
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

/* Frames, twice, and what the first file counts less than its own count of runs, `name` being the
 * input of that. */
static void
save_second (const char *path, const char *name)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("second");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "frame", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 64));
  GenTensor *h = gen_graph_add_input (graph, "h", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 1));
  GenTensor *e = gen_graph_add_input (graph, name, GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 1));
  GenTensor *outputs[2] = { gen_graph_add_value (graph, "out"),
    gen_graph_add_value (graph, "h_out") };
  GenTensor *twice = gen_binary (graph, "Add", x, x, &error);

  gen_graph_add_node (graph, "", NULL, "Add", GEN_OPSET,
      (GenTensor *[]){ twice, gen_binary (graph, "Sub", e, h, &error) }, 2, &outputs[0], 1, &error);
  gen_graph_add_node (graph, "", NULL, "Add", GEN_OPSET,
      (GenTensor *[]){ h, gen_graph_float (graph, 1) }, 2, &outputs[1], 1, &error);
  gen_graph_add_output (graph, outputs[0]);
  gen_graph_add_output (graph, outputs[1]);
  gen_graph_infer (graph, &error);
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

/* --- frames that remember --- */

enum { WIDE = 8, MANY = 40 };

static GenTensor *
draw (GenGraph *graph, const GenShape *shape, guint64 stream)
{
  const gsize n = (gsize)gen_shape_elements (shape);
  GenRandom random = gen_random_new (5, "weights", stream);
  float *numbers = g_new (float, n);

  gen_random_normal (&random, 0, 0, numbers, n);
  for (gsize i = 0; i < n; i++)
    numbers[i] *= 0.3f;
  return gen_graph_add_constant (
      graph, "w", GEN_TYPE_FLOAT32, shape, g_bytes_new_take (numbers, n * sizeof (float)));
}

/* Frames [1, frames, WIDE] through convolutions over frames, one behind a Pad and one with pads of
 * its own, and through recurrent layers; `after` frames to come are seen too. */
static GenGraph *
make_net (gint64 frames, gint64 after, const char *last)
{
  static const gint64 swap[] = { 0, 2, 1 }, first[] = { 1, 0, 2 }, one = 1;
  const gint64 pads[] = { 0, 0, 2 - after, 0, 0, after }, own[] = { 4, 0 }, two = 2;
  GenGraph *graph = gen_graph_new ("net");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, frames, WIDE));
  GenTensor *y =
      gen_graph_op (graph, "Transpose", &x, 1, 1, &error, "perm", GEN_INTS, 3, swap, NULL);

  y = gen_binary (graph, "Pad", y, gen_graph_ints (graph, pads, 6), &error);
  y = gen_graph_op (graph, "Conv", (GenTensor *[]){ y, draw (graph, &GEN_SHAPE (6, WIDE, 3), 0) },
      2, 1, &error, NULL);
  y = gen_unary (graph, "Tanh", y, &error);
  y = gen_graph_op (graph, "Conv", (GenTensor *[]){ y, draw (graph, &GEN_SHAPE (4, 6, 3), 1) }, 2,
      1, &error, "pads", GEN_INTS, 2, own, "dilations", GEN_INTS, 1, &two, NULL);
  y = gen_graph_op (graph, "Transpose",
      (GenTensor *[]){
          gen_graph_op (graph, "Transpose", &y, 1, 1, &error, "perm", GEN_INTS, 3, swap, NULL) },
      1, 1, &error, "perm", GEN_INTS, 3, first, NULL);
  y = gen_graph_op (graph, "GRU",
      (GenTensor *[]){
          y, draw (graph, &GEN_SHAPE (1, 15, 4), 2), draw (graph, &GEN_SHAPE (1, 15, 5), 3) },
      3, 1, &error, "hidden_size", GEN_INT, 5, NULL);
  y = gen_graph_op (
      graph, "Squeeze", (GenTensor *[]){ y, gen_graph_ints (graph, &one, 1) }, 2, 1, &error, NULL);
  y = gen_graph_op (graph, "LSTM",
      (GenTensor *[]){ y, draw (graph, &GEN_SHAPE (1, 4 * WIDE, 5), 4),
          draw (graph, &GEN_SHAPE (1, 4 * WIDE, WIDE), 5) },
      3, 1, &error, "hidden_size", GEN_INT, WIDE, NULL);
  y = gen_graph_op (
      graph, "Squeeze", (GenTensor *[]){ y, gen_graph_ints (graph, &one, 1) }, 2, 1, &error, NULL);
  y = gen_graph_op (graph, "Transpose", &y, 1, 1, &error, "perm", GEN_INTS, 3, first, NULL);
  if (last != NULL)
    y = gen_binary (graph, "Sub", y,
        gen_graph_op (graph, last, &y, 1, 1, &error, "axes", GEN_INTS, 1, &one, NULL), &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  return graph;
}

/* The same of any number of frames. */
static GenModel *
make_stream (gint64 after, const char *last, const char *spectrum)
{
  g_autoptr (GenGraph) graph = make_net (MANY, after, last);

  for (guint i = 0; i < graph->tensors->len; i++) {
    GenTensor *tensor = g_ptr_array_index (graph->tensors, i);

    for (int d = 0; tensor->role != GEN_ROLE_CONSTANT && d < tensor->shape.rank; d++)
      if (tensor->shape.dims[d] == MANY)
        tensor->shape.dims[d] = -1;
  }
  return make_model (graph, spectrum);
}

/* What comes frame by frame, or several at a time, is what comes of all. */
static void
test_causal (void)
{
  static const char *const spectra[] = { "", ",frames=1", ",frames=3", ",frames=7" };
  g_autoptr (GenGraph) whole = make_net (MANY, 0, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenPlan) plan = gen_plan_new (whole, &(GenPlanOptions){ 0 }, &error);
  g_autofree float *noise = make_noise ();
  const float *wanted;

  g_assert_no_error (error);
  memcpy (gen_plan_input (plan, 0)->data, noise, MANY * WIDE * sizeof (float));
  g_assert_true (gen_plan_run (plan, &error));
  wanted = gen_plan_output (plan, 0)->data;
  for (gsize i = 0; i < G_N_ELEMENTS (spectra); i++) {
    g_autofree char *text =
        g_strconcat ("frames,length=8,hop=8,window=rectangular", spectra[i], NULL);
    g_autoptr (GenModel) model = make_stream (0, NULL, text);
    g_autofree float *made = play (model, noise);

    g_assert_null (model->spectra->apart);
    g_assert_cmpint (model->spectra->frames, ==, i == 0 ? 1 : model->spectra->frames);
    for (int k = 0; k < MANY * WIDE; k++)
      g_assert_cmpfloat_with_epsilon (made[k], wanted[k], 1e-6);
  }
}

/* What hangs on frames to come is made of several, and told of. */
static void
test_apart (void)
{
  static const struct {
    gint64 after;
    const char *last, *words;
  } cases[] = { { 1, NULL, "Pad" }, { 0, "ReduceMean", "ReduceMean" } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GenModel) model =
        make_stream (cases[i].after, cases[i].last, "frames,length=8,hop=8,window=rectangular");
    g_autofree char *text = gen_model_describe_spectra_assumption (model, TRUE);

    g_assert_cmpint (model->spectra->frames, ==, GEN_SPECTRA_FREE_FRAMES);
    g_assert_nonnull (strstr (text, cases[i].words));
    g_assert_nonnull (strstr (text, "frames=N"));
  }
}

/* Gains of 1, and filters that take the frame in the middle: `m` of [1, 1, T, 8] and `coefs` of
 * [1, T, 5, 10]. */
static void
test_deep_filter (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("deep");
  g_autoptr (GenModel) model = NULL;
  g_autoptr (GError) error = NULL;
  GenTensor *bands =
      gen_graph_add_input (graph, "feat_erb", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 1, 8));
  GenTensor *unit =
      gen_graph_add_input (graph, "feat_spec", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 2, 1, 5));
  GenTensor *m = gen_graph_add_value (graph, "m"), *coefs = gen_graph_add_value (graph, "coefs");
  float *middle = g_new0 (float, 50);
  GenTensor *zero =
      gen_binary (graph, "Mul", gen_graph_op (graph, "ReduceSum", &unit, 1, 1, &error, NULL),
          gen_graph_float (graph, 0), &error);

  for (int i = 0; i < 5; i++)
    middle[i * 10 + 4] = 1;
  bands = gen_binary (graph, "Mul", bands, gen_graph_float (graph, 0), &error);
  gen_graph_add_node (graph, "", NULL, "Add", GEN_OPSET,
      (GenTensor *[]){ bands, gen_graph_float (graph, 1) }, 2, &m, 1, &error);
  gen_graph_add_node (graph, "", NULL, "Add", GEN_OPSET,
      (GenTensor *[]){
          zero, gen_graph_add_constant (graph, "middle", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 5, 10),
                    g_bytes_new_take (middle, 50 * sizeof (float))) },
      2, &coefs, 1, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, m);
  gen_graph_add_output (graph, coefs);
  model = make_model (graph, "deep-filter,length=64,hop=32,scale=0.015625");
  g_assert_cmpint (model->spectra->lookahead, ==, 2);
  g_assert_cmpstr (model->spectra->window->name, ==, "vorbis");
  assert_same (model, 1, "deep filter");
}

/* Two files: a mask on the spectrum, then frames; the second takes what the first has made by name
 * or as it is said; states of one name are each file's own. */
static void
test_chain (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "first.onnx", NULL);
  g_autofree char *second = g_build_filename (folder, "second.onnx", NULL);
  g_autofree char *third = g_build_filename (folder, "third.onnx", NULL);
  g_autofree char *beside = g_strconcat (path, ".modelinfo", NULL);
  g_autoptr (GenModel) chained = NULL;
  static const char *const chains[] = { "second.onnx", "third.onnx,other=e",
    "third.onnx, third/other = e" };

  save_first (path);
  save_second (second, "e");
  save_second (third, "other");
  for (gsize i = 0; i < G_N_ELEMENTS (chains); i++) {
    const GenModelHints hints = { .spectrum = "magnitude,hop=16", .chain = chains[i] };
    g_autoptr (GError) error = NULL;
    g_autoptr (GenModel) model = gen_model_load_as (path, &hints, &error);

    g_assert_no_error (error);
    g_assert_cmpstr (model->spectra->form, ==, "magnitude to mask, frames to frames");
    g_assert_cmpuint (model->graph->inputs->len, ==, 3);
    g_assert_cmpstr (model->inputs[1].name, ==, "h");
    g_assert_cmpstr (model->inputs[2].name, ==, i == 0 ? "second/h" : "third/h");
    for (int k = 1; k < 3; k++) {
      g_assert_cmpint (model->inputs[k].part, ==, GEN_PART_STATE);
      g_assert_cmpint (model->inputs[k].part_source, ==, GEN_PART_NAMED);
    }
    assert_same (model, 1, chains[i]);
  }
  /* The first one's sidecar says it as well. */
  g_assert_true (g_file_set_contents (
      beside, "[generative]\nchain=second.onnx\n\n[x]\nspectrum=magnitude,hop=16\n", -1, NULL));
  chained = gen_model_load (path, NULL);
  g_assert_nonnull (chained);
  g_assert_cmpstr (chained->spectra->form, ==, "magnitude to mask, frames to frames");
  assert_same (chained, 1, "sidecar");
  scratch_remove (folder);
}

/* A chain of what is no sound. */
static void
test_plain_chain (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "a.onnx", NULL);
  g_autofree char *second = g_build_filename (folder, "b.onnx", NULL);
  g_autoptr (GenGraph) a = make_identity (&GEN_SHAPE (1, 3, -1, -1), 1);
  g_autoptr (GenGraph) b = make_identity (&GEN_SHAPE (-1, 3, -1, -1), 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = NULL;

  gen_onnx_save (a, path, &error);
  gen_onnx_save (b, second, &error);
  for (int said = 0; said < 2; said++) {
    g_clear_pointer (&model, gen_model_unref);
    model = gen_model_load_as (
        path, &(GenModelHints){ .chain = said ? "b.onnx,a=y" : "b.onnx" }, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (model->graph->inputs->len, ==, 1);
    g_assert_cmpuint (model->graph->outputs->len, ==, 1);
    g_assert_cmpint (model->inputs[0].kind, ==, GEN_PORT_PICTURE);
    g_assert_cmpint (model->outputs[0].kind, ==, GEN_PORT_PICTURE);
    g_assert_cmpstr (model->outputs[0].name, ==, "b/y");
  }
  scratch_remove (folder);
}

/* Two files of which the second one takes frames, where nobody says that they are of a sound. */
static void
test_chain_without_spectrum (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autofree char *second = g_build_filename (folder, "second.onnx", NULL);
  g_autoptr (GenGraph) graph = make_identity (&GEN_SHAPE (1, 1, 257), 1);
  g_autoptr (GenGraph) other = make_identity (&GEN_SHAPE (1, 1, 512), 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = NULL;

  gen_onnx_save (graph, path, NULL);
  gen_onnx_save (other, second, NULL);
  model = gen_model_load_as (path, &(GenModelHints){ .chain = "second.onnx" }, &error);
  g_assert_null (model);
  g_assert_nonnull (strstr (error->message, "spectra of a sound: spectrum says of which kind"));
  g_assert_nonnull (strstr (error->message, "[1, 1, 512]"));
  scratch_remove (folder);
}

/* A file that says which ones follow it, or NULL. */
static void
save_beside (const char *folder, const char *name, GenGraph *graph, const char *chain)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  if (chain != NULL)
    g_hash_table_replace (graph->metadata, g_strdup ("generative.chain"), g_strdup (chain));
  gen_onnx_save (graph, path, NULL);
}

/* Files are found beside the model where that is said from the working folder on. */
static void
test_relative_chain (void)
{
  static const char *const paths[] = { "a.onnx", "./a.onnx", "sub/a.onnx", "sub/../a.onnx" };
  g_autofree char *folder = scratch_new (), *sub = g_build_filename (folder, "sub", NULL);
  g_autofree char *before = g_get_current_dir ();
  g_autoptr (GenGraph) graph = make_identity (&GEN_SHAPE (1, 3, -1, -1), 1);

  g_mkdir (sub, 0700);
  save_beside (folder, "b.onnx", graph, NULL);
  save_beside (sub, "b.onnx", graph, NULL);
  save_beside (folder, "a.onnx", graph, "b.onnx");
  save_beside (sub, "a.onnx", graph, "b.onnx");
  g_assert_cmpint (g_chdir (folder), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenModel) model = gen_model_load_as (paths[i], &(GenModelHints){ 0 }, &error);

    g_assert_no_error (error);
    g_assert_cmpstr (model->outputs[0].name, ==, "b/y");
    g_clear_pointer (&model, gen_model_unref);
    model = gen_model_load_as (paths[i], &(GenModelHints){ .chain = "a.onnx" }, &error);
    g_assert_null (model);
    g_assert_nonnull (strstr (error->message, "circle (a.onnx, a.onnx)"));
  }
  g_assert_cmpint (g_chdir (before), ==, 0);
  scratch_remove (folder);
}

/* A model may open no files but those in its folder, whoever may. */
static void
test_elsewhere (void)
{
  static const char *const chains[] = { "../b.onnx", "sub/../../b.onnx", "/b.onnx" };
  g_autofree char *folder = scratch_new (), *sub = g_build_filename (folder, "sub", NULL);
  g_autofree char *path = g_build_filename (sub, "a.onnx", NULL);
  g_autoptr (GenGraph) graph = make_identity (&GEN_SHAPE (1, 3, -1, -1), 1);

  g_mkdir (sub, 0700);
  save_beside (folder, "b.onnx", graph, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (chains); i++) {
    g_autoptr (GError) error = NULL;

    save_beside (sub, "a.onnx", graph, chains[i]);
    g_assert_null (gen_model_load_as (path, &(GenModelHints){ 0 }, &error));
    g_assert_nonnull (strstr (error->message, path));
    g_assert_nonnull (strstr (error->message, "not in the model's folder"));
  }
  for (gsize i = 0; i < 2; i++) {
    const GenModelHints hints = { .chain = i == 0 ? "../b.onnx" : "../sub/../b.onnx" };
    g_autoptr (GError) error = NULL;
    g_autoptr (GenModel) model = gen_model_load_as (path, &hints, &error);

    g_assert_no_error (error);
  }
  scratch_remove (folder);
}

static void
test_refused (void)
{
  static const struct {
    const char *spectrum, *chain, *words;
  } cases[] = {
    { "round", NULL, "complex, planes, magnitude, frames" },
    { "complex,length=64,window=kaiser", NULL, "sqrt-hann" },
    { "complex,length=x", NULL, "length=x, which should be a whole number from 2 to 65536" },
    { "complex,hop=70000", NULL, "hop=70000, which should be a whole number from 1 to 65536" },
    { "complex,length=64,hop=0", NULL, "hop=0, which should be a whole number from 1 to 65536" },
    { "complex,magnitude", NULL, "\"magnitude\", a second form" },
    { "complex,deep-filter", NULL, "\"deep-filter\", a second form" },
    { ",,,", NULL, "\",,,\", where a word is missing" },
    { "complex,,length=64", NULL, "where a word is missing" },
    { "complex,length=64,hop=65", NULL, "hop" },
    { "complex,length=128", NULL, "axis of 65" },
    { "complex,length=64,frames=2", NULL, "2 frames" },
    { "complex,length=64,output=sound", NULL, "mask" },
    { "complex,length=64,none=complex", NULL, "ports are a, y" },
    { "a=blue", NULL, "complex-mask" },
    { "a=mask,length=64", NULL, "inputs are complex" },
    { "hop=16", NULL, "no form" },
    { "planes,length=64", NULL, "imaginary" },
    { "complex,length=64,scale=-1", NULL, "above 0" },
    { "a=bands,length=64,frames=2", NULL, "should be 1" },
    { "a=complex,y=filter,length=64,lookahead=1", NULL, "last axis" },
    { "a=complex,y=bands,length=64", NULL, "band-mask" },
    { NULL, "none.onnx", "none.onnx" },
    { NULL, "second.onnx,b=y", "ports are" },
    { NULL, "second.onnx,a=y", "[1, 7]" },
    { NULL, "second.onnx", "[1, 7]" },
    { "complex,length=64", "second.onnx,third.onnx", "takes nothing" },
    { NULL, "second.onnx,./second.onnx", "circle (second.onnx, second.onnx)" },
    { NULL, "second.onnx,model.onnx", "circle (model.onnx, second.onnx, model.onnx)" },
    { NULL, "round.onnx", "circle (model.onnx, round.onnx, model.onnx)" },
    { NULL, "more.onnx", "second.onnx follows it" },
  };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autofree char *second = g_build_filename (folder, "second.onnx", NULL);
  g_autoptr (GenGraph) graph = make_identity (&GEN_SHAPE (1, 33, 1, 2), 1);
  g_autoptr (GenGraph) other = make_identity (&GEN_SHAPE (1, 7), 1);

  gen_onnx_save (graph, path, NULL);
  gen_onnx_save (other, second, NULL);
  save_beside (folder, "third.onnx", other, NULL);
  save_beside (folder, "round.onnx", other, "model.onnx");
  save_beside (folder, "more.onnx", other, "second.onnx");
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    const GenModelHints hints = { .spectrum = cases[i].spectrum, .chain = cases[i].chain };
    g_autoptr (GError) error = NULL;
    g_autoptr (GenModel) model = gen_model_load_as (path, &hints, &error);

    g_assert_null (model);
    g_assert_nonnull (error);
    if (strstr (error->message, cases[i].words) == NULL ||
        (strstr (error->message, "model.onnx") == NULL && cases[i].chain == NULL))
      g_error ("case %d: \"%s\" lacks \"%s\"", (int)i, error->message, cases[i].words);
  }
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/spectra/shapes", test_shapes);
  g_test_add_func ("/spectra/windows", test_windows);
  g_test_add_func ("/spectra/plain-sum", test_plain_sum);
  g_test_add_func ("/spectra/masks", test_masks);
  g_test_add_func ("/spectra/assumed", test_assumed);
  g_test_add_func ("/spectra/sidecar", test_sidecar);
  g_test_add_func ("/spectra/causal", test_causal);
  g_test_add_func ("/spectra/apart", test_apart);
  g_test_add_func ("/spectra/deep-filter", test_deep_filter);
  g_test_add_func ("/spectra/chain", test_chain);
  g_test_add_func ("/spectra/plain-chain", test_plain_chain);
  g_test_add_func ("/spectra/chain-without-spectrum", test_chain_without_spectrum);
  g_test_add_func ("/spectra/relative-chain", test_relative_chain);
  g_test_add_func ("/spectra/elsewhere", test_elsewhere);
  g_test_add_func ("/spectra/refused", test_refused);
  return g_test_run ();
}
