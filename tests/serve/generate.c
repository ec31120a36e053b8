/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What requests have made: by a client of HTTP in the same main loop, compared with what pipelines
 * make. */
#include "asking.h"

#include <math.h>

#include <gst/app/app.h>

#include <generative/npy.h>
#include <generative/provenance.h>

#include "../../lib/base/json-file.h"
#include "../../tools/serve/generate.h"

#define STUDIO                                                                                     \
  "[server]\nport = 0\n[limits]\npictures = 16\nqueue = 2\nrequests-per-minute = 0\n"              \
  "[models.classes]\nlocation = \"classes.onnx\"\n[models.dimmer]\nlocation = \"dimmer.onnx\"\n"

static void
open_fixture (Fixture *f, const char *more)
{
  g_autofree char *text = g_strconcat (STUDIO, more, NULL);

  serving_open (&f->serving);
  serving_save_noisy (f->serving.folder);
  serving_load (&f->serving, text);
  begin_asking (f);
}

static const char *
header (const Answer *answer, const char *name)
{
  return soup_message_headers_get_one (soup_message_get_response_headers (answer->message), name);
}

static JsonObject *
object_of (const Answer *answer)
{
  g_autofree char *text =
      g_strndup (g_bytes_get_data (answer->body, NULL), g_bytes_get_size (answer->body));
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = gen_json_from_text (text, &error);

  g_assert_no_error (error);
  return json_object_ref (json_node_get_object (node));
}

/* Refused because of `field`. */
static void
refused (Fixture *f, const char *path, const char *body, guint status, const char *field)
{
  g_auto (Answer) answer = { 0 };
  g_autoptr (JsonObject) object = NULL;
  JsonObject *error;

  ask (f, path, body, NULL, status, &answer);
  object = object_of (&answer);
  error = json_object_get_object_member (object, "error");
  g_assert_cmpstr (json_object_get_string_member_with_default (error, "param", NULL), ==, field);
}

/* --- pipelines --- */

/* Frame `number` of a launch line's end, decoded: 64 bytes of grey. */
static void
play (Fixture *f, const char *properties, guint number, guint8 *frame)
{
  g_autofree char *line =
      g_strdup_printf ("latentsrc num-buffers=%u %s ! generator model=%s/classes.onnx ! "
                       "video/x-raw,format=GRAY8 ! appsink name=sink sync=false",
          number + 1, properties, f->serving.folder);
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (line, &error);
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");

  g_assert_no_error (error);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (guint i = 0; i <= number; i++) {
    g_autoptr (GstSample) sample = gst_app_sink_pull_sample (GST_APP_SINK (sink));

    g_assert_nonnull (sample);
    g_assert_cmpuint (gst_buffer_extract (gst_sample_get_buffer (sample), 0, frame, 64), ==, 64);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

static void
decode (GBytes *file, guint8 *frame)
{
  g_auto (GenPicture) picture = { 0 };
  g_autoptr (GError) error = NULL;

  gen_picture_load_bytes (&picture, file, "answer", 1, &error);
  g_assert_no_error (error);
  g_assert_cmpint (picture.width, ==, 8);
  g_assert_cmpint (picture.height, ==, 8);
  for (int y = 0; y < 8; y++)
    memcpy (frame + y * 8, picture.data + y * picture.stride, 8);
}

/* --- tests --- */

/* A request gets what a pipeline makes of the same seed, and always the same bytes. */
static void
test_same (void)
{
  static const struct {
    const char *body, *properties;
    guint number;
  } same[] = {
    { "{\"model\":\"classes\",\"seed\":7,\"class\":\"bee\"}", "seed=7 class=1", 0 },
    { "{\"seed\":7,\"class\":2,\"first\":3}", "seed=7 class=2", 3 },
    { "{\"seed\":9,\"first\":2}", "seed=9 classes=3", 2 },
    { "{\"seed\":9,\"first\":2,\"class\":0,\"walk\":\"slerp\",\"speed\":2,\"framerate\":10}",
        "seed=9 class=0 walk=slerp speed=2 ! other/tensors,framerate=10/1", 2 },
    { "{\"seed\":9,\"class\":0,\"truncation\":0.5}",
        "seed=9 class=0 distribution=truncated truncation=0.5", 0 },
  };
  guint8 made[64], wanted[64];
  Fixture f;

  open_fixture (&f, "");
  for (gsize i = 0; i < G_N_ELEMENTS (same); i++) {
    g_auto (Answer) answer = { 0 }, again = { 0 };

    ask (&f, "/v1/generate", same[i].body, "image/png", 200, &answer);
    ask (&f, "/v1/generate", same[i].body, NULL, 200, &again);
    g_assert_cmpstr (header (&answer, "Content-Type"), ==, "image/png");
    g_assert_true (g_bytes_equal (answer.body, again.body));
    decode (answer.body, made);
    play (&f, same[i].properties, same[i].number, wanted);
    g_assert_cmpmem (made, 64, wanted, 64);
  }
  close_fixture (&f);
}

/* A seed that nobody says is told, and makes the same when it is said. */
static void
test_seed (void)
{
  g_auto (Answer) first = { 0 }, second = { 0 }, third = { 0 };
  g_autofree char *body = NULL;
  Fixture f;

  open_fixture (&f, "");
  ask (&f, "/v1/generate", "{}", NULL, 200, &first);
  ask (&f, "/v1/generate", "{}", NULL, 200, &second);
  g_assert_false (g_bytes_equal (first.body, second.body));
  body = g_strdup_printf ("{\"seed\":%s}", header (&first, "Generative-Seed"));
  ask (&f, "/v1/generate", body, NULL, 200, &third);
  g_assert_true (g_bytes_equal (first.body, third.body));
  close_fixture (&f);
}

/* A client that asks again does so by the same connection. */
static void
test_kept (void)
{
  g_auto (Answer) first = { 0 }, second = { 0 };
  Fixture f;

  if (!soup_check_version (3, 4, 0)) {
    g_test_skip ("libsoup before 3.4 keeps what its clients have left: connections have a request");
    return;
  }
  open_fixture (&f, "");
  ask (&f, "/openapi.json", NULL, NULL, 200, &first);
  ask (&f, "/openapi.json", NULL, NULL, 200, &second);
  g_assert_cmpuint (soup_message_get_connection_id (first.message), ==,
      soup_message_get_connection_id (second.message));
  close_fixture (&f);
}

/* What it draws is the same for the same request, whatever was made before. */
static void
test_noisy (void)
{
  static const char *const bodies[] = { "{\"model\":\"noisy\",\"seed\":7}",
    "{\"model\":\"noisy\",\"seed\":8}", "{\"model\":\"noisy\",\"seed\":7,\"format\":\"npy\"}" };
  GBytes *first[G_N_ELEMENTS (bodies)] = { NULL };
  Fixture f;

  open_fixture (&f, "[models.noisy]\nlocation = \"noisy.onnx\"\n");
  for (gsize i = 0; i < 3 * G_N_ELEMENTS (bodies); i++) {
    const gsize which = i % G_N_ELEMENTS (bodies);
    g_auto (Answer) answer = { 0 };

    ask (&f, "/v1/generate", bodies[which], NULL, 200, &answer);
    if (first[which] == NULL)
      first[which] = g_bytes_ref (answer.body);
    g_assert_true (g_bytes_equal (answer.body, first[which]));
  }
  g_assert_false (g_bytes_equal (first[0], first[1]));
  for (gsize i = 0; i < G_N_ELEMENTS (bodies); i++)
    g_bytes_unref (first[i]);
  close_fixture (&f);
}

/* What a latent and parameters say, in numbers: Tanh of their products. */
static void
test_numbers (void)
{
  g_auto (Answer) plain = { 0 }, none = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) numbers = NULL, zeros = NULL;
  GenDataType type;
  GenShape shape;
  Fixture f;

  open_fixture (&f, "");
  ask (&f, "/v1/generate",
      "{\"latent\":[[1,0,0],[0,0,0]],\"condition\":[0,0,0],\"format\":\"npy\"}", NULL, 200, &plain);
  numbers = gen_npy_parse (plain.body, "answer", &type, &shape, &error);
  g_assert_no_error (error);
  g_assert_true (type == GEN_TYPE_FLOAT32);
  g_assert_cmpint (shape.dims[0], ==, 2);
  g_assert_cmpint (gen_shape_elements (&shape), ==, 128);
  for (int i = 0; i < 64; i++) {
    const float *values = g_bytes_get_data (numbers, NULL);

    g_assert_cmpfloat_with_epsilon (values[i], tanhf ((float)(i * 7 % 11 - 5) * 0.2f), 1e-5);
    g_assert_cmpfloat (values[64 + i], ==, 0);
  }
  ask (&f, "/v1/generate", "{\"seed\":1,\"parameters\":{\"strength\":0},\"format\":\"npy\"}", NULL,
      200, &none);
  zeros = gen_npy_parse (none.body, "answer", &type, &shape, &error);
  g_assert_no_error (error);
  for (int i = 0; i < 64; i++)
    g_assert_cmpfloat (((const float *)g_bytes_get_data (zeros, NULL))[i], ==, 0);
  close_fixture (&f);
}

/* --- several --- */

static void
expect_file (JsonObject *object, GBytes *wanted)
{
  gsize size;
  g_autofree guchar *data =
      g_base64_decode (json_object_get_string_member (object, "b64_json"), &size);

  g_assert_cmpmem (data, size, g_bytes_get_data (wanted, NULL), g_bytes_get_size (wanted));
}

/* Results come in order, in each way the same. */
static void
test_several (void)
{
  static const char body[] = "{\"seed\":3,\"class\":1,\"count\":16}";
  g_auto (Answer) alone = { 0 }, parts = { 0 }, json = { 0 }, lines = { 0 };
  g_autoptr (SoupMultipart) multipart = NULL;
  g_autoptr (JsonObject) object = NULL;
  g_auto (GStrv) rows = NULL;
  g_autofree char *text = NULL;
  SoupMessageHeaders *headers;
  GBytes *part;
  Fixture f;

  open_fixture (&f, "");
  ask (&f, "/v1/generate", "{\"seed\":3,\"class\":1,\"first\":13}", NULL, 200, &alone);
  ask (&f, "/v1/generate", body, NULL, 200, &parts);
  multipart = soup_multipart_new_from_message (
      soup_message_get_response_headers (parts.message), parts.body);
  g_assert_nonnull (multipart);
  g_assert_cmpint (soup_multipart_get_length (multipart), ==, 16);
  soup_multipart_get_part (multipart, 13, &headers, &part);
  g_assert_cmpstr (soup_message_headers_get_one (headers, "Content-Type"), ==, "image/png");
  g_assert_true (g_bytes_equal (part, alone.body));
  ask (&f, "/v1/generate", body, "application/json", 200, &json);
  object = object_of (&json);
  g_assert_cmpint (json_array_get_length (json_object_get_array_member (object, "data")), ==, 16);
  expect_file (json_array_get_object_element (json_object_get_array_member (object, "data"), 13),
      alone.body);
  ask (&f, "/v1/generate", body, "application/x-ndjson", 200, &lines);
  text = g_strndup (g_bytes_get_data (lines.body, NULL), g_bytes_get_size (lines.body));
  rows = g_strsplit (text, "\n", -1);
  g_assert_cmpuint (g_strv_length (rows), ==, 17);
  for (int i = 0; i < 16; i++) {
    g_autoptr (JsonNode) node = gen_json_from_text (rows[i], NULL);

    g_assert_cmpint (json_object_get_int_member (json_node_get_object (node), "index"), ==, i);
    if (i == 13)
      expect_file (json_node_get_object (node), alone.body);
  }
  close_fixture (&f);
}

/* What is made beside others, in runs with some of them, is what is made alone. */
static void
test_together (void)
{
  static const struct {
    const char *body, *accept;
  } asked[] = {
    { "{\"model\":\"classes\",\"seed\":1}", NULL },
    { "{\"model\":\"classes\",\"seed\":2,\"format\":\"npy\",\"count\":7}", NULL },
    { "{\"model\":\"classes\",\"seed\":3,\"parameters\":{\"strength\":2}}", NULL },
    { "{\"model\":\"classes\",\"seed\":4,\"class\":1,\"format\":\"jpeg\"}", NULL },
    { "{\"model\":\"classes\",\"seed\":5,\"count\":11}", "multipart/mixed" },
    { "{\"model\":\"classes\",\"seed\":6,\"size\":\"512x512\",\"count\":5}",
        "application/x-ndjson" },
    { "{\"model\":\"classes\",\"seed\":7,\"format\":\"npy\",\"count\":16}", NULL },
    { "{\"model\":\"classes\",\"seed\":8,\"parameters\":{\"strength\":2},\"count\":3}", NULL },
    { "{\"model\":\"classes\",\"seed\":9,\"walk\":\"slerp\",\"framerate\":10}", NULL },
    { "{\"model\":\"noisy\",\"seed\":10,\"count\":4}", NULL },
    { "{\"model\":\"classes\",\"seed\":11,\"first\":4}", NULL },
    { "{\"model\":\"classes\",\"seed\":12}", NULL },
  };
  Answer alone[G_N_ELEMENTS (asked)] = { 0 }, together[G_N_ELEMENTS (asked)] = { 0 };
  Fixture f;

  serving_open (&f.serving);
  serving_save_noisy (f.serving.folder);
  serving_load (&f.serving, "[server]\nport = 0\n[limits]\nrequests-per-minute = 0\n"
                            "[models.classes]\nlocation = \"classes.onnx\"\n"
                            "[models.noisy]\nlocation = \"noisy.onnx\"\n");
  begin_asking (&f);
  for (gsize i = 0; i < G_N_ELEMENTS (asked); i++)
    ask (&f, "/v1/generate", asked[i].body, asked[i].accept, 200, &alone[i]);
  for (guint round = 0; round < 4; round++) {
    for (gsize i = 0; i < G_N_ELEMENTS (asked); i++)
      begin (&f, "/v1/generate", asked[i].body, asked[i].accept, NULL, &together[i]);
    for (gsize i = 0; i < G_N_ELEMENTS (asked); i++) {
      finish (&together[i]);
      g_assert_true (g_bytes_equal (alone[i].body, together[i].body));
      answer_clear (&together[i]);
    }
  }
  for (gsize i = 0; i < G_N_ELEMENTS (asked); i++)
    answer_clear (&alone[i]);
  close_fixture (&f);
}

/* An answer of more than is sent in one go comes whole. */
static void
test_long (void)
{
  g_auto (Answer) json = { 0 };
  g_autoptr (JsonObject) object = NULL;
  Fixture f;

  open_fixture (&f, "");
  ask (&f, "/v1/generate", "{\"seed\":1,\"count\":16,\"size\":\"300x300\"}", "application/json",
      200, &json);
  object = object_of (&json);
  g_assert_cmpuint (g_bytes_get_size (json.body), >, 128 * 1024);
  g_assert_cmpint (json_array_get_length (json_object_get_array_member (object, "data")), ==, 16);
  close_fixture (&f);
}

/* --- OpenAI's --- */

static void
test_images (void)
{
  g_auto (Answer) answer = { 0 }, alone = { 0 }, events = { 0 };
  g_autoptr (JsonObject) object = NULL;
  g_autofree char *text = NULL;
  JsonArray *data;
  Fixture f;

  open_fixture (&f, "");
  ask (&f, "/v1/generate", "{\"seed\":5,\"class\":\"cat\",\"size\":\"16x16\"}", NULL, 200, &alone);
  ask (&f, "/v1/images/generations", "{\"prompt\":\"a cat\",\"n\":2,\"seed\":5,\"size\":\"16x16\"}",
      NULL, 200, &answer);
  object = object_of (&answer);
  data = json_object_get_array_member (object, "data");
  g_assert_cmpint (json_array_get_length (data), ==, 2);
  expect_file (json_array_get_object_element (data, 0), alone.body);
  ask (&f, "/v1/images/generations", "{\"prompt\":\"\",\"n\":2,\"stream\":true}", NULL, 200,
      &events);
  g_assert_cmpstr (header (&events, "Content-Type"), ==, "text/event-stream");
  text = g_strndup (g_bytes_get_data (events.body, NULL), g_bytes_get_size (events.body));
  g_assert_true (g_str_has_prefix (text, "event: image_generation.completed\ndata: {"));
  g_assert_true (g_str_has_suffix (text, "}\n\n"));
  close_fixture (&f);
}

/* --- no --- */

static void
test_refused (void)
{
  g_auto (Answer) answer = { 0 };
  Fixture f;

  open_fixture (&f, "");
  refused (&f, "/v1/generate", "{\"class\":\"dog\"}", 400, "class");
  refused (&f, "/v1/generate", "{\"model\":\"dimmer\"}", 400, "model");
  refused (&f, "/v1/generate", "{\"model\":\"none\"}", 404, "model");
  refused (&f, "/v1/images/generations", "{}", 400, "prompt");
  refused (&f, "/v1/audio/speech", "{\"input\":\"a\"}", 400, "model");
  refused (&f, "/v1/generate", "{\"count\":17}", 400, "count");
  ask (&f, "/v1/generate", "{}", "text/html", 406, &answer);
  close_fixture (&f);
}

/* Beyond the queue there is no room, and who waits is not forgotten. */
static void
test_queue (void)
{
  Answer answers[12] = { 0 };
  guint made = 0, later = 0;
  Fixture f;

  open_fixture (&f, "");
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++)
    begin (&f, "/v1/generate", "{\"count\":16,\"size\":\"256x256\",\"seed\":1}", NULL, NULL,
        &answers[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++) {
    guint status;

    finish (&answers[i]);
    status = soup_message_get_status (answers[i].message);
    made += status == 200;
    later += status == 503 && header (&answers[i], "Retry-After") != NULL;
    answer_clear (&answers[i]);
  }
  g_assert_cmpuint (made + later, ==, G_N_ELEMENTS (answers));
  g_assert_cmpuint (made, >=, 2);
  g_assert_cmpuint (later, >=, 1);
  close_fixture (&f);
}

/* What nobody waits for any more is not made, and leaves room. */
static void
test_gone (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Answer gone = { 0 };
  g_auto (Answer) after = { 0 };
  Fixture f;

  open_fixture (&f, "");
  begin (&f, "/v1/generate", "{\"count\":16,\"size\":\"1024x1024\",\"format\":\"png\",\"seed\":1}",
      "application/json", cancellable, &gone);
  while (serve_generate_count (f.serving.server->generate) == 0)
    g_main_context_iteration (NULL, TRUE);
  g_cancellable_cancel (cancellable);
  finish (&gone);
  g_assert_null (gone.body);
  while (serve_generate_count (f.serving.server->generate) > 0)
    g_main_context_iteration (NULL, TRUE);
  ask (&f, "/v1/generate", "{}", NULL, 200, &after);
  answer_clear (&gone);
  close_fixture (&f);
}

/* --- signed --- */

static void
test_signed (void)
{
  g_auto (Answer) answer = { 0 };
  g_autoptr (GenProvenanceReport) report = NULL;
  g_autoptr (GBytes) authority = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = scratch_new (), *more = NULL, *path = NULL, *json = NULL, *text = NULL;
  g_autofree char *keys = g_build_filename (folder, "keys", NULL);
  gsize size;
  Fixture f;

  if (!gen_provenance_demonstration_key (keys, NULL, 1, &error)) {
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
    g_test_skip ("this build has no signatures");
    scratch_remove (folder);
    return;
  }
  more = g_strdup_printf ("[provenance]\nkey = \"%s/key.pem\"\ncertificate = "
                          "\"%s/certificate.pem\"\nprovider = \"Example\"\n",
      keys, keys);
  path = g_build_filename (keys, "authority.pem", NULL);
  g_assert_true (g_file_get_contents (path, &text, &size, NULL));
  authority = g_bytes_new (text, size);
  open_fixture (&f, more);
  ask (&f, "/v1/generate", "{\"seed\":41}", NULL, 200, &answer);
  report = gen_provenance_read (answer.body, authority, &error);
  g_assert_no_error (error);
  g_assert_cmpint (gen_provenance_report_state (report), ==, GEN_PROVENANCE_TRUSTED);
  json = gen_provenance_report_json (report);
  g_assert_nonnull (strstr (json, "trainedAlgorithmicMedia"));
  g_assert_nonnull (strstr (json, "classes.onnx"));
  close_fixture (&f);
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  /* The server warns of what it has no room for. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  g_test_add_func ("/serve-generate/same", test_same);
  g_test_add_func ("/serve-generate/seed", test_seed);
  g_test_add_func ("/serve-generate/kept", test_kept);
  g_test_add_func ("/serve-generate/noisy", test_noisy);
  g_test_add_func ("/serve-generate/numbers", test_numbers);
  g_test_add_func ("/serve-generate/several", test_several);
  g_test_add_func ("/serve-generate/together", test_together);
  g_test_add_func ("/serve-generate/long", test_long);
  g_test_add_func ("/serve-generate/images", test_images);
  g_test_add_func ("/serve-generate/refused", test_refused);
  g_test_add_func ("/serve-generate/queue", test_queue);
  g_test_add_func ("/serve-generate/gone", test_gone);
  g_test_add_func ("/serve-generate/signed", test_signed);
  return g_test_run ();
}
