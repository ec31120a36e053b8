/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an element costs beyond its arithmetic: runs of the bare plan against the same work in a
 * pipeline (latentsrc ! generator ! fakesink), alternating, in one process, on one model. And of
 * discriminator: the pipeline with it less the pipeline without it, against its bare plan.
 *
 *   element-overhead GENERATOR.onnx DISCRIMINATOR.onnx [FRAMES [ROUNDS [THREADS]]]
 */
#include <generative/latent.h>
#include <generative/model.h>
#include <gst/gst.h>

#include <math.h>
#include <stdlib.h>

typedef struct {
  double *values;
  int n;
} Samples;

static int
compare (const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return x < y ? -1 : x > y;
}

static double
median (Samples *samples)
{
  qsort (samples->values, (gsize)samples->n, sizeof (double), compare);
  return samples->values[samples->n / 2];
}

static GenPlan *
compile (const char *path, gboolean to_frames, int threads, int *size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = gen_model_load (path, &error);
  GenModelUse use = { .frames = 1, .pictures = 1, .plan = { .threads = threads } };
  GenPort *port = to_frames ? &use.output : &use.input;
  GenPlan *plan;

  if (model == NULL)
    g_error ("%s", error->message);
  use.input = model->inputs[0];
  use.output = model->outputs[0];
  if (port->kind != GEN_PORT_PICTURE && !gen_port_make_picture (port, 0, 0))
    g_error ("%s: no pictures", path);
  use.to_frames = to_frames;
  use.from_frames = !to_frames;
  use.to = use.from = (GenFrameLayout){ .columns = 1,
    .n_order = port->channels,
    .order = { 0, 1, 2, 3 },
    .stride = (gsize)port->width * (gsize)port->channels };
  plan = gen_model_compile (model, &use, &error);
  if (plan == NULL)
    g_error ("%s", error->message);
  *size = (int)use.input.length;
  return plan;
}

/* Seconds for `frames` runs; with latents made for each, as the pipeline makes them. */
static double
time_plan (GenPlan *plan, int frames, int length)
{
  GenLatent latent = GEN_LATENT_DEFAULTS;
  gint64 start = g_get_monotonic_time ();

  latent.length = (gsize)MAX (length, 1);
  for (int i = 0; i < frames; i++) {
    if (length > 0)
      gen_latent_fill (&latent, (guint64)i, 30, 1, gen_plan_input (plan, 0)->data);
    gen_plan_run (plan);
  }
  return (double)(g_get_monotonic_time () - start) * 1e-6;
}

static double
now_seconds (void)
{
  return (double)g_get_monotonic_time () * 1e-6;
}

static GstPadProbeReturn
on_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  double *times = data;

  times[times[0] == 0 ? 0 : 1] = now_seconds ();
  return GST_PAD_PROBE_OK;
}

/* Seconds from the first to the last frame that reaches the sink: without the start. */
static double
time_pipeline (const char *launch)
{
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (launch, &error);
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GstBus) bus = NULL;
  GstMessage *message;
  double times[2] = { 0, 0 };

  if (pipeline == NULL)
    g_error ("%s", error->message);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  pad = gst_element_get_static_pad (sink, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, times, NULL);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message =
      gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error (message, &error, NULL);
    g_error ("%s", error->message);
  }
  gst_message_unref (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  return times[1] - times[0];
}

int
main (int argc, char **argv)
{
  int frames, rounds, threads, length, none;
  Samples plan, source, generate, judge, both;
  GenPlan *generator, *discriminator;
  g_autofree char *launch[3] = { NULL, NULL, NULL };

  gst_init (&argc, &argv);
  if (argc < 3)
    g_error ("usage: %s GENERATOR.onnx DISCRIMINATOR.onnx [FRAMES [ROUNDS [THREADS]]]", argv[0]);
  frames = argc > 3 ? atoi (argv[3]) : 2000;
  rounds = argc > 4 ? atoi (argv[4]) : 31;
  threads = argc > 5 ? atoi (argv[5]) : 0;
  generator = compile (argv[1], TRUE, threads, &length);
  discriminator = compile (argv[2], FALSE, threads, &none);
  launch[0] = g_strdup_printf ("latentsrc dimensions=%d num-buffers=%d ! fakesink name=sink "
                               "sync=false qos=false",
      length, frames + 1);
  launch[1] = g_strdup_printf (
      "latentsrc num-buffers=%d ! generator model=%s threads=%d reload=false ! fakesink name=sink "
      "sync=false qos=false",
      frames + 1, argv[1], threads);
  launch[2] = g_strdup_printf (
      "latentsrc num-buffers=%d ! generator model=%s threads=%d reload=false ! discriminator "
      "model=%s threads=%d ! fakesink name=sink sync=false qos=false",
      frames + 1, argv[1], threads, argv[2], threads);
  plan.values = g_new (double, rounds);
  source.values = g_new (double, rounds);
  generate.values = g_new (double, rounds);
  judge.values = g_new (double, rounds);
  both.values = g_new (double, rounds);
  plan.n = source.n = generate.n = judge.n = both.n = rounds;
  for (int i = 0; i < rounds; i++) {
    source.values[i] = time_pipeline (launch[0]) / frames * 1e6;
    plan.values[i] = time_plan (generator, frames, length) / frames * 1e6;
    generate.values[i] = time_pipeline (launch[1]) / frames * 1e6;
    judge.values[i] = time_plan (discriminator, frames, 0) / frames * 1e6;
    both.values[i] = time_pipeline (launch[2]) / frames * 1e6;
  }
  {
    double p = median (&plan), s = median (&source), g = median (&generate), d = median (&judge);
    double b = median (&both);

    g_print ("microseconds a frame, medians of %d rounds of %d frames:\n", rounds, frames);
    g_print ("  latents and the generator's bare plan      %8.2f\n", p);
    g_print ("  latentsrc ! fakesink                       %8.2f\n", s);
    g_print ("  latentsrc ! generator ! fakesink           %8.2f  (%+.1f%% over the plan)\n", g,
        (g / p - 1) * 100);
    g_print ("  the discriminator's bare plan              %8.2f\n", d);
    g_print ("  … ! generator ! discriminator ! fakesink   %8.2f  (discriminator: %+.2f beyond its "
             "plan)\n",
        b, b - g - d);
  }
  gen_plan_free (generator);
  gen_plan_free (discriminator);
  g_free (plan.values);
  g_free (source.values);
  g_free (generate.values);
  g_free (judge.values);
  g_free (both.values);
  return 0;
}
