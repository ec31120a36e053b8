/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a picture passes generator and the filters: fields of caps, metas, and frames that lie
 * upwards or at odd places in memory; and what is said of pictures that none of them takes. */
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include "colours.h"

enum { WIDTH = 16, HEIGHT = 12 };

/* Colour pictures of any size to such of `down` and `across` times that size. */
static char *
save_scaled (const char *folder, float down, float across)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("scaled");
  g_autoptr (GError) error = NULL;
  const float scales[] = { 1, 1, down, across };
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 8, 8)),
            *inputs[] = { x, NULL,
              gen_graph_add_constant (graph, "scales", GEN_TYPE_FLOAT32, &GEN_SHAPE (4),
                  g_bytes_new (scales, sizeof scales)) },
            *y = gen_graph_op (
                graph, "Resize", inputs, 3, 1, &error, "mode", GEN_STRING, "nearest", NULL);

  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  x->shape.dims[2] = x->shape.dims[3] = y->shape.dims[2] = y->shape.dims[3] = -1;
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,1"));
  g_hash_table_insert (graph->metadata, g_strdup ("generative.output-range"), g_strdup ("0,1"));
  return save (graph, folder, "scaled.onnx");
}

/* Colour pictures to how bright each pixel is. */
static char *
save_map (const char *folder)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("map");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 8, 8)),
            *inputs[] = { x, gen_graph_ints (graph, (gint64[]){ 1 }, 1) },
            *y = gen_graph_op (graph, "ReduceMean", inputs, 2, 1, &error, NULL);

  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  x->shape.dims[2] = x->shape.dims[3] = y->shape.dims[2] = y->shape.dims[3] = -1;
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,1"));
  g_hash_table_insert (graph->metadata, g_strdup ("generative.output-range"), g_strdup ("0,1"));
  return save (graph, folder, "map.onnx");
}

/* --- caps --- */

typedef struct {
  const char *sink, *source; /* of generator; what is behind it takes `wanted` */
  const char *wanted;
  float down, across; /* 0: a map */
} Passing;

#define SIZE "width=16,height=12,framerate=25/1,"

static const Passing passings[] = {
  { "format=RGB," SIZE "pixel-aspect-ratio=16/15", "format=RGB,pixel-aspect-ratio=16/15",
      "video/x-raw", 1, 1 },
  { "format=RGB," SIZE "pixel-aspect-ratio=16/15",
      "width=32,height=24,format=RGB,pixel-aspect-ratio=16/15", "video/x-raw", 2, 2 },
  { "format=RGB," SIZE "pixel-aspect-ratio=16/15", "width=32,height=12,pixel-aspect-ratio=8/15",
      "video/x-raw", 1, 2 },
  { "format=RGB," SIZE "max-framerate=50/1", "pixel-aspect-ratio=2/1,max-framerate=50/1",
      "video/x-raw", 2, 1 },
  { "format=RGB," SIZE "multiview-mode=side-by-side,views=2", "multiview-mode=side-by-side,views=2",
      "video/x-raw", 1, 1 },
  { "format=NV12," SIZE "colorimetry=bt2100-hlg,chroma-site=mpeg2",
      "format=NV12,colorimetry=bt2100-hlg,chroma-site=mpeg2", "video/x-raw,format=NV12", 1, 1 },
  { "format=NV12," SIZE "colorimetry=1:3:5:1,chroma-site=jpeg",
      "format=I420,colorimetry=1:3:5:1,chroma-site=jpeg", "video/x-raw,format=I420", 2, 2 },
  /* The light of HDR, in the numbers of R'G'B' and back. */
  { "format=NV12," SIZE "colorimetry=bt2100-pq", "format=RGB,colorimetry=1:1:14:7",
      "video/x-raw,format=RGB", 1, 1 },
  { "format=RGB," SIZE "colorimetry=1:1:15:7", "format=NV12,colorimetry=bt2100-hlg",
      "video/x-raw,format=NV12", 1, 1 },
  { "format=NV12," SIZE "colorimetry=bt2100-pq,mastering-display-info=(string)35400:14600:8500:"
    "39850:6550:2300:15635:16450:"
    "10000000:1,content-light-level=(string)1000:300",
      "content-light-level=(string)1000:300,mastering-display-info=(string)35400:14600:8500:39850:"
      "6550:2300:15635:"
      "16450:10000000:1",
      "video/x-raw", 1, 1 },
  /* Which of those that are taken is nearest. */
  { "format=NV12," SIZE "colorimetry=bt2100-hlg", "colorimetry=bt2100-hlg",
      "video/x-raw,format=NV12,colorimetry={bt709,bt2020,bt2100-hlg}", 1, 1 },
  { "format=NV12," SIZE "colorimetry=bt601", "colorimetry=bt709",
      "video/x-raw,format=NV12,colorimetry={bt2100-pq,bt709}", 1, 1 },
  /* A map has no light of the picture's. */
  { "format=NV12," SIZE "colorimetry=bt2100-pq,pixel-aspect-ratio=16/15",
      "format=GRAY8,pixel-aspect-ratio=16/15", "video/x-raw,format=GRAY8", 0, 0 },
};

/* Colorimetry is the same by whichever name. */
static gboolean
values_agree (const char *name, const GValue *have, const GValue *want)
{
  GstVideoColorimetry a, b;

  if (!g_str_equal (name, "colorimetry"))
    return gst_value_compare (have, want) == GST_VALUE_EQUAL;
  return gst_video_colorimetry_from_string (&a, g_value_get_string (have)) &&
         gst_video_colorimetry_from_string (&b, g_value_get_string (want)) &&
         gst_video_colorimetry_is_equal (&a, &b);
}

static void
assert_fields (const GstCaps *caps, const char *text)
{
  g_autofree char *whole = g_strconcat ("video/x-raw,", text, NULL);
  g_autoptr (GstCaps) expected = gst_caps_from_string (whole);
  const GstStructure *have = gst_caps_get_structure (caps, 0),
                     *want = gst_caps_get_structure (expected, 0);

  for (int i = 0; i < gst_structure_n_fields (want); i++) {
    const char *name = gst_structure_nth_field_name (want, (guint)i);
    const GValue *value = gst_structure_get_value (have, name);

    if (value == NULL || !values_agree (name, value, gst_structure_get_value (want, name))) {
      g_autofree char *made = gst_caps_to_string (caps);

      g_error ("%s should have %s", made, text);
    }
  }
}

static GstHarness *
open_scaled (const char *model, const char *sink, const char *wanted)
{
  g_autofree char *launch = g_strdup_printf ("generator model=%s", model);
  g_autofree char *caps = g_strconcat ("video/x-raw,", sink, NULL);
  GstHarness *harness = gst_harness_new_parse (launch);

  gst_harness_set_sink_caps_str (harness, wanted);
  gst_harness_set_src_caps_str (harness, caps);
  return harness;
}

static GstBuffer *
new_frame (GstHarness *harness)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (harness->srcpad);
  GstVideoInfo info;
  GstBuffer *buffer;

  g_assert_true (gst_video_info_from_caps (&info, caps));
  buffer = gst_buffer_new_allocate (NULL, info.size, NULL);
  gst_buffer_memset (buffer, 0, 100, info.size);
  GST_BUFFER_PTS (buffer) = 0;
  return buffer;
}

static void
test_caps (void)
{
  g_autofree char *folder = g_dir_make_tmp ("passing-XXXXXX", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (passings); i++) {
    const Passing *passing = &passings[i];
    char *model = passing->down > 0 ? save_scaled (folder, passing->down, passing->across)
                                    : save_map (folder);
    GstHarness *harness = open_scaled (model, passing->sink, passing->wanted);
    g_autoptr (GstCaps) caps = NULL;

    gst_buffer_unref (gst_harness_push_and_pull (harness, new_frame (harness)));
    caps = gst_pad_get_current_caps (harness->sinkpad);
    assert_fields (caps, passing->source);
    assert_fields (caps, "framerate=25/1");
    if (passing->down == 0)
      g_assert_false (gst_structure_has_field (gst_caps_get_structure (caps, 0), "colorimetry"));
    gst_harness_teardown (harness);
    remove_model (model);
  }
  g_rmdir (folder);
}

/* In front of a model, videoscale is told which shape pixels are to have behind it. */
static void
test_aspect_in_front (void)
{
  g_autofree char *folder = g_dir_make_tmp ("passing-XXXXXX", NULL);
  char *model = save_pictures (folder, FALSE);
  g_autofree char *launch =
      g_strdup_printf ("videotestsrc num-buffers=1 ! video/x-raw,format=RGB,width=72,height=58,"
                       "pixel-aspect-ratio=16/15 ! videoscale ! generator model=%s ! "
                       "video/x-raw,pixel-aspect-ratio=1/1",
          model);
  g_autoptr (GstCaps) caps = NULL;
  Player player;

  play (&player, launch);
  caps = sink_caps (&player);
  assert_fields (caps, "width=77,height=58");
  player_close (&player);
  remove_model (model);
  g_rmdir (folder);
}

/* Of R'G'B' in the range of studios, black is 16 and white 235. */
static void
test_studio_range (void)
{
  g_autofree char *folder = g_dir_make_tmp ("passing-XXXXXX", NULL);
  char *model = save_pictures (folder, FALSE);
  GstHarness *harness = open_scaled (
      model, "format=RGB," SIZE "colorimetry=2:1:7:1", "video/x-raw,colorimetry=1:1:7:1");
  GstBuffer *buffer = new_frame (harness);
  const guint8 in[] = { 16, 126, 235 };
  guint8 out[3];

  gst_buffer_fill (buffer, 0, in, 3);
  buffer = gst_harness_push_and_pull (harness, buffer);
  gst_buffer_extract (buffer, 0, out, 3);
  g_assert_cmpint (out[0], ==, 0);
  g_assert_cmpint (out[1], ==, 128);
  g_assert_cmpint (out[2], ==, 255);
  gst_buffer_unref (buffer);
  gst_harness_teardown (harness);
  remove_model (model);
  g_rmdir (folder);
}

/* --- what is refused --- */

static void
test_refused (void)
{
  static const struct {
    const char *in, *element, *behind, *words;
  } refused[] = {
    { "interlace-mode=interleaved", "generator", "identity", "put deinterlace in front" },
    { "interlace-mode=mixed", "generator", "identity", "put deinterlace in front" },
    { "interlace-mode=interleaved", "discriminator", "identity", "put deinterlace in front" },
    { "interlace-mode=interleaved", "qualitymeter", "identity", "put deinterlace in front" },
    { "interlace-mode=interleaved", "videoaugment", "identity", "put deinterlace in front" },
    { "interlace-mode=interleaved", "videoaugment noise=0.1", "identity",
        "put deinterlace in front" },
    { "interlace-mode=interleaved", "gantrainer", "identity", "put deinterlace in front" },
    { "colorimetry=1:1:15:7", "generator", "video/x-raw,format=NV12,colorimetry=bt709",
        "of transfer arib-std-b67 and primaries bt2020" },
    { "multiview-mode=separated", "generator", "identity", "multiview-mode=separated" },
  };
  g_autofree char *folder = g_dir_make_tmp ("passing-XXXXXX", NULL);
  char *pictures = save_pictures (folder, FALSE), *scores = save_pictures (folder, TRUE);

  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    for (int converted = 0; converted < 2; converted++) {
      const char *element = refused[i].element;
      g_autofree char *model =
          g_str_equal (element, "generator")       ? g_strconcat ("model=", pictures, NULL)
          : g_str_equal (element, "discriminator") ? g_strconcat ("model=", scores, NULL)
                                                   : g_strdup ("");
      g_autofree char *launch = g_strdup_printf (
          "videotestsrc num-buffers=3 ! video/x-raw,format=RGB,width=16,height=12 ! "
          "capssetter caps=video/x-raw,%s ! %s %s %s ! %s ! fakesink",
          refused[i].in, converted ? "videoconvert !" : "identity !", element, model,
          refused[i].behind);

      player_assert_error (launch, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION, refused[i].words);
    }
  remove_model (pictures);
  remove_model (scores);
  g_rmdir (folder);
}

/* Nor when caps come unasked, and tensors, which have no fields, could be made of them. */
static void
test_unasked (void)
{
  static const char *const behind[] = { "identity", "videoconvert" };
  g_autofree char *folder = g_dir_make_tmp ("passing-XXXXXX", NULL);
  char *model = save_pictures (folder, FALSE);

  for (gsize i = 0; i < G_N_ELEMENTS (behind); i++) {
    g_autofree char *launch = g_strdup_printf ("generator model=%s ! %s", model, behind[i]);
    GstHarness *harness = gst_harness_new_parse (launch);
    g_autoptr (GstBus) bus = gst_bus_new ();
    g_autoptr (GstMessage) message = NULL;
    g_autoptr (GError) error = NULL;

    gst_element_set_bus (harness->element, bus);
    gst_harness_set_src_caps_str (harness,
        "video/x-raw,format=RGB,width=16,height=12,framerate=(fraction)30/1,"
        "interlace-mode=interleaved");
    gst_harness_push (harness, gst_buffer_new_allocate (NULL, 16 * 12 * 3, NULL));
    message = gst_bus_timed_pop_filtered (bus, 0, GST_MESSAGE_ERROR);
    g_assert_nonnull (message);
    gst_message_parse_error (message, &error, NULL);
    g_assert_nonnull (strstr (error->message, "put deinterlace in front"));
    gst_element_set_bus (harness->element, NULL);
    gst_harness_teardown (harness);
  }
  remove_model (model);
  g_rmdir (folder);
}

/* deinterlace in front is what helps. */
static void
test_deinterlaced (void)
{
  g_autofree char *folder = g_dir_make_tmp ("passing-XXXXXX", NULL);
  char *model = save_pictures (folder, FALSE);
  g_autofree char *launch =
      g_strdup_printf ("videotestsrc num-buffers=4 ! video/x-raw,format=I420,width=16,height=12 ! "
                       "interlace ! deinterlace ! videoconvert ! generator model=%s ! videoaugment",
          model);
  Player player;

  play (&player, launch);
  g_assert_cmpuint (player.buffers->len, >, 2);
  player_close (&player);
  remove_model (model);
  g_rmdir (folder);
}

/* --- metas --- */

#define NUMBER "generative-test-number"
#define PLACE "generative-test-place"
#define OTHER "generative-test-other"

static void
register_metas (void)
{
  static const char *none[] = { NULL }, *place[] = { GST_META_TAG_VIDEO_ORIENTATION_STR, NULL },
                    *other[] = { "generative-test-tag", NULL };

  gst_meta_register_custom (NUMBER, none, NULL, NULL, NULL);
  gst_meta_register_custom (PLACE, place, NULL, NULL, NULL);
  gst_meta_register_custom (OTHER, other, NULL, NULL, NULL);
}

static void
add_metas (GstBuffer *buffer)
{
  static const guint8 captions[] = { 0x80, 0x20, 0x21 };
  GstVideoTimeCode *code =
      gst_video_time_code_new (25, 1, NULL, GST_VIDEO_TIME_CODE_FLAGS_NONE, 1, 2, 3, 4, 0);
  GstVideoRegionOfInterestMeta *region =
      gst_buffer_add_video_region_of_interest_meta (buffer, "face", 2, 3, 5, 4);

  gst_video_region_of_interest_meta_add_param (
      region, gst_structure_new ("sure", "value", G_TYPE_INT, 7, NULL));
  gst_buffer_add_video_time_code_meta (buffer, code);
  gst_video_time_code_free (code);
  gst_buffer_add_video_caption_meta (
      buffer, GST_VIDEO_CAPTION_TYPE_CEA608_S334_1A, captions, sizeof captions);
  gst_structure_set (gst_custom_meta_get_structure (gst_buffer_add_custom_meta (buffer, NUMBER)),
      "number", G_TYPE_INT, 5, NULL);
  gst_buffer_add_custom_meta (buffer, PLACE);
  gst_buffer_add_custom_meta (buffer, OTHER);
}

static void
assert_region (GstBuffer *buffer, guint x, guint y, guint w, guint h)
{
  GstVideoRegionOfInterestMeta *region = gst_buffer_get_video_region_of_interest_meta (buffer);

  g_assert_nonnull (region);
  g_assert_cmpuint (region->x, ==, x);
  g_assert_cmpuint (region->y, ==, y);
  g_assert_cmpuint (region->w, ==, w);
  g_assert_cmpuint (region->h, ==, h);
  g_assert_cmpstr (g_quark_to_string (region->roi_type), ==, "face");
  g_assert_nonnull (gst_video_region_of_interest_meta_get_param (region, "sure"));
}

/* Those that hang on nothing of the picture. */
static void
assert_metas (GstBuffer *buffer)
{
  GstVideoTimeCodeMeta *code = gst_buffer_get_video_time_code_meta (buffer);
  GstVideoCaptionMeta *captions = gst_buffer_get_video_caption_meta (buffer);
  GstCustomMeta *number = gst_buffer_get_custom_meta (buffer, NUMBER);
  int value;

  g_assert_nonnull (code);
  g_assert_cmpuint (code->tc.frames, ==, 4);
  g_assert_nonnull (captions);
  g_assert_cmpuint (captions->size, ==, 3);
  g_assert_nonnull (number);
  g_assert_true (gst_structure_get_int (gst_custom_meta_get_structure (number), "number", &value));
  g_assert_cmpint (value, ==, 5);
}

/* At one scale and another, a frame at a time and in batches. */
static void
test_metas (void)
{
  g_autofree char *folder = g_dir_make_tmp ("passing-XXXXXX", NULL);

  for (guint scale = 1; scale <= 2; scale++)
    for (guint batch = 1; batch <= 2; batch++) {
      char *model = save_scaled (folder, (float)scale, (float)scale);
      g_autofree char *launch = g_strdup_printf ("generator model=%s batch-size=%u", model, batch);
      GstHarness *harness = gst_harness_new_parse (launch);

      gst_harness_set_src_caps_str (harness, "video/x-raw,format=RGB," SIZE);
      for (guint i = 0; i < 2; i++) {
        GstBuffer *buffer = new_frame (harness);

        add_metas (buffer);
        g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
      }
      for (guint i = 0; i < 2; i++) {
        GstBuffer *buffer = gst_harness_pull (harness);

        assert_metas (buffer);
        assert_region (buffer, 2 * scale, 3 * scale, 5 * scale, 4 * scale);
        g_assert_nonnull (gst_buffer_get_custom_meta (buffer, PLACE));
        g_assert_null (gst_buffer_get_custom_meta (buffer, OTHER));
        gst_buffer_unref (buffer);
      }
      gst_harness_teardown (harness);
      remove_model (model);
    }
  g_rmdir (folder);
}

/* Who finds regions learns from the allocation query whether they are of use behind. */
static void
test_regions_wanted (void)
{
  g_autofree char *folder = g_dir_make_tmp ("passing-XXXXXX", NULL);
  char *model = save_pictures (folder, FALSE);
  GstHarness *harness = open_scaled (model, "format=RGB," SIZE, "video/x-raw");
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (harness->srcpad);
  GstQuery *query = gst_query_new_allocation (caps, TRUE);

  g_assert_true (gst_pad_peer_query (harness->srcpad, query));
  g_assert_true (gst_query_find_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL));
  g_assert_false (
      gst_query_find_allocation_meta (query, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE, NULL));
  gst_query_unref (query);
  gst_harness_add_propose_allocation_meta (
      harness, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE, NULL);
  gst_harness_add_propose_allocation_meta (harness, GST_VIDEO_CROP_META_API_TYPE, NULL);
  gst_harness_push_upstream_event (harness, gst_event_new_reconfigure ());
  gst_buffer_unref (gst_harness_push_and_pull (harness, new_frame (harness)));
  query = gst_query_new_allocation (caps, TRUE);
  g_assert_true (gst_pad_peer_query (harness->srcpad, query));
  g_assert_true (
      gst_query_find_allocation_meta (query, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE, NULL));
  g_assert_false (gst_query_find_allocation_meta (query, GST_VIDEO_CROP_META_API_TYPE, NULL));
  gst_query_unref (query);
  gst_harness_teardown (harness);
  remove_model (model);
  g_rmdir (folder);
}

/* Filters keep metas, whether they have the buffer for themselves or not. What moves pixels moves
 * regions, and drops what it does not know how to move. */
static void
test_metas_of_filters (void)
{
  g_autofree char *folder = g_dir_make_tmp ("passing-XXXXXX", NULL);
  char *scores = save_pictures (folder, TRUE);
  g_autofree char *discriminator = g_strconcat ("discriminator model=", scores, NULL);
  const char *const keeping[] = { "qualitymeter", discriminator, "videoaugment",
    "videoaugment brightness=0.3", NULL };

  for (int i = 0; keeping[i] != NULL; i++)
    for (int shared = 0; shared < 2; shared++) {
      GstHarness *harness = gst_harness_new_parse (keeping[i]);
      GstBuffer *in, *out;

      gst_harness_set_src_caps_str (
          harness, "video/x-raw,format=RGB," SIZE "pixel-aspect-ratio=16/15,colorimetry=1:1:15:7");
      in = new_frame (harness);
      add_metas (in);
      if (shared)
        gst_buffer_ref (in);
      out = gst_harness_push_and_pull (harness, in);
      assert_metas (out);
      assert_region (out, 2, 3, 5, 4);
      g_assert_nonnull (gst_buffer_get_custom_meta (out, PLACE));
      {
        g_autoptr (GstCaps) caps = gst_pad_get_current_caps (harness->sinkpad);

        assert_fields (caps, "pixel-aspect-ratio=16/15,colorimetry=1:1:15:7");
      }
      gst_buffer_unref (out);
      if (shared)
        gst_buffer_unref (in);
      gst_harness_teardown (harness);
    }
  remove_model (scores);
  g_rmdir (folder);
}

static void
test_moved_regions (void)
{
  GstHarness *harness = gst_harness_new_parse ("videoaugment flip=both");
  gboolean seen[4] = { FALSE };

  gst_harness_set_src_caps_str (harness, "video/x-raw,format=RGB," SIZE);
  for (guint64 n = 0; n < 40; n++) {
    GstBuffer *buffer = new_frame (harness);
    const guint8 mark = 250;
    guint8 corners[4];
    int which = 0;

    add_metas (buffer);
    gst_buffer_fill (buffer, 0, &mark, 1);
    GST_BUFFER_OFFSET (buffer) = n;
    buffer = gst_harness_push_and_pull (harness, buffer);
    for (int c = 0; c < 4; c++) {
      gst_buffer_extract (buffer,
          (gsize)(c / 2 * (HEIGHT - 1)) * WIDTH * 3 + (gsize)(c % 2 * (WIDTH - 1)) * 3, &corners[c],
          1);
      which = corners[c] == mark ? c : which;
    }
    seen[which] = TRUE;
    assert_metas (buffer);
    assert_region (buffer, which & 1 ? WIDTH - 7 : 2, which & 2 ? HEIGHT - 7 : 3, 5, 4);
    g_assert_true ((gst_buffer_get_custom_meta (buffer, PLACE) != NULL) == (which == 0));
    gst_buffer_unref (buffer);
  }
  for (int i = 0; i < 4; i++)
    g_assert_true (seen[i]);
  gst_harness_teardown (harness);
}

/* --- frames in memory --- */

typedef struct {
  const char *format;
  gboolean upward;
  gsize before, gap; /* bytes before the frame, and after each row */
} Lie;

static const Lie lies[] = {
  { "RGB", TRUE, 0, 0 },
  { "RGB", FALSE, 1, 5 },
  { "RGB", TRUE, 7, 3 },
  { "BGRx", TRUE, 3, 1 },
  { "RGBP", TRUE, 0, 2 },
  { "GBR", TRUE, 5, 0 },
  { "NV12", TRUE, 0, 0 },
  { "NV12", FALSE, 1, 3 },
  { "I420", TRUE, 9, 2 },
};

/* The visible bytes of `frame` in a buffer of its own, laid out as `lie` says. */
static GstBuffer *
lay_out (const GstVideoInfo *info, GstBuffer *frame, const Lie *lie)
{
  gsize offsets[GST_VIDEO_MAX_PLANES] = { 0 }, at = lie->before;
  int strides[GST_VIDEO_MAX_PLANES] = { 0 };
  guint planes = GST_VIDEO_INFO_N_PLANES (info);
  GstVideoFrame from, to;
  GstBuffer *buffer;

  for (guint p = 0; p < planes; p++) {
    int comp[GST_VIDEO_MAX_COMPONENTS];
    gsize rows, stride;

    gst_video_format_info_component (info->finfo, p, comp);
    rows = (gsize)GST_VIDEO_INFO_COMP_HEIGHT (info, comp[0]);
    stride = (gsize)(GST_VIDEO_INFO_COMP_WIDTH (info, comp[0]) *
                     GST_VIDEO_INFO_COMP_PSTRIDE (info, comp[0])) +
             lie->gap;
    offsets[p] = at + (lie->upward ? (rows - 1) * stride : 0);
    strides[p] = lie->upward ? -(int)stride : (int)stride;
    at += rows * stride;
  }
  buffer = gst_buffer_new_allocate (NULL, at, NULL);
  gst_buffer_memset (buffer, 0, 77, at);
  gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_INFO_FORMAT (info),
      (guint)info->width, (guint)info->height, planes, offsets, strides);
  g_assert_true (gst_video_frame_map (&from, info, frame, GST_MAP_READ));
  g_assert_true (gst_video_frame_map (&to, info, buffer, GST_MAP_WRITE));
  g_assert_true (gst_video_frame_copy (&to, &from));
  gst_video_frame_unmap (&from);
  gst_video_frame_unmap (&to);
  return buffer;
}

static void
fill (GstBuffer *buffer, guint32 seed)
{
  GstMapInfo map;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_WRITE));
  for (gsize i = 0; i < map.size; i++)
    map.data[i] = (guint8)((i + seed) * 2654435761u >> 23);
  gst_buffer_unmap (buffer, &map);
}

static void
assert_same_pixels (const GstVideoInfo *info, GstBuffer *a, GstBuffer *b)
{
  GstVideoFrame x, y;

  g_assert_true (gst_video_frame_map (&x, info, a, GST_MAP_READ));
  g_assert_true (gst_video_frame_map (&y, info, b, GST_MAP_READ));
  for (guint c = 0; c < GST_VIDEO_INFO_N_COMPONENTS (info); c++)
    for (int row = 0; row < GST_VIDEO_FRAME_COMP_HEIGHT (&x, c); row++)
      for (int i = 0; i < GST_VIDEO_FRAME_COMP_WIDTH (&x, c); i++) {
        int step = GST_VIDEO_FRAME_COMP_PSTRIDE (&x, c);
        const guint8 *p = GST_VIDEO_FRAME_COMP_DATA (&x, c);
        const guint8 *q = GST_VIDEO_FRAME_COMP_DATA (&y, c);

        g_assert_cmpint (p[row * GST_VIDEO_FRAME_COMP_STRIDE (&x, c) + i * step], ==,
            q[row * GST_VIDEO_FRAME_COMP_STRIDE (&y, c) + i * step]);
      }
  gst_video_frame_unmap (&x);
  gst_video_frame_unmap (&y);
}

static void
assert_same_score (GstBuffer *a, GstBuffer *b)
{
  GstCustomMeta *one = gst_buffer_get_custom_meta (a, "generative-score"),
                *other = gst_buffer_get_custom_meta (b, "generative-score");

  g_assert_true ((one == NULL) == (other == NULL));
  if (one != NULL)
    g_assert_true (gst_structure_is_equal (
        gst_custom_meta_get_structure (one), gst_custom_meta_get_structure (other)));
}

/* What `launch` makes of a frame does not hang on how it lies. */
static void
assert_lies (const char *launch, const Lie *lie, int width, int height)
{
  g_autofree char *caps = g_strdup_printf (
      "video/x-raw,format=%s,width=%d,height=%d,framerate=25/1", lie->format, width, height);
  GstHarness *harness = gst_harness_new_parse (launch);
  GstVideoInfo in, out;
  g_autoptr (GstCaps) made = NULL;

  gst_harness_set_src_caps_str (harness, caps);
  {
    g_autoptr (GstCaps) sent = gst_pad_get_current_caps (harness->srcpad);

    g_assert_true (gst_video_info_from_caps (&in, sent));
  }
  for (guint32 n = 0; n < 3; n++) {
    GstBuffer *plain = gst_buffer_new_allocate (NULL, in.size, NULL), *other, *a, *b;

    fill (plain, n * 1000);
    other = lay_out (&in, plain, lie);
    GST_BUFFER_OFFSET (plain) = GST_BUFFER_OFFSET (other) = n;
    GST_BUFFER_PTS (plain) = GST_BUFFER_PTS (other) = n * GST_SECOND / 25;
    a = gst_harness_push_and_pull (harness, plain);
    b = gst_harness_push_and_pull (harness, other);
    if (made == NULL) {
      made = gst_pad_get_current_caps (harness->sinkpad);
      g_assert_true (gst_video_info_from_caps (&out, made));
    }
    assert_same_pixels (&out, a, b);
    assert_same_score (a, b);
    gst_buffer_unref (a);
    gst_buffer_unref (b);
  }
  gst_harness_teardown (harness);
}

static void
test_lies (void)
{
  g_autofree char *folder = g_dir_make_tmp ("passing-XXXXXX", NULL);
  char *pictures = save_pictures (folder, FALSE), *scores = save_pictures (folder, TRUE);
  g_autofree char *generator = g_strconcat ("generator model=", pictures, NULL);
  g_autofree char *discriminator = g_strconcat ("discriminator model=", scores, NULL);
  g_autofree char *tiles = g_strconcat (discriminator, " tile-width=8 tile-height=6", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (lies); i++) {
    assert_lies (generator, &lies[i], 16, 12);
    assert_lies (generator, &lies[i], 17, 13);
    assert_lies (discriminator, &lies[i], 17, 13);
    assert_lies (tiles, &lies[i], 16, 12);
    if (!g_str_equal (lies[i].format, "RGB"))
      continue;
    assert_lies ("qualitymeter metrics=sharpness,tenengrad,brightness,contrast", &lies[i], 17, 13);
    assert_lies ("videoaugment brightness=0.3 noise=0.1", &lies[i], 17, 13);
    assert_lies ("videoaugment flip=both", &lies[i], 17, 13);
    assert_lies ("videoaugment rotate=20 scale=0.2", &lies[i], 17, 13);
  }
  remove_model (pictures);
  remove_model (scores);
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  register_metas ();
  g_test_add_func ("/passing/caps", test_caps);
  g_test_add_func ("/passing/aspect-in-front", test_aspect_in_front);
  g_test_add_func ("/passing/studio-range", test_studio_range);
  g_test_add_func ("/passing/refused", test_refused);
  g_test_add_func ("/passing/unasked", test_unasked);
  g_test_add_func ("/passing/deinterlaced", test_deinterlaced);
  g_test_add_func ("/passing/metas", test_metas);
  g_test_add_func ("/passing/regions-wanted", test_regions_wanted);
  g_test_add_func ("/passing/metas-of-filters", test_metas_of_filters);
  g_test_add_func ("/passing/moved-regions", test_moved_regions);
  g_test_add_func ("/passing/lies", test_lies);
  return g_test_run ();
}
