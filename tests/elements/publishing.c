/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generator plays, in the same process, what modeltrainer is training: every preset for pictures
 * whose model makes pictures by itself is taken over as it is written anew, and frames go on. */
#include <generative/preset.h>
#include <gst/gst.h>

#include <string.h>

#include "../scratch.h"

#define FRAMES "video/x-raw,format=GRAY8,width=28,height=28,framerate=50/1"

typedef struct {
  GstElement *pipeline;
  GstBus *bus;
  gint frames; /* that have come out; atomic */
} Player;

static void
count_frame (GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer frames)
{
  g_atomic_int_inc ((gint *)frames);
}

/* Wait until the message of that name comes, and nothing is wrong. */
static void
wait_for (GstBus *bus, GstMessageType type, const char *name)
{
  for (;;) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (
        bus, 60 * GST_SECOND, type | GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
    g_autoptr (GError) error = NULL;

    g_assert_nonnull (message);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
      gst_message_parse_error (message, &error, NULL);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING)
      gst_message_parse_warning (message, &error, NULL);
    g_assert_no_error (error);
    if (name == NULL || gst_message_has_name (message, name))
      return;
  }
}

static void
wait_for_frame (Player *player)
{
  const gint before = g_atomic_int_get (&player->frames);

  for (int i = 0; i < 6000 && g_atomic_int_get (&player->frames) == before; i++)
    g_usleep (10000);
  g_assert_cmpint (g_atomic_int_get (&player->frames), >, before);
}

/* Train until `steps` are made. */
static void
train (const GenPreset *preset, const char *checkpoint, int steps)
{
  g_autofree char *description = g_strdup_printf (
      "videotestsrc pattern=zone-plate kx2=20 ky2=20 kt=1 num-buffers=40 ! " FRAMES " ! "
      "modeltrainer preset=%s %s batch-size=4 silent=true max-steps=%d checkpoint=%s "
      "resume=%s ! fakesink",
      preset->name, gen_preset_reads (preset, "width") ? "width=2" : "", steps, checkpoint,
      steps > 1 ? "true" : "false");
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (description, &error);
  g_autoptr (GstBus) bus = NULL;

  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  wait_for (bus, GST_MESSAGE_EOS, NULL);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

static void
player_start (Player *player, const char *source, const char *model)
{
  g_autofree char *description = g_strdup_printf (
      "%s ! generator model=%s ! fakesink name=sink signal-handoffs=true", source, model);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) sink = NULL;

  player->pipeline = gst_parse_launch (description, &error);
  g_assert_no_error (error);
  player->frames = 0;
  player->bus = gst_element_get_bus (player->pipeline);
  sink = gst_bin_get_by_name (GST_BIN (player->pipeline), "sink");
  g_signal_connect (sink, "handoff", G_CALLBACK (count_frame), &player->frames);
  gst_element_set_state (player->pipeline, GST_STATE_PLAYING);
  wait_for_frame (player);
}

static void
player_stop (Player *player)
{
  gst_element_set_state (player->pipeline, GST_STATE_NULL);
  gst_object_unref (player->bus);
  gst_object_unref (player->pipeline);
}

static void
test_played (gconstpointer data)
{
  const GenPreset *preset = data;
  const GenRecipe *recipe = preset->recipe;
  const gboolean of_latents = recipe->made_of == GEN_MADE_OF_LATENTS;
  const guint net = of_latents ? recipe->latent_net : recipe->data_net;
  g_autofree char *folder = scratch_new ();
  g_autofree char *checkpoint = g_build_filename (folder, "trained", NULL);
  g_autofree char *file = g_strconcat (recipe->nets[net].role->name, ".onnx", NULL);
  g_autofree char *model = g_build_filename (checkpoint, file, NULL);
  Player player;

  train (preset, checkpoint, 1);
  player_start (&player,
      of_latents ? "latentsrc is-live=true" : "videotestsrc is-live=true ! " FRAMES, model);
  train (preset, checkpoint, 2);
  wait_for (player.bus, GST_MESSAGE_ELEMENT, "generator-reload");
  wait_for_frame (&player);
  player_stop (&player);
  scratch_remove (folder);
}

/* Whether one net of it plays by itself, and learns by itself. */
static gboolean
plays (const GenPreset *preset)
{
  const GenRecipe *recipe = preset->recipe;

  return recipe != NULL && !recipe->labels && !recipe->coded &&
         preset->medium == &gen_medium_picture &&
         (recipe->made_of == GEN_MADE_OF_LATENTS || gen_recipe_n_nets (recipe) == 1);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  for (const GenPreset *const *preset = gen_preset_list (); *preset != NULL; preset++) {
    g_autofree char *name = g_strconcat ("/publishing/", (*preset)->name, NULL);

    if (plays (*preset))
      g_test_add_data_func (name, *preset, test_played);
  }
  return g_test_run ();
}
