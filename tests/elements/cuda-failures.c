/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GPUs that fail under generator and discriminator: with device=auto the CPU goes on, at once and
 * with the very frame, and says so once; with device=cuda the error says what to do. And several
 * elements on one GPU. The driver and the device are emulated. */
#include "cuda.h"

typedef struct {
  const char *variable, *value; /* which let the device fail, */
  gboolean at_once;             /* from the beginning, or when a pipeline has been paused, */
  const char *words;            /* and what is said then */
} Failure;

static const Failure failures[] = {
  { "GEN_EMULATION_MEMORY", "100", TRUE, "out of memory" },
  { "GEN_EMULATION_LOST", "1", FALSE, "the device is not available" },
  { "GEN_EMULATION_DRIVER", "11080", TRUE, "made for CUDA 11.8, and this needs" },
};

/* Play to the end; how often the pipeline warned, which it may do only in a text that has these
 * words. */
static guint
play_and_count (Player *player, const char *words)
{
  guint n = 0;

  gst_element_set_state (player->pipeline, GST_STATE_PLAYING);
  for (;;) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (
        player->bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_WARNING | GST_MESSAGE_ERROR);
    g_autoptr (GError) error = NULL;

    g_assert_nonnull (message);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
      return n;
    g_assert_cmpstr (GST_MESSAGE_TYPE_NAME (message), ==, "warning");
    gst_message_parse_warning (message, &error, NULL);
    g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED);
    g_assert_nonnull (strstr (error->message, words));
    g_assert_nonnull (strstr (error->message, "The model runs on the CPU"));
    n++;
  }
}

/* SOURCE ! ELEMENT ! BEHIND, in a sink that keeps what it gets. (transfer full) */
static char *
make_launch (const char *source, const char *element, const char *behind)
{
  return g_strdup_printf (
      "%s ! %s ! %s ! fakesink name=sink signal-handoffs=true sync=false", source, element, behind);
}

typedef void (*Comparison) (Player *a, Player *b);

static void
same_frames (Player *a, Player *b)
{
  assert_same_frames (a, b, SIDE, SIDE, 3, 1);
}

/* `element` has %s in the place of the device. */
static void
check_failure (const Failure *failure, const char *source, const char *element, const char *behind,
    Comparison compare)
{
  g_auto (GStrv) parts = g_strsplit (element, "%s", 2);
  g_autofree char *automatic = g_strjoin ("auto", parts[0], parts[1], NULL);
  g_autofree char *on_cpu = g_strjoin ("cpu", parts[0], parts[1], NULL);
  g_autofree char *on_device = g_strjoin ("cuda", parts[0], parts[1], NULL);
  g_autofree char *launch = make_launch (source, automatic, behind);
  g_autofree char *cpu_launch = make_launch (source, on_cpu, "video/x-raw,format=RGB");
  g_autofree char *failing = make_launch (source, on_device, behind);
  Player player, cpu;

  player_open (&cpu, cpu_launch);
  player_play_to_end (&cpu);
  if (failure->at_once)
    g_setenv (failure->variable, failure->value, TRUE);
  player_open (&player, launch);
  g_setenv (failure->variable, failure->value, TRUE);
  g_assert_cmpuint (play_and_count (&player, failure->words), ==, 1);
  compare (&player, &cpu);
  player_close (&player);
  player_assert_error (failing, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS, failure->words);
  g_unsetenv (failure->variable);
  player_close (&cpu);
}

/* With the frames of the system, and with the device's where that can still be asked for. */
static void
test_generator (void)
{
  const char *source = "latentsrc num-buffers=4 dimensions=5";
  const char *element = "generator kernels=rules precision=fp32 model=%s device=";
  Models models;

  models_open (&models);
  for (guint i = 0; i < G_N_ELEMENTS (failures); i++) {
    g_autofree char *plain = g_strdup_printf (element, models.latents);
    g_autofree char *staged = g_strdup_printf (element, models.staged);
    g_autofree char *generator = g_strconcat (plain, "%s", NULL);
    g_autofree char *staged_generator = g_strconcat (staged, "%s", NULL);

    check_failure (&failures[i], source, generator, "video/x-raw,format=RGB", same_frames);
    check_failure (&failures[i], source, staged_generator, "video/x-raw,format=RGB", same_frames);
    if (g_str_equal (failures[i].variable, "GEN_EMULATION_DRIVER"))
      continue;
    check_failure (&failures[i], source, generator, CUDA ",format=RGB ! cudadownload", same_frames);
  }
  models_close (&models);
}

static void
test_discriminator (void)
{
  const char *source = "videotestsrc num-buffers=4 pattern=smpte ! "
                       "video/x-raw,format=RGB,width=40,height=20";
  g_autofree char *upload = g_strconcat (source, " ! cudaupload", NULL);
  const char *element = "discriminator kernels=rules model=%s device=";
  Models models;

  models_open (&models);
  for (guint i = 0; i < G_N_ELEMENTS (failures); i++) {
    const char *const judges[] = { models.judge, models.single_judge, models.staged_judge };

    for (guint k = 0; k < G_N_ELEMENTS (judges); k++) {
      g_autofree char *named = g_strdup_printf (element, judges[k]);
      g_autofree char *judge = g_strconcat (named, "%s", NULL);

      check_failure (&failures[i], source, judge, "identity", assert_same_scores);
      if (k < 2 && !g_str_equal (failures[i].variable, "GEN_EMULATION_DRIVER"))
        check_failure (&failures[i], upload, judge, "cudadownload", assert_same_scores);
    }
  }
  models_close (&models);
}

/* Two pipelines at a time, of two elements each. */
static void
test_several (void)
{
  const char *launch = "latentsrc num-buffers=30 dimensions=5 ! "
                       "generator kernels=rules precision=fp32 device=%s model=%s ! "
                       "discriminator kernels=rules device=%s model=%s ! %s"
                       "fakesink name=sink signal-handoffs=true sync=false";
  Player players[2], cpu;
  Models models;

  models_open (&models);
  for (guint i = 0; i < G_N_ELEMENTS (players); i++) {
    g_autofree char *text = g_strdup_printf (
        launch, "cuda", models.latents, "cuda", models.judge, "queue ! cudadownload ! ");

    player_open (&players[i], text);
  }
  for (guint i = 0; i < G_N_ELEMENTS (players); i++)
    gst_element_set_state (players[i].pipeline, GST_STATE_PLAYING);
  g_autofree char *text = g_strdup_printf (launch, "cpu", models.latents, "cpu", models.judge, "");
  player_open (&cpu, text);
  player_play_to_end (&cpu);
  for (guint i = 0; i < G_N_ELEMENTS (players); i++) {
    player_play_to_end (&players[i]);
    assert_same_scores (&players[i], &cpu);
    player_close (&players[i]);
  }
  player_close (&cpu);
  models_close (&models);
}

int
main (int argc, char **argv)
{
  g_autofree char *missing = NULL;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  missing = what_is_missing ();
  if (missing != NULL) {
    g_print ("1..0 # SKIP %s\n", missing);
    return 0;
  }
  g_test_add_func ("/cuda-failures/generator", test_generator);
  g_test_add_func ("/cuda-failures/discriminator", test_discriminator);
  g_test_add_func ("/cuda-failures/several", test_several);
  return g_test_run ();
}
