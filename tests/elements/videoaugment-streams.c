/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* videoaugment's further streams: partners that frames are mixed with, masks that follow, and what
 * is one clip. */
#include <generative/augment-mix.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include "player.h"

enum { WIDTH = 32, HEIGHT = 20, SIZE = WIDTH * HEIGHT };

#define CAPS "video/x-raw,format=GRAY8,width=32,height=20,framerate=25/1"

/* A level, and item `number` of a class. */
static GstBuffer *
new_frame (guint8 level, guint64 number, int label)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, SIZE, NULL);
  GstCustomMeta *meta = gst_buffer_add_custom_meta (buffer, "generative-label");
  g_autofree char *name = g_strdup_printf ("class %d", label);

  gst_buffer_memset (buffer, 0, level, SIZE);
  gst_structure_set (gst_custom_meta_get_structure (meta), "label", G_TYPE_INT, label, "name",
      G_TYPE_STRING, name, "index", G_TYPE_UINT, 0, "item", G_TYPE_UINT64, number, NULL);
  GST_BUFFER_OFFSET (buffer) = number;
  return buffer;
}

static void
put_fields (GstBuffer *buffer, const GstStructure *put)
{
  GstStructure *structure =
      gst_custom_meta_get_structure (gst_buffer_get_custom_meta (buffer, "generative-label"));

  for (int i = 0; i < gst_structure_n_fields (put); i++) {
    const char *name = gst_structure_nth_field_name (put, (guint)i);

    gst_structure_set_value (structure, name, gst_structure_get_value (put, name));
  }
}

/* --- partners --- */

typedef struct {
  GstElement *element;
  GstHarness *frames, *partners;
} Mixer;

static void
mixer_open (Mixer *mixer, const char *launch)
{
  mixer->element = gst_parse_launch (launch, NULL);
  gst_object_ref_sink (mixer->element);
  mixer->partners = gst_harness_new_with_element (mixer->element, "partner", NULL);
  mixer->frames = gst_harness_new_with_element (mixer->element, "sink", "src");
  gst_harness_set_src_caps_str (mixer->frames, CAPS);
  gst_harness_set_src_caps_str (mixer->partners, CAPS);
}

static void
mixer_close (Mixer *mixer)
{
  gst_harness_teardown (mixer->partners);
  gst_harness_teardown (mixer->frames);
  gst_object_unref (mixer->element);
}

static GenAugmentMixDraw
draw_of (const char *name, guint64 number, guint64 seed)
{
  GenAugmentMixSettings settings = { .probability = 1, .seed = seed };
  GenAugmentMixDraw draw;

  for (int i = 0; gen_augment_mixing_list ()[i] != NULL; i++)
    if (g_str_equal (gen_augment_mixing_list ()[i]->name, name))
      settings.mixing = gen_augment_mixing_list ()[i];
  g_assert_nonnull (settings.mixing);
  gen_augment_mix_draw (&settings, number, WIDTH, HEIGHT, &draw);
  return draw;
}

/* How many pixels have a level, of all. */
static double
share_of (GstBuffer *buffer, guint8 level)
{
  GstMapInfo map;
  guint n = 0;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  for (gsize i = 0; i < map.size; i++)
    n += map.data[i] == level;
  gst_buffer_unmap (buffer, &map);
  return (double)n / SIZE;
}

static double
weight_of (GstBuffer *buffer, int label)
{
  const GstStructure *structure =
      gst_custom_meta_get_structure (gst_buffer_get_custom_meta (buffer, "generative-label"));
  const GValue *labels = gst_structure_get_value (structure, "labels");
  const GValue *weights = gst_structure_get_value (structure, "weights");

  for (guint i = 0; i < gst_value_array_get_size (labels); i++)
    if (g_value_get_int (gst_value_array_get_value (labels, i)) == label)
      return g_value_get_double (gst_value_array_get_value (weights, i));
  return 0;
}

/* As many pixels are of each frame as its label weighs, and the one label is the drawn one's. */
static void
test_shares (void)
{
  static const char *const names[] = { "cutmix", "mosaic" };

  for (gsize k = 0; k < G_N_ELEMENTS (names); k++) {
    g_autofree char *launch = g_strdup_printf ("videoaugment seed=3 mix=%s", names[k]);
    Mixer mixer;

    mixer_open (&mixer, launch);
    for (guint64 number = 0; number < 12; number++) {
      const GenAugmentMixDraw draw = draw_of (names[k], number, 3);
      GstBuffer *buffer;
      GstStructure *structure;
      int label;

      for (int i = 1; i < draw.n; i++)
        gst_harness_push (mixer.partners, new_frame ((guint8)(10 * i), number, i));
      buffer = gst_harness_push_and_pull (mixer.frames, new_frame (200, number, 0));
      for (int i = 0; i < draw.n; i++) {
        g_assert_cmpfloat_with_epsilon (
            share_of (buffer, i == 0 ? 200 : (guint8)(10 * i)), draw.weights[i], 1e-9);
        g_assert_cmpfloat_with_epsilon (weight_of (buffer, i), draw.weights[i], 1e-9);
      }
      structure =
          gst_custom_meta_get_structure (gst_buffer_get_custom_meta (buffer, "generative-label"));
      g_assert_true (gst_structure_get_int (structure, "label", &label));
      g_assert_cmpint (label, ==, draw.chosen);
      g_assert_cmpint (gst_structure_get_string (structure, "name")[6] - '0', ==, draw.chosen);
      gst_buffer_unref (buffer);
    }
    mixer_close (&mixer);
  }
}

/* Of a mixture that is mixed again all classes are known. */
static void
test_mixed_twice (void)
{
  const GenAugmentMixDraw inner = draw_of ("mixup", 0, 3), outer = draw_of ("cutmix", 0, 5);
  Mixer first, second;
  GstBuffer *buffer;

  mixer_open (&first, "videoaugment seed=3 mix=mixup");
  mixer_open (&second, "videoaugment seed=5 mix=cutmix");
  gst_harness_push (first.partners, new_frame (100, 0, 1));
  buffer = gst_harness_push_and_pull (first.frames, new_frame (200, 0, 0));
  gst_harness_push (second.partners, new_frame (0, 0, 0));
  buffer = gst_harness_push_and_pull (second.frames, buffer);
  g_assert_cmpfloat_with_epsilon (weight_of (buffer, 1), outer.weights[0] * inner.weights[1], 1e-9);
  g_assert_cmpfloat_with_epsilon (
      weight_of (buffer, 0), outer.weights[0] * inner.weights[0] + outer.weights[1], 1e-9);
  gst_buffer_unref (buffer);
  mixer_close (&first);
  mixer_close (&second);
}

/* A label that is none is no class 0: neither a frame's nor a partner's. The harness' bus tells. */
static void
test_malformed_labels (void)
{
  static const char *const malformed[][2] = {
    { "labels=(int)<0, 1, 0>, weights=(double)<1>", "there are 3 labels and 1 weights" },
    { "labels=(string)<a, b>, weights=(double)<0.5, 0.5>", "labels has a gchararray" },
    { "labels=(int)1, weights=(double)1", "labels is a gint; an array" },
  };
  static const char *const mixings[] = { "mixup", "cutmix", "mosaic" };

  for (gsize k = 0; k < G_N_ELEMENTS (mixings) * G_N_ELEMENTS (malformed) * 2; k++) {
    const char *const *told = malformed[k / 2 % G_N_ELEMENTS (malformed)];
    g_autofree char *launch = g_strdup_printf (
        "videoaugment seed=3 mix-probability=1 mix=%s", mixings[k / 2 / G_N_ELEMENTS (malformed)]);
    g_autofree char *text = g_strdup_printf ("label, %s", told[0]);
    g_autoptr (GstStructure) put = gst_structure_from_string (text, NULL);
    g_autoptr (GstBus) bus = gst_bus_new ();
    g_autoptr (GstMessage) message = NULL;
    g_autoptr (GError) error = NULL;
    GstBuffer *frame = new_frame (200, 0, 0);
    Mixer mixer;

    mixer_open (&mixer, launch);
    gst_element_set_bus (mixer.element, bus);
    for (int i = 0; i < 3; i++) {
      GstBuffer *partner = new_frame (100, 0, 1);

      put_fields (k % 2 == 0 ? frame : partner, put);
      gst_harness_push (mixer.partners, partner);
    }
    g_assert_cmpint (gst_harness_push (mixer.frames, frame), ==, GST_FLOW_ERROR);
    message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
    g_assert_nonnull (message);
    gst_message_parse_error (message, &error, NULL);
    g_assert_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT);
    g_assert_nonnull (strstr (error->message, told[1]));
    gst_element_set_bus (mixer.element, NULL);
    mixer_close (&mixer);
  }
}

static guint
count_regions (GstBuffer *buffer, const char *kind)
{
  gpointer state = NULL;
  GstMeta *meta;
  guint n = 0;

  while ((meta = gst_buffer_iterate_meta_filtered (
              buffer, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)) != NULL)
    n += ((GstVideoRegionOfInterestMeta *)meta)->roi_type == g_quark_from_string (kind);
  return n;
}

/* A region is told of where something of it is seen. */
static void
test_regions (void)
{
  Mixer mixer;
  guint seen = 0, hidden = 0;

  mixer_open (&mixer, "videoaugment seed=3 mix=cutmix");
  for (guint64 number = 0; number < 30; number++) {
    const GenAugmentMixPart part = draw_of ("cutmix", number, 3).parts[1];
    GstBuffer *buffer = new_frame (200, number, 0), *partner = new_frame (10, number, 1);
    const gboolean covered =
        part.left <= 12 && part.right >= 16 && part.top <= 8 && part.bottom >= 12;
    const gboolean meets = part.left < 16 && part.right > 12 && part.top < 12 && part.bottom > 8;

    gst_buffer_add_video_region_of_interest_meta (buffer, "own", 12, 8, 4, 4);
    gst_buffer_add_video_region_of_interest_meta (partner, "other", 12, 8, 4, 4);
    gst_harness_push (mixer.partners, partner);
    buffer = gst_harness_push_and_pull (mixer.frames, buffer);
    g_assert_cmpuint (count_regions (buffer, "own"), ==, covered ? 0 : 1);
    g_assert_cmpuint (count_regions (buffer, "other"), ==, meets ? 1 : 0);
    seen += meets;
    hidden += covered;
    gst_buffer_unref (buffer);
  }
  g_assert_cmpuint (seen, >, 0);
  g_assert_cmpuint (hidden, >, 0);
  mixer_close (&mixer);
}

/* When there are no more partners, frames are as they are, which is said once. */
static void
test_partners_end (void)
{
  Player player;
  g_autoptr (GstMessage) warning = NULL, second = NULL;

  player_open (&player,
      "videotestsrc num-buffers=6 ! " CAPS " ! videoaugment name=a mix=mixup ! "
      "fakesink name=sink signal-handoffs=true videotestsrc num-buffers=2 ! a.partner");
  player_play_to_end (&player);
  g_assert_cmpuint (player.buffers->len, ==, 6);
  gst_element_set_state (player.pipeline, GST_STATE_READY);
  player_close (&player);

  player_open (&player,
      "videotestsrc num-buffers=6 ! " CAPS " ! videoaugment name=a mix=mixup ! "
      "fakesink name=sink signal-handoffs=true videotestsrc num-buffers=2 ! a.partner");
  gst_element_set_state (player.pipeline, GST_STATE_PLAYING);
  warning = gst_bus_timed_pop_filtered (player.bus, 20 * GST_SECOND, GST_MESSAGE_WARNING);
  g_assert_nonnull (warning);
  second = gst_bus_timed_pop_filtered (
      player.bus, 20 * GST_SECOND, GST_MESSAGE_WARNING | GST_MESSAGE_EOS);
  g_assert_cmpstr (GST_MESSAGE_TYPE_NAME (second), ==, "eos");
  player_close (&player);
}

static void
test_wrong_partners (void)
{
  player_assert_error ("videotestsrc ! videoaugment mix=mosaic ! fakesink", GST_STREAM_ERROR,
      GST_STREAM_ERROR_MUX, "link a stream of frames of the same size and format");
  player_assert_error ("videotestsrc ! " CAPS " ! videoaugment name=a mix=mosaic ! fakesink "
                       "videotestsrc ! a.partner videotestsrc ! a.mask_sink_0 "
                       "a.mask_src_0 ! fakesink",
      GST_STREAM_ERROR, GST_STREAM_ERROR_MUX, "masks follow where mix is none");
}

/* Frames that wait for a partner are let go of: by a flush, and when it all ends. */
static void
test_waiting_ends (void)
{
  for (int flush = 0; flush < 2; flush++) {
    g_autoptr (GstElement) pipeline = gst_parse_launch (
        "videotestsrc name=source ! " CAPS " ! videoaugment name=a mix=mixup ! fakesink name=sink "
        "appsrc name=never ! " CAPS " ! a.partner",
        NULL);
    g_autoptr (GstElement) source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
    g_autoptr (GstElement) mixing = gst_bin_get_by_name (GST_BIN (pipeline), "a");
    g_autoptr (GstPad) pad = gst_element_get_static_pad (mixing, "sink");

    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    while (!gst_pad_has_current_caps (pad))
      g_usleep (1000);
    if (flush)
      g_assert_true (
          gst_element_seek_simple (source, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 2 * GST_SECOND));
    g_assert_cmpint (
        gst_element_set_state (pipeline, GST_STATE_NULL), ==, GST_STATE_CHANGE_SUCCESS);
  }
}

/* --- masks --- */

/* Of each pixel's place, in two bytes. */
static GstBuffer *
new_mask (guint64 number)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 2 * SIZE, NULL);
  GstMapInfo map;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_WRITE));
  for (int i = 0; i < SIZE; i++)
    GST_WRITE_UINT16_LE (map.data + 2 * i, i);
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_OFFSET (buffer) = number;
  return buffer;
}

typedef struct {
  GstElement *element;
  GstHarness *frames, *masks;
} Follower;

static void
follower_open (Follower *follower)
{
  follower->element = gst_element_factory_make ("videoaugment", NULL);
  gst_object_ref_sink (follower->element);
  follower->masks = gst_harness_new_with_element (follower->element, "mask_sink_0", "mask_src_0");
  follower->frames = gst_harness_new_with_element (follower->element, "sink", "src");
  gst_harness_set_src_caps_str (follower->frames, CAPS);
  gst_harness_set_src_caps_str (
      follower->masks, "video/x-raw,format=GRAY16_LE,width=32,height=20,framerate=25/1");
}

static void
follower_close (Follower *follower)
{
  gst_harness_teardown (follower->masks);
  gst_harness_teardown (follower->frames);
  gst_object_unref (follower->element);
}

static void
assert_followed (GstBuffer *mask, double rotate, guint64 number)
{
  g_autoptr (GenAugmentWorkspace) workspace = gen_augment_workspace_new ();
  GstBuffer *plain = new_mask (number);
  GenAugmentPictureDraw draw;
  GenAugmentSettings settings;
  GstMapInfo map, moved;

  gen_augment_settings_init (&settings, &gen_medium_picture);
  settings.seed = 4;
  for (int i = 0; gen_augmentation_list (&gen_medium_picture)[i] != NULL; i++) {
    const char *name = gen_augmentation_list (&gen_medium_picture)[i]->name;

    if (g_str_equal (name, "rotate"))
      settings.amounts[i] = rotate;
    if (g_str_equal (name, "elastic"))
      settings.amounts[i] = 0.1;
  }
  gen_augment_draw_picture (&settings, number, WIDTH, HEIGHT, &draw);
  g_assert_true (gst_buffer_map (plain, &map, GST_MAP_READWRITE));
  g_assert_true (gst_buffer_map (mask, &moved, GST_MAP_READ));
  GenPicture picture = { map.data, WIDTH, HEIGHT, 2, 2 * WIDTH, FALSE };
  gen_augment_render_mask (&draw, workspace, &picture);
  g_assert_cmpmem (map.data, map.size, moved.data, moved.size);
  gst_buffer_unmap (plain, &map);
  gst_buffer_unmap (mask, &moved);
  gst_buffer_unref (plain);
}

/* Masks go by what their frame was drawn by, though properties have changed since. */
static void
test_masks (void)
{
  Follower follower;

  follower_open (&follower);
  g_object_set (follower.element, "seed", (guint64)4, "elastic", 0.1, "brightness", 0.5, NULL);
  for (guint64 number = 0; number < 40; number++) {
    g_object_set (follower.element, "rotate", (double)number, NULL);
    gst_buffer_unref (gst_harness_push_and_pull (follower.frames, new_frame (200, number, 0)));
  }
  /* Frame 7 has no mask. */
  for (guint64 number = 0; number < 40; number++) {
    GstBuffer *mask;

    if (number == 7)
      continue;
    mask = gst_harness_push_and_pull (follower.masks, new_mask (number));
    assert_followed (mask, (double)number, number);
    g_assert_cmpuint (GST_BUFFER_OFFSET (mask), ==, number);
    gst_buffer_unref (mask);
  }
  follower_close (&follower);
}

/* A mask without a frame is left out, when it is sure that there is none. */
static void
test_mask_without_frame (void)
{
  Follower follower;

  follower_open (&follower);
  g_object_set (follower.element, "seed", (guint64)4, "elastic", 0.1, "rotate", 30.0, NULL);
  gst_buffer_unref (gst_harness_push_and_pull (follower.frames, new_frame (200, 5, 0)));
  g_assert_true (gst_harness_push_event (follower.frames, gst_event_new_eos ()));
  g_assert_cmpint (gst_harness_push (follower.masks, new_mask (3)), ==, GST_FLOW_OK);
  g_assert_cmpint (gst_harness_push (follower.masks, new_mask (5)), ==, GST_FLOW_OK);
  g_assert_cmpint (gst_harness_push (follower.masks, new_mask (6)), ==, GST_FLOW_OK);
  g_assert_cmpuint (gst_harness_buffers_received (follower.masks), ==, 1);
  GstBuffer *mask = gst_harness_pull (follower.masks);
  assert_followed (mask, 30, 5);
  gst_buffer_unref (mask);
  follower_close (&follower);
}

/* Both streams of a film, to the end and after a seek back, which each gets at its own time. */
static void
test_masks_in_a_pipeline (void)
{
  Player player;

  player_open (&player,
      "videotestsrc ! " CAPS " ! tee name=t ! queue ! "
      "videoaugment name=a rotate=30 seed=4 ! fakesink "
      "t. ! queue ! a.mask_sink_0 a.mask_src_0 ! fakesink name=sink signal-handoffs=true");
  g_assert_true (gst_element_seek_simple (
      player.pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 4 * GST_SECOND));
  gst_element_get_state (player.pipeline, NULL, NULL, 20 * GST_SECOND);
  g_assert_true (gst_element_seek (player.pipeline, 1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
      GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_SET, 6 * GST_SECOND));
  gst_element_get_state (player.pipeline, NULL, NULL, 20 * GST_SECOND);
  g_mutex_lock (&player.lock);
  g_ptr_array_set_size (player.buffers, 0);
  g_mutex_unlock (&player.lock);
  player_play_to_end (&player);
  g_assert_cmpuint (player.buffers->len, ==, 150);
  player_close (&player);
}

static void
test_wrong_masks (void)
{
  player_assert_error ("videotestsrc ! " CAPS " ! videoaugment name=a rotate=30 ! fakesink "
                       "videotestsrc ! video/x-raw,format=GRAY8,width=31,height=20 ! "
                       "a.mask_sink_0 a.mask_src_0 ! fakesink",
      GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "a mask must have the size of its frame");
}

/* Masks whose frames nobody sends do not wait for ever. */
static void
test_masks_alone (void)
{
  player_assert_error ("videotestsrc ! video/x-raw,format=GRAY8,width=32,height=20 ! "
                       "a.mask_sink_0 videoaugment name=a rotate=30 a.mask_src_0 ! fakesink",
      GST_STREAM_ERROR, GST_STREAM_ERROR_MUX, "nothing is linked to the pad sink");
}

/* Pads come and go while it plays. */
static void
test_pads_go (void)
{
  GstHarness *harness = gst_harness_new ("videoaugment");
  g_autoptr (GstElement) element = gst_harness_find_element (harness, "videoaugment");

  gst_harness_set_src_caps_str (harness, CAPS);
  for (int i = 0; i < 3; i++) {
    g_autoptr (GstPad) mask = gst_element_request_pad_simple (element, "mask_sink_%u");
    g_autoptr (GstPad) partner = gst_element_request_pad_simple (element, "partner");
    g_autofree char *name = g_strdup_printf ("mask_sink_%d", i);

    g_assert_cmpstr (GST_PAD_NAME (mask), ==, name);
    g_assert_null (gst_element_request_pad_simple (element, "partner"));
    gst_buffer_unref (gst_harness_push_and_pull (harness, new_frame (9, (guint64)i, 0)));
    gst_element_release_request_pad (element, mask);
    gst_element_release_request_pad (element, partner);
  }
  g_assert_cmpuint (element->numpads, ==, 2);
  gst_harness_teardown (harness);
}

/* --- clips --- */

/* The steps that were drawn for a frame. (transfer full) */
static char *
steps_of (GstHarness *harness, GstBuffer *buffer)
{
  char *steps;

  buffer = gst_harness_push_and_pull (harness, buffer);
  steps = g_strdup (gst_structure_get_string (
      gst_custom_meta_get_structure (gst_buffer_get_custom_meta (buffer, "generative-augment")),
      "steps"));
  gst_buffer_unref (buffer);
  return steps;
}

static void
test_clips_of_items (void)
{
  GstHarness *harness = gst_harness_new_parse ("videoaugment clips=items rotate=30 add-meta=true");
  g_autofree char *last = NULL;
  guint changes = 0;

  gst_harness_set_src_caps_str (harness, CAPS);
  for (guint64 number = 0; number < 20; number++) {
    GstBuffer *buffer = new_frame (9, number / 6, 0);
    g_autofree char *steps = NULL;

    GST_BUFFER_OFFSET (buffer) = number;
    steps = steps_of (harness, buffer);
    changes += g_strcmp0 (steps, last) != 0;
    g_free (last);
    last = g_steal_pointer (&steps);
  }
  g_assert_cmpuint (changes, ==, 4);
  gst_harness_teardown (harness);
}

static void
test_clips_of_discontinuities (void)
{
  GstHarness *harness = gst_harness_new_parse ("videoaugment clips=items rotate=30 add-meta=true");
  g_autofree char *last = NULL;
  guint changes = 0;

  gst_harness_set_src_caps_str (harness, CAPS);
  for (guint64 number = 0; number < 20; number++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, SIZE, NULL);
    g_autofree char *steps = NULL;

    gst_buffer_memset (buffer, 0, 7, SIZE);
    GST_BUFFER_OFFSET (buffer) = number;
    if (number % 8 == 0)
      GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
    steps = steps_of (harness, buffer);
    changes += g_strcmp0 (steps, last) != 0;
    g_free (last);
    last = g_steal_pointer (&steps);
  }
  g_assert_cmpuint (changes, ==, 3);
  gst_harness_teardown (harness);
}

int
main (int argc, char **argv)
{
  g_autoptr (GstElement) element = NULL;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  /* Who makes the element makes the metas known. */
  element = gst_object_ref_sink (gst_element_factory_make ("videoaugment", NULL));
  g_test_add_func ("/videoaugment-streams/shares", test_shares);
  g_test_add_func ("/videoaugment-streams/mixed-twice", test_mixed_twice);
  g_test_add_func ("/videoaugment-streams/malformed-labels", test_malformed_labels);
  g_test_add_func ("/videoaugment-streams/regions", test_regions);
  g_test_add_func ("/videoaugment-streams/partners-end", test_partners_end);
  g_test_add_func ("/videoaugment-streams/wrong-partners", test_wrong_partners);
  g_test_add_func ("/videoaugment-streams/waiting-ends", test_waiting_ends);
  g_test_add_func ("/videoaugment-streams/masks", test_masks);
  g_test_add_func ("/videoaugment-streams/mask-without-frame", test_mask_without_frame);
  g_test_add_func ("/videoaugment-streams/masks-in-a-pipeline", test_masks_in_a_pipeline);
  g_test_add_func ("/videoaugment-streams/wrong-masks", test_wrong_masks);
  g_test_add_func ("/videoaugment/masks-alone", test_masks_alone);
  g_test_add_func ("/videoaugment-streams/pads-go", test_pads_go);
  g_test_add_func ("/videoaugment-streams/clips-of-items", test_clips_of_items);
  g_test_add_func ("/videoaugment-streams/clips-of-discontinuities", test_clips_of_discontinuities);
  return g_test_run ();
}
