/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What models can be asked for: bodies that are right and wrong, by all routes, and that the schema
 * says the same as what reads them. */
#include <string.h>

#include "../../lib/base/json-file.h"
#include "../serve-facts.h"

/* A request, or NULL with what is wrong of it. */
static GenServeRequest *
ask (const GenServeField *fields, const GenServeFacts *facts, const char *text, GError **error)
{
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));
  g_autoptr (JsonObject) object = gen_serve_request_parse (body, error);

  return object != NULL ? gen_serve_request_new (object, fields, facts, &serve_facts_limits, error)
                        : NULL;
}

static GenServeRequest *
ask_well (const GenServeField *fields, const GenServeFacts *facts, const char *text)
{
  g_autoptr (GError) error = NULL;
  GenServeRequest *request = ask (fields, facts, text, &error);

  g_assert_no_error (error);
  g_assert_nonnull (request);
  return request;
}

/* That it is refused because of `field`, in a text that begins with it and holds `part`. */
static void
refused (const GenServeField *fields, const GenServeFacts *facts, const char *text,
    const char *field, const char *part)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenServeRequest) request = ask (fields, facts, text, &error);

  g_assert_null (request);
  g_assert_error (error, GEN_SERVE_ERROR, GEN_SERVE_INVALID);
  g_assert_cmpstr (gen_serve_error_field (error), ==, field);
  if (field != NULL)
    g_assert_true (g_str_has_prefix (error->message, field));
  if (strstr (error->message, part) == NULL)
    g_error ("\"%s\" says nothing of \"%s\"", error->message, part);
}

static void
test_bodies (void)
{
  g_autoptr (GenServeFacts) facts = serve_facts_digits ();
  const GenServeField *fields = gen_serve_generate_fields;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) zero = g_bytes_new ("{}\0{}", 5);

  refused (fields, facts, "", NULL, "object of JSON");
  refused (fields, facts, "[]", NULL, "object of JSON");
  refused (fields, facts, "{\"seed\":", NULL, "object of JSON");
  refused (fields, facts, "\"\xff\"", NULL, "UTF-8");
  refused (fields, facts, "{\"seed\":1,\"format\":\"png\\u0000\"}", NULL, "number 0");
  refused (fields, facts, "{\"seed\\u0000\":1}", NULL, "number 0");
  refused (fields, facts, "{\"format\":\"\\ud83dR\"}", NULL, "first half");
  refused (fields, facts, "{\"format\":\"\\ud83d\\u0041\"}", NULL, "first half");
  refused (fields, facts, "{\"format\":\"\\ud83d\\ude00\\ude00\"}", NULL, "second half");
  refused (fields, facts, "{\"\\ud83d\":1}", NULL, "first half");
  refused (fields, facts, "{\"format\":\"\\ud83\\ed0\"}", NULL, "four digits");
  refused (fields, facts, "{\"format\":\"\\ud83d\\ude00\"}", "format", "there is no");
  refused (fields, facts, "{\"format\":\"\\\\u0000\"}", "format", "there is no");
  g_assert_null (gen_serve_request_parse (zero, &error));
  g_assert_error (error, GEN_SERVE_ERROR, GEN_SERVE_INVALID);
}

static void
test_defaults (void)
{
  g_autoptr (GenServeFacts) facts = serve_facts_digits ();
  g_autoptr (GenServeRequest) request = ask_well (gen_serve_generate_fields, facts,
      "{\"seed\":null,\"class\":null,\"format\":null,\"parameters\":null}");

  g_assert_cmpuint (request->count, ==, 1);
  g_assert_cmpint (request->class, ==, -1);
  g_assert_null (request->format);
  g_assert_null (request->latents);
  /* As a double has it. */
  g_assert_cmpuint (request->seed, <, (guint64)1 << 53);
  g_assert_cmpint (request->walk, ==, GEN_WALK_NONE);
}

static void
test_fields (void)
{
  g_autoptr (GenServeFacts) facts = serve_facts_digits ();
  g_autoptr (GenServeRequest) request = ask_well (gen_serve_generate_fields, facts,
      "{\"model\":\"digits\",\"seed\":9223372036854775807,\"class\":\"three\",\"count\":8,"
      "\"first\":5,\"walk\":\"slerp\",\"speed\":0.5,\"truncation\":1.5,\"framerate\":25,"
      "\"format\":\"png\",\"quality\":80,\"size\":\"64x48\",\"parameters\":{\"strength\":0.25}}");
  g_autofree char *parameters = gen_serve_request_format_parameters (request);

  g_assert_true (request->seed_said);
  g_assert_cmpuint (request->seed, ==, G_MAXINT64);
  g_assert_cmpint (request->class, ==, 3);
  g_assert_cmpuint (request->count, ==, 8);
  g_assert_cmpuint (request->first, ==, 5);
  g_assert_cmpint (request->walk, ==, GEN_WALK_SLERP);
  g_assert_cmpfloat (request->speed, ==, 0.5);
  g_assert_cmpfloat (request->truncation, ==, 1.5);
  g_assert_cmpint (request->rate_numerator, ==, 25);
  g_assert_cmpint (request->rate_denominator, ==, 1);
  g_assert_cmpstr (request->format->name, ==, "png");
  g_assert_cmpint (request->quality, ==, 80);
  g_assert_cmpint (request->width, ==, 64);
  g_assert_cmpint (request->height, ==, 48);
  /* Those that nobody has said are said, too: the generator may stand at others. */
  g_assert_cmpstr (parameters, ==, "strength=0.25,bits=1:0");
}

static void
test_refused (void)
{
  static const struct {
    const char *text, *field, *part;
  } wrong[] = {
    { "{\"sed\":1}", "sed", "did you mean \"seed\"" },
    { "{\"prompt\":\"three\"}", "prompt", "does not go by it" },
    { "{\"seed\":-1}", "seed", "from 0" },
    { "{\"seed\":1.5}", "seed", "whole number" },
    { "{\"seed\":\"1\"}", "seed", "whole number" },
    { "{\"seed\":9223372036854775808}", "seed", "whole number" },
    { "{\"seed\":true}", "seed", "whole number" },
    { "{\"count\":0}", "count", "from 1 to 8" },
    { "{\"count\":9}", "count", "from 1 to 8" },
    { "{\"class\":10}", "class", "0 to 9" },
    { "{\"class\":\"thre\"}", "class", "three" },
    { "{\"class\":[3]}", "class", "whole number" },
    { "{\"latent\":[1,2]}", "latent", "4 numbers" },
    { "{\"latent\":[1,2,3,1e300]}", "latent", "4 numbers" },
    { "{\"latent\":[[1,2,3,4],[1,2,3]]}", "latent", "4 numbers" },
    { "{\"latent\":[1,2,3,[4]]}", "latent", "4 numbers" },
    { "{\"walk\":\"slurp\"}", "walk", "did you mean \"slerp\"" },
    { "{\"speed\":-1}", "speed", "from 0" },
    { "{\"truncation\":0}", "truncation", "from 0.01" },
    { "{\"framerate\":0}", "framerate", "from 1" },
    { "{\"format\":\"gif\"}", "format", "png, npy" },
    { "{\"quality\":101}", "quality", "to 100" },
    { "{\"size\":\"64\"}", "size", "640x480" },
    { "{\"size\":\"0x64\"}", "size", "640x480" },
    { "{\"size\":\"064x64\"}", "size", "640x480" },
    { "{\"size\":\"64x64 \"}", "size", "640x480" },
    { "{\"size\":\"2049x64\"}", "size", "at most 2048" },
    { "{\"size\":\"99999999999999999999x64\"}", "size", "at most 2048" },
    { "{\"parameters\":[]}", "parameters", "object" },
    { "{\"parameters\":{\"strenght\":1}}", "parameters.strenght", "did you mean \"strength\"" },
    { "{\"parameters\":{\"strength\":\"1\"}}", "parameters.strength", "number" },
    { "{\"parameters\":{\"bits\":1}}", "parameters.bits", "2 numbers" },
  };
  g_autoptr (GenServeFacts) facts = serve_facts_digits ();

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    refused (gen_serve_generate_fields, facts, wrong[i].text, wrong[i].field, wrong[i].part);
}

static void
test_latents (void)
{
  g_autoptr (GenServeFacts) facts = serve_facts_digits ();
  g_autoptr (GenServeRequest) one =
      ask_well (gen_serve_generate_fields, facts, "{\"latent\":[1,2,3,4],\"count\":3}");
  g_autoptr (GenServeRequest) several =
      ask_well (gen_serve_generate_fields, facts, "{\"latent\":[[1,2,3,4],[5,6,7,8.5]]}");

  g_assert_cmpuint (one->latents->len, ==, 4);
  g_assert_cmpuint (one->count, ==, 3);
  g_assert_cmpuint (several->latents->len, ==, 8);
  g_assert_cmpuint (several->count, ==, 2);
  g_assert_cmpfloat (g_array_index (several->latents, float, 7), ==, 8.5f);
}

static void
test_images (void)
{
  g_autoptr (GenServeFacts) facts = serve_facts_digits (), voice = serve_facts_voice ();
  const GenServeField *fields = gen_serve_image_fields;
  g_autoptr (GenServeRequest) named = ask_well (fields, facts,
      "{\"prompt\":\"A Three, please\",\"n\":2,\"size\":\"auto\",\"user\":\"me\","
      "\"quality\":\"hd\",\"response_format\":\"b64_json\"}");
  g_autoptr (GenServeRequest) said =
      ask_well (fields, facts, "{\"class\":5,\"prompt\":\"three\",\"stream\":true}");
  g_autoptr (GenServeRequest) other = ask_well (fields, facts, "{\"prompt\":\"threesome\"}");

  g_assert_cmpint (named->class, ==, 3);
  g_assert_cmpuint (named->count, ==, 2);
  g_assert_cmpint (named->width, ==, 0);
  g_assert_false (named->as_events);
  g_assert_cmpint (said->class, ==, 5);
  g_assert_true (said->as_events);
  g_assert_cmpint (other->class, ==, -1);
  refused (fields, facts, "{}", "prompt", "missing");
  refused (fields, facts, "{\"prompt\":null}", "prompt", "missing");
  refused (fields, facts, "{\"prompt\":7}", "prompt", "a text");
  refused (fields, facts, "{\"prompt\":\"\",\"response_format\":\"url\"}", "response_format",
      "b64_json");
  g_assert_true (gen_serve_request_suits (fields, facts));
  g_assert_false (gen_serve_request_suits (fields, voice));
}

static void
test_speech (void)
{
  g_autoptr (GenServeFacts) facts = serve_facts_voice (), digits = serve_facts_digits ();
  const GenServeField *fields = gen_serve_speech_fields;
  g_autoptr (GenServeRequest) request = ask_well (fields, facts,
      "{\"input\":\"hello\",\"voice\":\"2\",\"speed\":2,\"response_format\":\"wav\","
      "\"stream_format\":\"sse\"}");
  g_autofree char *parameters = gen_serve_request_format_parameters (request);
  g_autofree char *spaces = g_strnfill (GEN_SERVE_MAX_PROMPT + 1, 'a');
  g_autofree char *longest = g_strdup_printf ("{\"input\":\"%s\"}", spaces);

  g_assert_cmpstr (request->prompt, ==, "hello");
  g_assert_cmpstr (parameters, ==, "scales=0.5:0.5:0.75,sid=2");
  g_assert_true (request->as_events);
  g_assert_cmpstr (request->format->name, ==, "wav");
  refused (fields, facts, "{}", "input", "missing");
  refused (fields, facts, "{\"input\":\" \\n\\u00a0\"}", "input", "empty");
  refused (fields, facts, longest, "input", "4096");
  refused (fields, facts, "{\"input\":\"a\",\"voice\":\"3\"}", "voice", "default, 0, 1, 2");
  refused (fields, facts, "{\"input\":\"a\",\"speed\":0.1}", "speed", "0.25");
  refused (
      fields, facts, "{\"input\":\"a\",\"response_format\":\"mp3\"}", "response_format", "wav");
  g_assert_false (gen_serve_request_suits (fields, digits));
  /* How long it speaks is not to be made as great as one likes. */
  refused (gen_serve_generate_fields, facts, "{\"prompt\":\"a\",\"parameters\":{\"sid\":1}}",
      "parameters", "does not go by it");
}

/* --- the schema --- */

static void
expect_members (JsonObject *properties, const char *const *names)
{
  for (; *names != NULL; names++)
    g_assert_true (json_object_has_member (properties, *names));
}

static void
test_schema (void)
{
  static const char *const of_digits[] = { "model", "seed", "class", "count", "latent",
    "parameters", "format", "size", NULL };
  g_autoptr (GenServeFacts) digits = serve_facts_digits (), voice = serve_facts_voice ();
  g_autoptr (JsonObject) schema =
      gen_serve_request_schema (gen_serve_generate_fields, digits, &serve_facts_limits, TRUE);
  g_autoptr (JsonObject) spoken =
      gen_serve_request_schema (gen_serve_generate_fields, voice, &serve_facts_limits, FALSE);
  JsonObject *properties = json_object_get_object_member (schema, "properties");
  JsonArray *required = json_object_get_array_member (spoken, "required");
  JsonObject *count = json_object_get_object_member (properties, "count");

  expect_members (properties, of_digits);
  g_assert_false (json_object_has_member (properties, "prompt"));
  g_assert_false (json_object_get_boolean_member (schema, "additionalProperties"));
  g_assert_cmpint (json_object_get_int_member (count, "maximum"), ==, 8);
  g_assert_cmpuint (
      json_array_get_length (json_object_get_array_member (schema, "required")), ==, 1);
  g_assert_cmpuint (json_array_get_length (required), ==, 1);
  g_assert_cmpstr (json_array_get_string_element (required, 0), ==, "prompt");
}

/* A film has more frames than there may be files, and nothing else has. */
static void
test_films (void)
{
  g_autoptr (GenServeFacts) facts = serve_facts_digits ();
  g_autoptr (GenServeRequest) film = NULL, open = NULL;
  g_autoptr (JsonObject) schema = NULL;
  g_autoptr (GError) error = NULL;
  JsonObject *count;

  g_free ((gpointer)facts->formats);
  facts->formats = serve_facts_list (&serve_facts_png, &serve_facts_mp4);
  film = ask_well (gen_serve_generate_fields, facts, "{\"format\":\"mp4\",\"count\":50}");
  g_assert_true (gen_serve_request_check_count (film, NULL));
  refused (gen_serve_generate_fields, facts, "{\"format\":\"mp4\",\"count\":51}", "count", "50");
  refused (gen_serve_generate_fields, facts, "{\"format\":\"png\",\"count\":9}", "count", "mp4");
  /* Whoever chooses a format later asks then. */
  open = ask_well (gen_serve_generate_fields, facts, "{\"count\":9}");
  open->format = &serve_facts_png;
  g_assert_false (gen_serve_request_check_count (open, &error));
  g_assert_cmpstr (gen_serve_error_field (error), ==, "count");
  open->format = &serve_facts_mp4;
  g_assert_true (gen_serve_request_check_count (open, NULL));
  refused (gen_serve_image_fields, facts, "{\"prompt\":\"three\",\"n\":9}", "n", "8");
  schema = gen_serve_request_schema (gen_serve_generate_fields, facts, &serve_facts_limits, FALSE);
  count =
      json_object_get_object_member (json_object_get_object_member (schema, "properties"), "count");
  g_assert_cmpint (json_object_get_int_member (count, "maximum"), ==, 50);
  count = json_object_get_object_member (
      json_object_get_object_member (json_object_get_object_member (schema, "else"), "properties"),
      "count");
  g_assert_cmpint (json_object_get_int_member (count, "maximum"), ==, 8);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/serve-request/bodies", test_bodies);
  g_test_add_func ("/serve-request/defaults", test_defaults);
  g_test_add_func ("/serve-request/fields", test_fields);
  g_test_add_func ("/serve-request/refused", test_refused);
  g_test_add_func ("/serve-request/latents", test_latents);
  g_test_add_func ("/serve-request/images", test_images);
  g_test_add_func ("/serve-request/speech", test_speech);
  g_test_add_func ("/serve-request/schema", test_schema);
  g_test_add_func ("/serve-request/films", test_films);
  return g_test_run ();
}
