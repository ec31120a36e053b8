/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What elements cost beyond their arithmetic. Each row of the table is a pipeline and the same work
 * done bare, in one loop, with nothing of GStreamer; all are timed in turn, round after round, in
 * one process. An element's cost is what its pipeline takes longer than the one without it, less
 * what its work takes longer, all of them medians over the rounds. (A plan that runs alone keeps
 * its weights in the cache, which would make its element look slow: hence the bare work of a row is
 * all that its pipeline does.)
 *
 *   element-overhead GENERATOR.onnx DISCRIMINATOR.onnx [FRAMES [ROUNDS [THREADS]]]
 */
#include <generative/latent.h>
#include <generative/metric.h>
#include <generative/model.h>

#include "overhead.h"

enum { GENERATE = 1, JUDGE = 2, METER = 4 };

#define GENERATOR " ! generator model=%s threads=%d reload=false"

static const struct {
  const char *name, *launch; /* behind latentsrc; %s %d: a model and threads */
  guint work;                /* besides latents */
  int without;               /* the row that has all but this element; -1: none */
} rows[] = {
  { "latentsrc", "", 0, -1 },
  { "generator", GENERATOR, GENERATE, -1 },
  { "discriminator", GENERATOR " ! discriminator model=%s threads=%d", GENERATE | JUDGE, 1 },
  { "qualitymeter", GENERATOR " ! qualitymeter", GENERATE | METER, 1 },
  { "videoaugment, idle", GENERATOR " ! videoaugment", GENERATE, 1 },
  { "identity", GENERATOR " ! identity", GENERATE, 1 },
  /* What NV12 costs where an encoder wants it, made at once and by way of RGB. */
  { "NV12", GENERATOR " ! video/x-raw,format=NV12", GENERATE, 1 },
  { "RGB, videoconvert",
      GENERATOR " ! video/x-raw,format=RGB ! videoconvert ! video/x-raw,format=NV12", GENERATE, 1 },
};
#define N_ROWS G_N_ELEMENTS (rows)

typedef struct {
  GenPlan *generator, *discriminator;
  GenPicture frame;
  GenLatent latent;
  double values[64]; /* of the meter */
} Bare;

static GenPlan *
compile (const char *path, gboolean to_frames, int threads, GenPort *picture)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = gen_model_load (path, &error);
  GenModelUse use = { .frames = 1, .pictures = 1, .plan = { .threads = threads } };
  GenPort *port = to_frames ? &use.output : &use.input;
  GenPlan *plan;

  require (model != NULL, error, path);
  use.input = model->inputs[0];
  use.output = model->outputs[0];
  require (port->kind == GEN_PORT_PICTURE || gen_port_make_picture (port, 0, 0), NULL,
      "a model without pictures");
  use.to_frames = to_frames;
  use.from_frames = !to_frames;
  use.to = use.from = (GenFrameLayout){ .columns = 1,
    .n_order = port->channels,
    .order = { 0, 1, 2, 3 },
    .stride = (gsize)port->width * (gsize)port->channels };
  plan = gen_model_compile (model, &use, &error);
  require (plan != NULL, error, path);
  *picture = *port;
  return plan;
}

static void
bare_init (Bare *bare, char **models, int threads)
{
  GenPort picture, judged;

  bare->generator = compile (models[0], TRUE, threads, &picture);
  bare->discriminator = compile (models[1], FALSE, threads, &judged);
  require (
      gen_plan_input (bare->discriminator, 0)->size == gen_plan_output (bare->generator, 0)->size,
      NULL, "the discriminator does not take the generator's pictures");
  gen_plan_bind_input (bare->discriminator, 0, gen_plan_output (bare->generator, 0)->data);
  bare->frame = (GenPicture){ .data = gen_plan_output (bare->generator, 0)->data,
    .width = picture.width,
    .height = picture.height,
    .channels = picture.channels,
    .stride = picture.width * picture.channels };
  bare->latent = GEN_LATENT_DEFAULTS;
  bare->latent.length = gen_plan_input (bare->generator, 0)->size / sizeof (float);
}

static GenMeter *
open_meter (const Bare *bare)
{
  const GenMeterSettings settings = { 0 };
  g_autoptr (GError) error = NULL;
  GenMeter *meter = gen_meter_new (&settings, &error);
  guint n_fields;

  require (meter != NULL, error, "the meter");
  gen_meter_fields (meter, &n_fields);
  require (n_fields <= G_N_ELEMENTS (bare->values), NULL, "more fields than there is room for");
  return meter;
}

/* Microseconds a frame of `work`. */
static double
time_bare (Bare *bare, guint work, int frames)
{
  /* A new one each time, as in the pipeline: it keeps most of the first frames. */
  g_autoptr (GenMeter) meter = open_meter (bare);
  const GenSample frame = gen_sample_of_picture (&bare->frame);
  double start = now ();

  for (int i = 0; i < frames; i++) {
    gen_latent_fill (&bare->latent, (guint64)i, 30, 1, gen_plan_input (bare->generator, 0)->data);
    if (work & GENERATE)
      g_assert_true (gen_plan_run (bare->generator, NULL));
    if (work & JUDGE)
      g_assert_true (gen_plan_run (bare->discriminator, NULL));
    if (work & METER)
      gen_meter_measure (meter, &frame, bare->values, NULL);
  }
  return (now () - start) / frames;
}

static void
print_row (gsize r, const double *bare, const double *piped)
{
  int without = rows[r].without;
  double beyond = piped[r] - bare[r] - (without < 0 ? 0 : piped[without] - bare[without]);

  g_print ("  %-20s %10.2f %10.2f %+10.2f", rows[r].name, bare[r], piped[r], beyond);
  if (without < 0)
    g_print ("  (%+.1f%%)", beyond / bare[r] * 100);
  g_print ("\n");
}

int
main (int argc, char **argv)
{
  double *bare_times[N_ROWS], *piped_times[N_ROWS], bare_medians[N_ROWS], piped_medians[N_ROWS];
  char *launches[N_ROWS];
  int frames, rounds, threads;
  Bare bare = { 0 };

  gst_init (&argc, &argv);
  require (argc >= 3, NULL,
      "usage: element-overhead GENERATOR.onnx DISCRIMINATOR.onnx [FRAMES [ROUNDS [THREADS]]]");
  frames = MAX (argc > 3 ? atoi (argv[3]) : 2000, 1);
  rounds = MAX (argc > 4 ? atoi (argv[4]) : 31, 1);
  threads = argc > 5 ? atoi (argv[5]) : 0;
  bare_init (&bare, argv + 1, threads);
  for (gsize r = 0; r < N_ROWS; r++) {
    g_autofree char *elements =
        g_strdup_printf (rows[r].launch, argv[1], threads, argv[2], threads);

    launches[r] = g_strdup_printf (
        "latentsrc dimensions=%d num-buffers=%d %s ! fakesink name=sink sync=false "
        "qos=false",
        (int)bare.latent.length, frames + 1, elements);
    bare_times[r] = g_new (double, rounds);
    piped_times[r] = g_new (double, rounds);
  }
  for (int i = 0; i < rounds; i++)
    for (gsize r = 0; r < N_ROWS; r++) {
      bare_times[r][i] = time_bare (&bare, rows[r].work, frames);
      piped_times[r][i] = time_pipeline (launches[r], frames);
    }
  g_print ("microseconds of processor time a frame, medians of %d rounds of %d frames:\n", rounds,
      frames);
  g_print ("  %-20s %10s %10s %10s\n", "", "bare", "pipeline", "beyond");
  for (gsize r = 0; r < N_ROWS; r++) {
    bare_medians[r] = median (bare_times[r], rounds);
    piped_medians[r] = median (piped_times[r], rounds);
    print_row (r, bare_medians, piped_medians);
    g_free (launches[r]);
    g_free (bare_times[r]);
    g_free (piped_times[r]);
  }
  gen_plan_free (bare.generator);
  gen_plan_free (bare.discriminator);
  return 0;
}
