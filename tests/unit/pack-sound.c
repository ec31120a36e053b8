/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PackSound and UnpackSound against plain loops, over every kind of buffer; and sound in GenModel.
 */
#include <generative/player.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>

typedef struct {
  gint64 sounds, channels, length, skip, keep;
  gboolean int16, channels_last;
  float full_scale;
  int buffers;
} Case;

#define MAX_BUFFERS 35

static const Case cases[] = {
  { 1, 1, 1, 0, 1, FALSE, FALSE, 1, 1 },
  { 1, 1, 16384, 0, 16384, TRUE, FALSE, 1, 1 },
  { 1, 2, 4801, 0, 4801, TRUE, FALSE, 1, 1 },
  { 1, 2, 4801, 0, 4801, TRUE, TRUE, 1, 1 },
  { 3, 2, 1025, 0, 1025, FALSE, FALSE, 32768, 3 },
  { 3, 2, 1500, 200, 1100, TRUE, FALSE, 32768, 1 },
  { 2, 6, 77, 7, 70, FALSE, TRUE, 0.5f, 2 },
  { 70, 1, 9, 3, 0, TRUE, FALSE, 1, 35 },
};

static GenPlan *
compile (const Case *c, gboolean pack, int threads)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("sound");
  GenPlanOptions options = { .threads = threads };
  const GenShape numbers = c->channels_last ? GEN_SHAPE (c->sounds, c->length, c->channels)
                                            : GEN_SHAPE (c->sounds, c->channels, c->length);
  const gint64 bytes = c->sounds / c->buffers * c->length * c->channels * (c->int16 ? 2 : 4);
  GenTensor *inputs[MAX_BUFFERS], *outputs[MAX_BUFFERS];
  const int n_inputs = pack ? 1 : c->buffers, n_outputs = pack ? c->buffers : 1;
  g_autoptr (GError) error = NULL;
  GenNode *node;
  GenPlan *plan;

  for (int i = 0; i < n_inputs; i++)
    inputs[i] = pack ? gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &numbers)
                     : gen_graph_add_input (graph, "x", GEN_TYPE_UINT8, &GEN_SHAPE (bytes));
  for (int i = 0; i < n_outputs; i++)
    outputs[i] = gen_graph_add_value (graph, "y");
  node = gen_graph_add_node (graph, "node", "generative", pack ? "PackSound" : "UnpackSound",
      GEN_OPSET, inputs, n_inputs, outputs, n_outputs, &error);
  g_assert_no_error (error);
  gen_node_set_int (node, "int16", c->int16);
  gen_node_set_int (node, "channels_last", c->channels_last);
  gen_node_set_float (node, "full_scale", c->full_scale);
  if (pack) {
    gen_node_set_int (node, "skip", c->skip);
    gen_node_set_int (node, "keep", c->keep);
  } else {
    gen_node_set_int (node, "channels", c->channels);
    gen_node_set_int (node, "length", c->length);
  }
  for (int i = 0; i < n_outputs; i++)
    gen_graph_add_output (graph, outputs[i]);
  plan = gen_plan_new (graph, &options, &error);
  g_assert_no_error (error);
  return plan;
}

/* Sample `at` of all buffers. */
static float
sample_of (const Case *c, GenPlan *plan, gboolean pack, gsize at)
{
  const gsize bytes = c->int16 ? 2 : 4;
  const gsize n = (pack ? gen_plan_output (plan, 0) : gen_plan_input (plan, 0))->size / bytes;
  const guint buffer = (guint)(at / n);
  const void *data = (pack ? gen_plan_output (plan, buffer) : gen_plan_input (plan, buffer))->data;

  return c->int16 ? (float)((const gint16 *)data)[at % n] : ((const float *)data)[at % n];
}

/* Where sample `t` of a channel lies in the tensor. */
static gsize
place (const Case *c, gint64 sound, gint64 channel, gint64 t)
{
  return (gsize)(c->channels_last ? (sound * c->length + t) * c->channels + channel
                                  : (sound * c->channels + channel) * c->length + t);
}

static float
expected_sample (const Case *c, float x)
{
  const float v = x * ((c->int16 ? 32768.0f : 1.0f) / c->full_scale);

  if (!isfinite (v))
    return 0;
  return c->int16 ? rintf (fminf (fmaxf (v, -32768), 32767)) : v;
}

static void
check_pack (const Case *c, GenPlan *plan)
{
  float *x = gen_plan_input (plan, 0)->data;
  const gsize n = (gsize)(c->sounds * c->channels * c->length);
  GenRandom random = gen_random_new (1, "sound", 0);
  gsize at = 0;

  gen_random_normal (&random, 0, 0, x, n);
  for (gsize i = 0; i < n; i++)
    x[i] *= c->full_scale;
  x[n / 2] = NAN;
  x[n / 3] = -INFINITY;
  g_assert_true (gen_plan_run (plan, NULL));
  g_assert_cmpuint (gen_plan_output (plan, 0)->size * (gsize)c->buffers, ==,
      (gsize)(c->sounds * c->channels * c->keep) * (c->int16 ? 2 : 4));
  for (gint64 s = 0; s < c->sounds; s++)
    for (gint64 t = c->skip; t < c->skip + c->keep; t++)
      for (gint64 k = 0; k < c->channels; k++, at++)
        g_assert_cmpfloat (
            sample_of (c, plan, TRUE, at), ==, expected_sample (c, x[place (c, s, k, t)]));
}

static void
check_unpack (const Case *c, GenPlan *plan)
{
  const float *out = gen_plan_output (plan, 0)->data;
  const gsize n = gen_plan_input (plan, 0)->size / (c->int16 ? 2 : 4);
  GenRandom random = gen_random_new (2, "sound", 0);
  gsize at = 0;

  for (int k = 0; k < c->buffers; k++)
    for (gsize i = 0; i < n; i++) {
      const int sample = (int)gen_random_below (&random, (guint64)k, i, 65536) - 32768;

      if (c->int16)
        ((gint16 *)gen_plan_input (plan, (guint)k)->data)[i] = (gint16)sample;
      else
        ((float *)gen_plan_input (plan, (guint)k)->data)[i] = (float)sample / 30000;
    }
  g_assert_true (gen_plan_run (plan, NULL));
  for (gint64 s = 0; s < c->sounds; s++)
    for (gint64 t = 0; t < c->length; t++)
      for (gint64 k = 0; k < c->channels; k++, at++) {
        const float sample = sample_of (c, plan, FALSE, at) / (c->int16 ? 32768.0f : 1.0f);

        g_assert_cmpfloat_with_epsilon (
            out[place (c, s, k, t)], sample * c->full_scale, 1e-6 * c->full_scale);
      }
}

static void
test_cases (gconstpointer data)
{
  const gboolean pack = GPOINTER_TO_INT (data);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    for (int threads = 1; threads <= 3; threads++) {
      g_autoptr (GenPlan) plan = compile (&cases[i], pack, threads);

      (pack ? check_pack : check_unpack) (&cases[i], plan);
    }
}

/* What does not fit is an error that says so. */
static void
test_refused (void)
{
  const struct {
    const char *op, *attribute;
    gint64 value;
    GenDataType type;
    GenShape shape;
    const char *said;
  } refused[] = {
    { "PackSound", "keep", 11, GEN_TYPE_FLOAT32, GEN_SHAPE (1, 1, 10), "*skip and keep*" },
    { "PackSound", "skip", -1, GEN_TYPE_FLOAT32, GEN_SHAPE (1, 1, 10), "*skip and keep*" },
    { "PackSound", "skip", 0, GEN_TYPE_FLOAT32, GEN_SHAPE (1, 10), "*float32*" },
    { "UnpackSound", "length", 3, GEN_TYPE_UINT8, GEN_SHAPE (10), "*whole sounds*" },
    { "UnpackSound", "length", 0, GEN_TYPE_UINT8, GEN_SHAPE (8), "*whole sounds*" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("refused");
    GenTensor *x = gen_graph_add_input (graph, "x", refused[i].type, &refused[i].shape);
    GenTensor *y = gen_graph_add_value (graph, "y");
    g_autoptr (GError) error = NULL;
    GenNode *node = gen_graph_add_node (
        graph, "node", "generative", refused[i].op, GEN_OPSET, &x, 1, &y, 1, &error);

    gen_node_set_int (node, refused[i].attribute, refused[i].value);
    gen_graph_add_output (graph, y);
    g_assert_null (gen_plan_new (graph, NULL, &error));
    g_assert_nonnull (error);
    g_assert_true (g_pattern_match_simple (refused[i].said, error->message));
  }
}

/* A moving mean over five samples, of sounds of any length. */
static GenModel *
make_filter (const char *rate, int rank)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("filter");
  g_autoptr (GError) error = NULL;
  const float weights[] = { 0.2f, 0.2f, 0.2f, 0.2f, 0.2f };
  const GenShape shape = rank == 3 ? GEN_SHAPE (1, 1, -1) : GEN_SHAPE (1, -1);
  const gint64 pads[] = { 2, 2 };
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &shape);
  GenTensor *y = gen_graph_add_value (graph, "y"), *inputs[2] = { x };
  GenModel *model;
  GenNode *node;

  if (rank == 2) {
    const gint64 dims[] = { 1, 1, -1 };
    GenTensor *operands[] = { x, gen_graph_add_constant (graph, "dims", GEN_TYPE_INT64,
                                     &GEN_SHAPE (3), g_bytes_new (dims, sizeof dims)) };

    inputs[0] = gen_graph_add_value (graph, "sound");
    gen_graph_add_node (
        graph, "reshape", NULL, "Reshape", GEN_OPSET, operands, 2, &inputs[0], 1, &error);
    g_assert_no_error (error);
  }
  inputs[1] = gen_graph_add_constant (
      graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 5), g_bytes_new (weights, sizeof weights));
  node = gen_graph_add_node (graph, "conv", NULL, "Conv", GEN_OPSET, inputs, 2, &y, 1, &error);
  g_assert_no_error (error);
  gen_node_set_ints (node, "pads", pads, 2);
  gen_graph_add_output (graph, y);
  if (rate != NULL)
    g_hash_table_insert (graph->metadata, g_strdup ("generative.sample-rate"), g_strdup (rate));
  model = gen_model_new (graph, &error);
  g_assert_no_error (error);
  return model;
}

static void
test_ports (void)
{
  const struct {
    const char *rate;
    int rank;
    GenPortKind kind;
    int sample_rate;
  } ports[] = {
    { NULL, 3, GEN_PORT_SOUND, 0 },
    { "16000", 3, GEN_PORT_SOUND, 16000 },
    { "48000", 2, GEN_PORT_SOUND, 48000 },
    { NULL, 2, GEN_PORT_VECTOR, 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ports); i++) {
    g_autoptr (GenModel) model = make_filter (ports[i].rate, ports[i].rank);
    const GenPort *input = &model->inputs[0], *output = &model->outputs[0];
    g_autofree char *text = gen_model_describe (model);

    g_assert_cmpint (input->kind, ==, ports[i].kind);
    g_assert_cmpint (input->sample_rate, ==, ports[i].sample_rate);
    if (ports[i].kind != GEN_PORT_SOUND)
      continue;
    g_assert_cmpint (output->kind, ==, GEN_PORT_SOUND);
    g_assert_cmpint (input->length, ==, -1);
    g_assert_cmpint (output->length, ==, -1);
    g_assert_cmpint (output->channels, ==, 1);
    g_assert_nonnull (strstr (text, "sounds of 1 channel, any number of samples long"));
  }
}

/* Rows of any length are sound where somebody says so, as if the metadata did; what says it itself,
 * or is no row, stays. */
static void
test_make_sound (void)
{
  const struct {
    const char *rate;
    int rank, sample_rate;
  } cases[] = { { NULL, 2, 22050 }, { "48000", 2, 48000 }, { NULL, 3, 0 } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GenModel) model = make_filter (cases[i].rate, cases[i].rank);
    g_autoptr (GError) error = NULL;

    g_assert_true (gen_model_make_sound (model, 22050, &error));
    g_assert_no_error (error);
    g_assert_cmpint (model->inputs[0].kind, ==, GEN_PORT_SOUND);
    g_assert_cmpint (model->inputs[0].sample_rate, ==, cases[i].sample_rate);
    g_assert_cmpint (model->outputs[0].kind, ==, GEN_PORT_SOUND);
    g_assert_cmpint (model->outputs[0].sample_rate, ==, cases[i].sample_rate);
    g_assert_cmpint (model->outputs[0].length, ==, -1);
    g_assert_false (model->staged);
  }
}

/* Short sounds are those that the model says to be some. */
static void
test_short_ports (void)
{
  const struct {
    const char *rate;
    GenShape shape;
    GenPortKind kind;
    int channels;
  } ports[] = {
    { "16000", GEN_SHAPE (1, 1, 512), GEN_PORT_SOUND, 1 },
    { "16000", GEN_SHAPE (1, 480, 2), GEN_PORT_SOUND, 2 },
    { "16000", GEN_SHAPE (1, 1, 10), GEN_PORT_OTHER, 0 },
    { "16000", GEN_SHAPE (1, 80, 100), GEN_PORT_OTHER, 0 },
    { NULL, GEN_SHAPE (1, 1, 512), GEN_PORT_OTHER, 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ports); i++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("short");
    g_autoptr (GenModel) model = NULL;
    g_autoptr (GError) error = NULL;
    GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &ports[i].shape);
    GenTensor *y = gen_graph_add_value (graph, "y");

    gen_graph_add_node (graph, "neg", NULL, "Neg", GEN_OPSET, &x, 1, &y, 1, &error);
    g_assert_no_error (error);
    gen_graph_add_output (graph, y);
    if (ports[i].rate != NULL)
      g_hash_table_insert (
          graph->metadata, g_strdup ("generative.sample-rate"), g_strdup (ports[i].rate));
    model = gen_model_new (graph, &error);
    g_assert_no_error (error);
    g_assert_cmpint (model->inputs[0].kind, ==, ports[i].kind);
    g_assert_cmpint (model->outputs[0].kind, ==, ports[i].kind);
    g_assert_cmpint (model->inputs[0].channels, ==, ports[i].channels);
  }
}

/* Samples in, samples out, of which those are kept that have all their neighbours. */
static void
test_player (void)
{
  enum { LENGTH = 1000, CONTEXT = 2 };

  for (int rank = 2; rank <= 3; rank++) {
    g_autoptr (GenModel) model = make_filter ("8000", rank);
    const GenPlayerOptions options = { 0 };
    g_autoptr (GenPlayer) player = gen_player_new (model, &options);
    const GenModelUse use = { .input = model->inputs[0],
      .output = model->outputs[0],
      .frames = 1,
      .pictures = 1,
      .length = LENGTH,
      .from_frames = TRUE,
      .to_frames = TRUE,
      .from_sound = { .int16 = TRUE },
      .to_sound = { .int16 = TRUE, .skip = CONTEXT, .keep = LENGTH - 2 * CONTEXT } };
    gint16 in[LENGTH], out[LENGTH] = { 0 };
    const GenFrame from = { .planes = { in } }, to = { .planes = { out } };
    g_autoptr (GError) error = NULL;

    for (int i = 0; i < LENGTH; i++)
      in[i] = (gint16)(i * 7919 % 60000 - 30000);
    gen_player_prepare (player, &use, NULL, &error);
    g_assert_no_error (error);
    gen_player_bind_input_frame (player, 0, &from);
    gen_player_bind_output_frame (player, 0, &to);
    g_assert_true (gen_player_run (player, NULL));
    for (int i = CONTEXT; i < LENGTH - CONTEXT; i++) {
      const double mean = (in[i - 2] + in[i - 1] + in[i] + in[i + 1] + in[i + 2]) / 5.0;

      g_assert_cmpfloat_with_epsilon (out[i - CONTEXT], mean, 0.51);
    }
    for (int i = LENGTH - 2 * CONTEXT; i < LENGTH; i++)
      g_assert_cmpint (out[i], ==, 0);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/sound/pack", GINT_TO_POINTER (TRUE), test_cases);
  g_test_add_data_func ("/sound/unpack", GINT_TO_POINTER (FALSE), test_cases);
  g_test_add_func ("/sound/refused", test_refused);
  g_test_add_func ("/sound/ports", test_ports);
  g_test_add_func ("/sound/make-sound", test_make_sound);
  g_test_add_func ("/sound/short-ports", test_short_ports);
  g_test_add_func ("/sound/player", test_player);
  return g_test_run ();
}
